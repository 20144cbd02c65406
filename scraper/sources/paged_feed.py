"""A feed with a past: by the links that it or its server gives (RFC 5005, Atom, JSON Feed, RFC 8288), else by numbered
pages (`?paged=2`)."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from scraper.feeds.guesses import guesses
from scraper.fetch import FetchError
from scraper.parsed import ParsedFeed
from scraper.sources import Listing, Plan, SourceError, Tools
from scraper.urls import absolute, canonical, same_site
from scraper.workers import Refused
from storage.records import FeedEntry, Page

_WORDPRESS, _OTHERS = "paged", "page"  # what a page's number is called
_MOST_GUESSES = 4
_ENDS = (400, 404, 410)  # WordPress: 404, though typed as a feed
_MOST_IDLE = 20  # linked pages in a row without a new item


class _Place(msgspec.Struct):
    """Where the walk through a feed's pages stands.

    `url` is the next document ('': there is none), `form` what its number is called ('': it is linked), `forms` those
    that may be tried if it turns out to be none; `base` is the feed, `last` the mark of the last items that were new,
    `idle` the number of linked pages since; `counted`: it is known whether the site counts its pages from 0 or 1.
    """

    url: str
    base: str
    form: str = ""
    number: int = 1
    forms: list[str] = []
    last: list[str] = []
    met: list[str] = []
    idle: int = 0
    counted: bool = False


class _End(Exception):
    """There are no more documents; `note` is what the user should know of that."""

    def __init__(self, note: str = "") -> None:
        super().__init__(note)
        self.note = note


class PagedFeed:
    """The articles of a feed, page after page."""

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
            page, feed = await find_feed(self._plan.address, self._tools)
            place = _Place(url=page.url, base=page.url, met=[_mark(page.url)])
            listing = self._listing(place, page, feed)
            wider = "" if _is_below(page.url, self._plan.address) else f"{page.url} is the feed that was found"
            yield msgspec.structs.replace(listing, note="; ".join(filter(None, (wider, listing.note))))
        while place.url:
            try:
                page, feed = await self._next(place)
            except _End as end:
                if place.forms:
                    place.form = place.forms.pop(0)
                    place.number, place.url = 2, numbered(place.base, place.form, 2)
                    continue
                place.url = ""
                if end.note:
                    yield Listing(cursor=msgspec.json.encode(place), note=end.note)
                return
            yield self._listing(place, page, feed)

    async def _next(self, place: _Place) -> tuple[Page, ParsedFeed]:
        """The document whose turn it is. Raises _End, and as `listings` does."""
        try:
            page, feed = await self._read(place.url)
        except FetchError as error:
            if error.status in _ENDS:
                raise _End(
                    "" if place.form else f"{place.url}: {error.reason}; what is older is not reached"
                ) from error
            error.reason = f"{place.url}: {error.reason}"
            raise
        except Refused as error:
            if not place.form or not await self._is_past(place):
                raise SourceError(f"{place.url}: {error.reason}") from error
            raise _End(f"{place.url}: {error.reason}, nor is the next page; taken for the end") from error
        if set(_marks(feed)) <= set(place.last):
            if place.form:
                raise _End(_no_pages(place.base, feed) if place.number == 2 and feed.entries else "")
            place.idle += 1
            if place.idle > _MOST_IDLE:
                raise _End(f"{place.url}: {_MOST_IDLE} pages in a row have nothing new; taken for the end")
        else:
            place.idle = 0
        if place.form == _OTHERS and not place.counted:
            place.counted = True
            if passed := await self._passed_over(place):
                place.number = 1
                return passed
        return page, feed

    async def _passed_over(self, place: _Place) -> tuple[Page, ParsedFeed] | None:
        """The page of number 1 where it is another one than the feed itself, as on sites that count from 0."""
        try:
            page, feed = await self._read(numbered(place.base, place.form, 1))
        except (FetchError, Refused):
            return None
        return None if set(_marks(feed)) <= set(place.last) else (page, feed)

    async def _is_past(self, place: _Place) -> bool:
        """Whether a numbered page that is no feed lies past the last one: so does the next, while the feed is there.

        Some sites answer such pages with their front page; one that is in trouble answers nothing else, and a page
        that is broken has others behind it.
        """
        await self._read(place.base)
        try:
            await self._read(numbered(place.base, place.form, place.number + 1))
        except Refused:
            return True
        except FetchError as error:
            if error.status in _ENDS:
                return True
            raise
        return False

    async def _read(self, url: str) -> tuple[Page, ParsedFeed]:
        page = await self._tools.get(url)
        return page, await self._tools.workers.read_feed(page)

    def _listing(self, place: _Place, page: Page, feed: ParsedFeed) -> Listing:
        """What a document names; moves `place` on to the next."""
        note = self._move(place, page, feed)
        if not place.idle:
            place.last = _marks(feed)
        wanted = [entry for entry in feed.entries if not self._plan.excludes(entry.published, entry.updated)]
        if all(entry.published for entry in wanted):
            wanted.sort(key=lambda entry: entry.published.timestamp() if entry.published else 0, reverse=True)
        if _is_before(self._plan, feed.entries):
            place.url, note = "", ""
        outside = len(feed.entries) - len(wanted)
        return Listing(cursor=msgspec.json.encode(place), entries=tuple(wanted), outside=outside, note=note, page=page)

    def _move(self, place: _Place, page: Page, feed: ParsedFeed) -> str:
        """Set out for the next document; a note for the user where there is no way on."""
        first = len(place.met) == 1
        linked = next((url for url in _linked(page, feed) if url and _mark(url) not in place.met), "")
        if place.form:
            place.number += 1
            place.url, place.forms = numbered(place.base, place.form, place.number), []
        elif linked:
            place.url = linked
            place.met.append(_mark(linked))
        elif first and (forms := likely_forms(place.base, feed.generator)):
            place.form, place.forms, place.number = forms[0], forms[1:], 2
            place.url = numbered(place.base, place.form, 2)
        else:
            place.url = ""
            return _no_pages(place.base, feed) if first else ""
        return ""


async def find_feed(address: str, tools: Tools) -> tuple[Page, ParsedFeed]:
    """The feed at an address or, where a page stands, the one that it names. Raises FetchError and SourceError."""
    page = await tools.get(address)
    try:
        return page, await tools.workers.read_feed(page)
    except Refused as error:
        trouble = error.reason
    try:
        named = (await tools.workers.read_links(page.body, page.final_url)).feeds
    except Refused:
        named = ()
    own, others = _parted(named, page.final_url)
    first, *more = guesses(page.final_url)  # the first is the page's own, where it has one
    for url in dict.fromkeys([*own, first, *others, *more][:_MOST_GUESSES]):
        try:
            found = await tools.get(url)
            feed = await tools.workers.read_feed(found)
        except (FetchError, Refused):
            continue
        return found, feed
    raise SourceError(f"{address}: {trouble}, and none is found from there")


def likely_forms(base: str, generator: str) -> list[str]:
    """How the pages of a feed that links to none may be numbered: the names of the parameter, the likeliest first."""
    maker, address = generator.lower(), base.lower()
    if "wordpress" in maker:
        return [_WORDPRESS]
    if any(name in maker for name in ("ghost", "hugo", "jekyll", "pelican", "eleventy", "gatsby", "astro")):
        return []
    if "/feed" in address or "feed=" in address:
        return [_WORDPRESS, _OTHERS]
    return [_OTHERS, _WORDPRESS]


def numbered(base: str, form: str, number: int) -> str:
    """The address of a feed's page of that number."""
    parts = urlsplit(base)
    others = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != form]
    return parts._replace(query=urlencode([*others, (form, str(number))]), fragment="").geturl()


def _parted(named: Sequence[str], page: str) -> tuple[list[str], list[str]]:
    """Of the feeds that a page names its own and those of more than that, those of comments left out."""
    found = [url for url in named if same_site(url, page) and "comments" not in url.lower()]
    return [url for url in found if _is_below(url, page)], [url for url in found if not _is_below(url, page)]


def _is_below(url: str, page: str) -> bool:
    """Whether an address lies beneath that of a page and has all its parameters, so that it is of no more than that."""
    inner, outer = urlsplit(canonical(url)), urlsplit(canonical(page))
    folder = outer.path.rstrip("/")
    below = inner.path == folder or inner.path.startswith((f"{folder}/", f"{folder}."))
    return below and set(parse_qsl(outer.query)) <= set(parse_qsl(inner.query))


def _linked(page: Page, feed: ParsedFeed) -> tuple[str, ...]:
    """The documents with older items that a feed names, then those that the headers of its answer do."""
    said = (absolute(page.link(relation), page.final_url) for relation in ("next", "prev-archive"))
    return feed.next_page, feed.older, *said


def _no_pages(base: str, feed: ParsedFeed) -> str:
    maker = feed.generator.split(" ")[0]
    maker = maker if maker and "://" not in maker else "this site"  # WordPress says an address
    return f"{base}: {maker} gives its feed no pages; for what is older use `backfill sitemap`"


def _is_before(plan: Plan, entries: Sequence[FeedEntry]) -> bool:
    """Whether what follows a page lies before the days that are wanted: its newest entry does, or its last in order."""
    dates = [entry.published for entry in entries if entry.published]
    if not plan.start or not dates or len(dates) < len(entries):
        return False
    return max(dates) < plan.start or (dates[-1] < plan.start and dates == sorted(dates, reverse=True))


def _marks(feed: ParsedFeed) -> list[str]:
    return [_mark(canonical(entry.url)) for entry in feed.entries]


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
