"""One exchange: its deadline, what is asked with which conditions, where a redirect leads, when to come again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import perf_counter
from typing import NamedTuple
from urllib.parse import urlsplit

from scraper.fetch import FetchError
from scraper.fetch.manners import LONGEST_WAIT
from scraper.logins import without_login
from scraper.urls import absolute
from storage.records import Page, Validators

_MOST_HOPS = 10
_LONGEST_WAIT = timedelta(seconds=LONGEST_WAIT)


class Request(NamedTuple):
    """One request: where, with what headers, who asks (ROBOTS, FEED or PAGE), and what is sent, if anything.

    `most`: bytes that the answer's body may have; 0 for those of the settings.
    """

    url: str
    headers: dict[str, str]
    rank: int
    body: bytes | None = None
    most: int = 0


class Deadline:
    """The time of one exchange: runs while we are asking, stands still while we wait our turn."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.left = seconds
        self.used = 0.0
        self._since = 0.0

    def start(self) -> None:
        """We are asking."""
        self._since = perf_counter()

    def stop(self) -> None:
        """We are not, for now."""
        spent = perf_counter() - self._since
        self.used += spent
        self.left = max(self.left - spent, 0.0)

    @contextmanager
    def half(self) -> "Iterator[Deadline]":
        """A deadline for something on the way: half of what is left; what it uses up is gone from this one."""
        part = Deadline(self.left / 2)
        try:
            yield part
        finally:
            self.left = max(self.left - part.used, 0.0)


def conditions(validators: Validators | None, *, first: bool) -> dict[str, str]:
    """The tag where there is one; the date alone misses deletions, which move it backwards (note 3)."""
    if validators is None or not first:
        return {}
    headers = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in headers.items() if value}


def refuse_unasked(page: Page, conditions: dict[str, str]) -> None:
    """Raise FetchError for an answer to a question that was not put."""
    if page.status == 206:
        raise FetchError("the server sent a part, though the whole was asked for", status=206)
    if page.status == 304 and not conditions:
        raise FetchError('the server said "not modified", though nothing of it is known here', status=304)


def next_hop(page: Page, here: str, hops: list[str]) -> str:
    """Where a redirect leads, without a login. Raises FetchError."""
    target = absolute(page.header("location"), here) if page.header("location").strip() else ""
    if not target:
        raise FetchError("redirected to nowhere, or to something that is not http(s)", status=page.status)
    # Once more is no circle: some pages set a cookie, lead to themselves, and answer to whoever brings it back.
    if hops.count(target) > 1:
        raise FetchError("redirected in a circle", status=page.status)
    if len(hops) > _MOST_HOPS:
        raise FetchError(f"redirected more than {_MOST_HOPS} times", status=page.status)
    # A login in the target is the page's doing, not ours.
    return urlsplit(without_login(target))._replace(fragment="").geturl()


def retry_after(value: str, now: datetime) -> datetime | None:
    """The moment that Retry-After names (seconds or a date), at most a day ahead; None if it names none."""
    value = value.strip()
    try:
        wait = timedelta(seconds=min(float(value), LONGEST_WAIT)) if value.isdecimal() else http_date(value) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return now + min(max(wait, timedelta(0)), _LONGEST_WAIT)


def http_date(value: str) -> datetime:
    """An HTTP-date, which is in UTC even where an old server writes no zone. Raises ValueError."""
    moment = parsedate_to_datetime(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
