"""Feeds: what a category lists, whatever format it comes in.

A format is a module with `claims(document)` and `read(document)`; the first of them that claims a document reads it.
Reading may be costly on hostile input (feedparser has quadratic corners): it belongs in a killable worker.
"""

import hashlib
import re
from datetime import UTC, datetime

from scraper.feeds.text import LARGEST_SITEMAP, Document, FeedError, decode, unpacked
from scraper.parsed import ParsedFeed

__all__ = ["LARGEST_SITEMAP", "FeedError", "items_digest", "parse_feed"]

_FIRST_ITEM = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,40}:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_JSON_ITEMS = re.compile(rb'"items"\s{0,100}:')
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_PASSWORD = re.compile(r"<input\b[^<>]{0,500}\btype\s*=\s*[\"']?password", re.IGNORECASE)


def parse_feed(body: bytes, url: str, content_type: str = "", *, now: datetime | None = None) -> ParsedFeed:
    """Read a feed document; raises `FeedError` where there is none. A feed without items is no error."""
    # Only workers come here: no other process need load feedparser, which takes 10 MiB.
    from scraper.feeds.formats import FORMATS  # noqa: PLC0415
    from scraper.feeds.xml import root_name  # noqa: PLC0415

    body, _ = unpacked(body)
    if not body.strip():
        raise FeedError("an empty body")
    document = Document(
        text=decode(body, content_type).lstrip(" \t\r\n\ufeff\x00"), url=url, now=now or datetime.now(UTC)
    )
    for claims, read in FORMATS:
        if claims(document):
            return read(document)
    raise FeedError(_what_else(document.text, root_name(document.text)))


def items_digest(body: bytes) -> str:
    """A digest of the items alone, so that a moved `lastBuildDate` in the head does not count as news."""
    pattern = _JSON_ITEMS if body.lstrip()[:1] == b"{" else _FIRST_ITEM
    found = pattern.search(body)
    return hashlib.sha256(body[found.start() :] if found else body).hexdigest()


def _what_else(text: str, root: str) -> str:
    if root == "opml":
        return "OPML, a list of feeds: `dateline feeds import` takes it as a file"
    if _HTML.search(text[:5000]):
        return "an HTML page, not a feed" + (" (a login page?)" if _PASSWORD.search(text) else "")
    if root == "sitemapindex":
        return "an index of sitemaps, not a feed; name one of its sitemaps"
    if root:
        return f"XML, but not a feed (it begins with <{root[:40]}>)"
    return "neither XML nor JSON"
