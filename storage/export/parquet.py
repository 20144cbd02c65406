"""Parquet: a folder of files, one a month of publication (`year=2026/month=11/…`), for DuckDB, pandas and the like.

Needs pyarrow: `pip install 'dateline[parquet]'`.
"""

import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from storage.archive import Library
from storage.errors import ArchiveError
from storage.records import ArticleRow, Query

_BATCH = 500  # articles in memory at once
_OPEN_FILES = 64  # a file more closes the one that was opened first; the month then has another file
_NUMBERS = {"id": "int64", "words": "int64", "score": "float64", "cluster": "int64", "revision": "int64"}
_LISTS = ("authors", "tags", "categories")


def export_parquet(library: Library, query: Query, folder: Path) -> int:
    """Write them into a new folder, which appears only when it is whole; how many there were.

    An earlier export of the same name is replaced. Raises ArchiveError where pyarrow is missing.
    """
    try:
        import pyarrow  # noqa: PLC0415 (an extra)
        import pyarrow.dataset  # noqa: PLC0415
    except ImportError as error:
        raise ArchiveError("export parquet needs pyarrow: pip install 'dateline[parquet]'") from error
    schema = _schema(pyarrow)
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    counted = [0]
    keys = pyarrow.schema([("year", pyarrow.string()), ("month", pyarrow.string())])
    pyarrow.dataset.write_dataset(
        (pyarrow.RecordBatch.from_pylist(rows, schema) for rows in _batches(library.articles(query), counted)),
        part,
        schema=schema,
        format="parquet",
        partitioning=pyarrow.dataset.partitioning(keys, flavor="hive"),
        file_options=pyarrow.dataset.ParquetFileFormat().make_write_options(compression="zstd"),
        max_open_files=_OPEN_FILES,
        max_partitions=12_000,  # months of a thousand years
        use_threads=False,
    )
    part.mkdir(parents=True, exist_ok=True)  # no article, no file
    if folder.exists():
        shutil.rmtree(folder)
    part.replace(folder)
    return counted[0]


def _schema(pyarrow: Any) -> Any:
    def kind(name: str) -> Any:
        if name in _LISTS:
            return pyarrow.list_(pyarrow.string())
        return getattr(pyarrow, _NUMBERS.get(name, "string"))()

    columns = [(name, kind(name)) for name in ArticleRow.__struct_fields__]
    return pyarrow.schema([*columns, ("year", pyarrow.string()), ("month", pyarrow.string())])


def _batches(articles: Iterator[ArticleRow], counted: list[int]) -> Iterator[list[dict[str, Any]]]:
    while rows := [_row(article) for article in islice(articles, _BATCH)]:
        counted[0] += len(rows)
        yield rows


def _row(article: ArticleRow) -> dict[str, Any]:
    day = article.published or article.first_seen
    facts: dict[str, Any] = msgspec.to_builtins(article)
    rights = msgspec.json.encode(article.rights).decode()
    return facts | {"rights": rights, "year": day[:4], "month": day[5:7]}
