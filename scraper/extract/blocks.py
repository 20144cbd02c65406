"""The parsed tree cut into blocks: runs of text with what stands around them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

_BLOCK = frozenset(
    (
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "center",
            "dd",
            "details",
            "div",
            "dl",
            "dt",
            "fieldset",
        ),
        *("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main"),
        *("nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    )
)
_SKIPPED = frozenset(
    (
        *(
            "audio",
            "button",
            "canvas",
            "dialog",
            "embed",
            "head",
            "iframe",
            "input",
            "link",
            "math",
            "meta",
            "noscript",
        ),
        *("object", "option", "script", "select", "style", "svg", "template", "textarea", "video"),
    )
)
_SPACE = re.compile(r"[ \t\r\n\f\xa0\u200b\ufeff]+")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_DEEPEST = 250
_INLINE = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "time": "time"}


@dataclass(slots=True)
class Block:
    """One run of text.

    `tag`: what it is (p, h2, li, …); `tags`: its ancestors, outermost first; `marks`: their class and id words, lower
    case; `links`: characters inside links; `path`: the identities of its ancestors; `parts`: (text, link, style) runs.
    """

    tag: str
    tags: tuple[str, ...]
    marks: str
    path: tuple[int, ...]
    parts: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text with its white space folded."""
        return _SPACE.sub(" ", "".join(text for text, _, _ in self.parts)).strip()

    @property
    def links(self) -> int:
        """Characters inside links."""
        return sum(len(text.strip()) for text, link, _ in self.parts if link)


@dataclass(slots=True)
class _Place:
    """Where the walk stands in the tree."""

    tags: tuple[str, ...] = ()
    marks: str = ""
    path: tuple[int, ...] = ()
    link: str = ""
    style: str = ""


class _Cutter:
    """Collects text until a block element begins or ends."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._open: Block | None = None
        self._count = 0

    def cut(self, root: LexborNode) -> list[Block]:
        """All blocks below a node, in document order."""
        self._walk(root, _Place())
        self._end()
        return self.blocks

    def _walk(self, node: LexborNode, place: _Place) -> None:
        child = node.first_child
        while child is not None:
            tag = child.tag
            if tag == "-text":
                self._text(child.text_content or "", place)
            elif tag == "br":
                self._break(place)
            elif tag and not tag.startswith("-") and tag not in _SKIPPED and len(place.path) < _DEEPEST:
                self._element(child, tag, place)
            child = child.next

    def _element(self, node: LexborNode, tag: str, place: _Place) -> None:
        attributes = node.attributes
        if _hidden(attributes):
            return
        if tag in _BLOCK:
            self._end()
            self._count += 1
            marks = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".strip().lower()
            inner = _Place(
                tags=(*place.tags, tag),
                marks=f"{place.marks} {marks}" if marks else place.marks,
                path=(*place.path, self._count),
                link=place.link,
            )
            self._walk(node, inner)
            self._end()
            return
        link = (attributes.get("href") or "") if tag == "a" else place.link
        style = _INLINE.get(tag, place.style)
        self._walk(node, _Place(place.tags, place.marks, place.path, link, style))

    def _text(self, text: str, place: _Place) -> None:
        if self._open is None:
            if not text.strip():
                return
            tag = place.tags[-1] if place.tags else "p"
            self._open = Block(tag, place.tags, place.marks, place.path)
        self._open.parts.append((text, place.link, place.style))

    def _break(self, place: _Place) -> None:
        # Two breaks in a row end a paragraph, one is white space.
        if self._open and self._open.parts and self._open.parts[-1][0] == "\n":
            self._end()
        elif self._open:
            self._open.parts.append(("\n", place.link, place.style))

    def _end(self) -> None:
        if self._open and self._open.text:
            self.blocks.append(self._open)
        self._open = None


def cut(root: LexborNode) -> list[Block]:
    """Cut a tree into its blocks."""
    return _Cutter().cut(root)


def _hidden(attributes: dict[str, str | None]) -> bool:
    if not attributes:
        return False
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return bool(style and _HIDDEN.search(style))


def costly(body: bytes, nesting: int = 2000, attributes: int = 1000) -> bool:
    """Whether the parser would need quadratic time: very deep nesting, or very many attributes in one tag."""
    depth = 0
    for match in _NESTING.finditer(body):
        depth += -1 if match[1] else 1
        if depth > nesting:
            return True
        depth = max(depth, 0)
    return any(tag.count(b"=") > attributes for tag in _tags(body))


_NESTING = re.compile(rb"<(/?)(?:div|li|ul|ol|blockquote|details|section|span|dd|dl)\b", re.IGNORECASE)
_LONG_TAG = re.compile(rb"<[a-zA-Z][^<>]{4000,}")


def _tags(body: bytes) -> Iterator[bytes]:
    return (match[0] for match in _LONG_TAG.finditer(body))
