"""Posts as WordPress's REST API lists them (`/wp-json/wp/v2/posts`), as a feed format.

Its `…_gmt` times carry no offset and are UTC. Before and behind the JSON may stand what plug-ins print: notices of PHP,
comments of caches.
"""

import json
import re
from typing import Any
from urllib.parse import unquote

from scraper.feeds.text import Document, FeedError, clean, decode, iso_moment, plain
from scraper.logins import without_login
from scraper.parsed import Category, ParsedFeed
from scraper.urls import absolute
from storage.records import FeedEntry

_NUMBERED = re.compile(r'\{\s*"\d{1,4}"\s*:\s*\{')
_HEAD = 20_000  # characters in which the JSON begins
_PRINTED = re.compile(
    r"(?:<!--(?:[^-]|-(?!->))*-->|</?(?:br|b|i|p|font|table|tr|t[dh]|pre)\b[^<>]*>|[^<\[{]|\[(?!\s*[{\]]))*+",
    re.IGNORECASE,
)


def claims(document: Document) -> bool:
    """Whether the document is a JSON list, or what PHP makes of one that a plug-in has taken something out of."""
    start = _start(document.text)
    return document.text.startswith("[", start) or _NUMBERED.match(document.text, start) is not None


def is_object(body: bytes) -> bool:
    """Whether an answer of the API is a JSON object."""
    text = decode(body)
    return text.startswith("{", _start(text))


def read(document: Document) -> ParsedFeed:
    """The posts; raises `FeedError` for broken JSON and for a list of something else."""
    try:
        posts = _json(document.text)
    except (ValueError, RecursionError):
        raise FeedError("broken JSON") from None
    if isinstance(posts, dict):
        posts = list(posts.values())
    if not isinstance(posts, list) or (posts and not any(isinstance(post, dict) and "link" in post for post in posts)):
        raise FeedError("JSON, but neither a JSON Feed nor a list of WordPress posts")
    entries = [_entry(post, document) for post in posts if isinstance(post, dict)]
    usable = tuple(entry for entry in entries if entry.url)
    return ParsedFeed(format="wordpress", entries=usable, dropped=len(posts) - len(usable))


def read_categories(body: bytes) -> tuple[Category, ...]:
    """The categories of `/wp-json/wp/v2/categories`; raises `FeedError` for anything else."""
    try:
        listed = _json(decode(body))
    except (ValueError, RecursionError):
        raise FeedError("broken JSON") from None
    if not isinstance(listed, list):
        raise FeedError("JSON, but no list of categories")
    return tuple(
        Category(one["id"], plain(one.get("name")), unquote(clean(one.get("slug"))), _id(one.get("parent")))
        for one in listed
        if isinstance(one, dict) and _id(one.get("id"))
    )


def _start(text: str) -> int:
    """Where the JSON begins, if it is one."""
    found = None if text.startswith(("[", "{")) else _PRINTED.match(text, 0, _HEAD)
    return found.end() if found else 0


def _json(text: str) -> Any:
    return json.JSONDecoder(strict=False).raw_decode(text, _start(text))[0]


def _id(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53 else 0


def _entry(post: dict[str, Any], document: Document) -> FeedEntry:
    content = post.get("content")
    return FeedEntry(
        url=absolute(clean(post.get("link")), document.url),
        feed=document.url,
        guid=without_login(_rendered(post.get("guid"))),
        title=plain(_rendered(post.get("title"))),
        published=iso_moment(post.get("date_gmt"), document.now),
        updated=iso_moment(post.get("modified_gmt"), document.now),
        authors=_authors(post),
        summary=plain(_rendered(post.get("excerpt"))),
        markup=_rendered(content),
        locked=isinstance(content, dict) and content.get("protected") is True,
    )


def _authors(post: dict[str, Any]) -> tuple[str, ...]:
    """The names of the authors, if the list was asked to bring them (`_embed=author`) and does not hide them (401)."""
    embedded = post.get("_embedded")
    people = embedded.get("author") if isinstance(embedded, dict) else None
    names = [plain(person.get("name")) for person in people or () if isinstance(person, dict)]
    return tuple(dict.fromkeys(filter(None, names)))


def _rendered(value: object) -> str:
    return clean(value.get("rendered")) if isinstance(value, dict) else clean(value)
