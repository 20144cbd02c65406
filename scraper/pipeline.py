"""The walk: a feed is polled, what it names is remembered, and each article is fetched, cleaned and archived.

What a feed names is written down in the same transaction as the feed's new state, before any article is fetched:
so a kill at any moment loses nothing, and the next poll (though answered by 304) completes the work.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from scraper.budget import Pace
from scraper.evidence import seen_again
from scraper.failures import HOME, Attempt, may_stray
from scraper.fetch import Away, Enough, Fetcher, FetchError
from scraper.gaps import missed
from scraper.logins import redacted
from scraper.numbering import MOST_PAGES, is_page
from scraper.rhythm import next_poll, standing
from scraper.settings import ScheduleSettings
from scraper.sites import Sites
from scraper.sources import Tools
from scraper.sources.feed import Reading, read_feed
from scraper.urls import is_home
from scraper.workers import Refused, Workers
from storage.archive import Archive
from storage.errors import ArchiveError, first_of
from storage.records import (
    ARTICLE_KINDS,
    Article,
    ArticleReport,
    Failure,
    FeedEntry,
    FeedReport,
    FeedState,
    Kept,
    Outcome,
    Page,
    Pending,
    Stored,
)
from storage.revisions import is_notice

log = logging.getLogger("dateline")

_FEEDS_AT_ONCE = 256
_GONE = (404, 410)
_PATIENCE = 2  # tries of a new article, one of whose later pages cannot be had


class Listener(Protocol):
    """Whoever wants to know. Called only once the fact is safe on disk."""

    def expect(self, articles: int) -> None:
        """So many more articles will be reported."""

    def article(self, report: ArticleReport) -> None:
        """What became of one address."""

    def feed(self, report: FeedReport) -> None:
        """One poll is over, its articles included."""


@dataclass(kw_only=True, slots=True)
class Walk:
    """What every walk needs, and which addresses are in hand just now (so that no page is fetched twice at once).

    `sites`: what the user says of single ones. `stopping`: start no more articles. `connections`: articles of one feed
    in hand at once. `chances`: tries of a page that is missing or no article before it is settled. `declines`: why an
    article is not wanted, or ''. `stopped_by`: the limit that stopped it. `asked`: when each site was asked what it has
    changed; `bare`: when one was found to have no sitemap. `pace`: what a request may cost, given all feeds (None: each
    feed by itself). `failed`: what a pass that tries everything at once has tried in vain (None: no such pass), so that
    no second feed tries it again.
    """

    archive: Archive
    fetcher: Fetcher
    workers: Workers
    schedule: ScheduleSettings
    listener: Listener
    sites: Sites = field(default_factory=Sites)
    connections: int = 2
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    chances: int = 5  # the last one after an hour and a half: some feeds name what is not there yet
    declines: Callable[[Article], str] = lambda _: ""
    stopping: bool = False
    stopped_by: str = ""
    in_hand: set[str] = field(default_factory=set)
    cleaning: set[str] = field(default_factory=set)
    asked: dict[str, datetime] = field(default_factory=dict)
    bare: dict[str, datetime] = field(default_factory=dict)
    pace: Pace | None = None
    failed: set[str] | None = None

    def stop(self, limit: str = "") -> None:
        """Start no more articles; `limit`: the one that is reached."""
        self.stopping, self.stopped_by = True, limit


async def archive_feeds(walk: Walk, feeds: Sequence[FeedState], *, due_only: bool = False) -> None:
    """One pass over the feeds; the listener is told what became of them. Raises only what the archive raises."""
    gate = asyncio.Semaphore(_FEEDS_AT_ONCE)
    walk.failed = None if due_only else set()

    async def one(feed: FeedState) -> None:
        async with gate:
            await archive_feed(walk, feed, due_only=due_only)

    try:
        await side_by_side(one(feed) for feed in feeds)
    finally:
        walk.failed = None


async def archive_feed(walk: Walk, feed: FeedState, *, due_only: bool = False) -> FeedState:
    """Poll one feed and archive what it names; the feed's state after it.

    `due_only`: addresses that could not be fetched are tried again only when it is their turn; otherwise now.
    """
    await walk.archive.ready(walk.clock())
    await walk.workers.space()
    reading = await _recognised(walk, feed, await read_feed(feed, walk.fetcher, walk.workers, walk.clock()))
    state, new = await _save(walk, feed, reading)
    state, found = await _recover(walk, state, [url for url, _ in reading.entries])
    counts: dict[str, int] = {}
    report = FeedReport(
        url=feed.url,
        outcome=reading.outcome,
        status=reading.status,
        entries=len(reading.entries),
        new=new + found,
        next=state.next,
        reason=state.reason,
        counts=counts,
    )
    del reading  # the entries are on disk; a thousand feeds at once would hold a thousand full texts
    waiting = await walk.archive.due(feed.url, walk.clock(), hurry=not due_only)
    await archive_all(walk, [one for one in waiting if walk.schedule.revisit or not one.known], feed.url, counts)
    walk.listener.feed(report)
    return state


async def _recognised(walk: Walk, feed: FeedState, reading: Reading) -> Reading:
    """What a poll brought; if none of its items seemed known, under the addresses at which they may be, after all."""
    if reading.state.gaps == feed.gaps:
        return reading
    entries = tuple(await walk.archive.recognised(feed.url, reading.entries))
    if entries == reading.entries:
        return reading
    assert reading.state.last_polled
    return msgspec.structs.replace(
        reading, entries=entries, state=seen_again(reading.state, feed, entries, reading.state.last_polled)
    )


async def _save(walk: Walk, before: FeedState, reading: Reading) -> tuple[FeedState, int]:
    state, now, trouble = reading.state, walk.clock(), reading.reason
    if reading.outcome == "ok":
        state = msgspec.structs.replace(state, last_new=now)
    if not state.failures and reading.outcome != "skipped":
        name, why = standing(state, now)
        state, trouble = msgspec.structs.replace(state, state=name), trouble or why
    if walk.pace:
        walk.pace.replace(before, state)
    due, why, by = next_poll(state, walk.schedule, now, walk.pace, reading.hints, reading.retry_at)
    state = msgspec.structs.replace(state, next=due, planned_by=by, reason=f"{trouble}; {why}" if trouble else why)
    new = await walk.archive.polled(state, reading.entries, reading.page, reading.status)
    return state, new


async def _recover(walk: Walk, state: FeedState, shown: Sequence[str]) -> tuple[FeedState, int]:
    """Look for what a feed showed unseen, until something stands there that it had shown before; how many were found.

    A walk that is cut short begins anew with the feed's next poll.
    """
    if state.missed_since is None or state.failures or walk.stopping:
        return state, 0
    found = 0
    tools = Tools(fetcher=walk.fetcher, workers=walk.workers, clock=walk.clock)
    try:
        async with aclosing(missed(state, shown, tools, walk.bare)) as documents:
            async for document in documents:
                new, known = await walk.archive.recovered(state, document.entries, document.page)
                found += new
                if known or walk.stopping:
                    break
    except FetchError as error:
        log.info("what was missed is looked for again later: %s", error.reason, extra={"feed": redacted(state.url)})
        return state, found
    log.warning("no item was known: others were missed, %d found again", found, extra={"feed": redacted(state.url)})
    state = msgspec.structs.replace(state, missed_since=None)
    await walk.archive.recovered(state, (), None)
    return state, found


async def archive_all(walk: Walk, waiting: Sequence[Pending], feed: str, counts: dict[str, int]) -> None:
    """Archive what waits, a few at once, and count what became of it. Raises only what the archive raises."""
    # No await between the question and the claim: what another feed has in hand is left to it.
    failed: Collection[str] = walk.failed or ()
    mine = [pending for pending in waiting if pending.url not in walk.in_hand and pending.url not in failed]
    walk.in_hand.update(pending.url for pending in mine)
    walk.listener.expect(len(mine))
    left = iter(mine)

    async def drain() -> None:
        for pending in left:
            if walk.stopping:
                return
            try:
                report = await archive_entry(walk, pending, feed)
            except Enough as error:
                walk.stop(error.limit)
                return
            except Away:
                continue
            walk.in_hand.discard(pending.url)
            if walk.failed is not None and report.outcome == Outcome.FAILED:
                walk.failed.add(pending.url)
            counts[report.outcome] = counts.get(report.outcome, 0) + 1
            walk.listener.article(report)

    try:
        await side_by_side(drain() for _ in range(walk.connections))
    finally:
        walk.in_hand.difference_update(pending.url for pending in mine)


async def archive_entry(walk: Walk, pending: Pending, feed: str) -> ArticleReport:
    """Fetch, clean and archive one address. Whatever goes wrong here harms no other article. Raises Enough and Away."""
    page: Page | None = None
    try:
        await walk.workers.room()
        if pending.entry.locked:
            raise FetchError("behind a password", final=True, skipped=True)
        page = await walk.fetcher.get(pending.entry.at or pending.entry.url, pending.validators)
        kept = await _take_in(walk, pending, page)
    except FetchError as error:
        kept = await walk.archive.fail(pending.url, _attempt(walk, pending).not_fetched(error))
    except Refused as error:
        kept = await walk.archive.fail(pending.url, _attempt(walk, pending).unread(error, page))
    except (ArchiveError, Enough, Away):
        raise
    except Exception as error:
        log.exception("unexpected error at %s", pending.url)
        fault = Refused(f"unexpected {type(error).__name__}: a fault of Dateline, please report it", final=False)
        kept = await walk.archive.fail(pending.url, _attempt(walk, pending).unread(fault, page))
    id_ = kept.article or None
    return ArticleReport(outcome=kept.outcome, id=id_, url=pending.url, feed=feed, reason=kept.reason)


async def _take_in(walk: Walk, pending: Pending, page: Page) -> Kept:
    kept = await _kept(walk, pending, page)
    if kept.article:
        await withdraw(walk.archive, pending.url, pending.entry)
    await clean_again(walk, kept.learned)
    return kept


async def withdraw(archive: Archive, url: str, entry: FeedEntry | None) -> None:
    """Note that an archived article is gone, where an export of an archive says so."""
    if entry and entry.gone:
        withdrawn = Failure(reason=entry.gone_reason, at=entry.gone, final=True, gone=True, everywhere=True)
        await archive.fail(url, withdrawn)


async def _kept(walk: Walk, pending: Pending, page: Page) -> Kept:
    if page.status == 304:
        return await walk.archive.unchanged(pending.url, page)
    if pending.article is not None and await walk.archive.holds(pending.article, page):
        return await walk.archive.unchanged(pending.url, page)
    if is_home(page.final_url) and not is_home(page.url):
        return await walk.archive.fail(pending.url, _attempt(walk, pending).no_article(HOME, page))
    article = await _read(walk, page, pending.entry)
    if article.instead:
        page, article = await _followed(walk, page, article, pending.entry)
    if article.kind not in ARTICLE_KINDS:
        notice = article.text if is_notice(article.metadata.title, article.text) else ""
        return await walk.archive.fail(pending.url, _attempt(walk, pending).no_article(article.kind, page, notice))
    told = may_stray(pending, page) and await _by_itself(walk, page, article, pending.entry)
    if told and await walk.archive.strays(pending.url, page, told):
        return await walk.archive.fail(pending.url, _attempt(walk, pending).led_elsewhere(page))
    if why := "" if pending.known else walk.declines(article):
        return await walk.archive.fail(pending.url, _attempt(walk, pending).declined(why, page))
    if pending.article is not None and pending.extractor != article.extractor:
        # Else what our rules see otherwise today would pass for an edit.
        await _clean_again(walk, await walk.archive.stored(pending.article))
    page, article = await _whole(walk, pending, page, article)
    with walk.workers.holding(sum(len(one.body) for one in (page, *page.more))):
        return await walk.archive.add(pending.url, page, article)


def _attempt(walk: Walk, pending: Pending) -> Attempt:
    return Attempt(pending, walk.chances, walk.clock())


async def _read(walk: Walk, page: Page, entry: FeedEntry | None) -> Article:
    rules = walk.sites.rules(page.final_url, await walk.archive.site(page.final_url))
    return await walk.workers.extract(page, rules, entry)


async def _by_itself(walk: Walk, page: Page, article: Article, entry: FeedEntry) -> Article:
    """What a page tells without its feed, whose words are those of the story that was asked for."""
    if not entry.markup and article.metadata.said_by.get("title") != "feed":
        return article
    return await _read(walk, page, None)


async def _followed(walk: Walk, page: Page, article: Article, entry: FeedEntry) -> tuple[Page, Article]:
    """The page that stands in for another, as if a redirect led there, if it is there and has text."""
    try:
        other = await walk.fetcher.get(article.instead)
        read = await _read(walk, other, entry)
    except (FetchError, Refused) as error:
        log.info("%s is to be read at %s, which is of no help: %s", page.url, article.instead, error.reason)
        return page, article
    if read.kind not in ARTICLE_KINDS or is_home(other.final_url):
        return page, article
    hops = (*page.hops, page.final_url, *other.hops)
    return msgspec.structs.replace(other, url=page.url, hops=hops, permanent=False), read


async def _whole(walk: Walk, pending: Pending, page: Page, article: Article) -> tuple[Page, Article]:
    """The page with those on which its article goes on, and all of its text.

    Raises FetchError where one of them cannot be had now. An article that is archived waits for it, for half of its
    text would pass for an edit; a new one is archived without it after a few tries.
    """
    while article.next_page and page.via == "live" and len(page.more) < MOST_PAGES:
        status: int | None = None
        try:
            more = await walk.fetcher.get(article.next_page)
            longer = msgspec.structs.replace(page, more=(*page.more, more))
            read = await _read(walk, longer, pending.entry)
            trouble = _no_part(longer, article, read)
        except FetchError as error:
            trouble, status = error.reason, error.status
            missing = error.final or status in (401, 403, *_GONE)
            if not missing and (pending.known or pending.tries < _PATIENCE):
                raise
        except Refused as error:
            trouble = error.reason
        if trouble:
            log.info("%s goes on at %s, which is left out: %s", page.url, article.next_page, trouble)
            if status not in _GONE:
                await _insist(walk, pending, article.next_page)
            break
        page, article = longer, read
    return page, article


def _no_part(page: Page, before: Article, article: Article) -> str:
    """Why the last page is none of those on which an article goes on, or ''."""
    last, number = page.more[-1].final_url, len(page.more) + 1
    if not any(is_page(own, last, number) for own in (page.final_url, article.url)):
        return f"it leads to {last[:200]}"
    return "" if article.words > before.words else "it says nothing more"


async def _insist(walk: Walk, pending: Pending, url: str) -> None:
    """Raise FetchError if an archived article went on at this address, where nothing of it stands now.

    It may be a wall, and is believed after as many tries as a page that shows no article.
    """
    if pending.article is None or pending.tries + 1 >= walk.chances:
        return
    stored = await walk.archive.stored(pending.article)
    if any(one.url == url for one in stored.page.more):
        raise FetchError(f"nothing of it stands at {url[:200]}, where it went on")


async def clean_again(walk: Walk, site: str) -> int:
    """Clean the articles of a site again that hold what was found to be boilerplate since; how many they were.

    From their stored pages, with no network. If the walk ends before it is done, the site's next article completes it.
    """
    if not site or site in walk.cleaning:
        return 0
    walk.cleaning.add(site)
    done = 0
    try:
        while stale := await walk.archive.stale(site):
            for id_ in stale:
                await _clean_again(walk, await walk.archive.stored(id_))
            await walk.archive.cleaned(site)
            done += len(stale)
        await walk.archive.cleaned(site)
    finally:
        walk.cleaning.discard(site)
    return done


async def _clean_again(walk: Walk, stored: Stored) -> None:
    try:
        article = await _read(walk, stored.page, stored.entry)
    except Refused as error:
        log.warning("article %d could not be cleaned again: %s", stored.article, error.reason)
        return
    if article.kind in ARTICLE_KINDS:
        await walk.archive.replace(stored.article, article)


async def side_by_side(works: Iterable[Coroutine[object, object, None]]) -> None:
    """Do all of these at once; of several that the archive fails, the first error is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except* ArchiveError as errors:
        raise first_of(errors) from None
