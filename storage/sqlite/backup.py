"""A copy of both files of an archive as they were at one moment, made beside a writer at work."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from storage.beside import make_like
from storage.errors import ArchiveError, ArchiveUnusable
from storage.records import Root
from storage.sqlite.connect import in_our_words, open_for_reading, pages_path
from storage.sqlite.migrations import APPLICATION_ID, STEPS, check
from storage.sqlite.pages import open_beside
from storage.sqlite.upgrade import is_older, upgrade
from storage.sqlite.verify import Verifier

_STEP = 512  # database pages that are copied at a time: 2 MiB
_BESIDE = ("-wal", "-shm")


def back_up(path: str, target: str, tell: Callable[[str, int, int], None]) -> Root:
    """Copy the archive at `path` to `target` and the pages' file beside it; the root of the copied change log.

    The copies appear under their names only when they are whole, on disk and verified; the copy of an archive that an
    older Dateline made is brought to our schema, and the archive left alone. Raises ArchiveError.
    """
    _refuse_the_same(path, target)
    parts = (f"{target}.part", f"{pages_path(target)}.part")
    try:
        with _snapshots(path) as (main, pages):
            _copy(main, path, parts[0], partial(tell, "articles"))
            _copy(pages, path, parts[1], partial(tell, "pages"))
        if is_older(parts[0]):
            upgrade(parts[0])
            _sync(parts[0])
        root = _verified(parts)
        _put_in_place(parts, target)
    finally:
        for name in (part + ending for part in parts for ending in ("", *_BESIDE)):
            Path(name).unlink(missing_ok=True)
    return root


@contextmanager
def _snapshots(path: str) -> Iterator[tuple[sqlite3.Connection, sqlite3.Connection]]:
    """Both files at one moment. Pages are committed first, so the main file's moment must be the earlier one."""
    with closing(open_for_reading(path)) as main, closing(open_beside(path)) as pages:
        check(main, STEPS, APPLICATION_ID, path)
        for connection in (main, pages):
            connection.isolation_level = None
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        yield main, pages


def _copy(source: sqlite3.Connection, path: str, part: str, tell: Callable[[int, int], None]) -> None:
    """Copy one file step by step; its open read transaction holds the moment, so no writer makes us begin again."""
    Path(part).unlink(missing_ok=True)
    make_like(path, part)
    try:
        with closing(sqlite3.connect(part)) as copy:
            # Nobody else sees it before it is whole: no journal is needed, and one sync at the end is enough.
            copy.execute("PRAGMA journal_mode = OFF")
            copy.execute("PRAGMA synchronous = OFF")
            source.backup(copy, pages=_STEP, progress=lambda _, left, whole: tell(whole - left, whole))
    except sqlite3.Error as error:
        raise in_our_words(error, part.removesuffix(".part")) from error
    _sync(part)


def _verified(parts: tuple[str, str]) -> Root:
    with closing(Verifier(*parts, still=True)) as verifier:
        faults = list(verifier.faults(quick=True))
    if faults:
        first = faults[0]
        raise ArchiveError(
            f"the copy is not whole ({first.table} {first.id}: {first.what}), and so perhaps is the archive: "
            "`dateline verify` tells"
        )
    return verifier.root


def _put_in_place(parts: tuple[str, str], target: str) -> None:
    """Give the copies their names, the pages first, so that no article is ever there without its page."""
    for name in (target, pages_path(target)):
        for ending in _BESIDE:
            Path(name + ending).unlink(missing_ok=True)  # of the archive that stood here; it would spoil the new one
    Path(parts[1]).replace(pages_path(target))
    Path(parts[0]).replace(target)
    _sync(str(Path(target).parent))


def _sync(path: str) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _refuse_the_same(path: str, target: str) -> None:
    if not Path(target).parent.is_dir():
        raise ArchiveUnusable(f"{target}: the folder {Path(target).parent} does not exist")
    ours, theirs = ({Path(one).resolve() for one in (name, pages_path(name))} for name in (path, target))
    if ours & theirs:
        raise ArchiveUnusable(f"{target}: is the archive itself; give the copy another name")
