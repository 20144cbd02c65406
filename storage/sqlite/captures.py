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
    """Note the later pages of an article, and their digests, if it was read from the page of this digest."""
    if not more and not later(db, id_):  # nearly always
        return
    if not db.execute("SELECT 1 FROM article WHERE id = ? AND page = ?", (id_, digest)).fetchone():
        return
    db.execute("DELETE FROM next_page WHERE article = ?", (id_,))
    for number, (page, name) in enumerate(more, 2):
        db.execute("INSERT INTO next_page VALUES (?, ?, ?, ?)", (id_, number, clean(page.url), name))
    link(db, id_, frozenset(page.url for page, _ in more))


def later(db: sqlite3.Connection, id_: int) -> list[tuple[str, str]]:
    """The later pages of an article, in order: their addresses and digests."""
    return db.execute("SELECT url, page FROM next_page WHERE article = ? ORDER BY number", (id_,)).fetchall()


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
    fetched += [(address, seen, 200, page) for seen, page in revisions if page not in logged]
    places = {url for url, _ in later(db, id_)}
    first: Page | None = None
    for url, at, status, page in sorted(fetched, key=lambda row: str(row[1])):
        found = _page(kept, url, last if page == current else url, at, status, page)
        if first and url in places:
            first = msgspec.structs.replace(first, more=(*first.more, found))
            continue
        if first:
            yield first
        first = found
    if first:
        yield first


def _page(kept: sqlite3.Connection, url: str, final: str, at: str, status: int | None, name: str) -> Page:
    fetched = moment(at)
    assert fetched
    try:
        body, headers = pages.read(kept, name), pages.headers(kept, name)
    except (KeyError, ZstdError) as error:
        raise ArchiveDamaged(f"page {name} of {url} is lost or damaged: `dateline verify` tells") from error
    return Page(url=url, final_url=final, status=status or 200, headers=headers, body=body, fetched=fetched)
