"""Realistic reprints and hard look-alikes, made by program: what a judge of near-duplicates must tell apart.

Families are one story and its copies on other sites; everything else is a stranger to everything. The variants follow
what newsrooms do to agency copy: house style, a new lede, paragraphs dropped or moved, boilerplate around, a cut, all
of it at once, a correction, and live updates on top.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from dateline.demo.prose import TOPICS, Story, generator


@dataclass(frozen=True, slots=True)
class Document:
    """A text on a site. `family` is -1 for strangers; `variant` says how it was made."""

    family: int
    variant: str
    site: str
    title: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        """The paragraphs apart by blank lines."""
        return "\n\n".join(self.paragraphs)


Paragraphs = list[str]
_BRIEF = (60, 120)  # words
_SENTENCE = re.compile(r"[^.!?\u3002]+(?:[.!?](?:\s|$)|\u3002|$|[.!?](?=\S))+")
_CJK = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


def stories(count: int, seed: int = 1) -> list[tuple[str, ...]]:
    """Stories of our own, eight to twenty paragraphs each."""
    made = []
    for number in range(count):
        rng = generator("reprints", seed, number)
        category = rng.choice(sorted(TOPICS))
        parts = [line for _ in range(rng.randint(2, 4)) for line in Story(rng, category).paragraphs()]
        made.append(tuple(parts[: rng.randint(8, 20)]))
    return made


def briefs(texts: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The first 60 to 120 words of each text (a CJK character counts a half), a sentence a part; short ones left out."""
    made = []
    for text in texts:
        brief: Paragraphs = []
        for sentence in _SENTENCE.findall(" ".join(text)):
            if _length([*brief, sentence]) > _BRIEF[1] or _length(brief) >= (_BRIEF[0] + _BRIEF[1]) / 2:
                break
            brief.append(sentence.strip())
        if _length(brief) >= _BRIEF[0] and len(brief) > 2:
            made.append(tuple(brief))
    return made


def foreign(count: int, seed: int = 1) -> list[tuple[str, ...]]:
    """Texts in two made-up languages, one written with spaces and one without, in words as frequent as in real ones."""
    made = []
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        spaced = number % 2 == 0
        lexicon, weights = _lexicon(spaced=spaced)
        sentences = []
        for _ in range(rng.randint(8, 14)):
            words = rng.choices(lexicon, cum_weights=weights, k=rng.randint(9, 24))
            marks = ", " if spaced else "\uff0c"
            parts = [words[: len(words) // 2], words[len(words) // 2 :]]
            space, stop = (" ", ". ") if spaced else ("", "\u3002")
            sentences.append(marks.join(space.join(part) for part in parts).capitalize() + stop)
        made.append(tuple(sentences))
    return made


@cache
def _lexicon(*, spaced: bool) -> tuple[list[str], list[float]]:
    """Words and their summed frequencies, which fall as their rank rises (Zipf)."""
    rng = random.Random(7)
    letters = [a + b for a in "bdfghklmnprst" for b in "aeiou"] if spaced else [chr(0x4E00 + 7 * n) for n in range(900)]
    words = ["".join(rng.choices(letters, k=rng.choice((1, 2, 2, 3) if spaced else (1, 2, 2)))) for _ in range(6000)]
    return words, list(accumulate(1 / (rank + 3) for rank in range(len(words))))


def documents(bases: Sequence[Sequence[str]], families: int, seed: int = 1) -> list[Document]:
    """Families of nine out of the first stories, hard look-alikes, and the remaining stories as strangers, shuffled."""
    rng = random.Random(seed)
    made: list[Document] = []
    for number, base in enumerate(bases[:families]):
        made.append(Document(number, "original", _site(rng), f"Story {number}", tuple(base)))
        for name, change in VARIANTS.items():
            changed = change(rng, list(base))
            made.append(Document(number, name, _site(rng), f"Story {number} {name}", tuple(changed)))
    made += [Document(-1, "stranger", _site(rng), "Stranger", tuple(base)) for base in bases[families:]]
    made += _look_alikes(rng)
    rng.shuffle(made)
    return made


def _length(parts: Sequence[str]) -> float:
    text = " ".join(parts)
    return len(_CJK.findall(text)) / 2 or len(text.split())


def _site(rng: random.Random) -> str:
    return f"paper{rng.randrange(300)}.example"


def _house_style(rng: random.Random, text: Paragraphs) -> Paragraphs:
    swaps = rng.sample(_SWAPS, 6)
    styled = []
    for paragraph in text:
        words = paragraph
        for old, new in swaps:
            words = words.replace(f" {old} ", f" {new} ")
        styled.append(words)
    return [f"By {rng.choice(_NAMES)}, {rng.choice(_PAPERS)}", *styled]


def _new_lede(rng: random.Random, text: Paragraphs) -> Paragraphs:
    lede = Story(rng, rng.choice(sorted(TOPICS))).paragraphs()[0]
    return [lede, *_without(rng, text[1:], rng.uniform(0.10, 0.25))]


def _reordered(rng: random.Random, text: Paragraphs) -> Paragraphs:
    kept = _without(rng, text, rng.uniform(0.2, 0.4))
    cut = rng.randrange(1, max(len(kept) - 1, 2))
    return kept[cut:] + kept[:cut]


def _surrounded(rng: random.Random, text: Paragraphs) -> Paragraphs:
    paper = rng.randrange(12)
    return [f"{_PAPERS[paper % len(_PAPERS)]} edition {paper}: {_FURNITURE[0]}", *text, *_FURNITURE[1:]]


def _cut(rng: random.Random, text: Paragraphs) -> Paragraphs:
    return text[: max(round(len(text) * rng.uniform(0.4, 0.7)), 2)]


def _everything(rng: random.Random, text: Paragraphs) -> Paragraphs:
    for change in (_new_lede, _reordered, _house_style, _surrounded):
        text = change(rng, text)
    return text


def _corrected(rng: random.Random, text: Paragraphs) -> Paragraphs:
    place = rng.randrange(len(text))
    words = text[place].split()
    words[rng.randrange(len(words))] = rng.choice(_NAMES)
    return [
        *text[:place],
        " ".join(words),
        *text[place + 1 :],
        "Correction: an earlier version of this story misstated a name.",
    ]


def _live(rng: random.Random, text: Paragraphs) -> Paragraphs:
    return [*_fresh(rng, max(round(len(text) * rng.uniform(0.4, 1.0)), 1)), *text]


VARIANTS: dict[str, Callable[[random.Random, Paragraphs], Paragraphs]] = {
    "house style": _house_style,
    "new lede": _new_lede,
    "reordered": _reordered,
    "surrounded": _surrounded,
    "cut": _cut,
    "everything": _everything,
    "corrected": _corrected,
    "live": _live,
}


def _without(rng: random.Random, text: Paragraphs, share: float) -> Paragraphs:
    gone = set(rng.sample(range(len(text)), round(len(text) * share)))
    return [paragraph for place, paragraph in enumerate(text) if place not in gone] or text[:1]


def _look_alikes(rng: random.Random) -> list[Document]:
    """Stories that share much and are none of each other's copies."""
    made = []
    for kind, frames in _TEMPLATES.items():
        site = _site(rng)
        for _ in range(40):
            slots = {name: _filled(rng, name) for name in _SLOTS}
            made.append(
                Document(
                    -1,
                    f"template {kind}",
                    site,
                    f"{kind} {slots['team']}",
                    tuple(frame.format(**slots) for frame in frames),
                )
            )
    for number in range(80):  # a press release's frame and a quote around a story of its own
        own = _fresh(rng, rng.randint(4, 8))
        made.append(Document(-1, "frame", _site(rng), f"Release {number}", (*_FRAME[:2], *own, *_FRAME[2:])))
    for series in range(12):
        site, recap = _site(rng), _fresh(rng, 2)
        for part in range(10):
            made.append(
                Document(
                    -1,
                    "series",
                    site,
                    f"Series {series}, part {part}",
                    (*recap, *_fresh(rng, 7), f"This is part {part} of the series."),
                )
            )
    return made


def _fresh(rng: random.Random, count: int) -> Paragraphs:
    lines: Paragraphs = []
    while len(lines) < count:
        lines += Story(rng, rng.choice(sorted(TOPICS))).paragraphs()
    return lines[:count]


def _filled(rng: random.Random, name: str) -> str:
    return str(rng.choice(_SLOTS[name])) if _SLOTS[name] else f"{rng.uniform(1, 99):.1f}"


_SWAPS = [
    ("said", "told reporters"), ("would", "will"), ("after", "following"), ("about", "some"), ("had", "has"),
    ("which", "that"), ("but", "yet"), ("percent", "per cent"), ("until", "till"), ("more", "further"),
]  # fmt: skip
_NAMES = ["Anna Berg", "Juan Cruz", "Li Wei", "Maya Rao", "Omar Said", "Ines Prado", "Tom Hale", "Eva Novak"]
_PAPERS = ["The Valley Herald", "The Harbour Post", "The Northern Star", "City Courier"]
_FURNITURE = (
    "subscribers can read every story of the day on paper, on the phone and in the weekly letter that our editors write.",
    "The reporting of this newspaper is paid for by its readers; if you value it, become a member and help us to go on with it.",
    "Sign up for our daily newsletter and get the most important stories from the region in your inbox every morning at six.",
    "All rights reserved. No part of this publication may be reproduced, stored or transmitted without written permission.",
)
_FRAME = (
    "This announcement contains inside information and was released at the time stated above through the agency of the "
    "contact person set out below, in line with the rules of the exchange on which the shares of the company are listed.",
    "We are proud of what our teams have reached together, and we will go on working closely with our partners and with the "
    "communities in which we live and work, said the chief executive in a statement that was sent to the press on the day.",
    "This release contains forward-looking statements that involve risks and uncertainties, which may cause the actual results "
    "to differ materially from those that are expressed or implied by such statements, and the company undertakes no duty to "
    "update them as a result of new information, future events or otherwise, except where the law asks for it.",
    "About the company: founded a generation ago, it serves customers in more than forty countries with products and services "
    "that make daily life simpler, safer and better, and it employs people on five continents in offices, labs and plants.",
)
_SLOTS: dict[str, Sequence[str]] = {
    "team": ["Rovers", "United", "Athletic", "Wanderers", "City", "Albion", "Rangers", "Dynamo", "Sporting", "Racing"],
    "other": ["Eagles", "Lions", "Harbour", "Olympic", "Valley", "Northern", "Forest", "Castle", "Palace", "Orient"],
    "name": ["Keller", "Okafor", "Silva", "Nowak", "Haddad", "Larsen", "Moreau", "Ito", "Petrov", "Costa", "Byrne"],
    "town": ["Ashford", "Brixen", "Calder", "Dunmore", "Elsfleth", "Farrow", "Gransee", "Holt", "Imst", "Jarrow"],
    "one": [], "two": [], "three": [], "four": [], "five": [],
}  # fmt: skip
_TEMPLATES = {
    "sport": (
        "{team} beat {other} {one} to {two} in {town} on Saturday, with {name} scoring in minute {three} of the match.",
        "The home side led from minute {four} and never looked back, said coach {name} after the final whistle in {town}.",
        "{other} are now in place {five} of the table with {one} points, while {team} stay in the race for the title.",
        "Tickets for the next match at {town} are on sale at the club's office and at all known outlets from Monday on.",
    ),
    "earnings": (
        "{name} Holdings reported net income of {one} million for the quarter, compared with {two} million a year earlier.",
        "Revenue rose to {three} million from {four} million, beating the estimates of analysts polled by a data provider.",
        "Shares of the company closed at {five} on the exchange in {town}, a change of {one} percent since the start of the year.",
        "This story was generated from data supplied by a provider of market information and was checked by an editor.",
    ),
    "market": (
        "Stocks in {town} closed {one} percent higher on Tuesday, led by {name} Bank, which gained {two} percent on the day.",
        "The broad index stood at {three} points at the close, with {four} shares rising and {five} falling on the exchange.",
        "The currency traded at {one} to the dollar, and the yield of the ten-year bond was little changed at {two} percent.",
        "Investors are waiting for the decision of the central bank, which meets on Thursday to set its key rate of {three}.",
    ),
    "police": (
        "Police in {town} are appealing for witnesses after a man aged {one} was hurt in a collision on road {two} on Friday.",
        "Officers were called at {three} to the junction near the {other} inn, where a car driven by {name} had left the road.",
        "Anyone who saw what happened or has footage from a camera is asked to call the station and to quote number {four}.",
        "The road was closed for {five} hours while the vehicles were taken away and the surface was made safe again.",
    ),
    "weather": (
        "{town} will see {one} degrees on Wednesday with light winds from the west and {two} millimetres of rain by evening.",
        "Thursday stays dry with up to {three} degrees in the afternoon, before a front from the sea brings {four} millimetres.",
        "The outlook for the weekend is mixed, with sunny spells and showers and night temperatures of about {five} degrees.",
        "Warnings are in force for the coast near {other}; check the service's page before you travel, forecasters said.",
    ),
}
