"""What a feed lost between two polls, found again: on its older pages, else in the sitemaps of its site.

A feed shows its last items only. If none of those that it shows is known, others may have come and gone since the last
look.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from posixpath import commonpath, dirname
from urllib.parse import urlsplit

import msgspec

from scraper.fetch import FetchError
from scraper.moves import home
from scraper.sources import Listing, Plan, SourceError, Tools
from scraper.sources.paged_feed import PagedFeed
from scraper.sources.sitemap import Sitemap
from scraper.urls import canonical, origin
from scraper.workers import Refused
from storage.records import FeedEntry, FeedState, Page

MOST_PAGES = 10  # older pages of one feed for one gap
_MOST_SITEMAPS = 4
_MOST_FOUND = 200  # articles of one sitemap
_ASK_AGAIN = timedelta(days=1)  # as for a robots.txt that is missing
_NEVER = datetime.min.replace(tzinfo=UTC)
_DATE = re.compile(r"/\d{1,4}(?=/|$)")

Entries = tuple[tuple[str, FeedEntry], ...]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One document with what may have been missed."""

    entries: Entries
    page: Page | None


async def missed(
    state: FeedState, shown: Sequence[str], tools: Tools, bare: dict[str, datetime]
) -> AsyncGenerator[Found, None]:
    """Documents older than what the feed shows, for as long as the caller wants more; `shown` is what it showed.

    `bare`: sites at which no sitemap stood, and when they were asked; they are not asked again within a day.

    Raises FetchError where the site does not answer: what it has is still to be had later.
    """
    assert state.missed_since
    plan = Plan(source="feed", address=home(state), since=state.missed_since.date())
    pages = 0
    async for listing in _first_of(PagedFeed(plan, tools), MOST_PAGES + 1):
        pages += listing.page is not None
        if pages > 1:  # the first is the feed itself
            yield _found(listing, state)
    if pages > 1:
        return
    folder, site, now = _folder(state, shown), origin(home(state)), tools.clock()
    if not folder or abs(now - bare.get(site, _NEVER)) < _ASK_AGAIN:
        return
    there = False
    whole = msgspec.structs.replace(plan, address=site)
    async for listing in _first_of(Sitemap(whole, tools), _MOST_SITEMAPS):
        within = tuple(
            entry
            for entry in listing.entries
            if urlsplit(entry.url).path.startswith(folder) and _between(entry, state.missed_since, state.last_gap)
        )
        there = there or listing.page is not None
        yield _found(msgspec.structs.replace(listing, entries=within[:_MOST_FOUND]), state)
    if not there:
        bare[site] = now


async def _first_of(source: PagedFeed | Sitemap, most: int) -> AsyncIterator[Listing]:
    try:
        async for listing in source.listings(b""):
            yield listing
            most -= 1
            if not most:
                return
    except FetchError as error:
        if error.status is None or error.status >= 500:
            raise
    except (Refused, SourceError):
        return


def _found(listing: Listing, state: FeedState) -> Found:
    entries = tuple((canonical(entry.url), msgspec.structs.replace(entry, feed=state.url)) for entry in listing.entries)
    return Found(entries=entries, page=listing.page)


def _folder(state: FeedState, shown: Sequence[str]) -> str:
    """The path that a feed's articles have in common and others have not, or '' where a sitemap could not tell them.

    A feed at the root of its site lists all of it.
    """
    if urlsplit(home(state)).path.strip("/").count("/") == 0:
        return "/"
    paths = [urlsplit(url).path for url in shown]
    common = commonpath([dirname(path) for path in paths]) if paths else "/"
    return common.rstrip("/") + "/" if _DATE.sub("", common).strip("/") else ""


def _between(entry: FeedEntry, since: datetime, until: datetime | None) -> bool:
    when = entry.published or entry.updated
    return when is not None and since <= when and (until is None or when <= until)
