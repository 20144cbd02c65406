"""Tell everything that was decided about an address: where it was seen, what was asked, what became of it.

ADDRESS is any address that the article was ever seen under, or the id of an article.
"""

from contextlib import closing

import click

from dateline.context import Context, emit, pass_context
from dateline.find import spelled
from dateline.logs import one_line
from scraper.logins import redacted
from scraper.urls import canonical
from storage.backends import open_library


@click.command("why", help=__doc__)
@click.argument("address")
@pass_context
def command(context: Context, address: str) -> int:
    with closing(open_library(context.archive)) as library:
        row = library.article(address) if address.isdecimal() else None
        urls = (row.url,) if row else spelled(address)
        told = [library.why(tuple(dict.fromkeys((canonical(url), url)))) for url in urls]
    known = next((one for one in told if one.events or one.verdict), told[0])
    if context.as_json:
        emit(known)
        return 0 if known.events or known.verdict else 1
    if not known.events and not known.verdict:
        context.say(f"{one_line(known.url)}: never seen: no feed or backfill of this archive has named it", failed=True)
        return 1
    click.echo(click.style(one_line(known.url), bold=True))
    article = f"article {known.article}: " if known.article is not None else ""
    click.echo(f"{article}{one_line(known.verdict)}")
    if known.next:
        click.echo(f"next: {known.next}")
    for event in known.events:
        click.echo(f"{event.at:<20}  {event.what:<9}  {one_line(redacted(event.detail))}")
    for other in known.addresses[1:]:
        click.echo(f"{'':<20}  {'also at':<9}  {one_line(redacted(other))}")
    return 0
