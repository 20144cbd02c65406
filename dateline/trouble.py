"""What wants looking at: feeds in trouble, gaps, sites whose layout changed, dead letters; and that nobody polls."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from scraper.logins import redacted
from storage.archive import Library
from storage.records import FeedState

SICK = ("failing", "empty", "silent")
_STILL = timedelta(hours=26)  # a pass a day is a way to use Dateline, and may be late


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Each a list of (what, in what state, why); false where all lists are empty."""

    type: str = "digest"
    feeds: tuple[tuple[str, str, str], ...] = ()
    gaps: tuple[tuple[str, str, str], ...] = ()
    layouts: tuple[tuple[str, str, str], ...] = ()
    dead_letters: tuple[tuple[str, str, str], ...] = ()

    def __bool__(self) -> bool:
        return any((self.feeds, self.gaps, self.layouts, self.dead_letters))

    def text(self) -> str:
        """The digest for people."""
        parts = [
            ("Feeds in trouble", self.feeds),
            ("Feeds that came too late (items were missed and fetched elsewhere where possible)", self.gaps),
            ("Sites whose articles are no longer what they were", self.layouts),
            ("Messages that could not be delivered", self.dead_letters),
        ]
        return "\n\n".join(f"{title}\n\n{_lines(rows)}" for title, rows in parts if rows)


def trouble_of(library: Library, since: datetime | None = None) -> Trouble:
    """What is in trouble now; of gaps those since that moment (None: all)."""
    feeds = library.feeds()
    return Trouble(
        feeds=tuple((redacted(feed.url), feed.state, redacted(feed.reason)) for feed in feeds if feed.state in SICK),
        gaps=tuple(
            (redacted(feed.url), f"{feed.gaps} gaps", f"the last on {feed.last_gap:%Y-%m-%d %H:%M} UTC")
            for feed in feeds
            if feed.gaps and feed.last_gap and _after(feed, since)
        ),
        layouts=tuple((site, "layout alarm", alarm) for site, alarm in library.alarms()),
        dead_letters=tuple((letter.target, letter.kind, letter.reason) for letter in library.dead_letters()),
    )


def stillness(feeds: Sequence[FeedState], now: datetime) -> str:
    """That nothing has been polled for long although it was due, in a sentence; else nothing."""
    polls = [feed.last_polled for feed in feeds if feed.last_polled]
    waiting = any(feed.next and now - feed.next > _STILL for feed in feeds)
    if not waiting or not polls or now - max(polls) < _STILL:
        return ""
    return f"no feed has been polled since {max(polls):%Y-%m-%d %H:%M} UTC, though it was time to"


def _after(feed: FeedState, since: datetime | None) -> bool:
    return since is None or (feed.last_gap is not None and feed.last_gap > since)


def _lines(rows: Sequence[tuple[str, str, str]]) -> str:
    return "\n".join(f"- {what}: {state}: {why}" if why else f"- {what}: {state}" for what, state, why in rows)
