"""The walk of a backfill: what each listing names is written down together with where to go on, then archived.

So a kill at any moment repeats at most the listing in hand, loses nothing, and fetches no page twice; the same call
goes on where it was, and one that is finished has nothing to do.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing

import msgspec

from scraper.fetch import Enough, FetchError
from scraper.patience import Patient
from scraper.pipeline import Walk, archive_all
from scraper.sources import Listing, Plan, Source, SourceError
from scraper.urls import canonical
from scraper.workers import Refused
from storage.records import Article, BackfillState, FeedEntry, FeedReport, Outcome, Pending

Tell = Callable[[Listing], None]
_AT_ONCE = 100  # articles between two looks at what is left to do, and pages in the spool


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What one backfill came to. `finished`: its source has nothing left to list; otherwise `reason` says why not.

    `failed`: it did not come to that, or a part of the source itself was lost, as `reason` says then.
    `idle`: it was finished before, and nothing was left to do. `outside`: named, but not of the days that are wanted.
    `left`: articles of a finished one that could not be fetched yet.
    """

    finished: bool
    reason: str = ""
    failed: bool = False
    idle: bool = False
    listings: int = 0
    named: int = 0
    new: int = 0
    outside: int = 0
    left: int = 0
    counts: dict[str, int] = {}

    def report(self, address: str) -> FeedReport:
        """As the event that it is told by."""
        outcome = "failed" if self.failed else "unchanged" if self.idle else "ok" if self.finished else "stopped"
        return FeedReport(
            url=address, outcome=outcome, entries=self.named, new=self.new, reason=self.reason, counts=self.counts
        )


class Backfill:
    """One backfill on a walk, which is its own while it runs.

    `limit`: articles to archive at most. `tell` hears of each listing once it is safe on disk, `settled` is called when
    all that was fetched so far is, or is of no use.
    """

    def __init__(
        self,
        walk: Walk,
        plan: Plan,
        source: Source,
        *,
        limit: int | None = None,
        tell: Tell,
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        self._walk = walk
        self._plan = plan
        self._source = source
        self._limit = limit
        self._tell = tell
        self._settled = settled
        self._counts: dict[str, int] = {}
        self._listings = self._named = self._new = self._outside = self._lost = 0

    async def run(self, *, again: bool = False) -> Done:
        """Take it up where it is and go on until it is finished or stopped. Raises only what the archive raises.

        `again`: begin anew though it is finished; what is archived or settled is not asked for again.
        """
        walk, fetcher = self._walk, self._walk.fetcher
        # A list of the past that names a missing page will not be right tomorrow.
        walk.fetcher = Patient(self._source.pages, clock=walk.clock)
        walk.chances, walk.declines = 1, self._declines
        try:
            state = await walk.archive.backfill(state_of(self._plan), again=again)
            waiting = await walk.archive.due(state.key, walk.clock(), hurry=True)
            idle = state.finished is not None and not waiting
            await self._archive(waiting)
            if state.finished:
                done = self._done(finished=not self._stopped, idle=idle, reason=self._why())
            else:
                done = await self._list(state)
            left = await walk.archive.left(state.key, walk.clock()) if done.finished else 0
            return msgspec.structs.replace(done, left=left)
        finally:
            walk.fetcher = fetcher

    async def _list(self, state: BackfillState) -> Done:
        walk = self._walk
        try:
            async with aclosing(self._source.listings(state.cursor)) as listings:  # type: ignore[type-var]
                while not self._stopped:
                    listing = await anext(listings, None)
                    if listing is None:
                        self._settled()
                        await walk.archive.listed(msgspec.structs.replace(state, finished=walk.clock()), (), None)
                        lost = f"{self._lost} records are cut or damaged, all others are read" if self._lost else ""
                        return self._done(finished=True, failed=bool(lost), reason=lost)
                    state = await self._take(state, listing)
        except Enough as error:
            return self._done(reason=f"stopped at {error.limit}")
        except (FetchError, Refused, SourceError) as error:
            self._settled()  # what was no listing today may be one tomorrow
            return self._done(failed=True, reason=reason_of(self._plan, error))
        return self._done(reason=self._why())

    async def _take(self, state: BackfillState, listing: Listing) -> BackfillState:
        """Write down what a listing names and archive it; the state after it."""
        walk = self._walk
        entries = [
            (canonical(entry.url), msgspec.structs.replace(entry, feed=state.address)) for entry in listing.entries
        ]
        state = msgspec.structs.replace(
            state, cursor=listing.cursor, listings=state.listings + 1, named=state.named + len(entries)
        )
        self._new += await walk.archive.listed(state, entries, listing.page)
        self._listings += 1
        self._named += len(entries)
        self._outside += listing.outside
        self._lost += listing.lost
        self._tell(listing)
        self._settled()
        await self._archive(await walk.archive.due(state.key, walk.clock()))
        return state

    async def _archive(self, waiting: Sequence[Pending]) -> None:
        left = list(waiting)
        while left and not self._stopped:
            # Never more at once than may still be archived: not each of them will be.
            size = _AT_ONCE if self._limit is None else min(self._limit - self._archived, _AT_ONCE)
            some, left = left[:size], left[size:]
            await archive_all(self._walk, some, self._plan.address, self._counts)
            self._settled()

    @property
    def _archived(self) -> int:
        return self._counts.get(Outcome.NEW, 0)

    @property
    def _stopped(self) -> bool:
        return self._walk.stopping or (self._limit is not None and self._archived >= self._limit)

    def _why(self) -> str:
        if self._limit is not None and self._archived >= self._limit:
            return f"stopped at --limit {self._limit}"
        if self._walk.stopped_by:
            return f"stopped at {self._walk.stopped_by}"
        return "stopped" if self._walk.stopping else ""

    def _declines(self, article: Article) -> str:
        published = article.metadata.published
        if published is None:
            unknown = "no day of publication is known, and only some days are wanted"
            return unknown if self._plan.start or self._plan.end else ""
        day = published.date().isoformat()
        return f"published on {day}, outside --from and --to" if self._plan.excludes(published) else ""

    def _done(self, *, finished: bool = False, failed: bool = False, idle: bool = False, reason: str = "") -> Done:
        return Done(
            finished=finished,
            failed=failed,
            idle=idle,
            reason=reason,
            listings=self._listings,
            named=self._named,
            new=self._new,
            outside=self._outside,
            counts=self._counts,
        )


def reason_of(plan: Plan, error: FetchError | Refused | SourceError) -> str:
    """Why a source failed, without the address that whoever tells it names anyhow."""
    return error.reason.removeprefix(f"{plan.address}: ")


def state_of(plan: Plan) -> BackfillState:
    """A backfill that has not begun."""
    return BackfillState(
        key=plan.key,
        via=plan.source,
        address=plan.address,
        category=plan.category,
        since=str(plan.since or ""),
        until=str(plan.until or ""),
    )


async def preview(
    source: Source, cursor: bytes, known: Callable[[Mapping[str, str]], set[str]]
) -> AsyncIterator[tuple[Listing, tuple[FeedEntry, ...]]]:
    """Every listing that is left, and what of it would be fetched: each address once, and none that is `known`.

    Raises what the source raises.
    """
    seen: set[str] = set()
    async for listing in source.listings(cursor):
        named = {canonical(entry.url): entry for entry in listing.entries if not entry.locked}
        fresh = [url for url in named if url not in seen]
        seen.update(fresh)
        settled = known({url: named[url].at for url in fresh})
        yield listing, tuple(named[url] for url in fresh if url not in settled)
