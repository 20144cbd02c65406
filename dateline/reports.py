"""Telling what a walk did: JSON events, a progress bar, a closing summary."""

from collections import Counter
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from dateline.bars import progress_of, say_above
from dateline.context import emit
from dateline.quantities import counted
from scraper.logins import redacted
from storage.records import ArticleReport, FeedReport, Outcome

TROUBLE = ("failed", "empty")  # outcomes of a feed


def too_many(failed: int, tried: int) -> bool:
    """Whether so many failed that the command deserves exit code 1: more than a tenth."""
    return failed * 10 > tried


def article_event(report: ArticleReport) -> dict[str, object]:
    """`{"event": "article"}` as interface.md promises it."""
    return {
        "event": "article",
        "outcome": report.outcome,
        "id": report.id,
        "url": redacted(report.url),
        "feed": redacted(report.feed),
        "reason": report.reason,
    }


def feed_event(report: FeedReport) -> dict[str, object]:
    """`{"event": "feed"}` as interface.md promises it."""
    return {
        "event": "feed",
        "url": redacted(report.url),
        "outcome": report.outcome,
        "status": report.status,
        "entries": report.entries,
        "new": report.new,
        "next": _iso(report.next),
        "reason": report.reason,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


class _Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "-/s")


class Telling:
    """A listener for one pass: events or a progress bar while it runs, trouble as one line each, then the sums.

    `unit` is what its feeds are called.
    """

    def __init__(self, *, as_json: bool, quiet: bool, feeds: int, unit: str = "feeds") -> None:
        self.outcomes: Counter[str] = Counter()
        self.feeds: Counter[str] = Counter()
        self.known = 0
        self._as_json = as_json
        self._quiet = quiet
        columns = (
            *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeElapsedColumn()),
            *(TextColumn("left"), TimeRemainingColumn(compact=True)),
        )
        self._progress = progress_of(*columns, silent=as_json or quiet)
        self._unit = unit
        self._feed_bar = self._progress.add_task(unit, total=feeds)
        self._article_bar = self._progress.add_task("articles", total=0)
        self._expected = self._foreseen = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def expect(self, articles: int) -> None:
        """Lengthen the articles' bar."""
        self._expected += articles
        self._foreseen = max(self._foreseen - articles, 0)
        self._progress.update(self._article_bar, total=self._expected + self._foreseen)

    def foresee(self, articles: int) -> None:
        """So many more may come beyond those that are expected: the bar and the time left reckon with them."""
        self._foreseen = articles
        self._progress.update(self._article_bar, total=self._expected + articles)

    def article(self, report: ArticleReport) -> None:
        """Count it; say it if it failed."""
        self.outcomes[report.outcome] += 1
        if self._as_json:
            emit(article_event(report))
        elif report.outcome is Outcome.FAILED:
            self.say(f"failed: {redacted(report.url)}: {report.reason}")
        self._progress.advance(self._article_bar)

    def feed(self, report: FeedReport) -> None:
        """Count it; say it if it is in trouble, and with --quiet, too, if it failed: no exit code is a riddle."""
        self.feeds[report.outcome] += 1
        if self._as_json:
            emit(feed_event(report))
        elif report.outcome in TROUBLE:
            text = f"{self._unit.removesuffix('s')} {report.outcome}: {redacted(report.url)}: {report.reason}"
            say_above(self._progress, text, quiet=self._quiet and report.outcome != "failed")
        self._progress.advance(self._feed_bar)

    def summary(self) -> str:
        """The pass in one line."""
        feeds = ", ".join(f"{count} {name}" for name, count in sorted(self.feeds.items()))
        articles = (
            ", ".join(f"{self.outcomes[name]} {name}" for name in Outcome if self.outcomes[name]) or "nothing new"
        )
        many = counted(sum(self.feeds.values()), self._unit)
        return f"{many}{f' ({feeds})' if feeds else ''}; articles: {articles}"

    @property
    def failed(self) -> bool:
        """Whether the pass deserves exit code 1: a feed failed, or more than a tenth of the articles did."""
        return self.feeds["failed"] > 0 or too_many(self.outcomes[Outcome.FAILED], sum(self.outcomes.values()))

    def say(self, text: str) -> None:
        """One line for a person, above the bars."""
        say_above(self._progress, text, quiet=self._quiet)
