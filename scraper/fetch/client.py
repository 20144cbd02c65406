"""Fetching over HTTP: the only place that knows httpx.

One small client a host (one big pool costs 2 to 5 times the processor time), redirects followed here hop by hop, one
deadline around the whole exchange, bodies decoded under a cap, and the guard inside the connection.
"""

import asyncio
import ipaddress
import ssl
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import perf_counter
from urllib.parse import urlsplit

import certifi
import httpcore
import httpx
import msgspec

from scraper.fetch import FetchError, HostMemory
from scraper.fetch.decoding import Body
from scraper.fetch.guard import AddressRefused, Guard
from scraper.fetch.manners import Turns
from scraper.fetch.robots import MOST_BYTES, Robots, fresh
from scraper.settings import FetchSettings, MannersSettings
from scraper.urls import absolute, origin, redacted
from storage.records import HostState, Page, Validators

_MOST_HOPS = 10
_MOST_CLIENTS = 256
_REDIRECTS = (301, 302, 303, 307, 308)
_PASSING = (404, 408, 425, 429)  # of the 4xx, those that may be different tomorrow
_LONGEST_WAIT = timedelta(hours=24)
_ACCEPT = "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/feed+json,*/*;q=0.5"


class _Host:
    """A client, a queue and the rules of one origin."""

    def __init__(self, client: httpx.AsyncClient, turns: Turns, state: HostState) -> None:
        self.client = client
        self.turns = turns
        self.state = state
        self.robots = Robots(state)
        self.lock = asyncio.Lock()
        self.users = 0


class HttpFetcher:
    """The network. `hosts` remembers robots.txt and the time of our last request between runs."""

    def __init__(self, settings: FetchSettings, manners: MannersSettings, hosts: HostMemory) -> None:
        self._settings = settings
        self._manners = manners
        self._memory = hosts
        self._hosts: OrderedDict[str, _Host] = OrderedDict()
        self._opening: dict[str, asyncio.Lock] = {}
        # One shared TLS context: making one costs 44 ms of processor time.
        self._tls = ssl.create_default_context(cafile=certifi.where())
        self._tls.set_alpn_protocols(["h2", "http/1.1"])
        self._guard = Guard(ipaddress.ip_network(one, strict=False) for one in settings.allow_networks)
        contact = f" (+{settings.contact})" if settings.contact else ""
        self._headers = {
            "User-Agent": settings.user_agent + contact,
            "Accept": _ACCEPT,
            "Accept-Encoding": "gzip",
        }

    async def get(self, url: str, validators: Validators | None = None, *, robots: bool = True) -> Page:
        """See scraper.fetch.Fetcher."""
        clock = _Deadline(float(self._settings.timeout))
        hops: list[str] = []
        permanent = True
        address = url
        if url == f"{origin(url)}/robots.txt":
            return await self._remembered_robots(url)
        while True:
            host = await self._host(address)
            if self._manners.obey_robots:
                await self._read_robots(host)
                _ask_robots(host, address, pages=robots)
            conditions = _conditions(validators, first=not hops)
            page = await self._exchange(host, address, conditions, clock)
            _refuse_unasked(page, conditions)
            if page.status not in _REDIRECTS:
                return self._judge(page, url, tuple(hops), permanent and bool(hops), clock)
            permanent = permanent and page.status in (301, 308)
            hops.append(address)
            address = _next_hop(page, address, hops)

    async def close(self) -> None:
        """Close every connection and write down when each host was last asked."""
        for host in self._hosts.values():
            await self._let_go(host)
        self._hosts.clear()

    async def _host(self, url: str) -> _Host:
        name = origin(url)
        if not name:
            raise FetchError(f"not an http(s) address: {redacted(url)[:200]}", final=True)
        async with self._opening.setdefault(name, asyncio.Lock()):
            if name not in self._hosts:
                self._hosts[name] = await self._meet(name)
                await self._forget_one()
        self._hosts.move_to_end(name)
        return self._hosts[name]

    async def _meet(self, name: str) -> _Host:
        state = await self._memory.host(name)
        turns = Turns(float(self._manners.delay), self._manners.connections)
        turns.last_request, turns.not_before = state.last_request, state.not_before
        transport = _GuardedTransport(self._tls, self._guard, self._manners.connections)
        client = httpx.AsyncClient(transport=transport, headers=self._headers, timeout=None, trust_env=False)  # noqa: S113
        host = _Host(client, turns, state)
        turns.slow_down(host.robots.delay)
        return host

    async def _forget_one(self) -> None:
        """Keep the number of open clients bounded: the host that was idle for longest goes."""
        if len(self._hosts) <= _MOST_CLIENTS:
            return
        idle = next((name for name, host in self._hosts.items() if not host.users and not host.lock.locked()), None)
        if idle is not None:
            await self._let_go(self._hosts.pop(idle))

    async def _let_go(self, host: _Host) -> None:
        await host.client.aclose()
        state = msgspec.structs.replace(
            host.state, last_request=host.turns.last_request, not_before=host.turns.not_before
        )
        await self._memory.save_host(state)

    async def _read_robots(self, host: _Host) -> None:
        async with host.lock:
            if fresh(host.state, datetime.now(UTC)):
                return
            status, body, reason = await self._robots_txt(host, f"{host.state.origin}/robots.txt")
            host.state = msgspec.structs.replace(
                host.state,
                robots=body,
                robots_status=status,
                robots_fetched=datetime.now(UTC),
                last_request=host.turns.last_request,
                reason=reason,
            )
            host.robots = Robots(host.state)
            host.turns.slow_down(host.robots.delay)
            await self._memory.save_host(host.state)

    async def _remembered_robots(self, url: str) -> Page:
        """robots.txt as a page, from memory if it is fresh: who wants to read it costs its host no second request."""
        host = await self._host(url)
        await self._read_robots(host)
        state = host.state
        if state.robots_status is None or not 200 <= state.robots_status < 300:
            raise FetchError(f"no robots.txt: {state.reason}", status=state.robots_status)
        fetched = state.robots_fetched or datetime.now(UTC)
        return Page(url=url, final_url=url, status=state.robots_status, body=state.robots or b"", fetched=fetched)

    async def _robots_txt(self, host: _Host, address: str) -> tuple[int | None, bytes, str]:
        clock = _Deadline(float(self._settings.timeout))
        try:
            for _ in range(5):
                page = await self._exchange(host, address, {}, clock, most=MOST_BYTES * 4)
                if page.status not in _REDIRECTS:
                    return page.status, page.body[:MOST_BYTES], f"the server answered {page.status}"
                address = absolute(page.header("location"), address)
                host = await self._host(address)
        except FetchError as error:
            return None, b"", error.reason
        return 404, b"", "too many redirects"

    async def _exchange(
        self, host: _Host, url: str, conditions: dict[str, str], clock: "_Deadline", most: int = 0
    ) -> Page:
        """One request and its answer, whatever the status."""
        turns, now = host.turns, datetime.now(UTC)
        if turns.not_before and now < turns.not_before:
            when = turns.not_before.strftime("%Y-%m-%d %H:%M:%S UTC")
            raise FetchError(f"the host asked to wait until {when}", retry_at=turns.not_before)
        host.users += 1
        try:
            async with turns.turn():
                clock.start()
                page = await self._ask(host.client, url, conditions, clock, most or int(self._settings.max_bytes))
        finally:
            host.users -= 1
        if page.status in (429, 503) and (wait := _retry_after(page.header("retry-after"), page.fetched)):
            turns.not_before = wait
        return page

    async def _ask(
        self, client: httpx.AsyncClient, url: str, conditions: dict[str, str], clock: "_Deadline", most: int
    ) -> Page:
        try:
            async with asyncio.timeout(clock.left), client.stream("GET", url, headers=conditions) as answer:
                # The body of a redirect or an error is of no use, and may have no end.
                useful = 200 <= answer.status_code < 300
                body = Body(answer.headers.get("content-encoding", "") if useful else "", most)
                if useful:
                    async for chunk in answer.aiter_raw():
                        body.feed(chunk)
                clock.stop()
                return Page(
                    url=url,
                    final_url=url,
                    status=answer.status_code,
                    headers=tuple(answer.headers.items()),
                    body=body.whole(),
                    fetched=datetime.now(UTC),
                    size=body.size,
                )
        except TimeoutError as error:
            raise FetchError(f"timed out after {self._settings.timeout:g} s (fetch.timeout)") from error
        except AddressRefused as error:
            raise FetchError(f"refused: {error}", final=True) from error
        except (httpx.HTTPError, httpx.InvalidURL, httpcore.NetworkError, OSError, UnicodeError, ValueError) as error:
            raise FetchError(_trouble(error), final=isinstance(error, httpx.InvalidURL)) from error

    def _judge(self, page: Page, url: str, hops: tuple[str, ...], permanent: bool, clock: "_Deadline") -> Page:
        status = page.status
        if 200 <= status < 300 or status == 304:
            return msgspec.structs.replace(page, url=url, hops=hops[1:], permanent=permanent, seconds=clock.used)
        phrase = httpx.codes.get_reason_phrase(status)
        final = 400 <= status < 500 and status not in _PASSING
        retry_at = _retry_after(page.header("retry-after"), page.fetched) if status in (429, 503) else None
        raise FetchError(
            f"the server answered {status} {phrase}".rstrip(), final=final, status=status, retry_at=retry_at
        )


class _Deadline:
    """The time of one exchange: runs while we are asking, stands still while we wait our turn."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds
        self.used = 0.0
        self._since = 0.0

    def start(self) -> None:
        self._since = perf_counter()

    def stop(self) -> None:
        spent = perf_counter() - self._since
        self.used += spent
        self.left = max(self.left - spent, 0.0)


class _GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool whose connections pass the guard. httpx offers no way to hand one in."""

    def __init__(self, tls: ssl.SSLContext, guard: Guard, connections: int) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=connections + 1,
            max_keepalive_connections=connections + 1,
            keepalive_expiry=30.0,
            http1=True,
            http2=True,
            network_backend=guard,
        )


def _conditions(validators: Validators | None, *, first: bool) -> dict[str, str]:
    """The tag where there is one; the date alone misses deletions, which move it backwards (note 3)."""
    if validators is None or not first:
        return {}
    headers = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in headers.items() if value}


def _ask_robots(host: _Host, url: str, *, pages: bool) -> None:
    if not pages:
        return
    if not host.robots.reachable:
        raise FetchError(f"robots.txt could not be read, so no page is asked for yet: {host.state.reason}")
    if not host.robots.allows(url):
        raise FetchError("robots.txt forbids it", final=True, skipped=True)


def _refuse_unasked(page: Page, conditions: dict[str, str]) -> None:
    if page.status == 206:
        raise FetchError("the server sent a part, though the whole was asked for", status=206)
    if page.status == 304 and not conditions:
        raise FetchError('the server said "not modified", though nothing of it is known here', status=304)


def _next_hop(page: Page, here: str, hops: list[str]) -> str:
    target = absolute(page.header("location"), here) if page.header("location").strip() else ""
    if not target:
        raise FetchError("redirected to nowhere, or to something that is not http(s)", final=True, status=page.status)
    if target in hops or len(hops) > _MOST_HOPS:
        raise FetchError("redirected in a circle", status=page.status)
    # Credentials in our address are for its own origin only; the target's own are the page's doing, not ours.
    parts = urlsplit(target)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()


def _retry_after(value: str, now: datetime) -> datetime | None:
    """The moment that Retry-After names (seconds or a date), at most a day ahead; None if it names none."""
    value = value.strip()
    try:
        wait = timedelta(seconds=int(value)) if value.isdecimal() else parsedate_to_datetime(value) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return now + min(max(wait, timedelta(0)), _LONGEST_WAIT)


def _trouble(error: Exception) -> str:
    """An error of the network as one sentence."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (httpx.InvalidURL, "not a usable address"),
        (httpx.UnsupportedProtocol, "not an http(s) address"),
        (httpx.ConnectTimeout, "no connection in time"),
        (httpx.ConnectError, "no connection"),
        (httpx.RemoteProtocolError, "the server broke the protocol"),
        (httpx.ReadError, "the connection broke while reading"),
    )
    what = next((text for kind, text in kinds if isinstance(error, kind)), "the exchange failed")
    detail = " ".join(str(error).split())[:160] or type(error).__name__
    return f"{what}: {detail}"
