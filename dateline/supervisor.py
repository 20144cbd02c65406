"""Telling the service manager how we are: ready, alive, reloading, stopping (sd_notify(3), Type=notify).

"Alive" is said only after proof of it: the event loop turned, and the archive's writing thread answered a question.
A daemon that hangs in either falls silent, and systemd starts it again. One whose archive was taken away or
is damaged ends.
"""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from storage.errors import ArchiveBroken, ArchiveError, ArchiveMoved

log = logging.getLogger("dateline")

_OFTEN = 3  # signs of life in one period of the watchdog,
_ELSE = 60.0  # and seconds between them where there is none


class Supervisor:
    """The service manager that started us, or nobody."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        period = environ.get("WATCHDOG_USEC", "")
        meant = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.period = int(period) / 1e6 if period.isdecimal() and meant else 0.0  # seconds; 0: no watchdog

    def tell(self, *lines: str) -> None:
        """Send `KEY=value` lines; without a service manager nothing happens."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto("\n".join(lines).encode(), address)

    def ready(self, status: str) -> None:
        """We are up (again, after a reload)."""
        self.tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """The configuration is read anew; `ready` follows."""
        self.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Finishing the articles in hand."""
        self.tell("STOPPING=1", "STATUS=finishing the articles in hand")

    async def watch(self, proof: Callable[[], Awaitable[object]]) -> None:
        """Say that we live, for as long as `proof` can be had; runs until it is cancelled.

        Raises ArchiveMoved, ArchiveBroken.
        """
        while True:
            try:
                await proof()
            except (ArchiveMoved, ArchiveBroken):
                raise
            except ArchiveError as error:  # a full disk is no reason to be started again: whoever says so is alive
                log.debug("alive, but: %s", error)
            self.tell("WATCHDOG=1")
            await asyncio.sleep(self.period / _OFTEN or _ELSE)
