"""One bucket a site: its requests lie apart, none before the site wants to be asked again, fewer when it is in trouble.

All that asks a site takes its turn in the same bucket: robots.txt, polls, articles, revisits and backfills, of every
process on the archive. The pace is halved at each 429 or 503 and won back step by step, as TCP does it (additive
increase, multiplicative decrease); and it follows the site's latency, as Heritrix and Scrapy's AutoThrottle do.
"""

import asyncio
import heapq
import ipaddress
import logging
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count

import msgspec

from scraper.fetch import FetchError, Step, Timetable
from scraper.urls import host, origin, site
from storage.records import BucketState

log = logging.getLogger("dateline")

ROBOTS, FEED, PAGE = range(3)  # who goes first where several wait
LONGEST_DELAY = 120.0  # a Crawl-delay beyond this is taken as this, and a slowed site is asked no less often
LONGEST_WAIT = 86400.0  # and a Retry-After beyond this as this
PATIENCE = 10.0  # a Retry-After of so many seconds is waited for in the line; a longer one sends us away
_LATENCIES = 2.0  # a site is asked once in so many of the times that it takes to answer
_LONGEST_FOR_LATENCY = 15.0
_SMOOTHING = 0.25
_LEAST_WHEN_SLOWED = 0.25  # what is halved where no delay is configured
_SMALLEST_SHARE = 1 / 64
_RECOVERY = 1 / 16  # of the full rate, with each good answer


def bucket_of(url: str, shared_hosts: Collection[str] = ()) -> str:
    """The name of the bucket of an address: its registrable domain; the host below one whose hosts are strangers.

    A bare address or a name without a dot is a laboratory, where every port is a site.
    """
    name = host(url)
    if "." not in name or _is_address(name):
        return origin(url)
    if any(name == shared or name.endswith(f".{shared}") for shared in shared_hosts):
        return name
    return site(url)


def pause(state: BucketState, delay: float, crawl_delay: float = 0.0) -> float:
    """Seconds from the start of one request to the next. Without a configured delay, latency does not count."""
    latency = min(state.latency * _LATENCIES, _LONGEST_FOR_LATENCY) if delay else 0.0
    full = max(delay, min(crawl_delay, LONGEST_DELAY), latency)
    if state.share >= 1.0:
        return full
    return min(max(full, _LEAST_WHEN_SLOWED) / state.share, max(full, LONGEST_DELAY))


def claimed(state: BucketState, now: float, gap: float) -> tuple[float, BucketState]:
    """When the next request may leave, and, if that is now, the state with this turn taken."""
    # A request "sent" later than now was sent before the clock jumped back, and so was a wish beyond the longest.
    wish = state.not_before if state.not_before <= now + LONGEST_WAIT else 0.0
    due = max(wish, min(state.sent, now) + gap)
    return (due, state) if due > now else (now, msgspec.structs.replace(state, sent=now))


def answered(state: BucketState, seconds: float, *, well: bool) -> BucketState:
    """The state after an answer that took so long to begin; a good one wins back a part of the rate."""
    latency = state.latency + _SMOOTHING * (seconds - state.latency) if state.latency else seconds
    share = min(state.share + _RECOVERY, 1.0) if well else state.share
    return msgspec.structs.replace(state, latency=latency, share=share)


def slowed(state: BucketState, asked: float, now: float, not_before: float) -> BucketState:
    """The state after a 429 or 503 to a request of the time `asked`; those that were under way already count once."""
    state = msgspec.structs.replace(state, not_before=max(state.not_before, not_before))
    if asked <= state.slowed <= now:
        return state
    return msgspec.structs.replace(state, share=max(state.share / 2, _SMALLEST_SHARE), slowed=now)


class Places:
    """So many may hold a place at once; of those who wait, the lowest rank is next, then whoever came first."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = count()

    @asynccontextmanager
    async def place(self, rank: int) -> AsyncIterator[None]:
        """Wait for a place and hold it."""
        if self._free:
            self._free -= 1
        else:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (rank, next(self._count), future))
            try:
                await future
            except asyncio.CancelledError:
                if future.done() and not future.cancelled():  # it was ours already
                    self._release()
                raise
        try:
            yield
        finally:
            self._release()

    def _release(self) -> None:
        while self._waiting:
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(None)
                return
        self._free += 1


class Bucket:
    """The line before one site.

    `delays` and `wishes`: our delay and the Crawl-delay of each of its hosts, of which the longest hold for all;
    `paced`: whether the distance between two requests matters at all.
    """

    def __init__(self, name: str, timetable: Timetable) -> None:
        self.name = name
        self.delays: dict[str, float] = {}
        self.wishes: dict[str, float] = {}
        self._timetable = timetable
        self._line = Places(1)
        self._news: list[tuple[float, bool]] = []  # answers that are not written down yet
        self.paced = False
        self._not_before = 0.0

    async def turn(self, rank: int) -> float:
        """Wait until a request may leave; when that is. Raises FetchError if the site wants us to stay away longer."""
        async with self._line.place(rank):
            # The turn is taken the moment it is there, not ahead of time: so a poll passes all pages, the processes
            # come by turns, and what the site said while we waited holds.
            while wait := self._claim():  # noqa: ASYNC110 (time passes by itself)
                await asyncio.sleep(wait)
            return time.time()

    def sent(self) -> None:
        """A request has left. Connecting takes time, and what the site sees is what counts."""
        now = time.time()
        self._change(lambda state: msgspec.structs.replace(state, sent=now))

    def answered(self, seconds: float, *, well: bool) -> None:
        """An answer began after so many seconds, or none came in them."""
        self._news.append((seconds, well))

    def stay_away(self, until: datetime | None) -> None:
        """The site wants not to be asked before this moment."""
        self._not_before = max(self._not_before, until.timestamp() if until else 0.0)

    def slow_down(self, status: int, asked: float, until: datetime | None) -> None:
        """A 429 or 503 came to a request of the time `asked`; `until` is what its Retry-After says."""
        now = time.time()
        self.stay_away(until)
        before = self._change(lambda state: state)
        after = self._change(lambda state: slowed(state, asked, now, self._not_before))
        if after.share < before.share:
            log.warning(
                "%s answered %d: the whole site is asked once in %.3g s for now", self.name, status, self._gap(after)
            )

    def write_down(self) -> None:
        """Write down what the last answers told."""
        if self._news:
            self._change(lambda state: state)

    def _gap(self, state: BucketState) -> float:
        return pause(state, max(self.delays.values(), default=0.0), max(self.wishes.values(), default=0.0))

    def _claim(self) -> float:
        """Take the turn, if it is there; else in how many seconds it will be. Raises FetchError."""
        now, due = time.time(), 0.0

        def take(state: BucketState) -> BucketState:
            nonlocal due
            not_before = min(max(state.not_before, self._not_before), now + LONGEST_WAIT)
            due, state = claimed(msgspec.structs.replace(state, not_before=not_before), now, self._gap(state))
            return state

        state = self._change(take)
        self._not_before, self.paced = state.not_before, self._gap(state) > 0
        if due - now > PATIENCE and due == state.not_before:
            raise _too_early(due)
        return due - now

    def _change(self, step: Step) -> BucketState:
        news, self._news = self._news, []

        def with_news(state: BucketState) -> BucketState:
            for seconds, well in news:
                state = answered(state, seconds, well=well)
            return step(state)

        return self._timetable.change(self.name, with_news)


def _too_early(until: float) -> FetchError:
    when = datetime.fromtimestamp(until, UTC)
    return FetchError(f"the host asked to wait until {when:%Y-%m-%d %H:%M:%S} UTC", asked=False, retry_at=when)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
