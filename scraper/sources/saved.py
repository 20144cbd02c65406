"""A folder of saved pages: which of its files are pages, where each was saved from, and a Fetcher of them."""

import re
import zlib
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scraper.fetch import FetchError
from scraper.urls import absolute
from scraper.warc.bodies import BodyRefused, decoded
from scraper.warc.frames import GZIP
from storage.records import Page, Validators

ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?::\d+)?", re.IGNORECASE)
_MOST_BYTES = 10 << 20  # of a page
_ENDINGS = (".html", ".htm", ".xhtml", ".shtml")
_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d{1,6}\)(\S{1,2000})\s", re.IGNORECASE)
_HEAD = 4096
# Comments (who saved it, whose theme it is) may stand before what every page begins with.
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?(?:\s|<\?xml[^>]*>|<!--(?:[^-]|-(?!->))*-->)*"
    rb"<(?:!doctype html|html|head|body|title|meta)\b",
    re.IGNORECASE,
)


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
            body, when = body_of(file), datetime.fromtimestamp(file.stat().st_mtime, UTC)
        except OSError as error:
            raise FetchError(f"{file}: cannot be read: {error.strerror}") from error
        except BodyRefused as error:
            raise FetchError(f"{file}: {error.reason}", final=True) from error
        return Page(url=own, final_url=own, status=200, body=body, fetched=when, via="file", source=str(file))


def sorted_out(folder: Path) -> tuple[list[Path], list[Path]]:
    """The pages beneath a folder and the files that are none, both in the order of their names."""
    pages: list[Path] = []
    others: list[Path] = []
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        (pages if _is_page(file) else others).append(file)
    return pages, others


def body_of(file: Path) -> bytes:
    """The bytes of a saved page, unpacked. Raises OSError and BodyRefused."""
    with file.open("rb") as source:
        return decoded(source.read(_MOST_BYTES), "", "", _MOST_BYTES)


def saved_from(body: bytes) -> str:
    """The address in the mark that browsers leave in what they save, or ''."""
    saved = _SAVED_FROM.search(body[:4000])
    return absolute(saved[1].decode("utf-8", "replace"), "") if saved else ""


def named(file: Path, folder: Path) -> str:
    """The address that a saved page's name tells: percent-encoded in full, or host and path as `wget -x` lays them."""
    name = _unpacked(file.name)
    whole = unquote(name)
    if ADDRESS.match(whole):
        return absolute(_without_ending(whole) if "%" in name else whole, "")
    host, *path = file.relative_to(folder).parts
    if not path or not HOST.fullmatch(host):
        return ""
    last = "" if name.lower() in ("index.html", "index.htm") else name
    return absolute("https://" + "/".join([host, *path[:-1], last]), "")


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
    return _PAGE.match(head.replace(b"\x00", b"")) is not None  # without the zeros UTF-16 reads like ASCII


def _unpacked(name: str) -> str:
    return re.sub(r"\.gz$", "", name, flags=re.IGNORECASE)


def _without_ending(name: str) -> str:
    return re.sub(r"\.x?html?$", "", name, flags=re.IGNORECASE)
