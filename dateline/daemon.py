"""The daemon: the clock, and the three signals it listens to."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

from msgspec import structs

from dateline.alerts import alerts_of
from dateline.config import Config, ConfigError
from dateline.context import emit
from dateline.patience import Waiting, alive, room
from dateline.reports import TROUBLE, article_event, feed_event
from dateline.signals import on_stop
from dateline.supervisor import Supervisor
from dateline.walks import open_walk
from scraper.fetch.client import HttpFetcher
from scraper.pipeline import Walk
from scraper.schedule import Clock
from storage.backends import exists, lock_daemon
from storage.records import ArticleReport, FeedReport, Outcome

log = logging.getLogger("dateline")

_AT_START = ("archive", "extract", "log")  # groups of the configuration that a running daemon cannot change
_PAGES_AGAIN = 30.0  # seconds until the place of the web pages is looked at again


class Journal:
    """A listener for the daemon: a log line for every fact, or a JSON event."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def expect(self, articles: int) -> None:
        """The daemon draws no bar."""

    def article(self, report: ArticleReport) -> None:
        """Log it."""
        self._tell(article_event(report), trouble=report.outcome is Outcome.FAILED)

    def feed(self, report: FeedReport) -> None:
        """Log it."""
        self._tell(feed_event(report), trouble=report.outcome in TROUBLE)

    def _tell(self, event: dict[str, object], *, trouble: bool) -> None:
        if self._as_json and self._emitted(event):
            return
        what, outcome = event.pop("event"), event.pop("outcome")
        log.log(logging.WARNING if trouble else logging.INFO, "%s %s", what, outcome, extra=event)

    def _emitted(self, event: dict[str, object]) -> bool:
        """Whether standard output took it; where that is full, or its reader gone, archiving goes on."""
        try:
            emit(event)
        except BrokenPipeError:
            log.error("nobody reads standard output any more: what happens is told here from now on")
            self._as_json = False
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left over would fail at the end
            return False
        except OSError as error:
            log.error("standard output cannot be written, so this is told here: %s", error.strerror)
            return False
        return True


def run(config: Config, reload: Callable[[], Config], *, as_json: bool) -> None:
    """Poll on the clock until SIGTERM or SIGINT; SIGHUP takes in the changed configuration. Raises ArchiveLocked."""
    with lock_daemon(config.archive.path):
        asyncio.run(serve(config, reload, as_json=as_json))


async def serve(config: Config, reload: Callable[[], Config], *, as_json: bool) -> None:
    """The daemon inside a running event loop; see `run`. Raises ArchiveMoved, ArchiveBroken."""
    supervisor = Supervisor()
    stop, changed, waiting = asyncio.Event(), asyncio.Event(), Waiting()

    def end() -> None:
        stop.set()
        waiting.end()

    on_stop(end)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, changed.set)
    if not exists(config.archive.path):  # the first start, or a disk that is not mounted
        log.info("there is no archive yet: a new one is begun", extra={"archive": config.archive.path})
    await room(config.archive.path, waiting, supervisor)
    async with (
        open_walk(config, Journal(as_json=as_json), waiting) as walk,
        _Running(config, walk) as running,
    ):
        log.info("running", extra={"feeds": len(config.feeds), "archive": config.archive.path})
        supervisor.ready(f"polling {len(config.feeds)} feeds")
        watch = asyncio.create_task(supervisor.watch(lambda: alive(walk.archive, waiting)))
        alerts = asyncio.create_task(running.alerts.run())
        try:
            while not await _either(stop, changed, watch):
                changed.clear()
                supervisor.reloading()
                await _take_in(running, reload)
                supervisor.ready("running; configuration read anew")
        finally:
            log.info("stopping: finishing the articles in hand")
            supervisor.stopping()
            await running.clock.stop()
            for task in (watch, alerts):
                task.cancel()
    log.info("stopped")


class _Running:
    """Clock, alerts and web pages over a walk, and what of a changed configuration each of them takes in."""

    def __init__(self, config: Config, walk: Walk) -> None:
        self._config = config
        self._walk = walk
        self._pages = _Pages()
        self.clock = Clock(walk, walk.archive)
        self.alerts = alerts_of(config, walk)

    async def __aenter__(self) -> Self:
        self.clock.start()
        await self.clock.set_feeds(self._config.subscriptions())
        self._pages.begin(self._config)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pages.end()

    async def take_in(self, config: Config) -> list[str]:
        """Go on with this configuration; the groups that have changed and need a restart, which stay as they were."""
        before, walk = self._config, self._walk
        at_start = {name: getattr(before, name) for name in _AT_START}
        late = [name for name, group in at_start.items() if group != getattr(config, name)]
        self._config = config = structs.replace(config, **at_start)
        assert isinstance(walk.fetcher, HttpFetcher)
        walk.sites.take_in(config.site_entries(), config.logins())
        walk.fetcher.take_in(config.fetch, config.manners)
        walk.connections, walk.schedule = config.manners.connections, config.schedule
        self.alerts.take_in(config)
        await self.clock.set_feeds(config.subscriptions())
        if (config.web, config.searches) != (before.web, before.searches):
            await self._pages.end()
            self._pages.begin(config)
        return late


class _Pages:
    """The web pages beside the daemon. That they cannot be served is no reason not to poll: it is tried again."""

    def __init__(self) -> None:
        self._served = ExitStack()
        self._trying: asyncio.Task[None] | None = None

    def begin(self, config: Config) -> None:
        """Serve them; where their place is taken, that is told, and they are served once it is free."""
        if not config.web.listen:
            return
        try:
            self._serve(config)
        except ValueError as error:
            log.warning("no web pages: %s: %s", config.web.listen, error)
        except OSError as error:
            log.warning("no web pages for now: %s: %s", config.web.listen, error.strerror)
            self._trying = asyncio.create_task(self._try_again(config))

    async def end(self) -> None:
        """Serve them no more."""
        if self._trying:
            self._trying.cancel()
        await asyncio.to_thread(self._served.close)

    async def _try_again(self, config: Config) -> None:
        while True:
            await asyncio.sleep(_PAGES_AGAIN)
            with suppress(OSError, ValueError):
                return self._serve(config)

    def _serve(self, config: Config) -> None:
        from dateline.web.server import Server  # noqa: PLC0415 (a daemon without pages does without their libraries)

        server = Server(config.archive.path, config.web, daemon=True, saved=config.saved())
        log.info("web pages", extra={"address": self._served.enter_context(server).address})


async def _take_in(running: _Running, reload: Callable[[], Config]) -> None:
    try:
        config = reload()
    except ConfigError as error:
        log.error("configuration not taken in: %s", error)
        return
    late = await running.take_in(config)
    log.info("configuration taken in", extra={"feeds": len(config.feeds)})
    if not config.feeds:
        log.warning("no feeds any more: nothing is polled")
    if late:
        log.warning("changed, but needs a restart: %s", ", ".join(late))


async def _either(stop: asyncio.Event, changed: asyncio.Event, watch: asyncio.Task[None]) -> bool:
    """Wait for one of the two; True for stop. Raises what the watch ends with."""
    waits = [asyncio.create_task(event.wait()) for event in (stop, changed)]
    await asyncio.wait([*waits, watch], return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    if watch.done():
        watch.result()
    return stop.is_set()
