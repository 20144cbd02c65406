"""Hostile feeds in a worker, and lists of feeds: each is decided, and none brings a worker to grief."""

import asyncio
from contextlib import suppress

import pytest

from scraper.feeds import FeedError
from scraper.feeds.opml import read_opml
from scraper.settings import ExtractSettings
from scraper.workers import Refused, Workers
from tests.fakes import page
from tests.hostile.corpus import Case
from tests.hostile.feeds import feeds, item, rss

FEED = "https://harbour.example/feed/"
EVERY = 11  # a sample; benchmarks.hostile reads them all
SAMPLE = [
    case
    for number, case in enumerate(feeds())
    if case.name.startswith("quadratic-") or (number % EVERY == 0 and len(case.body) < 2_000_000)
]
FAMILIES = sorted({case.name.partition("-")[0] for case in SAMPLE})


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """What became of each of them: how many entries it has, or why it was refused."""

    async def ask(workers: Workers, case: Case) -> str:
        try:
            feed = await workers.read_feed(page(FEED, case.body, headers=(("content-type", case.kind),)))
        except Refused as error:
            return f"{'KILLED ' if error.killed else ''}{error.reason}"
        for entry in feed.entries:
            assert entry.url.lower().startswith(("http://", "https://"))
        return f"{len(feed.entries)} entries"

    async def run() -> dict[str, str]:
        workers = Workers(ExtractSettings())
        try:
            found = await asyncio.gather(*(ask(workers, case) for case in SAMPLE))
            assert await ask(workers, Case("whole", rss(item()).encode(), "application/rss+xml")) == "1 entries"
        finally:
            await workers.close()
        return {case.name: answer for case, answer in zip(SAMPLE, found, strict=True)}

    return asyncio.run(run())


@pytest.mark.parametrize("family", FAMILIES)
def test_hostile_feeds_are_decided_and_harm_no_worker(answers: dict[str, str], family: str) -> None:
    mine = {name: answer for name, answer in answers.items() if name.partition("-")[0] == family}
    assert mine
    assert {name: answer for name, answer in mine.items() if "KILLED" in answer or "fault of Dateline" in answer} == {}


def test_hostile_lists_of_feeds_are_read_or_refused() -> None:
    lists = [case for case in feeds() if b"<opml" in case.body[:200_000] and len(case.body) < 2_000_000]
    assert len(lists) > 100
    for case in lists[:: EVERY // 3]:
        with suppress(FeedError):
            read_opml(case.body)
