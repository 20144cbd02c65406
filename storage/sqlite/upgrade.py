"""An archive of an older Dateline, brought to our schema."""

import sqlite3
from contextlib import closing

from storage.sqlite.connect import in_our_words, open_for_reading, open_for_writing
from storage.sqlite.migrations import APPLICATION_ID, STEPS, check, migrate


def is_older(path: str) -> bool:
    """Whether an older Dateline made it. Raises ArchiveError for what is no archive, or a newer one."""
    with closing(open_for_reading(path)) as db:
        try:
            check(db, STEPS, APPLICATION_ID, path)
            (version,) = db.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error as error:
            raise in_our_words(error, path) from error
    return 0 < int(version) < len(STEPS)


def upgrade(path: str) -> None:
    """Take the steps that are missing, a transaction each. Raises ArchiveError."""
    with closing(open_for_writing(path, lambda db: check(db, STEPS, APPLICATION_ID, path), durable=True)) as db:
        try:
            migrate(db, STEPS, APPLICATION_ID)
        except sqlite3.Error as error:
            raise in_our_words(error, path) from error
