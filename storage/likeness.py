"""How alike two texts are: samples of their word 5-grams to find copies by, and a judgement on two of them; pure.

A sample keeps one 5-gram in twenty, chosen by its first three words and so in every text the same ones (Broder,
"On the resemblance and containment of documents", 1997), so that what two samples share tells what the texts share.
Of shorter texts it keeps up to sixteen, the same ones among them; the last four bits of a hash tell from how many on
it is kept, so that a short text is compared with a long one by what both keep.
"""

import re
from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

SHINGLE = 5
MOST = 96  # hashes of a sample; of a longer one the smallest are kept
_SAMPLED = 20  # of so many 5-grams one is kept
_LONG = 500  # words of a text from which that is enough
_WIDEST = 16  # of twenty, of a very short one
_SURELY = 0.4  # containment of samples from which texts need not be looked at; see docs/decisions/0008
_MAYBE = 0.1  # and below which it is not worth it
_LEAST = 4  # hashes of a sample; fewer say nothing of a long text
_ALIKE = 0.25  # containment of texts from which they are copies,
_ALIKE_SHORT = 0.1  # and if one of them is short, so that nearly all of it is in its sample;
_SHORT = 200  # words
_SHORT_WIDTH = 6  # of twenty: so many are kept of the longest short text
_A_RUN = 7  # 5-grams one after the other, eleven words: longer than what stands between a template's gaps
_OTHER_FIGURES = 0.2  # of the 5-grams that two texts would share but for their numbers
_SAME = 0.8
_SHORTER = 0.7  # of the other's words: below it a text that is contained is an excerpt
_MOSTLY = 0.75
_PASSAGES = 0.3
_EVERYWHERE = 3  # letters
# Words; in scripts without spaces, pairs of characters, which fall into step again at every mark.
_NO_SPACES = "[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]"
_TOKEN = re.compile(rf"{_NO_SPACES}{{1,2}}|[^\W_]+")
SPACELESS = re.compile(_NO_SPACES)
_SINGLY = re.compile(rf"{_NO_SPACES}|[^\W_]+")
_MARKS = re.compile("[\u00a0-\u00bf\u00d7\u00f7\u2000-\u206f]+")
_BEYOND_LATIN = re.compile("[^\u0000-\u024f]")
_WORD_BYTES = bytes(code if code > 127 or chr(code).isalnum() else 32 for code in range(256))
_AGENCIES = (
    "Reuters|AP|Associated Press|AFP|Agence France-Presse|dpa(?:-AFX)?|ANSA|EFE|TASS|ТАСС|Xinhua|新华社|PTI|"
    "IANS|ANI|UPI|Bloomberg|PA Media|Press Association|CP|Canadian Press|AAP|Kyodo|共同|時事|Yonhap|연합뉴스|APA|SDA|"
    "Keystone-SDA|SID|KNA|epd|NTB|TT|Ritzau|STT|ANP|Belga|LUSA|Lusa|Europa Press|Interfax|Интерфакс|РИА Новости|"
    "Anadolu|AA|PR Newswire|Business Wire|GlobeNewswire"
)
# As agencies are named: "BERLIN (dpa) —", "LONDON, May 5 (Reuters)", "(AP)", "— With material from AFP".
_BEFORE_TEXT = re.compile(
    rf"^.{{0,80}}?[(\[]\s?(?P<who>{_AGENCIES})(?:[/,][^)\]]*)?\s?[)\]]|^(?P<bare>{_AGENCIES})\s?[–—:-]\s"
)
_BEHIND_TEXT = re.compile(
    rf"[(\[©]\s?(?P<who>{_AGENCIES})(?:[/,\s][^)\]]{{0,20}})?[)\]]?\s*$|"
    r"\b(?P<bare>Reuters|Associated Press|dpa|AFP)\b.{0,60}$"
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """`likeness`: 5-grams shared (Jaccard); `contained`: of the shorter text's; `kind`: same, reprint, excerpt.

    `sure`: the samples say so; else the texts must be looked at.
    """

    likeness: float
    contained: float
    kind: str
    sure: bool


def sample(text: str) -> tuple[int, ...]:
    """The sampled 5-grams of a text as signed 32-bit hashes, ascending, each once."""
    words = _words(text)
    if len(words) < SHINGLE:
        return ()
    # Of each word and the next two: crc32 goes on from where it came to.
    starts = map(crc32, words[2:-2], map(crc32, words[1:], map(crc32, words)))
    width = _width(len(words))
    kept = [(place, rest) for place, start in enumerate(starts) if (rest := start % _SAMPLED) < width]
    hashes = {crc32(b" ".join(words[place : place + SHINGLE])) & ~15 | rest for place, rest in kept}
    return tuple(sorted(one - 2**32 if one >= 2**31 else one for one in hashes)[:MOST])


def _width(words: int) -> int:
    """How many 5-grams in twenty are kept of a text of so many words, so that a short one has thirty to sixty, too."""
    return min(-(-_LONG // words) * (2 if words < _SHORT else 1), _WIDEST)


def _words(text: str) -> list[bytes]:
    text = _MARKS.sub(" ", text)
    latin = text.isascii() or not _BEYOND_LATIN.search(text)
    text = text.casefold()
    if not latin:
        if SPACELESS.search(text):
            return [word.encode("utf-8", "replace") for word in _TOKEN.findall(text)]
        for char in set(text):  # few are no letters, and to look for all words takes four times as long
            if char > "\x7f" and not char.isalnum():
                text = text.replace(char, " ")
    return text.encode("utf-8", "replace").translate(_WORD_BYTES).split()


def packed(hashes: Collection[int]) -> bytes:
    """A sample as it is stored: four bytes a hash."""
    return array("i", hashes).tobytes()


def unpacked(data: bytes) -> tuple[int, ...]:
    """A stored sample again."""
    return tuple(array("i", data))


def compare(one: Sequence[int], other: Sequence[int], common: Collection[int] = ()) -> Likeness | None:
    """What two samples say, without the 5-grams that are `common` in the archive; None where they say too little.

    A full sample holds the smallest hashes only: what lies above its greatest is left out of the other one too.
    """
    top, width = min(_top(one), _top(other)), min(_kept(one), _kept(other))
    first = {each for each in one if each <= top and each & 15 < width and each not in common}
    second = {each for each in other if each <= top and each & 15 < width and each not in common}
    few, short = min(len(first), len(second)), max(_kept(one), _kept(other)) >= _SHORT_WIDTH
    shared = len(first & second)
    if shared < 2 or (not short and (few < _LEAST or shared < _MAYBE * few)):
        return None
    likeness, contained = shared / (len(first) + len(second) - shared), shared / few
    ratio = few / max(len(first), len(second))
    kind = "same" if likeness >= _SAME else "excerpt" if ratio < _SHORTER and contained >= _MOSTLY else "reprint"
    return Likeness(round(likeness, 3), round(contained, 3), kind, sure=contained >= _SURELY and not short)


def _kept(hashes: Collection[int]) -> int:
    """Of how many 5-grams in twenty a sample was taken."""
    return max((one & 15 for one in hashes), default=0) + 1


def _top(hashes: Sequence[int]) -> int:
    return hashes[-1] if len(hashes) >= MOST else 2**31


def looked_at(likeness: Likeness, one: str, other: str, common: Collection[int] = ()) -> Likeness | None:
    """What the texts say after their samples; None: they are no copies.

    Left out are paragraphs of which most sampled 5-grams are `common`. The same sentences with other figures are no
    copies: so results, markets and the weather are told day after day.
    """
    first, second = _telling(one, common), _telling(other, common)
    few, shared = _shared(first, second)
    least = _ALIKE_SHORT if min(len(first), len(second)) < _SHORT else _ALIKE
    if shared < least * few or _longest_run(first, second) < _A_RUN:
        return None
    _, alike = _shared(_blind(first), _blind(second))
    return None if alike - shared >= _OTHER_FIGURES * alike else replace(likeness, contained=round(shared / few, 3))


def contained(one: str, other: str) -> float:
    """The share of the shorter text's word 5-grams that the other holds too, 0 to 1."""
    few, shared = _shared(_words(one), _words(other))
    return shared / few


def is_told(title: str, summary: str, page: str) -> bool:
    """Whether a page tells the story of a title and summary: it has half the words of the one or passages of the other.

    Short words count only in a title that has no others: those are everywhere.
    """
    every = set(_SINGLY.findall(title.casefold()))
    words = {word for word in every if len(word) > _EVERYWHERE or word >= "\u0e00"} or every
    found = words.intersection(_SINGLY.findall(page.casefold()))
    return 2 * len(found) >= len(words) > 0 or (bool(summary) and contained(summary, page) >= _PASSAGES)


def agency(text: str) -> str:
    """The news agency that a text names as its source at its head or foot, or ''."""
    for pattern, part in ((_BEFORE_TEXT, text[:200]), (_BEHIND_TEXT, text[-200:])):
        found = pattern.search(part)
        if found:
            return found["who"] or found["bare"]
    return ""


def _telling(text: str, common: Collection[int]) -> list[bytes]:
    parts = [part for part in text.split("\n\n") if not _is_common(part, common)] if common else [text]
    return _words("\n".join(parts))


def _blind(words: Sequence[bytes]) -> list[bytes]:
    """The words with one and the same word for every number."""
    return [b"0" if word.isdigit() else word for word in words]


def _shared(one: Sequence[bytes], other: Sequence[bytes]) -> tuple[int, int]:
    """How many 5-grams the shorter one has, and how many of them the other has, too."""
    few, many = sorted((_shingles(one), _shingles(other)), key=len)
    return len(few), len(few & many)


def _longest_run(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """How many 5-grams of the one follow each other that all stand in the other, at most."""
    held = _shingles(other)
    longest = run = 0
    for shingle in zip(*(one[start:] for start in range(SHINGLE)), strict=False):
        run = run + 1 if shingle in held else 0
        longest = max(longest, run)
    return longest


def _shingles(words: Sequence[bytes]) -> set[tuple[bytes, ...]]:
    if len(words) < SHINGLE:
        return {tuple(words)}
    return set(zip(*(words[start:] for start in range(SHINGLE)), strict=False))


def _is_common(paragraph: str, common: Collection[int]) -> bool:
    width = _kept(common)
    sampled = [one for one in sample(paragraph) if one & 15 < width]  # alone it is a short text
    return bool(sampled) and 2 * sum(one in common for one in sampled) >= len(sampled)
