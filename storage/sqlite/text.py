"""The border: what goes into SQLite is cleaned once, here; what comes out of a damaged column harms no other."""

import re
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

T = TypeVar("T")

# NUL ends a string for length() and LIKE, lone surrogates cannot be stored, other controls only do harm on a terminal.
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f]")
_BREAKS = re.compile(r"[\x85\u2028\u2029]")  # they end a line for some programs only
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_ANY = re.compile("|".join(one.pattern for one in (_UNWANTED, _BREAKS, _SURROGATES)))


def clean(text: str) -> str:
    """The text without control characters (tab and newline stay) and with lone surrogates replaced.

    JSON stays JSON.
    """
    if not _ANY.search(text):  # one look instead of three, at nearly every text
        return text
    return _SURROGATES.sub("\ufffd", _BREAKS.sub(" ", _UNWANTED.sub("", text)))


def stamp(moment: datetime | None) -> str | None:
    """A moment as it is stored: ISO 8601, UTC, whole seconds. What no calendar holds becomes None."""
    if moment is None:
        return None
    try:
        return moment.astimezone(UTC).isoformat()[:19] + "Z" if moment.year >= 1000 else None
    except (OverflowError, ValueError):
        return None


def moment(text: str | None) -> datetime | None:
    """A stored moment again."""
    return datetime.fromisoformat(text) if text else None


def parsed(text: str, kind: type[T], otherwise: T) -> T:
    """What a column of JSON holds, or `otherwise` where it is damaged: `dateline verify` names it, readers go on."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError:
        return otherwise
