"""What is to be told to other programs: a queue that survives a restart, with tries, retries and dead letters."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from storage.records import Delivery
from storage.sqlite.rows import columns, record
from storage.sqlite.text import clean, moment, stamp

_COLUMNS = columns(Delivery)
_KEPT = "-30 days"  # what was delivered is kept for so long


def mark(db: sqlite3.Connection, name: str) -> int:
    """The line of the change log up to which a saved search was answered; at its first question, the last one."""
    db.execute(
        "INSERT INTO answered SELECT ?, coalesce(max(number), 0) FROM change WHERE true ON CONFLICT DO NOTHING", (name,)
    )
    (number,) = db.execute("SELECT number FROM answered WHERE name = ?", (name,)).fetchone()
    return int(number)


def put(db: sqlite3.Connection, name: str, number: int, deliveries: Sequence[Delivery]) -> None:
    """Queue what a search found, and move its mark, in one transaction: nothing is told twice, nothing is left out."""
    db.execute("INSERT INTO answered VALUES (?, ?) ON CONFLICT DO UPDATE SET number = excluded.number", (name, number))
    db.executemany(
        "INSERT INTO delivery (target, kind, body, made, next_try) VALUES (?, ?, ?, ?, ?)",
        [(clean(one.target), one.kind, clean(one.body), stamp(one.made), stamp(one.made)) for one in deliveries],
    )


def due(db: sqlite3.Connection, now: datetime, most: int) -> list[Delivery]:
    """What waits to be told now, in order."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM delivery WHERE next_try <= ? ORDER BY id LIMIT ?",  # noqa: S608 (our names)
        (stamp(now), most),
    )
    return [record(Delivery, row) for row in rows]


def settle(db: sqlite3.Connection, id_: int, now: datetime, reason: str, next_try: datetime | None) -> None:
    """Write down how telling it went: told (no reason), to be tried again, or, with a reason and no time, dead."""
    db.execute(
        "UPDATE delivery SET tries = tries + 1, told = ?, reason = ?, next_try = ?, dead = ? WHERE id = ?",
        (None if reason else stamp(now), clean(reason), stamp(next_try), bool(reason) and next_try is None, id_),
    )
    db.execute("DELETE FROM delivery WHERE told < strftime('%Y-%m-%dT%H:%M:%SZ', ?, ?)", (stamp(now), _KEPT))


def revive(db: sqlite3.Connection, now: datetime) -> int:
    """Try the dead letters again; how many there are."""
    return db.execute("UPDATE delivery SET dead = 0, tries = 0, next_try = ? WHERE dead", (stamp(now),)).rowcount


def dead(db: sqlite3.Connection) -> list[Delivery]:
    """The dead letters, oldest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM delivery WHERE dead ORDER BY id")  # noqa: S608 (our names)
    return [record(Delivery, row) for row in rows]


def last_told(db: sqlite3.Connection, kind: str) -> datetime | None:
    """When something of this kind was queued last."""
    row = db.execute("SELECT max(made) FROM delivery WHERE kind = ?", (kind,)).fetchone()
    return moment(row[0])
