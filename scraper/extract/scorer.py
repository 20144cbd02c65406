"""The learned scorer: how surely each block belongs to the article, judged among its neighbours and its page.

Two models on numpy whose log-odds are averaged (as "wide and deep": Cheng and others, 2016). The deep one is a small
network: embeddings of mark words and words, a layer, dilated convolutions over the blocks with residual connections,
the page's own mean and maximum, one figure a block. The wide one is a logistic regression on the figures of a block
and its neighbours, of the page, and on the mark words. Their weights are made by `training/`.
"""

from collections.abc import Sequence
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scraper.extract.features import COLUMNS, Description, mark_words

MARKS = 16  # figures that the deep model knows of a mark word; the wide one knows one more
HIDDEN = 48
DILATIONS = (1, 2, 4, 8)
NEAR = 3  # an element and the two above it
BESIDE = 3  # blocks on each side that the wide model looks at

Floats = NDArray[np.float32]
_WEIGHTS = Path(__file__).parent / "weights.npz"
_MOST_REMEMBERED = 20_000


def chosen(scores: Floats, sizes: Floats) -> NDArray[np.bool_]:
    """The blocks that make the expected F1 by words the greatest, if the scores are probabilities.

    The optimal choice is the k surest blocks for some k (Lewis, "Evaluating and optimizing autonomous text
    classification systems", 1995): F1 = 2 * sum(p w) / (sum(w) + sum of all p w).
    """
    kept = np.zeros(len(scores), np.bool_)
    if len(scores):
        order = np.argsort(-scores, kind="stable")
        kept[order[: int(_expectations(scores, sizes, order).argmax()) + 1]] = True
    return kept


def expected(scores: Floats, sizes: Floats) -> float:
    """The F1 by words that `chosen` expects, 0 to 1."""
    return float(_expectations(scores, sizes, np.argsort(-scores, kind="stable")).max()) if len(scores) else 0.0


def _expectations(scores: Floats, sizes: Floats, order: NDArray[np.intp]) -> Floats:
    right = np.cumsum((scores * sizes)[order])
    found: Floats = 2 * right / (np.cumsum(sizes[order]) + max(float(right[-1]), 1e-9))
    return found


class Scorer:
    """The models with their weights (see training/train.py, whose `Net` and `Wide` it repeats)."""

    def __init__(self, weights: dict[str, NDArray[np.float32]], marks: Sequence[str], words: Sequence[str]) -> None:
        self._w = weights
        self._marks = {word: place for place, word in enumerate(marks, 1)}
        self._words = {word: place for place, word in enumerate(words, 1)}
        self._rows: dict[str, int] = {}
        self._near: Floats
        self._far: Floats
        self._forget()

    def scores(self, page: Description) -> Floats:
        """Probabilities, shape (blocks,)."""
        if not len(page.elements):
            return np.zeros(0, np.float32)
        logits = self._judged(page, page.dense, self._bags(page))
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)

    def reasons(self, page: Description) -> list[list[tuple[str, float]]]:
        """For each block what speaks for (above 0) and against it, the strongest first.

        By occlusion (Zeiler and Fergus, 2014): how much the log-odds fall when a group of features is the page's mean.
        """
        if not len(page.elements):
            return []
        bags = self._bags(page)
        whole = self._judged(page, page.dense, bags)
        changes: dict[str, Floats] = {}
        for name, columns in COLUMNS.items():
            dense = page.dense.copy()
            dense[:, columns] = dense[:, columns].mean(0)
            changes[name] = whole - self._judged(page, dense, bags)
        for name, places in (("class and id words", (0, 1, 3, 4)), ("its words", (2,))):
            without = [bag * (place not in places) for place, bag in enumerate(bags)]
            changes[name] = whole - self._judged(page, page.dense, without)
        return [
            sorted(((name, float(change[place])) for name, change in changes.items()), key=lambda one: -abs(one[1]))
            for place in range(len(whole))
        ]

    def calibrated(self, expectation: float) -> float:
        """The F1 that pages with this expectation reached in the cross-validation over sites, 0 to 1."""
        knots = self._w.get("calibration")
        return float(np.interp(expectation, knots[0], knots[1])) if knots is not None else expectation

    def _bags(self, page: Description) -> list[Floats]:
        """The words as the deep model sees them: near, far, its own, far beside the page's; and the wide one's sum."""
        weight = _weight(page)
        near, far = self._around(page)
        wide = near[:, MARKS] + far[:, MARKS]
        near, far = near[:, :MARKS], far[:, :MARKS]
        deep = [np.tanh(bag) for bag in (near, far, self._said(page.words), far - weight @ far)]
        return [*deep, wide]

    def _judged(self, page: Description, dense: Floats, bags: Sequence[Floats]) -> Floats:
        w, weight = self._w, _weight(page)
        *deep, wide = bags
        x = np.maximum(np.concatenate([dense, *deep], 1) @ w["enter"] + w["enter_bias"], 0)
        for place, dilation in enumerate(DILATIONS):
            x = x + np.maximum(_convolved(x, w[f"around{place}"], dilation) + w[f"around{place}_bias"], 0)
        whole = np.concatenate([weight @ x, x.max(0)])
        gate = np.maximum(whole @ w["page"] + w["page_bias"], 0)
        logits = np.concatenate([x, x * gate], 1) @ w["leave"] + w["leave_bias"]
        return np.asarray(logits[:, 0] + self._at_a_glance(dense, weight) + wide, np.float32)

    def _at_a_glance(self, dense: Floats, weight: Floats) -> Floats:
        """What the wide model makes of the figures: of each block, of those beside it and of the page."""
        w, count = self._w, len(dense)
        spread = np.zeros((count + 2 * BESIDE, 2 * BESIDE + 1), np.float32)
        spread[BESIDE:-BESIDE] = dense @ w["beside"] + w["beside_bias"]
        page: Floats = np.concatenate([weight @ dense, dense.max(0)]) @ w["glance"] + w["glance_bias"]
        return sum((spread[step : step + count, step] for step in range(2 * BESIDE + 1)), page)

    def _around(self, page: Description) -> tuple[Floats, Floats]:
        """What the marks around each block say: its element and the two above; all the others."""
        known = self._remembered([one.marks for one in page.lines])
        # Of each element, the root first, the row of its marks and the place of the one around it.
        rows, above, depths, places = [0], [0], [0], {0: 0}
        for one in page.lines:
            around = places[one.parent.number] if one.parent else 0
            places[one.number] = len(rows)
            rows.append(known[one.marks])
            above.append(around)
            depths.append(depths[around] + 1)
        marks, upwards = np.array(rows), np.array(above)
        own = np.array([places[element.number] for element in page.elements])
        near, far = self._near[marks[own]], np.zeros((len(own), MARKS + 1), np.float32)
        for step in range(1, max(depths)):
            own = upwards[own]
            if step < NEAR:
                near += self._near[marks[own]]
            else:
                far += self._far[marks[own]]
        return near, far

    def _remembered(self, marks: Sequence[str]) -> dict[str, int]:
        """The rows of `_near` and `_far` with the embeddings of these attributes; a site repeats its own."""
        if len(self._rows) > _MOST_REMEMBERED:
            self._forget()
        new = [one for one in dict.fromkeys(marks) if one not in self._rows]
        if new:
            words = [[self._marks[word] for word in mark_words(one) if word in self._marks] or [0] for one in new]
            start, end = len(self._rows), len(self._rows) + len(new)
            if end > len(self._near):
                room = np.zeros((end, MARKS + 1), np.float32)  # twice as much is needed rarely
                self._near, self._far = np.concatenate([self._near, room]), np.concatenate([self._far, room])
            self._near[start:end] = _sums(self._w["near"], words)
            self._far[start:end] = _sums(self._w["far"], words)
            self._rows |= {one: row for row, one in enumerate(new, start)}
        return self._rows

    def _forget(self) -> None:
        self._rows = {"": 0}
        self._near, self._far = np.zeros((1, MARKS + 1), np.float32), np.zeros((1, MARKS + 1), np.float32)

    def _said(self, words: Sequence[Sequence[str]]) -> Floats:
        """The mean embedding of each short block's words."""
        known = self._words.get
        ids = [[place for word in one if (place := known(word))] or [0] for one in words]
        lengths = np.fromiter(map(len, ids), np.float32)[:, None]
        return np.asarray(_sums(self._w["words"], ids) / lengths, np.float32)


def _weight(page: Description) -> Floats:
    weight: Floats = np.sqrt(page.sizes)
    weight /= weight.sum()
    return weight


def _sums(table: Floats, lists: Sequence[Sequence[int]]) -> Floats:
    """For each list the sum of the rows that it names; no list may be empty."""
    lengths = np.array([len(one) for one in lists])
    rows = np.fromiter(chain.from_iterable(lists), np.intp)
    sums: Floats = np.add.reduceat(table[rows], np.cumsum(lengths) - lengths)
    return sums


def _convolved(x: Floats, kernel: Floats, dilation: int) -> Floats:
    """A convolution of width 3 over the blocks; `kernel` (3 * in, out)."""
    count, width = x.shape
    windows = np.zeros((count, 3 * width), np.float32)
    windows[dilation:, :width] = x[: max(count - dilation, 0)]
    windows[:, width : 2 * width] = x
    windows[: max(count - dilation, 0), 2 * width :] = x[dilation:]
    result: Floats = windows @ kernel
    return result


@cache
def scorer() -> Scorer:
    """The scorer with the weights that come with the package, read once."""
    with np.load(_WEIGHTS) as file:
        arrays = {name: file[name] for name in file.files}
    marks, words = (str(arrays.pop(name)).split("\n") for name in ("mark_words", "word_list"))
    return Scorer({name: np.ascontiguousarray(values, np.float32) for name, values in arrays.items()}, marks, words)
