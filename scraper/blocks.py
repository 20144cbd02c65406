"""The parsed tree cut into blocks: runs of text with what stands around them. One pass, without recursion."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from selectolax.lexbor import LexborNode

T = TypeVar("T")
Part = tuple[str, str, str]  # text, link, style

# fmt: off
_BLOCK = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main",
    "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
))
_SKIPPED = frozenset((
    "-comment", "audio", "button", "canvas", "dialog", "embed", "head", "iframe", "img", "input", "link", "math",
    "meta", "nav", "noscript", "object", "option", "script", "select", "source", "style", "svg", "template",
    "textarea", "video",
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
_NOTHING: frozenset[str] = frozenset()


class Element:
    """A block element that stands around text.

    `marks`: its class and id, lower case; `number`: its place among the elements of the page; `hidden`: it or what
    stands around it is not shown when the page is loaded (some sites reveal their articles by script); `within`: its
    tag and those of all around it.
    """

    __slots__ = ("hidden", "marks", "number", "parent", "tag", "within")

    def __init__(self, tag: str, parent: "Element | None", marks: str, number: int, hidden: bool = False) -> None:
        self.tag = tag
        self.parent = parent
        self.marks = marks
        self.number = number
        self.hidden = hidden
        around = parent.within if parent else _NOTHING
        self.within: frozenset[str] = around if tag in around else around | {tag}

    def upwards(self) -> "Iterator[Element]":
        """Itself and its ancestors, without the root."""
        element = self
        while element.parent is not None:
            yield element
            element = element.parent


def lineage(elements: Iterable[Element]) -> list[Element]:
    """These elements and all around them, each once, without the root; the outer ones stand before the inner ones."""
    known: dict[int, Element] = {}
    for element in elements:
        number = element.number
        while number not in known and element.parent is not None:
            known[number] = element
            element = element.parent  # noqa: PLW2901 - up the tree
            number = element.number
    return [known[number] for number in sorted(known)]


def derived(lines: Iterable[Element], root: T, derive: "Callable[[T, Element], T]") -> dict[int, T]:
    """What `derive` makes of each element and of what the one around it has, by number; `root`: what the root has."""
    known = {0: root}
    for element in lines:
        known[element.number] = derive(known[element.parent.number], element)  # type: ignore[union-attr]
    return known


class Block:
    """One run of text.

    `element`: the innermost block element around it; `text`: its white space folded; `parts`: runs of it;
    `links`, `styled`: characters inside links and with a style; `timed`: a `time` element is part of it.
    """

    __slots__ = ("element", "links", "parts", "styled", "text", "timed")

    def __init__(self, element: Element, text: str, parts: list[Part]) -> None:
        self.element = element
        self.text = text
        self.parts = parts
        if len(parts) == 1:  # most blocks
            _, link, style = parts[0]
            self.links = len(text) if link else 0
            self.styled = len(text) if style else 0
            self.timed = style == "time"
            return
        self.links = self.styled = 0
        self.timed = False
        for run, link, style in parts:
            if link:
                self.links += len(run.strip())
            if style:
                self.styled += len(run)
                self.timed = self.timed or style == "time"

    @property
    def tag(self) -> str:
        """What it is: p, h2, li, …"""
        return self.element.tag


def cut(root: LexborNode) -> list[Block]:  # noqa: C901, PLR0912 - one loop: calls would cost more than their work
    """Cut a tree into its blocks, in document order."""
    blocks: list[Block] = []
    parts: list[Part] = []
    element, count = Element("", None, "", 0), 0
    link = style = ""
    # What to go back to when an element ends: (its next sibling, what stood around it, whether it was a block).
    above: list[tuple[LexborNode | None, Element, str, str, bool]] = []
    node = root.first_child
    while node is not None or above:
        if node is None:
            node, around, link, style, block = above.pop()
            if block:
                if parts:
                    parts = _end(blocks, element, parts)
                element = around
            continue
        tag, after = node.tag, node.next
        if tag == "-text":
            text = node.text_content or ""
            if parts or not text.isspace():
                parts.append((text, link, style))
        elif tag == "br":
            # Two breaks in a row end a paragraph, one is white space.
            if parts and parts[-1][0] == "\n":
                parts = _end(blocks, element, parts)
            elif parts:
                parts.append(("\n", link, style))
        elif tag not in _SKIPPED and len(above) < _DEEPEST:
            attributes = {} if tag in _PLAIN else node.attributes
            hidden = bool(attributes) and _hidden(attributes)
            block = tag in _BLOCK
            if block or not hidden:
                above.append((after, element, link, style, block))
                if block:
                    if parts:
                        parts = _end(blocks, element, parts)
                    count += 1
                    element = Element(
                        tag or "", element, _marks(attributes) if attributes else "", count, hidden or element.hidden
                    )
                    style = ""
                elif tag == "a":
                    link = attributes.get("href") or ""
                elif tag in _STYLES:
                    style = _STYLES[tag]
                node = node.first_child
                continue
        node = after
    if parts:
        _end(blocks, element, parts)
    return blocks


def _end(blocks: list[Block], element: Element, parts: list[Part]) -> list[Part]:
    """Make a block of these runs, if they say anything; the next one begins with none."""
    text = " ".join((parts[0][0] if len(parts) == 1 else "".join([part[0] for part in parts])).split())
    if not text.isascii() and _MANY_INVISIBLE.search(text):
        text = text.translate(_INVISIBLE).strip()
    if text:
        blocks.append(Block(element, text, parts))
    return []


def _marks(attributes: dict[str, str | None]) -> str:
    classes, name = attributes.get("class"), attributes.get("id")
    return (f"{classes} {name}" if classes and name else classes or name or "").strip().lower()


def _hidden(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    if "style" in attributes and _HIDDEN.search(attributes["style"] or ""):
        return True
    classes = attributes.get("class")
    if not classes or not ("hid" in classes or "none" in classes):
        return False
    return _HIDDEN_CLASS.search(classes) is not None and _SHOWN_CLASS.search(classes) is None
