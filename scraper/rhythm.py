"""When a feed is polled next, and why, in words. Pure: facts and a clock in, a time and a reason out.

From one poll to the next the density of requests that the feed's items are worth (see scraper.budget) adds up to one.
The user's own interval stands above that, the server's wishes and the bounds of `[schedule]` below it.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from scraper.backoff import wait_after
from scraper.budget import Pace
from scraper.hints import allowed
from scraper.intensity import HOUR, Intensity, silence
from scraper.settings import ScheduleSettings
from storage.records import FeedState, Hints, Validators

_FULL = 3.0  # a feed is looked at again when a third of what it shows is likely to have gone
_ROOM = 2.0  # items that any feed has room for
_WARY = timedelta(days=7)  # for so long after a gap a feed is polled twice as often as else
_SILENT = 1e-3  # so unlikely a silence is worth telling
_DOUBT = 4  # halvings of its chance (four or five items are overdue) from which on a server's word for it is doubted
_DOUBTS_EVERY = 6 * HOUR
_PARTS = ("nights", "mornings", "afternoons", "evenings")


class NextPoll(NamedTuple):
    """When, the reason in words, and what it follows from: interval, rhythm, failure or server."""

    due: datetime
    reason: str
    by: str


def next_poll(
    state: FeedState,
    settings: ScheduleSettings,
    now: datetime,
    pace: Pace | None = None,
    hints: Hints | None = None,
    retry_at: datetime | None = None,
) -> NextPoll:
    """When a feed is polled next and why, from its state after the poll that just ended.

    `pace`: the price that all feeds share (else this feed is alone); `hints`: what document and headers ask together;
    `retry_at`: the host's Retry-After, which stands above everything.
    """
    if state.failures:
        by, (wait, reason) = "failure", _after_failure(state, settings)
    elif _fixed(state, settings):
        by, wait, reason = "interval", state.every or settings.every, "its interval"
    else:
        by = "rhythm"
        wait, reason = _by_rhythm(state, settings, now, pace or Pace(settings, [state]))
        wait, reason = _as_asked(state, settings, now, hints or state.hints, (wait, reason))
    due = now + timedelta(seconds=wait)
    if retry_at and retry_at > due:
        reason = f"asked again {_in(retry_at - now)}: the server asked to wait (Retry-After)"
        return NextPoll(retry_at, reason, "server")
    return NextPoll(due, reason, by)


def replanned(state: FeedState, settings: ScheduleSettings) -> FeedState:
    """The state with its next poll where the settings of now want it, counted from the last poll.

    What waits after a failure, or because its server said so, goes on waiting; a rhythm is only asked anew where the
    plan was no rhythm's or lies beyond the longest interval.
    """
    if not state.last_polled or not state.next or state.failures or state.planned_by == "server":
        return state
    fixed, was_fixed = _fixed(state, settings), state.planned_by == "interval"
    kept = fixed and was_fixed
    if kept and state.next == state.last_polled + timedelta(seconds=state.every or settings.every):
        return state
    latest = state.last_polled + timedelta(seconds=max(settings.slowest, settings.every))
    if not fixed and not was_fixed and state.next <= latest:
        return state
    due, reason, by = next_poll(state, settings, state.last_polled)
    return msgspec.structs.replace(state, next=due, planned_by=by, reason=state.reason if kept else reason)


def standing(state: FeedState, now: datetime) -> tuple[str, str]:
    """What a feed that answers is: ok, empty (lists nothing) or silent for longer than is likely; why, in words."""
    if state.state == "empty":
        return "empty", ""
    chance = silence(state.rhythm, now.timestamp())
    if chance >= _SILENT:
        return "ok", ""
    quiet = span(now.timestamp() - state.rhythm.last)
    odds = f"1 in {1 / chance:,.0f}" if chance > 1e-6 else "less than 1 in a million"
    return "silent", f"nothing new for {quiet}; by its own rhythm the chance of that is {odds}"


def doubtful(state: FeedState, now: datetime) -> bool:
    """Whether it is time to ask for a feed's whole document, for "not modified" has become hard to believe.

    Some servers say so for ever. It is asked once each time that the chance of such a silence has halved, which is
    looked at every six hours, for it takes up to a millisecond.
    """
    if state.validators == Validators() or not state.last_polled:
        return False
    before, this = (moment.timestamp() // _DOUBTS_EVERY * _DOUBTS_EVERY for moment in (state.last_polled, now))
    return before < this and _halvings(state, this) >= max(_DOUBT, _halvings(state, before) + 1)


def _halvings(state: FeedState, moment: float) -> int:
    return int(-math.log2(silence(state.rhythm, moment)))


def span(seconds: float) -> str:
    """A length of time as a person says it: "43 min"."""
    for size, unit in ((2 * 86400, "d"), (2 * 3600, "h"), (90, "min")):
        if seconds >= size:
            length = seconds / {"d": 86400, "h": 3600, "min": 60}[unit]
            return f"{length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _fixed(state: FeedState, settings: ScheduleSettings) -> bool:
    """Whether the user says how often the feed is polled, and not its rhythm."""
    return bool(state.every) or not settings.adaptive


def _after_failure(state: FeedState, settings: ScheduleSettings) -> tuple[float, str]:
    every = state.every or float(settings.every)
    wait = wait_after(state.trouble, state.failures, every, max(settings.slowest, every), state.url)
    times = "once" if state.failures == 1 else f"{state.failures} times in a row"
    return wait, f"asked again {_in(wait)}: failed {times}"


def _by_rhythm(state: FeedState, settings: ScheduleSettings, now: datetime, pace: Pace) -> tuple[float, str]:
    """Seconds until the density adds up to a request, or until the document may lose items unseen."""
    intensity, start = Intensity(state.rhythm, now.timestamp()), now.timestamp()
    wary = state.last_gap is not None and now - state.last_gap < _WARY
    worth, room = (0.5 if wary else 1.0), max(len(state.shown) / 8 / _FULL, _ROOM)
    latest = start + max(settings.slowest, settings.every)
    moment, items = start, 0.0
    while moment < latest:
        end = min((moment // HOUR + 1) * HOUR, latest)
        rate = intensity.at(int(moment // HOUR))
        dense = pace.density(rate)
        hours, enough = (end - moment) / HOUR, min(worth / dense, (room - items) / rate)
        if enough <= hours:
            moment, items = moment + enough * HOUR, items + enough * rate
            break
        worth, items, moment = worth - hours * dense, items + hours * rate, end
    wait = max(moment - start, min(settings.fastest, settings.every))
    often = _often(items / max(moment - start, 1.0) * HOUR)
    part = f"{now.astimezone(UTC):%A} {_PARTS[now.astimezone(UTC).hour // 6]}"
    known = f"{often} on {part}" if state.rhythm.last else "its rhythm is not known yet"
    warily = "; twice as often since items were missed" if wary else ""
    return wait, f"every {span(wait)}: {known}{warily}"


def _as_asked(
    state: FeedState, settings: ScheduleSettings, now: datetime, hints: Hints, planned: tuple[float, str]
) -> tuple[float, str]:
    """The wait that the rhythm planned, stretched as far as the server asks and `slowest` lets it."""
    wait, reason = planned
    slowest = max(settings.slowest, settings.every)
    missed = state.last_gap is not None and state.last_gap == state.last_polled
    if hints.wait and not missed:  # else waiting as asked has cost items
        wait = max(wait, min(hints.wait, slowest))
        reason += f"; the server asks for {span(hints.wait)} ({hints.said_by})"
    due = now + timedelta(seconds=wait)
    later = allowed(due, hints)
    if later > due:
        wait = min((later - now).total_seconds(), slowest)
        reason += f"; not before {later:%A %H:%M} GMT (skipHours, skipDays)"
    return wait, reason


def _often(rate: float) -> str:
    """A rate (items an hour) in words."""
    if rate >= 1:
        return f"{rate:.1f} items an hour"
    if rate * 24 >= 1:
        return f"{rate * 24:.1f} items a day"
    return f"an item every {span(3600 / max(rate, 1e-9))}"


def _in(wait: float | timedelta) -> str:
    return f"in {span(wait.total_seconds() if isinstance(wait, timedelta) else wait)}"
