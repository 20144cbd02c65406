"""Write articles out for other programs."""

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import IO, Any

import click

from dateline.context import Context, pass_context
from dateline.options import article_filters, query
from storage.backends import open_library
from storage.export import EXPORTERS


@click.command("export", help=__doc__)
@click.argument("form", metavar="FORMAT", type=click.Choice(sorted(EXPORTERS)))
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File (default: standard output)."
)
@click.option("--query", "words", default="", help="Only articles that hold these words.")
@article_filters
@click.option("-n", "--limit", type=int, help="At most so many.")
@click.option("--fail-empty", is_flag=True, help="Exit code 3 when nothing matches.")
@pass_context
def command(
    context: Context, /, form: str, output: Path | None, words: str, limit: int | None, fail_empty: bool, **filters: Any
) -> int:
    wanted = query(words, limit=limit, ranked=False, **filters)
    with closing(open_library(context.config.archive.path)) as library:
        count = _write(output, lambda file: EXPORTERS[form](library, wanted, file))
    context.say(f"{count} articles")
    return 3 if fail_empty and not count else 0


def _write(output: Path | None, export: Callable[[IO[bytes]], int]) -> int:
    """Export to standard output, or to a file that appears only when it is whole."""
    if output is None or str(output) == "-":
        return export(sys.stdout.buffer)
    part = output.with_name(output.name + ".part")
    with part.open("wb") as file:
        count = export(file)
    part.replace(output)
    return count
