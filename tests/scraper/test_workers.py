"""Worker processes: limits hold, and a killed worker harms nobody else."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from scraper.settings import ExtractSettings, Size
from scraper.workers import Refused, Workers, surroundings
from storage.records import SiteRules
from tests.fakes import ENDLESS, GOOD, SHORT_OF_ENDLESS, page

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


def test_a_page_is_cleaned_in_a_worker() -> None:
    article = with_workers(ExtractSettings(workers=1), lambda workers: workers.extract(page(URL, GOOD), RULES, None))
    assert "bridge opened again" in article.text


def test_a_worker_is_told_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_WEB__TOKEN", "correct horse battery")
    assert "correct horse battery" not in surroundings().values()


def test_a_page_that_costs_too_much_is_refused_and_the_next_one_is_read() -> None:
    async def use(workers: Workers) -> str:
        with pytest.raises(Refused, match="too costly") as caught:
            await workers.extract(page(URL, ENDLESS), RULES, None)
        assert caught.value.killed
        return (await workers.extract(page(URL, GOOD), RULES, None)).text

    settings = ExtractSettings(workers=1, page_seconds=SHORT_OF_ENDLESS)
    assert "bridge" in with_workers(settings, use)


def test_a_page_that_needs_too_much_memory_is_refused_and_the_next_one_is_read() -> None:
    long = GOOD + "x" * (60 << 20)

    async def use(workers: Workers) -> str:
        with pytest.raises(Refused, match="memory") as caught:
            await workers.extract(page(URL, long), RULES, None)
        assert caught.value.killed
        return (await workers.extract(page(URL, GOOD), RULES, None)).text

    settings = ExtractSettings(workers=1, worker_memory=Size(300 << 20))
    assert "bridge" in with_workers(settings, use)


def test_a_worker_that_holds_too_much_memory_gives_its_answer_and_makes_room() -> None:
    async def use(workers: Workers) -> tuple[int, int]:
        before = _children()
        await workers.extract(page(URL, GOOD), RULES, None)
        [first] = _children() - before
        large = GOOD + "<p>One of very many lines of text" * 450_000
        assert "bridge" in (await workers.extract(page(URL, large), RULES, None)).text
        await workers.extract(page(URL, GOOD), RULES, None)
        [second] = _children() - before
        return first, second

    first, second = with_workers(ExtractSettings(workers=1), use)
    assert first != second


def test_a_worker_killed_from_outside_is_no_verdict_on_the_page() -> None:
    async def use(workers: Workers) -> str:
        before = _children()
        await workers.extract(page(URL, GOOD), RULES, None)
        [child] = _children() - before
        os.kill(child, signal.SIGKILL)
        with pytest.raises(Refused) as caught:
            await workers.extract(page(URL, GOOD), RULES, None)
        assert not caught.value.final
        return (await workers.extract(page(URL, GOOD), RULES, None)).text

    assert "bridge" in with_workers(ExtractSettings(workers=1), use)


def _children() -> set[int]:
    """The workers among the children of this process; other tests may have left some."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    return {int(one) for one in children if b"scraper.worker" in Path(f"/proc/{one}/cmdline").read_bytes()}


def test_a_login_page_in_place_of_a_feed_is_said_so() -> None:
    async def use(workers: Workers) -> None:
        with pytest.raises(Refused, match="login"):
            await workers.read_feed(page(URL, "<html><input type=password></html>"))

    with_workers(ExtractSettings(workers=1), use)


def test_no_feed_is_fetched_while_documents_of_many_bytes_wait_for_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scraper.workers._MOST_HELD", 3 * len(GOOD))

    async def use(workers: Workers) -> tuple[bool, ...]:
        await workers.space()
        waiting = [asyncio.create_task(workers.extract(page(URL, GOOD), RULES, None)) for _ in range(4)]
        await asyncio.sleep(0)
        asking = asyncio.create_task(workers.space())
        await asyncio.sleep(0)
        blocked = not asking.done()
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        await asking
        open_again = not all(task.done() for task in waiting)
        await asyncio.gather(*waiting)
        return blocked, open_again

    assert with_workers(ExtractSettings(workers=1), use) == (True, True)
