"""A feed's past is walked to its end, however its pages are named, and never in a circle."""

from datetime import date, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from scraper.fetch import FetchError
from storage.records import Page
from tests.fakes import page
from tests.scraper.past import SITE, Past, article, story

FEED = f"{SITE}/category/world/feed/"
STORIES = [(f"/story-{n}/", f"2024-05-{n:02}") for n in range(1, 10)]


def rss(stories: list[tuple[str, str]], *, generator: str = "", link: str = "") -> str:
    items = "".join(
        f"<item><title>{path}</title><link>{SITE}{path}</link>"
        f"<pubDate>{format_datetime(datetime.fromisoformat(f'{day}T10:00:00+00:00'))}</pubDate></item>"
        for path, day in stories
    )
    return (
        f'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>World</title>{link}'
        f"<generator>{generator}</generator>{items}</channel></rss>"
    )


def wordpress(count: int = 9, size: int = 3) -> dict[str, Page | FetchError]:
    """A WordPress category of so many posts, the newest first."""
    newest = STORIES[count - 1 :: -1] if count else []
    pages: dict[str, Page | FetchError] = {}
    for number, start in enumerate(range(0, count, size), start=1):
        url = FEED if number == 1 else f"{FEED}?paged={number}"
        body = rss(newest[start : start + size], generator="https://wordpress.org/?v=6.1.9")
        pages[url] = page(url, body, headers=(("content-type", "application/rss+xml"),))
    return pages


def past_of(tmp_path: Path, pages: dict[str, Page | FetchError]) -> Past:
    return Past(tmp_path, {**dict(story(path, day) for path, day in STORIES), **pages})


def feeds_asked(past: Past) -> list[str]:
    return [url for url in past.asked if "story" not in url]


def test_wordpress_pages_are_walked_to_the_404(tmp_path: Path) -> None:
    past = past_of(tmp_path, wordpress())
    done = past.backfill("feed", FEED, category="World")
    assert (done.finished, done.named, done.counts) == (True, 9, {"new": 9})
    assert past.urls() == [SITE + path for path, _ in reversed(STORIES)]
    assert feeds_asked(past) == [FEED, *(f"{FEED}?paged={n}" for n in (2, 3, 4))]
    assert past.backfill("feed", FEED, category="World").idle
    assert past.asked == []


def test_a_feed_is_found_from_its_category_page(tmp_path: Path) -> None:
    links = "".join(
        f'<link rel=alternate type="application/rss+xml" href="{url}">'
        for url in (f"{SITE}/feed/", f"{SITE}/comments/feed/", FEED)
    )
    where = f"{SITE}/category/world/"
    past = past_of(tmp_path, wordpress(3))
    past.fetcher.answers[where] = page(where, f"<html><head>{links}</head><body>World</body></html>")
    assert past.backfill("feed", where).counts == {"new": 3}
    assert feeds_asked(past) == [where, FEED, f"{FEED}?paged=2"]


@pytest.mark.parametrize(
    ("where", "feed"),
    [
        ("/category/%D0%BC%D0%B8%D1%80/", "/category/%d0%bc%d0%b8%d1%80/feed/"),  # WordPress writes them so
        ("/?cat=5", "/?feed=rss2&#038;cat=5"),
        ("/category/world/", "/category/world.rss"),
    ],
)
def test_a_page_has_its_own_feed_in_any_spelling(tmp_path: Path, where: str, feed: str) -> None:
    named = ("/feed/", "/category/world-cup/feed/", feed)
    links = "".join(f'<link rel=alternate type="application/rss+xml" href="{url}">' for url in named)
    own = SITE + feed.replace("&#038;", "&")
    past = past_of(tmp_path, {own: page(own, rss(STORIES[:2], generator="Ghost"))})
    past.fetcher.answers[SITE + where] = page(SITE + where, f"<html><head>{links}</head><body>World</body></html>")
    assert past.backfill("feed", SITE + where).counts == {"new": 2}
    assert feeds_asked(past) == [SITE + where, own]


def test_a_page_that_names_the_feed_of_its_site_alone_may_have_its_own_and_is_told_of_the_other(tmp_path: Path) -> None:
    where, whole = f"{SITE}/category/world/", f"{SITE}/feed/"
    link = f'<link rel=alternate type="application/rss+xml" href="{whole}">'
    past = past_of(tmp_path, wordpress(3) | {whole: page(whole, rss(STORIES, generator="Ghost"))})
    past.fetcher.answers[where] = page(where, f"<html><head>{link}</head><body>World</body></html>")
    assert past.backfill("feed", where, limit=1).named == 3
    past.fetcher.answers[FEED] = FetchError("the server answered 404", status=404)
    assert past.backfill("feed", where, category="Other").named == 9
    assert f"{whole} is the feed that was found" in past.notes[-1]


def test_a_server_that_refuses_is_not_asked_again(tmp_path: Path) -> None:
    past = past_of(tmp_path, {FEED: FetchError("the server answered 403", status=403)})
    assert past.backfill("feed", FEED).reason == "the server answered 403"
    assert past.asked == [FEED]


def test_only_the_days_wanted_are_asked_for_and_older_pages_are_not(tmp_path: Path) -> None:
    past = past_of(tmp_path, wordpress())
    done = past.backfill("feed", FEED, since=date(2024, 5, 6), until=date(2024, 5, 8))
    assert (done.finished, done.named, done.outside) == (True, 3, 3)
    assert sorted(past.urls()) == [f"{SITE}/story-{n}/" for n in (6, 7, 8)]
    assert feeds_asked(past) == [FEED, f"{FEED}?paged=2"]


def test_a_server_that_ignores_the_number_is_left_after_one_try_of_each_form(tmp_path: Path) -> None:
    same = rss(STORIES[:3])
    pages = {url: page(url, same) for url in (FEED, f"{FEED}?paged=2", f"{FEED}?page=2")}
    past = past_of(tmp_path, dict(pages))
    assert past.backfill("feed", FEED).counts == {"new": 3}
    assert feeds_asked(past) == [FEED, f"{FEED}?paged=2", f"{FEED}?page=2"]
    note = f"{FEED}: this site gives its feed no pages; for what is older use `backfill sitemap`"
    assert past.notes == [note]
    by_wordpress = rss(STORIES[:3], generator="https://wordpress.org/?v=6.1.9")  # no address is told as a name
    past.fetcher.answers |= {url: page(url, by_wordpress) for url in pages}
    past.backfill("feed", FEED, again=True)
    assert past.notes == [note, note]


def test_a_server_that_shows_its_last_page_for_ever_is_left(tmp_path: Path) -> None:
    pages = wordpress(6)
    pages |= {f"{FEED}?paged={n}": page(f"{FEED}?paged={n}", rss(STORIES[2::-1])) for n in (3, 4, 5)}
    past = past_of(tmp_path, pages)
    past.backfill("feed", FEED)
    assert feeds_asked(past)[-1] == f"{FEED}?paged=3"


@pytest.mark.parametrize("first", [0, 1])
def test_pages_may_be_counted_from_nought(tmp_path: Path, first: int) -> None:
    feed, newest = f"{SITE}/rss.xml", STORIES[::-1]
    pages: dict[str, Page | FetchError] = {feed: page(feed, rss(newest[:3]))}
    for place in range(3):
        url = f"{feed}?page={first + place}"
        pages[url] = page(url, rss(newest[place * 3 : place * 3 + 3]))
    past = past_of(tmp_path, pages)
    assert past.backfill("feed", feed).counts == {"new": 9}
    assert past.urls() == [SITE + path for path, _ in newest]
    numbers = [2, 1, 2, 3] if first == 0 else [2, 1, 3, 4]
    assert feeds_asked(past) == [feed, *(f"{feed}?page={number}" for number in numbers)]


def test_ghost_has_no_pages_and_the_user_is_told_what_has(tmp_path: Path) -> None:
    past = past_of(tmp_path, {FEED: page(FEED, rss(STORIES[:3], generator="Ghost 5.130"))})
    assert past.backfill("feed", FEED).finished
    assert feeds_asked(past) == [FEED]
    assert "Ghost gives its feed no pages; for what is older use `backfill sitemap`" in past.notes[0]


def test_archived_feeds_are_walked_by_their_links_and_not_in_a_circle(tmp_path: Path) -> None:
    def document(stories: list[tuple[str, str]], relation: str, to: str) -> str:
        return rss(stories, link=f'<atom:link rel="{relation}" href="{to}"/>')

    one, two = f"{SITE}/feed/2024-05-a", f"{SITE}/feed/2024-05-b"
    pages: dict[str, Page | FetchError] = {
        FEED: page(FEED, document(STORIES[6:], "prev-archive", two)),
        two: page(two, document(STORIES[3:6], "prev-archive", one)),
        one: page(one, document(STORIES[:3], "prev-archive", two)),
    }
    past = past_of(tmp_path, pages)
    assert past.backfill("feed", FEED).counts == {"new": 9}
    assert feeds_asked(past) == [FEED, two, one]
    assert past.urls()[:2] == [f"{SITE}/story-9/", f"{SITE}/story-8/"]


def linked(documents: list[list[tuple[str, str]]]) -> dict[str, Page | FetchError]:
    """A feed in documents, each of which links to the next; the last one to none."""
    urls = [FEED, *(f"{SITE}/feed/{n}" for n in range(1, len(documents)))]
    nexts = [*(f'<atom:link rel="next" href="{url}"/>' for url in urls[1:]), ""]
    rows = zip(urls, documents, nexts, strict=True)
    return {url: page(url, rss(stories, link=link)) for url, stories, link in rows}


def test_pages_that_the_server_alone_links_are_walked(tmp_path: Path) -> None:
    pages: dict[str, Page | FetchError] = {}
    for number in (1, 2, 3):
        url = FEED if number == 1 else f"{FEED}?from={number}"
        link = f'<https://api.w.org/>; rel="about", <?from={number + 1}>; rel="next"' if number < 3 else ""
        body = rss(STORIES[9 - number * 3 : 12 - number * 3], generator="Own")
        pages[url] = page(url, body, headers=(("Link", link),))
    past = past_of(tmp_path, pages)
    assert past.backfill("feed", FEED).counts == {"new": 9}
    assert feeds_asked(past) == [FEED, f"{FEED}?from=2", f"{FEED}?from=3"]


def test_a_linked_page_without_news_is_not_the_end(tmp_path: Path) -> None:
    past = past_of(tmp_path, linked([STORIES[5:], STORIES[6:8], [], STORIES[:5]]))
    assert past.backfill("feed", FEED).counts == {"new": 9}
    assert past.notes == []


def test_links_that_lead_on_for_ever_without_news_are_left_with_a_note(tmp_path: Path) -> None:
    past = past_of(tmp_path, linked([STORIES[6:], STORIES[3:6], *[STORIES[3:6], []] * 50, STORIES[:3]]))
    done = past.backfill("feed", FEED)
    assert (done.finished, done.counts) == (True, {"new": 6})
    assert len(feeds_asked(past)) == 2 + 21
    assert "20 pages in a row have nothing new" in past.notes[-1]


def test_a_linked_page_that_is_missing_is_told_and_one_that_is_no_feed_fails(tmp_path: Path) -> None:
    pages = linked([STORIES[6:], STORIES[3:6], STORIES[:3]])
    oldest = f"{SITE}/feed/2"
    past = past_of(tmp_path, pages | {oldest: FetchError("the server answered 404", status=404)})
    assert past.backfill("feed", FEED).finished
    assert past.notes == [f"{oldest}: the server answered 404; what is older is not reached"]
    past = past_of(tmp_path / "..", pages | {oldest: page(oldest, "<html>Just a moment</html>")})
    past.path += ".html"
    done = past.backfill("feed", FEED)
    assert (done.failed, done.reason) == (True, f"{oldest}: an HTML page, not a feed")
    past.fetcher.answers |= pages
    assert past.backfill("feed", FEED).counts == {"new": 3}


def test_pages_past_the_last_one_may_be_no_feeds(tmp_path: Path) -> None:
    ends: dict[str, Page | FetchError] = {
        url: page(url, "<html>Home</html>") for url in (f"{FEED}?paged=4", f"{FEED}?paged=5")
    }
    past = past_of(tmp_path, wordpress() | ends)
    done = past.backfill("feed", FEED)
    assert (done.finished, done.counts) == (True, {"new": 9})
    assert past.notes == [
        f"{FEED}?paged=4: an HTML page, not a feed, nor is the next page; taken for the end",
    ]


@pytest.mark.parametrize("broken", [[2], [1, 2, 3, 4]])
def test_a_page_in_the_middle_that_is_no_feed_fails_and_is_asked_for_again(tmp_path: Path, broken: list[int]) -> None:
    past = past_of(tmp_path, wordpress())
    assert past.backfill("feed", FEED, requests=4).counts == {"new": 3}
    trouble = [FEED if number == 1 else f"{FEED}?paged={number}" for number in broken]
    past.fetcher.answers |= {url: page(url, "<html>Maintenance</html>") for url in trouble}
    for _ in range(2):
        assert "an HTML page, not a feed" in (done := past.backfill("feed", FEED)).reason
        assert done.failed
    past.fetcher.answers |= wordpress()
    assert past.backfill("feed", FEED).counts == {"new": 6}


def test_json_feeds_are_walked_by_next_url(tmp_path: Path) -> None:
    def document(number: int, following: str) -> str:
        return (
            f'{{"version": "https://jsonfeed.org/version/1.1", "title": "World", {following} "items": '
            f'[{{"id": "{number}", "url": "{SITE}/story-{number}/"}}]}}'
        )

    first, second = f"{SITE}/feed.json", f"{SITE}/feed.json?before=5"
    past = past_of(
        tmp_path,
        {first: page(first, document(2, f'"next_url": "{second}",')), second: page(second, document(1, ""))},
    )
    assert past.backfill("feed", first).counts == {"new": 2}
    assert feeds_asked(past) == [first, second]


def test_a_server_that_stumbles_is_asked_again_and_one_that_is_down_leaves_the_rest_for_the_next_call(
    tmp_path: Path,
) -> None:
    pages, second = wordpress(6), f"{FEED}?paged=2"
    answers = iter([FetchError("the server answered 503", status=503), pages[second]])

    def stumbling(_: object) -> Page:
        answer = next(answers)
        if isinstance(answer, FetchError):
            raise answer
        return answer

    past = past_of(tmp_path, pages)
    past.fetcher.answers[second] = stumbling
    assert past.backfill("feed", FEED, limit=3).counts == {"new": 3}
    assert past.backfill("feed", FEED).counts == {"new": 3}
    down = past_of(tmp_path / "..", pages | {second: FetchError("the server answered 503", status=503)})
    down.path += ".down"
    done = down.backfill("feed", FEED)
    assert (done.failed, done.reason) == (True, f"{second}: the server answered 503")
    assert done.counts == {"new": 3}
    down.fetcher.answers[second] = wordpress(6)[second]
    asked_before = down.asked
    assert down.backfill("feed", FEED).counts == {"new": 3}
    assert not set(down.asked) & {FEED, *(url for url in asked_before if "story" in url)}


def test_a_post_published_meanwhile_shifts_the_pages_and_nothing_is_lost_or_fetched_twice(tmp_path: Path) -> None:
    pages = wordpress(8)
    past = past_of(tmp_path, pages)
    assert past.backfill("feed", FEED, limit=3).reason == "stopped at --limit 3"
    past.fetcher.answers |= wordpress(9)
    assert past.backfill("feed", FEED).finished
    asked = [url for url in past.asked if "story" in url]
    assert len(asked) == len(set(asked)) == 8
    assert len(past.urls()) == 8


def test_a_page_that_is_no_feed_says_so(tmp_path: Path) -> None:
    past = past_of(tmp_path, {FEED: page(FEED, article("No feed"))})
    done = past.backfill("feed", FEED)
    assert done.failed
    assert "an HTML page, not a feed" in done.reason
