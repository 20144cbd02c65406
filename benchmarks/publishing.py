"""A made-up world of news feeds, for benchmarks/polling.py: when each of them publishes, over months.

Its shapes are drawn feed by feed and share nothing with the model that scraper.intensity fits: rates on a grid of ten
minutes, with newsroom days in their own time zones, moving moods (lognormal), drifts, clusters, days of breaking news,
holidays, a summer time change, relaunches with another timetable, feeds that die, revive or have a season.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

DAY = 86400.0
STEP = 600.0
MONDAY = 1_767_571_200.0  # 2026-01-05 00:00 UTC
_STEPS = int(DAY / STEP)
KINDS = ("newsroom", "agency", "blog", "timetable", "batches", "robot")
_SHARES = (0.42, 0.12, 0.2, 0.1, 0.1, 0.06)
_ZONES = (-8.0, -6.0, -5.0, -3.0, 0.0, 1.0, 1.0, 2.0, 3.0, 5.5, 8.0, 9.0, 10.0)


@dataclass(frozen=True)
class Publisher:
    """One feed: when its items appear (Unix seconds, rising), how many it shows, whether its items carry dates."""

    kind: str
    items: Array
    window: int
    dated: bool


def publishers(count: int, days: int, seed: int, spread: float = 1.7, only: str = "") -> list[Publisher]:
    """So many feeds, from MONDAY on for so many days.

    `spread`: how far the feeds' rates lie apart (standard deviation of their logarithm); `only`: feeds of one kind.
    """
    dice = np.random.default_rng(seed)
    regions = [_breaking(dice, days) for _ in range(6)]
    many = (np.random.default_rng(dice.integers(2**63)) for _ in range(count))
    return [_publisher(one, regions, days, spread, only) for one in many]


def _publisher(dice: np.random.Generator, regions: list[Array], days: int, spread: float, only: str) -> Publisher:
    drawn = str(dice.choice(KINDS, p=_SHARES))
    kind = only or drawn
    a_day = float(np.clip(np.exp(dice.normal(np.log(2.5), spread)), 1 / 30, 200))
    zone = float(dice.choice(_ZONES))
    local = np.arange(days * _STEPS) * STEP / 3600 + zone
    local = local + np.where(np.arange(len(local)) > dice.uniform(0.2, 0.6) * len(local), dice.choice([0, 1]), 0)
    shape = _shape(kind, local, dice)
    if dice.random() < 0.08:  # a relaunch
        shape = np.where(np.arange(len(local)) < dice.uniform(0.3, 0.9) * len(local), shape, _shape(kind, local, dice))
    rate = a_day * STEP / DAY * shape / max(shape.mean(), 1e-9)
    rate = rate * _mood(dice, len(local)) * _life(dice, len(local)) * _holidays(dice, local)
    if kind in ("newsroom", "agency", "batches"):
        rate = rate * (1 + (regions[int(zone) % len(regions)] - 1) * dice.uniform(0, 1))
    items = _draw(kind, rate, dice)
    window = int(dice.choice([10, 15, 20, 25, 30, 50], p=[0.35, 0.1, 0.25, 0.1, 0.1, 0.1]))
    return Publisher(kind, items, window, dated=bool(dice.random() < 0.9))


def _shape(kind: str, local: Array, dice: np.random.Generator) -> Array:
    """The usual week, as a factor of the mean rate."""
    hour, day = local % 24, (local // 24) % 7
    weekend = np.where(day >= 5, dice.uniform(0.1, 0.8), 1.0)
    if kind == "newsroom":
        start, end = dice.uniform(5, 9), dice.uniform(16, 22)
        edge = dice.uniform(0.4, 1.5)
        work = 1 / (1 + np.exp(-(hour - start) / edge)) / (1 + np.exp((hour - end) / edge))
        peak = 1 + dice.uniform(0, 1.5) * np.exp(-(((hour - dice.uniform(start, end)) / 1.5) ** 2))
        return np.asarray((dice.uniform(0.005, 0.08) + work * peak) * weekend)
    if kind == "agency":
        return np.asarray((1 + dice.uniform(0.2, 0.7) * np.sin((hour - 8) / 24 * 2 * np.pi)) * (0.5 + weekend / 2))
    if kind == "blog":
        evening = np.exp(-(((hour - dice.uniform(8, 22) + 12) % 24 - 12) ** 2) / (2 * dice.uniform(2, 5) ** 2))
        liking = dice.gamma(1.5, 1, 7)
        return np.asarray((0.02 + evening) * liking[day.astype(int)])
    if kind == "timetable":
        slots = dice.choice(24 * 7, size=int(dice.choice([1, 3, 5, 7, 14])), replace=False)
        if dice.random() < 0.6:  # the same hours every working day
            slots = np.array([24 * d + h for d in range(5) for h in dice.choice(24, size=int(dice.integers(1, 4)))])
        distance = np.abs((local[:, None] % 168 - slots[None, :] - dice.random() + 84) % 168 - 84).min(axis=1)
        return np.asarray(np.exp(-((distance / dice.uniform(0.1, 0.8)) ** 2)) + 0.01)
    if kind == "batches":
        return np.asarray(((hour > dice.uniform(5, 9)) & (hour < dice.uniform(16, 23))) * weekend + 0.03)
    return np.ones_like(local)


def _mood(dice: np.random.Generator, length: int) -> Array:
    """Lognormal: a mood of some days over a drift of months."""
    days = length // _STEPS + 2
    quick, slow = np.zeros(days), np.zeros(days)
    sway, drift = dice.uniform(0.15, 0.6), dice.uniform(0.0, 0.06)
    keep = np.exp(-1 / dice.uniform(1, 6))
    for day in range(1, days):
        quick[day] = quick[day - 1] * keep + dice.normal(0, sway * np.sqrt(1 - keep**2))
        slow[day] = slow[day - 1] + dice.normal(0, drift)
    return np.asarray(np.exp(np.interp(np.arange(length) / _STEPS, np.arange(days), quick + slow)))


def _life(dice: np.random.Generator, length: int) -> Array:
    """Whether it publishes at all: some die, some pause for weeks, some have a season."""
    alive, chance = np.ones(length), dice.random()
    if chance < 0.06:
        alive[int(dice.uniform(0.2, 0.95) * length) :] = 0
    elif chance < 0.14:
        start = int(dice.uniform(0, 0.8) * length)
        alive[start : start + int(dice.uniform(5, 30) * _STEPS)] = 0
    elif chance < 0.19:
        alive = np.asarray(
            0.05 + (np.sin(np.arange(length) / length * 2 * np.pi * dice.uniform(0.5, 2) + dice.uniform(0, 6)) > 0)
        )
    return alive


def _holidays(dice: np.random.Generator, local: Array) -> Array:
    days = int(local[-1] // 24) + 2
    off = np.where(dice.random(days) < 0.03, dice.uniform(0.1, 0.7), 1.0)
    return np.asarray(off[np.maximum(local // 24, 0).astype(int)])


def _breaking(dice: np.random.Generator, days: int) -> Array:
    """The news of a region: every other week something happens, for hours or days."""
    factor = np.ones(days * _STEPS)
    moment = dice.exponential(10)
    while moment < days:
        start, length = int(moment * _STEPS), int(dice.uniform(0.2, 2) * _STEPS)
        stop = min(start + length, len(factor))
        factor[start:stop] *= 1 + dice.uniform(1, 4) * np.exp(-np.arange(stop - start) / (length / 2))
        moment += dice.exponential(14)
    return factor


def _draw(kind: str, rate: Array, dice: np.random.Generator) -> Array:
    """Items from rates: singly, in batches of one upload, or in clusters of one story."""
    size = float(dice.uniform(3, 9)) if kind == "batches" else 1.0
    clustered = kind in ("newsroom", "agency") and dice.random() < 0.5
    children = float(dice.uniform(0.3, 1.5)) if clustered else 0.0
    counts = dice.poisson(rate / size / (1 + children))
    steps = np.repeat(np.arange(len(rate)), counts)
    moments = steps * STEP + dice.uniform(0, STEP, len(steps))
    if kind == "batches":
        sizes = 1 + dice.poisson(size - 1, len(moments))
        moments = np.repeat(moments, sizes) + dice.uniform(0, 240, int(sizes.sum()))
    if clustered:
        sizes = dice.poisson(children, len(moments))
        later = dice.lognormal(np.log(1800), 1.0, int(sizes.sum()))
        moments = np.concatenate([moments, np.repeat(moments, sizes) + later])
    if kind == "timetable" or dice.random() < 0.15:  # a scheduler that knows whole minutes
        moments = np.round(moments / 300) * 300 + dice.uniform(0, 5, len(moments))
    moments = np.sort(moments)
    return MONDAY + moments[(moments > 0) & (moments < len(rate) * STEP)]
