"""Show what has happened in the archive, in order, so that other programs can follow it.

Every line has a number that only rises. Remember the last one that was dealt with and ask with --since for what came
after it: nothing is told twice and nothing is left out. Kinds: new, revised, cleaned (our rules gave an article another
text), withdrawn, restored, clustered (it joined or left near-duplicates).
"""

from contextlib import closing

import click

from dateline.context import Context, emit, pass_context
from dateline.logs import one_line
from dateline.options import LIMIT, NUMBER
from storage.backends import open_library


@click.command("changes", help=__doc__)
@click.option("--since", type=NUMBER, default=0, metavar="N", help="Only what came after line N.")
@click.option("-n", "--limit", type=LIMIT, metavar="N", help="At most so many lines.")
@pass_context
def command(context: Context, since: int, limit: int | None) -> int:
    with closing(open_library(context.archive)) as library:
        for change in library.changes(since, limit):
            if context.as_json:
                emit(change)
                continue
            detail = f"revision {change.revision}" if change.kind == "revised" else ""
            if change.kind == "clustered":
                detail = f"cluster {change.cluster}" if change.cluster else "no cluster"
            where = one_line(change.url or "")
            click.echo(f"{change.number:>8}  {change.at}  {change.kind:<9}  {change.article:>7}  {detail:<14}  {where}")
    return 0
