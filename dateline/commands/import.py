"""Bring the Parquet parts of a bulk extraction into the archive.

`dateline backfill warc FILES --parts DIR` makes such parts, on one machine or many. The articles come in by the same
rules as any others; what is there already stays as it is. A stopped import goes on where it was.
"""

import asyncio
from pathlib import Path

import click

from dateline.context import Context, pass_context
from dateline.reports import Telling
from dateline.signals import on_stop
from dateline.walks import open_walk
from storage.records import FeedReport


@click.command("import", help=__doc__)
@click.argument("form", metavar="FORMAT", type=click.Choice(["parquet"]))
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, path_type=Path))
@click.option("--category", default="", help="The shelf to file them under.")
@pass_context
def command(context: Context, form: str, folder: Path, category: str) -> int:  # noqa: ARG001 (one form today)
    try:
        from scraper.imports import import_part  # noqa: PLC0415 (an extra)
        from scraper.parts import NoPart, parts_of  # noqa: PLC0415
    except ImportError as error:
        raise click.UsageError("Parquet needs its extra: pip install 'dateline[parquet]'") from error
    files = parts_of(folder) if folder.is_dir() else [folder]
    if not files:
        raise click.UsageError(
            f"{folder}: holds no parts (*.parquet) of `backfill warc --parts`; what `export parquet` writes is for "
            "other programs and cannot be brought back"
        )
    telling = Telling(as_json=context.as_json, quiet=context.quiet, feeds=len(files), unit="parts")

    async def run() -> bool:
        async with open_walk(context.config, telling) as walk:
            on_stop(walk.stop)
            for file in files:
                try:
                    whole = await import_part(walk, file.resolve(), category, lambda: walk.stopping)
                except NoPart as error:
                    telling.feed(FeedReport(url=str(file), outcome="failed", reason=str(error)))
                    continue
                if not whole:
                    return True
                telling.feed(FeedReport(url=str(file), outcome="ok"))
            return False

    with telling:
        interrupted = asyncio.run(run())
    context.say(telling.summary(), failed=telling.failed)
    return 130 if interrupted else int(telling.failed)
