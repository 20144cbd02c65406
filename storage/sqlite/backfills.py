"""How far each backfill has come. What it names is filed like a feed's entries, under a feed that rests."""

import sqlite3
from datetime import UTC, datetime

from storage.records import BackfillState
from storage.sqlite.pending import ANOTHER_COPY
from storage.sqlite.rows import record
from storage.sqlite.text import clean, stamp


def begin(db: sqlite3.Connection, asked: BackfillState, *, again: bool) -> BackfillState:
    """The state of a backfill, which begins now if it was never asked for or is to be made again."""
    before = load(db, asked.key)
    if before and not (again and before.finished):
        return before
    db.execute(
        "INSERT INTO feed (url, category, active, via, address) VALUES (?, ?, 0, ?, ?) ON CONFLICT DO NOTHING",
        (asked.key, clean(asked.category), asked.via, clean(asked.address)),
    )
    (feed,) = db.execute("SELECT id FROM feed WHERE url = ?", (asked.key,)).fetchone()
    db.execute(
        "INSERT OR REPLACE INTO backfill (feed, since, until, started) VALUES (?, ?, ?, ?)",
        (feed, asked.since, asked.until, stamp(datetime.now(UTC))),
    )
    begun = load(db, asked.key)
    assert begun
    return begun


def load(db: sqlite3.Connection, key: str) -> BackfillState | None:
    """How far a backfill has come, or None if there was none."""
    row = db.execute(
        "SELECT f.url, f.via, f.address, f.category, b.since, b.until, b.cursor, b.listings, b.named, b.started, "
        "b.finished FROM backfill b JOIN feed f ON f.id = b.feed WHERE f.url = ?",
        (key,),
    ).fetchone()
    return record(BackfillState, row) if row else None


def save(db: sqlite3.Connection, state: BackfillState) -> int:
    """Save how far it has come; the feed that its finds are filed under."""
    (feed,) = db.execute("SELECT id FROM feed WHERE url = ?", (state.key,)).fetchone()
    db.execute(
        "UPDATE backfill SET cursor = ?, listings = ?, named = ?, finished = ? WHERE feed = ?",
        (state.cursor, state.listings, state.named, stamp(state.finished), feed),
    )
    return int(feed)


def known(db: sqlite3.Connection, url: str, copy: str = "") -> bool:
    """Whether nobody need fetch this address (or this copy of its page): archived, or settled for another reason."""
    settled = f"SELECT 1 FROM pending WHERE url = ? AND settled AND NOT outside AND NOT {ANOTHER_COPY}"  # noqa: S608
    archived = "SELECT 1 FROM alias WHERE url = ?"
    return db.execute(f"{settled} UNION ALL {archived}", (url, copy, url)).fetchone() is not None
