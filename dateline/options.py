"""Options that several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from storage.records import Query

Command = TypeVar("Command", bound=Callable[..., Any])

_FILTERS = (
    click.option("--category", default="", help="Only articles of this category."),
    click.option("--site", default="", help="Only articles of this site."),
    click.option("--language", default="", help="Only articles in this language, e.g. en."),
    click.option("--since", default="", metavar="DAY", help="Published on this day (YYYY-MM-DD) or later."),
    click.option("--until", default="", metavar="DAY", help="Published on this day or earlier."),
    click.option("--author", default="", metavar="NAME", help="Only articles by this author, or part of a name."),
    click.option("--cluster", type=int, metavar="N", help="Only articles of this cluster of near-duplicates."),
)


def article_filters(command: Command) -> Command:
    """The filters that narrow a set of articles."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


def engine_options(command: Command) -> Command:
    """Where bulk work runs."""
    for option in (
        click.option(
            "--scheduler", default="", metavar="ADDRESS", help="Of the Dask cluster, e.g. tcp://10.0.0.1:8786."
        ),
        click.option(
            "--engine",
            type=click.Choice(["processes", "dask"]),
            default="processes",
            help="On the processors of this machine, or on a Dask cluster.",
        ),
    ):
        command = option(command)
    return command


def query(words: str, *, limit: int | None, ranked: bool = False, **filters: Any) -> Query:
    """A Query of what the options say. Raises click.BadParameter for a day that is none."""
    for name in ("since", "until"):
        text = filters.get(name, "")
        if text and not _is_day(text):
            raise click.BadParameter(f"expected YYYY-MM-DD or a full timestamp, got {text!r}", param_hint=f"--{name}")
    return Query(words=words, limit=limit, ranked=ranked, **filters)


def _is_day(text: str) -> bool:
    try:
        click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]).convert(text, None, None)
    except click.BadParameter:
        return False
    return True
