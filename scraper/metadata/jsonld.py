"""What a page's JSON-LD says (schema.org), read once."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import msgspec
from selectolax.lexbor import LexborNode

_ARTICLE = re.compile(
    r"Article|BlogPosting|Report$|Review|LiveBlog|NewsStory|Recipe|HowTo|Gallery|VideoObject|PodcastEpisode"
)
_PAGE = re.compile(r"WebPage$|CreativeWork|MedicalWebPage|QAPage|FAQPage|CollectionPage|SearchResultsPage")
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//<!\[CDATA\[|/\*<!\[CDATA\[\*/|<!\[CDATA\[)|(?:-->|//\]\]>|/\*\]\]>\*/|\]\]>)\s*;?\s*$"
)
_CONTROLS = re.compile(r"[\x00-\x1f]+")
_MOST_NODES = 2000
# What can be saved from JSON that does not parse.
_SAVED = {
    name: re.compile(pattern)
    for name, pattern in {
        "headline": r'"headline"\s*:\s*"((?:[^"\\]|\\.){5,300})"',
        "datePublished": r'"datePublished"\s*:\s*"([^"]{8,40})"',
        "dateModified": r'"dateModified"\s*:\s*"([^"]{8,40})"',
        "author": r'"author"\s*:\s*[\[{][^\]}]{0,300}?"name"\s*:\s*"([^"]{3,80})"',
    }.items()
}


def articles(scripts: Iterable[LexborNode]) -> list[dict[str, Any]]:
    """The nodes of a page's scripts that describe an article, in order; behind them those of the page."""
    found: list[dict[str, Any]] = []
    pages: list[dict[str, Any]] = []
    named: dict[str, Any] = {}
    for script in scripts:
        for node in _nodes(_load(script.text() or "")):
            kinds = strings(node.get("@type"))
            if isinstance(node.get("@id"), str) and node.get("name"):
                named[node["@id"]] = node["name"]
            if any(_ARTICLE.search(kind) for kind in kinds):
                found.append(node)
            elif any(_PAGE.search(kind) for kind in kinds):
                pages.append(node)
    for node in found + pages:
        if "author" in node:
            node["author"] = _resolved(node["author"], named)
    return found + pages


def strings(value: Any) -> list[str]:
    """A value as a list of strings: itself, its members, or the name of what it describes."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        parts = [value[key] for key in ("givenName", "familyName") if isinstance(value.get(key), str)]
        return strings(value.get("name") or " ".join(parts) or value.get("url") or value.get("@id"))
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return []


def _resolved(value: Any, named: dict[str, Any]) -> Any:
    """Authors that are given by reference to another node get its name."""
    if isinstance(value, list):
        return [_resolved(one, named) for one in value]
    if isinstance(value, dict) and not value.get("name"):
        return named.get(str(value.get("@id")), value)
    return value


def _load(text: str) -> Any:
    with suppress(msgspec.DecodeError, RecursionError, UnicodeError):
        return msgspec.json.decode(text)
    try:
        return msgspec.json.decode(_CONTROLS.sub(" ", _WRAPPING.sub("", text)))
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        saved: dict[str, Any] = {name: match[1] for name, pattern in _SAVED.items() if (match := pattern.search(text))}
        return saved | {"@type": "Article"} if saved else None


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """The node itself and what @graph, lists and mainEntity hold; bounded."""
    waiting, seen = [value], 0
    while waiting and seen < _MOST_NODES:
        one = waiting.pop(0)
        seen += 1
        if isinstance(one, list):
            waiting[:0] = one
        elif isinstance(one, dict):
            yield one
            waiting += [one[key] for key in ("@graph", "mainEntity", "mainEntityOfPage", "author") if key in one]
