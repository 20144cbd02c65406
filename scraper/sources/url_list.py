"""Addresses that the user hands over: a list in a file (text, CSV, JSON lines, OPML, bookmarks, a feed or sitemap that
was saved), on standard input, or the address of an article itself; or a folder of saved pages, which needs no network.
"""

import csv
import hashlib
import io
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from scraper.feeds import FeedError
from scraper.feeds.opml import outlines
from scraper.feeds.text import decode, iso_moment
from scraper.fetch import Fetcher
from scraper.sources import Listing, Plan, SourceError, Tools
from scraper.sources.mhtml import is_snapshot
from scraper.sources.saved import ADDRESS, HOST, Saved, copy_of, named, sorted_out
from scraper.urls import absolute, is_file, is_home
from scraper.warc.bodies import BodyRefused, decoded
from scraper.workers import Refused
from storage.records import FeedEntry

_AT_ONCE = 500
_TOLD = 80  # characters of a line that names no address
# In running text an address ends where a mark, a quote or, behind a comma, the next one begins.
_WRITTEN = re.compile(r"https?://(?:(?![,;|]https?://)[^\s<>\"])+", re.IGNORECASE)
_MARKS = ".,;:!?'*‘’“”„«»‹›。、，；：！？）」』】》"
_JSON = re.compile(r"[{\[]\s*[{}\[\]\"]")
_MARKUP = re.compile(r"<(?!https?:)", re.IGNORECASE)
_BOOKMARK = re.compile(r"<a\b[^<>]*?\bhref\s*=\s*(?:\"([^\"<>]+)|'([^'<>]+)|([^\s\"'<>]+))", re.IGNORECASE)
_SCHEMELESS = re.compile(rf"(?://)?({HOST.pattern}/\S*)", re.IGNORECASE)
_URL_COLUMNS = (
    *("url", "link", "address", "uri", "href", "permalink", "loc"),
    *("article_url", "canonical_url", "page_url", "source_url", "resolved_url", "given_url"),
    *("weburl", "web_url", "sourceurl", "documentidentifier"),  # the Guardian, the New York Times, GDELT
)
_NO_ARTICLE = re.compile(r"image|img|photo|picture|thumb|logo|icon|avatar|feed|rss|author|publisher|^site$|^source$")
_FEED = re.compile(
    r"(?:\s|<\?[^>]*>|<!--(?:[^-]|-(?!->))*-->)*<(?:[\w.-]{1,40}:)?(?:urlset|sitemapindex|rss|feed|rdf)[\s>]",
    re.IGNORECASE,
)
_MOST_BYTES = 1 << 28  # of a list, unpacked
_HEAD = 1 << 16  # bytes by which a feed is known
_DELIMITERS = (",", ";", "\t", "|")
csv.field_size_limit(_MOST_BYTES)  # a column may hold whole articles


class UrlList:
    """The addresses of a list, in its order."""

    def __init__(self, plan: Plan, tools: Tools) -> None:
        self._plan = plan
        self._tools = tools
        self._folder = Path(plan.address).resolve() if _is_folder(plan.address) else None
        self.pages: Fetcher = Saved(self._folder) if self._folder else tools.fetcher
        self.on_disk = self._folder is not None

    async def listings(self, cursor: bytes) -> AsyncIterator[Listing]:
        """See scraper.sources.Source; the cursor counts what is listed already."""
        done = int(cursor or b"0")
        if self._folder:
            files, others = sorted_out(self._folder)
            if not files:
                raise SourceError(f"{self._plan.address}: no file in it is a web page")
            left = _note(others, "files are no web pages and left out")
            for start in range(done, len(files), _AT_ONCE):
                listing = await self._saved(files[start : start + _AT_ONCE], start, len(files))
                notes = filter(None, ("" if start else left, listing.note))
                yield msgspec.structs.replace(listing, note="; ".join(notes))
            return
        entries, note = await self._entries()
        for start in range(done, len(entries), _AT_ONCE):
            some = entries[start : start + _AT_ONCE]
            wanted = tuple(one for one in some if not self._plan.excludes(one.published))
            cursor = str(start + len(some)).encode()
            yield Listing(
                cursor=cursor,
                entries=wanted,
                outside=len(some) - len(wanted),
                total=len(entries),
                note="" if start else note,
            )

    async def _entries(self) -> tuple[list[FeedEntry], str]:
        """The articles that the list names, and what the user should know of it. Raises SourceError."""
        address = self._plan.address
        if is_snapshot(content(address)):  # its addresses are those of pictures and scripts
            raise SourceError(f"{address}: a saved page and no list; name the folder that it is in")
        if not _FEED.match(_text(content(address)[:_HEAD])):
            entries, nameless = read_list(address, self._tools.clock())
            return entries, _note(nameless, "lines or rows name no address")
        try:
            found = await self._tools.workers.read_sitemap(content(address), "")
        except Refused as error:
            raise SourceError(f"{address}: {error.reason}") from error
        if not found.entries:
            raise SourceError(f"{address}: names no articles; of an index of sitemaps use `backfill sitemap`")
        return list(found.entries), found.lacks

    async def _saved(self, files: list[Path], start: int, total: int) -> Listing:
        assert self._folder
        addressed = [(file, await self._address(file)) for file in files]
        nameless = [file for file, url in addressed if not url]
        note = _note(nameless, "files name no address of their own")
        entries = tuple(
            FeedEntry(url=url, at=f"{file.as_uri()}#{quote(url, safe='')}") for file, url in addressed if url
        )
        return Listing(cursor=str(start + len(files)).encode(), entries=entries, total=total, note=note)

    async def _address(self, file: Path) -> str:
        """The address that a saved page had: by the mark of whoever saved it, else as the page itself, its name or its
        folder says."""
        assert self._folder
        try:
            copy = copy_of(file)
            said = "" if copy.url else (await self._tools.workers.read_links(copy.body, "")).canonical
        except (OSError, BodyRefused):
            return ""
        except Refused:
            said = ""
        # Sites that call every page their front page are many.
        return copy.url or ("" if is_home(said) else said) or named(file, self._folder)


@lru_cache(maxsize=16)
def content(address: str) -> bytes:
    """The bytes of a list; those of standard input can be had only once. Raises SourceError."""
    if address == "-":
        return sys.stdin.buffer.read()
    if ADDRESS.fullmatch(address):
        return address.encode()
    try:
        return decoded(Path(address).read_bytes(), "", "", _MOST_BYTES)  # it may be packed
    except OSError as error:
        raise SourceError(f"{address}: cannot be read: {error.strerror}") from error
    except BodyRefused as error:
        raise SourceError(f"{address}: cannot be read: {error.reason}") from error


def digest(address: str) -> str:
    """What the list holds, as a mark: another list under the same name is another backfill. Raises SourceError."""
    if not _is_folder(address):
        return hashlib.sha256(content(address)).hexdigest()[:16]
    facts = ((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in sorted_out(Path(address))[0])
    return hashlib.sha256(repr(sorted(facts)).encode()).hexdigest()[:16]


def read_list(address: str, now: datetime) -> tuple[list[FeedEntry], list[str]]:
    """The articles that a list names, each once, and what in it names none. Raises SourceError where nothing does."""
    unique: dict[str, FeedEntry] = {}
    nameless: list[str] = []
    try:
        for row in _rows(address):
            entry = _entry(row, now)
            if entry.url:
                unique.setdefault(entry.url, entry)
            else:
                nameless.append(" ".join(str(cell) for cell in row.values() if cell)[:_TOLD])
    except (FeedError, csv.Error) as error:
        raise SourceError(f"{address}: {error}") from error
    if not unique:
        raise SourceError(f"{address}: names no http(s) address; one a line, or a column or field called `url`")
    return list(unique.values()), nameless


def _rows(address: str) -> Iterator[dict[str, Any]]:
    if ADDRESS.fullmatch(address):
        return iter([{"url": address}])
    text = _text(content(address))
    name, first = address.lower(), text.partition("\n")[0]
    delimiter = "\t" if name.endswith(".tsv") else max(_DELIMITERS, key=first.count)
    columns = _names(first.split(delimiter))
    if name.endswith((".csv", ".tsv")) or (len(columns) > 1 and not set(columns).isdisjoint(_URL_COLUMNS)):
        return _of_csv(text, delimiter)
    if _JSON.match(text):
        return _of_json(text, address)
    return _of_markup(text) if _MARKUP.match(text) else _of_text(text)


def _text(raw: bytes) -> str:
    return decode(raw).lstrip("\ufeff \t\r\n").replace("\r\n", "\n").replace("\r", "\n")


def _of_text(text: str) -> Iterator[dict[str, Any]]:
    """Every address of every line, but for those in comments."""
    for line in filter(None, map(str.strip, text.splitlines())):
        if not line.startswith("#"):
            found = _WRITTEN.findall(line)
            # An address on a line of its own may end in what would be a mark in running text ("…/what!").
            found = [line.rstrip(".,;")] if found == [line] else [_trimmed(address) for address in found]
            yield from ({"url": address} for address in found or [line])


def _trimmed(address: str) -> str:
    """An address in running text without the marks that end a sentence or a bracket around it."""
    address = address.rstrip(_MARKS)
    unopened = address.endswith(")") and address.count("(") < address.count(")")
    return _trimmed(address[:-1]) if unopened or address.endswith("]") else address


def _of_csv(text: str, delimiter: str) -> Iterator[dict[str, Any]]:
    """The rows by the names of their head; with no head, or none that is known, any cell may hold the address."""
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    head = next(rows, [])
    headless = any(map(ADDRESS.match, map(str.strip, head)))
    names = [str(number) for number in range(len(head))] if headless else _names(head)
    for row in filter(None, [head, *rows] if headless else rows):
        cells = dict(zip(names, row, strict=False))
        other = (cell.strip() for name, cell in cells.items() if not _NO_ARTICLE.search(name))
        url = _address_in(cells) or next((one for one in other if ADDRESS.match(one) and not is_file(one)), "")
        yield cells | ({"url": url} if url else {})


def _names(head: list[str]) -> list[str]:
    return [name.strip().strip('"').lower() for name in head]


def _of_json(text: str, address: str) -> Iterator[dict[str, Any]]:
    """One JSON value, or one a line; a line that is none is a row with no address."""
    try:
        yield from _rows_in(json.loads(text))
        return
    except (ValueError, RecursionError) as error:
        if text.startswith("["):  # half a list is not known to be half of it
            raise SourceError(f"{address}: no JSON: {error}") from None
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            yield from _rows_in(json.loads(line)) if line.strip() else ()
        except (ValueError, RecursionError):
            yield {"": f"line {number}, which is no JSON"}


def _rows_in(value: Any) -> list[dict[str, Any]]:
    """The rows of a JSON value; an object with no address of its own stands for those that it holds, if any."""
    if isinstance(value, list):
        return [row for one in value for row in _rows_in(one)]
    if not isinstance(value, dict):
        return [{"url": value}]
    row = {str(key).lower(): cell for key, cell in value.items()}
    if _address_in(row):
        return [row]
    held = [cell for key, cell in row.items() if isinstance(cell, dict | list) and not _NO_ARTICLE.search(key)]
    inside = [rows for rows in map(_rows_in, held) if any(map(_address_in, rows))]
    return [one for rows in inside for one in rows] or [row]


def _of_markup(text: str) -> Iterator[dict[str, Any]]:
    """OPML, or the bookmarks that a browser exports."""
    if "<opml" not in text[:2000].lower():
        yield from ({"url": unescape("".join(quotings))} for quotings in _BOOKMARK.findall(text))
        return
    for outline in outlines(text.encode()):
        page = "" if "xmlurl" in outline else outline.get("htmlurl", "")  # a feed's site is no article
        if url := outline.get("url") or page:
            yield {"url": url, "title": outline.get("text", "")}


def _entry(row: dict[str, Any], now: datetime) -> FeedEntry:
    date = next((row[name] for name in ("published", "date", "datepublished") if row.get(name)), None)
    return FeedEntry(url=_address_in(row), title=str(row.get("title") or ""), published=iso_moment(date, now))


def _address_in(row: dict[str, Any]) -> str:
    """The address that a row names under one of the names for it, or ''."""
    said = (str(row[name]).strip() for name in _URL_COLUMNS if row.get(name))
    return next(filter(None, (absolute(_with_scheme(one), "") for one in said)), "")


def _with_scheme(word: str) -> str:
    found = _SCHEMELESS.fullmatch(word)
    return f"https://{found[1]}" if found else word


def _note(lost: Sequence[object], what: str) -> str:
    return f"{len(lost)} {what}, e.g. {lost[0]}" if lost else ""


def _is_folder(address: str) -> bool:
    return address != "-" and not ADDRESS.match(address) and Path(address).is_dir()
