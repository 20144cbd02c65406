"""What the reading side is told besides articles: frozen records that pages, API and metrics are made of.

Times are ISO 8601 in UTC, as they are stored.
"""

from msgspec import Struct

from storage.records import FeedState


class Provenance(Struct, frozen=True, kw_only=True):
    """How an article came to be what it is: which reader said which field, our rules' version, its page's digest."""

    said_by: dict[str, str]
    extractor: str
    page: str


class Sighting(Struct, frozen=True, kw_only=True):
    """A feed that showed an article, and what it said of it. A row of the view `sightings`."""

    feed: str
    category: str
    guid: str
    title: str
    summary: str
    url: str
    first_seen: str
    last_seen: str


class Copy(Struct, frozen=True, kw_only=True):
    """A near-duplicate of an article: a row of the view `pairs` seen from that article.

    `contained`: how much of the shorter text stands in the other; `kind`: same, reprint, excerpt.
    """

    article: int
    url: str
    title: str
    site: str
    published: str | None
    likeness: float
    contained: float
    kind: str


class Cluster(Struct, frozen=True, kw_only=True):
    """Near-duplicates taken together: how many, which is the earliest, which agency their texts name."""

    cluster: int
    articles: int
    earliest: int
    agency: str


class StoredPage(Struct, frozen=True, kw_only=True):
    """A raw page as it was fetched, and the headers that it came with."""

    digest: str
    body: bytes
    headers: tuple[tuple[str, str], ...]


class FeedRow(Struct, frozen=True, kw_only=True):
    """A feed with its number and how many articles it has shown."""

    id: int
    state: FeedState
    articles: int


class Exchange(Struct, frozen=True, kw_only=True):
    """One fetch, as the view `fetches` has it."""

    at: str
    status: int | None
    bytes: int
    seconds: float
    reason: str


class SiteRow(Struct, frozen=True, kw_only=True):
    """What was learned of a site: a row of the view `sites`. Figures are over long, and of late (`_now`)."""

    site: str
    articles: int
    score: float
    score_now: float
    words: float
    words_now: float
    fields: float
    fields_now: float
    alarm: str
    boilerplate: int


class Day(Struct, frozen=True):
    """How many articles were first seen on a day, and (of one site) how sure the extraction was of them."""

    day: str
    articles: int
    score: float | None = None


class Tally(Struct, frozen=True):
    """A count that is kept as facts come in; `total` sums what was counted (bytes, seconds)."""

    name: str
    label: str
    count: int
    total: float


class Pulse(Struct, frozen=True, kw_only=True):
    """What tells whether a daemon is at work: the last poll, the next one due, the oldest address that waits.

    `queue`: addresses that wait; `states`: state -> feeds; `bytes`: of the archive's files. None of it takes long.
    """

    last_polled: str | None
    next: str | None
    waiting: str | None
    feeds: int
    queue: int
    states: dict[str, int]
    bytes: int
