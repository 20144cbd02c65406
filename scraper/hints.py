"""What a server asks of whoever polls a feed: Cache-Control, Expires, <ttl>, sy:update…, skipHours and skipDays. Pure.

A hint can only make us wait longer, never poll sooner, and never for longer than `[schedule] slowest`: a `ttl` of a
month or a `max-age` of a year is a default that nobody chose for news. (Retry-After is the host's own business:
scraper.fetch.)
"""

from datetime import UTC, datetime, timedelta

import msgspec

from scraper.fetch.exchange import http_date
from scraper.parsed import ParsedFeed
from storage.records import Hints, Page

_WHOLE_DAY, _WHOLE_WEEK = 24, 7


def of_document(feed: ParsedFeed) -> Hints:
    """The hints that stand in a feed document. Leaving out every hour or every day is taken for a mistake."""
    wishes = (((feed.ttl or 0) * 60.0, "ttl"), (float(feed.update_period or 0), "sy:updatePeriod"))
    wait, said_by = max(wishes)
    return Hints(
        wait=wait,
        said_by=said_by if wait else "",
        skip_hours=feed.skip_hours if len(feed.skip_hours) < _WHOLE_DAY else (),
        skip_days=feed.skip_days if len(feed.skip_days) < _WHOLE_WEEK else (),
    )


def with_headers(hints: Hints, page: Page) -> Hints:
    """The hints of a document together with those of the answer that brought it, or said that it is not modified."""
    wait, said_by = _fresh_for(page)
    if wait <= hints.wait:
        return hints
    return msgspec.structs.replace(hints, wait=wait, said_by=said_by)


def allowed(moment: datetime, hints: Hints) -> datetime:
    """The first moment from this one on that does not lie in the hours and days to leave out (GMT)."""
    moment = moment.astimezone(UTC)
    for _ in range(_WHOLE_DAY * (_WHOLE_WEEK + 1)):
        if moment.hour not in hints.skip_hours and moment.weekday() not in hints.skip_days:
            break
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return moment


def _fresh_for(page: Page) -> tuple[float, str]:
    """For how long an answer is fresh, and which header says so (RFC 9111, 4.2.1: max-age stands above Expires)."""
    directives = {
        name.strip().lower(): value.strip().strip('"')
        for name, _, value in (part.partition("=") for part in page.header("cache-control").split(","))
    }
    if directives.keys() & {"no-cache", "no-store"}:
        return 0.0, ""
    if "max-age" in directives:
        return max(_seconds(directives["max-age"]) - _seconds(page.header("age")), 0.0), "Cache-Control"
    return max(_until(page.header("expires"), page), 0.0), "Expires"


def _until(expires: str, page: Page) -> float:
    """Seconds from the answer's own Date (else ours) to Expires; 0 if it is no date, as "0" and "-1" are not."""
    try:
        start = http_date(page.header("date")) if page.header("date") else page.fetched
        return (http_date(expires) - start).total_seconds()
    except (ValueError, OverflowError):
        return 0.0


def _seconds(value: str) -> float:
    return float(value) if value.isascii() and value.isdigit() and len(value) < 12 else 0.0
