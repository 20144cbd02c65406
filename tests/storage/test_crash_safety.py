"""A full disk that is waited for, two processes on one archive, and clocks that jump."""

import asyncio
import fcntl
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from storage.archive import Archive
from storage.backends import open_archive, open_library
from storage.errors import ArchiveFull
from storage.records import Failure, FeedEntry, Outcome, Pending
from storage.sqlite.claims import holder, ours
from storage.sqlite.connect import in_our_words
from storage.sqlite.turnstile import Turnstile
from tests.fakes import NOW, page
from tests.storage.test_archive import FEED, article, use

A, B = "https://news.example/a/", "https://news.example/b/"
YEARS = timedelta(days=3650)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dateline.db"


@contextmanager
def no_file_beyond(size: int) -> Iterator[Callable[[], None]]:
    """What a full disk looks like to SQLite; call what is yielded, and there is room."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def long_text(number: int) -> str:
    return " ".join(f"w{number * step}" for step in range(4000))


async def add_long(archive: Archive, number: int) -> Outcome:
    url = f"https://news.example/{number}/"
    text = long_text(number)
    return (await archive.add(url, page(url, text), article(url, text))).outcome


async def begin(archive: Archive) -> None:
    await add_long(archive, 1000)


def test_who_is_patient_waits_for_room_and_loses_nothing(path: Path) -> None:
    use(path, begin)
    told: list[tuple[bool, int]] = []

    async def work(make_room: Callable[[], None]) -> list[Outcome]:
        def patience(error: ArchiveFull | None, attempt: int) -> bool:
            told.append((error is not None, attempt))
            if attempt == 3 and error:
                make_room()
            return True

        archive = open_archive(str(path), patience=patience)
        try:
            return await asyncio.gather(*(add_long(archive, number) for number in range(60)))
        finally:
            await archive.close()

    with no_file_beyond(path.stat().st_size + 4096) as make_room:
        outcomes = asyncio.run(work(make_room))
    assert outcomes == [Outcome.NEW] * 60
    assert told[:3] == [(True, 1), (True, 2), (True, 3)]
    assert told[-1][0] is False
    with closing(open_library(str(path))) as library:
        assert library.counts().articles == 61


def test_who_loses_patience_gets_the_error(path: Path) -> None:
    use(path, begin)

    async def work() -> None:
        archive = open_archive(str(path), patience=lambda error, attempt: attempt < 2)
        try:
            with pytest.raises(ArchiveFull):
                await asyncio.gather(*(add_long(archive, number) for number in range(60)))
        finally:
            await archive.close()

    with no_file_beyond(path.stat().st_size + 4096):
        asyncio.run(work())


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (sqlite3.SQLITE_FULL, "no room left"),
        (sqlite3.SQLITE_IOERR_WRITE, "no room left"),
        (sqlite3.SQLITE_IOERR_SHMSIZE, "no room left"),
        (sqlite3.SQLITE_IOERR_READ, "the disk failed"),
        (sqlite3.SQLITE_IOERR_SHMMAP, "its file system lacks"),
        (sqlite3.SQLITE_IOERR_LOCK, "its file system lacks"),
        (sqlite3.SQLITE_CANTOPEN, "check the path"),
    ],
)
def test_a_failing_disk_is_not_called_full(tmp_path: Path, code: int, says: str) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    assert says in str(in_our_words(error, str(tmp_path / "a.db")))


async def found(archive: Archive, *urls: str) -> None:
    await archive.subscribe([FEED])
    await archive.polled(FEED, [(url, FeedEntry(url=url)) for url in urls], None)


def test_an_address_is_in_hand_of_one_living_process_at_a_time(path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = Path(f"/proc/{other.pid}/stat").read_text().rpartition(")")[2].split()[19]

    async def due(archive: Archive) -> list[str]:
        return [pending.url for pending in await archive.due(FEED.url, NOW)]

    async def work(archive: Archive) -> None:
        await found(archive, A, B)
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("INSERT INTO claim VALUES (?, ?)", (A, f"{other.pid}/{started}"))
            assert await due(archive) == [B]
            assert await due(archive) == [B]  # what is ours stays ours
            assert await archive.left(FEED.url, NOW) == 1  # what another one has in hand has not failed
            await archive.fail(B, Failure(reason="gone", at=NOW, final=True))
            assert dict(db.execute("SELECT url, holder FROM claim")) == {A: f"{other.pid}/{started}"}
            os.kill(other.pid, signal.SIGKILL)
            other.wait()
            assert await due(archive) == [A]
            assert dict(db.execute("SELECT url, holder FROM claim")) == {A: holder()}

    try:
        use(path, work)
    finally:
        other.kill()
        other.communicate()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM claim").fetchone() == (0,)


def test_a_number_that_came_again_is_another_process(path: Path) -> None:
    async def work(archive: Archive) -> None:
        await found(archive, A)
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("INSERT INTO claim VALUES (?, ?)", (A, f"{os.getpid()}/1"))
            waiting = [Pending(url=A, entry=FeedEntry(url=A))]
            assert ours(db, holder(), waiting) == waiting

    use(path, work)


def test_who_waits_to_write_is_let_in_before_who_has_just_written(path: Path) -> None:
    async def work(archive: Archive) -> None:
        waits = Turnstile(str(path))
        with waits:
            writing = asyncio.create_task(found(archive, A))
            await asyncio.sleep(0.05)
            assert not writing.done()
        await writing
        waits.close()

    use(path, work)
    with Path(f"{path}.turn").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("ahead", [YEARS, timedelta(days=30)], ids=["ten years", "thirty days"])
def test_what_a_clock_that_was_ahead_planned_is_due_once_it_is_right(path: Path, ahead: timedelta) -> None:
    later = NOW + ahead
    state = msgspec.structs.replace(FEED, last_polled=later, last_new=later, next=later + timedelta(minutes=15))

    async def with_the_wrong_clock(archive: Archive) -> None:
        await archive.subscribe([FEED])
        await archive.polled(state, [(url, FeedEntry(url=url)) for url in (A, B)], None)
        seen = msgspec.structs.replace(page(A, "1"), fetched=later)
        await archive.add(A, seen, article(A))
        await archive.fail(B, Failure(reason="503", at=later, next_try=later + timedelta(hours=1)))

    async def with_the_right_one(archive: Archive) -> None:
        assert not await archive.visits(NOW, 9)
        await archive.ready(NOW)
        assert [pending.url for pending in await archive.visits(NOW, 9)] == [A]
        assert [pending.url for pending in await archive.due(FEED.url, NOW)] == [B]

    use(path, with_the_wrong_clock)
    use(path, with_the_right_one)
    with closing(open_library(str(path))) as library:
        [feed] = library.feeds()
        seen = library.article(A)
    assert (feed.next, feed.last_polled) == (None, None)
    assert seen
    assert seen.last_seen == f"{NOW:%FT%TZ}"


def test_what_a_clock_of_1970_saw_first_is_looked_at_again_and_again(path: Path) -> None:
    seen = msgspec.structs.replace(page(A, "1"), fetched=datetime(1970, 1, 1, tzinfo=UTC))

    async def with_the_wrong_clock(archive: Archive) -> None:
        await found(archive, A)
        await archive.add(A, seen, article(A))

    async def with_the_right_one(archive: Archive) -> None:
        assert [pending.url for pending in await archive.visits(NOW, 9)] == [A]
        await archive.unchanged(A, msgspec.structs.replace(seen, fetched=NOW))
        assert not await archive.visits(NOW + timedelta(hours=4), 9)
        assert [pending.url for pending in await archive.visits(NOW + timedelta(hours=5), 9)] == [A]

    use(path, with_the_wrong_clock)
    use(path, with_the_right_one)


def test_a_right_clock_s_plans_are_left_alone(path: Path) -> None:
    due = NOW + timedelta(hours=5)
    state = msgspec.structs.replace(FEED, next=due)

    async def work(archive: Archive) -> None:
        await archive.polled(state, [(A, FeedEntry(url=A))], None)
        await archive.ready(NOW)
        await archive.ready(NOW - timedelta(seconds=30))

    use(path, work)
    with closing(open_library(str(path))) as library:
        assert [feed.next for feed in library.feeds()] == [due]


@pytest.mark.parametrize("year", [1, 1111, 1582, 9999])
def test_no_item_is_dropped_by_its_date(path: Path, year: int) -> None:
    odd = datetime(year, 1, 1, tzinfo=NOW.tzinfo)
    entry = FeedEntry(url=A, published=odd, updated=odd)

    async def work(archive: Archive) -> None:
        await archive.subscribe([FEED])
        assert await archive.polled(FEED, [(A, entry)], None) == 1
        assert [pending.url for pending in await archive.due(FEED.url, NOW)] == [A]

    use(path, work)


def test_to_count_what_waits_takes_nothing_in_hand(path: Path) -> None:
    async def work(archive: Archive) -> None:
        await found(archive, A, B)
        assert await archive.left(FEED.url, NOW) == 2
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("SELECT count(*) FROM claim").fetchone() == (0,)

    use(path, work)
