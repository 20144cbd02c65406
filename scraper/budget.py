"""What a request may cost, so that all feeds together make as many as the fixed interval would. Pure.

`[schedule] every` is the budget: so many feeds, a request each in that time. Who gets them is decided by one price for
all: a feed is polled as densely as its next items are worth it. How much a delay hurts is said by one curve,

    1 - exp(-delay / soon) + delay / patience:

news loses what is new about it soon, the rest in proportion. `soon` is what makes the expected median shortest: at
least `fastest`, longer where no feeds stand out by their rates. The scarcer requests are, the less is done about the
longest delays, else none would be short: patience / `every` is a twelfth of `every` / `fastest`. Polling every `i`
hours where `rate` items an hour appear, delays lie evenly between 0 and i; with u = i / soon that costs least where

    rate x soon x (1 - (1 + u) exp(-u) + u^2 soon / (2 patience)) = price.

(With delay alone as the curve that is the square-root rule of Cho and Garcia-Molina, "Effective Page Refresh
Policies", 2003, and of Sia, Cho and Cho, 2007: the mean is then as small as can be, the median is not.)
"""

import math
from bisect import bisect
from collections import Counter
from collections.abc import Iterable

from scraper.intensity import HOUR, Intensity
from scraper.settings import ScheduleSettings
from storage.records import FeedState, Rhythm

_SCARCE = 12.0  # `every` / `fastest` at which patience is `every`,
_MOST_PATIENT = 2.5  # and so many times `every` at most
_LATER = 1.5  # what may be `soon` is told apart so far,
_LATEST = 0.25  # up to that share of `every`
_FINE = 1.005  # intervals are told apart by half a hundredth
_NOTCHES = 10  # a rate is remembered by the nearest tenth of its logarithm
_STALE = 10  # the price is found anew when a tenth of the feeds have changed
_LEAST = 1e-6  # items an hour: one in a hundred years
_LOWEST, _HIGHEST, _CLOSE = 1e-9, 1e9, 1.005
_UNKNOWN = Intensity(Rhythm(), 0.0).levels()


class _Curve:
    """The intervals that a schedule allows (hours, rising), and up to which price / rate each of them is best."""

    def __init__(self, soon: float, shortest: float, longest: float, patience: float) -> None:
        self.price = 1.0  # in the unit of the curve times items
        steps = math.ceil(math.log(longest / shortest) / math.log(_FINE))
        self._waits = [min(shortest * _FINE**step, longest) for step in range(steps + 1)]
        self._gains = [soon * (1 - (1 + i / soon) * math.exp(-i / soon)) + i * i / (2 * patience) for i in self._waits]

    def wait(self, rate: float, price: float) -> float:
        return self._waits[min(bisect(self._gains, price / rate), len(self._waits) - 1)]

    def solve(self, rates: "Counter[float]", budget: float) -> None:
        """Set the price at which that many requests an hour are made (found by halving, from the last price on)."""
        price, step = self.price, 2.0
        dear = self.spending(rates, price) > budget
        while step > _CLOSE:
            price = price * step if dear else price / step
            if not _LOWEST < price < _HIGHEST:  # the bounds of the schedule hold, at any price
                break
            if (self.spending(rates, price) > budget) != dear:
                dear, step = not dear, math.sqrt(step)
        self.price = min(max(price, _LOWEST), _HIGHEST)

    def spending(self, rates: "Counter[float]", price: float) -> float:
        return sum(count / self.wait(rate, price) for rate, count in rates.items())

    def median(self, rates: "Counter[float]") -> float:
        """The delay (hours) that half of the items are expected to have at most."""
        items = [(rate * count, self.wait(rate, self.price)) for rate, count in rates.items()]
        half = sum(weight for weight, _ in items) / 2
        low, high = self._waits[0] / 2, self._waits[-1]
        while high > low * _CLOSE:
            middle = math.sqrt(low * high)
            within = sum(weight * min(middle / wait, 1.0) for weight, wait in items)
            low, high = (low, middle) if within > half else (middle, high)
        return high


class Pace:
    """The price of a request for a set of feeds under one schedule, kept as the feeds' rhythms change."""

    def __init__(self, settings: ScheduleSettings, feeds: Iterable[FeedState] = ()) -> None:
        every, fastest, slowest = (
            max(float(one), 1.0) / HOUR for one in (settings.every, settings.fastest, settings.slowest)
        )
        shortest, longest = min(fastest, every), max(slowest, every)
        patience = every * min(every / shortest / _SCARCE, _MOST_PATIENT)
        later = max(math.log(_LATEST * every / shortest) / math.log(_LATER), 0.0)
        self._curves = [_Curve(shortest * _LATER**n, shortest, longest, patience) for n in range(int(later) + 1)]
        self._taken = 0
        self._every = every
        self._notches: Counter[int] = Counter()
        self._feeds = self._changes = 0
        self._solved = False
        for feed in feeds:
            self._count(feed, 1)

    def density(self, rate: float) -> float:
        """Requests an hour while items appear at that rate (an hour), within the bounds of the schedule."""
        curve = self._curve()
        return 1 / curve.wait(max(rate, _LEAST), curve.price)

    def replace(self, before: FeedState, after: FeedState) -> None:
        """Take in what a poll has taught of a feed."""
        if before.rhythm.levels != after.rhythm.levels:
            self._count(before, -1)
            self._count(after, 1)
            self._changes += 1

    def spending(self) -> float:
        """The requests an hour that all feeds make at this price, as their rhythms say."""
        curve = self._curve()
        return curve.spending(self._rates(), curve.price)

    def _count(self, feed: FeedState, sign: int) -> None:
        if feed.every is None:
            self._feeds += sign
            for rate in feed.rhythm.levels or _UNKNOWN:
                self._notches[round(math.log(max(rate, _LEAST)) * _NOTCHES)] += sign

    def _rates(self) -> "Counter[float]":
        """How many feeds bring so many items an hour."""
        parts = len(_UNKNOWN)
        return Counter({math.exp(notch / _NOTCHES): count / parts for notch, count in self._notches.items() if count})

    def _curve(self) -> _Curve:
        """The curve that makes the median shortest: of all at first, then of the neighbours of the last one."""
        if self._solved and self._changes * _STALE <= self._feeds:
            return self._curves[self._taken]
        rates, reach = self._rates(), 1 if self._solved else len(self._curves)
        first = max(self._taken - reach, 0)
        medians = []
        for curve in self._curves[first : self._taken + reach + 1]:
            curve.solve(rates, self._feeds / self._every)
            medians.append(curve.median(rates))
        self._taken = first + medians.index(min(medians))
        self._solved, self._changes = True, 0
        return self._curves[self._taken]
