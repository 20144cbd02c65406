"""JSON Feed 1.0 and 1.1, read leniently: what has the wrong type is as good as absent."""

import json
from typing import Any

from scraper.feeds.text import Document, FeedError, clean, iso_moment, plain
from scraper.logins import without_login
from scraper.parsed import ParsedFeed
from scraper.urls import absolute
from storage.records import FeedEntry

MAX_ITEMS = 5_000


def claims(document: Document) -> bool:
    """Whether the document is a JSON object."""
    return document.text.startswith("{")


def read(document: Document) -> ParsedFeed:
    """The feed; raises `FeedError` for broken JSON and for JSON that is no feed."""
    feed = _loaded(document.text)
    items = feed.get("items")
    if not isinstance(items, list):
        raise FeedError("JSON, but not a JSON Feed: it has no list of items")
    entries: dict[tuple[str, str], FeedEntry] = {}
    usable = 0
    for item in items[:MAX_ITEMS]:
        entry = _entry(item, feed, document) if isinstance(item, dict) else None
        if entry is not None:
            usable += 1
            entries.setdefault((entry.url, entry.guid), entry)
    return ParsedFeed(
        format=_version(feed),
        title=plain(feed.get("title")),
        next_page=absolute(clean(feed.get("next_url")), document.url),
        entries=tuple(entries.values()),
        dropped=len(items[:MAX_ITEMS]) - usable,
    )


def _loaded(text: str) -> dict[str, Any]:
    try:
        feed = json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        raise FeedError(f"broken JSON (line {error.lineno}: {error.msg})") from None
    except (RecursionError, ValueError):
        raise FeedError("JSON too deep or with numbers too long to be a feed") from None
    if not isinstance(feed, dict):
        raise FeedError("JSON, but not a JSON Feed")
    return feed


def _entry(item: dict[str, Any], feed: dict[str, Any], document: Document) -> FeedEntry | None:
    url = _link(item, document.url)
    if not url:
        return None
    content = clean(item.get("content_html"))
    return FeedEntry(
        url=url,
        feed=document.url,
        guid=without_login(clean(item.get("id"))),
        title=plain(item.get("title")),
        published=iso_moment(item.get("date_published"), document.now),
        updated=iso_moment(item.get("date_modified"), document.now),
        authors=_authors(item) or _authors(feed),
        tags=_names(item.get("tags")),
        summary=plain(item.get("summary")) or ("" if content else clean(item.get("content_text"))),
        markup=content,
        item=_raw(item),
    )


def _link(item: dict[str, Any], base: str) -> str:
    # `external_url` is the page a link blog writes about, `url` its own post: the post is what the feed lists.
    named = absolute(clean(item.get("url")), base)
    guid = clean(item.get("id"))
    if not named and guid.lower().startswith(("http://", "https://")):
        named = absolute(guid, base)
    return named or absolute(clean(item.get("external_url")), base)


def _authors(holder: dict[str, Any]) -> tuple[str, ...]:
    authors = holder.get("authors")
    listed = authors if isinstance(authors, list) else []
    people = [*listed, holder.get("author")]
    return _names([person.get("name") if isinstance(person, dict) else person for person in people])


def _names(values: object) -> tuple[str, ...]:
    found = values if isinstance(values, list) else []
    return tuple(dict.fromkeys(name for value in found[:1000] if (name := plain(value))))


def _version(feed: dict[str, Any]) -> str:
    number = clean(feed.get("version")).rstrip("/").rpartition("/")[2]
    return {"1": "json10", "1.0": "json10", "1.1": "json11"}.get(number, "json")


def _raw(item: dict[str, Any]) -> bytes:
    try:
        return json.dumps(item, ensure_ascii=False).encode("utf-8", "replace")
    except (RecursionError, ValueError):
        return b""
