"""The search indexes, brought up to date once for all that a transaction wrote."""

import sqlite3

_INDEXES = (("search", "article"), ("dense", "dense_text"))


def index(db: sqlite3.Connection) -> None:
    """Index the articles that triggers noted in `unindexed`, as the last thing of a transaction.

    FTS5 gathers what is added to it, but writes that down whenever a statement begins that could be undone by itself,
    and our inserts with their triggers are such: article by article, a segment each, all to be merged later.
    """
    if db.execute("SELECT 1 FROM unindexed LIMIT 1").fetchone():
        for name, content in _INDEXES:
            db.execute(
                f"INSERT INTO {name} (rowid, title, text) "  # noqa: S608 (our names)
                f"SELECT id, title, text FROM {content} WHERE id IN (SELECT id FROM unindexed) ORDER BY id"
            )
        db.execute("DELETE FROM unindexed")
