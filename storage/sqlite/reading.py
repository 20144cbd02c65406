"""The SQL behind the pages: copies, sightings, feeds and their rhythm, sites, counts by day."""

import sqlite3
from datetime import UTC, datetime, timedelta

from storage.reading import Cluster, Copy, Day, Exchange, FeedRow, Provenance, Pulse, Sighting, SiteRow, Tally
from storage.sqlite import feeds
from storage.sqlite.text import parsed

_LATEST = 1000  # articles of a site that its history tells of
_HOURS = 168
_SINCE_LONG = 8  # weeks that a rhythm is made of


def provenance(db: sqlite3.Connection, article: int) -> Provenance | None:
    """How an article came to be what it is."""
    row = db.execute("SELECT said_by, extractor, page FROM article WHERE id = ?", (article,)).fetchone()
    return Provenance(said_by=parsed(row[0], dict[str, str], {}), extractor=row[1], page=row[2]) if row else None


def sightings(db: sqlite3.Connection, article: int) -> list[Sighting]:
    """The feeds that showed an article, in that order."""
    names = Sighting.__struct_fields__
    sql = f"SELECT {', '.join(names)} FROM sightings WHERE article = ? ORDER BY first_seen, feed LIMIT 200"  # noqa: S608
    return [Sighting(**dict(zip(names, row, strict=True))) for row in db.execute(sql, (article,))]


def copies(db: sqlite3.Connection, article: int) -> list[Copy]:
    """The near-duplicates of an article, the earliest first."""
    names = Copy.__struct_fields__
    rows = db.execute(
        "SELECT a.id, a.url, a.title, a.site, a.published, p.likeness, p.contained, p.kind FROM "
        "(SELECT other AS id, likeness, contained, kind FROM pair WHERE article = :id UNION ALL "
        " SELECT article, likeness, contained, kind FROM pair WHERE other = :id) p JOIN article a ON a.id = p.id "
        "ORDER BY coalesce(a.published, a.first_seen), a.id LIMIT 200",
        {"id": article},
    )
    return [Copy(**dict(zip(names, row, strict=True))) for row in rows]


def cluster(db: sqlite3.Connection, number: int) -> Cluster | None:
    """A cluster as the view `clusters` has it."""
    names = Cluster.__struct_fields__
    row = db.execute(f"SELECT {', '.join(names)} FROM clusters WHERE cluster = ?", (number,)).fetchone()  # noqa: S608
    return Cluster(**dict(zip(names, row, strict=True))) if row else None


def feed_rows(db: sqlite3.Connection, id_: int | None = None) -> list[FeedRow]:
    """The active feeds by category and address, or the one of a number."""
    ids = dict(db.execute("SELECT url, id FROM feed WHERE active AND coalesce(id = ?, true)", (id_,)).fetchall())
    counted = "SELECT count(*) FROM sighting WHERE feed = ? AND article > 0"
    return [
        FeedRow(id=ids[state.url], state=state, articles=db.execute(counted, (ids[state.url],)).fetchone()[0])
        for state in feeds.active(db)
        if state.url in ids
    ]


def feed_addresses(db: sqlite3.Connection) -> dict[int, str]:
    """The addresses of all feeds that ever were, by number."""
    return dict(db.execute("SELECT id, url FROM feed").fetchall())


def exchanges(db: sqlite3.Connection, url: str, limit: int) -> list[Exchange]:
    """The last fetches of an address, the newest first."""
    names = Exchange.__struct_fields__
    sql = f"SELECT {', '.join(names)} FROM fetch WHERE url = ? ORDER BY id DESC LIMIT ?"  # noqa: S608 (our names)
    return [Exchange(**dict(zip(names, row, strict=True))) for row in db.execute(sql, (url, limit))]


def hours(db: sqlite3.Connection, feed: int) -> list[int]:
    """How many of a feed's articles came out in each hour of the week, Monday 0:00 UTC first."""
    made = [0] * _HOURS
    since = (datetime.now(UTC) - timedelta(weeks=_SINCE_LONG)).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = db.execute(
        "SELECT hour, count(*) FROM (SELECT (strftime('%w', moment) + 6) % 7 * 24 + strftime('%H', moment) AS hour "
        "FROM (SELECT coalesce(published, first_seen) AS moment FROM sighting WHERE feed = ? AND first_seen >= ?)) "
        "WHERE hour IS NOT NULL GROUP BY hour",
        (feed, since),
    )
    for hour, count in rows:
        made[hour] = count
    return made


def site_rows(db: sqlite3.Connection, site: str | None = None) -> list[SiteRow]:
    """What was learned of the sites (or of one), those with an alarm first, then by size."""
    names = SiteRow.__struct_fields__
    # The column of the view `sites`, but by the index of such lines alone: a site has a thousand others.
    repeated = "SELECT count(*) FROM line l INDEXED BY line_of_boilerplate WHERE l.site = s.site AND l.boilerplate"
    rows = db.execute(
        f"SELECT {', '.join(names[:-1])}, ({repeated}) FROM site s WHERE coalesce(site = ?, true) "  # noqa: S608
        "ORDER BY alarm = '', articles DESC, site LIMIT 1000",
        (site,),
    )
    return [SiteRow(**dict(zip(names, row, strict=True))) for row in rows]


def site_days(db: sqlite3.Connection, site: str) -> list[Day]:
    """The latest articles of a site by day, and how sure the extraction was of them; oldest first."""
    rows = db.execute(
        "SELECT substr(first_seen, 1, 10), count(*), avg(score) FROM article WHERE id IN "
        "(SELECT id FROM article INDEXED BY article_by_site WHERE site = ? ORDER BY id DESC LIMIT ?) "
        "GROUP BY 1 ORDER BY 1",
        (site, _LATEST),
    )
    return [Day(*row) for row in rows]


def days(db: sqlite3.Connection, since: str) -> list[Day]:
    """How many articles were first seen on each day since then, oldest first."""
    rows = db.execute(
        "SELECT substr(first_seen, 1, 10), count(*) FROM article INDEXED BY article_by_first_seen "
        "WHERE first_seen >= ? GROUP BY 1 ORDER BY 1",
        (since,),
    )
    return [Day(*row) for row in rows]


def categories(db: sqlite3.Connection) -> list[str]:
    """The categories of the active feeds, by name."""
    return [
        name for (name,) in db.execute("SELECT DISTINCT category FROM feed WHERE active AND category <> '' ORDER BY 1")
    ]


def tallies(db: sqlite3.Connection) -> list[Tally]:
    """What is counted as facts come in. Polls bear the number of their feed."""
    return [Tally(*row) for row in db.execute("SELECT name, label, count, total FROM tally ORDER BY name, label")]


def recent_score(db: sqlite3.Connection) -> float | None:
    """How sure the extraction was of the latest articles, on average."""
    (score,) = db.execute("SELECT avg(score) FROM (SELECT score FROM article ORDER BY id DESC LIMIT 200)").fetchone()
    return float(score) if score is not None else None


def pulse(db: sqlite3.Connection, size: int) -> Pulse:
    """What tells whether a daemon is at work; `size`: bytes of the archive's files."""
    last, due, count = db.execute("SELECT max(last_polled), min(next), count(*) FROM feed WHERE active").fetchone()
    (waiting,) = db.execute(
        "SELECT min(found) FROM pending INDEXED BY pending_waiting WHERE NOT settled "
        "AND (next_try IS NULL OR next_try <= strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))"
    ).fetchone()
    return Pulse(
        last_polled=last,
        next=due,
        waiting=waiting,
        feeds=count,
        queue=feeds.waiting(db),
        states=feeds.states(db),
        bytes=size,
    )
