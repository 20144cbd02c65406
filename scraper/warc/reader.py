"""The captures of a WARC file, one after the other: pages as they were fetched, and why the others are none.

Reads gzip, zstd and plain files, ARC and WACZ too; a damaged or cut record is told and passed over, and what stands
behind it is read.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from os import SEEK_END
from pathlib import Path
from typing import IO, Any

import msgspec
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from scraper.numbering import MOST_PAGES
from scraper.warc.bodies import BodyRefused, decoded, is_markup
from scraper.warc.frames import behind_dictionary, cut_at, next_frame, starts_at
from scraper.warc.spelling import respelt
from scraper.warc.wacz import joined, opened
from storage.records import FeedEntry, Page

_PAGES = ("text/html", "application/xhtml+xml")
_KINDS = ("response", "resource", "revisit")
_PAYLOADS = WarcRecordType.response | WarcRecordType.resource
# All others are looked at: of no known type are also those whose headers are damaged, or in small letters.
_PASSED = (
    WarcRecordType.warcinfo
    | WarcRecordType.request
    | WarcRecordType.metadata
    | WarcRecordType.conversion
    | WarcRecordType.continuation
)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[ -~]+")
_END_OF_TYPE = re.compile("[;,]")  # crawlers join what a server says twice by a comma
_WORD = re.compile(r"[a-z_-]+")
_MOST_PAYLOADS = 500_000  # remembered of a file for its revisits
_FIRST_DAY = "0000-01-01"
_RAW = 4  # times the cap: a page that is larger as it was sent is not worth a look


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """One record of a file: its page, or in `reason` why there is none.

    `offset`: byte at which the record stands; `number`: its place among the captures of the file, from 0; `cut`: here
    the file is damaged, or ends too early; `plain`: passed over without a loss, being no page (an image, a redirect, a
    404); `name`: what the record is called; `later`: the name of the capture behind it whose article goes on here. One
    with such pages stands where they begin.
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
    name: str = ""
    later: str = ""


class Place(msgspec.Struct, frozen=True):
    """How far a file is read: the last capture that is done."""

    offset: int
    number: int


def read_warc(file: Path, *, after: Place | None = None, most: int = 10 << 20) -> Iterator[Capture]:
    """The captures of a file in their order, behind `after` if given; no body larger than `most` bytes.

    Memory is that of one record. Raises OSError where the file itself cannot be read, or is no WARC file.
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
        self._searched = False  # for the payloads of revisits

    def captures(self, near: Place | None, first: int) -> Iterator[Capture]:
        """Those from the number `first` on, beginning at `near` or before it."""
        with opened(self._file) as stream:
            if near and starts_at(stream, near.offset):
                self._number, start = near.number - 1, near.offset
            else:
                start = 0
                _insist(stream)
            for capture in _whole(self._read_on(stream, start)):
                if capture.number >= first:
                    yield capture

    def _read_on(self, stream: IO[bytes], start: int) -> Iterator[Capture]:
        """Read to the end, beyond what is damaged."""
        place: int | None = start
        told = cut = False
        while place is not None:
            if rest := self._respelt(place):
                yield from rest
                return
            last = place
            try:
                records, shift = _records(stream, place)
                for record in records:
                    last, told, cut = record.stream_pos + shift, False, False
                    if not record.content_length and (rest := self._respelt(last)):
                        yield from rest
                        return
                    if record.record_type & _PASSED:
                        continue
                    capture = self._capture(record, last)
                    cut = capture.cut
                    yield capture
            except OSError as error:
                place = next_frame(stream, last + 1)
                if not told:  # one damage may hide several beginnings
                    yield self._lost(last, f"damaged at or behind this place: {error}")
                told = True
                continue
            broken, place = cut_at(stream, last, place), None
            if broken is not None and not (cut and broken == last):
                yield self._lost(broken, "the file ends in the middle of a record")

    def _respelt(self, start: int) -> Iterator[Capture] | None:
        """The rest of a file from here on, if it is in a spelling that ArchiveIterator does not know."""
        records = respelt(self._file, start, self._most * _RAW + 1)
        return self._rest(records, start) if records else None

    def _rest(self, records: Iterator[WarcRecord], start: int) -> Iterator[Capture]:
        nowhere = self._file.stat().st_size  # no record of it can be taken up where it stands
        try:
            for record in records:
                if not record.record_type & _PASSED:
                    yield self._capture(record, nowhere)
        except OSError as error:
            yield self._lost(start, f"damaged behind this place, and read no further: {error}")

    def _lost(self, offset: int, reason: str) -> Capture:
        self._number += 1
        return Capture(file=self._file.name, offset=offset, number=self._number, reason=reason, cut=True)

    def _capture(self, record: WarcRecord, offset: int) -> Capture:
        self._number += 1
        url = (record.headers.get("WARC-Target-URI") or "").strip().strip("<>")
        try:
            facts: dict[str, Any] = {"page": self._page(record, url, offset), "entry": _entry(record, url)}
        except _NoPage as error:
            facts = {"reason": error.reason, "plain": True}
        except BodyRefused as error:
            facts = {"reason": error.reason, "cut": error.cut}
        facts["name"] = record.headers.get("WARC-Record-ID") or ""
        facts["later"] = record.headers.get("Dateline-Page-Of") or ""
        return Capture(file=self._file.name, offset=offset, number=self._number, url=url, **facts)

    def _page(self, record: WarcRecord, url: str, offset: int) -> Page:
        kind = _kind(record)
        if not url.startswith(("http://", "https://")):
            if _ADDRESS.fullmatch(url):
                raise _NoPage(f"not an http(s) address: {url[:100]!r}")
            raise BodyRefused(f"its headers cannot be read: it names {url[:100]!r}", cut=True)
        truncated = record.headers.get("WARC-Truncated")
        if truncated and kind != "revisit":  # wget calls a payload so that it leaves out
            raise BodyRefused(f"cut short by its crawler (WARC-Truncated: {truncated[:40]})")
        if record.headers.get("WARC-Segment-Number"):
            raise BodyRefused("in several records (WARC-Segment-Number), which are not put together")
        if kind == "revisit":
            body, headers = self._revisited(record)
        else:
            body, headers = self._body(record)
            digest = record.headers.get("WARC-Payload-Digest")
            if digest and len(self._payloads) < _MOST_PAYLOADS:
                self._payloads.setdefault(digest, offset)
        return Page(
            url=url,
            final_url=url,
            status=200,
            headers=headers,
            body=body,
            fetched=_date(record),
            size=len(body),
            via="warc",
            source=f"{self._file.name}#{offset}",
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
        if not said.get("content-type") and not is_markup(body):
            raise _NoPage("not a page: no content type")
        return body, headers

    def _revisited(self, record: WarcRecord) -> tuple[bytes, tuple[tuple[str, str], ...]]:
        """The payload that a revisit record speaks of (WARC 1.1, section 6.7), from where it stands in this file."""
        digest = record.headers.get("WARC-Payload-Digest") or ""
        at = self._payload(digest) if digest else None
        if at is None:
            of = record.headers.get("WARC-Refers-To-Target-URI") or "a page"
            raise BodyRefused(f"a revisit of {of[:200]}, whose payload is not in this file")
        with opened(self._file) as stream:
            try:
                first = next(iter(_records(stream, at)[0]), None)
            except OSError:  # no record begins here: the file is one gzip member, and not damaged
                first = None
            if first is None or first.headers.get("WARC-Payload-Digest") != digest:
                raise BodyRefused("a revisit of a page that shares its compressed frame with others")
            return self._body(first)

    def _payload(self, digest: str) -> int | None:
        if digest not in self._payloads and not self._searched:
            self._searched = True
            self._search()
        return self._payloads.get(digest)

    def _search(self) -> None:
        """Note all payloads: an earlier run may have read one, and some crawlers write the revisit first."""
        with opened(self._file) as stream:
            try:
                for record in ArchiveIterator(stream, record_types=_PAYLOADS, parse_http=False):
                    digest = record.headers.get("WARC-Payload-Digest")
                    if digest and len(self._payloads) < _MOST_PAYLOADS:
                        self._payloads.setdefault(digest, record.stream_pos)
            except OSError:
                return  # damaged from here on: the earlier run has said so


def _whole(captures: Iterator[Capture]) -> Iterator[Capture]:
    """The captures, later pages of an article with its first one: see storage.export.warc."""
    later: list[Capture] = []
    lost: list[Capture] = []  # damaged between them
    for capture in captures:
        if capture.later and capture.page and len(later) < MOST_PAGES:
            later.append(capture)
        elif later and capture.reason and (capture.later or not capture.url):
            lost.append(capture)
        else:
            mine = [one for one in later if one.later == capture.name]
            if capture.page and mine:
                page = msgspec.structs.replace(capture.page, more=tuple(one.page for one in mine if one.page))
                capture = msgspec.structs.replace(  # noqa: PLW2901
                    capture, page=page, offset=mine[0].offset, number=mine[0].number
                )
            yield from sorted((*lost, capture), key=lambda one: one.number)
            later, lost = [], []
    yield from lost


class _NoPage(Exception):
    """A record that holds no page."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _records(stream: IO[bytes], place: int) -> tuple[Iterator[WarcRecord], int]:
    """The records from a place on, and what is to be added to where they say that they stand."""
    before = behind_dictionary(stream) if place else 0
    if before:  # without it they cannot be unpacked
        rest = stream.seek(0, SEEK_END) - place
        return ArchiveIterator(joined(stream, [(0, before), (place, rest)]), parse_http=False), place - before
    stream.seek(place)
    return ArchiveIterator(stream, parse_http=False), 0


def _insist(stream: IO[bytes]) -> None:
    """Raise OSError for a file in which no record begins."""
    if not starts_at(stream, 0) and stream.seek(0, SEEK_END) and next_frame(stream, 0) is None:
        raise OSError("it is neither a WARC nor an ARC file")


def _kind(record: WarcRecord) -> str:
    """What a record is: one of _KINDS. Raises _NoPage for another kind."""
    kind = (record.headers.get("WARC-Type") or "").lower()
    if kind in _KINDS:
        return kind
    if _WORD.fullmatch(kind):
        raise _NoPage(f"a record of another kind: {kind[:40]}")
    raise BodyRefused(f"its headers cannot be read: it is a {kind[:40]!r}", cut=True)


def _page_headers(record: WarcRecord) -> tuple[tuple[str, str], ...]:
    """The headers of a page. Raises _NoPage for what is none."""
    headers = _headers(record)
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    kind = _END_OF_TYPE.split(kind)[0].strip().lower()
    if kind and kind not in _PAGES:
        raise _NoPage(f"not a page: {kind[:60]}")
    return headers


def _headers(record: WarcRecord) -> tuple[tuple[str, str], ...]:
    """The HTTP headers of a good answer, or what a record says of what is no answer. Raises _NoPage for others."""
    if not record.is_http and _kind(record) == "resource":
        return (("Content-Type", record.headers.get("Content-Type") or ""),)
    record.is_http = True  # though its type be written in small letters
    try:
        record.parse_http(quirks_mode=True)  # bare line feeds (RFC 9112, section 2.2)
    except OSError as error:  # the record behind it is another one
        raise BodyRefused(f"its HTTP headers cannot be read: {error}", cut=True) from error
    found = record.http_headers
    if found is None or not found.status_code:
        line = (found.status_line if found else "") or ""
        garbage = not (line.isascii() and line.isprintable())  # a damaged frame of zstd has no checksum to fail by
        raise BodyRefused(f"not an HTTP answer: {line[:40]!r}", cut=garbage)
    if not 200 <= found.status_code < 300 or found.status_code in (204, 206):
        raise _NoPage(f"the server answered {found.status_code}")
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
        gone=_moment(said.get("Dateline-Gone")),
        gone_reason=said.get("Dateline-Gone-Reason") or "",
    )


def _date(record: WarcRecord) -> datetime:
    date: datetime | None = record.record_date or _day(record.headers.get("WARC-Date") or "")
    if date is None:
        raise BodyRefused("has no readable WARC-Date")
    try:
        return date.astimezone(UTC)
    except OverflowError as error:
        raise BodyRefused("has a WARC-Date that no calendar holds") from error


def _day(text: str) -> datetime | None:
    """The beginning of a year, month or day, which WARC 1.1 also takes for a date."""
    try:
        return datetime.strptime(text + _FIRST_DAY[len(text) :], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except (ValueError, OverflowError):
        return None
