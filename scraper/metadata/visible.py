"""What a reader sees around the headline: the byline and the day. Pure."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise, takewhile

from scraper.blocks import BREAK, Block
from scraper.metadata.dates import PUBLISHED, UPDATED, without_dates, written
from scraper.metadata.people import BY, byline_names, is_sentence, without_others
from storage.folding import fold, lowered

_AUTHOR_MARKS = re.compile(
    r"(?:^|[\W_]|[a-z]-|and|with)(?:post|entry|article|story)?_?(?:author|byline|by-line|autor|verfasser|writer|contributor|reporter|journalist|signature|firma)",
)
_AUTHOR_LINK = re.compile(
    r"/(?:authors?|autor(?:en|es)?|auteurs?|by|(?:user)?profiles?|users?|staff|contributors?|writers?|journalists?|reporters?|columnists?|"
    r"redaktion|author-archive|szerzok?|autor[ei]|autorzy|yazar(?:lar)?|avtor[iy]?|penulis|skribenter?|forfatter|tac-gia|signataires?|firmas?|toimittajat?|kirjoittajat?|av|medarbetare|giornalisti|colunistas?|dziennikarze?)/|[?&]author=",
    re.IGNORECASE,
)
_FOREIGN = re.compile(
    r"comment|respond|related|recommend|most-?(?:read|popular)|trending|newsletter|promo(?!ted)|fact_?-?check|review(?:er|ed)|editor-"
)
_DATE_MARKS = re.compile(r"date|time|publish|posted|meta|byline|datum|fecha|info|stamp|author")
_ELSEWHERE = re.compile(
    r"comment|respond|related|sidebar|widget(?:-area|s|_)|recommend|most-?(?:read|popular)|trending|teaser|footer|newsletter|promo(?!ted)|carousel|latest|card"
)
# In lower case, which is found faster than in any.
_PUBLISHED = re.compile(rf"{PUBLISHED}|written|(?<!\w)(?:dat(?:e|um)|fecha|data)\s?[:：]|stand")
_UPDATED = re.compile(UPDATED)
_STRONG_MARKS = re.compile(
    r"(?:publi|post|article|entry|single|author)[\w-]*(?:date|time|meta|content|info)|byline|dateline|datum"
)
_DATED = re.compile(r"(?:19|20|25|13|14)\d\d|\d[./-]\d\d?[./-]\d\d|(?![0-9])\d{4}|令和|民國|['’]\d\d\b")
_DIGIT = re.compile(r".{0,12}\d")
_LONGEST_LABEL = 24
_IN_FIGURES = re.compile(r"(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")  # 3/4/2024: which is the month?
_SHORT = 60
_BESIDE = 6
_BEFORE, _AFTER, _NEAR, _ABOVE = 6, 40, 9, 2
_LONGEST = 200
_LONGEST_CAPTION = 400
_CLOSE = 3  # elements
_LEAST_TITLE = 15
_HEADINGS = frozenset(("h1", "h2", "h3"))
_FEW = 4  # words of a name
_LONGEST_NAME = 70
_LABELS = re.compile(rf"(?<!\w)(?:{PUBLISHED}|{UPDATED})\w*\s?[:：]?", re.IGNORECASE)
_ROLE = re.compile(r"\s*(?:기자|특파원|記者|记者|编辑)\b")
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_LONGEST_SIGNATURE = 150
_KANA = re.compile(r"[\u3040-\u30ff]")
_JAPANESE_NAME = 4  # letters, as most have
_BRACKETED = re.compile(
    r"[（(【](?:[^（）()【】]{0,12}(?P<label>记者|記者|通讯员|特派員)[\s:：・=＝]?)?"
    r"(?P<name>[\u3400-\u9fff]{2,5})(?<![部員略紙版報報社長課班室局者])[）)】]$"
)


def headline_place(blocks: Sequence[Block], titles: Sequence[str]) -> int:
    """Which block is the headline: a heading that says the title, else another such block, else the first h1, or 0."""
    wanted = [one for title in titles if (one := fold(title))]
    long = [one for one in wanted if _is_long(one)]
    first = other = -1
    for place, block in enumerate(blocks):
        if block.tag in ("h1", "h2") and fold(block.text) in wanted:
            return place
        if first < 0 and block.tag == "h1":
            first = place
        if other < 0 and long and len(block.text) < _LONGEST:
            text = fold(block.text)
            below = block.tag in _HEADINGS  # a kicker stands above the title
            if _is_long(text) and any(title.startswith(text) or (below and text.endswith(title)) for title in long):
                other = place
    return max(first if other < 0 else other, 0)


def _is_long(folded: str) -> bool:
    """Whether a folded text is long enough to be known by; a character of some scripts says as much as three letters."""
    return len(folded) > (_LEAST_TITLE // 3 if _IDEOGRAPH.search(folded) else _LEAST_TITLE)


def is_author(marks: str) -> bool:
    """Whether a class says that the element holds the author's name."""
    return _AUTHOR_MARKS.search(marks.lower()) is not None


def byline(blocks: Sequence[Block], place: int) -> list[str]:
    """The names in the byline nearest to the headline, or nothing."""
    best: list[str] = []
    weight_of_best = 0
    for number, block in _numbered(blocks, place):
        near = 0 <= number <= _NEAR
        if (weight_of_best > 1 and not near) or (weight_of_best and number > _AFTER):
            break
        if len(block.text) > _LONGEST:
            continue
        linked = [part for part, link, _ in block.parts if link and _AUTHOR_LINK.search(link)]
        text = (_beside_day(block) if near else "") or _spaced(block)
        says = _says_by(text, near=near) or (number > 0 and _is_label(blocks[place + number - 1].text))
        if not (says or linked or len(block.text) < 80):
            continue
        marks = _close(block)
        weight = 2 * _has(_AUTHOR_MARKS, marks) + 2 * says + (1 + near if linked else 0)
        if weight <= weight_of_best or _is_elsewhere(block, marks, near=near):
            continue
        marked = weight >= 2 and near
        names = _names(_before_day(block), linked, marked=marked) or _names(text, linked, marked=marked)
        names = names or ((_apart(block) or _behind_a_word(text)) if weight > 1 else [])
        if names:
            best, weight_of_best = _without_roles(names, block), weight
    return best


def name_alone(blocks: Sequence[Block], place: int) -> list[str]:
    """The name that stands alone closely behind the headline, with a date beside it: a byline, if there is no other.

    A rubric may look like a name, but is a link, or stands elsewhere on the page as one.
    """
    for number, block in enumerate(blocks[place + 1 : place + _NEAR + 1], place + 1):
        text = _spaced(block)
        if len(text) >= _LONGEST_NAME or block.tag in ("h1", "h2") or not _has_date_beside(blocks, number):
            continue
        names = _names(_before_day(block), (), marked=False) or _names(text, (), marked=False)
        if (
            _is_alone(names, text)
            and not _leads_on(block)
            and not _is_elsewhere(block, _close(block), near=True)
            and not any(names[0] in _leads_on(other) for other in blocks)
        ):
            return names
    return []


def _leads_on(block: Block) -> list[str]:
    """What is linked in it to other pages than an author's."""
    return (
        [part.strip() for part, link, _ in block.parts if link and not _AUTHOR_LINK.search(link)] if block.links else []
    )


def introduced(blocks: Sequence[Block], place: int) -> list[str]:
    """The name that stands alone close to the headline and is introduced further down: "Anna Berg is ..."."""
    for block in blocks[max(place - 2, 0) : place + _BESIDE]:
        name = block.text
        if 1 < name.count(" ") + 1 <= _FEW and block.tag != "h1" and byline_names(name, marked=False) == (name,):
            begins = f"{name} "
            if any(other.text.startswith(begins) and len(other.text) > _SHORT for other in blocks[place + _BESIDE :]):
                return [name]
    return []


def in_brackets(blocks: Sequence[Block], place: int) -> list[str]:
    """The name in brackets that ends a text in Japanese or Chinese, in a line of its own or at the end of the last one.

    Without a word for a reporter it is one in Japanese only, and no shorter than most names are.
    """
    for before, block in pairwise(blocks[place:]):
        found = _BRACKETED.search(block.text[-_SHORT:]) if block.text[-1] in ")）】" else None
        if found and (found["label"] or (_KANA.search(before.text) and len(found["name"]) >= _JAPANESE_NAME)):
            names = byline_names(found["name"], marked=False)
            if names:
                return list(names)
    return []


def signature(blocks: Sequence[Block], place: int) -> str:
    """The line closely behind the headline that says by whom the article is, from its "By" on; or ''."""
    for block in blocks[place + 1 : place + _NEAR]:
        text = _spaced(block)
        if len(text) < _LONGEST_SIGNATURE and _says_by(text, near=True) and not _has(_FOREIGN, _close(block)):
            return without_dates(text).strip(" |")
    return ""


def _says_by(text: str, *, near: bool) -> bool:
    """Whether it begins with "By", or near the headline with a date and "by", and is no sentence."""
    begins = BY.match(text) is not None or (
        near and _DIGIT.match(text) is not None and BY.match(without_dates(text).strip(" |·•")) is not None
    )
    return begins and not is_sentence(text)


def _beside_day(block: Block) -> str:
    """The run of a short block with a date in it that begins with "By", or ''."""
    if len(block.parts) < 2 or not _DATED.search(block.text):
        return ""
    runs = (run.strip() for run, _, _ in block.parts[1:])
    return next((run for run in runs if BY.match(run) and not is_sentence(run)), "")


def _is_label(text: str) -> bool:
    """Whether it says "Written by:" and no name: that stands in the next block."""
    label = BY.match(f"{text}:") if len(text) < _LONGEST_LABEL else None
    return label is not None and not text[label.end() :].strip(" :")


def _names(text: str, linked: Sequence[str], *, marked: bool) -> list[str]:
    """The names that a byline links to, else those it says; whoever only checked or edited is none of them."""
    written_by = without_others(text)
    names = [name for one in linked if one in written_by for name in byline_names(one, marked=marked)]
    return list(dict.fromkeys(names or byline_names(text, marked=False)))


def _is_alone(names: Sequence[str], text: str) -> bool:
    """Whether a line says a name and nothing else but a date and what stands behind it."""
    if len(names) != 1 or is_sentence(text):
        return False
    rest, roles = _ROLE.subn("", _LABELS.sub("", without_dates(text)))
    if not roles and len(names[0]) == 2 and _IDEOGRAPH.match(names[0]):  # more often a rubric
        return False
    return len(names[0]) > 0.7 * len(re.split(r"[|\d]", rest.strip(" |"))[0].strip())


def _apart(block: Block) -> list[str]:
    """The names in a block that is nothing but names, each in an element of its own."""
    runs = [run for part, _, _ in block.parts if (run := part.strip(f" \n\t,;&{BREAK}"))]
    names = [name for run in runs for name in byline_names(run, marked=False)]
    return names if 1 < len(names) == len(runs) else []


def _behind_a_word(text: str) -> list[str]:
    """The names behind one word in small letters: "by" in a language that no table knows."""
    word, _, rest = text.partition(" ")
    return list(byline_names(rest, marked=False)) if word.islower() else []


def _without_roles(names: Sequence[str], block: Block) -> list[str]:
    """The names without the roles that stand in the elements behind them: "Anna Berg" "Editor"."""
    runs = [run.strip() for run, _, _ in block.parts] if len(block.parts) > 1 else []
    bare = [run for run in runs if byline_names(run, marked=False) == (run,)]
    return [next((run for run in bare if name.startswith(f"{run} ")), name) for name in names]


def _numbered(blocks: Sequence[Block], place: int) -> Iterator[tuple[int, Block]]:
    """Blocks by their distance behind the headline: those behind it first, then those closely before it."""
    for number in (*range(len(blocks) - place), *range(-1, -min(_BEFORE, place) - 1, -1)):
        yield number, blocks[place + number]


def _has_date_beside(blocks: Sequence[Block], place: int) -> bool:
    return any(
        len(block.text) < 60 and _DATED.search(block.text) and written(_spaced(block)) is not None
        for block in blocks[max(place - 2, 0) : place + 4]
    )


def captioned(blocks: Sequence[Block], place: int) -> Block | None:
    """The first block near the headline that is called a caption, or None."""
    near = blocks[max(place - _BEFORE, 0) : place + _AFTER]
    return next((one for one in near if len(one.text) < _LONGEST_CAPTION and not one.links and _is_caption(one)), None)


def _is_caption(block: Block) -> bool:
    around = block.element.parent
    called = "caption" in block.element.marks or (around is not None and "caption" in around.marks)
    return called and " " in block.text  # not an advertisement's


def day(blocks: Sequence[Block], place: int, *, month_first: bool) -> dict[str, list[str]]:
    """The dates near the headline: published, and modified where the page tells the two apart (ISO 8601).

    Failing that, a date anywhere that says or is marked as being the day of publication.
    """
    near = _days(blocks[place : place + _NEAR], month_first=month_first, near=True, strong=False)
    above = [block for block in blocks[max(place - _BEFORE, 0) : place] if not _in_page_header(block, blocks[place])]
    near = near or _days(above[-_ABOVE:], month_first=month_first, near=True, strong=False)
    around = [*blocks[place + _NEAR : place + _AFTER], *above]
    return (
        near
        or _days(around, month_first=month_first, near=False, strong=False)
        or _days(blocks, month_first=month_first, near=False, strong=True)
    )


def day_beside(blocks: Sequence[Block], place: int) -> str:
    """The day that stands alone beside the headline, written so that it has one meaning (ISO 8601), or ''."""
    for block in blocks[max(place - 1, 0) : place + _BESIDE]:
        if _in_page_header(block, blocks[place]):
            continue
        if len(block.text) < _SHORT and _DATED.search(block.text) and "figcaption" not in block.element.within:
            text = _spaced(block)
            if _IN_FIGURES.search(text) or _UPDATED.search(lowered(text)) or _has(_FOREIGN, _close(block)):
                continue
            moment = written(text)
            if moment is not None:
                return moment.isoformat()
    return ""


def _in_page_header(block: Block, headline: Block) -> bool:
    """Whether it stands in a header that does not hold the headline: there a page tells what day is today."""
    return "header" in block.element.within and "header" not in headline.element.within


def _days(blocks: Sequence[Block], *, month_first: bool, near: bool, strong: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    plain = ""
    for block in blocks:
        if len(block.text) > _LONGEST or not _DATED.search(block.text):
            continue
        text, around = _spaced(block), _close(block)
        low = lowered(text)
        updated, published = _UPDATED.search(low), _PUBLISHED.search(low)
        marked = _says_by(text, near=True) or _has(_STRONG_MARKS if strong else _DATE_MARKS, around)
        if (strong and not (updated or published or marked)) or _is_elsewhere(block, around, near=near):
            continue
        moment = written(text, month_first=month_first)
        if moment is None:
            continue
        said = moment.isoformat()
        if updated:
            found = _told_apart(text, updated.start(), published, month_first=month_first) | found
        elif published or marked:
            found.setdefault("published", [said])
        elif not strong and (len(text) < _SHORT or block.timed):
            plain = plain or said
    if plain:
        found.setdefault("published", [plain])
    return found


def _told_apart(text: str, updated: int, published: re.Match[str] | None, *, month_first: bool) -> dict[str, list[str]]:
    """The days of a line that tells the day of change, from place `updated` on, and maybe that of publication."""
    before, after = text[:updated], text[updated:]
    first = text[published.start() :] if published else before if _DATED.search(before) else ""
    said = {"modified": written(after, month_first=month_first), "published": written(first, month_first=month_first)}
    return {name: [moment.isoformat()] for name, moment in said.items() if moment}


def _spaced(block: Block) -> str:
    """The text with its inline elements apart: a name and a date often stand in elements without a space between."""
    return " ".join(part.strip() for part, _, _ in block.parts) if len(block.parts) > 1 else block.text


def _before_day(block: Block) -> str:
    """What stands in the runs before the one with a date in it: that one may begin with a label in any language."""
    runs = (part.strip() for part, _, _ in block.parts)
    return " ".join(takewhile(lambda run: without_dates(run) == run, runs))


def _close(block: Block) -> str:
    """The marks of its element and the two above, a line each."""
    marks, element = block.element.marks, block.element.parent
    for _ in range(_CLOSE - 1):
        if element is None:
            break
        if element.marks:
            marks = f"{marks}\n{element.marks}" if marks else element.marks
        element = element.parent
    return marks


def _is_elsewhere(block: Block, around: str, *, near: bool) -> bool:
    """Whether it belongs to comments, other stories or the page's foot; `near` the headline less is suspect."""
    tags = block.element.within
    foot = "footer" in tags and "article" not in tags and not near
    return foot or _has(_FOREIGN if near else _ELSEWHERE, around)


@lru_cache(50_000)  # the same marks return on every page of a site
def _has(pattern: re.Pattern[str], marks: str) -> bool:
    return pattern.search(marks) is not None
