"""What becomes of an address that was not archived: tried again, settled, or withdrawn."""

from datetime import UTC, datetime, timedelta

import pytest

from scraper.backoff import GIVE_UP_AFTER
from scraper.failures import HOME, Attempt
from scraper.fetch import FetchError
from scraper.workers import Refused
from storage.records import Failure, FeedEntry, Page, Pending

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
URL = "https://news.example/a/"
PAGE = Page(url=URL, final_url=URL, status=200, fetched=NOW)


def attempt(tries: int = 0, *, known: bool = False, chances: int = 3) -> Attempt:
    return Attempt(Pending(url=URL, entry=FeedEntry(url=URL), tries=tries, known=known), chances, NOW)


@pytest.mark.parametrize(
    ("before", "error", "final"),
    [
        (attempt(), FetchError("no connection"), False),
        (attempt(GIVE_UP_AFTER - 1), FetchError("no connection"), True),
        (attempt(1), FetchError("404", status=404), False),
        (attempt(2), FetchError("404", status=404), True),
        (attempt(chances=1), FetchError("404", status=404), True),
        (attempt(known=True), FetchError("410", status=410), True),
    ],
)
def test_a_page_that_does_not_come_is_asked_for_again_until_there_is_no_point(
    before: Attempt, error: FetchError, final: bool
) -> None:
    failure = before.not_fetched(error)
    assert (failure.final, failure.next_try is None) == (final, final)
    assert failure.gone == before.pending.known


def test_a_page_that_kills_its_worker_has_fewer_chances_than_one_that_cannot_be_read() -> None:
    killed, once = Refused("too costly", killed=True), attempt(1)
    assert once.unread(killed, PAGE).final
    assert not once.unread(Refused("no text", final=False), PAGE).final


def test_what_stands_in_the_place_of_an_article_withdraws_it_unless_it_may_be_a_wall() -> None:
    known = attempt(known=True)
    assert known.no_article(HOME, PAGE).gone
    assert known.no_article("a login page", PAGE, "This article was removed.").reason == "This article was removed."
    assert not known.no_article("a login page", PAGE).gone
    assert not attempt().no_article(HOME, PAGE).gone


@pytest.mark.parametrize("wall", ["a challenge page", "a consent page"])
def test_who_is_turned_away_asks_again_for_two_days_and_no_oftener_than_that(wall: str) -> None:
    def by_status(one: Attempt) -> Failure:
        return one.not_fetched(FetchError("the server answered 403 Forbidden", status=403))

    def by_page(one: Attempt) -> Failure:
        return one.no_article(wall, PAGE)

    for turned_away in (by_status, by_page):
        waits = [turned_away(attempt(tries, chances=1)).next_try for tries in range(3)]
        assert all(due and due - NOW > timedelta(hours=4) for due in waits)
        assert turned_away(attempt(3)).final
        known = turned_away(attempt(known=True))  # it is looked at again with its next visit
        assert (known.final, known.gone) == (True, False)
