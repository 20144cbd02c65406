"""A real HTTP server on the loopback address, and Dateline as a real process beside it."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """What a path answers."""

    body: bytes | str = b""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


Handler = Answer | Callable[[Message], Answer]


class Site:
    """Answers from a table; every other path is 404. Remembers (seconds, path, status) of every request."""

    def __init__(self, paths: dict[str, Handler]) -> None:
        self.paths = paths
        self.log: list[tuple[float, str, int]] = []
        self.base = ""

    def asked(self) -> list[str]:
        """The paths asked for, in order."""
        return [path for _, path, _ in self.log]

    def answer(self, path: str, headers: Message) -> Answer:
        """What this request gets."""
        found = self.paths.get(path, Answer("not here", 404))
        answer = found if isinstance(found, Answer) else found(headers)
        self.log.append((time.monotonic(), path, answer.status))
        return answer


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no error of the site."""


@contextmanager
def serve(paths: dict[str, Handler]) -> Iterator[Site]:
    """The site while it is up; its address is `site.base`."""
    site = Site(paths)

    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = site.answer(self.path, self.headers)
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            for name, value in answer.headers:
                self.send_header(name, value)
            if answer.status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if answer.status != 304:
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = _Server(("127.0.0.1", 0), Requests)
    server.daemon_threads = True
    site.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def dateline(folder: Path, *words: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run Dateline in a folder and check its exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "dateline", *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    if code is not None:
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


def events(done: subprocess.CompletedProcess[str], kind: str) -> list[dict[str, Any]]:
    """The JSON events of one kind that a command wrote."""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [line for line in lines if line["event"] == kind]


def configure(folder: Path, *feeds: tuple[str, str], manners: str = 'delay = "0s"', more: str = "") -> Path:
    """Write a config.toml for sites on the loopback address."""
    entries = "".join(f'[[feeds]]\nurl = "{url}"\ncategory = "{category}"\n' for url, category in feeds)
    file = folder / "config.toml"
    file.write_text(f'[fetch]\nallow_networks = ["127.0.0.0/8"]\n[manners]\n{manners}\n{more}\n{entries}')
    return file
