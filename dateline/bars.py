"""Progress bars, on a terminal only, and lines above them that stay."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from dateline.context import Context
from dateline.logs import one_line


def progress_of(*columns: ProgressColumn, silent: bool) -> Progress:
    """Bars of these columns, that are gone when all is done; none where it is to be silent, or nobody looks."""
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=silent or not console.is_terminal)


def say_above(progress: Progress, text: str, *, quiet: bool) -> None:
    """A message for people, above the bars if there are any."""
    if progress.live.is_started:
        progress.console.print(one_line(text), markup=False, highlight=False, soft_wrap=True)
    elif not quiet:
        click.echo(one_line(text), err=True)


@contextmanager
def bar(*, silent: bool) -> Iterator[Callable[[str, int, int], None]]:
    """What to call with (what is being done, how much of it is done, how much there is)."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with progress_of(*columns, silent=silent) as progress:
        task = progress.add_task("")
        yield lambda what, done, whole: progress.update(task, description=what, completed=done, total=max(whole, 1))


class Bar:
    """How much is done, how fast, how long yet; and lines above it that stay."""

    def __init__(self, context: Context, name: str, total: int | None) -> None:
        self._quiet = context.quiet
        rate = TextColumn("{task.fields[rate]}")
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
        self._progress = progress_of(*columns, silent=context.as_json or context.quiet)
        self._task = self._progress.add_task(name, total=total, rate="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def advance(self, by: int = 1) -> None:
        """So much more is done."""
        self._progress.advance(self._task, by)
        speed = self._progress.tasks[0].speed
        self._progress.update(self._task, rate=f"{speed:.0f}/s" if speed else "")

    def line(self, text: str) -> None:
        """A message for people that stays."""
        say_above(self._progress, text, quiet=self._quiet)
