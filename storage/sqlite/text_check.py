"""Whether what is stored as text can be read as text, and as JSON where it should be. SQLite itself does not look."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing

from storage.records import Fault
from storage.sqlite.advice import ROW
from storage.sqlite.connect import as_text
from storage.sqlite.tables import Table, tables

_JSON = {
    "article": ("authors", "tags", "said_by", "rights"),
    "feed": ("rhythm", "hints"),
    "page": ("headers",),
    "pending": ("entry",),
}


def text_faults(address: str, file: str) -> Iterator[Fault]:
    """The values of a file that are no text: bytes that are not UTF-8, or no JSON."""
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as db:
        for table in tables(db):
            if table.texts and not _sound(db, table):
                yield from _named(db, table, file)


def _sound(db: sqlite3.Connection, table: Table) -> bool:
    """Whether all of a table can be read. Quick: SQLite looks at the JSON, and `sqlite3` decodes, row by row."""
    valid = " AND ".join(f"json_valid({column})" for column in _JSON.get(table.name, ())) or "true"
    db.text_factory = str
    try:
        return all(row[0] for row in db.execute(f"SELECT {valid}, {', '.join(table.texts)} FROM {table.name}"))  # noqa: S608
    except sqlite3.OperationalError as error:
        if hasattr(error, "sqlite_errorcode"):  # the file's, not the text's
            raise
        return False


def _named(db: sqlite3.Connection, table: Table, file: str) -> Iterator[Fault]:
    as_json = _JSON.get(table.name, ())
    db.text_factory = bytes
    for key, *values in db.execute(f"SELECT {table.key}, {', '.join(table.texts)} FROM {table.name}"):  # noqa: S608
        for column, value in zip(table.texts, values, strict=True):
            if wrong := _wrong(value or b"", as_json=column in as_json):
                id_ = as_text(key) if isinstance(key, bytes) else str(key)
                yield Fault(file=file, table=table.name, id=id_, what=f"its `{column}` {wrong}", advice=ROW)


def _wrong(value: bytes, *, as_json: bool) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "holds bytes that are no text (UTF-8)"
    try:
        if as_json:
            json.loads(text)
    except ValueError:
        return "is no JSON"
    return ""
