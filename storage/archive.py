"""The two faces of the archive: `Archive` writes, `Library` reads. Both are free of SQL words."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from storage.records import (
    Article,
    ArticleRow,
    Counts,
    Failure,
    FeedEntry,
    FeedState,
    HostState,
    Kept,
    Page,
    Pending,
    Query,
    SearchHit,
    SiteRules,
)


class Archive(Protocol):
    """The writing face. Every awaited answer comes after the commit: what it says is safe on disk."""

    async def subscribe(self, feeds: Sequence[FeedState]) -> list[FeedState]:
        """Make exactly these feeds the active ones, keep what is known of each, and return their states in order.

        Only url, category and every are taken from the argument; a feed that is no longer named rests with its state.
        """

    async def polled(self, state: FeedState, entries: Sequence[tuple[str, FeedEntry]], page: Page | None) -> int:
        """Save a poll in one transaction: the feed's state, the exchange, a sighting for every (canonical url, entry).

        Unknown addresses become pending; known ones whose entry carries a later `updated` than last time become
        pending again (`known`). Returns how many addresses were never seen before.
        """

    async def due(self, feed: str, now: datetime, *, hurry: bool = False) -> list[Pending]:
        """What waits for this feed and is due, oldest find first.

        `hurry`: what could not be fetched is due at once; what was fetched and was no article still waits its turn.
        """

    async def add(self, url: str, page: Page, article: Article) -> Kept:
        """Archive a cleaned page under the pending address `url`, and settle it. Judges new, revised, duplicate."""

    async def fail(self, url: str, failure: Failure) -> Kept:
        """Record why `url` was not archived. Marks a known article as gone when the failure says so."""

    async def site(self, host: str) -> SiteRules:
        """What the archive has learned about a host."""

    async def host(self, origin: str) -> HostState:
        """What is remembered about an origin; an empty state if nothing is."""

    async def save_host(self, state: HostState) -> None:
        """Remember it."""

    async def close(self) -> None:
        """Finish what is queued, then let go of the files."""


class Library(Protocol):
    """The reading face; cannot write by construction."""

    def article(self, reference: str) -> ArticleRow | None:
        """The article of an id (digits) or of any address ever seen."""

    def search(self, query: Query) -> list[SearchHit]:
        """Newest first, or by rank if the query asks for it."""

    def articles(self, query: Query) -> Iterator[ArticleRow]:
        """All that match, by id, in flat memory."""

    def feeds(self) -> list[FeedState]:
        """The active feeds, by category and address."""

    def counts(self) -> Counts:
        """The archive at a glance."""

    def close(self) -> None:
        """Let go of the file."""
