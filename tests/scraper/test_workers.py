"""Worker processes: limits hold, and a killed worker harms nobody else."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from scraper.settings import Duration, ExtractSettings, Size
from scraper.workers import Refused, Workers
from storage.records import SiteRules
from tests.fakes import page

URL = "https://news.example/story/"
RULES = SiteRules()
T = TypeVar("T")


def with_workers(settings: ExtractSettings, use: Callable[[Workers], Awaitable[T]]) -> T:
    async def run() -> T:
        workers = Workers(settings)
        try:
            return await use(workers)
        finally:
            await workers.close()

    return asyncio.run(run())


GOOD = "<html><body><article><h1>A bridge</h1>" + "<p>The bridge opened again on Monday, after years of work.</p>" * 9


def test_a_page_is_cleaned_in_a_worker() -> None:
    article = with_workers(ExtractSettings(workers=1), lambda workers: workers.extract(page(URL, GOOD), RULES, None))
    assert "bridge opened again" in article.text


def test_a_page_that_costs_too_much_is_refused_and_the_next_one_is_read() -> None:
    nested = "<blockquote>" * 1500 + "x" * 10
    bomb = "<html><body>" + (nested + "<p>y</p>") * 400

    async def use(workers: Workers) -> str:
        with pytest.raises(Refused, match="refused"):
            await workers.extract(page(URL, bomb), RULES, None)
        return (await workers.extract(page(URL, GOOD), RULES, None)).text

    settings = ExtractSettings(workers=1, page_seconds=Duration(1))
    assert "bridge" in with_workers(settings, use)


def test_a_page_that_needs_too_much_memory_is_refused_and_the_next_one_is_read() -> None:
    bomb = "<html><body>" + "<i>a</i>" * 1_200_000

    async def use(workers: Workers) -> str:
        with pytest.raises(Refused, match="refused"):
            await workers.extract(page(URL, bomb), RULES, None)
        return (await workers.extract(page(URL, GOOD), RULES, None)).text

    settings = ExtractSettings(workers=1, worker_memory=Size(300 << 20))
    assert "bridge" in with_workers(settings, use)


def test_a_worker_killed_from_outside_is_no_verdict_on_the_page() -> None:
    async def use(workers: Workers) -> str:
        await workers.extract(page(URL, GOOD), RULES, None)
        for child in asyncio.all_tasks():
            assert child
        os.kill(_child(), signal.SIGKILL)
        with pytest.raises(Refused) as caught:
            await workers.extract(page(URL, GOOD), RULES, None)
        assert not caught.value.final
        return (await workers.extract(page(URL, GOOD), RULES, None)).text

    assert "bridge" in with_workers(ExtractSettings(workers=1), use)


def _child() -> int:
    """The one worker among the children of this process; other tests may have left helpers of their own."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    [child] = [one for one in children if b"scraper.worker" in Path(f"/proc/{one}/cmdline").read_bytes()]
    return int(child)


def test_a_login_page_in_place_of_a_feed_is_said_so() -> None:
    async def use(workers: Workers) -> None:
        with pytest.raises(Refused, match="login"):
            await workers.read_feed(b"<html><input type=password></html>", URL, "text/html")

    with_workers(ExtractSettings(workers=1), use)
