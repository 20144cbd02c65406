"""`backfill warc`: the captures of a file become articles as pages from the network do, each at its own moment."""

import gzip
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

from storage.backends import open_library
from storage.records import ArticleRow, Query
from tests.dateline.site import dateline, events
from tests.scraper.past import SITE, Past, article
from tests.scraper.test_warc import record, write


def capture(path: str, day: str = "2020-05-06", **more: str) -> bytes:
    title = more.get("title") or path.strip("/").title()
    made = record(SITE + path, article(title, more.get("published", day), more.get("add", "")).encode())
    return made.replace(b"2020-05-06T07", day.encode() + b"T07")


def rows(path: str) -> list[ArticleRow]:
    with closing(open_library(path)) as library:
        return list(library.articles(Query()))


def test_captures_become_articles_dated_by_their_capture_with_their_provenance(tmp_path: Path) -> None:
    past = Past(tmp_path, {})
    file = write(
        tmp_path / "a.warc.gz", [capture("/bridge"), capture("/harbour"), record(SITE + "/x.png", content="image/png")]
    )
    done = past.backfill("warc", str(file), category="Old")
    assert (done.finished, done.counts) == (True, {"new": 2})
    found = rows(past.path)
    assert [(row.url, row.title, row.first_seen, row.categories) for row in found] == [
        (SITE + "/bridge", "Bridge", "2020-05-06T07:08:09Z", ("Old",)),
        (SITE + "/harbour", "Harbour", "2020-05-06T07:08:09Z", ("Old",)),
    ]
    with closing(sqlite3.connect(past.path)) as db:
        assert db.execute("SELECT via, source FROM fetches WHERE page IS NOT NULL ORDER BY 2").fetchall()[0] == (
            "warc",
            "a.warc.gz#0",
        )
        assert db.execute("SELECT count(*) FROM visit WHERE next IS NOT NULL").fetchone() == (0,)
    again = past.backfill("warc", str(file), category="Old")
    assert again.idle
    assert past.asked == []


def test_a_later_capture_is_a_revision_and_an_older_one_leaves_the_text_as_it_is(tmp_path: Path) -> None:
    past = Past(tmp_path, {})
    captures = [
        capture("/bridge", "2020-05-06"),
        capture("/bridge", "2021-05-06", published="2020-05-06", add="<meta name=x content=y>"),
        capture("/bridge", "2022-05-06", published="2020-05-06", title="Bridge closed"),
        capture("/bridge", "2019-05-06", published="2020-05-06", title="Bridge planned"),
        capture("/bridge", "2022-05-05", published="2020-05-06", title="Bridge closed"),
    ]
    done = past.backfill("warc", str(write(tmp_path / "a.warc", captures)))
    assert done.counts == {"new": 1, "unchanged": 2, "revised": 1, "skipped": 1}
    assert [one.reason for one in past.ear.articles if one.outcome == "skipped"] == [
        "an older text than the archived one; its page is kept"
    ]
    [row] = rows(past.path)
    assert (row.title, row.revision) == ("Bridge closed", 2)
    assert (row.first_seen[:10], row.gone) == ("2019-05-06", None)
    with closing(sqlite3.connect(past.path)) as db:
        assert db.execute("SELECT count(DISTINCT page) FROM fetches").fetchone() == (4,)


def test_a_stopped_backfill_goes_on_at_its_place(tmp_path: Path) -> None:
    past = Past(tmp_path, {})
    file = write(tmp_path / "a.warc.gz", [capture(f"/story-{n}") for n in range(9)])
    assert past.backfill("warc", str(file), limit=4).counts == {"new": 4}
    assert past.backfill("warc", str(file)).counts == {"new": 5}
    assert len(rows(past.path)) == 9


def test_a_page_whose_listing_was_lost_is_read_where_it_stands(tmp_path: Path) -> None:
    whole = tmp_path / "whole.warc.gz"
    whole.write_bytes(gzip.compress(b"".join(capture(f"/story-{n}") for n in range(5))))
    past = Past(tmp_path, {})
    assert past.backfill("warc", str(whole), limit=2).counts == {"new": 2}
    assert past.backfill("warc", str(whole), limit=2).counts == {"new": 2}
    assert past.backfill("warc", str(whole)).counts == {"new": 1}


def test_what_is_cut_is_told_and_days_choose(tmp_path: Path) -> None:
    past = Past(tmp_path, {})
    file = write(tmp_path / "a.warc.gz", [capture(f"/s{n}", f"20{n}-01-02") for n in range(10, 14)])
    file.write_bytes(file.read_bytes()[:-300])
    done = past.backfill("warc", str(file), since=date(2011, 1, 1), until=date(2011, 12, 31))
    assert (done.counts, done.outside) == ({"new": 1, "skipped": 1}, 1)
    assert any("1 records cut or damaged" in note for note in past.notes)


def test_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    write(tmp_path / "a.warc.gz", [capture("/bridge")])
    write(tmp_path / "b.warc", [capture("/harbour")])
    write(tmp_path / "c.warc", [capture("/railway")])
    rehearsed = dateline(tmp_path, "backfill", "warc", "[ab].warc*", "--dry-run")
    assert "2 pages would be fetched, 0 requests in all" in rehearsed.stderr
    told = events(dateline(tmp_path, "--json", "backfill", "warc", "[ab].warc*"), "article")
    assert sorted((one["outcome"], one["url"]) for one in told) == [
        ("new", SITE + "/bridge"),
        ("new", SITE + "/harbour"),
    ]
    assert "names no WARC file" in dateline(tmp_path, "backfill", "warc", "*.none", code=2).stderr
    assert "nothing to do" in dateline(tmp_path, "backfill", "warc", "a.warc.gz").stderr
    whole = write(tmp_path / "d.warc.gz", [capture("/canal"), capture("/ferry")])
    whole.write_bytes(whole.read_bytes()[:-60])
    cut = dateline(tmp_path, "backfill", "warc", "d.warc.gz", code=1)
    assert "d.warc.gz: 1 records are cut or damaged, all others are read" in cut.stderr
    assert "articles: 1 new" in cut.stderr
    (tmp_path / "notes.pdf").write_bytes(b"%PDF-1.4 notes")
    done = dateline(tmp_path, "backfill", "warc", "notes.pdf", "c.warc", code=1)
    assert "notes.pdf" in done.stderr
    assert "it is neither a WARC nor an ARC file" in done.stderr
    assert "articles: 1 new" in done.stderr
