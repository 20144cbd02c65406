"""The search index against the texts, without a lock on the archive.

FTS5 checks an index only through a write to its table. So each index is copied into the connection's own temporary
file, over a view of the archive's texts, and checked there: the archive itself is only read.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from storage.errors import ArchiveFull
from storage.records import Fault

_PARTS = ("data", "idx", "docsize", "config")
_INDEXES = "SELECT name, sql FROM main.sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5 %'"


def search_faults(address: str, file: str) -> Iterator[Fault]:
    """The full-text indexes that do not say what the texts say. Raises ArchiveFull."""
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as db:
        db.execute("PRAGMA temp_store = FILE")
        db.execute("BEGIN")
        views = set()
        for name, sql in db.execute(_INDEXES).fetchall():
            content = _content(sql)
            if content and content not in views:
                views.add(content)
                db.execute(f"CREATE TEMP VIEW {content} AS SELECT * FROM main.{content}")  # noqa: S608
            fault = _compared(db, name, sql)
            if fault:
                rebuild = f"""sqlite3 {file} "INSERT INTO {name}({name}) VALUES('rebuild')" makes it again"""
                yield Fault(file=file, table=name, id="", what=fault, advice=rebuild)


def _compared(db: sqlite3.Connection, name: str, sql: str) -> str:
    """What is wrong with one index, or ''."""
    try:
        db.execute(sql.replace(f"VIRTUAL TABLE {name}", f"VIRTUAL TABLE temp.{name}", 1))
        for part in _PARTS:
            db.execute(f"DELETE FROM temp.{name}_{part}")  # noqa: S608 (names of the schema)
            db.execute(f"INSERT INTO temp.{name}_{part} SELECT * FROM main.{name}_{part}")  # noqa: S608
        db.execute(f"INSERT INTO temp.{name} ({name}, rank) VALUES ('integrity-check', 1)")  # noqa: S608
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_FULL:
            raise
        place = "the folder of temporary files (SQLITE_TMPDIR names another)"
        raise ArchiveFull(f"{place}: no room there for a copy of the search index") from error
    except sqlite3.DatabaseError:
        return "the search index does not fit the articles"
    return ""


def _content(sql: str) -> str:
    """The table that an external-content index stands over, or ''."""
    _, _, rest = sql.partition("content='")
    return rest.partition("'")[0]
