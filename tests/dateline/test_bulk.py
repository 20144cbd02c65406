"""Bulk extraction: a part for each file, whole or not at all; copies across parts; into an archive like any page."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet
import pytest

from dateline.bulk import selecting
from dateline.demo.prose import Story, generator
from scraper.bulk import Job, Made, make_part, make_parts
from scraper.copies import PAIRS, write_pairs
from scraper.engines import EngineLost, EngineMissing, _insist, open_engine
from scraper.parts import NoPart, of_row, parts_of, read_part
from scraper.settings import ExtractSettings, SiteSettings
from storage.backends import open_library
from storage.records import Query
from tests.dateline.site import dateline, events
from tests.scraper.past import SITE
from tests.scraper.test_warc import record, write

TOPICS = ("Bridge", "Harbour", "Railway", "Election", "Harvest", "Museum")
OTHER = "https://north.reprint.example"


def article(title: str) -> str:
    """A story with words of its own."""
    story = Story(generator(1, title), "World")
    text = "".join(f"<p>{paragraph}</p>" for paragraph in story.paragraphs())
    date = "<meta property='article:published_time' content='2020-05-01T10:00:00Z'>"
    head = f"<html lang=en><head><title>{title}</title>{date}</head>"
    return f"{head}<body><article><h1>{title}</h1>{text}</article></body></html>"


def crawl(folder: Path) -> list[Path]:
    """Two files: six stories, a list, an image; and one of the stories again at another site."""
    stories = [record(f"{SITE}/{topic.lower()}", article(topic).encode()) for topic in TOPICS]
    copy = record(f"{OTHER}/bridge", article("Bridge").encode())
    login = record(SITE + "/login", b"<html><body>Log in</body></html>")
    image = record(SITE + "/x.png", content="image/png")
    return [
        write(folder / "a.warc.gz", [*stories[:3], image]),
        write(folder / "b.warc.zst", [*stories[3:], copy, login]),
    ]


def jobs(files: list[Path], folder: Path) -> list[Job]:
    folder.mkdir(exist_ok=True)
    return [Job(str(file), str(folder), ExtractSettings(workers=1)) for file in files]


def made(files: list[Path], folder: Path) -> list[Made]:
    found: list[Made] = []
    with ThreadPoolExecutor(2) as executor:
        make_parts(executor, 2, jobs(files, folder), found.append)
    return sorted(found, key=lambda one: one.file)


def test_a_part_for_each_file_and_none_is_made_twice(tmp_path: Path) -> None:
    files = crawl(tmp_path)
    first, second = made(files, tmp_path / "parts")
    assert (first.articles, first.passed, first.part) == (3, 1, parts_of(tmp_path / "parts")[0].name)
    assert (second.articles, second.others + second.refused) == (4, 1)
    assert [one.there for one in made(files, tmp_path / "parts")] == [True, True]
    assert [file.suffix for file in (tmp_path / "parts").iterdir()] == [".parquet", ".parquet"]
    rows = [row for _, batch in read_part(parts_of(tmp_path / "parts")[0], start=1, most=2) for row in batch]
    assert [row["title"] for row in rows] == ["Harbour", "Railway"]
    page, entry, found = of_row(rows[0])
    assert (page.url, page.via, page.source[:10]) == (f"{SITE}/harbour", "warc", "a.warc.gz#")
    assert page.body == article("Harbour").encode()
    assert entry
    assert found.lines
    assert found.metadata.said_by["title"]


def test_a_file_that_cannot_be_read_leaves_no_part_and_harms_no_other(tmp_path: Path) -> None:
    files = crawl(tmp_path)
    made_jobs = jobs(files, tmp_path / "parts")
    files[0].unlink()
    files[0].mkdir()
    found: list[Made] = []
    with ThreadPoolExecutor(1) as executor:
        make_parts(executor, 1, made_jobs, found.append)
    assert [bool(one.reason) for one in sorted(found, key=lambda one: one.file)] == [True, False]
    assert len(list((tmp_path / "parts").iterdir())) == 1
    (tmp_path / "parts" / "z.parquet").write_bytes(b"no parquet")
    with pytest.raises(NoPart, match="cannot be read"):
        list(read_part(tmp_path / "parts" / "z.parquet"))


def test_what_could_not_be_read_is_told_and_stands_in_the_part(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    cut = record(f"{SITE}/cut", article("Cut").encode(), warc=["WARC-Truncated: length"])
    write(tmp_path / "a.warc", [record(f"{SITE}/bridge", article("Bridge").encode()), cut, record(f"{SITE}/end")[:-50]])
    done = dateline(tmp_path, "backfill", "warc", "a.warc", "--parts", "parts", code=1)
    assert "1 records are cut or damaged, all others are read" in done.stderr
    assert "1 articles, 0 other pages, 1 refused, 1 cut" in done.stderr
    assert "1 cut" in dateline(tmp_path, "-q", "backfill", "warc", "a.warc", "--parts", "quiet", code=1).stderr
    [part] = parts_of(tmp_path / "parts")
    rows = [row for _, batch in read_part(part) for row in batch]
    told = {row["url"]: row["reason"] for row in rows}
    assert told[f"{SITE}/bridge"] == ""
    assert "WARC-Truncated" in told[f"{SITE}/cut"]
    assert "cut short" in told[f"{SITE}/end"]
    assert all(row["source"].startswith("a.warc#") for row in rows)
    dateline(tmp_path, "backfill", "warc", "a.warc", "--parts", "parts")  # it has been told
    assert "1 new" in dateline(tmp_path, "import", "parquet", "parts").stderr


class Overtaken(Executor):
    """Another run has the part whole, and clears up, while this one is in the middle of it."""

    def __init__(self, part: Path) -> None:
        self.part = part

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        def other() -> None:
            while not (left := list(self.part.parent.glob("*.unfinished"))):
                time.sleep(0.001)
            self.part.write_bytes(b"whole")
            left[0].unlink()

        with ThreadPoolExecutor(2) as threads:
            threads.submit(other)
            return threads.submit(fn, *args, **kwargs)


def test_a_part_that_another_run_has_made_meanwhile_is_there(tmp_path: Path) -> None:
    job = jobs(crawl(tmp_path), tmp_path / "parts")[0]
    told: list[Made] = []
    make_parts(Overtaken(job.part), 1, [job], told.append)
    assert [(one.articles, one.reason) for one in told] == [(3, "")]
    assert job.part.read_bytes() == b"whole"


def test_what_the_user_says_of_a_site_holds_for_parts_and_no_secret_goes_to_workers(tmp_path: Path) -> None:
    host = SITE.removeprefix("https://")
    (tmp_path / "config.toml").write_text(
        f'[[sites]]\nhost = "{host}"\ndrop = ["p:first-of-type"]\nheaders = {{ Cookie = "secret" }}\n'
    )
    crawl(tmp_path)
    dateline(tmp_path, "backfill", "warc", "a.warc.gz", "--parts", "parts")
    dateline(tmp_path, "import", "parquet", "parts")
    assert "3 unchanged" in dateline(tmp_path, "reextract").stderr
    [kept] = selecting((SiteSettings(host="a.example", drop=("p",), headers={"Cookie": "secret"}), SiteSettings("b")))
    assert kept == SiteSettings(host="a.example", drop=("p",))


def test_no_more_pages_are_held_at_once_than_fit(tmp_path: Path) -> None:
    heavy = [f"{article(topic)}<!--{Random(topic).randbytes(2_500_000).hex()}-->".encode() for topic in TOPICS[:3]]
    stories = [record(f"{SITE}/{number}", body) for number, body in enumerate(heavy)]
    [one] = made([write(tmp_path / "a.warc", stories)], tmp_path / "parts")
    part = pyarrow.parquet.read_metadata(tmp_path / "parts" / one.part)
    assert [part.row_group(number).num_rows for number in range(part.num_row_groups)] == [2, 1]


def test_copies_are_found_across_parts(tmp_path: Path) -> None:
    made(crawl(tmp_path), tmp_path / "parts")
    assert write_pairs(tmp_path / "parts") == 1
    [pair] = pyarrow.parquet.read_table(tmp_path / "parts" / PAIRS).to_pylist()
    assert {pair["url"], pair["other_url"]} == {f"{SITE}/bridge", f"{OTHER}/bridge"}
    assert (pair["kind"], pair["contained"]) == ("same", 1.0)


def test_articles_that_share_nothing_are_no_copies(tmp_path: Path) -> None:
    files = [write(tmp_path / "0.warc.gz", [record(f"{SITE}/bridge", article("Bridge").encode())])]
    made(files, tmp_path / "parts")
    assert write_pairs(tmp_path / "parts") == 0


def test_a_kill_in_the_middle_leaves_no_half_and_no_double(tmp_path: Path) -> None:
    files = []
    for n in range(3):
        stories = [record(f"{SITE}/{n}-{m}", article(f"Story {n} {m}").encode()) for m in range(40)]
        files.append(write(tmp_path / f"{n}.warc.gz", stories))
    for _ in range(2):
        command = (sys.executable, "-m", "dateline", "-q", "backfill", "warc", *map(str, files), "--parts", "parts")
        run = subprocess.Popen(command, cwd=tmp_path)
        time.sleep(1.0)
        run.send_signal(signal.SIGKILL)
        run.wait()
        for part in parts_of(tmp_path / "parts") if (tmp_path / "parts").exists() else ():
            assert pyarrow.parquet.read_metadata(part).num_rows == 40
    dateline(tmp_path, "backfill", "warc", *map(str, files), "--parts", "parts")
    urls = [row["url"] for part in parts_of(tmp_path / "parts") for _, rows in read_part(part) for row in rows]
    assert len(urls) == len(set(urls)) == 120


def test_parts_become_articles_once_by_the_rules_of_the_archive(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    crawl(tmp_path)
    told = dateline(tmp_path, "--json", "backfill", "warc", "*.warc.*", "--parts", "parts")
    assert sum(json.loads(line)["articles"] for line in told.stdout.splitlines()) == 7
    assert "1 pairs" in told.stderr
    first = events(dateline(tmp_path, "--json", "import", "parquet", "parts", "--category", "Old"), "article")
    assert sorted(one["outcome"] for one in first) == ["new"] * 7
    assert "nothing new" in dateline(tmp_path, "import", "parquet", "parts", "--category", "Old").stderr
    again = events(dateline(tmp_path, "--json", "import", "parquet", "parts"), "article")
    assert {one["outcome"] for one in again} == {"unchanged"}
    with closing(open_library(str(tmp_path / "dateline.db"))) as library:
        rows = list(library.articles(Query(category="Old")))
    assert {row.title for row in rows} == set(TOPICS)
    assert {row.first_seen for row in rows} == {"2020-05-06T07:08:09Z"}
    parts = [row for part in parts_of(tmp_path / "parts") for _, batch in read_part(part) for row in batch]
    named = {row["url"]: row["site"] for row in parts if not row["reason"]}
    assert named == {row.url: row.site for row in rows}  # under one name one thing
    with closing(sqlite3.connect(tmp_path / "dateline.db")) as db:
        assert db.execute("SELECT kind FROM pairs").fetchall() == [("same",)]
        sizes = dict(db.execute("SELECT url, bytes FROM fetches"))
    assert sizes == {row["url"]: len(of_row(row)[0].body) for row in parts if not row["reason"]}
    assert "7 unchanged" in dateline(tmp_path, "reextract").stderr  # their pages came along


def test_what_an_engine_needs_is_said(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    crawl(tmp_path)
    with pytest.raises(EngineMissing, match="--scheduler"), open_engine("dask"):
        pass
    for words, reason in (
        (("warc", "a.warc.gz", "--engine", "dask"), "--parts"),
        (("urls", "https://news.example/a", "--parts", "p"), "warc"),
        (("warc", "a.warc.gz", "--parts", "p", "--engine", "dask"), "--scheduler"),
        (("warc", "a.warc.gz", "--parts", "p", "--from", "2020-01-01"), "--from says nothing of --parts"),
        (("warc", "a.warc.gz", "--parts", "p", "--limit", "1"), "--limit says nothing of --parts"),
        (("warc", "a.warc.gz", "--parts", "p", "--dry-run"), "--dry-run says nothing of --parts"),
        (("warc", "a.warc.gz", "--parts", "p", "--category", "Old"), "`dateline import parquet` knows it"),
    ):
        assert reason in dateline(tmp_path, "backfill", *words, code=2).stderr
    assert not parts_of(tmp_path / "p")


@pytest.fixture
def scheduler() -> Iterator[str]:
    """A Dask cluster of two threads in this process: the large rig is benchmarks/bulk.py."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None, host="127.0.0.1", protocol="tcp"
    ) as cluster:
        yield str(cluster.scheduler_address)


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_makes_the_same_parts(tmp_path: Path, scheduler: str) -> None:
    files = crawl(tmp_path)
    here = made(files, tmp_path / "here")
    there: list[Made] = []
    with open_engine("dask", scheduler=scheduler) as (executor, at_once):
        assert at_once == 2
        make_parts(executor, at_once, jobs(files, tmp_path / "there"), there.append)
    assert sorted(one.part for one in there) == [one.part for one in here]
    for part in parts_of(tmp_path / "here"):
        twin = pyarrow.parquet.read_table(tmp_path / "there" / part.name)
        assert pyarrow.parquet.read_table(part).equals(twin)


def test_pairs_are_found_though_a_run_was_killed_before_it_looked_for_them(tmp_path: Path) -> None:
    files = crawl(tmp_path)
    dateline(tmp_path, "backfill", "warc", str(files[0]), "--parts", "parts")
    made(files, tmp_path / "parts")  # and then killed
    words = ("backfill", "warc", *map(str, files), "--parts", "parts")
    assert "1 pairs" in dateline(tmp_path, *words).stderr
    assert "near-duplicates" not in dateline(tmp_path, *words).stderr


class Cluster:
    """A Dask client of two workers, the second of which has an older Dateline."""

    def run(self, function: Callable[[], str], *, on_error: str) -> dict[str, str]:
        """What each of them answers."""
        assert on_error == "return"
        return {"tcp://a": function(), "tcp://b": "0.0.9, blocks-1"}


def test_workers_with_another_dateline_are_given_no_work() -> None:
    with pytest.raises(EngineMissing, match="tcp://b has another Dateline, or none"):
        _insist(Cluster())


class Elsewhere(Executor):
    """A worker on which the work is done under another root: nothing of it is seen here."""

    def __init__(self, error: OSError | None = None) -> None:
        self.error = error

    def submit(self, fn: Callable[..., Any], job: Job, /) -> "Future[Any]":  # type: ignore[override]
        future: Future[Any] = Future()
        if self.error:
            future.set_exception(self.error)
        else:
            future.set_result(Made(file=job.file, part=job.part.name, articles=3))
        return future


def test_workers_that_do_not_see_the_same_files_are_told(tmp_path: Path) -> None:
    told: list[Made] = []
    some = jobs(crawl(tmp_path), tmp_path / "parts")
    make_parts(Elsewhere(), 1, some, told.append)
    make_parts(Elsewhere(FileNotFoundError(2, "No such file or directory")), 1, some, told.append)
    assert ["not in" in one.reason for one in told] == [True, True, False, False]
    assert all("all workers need" in one.reason for one in told)


class Lost(Executor):
    """A cluster that goes away with the second task in hand."""

    def __init__(self) -> None:
        self.tasks = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        self.tasks += 1
        future: Future[Any] = Future()
        if self.tasks == 1:
            with ThreadPoolExecutor(1) as thread:  # a worker process ends with the thread that asked it
                future.set_result(thread.submit(fn, *args, **kwargs).result())
        else:
            future.cancel()
            future.set_running_or_notify_cancel()
        return future


def test_a_cluster_that_goes_away_leaves_whole_parts_and_says_so(tmp_path: Path) -> None:
    told: list[Made] = []
    with pytest.raises(EngineLost, match="the same command"):
        make_parts(Lost(), 1, jobs(crawl(tmp_path), tmp_path / "parts"), told.append)
    assert [file.name for file in (tmp_path / "parts").iterdir()] == [one.part for one in told]


def test_a_folder_holds_nothing_but_whole_parts(tmp_path: Path) -> None:
    [job, _] = jobs(crawl(tmp_path), tmp_path / "parts")
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(make_part, job).result().articles == 3
    assert [file.name for file in (tmp_path / "parts").iterdir()] == [job.part.name]
