"""What a request may cost, so that all feeds together make as many as the fixed interval would. Pure.

`[schedule] every` is the budget: so many feeds, a request each in that time. Who gets them is decided by one price for
all: a feed is polled as densely as its next items are worth it. How much a delay hurts is said by one curve, ln(delay)
+ delay / patience: doubling a short delay and doubling a middling one hurt alike, long ones hurt in proportion.
Polling every `i` hours where `rate` items an hour appear, delays lie evenly between 0 and i, so that an hour costs

    rate x (ln i - 1 + i / (2 patience)) + price / i,    least where    rate x (i + i^2 / (2 patience)) = price.

(With delay alone as the curve that is the square-root rule of Cho and Garcia-Molina, "Effective Page Refresh
Policies", 2003, and of Sia, Cho and Cho, 2007: the mean is then as small as can be, the median is not.)
"""

import math
from collections import Counter
from collections.abc import Iterable

from scraper.intensity import HOUR, Intensity
from scraper.settings import ScheduleSettings
from storage.records import FeedState, Rhythm

_PATIENCE = 0.1  # of `every`
_NOTCHES = 10  # a rate is remembered by the nearest tenth of its logarithm
_STALE = 10  # the price is found anew when a tenth of the feeds have changed
_LEAST = 1e-6  # items an hour: one in a hundred years
_LOWEST, _HIGHEST, _CLOSE = 1e-9, 1e9, 1.005
_UNKNOWN = Intensity(Rhythm(), 0.0).levels()


class Pace:
    """The price of a request for a set of feeds under one schedule, kept as the feeds' rhythms change."""

    def __init__(self, settings: ScheduleSettings, feeds: Iterable[FeedState] = ()) -> None:
        self._settings = settings
        self._patience = _PATIENCE * float(settings.every) / HOUR
        self._most = HOUR / min(settings.fastest, settings.every)  # requests an hour
        self._least = HOUR / max(settings.slowest, settings.every)
        self._rates: Counter[int] = Counter()
        self._feeds = self._changes = 0
        self._price = 0.0
        for feed in feeds:
            self._count(feed, 1)

    @property
    def price(self) -> float:
        """In the unit of the curve times items."""
        if not self._price or self._changes * _STALE > self._feeds:
            self._price, self._changes = self._solved(), 0
        return self._price

    def density(self, rate: float) -> float:
        """Requests an hour while items appear at that rate (an hour), within the bounds of the schedule."""
        return min(max(self._density(max(rate, _LEAST), self.price), self._least), self._most)

    def replace(self, before: FeedState, after: FeedState) -> None:
        """Take in what a poll has taught of a feed."""
        if before.rhythm.levels != after.rhythm.levels:
            self._count(before, -1)
            self._count(after, 1)
            self._changes += 1

    def spending(self) -> float:
        """The requests an hour that all feeds make at this price, as their rhythms say."""
        return self._spending(self.price)

    def _count(self, feed: FeedState, sign: int) -> None:
        if feed.every is None:
            self._feeds += sign
            for rate in feed.rhythm.levels or _UNKNOWN:
                self._rates[round(math.log(max(rate, _LEAST)) * _NOTCHES)] += sign

    def _density(self, rate: float, price: float) -> float:
        reach = 2 * price / (rate * self._patience)
        return 1 / (self._patience * (math.sqrt(1 + reach) - 1))

    def _spending(self, price: float) -> float:
        each = (
            count * min(max(self._density(math.exp(notch / _NOTCHES), price), self._least), self._most)
            for notch, count in self._rates.items()
        )
        return sum(each) / len(_UNKNOWN)

    def _solved(self) -> float:
        """The price at which all feeds spend the budget (found by halving, from the last price on)."""
        budget = self._feeds * HOUR / float(self._settings.every)
        price, step = self._price or 1.0, 2.0
        dear = self._spending(price) > budget
        while step > _CLOSE:
            price = price * step if dear else price / step
            if not _LOWEST < price < _HIGHEST:  # the bounds of the schedule hold, at any price
                break
            if (self._spending(price) > budget) != dear:
                dear, step = not dear, math.sqrt(step)
        return min(max(price, _LOWEST), _HIGHEST)
