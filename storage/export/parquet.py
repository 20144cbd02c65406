"""Parquet: a folder with a file a month of publication (`year=2026/month=11/…`), for DuckDB, pandas and the like.

Needs pyarrow: `pip install 'dateline[parquet]'`.
"""

import shutil
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from storage.archive import Library
from storage.errors import ArchiveError
from storage.records import ArticleRow, Query

_BATCH = 500  # articles in memory at once
_NUMBERS = {"id": "int64", "words": "int64", "score": "float64", "cluster": "int64", "revision": "int64"}
_LISTS = ("authors", "tags", "categories")


def export_parquet(library: Library, query: Query, folder: Path) -> int:
    """Write them into a new folder, which appears only when it is whole, in flat memory; how many there were.

    An earlier export of the same name is replaced. Raises ArchiveError where pyarrow is missing.
    """
    try:
        import pyarrow  # noqa: PLC0415 (an extra)
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError as error:
        raise ArchiveError("export parquet needs pyarrow: pip install 'dateline[parquet]'") from error
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    count = _sort_by_month(library.articles(query), part)
    for lines in sorted(part.glob("year=*/month=*/lines")):
        _write(pyarrow, lines)
    if folder.exists():
        shutil.rmtree(folder)
    part.replace(folder)
    return count


def _sort_by_month(articles: Iterator[ArticleRow], part: Path) -> int:
    """The articles as lines of JSON, a file a month: a writer of Parquet for each month would fill the memory."""
    count = 0
    while batch := list(islice(articles, _BATCH)):
        count += len(batch)
        months: dict[Path, list[bytes]] = defaultdict(list)
        for article in batch:
            day = article.published or article.first_seen
            rights = msgspec.json.encode(article.rights).decode()
            facts = msgspec.to_builtins(article) | {"rights": rights}
            months[part / f"year={day[:4]}" / f"month={day[5:7]}"].append(msgspec.json.encode(facts) + b"\n")
        for month, lines in months.items():
            month.mkdir(parents=True, exist_ok=True)
            with (month / "lines").open("ab") as file:
                file.writelines(lines)
    return count


def _write(pyarrow: Any, lines: Path) -> None:
    """A month's file in the place of its lines."""
    schema = _schema(pyarrow)
    with (
        lines.open("rb") as file,
        pyarrow.parquet.ParquetWriter(lines.with_name("articles.parquet"), schema, compression="zstd") as writer,
    ):
        while rows := [msgspec.json.decode(line) for line in islice(file, _BATCH)]:
            writer.write_batch(pyarrow.RecordBatch.from_pylist(rows, schema))
    lines.unlink()


def _schema(pyarrow: Any) -> Any:
    def kind(name: str) -> Any:
        if name in _LISTS:
            return pyarrow.list_(pyarrow.string())
        return getattr(pyarrow, _NUMBERS.get(name, "string"))()

    return pyarrow.schema([(name, kind(name)) for name in ArticleRow.__struct_fields__])
