"""Carrying out `dateline backfill`: one address after the other, on one walk and under one set of limits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec

from dateline.config import Config
from dateline.context import Context, emit
from dateline.logs import one_line
from dateline.quantities import counted
from dateline.reports import Telling, too_many
from dateline.walks import open_walk
from scraper.backfill import Backfill, Done, preview, reason_of, state_of
from scraper.fetch import Enough, Fetcher, FetchError, ForgetfulHosts
from scraper.fetch.client import HttpFetcher
from scraper.limits import Limits, Metered
from scraper.logins import redacted
from scraper.pipeline import Walk
from scraper.sites import Sites
from scraper.sources import Listing, Plan, SourceError, Tools
from scraper.sources.all import SOURCES
from scraper.sources.auto import explore, usable
from scraper.spool import Spool
from scraper.workers import Refused, Workers
from storage.backends import bring_up_to_date, exists, lock_backfill, open_library, open_timetable, spool_path
from storage.records import BackfillState, FeedEntry, Outcome

AUTO = "auto"

_Preview = tuple[Listing, tuple[FeedEntry, ...]]
_ON_DISK = ("file:", "warc:")
_NO_HOST = 32  # pages in hand at once where no host is asked


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What one call asks for. `logins`: those that stood in the addresses (clean address -> `user:password`)."""

    plans: tuple[Plan, ...]
    logins: dict[str, str] = {}
    limit: int | None = None
    max_requests: int | None = None
    most_bytes: int | None = None
    dry_run: bool = False
    again: bool = False
    fail_empty: bool = False


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What the call came to. `named`: articles that the sources named, now or before."""

    named: int = 0
    failed: bool = False
    interrupted: bool = False


async def carry_out(context: Context, order: Order, stop: asyncio.Event) -> Result:
    """Do it, until it is done or `stop` is set; the articles in hand are finished. Raises ArchiveError."""
    order = msgspec.structs.replace(order, plans=tuple(_shelved(context.config, plan) for plan in order.plans))
    if order.dry_run:
        return await _rehearse(context, order)
    telling = Telling(as_json=context.as_json, quiet=context.quiet, feeds=len(order.plans), unit="backfills")
    with telling:
        async with open_walk(context.config, telling) as walk:
            walk.fetcher, limits = _within_limits(walk.fetcher, order)
            walk.sites.take_in(context.config.site_entries(), context.config.logins() | order.logins)
            listening = asyncio.create_task(_stop_at(walk, stop))
            try:
                done = [await _any(context.config, walk, order, plan, telling) for plan in order.plans]
            finally:
                listening.cancel()
    left, tried = sum(one.left for one in done), sum(telling.outcomes.values())
    failed = telling.failed or too_many(left, tried + left)
    if len(order.plans) > 1 or not done[0].idle:
        context.say(f"{telling.summary()}; {_cost(limits)}", failed=failed)
    return Result(named=sum(one.named or one.idle for one in done), failed=failed, interrupted=stop.is_set())


def _shelved(config: Config, plan: Plan) -> Plan:
    """The plan; where it is for a feed of config.toml, its articles go to the shelf that stands there."""
    shelves = {feed.url: feed.category for feed in config.feeds}
    shelf = plan.category or (shelves.get(plan.address, "") if plan.source == "feed" else "")
    return msgspec.structs.replace(plan, category=shelf)


async def _any(config: Config, walk: Walk, order: Order, plan: Plan, telling: Telling) -> Done:
    """One address; where the way is left to us (`auto`), the first that works."""
    if plan.source != AUTO:
        return await _one(config, walk, order, plan, telling)
    state = await walk.archive.backfill(state_of(plan))
    try:
        plans = await _ways(plan, state, Tools(fetcher=walk.fetcher, workers=walk.workers), telling.say)
    except Enough as error:
        return _not_begun(plan, f"stopped at {error.limit}", telling, failed=False)
    for place, way in enumerate(plans):
        state = msgspec.structs.replace(state, cursor=msgspec.json.encode(plans[place:]))
        await walk.archive.listed(state, (), None)
        done = await _one(config, walk, order, way, telling)
        if not done.failed or done.named or done.outside:
            return done
    return done if plans else _not_begun(plan, "no way into its past was found", telling, failed=True)


async def _ways(plan: Plan, state: BackfillState, tools: Tools, say: Callable[[str], None]) -> list[Plan]:
    """The ways to try, the best first: as they were chosen before, else after a look at the site. Raises Enough."""
    if state.cursor:
        return msgspec.json.decode(state.cursor, type=list[Plan])
    with TemporaryDirectory() as folder:  # the ways begin at the same pages
        offers = await explore(plan, replace(tools, fetcher=Spool(tools.fetcher, Path(folder))))
    for offer in offers:
        say(offer.words)
    chosen = usable(offers)
    if chosen:
        reach = "the cheapest that covers what is wanted" if chosen[0].covers else "though it does not cover everything"
        say(f"taken: {chosen[0].source} {redacted(chosen[0].address)}, {reach}")
    return [msgspec.structs.replace(plan, source=one.source, address=one.address) for one in chosen]


def _not_begun(plan: Plan, reason: str, telling: Telling, *, failed: bool) -> Done:
    done = Done(finished=False, failed=failed, reason=reason)
    telling.feed(done.report(plan.address))
    return done


async def _one(config: Config, walk: Walk, order: Order, plan: Plan, telling: Telling) -> Done:
    left = None if order.limit is None else order.limit - telling.outcomes[Outcome.NEW]
    if walk.stopping or left == 0:
        done = Done(finished=False, reason="not begun: " + (walk.stopped_by or f"--limit {order.limit} is reached"))
    else:
        named = 0

        def heard(listing: Listing) -> None:
            nonlocal named
            named += len(listing.entries) + listing.outside
            if listing.note:
                telling.say(listing.note)
            if listing.total is not None:
                telling.foresee(max(listing.total - named, 0) + len(listing.entries))

        with lock_backfill(config.archive.path, plan.key):
            plan = msgspec.structs.replace(plan, changed=_last_time(config, plan) if order.again else None)
            spool = Spool(walk.fetcher, spool_path(config.archive.path, plan.key))
            source = SOURCES[plan.source](plan, Tools(fetcher=spool, workers=walk.workers))
            walk.connections = _NO_HOST if source.on_disk else config.manners.connections
            one = Backfill(walk, plan, source, limit=left, tell=heard, settled=spool.clear)
            done = await one.run(again=order.again)
    telling.feed(done.report(plan.address))
    telling.say(_summary(plan, done))
    return done


def _last_time(config: Config, plan: Plan) -> datetime | None:
    """When this backfill was last begun that was finished since, less what clocks may differ by."""
    with closing(open_library(config.archive.path)) as library:
        before = library.backfilled(plan.key)
    return before.started - timedelta(hours=1) if before and before.finished and before.started else None


def _summary(plan: Plan, done: Done) -> str:
    """One backfill in one line."""
    what = f"{plan.source} {redacted(plan.address)}" + (f" ({plan.category})" if plan.category else "")
    if done.idle:
        return f"{what}: finished before, nothing to do; --again asks it anew"
    outside = f", {done.outside} more outside the days wanted" if done.outside else ""
    named = f"{counted(done.named, 'articles')} named in {counted(done.listings, 'listings')}"
    brought = f"{named}{outside}, {done.new} of them for the first time"
    left = f"; {done.left} could not be fetched yet, the same command tries them again" if done.left else ""
    state = f"finished{left}" if done.finished else f"{done.reason}; the same command goes on from here"
    return f"{what}: {brought}; {state}"


def _within_limits(fetcher: Fetcher, order: Order) -> tuple[Metered, Limits]:
    """The fetcher within what the order allows, redirects included."""
    limits = Limits(most_requests=order.max_requests, most_bytes=order.most_bytes)
    if isinstance(fetcher, HttpFetcher):
        fetcher.hop = limits.ask
    return Metered(fetcher, limits), limits


def _cost(limits: Limits) -> str:
    return f"{counted(limits.requests, 'requests')}, {limits.size / 2**20:.1f} MiB"


async def _stop_at(walk: Walk, stop: asyncio.Event) -> None:
    await stop.wait()
    walk.stopping = True


async def _rehearse(context: Context, order: Order) -> Result:
    """Ask for the listings alone, and print what would be fetched."""
    bring_up_to_date(context.config.archive.path)
    named = fetches = requests = 0
    failed = False
    async with _tools(context.config, order) as (tools, limits):
        for plan in order.plans:
            try:
                async for listing, wanted in _previews(context.config, order, plan, tools):
                    named += len(listing.entries)
                    if listing.note:
                        context.say(listing.note)
                    for entry in wanted[: None if order.limit is None else order.limit - fetches]:
                        _print(context, plan, entry)
                        fetches += 1
                        requests += not entry.at.startswith(_ON_DISK)
                    if fetches == order.limit:
                        break
            except Enough as error:
                context.say(f"{redacted(plan.address)}: stopped at {error.limit}")
            except (FetchError, Refused, SourceError) as error:
                failed = True
                context.say(f"{redacted(plan.address)}: {reason_of(plan, error)}", failed=True)
    sums = {"listings": limits.requests, "pages": fetches, "requests": limits.requests + requests}
    if context.as_json:
        emit({"event": "dry_run", **sums})
    context.say(
        f"dry run: {counted(limits.requests, 'requests')} made for listings; "
        f"{counted(fetches, 'pages')} would be fetched, "
        f"{counted(sums['requests'], 'requests')} in all (redirects left out)"
    )
    return Result(named=named, failed=failed)


@asynccontextmanager
async def _tools(config: Config, order: Order) -> AsyncIterator[tuple[Tools, Limits]]:
    workers = Workers(config.extract)
    sites = Sites(config.site_entries(), config.logins() | order.logins)
    timetable = open_timetable(config.archive.path) if exists(config.archive.path) else None
    network = HttpFetcher(config.fetch, config.manners, ForgetfulHosts(), timetable, sites)
    fetcher, limits = _within_limits(network, order)
    try:
        yield Tools(fetcher=fetcher, workers=workers), limits
    finally:
        await workers.close()
        await network.close()
        if timetable:
            timetable.close()


async def _previews(config: Config, order: Order, plan: Plan, tools: Tools) -> AsyncIterator[_Preview]:
    """What was named before and waits, then every listing that is left, and what of each would be fetched."""
    path = config.archive.path
    with closing(open_library(path)) if exists(path) else nullcontext() as library:
        if plan.source == AUTO:
            state = (library.backfilled(plan.key) if library else None) or state_of(plan)
            ways = await _ways(plan, state, tools, lambda text: click.echo(one_line(text), err=True))
            if not ways:
                raise SourceError("no way into its past was found")
            plan = ways[0]
        before = library.backfilled(plan.key) if library else None
        waiting = library.waiting(plan.key, tools.clock()) if library else []
        if waiting:
            entries = tuple(one.entry for one in waiting)
            yield Listing(cursor=b"", entries=entries), tuple(entry for entry in entries if not entry.locked)
        finished = before is not None and before.finished is not None
        if finished and not order.again:
            return
        named = {one.url for one in waiting}
        cursor = before.cursor if before and not finished else b""
        with TemporaryDirectory() as folder:  # no listing is asked for more often than without --dry-run
            spool = Spool(tools.fetcher, Path(folder) / "listings")
            source = SOURCES[plan.source](plan, replace(tools, fetcher=spool))
            async for seen in preview(source, cursor, lambda urls: named | (library.known(urls) if library else set())):
                yield seen
                spool.clear()


def _print(context: Context, plan: Plan, entry: FeedEntry) -> None:
    moment = entry.published or entry.updated
    day = moment.date().isoformat() if moment else ""
    if context.as_json:
        event = {"event": "would_fetch", "url": redacted(entry.url), "feed": redacted(plan.address)}
        emit(event | {"published": day or None, "title": entry.title})
    else:
        click.echo(f"{redacted(entry.url)}\t{day}\t{one_line(entry.title)}")
