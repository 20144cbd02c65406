"""The sources by name: `dateline backfill NAME …` exists for each. They stand apart: `poll` need not load them."""

from collections.abc import Callable

from scraper.sources import Plan, Source, Tools
from scraper.sources.cdx import Cdx
from scraper.sources.paged_feed import PagedFeed
from scraper.sources.sitemap import Sitemap
from scraper.sources.url_list import UrlList
from scraper.sources.warc import Warc
from scraper.sources.wordpress import WordPress

SOURCES: dict[str, Callable[[Plan, Tools], Source]] = {
    "cdx": Cdx,
    "feed": PagedFeed,
    "sitemap": Sitemap,
    "urls": UrlList,
    "warc": Warc,
    "wordpress": WordPress,
}
