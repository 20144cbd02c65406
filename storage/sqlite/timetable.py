"""When each site may be asked again, shared by the processes of an archive: one small file, and no syncs.

It is no archive: whoever deletes it while nothing runs loses the pace of the last minutes. What must survive a power
cut (Retry-After) stands in the archive as well. A file that is damaged, locked or cannot grow stops nobody: each
process then keeps its own time.
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from storage.records import BucketState

log = logging.getLogger("dateline")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS bucket (
    name TEXT PRIMARY KEY,
    sent REAL NOT NULL,
    not_before REAL NOT NULL,
    share REAL NOT NULL,
    slowed REAL NOT NULL,
    latency REAL NOT NULL
) STRICT, WITHOUT ROWID
"""
_BUSY_SECONDS = 0.2  # another process holds it for microseconds; the event loop stands still meanwhile
_OLD = 86400.0


class SqliteTimetable:
    """Reads and changes one row a request; a change costs some 16 µs (docs/decisions/0012)."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._own: dict[str, BucketState] = {}
        self._db: sqlite3.Connection | None = None
        self._open()

    def change(self, name: str, step: Callable[[BucketState], BucketState]) -> BucketState:
        """Put what `step` (which must be pure) makes of a bucket's state in its place, as one transaction."""
        try:
            state = self._change(name, step)
        except sqlite3.Error as error:
            self._give_up(error)
            state = step(self._own.get(name, BucketState(name)))
        self._own[name] = state
        return state

    def close(self) -> None:
        """Let go of the file."""
        if self._db:
            self._db.close()
            self._db = None

    def _change(self, name: str, step: Callable[[BucketState], BucketState]) -> BucketState:
        if self._db is None:
            return step(self._own.get(name, BucketState(name)))
        self._db.execute("BEGIN IMMEDIATE")
        row = self._db.execute("SELECT * FROM bucket WHERE name = ?", (name,)).fetchone()
        before = BucketState(*row) if row else None
        after = step(before or BucketState(name))
        if after != before:
            values = msgspec.structs.astuple(after)
            self._db.execute("INSERT OR REPLACE INTO bucket VALUES (?, ?, ?, ?, ?, ?)", values)
        self._db.execute("COMMIT")
        return after

    def _open(self) -> None:
        try:
            self._db = _opened(self._path)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                self._give_up(error)
                return
            Path(self._path).unlink(missing_ok=True)
            self._db = _opened(self._path)

    def _give_up(self, error: sqlite3.Error) -> None:
        if self._db is not None and error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return  # it is our own time for this once
        # A full disk is told of by the archive itself.
        full = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
        log.log(
            logging.DEBUG if full else logging.WARNING,
            "%s: cannot be used (%s): the pace is kept for this process alone",
            self._path,
            error,
        )
        with suppress(sqlite3.Error):
            self.close()


def _opened(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA journal_mode = MEMORY")
        db.execute(_SCHEMA)
        past = time.time() - _OLD
        db.execute("DELETE FROM bucket WHERE sent < ? AND slowed < ? AND not_before < ?", (past, past, time.time()))
    except sqlite3.Error:
        db.close()
        raise
    return db
