"""Times that a wrong clock wrote, mended once the clock is right.

What lies in the future was written by a clock that was ahead. A next time that follows from it would let a feed or an
article rest for years, so it is taken as come.
"""

import sqlite3
from datetime import datetime, timedelta

from storage.sqlite.text import stamp

_TOLERANCE = timedelta(minutes=1)
_WISH = timedelta(days=2)  # a Retry-After is obeyed for a day at most; hardly any address waits longer for its next try
_LONGEST = timedelta(days=40)  # no article waits longer for its next visit

_EVIDENCE = "SELECT 1 WHERE (SELECT at FROM fetch ORDER BY id DESC LIMIT 1) > :soon"
_MEND = (
    "UPDATE feed SET next = NULL, last_polled = NULL WHERE last_polled > :soon",
    "UPDATE feed SET next = NULL WHERE next > :far",
    "UPDATE feed SET last_new = :now WHERE last_new > :soon",
    "UPDATE article SET last_seen = :now WHERE last_seen > :soon",
    "UPDATE pending SET next_try = :now WHERE next_try > :days",
    "UPDATE visit SET next = :now WHERE next > :far OR last > :soon",
    "UPDATE visit SET last = :now WHERE last > :soon",
    "UPDATE host SET not_before = NULL WHERE not_before > :days",
    "UPDATE host SET robots_fetched = NULL, robots_until = NULL WHERE robots_fetched > :soon",
    "UPDATE host SET unreachable = :now WHERE unreachable > :soon",
)


def mend(db: sqlite3.Connection, now: datetime) -> None:
    """Believe no time that lies in the future, if the last thing that was noted lies there."""
    times = {
        "now": stamp(now),
        "soon": stamp(now + _TOLERANCE),
        "days": stamp(now + _WISH),
        "far": stamp(now + _LONGEST),
    }
    if db.execute(_EVIDENCE, times).fetchone() is None:
        return
    for statement in _MEND:
        db.execute(statement, times)
