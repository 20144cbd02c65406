"""The pages for people. Each reads what it shows in one go and fills in its template; none changes anything."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from dateline.diffs import Piece, word_diff
from dateline.web import plots, show
from dateline.web.queries import BadParameter, asked, query_of
from dateline.web.room import ReadingRoom
from storage.archive import Reader
from storage.records import ArticleRow, FeedState, Findings, Query, Revision, SearchHit

_FRONT, _LEAST, _A_SHELF, _A_PAGE = 240, 60, 8, 30
_DAYS, _POLLS, _LINES, _FACETS = 30, 30, 200, 7
_HTML = "text/html"
_ADDRESS_CORE = re.compile(r"^(?:https?://)?(?:www\.)?|/?(?:[?#].*)?$")

Web = Request[Any, Any, Any]
Html = Response[bytes]
Sides = tuple[list[Piece], list[Piece], bool]  # a paragraph as it was, as it is, whether it changed
Room = NamedDependency[ReadingRoom]


class Shelf(Struct, frozen=True):
    """A category on the front page: its newest articles, and how many there are of the day."""

    name: str
    hits: Sequence[SearchHit]
    count: int


def html(template: str, status: int = 200, **facts: object) -> Html:
    """A page."""
    return Response(show.page(template, **facts), status_code=status, media_type=_HTML)


@get("/", sync_to_thread=True, include_in_schema=False)
def front(request: Web, room: Room) -> Html:
    """Today by category, or the day that is asked for."""
    chosen = _day(request.query_params.get("day", ""))
    with room.reader() as reader:
        hits = _of_day(reader, chosen) if chosen else _latest(reader)
        categories, feeds = reader.categories(), reader.feeds()
        today = datetime.now(UTC).date()
    return html(
        "front.html",
        active="today",
        shelves=_shelves(hits, categories),
        quiet=[name for name in categories if not any(name in hit.categories for hit in hits)],
        categories=categories,
        hits=hits,
        sites=len({hit.site for hit in hits}),
        trouble=_troubled(feeds),
        feeds=len(feeds),
        shown=chosen or today,
        chosen=chosen,
        before=(chosen or today) - timedelta(days=1) if chosen != date.min else None,
        after=chosen + timedelta(days=1) if chosen and chosen < today else None,
    )


@get("/search", sync_to_thread=True, include_in_schema=False)
def search(request: Web, room: Room) -> Html:
    """Finds, with filters."""
    given, wrong, found = request.query_params, "", Findings()
    with room.reader() as reader:
        try:
            query = query_of(given, _A_PAGE)
            found = reader.find(query)
        except BadParameter as error:
            query, wrong = Query(), str(error)
        choices = {"categories": reader.categories(), "languages": reader.languages()}
        there = _at(reader, query.words)
    return html(
        "search.html",
        status=400 if wrong else 200,
        active="search",
        query=query,
        given={name: given.get(name, "") for name in ("q", "site", "author", "since", "until", "language", "category")},
        wrong=wrong,
        there=there,
        found=found,
        more=f"{asked(given)}&{show.parameters(after=found.next)}".lstrip("&") if found.next else "",
        feed=asked(given),
        other=asked(given, ranked="" if query.ranked else "1"),
        facets=_facets(found.hits),
        narrowed=lambda name, value: asked(given, **{name: value}),
        **choices,
    )


@get("/articles/{id:str}", sync_to_thread=True, include_in_schema=False)
def article(id: FromPath[str], room: Room) -> Html:  # noqa: A002 (the name in the address)
    """One article with all that is known about it."""
    with room.reader() as reader:
        row = _article(reader, id)
        origin = reader.provenance(row.id)
        cluster = reader.cluster(row.cluster) if row.cluster is not None else None
        facts: dict[str, Any] = {
            "said_by": origin.said_by if origin else {},
            "extractor": origin.extractor if origin else "",
            "sightings": reader.sightings(row.id),
            "copies": reader.copies(row.id),
            "revisions": reader.revisions(row.id),
            "earliest": reader.article(str(cluster.earliest)) if cluster and cluster.earliest != row.id else None,
        }
    return html("article.html", active="", row=row, cluster=cluster, **facts)


@get("/articles/{id:str}/diff", sync_to_thread=True, include_in_schema=False)
def diff(request: Web, id: FromPath[str], room: Room) -> Html:  # noqa: A002
    """Two revisions of an article side by side, word by word."""
    with room.reader() as reader:
        row = _article(reader, id)
        revisions = reader.revisions(row.id)
    newer = _revision(revisions, request.query_params.get("to", ""), len(revisions))
    older = _revision(revisions, request.query_params.get("from", ""), max(newer.number - 1, 1))
    return html(
        "diff.html",
        active="",
        row=row,
        revisions=revisions,
        older=older,
        newer=newer,
        title=word_diff(older.title, newer.title),
        paragraphs=_rows([_sides(pieces) for pieces in word_diff(older.text, newer.text)]),
    )


@get("/articles/{id:str}/page", sync_to_thread=True, include_in_schema=False)
def stored(request: Web, id: FromPath[str], room: Room) -> Response[bytes]:  # noqa: A002
    """The raw page of a revision as a file to keep: no browser ever takes it for a page of ours."""
    with room.reader() as reader:
        row = _article(reader, id)
        revision = _revision(reader.revisions(row.id), request.query_params.get("revision", ""), row.revision)
        page = reader.page(revision.page)
    if page is None:
        raise NotFoundException(f"the page of article {row.id}, revision {revision.number}, is not in the archive")
    headers = {
        "content-disposition": f'attachment; filename="article-{row.id}-{revision.number}.html.txt"',
        "content-security-policy": "default-src 'none'; sandbox",
    }
    return Response(page.body, media_type="application/octet-stream", headers=headers)


@get("/feeds", sync_to_thread=True, include_in_schema=False)
def feeds(room: Room) -> Html:
    """The feeds and how they are."""
    with room.reader() as reader:
        rows = reader.feed_rows()
    return html("feeds.html", active="feeds", rows=rows)


@get("/feeds/{id:int}", sync_to_thread=True, include_in_schema=False)
def feed(id: FromPath[int], room: Room) -> Html:  # noqa: A002
    """One feed: its rhythm, its last polls."""
    with room.reader() as reader:
        found = reader.feed_rows(id) if id < 2**63 else []
        if not found:
            raise NotFoundException(f"there is no feed {id}")
        hours, polls = reader.hours(id), reader.exchanges(found[0].state.url, _POLLS)
        latest = reader.find(Query(category=found[0].state.category, limit=_A_SHELF))
    return html(
        "feed.html",
        active="feeds",
        row=found[0],
        cells=plots.week(hours, 14),
        polls=polls,
        shown=sum(hours),
        latest=latest,
    )


@get("/sites", sync_to_thread=True, include_in_schema=False)
def sites(room: Room) -> Html:
    """The sites and what was learned of them."""
    with room.reader() as reader:
        rows = reader.sites()
    return html("sites.html", active="sites", rows=rows)


@get("/sites/{site:str}", sync_to_thread=True, include_in_schema=False)
def site(site: FromPath[str], room: Room) -> Html:
    """One site: its articles over time, how sure the extraction was of them, what it repeats."""
    with room.reader() as reader:
        found = reader.sites(site)
        if not found:
            raise NotFoundException(f"no article of {site[:100]} is in the archive")
        history, lines = reader.site_days(site), reader.boilerplate(site)
        latest = reader.find(Query(site=found[0].site, limit=_A_SHELF))
    scores = [one.score or 0.0 for one in history]
    return html(
        "site.html",
        active="sites",
        row=found[0],
        history=history,
        line=plots.line(scores, 600, 80, 0, 1),
        bars=plots.bars([(one.day, one.articles) for one in history], 600, 60),
        lines=lines[:_LINES],
        more=max(len(lines) - _LINES, 0),
        latest=latest,
    )


@get("/status", sync_to_thread=True, include_in_schema=False)
def status(room: Room) -> Html:
    """The archive at a glance."""
    with room.reader() as reader:
        counts, days, alarms = reader.counts(), reader.days(_DAYS), reader.alarms()
        pulse, score, feeds = reader.pulse(), reader.recent_score(), reader.feeds()
    return html(
        "status.html",
        active="status",
        counts=counts,
        bars=plots.bars([(one.day, one.articles) for one in days], 600, 120),
        days=days,
        most=max((one.articles for one in days), default=0),
        failures=counts.failures,
        alarms=alarms,
        pulse=pulse,
        score=score,
        trouble=_troubled(feeds),
    )


def _troubled(feeds: Sequence[FeedState]) -> list[FeedState]:
    return [feed for feed in feeds if feed.state not in ("ok", "new")]


def _article(reader: Reader, id_: str) -> ArticleRow:
    row = reader.article(id_) if id_.isascii() and id_.isdecimal() else None
    if row is None:
        raise NotFoundException(f"there is no article {id_[:40]}")
    return row


def _at(reader: Reader, words: str) -> ArticleRow | None:
    """The article at the address that these words are, whatever people leave out of it or bring along.

    As dateline.find does for commands, by rules of addresses that the reading side knows nothing of.
    """
    if "/" not in words or " " in words:
        return None
    core = _ADDRESS_CORE.sub("", words)
    plain = (
        f"{scheme}://{www}{core}{end}" for scheme in ("https", "http") for www in ("", "www.") for end in ("/", "")
    )
    return next(filter(None, map(reader.article, (words, *plain))), None)


def _revision(revisions: Sequence[Revision], text: str, usual: int) -> Revision:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else usual if not text else 0
    found = next((one for one in revisions if one.number == number), None)
    if found is None:
        raise NotFoundException(f"there are revisions 1 to {len(revisions)}, no {text[:20]!r}")
    return found


def _sides(pieces: Sequence[Piece]) -> Sides:
    """A paragraph as it was and as it is, and whether anything in it changed."""
    was, now = ([piece for piece in pieces if piece.fate in ("same", fate)] for fate in ("gone", "new"))
    return list(was), list(now), any(piece.fate != "same" for piece in pieces)


def _rows(sides: Sequence[Sides]) -> list[Sides]:
    """The paragraphs again, those that are gone beside those that came in their place."""
    made: list[Sides] = []
    for was, now, changed in sides:
        if now and not was and made and made[-1][0] and not made[-1][1]:
            made[-1] = (made[-1][0], now, True)
        else:
            made.append((was, now, changed))
    return made


def _facets(hits: Sequence[SearchHit]) -> list[tuple[str, str, list[tuple[str, int]]]]:
    """What narrows a search further: (heading, parameter, values with how many finds have them)."""
    found = (
        ("Categories", "category", Counter(name for hit in hits for name in hit.categories)),
        ("Sites", "site", Counter(hit.site for hit in hits)),
        ("Authors", "author", Counter(name for hit in hits for name in hit.authors)),
        ("Languages", "language", Counter(hit.language for hit in hits if hit.language)),
    )
    return [(heading, name, counted.most_common(_FACETS)) for heading, name, counted in found if len(counted) > 1]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadParameter(f"day: expected a day such as 2026-11-24, got {text[:40]!r}") from error


def _of_day(reader: Reader, chosen: date) -> Sequence[SearchHit]:
    return reader.find(Query(since=chosen.isoformat(), until=chosen.isoformat(), limit=_FRONT)).hits


def _latest(reader: Reader) -> Sequence[SearchHit]:
    """What came out in the last day; where that is little, what came out last."""
    hits = reader.find(Query(limit=_FRONT)).hits
    since = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    fresh = sum((hit.published or hit.first_seen) >= since for hit in hits)
    return hits[: max(fresh, _LEAST)]


def _shelves(hits: Sequence[SearchHit], categories: Sequence[str]) -> list[Shelf]:
    """The articles by category, each once: a story that stands in several is shown in the first and counted in all."""
    found: dict[str, list[SearchHit]] = {}
    shown: set[int] = set()
    for name in categories:
        mine = [hit for hit in hits if name in hit.categories]
        new = [hit for hit in mine if hit.id not in shown][:_A_SHELF]
        shown |= {hit.id for hit in new}
        found[name] = new
    shelves = [Shelf(name, new, sum(name in hit.categories for hit in hits)) for name, new in found.items() if new]
    rest = [hit for hit in hits if not set(hit.categories) & set(categories)]
    return [*shelves, Shelf("", rest[:_A_SHELF], len(rest))] if rest else shelves
