"""Pages with known answers: cut as the extractor cuts them, each block labelled by how much of it is right."""

import base64
import json
import lzma
import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scraper.blocks import Element
from scraper.extract import PageRefused, blocks_of, hints_of, parse
from scraper.extract.features import Description, describe, mark_words
from scraper.metadata import Seen, read_metadata

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_CAPTION = re.compile("caption|figure|photo|image|teaser|related", re.IGNORECASE)
_RUN = 4  # words in a row that must be the same to count as found


@dataclass(slots=True)
class Labelled:
    """A page: its blocks in numbers, their texts, and for each the share of its words that belong to the article."""

    id: str
    dataset: str
    kind: str
    site: str
    gold: list[str]
    texts: list[str]
    dense: NDArray[np.float32]
    near: list[list[str]]
    far: list[list[str]]
    words: list[list[str]]
    right: NDArray[np.float32]
    sizes: NDArray[np.float32]


def tokens(text: str) -> list[str]:
    """Words in lower case; characters in scripts without spaces."""
    return _WORD.findall(text.lower())


def read(folder: Path, datasets: tuple[str, ...], skip: frozenset[str] = frozenset()) -> list[Labelled]:
    """All labelled pages with gold text, in a fixed order; on all cores."""
    lines = (line for name in datasets for line in _lines(folder / f"{name}.jsonl.xz"))
    with ProcessPoolExecutor() as pool:
        pages = pool.map(_labelled, lines, chunksize=8)
        return [page for page in pages if page is not None and page.id not in skip]


def _lines(file: Path) -> Iterator[str]:
    with lzma.open(file, "rt", encoding="utf-8") as lines:
        yield from lines


def _labelled(line: str) -> Labelled | None:
    row: dict[str, Any] = json.loads(line)
    if not row["text"]:
        return None
    body = base64.b64decode(row["html_b64"]) if row.get("html_b64") else row["html"].encode("utf-8", "replace")
    try:
        tree = parse(body, "")
    except PageRefused:
        return None
    blocks = blocks_of(tree)
    seen = Seen(tree, row["url"] or "", None, blocks)
    if not blocks:
        return None
    found: Description = describe(blocks, hints_of(seen, read_metadata(seen)))
    blocks = found.blocks
    if not blocks:
        return None
    texts = [block.text for block in blocks]
    gold = tokens(row["text"])
    near, far = zip(*(marks_around(element) for element in found.elements), strict=True)
    captions = [_CAPTION.search(_named(block.element)) is not None for block in blocks]
    right = labels([tokens(text) for text in texts], gold, captions)
    return Labelled(
        *(row["id"], row["dataset"], row["page_type"], row["site"], gold, texts, found.dense),
        *(list(near), list(far), found.words, right, found.sizes),
    )


def marks_around(element: Any) -> tuple[list[str], list[str]]:
    """The mark words of an element and the two above it, and those of the rest."""
    around = [mark_words(one.marks) for one in element.upwards()]
    return [word for words in around[:3] for word in words], [word for words in around[3:] for word in words]


def labels(blocks: list[list[str]], gold: list[str], captions: list[bool]) -> NDArray[np.float32]:
    """For every block the share of its words that stand in the gold, each gold word given out once, long blocks first.

    A word counts when it stands in a run of four words that the gold holds too; a block of fewer words must stand in
    the gold as a whole, between what its neighbours have claimed. What looks like a caption claims last.
    """
    index: dict[tuple[str, ...], list[int]] = {}
    for place in range(len(gold) - _RUN + 1):
        index.setdefault(tuple(gold[place : place + _RUN]), []).append(place)
    taken = np.zeros(len(gold), bool)
    right = np.zeros(len(blocks), np.float32)
    claims: list[tuple[int, int] | None] = [None] * len(blocks)
    matched = [sum(tuple(words[n : n + _RUN]) in index for n in range(len(words) - _RUN + 1)) for words in blocks]
    around = np.convolve(np.minimum(matched, 60), np.ones(9), "same") if blocks else np.zeros(0)
    order = sorted(range(len(blocks)), key=lambda n: (captions[n], -min(matched[n], 200), -around[n], n))
    for place in order:
        words = blocks[place]
        if len(words) < _RUN or not matched[place]:
            continue
        hits = np.zeros(len(words), bool)
        spots: list[int] = []
        for start in range(len(words) - _RUN + 1):
            free = [
                one for one in index.get(tuple(words[start : start + _RUN]), ()) if not taken[one : one + _RUN].any()
            ]
            if free:
                wanted = spots[-1] + 1 if spots else -1
                spot = wanted if wanted in free else free[0]
                hits[start : start + _RUN] = True
                spots.append(spot)
        for spot in spots:
            taken[spot : spot + _RUN] = True
        right[place] = hits.mean()
        if right[place] > 0.5:
            claims[place] = (min(spots), max(spots) + _RUN)
    _label_short(blocks, gold, taken, claims, right)
    return right


def _label_short(
    blocks: list[list[str]],
    gold: list[str],
    taken: NDArray[np.bool_],
    claims: list[tuple[int, int] | None],
    right: NDArray[np.float32],
) -> None:
    before = 0
    following = [len(gold)] * (len(blocks) + 1)
    for place in range(len(blocks) - 1, -1, -1):
        claim = claims[place]
        following[place] = claim[0] if claim else following[place + 1]
    for place, words in enumerate(blocks):
        claim = claims[place]
        if claim:
            before = max(before, claim[1]) if claim[0] >= before - 20 else before
            continue
        if not words or right[place] > 0.5 or len(words) > 12:
            continue
        low, high = max(before - 3, 0), min(following[place + 1] + 3, len(gold))
        for start in range(low, high - len(words) + 1):
            if gold[start : start + len(words)] == words and not taken[start : start + len(words)].any():
                taken[start : start + len(words)] = True
                right[place] = 1.0
                before = start + len(words)
                break


def _named(element: Element) -> str:
    """What it and the element around it are, and how it is marked."""
    return " ".join([*(one.tag for one in islice(element.upwards(), 2)), element.marks])
