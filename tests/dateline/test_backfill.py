"""`dateline backfill`: its options, its words, its exit codes; killed at random points it loses nothing."""

import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest

from benchmarks.backfill_kills import Web, completed, faults, killed, repeated, serving
from dateline.commands.backfill import command
from dateline.context import Context
from storage.backends import lock_backfill, lock_daemon
from storage.sqlite.connect import teach
from storage.sqlite.migrations import APPLICATION_ID, PAGES_APPLICATION_ID, PAGES_STEPS, STEPS, migrate
from tests.dateline.site import Answer, Handler, configure, dateline, events, serve
from tests.scraper.past import article

MORE = "[extract]\nworkers = 1\n"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with serving(25) as web:
        configure(tmp_path, more=MORE)
        yield web


def pages(web: Web) -> list[str]:
    return [path for path in web.asked if "story" in path]


def test_a_saved_page_is_shown_as_it_was_laid_out(tmp_path: Path) -> None:
    rows = [
        ("Bridge", "Where it stands", "Metres"),
        ("The old arch", "North of the town", "120"),
        ("The railway bridge", "South of the mill", "240"),
        ("The footbridge", "At the school", "90"),
    ]
    table = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    page = article("Bridges", more="<link rel=canonical href='https://news.example/bridges'>")
    song = f"<p>Two lines<br>of a song about it.</p><table>{table}</table></article>"
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "bridges.html").write_text(page.replace("</article>", song))
    configure(tmp_path, more=MORE)
    dateline(tmp_path, "backfill", "urls", "saved")
    shown = dateline(tmp_path, "show", "1").stdout
    assert "\n\nTwo lines\nof a song about it.\n\n" + "\n".join(map("\t".join, rows)) in shown


def test_the_events_are_told_and_the_second_run_does_nothing(web: Web, tmp_path: Path) -> None:
    words = ("backfill", "sitemap", web.base, "--category", "World")
    done = dateline(tmp_path, "--json", *words)
    articles = events(done, "article")
    assert {(one["outcome"], one["feed"]) for one in articles} == {("new", web.base)}
    assert len(articles) == len(pages(web)) == 25
    [feed] = events(done, "feed")
    assert (feed["outcome"], feed["entries"], feed["new"]) == ("ok", 25, 25)
    before = len(web.asked)
    done = dateline(tmp_path, "--json", *words)
    assert len(web.asked) == before
    assert "finished before, nothing to do; --again asks it anew" in done.stderr
    assert events(done, "feed")[0]["outcome"] == "unchanged"


def test_a_dry_run_writes_nothing_and_says_what_it_would_cost(web: Web, tmp_path: Path) -> None:
    done = dateline(tmp_path, "backfill", "feed", f"{web.base}/feed/", "--dry-run", "--from", "2020-01-02")
    assert len(done.stdout.splitlines()) == 10
    assert done.stdout.startswith(f"{web.base}/story-24\t2020-01-02\t")
    assert "1 request made for listings; 10 pages would be fetched, 11 requests in all" in done.stderr
    assert pages(web) == []
    assert not (tmp_path / "dateline.db").exists()


def test_a_dry_run_asks_for_no_listing_more_often_than_the_run_itself(tmp_path: Path) -> None:
    paths: dict[str, Handler] = {"/story-1": Answer(article("Story 1"))}
    with serve(paths) as site:
        urls = f"<urlset><url><loc>{site.base}/story-1</loc></url></urlset>"
        paths["/sitemap.xml"] = Answer(urls, kind="application/xml")
        configure(tmp_path, more=MORE)
        rehearsed = dateline(tmp_path, "backfill", "sitemap", site.base, "--dry-run")
        assert site.asked().count("/sitemap.xml") == 1  # found at a usual place, and read
        assert "1 request made for listings; 1 page would be fetched, 2 requests in all" in rehearsed.stderr
        assert "1 new; 2 requests" in dateline(tmp_path, "backfill", "sitemap", site.base).stderr


def test_an_archive_of_an_older_dateline_is_brought_up_to_date_by_whoever_reads_it(web: Web, tmp_path: Path) -> None:
    def old() -> sqlite3.Connection:
        db = sqlite3.connect(tmp_path / "dateline.db", isolation_level=None)
        teach(db)
        return db

    def version() -> int:
        with closing(sqlite3.connect(tmp_path / "dateline.db")) as db:
            return int(db.execute("PRAGMA user_version").fetchone()[0])

    with closing(old()) as db:
        migrate(db, STEPS[:-2], APPLICATION_ID)
    with closing(sqlite3.connect(tmp_path / "dateline.pages.db", isolation_level=None)) as db:
        migrate(db, PAGES_STEPS, PAGES_APPLICATION_ID)
    dateline(tmp_path, "backup", "copy.db")
    assert version() == len(STEPS) - 2
    dateline(tmp_path, "--db", "copy.db", "verify")
    with lock_daemon(str(tmp_path / "dateline.db")):
        refused = dateline(tmp_path, "status", code=1)
    assert version() == len(STEPS) - 2
    assert "an older daemon runs on it" in refused.stderr
    done = dateline(tmp_path, "backfill", "feed", f"{web.base}/feed/", "--dry-run")
    assert (len(done.stdout.splitlines()), version()) == (25, len(STEPS))
    assert f"up to date: schema {len(STEPS) - 2} to {len(STEPS)}" in done.stderr
    dateline(tmp_path, "verify")


def test_limits_stop_it_and_the_same_command_goes_on(web: Web, tmp_path: Path) -> None:
    words = ("backfill", "feed", f"{web.base}/feed/")
    done = dateline(tmp_path, *words, "--max-requests", "6")
    assert "stopped at --max-requests 6; the same command goes on from here" in done.stderr
    assert len([path for path in web.asked if path != "/robots.txt"]) == 6
    dateline(tmp_path, *words, "--limit", "3")
    assert len(pages(web)) == 5 + 3
    done = dateline(tmp_path, "--json", "backfill", "sitemap", web.base, "--dry-run")
    assert len(events(done, "would_fetch")) == 17
    assert events(done, "dry_run") == [{"event": "dry_run", "listings": 3, "pages": 17, "requests": 20}]
    web.asked = [path for path in web.asked if "sitemap" not in path]
    dateline(tmp_path, *words)
    assert sorted(pages(web)) == sorted(f"/story-{n}" for n in range(25))
    assert repeated(web) == 0


def test_a_dry_run_counts_what_was_named_and_is_not_fetched_yet(web: Web, tmp_path: Path) -> None:
    words = ("backfill", "auto", web.base)
    dateline(tmp_path, *words, "--limit", "3")
    before = len(web.asked)
    done = dateline(tmp_path, "--json", *words, "--dry-run")
    assert web.asked[before:] == ["/robots.txt", "/sitemap-0.xml"]  # the site is not explored again
    assert len({one["url"] for one in events(done, "would_fetch")}) == len(events(done, "would_fetch")) == 22
    dateline(tmp_path, *words)
    assert events(dateline(tmp_path, "--json", *words, "--dry-run"), "dry_run")[0]["requests"] == 0
    assert events(dateline(tmp_path, "--json", *words, "--dry-run", "--again"), "dry_run")[0]["listings"] == 3


def test_the_days_wanted_go_by_the_day_of_publication(web: Web, tmp_path: Path) -> None:
    dateline(tmp_path, "backfill", "sitemap", web.base, "--to", "2020-01-01")
    with closing(sqlite3.connect(tmp_path / "dateline.db")) as db:
        assert db.execute("SELECT count(*), max(published) FROM articles").fetchone() == (15, "2020-01-01T23:00:00Z")
        assert db.execute("SELECT source, until FROM backfills").fetchall() == [("sitemap", "2020-01-01")]


def test_auto_says_what_it_found_and_takes_the_cheapest(web: Web, tmp_path: Path) -> None:
    done = dateline(tmp_path, "--json", "backfill", "auto", web.base)
    assert "wordpress: no; " in done.stderr
    assert "taken: sitemap" in done.stderr
    assert len(events(done, "article")) == 25
    before = len(web.asked)
    assert "nothing to do" in dateline(tmp_path, "backfill", "auto", web.base).stderr
    assert len(web.asked) == before


def test_auto_asks_for_an_address_once_to_look_at_it_in_every_way(web: Web, tmp_path: Path) -> None:
    done = dateline(tmp_path, "backfill", "auto", f"{web.base}/feed/", "--dry-run")
    assert "taken: sitemap" in done.stderr
    assert web.asked.count("/feed/") == 2  # to choose, and by the way that was taken


def test_auto_takes_the_next_way_where_the_first_names_nothing_after_all(tmp_path: Path) -> None:
    paths: dict[str, Handler] = {"/story-1": Answer(article("Story 1"))}
    with serve(paths) as site:
        paths["/"] = Answer(f'<html><link rel="https://api.w.org/" href="{site.base}/wp-json/"></html>')
        count = "/wp-json/wp/v2/posts?per_page=1&_fields=id"
        paths[count] = Answer('[{"id":1}]', kind="application/json", headers=(("X-WP-Total", "1"),))
        urls = f"<urlset><url><loc>{site.base}/story-1</loc></url></urlset>"
        paths["/sitemap.xml"] = Answer(urls, kind="application/xml")
        configure(tmp_path, more=MORE)
        done = dateline(tmp_path, "backfill", "auto", site.base, code=1)
        assert "taken: wordpress" in done.stderr
        assert "articles: 1 new" in done.stderr
        assert "nothing to do" in dateline(tmp_path, "backfill", "auto", site.base).stderr


def test_a_feed_of_the_configuration_keeps_its_shelf(web: Web, tmp_path: Path) -> None:
    configure(tmp_path, (f"{web.base}/feed/", "World"), more=MORE)
    dateline(tmp_path, "backfill", "feed", f"{web.base}/feed/", "--limit", "2")
    with closing(sqlite3.connect(tmp_path / "dateline.db")) as db:
        assert db.execute("SELECT DISTINCT categories FROM articles").fetchall() == [('["World"]',)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nonsense", "x"), "is not one of"),
        (("feed", "ftp://x/"), "expected an http"),
        (("feed", "x.example", "--from", "yesterday"), "does not match the format"),
        (("feed", "x.example", "--from", "2024-05-02", "--to", "2024-05-01"), "is after --to"),
        (("feed", "x.example", "--max-bytes", "much"), "expected a size"),
        (("urls", "none.txt"), "cannot be read"),
        (("cdx", "news.example"), "query address of a CDX server"),
        (("cdx", "http://[::1"), "query address of a CDX server"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_clear_words(words: tuple[str, ...], said: str) -> None:
    context = Context(file=None, db=None, as_json=False, quiet=True)
    with pytest.raises(click.UsageError, match=said):
        command.main(list(words), standalone_mode=False, obj=context)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("feed", "{base}/none"), 1, "the server answered 404"),
        (("feed", "{base}/feed/", "--from", "2030-01-01", "--fail-empty"), 3, "finished"),
    ],
)
def test_exit_codes_and_clear_words(web: Web, tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    done = dateline(tmp_path, "backfill", *(word.replace("{base}", web.base) for word in words), code=code)
    assert said in " ".join(done.stderr.split())


def test_the_same_backfill_runs_once_at_a_time(web: Web, tmp_path: Path) -> None:
    with lock_backfill(str(tmp_path / "dateline.db"), f"backfill:feed:{web.base}/feed/"):
        done = dateline(tmp_path, "backfill", "feed", f"{web.base}/feed/", code=4)
        assert "this very backfill is running in another process" in done.stderr
        dateline(tmp_path, "backfill", "feed", f"{web.base}/feed/", "--category", "Other", "--limit", "1")


def test_killed_at_random_points_it_comes_to_the_same_end(web: Web, tmp_path: Path) -> None:
    chance = random.Random(7)
    for source in ("sitemap", "feed"):
        kills = [killed(tmp_path, source, web, chance, 10) for _ in range(2)]
        assert all(kills)
    completed(tmp_path, "sitemap", web)
    completed(tmp_path, "feed", web)
    assert faults(tmp_path, web) == []
    asked = len(web.asked)
    completed(tmp_path, "sitemap", web)
    assert len(web.asked) == asked
    assert repeated(web) <= 4 * 3  # at most two pages and a listing were in hand at each kill


def test_a_sitemap_may_be_larger_than_a_page(tmp_path: Path) -> None:
    paths: dict[str, Handler] = {"/story-1": Answer(article("Story 1"))}
    with serve(paths) as site:
        urls = "".join(f"<url><loc>{site.base}/story-{n % 2}</loc></url>{' ' * 1000}" for n in range(100))
        paths["/sitemap.xml"] = Answer(f"<urlset>{urls}</urlset>", kind="application/xml")
        paths["/story-0"] = Answer(article("Story 0") + " " * 100_000)
        configure(tmp_path, more=MORE)
        config = tmp_path / "config.toml"
        config.write_text(config.read_text().replace("[fetch]\n", '[fetch]\nmax_bytes = "64KiB"\n'))
        done = dateline(tmp_path, "--json", "backfill", "sitemap", f"{site.base}/sitemap.xml", code=1)
    outcomes = {one["url"].rpartition("/")[2]: (one["outcome"], one["reason"]) for one in events(done, "article")}
    assert outcomes["story-1"][0] == "new"
    assert "larger than 0.0625 MiB" in outcomes["story-0"][1]


def test_what_was_no_listing_is_asked_for_anew_and_articles_that_could_not_be_had_are_told(tmp_path: Path) -> None:
    paths: dict[str, Handler] = {"/story-1": Answer(article("Story 1")), "/story-2": Answer("later", 503)}
    with serve(paths) as site:
        configure(tmp_path, more=MORE)
        words = ("backfill", "sitemap", f"{site.base}/sitemap.xml")
        paths["/sitemap.xml"] = Answer("<html>Just a moment</html>")
        assert "no sitemap could be read" in dateline(tmp_path, *words, code=1).stderr
        urls = "".join(f"<url><loc>{site.base}/story-{n}</loc></url>" for n in (1, 2))
        paths["/sitemap.xml"] = Answer(f"<urlset>{urls}</urlset>", kind="application/xml")
        done = dateline(tmp_path, *words, code=1)
        assert "finished; 1 could not be fetched yet, the same command tries them again" in done.stderr
        paths["/story-2"] = Answer(article("Story 2"))
        assert dateline(tmp_path, *words).stderr.splitlines()[0].endswith("; finished")
        paths["/sitemap.xml"] = Answer(f"<urlset>{urls.replace('story-1', 'story-2')}</urlset>", kind="application/xml")
        assert "1 article named" in dateline(tmp_path, *words, "--again").stderr


def test_it_goes_beside_the_daemon(web: Web, tmp_path: Path) -> None:
    configure(tmp_path, (f"{web.base}/feed/", "World"), more=MORE)
    command = [sys.executable, "-m", "dateline", "--json", "run"]
    daemon = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert daemon.stdout
        assert json.loads(daemon.stdout.readline())["event"] == "article"
        done = dateline(tmp_path, "--json", "backfill", "sitemap", web.base, "--category", "Old")
        assert events(done, "feed")[0]["outcome"] == "ok"
    finally:
        daemon.terminate()
        _, trouble = daemon.communicate(timeout=30)
    assert "locked" not in trouble + done.stderr
    with closing(sqlite3.connect(tmp_path / "dateline.db")) as db:
        assert db.execute("SELECT count(*) FROM articles").fetchone() == (25,)
        both = 'SELECT count(*) FROM articles WHERE categories = \'["Old","World"]\''
        assert db.execute(both).fetchone() == (20,)
