"""Hostile feeds, pages and servers, every one of them: what became of them, and what they cost.

    python -m benchmarks.hostile [--only NAME]

Printed are how many were decided, exceptions that escaped, workers that came to grief, the worst processor time and
memory of a worker, the share of pages whose marker sentence was kept, and what was worst by name.
"""

import argparse
import asyncio
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from scraper.feeds import FeedError
from scraper.feeds.opml import read_opml
from scraper.fetch import FetchError, ForgetfulHosts
from scraper.fetch.client import HttpFetcher
from scraper.settings import Duration, ExtractSettings, FetchSettings, MannersSettings
from scraper.workers import Refused, Workers
from storage.records import ARTICLE_KINDS, SiteRules
from tests.fakes import page
from tests.hostile.corpus import Case, pages
from tests.hostile.faults import FAULTS, MARKER
from tests.hostile.feeds import feeds

TICKS = os.sysconf("SC_CLK_TCK")


class Decided(NamedTuple):
    """What became of one document. `escaped`: an error that nobody foresaw; `processor` in seconds, `memory` in MiB."""

    name: str
    what: str
    processor: float
    memory: float
    kept: bool = False
    escaped: bool = False
    killed: bool = False


async def decide(workers: Workers, case: Case, *, as_page: bool) -> Decided:
    """Hand one document to a worker and account for it."""
    child = _child()
    _forget_peak(child)
    before, buried = _processor(child), _buried()
    kept = escaped = killed = False
    asked = page("https://harbour.example/boats/", case.body, headers=(("Content-Type", case.kind),))
    try:
        if as_page:
            article = await workers.extract(asked, SiteRules(), None)
            what, kept = article.kind, MARKER in article.text and article.kind in ARTICLE_KINDS
        else:
            feed = await workers.read_feed(asked)
            what = f"{feed.format}, {len(feed.entries)} entries"
    except Refused as error:
        what, killed, escaped = error.reason, error.killed, "fault of Dateline" in error.reason
    except Exception as error:
        what, escaped = repr(error)[:200], True
    after = _processor(child) if _child() == child else _buried() - buried
    return Decided(case.name, what, after - before, _peak(_child()), kept, escaped, killed)


def _child() -> int:
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return int(children[-1]) if children else 0


def _forget_peak(pid: int) -> None:
    if pid:
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def _processor(pid: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    return 0.0


def _buried() -> float:
    """Processor seconds of all workers that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _peak(pid: int) -> float:
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)
    return 0.0


async def measure(cases: Iterator[Case], *, as_page: bool, only: str) -> None:
    """Decide them one after the other and print the figures."""
    workers = Workers(ExtractSettings(workers=1))
    found, marked = [], set()
    try:
        for case in cases:
            if only in case.name:
                found.append(await decide(workers, case, as_page=as_page))
                if case.marked:
                    marked.add(case.name)
    finally:
        await workers.close()
    report(found, marked)


def report(found: list[Decided], marked: set[str]) -> None:
    """The figures of one kind of document."""
    escaped, killed = [one for one in found if one.escaped], [one for one in found if one.killed]
    missed = [one for one in found if one.name in marked and not one.kept]
    slowest = sorted(found, key=lambda one: -one.processor)[:5]
    largest = sorted(found, key=lambda one: -one.memory)[:3]
    print(f"decided {len(found)}, escaped exceptions {len(escaped)}, workers killed {len(killed)}")
    print("worst processor seconds:", ", ".join(f"{one.processor:.2f} ({one.name})" for one in slowest))
    print("worst memory (MiB):", ", ".join(f"{one.memory:.0f} ({one.name})" for one in largest))
    if marked:
        print(
            f"marker sentence kept: {len(marked) - len(missed)} of {len(marked)} = {1 - len(missed) / len(marked):.2%}"
        )
    for one in (*escaped, *killed, *missed):
        print(f"  {one.name}: {one.what}")


DEADLINE = 3.0


async def faults(only: str) -> None:
    """Ask the hostile server, which is a process of its own, for every fault, one after the other."""
    command = (sys.executable, "-m", "tests.hostile.server")
    server = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert server.stdout
    base = f"http://127.0.0.1:{int(await server.stdout.readline())}"
    settings = FetchSettings(timeout=Duration(DEADLINE), allow_networks=("127.0.0.0/8",))
    fetcher = HttpFetcher(settings, MannersSettings(delay=Duration(0), obey_robots=False), ForgetfulHosts())
    seconds, wrong = {}, []
    _forget_peak(os.getpid())
    before = _peak(os.getpid())
    try:
        for name, fault in FAULTS.items():
            if only in name:
                start = time.perf_counter()
                try:
                    if (await fetcher.get(f"{base}/{name}")).body != fault.whole:
                        wrong.append(name)
                except FetchError:
                    if fault.whole is not None:
                        wrong.append(name)
                seconds[name] = time.perf_counter() - start
    finally:
        await fetcher.close()
        server.kill()
        await server.wait()
    worst = sorted(seconds.items(), key=lambda one: -one[1])[:3]
    print(f"ended {len(seconds)}, taken or refused wrongly {len(wrong)} {' '.join(wrong)}")
    print(f"deadline {DEADLINE:g} s; longest:", ", ".join(f"{took:.2f} s ({name})" for name, took in worst))
    print(f"memory above what the process held before: {_peak(os.getpid()) - before:.0f} MiB (cap of one body: 10 MiB)")


def lists_of_feeds() -> None:
    """OPML is the user's own file, read in the process itself."""
    escaped, slowest, count = 0, 0.0, 0
    for case in feeds():
        if b"<opml" in case.body[:200_000]:
            start, count = time.process_time(), count + 1
            try:
                read_opml(case.body)
            except FeedError:
                pass
            except Exception as error:
                escaped += 1
                print(f"  {case.name}: {error!r}"[:200])
            slowest = max(slowest, time.process_time() - start)
    print(f"decided {count}, escaped exceptions {escaped}, worst processor seconds {slowest:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="NAME", help="Only what has this in its name.")
    only = parser.parse_args().only
    print("== feeds")
    asyncio.run(measure(feeds(), as_page=False, only=only))
    print("== pages")
    asyncio.run(measure(pages(), as_page=True, only=only))
    print("== network faults")
    asyncio.run(faults(only))
    print("== lists of feeds (OPML)")
    lists_of_feeds()


if __name__ == "__main__":
    main()
