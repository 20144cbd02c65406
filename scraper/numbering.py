"""The addresses of an article's pages: which is the second, the third …, told by form alone, in any language."""

import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, urlsplit

from scraper.urls import canonical

MOST_PAGES = 30  # of an article, behind the first
_NAME = (
    r"p(?:a?ge?)?(?:[_-]?n(?:o|um(?:ber)?)?)?|paged|pagina|seite|side|sida|sivu|strana|strona|stranica|sayfa|"
    r"hal(?:aman)?|trang|part"
)
_PARAMETER = re.compile(_NAME, re.IGNORECASE)
# What an address may have behind that of the first page: /2/, /page/2, _2.html, -2.html, /seite-2, /index_2.shtml.
_BEHIND = re.compile(
    rf"(?:[/_,]|(?P<dash>-))(?:index[_-])?(?P<name>(?:{_NAME})[-_/=]?)?0?(?P<number>\d{{1,2}})(?:\.\w{{3,5}})?/?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<!\d)(\d{1,2})(?:\.\w{3,5})?/?(?:[?&#]|$)")
_ENDING = re.compile(r"\.(?:[sjpx]?html?|php|aspx?|jsp|cms|ece)$", re.IGNORECASE)


def is_page(own: str, address: str, number: int) -> bool:
    """Whether an address is that of page `number` of what begins at `own`; http or https, www or not."""
    ours, theirs = _apart(own), _apart(address)
    if theirs.netloc.removeprefix("www.") != ours.netloc.removeprefix("www."):
        return False
    if theirs.path.rstrip("/") == ours.path.rstrip("/"):
        return _is_asked_for(parse_qsl(ours.query), parse_qsl(theirs.query), number)
    path = _ENDING.sub("", ours.path.rstrip("/"))
    if not path or theirs.query not in ("", ours.query) or not theirs.path.startswith(path):
        return False
    found = _BEHIND.fullmatch(theirs.path, len(path))
    # Another story of the same name is called so, too: /the-story-2/.
    return (
        found is not None
        and int(found["number"]) == number
        and bool(not found["dash"] or found["name"] or _ENDING.search(ours.path))
    )


@lru_cache(100)
def _apart(url: str) -> SplitResult:
    return urlsplit(canonical(url))


def _is_asked_for(ours: list[tuple[str, str]], theirs: list[tuple[str, str]], number: int) -> bool:
    """Whether these parameters are those of the first page and the number of another one."""
    added = [one for one in theirs if one not in ours]
    if len(added) != 1:
        return False
    ((name, value),) = added
    missing = [one for one in ours if one not in theirs]
    return _PARAMETER.fullmatch(name) is not None and value == str(number) and missing in ([], [(name, "1")])


def first_page(own: str, claimed: str) -> str:
    """The address that a page claims for its own, if it is itself a later page of what begins there, or ''."""
    numbers = (int(found) for found in _NUMBER.findall(own))
    return claimed if any(number > 1 and is_page(claimed, own, number) for number in numbers) else ""
