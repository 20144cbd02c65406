"""`Reader` on SQLite: the library, and what the pages show besides: copies, sightings, feeds, sites, counts by day."""

import contextlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from msgspec import Struct

from storage.reading import (
    Cluster,
    Copy,
    Day,
    Exchange,
    FeedRow,
    Provenance,
    Pulse,
    Sighting,
    SiteRow,
    StoredPage,
    Tally,
)
from storage.records import ArticleRow
from storage.sqlite import feeds, filters, pages, pending
from storage.sqlite.identity import site_named
from storage.sqlite.library import COLUMNS, SqliteLibrary, article_row
from storage.sqlite.rows import columns, record
from storage.sqlite.text import parsed, stamp

T = TypeVar("T", bound=Struct)

_LATEST = 1000  # articles of a site that its history tells of
_HOURS = 168
_SINCE_LONG = timedelta(weeks=8)  # that a rhythm is made of


class SqliteReader(SqliteLibrary):
    """The reading face with all that the pages show."""

    def rows(self, ids: Sequence[int]) -> list[ArticleRow]:
        """See storage.archive.Reader."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM articles WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608 (our names)
            (json.dumps(ids),),
        )
        made = {row.id: row for row in map(article_row, rows)}
        return [made[id_] for id_ in ids if id_ in made]

    def provenance(self, article: int) -> Provenance | None:
        """See storage.archive.Reader."""
        row = self._db.execute("SELECT said_by, extractor, page FROM article WHERE id = ?", (article,)).fetchone()
        return Provenance(said_by=parsed(row[0], dict[str, str], {}), extractor=row[1], page=row[2]) if row else None

    def sightings(self, article: int) -> list[Sighting]:
        """See storage.archive.Reader."""
        sql = f"SELECT {columns(Sighting)} FROM sightings WHERE article = ? ORDER BY first_seen, feed LIMIT 200"  # noqa: S608
        return self._records(Sighting, sql, article)

    def copies(self, article: int) -> list[Copy]:
        """See storage.archive.Reader."""
        return self._records(
            Copy,
            "SELECT a.id, a.url, a.title, a.site, a.published, p.likeness, p.contained, p.kind FROM "
            "(SELECT other AS id, likeness, contained, kind FROM pair WHERE article = ?1 UNION ALL "
            " SELECT article, likeness, contained, kind FROM pair WHERE other = ?1) p JOIN article a ON a.id = p.id "
            "ORDER BY coalesce(a.published, a.first_seen), a.id LIMIT 200",
            article,
        )

    def cluster(self, number: int) -> Cluster | None:
        """See storage.archive.Reader."""
        sql = f"SELECT {columns(Cluster)} FROM clusters WHERE cluster = ?"  # noqa: S608 (our names)
        return next(iter(self._records(Cluster, sql, number)), None)

    def page(self, digest: str) -> StoredPage | None:
        """See storage.archive.Reader."""
        with contextlib.closing(pages.open_beside(self._path)) as db, contextlib.suppress(KeyError):
            return StoredPage(digest=digest, body=pages.read(db, digest), headers=pages.headers(db, digest))
        return None

    def feed_rows(self, number: int | None = None) -> list[FeedRow]:
        """See storage.archive.Reader."""
        known = "SELECT url, id FROM feed WHERE active AND coalesce(id = ?, true)"
        ids = dict(self._db.execute(known, (number,)).fetchall())
        counted = "SELECT count(*) FROM sighting WHERE feed = ? AND article > 0"
        return [
            FeedRow(id=ids[state.url], state=state, articles=self._db.execute(counted, (ids[state.url],)).fetchone()[0])
            for state in feeds.active(self._db)
            if state.url in ids
        ]

    def feed_addresses(self) -> dict[int, str]:
        """See storage.archive.Reader."""
        return dict(self._db.execute("SELECT id, url FROM feed").fetchall())

    def exchanges(self, url: str, limit: int = 40) -> list[Exchange]:
        """See storage.archive.Reader."""
        sql = f"SELECT {columns(Exchange)} FROM fetch WHERE url = ? ORDER BY id DESC LIMIT ?"  # noqa: S608 (our names)
        return self._records(Exchange, sql, url, limit)

    def hours(self, feed: int) -> list[int]:
        """See storage.archive.Reader."""
        made = [0] * _HOURS
        rows = self._db.execute(
            "SELECT hour, count(*) FROM (SELECT (strftime('%w', moment) + 6) % 7 * 24 + strftime('%H', moment) AS hour "
            "FROM (SELECT coalesce(published, first_seen) AS moment FROM sighting WHERE feed = ? AND first_seen >= ?)) "
            "WHERE hour IS NOT NULL GROUP BY hour",
            (feed, stamp(datetime.now(UTC) - _SINCE_LONG)),
        )
        for hour, count in rows:
            made[hour] = count
        return made

    def sites(self, site: str | None = None) -> list[SiteRow]:
        """See storage.archive.Reader."""
        # The column of the view `sites`, but by the index of such lines alone: a site has a thousand others.
        repeated = "SELECT count(*) FROM line l INDEXED BY line_of_boilerplate WHERE l.site = s.site AND l.boilerplate"
        facts = columns(SiteRow).removesuffix(", boilerplate")
        return self._records(
            SiteRow,
            f"SELECT {facts}, ({repeated}) FROM site s WHERE coalesce(site = ?, true) "  # noqa: S608 (our names)
            "ORDER BY alarm = '', articles DESC, site LIMIT 1000",
            site_named(site) if site is not None else None,
        )

    def site_days(self, site: str) -> list[Day]:
        """See storage.archive.Reader."""
        return self._records(
            Day,
            "SELECT substr(first_seen, 1, 10), count(*), avg(score) FROM article WHERE id IN "
            "(SELECT id FROM article INDEXED BY article_by_site WHERE site = ? ORDER BY id DESC LIMIT ?) "
            "GROUP BY 1 ORDER BY 1",
            site_named(site),
            _LATEST,
        )

    def days(self, most: int) -> list[Day]:
        """See storage.archive.Reader."""
        first = datetime.now(UTC).date() - timedelta(days=most - 1)
        counted = dict(
            self._db.execute(
                "SELECT substr(first_seen, 1, 10), count(*) FROM article INDEXED BY article_by_first_seen "
                "WHERE first_seen >= ? GROUP BY 1",
                (first.isoformat(),),
            ).fetchall()
        )
        names = [(first + timedelta(days=number)).isoformat() for number in range(most)]
        return [Day(name, counted.get(name, 0)) for name in names]

    def categories(self) -> list[str]:
        """See storage.archive.Reader."""
        rows = self._db.execute("SELECT DISTINCT category FROM feed WHERE active AND category <> '' ORDER BY 1")
        return [name for (name,) in rows]

    def languages(self) -> list[str]:
        """See storage.archive.Reader."""
        return filters.languages(self._db)

    def tallies(self) -> list[Tally]:
        """See storage.archive.Reader."""
        return self._records(Tally, "SELECT name, label, count, total FROM tally ORDER BY name, label")

    def recent_score(self) -> float | None:
        """See storage.archive.Reader."""
        latest = "SELECT avg(score) FROM (SELECT score FROM article ORDER BY id DESC LIMIT 200)"
        (score,) = self._db.execute(latest).fetchone()
        return float(score) if score is not None else None

    def pulse(self) -> Pulse:
        """See storage.archive.Reader."""
        polls = "SELECT max(last_polled), min(next), count(*) FROM feed WHERE active"
        last, due, count = self._db.execute(polls).fetchone()
        (waiting,) = self._db.execute(
            "SELECT min(found) FROM pending INDEXED BY pending_waiting WHERE NOT settled "
            "AND (next_try IS NULL OR next_try <= strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))"
        ).fetchone()
        return Pulse(
            last_polled=last,
            next=due,
            waiting=waiting,
            feeds=count,
            queue=pending.count(self._db),
            states=feeds.states(self._db),
            bytes=self.size(),
        )

    def _records(self, kind: type[T], sql: str, *values: object) -> list[T]:
        return [record(kind, row) for row in self._db.execute(sql, values)]
