"""First fill of an archive: Dateline beside a tuned Scrapy + feedparser + trafilatura + SQLite, in one run.

    make bench          # or: python -m benchmarks.first_fill --sites 50 --articles 3000 --rounds 3

A made-up news web of some sites with four category feeds each runs in a process of its own. Each contender fills an
empty archive from it, in turns; printed are articles a second (wall), processor time for 1,000 articles and peak
memory, each summed over all processes of the contender, as medians over the rounds. `--data`: with the pages of a
collection (as benchmarks.extraction reads it) in the places of the made-up ones. `--mode`: trafilatura's.
"""

import argparse
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

HERE = Path(__file__).parent
Prepare = Callable[[Path, Sequence[tuple[str, str]], int], list[str]]


class Figures(NamedTuple):
    """One fill: seconds of wall clock, seconds of processor time, peak MiB of all processes, articles kept."""

    wall: float
    processor: float
    peak: float
    articles: int


def measured(command: Sequence[str], folder: Path, count: Callable[[Path], int]) -> Figures:
    """Run a command to its end and account for it and all its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak))
    watcher.start()
    process.wait()
    wall = time.perf_counter() - start
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Figures(wall, used, peak[0], count(folder))


def _watch(pid: int, peak: list[float]) -> None:
    while (total := sum(proportional(one) for one in family(pid))) > 0:
        peak[0] = max(peak[0], total)
        time.sleep(0.1)


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in family(int(child)))]


def proportional(pid: int, what: str = "Pss") -> float:
    """MiB that a process holds, shared pages divided among their users (`Pss_Anon`: its own data alone)."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith(f"{what}:")), 0.0)


def dateline(folder: Path, feeds: Sequence[tuple[str, str]], workers: int) -> list[str]:
    """The command that fills an archive with Dateline."""
    entries = "".join(f'[[feeds]]\nurl = "{url}"\ncategory = "{category}"\n' for url, category in feeds)
    (folder / "config.toml").write_text(
        f'[fetch]\nallow_networks = ["127.0.0.0/8"]\n[manners]\ndelay = "0s"\nconnections = 4\n'
        f"[extract]\nworkers = {workers}\n{entries}"
    )
    return [sys.executable, "-m", "dateline", "-q", "poll"]


def scrapy(folder: Path, feeds: Sequence[tuple[str, str]], workers: int, mode: str) -> list[str]:
    """The command that fills an archive with Scrapy."""
    (folder / "feeds.json").write_text(json.dumps([url for url, _ in feeds]))
    return [sys.executable, str(HERE / "scrapy_pipeline.py"), "feeds.json", "archive.db", str(workers), mode]


def _rows(file: str, table: str) -> Callable[[Path], int]:
    def count(folder: Path) -> int:
        with sqlite3.connect(folder / file) as archive:
            number: int = archive.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return number

    return count


def _web(options: argparse.Namespace) -> list[str]:
    """The command that serves the pages."""
    sizes = ["--sites", str(options.sites), "--articles", str(options.articles)]
    if options.data:
        return [sys.executable, "-m", "benchmarks.collected_web", str(options.data), *sizes]
    more = ["--json", "--interval", "0", "--page-bytes", str(options.page_bytes)]
    return [sys.executable, "-m", "dateline.demo.server", *sizes, *more]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--articles", type=int, default=3000)
    parser.add_argument("--page-bytes", type=int, default=120_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="extraction processes")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--mode", choices=("fast", "default"), default="fast")
    options = parser.parse_args()
    web = subprocess.Popen(_web(options), stdout=subprocess.PIPE)
    try:
        assert web.stdout
        world = json.loads(web.stdout.readline())
        for workers in options.workers:
            _compare(world["feeds"], workers, options.rounds, options.mode)
    finally:
        web.send_signal(signal.SIGTERM)
        web.wait()


def _compare(feeds: Sequence[tuple[str, str]], workers: int, rounds: int, mode: str) -> None:
    contenders: dict[str, tuple[Prepare, Callable[[Path], int]]] = {
        "Dateline": (dateline, _rows("dateline.db", "articles")),
        "Scrapy": (partial(scrapy, mode=mode), _rows("archive.db", "article")),
    }
    results: dict[str, list[Figures]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, (prepare, count) in contenders.items():
            folder = Path(tempfile.mkdtemp(prefix="first-fill-"))
            results[name].append(measured(prepare(folder, feeds, workers), folder, count))
            shutil.rmtree(folder)
    print(f"{workers} extraction process(es), {rounds} rounds, {os.cpu_count()} cores")
    print(f"{'':10} {'articles':>9} {'articles/s':>11} {'CPU s/1000':>11} {'peak MiB':>9}")
    for name, rows in results.items():
        kept = rows[0].articles
        rate, processor = median(row.articles / row.wall for row in rows), median(row.processor for row in rows)
        peak = median(row.peak for row in rows)
        print(f"{name:10} {kept:9} {rate:11.1f} {processor / max(kept, 1) * 1000:11.1f} {peak:9.0f}")
    pairs = list(zip(results["Dateline"], results["Scrapy"], strict=True))
    ratio = median((ours.articles / ours.wall) / (theirs.articles / theirs.wall) for ours, theirs in pairs)
    print(f"Dateline / Scrapy, articles/s, median of the pairs: {ratio:.2f}\n", flush=True)


if __name__ == "__main__":
    main()
