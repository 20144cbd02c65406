"""Copy the archive to FILE while the daemon works.

Both files are copied as they were at one moment, without stopping who writes: the articles to FILE, the raw pages to
the file beside it (copy.db and copy.pages.db). They appear under their names only when they are whole, on disk and
verified; if there is no room, or the copy is interrupted, nothing is left behind.

The copy is an archive like any other. Look into it with `dateline --db FILE status`; to restore, stop the daemon,
remove the archive's files (with -wal and -shm) and copy both files to its place.
"""

from pathlib import Path

import click

from dateline.bars import bar
from dateline.context import Context, emit, pass_context
from dateline.outputs import refuse_ours
from storage.backends import back_up, files


@click.command("backup", help=__doc__)
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--force", is_flag=True, help="Overwrite an archive, or one of its files, that stands there.")
@pass_context
def command(context: Context, file: str, force: bool) -> None:
    refuse_ours(context, Path(file))
    there = [name for name in files(file) if Path(name).exists()]
    if there and not force:
        raise click.UsageError(f"{there[0]}: is there already; --force overwrites it")
    with bar(silent=context.quiet or context.as_json) as tell:
        root = back_up(context.config.archive.path, file, tell)
    size = Path(file).stat().st_size
    if context.as_json:
        emit({"event": "backup", "file": file, "bytes": size, "root": root.hash, "line": root.number})
        return
    context.say(f"{file}: whole and verified")
    if root.hash:
        click.echo(f"root {root.hash} at line {root.number} of the change log")
