"""Raw pages, content-addressed, each packed with one earlier page of its host."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec

from storage.errors import ArchiveError, ArchiveUnusable
from storage.packing import digest, pack, unpack
from storage.records import Page
from storage.sqlite.connect import in_our_words, open_for_reading, pages_path
from storage.sqlite.migrations import PAGES_APPLICATION_ID, PAGES_STEPS, check
from storage.sqlite.text import parsed


def open_beside(path: str) -> sqlite3.Connection:
    """The file of pages beside the archive at `path`, to read. Raises ArchiveError, also where the pages are lost."""
    file = pages_path(path)
    db = open_for_reading(file)
    try:
        check(db, PAGES_STEPS, PAGES_APPLICATION_ID, file)
        (version,) = db.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        raise in_our_words(error, file) from error
    if version < len(PAGES_STEPS):
        raise ArchiveUnusable(f"{file}: holds no pages; if there were any, put back both files from a backup")
    return db


def refuse_foreign(path: str) -> None:
    """Refuse an archive whose pages a newer Dateline keeps. Where they are lost or damaged, the rest can be read."""
    file = pages_path(path)
    if not Path(file).is_file():
        return
    try:
        db = open_for_reading(file)
    except ArchiveError:  # whoever needs a page will say so
        return
    with closing(db):
        check(db, PAGES_STEPS, PAGES_APPLICATION_ID, file)


def refuse_lost(db: sqlite3.Connection, path: str) -> None:
    """Refuse to begin a new file of pages where there must be one: half an archive was put back from a backup."""
    file = pages_path(path)
    if not Path(file).is_file() and db.execute("SELECT 1 FROM revision LIMIT 1").fetchone():
        raise ArchiveUnusable(
            f"{file}: is missing, and {path} has articles whose pages it held; put it back from the same backup, or "
            "make an empty file of that name to go on without them"
        )


def keep(pages: sqlite3.Connection, body: bytes, host: str, headers: tuple[tuple[str, str], ...] = ()) -> str:
    """Keep a page if it is not there yet; its digest."""
    name = digest(body)
    if pages.execute("SELECT 1 FROM page WHERE digest = ?", (name,)).fetchone():
        return name
    reference = pages.execute("SELECT digest FROM reference WHERE host = ?", (host,)).fetchone()
    if reference is None:
        pages.execute("INSERT INTO reference VALUES (?, ?)", (host, name))
    base = reference[0] if reference else None
    packed = pack(body, read(pages, base) if base else b"")
    text = msgspec.json.encode(headers).decode()
    pages.execute("INSERT INTO page VALUES (?, ?, ?, ?, ?)", (name, host, text, base, packed))
    return name


def read(pages: sqlite3.Connection, name: str) -> bytes:
    """The page of a digest. Raises KeyError."""
    row = pages.execute("SELECT packed, reference FROM page WHERE digest = ?", (name,)).fetchone()
    if row is None:
        raise KeyError(name)
    packed, reference = row
    return unpack(packed, read(pages, reference) if reference else b"")


def as_fetched(
    pages: sqlite3.Connection, name: str, url: str, fetched: datetime, *, final: str = "", status: int = 200
) -> Page:
    """The page of a digest as it came from `url`, or from `final` at the end of redirects. Raises KeyError."""
    body, told = read(pages, name), headers(pages, name)
    return Page(url=url, final_url=final or url, status=status, headers=told, body=body, fetched=fetched)


def headers(pages: sqlite3.Connection, name: str) -> tuple[tuple[str, str], ...]:
    """The response headers that a page came with. Raises KeyError."""
    row = pages.execute("SELECT headers FROM page WHERE digest = ?", (name,)).fetchone()
    if row is None:
        raise KeyError(name)
    return parsed(row[0], tuple[tuple[str, str], ...], ())
