"""Serving the pages: in the foreground, or in a thread of its own beside the daemon."""

import asyncio
import socket
import threading
from types import TracebackType
from typing import Any, Self

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from dateline.web.app import create_app
from dateline.web.queries import NOTHING_SAVED, Saved
from dateline.web.settings import WebSettings

_AT_ONCE, _BACKLOG, _GRACE = 64, 128, 3
_TO_ASK, _TO_HEAR = 15.0, 120.0  # seconds that a reader may take for a request, and until the answer is taken
_ASKED = (h11.DONE, h11.MUST_CLOSE)


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
                http=_Connection,
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


class _Connection(H11Protocol):
    """HTTP that hangs up on whoever says nothing, or a word a minute: else a few such readers took all the places."""

    _hanging_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._hang_up_in(_TO_ASK)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in _ASKED:
            self._hang_up_in(_TO_HEAR)

    def on_response_complete(self) -> None:
        self._hang_up_in(_TO_ASK)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._hang_up_in(None)
        super().connection_lost(exc)

    def _hang_up_in(self, seconds: float | None) -> None:
        if self._hanging_up:
            self._hanging_up.cancel()
        self._hanging_up = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)


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
