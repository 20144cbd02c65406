"""Serving the pages: in the foreground, or in a thread of its own beside the daemon."""

import asyncio
import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn

from dateline.web.app import create_app
from dateline.web.queries import NOTHING_SAVED, Saved
from dateline.web.settings import WebSettings

_AT_ONCE, _BACKLOG, _GRACE = 64, 128, 3


class Server:
    """The pages of an archive while the context lasts, in a thread with an event loop of its own.

    A page that takes long delays no poll. Raises OSError where the place is taken, ValueError for impossible settings.
    """

    def __init__(self, archive: str, settings: WebSettings, *, daemon: bool, saved: Saved = NOTHING_SAVED) -> None:
        app = create_app(archive, settings, daemon=daemon, saved=saved)
        self._socket = _bound(*settings.place())
        self.address = "http://{}:{}".format(*_written(self._socket))
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=_AT_ONCE,
                timeout_graceful_shutdown=_GRACE,
            )
        )
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(_GRACE + 2)
        self._socket.close()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(_BACKLOG)
    except BaseException:
        made.close()
        raise
    return made


def _written(bound: socket.socket) -> tuple[str, int]:
    host, port = bound.getsockname()[:2]
    return (f"[{host}]" if ":" in host else host), port
