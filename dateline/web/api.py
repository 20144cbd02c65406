"""The archive for other programs: articles, their revisions, sightings and near-duplicates, feeds, sites, changes.

Lists come newest first. A page may hold fewer than were asked for; as long as `next` is not null there may be more:
ask again with `after` set to it. Answers carry an ETag; `If-None-Match` spares an unchanged body. Field names are those
of the archive's documented views. Errors are problem details (RFC 9457).
"""

from typing import Annotated, Any

from litestar import get
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct, structs, to_builtins

from dateline.logs import one_line
from dateline.web.queries import query_of
from dateline.web.room import ReadingRoom
from storage.archive import Reader
from storage.reading import Cluster, Copy, Exchange, FeedRow, Sighting, SiteRow
from storage.records import ArticleRow, ChangeRow, Counts, Query, Repeated, Revision

_MOST = 100
_LONGEST = 2000

Room = NamedDependency[ReadingRoom]
Id = Annotated[
    int, PathParameter(description="The number of the article.", ge=1, le=2**53, examples=[Example(value=17)])
]
FeedId = Annotated[
    int, PathParameter(description="The number of the feed.", ge=1, le=2**53, examples=[Example(value=1)])
]
Limit = Annotated[int, QueryParameter(description="At most so many.", ge=1, le=_MOST, examples=[Example(value=20)])]
After = Annotated[str, QueryParameter(description="The `next` of the page before.", max_length=60)]


def _text(description: str, example: str) -> Any:
    return QueryParameter(description=description, max_length=_LONGEST, examples=[Example(value=example)])


Words = Annotated[
    str,
    _text('Words, all of them wanted; "a phrase"; `word*` finds what begins so. ', "harbour"),
]
Category = Annotated[str, _text("Only articles seen in feeds of this category.", "World")]
Site = Annotated[str, _text("Only articles of this site.", "news.example")]
Language = Annotated[str, _text("Only articles in this language; `en` finds `en-GB` too.", "en")]
Author = Annotated[str, _text("Only articles by this author, or part of a name.", "Berg")]
Since = Annotated[str, _text("Published on this day (YYYY-MM-DD) or later.", "2026-11-01")]
Until = Annotated[str, _text("Published on this day or earlier.", "2026-11-30")]
InCluster = Annotated[int | None, QueryParameter(description="Only this cluster of near-duplicates.", ge=0, le=2**53)]
Ranked = Annotated[bool, QueryParameter(description="The best match first, not the newest.")]
Operators = Annotated[bool, QueryParameter(description="AND, OR, NOT and parentheses in `q` mean what they say.")]
Address = Annotated[
    str, _text("The article of this address, whichever of its addresses it is.", "https://news.example/a/")
]
Number = Annotated[int, QueryParameter(description="Only what came after this line of the log.", ge=0, le=2**53)]


class Found(ArticleRow, frozen=True, kw_only=True):
    """An article as the view `articles` has it. `snippet` shows the words found between `**`."""

    snippet: str


class Articles(Struct, frozen=True, kw_only=True):
    """A page of articles; `next` is null at the end, `count` where it is not known."""

    articles: list[Found]
    next: str | None
    count: int | None


class Detail(ArticleRow, frozen=True, kw_only=True):
    """An article, and how it came to be so: which reader said which field, by which version of our rules."""

    said_by: dict[str, str]
    extractor: str


class Revisions(Struct, frozen=True):
    """The texts that an article has had, oldest first."""

    revisions: list[Revision]


class Sightings(Struct, frozen=True):
    """The feeds that showed an article."""

    sightings: list[Sighting]


class Pairs(Struct, frozen=True):
    """The near-duplicates of an article, the earliest first, and the cluster that they make."""

    pairs: list[Copy]
    cluster: Cluster | None


class Feed(Struct, frozen=True, kw_only=True):
    """A feed and where its polling stands, as the view `feeds` has it."""

    id: int
    url: str
    category: str
    title: str
    state: str
    every: float | None
    last_polled: str | None
    last_new: str | None
    next: str | None
    failures: int
    reason: str
    gaps: int
    last_gap: str | None
    moved_to: str
    articles: int


class Feeds(Struct, frozen=True):
    """The active feeds, by category and address."""

    feeds: list[Feed]


class FeedDetail(Feed, frozen=True, kw_only=True):
    """A feed with its last polls, and how many articles came out in each hour of the week (Monday 0:00 UTC first)."""

    hours: list[int]
    polls: list[Exchange]


class Sites(Struct, frozen=True):
    """The sites and what was learned of them; those with a layout alarm first."""

    sites: list[SiteRow]


class SiteDetail(SiteRow, frozen=True, kw_only=True):
    """A site, and the lines that stand on more than one of its articles, with the verdict on each."""

    lines: list[Repeated]


class Status(Struct, frozen=True):
    """The archive at a glance."""

    counts: Counts
    layout_alarms: dict[str, str]


class Changes(Struct, frozen=True, kw_only=True):
    """What has happened, in order; ask again with `since` set to `last` for what comes after it."""

    changes: list[ChangeRow]
    last: int


def asked_for(
    q: Words = "",
    category: Category = "",
    site: Site = "",
    language: Language = "",
    author: Author = "",
    since: Since = "",
    until: Until = "",
    cluster: InCluster = None,
    ranked: Ranked = False,
    operators: Operators = False,
    after: After = "",
    limit: Limit = 20,
) -> Query:
    """What the parameters of a list of articles ask for. Raises BadParameter."""
    days = query_of({"since": since, "until": until}, limit)
    return structs.replace(
        days,
        words=q,
        category=category,
        site=site,
        language=language,
        author=author,
        cluster=cluster,
        ranked=ranked,
        operators=operators,
        after=after,
    )


@get(
    "/articles",
    sync_to_thread=True,
    summary="Articles, newest first or by rank",
    dependencies={"wanted": Provide(asked_for, sync_to_thread=False)},
)
def articles(room: Room, wanted: NamedDependency[Query], url: Address = "") -> Articles:
    """Every parameter narrows the list; without any it is the whole archive."""
    with room.reader() as reader:
        if url:
            row = reader.article(url)
            return Articles(articles=[_found(row, "")] if row else [], next=None, count=int(row is not None))
        page = reader.find(wanted)
        rows = reader.rows([hit.id for hit in page.hits])
    snippets = {hit.id: hit.snippet for hit in page.hits}
    return Articles(articles=[_found(row, snippets[row.id]) for row in rows], next=page.next or None, count=page.count)


@get("/articles/{id:int}", sync_to_thread=True, summary="One article")
def article(room: Room, id: Id) -> Detail:  # noqa: A002 (the name in the address)
    """With its text and clean markup."""
    with room.reader() as reader:
        row, origin = _row(reader, id), reader.provenance(id)
    assert origin
    return Detail(**structs.asdict(row), said_by=origin.said_by, extractor=origin.extractor)


@get("/articles/{id:int}/revisions", sync_to_thread=True, summary="The texts that an article has had")
def revisions(room: Room, id: Id) -> Revisions:  # noqa: A002
    """Oldest first."""
    with room.reader() as reader:
        return Revisions(reader.revisions(_row(reader, id).id))


@get("/articles/{id:int}/sightings", sync_to_thread=True, summary="The feeds that showed an article")
def sightings(room: Room, id: Id) -> Sightings:  # noqa: A002
    """What each feed said of it, and from when to when it did."""
    with room.reader() as reader:
        return Sightings([_seen(one) for one in reader.sightings(_row(reader, id).id)])


@get("/articles/{id:int}/pairs", sync_to_thread=True, summary="The near-duplicates of an article")
def pairs(room: Room, id: Id) -> Pairs:  # noqa: A002
    """The earliest first; with the cluster's earliest article and the agency that its texts name."""
    with room.reader() as reader:
        row = _row(reader, id)
        return Pairs(reader.copies(id), reader.cluster(row.cluster) if row.cluster is not None else None)


@get("/feeds", sync_to_thread=True, summary="The active feeds")
def feeds(room: Room) -> Feeds:
    """By category and address; `reason` says in words why the next poll is when it is, or what went wrong."""
    with room.reader() as reader:
        return Feeds([Feed(**_feed(row)) for row in reader.feed_rows()])


@get("/feeds/{id:int}", sync_to_thread=True, summary="One feed")
def feed(room: Room, id: FeedId) -> FeedDetail:  # noqa: A002
    """With its rhythm and its last polls."""
    with room.reader() as reader:
        found = reader.feed_rows(id)
        if not found:
            raise NotFoundException(f"there is no feed {id}")
        polls = reader.exchanges(found[0].state.url)
        return FeedDetail(**_feed(found[0]), hours=reader.hours(id), polls=[_poll(one) for one in polls])


@get("/sites", sync_to_thread=True, summary="The sites and what was learned of them")
def sites(room: Room) -> Sites:
    """Figures are over long, and of late (`_now`)."""
    with room.reader() as reader:
        return Sites(reader.sites())


@get("/sites/{site:str}", sync_to_thread=True, summary="One site")
def site(
    room: Room, site: Annotated[str, PathParameter(description="Its name.", examples=[Example(value="news.example")])]
) -> SiteDetail:
    """With the lines that it repeats."""
    with room.reader() as reader:
        found = reader.sites(site)
        if not found:
            raise NotFoundException(f"no article of {site[:100]} is in the archive")
        return SiteDetail(**structs.asdict(found[0]), lines=reader.boilerplate(site))


@get("/status", sync_to_thread=True, summary="The archive at a glance")
def status(room: Room) -> Status:
    """Counts, articles a day, failures by reason, layout alarms."""
    with room.reader() as reader:
        return Status(reader.counts(), dict(reader.alarms()))


@get("/changes", sync_to_thread=True, summary="What has happened, in order")
def changes(room: Room, since: Number = 0, limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100) -> Changes:
    """Nothing is told twice and nothing is left out. Kinds: new, revised, cleaned, withdrawn, restored, clustered."""
    with room.reader() as reader:
        log = reader.changes(since, limit)
    return Changes(changes=log, last=log[-1].number if log else since)


HANDLERS = (articles, article, revisions, sightings, pairs, feeds, feed, sites, site, status, changes)


def _row(reader: Reader, id_: int) -> ArticleRow:
    row = reader.article(str(id_))
    if row is None:
        raise NotFoundException(f"there is no article {id_}")
    return row


def _found(row: ArticleRow, snippet: str) -> Found:
    return Found(**structs.asdict(row), snippet=snippet)


def _seen(one: Sighting) -> Sighting:
    return structs.replace(one, feed=one_line(one.feed))


def _poll(one: Exchange) -> Exchange:
    return structs.replace(one, reason=one_line(one.reason))


def _feed(row: FeedRow) -> dict[str, Any]:
    """A feed's facts under the names of the view; credentials in its address stay here."""
    state = to_builtins(row.state)
    names = set(Feed.__struct_fields__) - {"id", "articles"}
    facts = {name: state[name] for name in names} | {"id": row.id, "articles": row.articles}
    return (
        facts
        | {"url": one_line(row.state.url), "reason": one_line(row.state.reason)}
        | {"moved_to": one_line(row.state.moved_to)}
    )
