"""Feeds that have moved. Pure.

config.toml names a feed and stays its name; where it lives is remembered beside it. One permanent redirect may be a
slip of the server, so only the third in a row to one place is believed, and only where nothing is lost by it: never
from https to http. (Private targets were refused before they could answer.) A new address that fails for long gives
way to the old one.
"""

from urllib.parse import urlsplit

import msgspec

from storage.records import FeedState, Page, Validators

ENOUGH = 3  # permanent redirects in a row to one place
_GIVE_UP = 5  # failures in a row at the new place


def home(state: FeedState) -> str:
    """Where the feed is asked for."""
    return state.moved_to or state.url


def followed(state: FeedState, page: Page) -> FeedState:
    """The state after an answer: one step nearer to a move, moved, or where it was."""
    target = page.final_url if page.permanent else ""
    if not target or target == home(state) or _is_worse(home(state), target):
        return msgspec.structs.replace(state, redirect="", redirects=0) if state.redirects else state
    count = state.redirects + 1 if target == state.redirect else 1
    if count < ENOUGH:
        return msgspec.structs.replace(state, redirect=target, redirects=count)
    return msgspec.structs.replace(
        state, moved_to="" if target == state.url else target, redirect="", redirects=0, validators=page.validators
    )


def given_up(state: FeedState) -> FeedState:
    """The state of a failing feed: back at the configured address if the new one has failed for long."""
    if not state.moved_to or state.failures < _GIVE_UP:
        return state
    return msgspec.structs.replace(state, moved_to="", redirect="", redirects=0, validators=Validators())


def _is_worse(before: str, after: str) -> bool:
    return urlsplit(before).scheme == "https" and urlsplit(after).scheme != "https"
