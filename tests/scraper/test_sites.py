"""What a site repeats is learned, gone from early articles too, and nothing that a newsroom repeats on purpose is."""

from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.reprints import stories
from storage.backends import open_library
from storage.boilerplate import is_boilerplate, layout_alarm
from storage.records import Outcome
from tests.dateline.site import Answer, Handler, configure, dateline, serve
from tests.fakes import page
from tests.scraper.test_pipeline import SPORT, WORLD, Room, rss

PROMPT = "Our reporters are in the valley every day, and they answer your letters from the desk by the window."
BACKGROUND = "The bridge was closed nine months ago after inspectors had found cracks in two of its four pillars."
SITE = "https://news.example"


def article(number: int, design: int = 0, *, more: str = "", prompt: str = PROMPT) -> str:
    paragraphs = [f"<p>{line}</p>" for line in stories(20, seed=5)[number]]
    if number % 3 == 0:
        paragraphs.insert(4, f"<p>{BACKGROUND}</p>")
    body = {
        0: f"{''.join(paragraphs)}<p>{prompt}</p>",
        1: f"<div class=note><p>{prompt}</p></div>{''.join(paragraphs)}",
        2: f"{''.join(paragraphs[:3])}<div class=promo-line>{prompt}</div>{''.join(paragraphs[3:])}",
        3: f"{''.join(paragraphs)}<p>{prompt.replace(', ', ',<br>')}</p>",
    }[design]
    return (
        f"<html lang=en><head><title>Story {number}</title><meta property='og:type' content='article'></head><body>"
        f"<article><h1>The story with number {number}</h1>{body}{more}</article></body></html>"
    )


@pytest.mark.parametrize("design", [0, 1, 2, 3])
def test_a_repeated_line_is_gone_from_all_articles_the_early_ones_too(tmp_path: Path, design: int) -> None:
    links = [(f"{SITE}/{number}/", f"Story {number}") for number in range(12)]
    answers = {url: page(url, article(number, design)) for number, (url, _) in enumerate(links)}
    room = Room(tmp_path, {WORLD: page(WORLD, rss(*links)), SPORT: page(SPORT, rss()), **answers})
    assert {report.outcome for report in room.poll().articles} == {Outcome.NEW}
    rows = room.articles()
    assert len(rows) == 12
    begin = PROMPT.partition(",")[0]
    assert [row.url for row in rows if begin in row.text or begin in row.markup] == []
    assert len([row.url for row in rows if BACKGROUND in row.text]) == 4
    assert {row.revision for row in rows} == {1}
    asked = len(room.fetcher.asked)
    assert asked == len(set(room.fetcher.asked))  # nothing was fetched again


def test_a_page_on_which_the_scorer_is_unsure_is_read_where_the_sites_articles_stand(tmp_path: Path) -> None:
    def framed(body: str, around: str = "") -> str:
        frame = f"<div id=main>{around}<div class='zk big'>{body}</div>{around}</div>"
        return f"<html lang=en><head><title>A story</title></head><body>{frame}</body></html>"

    texts = stories(20, seed=5)
    links = [(f"{SITE}/{number}/", f"Story {number}") for number in range(8)]
    answers = {
        url: page(
            url, framed(f"<h1>The story with number {number}</h1>" + "".join(f"<p>{p}</p>" for p in texts[number]))
        )
        for number, (url, _) in enumerate(links)
    }
    short = f"{SITE}/short/"
    wall = "".join(f"<div>{texts[number][1][:90]}</div>" for number in range(11, 15))
    answers[short] = page(short, framed(f"<div>{texts[9][0]}</div>", around=f"<div class=wq>{wall}</div>"))
    room = Room(tmp_path, {WORLD: page(WORLD, rss(*links)), SPORT: page(SPORT, rss()), **answers})
    room.poll()
    room.fetcher.answers[WORLD] = page(WORLD, rss((short, "In short"), *links))
    room.poll()
    assert room.articles()[-1].text == texts[9][0]


def test_a_page_that_comes_again_under_the_rules_learned_since_is_no_revision(tmp_path: Path) -> None:
    def feed(day: int) -> str:
        entries = "".join(
            f'<entry><title>Story {number}</title><link href="{SITE}/{number}/"/><id>{number}</id>'
            f"<updated>2026-11-{day}T10:00:00Z</updated></entry>"
            for number in range(6)
        )
        return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>World</title>{entries}</feed>'

    answers = {f"{SITE}/{number}/": page(f"{SITE}/{number}/", article(number)) for number in range(6)}
    room = Room(tmp_path, {WORLD: page(WORLD, feed(20)), SPORT: page(SPORT, rss()), **answers})
    room.poll()
    room.fetcher.answers[WORLD] = page(WORLD, feed(21))
    assert [report.outcome for report in room.poll().articles] == [Outcome.UNCHANGED] * 6
    assert {(row.revision, PROMPT in row.text) for row in room.articles()} == {(1, False)}


def test_new_states_of_one_story_teach_nothing_about_the_site(tmp_path: Path) -> None:
    links = [(f"{SITE}/live-{number}/", f"Bridge, state {number}") for number in range(6)]
    answers = {
        url: page(url, article(1, more=f"<p>At {number} in the morning the first train crossed the bridge again.</p>"))
        for number, (url, _) in enumerate(links)
    }
    room = Room(tmp_path, {WORLD: page(WORLD, rss(*links)), SPORT: page(SPORT, rss()), **answers})
    room.poll()
    story = stories(20, seed=5)[1]
    for row in room.articles():
        assert all(line in row.text for line in story)


@pytest.mark.parametrize("design", [1, 2])
def test_a_repeated_line_is_gone_whatever_its_number(tmp_path: Path, design: int) -> None:
    prompts = [f"Already {number * 517 + 12:,} readers have told us what they think of it." for number in range(12)]
    played = [f"Attendance at the ground that day: {number * 911 + 4:,} spectators." for number in range(12)]
    links, answers = [], {}
    for number in range(12):
        url = f"{SITE}/{number}/"
        text = article(number, design, prompt=prompts[number])
        if number % 3:
            third = stories(20, seed=5)[number][2]
            text = text.replace(third, f"{played[number]}</p><p>{third}")
        links.append((url, f"Story {number}"))
        answers[url] = page(url, text)
    room = Room(tmp_path, {WORLD: page(WORLD, rss(*links)), SPORT: page(SPORT, rss()), **answers})
    room.poll()
    texts = [row.text for row in room.articles()]
    assert [text for text in texts if "readers have told us" in text] == []
    assert len([text for text in texts if "Attendance at the ground" in text]) == 8


def test_the_daily_figures_of_a_site_are_its_news(tmp_path: Path) -> None:
    links, answers, wanted = [], {}, []
    for number in range(12):
        lede = f"Stocks closed {number * 7 % 5}.{number} percent higher on the exchange today."
        rain = f"In Ashford the day will bring {number * 3} millimetres of rain."
        url = f"{SITE}/{number}/"
        links.append((url, f"Story {number}"))
        answers[url] = page(url, article(number).replace("</h1>", f"</h1><p>{lede}</p><p>{rain}</p>"))
        wanted.append((lede, rain))
    room = Room(tmp_path, {WORLD: page(WORLD, rss(*links)), SPORT: page(SPORT, rss()), **answers})
    room.poll()
    texts = {row.url: row.text for row in room.articles()}
    for (url, _), lines in zip(links, wanted, strict=True):
        assert all(line in texts[url] for line in lines)


def test_the_user_may_ban_and_protect_a_line(tmp_path: Path) -> None:
    with serve({}) as site:
        paths: dict[str, Handler] = {f"/{number}/": Answer(article(number)) for number in range(6)}
        links = [(f"{site.base}/{number}/", f"Story {number}") for number in range(6)]
        site.paths |= paths | {"/feed/": Answer(rss(*links), kind="application/rss+xml")}
        configure(tmp_path, (f"{site.base}/feed/", "World"))
        dateline(tmp_path, "poll")
        host = site.base.removeprefix("http://")
        shown = dateline(tmp_path, "feeds", "boilerplate", host).stdout
        assert "dropped" in shown
        assert PROMPT in " ".join(shown.split())
        asked = len(site.log)
        dateline(tmp_path, "feeds", "boilerplate", host, "--protect", PROMPT, "--ban", BACKGROUND)
        assert len(site.log) == asked
    library = open_library(str(tmp_path / "dateline.db"))
    with closing(library):
        lines = {line.text: line for line in library.boilerplate(host)}
        texts = [library.article(str(id_)) for id_ in range(1, 7)]
    assert (lines[PROMPT].boilerplate, lines[PROMPT].ruling) == (False, "protect")
    assert (lines[BACKGROUND].boilerplate, lines[BACKGROUND].ruling) == (True, "ban")
    assert all(row and PROMPT in row.text and BACKGROUND not in row.text for row in texts)


@pytest.mark.parametrize(
    ("pages", "of", "apart", "verdict"),
    [
        (1, 1, 1, False),
        (2, 2, 2, True),
        (2, 2, 1, False),
        (2, 9, 2, False),
        (5, 10, 0, True),
        (4, 40, 4, True),
        (12, 200, 1, False),
    ],
)
def test_when_a_line_is_boilerplate(pages: int, of: int, apart: int, verdict: bool) -> None:
    assert is_boilerplate(pages, of, apart) is verdict


@pytest.mark.parametrize(
    ("pages", "of", "apart", "verdict"),
    [(2, 2, 2, False), (4, 8, 4, True), (4, 9, 4, False), (6, 9, 3, False), (12, 12, 3, False)],
)
def test_when_a_line_with_a_number_is_boilerplate(pages: int, of: int, apart: int, verdict: bool) -> None:
    assert is_boilerplate(pages, of, apart, counted=True) is verdict


def test_a_site_that_is_no_longer_what_it_was_raises_an_alarm() -> None:
    assert layout_alarm(100, (0.98, 600, 1.0), (0.97, 580, 0.9)) == ""
    assert "score fell from 0.98 to 0.6" in layout_alarm(100, (0.98, 600, 1.0), (0.6, 580, 1.0))
    assert "words" in layout_alarm(100, (0.98, 600, 1.0), (0.98, 90, 1.0))
    assert layout_alarm(5, (0.98, 600, 1.0), (0.2, 5, 0.0)) == ""


def test_the_alarm_is_seen_in_the_archive(tmp_path: Path) -> None:
    links = [(f"{SITE}/{number}/", f"Story {number}") for number in range(40)]
    stub = "<html><body><article><h1>A new layout</h1><p>Only these few words are left on page {}.</p></article></body>"
    texts = stories(40, seed=6)
    answers = {
        url: page(
            url,
            f"<html><body><article><h1>Story {n}</h1>{''.join(f'<p>{line}</p>' for line in texts[n])}</article></body>"
            if n < 25
            else stub.format(n),
        )
        for n, (url, _) in enumerate(links)
    }
    room = Room(tmp_path, {WORLD: page(WORLD, rss(*links)), SPORT: page(SPORT, rss()), **answers})
    room.poll()
    library = open_library(room.path)
    with closing(library):
        [(site, alarm)] = library.alarms()
    assert site == "news.example"
    assert "fell" in alarm
