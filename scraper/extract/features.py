"""What is known about each block of a page, as numbers: the input of the scorer. Pure.

A block is described by three things: `dense`, figures about its text, its place and its likeness to what the page says
of itself; the words of the class and id attributes around it (`near`: its element and the two above; `far`: the rest);
and, if it is short, its own words. The words are looked up in the vocabularies that were learned with the weights.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scraper.blocks import BREAK, Block, Element, lineage
from scraper.extract.phrases import CREDIT, DATE, is_prompt, related
from storage.folding import HEAD, fold, line_marks, lowered
from storage.likeness import SPACELESS

FEW_WORDS = 12  # a block of more words is judged by its shape, not by its words
MOST_BLOCKS = 4000
_SENTENCE_ENDS = (".", "!", "?", "。", "！", "？", "…", "”", '"', "»", "।", "؟", ":", "“", "’", ")")
_TAG_GROUPS = (
    "p|h1|h2|h3|h4 h5 h6|li|td th|div center|blockquote|section article main body header|pre|figcaption figure|"
    "dt dd|summary"
)
_TAGS = {tag: place for place, tags in enumerate(_TAG_GROUPS.split("|")) for tag in tags.split()}
_TAG_COUNT = 15
_ONE_HOT = np.eye(_TAG_COUNT, dtype=np.float32)
_BREAKS = frozenset((BREAK, "\n"))
_QUOTES = frozenset("“\"'«„‘「")
_LEAST_SUMMARY = 20
_SHORT = 300  # characters: a longer block is not compared by its words
_LEAST_BODY = 200  # folded characters
_AROUND = tuple(
    "article main section aside footer header form figure table ul ol blockquote details address li figcaption".split()  # noqa: SIM905
)
# Which columns of `dense` are about what, for explanations.
COLUMNS = {
    "length and sentences": slice(0, 15),
    "links": slice(2, 3),
    "phrases of credits, dates, prompts": slice(15, 24),
    "likeness to the title, the summary, other blocks": slice(24, 33),
    "place on the page": slice(33, 42),
    "what stands around it": slice(42, 57),
    "distance from most of the running text": slice(57, 62),
    "lists of links beside it": slice(62, 64),
    "its tag": slice(64, 79),
    "the tags around it": slice(79, 95),
}
DENSE = 95
_HEADLINES = frozenset(("h1", "h2"))  # they may be links to their own page
_MOSTLY = 0.8  # share of linked characters above which a block leads elsewhere
_MARK_WORDS = re.compile(r"[a-z]{2,}")
_DIGIT = re.compile(r"\d")
_DATED = re.compile(r"[\d年]")
# All bytes but those that a character of SPACELESS begins with in UTF-8.
_OTHER_SCRIPTS = bytes(code for code in range(256) if code not in (0xE0, 0xE1, *range(0xE3, 0xEA)))


@dataclass(frozen=True, slots=True)
class Hints:
    """What else is said about the article: titles, standfirst or summaries, whole text (JSON-LD) or '', authors.

    What is known of its site: the lines that it repeats, and the places where its articles stand.
    """

    titles: tuple[str, ...] = ()
    summaries: tuple[str, ...] = ()
    body: str = ""
    authors: tuple[str, ...] = ()
    boilerplate: frozenset[int] = frozenset()
    homes: frozenset[int] = frozenset()


@dataclass(slots=True)
class Description:
    """Blocks in numbers.

    `blocks`: those described; `dense` (blocks, features); `words`: those of short blocks; `sizes`: words of each
    block; `folded`: its first characters, folded; `at_home`: whether it stands in the innermost element that holds
    half of the running text; `lines`: the elements and all around them, the outer ones first; `headline`: which block
    that is, or -1.
    """

    blocks: list[Block]
    dense: NDArray[np.float32]
    elements: list[Element]
    words: list[list[str]]
    sizes: NDArray[np.float32]
    folded: list[str]
    at_home: NDArray[np.bool_]
    lines: list[Element]
    headline: int


def size(text: str) -> int:
    """Words; in scripts without spaces, characters."""
    return text.count(" ") + 1 + (0 if text.isascii() else spaceless(text))


def spaceless(text: str) -> int:
    """How many characters of scripts without spaces it holds."""
    # Quotes and accents are common; the bytes that those scripts begin with are looked for much faster.
    encoded = text.encode("utf-8", "surrogatepass").translate(None, _OTHER_SCRIPTS)
    return len(SPACELESS.findall(text)) if encoded else 0


def mark_words(marks: str) -> list[str]:
    """The words of a class or id attribute: `td-post-content` -> post, content."""
    return _MARK_WORDS.findall(marks)


def describe(blocks: Sequence[Block], hints: Hints) -> Description:
    """The blocks in numbers, without those that are nothing but links.

    Computed by column: a page has hundreds of blocks, and Python is slow by row.
    """
    places = [
        place
        for place, block in enumerate(blocks)
        if not block.links or not only_links(block) or block.tag in _HEADLINES
    ]
    if not places:
        nothing = np.zeros(0, np.float32)
        return Description([], np.zeros((0, DENSE), np.float32), [], [], nothing, [], np.zeros(0, bool), [], -1)
    skipped = np.minimum(np.diff([-1, *places, len(blocks)]) - 1, 8) / 8  # links before each block, behind the last
    measures = _measures(blocks)
    company = _company(blocks, *measures)[:, places]
    sizes, lengths, density, sentences = (values[places] for values in measures)
    blocks = [blocks[place] for place in places]
    texts = [block.text for block in blocks]
    elements = [block.element for block in blocks]
    folded = [fold(text[:HEAD]) for text in texts]
    lines = lineage(elements)
    home = _home(lines, elements, sizes * (1 - density) * np.maximum(sentences, 0.1))
    lows = [lowered(text) if len(text) < _SHORT else "" for text in texts]
    words = [low.split() for low in lows]
    headline = _headline(elements, folded, {fold(title) for title in hints.titles if title})
    columns: list[Column] = [
        np.sqrt(sizes) / 8,
        np.minimum(sizes, 12) / 12,
        density,
        lengths / (sizes * 8),
        sentences,
        *_shape(texts, blocks, lengths),
        *_says(texts, [low[:HEAD] for low in lows]),
        *_likeness(words, folded, hints, [element.hidden for element in elements]),
        *_position(sizes, headline),
        *company,
        *home,
        [element.hidden for element in elements],
        skipped[:-1],
        skipped[1:],
    ]
    dense = np.empty((DENSE, len(blocks)), np.float32)
    _fill(dense, columns)
    dense[len(columns) : -len(_AROUND)] = _ONE_HOT[[_TAGS.get(element.tag, _TAG_COUNT - 1) for element in elements]].T
    dense[-len(_AROUND) :] = _surroundings([element.within for element in elements]).T
    few = [one if is_few else [] for one, is_few in zip(words, sizes <= FEW_WORDS, strict=True)]
    dense = np.ascontiguousarray(dense.T)
    return Description(blocks, dense, elements, few, sizes, folded, np.array(home[0], bool), lines, headline)


def only_links(block: Block) -> bool:
    """Whether it leads elsewhere and says nothing itself."""
    return block.links > _MOSTLY * len(block.text)


Column = Sequence[float] | NDArray[np.floating[Any]]


def _fill(rows: NDArray[np.float32], columns: Sequence[Column]) -> None:
    """Enter each column as a row. Lists are turned into arrays together, truth values by way of bytes: it is faster."""
    flags: list[int] = []
    figures: list[int] = []
    for place, column in enumerate(columns):
        if isinstance(column, np.ndarray):
            rows[place] = column
        else:
            (flags if isinstance(column[0], bool) else figures).append(place)
    packed = b"".join([bytes(columns[place]) for place in flags])  # type: ignore[arg-type]
    rows[flags] = np.frombuffer(packed, np.uint8).reshape(len(flags), -1)
    rows[figures] = np.array([columns[place] for place in figures], np.float32)


def _surroundings(within: Sequence[frozenset[str]]) -> NDArray[np.float32]:
    """For each block which of _AROUND it stands in: shape (blocks, _AROUND)."""
    rows: dict[frozenset[str], int] = {}
    places = [rows.setdefault(one, len(rows)) for one in within]
    return np.array([_stands_in(one) for one in rows], np.float32)[places]


@lru_cache(20_000)  # pages of a site are built alike
def _stands_in(within: frozenset[str]) -> list[bool]:
    return [tag in within for tag in _AROUND]


def _shape(texts: Sequence[str], blocks: Sequence[Block], lengths: NDArray[np.float32]) -> list[Column]:
    heads = [text[:60] for text in texts]
    return [
        [text[-1] == ":" for text in texts],
        [min(text.count(",") + text.count(".") + text.count("，") + text.count("。"), 12) / 12 for text in texts],
        [_digits(head) / len(head) for head in heads],
        [head.isupper() for head in heads],
        [text[0].isupper() for text in texts],
        [text[0] in _QUOTES for text in texts],
        np.minimum(np.array([block.styled for block in blocks], np.float32) / lengths, 1.0),
        [block.timed for block in blocks],
        [len(block.parts) > 1 and any(part[0] in _BREAKS for part in block.parts) for block in blocks],
        [block.links > 0 for block in blocks],
    ]


def _digits(text: str) -> int:
    if text.isascii():
        return len(text) - len(text.encode().translate(None, b"0123456789"))
    return len(_DIGIT.findall(text))


def _says(texts: Sequence[str], lows: Sequence[str]) -> list[Column]:
    return [
        [bool(low) and is_prompt(low) for low in lows],
        [bool(low) and related(low) is not None for low in lows],
        [bool(low) and _may_credit(low) and CREDIT.search(low) is not None for low in lows],
        [0 < len(low) < 80 and _DATED.search(low) is not None and DATE.search(low) is not None for low in lows],
        ["©" in low for low in lows],
        ["|" in low or "•" in low or "·" in low for low in lows],
        ["@" in low or "http" in low for low in lows],
        ["?" in text for text in texts],
        ["!" in text for text in texts],
    ]


def _may_credit(low: str) -> bool:
    """Whether CREDIT may find something: looking for these first is faster."""
    return (
        ":" in low
        or "/" in low
        or "photo " in low
        or "image " in low
        or "courtesy " in low
        or "©" in low
        or "getty images" in low
        or "shutterstock" in low
        or "(ap photo" in low
        or "：" in low
    )


def _likeness(
    words: Sequence[Sequence[str]], folded: Sequence[str], hints: Hints, hidden: Sequence[bool]
) -> list[Column]:
    titles = {one for title in hints.titles if (one := fold(title))}
    title_words = {word for title in hints.titles for word in title.lower().split()}
    summaries = {one for text in hints.summaries if len(one := fold(text)) > _LEAST_SUMMARY}
    inside = _inside(folded, fold(hints.body))
    counts = Counter(one for one, unseen in zip(folded, hidden, strict=True) if not unseen)
    first: dict[str, int] = {}
    known = hints.boilerplate
    repeated = [first.setdefault(one, place) < place for place, one in enumerate(folded)]
    return [
        _overlap(folded, titles, 1),
        [one in titles for one in folded],
        [_shared(one, title_words) for one in words],
        _overlap(folded, summaries, _LEAST_SUMMARY + 1),
        inside or [0.0] * len(folded),
        [not one for one in inside] or [0.0] * len(folded),
        [counts[one] > 1 for one in folded],
        repeated,
        [bool(known) and not known.isdisjoint(line_marks(one)) for one in folded],
    ]


def _overlap(folded: Sequence[str], others: Iterable[str], least: int) -> list[bool]:
    """For each block of at least so many characters whether it holds one of the others, or stands in it."""
    found = [False] * len(folded)
    for other in others:
        found = [was or one in other or other in one for was, one in zip(found, folded, strict=True)]
    return [is_found and len(one) >= least for is_found, one in zip(found, folded, strict=True)]


def _shared(own: Sequence[str], words: set[str]) -> float:
    """The share of a text's words, each counted once, that are among these."""
    if words.isdisjoint(own):
        return 0.0
    different = set(own)
    return len(different & words) / len(different)


def _inside(folded: Sequence[str], body: str) -> list[bool]:
    """For each block whether the whole text that the page gives of itself holds it; empty if that text is no guide."""
    if len(body) < _LEAST_BODY:
        return []
    inside = [len(one) > 12 and one in body for one in folded]
    found = sum(len(one) for one, is_inside in zip(folded, inside, strict=True) if is_inside)
    return inside if found > 0.2 * len(body) else []


def _position(sizes: NDArray[np.float32], headline: int) -> list[Column]:
    count = len(sizes)
    places = np.arange(count, dtype=np.float32)
    before = (np.cumsum(sizes) - sizes) / sizes.sum()
    distance = np.clip((places - headline) / 40, -1.5, 1.5) if headline >= 0 else np.zeros(count, np.float32)
    return [
        places / count,
        1 - before,
        np.minimum(places, 30) / 30,
        np.minimum(count - places, 30) / 30,
        distance,
        places > headline if headline >= 0 else np.zeros(count, np.float32),
        np.full(count, headline < 0, np.float32),
        np.full(count, min(count, 600) / 600, np.float32),
        np.full(count, np.sqrt(sizes.sum()) / 60, np.float32),
    ]


def _headline(elements: Sequence[Element], folded: Sequence[str], titles: set[str]) -> int:
    """Which block is the headline: the first heading that says what the page is called, else the first h1; or -1."""
    first = -1
    for place, element in enumerate(elements):
        if element.tag in _HEADLINES:
            if folded[place] in titles:
                return place
            if first < 0 and element.tag == "h1":
                first = place
    return first


def _measures(blocks: Sequence[Block]) -> tuple[NDArray[np.float32], ...]:
    """Of each block its words, its characters, the share of them inside links, whether it ends like a sentence."""
    texts = [block.text for block in blocks]
    sizes = np.array([size(text) for text in texts], np.float32)
    lengths = np.array([len(text) for text in texts], np.float32)
    density = np.minimum(np.array([block.links for block in blocks], np.float32) / lengths, 1.0)
    return sizes, lengths, density, np.array([text.endswith(_SENTENCE_ENDS) for text in texts], np.float32)


def _company(
    blocks: Sequence[Block],
    sizes: NDArray[np.float32],
    _: NDArray[np.float32],
    density: NDArray[np.float32],
    sentences: NDArray[np.float32],
) -> NDArray[np.float64]:
    """What stands in the same element one and two above, and what is marked alike: how much, how linked, how fluent."""
    elements = [block.element for block in blocks]
    parents = [element.parent or element for element in elements]
    most = max(element.number for element in elements) + 1
    numbers: dict[tuple[str, str, str], int] = {}
    alike = [
        numbers.setdefault((element.tag, element.marks, parent.marks), len(numbers) + 2 * most)
        for element, parent in zip(elements, parents, strict=True)
    ]
    above = [parent.number for parent in parents]
    group = np.array([*above, *[(parent.parent or parent).number + most for parent in parents], *alike])
    words, linked, fluent = (
        np.bincount(group, np.tile(weights, 3))[group] for weights in (sizes, sizes * density, sizes * sentences)
    )
    count = np.bincount(group)[group]
    columns = np.array(
        [words / sizes.sum(), np.sqrt(words / count) / 8, linked / words, fluent / words, np.minimum(count, 20) / 20]
    )
    return columns.reshape(len(columns), 3, -1).swapaxes(0, 1).reshape(-1, len(blocks))


def _home(lines: Sequence[Element], elements: Sequence[Element], weights: NDArray[np.float32]) -> list[Column]:
    """Where a block stands seen from the elements that hold half and four fifths of the page's running text.

    For each: whether the block is inside, and how many elements lie between.
    """
    whole = dict.fromkeys((0, *[element.number for element in lines]), 0.0)
    for element, weight in zip(elements, weights.tolist(), strict=True):
        whole[element.number] += weight
    inside: dict[int, float] = {}  # a paragraph's own element is no home
    above = [element.parent.number if element.parent else 0 for element in lines]
    for element, around in zip(reversed(lines), reversed(above), strict=True):
        weight = whole[element.number]
        inside[around] = inside.get(around, 0.0) + weight
        whole[around] += weight
    inside.pop(0, None)
    total = float(weights.sum())
    columns: list[Column] = []
    for share in (0.5, 0.8):
        # The number of an element grows with its depth along one branch: the greatest is the innermost.
        home = max((number for number, weight in inside.items() if weight >= share * total), default=0)
        # How many elements lie between each one and its home, or -1 outside.
        steps = {0: -1}
        for element, around in zip(lines, above, strict=True):
            steps[element.number] = 0 if element.number == home else steps[around] + (steps[around] >= 0)
        found = np.array([steps[element.number] for element in elements], np.float32)
        columns.append((found >= 0).astype(np.float32))
        columns.append(np.clip(found, 0, 6) / 6)
    return columns
