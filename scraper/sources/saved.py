"""A folder of saved pages: which of its files are pages, where each was saved from, and a Fetcher of them."""

import re
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from scraper.fetch import FetchError
from scraper.sources.mhtml import is_snapshot, snapshot
from scraper.urls import absolute
from scraper.warc.bodies import BodyRefused, decoded
from scraper.warc.frames import GZIP
from storage.records import Page, Validators

ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?::\d+)?", re.IGNORECASE)
_MOST_BYTES = 10 << 20  # of a page
_ENDINGS = (".html", ".htm", ".xhtml", ".shtml")
# Browsers, SingleFile and HTTrack, which leaves out the scheme.
_SAVED_FROM = re.compile(
    rb"<!--\s*(?:saved from url=\(\d{1,6}\)|Page saved with SingleFile\s+url:\s*|Mirrored from )(\S{1,2000})\s",
    re.IGNORECASE,
)
_HEAD = 4096
_PORT = re.compile(r"[+_](\d+)$")
_QUERY = re.compile(r"@(?=[^@=&]+=)")
# Comments (who saved it, whose theme it is) may stand before what every page begins with.
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?(?:\s|<\?xml[^>]*>|<!--(?:[^-]|-(?!->))*-->)*"
    rb"<(?:!doctype html|html|head|body|title|meta)\b",
    re.IGNORECASE,
)


class Copy(NamedTuple):
    """A saved page: its bytes, the address in the mark that whoever saved it left (or ''), when, its media type."""

    body: bytes
    url: str
    saved: datetime
    kind: str = ""


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
            copy = copy_of(file)
        except OSError as error:
            raise FetchError(f"{file}: cannot be read: {error.strerror}") from error
        except BodyRefused as error:
            raise FetchError(f"{file}: {error.reason}", final=True) from error
        return Page(
            url=own,
            final_url=own,
            status=200,
            headers=(("Content-Type", copy.kind),) if copy.kind else (),
            body=copy.body,
            fetched=copy.saved,
            via="file",
            source=str(file),
        )


def sorted_out(folder: Path) -> tuple[list[Path], list[Path]]:
    """The pages beneath a folder and the files that are none, both in the order of their names."""
    pages: list[Path] = []
    others: list[Path] = []
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        (pages if _is_page(file) else others).append(file)
    return pages, others


def copy_of(file: Path) -> Copy:
    """A saved page, unpacked. Raises OSError and BodyRefused."""
    with file.open("rb") as source:
        body = decoded(source.read(_MOST_BYTES), "", "", _MOST_BYTES)
    changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    if is_snapshot(body):
        found = snapshot(body)
        return Copy(found.body, found.url, found.saved or changed, found.kind)
    mark = _SAVED_FROM.search(body[:_HEAD])
    said = mark[1].decode("utf-8", "replace") if mark else ""
    return Copy(body, absolute(said if "://" in said else f"https://{said}", "") if said else "", changed)


def named(file: Path, folder: Path) -> str:
    """The address that a saved page's name tells: percent-encoded in full, or host and path as `wget -x` lays them."""
    name = _unpacked(file.name)
    whole = unquote(name)
    if ADDRESS.match(whole):
        return absolute(_without_ending(whole) if "%" in name else whole, "")
    # Windows knows no colon and no question mark in a name: wget writes + and @ for them there.
    host, *path = file.relative_to(folder).parts
    host = _PORT.sub(r":\1", host)
    name = name if "?" in name else _QUERY.sub("?", name, count=1)
    if not path or not HOST.fullmatch(host):
        return ""
    # wget calls what has no name index.html, and adds the ending to what has none (-E).
    last = re.sub(r"(\?.*)\.html$", r"\1", re.sub(r"^index\.html?(?=\?|$)", "", name, flags=re.IGNORECASE))
    return absolute("https://" + "/".join([host, *path[:-1], last]).replace("#", "%23"), "")


def _is_page(file: Path) -> bool:
    """Whether a file is a page by its name or, since not all that save pages name them so, by its first bytes."""
    if _unpacked(file.name).lower().endswith(_ENDINGS):
        return True
    try:
        with file.open("rb") as source:
            head = source.read(_HEAD)
        if head.startswith(GZIP):
            head = zlib.decompressobj(31).decompress(head, _HEAD)
    except (OSError, zlib.error):
        return False
    if is_snapshot(head):
        return True
    return _PAGE.match(head.replace(b"\x00", b"")) is not None  # without the zeros UTF-16 reads like ASCII


def _unpacked(name: str) -> str:
    return re.sub(r"\.gz$", "", name, flags=re.IGNORECASE)


def _without_ending(name: str) -> str:
    return re.sub(r"\.x?html?$", "", name, flags=re.IGNORECASE)
