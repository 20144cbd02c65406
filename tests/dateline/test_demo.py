"""The small news web, and Dateline against it: every published article once, clean, in all its categories."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from dateline.demo.server import DemoWeb
from dateline.demo.world import World
from scraper.fetch.client import HttpFetcher
from scraper.pipeline import Walk, archive_feeds
from scraper.settings import Duration, ExtractSettings, FetchSettings, MannersSettings, ScheduleSettings
from scraper.workers import Workers
from storage.backends import open_archive, open_library
from storage.records import ArticleRow, FeedState, Query
from tests.fakes import Ear


def test_every_article_of_the_world_is_archived_once_clean_and_in_all_its_categories(tmp_path: Path) -> None:
    path = str(tmp_path / "dateline.db")
    world = World(datetime.now(UTC), interval=0, feed_window=0)

    async def fill() -> DemoWeb:
        archive, workers = open_archive(path), Workers(ExtractSettings(workers=1))
        fetcher = HttpFetcher(
            FetchSettings(allow_networks=("127.0.0.0/8",)), MannersSettings(delay=Duration(0)), archive
        )
        walk = Walk(archive=archive, fetcher=fetcher, workers=workers, schedule=ScheduleSettings(), listener=Ear())
        async with DemoWeb(world) as web:
            feeds = await archive.subscribe([FeedState(url=url, category=category) for url, category in web.feeds])
            await archive_feeds(walk, feeds)
            await archive_feeds(walk, await archive.subscribe(feeds))
            await fetcher.close()
        await workers.close()
        await archive.close()
        return web

    web = asyncio.run(fill())
    library = open_library(path)
    rows = {row.url: row for row in library.articles(Query())}
    library.close()
    truth = world.truth()
    assert rows.keys() == {one.url for one in truth}
    for one in truth:
        _compare(rows[one.url], one.title, one.paragraphs, one.author)
        assert sorted(rows[one.url].categories) == sorted(one.categories)
        assert rows[one.url].published == one.date
        assert not [line for line in one.noise if line in rows[one.url].text]
    log = list(web.log)
    assert {request.status for request in log[-len(web.feeds) :]} == {304}
    assert len({(request.site, request.path) for request in log}) == len(log) - len(web.feeds)


def _compare(row: ArticleRow, title: str, paragraphs: tuple[str, ...], author: str) -> None:
    assert row.title == title
    assert row.text.split("\n\n") == list(paragraphs)
    assert json.dumps(row.authors) == json.dumps((author,))
