"""Durations and sizes as a person writes them; pure."""

import math
import re

from scraper.settings import Duration, Size

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")
_DURATION_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]i?)?B?", re.IGNORECASE)
_SIZE_UNITS = {
    "": 1,
    "K": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "KI": 2**10,
    "MI": 2**20,
    "GI": 2**30,
    "TI": 2**40,
}


def duration(text: object) -> Duration:
    """Seconds of "15m" and the like; a number is taken as seconds. Raises ValueError."""
    if isinstance(text, int | float) and not isinstance(text, bool) and text >= 0:
        return Duration(text)
    parts = _DURATION.findall(text) if isinstance(text, str) else []
    if not parts or not isinstance(text, str) or re.sub(r"\s", "", _DURATION.sub("", text)):
        raise ValueError(f'expected a duration such as "30s", "15m" or "1h30m", got {text!r}')
    return Duration(sum(float(number) * _DURATION_UNITS[unit] for number, unit in parts))


def size(text: object) -> Size:
    """Bytes of "10MiB" and the like; a number is taken as bytes. Raises ValueError."""
    match = _SIZE.fullmatch(text.strip()) if isinstance(text, str) else None
    if match and math.isfinite(number := float(match[1]) * _SIZE_UNITS[(match[2] or "").upper()]):
        return Size(number)
    if isinstance(text, int) and not isinstance(text, bool) and text >= 0:
        return Size(text)
    raise ValueError(f'expected a size such as "10MiB", got {text!r}')


def counted(number: int, names: str) -> str:
    """How many of something: 1 feed, 2 feeds; `names` is the plural."""
    return f"{number} {names if number != 1 else names.removesuffix('s')}"
