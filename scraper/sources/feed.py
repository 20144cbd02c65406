"""A category feed as a source: one conditional request, and parsing only when the items have changed."""

import logging
from datetime import datetime
from hashlib import sha256

import msgspec

from scraper.backoff import trouble_of
from scraper.evidence import with_document, with_nothing_new
from scraper.feeds import items_digest
from scraper.fetch import Fetcher, FetchError
from scraper.hints import of_document, with_headers
from scraper.logins import redacted
from scraper.moves import followed, given_up, home
from scraper.rhythm import doubtful
from scraper.urls import canonical
from scraper.workers import Refused, Workers
from storage.errors import ArchiveError
from storage.records import FeedEntry, FeedState, Hints, Page

log = logging.getLogger("dateline")

_POISON_TRIES = 2  # a document that twice brought a worker to grief is not read again until it changes
POISON = "refused: too costly to read twice before, and not changed since: not read again until it is"
EMPTY = "the feed answers but lists no items: is the address of the category right?"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What one poll brought: the state after it (without `next`), the exchange, and the entries by canonical address.

    `retry_at`: the host's Retry-After; `hints`: what document and headers ask of whoever polls.
    """

    state: FeedState
    outcome: str
    page: Page | None = None
    entries: tuple[tuple[str, FeedEntry], ...] = ()
    retry_at: datetime | None = None
    hints: Hints = Hints()
    status: int | None = None
    reason: str = ""


async def read_feed(state: FeedState, fetcher: Fetcher, workers: Workers, now: datetime) -> Reading:
    """Poll one feed. A failure is an outcome with its reason, also one that nobody foresaw: the other feeds go on."""
    try:
        return await _read(state, fetcher, workers, now)
    except ArchiveError:
        raise
    except Exception as error:
        log.exception("unexpected error while polling", extra={"feed": redacted(state.url)})
        reason = f"unexpected {type(error).__name__}: a fault of Dateline, please report it"
        return _failed(msgspec.structs.replace(state, last_polled=now), reason, "unreadable")


async def _read(state: FeedState, fetcher: Fetcher, workers: Workers, now: datetime) -> Reading:
    polled = msgspec.structs.replace(state, last_polled=now)
    try:
        believed = None if doubtful(state, now) else state.validators
        page = await fetcher.get(home(state), believed, robots=False)
    except FetchError as error:
        if not error.asked:  # its site wants us to stay away: no fault of the feed
            waiting = msgspec.structs.replace(polled, reason=error.reason)
            return Reading(state=waiting, outcome="skipped", retry_at=error.retry_at, reason=error.reason)
        return _failed(polled, error.reason, trouble_of(error.status, final=error.final), error)
    polled = followed(polled, page)
    if polled.moved_to != state.moved_to:
        log.warning("feed moved for good to %s", redacted(home(polled)), extra={"feed": redacted(state.url)})
    if page.status == 304:
        return _unchanged(polled, page)
    digest = items_digest(page.body)
    if digest == state.items:
        return _unchanged(msgspec.structs.replace(polled, validators=page.validators), page)
    whole = sha256(page.body).hexdigest()
    if whole == state.poison and state.failures >= _POISON_TRIES:
        return _failed(polled, POISON, "unreadable", page=page)
    try:
        parsed = await workers.read_feed(page)
    except Refused as error:
        polled = msgspec.structs.replace(polled, poison=whole if error.killed else "")
        return _failed(polled, error.reason, "unreadable", page=page)
    fresh = msgspec.structs.replace(
        polled,
        validators=page.validators,
        items=digest,
        title=parsed.title or state.title,
        failures=0,
        trouble="",
        hints=of_document(parsed),
        poison="",
        state="ok" if parsed.entries else "empty",
    )
    entries = tuple((canonical(entry.url), msgspec.structs.replace(entry, feed=state.url)) for entry in parsed.entries)
    fresh = with_document(fresh, entries, now)
    return Reading(
        state=fresh,
        outcome="ok" if entries else "empty",
        page=page,
        entries=entries,
        hints=with_headers(fresh.hints, page),
        status=page.status,
        reason="" if entries else EMPTY,
    )


def _unchanged(state: FeedState, page: Page) -> Reading:
    # A feed that failed in between and now says "not modified" is well again.
    well = "empty" if state.state == "empty" else "ok"
    state = msgspec.structs.replace(state, failures=0, trouble="", state=well)
    assert state.last_polled
    state = with_nothing_new(state, state.last_polled)
    reason = EMPTY if well == "empty" else ""
    hints = with_headers(state.hints, page)
    return Reading(state=state, outcome="unchanged", page=page, hints=hints, status=page.status, reason=reason)


def _failed(
    state: FeedState, reason: str, trouble: str, error: FetchError | None = None, *, page: Page | None = None
) -> Reading:
    state = msgspec.structs.replace(state, failures=state.failures + 1, state="failing", trouble=trouble, reason=reason)
    back = given_up(state)
    if back.moved_to != state.moved_to:
        log.warning("feed is asked for at its old address again: %s", reason, extra={"feed": redacted(state.url)})
    return Reading(
        state=back,
        outcome="failed",
        page=page,
        retry_at=error.retry_at if error else None,
        status=page.status if page else error.status if error else None,
        reason=reason,
    )
