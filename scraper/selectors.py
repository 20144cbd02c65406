"""What the user says of a site's pages: CSS selectors of what alone is looked at, and of what never is."""

from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from scraper.blocks import ancestors


class SelectorError(ValueError):
    """A selector that is none."""


def check(selector: str) -> None:
    """Raise SelectorError for what is no CSS selector."""
    _found(LexborHTMLParser(""), [selector])


def drop(tree: LexborHTMLParser, selectors: Sequence[str]) -> None:
    """Take these elements out of the tree."""
    for node in _found(tree, selectors):
        # The root itself cannot go.
        for gone in list(node.iter()) if node.tag == "html" else [node]:
            gone.decompose()


def keep(tree: LexborHTMLParser, selectors: Sequence[str]) -> LexborHTMLParser:
    """A tree of these elements alone; the whole one if none is there, as after a change of the layout."""
    found = _found(tree, selectors)
    return LexborHTMLParser("".join(node.html or "" for node in found)) if found else tree


def _found(tree: LexborHTMLParser, selectors: Sequence[str]) -> list[LexborNode]:
    """What the selectors find, in the order of the page, without what stands inside another find."""
    found: dict[int, LexborNode] = {}
    for selector in selectors:
        try:
            found |= {node.mem_id: node for node in tree.css(selector)}
        except SelectolaxError as error:
            raise SelectorError(f"{selector!r} is no CSS selector") from error
    outermost = {name: node for name, node in found.items() if not _inside(node, found)}
    if len(selectors) > 1 and tree.root is not None:
        return [node for node in tree.root.traverse() if node.mem_id in outermost]
    return list(outermost.values())


def _inside(node: LexborNode, found: dict[int, LexborNode]) -> bool:
    return any(around.mem_id in found for around in ancestors(node))
