"""How things are written on a page: the templates, and the few turns of phrase that they share."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import nh3
from jinja2 import Environment, PackageLoader, StrictUndefined

from dateline.logs import one_line

_TAGS = {
    *("p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "code", "q", "cite"),
    *("em", "strong", "i", "b", "sub", "sup", "a", "br", "hr", "s", "del", "ins", "abbr"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href"}, "th": {"colspan", "rowspan"}, "td": {"colspan", "rowspan"}}
_SPANS = ((2 * 86400, 86400, "d"), (5400, 3600, "h"), (90, 60, "min"), (0, 1, "s"))
_UNITS = ("B", "kB", "MB", "GB", "TB")
_WORDS_A_MINUTE = 230
_TONGUE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_PATIENCE = 300.0  # seconds that nobody calls late


def safe_markup(markup: str) -> str:
    """The stored markup once more through an allow-list: tags of text, links to http and https, nothing else."""
    return nh3.clean(
        markup,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
    )


def href(url: str) -> str:
    """An address that may be linked to, without credentials, or ''."""
    try:
        parts = urlsplit(url)
        return (
            parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.scheme in ("http", "https") else ""
        )
    except ValueError:
        return ""


def tongue(language: str) -> str:
    """A language as `lang` takes it (BCP 47); "und" for what is none."""
    return language if _TONGUE.fullmatch(language) else "und"


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


def size(count: float) -> str:
    """Bytes: 1.2 MB."""
    unit = 0
    while count >= 1000 and unit < len(_UNITS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:.0f} {_UNITS[unit]}" if unit == 0 or count >= 100 else f"{count:.1f} {_UNITS[unit]}"


def number(count: float) -> str:
    """A number with its thousands apart."""
    return f"{count:,.0f}".replace(",", "\u202f")


def minutes(words: int) -> str:
    """How long a text takes to read."""
    return f"{max(round(words / _WORDS_A_MINUTE), 1)} min"


def every(seconds: float | None) -> str:
    """A span: 15 min, 2 h."""
    if seconds is None:
        return ""
    many, unit = next((seconds / span, name) for least, span, name in _SPANS if seconds >= least)
    return f"{many:.0f} {unit}"


def parameters(**given: object) -> str:
    """Parameters of an address; empty ones are left out."""
    return urlencode({name: str(value) for name, value in given.items() if value not in ("", None)}, errors="replace")


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("dateline.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters = (href, tongue, day, clock, iso, ago, due, size, number, minutes, every, one_line, safe_markup)
    made.filters |= {one.__name__: one for one in filters} | {"path": lambda text: quote(str(text), safe="")}
    made.globals["parameters"] = parameters
    return made


_ENVIRONMENT = _environment()


def page(template: str, **facts: Any) -> bytes:
    """A template filled in."""
    return _ENVIRONMENT.get_template(template).render(facts).encode("utf-8", "replace")
