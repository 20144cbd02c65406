"""A category feed as a source: one conditional request, and parsing only when the items have changed."""

from datetime import datetime

import msgspec

from scraper.feeds import items_digest
from scraper.fetch import Fetcher, FetchError
from scraper.urls import canonical
from scraper.workers import Refused, Workers
from storage.records import FeedEntry, FeedState, Page

EMPTY = "the feed answers but lists no items: is the address of the category right?"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What one poll brought: the state after it (without `next`), the exchange, and the entries by canonical address.

    `retry_at`: the server's own wish; `dropped`: items without a usable link.
    """

    state: FeedState
    outcome: str
    page: Page | None = None
    entries: tuple[tuple[str, FeedEntry], ...] = ()
    retry_at: datetime | None = None
    status: int | None = None
    reason: str = ""


async def read_feed(state: FeedState, fetcher: Fetcher, workers: Workers, now: datetime) -> Reading:
    """Poll one feed. Never raises for what the other side did: a failure is an outcome with its reason."""
    polled = msgspec.structs.replace(state, last_polled=now)
    try:
        page = await fetcher.get(state.url, state.validators, robots=False)
    except FetchError as error:
        return _failed(polled, error.reason, retry_at=error.retry_at, status=error.status)
    if page.status == 304:
        return _unchanged(polled, page, "not modified")
    digest = items_digest(page.body)
    if digest == state.items:
        return _unchanged(msgspec.structs.replace(polled, validators=page.validators), page, "same items")
    try:
        parsed = await workers.read_feed(page.body, page.final_url, page.header("content-type"))
    except Refused as error:
        return _failed(polled, error.reason, page=page, status=page.status)
    fresh = msgspec.structs.replace(
        polled,
        validators=page.validators,
        items=digest,
        title=parsed.title or state.title,
        failures=0,
        state="ok" if parsed.entries else "empty",
    )
    entries = tuple((canonical(entry.url), msgspec.structs.replace(entry, feed=state.url)) for entry in parsed.entries)
    return Reading(
        state=fresh,
        outcome="ok" if entries else "empty",
        page=page,
        entries=entries,
        status=page.status,
        reason="" if entries else EMPTY,
    )


def _unchanged(state: FeedState, page: Page, reason: str) -> Reading:
    # A feed that failed in between and now says "not modified" is well again.
    well = "empty" if state.state == "empty" else "ok"
    state = msgspec.structs.replace(state, failures=0, state=well)
    reason = EMPTY if well == "empty" else reason
    return Reading(state=state, outcome="unchanged", page=page, status=page.status, reason=reason)


def _failed(
    state: FeedState,
    reason: str,
    *,
    page: Page | None = None,
    retry_at: datetime | None = None,
    status: int | None = None,
) -> Reading:
    state = msgspec.structs.replace(state, failures=state.failures + 1, state="failing", reason=reason)
    return Reading(state=state, outcome="failed", page=page, retry_at=retry_at, status=status, reason=reason)
