"""The text of pages that are built by script: the data they carry as JSON, or as markup in a template."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from selectolax.lexbor import LexborHTMLParser

_SCRIPTS = 'script[type="application/json"], script#__NEXT_DATA__'
_TEMPLATES = '[itemprop~="articleBody"] script[type="text/template"], article script[type="text/template"]'
_TEMPLATE = re.compile(rb"<(/?)template\b([^>]*)>", re.IGNORECASE)
_LEAST = 400  # characters of a text that may be an article
_MOST_NODES = 50_000


def embedded_text(tree: LexborHTMLParser) -> str:
    """The longest running text in the page's embedded JSON, or ''. A list of paragraphs counts as one text."""
    found = ""
    for script in tree.css(_SCRIPTS):
        try:
            state = msgspec.json.decode(script.text() or "")
        except (msgspec.DecodeError, RecursionError):
            continue
        found = max(found, *_texts(state), key=len)
    return found


def templated(tree: LexborHTMLParser) -> str:
    """The markup that a script puts into the article's place, or ''."""
    return max((script.text() or "" for script in tree.css(_TEMPLATES)), key=len, default="")


def unshadowed(html: bytes) -> bytes:
    """The page with what its declarative shadow roots hold in their places, where browsers show it."""
    shown: list[bool] = []

    def told(tag: re.Match[bytes]) -> bytes:
        if not tag[1]:
            shown.append(b"shadowrootmode" in tag[2].lower())
        is_shown = bool(shown) and (shown.pop() if tag[1] else shown[-1])
        return b"<%bdiv%b>" % (tag[1], tag[2]) if is_shown else tag[0]

    return _TEMPLATE.sub(told, html)


def _texts(state: Any) -> Iterator[str]:
    yield ""
    waiting, seen = [state], 0
    while waiting and seen < _MOST_NODES:
        node = waiting.pop()
        seen += 1
        if isinstance(node, str) and _is_text(node):
            yield node
        elif isinstance(node, list):
            paragraphs = [text for one in node if (text := _paragraph(one))]
            whole = "\n".join(paragraphs)
            if len(paragraphs) > 1 and len(whole) >= _LEAST:
                yield whole
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()


def _paragraph(node: Any) -> str:
    """The words of a list's member that is a paragraph: itself, or what its `text`, `content` or `html` says."""
    if isinstance(node, dict):
        node = next((node[key] for key in ("text", "content", "html", "value") if isinstance(node.get(key), str)), "")
    return node if isinstance(node, str) and node.count(" ") >= 3 and not node.startswith(("{", "http")) else ""


def _is_text(text: str) -> bool:
    return len(text) >= _LEAST and text.count(" ") * 12 > len(text) and not text.lstrip().startswith(("{", "["))
