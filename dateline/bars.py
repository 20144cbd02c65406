"""A progress bar for long work on the archive, on a terminal only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn


@contextmanager
def bar(*, silent: bool) -> Iterator[Callable[[str, int, int], None]]:
    """What to call with (what is being done, how much of it is done, how much there is)."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=silent or not console.is_terminal) as progress:
        task = progress.add_task("")
        yield lambda what, done, whole: progress.update(task, description=what, completed=done, total=max(whole, 1))
