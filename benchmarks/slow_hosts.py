"""One host that drips, one that never answers and one with a feed of 500 MB among healthy ones: do the others suffer?

    python -m benchmarks.slow_hosts [--hosts 50] [--articles 20] [--rounds 3]

Each round polls the healthy hosts alone and then together with the three. Printed are the healthy articles archived,
their rate until the last of them was announced, the ratio of the two rates, and the peak memory of all processes.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.first_fill import _watch
from tests.hostile.corpus import story
from tests.hostile.faults import FEED, sized

Serve = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
SICK = 3


class Round(NamedTuple):
    """Healthy articles, seconds until the last of them was announced, peak MiB of all processes, seconds in all."""

    articles: int
    seconds: float
    peak: float
    whole: float


def healthy(port: int, articles: int) -> Serve:
    """A site with one feed and so many articles."""
    base = f"http://127.0.0.1:{port}"
    links = "".join(f"<item><title>{n}</title><link>{base}/{n}/</link></item>" for n in range(articles))
    feed = f"<rss version='2.0'><channel><title>{port}</title>{links}</channel></rss>".encode()

    async def serve(path: str, writer: asyncio.StreamWriter) -> None:
        if path == "/feed/":
            writer.write(sized(feed, kind="text/xml"))
        elif path == "/robots.txt":
            writer.write(sized(b"", kind="text/plain"))
        else:
            number = path.strip("/")
            lines = "".join(
                f"<p>Keeper {number} of port {port} lit lamp {n} on the pier at dusk.</p>" for n in range(30)
            )
            writer.write(sized(story(inside=lines).encode()))

    return serve


async def drip(_: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.2)


async def silence(_: str, __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def flood(path: str, writer: asyncio.StreamWriter) -> None:
    if path == "/robots.txt":
        writer.write(sized(b"", kind="text/plain"))
        return
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nConnection: close\r\n\r\n")
    for _ in range(500 * (1 << 20) // (len(FEED) * 300)):
        writer.write(FEED * 300)
        await writer.drain()


async def _listen(serve: Serve | None, articles: int = 0) -> int:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
            await (serve or healthy(port, articles))(asked, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = int(server.sockets[0].getsockname()[1])
    return port


async def serve_all(hosts: int, articles: int) -> None:
    """The web, in a process of its own; prints the ports, the sick ones first."""
    ports = [await _listen(serve) for serve in (drip, silence, flood)]
    ports += [await _listen(None, articles) for _ in range(hosts)]
    print(json.dumps(ports), flush=True)
    await asyncio.sleep(86400)


def poll(folder: Path, ports: list[int]) -> Round:
    """One pass over these hosts with an archive of its own."""
    feeds = "".join(f'[[feeds]]\nurl = "http://127.0.0.1:{port}/feed/"\ncategory = "{port}"\n' for port in ports)
    limits = '[fetch]\nallow_networks = ["127.0.0.0/8"]\n[manners]\ndelay = "0s"\n'
    (folder / "config.toml").write_text(limits + feeds)
    start = last = time.perf_counter()
    articles, peak = 0, [0.0]
    command = [sys.executable, "-m", "dateline", "--json", "poll"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        watcher = threading.Thread(target=_watch, args=(process.pid, peak))
        watcher.start()
        assert process.stdout
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "article" and event["outcome"] == "new":
                articles, last = articles + 1, time.perf_counter()
    watcher.join()
    return Round(articles, last - start, peak[0], time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=50)
    parser.add_argument("--articles", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        asyncio.run(serve_all(asked.hosts, asked.articles))
        return
    again = [sys.executable, "-m", "benchmarks.slow_hosts", "--serve", "--hosts", str(asked.hosts)]
    with subprocess.Popen([*again, "--articles", str(asked.articles)], stdout=subprocess.PIPE, text=True) as web:
        assert web.stdout
        ports = json.loads(web.stdout.readline())
        rounds = []
        for number in range(asked.rounds):
            pair = []
            for chosen in (ports[SICK:], ports):
                with tempfile.TemporaryDirectory() as folder:
                    pair.append(poll(Path(folder), chosen))
            rounds.append(pair)
            for name, one in zip(("healthy alone", "with the three"), pair, strict=True):
                print(
                    f"{number}  {name:<15} {one.articles} articles, {one.articles / one.seconds:6.1f} a second, peak "
                    f"{one.peak:.0f} MiB, {one.whole:.0f} s in all"
                )
        web.kill()
    ratios = [(b.articles / b.seconds) / (a.articles / a.seconds) for a, b in rounds]
    print(f"rate with the three, as a share of that without: median {median(ratios):.0%} of {asked.rounds} rounds")


if __name__ == "__main__":
    main()
