"""What strangers put into titles, names, addresses and texts never reaches a terminal, a log or a link as it was."""

import asyncio
import json
import logging
import re
from contextlib import closing
from html import escape
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dateline.__main__ import cli
from dateline.logs import set_up
from scraper.pipeline import Walk, archive_feeds
from scraper.settings import ExtractSettings, ScheduleSettings
from scraper.workers import Workers
from storage.backends import open_archive, open_library
from storage.records import ArticleRow, FeedState, Query
from tests.fakes import Answer, Ear, ScriptedFetcher, page
from tests.hostile.corpus import story
from tests.hostile.payloads import STRINGS

FEED = "https://harbour.example/feed/"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
OBEYED = re.compile(rf"{CONTROL.pattern}|[\u202a-\u202e\u2066-\u2069]")  # the direction of writing, too
SHORT = {name: text for name, text in STRINGS.items() if len(text) < 2000}


def hostile(number: int, text: str) -> str:
    quoted = escape(text, quote=True)
    metas = "".join(
        f'<meta name="{field}" property="{field}" content="{quoted}">'
        for field in ("author", "description", "keywords", "og:site_name", "og:image", "article:section", "license")
    )
    links = f'<p>Boat {number} is told of <a href="{quoted}">in another place</a> and {quoted} there.</p>'
    other = "".join(
        f"<p>Keeper {number} lit lamp {lamp} at dusk, as on each day of week {number}.</p>" for lamp in range(9)
    )
    return story(head=metas, inside=links + other, title=escape(text)).replace(
        "<h1>Forty-two boats come home</h1>", f"<h1>{quoted} {number}</h1>"
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive in which every field of some article holds each of the strings."""
    home = tmp_path_factory.mktemp("hostile")
    urls = {f"https://harbour.example/boats/{number}/": text for number, text in enumerate(SHORT.values())}
    items = "".join(
        f"<item><title>{escape(text)}</title><link>{url}</link><guid>{escape(text)}{number}</guid>"
        f"<author>{escape(text)}</author><category>{escape(text)}</category><description>{escape(text)}</description></item>"
        for number, (url, text) in enumerate(urls.items())
    )
    feed = f"<rss version='2.0'><channel><title>{escape(SHORT['colour'])}</title>{items}</channel></rss>"
    answers: dict[str, Answer] = {
        url: page(url, hostile(number, text).encode("utf-8", "surrogatepass"))
        for number, (url, text) in enumerate(urls.items())
    }
    answers[FEED] = page(FEED, feed.encode("utf-8", "surrogatepass"))

    async def fill() -> None:
        archive, workers = open_archive(str(home / "dateline.db")), Workers(ExtractSettings())
        walk = Walk(
            archive=archive,
            fetcher=ScriptedFetcher(answers),
            workers=workers,
            schedule=ScheduleSettings(),
            listener=Ear(),
        )
        try:
            await archive_feeds(walk, await archive.subscribe([FeedState(url=FEED, category="\x1b[31mBoats \u202e")]))
        finally:
            await workers.close()
            await archive.close()

    asyncio.run(fill())
    return home


def run(folder: Path, *words: str) -> Result:
    done = CliRunner().invoke(cli, ["--db", str(folder / "dateline.db"), *words], catch_exceptions=False)
    assert done.exit_code in (0, 1), done.output
    return done


def rows(folder: Path) -> list[ArticleRow]:
    with closing(open_library(str(folder / "dateline.db"))) as library:
        return list(library.articles(Query()))


def test_every_article_is_archived_and_its_words_are_clean(folder: Path) -> None:
    found = rows(folder)
    assert len(found) >= len(SHORT) - 1
    for row in found:
        assert "lit lamp 3 at dusk" in row.text
        for value in (
            row.title,
            row.text,
            row.markup,
            row.summary,
            row.section,
            row.url,
            row.image,
            *row.authors,
            *row.tags,
        ):
            assert not CONTROL.search(value), (row.id, value)


def test_links_lead_to_the_web_alone_and_markup_holds_no_script(folder: Path) -> None:
    for row in rows(folder):
        assert row.url.startswith("https://harbour.example/")
        assert not row.image or row.image.startswith(("http://", "https://"))
        links = re.findall(r'href="([^"]*)"', row.markup)
        assert all(link.startswith(("http://", "https://")) for link in links), links
        assert not re.search(r"<(?:script|img|svg|iframe|style)|\son\w+=", re.sub(r"&lt;.*?&gt;", "", row.markup))


@pytest.mark.parametrize("words", [("show", "{}"), ("show", "--markup", "{}"), ("why", "{}"), ("diff", "{}")])
def test_what_is_shown_of_an_article_holds_nothing_that_a_terminal_obeys(folder: Path, words: tuple[str, ...]) -> None:
    for row in (one for one in rows(folder) if not one.id % 5 or "\u202e" in one.title):
        shown = run(folder, *(word.format(row.url) for word in words))
        assert not OBEYED.search(shown.output), repr(shown.output)


@pytest.mark.parametrize(
    "words",
    [
        ("search", "boat", "-n", "999"),
        ("changes",),
        ("status",),
        ("export", "jsonl"),
        ("--json", "search", "boat"),
        ("export", "csv"),
    ],
)
def test_lists_hold_nothing_that_a_terminal_obeys(folder: Path, words: list[str]) -> None:
    shown = run(folder, *words).output.replace("\r\n", "\n")
    wrong = CONTROL if "export" in words else OBEYED
    assert not wrong.search(shown), repr(wrong.search(shown))


def test_csv_cells_are_never_formulas(folder: Path) -> None:
    cells = re.findall(r'(?:^|,)"?([=+@\t-][^,]*)', run(folder, "export", "csv").output)
    assert [cell for cell in cells if cell.startswith(("=", "@", "+1+1", "\t"))] == []


def test_a_page_as_json_holds_nothing_that_a_terminal_obeys_and_says_the_same(tmp_path: Path) -> None:
    said = "the keeper \x1b]0;owned\x07 of \x9b31m boats \u202egpj.exe\u2028 and more"
    file = tmp_path / "page.html"
    file.write_text(story(inside=f"<p>The harbour was told of {said}.</p>"), "utf-8")
    shown = CliRunner().invoke(cli, ["extract", str(file)], catch_exceptions=False).output
    assert not OBEYED.search(shown.rstrip("\n"))
    assert "\x9b31m boats \u202egpj.exe" in json.loads(shown)["text"]


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("name", SHORT)
def test_a_log_line_is_one_line_and_harmless(capsys: pytest.CaptureFixture[str], form: str, name: str) -> None:
    before = logging.getLogger().handlers[:]
    try:
        set_up(form, logging.INFO)
        logging.getLogger("dateline").info("article %s", SHORT[name], extra={"url": SHORT[name]})
    finally:
        logging.getLogger().handlers[:] = before
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert not OBEYED.search(line), repr(line)
    if form == "json":
        assert json.loads(line)
