"""What stands before every page: whose name it is asked under, who asks, and what a browser may do with the answer.

One plain ASGI layer, so that errors, static files and redirects pass through it, too.
"""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote, unquote, urlsplit

Scope = Any
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Any, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

COOKIE = "dateline"
STAY = 30 * 86400  # seconds that a sign-in lasts
_OPEN = ("/login", "/health", "/static/")  # for everybody
MACHINES = ("/api/", "/metrics", "/feed.", "/openapi.json")  # asked for by programs
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_LINK = re.compile(rb'<[a-z][^<>]*\s(?:href|src|action)="(?=/(?!/))')  # to a page of ours: inside a tag, not in a text
_HOST = re.compile(r"(\[[^\[\]]*\]|[^:]*)(?::[0-9]{0,5})?")
_ALWAYS = {
    b"content-security-policy": _POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    b"cache-control": b"private, no-cache",
}


class Guard:
    """Lets a request through to the pages, or answers it itself.

    `root`: the path below which a proxy shows the pages, whether it leaves that in what it asks for or not.
    """

    def __init__(self, app: App, *, hosts: frozenset[str] | None, token: str, root: str = "") -> None:
        self._app = app
        self._hosts = hosts
        self._token = token
        self._root = root

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        path: str = scope["path"]
        if self._root and path.startswith(f"{unquote(self._root)}/"):
            path = path[len(unquote(self._root)) :]
            scope = {**scope, "path": path, "raw_path": quote(path).encode()}
        answer = _Answer(scope, send, self._root.encode())
        refusal = self._refusal(scope)
        if refusal:
            await _refuse(answer.send, *refusal)
            return
        # An answer without its body is the same answer.
        await self._app({**scope, "method": "GET"} if scope["method"] == "HEAD" else scope, receive, answer.send)

    def _refusal(self, scope: Scope) -> tuple[int, str, Headers] | None:
        # Who names no host is no browser, so nobody is led here by rebinding: it is a health check by HTTP/1.0.
        named = any(key == b"host" for key, _ in scope["headers"])
        if self._hosts is not None and named and host_of(scope) not in self._hosts:
            return 421, "these pages are not served under this name; web.names in config.toml lists more", []
        path: str = scope["path"]
        if "\0" in path:  # no file is called so, and asking for it is an error of the system's
            return 404, "not found", []
        if not self._token or path == "/favicon.ico" or path.startswith(_OPEN) or self._knows(scope):
            return None
        if path.startswith(MACHINES):
            return 401, "a token is needed: Authorization: Bearer …", [(b"www-authenticate", b"Bearer")]
        return 303, "sign in first", [(b"location", b"/login")]

    def _knows(self, scope: Scope) -> bool:
        """Whether the request bears the token, or the cookie that a sign-in gave."""
        kind, _, token = header(scope, b"authorization").partition(" ")
        if kind.lower() == "bearer":
            return same_text(token.strip(), self._token)
        try:
            cookie = SimpleCookie(header(scope, b"cookie")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and is_ticket(cookie.value, self._token)


class _Answer:
    """An answer on its way out: with our headers, and without its body where the browser has it already."""

    def __init__(self, scope: Scope, send: Send, root: bytes) -> None:
        self._scope = scope
        self._root = root
        self._send = send
        self._start: Any = None

    async def send(self, message: Any) -> None:
        """ASGI's send."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._start is not None:
            message = await self._begin(message)
        if self._scope["method"] == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)

    async def _begin(self, first: Any) -> Any:
        start, self._start = self._start, None
        headers, body = _below(self._root, list(start["headers"]), first.get("body", b""))
        start, first = {**start, "headers": headers}, {**first, "body": body}
        if start["status"] == 200 and not first.get("more_body"):
            tag = b'"' + hashlib.blake2b(body, digest_size=12).hexdigest().encode() + b'"'
            headers = [pair for pair in headers if pair[0].lower() != b"etag"] + [(b"etag", tag)]
            if _has(header(self._scope, b"if-none-match"), tag.decode()):
                start, first = {**start, "status": 304}, {**first, "body": b""}
                headers = [pair for pair in headers if pair[0].lower() not in (b"content-length", b"content-type")]
        there = {name.lower() for name, _ in headers}
        headers += [pair for pair in _ALWAYS.items() if pair[0] not in there]
        await self._send({**start, "headers": headers})
        return first


def _below(root: bytes, headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """An answer whose links, redirects and cookies lead below `root`."""
    if not root:
        return headers, body
    facts = dict(headers)
    if facts.get(b"content-type", b"").startswith(b"text/html"):
        body = _LINK.sub(lambda link: link[0] + root, body)
        facts[b"content-length"] = str(len(body)).encode()
    if facts.get(b"location", b"").startswith(b"/"):
        facts[b"location"] = root + facts[b"location"]
    if b"set-cookie" in facts:
        facts[b"set-cookie"] = facts[b"set-cookie"].replace(b"; Path=/;", b"; Path=" + root + b"/;")
    return list(facts.items()), body


def header(scope: Scope, name: bytes) -> str:
    """The first header of this (lower-case) name, or ''."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return next((value.decode("latin-1") for key, value in headers if key == name), "")


def host_of(scope: Scope) -> str:
    """The name that a request is for, in lower case, without its port; '' where that is none."""
    found = _HOST.fullmatch(header(scope, b"host").strip().lower())
    return found[1] if found else ""


def ticket(token: str, now: float | None = None) -> str:
    """What a sign-in gives: proof, for a while, that the token was known. It does not tell the token."""
    issued = str(int(time.time() if now is None else now))
    return f"{issued}.{_signed(issued, token)}"


def is_ticket(text: str, token: str) -> bool:
    """Whether it is one of ours and still holds."""
    issued, _, proof = text.partition(".")
    if not issued.isdecimal() or len(issued) > 12 or not same_text(proof, _signed(issued, token)):
        return False
    return -60 <= time.time() - int(issued) <= STAY


def same_origin(scope: Scope, address: str) -> bool:
    """Whether a form was sent from one of our own pages; `address` is where a proxy shows them."""
    origin = header(scope, b"origin").lower()
    if address and origin == "{0.scheme}://{0.netloc}".format(urlsplit(address.lower())):
        return True
    return origin.partition("://")[2] == header(scope, b"host").strip().lower() != ""


def same_text(one: str, other: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _signed(issued: str, token: str) -> str:
    return hmac.new(token.encode(), f"dateline sign-in {issued}".encode(), hashlib.sha256).hexdigest()


def _has(tags: str, tag: str) -> bool:
    """Whether an If-None-Match names this tag (RFC 9110, section 13.1.2)."""
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in tags.split(",")) if tags else False


async def _refuse(send: Send, status: int, why: str, more: Headers) -> None:
    body = json.dumps({"type": "about:blank", "title": why, "status": status}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
