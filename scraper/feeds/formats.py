"""The formats of feeds, in the order in which they are asked whether a document is theirs."""

from collections.abc import Callable

from scraper.feeds import jsonfeed, sitemap, wordpress, xml
from scraper.feeds.text import Document
from scraper.parsed import ParsedFeed

Format = tuple[Callable[[Document], bool], Callable[[Document], ParsedFeed]]
FORMATS: tuple[Format, ...] = tuple((module.claims, module.read) for module in (wordpress, jsonfeed, sitemap, xml))
