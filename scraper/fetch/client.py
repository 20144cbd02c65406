"""Fetching over HTTP: the only place that knows httpx.

One small client a host (one big pool costs 2 to 5 times the processor time), redirects followed here hop by hop, one
deadline around the whole exchange, bodies decoded under a cap, and the guard inside the connection.
"""

import asyncio
import ipaddress
import logging
import ssl
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import certifi
import httpcore
import httpx
import msgspec

from scraper.fetch import FetchError, HostMemory, OwnTimetable, Timetable
from scraper.fetch.decoding import Body
from scraper.fetch.guard import AddressRefused, Guard
from scraper.fetch.manners import FEED, LONGEST_DELAY, LONGEST_WAIT, PAGE, ROBOTS, Bucket, Places, bucket_of
from scraper.fetch.robots import MOST_BYTES, MOST_HOPS, Robots, fresh, missed, product_token, remembered, usable
from scraper.settings import FetchSettings, MannersSettings
from scraper.urls import absolute, origin, redacted
from storage.records import HostState, Page, Validators

log = logging.getLogger("dateline")

_MOST_HOPS = 10
_MOST_CLIENTS = 256
_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY = (429, 503)
_PASSING = (404, 408, 425, 429)  # of the 4xx, those that may be different tomorrow
_LONGEST_WAIT = timedelta(seconds=LONGEST_WAIT)
_ACCEPT = "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/feed+json,*/*;q=0.5"


class _Host:
    """A client, the rules and the places of one origin, and the bucket of its site."""

    def __init__(self, client: httpx.AsyncClient, bucket: Bucket, connections: int) -> None:
        self.client = client
        self.bucket = bucket
        self.places = Places(connections)
        self.lock = asyncio.Lock()
        self.users = 0

    def obey(self, state: HostState, token: str) -> None:
        """Take in a robots.txt."""
        self.state = state
        self.robots = Robots(state, token)
        if self.robots.delay > LONGEST_DELAY:
            asks = f"{self.robots.delay:g} s between requests; it is asked every {LONGEST_DELAY:g} s"
            log.warning("robots.txt of %s wants %s", state.origin, asks)
        self.bucket.wishes[state.origin] = self.robots.delay


class HttpFetcher:
    """The network.

    `hosts` remembers robots.txt and Retry-After between runs; `timetable` is shared with the other processes that ask
    the same sites (default: there are none).
    """

    def __init__(
        self,
        settings: FetchSettings,
        manners: MannersSettings,
        hosts: HostMemory,
        timetable: Timetable | None = None,
    ) -> None:
        self._settings = settings
        self._manners = manners
        self._memory = hosts
        self._timetable = timetable or OwnTimetable()
        self._buckets: dict[str, Bucket] = {}
        self._hosts: OrderedDict[str, _Host] = OrderedDict()
        self._opening: dict[str, asyncio.Lock] = {}
        # One shared TLS context: making one costs 44 ms of processor time.
        self._tls = ssl.create_default_context(cafile=certifi.where())
        self._tls.set_alpn_protocols(["h2", "http/1.1"])
        self._guard = Guard(ipaddress.ip_network(one, strict=False) for one in settings.allow_networks)
        self._token = product_token(settings.user_agent)
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
            headers = _conditions(validators, first=not hops)
            page = await self._exchange(host, _Request(address, headers, PAGE if robots else FEED), clock)
            _refuse_unasked(page, headers)
            if page.status not in _REDIRECTS:
                return self._judge(page, url, tuple(hops), permanent and bool(hops), clock)
            permanent = permanent and page.status in (301, 308)
            hops.append(address)
            address = _next_hop(page, address, hops)

    async def close(self) -> None:
        """Close every connection and write down how each site fared."""
        for host in self._hosts.values():
            await host.client.aclose()
        for bucket in self._buckets.values():
            bucket.write_down()
        self._hosts.clear()
        self._buckets.clear()

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
        bucket_name = bucket_of(name, self._manners.shared_hosts)
        bucket = self._buckets.setdefault(bucket_name, Bucket(bucket_name, float(self._manners.delay), self._timetable))
        bucket.stay_away(state.not_before)
        transport = _GuardedTransport(self._tls, self._guard, self._manners.connections)
        client = httpx.AsyncClient(transport=transport, headers=self._headers, timeout=None, trust_env=False)  # noqa: S113
        host = _Host(client, bucket, self._manners.connections)
        host.obey(state, self._token)
        return host

    async def _forget_one(self) -> None:
        """Keep the number of open clients bounded: the host that was idle for longest goes."""
        if len(self._hosts) <= _MOST_CLIENTS:
            return
        idle = next((name for name, host in self._hosts.items() if not host.users and not host.lock.locked()), None)
        if idle is not None:
            gone = self._hosts.pop(idle)
            await gone.client.aclose()
            if not any(host.bucket is gone.bucket for host in self._hosts.values()):
                gone.bucket.write_down()
                self._buckets.pop(gone.bucket.name, None)

    async def _read_robots(self, host: _Host) -> None:
        async with host.lock:
            if fresh(host.state, datetime.now(UTC)):
                return
            try:
                page = await self._robots_txt(host, f"{host.state.origin}/robots.txt")
            except FetchError as error:
                if not error.asked:  # the site wants us to stay away: that says nothing about its robots.txt
                    raise
                state = missed(host.state, error.reason, datetime.now(UTC))
            else:
                body = page.body[:MOST_BYTES]
                state = remembered(host.state, page.status, body, page.header("cache-control"), page.fetched)
            host.obey(state, self._token)
            await self._memory.save_host(state)

    async def _remembered_robots(self, url: str) -> Page:
        """robots.txt as a page, from memory if it is fresh: who wants to read it costs its host no second request."""
        host = await self._host(url)
        await self._read_robots(host)
        state = host.state
        if state.robots_status is None or not 200 <= state.robots_status < 300:
            raise FetchError(f"no robots.txt: {state.reason}", status=state.robots_status)
        fetched = state.robots_fetched or datetime.now(UTC)
        return Page(url=url, final_url=url, status=state.robots_status, body=state.robots or b"", fetched=fetched)

    async def _robots_txt(self, host: _Host, address: str) -> Page:
        """The answer at the end of the redirects, whichever host they lead to (RFC 9309, 2.3.1.2)."""
        clock = _Deadline(float(self._settings.timeout))
        for _ in range(MOST_HOPS + 1):
            page = await self._exchange(host, _Request(address, {}, ROBOTS), clock)
            if page.status not in _REDIRECTS:
                return page
            address = absolute(page.header("location"), address)
            host = await self._host(address)
        return page  # the status of a redirect: there is none to be had

    async def _exchange(self, host: _Host, request: "_Request", clock: "_Deadline") -> Page:
        """One request and its answer, whatever the status."""
        host.users += 1
        try:
            async with host.places.place(request.rank):
                asked = await host.bucket.turn(request.rank)
                clock.start()
                page = await self._ask(host, request, clock)
        finally:
            host.users -= 1
        if page.status in _BUSY:
            await self._slow_down(host, page, asked)
        return page

    async def _slow_down(self, host: _Host, page: Page, asked: float) -> None:
        until = _retry_after(page.header("retry-after"), page.fetched)
        host.bucket.slow_down(page.status, asked, until)
        if until:
            host.state = msgspec.structs.replace(host.state, not_before=until)
            await self._memory.save_host(host.state)

    async def _ask(self, host: _Host, request: "_Request", clock: "_Deadline") -> Page:
        robots = request.rank == ROBOTS
        # Before robots.txt is read, nobody knows whether the distance to the next request will matter.
        watch = _watch(host.bucket) if robots or host.bucket.paced else {}
        asked, begun, well = perf_counter(), 0.0, False
        try:
            async with (
                asyncio.timeout(clock.left),
                host.client.stream("GET", request.url, headers=request.headers, extensions=watch) as answer,
            ):
                begun, well = perf_counter() - asked, answer.status_code not in _BUSY
                # The body of a redirect or an error is of no use, and may have no end.
                useful = 200 <= answer.status_code < 300
                most = MOST_BYTES if robots else int(self._settings.max_bytes)
                body = Body(answer.headers.get("content-encoding", "") if useful else "", most, head=robots)
                if useful:
                    async for chunk in answer.aiter_raw():
                        body.feed(chunk)
                        if body.full:
                            break
                clock.stop()
                return Page(
                    url=request.url,
                    final_url=request.url,
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
        finally:
            host.bucket.answered(begun or perf_counter() - asked, well=well)

    def _judge(self, page: Page, url: str, hops: tuple[str, ...], permanent: bool, clock: "_Deadline") -> Page:
        status = page.status
        if 200 <= status < 300 or status == 304:
            return msgspec.structs.replace(page, url=url, hops=hops[1:], permanent=permanent, seconds=clock.used)
        phrase = httpx.codes.get_reason_phrase(status)
        final = 400 <= status < 500 and status not in _PASSING
        retry_at = _retry_after(page.header("retry-after"), page.fetched) if status in _BUSY else None
        raise FetchError(
            f"the server answered {status} {phrase}".rstrip(), final=final, status=status, retry_at=retry_at
        )


class _Request(NamedTuple):
    """One request: where, with what headers, and who asks (ROBOTS, FEED or PAGE)."""

    url: str
    headers: dict[str, str]
    rank: int


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


def _watch(bucket: Bucket) -> dict[str, Any]:
    """Have the bucket told when the request leaves."""

    async def trace(event: str, _: Mapping[str, Any]) -> None:
        if event.endswith(".send_request_headers.complete"):
            bucket.sent()

    return {"trace": trace}


def _conditions(validators: Validators | None, *, first: bool) -> dict[str, str]:
    """The tag where there is one; the date alone misses deletions, which move it backwards (note 3)."""
    if validators is None or not first:
        return {}
    headers = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in headers.items() if value}


def _ask_robots(host: _Host, url: str, *, pages: bool) -> None:
    if not pages:
        return
    if not usable(host.state, datetime.now(UTC)):
        reason = f"robots.txt could not be read, so no page is asked for yet: {host.state.reason}"
        raise FetchError(reason, asked=False, retry_at=host.state.robots_until)
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
        wait = timedelta(seconds=int(value)) if value.isdecimal() else _date(value) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return now + min(max(wait, timedelta(0)), _LONGEST_WAIT)


def _date(value: str) -> datetime:
    """An HTTP-date, which is in UTC even where an old server writes no zone."""
    moment = parsedate_to_datetime(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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
