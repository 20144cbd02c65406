"""Bulk extraction: WARC files to a folder of Parquet parts, on any Executor. No archive and no network.

One part for each file, named by it, written under another name and renamed when it is whole: a worker that is killed
leaves no half part and no article twice, and a run goes on where another one ended: what is there is not made again.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pyarrow.parquet

from scraper.cleaner import Cleaner, cleaner_of_thread
from scraper.engines import spread
from scraper.parts import SCHEMA, left_out, row_of, table, unread
from scraper.settings import ExtractSettings, SiteSettings
from scraper.sites import Sites
from scraper.tasks import ExtractTask
from scraper.warc.files import ENDINGS
from scraper.warc.reader import Capture, read_warc
from storage.records import ARTICLE_KINDS, SiteRules

_ROWS = 200  # of a row group: what a worker holds in memory,
_BYTES = 4 << 20  # and what the pages of these may weigh, packed


class Job(msgspec.Struct, frozen=True):
    """One part to make: of which file, in which folder, under which limits, and what the user says of single sites."""

    file: str
    folder: str
    settings: ExtractSettings
    sites: tuple[SiteSettings, ...] = ()

    @property
    def part(self) -> Path:
        """The part's own file: the name of its input, and a mark of its whole path and size."""
        path = Path(self.file)
        name = path.name
        for ending in sorted(ENDINGS, key=len, reverse=True):
            name = name.removesuffix(ending)
        mark = hashlib.sha256(f"{path.resolve()} {path.stat().st_size}".encode()).hexdigest()[:8]
        return Path(self.folder) / f"{name}-{mark}.parquet"


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one file. `there`: its part existed.

    `refused`: pages that cannot be read; `cut`: damaged records; `passed`: those that are no pages.
    """

    file: str
    part: str
    there: bool = False
    articles: int = 0
    others: int = 0
    refused: int = 0
    cut: int = 0
    passed: int = 0
    seconds: float = 0.0
    reason: str = ""


def make_part(job: Job) -> Made:
    """Clean the pages of a file into its part, in the killable worker of this thread. Raises OSError."""
    part = job.part
    if part.exists():
        return Made(file=job.file, part=part.name, there=True)
    start = time.perf_counter()
    counts = dict.fromkeys(("articles", "others", "refused", "cut", "passed"), 0)
    unfinished = part.with_name(f".{part.name}.{uuid4().hex}.unfinished")
    cleaner = cleaner_of_thread(job.settings)
    try:
        with pyarrow.parquet.ParquetWriter(unfinished, SCHEMA, compression="zstd") as writer:
            for rows in _batches(_rows(job, cleaner, counts)):
                writer.write_table(table(rows))
        _settle(unfinished, part)
    except BaseException:
        cleaner.close()  # an answer may still be on its way
        raise
    finally:
        unfinished.unlink(missing_ok=True)
    made = Made(file=job.file, part=part.name, seconds=time.perf_counter() - start)
    return msgspec.structs.replace(made, **counts)


def make_parts(executor: Executor, at_once: int, jobs: Sequence[Job], heard: Callable[[Made], None]) -> None:
    """Make every part that is not there yet; `heard` is told of each, also of those that failed.

    Raises EngineLost.
    """
    for job, future in spread(executor, make_part, jobs, at_once):
        error = future.exception()
        if error is None and job.part.exists():
            heard(future.result())
        else:
            heard(Made(file=job.file, part=job.part.name, reason=_why(job, error)))
    for part in (job.part for job in jobs):
        for left in part.parent.glob(f".{part.name}.*.unfinished") if part.exists() else ():
            left.unlink(missing_ok=True)  # of a worker that was killed


def _why(job: Job, error: BaseException | None) -> str:
    if error is None:
        return f"its part was made, but not in {job.folder} here: all workers need this folder under this path"
    if isinstance(error, FileNotFoundError) and Path(job.file).exists() and Path(job.folder).exists():
        return f"a worker does not see it, or not {job.folder}: all workers need both under these paths"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"{type(error).__name__}: {error}"


def _rows(job: Job, cleaner: Cleaner, counts: dict[str, int]) -> Iterator[dict[str, Any]]:
    """A row for each page of a file, and at the end one for each that could not be read."""
    waiting: list[Capture] = []
    lost: list[Capture] = []
    sites = Sites(job.sites)

    def tasks() -> Iterator[ExtractTask]:
        for capture in read_warc(Path(job.file)):
            if capture.page:
                waiting.append(capture)
                yield ExtractTask(capture.page, sites.rules(capture.url, SiteRules()), capture.entry)
            elif capture.plain:
                counts["passed"] += 1
            else:
                counts["cut" if capture.cut else "refused"] += 1
                lost.append(capture)

    for answer in cleaner.clean(tasks()):
        capture = waiting.pop(0)
        assert capture.page
        article = answer.article
        if article is None:
            counts["refused"] += 1
            yield left_out(capture.page, answer.refused)
        elif article.kind not in ARTICLE_KINDS:
            counts["others"] += 1
            yield left_out(capture.page, f"not an article: {article.kind}")
        else:
            counts["articles"] += 1
            yield row_of(capture.page, capture.entry, article)
    for capture in lost:
        yield unread(capture.url, f"{capture.file}#{capture.offset}", capture.reason)


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row.get("page", b""))
        if len(batch) >= _ROWS or size >= _BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _settle(unfinished: Path, part: Path) -> None:
    """Give a whole part its name, once its bytes are safe on disk."""
    try:
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(part)
    except FileNotFoundError:
        if not part.exists():  # else another run has made the same part meanwhile, and cleared up
            raise
