"""What a site offers to a backfill, and what each way would cost: a few requests that spare many."""

import re
from datetime import datetime
from urllib.parse import unquote, urljoin

import msgspec

from scraper.feeds.guesses import guesses
from scraper.fetch import FetchError
from scraper.parsed import ParsedFeed
from scraper.sources import Plan, SourceError, Tools
from scraper.sources.paged_feed import find_feed, likely_forms
from scraper.sources.sitemap import Sitemap, is_called_one
from scraper.sources.wordpress import WordPress
from scraper.urls import is_home, origin
from scraper.workers import Refused
from storage.records import FeedEntry, Page

_PROBLEMS = (FetchError, Refused, SourceError)
_WORD = re.compile(r"\w+")


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One way into a site's past. `listings`: requests for its lists (None: not known beforehand); `articles`: how many
    they name; `covers`: whether it reaches all that is wanted; `wider`: it brings a whole site of which a part is
    wanted; `why` in words."""

    source: str
    address: str = ""
    listings: int | None = None
    articles: int | None = None
    covers: bool = False
    wider: bool = False
    why: str = ""

    @property
    def words(self) -> str:
        """The offer in one line."""
        if not self.address:
            return f"{self.source}: no; {self.why}"
        lists = "an unknown number of" if self.listings is None else f"about {self.listings}"
        pages = f" and {self.articles} for pages" if self.articles is not None else ""
        reach = "" if self.covers else "; does not cover what is wanted"
        return f"{self.source}: {self.why}; {lists} requests for listings{pages}{reach}"


async def explore(plan: Plan, tools: Tools) -> list[Offer]:
    """What the site offers: those that cover what is wanted first, the cheapest of them at the head. Raises Enough."""
    wordpress = await _wordpress(plan, tools)
    feed = await _feed(plan, tools, wordpress.articles if wordpress.covers else None)
    offers = [wordpress, feed, await _sitemap(plan, tools)]
    return sorted(offers, key=_worth)


def usable(offers: list[Offer]) -> list[Offer]:
    """Those worth trying, in order: all that cover what is wanted, else whatever there is."""
    found = [offer for offer in offers if offer.address]
    return [offer for offer in found if offer.covers] or found


def _worth(offer: Offer) -> tuple[bool, bool, bool, bool, int]:
    return not offer.address, not offer.covers, offer.wider, offer.listings is None, offer.listings or 0


async def _wordpress(plan: Plan, tools: Tools) -> Offer:
    source = WordPress(plan, tools)
    try:
        what, articles, wider = await source.count()
    except _PROBLEMS as error:
        return Offer(source="wordpress", why=error.reason)
    return Offer(
        source="wordpress",
        address=plan.address,
        listings=-(-articles // 100),
        articles=articles,
        covers=articles > 0,
        wider=wider and not _is_whole(plan.address),
        why=f"{what}, {articles} posts",
    )


async def _feed(plan: Plan, tools: Tools, articles: int | None) -> Offer:
    slug = "-".join(_WORD.findall(plan.category.casefold()))
    # The address itself may be the category's page or feed.
    address = plan.address if _names(plan.address, slug) else urljoin(plan.address, f"category/{slug}/feed/")
    try:
        page, feed = await find_feed(address, tools)
    except _PROBLEMS as error:
        return Offer(source="feed", why=error.reason)
    if not feed.entries:
        return Offer(source="feed", why=f"{page.url} lists no items")
    if not _names(page.final_url, slug):
        return Offer(source="feed", why=f"{page.final_url} is no feed of that category alone")
    return _of_feed(plan, page, feed, articles)


def _names(url: str, slug: str) -> bool:
    """Whether an address has that slug in its path or parameters; any has that of no category."""
    return not slug or slug in re.split(r"[/?&=]", unquote(url).casefold())


def _of_feed(plan: Plan, page: Page, feed: ParsedFeed, articles: int | None) -> Offer:
    oldest = _oldest(feed.entries)
    reaches = plan.start is not None and oldest is not None and oldest <= plan.start
    linked = feed.next_page or feed.older
    paged = bool(linked) or "wordpress" in feed.generator.lower()
    maybe = bool(likely_forms(page.url, feed.generator))
    why = f"{page.url} shows {len(feed.entries)} items, " + (
        "and links to older ones" if linked else "in pages" if paged else "perhaps in pages" if maybe else "no more"
    )
    pages = 1 if reaches else None
    if paged and not reaches and articles is not None:
        pages = -(-articles // len(feed.entries)) + 1
    wanted = sum(not plan.excludes(entry.published, entry.updated) for entry in feed.entries)
    named = wanted if reaches else articles if paged else None
    return Offer(source="feed", address=page.url, listings=pages, articles=named, covers=reaches or paged, why=why)


async def _sitemap(plan: Plan, tools: Tools) -> Offer:
    if plan.category:
        return Offer(source="sitemap", why="a sitemap knows no categories")
    try:
        maps, articles = await Sitemap(plan, tools).count()
    except _PROBLEMS as error:
        return Offer(source="sitemap", why=error.reason)
    wider = not _is_whole(plan.address)
    return Offer(
        source="sitemap",
        address=plan.address,
        listings=maps,
        articles=articles,
        covers=True,
        wider=wider,
        why=f"{maps} sitemap{'s' * (maps != 1)} that may hold what is wanted" + " and all else of the site" * wider,
    )


def _is_whole(address: str) -> bool:
    """Whether an address stands for its whole site: the front page, a sitemap, or where a site's feed usually is."""
    return is_home(address) or is_called_one(address) or address in guesses(origin(address))


def _oldest(entries: tuple[FeedEntry, ...]) -> datetime | None:
    return min((entry.published for entry in entries if entry.published), default=None)
