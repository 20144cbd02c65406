"""Records whose headers are spelt as few crawlers do: names in small letters, lines that end in a bare line feed, and
the one line of ARC, which was there before WARC.

ISO 28500 wants the first read, and old tools wrote the others; the quick reader knows none. Here they are spelt anew.
Only reads.
"""

import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import zstandard
from fastwarc.warc import WarcRecord

from scraper.warc.frames import GZIP, ZSTD
from scraper.warc.wacz import opened

_LINE = 1 << 15
_LINES = 1000  # of a header
_PIECE = 1 << 10  # as it is packed: of zstd, 32 MB at most come out of it
_SKIP = 1 << 20
_USUAL = b"\r\nContent-Length:"
_ARC = (5, 10)  # fields of its versions: address, host, moment, type, others in the second, length
_AS_WARC = (
    "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: %s\r\nWARC-Date: %s-%s-%sT%s:%s:%sZ\r\n"
    "Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n"
)


def respelt(file: Path, start: int, most: int) -> Iterator[WarcRecord] | None:
    """The records from this byte on in the usual spelling; None if the first of them has it already, or is none.

    Bodies end after `most` bytes. Raises OSError where the file is damaged or cut.
    """
    try:
        with opened(file) as stream:
            head = _head(_unpacked(stream, start))
    except OSError:
        return None
    return None if not head or _USUAL in head else _records(file, start, most)


def _records(file: Path, start: int, most: int) -> Iterator[WarcRecord]:
    with opened(file) as stream:
        plain = _unpacked(stream, start)
        while head := _head(plain):
            usual, size = _usual(head)
            body = plain.read(min(size, most))
            for place in range(most, size, _SKIP):
                plain.read(min(size - place, _SKIP))
            if len(body) < min(size, most):
                raise OSError("the file ends in the middle of a record")
            yield WarcRecord.from_bytes(usual + body)


def _unpacked(stream: IO[bytes], start: int) -> IO[bytes]:
    stream.seek(start)
    magic = stream.read(len(ZSTD))
    stream.seek(start)
    if magic.startswith(GZIP):
        return io.BufferedReader(_Unpacked(_pieces(stream, lambda: zlib.decompressobj(31))))
    if magic == ZSTD:
        return io.BufferedReader(_Unpacked(_pieces(stream, zstandard.ZstdDecompressor().decompressobj)))
    return stream


def _pieces(stream: IO[bytes], begin: Callable[[], Any]) -> Iterator[bytes]:
    """What the frames of a file hold, up to the first that is damaged or cut."""
    frame, data = None, b""
    try:
        while data := data or stream.read(_PIECE):
            frame = frame or begin()
            yield frame.decompress(data)
            data = frame.unused_data
            if frame.eof:
                frame = None
    except (zlib.error, zstandard.ZstdError) as error:
        raise OSError(str(error)) from error
    if frame is not None:
        raise OSError("the file ends in the middle of a record")


class _Unpacked(io.RawIOBase):
    """Pieces as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = io.BytesIO()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not (size := self._piece.readinto(buffer)):
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._piece = io.BytesIO(piece)
        return size


def _head(plain: IO[bytes]) -> bytes:
    """The lines of the next record's header as they are; b"" at the end. Raises OSError where no record begins."""
    line = plain.readline(_LINE)
    while line and not line.strip():
        line = plain.readline(_LINE)
    if _of_arc(line):
        return line
    if line and not line.startswith(b"WARC/"):
        raise OSError("no record begins behind the one before")
    lines: list[bytes] = []
    while line.strip() and len(lines) < _LINES:
        lines.append(line)
        line = plain.readline(_LINE)
    if lines and not line:
        raise OSError("the file ends in the middle of a record")
    return b"".join(lines)


def _usual(head: bytes) -> tuple[bytes, int]:
    """A header in the usual spelling, and how long its body is."""
    if arc := _of_arc(head):
        return arc
    lines, size = [], 0
    for line in head.splitlines():
        name, colon, value = line.partition(b":")
        if colon and not name[:1].isspace():  # else it goes on with the value before
            name = name.title().replace(b"Warc-", b"WARC-")
        if name == b"Content-Length" and value.strip().isdigit():
            size = int(value)
        lines.append(name + colon + value)
    return b"\r\n".join(lines) + b"\r\n\r\n", size


def _of_arc(head: bytes) -> tuple[bytes, int] | None:
    """The same of a line of ARC; None if it is none."""
    words = head.split(b" ")
    for fields in _ARC:
        if len(words) < fields:
            break
        url, date, size = (
            b" ".join(words[: 1 - fields]),
            words[2 - fields].decode("ascii", "replace"),
            words[-1].strip(),
        )
        if len(date) == 14 and date.isdigit() and size.isdigit():
            moment = (date[:4], *(date[place : place + 2] for place in range(4, 14, 2)))
            return (_AS_WARC % (url.decode("utf-8", "replace"), *moment, int(size))).encode(), int(size)
    return None
