"""Plots as SVG, with nothing but the standard library."""

import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 640, 360, 60, 200, 16, 40
_COLOURS = ("#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#b9770e", "#555555")


class Series(NamedTuple):
    """A line of the plot."""

    name: str
    values: Sequence[float]


def log_plot(across: str, places: Sequence[float], lines: Sequence[Series]) -> str:
    """Lines over `places`, both axes logarithmic, each line named at its end."""
    every = [value for line in lines for value in line.values if value > 0]
    low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)))
    first, last = math.log10(min(places)), math.log10(max(places))

    def x(value: float) -> float:
        return _LEFT + (math.log10(value) - first) / (last - first or 1) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _TOP + (high - math.log10(value)) / (high - low or 1) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="12"><rect width="100%" height="100%" fill="white"/>'
    ]
    for power in range(low, high + 1):
        at = y(10.0**power)
        parts.append(f'<path d="M{_LEFT} {at:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{_short(10.0**power)}</text>')
    for place in places:
        parts.append(f'<text x="{x(place):.1f}" y="{_HEIGHT - 20}" text-anchor="middle">{_short(place)}</text>')
    parts.append(
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 4}" text-anchor="middle">{escape(across)}</text>'
    )
    ends = _apart([y(max(line.values[-1], 10.0**low)) for line in lines])
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(
            f"{x(place):.1f},{y(max(value, 10.0**low)):.1f}" for place, value in zip(places, line.values, strict=True)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(
            f'<text x="{_WIDTH - _RIGHT + 8}" y="{ends[number] + 4:.1f}" fill="{colour}">{escape(line.name)}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])


def _apart(heights: Sequence[float]) -> list[float]:
    """The heights of labels, moved so that none covers another."""
    moved, below = list(heights), -math.inf
    for number in sorted(range(len(heights)), key=lambda one: heights[one]):
        moved[number] = below = max(heights[number], below + 14)
    return moved


def _short(value: float) -> str:
    for size, mark in ((1e6, " million"), (1e3, ",000")):
        if value >= size:
            return f"{value / size:g}{mark}"
    return f"{value:g}"
