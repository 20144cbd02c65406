"""Where on a site's pages the articles stand, so that a page on which the scorer is unsure can be read by it. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scraper.blocks import Element, derived, gathered, lineage
from scraper.extract.features import Description, mark_words, size
from scraper.extract.scorer import Floats
from storage.folding import mark_of

UNSURE = 0.8  # expected share of words right, below which the site's past is asked, or more is kept
_MOST = 0.8  # of an article's words: the innermost element that holds them is its home
_LEVELS, _WORDS = 3, 2  # of the path that names a home: elements, and words of each one's class and id
_ELSEWHERE = 0.4  # what a score is worth outside the site's home
_AT_HOME = 0.5  # power of a score inside


def home_of(elements: Sequence[Element], texts: Sequence[str]) -> int:
    """The name of the element that holds most of an article's text, whose blocks these are; 0 if none does."""
    lines = lineage(elements)
    words = gathered(lines, elements, [size(text) for text in texts])
    least = _MOST * words[0]
    # An element comes after those around it.
    inner = next((element for element in reversed(lines) if words[element.number] >= least), None)
    return 0 if inner is None else _name(inner)


def led_home(scores: Floats, page: Description, homes: frozenset[int]) -> Floats | None:
    """The scores, weighed by where the site's articles usually stand; None on a page that has no such place."""
    known = derived(page.lines, False, lambda above, one: above or _name(one) in homes)
    found: NDArray[np.bool_] = np.array([known[element.number] for element in page.elements])
    if not found.any():
        return None
    return np.where(found, scores**_AT_HOME, scores * _ELSEWHERE).astype(np.float32)


def _name(element: Element) -> int:
    """The same on every page of a design: tags and words of class and id, numbers left out."""
    path = [
        f"{one.tag}.{'.'.join(mark_words(one.marks)[:_WORDS])}"
        for one, _ in zip(element.upwards(), range(_LEVELS), strict=False)
    ]
    return mark_of(" ".join(path))
