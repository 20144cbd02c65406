"""Full disks: a poll and the daemon with too little room, and what becomes of it when there is room again.

    python -m benchmarks.full_disk --rooms 30            # as root: real file systems too, each a tmpfs of that size

For each amount of room from 40 KiB to 1.2 MiB, as a file-size limit and as a file system: `poll` must leave within 60 s
with exit code 1 and one sentence, the archive must be whole, and with room again the next poll must complete it. The
daemon must stay up, say so, and complete the archive by itself once there is room.
"""

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from benchmarks.crash_world import FAULTS, World, articles_in, judge, world
from benchmarks.kills import POLL
from storage.backends import open_library
from storage.errors import ArchiveError

_PLENTY = 256 << 20
_LEAVES_WITHIN = 60.0
_DAEMON = (sys.executable, "-m", "dateline", "run")
_LIMITED = (
    "import os, resource, sys; most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]; "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), most)); os.execv(sys.argv[2], sys.argv[2:])"
)
_SAYS = "no room left"


class Disk(Protocol):
    """A place with so much room."""

    name: str

    def start(self, command: Sequence[str], folder: Path) -> "subprocess.Popen[str]":
        """Start a program that meets the limit."""

    def widen(self, program: "subprocess.Popen[str] | None" = None) -> None:
        """Make room, for a program that runs as well."""


class Limit:
    """A file-size limit: no file may grow beyond the room."""

    name = "file-size limit"

    def __init__(self, _folder: Path, room: int) -> None:
        self._room = room

    def start(self, command: Sequence[str], folder: Path) -> "subprocess.Popen[str]":
        """See Disk."""
        return _started((sys.executable, "-c", _LIMITED, str(self._room), *command), folder)

    def widen(self, program: "subprocess.Popen[str] | None" = None) -> None:
        """See Disk."""
        self._room = _PLENTY
        if program:
            resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (_PLENTY, resource.RLIM_INFINITY))


class FileSystem:
    """A file system of that size, mounted on the folder."""

    name = "file system (ENOSPC)"

    def __init__(self, folder: Path, room: int) -> None:
        self._folder = folder
        subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", folder), check=True)

    def start(self, command: Sequence[str], folder: Path) -> "subprocess.Popen[str]":
        """See Disk."""
        return _started(command, folder)

    def widen(self, program: "subprocess.Popen[str] | None" = None) -> None:  # noqa: ARG002 (as Disk says)
        """See Disk."""
        subprocess.run(("mount", "-o", f"remount,size={_PLENTY}", self._folder), check=True)

    def close(self) -> None:
        """Take it away."""
        subprocess.run(("umount", "-l", self._folder), check=True)


def _started(command: Sequence[str], folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@contextmanager
def disk(kind: type[Limit] | type[FileSystem], room: int) -> Iterator[tuple[Disk, Path]]:
    """A folder with so much room while it lasts; the configuration lies outside."""
    with tempfile.TemporaryDirectory(prefix="full-disk-") as name:
        folder = Path(name) / "archive"
        folder.mkdir()
        made = kind(folder, room)
        try:
            yield made, folder
        finally:
            if isinstance(made, FileSystem):
                made.close()


def poll(site: World, kind: type[Limit] | type[FileSystem], room: int) -> Counter[str]:
    """One poll that meets a full disk, and one after it with room."""
    found: Counter[str] = Counter(polls=1)
    with disk(kind, room) as (place, folder):
        words = _configured(site, folder)
        start = time.monotonic()
        out, err, code = _ended(place.start((*POLL[:3], *words, "--json", "-q", "poll"), folder))
        found["slow to leave"] += time.monotonic() - start > _LEAVES_WITHIN
        found["stopped by it"] += code != 0
        if code != 0:
            found["not one sentence"] += code != 1 or len(err.splitlines()) != 1 or _SAYS not in err
        place.widen()
        announced = articles_in(out)
        if not (folder / "dateline.db").is_file() or (folder / "dateline.db").stat().st_size:
            found += judge(folder, site, announced, complete=False)
        out, err, code = _ended(place.start((*POLL[:3], *words, "--json", "-q", "poll"), folder))
        found["failed restarts"] += code != 0 or bool(err)
        return found + judge(folder, site, announced + articles_in(out), complete=True)


def daemon(site: World, kind: type[Limit] | type[FileSystem], room: int) -> Counter[str]:
    """The daemon with a disk that is full for a while."""
    found: Counter[str] = Counter(daemons=1)
    with disk(kind, room) as (place, folder):
        words = _configured(site, folder)
        with place.start((*_DAEMON[:3], *words, "run"), folder) as process:
            found += _watched(process, place, folder, site)
        return found + judge(folder, site, [], complete=True)


def _watched(process: "subprocess.Popen[str]", place: Disk, folder: Path, site: World) -> Counter[str]:
    found: Counter[str] = Counter()
    try:
        said = _read_until(process, lambda said: _SAYS in said or _kept(folder) == len(site.texts), 30)
        found["met it"] += _SAYS in said
        time.sleep(3)
        found["daemon died"] += process.poll() is not None
        place.widen(process)
        said += _read_until(process, lambda _: _kept(folder) == len(site.texts), 90)
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
        found["daemon died"] += code != 0 or "Traceback" in said
        if _SAYS in said:
            found["did not say that it goes on"] += "room again" not in said and "running" not in said
    finally:
        process.kill()
    return found


def _configured(site: World, folder: Path) -> tuple[str, ...]:
    site.configure(folder.parent)
    return ("-c", str(folder.parent / "config.toml"), "--db", str(folder / "dateline.db"))


def _ended(process: "subprocess.Popen[str]") -> tuple[str, str, int]:
    try:
        out, err = process.communicate(timeout=_LEAVES_WITHIN * 2)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    return out, err, process.returncode


def _kept(folder: Path) -> int:
    try:
        with closing(open_library(str(folder / "dateline.db"))) as library:
            return library.counts().articles
    except ArchiveError:
        return 0


def _read_until(process: "subprocess.Popen[str]", enough: Callable[[str], bool], seconds: float) -> str:
    assert process.stderr
    os.set_blocking(process.stderr.fileno(), False)
    said, end = "", time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None and not enough(said):
        time.sleep(0.2)
        with suppress(BlockingIOError):
            said += os.read(process.stderr.fileno(), 1 << 16).decode()
    return said


def main() -> None:
    """Print the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", type=int, default=30)
    parser.add_argument("--daemons", type=int, default=6, help="how many of the rooms the daemon meets too")
    parser.add_argument("--stories", type=int, default=60)
    options = parser.parse_args()
    kinds: list[type[Limit] | type[FileSystem]] = [Limit, FileSystem] if os.geteuid() == 0 else [Limit]
    bad = False
    with world(options.stories) as site:
        for kind in kinds:
            start, found = time.monotonic(), Counter[str]()
            for number in range(options.rooms):
                room = 40 * 1024 + (1_200_000 - 40 * 1024) * number // max(options.rooms - 1, 1)
                found += poll(site, kind, room // 4096 * 4096)
                if number % max(options.rooms // max(options.daemons, 1), 1) == 0 and options.daemons:
                    found += daemon(site, kind, room // 4096 * 4096)
            bad = told(kind.name, found, time.monotonic() - start) or bad
    sys.exit(int(bad))


def told(name: str, found: Counter[str], seconds: float) -> bool:
    """Print what was found with one kind of disk; whether something was wrong."""
    print(f"{name}: {found['polls']} polls, {found['stopped by it']} of them stopped by it;", end=" ")
    print(f"{found['daemons']} daemons, {found['met it']} of which met it; {seconds:.0f} s")
    faults = ("slow to leave", "not one sentence", "daemon died", "did not say that it goes on", *FAULTS)
    for fault in faults:
        print(f"{found[fault]:6} {fault}")
    return any(found[fault] for fault in faults)


if __name__ == "__main__":
    main()
