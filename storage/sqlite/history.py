"""Reading what has happened: the texts that an article has had, and the log of changes."""

import sqlite3

from storage.records import ChangeRow, Revision
from storage.sqlite.rows import columns, record


def revisions(db: sqlite3.Connection, article: int) -> list[Revision]:
    """The texts of an article, oldest first."""
    sql = f"SELECT {columns(Revision)} FROM revisions WHERE article = ? ORDER BY number"  # noqa: S608 (our names)
    return [record(Revision, row) for row in db.execute(sql, (article,))]


def changes(db: sqlite3.Connection, since: int, limit: int | None) -> list[ChangeRow]:
    """What happened after the line of that number, in order."""
    sql = f"SELECT {columns(ChangeRow)} FROM changes WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608 (our names)
    return [record(ChangeRow, row) for row in db.execute(sql, (since, -1 if limit is None else limit))]
