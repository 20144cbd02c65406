"""Which process has an address in hand, so that two of them on one archive fetch each page once.

A claim is as good as the process that made it: one that was killed has none any more.
"""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from storage.records import Pending

_START = 19  # the field of /proc/PID/stat, counted after the name: when the process started, in ticks since boot


def holder() -> str:
    """This process, as a claim names it: its number and when it started, for numbers come again."""
    return f"{os.getpid()}/{_started(os.getpid())}"


def ours(db: sqlite3.Connection, me: str, waiting: Sequence[Pending]) -> list[Pending]:
    """Claim what waits, as far as no other living process has it in hand."""
    mine = free(db, me, waiting)
    db.executemany("INSERT OR IGNORE INTO claim VALUES (?, ?)", [(pending.url, me) for pending in mine])
    return mine


def free(db: sqlite3.Connection, me: str, waiting: Sequence[Pending]) -> list[Pending]:
    """What of it no other living process has in hand."""
    claimed = dict(db.execute("SELECT url, holder FROM claim WHERE holder <> ?", (me,)))
    if claimed:
        dead = [one for one in set(claimed.values()) if not _lives(one)]
        db.executemany("DELETE FROM claim WHERE holder = ?", [(one,) for one in dead])
        claimed = {url: one for url, one in claimed.items() if one not in dead}
    return [pending for pending in waiting if pending.url not in claimed]


def release(db: sqlite3.Connection, url: str) -> None:
    """It is decided what became of this address."""
    db.execute("DELETE FROM claim WHERE url = ?", (url,))


def release_all(db: sqlite3.Connection, me: str) -> None:
    """This process has nothing in hand any more."""
    db.execute("DELETE FROM claim WHERE holder = ?", (me,))


def _lives(one: str) -> bool:
    number, _, started = one.partition("/")
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        pass
    return _started(int(number)) == started


def _started(number: int) -> str:
    """When a process started, as the system tells it; '' where it does not tell."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[_START]
