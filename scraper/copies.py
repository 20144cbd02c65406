"""Near-duplicates across parts: the samples of all of them joined, pairs judged as the archive does."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow
import pyarrow.parquet

from scraper.parts import parts_of
from storage.likeness import Likeness, compare, looked_at, unpacked

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


class _Index:
    """In which articles each 5-gram stands that stands in more than one: three arrays, eight bytes an occurrence."""

    def __init__(self, samples: Sequence[bytes]) -> None:
        grams = np.frombuffer(b"".join(samples), np.int32)
        places = np.repeat(np.arange(len(samples), dtype=np.int32), [len(sample) // 4 for sample in samples])
        order = np.argsort(grams, kind="stable")
        grams, places = grams[order], places[order]
        firsts = np.flatnonzero(np.diff(grams, prepend=grams[:1] - 1)) if len(grams) else np.zeros(0, np.int64)
        counts = np.diff(firsts, append=len(grams))
        shared = counts > 1
        self._grams: npt.NDArray[np.int32] = grams[firsts[shared]]
        self._places: npt.NDArray[np.int32] = places[np.repeat(shared, counts)]
        self._starts = np.concatenate(([0], np.cumsum(counts[shared])))

    def sets(self) -> Iterator[tuple[int, list[int]]]:
        """Each 5-gram with its articles."""
        for number, gram in enumerate(self._grams.tolist()):
            yield gram, self._articles(number)

    def sharing(self, grams: bytes, common: Collection[int]) -> Counter[int]:
        """How many of these 5-grams, without the common ones, stand in each article."""
        shared: Counter[int] = Counter()
        if not len(self._grams):
            return shared
        mine = np.unique(np.frombuffer(grams, np.int32))
        found = np.minimum(np.searchsorted(self._grams, mine), len(self._grams) - 1)
        there = self._grams[found] == mine
        for number, gram in zip(found[there].tolist(), mine[there].tolist(), strict=True):
            if gram not in common:
                shared.update(self._articles(number))
        return shared

    def _articles(self, number: int) -> list[int]:
        places: list[int] = self._places[self._starts[number] : self._starts[number + 1]].tolist()
        return places


def pairs_are_old(folder: Path) -> bool:
    """Whether a part has come since the pairs were written: a run may have been killed in between."""
    pairs = folder / PAIRS
    written = pairs.stat().st_mtime_ns if pairs.exists() else 0
    return not written or any(part.stat().st_mtime_ns >= written for part in parts_of(folder))


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
    index = _Index(held.samples)
    story = _stories(held, index)
    common = {one for one, places in index.sets() if _is_common(story, places)}
    doubtful: list[tuple[int, int, Likeness]] = []
    for place in range(len(held.samples)):
        for other, verdict in _candidates(held, index, common, place):
            if verdict.sure:
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


def _stories(held: _All, index: _Index) -> list[int]:
    """Of each article which story it tells: itself, or the first of its close copies."""
    story = list(range(len(held.samples)))

    def first(place: int) -> int:
        while story[place] != place:
            story[place] = story[story[place]]
            place = story[place]
        return place

    many = {one for one, places in index.sets() if len(places) > _MOST}
    for place in range(len(held.samples)):
        for other, verdict in _candidates(held, index, many, place):
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


def _candidates(held: _All, index: _Index, common: set[int], place: int) -> Iterator[tuple[int, Likeness]]:
    """The articles behind this one that share enough with it, and what their samples say."""
    mine = unpacked(held.samples[place])
    for other, count in index.sharing(held.samples[place], common).items():
        if other <= place or count < 2 or held.urls[other] == held.urls[place]:
            continue
        verdict = compare(mine, unpacked(held.samples[other]), common)
        if verdict is not None:
            yield other, verdict


def _looked_at(files: Sequence[Path], held: _All, doubtful: Sequence[tuple[int, int, Likeness]]) -> Iterator[Pair]:
    """Those of the doubtful pairs whose texts share enough."""
    wanted = {held.sources[place] for pair in doubtful for place in pair[:2]}
    texts: dict[str, str] = {}
    for file in files if wanted else ():
        for batch in pyarrow.parquet.ParquetFile(file).iter_batches(1000, columns=["source", "text"]):
            texts |= {row["source"]: row["text"] for row in batch.to_pylist() if row["source"] in wanted}
    for place, other, verdict in doubtful:
        seen = looked_at(verdict, texts[held.sources[place]], texts[held.sources[other]])
        if seen is not None:
            yield _pair(held, place, other, seen)


def _pair(held: _All, place: int, other: int, verdict: Likeness) -> Pair:
    return Pair(
        *(held.sources[place], held.urls[place], held.sources[other], held.urls[other]),
        *(verdict.likeness, verdict.contained, verdict.kind),
    )
