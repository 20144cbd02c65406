"""What a backfill does when a site wants to be left alone: wait for a moment, or leave the rest for the next call."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from scraper.fetch import Away, Fetcher, FetchError
from scraper.sources import LONGEST_PAUSE
from scraper.urls import host
from storage.records import Page, Validators

_TRIES = 3


class Patient:
    """A fetcher over another. Of a host that wants to be left alone for longer than it waits, the first page fails with
    that reason, and for the others it raises Away.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._pause = pause
        self._away: dict[str, datetime] = {}

    async def get(self, url: str, validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:
        """See scraper.fetch.Fetcher. Raises Away."""
        if self._is_away(url):
            raise Away
        for tries in range(1, _TRIES + 1):
            try:
                return await self._fetcher.get(url, validators, robots=robots, most=most)
            except FetchError as error:
                if error.retry_at is None:
                    raise
                wait = (error.retry_at - self._clock()).total_seconds()
                if wait > LONGEST_PAUSE or tries == _TRIES:
                    if self._is_away(url):  # another page has told it meanwhile
                        raise Away from error
                    self._away[host(url)] = error.retry_at
                    raise
                await self._pause(max(wait, 0.0))
        raise AssertionError

    def _is_away(self, url: str) -> bool:
        until = self._away.get(host(url))
        return until is not None and until > self._clock()

    async def close(self) -> None:
        """Close the other."""
        await self._fetcher.close()
