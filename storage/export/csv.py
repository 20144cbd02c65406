"""CSV (RFC 4180) for spreadsheets: one article a row, lists joined by "; ", nothing that a spreadsheet would run."""

import csv
import io
from typing import IO

import msgspec

from storage.archive import Library
from storage.records import ArticleRow, Query, Rights

COLUMNS = ArticleRow.__struct_fields__
# What begins like this is a formula (OWASP, "CSV Injection"); an apostrophe before it makes it a text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def export_csv(library: Library, query: Query, file: IO[bytes]) -> int:
    """Write them in flat memory, the names of the columns first; how many there were."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    rows = csv.writer(text)
    if not query.beyond:
        rows.writerow(COLUMNS)
    count = 0
    for article in library.articles(query):
        rows.writerow([_cell(getattr(article, name)) for name in COLUMNS])
        count += 1
    text.detach()
    return count


def _cell(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Rights):
        value = msgspec.json.encode(value).decode()
    text = "; ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"'{text}" if text.lstrip(" \n").startswith(_FORMULA) else text
