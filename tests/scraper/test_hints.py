"""What servers ask of whoever polls their feeds."""

from datetime import timedelta

import pytest

from scraper.feeds import parse_feed
from scraper.hints import allowed, of_document, with_headers
from scraper.moves import followed, given_up, home
from storage.records import FeedState, Hints, Page
from tests.fakes import NOW, page

URL = "https://news.example/feed/"


def head(inner: str) -> Hints:
    feed = (
        '<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>News</title>'
        f"{inner}<item><link>https://news.example/1</link></item></channel></rss>"
    )
    return of_document(parse_feed(feed.encode(), URL, now=NOW))


@pytest.mark.parametrize(
    ("inner", "wait", "said_by"),
    [
        ("", 0, ""),
        ("<ttl>120</ttl>", 7200, "ttl"),
        ("<ttl>soon</ttl>", 0, ""),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", 86400, "sy:updatePeriod"),
        (
            "<sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>",
            1800,
            "sy:updatePeriod",
        ),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", 0, ""),
        ("<sy:updatePeriod>now and then</sy:updatePeriod>", 0, ""),
        # What WordPress writes into every feed is no statement; what someone set there is.
        ("<generator>https://wordpress.org/?v=6.1</generator><sy:updatePeriod>hourly</sy:updatePeriod>", 0, ""),
        (
            "<generator>https://wordpress.org/?v=6.1</generator><sy:updatePeriod>daily</sy:updatePeriod>",
            86400,
            "sy:updatePeriod",
        ),
    ],
)
def test_a_document_says_how_often_it_is_renewed(inner: str, wait: float, said_by: str) -> None:
    hints = head(inner)
    assert (hints.wait, hints.said_by) == (wait, said_by)


def test_hours_and_days_to_leave_out() -> None:
    hints = head("<skipHours><hour>0</hour><hour> 5 </hour><hour>24</hour><hour>99</hour></skipHours>")
    assert hints.skip_hours == (0, 5)
    hints = head("<skipDays><day>Saturday</day><day>sunday</day><day>Caturday</day></skipDays>")
    assert hints.skip_days == (5, 6)
    every = "".join(f"<hour>{n}</hour>" for n in range(24))
    assert head(f"<skipHours>{every}</skipHours>").skip_hours == ()


def test_the_first_moment_that_is_not_left_out() -> None:
    saturday = NOW + timedelta(days=4)
    hints = Hints(skip_days=(5, 6), skip_hours=(0, 1))
    assert allowed(saturday, hints) == saturday.replace(hour=2) + timedelta(days=2)
    assert allowed(NOW, hints) == NOW


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ((("Cache-Control", "public, max-age=300"),), 300),
        ((("Cache-Control", "max-age=300"), ("Age", "100")), 200),
        ((("Cache-Control", "max-age=300"), ("Expires", "Tue, 24 Nov 2026 18:00:00 GMT")), 300),
        ((("Expires", "Tue, 24 Nov 2026 13:00:00 GMT"),), 3600),
        ((("Expires", "Tue, 24 Nov 2026 13:00:00 GMT"), ("Date", "Tue, 24 Nov 2026 12:30:00 GMT")), 1800),
        ((("Expires", "Tue, 24 Nov 2026 13:00:00 -0000"),), 3600),
        ((("Expires", "0"),), 0),
        ((("Expires", "Tue, 24 Nov 2020 13:00:00 GMT"),), 0),
        ((("Cache-Control", "no-cache, max-age=300"),), 0),
        ((("Cache-Control", "max-age=99999999999999999999"),), 0),
        ((), 0),
    ],
)
def test_headers_say_how_long_an_answer_is_fresh(headers: tuple[tuple[str, str], ...], wait: float) -> None:
    assert with_headers(Hints(), page(URL, b"", headers=headers)).wait == wait
    assert with_headers(Hints(wait=1e6, said_by="ttl"), page(URL, b"", headers=headers)).said_by == "ttl"


def arrival(at: str, *, permanent: bool = True) -> Page:
    return Page(url=URL, final_url=at, status=200, fetched=NOW, permanent=permanent)


def test_a_feed_has_moved_when_three_polls_in_a_row_say_so() -> None:
    new, state = "https://www.news.example/feed/", FeedState(url=URL)
    for _ in range(2):
        state = followed(state, arrival(new))
        assert home(state) == URL
    state = followed(state, arrival(new, permanent=False))
    for _ in range(3):
        assert home(state) == URL
        state = followed(state, arrival(new))
    assert (state.url, home(state)) == (URL, new)


def test_a_move_is_not_believed_from_https_to_http_or_to_ever_other_places() -> None:
    state = FeedState(url=URL)
    for n in range(9):
        state = followed(state, arrival(f"https://{n}.example/feed"))
        state = followed(state, arrival("http://news.example/feed/"))
    assert home(state) == URL


def test_a_new_address_that_fails_for_long_gives_way_to_the_old_one() -> None:
    moved = FeedState(url=URL, moved_to="https://gone.example/feed", failures=2)
    assert home(given_up(moved)) == moved.moved_to
    assert home(given_up(FeedState(url=URL, moved_to=moved.moved_to, failures=5))) == URL
