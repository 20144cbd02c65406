"""What can go wrong with the archive. One sentence for a person each; the cause is chained."""

from collections.abc import Callable


class ArchiveError(Exception):
    """The archive could not do what was asked."""


class ArchiveLocked(ArchiveError):
    """Another process holds the archive (exit code 4)."""


class ArchiveFull(ArchiveError):
    """The disk is full or a file-size limit was met; nothing is damaged, and the work is done again later."""


# Asked in the archive's thread after each try that found the disk full (the error, which try it was): wait, and answer
# whether to try again. Told None when there is room again.
Patience = Callable[[ArchiveFull | None, int], bool]


def no_patience(_error: ArchiveFull | None, _attempt: int) -> bool:
    """Give up at once."""
    return False


class ArchiveUnusable(ArchiveError):
    """Not an archive of ours, made by a newer Dateline, damaged, or in a folder that does not exist."""


class ArchiveMoved(ArchiveUnusable):
    """Its files are not those that were opened: somebody removed or replaced them meanwhile."""


class ArchiveBroken(ArchiveUnusable):
    """The file itself is damaged: nothing more must be written to it."""


class ArchiveDamaged(ArchiveError):
    """What was asked for stands there, but cannot be read; other rows can."""


class BadQuery(ArchiveError):
    """A query that no archive can answer: a cursor that is none."""


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error of a group, however deep the groups are nested."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
