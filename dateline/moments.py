"""Moments and spans as people say them, and as machines read them; pure but for the clock."""

from datetime import UTC, datetime

_SPANS = ((2 * 86400, 86400, "d"), (5400, 3600, "h"), (90, 60, "min"), (0, 1, "s"))
_PATIENCE = 300.0  # seconds that nobody calls late


def moment(text: object) -> datetime | None:
    """A stored time or a datetime, or None for what is neither."""
    try:
        made = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return made if made.tzinfo else made.replace(tzinfo=UTC)


def day(text: object) -> str:
    """A time as its day: 25 November 2026."""
    made = moment(text)
    return f"{made.day} {made:%B %Y}" if made else ""


def clock(text: object) -> str:
    """A time to the minute: 25 Nov 2026, 14:02 UTC."""
    made = moment(text)
    return f"{made.day} {made:%b %Y, %H:%M} UTC" if made else ""


def iso(text: object) -> str:
    """A time as machines read it."""
    made = moment(text)
    return made.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if made else ""


def ago(text: object) -> str:
    """A time as a person says it: "3 min ago", "in 2 h"; its day if it is long past."""
    made = moment(text)
    if made is None:
        return "never"
    seconds = (datetime.now(UTC) - made).total_seconds()
    if seconds > 30 * 86400:
        return day(made)
    number, unit = next((abs(seconds) / span, name) for least, span, name in _SPANS if abs(seconds) >= least)
    return f"{number:.0f} {unit} ago" if seconds >= 0 else f"in {number:.0f} {unit}"


def due(text: object) -> str:
    """When something that was to be done is due: "in 2 h", "now", "overdue by 3 h"."""
    made = moment(text)
    late = (datetime.now(UTC) - made).total_seconds() if made else 0.0
    if made is None or late < -1:
        return ago(text)
    return "now" if late < _PATIENCE else f"overdue by {every(late)}"


def every(seconds: float | None) -> str:
    """A span: 15 min, 2 h."""
    if seconds is None:
        return ""
    many, unit = next((seconds / span, name) for least, span, name in _SPANS if seconds >= least)
    return f"{many:.0f} {unit}"
