"""Every fault of the hostile server ends by itself, in one clear sentence, and nothing cut short passes for whole."""

import asyncio

import pytest

from scraper.fetch import FetchError, ForgetfulHosts
from scraper.fetch.client import HttpFetcher
from scraper.settings import Duration, FetchSettings, MannersSettings, Size
from tests.hostile.faults import FAULTS
from tests.hostile.server import serving

FLOODS = ("endless-", "crumbs", "error-of", "feed-of", "100-k")
Brought = dict[str, bytes | FetchError]


async def brought(names: list[str], *, timeout: float, most: int) -> Brought:
    """What a fetcher makes of each of these faults, all asked for at once."""
    settings = FetchSettings(timeout=Duration(timeout), max_bytes=Size(most), allow_networks=("127.0.0.1/32",))
    # The hostile server has no robots.txt worth the name; what its queue does is tested elsewhere.
    manners = MannersSettings(delay=Duration(0), connections=len(names), obey_robots=False)
    fetcher = HttpFetcher(settings, manners, ForgetfulHosts())

    async def one(address: str) -> bytes | FetchError:
        try:
            return (await fetcher.get(address)).body
        except FetchError as error:
            return error

    try:
        async with serving() as base:
            found = await asyncio.gather(*(one(f"{base}/{name}") for name in names))
    finally:
        await fetcher.close()
    return dict(zip(names, found, strict=True))


@pytest.fixture(scope="module")
def everything() -> Brought:
    # A flood keeps the one processor that client and server share: the others must not time out for its sake.
    floods = [name for name in FAULTS if name.startswith(FLOODS)]
    calm = [name for name in FAULTS if name not in floods]
    return asyncio.run(brought(calm, timeout=8, most=1 << 20)) | asyncio.run(brought(floods, timeout=4, most=1 << 20))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_in_a_clear_refusal_or_in_the_whole_page(everything: Brought, name: str) -> None:
    found, whole = everything[name], FAULTS[name].whole
    if isinstance(found, FetchError):
        assert whole is None, found.reason
        assert found.reason.isprintable()
        assert len(found.reason) < 300
    else:
        assert found == whole


def test_a_server_that_fails_today_is_asked_again_tomorrow(everything: Brought) -> None:
    for name in ("error-of-256-mb", "hang-0", "reset-body", "gzip-cut", "part", "not-modified-unasked"):
        error = everything[name]
        assert isinstance(error, FetchError)
        assert not error.final, name
