"""The walk: what a feed names is archived once, and nothing is lost whatever happens on the way."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from scraper.fetch import FetchError
from scraper.pipeline import Walk, archive_feeds
from scraper.revisits import revisit
from scraper.settings import ExtractSettings, ScheduleSettings
from scraper.workers import Workers
from storage.backends import open_archive, open_library
from storage.records import Article, ArticleRow, FeedEntry, FeedState, Outcome, Page, Query, SiteRules, Validators
from storage.sqlite.connect import teach
from tests.fakes import NOW, Answer, Ear, ScriptedFetcher, page

WORLD = "https://news.example/category/world/feed/"
SPORT = "https://news.example/category/sport/feed/"
STORY = "https://news.example/2026/11/bridge/"


def rss(*items: tuple[str, str], category: str = "World") -> str:
    entries = "".join(
        f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid></item>" for link, title in items
    )
    return f'<rss version="2.0"><channel><title>{category}</title>{entries}</channel></rss>'


def article(title: str, place: str = "Harbour") -> str:
    paragraphs = "".join(
        f"<p>{place} engineers said on day {n} that the bridge number {n} would carry trains, trucks and "
        f"walkers again once the last of its cables had been replaced and tested.</p>"
        for n in range(1, 7)
    )
    return (
        f"<html lang=en><head><title>{title} - News</title><meta property='og:type' content='article'></head>"
        f"<body><article><h1>{title}</h1>{paragraphs}</article></body></html>"
    )


class CountingWorkers(Workers):
    """Workers that remember which pages they cleaned."""

    def __init__(self, settings: ExtractSettings) -> None:
        super().__init__(settings)
        self.cleaned: list[str] = []

    async def extract(self, page: Page, rules: SiteRules, entry: FeedEntry | None) -> Article:
        self.cleaned.append(page.url)
        return await super().extract(page, rules, entry)


class Room:
    """One archive and one scripted network, walked as often as a test likes."""

    def __init__(self, folder: Path, answers: dict[str, Answer]) -> None:
        self.path = str(folder / "dateline.db")
        self.fetcher = ScriptedFetcher(answers)
        self.ear = Ear()
        self.cleaned: list[str] = []
        self.feeds = [FeedState(url=WORLD, category="World"), FeedState(url=SPORT, category="Sport")]

    def poll(self, before: Callable[[Walk], Awaitable[None]] | None = None) -> Ear:
        self.ear = Ear()
        asyncio.run(self._poll(before))
        return self.ear

    async def _poll(self, before: Callable[[Walk], Awaitable[None]] | None) -> None:
        archive = open_archive(self.path)
        workers = CountingWorkers(ExtractSettings(workers=1))
        self.cleaned = workers.cleaned
        walk = Walk(
            archive=archive,
            fetcher=self.fetcher,
            workers=workers,
            schedule=ScheduleSettings(),
            listener=self.ear,
            clock=lambda: NOW,
        )
        try:
            if before:
                await before(walk)
            await archive_feeds(walk, await archive.subscribe(self.feeds))
        finally:
            await workers.close()
            await archive.close()

    def articles(self) -> list[ArticleRow]:
        with closing(open_library(self.path)) as library:
            return list(library.articles(Query()))


def test_one_story_in_two_feeds_is_one_article_with_two_categories(tmp_path: Path) -> None:
    room = Room(
        tmp_path,
        {
            WORLD: page(WORLD, rss((STORY + "?utm_source=rss", "Bridge"))),
            SPORT: page(SPORT, rss((STORY, "Bridge"), category="Sport")),
            STORY: page(STORY, article("Bridge")),
            STORY + "?utm_source=rss": page(STORY, article("Bridge")),
        },
    )
    ear = room.poll()
    [row] = room.articles()
    assert sorted(row.categories) == ["Sport", "World"]
    assert [report.outcome for report in ear.articles] == [Outcome.NEW]
    assert len(room.fetcher.asked) == 3


def test_second_poll_fetches_no_page_when_the_items_are_the_same(tmp_path: Path) -> None:
    room = Room(
        tmp_path,
        {WORLD: page(WORLD, rss((STORY, "Bridge"))), STORY: page(STORY, article("Bridge")), SPORT: page(SPORT, rss())},
    )
    room.poll()
    room.fetcher.asked.clear()
    ear = room.poll()
    assert sorted(room.fetcher.asked) == sorted([WORLD, SPORT])
    assert not ear.articles


def test_what_failed_is_completed_by_the_next_poll_though_the_feed_answers_304(tmp_path: Path) -> None:
    def feed(validators: Validators | None) -> Page:
        known = validators is not None and validators.etag == '"one"'
        return page(
            WORLD, b"" if known else rss((STORY, "Bridge")), status=304 if known else 200, headers=(("ETag", '"one"'),)
        )

    room = Room(tmp_path, {WORLD: feed, STORY: FetchError("timed out"), SPORT: page(SPORT, rss())})
    ear = room.poll()
    assert [(report.outcome, report.reason) for report in ear.articles] == [(Outcome.FAILED, "timed out")]
    assert room.articles() == []
    room.fetcher.answers[STORY] = page(STORY, article("Bridge"))
    ear = room.poll()
    assert [report.outcome for report in ear.articles] == [Outcome.NEW]
    assert {report.status for report in ear.feeds if report.url == WORLD} == {304}


def test_a_fault_that_nobody_foresaw_at_one_feed_leaves_the_others_alone(tmp_path: Path) -> None:
    def broken(_: Validators | None) -> Page:
        raise KeyError("harbour")

    room = Room(
        tmp_path, {SPORT: broken, WORLD: page(WORLD, rss((STORY, "Bridge"))), STORY: page(STORY, article("Bridge"))}
    )
    ear = room.poll()
    assert len(room.articles()) == 1
    [failed] = [report for report in ear.feeds if report.url == SPORT]
    assert failed.outcome == "failed"
    assert "KeyError" in failed.reason


def test_a_stop_leaves_the_rest_for_the_next_poll(tmp_path: Path) -> None:
    room = Room(
        tmp_path,
        {WORLD: page(WORLD, rss((STORY, "Bridge"))), STORY: page(STORY, article("Bridge")), SPORT: page(SPORT, rss())},
    )

    async def stop(walk: Walk) -> None:
        walk.stopping = True

    assert room.poll(stop).articles == []
    assert [report.outcome for report in room.poll().articles] == [Outcome.NEW]


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (page(WORLD, rss()), "empty", "lists no items"),
        (FetchError("404 Not Found", status=404), "failed", "404"),
        (page(WORLD, "<html><form><input type=password></form></html>"), "failed", "login"),
        (page(WORLD, b""), "failed", "empty"),
        (page(WORLD, "<rss><channel><item><title>cut"), "failed", ""),
    ],
)
def test_a_sick_feed_is_one_clear_line_and_the_others_go_on(
    tmp_path: Path, answer: Answer, outcome: str, words: str
) -> None:
    room = Room(
        tmp_path,
        {WORLD: answer, SPORT: page(SPORT, rss((STORY, "Bridge"))), STORY: page(STORY, article("Bridge"))},
    )
    ear = room.poll()
    [sick] = [report for report in ear.feeds if report.url == WORLD]
    assert sick.outcome in (outcome, "empty")
    assert words in sick.reason
    assert "\n" not in sick.reason
    assert len(room.articles()) == 1


def test_items_without_an_address_are_told_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    feed = rss((STORY, "Bridge")).replace("</channel>", "<item><title>x</title><guid>77</guid></item></channel>")
    room = Room(tmp_path, {WORLD: page(WORLD, feed), SPORT: page(SPORT, rss()), STORY: page(STORY, article("Bridge"))})
    room.poll()
    assert caplog.messages == ["items without an address: 1"]


def test_the_log_of_requests_has_the_status_of_a_failed_poll(tmp_path: Path) -> None:
    gone = FetchError("the server answered 404 Not Found", status=404)
    room = Room(tmp_path, {WORLD: gone, SPORT: FetchError("timed out")})
    room.poll()
    with closing(sqlite3.connect(room.path)) as db:
        assert set(db.execute("SELECT url, status FROM fetches")) == {(WORLD, 404), (SPORT, None)}


def test_an_entry_that_says_it_changed_is_fetched_again_and_revised(tmp_path: Path) -> None:
    def dated(day: int) -> str:
        return (
            '<feed xmlns="http://www.w3.org/2005/Atom"><title>World</title><entry><title>Bridge</title>'
            f'<link href="{STORY}"/><id>b</id><updated>2026-11-{day}T10:00:00Z</updated></entry></feed>'
        )

    room = Room(
        tmp_path, {WORLD: page(WORLD, dated(20)), STORY: page(STORY, article("Bridge")), SPORT: page(SPORT, rss())}
    )
    room.poll()
    room.fetcher.answers[WORLD] = page(WORLD, dated(21))
    room.fetcher.answers[STORY] = page(STORY, article("Bridge", place="Mountain"))
    assert [report.outcome for report in room.poll().articles] == [Outcome.REVISED]
    [row] = room.articles()
    assert row.revision == 2
    assert row.text.startswith("Mountain")


def test_what_new_rules_see_otherwise_is_no_edit(tmp_path: Path) -> None:
    old, new = rss((STORY, "Bridge")), rss((STORY, "Bridge (updated)"))
    room = Room(tmp_path, {WORLD: page(WORLD, old), STORY: page(STORY, article("Bridge")), SPORT: page(SPORT, rss())})
    room.poll()
    with closing(sqlite3.connect(room.path)) as db:
        teach(db)
        db.execute("UPDATE article SET extractor = 'of last year', text = 'Menu. ' || text")
        db.commit()
    room.fetcher.answers[WORLD] = page(WORLD, new)
    room.fetcher.answers[STORY] = page(STORY, article("Bridge") + "<!-- built at noon -->")
    assert [report.outcome for report in room.poll().articles] == [Outcome.UNCHANGED]
    [row] = room.articles()
    assert row.revision == 1
    assert row.text.startswith("Harbour")


def test_a_withdrawn_article_keeps_its_text(tmp_path: Path) -> None:
    test_an_entry_that_says_it_changed_is_fetched_again_and_revised(tmp_path)
    room = Room(tmp_path, {SPORT: page(SPORT, rss()), STORY: FetchError("410 Gone", status=410, final=True)})
    room.fetcher.answers[WORLD] = page(
        WORLD,
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>World</title><entry><title>Bridge</title>'
        f'<link href="{STORY}"/><id>b</id><updated>2026-11-23T10:00:00Z</updated></entry></feed>',
    )
    room.poll()
    [row] = room.articles()
    assert row.gone
    assert row.text.startswith("Mountain")


def test_a_visit_that_failed_harms_no_later_poll(tmp_path: Path) -> None:
    answers: dict[str, Answer] = {
        WORLD: page(WORLD, rss((STORY, "Bridge"))),
        SPORT: page(SPORT, rss()),
        STORY: page(STORY, article("Bridge")),
    }
    room = Room(tmp_path, answers)
    room.poll()
    answers[STORY] = FetchError("503 Service Unavailable", status=503)

    async def visit(walk: Walk) -> None:
        walk.clock = lambda: NOW + timedelta(hours=2)
        assert await revisit(walk) == {"failed": 1}

    room.poll(visit)
    answers[STORY] = page(STORY, article("Bridge"))
    assert [report.outcome for report in room.poll().feeds] == ["unchanged", "unchanged"]
    [row] = room.articles()
    assert row.gone is None


WALL = (
    "<html lang=en><head><title>Before you continue</title></head><body><h1>Before you continue</h1>"
    "<p>This part of the house is for members, who have their own key and come in by the door on the left. "
    "Everybody else may ask the porter, who will be glad to help between nine and five on every day of the week.</p>"
    "<p>Members get the paper, the supplement and the calendar, and may bring two guests to each of the evenings.</p>"
)
STORIES = {f"https://news.example/a{n}": f"{what} in the north" for n, what in enumerate(("Flood", "Strike", "Fair"))}


def led(url: str, to: str, body: str) -> Page:
    """What stands where a temporary redirect leads."""
    return msgspec.structs.replace(page(url, body), final_url=to)


async def two_hours_later(walk: Walk) -> None:
    walk.clock = lambda: NOW + timedelta(hours=2)
    await revisit(walk)


def test_a_wall_to_which_all_articles_lead_for_now_takes_none_of_them_over(tmp_path: Path) -> None:
    room = Room(tmp_path, {WORLD: page(WORLD, rss(*STORIES.items())), SPORT: page(SPORT, rss())})
    there = {url: page(url, article(title, place=title)) for url, title in STORIES.items()}
    room.fetcher.answers.update(there)
    room.poll()
    before = room.articles()
    walls = {url: led(url, f"https://news.example/wall?return={url[-2:]}", WALL) for url in STORIES}
    room.fetcher.answers.update(walls)
    room.poll(two_hours_later)
    assert room.articles() == before
    with closing(sqlite3.connect(room.path)) as db:
        waiting = db.execute("SELECT url, tries FROM visit").fetchall()
        [reason] = {reason.partition("=")[0] for (reason,) in db.execute("SELECT reason FROM fetch WHERE reason <> ''")}
    assert sorted(waiting) == [(url, 1) for url in STORIES]  # the articles themselves are asked for again
    assert reason == "led elsewhere for now: https://news.example/wall?return"


def test_an_article_that_leads_to_its_section_for_good_is_withdrawn_and_keeps_its_text(tmp_path: Path) -> None:
    room = Room(tmp_path, {WORLD: page(WORLD, rss(*STORIES.items())), SPORT: page(SPORT, rss())})
    room.fetcher.answers.update({url: page(url, article(title, place=title)) for url, title in STORIES.items()})
    room.poll()
    before = room.articles()
    gone, title = next(iter(STORIES.items()))
    names = (title, "Harbour", "Bridge", "Castle", "Market", "Ferry", "School", "Bakery", "Mill", "Tower")
    paid = "What became of it after some years in the north, and who paid"
    teasers = "".join(f"<li><a href=/b{n}>{name} {n}</a><p>{paid} {n}.</p>" for n, name in enumerate(names))
    section = f"<title>Local news</title><h1>Local news</h1><ul>{teasers}</ul>"
    there = msgspec.structs.replace(led(gone, "https://news.example/world/", section), permanent=True)
    room.fetcher.answers[gone] = there
    room.poll(two_hours_later)
    after = {row.url: row for row in room.articles()}
    assert [url for url, row in after.items() if row.gone] == [gone]
    assert [after[row.url].text for row in before] == [row.text for row in before]
    assert {row.revision for row in after.values()} == {1}


@pytest.mark.parametrize("wall", ["https://news.example/wall", "https://news.example/wall?return={}"])
def test_what_leads_to_a_wall_at_first_waits_until_the_article_is_there(tmp_path: Path, wall: str) -> None:
    room = Room(tmp_path, {WORLD: page(WORLD, rss(*STORIES.items())), SPORT: page(SPORT, rss())})
    room.fetcher.answers.update({url: led(url, wall.format(url), WALL) for url in STORIES})
    assert [report.outcome for report in room.poll().articles] == [Outcome.FAILED] * 3
    assert room.articles() == []
    room.fetcher.answers.update({url: page(url, article(title, place=title)) for url, title in STORIES.items()})
    room.poll()
    assert {row.url: row.title for row in room.articles()} == STORIES


def test_what_leads_to_the_article_for_now_is_the_article(tmp_path: Path) -> None:
    trackers = [f"https://clicks.example/{n}" for n in range(3)]
    feed = page(WORLD, rss(*((one, "Bridge is open again") for one in trackers)))
    answers: dict[str, Answer] = {WORLD: feed, SPORT: page(SPORT, rss())}
    answers |= {one: led(one, STORY, article("Bridge opens again")) for one in trackers}
    room = Room(tmp_path, answers)
    room.poll()
    assert sorted(room.cleaned) == trackers
    answers[STORY] = led(STORY, STORY + "renamed/", article("Harbour bridge opened by mayor"))

    room.poll(two_hours_later)
    [row] = room.articles()
    assert (row.url, row.revision) == (STORY + "renamed/", 2)
    with closing(open_library(room.path)) as library:
        assert {one.id for url in trackers if (one := library.article(url))} == {row.id}


def test_an_edit_does_not_undo_what_the_feed_said(tmp_path: Path) -> None:
    said = (
        f"<item><title>Bridge</title><link>{STORY}</link><dc:creator>Ann Lee</dc:creator><category>Roads</category>"
        "<description>It carries trains again.</description><pubDate>Mon, 23 Nov 2026 10:00:00 GMT</pubDate></item>"
    )
    feed = f'<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>{said}</channel></rss>'
    room = Room(tmp_path, {WORLD: page(WORLD, feed), SPORT: page(SPORT, rss()), STORY: page(STORY, article("Bridge"))})
    room.poll()
    [before] = room.articles()
    room.fetcher.answers[STORY] = page(STORY, article("Bridge", place="Mountain"))
    room.poll(two_hours_later)
    [row] = room.articles()
    assert (row.revision, row.authors, row.tags) == (2, ("Ann Lee",), ("Roads",))
    assert (row.published, row.summary) == (before.published, "It carries trains again.")
    assert row.published


def test_a_wall_that_is_put_up_later_leaves_the_whole_text(tmp_path: Path) -> None:
    whole = article("Bridge")
    first = whole.index("</p>") + 4
    teaser = whole[:first] + "<div><p>Subscribe to continue reading this article.</p></div></article></body></html>"
    room = Room(
        tmp_path, {WORLD: page(WORLD, rss((STORY, "Bridge"))), SPORT: page(SPORT, rss()), STORY: page(STORY, whole)}
    )
    room.poll()
    [before] = room.articles()
    room.fetcher.answers[STORY] = page(STORY, teaser)
    room.poll(two_hours_later)
    [row] = room.articles()
    assert (row.revision, row.text, row.access, row.gone) == (1, before.text, before.access, None)
    with closing(sqlite3.connect(room.path)) as db:
        assert db.execute("SELECT reason FROM fetches WHERE reason <> ''").fetchall() == [
            ("only a teaser is shown now; the whole text is kept",)
        ]


@pytest.mark.parametrize("guid", ["<guid isPermaLink='false'>{}</guid>", ""])
def test_links_that_change_with_every_poll_are_the_same_items(tmp_path: Path, guid: str) -> None:
    room = Room(tmp_path, {SPORT: page(SPORT, rss())})

    def show(session: int, *titles: str) -> None:
        items = ""
        for title in titles:
            link = f"https://news.example/{title.lower()}?sid=abc{session}"
            room.fetcher.answers[link] = page(link, article(title, place=title))
            items += f"<item><title>{title}</title><link>{link}</link>{guid.format(title)}"
            items += "<pubDate>Mon, 23 Nov 2026 10:00:00 GMT</pubDate></item>"
        room.fetcher.answers[WORLD] = page(WORLD, f"<rss version='2.0'><channel>{items}</channel></rss>")

    show(1, "Bridge", "Harbour", "Fair")
    room.poll()
    for session in (2, 3):
        show(session, "Bridge", "Harbour", "Fair")
        room.fetcher.asked.clear()
        room.poll()
        assert sorted(room.fetcher.asked) == sorted([WORLD, SPORT])
    show(4, "Flood", "Bridge", "Harbour")
    room.fetcher.asked.clear()
    room.poll()
    assert [url for url in room.fetcher.asked if url not in (WORLD, SPORT)] == ["https://news.example/flood?sid=abc4"]
    assert len(room.articles()) == 4
    with closing(open_library(room.path)) as library:
        assert {state.gaps for state in library.feeds()} == {0}


def test_an_item_that_has_had_three_addresses_is_fetched_at_no_fourth_one(tmp_path: Path) -> None:
    """As aggregators do it: the address of an item is a token of the day, and leads to its page."""
    room = Room(tmp_path, {SPORT: page(SPORT, rss())})

    def show(day: int, *titles: str) -> None:
        items = ""
        for title in titles:
            link, there = f"https://agg.example/read/{title}{day}", f"https://news.example/{title.lower()}/"
            room.fetcher.answers[link] = led(link, there, article(title, place=title))
            items += f"<item><title>{title}</title><link>{link}</link><guid isPermaLink='false'>{title}</guid></item>"
        room.fetcher.answers[WORLD] = page(WORLD, f"<rss version='2.0'><channel>{items}</channel></rss>")

    fetched = []
    for day in range(6):
        show(day, "Bridge", "Harbour", "Fair")
        room.fetcher.asked.clear()
        room.poll()
        fetched.append(sum("/read/" in url for url in room.fetcher.asked))
    assert fetched == [3, 3, 3, 0, 0, 0]
    assert [(row.url, row.revision) for row in room.articles()] == [
        (f"https://news.example/{title}/", 1) for title in ("bridge", "harbour", "fair")
    ]


def test_forms_of_articles_are_archived_and_other_pages_are_recorded_with_their_reason(tmp_path: Path) -> None:
    blog, wall = "https://news.example/live/", "https://news.example/wall/"
    data = '<script type="application/ld+json">{"@type":"LiveBlogPosting","headline":"Bridge opens: live"}</script>'
    live = article("Bridge opens: live").replace("</head>", f"{data}</head>")
    room = Room(
        tmp_path,
        {
            WORLD: page(WORLD, rss((blog, "Bridge opens: live"), (wall, "Wall"))),
            SPORT: page(SPORT, rss(category="Sport")),
            blog: page(blog, live),
            wall: page(wall, "<html><title>Just a moment...</title><body><div id=challenge-stage></div></body></html>"),
        },
    )
    ear = room.poll()
    assert [(row.url, row.kind) for row in room.articles()] == [(blog, "live blog")]
    assert [one.reason for one in ear.articles if one.url == wall] == ["not an article: a challenge page"]


@pytest.mark.parametrize("there", [True, False])
def test_a_page_that_is_built_by_script_is_read_from_its_amp_form(tmp_path: Path, there: bool) -> None:
    twin = STORY + "amp/"
    shell = f"<html><head><title>Bridge</title><link rel=amphtml href='{twin}'></head><body><div></div></body></html>"
    plain = article("Bridge").replace("</head>", f"<link rel=canonical href='{STORY}'></head>")
    room = Room(
        tmp_path,
        {
            WORLD: page(WORLD, rss((STORY, "Bridge"))),
            SPORT: page(SPORT, rss()),
            STORY: page(STORY, shell),
            twin: page(twin, plain) if there else FetchError("timed out"),
        },
    )
    [report] = room.poll().articles
    assert report.reason == ("" if there else "not an article: an empty shell")
    assert [row.url for row in room.articles()] == ([STORY] if there else [])


@pytest.mark.parametrize("value", ["0; url={}", "3;URL='{}'", "0,{}"])
def test_a_page_that_sends_the_reader_on_is_followed(tmp_path: Path, value: str) -> None:
    there = "https://news.example/2026/bridge-opens"
    words = f"<p>If nothing happens, <a href='{there}'>go on here</a>.</p>"
    to = value.format(there)
    sent = f'<html><head><title>Moved</title><meta http-equiv=Refresh content="{to}"></head>'
    room = Room(
        tmp_path,
        {
            WORLD: page(WORLD, rss((STORY, "Bridge"))),
            SPORT: page(SPORT, rss((there, "Bridge"), category="Sport")),
            STORY: page(STORY, f"{sent}<body>{words}</body></html>"),
            there: page(there, article("Bridge")),
        },
    )
    room.poll()
    assert [row.url for row in room.articles()] == [there]
    assert len(room.fetcher.asked) <= 5


def test_a_page_that_sends_the_reader_on_by_a_header_is_followed(tmp_path: Path) -> None:
    there = "https://news.example/2026/bridge-opens"
    answers: dict[str, Answer] = {
        WORLD: page(WORLD, rss((STORY, "Bridge"))),
        SPORT: page(SPORT, rss(category="Sport")),
        STORY: page(STORY, "<html><body></body></html>", headers=(("refresh", f"0;url={there}"),)),
        there: page(there, article("Bridge")),
    }
    room = Room(tmp_path, answers)
    room.poll()
    assert [row.url for row in room.articles()] == [there]


@pytest.mark.parametrize(
    ("to", "asked"),
    [("https://news.example/", 1), ("https://news.example/other", 1), (STORY, 0), ("javascript:a()", 0)],
)
def test_a_page_that_sends_the_reader_to_no_article_of_its_own_is_none(tmp_path: Path, to: str, asked: int) -> None:
    sent = f"<html><head><meta http-equiv=refresh content='0; url={to}'></head><body></body></html>"
    room = Room(
        tmp_path,
        {
            WORLD: page(WORLD, rss((STORY, "Zebras escape from a zoo"))),
            SPORT: page(SPORT, rss(category="Sport")),
            STORY: page(STORY, sent),
            "https://news.example/": page("https://news.example/", article("Front page")),
            "https://news.example/other": page("https://news.example/other", article("Elephants")),
        },
    )
    room.poll()
    assert room.articles() == []
    assert len(room.fetcher.asked) == 3 + asked


def test_waiting_for_a_site_that_asked_for_it_uses_up_no_tries(tmp_path: Path) -> None:
    feed = page(WORLD, rss((STORY, "Bridge")))
    room = Room(tmp_path, {WORLD: feed, SPORT: feed, STORY: FetchError("the host asked to wait", asked=False)})
    for _ in range(12):
        assert [report.outcome for report in room.poll().articles] == [Outcome.FAILED]
    room.fetcher.answers[STORY] = page(STORY, article("Bridge"))
    assert [report.outcome for report in room.poll().articles] == [Outcome.NEW]


def test_a_feed_whose_site_wants_us_to_stay_away_is_not_failing(tmp_path: Path) -> None:
    later = NOW + timedelta(hours=3)
    waiting = FetchError("the host asked to wait", asked=False, retry_at=later)
    room = Room(tmp_path, {WORLD: waiting, SPORT: page(SPORT, rss())})
    [report] = [one for one in room.poll().feeds if one.url == WORLD]
    assert (report.outcome, report.next) == ("skipped", later)
    with closing(open_library(room.path)) as library:
        [state] = [one for one in library.feeds() if one.url == WORLD]
    assert (state.failures, state.state) == (0, "new")
