"""Saved searches and digests: told at least once, signed, tried again, kept when nobody takes them."""

import asyncio
import base64
import hmac
import json
import smtplib
import socket
import sqlite3
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from shutil import which
from typing import Any

import msgspec
import pytest

from dateline.alerts import Alerts, send_mail
from dateline.config import AlertsGroup
from dateline.loading import load
from dateline.trouble import Trouble, trouble_of
from dateline.webhooks import signed
from scraper.fetch import FetchError
from storage.backends import open_archive, open_library
from storage.records import Article, Delivery, FeedState, Metadata, Page
from tests.dateline.site import Answer, configure, dateline, serve
from tests.dateline.test_toy_site import STORIES, feed, story

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOOK = "https://receiver.example/finds"


class Receiver:
    """Takes what is posted, or answers as it is told to."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[str, bytes, dict[str, str]]] = []

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        if self.status == 0:
            raise FetchError("no connection")
        if 200 <= self.status < 300:
            self.got.append((url, body, headers))
        return self.status


class Desk:
    """Alerts over a real archive, a receiver, and a clock that is set by hand."""

    def __init__(self, folder: Path, more: str) -> None:
        (folder / "config.toml").write_text(more)
        self.now, self.receiver = NOW, Receiver()
        self.config = load(folder / "config.toml", {})
        self.path = self.config.archive.path
        self.archive = open_archive(self.path, durable=False)
        self.alerts = Alerts(
            self.config, self.archive, lambda: open_library(self.path), self.receiver, lambda: self.now
        )

    async def publish(self, number: int, text: str) -> None:
        url = f"https://paper.example/{number}/"
        body = f"{number} {text}".encode()
        page = Page(url=url, final_url=url, status=200, body=body, fetched=self.now)
        facts = Metadata(title=f"Story {number}", language="en")
        article = Article(url=url, metadata=facts, text=text, markup=f"<p>{text}</p>", fingerprint=f"{number}{text}")
        await self.archive.add(url, page, article)


SEARCH = f'[[searches]]\nname = "harbour"\nquery = "harbour"\nwebhook = "{HOOK}"\nsecret = "s3cret"\n'


def test_each_find_is_told_once_and_signed(tmp_path: Path) -> None:
    async def run() -> None:
        desk = Desk(tmp_path, SEARCH)
        await desk.publish(1, "The harbour was there before the search.")
        assert await desk.alerts.once() == 0
        await desk.publish(2, "A new crane for the harbour.")
        await desk.publish(3, "A new roof for the school.")
        assert await desk.alerts.once() == 1
        assert await desk.alerts.once() == 0
        await desk.publish(2, "A new crane for the harbour, and a second one.")
        assert await desk.alerts.once() == 1
        await desk.archive.close()
        told = [json.loads(body) for _, body, _ in desk.receiver.got]
        assert [[article["id"] for article in one["articles"]] for one in told] == [[2], [2]]
        assert told[1]["articles"][0]["text"].endswith("second one.")
        _, body, headers = desk.receiver.got[0]
        stated = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mac = base64.b64encode(hmac.new(b"s3cret", stated, sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{mac}"
        assert len({headers["webhook-id"] for *_, headers in desk.receiver.got}) == 2

    asyncio.run(run())


def test_a_saved_search_may_know_operators(tmp_path: Path) -> None:
    async def run() -> None:
        desk = Desk(tmp_path, SEARCH.replace('"harbour"\nweb', '"(harbour OR port) NOT school"\noperators = true\nweb'))
        await desk.alerts.once()
        for number, text in enumerate(("A crane for the port.", "A school by the harbour.", "The harbour at night.")):
            await desk.publish(number + 1, text)
        await desk.alerts.once()
        await desk.archive.close()
        told = [article["title"] for _, body, _ in desk.receiver.got for article in json.loads(body)["articles"]]
        assert told == ["Story 1", "Story 3"]

    asyncio.run(run())
    (saved,) = load(tmp_path / "config.toml", {}).searches
    assert saved.parameters()["operators"] == "1"


@pytest.mark.parametrize("status", [0, 500, 302])
def test_what_is_not_taken_is_tried_again_ever_more_seldom_and_then_kept(tmp_path: Path, status: int) -> None:
    async def run() -> None:
        desk = Desk(tmp_path, SEARCH)
        await desk.alerts.once()
        await desk.publish(1, "The harbour again.")
        desk.receiver.status = status
        tried = []
        for _ in range(5 * 24 * 4):
            before = _tries(desk.path)
            await desk.alerts.once()
            if _tries(desk.path) > before:
                tried.append(desk.now)
            desk.now += timedelta(minutes=15)
        gaps = [later - earlier for earlier, later in pairwise(tried)]
        assert gaps == sorted(gaps)
        assert len(tried) == 12
        library = open_library(desk.path)
        assert [letter.tries for letter in library.dead_letters()] == [12]
        assert trouble_of(library).dead_letters
        library.close()
        desk.receiver.status = 204
        assert await desk.archive.revive(desk.now) == 1
        assert await desk.alerts.once() == 1
        await desk.archive.close()

    asyncio.run(run())


def test_a_receiver_that_wants_no_more_is_told_no_more(tmp_path: Path) -> None:
    async def run() -> None:
        desk = Desk(tmp_path, SEARCH)
        await desk.alerts.once()
        await desk.publish(1, "The harbour again.")
        desk.receiver.status = 410
        await desk.alerts.once()
        await desk.archive.close()
        with closing(open_library(desk.path)) as library:
            assert ["410" in letter.reason for letter in library.dead_letters()] == [True]

    asyncio.run(run())


def test_one_digest_a_day_tells_what_is_in_trouble(tmp_path: Path) -> None:
    async def run() -> None:
        desk = Desk(tmp_path, f'[alerts]\nwebhook = "{HOOK}"\n')
        states = await desk.archive.subscribe([FeedState(url="https://u:p@a.example/feed/", category="A")])
        assert await desk.alerts.once() == 0
        sick = msgspec.structs.replace(states[0], state="failing", reason="503 Service Unavailable", last_polled=NOW)
        await desk.archive.polled(sick, [], None)
        assert [await desk.alerts.once() for _ in range(3)] == [1, 0, 0]
        desk.now += timedelta(hours=25)
        assert await desk.alerts.once() == 1
        await desk.archive.close()
        digest = msgspec.json.decode(desk.receiver.got[0][1], type=Trouble)
        assert digest.feeds[0][1:] == ("failing", "503 Service Unavailable")
        assert "p@" not in digest.text()
        assert "503" in digest.text()

    asyncio.run(run())


def test_a_signature_of_the_specification() -> None:
    """The example of https://github.com/standard-webhooks/standard-webhooks."""
    body = b'{"test": 2432232314}'
    made = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", body, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", _at(1614265330))
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_mistake_in_the_configuration_names_its_key(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[[searches]]\nname = "a"\nwebhook = "ftp://x/"\n')
    assert "searches[0].webhook" in dateline(tmp_path, "config", "check", code=2).stderr
    (tmp_path / "config.toml").write_text('[alerts]\nmail_to = "a@b.example"\n')
    assert "alerts.smtp" in dateline(tmp_path, "config", "check", code=2).stderr
    (tmp_path / "config.toml").write_text('[alerts]\nwebhook = "https://a.example/"\nsecret = "s3cret"\n')
    assert "s3cret" not in dateline(tmp_path, "config", "show").stdout


def test_a_poll_tells_a_real_receiver(tmp_path: Path) -> None:
    with serve({}) as site, _receiver() as (hook, got):
        site.paths["/feed/"] = Answer(feed(site.base), kind="application/rss+xml")
        site.paths |= {f"/{name}/": story(name, site.base) for name in STORIES[:2]}
        search = f'[[searches]]\nname = "bridge"\nquery = "bridge council"\nwebhook = "{hook}"\n'
        configure(tmp_path, (f"{site.base}/feed/", "News"), more=search)
        dateline(tmp_path, "poll", code=None)
        site.paths["/bridge/"] = story("bridge railway", site.base)
        with sqlite3.connect(tmp_path / "dateline.db") as archive:
            archive.execute("UPDATE visit SET next = last")
        archive.close()
        dateline(tmp_path, "poll", code=None)
    told = [article["title"] for one in got for article in one["articles"]]
    assert told == ["The bridge story", "The bridge railway story"]  # the first poll's finds, too


def test_a_digest_is_mailed(tmp_path: Path) -> None:
    with _mail_server() as (port, letters):
        (tmp_path / "config.toml").write_text(
            f'[alerts]\nmail_to = "desk@paper.example"\nsmtp = "smtp://127.0.0.1:{port}"\n'
        )
        trouble = Trouble(feeds=(("https://a.example/feed/", "failing", "503"),))
        letter = Delivery(
            id=7,
            target="mailto:desk@paper.example",
            kind="digest",
            body=msgspec.json.encode(trouble).decode(),
            made=NOW,
        )
        send_mail(load(tmp_path / "config.toml", {}).alerts, letter)
    [text] = letters
    assert "To: desk@paper.example" in text
    assert "- https://a.example/feed/: failing: 503" in text
    assert "\nDate: " in text


@pytest.mark.skipif(not which("openssl"), reason="no openssl to make a certificate with")
def test_a_login_goes_to_no_mail_server_that_cannot_prove_itself(tmp_path: Path) -> None:
    made = ("-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=127.0.0.1")
    subprocess.run(("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *made), cwd=tmp_path, check=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    heard: list[bytes] = []

    def serve_one(server: socket.socket) -> None:
        channel, _ = server.accept()
        with channel, suppress(OSError), tls.wrap_socket(channel, server_side=True) as private:
            private.sendall(b"220 here\r\n")
            heard.append(private.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve_one, args=(server,))
        thread.start()
        alerts = AlertsGroup(mail_to="a@b.example", smtp=f"smtps://me:secret@127.0.0.1:{server.getsockname()[1]}")
        body = msgspec.json.encode(Trouble()).decode()
        with pytest.raises(ssl.SSLCertVerificationError):
            send_mail(alerts, Delivery(target="mailto:a@b.example", kind="digest", body=body, made=NOW))
        thread.join()
    assert heard in ([], [b""])


def test_a_login_goes_to_no_mail_server_that_offers_no_secrecy() -> None:
    with _mail_server() as (port, letters):
        alerts = AlertsGroup(mail_to="a@b.example", smtp=f"smtp://me:secret@127.0.0.1:{port}")
        body = msgspec.json.encode(Trouble()).decode()
        with pytest.raises(smtplib.SMTPNotSupportedError, match="STARTTLS"):
            send_mail(alerts, Delivery(target="mailto:a@b.example", kind="digest", body=body, made=NOW))
    assert letters == []


@contextmanager
def _mail_server() -> Iterator[tuple[int, list[str]]]:
    """As much of SMTP (RFC 5321) as one letter needs."""
    letters: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve_one() -> None:
            channel, _ = server.accept()
            with channel, channel.makefile("rwb") as lines:
                _talk(lines, letters)

        thread = threading.Thread(target=serve_one)
        thread.start()
        yield server.getsockname()[1], letters
        thread.join()


def _talk(lines: Any, letters: list[str]) -> None:
    def say(text: str) -> None:
        lines.write(f"{text}\r\n".encode())
        lines.flush()

    say("220 here")
    while line := lines.readline():
        if line.upper().startswith(b"DATA"):
            say("354 go on")
            letters.append("".join(part.decode() for part in iter(lines.readline, b".\r\n")))
        say("221 bye" if line.upper().startswith(b"QUIT") else "250 fine")


@contextmanager
def _receiver() -> Iterator[tuple[str, list[Any]]]:
    got: list[Any] = []

    class Posts(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Posts)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/finds", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _tries(path: str) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT coalesce(sum(tries), 0) FROM delivery").fetchone()[0])


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
