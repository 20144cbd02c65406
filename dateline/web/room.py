"""Readers of the archive, lent to one request at a time: opening one anew for each would cost more than its answer."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from storage.archive import Reader
from storage.backends import open_reader
from storage.errors import BadQuery

_MOST_IDLE = 8


class ReadingRoom:
    """Lends readers of one archive to any thread."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._idle: deque[Reader] = deque()  # its ends are safe to take from in any thread

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """A reader of one's own for a while. Raises ArchiveError where there is no archive to read."""
        try:
            reader = self._idle.pop()
        except IndexError:
            reader = open_reader(self._address)
        try:
            yield reader
        except BadQuery:
            self._idle.append(reader)
            raise
        except Exception:
            reader.close()  # it may be the file's fault: the next one looks at it anew
            raise
        if len(self._idle) < _MOST_IDLE and not reader.still:
            self._idle.append(reader)
        else:
            reader.close()

    def close(self) -> None:
        """Close those that nobody has."""
        while self._idle:
            self._idle.pop().close()
