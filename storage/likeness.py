"""How alike two texts are: samples of their word 5-grams to find copies by, and a judgement on two of them; pure.

A sample keeps one 5-gram in fifteen, chosen by its first three words and so in every text the same ones (Broder,
"On the resemblance and containment of documents", 1997), so that what two samples share tells what the texts share.
"""

import re
from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from zlib import crc32

SHINGLE = 5
MOST = 96  # hashes of a sample; of a longer one the smallest are kept
ALIKE = 0.25  # containment from which two texts are copies: see docs/decisions/0008
ALIKE_SHORT = 0.5  # of texts with few sampled 5-grams, such as notices made from a template
FEW = 8
SURELY = 0.4  # containment of samples from which the texts need not be looked at
MAYBE = 0.1  # and below which it is not worth it
_SAMPLED = 15
_SAME = 0.8
_SHORTER = 0.7  # of the other's words: below it a text that is contained is an excerpt
_MOSTLY = 0.75
_LEAST = 4  # hashes; fewer say nothing
# Words; in scripts without spaces, pairs of characters, which fall into step again at every mark.
_TOKEN = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{1,2}|[^\W_]+")
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
    """`likeness`: 5-grams shared (Jaccard); `contained`: of the shorter text's; `kind`: same, reprint, excerpt."""

    likeness: float
    contained: float
    kind: str


def sample(text: str) -> tuple[int, ...]:
    """The sampled 5-grams of a text as signed 32-bit hashes, ascending, each once."""
    words = _words(text)
    if len(words) < SHINGLE:
        return ()
    # Of each word and the next two: crc32 goes on from where it came to.
    starts = map(crc32, words[2:-2], map(crc32, words[1:], map(crc32, words)))
    places = [place for place, start in enumerate(starts) if not start % _SAMPLED]
    hashes = {crc32(b" ".join(words[place : place + SHINGLE])) for place in places}
    return tuple(sorted(one - 2**32 if one >= 2**31 else one for one in hashes)[:MOST])


def _words(text: str) -> list[bytes]:
    text = _MARKS.sub(" ", text)
    if text.isascii() or not _BEYOND_LATIN.search(text):  # the same words as below, in a fifth of the time
        return text.casefold().encode("utf-8", "replace").translate(_WORD_BYTES).split()
    return [word.encode("utf-8", "replace") for word in _TOKEN.findall(text.casefold())]


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
    top = min(_top(one), _top(other))
    first = {each for each in one if each <= top and each not in common}
    second = {each for each in other if each <= top and each not in common}
    few = min(len(first), len(second))
    shared = len(first & second)
    if few < _LEAST or shared < 2:
        return None
    likeness, contained = shared / (len(first) + len(second) - shared), shared / few
    ratio = few / max(len(first), len(second))
    kind = "same" if likeness >= _SAME else "excerpt" if ratio < _SHORTER and contained >= _MOSTLY else "reprint"
    return Likeness(round(likeness, 3), round(contained, 3), kind)


def _top(hashes: Sequence[int]) -> int:
    return hashes[-1] if len(hashes) >= MOST else 2**31


def contained(one: str, other: str, common: Collection[int] = ()) -> float:
    """The share of the shorter text's word 5-grams that the other holds too, 0 to 1.

    Left out are paragraphs of which most sampled 5-grams are `common`.
    """
    few, many = sorted((_shingles(one, common), _shingles(other, common)), key=len)
    return len(few & many) / len(few) if few else 0.0


def agency(text: str) -> str:
    """The news agency that a text names as its source at its head or foot, or ''."""
    for pattern, part in ((_BEFORE_TEXT, text[:200]), (_BEHIND_TEXT, text[-200:])):
        found = pattern.search(part)
        if found:
            return found["who"] or found["bare"]
    return ""


def _shingles(text: str, common: Collection[int]) -> set[tuple[bytes, ...]]:
    parts = [part for part in text.split("\n\n") if not _is_common(part, common)] if common else [text]
    words = _words("\n".join(parts))
    if len(words) < SHINGLE:
        return {tuple(words)}
    return set(zip(*(words[start:] for start in range(SHINGLE)), strict=False))


def _is_common(paragraph: str, common: Collection[int]) -> bool:
    sampled = sample(paragraph)
    return bool(sampled) and 2 * sum(one in common for one in sampled) >= len(sampled)
