"""The rigs of crash safety in small; `python -m benchmarks.kills`, `.power_cuts` and `.full_disk` run them in large."""

import asyncio
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.crash_world import FAULTS, world
from benchmarks.full_disk import Limit, daemon
from benchmarks.kills import kill_often
from benchmarks.power_cuts import Disk, Event, cut_often, parsed
from scraper.pipeline import Walk
from scraper.schedule import Clock
from scraper.settings import ExtractSettings, ScheduleSettings
from scraper.workers import Workers
from storage.backends import open_archive
from storage.records import FeedState
from tests.fakes import Ear, ScriptedFetcher

FOLDER = "/a"


def hexed(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


def test_kills_lose_nothing_and_the_next_poll_completes_the_archive() -> None:
    found = kill_often(kills=4, stories=8, seed=7)
    assert found["kills"] == 4
    assert not [name for name in FAULTS if found[name]], found


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
def test_power_cuts_corrupt_nothing_and_what_was_announced_is_there() -> None:
    found = cut_often(images=16, stories=8, seed=3, complete_every=0, polls=2)
    assert found["announced"] > 0
    assert not [name for name in FAULTS if found[name]], found


def test_the_daemon_waits_for_room_and_completes_the_archive() -> None:
    with world(20) as site:
        found = daemon(site, Limit, 160 * 1024)
    assert found.pop("daemons") == found.pop("met it") == 1
    assert not +found, found


def test_a_trace_is_read_in_the_order_in_which_things_were_done() -> None:
    db, said = f"3<{hexed('/a/x.db')}>", f"1<{hexed('/a/said.jsonl')}>"
    trace = [
        f'10 openat(AT_FDCWD<{hexed("/a")}>, "{hexed("/a/x.db")}", O_RDWR|O_CREAT, 0644) = {db}',
        f'10 pwrite64({db}, "{hexed("ab")}", 2, 4096 <unfinished ...>',
        f'11 write({said}, "{hexed("one")}", 3 <unfinished ...>',
        "10 <... pwrite64 resumed>) = 2",
        "11 <... write resumed>) = 3",
        f"10 fdatasync({db}) = 0",
        f'10 pwrite64({db}, "{hexed("no")}", 2, 0) = -1 ENOSPC (No space left on device)',
        f'10 pwrite64(4<{hexed("/b/y.db")}>, "{hexed("ab")}", 2, 0) = 2',
        f"10 ftruncate({db}, 9) = 0",
        f"10 fsync(5<{hexed('/a')}>) = 0",
        f'10 unlink("{hexed("/a/x.db")}") = 0',
    ]
    assert [(event.kind, event.name) for event in parsed(trace, FOLDER)] == [
        ("create", "x.db"),
        ("say", "said.jsonl"),
        ("write", "x.db"),
        ("sync", "x.db"),
        ("truncate", "x.db"),
        ("sync", ""),
        ("unlink", "x.db"),
    ]


class Fate:
    """A chance that always keeps, or always loses, what was not synced."""

    def __init__(self, kept: float) -> None:
        self.kept = kept

    def choice(self, _: object) -> float:
        return self.kept

    def random(self) -> float:
        return 0.5


@pytest.mark.parametrize(("kept", "left"), [(0.0, {"x": b"ab"}), (1.0, {"x": b"abcd", "y": b"z"})])
def test_what_was_synced_survives_a_cut(kept: float, left: dict[str, bytes]) -> None:
    disk = Disk()
    for event in (
        Event("create", "x"),
        Event("sync", ""),
        Event("write", "x", 0, b"ab"),
        Event("sync", "x"),
        Event("write", "x", 2, b"cd"),
        Event("create", "y"),
        Event("write", "y", 0, b"z"),
    ):
        disk.happen(event)
    assert disk.cut(Fate(kept)) == left  # type: ignore[arg-type]


def test_what_is_planned_moves_with_the_clock(tmp_path: Path) -> None:
    async def planned() -> tuple[list[datetime], list[datetime]]:
        archive = open_archive(str(tmp_path / "a.db"))
        workers = Workers(ExtractSettings(workers=1))
        walk = Walk(
            archive=archive, fetcher=ScriptedFetcher({}), workers=workers, schedule=ScheduleSettings(), listener=Ear()
        )
        clock = Clock(walk, archive)
        await clock.set_feeds([FeedState(url="https://news.example/feed/")])
        before = clock.planned()
        clock.shift(timedelta(days=-3650))
        after = clock.planned()
        await archive.close()
        await workers.close()
        return before, after

    before, after = asyncio.run(planned())
    assert [one - timedelta(days=3650) for one in before] == after != []
