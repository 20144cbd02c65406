"""What is remembered about a host between runs: robots.txt, and its own wish to wait."""

import sqlite3

from storage.records import HostState
from storage.sqlite.rows import columns, record
from storage.sqlite.text import clean, stamp

_COLUMNS = columns(HostState)


def load(db: sqlite3.Connection, origin: str) -> HostState:
    """The state of an origin; an empty one if nothing is known."""
    row = db.execute(f"SELECT {_COLUMNS} FROM host WHERE origin = ?", (origin,)).fetchone()  # noqa: S608 (our names)
    return record(HostState, row) if row else HostState(origin=origin)


def save(db: sqlite3.Connection, state: HostState) -> None:
    """Remember it."""
    times = (state.robots_fetched, state.robots_until, state.unreachable, state.not_before)
    db.execute(
        f"INSERT OR REPLACE INTO host ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 (our names)
        (state.origin, state.robots, state.robots_status, *map(stamp, times), clean(state.reason)),
    )
