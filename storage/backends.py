"""From an address to an archive: a file name today, postgresql:// later."""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from storage.archive import Archive, Library, Reader
from storage.beside import make_like
from storage.errors import ArchiveLocked, ArchiveUnusable, Patience, no_patience
from storage.records import Root

if TYPE_CHECKING:
    from storage.sqlite.timetable import SqliteTimetable
    from storage.sqlite.verify import Verifier

Tell = Callable[[str, int, int], None]  # what is being done, how much of it is done, how much there is


def open_archive(address: str, *, durable: bool = True, patience: Patience = no_patience) -> Archive:
    """The writing face of an archive, made if it is not there. `durable`: what is announced survives a power cut.

    `patience` is asked whether to wait when the disk is full (see storage.errors); without it a full disk ends
    the work.
    """
    from storage.sqlite.archive import SqliteArchive  # noqa: PLC0415 (a reader starts without the writer's imports)

    return SqliteArchive(_file(address), durable=durable, patience=patience)


def exists(address: str) -> bool:
    """Whether there is an archive already."""
    return Path(_file(address)).is_file()


def files(address: str) -> tuple[str, str]:
    """The two files that an archive is, there or not: of the articles, and of the raw pages."""
    from storage.sqlite.connect import pages_path  # noqa: PLC0415

    path = _file(address)
    return path, pages_path(path)


def bring_up_to_date(address: str) -> None:
    """Bring the archive that an older Dateline made to our schema, a transaction a step. Raises ArchiveError.

    Not where it may not be written, or a daemon runs on it, which is an older one then: who reads it says so.
    """
    from storage.sqlite.upgrade import is_older, upgrade  # noqa: PLC0415

    path = Path(_file(address))
    if path.is_file() and is_older(str(path)) and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        with _opened(str(path), ".lock") as file:
            fcntl.lockf(file, fcntl.LOCK_EX)  # whoever comes while another process does it waits until it is done
            with suppress(ArchiveLocked), lock_daemon(address):
                upgrade(str(path))


def open_library(address: str) -> Library:
    """The reading face of an archive that is there."""
    from storage.sqlite.library import SqliteLibrary  # noqa: PLC0415

    return SqliteLibrary(_file(address))


def open_verifier(address: str, tell: Tell) -> "Verifier":
    """The checks of an archive, beside whoever writes to it."""
    from storage.sqlite.verify import Verifier  # noqa: PLC0415

    return Verifier(*files(address), tell=tell)


def back_up(address: str, target: str, tell: Tell) -> Root:
    """Copy an archive as it is now, verified, beside whoever writes to it; the root of its change log.

    What stands at `target` is overwritten, unless a daemon runs on it. Raises ArchiveError.
    """
    from storage.sqlite.backup import back_up as copy  # noqa: PLC0415

    with lock_daemon(target) if Path(f"{target}.lock").exists() else nullcontext():
        return copy(_file(address), target, tell)


def open_timetable(address: str) -> "SqliteTimetable":
    """What the processes of an archive know together of when each site may be asked again."""
    from storage.sqlite.timetable import SqliteTimetable  # noqa: PLC0415

    path = str(_timetable_path(_file(address)))
    make_like(_file(address), path)
    return SqliteTimetable(path)


def files_of(address: str) -> tuple[Path, ...]:
    """The files that an archive and all who work on it write, there or not."""
    bases = (*files(address), str(_timetable_path(_file(address))))
    return tuple(Path(base + ending) for base in bases for ending in ("", "-wal", "-shm", ".lock"))


def open_reader(address: str) -> Reader:
    """The reading face with what the pages show besides articles."""
    from storage.sqlite.reader import SqliteReader  # noqa: PLC0415

    return SqliteReader(_file(address))


@contextmanager
def lock_daemon(address: str) -> Iterator[None]:
    """Hold the one place for a daemon on this archive. Raises ArchiveLocked if another process has it."""
    path = _file(address)
    with _opened(path, ".lock") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ArchiveLocked(
                f"{address}: another daemon is running on this archive (it holds {path}.lock)"
            ) from error
        yield


def spool_path(address: str, key: str) -> Path:
    """A folder beside the archive for what a backfill has in hand."""
    return Path(f"{_file(address)}.backfill") / hashlib.sha256(key.encode()).hexdigest()[:16]


@contextmanager
def lock_backfill(address: str, key: str) -> Iterator[None]:
    """Hold the one place for this backfill; others go on beside it. Raises ArchiveLocked if another process has it."""
    # One byte of the file a backfill: the kernel lets go of it, however the process ends.
    place = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")
    with _opened(_file(address), ".backfill.lock") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except OSError as error:
            raise ArchiveLocked(f"{address}: this very backfill is running in another process") from error
        yield


def _opened(archive: str, ending: str) -> IO[str]:
    """A file beside the archive to hold locks on. Raises ArchiveUnusable."""
    path = Path(archive + ending)
    if not path.parent.is_dir():
        raise ArchiveUnusable(f"{path}: the folder {path.parent} does not exist; make it, or change archive.path")
    try:
        make_like(archive, str(path))
        return path.open("a", encoding="ascii")
    except OSError as error:
        raise ArchiveUnusable(f"{path}: cannot be opened: {error.strerror}") from error


def _timetable_path(path: str) -> Path:
    file = Path(path)
    return file.with_name(f"{file.stem}.manners{file.suffix or '.db'}")


def _file(address: str) -> str:
    if "://" in address:
        raise ArchiveUnusable(f"{address}: only files can be archives today; archive.path names one")
    # Whatever link leads to an archive, its pages and its locks lie beside the file itself.
    return str(Path(address).resolve()) if Path(address).is_symlink() else address
