"""The parsed tree cut into blocks: runs of text with what stands around them. One pass, without recursion."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import TypeVar

from selectolax.lexbor import LexborHTMLParser, LexborNode

from storage.folding import fold

T = TypeVar("T")
Part = tuple[str, str, str]  # text, link, style

_MAKER = LexborHTMLParser("")


def _kinds(tags: str) -> dict[int, str]:
    """The parser's numbers of these tags, which are quicker to ask for than their names."""
    return {_MAKER.create_node(tag).tag_id: tag for tag in tags.split()}


_BLOCKS = _kinds(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr li main ol p pre section summary table tbody td tfoot th thead tr ul"
)
_SKIPPED = _kinds(
    "audio button canvas dialog embed head iframe img input link math meta nav noscript object option script select "
    "source style svg template textarea video rt rp"
)
_PLAIN = _kinds("abbr big br cite code font mark q s small sub sup u wbr")
_STYLES = _kinds("em time") | dict.fromkeys(_kinds("b strong"), "strong") | dict.fromkeys(_kinds("i"), "em")
_TEXT = 2
(_BREAK,), (_LINK,), (_RUBY,), (_BUTTON,), (_INPUT,), (_PICTURE,) = map(
    _kinds, ("br", "a", "ruby", "button", "input", "img")
)
_BOX = 5  # elements from a field to what stands around all of its box, at most
_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6", "dt"))  # a button in one unfolds what it stands over
_NOTES = _kinds("rt rp")
_SOMETIMES = {*_NOTES, _BUTTON}  # of those skipped
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# The common style sheets' own words for it, unless another class shows the element on wide screens ("hidden md:block").
_HIDDEN_CLASS = re.compile(r"(?<![^ ])(?:hidden|d-none|is-hidden|hide)(?![^ ])", re.IGNORECASE)
_SHOWN_CLASS = re.compile(r":(?:block|flex|grid|inline|table)|d-\w\w-(?:block|flex|inline|grid)")
_INVISIBLE = {ord(char): None for char in "\u200b\ufeff\u00ad"}
_MANY_INVISIBLE = re.compile("[\u200b\ufeff\u00ad]")
CELLS = frozenset(("td", "th"))  # of a table
BREAK = "\u2028"  # the run of a line break: Unicode's own separator of lines, white space like others
_DEEPEST = 2000
_NOTHING: frozenset[str] = frozenset()


class Element:
    """A block element that stands around text.

    `marks`: its class and id, lower case; `number`: its place among the elements of the page; `hidden`: it or what
    stands around it is not shown when the page is loaded (some sites reveal their articles by script); `within`: its
    tag and those of all around it; `asks`: a field for an address of electronic mail stands in it or just below;
    `pictured`: so does a picture.
    """

    __slots__ = ("asks", "hidden", "marks", "number", "parent", "pictured", "tag", "within")

    def __init__(self, tag: str, parent: "Element | None", marks: str, number: int, hidden: bool = False) -> None:
        self.tag = tag
        self.parent = parent
        self.marks = marks
        self.number = number
        self.hidden = hidden
        self.asks = self.pictured = False
        self.within: frozenset[str] = _within(parent.within if parent else _NOTHING, tag)

    def upwards(self) -> "Iterator[Element]":
        """Itself and its ancestors, without the root."""
        element = self
        while element.parent is not None:
            yield element
            element = element.parent


@lru_cache(20_000)  # pages of a site are built alike
def _within(around: frozenset[str], tag: str) -> frozenset[str]:
    return around if tag in around else around | {tag}


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


def gathered(lines: Sequence[Element], elements: Iterable[Element], weights: Iterable[float]) -> dict[int, float]:
    """What these elements weigh, each with all that it holds, by number; `lines`: they and all around them."""
    known = dict.fromkeys((0, *[one.number for one in lines]), 0.0)
    for element, weight in zip(elements, weights, strict=True):
        known[element.number] += weight
    for one in reversed(lines):
        known[one.parent.number] += known[one.number]  # type: ignore[union-attr]
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


def cut(root: LexborNode) -> list[Block]:  # noqa: C901, PLR0912, PLR0915 - one loop: calls would cost more than their work
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
        kind = node.tag_id
        if kind == _TEXT:
            text = node.text_content or ""
            if parts or not text.isspace():
                parts.append((text, link, style))
        elif kind == _BREAK:
            # Two breaks in a row end a paragraph, one a line.
            if parts and _is_broken(parts):
                parts = _end(blocks, element, parts)
            elif parts:
                parts.append((BREAK, link, style))
        elif (
            (kind not in _SKIPPED or (kind in _SOMETIMES and _is_read(node, element)))
            and (inner := node.first_child) is not None
            and len(above) < _DEEPEST
        ):
            if kind in _BLOCKS:
                if parts:
                    parts = _end(blocks, element, parts)
                above.append((node.next, element, link, style, True))
                attributes = node.attributes
                marks, hidden = _told(attributes) if attributes else ("", False)
                count += 1
                element, style = Element(_BLOCKS[kind], element, marks, count, hidden or element.hidden), ""
                node = inner
                continue
            attributes = {} if kind in _PLAIN else node.attributes
            # AMP says so of its menus and consents.
            if not attributes or not (_told(attributes)[1] or attributes.get("layout") == "nodisplay"):
                above.append((node.next, element, link, style, False))
                if kind == _LINK:
                    link = attributes.get("href") or ""
                elif kind in _STYLES:
                    style = _STYLES[kind]
                node = inner
                continue
        elif parts and kind in _BLOCKS:
            parts = _end(blocks, element, parts)
        elif kind == _INPUT:
            _mark_box(element, node.attributes)
        elif kind == _PICTURE:
            element.pictured = True
            if element.parent is not None:
                element.parent.pictured = True
        node = node.next
    if parts:
        _end(blocks, element, parts)
    return blocks


def _end(blocks: list[Block], element: Element, parts: list[Part]) -> list[Part]:
    """Make a block of these runs, if they say anything; the next one begins with none."""
    text = " ".join((parts[0][0] if len(parts) == 1 else "".join([part[0] for part in parts])).split())
    text = visible(text).strip()
    if text:
        blocks.append(Block(element, text, parts))
    return []


def _is_broken(parts: list[Part]) -> bool:
    """Whether these runs end with a line break, and maybe white space."""
    last = parts[-2:]
    return last[-1][0] == BREAK or (last[0][0] == BREAK and last[1][0].isspace())


def _is_read(node: LexborNode, element: Element) -> bool:
    return element.tag in _HEADINGS if node.tag_id == _BUTTON else not is_note(node)


def _mark_box(element: Element, attributes: dict[str, str | None]) -> None:
    """Note at the elements around an input that it asks for an address of electronic mail, if it does."""
    if attributes.get("type") == "email" or "mail" in f"{attributes.get('name')} {attributes.get('id')}".lower():
        for one in islice(element.upwards(), _BOX):
            one.asks = True


def headed(blocks: Sequence[Block], title: str) -> list[Block]:
    """The blocks, of which the first that begins with a line of the title is two: the headline, and what is below it.

    `title`: what the page is called, folded. In the tables of the 1990s day and byline stand below it, a break apart.
    """
    for place, block in enumerate(blocks):
        runs = [run for run, _, _ in block.parts]
        end = runs.index(BREAK) if BREAK in runs else 0
        line = fold("".join(runs[:end]))
        if end and 2 * len(line) > len(title) and line in title:
            halves: list[Block] = []
            for parts in (block.parts[:end], block.parts[end:]):
                _end(halves, block.element, parts)
            return [*blocks[:place], *halves, *blocks[place + 1 :]]
    return list(blocks)


def ancestors(node: LexborNode) -> Iterator[LexborNode]:
    """The elements around a node, the innermost first."""
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def is_note(node: LexborNode) -> bool:
    """Whether an element says how the word beside it is spoken (`ruby`), and nothing else: it is not said twice."""
    return (
        node.tag_id in _NOTES
        and (around := node.parent) is not None
        and around.tag_id == _RUBY
        and all(child.is_text_node for child in node.iter(include_text=True))
    )


def visible(text: str) -> str:
    """A text without the characters that nobody sees: soft hyphens, spaces of no width."""
    return text if text.isascii() or not _MANY_INVISIBLE.search(text) else text.translate(_INVISIBLE)


def _told(attributes: dict[str, str | None]) -> tuple[str, bool]:
    """The marks of an element, and whether it is hidden."""
    classes, name = attributes.get("class") or "", attributes.get("id")
    marks = (f"{classes} {name}" if classes and name else classes or name or "").strip().lower()
    if ("hid" in classes or "none" in classes) and _HIDDEN_CLASS.search(classes) and not _SHOWN_CLASS.search(classes):
        return marks, True
    if len(attributes) == 1 and classes:
        return marks, False
    style = attributes.get("style")
    return marks, (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or (style is not None and _HIDDEN.search(style) is not None)
    )
