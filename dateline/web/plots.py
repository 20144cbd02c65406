"""Figures as coordinates, for the templates to draw as SVG. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

LEVELS = 5
_HOURS = 24


class Bar(NamedTuple):
    """A bar of a plot: its box, what it stands for, and its value."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: float


class Cell(NamedTuple):
    """An hour of the week: its place, how strong it is (0 to LEVELS), and its count."""

    x: float
    y: float
    level: int
    hour: int
    weekday: int
    articles: int


def bars(values: Sequence[tuple[str, float]], width: float, height: float) -> list[Bar]:
    """Values as upright bars of equal width that fill the box."""
    if not values:
        return []
    step, top = width / len(values), max(1.0, *(value for _, value in values))
    made = []
    for place, (label, value) in enumerate(values):
        tall = max(height * value / top, 1.0 if value else 0.0)
        made.append(
            Bar(round(place * step, 2), round(height - tall, 2), round(step * 0.78, 2), round(tall, 2), label, value)
        )
    return made


def line(values: Sequence[float], width: float, height: float, low: float, high: float) -> str:
    """Values between `low` and `high` as the points of a polyline."""
    step = width / max(len(values) - 1, 1)
    span = (high - low) or 1.0
    points = (
        (place * step, height - height * (min(max(value, low), high) - low) / span)
        for place, value in enumerate(values)
    )
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def week(counts: Sequence[int], size: float) -> list[Cell]:
    """168 counts, Monday first, as a picture of seven rows; the strength is relative to the busiest hour."""
    top = max(counts, default=0) or 1
    return [
        Cell(
            x=place % _HOURS * size,
            y=place // _HOURS * size,
            level=-(-count * LEVELS // top),
            hour=place % _HOURS,
            weekday=place // _HOURS,
            articles=count,
        )
        for place, count in enumerate(counts)
    ]
