"""`Reader` on SQLite: the library, and what the pages read besides."""

import contextlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

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
from storage.sqlite import pages, reading, search
from storage.sqlite.identity import site_named
from storage.sqlite.library import COLUMNS, SqliteLibrary, article_row


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
        return reading.provenance(self._db, article)

    def sightings(self, article: int) -> list[Sighting]:
        """See storage.archive.Reader."""
        return reading.sightings(self._db, article)

    def copies(self, article: int) -> list[Copy]:
        """See storage.archive.Reader."""
        return reading.copies(self._db, article)

    def cluster(self, number: int) -> Cluster | None:
        """See storage.archive.Reader."""
        return reading.cluster(self._db, number)

    def page(self, digest: str) -> StoredPage | None:
        """See storage.archive.Reader."""
        with contextlib.closing(pages.open_beside(self._path)) as db, contextlib.suppress(KeyError):
            return StoredPage(digest=digest, body=pages.read(db, digest), headers=pages.headers(db, digest))
        return None

    def feed_rows(self, number: int | None = None) -> list[FeedRow]:
        """See storage.archive.Reader."""
        return reading.feed_rows(self._db, number)

    def feed_addresses(self) -> dict[int, str]:
        """See storage.archive.Reader."""
        return reading.feed_addresses(self._db)

    def exchanges(self, url: str, limit: int = 40) -> list[Exchange]:
        """See storage.archive.Reader."""
        return reading.exchanges(self._db, url, limit)

    def hours(self, feed: int) -> list[int]:
        """See storage.archive.Reader."""
        return reading.hours(self._db, feed)

    def sites(self, site: str | None = None) -> list[SiteRow]:
        """See storage.archive.Reader."""
        return reading.site_rows(self._db, _named(site) if site is not None else None)

    def site_days(self, site: str) -> list[Day]:
        """See storage.archive.Reader."""
        return reading.site_days(self._db, _named(site))

    def days(self, most: int) -> list[Day]:
        """See storage.archive.Reader."""
        today = datetime.now(UTC).date()
        first = today - timedelta(days=most - 1)
        counted = {one.day: one for one in reading.days(self._db, first.isoformat())}
        names = [(first + timedelta(days=number)).isoformat() for number in range(most)]
        return [counted.get(name, Day(name, 0)) for name in names]

    def categories(self) -> list[str]:
        """See storage.archive.Reader."""
        return reading.categories(self._db)

    def languages(self) -> list[str]:
        """See storage.archive.Reader."""
        return search.languages(self._db)

    def tallies(self) -> list[Tally]:
        """See storage.archive.Reader."""
        return reading.tallies(self._db)

    def recent_score(self) -> float | None:
        """See storage.archive.Reader."""
        return reading.recent_score(self._db)

    def pulse(self) -> Pulse:
        """See storage.archive.Reader."""
        return reading.pulse(self._db, self.size())


def _named(site: str) -> str:
    """The site that is meant; what cannot be part of an address is the name of none."""
    try:
        return site_named(site)
    except ValueError:
        return site
