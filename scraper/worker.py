"""Inside a worker process: tasks come in on standard input, answers go out on what was standard output."""

import os
import resource
import signal
import sys
from typing import BinaryIO

import msgspec

from scraper.extract import PageRefused, extract
from scraper.feeds import FeedError, parse_feed
from scraper.feeds.cdx import read_cdx
from scraper.feeds.discover import discover, links
from scraper.feeds.sitemap import read_sitemap
from scraper.feeds.wordpress import read_categories
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

_SWOLLEN = 128 << 20


def _answer(task: Task) -> Answer:
    match task:
        case ExtractTask():
            return Answer(article=extract(task.page, task.rules, task.entry))
        case FeedTask():
            return Answer(feed=parse_feed(task.body, task.url, task.content_type))
        case CategoriesTask():
            return Answer(categories=read_categories(task.body))
        case SitemapTask():
            return Answer(sitemap=read_sitemap(task.body, task.url))
        case CdxTask():
            return Answer(index=read_cdx(task.body))
        case LinksTask():
            return Answer(links=links(task.body, task.url))
        case DiscoverTask():
            return Answer(feeds=tuple(discover(task.body, task.url)))


def _perform(task: Task) -> bytes:
    """The answer to a task, as it goes over the pipe."""
    try:
        answer = _answer(task)
        return msgspec.msgpack.encode(msgspec.structs.replace(answer, broken=True) if _swollen() else answer)
    except (FeedError, PageRefused) as error:
        answer = Answer(refused=str(error))
    except MemoryError:
        answer = Answer(refused=TOO_LARGE, broken=True)
    except RecursionError:
        answer = Answer(refused="refused: nested too deep to read")
    except Exception as error:  # whatever strangers' bytes bring about, it is an answer about those bytes
        reason = f"refused: a fault of Dateline, please report it ({type(error).__name__}: {error!a:.200})"
        answer = Answer(refused=reason)
    return msgspec.msgpack.encode(answer)


def _swollen() -> bool:
    """Whether this process holds much more memory than a worker needs; what libraries keep, only an end gives back."""
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 (read after every page)
        return int(file.read().split()[1]) * resource.getpagesize() > _SWOLLEN


def _serve(source: BinaryIO, sink: BinaryIO, seconds: float) -> None:
    decoder = msgspec.msgpack.Decoder(Task)
    while header := source.read(FRAME.size):
        task = decoder.decode(source.read(FRAME.unpack(header)[0]))
        # Processor time, not the clock's: beyond it the kernel sends SIGPROF, and nothing in a parser can stop that.
        signal.setitimer(signal.ITIMER_PROF, seconds)
        frame = _perform(task)
        signal.setitimer(signal.ITIMER_PROF, 0)
        sink.write(FRAME.pack(len(frame)) + frame)
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
