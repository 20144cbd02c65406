"""Two processes on one archive: a daemon and polls at the same time, a reader beside them, and a second daemon.

    python -m benchmarks.two_processes --seconds 30

Counted are refusals ("locked"), articles that are there twice and pages that were fetched more than once. A reader asks
the archive and, in turns, a copy that nobody writes to: what it waits for the disk is in both times, what it waits
for a writer only in one; what it waits for a processor that others have is told apart (`/proc/self/schedstat`).
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from benchmarks.crash_world import FAULTS, judge, world
from benchmarks.kills import POLL
from storage.backends import back_up, open_library

_RUN = (sys.executable, "-m", "dateline", "run")
_LOCKED = 4


class Asked(NamedTuple):
    """What one question took, and what of that it waited for a processor (milliseconds)."""

    took: float
    queued: float


def main() -> None:
    """Print the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--stories", type=int, default=400)
    options = parser.parse_args()
    with world(options.stories) as site, tempfile.TemporaryDirectory(prefix="two-") as name:
        folder = Path(name)
        site.shown = options.stories // 8
        site.configure(folder, '[schedule]\nevery = "2s"\nfastest = "2s"\n')
        subprocess.run(POLL, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        found, alone, beside = Counter[str](), list[Asked](), list[Asked]()
        copy = folder / "copy.db"
        back_up(str(folder / "dateline.db"), str(copy), lambda *_: None)
        log = (folder / "daemon.log").open("w")
        daemon = subprocess.Popen(_RUN, cwd=folder, stderr=log)
        time.sleep(2)
        second = subprocess.run(_RUN, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
        found["second daemon not refused"] += second.returncode != _LOCKED or len(second.stderr.splitlines()) != 1
        end = time.monotonic() + options.seconds
        while time.monotonic() < end:
            site.shown = min(site.shown + options.stories // 8, options.stories)
            poll = subprocess.Popen(POLL, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            while poll.poll() is None:
                alone.append(_asked(copy))
                beside.append(_asked(folder / "dateline.db"))
            err = poll.communicate()[1]
            found["polls"] += 1
            found["refusals"] += "locked" in err or poll.returncode != 0
        site.shown = options.stories
        found["refusals"] += subprocess.run(POLL, cwd=folder, stdout=subprocess.DEVNULL, check=False).returncode != 0
        daemon.send_signal(signal.SIGTERM)
        found["daemon died"] += daemon.wait(60) != 0
        log.close()
        found["refusals"] += (folder / "daemon.log").read_text().count("held it for")
        asked = Counter(path for path in site.site.asked() if path.strip("/").isdecimal())
        found["pages fetched"], found["fetched twice"] = len(asked), sum(count > 1 for count in asked.values())
        found += judge(folder, site, [], complete=True)
    print(f"{found['polls']} polls beside a daemon, {found['pages fetched']} pages")
    for fault in ("refusals", "fetched twice", "second daemon not refused", "daemon died", *FAULTS):
        print(f"{found[fault]:6} {fault}")
    for what, questions in (("of a copy that nobody writes to", alone), ("of the archive", beside)):
        times = [one.took for one in questions]
        centile, longest = quantiles(times, n=100)[98], max(questions)
        print(f"a reader {what}: {len(times)} questions, median {median(times):.1f} ms,", end=" ")
        print(f"one in a hundred over {centile:.1f} ms, longest {longest.took:.1f} ms", end=" ")
        print(f"({longest.queued:.1f} of it for a processor; without that {max(a - b for a, b in questions):.1f} ms)")
    sys.exit(int(any(found[fault] for fault in ("refusals", "second daemon not refused", "daemon died", *FAULTS))))


def _asked(path: Path) -> Asked:
    """Open the archive, read one article, close."""
    start, queued = time.perf_counter(), _queued()
    with closing(open_library(str(path))) as library:
        library.article("1")
    return Asked((time.perf_counter() - start) * 1000, _queued() - queued)


def _queued() -> float:
    """Milliseconds that this thread was ready to run while others had the processors."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e6


if __name__ == "__main__":
    main()
