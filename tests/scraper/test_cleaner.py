"""Cleaning in bulk: a batch is answered page by page, whatever becomes of the worker."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scraper.cleaner import Cleaner, clean_batch
from scraper.settings import ExtractSettings
from scraper.tasks import ExtractTask
from storage.records import SiteRules
from tests.fakes import ENDLESS, GOOD, SHORT_OF_ENDLESS, page


def task(body: str) -> ExtractTask:
    return ExtractTask(page("https://news.example/story/", body), SiteRules(), None)


@pytest.fixture
def cleaner() -> Iterator[Cleaner]:
    made = Cleaner(ExtractSettings(page_seconds=SHORT_OF_ENDLESS))
    yield made
    made.close()


def test_a_page_that_costs_too_much_is_answered_with_the_reason_and_the_others_are_read(cleaner: Cleaner) -> None:
    first, bomb, last = cleaner.clean([task(GOOD), task(ENDLESS), task(GOOD)])
    assert bomb.refused.startswith("refused")
    assert first.article
    assert last.article
    assert "bridge" in first.article.text == last.article.text


def test_a_worker_killed_from_outside_is_replaced_and_its_page_is_read(cleaner: Cleaner) -> None:
    answers = cleaner.clean(task(GOOD) for _ in range(3))
    assert next(answers).article
    [child] = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()[-1:]
    os.kill(int(child), signal.SIGKILL)
    assert all(answer.article for answer in answers)


def test_a_batch_goes_to_the_worker_of_its_thread() -> None:
    with ThreadPoolExecutor(1) as thread:  # and ends with it
        [answer] = thread.submit(clean_batch, [task(GOOD)], ExtractSettings()).result()
    assert answer.article
