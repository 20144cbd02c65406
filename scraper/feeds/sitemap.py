"""Sitemaps (sitemaps.org, with Google's news extension): lists of pages, each with its last change."""

import html
import re

from scraper.feeds.text import Document, clean, iso_moment, plain
from scraper.feeds.xml import root_name
from scraper.urls import absolute
from storage.records import FeedEntry, ParsedFeed

MAX_PAGES = 50_000  # by the standard

# Names of elements, whatever their prefix; text may be CDATA. Neither pattern can backtrack over more than one element.
_URL = re.compile(r"<(?:\w+:)?url\s*>(.*?)</(?:\w+:)?url\s*>", re.DOTALL | re.IGNORECASE)
_FIELD = re.compile(r"<(?P<name>[\w:]{1,40})\s*>\s*(?:<!\[CDATA\[(?P<raw>.*?)\]\]>|(?P<text>[^<]*))", re.DOTALL)


def claims(document: Document) -> bool:
    """Whether the document is a sitemap; an index of sitemaps is none."""
    return root_name(document.text) == "urlset"


def read(document: Document) -> ParsedFeed:
    """The pages of a sitemap in its order; `updated` is the last change, `published` and `title` what news say."""
    entries: dict[str, FeedEntry] = {}
    pages = _URL.findall(document.text)[:MAX_PAGES]
    for page in pages:
        entry = _entry(page, document)
        if entry.url:
            entries.setdefault(entry.url, entry)
    return ParsedFeed(format="sitemap", entries=tuple(entries.values()), dropped=len(pages) - len(entries))


def _entry(page: str, document: Document) -> FeedEntry:
    fields: dict[str, str] = {}
    for found in _FIELD.finditer(page):
        value = found["raw"] if found["raw"] is not None else html.unescape(found["text"])
        fields.setdefault(found["name"].lower(), clean(value))
    return FeedEntry(
        url=absolute(fields.get("loc", ""), document.url),
        feed=document.url,
        title=plain(fields.get("news:title")),
        published=iso_moment(fields.get("news:publication_date"), document.now),
        updated=iso_moment(fields.get("lastmod"), document.now),
        tags=tuple(filter(None, map(plain, fields.get("news:keywords", "").split(",")))),
    )
