"""The small news web on the loopback address: a listener a site, and a log of every request.

    python -m dateline.demo.server --sites 50 --articles 3000 --page-bytes 120000 --interval 0 --json

plays it alone until it is ended, and says first where its feeds are.
"""

import argparse
import asyncio
import gzip
import json
import re
import signal
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from hashlib import sha256
from types import TracebackType
from typing import NamedTuple, Self

from dateline.demo.designs import FEED_TYPES, article_page, list_page, plain_page
from dateline.demo.feeds import feed_document
from dateline.demo.world import FORBIDDEN, Article, Feed, Site, World

_ROBOTS = "User-agent: *\nDisallow: /private/\n"
_HTML = "text/html; charset=utf-8"
_NUMBER = re.compile(r"-(\d+)(?:\.html|/)?$")


class Request(NamedTuple):
    """One request as the log keeps it."""

    at: datetime
    site: str
    path: str
    status: int


class _Answer(NamedTuple):
    status: int
    kind: str
    body: bytes
    tag: str = ""


class DemoWeb:
    """Serves a world while it is entered; `feeds` are its (address, category), `log` its requests."""

    def __init__(
        self,
        world: World,
        *,
        ports: Sequence[int] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.world = world
        self.ports = list(ports) or [0] * len(world.sites)
        self.log: list[Request] = []
        self._clock = clock
        self._stack = AsyncExitStack()
        self._pages: dict[tuple[int, datetime], bytes] = {}
        self._documents: dict[tuple[int, str], tuple[int, _Answer]] = {}

    @property
    def feeds(self) -> list[tuple[str, str]]:
        """(address, category) of every feed."""
        return [(site.base + feed.path, feed.category) for site in self.world.sites for feed in site.feeds]

    async def __aenter__(self) -> Self:
        bases = []
        for index, port in enumerate(self.ports):
            server = await asyncio.start_server(self._listener(index), "127.0.0.1", port)
            await self._stack.enter_async_context(server)
            self.ports[index] = server.sockets[0].getsockname()[1]
            bases.append(f"http://127.0.0.1:{self.ports[index]}")
        self.world.settle(bases)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def _listener(self, index: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], asyncio.Task[None]]:
        def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> asyncio.Task[None]:
            return asyncio.ensure_future(self._serve(index, reader, writer))

        return listen

    async def _serve(self, index: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                line, *rest = head.split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest) if name
                }
                writer.write(self._respond(self.world.sites[index], line.split(" ")[1], headers))
                await writer.drain()
        writer.close()

    def _respond(self, site: Site, path: str, headers: dict[str, str]) -> bytes:
        answer = self._answer(site, path)
        zipped = "gzip" in headers.get("accept-encoding", "")
        # As nginx does: a body that it compresses on the way gets a weak tag.
        tag = f'W/"{answer.tag}"' if zipped else f'"{answer.tag}"'
        if answer.tag and answer.tag in headers.get("if-none-match", ""):
            answer = _Answer(304, answer.kind, b"", answer.tag)
        self.log.append(Request(self._clock(), site.name, path, answer.status))
        lines = [f"HTTP/1.1 {answer.status} -", f"Content-Type: {answer.kind}"]
        lines += [f"ETag: {tag}"] if answer.tag else []
        body = answer.body
        if body:
            lines.append("Content-Encoding: gzip")
            if not zipped:
                lines.pop()
                body = gzip.decompress(body)
        if answer.status != 304:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _answer(self, site: Site, path: str) -> _Answer:
        bare = path.partition("?")[0]
        if bare == "/robots.txt":
            return _Answer(200, "text/plain", gzip.compress(_ROBOTS.encode()))
        if bare == "/":
            return self._list(site, None)
        for feed in site.feeds:
            if bare == feed.path:
                return self._feed(feed)
            if bare == feed.page:
                return self._list(site, feed)
        if bare == FORBIDDEN:
            return _page(200, plain_page(self.world, site, "Briefing", "Not for robots."))
        return self._article(site, bare)

    def _article(self, site: Site, path: str) -> _Answer:
        now = self._clock()
        number = _NUMBER.search(path)
        article = self.world.article(int(number[1]), now) if number else None
        if article is None or article.site != site.index or article.path != path:
            return _page(404, plain_page(self.world, site, "Page not found", "There is nothing here."))
        if article.withdrawn:
            return _page(410, plain_page(self.world, site, "Gone", "This story has been withdrawn."))
        return _Answer(200, _HTML, self._rendered(article))

    def _rendered(self, article: Article) -> bytes:
        key = (article.number, article.updated)
        if key not in self._pages:
            self._pages[key] = gzip.compress(article_page(self.world, article).encode(), 6)
        return self._pages[key]

    def _feed(self, feed: Feed) -> _Answer:
        stamp = self.world.stamp(self._clock())
        known = self._documents.get((feed.site, feed.path))
        if known and known[0] == stamp:
            return known[1]
        text = feed_document(self.world, feed, self.world.feed_articles(feed, self._clock()))
        body = text.encode()
        kind = f"{FEED_TYPES[feed.format]}; charset=utf-8"
        answer = _Answer(200, kind, gzip.compress(body), sha256(body).hexdigest()[:16])
        self._documents[feed.site, feed.path] = (stamp, answer)
        return answer

    def _list(self, site: Site, feed: Feed | None) -> _Answer:
        now = self._clock()
        articles = self.world.feed_articles(feed, now) if feed else self.world.site_articles(site.index, now)[:30]
        return _page(200, list_page(self.world, site, feed, articles))


def _page(status: int, html: str) -> _Answer:
    return _Answer(status, _HTML, gzip.compress(html.encode()))


async def _play(world: World, *, as_json: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with DemoWeb(world) as web:
        if as_json:
            print(json.dumps({"feeds": web.feeds, "articles": world.initial}), flush=True)
        else:
            print("\n".join(f"{url}  {category}" for url, category in web.feeds), flush=True)
        await stop.wait()


def main() -> None:
    """Play the news web alone."""
    parser = argparse.ArgumentParser(description="The small news web of Dateline, alone.")
    parser.add_argument("--sites", type=int, default=3)
    parser.add_argument("--feeds", type=int, default=4)
    parser.add_argument("--articles", type=int, default=24, help="published before it starts")
    parser.add_argument("--interval", type=float, default=10.0, help="seconds between new articles; 0: none")
    parser.add_argument("--page-bytes", type=int, default=0)
    parser.add_argument("--window", type=int, default=0, help="items in a feed; 0: all")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    world = World(
        datetime.now(UTC),
        sites=options.sites,
        feeds_per_site=options.feeds,
        initial=options.articles,
        interval=options.interval,
        page_bytes=options.page_bytes,
        feed_window=options.window,
    )
    asyncio.run(_play(world, as_json=options.json))


if __name__ == "__main__":
    main()
