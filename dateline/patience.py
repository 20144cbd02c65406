"""What the daemon does when the disk is full: it says so, waits, and goes on by itself when there is room."""

import asyncio
import logging
import threading

from dateline.supervisor import Supervisor
from storage.archive import Archive
from storage.backends import open_archive
from storage.errors import ArchiveFull

log = logging.getLogger("dateline")

_LONGEST = 30.0  # seconds between two looks


class Waiting:
    """A storage.errors.Patience that waits 1, 2, 4 … 30 s between tries, until it is ended."""

    def __init__(self) -> None:
        self.waits = False  # just now
        self._over = threading.Event()

    def __call__(self, error: ArchiveFull | None, attempt: int) -> bool:
        """Wait; whether to try again. Called by the archive's thread."""
        self.waits = False
        if error is None:
            log.info("there is room again: going on")
            return True
        pause = min(2.0 ** (attempt - 1), _LONGEST)
        log.error("%s; nothing is polled until then, looking again in %.0f s", error, pause)
        self.waits = True
        self._over.wait(pause)
        return not self._over.is_set()

    def end(self) -> None:
        """Wait no more: the daemon is to stop."""
        self._over.set()


async def room(path: str, waiting: Waiting, supervisor: Supervisor) -> None:
    """Return when the archive can be opened; it is made or brought up to date here. Raises ArchiveError."""
    attempt = 1
    while True:
        try:
            await open_archive(path).close()
        except ArchiveFull as error:
            supervisor.ready("the disk is full: waiting for room")
            supervisor.tell("WATCHDOG=1")
            if not await asyncio.to_thread(waiting, error, attempt):
                raise
            attempt += 1
        else:
            return


async def alive(archive: Archive, waiting: Waiting) -> None:
    """Return when the archive's thread has answered, or waits for room on the disk. Raises ArchiveError."""
    asked = asyncio.ensure_future(archive.host(""))
    while not waiting.waits:
        if (await asyncio.wait([asked], timeout=1))[0]:
            asked.result()
            return
    asked.cancel()
