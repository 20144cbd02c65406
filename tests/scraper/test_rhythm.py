"""When a feed is asked again."""

from datetime import timedelta

from scraper.rhythm import next_poll, next_try
from scraper.settings import ScheduleSettings
from storage.records import FeedState
from tests.fakes import NOW

SETTINGS = ScheduleSettings()
URL = "https://news.example/feed/"


def test_a_lively_feed_is_asked_at_its_interval() -> None:
    due, _ = next_poll(FeedState(url=URL, last_new=NOW), SETTINGS, NOW)
    assert due - NOW == timedelta(minutes=15)


def test_a_quiet_feed_is_asked_less_often_but_at_least_once_in_slowest() -> None:
    due, reason = next_poll(FeedState(url=URL, last_new=NOW - timedelta(days=1)), SETTINGS, NOW)
    assert due - NOW == timedelta(days=1) / 10
    assert "nothing new" in reason
    due, _ = next_poll(FeedState(url=URL, last_new=NOW - timedelta(days=400)), SETTINGS, NOW)
    assert due - NOW == timedelta(days=1)


def test_the_users_own_interval_is_kept() -> None:
    due, _ = next_poll(FeedState(url=URL, every=600.0, last_new=NOW - timedelta(days=9)), SETTINGS, NOW)
    assert due - NOW == timedelta(minutes=10)


def test_a_failing_feed_waits_longer_each_time_but_is_never_dropped() -> None:
    waits = [next_poll(FeedState(url=URL, failures=n), SETTINGS, NOW)[0] - NOW for n in range(1, 40)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=15)
    assert waits[-1] == timedelta(days=1)


def test_the_servers_own_wish_is_obeyed() -> None:
    later = NOW + timedelta(hours=2)
    assert next_poll(FeedState(url=URL, failures=1), SETTINGS, NOW, later)[0] == later
    assert next_try(1, NOW, later) == later
