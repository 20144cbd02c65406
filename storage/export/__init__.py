"""Writing articles out for other programs: a function a format."""

from collections.abc import Callable
from pathlib import Path
from typing import IO

from storage.archive import Library
from storage.export.csv import export_csv
from storage.export.jsonl import export_jsonl, export_schema_org
from storage.export.parquet import export_parquet
from storage.export.warc import export_warc
from storage.records import Query

# What is in the archive, which articles, and where to: how many were written.
Exporter = Callable[[Library, Query, IO[bytes]], int]

EXPORTERS: dict[str, Exporter] = {"csv": export_csv, "jsonl": export_jsonl, "warc": export_warc}
SCHEMA_ORG: dict[str, Exporter] = {"jsonl": export_schema_org}  # the formats that speak schema.org's names, too
FOLDERS: dict[str, Callable[[Library, Query, Path], int]] = {"parquet": export_parquet}
