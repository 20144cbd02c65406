"""The captures of a WARC file, one after the other: pages as they were fetched, and why the others are none.

Reads gzip, zstd and plain files; a damaged or cut record is told and passed over, and what stands behind it is read.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from scraper.warc.bodies import BodyRefused, decoded
from scraper.warc.frames import cut_at, next_frame, starts_at
from storage.records import FeedEntry, Page

_PAGES = ("text/html", "application/xhtml+xml")
_WANTED = WarcRecordType.response | WarcRecordType.revisit
_MOST_PAYLOADS = 500_000  # remembered of a file for its revisits
_RAW = 4  # times the cap: a page that is larger as it was sent is not worth a look


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """One record of a file: its page, or in `reason` why there is none.

    `offset`: byte at which the record stands; `number`: its place among the captures of the file, from 0; `cut`: a part
    of it is missing or damaged; `plain`: passed over without a loss, being no page (an image, a redirect, a 404).
    """

    file: str
    offset: int
    number: int
    url: str = ""
    page: Page | None = None
    entry: FeedEntry | None = None
    reason: str = ""
    cut: bool = False
    plain: bool = False


class Place(msgspec.Struct, frozen=True):
    """How far a file is read: the last capture that is done."""

    offset: int
    number: int


def read_warc(file: Path, *, after: Place | None = None, most: int = 10 << 20) -> Iterator[Capture]:
    """The captures of a file in their order, behind `after` if given; no body larger than `most` bytes.

    Memory is that of one record. Raises OSError where the file itself cannot be read.
    """
    return _Reader(file, most).captures(after, after.number + 1 if after else 0)


def capture_at(file: Path, place: Place, *, most: int = 10 << 20) -> Capture | None:
    """One capture, read where it stands; None if there is none. Raises OSError."""
    return next(_Reader(file, most).captures(place, place.number), None)


class _Reader:
    """One file while it is read."""

    def __init__(self, file: Path, most: int) -> None:
        self._file = file
        self._most = most
        self._payloads: dict[str, int] = {}  # digest → where a page with it stands
        self._number = -1
        self._complete = True  # every record before the present one was seen

    def captures(self, near: Place | None, first: int) -> Iterator[Capture]:
        """Those from the number `first` on, beginning at `near` or before it."""
        with self._file.open("rb") as stream:
            if near and starts_at(stream, near.offset):
                self._number, self._complete = near.number - 1, False
                start = near.offset
            else:
                start = 0
            for capture in self._read_on(stream, start):
                if capture.number >= first:
                    yield capture

    def _read_on(self, stream: IO[bytes], start: int) -> Iterator[Capture]:
        """Read to the end, beyond what is damaged."""
        place: int | None = start
        told = cut = False
        while place is not None:
            stream.seek(place)
            last = place
            try:
                for record in ArchiveIterator(stream, record_types=_WANTED, parse_http=False):
                    last, told = record.stream_pos, False
                    capture = self._capture(record)
                    cut = capture.cut
                    yield capture
            except OSError as error:
                place = next_frame(stream, last + 1)
                if not told:  # one damage may hide several beginnings
                    yield self._lost(last, f"damaged at or behind this place: {error}")
                told = True
                continue
            place, broken = None, cut_at(stream, last)
            if broken is not None and not (cut and broken == last):
                yield self._lost(broken, "the file ends in the middle of a record")

    def _lost(self, offset: int, reason: str) -> Capture:
        self._number += 1
        return Capture(file=self._file.name, offset=offset, number=self._number, reason=reason, cut=True)

    def _capture(self, record: WarcRecord) -> Capture:
        self._number += 1
        url = (record.headers.get("WARC-Target-URI") or "").strip().strip("<>")
        try:
            facts: dict[str, Any] = {"page": self._page(record, url), "entry": _entry(record, url)}
        except _NoPage as error:
            facts = {"reason": error.reason, "plain": True}
        except BodyRefused as error:
            facts = {"reason": error.reason, "cut": error.cut}
        return Capture(file=self._file.name, offset=record.stream_pos, number=self._number, url=url, **facts)

    def _page(self, record: WarcRecord, url: str) -> Page:
        if not url.startswith(("http://", "https://")):
            raise _NoPage(f"not an http(s) address: {url[:100]!r}")
        if truncated := record.headers.get("WARC-Truncated"):
            raise BodyRefused(f"cut short by its crawler (WARC-Truncated: {truncated[:40]})", cut=True)
        if record.record_type == WarcRecordType.revisit:
            body, headers = self._revisited(record)
        else:
            body, headers = self._body(record)
            digest = record.headers.get("WARC-Payload-Digest")
            if digest and len(self._payloads) < _MOST_PAYLOADS:
                self._payloads.setdefault(digest, record.stream_pos)
        return Page(
            url=url,
            final_url=url,
            status=200,
            headers=headers,
            body=body,
            fetched=_date(record),
            size=len(body),
            via="warc",
            source=f"{self._file.name}#{record.stream_pos}",
        )

    def _body(self, record: WarcRecord) -> tuple[bytes, tuple[tuple[str, str], ...]]:
        headers = _page_headers(record)
        there = record.content_length
        raw = record.reader.read(min(there, self._most * _RAW) + 1)
        if len(raw) > self._most * _RAW:
            raise BodyRefused(f"larger than {self._most / 2**20:g} MiB")
        if len(raw) < there:
            raise BodyRefused("the record is cut short", cut=True)
        said = {name.lower(): value for name, value in headers}
        codings = said.get("content-encoding", "")
        body = decoded(raw, said.get("transfer-encoding", ""), codings, self._most)
        if not said.get("content-type") and not body.lstrip()[:1] == b"<":
            raise _NoPage("not a page: no content type")
        return body, headers

    def _revisited(self, record: WarcRecord) -> tuple[bytes, tuple[tuple[str, str], ...]]:
        """The payload that a revisit record speaks of (WARC 1.1, section 6.7), from where it stands in this file."""
        digest = record.headers.get("WARC-Payload-Digest") or ""
        at = self._payload(digest) if digest else None
        if at is None:
            of = record.headers.get("WARC-Refers-To-Target-URI") or "a page"
            raise BodyRefused(f"a revisit of {of[:200]}, whose payload is not in this file")
        with self._file.open("rb") as stream:
            stream.seek(at)
            first = next(iter(ArchiveIterator(stream, record_types=_WANTED, parse_http=False)))
            return self._body(first)

    def _payload(self, digest: str) -> int | None:
        if digest not in self._payloads and not self._complete:
            self._complete = True
            self._look_back()
        return self._payloads.get(digest)

    def _look_back(self) -> None:
        """Note the payloads of the records that an earlier run has read."""
        with self._file.open("rb") as stream:
            try:
                for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=False):
                    digest = record.headers.get("WARC-Payload-Digest")
                    if digest and len(self._payloads) < _MOST_PAYLOADS:
                        self._payloads.setdefault(digest, record.stream_pos)
            except OSError:
                return  # damaged from here on: the earlier run has said so


class _NoPage(Exception):
    """A record that holds no page."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _page_headers(record: WarcRecord) -> tuple[tuple[str, str], ...]:
    """The HTTP headers of a page. Raises _NoPage for another answer."""
    try:
        record.parse_http()
    except OSError as error:  # the record behind it is another one
        raise BodyRefused(f"its HTTP headers cannot be read: {error}", cut=True) from error
    found = record.http_headers
    if found is None or not found.status_code:
        raise _NoPage("not an HTTP answer")
    if not 200 <= found.status_code < 300 or found.status_code in (204, 206):
        raise _NoPage(f"the server answered {found.status_code}")
    kind = (found.get("Content-Type") or "").partition(";")[0].strip().lower()
    if kind and kind not in _PAGES:
        raise _NoPage(f"not a page: {kind[:60]}")
    headers: tuple[tuple[str, str], ...] = found.to_tuples()
    return headers


def _entry(record: WarcRecord, url: str) -> FeedEntry:
    """What was known of the page beside its bytes, in files that Dateline exported: see storage.export.warc."""
    said = record.headers
    return FeedEntry(
        url=url,
        title=said.get("Dateline-Title") or "",
        summary=said.get("Dateline-Summary") or "",
        published=_moment(said.get("Dateline-Published")),
        updated=_moment(said.get("Dateline-Updated")),
    )


def _date(record: WarcRecord) -> datetime:
    date: datetime | None = record.record_date
    if date is None:
        raise BodyRefused("has no readable WARC-Date")
    return date.astimezone(UTC)


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except ValueError:
        return None
