"""What changed between two texts, word by word. Pure.

Paragraphs are compared first, then the words of those that changed: so a moved paragraph is told as a whole, and long
texts take no time. What a site makes to take long is compared for a second or two, and the rest told as replaced.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher

from msgspec import Struct

_WORDS = re.compile(
    r"\s+|[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff]|[^\W\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff]+|[^\w\s]"
)
_LIKE = 0.4  # below this two paragraphs share so few words that one replaced the other
_MOST = 20_000_000  # steps of one comparison
_A_LOOK = 40  # steps for each word of two paragraphs whose likeness is asked for


class Piece(Struct, frozen=True):
    """A run of text and what became of it: "same", "gone" or "new"."""

    fate: str
    text: str


def word_diff(old: str, new: str) -> list[list[Piece]]:
    """The paragraphs of both texts in reading order, each as pieces; joined without the new ones they give the old."""
    before, after, effort = _paragraphs(old), _paragraphs(new), _Effort()
    found: list[list[Piece]] = []
    for tag, i1, i2, j1, j2 in _Matcher(before, after, effort).get_opcodes():
        if tag == "equal":
            found.extend([Piece("same", text)] for text in before[i1:i2])
        else:
            found.extend(_paired(before[i1:i2], after[j1:j2], effort))
    return found


def changed(paragraphs: Sequence[Sequence[Piece]]) -> list[Sequence[Piece]]:
    """Those paragraphs in which something changed."""
    return [pieces for pieces in paragraphs if any(piece.fate != "same" for piece in pieces)]


def _paragraphs(text: str) -> list[str]:
    return [part for part in text.splitlines() if part.strip()]


class _Effort:
    """What a comparison may still cost."""

    def __init__(self) -> None:
        self._left = _MOST

    def allows(self, steps: int = 0) -> bool:
        """Whether so many steps more may be taken; they are counted."""
        self._left -= steps
        return self._left >= 0


class _Matcher(SequenceMatcher[str]):
    """difflib's, which may need cubic time, up to a limit: the longest that is the same in both is found first."""

    def __init__(self, old: Sequence[str], new: Sequence[str], effort: _Effort) -> None:
        super().__init__(None, old, new, autojunk=False)
        self._old, self._times, self._effort = old, Counter(new), effort

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        """See SequenceMatcher; nothing where it would cost too much."""
        if self._effort.allows(sum(self._times[one] + 1 for one in self._old[alo:ahi])):
            return super().find_longest_match(alo, ahi, blo, bhi)
        return Match(alo, blo, 0)


def _paired(gone: Sequence[str], new: Sequence[str], effort: _Effort) -> Iterator[list[Piece]]:
    """Each paragraph that is gone with the next new one that is like it; the others alone."""
    waiting = [(paragraph, _WORDS.findall(paragraph)) for paragraph in new]
    for paragraph in gone:
        words, others = _WORDS.findall(paragraph), enumerate(waiting if effort.allows() else ())
        like = next((place for place, (_, other) in others if _alike(words, other, effort)), None)
        if like is None:
            yield [Piece("gone", paragraph)]
            continue
        yield from ([Piece("new", other)] for other, _ in waiting[:like])
        yield _words_of(words, waiting[like][1], effort)
        del waiting[: like + 1]
    yield from ([Piece("new", other)] for other, _ in waiting)


def _alike(one: Sequence[str], other: Sequence[str], effort: _Effort) -> bool:
    if not effort.allows(_A_LOOK * (len(one) + len(other))):
        return False
    matcher = _Matcher(one, other, effort)
    return matcher.quick_ratio() >= _LIKE and matcher.ratio() >= _LIKE


def _words_of(old: Sequence[str], new: Sequence[str], effort: _Effort) -> list[Piece]:
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in _Matcher(old, new, effort).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(old[i1:i2])))
            continue
        pieces.append(Piece("gone", "".join(old[i1:i2])))
        pieces.append(Piece("new", "".join(new[j1:j2])))
    return [piece for piece in pieces if piece.text]
