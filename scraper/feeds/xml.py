"""RSS 0.9x to 2.0, RSS 1.0 (RDF) and Atom, through feedparser: slow, but it reads what others cut or lose.

feedparser never sees the original bytes: the text is decoded by our own list of charsets and defused first
(DOCTYPE, impossible character references, endless author fields), and handed over as plain UTF-8.
"""

import calendar
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from time import struct_time
from typing import Any
from xml.sax import SAXParseException

import feedparser

from scraper.feeds.text import Document, FeedError, clean, plain, plausible
from scraper.feeds.wishes import skipped, update_period
from scraper.logins import without_login
from scraper.metadata.dates import when
from scraper.parsed import ParsedFeed
from scraper.urls import absolute, is_home, same_site
from storage.records import FeedEntry

MAX_ITEMS = 5_000  # kept of one document
TOO_MANY = 20_000  # refused: reading 100,000 items takes longer than a worker may live
MAX_DEPTH = 50_000  # of elements in elements: feedparser takes 20 microseconds for each on a slow machine
MAX_ATTRIBUTES = 2_000  # feedparser is quadratic in the attributes of one tag
MAX_COMMENTS = 1_000  # and in the comments inside one text
MAX_CATEGORIES = 500  # and in the categories of one item
MAX_AUTHOR = 500  # and in the length of an author, by a regular expression (its issue 562)
MAX_AUTHORS = 500  # of one item; feedparser takes 75 microseconds for each on a slow machine

_HEADER = '<?xml version="1.0" encoding="utf-8"?>\n'
_ROOTS = frozenset(("rss", "feed", "rdf", "channel"))
_EMBEDDED_ROOT = re.compile(r"<(?:rss|feed|rdf:RDF|channel)[\s>]", re.IGNORECASE)
_RELATIONS = "http://www.iana.org/assignments/relation/"  # the long form of a relation's name (RFC 4287, 4.2.7.2)
_HTML_TYPES = frozenset(("text/html", "application/xhtml+xml"))

_SKIPPED = re.compile(r"\s+|<\?(?:[^?]|\?(?!>))*\?>|<!--(?:[^-]|-(?!->))*-->")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[[^\]]*\]\s*)?>", re.IGNORECASE)
_ELEMENT = re.compile(r"<(?:[A-Za-z_][\w.-]{0,40}:)?([A-Za-z_][\w.-]{0,80})")
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_REFERENCE = re.compile(r"&#(?:[xX]([0-9A-Fa-f]+)|([0-9]+));")
_BARE = re.compile(r"&(?!#?\w{1,40};)")
_ITEM = re.compile(r"<(?:[A-Za-z_][\w.-]{0,40}:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_TAG = re.compile(r"<(/?)(?!(?:br|hr|img|input|link|meta|p|li)\b)[A-Za-z_][^<>]{0,400}?(/?)>", re.IGNORECASE)
_LONG_TAG = re.compile(r"<[^<>]{20000,}")
_AUTHOR = re.compile(
    r"(<(?:[A-Za-z_][\w.-]{0,40}:)?(?:author|creator|contributor|managingEditor|webMaster|name|email)\b[^<>]*>)"
    rf"(<!\[CDATA\[)?([^<]{{{MAX_AUTHOR}}})[^<]+",
    re.IGNORECASE,
)
_COMMENT_MARK = re.compile(
    r"(?:<|&lt;|&#0{0,5}60;|&#x0{0,5}3c;)!--|--(?:>|&gt;|&#0{0,5}62;|&#x0{0,5}3e;)", re.IGNORECASE
)
_ITEM_OR_WHOLE = re.compile(
    r"<(?:[A-Za-z_][\w.-]{0,40}:)?(?:(?P<item>item|entry)[\s>/]|"
    r"(?P<category>category|subject)\b[^<>]*(?:/>|>(?:<!\[CDATA\[)?[^<>]*(?:\]\]>)?</[^<>]*>)|"
    r"(?P<author>author|contributor|creator)\b[^<>]*>"
    r"(?:[^<]|<(?!/(?:[A-Za-z_][\w.-]{0,40}:)?(?P=author))){0,300}</[^<>]*>)",
    re.IGNORECASE,
)
_MOST = {"category": MAX_CATEGORIES, "author": MAX_AUTHORS}
# feedparser takes 2026/11/20 and 2026年11月20日 for the first of the month, 2010 for the year 10000 and 2000 for -1.
_BEYOND_FEEDPARSER = re.compile(r"\s*\d{4}\s*[^\d\s-]")
_MONTH_OR_DAY = re.compile(r"(?<!\d)(?:0?\d|1[0-2])/(?:0?\d|1[0-2])/\d")  # 11/02/2026
_LONGEST_DATE = 100  # characters
_TAIL_PHRASES = (
    "continue reading", "read more", "read the full", "keep reading", "weiterlesen", "lire la suite", "seguir leyendo",
    "leer más", "leggi tutto", "continua a leggere", "lees meer", "verder lezen", "läs mer", "les mer", "ler mais",
    "continue lendo", "czytaj", "читать",
)  # fmt: skip


def claims(document: Document) -> bool:
    """Whether the document is a feed by its first element, or by one soon after junk at its start."""
    root = root_name(document.text)
    if root in _ROOTS:
        return True
    return root != "html" and _EMBEDDED_ROOT.search(document.text[:5000]) is not None


def root_name(text: str) -> str:
    """The local name of the first element in lower case, or ''."""
    end, _ = _prolog(text)
    found = _ELEMENT.match(text, end)
    return found.group(1).lower() if found else ""


def read(document: Document) -> ParsedFeed:
    """The feed; raises `FeedError` when it is dangerous or broken beyond any item."""
    text = _defused(document.text)
    parsed = _parsed(text, document.url)
    entries = parsed.entries
    trouble = parsed.get("bozo_exception")
    if not entries and isinstance(trouble, SAXParseException):
        line, message = max(1, (trouble.getLineNumber() or 1) - 1), clean(trouble.getMessage())
        raise FeedError(f"broken XML: no items could be read (line {line}: {message})")
    return _feed(parsed, document, skipped(text))


def _prolog(text: str) -> tuple[int, str]:
    """Where the first element begins, and the DOCTYPEs in front of it."""
    position, doctypes = 0, ""
    while True:
        found = _SKIPPED.match(text, position)
        if not found:
            found = _DOCTYPE.match(text, position)
            doctypes += found.group() if found else ""
        if not found:
            return position, doctypes
        position = found.end()


def _defused(text: str) -> str:
    """The same feed without what makes parsers burst; raises `FeedError` for what no honest feed has."""
    junk = text.find("<?xml", 0, 5000)
    text = text[max(junk, 0) :]
    root, doctypes = _prolog(text)
    found = _ELEMENT.search(text, root)
    if _ENTITY.search(doctypes) or _ENTITY.search(text, root, found.start() if found else len(text)):
        raise FeedError("a DOCTYPE with entities is refused")
    text = _with_bare_ampersands(_REFERENCE.sub(_possible, clean(text[root:])))
    if sum(1 for _ in _ITEM.finditer(text)) > TOO_MANY:
        raise FeedError(f"more than {TOO_MANY:,} items")
    if text.count("<") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise FeedError(f"more than {MAX_DEPTH:,} elements in one another")
    if any(tag.group().count("=") > MAX_ATTRIBUTES for tag in _LONG_TAG.finditer(text)):
        raise FeedError(f"an element with more than {MAX_ATTRIBUTES:,} attributes")
    if sum(1 for _ in _COMMENT_MARK.finditer(text)) > MAX_COMMENTS:
        text = _COMMENT_MARK.sub("", text)
    return _HEADER + _AUTHOR.sub(_shortened, _with_few_of_a_kind(text))


def _depth(text: str) -> int:
    """How many elements stand open at once, at the most."""
    depth = deepest = 0
    for tag in _TAG.finditer(text):
        if not tag[2]:
            depth = max(depth - 1, 0) if tag[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest


def _with_few_of_a_kind(text: str) -> str:
    """The feed without the categories and authors that are too many in one item."""
    counts = Counter[str]()

    def limited(found: re.Match[str]) -> str:
        kind = found.lastgroup or ""
        if kind == "item":
            counts.clear()
            return found.group()
        counts[kind] += 1
        return found.group() if counts[kind] <= _MOST[kind] else ""

    return _ITEM_OR_WHOLE.sub(limited, text) if text.count("</") > min(_MOST.values()) else text


def _possible(reference: re.Match[str]) -> str:
    """References to what is no character (`&#xD800;`, `&#x110000;`) make feedparser raise: they go."""
    hexadecimal, decimal = reference.groups()
    digits = (hexadecimal or decimal).lstrip("0")
    number = int(digits, 16 if hexadecimal else 10) if 0 < len(digits) < 9 else 0
    valid = (
        number in {9, 10, 13} or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0x10000 <= number < 0x110000
    )
    return reference.group() if valid else ""


def _with_bare_ampersands(text: str) -> str:
    """The same with ampersands escaped that stand for themselves: feedparser reads `AT&T` as `AT&T;`, and `&copy=2` in
    an address as a sign. In CDATA they may stand as they are.
    """
    first, *sections = text.split("<![CDATA[")
    parts = (section.partition("]]>") for section in sections)
    return _BARE.sub("&amp;", first) + "".join(
        f"<![CDATA[{raw}{end}{_BARE.sub('&amp;', after)}" for raw, end, after in parts
    )


def _shortened(author: re.Match[str]) -> str:
    tag, cdata, name = author.groups()
    return f"{tag}{cdata or ''}{name}{']]>' if cdata else ''}"


def _parsed(text: str, url: str) -> Any:
    headers = {"content-type": "application/xml; charset=utf-8"}
    # Atom's relative links mean the feed's own address. In RSS that is so only by habit: see `_base`.
    if root_name(text) == "feed":
        headers["content-location"] = url
    try:
        return feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # eight kinds leave feedparser on hostile input, and no list is final
        raise FeedError(f"broken XML: the parser gave up ({type(error).__name__})") from error


def _feed(parsed: Any, document: Document, skip: tuple[tuple[int, ...], tuple[int, ...]]) -> ParsedFeed:
    feed = parsed.feed
    base = _base(feed, document.url)
    version = str(parsed.get("version") or "")
    entries: dict[tuple[str, str], FeedEntry] = {}
    raw_entries = parsed.entries[:MAX_ITEMS]
    usable = 0
    for raw in raw_entries:
        url = _address(raw, base)
        if url:
            usable += 1
            entry = _entry(raw, url, version, document)
            entries.setdefault((entry.url, entry.guid), entry)
    return ParsedFeed(
        format=version or "xml",
        title=plain(_get(feed, "title")),
        ttl=_minutes(_get(feed, "ttl")),
        update_period=update_period(
            *(clean(_get(feed, name)) for name in ("sy_updateperiod", "sy_updatefrequency", "generator"))
        ),
        skip_hours=skip[0],
        skip_days=skip[1],
        next_page=next((absolute(href, document.url) for href in _hrefs(feed, "next")), ""),
        older=next((absolute(href, document.url) for href in _hrefs(feed, "prev-archive")), ""),
        generator=clean(_get(feed, "generator")),
        entries=tuple(entries.values()),
        dropped=len(raw_entries) - usable,
    )


def _get(holder: Any, key: str) -> Any:
    """The value as stored: feedparser's own `get` takes other keys for it, with a warning."""
    return dict.get(holder, key)


def _base(feed: Any, url: str) -> str:
    """What relative links are relative to: the site's page where the feed lies with a service such as FeedBurner."""
    home = absolute(clean(_get(feed, "link")), url)
    return home if home and not same_site(home, url) else url


def _hrefs(holder: Any, rel: str, kinds: frozenset[str] = frozenset()) -> Iterator[str]:
    for link in _get(holder, "links") or ():
        if clean(_get(link, "rel")).removeprefix(_RELATIONS) == rel and (not kinds or _get(link, "type") in kinds):
            yield clean(_get(link, "href"))


def _address(raw: Any, base: str) -> str:
    """The article's address, or ''. Some feeds have each item link to the front page, and its guid to the article."""
    found = (link for one in _links(raw) if (link := absolute(one, base)))
    first = next(found, "")
    return next((link for link in found if not is_home(link)), first) if first and is_home(first) else first


def _links(raw: Any) -> Iterator[str]:
    """Candidates for the article's address, best first.

    feedparser puts a guid under `link` where there is no other. Whatever is said of it (isPermaLink), or of the
    `rdf:about` of RSS 1.0, it is a link if it is a whole address.
    """
    guid = clean(_get(raw, "id"))
    yield clean(_get(raw, "feedburner_origlink"))
    yield from _hrefs(raw, "alternate", _HTML_TYPES)
    yield "" if _get(raw, "guidislink") else clean(_get(raw, "link"))
    yield from _hrefs(raw, "alternate")
    yield from (clean(_get(part, "src")) for part in _get(raw, "content") or ())
    yield guid if guid.lower().startswith(("http://", "https://")) else ""


def _entry(raw: Any, url: str, version: str, document: Document) -> FeedEntry:
    published, updated = (
        _date(_get(raw, f"{key}_parsed"), str(_get(raw, key) or ""), document.now) for key in ("published", "updated")
    )
    if published is None and not version.startswith("atom"):
        published = updated  # RSS knows one date; feedparser files dc:date under `updated`
    return FeedEntry(
        url=url,
        feed=document.url,
        guid=without_login(clean(_get(raw, "id"))),
        title=plain(_get(raw, "title")),
        published=published,
        updated=updated,
        authors=_authors(raw),
        tags=_unique(_get(tag, "term") or _get(tag, "label") for tag in _get(raw, "tags") or ()),
        summary=plain(_without_tail(clean(_get(raw, "summary")))),
        markup=max((clean(_get(part, "value")) for part in _get(raw, "content") or ()), key=len, default=""),
        item=json.dumps(raw, ensure_ascii=False, default=str).encode("utf-8", "replace"),
    )


def _authors(raw: Any) -> tuple[str, ...]:
    return _unique(_get(person, "name") for person in _get(raw, "authors") or ()) or _unique(
        iter([_get(raw, "author")])
    )


def _unique(values: Iterator[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for value in values if (text := plain(value))))


def _date(parsed: struct_time | None, text: str, now: datetime) -> datetime | None:
    if parsed is None or _BEYOND_FEEDPARSER.match(text) or not _names_year(text, parsed[0]):
        moment = None if _MONTH_OR_DAY.search(text) else when(text[:_LONGEST_DATE])
        return plausible(moment.astimezone(UTC) if moment else None, now)
    try:
        moment = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    return plausible(moment, now)


def _names_year(text: str, year: int) -> bool:
    """Whether a text names a year. RFC 822 may cut it to two digits, which then follow the name of a month."""
    return re.search(rf"(?<![\d-]){year:04d}(?!\d)|[A-Za-z]\W+{year % 100:02d}(?!\d)", text) is not None


def _minutes(ttl: object) -> int | None:
    text = clean(ttl)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 and int(text) > 0 else None


def _without_tail(summary: str) -> str:
    """Without WordPress's link to the article at the end of an excerpt, and without "appeared first on"."""
    notice = summary.rfind("<p>The post <a")
    if notice >= 0 and "appeared first on" in summary[notice:]:
        summary = summary[:notice]
    start = summary.rfind("<a ")
    if start < 0:
        return summary
    link, _, rest = summary[start:].partition("</a>")
    words = plain(link).lower()
    is_tail = "more-link" in link.partition(">")[0] or words.startswith(_TAIL_PHRASES)
    return summary[:start] if is_tail and not plain(rest).strip(" .…") else summary
