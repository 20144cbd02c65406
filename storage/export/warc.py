"""WARC 1.1 (ISO 28500:2017): the pages as they were fetched, with what was read from them beside.

Of each article every page that was kept is a `response`, or a `revisit` where its bytes stand in the file already, and
a `metadata` record holds the article as JSON. What is kept of a page is its decoded body, so the headers that told of
its coding are written under other names, as crawlers do, and Content-Length is right.

The later pages of an article stand before the capture of its first one, marked by `Dateline-Page` with their number and
by `Dateline-Page-Of` with the name of that record. A page may need what its feed said of it (a date that stands nowhere
else), and the last one may tell nothing of a withdrawal: that travels in `Dateline-…` fields, too, so that `dateline
backfill warc` makes the same articles of the file.
"""

import uuid
import zlib
from base64 import b32encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha1
from http.client import responses
from typing import IO

import msgspec

from storage.archive import Library
from storage.records import ArticleRow, FeedEntry, Page, Query

Fields = Sequence[tuple[str, str]]

_CODED = ("content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive", "trailer")
_IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_SUMMARY = 2000  # characters
_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "https://dateline.invalid/warc")


def export_warc(library: Library, query: Query, file: IO[bytes]) -> int:
    """Write the articles' pages, each record a gzip member of its own, in flat memory; how many articles there were."""
    file.write(_packed(_warcinfo()))
    count = 0
    for article in library.articles(query):
        for record in _records(library, article):
            file.write(_packed(record))
        count += 1
    return count


def _records(library: Library, article: ArticleRow) -> Iterator[bytes]:
    said = _said(library.entry(article.id))
    first: dict[bytes, tuple[str, str]] = {}  # digest of a payload → the address and moment of its response
    captures: dict[str, None] = {}
    for page, url, last in _captured(library.pages(article.id), article.url):
        name, record = _capture(page, url, [*said, *(_withdrawn(article) if last else ())], first)
        if name not in captures:
            for number, more in enumerate(page.more, 2):
                marks = [("Dateline-Page", str(number)), ("Dateline-Page-Of", name)]
                yield _capture(more, more.final_url, marks, first, of=name)[1]
            yield record
        captures[name] = None
    if captures:
        yield _metadata(article, next(reversed(captures)))


def _captured(pages: Iterator[Page], canonical: str) -> Iterator[tuple[Page, str, bool]]:
    """Each page with the addresses that it is written under, and whether that is the last of all.

    Where the redirects ended is what was captured; what was asked for had the same payload, and so has, of the last
    one, the address that the article is known by, so that a replay finds it there.
    """
    page = next(pages, None)
    while page is not None:
        later = next(pages, None)
        *others, last = dict.fromkeys((page.final_url, page.url, *(() if later else (canonical,))))
        for url in others:
            yield page, url, False
        yield page, last, later is None
        page = later


def _capture(
    page: Page, url: str, said: Fields, first: dict[bytes, tuple[str, str]], *, of: str = ""
) -> tuple[str, bytes]:
    """A response or a revisit, and its name; `of`: the name of the capture whose article goes on here."""
    date = page.fetched.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = sha1(page.body, usedforsecurity=False).digest()
    name = _name("capture", url, date, digest.hex(), *filter(None, (of,)))
    fields = [("WARC-Date", date), ("WARC-Target-URI", url), *said]
    fields += [("WARC-Payload-Digest", _label(digest)), ("Content-Type", "application/http; msgtype=response")]
    head = _http_head(page)
    if digest not in first:
        first[digest] = (url, date)
        return name, _record("response", name, fields, head + page.body)
    of, when = first[digest]
    refers = [("WARC-Profile", _IDENTICAL), ("WARC-Refers-To-Target-URI", of), ("WARC-Refers-To-Date", when)]
    return name, _record("revisit", name, [*fields, *refers], head)


def _http_head(page: Page) -> bytes:
    """Status line and headers, true for the body as it is kept."""
    phrase = responses.get(page.status, "")
    lines = [f"HTTP/1.1 {page.status} {phrase}".rstrip()]
    for name, value in page.headers:
        own = f"X-Archive-Orig-{name}" if name.lower() in _CODED else name
        lines.append(f"{own}: {_one_line(value)}")
    lines.append(f"Content-Length: {len(page.body)}")
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n"


def _said(entry: FeedEntry) -> Fields:
    """What a feed said of an article, as fields of its captures."""
    dates = [
        (name, when.isoformat()) for name, when in (("Published", entry.published), ("Updated", entry.updated)) if when
    ]
    words = [("Title", entry.title), ("Summary", entry.summary[:_SUMMARY])]
    return [(f"Dateline-{name}", value) for name, value in (*words, *dates) if value]


def _withdrawn(article: ArticleRow) -> Fields:
    """That an article was withdrawn after its last capture, and why."""
    facts = (("Gone", article.gone), ("Gone-Reason", article.gone_reason))
    return [(f"Dateline-{name}", value) for name, value in facts if article.gone and value]


def _metadata(article: ArticleRow, capture: str) -> bytes:
    """The article as it was read from its last page."""
    block = msgspec.json.encode(article)
    fields = [
        ("WARC-Date", article.last_seen),
        # Under the page's own address pywb would replay it as the page.
        ("WARC-Target-URI", f"urn:dateline:article:{article.url}"),
        ("WARC-Refers-To", capture),
        ("Content-Type", "application/json"),
    ]
    return _record("metadata", _name("metadata", article.url, article.last_seen), fields, block)


def _warcinfo() -> bytes:
    block = b"software: Dateline\r\nformat: WARC File Format 1.1\r\n"
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    fields = [("WARC-Date", now), ("Content-Type", "application/warc-fields")]
    return _record("warcinfo", _name("warcinfo", now), fields, block)


def _record(kind: str, name: str, fields: Fields, block: bytes) -> bytes:
    own = [("WARC-Type", kind), ("WARC-Record-ID", name), *fields]
    own += [("WARC-Block-Digest", _label(sha1(block, usedforsecurity=False).digest()))]
    own += [("Content-Length", str(len(block)))]
    head = "WARC/1.1\r\n" + "".join(f"{key}: {_one_line(value)}\r\n" for key, value in own)
    return head.encode("utf-8", "replace") + b"\r\n" + block + b"\r\n\r\n"


def _name(*words: str) -> str:
    """The same record has the same name in every export."""
    return f"<{uuid.uuid5(_NAMES, ' '.join(words)).urn}>"


def _label(digest: bytes) -> str:
    return f"sha1:{b32encode(digest).decode()}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _packed(record: bytes) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return packer.compress(record) + packer.flush()
