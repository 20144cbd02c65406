"""Archive what was published before: from feeds, WordPress, sitemaps, web archives or lists.

\b
SOURCE says what the addresses are:
  auto       a site, or a part of it; finds out which of the next three is cheapest
  feed       a feed with pages (WordPress, RFC 5005, Atom, JSON Feed), or a page that names one
  wordpress  a WordPress site, or its page of a category, a tag or an author, through its REST API
  sitemap    a sitemap, an index of them, or a site whose robots.txt names them
  cdx        a web archive: the query address of its CDX server
             (http://host/web/cdx?url=news.example&matchType=host), or
             wayback:news.example/world/* for the Wayback Machine
  warc       WARC, ARC or WACZ files (gzip, zstd or plain): files, folders, patterns, @LIST; no network
  urls       a list (text, CSV, JSON lines, OPML, bookmarks, a saved feed or sitemap), - for
             standard input, a folder of saved pages, or the address of an article

A backfill that is stopped or killed goes on where it was when the same command is given again; one that is finished
has nothing to do (--again asks its source anew, and fetches only what was not there). Newest articles come first.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from click.core import ParameterSource

from dateline.backfills import AUTO, Order, Result, carry_out
from dateline.context import Context, pass_context
from dateline.options import engine_options
from dateline.quantities import size
from dateline.signals import on_stop
from scraper.logins import login, without_login
from scraper.sources import Plan, SourceError
from scraper.sources.all import SOURCES
from scraper.sources.cdx import query_of
from scraper.sources.url_list import digest
from scraper.urls import absolute
from scraper.warc.files import NoSuchFile, mark_of, warc_files

_SITES = (AUTO, "feed", "sitemap", "wordpress")
# What a file holds, as a mark: another one under the same name is another backfill.
_MARKS: dict[str, Callable[[str], str]] = {"urls": digest, "warc": lambda name: mark_of(Path(name))}
_OF_PARTS = frozenset(("source", "addresses", "parts", "engine", "scheduler"))
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("backfill", help=__doc__)
@click.argument("source", type=click.Choice([AUTO, *SOURCES]))
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--category", default="", help="The shelf; WordPress and auto also choose by its name or slug.")
@click.option("--from", "since", type=_DAY, metavar="DAY", help="Published on this day (YYYY-MM-DD) or later.")
@click.option("--to", "until", type=_DAY, metavar="DAY", help="Published on this day or earlier.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Archive at most N articles.")
@click.option("--max-requests", type=click.IntRange(0), metavar="N", help="At most N requests, robots.txt left out.")
@click.option("--max-bytes", metavar="SIZE", help='Ask for nothing more once so much is fetched, e.g. "500MiB".')
@click.option("--dry-run", is_flag=True, help="Ask for listings only; print what would be fetched.")
@click.option("--again", is_flag=True, help="Ask the source of a finished backfill anew.")
@click.option("--fail-empty", is_flag=True, help="Exit code 3 if nothing was named.")
@click.option(
    "--replay", default="", metavar="TEMPLATE", help="Raw pages of a web archive, with {timestamp} and {url}."
)
@click.option(
    "--parts",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Of WARC files: make Parquet parts in this folder, for `import parquet`, and touch no archive.",
)
@engine_options
@pass_context
def command(context: Context, /, source: str, addresses: Sequence[str], **options: Any) -> int:
    parts, engine, scheduler = options.pop("parts"), options.pop("engine"), options.pop("scheduler")
    if engine == "dask" and not parts:
        raise click.UsageError("--engine dask makes parts: it needs --parts DIR")
    if parts:
        _refuse_others()
        return _parts(context, source, _each(source, addresses), parts, (engine, scheduler))
    order = _order(source, addresses, options)
    result = asyncio.run(_run(context, order))
    if result.interrupted:
        return 130
    if order.fail_empty and not result.named:
        return 3
    return int(result.failed)


def _parts(context: Context, source: str, files: Sequence[str], folder: Path, on: tuple[str, str]) -> int:
    if source != "warc":
        raise click.UsageError("--parts is for SOURCE warc")
    try:
        from dateline.bulk import make  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise click.UsageError("parts need an extra: pip install 'dateline[parquet]' (or [cluster])") from error
    return make(context, files, folder, *on)


def _refuse_others() -> None:
    """Nobody is to believe that an option narrows what makes a part of each file. Raises click.UsageError."""
    given = click.get_current_context()
    for option in given.command.params:
        name = option.name or ""
        if name not in _OF_PARTS and given.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            hint = "; `dateline import parquet` knows it" if name == "category" else ""
            raise click.UsageError(
                f"{option.opts[0]} says nothing of --parts, where all of a file is made a part{hint}"
            )


async def _run(context: Context, order: Order) -> Result:
    stop = asyncio.Event()
    on_stop(stop.set)
    return await carry_out(context, order, stop)


def _order(source: str, addresses: Sequence[str], options: dict[str, Any]) -> Order:
    since, until = (_day(options.pop(name)) for name in ("since", "until"))
    if since and until and since > until:
        raise click.BadParameter(f"{since} is after --to {until}", param_hint="--from")
    wanted = Plan(
        source=source,
        address="",
        since=since,
        until=until,
        category=options.pop("category"),
        replay=options.pop("replay"),
    )
    try:
        most = options.pop("max_bytes")
        most_bytes = int(size(most)) if most else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--max-bytes") from error
    plans = tuple(_at(wanted, without_login(address)) for address in _each(source, addresses))
    logins = {without_login(address): said for address in addresses if (said := login(address))}
    return Order(plans=plans, logins=logins, most_bytes=most_bytes, **options)


def _at(wanted: Plan, address: str) -> Plan:
    """The plan for one of the addresses."""
    try:
        content = _MARKS[wanted.source](address) if wanted.source in _MARKS else ""
        if wanted.source == "cdx":
            query_of(msgspec.structs.replace(wanted, address=address))
    except SourceError as error:
        raise click.BadParameter(error.reason, param_hint="ADDRESS") from error
    if wanted.source in _SITES:
        given, address = address, absolute(address if "://" in address else f"https://{address}", "")
        if not address:
            raise click.BadParameter(f"expected an http(s) address, got {given!r}", param_hint="ADDRESS")
    return msgspec.structs.replace(wanted, address=address, content=content)


def _each(source: str, addresses: Sequence[str]) -> Sequence[str]:
    """What is backfilled one after the other: each address, or each file that they name."""
    if source != "warc":
        return tuple(dict.fromkeys(addresses))
    try:
        return [str(file) for file in warc_files(addresses)]
    except NoSuchFile as error:
        raise click.BadParameter(str(error), param_hint="ADDRESS") from error


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
