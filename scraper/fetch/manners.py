"""One queue a host: so many requests at once, so far apart, and none before the host wants to be asked again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

LONGEST_DELAY = 120.0  # a Crawl-delay beyond this is taken as this


class Turns:
    """The queue of one host. Every request takes a turn, robots.txt and redirect hops included."""

    def __init__(self, delay: float, connections: int) -> None:
        self.delay = delay
        self.last_request: datetime | None = None
        self.not_before: datetime | None = None
        self._slots = asyncio.Semaphore(connections)
        self._line = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a place and for the delay since the last start; hold the place while the request runs."""
        async with self._slots:
            async with self._line:
                await self._wait()
                self.last_request = datetime.now(UTC)
            yield

    def slow_down(self, crawl_delay: float) -> None:
        """Take in the host's own Crawl-delay: the longer of the two holds."""
        self.delay = max(self.delay, min(crawl_delay, LONGEST_DELAY))

    async def _wait(self) -> None:
        # Waking a little early is possible: look again until the moment has come.
        while self.last_request and (left := self._left()) > 0:  # noqa: ASYNC110 (time passes by itself)
            await asyncio.sleep(left)

    def _left(self) -> float:
        assert self.last_request
        due = self.last_request + timedelta(seconds=self.delay)
        # A clock that jumped back must not make us wait for longer than the delay.
        return min((due - datetime.now(UTC)).total_seconds(), self.delay)
