"""Exports: every format of the same archive, safe for who opens it, whole or not there, and going on after a stop."""

import csv
import io
import json
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
