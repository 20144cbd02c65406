"""What a reader sees around the headline: the byline and the day. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from scraper.metadata.dates import written
from scraper.metadata.fields import folded
from scraper.metadata.people import BY, is_person, people

if TYPE_CHECKING:
    from scraper.extract.blocks import Block, Element

_AUTHOR_MARKS = re.compile(
    r"(?:^|[\W_]|[a-z]-)(?:post|entry|article|story)?_?(?:author|byline|by-line|autor|verfasser|writer|contributor|reporter|journalist|signature|firma)",
)
_AUTHOR_LINK = re.compile(
    r"/(?:authors?|autor(?:en|es)?|auteurs?|by|people|person|profiles?|staff|contributors?|writers?|journalists?|reporters?|"
    r"columnists?|team|redaktion|author-archive|u|users?)/|/@\w|[?&]author=",
    re.IGNORECASE,
)
_DATE_MARKS = re.compile(r"date|time|publish|posted|meta|byline|datum|fecha|info|stamp|author")
_ELSEWHERE = re.compile(
    r"comment|respond|related|sidebar|widget|recommend|most-?(?:read|popular)|trending|teaser|footer|newsletter|promo|carousel|latest|card"
)
_PUBLISHED = re.compile(
    r"publish|posted|written|veröffentlicht|erstellt|stand|publié|publicado|pubblicato|gepubliceerd|publicerad|publisert|"
    r"опубликован|opublikowan|yayın|公開|发布|發布|入力|등록|입력|نشر|פורסם|प्रकाशित|เผยแพร่|δημοσ",
    re.IGNORECASE,
)
_UPDATED = re.compile(
    r"updat|modif|revised|aktualisiert|mis à jour|actualizado|aggiornat|bijgewerkt|uppdaterad|oppdatert|обновл|aktualiz|"
    r"güncel|更新|수정|تحديث|עודכן|अपडेट|επικαιροπ",
    re.IGNORECASE,
)
_BEFORE, _AFTER = 15, 40
_LONGEST = 200


def headline_place(blocks: Sequence["Block"], titles: Sequence[str]) -> int:
    """Which block is the headline; 0 if none is."""
    wanted = {one for title in titles if (one := folded(title))}
    first = -1
    for place, block in enumerate(blocks):
        if block.tag in ("h1", "h2"):
            if folded(block.text) in wanted:
                return place
            if first < 0 and block.tag == "h1":
                first = place
    return max(first, 0)


def byline(blocks: Sequence["Block"], place: int) -> list[str]:
    """The names in the byline nearest to the headline, as they stand there, or nothing."""
    best: tuple[int, list[str]] = (0, [])
    for block in _around(blocks, place):
        if len(block.text) > _LONGEST:
            continue
        linked = [part for part, link, _ in block.parts if link and _AUTHOR_LINK.search(link)]
        marked = any(_AUTHOR_MARKS.search(one.marks) for one in _close(block))
        says = BY.match(block.text) is not None
        weight = 2 * marked + 2 * says + bool(linked)
        if weight < 2 and not (linked and len(block.text) < 60):
            continue
        for names in (linked, [block.text]):
            persons = [name for name in people(names) if is_person(name)]
            if persons and weight > best[0]:
                best = (weight, persons)
                break
    return best[1]


def day(blocks: Sequence["Block"], place: int, *, month_first: bool) -> dict[str, list[str]]:
    """The dates near the headline: published, and modified where the page tells the two apart (ISO 8601)."""
    found: dict[str, list[str]] = {}
    plain = ""
    for block in _around(blocks, place):
        if len(block.text) > _LONGEST:
            continue
        moment = written(block.text, month_first=month_first)
        if moment is None:
            continue
        said = moment.isoformat()
        updated, published = _UPDATED.search(block.text), _PUBLISHED.search(block.text)
        if updated and (not published or updated.start() < published.start()):
            found.setdefault("modified", [said])
            if published and (first := written(block.text[published.start() :], month_first=month_first)):
                found.setdefault("published", [first.isoformat()])
        elif published or any(style == "time" for _, _, style in block.parts) or _is_marked(block):
            found.setdefault("published", [said])
        elif len(block.text) < 60:
            plain = plain or said
    if plain:
        found.setdefault("published", [plain])
    return found


def _around(blocks: Sequence["Block"], place: int) -> Iterator["Block"]:
    """The blocks behind the headline, the nearest first, then those before it; not those of other stories."""
    spans = range(place + 1, min(place + _AFTER, len(blocks))), range(min(place, len(blocks) - 1), max(place - _BEFORE, -1), -1)
    for span in spans:
        for number in span:
            block = blocks[number]
            if not any(_ELSEWHERE.search(one.marks) for one in _close(block)) and "footer" not in block.element.tags:
                yield block


def _close(block: "Block") -> list["Element"]:
    return [one for one, _ in zip(block.element.upwards(), range(3), strict=False)]


def _is_marked(block: "Block") -> bool:
    return any(_DATE_MARKS.search(one.marks) for one in _close(block))
