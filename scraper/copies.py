"""Near-duplicates across parts: the samples of all of them joined, pairs judged as the archive does."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pyarrow
import pyarrow.parquet

from scraper.parts import parts_of
from storage.likeness import ALIKE, ALIKE_SHORT, FEW, MAYBE, SURELY, Likeness, compare, contained, unpacked

PAIRS = "_pairs.parquet"
_MOST = 48  # articles of a 5-gram; what stands in more is a phrase
_COMMON = 8  # stories, and more than half of the articles that it stands in
_CLOSE = 0.9  # likeness: copies so close that they are one story when stories are counted


class Pair(NamedTuple):
    """Two articles that are copies: the places of their captures and their addresses, and how alike they are."""

    source: str
    url: str
    other_source: str
    other_url: str
    likeness: float
    contained: float
    kind: str


class _All(NamedTuple):
    """What is held of every article while they are joined."""

    sources: list[str]
    urls: list[str]
    samples: list[bytes]


def write_pairs(folder: Path) -> int:
    """Find the pairs of all parts of a folder and write them beside; how many there are."""
    files = parts_of(folder)
    pairs = list(find_pairs(files))
    columns = [list(column) for column in zip(*pairs, strict=True)] or [[] for _ in Pair._fields]
    unfinished = folder / f".{PAIRS}.{uuid4().hex}.unfinished"
    pyarrow.parquet.write_table(pyarrow.table(dict(zip(Pair._fields, columns, strict=True))), unfinished)
    unfinished.replace(folder / PAIRS)
    return len(pairs)


def find_pairs(files: Sequence[Path]) -> Iterator[Pair]:
    """The near-duplicates among the articles of these parts, each pair once."""
    held = _read(files)
    index: dict[int, list[int]] = defaultdict(list)
    for place, packed in enumerate(held.samples):
        for one in unpacked(packed):
            index[one].append(place)
    story = _stories(held, index)
    common = {one for one, places in index.items() if _is_common(story, places)}
    doubtful: list[tuple[int, int, Likeness]] = []
    for place, packed in enumerate(held.samples):
        for other, verdict in _candidates(held, index, common, place, unpacked(packed)):
            short = min(len(packed), len(held.samples[other])) // 4 < FEW
            if verdict.contained >= SURELY and not short:
                yield _pair(held, place, other, verdict)
            else:
                doubtful.append((place, other, verdict))
    yield from _looked_at(files, held, doubtful)


def _read(files: Sequence[Path]) -> _All:
    held = _All([], [], [])
    for file in files:
        names = ["source", "url", "sample", "reason"]
        for batch in pyarrow.parquet.ParquetFile(file).iter_batches(1000, columns=names):
            for row in batch.to_pylist():
                if row["reason"] or not row["sample"]:
                    continue
                held.sources.append(row["source"])
                held.urls.append(row["url"])
                held.samples.append(row["sample"])
    return held


def _stories(held: _All, index: dict[int, list[int]]) -> list[int]:
    """Of each article which story it tells: itself, or the first of its close copies."""
    story = list(range(len(held.samples)))

    def first(place: int) -> int:
        while story[place] != place:
            story[place] = story[story[place]]
            place = story[place]
        return place

    many = {one for one, places in index.items() if len(places) > _MOST}
    for place, packed in enumerate(held.samples):
        for other, verdict in _candidates(held, index, many, place, unpacked(packed)):
            if verdict.likeness >= _CLOSE:
                one, two = sorted((first(place), first(other)))
                story[two] = one
    return [first(place) for place in story]


def _is_common(story: Sequence[int], places: Sequence[int]) -> bool:
    """Whether a 5-gram stands in so many stories that it says nothing of copying; see storage.sqlite.twins."""
    if len(places) > _MOST:
        return True
    count = len({story[place] for place in places}) if len(places) >= _COMMON else 0
    return count >= _COMMON and count * 2 > len(places)


def _candidates(
    held: _All, index: dict[int, list[int]], common: set[int], place: int, mine: Sequence[int]
) -> Iterator[tuple[int, Likeness]]:
    """The articles behind this one that share enough with it, and what their samples say."""
    shared = Counter(other for one in mine if one not in common for other in index[one] if other > place)
    for other, count in shared.items():
        if count < 2 or held.urls[other] == held.urls[place]:
            continue
        verdict = compare(mine, unpacked(held.samples[other]), common)
        if verdict is not None and verdict.contained >= MAYBE:
            yield other, verdict


def _looked_at(files: Sequence[Path], held: _All, doubtful: Sequence[tuple[int, int, Likeness]]) -> Iterator[Pair]:
    """Those of the doubtful pairs whose texts share enough."""
    wanted = {held.sources[place] for pair in doubtful for place in pair[:2]}
    texts: dict[str, str] = {}
    for file in files if wanted else ():
        for batch in pyarrow.parquet.ParquetFile(file).iter_batches(1000, columns=["source", "text"]):
            texts |= {row["source"]: row["text"] for row in batch.to_pylist() if row["source"] in wanted}
    for place, other, verdict in doubtful:
        exact = contained(texts[held.sources[place]], texts[held.sources[other]])
        short = min(len(held.samples[place]), len(held.samples[other])) // 4 < FEW
        if exact >= (ALIKE_SHORT if short else ALIKE):
            yield _pair(held, place, other, Likeness(verdict.likeness, round(exact, 3), verdict.kind))


def _pair(held: _All, place: int, other: int, verdict: Likeness) -> Pair:
    return Pair(
        *(held.sources[place], held.urls[place], held.sources[other], held.urls[other]),
        *(verdict.likeness, verdict.contained, verdict.kind),
    )
