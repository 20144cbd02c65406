"""What is known about a page, and who said it: readers in order of trust, the first usable answer wins."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from scraper.metadata.fields import bare_title, language, line, people, when
from scraper.metadata.jsonld import articles, strings
from scraper.metadata.readers import READERS, Fields
from scraper.urls import absolute, same_site
from storage.records import FeedEntry, Metadata


def read_metadata(tree: LexborHTMLParser, url: str, entry: FeedEntry | None = None) -> Metadata:
    """All fields of a page. Pure; never raises for what a page says."""
    said = {name: reader(tree, url, entry) for name, reader in READERS.items()}
    site = _first(said, "site", lambda values: line(values[0]))[0]
    titles = [value for fields in said.values() for value in fields.get("title", [])[:1]]
    usable: dict[str, Callable[[list[str]], Any]] = {
        "title": lambda values: bare_title(values[0], titles, site),
        "authors": people,
        "published": _moment,
        "modified": _moment,
        "language": lambda values: language(values[0]),
        "site": lambda values: line(values[0]),
        "section": lambda values: line(values[0]),
        "tags": _tags,
        "summary": lambda values: line(values[0]),
        "image": lambda values: absolute(values[0], url),
        "canonical_url": lambda values: _own(absolute(values[0], url), url),
        "access": lambda values: values[0],
    }
    answers = {field: _first(said, field, use) for field, use in usable.items()}
    facts: dict[str, Any] = {field: value for field, (value, _) in answers.items() if value}
    return Metadata(**facts, said_by={field: reader for field, (value, reader) in answers.items() if value})


def article_body(tree: LexborHTMLParser) -> str:
    """The whole text that the page's JSON-LD carries, or ''."""
    bodies = [text for node in articles(tree) for text in strings(node.get("articleBody"))]
    return max(bodies, key=len, default="")


def _first(said: dict[str, Fields], field: str, use: Callable[[list[str]], Any]) -> tuple[Any, str]:
    """The first usable answer and its reader. The page's own canonical link stands above what others say."""
    order = ("meta", *said) if field in ("canonical_url", "language") else tuple(said)
    for reader in order:
        values = [value for value in said[reader].get(field, []) if value and value.strip()]
        if values and (answer := use(values)):
            return answer, reader
    return "", ""


def _moment(values: list[str]) -> datetime | None:
    return when(values[0])


def _tags(values: list[str]) -> tuple[str, ...]:
    parts = [line(part) for value in values for part in value.split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))[:50]


def _own(canonical: str, url: str) -> str:
    return canonical if canonical and (not url or same_site(canonical, url)) else ""
