"""What one call may ask of the network: a fetcher that counts, and refuses when the user's limit is reached."""

from urllib.parse import urlsplit

from scraper.fetch import Enough, Fetcher, FetchError
from storage.records import Page, Validators


class Limits:
    """What may be asked, and what was: `requests` (robots.txt not counted, every redirect is), `size` in bytes."""

    def __init__(self, *, most_requests: int | None = None, most_bytes: int | None = None) -> None:
        self.requests = 0
        self.size = 0
        self._most_requests = most_requests
        self._most_bytes = most_bytes

    def ask(self) -> None:
        """Count a request before it is made, as several may be on their way at once. Raises Enough at the limit."""
        if self._most_requests is not None and self.requests >= self._most_requests:
            raise Enough(f"--max-requests {self._most_requests}")
        if self._most_bytes is not None and self.size >= self._most_bytes:
            raise Enough(f"--max-bytes {self._most_bytes}")
        self.requests += 1


class Metered:
    """A fetcher over another, within limits; where the other one follows redirects, it asks for each itself."""

    def __init__(self, fetcher: Fetcher, limits: Limits) -> None:
        self._fetcher = fetcher
        self._limits = limits

    async def get(self, url: str, validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:
        """See scraper.fetch.Fetcher. Raises Enough before a request that would pass the limit."""
        if urlsplit(url).path == "/robots.txt":
            return await self._fetcher.get(url, validators, robots=robots, most=most)
        self._limits.ask()
        try:
            page = await self._fetcher.get(url, validators, robots=robots, most=most)
        except FetchError as error:
            if error.skipped or not error.asked:  # robots.txt forbids it, or the host wants us to stay away
                self._limits.requests -= 1
            raise
        self._limits.size += page.size
        return page

    async def close(self) -> None:
        """Close the other."""
        await self._fetcher.close()
