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
from scraper.feeds.discover import links
from scraper.feeds.sitemap import read_sitemap
from scraper.feeds.wordpress import read_categories
from scraper.workers import FRAME, Answer, CategoriesTask, CdxTask, ExtractTask, LinksTask, SitemapTask, Task


def _perform(task: Task) -> Answer:
    try:
        if isinstance(task, ExtractTask):
            return Answer(article=extract(task.page, task.rules, task.entry))
        if isinstance(task, CategoriesTask):
            return Answer(categories=read_categories(task.body))
        if isinstance(task, SitemapTask):
            return Answer(sitemap=read_sitemap(task.body, task.url))
        if isinstance(task, CdxTask):
            return Answer(index=read_cdx(task.body))
        if isinstance(task, LinksTask):
            return Answer(links=links(task.body, task.url))
        return Answer(feed=parse_feed(task.body, task.url, task.content_type))
    except (FeedError, PageRefused) as error:
        return Answer(refused=str(error))
    except MemoryError:
        return Answer(refused="refused: too much memory needed to read it", broken=True)
    except RecursionError:
        return Answer(refused="refused: nested too deep to read")


def _allow(seconds: float) -> None:
    """Let this process use `seconds` of processor time from now on; beyond it the kernel sends SIGXCPU."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(usage.ru_utime + usage.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _serve(source: BinaryIO, sink: BinaryIO, seconds: float) -> None:
    decoder = msgspec.msgpack.Decoder(Task)
    while header := source.read(FRAME.size):
        task = decoder.decode(source.read(FRAME.unpack(header)[0]))
        _allow(seconds)
        answer = msgspec.msgpack.encode(_perform(task))
        sink.write(FRAME.pack(len(answer)) + answer)
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
