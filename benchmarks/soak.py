"""Soak: the daemon polls 100 feeds 2,000 times, with 5 % faults, and is watched.

    python -m benchmarks.soak                     # 30 minutes
    python -m benchmarks.soak --minutes 3         # the same polls, closer together

The feeds publish all the time; of 20 requests one is answered by 500, 503, a cut body, a broken feed or not at all.
Every second the memory of all processes (proportional shares), open files, threads and the write-ahead logs are read.
What grows is looked for in the memory that is no file's: the share of a library changes with who else uses it.
Compared are the medians of the last fifth with those after the first fifth (the warm-up). A poll is missed when it
comes later than the daemon had planned it, plus the jitter of a twentieth of the wait (which is longer than the
interval after a failure) and a minute of real time, scaled.
"""

import argparse
import asyncio
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.crash_world import WORDS
from benchmarks.first_fill import family, proportional

_FULL_MINUTES = 30.0
_POLLS = 2000
_ITEMS = 12  # in a feed at a time


class Sample(NamedTuple):
    """One look at the daemon: MiB, open files and threads of all its processes, MiB of the larger log.

    `own`: what of the memory is no file's.
    """

    memory: float
    own: float
    files: int
    threads: int
    log: float


class Feeds:
    """The site: every feed shows its last items, one more with each poll; one request in 20 goes wrong."""

    def __init__(self, feeds: int, seed: int) -> None:
        self.polls = [0] * feeds
        self.faults = 0
        self.requests = 0
        self._chance = random.Random(seed)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, then hang up."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            self.requests += 1
            answer = self._answer(path)
            writer.write(answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, path: str) -> bytes:
        if path == "/robots.txt":
            return _http(b"User-agent: *\nDisallow:\n", "text/plain")
        if self._chance.random() < 0.05:
            self.faults += 1
            return self._chance.choice(_FAULTS)
        _, kind, number, *rest = path.split("/")
        if kind == "feed":
            self.polls[int(number)] += 1
            return _http(_feed(int(number), self.polls[int(number)]), "application/rss+xml")
        return _http(_story(int(number), int(rest[0])), "text/html")


def _http(body: bytes, kind: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


_FAULTS = (
    b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n<p>cut",
    _http(b"<rss><channel><item><title>cut", "text/html"),
    b"",
)


def _feed(number: int, polls: int) -> bytes:
    items = "".join(
        f"<item><title>Story {story} of {number}</title><link>/story/{number}/{story}</link></item>"
        for story in range(polls, max(polls - _ITEMS, 0), -1)
    )
    return f'<rss version="2.0"><channel><title>Feed {number}</title>{items}</channel></rss>'.encode()


def _story(number: int, story: int) -> bytes:
    chance = random.Random(number * 100_003 + story)
    words = WORDS
    sentences = [f"The {' '.join(chance.choices(words, k=14))} of {chance.randrange(10**6)}." for _ in range(30)]
    text = "".join(f"<p>{' '.join(sentences[n : n + 5])}</p>" for n in range(0, 30, 5))
    return f"<title>Story {story} of {number}</title><article><h1>Story {story}</h1>{text}</article>".encode()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=_FULL_MINUTES)
    parser.add_argument("--feeds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sys.exit(asyncio.run(soak(options.minutes * 60, options.feeds, options.seed)))


async def soak(seconds: float, feeds: int, seed: int) -> int:
    """Run the daemon for so long and print what was seen; 1 if the bar is not met."""
    site = Feeds(feeds, seed)
    every = seconds * feeds / _POLLS
    server = await asyncio.start_server(site.converse, "127.0.0.1", 0)
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        _configure(folder, server.sockets[0].getsockname()[1], feeds, every)
        said: list[tuple[float, dict[str, str]]] = []
        daemon = _started(folder)
        listener = threading.Thread(target=_listen, args=(daemon, said))
        listener.start()
        samples: list[Sample] = []
        end = time.monotonic() + seconds
        while time.monotonic() < end and daemon.poll() is None:
            await asyncio.sleep(1)
            samples.append(_sample(daemon.pid, folder))
        daemon.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(daemon.wait)
        listener.join()
    server.close()
    return told(site, samples, _missed(said, every), code)


def _started(folder: Path) -> "subprocess.Popen[str]":
    command = (sys.executable, "-m", "dateline", "--json", "-q", "run")
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)


def _configure(folder: Path, port: int, feeds: int, every: float) -> None:
    entries = "".join(f'[[feeds]]\nurl = "http://127.0.0.1:{port}/feed/{number}/"\n' for number in range(feeds))
    (folder / "config.toml").write_text(
        '[fetch]\nallow_networks = ["127.0.0.0/8"]\ntimeout = "10s"\n[manners]\ndelay = "0s"\nconnections = 4\n'
        f'[schedule]\nevery = "{every * 1000:.0f}ms"\nfastest = "{every * 1000:.0f}ms"\nadaptive = false\n{entries}'
    )


def _listen(daemon: "subprocess.Popen[str]", said: list[tuple[float, dict[str, str]]]) -> None:
    assert daemon.stdout
    for line in daemon.stdout:
        event = json.loads(line)
        if event["event"] == "feed":
            said.append((time.time(), event))


def _sample(pid: int, folder: Path) -> Sample:
    processes = family(pid)
    logs = [file.stat().st_size for file in folder.glob("*-wal")]
    return Sample(
        sum(proportional(one) for one in processes),
        sum(proportional(one, "Pss_Anon") for one in processes),
        sum(_count(f"/proc/{one}/fd") for one in processes),
        sum(_count(f"/proc/{one}/task") for one in processes),
        max(logs, default=0) / 2**20,
    )


def _count(folder: str) -> int:
    try:
        return sum(1 for _ in Path(folder).iterdir())
    except OSError:
        return 0


def _missed(said: Sequence[tuple[float, dict[str, str]]], every: float) -> tuple[int, int]:
    """(polls, polls that came too late). What is planned is told in whole seconds."""
    allowed = 60.0 * every / 900.0 + 2.0
    planned: dict[str, tuple[float, float]] = {}
    late = 0
    for at, event in said:
        due, wait = planned.get(event["url"], (at, 0.0))
        late += at > due + allowed + wait / 20 + 10.0 * (event["outcome"] == "failed")
        due = datetime.fromisoformat(event["next"]).timestamp() if event["next"] else at
        planned[event["url"]] = due, max(due - at, 0.0)
    return len(said), late


def told(site: Feeds, samples: Sequence[Sample], polls: tuple[int, int], code: int) -> int:
    """Print the figures beside the bar; 1 if it is not met."""
    fifth = max(len(samples) // 5, 1)
    first, last = samples[fifth : 2 * fifth] or samples, samples[-fifth:]
    before, after = (Sample(*(median(column) for column in zip(*some, strict=True))) for some in (first, last))
    growth = (after.own / before.own - 1) * 100 if before.own else 0.0
    log = max(sample.log for sample in samples)
    print(f"{polls[0]} polls, {site.requests} requests, {site.faults} faults, exit {code}")
    rows = (
        ("polls missed", f"{polls[1]}", polls[1] == 0),
        ("memory, MiB", f"{before.memory:.0f} -> {after.memory:.0f}", True),
        ("no file's, MiB", f"{before.own:.0f} -> {after.own:.0f} ({growth:+.1f} %)", growth < 5),
        ("open files", f"{before.files:.0f} -> {after.files:.0f}", after.files <= before.files + 8),
        ("threads", f"{before.threads:.0f} -> {after.threads:.0f}", after.threads <= before.threads),
        ("largest log, MiB", f"{log:.1f}", log < 64),
    )
    for name, figures, met in rows:
        print(f"{name:18} {figures:28} {'ok' if met else 'NOT MET'}")
    return int(code != 0 or not all(met for *_, met in rows))


if __name__ == "__main__":
    main()
