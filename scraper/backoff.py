"""How long to wait after a failure: longer each time, each kind of trouble at its own rate, never for ever. Pure."""

import hashlib
from datetime import datetime, timedelta

_FIRST_RETRY = 60.0
_LAST_RETRY = 24 * 3600.0
GIVE_UP_AFTER = 8  # tries of an article: about three days

# The first wait after a failed poll, in usual intervals. What is likely to pass is asked again soon; what says "you are
# wrong here" or "go away" is not.
_FIRST_WAIT = {
    "network": 1.0,
    "server error": 1.0,
    "unreadable": 2.0,
    "client error": 4.0,
    "not there": 4.0,
    "refused": 4.0,
}
# A site that is not reached is not burdened either, and the network that is down may be our own: after a night without
# it all feeds must be back within the hour.
_LONGEST_UNREACHED = 3600.0
_JITTER = 0.2
_MOST_DOUBLINGS = 16


def trouble_of(status: int | None, *, final: bool = False) -> str:
    """The class of a failed exchange. `final`: refused by ourselves (a private address, an impossible one)."""
    if status in (404, 410):
        return "not there"
    if status is not None and 400 <= status < 500 and status not in (408, 425, 429):
        return "client error"
    if status is not None:
        return "server error"
    return "refused" if final else "network"


def wait_after(trouble: str, failures: int, every: float, longest: float, name: str) -> float:
    """Seconds until a feed that failed `failures` times in a row is asked again; never more than `longest`.

    Where the site was not reached, also never more than an hour, or than `every`.
    The jitter is drawn from the feed's `name`, so that feeds which failed together do not come back together, and the
    same feed always waits the same.
    """
    if trouble == "network":
        longest = min(longest, max(every, _LONGEST_UNREACHED))
    wait = every * _FIRST_WAIT.get(trouble, 1.0) * 2.0 ** min(max(failures - 1, 0), _MOST_DOUBLINGS)
    return min(wait * (1 + _JITTER * _dice(f"{name} {failures}")), longest)


def next_try(tries: int, now: datetime, retry_at: datetime | None = None) -> datetime:
    """When an article that failed for the `tries`-th time is asked for again: 1, 4, 16 minutes … at most a day."""
    wait = min(_FIRST_RETRY * 4 ** max(tries - 1, 0), _LAST_RETRY)
    due = now + timedelta(seconds=wait)
    return max(due, retry_at) if retry_at else due


def _dice(seed: str) -> float:
    """A number from 0 to 1 that is always the same for a seed."""
    return int.from_bytes(hashlib.blake2b(seed.encode("utf-8", "replace"), digest_size=4).digest()) / 2**32
