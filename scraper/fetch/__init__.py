"""Getting bytes: the interface `Fetcher` and the one error it raises."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from storage.records import BucketState, HostState, Page, Validators

Step = Callable[[BucketState], BucketState]  # pure: what a bucket's state becomes


class FetchError(Exception):
    """An exchange that brought nothing usable.

    `reason` is one clear sentence without secrets. `final`: trying again would not help. `skipped`: refused by rule
    (robots.txt), not by accident. `retry_at`: the earliest moment at which the host wants to be asked again. `asked`:
    False if it was not our turn, so that nothing was tried.
    """

    def __init__(
        self,
        reason: str,
        *,
        final: bool = False,
        skipped: bool = False,
        asked: bool = True,
        status: int | None = None,
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
        self.skipped = skipped
        self.asked = asked
        self.status = status
        self.retry_at = retry_at


class Enough(Exception):
    """No request was made, because the limit that the user set is reached. `limit` names it in words."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


class Away(Exception):
    """No request was made, because the site wants to be left alone for long. What it should have brought waits."""


class Fetcher(Protocol):
    """Whatever can turn an address into a page: the network, a script for tests, a file.

    An address that is no http(s) one, or that of a web archive, comes from `FeedEntry.at`; the page then carries the
    article's own address in `url` and `final_url`, and says in `via` and `source` how it was had.
    """

    async def get(self, url: str, validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:
        """Fetch one address, following redirects. A page of status 2xx or 304; everything else raises FetchError.

        `robots`: robots.txt may forbid it (pages); a feed that the user named is asked for all the same and before the
        pages that wait, but its host's Crawl-delay holds for both. `most`: bytes that its body may have, where those
        are more than fetch.max_bytes allows.
        """

    async def close(self) -> None:
        """Close every connection."""


class HostMemory(Protocol):
    """What remembers hosts between runs; an Archive does."""

    async def host(self, origin: str) -> HostState:
        """What is remembered about an origin; an empty state if nothing is."""

    async def save_host(self, state: HostState) -> None:
        """Remember it."""


class ForgetfulHosts:
    """Remembers hosts for as long as it lives, for a single page and for tests."""

    def __init__(self) -> None:
        self._states: dict[str, HostState] = {}

    async def host(self, origin: str) -> HostState:
        """What is remembered about an origin."""
        return self._states.get(origin, HostState(origin=origin))

    async def save_host(self, state: HostState) -> None:
        """Remember it."""
        self._states[state.origin] = state


class Timetable(Protocol):
    """What knows when each site may be asked again; processes may share one."""

    def change(self, name: str, step: Step) -> BucketState:
        """Put what `step` makes of a bucket's state in its place; nobody else changes it meanwhile."""

    def close(self) -> None:
        """Let go of it."""


class OwnTimetable:
    """A process's own, for a single page and for tests."""

    def __init__(self) -> None:
        self._states: dict[str, BucketState] = {}

    def change(self, name: str, step: Step) -> BucketState:
        """See Timetable."""
        state = self._states[name] = step(self._states.get(name, BucketState(name)))
        return state

    def close(self) -> None:
        """Nothing to let go of."""
