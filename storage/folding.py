"""What is the same line whatever its case, punctuation and white space; pure."""

import re
from hashlib import blake2b

HEAD = 160  # characters that tell one line from another
_LONGEST_COUNTED = 80  # folded characters: a longer line with a number in it is a sentence
_LEAST_LETTERS = 8  # fewer say nothing without their number ("Chapter 3", "Day 12")
_DIGITS = re.compile(r"\d+")
NUMBER = re.compile(r"\d+(?:[.,\u202f\u00a0 ]\d+)*")
_FOLDED = re.compile(r"[\W_]+")
_PUNCTUATION = re.compile(b"\xe2\x80[\x90-\xbf]")  # U+2010 to U+203F in UTF-8: most of what stands beside letters
_NO_WORD = bytes(code for code in range(128) if not chr(code).isalnum())


def fold(text: str) -> str:
    """Without case, punctuation and white space, for comparing."""
    if text.isascii():  # most texts, and ten times as fast
        return text.lower().encode().translate(None, _NO_WORD).decode()
    encoded = text.casefold().encode("utf-8", "surrogatepass").translate(None, _NO_WORD)
    text = _PUNCTUATION.sub(b"", encoded).decode("utf-8", "surrogatepass")
    return text if text.isalnum() else _FOLDED.sub("", text)


def lowered(text: str) -> str:
    """In lower case, of the same length: a capital İ is an i, without the dot that lower case gives it."""
    low = text.lower()
    return low if low.isascii() else low.replace("i\u0307", "i")


def mark_of(folded: str) -> int:
    """The name of a line: a hash of its first characters, folded; within SQLite's integers."""
    return int.from_bytes(blake2b(folded.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)


def line_marks(folded: str) -> tuple[int, ...]:
    """The names of a line on a site's pages: its own; and of a short one with a number, the one whatever its number."""
    if len(folded) <= _LONGEST_COUNTED and not folded.isalpha():
        counted = _DIGITS.sub("0", folded)
        if counted != folded and sum(map(str.isalpha, counted)) >= _LEAST_LETTERS:
            return mark_of(folded), mark_of(counted)
    return (mark_of(folded),)


def numberless(text: str) -> str:
    """The text with a 0 for every number."""
    return NUMBER.sub("0", text)
