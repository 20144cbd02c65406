"""`Library` on SQLite: its connection is read-only, so it cannot write by construction."""

import json
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path

from msgspec import structs

from storage.errors import ArchiveError
from storage.records import (
    ArticleRow,
    BackfillState,
    ChangeRow,
    Counts,
    Delivery,
    FeedEntry,
    FeedState,
    Findings,
    Page,
    Pending,
    Query,
    Repeated,
    Revision,
    Rights,
    SearchHit,
    Why,
)
from storage.sqlite import (
    backfills,
    captures,
    decisions,
    deliveries,
    feeds,
    filters,
    history,
    hits,
    pages,
    pending,
    search,
    sites,
)
from storage.sqlite.connect import in_our_words, is_still, open_for_reading, pages_path
from storage.sqlite.identity import find, site_named
from storage.sqlite.migrations import check_for_reading
from storage.sqlite.rows import columns
from storage.sqlite.text import clean, parsed

COLUMNS = columns(ArticleRow)
_PAGE = 200


class SqliteLibrary:
    """The reading face; safe beside a writer."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.still = is_still(path)
        self._db = open_for_reading(path)
        try:
            check_for_reading(self._db, path)
        except sqlite3.Error as error:
            raise in_our_words(error, path) from error
        pages.refuse_foreign(path)

    @cached_property
    def _pages(self) -> sqlite3.Connection:
        return pages.open_beside(self._path)

    def article(self, reference: str) -> ArticleRow | None:
        """See storage.archive.Library."""
        reference = clean(reference)
        id_ = int(reference) if reference.isdecimal() and len(reference) < 19 else find(self._db, reference)
        row = self._db.execute(f"SELECT {COLUMNS} FROM articles WHERE id = ?", (id_,)).fetchone()  # noqa: S608
        return article_row(row) if row else None

    def known(self, copies: Mapping[str, str]) -> set[str]:
        """See storage.archive.Library."""
        return {url for url, copy in copies.items() if backfills.known(self._db, clean(url), clean(copy))}

    def backfilled(self, key: str) -> BackfillState | None:
        """See storage.archive.Library."""
        return backfills.load(self._db, key)

    def waiting(self, key: str, now: datetime) -> list[Pending]:
        """See storage.archive.Library."""
        return pending.due(self._db, key, now, hurry=True)

    def search(self, query: Query) -> list[SearchHit]:
        """See storage.archive.Library."""
        hits: list[SearchHit] = []
        most = sys.maxsize if query.limit is None else query.limit
        while len(hits) < most:
            page = self.find(structs.replace(query, limit=min(most - len(hits), _PAGE)))
            hits += page.hits
            if not page.next:
                break
            query = structs.replace(query, after=page.next)
        return hits

    def find(self, query: Query) -> Findings:
        """See storage.archive.Library."""
        page = search.find(self._db, query)
        return Findings(
            hits=tuple(hits.of(self._db, page.ids, query, rare=page.rare)), next=page.next, count=page.total
        )

    def articles(self, query: Query) -> Iterator[ArticleRow]:
        """See storage.archive.Library."""
        where, values = self._matching(query)
        columns = ", ".join(f"v.{name}" for name in ArticleRow.__struct_fields__)
        rows = self._db.execute(
            f"SELECT {columns} FROM articles v JOIN article a ON a.id = v.id WHERE {where} "  # noqa: S608
            "ORDER BY a.id LIMIT ?",
            (*values, -1 if query.limit is None else query.limit),
        )
        return map(article_row, rows)

    def chosen(self, query: Query, condition: str = "", after: int = 0) -> list[int]:
        """See storage.archive.Library."""
        where, values = self._matching(query)
        more = f"AND a.id IN (SELECT id FROM articles WHERE {condition})" if condition else ""  # noqa: S608 (the operator's own)
        try:
            rows = self._db.execute(
                f"SELECT a.id FROM article a WHERE {where} AND a.id > ? {more} ORDER BY a.id LIMIT ?",  # noqa: S608
                (*values, after, -1 if query.limit is None else query.limit),
            ).fetchall()
        except sqlite3.Error as error:
            raise ArchiveError(f"the condition {condition!r} cannot be understood: {error}") from error
        return [id_ for (id_,) in rows]

    def _matching(self, query: Query) -> tuple[str, tuple[object, ...]]:
        """The filters of a query and its words as SQL over `article a`, and the values."""
        tests = [*filters.conditions(self._db, query), *filter(None, [filters.days(query)])]
        where, values = ["true", *(one.test for one in tests)], [value for one in tests for value in one.values]
        if query.words.strip():
            words = search.words_of(self._db, query)
            where.append(f"a.id IN ({words.sql() if words else 'NULL'})")
            values += words.values() if words else ()
        if query.beyond:
            where.append("a.id > ?")
            values.append(query.beyond)
        if query.ids is not None:
            where.append("a.id IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(query.ids))
        return " AND ".join(where), tuple(values)

    def revisions(self, article: int) -> list[Revision]:
        """See storage.archive.Library."""
        return history.revisions(self._db, article)

    def changes(self, since: int, limit: int | None = None) -> list[ChangeRow]:
        """See storage.archive.Library."""
        return history.changes(self._db, since, limit)

    def why(self, urls: Sequence[str]) -> Why:
        """See storage.archive.Library."""
        return decisions.why(self._db, urls)

    def pages(self, article: int) -> Iterator[Page]:
        """See storage.archive.Library."""
        return captures.of_article(self._db, self._pages, article)

    def entry(self, article: int) -> FeedEntry:
        """See storage.archive.Library."""
        (url,) = self._db.execute("SELECT url FROM article WHERE id = ?", (article,)).fetchone()
        return feeds.entry_of(self._db, article, url)

    def feeds(self) -> list[FeedState]:
        """See storage.archive.Library."""
        return feeds.active(self._db)

    def boilerplate(self, site: str) -> list[Repeated]:
        """See storage.archive.Library."""
        return sites.repeated(self._db, site_named(site))

    def dead_letters(self) -> list[Delivery]:
        """See storage.archive.Library."""
        return deliveries.dead(self._db)

    def alarms(self) -> list[tuple[str, str]]:
        """See storage.archive.Library."""
        return sites.alarms(self._db)

    def counts(self) -> Counts:
        """See storage.archive.Library."""
        articles, revisions, fetched = self._db.execute(
            "SELECT (SELECT coalesce(sum(count), 0) FROM tally WHERE name = 'article'), "
            "(SELECT coalesce(sum(count), 0) FROM tally WHERE name IN ('article', 'revision')), "
            "(SELECT coalesce(sum(count), 0) FROM tally WHERE name = 'page')"
        ).fetchone()
        since = (date.today() - timedelta(days=7)).isoformat()
        days = self._db.execute(
            "SELECT substr(first_seen, 1, 10), count(*) FROM article WHERE first_seen >= ? GROUP BY 1 ORDER BY 1 DESC",
            (since,),
        )
        failures = self._db.execute(
            "SELECT reason, count(*) FROM pending WHERE reason <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10"
        )
        return Counts(
            articles=articles,
            revisions=revisions,
            pages=fetched,
            bytes=self.size(),
            waiting=pending.count(self._db),
            days=tuple(days.fetchall()),
            failures=tuple(failures.fetchall()),
            feeds=feeds.states(self._db),
        )

    def size(self) -> int:
        """Bytes of the archive's files."""
        files = [Path(self._path), Path(pages_path(self._path))]
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        """See storage.archive.Library."""
        self._db.close()
        if "_pages" in vars(self):
            self._pages.close()


def article_row(row: tuple[object, ...]) -> ArticleRow:
    """A row of COLUMNS."""
    facts = dict(zip(ArticleRow.__struct_fields__, row, strict=True))
    for name in ("authors", "tags", "categories"):
        facts[name] = parsed(str(facts[name]), tuple[str, ...], ())
    facts["rights"] = parsed(str(facts["rights"]), Rights, Rights())
    return ArticleRow(**facts)  # type: ignore[arg-type]
