"""What goes over the pipe to a worker process and back: MessagePack, each message behind its length."""

import struct

import msgspec

from scraper.parsed import CaptureIndex, Category, FoundFeed, PageLinks, ParsedFeed, ParsedSitemap
from storage.records import Article, FeedEntry, Page, SiteRules

FRAME = struct.Struct(">I")  # the length of a message in bytes
TOO_LARGE = "refused: too much memory needed to read it"


class ExtractTask(msgspec.Struct, frozen=True, tag="extract"):
    """Clean this page."""

    page: Page
    rules: SiteRules
    entry: FeedEntry | None


class FeedTask(msgspec.Struct, frozen=True, tag="feed"):
    """Read this feed."""

    body: bytes
    url: str
    content_type: str


class LinksTask(msgspec.Struct, frozen=True, tag="links"):
    """Read what this page links to in its head."""

    body: bytes
    url: str


class SitemapTask(msgspec.Struct, frozen=True, tag="sitemap"):
    """Read this sitemap."""

    body: bytes
    url: str


class CdxTask(msgspec.Struct, frozen=True, tag="cdx"):
    """Read this answer of a CDX server."""

    body: bytes


class CategoriesTask(msgspec.Struct, frozen=True, tag="categories"):
    """Read this list of a WordPress's categories."""

    body: bytes


class DiscoverTask(msgspec.Struct, frozen=True, tag="discover"):
    """Find the feeds of this page."""

    body: bytes
    url: str


class Answer(msgspec.Struct, frozen=True):
    """What a worker says to a task."""

    article: Article | None = None
    feed: ParsedFeed | None = None
    links: PageLinks | None = None
    index: CaptureIndex | None = None
    sitemap: ParsedSitemap | None = None
    categories: tuple[Category, ...] = ()
    feeds: tuple[FoundFeed, ...] = ()
    refused: str = ""
    broken: bool = False  # the worker ran out of memory, or holds too much of it, and must be replaced


Task = ExtractTask | FeedTask | LinksTask | CdxTask | SitemapTask | CategoriesTask | DiscoverTask
