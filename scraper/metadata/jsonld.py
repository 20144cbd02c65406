"""What a page's JSON-LD says (schema.org), read once."""

import re
from collections.abc import Callable, Iterable, Iterator
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


def nodes_of(scripts: Iterable[LexborNode]) -> list[dict[str, Any]]:
    """All nodes of a page's scripts, in order, with the names of authors that are given by reference."""
    nodes = [node for script in scripts for node in _nodes(_load(script.text() or ""))]
    named = {node["@id"]: node["name"] for node in nodes if isinstance(node.get("@id"), str) and node.get("name")}
    for node in nodes:
        if "author" in node:
            node["author"] = _resolved(node["author"], named)
    return nodes


def articles(nodes: Iterable[dict[str, Any]], own: Callable[[str], bool]) -> list[dict[str, Any]]:
    """The nodes that describe an article, in order; behind them those of the page.

    `own`: whether an address is the page's. An article of that address stands before others, which are teasers.
    """
    found: list[dict[str, Any]] = []
    pages: list[dict[str, Any]] = []
    for node in nodes:
        kinds = strings(node.get("@type"))
        if any(_ARTICLE.search(kind) for kind in kinds):
            found.append(node)
        elif any(_PAGE.search(kind) for kind in kinds):
            pages.append(node)
    if len(found) > 1:
        found.sort(key=lambda node: not any(map(own, _addresses(node))))
    return found + pages


def breadcrumbs(nodes: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """The way to the page by its first list of breadcrumbs: names and addresses ('' where none is told), in order."""
    lists = (node for node in nodes if "BreadcrumbList" in strings(node.get("@type")))
    way: list[tuple[str, str]] = []
    for step in objects(next((node.get("itemListElement") for node in lists), None)):
        item = step.get("item")
        to = item if isinstance(item, dict) else {"@id": item}
        name, address = step.get("name") or to.get("name"), to.get("@id") or to.get("url")
        if isinstance(name, str):
            way.append((name, address if isinstance(address, str) else ""))
    return way


def _addresses(node: dict[str, Any]) -> list[str]:
    values = [node.get("url"), node.get("@id"), node.get("mainEntityOfPage")]
    values += [value.get("@id") for value in values if isinstance(value, dict)]
    return [value for value in values if isinstance(value, str)]


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects that a value is or holds in a list; the rest left out."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


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
