"""The clock of the daemon: one APScheduler job a feed, coalesced, never twice at once, with jitter."""

import asyncio
import logging
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from msgspec import structs

from scraper.budget import Pace
from scraper.pipeline import Walk, archive_feed
from scraper.revisits import revisit
from scraper.rhythm import replanned
from storage.archive import Archive
from storage.errors import ArchiveError
from storage.records import FeedState

log = logging.getLogger("dateline")

_JITTER = 0.05  # share of the interval: feeds of one interval must not all fall on the same second
_FAR = 10 * 365 * 86400  # the interval trigger is only a net; each poll sets the time of the next one
_AFTER_TROUBLE = 60.0
_LOOK_AT_THE_TIME, _A_JUMP = 15.0, 30.0
_VISITS_EVERY = 60.0


class Clock:
    """Polls every feed when it is due, until it is told to stop."""

    def __init__(self, walk: Walk, archive: Archive) -> None:
        self._walk = walk
        self._archive = archive
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._states: dict[str, FeedState] = {}
        self._polling: set[str] = set()
        self._running: set[asyncio.Task[object]] = set()
        self._beside: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the clock; needs a running event loop."""
        self._scheduler.start()
        self._beside = [asyncio.create_task(work) for work in (self._watch_the_time(), self._keep_visiting())]

    async def set_feeds(self, feeds: Sequence[FeedState]) -> None:
        """Make these the feeds that are polled: new ones at once, known ones as the schedule has it, no others."""
        states = {state.url: state for state in await self._archive.subscribe(feeds, self._replanned)}
        for url in self._states.keys() - states.keys():
            self._drop(url)
        for url, state in states.items():
            if url not in self._states or (url not in self._polling and self._states[url].next != state.next):
                self._add(state)
        self._states = states
        self._walk.pace = Pace(self._walk.schedule, states.values())

    def _replanned(self, state: FeedState) -> FeedState:
        return replanned(state, self._walk.schedule)

    async def stop(self) -> None:
        """Start no more articles, finish those in hand, then return."""
        self._walk.stopping = True
        self._scheduler.pause()
        while self._running:
            await asyncio.wait(self._running)
        for task in self._beside:
            task.cancel()
        self._scheduler.shutdown(wait=False)

    async def _watch_the_time(self) -> None:
        """Let the system's clock jump: what was to come in ten minutes still comes in ten minutes."""
        before = self._walk.clock().timestamp() - asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(_LOOK_AT_THE_TIME)
            jump = self._walk.clock().timestamp() - asyncio.get_running_loop().time() - before
            if abs(jump) > _A_JUMP:
                log.warning("the clock jumped by %.0f s: what was planned moves with it", jump)
                self.shift(timedelta(seconds=jump))
                before += jump

    def planned(self) -> list[datetime]:
        """When what is to come is to come."""
        return [job.next_run_time for job in self._scheduler.get_jobs()]

    def shift(self, jump: timedelta) -> None:
        """Move all that is planned by so much."""
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=job.next_run_time + jump)

    def _drop(self, url: str) -> None:
        try:
            self._scheduler.remove_job(url)
        except JobLookupError:
            log.debug("no job for %s", url)

    def _add(self, state: FeedState) -> None:
        now = self._walk.clock()
        self._scheduler.add_job(
            self._poll,
            "interval",
            seconds=_FAR,
            args=[state.url],
            id=state.url,
            next_run_time=max(now, state.next) if state.next else now + timedelta(seconds=random.random()),  # noqa: S311
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            replace_existing=True,
        )

    async def _poll(self, url: str) -> None:
        task = asyncio.current_task()
        assert task
        self._running.add(task)
        self._polling.add(url)
        due = self._walk.clock() + timedelta(seconds=_AFTER_TROUBLE)
        try:
            state = await archive_feed(self._walk, self._states[url], due_only=True)
            if url in self._states:  # what the configuration says of it may have changed meanwhile
                named = self._states[url]
                state = self._replanned(structs.replace(state, every=named.every))
                self._states[url] = structs.replace(state, category=named.category)
            due = state.next or due
        except ArchiveError as error:
            log.error("%s", error, extra={"feed": url})
        except Exception:
            log.exception("unexpected error while polling", extra={"feed": url})
        finally:
            self._running.discard(task)
            self._polling.discard(url)
            # Not before APScheduler knows that this poll has ended: one that is due already would count as its second
            # at once, and would be left out.
            asyncio.get_running_loop().call_soon(self._again, url, due)

    async def _keep_visiting(self) -> None:
        """Not a job: APScheduler would count every minute that a clock set right after years has left out."""
        while not self._walk.stopping:
            await asyncio.sleep(_VISITS_EVERY)
            await self._revisit()

    async def _revisit(self) -> None:
        if self._walk.stopping or not self._walk.schedule.revisit:
            return
        task = asyncio.current_task()
        assert task
        self._running.add(task)
        try:
            await revisit(self._walk)
        except ArchiveError as error:
            log.error("%s", error)
        except Exception:
            log.exception("unexpected error while revisiting")
        finally:
            self._running.discard(task)

    def _again(self, url: str, due: datetime) -> None:
        wait = max((due - self._walk.clock()).total_seconds(), 0.0)
        due += timedelta(seconds=wait * _JITTER * random.random())  # noqa: S311
        if url in self._states and not self._walk.stopping:
            self._scheduler.modify_job(url, next_run_time=due)
