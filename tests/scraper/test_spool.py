"""What was fetched and not archived when the process was killed is not asked for again."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from scraper.spool import Spool
from storage.records import Page
from tests.fakes import Answer, ScriptedFetcher, page

URL = "https://news.example/story"


def brought(folder: Path, answer: Answer, times: int = 2, between: bytes | None = None) -> list[str]:
    """What the network is asked for when the page is wanted several times, each time by another process."""
    fetcher = ScriptedFetcher({URL: answer})
    for _ in range(times):
        got = asyncio.run(Spool(fetcher, folder).get(URL))
        assert got.body == b"text"
        if between is not None:
            [file] = folder.iterdir()
            file.write_bytes(between)
    return fetcher.asked


def fresh(age: timedelta = timedelta(0)) -> Page:
    return msgspec.structs.replace(page(URL, "text"), fetched=datetime.now(UTC) - age)


def test_a_page_is_asked_for_once_until_all_is_archived(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    assert brought(folder, fresh()) == [URL]
    Spool(ScriptedFetcher({}), folder).clear()
    assert not folder.exists()
    assert brought(folder, fresh()) == [URL]


def test_what_is_old_or_was_cut_short_is_asked_for_again(tmp_path: Path) -> None:
    assert brought(tmp_path / "old", fresh(timedelta(days=2))) == [URL, URL]
    assert brought(tmp_path / "cut", fresh(), between=b"\x85\xa3url") == [URL, URL]


def test_a_disk_that_takes_nothing_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert brought(tmp_path / "file" / "spool", fresh()) == [URL, URL]
