"""An article is found by its address as people type it."""

from contextlib import closing
from pathlib import Path

import pytest

from dateline.find import article_of
from storage.backends import open_library
from tests.dateline import newsroom

EDITED = newsroom.EDITED.removeprefix("https://").removesuffix("/")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("find") / "dateline.db"
    newsroom.fill(path, 20)
    return path


@pytest.mark.parametrize(
    "typed",
    [
        newsroom.EDITED,
        EDITED,
        f"https://{EDITED}",
        f"www.{EDITED}/",
        f"https://www.{EDITED}?utm_source=letter#top",
        f"{EDITED.upper()[:5]}{EDITED[5:]}",
    ],
)
def test_an_address_may_be_typed_as_browsers_show_it(archive: Path, typed: str) -> None:
    with closing(open_library(str(archive))) as library:
        found = article_of(library, typed)
    assert found
    assert found.url == newsroom.EDITED


@pytest.mark.parametrize("typed", ["", "999", "[", "http://[", "https://", "www.", "/", f"{EDITED}/more", "a:x", "://"])
def test_what_is_no_address_is_none(archive: Path, typed: str) -> None:
    with closing(open_library(str(archive))) as library:
        assert article_of(library, typed) is None
