"""Power cuts: what a poll writes is recorded, and the disk is put together as random cuts would have left it.

    python -m benchmarks.power_cuts --images 300         # needs strace

Three polls of a growing site run under strace, which notes every write, truncation, sync, creation and removal in the
archive's folder, and every line that was announced. Each image is cut at a random event: what was synced is there; of
what was not, each write is lost, whole or torn at sectors of 512 bytes, whatever came later, and each change of the
folder that was not synced is lost or done. Then the archive is opened and judged; every tenth is completed by a poll.
"""

import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.crash_world import FAULTS, World, articles_in, judge, open_archive_once, world
from benchmarks.kills import POLL
from storage.errors import ArchiveError

_SECTOR = 512
_CALLS = "openat,write,pwrite64,fsync,fdatasync,ftruncate,unlink,rename"
_SAID = "said.jsonl"
_NOT_ON_DISK = ("-shm", ".turn", ".lock", ".toml")
_TOO_LITTLE = (
    *(sys.executable, "-c"),
    "import dateline.walks as walks; from functools import partial; from dateline.__main__ import main; "
    "walks.open_archive = partial(walks.open_archive, durable=False); main()",
    *POLL[3:],
)
_LINE = re.compile(r"^(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*?)(<unfinished \.\.\.>)?$")
_FILE = re.compile(r"^\d+<((?:\\x[0-9a-f]{2})+)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_RESULT = re.compile(r"\) += (-?\d+)[^)]*$")


class Event(NamedTuple):
    """One thing that happened to a file of the folder: create, write, truncate, sync, unlink or say."""

    kind: str
    name: str  # "" is the folder itself
    offset: int = 0
    data: bytes = b""


class File:
    """A file's synced bytes, and what was done to it since."""

    def __init__(self) -> None:
        self.synced = bytearray()
        self.since: list[Event] = []

    def sync(self) -> None:
        """All that was done is on disk."""
        for event in self.since:
            put(self.synced, event)
        self.since = []


class Disk:
    """The folder as the program sees it, and as far as it is synced."""

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self._synced: dict[str, File] = {}
        self._since: list[tuple[str, File | None]] = []
        self.said = b""

    def happen(self, event: Event) -> None:
        """Let one event happen."""
        if event.kind == "say":
            self.said += event.data
        elif event.kind == "create":
            self.files.setdefault(event.name, File())
            self._since.append((event.name, self.files[event.name]))
        elif event.kind == "unlink":
            self.files.pop(event.name, None)
            self._since.append((event.name, None))
        elif event.kind == "sync" and not event.name:
            self._synced = dict(self.files)
            self._since = []
        elif event.name in self.files and event.kind == "sync":
            self.files[event.name].sync()
        elif event.name in self.files:
            self.files[event.name].since.append(event)

    def cut(self, chance: random.Random) -> dict[str, bytes]:
        """The files that a power cut leaves, by name."""
        kept = chance.choice((0.0, 1.0, 0.1, 0.5, 0.9))
        names = dict(self._synced)
        for name, file in self._since:
            if chance.random() < kept:
                names.pop(name, None) if file is None else names.update({name: file})
        return {name: _survivor(file, kept, chance) for name, file in names.items()}


def put(body: bytearray, event: Event) -> None:
    """Do what an event says to the bytes of a file."""
    if event.kind == "truncate":
        del body[event.offset :]
        body.extend(bytes(event.offset - len(body)))
        return
    body.extend(bytes(max(event.offset - len(body), 0)))
    body[event.offset : event.offset + len(event.data)] = event.data


def _survivor(file: File, kept: float, chance: random.Random) -> bytes:
    body = bytearray(file.synced)
    for event in file.since:
        torn = event.kind == "write" and len(event.data) > _SECTOR and chance.random() < 0.3
        for piece in _sectors(event) if torn and 0 < kept < 1 else (event,):
            if chance.random() < kept:
                put(body, piece)
    return bytes(body)


def _sectors(event: Event) -> Iterator[Event]:
    for start in range(0, len(event.data), _SECTOR):
        yield event._replace(offset=event.offset + start, data=event.data[start : start + _SECTOR])


def recorded(folder: Path, site: World, polls: int, poll: Sequence[str] = POLL) -> list[Event]:
    """Fill an archive in a folder by so many polls of a growing site; all that they wrote and said."""
    site.configure(folder)
    events: list[Event] = []
    stories = len(site.texts)
    for number in range(1, polls + 1):
        site.shown = stories * number // polls
        with tempfile.TemporaryDirectory() as beside, (folder / _SAID).open("w") as said:
            trace = Path(beside) / "trace"
            watch = ("strace", "-f", "-qq", "-y", "-xx", "-s", str(1 << 24), "-e", f"trace={_CALLS}", "-o", str(trace))
            subprocess.run((*watch, *poll), cwd=folder, stdout=said, check=True)
            with trace.open(encoding="ascii") as lines:
                events += parsed(lines, str(folder))
    return events


def parsed(lines: Iterator[str] | Sequence[str], folder: str) -> Iterator[Event]:
    """The events of a trace, each at the moment when it was done; what is said counts from the moment it begins."""
    begun: dict[str, str] = {}
    for line in lines:
        match = _LINE.match(line.rstrip("\n"))
        if not match:
            continue
        thread, resumed, name, rest, unfinished = match.groups()
        text = begun.pop(thread, "") + rest if resumed else rest
        call = resumed or name
        event = _event(call, text, folder)
        if unfinished:
            begun[thread] = text
            if event and event.kind == "say":
                yield event
        elif event and not (resumed and event.kind == "say") and _happened(text):
            yield event


def _happened(text: str) -> bool:
    result = _RESULT.search(text)
    return result is not None and int(result[1]) >= 0


def _event(call: str, text: str, folder: str) -> Event | None:
    strings = _TEXT.findall(text)
    named = _FILE.match(text)
    path = _unhexed(named[1] if named else strings[0] if strings else "").decode("utf-8", "replace")
    if path != folder and not path.startswith(f"{folder}/"):
        return None
    name = path[len(folder) + 1 :]
    if name.endswith(_NOT_ON_DISK):
        return None
    numbers = [int(number) for number in re.findall(r", (\d+)", text[text.rfind('"') + 1 :].partition(")")[0])]
    if name == _SAID:
        return Event("say", name, data=_unhexed(strings[0])) if call == "write" else None
    match call:
        case "pwrite64":
            return Event("write", name, numbers[-1] if numbers else 0, _unhexed(strings[0]))
        case "ftruncate":
            return Event("truncate", name, numbers[0] if numbers else 0)
        case "fsync" | "fdatasync":
            return Event("sync", name)
        case "unlink":
            return Event("unlink", name)
        case "openat" if "O_CREAT" in text:
            return Event("create", name)
    return None


def _unhexed(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def cut_often(
    images: int, stories: int, seed: int, complete_every: int = 10, *, polls: int = 3, poll: Sequence[str] = POLL
) -> Counter[str]:
    """Make so many images; what was wrong with them."""
    chance = random.Random(seed)
    found: Counter[str] = Counter()
    with world(stories, seed) as site, tempfile.TemporaryDirectory(prefix="power-") as name:
        folder = Path(name)
        (folder / "made").mkdir()
        events = recorded(folder / "made", site, polls, poll)
        found["events"], found["syncs"] = len(events), sum(event.kind == "sync" for event in events)
        disk, done = Disk(), 0
        for number, cut in enumerate(sorted(_cuts(events, images, chance))):
            for event in events[done:cut]:
                disk.happen(event)
            done = cut
            image = folder / f"image-{number}"
            image.mkdir()
            for file, body in disk.cut(chance).items():
                (image / file).write_bytes(body)
            shutil.copy(folder / "made" / "config.toml", image)
            said = articles_in(disk.said.decode())
            found += judged(image, site, said, complete=complete_every > 0 and number % complete_every == 0)
            found["announced"] += len(said)
            shutil.rmtree(image)
    return found


def _cuts(events: Sequence[Event], images: int, chance: random.Random) -> list[int]:
    """Where to cut: half of them anywhere, half of them close to a sync or to what was said."""
    marks = [number for number, event in enumerate(events) if event.kind in ("sync", "say", "unlink", "create")]
    anywhere = [chance.randint(1, len(events)) for _ in range(images - images // 2)]
    close = [chance.choice(marks) + chance.randint(-1, 3) for _ in range(images // 2)]
    return [min(max(cut, 1), len(events)) for cut in anywhere + close]


def judged(image: Path, site: World, said: list[dict[str, object]], *, complete: bool) -> Counter[str]:
    """Open one image as the next start would, and judge it."""
    found: Counter[str] = Counter(images=1)
    try:
        open_archive_once(image / "dateline.db")
    except ArchiveError:
        found["failed restarts"] += 1
        return found
    found += judge(image, site, said, complete=False)
    if complete:
        done = subprocess.run(POLL, cwd=image, capture_output=True, text=True, timeout=120, check=False)
        found["failed restarts"] += done.returncode != 0 or bool(done.stderr)
        found["completed"] += 1
        found += judge(image, site, said + articles_in(done.stdout), complete=True)
    return found


def main() -> None:
    """Print the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--stories", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--control", action="store_true", help="let the poll sync too little, to see that it is found")
    options = parser.parse_args()
    if not shutil.which("strace"):
        sys.exit("strace is needed: apt-get install strace")
    start = time.monotonic()
    found = cut_often(options.images, options.stories, options.seed, poll=_TOO_LITTLE if options.control else POLL)
    print(f"{found['images']} images of a trace of {found['events']} events ({found['syncs']} syncs),", end=" ")
    print(f"{found['announced'] / max(found['images'], 1):.0f} articles announced before the cut on average,", end=" ")
    print(f"{found['completed']} completed by a poll, {time.monotonic() - start:.0f} s")
    for name in FAULTS:
        print(f"{found[name]:6} {name}")
    sys.exit(int(any(found[name] for name in FAULTS)))


if __name__ == "__main__":
    main()
