"""What bulk work runs on: an Executor of the standard library, here or on a Dask cluster."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

GONE = "the cluster went away; the same command does what is left"
_RETRIES = 5  # of a task that fails on one worker: another may have room, or see the file


class EngineMissing(Exception):
    """The engine cannot be had, with what to do in one sentence."""


class EngineLost(Exception):
    """The engine went away in the middle of its work, with what to do in one sentence."""


@contextmanager
def open_engine(name: str, *, workers: int = 0, scheduler: str = "") -> Iterator[tuple[Executor, int]]:
    """An executor and how many tasks it works on at once. Raises EngineMissing.

    `processes`: threads of this process, each with a killable worker process; `dask`: the cluster at that address.
    """
    if name == "dask":
        with _dask(scheduler) as engine:
            yield engine
        return
    count = workers or len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(count) as executor:
        yield executor, count


@contextmanager
def _dask(scheduler: str) -> Iterator[tuple[Executor, int]]:
    try:
        from distributed import Client  # noqa: PLC0415 (an extra, and slow to load)
    except ImportError as error:
        raise EngineMissing("the engine dask needs its extra: pip install 'dateline[cluster]'") from error
    if not scheduler:
        raise EngineMissing("the engine dask needs the address of its scheduler: --scheduler tcp://HOST:8786")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what it has to tell, the commands tell
    try:
        client: Any = Client(scheduler, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise EngineMissing(f"{scheduler}: no Dask scheduler answers there ({error})") from error
    with client:
        count = sum(client.nthreads().values())
        if not count:
            raise EngineMissing(f"{scheduler}: the cluster has no workers; start one with `dask worker {scheduler}`")
        _insist(client)
        yield client.get_executor(pure=False, retries=_RETRIES), count


def _insist(client: Any) -> None:
    """Raise EngineMissing for a worker that does not have the same Dateline: it would die of its first task."""
    here = _mark()()
    for worker, there in client.run(_mark(), on_error="return").items():
        if there != here:
            raise EngineMissing(f"the worker {worker} has another Dateline, or none: {there!s}; here it is {here}")


def _mark() -> Callable[[], str]:
    """A function that tells one Dateline from another, and can be sent to where there is none: it is in no module."""

    def mark() -> str:
        from importlib.metadata import version  # noqa: PLC0415 (all that it needs travels in it)

        from scraper.extract import EXTRACTOR  # noqa: PLC0415

        return f"{version('dateline')}, {EXTRACTOR}"

    return mark


def spread(
    executor: Executor, work: Callable[[Item], Result], items: Iterable[Item], at_once: int
) -> Iterator[tuple[Item, "Future[Result]"]]:
    """Every item with its finished future, as they come; never more than `at_once` are handed out.

    Raises EngineLost.
    """
    left = iter(items)
    running: dict[Future[Result], Item] = {}
    while True:
        while len(running) < at_once and (item := next(left, None)) is not None:
            running[executor.submit(work, item)] = item
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        if any(future.cancelled() for future in done):  # nobody else cancels one
            raise EngineLost(GONE)
        for future in done:
            yield running.pop(future), future
