"""One archive and one scripted network that has a past, backfilled as often as a test likes."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from scraper.backfill import Backfill, Done
from scraper.limits import Limits, Metered
from scraper.pipeline import Walk
from scraper.settings import ExtractSettings, ScheduleSettings
from scraper.sources import Listing, Plan, Tools
from scraper.sources.all import SOURCES
from scraper.workers import Workers
from storage.backends import open_archive
from tests.fakes import NOW, Answer, Ear, ScriptedFetcher, page

SITE = "https://news.example"


def article(title: str, day: str = "2024-05-01", more: str = "") -> str:
    paragraphs = "".join(
        f"<p>{title} engineers said on day {n} that the bridge number {n} of {title} would carry trains, trucks and "
        f"walkers again once the last of its cables had been replaced and tested by {title}.</p>"
        for n in range(1, 7)
    )
    date = f"<meta property='article:published_time' content='{day}T10:00:00Z'>" if day else ""
    return (
        f"<html lang=en><head><title>{title} - News</title><meta property='og:type' content='article'>{date}{more}"
        f"</head><body><article><h1>{title}</h1>{paragraphs}</article></body></html>"
    )


def story(path: str, day: str = "2024-05-01") -> tuple[str, Answer]:
    """An address of the site and its page."""
    title = path.strip("/").rpartition("/")[2].replace("-", " ").title()
    return SITE + path, page(SITE + path, article(title, day))


class Past:
    """What a test needs of a backfill."""

    def __init__(self, folder: Path, answers: Mapping[str, Answer]) -> None:
        self.path = str(folder / "dateline.db")
        self.fetcher = ScriptedFetcher(dict(answers))
        self.ear = Ear()
        self.notes: list[str] = []

    @property
    def asked(self) -> list[str]:
        """What the network was asked for since this was last read."""
        asked, self.fetcher.asked = self.fetcher.asked, []
        return asked

    def backfill(
        self, source: str, address: str, *, limit: int | None = None, requests: int | None = None, again: bool = False,
        **wanted: Any,
    ) -> Done:  # fmt: skip
        """One call of it."""
        self.ear = Ear()
        plan = Plan(source=source, address=address, **wanted)
        return asyncio.run(self._backfill(plan, limit, requests, again))

    async def _backfill(self, plan: Plan, limit: int | None, requests: int | None, again: bool) -> Done:
        archive, workers = open_archive(self.path), Workers(ExtractSettings(workers=1))
        fetcher = Metered(self.fetcher, Limits(most_requests=requests))
        walk = Walk(
            archive=archive,
            fetcher=fetcher,
            workers=workers,
            schedule=ScheduleSettings(),
            listener=self.ear,
            clock=lambda: NOW,
        )
        tools = Tools(fetcher=fetcher, workers=workers, clock=lambda: NOW, pause=_at_once)
        try:
            source = SOURCES[plan.source](plan, tools)
            return await Backfill(walk, plan, source, limit=limit, tell=self._hear).run(again=again)
        finally:
            await workers.close()
            await archive.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the archive answers."""
        with closing(sqlite3.connect(self.path)) as db:
            return db.execute(sql).fetchall()

    def urls(self) -> list[str]:
        """The archived articles in the order in which they came."""
        return [url for (url,) in self.rows("SELECT url FROM articles ORDER BY id")]

    def _hear(self, listing: Listing) -> None:
        self.notes += [listing.note] if listing.note else []


async def _at_once(seconds: float) -> None:
    pass
