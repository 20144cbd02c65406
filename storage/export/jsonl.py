"""JSON Lines: one article a line, under the names of the view `articles`."""

from typing import IO

import msgspec

from storage.archive import Library
from storage.records import Query


def export_jsonl(library: Library, query: Query, file: IO[bytes]) -> int:
    """Write them in flat memory; how many there were."""
    count = 0
    for article in library.articles(query):
        file.write(msgspec.json.encode(article) + b"\n")
        count += 1
    return count
