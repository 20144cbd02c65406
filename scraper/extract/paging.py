"""An article on several pages: where a page links to the next one."""

import re
from collections.abc import Collection, Iterator

from selectolax.lexbor import LexborNode

from scraper.blocks import Block
from scraper.metadata import Seen
from scraper.numbering import is_page
from scraper.urls import absolute


def next_page(own: Collection[str], number: int, seen: Seen) -> str:
    """The address of page `number` of the article that begins at `own`, if the page before it links there, or ''.

    `own`: where its first page stands, and what that calls itself.
    """
    for link, where in _numbered(seen, str(number)):
        # Looking for what links are relative to goes through the whole page.
        address = absolute(link, seen.url if "//" in link or link.startswith("/") else _base(seen)).partition("#")[0]
        if any(is_page(one, address, number) for one in own) and not _in_comments(seen, where):
            return address
    return ""


def _base(seen: Seen) -> str:
    """What a page's links are relative to."""
    named = seen.tree.css_first("base[href]")
    return (absolute(named.attributes["href"] or "", seen.url) if named else "") or seen.url


def _numbered(seen: Seen, told: str) -> Iterator[tuple[str, Block | LexborNode]]:
    """What a page links to, in its blocks and beside them in its menus, by addresses with this number at an end."""
    ends = re.compile(rf"{told}(?<=[/_,=\-a-z0]{told})(?:\.\w{{3,5}})?/?(?:[&#]|$)", re.IGNORECASE).search
    for block in seen.blocks:
        if block.links:
            for _, link, _ in block.parts:
                if told in link and ends(link):
                    yield link, block
    for menu in seen.marked["nav"]:
        for node in menu.css(f'a[href$="{told}"], a[href$="{told}/"], a[href*="{told}."], a[href*="={told}"]'):
            link = node.attributes["href"] or ""
            if ends(link):
                yield link, node


def _in_comments(seen: Seen, where: Block | LexborNode) -> bool:
    """Whether a link stands among comments: what they link to is a page of comments."""
    if isinstance(where, Block):
        return any("comment" in one.marks for one in where.element.upwards())
    return seen.in_comments(where)
