"""A WordPress site as a source: its REST API lists the posts, of a category with its sub-categories, 100 a request, or
as many as its host allows."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from unicodedata import normalize
from urllib.parse import unquote

import msgspec

from scraper.fetch import FetchError
from scraper.parsed import Category, ParsedFeed
from scraper.sources import Listing, Plan, SourceError, Tools
from scraper.sources.wordpress_api import endpoint, find_api
from scraper.workers import Refused
from storage.records import FeedEntry, Page

# The most that WordPress gives, and what hosts allow that refuse it or die of it; each is a part of the one before, so
# that the pages of the one begin where those of the other do.
_SIZES = (100, 50, 10)
_MOST_CATEGORIES = 5000
_FIELDS = "id,link,guid,title,date_gmt,modified_gmt,excerpt,_links,"
_BY_DATE, _BY_NUMBER = "date", "id"
_CLOSED = (401, 403)
_MOST_TIED = 1000  # posts of one second that are remembered
_SLACK = timedelta(days=1)  # sites move from one time zone to another


class _Place(msgspec.Struct):
    """Where the walk stands: the API, the categories wanted (none: all), the page to come and what it leaves out.

    `choice` is the tag or author that is wanted instead.

    `before` pins the list to what was published when the walk began, so that a new post shifts no page. `total` is how
    many there were at the last page: fewer now means that posts have moved up. `seen`: posts so far. `lean`: without
    texts and authors, which were too much for one answer. `size`: posts a page. `days`: whether the server heeds the
    days that it is asked for (None: not known yet). `order`: what it sorts by.

    `changed`: asked for is what was changed since that moment, and then (`fresh`) what was published since: a post
    that waited for its hour was changed last before it.

    A database may sort posts of one second anew at each request. `tied`: those of the second that the last page ended
    in; if one of them comes again, another one does not, and the list is `doubtful`: it is read once more, by number.
    """

    api: str
    categories: list[int] = []
    page: int = 1
    before: datetime | None = None
    total: int | None = None
    seen: int = 0
    lean: bool = False
    size: int = _SIZES[0]
    days: bool | None = None
    order: str = _BY_DATE
    tied: list[str] = []
    doubtful: bool = False
    changed: datetime | None = None
    fresh: bool = False
    choice: dict[str, int] = {}
    last: str = ""  # the first post of the last page: a server that ignores the number shows it again


class WordPress:
    """The published posts of a WordPress, the newest first."""

    on_disk = False

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
            async for listing in self._through(place):
                yield listing
            if place.doubtful:
                place.order, place.page, place.seen, place.last, place.doubtful = _BY_NUMBER, 1, 0, "", False
                note = f"{place.api}: it sorts posts of one second anew each time; its list is read again, by number"
                yield Listing(cursor=msgspec.json.encode(place), note=note)
            elif place.changed and not place.fresh and place.days is not False:
                begin = _Place(place.api, place.categories, choice=place.choice, changed=place.changed, fresh=True)
                place = msgspec.structs.replace(begin, size=place.size, lean=place.lean)
            else:
                return

    async def _through(self, place: _Place) -> AsyncIterator[Listing]:
        """From the page whose turn it is to the last one of this list; moves `place` on."""
        over = False
        while not over:
            heeded = place.days
            read = await self._read(place)
            if read is None or read[1].entries[0].url == place.last:
                if place.seen < (place.total or 0):
                    note = f"{place.api}: of its {place.total} posts it shows {place.seen} and no more"
                    yield Listing(cursor=msgspec.json.encode(place), note=note)
                return
            page, feed = read
            place.last = feed.entries[0].url
            _tie(place, feed.entries)
            over = self._move(place, page, feed.entries) or self._is_before(place, feed.entries)
            wanted = tuple(entry for entry in feed.entries if not self._plan.excludes(entry.published))
            unheeded = place.days is False and heeded is not False
            yield Listing(
                cursor=msgspec.json.encode(place),
                entries=wanted,
                outside=len(feed.entries) - len(wanted),
                total=place.total,
                note=f"{place.api}: it heeds no days, and all its posts are looked through" if unheeded else "",
                page=page,
            )

    async def count(self) -> tuple[str, int, bool]:
        """(what is found, in words; how many posts are wanted; whether it is a whole site of which the address is a
        part): what all would cost, by a few small requests.

        Raises as `listings` does.
        """
        place, note = await self._begin()
        page = await self._get(self._address(place, per_page=1, _fields="id"))
        wider = not (place.categories or place.choice or place.api.startswith(self._plan.address))
        return note, _number(page, "x-wp-total") or 0, wider

    async def _begin(self) -> tuple[_Place, str]:
        api, choice = await find_api(self._plan.address, self._tools)
        category = choice.get("categories")
        if not self._plan.category and not category:
            what = ", ".join(f"posts with {name}={number}" for name, number in choice.items()) or "all posts"
            return _Place(api, choice=choice, changed=self._plan.changed), f"WordPress at {api}: {what}"
        known = await self._categories(api)
        chosen = _chosen(known, self._plan.category, category)
        if not chosen:
            names = ", ".join(sorted(one.name for one in known)[:30]) or "none"
            raise SourceError(f"{api}: no category is called {self._plan.category!r}; there are: {names}")
        below = f" with {len(chosen) - 1} sub-categories" if len(chosen) > 1 else ""
        place = _Place(api, [one.id for one in chosen], changed=self._plan.changed)
        return place, f"WordPress at {api}: category {chosen[0].name}{below}"

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
            orderby=place.order,
            order="desc",
            **({} if place.lean else {"_embed": "author"}),
            _fields=_FIELDS + ("content.protected" if place.lean else "_embedded,content"),
        )
        try:
            page = await self._get(url)
            feed = await self._tools.workers.read_feed(page)
        except (FetchError, Refused) as error:
            rejected = isinstance(error, FetchError) and error.status == 400
            past = rejected and place.page > 1
            told = place.total is not None or place.days is not None  # else it may be the days that are rejected
            if past and told and place.seen >= (place.total or 0):
                return None
            if not _may_be_size(error) or not (_lighten(place, keep=rejected) or self._forget_days(place, rejected)):
                if past:
                    return None
                raise SourceError(f"{url.partition('?')[0]}, page {place.page}: {error.reason}") from error
        else:
            times = self._times(place)
            if times and place.days is None:
                place.days = all(_is_between(entry.published, times) for entry in feed.entries)
            return (page, feed) if feed.entries else None
        return await self._read(place)

    def _address(self, place: _Place, **query: object) -> str:
        # Without the Z it would be the site's local time.
        said = {name: moment.strftime("%Y-%m-%dT%H:%M:%SZ") for name, moment in self._times(place).items()}
        wanted: dict[str, object] = {"categories": ",".join(map(str, place.categories))} if place.categories else {}
        return endpoint(place.api, "posts", query | wanted | place.choice | said)

    def _times(self, place: _Place) -> dict[str, datetime]:
        first = self._first(place)
        times = {
            "after": first - timedelta(seconds=1) if first else None,  # both are exclusive
            "before": min(filter(None, (self._plan.end, place.before)), default=None),
            "modified_after": None if place.fresh else place.changed,
        }
        return {name: moment for name, moment in times.items() if moment and place.days is not False}

    def _first(self, place: _Place) -> datetime | None:
        """The first moment of publication that is asked for."""
        return max(filter(None, (self._plan.start, place.changed if place.fresh else None)), default=None)

    def _forget_days(self, place: _Place, rejected: bool) -> bool:
        """Ask for no days any more, where a server may reject those; whether that is something else."""
        if not rejected or place.days is not None or not self._times(place):
            return False
        place.days = False
        place.page, place.size = (place.page - 1) * place.size // _SIZES[0] + 1, _SIZES[0]
        return True

    def _is_before(self, place: _Place, entries: Sequence[FeedEntry]) -> bool:
        """Whether all that follows lies before the days that are wanted, as on servers that heed none."""
        start = self._first(place)
        return place.order == _BY_DATE and all(start and one.published and one.published < start for one in entries)

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
        # Proxies and plug-ins that change one of the two numbers forget the other.
        return pages is not None and place.page > pages and place.seen >= (total or 0)


def _chosen(known: Sequence[Category], wanted: str, own: int | None) -> list[Category]:
    """The category of that name or slug, or of that id, and all that lie beneath it."""
    name = _folded(wanted)
    first = [one for one in known if (name in (_folded(one.name), _folded(one.slug)) if name else one.id == own)]
    chosen = {one.id: one for one in first}
    while below := [one for one in known if one.parent in chosen and one.id not in chosen]:
        chosen |= {one.id: one for one in below}
    return list(chosen.values())


def _folded(name: str) -> str:
    """A name or slug without what may differ between two spellings of it."""
    return normalize("NFC", unquote(name)).casefold().strip()


def _tie(place: _Place, entries: Sequence[FeedEntry]) -> None:
    """Note the posts of the second that a page ends in, and whether one of the page before came again."""
    if place.order != _BY_DATE:
        return
    urls = [entry.url for entry in entries]
    tied = [entry.url for entry in entries if entry.published == entries[-1].published]
    if len(tied) == len(urls):
        tied += place.tied
    again = not set(place.tied).isdisjoint(urls)
    place.doubtful = place.doubtful or again or len(tied) > _MOST_TIED
    place.tied = [] if place.doubtful else tied


def _is_between(published: datetime | None, times: dict[str, datetime]) -> bool:
    """Whether a moment lies where a server was asked for it, so far as can be told."""
    if published is None:
        return True
    after, before = times.get("after", published), times.get("before", published)
    return after - _SLACK <= published <= before + _SLACK


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
