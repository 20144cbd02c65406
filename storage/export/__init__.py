"""Writing articles out for other programs: a function a format."""

from collections.abc import Callable
from typing import IO

from storage.archive import Library
from storage.export.jsonl import export_jsonl
from storage.export.warc import export_warc
from storage.records import Query

# What is in the archive, which articles, and where to: how many were written.
Exporter = Callable[[Library, Query, IO[bytes]], int]

EXPORTERS: dict[str, Exporter] = {"jsonl": export_jsonl, "warc": export_warc}
