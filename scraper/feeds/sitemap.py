"""Sitemaps (sitemaps.org, with Google's news extension): lists of pages, each with its last change; and indexes."""

import html
import re
import zlib
from datetime import UTC, datetime

from scraper.feeds import xml
from scraper.feeds.text import Document, FeedError, clean, decode, iso_moment, plain
from scraper.feeds.xml import root_name
from scraper.urls import absolute
from storage.records import FeedEntry, ParsedFeed, ParsedSitemap, SitemapLink

MAX_PAGES = 50_000  # by the standard,
MAX_BYTES = 50 << 20  # and so is this

# Names of elements, whatever their prefix. No pattern looks further than one tag: what is never closed costs nothing.
_URL = re.compile(r"<(/?)(?:\w{1,40}:)?url\s*>", re.IGNORECASE)
_MAP = re.compile(r"<(/?)(?:\w{1,40}:)?sitemap\s*>", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*(https?://\S+)\s*", re.IGNORECASE)
# What is read of each, and no picture's address: a sitemap may tell of a thousand pictures a page.
_FIELD = re.compile(r"<(?P<name>loc|lastmod|news:\w{1,40})\s*>(?P<text>[^<]*)", re.IGNORECASE)


def claims(document: Document) -> bool:
    """Whether the document is a sitemap; an index of sitemaps is none."""
    return root_name(document.text) == "urlset"


def read(document: Document) -> ParsedFeed:
    """The pages of a sitemap in its order; `updated` is the last change, `published` and `title` what news say."""
    entries: dict[str, FeedEntry] = {}
    pages = _inside(_URL, document.text)
    for page in pages:
        entry = _entry(page, document)
        if entry.url:
            entries.setdefault(entry.url, entry)
    return ParsedFeed(format="sitemap", entries=tuple(entries.values()), dropped=len(pages) - len(entries))


def read_sitemap(body: bytes, url: str, *, now: datetime | None = None) -> ParsedSitemap:
    """A sitemap in any form that the standard allows: XML, an index, a feed, lines of text; each may be gzipped.

    Raises `FeedError` for anything else.
    """
    document = Document(text=decode(_unpacked(body)).lstrip(), url=url, now=now or datetime.now(UTC))
    if claims(document):
        return ParsedSitemap(entries=read(document).entries)
    if root_name(document.text) == "sitemapindex":
        fields = [_fields(found) for found in _inside(_MAP, document.text)]
        links = (
            SitemapLink(absolute(one.get("loc", ""), url), iso_moment(one.get("lastmod"), document.now))
            for one in fields
        )
        return ParsedSitemap(sitemaps=tuple(link for link in links if link.url))
    if xml.claims(document):
        return ParsedSitemap(entries=xml.read(document).entries)
    lines = [_ADDRESS.fullmatch(line) for line in document.text.splitlines()[:MAX_PAGES]]
    entries = tuple(FeedEntry(url=absolute(line[1], url), feed=url) for line in lines if line)
    if not entries:
        raise FeedError("no sitemap: neither XML of its kinds nor lines of addresses")
    return ParsedSitemap(entries=entries)


def _unpacked(body: bytes) -> bytes:
    """Out of gzip, if it is in it."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpacker = zlib.decompressobj(31)
    try:
        text = unpacker.decompress(body, MAX_BYTES)
    except zlib.error as error:
        raise FeedError(f"broken gzip ({error})") from None
    if unpacker.unconsumed_tail:
        raise FeedError(f"larger than {MAX_BYTES >> 20} MiB when unpacked")
    return text


def _inside(element: re.Pattern[str], text: str) -> list[str]:
    """What stands in each element, if it is closed, of an endless list the first."""
    found: list[str] = []
    start = None
    for tag in element.finditer(text):
        if tag[1] and start is not None:
            found.append(text[start : tag.start()])
            if len(found) == MAX_PAGES:
                break
        start = None if tag[1] else tag.end()
    return found


def _without_cdata(text: str) -> str:
    """The same with its CDATA sections written as escaped text."""
    first, *sections = text.split("<![CDATA[")
    parts = [section.partition("]]>") for section in sections]
    return first + "".join(html.escape(raw) + after for raw, end, after in parts if end)


def _fields(page: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for found in _FIELD.finditer(_without_cdata(page)):
        fields.setdefault(found["name"].lower(), clean(html.unescape(found["text"])))
    return fields


def _entry(page: str, document: Document) -> FeedEntry:
    fields = _fields(page)
    return FeedEntry(
        url=absolute(fields.get("loc", ""), document.url),
        feed=document.url,
        title=plain(fields.get("news:title")),
        published=iso_moment(fields.get("news:publication_date"), document.now),
        updated=iso_moment(fields.get("lastmod"), document.now),
        tags=tuple(filter(None, map(plain, fields.get("news:keywords", "").split(",")))),
    )
