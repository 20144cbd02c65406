"""What is the same line whatever its case, punctuation and white space; pure."""

import re
from hashlib import blake2b

HEAD = 160  # characters that tell one line from another
_FOLDED = re.compile(r"[\W_]+")
_NO_WORD = bytes(code for code in range(128) if not chr(code).isalnum())


def fold(text: str) -> str:
    """Without case, punctuation and white space, for comparing."""
    if text.isascii():  # most texts, and ten times as fast
        return text.lower().encode().translate(None, _NO_WORD).decode()
    text = text.casefold().encode("utf-8", "surrogatepass").translate(None, _NO_WORD).decode("utf-8", "surrogatepass")
    return text if text.isalnum() else _FOLDED.sub("", text)


def mark_of(folded: str) -> int:
    """The name of a line: a hash of its first characters, folded; within SQLite's integers."""
    return int.from_bytes(blake2b(folded.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)
