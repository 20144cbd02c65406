"""The server itself: who does not ask holds no place."""

import asyncio
import logging
import socket
from pathlib import Path
from urllib.request import urlopen

import pytest

from dateline import daemon
from dateline.config import ArchiveGroup, Config
from dateline.web import server as module
from dateline.web.server import Server
from dateline.web.settings import WebSettings
from tests.dateline import newsroom

HALF = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
WHOLE = HALF + b"\r\n"


@pytest.mark.parametrize("sent", [b"", HALF, WHOLE + HALF], ids=["nothing", "half a request", "half a second request"])
def test_who_does_not_finish_asking_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(module, "_TO_ASK", 0.5)
    newsroom.fill(tmp_path / "dateline.db", 1)
    with Server(str(tmp_path / "dateline.db"), WebSettings(listen="127.0.0.1:0"), daemon=False) as server:
        host, _, port = server.address.removeprefix("http://").partition(":")
        for _ in range(2):  # more than there are places for
            idle = [socket.create_connection((host, int(port)), timeout=30) for _ in range(70)]
            for one in idle:
                one.sendall(sent)
            for one in idle:
                while True:
                    try:
                        if not one.recv(1 << 16):
                            break
                    except ConnectionResetError:
                        break
                one.close()
        with urlopen(f"{server.address}/health", timeout=30) as answer:
            assert answer.status == 200


def test_a_health_check_by_http_1_0_names_no_host_and_is_answered(tmp_path: Path) -> None:
    newsroom.fill(tmp_path / "dateline.db", 1)
    with Server(str(tmp_path / "dateline.db"), WebSettings(listen="127.0.0.1:0"), daemon=False) as server:
        host, _, port = server.address.removeprefix("http://").partition(":")
        for path in (b"/health", b"/feed.xml"):
            with socket.create_connection((host, int(port)), timeout=30) as asking:
                asking.sendall(b"GET " + path + b" HTTP/1.0\r\n\r\n")
                assert asking.recv(1 << 16).split()[1] == b"200"


def test_pages_whose_place_is_taken_are_served_once_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(daemon, "_PAGES_AGAIN", 0.01)
    caplog.set_level(logging.INFO, "dateline")
    newsroom.fill(tmp_path / "dateline.db", 1)

    async def served() -> int:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            listen = "{}:{}".format(*taken.getsockname())
            pages = daemon._Pages()
            pages.begin(
                Config(archive=ArchiveGroup(path=str(tmp_path / "dateline.db")), web=WebSettings(listen=listen))
            )
            await asyncio.sleep(0.1)
        async with asyncio.timeout(30):
            while "web pages" not in caplog.messages:  # noqa: ASYNC110 (time passes by itself)
                await asyncio.sleep(0.01)
        answer = await asyncio.to_thread(urlopen, f"http://{listen}/feeds", None, 30)
        await pages.end()
        return int(answer.status)

    assert asyncio.run(served()) == 200
    assert caplog.messages[0].startswith("no web pages for now")
