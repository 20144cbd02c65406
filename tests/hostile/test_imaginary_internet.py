"""An internet that exists in this process alone: whatever it says, nothing that is not public is ever connected to."""

import asyncio
import ipaddress
import itertools
import socket
from email.message import Message
from pathlib import Path
from typing import Any

import httpcore
import pytest

from scraper.fetch.client import HttpFetcher
from scraper.fetch.guard import is_public
from scraper.pipeline import Walk, archive_feeds
from scraper.revisits import revisit
from scraper.settings import Duration, ExtractSettings, FetchSettings, MannersSettings, ScheduleSettings
from scraper.workers import Workers
from storage.backends import open_archive
from storage.records import FeedState
from tests.dateline.site import Answer, Handler, serve
from tests.fakes import Ear
from tests.hostile.corpus import story
from tests.hostile.faults import MARKER

GOOD, PUBLIC = "good.example", "93.184.216.34"
LITERALS = (
    "127.0.0.1", "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "0x7f000001", "0", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:a00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2001::1]",
    "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]", "①②⑦.⓪.⓪.①",
)  # fmt: skip
NAMES = {
    "private.example": ["10.0.0.7"],
    "localhost": ["127.0.0.1"],
    "six.example": ["::1"],
    "mixed.example": [PUBLIC, "192.168.0.1"],
    "mixed-last.example": ["10.0.0.1", PUBLIC],
    "mapped.example": ["::ffff:10.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "zone.example": ["fe80::1%1"],
}
TARGETS = (*LITERALS, *NAMES, "rebinding.example", "good.example@10.0.0.1", "10.0.0.1:80\\@good.example", "10.0.0.1.")


class Internet:
    """Names and what they lead to; every connection is noted, and ends at the one server that there is."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connected: list[str] = []
        self._turn = itertools.count()
        self._real = socket.getaddrinfo

    def resolve(self, host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        known = {**NAMES, GOOD: [PUBLIC]}
        if name == "rebinding.example":  # public when it is judged, private when it is asked for again
            known[name] = [PUBLIC] if next(self._turn) % 2 == 0 else ["10.0.0.9"]
        if name not in known:
            return self._real(host, port, flags=socket.AI_NUMERICHOST)
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in known[name]]
        return [
            (family, socket.SOCK_STREAM, 6, "", (address, port))
            for family, address in zip(families, known[name], strict=True)
        ]

    def connecting(self) -> Any:
        """What stands in for the connection of httpcore."""
        plain = httpcore.AnyIOBackend.connect_tcp

        async def connect(backend: Any, host: str, port: int, *rest: Any, **more: Any) -> Any:
            self.connected.append(host)
            return await plain(backend, "127.0.0.1", self.port, *rest, **more)

        return connect


def world() -> dict[str, Handler]:
    """What the server answers: a feed that names every target, redirects to them, pages whose metadata do."""
    targets = [f"http://{target}/x" for target in TARGETS]
    traps: dict[str, Handler] = {
        f"/to/{number}/": Answer("", 302, headers=(("Location", url),)) for number, url in enumerate(targets)
    }
    shells: dict[str, Handler] = {
        f"/shell/{number}/": Answer(
            f"<html><head><link rel=amphtml href='{url}'></head><body><div></div></body></html>"
        )
        for number, url in enumerate(targets)
    }
    links = [*targets, *(f"http://{GOOD}{path}" for path in (*traps, *shells, "/story/"))]
    items = "".join(f"<item><title>{number}</title><link>{url}</link></item>" for number, url in enumerate(links))
    inner = "http://10.0.0.1"
    metadata = "".join(
        f'<link rel="{rel}" href="{inner}/{rel}"><meta property="og:{rel}" content="{inner}/">'
        for rel in ("canonical", "amphtml", "https://api.w.org/", "alternate", "icon", "next", "url", "image")
    )

    def robots(headers: Message) -> Answer:
        if headers["Host"] == "rebinding.example":
            return Answer("", 302, headers=(("Location", f"{inner}/robots.txt"),))
        return Answer(f"User-agent: *\nAllow: /\nSitemap: {inner}/news.xml", kind="text/plain")

    api = (("Link", f'<{inner}/wp-json/>; rel="https://api.w.org/"'),)
    return {
        **traps,
        **shells,
        "/robots.txt": robots,
        "/feed/": Answer(f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>", kind="text/xml"),
        "/story/": Answer(story(head=metadata), headers=api),
        "/x": Answer(story(inside="<p>THE SECRET OF AN INNER SERVER</p>")),
    }


async def walk_twice(folder: Path, *, obey: bool) -> Ear:
    archive, workers, ear = open_archive(str(folder / "dateline.db")), Workers(ExtractSettings()), Ear()
    manners = MannersSettings(delay=Duration(0), connections=8, obey_robots=obey)
    fetcher = HttpFetcher(FetchSettings(timeout=Duration(5)), manners, archive)
    walk = Walk(
        archive=archive, fetcher=fetcher, workers=workers, schedule=ScheduleSettings(), listener=ear, connections=8
    )
    try:
        for _ in range(2):
            feeds = await archive.subscribe([FeedState(url=f"http://{GOOD}/feed/", category="x")])
            await archive_feeds(walk, feeds)
            await revisit(walk)
    finally:
        await workers.close()
        await fetcher.close()
        await archive.close()
    return ear


@pytest.mark.parametrize("obey", [True, False], ids=["robots.txt first", "pages at once"])
def test_only_public_addresses_are_connected_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, obey: bool) -> None:
    with serve(world()) as site:
        internet = Internet(int(site.base.rpartition(":")[2]))
        monkeypatch.setattr(socket, "getaddrinfo", internet.resolve)
        monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", internet.connecting())
        ear = asyncio.run(walk_twice(tmp_path, obey=obey))
    assert internet.connected
    assert {one for one in internet.connected if not is_public(ipaddress.ip_address(one))} == set()
    kept = (tmp_path / "dateline.db").read_bytes()
    assert MARKER.encode() in kept
    assert next(report.outcome for report in ear.articles if report.url == f"http://{GOOD}/story/") == "new"
    assert not [report.reason for report in ear.articles if "fault of Dateline" in report.reason]
