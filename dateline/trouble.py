"""What wants looking at: feeds in trouble, gaps, sites whose layout changed, dead letters."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from scraper.logins import redacted
from storage.archive import Library
from storage.records import FeedState

SICK = ("failing", "empty", "silent")


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


def _after(feed: FeedState, since: datetime | None) -> bool:
    return since is None or (feed.last_gap is not None and feed.last_gap > since)


def _lines(rows: Sequence[tuple[str, str, str]]) -> str:
    return "\n".join(f"- {what}: {state}: {why}" if why else f"- {what}: {state}" for what, state, why in rows)
