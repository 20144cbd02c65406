"""Addresses that the user hands over: a list in a file (text, CSV, JSON lines, OPML, bookmarks), on standard input, or
the address of an article itself; or a folder of saved pages, which needs no network."""

import csv
import hashlib
import io
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from scraper.feeds import FeedError
from scraper.feeds.opml import outlines
from scraper.feeds.text import decode, iso_moment
from scraper.fetch import Fetcher, FetchError
from scraper.sources import Listing, Plan, SourceError, Tools
from scraper.urls import absolute
from scraper.workers import Refused
from storage.records import FeedEntry, Page, Validators

_AT_ONCE = 500
_MOST_BYTES = 10 << 20  # of a saved page
_PAGES = (".html", ".htm", ".xhtml", ".shtml")
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_BOOKMARK = re.compile(r"<a\b[^<>]*?\bhref\s*=\s*[\"']([^\"'<>]+)", re.IGNORECASE)
_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d{1,6}\)(\S{1,2000})\s", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?::\d+)?", re.IGNORECASE)
_URL_COLUMNS = ("url", "link", "address", "uri", "href", "permalink")


class UrlList:
    """The addresses of a list, in its order."""

    def __init__(self, plan: Plan, tools: Tools) -> None:
        self._plan = plan
        self._tools = tools
        self._folder = Path(plan.address).resolve() if _is_folder(plan.address) else None
        self.pages: Fetcher = Saved(self._folder) if self._folder else tools.fetcher

    async def listings(self, cursor: bytes) -> AsyncIterator[Listing]:
        """See scraper.sources.Source; the cursor counts what is listed already."""
        done = int(cursor or b"0")
        if self._folder:
            files = _saved_pages(self._folder)
            for start in range(done, len(files), _AT_ONCE):
                yield await self._saved(files[start : start + _AT_ONCE], start, len(files))
            return
        entries = read_list(self._plan.address, self._tools.clock())
        for start in range(done, len(entries), _AT_ONCE):
            some = entries[start : start + _AT_ONCE]
            wanted = tuple(one for one in some if not self._plan.excludes(one.published))
            cursor = str(start + len(some)).encode()
            yield Listing(cursor=cursor, entries=wanted, outside=len(some) - len(wanted), total=len(entries))

    async def _saved(self, files: list[Path], start: int, total: int) -> Listing:
        assert self._folder
        named = [(file, await self._address(file)) for file in files]
        nameless = [file for file, url in named if not url]
        note = f"{len(nameless)} files name no address of their own, e.g. {nameless[0]}" if nameless else ""
        entries = tuple(FeedEntry(url=url, at=f"{file.as_uri()}#{quote(url, safe='')}") for file, url in named if url)
        return Listing(cursor=str(start + len(files)).encode(), entries=entries, total=total, note=note)

    async def _address(self, file: Path) -> str:
        """The address that a saved page had: as it says itself, else as its name or folder does."""
        assert self._folder
        try:
            body = _body(file)
            said = (await self._tools.workers.read_links(body, "")).canonical
        except OSError:
            return ""
        except Refused:
            said = ""
        saved = _SAVED_FROM.search(body[:4000])
        return said or absolute(saved[1].decode("utf-8", "replace") if saved else "", "") or named(file, self._folder)


class Saved:
    """A Fetcher of saved pages beneath one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def get(self, url: str, validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:  # noqa: ARG002
        """The page of a `file:` address, whose fragment is the address that it had."""
        return self._read(url)

    async def close(self) -> None:
        """Nothing is open."""

    def _read(self, url: str) -> Page:
        parts = urlsplit(url)
        file = Path(unquote(parts.path))
        if parts.scheme != "file" or not file.resolve().is_relative_to(self._folder):
            raise FetchError("not among the saved pages, and nothing else is asked for", final=True)
        own = unquote(parts.fragment)
        try:
            body, when = _body(file), datetime.fromtimestamp(file.stat().st_mtime, UTC)
        except OSError as error:
            raise FetchError(f"{file}: cannot be read: {error.strerror}") from error
        return Page(url=own, final_url=own, status=200, body=body, fetched=when, via="file", source=str(file))


@lru_cache(maxsize=16)
def content(address: str) -> bytes:
    """The bytes of a list; those of standard input can be had only once. Raises SourceError."""
    if address == "-":
        return sys.stdin.buffer.read()
    if _ADDRESS.fullmatch(address):
        return address.encode()
    try:
        return Path(address).read_bytes()
    except OSError as error:
        raise SourceError(f"{address}: cannot be read: {error.strerror}") from error


def digest(address: str) -> str:
    """What the list holds, as a mark: another list under the same name is another backfill. Raises SourceError."""
    if not _is_folder(address):
        return hashlib.sha256(content(address)).hexdigest()[:16]
    facts = ((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in _saved_pages(Path(address)))
    return hashlib.sha256(repr(sorted(facts)).encode()).hexdigest()[:16]


def read_list(address: str, now: datetime) -> list[FeedEntry]:
    """The articles that a list names, each once. Raises SourceError where it names none."""
    text = decode(content(address)).lstrip("\ufeff \t\r\n")
    name, first = address.lower(), text.partition("\n")[0]
    try:
        if name.endswith((".csv", ".tsv")) or ("," in first and _column(first.split(",")) is not None):
            rows = _of_csv(text, "\t" if name.endswith(".tsv") else ",")
        elif text.startswith(("{", "[", '"')):
            rows = _of_json(text, name)
        elif text.startswith("<"):
            rows = _of_markup(text)
        else:
            rows = ({"url": found[0]} for line in text.splitlines() if (found := _address_in(line)))
        entries = [_entry(row, now) for row in rows]
    except (FeedError, csv.Error) as error:
        raise SourceError(f"{address}: {error}") from error
    unique: dict[str, FeedEntry] = {}
    for entry in entries:
        unique.setdefault(entry.url, entry)
    unique.pop("", None)
    if not unique:
        raise SourceError(f"{address}: names no http(s) address; one a line, or a column or field called `url`")
    return list(unique.values())


def named(file: Path, folder: Path) -> str:
    """The address that a saved page's name tells: percent-encoded in full, or host and path as `wget -x` lays them."""
    inside = file.relative_to(folder)
    whole = unquote(file.name)
    if _ADDRESS.match(whole):
        return absolute(_without_ending(whole) if "%" in file.name else whole, "")
    host, *path = inside.parts
    if not path or not _HOST.fullmatch(host):
        return ""
    last = "" if path[-1].lower() in ("index.html", "index.htm") else path[-1]
    return absolute("https://" + "/".join([host, *path[:-1], last]), "")


def _of_csv(text: str, delimiter: str) -> Iterator[dict[str, Any]]:
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    head = next(rows, [])
    column = _column(head)
    if column is None:  # no head: whatever cell of a line is an address
        for row in [head, *rows]:
            yield {"url": next(filter(_ADDRESS.match, map(str.strip, row)), "")}
        return
    names = [name.strip().lower() for name in head]
    for row in rows:
        if len(row) > column:
            yield dict(zip(names, row, strict=False)) | {"url": row[column]}


def _column(head: list[str]) -> int | None:
    names = [name.strip().strip('"').lower() for name in head]
    return next((names.index(name) for name in _URL_COLUMNS if name in names), None)


def _of_json(text: str, name: str) -> Iterator[dict[str, Any]]:
    """JSON lines, or one JSON list."""
    lines = [text] if text.startswith("[") else text.splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            raise SourceError(f"{name}: line {number} is no JSON") from None
        for row in value if isinstance(value, list) else [value]:
            if isinstance(row, dict):
                yield {str(key).lower(): cell for key, cell in row.items()}
            else:
                yield {"url": row}


def _of_markup(text: str) -> Iterator[dict[str, Any]]:
    """OPML, or the bookmarks that a browser exports."""
    if "<opml" not in text[:2000].lower():
        yield from ({"url": unescape(href)} for href in _BOOKMARK.findall(text))
        return
    for outline in outlines(text.encode()):
        page = "" if "xmlurl" in outline else outline.get("htmlurl", "")  # a feed's site is no article
        yield {"url": outline.get("url") or page, "title": outline.get("text", "")}


def _entry(row: dict[str, Any], now: datetime) -> FeedEntry:
    url = next((str(row[name]) for name in _URL_COLUMNS if row.get(name)), "")
    date = next((row[name] for name in ("published", "date", "datepublished") if row.get(name)), None)
    return FeedEntry(url=absolute(url, ""), title=str(row.get("title") or ""), published=iso_moment(date, now))


def _address_in(line: str) -> re.Match[str] | None:
    return None if line.lstrip().startswith("#") else _ADDRESS.search(line)


def _is_folder(address: str) -> bool:
    return address != "-" and not _ADDRESS.match(address) and Path(address).is_dir()


def _saved_pages(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in _PAGES and file.is_file())


def _without_ending(name: str) -> str:
    return re.sub(r"\.x?html?$", "", name, flags=re.IGNORECASE)


def _body(file: Path) -> bytes:
    with file.open("rb") as source:
        return source.read(_MOST_BYTES)
