"""How things are written on a page: the templates, and the few turns of phrase that they share."""

import re
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import nh3
from jinja2 import Environment, PackageLoader, StrictUndefined

from dateline.logs import one_line
from dateline.moments import ago, clock, day, due, every, iso

_TAGS = {
    *("p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "code", "q", "cite"),
    *("em", "strong", "i", "b", "sub", "sup", "a", "br", "hr", "s", "del", "ins", "abbr"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href"}, "th": {"colspan", "rowspan"}, "td": {"colspan", "rowspan"}}
_UNITS = ("B", "kB", "MB", "GB", "TB")
_WORDS_A_MINUTE = 230
_RIGHT_TO_LEFT = re.compile(
    "[\u05d0-\u05f2\u0620-\u064a\u066e-\u06d3\u06fa-\u08c9\ufb1d-\ufdfb\ufe70-\ufefc\U0001e900-\U0001e943]"
)
_BEGIN = 4000  # characters of a text that tell which way it runs
_TONGUE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


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


def way(text: str) -> str:
    """Which way most of a text runs: a foreign name at its beginning turns none."""
    begin = text[:_BEGIN]
    return "rtl" if 2 * len(_RIGHT_TO_LEFT.findall(begin)) > sum(map(str.isalpha, begin)) else "ltr"


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
    filters = (href, tongue, way, day, clock, iso, ago, due, size, number, minutes, every, one_line, safe_markup)
    made.filters |= {one.__name__: one for one in filters} | {"path": lambda text: quote(str(text), safe="")}
    made.globals["parameters"] = parameters
    return made


_ENVIRONMENT = _environment()


def page(template: str, **facts: Any) -> bytes:
    """A template filled in."""
    return _ENVIRONMENT.get_template(template).render(facts).encode("utf-8", "replace")
