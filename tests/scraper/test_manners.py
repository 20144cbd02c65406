"""Manners: one line a site whatever its hosts and our processes, slower when it is in trouble, polls first."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from scraper.fetch import FetchError, ForgetfulHosts, HostMemory, OwnTimetable
from scraper.fetch.client import HttpFetcher
from scraper.fetch.manners import FEED, PAGE, Places, answered, bucket_of, claimed, pause, slowed
from scraper.settings import Duration, FetchSettings, MannersSettings
from storage.backends import open_archive, open_timetable
from storage.records import BucketState
from tests.dateline.site import Answer, Site, serve

LAB = FetchSettings(allow_networks=("127.0.0.0/8",))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name leads to the loopback address."""

    def answers(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", answers)


def with_fetcher(
    work: Callable[[HttpFetcher], Awaitable[None]],
    *,
    memory: HostMemory | None = None,
    timetable: Any = None,
    **manners: Any,
) -> None:
    async def run() -> None:
        settings = MannersSettings(**{"delay": Duration(0), "obey_robots": False, **manners})
        fetcher = HttpFetcher(LAB, settings, memory or ForgetfulHosts(), timetable)
        try:
            await work(fetcher)
        finally:
            await fetcher.close()

    asyncio.run(run())


def get(*urls: str, **settings: Any) -> None:
    async def all_at_once(fetcher: HttpFetcher) -> None:
        await asyncio.gather(*(fetcher.get(url) for url in urls))

    with_fetcher(all_at_once, **settings)


def refusal(url: str, **settings: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        get(url, **settings)
    return caught.value


def distances(site: Site) -> list[float]:
    return [b - a for (a, *_), (b, *_) in pairwise(site.log)]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.bbc.co.uk/news", "bbc.co.uk"),
        ("http://feeds.bbc.co.uk:8080/x", "bbc.co.uk"),
        ("https://someone.github.io/a", "someone.github.io"),
        ("https://one.rsshub.app/a", "one.rsshub.app"),
        ("https://rsshub.app/a", "rsshub.app"),
        ("http://127.0.0.1:8001/a", "http://127.0.0.1:8001"),
        ("http://[::1]:8001/a", "http://[::1]:8001"),
        ("http://localhost:8001/a", "http://localhost:8001"),
    ],
)
def test_a_bucket_is_a_registrable_domain(url: str, name: str) -> None:
    assert bucket_of(url, ("rsshub.app",)) == name


@pytest.mark.usefixtures("names")
def test_all_hosts_of_a_site_share_one_line() -> None:
    with serve({f"/{n}/": Answer("x") for n in range(6)}) as site:
        port = site.base.rpartition(":")[2]
        get(*(f"http://{'ab'[n % 2]}.news.example:{port}/{n}/" for n in range(6)), delay=Duration(0.15))
        assert len(site.log) == 6
        assert min(distances(site)) > 0.13


def test_two_processes_on_one_archive_share_one_line(tmp_path: Path) -> None:
    program = """
import asyncio, sys, time
from pathlib import Path
from scraper.fetch import ForgetfulHosts
from scraper.fetch.client import HttpFetcher
from scraper.settings import Duration, FetchSettings, MannersSettings
from storage.backends import open_timetable

async def run(base):
    timetable = open_timetable("dateline.db")
    manners = MannersSettings(delay=Duration(0.15), obey_robots=False)
    fetcher = HttpFetcher(FetchSettings(allow_networks=("127.0.0.0/8",)), manners, ForgetfulHosts(), timetable)
    Path(f"{sys.argv[2]}.here").touch()  # begin together, however slowly the other is loaded
    while len(list(Path().glob("*.here"))) < 2:
        time.sleep(0.01)
    await asyncio.gather(*(fetcher.get(f"{base}/{sys.argv[2]}/{n}/") for n in range(6)))
    await fetcher.close()
    timetable.close()

asyncio.run(run(sys.argv[1]))
"""
    with serve({f"/{who}/{n}/": Answer("x") for who in "ab" for n in range(6)}) as site:
        both = [subprocess.Popen([sys.executable, "-c", program, site.base, who], cwd=tmp_path) for who in "ab"]
        assert [one.wait(30) for one in both] == [0, 0]
        assert len(site.log) == 12
        # All in all: a busy machine may write one down late. Two lines would take half as long.
        assert sum(distances(site)) > 11 * 0.13
        assert {path.split("/")[1] for _, path, _ in site.log[:8]} == {"a", "b"}  # neither waits for the other's end


def test_a_poll_passes_the_pages_that_wait() -> None:
    async def crowd(fetcher: HttpFetcher) -> None:
        pages = [asyncio.create_task(fetcher.get(f"{site.base}/{n}/")) for n in range(8)]
        await asyncio.sleep(0.02)
        await fetcher.get(f"{site.base}/feed/", robots=False)
        await asyncio.gather(*pages)

    with serve({path: Answer("x") for path in ("/feed/", *(f"/{n}/" for n in range(8)))}) as site:
        with_fetcher(crowd, delay=Duration(0.05))
        assert site.asked().index("/feed/") < 5


def test_places_go_by_rank_and_none_is_lost_when_one_who_waits_goes_away() -> None:
    order: list[str] = []

    async def visit(places: Places, rank: int, name: str) -> None:
        async with places.place(rank):
            order.append(name)
            await asyncio.sleep(0)

    async def run() -> None:
        places = Places(1)
        async with places.place(PAGE):
            tasks = [asyncio.create_task(visit(places, PAGE, "page")), asyncio.create_task(visit(places, FEED, "feed"))]
            gone = asyncio.create_task(visit(places, FEED, "gone"))
            await asyncio.sleep(0)
            gone.cancel()
        await asyncio.gather(*tasks)
        await visit(places, PAGE, "later")

    asyncio.run(run())
    assert order == ["feed", "page", "later"]


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("status", [429, 503])
def test_a_short_retry_after_is_waited_for_by_the_whole_site(status: int) -> None:
    busy = Answer("", status, headers=(("Retry-After", "1"),))
    with serve({"/busy/": busy, "/b/": Answer("x")}) as site:
        port = site.base.rpartition(":")[2]

        async def two(fetcher: HttpFetcher) -> None:
            with pytest.raises(FetchError):
                await fetcher.get(f"http://a.news.example:{port}/busy/")
            await fetcher.get(f"http://b.news.example:{port}/b/")

        with_fetcher(two)
        assert min(distances(site)) > 0.95


def test_retry_after_may_be_a_date_and_is_at_most_a_day() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    with serve({"/a/": Answer("", 503, headers=(("Retry-After", soon),))}) as site:
        error = refusal(f"{site.base}/a/")
        assert error.retry_at
        assert 7190 < (error.retry_at - datetime.now(UTC)).total_seconds() <= 7200
        for long in ("9999999", "99999999999999", "9" * 400):
            site.paths["/a/"] = Answer("", 503, headers=(("Retry-After", long),))
            error = refusal(f"{site.base}/a/")
            assert error.retry_at
            assert 86390 < (error.retry_at - datetime.now(UTC)).total_seconds() <= 86400


def test_the_wish_to_wait_outlives_the_process_and_the_timetable(tmp_path: Path) -> None:
    path = str(tmp_path / "dateline.db")

    async def ask(site: Site) -> FetchError:
        archive, timetable = open_archive(path), open_timetable(path)
        fetcher = HttpFetcher(LAB, MannersSettings(obey_robots=False), archive, timetable)
        try:
            await fetcher.get(f"{site.base}/a/")
        except FetchError as error:
            return error
        finally:
            await fetcher.close()
            timetable.close()
            await archive.close()
        raise AssertionError

    with serve({"/a/": Answer("", 429, headers=(("Retry-After", "600"),))}) as site:
        assert asyncio.run(ask(site)).asked
        (tmp_path / "dateline.manners.db").unlink()
        second = asyncio.run(ask(site))
        assert (len(site.log), second.asked) == (1, False)
        assert second.retry_at
        assert "asked to wait" in second.reason


def test_trouble_halves_the_rate_once_and_good_answers_win_it_back() -> None:
    state = BucketState("news.example")
    assert pause(state, 2.0) == 2.0
    state = slowed(state, asked=100.0, now=101.0, not_before=0.0)
    assert pause(slowed(state, asked=100.5, now=101.2, not_before=0.0), 2.0) == 4.0  # it was under way already
    state = slowed(state, asked=105.0, now=106.0, not_before=0.0)
    assert pause(state, 2.0) == 8.0
    gaps = []
    while state.share < 1:
        state = answered(state, 0.1, well=True)
        gaps.append(pause(state, 2.0))
    assert gaps == sorted(gaps, reverse=True)
    assert (len(gaps), gaps[-1]) == (12, 2.0)
    for _ in range(20):
        state = slowed(state, asked=state.slowed + 1, now=state.slowed + 2, not_before=0.0)
    assert pause(state, 2.0) == 120.0
    assert 1 < pause(state, 0.0) <= 120.0  # where no delay is configured there is still something to halve


@pytest.mark.parametrize(("in_a_row", "share"), [(4, 1.0), (5, 0.5)])
def test_who_is_turned_away_again_and_again_is_asked_to_slow_down(in_a_row: int, share: float) -> None:
    timetable = OwnTimetable()

    async def work(fetcher: HttpFetcher) -> None:
        for _ in range(in_a_row):
            with pytest.raises(FetchError, match="403"):
                await fetcher.get(f"{site.base}/a/")

    with serve({"/a/": Answer("", 403)}) as site:
        with_fetcher(work, timetable=timetable)
        assert timetable.change(bucket_of(site.base), lambda state: state).share == share


def test_a_slow_site_is_asked_less_often_within_bounds() -> None:
    state = BucketState("news.example")
    assert pause(answered(state, 0.2, well=True), 1.0) == 1.0
    assert pause(answered(state, 3.0, well=True), 1.0) == 6.0
    assert pause(answered(state, 300.0, well=True), 1.0) == 15.0
    assert pause(answered(state, 3.0, well=True), 0.0) == 0.0
    assert pause(state, 1.0, crawl_delay=9.0) == 9.0
    assert pause(state, 1.0, crawl_delay=9999.0) == 120.0


def test_a_turn_is_taken_when_it_is_there() -> None:
    due, state = claimed(BucketState("news.example"), 1000.0, 2.0)
    assert (due, state.sent) == (1000.0, 1000.0)
    assert claimed(state, 1001.5, 2.0) == (1002.0, state)
    due, state = claimed(BucketState("news.example", sent=1000.0, not_before=1030.0), 1010.0, 2.0)
    assert due == 1030.0


def test_a_clock_that_jumped_back_holds_a_site_up_for_one_delay() -> None:
    assert claimed(BucketState("news.example", sent=1e9), 1000.0, 2.0)[0] == 1002.0


def test_a_timetable_that_is_no_database_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "dateline.manners.db").write_bytes(b"not a database at all, but long enough to look at" * 100)
    timetable = open_timetable(str(tmp_path / "dateline.db"))
    timetable.change("a.example", lambda state: BucketState(state.name, sent=5e9))
    timetable.close()
    again = open_timetable(str(tmp_path / "dateline.db"))
    assert again.change("a.example", lambda state: state).sent == 5e9
    again.close()


def test_a_timetable_that_cannot_be_used_leaves_the_process_its_own(tmp_path: Path) -> None:
    timetable = open_timetable(str(tmp_path / "no such folder" / "dateline.db"))
    for number in (1.0, 2.0):
        assert timetable.change("a", lambda state: BucketState(state.name, sent=state.sent + 1)).sent == number
    timetable.close()
    assert isinstance(OwnTimetable().change("a", lambda state: state), BucketState)
