"""A person's words as FTS5 expressions that cannot fail. Pure.

Each word or "phrase" is quoted and all of them are wanted; `word*` finds what begins so. AND, OR, NOT and parentheses
are words like any other unless operators were asked for; what is no sentence of theirs is read as well as it can be.
"""

import re
from collections.abc import Callable, Sequence

from storage.sqlite.text import clean

# Scripts that set no spaces, and Korean; the view `dense_text` knows the same ones.
DENSE = re.compile(
    "[\u0e01-\u0eff\u0f40-\u0fbc\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff]"
)
GRAM = 3  # characters in a row that the dense index holds
_PHRASE_OR_WORD = re.compile(r'"([^"]*)"|(\S+)')
_WITH_OPERATORS = re.compile(r'"([^"]*)"|([()])|([^\s()"]+)')
_WORDY = re.compile(r"\w")
BEGINS = '"*'  # after a word that may go on
_IN_TURN = 8  # words; FTS5 takes no more than 47 of these nestings
NOTHING = '"\ue000\ue000\ue000"'  # what no text holds
_LONGEST, _MOST, _DEEPEST = 2000, 64, 20  # characters, words, parentheses

Render = Callable[[str, bool], str]


def quoted(text: str, begins: bool) -> str:
    """A word or phrase as FTS5 takes it; `begins`: the last word may go on."""
    return '"' + text.replace('"', '""') + (BEGINS if begins else '"')


def match_expression(words: str, *, operators: bool = False, render: Render = quoted) -> str:
    """The expression, or '' where there is no word in it."""
    words = clean(words)[:_LONGEST]
    if operators:
        return _Sentence(words, render).read()
    longest_first = sorted(terms(words), key=lambda term: len(term[0]), reverse=True)
    return _in_turn([part for part in (render(*term) for term in longest_first) if part])


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
    """The words and phrases of a plain search, each with whether it may go on."""
    found = [_term(phrase, word) for phrase, word in _PHRASE_OR_WORD.findall(clean(words)[:_LONGEST])]
    return [term for term in found if _WORDY.search(term[0])][:_MOST]


def is_dense(words: str) -> bool:
    """Whether the words want the index of scripts without spaces."""
    return DENSE.search(words) is not None


def _term(phrase: str, word: str) -> tuple[str, bool]:
    return (phrase or word.rstrip("*"), not phrase and word.endswith("*"))


class _Sentence:
    """Words with AND, OR, NOT and parentheses, read from left to right; NOT binds closest, then AND, then OR."""

    def __init__(self, words: str, render: Render) -> None:
        self._tokens = _WITH_OPERATORS.findall(words)[: 2 * _MOST]
        self._render = render
        self._depth = 0

    def read(self) -> str:
        """All of it, whatever stands there."""
        parts = []
        while self._tokens:
            parts.append(self._either())
            if self._next() == ")":
                self._tokens.pop(0)
        return _joined(" AND ", parts)

    def _next(self) -> str:
        if not self._tokens:
            return ""
        _, bracket, word = self._tokens[0]
        return bracket or (word if word in ("AND", "OR", "NOT") else "word")

    def _either(self) -> str:
        parts = [self._both()]
        while self._next() == "OR":
            self._tokens.pop(0)
            parts.append(self._both())
        return _joined(" OR ", parts)

    def _both(self) -> str:
        parts = [self._but()]
        while self._next() not in ("", "OR", ")"):
            if self._next() == "AND":
                self._tokens.pop(0)
            parts.append(self._but())
        return _joined(" AND ", parts)

    def _but(self) -> str:
        left = self._one()
        while self._next() == "NOT":
            self._tokens.pop(0)
            right = self._one()
            left = f"({left} NOT {right})" if left and right else left
        return left

    def _one(self) -> str:
        kind = self._next()
        if kind not in ("(", "word"):
            return ""  # an operator without its word
        phrase, _, word = self._tokens.pop(0)
        if kind == "(":
            return self._group()
        text, begins = _term(phrase, word)
        return self._render(text, begins) if _WORDY.search(text) else ""

    def _group(self) -> str:
        if self._depth >= _DEEPEST:
            return ""
        self._depth += 1
        inner = self._either()
        self._depth -= 1
        if self._next() == ")":
            self._tokens.pop(0)
        return inner


def _joined(operator: str, parts: list[str]) -> str:
    there = [part for part in parts if part]
    return there[0] if len(there) == 1 else f"({operator.join(there)})" if there else ""
