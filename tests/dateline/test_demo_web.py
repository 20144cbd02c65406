"""The demo's news web: what it says about itself is what it serves."""

import asyncio
import http.client
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from re import sub
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import feedparser
import pytest

from dateline.demo.server import DemoWeb
from dateline.demo.world import FORBIDDEN, FORMATS, World

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def fetch(url: str, headers: dict[str, str] | None = None) -> Reply:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers or {})
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def served(check: Callable[[DemoWeb], None], world: World, clock: Callable[[], datetime] = lambda: START) -> None:
    async def play() -> None:
        async with DemoWeb(world, clock=clock) as web:
            await asyncio.to_thread(check, web)

    asyncio.run(play())


def links(url: str) -> list[str]:
    body = fetch(url).body
    if url.endswith(".json"):
        found = [item["url"] for item in json.loads(body)["items"]]
    else:
        parsed: Any = feedparser.parse(body)
        assert not parsed.bozo
        found = [entry.link for entry in parsed.entries]
    return [link.partition("?")[0] for link in found]


def visible(body: bytes) -> str:
    return " ".join(unescape(sub(r"<[^>]*>", "", sub(r"<br>|</p>|</h3>|</div>", "\n", body.decode()))).split())


def test_every_format_lists_the_articles() -> None:
    def check(web: DemoWeb) -> None:
        assert {feed.format for site in web.world.sites for feed in site.feeds} == set(FORMATS)
        for url, category in web.feeds:
            base = "{0.scheme}://{0.netloc}".format(urlsplit(url))
            wanted = {
                item.url for item in web.world.truth() if item.url.startswith(base) and category in item.categories
            }
            assert set(links(url)) - {base + FORBIDDEN} == wanted

    served(check, World(START))


def test_truth_is_on_the_pages() -> None:
    def check(web: DemoWeb) -> None:
        for item in web.world.truth():
            text = visible(fetch(item.url).body)
            assert len(item.paragraphs) >= 8
            for line in (item.title, item.author, *item.paragraphs, *item.noise):
                assert " ".join(line.split()) in text

    served(check, World(START, interval=0))


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_an_unchanged_feed_is_not_sent_again(encoding: str) -> None:
    def check(web: DemoWeb) -> None:
        url = web.feeds[0][0]
        first = fetch(url, {"Accept-Encoding": encoding})
        assert first.headers["etag"].startswith("W/") == (encoding == "gzip")
        for name, value in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
            assert fetch(url, {name: first.headers[value]}).status == 304
        assert fetch(url, {"If-None-Match": '"other"'}).status == 200
        assert [hit.status for hit in web.log] == [200, 304, 304, 200]

    served(check, World(START))


def test_an_article_can_stand_in_two_feeds() -> None:
    def check(web: DemoWeb) -> None:
        item = next(item for item in web.world.truth() if len(item.categories) == 2)
        host = urlsplit(item.url).netloc
        own = [url for url, category in web.feeds if urlsplit(url).netloc == host and category in item.categories]
        assert len(own) == 2
        assert all(item.url in links(url) for url in own)

    served(check, World(START))


def test_the_world_goes_on() -> None:
    now = [START]

    def check(web: DemoWeb) -> None:
        before = {item.url: item for item in web.world.truth(START)}
        now[0] = START + timedelta(seconds=45)
        after = {item.url: item for item in web.world.truth(now[0])}
        assert len(after) == len(before) + 4
        edited = [url for url in before if before[url].paragraphs != after[url].paragraphs]
        gone = [url for url in after if after[url].gone]
        reprints = [item for item in after.values() if item.reprint_of]
        assert (len(edited), len(gone), len(reprints)) == (1, 1, 1)
        assert after[edited[0]].updated > before[edited[0]].updated
        assert after[edited[0]].paragraphs[2] in visible(fetch(edited[0]).body)
        assert fetch(gone[0]).status == 410
        assert not any(gone[0] in links(url) for url, _ in web.feeds)
        original = after[reprints[0].reprint_of or ""]
        assert original.paragraphs == reprints[0].paragraphs
        assert original.site != reprints[0].site

    served(check, World(START), lambda: now[0])


def test_robots_and_the_rest() -> None:
    def check(web: DemoWeb) -> None:
        base = web.world.sites[0].base
        assert b"Disallow: /private/" in fetch(base + "/robots.txt").body
        assert base + FORBIDDEN in links(web.feeds[0][0])
        assert fetch(base + "/nothing").status == 404
        assert fetch(base + "/?p=0").headers["location"] == web.world.truth()[0].url
        assert b'rel="alternate"' in fetch(base + "/").body
        page = fetch(web.world.truth()[0].url)
        assert not {"etag", "last-modified"} & page.headers.keys()
        assert 90_000 < len(page.body) < 110_000

    served(check, World(START, page_bytes=100_000))


def test_the_same_seed_tells_the_same_news() -> None:
    assert World(START, 7).truth() == World(START, 7).truth()
    assert World(START, 7).truth() != World(START, 8).truth()
