"""The plan of the polls of very many feeds on a fake clock: how many requests, when, on which sites, at what cost.

    python -m benchmarks.plan [--feeds 100000] [--hours 48] [--every 60] [--sites 10000]

A made-up world of feeds (benchmarks.publishing) publishes; scraper.rhythm, scraper.budget and scraper.intensity decide
when each feed is polled, as they do in the daemon; nothing is fetched. The feeds lie on the sites as feeds do: a few
sites have very many. A site is asked once in `manners.delay` at most, so the longest wait for a turn is said, too.
Every feed has been watched for four weeks. Requests, delays and waits are counted in the second half of the time, which
is a Tuesday: the budget is a week's, and working days take more of it than weekends.
"""

import argparse
import resource
import time
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from benchmarks.polling import polled
from benchmarks.publishing import DAY, MONDAY, Array, Publisher, publishers
from scraper.intensity import first_look, learn
from scraper.settings import Duration, ScheduleSettings
from storage.records import FeedState

Sites = np.ndarray[tuple[int], np.dtype[np.int64]]

_HOUR = 3600.0
_DELAY = 1.0  # seconds between two requests to a site
_HISTORY = 28  # days that were watched before the start
_FEW, _MANY = 1, 500  # feeds of a site


class Plan(NamedTuple):
    """What was planned: the moment and the feed of each poll, rising; the delays of what they found; the cost."""

    moments: Array
    feeds: Array
    delays: Array
    lost: int
    seconds: float


def simulate(world: list[Publisher], every: float, hours: float) -> Plan:
    """Plan `hours` of polls, the budget a request a feed in `every` seconds."""
    settings = ScheduleSettings(every=Duration(every))
    start, end = MONDAY + _HISTORY * DAY, MONDAY + _HISTORY * DAY + hours * _HOUR
    states = [_watched(feed, number, start) for number, feed in enumerate(world)]
    starts = [start + every * number / len(world) for number in range(len(world))]
    moments, feeds, delays, lost = [], [], [], 0
    judged, begun = (start + end) / 2, time.process_time()
    for moment, number, state, news in polled(world, states, settings, starts, end):
        moments.append(moment)
        feeds.append(number)
        if moment >= judged and news:
            items = world[number].items
            stop = int(np.searchsorted(items, moment, "right"))
            delays += (moment - items[max(stop - news, 0) : stop]).tolist()
            lost += state.last_gap == datetime.fromtimestamp(moment, UTC)
    return Plan(np.array(moments), np.array(feeds), np.array(delays), lost, time.process_time() - begun)


def _watched(feed: Publisher, number: int, now: float) -> FeedState:
    """The state of a feed that has been polled every day since the world began."""
    days = np.arange(MONDAY + DAY, now + 1, DAY)
    rhythm = first_look((), MONDAY)
    by_day = np.split(feed.items, np.searchsorted(feed.items, days, "right"))
    for day, items in zip(days.tolist(), by_day, strict=False):  # the last part is of later days
        rhythm = learn(rhythm, items.tolist(), day)
    shown = bytes(8 * min(int(np.searchsorted(feed.items, now)), feed.window))
    polled = datetime.fromtimestamp(now, UTC)
    return FeedState(url=f"https://{number}.example/feed", rhythm=rhythm, last_polled=polled, shown=shown)


def sites_of(feeds: int, sites: int) -> Sites:
    """The site of each feed; how many a site has falls by Zipf's law."""
    dice = np.random.default_rng(1)
    shares = np.clip(1 / np.arange(1, sites + 1) * feeds / 10, _FEW, _MANY)
    return dice.choice(sites, feeds, p=shares / shares.sum())


def longest_wait(moments: Array, sites: Sites) -> float:
    """Seconds that a request waits at most for its turn at its site, if all come when they were planned."""
    worst = 0.0
    order = np.lexsort((moments, sites))
    for group in np.split(moments[order], np.flatnonzero(np.diff(sites[order])) + 1):
        free = group - _DELAY * np.arange(len(group))  # the queue's lag is what the running maximum is ahead
        worst = max(worst, float(np.max(np.maximum.accumulate(free) - free)))
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=100_000)
    parser.add_argument("--hours", type=float, default=48.0)
    parser.add_argument("--every", type=float, default=60.0, help="minutes: the budget")
    parser.add_argument("--sites", type=int, default=10_000)
    words = parser.parse_args()
    world = publishers(words.feeds, _HISTORY + int(words.hours // 24) + 1, seed=1)
    plan = simulate(world, words.every * 60, words.hours)
    late = plan.moments >= MONDAY + _HISTORY * DAY + words.hours / 2 * _HOUR
    moments, seconds = plan.moments[late], words.hours / 2 * _HOUR
    each_second = np.bincount((moments - moments[0]).astype(int))
    each_minute = np.bincount(((moments - moments[0]) / 60).astype(int))
    budget = words.feeds / (words.every * 60)
    print(f"{words.feeds:,} feeds on {words.sites:,} sites, {words.hours:g} h, a request a feed in {words.every:g} min")
    print(f"requests a second: {len(moments) / seconds:.3g} (the budget: {budget:.3g}), ", end="")
    print(f"busiest minute {each_minute[:-1].max() / 60:.1f}, busiest second {each_second.max()}")
    print(f"planning a poll: {plan.seconds / len(plan.moments) * 1e6:.0f} microseconds of the processor, ", end="")
    print(f"{plan.seconds / len(plan.moments) * len(moments) / seconds:.2%} of one core")
    where = sites_of(words.feeds, words.sites)
    busiest = np.bincount(where[plan.feeds[late].astype(int)]).max() / seconds * _HOUR
    print(f"the busiest site ({np.bincount(where).max()} feeds): {busiest:.0f} requests an hour; ", end="")
    print(f"longest wait for a turn at a site {longest_wait(moments, where[plan.feeds[late].astype(int)]):.0f} s")
    print(f"items found {len(plan.delays):,}, after {np.median(plan.delays) / 60:.1f} min (median), ", end="")
    print(f"{np.quantile(plan.delays, 0.95) / _HOUR:.1f} h (95 %); polls that came too late for some: {plan.lost:,}")
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory, the made-up world included: {held:.0f} MiB")


if __name__ == "__main__":
    main()
