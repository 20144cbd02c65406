"""What twice brought a worker to grief is left alone, with its reason, until it changes; everything else goes on."""

import asyncio
from pathlib import Path

import pytest

from scraper.parsed import ParsedFeed
from scraper.pipeline import Walk, archive_feeds
from scraper.settings import ExtractSettings, ScheduleSettings
from scraper.sources.feed import POISON
from scraper.workers import Refused, Workers
from storage.backends import open_archive, open_library
from storage.records import Article, FeedEntry, FeedState, Outcome, Page, Query, SiteRules
from tests.fakes import NOW, Ear, ScriptedFetcher, page
from tests.scraper.test_pipeline import STORY, WORLD, article, rss

OTHER = "https://news.example/2026/11/harvest/"


class Grief(Workers):
    """Workers that come to grief over whatever holds the word poison."""

    def __init__(self) -> None:
        super().__init__(ExtractSettings(workers=1))
        self.killed = 0

    def _taste(self, body: bytes) -> None:
        if b"poison" in body:
            self.killed += 1
            raise Refused("refused: too costly to read", killed=True)

    async def extract(self, page: Page, rules: SiteRules, entry: FeedEntry | None) -> Article:
        self._taste(page.body)
        return await super().extract(page, rules, entry)

    async def read_feed(self, page: Page) -> ParsedFeed:
        self._taste(page.body)
        return await super().read_feed(page)


async def polls(folder: Path, fetcher: ScriptedFetcher, times: int) -> tuple[int, list[Ear]]:
    archive, workers, ears = open_archive(str(folder / "dateline.db")), Grief(), []
    try:
        for _ in range(times):
            ear = Ear()
            walk = Walk(
                archive=archive,
                fetcher=fetcher,
                workers=workers,
                schedule=ScheduleSettings(),
                listener=ear,
                clock=lambda: NOW,
            )
            await archive_feeds(walk, await archive.subscribe([FeedState(url=WORLD, category="World")]))
            ears.append(ear)
    finally:
        await workers.close()
        await archive.close()
    return workers.killed, ears


@pytest.fixture
def fetcher() -> ScriptedFetcher:
    return ScriptedFetcher(
        {
            WORLD: page(WORLD, rss((STORY, "Bridge"), (OTHER, "Harvest"))),
            STORY: page(STORY, article("Bridge") + "poison"),
            OTHER: page(OTHER, article("Harvest", place="Village")),
        }
    )


def test_a_poisonous_page_is_tried_twice_and_again_when_its_feed_says_that_it_changed(
    tmp_path: Path, fetcher: ScriptedFetcher
) -> None:
    killed, ears = asyncio.run(polls(tmp_path, fetcher, 4))
    assert killed == 2
    assert {(one.url, one.outcome) for one in ears[0].articles} == {(STORY, Outcome.FAILED), (OTHER, Outcome.NEW)}
    library = open_library(str(tmp_path / "dateline.db"))
    assert library.counts().failures == (("refused: too costly to read", 1),)
    library.close()

    fetcher.answers[WORLD] = page(WORLD, rss((STORY, "Bridge, corrected"), (OTHER, "Harvest")))
    fetcher.answers[STORY] = page(STORY, article("Bridge"))
    asyncio.run(polls(tmp_path, fetcher, 1))
    library = open_library(str(tmp_path / "dateline.db"))
    assert len(list(library.articles(Query()))) == 2
    library.close()


def test_a_poisonous_feed_is_read_twice_and_again_when_it_changed(tmp_path: Path, fetcher: ScriptedFetcher) -> None:
    fetcher.answers[STORY] = page(STORY, article("Bridge"))
    good, fetcher.answers[WORLD] = fetcher.answers[WORLD], page(WORLD, rss((STORY, "poison")))
    killed, ears = asyncio.run(polls(tmp_path, fetcher, 4))
    assert killed == 2
    assert ears[3].feeds[0].reason.startswith(POISON)
    fetcher.answers[WORLD] = good
    _, [ear] = asyncio.run(polls(tmp_path, fetcher, 1))
    assert [one.outcome for one in ear.articles] == [Outcome.NEW, Outcome.NEW]


def test_what_was_given_up_has_another_chance_when_somebody_says_so(tmp_path: Path, fetcher: ScriptedFetcher) -> None:
    def retried(*addresses: str, reason: str = "") -> list[str]:
        async def ask() -> list[str]:
            archive = open_archive(str(tmp_path / "dateline.db"))
            try:
                return await archive.retry(addresses, reason)
            finally:
                await archive.close()

        return asyncio.run(ask())

    asyncio.run(polls(tmp_path, fetcher, 3))
    assert retried("https://elsewhere.example/") == retried(reason="no such reason") == retried(OTHER) == []
    assert retried(WORLD, reason="Too costly") == [STORY]
    assert retried(STORY) == []
    killed, _ = asyncio.run(polls(tmp_path, fetcher, 3))
    assert killed == 2
    assert retried() == [STORY]
    fetcher.answers[STORY] = page(STORY, article("Bridge"))
    asyncio.run(polls(tmp_path, fetcher, 1))
    library = open_library(str(tmp_path / "dateline.db"))
    assert len(list(library.articles(Query()))) == 2
    library.close()

    fetcher.answers[WORLD] = page(WORLD, "<rss>poison</rss>")
    killed, _ = asyncio.run(polls(tmp_path, fetcher, 4))
    assert (killed, retried(WORLD)) == (2, [WORLD])
    fetcher.answers[WORLD] = page(WORLD, "<rss>poison</rss>")
    assert asyncio.run(polls(tmp_path, fetcher, 1))[0] == 1
