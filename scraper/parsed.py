"""What strangers' documents say, once they are read: feeds, sitemaps, indexes of web archives, pages' own words.

They cross the pipe from the worker processes; what is archived of them is in storage.records.
"""

from datetime import datetime

from msgspec import Struct

from storage.records import FeedEntry


class ParsedFeed(Struct, frozen=True, kw_only=True):
    """A feed document as read: its own facts and its entries in document order."""

    format: str
    title: str = ""
    ttl: int | None = None  # minutes, as RSS <ttl> says
    update_period: int | None = None  # seconds: sy:updatePeriod by sy:updateFrequency
    skip_hours: tuple[int, ...] = ()  # 0 to 23, GMT
    skip_days: tuple[int, ...] = ()  # 0 is Monday
    next_page: str = ""  # RFC 5005 / JSON Feed next_url
    older: str = ""  # RFC 5005: the archive document before this one
    generator: str = ""  # the program that made it, as it says
    entries: tuple[FeedEntry, ...] = ()
    dropped: int = 0  # items without a usable link


class IndexedCapture(Struct, frozen=True, kw_only=True):
    """A line of a web archive's index: an address, when it was captured, and what was answered.

    `timestamp` is YYYYMMDDhhmmss or its beginning, UTC; `kind` a media type; `digest` names the payload. What the index
    does not say is ''.
    """

    url: str
    timestamp: str
    kind: str = ""
    status: str = ""
    digest: str = ""


class CaptureIndex(Struct, frozen=True, kw_only=True):
    """An answer of a CDX server: captures in its order, and the key to go on with, or ''."""

    captures: tuple[IndexedCapture, ...] = ()
    resume: str = ""


class Category(Struct, frozen=True):
    """A category of a WordPress. `parent` is the id of the one above it, or 0."""

    id: int
    name: str
    slug: str
    parent: int = 0


class SitemapLink(Struct, frozen=True):
    """A sitemap that an index names, and its last change."""

    url: str
    updated: datetime | None = None


class ParsedSitemap(Struct, frozen=True):
    """A sitemap as read: the pages that it lists, or the sitemaps where it is an index.

    `format` is sitemap, index, feed or text; `lacks` says in words what of it could not be read.
    """

    format: str = ""
    entries: tuple[FeedEntry, ...] = ()
    sitemaps: tuple[SitemapLink, ...] = ()
    lacks: str = ""


class FoundFeed(Struct, frozen=True):
    """A feed that a page points to. `format` is what the page claims: rss, atom, rdf, json, xml or ''."""

    url: str
    title: str = ""
    format: str = ""


class PageLinks(Struct, frozen=True):
    """What a page says of itself: its own address, the root of its WordPress API and what it is there, its feeds."""

    canonical: str = ""
    api: str = ""
    api_entry: str = ""
    feeds: tuple[str, ...] = ()
