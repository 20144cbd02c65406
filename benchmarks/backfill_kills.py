"""Kills `dateline backfill` with SIGKILL at random points, starts it again, and counts what was asked for twice.

python -m benchmarks.backfill_kills [--kills 50] [--articles 400] [--source sitemap|feed] [--one]

Each round is a backfill of its own that is killed once, at the k-th request plus 0 to 30 ms, and then completed; with
--one all kills fall on one backfill. Afterwards the archive must hold every article once, sound and whole.
"""

import argparse
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_START = datetime(2020, 1, 1, 9, tzinfo=UTC)
_A_PAGE = 20


@dataclass
class Web:
    """A newspaper on the loopback address: its articles, its feed in pages, its sitemaps; and what was asked of it."""

    articles: int
    base: str = ""
    asked: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def answer(self, path: str) -> tuple[int, str, str]:
        """(status, content type, body)."""
        with self.changed:
            self.asked.append(path)
            self.changed.notify_all()
        name, _, query = path.partition("?")
        if name.startswith("/story-"):
            return 200, "text/html", _article(int(name.removeprefix("/story-")))
        if name == "/robots.txt":
            return 200, "text/plain", f"User-agent: *\nDisallow:\nSitemap: {self.base}/sitemap.xml\n"
        if name == "/feed/":
            return self._feed(int(query.removeprefix("paged=") or 1))
        if name == "/sitemap.xml":
            maps = range(-(-self.articles // _A_PAGE))
            rows = "".join(f"<sitemap><loc>{self.base}/sitemap-{n}.xml</loc></sitemap>" for n in maps)
            return 200, "application/xml", f"<sitemapindex>{rows}</sitemapindex>"
        if name.startswith("/sitemap-"):
            start = int(name[9:-4]) * _A_PAGE
            urls = range(start, min(start + _A_PAGE, self.articles))
            rows = "".join(f"<url><loc>{self.base}/story-{n}</loc></url>" for n in urls)
            return 200, "application/xml", f"<urlset>{rows}</urlset>"
        return 404, "text/plain", "not here"

    def wait_for(self, requests: int, seconds: float) -> None:
        """Until so many requests have come, or the time is over."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.asked) >= requests, seconds)

    def _feed(self, number: int) -> tuple[int, str, str]:
        newest = range(self.articles - 1, -1, -1)[(number - 1) * _A_PAGE : number * _A_PAGE]
        items = "".join(
            f"<item><link>{self.base}/story-{n}</link><pubDate>{format_datetime(_moment(n))}</pubDate></item>"
            for n in newest
        )
        head = "<title>News</title><generator>https://wordpress.org</generator>"
        body = f'<rss version="2.0"><channel>{head}{items}</channel></rss>'
        return (200 if items else 404), "application/rss+xml", body


def _moment(number: int) -> datetime:
    return _START + timedelta(hours=number)


def _article(number: int) -> str:
    chance = random.Random(number)
    words = ["".join(chance.choice("bcdfglmnprst") + chance.choice("aeiou") for _ in range(3)) for _ in range(400)]
    lines = "".join(f"<p>{' '.join(words[n : n + 40]).capitalize()}.</p>" for n in range(0, 400, 40))
    date = f"<meta property='article:published_time' content='{_moment(number).isoformat()}'>"
    return (
        f"<html lang=en><head><title>{words[0]} {number}</title>{date}"
        "<meta property='og:type' content='article'></head>"
        f"<body><article><h1>{words[0]} {number}</h1>{lines}</article></body></html>"
    )


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that is killed breaks its connection."""


@contextmanager
def serving(articles: int) -> Iterator[Web]:
    """The newspaper while it is up."""
    web = Web(articles)

    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, kind, text = web.answer(self.path)
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Requests)
    server.daemon_threads = True
    web.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def start(folder: Path, source: str, web: Web) -> subprocess.Popen[bytes]:
    """The command as a process."""
    file = folder / "config.toml"
    file.write_text('[fetch]\nallow_networks = ["127.0.0.0/8"]\n[manners]\ndelay = "0s"\n[extract]\nworkers = 1\n')
    address = web.base + ("/feed/" if source == "feed" else "/")
    command = [sys.executable, "-m", "dateline", "-q", "backfill", source, address, "--category", "World"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def killed(folder: Path, source: str, web: Web, chance: random.Random, span: int) -> bool:
    """Start it and kill it at a random request of the next `span`; False if it was done before."""
    process = start(folder, source, web)
    web.wait_for(len(web.asked) + chance.randint(1, span), 30)
    time.sleep(chance.random() * 0.03)
    process.send_signal(signal.SIGKILL)
    _, trouble = process.communicate()
    if process.returncode > 0:
        raise SystemExit(f"ended with {process.returncode}: {trouble.decode()[-2000:]}")
    return process.returncode == -signal.SIGKILL


def completed(folder: Path, source: str, web: Web) -> None:
    """Start it and let it come to its end."""
    process = start(folder, source, web)
    _, trouble = process.communicate(timeout=300)
    if process.returncode:
        raise SystemExit(f"ended with {process.returncode}: {trouble.decode()[-2000:]}")


def faults(folder: Path, web: Web) -> list[str]:
    """What is wrong with the archive."""
    wanted = {f"{web.base}/story-{n}" for n in range(web.articles)}
    with closing(sqlite3.connect(folder / "dateline.db")) as db:
        found = Counter(url for (url,) in db.execute("SELECT url FROM articles WHERE categories = '[\"World\"]'"))
        sound = db.execute("PRAGMA integrity_check").fetchall()
        revised = db.execute("SELECT count(*) FROM articles WHERE revision > 1").fetchone()[0]
    wrong = [f"missing: {url}" for url in wanted - found.keys()]
    wrong += [f"{count} times: {url}" for url, count in found.items() if count > 1 or url not in wanted]
    wrong += [str(sound)] if sound != [("ok",)] else []
    return wrong + ([f"{revised} revised"] if revised else [])


def repeated(web: Web) -> int:
    """Requests for what was asked for before, robots.txt left out."""
    return sum(count - 1 for path, count in Counter(web.asked).items() if path != "/robots.txt")


def main() -> int:
    """Print what the kills did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--source", choices=("sitemap", "feed"), default="sitemap")
    parser.add_argument("--one", action="store_true", help="all kills on one backfill")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    requests = again = kills = 0
    wrong: list[str] = []
    for _ in range(1 if options.one else options.kills):
        with tempfile.TemporaryDirectory() as name, serving(options.articles) as web:
            folder = Path(name)
            each = options.kills if options.one else 1
            kills += sum(killed(folder, options.source, web, chance, options.articles // each) for _ in range(each))
            completed(folder, options.source, web)
            done = len(web.asked)
            completed(folder, options.source, web)
            wrong += faults(folder, web) + ([] if len(web.asked) == done else ["a finished one asked again"])
            requests, again = requests + len(web.asked), again + repeated(web)
    print(f"{kills} kills, {requests} requests, {again} repeated ({again / requests:.2%}), faults: {len(wrong)}")
    for fault in wrong[:20]:
        print(f"  {fault}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
