"""Sitemaps (sitemaps.org, with Google's news extension): lists of pages, each with its last change; and indexes."""

import html
import re
from datetime import UTC, datetime

import msgspec

from scraper.feeds import xml
from scraper.feeds.text import Document, FeedError, clean, decode, iso_moment, plain, unpacked
from scraper.feeds.xml import root_name
from scraper.parsed import ParsedFeed, ParsedSitemap, SitemapLink
from scraper.urls import absolute
from storage.records import FeedEntry

MAX_PAGES = 100_000  # twice what the standard allows: for more a worker might not have the time

# Elements, whatever their attributes; the prefix of a sitemap's own is taken off before. No pattern looks further than
# one tag: what is never closed costs nothing.
_URL = re.compile(r"<(/?)url(?:\s[^<>]*)?>", re.IGNORECASE)
_MAP = re.compile(r"<(/?)sitemap(?:\s[^<>]*)?>", re.IGNORECASE)
_END = re.compile(r"</(?:urlset|sitemapindex)\s*>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--[^-]*(?:-[^-]+)*-->")
_PREFIX = re.compile(r"<([a-z_][\w.-]{0,40}:)(?:urlset|sitemapindex)[\s>]", re.IGNORECASE)
_BEGIN = re.compile(r"<\?xml\b|<(?:[a-z_][\w.-]{0,40}:)?(?:urlset|sitemapindex)[\s>]", re.IGNORECASE)
_HEAD = 10_000  # characters in which the first element begins
_ADDRESS = re.compile(r"\s*(https?://\S+)\s*", re.IGNORECASE)
_ROOTS = ("urlset", "sitemapindex")
# What is read of each, and no picture's address: a sitemap may tell of a thousand pictures a page.
_FIELD = re.compile(r"<(?P<name>loc|lastmod|news:\w{1,40})(?:\s[^<>]*)?>(?P<text>[^<]*)", re.IGNORECASE)


def claims(document: Document) -> bool:
    """Whether the document is a sitemap; an index of sitemaps is none."""
    return root_name(document.text) == "urlset"


def read(document: Document) -> ParsedFeed:
    """The pages of a sitemap in its order; `updated` is the last change, `published` and `title` what news say."""
    entries: dict[str, FeedEntry] = {}
    pages = _inside(_URL, _without_prefix(document.text))
    for page in pages:
        entry = _entry(page, document)
        if entry.url:
            entries.setdefault(entry.url, entry)
    return ParsedFeed(format="sitemap", entries=tuple(entries.values()), dropped=len(pages) - len(entries))


def read_sitemap(body: bytes, url: str, *, now: datetime | None = None) -> ParsedSitemap:
    """A sitemap in any form that the standard allows: XML, an index, a feed, lines of text; each may be gzipped.

    Raises `FeedError` for anything else. What it lacks is told, and what it has is read.
    """
    raw, whole = unpacked(body)
    text = _without_prefix(_without_junk(decode(raw).lstrip(" \t\r\n\ufeff\x00")))
    found, listed = _read(Document(text=text, url=url, now=now or datetime.now(UTC)))
    if not whole or (root_name(text) in _ROOTS and not _is_closed(text)):
        return msgspec.structs.replace(found, lacks="it is cut off; what is left of it was read")
    if listed >= MAX_PAGES:
        return msgspec.structs.replace(found, lacks=f"it is too long; only its first {MAX_PAGES} entries were read")
    if listed and not (found.entries or found.sitemaps):
        return msgspec.structs.replace(found, lacks=f"none of its {listed} entries names an address")
    return found


def _read(document: Document) -> tuple[ParsedSitemap, int]:
    """(what it names, how many entries it has)."""
    for form, claim, reader in (("sitemap", claims, read), ("feed", xml.claims, xml.read)):
        if claim(document):
            feed = reader(document)
            return ParsedSitemap(format=form, entries=feed.entries), len(feed.entries) + feed.dropped
    if root_name(document.text) == "sitemapindex":
        fields = [_fields(found) for found in _inside(_MAP, document.text)]
        links = (
            SitemapLink(absolute(one.get("loc", ""), document.url), iso_moment(one.get("lastmod"), document.now))
            for one in fields
        )
        return ParsedSitemap(format="index", sitemaps=tuple(link for link in links if link.url)), len(fields)
    lines = [line for line in map(_ADDRESS.fullmatch, document.text.splitlines()[:MAX_PAGES]) if line]
    if not lines:
        raise FeedError("no sitemap: neither XML of its kinds nor lines of addresses")
    entries = tuple(FeedEntry(url=absolute(line[1], document.url), feed=document.url) for line in lines)
    return ParsedSitemap(format="text", entries=entries), len(lines)


def _without_junk(text: str) -> str:
    """The same from its first element on, where a plug-in has printed something in front of it."""
    root = root_name(text)
    found = None if root == "html" or root in _ROOTS else _BEGIN.search(text, 0, _HEAD)
    return text[found.start() :] if found else text


def _without_prefix(text: str) -> str:
    """The same with the elements of the sitemap itself named without the prefix that they may have."""
    found = _PREFIX.search(text, 0, _HEAD)
    return text.replace(f"<{found[1]}", "<").replace(f"</{found[1]}", "</") if found else text


def _is_closed(text: str) -> bool:
    """Whether the first element has its end, or is one that needs none."""
    rest = _COMMENT.sub("", text[max(text.rfind("</urlset"), text.rfind("</sitemapindex"), 0) :]).rstrip()
    return _END.fullmatch(rest) is not None or rest.endswith("/>")


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
