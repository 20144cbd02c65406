"""The WARC files in a WACZ (a ZIP file as browsertrix and ArchiveWeb.page write it), one after the other. Only reads.

They are stored in it as they are, so any place of them is read where it stands.
"""

import io
import struct
from collections.abc import Iterator
from os import SEEK_CUR, SEEK_END, SEEK_SET
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile

WACZ = ".wacz"
WARCS = (".warc", ".warc.gz", ".warc.zst", ".arc", ".arc.gz")
_LOCAL = struct.Struct("<26xHH")  # the head of a file in a ZIP file: how long its name and what follows it are


def opened(file: Path) -> IO[bytes]:
    """A WARC file, or those of a WACZ as if they were one; of one that is cut the bytes as they are. Raises OSError."""
    stream = file.open("rb")
    if not file.name.lower().endswith(WACZ):
        return stream
    try:
        return io.BufferedReader(_Packed(stream, list(_stored(stream))))
    except (BadZipFile, struct.error):  # it may be cut: its directory is at its end
        return stream
    except OSError:
        stream.close()
        raise


def _stored(stream: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Where each WARC file begins and how long it is."""
    with ZipFile(stream) as packed:
        files = [one for one in packed.infolist() if one.filename.lower().endswith(WARCS)]
    for one in files:
        if one.compress_type != ZIP_STORED:
            raise OSError(f"{one.filename} is packed in it; unpack it and name what comes out")
        stream.seek(one.header_offset)
        name, more = _LOCAL.unpack(stream.read(_LOCAL.size))
        yield one.header_offset + _LOCAL.size + name + more, one.file_size


def joined(stream: IO[bytes], stretches: list[tuple[int, int]]) -> IO[bytes]:
    """Some stretches of a file, of each where it begins and how long it is, as one; the file stays open."""
    return io.BufferedReader(_Joined(stream, stretches))


class _Joined(io.RawIOBase):
    def __init__(self, stream: IO[bytes], stretches: list[tuple[int, int]]) -> None:
        self._stream = stream
        self._stretches = stretches
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        size = sum(size for _, size in self._stretches)
        self._place = offset + {SEEK_SET: 0, SEEK_CUR: self._place, SEEK_END: size}[whence]
        return self._place

    def readinto(self, buffer: Any) -> int:
        before = 0
        for start, size in self._stretches:
            if self._place < before + size:
                within = self._place - before
                self._stream.seek(start + within)
                piece = self._stream.read(min(len(buffer), size - within))
                buffer[: len(piece)] = piece
                self._place += len(piece)
                return len(piece)
            before += size
        return 0


class _Packed(_Joined):
    def close(self) -> None:
        self._stream.close()
        super().close()
