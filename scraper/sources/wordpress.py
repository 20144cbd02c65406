"""A WordPress site as a source: its REST API lists the posts, of a category with its sub-categories, 100 a request, or
as many as its host allows."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode, urljoin

import msgspec

from scraper.feeds.wordpress import is_object
from scraper.fetch import FetchError
from scraper.sources import Listing, Plan, SourceError, Tools
from scraper.urls import absolute, origin
from scraper.workers import Refused
from storage.records import Category, FeedEntry, Page, ParsedFeed

_API = "https://api.w.org/"  # the relation by which a WordPress names its API
# The most that WordPress gives, and what hosts allow that refuse it or die of it; each is a part of the one before, so
# that the pages of the one begin where those of the other do.
_SIZES = (100, 50, 10)
_MOST_CATEGORIES = 5000
_FIELDS = "id,link,guid,title,date_gmt,modified_gmt,excerpt,_links,"
_ROOT = re.compile(r"^(https?://.*?/wp-json/|https?://.*?[?&]rest_route=/)", re.IGNORECASE)
_CATEGORY = re.compile(r"/wp/v2/categories/(\d+)")
_CLOSED = (401, 403)


class _Place(msgspec.Struct):
    """Where the walk stands: the API, the categories wanted (none: all), the page to come and what it leaves out.

    `before` pins the list to what was published when the walk began, so that a new post shifts no page. `total` is how
    many there were at the last page: fewer now means that posts have moved up. `seen`: posts so far. `lean`: without
    texts and authors, which were too much for one answer. `size`: posts a page.
    """

    api: str
    categories: list[int] = []
    page: int = 1
    before: datetime | None = None
    total: int | None = None
    seen: int = 0
    lean: bool = False
    size: int = _SIZES[0]
    last: str = ""  # the first post of the last page: a server that ignores the number shows it again


class WordPress:
    """The published posts of a WordPress, the newest first."""

    def __init__(self, plan: Plan, tools: Tools) -> None:
        self._plan = plan
        self._tools = tools
        self.pages = tools.fetcher

    async def listings(self, cursor: bytes) -> AsyncIterator[Listing]:
        """See scraper.sources.Source."""
        if cursor:
            place = msgspec.json.decode(cursor, type=_Place)
        else:
            place, note = await self._begin()
            yield Listing(cursor=msgspec.json.encode(place), note=note)
        while True:
            read = await self._read(place)
            if read is None or read[1].entries[0].url == place.last:
                if place.seen < (place.total or 0):
                    note = f"{place.api}: of its {place.total} posts it shows {place.seen} and no more"
                    yield Listing(cursor=msgspec.json.encode(place), note=note)
                return
            page, feed = read
            place.last = feed.entries[0].url
            last = self._move(place, page, feed.entries)
            wanted = tuple(entry for entry in feed.entries if not self._plan.excludes(entry.published))
            yield Listing(
                cursor=msgspec.json.encode(place),
                entries=wanted,
                outside=len(feed.entries) - len(wanted),
                total=place.total,
                page=page,
            )
            if last:
                return

    async def count(self) -> tuple[str, int]:
        """(what is found, in words; how many posts are wanted): what the whole would cost, by a few small requests.

        Raises as `listings` does.
        """
        place, note = await self._begin()
        page = await self._get(self._address(place, per_page=1, _fields="id"))
        return note, _number(page, "x-wp-total") or 0

    async def _begin(self) -> tuple[_Place, str]:
        api, category = await find_api(self._plan.address, self._tools)
        if not self._plan.category and not category:
            return _Place(api), f"WordPress at {api}: all posts"
        known = await self._categories(api)
        chosen = _chosen(known, self._plan.category, category)
        if not chosen:
            names = ", ".join(sorted(one.name for one in known)[:30]) or "none"
            raise SourceError(f"{api}: no category is called {self._plan.category!r}; there are: {names}")
        below = f" with {len(chosen) - 1} sub-categories" if len(chosen) > 1 else ""
        return _Place(api, [one.id for one in chosen]), f"WordPress at {api}: category {chosen[0].name}{below}"

    async def _categories(self, api: str) -> list[Category]:
        for size in _SIZES:
            try:
                return await self._categories_by(api, size)
            except FetchError as error:
                if error.status != 400 or size == _SIZES[-1]:
                    raise
        raise AssertionError

    async def _categories_by(self, api: str, size: int) -> list[Category]:
        found: list[Category] = []
        for number in range(1, _MOST_CATEGORIES // size + 1):
            query = {"per_page": size, "page": number, "_fields": "id,name,slug,parent"}
            page = await self._get(endpoint(api, "categories", query))
            some = await self._tools.workers.read_categories(page.body)
            if not some or some[0] in found:  # past the end; or the number is ignored
                break
            found += some
            if number == _number(page, "x-wp-totalpages"):
                break
        return found

    async def _get(self, url: str) -> Page:
        try:
            return await self._tools.get(url, robots=True)
        except FetchError as error:
            if error.status in _CLOSED:
                raise SourceError(f"{url.partition('?')[0]}: its API is closed ({error.status})") from error
            raise

    async def _read(self, place: _Place) -> tuple[Page, ParsedFeed] | None:
        """The page whose turn it is, or None past the end, which WordPress answers with 400."""
        url = self._address(
            place,
            page=place.page,
            per_page=place.size,
            orderby="date",
            order="desc",
            **({} if place.lean else {"_embed": "author"}),
            _fields=_FIELDS + ("content.protected" if place.lean else "_embedded,content"),
        )
        try:
            page = await self._get(url)
            feed = await self._tools.workers.read_feed(page.body, page.final_url, page.header("content-type"))
        except (FetchError, Refused) as error:
            rejected = isinstance(error, FetchError) and error.status == 400
            past = rejected and place.page > 1
            if past and place.seen >= (place.total or 0):
                return None
            if not _may_be_size(error) or not _lighten(place, keep=rejected):
                if past:
                    return None
                raise SourceError(f"{url.partition('?')[0]}, page {place.page}: {error.reason}") from error
        else:
            return (page, feed) if feed.entries else None
        return await self._read(place)

    def _address(self, place: _Place, **query: object) -> str:
        plan = self._plan
        times = {
            "after": plan.start - timedelta(seconds=1) if plan.start else None,  # both are exclusive
            "before": min(filter(None, (plan.end, place.before)), default=None),
            "modified_after": plan.changed,
        }
        # Without the Z it would be the site's local time.
        said = {name: moment.strftime("%Y-%m-%dT%H:%M:%SZ") for name, moment in times.items() if moment}
        wanted = {"categories": ",".join(map(str, place.categories))} if place.categories else {}
        return endpoint(place.api, "posts", query | wanted | said)

    def _move(self, place: _Place, page: Page, entries: Sequence[FeedEntry]) -> bool:
        """Set out for the next page; whether this was the last one."""
        total, pages = _number(page, "x-wp-total"), _number(page, "x-wp-totalpages")
        newest = max((entry.published for entry in entries if entry.published), default=None)
        if place.page == 1 and place.before is None and newest:
            place.before = newest + timedelta(seconds=1)
        gone = (place.total or 0) - total if total is not None else 0
        shrunk = place.page > 1 and gone > 0
        place.total, place.seen = total, place.seen + len(entries)
        if shrunk:  # posts were taken away, and others have moved up onto the pages before
            place.page = max(place.page - -(-gone // len(entries)), 1)
            return False
        place.page += 1
        return pages is not None and place.page > pages


async def find_api(address: str, tools: Tools) -> tuple[str, int | None]:
    """(root of the API, id of the category whose page the address is): by the page's word, else where it usually is.

    Raises FetchError and SourceError.
    """
    named = _ROOT.match(address)
    if named:
        own = _CATEGORY.search(address)
        return named[1], int(own[1]) if own else None
    page = await tools.get(address)
    api = absolute(page.link(_API), page.final_url) or await _linked(page, tools)
    if api:
        category = _CATEGORY.search(page.link("alternate"))
        return api, int(category[1]) if category else None
    homes = dict.fromkeys((urljoin(page.final_url, "./"), f"{origin(page.final_url)}/"))  # it may live in a folder
    for root in (home + usual for home in homes for usual in ("wp-json/", "?rest_route=/")):
        try:
            answer = await tools.get(endpoint(root, "types", {"_fields": "slug"}), robots=True)
        except FetchError:
            continue
        if is_object(answer.body):
            return root, None
    raise SourceError(f"{address}: no WordPress API is named or found there; try `backfill sitemap` or `backfill feed`")


def endpoint(api: str, name: str, query: dict[str, object]) -> str:
    """The address of a list of the API, whose root may be a parameter itself (`/?rest_route=/`)."""
    return f"{api}wp/v2/{name}{'&' if '?' in api else '?'}{urlencode(query, safe=',:')}"


async def _linked(page: Page, tools: Tools) -> str:
    try:
        return (await tools.workers.read_links(page.body, page.final_url)).api
    except Refused:
        return ""


def _chosen(known: Sequence[Category], wanted: str, own: int | None) -> list[Category]:
    """The category of that name or slug, or of that id, and all that lie beneath it."""
    name = wanted.casefold().strip()
    first = [one for one in known if (name in (one.name.casefold(), one.slug.casefold()) if name else one.id == own)]
    chosen = {one.id: one for one in first}
    while below := [one for one in known if one.parent in chosen and one.id not in chosen]:
        chosen |= {one.id: one for one in below}
    return list(chosen.values())


def _may_be_size(error: FetchError | Refused) -> bool:
    """Whether a smaller page may come where this one did not: refused, too long, or too much for the host or for us."""
    return isinstance(error, Refused) or (
        error.asked and error.retry_at is None and (error.status is None or error.status == 400 or error.status >= 500)
    )


def _lighten(place: _Place, *, keep: bool = False) -> bool:
    """Ask for less at once: without texts (unless they are to be kept), then for fewer posts; whether that can be."""
    if not place.lean and not keep:
        place.lean = True  # a hundred texts may be more than one answer may hold
        return True
    smaller = next((size for size in _SIZES if size < place.size), 0)
    if smaller:
        place.page = (place.page - 1) * (place.size // smaller) + 1
        place.size = smaller
    return bool(smaller)


def _number(page: Page, header: str) -> int | None:
    value = page.header(header)
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
