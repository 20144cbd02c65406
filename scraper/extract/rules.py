"""The first scorer: rules. Each verdict carries its reason, in words for `extract --explain`."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from scraper.extract.blocks import Block, Element

_NOT_TEXT = frozenset(("footer", "aside", "form", "figcaption", "button", "address"))
_BAD_MARKS = re.compile(
    r"(?<![a-z])(?:wp-caption|caption|credit|comments?|respond|reply|sidebar|widget\w*|related\w*|recommend\w*|newsletter"
    r"|subscri\w*|sign-?up|share\w*|sharing|social\w*|breadcrumbs?|byline|author-?(?:bio|box|info)|bio|posted-on|"
    r"entry-(?:meta|footer)|post-?meta|meta|tags?-?(?:links|list)|cat-links|navigation|nav-links|menu|footer|cookie\w*|"
    r"consent|gdpr|promo\w*|sponsor\w*|advert\w*|ads?|popup|modal|paywall-prompt|most-?read|read-?more|outbrain|taboola|"
    r"pagination|pager|screen-reader-text|sr-only|visually-hidden|disqus\w*|copyright|toc)(?![a-z])"
)
_GOOD_MARKS = re.compile(
    r"(?<![a-z])(?:entry-content|post-?content|article-?(?:body|content|text)|articlebody|story-?(?:body|content)|"
    r"post-?body|content-?body|main-content|td-post-content|single-content)(?![a-z])"
)
# A line that leads elsewhere, in the languages of most news; alone it must be short, see _related.
_RELATED = re.compile(
    r"^\W*(?:read (?:more|also|next)|see also|also read|related|more (?:on|about|from)|continue reading|don.t miss|"
    r"you may also like|recommended|lesen sie (?:auch|mehr)|mehr (?:zum thema|dazu)|siehe auch|lire aussi|à lire|"
    r"voir aussi|sur le même sujet|lea también|leer más|te puede interesar|véase|leggi anche|leia (?:também|mais)|"
    r"veja também|lees ook|læs også|läs (?:också|mer)|les også|lue myös|czytaj (?:też|także|więcej)|zobacz (?:też|także)|"
    r"čtěte také|olvassa el|citește și|читайте (?:также|ещё|еще)|читать далее|по теме|читайте також|διαβάστε (?:επίσης|ακόμη)|"
    r"اقرأ (?:أيضا|أيضًا|المزيد)|قراءة المزيد|קראו (?:עוד|גם)|यह भी पढ़ें|और पढ़ें|相关阅读|延伸阅读|更多|関連記事|あわせて読みたい|"
    r"관련 ?기사|อ่านเพิ่มเติม|đọc thêm|baca juga|oku:|ayrıca bak)",
    re.IGNORECASE,
)
_PROMPT = re.compile(
    r"^\W*(?:leave a (?:reply|comment)|post a comment|cancel reply|your email address will not be published|"
    r"sign up (?:for|to) |subscribe (?:to|now)|share (?:this|on)|follow us|join our|click here to|advertisement|anzeige|"
    r"publicité|publicidad|реклама|schreiben? sie einen kommentar|kommentar (?:schreiben|hinterlassen)|"
    r"laisser un commentaire|deja (?:un comentario|una respuesta)|lascia un commento|deixe um comentário|"
    r"оставить комментарий|добавить комментарий|コメントを残す|发表评论|اترك (?:ردا|تعليقا)|photo(?:graph)?\s*:|image\s*:|"
    r"foto\s*:|©|copyright|all rights reserved|alle rechte vorbehalten|tous droits réservés)",
    re.IGNORECASE,
)
_BARE_URL_END = re.compile(r"https?://\S+\W*$")
_FOLDED = re.compile(r"[\W_]+")
_BY_PLACE = ("inside", "marked")
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_LIST_PARTS = frozenset(("li", "dd", "dt", "td", "th"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a block: kept or not, how sure (0 to 1), and why."""

    block: Block
    text: str
    kept: bool
    score: float
    reason: str


def fold(text: str) -> str:
    """The text without case, punctuation and white space, for comparing."""
    return _FOLDED.sub("", text.casefold())


def judge(blocks: Sequence[Block], titles: Sequence[str], boilerplate: frozenset[str]) -> list[Verdict]:
    """A verdict for every block, in order. `titles`: what the page and its feed call the article."""
    headlines = {fold(title) for title in titles if title}
    ground = _Ground()
    first = _pardon(blocks, [_look(block, ground, headlines, boilerplate) for block in blocks])
    home = _container([verdict for verdict in first if verdict.kept])
    seen: set[str] = set()
    judged = [_place(verdict, home, seen) for verdict in first]
    return _without_loose_headings(judged)


class _Ground:
    """What the elements around a block say against it; each element is looked at once."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {0: ""}

    def against(self, element: Element) -> str:
        """The reason to drop what stands in an element, or ''."""
        waiting = []
        while element.number not in self._known:
            waiting.append(element)
            assert element.parent
            element = element.parent
        reason = self._known[element.number]
        for inner in reversed(waiting):
            reason = reason or _unfit(inner)
            self._known[inner.number] = reason
        return reason


def _unfit(element: Element) -> str:
    if element.tag in _NOT_TEXT:
        return f"inside <{element.tag}>"
    bad = _BAD_MARKS.search(_GOOD_MARKS.sub(" ", element.marks)) if element.marks else None
    return f"marked {bad[0]!r}" if bad else ""


def _look(block: Block, ground: _Ground, headlines: set[str], boilerplate: frozenset[str]) -> Verdict:
    text = block.text
    reason = ground.against(block.element) or _against(block, text, headlines, boilerplate)
    if reason:
        return Verdict(block, text, False, 0.0, reason)
    weight = min(len(text) / 200, 1.0) * (1 - block.links / max(len(text), 1))
    return Verdict(block, text, True, weight, "running text")


def _pardon(blocks: Sequence[Block], verdicts: list[Verdict]) -> list[Verdict]:
    """Take back what was dropped for the place it stands in, where that place holds most of the page's running text.

    Some sites call the element around everything "widget" or wrap the whole page in a form.
    """
    lengths: dict[str, int] = defaultdict(int)
    for block, verdict in zip(blocks, verdicts, strict=True):
        if len(verdict.text) > 80 and block.links * 2 < len(verdict.text):
            lengths[verdict.reason if verdict.reason.startswith(_BY_PLACE) else ""] += len(verdict.text)
    most = max(lengths, key=lambda reason: lengths[reason], default="")
    if not most or lengths[most] < 0.5 * sum(lengths.values()):
        return verdicts
    return [
        Verdict(block, verdict.text, True, 0.5, f"running text, though {most}") if verdict.reason == most else verdict
        for block, verdict in zip(blocks, verdicts, strict=True)
    ]


def _against(block: Block, text: str, headlines: set[str], boilerplate: frozenset[str]) -> str:
    """The reason to drop a block for what it says, or ''."""
    folded = fold(text)
    if not folded:
        return "no words"
    if all(style == "time" for part, _, style in block.parts if part.strip()):
        return "a date line"
    if folded in boilerplate:
        return "repeated on this site"
    if folded in headlines:
        return "the headline again"
    if _PROMPT.search(text) and len(text) < 200:
        return "a prompt"
    return _related(block, text)


def _related(block: Block, text: str) -> str:
    if len(text) < 300 and _RELATED.search(text) and (block.links * 3 > len(text) or _BARE_URL_END.search(text)):
        return "leads elsewhere"
    if len(text) < 60 and _RELATED.search(text) and text.rstrip().endswith((":", "…", "»")):
        return "leads elsewhere"
    if block.links > 0.8 * len(text) and (len(text) < 200 or block.tag in _LIST_PARTS):
        return "only a link"
    return ""


def _container(kept: Sequence[Verdict]) -> int:
    """The number of the element that holds the article: the deepest that holds most of the weight of running text."""
    total = 0.0
    weights: dict[int, float] = defaultdict(float)
    depths: dict[int, int] = {0: 0}
    for verdict in kept:
        element = verdict.block.element
        if element.tag in _HEADINGS or len(verdict.text) < 25:
            continue
        marked = "article" in element.tags or any(_GOOD_MARKS.search(one.marks) for one in element.upwards())
        own = verdict.score * (2.0 if marked else 1.0)
        total += own
        # A paragraph's own element holds nothing but the paragraph.
        for depth, one in enumerate(reversed([*element.upwards()][1:]), start=1):
            weights[one.number] += own
            depths[one.number] = depth
    return max((one for one, weight in weights.items() if weight >= 0.6 * total), key=depths.__getitem__, default=0)


def _place(verdict: Verdict, home: int, seen: set[str]) -> Verdict:
    if not verdict.kept:
        return verdict
    if home and all(element.number != home for element in verdict.block.element.upwards()):
        return Verdict(verdict.block, verdict.text, False, verdict.score, "outside the article")
    folded = fold(verdict.text)
    if len(folded) > 40 and folded in seen:
        return Verdict(verdict.block, verdict.text, False, verdict.score, "said before")
    seen.add(folded)
    return verdict


def _without_loose_headings(judged: list[Verdict]) -> list[Verdict]:
    """Drop headings that have no text of their own below them, and everything before the first is a headline."""
    result: list[Verdict] = []
    followed = False
    for verdict in reversed(judged):
        heading = verdict.block.tag in _HEADINGS
        if verdict.kept and heading and not followed:
            result.append(Verdict(verdict.block, verdict.text, False, verdict.score, "a heading over nothing"))
            continue
        if verdict.kept:
            followed = not heading or followed
        result.append(verdict)
    return result[::-1]
