"""From scores to one text: which blocks are kept, in the light of what never belongs to an article."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from scraper.blocks import CELLS, Block, Element, derived, gathered
from scraper.extract.access import is_wall
from scraper.extract.features import Description, Hints, describe, only_links
from scraper.extract.home import UNSURE, led_home
from scraper.extract.phrases import (
    ASIDE,
    CAPTION,
    GIFTS,
    GIFTS_BEYOND_ASCII,
    PRESS,
    URL_END,
    is_prompt,
    related,
)
from scraper.extract.scorer import Floats, Scorer, chosen, expected
from scraper.metadata.dates import without_dates, written
from scraper.metadata.people import BY, without_others
from storage.folding import fold, line_marks, lowered

REPEATED = "repeated on this site"
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_SUBHEADINGS = frozenset(("h2", "h3", "h4"))
# Marks that are never put on an article, except by sites that put them on the whole page (see _fenced).
_FENCES = re.compile(
    r"(?<![a-z])(?:comments?(?:-?(?:list|area|section|respond|form|body|content|thread))?|respond|disqus\w*|"
    r"wp-caption(?:-text)?|tr-caption|[a-z]*(?:img|image|photo|gallery|media)[\w-]*cap(?:tion)?|bread-?crumbs?|post-views|td_module\w*|sns|"
    r"author-?(?:box|bio|info|profile)|about-?author|article-reply|(?:related|more)-?(?:stories|articles)|"
    r"articles?-list|wp-block-(?:query|latest-posts|post-(?:excerpt|template|navigation-link|author\w*))|sharedaddy|"
    r"jp-relatedposts|related-?posts|screen-reader-text|sr-only|visually-?hidden)(?![a-z])"
)
# One of these is in each of them: looking for them first is faster.
_FENCE_WORDS = tuple(
    "comment respond disqus caption -cap crumb author views module sns reply stories articles "  # noqa: SIM905
    "article-list wp-block share related reader sr-only hidden".split()
)
_SMALL, _SOME_OF_IT, _MOST_OF_IT = 900, 0.3, 0.8  # characters of a table, and how much of one, small or not, is kept
_LONGEST_PHRASE = 250  # characters
_LONGEST_BYLINE = 120
_LONGEST_DAY = 60
_PARAGRAPH = 80  # characters, from which a text is one
_SHORT = 120  # of a line that forbids copying, or leads elsewhere without a link
_CREDIT = 80  # characters at a caption's end that may name who made the picture
_BOX, _BOX_SHARE = 100, 0.3  # words of a box that asks for an address, and its share of what looks like the article
_LETTER_BOX = 40  # words of a box that is only called so
_FRAME, _NEAR = 30, 3  # words of a box that holds a picture and little else; elements from a caption to it
_LETTER = re.compile(r"news-?letter|(?<![a-z])(?:e-?mail-?sign-?up|nl-?(?:box|teaser|signup))")
# Behind words that lead elsewhere; "Recommended: 8 GB of memory" does not.
_LABEL = re.compile(r"(?<!recommended)\s*[:：–-]|\W*$")
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1fff\u3000-\ufaff]")  # than the Latin one
# What ASIDE may find in Latin script has one of these in it.
_IN_ASIDES = (
    "ctrl",
    " to your ",
    " your inbox",
    "riservata",
    "you agree",
    "direct in ",
    "directement",
    "direkt",
    "abunə",
    "whatsapp",
    "telegram",
    "viber",
)
_LEAST_SAID = 12  # folded characters beside names and dates
_LONG = 40  # folded characters: below it a repeated text may be meant
_SURE = 0.5
_HOPELESS = 0.02  # of a score that nothing makes one of the article's
_DASHES = "–—-*• "  # before what is said of an author
_LITTLE_WORD = 3  # letters of what stands before a name: "Ο", "La", "Si"
_MAIL = re.compile(r"(?<!\S)[^\s@]++@\S+|기자")  # beside the name of who wrote it
_ALL = 0.9  # of what looks like the article
_STRANGE = 0.4  # power of the scores on a page unlike those that were learned from: more is kept of it,
_SOME = 60  # if it has so many words
_AWAY = 0.75  # what a score is worth outside the element that holds half of the page's running text


class Verdict(msgspec.Struct, frozen=True):
    """What became of a block: kept or not, how sure the scorer was (0 to 1), and the rule that overruled it, or ''."""

    block: Block
    kept: bool
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdicts on the blocks that were described, in order; the share of words that they are expected to get right
    (F1); the evidence; all blocks; those, by id, that are kept for the sake of their table."""

    judged: list[Verdict]
    expected: float
    page: Description
    blocks: Sequence[Block]
    filled: frozenset[int] = frozenset()

    @property
    def kept(self) -> list[Block]:
        """The blocks that make the article."""
        kept = self.filled | {id(verdict.block) for verdict in self.judged if verdict.kept}
        return [block for block in self.blocks if id(block) in kept]

    @property
    def verdicts(self) -> list[Verdict]:
        """A verdict for every block; those that were not described are nothing but links."""
        known = {id(verdict.block): verdict for verdict in self.judged}
        return [
            known.get(id(block)) or Verdict(block, id(block) in self.filled, 0.0, "only links") for block in self.blocks
        ]


def decide(blocks: Sequence[Block], hints: Hints, scorer: Scorer) -> Decision:
    """What is kept of these blocks, and why."""
    page = describe(blocks, hints)
    if not page.blocks:
        return Decision([], 0.0, page, blocks)
    scores = scorer.scores(page)
    vetoes = _vetoes(page, hints, scores)
    free = np.array([not veto for veto in vetoes])
    scores = np.where(page.at_home, scores, scores * _AWAY).astype(np.float32)
    strange = scorer.calibrated(expected(scores * free, page.sizes)) < UNSURE
    if strange and (led := led_home(scores, page, hints.homes)) is not None:
        scores, strange = led, False
    allowed = (scores * free).astype(np.float32)
    sure = scorer.calibrated(expected(allowed, page.sizes))
    kept = _kept(allowed, page.sizes, strange=strange)
    judged = list(map(Verdict, page.blocks, kept.tolist(), scores.tolist(), vetoes))
    filled = _filled(blocks, judged)
    judged = [msgspec.structs.replace(one, kept=True) if id(one.block) in filled else one for one in judged]
    return Decision(_without_loose_headings(_with_headings(judged)), sure, page, blocks, filled)


def _kept(allowed: Floats, sizes: Floats, *, strange: bool) -> NDArray[np.bool_]:
    """What is kept of blocks with these scores.

    `strange`: the page is unlike those that were learned from. All its scores are low and still tell better from worse,
    so more is kept, but of a page with hardly any text: nothing says that it is an article.
    """
    kept = chosen(allowed, sizes) & (allowed > 0)
    if strange and float(sizes[kept].sum()) >= _SOME:
        kept = chosen(allowed**_STRANGE, sizes) & (allowed > 0)
    return kept


def _vetoes(page: Description, hints: Hints, scores: Floats) -> list[str]:
    """What is no article text whatever the scorer says: a reason for each block, or ''."""
    headlines = {fold(title) for title in hints.titles if title}
    likely = scores * page.sizes
    abouts = _about_authors(page, hints.authors, scores)
    captions = _beside_pictures(page, hints.summaries, scores, likely)
    reasons_around = zip(_fenced(page, likely), _asking(page, likely), abouts, captions, strict=True)
    best: dict[str, float] = {}
    for folded, score in zip(page.folded, scores, strict=True):
        best[folded] = max(best.get(folded, 0.0), float(score))
    seen: set[str] = set()
    reasons = []
    begun = False  # whether a paragraph of the article came before
    for (fence, asks, about, beside), block, folded, score in zip(
        reasons_around, page.blocks, page.folded, scores, strict=True
    ):
        reason = fence or asks or about or beside or _veto(block, folded, headlines, hints.boilerplate, seen)
        begun = begun or (not beside and _is_paragraph(block, score))
        reason = reason or ("the byline" if _is_byline(block, hints.authors) else "")
        reasons.append(reason or ("the day" if not begun and _is_day(block.text) else ""))
        # Of a text rendered twice the first is kept, unless only the second stands where articles stand.
        if len(folded) > _LONG and (score >= _SURE or best[folded] < _SURE):
            seen.add(folded)
    return reasons


def _is_paragraph(block: Block, score: float) -> bool:
    return score >= _SURE and len(block.text) >= _PARAGRAPH and block.tag not in _HEADINGS


def _beside_pictures(page: Description, summaries: Sequence[str], scores: Floats, likely: Floats) -> list[str]:
    """For each block whether it stands above the article's first paragraph in a small box with a picture, as its
    caption does: a reason, or ''.

    What stands there with the headline leads in, and so does what the page's summary says; where much of the article
    stands so, it is a gallery.
    """
    heads = [head for summary in summaries if len(head := fold(summary)[:_LONG]) == _LONG]
    leading = {one.number for one in page.elements[page.headline].upwards()} if page.headline >= 0 else set()
    small: dict[int, bool] = {}
    found: set[int] = set()
    for place, (block, score) in enumerate(zip(page.blocks, scores.tolist(), strict=True)):
        if score < _HOPELESS:
            continue
        box = next((one for one in islice(block.element.upwards(), _NEAR) if one.pictured), None)
        if box and box.number not in small:
            small[box.number] = box.number not in leading and _is_small(page, place, box)
        if box and small[box.number]:
            if block.tag not in _HEADINGS and not any(head in page.folded[place] for head in heads):
                found.add(place)
        elif _is_paragraph(block, score):
            break
    if float(likely[list(found)].sum()) > _BOX_SHARE * float(likely.sum()):
        found.clear()
    return ["beside a picture" if place in found else "" for place in range(len(page.blocks))]


def _is_small(page: Description, place: int, box: Element) -> bool:
    """Whether a box, of which the block at `place` is the first, has few words."""
    words = 0.0
    for block, size in zip(page.blocks[place:], page.sizes[place:], strict=True):
        if words > _FRAME or box not in block.element.upwards():
            break
        words += size
    return words <= _FRAME


def _fenced(page: Description, likely: Floats) -> list[str]:
    """For each block the mark around it that no article bears; none if all that looks like the article stands inside.

    `likely`: how many words of each block belong to the article, by its score.
    What stands around the headline is the article, whatever it is called ("category-comment").

    What is hidden is left out too, unless most of what looks like the article is: some pages show it by script.
    """
    known = derived(page.lines, "", _fence)
    if page.headline >= 0 and known[page.elements[page.headline].number]:
        article = {one.number for one in page.elements[page.headline].upwards()}
        known = derived(page.lines, "", lambda above, one: "" if one.number in article else _fence(above, one))
    fences = [known[element.number] for element in page.elements]
    inside: dict[str, float] = defaultdict(float)
    for fence, words in zip(fences, likely.tolist(), strict=True):
        inside[fence] += words
    limit = _ALL * float(likely.sum())
    hidden = np.array([element.hidden for element in page.elements])
    cut_hidden = float(likely[hidden].sum()) < 0.5 * float(likely.sum())
    return [
        f"marked {fence!r}" if fence and inside[fence] < limit else "hidden" if is_hidden and cut_hidden else ""
        for fence, is_hidden in zip(fences, hidden, strict=True)
    ]


def _asking(page: Description, likely: Floats) -> list[str]:
    """For each block whether it stands in a box that asks for an address of electronic mail: a reason, or ''.

    A box is small, and no short article around it; one without a field is called a newsletter's, and smaller.
    """
    asking = {one.number: _BOX if one.asks else _LETTER_BOX for one in page.lines if one.asks or _is_letter(one.marks)}
    if not asking:
        return [""] * len(page.blocks)
    words, article = (gathered(page.lines, page.elements, weights.tolist()) for weights in (page.sizes, likely))
    most = _BOX_SHARE * float(likely.sum())
    boxes = {number for number, room in asking.items() if words[number] <= room and article[number] <= most}
    known = derived(page.lines, "", lambda above, one: "beside a form" if above or one.number in boxes else "")
    return [known[element.number] for element in page.elements]


@lru_cache(20_000)
def _is_letter(marks: str) -> bool:
    return _LETTER.search(marks) is not None


def _fence(above: str, element: Element) -> str:
    return above or (_fence_in(element.marks) if element.marks and element.tag not in ("body", "html") else "")


@lru_cache(20_000)  # the same marks return on every page of a site
def _fence_in(marks: str) -> str:
    if not any(word in marks for word in _FENCE_WORDS):
        return ""
    found = _FENCES.search(marks)
    return found[0] if found else ""


def _veto(block: Block, folded: str, headlines: set[str], boilerplate: frozenset[int], seen: set[str]) -> str:
    if not folded:
        return "no words"
    if folded in headlines:
        return "the headline again"
    if boilerplate and not boilerplate.isdisjoint(line_marks(folded)):
        return REPEATED
    if folded in seen:
        return "said before"
    if "figcaption" in block.element.within:
        return "a caption"
    if only_links(block):
        return "only links"
    return _phrase(lowered(block.text), block.links) if len(block.text) < _LONGEST_PHRASE else ""


def _about_authors(page: Description, authors: Sequence[str], scores: Floats) -> list[str]:
    """For each block whether it begins with an author's name, behind the article's last paragraph: a reason, or ''."""
    found = [""] * len(page.blocks)
    names = tuple(name for name in authors if " " in name)
    asking = tuple(f"{name}:" for name in names)  # in an interview
    for place in reversed(range(len(found) if names else 0)):
        text = page.blocks[place].text.lstrip(_DASHES)
        word, _, rest = text.partition(" ")
        if len(word) <= _LITTLE_WORD and rest.startswith(names):
            text = rest
        if text.startswith(names) and not text.startswith(asking):
            found[place] = "about the author"
        elif scores[place] >= _SURE and len(text) >= _PARAGRAPH:
            return found
    return [""] * len(found)


def _is_byline(block: Block, authors: Sequence[str]) -> bool:
    """Whether it says nothing but who wrote the article and when."""
    if len(block.text) > _LONGEST_BYLINE or block.tag in _HEADINGS or not any(name in block.text for name in authors):
        return False
    rest = without_dates(block.text)
    if rest != block.text:  # beside a day stand links to a rubric and to comments
        rest = without_dates(" ".join(part for part, link, _ in block.parts if not link))
    rest = _MAIL.sub("", without_others(rest))
    for name in authors:
        rest = rest.replace(name, "")
    return len(fold(BY.sub("", rest))) < _LEAST_SAID


def _is_day(text: str) -> bool:
    """Whether it says nothing but when the article was published."""
    return (
        len(text) < _LONGEST_DAY
        and any(map(str.isdigit, text))
        and written(text) is not None
        and len(fold(without_dates(text))) <= _LEAST_SAID
    )


def _phrase(text: str, links: int) -> str:
    end = text[-_CREDIT:]
    if _may_credit(end) and CAPTION.search(end):
        return "a caption"
    if is_prompt(text) or _is_aside(text) or _asks_for_gifts(text):
        return "a prompt"
    if is_wall(text) and "cookie" not in text:  # that is another page's whole text
        return "a prompt"
    found = related(text)
    if found and (
        links * 3 > len(text) or URL_END.search(text) or (len(text) < _SHORT and _LABEL.match(text, found.end()))
    ):
        return "leads elsewhere"
    return ""


def _is_aside(text: str) -> bool:
    if len(text) >= _SHORT:
        return False
    for word in _IN_ASIDES:  # faster than any(), and than looking for the phrases at once
        if word in text:
            return ASIDE.search(text) is not None
    return not text.isascii() and _OTHER_SCRIPT.search(text) is not None and ASIDE.search(text) is not None


def _asks_for_gifts(text: str) -> bool:
    for word in GIFTS if text.isascii() else GIFTS + GIFTS_BEYOND_ASCII:  # faster than any()
        if word in text:
            return PRESS.search(text) is not None
    return False


def _may_credit(end: str) -> bool:
    """Whether CAPTION may find something: looking for these first is faster."""
    return (
        ":" in end
        or "/" in end
        or (not end.isascii() and any(mark in end for mark in "：摄՝፦៖"))
        or " by " in end
        or " von " in end
        or " par " in end
        or " por " in end
        or " di " in end
        or "courtesy of " in end
    )


def _with_headings(verdicts: list[Verdict]) -> list[Verdict]:
    """Keep each heading that stands directly over a paragraph of the article, amid it."""
    result = list(verdicts)
    begun = False
    for place, (verdict, below) in enumerate(pairwise(verdicts)):
        begun = begun or verdict.kept
        if (
            begun
            and not (verdict.kept or verdict.reason or verdict.block.links)
            and verdict.block.tag in _SUBHEADINGS
            and (below.kept and below.score > _SURE and below.block.tag == "p")
            and verdict.block.element.parent is below.block.element.parent
        ):
            result[place] = msgspec.structs.replace(verdict, kept=True)
    return result


def _filled(blocks: Sequence[Block], verdicts: Sequence[Verdict]) -> frozenset[int]:
    """The blocks, by id, that are missing of tables of which much is kept: links, too, but not what a rule left out.

    A cell says nothing without those beside it.
    """
    kept = [verdict.block for verdict in verdicts if verdict.kept]
    told = {table.number for block in kept if (table := _table(block))}
    if not told:  # most articles
        return frozenset()
    known, first = {id(block) for block in kept}, min(told)
    inside: defaultdict[Element, list[Block]] = defaultdict(list)
    for block in blocks:
        if block.element.number > first and (table := _table(block)) and table.number in told:
            inside[table].append(block)
    missing: set[int] = set()
    for cells in inside.values():
        whole = sum(len(block.text) for block in cells)
        share = sum(len(block.text) for block in cells if id(block) in known) / whole
        if share >= (_SOME_OF_IT if whole <= _SMALL else _MOST_OF_IT) and _is_wide(cells):
            missing.update(map(id, cells))
    ruled = {id(verdict.block) for verdict in verdicts if verdict.reason}
    return frozenset(missing - known - ruled)


def _table(block: Block) -> Element | None:
    """The innermost table that a block stands in a cell of."""
    if CELLS.isdisjoint(block.element.within):
        return None
    return next((one for one in block.element.upwards() if one.tag == "table"), None)


def _is_wide(cells: Sequence[Block]) -> bool:
    """Whether more than one row of a table has more than one cell."""
    rows: defaultdict[Element, set[Element]] = defaultdict(set)
    for block in cells:
        cell, row = (next(one for one in block.element.upwards() if one.tag in tags) for tags in (CELLS, ("tr",)))
        rows[row].add(cell)
    return sum(len(row) > 1 for row in rows.values()) > 1


def _without_loose_headings(verdicts: list[Verdict]) -> list[Verdict]:
    """Drop headings that have no text of their own below them."""
    result: list[Verdict] = []
    followed = False
    for verdict in reversed(verdicts):
        heading = verdict.block.tag in _HEADINGS
        if verdict.kept and heading and not followed:
            result.append(Verdict(verdict.block, False, verdict.score, "a heading over nothing"))
            continue
        followed = followed or (verdict.kept and not heading)
        result.append(verdict)
    return result[::-1]
