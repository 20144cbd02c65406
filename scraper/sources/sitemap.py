"""Sitemaps as a source: those that robots.txt names, or one that the user names; an index leads to others."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import msgspec

from scraper.feeds import LARGEST_SITEMAP
from scraper.fetch import FetchError
from scraper.fetch.robots import sitemaps
from scraper.parsed import ParsedSitemap, SitemapLink
from scraper.sources import Listing, Plan, SourceError, Tools
from scraper.sources.days import named_by_years, noon, of_article, of_sitemap, outside
from scraper.urls import is_file, is_home, is_listing, origin, same_site
from scraper.workers import Refused
from storage.records import Page

_DEEPEST = 8  # indexes in indexes
_MOST_FAILING = 3  # one after the other: then it is the site that fails, and not a sitemap
_MOST = 10_000  # sitemaps of one site
_IS_ONE = re.compile(r"\.(?:xml|txt)(?:\.gz)?$|\.gz$|sitemap", re.IGNORECASE)
_USUAL = ("sitemap.xml", "sitemap_index.xml", "wp-sitemap.xml", "sitemap-index.xml")
# Lists of what is no article, as the usual programs name them: WordPress, Yoast and Rank Math, Ghost.
_OTHER_LISTS = re.compile(
    r"/(?:wp-sitemap-(?:taxonomies|users|posts-page)-[^/]*|(?:category|post_tag|post_format|author|page|local)-sitemap\d*"
    r"|sitemap-(?:tags|authors|pages|images|videos))\.xml",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(\d+)\D*$")
_EARLY = datetime.min.replace(tzinfo=UTC)


class _Place(msgspec.Struct):
    """Where the walk through the sitemaps stands: (address, depth) of those to come, and which were met in all.

    `read` counts those that were read and led to no other, `failed` are those whose server failed: they come last, and
    again with the next call. `named`: they are those of robots.txt, and others may stand at the usual places.
    """

    todo: list[tuple[str, int]]
    met: set[str]
    read: int = 0
    failed: list[tuple[str, int]] = []
    named: bool = False


class Sitemap:
    """The articles of a site's sitemaps, the newest sitemap first."""

    on_disk = False

    def __init__(self, plan: Plan, tools: Tools) -> None:
        self._plan = plan
        self._tools = tools
        self.pages = tools.fetcher

    async def listings(self, cursor: bytes) -> AsyncIterator[Listing]:
        """See scraper.sources.Source. A sitemap that is missing or broken is passed over with a note."""
        place = msgspec.json.decode(cursor, type=_Place) if cursor else await self._begin()
        place.todo, place.failed = place.todo + place.failed, []
        failing, trouble = 0, ""
        while place.todo or await self._elsewhere(place):
            url, depth = place.todo.pop(0)
            try:
                page, found = await self._read(url)
            except (FetchError, Refused) as error:
                if isinstance(error, FetchError) and not error.asked:
                    error.reason = f"{url}: {error.reason}"
                    raise  # the site wants to be left alone: that says nothing about its sitemaps
                if not _is_settled(error):
                    failing += 1
                    trouble = f"{url}: {error.reason}"
                    if failing == _MOST_FAILING:
                        raise FetchError(trouble) from error
                    place.failed.append((url, depth))
                yield Listing(cursor=msgspec.json.encode(place), note=f"{url}: {error.reason}")
                continue
            failing = 0
            left_out = self._descend(place, found, depth)
            yield self._listing(place, page, found, left_out)
        if place.failed:
            more = f" (and {len(place.failed) - 1} more)" if len(place.failed) > 1 else ""
            raise FetchError(trouble + more)
        if not place.read:
            yield Listing(cursor=b"")  # the next call begins anew
            raise SourceError(f"{self._plan.address}: no sitemap could be read; name one, or use another source")

    def _descend(self, place: _Place, found: ParsedSitemap, depth: int) -> int:
        """Put the sitemaps of an index in front of those to come; how many are left out, being too deep or too many."""
        new = [link.url for link in self._in_order(found.sitemaps) if link.url not in place.met]
        inner = new[: _MOST - len(place.met)] if depth < _DEEPEST else []
        place.read += not new
        place.met.update(inner)
        place.todo[:0] = [(one, depth + 1) for one in inner]
        return len(new) - len(inner)

    async def count(self) -> tuple[int, int | None]:
        """(sitemaps to read, articles that they name, if one holds them all): by reading the first of them alone.

        Raises as `listings` does.
        """
        place = await self._begin()
        page, found = await self._read(place.todo[0][0])
        inner = len(self._in_order(found.sitemaps))
        alone = len(place.todo) == 1 and not inner
        return len(place.todo) + inner, len(self._listing(place, page, found).entries) if alone else None

    async def _read(self, url: str) -> tuple[Page, ParsedSitemap]:
        page = await self._tools.get(url, most=LARGEST_SITEMAP)  # fetch.max_bytes is for pages
        return page, await self._tools.workers.read_sitemap(page.body, page.final_url)

    async def _begin(self) -> _Place:
        address = self._plan.address
        if is_called_one(address) or await self._is_one(address):
            return _Place([(address, 0)], {address})
        named = await sitemaps_of(address, self._tools)
        # Of the usual places the first that is there; robots.txt is believed in full.
        known = named or await self._usual()
        if not known:
            raise SourceError(f"{address}: robots.txt names no sitemap, and none stands at the usual places")
        return _Place([(one, 0) for one in known], set(known), named=bool(named))

    async def _elsewhere(self, place: _Place) -> bool:
        """Turn to the usual places, where robots.txt names nothing that is there; whether something is."""
        if place.read or place.failed or not place.named:
            return False
        place.named = False
        place.todo = [(one, 0) for one in await self._usual()]
        return bool(place.todo)

    async def _is_one(self, address: str) -> bool:
        """Whether a sitemap stands at the address, and no page or feed of the site that is meant."""
        if is_home(address):
            return False
        try:
            return (await self._read(address))[1].format != "feed"
        except (FetchError, Refused) as error:
            if _is_settled(error):
                return False
            raise

    async def _usual(self) -> list[str]:
        trouble: FetchError | None = None
        homes = dict.fromkeys((urljoin(self._plan.address, "."), f"{origin(self._plan.address)}/"))  # or in a folder
        for url in (home + usual for home in homes for usual in _USUAL):
            try:
                await self._read(url)
            except (FetchError, Refused) as error:
                if isinstance(error, FetchError) and not _is_settled(error):
                    error.reason = f"{url}: {error.reason}"
                    trouble = error
                continue
            return [url]
        if trouble:  # what does not answer today may be there tomorrow
            raise trouble
        return []

    def _in_order(self, links: Sequence[SitemapLink]) -> list[SitemapLink]:
        """The sitemaps that may hold what is wanted, the newest first; of numbered ones without days the last."""
        plan = self._plan
        years = named_by_years([link.url for link in links])
        wanted = [
            link
            for link in links
            if not _OTHER_LISTS.search(urlsplit(link.url).path)
            and not outside(of_sitemap(link.url, years=years), plan)
            and not plan.excludes(None, link.updated)
        ]
        return sorted(wanted, key=_newness, reverse=True)

    def _listing(self, place: _Place, page: Page, found: ParsedSitemap, left_out: int = 0) -> Listing:
        far = [entry.url for entry in found.entries if not same_site(entry.url, self._plan.address)]
        others = set(far)
        own = [entry for entry in found.entries if entry.url not in others and not _is_none(entry.url)]
        wanted = [
            entry
            for entry in own
            if not self._plan.excludes(entry.published, entry.updated)
            and (entry.published or not outside(of_article(entry.url), self._plan))
        ]
        wanted.sort(key=lambda entry: entry.published or entry.updated or _EARLY, reverse=True)
        if len(own) > 1 and len({entry.updated for entry in own}) == 1 and not of_sitemap(page.url):
            # All of one moment: it is when the site was built, and says nothing of an article.
            wanted = [msgspec.structs.replace(entry, updated=None) for entry in wanted]
        lacks = [
            found.lacks,
            f"{len(far)} addresses of other sites are left out; for those name {origin(far[0])} instead" if far else "",
            f"{left_out} of its sitemaps are left out, too deep or too many" if left_out else "",
        ]
        return Listing(
            cursor=msgspec.json.encode(place),
            entries=tuple(wanted),
            outside=len(own) - len(wanted),
            note=f"{page.url}: {'; '.join(filter(None, lacks))}" if any(lacks) else "",
            page=page,
        )


def is_called_one(address: str) -> bool:
    """Whether an address is that of a sitemap, as far as it tells."""
    return _IS_ONE.search(urlsplit(address).path) is not None


async def sitemaps_of(address: str, tools: Tools) -> list[str]:
    """The sitemaps that the robots.txt of an address's host names, those of the news first. Raises Enough."""
    try:
        page = await tools.get(f"{origin(address)}/robots.txt")
    except FetchError:
        return []
    return sorted(sitemaps(page.body, page.final_url), key=lambda url: "news" not in url.rpartition("/")[2].lower())


def _newness(link: SitemapLink) -> tuple[datetime, int]:
    days = of_sitemap(link.url)
    number = _NUMBER.search(urlsplit(link.url).path)
    when = link.updated or (noon(days[1]) if days else _EARLY)
    return when, int(number[1][:9]) if number else 0


def _is_settled(error: FetchError | Refused) -> bool:
    """Whether the same answer is to be expected tomorrow."""
    return isinstance(error, Refused) or error.final or error.status in (404, 410)


def _is_none(url: str) -> bool:
    """Whether an address is that of no article, as far as it tells."""
    return is_listing(url) or is_file(url)
