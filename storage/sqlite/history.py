"""Reading what has happened: the texts that an article has had, and the log of changes."""

import sqlite3

import msgspec

from storage.records import ChangeRow, Revision


def revisions(db: sqlite3.Connection, article: int) -> list[Revision]:
    """The texts of an article, oldest first."""
    names = Revision.__struct_fields__
    rows = db.execute(
        f"SELECT {', '.join(names)} FROM revisions WHERE article = ? ORDER BY number",  # noqa: S608 (our names)
        (article,),
    )
    return [msgspec.convert(dict(zip(names, row, strict=True)), Revision, strict=False) for row in rows]


def changes(db: sqlite3.Connection, since: int, limit: int | None) -> list[ChangeRow]:
    """What happened after the line of that number, in order."""
    names = ChangeRow.__struct_fields__
    rows = db.execute(
        f"SELECT {', '.join(names)} FROM changes WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608 (our names)
        (since, -1 if limit is None else limit),
    )
    return [ChangeRow(**dict(zip(names, row, strict=True))) for row in rows]
