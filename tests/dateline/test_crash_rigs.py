"""The rigs of crash safety in small; `python -m benchmarks.kills`, `.power_cuts` and `.full_disk` run them in large."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from benchmarks.crash_world import FAULTS, judge, world
from benchmarks.full_disk import Limit, daemon
from benchmarks.kills import kill_often
from benchmarks.power_cuts import Disk, Event, cut_often, parsed
from scraper.pipeline import Walk, archive_feed
from scraper.schedule import Clock
from scraper.settings import ExtractSettings, ScheduleSettings
from scraper.workers import Workers
from storage.backends import open_archive
from storage.records import FeedState, Page
from tests.dateline.site import Answer, dateline
from tests.fakes import NOW, Ear, ScriptedFetcher, page
from tests.scraper.test_pipeline import WORLD, article, rss

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


def test_what_is_planned_moves_with_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scraper.schedule._LOOK_AT_THE_TIME", 0.01)
    monkeypatch.setattr("random.random", lambda: 1.0)  # a new feed is polled within a second: not before we have looked
    now = datetime.now(UTC)

    async def planned() -> tuple[list[datetime], list[datetime]]:
        archive = open_archive(str(tmp_path / "a.db"))
        workers = Workers(ExtractSettings(workers=1))
        walk = Walk(
            archive=archive, fetcher=ScriptedFetcher({}), workers=workers, schedule=ScheduleSettings(), listener=Ear()
        )
        walk.clock = lambda: now
        clock = Clock(walk, archive)
        clock.start()
        await clock.set_feeds([FeedState(url="https://news.example/feed/", next=now + timedelta(hours=1))])
        await asyncio.sleep(0)  # the watch has looked once
        before = clock.planned()
        walk.clock = lambda: now + timedelta(days=3650)
        while (after := clock.planned()) == before:  # noqa: ASYNC110 (time passes by itself)
            await asyncio.sleep(0.01)
        await clock.stop()
        await archive.close()
        await workers.close()
        return before, after

    before, after = asyncio.run(planned())
    moved = [later - earlier for earlier, later in zip(before, after, strict=True)]
    assert moved
    assert all(abs(one - timedelta(days=3650)) < timedelta(minutes=1) for one in moved)


def test_a_clock_set_right_after_decades_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scraper.schedule._VISITS_EVERY", 0.01)
    fetcher = ScriptedFetcher({WORLD: page(WORLD, rss())})
    visits: list[datetime] = []

    async def polled() -> None:
        archive, workers = open_archive(str(tmp_path / "a.db")), Workers(ExtractSettings(workers=1))
        walk = Walk(archive=archive, fetcher=fetcher, workers=workers, schedule=ScheduleSettings(), listener=Ear())
        clock = Clock(walk, archive)

        async def visited(_: Walk) -> None:
            visits.append(walk.clock())

        monkeypatch.setattr("scraper.schedule.revisit", visited)
        clock.start()
        await clock.set_feeds([FeedState(url=WORLD)])
        clock.shift(datetime.fromtimestamp(0, UTC) - datetime.now(UTC))
        async with asyncio.timeout(10):
            while not fetcher.asked or not visits:  # noqa: ASYNC110 (time passes by itself)
                await asyncio.sleep(0.01)
        await clock.stop()
        await archive.close()
        await workers.close()

    asyncio.run(polled())


@pytest.mark.parametrize("every", [900.0, None], ids=["own interval", "rhythm"])
@pytest.mark.parametrize("jump", [timedelta(days=-365), timedelta(hours=-1), timedelta(days=3650)], ids=str)
def test_no_poll_waits_longer_than_its_interval_after_a_clock_jumped_there_and_back(
    tmp_path: Path, jump: timedelta, every: float | None
) -> None:
    longest = timedelta(seconds=every or ScheduleSettings().slowest) + timedelta(minutes=1)
    stories = [f"https://news.example/{number}/" for number in range(9)]
    shown: list[str] = []
    fetcher = ScriptedFetcher({url: page(url, article(f"Story {url}", place=f"Town {url}")) for url in stories})

    async def walked() -> None:
        archive, workers = open_archive(str(tmp_path / "a.db")), Workers(ExtractSettings(workers=1))
        walk = Walk(archive=archive, fetcher=fetcher, workers=workers, schedule=ScheduleSettings(), listener=Ear())
        waits = []
        try:
            for minutes, by in ((0, timedelta()), (5, jump), (20, jump), (40, timedelta()), (60, timedelta())):
                now = NOW + timedelta(minutes=minutes) + by
                walk.clock = lambda now=now: now  # type: ignore[misc]
                await archive.ready(now)
                [feed] = await archive.subscribe([FeedState(url=WORLD, every=every)])
                assert feed.next is None or feed.next - now <= longest
                shown.insert(0, stories[len(shown)])
                fetcher.answers[WORLD] = page(WORLD, rss(*((url, f"Story {url}") for url in shown)))
                for url in (WORLD, shown[0]):
                    answer = fetcher.answers[url]
                    assert isinstance(answer, Page)
                    fetcher.answers[url] = msgspec.structs.replace(answer, fetched=now)
                state = await archive_feed(walk, feed)
                assert state.next
                waits.append(state.next - now)
        finally:
            await workers.close()
            await archive.close()
        assert all(wait <= longest for wait in waits)

    asyncio.run(walked())
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        assert db.execute("SELECT count(*) FROM articles").fetchone() == (5,)
        times = db.execute(
            "SELECT at FROM fetch UNION ALL SELECT next FROM feed UNION ALL SELECT last_polled FROM feed UNION ALL "
            "SELECT first_seen FROM article UNION ALL SELECT next FROM visit UNION ALL SELECT at FROM change"
        )
        assert all(datetime.fromisoformat(text).tzinfo for (text,) in times if text)


def test_wild_dates_drop_nothing_and_leave_no_wild_times(tmp_path: Path) -> None:
    years = ("0001", "1111", "9999", "10000", "-1", "1969")
    with world(len(years)) as site:
        items = "".join(
            f"<entry><title>Story</title><id>{url}</id><link href='{url}'/><updated>{year}-13-41T25:61:61Z</updated>"
            f"<published>{year}-01-01T00:00:00Z</published></entry>"
            for url, year in zip(site.texts, years, strict=True)
        )
        feed = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>News</title>{items}</feed>"
        site.site.paths["/a/feed/"] = Answer(feed, kind="application/atom+xml")
        site.configure(tmp_path)
        dateline(tmp_path, "poll")
        assert not [name for name in FAULTS if judge(tmp_path, site, [], complete=True)[name]]
    with closing(sqlite3.connect(tmp_path / "dateline.db")) as archive:
        some = ("article", "published"), ("article", "modified"), ("sighting", "published"), ("sighting", "updated")
        times = archive.execute(" UNION ALL ".join(f"SELECT {column} FROM {table}" for table, column in some))
        found = [datetime.fromisoformat(text) for (text,) in times if text]
    assert all(1000 <= moment.year <= 9999 for moment in found)
