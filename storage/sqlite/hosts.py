"""What is remembered about a host between runs: robots.txt, and its own wish to wait."""

import sqlite3

from storage.records import HostState
from storage.sqlite.text import clean, moment, stamp

_NAMES = "robots, robots_status, robots_fetched, robots_until, unreachable, not_before, reason"


def load(db: sqlite3.Connection, origin: str) -> HostState:
    """The state of an origin; an empty one if nothing is known."""
    row = db.execute(f"SELECT {_NAMES} FROM host WHERE origin = ?", (origin,)).fetchone()  # noqa: S608 (our names)
    if row is None:
        return HostState(origin=origin)
    robots, status, fetched, until, unreachable, not_before, reason = row
    return HostState(
        origin=origin,
        robots=robots,
        robots_status=status,
        robots_fetched=moment(fetched),
        robots_until=moment(until),
        unreachable=moment(unreachable),
        not_before=moment(not_before),
        reason=reason,
    )


def save(db: sqlite3.Connection, state: HostState) -> None:
    """Remember it."""
    times = (state.robots_fetched, state.robots_until, state.unreachable, state.not_before)
    db.execute(
        f"INSERT OR REPLACE INTO host (origin, {_NAMES}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 (our names)
        (state.origin, state.robots, state.robots_status, *map(stamp, times), clean(state.reason)),
    )
