"""Bodies: gzip decoded under a cap, cut bodies noticed (httpx's own decoding has no cap, and passes cut gzip)."""

import zlib

from scraper.fetch import FetchError

# All but the first two are mistakes that browsers overlook: character sets, what mail calls an encoding, S3's own.
_PLAIN = ("", "identity", "none", "utf-8", "utf8", "iso-8859-1", "binary", "8bit", "aws-chunked")
_GZIP = ("gzip", "x-gzip")
_MEMBER = 0x1F  # the first byte of each
# Two million chunks of one byte keep a processor busy for longer than any page is worth.
_MANY_CHUNKS = 20_000
_LEAST_A_CHUNK = 64  # bytes, on average


class Body:
    """Takes raw chunks, gives the decoded whole; refuses what is too large, cut short or in another coding.

    `head`: only the first `most` bytes are wanted; once it is `full`, no more need be fed.
    """

    def __init__(self, coding: str, most: int, *, head: bool = False) -> None:
        codings = [one for one in map(str.strip, coding.lower().split(",")) if one not in _PLAIN]
        if len(codings) > 1 or not set(codings).issubset(_GZIP):
            raise FetchError(f"an encoding that was not asked for: {coding[:40]!r}")
        self._most = most
        self._head = head
        self.full = False
        self._inflate = zlib.decompressobj(31) if codings else None
        self._parts: list[bytes] = []
        self._decoded = 0
        self._chunks = 0
        self.size = 0

    def feed(self, chunk: bytes) -> None:
        """Take a raw chunk. Raises FetchError."""
        self.size += len(chunk)
        self._chunks += 1
        if self.size > self._most and not self._head:
            raise self._too_large()
        if self._chunks > _MANY_CHUNKS and self.size < self._chunks * _LEAST_A_CHUNK:
            raise FetchError(f"the body came in crumbs: {self._chunks:,} chunks of {self.size:,} bytes in all")
        if self._inflate is None:
            self._take(chunk)
            return
        try:
            self._gunzip(chunk)
        except zlib.error as error:
            raise FetchError(f"broken gzip: {error}") from error

    def whole(self) -> bytes:
        """The decoded body. Raises FetchError if it was cut short."""
        if self._inflate and self.size and not self._inflate.eof and not self.full:
            raise FetchError("the body was cut short (its gzip does not end)")
        return b"".join(self._parts)

    def _gunzip(self, chunk: bytes) -> None:
        while chunk and self._inflate and not self.full:
            if self._inflate.eof:
                if chunk[0] != _MEMBER:
                    return  # padding, which browsers overlook
                self._inflate = zlib.decompressobj(31)
            self._take(self._inflate.decompress(chunk, self._most - self._decoded + 1))
            chunk = self._inflate.unconsumed_tail or self._inflate.unused_data

    def _take(self, data: bytes) -> None:
        self._decoded += len(data)
        if self._decoded > self._most:
            if not self._head:
                raise self._too_large()
            self.full = True
            data = data[: len(data) - (self._decoded - self._most)]
        self._parts.append(data)

    def _too_large(self) -> FetchError:
        return FetchError(f"larger than {self._most / 2**20:g} MiB (fetch.max_bytes)", final=True)
