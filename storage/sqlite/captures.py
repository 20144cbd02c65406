"""The pages that were kept of an article, as they were fetched; those on which it goes on belong to its first one."""

import sqlite3
from collections.abc import Iterator, Sequence

import msgspec
from zstandard import ZstdError

from storage.errors import ArchiveDamaged
from storage.records import Page
from storage.sqlite import pages
from storage.sqlite.identity import link
from storage.sqlite.text import clean, moment


def goes_on(db: sqlite3.Connection, id_: int, digest: str, more: Sequence[tuple[Page, str]]) -> None:
    """Note the later pages of an article, and their digests, behind its first page of this digest."""
    if not more:  # nearly always
        return
    db.execute("DELETE FROM next_page WHERE article = ? AND first = ?", (id_, digest))
    for number, (page, name) in enumerate(more, 2):
        db.execute("INSERT INTO next_page VALUES (?, ?, ?, ?, ?)", (id_, digest, number, clean(page.url), name))
    link(db, id_, frozenset(page.url for page, _ in more))


def later(db: sqlite3.Connection, id_: int) -> list[tuple[str, str]]:
    """The later pages of an article as it was last read, in order: their addresses and digests."""
    return db.execute(
        "SELECT n.url, n.page FROM article a JOIN next_page n ON n.article = a.id AND n.first = a.page "
        "WHERE a.id = ? ORDER BY n.number",
        (id_,),
    ).fetchall()


def continued_at(db: sqlite3.Connection, url: str) -> int | None:
    """The article that has, or had, one of its later pages at this address."""
    query = "SELECT n.article FROM alias l JOIN next_page n ON n.article = l.article AND n.url = l.url WHERE l.url = ?"
    row = db.execute(query, (clean(url),)).fetchone()
    return int(row[0]) if row else None


def of_article(db: sqlite3.Connection, kept: sqlite3.Connection, id_: int) -> Iterator[Page]:
    """Every page of an article, oldest first: those that the log of fetches names, and those of its revisions.

    `url` is what was asked for; of the page that it was last read from, `final_url` is where that led.
    """
    row = db.execute(
        "SELECT a.url, a.page, coalesce(v.url, a.url) FROM article a LEFT JOIN visit v ON v.article = a.id "
        "WHERE a.id = ?",
        (id_,),
    ).fetchone()
    if row is None:
        return
    address, current, last = row
    fetched = db.execute(
        "SELECT f.url, f.at, f.status, f.page FROM alias l JOIN fetch f ON f.url = l.url "
        "WHERE l.article = ? AND f.page IS NOT NULL ORDER BY f.at, f.id",
        (id_,),
    ).fetchall()
    logged = {page for *_, page in fetched}
    revisions = db.execute("SELECT seen, page FROM revision WHERE article = ? ORDER BY number", (id_,)).fetchall()
    read = {page for _, page in revisions}
    fetched += [(address, seen, 200, page) for seen, page in revisions if page not in logged]
    later_ones = {url for (url,) in db.execute("SELECT url FROM next_page WHERE article = ?", (id_,))}
    for url, at, status, page in sorted(fetched, key=lambda row: str(row[1])):
        if url in later_ones and page not in read:
            continue
        first = _page(kept, url, last if page == current else url, at, status, page)
        yield msgspec.structs.replace(first, more=tuple(_behind(db, kept, id_, page, at)))


def _behind(db: sqlite3.Connection, kept: sqlite3.Connection, id_: int, first: str, at: str) -> Iterator[Page]:
    """The later pages behind a first one that was fetched at this moment."""
    fetched = "SELECT min(at) FROM fetch f WHERE f.url = n.url AND f.page = n.page AND f.at >= ?"
    rows = db.execute(
        f"SELECT url, coalesce(({fetched}), ?), page FROM next_page n WHERE article = ? AND first = ? ORDER BY number",  # noqa: S608 (our words)
        (at, at, id_, first),
    ).fetchall()
    for url, when, page in rows:
        yield _page(kept, url, url, when, 200, page)


def _page(kept: sqlite3.Connection, url: str, final: str, at: str, status: int | None, name: str) -> Page:
    fetched = moment(at)
    assert fetched
    try:
        return pages.as_fetched(kept, name, url, fetched, final=final, status=status or 200)
    except (KeyError, ZstdError) as error:
        raise ArchiveDamaged(f"page {name} of {url} is lost or damaged: `dateline verify` tells") from error
