"""The parsed tree cut into blocks: runs of text with what stands around them. One pass, without recursion."""

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from selectolax.lexbor import LexborNode

T = TypeVar("T")

# fmt: off
_BLOCK = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main",
    "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
))
_SKIPPED = frozenset((
    "audio", "button", "canvas", "dialog", "embed", "head", "iframe", "img", "input", "link", "math", "meta", "nav",
    "noscript", "object", "option", "script", "select", "source", "style", "svg", "template", "textarea", "video",
))
_PLAIN = frozenset(("abbr", "big", "br", "cite", "code", "font", "mark", "q", "s", "small", "sub", "sup", "u", "wbr"))
_STYLES = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "time": "time"}
# fmt: on
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# The common style sheets' own words for it, unless another class shows the element on wide screens ("hidden md:block").
_HIDDEN_CLASS = re.compile(r"(?<![^ ])(?:hidden|d-none|is-hidden|hide)(?![^ ])", re.IGNORECASE)
_SHOWN_CLASS = re.compile(r":(?:block|flex|grid|inline|table)|d-\w\w-(?:block|flex|inline|grid)")
_INVISIBLE = {ord(char): None for char in "\u200b\ufeff\u00ad"}
_MANY_INVISIBLE = re.compile("[\u200b\ufeff\u00ad]")
_DEEPEST = 2000


class Element:
    """A block element that stands around text.

    `marks`: its class and id, lower case; `number`: its place among the elements of the page; `tags`, `path`: the tags
    and numbers from the outermost ancestor to itself; `hidden`: not shown when the page is loaded (some sites reveal
    their articles by script).
    """

    __slots__ = ("hidden", "marks", "number", "parent", "path", "tag", "tags")

    def __init__(self, tag: str, parent: "Element | None", marks: str, number: int, hidden: bool = False) -> None:
        self.tag = tag
        self.parent = parent
        self.marks = marks
        self.number = number
        self.hidden: bool = hidden or (parent is not None and parent.hidden)
        self.tags: tuple[str, ...] = (*parent.tags, tag) if parent else ()
        self.path: tuple[int, ...] = (*parent.path, number) if parent else ()

    def upwards(self) -> "Iterator[Element]":
        """Itself and its ancestors, without the root."""
        element = self
        while element.parent is not None:
            yield element
            element = element.parent

    def inherited(self, known: dict[int, T], derive: "Callable[[T, Element], T]") -> T:
        """What `derive` makes of it and of what its parent has, from the root (`known[0]`) down; each asked once."""
        waiting, element = [], self
        while element.number not in known:
            waiting.append(element)
            assert element.parent
            element = element.parent
        value = known[element.number]
        for inner in reversed(waiting):
            value = known[inner.number] = derive(value, inner)
        return value


class Block:
    """One run of text.

    `element`: the innermost block element around it; `text`: its white space folded; `parts`: (text, link, style) runs;
    `links`, `styled`: characters inside links and with a style; `timed`: a `time` element is part of it.
    """

    __slots__ = ("element", "links", "parts", "styled", "text", "timed")

    def __init__(self, element: Element, text: str, parts: list[tuple[str, str, str]]) -> None:
        self.element = element
        self.text = text
        self.parts = parts
        if len(parts) == 1:  # most blocks
            _, link, style = parts[0]
            self.links = len(text) if link else 0
            self.styled = len(text) if style else 0
            self.timed = style == "time"
        else:
            self.links = sum([len(part[0].strip()) for part in parts if part[1]])
            self.styled = sum([len(part[0]) for part in parts if part[2]])
            self.timed = self.styled > 0 and any(part[2] == "time" for part in parts)

    @property
    def tag(self) -> str:
        """What it is: p, h2, li, …"""
        return self.element.tag


class _Cutter:
    """Collects runs of text until a block element begins or ends."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._parts: list[tuple[str, str, str]] = []

    def cut(self, root: LexborNode) -> list[Block]:
        """All blocks below a node, in document order."""
        element = Element("", None, "", 0)
        count = 0
        link = style = ""
        # What to go back to when an element ends: (its next sibling, what stood around it, whether it was a block).
        above: list[tuple[LexborNode | None, Element, str, str, bool]] = []
        node = root.first_child
        while node is not None or above:
            if node is None:
                node, around, link, style, block = above.pop()
                if block:
                    self._end(element)
                element = around
                continue
            tag, after = node.tag or "", node.next
            if tag == "-text":
                self._text(node.text_content or "", link, style)
            elif tag == "br":
                self._break(element, link, style)
            elif tag not in _SKIPPED and tag[:1] != "-" and len(above) < _DEEPEST:
                attributes = {} if tag in _PLAIN else node.attributes
                block, hidden = tag in _BLOCK, bool(attributes) and _hidden(attributes)
                if block or not hidden:
                    above.append((after, element, link, style, block))
                    if block:
                        self._end(element)
                        count += 1
                        element = Element(tag, element, _marks(attributes), count, hidden)
                        style = ""
                    elif tag == "a":
                        link = attributes.get("href") or ""
                    else:
                        style = _STYLES.get(tag, style)
                    node = node.first_child
                    continue
            node = after
        self._end(element)
        return self.blocks

    def _text(self, text: str, link: str, style: str) -> None:
        if self._parts or not text.isspace():
            self._parts.append((text, link, style))

    def _break(self, element: Element, link: str, style: str) -> None:
        # Two breaks in a row end a paragraph, one is white space.
        if self._parts and self._parts[-1][0] == "\n":
            self._end(element)
        elif self._parts:
            self._parts.append(("\n", link, style))

    def _end(self, element: Element) -> None:
        parts = self._parts
        if not parts:
            return
        self._parts = []
        text = " ".join("".join([part[0] for part in parts]).split())
        if _MANY_INVISIBLE.search(text):
            text = text.translate(_INVISIBLE).strip()
        if text:
            self.blocks.append(Block(element, text, parts))


def cut(root: LexborNode) -> list[Block]:
    """Cut a tree into its blocks."""
    return _Cutter().cut(root)


def _marks(attributes: dict[str, str | None]) -> str:
    if not attributes:
        return ""
    return f"{attributes.get('class') or ''} {attributes.get('id') or ''}".strip().lower()


def _hidden(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style, classes = attributes.get("style"), attributes.get("class")
    if style and _HIDDEN.search(style):
        return True
    if not classes or not ("hid" in classes or "none" in classes):
        return False
    return _HIDDEN_CLASS.search(classes) is not None and _SHOWN_CLASS.search(classes) is None


_OPENING = re.compile(rb"<(?:div|li|ul|ol|blockquote|details|section|span|dd|dl)", re.IGNORECASE)
_NESTING = re.compile(rb"<(/?)(?:div|li|ul|ol|blockquote|details|section|span|dd|dl)\b", re.IGNORECASE)
_LONG = 4000
_LONG_TAG = re.compile(rb"<[a-zA-Z][^<>]{4000,}")
_SCRIPT = re.compile(rb"<(script|style)\b.*?</\1", re.IGNORECASE | re.DOTALL)
_VALUE = re.compile(rb"""=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+)""")


def costly(body: bytes, nesting: int = 2000, attributes: int = 1000) -> bool:
    """Whether the parser would need quadratic time: very deep nesting, or very many attributes in one tag."""
    if len(_OPENING.findall(body)) > nesting:  # most pages end the question here
        depth = 0
        for slash in _NESTING.findall(body):
            depth = max(depth - 1, 0) if slash else depth + 1
            if depth > nesting:
                return True
    pieces = body.split(b"<")
    if max(map(len, pieces)) <= _LONG:
        return False
    long = (piece.split(b">", 1)[0] for piece in pieces if len(piece) > _LONG and b">" not in piece[:_LONG])
    if not any(len(tag) > _LONG and tag.count(b" ") > attributes // 2 for tag in long):
        return False
    # Only now is it worth the time to look past scripts, where `<` is an operator.
    return any(len(_VALUE.sub(b"", tag).split()) > attributes for tag in _LONG_TAG.findall(_SCRIPT.sub(b"", body)))
