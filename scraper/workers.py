"""Killable worker processes: every parse of foreign bytes happens in one of them.

feedparser and Lexbor have inputs whose cost is quadratic and that neither a thread nor a size cap can stop, so a
worker runs under limits of processor time and memory, and is killed and replaced when a page exceeds them.
Bytes and records cross the pipe as MessagePack frames; nothing is pickled.
"""

import asyncio
import fcntl
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from scraper.logins import redacted
from scraper.parsed import CaptureIndex, Category, FoundFeed, PageLinks, ParsedFeed, ParsedSitemap
from scraper.settings import ExtractSettings
from scraper.tasks import (
    FRAME,
    TOO_LARGE,
    Answer,
    CategoriesTask,
    CdxTask,
    DiscoverTask,
    ExtractTask,
    FeedTask,
    LinksTask,
    SitemapTask,
    Task,
)
from storage.records import Article, FeedEntry, Page, SiteRules

log = logging.getLogger("dateline")

# With -P, so that a folder called `storage` where the user stands does not shadow ours.
_HOME = str(Path(__file__).resolve().parent.parent)
_WAITING = 16  # pages a worker that may wait for it; more would only fill the memory
_MOST_HELD = 64 << 20  # bytes of documents that may wait for workers before more are fetched
_PIPE = 1 << 20  # bytes that may stand in the pipe to a worker: the most that Linux grants anybody
_WALL_FACTOR = 6  # a worker that gets a sixth of a processor still uses up its processor seconds first


class Refused(Exception):
    """A page or feed that could not be read, with the reason in one sentence.

    `final`: the same bytes fail again. `killed`: a worker came to grief over them, which a busy machine can be the
    cause of once, but hardly twice.
    """

    def __init__(self, reason: str, *, final: bool = True, killed: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final and not killed
        self.killed = killed


class Workers:
    """A pool of worker processes, started when first needed. Each handles one task at a time."""

    def __init__(self, settings: ExtractSettings) -> None:
        self._settings = settings
        count = settings.workers or len(os.sched_getaffinity(0))
        self._idle: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue()
        for _ in range(count):
            self._idle.put_nowait(None)
        self._count = count
        self._asking = self._held = 0
        self._room, self._space = asyncio.Event(), asyncio.Event()
        self._room.set()
        self._space.set()

    async def room(self) -> None:
        """Wait until few enough pages wait for a worker: whoever fetches waits here, so that memory stays bounded."""
        await self.space()
        await self._room.wait()

    async def space(self) -> None:
        """Wait until what waits for a worker is small enough, however many they are: for whoever fetches feeds."""
        await self._space.wait()

    async def extract(self, page: Page, rules: SiteRules, entry: FeedEntry | None) -> Article:
        """Clean one page. Raises Refused."""
        answer = await self._ask(ExtractTask(page, rules, entry))
        assert answer.article is not None
        return answer.article

    async def read_feed(self, page: Page) -> ParsedFeed:
        """Parse one feed. Raises Refused."""
        answer = await self._ask(FeedTask(page.body, page.final_url, page.header("content-type")))
        assert answer.feed is not None
        if answer.feed.dropped and answer.feed.entries:  # without any, the feed counts as empty and says so
            log.warning("items without an address: %d", answer.feed.dropped, extra={"feed": redacted(page.final_url)})
        return answer.feed

    async def read_sitemap(self, body: bytes, url: str) -> ParsedSitemap:
        """Read one sitemap or index of sitemaps. Raises Refused."""
        answer = await self._ask(SitemapTask(body, url))
        assert answer.sitemap is not None
        return answer.sitemap

    async def read_categories(self, body: bytes) -> tuple[Category, ...]:
        """Read a list of a WordPress's categories. Raises Refused."""
        return (await self._ask(CategoriesTask(body))).categories

    async def read_links(self, body: bytes, url: str) -> PageLinks:
        """The feeds, the API and the own address that a page names. Raises Refused."""
        answer = await self._ask(LinksTask(body, url))
        assert answer.links is not None
        return answer.links

    async def read_cdx(self, body: bytes) -> CaptureIndex:
        """Parse an answer of a CDX server. Raises Refused."""
        answer = await self._ask(CdxTask(body))
        assert answer.index is not None
        return answer.index

    async def discover(self, body: bytes, url: str) -> tuple[FoundFeed, ...]:
        """The feeds that a page declares or links to. Raises Refused."""
        return (await self._ask(DiscoverTask(body, url))).feeds

    async def close(self) -> None:
        """End every worker."""
        for _ in range(self._count):
            worker = await self._idle.get()
            if worker:
                await worker.end()

    @contextmanager
    def holding(self, size: int) -> Iterator[None]:
        """So many bytes are in memory for a while, and count as if they waited for a worker."""
        self._count_asking(1, size)
        try:
            yield
        finally:
            self._count_asking(-1, -size)

    async def _ask(self, task: Task) -> Answer:
        bodies = [one.body for one in (task.page, *task.page.more)] if isinstance(task, ExtractTask) else [task.body]
        with self.holding(sum(map(len, bodies))):
            return await self._with_worker(task)

    def _count_asking(self, change: int, size: int) -> None:
        self._asking += change
        self._held += size
        for event, full in (
            (self._room, self._asking > self._count * _WAITING),
            (self._space, self._held > _MOST_HELD),
        ):
            if full:
                event.clear()
            else:
                event.set()

    async def _with_worker(self, task: Task) -> Answer:
        worker = await self._idle.get()
        healthy = False
        try:
            worker = worker or await _Worker.start(self._settings)
            answer = await worker.ask(msgspec.msgpack.encode(task))
            healthy = not answer.broken
        finally:
            # A place in the pool is never lost: a spent worker leaves it empty, the next task fills it.
            self._idle.put_nowait(worker if healthy else None)
            if worker and not healthy:
                await asyncio.shield(worker.end())
        if answer.refused:
            raise Refused(answer.refused, killed=answer.refused == TOO_LARGE)
        return answer


def command(settings: ExtractSettings) -> tuple[str, ...]:
    """What starts a worker."""
    limits = (str(settings.page_seconds), str(settings.worker_memory))
    return (sys.executable, "-P", "-m", "scraper.worker", *limits)


def surroundings() -> dict[str, str]:
    """The environment that a worker needs: ours, without the settings, of which some are secrets."""
    return {name: text for name, text in os.environ.items() if not name.startswith("DATELINE_")} | {"PYTHONPATH": _HOME}


def wall(settings: ExtractSettings) -> float:
    """Seconds after which a worker that does not answer is given up."""
    return settings.page_seconds * _WALL_FACTOR + 5


def obituary(code: int, settings: ExtractSettings) -> Refused:
    """Why a worker died, by its exit code."""
    if code == -signal.SIGPROF:
        reason = f"refused: too costly to read (over {settings.page_seconds:g} s of processor time)"
        return Refused(reason, killed=True)
    if code < 0 and -code not in (signal.SIGKILL, signal.SIGTERM):
        return Refused(f"refused: the parser crashed ({signal.Signals(-code).name})", killed=True)
    if code >= 0:  # it could not even say so
        return Refused(TOO_LARGE, killed=True)
    return Refused("the worker that read it was killed from outside", final=False)


class _Worker:
    """One process and the two pipes to it."""

    def __init__(self, process: asyncio.subprocess.Process, settings: ExtractSettings) -> None:
        self._process = process
        self._settings = settings

    @classmethod
    async def start(cls, settings: ExtractSettings) -> "_Worker":
        process = await asyncio.create_subprocess_exec(
            *command(settings),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=surroundings(),
            limit=1 << 22,
        )
        assert process.stdin
        if sys.platform == "linux":
            with suppress(OSError):  # a page goes over at once, and the worker need not wait for us in the middle of it
                fcntl.fcntl(process.stdin.transport.get_extra_info("pipe"), fcntl.F_SETPIPE_SZ, _PIPE)
        return cls(process, settings)

    async def ask(self, frame: bytes) -> Answer:
        """Hand over one task. Raises Refused when the worker dies of it."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            async with asyncio.timeout(wall(self._settings)):
                self._process.stdin.writelines((FRAME.pack(len(frame)), frame))
                await self._process.stdin.drain()
                (size,) = FRAME.unpack(await self._process.stdout.readexactly(FRAME.size))
                return msgspec.msgpack.decode(await self._process.stdout.readexactly(size), type=Answer)
        except TimeoutError as error:
            raise Refused("refused: too costly to read (it kept a worker busy for too long)", killed=True) from error
        except (asyncio.IncompleteReadError, ConnectionError, BrokenPipeError) as error:
            raise obituary(await self._process.wait(), self._settings) from error

    async def end(self) -> None:
        """Kill it; it holds nothing that could be lost."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
