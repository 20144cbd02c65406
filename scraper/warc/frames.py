"""Where the records of a WARC file begin: gzip members, zstd frames or the records themselves. Only reads."""

import re
import zlib
from os import SEEK_END
from typing import IO

GZIP, ZSTD, _PLAIN = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"WARC/"
_RECORDS = (_PLAIN, b"filedesc://")  # the second begins a file in ARC
_DICTIONARY = b"\x5d\x2a\x4d\x18"  # a frame that may stand before the others of zstd
_PIECE = 1 << 20
_PROBE = 512
_END = b"\r\n\r\n"
_HEAD = 1 << 16
_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d{1,18})\s*(?:\r\n|$)", re.IGNORECASE)


def starts_at(stream: IO[bytes], offset: int) -> bool:
    """Whether a record (or the compressed frame of one) begins at this byte."""
    stream.seek(offset)
    head = stream.read(_PROBE)
    if head.startswith(GZIP):
        try:
            return zlib.decompressobj(31).decompress(head, 16).startswith(_RECORDS)
        except zlib.error:
            return False
    return head.startswith((*_RECORDS, ZSTD))


def behind_dictionary(stream: IO[bytes]) -> int:
    """How long the dictionary is that the frames of a file in zstd are packed with; 0 if there is none."""
    stream.seek(0)
    head = stream.read(8)
    return 8 + int.from_bytes(head[4:], "little") if head.startswith(_DICTIONARY) else 0


def next_frame(stream: IO[bytes], start: int) -> int | None:
    """The first byte from `start` on at which a record begins, or None."""
    stream.seek(0)
    # In a frame of zstd the beginning of its record stands as it is.
    marks = (ZSTD,) if stream.read(len(ZSTD)) in (ZSTD, _DICTIONARY) else (GZIP, ZSTD, _PLAIN)
    place = start
    while True:
        stream.seek(place)
        piece = stream.read(_PIECE)
        if len(piece) < len(GZIP):
            return None
        found = min((at for mark in marks if (at := piece.find(mark)) >= 0), default=-1)
        if found < 0:
            place += len(piece) - len(_PLAIN) + 1 if len(piece) == _PIECE else len(piece)
        elif starts_at(stream, place + found):
            return place + found
        else:
            place += found + 1


def cut_at(stream: IO[bytes], last: int, start: int) -> int | None:
    """Where the record begins that the file ends in the middle of, given where the last record read begins; else None.

    A compressed file that is cut inside the headers of a record looks complete to its reader. `start`: where reading
    began, at a frame for certain: where many records share one, the last need not stand at the beginning of any.
    """
    stream.seek(last)
    head = stream.read(len(_PLAIN))
    if not head.startswith((GZIP, ZSTD, _PLAIN)):
        stream.seek(start)
        shared = stream.read(len(GZIP)) == GZIP
        return last if shared and _broken_member(stream, start) is not None else None
    if head.startswith(GZIP):
        return _broken_member(stream, last)
    if head.startswith(_PLAIN):
        return None if _is_whole(stream, last) else last
    return None  # of zstd the reader itself says so


def _is_whole(stream: IO[bytes], start: int) -> bool:
    """Whether the plain record that begins here has all its bytes, and nothing but blank lines stands behind it."""
    size = stream.seek(0, SEEK_END)
    stream.seek(start)
    head, blank, _ = stream.read(_HEAD).partition(_END)
    length = _LENGTH.search(head)
    if not blank or length is None:
        return False
    end = start + len(head + blank) + int(length[1])
    if end > size:
        return False
    stream.seek(end)
    return not stream.read(_HEAD).strip()


def _broken_member(stream: IO[bytes], start: int) -> int | None:
    """Where the first gzip member from `start` on begins that does not end, or None."""
    stream.seek(start)
    begin, place, data = start, start, b""
    inflate = zlib.decompressobj(31)
    while data := data or stream.read(_PIECE):
        try:
            inflate.decompress(data, _PIECE)
        except zlib.error:
            return begin
        left = inflate.unused_data or inflate.unconsumed_tail
        place += len(data) - len(left)
        data = left
        if inflate.eof:
            data = left.lstrip(b"\0")  # padding is no record
            place += len(left) - len(data)
            inflate, begin = zlib.decompressobj(31), place
    return None if place == begin else begin
