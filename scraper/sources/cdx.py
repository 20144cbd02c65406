"""A web archive as a source: what its CDX server lists, each article's newest good capture, as it was captured."""

import logging
import re
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec

from scraper.feeds.cdx import page_count
from scraper.fetch import Fetcher, FetchError
from scraper.parsed import CaptureIndex, IndexedCapture
from scraper.sources import Listing, Plan, SourceError, Tools
from scraper.sources.days import of_article, outside
from scraper.urls import absolute, canonical, is_home
from scraper.warc.bodies import BodyRefused, decoded
from storage.records import FeedEntry, Page, Validators

log = logging.getLogger("dateline")

_WAYBACK = "https://web.archive.org/cdx/search/cdx"
_AT_ONCE = 3000  # lines of a listing
_ROUND = 100  # an answer of so many, or a multiple of it, may be all that a server gives at once
_MOST_BYTES = 10 << 20  # of one page
_PAGES = ("text/html", "application/xhtml+xml")
_REPLAYED = re.compile(r"/(?P<timestamp>\d{4,14})(?:[a-z]{2}_)?/(?P<url>https?:/.+)$")
_ORIGINAL = "x-archive-orig-"
# Captures are made after publication, sooner or later.
_BEFORE, _AFTER = timedelta(days=1), timedelta(days=366)


class _Place(msgspec.Struct):
    """How far an index is read: the key or the page to go on with, whether that is all.

    `pages`: how many pages there are, on a server that knows no keys; `whole`: it knows neither. `late`: captures of
    any time after publication are listed, for there were none of the time that is asked for at first.
    """

    resume: str = ""
    page: int = 0
    pages: int = 0
    whole: bool = False
    late: bool = False
    done: bool = False


class Cdx:
    """The captures of a query to a CDX server."""

    on_disk = False

    def __init__(self, plan: Plan, tools: Tools) -> None:
        self._plan = plan
        self._tools = tools
        self._early, self._late = query_of(plan), query_of(plan, late=True)
        self.pages: Fetcher = Replays(tools.fetcher)
        self._template = plan.replay or template_of(self._early)

    async def listings(self, cursor: bytes) -> AsyncIterator[Listing]:
        """See scraper.sources.Source."""
        place = msgspec.json.decode(cursor, type=_Place) if cursor else _Place()
        given = dict(parse_qsl(urlsplit(self._early).query, keep_blank_values=True))
        limited = not given.keys() & {"limit", "page"}
        while not place.done:
            try:
                page = await self._tools.get(self._address(place, limited=limited))
            except FetchError as error:
                if error.status == 400 and limited and place == _Place(late=place.late):
                    place = _Place(whole=True, late=place.late)  # a server that knows no keys may refuse them
                    continue
                if error.status == 404 and self._turn_late(place):
                    continue
                if error.status == 404:
                    reason = f"{error.reason}: it holds no such captures, or no CDX server is there"
                    raise SourceError(f"{self._plan.address}: {reason}") from error
                raise
            index = await self._tools.workers.read_cdx(page.body)
            by_key = limited and not place.whole and not place.pages
            if by_key and not index.resume and (len(index.captures) >= _AT_ONCE or _is_round(index)):
                pages = await self._pages(place)
                place = _Place(pages=pages, whole=not pages, late=place.late)
                continue
            if not index.captures and self._turn_late(place):
                continue
            after = place.page + 1
            stuck = index.resume != "" and index.resume == place.resume
            done = after >= place.pages if place.pages else stuck or not index.resume
            place = msgspec.structs.replace(place, resume=index.resume, page=after if place.pages else 0, done=done)
            yield self._listing(index, place, page, stuck=stuck)

    def _query(self, place: _Place) -> str:
        return self._late if place.late else self._early

    def _address(self, place: _Place, *, limited: bool) -> str:
        query = self._query(place)
        if place.pages:
            return _with(query, {"page": str(place.page)})
        more = {"limit": str(_AT_ONCE), "showResumeKey": "true"} if limited and not place.whole else {}
        return _with(query, more | ({"resumeKey": place.resume} if place.resume else {}))

    def _turn_late(self, place: _Place) -> bool:
        """Ask for captures of any time, where none at all is of the days asked for; whether that is another query.

        Somebody may have crawled the site once, years after.
        """
        if place != _Place(whole=place.whole) or self._early == self._late:
            return False
        place.late = True
        return True

    async def _pages(self, place: _Place) -> int:
        """How many pages the server cuts its answer into; 0 if it does not."""
        try:
            count = page_count((await self._tools.get(_with(self._query(place), {"showNumPages": "true"}))).body)
            return count if count > 1 else 0
        except FetchError as error:
            if error.status in (400, 404, 501):
                return 0
            raise

    def _listing(self, index: CaptureIndex, place: _Place, page: Page, *, stuck: bool) -> Listing:
        chosen = chosen_of(index.captures)
        wanted = [
            one
            for one in chosen
            if not self._plan.excludes(None, moment_of(one.timestamp)) and not outside(of_article(one.url), self._plan)
        ]
        note = "" if index.captures else "the index lists no capture"
        if place.done and self._query(place) != self._late:
            note = note or f"captures of more than a year after {self._plan.until} were not asked for (`to=` does)"
        if place.whole and _is_round(index):
            note = f"the index may be cut: its server answered with {len(index.captures)} captures and knows no pages"
        if stuck:
            note = "the index may be cut: its server answers a key with the same key"
        return Listing(
            cursor=msgspec.json.encode(place),
            entries=tuple(FeedEntry(url=one.url, at=self._replay(one)) for one in wanted),
            outside=len(chosen) - len(wanted),
            note=note,
            page=page,
        )

    def _replay(self, capture: IndexedCapture) -> str:
        return self._template.replace("{timestamp}", capture.timestamp).replace("{url}", capture.url)


class Replays:
    """A Fetcher of raw captures: pages as they were, under their own addresses, at the moment of their capture."""

    def __init__(self, network: Fetcher) -> None:
        self._network = network

    async def get(self, url: str, validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:  # noqa: ARG002
        """See scraper.fetch.Fetcher."""
        asked = _REPLAYED.search(url)
        if asked is None:  # the page itself names it: the archive may not have it, and the site is not to be asked
            raise FetchError(f"{url[:200]} is no replay of a capture", final=True)
        page = await self._network.get(url, robots=robots)
        found = _REPLAYED.search(page.final_url)
        if found is None:
            where = page.final_url[:200]
            raise FetchError(f"the archive answered from {where}, which is no replay of a capture", final=True)
        if asked["timestamp"] != found["timestamp"]:
            log.info("%s: the archive answered with its capture of %s", url, found["timestamp"])
        try:
            body = decoded(page.body, "", "", _MOST_BYTES)  # some replay the bytes as they were sent
        except BodyRefused as error:
            raise FetchError(error.reason, final=True) from error
        return msgspec.structs.replace(
            page,
            url=asked["url"],
            final_url=found["url"],
            hops=(),
            permanent=False,
            headers=_own_headers(page),
            body=body,
            fetched=_captured(page, found["timestamp"]),
            via="wayback",
            source=page.final_url,
        )

    async def close(self) -> None:
        """The network is closed by whoever opened it."""


def query_of(plan: Plan, *, late: bool = False) -> str:
    """The whole address of the query that a plan means; `late`: for captures however long after the days wanted.

    Raises SourceError.
    """
    address = plan.address
    if address.startswith("wayback:"):
        address = _wayback(address.removeprefix("wayback:").strip())
    if not absolute(address, "") or not dict(parse_qsl(urlsplit(address).query)).get("url"):
        example = "http://host/web/cdx?url=news.example&matchType=host, or wayback:news.example/world/*"
        raise SourceError(f"{plan.address}: expected the query address of a CDX server, e.g. {example}")
    given = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
    hints = {"output": "json"}
    if plan.start:
        hints["from"] = (plan.start - _BEFORE).strftime("%Y%m%d")
    if plan.end and not late:
        hints["to"] = (plan.end + _AFTER).strftime("%Y%m%d")
    return _with(address, {name: value for name, value in hints.items() if name not in given})


def template_of(query: str) -> str:
    """Where a CDX server's archive replays raw captures: beside it."""
    parts = urlsplit(query)
    path = parts.path.rstrip("/").removesuffix("/cdx")
    if path.endswith("/cdx/search"):  # the Wayback Machine keeps them apart
        path = path.removesuffix("/cdx/search") + "/web"
    return f"{parts.scheme}://{parts.netloc}{path}/{{timestamp}}id_/{{url}}"


def chosen_of(captures: Iterable[IndexedCapture]) -> list[IndexedCapture]:
    """Of each article the newest capture of a page that was answered with 200, in the order of the index.

    Where the index does not say what was answered, the page will; a capture of which it is known comes before such a
    one. The same bytes under several addresses are one article: the shortest address stands for it.
    """
    newest: dict[str, IndexedCapture] = {}
    for one in captures:
        if one.status not in ("", "200") or _kind(one) not in ("", *_PAGES) or is_home(one.url):
            continue
        url = canonical(one.url)
        if url not in newest or _rank(one) > _rank(newest[url]):
            newest[url] = one
    by_digest: dict[str, IndexedCapture] = {}
    for one in newest.values():
        key = one.digest or one.url
        if key not in by_digest or len(one.url) < len(by_digest[key].url):
            by_digest[key] = one
    return list(by_digest.values())


def _kind(capture: IndexedCapture) -> str:
    return capture.kind.partition(";")[0].strip().lower()


def _rank(capture: IndexedCapture) -> tuple[bool, str]:
    return bool(capture.status and capture.kind), capture.timestamp


def _is_round(index: CaptureIndex) -> bool:
    return bool(index.captures) and not len(index.captures) % _ROUND


def moment_of(timestamp: str) -> datetime | None:
    """The moment that a capture's timestamp (YYYYMMDDhhmmss, or its beginning) names, or None."""
    whole = timestamp[:14] + "00000101000000"[len(timestamp) :]
    try:
        return datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _wayback(words: str) -> str:
    """`news.example/world/*`, `*.news.example`, `news.example` (the whole host) or one address."""
    facts = {"url": words}
    if words.startswith("*."):
        facts = {"url": words[2:], "matchType": "domain"}
    elif words.endswith("*"):
        facts = {"url": words[:-1], "matchType": "prefix"}
    elif "/" not in words.partition("://")[2 if "://" in words else 0].rstrip("/"):
        facts = {"url": words, "matchType": "host"}
    filters = [("filter", "statuscode:200"), ("filter", "mimetype:text/html"), ("collapse", "digest")]
    return f"{_WAYBACK}?{urlencode([*facts.items(), *filters], safe=':/*')}"


def _with(address: str, more: dict[str, str]) -> str:
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in more.items())
    return f"{address}&{query}" if query else address


def _captured(page: Page, timestamp: str) -> datetime:
    """The moment of the capture that was replayed (RFC 7089 says it in a header)."""
    try:
        return parsedate_to_datetime(page.header("memento-datetime")).astimezone(UTC)
    except (ValueError, TypeError):
        return moment_of(timestamp) or page.fetched


def _own_headers(page: Page) -> tuple[tuple[str, str], ...]:
    """The headers of the page itself, where the archive tells them apart from its own."""
    own = [(name[len(_ORIGINAL) :], value) for name, value in page.headers if name.lower().startswith(_ORIGINAL)]
    kind = [("content-type", page.header("content-type"))]
    return tuple(own if any(name.lower() == "content-type" for name, _ in own) else [*kind, *own])
