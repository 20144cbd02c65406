"""An article on several pages: where the next one stands, told by the form of its address alone, in any language."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from selectolax.lexbor import LexborNode

from scraper.blocks import Block
from scraper.metadata import Seen
from scraper.urls import absolute

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
_ENDING = re.compile(r"\.(?:[sjpx]?html?|php|aspx?|jsp|cms|ece)$", re.IGNORECASE)


def next_page(own: str, number: int, seen: Seen) -> str:
    """The address of page `number` of the article that begins at `own`, if the page before it links there, or ''."""
    told = str(number)
    # Most links are of other kinds, and taking an address apart is dear.
    ends = re.compile(rf"{told}(?<![1-9]{told})(?:\.\w{{3,5}})?/?(?:[&#]|$)").search
    for link, where in _links(seen, told):
        if told not in link or not ends(link) or not is_page(own, address := absolute(link, seen.url), number):
            continue
        if not _in_comments(seen, where):
            return address.partition("#")[0]
    return ""


def _links(seen: Seen, told: str) -> Iterator[tuple[str, Block | LexborNode]]:
    """What a page links to in its blocks, and beside them in its menus."""
    for block in seen.blocks:
        if block.links:
            for _, link, _ in block.parts:
                yield link, block
    for menu in seen.marked["nav"]:
        for node in menu.css(f'a[href$="{told}"], a[href$="{told}/"], a[href*="{told}."], a[href*="={told}"]'):
            yield node.attributes["href"] or "", node


def _in_comments(seen: Seen, where: Block | LexborNode) -> bool:
    """Whether a link stands among comments: what they link to is a page of comments."""
    if isinstance(where, Block):
        return any("comment" in one.marks for one in where.element.upwards())
    return seen.in_comments(where)


def is_page(own: str, address: str, number: int) -> bool:
    """Whether an address is that of page `number` of what begins at `own`."""
    ours, theirs = urlsplit(own), urlsplit(address)
    if theirs.netloc != ours.netloc:
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


def _is_asked_for(ours: list[tuple[str, str]], theirs: list[tuple[str, str]], number: int) -> bool:
    """Whether these parameters are those of the first page and the number of another one."""
    added = [one for one in theirs if one not in ours]
    if len(added) != 1:
        return False
    ((name, value),) = added
    missing = [one for one in ours if one not in theirs]
    return _PARAMETER.fullmatch(name) is not None and value == str(number) and missing in ([], [(name, "1")])
