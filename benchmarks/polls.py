"""Polling a thousand feeds of which few have changed: Dateline beside reader with 16 workers, in one run.

    python -m benchmarks.polls                       # the bench extra brings reader; three minutes

250 hosts on the loopback address, each with four feeds of twenty entries (15 kB), in a process of their own. Half of
them answer as WordPress does behind a server that compresses: the ETag goes out weak, and only without its W/ is it
known again. A quarter know their ETag, a quarter send none and the same bytes again. Both contenders read every feed
once; Dateline then holds the 5,000 articles, too (reader fetches none). A round: one feed in fifty gains an entry, both
poll; nothing changes, both poll; who goes first alternates. Each poll is a process from its start to its end. Where an
entry is new, Dateline's poll fetches, cleans and archives its article as well. Printed are medians: feeds a second,
processor time for 1,000 feeds and peak memory of all processes.
"""

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.first_fill import Figures, measured

_HOSTS, _FEEDS, _ENTRIES = 250, 4, 20
_CHANGED = 50  # one feed in so many
_WORDS = (
    "harbour",
    "council",
    "engineers",
    "bridge",
    "election",
    "orchestra",
    "drought",
    "minister",
    "river",
    "budget",
)
# reader's own copy of feedparser looks for the module's old name, which its requirements no longer bring.
_READER = """
import json, sys
from pathlib import Path
import feedparser_sgmllib
sys.modules["sgmllib"] = feedparser_sgmllib
from reader import make_reader
reader = make_reader("reader.db")
"""
_ADD = """
for url in json.loads(Path("feeds.json").read_text()):
    reader.add_feed(url, exist_ok=True)
"""
_UPDATE = """
reader.update_feeds(scheduled=False, workers=16)
"""


class Host:
    """One news site: its feeds and pages, made anew for each turn of the world."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.base = ""
        self._kept: dict[int, tuple[int, bytes]] = {}

    @property
    def address(self) -> str:
        """Each host has an address of its own, as manners are kept for each."""
        return f"127.0.1.{self.number + 1}"

    def answer(self, path: str, asked: bytes, turn: int) -> bytes:
        """The whole answer to one request."""
        if path == "/robots.txt":
            return _written(200, b"User-agent: *\nDisallow: /private/\n", "text/plain")
        feed = path.removeprefix("/feed/")
        if not feed.isdecimal():
            return _written(200, _page(path).encode(), "text/html; charset=utf-8")
        added = self._added(int(feed), turn)
        tag = b'"%d-%d"' % (int(feed), added)
        wordpress, bare = self.number % 4 < 2, self.number % 4 == 3
        if not bare and tag in asked and not (wordpress and b"W/" + tag in asked):
            return b"HTTP/1.1 304 Not Modified\r\nETag: " + tag + b"\r\n\r\n"
        if self._kept.get(int(feed), (-1, b""))[0] != added:
            self._kept[int(feed)] = added, self._document(int(feed), added)
        shown = b"" if bare else b"W/" + tag if wordpress else tag
        return _written(200, self._kept[int(feed)][1], "application/rss+xml", shown)

    def _added(self, feed: int, turn: int) -> int:
        """How many entries the feed has gained: every turn brings one to another fiftieth of all feeds."""
        place = self.number * _FEEDS + feed
        return sum(place % _CHANGED == one % _CHANGED for one in range(1, turn + 1))

    def _document(self, feed: int, added: int) -> bytes:
        # The four feeds of a site list the same stories at first, so that a fill takes seconds.
        paths = [f"/news/{feed}-{n}/" for n in range(added, 0, -1)] + [f"/news/{n}/" for n in range(_ENTRIES)]
        items = "".join(
            f"<item><title>{_words(path, 8)}</title><link>{self.base}{path}</link><guid>{self.base}{path}</guid>"
            f"<pubDate>Tue, 24 Nov 2026 08:{n:02}:00 GMT</pubDate><description>{_words(path, 70)}</description></item>"
            for n, path in enumerate(paths[:_ENTRIES])
        )
        head = f"<title>News {feed} of host {self.number}</title><link>{self.base}/</link>"
        return f"<rss version='2.0'><channel>{head}{items}</channel></rss>".encode()


def _words(seed: str, count: int) -> str:
    start = sum(seed.encode())
    return " ".join(_WORDS[(start * n + n * n) % len(_WORDS)] for n in range(1, count + 1))


def _page(path: str) -> str:
    lines = "".join(f"<p>On {path} the {_words(path + str(n), 30)} at pier {n}.</p>" for n in range(8))
    body = f"<article><h1>{path}</h1>{lines}</article>"
    return f"<html><head><title>{_words(path, 8)}</title></head><body>{body}</body></html>"


def _written(status: int, body: bytes, kind: str, tag: bytes = b"") -> bytes:
    etag = b"ETag: " + tag + b"\r\n" if tag else b""
    head = f"HTTP/1.1 {status} OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n".encode()
    return head + etag + b"\r\n" + body


class _World:
    """What all hosts share: the turn, and how many feeds were asked for."""

    turn = 0
    asked = 0


class _Exchange(asyncio.Protocol):
    """Answers requests on one connection."""

    def __init__(self, host: Host, world: _World) -> None:
        self._host, self._world, self._asked = host, world, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked += data
        while b"\r\n\r\n" in self._asked:
            asked, _, self._asked = self._asked.partition(b"\r\n\r\n")
            path = asked.split(b" ", 2)[1].decode()
            self._world.asked += path.startswith("/feed/")
            self._transport.write(self._host.answer(path, asked, self._world.turn))


async def _serve() -> None:
    """Print the feeds; SIGUSR1 turns the world; both signals print how many feeds were asked for; until SIGTERM."""
    world, loop, ended = _World(), asyncio.get_running_loop(), asyncio.Event()

    def tell(turns: int) -> None:
        world.turn += turns
        sys.stdout.write(f"{world.asked}\n")
        sys.stdout.flush()

    loop.add_signal_handler(signal.SIGUSR1, tell, 1)
    loop.add_signal_handler(signal.SIGUSR2, tell, 0)
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    urls = []
    for host in map(Host, range(_HOSTS)):
        server = await loop.create_server(lambda host=host: _Exchange(host, world), host.address, 0)  # type: ignore[misc]
        host.base = f"http://{host.address}:{server.sockets[0].getsockname()[1]}"
        urls += [f"{host.base}/feed/{n}" for n in range(_FEEDS)]
    sys.stdout.write(json.dumps(urls) + "\n")
    sys.stdout.flush()
    await ended.wait()


def _dateline(folder: Path, feeds: list[str]) -> list[str]:
    entries = "".join(f'[[feeds]]\nurl = "{url}"\ncategory = "News"\n' for url in feeds)
    (folder / "config.toml").write_text(
        '[fetch]\nallow_networks = ["127.0.0.0/8"]\n[manners]\ndelay = "0s"\nconnections = 4\n'
        f"[schedule]\nrevisit = false\n[extract]\nworkers = 1\n{entries}"
    )
    return [sys.executable, "-m", "dateline", "-q", "poll"]


def _reader(folder: Path, feeds: list[str]) -> list[str]:
    (folder / "feeds.json").write_text(json.dumps(feeds))
    subprocess.run([sys.executable, "-c", _READER + _ADD], cwd=folder, check=True)
    return [sys.executable, "-c", _READER + _UPDATE]


def _said(web: subprocess.Popen[str], signal_: int) -> int:
    assert web.stdout
    web.send_signal(signal_)
    return int(web.stdout.readline())


def _compare(web: subprocess.Popen[str], folder: Path, rounds: int) -> dict[tuple[str, str], list[Figures]]:
    assert web.stdout
    feeds = json.loads(web.stdout.readline())
    commands = {"Dateline": _dateline(folder, feeds), "reader": _reader(folder, feeds)}
    for command in commands.values():
        measured(command, folder, lambda _: 0)
    results: dict[tuple[str, str], list[Figures]] = {}
    for number in range(rounds):
        for what in ("2 % changed", "nothing changed"):
            before = _said(web, signal.SIGUSR1 if what == "2 % changed" else signal.SIGUSR2)
            for name in sorted(commands, reverse=bool(number % 2)):
                results.setdefault((what, name), []).append(measured(commands[name], folder, lambda _: len(feeds)))
                asked = _said(web, signal.SIGUSR2) - before
                assert asked == len(feeds), f"{name} asked for {asked} feeds"
                before += asked
    return results


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(_serve())
        return
    web = subprocess.Popen([sys.executable, "-m", "benchmarks.polls", "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            results = _compare(web, Path(folder), options.rounds)
    finally:
        web.terminate()
        web.wait()
    print(f"{'':27} {'feeds/s':>8} {'CPU s/1000':>11} {'peak MiB':>9}")
    for (what, name), rows in sorted(results.items(), reverse=True):
        rate = median(row.articles / row.wall for row in rows)
        processor = median(row.processor / row.articles * 1000 for row in rows)
        print(f"{what:16} {name:10} {rate:8.0f} {processor:11.2f} {median(row.peak for row in rows):9.0f}")
    for what in ("nothing changed", "2 % changed"):
        pairs = zip(results[what, "Dateline"], results[what, "reader"], strict=True)
        print(f"{what}: {median(theirs.wall / ours.wall for ours, theirs in pairs):.2f} times reader's feeds/s")


if __name__ == "__main__":
    main()
