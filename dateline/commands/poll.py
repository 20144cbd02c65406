"""One pass over the feeds now, then exit."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import click
import msgspec

from dateline.alerts import alerts_of
from dateline.config import Config, ConfigError
from dateline.context import Context, pass_context
from dateline.reports import Telling
from dateline.signals import on_stop
from dateline.walks import open_walk
from scraper.budget import Pace
from scraper.logins import redacted, without_login
from scraper.pipeline import archive_feeds
from scraper.revisits import revisit
from scraper.rhythm import replanned
from storage.records import FeedState


@click.command("poll", help=__doc__)
@click.argument("which", metavar="[CATEGORY or FEED]...", nargs=-1)
@click.option("--due", is_flag=True, help="Only the feeds whose turn it is (for cron).")
@click.option("--no-revisit", is_flag=True, help="Look at no archived article again.")
@pass_context
def command(context: Context, which: Sequence[str], due: bool, no_revisit: bool) -> int:
    file, config = context.require_file(), context.config
    if not config.feeds:
        raise ConfigError(f"{file}: no feeds yet; add one with `dateline feeds add URL`")
    if no_revisit:
        schedule = msgspec.structs.replace(config.schedule, revisit=False)
        config = msgspec.structs.replace(config, schedule=schedule)
    telling = Telling(as_json=context.as_json, quiet=context.quiet, feeds=len(config.feeds))
    with telling:
        interrupted = asyncio.run(_poll(config, telling, which, due_only=due))
    context.say(telling.summary(), failed=telling.failed)
    return 130 if interrupted else int(telling.failed)


async def _poll(config: Config, telling: Telling, which: Sequence[str], *, due_only: bool) -> bool:
    async with open_walk(config, telling) as walk:
        on_stop(walk.stop)
        subscribed = await walk.archive.subscribe(config.subscriptions(), lambda feed: replanned(feed, config.schedule))
        walk.pace = Pace(config.schedule, subscribed)
        feeds = _chosen(subscribed, which)
        if due_only:
            now = datetime.now(UTC)
            feeds = [feed for feed in feeds if feed.next is None or feed.next <= now]
        alerts = alerts_of(config, walk)
        await alerts.begin()
        await archive_feeds(walk, feeds, due_only=due_only)
        if config.schedule.revisit and not walk.stopping:
            await revisit(walk, [feed.url for feed in feeds] if which else ())
        if alerts.wanted and not walk.stopping:
            await alerts.once()
        return walk.stopping


def _chosen(feeds: Sequence[FeedState], which: Sequence[str]) -> list[FeedState]:
    names = {without_login(name).casefold() for name in which}
    chosen = [feed for feed in feeds if not names or {feed.url.casefold(), feed.category.casefold()} & names]
    known = {feed.url.casefold() for feed in chosen} | {feed.category.casefold() for feed in chosen}
    unknown = [name for name in which if without_login(name).casefold() not in known]
    if unknown:
        raise click.UsageError(
            f"no feed or category is called {redacted(unknown[0])!r}; `dateline feeds list` shows them"
        )
    return chosen
