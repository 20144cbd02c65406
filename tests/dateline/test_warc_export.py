"""`export warc` and back: the same articles come out of the file; `reextract` gives them the text of today's rules."""

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from scraper.extract import extract
from scraper.settings import ExtractSettings
from scraper.urls import canonical
from scraper.warc.reader import read_warc
from scraper.workers import Workers
from storage.backends import open_archive, open_library
from storage.records import ArticleRow, Failure, Query
from tests.dateline.site import Answer, Site, configure, dateline, serve
from tests.dateline.test_toy_site import STORIES, feed, story


def fill(site: Site) -> None:
    dated = feed(site.base).replace("</link>", "</link><pubDate>Tue, 05 May 2020 06:07:08 GMT</pubDate>")
    moved = dated.replace("/harvest/</link>", "/old-harvest/</link>")
    site.paths["/feed/"] = Answer(moved, kind="application/rss+xml")
    site.paths["/old-harvest/"] = Answer("", 301, headers=(("Location", "/harvest/"),))
    site.paths |= {f"/{name}/": story(name, site.base) for name in STORIES}
    site.paths["/bridge/?utm_source=rss&utm_medium=feed"] = story("bridge", site.base)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A folder with an archive of five stories, one of them edited."""
    with serve({}) as site:
        fill(site)
        configure(tmp_path, (f"{site.base}/feed/", "News"))
        dateline(tmp_path, "poll", code=None)
        edited = str(story("bridge", site.base).body).replace("hour 3 on Tuesday", "hour 3 on Friday")
        site.paths["/bridge/"] = site.paths["/bridge/?utm_source=rss&utm_medium=feed"] = Answer(edited)
        fresh = str(site.paths["/feed/"].body).replace("Story 0", "Story 0, updated")  # type: ignore[union-attr]
        site.paths["/feed/"] = Answer(fresh, kind="application/rss+xml")
        dateline(tmp_path, "poll", code=None)
    return tmp_path


def rows(path: Path) -> list[ArticleRow]:
    with closing(open_library(str(path))) as library:
        return list(library.articles(Query()))


def told(path: Path) -> list[tuple[object, ...]]:
    return sorted(
        (row.url, row.title, row.text, row.published, row.authors, row.revision, row.gone or "", row.gone_reason)
        for row in rows(path)
    )


async def _read_back(file: Path, into: Path) -> None:
    archive, workers = open_archive(str(into)), Workers(ExtractSettings(workers=1))
    try:
        for capture in read_warc(file):
            assert capture.page, capture.reason
            rules = await archive.site(capture.page.final_url)
            article = await workers.extract(capture.page, rules, capture.entry)
            await archive.add(canonical(capture.url), capture.page, article)
    finally:
        await workers.close()
        await archive.close()


def test_the_same_articles_come_out_of_the_file(filled: Path) -> None:
    dateline(filled, "export", "warc", "-o", "all.warc.gz")
    asyncio.run(_read_back(filled / "all.warc.gz", filled / "again.db"))
    assert told(filled / "again.db") == told(filled / "dateline.db")
    assert len(told(filled / "dateline.db")) == 5
    assert {row.published for row in rows(filled / "again.db")} == {"2020-05-05T06:07:08Z"}
    assert max(row.revision for row in rows(filled / "again.db")) == 2


async def _withdraw(path: Path, *names: str) -> None:
    archive = open_archive(str(path / "dateline.db"))
    try:
        for row in rows(path / "dateline.db"):
            if row.url.split("/")[-2] in names:
                await archive.fail(row.url, Failure(reason="HTTP 410", at=datetime.now(UTC), final=True, gone=True))
    finally:
        await archive.close()


def test_what_was_withdrawn_is_withdrawn_in_the_archive_that_is_made_of_the_file(filled: Path) -> None:
    asyncio.run(_withdraw(filled, "bridge", "harvest"))  # one with two texts, one with two addresses
    dateline(filled, "export", "warc", "-o", "all.warc.gz")
    dateline(filled, "--db", "again.db", "backfill", "warc", "all.warc.gz")
    assert told(filled / "again.db") == told(filled / "dateline.db")
    assert [row.gone_reason for row in rows(filled / "again.db") if row.gone] == ["HTTP 410", "HTTP 410"]
    with closing(open_library(str(filled / "again.db"))) as library:
        assert [line.kind for line in library.changes(0) if line.kind in ("withdrawn", "restored")] == ["withdrawn"] * 2
    dateline(filled, "backfill", "warc", "all.warc.gz", "--parts", "parts")
    dateline(filled, "--db", "parts.db", "import", "parquet", "parts")
    assert told(filled / "parts.db") == told(filled / "dateline.db")
    dateline(filled, "--db", "again.db", "export", "warc", "-o", "second.warc.gz")
    dateline(filled, "--db", "third.db", "backfill", "warc", "second.warc.gz")
    assert told(filled / "third.db") == told(filled / "dateline.db")
    asyncio.run(_read_again(filled / "again.db"))
    dateline(filled, "--db", "again.db", "backfill", "warc", "--again", "all.warc.gz")
    assert [row.gone for row in rows(filled / "again.db") if row.url.endswith("/harvest/")] == [None]


async def _read_again(path: Path) -> None:
    """The harvest story is back, says a visit after its withdrawal."""
    archive = open_archive(str(path))
    try:
        [row] = [row for row in rows(path) if row.url.endswith("/harvest/")]
        stored = await archive.stored(row.id)
        later = msgspec.structs.replace(stored.page, fetched=datetime.now(UTC) + timedelta(minutes=1))
        await archive.unchanged(row.url, later)
    finally:
        await archive.close()


def test_the_records_are_true_and_whole(filled: Path) -> None:
    dateline(filled, "export", "warc", "-o", "all.warc.gz")
    file = filled / "all.warc.gz"
    kinds = []
    with file.open("rb") as stream:
        for record in ArchiveIterator(stream, parse_http=False):
            kinds.append(record.record_type)
            assert record.verify_block_digest()
            if record.record_type == WarcRecordType.response:
                record.parse_http()
                assert record.verify_payload_digest()
                assert int(record.http_headers["Content-Length"]) == len(record.reader.read())
                assert record.http_headers.status_line == "HTTP/1.1 200 OK"
            if record.record_type == WarcRecordType.metadata:
                assert json.loads(record.reader.read())["site"].startswith("127.0.0.1")
    assert kinds[0] == WarcRecordType.warcinfo
    assert kinds.count(WarcRecordType.metadata) == 5
    assert kinds.count(WarcRecordType.response) == 6  # five stories and the edit
    assert kinds.count(WarcRecordType.revisit) == 1  # the story that was asked for under its old address


async def _spoil(path: Path) -> None:
    """Give the harbour story a text that older rules might have read."""
    archive = open_archive(str(path / "dateline.db"))
    try:
        [row] = [row for row in rows(path / "dateline.db") if row.url.endswith("/harbour/")]
        stored = await archive.stored(row.id)
        article = extract(stored.page, await archive.site(row.url), stored.entry)
        await archive.replace(row.id, msgspec.structs.replace(article, text=article.text + "\n\nLeave a reply"))
    finally:
        await archive.close()


def test_stored_pages_are_cleaned_again_without_a_revision(filled: Path) -> None:
    before = told(filled / "dateline.db")
    asyncio.run(_spoil(filled))
    shown = dateline(filled, "reextract", "--diff")
    assert "[-Leave a reply-]" in shown.stdout
    assert "1 changed, 4 unchanged" in shown.stderr
    assert told(filled / "dateline.db") != before
    done = dateline(filled, "--json", "reextract", "--where", "title LIKE '%harbour%'")
    [event] = [json.loads(line) for line in done.stdout.splitlines()]
    assert (event["outcome"], event["reason"]) == ("changed", "")
    assert told(filled / "dateline.db") == before
    assert "none match" in dateline(filled, "reextract", "--site", "elsewhere.example").stderr
    assert "cannot be understood" in dateline(filled, "reextract", "--where", "colour = 1", code=1).stderr


def test_a_page_that_is_gone_or_no_article_today_leaves_its_article_as_it_is(filled: Path) -> None:
    before = told(filled / "dateline.db")
    with (
        closing(sqlite3.connect(filled / "dateline.pages.db")) as db,
        closing(sqlite3.connect(filled / "dateline.db")) as main,
    ):
        (page,) = main.execute("SELECT page FROM article WHERE url LIKE '%railway/'").fetchone()
        db.execute("DELETE FROM page WHERE digest = ?", (page,))
        db.commit()
        main.execute("UPDATE sighting SET title = CAST(x'ff' AS TEXT) WHERE url LIKE '%harbour/'")
        main.commit()
    assert "page" in dateline(filled, "export", "warc", "-o", "all.warc.gz", code=1).stderr
    done = dateline(filled, "reextract", code=1)
    assert "what is kept of it is damaged" in done.stderr
    assert "stays as it is" in done.stderr
    assert "its page is not kept" in done.stderr
    assert told(filled / "dateline.db") == before
