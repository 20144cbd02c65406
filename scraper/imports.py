"""Parts into an archive: what bulk extraction made comes in by the same door as a page from the network.

The pages are not read again; identity, copies and what sites repeat are judged as always, so a part that comes twice
changes nothing. How far a part is in stands in the archive: a stopped import goes on there.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from scraper.parts import of_row, read_part
from scraper.pipeline import Walk, clean_again, withdraw
from scraper.urls import canonical
from storage.records import Article, ArticleReport, BackfillState, FeedEntry, Page

Row = tuple[Page, FeedEntry | None, Article]


async def import_part(walk: Walk, file: Path, category: str, stopping: Callable[[], bool]) -> bool:
    """Bring one part (a whole path) in; whether it is wholly in. Raises NoPart, and what the archive raises."""
    key = f"import:{file}:{category}"
    asked = BackfillState(key=key, via="parquet", address=str(file), category=category)
    state = await walk.archive.backfill(asked)
    learned: set[str] = set()
    if state.finished:
        return True
    for done, rows in read_part(file, int(state.cursor or b"0")):
        if stopping():
            return False
        state = await _take_in(walk, state, [of_row(row) for row in rows if not row["reason"]], learned)
        state = msgspec.structs.replace(state, cursor=str(done).encode(), listings=state.listings + 1)
    for site in sorted(learned):
        await clean_again(walk, site)
    await walk.archive.listed(msgspec.structs.replace(state, finished=walk.clock()), (), None)
    return True


async def _take_in(walk: Walk, state: BackfillState, rows: list[Row], learned: set[str]) -> BackfillState:
    """One batch. Where to go on is saved with the next one: a kill repeats a batch, which then changes nothing."""
    named = [(canonical(page.url), _entry(state, page, entry)) for page, entry, _ in rows]
    await walk.archive.listed(state, named, None)
    walk.listener.expect(len(rows))
    # Handed over in their order, so that the captures of an article become its revisions.
    work = [walk.archive.add(url, page, article) for (url, _), (page, _, article) in zip(named, rows, strict=True)]
    for (url, entry), kept in zip(named, await asyncio.gather(*work), strict=True):
        if kept.article:
            await withdraw(walk.archive, url, entry)
        if kept.learned:
            learned.add(kept.learned)
        report: dict[str, Any] = {"outcome": kept.outcome, "id": kept.article or None, "url": url}
        walk.listener.article(ArticleReport(feed=state.address, reason=kept.reason, **report))
    return msgspec.structs.replace(state, named=state.named + len(rows))


def _entry(state: BackfillState, page: Page, entry: FeedEntry | None) -> FeedEntry:
    told = entry or FeedEntry(url=page.url)
    return msgspec.structs.replace(told, feed=state.address, at=f"warc:{page.source}")
