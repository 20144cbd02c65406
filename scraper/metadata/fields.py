"""Raw strings into clean fields: titles, people, moments, languages."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import unescape

_SPACE = re.compile(r"\s+")
_TAG = re.compile(r"<[^>]{0,500}>")
_BY = re.compile(
    r"^\s*(?:by|von|par|por|di|da|door|av|af|od|от|автор|texte?|written by|story by|reported by|posted by)\b[:\s]+",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*(?:,|;|\||\band\b|\bund\b|\bet\b|\by\b|&)\s*", re.IGNORECASE)
_NO_PERSON = re.compile(
    r"https?:|@|^(?:admin|editor|editors?|redaktion|redaction|staff|newsroom|reuters|ap|afp|dpa|associated press|"
    r"agence france-presse|tass|xinhua|ansa|efe|pti|ians|upi)$|"
    r"^(?:view|see|read|browse|all|more)\b.*\b(?:posts?|articles?|stories|author)\b",
    re.IGNORECASE,
)
_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$")
_SEPARATOR = re.compile(r"\s+[|–—·•»«:\-]\s+|\s*[|»«]\s*")


def line(text: str) -> str:
    """Plain text on one line: entities resolved, tags gone, white space folded."""
    return _SPACE.sub(" ", _TAG.sub("", unescape(text))).strip()


def people(names: Iterable[str]) -> tuple[str, ...]:
    """Persons out of bylines: without "By", agencies, addresses; each once."""
    found: dict[str, None] = {}
    for name in names:
        for part in _AND.split(_BY.sub("", line(name))):
            if 2 < len(part) < 60 and not _NO_PERSON.search(part):
                found[part] = None
    return tuple(found)


def when(text: str) -> datetime | None:
    """A moment in UTC within the plausible window (1990 to two days from now); without an offset, UTC is taken."""
    text = text.strip()
    for read in (datetime.fromisoformat, parsedate_to_datetime, _day):
        try:
            found = read(text)
            found = found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        return found if found.year >= 1990 and found < datetime.now(UTC) + timedelta(days=2) else None
    return None


def language(text: str) -> str:
    """A BCP 47 tag: en, en-GB, zh-Hans; '' for anything else."""
    text = text.strip().replace("_", "-")
    if not _LANGUAGE.match(text):
        return ""
    head, *rest = text.split("-")
    return "-".join([head.lower(), *(part.upper() if len(part) == 2 else part.title() for part in rest[:2])])


def bare_title(title: str, others: Iterable[str], site: str) -> str:
    """A title without the site's name around it: what another source says too, or what is left without the name."""
    title = line(title)
    parts = [part.strip() for part in _SEPARATOR.split(title) if part.strip()]
    if len(parts) < 2:
        return title
    for other in map(line, others):
        if other and other != title and len(other) > 8 and (title.startswith(other) or title.endswith(other)):
            return other
    if site and parts[-1].casefold() == site.casefold():
        return title[: title.rindex(parts[-1])].rstrip(" |–—·•»«:-")
    if site and parts[0].casefold() == site.casefold():
        return title[len(parts[0]) :].lstrip(" |–—·•»«:-")
    return title


def _day(text: str) -> datetime:
    match = _DAY.search(text)
    if match is None:
        raise ValueError(text)
    return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC)
