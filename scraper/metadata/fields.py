"""Raw strings into clean fields: lines, languages, titles. Pure."""

import re
from collections.abc import Iterable, Sequence
from html import unescape
from operator import itemgetter

from scraper.blocks import visible
from storage.folding import fold

_TAG = re.compile(r"<[^>]{0,500}>")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$", re.IGNORECASE)
_RENAMED = {"iw": "he", "in": "id", "ji": "yi", "mo": "ro"}  # in ISO 639; old software says the former
_SEPARATOR = re.compile(r"(\s+(?:[|–—·•»«:/~\-]|::|>>)\s+|\s*[|»«│｜]\s*|(?<=[\u3400-\u9fff])[_-](?=[\u3400-\u9fff]))")
_WORDS = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|\w+")
LONGEST_TITLE = 300
_RUBRIC = 2  # words; a headline has twice as many
ALIKE = 0.34  # of the words of a heading, how many must stand in what else is said of the title


def line(text: str) -> str:
    """Plain text on one line: entities resolved, tags gone, white space folded."""
    if "&" in text:
        text = unescape(text)
    text = visible(text)
    return " ".join((_TAG.sub("", text) if "<" in text else text).split())


def language(text: str) -> str:
    """A BCP 47 tag: en, en-GB, zh-Hans; '' for anything else."""
    text = text.strip().replace("_", "-")
    if not _LANGUAGE.match(text):
        return ""
    head, *rest = text.split("-")
    head = head.lower()
    tail = (part.upper() if len(part) == 2 else part.title() for part in rest[:2])
    return "-".join((_RENAMED.get(head, head), *tail))


def title_of(
    headings: Sequence[str], said: Sequence[str], hints: str, sites: Sequence[str], lesser: Sequence[str] = ()
) -> str:
    """The title by agreement: the page's heading if it says what the other sources say, else the best of those.

    `headings`: every h1; `said`: what others call the page, the most trusted first; `hints`: further words of it
    (the address); `sites`: folded names of the site, which are no part of a title; `lesser`: headings below h1, of
    which one may say where the title ends and the site's motto begins.
    """
    others = [bare for title in said if 0 < len(bare := bare_title(line(title), headings, sites)) <= LONGEST_TITLE]
    agreed = len(others) > 1 and fold(others[0]) == fold(others[1])
    named = [text for one in headings if 0 < len(text := line(one)) <= LONGEST_TITLE and not _names_site(text, sites)]
    best, alike = max(((one, likeness(one, [*others, hints])) for one in named), key=itemgetter(1), default=("", 0.0))
    if best and (alike >= ALIKE or (len(named) == 1 and len(_words(best)) >= 4)):
        # A heading may hold a line above the title, or lack a topic before it, that others agree on.
        own = fold(best)
        for other in others[:2] if agreed else others:
            their = fold(other)
            if own != their and len(their) > 8 and (own.endswith(their) or (agreed and their.endswith(own))):
                return other
        told = next((one for one in others if fold(one) == own), best) if best.isupper() else best
        return bare_title(told, [], sites)
    return _first_part(bare_title(others[0], lesser, sites), sites) if others else best


def likeness(title: str, others: Iterable[str]) -> float:
    """The greatest share of words (Dice) that a title has in common with one of the others."""
    own = set(_words(title))
    pairs = ((own, set(_words(other))) for other in others)
    return max(
        (2 * len(mine & theirs) / (len(mine) + len(theirs)) for mine, theirs in pairs if mine and theirs), default=0
    )


def bare_title(title: str, others: Iterable[str], sites: Sequence[str]) -> str:
    """A title without the site's name around it, and without what another source does not say either."""
    parts = _SEPARATOR.split(title)  # text, separator, text, …
    first, end = 0, len(parts)
    while end - first > 2:
        if _names_site(parts[end - 1], sites):
            end -= 2
        elif _names_site(parts[first], sites):
            first += 2
        else:
            break
    whole = "".join(parts[first:end]).strip()
    if end - first > 2:
        ends = {fold(parts[first]), fold(parts[end - 1])}
        for other in map(line, others):
            if len(other) > 8 and fold(other) in ends:
                return other
    return whole or title


def _first_part(title: str, sites: Sequence[str]) -> str:
    """What no heading of the page confirms, without a site's name before or behind a colon, its motto and rubrics."""
    names = {*sites, *(f"the{site}" for site in sites)}
    for colon in (": ", "："):
        before, _, after = title.partition(colon)
        if after and fold(before) in names:
            return after.strip()
        before, _, after = title.rpartition(colon)
        if before and fold(after) in names:
            return before.strip()
    parts = _SEPARATOR.split(title)
    for place in range(2, len(parts), 2):
        rubric = "|" in parts[place - 1] and len(_words(parts[place])) <= _RUBRIC < 2 * _RUBRIC <= len(_words(parts[0]))
        if rubric or _names_site(parts[place], sites):
            return "".join(parts[: place - 1])
    return title


def _names_site(text: str, sites: Sequence[str]) -> bool:
    own = fold(text)
    return not own or any(
        own == site
        or (len(site) > 3 and site in own and len(own) < 2 * len(site) + 4)
        or (len(own) > 3 and own in site)
        for site in sites
    )


def _words(text: str) -> list[str]:
    return [word for word in _WORDS.findall(text.casefold()) if len(word) > 2 or not word.isascii()]
