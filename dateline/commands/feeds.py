"""List, add, remove, discover, import and export feeds."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click
import msgspec

from dateline import subscriptions
from dateline.config import Config, ConfigError
from dateline.context import Context, emit, pass_context
from dateline.logs import harmless, one_line
from dateline.outputs import refuse_ours
from dateline.quantities import counted, duration
from dateline.walks import Silent, open_walk
from scraper.feeds import FeedError
from scraper.feeds.opml import OpmlFeed, read_opml, write_opml
from scraper.fetch import FetchError, ForgetfulHosts
from scraper.fetch.client import HttpFetcher
from scraper.logins import redacted, without_login
from scraper.parsed import FoundFeed
from scraper.pipeline import clean_again
from scraper.sites import Sites
from scraper.urls import absolute
from scraper.workers import Refused, Workers
from storage.backends import open_library
from storage.errors import ArchiveError
from storage.folding import HEAD, fold, line_marks
from storage.records import FeedState, Line, Page


@click.group("feeds", help=__doc__)
def command() -> None:
    pass


@command.command("list")
@pass_context
def list_feeds(context: Context) -> None:
    """The feeds of config.toml, with how each fares once it was polled."""
    known = _known(context)
    for feed in context.config.feeds:
        state = known.get(without_login(feed.url), FeedState(url=feed.url))
        facts = {"state": state.state, "next": state.next, "reason": state.reason, "gaps": state.gaps}
        if context.as_json:
            named = msgspec.to_builtins(msgspec.structs.replace(feed, url=redacted(feed.url)))
            emit(named | facts | {"moved_to": redacted(state.moved_to)})
        else:
            every = f"  every {feed.every:g} s" if feed.every else ""
            moved = f"  now at {redacted(state.moved_to)}" if state.moved_to else ""
            gaps = f"  {state.gaps} times items were missed" if state.gaps else ""
            line = f"{feed.category or '-':24}  {state.state:8}  {redacted(feed.url)}{every}{moved}{gaps}"
            click.echo(one_line(line))
    context.say(counted(len(context.config.feeds), "feeds"))


def _known(context: Context) -> dict[str, FeedState]:
    """What the archive knows of the feeds; nothing where there is no archive yet."""
    try:
        with closing(open_library(context.archive)) as library:
            return {state.url: state for state in library.feeds()}
    except ArchiveError:
        return {}


@command.command("add")
@click.argument("url")
@click.option("--category", default="", help="The shelf for its articles.")
@click.option("--every", default="", help='A fixed interval such as "10m".')
@pass_context
def add(context: Context, url: str, category: str, every: str) -> None:
    """Add a feed to config.toml."""
    _is_address(url)
    if every:
        try:
            duration(every)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--every") from error
    _report_added(context, subscriptions.add(_file(context), [(url, category, every)]), 1)


@command.command("remove")
@click.argument("which", metavar="FEED or CATEGORY", nargs=-1, required=True)
@pass_context
def remove(context: Context, which: Sequence[str]) -> int:
    """Take feeds out of config.toml; their articles stay in the archive."""
    removed = subscriptions.remove(_file(context), which)
    for url in removed:
        context.say(f"removed {redacted(url)}")
    if not removed:
        context.say(f"no feed or category is called {redacted(which[0])!r}", failed=True)
    return 0 if removed else 1


@command.command("discover")
@click.argument("url")
@pass_context
def discover_feeds(context: Context, url: str) -> int:
    """Find the feeds that a page names."""
    _is_address(url)
    try:
        found = asyncio.run(_discover(context.config, url))
    except (FetchError, Refused) as error:
        context.say(f"{redacted(url)}: {error.reason}", failed=True)
        return 1
    for feed in found:
        if context.as_json:
            emit(feed)
        else:
            click.echo(f"{harmless(feed.url)}\t{harmless(feed.title)}")
    if not found:
        context.say("the page names no feeds", failed=True)
    return 0 if found else 1


@command.command("import")
@click.argument("opml", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_context
def import_opml(context: Context, opml: Path) -> None:
    """Add the feeds of an OPML file to config.toml."""
    try:
        feeds = read_opml(opml.read_bytes())
    except FeedError as error:
        raise ConfigError(f"{opml}: {error}") from error
    added = subscriptions.add(_file(context), [(feed.url, feed.category, "") for feed in feeds])
    _report_added(context, added, len(feeds))


@command.command("export")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File (default: standard output)."
)
@pass_context
def export_opml(context: Context, output: Path | None) -> None:
    """Write the feeds as OPML 2.0."""
    refuse_ours(context, output)
    titles = {url: state.title for url, state in _known(context).items()}
    feeds = [
        OpmlFeed(url=feed.url, title=titles.get(feed.url, ""), category=feed.category)
        for feed in context.config.subscriptions()
    ]
    body = write_opml(feeds, "Dateline")
    if output:
        output.write_bytes(body)
    else:
        click.echo(body.decode(), nl=False)


@command.command("boilerplate")
@click.argument("host")
@click.option("--ban", multiple=True, metavar="LINE", help="Drop this line from all articles of the site.")
@click.option("--protect", multiple=True, metavar="LINE", help="Keep this line, however often it is repeated.")
@pass_context
def boilerplate(context: Context, host: str, ban: Sequence[str], protect: Sequence[str]) -> int:
    """What a site was found to repeat on its articles, and why; a line is named by its first 160 characters."""
    if ban or protect:
        rulings = [(line, "ban") for line in ban] + [(line, "protect") for line in protect]
        count = asyncio.run(_rule(context.config, host, rulings))
        context.say(f"{host}: {counted(count, 'articles')} cleaned again")
    with closing(open_library(context.archive)) as library:
        lines = library.boilerplate(host)
    for line in lines:
        if context.as_json:
            emit(line, texts=True)
        else:
            verdict = click.style("dropped", fg="red") if line.boilerplate else click.style("kept", fg="green")
            click.echo(f"{verdict:>16}  {one_line(line.text)}\n{'':9}{click.style(line.reason, dim=True)}")
    if not lines:
        context.say(f"{host}: nothing is known that it repeats (yet)")
    return 0


async def _rule(config: Config, host: str, rulings: Sequence[tuple[str, str]]) -> int:
    """Write the rulings down and clean the site's articles again; how many they were."""
    async with open_walk(config, Silent()) as walk:
        for text, ruling in rulings:
            for mark in line_marks(fold(text[:HEAD])):
                site = await walk.archive.rule(host, Line(mark, text[:HEAD], apart=True), ruling)
        return await clean_again(walk, site)


async def _discover(config: Config, url: str) -> list[FoundFeed]:
    fetcher = HttpFetcher(
        config.fetch, config.manners, ForgetfulHosts(), sites=Sites(config.site_entries(), config.logins())
    )
    workers = Workers(config.extract)
    try:
        page = await fetcher.get(url)
        found = await workers.discover(page.body, page.final_url)
        return list(found) or await _itself(page, workers)
    finally:
        await workers.close()
        await fetcher.close()


async def _itself(page: Page, workers: Workers) -> list[FoundFeed]:
    """What was asked for, if it is a feed."""
    try:
        feed = await workers.read_feed(page)
    except Refused:
        return []
    return [FoundFeed(page.final_url, feed.title, feed.format.rstrip("0123456789"))]


def _file(context: Context) -> Path:
    return context.file or Path("config.toml")


def _is_address(url: str) -> None:
    if not absolute(url, url):
        raise click.BadParameter(f"expected an http(s) address, got {url!r}", param_hint="URL")


def _report_added(context: Context, added: list[str], asked: int) -> None:
    for url in added:
        context.say(f"added {redacted(url)}")
    if len(added) < asked:
        context.say(f"{asked - len(added)} stood there already")
