"""The hash chain over the change log; pure.

Each line's hash covers what the line says and the hash of the line before it. Whoever noted the last hash (the root)
elsewhere can tell later that no earlier line was changed, taken out or put in between.
"""

from hashlib import sha256

import msgspec

START = ""  # what the first line takes for the hash before it

Line = tuple[int, str, str, int, int | None, int | None, str | None]


def text_digest(title: str, text: str) -> str:
    """What a line of the log says of an article's words: SHA-256 of title, NUL and text, in hex."""
    return sha256(f"{title}\0{text}".encode()).hexdigest()


def link(before: str, line: Line) -> str:
    """The hash of a line (number, at, kind, article, revision, cluster, content) that follows the hash `before`.

    SHA-256 in hex over the JSON array of both, without spaces, in UTF-8: anybody can do the sum again.
    """
    return sha256(msgspec.json.encode((before, *line))).hexdigest()
