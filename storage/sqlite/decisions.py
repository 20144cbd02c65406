"""Everything that was decided about one address, for `dateline why`."""

import sqlite3
from collections.abc import Iterator, Sequence

from storage.records import Decided, Why
from storage.sqlite.identity import find
from storage.sqlite.text import clean

_MOST = 200  # requests that are told, the latest


def why(db: sqlite3.Connection, urls: Sequence[str]) -> Why:
    """What is known of the first of these addresses that is known at all; an empty answer if none is."""
    known = [clean(url) for url in urls]
    article = next((found for url in known if (found := find(db, url)) is not None), None)
    addresses = list(dict.fromkeys([*known, *_aliases(db, article)]))
    marks = ", ".join("?" * len(addresses))
    events = [
        *_seen(db, marks, addresses),
        *_fetched(db, marks, addresses),
        *(_happened(db, article) if article is not None else ()),
    ]
    verdict, due = _standing(db, article, marks, addresses)
    return Why(
        url=known[0],
        article=article,
        addresses=tuple(addresses),
        verdict=verdict or (events[-1].what if events else ""),
        next=due,
        events=tuple(sorted(events, key=lambda event: event.at)),
    )


def _aliases(db: sqlite3.Connection, article: int | None) -> list[str]:
    return [url for (url,) in db.execute("SELECT url FROM alias WHERE article = ? ORDER BY url", (article,))]


def _seen(db: sqlite3.Connection, marks: str, addresses: Sequence[str]) -> Iterator[Decided]:
    rows = db.execute(
        "SELECT s.first_seen, s.last_seen, f.url, f.category, s.url, s.guid FROM sighting s "  # noqa: S608 (our words)
        f"JOIN feed f ON f.id = s.feed WHERE s.url IN ({marks})",
        addresses,
    )
    for first, last, feed, category, url, guid in rows:
        shelf = f" ({category})" if category else ""
        yield Decided(first, "seen", f"{feed}{shelf} names {url}, guid {guid or 'none'}; last on {last}")


def _fetched(db: sqlite3.Connection, marks: str, addresses: Sequence[str]) -> Iterator[Decided]:
    rows = db.execute(
        f"SELECT at, url, status, bytes, seconds, reason FROM fetch WHERE url IN ({marks}) ORDER BY id DESC LIMIT ?",  # noqa: S608
        (*addresses, _MOST),
    )
    for at, url, status, size, seconds, reason in rows:
        answer = f"{status}, {size:,} bytes in {seconds:.1f} s" if status else "no answer"
        yield Decided(at, "fetched", f"{url}: {answer}" + (f": {reason}" if reason else ""))


def _happened(db: sqlite3.Connection, article: int) -> Iterator[Decided]:
    rows = db.execute("SELECT at, kind, revision, cluster FROM change WHERE article = ? ORDER BY number", (article,))
    for at, kind, revision, cluster in rows:
        told = {"clustered": f"in cluster {cluster}" if cluster else "in no cluster any more"}
        yield Decided(at, kind, told.get(kind, f"text {revision}"))
    pairs = db.execute(
        "SELECT p.kind, p.contained, a.id, a.url FROM pair p JOIN article a ON a.id = "
        "CASE p.article WHEN :id THEN p.other ELSE p.article END WHERE :id IN (p.article, p.other)",
        {"id": article},
    )
    for kind, contained, other, url in pairs:
        yield Decided("", "copy", f"{kind} of article {other} ({contained:.0%} of the shorter text shared): {url}")


def _standing(
    db: sqlite3.Connection, article: int | None, marks: str, addresses: Sequence[str]
) -> tuple[str, str | None]:
    """(How things stand in words, when something happens next)."""
    if article is not None:
        return _archived(db, article)
    row = db.execute(
        f"SELECT settled, tries, next_try, reason FROM pending WHERE url IN ({marks})",  # noqa: S608
        addresses,
    ).fetchone()
    if row is None:
        return "", None
    settled, tries, next_try, reason = row
    if not tries:
        return "waits to be fetched", next_try
    times = f"{tries} {'try' if tries == 1 else 'tries'}: {reason}"
    return (f"given up after {times}", None) if settled else (f"waits to be tried again after {times}", next_try)


def _archived(db: sqlite3.Connection, article: int) -> tuple[str, str | None]:
    kind, access, score, words, revision, gone, reason, due = db.execute(
        "SELECT a.kind, a.access, a.score, a.words, a.revision, a.gone, a.gone_reason, v.next "
        "FROM article a LEFT JOIN visit v ON v.article = a.id WHERE a.id = ?",
        (article,),
    ).fetchone()
    state = f"archived as {kind}, access {access}, {words} words, score {score:.2f}, text {revision}"
    return (f"{state}; withdrawn on {gone}: {reason}" if gone else state), due
