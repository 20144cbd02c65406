"""How many items a feed brings at any hour, learned from when its items appeared. Pure: facts in, rates out.

Items are taken for a Poisson process whose rate is long-term rate x hour of the week x how it went lately. (That feeds
keep a daily cycle is what Sia, Cho and Cho found in "Efficient Monitoring Algorithm for Fast News Alerts", 2007.) Each
factor is shrunk towards what is known without it, by as many items as it takes to believe it:

- the hour of the week towards hour of the day x day of the week, and both towards an even week;
- the last days and the last hours towards 1 (items over expected items, with a Gamma prior); what the last hours say
  fades as the forecast goes on: an item that just came makes others likely soon.
"""

import math
from collections.abc import Sequence

import msgspec

from storage.records import Rhythm

HOUR, DAY, WEEK = 3600.0, 86400.0, 604800.0
HOURS = 168
MONDAY = 72  # the hour of the week at which 1970 began: a Thursday
LONGEST_LOOK_BACK = 60 * DAY

_MEMORY = 28 * DAY / math.log(2)  # of the hours of the week: halved in four weeks
_LATELY = 4 * DAY / math.log(2)
_JUST_NOW = 3 * HOUR / math.log(2)
_FEW, _FEW_SECONDS = 0.5, 5 * HOUR  # before anything is known: half an item in five hours
_EVEN_DAY, _EVEN_WEEK, _OWN_HOUR = 3.0, 20.0, 80.0  # items that it takes to believe a cycle
_STEADY_DAYS, _STEADY_HOURS = 2.0, 2.0
_SPREAD = ((-1, 0.25), (0, 0.5), (1, 0.25))  # an item at nine speaks for eight and ten as well
_PINNED = 0.1  # share of a first document that may be old things kept on top
_MEASURE_AGAIN = 6 * HOUR
_GROUPS = 4
_BURSTS = 3.0  # items come in heaps: silence is judged as if their number were this uncertain (negative binomial)


class Intensity:
    """The rate of a feed's items as expected at the moment `now` (Unix seconds).

    `rate`: items an hour, over all hours of a week.
    """

    __slots__ = ("_days", "_fade", "_hours", "_items", "_just_now", "_known", "now", "rate")

    def __init__(self, rhythm: Rhythm, now: float) -> None:
        self.now = now
        self._hours = rhythm.hours or (0.0,) * HOURS
        self._fade = _faded(now - rhythm.counted, _MEMORY) if rhythm.counted else 0.0
        self._items = sum(self._hours) * self._fade
        seen = _watched(rhythm, now)
        age = now - rhythm.polled
        lately = _ratio(rhythm.lately, _faded(age, _LATELY), _STEADY_DAYS)
        self.rate = (self._items + _FEW) / (seen + _FEW_SECONDS) * HOUR * lately
        self._just_now = _ratio(rhythm.just_now, _faded(age, _JUST_NOW), _STEADY_HOURS) - 1
        self._known: dict[int, float] = {}
        self._days: dict[int, float] = {}

    def usual(self, hour: int) -> float:
        """Items in that hour (counted from 1970) of any week."""
        at = (hour + MONDAY) % HOURS
        share = self._known.get(at)
        if share is None:
            share = self._known[at] = self._share(at)
        return self.rate * share

    def at(self, hour: int) -> float:
        """Items in that hour, given what came in the last hours."""
        ahead = (hour + 0.5) * HOUR - self.now
        return self.usual(hour) * (1 + self._just_now * _faded(ahead, _JUST_NOW))

    def expected(self, start: float, end: float) -> float:
        """Items between two moments, as usual."""
        total, moment = 0.0, start
        while moment < end:
            hour = int(moment // HOUR)
            stop = min((hour + 1) * HOUR, end)
            total += self.usual(hour) * (stop - moment) / HOUR
            moment = stop
        return total

    def levels(self) -> tuple[float, ...]:
        """The usual week in a few numbers: its hours from quiet to busy, cut into equal groups, the mean of each."""
        week = sorted(self.usual(hour) for hour in range(HOURS))
        size = HOURS // _GROUPS
        return tuple(sum(week[first : first + size]) / size for first in range(0, HOURS, size))

    def _share(self, at: int) -> float:
        """That hour of the week's share of the items, over an even share."""
        day = at // 24
        if day not in self._days:
            self._days[day] = sum(self._hours[day * 24 : day * 24 + 24]) * self._fade
        of_day = (sum(self._hours[at % 24 :: 24]) * self._fade + _EVEN_DAY / 24) / (self._items + _EVEN_DAY)
        of_week = (self._days[day] + _EVEN_WEEK / 7) / (self._items + _EVEN_WEEK)
        own = (self._hours[at] * self._fade + _OWN_HOUR * of_day * of_week) / (self._items + _OWN_HOUR)
        return own * HOURS


def learn(rhythm: Rhythm, appeared: Sequence[float], now: float, since: float = 0.0) -> Rhythm:
    """The rhythm after a look at the feed at `now` that found items which appeared at these moments.

    `since`: from when on the look would have shown every item, if that is not the last look.
    """
    start = min(max(since, rhythm.polled), now) if rhythm.polled or since else now
    came, fresh = float(len(appeared)), sum(_faded(now - moment, _JUST_NOW) for moment in appeared)
    # Of a first look, what came is what is expected.
    expected = Intensity(rhythm, now).expected(max(start, now - WEEK), now) if rhythm.polled else came
    of_late = expected * _mean_fade(now - start, _JUST_NOW) if rhythm.polled else fresh
    learned = Rhythm(
        hours=_counted(rhythm, appeared, now) if appeared else rhythm.hours,
        seen=_watched(rhythm, now, start) if appeared else rhythm.seen,
        counted=now if appeared or not rhythm.counted else rhythm.counted,
        lately=_summed(rhythm.lately, _faded(now - start, _LATELY), came, expected),
        just_now=_summed(rhythm.just_now, _faded(now - start, _JUST_NOW), fresh, of_late),
        polled=now,
        last=max((rhythm.last, *appeared)),
        levels=rhythm.levels,
        measured=rhythm.measured,
    )
    if 0 <= now - rhythm.measured < _MEASURE_AGAIN:
        return learned
    return measured(learned, now)


def first_look(published: Sequence[float], now: float) -> Rhythm:
    """The rhythm that the dates in a feed's first document tell; that of an unknown feed if there are none."""
    recent = sorted(moment for moment in published if now - LONGEST_LOOK_BACK < moment <= now)
    if not recent:
        return learn(Rhythm(), (), now)
    # The watch begins with the oldest item, which therefore does not count; what is pinned is older than its place.
    oldest = recent[int(_PINNED * (len(recent) - 1))]
    return learn(Rhythm(), [moment for moment in recent if moment > oldest], now, since=oldest)


def silence(rhythm: Rhythm, now: float) -> float:
    """How likely it is, by the feed's rhythm as it was at its last item, that nothing new has come since."""
    if not rhythm.last or now <= rhythm.last:
        return 1.0
    as_it_was = Intensity(
        Rhythm(hours=rhythm.hours, seen=rhythm.seen, counted=rhythm.counted, polled=rhythm.polled), rhythm.last
    )
    weeks, rest = divmod(now - rhythm.last, WEEK)
    expected = as_it_was.rate * HOURS * weeks + as_it_was.expected(rhythm.last, rhythm.last + rest)
    return float((1 + expected / _BURSTS) ** -_BURSTS)


def measured(rhythm: Rhythm, now: float) -> Rhythm:
    """The rhythm with its levels as they are now."""
    return msgspec.structs.replace(rhythm, levels=Intensity(rhythm, now).levels(), measured=now)


def _faded(age: float, memory: float) -> float:
    return math.exp(-max(age, 0.0) / memory)


def _mean_fade(span: float, memory: float) -> float:
    """The mean of `_faded` over the ages from 0 to `span`."""
    return (1 - _faded(span, memory)) * memory / span if span > 0 else 1.0


def _watched(rhythm: Rhythm, now: float, start: float = 0.0) -> float:
    """The seconds that the feed was watched for, faded; `start`: when the watch began, if this is the first look."""
    if not rhythm.counted:
        return _MEMORY * (1 - _faded(now - start, _MEMORY)) if start else 0.0
    fade = _faded(now - rhythm.counted, _MEMORY)
    return rhythm.seen * fade + _MEMORY * (1 - fade)


def _counted(rhythm: Rhythm, appeared: Sequence[float], now: float) -> tuple[float, ...]:
    fade = _faded(now - rhythm.counted, _MEMORY) if rhythm.counted else 0.0
    counts = [count * fade for count in rhythm.hours] or [0.0] * HOURS
    for moment in appeared:
        weight, hour = _faded(now - moment, _MEMORY), int(moment // HOUR) + MONDAY
        for offset, share in _SPREAD:
            counts[(hour + offset) % HOURS] += weight * share
    return tuple([round(count, 4) for count in counts])


def _summed(sums: tuple[float, float], fade: float, items: float, expected: float) -> tuple[float, float]:
    return sums[0] * fade + items, sums[1] * fade + expected


def _ratio(sums: tuple[float, float], fade: float, steady: float) -> float:
    items, expected = sums
    return (items * fade + steady) / (expected * fade + steady)
