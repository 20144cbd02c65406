"""What changed between two texts, word by word. Pure.

Paragraphs are compared first, then the words of those that changed: so a moved paragraph is told as a whole, and long
texts take no time.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from msgspec import Struct

_WORDS = re.compile(
    r"\s+|[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff]|[^\W\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff]+|[^\w\s]"
)
_LIKE = 0.4  # below this two paragraphs share so few words that one replaced the other


class Piece(Struct, frozen=True):
    """A run of text and what became of it: "same", "gone" or "new"."""

    fate: str
    text: str


def word_diff(old: str, new: str) -> list[list[Piece]]:
    """The paragraphs of both texts in reading order, each as pieces; joined without the new ones they give the old."""
    before, after = _paragraphs(old), _paragraphs(new)
    found: list[list[Piece]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.extend([Piece("same", text)] for text in before[i1:i2])
        else:
            found.extend(_paired(before[i1:i2], after[j1:j2]))
    return found


def changed(paragraphs: Sequence[Sequence[Piece]]) -> list[Sequence[Piece]]:
    """Those paragraphs in which something changed."""
    return [pieces for pieces in paragraphs if any(piece.fate != "same" for piece in pieces)]


def _paragraphs(text: str) -> list[str]:
    return [part for part in text.splitlines() if part.strip()]


def _paired(gone: Sequence[str], new: Sequence[str]) -> Iterator[list[Piece]]:
    """Each paragraph that is gone with the next new one that is like it; the others alone."""
    waiting = list(new)
    for paragraph in gone:
        words = _WORDS.findall(paragraph)
        like = next((place for place, other in enumerate(waiting) if _alike(words, _WORDS.findall(other))), None)
        if like is None:
            yield [Piece("gone", paragraph)]
            continue
        yield from ([Piece("new", other)] for other in waiting[:like])
        yield _words_of(words, _WORDS.findall(waiting[like]))
        del waiting[: like + 1]
    yield from ([Piece("new", other)] for other in waiting)


def _alike(one: Sequence[str], other: Sequence[str]) -> bool:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.quick_ratio() >= _LIKE and matcher.ratio() >= _LIKE


def _words_of(old: Sequence[str], new: Sequence[str]) -> list[Piece]:
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(old[i1:i2])))
            continue
        pieces.append(Piece("gone", "".join(old[i1:i2])))
        pieces.append(Piece("new", "".join(new[j1:j2])))
    return [piece for piece in pieces if piece.text]
