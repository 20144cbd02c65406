"""When a feed is polled next, and when a failed address is tried again. Pure: facts and a clock in, a time out."""

from datetime import datetime, timedelta

from scraper.settings import ScheduleSettings
from storage.records import FeedState

_AGE_SHARE = 10  # RFC 9111, 4.2.2: what has not changed for a while may be taken as fresh for a tenth of that while
_FIRST_RETRY = 60.0
_LAST_RETRY = 24 * 3600.0
GIVE_UP_AFTER = 8  # tries: about three days


def next_poll(
    state: FeedState, settings: ScheduleSettings, now: datetime, retry_at: datetime | None = None
) -> tuple[datetime, str]:
    """The time of a feed's next poll and the reason in words, from its state after the poll that just ended."""
    every = state.every or settings.every
    if state.failures:
        wait = min(every * 2 ** min(state.failures, 16), max(settings.slowest, every))
        due, reason = now + timedelta(seconds=wait), f"failed {state.failures} times in a row: waiting longer each time"
        if state.failures == 1:
            due, reason = now + timedelta(seconds=every), "failed once: asked again at the usual time"
    elif state.every or not settings.adaptive or state.last_new is None:
        due, reason = now + timedelta(seconds=every), "its interval"
    else:
        quiet = (now - state.last_new).total_seconds()
        wait = max(every, min(quiet / _AGE_SHARE, settings.slowest))
        due = now + timedelta(seconds=wait)
        reason = "its interval" if wait <= every else "nothing new for a while: a tenth of that time"
    if retry_at and retry_at > due:
        return retry_at, "the server asked to wait (Retry-After)"
    return due, reason


def next_try(tries: int, now: datetime, retry_at: datetime | None = None) -> datetime:
    """When an address that failed for the `tries`-th time is asked for again: 1, 4, 16 minutes … at most a day."""
    wait = min(_FIRST_RETRY * 4 ** max(tries - 1, 0), _LAST_RETRY)
    due = now + timedelta(seconds=wait)
    return max(due, retry_at) if retry_at else due
