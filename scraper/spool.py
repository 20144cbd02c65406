"""Pages that are fetched and not archived yet, kept beside the archive: a kill costs no second request for them.

They need not outlive a power cut, so nothing waits for the disk.
"""

import hashlib
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from scraper.fetch import Fetcher
from storage.records import Page, Validators

_FRESH = timedelta(days=1)  # an older one is asked for again


class Spool:
    """A fetcher over another that remembers what it brought until `clear`; `folder` is one backfill's own."""

    def __init__(self, fetcher: Fetcher, folder: Path) -> None:
        self._fetcher = fetcher
        self._folder = folder

    async def get(self, url: str, validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:
        """See scraper.fetch.Fetcher."""
        if validators:
            return await self._fetcher.get(url, validators, robots=robots, most=most)
        page = self._kept(url)
        if page is None:
            page = await self._fetcher.get(url, robots=robots, most=most)
            self._keep(url, page)
        return page

    async def close(self) -> None:
        """Close the other."""
        await self._fetcher.close()

    def clear(self) -> None:
        """Everything that it brought is archived."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _kept(self, url: str) -> Page | None:
        try:
            page = msgspec.msgpack.decode(self._file(url).read_bytes(), type=Page)
        except (OSError, msgspec.DecodeError):  # not there, or a kill cut it short
            return None
        return page if datetime.now(UTC) - page.fetched < _FRESH else None

    def _keep(self, url: str, page: Page) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file(url).write_bytes(msgspec.msgpack.encode(page))
        except OSError:  # a full disk is the archive's affair
            self.clear()

    def _file(self, url: str) -> Path:
        return self._folder / hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()
