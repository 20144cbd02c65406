"""Opening what a walk over feeds needs, for `poll`, `run` and `demo`."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from dateline.config import Config
from scraper.fetch.client import HttpFetcher
from scraper.pipeline import Listener, Walk
from scraper.sites import Sites
from scraper.workers import Workers
from storage.backends import open_archive, open_timetable
from storage.errors import Patience, no_patience
from storage.records import ArticleReport, FeedReport


class Silent:
    """A listener for walks that report nothing."""

    def expect(self, articles: int) -> None:
        """Nobody waits for them."""

    def article(self, report: ArticleReport) -> None:
        """Not told."""

    def feed(self, report: FeedReport) -> None:
        """Not told."""


@asynccontextmanager
async def open_walk(config: Config, listener: Listener, patience: Patience = no_patience) -> AsyncIterator[Walk]:
    """Archive, fetcher and workers as configured; closed in the order in which work flows, whatever fails.

    `patience`: what to do when the disk is full, see storage.backends.open_archive.
    """
    async with AsyncExitStack() as opened:
        archive = open_archive(config.archive.path, patience=patience)
        opened.push_async_callback(archive.close)
        workers = Workers(config.extract)
        opened.push_async_callback(workers.close)
        timetable = open_timetable(config.archive.path)
        opened.callback(timetable.close)
        sites = Sites(config.site_entries(), config.logins())
        fetcher = HttpFetcher(config.fetch, config.manners, archive, timetable, sites, room=workers.room)
        opened.push_async_callback(fetcher.close)
        yield Walk(
            archive=archive,
            fetcher=fetcher,
            workers=workers,
            schedule=config.schedule,
            listener=listener,
            sites=sites,
            connections=config.manners.connections,
        )
