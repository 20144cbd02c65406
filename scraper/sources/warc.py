"""A WARC file as a source: its captures in their order, each page at hand when its turn comes. No network."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import msgspec

from scraper.fetch import Fetcher, FetchError
from scraper.sources import Listing, Plan, SourceError, Tools
from scraper.urls import canonical
from scraper.warc.reader import Capture, Place, capture_at, read_warc
from storage.records import FeedEntry, Page, Validators

_MOST_BYTES = 10 << 20  # of one page
_AT_ONCE = 128  # captures of a listing,
_BYTES_AT_ONCE = 16 << 20  # and what their pages may weigh


class Warc:
    """The pages of one file."""

    on_disk = True

    def __init__(self, plan: Plan, tools: Tools) -> None:  # noqa: ARG002 (no network, no workers)
        self._plan = plan
        self._file = Path(plan.address)
        self._held = Held(self._file)
        self.pages: Fetcher = self._held

    async def listings(self, cursor: bytes) -> AsyncIterator[Listing]:
        """See scraper.sources.Source; the cursor is the place of the last capture that was listed."""
        after = msgspec.json.decode(cursor, type=Place) if cursor else None
        captures = read_warc(self._file, after=after, most=_MOST_BYTES)
        groups = _groups(captures)
        try:
            while group := await asyncio.to_thread(next, groups, None):
                yield self._listing(group)
        except OSError as error:
            raise SourceError(f"{self._file}: cannot be read: {error.strerror or error}") from error

    def _listing(self, group: list[Capture]) -> Listing:
        entries: list[FeedEntry] = []
        outside = 0
        for capture in group:
            if capture.page is None or capture.entry is None:
                continue
            if self._plan.excludes(None, capture.page.fetched):  # what was published later is not in it
                outside += 1
                continue
            at = self._held.hold(capture)
            entries.append(msgspec.structs.replace(capture.entry, at=at))
        last = group[-1]
        cursor = msgspec.json.encode(Place(last.offset, last.number))
        lost = sum(capture.cut for capture in group)
        return Listing(cursor=cursor, entries=tuple(entries), outside=outside, note=_note(group), lost=lost)


class Held:
    """A Fetcher of one file's captures: those of the last listing are at hand, others are read where they stand."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._pages: dict[str, Page] = {}

    def hold(self, capture: Capture) -> str:
        """Keep a capture's page until it is asked for; the address to ask for it by."""
        assert capture.page
        at = f"warc://{quote(str(self._file.resolve()))}#{capture.offset},{capture.number}"
        if len(self._pages) >= _AT_ONCE * 2:  # of listings that nobody fetched
            self._pages.clear()
        self._pages[at] = capture.page
        return at

    async def get(self, url: str, validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:  # noqa: ARG002
        """See scraper.fetch.Fetcher."""
        if url in self._pages:
            return self._pages.pop(url)
        return await asyncio.to_thread(self._read, url)

    async def close(self) -> None:
        """Nothing is open."""

    def _read(self, url: str) -> Page:
        parts = urlsplit(url)
        if parts.scheme != "warc" or Path(unquote(parts.path)) != self._file.resolve():
            raise FetchError("not in this file, and nothing else is asked for", final=True)
        offset, _, number = parts.fragment.partition(",")
        try:
            capture = capture_at(self._file, Place(int(offset), int(number)), most=_MOST_BYTES)
        except (OSError, ValueError) as error:
            raise FetchError(f"{self._file}: cannot be read at {parts.fragment}: {error}") from error
        if capture is None or capture.page is None:
            raise FetchError(capture.reason if capture else "not there any more", final=True)
        return capture.page


def _groups(captures: Iterator[Capture]) -> Iterator[list[Capture]]:
    """Captures in groups that fit into memory, no address twice in one: its second capture may be a revision."""
    group: list[Capture] = []
    seen: set[str] = set()
    size = 0
    for capture in captures:
        url = canonical(capture.url) if capture.page else ""
        if len(group) >= _AT_ONCE or size > _BYTES_AT_ONCE or (url and url in seen):
            yield group
            group, seen, size = [], set(), 0
        group.append(capture)
        seen.add(url)
        size += len(capture.page.body) if capture.page else 0
    if group:
        yield group


def _note(group: list[Capture]) -> str:
    """What of a group was lost: records that are cut or damaged, and pages that cannot be read for another reason."""
    cut = [capture for capture in group if capture.cut]
    unread = [capture for capture in group if capture.page is None and not capture.plain and not capture.cut]
    told = ((cut, "cut or damaged"), (unread, "left out"))
    return "; ".join(
        f"{lost[0].file}: {len(lost)} records {what}, e.g. at {lost[0].offset}: {lost[0].reason}"
        for lost, what in told
        if lost
    )
