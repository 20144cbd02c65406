"""Kept blocks -> text and clean markup. Only what is escaped or made here gets into the markup."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from html import escape
from itertools import groupby

from scraper.blocks import BREAK, CELLS, Block, Element, Part, derived, lineage, visible
from scraper.urls import absolute

_TEXTS = frozenset(("p", "h2", "h3", "h4", "h5", "h6", "pre"))
# What may stand around them, and in what that has to stand, the inner first.
_ITEMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "li": (("ul", "ol"),),
    "dt": (("dl",),),
    "dd": (("dl",),),
    "td": (("tr",), ("table",)),
    "th": (("tr",), ("table",)),
    "blockquote": (),
}
_ALL_ITEMS = frozenset(_ITEMS)
_FRAMES = frozenset(("ul", "ol", "dl", "tr", "table"))
_MOST = 0.6  # of an article: an item or a quote that holds more of it does not shape it but stands around it
_LONGEST_CELL = 800  # characters in a cell of a table that is one; others only lay out a page
_GAP = re.compile(r"\n\s*\n")

Shape = tuple[int, str]  # an element around a text: its number, or one below 0 if the page leaves it out, and its tag


def render(blocks: Sequence[Block], url: str) -> tuple[str, str]:
    """The text and the markup of an article, in Unicode's composed form.

    In the text paragraphs stand apart by one blank line, the rows of a table and lines as the page breaks them by a
    line break, cells by a tab. The markup is safe HTML: a short list of tags, links only to http(s).
    """
    shapes = _shapes(blocks)
    inside = Counter(around[-1] for around in shapes if around)
    texts: list[str] = []
    pieces: list[str] = []
    stack: list[Shape] = []
    for block, around in zip(blocks, shapes, strict=True):
        gap = "\n\n"
        if stack or around:
            shared = 0
            while shared < min(len(stack), len(around)) and stack[shared] == around[shared]:
                shared += 1
            gap = _gap(around[:shared])
            pieces.extend([f"</{tag}>\n" for _, tag in reversed(stack[shared:])])
            pieces.extend([f"<{tag}>\n" if tag in _FRAMES else f"<{tag}>" for _, tag in around[shared:]])
            stack = around
        texts.extend((gap, _broken(block)) if texts else (_broken(block),))
        tag = "h2" if block.tag == "h1" else block.tag if block.tag in _TEXTS else "p"
        inner = _inner(block.parts, url, folded=tag != "pre")
        alone = tag == "p" and around and inside[around[-1]] == 1
        pieces.append(inner if alone else f"<{tag}>{inner}</{tag}>\n")
    pieces.extend([f"</{tag}>\n" for _, tag in reversed(stack)])
    text, markup = "".join(texts), "".join(pieces).strip()
    return unicodedata.normalize("NFC", text), unicodedata.normalize("NFC", markup)


def _gap(shared: Sequence[Shape]) -> str:
    """What stands between two texts, by what both stand in."""
    if not shared or shared[-1][1] not in ("table", "tr"):
        return "\n\n"
    return "\t" if shared[-1][1] == "tr" else "\n"


def _broken(block: Block) -> str:
    """The text of a block with its line breaks."""
    parts = block.parts
    if block.tag == "pre":
        whole = visible("".join(["\n" if run == BREAK else run for run, _, _ in parts])).strip()
        return "\n".join([" ".join(line.split()) for line in _GAP.sub("\n\n", whole).split("\n")])
    if len(parts) == 1 or BREAK not in [run for run, _, _ in parts]:
        return block.text
    lines = ["".join([run for run, _, _ in line]) for _, line in groupby(parts, lambda part: part[0] == BREAK)]
    return "\n".join([text for line in lines if (text := " ".join(visible(line).split()))])


def _inner(parts: Sequence[Part], url: str, *, folded: bool) -> str:
    first, last = 0, len(parts)
    while last and not parts[last - 1][0].strip():
        last -= 1
    while first < last and not parts[first][0].strip():
        first += 1
    html = "".join([_run(*part, url) for part in parts[first:last]])
    return " ".join(html.split()) if folded else html


def _run(text: str, link: str, style: str, url: str) -> str:
    if not text.strip():
        return "<br>" if text == BREAK else text
    html = escape(text, quote=False)
    if style and style != "time":
        html = f"<{style}>{html}</{style}>"
    target = absolute(link, url) if link else ""
    return f'<a href="{escape(target)}">{html}</a>' if target else html


def _shapes(blocks: Sequence[Block]) -> list[list[Shape]]:
    """For each block the lists, tables and quotes that shape it, the outer ones first.

    What holds most of an article only lays out the page, and so does a table with a long cell or never two in a row.
    """
    elements = [block.element for block in blocks]
    if all(_ALL_ITEMS.isdisjoint(one.within) for one in elements):  # most articles
        return [[] for _ in blocks]
    none: list[list[Shape]] = []
    known = derived(lineage(elements), none, lambda above, one: [*above, _framed(one)] if one.tag in _ITEMS else above)
    around = [known[one.number] for one in elements]
    held: defaultdict[int, int] = defaultdict(int)
    rows: defaultdict[Shape, set[Shape]] = defaultdict(set)
    tables: dict[Shape, tuple[Shape, Shape]] = {}
    for block, items in zip(blocks, around, strict=True):
        for shapes in items:
            item = shapes[-1]
            held[item[0]] += len(block.text)
            if item[1] in CELLS:
                table, row, _ = shapes
                rows[row].add(item)
                tables[item] = table, row
    most = _MOST * sum(len(block.text) for block in blocks)
    wide = {table for table, row in tables.values() if len(rows[row]) > 1}
    wide -= {table for cell, (table, _) in tables.items() if held[cell[0]] > min(_LONGEST_CELL, most)}
    return [
        [
            shape
            for item in items
            if (item[0] in wide if item[-1][1] in CELLS else held[item[-1][0]] <= most)
            for shape in item
        ]
        for items in around
    ]


def _framed(item: Element) -> list[Shape]:
    """An item, cell or quote behind its list, or its table and row."""
    shapes = [(item.number, item.tag)]
    for tags in _ITEMS[item.tag]:
        frame = next((one for one in item.upwards() if one.tag in tags), None)
        shapes.insert(0, (frame.number, frame.tag) if frame else (-1, tags[0]))
    return shapes
