"""Writing articles out for other programs: a function a format."""

from collections.abc import Callable, Iterator
from typing import IO

from storage.export.jsonl import export_jsonl
from storage.records import ArticleRow

EXPORTERS: dict[str, Callable[[Iterator[ArticleRow], IO[bytes]], int]] = {"jsonl": export_jsonl}
