"""How alike two texts are; pure."""

import re

_WORD = re.compile(r"\w+")
_SHINGLE = 5


def contained(one: str, other: str) -> float:
    """The share of the shorter text's word 5-grams that the other holds too, 0 to 1."""
    few, many = sorted((_shingles(one), _shingles(other)), key=len)
    return len(few & many) / len(few) if few else 0.0


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    return {tuple(words[start : start + _SHINGLE]) for start in range(max(len(words) - _SHINGLE + 1, 1))}
