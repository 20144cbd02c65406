"""Raw pages, content-addressed, each packed with one earlier page of its host."""

import json
import sqlite3

from storage.packing import digest, pack, unpack


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
    text = json.dumps(headers, ensure_ascii=False)
    pages.execute("INSERT INTO page VALUES (?, ?, ?, ?, ?)", (name, host, text, base, packed))
    return name


def read(pages: sqlite3.Connection, name: str) -> bytes:
    """The page of a digest. Raises KeyError."""
    row = pages.execute("SELECT packed, reference FROM page WHERE digest = ?", (name,)).fetchone()
    if row is None:
        raise KeyError(name)
    packed, reference = row
    return unpack(packed, read(pages, reference) if reference else b"")


def headers(pages: sqlite3.Connection, name: str) -> tuple[tuple[str, str], ...]:
    """The response headers that a page came with. Raises KeyError."""
    row = pages.execute("SELECT headers FROM page WHERE digest = ?", (name,)).fetchone()
    if row is None:
        raise KeyError(name)
    return tuple((key, value) for key, value in json.loads(row[0]))
