"""When a feed is asked again, and why."""

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest

from benchmarks.polling import compare
from benchmarks.publishing import publishers
from scraper.backoff import next_try, trouble_of
from scraper.budget import Pace
from scraper.evidence import with_document, with_nothing_new
from scraper.intensity import HOURS, Intensity, first_look, learn, silence
from scraper.rhythm import next_poll, replanned, standing
from scraper.settings import Duration, ScheduleSettings
from storage.records import FeedEntry, FeedState, Hints, Rhythm

SETTINGS = ScheduleSettings()
URL = "https://news.example/feed/"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # a Tuesday
DAY = timedelta(days=1)


def office_hours(weeks: int, until: datetime, per_hour: int = 2) -> list[float]:
    """The items of a newsroom that works from eight to five, Monday to Friday."""
    start = (until - weeks * 7 * DAY).replace(minute=0)
    hours = [start + timedelta(hours=n) for n in range(weeks * HOURS)]
    working = [hour for hour in hours if hour.weekday() < 5 and 8 <= hour.hour < 17 and hour < until]
    return [(hour + timedelta(minutes=60 * n / per_hour)).timestamp() for hour in working for n in range(per_hour)]


def watched(items: list[float], until: datetime, every: timedelta = timedelta(hours=1)) -> Rhythm:
    """The rhythm of a feed that was looked at so often while these items came."""
    moment = datetime.fromtimestamp(items[0], UTC)
    rhythm = first_look((), moment.timestamp())
    while moment < until:
        later = moment + every
        came = [item for item in items if moment.timestamp() < item <= later.timestamp()]
        moment, rhythm = later, learn(rhythm, came, later.timestamp())
    return rhythm


def wait_at(now: datetime, state: FeedState, settings: ScheduleSettings = SETTINGS) -> float:
    due, *_ = next_poll(state, settings, now)
    return (due - now).total_seconds()


def test_a_feed_of_which_nothing_is_known_is_asked_at_the_usual_interval() -> None:
    state = FeedState(url=URL, rhythm=first_look((), NOON.timestamp()))
    due, reason, _ = next_poll(state, SETTINGS, NOON)
    assert (due - NOON).total_seconds() == pytest.approx(900, rel=0.1)
    assert reason == "every 15 min: its rhythm is not known yet"


def test_a_feed_is_asked_more_often_in_the_hours_in_which_it_publishes() -> None:
    state = FeedState(url=URL, rhythm=watched(office_hours(5, NOON), NOON))
    at_work = wait_at(NOON, state)
    night = wait_at(NOON.replace(hour=23), state)
    weekend = wait_at(NOON + 4 * DAY, state)
    assert at_work < 900 < night
    assert weekend > 3 * at_work
    _, reason, _ = next_poll(state, SETTINGS, NOON)
    assert "items an hour on Tuesday afternoons" in reason


def test_the_dates_of_the_first_document_give_a_new_feed_its_rhythm() -> None:
    rhythm = first_look(office_hours(2, NOON), NOON.timestamp())
    intensity = Intensity(rhythm, NOON.timestamp())
    noon = int(NOON.timestamp() // 3600)
    assert intensity.usual(noon) > 4 * intensity.usual(noon + 12)
    assert intensity.rate * HOURS == pytest.approx(90, rel=0.2)


def test_a_pinned_old_entry_does_not_make_a_feed_look_slow() -> None:
    items = [(NOON - timedelta(hours=n)).timestamp() for n in range(1, 20)]
    pinned = [(NOON - 50 * DAY).timestamp()]
    rate = Intensity(first_look(items + pinned, NOON.timestamp()), NOON.timestamp()).rate
    assert rate == pytest.approx(1.0, rel=0.3)


def test_all_feeds_together_spend_what_the_fixed_interval_would() -> None:
    busy = FeedState(url=URL, rhythm=watched(office_hours(3, NOON, per_hour=6), NOON))
    quiet = [FeedState(url=f"{URL}{n}", rhythm=first_look((), NOON.timestamp())) for n in range(9)]
    pace = Pace(SETTINGS, [busy, *quiet])
    assert pace.spending() == pytest.approx(10 * 4, rel=0.02)
    due, *_ = next_poll(busy, SETTINGS, NOON, pace)
    assert due - NOON < timedelta(minutes=8)


def test_the_bounds_hold_whatever_the_rhythm() -> None:
    items = [NOON.timestamp() - n * 5 for n in range(2000, 0, -1)]
    frantic = FeedState(url=URL, rhythm=watched(items, NOON, timedelta(minutes=5)))
    assert wait_at(NOON, frantic) >= SETTINGS.fastest
    dead = FeedState(url=URL, rhythm=watched(office_hours(3, NOON - 400 * DAY), NOON, DAY))
    pace = Pace(SETTINGS, [dead, frantic])
    due, *_ = next_poll(dead, SETTINGS, NOON, pace)
    assert due - NOON <= timedelta(seconds=SETTINGS.slowest)


def test_the_users_own_interval_is_kept() -> None:
    rhythm = watched(office_hours(3, NOON), NOON)
    hints = Hints(wait=7200, said_by="ttl")
    assert wait_at(NOON, FeedState(url=URL, every=600.0, rhythm=rhythm, hints=hints)) == 600
    fixed = ScheduleSettings(adaptive=False, every=Duration(300))
    assert wait_at(NOON, FeedState(url=URL, rhythm=rhythm, hints=hints), fixed) == 300


@pytest.mark.parametrize(
    ("every", "adaptive", "wait"), [(600.0, True, 600), (7200.0, True, 7200), (None, False, 900), (None, True, 900)]
)
def test_a_changed_interval_counts_from_the_last_poll(every: float | None, adaptive: bool, wait: int) -> None:
    rhythm = first_look((), NOON.timestamp())
    state = FeedState(url=URL, every=86400.0, last_polled=NOON, rhythm=rhythm)
    due, reason, by = next_poll(state, SETTINGS, NOON)
    state = msgspec.structs.replace(state, next=due, planned_by=by, reason=f"nothing for a week; {reason}")
    settings = msgspec.structs.replace(SETTINGS, adaptive=adaptive)
    assert replanned(state, settings) == state
    moved = replanned(msgspec.structs.replace(state, every=every), settings)
    assert moved.next
    assert (moved.next - NOON).total_seconds() == pytest.approx(wait, rel=0.1)
    assert replanned(moved, settings) == moved


def test_a_rhythm_is_asked_anew_only_beyond_the_longest_interval() -> None:
    state = FeedState(url=URL, last_polled=NOON, next=NOON + DAY / 2, reason="every 12 h: an item a day")
    assert replanned(state, SETTINGS) == state
    hourly = msgspec.structs.replace(SETTINGS, slowest=Duration(3600))
    moved = replanned(state, hourly)
    assert moved.next
    assert moved.next <= NOON + timedelta(hours=1)


@pytest.mark.parametrize("trouble", [{"failures": 2, "planned_by": "failure"}, {"planned_by": "server"}])
def test_who_waits_for_a_server_goes_on_waiting(trouble: dict[str, object]) -> None:
    facts = {"last_polled": NOON, "next": NOON + DAY, "planned_by": "interval"} | trouble
    state = msgspec.structs.replace(FeedState(url=URL, every=600.0), **facts)
    assert replanned(state, SETTINGS) == state


def test_hints_stretch_the_wait_but_never_beyond_slowest() -> None:
    state = FeedState(url=URL, rhythm=watched(office_hours(3, NOON), NOON))
    due, reason, _ = next_poll(state, SETTINGS, NOON, hints=Hints(wait=7200, said_by="ttl"))
    assert due - NOON == timedelta(hours=2)
    assert "the server asks for 2 h (ttl)" in reason
    due, *_ = next_poll(state, SETTINGS, NOON, hints=Hints(wait=30 * 86400, said_by="ttl"))
    assert due - NOON == DAY
    due, *_ = next_poll(state, SETTINGS, NOON, hints=Hints(wait=1, said_by="Cache-Control"))
    assert due - NOON > timedelta(seconds=SETTINGS.fastest)


def test_hours_to_leave_out_are_left_out() -> None:
    state = FeedState(url=URL, rhythm=watched(office_hours(3, NOON), NOON))
    due, reason, _ = next_poll(state, SETTINGS, NOON, hints=Hints(skip_hours=tuple(range(11, 18))))
    assert due == NOON.replace(hour=18)
    assert "skipHours" in reason


@pytest.mark.parametrize("trouble", ["network", "server error", "unreadable", "client error", "not there", "refused"])
def test_a_failing_feed_waits_longer_each_time_but_is_never_dropped(trouble: str) -> None:
    waits = [wait_at(NOON, FeedState(url=URL, failures=n, trouble=trouble)) for n in range(1, 40)]
    assert waits == sorted(waits)
    assert 900 <= waits[0] <= 4 * 900 * 1.2
    assert waits[1] > 1.5 * waits[0]
    assert waits[-1] == (3600 if trouble == "network" else 86400)


def test_after_a_night_without_our_own_network_a_feed_is_back_within_the_hour_or_its_own_interval() -> None:
    state = FeedState(url=URL, failures=9, trouble="network")
    assert wait_at(NOON, state) == 3600
    assert wait_at(NOON, msgspec.structs.replace(state, every=7200.0)) == 7200


def test_feeds_that_failed_together_do_not_come_back_together() -> None:
    waits = {wait_at(NOON, FeedState(url=f"{URL}{n}", failures=2, trouble="network")) for n in range(20)}
    assert len(waits) == 20


def test_kinds_of_trouble() -> None:
    assert trouble_of(None) == "network"
    assert trouble_of(None, final=True) == "refused"
    assert trouble_of(404) == trouble_of(410) == "not there"
    assert trouble_of(403) == "client error"
    assert trouble_of(429) == trouble_of(503) == "server error"


def test_the_hosts_own_wish_is_obeyed() -> None:
    later = NOON + timedelta(hours=2)
    due, reason, by = next_poll(FeedState(url=URL, failures=1), SETTINGS, NOON, retry_at=later)
    assert (due, by) == (later, "server")
    assert "Retry-After" in reason
    assert next_try(1, NOON, later) == later


def test_silence_is_told_by_the_feeds_own_rhythm() -> None:
    rhythm = watched(office_hours(5, NOON), NOON)
    state = FeedState(url=URL, state="ok", rhythm=rhythm)
    assert standing(state, NOON + timedelta(hours=8))[0] == "ok"
    assert standing(state, NOON.replace(hour=8) + 6 * DAY)[0] == "ok" or silence(rhythm, NOON.timestamp()) < 1
    name, why = standing(state, NOON + 14 * DAY)
    assert name == "silent"
    assert "14 d" in why
    assert "the chance of that is" in why
    slow = FeedState(url=URL, state="ok", rhythm=watched([(NOON - n * 10 * DAY).timestamp() for n in (5, 4, 3)], NOON))
    assert standing(slow, NOON)[0] == "ok"


def document(*numbers: int, published: datetime | None = None) -> list[tuple[str, FeedEntry]]:
    return [(f"{URL}{n}", FeedEntry(url=f"{URL}{n}", published=published)) for n in numbers]


def test_a_document_without_a_known_item_is_a_gap() -> None:
    state = with_document(FeedState(url=URL), document(*range(20)), NOON)
    assert (state.gaps, state.last_gap) == (0, None)
    later = NOON + timedelta(days=3)
    state = with_document(with_nothing_new(state, NOON + timedelta(days=1)), document(*range(19, 21)), later)
    assert state.gaps == 0
    before = wait_at(later, msgspec.structs.replace(state, last_polled=later))
    state = with_document(state, document(*range(30, 50)), later)
    assert (state.gaps, state.last_gap) == (1, later)
    due, reason, _ = next_poll(msgspec.structs.replace(state, last_polled=later), SETTINGS, later)
    assert (due - later).total_seconds() < before
    assert "items were missed" in reason
    assert with_document(state, [], later).gaps == 1


def test_items_without_dates_are_learned_from_when_they_were_found() -> None:
    state = with_document(FeedState(url=URL), document(1), NOON)
    state = with_document(state, document(1, 2, 3), NOON + timedelta(hours=1))
    assert sum(state.rhythm.hours) == pytest.approx(2, abs=0.01)
    assert state.rhythm.hours[HOURS // 7 + 12] > 0


def test_dates_from_a_wrong_clock_break_nothing() -> None:
    state = with_document(FeedState(url=URL), document(1, published=NOON + 3000 * DAY), NOON)
    state = with_document(state, document(1, 2, published=NOON + 3000 * DAY), NOON + timedelta(hours=1))
    state = with_document(state, document(2, 3, published=NOON - 9000 * DAY), NOON - 300 * DAY)
    due, *_ = next_poll(state, SETTINGS, NOON)
    assert timedelta(0) < due - NOON <= DAY


def test_in_a_world_that_is_not_the_models_items_are_archived_sooner_at_equal_requests() -> None:
    days = 24
    world = publishers(16, days, seed=5)
    outcomes = compare(world, days, every=1800.0)
    mine = outcomes.pop("dateline")
    assert mine.requests == pytest.approx(16 * 48 * (days - 14), rel=0.1)
    for name, other in outcomes.items():
        assert other.requests == pytest.approx(mine.requests, rel=0.02)
        if name in ("fixed interval", "news-crawl"):
            assert np.median(mine.delays) < 0.6 * np.median(other.delays)


def test_the_hours_before_the_first_look_are_neither_busy_nor_quiet_for_it() -> None:
    items = [(NOON - timedelta(hours=5 * n)).timestamp() for n in range(1, 30)]
    intensity = Intensity(first_look(items, NOON.timestamp()), NOON.timestamp())
    hour = int(NOON.timestamp() // 3600)
    assert intensity.at(hour) == pytest.approx(intensity.usual(hour), rel=0.01)
