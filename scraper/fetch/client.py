"""Fetching over HTTP: robots.txt first, each host in its turn, redirects hop by hop, one deadline around the whole
exchange, bodies decoded under a cap, and the guard inside the connection.
"""

import asyncio
import ipaddress
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from time import perf_counter

import msgspec

from scraper.fetch import FetchError, HostMemory, OwnTimetable, Timetable
from scraper.fetch.decoding import Body
from scraper.fetch.exchange import Deadline, Request, conditions, next_hop, refuse_unasked, retry_after
from scraper.fetch.guard import AddressRefused, Guard
from scraper.fetch.manners import FEED, LONGEST_DELAY, PAGE, ROBOTS, Bucket, Places, bucket_of
from scraper.fetch.robots import MOST_BYTES, MOST_HOPS, Robots, fresh, missed, product_token, remembered, usable
from scraper.fetch.transport import Client, phrase, tls_context
from scraper.logins import redacted, without_login
from scraper.settings import FetchSettings, MannersSettings, SiteSettings
from scraper.sites import Sites
from scraper.urls import absolute, origin
from storage.records import HostState, Page, Validators

log = logging.getLogger("dateline")

_MOST_CLIENTS = 256
_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY = (429, 503)
_TURNED_AWAY = (401, 403)
_OFTEN = 5  # so many times in a row is a firewall's way to say 429
_GONE = 410  # of all errors, the one that says of itself that it is for good
_ACCEPT = "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/feed+json,*/*;q=0.5"


class _Host:
    """A client, the rules and the places of one origin, the bucket of its site, and what the user says of it."""

    def __init__(self, client: Client, bucket: Bucket, site: SiteSettings, connections: int) -> None:
        self.client = client
        self.bucket = bucket
        self.site = site
        self.places = Places(connections)
        self.lock = asyncio.Lock()
        self.users = 0
        self.turned_away = 0  # times in a row
        self.stale = False  # the configuration has changed since

    @property
    def idle(self) -> bool:
        """Whether nobody asks it just now."""
        return not self.users and not self.lock.locked()

    def obey(self, state: HostState, token: str) -> None:
        """Take in a robots.txt."""
        self.state = state
        self.robots = Robots(state, product_token(self.site.user_agent) or token)
        if self.robots.delay > LONGEST_DELAY:
            asks = f"{self.robots.delay:g} s between requests; it is asked every {LONGEST_DELAY:g} s"
            log.warning("robots.txt of %s wants %s", state.origin, asks)
        self.bucket.wishes[state.origin] = self.robots.delay


class HttpFetcher:
    """The network.

    `hosts` remembers robots.txt and Retry-After between runs; `timetable` is shared with the other processes that ask
    the same sites (default: there are none); `sites`: what the user says of single ones, secrets included; `room`: what
    to wait for before a page is fetched when its turn at its host has come. `hop` is called before a redirect is
    followed, and may raise.
    """

    def __init__(
        self,
        settings: FetchSettings,
        manners: MannersSettings,
        hosts: HostMemory,
        timetable: Timetable | None = None,
        sites: Sites | None = None,
        room: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self._room = room
        self.hop: Callable[[], object] = lambda: None
        self._memory = hosts
        self._timetable = timetable or OwnTimetable()
        self._sites = sites or Sites()
        self._buckets: dict[str, Bucket] = {}
        self._hosts: OrderedDict[str, _Host] = OrderedDict()
        self._opening: dict[str, asyncio.Lock] = {}
        self._tls = tls_context()
        self.take_in(settings, manners)

    def take_in(self, settings: FetchSettings, manners: MannersSettings) -> None:
        """Ask by these from now on; what is under way ends as it began."""
        self._settings, self._manners = settings, manners
        self._guard = Guard(ipaddress.ip_network(one, strict=False) for one in settings.allow_networks)
        self._token = product_token(settings.user_agent)
        contact = f" (+{settings.contact})" if settings.contact else ""
        self._headers = {
            "User-Agent": settings.user_agent + contact,
            "Accept": _ACCEPT,
            "Accept-Encoding": "gzip",
            "Connection": "keep-alive",
        }
        for name, host in self._hosts.items():
            host.stale = True
            host.bucket.delays[name] = self._delay(host.site)

    async def get(self, url: str, validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:
        """See scraper.fetch.Fetcher."""
        clock = Deadline(float(self._settings.timeout))
        hops: list[str] = []
        permanent = True
        address = without_login(url)
        if url == f"{origin(url)}/robots.txt":
            return await self._remembered_robots(url)
        while True:
            host = await self._host(address)
            if self._obeys(host.site):
                await self._read_robots(host, clock)
                _ask_robots(host, address, pages=robots)
            asks = conditions(validators, first=not hops)
            headers = asks | self._sites.secrets(address, url)
            request = Request(address, headers, PAGE if robots else FEED, most=most)
            page = await self._exchange(host, request, clock)
            refuse_unasked(page, asks)
            if page.status not in _REDIRECTS:
                if robots:
                    page = msgspec.structs.replace(page, ai_forbidden=host.robots.ai_forbidden(address))
                return self._judge(page, url, tuple(hops), permanent and bool(hops), clock)
            permanent = permanent and page.status in (301, 308)
            hops.append(address)
            address = next_hop(page, address, hops)
            self.hop()

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """Send something to a receiver that the user named, and follow no redirect; the status of its answer.

        robots.txt has no say; the guard has. Raises FetchError where there is no answer.
        """
        address = without_login(url)
        headers = headers | self._sites.secrets(address, url)
        host = await self._host(address)
        page = await self._exchange(
            host, Request(address, headers, FEED, body), Deadline(float(self._settings.timeout))
        )
        return page.status

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
                await self._forget_one()  # before, as what is met is idle until it is asked
                self._hosts[name] = await self._meet(name)
            elif self._hosts[name].idle and self._is_stale(self._hosts[name], name):
                await self._hosts[name].client.aclose()  # the configuration has changed
                self._hosts[name] = await self._meet(name)
        self._hosts.move_to_end(name)
        return self._hosts[name]

    def _is_stale(self, host: _Host, name: str) -> bool:
        return host.stale or host.site != self._sites.of(name)

    async def _meet(self, name: str) -> _Host:
        state, site = await self._memory.host(name), self._sites.of(name)
        bucket = self._bucket(name, site)
        bucket.stay_away(state.not_before)
        if site.obey_robots is False and self._manners.obey_robots:
            log.warning("robots.txt of %s is not obeyed, as [[sites]] wants it", name)
        agent = {"User-Agent": site.user_agent} if site.user_agent else {}
        connections = self._manners.connections
        client = Client(self._tls, self._guard, connections, self._headers | agent, site.proxy or self._settings.proxy)
        host = _Host(client, bucket, site, connections)
        host.obey(state if self._obeys(site) else HostState(origin=name), self._token)
        return host

    def _obeys(self, site: SiteSettings) -> bool:
        return self._manners.obey_robots if site.obey_robots is None else site.obey_robots

    def _bucket(self, name: str, site: SiteSettings) -> Bucket:
        bucket_name = bucket_of(name, self._manners.shared_hosts)
        bucket = self._buckets.setdefault(bucket_name, Bucket(bucket_name, self._timetable))
        bucket.delays[name] = self._delay(site)
        return bucket

    def _delay(self, site: SiteSettings) -> float:
        return float(self._manners.delay if site.delay is None else site.delay)

    async def _forget_one(self) -> None:
        """Keep the number of open clients bounded: the host that was idle for longest goes."""
        if len(self._hosts) < _MOST_CLIENTS:
            return
        idle = next((name for name, host in self._hosts.items() if host.idle), None)
        if idle is not None:
            gone = self._hosts.pop(idle)
            await gone.client.aclose()
            if not any(host.bucket is gone.bucket for host in self._hosts.values()):
                gone.bucket.write_down()
                self._buckets.pop(gone.bucket.name, None)

    async def _read_robots(self, host: _Host, clock: Deadline) -> None:
        """Read robots.txt, if it is not remembered, within half of the time that is left to the exchange it is for."""
        async with host.lock:
            if fresh(host.state, datetime.now(UTC)):
                return
            try:
                with clock.half() as part:
                    page = await self._robots_txt(host, f"{host.state.origin}/robots.txt", part)
            except FetchError as error:
                if not error.asked:  # the site wants us to stay away: that says nothing about its robots.txt
                    raise
                state, ours = missed(host.state, error.reason, datetime.now(UTC)), error.final
            else:
                ours = False
                body = page.body[:MOST_BYTES]
                state = remembered(host.state, page.status, body, page.header("cache-control"), page.fetched)
            host.obey(state, self._token)
            if not ours:  # what we refuse ourselves may be allowed by the configuration that comes next
                await self._memory.save_host(state)

    async def _remembered_robots(self, url: str) -> Page:
        """robots.txt as a page, from memory if it is fresh: who wants to read it costs its host no second request."""
        host = await self._host(url)
        await self._read_robots(host, Deadline(float(self._settings.timeout)))
        state = host.state
        if state.robots_status is None or not 200 <= state.robots_status < 300:
            raise FetchError(f"no robots.txt: {state.reason}", status=state.robots_status)
        fetched = state.robots_fetched or datetime.now(UTC)
        return Page(url=url, final_url=url, status=state.robots_status, body=state.robots or b"", fetched=fetched)

    async def _robots_txt(self, host: _Host, address: str, clock: Deadline) -> Page:
        """The answer at the end of the redirects, whichever host they lead to (RFC 9309, 2.3.1.2)."""
        first = address
        for _ in range(MOST_HOPS + 1):
            request = Request(address, self._sites.secrets(address, first), ROBOTS)
            page = await self._exchange(host, request, clock)
            if page.status not in _REDIRECTS:
                return page
            address = without_login(absolute(page.header("location"), address))
            host = await self._host(address)
        return page  # the status of a redirect: there is none to be had

    async def _exchange(self, host: _Host, request: Request, clock: Deadline) -> Page:
        """One request and its answer, whatever the status."""
        host.users += 1
        try:
            async with host.places.place(request.rank):
                # To ask before that is not enough: hundreds wait for their hosts, and would then come all at once.
                if self._room and request.rank == PAGE:
                    await self._room()
                asked = await host.bucket.turn(request.rank)
                clock.start()
                page = await self._ask(host, request, clock)
        finally:
            host.users -= 1
        host.turned_away = host.turned_away + 1 if page.status in _TURNED_AWAY else 0
        if page.status in _BUSY or (host.turned_away and host.turned_away % _OFTEN == 0):
            await self._slow_down(host, page, asked)
        return page

    async def _slow_down(self, host: _Host, page: Page, asked: float) -> None:
        until = retry_after(page.header("retry-after"), page.fetched)
        host.bucket.slow_down(page.status, asked, until)
        if until:
            host.state = msgspec.structs.replace(host.state, not_before=until)
            await self._memory.save_host(host.state)

    async def _ask(self, host: _Host, request: Request, clock: Deadline) -> Page:
        robots, url = request.rank == ROBOTS, request.url
        # Before robots.txt is read, nobody knows whether the distance to the next request will matter.
        sent = host.bucket.sent if robots or host.bucket.paced else None
        asked, begun, well = perf_counter(), 0.0, False
        try:
            async with asyncio.timeout(clock.left), host.client.stream(request, sent) as answer:
                begun, well = perf_counter() - asked, answer.status_code not in (*_BUSY, *_TURNED_AWAY)
                # The body of a redirect or an error is of no use, and may have no end.
                useful = 200 <= answer.status_code < 300
                most = MOST_BYTES if robots else max(int(self._settings.max_bytes), request.most)
                body = Body(answer.headers.get("content-encoding", "") if useful else "", most, head=robots)
                if useful:
                    async for chunk in answer.aiter_raw():
                        body.feed(chunk)
                        if body.full:
                            break
                return Page(
                    url=url,
                    final_url=url,
                    status=answer.status_code,
                    # A subscriber's session is nobody's business, least of all an archive's.
                    headers=tuple(one for one in answer.headers.items() if one[0] != "set-cookie"),
                    body=body.whole(),
                    fetched=datetime.now(UTC),
                    size=body.size,
                )
        except TimeoutError as error:
            raise FetchError(f"timed out after {clock.seconds:g} s (fetch.timeout)") from error
        except AddressRefused as error:
            raise FetchError(f"refused: {error}", final=True) from error
        finally:
            clock.stop()
            host.bucket.answered(begun or perf_counter() - asked, well=well)

    def _judge(self, page: Page, url: str, hops: tuple[str, ...], permanent: bool, clock: Deadline) -> Page:
        status = page.status
        if 200 <= status < 300 or status == 304:
            return msgspec.structs.replace(page, url=url, hops=hops[1:], permanent=permanent, seconds=clock.used)
        retry_at = retry_after(page.header("retry-after"), page.fetched) if status in _BUSY else None
        raise FetchError(
            f"the server answered {status} {phrase(status)}".rstrip(),
            final=status == _GONE,
            status=status,
            retry_at=retry_at,
        )


def _ask_robots(host: _Host, url: str, *, pages: bool) -> None:
    if not pages:
        return
    if not usable(host.state, datetime.now(UTC)):
        reason = f"robots.txt could not be read, so no page is asked for yet: {host.state.reason}"
        raise FetchError(reason, asked=False, retry_at=host.state.robots_until)
    if not host.robots.allows(url):
        raise FetchError("robots.txt forbids it", final=True, skipped=True)
