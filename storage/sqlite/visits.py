"""When archived articles are looked at again; see storage.revisions for how often."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from storage.records import Failure, Page, Pending, Validators
from storage.revisions import next_visit
from storage.sqlite.feeds import entry_of
from storage.sqlite.identity import find
from storage.sqlite.text import clean, moment, stamp

_NAMES = "v.url, v.article, v.tries, v.next, v.etag, v.last_modified, a.extractor, a.title"
_SHOWN = "SELECT s.article FROM sighting s JOIN feed f ON f.id = s.feed WHERE f.url IN ({})"


def made(db: sqlite3.Connection, id_: int, page: Page, *, changed: bool, called: bool) -> None:
    """A page was fetched for an article: when is the next time? `called`: a feed said that it had changed."""
    # A copy from an archive says nothing of how its article is today, and there may be millions.
    live = page.via in ("live", "feed")
    due = _next(db, id_, page.fetched, changed=changed) if live else None
    facts = {
        "id": id_,
        "url": clean(page.final_url),
        "asked": clean(page.url) if page.detour else None,  # and so it will be asked again
        "now": stamp(page.fetched),
        "next": stamp(due),
        "etag": clean(page.validators.etag),
        "date": clean(page.validators.last_modified),
    }
    db.execute(
        "INSERT INTO visit (article, url, last, next, etag, last_modified) "
        "VALUES (:id, :url, :now, :next, :etag, :date) ON CONFLICT DO UPDATE SET "
        "url = CASE WHEN url = :asked THEN url ELSE :url END, last = :now, next = :next, tries = 0, etag = :etag, "
        "last_modified = :date, idle = CASE WHEN :changed THEN 0 ELSE idle + :called END",
        facts | {"changed": changed, "called": called},
    )


def is_form(db: sqlite3.Connection, id_: int, url: str, page: Page, claimed: str) -> bool:
    """Whether a page only shows an article in another form: asked for `url`, it says that it stands for `claimed`.

    The article's text is that of the page that was looked at last; where that one moved or vanished, or where the
    address itself answers, the new page takes its place.
    """
    row = db.execute(
        "SELECT v.url FROM visit v JOIN article a ON a.id = v.article WHERE id = ? AND gone IS NULL", (id_,)
    )
    (own,) = row.fetchone() or ("",)
    return bool(own) and claimed not in (url, page.final_url) and own not in (page.url, *page.hops, page.final_url)


def was_form(db: sqlite3.Connection, id_: int, page: Page) -> bool:
    """Whether this is an article's own page, and what was looked at before was another form of it."""
    before, own = _addresses(db, id_) or ("", "")
    elsewhere = before.partition("?")[0] != page.final_url.partition("?")[0] and before not in (page.url, *page.hops)
    return bool(before) and page.final_url == own != before and elsewhere


def elsewhere(db: sqlite3.Connection, id_: int, page: Page, *, differs: bool, called: bool) -> None:
    """An article was met in another form: if that differs, its own page is looked at now; in vain, or not."""
    db.execute("UPDATE visit SET idle = idle + ? WHERE article = ?", (called, id_))
    if differs and page.via == "live":
        _look_now(db, id_, page.fetched)


def outlived(db: sqlite3.Connection, id_: int, url: str, now: datetime) -> bool:
    """Whether an article that is gone from `url` may live elsewhere: then that is looked at now.

    One that moved with no redirect leaves an address behind that answers 404, and is not withdrawn by it. It is where
    it was read last, or else at the address that it is known by.
    """
    read, own = _addresses(db, id_) or (url, url)
    if url == own:
        return False
    if url == read:
        db.execute("UPDATE visit SET url = ? WHERE article = ?", (own, id_))
    _look_now(db, id_, now)
    return True


def _addresses(db: sqlite3.Connection, id_: int) -> tuple[str, str] | None:
    """(Where an article was read last, the address that it is known by)."""
    query = "SELECT v.url, a.url FROM visit v JOIN article a ON a.id = v.article WHERE id = ?"
    found: tuple[str, str] | None = db.execute(query, (id_,)).fetchone()
    return found


def _look_now(db: sqlite3.Connection, id_: int, now: datetime) -> None:
    soon = "UPDATE visit SET next = min(coalesce(next, :now), :now) WHERE article = :id"
    db.execute(soon, {"now": stamp(now), "id": id_})


def failed(db: sqlite3.Connection, id_: int, failure: Failure) -> None:
    """A visit brought nothing: again at the time of the next try or, where trying is no use, at the next rung."""
    due = failure.next_try or _next(db, id_, failure.at, changed=False)
    tries = "tries = CASE WHEN ? THEN 0 ELSE tries + ? END"
    db.execute(
        f"UPDATE visit SET last = ?, next = ?, {tries} WHERE article = ?",  # noqa: S608 (our words)
        (stamp(failure.at), stamp(due), failure.final, failure.asked, id_),
    )


def _next(db: sqlite3.Connection, id_: int, now: datetime, *, changed: bool) -> datetime | None:
    query = "SELECT first_seen, last, next FROM article a LEFT JOIN visit v ON v.article = a.id WHERE a.id = ?"
    first, last, planned = map(moment, db.execute(query, (id_,)).fetchone())
    waited = planned - last if planned and last else None
    return next_visit(first or now, now, changed=changed, waited=waited)


def due(db: sqlite3.Connection, now: datetime, most: int, feeds: Sequence[str] = ()) -> list[Pending]:
    """See storage.archive.Archive.visits."""
    shown = f"AND v.article IN ({_SHOWN.format(', '.join('?' * len(feeds)))})" if feeds else ""
    rows = db.execute(
        f"SELECT * FROM (SELECT {_NAMES}, row_number() OVER (PARTITION BY a.site ORDER BY v.next) AS turn "  # noqa: S608
        f"FROM visit v JOIN article a ON a.id = v.article WHERE v.next <= ? {shown}) WHERE turn <= ? ORDER BY next",
        (stamp(now), *feeds, most),
    )
    return [_pending(db, row) for row in rows.fetchall()]


def called(db: sqlite3.Connection, said: Sequence[tuple[str, datetime]]) -> list[Pending]:
    """The articles at these addresses that changed, as their site says, after they were looked at last."""
    found: dict[int, Pending] = {}
    for url, changed in said:
        row = db.execute(
            f"SELECT {_NAMES} FROM visit v JOIN article a ON a.id = v.article "  # noqa: S608 (our names)
            "WHERE a.id = ? AND v.last < ? AND a.gone IS NULL",
            (find(db, url), stamp(changed)),
        ).fetchone()
        if row:
            found[row[1]] = _pending(db, row)
    return list(found.values())


def _pending(db: sqlite3.Connection, row: tuple[Any, ...]) -> Pending:
    url, id_, tries, _, etag, last_modified, extractor, title = row[:8]
    return Pending(
        url=url,
        entry=msgspec.structs.replace(entry_of(db, id_, url), title=title),
        tries=tries,
        known=True,
        article=id_,
        extractor=extractor,
        validators=Validators(etag, last_modified),
    )
