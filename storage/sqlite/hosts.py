"""What is remembered about a host between runs: robots.txt, our last request, its own wish to wait."""

import sqlite3

from storage.records import HostState
from storage.sqlite.text import clean, moment, stamp

_NAMES = "robots, robots_status, robots_fetched, last_request, not_before, reason"


def load(db: sqlite3.Connection, origin: str) -> HostState:
    """The state of an origin; an empty one if nothing is known."""
    row = db.execute(f"SELECT {_NAMES} FROM host WHERE origin = ?", (origin,)).fetchone()  # noqa: S608 (our names)
    if row is None:
        return HostState(origin=origin)
    robots, status, fetched, last_request, not_before, reason = row
    return HostState(
        origin=origin,
        robots=robots,
        robots_status=status,
        robots_fetched=moment(fetched),
        last_request=moment(last_request),
        not_before=moment(not_before),
        reason=reason,
    )


def save(db: sqlite3.Connection, state: HostState) -> None:
    """Remember it."""
    last = state.last_request.isoformat() if state.last_request else None  # fractions count: a delay may be short
    times = (stamp(state.robots_fetched), last, stamp(state.not_before))
    db.execute(
        "INSERT OR REPLACE INTO host VALUES (?, ?, ?, ?, ?, ?, ?)",
        (state.origin, state.robots, state.robots_status, *times, clean(state.reason)),
    )
