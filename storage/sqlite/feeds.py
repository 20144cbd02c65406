"""Feeds, what they showed, and what waits to be fetched."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

import msgspec

from storage.records import FeedEntry, FeedState, Pending, Validators
from storage.sqlite.text import clean, moment, stamp

_COLUMNS = (
    "url, category, every, title, etag, last_modified, items, state, last_polled, last_new, next, failures, reason"
)


def subscribe(db: sqlite3.Connection, feeds: Sequence[FeedState]) -> list[FeedState]:
    """Make exactly these feeds active; their states in the same order."""
    db.execute("UPDATE feed SET active = 0 WHERE active")
    for feed in feeds:
        db.execute(
            "INSERT INTO feed (url, category, every, active) VALUES (?, ?, ?, 1) ON CONFLICT (url) DO UPDATE "
            "SET category = excluded.category, every = excluded.every, active = 1",
            (feed.url, clean(feed.category), feed.every),
        )
    states = {state.url: state for state in active(db)}
    return [states[feed.url] for feed in feeds]


def active(db: sqlite3.Connection) -> list[FeedState]:
    """The active feeds, by category and address."""
    return [_state(row) for row in db.execute(f"SELECT {_COLUMNS} FROM feed WHERE active ORDER BY category, url")]  # noqa: S608


def save(db: sqlite3.Connection, state: FeedState) -> int:
    """Save where a feed's polling stands; the feed's row."""
    db.execute(
        "INSERT INTO feed (url, category, active) VALUES (?, ?, 1) ON CONFLICT DO NOTHING", (state.url, state.category)
    )
    db.execute(
        "UPDATE feed SET title = ?, etag = ?, last_modified = ?, items = ?, state = ?, last_polled = ?, last_new = ?, "
        "next = ?, failures = ?, reason = ? WHERE url = ?",
        (
            *(clean(state.title), clean(state.validators.etag), clean(state.validators.last_modified), state.items),
            *(state.state, stamp(state.last_polled), stamp(state.last_new), stamp(state.next)),
            *(state.failures, clean(state.reason), state.url),
        ),
    )
    (row,) = db.execute("SELECT id FROM feed WHERE url = ?", (state.url,)).fetchone()
    return int(row)


def sight(
    db: sqlite3.Connection, feed: int, url: str, entry: FeedEntry, item: str | None, now: str
) -> tuple[int | None, bool]:
    """Note that a feed shows an address: (its article if it is known, whether the entry says that it changed)."""
    article = find(db, url)
    before = db.execute("SELECT updated, title FROM sighting WHERE feed = ? AND url = ?", (feed, url)).fetchone()
    updated = stamp(entry.updated)
    changed = bool(before and updated and (before[0] is None or updated > before[0]))
    db.execute(
        "INSERT INTO sighting VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (feed, url) DO UPDATE SET "
        "article = coalesce(excluded.article, article), guid = excluded.guid, title = excluded.title, "
        "summary = excluded.summary, published = excluded.published, updated = excluded.updated, "
        "item = excluded.item, last_seen = excluded.last_seen",
        (
            *(feed, url, article, clean(entry.guid), clean(entry.title), clean(entry.summary)),
            *(stamp(entry.published), updated, item, now, now),
        ),
    )
    if article is not None:
        db.execute("UPDATE article SET last_seen = max(last_seen, ?) WHERE id = ?", (now, article))
    return article, changed


def entry_of(db: sqlite3.Connection, article: int, url: str) -> FeedEntry:
    """What a feed said of an article; an entry with nothing but its address if none did."""
    row = db.execute(
        "SELECT title, summary, published, updated FROM sighting WHERE article = ? ORDER BY first_seen LIMIT 1",
        (article,),
    ).fetchone()
    title, summary, published, updated = row or ("", "", None, None)
    return FeedEntry(url=url, title=title, summary=summary, published=moment(published), updated=moment(updated))


def find(db: sqlite3.Connection, url: str) -> int | None:
    """The article of any address ever seen."""
    row = db.execute("SELECT article FROM alias WHERE url = ?", (url,)).fetchone()
    return int(row[0]) if row else None


def want(db: sqlite3.Connection, url: str, entry: FeedEntry, now: str, *, known: bool) -> bool:
    """Put an address on the list of what to fetch; whether it was never there before."""
    text = clean(msgspec.json.encode(msgspec.structs.replace(entry, item=b"")).decode())
    if known:
        db.execute(
            "INSERT INTO pending (url, entry, known, found) VALUES (?, ?, 1, ?) ON CONFLICT (url) DO UPDATE SET "
            "entry = excluded.entry, known = 1, settled = 0, skipped = 0, tries = 0, next_try = NULL, reason = ''",
            (url, text, now),
        )
        return False
    new = "INSERT INTO pending (url, entry, known, found) VALUES (?, ?, 0, ?) ON CONFLICT DO NOTHING"
    return db.execute(new, (url, text, now)).rowcount > 0


def due(db: sqlite3.Connection, feed: str, now: datetime, *, hurry: bool) -> list[Pending]:
    """What waits and stands in this feed: see storage.archive.Archive.due."""
    rows = db.execute(
        "SELECT p.url, p.entry, p.tries, p.next_try, p.reason, p.known FROM pending p "
        "JOIN sighting s ON s.url = p.url JOIN feed f ON f.id = s.feed "
        "WHERE f.url = ? AND NOT p.settled AND (p.next_try IS NULL OR p.next_try <= ? OR ? AND NOT p.skipped) "
        "ORDER BY p.rowid",
        (feed, stamp(now), hurry),
    )
    return [
        Pending(
            url=url,
            entry=msgspec.json.decode(entry, type=FeedEntry),
            tries=tries,
            next_try=moment(next_try),
            reason=reason,
            known=bool(known),
        )
        for url, entry, tries, next_try, reason, known in rows
    ]


def _state(row: tuple[object, ...]) -> FeedState:
    names = [name.strip() for name in _COLUMNS.split(",")]
    facts = dict(zip(names, row, strict=True))
    validators = Validators(str(facts.pop("etag")), str(facts.pop("last_modified")))
    return msgspec.convert(facts | {"validators": validators}, FeedState)
