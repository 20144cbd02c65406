"""Carrying out `dateline backfill warc … --parts DIR`: parts for all files, then the near-duplicates across them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from dateline.bars import Bar
from dateline.context import Context, emit
from scraper.bulk import Job, Made, make_parts
from scraper.copies import PAIRS, pairs_are_old, write_pairs
from scraper.engines import EngineLost, EngineMissing, open_engine
from scraper.settings import SiteSettings


def make(context: Context, files: Sequence[str], folder: Path, engine: str, scheduler: str) -> int:
    """Make what is not there yet, say what became of each file; the exit code."""
    folder = folder.resolve()  # the workers of a cluster stand elsewhere
    folder.mkdir(parents=True, exist_ok=True)
    sites = tuple(selecting(context.config.sites))
    jobs = [Job(file, str(folder), context.config.extract, sites) for file in files]
    sums: Counter[str] = Counter()

    def heard(made: Made) -> None:
        bar.advance()
        outcome = "failed" if made.reason else "there" if made.there else "made"
        sums[outcome] += 1
        for name in ("articles", "others", "refused", "cut"):
            sums[name] += getattr(made, name)
        if context.as_json:
            emit({"event": "part", "outcome": outcome, **_facts(made)})
        elif made.reason:
            bar.line(f"{made.file}: {made.reason}")
        elif made.cut:
            bar.line(f"{made.file}: {made.cut} records are cut or damaged, all others are read; {made.part} says which")

    try:
        with Bar(context, "files", len(jobs)) as bar, open_engine(engine, scheduler=scheduler) as (executor, at_once):
            make_parts(executor, at_once, jobs, heard)
    except EngineMissing as error:
        raise click.UsageError(str(error)) from error
    except EngineLost as error:
        context.say(f"{error}; {_summary(sums, folder)}", failed=True)
        return 1
    if pairs_are_old(folder):
        pairs = write_pairs(folder)
        context.say(f"{pairs} pairs of near-duplicates: {folder / PAIRS}")
    failed = sums["failed"] > 0 or sums["cut"] > 0
    context.say(_summary(sums, folder), failed=failed)
    return int(failed)


def selecting(sites: Sequence[SiteSettings]) -> Iterator[SiteSettings]:
    """What the cleaning of pages needs to know of single sites: no secrets, for they would go to all workers."""
    return (SiteSettings(host=site.host, keep=site.keep, drop=site.drop) for site in sites if site.keep or site.drop)


def _facts(made: Made) -> dict[str, object]:
    names = ("file", "part", "articles", "others", "refused", "cut", "passed", "reason")
    return {name: getattr(made, name) for name in names} | {"seconds": round(made.seconds, 1)}


def _summary(sums: Counter[str], folder: Path) -> str:
    parts = ", ".join(f"{sums[name]} {name}" for name in ("made", "there", "failed") if sums[name])
    pages = f"{sums['articles']} articles, {sums['others']} other pages, {sums['refused']} refused, {sums['cut']} cut"
    return f"parts in {folder}: {parts or 'none'}; {pages}; `dateline import parquet {folder}` brings them in"
