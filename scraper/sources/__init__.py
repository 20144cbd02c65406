"""Everything that can name articles: the interface. `scraper.sources.all` lists them, `scraper.backfill` walks them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

import msgspec

from scraper.backoff import trouble_of
from scraper.fetch import Fetcher, FetchError
from scraper.workers import Workers
from storage.records import FeedEntry, Page

_TRIES = 3  # of one listing: a server that stumbles once must not end a backfill of thousands of pages
_PAUSE = 5.0
_STUMBLES = ("network", "server error")  # a site that says no says it again, and may count how often it is asked
LONGEST_PAUSE = 120.0  # what a site may have us wait within one call


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One backfill as it was asked for: the kind of source, where it is, and what of it is wanted.

    `since` and `until` are days, both inclusive, in UTC, and go by the day of publication. `category` is the shelf and,
    where the source knows categories, the choice. `content` is the digest of a list that the user handed over.
    `replay` is the template of a web archive's raw pages. `changed`: only what changed since is of interest, where the
    source can tell.
    """

    source: str
    address: str
    category: str = ""
    since: date | None = None
    until: date | None = None
    content: str = ""
    replay: str = ""
    changed: datetime | None = None

    @property
    def key(self) -> str:
        """The name under which its progress is remembered: two with the same words are the same backfill."""
        more = {"category": self.category, "from": self.since, "to": self.until, "content": self.content}
        words = [f"{name}={value}" for name, value in (more | {"replay": self.replay}).items() if value]
        return " ".join([f"backfill:{self.source}:{self.address}", *words])

    @property
    def start(self) -> datetime | None:
        """The first moment that is wanted."""
        return datetime.combine(self.since, time(), UTC) if self.since else None

    @property
    def end(self) -> datetime | None:
        """The first moment that is wanted no more."""
        return datetime.combine(self.until + timedelta(days=1), time(), UTC) if self.until else None

    def excludes(self, published: datetime | None, updated: datetime | None = None) -> bool:
        """Whether what a source says of an article puts it outside the days that are wanted.

        A last change before them does, too; one after them says nothing.
        """
        before = published or updated
        return bool(
            (self.start and before and before < self.start) or (self.end and published and published >= self.end)
        )


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What one request of a source brought: the articles that it names, newest first, and where to go on after it.

    `outside` counts what it names and is not wanted, `lost` what is damaged in the source itself; `note` is for the
    user; `total` is how many articles the source says it has in all; `page` is the exchange.
    """

    cursor: bytes
    entries: tuple[FeedEntry, ...] = ()
    outside: int = 0
    lost: int = 0
    note: str = ""
    total: int | None = None
    page: Page | None = None


class SourceError(Exception):
    """The source cannot be used, or not as asked; `reason` says in one sentence why and what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Source(Protocol):
    """Something that lists articles. `pages` brings the pages that it names; `on_disk`: no host is asked for those."""

    pages: Fetcher
    on_disk: bool

    def listings(self, cursor: bytes) -> AsyncIterator[Listing]:
        """The listings after `cursor` (b"": from the start). Raises FetchError, Refused, Enough and SourceError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a source works with."""

    fetcher: Fetcher
    workers: Workers
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def get(self, url: str, *, robots: bool = False, most: int = 0) -> Page:
        """One listing; a server that stumbles is asked again. Raises FetchError and Enough.

        `robots`: whether robots.txt may forbid it; not so for an address that the user or robots.txt itself named.
        `most`: see scraper.fetch.Fetcher.
        """
        for tries in range(1, _TRIES + 1):
            try:
                return await self.fetcher.get(url, robots=robots, most=most)
            except FetchError as error:
                if tries == _TRIES or trouble_of(error.status, final=error.final) not in _STUMBLES:
                    raise
                wait = (error.retry_at - self.clock()).total_seconds() if error.retry_at else _PAUSE * tries
                if wait > LONGEST_PAUSE:
                    raise
                await self.pause(max(wait, 0.0))
        raise AssertionError
