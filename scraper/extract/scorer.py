"""The learned scorer: how surely each block belongs to the article, judged among its neighbours and its page.

A small network on numpy: embeddings of mark words and words, a layer, dilated convolutions over the blocks with
residual connections, the page's own mean and maximum, one figure a block. Its weights are made by `training/`.
"""

from collections.abc import Sequence
from functools import cache
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scraper.extract.blocks import Element
from scraper.extract.features import Description, mark_words

MARKS = 16
HIDDEN = 48
DILATIONS = (1, 2, 4, 8)
NEAR = 3  # an element and the two above it

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
    """The network with its weights (see training/train.py, whose `Net` it repeats)."""

    def __init__(self, weights: dict[str, NDArray[np.float32]], marks: Sequence[str], words: Sequence[str]) -> None:
        self._w = weights
        self._marks = {word: place for place, word in enumerate(marks, 1)}
        self._words = {word: place for place, word in enumerate(words, 1)}
        self._marked: dict[str, tuple[Floats, Floats]] = {}

    def scores(self, page: Description) -> Floats:
        """Probabilities, shape (blocks,)."""
        if not len(page.elements):
            return np.zeros(0, np.float32)
        w = self._w
        weight = np.sqrt(page.sizes)[:, None]
        weight /= weight.sum()
        near, far = self._around(page.elements)
        bags = [np.tanh(bag) for bag in (near, far, self._said(page.words), far - (far * weight).sum(0))]
        x = np.maximum(np.concatenate([page.dense, *bags], 1) @ w["enter"] + w["enter_bias"], 0)
        for place, dilation in enumerate(DILATIONS):
            x = x + np.maximum(_convolved(x, w[f"around{place}"], dilation) + w[f"around{place}_bias"], 0)
        whole = np.concatenate([(x * weight).sum(0), x.max(0)])
        gate = np.maximum(whole @ w["page"] + w["page_bias"], 0)
        logits = np.concatenate([x, x * gate], 1) @ w["leave"] + w["leave_bias"]
        scores: Floats = 1 / (1 + np.exp(-np.clip(logits[:, 0], -30, 30)))
        return scores

    def _around(self, elements: Sequence[Element]) -> tuple[Floats, Floats]:
        """What the marks around each block say: its element and the two above; all the others."""
        nothing = np.zeros(MARKS, np.float32)
        sums: dict[int, Floats] = {0: nothing}
        found: dict[int, tuple[Floats, Floats]] = {}
        for element in elements:
            if element.number not in found:
                close = [*islice(element.upwards(), NEAR)]
                above = close[-1].parent if close else None
                near = sum((self._mark(one.marks)[0] for one in close), nothing)
                found[element.number] = near, self._sum_up(above, sums) if above else nothing
        pairs = [found[element.number] for element in elements]
        return np.array([near for near, _ in pairs]), np.array([far for _, far in pairs])

    def _sum_up(self, element: Element, sums: dict[int, Floats]) -> Floats:
        """The sum over an element and its ancestors; each is added once a page."""
        waiting = []
        while element.number not in sums:
            waiting.append(element)
            assert element.parent
            element = element.parent
        total = sums[element.number]
        for inner in reversed(waiting):
            total = total + self._mark(inner.marks)[1]
            sums[inner.number] = total
        return total

    def _mark(self, marks: str) -> tuple[Floats, Floats]:
        """The two embeddings of one class and id attribute; the same ones return on every page of a site."""
        if marks not in self._marked:
            if len(self._marked) > _MOST_REMEMBERED:
                self._marked.clear()
            ids = [self._marks[word] for word in mark_words(marks) if word in self._marks]
            self._marked[marks] = self._w["near"][ids].sum(0), self._w["far"][ids].sum(0)
        return self._marked[marks]

    def _said(self, words: Sequence[Sequence[str]]) -> Floats:
        """The mean embedding of each short block's words."""
        ids = [[self._words[word] for word in one if word in self._words] or [0] for one in words]
        lengths = np.array([len(one) for one in ids])
        starts = np.cumsum(lengths) - lengths
        sums = np.add.reduceat(self._w["words"][np.fromiter(chain.from_iterable(ids), np.intp)], starts)
        return np.asarray(sums / lengths[:, None], np.float32)


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
