"""Damage of every kind is found and named; a whole archive has no fault; a copy of a busy archive is whole."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.archive import Archive
from storage.backends import back_up, lock_daemon, open_library, open_verifier
from storage.chain import START, link
from storage.errors import ArchiveError, ArchiveLocked, ArchiveUnusable
from storage.records import Fault, FeedEntry, Root
from storage.sqlite.connect import pages_path, teach
from storage.sqlite.migrations import APPLICATION_ID, STEPS, migrate
from tests.fakes import page
from tests.storage.test_archive import FEED, article, use

STORIES = 12


def address(number: int) -> str:
    return f"https://news.example/{number}/"


def words(number: int) -> str:
    return " ".join(f"word{number * step % 997}" for step in range(1, 120))


async def add(archive: Archive, number: int, text: str = "") -> None:
    url = address(number)
    text = text or words(number)
    await archive.add(url, page(url, text), article(url, text, title=f"Story {number}"))


async def fill(archive: Archive) -> None:
    await archive.subscribe([FEED])
    entries = [(address(n), FeedEntry(url=address(n), item=b'{"n": %d}' % n)) for n in range(STORIES)]
    await archive.polled(FEED, entries, page(FEED.url, "<rss/>"))
    for number in range(STORIES):
        await add(archive, number)
    await add(archive, 3, words(3) + " and an afterthought of seven more words")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "dateline.db"
    use(path, fill)
    return path


@pytest.fixture
def path(filled: Path, tmp_path: Path) -> Path:
    for file in (filled, Path(pages_path(str(filled)))):
        shutil.copy(file, tmp_path)
    return tmp_path / filled.name


def nothing(*_: object) -> None:
    pass


def faults(path: Path, *, quick: bool = False, root: str = "", since: int | None = None) -> tuple[list[Fault], Root]:
    with closing(open_verifier(str(path), nothing)) as verifier:
        return list(verifier.faults(quick=quick, root=root, since=since)), verifier.root


def change(file: Path | str, *statements: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        teach(db)
        for statement in statements:
            db.execute(statement)


def test_a_whole_archive_has_no_fault_and_a_root_that_stays_in_the_chain(path: Path) -> None:
    found, root = faults(path)
    assert found == []
    use(path, lambda archive: add(archive, 99))
    found, later = faults(path, root=root.hash, since=root.number)
    assert (found, later.number) == ([], root.number + 1)
    [fault] = faults(path, root="0" * 64)[0]
    assert "is not in the chain" in fault.what
    assert faults(path, root=root.hash, since=1)[0]


def test_anybody_can_do_the_sums_of_the_chain_again(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute(
            "SELECT number, at, kind, article, revision, cluster, content, hash FROM change ORDER BY number"
        ).fetchall()
    before = START
    for *line, hash_ in rows:
        assert hash_ == link(before, tuple(line))
        before = hash_
    with closing(open_library(str(path))) as library:
        assert library.changes(0)[-1].hash == before


DAMAGE: list[tuple[str, str, str, str]] = [
    ("pages", "UPDATE page SET packed = zeroblob(length(packed)) WHERE rowid = 3", "page", "unpacked"),
    ("pages", "UPDATE page SET digest = 'e' || substr(digest, 2), packed = packed WHERE rowid = 4", "page", "named by"),
    ("pages", "DELETE FROM page WHERE rowid = 20", "article", "is not in"),
    ("main", "DELETE FROM article WHERE id = 2", "revision", "not there"),
    (
        "main",
        "DROP TRIGGER change_cleaned; UPDATE article SET text = 'forged words' WHERE id = 2",
        "article",
        "vouches",
    ),
    ("main", "UPDATE revision SET text = 'forged' WHERE article = 4 AND number = 1", "article", "vouches"),
    ("main", "DELETE FROM revision WHERE article = 4 AND number = 1", "article", "as many rows"),
    ("main", "UPDATE change SET at = '2020-01-01T00:00:00Z' WHERE number = 2", "change", "does not follow"),
    ("main", "DELETE FROM change WHERE number = 2", "change", "does not follow"),
    ("main", "DELETE FROM change WHERE number = (SELECT max(number) FROM change)", "change", "is gone"),
    ("main", "DROP TRIGGER article_updated; UPDATE article SET title = 'x' WHERE id = 1", "search", "does not fit"),
    ("main", "DELETE FROM search_docsize WHERE id = 5", "search", "does not fit"),
    ("main", "DELETE FROM shingle_new WHERE article = 6", "sketch", "likeness index"),
    ("main", "INSERT INTO shingle VALUES (1, 1)", "shingle", "belong to no"),
]


@pytest.mark.parametrize(("file", "statements", "table", "says"), DAMAGE)
def test_damage_is_named(path: Path, file: str, statements: str, table: str, says: str) -> None:
    change(path if file == "main" else pages_path(str(path)), *statements.split("; "))
    assert [one for one in faults(path)[0] if one.table == table and says in one.what], faults(path)[0]


def test_a_scribbled_file_and_a_missing_one_are_faults_too(path: Path) -> None:
    pages = Path(pages_path(str(path)))
    whole = pages.read_bytes()
    pages.write_bytes(whole[:4096] + b"\xff" * 4096 + whole[8192:])
    assert {one.file for one in faults(path)[0]} == {"dateline.pages.db"}
    pages.unlink()
    [fault] = faults(path)[0]
    assert (fault.file, fault.what) == ("dateline.pages.db", "the file is missing")
    with closing(sqlite3.connect(path)) as db:
        (place,) = db.execute("SELECT (rootpage - 1) * 4096 FROM sqlite_schema WHERE name = 'alias'").fetchone()
    main = path.read_bytes()
    path.write_bytes(main[:place] + b"\xff" * 4096 + main[place + 4096 :])
    assert "dateline.db" in {one.file for one in faults(path)[0]}
    path.write_bytes(b"a letter to my grandmother " * 400)
    with pytest.raises(ArchiveUnusable, match="not an archive"):
        faults(path)


def test_quick_leaves_the_pages_bytes_out(path: Path) -> None:
    change(pages_path(str(path)), "UPDATE page SET packed = zeroblob(length(packed)) WHERE rowid = 3")
    assert faults(path, quick=True)[0] == []


def test_a_program_without_our_functions_cannot_add_to_the_log(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in ("INSERT INTO change (kind, article) VALUES ('new', 1)", "UPDATE article SET text = 'forged'"):
            with pytest.raises(sqlite3.OperationalError, match="no such function"):
                db.execute(statement)
    assert faults(path)[0] == []


def test_it_looks_while_a_writer_is_in_the_middle_of_a_transaction(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("DELETE FROM shingle")
        assert faults(path)[0] == []
        db.execute("ROLLBACK")


def test_the_log_of_an_older_archive_is_chained(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    use(path, fill)
    before = STEPS.index(next(step for step in STEPS if "change_chained" in step))
    old = tmp_path / "older.db"
    with closing(sqlite3.connect(old, isolation_level=None)) as db:
        migrate(db, STEPS[:before], APPLICATION_ID)
        db.execute("ATTACH ? AS new", (str(path),))
        for table in ("feed", "article", "alias", "revision", "sketch", "shingle", "visit", "site"):
            columns = ", ".join(name for _, name, *_ in db.execute(f"PRAGMA main.table_info({table})"))
            db.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")
        db.execute("DELETE FROM main.change")
        names = "number, at, kind, article, revision, cluster"
        db.execute(f"INSERT INTO main.change ({names}) SELECT {names} FROM new.change")
    Path(pages_path(str(path))).rename(pages_path(str(old)))
    use(old, lambda archive: add(archive, 50))
    found, root = faults(old)
    assert found == []
    with closing(open_library(str(old))) as library:
        lines = library.changes(0)
    assert [line.number for line in lines] == list(range(1, root.number + 1))
    change(old, "UPDATE revision SET text = 'forged' WHERE article = 4 AND number = 1")
    assert [fault.what for fault in faults(old)[0] if "vouches" in fault.what]


def test_a_copy_of_a_busy_archive_is_whole_and_an_archive(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"

    async def work(archive: Archive) -> None:
        copying = asyncio.create_task(asyncio.to_thread(back_up, str(path), str(target), nothing))
        number = 100
        while not copying.done():
            await add(archive, number)
            number += 1
        await copying

    use(path, work)
    assert faults(target)[0] == []
    with closing(open_library(str(target))) as library:
        assert library.counts().articles >= STORIES
    use(target, lambda archive: add(archive, 5000))
    assert faults(target)[0] == []
    use(path, lambda archive: add(archive, 6000))
    root = back_up(str(path), str(target), nothing)
    found, standing = faults(target)
    assert (found, standing) == ([], root)
    assert sorted(file.name for file in tmp_path.glob("*.part*")) == []


def test_a_copy_that_cannot_be_made_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    def fails(target: str, error: type[ArchiveError], says: str) -> None:
        before = sorted(tmp_path.iterdir())
        with pytest.raises(error, match=says):
            back_up(str(path), target, nothing)
        assert [file for file in sorted(tmp_path.iterdir()) if file.suffix not in (".db-shm", ".db-wal")] == [
            file for file in before if file.suffix not in (".db-shm", ".db-wal")
        ]

    fails(str(path), ArchiveUnusable, "the archive itself")
    fails(str(tmp_path / "nowhere" / "copy.db"), ArchiveUnusable, "does not exist")
    change(path, "DELETE FROM shingle_new WHERE article = 6")
    fails(str(tmp_path / "copy.db"), ArchiveError, "not whole")


def test_an_archive_in_use_is_not_overwritten(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    with lock_daemon(str(target)), pytest.raises(ArchiveLocked):
        back_up(str(path), str(target), nothing)
