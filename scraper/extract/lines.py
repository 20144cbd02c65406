"""The lines of an article as the archive counts them over a site, to learn what the site repeats. Pure."""

from collections import Counter
from collections.abc import Sequence

from scraper.blocks import Block
from scraper.extract.decode import REPEATED, Verdict
from storage.folding import HEAD, fold, line_mark
from storage.records import Line

_TOP, _END = 2, 3  # kept blocks at the edges of an article
_LEAST = 3  # folded characters
_NEARLY = 0.05  # the score of a line that another page might have kept


def lines_of(verdicts: Sequence[Verdict]) -> tuple[Line, ...]:
    """The lines that were kept or nearly so, and those dropped only because the site is known to repeat them.

    What is kept on one page and just not on the next stands on both. A line stands `apart` at the article's edges, and
    where it is not in the kind of element that holds most of the text: so stands what belongs to the site. What a
    newsroom repeats on purpose stands in the midst of its paragraphs.
    """
    told = [
        verdict
        for verdict in verdicts
        if verdict.kept or verdict.reason == REPEATED or (not verdict.reason and verdict.score >= _NEARLY)
    ]
    words: Counter[tuple[str, str, str]] = Counter()
    for verdict in told:
        if verdict.kept:
            words[_place(verdict.block)] += len(verdict.block.text)
    home = words.most_common(1)[0][0] if words else None
    lines: dict[int, Line] = {}
    for number, verdict in enumerate(told):
        folded = fold(verdict.block.text[:HEAD])
        if len(folded) >= _LEAST:
            edge = number < _TOP or number >= len(told) - _END
            apart = edge or verdict.reason == REPEATED or _place(verdict.block) != home
            mark = line_mark(folded)
            if mark not in lines:
                lines[mark] = Line(mark, verdict.block.text[:HEAD], apart)
    return tuple(lines.values())


def _place(block: Block) -> tuple[str, str, str]:
    """The kind of element that a line stands in: its tag, its marks and those of the element around it."""
    parent = block.element.parent
    return block.tag, block.element.marks, parent.marks if parent else ""
