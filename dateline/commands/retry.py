"""Give what was given up another chance: pages that could not be read or had no article, feeds that were left alone.

\b
ADDRESS is a page's, or a feed's, which stands for all that it named; none with --reason or --all.

`status` tells the reasons and how many pages each has, `why` those of one page. The pages are fetched by the next poll
of their feed or the next call of their backfill, with as many tries as at first.
"""

import asyncio
from collections.abc import Sequence

import click

from dateline.context import Context, emit, pass_context
from dateline.find import spelled
from dateline.logs import one_line
from scraper.logins import redacted, without_login
from scraper.urls import canonical
from storage.backends import open_archive


@click.command("retry", help=__doc__)
@click.argument("addresses", metavar="[ADDRESS]...", nargs=-1)
@click.option("--reason", default="", metavar="WORDS", help="Only what was given up for a reason with these words.")
@click.option("--all", "everything", is_flag=True, help="Everything that was given up.")
@pass_context
def command(context: Context, addresses: Sequence[str], reason: str, everything: bool) -> None:
    if not (addresses or reason or everything):
        raise click.UsageError("say what: an ADDRESS, --reason WORDS, or --all")
    clean = [without_login(url) for address in addresses for url in spelled(address)]
    found = asyncio.run(_retry(context.archive, [*clean, *map(canonical, clean)], reason))
    for url in found:
        if context.as_json:
            emit({"event": "retry", "url": redacted(url)})
        else:
            click.echo(one_line(redacted(url)))
    context.say(f"{len(found)} will be tried again" if found else "nothing of the kind was given up")


async def _retry(path: str, addresses: Sequence[str], reason: str) -> list[str]:
    archive = open_archive(path)
    try:
        return await archive.retry(addresses, reason)
    finally:
        await archive.close()
