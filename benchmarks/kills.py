"""Kills: `dateline poll` is killed at a random request, looked at, and started again.

    python -m benchmarks.kills --kills 200

Each time an empty archive is filled from a small site on the loopback address until the k-th request comes in, plus 0
to 30 ms; then SIGKILL. Every second of the polls that follow is killed too, so that a recovery is interrupted as well.
Then a poll is left alone, and must complete the archive. Judged are the archive as the kill left it and as it ends.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from benchmarks.crash_world import FAULTS, World, articles_in, judge, world

POLL = (sys.executable, "-m", "dateline", "--json", "-q", "poll")


def main() -> None:
    """Print the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--stories", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.monotonic()
    found = kill_often(options.kills, options.stories, options.seed)
    print(f"{found['kills']} kills in {time.monotonic() - start:.0f} s")
    for name in FAULTS:
        print(f"{found[name]:6} {name}")
    sys.exit(int(any(found[name] for name in FAULTS)))


def kill_often(kills: int, stories: int, seed: int) -> Counter[str]:
    """Kill so many polls; what was wrong afterwards."""
    chance = random.Random(seed)
    found: Counter[str] = Counter()
    with world(stories, seed) as site:
        while found["kills"] < kills:
            with tempfile.TemporaryDirectory(prefix="kills-") as name:
                found += one_archive(Path(name), site, chance, most=min(2, kills - found["kills"]))
    return found


def one_archive(folder: Path, site: World, chance: random.Random, most: int) -> Counter[str]:
    """Fill one archive with up to `most` kills on the way."""
    site.configure(folder)
    found: Counter[str] = Counter()
    announced: list[dict[str, object]] = []
    requests = len(site.texts) + 3
    for _ in range(chance.randint(1, most)):
        announced += killed(folder, site, chance.randint(1, requests), chance.uniform(0, 0.03))
        requests = max(requests // 2, 2)  # the next has less to do
        found["kills"] += 1
        found += judge(folder, site, announced, complete=False)
    site.on_request = lambda _: None
    done = subprocess.run(POLL, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    found["failed restarts"] += done.returncode != 0 or bool(done.stderr)
    return found + judge(folder, site, announced + articles_in(done.stdout), complete=True)


def killed(folder: Path, site: World, request: int, delay: float) -> list[dict[str, object]]:
    """Start a poll and kill it so long after that request; what it had announced. It may be done before."""
    due = threading.Event()
    site.requests = 0
    site.on_request = lambda number: due.set() if number == request else None
    with (folder / "announced.jsonl").open("w+") as out:
        poll = subprocess.Popen(POLL, cwd=folder, stdout=out, stderr=subprocess.DEVNULL)
        while poll.poll() is None and not due.wait(0.05):
            pass
        time.sleep(delay)
        if poll.poll() is None:
            os.kill(poll.pid, signal.SIGKILL)
        poll.wait()
        out.seek(0)
        return articles_in(out.read())


if __name__ == "__main__":
    main()
