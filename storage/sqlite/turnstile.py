"""Fairness between processes that write to one archive.

SQLite lets whoever asks at the right moment write. A busy writer asks again at once after each commit, and one that
waits, looking every 100 ms, might not find the lock free in 30 s. So a writer holds this lock while it asks: who waits
holds it, and who has just written waits behind. A courtesy only: after a few seconds one goes on without it.
"""

import fcntl
import time
from pathlib import Path
from types import TracebackType

from storage.beside import make_like

_PATIENCE = 5.0
_LOOK_AGAIN = 0.002


class Turnstile:
    """A lock file beside the archive; holds nothing that matters, and a killed process lets go of it."""

    def __init__(self, path: str) -> None:
        make_like(path, f"{path}.turn")
        self._file = Path(f"{path}.turn").open("a", encoding="ascii")  # noqa: SIM115 (open as long as the writer)

    def __enter__(self) -> None:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_LOOK_AGAIN)
            else:
                return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
