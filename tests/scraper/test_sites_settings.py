"""`[[sites]]`: secrets go where their entry says and nowhere else; a proxy; selectors; robots.txt set aside."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import msgspec
import pytest

from scraper.extract import extract
from scraper.fetch import FetchError, ForgetfulHosts
from scraper.fetch.client import HttpFetcher
from scraper.logins import login, redacted, without_login
from scraper.selectors import SelectorError, check
from scraper.settings import Duration, FetchSettings, MannersSettings, SiteSettings
from scraper.sites import Sites, also_plain
from storage.records import Page, SiteRules
from tests.dateline.site import Answer, serve
from tests.fakes import page

SECRET = "s3cret-t0ken"


def get(
    url: str,
    *sites: SiteSettings,
    logins: dict[str, str] | None = None,
    lab: bool = True,
    proxy: str = "",
    **manners: Any,
) -> Page:
    async def run() -> Page:
        fetch = FetchSettings(allow_networks=("127.0.0.0/8",) if lab else (), proxy=proxy)
        settings = MannersSettings(**{"delay": Duration(0), "obey_robots": False, **manners})
        fetcher = HttpFetcher(fetch, settings, ForgetfulHosts(), sites=Sites(sites, logins))
        try:
            return await fetcher.get(url)
        finally:
            await fetcher.close()

    return asyncio.run(run())


class Ears:
    """Answers that note the headers they were asked with."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.heard: list[Message] = []

    def __call__(self, headers: Message) -> Answer:
        self.heard.append(headers)
        return self.answer

    def told(self) -> bool:
        return any(SECRET in str(value) for headers in self.heard for value in headers.values())


def moved(to: str) -> Answer:
    return Answer("", 302, headers=(("Location", to),))


@pytest.mark.parametrize(
    ("entry", "asked", "url", "carried"),
    [
        ("news.example", "https://news.example/a", "https://news.example/a", True),
        ("news.example", "https://news.example/a", "https://www.news.example/a", True),
        ("news.example", "http://news.example/a", "https://news.example/a", True),  # upgraded
        ("news.example", "https://news.example/a", "http://news.example/a", False),
        ("news.example", "https://news.example/a", "https://news.example:8443/a", False),
        ("news.example", "https://news.example/a", "https://evilnews.example/a", False),
        ("news.example", "https://news.example/a", "https://news.example.evil.example/a", False),
        ("news.example", "https://evil.example/a", "http://news.example:81/a", False),  # no redirect chooses the port
        ("news.example", "https://short.example/a", "https://news.example/a", True),  # a shortener
        ("www.news.example", "https://news.example/a", "https://news.example/a", False),
        ("news.example:8443", "https://news.example:8443/a", "https://news.example:8443/a", True),
        ("news.example:8443", "https://news.example/a", "https://news.example/a", False),
        ("news.example", "http://news.example/a", "http://news.example/a", False),  # whoever linked to it so
        ("http://news.example", "http://news.example/a", "http://news.example/a", True),
        ("news.example:8080", "http://news.example:8080/a", "http://news.example:8080/a", True),
        ("https://news.example", "http://news.example/a", "http://news.example/a", False),
        ("127.0.0.1", "http://127.0.0.1:8001/a", "http://127.0.0.1:8001/a", True),
        ("localhost", "http://localhost/a", "http://localhost/a", True),
        ("[::1]", "http://[::1]:8001/a", "http://[::1]:8001/a", True),
        ("127.0.0.1", "http://127.0.0.1:8001/a", "http://127.0.0.1:8002/a", False),
        ("bücher.example", "https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/", True),
    ],
)
def test_where_a_secret_may_go(entry: str, asked: str, url: str, carried: bool) -> None:
    sites = Sites([SiteSettings(host=entry, headers={"X-Key": SECRET}, cookies={"a": "1", "b": "2"})])
    expected = {"X-Key": SECRET, "Cookie": "a=1; b=2"} if carried else {}
    assert sites.secrets(url, asked) == expected


def test_the_closest_entry_holds() -> None:
    broad, narrow = SiteSettings(host="news.example"), SiteSettings(host="blog.news.example")
    port = SiteSettings(host="news.example:8080")
    sites = Sites([broad, narrow, port])
    assert sites.of("https://www.news.example/") is broad
    assert sites.of("https://blog.news.example/") is narrow
    assert sites.of("https://news.example:8080/") is port
    assert sites.of("https://other.example/").host == ""


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_port_takes_no_secret_along(status: int) -> None:
    with serve({}) as other, serve({}) as site:
        heard, stranger = Ears(Answer("", status, headers=(("Location", f"{other.base}/b"),))), Ears(Answer("b"))
        site.paths["/a"], other.paths["/b"] = heard, stranger
        entry = SiteSettings(host="127.0.0.1", headers={"Authorization": SECRET}, cookies={"session": SECRET})
        assert get(f"{site.base}/a", entry).body == b"b"
        assert heard.told()
        assert not stranger.told()


def test_the_login_of_a_feed_goes_to_its_own_origin_alone_and_stays_out_of_the_page() -> None:
    with serve({}) as other, serve({}) as site:
        feed, inside, stranger = Ears(moved("/b")), Ears(moved(f"{other.base}/c")), Ears(Answer("c"))
        site.paths |= {"/a": feed, "/b": inside}
        other.paths["/c"] = stranger
        read = get(f"{site.base}/a", logins={f"{site.base}/a": f"user:{SECRET}"})
        given = get(f"{site.base.replace('//', f'//user:{SECRET}@')}/a")
        assert [headers["Authorization"] for headers in feed.heard] == ["Basic dXNlcjpzM2NyZXQtdDBrZW4="] * 2
        assert [headers["Authorization"] for headers in inside.heard] == ["Basic dXNlcjpzM2NyZXQtdDBrZW4="] * 2
        assert [headers["Authorization"] for headers in stranger.heard] == [None, None]
        assert SECRET not in repr(read)
        assert SECRET not in given.final_url


def test_a_site_may_want_its_own_user_agent_and_no_robots_txt(caplog: pytest.LogCaptureFixture) -> None:
    robots = Answer("User-agent: *\nDisallow: /")
    with serve({"/robots.txt": robots}) as site, caplog.at_level(logging.WARNING, "dateline"):
        heard = site.paths["/a"] = Ears(Answer("a"))
        entry = SiteSettings(host="127.0.0.1", user_agent="Reader/2", obey_robots=False)
        assert get(f"{site.base}/a", entry, obey_robots=True).body == b"a"
        assert site.asked() == ["/a"]
        assert heard.heard[0]["User-Agent"] == "Reader/2"
    assert "is not obeyed, as [[sites]] wants it" in caplog.text


def test_a_changed_configuration_holds_for_hosts_that_are_met_already() -> None:
    async def run(url: str) -> None:
        lab = FetchSettings(allow_networks=("127.0.0.0/8",))
        fetcher = HttpFetcher(lab, MannersSettings(delay=Duration(0), obey_robots=False), ForgetfulHosts())
        try:
            await fetcher.get(url)
            named = msgspec.structs.replace(lab, user_agent="Reader/2", contact="me@news.example")
            fetcher.take_in(named, MannersSettings(delay=Duration(0.3), obey_robots=False))
            await fetcher.get(url)
            await fetcher.get(url)
            fetcher.take_in(named, MannersSettings(delay=Duration(0)))
            with pytest.raises(FetchError, match=r"robots\.txt forbids"):
                await fetcher.get(url)
            fetcher.take_in(FetchSettings(), MannersSettings(delay=Duration(0), obey_robots=False))
            with pytest.raises(FetchError, match="not a public address"):
                await fetcher.get(url)
        finally:
            await fetcher.close()

    with serve({"/robots.txt": Answer("User-agent: *\nDisallow: /")}) as site:
        heard = site.paths["/a"] = Ears(Answer("a"))
        asyncio.run(run(f"{site.base}/a"))
        agents = [headers["User-Agent"] for headers in heard.heard]
        assert agents == ["Dateline/0.1", *["Reader/2 (+me@news.example)"] * 2]
        times = [moment for moment, path, _ in site.log if path == "/a"]
        assert times[2] - times[1] >= 0.25


@contextmanager
def forwarder(code: int = 0) -> Iterator[tuple[int, list[tuple[str, str | None]]]]:
    """A proxy on the loopback address: its port, and (what it was asked for, by whom)."""
    asked: list[tuple[str, str | None]] = []

    class Forward(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Proxy-Authorization"]))
            body = b"no"
            if not code:
                kept = {k: v for k, v in self.headers.items() if k.lower() not in ("proxy-authorization", "connection")}
                with build_opener(ProxyHandler({})).open(Request(self.path, headers=kept), timeout=5) as answer:
                    body = answer.read()
            self.send_response(code or 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Forward)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_site_is_asked_through_its_proxy_whose_login_nobody_else_sees() -> None:
    with forwarder() as (port, asked), serve({}) as site:
        heard = site.paths["/a"] = Ears(Answer("a"))
        entry = SiteSettings(host="127.0.0.1", proxy=f"http://me:{SECRET}@127.0.0.1:{port}")
        assert get(f"{site.base}/a", entry).body == b"a"
        assert asked == [(f"{site.base}/a", "Basic bWU6czNjcmV0LXQwa2Vu")]
        assert not heard.told()


def test_all_sites_are_asked_through_the_proxy_of_all_but_those_with_their_own() -> None:
    with forwarder() as (port, asked), forwarder() as (other, asked_too), serve({}) as site:
        site.paths["/a"] = Answer("a")
        assert get(f"{site.base}/a", proxy=f"http://127.0.0.1:{port}").body == b"a"
        entry = SiteSettings(host="127.0.0.1", proxy=f"http://127.0.0.1:{other}")
        assert get(f"{site.base}/a", entry, proxy=f"http://127.0.0.1:{port}").body == b"a"
    assert asked == asked_too == [(f"{site.base}/a", None)]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.1",
        "0x7f.1",
        "2130706433",
        "localhost",
        "a.localhost",
        "[::1]",
        "localhost.",
        "127.0.0.1.",
        "10.1.",
    ],
)
def test_a_proxy_is_not_sent_to_a_private_address(host: str) -> None:
    with forwarder() as (port, asked):
        entry = SiteSettings(host=host, proxy=f"http://127.0.0.1:{port}")
        with pytest.raises(FetchError, match=r"refused|not an http"):
            get(f"http://{host}:8001/a", entry, lab=False)
        assert asked == []


def test_a_proxy_that_refuses_is_told_without_its_login() -> None:
    with forwarder(code=407) as (port, _), pytest.raises(FetchError, match="407") as caught:
        get("http://news.example/a", SiteSettings(host="news.example", proxy=f"http://me:{SECRET}@127.0.0.1:{port}"))
    assert SECRET not in repr(caught.value)


def test_a_proxy_that_is_down_is_told_from_a_site_that_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(FetchError, match=f"the proxy 127.0.0.1:{port} is not reached") as caught:
        get("http://news.example/a", SiteSettings(host="news.example", proxy=f"http://me:{SECRET}@127.0.0.1:{port}"))
    assert SECRET not in repr(caught.value)


def paragraphs(about: str) -> str:
    return "".join(
        f"<p>The {about} was opened again on day {n} after work on it had gone on for {n} years, said its keeper, who "
        f"has looked after it for longer than anybody else in town.</p>"
        for n in range(1, 6)
    )


PAGE = page(
    "https://news.example/a",
    f"<html><head><title>The bridge</title></head><body><h1>The bridge</h1><div class='main'>{paragraphs('bridge')}"
    f"<div class='more'><div class='more'>{paragraphs('tunnel')}</div></div></div>"
    f"<section id='also'>{paragraphs('ferry')}</section></body></html>",
)


@pytest.mark.parametrize(
    ("keep", "drop", "words"),
    [
        ((), (), {"bridge", "tunnel", "ferry"}),
        ((), (".more",), {"bridge", "ferry"}),
        ((".main",), (), {"bridge", "tunnel"}),
        ((".main", ".main p", "#also"), (), {"bridge", "tunnel", "ferry"}),
        ((".main",), (".more", "section"), {"bridge"}),
        ((".not-there-any-more",), ("#also",), {"bridge", "tunnel"}),
    ],
)
def test_what_is_kept_and_what_is_dropped(keep: tuple[str, ...], drop: tuple[str, ...], words: set[str]) -> None:
    rules = Sites([SiteSettings(host="news.example", keep=keep, drop=drop)]).rules(PAGE.final_url, SiteRules())
    article = extract(PAGE, rules)
    assert {word for word in ("bridge", "tunnel", "ferry") if f"The {word} was" in article.text} == words
    assert article.metadata.title == "The bridge"


def test_nothing_is_left_where_everything_is_dropped() -> None:
    for selector in ("body", "html", "*"):
        assert extract(PAGE, SiteRules(drop=(selector,))).text == ""


def test_a_selector_that_is_none_is_told_apart() -> None:
    check("div.main > p:not(.more)")
    for wrong in ("", "p[", "div >"):
        with pytest.raises(SelectorError):
            check(wrong)


@pytest.mark.parametrize(
    ("url", "clean", "said"),
    [
        ("https://u:p@news.example/feed/", "https://news.example/feed/", "u:p"),
        ("https://u%40x:p%2Fq@news.example", "https://news.example", "u@x:p/q"),
        ("https://u:p@ss@news.example:81/x@y", "https://news.example:81/x@y", "u:p@ss"),
        ("https://news.example/a//b@c?d@e", "https://news.example/a//b@c?d@e", ""),
        ("World news", "World news", ""),
    ],
)
def test_logins_of_addresses(url: str, clean: str, said: str) -> None:
    assert (without_login(url), login(url)) == (clean, said)
    assert not said or said not in redacted(url)


def test_where_a_feed_of_the_users_is_asked_without_encryption_its_site_is_too() -> None:
    entry = SiteSettings(host="news.example", cookies={"session": "s3cret"})
    sites = Sites(also_plain((entry,), ["https://news.example/feed", "http://old.news.example:8080/feed"]))
    carried = {
        "https://news.example/a": True,
        "http://news.example/a": False,
        "http://old.news.example:8080/a": True,
        "http://old.news.example/a": False,
    }
    assert {url: bool(sites.secrets(url, url)) for url in carried} == carried
