"""Exports: every format of the same archive, safe for who opens it, whole or not there, and going on after a stop."""

import csv
import io
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import IO

import feedparser
import pyarrow.dataset
import pytest

from dateline import outputs
from dateline.context import Context
from storage.archive import Library
from storage.backends import open_library
from storage.export import EXPORTERS
from storage.export.csv import export_csv
from storage.records import ArticleRow, Query
from tests.dateline.newsroom import fill
from tests.dateline.site import dateline


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    fill(folder / "dateline.db")
    return folder


def rows(archive: Path) -> dict[int, ArticleRow]:
    library = open_library(str(archive / "dateline.db"))
    found = {row.id: row for row in library.articles(Query())}
    library.close()
    return found


def test_csv_has_every_article_and_runs_nothing(archive: Path) -> None:
    dateline(archive, "export", "csv", "-o", "all.csv")
    with (archive / "all.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    known = rows(archive)
    assert [int(row["id"]) for row in table] == list(known)
    assert all(row["url"] == known[int(row["id"])].url for row in table)
    assert not [cell for row in table for cell in row.values() if cell.lstrip(" \n").startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", " =1"])
def test_a_cell_is_never_a_formula(text: str) -> None:
    cell = str(export_csv.__globals__["_cell"](text))
    assert cell == f"'{text}"


@pytest.mark.parametrize(
    "options", ["opml --query harbour", "opml -n 3", "csv --form atom", "jsonl --base https://a.example"]
)
def test_an_option_that_an_export_does_not_know_is_refused(archive: Path, options: str) -> None:
    assert options.split()[1] in dateline(archive, "export", *options.split(), code=2).stderr


def test_parquet_is_a_folder_by_month_that_other_programs_read(archive: Path) -> None:
    dateline(archive, "export", "parquet", code=2)
    dateline(archive, "export", "parquet", "-o", "columns")
    table = pyarrow.dataset.dataset(archive / "columns", partitioning="hive").to_table()
    known = rows(archive)
    assert sorted(table["id"].to_pylist()) == sorted(known)
    assert {path.name.partition("=")[0] for path in (archive / "columns").iterdir()} == {"year"}
    one = table.filter(pyarrow.compute.field("id") == 1).to_pylist()[0]
    assert (one["text"], one["authors"]) == (known[1].text, list(known[1].authors))
    dateline(archive, "export", "parquet", "-o", "columns")  # again: the former one is replaced
    (archive / "mine").mkdir()
    (archive / "mine" / "thesis.txt").write_text("years of work")
    dateline(archive, "export", "parquet", "-o", "mine", code=2)
    assert (archive / "mine" / "thesis.txt").exists()


def test_schema_org_names(archive: Path) -> None:
    lines = dateline(archive, "export", "jsonl", "--names", "schema.org", "--limit", "3").stdout.splitlines()
    first, known = json.loads(lines[0]), rows(archive)
    assert first["@type"] == "NewsArticle"
    assert (first["headline"], first["articleBody"]) == (
        known[first["identifier"]].title,
        known[first["identifier"]].text,
    )
    dateline(archive, "export", "csv", "--names", "schema.org", code=2)


@pytest.mark.parametrize(("form", "version"), [("rss", "rss20"), ("atom", "atom10")])
def test_a_feed_of_a_category_is_read_by_a_reader(archive: Path, form: str, version: str) -> None:
    body = dateline(archive, "export", "feed", "--form", form, "--category", "World", "--limit", "5").stdout
    parsed = feedparser.parse(io.BytesIO(body.encode()))
    assert (parsed.version, parsed.bozo, len(parsed.entries)) == (version, False, 5)


def test_opml(archive: Path) -> None:
    dateline(archive, "feeds", "add", "https://a.example/feed/", "--category", "World")
    assert 'xmlUrl="https://a.example/feed/"' in dateline(archive, "export", "opml").stdout


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_interrupted_export_goes_on_where_it_was(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(outputs, "_SLICE", 10)
    library = open_library(str(archive / "dateline.db"))
    export, context = EXPORTERS[form], Context(file=None, db=None, as_json=False, quiet=True)
    whole, again = tmp_path / "whole", tmp_path / "again"
    count = outputs.to_file(context, library, Query(), export, whole)
    calls = []

    def failing(library: Library, query: Query, file: IO[bytes]) -> int:
        calls.append(query)
        if len(calls) == 4:
            file.write(b"half a li")
            raise KeyboardInterrupt
        return export(library, query, file)

    failing.__name__ = export.__name__
    with pytest.raises(KeyboardInterrupt):
        outputs.to_file(context, library, Query(), failing, again)
    assert not again.exists()
    assert outputs.to_file(context, library, Query(), failing, again) == count
    library.close()
    assert again.read_bytes() == whole.read_bytes()
    assert len(calls) == 4 + -(-(count - 30) // 10)


@pytest.mark.parametrize(
    "target", ["dateline.db", "dateline.pages.db", "soft", "hard", "config.toml", "folder/../dateline.db"]
)
def test_nothing_is_written_over_the_archive_or_the_configuration(tmp_path: Path, target: str) -> None:
    fill(tmp_path / "dateline.db")
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "soft").symlink_to("dateline.db")
    (tmp_path / "hard").hardlink_to(tmp_path / "dateline.db")
    before = {file: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    for command in ("export jsonl", "export feed", "export opml", "feeds export"):
        assert "name another one" in dateline(tmp_path, *command.split(), "-o", target, code=2).stderr
    assert "name another one" in dateline(tmp_path, "backup", "--force", target, code=2).stderr
    assert {file: file.read_bytes() for file in before} == before


def test_not_even_by_way_of_what_an_export_is_written_to_until_it_is_whole(tmp_path: Path) -> None:
    fill(tmp_path / "own.part")
    before = (tmp_path / "own.part").read_bytes()
    dateline(tmp_path, "--db", "own.part", "export", "csv", "-o", "own", code=2)
    assert (tmp_path / "own.part").read_bytes() == before


@pytest.mark.parametrize("words", ["export jsonl", "export csv", "--json search the -n 999", "changes", "--help"])
def test_a_reader_that_goes_is_no_failure(archive: Path, words: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "dateline", *words.split()], cwd=archive, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.close()
        assert process.wait(30) == 0
        assert process.stderr
        assert b"Traceback" not in process.stderr.read()


def test_a_character_set_that_lacks_letters_stops_nothing(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = next(row for row in rows(archive).values() if row.language == "zh")
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    assert "????" in dateline(archive, "show", str(wanted.id)).stdout
    assert json.loads(dateline(archive, "--json", "show", str(wanted.id)).stdout)["title"] == wanted.title


def test_devices_pipes_links_and_folders_stay_what_they_are(archive: Path, tmp_path: Path) -> None:
    dateline(archive, "export", "jsonl", "-o", str(tmp_path / "file"))
    whole = (tmp_path / "file").read_bytes()
    os.mkfifo(tmp_path / "pipe")
    with ThreadPoolExecutor() as threads:
        reader = threads.submit((tmp_path / "pipe").read_bytes)
        dateline(archive, "export", "jsonl", "-o", str(tmp_path / "pipe"))
        assert reader.result(30) == whole
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to("file")
    dateline(archive, "export", "jsonl", "-o", str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == whole
    (tmp_path / "folder").mkdir()
    for form in ("csv", "feed", "opml"):
        assert "is a folder" in dateline(archive, "export", form, "-o", str(tmp_path / "folder"), code=2).stderr
    assert {path.name for path in tmp_path.iterdir()} == {"file", "pipe", "link", "folder"}


def test_an_export_is_not_taken_for_parts_to_bring_in(archive: Path) -> None:
    dateline(archive, "export", "parquet", "-o", "months")
    said = dateline(archive, "--db", "fresh.db", "import", "parquet", "months", code=2).stderr
    assert "holds no parts" in said
    assert not (archive / "fresh.db").exists()


def test_what_is_asked_of_the_command_line_is_understood_or_refused(archive: Path) -> None:
    huge = "9" * 23
    for words in (
        *("changes --since " + huge, "changes -n " + huge, f"search x --cluster {huge}", "search x -n -5"),
        *("search x --since 7x", "search x --since 99999999h", f"verify --root {'0' * 64} --since {huge}"),
    ):
        assert "Traceback" not in dateline(archive, *words.split(), code=2).stderr
    assert len(dateline(archive, "changes", "-n", "3").stdout.splitlines()) == 3
    library = open_library(str(archive / "dateline.db"))
    newest = [hit.id for hit in library.find(Query(category="World", limit=20)).hits]
    library.close()
    listed = dateline(archive, "--json", "search", "--category", "World").stdout.splitlines()
    assert [json.loads(line)["id"] for line in listed] == newest != []
    ago = {n: len(dateline(archive, "search", "", "-n", "999", "--since", n).stdout) for n in ("1h", "2000d")}
    assert ago["1h"] < ago["2000d"]
    moment = next(row.published for row in rows(archive).values() if row.published)
    elsewhere = datetime.fromisoformat(moment).astimezone(timezone(timedelta(hours=9))).isoformat()
    both = [
        dateline(archive, "--json", "search", "--since", when, "--until", when).stdout for when in (moment, elsewhere)
    ]
    assert both[0] == both[1] != ""
    dateline(archive, "search", "--since", "20261124", code=2)
    chosen = dateline(archive, "export", "jsonl", "--query", "Friday OR withdrawn", "--operators").stdout
    assert {"The bridge opens on Friday", "A claim that was withdrawn"} <= {
        json.loads(line)["title"] for line in chosen.splitlines()
    }


def test_no_json_shows_the_login_of_a_feed(archive: Path) -> None:
    ids = list(rows(archive))
    words = [f"why {one}" for one in ids] + ["status", "changes", "alerts", "feeds list", "search the"]
    told = "".join(dateline(archive, "--json", *one.split(), code=None).stdout for one in words)
    assert "https://***@harbourpost.example" in told
    assert "secret@" not in told
