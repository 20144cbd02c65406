"""The one thread that writes: a queue, a group of tasks a transaction, an answer only after the commit.

A commit costs half as much as an article, so tasks that can wait are gathered before they are handed over: those of
each thirtieth of a second together. The first after a pause is handed over at once.
A disk that is full need not be the end: whoever is patient has the group done again until there is room.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from storage.errors import ArchiveBroken, ArchiveError, ArchiveFull, ArchiveMoved, Patience, no_patience
from storage.sqlite.connect import in_our_words, is_full, pages_path
from storage.sqlite.indexing import index
from storage.sqlite.turnstile import Turnstile

T = TypeVar("T")
_GROUP = 64  # tasks from which a transaction takes in no more
_MOMENT = 0.03  # seconds from one hand-over to the next of what can wait


class _Task:
    """A piece of work and whoever awaits it."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.result: Any = None
        self.error: Exception | None = None

    def settle(self) -> None:
        if self.future.done():
            return
        if self.error:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer:
    """Runs functions in its thread, many in one transaction, each of which succeeds or fails by itself.

    The pages' file is committed first, so no article ever points to a page that is not there.
    """

    def __init__(
        self, main: sqlite3.Connection, pages: sqlite3.Connection, path: str, patience: Patience = no_patience
    ) -> None:
        self._main = main
        self._pages = pages
        self._path = path
        self._files = {name: _inode(name) for name in (path, pages_path(path))}
        self._patience = patience
        self._broken: ArchiveBroken | None = None
        self._turnstile = Turnstile(path)
        self._gathered: list[_Task] = []
        self._timer: asyncio.TimerHandle | None = None
        self._handed_over = 0.0
        self._queue: queue.SimpleQueue[list[_Task]] = queue.SimpleQueue()  # an empty list ends the thread
        self._thread = threading.Thread(target=self._serve, name="writer")
        self._thread.start()

    async def do(self, work: Callable[[], T], *, can_wait: bool = False) -> T:
        """Have the thread do it; returns after the commit. Raises ArchiveError.

        `can_wait`: for others with which to share a commit, if the last one was but a moment ago.
        """
        task = _Task(work)
        self._gathered.append(task)
        if not can_wait or len(self._gathered) >= _GROUP:
            self._hand_over()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self._handed_over + _MOMENT, self._hand_over)
        result: T = await task.future
        return result

    async def close(self) -> None:
        """Do what is queued, then end the thread."""
        self._hand_over()
        self._queue.put([])
        await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._gathered:
            self._queue.put(self._gathered)
            self._gathered = []
            self._handed_over = asyncio.get_running_loop().time()

    def _serve(self) -> None:
        going = True
        while going:
            tasks = self._queue.get()
            going = bool(tasks)
            while going and len(tasks) < _GROUP and not self._queue.empty():
                more = self._queue.get()
                going = bool(more)
                tasks += more
            if tasks:
                self._commit(tasks)
        self._main.close()
        self._pages.close()
        self._turnstile.close()

    def _commit(self, tasks: list[_Task]) -> None:
        attempt = 1
        while error := self._attempt(tasks):
            if isinstance(error, ArchiveFull) and self._patience(error, attempt):
                attempt += 1
                continue
            for task in tasks:
                task.error = error
            break
        else:
            if attempt > 1:
                self._patience(None, attempt)
        _answer(tasks)

    def _attempt(self, tasks: list[_Task]) -> ArchiveError | None:
        """Do the group in one transaction of both files; what kept it from being committed."""
        for name, inode in self._files.items():
            if _inode(name) != inode:  # what is written to a file without a name is lost
                return ArchiveMoved(f"{name}: was removed or replaced while it was in use; nothing is written any more")
        if self._broken:
            return self._broken
        try:
            self._begin()
            try:
                for task in tasks:
                    task.error, task.result = None, task.work()
            except Exception as error:
                if is_full(error, self._path):
                    raise
                # Once more, so that it undoes nothing but its own. Not from the start: at every savepoint FTS5 writes
                # what it has gathered, an article at a time, and merges all that later.
                self._give_up()
                self._begin()
                for task in tasks:
                    self._one(task)
            index(self._main)
            self._pages.execute("COMMIT")
            self._main.execute("COMMIT")
        except sqlite3.Error as error:
            self._give_up()
            return self._told(error)
        return None

    def _told(self, error: sqlite3.Error) -> ArchiveError:
        """The error in our words. What is damaged is written to no more: that would make it worse."""
        told = in_our_words(error, self._path)
        if isinstance(told, ArchiveBroken):
            self._broken = told
        return told

    def _begin(self) -> None:
        with self._turnstile:
            self._main.execute("BEGIN IMMEDIATE")
        self._pages.execute("BEGIN IMMEDIATE")

    def _one(self, task: _Task) -> None:
        """A task with a savepoint of its own."""
        both = (self._main, self._pages)
        for connection in both:
            connection.execute("SAVEPOINT task")
        task.error = None
        try:
            task.result = task.work()
        except Exception as error:  # handed on to whoever awaits: the thread serves the others
            if is_full(error, self._path) or not all(connection.in_transaction for connection in both):
                raise  # the others find no room either; or SQLite rolled the whole group back
            task.error = self._told(error) if isinstance(error, sqlite3.Error) else error
            for connection in both:
                connection.execute("ROLLBACK TO task")
        for connection in both:
            connection.execute("RELEASE task")

    def _give_up(self) -> None:
        for connection in (self._main, self._pages):
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def _inode(path: str) -> int:
    try:
        return Path(path).stat().st_ino
    except FileNotFoundError:
        return 0


def _answer(tasks: list[_Task]) -> None:
    """Tell whoever awaits them, with one call into their loop."""
    loops: dict[asyncio.AbstractEventLoop, list[_Task]] = {}
    for task in tasks:
        loops.setdefault(task.future.get_loop(), []).append(task)
    for loop, theirs in loops.items():
        with suppress(RuntimeError):  # the loop is closed: nobody awaits them any more
            loop.call_soon_threadsafe(_settle, theirs)


def _settle(tasks: list[_Task]) -> None:
    for task in tasks:
        task.settle()
