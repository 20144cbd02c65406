"""What a file says of its own tables: what names a row of each, and which columns hold text."""

import sqlite3
from typing import NamedTuple

_TABLES = "SELECT name FROM pragma_table_list WHERE schema = ? AND type = 'table' AND substr(name, 1, 7) <> 'sqlite_'"
_COLUMNS = "SELECT name, type, pk FROM pragma_table_info(?, ?) ORDER BY pk, cid"


class Table(NamedTuple):
    """`key`: in SQL, the primary key of a row as one value; `texts`: the columns of text."""

    name: str
    key: str
    texts: tuple[str, ...]


def tables(db: sqlite3.Connection, schema: str = "main") -> list[Table]:
    """The tables of one file of a connection, but those of SQLite itself and of its full-text indexes."""
    return [_table(db, schema, name) for (name,) in db.execute(_TABLES, (schema,)).fetchall()]


def _table(db: sqlite3.Connection, schema: str, name: str) -> Table:
    columns = db.execute(_COLUMNS, (name, schema)).fetchall()
    keys = [column for column, _, place in columns if place]
    texts = tuple(column for column, kind, _ in columns if kind == "TEXT")
    return Table(name, " || ' ' || ".join(keys) or "rowid", texts)
