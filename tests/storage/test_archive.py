"""The archive: identity, revisions, what waits, and that nothing is ever half there."""

import asyncio
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.archive import Archive
from storage.backends import bring_up_to_date, lock_daemon, open_archive, open_library
from storage.errors import ArchiveFull, ArchiveLocked, ArchiveMoved, ArchiveUnusable
from storage.packing import digest, pack, unpack
from storage.records import Article, Failure, FeedEntry, FeedState, Kept, Metadata, Outcome, Page, Query
from storage.sqlite.connect import pages_path, teach
from storage.sqlite.migrations import APPLICATION_ID, STEPS, migrate
from storage.sqlite.pages import read
from storage.sqlite.text import clean
from storage.sqlite.words import match_expression
from tests.fakes import NOW, page

A = "https://news.example/a/"
B = "https://news.example/b/"
FEED = FeedState(url="https://news.example/feed/", category="World", last_polled=NOW)


def article(url: str, text: str = "", title: str = "A bridge") -> Article:
    text = text or " ".join(f"word{n}" for n in range(50))
    words = len(text.split())
    return Article(
        url=url,
        metadata=Metadata(title=title),
        text=text,
        markup=f"<p>{text}</p>",
        words=words,
        fingerprint=digest(text.encode()),
    )


def use(path: Path, work: Callable[[Archive], Awaitable[None]]) -> None:
    async def run() -> None:
        archive = open_archive(str(path))
        try:
            await work(archive)
        finally:
            await archive.close()

    asyncio.run(run())


def kept_of(path: Path, *pages: tuple[str, Page, Article]) -> list[Kept]:
    kept: list[Kept] = []

    async def add(archive: Archive) -> None:
        for url, page_, article_ in pages:
            kept.append(await archive.add(url, page_, article_))

    use(path, add)
    return kept


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dateline.db"


def outcomes(kept: list[Kept]) -> list[tuple[Outcome, int]]:
    return [(one.outcome, one.article) for one in kept]


def test_new_unchanged_revised(path: Path) -> None:
    kept = kept_of(
        path,
        (A, page(A, "1"), article(A)),
        (A, page(A, "1"), article(A, "other rules, same page")),
        (A, page(A, "2"), article(A)),
        (A, page(A, "3"), article(A, "the text has changed")),
    )
    assert [one.outcome for one in kept] == [Outcome.NEW, Outcome.UNCHANGED, Outcome.UNCHANGED, Outcome.REVISED]
    with sqlite3.connect(path) as db:
        rows = db.execute("SELECT number, text FROM revisions ORDER BY number").fetchall()
    db.close()
    assert [number for number, _ in rows] == [1, 2]
    assert rows[0][1].startswith("word0")


def test_the_same_text_at_two_addresses_of_a_site_is_one_article(path: Path) -> None:
    assert outcomes(kept_of(path, (A, page(A, "1"), article(A)), (B, page(B, "2"), article(B)))) == [
        (Outcome.NEW, 1),
        (Outcome.DUPLICATE, 1),
    ]
    other = "https://elsewhere.example/a/"
    assert outcomes(kept_of(path, (other, page(other, "3"), article(other)))) == [(Outcome.NEW, 2)]


def test_the_canonical_address_joins_what_belongs_together_and_no_more(path: Path) -> None:
    amp = "https://m.news.example/amp/a/"
    different = " ".join(f"other{n}" for n in range(50))
    kept = kept_of(
        path,
        (A, page(A, "1"), article(A)),
        (amp, page(amp, "2"), article(A, " ".join(f"word{n}" for n in range(1, 51)))),
        (B, page(B, "3"), article(A, different, title="Another story")),
    )
    assert outcomes(kept) == [(Outcome.NEW, 1), (Outcome.DUPLICATE, 1), (Outcome.NEW, 2)]
    library = open_library(str(path))
    assert [row.id for url in (amp, B) if (row := library.article(url))] == [1, 2]
    library.close()


@pytest.mark.parametrize("date", ["updated", "published"])  # RSS has but one
def test_what_a_feed_names_waits_until_it_is_settled(path: Path, date: str) -> None:
    entry = FeedEntry(url=A, title="A bridge", item=b'{"raw": 1}', published=NOW - timedelta(days=1))

    async def work(archive: Archive) -> None:
        await archive.subscribe([FEED])
        assert await archive.polled(FEED, [(A, entry)], page(FEED.url, "")) == 1
        assert await archive.polled(FEED, [(A, entry)], None) == 0
        [pending] = await archive.due(FEED.url, NOW, hurry=True)
        assert (pending.url, pending.entry.title) == (A, "A bridge")
        await archive.add(A, page(A, "1"), article(A))
        assert await archive.due(FEED.url, NOW, hurry=True) == []
        await archive.polled(FEED, [(A, entry)], None)
        assert await archive.due(FEED.url, NOW, hurry=True) == []
        later = msgspec.structs.replace(entry, **{date: NOW})
        await archive.polled(FEED, [(A, later)], None)
        [pending] = await archive.due(FEED.url, NOW, hurry=True)
        assert pending.known

    use(path, work)


def test_what_could_not_be_fetched_is_due_in_a_hurry_and_what_was_no_article_waits_its_turn(path: Path) -> None:
    hour = timedelta(hours=1)

    async def work(archive: Archive) -> None:
        await archive.subscribe([FEED])
        await archive.polled(FEED, [(A, FeedEntry(url=A)), (B, FeedEntry(url=B))], None)
        await archive.fail(A, Failure(reason="timed out", at=NOW, next_try=NOW + hour))
        await archive.fail(B, Failure(reason="not an article: login", at=NOW, skipped=True, next_try=NOW + hour))
        assert await archive.due(FEED.url, NOW) == []
        assert [pending.url for pending in await archive.due(FEED.url, NOW, hurry=True)] == [A]
        assert [pending.url for pending in await archive.due(FEED.url, NOW + hour)] == [A, B]

    use(path, work)


def test_the_log_of_polls_goes_back_ninety_days_and_that_of_pages_to_the_beginning(path: Path) -> None:
    async def poll_for_a_year(archive: Archive) -> None:
        await archive.subscribe([FEED])
        await archive.polled(msgspec.structs.replace(FEED, last_polled=NOW), [(A, FeedEntry(url=A))], None)
        await archive.add(A, page(A, "1"), article(A))
        for day in range(1, 366):
            await archive.polled(msgspec.structs.replace(FEED, last_polled=NOW + timedelta(days=day)), (), None)

    use(path, poll_for_a_year)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*), min(at) FROM fetches WHERE url = ?", (FEED.url,)).fetchone() == (
            91,
            f"{NOW + timedelta(days=275):%FT%TZ}",
        )
        assert db.execute("SELECT count(*) FROM fetches WHERE url = ?", (A,)).fetchone() == (1,)


def test_views_hold_the_promised_columns(path: Path) -> None:
    kept_of(path, (A, page(A, "1"), article(A)))
    promised = {
        "articles": "id url title text markup summary authors published modified first_seen last_seen language site "
        "section tags categories image access words score cluster revision gone",
        "sightings": "article feed category guid first_seen last_seen title summary",
        "revisions": "article number seen title text page",
        "pairs": "article other likeness contained kind",
        "feeds": "url category state every last_polled last_new next failures reason",
        "fetches": "url at status bytes seconds page reason",
    }
    with sqlite3.connect(path) as db:
        for view, columns in promised.items():
            names = {row[0] for row in db.execute(f"SELECT * FROM {view} LIMIT 0").description}
            assert set(columns.split()) <= names, view
    db.close()


WRITER = """
import asyncio, sys
from storage.backends import open_archive
from tests.fakes import page
from tests.storage.test_archive import article

async def main():
    archive = open_archive(sys.argv[1])
    async def one(n):
        url = f"https://news.example/{n}/"
        kept = await archive.add(url, page(url, f"page {n}" * 500), article(url, f"text {n} " * 200))
        print(kept.article, flush=True)
    for start in range(0, 100_000, 20):
        await asyncio.gather(*(one(n) for n in range(start, start + 20)))

asyncio.run(main())
"""


def test_a_kill_loses_nothing_that_was_announced(path: Path) -> None:
    announced = 0
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        announced = max(announced, *(int(process.stdout.readline()) for _ in range(150)))
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        announced = max([announced, *(int(line) for line in rest.splitlines() if line.isdigit())])
        path_of_pages = pages_path(str(path))
        with sqlite3.connect(path) as db, sqlite3.connect(path_of_pages) as pages:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            db.execute("INSERT INTO search (search) VALUES ('integrity-check')")
            rows = db.execute("SELECT id, page FROM article").fetchall()
            assert {number for number, _ in rows} >= set(range(1, announced + 1)) - {0}
            assert all(read(pages, name) for _, name in rows)
        db.close()
        pages.close()


def test_what_waits_to_share_a_commit_is_written_before_the_archive_closes(path: Path) -> None:
    async def close_at_once() -> Outcome:
        archive = open_archive(str(path))
        await archive.add(*one_of("a"))
        waits = asyncio.create_task(archive.add(*one_of("b")))
        await asyncio.sleep(0)
        await archive.close()
        return (await waits).outcome

    def one_of(name: str) -> tuple[str, Page, Article]:
        url = f"https://news.example/{name}/"
        return url, page(url, name), article(url, f"The story of {name}.")

    assert asyncio.run(close_at_once()) is Outcome.NEW


def test_a_full_disk_is_one_sentence_and_leaves_the_archive_whole(path: Path) -> None:
    kept_of(path, (A, page(A, "1"), article(A)))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 4096, limits[1]))

    async def add(archive: Archive) -> None:
        for n in range(200):
            url = f"https://news.example/{n}/"
            text = " ".join(f"w{n * k}" for k in range(4000))
            await archive.add(url, page(url, text), article(url, text))

    async def fill(archive: Archive) -> None:
        with pytest.raises(ArchiveFull, match="room"):
            await add(archive)
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert (await archive.add(B, page(B, "2"), article(B, "room again for this text"))).outcome is Outcome.NEW

    try:
        use(path, fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_what_is_no_archive_of_ours_is_refused_and_left_alone(tmp_path: Path) -> None:
    foreign, newer, text = tmp_path / "foreign.db", tmp_path / "newer.db", tmp_path / "text.db"
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    kept_of(newer, (A, page(A, "1"), article(A)))
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    text.write_text("this is a letter to my grandmother " * 99)
    for file, says in ((foreign, "another program"), (newer, "newer"), (text, "not an archive"), (tmp_path, "folder")):
        before = file.read_bytes() if file.is_file() else b""
        with pytest.raises(ArchiveUnusable, match=says):
            use(file, lambda _: asyncio.sleep(0))
        assert (file.read_bytes() if file.is_file() else b"") == before


def test_one_daemon_at_a_time(path: Path) -> None:
    with lock_daemon(str(path)), pytest.raises(ArchiveLocked), lock_daemon(str(path)):
        pass
    with lock_daemon(str(path)):
        pass


HOSTILE = [
    '"',
    '""',
    "AND",
    "a OR",
    "NOT",
    "NEAR(",
    "*",
    "a*",
    "^",
    "(",
    ")",
    "title:",
    "-",
    "\x00",
    "a\x00b",
    "\ud800",
    "'; --",
    "{",
    "😀",
    " ",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_no_search_words_can_fail(path: Path, words: str) -> None:
    kept_of(path, (A, page(A, "1"), article(A)))
    library = open_library(str(path))
    library.search(Query(words=words))
    assert list(library.articles(Query(words=words))) is not None
    library.close()


def test_search_finds_phrases_and_filters(path: Path) -> None:
    kept_of(
        path,
        (A, page(A, "1"), article(A, "The Élysée bridge opened in the morning")),
        (B, page(B, "2"), article(B, "The morning bridge was closed")),
    )
    library = open_library(str(path))

    def found(words: str, site: str = "", since: str = "", until: str = "") -> set[int]:
        return {hit.id for hit in library.search(Query(words=words, site=site, since=since, until=until))}

    assert found("elysee") == {1}
    assert found("bridge morning") == {1, 2}
    assert found('"morning bridge"') == {2}
    assert found("bridge", site="news.example") == {1, 2}
    assert found("bridge", site="other.example") == set()
    day = NOW.date()
    assert found("bridge", since=str(day), until=str(day)) == {1, 2}
    assert found("bridge", since=str(day + timedelta(days=1))) == set()
    library.close()


@given(st.text())
def test_cleaned_text_can_be_stored_and_matched(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == clean(cleaned)
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE VIRTUAL TABLE t USING fts5(x)")
        db.execute("INSERT INTO t VALUES (?)", (cleaned,))
        expression = match_expression(text)
        if expression:
            db.execute("SELECT * FROM t WHERE t MATCH ?", (expression,)).fetchall()
    db.close()


@given(st.binary(), st.binary())
def test_packing_is_undone_by_unpacking(body: bytes, reference: bytes) -> None:
    assert unpack(pack(body, reference), reference) == body


@pytest.mark.parametrize("name", ["dateline.db", "dateline.pages.db"])
def test_nothing_is_said_to_be_kept_in_a_file_that_was_taken_away(path: Path, name: str) -> None:
    async def work(archive: Archive) -> None:
        await archive.add(A, page(A, "1"), article(A))
        path.with_name(name).rename(path.with_name("aside"))
        with pytest.raises(ArchiveMoved, match=name):
            await archive.add(B, page(B, "2"), article(B, "other words"))
        path.with_name("aside").rename(path.with_name(name))
        await archive.add(B, page(B, "2"), article(B, "other words"))

    use(path, work)


def test_an_archive_without_the_pages_it_had_is_not_written_to(path: Path) -> None:
    kept_of(path, (A, page(A, "1"), article(A)))
    Path(pages_path(str(path))).unlink()
    with pytest.raises(ArchiveUnusable, match=r"dateline\.pages\.db: is missing"):
        kept_of(path, (B, page(B, "2"), article(B)))
    assert not Path(pages_path(str(path))).exists()
    with closing(open_library(str(path))) as library:
        assert library.article("1")
    Path(pages_path(str(path))).touch()
    different = " ".join(f"other{n}" for n in range(50))
    assert outcomes(kept_of(path, (B, page(B, "2"), article(B, different)))) == [(Outcome.NEW, 2)]


def test_an_archive_of_the_first_schema_is_brought_to_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, STEPS[:1], APPLICATION_ID)
    connection.close()
    kept_of(path, (A, page(A, "1"), article(A)))
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT kind, image_caption, licence FROM articles").fetchall() == [("article", "", "")]
    db.close()


@pytest.mark.parametrize(
    ("reason", "failures", "planned_by"),
    [
        ("nothing for a week; its interval", 0, "interval"),
        ("every 12 h: an item a day on Friday mornings", 0, "rhythm"),
        ("asked again in 2 min: failed once", 1, "failure"),
        ("asked again in 2 h: the server asked to wait (Retry-After)", 0, "server"),
    ],
)
def test_what_a_feed_was_planned_by_is_read_once_from_the_words_of_before(
    tmp_path: Path, reason: str, failures: int, planned_by: str
) -> None:
    path = tmp_path / "old.db"
    before = STEPS.index(next(step for step in STEPS if "planned_by" in step))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        teach(db)
        migrate(db, STEPS[:before], APPLICATION_ID)
        row = "INSERT INTO feed (url, category, active, next, reason, failures) VALUES (?, '', 1, ?, ?, ?)"
        db.execute(row, (FEED.url, "2026-11-27T12:00:00Z", reason, failures))
        migrate(db, STEPS, APPLICATION_ID)
    with closing(open_library(str(path))) as library:
        assert [state.planned_by for state in library.feeds()] == [planned_by]


def test_an_archive_behind_a_link_has_its_pages_and_its_locks_where_it_lies(tmp_path: Path) -> None:
    link, path = tmp_path / "link.db", tmp_path / "elsewhere" / "real.db"
    path.parent.mkdir()
    kept_of(path, (A, page(A, "1"), article(A)))
    link.symlink_to(path)
    assert outcomes(kept_of(link, (B, page(B, "2"), article(B, "other " * 50)))) == [(Outcome.NEW, 2)]
    assert list(tmp_path.glob("link.*")) == [link]
    with lock_daemon(str(path)), pytest.raises(ArchiveLocked), lock_daemon(str(link)):
        pass


_SLOWLY = """
import sys, time
from storage.backends import bring_up_to_date
from storage.sqlite import upgrade
real = upgrade.upgrade
def slow(path):
    print("begun", flush=True)
    time.sleep(0.5)
    real(path)
upgrade.upgrade = slow
bring_up_to_date(sys.argv[1])
"""


def test_whoever_reads_an_archive_that_is_being_brought_to_the_newest_waits_for_it(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        teach(db)
        migrate(db, STEPS[:-1], APPLICATION_ID)
    with subprocess.Popen([sys.executable, "-c", _SLOWLY, str(path)], stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"begun\n"
        bring_up_to_date(str(path))
        open_library(str(path)).close()
    assert other.returncode == 0


def test_articles_of_before_there_were_visits_are_looked_at_once_more(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    kept_of(path, (A, page(A, "1"), article(A)))
    before = STEPS.index(next(step for step in STEPS if "INSERT INTO visit" in step))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        teach(db)
        db.executescript("DELETE FROM visit; DROP TABLE home;")  # as the first of those archives were
        db.execute(f"PRAGMA user_version = {before}")
        migrate(db, STEPS, APPLICATION_ID)
        assert db.execute("SELECT count(*) FROM home").fetchone() == (0,)
        rows = db.execute("SELECT v.url, v.next > a.first_seen FROM visit v JOIN article a ON a.id = v.article")
        assert rows.fetchall() == [(A, 1)]


def test_pages_are_counted_once_each_before_and_after_an_archive_is_brought_to_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    before = STEPS.index(next(step for step in STEPS if "page_counted" in step))
    row = "INSERT INTO revision (article, number, seen, page) VALUES (1, ?, '2026-11-27T12:00:00Z', ?)"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        teach(db)
        migrate(db, STEPS[:before], APPLICATION_ID)
        db.executemany(row, [(1, "first"), (2, "second"), (3, "first")])
        migrate(db, STEPS, APPLICATION_ID)
        db.executemany(row, [(4, "second"), (5, "third")])
    with closing(open_library(str(path))) as library:
        assert library.counts().pages == 3
