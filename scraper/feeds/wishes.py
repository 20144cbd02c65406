"""What the head of an RSS feed asks of whoever polls it: how often it is renewed, and when it is not."""

import re

_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SKIPPED = re.compile(r"<skip(Hours|Days)\b[^<>]*>(.{0,3000}?)</skip\1", re.IGNORECASE | re.DOTALL)
_HOUR = re.compile(r"<hour\b[^<>]{0,200}>\s{0,50}(\d{1,2})\s{0,50}<", re.IGNORECASE)
_DAY = re.compile(r"<day\b[^<>]{0,200}>\s{0,50}([a-z]{6,9})\s{0,50}<", re.IGNORECASE)
_HEAD = 50_000  # characters: where an honest channel has said it


def update_period(period: str, frequency: str, generator: str) -> int | None:
    """Seconds between two updates as the syndication module (sy:) has it, or None.

    WordPress writes "hourly, once" into every feed of every site; of its feeds that is no statement.
    """
    seconds = _PERIODS.get(period.strip().lower())
    times = int(frequency) if frequency.isascii() and frequency.isdigit() and 0 < len(frequency) < 7 else 1
    if seconds is None or times < 1:
        return None
    if "wordpress" in generator.lower() and (seconds, times) == (_PERIODS["hourly"], 1):
        return None
    return seconds // times or None


def skipped(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The hours (0 to 23, GMT) and days (0 is Monday) of <skipHours> and <skipDays>; 24 is midnight in RSS 0.91."""
    hours: set[int] = set()
    days: set[int] = set()
    for found in _SKIPPED.finditer(text, 0, _HEAD):
        hours.update(int(hour) % 24 for hour in _HOUR.findall(found[2]) if int(hour) <= 24)
        days.update(_DAYS.index(day.lower()) for day in _DAY.findall(found[2]) if day.lower() in _DAYS)
    return tuple(sorted(hours)), tuple(sorted(days))
