"""Fetching from a real server on the loopback address: manners, limits, and no private address ever."""

import asyncio
import gzip
import ipaddress
import socket
import ssl
import subprocess
import threading
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from email.message import Message
from itertools import pairwise
from pathlib import Path
from shutil import which
from typing import Any

import httpcore
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from hyperframe.frame import HeadersFrame

from scraper.fetch import Enough, FetchError, ForgetfulHosts, HostMemory
from scraper.fetch.client import HttpFetcher
from scraper.fetch.exchange import Deadline
from scraper.fetch.guard import is_public
from scraper.limits import Limits, Metered
from scraper.settings import Duration, FetchSettings, MannersSettings, Size
from storage.records import Page, Validators
from tests.dateline.site import Answer, Handler, Site, serve

LAB = ("127.0.0.0/8",)


def fetch(
    *urls: str, memory: HostMemory | None = None, manners: MannersSettings | None = None, **settings: Any
) -> list[Page]:
    """Fetch addresses at once with a fetcher of their own."""

    async def run() -> list[Page]:
        chosen = FetchSettings(**{"allow_networks": LAB, **settings})
        fetcher = HttpFetcher(chosen, manners or MannersSettings(delay=Duration(0)), memory or ForgetfulHosts())
        try:
            return await asyncio.gather(*(fetcher.get(url) for url in urls))
        finally:
            await fetcher.close()

    return asyncio.run(run())


def refusal(url: str, **settings: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(url, **settings)
    assert "\n" not in caught.value.reason
    return caught.value


@pytest.mark.parametrize(
    ("address", "public"),
    [
        *((text, True) for text in ("8.8.8.8", "1.1.1.1", "192.0.1.1", "2606:4700::1111", "2a00:1450::1")),
        ("64:ff9b::808:808", True),
        *((text, False) for text in ("127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254")),
        *((text, False) for text in ("0.0.0.0", "0.1.2.3", "100.64.0.1", "192.0.0.192", "198.18.0.1", "224.0.0.1")),
        *((text, False) for text in ("240.0.0.1", "255.255.255.255", "192.88.99.1", "203.0.113.9", "168.63.129.16")),
        *((text, False) for text in ("::1", "::", "::ffff:127.0.0.1", "::8.8.8.8", "fe80::1", "fc00::1", "ff02::1")),
        *((text, False) for text in ("64:ff9b::7f00:1", "64:ff9b::a01:203", "64:ff9b::e000:1", "64:ff9b:1::808:808")),
        *((text, False) for text in ("2002:7f00:1::", "2001::1", "2001:db8::1", "fec0::1", "3fff::1")),
    ],
)
def test_our_own_list_of_public_addresses(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]"])
def test_private_addresses_are_refused_however_they_are_spelled(host: str) -> None:
    with serve({"/": Answer("secret")}) as site:
        port = site.base.rpartition(":")[2]
        assert "refused" in refusal(f"http://{host}:{port}/", allow_networks=()).reason or not site.log
        assert not site.log


def test_a_network_is_asked_as_soon_as_it_is_allowed() -> None:
    memory = ForgetfulHosts()
    with serve({"/a/": Answer("a"), "/robots.txt": Answer("")}) as site:
        assert "fetch.allow_networks" in refusal(f"{site.base}/a/", memory=memory, allow_networks=()).reason
        assert [page.status for page in fetch(f"{site.base}/a/", memory=memory)] == [200]


def test_a_name_with_one_private_answer_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port)) for text in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    assert "10.0.0.1" in refusal("http://rebinding.example/", allow_networks=()).reason


def test_pages_wait_for_room_when_their_turn_at_the_host_has_come_and_feeds_do_not() -> None:
    async def run(site: Site) -> list[str]:
        room = asyncio.Event()
        settings = FetchSettings(allow_networks=LAB)
        manners = MannersSettings(delay=Duration(0), obey_robots=False)
        fetcher = HttpFetcher(settings, manners, ForgetfulHosts(), room=room.wait)
        try:
            pages = [asyncio.create_task(fetcher.get(f"{site.base}/{n}")) for n in range(manners.connections - 1)]
            await asyncio.sleep(0)
            await fetcher.get(f"{site.base}/feed/", robots=False)
            before = site.asked()
            room.set()
            await asyncio.gather(*pages)
            return before
        finally:
            await fetcher.close()

    with serve({"/feed/": Answer("feed"), "/0": Answer("page")}) as site:
        assert asyncio.run(run(site)) == ["/feed/"]
        assert site.asked() == ["/feed/", "/0"]


@pytest.mark.parametrize(("packed", "tag"), [('W/"v1"', '"v1"'), ('"v1-gzip"', '"v1"'), ('"v1--gzip"', '"v1--gzip"')])
def test_a_tag_is_sent_back_as_its_server_knows_it_again(packed: str, tag: str) -> None:
    seen: list[str | None] = []

    def feed(headers: Message) -> Answer:
        seen.append(headers.get("If-None-Match"))
        return Answer("x", 304 if headers.get("If-None-Match") == tag else 200, headers=(("ETag", packed),))

    async def twice(url: str) -> Page:
        fetcher = HttpFetcher(FetchSettings(allow_networks=LAB), MannersSettings(delay=Duration(0)), ForgetfulHosts())
        try:
            first = await fetcher.get(url)
            return await fetcher.get(url, first.validators)
        finally:
            await fetcher.close()

    with serve({"/feed/": feed}) as site:
        page = asyncio.run(twice(f"{site.base}/feed/"))
    assert (page.status, page.body, seen) == (304, b"", [None, tag])


def zipped(body: bytes) -> Answer:
    return Answer(body, headers=(("Content-Encoding", "gzip"),))


def test_a_page_that_sets_a_cookie_and_leads_back_to_itself_is_read() -> None:
    def page(headers: Message) -> Answer:
        if "seen=1" in headers.get("Cookie", ""):
            return Answer("the article")
        return Answer("", 302, headers=(("Location", "/check/"),))

    check = Answer("", 302, headers=(("Location", "/a/"), ("Set-Cookie", "seen=1; Path=/")))
    with serve({"/a/": page, "/check/": check}) as site:
        [found] = fetch(f"{site.base}/a/")
    assert (found.body, found.detour) == (b"the article", False)
    assert site.asked()[1:] == ["/a/", "/check/", "/a/"]


def test_cookies_that_their_own_server_finds_too_long_are_forgotten() -> None:
    def page(headers: Message) -> Answer:
        return Answer("", 400) if "Cookie" in headers else Answer("news", headers=(("Set-Cookie", "seen=1; Path=/"),))

    async def thrice(url: str) -> list[int | None]:
        fetcher = HttpFetcher(FetchSettings(allow_networks=LAB), MannersSettings(delay=Duration(0)), ForgetfulHosts())
        statuses: list[int | None] = []
        for _ in range(3):
            try:
                statuses.append((await fetcher.get(url)).status)
            except FetchError as error:
                statuses.append(error.status)
        await fetcher.close()
        return statuses

    with serve({"/a/": page}) as site:
        assert asyncio.run(thrice(f"{site.base}/a/")) == [200, 400, 200]


def test_more_cookies_than_any_browser_keeps_are_kept_by_no_host() -> None:
    sent: list[str] = []

    def answer(headers: Message) -> Answer:
        sent.append(headers.get("Cookie", ""))
        cookies = (f"{n}=1" for n in range(1000)) if len(sent) == 2 else ["seen=1"]
        return Answer("news", headers=tuple(("Set-Cookie", cookie) for cookie in cookies))

    async def run(base: str) -> None:
        fetcher = HttpFetcher(
            FetchSettings(allow_networks=LAB), MannersSettings(delay=Duration(0), obey_robots=False), ForgetfulHosts()
        )
        for _ in range(4):
            await fetcher.get(f"{base}/a/")
        await fetcher.close()

    with serve({"/a/": answer}) as site:
        asyncio.run(run(site.base))
    assert sent == ["", "seen=1", "", "seen=1"]


def test_a_tag_and_a_cookie_beyond_ascii_go_back_as_they_came() -> None:
    wire = "Zürich".encode().decode("latin-1")  # what http.server writes and reads its headers as
    seen: list[tuple[str | None, str | None]] = []

    def page(headers: Message) -> Answer:
        seen.append((headers.get("If-None-Match"), headers.get("Cookie")))
        return Answer("news", headers=(("ETag", f'"{wire}"'), ("Set-Cookie", f"city={wire}; Path=/")))

    async def twice(url: str) -> None:
        fetcher = HttpFetcher(FetchSettings(allow_networks=LAB), MannersSettings(delay=Duration(0)), ForgetfulHosts())
        try:
            await fetcher.get(url, (await fetcher.get(url)).validators)
        finally:
            await fetcher.close()

    with serve({"/a/": page}) as site:
        asyncio.run(twice(f"{site.base}/a/"))
    assert seen == [(None, None), (f'"{wire}"', f"city={wire}")]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (zipped(gzip.compress(bytes(40 << 20))), "larger than 1 MiB"),
        (Answer(bytes(2 << 20)), "larger than 1 MiB"),
        (zipped(gzip.compress(b"news " * 4000)[:-20]), "cut short"),
        (zipped(b"no gzip at all"), "broken gzip"),
        (Answer(b"x", headers=(("Content-Encoding", "gzip, gzip"),)), "encoding"),
        (Answer(b"x", headers=(("Content-Encoding", "br"),)), "encoding"),
        (Answer("", 302, headers=(("Location", "/loop/"),)), "circle"),
        *((Answer("", status), str(status)) for status in (401, 402, 451, 520)),
        (Answer("", 302, headers=(("Location", "file:///etc/passwd"),)), "nowhere"),
        (Answer("", 302, headers=(("Location", ""),)), "nowhere"),
        (Answer("", 403), "403"),
        (Answer("", 500), "500"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(answer: Answer, says: str) -> None:
    with serve({"/loop/": answer}) as site:
        assert says in refusal(f"{site.base}/loop/", max_bytes=Size(1 << 20)).reason


@pytest.mark.parametrize("padding", [b"", bytes(20), b"\r\n"])
def test_gzip_of_several_members_is_read_whole(padding: bytes) -> None:
    with serve({"/a/": zipped(gzip.compress(b"one ") + gzip.compress(b"two") + padding)}) as site:
        assert fetch(f"{site.base}/a/")[0].body == b"one two"


@pytest.mark.parametrize("coding", ["identity", "none", "UTF-8", "aws-chunked", "binary", "identity, gzip", "gzip,"])
def test_a_coding_that_is_none_is_no_reason_to_refuse_a_page(coding: str) -> None:
    body = gzip.compress(b"news") if "gzip" in coding else b"news"
    with serve({"/a/": Answer(body, headers=(("Content-Encoding", coding),))}) as site:
        assert fetch(f"{site.base}/a/")[0].body == b"news"


def drip(write: Callable[[asyncio.StreamWriter], bytes]) -> FetchError:
    """The error of a fetch from a server that sends a byte now and then, for ever."""

    async def run() -> FetchError:
        async def serve_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while not writer.is_closing():
                    writer.write(write(writer))
                    await writer.drain()
                    await asyncio.sleep(0.02)
            except ConnectionError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve_slowly, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        settings = FetchSettings(allow_networks=LAB, timeout=Duration(0.4))
        fetcher = HttpFetcher(settings, MannersSettings(delay=Duration(0), obey_robots=False), ForgetfulHosts())
        try:
            await fetcher.get(f"http://127.0.0.1:{port}/")
        except FetchError as error:
            return error
        finally:
            await fetcher.close()
            server.close()
        raise AssertionError("it answered")

    return asyncio.run(run())


def test_a_connection_that_the_server_has_closed_is_made_anew() -> None:
    async def run() -> list[bytes]:
        closed = asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")  # and not a word of closing
            writer.close()
            await writer.wait_closed()
            closed.set()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed/"
        fetcher = HttpFetcher(FetchSettings(allow_networks=LAB), MannersSettings(delay=Duration(0)), ForgetfulHosts())
        try:
            first = await fetcher.get(url, robots=False)
            await closed.wait()
            return [first.body, (await fetcher.get(url, robots=False)).body]
        finally:
            await fetcher.close()
            server.close()

    assert asyncio.run(run()) == [b"x", b"x"]


def test_a_connection_that_closes_as_the_request_leaves_is_no_answer() -> None:
    unanswered: list[bytes] = []

    async def run() -> list[int]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
                unanswered.append(await reader.readuntil(b"\r\n\r\n"))
            except asyncio.IncompleteReadError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed/"
        fetcher = HttpFetcher(FetchSettings(allow_networks=LAB), MannersSettings(delay=Duration(0)), ForgetfulHosts())
        try:
            return [(await fetcher.get(url, robots=False)).status for _ in range(3)]
        finally:
            await fetcher.close()
            server.close()

    assert asyncio.run(run()) == [200, 200, 200]
    assert unanswered


def test_what_breaks_off_on_a_new_connection_is_asked_for_once() -> None:
    asked: list[bytes] = []

    async def run() -> None:
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed/"
        manners = MannersSettings(delay=Duration(0), obey_robots=False)
        fetcher = HttpFetcher(FetchSettings(allow_networks=LAB), manners, ForgetfulHosts())
        with pytest.raises(FetchError, match="disconnected"):
            await fetcher.get(url)
        await fetcher.close()
        server.close()

    asyncio.run(run())
    assert len(asked) == 1


def test_more_sites_at_once_than_clients_are_kept() -> None:
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setattr("scraper.fetch.client._MOST_CLIENTS", 2)
        sites = [stack.enter_context(serve({"/a/": Answer("a")})) for _ in range(5)]
        assert [page.body for page in fetch(*(f"{site.base}/a/" for site in sites))] == [b"a"] * 5


def test_names_that_take_for_ever_hold_up_no_other_nor_the_end_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def resolve(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        if host != "quick.example":
            answered.wait(20)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    async def run(port: str) -> Page:
        manners = MannersSettings(delay=Duration(0), obey_robots=False)
        fetcher = HttpFetcher(FetchSettings(allow_networks=LAB), manners, ForgetfulHosts())
        slow = [asyncio.create_task(fetcher.get(f"http://slow{n}.example:{port}/a/")) for n in range(40)]
        try:
            await asyncio.sleep(0.1)
            assert {one.daemon for one in threading.enumerate() if one.name == "resolver"} == {True}
            return await fetcher.get(f"http://quick.example:{port}/a/")
        finally:
            answered.set()
            await asyncio.gather(*slow)
            await fetcher.close()

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with serve({"/a/": Answer("a")}) as site:
        assert asyncio.run(run(site.base.rpartition(":")[2])).body == b"a"


def test_name_servers_that_are_silent_take_no_more_threads_however_many_names_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = threading.Event()

    def resolve(*_: Any, **__: Any) -> list[Any]:
        answered.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    async def run() -> list[Page | BaseException]:
        manners = MannersSettings(delay=Duration(0), obey_robots=False)
        fetcher = HttpFetcher(FetchSettings(timeout=Duration(0.5)), manners, ForgetfulHosts())
        try:
            asked = [fetcher.get(f"http://n{number}.example/a/") for number in range(200)]
            return await asyncio.gather(*asked, return_exceptions=True)
        finally:
            assert sum(one.name == "resolver" for one in threading.enumerate()) == 64
            answered.set()
            await fetcher.close()

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert {str(error) for error in asyncio.run(run())} == {"timed out after 0.5 s (fetch.timeout)"}


def test_a_name_that_no_thread_is_left_for_is_not_called_a_wrong_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr("scraper.fetch.guard.Thread", Full)
    assert "news.example cannot be resolved (no thread is left for it)" in str(refusal("http://news.example/a/"))


def test_an_address_that_says_nothing_does_not_stand_before_one_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    class HalfDead(httpcore.AnyIOBackend):
        async def connect_tcp(self, host: str, *rest: Any, **more: Any) -> httpcore.AsyncNetworkStream:
            if host == "127.0.0.9":
                await asyncio.sleep(3600)
            return await super().connect_tcp(host, *rest, **more)

    def resolve(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port)) for text in ("127.0.0.9", "127.0.0.1")]

    monkeypatch.setattr(httpcore, "AnyIOBackend", HalfDead)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with serve({"/a/": Answer("a")}) as site:
        [page] = fetch(f"http://half.example:{site.base.rpartition(':')[2]}/a/")
    assert page.body == b"a"


@pytest.mark.skipif(not which("openssl"), reason="no openssl to make a certificate with")
def test_an_authority_of_the_machine_is_trusted_and_no_stranger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = certified(tmp_path)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
        writer.close()

    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with pytest.raises(FetchError, match=r"^its certificate is not to be trusted: self-signed certificate$"):
        over_tls(tls, answer)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    assert over_tls(tls, answer).body == b"x"


@pytest.mark.skipif(not which("openssl"), reason="no openssl to make a certificate with")
def test_a_body_that_breaks_http_2_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls = certified(tmp_path)
    tls.set_alpn_protocols(["h2"])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ours = H2Connection(H2Configuration(client_side=False))
        ours.initiate_connection()
        writer.write(ours.data_to_send())
        while not any(isinstance(event, RequestReceived) for event in ours.receive_data(await reader.read(65536))):
            pass
        ours.send_headers(1, [(":status", "200")])
        for _ in range(4):  # more than is read at once with the head
            ours.send_data(1, b"x" * 16_383)
        trailers_without_an_end = HeadersFrame(1, ours.encoder.encode([("x", "y")]), flags=["END_HEADERS"])
        writer.write(ours.data_to_send() + trailers_without_an_end.serialize())

    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with pytest.raises(FetchError, match=r"^the server broke the protocol: Trailers must have END_STREAM set$"):
        over_tls(tls, answer)


def certified(folder: Path) -> ssl.SSLContext:
    """A server's TLS, by a certificate of its own: cert.pem in the folder."""
    made = ("-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=intranet", "-addext", "subjectAltName=IP:127.0.0.1")
    subprocess.run(("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *made), cwd=folder, check=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return tls


def over_tls(
    tls: ssl.SSLContext, answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
) -> Page:
    """The page that such a server brings."""

    async def run() -> Page:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        manners = MannersSettings(delay=Duration(0), obey_robots=False)
        fetcher = HttpFetcher(FetchSettings(allow_networks=LAB), manners, ForgetfulHosts())
        try:
            return await fetcher.get(url)
        finally:
            await fetcher.close()
            server.close()

    return asyncio.run(run())


def test_one_deadline_holds_for_headers_and_body_that_drip() -> None:
    started: set[int] = set()

    def body(writer: asyncio.StreamWriter) -> bytes:
        new = id(writer) not in started
        started.add(id(writer))
        return b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" if new else b"x"

    assert "timed out" in drip(body).reason
    assert "timed out" in drip(lambda writer: b"H").reason


def test_robots_txt_is_read_once_and_remembered_between_runs() -> None:
    memory = ForgetfulHosts()
    robots = Answer("User-agent: *\nDisallow: /private/", kind="text/plain")
    with serve({"/robots.txt": robots, "/a/": Answer("a"), "/b/": Answer("b")}) as site:
        fetch(f"{site.base}/a/", f"{site.base}/b/", memory=memory)
        fetch(f"{site.base}/a/", memory=memory)
        error = refusal(f"{site.base}/private/x", memory=memory)
        assert (error.skipped, error.final) == (True, True)
        assert sorted(site.asked()) == ["/a/", "/a/", "/b/", "/robots.txt"]


def test_a_broken_robots_txt_holds_pages_back_for_now() -> None:
    with serve({"/robots.txt": Answer("", 500), "/a/": Answer("a")}) as site:
        error = refusal(f"{site.base}/a/")
        assert not error.final
        assert "robots.txt" in error.reason
        assert site.asked() == ["/robots.txt"]


def test_requests_to_one_host_keep_their_distance() -> None:
    paths: dict[str, Any] = {f"/{n}/": Answer("x") for n in range(5)}
    with serve({"/robots.txt": Answer("User-agent: *\nCrawl-delay: 0.2"), **paths}) as site:
        fetch(*(site.base + path for path in paths))
        assert len(site.log) == 6
        assert min(b - a for (a, *_), (b, *_) in pairwise(site.log)) > 0.19


def test_retry_after_is_obeyed_without_asking_again() -> None:
    memory = ForgetfulHosts()

    def ask(site: Site) -> FetchError:
        return refusal(f"{site.base}/a/", memory=memory)

    with serve({"/a/": Answer("", 429, headers=(("Retry-After", "3600"),))}) as site:
        first, second = ask(site), ask(site)
        assert site.asked().count("/a/") == 1
    assert first.retry_at
    assert second.retry_at
    assert 3500 < (second.retry_at - datetime.now(UTC)).total_seconds() <= 3600


def test_a_redirect_is_followed_and_its_hops_are_kept() -> None:
    moved = Answer("", 301, headers=(("Location", "/new/"),))
    with serve({"/old/": moved, "/new/": Answer("here")}) as site:
        [page] = fetch(f"{site.base}/old/")
    assert (page.body, page.final_url, page.permanent) == (b"here", f"{site.base}/new/", True)


@pytest.mark.parametrize("most", [1, 3, 4, 6])
def test_the_requests_that_a_call_may_make_hold_for_redirects_too(most: int) -> None:
    async def run(site: Site) -> int:
        network = HttpFetcher(
            FetchSettings(allow_networks=LAB), MannersSettings(delay=Duration(0), obey_robots=False), ForgetfulHosts()
        )
        limits = Limits(most_requests=most)
        network.hop = limits.ask
        meter = Metered(network, limits)
        try:
            found = await asyncio.gather(*(meter.get(f"{site.base}/{n}/") for n in range(3)), return_exceptions=True)
        finally:
            await network.close()
        assert all(isinstance(one, Page | Enough) for one in found)
        assert limits.requests == len(site.asked())
        return sum(isinstance(one, Page) for one in found)

    routes: dict[str, Handler] = {f"/{n}/": Answer("", 302, headers=(("Location", f"/{n}/new/"),)) for n in range(3)}
    with serve(routes | {f"/{n}/new/": Answer("here") for n in range(3)}) as site:
        assert asyncio.run(run(site)) == max(most - 3, 0)
        assert len(site.asked()) == most


def test_the_validators_of_a_page_without_any_are_empty() -> None:
    with serve({"/a/": Answer("a")}) as site:
        assert fetch(f"{site.base}/a/")[0].validators == Validators()


def test_what_is_read_on_the_way_has_half_of_the_time_and_takes_it_from_the_rest() -> None:
    clock = Deadline(8)
    with clock.half() as part:
        assert part.left == 4
        part.used = 3
    assert (clock.left, clock.used) == (5, 0)


def test_a_robots_txt_that_never_comes_leaves_its_feed_the_rest_of_the_time() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if b"robots.txt" in await reader.readuntil(b"\r\n\r\n"):
            await reader.read()  # until the other side gives up
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnews")
        writer.close()

    async def run() -> bytes:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        settings = FetchSettings(allow_networks=LAB, timeout=Duration(1))
        fetcher = HttpFetcher(settings, MannersSettings(delay=Duration(0)), ForgetfulHosts())
        try:
            address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed/"
            return (await fetcher.get(address, robots=False)).body
        finally:
            await fetcher.close()
            server.close()

    assert asyncio.run(run()) == b"news"
