"""Killable worker processes: every parse of foreign bytes happens in one of them.

feedparser and Lexbor have inputs whose cost is quadratic and that neither a thread nor a size cap can stop, so a
worker runs under limits of processor time and memory, and is killed and replaced when a page exceeds them.
Bytes and records cross the pipe as MessagePack frames; nothing is pickled.
"""

import asyncio
import os
import resource
import signal
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from scraper.extract import PageRefused, extract
from scraper.feeds import FeedError, parse_feed
from scraper.settings import ExtractSettings
from storage.records import Article, FeedEntry, Page, ParsedFeed, SiteRules

# With -P, so that a folder called `storage` where the user stands does not shadow ours.
_HOME = str(Path(__file__).resolve().parent.parent)
_FRAME = struct.Struct(">I")
_WALL_FACTOR = 6  # a worker that gets a sixth of a processor still uses up its processor seconds first


class Refused(Exception):
    """A page or feed that could not be read, with the reason in one sentence. `final`: the same bytes fail again."""

    def __init__(self, reason: str, *, final: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final


class _ExtractTask(msgspec.Struct, frozen=True, tag="extract"):
    page: Page
    rules: SiteRules
    entry: FeedEntry | None


class _FeedTask(msgspec.Struct, frozen=True, tag="feed"):
    body: bytes
    url: str
    content_type: str


class _Answer(msgspec.Struct, frozen=True):
    article: Article | None = None
    feed: ParsedFeed | None = None
    refused: str = ""
    broken: bool = False  # the worker ran out of memory and must be replaced


_Task = _ExtractTask | _FeedTask


class Workers:
    """A pool of worker processes, started when first needed. Each handles one task at a time."""

    def __init__(self, settings: ExtractSettings) -> None:
        self._settings = settings
        count = settings.workers or len(os.sched_getaffinity(0))
        self._idle: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue()
        for _ in range(count):
            self._idle.put_nowait(None)
        self._count = count

    async def extract(self, page: Page, rules: SiteRules, entry: FeedEntry | None) -> Article:
        """Clean one page. Raises Refused."""
        answer = await self._ask(_ExtractTask(page, rules, entry))
        assert answer.article is not None
        return answer.article

    async def read_feed(self, body: bytes, url: str, content_type: str) -> ParsedFeed:
        """Parse one feed. Raises Refused."""
        answer = await self._ask(_FeedTask(body, url, content_type))
        assert answer.feed is not None
        return answer.feed

    async def close(self) -> None:
        """End every worker."""
        for _ in range(self._count):
            worker = await self._idle.get()
            if worker:
                await worker.end()

    async def _ask(self, task: _Task) -> _Answer:
        frame = msgspec.msgpack.encode(task)
        worker = await self._idle.get()
        healthy = False
        try:
            worker = worker or await _Worker.start(self._settings)
            answer = await worker.ask(frame)
            healthy = not answer.broken
        finally:
            # A place in the pool is never lost: a spent worker leaves it empty, the next task fills it.
            self._idle.put_nowait(worker if healthy else None)
            if worker and not healthy:
                await asyncio.shield(worker.end())
        if answer.refused:
            raise Refused(answer.refused)
        return answer


class _Worker:
    """One process and the two pipes to it."""

    def __init__(self, process: asyncio.subprocess.Process, settings: ExtractSettings) -> None:
        self._process = process
        self._settings = settings

    @classmethod
    async def start(cls, settings: ExtractSettings) -> "_Worker":
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "scraper.workers"),
            *(str(settings.page_seconds), str(settings.worker_memory)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": _HOME},
            limit=1 << 22,
        )
        return cls(process, settings)

    async def ask(self, frame: bytes) -> _Answer:
        """Hand over one task. Raises Refused when the worker dies of it."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            async with asyncio.timeout(self._settings.page_seconds * _WALL_FACTOR + 5):
                self._process.stdin.write(_FRAME.pack(len(frame)))
                self._process.stdin.write(frame)
                await self._process.stdin.drain()
                (size,) = _FRAME.unpack(await self._process.stdout.readexactly(_FRAME.size))
                return msgspec.msgpack.decode(await self._process.stdout.readexactly(size), type=_Answer)
        except TimeoutError as error:
            raise Refused("refused: too costly to read") from error
        except (asyncio.IncompleteReadError, ConnectionError, BrokenPipeError) as error:
            raise await self._obituary() from error

    async def _obituary(self) -> Refused:
        code = await self._process.wait()
        seconds = self._settings.page_seconds
        if code == -signal.SIGXCPU:
            return Refused(f"refused: too costly to read (over {seconds:g} s of processor time)")
        if code < 0 and -code not in (signal.SIGKILL, signal.SIGTERM):
            return Refused(f"refused: the parser crashed ({signal.Signals(-code).name})")
        if code >= 0:  # it could not even say so
            return Refused("refused: too much memory needed to read it")
        return Refused("the worker that read it was killed from outside", final=False)

    async def end(self) -> None:
        """Kill it; it holds nothing that could be lost."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


# --- inside the worker -----------------------------------------------------------------------------------------------


def _perform(task: _Task) -> _Answer:
    try:
        if isinstance(task, _ExtractTask):
            return _Answer(article=extract(task.page, task.rules, task.entry))
        return _Answer(feed=parse_feed(task.body, task.url, task.content_type))
    except (FeedError, PageRefused) as error:
        return _Answer(refused=str(error))
    except MemoryError:
        return _Answer(refused="refused: too much memory needed to read it", broken=True)
    except RecursionError:
        return _Answer(refused="refused: nested too deep to read")


def _allow(seconds: float) -> None:
    """Let this process use `seconds` of processor time from now on; beyond it the kernel sends SIGXCPU."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(usage.ru_utime + usage.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _serve(source: BinaryIO, sink: BinaryIO, seconds: float) -> None:
    decoder = msgspec.msgpack.Decoder(_Task)
    while header := source.read(_FRAME.size):
        task = decoder.decode(source.read(_FRAME.unpack(header)[0]))
        _allow(seconds)
        answer = msgspec.msgpack.encode(_perform(task))
        sink.write(_FRAME.pack(len(answer)) + answer)
        sink.flush()


def _main() -> None:
    # The parent decides when a worker ends (by closing the pipe), so that a stop finishes the articles in hand.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing a library prints may land in the protocol
    _serve(sys.stdin.buffer, sink, seconds)


if __name__ == "__main__":
    _main()
