"""`Library` on SQLite: its connection is read-only, so it cannot write by construction."""

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from storage.errors import ArchiveError
from storage.records import (
    ArticleRow,
    BackfillState,
    ChangeRow,
    Counts,
    FeedEntry,
    FeedState,
    Page,
    Query,
    Repeated,
    Revision,
    SearchHit,
    Why,
)
from storage.sqlite import backfills, captures, decisions, feeds, history, sites
from storage.sqlite.connect import in_our_words, open_for_reading, pages_path
from storage.sqlite.identity import site_named
from storage.sqlite.migrations import APPLICATION_ID, STEPS, check
from storage.sqlite.text import clean

_COLUMNS = ", ".join(ArticleRow.__struct_fields__)
_PHRASE_OR_WORD = re.compile(r'"([^"]*)"|(\S+)')
_WORDY = re.compile(r"\w")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class SqliteLibrary:
    """The reading face; safe beside a writer."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._db = open_for_reading(path)
        try:
            check(self._db, STEPS, APPLICATION_ID, path)
        except sqlite3.Error as error:
            raise in_our_words(error, path) from error

    @cached_property
    def _pages(self) -> sqlite3.Connection:
        return open_for_reading(pages_path(self._path))

    def article(self, reference: str) -> ArticleRow | None:
        """See storage.archive.Library."""
        reference = clean(reference)
        id_ = int(reference) if reference.isdecimal() and len(reference) < 19 else feeds.find(self._db, reference)
        row = self._db.execute(f"SELECT {_COLUMNS} FROM articles WHERE id = ?", (id_,)).fetchone()  # noqa: S608
        return _row(row) if row else None

    def known(self, urls: Sequence[str]) -> set[str]:
        """See storage.archive.Library."""
        return {url for url in urls if backfills.known(self._db, clean(url))}

    def backfilled(self, key: str) -> BackfillState | None:
        """See storage.archive.Library."""
        return backfills.load(self._db, key)

    def search(self, query: Query) -> list[SearchHit]:
        """See storage.archive.Library."""
        match = match_expression(query.words)
        if not match:
            return []
        where, values = _where(query)
        order = "bm25(search, 4.0, 1.0)" if query.ranked else "coalesce(a.published, a.first_seen) DESC"
        rows = self._db.execute(
            "SELECT a.id, a.url, a.title, a.site, a.published, v.categories, "  # noqa: S608 (our words only)
            "snippet(search, 1, '**', '**', '…', 24) FROM search JOIN article a ON a.id = search.rowid "
            f"JOIN articles v ON v.id = a.id WHERE search MATCH ? AND {where} ORDER BY {order} LIMIT ?",
            (match, *values, -1 if query.limit is None else query.limit),
        )
        return [
            SearchHit(
                id=id_,
                url=url,
                title=title,
                site=site,
                published=published,
                categories=tuple(json.loads(categories)),
                snippet=" ".join(snippet.split()),
            )
            for id_, url, title, site, published, categories, snippet in rows
        ]

    def articles(self, query: Query) -> Iterator[ArticleRow]:
        """See storage.archive.Library."""
        where, values = _matching(query)
        columns = ", ".join(f"v.{name}" for name in ArticleRow.__struct_fields__)
        rows = self._db.execute(
            f"SELECT {columns} FROM articles v JOIN article a ON a.id = v.id WHERE {where} ORDER BY a.id LIMIT ?",  # noqa: S608
            (*values, -1 if query.limit is None else query.limit),
        )
        return map(_row, rows)

    def chosen(self, query: Query, condition: str = "", after: int = 0) -> list[int]:
        """See storage.archive.Library."""
        where, values = _matching(query)
        more = f"AND a.id IN (SELECT id FROM articles WHERE {condition})" if condition else ""  # noqa: S608 (the operator's own)
        try:
            rows = self._db.execute(
                f"SELECT a.id FROM article a WHERE {where} AND a.id > ? {more} ORDER BY a.id LIMIT ?",  # noqa: S608
                (*values, after, -1 if query.limit is None else query.limit),
            ).fetchall()
        except sqlite3.Error as error:
            raise ArchiveError(f"the condition {condition!r} cannot be understood: {error}") from error
        return [id_ for (id_,) in rows]

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

    def alarms(self) -> list[tuple[str, str]]:
        """See storage.archive.Library."""
        return sites.alarms(self._db)

    def counts(self) -> Counts:
        """See storage.archive.Library."""
        articles, revisions, fetched, waiting = self._db.execute(
            "SELECT (SELECT count(*) FROM article), (SELECT count(*) FROM revision), "
            "(SELECT count(DISTINCT page) FROM revision), (SELECT count(*) FROM pending WHERE NOT settled)"
        ).fetchone()
        since = (date.today() - timedelta(days=7)).isoformat()
        days = self._db.execute(
            "SELECT substr(first_seen, 1, 10), count(*) FROM article WHERE first_seen >= ? GROUP BY 1 ORDER BY 1 DESC",
            (since,),
        )
        failures = self._db.execute(
            "SELECT reason, count(*) FROM pending WHERE reason <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10"
        )
        states = self._db.execute("SELECT state, count(*) FROM feed WHERE active GROUP BY 1")
        files = [Path(self._path), Path(pages_path(self._path))]
        return Counts(
            articles=articles,
            revisions=revisions,
            pages=fetched,
            bytes=sum(file.stat().st_size for file in files if file.exists()),
            waiting=waiting,
            days=tuple(days.fetchall()),
            failures=tuple(failures.fetchall()),
            feeds=dict(states.fetchall()),
        )

    def close(self) -> None:
        """See storage.archive.Library."""
        self._db.close()
        if "_pages" in vars(self):
            self._pages.close()


def match_expression(words: str) -> str:
    """A person's words as an FTS5 expression that cannot fail: each word or "phrase" quoted, all of them wanted."""
    terms = [phrase or word for phrase, word in _PHRASE_OR_WORD.findall(clean(words))]
    return " ".join('"' + term.replace('"', '""') + '"' for term in terms if _WORDY.search(term))


def _matching(query: Query) -> tuple[str, tuple[object, ...]]:
    """The filters of a query and its words as SQL over `article a`, and the values."""
    where, values = _where(query)
    if not query.words.strip():
        return where, values
    match = match_expression(query.words)
    where += " AND a.id IN (SELECT rowid FROM search WHERE search MATCH ?)"
    return where, (*values, match or '""')


def _where(query: Query) -> tuple[str, tuple[object, ...]]:
    """The filters of a query as SQL over `article a` and its values."""
    day = "coalesce(a.published, a.first_seen)"
    in_category = (
        "a.id IN (SELECT s.article FROM sighting s JOIN feed f ON f.id = s.feed WHERE f.category = ? COLLATE NOCASE)"
    )
    until = f"{query.until}T23:59:59Z" if _DAY.fullmatch(query.until) else query.until
    # A language filter of "en" finds "en-GB" too.
    choices: list[tuple[str, str, str]] = [
        (query.category, in_category, query.category),
        (query.site, "a.site = ?", query.site.removeprefix("www.")),
        (query.language, "(a.language || '-') LIKE ? || '-%'", query.language),
        (query.since, f"{day} >= ?", query.since),
        (until, f"{day} <= ?", until),
    ]
    chosen = [(condition, value) for given, condition, value in choices if given]
    where = " AND ".join(condition for condition, _ in chosen) or "true"
    return where, tuple(clean(value) for _, value in chosen)


def _row(row: tuple[object, ...]) -> ArticleRow:
    facts = dict(zip(ArticleRow.__struct_fields__, row, strict=True))
    for name in ("authors", "tags", "categories"):
        facts[name] = tuple(json.loads(str(facts[name])))
    return ArticleRow(**facts)  # type: ignore[arg-type]
