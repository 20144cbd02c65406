"""Damage of every kind is found and named; a whole archive has no fault; a copy of a busy archive is whole."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from storage.archive import Archive
from storage.backends import back_up, lock_daemon, open_library, open_reader, open_verifier
from storage.chain import START, link
from storage.errors import ArchiveError, ArchiveLocked, ArchiveUnusable
from storage.records import Fault, FeedEntry, Query, Root
from storage.sqlite.connect import pages_path, teach
from storage.sqlite.migrations import APPLICATION_ID, STEPS, migrate
from tests.fakes import page
from tests.storage.test_archive import FEED, article, use

STORIES = 12
ROOT = Path(__file__).resolve().parents[2]


def address(number: int) -> str:
    return f"https://news.example/{number}/"


def words(number: int) -> str:
    return " ".join(f"word{number * step % 997}" for step in range(1, 120))


async def add(archive: Archive, number: int, text: str = "") -> None:
    url = address(number)
    text = text or words(number)
    told = article(url, text, title=f"Story {number}")
    facts = msgspec.structs.replace(told.metadata, authors=("Ada Stone", f"Author {number}"))
    await archive.add(url, page(url, text), msgspec.structs.replace(told, metadata=facts))


async def fill(archive: Archive) -> None:
    await archive.subscribe([FEED])
    entries = [(address(n), FeedEntry(url=address(n), item=b'{"n": %d}' % n)) for n in range(STORIES)]
    await archive.polled(FEED, entries, page(FEED.url, "<rss/>"))
    for number in range(STORIES):
        await add(archive, number)
    await add(archive, 3, words(3) + " and an afterthought of seven more words")
    copy = "https://elsewhere.example/7/"
    await archive.add(copy, page(copy, words(7)), article(copy, words(7)))


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
    (
        "main",
        "UPDATE article SET summary = CAST(x'4fe96b' AS TEXT) WHERE id = 2",
        "article 2",
        "its `summary` holds bytes",
    ),
    ("main", "UPDATE fetch SET reason = CAST(x'ff' AS TEXT) WHERE id = 3", "fetch 3", "its `reason` holds bytes"),
    (
        "main",
        "UPDATE sighting SET title = CAST(x'ff' AS TEXT) WHERE url LIKE '%/3/'",
        "sighting 1 https://news.example/3/",
        "its `title` holds bytes",
    ),
    ("main", "UPDATE article SET said_by = '{' WHERE id = 2", "article 2", "its `said_by` is no JSON"),
    ("pages", 'UPDATE page SET headers = \'[["a","b"],\' WHERE rowid = 3', "page ", "its `headers` is no JSON"),
    ("main", "UPDATE article SET markup = '<p>forged</p>' WHERE id = 2", "article 2", "its markup"),
    ("main", "UPDATE article SET markup = markup || '<p>and <b>more</b></p>' WHERE id = 2", "article 2", "its markup"),
    ("main", "PRAGMA foreign_keys = OFF; DELETE FROM alias WHERE article = 2", "article 2", "no row in `alias`"),
    ("main", "DELETE FROM visit WHERE article = 2", "article 2", "no row in `visit`"),
    ("main", "DELETE FROM byline WHERE article = 2", "article 2", "`byline` does not name"),
    ("main", "UPDATE byline SET author = 2 WHERE article = 2 AND author = 1", "article 2", "`byline` does not name"),
    ("main", "DELETE FROM pair", "article 8", "in no row of `pair`"),
    ("main", "UPDATE sketch SET cluster = NULL", "article 8", "not in the cluster"),
    ("main", "UPDATE sketch SET cluster = NULL", "pair 13 8", "not in one cluster"),
    ("main", "DROP TRIGGER change_gone; UPDATE article SET gone = '2026-01-01T00:00:00Z'", "article 2", "is withdrawn"),
    ("main", "UPDATE tally SET count = count + 1000 WHERE name = 'article'", "tally article", "as many"),
    ("main", "UPDATE tally SET count = count - 1 WHERE name = 'page'", "tally page", "as many"),
    ("main", "INSERT INTO unindexed VALUES (5)", "unindexed 5", "noted for the search index"),
    ("main", "DROP INDEX article_by_site", "article_by_site ", "the index is missing"),
    ("main", "DROP VIEW sightings", "sightings ", "the view is missing"),
    ("main", "DROP TRIGGER change_new", "change_new ", "the trigger is missing"),
    (
        "main",
        "DROP INDEX article_by_site; CREATE INDEX article_by_site ON article (url)",
        "article_by_site ",
        "not as Dateline makes it",
    ),
    (
        "main",
        "CREATE TRIGGER mine AFTER INSERT ON fetch BEGIN DELETE FROM visit;END",
        "mine ",
        "none of Dateline's",
    ),
    ("main", "UPDATE sighting SET feed = 77 WHERE url LIKE '%/3/'", "sighting 77 https://news.example/3/", "not there"),
    ("main", "INSERT INTO pair VALUES (88, 1, 1, 1, 'same')", "pair 88 1", "not there"),
]


@pytest.mark.parametrize(("file", "statements", "table", "says"), DAMAGE)
def test_damage_is_named(path: Path, file: str, statements: str, table: str, says: str) -> None:
    change(path if file == "main" else pages_path(str(path)), *statements.split("; "))
    named = [f"{one.table} {one.id}" for one in faults(path)[0] if says in one.what]
    assert [one for one in named if one.startswith(table)], faults(path)[0]


def test_what_another_program_added_for_itself_is_no_fault(path: Path) -> None:
    change(path, "CREATE INDEX mine ON article (words)", "CREATE VIEW long AS SELECT * FROM article WHERE words > 9")
    assert faults(path)[0] == []


def test_the_checks_behind_a_bad_letter_go_on(path: Path) -> None:
    # A letter of a text, one of a title in the log's way, and a fault behind both.
    with closing(sqlite3.connect(path)) as db:
        (text, title), size = db.execute("SELECT text, title FROM article WHERE id = 2").fetchone(), path.stat().st_size
    letters = path.read_bytes()
    for words in (text[-60:], title):
        place = letters.index(words.encode()) + 3
        letters = letters[:place] + bytes([letters[place] ^ 128]) + letters[place + 1 :]
    path.write_bytes(letters)
    assert path.stat().st_size == size
    change(path, "DELETE FROM visit WHERE article = 9")
    found = {f"{one.table} {one.id}: {one.what}" for one in faults(path)[0]}
    assert {what for what in found if "`visit`" in what} == {"article 9: has no row in `visit`"}
    assert any("its `text` holds bytes" in what for what in found)
    assert not [what for what in found if "cannot be read" in what]


def test_one_bad_letter_hides_no_other_article(path: Path) -> None:
    bad = "UPDATE article SET summary = CAST(x'4fe96b' AS TEXT), authors = '[', rights = '{', said_by = '' WHERE id = 2"
    change(path, "DROP TRIGGER byline_updated", bad)
    with closing(open_reader(str(path))) as reader:
        rows = {row.id: row for row in reader.articles(Query())}
        assert len(rows) == STORIES + 1
        assert (rows[2].summary, rows[2].authors) == ("O\ufffdk", ())
        assert reader.provenance(2)
        assert reader.article("2") == rows[2]


def test_pages_that_are_lost_are_told_of_where_they_are_needed(path: Path, tmp_path: Path) -> None:
    pages = Path(pages_path(str(path)))
    pages.write_bytes(b"")
    [fault] = [one for one in faults(path)[0] if one.file == pages.name]
    assert ("lost" in fault.what, "backup" in fault.advice) == (True, True)
    with closing(open_library(str(path))) as library:
        assert library.article("2")
        with pytest.raises(ArchiveUnusable, match=r"dateline\.pages\.db: holds no pages"):
            list(library.pages(2))
    with pytest.raises(ArchiveUnusable, match=r"dateline\.pages\.db: holds no pages"):
        back_up(str(path), str(tmp_path / "copy.db"), nothing)


def test_either_file_of_a_newer_dateline_is_refused_by_its_own_name(path: Path, tmp_path: Path) -> None:
    for file in (path, Path(pages_path(str(path)))):
        with closing(sqlite3.connect(file)) as db:
            (before,) = db.execute("PRAGMA user_version").fetchone()
        change(file, "PRAGMA user_version = 999")
        asked: tuple[Callable[[], object], ...] = (
            lambda: open_library(str(path)),
            lambda: faults(path),
            lambda: back_up(str(path), str(tmp_path / "copy.db"), nothing),
        )
        for ask in asked:
            with pytest.raises(ArchiveUnusable, match=rf"/{file.name}: was made by a newer Dateline"):
                ask()
        change(file, f"PRAGMA user_version = {before}")
    assert faults(path)[0] == []


def test_an_empty_file_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    for ask in (open_library, lambda name: open_verifier(name, nothing)):
        with pytest.raises(ArchiveUnusable, match="is empty, and no archive"):
            ask(str(path))


READ_ONLY = """
import sys
from contextlib import closing
from storage.backends import back_up, open_library, open_verifier
from storage.errors import ArchiveError
from storage.records import Query
path, target = sys.argv[1:]
try:
    with closing(open_library(path)) as library:
        print(len(list(library.articles(Query()))), len(list(library.pages(2))))
    with closing(open_verifier(path, lambda *_: None)) as verifier:
        print(list(verifier.faults()))
    back_up(path, target, lambda *_: None)
except ArchiveError as error:
    print(error)
"""


# Rights do not bind root, unless it gives up the capability to pass them by.
BOUND = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] if os.geteuid() == 0 else []


def without_write(path: Path, target: Path) -> str:
    """What a program that may not write into the archive's folder finds there."""
    path.parent.chmod(0o555)
    asked = [*BOUND, sys.executable, "-c", READ_ONLY, str(path), str(target)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=ROOT)
    path.parent.chmod(0o755)
    return done.stdout + done.stderr


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may write everywhere")
def test_an_archive_in_a_folder_that_may_not_be_written_is_read(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "medium"
    folder.mkdir()
    for file in (path, Path(pages_path(str(path)))):
        shutil.copy(file, folder)
    target = tmp_path / "copy.db"
    assert without_write(folder / path.name, target) == f"{STORIES + 1} 1\n[]\n"
    assert faults(target)[0] == []
    assert len(list(folder.iterdir())) == 2
    with closing(sqlite3.connect(path)) as writer:  # its log holds something while it is open
        teach(writer)
        writer.execute("UPDATE article SET score = 0.5")
        writer.commit()
        shutil.copy(f"{path}-wal", folder)
    assert "copy the archive's files, with those that end in -wal" in without_write(folder / path.name, target)


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may write everywhere")
@pytest.mark.parametrize("name", [".", "dateline.db", "dateline.pages.db"])
def test_what_may_not_be_written_is_named(path: Path, name: str) -> None:
    place = path.parent / name
    mode = place.stat().st_mode
    place.chmod(0o555)
    asked = [*BOUND, sys.executable, "-m", "dateline", "--db", str(path), "retry", "--all"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=ROOT)
    place.chmod(mode)
    assert f"{place} may not be written by this user" in done.stderr
    assert done.returncode == 1


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
        for table in ("feed", "article", "alias", "revision", "pair", "sketch", "shingle", "visit", "site"):
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
