"""JSON Lines: one article a line, under the names of the view `articles`."""

from collections.abc import Iterator
from typing import IO

import msgspec

from storage.records import ArticleRow


def export_jsonl(articles: Iterator[ArticleRow], file: IO[bytes]) -> int:
    """Write them in flat memory; how many there were."""
    count = 0
    for article in articles:
        file.write(msgspec.json.encode(article) + b"\n")
        count += 1
    return count
