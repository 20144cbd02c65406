"""Bodies as archives keep them: HTTP chunks put together, codings undone under a cap, and headers that lie. Pure.

Crawlers store the bytes as they came, or decoded under the old headers, or (in revisits) without the headers: so what a
header says is believed only where the bytes agree, and gzip is known by its first bytes.
"""

import codecs
import re
import zlib
from collections.abc import Callable

import zstandard

from scraper.warc.frames import GZIP

try:
    import brotli
except ImportError:  # an optional decoder: without it such pages are skipped with that reason
    brotli = None

_CHUNK = re.compile(rb"\s*([0-9a-fA-F]{1,8})[^\r\n]{0,200}\r?\n")
_MOST_CODINGS = 2
_PIECE = 1 << 14


class BodyRefused(Exception):
    """A body that cannot be had, with the reason in one sentence. `cut`: the fault is the file's."""

    def __init__(self, reason: str, *, cut: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.cut = cut


def decoded(raw: bytes, transfer: str, codings: str, most: int) -> bytes:
    """The body of an HTTP message, at most `most` bytes long, by its Transfer-Encoding and Content-Encoding.

    Raises BodyRefused for one that is cut, broken, larger, or in a coding that is not known.
    """
    if "chunked" in transfer.lower():
        raw = dechunked(raw)
    names = [name.strip().lower() for name in codings.split(",") if name.strip()]
    if len(names) > _MOST_CODINGS:
        raise BodyRefused(f"{len(names)} content codings on top of each other")
    for name in reversed(names):
        raw = _undone(name, raw, most)
    if raw.startswith(GZIP):  # no page begins so
        raw = _gunzipped(raw, most)
    if len(raw) > most:
        raise _too_large(most)
    return raw


def is_markup(body: bytes) -> bool:
    """Whether a body looks like a page that is in no coding (any more)."""
    return body.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"<"


def dechunked(raw: bytes) -> bytes:
    """The chunks of a body put together (RFC 9112, section 7.1); a body without chunks as it is. Raises BodyRefused."""
    found = _CHUNK.match(raw)
    if found is None:
        return raw
    parts: list[bytes] = []
    place = 0
    while found:
        size, start = int(found[1], 16), found.end()
        if not size:
            return b"".join(parts)
        if start + size > len(raw):
            break
        parts.append(raw[start : start + size])
        place = start + size
        found = _CHUNK.match(raw, place)
    if not parts and not raw[:1].isdigit():
        return raw  # its first word looked like a number
    raise BodyRefused("cut short: its last chunk is missing")


def _undone(name: str, raw: bytes, most: int) -> bytes:
    if name in ("", "identity"):
        return raw
    decoder = _DECODERS.get(name)
    if decoder is None:
        if is_markup(raw):  # servers name what is no coding: `none`, `utf-8`
            return raw
        raise BodyRefused(f"in a coding that is not known: {name[:40]!r}")
    return decoder(raw, most)


def _gunzipped(raw: bytes, most: int) -> bytes:
    if not raw.startswith(GZIP[:2]):
        return raw  # decoded already
    parts: list[bytes] = []
    room, place = most, 0
    while raw.startswith(GZIP[:2], place):
        inflate = zlib.decompressobj(31)
        while place < len(raw) and not inflate.eof:
            # In pieces, as zlib copies what stands behind a member: there may be a member every twenty bytes.
            piece = raw[place : place + _PIECE]
            parts.append(_piece(inflate, piece, room, most))
            room -= len(parts[-1])
            place += len(piece) - len(inflate.unused_data)
        _refuse_cut(inflate)
    return b"".join(parts)


def _deflated(raw: bytes, most: int) -> bytes:
    # RFC 9110 means zlib's format; some servers send the bare stream.
    if len(raw) > 1 and raw[0] & 15 == 8 and (raw[0] * 256 + raw[1]) % 31 == 0:
        return _inflated(zlib.decompressobj(), raw, most)
    if is_markup(raw):
        return raw  # decoded already
    return _inflated(zlib.decompressobj(-zlib.MAX_WBITS), raw, most)


def _inflated(inflate: "zlib._Decompress", raw: bytes, most: int) -> bytes:
    data = _piece(inflate, raw, most, most)
    _refuse_cut(inflate)
    return data


def _piece(inflate: "zlib._Decompress", raw: bytes, room: int, most: int) -> bytes:
    try:
        data = inflate.decompress(raw, room + 1)
    except zlib.error as error:
        raise BodyRefused(f"broken in its coding: {error}") from error
    if len(data) > room:
        raise _too_large(most)
    return data


def _refuse_cut(inflate: "zlib._Decompress") -> None:
    if not inflate.eof:
        raise BodyRefused("cut short: its coding does not end")


def _unzstd(raw: bytes, most: int) -> bytes:
    if not raw.startswith(zstandard.FRAME_HEADER):
        return raw
    parts: list[bytes] = []
    decoder, room = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj(), most
    try:
        # It knows no cap: a kilobyte makes 32 MB at most.
        for start in range(0, len(raw), 1024):
            parts.append(decoder.decompress(raw[start : start + 1024]))
            room -= len(parts[-1])
            if room < 0:
                raise _too_large(most)
            if decoder.eof:
                return b"".join(parts)
    except zstandard.ZstdError as error:
        raise BodyRefused(f"broken in its coding: {error}") from error
    raise BodyRefused("cut short: its coding does not end")


def _unbrotli(raw: bytes, most: int) -> bytes:
    if is_markup(raw):
        return raw
    if brotli is None:
        raise BodyRefused("in Brotli, for which the package `brotli` is missing")
    parts: list[bytes] = []
    decoder, room = brotli.Decompressor(), most + 1
    try:
        data = decoder.process(raw, output_buffer_limit=_PIECE)
        while data and room > 0:
            parts.append(data)
            room -= len(data)
            data = decoder.process(b"", output_buffer_limit=_PIECE)
    except TypeError:
        raise BodyRefused("in Brotli, for which the package `brotli` is too old (1.2 is needed)") from None
    except brotli.error as error:
        raise BodyRefused(f"broken in its coding: {error}") from error
    if room > 0 and not decoder.is_finished():
        raise BodyRefused("cut short: its coding does not end")
    return b"".join(parts)


def _too_large(most: int) -> BodyRefused:
    return BodyRefused(f"larger than {most / 2**20:g} MiB")


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzipped,
    "x-gzip": _gunzipped,
    "deflate": _deflated,
    "br": _unbrotli,
    "zstd": _unzstd,
}
