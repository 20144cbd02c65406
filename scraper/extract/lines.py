"""The lines of an article as the archive counts them over a site, to learn what the site repeats. Pure."""

from collections import Counter
from collections.abc import Sequence

from scraper.blocks import Block
from scraper.extract.decode import REPEATED, Verdict
from storage.folding import HEAD, line_marks, numberless
from storage.records import Line

_TOP, _END = 2, 3  # kept blocks at the edges of an article
_LEAST = 3  # folded characters
_DATA = frozenset(("li", "dd", "dt", "td", "th", "tr"))
_NEARLY = 0.05  # the score of a line that another page might have kept


def lines_of(verdicts: Sequence[Verdict], folded: Sequence[str]) -> tuple[Line, ...]:
    """The lines that were kept or nearly so, and those dropped only because the site is known to repeat them.

    `folded`: the first characters of each verdict's block, folded.

    What is kept on one page and just not on the next stands on both. A line stands `apart` at the article's edges, and
    where it is not in the kind of element that holds most of the text: so stands what belongs to the site. What a
    newsroom repeats on purpose stands in the midst of its paragraphs. A line with a number that changes may be the news
    itself ("Stocks closed 1.2 percent higher", on a page of its own each day): no edge sets it apart, and no list.
    """
    told = [
        (verdict, head)
        for verdict, head in zip(verdicts, folded, strict=True)
        if verdict.kept or verdict.reason == REPEATED or (not verdict.reason and verdict.score >= _NEARLY)
    ]
    words: Counter[tuple[str, str, str]] = Counter()
    for verdict, _ in told:
        if verdict.kept:
            words[_place(verdict.block)] += len(verdict.block.text)
    home = words.most_common(1)[0][0] if words else None
    lines: dict[int, Line] = {}
    for number, (verdict, head) in enumerate(told):
        if len(head) >= _LEAST:
            text = verdict.block.text[:HEAD]
            mark, *counted = line_marks(head)
            edge = number < _TOP or number >= len(told) - _END
            elsewhere = verdict.reason == REPEATED or _place(verdict.block) != home
            lines.setdefault(mark, Line(mark, text, edge or elsewhere))
            for other in counted:
                apart = elsewhere and verdict.block.tag not in _DATA
                lines.setdefault(other, Line(other, numberless(text), apart, counted=True))
    return tuple(lines.values())


def _place(block: Block) -> tuple[str, str, str]:
    """The kind of element that a line stands in: its tag, its marks and those of the element around it."""
    parent = block.element.parent
    return block.tag, block.element.marks, parent.marks if parent else ""
