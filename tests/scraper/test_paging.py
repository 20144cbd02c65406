"""Articles on several pages: archived as one, whole, whatever their pages are called."""

import asyncio
import io
import sqlite3
import zlib
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from scraper.bulk import Job, make_part
from scraper.fetch import FetchError
from scraper.numbering import first_page, is_page
from scraper.parts import of_row, read_part
from scraper.pipeline import Walk
from scraper.revisits import revisit
from scraper.settings import ExtractSettings
from storage.backends import open_archive, open_library
from storage.export.warc import export_warc
from storage.records import Outcome, Page, Query
from tests.fakes import NOW, Answer, page
from tests.scraper.past import Past
from tests.scraper.test_pipeline import SPORT, STORY, WORLD, Room, rss

LAST = "The harbour office closed its doors behind the last of them at nine."


def part(number: int, of: int, *, box: str = "div") -> str:
    """One page of a story, with the links to all of them below its text."""
    words = "".join(
        f"<p>On day {n} of part {number} the harbour engineers said that the cable number {n * number} of the bridge "
        f"would be replaced, tested and painted before the trains of line {n + 7 * number} cross it again.</p>"
        for n in range(1, 6)
    )
    end = f"<p>{LAST}</p>" if number == of else ""
    links = "".join(f"<a href='{STORY}{f'{n}/' if n > 1 else ''}'>{n}</a> " for n in range(1, of + 1))
    return (
        "<html lang=en><head><title>Bridge - News</title><meta property='og:type' content='article'></head>"
        f"<body><nav><a href=/>Home</a></nav><article><h1>Bridge</h1>{words}{end}</article>"
        f"<{box} class=pager>Pages: {links}</{box}></body></html>"
    )


def moved(answers: dict[str, Answer], asked: str, to: str) -> None:
    """Have one address lead to another one, whose page is scripted."""
    there = answers[to]
    assert isinstance(there, Page)
    answers[asked] = msgspec.structs.replace(there, url=asked, hops=(asked,))


def changed(room: Room, old: str, new: str, hours: int) -> None:
    """Have every page of the story say something else."""
    for url, answer in room.fetcher.answers.items():
        if url.startswith(STORY) and isinstance(answer, Page):
            body = answer.body.replace(old.encode(), new.encode())
            room.fetcher.answers[url] = msgspec.structs.replace(answer, body=body, fetched=NOW + timedelta(hours=hours))


def after(hours: int) -> Callable[[Walk], Awaitable[None]]:
    """The visits that are due by then."""

    async def visit(walk: Walk) -> None:
        walk.clock = lambda: NOW + timedelta(hours=hours)
        await revisit(walk)

    return visit


def exported(room: Room) -> bytes:
    file = io.BytesIO()
    with closing(open_library(room.path)) as library:
        export_warc(library, Query(), file)
    return file.getvalue()


def imported(folder: Path, warc: bytes) -> Past:
    folder.mkdir()
    (folder / "all.warc.gz").write_bytes(warc)
    past = Past(folder, {})
    past.backfill("warc", str(folder / "all.warc.gz"))
    return past


def parts(text: str) -> list[int]:
    """Of which parts of the story this is made."""
    return [n for n in range(1, 9) if f"of part {n} " in text]


def world(tmp_path: Path, parts: int = 3, box: str = "div") -> Room:
    answers: dict[str, Answer] = {WORLD: page(WORLD, rss((STORY, "Bridge"))), SPORT: page(SPORT, rss())}
    answers |= {
        url: page(url, part(n, parts, box=box))
        for n in range(1, parts + 1)
        if (url := STORY + (f"{n}/" if n > 1 else ""))
    }
    return Room(tmp_path, answers)


@pytest.mark.parametrize(
    ("own", "second"),
    [
        ("https://n.example/2026/bridge/", "https://n.example/2026/bridge/2/"),
        ("https://n.example/2026/bridge", "https://n.example/2026/bridge/2"),
        ("https://n.example/2026/bridge", "https://n.example/2026/bridge/page/2/"),
        ("https://n.example/?p=71", "https://n.example/?p=71&page=2"),
        ("https://n.example/bridge?page=1", "https://n.example/bridge?page=2"),
        ("https://n.example/bridge?id=7", "https://n.example/bridge?id=7&seite=2"),
        ("https://n.example/a/71.html", "https://n.example/a/71_2.html"),
        ("https://n.example/a/71.html", "https://n.example/a/71-2.html"),
        ("https://n.example/a/71.shtml", "https://n.example/a/71_02.shtml"),
        ("https://n.example/a/", "https://n.example/a/index_2.html"),
        ("https://n.example/a/index.html", "https://n.example/a/index_2.html"),
        ("https://n.example/bridge", "https://n.example/bridge/seite-2"),
        ("https://n.example/bridge", "https://n.example/bridge?page=2"),
        ("https://n.example/read/1/bridge", "https://n.example/read/1/bridge?hal=2"),
        ("https://n.example/bridge?utm_source=rss", "https://n.example/bridge?page=2"),
        ("https://n.example/bridge/", "http://www.n.example/bridge/2/"),
        ("https://n.example/%e6%a9%8b/", "https://N.example:443/%E6%A9%8B/2/"),
    ],
)
def test_addresses_of_second_pages(own: str, second: str) -> None:
    assert is_page(own, second, 2)
    assert not is_page(own, second, 3)


@pytest.mark.parametrize(
    ("own", "other"),
    [
        ("https://n.example/2026/bridge/", "https://n.example/2026/bridge-2/"),  # another story of that name
        ("https://n.example/2026/bridge/", "https://n.example/2026/bridges/2/"),
        ("https://n.example/2026/bridge/", "https://n.example/2026/bridge/comment-page-2/"),
        ("https://n.example/2026/bridge/", "https://n.example/2026/bridge/2024/"),
        ("https://n.example/2026/bridge/", "https://n.example/2026/bridge/?replytocom=2"),
        ("https://n.example/2026/bridge/", "https://m.example/2026/bridge/2/"),
        ("https://n.example/?p=71", "https://n.example/?p=2"),
        ("https://n.example/", "https://n.example/2/"),
        ("https://n.example/a?id=7", "https://n.example/a?id=8&page=2"),
        ("https://n.example/part-1", "https://n.example/part-2"),
    ],
)
def test_addresses_of_others(own: str, other: str) -> None:
    assert not is_page(own, other, 2)


@pytest.mark.parametrize("box", ["div", "nav"])
def test_a_story_on_three_pages_is_one_article_that_has_all_of_it(tmp_path: Path, box: str) -> None:
    room = world(tmp_path, box=box)
    assert [one.outcome for one in room.poll().articles] == [Outcome.NEW]
    [row] = room.articles()
    assert row.text.startswith("On day 1 of part 1")
    assert row.text.endswith(LAST)
    assert [row.text.count(f"of part {n}") for n in (1, 2, 3)] == [5, 5, 5]
    assert row.markup.count("<p>") == 16
    assert "Pages:" not in row.text
    with closing(open_library(room.path)) as library:
        assert library.article(f"{STORY}3/") is not None
        [kept] = library.pages(row.id)
    assert [one.url for one in kept.more] == [f"{STORY}2/", f"{STORY}3/"]
    asked = len(room.fetcher.asked)
    room.fetcher.answers[WORLD] = page(WORLD, rss((STORY, "Bridge"), (f"{STORY}2/", "Bridge, page two")))
    assert room.poll().articles == []
    assert len(room.fetcher.asked) == asked + 2


def test_cleaned_again_it_has_all_of_it_still(tmp_path: Path) -> None:
    room = world(tmp_path)
    room.poll()
    [before] = room.articles()

    async def stored() -> Page:
        archive = open_archive(room.path)
        try:
            return (await archive.stored(before.id)).page
        finally:
            await archive.close()

    assert [one.url for one in asyncio.run(stored()).more] == [f"{STORY}2/", f"{STORY}3/"]


@pytest.mark.parametrize("comments", [True, False])
def test_pages_of_comments_are_none_of_the_articles(tmp_path: Path, comments: bool) -> None:
    html = part(1, 1).replace(
        "<div class=pager>", f"<div class={'comments' if comments else 'pager'}><a href='?page=2'>2</a>"
    )
    room = world(tmp_path, 1)
    room.fetcher.answers |= {STORY: page(STORY, html), f"{STORY}?page=2": page(f"{STORY}?page=2", html)}
    room.poll()
    [row] = room.articles()
    assert row.text.count("of part 1") == 5
    assert (f"{STORY}?page=2" in room.fetcher.asked) is not comments
    with closing(sqlite3.connect(room.path)) as db:
        assert db.execute("SELECT count(*) FROM next_page").fetchone() == (0,)


def test_a_new_article_waits_for_its_later_pages_but_not_for_ever(tmp_path: Path) -> None:
    room = world(tmp_path)
    later = room.fetcher.answers[f"{STORY}3/"]
    room.fetcher.answers[f"{STORY}3/"] = FetchError("timed out")
    assert [one.outcome for one in room.poll().articles] == [Outcome.FAILED]
    assert room.articles() == []
    room.fetcher.answers[f"{STORY}3/"] = later
    room.poll()
    assert LAST in room.articles()[0].text

    (tmp_path / "never").mkdir()
    room = world(tmp_path / "never")
    room.fetcher.answers[f"{STORY}3/"] = FetchError("timed out")
    outcomes = [one.outcome for _ in range(3) for one in room.poll().articles]
    assert outcomes == [Outcome.FAILED, Outcome.FAILED, Outcome.NEW]
    [row] = room.articles()
    assert "of part 2" in row.text
    assert LAST not in row.text


def test_an_archived_article_is_not_cut_short_when_a_later_page_fails(tmp_path: Path) -> None:
    room = world(tmp_path)
    room.poll()
    [before] = room.articles()
    edited = part(1, 3).replace("of part 1", "of the first part")
    room.fetcher.answers |= {STORY: page(STORY, edited), f"{STORY}3/": FetchError("timed out")}

    for hours in (2, 30, 60, 100):
        room.poll(after(hours))
        assert room.articles()[0].text == before.text
    room.fetcher.answers[f"{STORY}3/"] = page(f"{STORY}3/", part(3, 3))
    room.poll(after(400))
    [row] = room.articles()
    assert row.revision == 2
    assert "of the first part" in row.text
    assert row.text.endswith(LAST)


def test_a_page_that_is_not_there_is_the_end(tmp_path: Path) -> None:
    room = world(tmp_path)
    room.fetcher.answers[f"{STORY}3/"] = FetchError("404 Not Found", status=404)
    assert [one.outcome for one in room.poll().articles] == [Outcome.NEW]
    assert "of part 2" in room.articles()[0].text


def test_an_export_to_warc_and_back_keeps_all_of_it(tmp_path: Path) -> None:
    room = world(tmp_path)
    room.poll()
    [before] = room.articles()
    file = io.BytesIO()
    with closing(open_library(room.path)) as library:
        assert export_warc(library, Query(), file) == 1
    (tmp_path / "all.warc.gz").write_bytes(file.getvalue())
    (tmp_path / "past").mkdir()
    past = Past(tmp_path / "past", {})
    assert past.backfill("warc", str(tmp_path / "all.warc.gz")).counts["new"] == 1
    with closing(open_library(past.path)) as library:
        [after] = library.articles(Query())
        assert (after.url, after.title, after.text) == (before.url, before.title, before.text)
        assert after.revision == 1
        [kept] = library.pages(after.id)
        assert [one.url for one in kept.more] == [f"{STORY}2/", f"{STORY}3/"]


@pytest.mark.parametrize("canonical", [True, False])
def test_a_later_page_that_is_named_by_itself_takes_nothing_away(tmp_path: Path, canonical: bool) -> None:
    room = world(tmp_path)
    if canonical:
        changed(room, "<title>", f"<link rel=canonical href='{STORY}'><title>", 0)
    items = ((STORY, "Bridge"), (f"{STORY}2/", "Bridge, page two"), (f"{STORY}3/", "Bridge, page three"))
    room.fetcher.answers[WORLD] = page(WORLD, rss(*items))
    room.poll()
    updated = rss(*items).replace("</guid>", "</guid><pubDate>Tue, 24 Nov 2026 13:00:00 GMT</pubDate>")
    room.fetcher.answers[WORLD] = page(WORLD, updated)
    room.poll(after(3))
    [row] = room.articles()
    assert (row.url, row.revision, parts(row.text)) == (STORY, 1, [1, 2, 3])


def test_a_later_page_that_names_the_first_one_brings_all_of_it(tmp_path: Path) -> None:
    room = world(tmp_path)
    changed(room, "<title>", f"<link rel=canonical href='{STORY}'><title>", 0)
    room.fetcher.answers[WORLD] = page(WORLD, rss((f"{STORY}2/", "Bridge")))
    room.poll()
    [row] = room.articles()
    assert (row.url, parts(row.text)) == (STORY, [1, 2, 3])


def test_parameters_that_the_page_s_own_address_lacks_hide_no_page(tmp_path: Path) -> None:
    room = world(tmp_path)
    changed(room, "<title>", f"<link rel=canonical href='{STORY}'><title>", 0)
    for n in (1, 2, 3):
        changed(room, f"'{STORY}{n}/'", f"'{STORY}?page={n}'", 0)
    answers = room.fetcher.answers
    for asked, to in (("?source=rss", ""), ("?page=2", "2/"), ("?page=3", "3/")):
        there = answers[STORY + to]
        assert isinstance(there, Page)
        answers[STORY + asked] = page(STORY + asked, there.body)
    answers[WORLD] = page(WORLD, rss((f"{STORY}?source=rss", "Bridge")))
    room.poll()
    assert parts(room.articles()[0].text) == [1, 2, 3]


def test_links_that_are_redirected_or_relative_lead_to_its_pages(tmp_path: Path) -> None:
    room = world(tmp_path)
    changed(room, f"href='{STORY}", f"href='{STORY.replace('https', 'http')}", 0)
    for n in (2, 3):
        moved(room.fetcher.answers, f"{STORY.replace('https', 'http')}{n}/", f"{STORY}{n}/")
    room.poll()
    assert parts(room.articles()[0].text) == [1, 2, 3]

    (tmp_path / "based").mkdir()
    room = world(tmp_path / "based")
    changed(room, f"href='{STORY}", "href='2026/11/bridge/", 0)
    changed(room, "<title>", "<base href=/><title>", 0)
    room.poll()
    assert parts(room.articles()[0].text) == [1, 2, 3]


def test_a_last_page_that_says_little_behind_what_stands_on_all_of_them_is_one(tmp_path: Path) -> None:
    lead = (
        "<p>The old bridge over the harbour is to be renewed from Monday on, says the ministry of transport, and for "
        "two years no train will cross it on its way to the islands.</p><p>What that means for the people of the "
        "town, what it will cost and who is to pay for it, and why it took them so long to begin.</p>"
    )
    room = world(tmp_path)
    end = part(3, 3)
    end = end[: end.index("<p>")] + f"<p>{LAST}</p>" + end[end.index("</article>") :]
    room.fetcher.answers[f"{STORY}3/"] = page(f"{STORY}3/", end)
    changed(room, "<h1>Bridge</h1>", f"<h1>Bridge</h1>{lead}", 0)
    room.poll()
    [row] = room.articles()
    assert parts(row.text) == [1, 2]
    assert row.text.count("no train will cross it") == 1
    assert row.text.endswith(LAST)


WALL = (
    "<html><title>One moment</title><body><p>Checking your browser before you go on. Enable cookies.</p></body></html>"
)


@pytest.mark.parametrize("wall", [page(f"{STORY}2/", WALL), FetchError("403 Forbidden", status=403)])
def test_a_wall_before_a_later_page_takes_nothing_from_an_archived_article(tmp_path: Path, wall: Answer) -> None:
    room = world(tmp_path)
    room.poll()
    changed(room, "engineers", "workers", 3)
    room.fetcher.answers[f"{STORY}2/"] = wall
    for hours in (3, 40, 90):
        room.poll(after(hours))
    [row] = room.articles()
    assert (row.revision, parts(row.text)) == (1, [1, 2, 3])
    for hours in (200, 400, 800):  # and then it is believed
        room.poll(after(hours))
    [row] = room.articles()
    assert (row.revision, parts(row.text)) == (2, [1])


@pytest.mark.parametrize("left", [1, 2, 4])
def test_its_revisions_are_exported_with_the_pages_that_each_had(tmp_path: Path, left: int) -> None:
    room = world(tmp_path)
    room.poll()
    for n in range(1, 5):
        url = STORY + (f"{n}/" if n > 1 else "")
        room.fetcher.answers[url] = page(url, part(n, left)) if n <= left else FetchError("404", status=404)
    changed(room, "engineers", "workers", 3)
    room.poll(after(3))
    past = imported(tmp_path / "past", exported(room))
    texts = [parts(text) for (text,) in past.rows("SELECT text FROM revision WHERE text IS NOT NULL")]
    with closing(open_library(past.path)) as library:
        [row] = library.articles(Query())
        pages = [len(one.more) + 1 for one in library.pages(row.id)]
    assert (row.revision, parts(row.text)) == (2, list(range(1, left + 1)))
    assert texts == [[1, 2, 3]]
    assert pages == [3, left]


def test_what_was_archived_by_itself_before_is_missing_in_no_export(tmp_path: Path) -> None:
    room = world(tmp_path)
    room.fetcher.answers[WORLD] = page(WORLD, rss((f"{STORY}2/", "Bridge")))
    room.poll()
    room.fetcher.answers[WORLD] = page(WORLD, rss((f"{STORY}2/", "Bridge"), (STORY, "Bridge")))
    room.poll()
    past = imported(tmp_path / "past", exported(room))
    found = {url: parts(text) for url, text in past.rows("SELECT url, text FROM article")}
    assert found == {f"{STORY}2/": [2], STORY: [1, 2, 3]}


@pytest.mark.parametrize("number", [2, 3, 4])
def test_damage_to_one_later_page_takes_no_other_one(tmp_path: Path, number: int) -> None:
    room = world(tmp_path, 4)
    room.fetcher.answers[WORLD] = page(WORLD, rss((STORY, "Bridge")))
    room.poll()
    records, rest = [], exported(room)
    while rest:
        unpacked = zlib.decompressobj(wbits=31)
        unpacked.decompress(rest)
        records.append(rest[: len(rest) - len(unpacked.unused_data)])
        rest = unpacked.unused_data
    middle = len(records[number - 1]) // 2
    records[number - 1] = records[number - 1][:middle] + bytes(9) + records[number - 1][middle + 9 :]
    past = imported(tmp_path / "past", b"".join(records))
    [(text,)] = past.rows("SELECT text FROM article")
    assert parts(text) == [n for n in (1, 2, 3, 4) if n != number]


def test_a_part_has_all_of_its_pages(tmp_path: Path) -> None:
    room = world(tmp_path)
    room.poll()
    file = tmp_path / "all.warc.gz"
    file.write_bytes(exported(room))
    (tmp_path / "parts").mkdir()
    make_part(Job(str(file), str(tmp_path / "parts"), ExtractSettings(workers=1)))
    [part_of_all] = (tmp_path / "parts").glob("*.parquet")
    [(_, [row])] = read_part(part_of_all)
    kept, _, article = of_row(row)
    assert parts(article.text) == [1, 2, 3]
    assert [(one.url, b"of part 2" in one.body) for one in kept.more] == [(f"{STORY}2/", True), (f"{STORY}3/", False)]


def test_a_later_page_is_told_from_what_it_calls_its_own_address() -> None:
    first = "https://n.example/?p=71"
    assert first_page("https://n.example/?p=71&page=2", first) == first
    assert first_page("https://n.example/bridge/3/?utm_source=x", "https://n.example/bridge/") != ""
    assert first_page("https://n.example/bridge/3/", "https://n.example/bridge/3/") == ""
    assert first_page("https://n.example/bridge?id=12", "https://n.example/bridge") == ""
