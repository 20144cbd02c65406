"""How soon after its publication an item is archived: our polling beside three others at equal numbers of requests.

    python -m benchmarks.polling [--feeds 500] [--days 75] [--every 15] [--seed 1] [--spread 1.7] [--only newsroom]

A made-up world of feeds (see benchmarks.publishing) publishes for months on a fake clock. Dateline's own
scraper.rhythm, scraper.budget and scraper.intensity decide when each feed is polled; whatever they spend, every other
policy's own knob is turned until it spends the same:

- fixed: one interval for all (the knob);
- miniflux's entry frequency: a week / (items of the last week x factor), between 5 minutes and a day (the knob:
  factor); and once more with Dateline's own lower bound of 2 minutes;
- news-crawl: the interval grows by half when nothing has changed and shrinks by a fifth when something has, between
  90 minutes and 90 days (the knob: a scale of both bounds).

Requests, delays and losses are counted after the first fortnight. An item that left its feed's window unseen is lost:
its delay is infinite.
"""

import argparse
import heapq
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import numpy as np

from benchmarks.publishing import DAY, KINDS, MONDAY, Array, Publisher, publishers
from scraper.budget import Pace
from scraper.intensity import first_look, learn
from scraper.rhythm import next_poll, standing
from scraper.settings import Duration, ScheduleSettings
from storage.records import FeedState

WARM_UP = 14 * DAY
_CLOSE = 0.002


@dataclass(frozen=True)
class Outcome:
    """What a policy did: the requests it made, the delay of each item in seconds (infinite: lost), false alarms."""

    requests: int
    delays: Array
    alarms: int = 0

    @property
    def lost(self) -> int:
        return int(np.isinf(self.delays).sum())


Policy = Callable[[float], list[Array]]


def judge(world: Sequence[Publisher], polls: Sequence[Array], days: int, alarms: int = 0) -> Outcome:
    """Requests and delays of these polls of these feeds."""
    start, end = MONDAY + WARM_UP, MONDAY + days * DAY
    requests, delays = 0, []
    for feed, moments in zip(world, polls, strict=True):
        requests += int(np.sum((moments >= start) & (moments < end)))
        found = np.searchsorted(moments, feed.items, "left")
        newer = np.searchsorted(found, found, "right") - np.arange(len(found))  # place in its document, from the top
        seen = np.append(moments, end)[found]
        delay = np.where(newer > feed.window, np.inf, seen - feed.items)
        delays.append(delay[(feed.items >= start) & (feed.items < end - DAY)])
    return Outcome(requests, np.concatenate(delays), alarms)


def ours(world: Sequence[Publisher], days: int, settings: ScheduleSettings) -> Outcome:
    """Dateline itself, all feeds on one clock."""
    end = MONDAY + days * DAY
    states = [FeedState(url=f"https://{number}.example/feed") for number in range(len(world))]
    polls: list[list[float]] = [[] for _ in world]
    alarmed: dict[int, float] = {}
    alarms = 0
    starts = [MONDAY + WARM_UP - 3 * DAY + number for number in range(len(world))]
    for moment, number, state, news in polled(world, states, settings, starts, end):
        if news and alarmed.pop(number, 0.0):
            alarms += 1
        if standing(state, datetime.fromtimestamp(moment, UTC))[0] == "silent":
            alarmed.setdefault(number, moment)
        polls[number].append(moment)
    return judge(world, [np.array(moments) for moments in polls], days, alarms)


def polled(
    world: Sequence[Publisher], states: list[FeedState], settings: ScheduleSettings, starts: Sequence[float], end: float
) -> Iterator[tuple[float, int, FeedState, int]]:
    """The polls that Dateline plans, in their order: (moment, feed, its state after the look, how many items were new).

    `starts`: when each feed is polled first; `states` are kept up to date.
    """
    pace = Pace(settings, states)
    queue = sorted((start, number) for number, start in enumerate(starts))
    while queue[0][0] < end:
        moment, number = queue[0]
        before, now = states[number], datetime.fromtimestamp(moment, UTC)
        state, news = _looked(before, world[number], moment, now)
        pace.replace(before, state)
        due, *_ = next_poll(state, settings, now, pace)
        states[number] = msgspec.structs.replace(state, last_polled=now)
        heapq.heapreplace(queue, (due.timestamp(), number))
        yield moment, number, state, news


def _looked(state: FeedState, feed: Publisher, moment: float, now: datetime) -> tuple[FeedState, int]:
    """A feed's state after a look at its document, as scraper.sources.feed would have it."""
    last = state.last_polled.timestamp() if state.last_polled else -math.inf
    first, stop = np.searchsorted(feed.items, (last, moment), "right")
    missed = first and stop - first > feed.window
    first = max(first, stop - feed.window)
    news = feed.items[first:stop].tolist()
    if state.last_polled is None:
        rhythm = first_look(news if feed.dated else (), moment)
    elif feed.dated:
        rhythm = learn(state.rhythm, news, moment, since=news[0] if missed else 0.0)
    else:
        rhythm = learn(state.rhythm, [last + (moment - last) * (n + 0.5) / len(news) for n in range(len(news))], moment)
    gap = now if missed else state.last_gap
    shown = state.shown if len(state.shown) == 8 * feed.window else bytes(8 * min(int(stop), feed.window))
    return msgspec.structs.replace(state, rhythm=rhythm, last_gap=gap, shown=shown), len(news)


def fixed(world: Sequence[Publisher], days: int, every: float) -> list[Array]:
    offsets = np.random.default_rng(0).uniform(0, every, len(world))
    return [np.arange(MONDAY + offset, MONDAY + days * DAY, every) for offset in offsets]


def miniflux(world: Sequence[Publisher], days: int, factor: float, least: float = 300) -> list[Array]:
    def interval(_new: Array, week: Array, _before: Array) -> Array:
        return np.clip(7 * DAY / np.maximum(week * factor, 1e-9), least, DAY)

    return _stepped(world, days, interval)


def news_crawl(world: Sequence[Publisher], days: int, scale: float) -> list[Array]:
    def interval(new: Array, _week: Array, before: Array) -> Array:
        return np.clip(before * np.where(new > 0, 0.8, 1.5), 5400 * scale, 90 * DAY * scale)

    return _stepped(world, days, interval)


def _stepped(world: Sequence[Publisher], days: int, interval: Callable[[Array, Array, Array], Array]) -> list[Array]:
    """The polls of a rule that makes the next interval from the items just found, those of a week, and the last one."""
    # All feeds in step, the n-th poll of each at once; one sorted array holds the items of all, a span a feed.
    length = (days + 10) * DAY
    places = np.arange(len(world)) * length
    everything = np.concatenate([feed.items - MONDAY + place for feed, place in zip(world, places, strict=True)])
    moments = np.linspace(1, 600, len(world))
    waits = np.full(len(world), 3600.0)
    before = np.searchsorted(everything, places, "left")
    rounds = []
    while True:
        running = moments < days * DAY
        if not running.any():
            break
        rounds.append(np.where(running, moments, np.inf))
        known = np.searchsorted(everything, places + moments, "right")
        a_week_ago = np.searchsorted(everything, places + np.maximum(moments - 7 * DAY, 0), "right")
        waits = interval((known - before).astype(float), (known - a_week_ago).astype(float), waits)
        before, moments = known, np.where(running, moments + waits, moments)
    table = np.array(rounds)
    return [MONDAY + column[np.isfinite(column)] for column in table.T]


def tuned(policy: Policy, world: Sequence[Publisher], days: int, requests: int, low: float, high: float) -> Outcome:
    """The policy with its knob (more is fewer requests) where it makes that many requests."""
    best: Outcome | None = None
    for _ in range(30):
        knob = math.sqrt(low * high)
        outcome = judge(world, policy(knob), days)
        if best is None or abs(outcome.requests - requests) < abs(best.requests - requests):
            best = outcome
        if abs(outcome.requests / requests - 1) < _CLOSE:
            break
        low, high = (knob, high) if outcome.requests > requests else (low, knob)
    assert best
    return best


def compare(world: Sequence[Publisher], days: int, every: float) -> dict[str, Outcome]:
    """Ours under this `every` (seconds), and the others at the requests that it made."""
    mine = ours(world, days, ScheduleSettings(every=Duration(every)))
    others: dict[str, tuple[Policy, float, float]] = {
        "fixed interval": (lambda knob: fixed(world, days, knob), every / 8, every * 8),
        "miniflux": (lambda knob: miniflux(world, days, 1 / knob), 1e-3, 1e3),
        "miniflux to 2 min": (lambda knob: miniflux(world, days, 1 / knob, least=120), 1e-3, 1e3),
        "news-crawl": (lambda knob: news_crawl(world, days, knob), 1e-6, 10),
    }
    return {"dateline": mine} | {
        name: tuned(policy, world, days, mine.requests, low, high) for name, (policy, low, high) in others.items()
    }


def _times(outcome: Outcome) -> tuple[float, float]:
    """(median, 95th percentile) of the delays in minutes."""
    median, late = np.quantile(outcome.delays, (0.5, 0.95), method="lower") / 60
    return float(median), float(late)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=500)
    parser.add_argument("--days", type=int, default=75)
    parser.add_argument("--every", type=float, nargs="+", default=[15.0, 60.0], help="minutes: the budget")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spread", type=float, default=1.7, help="how far the feeds' rates lie apart (log)")
    parser.add_argument("--only", choices=KINDS, default="", help="a world of one kind of feeds")
    words = parser.parse_args()
    world = publishers(words.feeds, words.days, words.seed, words.spread, words.only)
    rates = np.array([len(feed.items) for feed in world]) / words.days
    print(f"{words.feeds} feeds, {words.days} days, {int(rates.sum() * words.days):,} items; ", end="")
    print(
        "items a day: " + ", ".join(f"{np.quantile(rates, q):.2f}" for q in (0.1, 0.5, 0.9, 1)) + " (10, 50, 90, 100 %)"
    )
    for every in words.every:
        begun = time.perf_counter()
        outcomes = compare(world, words.days, every * 60)
        planned = words.feeds * (words.days * DAY - WARM_UP) / (every * 60)
        print(f"\nbudget: a request a feed in {every:g} min ({planned:,.0f}); {time.perf_counter() - begun:.0f} s")
        print(f"{'policy':20}{'requests':>10}{'median':>10}{'95 %':>10}{'lost':>8}   (minutes)")
        for name, outcome in outcomes.items():
            median, late = _times(outcome)
            print(f"{name:20}{outcome.requests:>10,}{median:>10.2f}{late:>10.1f}{outcome.lost:>8,}")
        alarms = outcomes["dateline"].alarms
        outcomes.pop("miniflux to 2 min")  # not a rule that anybody runs
        mine, others = _times(outcomes.pop("dateline")), sorted(map(_times, outcomes.values()))
        print(f"median: {mine[0] / others[0][0]:.2f} of the best of the others (the soonest)")
        lates = (mine[1] / min(late for _, late in others), mine[1] / others[0][1])
        print(f"95th percentile: {lates[0]:.2f} of the best of the others, {lates[1]:.2f} of the soonest")
        print(f"feeds called silent that published again: {alarms}")


if __name__ == "__main__":
    main()
