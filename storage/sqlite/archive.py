"""`Archive` on SQLite: hands each call, as one task, to the thread that writes."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

import msgspec

from storage import packing
from storage.errors import ArchiveError, Patience, no_patience
from storage.records import (
    Article,
    BackfillState,
    Delivery,
    Failure,
    FeedEntry,
    FeedState,
    HostState,
    Kept,
    Line,
    Outcome,
    Page,
    Pending,
    SiteRules,
    Stored,
)
from storage.sites import site_of
from storage.sqlite import (
    articles,
    backfills,
    captures,
    claims,
    clock,
    deliveries,
    feeds,
    hosts,
    pages,
    pending,
    sites,
    visits,
)
from storage.sqlite.connect import in_our_words, open_for_reading, open_for_writing, pages_path
from storage.sqlite.identity import site_named, strays
from storage.sqlite.migrations import APPLICATION_ID, PAGES_APPLICATION_ID, PAGES_STEPS, STEPS, check, migrate
from storage.sqlite.text import clean, moment, stamp
from storage.sqlite.writer import Writer

_EPOCH = datetime.fromtimestamp(0, UTC)
_POLLS_KEPT = timedelta(days=90)  # at 15 minutes the log of a feed's polls would grow by 7 MB a year


class SqliteArchive:
    """The writing face on one SQLite file and the file of raw pages beside it."""

    def __init__(self, path: str, *, durable: bool = True, patience: Patience = no_patience) -> None:
        self._db = _open(path, STEPS, APPLICATION_ID, durable=durable)
        try:
            pages.refuse_lost(self._db, path)
            # Always durable: where so chosen, a power cut may take an article, but never its page alone.
            self._pages = _open(pages_path(path), PAGES_STEPS, PAGES_APPLICATION_ID, durable=True)
            self._pages.execute("PRAGMA cache_size = -2048")  # pages are added at the end and hardly ever read
            self._reading = open_for_reading(path)
        except Exception:
            self._db.close()
            raise
        self._path = path
        self._me = claims.holder()
        self._writer = Writer(self._db, self._pages, path, patience)

    async def ready(self, now: datetime) -> None:
        """See storage.archive.Archive."""
        await self._writer.do(partial(clock.mend, self._db, now))

    async def subscribe(
        self, feeds_: Sequence[FeedState], plan: Callable[[FeedState], FeedState] = lambda state: state
    ) -> list[FeedState]:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(self._subscribe, feeds_, plan))

    async def polled(
        self,
        state: FeedState,
        entries: Sequence[tuple[str, FeedEntry]],
        page: Page | None,
        status: int | None = None,
    ) -> int:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(self._polled, state, entries, page, status))

    async def recognised(self, feed: str, entries: Sequence[tuple[str, FeedEntry]]) -> list[tuple[str, FeedEntry]]:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(feeds.recognised, self._db, feed, entries))

    async def recovered(
        self, state: FeedState, entries: Sequence[tuple[str, FeedEntry]], page: Page | None
    ) -> tuple[int, int]:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(self._recovered, state, entries, page))

    async def backfill(self, asked: BackfillState, *, again: bool = False) -> BackfillState:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(backfills.begin, self._db, asked, again=again))

    async def listed(self, state: BackfillState, entries: Sequence[tuple[str, FeedEntry]], page: Page | None) -> int:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(self._listed, state, entries, page))

    async def due(self, feed: str, now: datetime, *, hurry: bool = False) -> list[Pending]:
        """See storage.archive.Archive."""
        return await self._claim(partial(pending.due, self._db, feed, now, hurry=hurry))

    async def left(self, feed: str, now: datetime) -> int:
        """See storage.archive.Archive."""
        waiting = partial(pending.due, self._db, feed, now, hurry=True)
        return await self._writer.do(lambda: len(claims.free(self._db, self._me, waiting())))

    async def add(self, url: str, page: Page, article: Article) -> Kept:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(self._add, url, page, article), can_wait=True)

    async def strays(self, url: str, page: Page, article: Article) -> bool:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(strays, self._db, url, page, article))

    async def holds(self, article: int, page: Page) -> bool:
        """See storage.archive.Archive."""
        return await self._writer.do(lambda: articles.holds(self._db, article, page, packing.digest(page.body)))

    async def unchanged(self, url: str, page: Page) -> Kept:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(self._unchanged, url, page), can_wait=True)

    async def visits(self, now: datetime, most: int, feeds: Sequence[str] = ()) -> list[Pending]:
        """See storage.archive.Archive."""
        return await self._claim(partial(visits.due, self._db, now, most, feeds))

    async def called(self, said: Sequence[tuple[str, datetime]]) -> list[Pending]:
        """See storage.archive.Archive."""
        return await self._claim(partial(visits.called, self._db, said))

    async def fail(self, url: str, failure: Failure) -> Kept:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(self._fail, url, failure), can_wait=True)

    async def site(self, url: str) -> SiteRules:
        """See storage.archive.Archive."""
        try:  # asked for each page: the writer would have it wait, and make a commit of it
            return sites.rules(self._reading, site_of(url))
        except sqlite3.Error as error:
            raise in_our_words(error, self._path) from error

    async def api(self, url: str) -> str:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(sites.api, self._db, site_of(url)))

    async def stale(self, site: str) -> tuple[int, ...]:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(sites.stale, self._db, site))

    async def stored(self, article: int) -> Stored:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(self._stored, article))

    async def replace(self, id_: int, article: Article) -> None:
        """See storage.archive.Archive."""
        await self._writer.do(partial(articles.replace, self._db, id_, article))

    async def cleaned(self, site: str) -> None:
        """See storage.archive.Archive."""
        await self._writer.do(partial(sites.cleaned, self._db, site))

    async def rule(self, host: str, line: Line, ruling: str) -> str:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(sites.rule, self._db, site_named(host), line, ruling))

    async def host(self, origin: str) -> HostState:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(hosts.load, self._db, origin))

    async def save_host(self, state: HostState) -> None:
        """See storage.archive.Archive."""
        await self._writer.do(partial(hosts.save, self._db, state))

    async def answered(self, name: str) -> int:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(deliveries.mark, self._db, name))

    async def tell(self, name: str, number: int, told: Sequence[Delivery]) -> None:
        """See storage.archive.Archive."""
        await self._writer.do(partial(deliveries.put, self._db, name, number, told))

    async def deliveries(self, now: datetime, most: int) -> list[Delivery]:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(deliveries.due, self._db, now, most))

    async def told(self, id_: int, now: datetime, reason: str = "", again: datetime | None = None) -> None:
        """See storage.archive.Archive."""
        await self._writer.do(partial(deliveries.settle, self._db, id_, now, reason, again))

    async def last_told(self, kind: str) -> datetime | None:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(deliveries.last_told, self._db, kind))

    async def revive(self, now: datetime) -> int:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(deliveries.revive, self._db, now))

    async def retry(self, addresses: Sequence[str], reason: str) -> list[str]:
        """See storage.archive.Archive."""
        return await self._writer.do(partial(pending.retry, self._db, addresses, reason))

    async def close(self) -> None:
        """See storage.archive.Archive."""
        with suppress(ArchiveError):  # who looks at the claim finds that we are gone
            await self._writer.do(partial(claims.release_all, self._db, self._me))
        self._reading.close()  # first: whoever closes a file last tidies up its log
        await self._writer.close()

    async def _claim(self, waiting: Callable[[], list[Pending]]) -> list[Pending]:
        return await self._writer.do(lambda: claims.ours(self._db, self._me, waiting()))

    def _subscribe(self, feeds_: Sequence[FeedState], plan: Callable[[FeedState], FeedState]) -> list[FeedState]:
        clock.mend(self._db, datetime.now(UTC))
        return feeds.subscribe(self._db, feeds_, plan)

    def _polled(
        self, state: FeedState, entries: Sequence[tuple[str, FeedEntry]], page: Page | None, status: int | None
    ) -> int:
        now = stamp(state.last_polled) or ""
        feed = feeds.save(self._db, state)
        self._log(state.url, now, page, reason=state.reason if state.failures else "", status=status)
        if state.last_polled:
            self._forget(state.url, state.last_polled - _POLLS_KEPT)
        shown, items = self._shown(entries, state.url)
        return feeds.read(self._db, feed, shown, items, now)

    def _recovered(
        self, state: FeedState, entries: Sequence[tuple[str, FeedEntry]], page: Page | None
    ) -> tuple[int, int]:
        now = stamp(page.fetched if page else state.last_polled) or ""
        feed = feeds.save(self._db, state)
        if page:
            self._log(page.url, now, page)
        shown, items = self._shown(entries, state.url)
        known = feeds.seen_before(self._db, feed, [url for url, _ in shown], stamp(state.last_gap) or now)
        return feeds.name(self._db, feed, shown, items, now), known

    def _listed(self, state: BackfillState, entries: Sequence[tuple[str, FeedEntry]], page: Page | None) -> int:
        feed = backfills.save(self._db, state)
        now = stamp(page.fetched if page else datetime.now(UTC)) or ""
        if page:
            self._log(page.url, now, page)
        shown, items = self._shown(entries, state.address)
        return feeds.name(self._db, feed, shown, items, now)

    def _shown(
        self, entries: Sequence[tuple[str, FeedEntry]], source: str
    ) -> tuple[list[tuple[str, FeedEntry]], list[str | None]]:
        """The entries of a document, each address once, and the raw items as they are kept."""
        shown: dict[str, FeedEntry] = {}
        for url, entry in entries:
            shown.setdefault(clean(url), entry)  # one address under several guids is one item
        host = f"feed:{_host(source)}"
        items = [pages.keep(self._pages, one.item, host) if one.item else None for one in shown.values()]
        return list(shown.items()), items

    def _add(self, url: str, page: Page, article: Article) -> Kept:
        claims.release(self._db, url)
        digest = pages.keep(self._pages, page.body, _host(page.final_url), page.headers)
        kept = articles.add(self._db, url, page, article, digest)
        reason = kept.reason if kept.outcome is Outcome.SKIPPED else ""
        self._log(page.url, stamp(page.fetched) or "", page, digest=digest, reason=reason)
        more = [(one, pages.keep(self._pages, one.body, _host(one.final_url), one.headers)) for one in page.more]
        for one, its_digest in more:
            self._log(one.url, stamp(one.fetched) or "", one, digest=its_digest)
        captures.goes_on(self._db, kept.article, digest, more)
        return kept

    def _unchanged(self, url: str, page: Page) -> Kept:
        claims.release(self._db, url)
        # What a web archive gives once more is logged already.
        sent = packing.digest(page.body) if page.body and page.via == "live" else None
        self._log(page.url, stamp(page.fetched) or "", page, digest=sent)
        return articles.unchanged(self._db, url, page)

    def _stored(self, id_: int) -> Stored:
        url, digest, seen = self._db.execute("SELECT url, page, last_seen FROM article WHERE id = ?", (id_,)).fetchone()
        fetched = moment(seen) or _EPOCH
        first, *more = (
            pages.as_fetched(self._pages, name, at, fetched)
            for at, name in [(url, digest), *captures.later(self._db, id_)]
        )
        page = msgspec.structs.replace(first, more=tuple(more))
        return Stored(article=id_, page=page, entry=feeds.entry_of(self._db, id_, url))

    def _fail(self, url: str, failure: Failure) -> Kept:
        claims.release(self._db, url)
        page = failure.page
        digest = pages.keep(self._pages, page.body, _host(page.final_url), page.headers) if page else None
        at = stamp(page.fetched if page else failure.at) or ""
        self._log(url, at, page, digest=digest, reason=failure.reason, status=failure.status)
        return articles.fail(self._db, url, failure)

    def _log(
        self,
        url: str,
        at: str,
        page: Page | None,
        *,
        digest: str | None = None,
        reason: str = "",
        status: int | None = None,
    ) -> None:
        seen = (page.status, page.size, page.seconds) if page else (status, 0, 0.0)
        had = (page.via, clean(page.source)) if page else ("live", "")
        self._db.execute(
            "INSERT INTO fetch (url, at, status, bytes, seconds, page, reason, via, source) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (clean(url), at, *seen, digest, clean(reason), *had),
        )

    def _forget(self, feed: str, before: datetime) -> None:
        """Take a feed's oldest polls out of the log: two where one comes in, so that an old log shrinks, too."""
        self._db.execute(
            "DELETE FROM fetch WHERE id IN (SELECT id FROM fetch WHERE url = ? ORDER BY id LIMIT 2) "
            "AND page IS NULL AND at < ?",
            (clean(feed), stamp(before)),
        )


def _open(path: str, steps: tuple[str, ...], application_id: int, *, durable: bool) -> sqlite3.Connection:
    connection = open_for_writing(path, lambda db: check(db, steps, application_id, path), durable=durable)
    try:
        migrate(connection, steps, application_id)
        # What a statement or a task would undo is kept in memory, not in a temporary file. Not before the steps, which
        # may sort a whole archive.
        connection.execute("PRAGMA temp_store = MEMORY")
    except sqlite3.Error as error:
        connection.close()
        raise in_our_words(error, path) from error
    except Exception:
        connection.close()
        raise
    return connection


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()
