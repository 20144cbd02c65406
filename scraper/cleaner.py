"""A killable worker asked from plain code: for bulk work, which runs in threads and processes of its own.

The pages of a batch go to the worker one at a time, and the next one is made ready while it works. A page that kills it
is answered with the reason, and the others go to a new one.
"""

import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from select import POLLIN, poll

import msgspec

from scraper.settings import ExtractSettings
from scraper.tasks import FRAME, Answer, ExtractTask
from scraper.workers import Refused, command, obituary, surroundings, wall

_TRIES = 3  # of a page whose worker was killed from outside
_ours = threading.local()


def clean_batch(tasks: Sequence[ExtractTask], settings: ExtractSettings) -> list[Answer]:
    """Clean these pages in the worker of this thread, which is started when first needed; for any Executor."""
    return list(cleaner_of_thread(settings).clean(tasks))


def cleaner_of_thread(settings: ExtractSettings) -> "Cleaner":
    """The worker of this thread, which ends with it: to start one costs as much as some hundred pages.

    Whoever does not take all answers of a `clean` must close it.
    """
    cleaner: Cleaner | None = getattr(_ours, "cleaner", None)
    if cleaner is None or cleaner.settings != settings:
        cleaner = _ours.cleaner = Cleaner(settings)
    return cleaner


class Cleaner:
    """One worker process, replaced when a page kills it. Not for two threads at once."""

    def __init__(self, settings: ExtractSettings) -> None:
        self.settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def clean(self, tasks: Iterable[ExtractTask]) -> Iterator[Answer]:
        """An answer for each page, in order: its article, or `refused` with the reason."""
        frames = map(msgspec.msgpack.encode, tasks)
        frame = next(frames, None)
        while frame is not None:
            sent = self._send(frame)
            ready = next(frames, None)
            yield self._answer(frame, sent=sent)
            frame = ready

    def close(self) -> None:
        """End the worker; it holds nothing that could be lost."""
        if self._process is None:
            return
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()
        self._process.wait()
        self._process = None

    def __del__(self) -> None:
        self.close()

    def _answer(self, frame: bytes, *, sent: bool) -> Answer:
        reason = Refused("the worker that read it was killed from outside", final=False)
        for _ in range(_TRIES):
            try:
                answer = self._receive() if sent else self._buried()
                if answer.broken:
                    self.close()
                return answer
            except Refused as error:
                self.close()
                reason = error
            if reason.final or reason.killed:
                break
            sent = self._send(frame)
        return Answer(refused=reason.reason)

    def _send(self, frame: bytes) -> bool:
        if self._process is None:
            self._process = _started(self.settings)
        assert self._process.stdin
        try:
            self._process.stdin.write(FRAME.pack(len(frame)) + frame)
            self._process.stdin.flush()
        except OSError:
            return False
        return True

    def _receive(self) -> Answer:
        """The answer of the worker. Raises Refused when it dies of the page, or takes too long."""
        assert self._process
        assert self._process.stdout
        ready = poll()
        ready.register(self._process.stdout, POLLIN)
        if not ready.poll(wall(self.settings) * 1000):
            raise Refused("refused: too costly to read")
        header = self._process.stdout.read(FRAME.size)
        if len(header) < FRAME.size:
            return self._buried()
        (size,) = FRAME.unpack(header)
        body = self._process.stdout.read(size)
        return msgspec.msgpack.decode(body, type=Answer) if len(body) == size else self._buried()

    def _buried(self) -> Answer:
        assert self._process
        raise obituary(self._process.wait(), self.settings)


def _started(settings: ExtractSettings) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 (our own interpreter)
        command(settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=surroundings(),
    )
