"""Options that several commands share."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

from dateline.quantities import duration
from storage.records import Query

_BEGINS_WITH_DAY = re.compile(r"\d{4}-\d\d-\d\d")

Command = TypeVar("Command", bound=Callable[..., Any])


class _Count(click.IntRange):
    """A whole number, up to what the archive can count to."""

    _most = 2**63 - 1

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        number = int(super().convert(value, param, ctx))
        if number > self._most:
            self.fail(f"expected at most {self._most}, got {number}", param, ctx)
        return number


NUMBER, LIMIT = _Count(0), _Count(1)
operators = click.option("--operators", is_flag=True, help="AND, OR, NOT and parentheses mean what they say.")

_FILTERS = (
    click.option("--category", default="", help="Only articles of this category."),
    click.option("--site", default="", help="Only articles of this site."),
    click.option("--language", default="", help="Only articles in this language, e.g. en."),
    click.option(
        "--since", default="", metavar="DAY", help="Published on this day (YYYY-MM-DD, a time, or 7d) or later."
    ),
    click.option("--until", default="", metavar="DAY", help="Published on this day or earlier."),
    click.option("--author", default="", metavar="NAME", help="Only articles by this author, or part of a name."),
    click.option("--cluster", type=NUMBER, metavar="N", help="Only articles of this cluster of near-duplicates."),
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
    days = {name: _moment(filters[name], name) for name in ("since", "until") if filters.get(name)}
    return Query(words=words, limit=limit, ranked=ranked, **(filters | days))


def _moment(text: str, name: str) -> str:
    """A day or time as it is; "7d" as the moment so long ago. Raises click.BadParameter."""
    if _is_moment(text):
        return text
    try:
        return f"{datetime.now(UTC) - timedelta(seconds=duration(text)):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError) as error:
        expected = "expected YYYY-MM-DD, a time such as 2026-11-24T09:30:00+01:00, or how long ago such as 7d"
        raise click.BadParameter(f"{expected}, got {text!r}", param_hint=f"--{name}") from error


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return _BEGINS_WITH_DAY.match(text) is not None
