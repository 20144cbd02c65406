"""Feeds by state, last and next polls, articles a day, failures by reason."""

import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dateline.context import Context, emit, pass_context
from dateline.logs import one_line
from dateline.moments import ago, due
from dateline.quantities import counted
from dateline.trouble import stillness, trouble_of
from scraper.logins import redacted
from storage.backends import open_library
from storage.records import Counts, FeedState

_INNER = ("validators", "items", "shown", "rhythm", "hints", "redirect", "redirects", "planned_by")
_WIDE = 10_000  # columns where no person reads: grep wants a feed in one line
_LATELY = timedelta(days=1)  # gaps that --check minds
_COLOURS = {"ok": "green", "failing": "red", "empty": "yellow", "silent": "yellow", "new": "dim"}


@click.command("status", help=__doc__)
@click.option(
    "--check",
    is_flag=True,
    help="Exit code 1 when a feed is failing, empty or silent for longer than is likely, missed items within a day, a "
    "layout alarm is on, a message could not be delivered, or nothing has been polled for a day although it was due.",
)
@pass_context
def command(context: Context, check: bool) -> int:
    with closing(open_library(context.archive)) as library:
        counts, feeds, alarms = library.counts(), library.feeds(), library.alarms()
        now = datetime.now(UTC)
        trouble, still = trouble_of(library, since=now - _LATELY), stillness(feeds, now)
    if context.as_json:
        plain = [_public(feed) for feed in feeds]
        emit({"counts": counts, "feeds": plain, "layout_alarms": dict(alarms), "nobody_polls": still})
    else:
        _print(counts, feeds)
        told = [("nobody polls", f"{still}; does the daemon, or the timer, run?")] if still else []
        told += [("layout alarm", f"{site}: {alarm}") for site, alarm in alarms]
        told += [("not delivered", f"{target}: {reason}") for target, _, reason in trouble.dead_letters]
        for what, why in told:
            click.echo(f"{click.style(what, fg='red')}  {one_line(why)}")
    return int(check and bool(trouble or still))


def _public(feed: FeedState) -> dict[str, object]:
    data: dict[str, object] = msgspec.to_builtins(feed)
    return {key: value for key, value in data.items() if key not in _INNER} | {"url": redacted(feed.url)}


def _print(counts: Counts, feeds: list[FeedState]) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=_WIDE)
    states = ", ".join(f"{number} {state}" for state, number in sorted(counts.feeds.items())) or "none yet"
    waiting = "1 address" if counts.waiting == 1 else f"{counts.waiting} addresses"
    console.print(f"[bold]{counted(counts.articles, 'articles')}[/], {counted(counts.revisions, 'texts')}, ", end="")
    console.print(f"{counted(counts.pages, 'pages')}, {counts.bytes / 2**20:.1f} MiB; ", end="")
    console.print(f"{waiting} waiting. Feeds: {states}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("category", "feed", "state", "last poll", "next", "reason"):
        table.add_column(name, overflow="fold")
    for feed in feeds:
        state = Text(feed.state, style=_COLOURS.get(feed.state, ""))
        category, url, reason = (Text(one_line(text)) for text in (feed.category, redacted(feed.url), feed.reason))
        table.add_row(category, url, state, ago(feed.last_polled), _next(feed), reason)
    if feeds:
        console.print(table)
    if counts.days:
        console.print("articles a day: " + ", ".join(f"{day} {number}" for day, number in counts.days))
    if counts.failures:
        console.print("addresses without an article, by reason:")
    for why, number in counts.failures:
        console.print(Text(f"{number:>6}  {one_line(why)}"))


def _next(feed: FeedState) -> str:
    return due(feed.next) if feed.next else "-"
