"""Kept blocks -> text and clean markup. Only what is escaped or made here gets into the markup."""

import unicodedata
from collections.abc import Sequence
from html import escape
from itertools import groupby

from scraper.blocks import Block
from scraper.urls import absolute

_KEPT_TAGS = frozenset(("p", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "pre", "td", "th", "dt", "dd"))
_AROUND = frozenset(("blockquote", "li"))
_WRAPPERS = {"li": "ul", "td": "table", "th": "table", "dt": "dl", "dd": "dl"}


def render_text(texts: Sequence[str]) -> str:
    """Paragraphs apart by one blank line, in Unicode's composed form."""
    return unicodedata.normalize("NFC", "\n\n".join(texts))


def render_markup(blocks: Sequence[Block], url: str) -> str:
    """Safe HTML: a short list of tags, links only to http(s)."""
    parts = []
    tagged = [(_tag(block), block) for block in blocks]
    for wrapper, group in groupby(tagged, key=lambda one: _WRAPPERS.get(one[0], "")):
        inner = [_element(tag, block, url) for tag, block in group]
        if wrapper == "table":
            inner = [f"<tr>{cell}</tr>" for cell in inner]
        text = "\n".join(inner)
        parts.append(f"<{wrapper}>\n{text}\n</{wrapper}>" if wrapper else text)
    return unicodedata.normalize("NFC", "\n".join(parts))


def _tag(block: Block) -> str:
    inner = block.tag
    if inner not in _KEPT_TAGS:
        inner = "h2" if inner == "h1" else "p"
    if inner == "p":
        around = block.element.within & _AROUND and [one.tag for one in block.element.upwards() if one.tag in _AROUND]
        inner = around[0] if around else "p"
    return inner


def _element(tag: str, block: Block, url: str) -> str:
    inner = "".join([_run(*part, url) for part in block.parts])
    return f"<{tag}>{' '.join(inner.split())}</{tag}>"


def _run(text: str, link: str, style: str, url: str) -> str:
    if not text.strip():
        return " "
    html = escape(text, quote=False)
    if style and style != "time":
        html = f"<{style}>{html}</{style}>"
    target = absolute(link, url) if link else ""
    return f'<a href="{escape(target)}">{html}</a>' if target else html
