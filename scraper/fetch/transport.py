"""One request over HTTP: the only place that knows httpx.

One small client a host: one big pool costs 2 to 5 times the processor time.
"""

import re
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpcore
import httpx
from h2.exceptions import H2Error

from scraper.fetch import FetchError
from scraper.fetch.exchange import Request
from scraper.fetch.guard import Guard
from scraper.logins import login, without_login

_TOO_LONG = (400, 431)  # also what servers say when a site has set more cookies than they themselves take
_MOST_COOKIES = 128 << 10  # characters in all, as `repr` writes them, which is some 300 of them: browsers keep 180
_CLOSED = ("Server disconnected", "<ConnectionTerminated")  # how HTTP/1.1 and HTTP/2 say it
# httpcore hands on what h2 finds wrong with a body as it is.
_TROUBLE = (httpx.HTTPError, httpx.InvalidURL, httpcore.NetworkError, H2Error, OSError, UnicodeError, ValueError)
_CERTIFICATE = re.compile(r"certificate verify failed: (.+?)\.?(?: \(_ssl\.c:\d+\))?$")


def tls_context() -> ssl.SSLContext:
    """By what servers are believed, to be shared by all clients: making one costs 44 ms of processor time."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()  # the machine's own, too (SSL_CERT_FILE): a company's proxy may sign by one
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def phrase(status: int) -> str:
    """What a status is called, or ''."""
    return httpx.codes.get_reason_phrase(status)


class Client:
    """The connections to one host: httpx's transport, with the headers that every request carries and the cookies that
    the host has set. `proxy`: its address, with a login if it wants one.

    What httpx's own client does beside that (redirects, logins, hooks), for each request anew, is not wanted here.
    """

    def __init__(
        self, tls: ssl.SSLContext, guard: Guard, connections: int, headers: dict[str, str], proxy: str = ""
    ) -> None:
        self._guard = guard if proxy else None
        self._transport = _GuardedTransport(tls, guard, connections, proxy)
        self._headers = httpx.Headers(headers)
        self._cookies = httpx.Cookies()

    @asynccontextmanager
    async def stream(self, request: Request, sent: Callable[[], object] | None) -> AsyncIterator[httpx.Response]:
        """The answer to a request, its body not read yet; `sent` is called when the request has left.

        Raises FetchError, AddressRefused and TimeoutError, while its body is read, too.
        """
        try:
            if self._guard:
                self._guard.judge_unresolved(urlsplit(request.url).hostname or "")
            asked = self._asked(request, sent)
            answer = await self._transport.handle_async_request(asked)
            try:
                answer.request = asked
                if answer.status_code in _TOO_LONG:
                    self._cookies = httpx.Cookies()
                if "set-cookie" in answer.headers:
                    self._cookies.extract_cookies(answer)
                    if sum(len(repr(cookie)) for cookie in self._cookies.jar) > _MOST_COOKIES:
                        self._cookies = httpx.Cookies()
                yield answer
            finally:
                await answer.aclose()
        except TimeoutError:
            raise
        except _TROUBLE as error:
            raise FetchError(_trouble(error), final=isinstance(error, httpx.InvalidURL)) from error

    async def aclose(self) -> None:
        """Close its connections."""
        await self._transport.aclose()

    def _asked(self, request: Request, sent: Callable[[], object] | None) -> httpx.Request:
        asked = httpx.Request(
            "GET" if request.body is None else "POST",
            request.url,
            headers=self._headers,
            content=request.body,
            extensions=_told(sent) if sent else {},
        )
        # A tag or a cookie goes back as it came, and those of some servers are not ASCII.
        asked.headers.encoding = "utf-8"
        for name, value in request.headers.items():
            asked.headers[name] = value
        self._cookies.set_cookie_header(asked)
        return asked


class _GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool whose connections pass the guard. httpx offers no way to hand one in.

    A server may close a kept connection at the very moment at which a request leaves; as in browsers, that is no
    answer, and the next connection is asked.
    """

    def __init__(self, tls: ssl.SSLContext, guard: Guard, connections: int, proxy: str) -> None:
        through = None
        if proxy:
            user, _, password = login(proxy).partition(":")
            url = httpcore.URL(without_login(proxy))
            guard = guard.through(url.host.decode(), url.port or (443 if url.scheme == b"https" else 80))
            through = httpcore.Proxy(url, auth=(user, password) if user else None)
        self._pool = httpcore.AsyncConnectionPool(
            proxy=through,
            ssl_context=tls,
            max_connections=connections + 1,
            max_keepalive_connections=connections + 1,
            keepalive_expiry=30.0,
            http1=True,
            http2=True,
            network_backend=guard,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to a request."""
        kept = sum(connection.is_idle() for connection in self._pool.connections)
        for _ in range(kept if request.method == "GET" else 0):
            try:
                return await super().handle_async_request(request)
            except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
                if isinstance(error, httpx.RemoteProtocolError) and not str(error).startswith(_CLOSED):
                    raise
        return await super().handle_async_request(request)


def _told(sent: Callable[[], object]) -> dict[str, Any]:
    """What has httpcore tell when a request has left."""

    async def trace(event: str, _: Mapping[str, Any]) -> None:
        if event.endswith(".send_request_headers.complete"):
            sent()

    return {"trace": trace}


def _trouble(error: Exception) -> str:
    """An error of the network as one sentence."""
    if found := _CERTIFICATE.search(str(error)):
        return f"its certificate is not to be trusted: {found[1]}"
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (httpx.InvalidURL, "not a usable address"),
        (httpx.UnsupportedProtocol, "not an http(s) address"),
        (httpx.ProxyError, "the proxy does not let us through"),
        (httpx.ConnectTimeout, "no connection in time"),
        (httpx.ConnectError, "no connection"),
        (httpx.RemoteProtocolError, "the server broke the protocol"),
        (H2Error, "the server broke the protocol"),
        (httpx.ReadError, "the connection broke while reading"),
    )
    what = next((text for kind, text in kinds if isinstance(error, kind)), "the exchange failed")
    detail = " ".join(str(error).split())[:160] or type(error).__name__
    return f"{what}: {detail}"
