"""Answers of a CDX server: which captures of which addresses a web archive holds. Pure.

Three dialects: JSON rows under a row of names (Wayback Machine), one JSON object a line (pywb), and lines of fields
apart by spaces (the CDX format itself). Long answers come in parts: by a key to go on with, or by numbered pages.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from scraper.feeds.text import FeedError
from scraper.parsed import CaptureIndex, IndexedCapture

_NAMES = {
    "url": ("original", "url"),
    "timestamp": ("timestamp",),
    "kind": ("mimetype", "mime"),
    "status": ("statuscode", "status"),
    "digest": ("digest",),
}
_PLAIN = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest")
_NONE = "-"


def read_cdx(body: bytes) -> CaptureIndex:
    """The captures that an answer lists, in its order, and the key to go on with, if it gives one. Raises FeedError."""
    text = body.decode("utf-8", "replace").strip()
    is_table = text.startswith("[")
    rows, resume = _table(text) if is_table else _lines(text)
    facts = [_facts(row) for row in rows]
    # A table may have no rows, and a row need not be of a page (`dns:`); but each has a timestamp.
    if (facts or (text and not is_table)) and not any(one["timestamp"].isdecimal() for one in facts):
        raise FeedError("no answer of a CDX server: it lists no captures")
    captures = (IndexedCapture(**one) for one in facts if _is_of_page(one))
    return CaptureIndex(captures=tuple(captures), resume=resume)


def page_count(body: bytes) -> int:
    """How many pages a server says its answer has (showNumPages); 0 if that is no such answer.

    The Wayback Machine says a number, or a table of one; pywb a number, or an object.
    """
    text = body[:1000].decode("utf-8", "replace").strip()
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return 0
    if isinstance(said, dict):
        said = said.get("pages")
    while isinstance(said, list):
        said = said[-1] if said else 0
    return int(said) if isinstance(said, int) or (isinstance(said, str) and said.isdecimal()) else 0


def _table(text: str) -> tuple[Iterable[dict[str, Any]], str]:
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        raise FeedError("no answer of a CDX server: broken JSON") from None
    rows = [row for row in table if isinstance(row, list)]
    if not any(rows):
        return [row for row in table if isinstance(row, dict)], ""
    names, rows = _named(rows)
    resume = str(rows[-1][0]) if len(rows) > 1 and rows[-2] == [] and len(rows[-1]) == 1 else ""
    whole = (row for row in rows if len(row) >= len(names))
    return (dict(zip(names, row, strict=False)) for row in whole), resume


def _named(rows: list[list[Any]]) -> tuple[Sequence[str], list[list[Any]]]:
    """The names of the columns, and the rows under them; without a row of names they stand as in plain lines."""
    first = [str(cell) for cell in rows[0]]
    if "timestamp" in first:
        return first, rows[1:]
    if len(first) >= len(_PLAIN) and first[1].isdecimal():
        return _PLAIN, rows
    raise FeedError("no answer of a CDX server that can be read: its rows have no timestamp")


def _lines(text: str) -> tuple[Iterable[dict[str, Any]], str]:
    lines = text.splitlines()
    resume = lines[-1].strip() if len(lines) > 2 and not lines[-2].strip() else ""
    return _rows(lines[:-1] if resume else lines), resume


def _rows(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        brace = line.find("{")
        if brace >= 0:  # CDXJ has the key and the timestamp before it
            try:
                row = json.loads(line[brace:])
            except (ValueError, RecursionError):
                continue
            if isinstance(row, dict):
                head = line[:brace].split()
                yield ({"timestamp": head[1]} if len(head) > 1 else {}) | row
        elif len(fields := line.split()) >= len(_PLAIN):
            yield dict(zip(_PLAIN, fields, strict=False))


def _facts(row: dict[str, Any]) -> dict[str, str]:
    return {
        field: next((str(row[name]) for name in names if row.get(name) not in (None, "", _NONE)), "")
        for field, names in _NAMES.items()
    }


def _is_of_page(facts: dict[str, str]) -> bool:
    return facts["url"].startswith(("http://", "https://")) and facts["timestamp"].isdecimal()
