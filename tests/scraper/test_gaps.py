"""A feed of which nothing is known any more has lost items; they are found again on its pages or in a sitemap."""

import asyncio
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from scraper.fetch import FetchError
from scraper.pipeline import Walk, archive_feed
from scraper.settings import ExtractSettings, ScheduleSettings
from scraper.workers import Workers
from storage.backends import open_archive, open_library
from storage.records import FeedState, Page, Query
from tests.fakes import NOW, Answer, Ear, ScriptedFetcher, page
from tests.scraper.past import SITE, story
from tests.scraper.test_paged_feed import rss

FEED = f"{SITE}/category/world/feed/"
MADE_BY = "https://wordpress.org/?v=6.1.9"
SIZE = 3


def day(n: int) -> str:
    return f"2026-11-{n:02}"


STORIES = [(f"/world/story-{n}/", day(n)) for n in range(1, 21)]


def window(newest: int, number: int = 1) -> list[tuple[str, str]]:
    """The stories on one page of the feed when the story `newest` is its first."""
    last = newest - (number - 1) * SIZE
    return [STORIES[n - 1] for n in range(last, max(last - SIZE, 0), -1)]


class Reader:
    """One archive and one site, polled at moments of a test's choice."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "dateline.db")
        self.fetcher = ScriptedFetcher(dict(story(path, when) for path, when in STORIES))
        self.answers: dict[str, Answer] = self.fetcher.answers
        self.bare: dict[str, datetime] = {}

    def publish(self, newest: int, *, pages: int = 10, generator: str = MADE_BY) -> None:
        for number in range(1, pages + 1):
            url = FEED if number == 1 else f"{FEED}?paged={number}"
            self.answers[url] = page(url, rss(window(newest, number), generator=generator))

    def poll(self, now: datetime) -> tuple[Ear, FeedState]:
        ear = Ear()
        self.fetcher.asked.clear()
        return ear, asyncio.run(self._poll(ear, now))

    async def _poll(self, ear: Ear, now: datetime) -> FeedState:
        archive, workers = open_archive(self.path), Workers(ExtractSettings(workers=1))
        try:
            walk = Walk(
                archive=archive,
                fetcher=self.fetcher,
                workers=workers,
                schedule=ScheduleSettings(),
                listener=ear,
                clock=lambda: now,
                bare=self.bare,
            )
            [state] = await archive.subscribe([FeedState(url=FEED, category="World")])
            await archive_feed(walk, state)
            [state] = await archive.subscribe([FeedState(url=FEED, category="World")])
            return state
        finally:
            await workers.close()
            await archive.close()

    def titles(self) -> list[str]:
        with closing(open_library(self.path)) as library:
            return sorted(row.url for row in library.articles(Query(category="World")))


def urls(*numbers: int) -> list[str]:
    return sorted(f"{SITE}/world/story-{n}/" for n in numbers)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    reader = Reader(tmp_path)
    reader.publish(5)
    reader.poll(NOW.replace(day=5, hour=20))
    return reader


def test_what_was_missed_is_fetched_from_the_feeds_pages_until_something_known_stands_there(reader: Reader) -> None:
    reader.publish(13)
    ear, state = reader.poll(NOW.replace(day=13, hour=20))
    assert reader.titles() == urls(*range(3, 14))
    assert f"{FEED}?paged=3" in reader.fetcher.asked
    assert f"{FEED}?paged=4" not in reader.fetcher.asked
    assert [report.new for report in ear.feeds] == [8]
    assert (state.gaps, state.missed_since) == (1, None)
    assert "items were missed" in state.reason
    reader.publish(14)
    ear, state = reader.poll(NOW.replace(day=14, hour=20))
    assert (state.gaps, [report.new for report in ear.feeds]) == (1, [1])


def test_pages_that_do_not_answer_are_asked_for_again_with_the_next_poll(reader: Reader) -> None:
    reader.publish(11)
    second = reader.answers[f"{FEED}?paged=2"]
    reader.answers[f"{FEED}?paged=2"] = FetchError("refused for now", status=503, final=True)
    _, state = reader.poll(NOW.replace(day=11, hour=20))
    assert state.missed_since is not None
    assert urls(8)[0] not in reader.titles()
    reader.answers[f"{FEED}?paged=2"] = second
    _, state = reader.poll(NOW.replace(day=11, hour=21))
    assert state.missed_since is None
    assert reader.titles() == urls(*range(3, 12))


def test_a_feed_without_pages_is_completed_from_the_sitemap_by_its_own_folder(reader: Reader) -> None:
    reader.publish(12, pages=1, generator="Ghost 5.130")
    for number in range(2, 11):
        reader.answers[f"{FEED}?paged={number}"] = FetchError("404", status=404)
    paths = [*STORIES[5:12], ("/sport/other/", day(9))]
    listed = "".join(f"<url><loc>{SITE}{path}</loc><lastmod>{when}T10:00:00Z</lastmod></url>" for path, when in paths)
    sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>'
    reader.answers[f"{SITE}/robots.txt"] = page(f"{SITE}/robots.txt", f"Sitemap: {SITE}/news-sitemap.xml")
    reader.answers[f"{SITE}/news-sitemap.xml"] = page(f"{SITE}/news-sitemap.xml", sitemap)
    _, state = reader.poll(NOW.replace(day=12, hour=20))
    assert state.gaps == 1
    assert reader.titles() == urls(*range(3, 13))
    assert not any("sport" in url for url in reader.fetcher.asked)


def test_a_site_without_a_sitemap_is_asked_for_it_once_a_day(reader: Reader) -> None:
    asked = []
    for newest, hour in ((10, 0), (15, 1), (20, 30)):
        reader.publish(newest, pages=1, generator="Ghost 5.130")
        _, state = reader.poll(NOW.replace(day=20) + timedelta(hours=hour))
        asked.append(f"{SITE}/sitemap.xml" in reader.fetcher.asked)
        assert state.missed_since is None
    assert asked == [True, False, True]


def test_a_feed_that_moved_is_asked_for_where_it_lives_and_stays_itself(reader: Reader) -> None:
    new = f"{SITE}/world/feed/"

    def moved(_: object) -> Page:
        body = rss(window(5), generator=MADE_BY).encode()
        return Page(url=FEED, final_url=new, status=200, body=body, fetched=NOW, permanent=True, hops=())

    reader.answers[FEED] = moved
    reader.answers[new] = page(new, rss(window(5), generator=MADE_BY))
    for hour in range(3):
        _, state = reader.poll(NOW.replace(day=6, hour=hour))
    assert (state.url, state.moved_to) == (FEED, new)
    _, state = reader.poll(NOW.replace(day=6, hour=4))
    assert new in reader.fetcher.asked
    assert FEED not in reader.fetcher.asked
    reader.answers[new] = FetchError("404 Not Found", status=404)
    for hours in range(6):
        _, state = reader.poll(NOW.replace(day=7) + timedelta(hours=hours))
    assert state.moved_to == ""
    assert FEED in reader.fetcher.asked
