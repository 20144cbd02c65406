"""From a web page to its feeds: what it declares, and what it links to."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.feeds.text import clean, decode, plain
from scraper.parsed import FoundFeed, PageLinks
from scraper.taming import tamed
from scraper.urls import absolute, canonical, same_site

TYPES = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/rdf+xml": "rdf",
    "application/feed+json": "json",
    "application/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
}
MAX_FOUND = 50
_ENDINGS = (
    "/feed",
    "/rss",
    "/atom",
    ".rss",
    ".atom",
    "/rss.xml",
    "/feed.xml",
    "/atom.xml",
    "/feed.json",
    "/index.xml",
    ".rdf",
)
# Buttons that hand the address on to somebody else's reader.
_HANDLERS = ("feed:https://", "feed:http://", "feed://")


def links(html: bytes, url: str) -> PageLinks:
    """What a page says of itself; its own address is that of `rel=canonical` or `og:url`, or '' if it names none."""
    tree = _tree(html)
    base = _base(tree, url)
    own = (_attribute(node, "href") for node in tree.css('link[rel~="canonical" i][href]'))
    shared = (_attribute(node, "content") for node in tree.css('meta[property="og:url" i][content]'))
    named = next(filter(None, (absolute(href, base) for href in (*own, *shared))), "")
    api = next((_attribute(node, "href") for node in tree.css('link[rel="https://api.w.org/"][href]')), "")
    entry = next((_attribute(node, "href") for node in tree.css('link[type="application/json" i][href*="wp/v2/"]')), "")
    feeds = tuple(feed.url for feed in _found(tree, base, url))
    return PageLinks(named, absolute(api, base), absolute(entry, base), feeds)


def discover(html: bytes, url: str) -> list[FoundFeed]:
    """The feeds a page declares, then those it seems to link to, in document order and each once."""
    tree = _tree(html)
    return _found(tree, _base(tree, url), url)


def _tree(html: bytes) -> LexborHTMLParser:
    return LexborHTMLParser(tamed(decode(html).encode("utf-8", "replace")))


def _found(tree: LexborHTMLParser, base: str, url: str) -> list[FoundFeed]:
    found: dict[str, FoundFeed] = {}
    for feed in [*_declared(tree, base), *_linked(tree, base, url)]:
        found.setdefault(canonical(feed.url), feed)
    return list(found.values())[:MAX_FOUND]


def _base(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    return (absolute(_attribute(node, "href"), url) if node else "") or url


def _declared(tree: LexborHTMLParser, base: str) -> list[FoundFeed]:
    feeds = []
    for node in tree.css("link[rel][href]"):
        kind = _attribute(node, "type").partition(";")[0].strip().lower()
        rels = _attribute(node, "rel").lower().split()
        # WordPress declares its REST interface as application/json: that is no feed.
        is_api = kind == "application/json" and "wp-json" in _attribute(node, "href")
        if kind in TYPES and {"alternate", "feed"} & set(rels) and not is_api:
            feeds.append((_attribute(node, "href"), plain(_attribute(node, "title")), TYPES[kind]))
    return _resolved(feeds, base)


def _linked(tree: LexborHTMLParser, base: str, url: str) -> list[FoundFeed]:
    feeds = []
    for node in tree.css("a[href]"):
        href, kind = _plain_scheme(_attribute(node, "href")), _attribute(node, "type").lower()
        path = href.partition("#")[0].partition("?")[0].rstrip("/").lower()
        if kind in TYPES or path.endswith(_ENDINGS) or "feed=rss" in href.lower():
            feeds.append((href, plain(node.text()), TYPES.get(kind, "")))
    return [feed for feed in _resolved(feeds, base) if same_site(feed.url, url) or feed.format]


def _resolved(feeds: list[tuple[str, str, str]], base: str) -> list[FoundFeed]:
    pairs = ((absolute(_plain_scheme(href), base), title, kind) for href, title, kind in feeds)
    return [FoundFeed(url, title, kind) for url, title, kind in pairs if url]


def _plain_scheme(href: str) -> str:
    for handler in _HANDLERS:
        if href.lower().startswith(handler):
            return href[len("feed:") :] if handler != "feed://" else "http://" + href[len(handler) :]
    return href


def _attribute(node: LexborNode, name: str) -> str:
    return clean(node.attributes.get(name) or "")
