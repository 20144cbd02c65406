"""Sitemaps as a source: those that robots.txt names, or one that the user names; an index leads to others."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from scraper.fetch import FetchError
from scraper.sources import Listing, Plan, SourceError, Tools
from scraper.sources.days import noon, of_article, of_sitemap, outside
from scraper.urls import is_home, origin, same_site
from scraper.workers import Refused
from storage.records import FeedEntry, Page, ParsedSitemap, SitemapLink

_DEEPEST = 3  # indexes in indexes
_MOST = 10_000  # sitemaps of one site
_LARGEST = 50 << 20  # bytes, by the standard; fetch.max_bytes is for pages
_LINE = re.compile(rb"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_IS_ONE = re.compile(r"\.(?:xml|txt)(?:\.gz)?$|\.gz$|sitemap", re.IGNORECASE)
_USUAL = ("/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml", "/sitemap-index.xml")
# Lists of what is no article, as the usual programs name them: WordPress, Yoast and Rank Math, Ghost.
_OTHER_LISTS = re.compile(
    r"/(?:wp-sitemap-(?:taxonomies|users|posts-page)-[^/]*|(?:category|post_tag|post_format|author|page|local)-sitemap\d*"
    r"|sitemap-(?:tags|authors|pages|images|videos))\.xml",
    re.IGNORECASE,
)
_NO_ARTICLE = re.compile(
    r"/(?:tag|tags|category|author|authors)/[^/]+/?$|/page/\d+/?$"
    r"|\.(?:jpe?g|png|gif|webp|svg|avif|ico|pdf|mp[34]|m4[av]|webm|zip|xml|gz|css|js|json|txt)$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(\d+)\D*$")
_EARLY = datetime.min.replace(tzinfo=UTC)


class _Place(msgspec.Struct):
    """Where the walk through the sitemaps stands: (address, depth) of those to come, and how many were met in all."""

    todo: list[tuple[str, int]]
    met: set[str]
    read: int = 0


class Sitemap:
    """The articles of a site's sitemaps, the newest sitemap first."""

    def __init__(self, plan: Plan, tools: Tools) -> None:
        self._plan = plan
        self._tools = tools
        self.pages = tools.fetcher

    async def listings(self, cursor: bytes) -> AsyncIterator[Listing]:
        """See scraper.sources.Source. A sitemap that is missing or broken is passed over with a note."""
        place = msgspec.json.decode(cursor, type=_Place) if cursor else await self._begin()
        while place.todo:
            url, depth = place.todo.pop(0)
            try:
                page, found = await self._read(url)
            except (FetchError, Refused) as error:
                if isinstance(error, FetchError) and not error.final and error.status not in (404, 410):
                    raise
                yield Listing(cursor=msgspec.json.encode(place), note=f"{url}: {error.reason}")
                continue
            place.read += 1
            if depth < _DEEPEST:
                inner = [link.url for link in self._in_order(found.sitemaps) if link.url not in place.met]
                inner = inner[: _MOST - len(place.met)]
                place.met.update(inner)
                place.todo[:0] = [(one, depth + 1) for one in inner]
            yield self._listing(place, page, found.entries)
        if not place.read:
            raise SourceError(f"{self._plan.address}: no sitemap could be read; name one, or use another source")

    async def count(self) -> tuple[int, int | None]:
        """(sitemaps to read, articles that they name, if one holds them all): by reading the first of them alone.

        Raises as `listings` does.
        """
        place = await self._begin()
        page, found = await self._read(place.todo[0][0])
        inner = len(self._in_order(found.sitemaps))
        alone = len(place.todo) == 1 and not inner
        return len(place.todo) + inner, len(self._listing(place, page, found.entries).entries) if alone else None

    async def _read(self, url: str) -> tuple[Page, ParsedSitemap]:
        page = await self._tools.get(url, most=_LARGEST)
        return page, await self._tools.workers.read_sitemap(page.body, page.final_url)

    async def _begin(self) -> _Place:
        address = self._plan.address
        if _IS_ONE.search(urlsplit(address).path):
            return _Place([(address, 0)], {address})
        named = await sitemaps_of(address, self._tools)
        # Of the usual places the first that is there; robots.txt is believed in full.
        known = named or [await self._usual(address)]
        return _Place([(one, 0) for one in known], set(known))

    async def _usual(self, address: str) -> str:
        for path in _USUAL:
            url = origin(address) + path
            try:
                await self._read(url)
            except (FetchError, Refused):
                continue
            return url
        raise SourceError(f"{address}: robots.txt names no sitemap, and none stands at the usual places")

    def _in_order(self, links: Sequence[SitemapLink]) -> list[SitemapLink]:
        """The sitemaps that may hold what is wanted, the newest first; of numbered ones without days the last."""
        plan = self._plan
        wanted = [
            link
            for link in links
            if not _OTHER_LISTS.search(urlsplit(link.url).path)
            and not outside(of_sitemap(link.url), plan)
            and not plan.excludes(None, link.updated)
        ]
        return sorted(wanted, key=_newness, reverse=True)

    def _listing(self, place: _Place, page: Page, entries: Sequence[FeedEntry]) -> Listing:
        own = [entry for entry in entries if same_site(entry.url, self._plan.address) and not _is_none(entry.url)]
        wanted = [
            entry
            for entry in own
            if not self._plan.excludes(entry.published, entry.updated)
            and (entry.published or not outside(of_article(entry.url), self._plan))
        ]
        wanted.sort(key=lambda entry: entry.published or entry.updated or _EARLY, reverse=True)
        return Listing(
            cursor=msgspec.json.encode(place), entries=tuple(wanted), outside=len(own) - len(wanted), page=page
        )


async def sitemaps_of(address: str, tools: Tools) -> list[str]:
    """The sitemaps that the robots.txt of an address's host names, those of the news first. Raises Enough."""
    try:
        body = (await tools.get(f"{origin(address)}/robots.txt")).body
    except FetchError:
        return []
    named = dict.fromkeys(line.decode("utf-8", "replace") for line in _LINE.findall(body))
    found = [url for url in named if origin(url)]
    return sorted(found, key=lambda url: "news" not in url.rpartition("/")[2].lower())


def _newness(link: SitemapLink) -> tuple[datetime, int]:
    days = of_sitemap(link.url)
    number = _NUMBER.search(urlsplit(link.url).path)
    when = link.updated or (noon(days[1]) if days else _EARLY)
    return when, int(number[1][:9]) if number else 0


def _is_none(url: str) -> bool:
    """Whether an address is that of no article, as far as it tells."""
    return is_home(url) or _NO_ARTICLE.search(urlsplit(url).path) is not None
