"""Opening files, and SQLite's errors in our words."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from storage.chain import link, text_digest
from storage.errors import ArchiveBroken, ArchiveDamaged, ArchiveError, ArchiveFull, ArchiveLocked, ArchiveUnusable

BUSY_SECONDS = 30.0
_LEAST_ROOM = 64 << 10  # bytes; SQLite asks for 32 KiB at once for the index of a log
_LOG_KEPT = 32 << 20  # bytes of a write-ahead log that a long reader made grow and that are kept afterwards
_FOREIGN_GROUND = (sqlite3.SQLITE_IOERR_LOCK, sqlite3.SQLITE_IOERR_SHMLOCK, sqlite3.SQLITE_IOERR_SHMMAP)
_NOT_FOR_ROOM = (  # I/O errors that no lack of room explains; a file-size limit has many faces
    sqlite3.SQLITE_IOERR_READ,
    sqlite3.SQLITE_IOERR_SHORT_READ,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_DIR_FSYNC,
    sqlite3.SQLITE_IOERR_CORRUPTFS,
    sqlite3.SQLITE_IOERR_DATA,
    *_FOREIGN_GROUND,
)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def pages_path(path: str) -> str:
    """The file of raw pages beside an archive: dateline.db -> dateline.pages.db."""
    file = Path(path)
    return str(file.with_name(f"{file.stem}.pages{file.suffix or '.db'}"))


def open_for_writing(path: str, examine: Callable[[sqlite3.Connection], None], *, durable: bool) -> sqlite3.Connection:
    """A connection of the writer. Raises ArchiveUnusable for a path that cannot be an archive, or not be written.

    `examine` looks at the file before the first change to it, and raises for what is not ours.
    """
    _refuse_no_place(path)
    for place in (Path(path).parent, Path(path)):
        if place.exists() and not os.access(place, os.W_OK):
            raise ArchiveUnusable(f"{path}: {place} may not be written by this user; check its owner and its rights")
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            examine(connection)
        except ArchiveUnusable:
            connection.close()
            raise
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        # The likeness index is written all over: fewer checkpoints write its pages less often. At most 32 MB of log.
        connection.execute("PRAGMA wal_autocheckpoint = 8000")
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_KEPT}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = ON")  # our triggers call the functions of the change log
        teach(connection)
        # Room for the pages that a group of articles dirties, and no more: it fills within hours and stays so.
        connection.execute("PRAGMA cache_size = -8192")
    except sqlite3.Error as error:
        raise in_our_words(error, path) from error
    return connection


def teach(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that the triggers of the change log call."""
    connection.create_function("digest_of", 2, text_digest, deterministic=True)
    connection.create_function("chained", -1, lambda before, *line: link(before, line), deterministic=True)


def open_for_reading(path: str) -> sqlite3.Connection:
    """A connection that cannot write; any thread may use it, one at a time. Raises ArchiveUnusable."""
    _refuse_no_place(path)
    if not Path(path).is_file():
        raise ArchiveUnusable(f"{path}: there is no archive yet; `dateline poll` makes one")
    try:
        connection = sqlite3.connect(address_for_reading(path), uri=True, timeout=BUSY_SECONDS, check_same_thread=False)
        connection.text_factory = as_text
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error as error:
        raise in_our_words(error, path) from error
    return connection


def address_for_reading(path: str, *, still: bool = False) -> str:
    """A file as SQLite is to open it for reading. `still`: it belongs to nobody else, and nothing is written beside it.

    So are files in a folder that we may not write to: SQLite needs an index beside the log there, even to read. But a
    log that holds something must be read, and where the index is there already, somebody may be at work.
    """
    return f"file:{quoted(path)}?{'immutable=1' if still or is_still(path) else 'mode=ro'}"


def is_still(path: str) -> bool:
    """Whether a file is read as one that never changes; see `address_for_reading`."""
    return not (os.access(Path(path).parent, os.W_OK) or _has_log(path) or Path(f"{path}-shm").exists())


def as_text(stored: bytes) -> str:
    """A value as readers see it: one damaged letter must not keep them from all others (`dateline verify` names it)."""
    return stored.decode(errors="replace")


def _has_log(path: str) -> bool:
    log = Path(f"{path}-wal")
    return log.exists() and log.stat().st_size > 0


def _refuse_no_place(path: str) -> None:
    """Raises ArchiveUnusable for a path where no archive can be."""
    file = Path(path)
    if not file.parent.is_dir():
        raise ArchiveUnusable(f"{path}: the folder {file.parent} does not exist; make it, or change archive.path")
    if file.is_dir():
        raise ArchiveUnusable(f"{path}: is a folder; archive.path names a file")


def in_our_words(error: sqlite3.Error, path: str) -> ArchiveError:
    """The error as one sentence of ours, chosen by SQLite's code, never by its text."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if is_full(error, path):
        return ArchiveFull(f"{path}: no room left on the disk (or a file-size limit); nothing is damaged, make room")
    if code in _BUSY:
        return ArchiveLocked(f"{path}: another process held it for more than {BUSY_SECONDS:.0f} s")
    if code in _BROKEN:
        return ArchiveBroken(f"{path}: is not an archive of Dateline, or is damaged ({error})")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        if _has_log(path) and not os.access(Path(path).parent, os.W_OK):
            return ArchiveUnusable(
                f"{path}: part of it still stands in {Path(path).name}-wal, and its folder may not be written; copy "
                "the archive's files, with those that end in -wal, to a folder that may"
            )
        return ArchiveUnusable(f"{path}: cannot be opened for this ({error}); check the path and its rights")
    if getattr(error, "sqlite_errorcode", 0) in _FOREIGN_GROUND:
        return ArchiveUnusable(
            f"{path}: its file system lacks the locks or the shared memory that SQLite needs, as network shares do; "
            "put the archive on a disk of this machine"
        )
    if code == sqlite3.SQLITE_IOERR:
        return ArchiveError(f"{path}: the disk failed to read or write ({error}); look into the system's log")
    if isinstance(error, sqlite3.OperationalError) and not code:  # Python's own: it could not decode a text
        return ArchiveDamaged(f"{path}: a row is damaged; `dateline verify` names it ({error})")
    return ArchiveError(f"{path}: {error}")


def is_full(error: Exception, path: str) -> bool:
    """Whether the error tells of a lack of room; where SQLite does not say of what, whether the disk is full."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code & 0xFF == sqlite3.SQLITE_FULL or (code & 0xFF == sqlite3.SQLITE_IOERR and code not in _NOT_FOR_ROOM):
        return True
    if code & 0xFF not in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return False
    try:
        disk = os.statvfs(Path(path).parent)
    except OSError:
        return False
    if not disk.f_blocks:  # no disk at all, such as /proc
        return False
    return disk.f_bavail * disk.f_frsize < _LEAST_ROOM or (disk.f_files > 0 and disk.f_favail == 0)


def quoted(path: str) -> str:
    """A path as it stands in a file: address; its name may be of any bytes."""
    return quote(os.fsencode(path))
