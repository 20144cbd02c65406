"""What a server can do wrong, down to the single byte: each fault is a name and a coroutine that answers a request."""

import asyncio
import gzip
import io
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable, Iterator
from functools import cache, partial
from typing import NamedTuple

Serve = Callable[[asyncio.StreamWriter], Awaitable[None]]

PAUSE = 0.05  # seconds between two bytes of a drip
MARKER = "The lighthouse keeper counted forty-two herring boats before the fog came in."
PAGE = (
    "<html lang=en><head><title>Forty-two boats</title><meta property='og:type' content='article'></head><body>"
    f"<article><h1>Forty-two boats</h1><p>{MARKER}</p>"
    + "".join(f"<p>Boat number {n} came home late that night, and nobody on the pier asked why.</p>" for n in range(6))
    + "</article></body></html>"
).encode()
FEED = (
    b'<rss version="2.0"><channel><title>Harbour</title><item><title>Forty-two boats</title>'
    b"<link>http://harbour.example/boats/</link></item></channel></rss>"
)


class Fault(NamedTuple):
    """How one path answers. `whole`: the body that a careful client may take from it; None: it must take nothing."""

    serve: Serve
    whole: bytes | None = None


async def _forever(writer: asyncio.StreamWriter, start: bytes, more: bytes, pause: float = 0.0) -> None:
    """A start, then the same bytes again and again until the other side has gone."""
    writer.write(start)
    while True:
        writer.write(more)
        await writer.drain()
        await asyncio.sleep(pause)


async def _say(said: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(said)
    await writer.drain()


async def _reset(said: bytes, writer: asyncio.StreamWriter) -> None:
    """Say something, then break the connection with RST instead of closing it."""
    await _say(said, writer)
    # Lingering for zero seconds makes an RST of the close.
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _hang(said: bytes, writer: asyncio.StreamWriter) -> None:
    await _say(said, writer)
    await asyncio.sleep(3600)


async def _repeat(writer: asyncio.StreamWriter, start: bytes, piece: bytes, times: int) -> None:
    writer.write(start)
    for _ in range(times):
        writer.write(piece)
        await writer.drain()


async def _redirect_to_itself(writer: asyncio.StreamWriter, path: str) -> None:
    await _say(redirect(path), writer)


def head(*lines: str, status: str = "200 OK", kind: str = "text/html; charset=utf-8") -> bytes:
    """A status line and headers."""
    fields = [f"Content-Type: {kind}"] if kind else []
    return "\r\n".join([f"HTTP/1.1 {status}", *fields, *lines, "", ""]).encode("latin-1")


def sized(body: bytes, *lines: str, status: str = "200 OK", kind: str = "text/html; charset=utf-8") -> bytes:
    """A whole answer with its true length."""
    return head(f"Content-Length: {len(body)}", "Connection: close", *lines, status=status, kind=kind) + body


def redirect(target: str, status: str = "302 Found") -> bytes:
    """A redirect to some place."""
    return sized(b"", f"Location: {target}", status=status)


@cache
def bomb(size: int = 64 << 20) -> bytes:
    """Gzip of so many zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = io.BytesIO()
    for _ in range(size >> 20):
        packed.write(packer.compress(bytes(1 << 20)))
    packed.write(packer.flush())
    return packed.getvalue()


def _zipped(body: bytes, coding: str = "gzip", **more: str) -> bytes:
    return sized(body, f"Content-Encoding: {coding}", **more)


def _layers(body: bytes, count: int) -> bytes:
    for _ in range(count):
        body = gzip.compress(body, 1)
    return body


def _faults() -> Iterator[tuple[str, Fault]]:
    yield from _slow()
    yield from _broken_off()
    yield from _endless()
    yield from _redirects()
    yield from _codings()
    yield from _lengths()
    yield from _types()
    yield from _protocol()


def _slow() -> Iterator[tuple[str, Fault]]:
    drips = {
        "status-line": (b"", b"H"),
        "header": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        "headers": (b"HTTP/1.1 200 OK\r\n", b"X-Slow: x\r\n"),
        "body": (head("Content-Length: 99999"), b"x"),
        "body-without-length": (head(), b"x"),
        "chunks": (head("Transfer-Encoding: chunked"), b"1\r\nx\r\n"),
        "chunk-size": (head("Transfer-Encoding: chunked"), b"0"),
        "gzip": (head("Content-Encoding: gzip") + gzip.compress(PAGE)[:10], b"\x00"),
        "102": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    }
    for name, (start, more) in drips.items():
        yield f"drip-{name}", Fault(partial(_forever, start=start, more=more, pause=PAUSE))
    starts = (b"", b"HTTP/1.1 200 OK\r\n", head("Content-Length: 5000"), head("Content-Length: 5000") + PAGE[:200])
    for number, said in enumerate((*starts, head("Transfer-Encoding: chunked") + b"5\r\nhel")):
        yield f"hang-{number}", Fault(partial(_hang, said))


def _broken_off() -> Iterator[tuple[str, Fault]]:
    whole = sized(PAGE)
    stages = {"at-once": 0, "status": 8, "headers": 30, "before-body": len(whole) - len(PAGE), "body": len(whole) - 50}
    for name, end in stages.items():
        said = whole[:end]
        yield f"reset-{name}", Fault(partial(_reset, said))
        yield f"close-{name}", Fault(partial(_say, said))
    chunked = head("Transfer-Encoding: chunked") + b"%x\r\n%s\r\n" % (len(PAGE), PAGE)
    yield "reset-before-last-chunk", Fault(partial(_reset, chunked))
    yield "close-before-last-chunk", Fault(partial(_say, chunked))
    yield "reset-without-length", Fault(partial(_reset, head() + PAGE[:300]))


def _endless() -> Iterator[tuple[str, Fault]]:
    mass = b"<p>more</p>" * 6000
    flows = {
        "status-line": (b"HTTP/1.1 200 ", b"O" * 4096),
        "header": (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x" * 4096),
        "headers": (b"HTTP/1.1 200 OK\r\n", b"X-Many: 1\r\n" * 400),
        "103": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"),
        "100": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
        "body": (head(), mass),
        "chunks": (head("Transfer-Encoding: chunked"), b"%x\r\n%s\r\n" % (len(mass), mass)),
        "chunk-extension": (head("Transfer-Encoding: chunked") + b"5;", b"x" * 4096),
        "trailers": (head("Transfer-Encoding: chunked") + b"0\r\n", b"X-Trailer: x\r\n" * 300),
        "redirect-body": (head("Location: /whole", status="302 Found"), mass),
        "error-body": (head(status="404 Not Found"), mass),
        "set-cookie": (b"HTTP/1.1 200 OK\r\n", b"Set-Cookie: a=b\r\n" * 400),
    }
    for name, (start, more) in flows.items():
        whole = PAGE if name == "redirect-body" else None
        yield f"endless-{name}", Fault(partial(_forever, start=start, more=more), whole)
    error = head("Content-Length: 268435456", status="500 Internal Server Error")
    yield "error-of-256-mb", Fault(partial(_repeat, start=error, piece=bytes(1 << 16), times=4096))
    yield (
        "feed-of-500-mb",
        Fault(partial(_repeat, start=head(kind="application/rss+xml"), piece=FEED * 300, times=8000)),
    )
    crumbs = head("Transfer-Encoding: chunked")
    yield "crumbs", Fault(partial(_repeat, start=crumbs, piece=b"1\r\nx\r\n" * 1000, times=2000))


def _redirects() -> Iterator[tuple[str, Fault]]:
    yield "whole", Fault(partial(_say, sized(PAGE)), PAGE)
    yield "loop", Fault(partial(_redirect_to_itself, path="/loop"))
    yield "ping", Fault(partial(_redirect_to_itself, path="/pong"))
    yield "pong", Fault(partial(_redirect_to_itself, path="/ping"))
    for step in range(30):
        yield (
            f"chain-{step}",
            Fault(partial(_redirect_to_itself, path=f"/chain-{step + 1}"), PAGE if step >= 20 else None),
        )
    yield "chain-30", Fault(partial(_say, sized(PAGE)), PAGE)
    for number, target in enumerate(TRAPS):
        yield f"trap-{number}", Fault(partial(_redirect_to_itself, path=target))
    yield "no-location", Fault(partial(_say, sized(b"", status="301 Moved")))
    two = sized(PAGE, "Location: /whole", "Location: http://10.0.0.1/", status="302 Found")
    yield "two-locations", Fault(partial(_say, two))


TRAPS = (
    "file:///etc/passwd",
    "data:text/html,<p>x",
    "javascript:alert(1)",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1/",
    "",
    " ",
    "http://10.0.0.1/",
    "//10.0.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "http://whole@10.0.0.1/",
    "http://harbour.example:80@10.0.0.1/",
    "http:///10.0.0.1/",
    "http://",
    "https:",
    "http:\\\\10.0.0.1",
    "http://10.0.0.1\\@harbour.example/",
    "http://0xa000001/",
    "http://167772161/",
    "http://10.1/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::1",
    "http://10.0.0.1:99999/",
    "http://10.0.0.1:-1/",
    "http://\u0001.example/",
    "http://a b/",
    "http://" + "a" * 70 + "/",
    "http://10.0.0.1:22/",
    "view-source:http://10.0.0.1/",
    "http://10.0.0.1/\u0000",
    "jar:http://10.0.0.1!/",
    "http://" + "x" * 40_000,
)


def _codings() -> Iterator[tuple[str, Fault]]:
    packed = gzip.compress(PAGE)
    answers: dict[str, tuple[bytes, bytes | None]] = {
        "gzip": (_zipped(packed), PAGE),
        "x-gzip": (_zipped(packed, "X-GZIP"), PAGE),
        "gzip-members": (_zipped(gzip.compress(PAGE[:100]) + gzip.compress(PAGE[100:])), PAGE),
        "gzip-cut": (_zipped(packed[:-30]), None),
        "gzip-cut-in-trailer": (_zipped(packed[:-4]), None),
        "gzip-cut-in-second-member": (_zipped(gzip.compress(PAGE[:100]) + gzip.compress(PAGE[100:])[:-30]), None),
        "gzip-wrong-checksum": (_zipped(packed[:-8] + bytes(8)), None),
        "gzip-of-nothing": (_zipped(b"\x1f\x8b"), None),
        "gzip-not": (_zipped(PAGE), None),
        "gzip-bomb": (_zipped(bomb()), None),
        "gzip-bomb-in-members": (_zipped(gzip.compress(bytes(1 << 20), 9) * 2000), None),
        "gzip-empty-members": (_zipped(gzip.compress(b"") * 30_000 + gzip.compress(PAGE)), PAGE),
        "gzip-double": (_zipped(gzip.compress(bomb()), "gzip, gzip"), None),
        "gzip-200-layers": (_zipped(_layers(PAGE, 200), ", ".join(["gzip"] * 200)), None),
        "gzip-twice-named": (sized(packed, "Content-Encoding: gzip", "Content-Encoding: gzip"), None),
        "transfer-gzip": (head("Transfer-Encoding: gzip, chunked") + b"5\r\nhello\r\n0\r\n\r\n", None),
        **{
            f"unasked-{coding}": (_zipped(b"\x28\xb5\x2f\xfd" * 99, coding), None)
            for coding in ("br", "zstd", "compress")
        },
        "unasked-deflate": (_zipped(zlib.compress(PAGE), "deflate"), None),
        "coding-unknown": (_zipped(PAGE, "rot13"), None),
        "coding-empty": (_zipped(PAGE, ""), PAGE),
        "coding-identity": (_zipped(PAGE, "identity"), PAGE),
    }
    for name, (answer, whole) in answers.items():
        yield name, Fault(partial(_say, answer), whole)


def _lengths() -> Iterator[tuple[str, Fault]]:
    size = len(PAGE)
    answers: dict[str, bytes] = {
        "too-long": head(f"Content-Length: {size + 100}") + PAGE,
        "negative": head("Content-Length: -1") + PAGE,
        "words": head("Content-Length: many") + PAGE,
        "plus": head(f"Content-Length: +{size}") + PAGE,
        "hexadecimal": head(f"Content-Length: {size:#x}") + PAGE,
        "two-different": head("Content-Length: 5", f"Content-Length: {size}") + PAGE,
        "huge": head("Content-Length: 99999999999999999999999") + PAGE,
        "of-400-digits": head("Content-Length: " + "9" * 400) + PAGE,
        "of-4-tb": head("Content-Length: 4398046511104") + PAGE,
        "and-chunked": head("Content-Length: 5", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n",
        "chunk-not-hexadecimal": head("Transfer-Encoding: chunked") + b"xyz\r\nhello\r\n0\r\n\r\n",
        "chunk-negative": head("Transfer-Encoding: chunked") + b"-5\r\nhello\r\n0\r\n\r\n",
        "chunk-huge": head("Transfer-Encoding: chunked") + b"ffffffffffffffffffff\r\nhello",
        "chunk-without-end": head("Transfer-Encoding: chunked") + b"5\r\nhelloworld\r\n0\r\n\r\n",
        "transfer-unknown": head("Transfer-Encoding: cow") + PAGE,
    }
    for name, answer in answers.items():
        yield f"length-{name}", Fault(partial(_say, answer))
    doubled = head(f"Content-Length: {size}", f"Content-Length: {size}") + PAGE
    yield "length-twice-the-same", Fault(partial(_say, doubled), PAGE)
    short = head("Content-Length: 100", "Connection: close") + PAGE
    # That the rest was cut off by a false length cannot be told from an honest page with something behind it.
    yield "length-too-short", Fault(partial(_say, short), PAGE[:100])
    ranged = sized(PAGE[:200], f"Content-Range: bytes 0-199/{size}", status="206 Partial Content")
    yield "part", Fault(partial(_say, ranged))


def _types() -> Iterator[tuple[str, Fault]]:
    for number, kind in enumerate(
        ("video/mp4", "application/octet-stream", "image/png", "", "text/plain", "\xff\xfe", "a" * 9000)
    ):
        yield f"type-{number}", Fault(partial(_say, sized(PAGE, kind=kind)), PAGE)
    film = head(kind="video/mp4")
    yield "endless-film", Fault(partial(_forever, start=film, more=bytes(range(256)) * 256))


def _protocol() -> Iterator[tuple[str, Fault]]:
    size = f"Content-Length: {len(PAGE)}"
    refused = {
        "http-0.9": PAGE,
        "tls-alert": b"\x15\x03\x01\x00\x02\x02\x46",
        "tls-hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" + bytes(300),
        "ssh": b"SSH-2.0-OpenSSH_9.6\r\n",
        "smtp": b"220 mail.example ESMTP\r\n",
        "http-2-preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(30),
        "icy": b"ICY 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n" + bytes(300),
        "noise": bytes(range(256)) * 40,
        "nothing-but-newlines": b"\r\n" * 40,
        "nul-in-status": b"HTTP/1.1 200 O\x00K\r\n\r\n" + PAGE,
        "nul-in-header": head("X-Nul: a\x00b", size) + PAGE,
        "header-without-colon": b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n" + PAGE,
        "header-name-with-space": b"HTTP/1.1 200 OK\r\nA b: c\r\n\r\n" + PAGE,
        "header-name-empty": b"HTTP/1.1 200 OK\r\n: c\r\n\r\n" + PAGE,
        "100-k-headers": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 100_000 + b"\r\n" + PAGE,
        "status-word": b"HTTP/1.1 okay\r\n\r\n" + PAGE,
        "status-00": b"HTTP/1.1 00 OK\r\n\r\n" + PAGE,
        "switching": head(status="101 Switching Protocols") + PAGE,
        "not-modified-unasked": head(status="304 Not Modified"),
        **{
            f"status-{code}": sized(PAGE, status=f"{code} Nonsense")
            for code in (300, 305, 306, 402, 418, 451, 599, 600, 799, 999)
        },
    }
    for name, answer in refused.items():
        yield name, Fault(partial(_say, answer))
    taken = {
        "no-content": (head(status="204 No Content"), b""),
        "reset-content": (sized(b"", status="205 Reset Content"), b""),
        "status-299": (sized(PAGE, status="299 Whatever"), PAGE),
        "control-in-header": (sized(PAGE, "X-Esc: \x1b[31mred\x1b[0m"), PAGE),
        "early-hints-first": (b"HTTP/1.1 103 Early Hints\r\n\r\n" + sized(PAGE), PAGE),
        "newlines-only": (sized(PAGE).replace(b"\r\n", b"\n", 4), PAGE),
        "http-1.0": (b"HTTP/1.0 200 OK\r\n\r\n" + PAGE, PAGE),
        "two-answers": (head(size) + PAGE + head("Content-Length: 4") + b"evil", PAGE),
    }
    for name, (answer, whole) in taken.items():
        yield name, Fault(partial(_say, answer), whole)


FAULTS: dict[str, Fault] = dict(_faults())
MISSING = Fault(partial(_say, sized(b"", status="404 Not Found")))
