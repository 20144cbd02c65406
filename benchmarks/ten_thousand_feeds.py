"""Ten thousand feeds in one daemon: an hour on a compressed clock, with the jobs' lateness and the memory watched.

    python -m benchmarks.ten_thousand_feeds                      # an hour in three minutes
    python -m benchmarks.ten_thousand_feeds --feeds 1000 --speed 60

The clock (scraper.schedule), the walk, the archive on disk and the worker processes are the real ones; only the network
is made up: 19 of 20 answers are "not modified", each other one brings one new article. Time runs `speed` times as fast
for all of them, so that a job which is a second late here is late by that much of real time times the speed: the
figures are harder on us than an hour at its own pace would be. A job is late from its planned time to its request.
"""

import argparse
import asyncio
import random
import resource
import selectors
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import apscheduler.schedulers.base
import msgspec
import numpy as np
from apscheduler.events import EVENT_JOB_SUBMITTED, JobSubmissionEvent

from dateline.walks import Silent
from scraper.intensity import first_look
from scraper.pipeline import Walk
from scraper.schedule import Clock
from scraper.settings import ExtractSettings, ScheduleSettings
from scraper.workers import Workers
from storage.backends import open_archive
from storage.records import FeedState, Page, Validators

_NEWS = 0.05
_WARM_UP = timedelta(minutes=20)  # of the hour; memory and lateness are judged after it
_WORDS = ("harbour", "council", "engineers", "bridge", "election", "orchestra", "drought", "minister", "river")
_OFTEN = 5 * 3600.0  # seconds between two items of a feed
_SHOWN = 5  # items in a feed


class Time:
    """A clock that runs `speed` times as fast as the world's."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._start, self._began = datetime.now(UTC), time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._began) * self.speed)


class Loop(asyncio.SelectorEventLoop):
    """An event loop in which everybody's seconds are that much shorter."""

    def __init__(self, speed: float) -> None:
        class Selector(selectors.DefaultSelector):
            def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
                return super().select(timeout / speed if timeout else timeout)

        super().__init__(Selector())
        self._speed = speed

    def time(self) -> float:
        return super().time() * self._speed


class Network:
    """Answers every feed at once; remembers how long after its planned time each was asked."""

    def __init__(self, clock: Time) -> None:
        self.planned: dict[str, datetime] = {}
        self.late: list[tuple[datetime, float]] = []
        self._clock = clock
        self._dice = random.Random(1)
        self._stories: dict[str, int] = {}

    async def get(self, url: str, _validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:  # noqa: ARG002
        now = self._clock.now()
        planned = self.planned.pop(url, None)
        if planned:
            self.late.append((now, (now - planned).total_seconds()))
        if robots:
            return self._page(url, _article(url))
        if self._dice.random() > _NEWS:
            return self._page(url, b"", 304)
        self._stories[url] = newest = self._stories.get(url, _SHOWN) + 1
        items = "".join(
            f"<item><title>Story {n}</title><link>{url}story-{n}</link></item>"
            for n in range(newest, newest - _SHOWN, -1)
        )
        return self._page(url, f"<rss><channel>{items}</channel></rss>")

    async def close(self) -> None:
        pass

    def _page(self, url: str, body: str | bytes, status: int = 200) -> Page:
        data = body.encode() if isinstance(body, str) else body
        return Page(url=url, final_url=url, status=status, body=data, fetched=self._clock.now(), size=len(data))


def _article(url: str) -> str:
    dice = random.Random(url)
    paragraphs = "".join(f"<p>The {' '.join(dice.choices(_WORDS, k=40))}.</p>" for _ in range(8))
    return (
        f"<html><head><title>{url[-9:]}</title></head><body><article><h1>Story</h1>{paragraphs}</article></body></html>"
    )


class Watch:
    """The memory of this process, once a second of real time."""

    def __init__(self, clock: Time) -> None:
        self.samples: list[tuple[datetime, float]] = []
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()

    async def _look(self) -> None:
        while True:
            self.samples.append((self._clock.now(), _resident()))
            await asyncio.sleep(self._clock.speed)


def _resident() -> float:
    """MiB of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


async def _hour(folder: str, feeds: int, clock: Time, length: timedelta) -> tuple[Network, Watch]:
    network, watch = Network(clock), Watch(clock)
    archive, workers = open_archive(str(Path(folder, "dateline.db"))), Workers(ExtractSettings(workers=1))
    walk = Walk(
        archive=archive,
        fetcher=network,
        workers=workers,
        schedule=ScheduleSettings(revisit=False),
        listener=Silent(),
        clock=clock.now,
    )
    named = [FeedState(url=f"https://n{n}.example/feed/", category="News") for n in range(feeds)]
    # As after weeks: every feed has its rhythm, else learning it would look like a leak.
    moment = clock.now().timestamp()
    rhythm = first_look([moment - n * _OFTEN for n in range(1, 30)], moment)
    states = [msgspec.structs.replace(state, rhythm=rhythm) for state in named]
    await asyncio.gather(*(archive.polled(state, (), None) for state in states))
    start = clock.now()
    spread = float(walk.schedule.every) / feeds
    states = [
        msgspec.structs.replace(state, next=start + timedelta(seconds=place * spread), last_polled=start)
        for place, state in enumerate(states)
    ]
    await asyncio.gather(*(archive.polled(state, (), None) for state in states))
    daemon = Clock(walk, archive)
    daemon._scheduler.add_listener(lambda event: _note(event, network), EVENT_JOB_SUBMITTED)
    daemon.start()
    await daemon.set_feeds(named)
    async with watch:
        await asyncio.sleep(length.total_seconds())
    await daemon.stop()
    await workers.close()
    await archive.close()
    return network, watch


def _note(event: JobSubmissionEvent, network: Network) -> None:
    network.planned[event.job_id] = event.scheduled_run_times[0]


def run(feeds: int, speed: float, minutes: float) -> tuple[list[float], list[float]]:
    """(seconds that jobs were late, MiB of memory) after the warm-up."""
    clock = Time(speed)

    class Moment(datetime):
        @classmethod
        def now(cls, _tz: object = None) -> datetime:  # type: ignore[override]
            return clock.now()

    apscheduler.schedulers.base.datetime = Moment
    begun = clock.now()
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=lambda: Loop(speed)) as runner:
        network, watch = runner.run(_hour(folder, feeds, clock, timedelta(minutes=minutes)))
    since = begun + _WARM_UP * (minutes / 60)
    late = [seconds for moment, seconds in network.late if moment >= since]
    return late, [memory for moment, memory in watch.samples if moment >= since]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--minutes", type=float, default=60.0, help="of simulated time")
    words = parser.parse_args()
    late, memory = run(words.feeds, words.speed, words.minutes)
    median, worst = np.quantile(late, (0.5, 0.99))
    print(
        f"{words.feeds:,} feeds, {words.minutes:g} min at {words.speed:g} times the speed; {len(late):,} polls judged"
    )
    print(f"late by (simulated s): median {median:.2f}, 99 % {worst:.2f}; real: {median / words.speed:.3f} s")
    fifth = max(len(memory) // 5, 1)
    first, last = np.median(memory[:fifth]), np.median(memory[-fifth:])
    print(f"memory: {first:.0f} MiB after the warm-up, {last:.0f} MiB at the end ({last / first - 1:+.1%})")


if __name__ == "__main__":
    main()
