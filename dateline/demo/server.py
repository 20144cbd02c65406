"""Serves the small news web on the loopback address: one listener a site, a minimal HTTP/1.1 with keep-alive."""

import argparse
import asyncio
import gzip
import hashlib
import json
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from typing import NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

from dateline.demo.designs import FEED_TYPES, article_page, list_page, plain_page
from dateline.demo.feeds import feed_document
from dateline.demo.world import FORBIDDEN, Article, Feed, Site, World
from dateline.signals import on_stop

_HTML = "text/html; charset=utf-8"
_ROBOTS = b"User-agent: *\nDisallow: /private/\n"
_LOG_LENGTH = 200_000


class Hit(NamedTuple):
    """One request that was answered."""

    time: float
    site: int
    path: str
    status: int


class _Body(NamedTuple):
    packed: bytes
    kind: str
    etag: str = ""
    modified: datetime | None = None


class _Answer(NamedTuple):
    status: int
    body: _Body
    location: str = ""


def _now() -> datetime:
    return datetime.now(UTC)


class DemoWeb:
    """Serves a world while the context lasts; `clock` says which moment is shown, `render` makes an article's page.

    Raises:
        OSError: on entering, when one of `ports` (one a site; none: any that are free) is taken.
    """

    def __init__(
        self,
        world: World,
        *,
        clock: Callable[[], datetime] = _now,
        spread: bool = False,
        ports: Sequence[int] = (),
        render: Callable[[World, Article], str] = article_page,
    ):
        self.world = world
        self.ports = list(ports) or [0] * len(world.sites)
        self.log: deque[Hit] = deque(maxlen=_LOG_LENGTH)
        self._clock = clock
        self._spread = spread
        self._render = render
        self._servers: list[asyncio.Server] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pages: dict[tuple[int, datetime], _Body] = {}
        self._lists: dict[tuple[int, str], tuple[int, _Body]] = {}

    async def __aenter__(self) -> Self:
        bases = []
        for index, port in enumerate(self.ports):
            # Separate addresses stand for separate hosts: manners are kept for each host.
            host = f"127.0.{index // 250}.{index % 250 + 1}" if self._spread else "127.0.0.1"
            server = await asyncio.start_server(partial(self._converse, index), host, port)
            self._servers.append(server)
            self.ports[index] = server.sockets[0].getsockname()[1]
            bases.append(f"http://{host}:{self.ports[index]}")
        self.world.settle(bases)
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        for writer in list(self._writers):
            writer.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for server in self._servers:
            await server.wait_closed()

    @property
    def feeds(self) -> list[tuple[str, str]]:
        """(address, category) of every feed."""
        return [(site.base + feed.path, feed.category) for site in self.world.sites for feed in site.feeds]

    def warm(self) -> None:
        """Renders every page that can be read now, so that a measurement sees the client's time alone."""
        for article in self.world.articles_at(self._clock()):
            self._page(article)

    async def _converse(self, index: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._writers.add(writer)
        try:
            while await self._exchange(index, reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
            pass  # the client is gone or speaks no HTTP
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _exchange(self, index: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection stays open."""
        raw = await reader.readuntil(b"\r\n\r\n")
        first, *lines = raw.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        answer = self._answer(self.world.sites[index], target)
        zipped = "gzip" in headers.get("accept-encoding", "")
        if answer.status == 200 and answer.body.etag and _unchanged(headers, answer.body):
            answer = answer._replace(status=304)
        self.log.append(Hit(time.time(), index, target, answer.status))
        open_still = headers.get("connection", "").lower() != "close"
        writer.write(_written(answer, method, zipped, open_still))
        await writer.drain()
        return open_still

    def _answer(self, site: Site, target: str) -> _Answer:
        parts = urlsplit(target)
        fixed = {"/robots.txt": (_ROBOTS, "text/plain"), FORBIDDEN: (b"<p>A private briefing.</p>", _HTML)}
        if parts.path in fixed:
            text, kind = fixed[parts.path]
            return _Answer(200, _Body(gzip.compress(text, mtime=0), kind))
        if parts.path == "/":
            post = parse_qs(parts.query).get("p")
            return self._short(site, post[0]) if post else _Answer(200, self._list(site, None, parts.path))
        for feed in site.feeds:
            if parts.path in (feed.path, feed.page):
                return _Answer(200, self._list(site, feed, parts.path))
        return self._story(site, parts.path)

    def _short(self, site: Site, post: str) -> _Answer:
        article = self.world.article(int(post), self._clock()) if post.isdecimal() else None
        if article is None or article.site != site.index:
            return self._error(site, 404)
        return _Answer(301, _Body(gzip.compress(b""), _HTML), self.world.url(article))

    def _story(self, site: Site, path: str) -> _Answer:
        number = path.removesuffix("/").removesuffix(".html").rpartition("-")[2]
        article = self.world.article(int(number), self._clock()) if number.isdecimal() else None
        if article is None or article.site != site.index or article.path != path:
            return self._error(site, 404)
        return self._error(site, 410) if article.withdrawn else _Answer(200, self._page(article))

    def _error(self, site: Site, status: int) -> _Answer:
        title = HTTPStatus(status).phrase
        return _Answer(status, _packed(plain_page(self.world, site, title, "There is nothing to read here."), _HTML))

    def _page(self, article: Article) -> _Body:
        key = (article.number, article.updated)
        if key not in self._pages:
            self._pages[key] = _packed(self._render(self.world, article), _HTML)
        return self._pages[key]

    def _list(self, site: Site, feed: Feed | None, path: str) -> _Body:
        now = self._clock()
        stamp = self.world.stamp(now)
        kept = self._lists.get((site.index, path))
        if kept and kept[0] == stamp:
            return kept[1]
        body = self._feed(feed, now) if feed and path == feed.path else self._index(site, feed, now)
        self._lists[site.index, path] = (stamp, body)
        return body

    def _index(self, site: Site, feed: Feed | None, now: datetime) -> _Body:
        articles = self.world.feed_articles(feed, now) if feed else self.world.site_articles(site.index, now)[:20]
        return _packed(list_page(self.world, site, feed, articles), _HTML)

    def _feed(self, feed: Feed, now: datetime) -> _Body:
        text = feed_document(self.world, feed, now)
        moments = [article.updated for article in self.world.feed_articles(feed, now)]
        return _packed(text, FEED_TYPES[feed.format])._replace(
            etag=f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"',
            modified=max(moments, default=self.world.start).replace(microsecond=0),
        )


def _packed(text: str, kind: str) -> _Body:
    # Kept packed only: thousands of padded pages would not fit otherwise.
    return _Body(gzip.compress(text.encode(), compresslevel=4, mtime=0), kind)


def _unchanged(headers: dict[str, str], body: _Body) -> bool:
    tags = headers.get("if-none-match")
    if tags is not None:
        return body.etag in (tag.strip().removeprefix("W/") for tag in tags.split(","))
    try:
        since = parsedate_to_datetime(headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return body.modified is not None and body.modified <= (since if since.tzinfo else since.replace(tzinfo=UTC))


def _written(answer: _Answer, method: str, zipped: bool, open_still: bool) -> bytes:
    body = answer.body
    content = b"" if answer.status == 304 else body.packed if zipped else gzip.decompress(body.packed)
    lines = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        "Server: dateline-demo",
        "Vary: Accept-Encoding",
    ]
    if answer.status != 304:
        lines += [f"Content-Type: {body.kind}", f"Content-Length: {len(content)}"]
        lines += ["Content-Encoding: gzip"] if zipped else []
    if body.etag and body.modified:
        # As nginx does: packing a body makes its tag a weak one.
        lines += [
            f"ETag: {'W/' if zipped else ''}{body.etag}",
            f"Last-Modified: {format_datetime(body.modified, usegmt=True)}",
        ]
    lines += [f"Location: {answer.location}"] if answer.location else []
    lines += [f"Connection: {'keep-alive' if open_still else 'close'}", "", ""]
    head = "\r\n".join(lines).encode("latin-1")
    return head if method == "HEAD" else head + content


async def _serve(options: argparse.Namespace) -> None:
    world = World(
        _now(),
        options.seed,
        sites=options.sites,
        feeds_per_site=options.feeds,
        initial=options.articles,
        interval=options.interval,
        page_bytes=options.page_bytes,
        feed_window=options.feed_window,
    )
    await play(DemoWeb(world, spread=options.spread), as_json=options.json)


async def play(web: DemoWeb, *, as_json: bool) -> None:
    """Serve until SIGTERM; the feeds are told once every page can be had at once."""
    ended = asyncio.Event()
    on_stop(ended.set)
    async with web:
        web.warm()
        facts = {"feeds": web.feeds, "articles": web.world.initial}
        lines = [json.dumps(facts)] if as_json else [f"{category}\t{url}" for url, category in web.feeds]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        await ended.wait()


def main() -> None:
    """Plays a news web until SIGTERM; every article is there at once when the interval is 0."""
    parser = argparse.ArgumentParser(prog="python -m dateline.demo.server", description=main.__doc__)
    parser.add_argument("--sites", type=int, default=3)
    parser.add_argument("--feeds", type=int, default=4, help="feeds of each site")
    parser.add_argument("--articles", type=int, default=24, help="articles that are there from the start")
    parser.add_argument("--interval", type=float, default=0.0, help="seconds between new articles; 0: none")
    parser.add_argument("--page-bytes", type=int, default=0, help="about how large a page should be")
    parser.add_argument("--feed-window", type=int, default=0, help="entries in a feed; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spread", action="store_true", help="an address of its own (127.0.0.N) for each site")
    parser.add_argument("--json", action="store_true", help="print the feeds as one line of JSON")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
