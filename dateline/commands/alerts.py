"""Saved searches with their feeds, and messages that could not be delivered.

config.toml says what is told to whom: [[searches]] and [alerts]. A running daemon tells it, and so does every `poll`.
"""

import asyncio
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import quote

import click

from dateline.context import Context, emit, pass_context
from dateline.logs import one_line
from dateline.webhooks import shown
from scraper.logins import redacted
from storage.backends import open_archive, open_library


@click.command("alerts", help=__doc__)
@click.option("--retry", is_flag=True, help="Have the dead letters tried again.")
@pass_context
def command(context: Context, retry: bool) -> int:
    config = context.config
    if retry:
        context.say(f"{asyncio.run(_revive(config.archive.path))} messages will be tried again")
        return 0
    with closing(open_library(context.archive)) as library:
        letters = library.dead_letters()
    if context.as_json:
        for letter in letters:
            emit(letter)
        return 0
    for search in config.searches:
        hook = f", told to {shown(search.webhook)}" if search.webhook else ""
        click.echo(f"{search.name}: /feed.xml?saved={quote(search.name)}{hook}")
    for letter in letters:
        what = f"{letter.kind} of {letter.made:%Y-%m-%d %H:%M} UTC to {redacted(letter.target)}"
        click.echo(f"not delivered: {one_line(what)}, {letter.tries} tries: {one_line(letter.reason)}")
    if not config.searches and not letters:
        context.say("no saved searches, and nothing that could not be delivered")
    return 0


async def _revive(path: str) -> int:
    archive = open_archive(path)
    try:
        return await archive.revive(datetime.now(UTC))
    finally:
        await archive.close()
