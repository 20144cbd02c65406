"""The server itself: who does not ask holds no place."""

import socket
from pathlib import Path
from urllib.request import urlopen

import pytest

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
