"""Cleaning stored pages again with today's rules: no network, no revision, on any Executor.

A page that kills its worker harms no other: its article stays as it is, and the reason is told.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

import msgspec

from scraper.cleaner import clean_batch
from scraper.engines import GONE, EngineLost
from scraper.settings import ExtractSettings
from scraper.sites import Sites
from scraper.tasks import Answer, ExtractTask
from scraper.urls import origin
from storage.archive import Archive, Library
from storage.errors import ArchiveDamaged
from storage.records import ARTICLE_KINDS, Article, ArticleRow, SiteRules, Stored

_BATCH = 16
_AHEAD = 2  # batches a worker


class Recleaned(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one article: the text that the rules find now, or in `reason` why it stays as it is."""

    id: int
    before: ArticleRow
    article: Article | None = None
    reason: str = ""

    @property
    def changed(self) -> bool:
        """Whether title or text are others now."""
        now = (self.article.metadata.title, self.article.text) if self.article else None
        return now is not None and now != (self.before.title, self.before.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A re-extraction: where the work is done and who hears of each article. `write`: give the articles their new text.

    `sites`: what the user says of single ones. `stopping` is asked before each batch.
    """

    archive: Archive
    library: Library
    executor: Executor
    at_once: int
    settings: ExtractSettings
    heard: Callable[[Recleaned], None]
    sites: Sites = field(default_factory=Sites)
    write: bool = True
    stopping: Callable[[], bool] = lambda: False


async def reextract(again: Again, ids: Sequence[int]) -> int | None:
    """Clean these articles again in their order; the last one of which all before it are done, too, or None.

    Raises what the archive raises, and EngineLost.
    """
    rules: dict[str, SiteRules] = {}
    waiting: list[asyncio.Task[int]] = []
    last = None
    try:
        for batch in _batches(ids):
            if again.stopping():
                break
            waiting.append(asyncio.create_task(_clean(again, batch, rules)))
            if len(waiting) >= again.at_once * _AHEAD:
                last = await waiting.pop(0)
        for task in waiting:
            last = await task
    finally:
        await asyncio.gather(*waiting, return_exceptions=True)
    return last


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))


async def _clean(again: Again, ids: Sequence[int], rules: dict[str, SiteRules]) -> int:
    stored = [one for one in await asyncio.gather(*(_stored(again, id_) for id_ in ids)) if one is not None]
    for one in stored:
        url = one.page.final_url
        if origin(url) not in rules:
            rules[origin(url)] = again.sites.rules(url, await again.archive.site(url))
    tasks = [ExtractTask(one.page, rules[origin(one.page.final_url)], one.entry) for one in stored]
    try:
        answers = await asyncio.wrap_future(again.executor.submit(clean_batch, tasks, again.settings))
    except asyncio.CancelledError as error:  # not by us: we let what is in hand finish
        raise EngineLost(GONE) from error
    await asyncio.gather(*(_judge(again, one, answer) for one, answer in zip(stored, answers, strict=True)))
    return ids[-1]


async def _stored(again: Again, id_: int) -> Stored | None:
    try:
        return await again.archive.stored(id_)
    except KeyError:
        reason = "its page is not kept in this archive"
    except ArchiveDamaged:
        reason = "what is kept of it is damaged; `dateline verify` says what"
    again.heard(Recleaned(id=id_, before=_row(again, id_), reason=reason))
    return None


async def _judge(again: Again, stored: Stored, answer: Answer) -> None:
    article, reason = answer.article, answer.refused
    if article and article.kind not in ARTICLE_KINDS:
        reason = f"not an article to today's rules: {article.kind}"
        article = None
    done = Recleaned(id=stored.article, before=_row(again, stored.article), article=article, reason=reason)
    if article and again.write:
        await again.archive.replace(stored.article, article)
    again.heard(done)


def _row(again: Again, id_: int) -> ArticleRow:
    row = again.library.article(str(id_))
    assert row
    return row
