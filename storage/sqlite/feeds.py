"""Feeds, what they showed, and what they say of it."""

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from storage.folding import fold, mark_of
from storage.records import FeedEntry, FeedState, Hints, Rhythm, Validators
from storage.sqlite import pending
from storage.sqlite.identity import find
from storage.sqlite.text import clean, moment, parsed, stamp

_COLUMNS = (
    "url, category, every, title, etag, last_modified, items, state, last_polled, last_new, next, failures, reason, "
    "trouble, rhythm, hints, shown, gaps, last_gap, missed_since, moved_to, redirect, redirects, poison, "
    "planned_by"
)
_TAG = re.compile(r"<[^>]*>")
_FEW_GONE = 3  # of a feed's last document; of more, at least as many must still be there
_PATIENCE = 3  # calls in vain that are followed at once; each further one has to wait twice as long
_MANY_ADDRESSES = 3  # of one item
_EPOCH = datetime.fromtimestamp(0, UTC)


def subscribe(
    db: sqlite3.Connection, feeds: Sequence[FeedState], plan: Callable[[FeedState], FeedState]
) -> list[FeedState]:
    """Make exactly these feeds active, each with its next poll as `plan` has it; their states in the same order."""
    db.execute("UPDATE feed SET active = 0 WHERE active")
    for feed in feeds:
        db.execute(
            "INSERT INTO feed (url, category, every, active) VALUES (?, ?, ?, 1) ON CONFLICT (url) DO UPDATE "
            "SET category = excluded.category, every = excluded.every, active = 1",
            (feed.url, clean(feed.category), feed.every),
        )
    known = active(db)
    states = {state.url: plan(state) for state in known}
    for state in known:
        if (planned := states[state.url]) != state:
            values = (stamp(planned.next), planned.planned_by, clean(planned.reason), state.url)
            db.execute("UPDATE feed SET next = ?, planned_by = ?, reason = ? WHERE url = ?", values)
    return [states[feed.url] for feed in feeds]


def active(db: sqlite3.Connection) -> list[FeedState]:
    """The active feeds, by category and address."""
    return [_state(row) for row in db.execute(f"SELECT {_COLUMNS} FROM feed WHERE active ORDER BY category, url")]  # noqa: S608


def states(db: sqlite3.Connection) -> dict[str, int]:
    """How many of the active feeds are in which state."""
    return dict(db.execute("SELECT state, count(*) FROM feed WHERE active GROUP BY 1").fetchall())


def save(db: sqlite3.Connection, state: FeedState) -> int:
    """Save where a feed's polling stands; the feed's row."""
    db.execute(
        "INSERT INTO feed (url, category, active) VALUES (?, ?, 1) ON CONFLICT DO NOTHING", (state.url, state.category)
    )
    db.execute(
        "UPDATE feed SET title = ?, etag = ?, last_modified = ?, items = ?, state = ?, last_polled = ?, last_new = ?, "
        "next = ?, failures = ?, reason = ?, trouble = ?, rhythm = ?, hints = ?, shown = ?, gaps = ?, last_gap = ?, "
        "missed_since = ?, moved_to = ?, redirect = ?, redirects = ?, poison = ?, planned_by = ? WHERE url = ?",
        (
            *(clean(state.title), clean(state.validators.etag), clean(state.validators.last_modified), state.items),
            *(state.state, stamp(state.last_polled), stamp(state.last_new), stamp(state.next)),
            *(state.failures, clean(state.reason), state.trouble),
            *(msgspec.json.encode(state.rhythm).decode(), msgspec.json.encode(state.hints).decode()),
            *(state.shown, state.gaps, stamp(state.last_gap), stamp(state.missed_since)),
            *(clean(state.moved_to), clean(state.redirect), state.redirects, state.poison),
            *(state.planned_by, state.url),
        ),
    )
    (row,) = db.execute("SELECT id FROM feed WHERE url = ?", (state.url,)).fetchone()
    return int(row)


def read(
    db: sqlite3.Connection,
    feed: int,
    entries: Sequence[tuple[str, FeedEntry]],
    items: Sequence[str | None],
    now: str,
) -> int:
    """Note what a feed's document shows, put on the list what is to be fetched; how many addresses were never seen."""
    if not entries:
        return 0
    (round_,) = db.execute("UPDATE feed SET round = round + 1 WHERE id = ? RETURNING round", (feed,)).fetchone()
    last = "SELECT url FROM sighting WHERE feed = ? AND round = ? ORDER BY place"
    before = [url for (url,) in db.execute(last, (feed, round_ - 1))]
    new = 0
    for place, ((url, entry), item) in enumerate(zip(entries, items, strict=True)):
        article, called = _sight(db, (feed, round_, place), url, entry, item, now)
        if article is None or (called and _hears(db, article, now)):
            new += pending.want(db, url, entry, now, known=article is not None)
        if article is None and called:
            pending.reconsider(db, url, entry, now)
    for url in taken_out(before, entries):
        article = find(db, url)
        if article is not None and _hears(db, article, now):
            pending.want(db, url, entry_of(db, article, url), now, known=True)
    return new


def recognised(
    db: sqlite3.Connection, feed: str, entries: Sequence[tuple[str, FeedEntry]]
) -> list[tuple[str, FeedEntry]]:
    """See storage.archive.Archive.recognised."""
    guids = Counter(entry.guid for _, entry in entries)
    taken: set[str] = {url for url, _ in entries}
    found = []
    for url, entry in entries:
        alone = guids[entry.guid] == 1 or not entry.guid
        known = next((one for one in _same_item(db, feed, url, entry) if one not in taken), url) if alone else url
        taken.add(known)
        found.append((known, entry))
    return found


def _same_item(db: sqlite3.Connection, feed: str, url: str, entry: FeedEntry) -> list[str]:
    """Where a feed has shown an item, if that differs in its parameters from where it shows it now.

    What has had many addresses under one guid may differ in its path, too: they are tokens of the day, and what was
    renamed or moved with its site has had two.
    """
    # The index is named, for SQLite would read the whole feed.
    told = (
        ("INDEXED BY sighting_by_guid", "s.guid <> '' AND s.guid = ?", clean(entry.guid))
        if entry.guid
        else (
            "INDEXED BY sighting_by_round",
            "s.round = f.round AND s.guid = '' AND s.published = ?",
            stamp(entry.published),
        )
    )
    index, same, value = told
    rows = db.execute(
        f"SELECT s.url FROM feed f JOIN sighting s {index} ON s.feed = f.id WHERE f.url = ? AND {same} "  # noqa: S608
        "AND s.title = ? AND s.title <> '' ORDER BY s.first_seen",
        (feed, value, clean(entry.title)),
    ).fetchall()
    place = url.partition("?")[0]
    tokens = bool(entry.guid) and len(rows) >= _MANY_ADDRESSES
    return [one for (one,) in rows if tokens or one.partition("?")[0] == place]


def name(
    db: sqlite3.Connection,
    feed: int,
    entries: Sequence[tuple[str, FeedEntry]],
    items: Sequence[str | None],
    now: str,
) -> int:
    """Note what a listing of a backfill names, as `read` does; but what one of many leaves out says nothing.

    What has a place of its own in a WARC file is a capture, and each one is wanted: it may be a revision.
    """
    new = 0
    for place, ((url, entry), item) in enumerate(zip(entries, items, strict=True)):
        before = db.execute("SELECT 1 FROM sighting WHERE feed = ? AND url = ?", (feed, url)).fetchone()
        article, called = _sight(db, (feed, 0, place), url, entry, item, now)
        capture = entry.at.startswith("warc:")
        if called or capture or (article is None and before is None):
            new += pending.want(db, url, entry, now, known=article is not None, again=capture)
    return new


def seen_before(db: sqlite3.Connection, feed: int, urls: Sequence[str], moment: str) -> int:
    """How many of these addresses the feed had shown before that moment."""
    seen = "SELECT 1 FROM sighting WHERE feed = ? AND url = ? AND first_seen < ?"
    return sum(db.execute(seen, (feed, url, moment)).fetchone() is not None for url in urls)


def taken_out(before: Sequence[str], entries: Sequence[tuple[str, FeedEntry]]) -> list[str]:
    """The addresses that left a feed out of their turn, as what is withdrawn or has moved does.

    A feed drops its oldest entries to make room; what was newer than others that are still there was taken out, and so
    was what is gone from a feed that has become shorter. A document that shares little with the last one says nothing.
    """
    shown = {url for url, _ in entries}
    gone = [url for url in before if url not in shown]
    if not gone or len(gone) > max(_FEW_GONE, len(before) - len(gone)):
        return []
    if len(shown) < len(before):
        return gone
    dates = [entry.published for _, entry in entries if entry.published]
    newest_first = before[::-1] if dates and dates[0] < dates[-1] else before
    oldest = max((place for place, url in enumerate(newest_first) if url in shown), default=0)
    return [url for url in newest_first[:oldest] if url not in shown]


def _sight(
    db: sqlite3.Connection, where: tuple[int, int, int], url: str, entry: FeedEntry, item: str | None, now: str
) -> tuple[int | None, bool]:
    """Note that a feed shows an address: (its article if it is known, whether the entry says that it changed)."""
    feed, round_, place = where
    article, updated, said = find(db, url), stamp(entry.updated), _said(entry)
    before = db.execute(
        "SELECT updated, said, round, published FROM sighting WHERE feed = ? AND url = ?", (feed, url)
    ).fetchone()
    db.execute(
        "INSERT INTO sighting (feed, url, article, guid, title, summary, published, updated, item, first_seen, "
        "last_seen, round, place, said, copy) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (feed, url) DO UPDATE SET article = coalesce(excluded.article, article), guid = excluded.guid, "
        "title = excluded.title, summary = excluded.summary, published = excluded.published, "
        "updated = excluded.updated, item = excluded.item, last_seen = excluded.last_seen, round = excluded.round, "
        "place = excluded.place, said = excluded.said, copy = excluded.copy",
        (
            *(feed, url, article, clean(entry.guid), clean(entry.title), clean(entry.summary)),
            *(stamp(entry.published), updated, item, now, now, round_, place, said, clean(entry.at)),
        ),
    )
    if article is not None:
        db.execute("UPDATE article SET last_seen = max(last_seen, ?) WHERE id = ?", (now, article))
    if before is None:
        return article, False
    # What another document of the same source says of it for the first time was so when its page was fetched.
    later = updated is not None and (updated > before[0] if before[0] else updated >= _visited(db, article))
    # RSS has one date, and many papers set it anew with each edit.
    later = later or (before[3] is not None and (stamp(entry.published) or "") > before[3])
    reworded = bool(said) and before[1] not in ("", said)
    if article is None:
        return None, later or reworded
    return article, later or reworded or (before[2] < round_ - 1 and _is_gone(db, article))


def _said(entry: FeedEntry) -> str:
    """What an entry says, as a mark that moves when its words do, or '' if it says nothing."""
    words = fold(_TAG.sub(" ", f"{entry.title} {entry.summary} {entry.markup}")).strip()
    return f"{mark_of(words) & (2**64 - 1):016x}" if words else ""


def _visited(db: sqlite3.Connection, article: int | None) -> str:
    """When the page of an article was last fetched; '' if it was not."""
    row = db.execute("SELECT last FROM visit WHERE article = ?", (article,)).fetchone()
    return str(row[0]) if row else ""


def _hears(db: sqlite3.Connection, article: int, now: str) -> bool:
    """Whether a feed that calls for an article again is listened to: not at once if it did so in vain before."""
    row = db.execute("SELECT last, idle FROM visit WHERE article = ?", (article,)).fetchone()
    if row is None or row[1] < _PATIENCE:
        return True
    wait = timedelta(hours=2 ** min(row[1] - _PATIENCE, 8))
    return (moment(now) or _EPOCH) - (moment(row[0]) or _EPOCH) >= wait


def _is_gone(db: sqlite3.Connection, article: int) -> bool:
    return db.execute("SELECT 1 FROM article WHERE id = ? AND gone IS NOT NULL", (article,)).fetchone() is not None


def entry_of(db: sqlite3.Connection, article: int, url: str) -> FeedEntry:
    """What a feed said of an article; an entry with nothing but its address if none did.

    Authors and tags stand in the article, if they are the feed's.
    """
    row = db.execute(
        "SELECT title, summary, published, updated FROM sighting WHERE article = ? ORDER BY first_seen LIMIT 1",
        (article,),
    ).fetchone()
    title, summary, published, updated = row or ("", "", None, None)
    said = db.execute("SELECT said_by, authors, tags FROM article WHERE id = ?", (article,)).fetchone()
    by = parsed(said[0], dict[str, str], {}) if said else {}
    authors, tags = (
        parsed(said[place], tuple[str, ...], ()) if by.get(name) == "feed" else ()
        for place, name in ((1, "authors"), (2, "tags"))
    )
    return FeedEntry(
        url=url,
        title=title,
        summary=summary,
        published=moment(published),
        updated=moment(updated),
        authors=authors,
        tags=tags,
    )


def _state(row: tuple[object, ...]) -> FeedState:
    names = [name.strip() for name in _COLUMNS.split(",")]
    facts = dict(zip(names, row, strict=True))
    validators = Validators(str(facts.pop("etag")), str(facts.pop("last_modified")))
    facts["rhythm"] = parsed(str(facts["rhythm"]), Rhythm, Rhythm())
    facts["hints"] = parsed(str(facts["hints"]), Hints, Hints())
    return msgspec.convert(facts | {"validators": validators}, FeedState)
