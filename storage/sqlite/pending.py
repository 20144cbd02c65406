"""The list of what waits to be fetched: what puts an address on it, what takes it off, and what of it is due."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from storage.records import Failure, FeedEntry, Pending
from storage.sqlite.text import clean, moment, stamp

# Whether what is settled was not looked at where another source has its page.
ANOTHER_COPY = "? NOT IN ('', coalesce(json_extract(entry, '$.at'), ''))"
_EPOCH = datetime.fromtimestamp(0, UTC)


def want(db: sqlite3.Connection, url: str, entry: FeedEntry, now: str, *, known: bool, again: bool = False) -> bool:
    """Put an address on the list of what to fetch; whether it was never there before.

    `again`: also what is settled and is no article; so is another copy than the one that was looked at.
    """
    text = _written(entry)
    if known:
        db.execute(
            "INSERT INTO pending (url, entry, known, found) VALUES (?, ?, 1, ?) ON CONFLICT (url) DO UPDATE SET "
            "entry = excluded.entry, known = 1, settled = 0, skipped = 0, tries = 0, next_try = NULL, reason = ''",
            (url, text, now),
        )
        return False
    new = (
        "INSERT INTO pending (url, entry, known, found) VALUES (?, ?, 0, ?) ON CONFLICT (url) DO UPDATE SET "  # noqa: S608
        "entry = excluded.entry, settled = 0, skipped = 0, outside = 0, tries = 0, next_try = NULL, reason = '' "
        f"WHERE outside OR ? OR settled AND {ANOTHER_COPY}"
    )
    return db.execute(new, (url, text, now, again, entry.at)).rowcount > 0


def reconsider(db: sqlite3.Connection, url: str, entry: FeedEntry, now: str) -> None:
    """What was given up has another chance when its feed says that it changed: the later, the more it has had."""
    row = db.execute("SELECT tries FROM pending WHERE url = ? AND settled", (url,)).fetchone()
    if row is None:
        return
    after = (moment(now) or _EPOCH) + timedelta(hours=2 ** min(row[0], 8) - 1)
    db.execute(
        "UPDATE pending SET settled = 0, skipped = 0, entry = ?, next_try = ? WHERE url = ?",
        (_written(entry), stamp(after), url),
    )


def is_called(db: sqlite3.Connection, url: str) -> bool:
    """Whether a feed called for this address."""
    return db.execute("SELECT 1 FROM pending WHERE url = ? AND NOT settled", (url,)).fetchone() is not None


def settle(db: sqlite3.Connection, url: str) -> None:
    """Nothing more to do for this address, until its feed says that it changed."""
    done = "settled = 1, known = 1, next_try = NULL, reason = '', tries = 0, entry = '{}'"
    db.execute(f"UPDATE pending SET {done} WHERE url = ?", (url,))  # noqa: S608 (our words)


def failed(db: sqlite3.Connection, url: str, failure: Failure) -> None:
    """Note why an address was not archived, and when it is tried again.

    A visit that failed is the visit's affair: what is settled waits for nothing, and its entry is gone.
    """
    db.execute(
        "UPDATE pending SET tries = tries + ?, reason = ?, next_try = ?, settled = ?, skipped = ?, outside = ? "
        "WHERE url = ? AND NOT settled",
        (
            *(failure.asked, clean(failure.reason), stamp(failure.next_try), failure.final, failure.skipped),
            *(failure.outside, url),
        ),
    )


def retry(db: sqlite3.Connection, addresses: Sequence[str], reason: str) -> list[str]:
    """Have what was given up tried again: see storage.archive.Archive.retry."""
    asked = {"addresses": json.dumps([clean(address) for address in addresses]), "reason": clean(reason)}
    named = "(:addresses = '[]' OR {0} IN (SELECT value FROM json_each(:addresses)))"
    worded = "instr(lower(reason), lower(:reason))"
    pages = db.execute(
        "UPDATE pending SET settled = 0, skipped = 0, tries = 0, next_try = NULL, reason = '' "  # noqa: S608 (our words)
        f"WHERE settled AND NOT known AND NOT outside AND {worded} AND url NOT IN (SELECT url FROM alias) "
        f"AND ({named.format('url')} OR url IN (SELECT s.url FROM sighting s JOIN feed f ON f.id = s.feed "
        f"WHERE {named.format('f.url')})) RETURNING url",
        asked,
    ).fetchall()
    left_alone = db.execute(
        f"UPDATE feed SET poison = '' WHERE poison <> '' AND {worded} AND {named.format('url')} RETURNING url",  # noqa: S608
        asked,
    ).fetchall()
    return [url for (url,) in (*left_alone, *pages)]


def due(db: sqlite3.Connection, feed: str, now: datetime, *, hurry: bool) -> list[Pending]:
    """What waits and stands in this feed, each where this feed has its page: see storage.archive.Archive.due."""
    rows = db.execute(
        "SELECT p.url, p.entry, s.copy, p.tries, p.next_try, p.reason, p.known, a.id, coalesce(a.extractor, '') "
        "FROM feed f JOIN sighting s INDEXED BY sighting_waiting ON s.feed = f.id AND s.waiting "
        "JOIN pending p ON p.url = s.url LEFT JOIN article a ON a.id = s.article WHERE f.url = ? AND NOT p.settled "
        "AND (p.next_try IS NULL OR p.next_try <= ? OR ? AND NOT p.skipped) "
        "ORDER BY p.rowid",
        (feed, stamp(now), hurry),
    )
    return [
        Pending(
            url=url,
            entry=_located(msgspec.json.decode(entry, type=FeedEntry), copy),
            tries=tries,
            next_try=moment(next_try),
            reason=reason,
            known=bool(known),
            article=id_,
            extractor=extractor,
        )
        for url, entry, copy, tries, next_try, reason, known, id_, extractor in rows
    ]


def count(db: sqlite3.Connection) -> int:
    """How many addresses wait to be fetched."""
    sql = "SELECT count(*) FROM pending INDEXED BY pending_waiting WHERE NOT settled"
    return int(db.execute(sql).fetchone()[0])


def _located(entry: FeedEntry, copy: str | None) -> FeedEntry:
    return entry if copy is None else msgspec.structs.replace(entry, at=copy)


def _written(entry: FeedEntry) -> str:
    return clean(msgspec.json.encode(msgspec.structs.replace(entry, item=b"")).decode())
