"""Parts: Parquet files of cleaned pages, one for each input. What stands in a row, there and back.

The columns bear the names of the view `articles`; beside them stand what an import needs: the page itself (zstd), its
headers, where and when it was captured, the pages on which it goes on, its sample of 5-grams and the lines that its
site may repeat. A page that is no article, or could not be read, is a row with the reason and nothing else.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow
import pyarrow.parquet
import zstandard

from storage.records import Article, FeedEntry, Line, Metadata, Page, Rights
from storage.sites import site_of

_WORDS = (
    *("url", "site", "title", "text", "markup", "summary", "published", "modified", "language", "section", "image"),
    *("image_caption", "image_credit", "licence", "access", "kind", "fingerprint", "extractor", "agency"),
    *("canonical_url", "said_by", "asked", "fetched", "headers", "source", "entry", "reason", "rights"),
)
_LINES = pyarrow.list_(
    pyarrow.struct([("mark", pyarrow.int64()), ("text", pyarrow.string()), ("apart", pyarrow.bool_())])
)
_PLACE = [(name, pyarrow.string()) for name in ("asked", "fetched", "source", "headers")]
_MORE = pyarrow.list_(pyarrow.struct([*_PLACE, ("page", pyarrow.binary())]))
SCHEMA = pyarrow.schema(
    [
        *((name, pyarrow.string()) for name in _WORDS),
        *((name, pyarrow.list_(pyarrow.string())) for name in ("authors", "tags")),
        *(("words", pyarrow.int64()), ("score", pyarrow.float64()), ("home", pyarrow.int64())),
        *(("sample", pyarrow.binary()), ("page", pyarrow.binary()), ("lines", _LINES), ("more", _MORE)),
    ]
)


class NoPart(Exception):
    """A file that is no part, in one sentence."""


def row_of(page: Page, entry: FeedEntry | None, article: Article) -> dict[str, Any]:
    """An article and its page as a row."""
    facts: dict[str, Any] = msgspec.to_builtins(article.metadata)
    own: dict[str, Any] = msgspec.to_builtins(article, builtin_types=(bytes,))
    del own["metadata"], own["instead"], own["next_page"]
    said_by = json.dumps(facts.pop("said_by"))
    provenance = _kept(page) | {"more": [_kept(one) for one in page.more]}
    told = msgspec.json.encode(entry).decode() if entry else ""
    texts = {"said_by": said_by, "entry": told, "rights": msgspec.json.encode(article.rights).decode()}
    return facts | own | provenance | texts | {"site": site_of(article.url), "reason": ""}


def left_out(page: Page, reason: str) -> dict[str, Any]:
    """A page that is no article, as a row."""
    return _provenance(page) | {"url": page.final_url, "reason": reason}


def unread(url: str, source: str, reason: str) -> dict[str, Any]:
    """What should have been a page and could not be read, as a row."""
    return {"url": url, "asked": url, "source": source, "reason": reason}


def read_part(file: Path, start: int = 0, most: int = 64) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The rows of a part from `start` on, in batches, each with the number of the row behind it. Raises NoPart."""
    try:
        with pyarrow.parquet.ParquetFile(file) as part:
            if not set(SCHEMA.names) - {"more"} <= set(part.schema_arrow.names):  # older ones have none
                raise NoPart(f"{file}: is no part of Dateline; its columns are others")
            done = 0
            for batch in part.iter_batches(most):
                done += batch.num_rows
                if done > start:
                    yield done, batch.to_pylist()[max(start - done, -batch.num_rows) :]
    except (pyarrow.ArrowException, OSError) as error:
        raise NoPart(f"{file}: cannot be read as Parquet: {error}") from error


def of_row(row: dict[str, Any]) -> tuple[Page, FeedEntry | None, Article]:
    """The page, what was said of it, and the article of a row. Raises NoPart."""
    try:
        page = msgspec.structs.replace(_page(row), more=tuple(map(_page, row.get("more") or ())))
        entry = msgspec.json.decode(row["entry"], type=FeedEntry) if row["entry"] else None
        facts = {name: row[name] for name in Metadata.__struct_fields__ if name in row}
        metadata = msgspec.convert(facts | {"said_by": json.loads(row["said_by"])}, Metadata)
        names = set(Article.__struct_fields__) - {"metadata", "lines", "instead", "next_page", "rights"}
        lines = tuple(Line(**line) for line in row["lines"] or ())
        rights = msgspec.json.decode(row["rights"], type=Rights)
        own = {name: row[name] for name in names}
        return page, entry, Article(metadata=metadata, lines=lines, rights=rights, **own)
    except (ValueError, TypeError, KeyError, zstandard.ZstdError) as error:
        raise NoPart(f"a row that is no article of Dateline: {error}") from error


def parts_of(folder: Path) -> list[Path]:
    """The whole parts of a folder, by name."""
    return sorted(file for file in folder.glob("*.parquet") if not file.name.startswith(("_", ".")))


def table(rows: Sequence[dict[str, Any]]) -> pyarrow.Table:
    """Rows as they are written."""
    return pyarrow.Table.from_pylist(list(rows), schema=SCHEMA)


def _provenance(page: Page) -> dict[str, Any]:
    return {"asked": page.url, "fetched": page.fetched.isoformat(), "source": page.source}


def _kept(page: Page) -> dict[str, Any]:
    return _provenance(page) | {"headers": json.dumps(page.headers), "page": _packed(page.body)}


def _page(row: dict[str, Any]) -> Page:
    body = zstandard.ZstdDecompressor().decompress(row["page"], max_output_size=1 << 28)
    return Page(
        url=row["asked"],
        final_url=row["asked"],
        status=200,
        headers=tuple((str(name), str(value)) for name, value in json.loads(row["headers"])),
        body=body,
        fetched=datetime.fromisoformat(row["fetched"]),
        size=len(body),
        via="warc",
        source=row["source"],
    )


def _packed(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(body)
