"""What is made beside an archive takes after it, as SQLite's own log does: its rights, and its owner where we may.

Else a command that root gives once on the archive of a service's user would leave files that shut the service out, and
the copy of an archive that is private would be anybody's.
"""

import os
from contextlib import suppress
from pathlib import Path


def make_like(archive: str, path: str) -> None:
    """Make an empty file like the archive, where there is none; that it cannot be made is told when it is opened."""
    with suppress(OSError):
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        try:
            like = Path(archive).stat()
            os.fchmod(file, like.st_mode & 0o666 | 0o600)
            if os.geteuid() == 0:  # nobody else may; and a service whose system calls are filtered is killed for it
                os.fchown(file, like.st_uid, like.st_gid)
        finally:
            os.close(file)
