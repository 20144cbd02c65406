"""A person's words as FTS5 expressions that cannot fail. Pure.

Each word or "phrase" is quoted and all of them are wanted; `word*` finds what begins so. AND, OR, NOT and parentheses
are words like any other unless operators were asked for; what is no sentence of theirs is read as well as it can be.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from storage.sqlite.text import clean

# Scripts that set no spaces, and Korean. The view `dense_text` knows the same ones but for the last line (what repeats
# a character, and rare Chinese ones), for these stand alone in no text.
DENSE = re.compile(
    "[\u0e01-\u0eff\u0f40-\u0fbc\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\u3005-\u3007\U00020000-\U0003ffff]"
)
GRAM = 3  # characters in a row that the dense index holds
_PHRASE_OR_WORD = re.compile(r'"([^"]*)"|(\S+)')
_WITH_OPERATORS = re.compile(r'"([^"]*)"|([()])|([^\s()"]+)')
_WORDY = re.compile(r"\w")
BEGINS = '"*'  # after a word that may go on
_IN_TURN = 8  # words; FTS5 takes no more than 47 of these nestings
NOTHING = '("\ue000" NOT "\ue000")'  # whatever stands in a text
_LONGEST, _MOST = 2000, 64  # characters, words
_DEEPEST = 8  # parentheses; of each FTS5 has to remember nine things at most, and can a hundred
_MOST_OPEN = 8  # words that may go on: all endings of each are merged before anything is found
_QUOTES = str.maketrans("“”„‟«»", '""""""')
# Letters with marks that the index does not take off. A Greek or Russian word bears one of the first at most.
_MARKED, _UNMARKED = "άέήίόύώё", "αεηιουωе"
_MARK = dict(zip(_UNMARKED, _MARKED, strict=True))
_PLACES = 6  # letters from the end that may bear it: Greek marks one of the last three syllables
_POINTS = re.compile("[\u0591-\u05bd\u05bf-\u05c7\u0640\u064b-\u0652]")  # Hebrew and Arabic, not always written
_PLAIN = str.maketrans(
    dict(zip(_MARKED + "łđøıأإآ", _UNMARKED + "ldoiااا", strict=True)) | {"ß": "ss", "æ": "ae", "œ": "oe"}
)
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}  # as wide as a Chinese character

Render = Callable[[str, bool], str]


def quoted(text: str, begins: bool) -> str:
    """A word or phrase as FTS5 takes it; `begins`: the last word may go on."""
    return '"' + text.replace('"', '""') + (BEGINS if begins else '"')


def match_expression(words: str, *, operators: bool = False, render: Render = quoted) -> str:
    """The expression, or '' where there is no word in it."""
    if operators:
        return _Sentence(_read(words), render).read()
    longest_first = sorted(terms(words), key=lambda term: len(term[0]), reverse=True)
    return _in_turn([_spelled(*term, render) for term in longest_first])


def _in_turn(parts: Sequence[str]) -> str:
    """All of these, each asked only of what holds those before it.

    FTS5 moves through the lists of all words of an AND at once, so a very common word is looked up at every place of
    the others. An OR with nothing keeps it from taking an AND within an AND for one. Long words are rare ones (Zipf,
    "The psycho-biology of language", 1935).
    """
    whole = " AND ".join(parts[:2])
    for part in parts[2:_IN_TURN]:
        whole = f"(({whole}) OR {NOTHING}) AND {part}"
    return " AND ".join([whole, *parts[_IN_TURN:]])


def terms(words: str) -> list[tuple[str, bool]]:
    """The words and phrases of a plain search, each once and with whether it may go on; of too many the first."""
    found = (_term(phrase, word) for phrase, word in _PHRASE_OR_WORD.findall(_read(words)))
    once = {(text.lower(), begins): (text, begins) for text, begins in found if _WORDY.search(text)}.values()
    may_go_on = [term for term in once if term[1]][:_MOST_OPEN]
    return [*may_go_on, *(term for term in once if not term[1])][:_MOST]


def is_dense(words: str) -> bool:
    """Whether the words want the index of scripts without spaces."""
    return DENSE.search(unicodedata.normalize("NFKC", words)) is not None


def spellings(text: str, begins: bool) -> list[str]:
    """A word or phrase as it may stand in texts: most have one spelling, none has many.

    What may go on has one: each would cost as much again.
    """
    given, whole = unicodedata.normalize("NFC", text), unicodedata.normalize("NFKC", text)
    if begins:
        return [given]
    low = whole.lower()
    plain = _POINTS.sub("", low).translate(_PLAIN)
    made = [given, whole]
    if is_dense(whole):
        made.append(whole.translate(_WIDE))
    if plain != low:
        made.append(plain)
    if not plain.isascii() and " " not in plain:
        places = [place for place, letter in enumerate(plain) if letter in _MARK][-_PLACES:]
        made += [plain[:place] + _MARK[plain[place]] + plain[place + 1 :] for place in places]
    return list({one.lower(): one for one in made}.values())


def bare(name: str) -> str:
    """A name without case and accents, its apostrophes straight, for comparing."""
    letters = unicodedata.normalize("NFKD", name.replace("’", "'").replace("ʼ", "'")).lower()
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(_PLAIN)


def _read(words: str) -> str:
    return clean(words)[:_LONGEST].translate(_QUOTES)


def _term(phrase: str, word: str) -> tuple[str, bool]:
    return (phrase or word.rstrip("*"), not phrase and word.endswith("*"))


def _spelled(text: str, begins: bool, render: Render) -> str:
    return _joined(" OR ", [render(one, begins) for one in spellings(text, begins)])


class _Part(NamedTuple):
    """What is wanted or (`but`) not wanted; '' where there is no word in it."""

    text: str
    but: bool

    def opposite(self) -> "_Part":
        """Not this."""
        return _Part(self.text, not self.but)


class _Sentence:
    """Words with AND, OR, NOT and parentheses, read from left to right; NOT binds closest, then AND, then OR.

    FTS5 knows NOT between two expressions only. So what is not wanted is taken away from what else an AND asks for, and
    passed on where that is nothing; a sentence that says only what is not wanted finds nothing.
    """

    def __init__(self, words: str, render: Render) -> None:
        self._tokens = _WITH_OPERATORS.findall(words)[: 2 * _MOST]
        self._render = render
        self._depth = 0
        self._open = 0

    def read(self) -> str:
        """All of it, whatever stands there."""
        parts = []
        while self._tokens:
            parts.append(self._either())
            if self._next() == ")":
                self._tokens.pop(0)
        whole = _all(parts)
        return "" if whole.but else whole.text

    def _next(self) -> str:
        if not self._tokens:
            return ""
        _, bracket, word = self._tokens[0]
        return bracket or (word if word in ("AND", "OR", "NOT") else "word")

    def _either(self) -> _Part:
        parts = [self._both()]
        while self._next() == "OR":
            self._tokens.pop(0)
            parts.append(self._both())
        return _any(parts)

    def _both(self) -> _Part:
        parts = []
        while self._next() not in ("", "OR", ")"):
            if self._next() == "AND":
                self._tokens.pop(0)
            parts.append(self._one())
        return _all(parts)

    def _one(self) -> _Part:
        but = False
        while self._next() == "NOT":
            self._tokens.pop(0)
            but = not but
        part = self._word() if self._next() in ("(", "word") else _NO_PART  # else an operator without its word
        return part.opposite() if but else part

    def _word(self) -> _Part:
        phrase, bracket, word = self._tokens.pop(0)
        if bracket:
            return self._group()
        text, begins = _term(phrase, word)
        self._open += begins
        if not _WORDY.search(text) or (begins and self._open > _MOST_OPEN):
            return _NO_PART
        return _Part(_spelled(text, begins, self._render), but=False)

    def _group(self) -> _Part:
        if self._depth >= _DEEPEST:
            return _NO_PART
        self._depth += 1
        inner = self._either()
        self._depth -= 1
        if self._next() == ")":
            self._tokens.pop(0)
        return inner


_NO_PART = _Part("", but=False)


def _all(parts: Iterable[_Part]) -> _Part:
    wanted = _joined(" AND ", [part.text for part in parts if not part.but])
    unwanted = _joined(" OR ", [part.text for part in parts if part.but])
    if wanted and unwanted:
        return _Part(f"({wanted} NOT {unwanted})", but=False)
    return _Part(wanted or unwanted, but=not wanted)


def _any(parts: Iterable[_Part]) -> _Part:
    """One of these is so where not all of their opposites are."""
    return _all([part.opposite() for part in parts]).opposite()


def _joined(operator: str, parts: Iterable[str]) -> str:
    there = list(dict.fromkeys(part for part in parts if part))
    return there[0] if len(there) == 1 else f"({operator.join(there)})" if there else ""
