"""What a page's JSON-LD says (schema.org), read once."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from selectolax.lexbor import LexborHTMLParser

_ARTICLE = re.compile(r"Article|BlogPosting|Report$|LiveBlog|NewsStory")
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//<!\[CDATA\[|/\*<!\[CDATA\[\*/|<!\[CDATA\[)|(?:-->|//\]\]>|/\*\]\]>\*/|\]\]>)\s*$"
)
_CONTROLS = re.compile(r"[\x00-\x1f]+")
_MOST_NODES = 2000


def articles(tree: LexborHTMLParser) -> list[dict[str, Any]]:
    """The nodes of the page that describe an article, in document order."""
    found = []
    for script in tree.css('script[type="application/ld+json"]'):
        for node in _nodes(_load(script.text() or "")):
            kinds = node.get("@type")
            if any(_ARTICLE.search(kind) for kind in strings(kinds)):
                found.append(node)
    return found


def strings(value: Any) -> list[str]:
    """A value as a list of strings: itself, its members, or the name of what it describes."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return strings(value.get("name") or value.get("url") or value.get("@id"))
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return []


def _load(text: str) -> Any:
    try:
        return msgspec.json.decode(_CONTROLS.sub(" ", _WRAPPING.sub("", text)))
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None


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
            waiting += [one[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in one]
