"""The peer: Scrapy + feedparser + trafilatura + SQLite, tuned for a local news web.

    python scrapy_pipeline.py FEEDS.json ARCHIVE.db WORKERS [MODE]

WORKERS is the number of processes that extract beside the one that fetches. trafilatura runs in its fast mode, or with
`default` as MODE in the one that it has of itself.
"""

import asyncio
import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import feedparser
import scrapy
import trafilatura
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

_FAST = sys.argv[4:] != ["default"]


def extract(html: str, url: str) -> tuple[str, str, str]:
    """(title, text, date) of a page."""
    told = trafilatura.extract(html, url=url, fast=_FAST, with_metadata=True, output_format="json")
    found = json.loads(told or "{}")
    return found.get("title") or "", found.get("text") or "", found.get("date") or ""


class Feeds(scrapy.Spider):
    """Reads every feed, then every article once (Scrapy drops requests that it has seen)."""

    name = "feeds"
    urls: tuple[str, ...] = tuple(json.loads(Path(sys.argv[1]).read_text()))

    async def start(self) -> AsyncIterator[Any]:
        """A request a feed."""
        for url in self.urls:
            yield scrapy.Request(url, callback=self.parse_feed)

    def parse_feed(self, response: Response) -> Iterator[Any]:
        """A request an entry; JSON Feed by hand, since feedparser reads none."""
        if response.body.lstrip()[:1] == b"{":
            links = [item["url"] for item in json.loads(response.body)["items"]]
        else:
            links = [entry.link for entry in feedparser.parse(response.body).entries]
        for link in links:
            yield scrapy.Request(link.split("?utm_")[0], callback=self.parse_article)

    def parse_article(self, response: Response) -> Iterator[Any]:
        """One page."""
        yield {"url": response.url, "html": response.text, "raw": response.body}


class Archive:
    """Extracts in other processes, then inserts, a commit for each hundred articles."""

    def open_spider(self) -> None:
        """Open both."""
        self.pool = ProcessPoolExecutor(int(sys.argv[3]))
        self.db = sqlite3.connect(sys.argv[2])
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("CREATE TABLE article (url TEXT PRIMARY KEY, title TEXT, text TEXT, date TEXT)")
        self.db.execute("CREATE VIRTUAL TABLE search USING fts5(title, text)")
        self.kept = 0

    async def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Hand the page over, wait without blocking, insert."""
        title, text, date = await asyncio.wrap_future(self.pool.submit(extract, item["html"], item["url"]))
        self.db.execute("INSERT OR REPLACE INTO article VALUES (?, ?, ?, ?)", (item["url"], title, text, date))
        self.db.execute("INSERT INTO search VALUES (?, ?)", (title, text))
        self.kept += 1
        if self.kept % 100 == 0:
            self.db.commit()
        return {}

    def close_spider(self) -> None:
        """Commit the rest."""
        self.db.commit()
        self.db.close()
        self.pool.shutdown()


if __name__ == "__main__":
    process = CrawlerProcess(
        {
            "ITEM_PIPELINES": {Archive: 1},
            "CONCURRENT_REQUESTS": 64,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 4,
            "CONCURRENT_ITEMS": 64,
            "DOWNLOAD_DELAY": 0,
            "ROBOTSTXT_OBEY": True,
            "COOKIES_ENABLED": False,
            "RETRY_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
            "AUTOTHROTTLE_ENABLED": False,
            "LOG_LEVEL": "ERROR",
        }
    )
    process.crawl(Feeds)
    process.start()
