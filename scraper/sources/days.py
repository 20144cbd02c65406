"""Days that stand in addresses: /2024/05/12/, sitemap-2024-05.xml, sitemap.xml?yyyy=2024&mm=05. Pure."""

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit

from scraper.sources import Plan

_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:1[0-2]|0?[1-9])", r"(?:[12]\d|3[01]|0?[1-9])"
# Of an article: whole segments of the path alone, for a slug may tell of any year.
_PATH = re.compile(rf"/(?P<y>{_YEAR})[/-](?P<m>{_MONTH})(?:[/-](?P<d>{_DAY}))?(?=/)|/(?P<c>{_YEAR}[01]\d[0-3]\d)/")
_FILE = (
    re.compile(rf"(?<!\d)(?P<y>{_YEAR})[-_/.](?P<m>{_MONTH})(?:[-_/.](?P<d>{_DAY}))?(?!\d)"),
    re.compile(rf"(?<!\d)(?P<c>{_YEAR}[01]\d[0-3]\d)(?!\d)"),
    re.compile(rf"(?<!\d)(?P<y>{_YEAR})(?P<m>0[1-9]|1[0-2])(?!\d)"),
    re.compile(rf"y{{1,4}}(?:ear)?=(?P<y>{_YEAR})(?:&m+(?:onth)?=(?P<m>{_MONTH}))?(?:&d+(?:ay)?=(?P<d>{_DAY}))?"),
    re.compile(rf"/(?P<y>{_YEAR})/"),
)
# Of numbered sitemaps the two-thousandth is called so, too.
_YEARLY = re.compile(rf"(?<!\d)(?P<y>{_YEAR})\D*$")
_SLACK = timedelta(days=1)  # the site's own day begins up to 14 hours away from ours


def of_article(url: str) -> tuple[date, date] | None:
    """The first and the last day that the address of an article may mean, or None if it tells none."""
    return _span(_PATH.search(urlsplit(url).path))


def of_sitemap(url: str, *, years: bool = False) -> tuple[date, date] | None:
    """The first and the last day that the name of a sitemap tells, or None; `years`: whether its number may be one."""
    forms = (*_FILE, _YEARLY) if years else _FILE
    return next(filter(None, (_span(form.search(_name(url))) for form in forms)), None)


def named_by_years(urls: Sequence[str]) -> bool:
    """Whether the number in the name of each of these sitemaps is that of a year."""
    return all(_YEARLY.search(_name(url)) for url in urls)


def outside(days: tuple[date, date] | None, plan: Plan) -> bool:
    """Whether these days lie wholly outside those that are wanted, whatever the time zone.

    A month or a year is the site's own: for a day's slack all pages of the months beside it would be fetched.
    """
    if days is None:
        return False
    first, last = days
    slack = _SLACK if first == last else timedelta(0)
    return bool((plan.since and last + slack < plan.since) or (plan.until and first - slack > plan.until))


def noon(day: date) -> datetime:
    """A moment of that day, to sort by."""
    return datetime.combine(day, time(12), UTC)


def _name(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _span(found: re.Match[str] | None) -> tuple[date, date] | None:
    if found is None:
        return None
    said = found.groupdict()
    if said.get("c"):
        said |= {"y": said["c"][:4], "m": said["c"][4:6], "d": said["c"][6:]}
    year, month, day = (int(said.get(name) or 0) for name in "ymd")
    try:
        if day:
            return date(year, month, day), date(year, month, day)
    except ValueError:
        return None
    if not month:
        return date(year, 1, 1), date(year, 12, 31)
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])
