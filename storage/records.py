"""The vocabulary of Dateline: frozen records that travel from stage to stage.

Nobody changes a record; the next stage makes a new one. They are msgspec structs because the same
definition then checks the configuration, crosses the pipe to the worker processes and becomes JSON.
All times are aware `datetime`s in UTC unless a field says otherwise.
"""

import re
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

_LINK = re.compile(r"<(?P<to>[^<>]*)>[^<>]*?;\s*rel=\"?(?P<rel>[^\",;]*)", re.IGNORECASE)  # RFC 8288


class Outcome(StrEnum):
    """What became of one address, as `{"event": "article"}` reports it."""

    NEW = "new"
    REVISED = "revised"
    DUPLICATE = "duplicate"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


class FeedEntry(Struct, frozen=True, kw_only=True):
    """One item of a feed (or another source) that names an article.

    `url` is the absolute http(s) address as the source gave it, `at` where its page is to be had if not there (a file,
    a web archive), `item` the whole raw item as JSON bytes, `markup` the full text where the feed carries it, `summary`
    plain text. `locked`: its source says that it is behind a password; `gone`: that it was withdrawn then, and in
    `gone_reason` why.
    """

    url: str
    at: str = ""
    feed: str = ""
    guid: str = ""
    title: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    summary: str = ""
    markup: str = ""
    item: bytes = b""
    locked: bool = False
    gone: datetime | None = None
    gone_reason: str = ""


class Validators(Struct, frozen=True):
    """What a conditional request sends back: the ETag without `W/`, and Last-Modified as received."""

    etag: str = ""
    last_modified: str = ""


class Page(Struct, frozen=True, kw_only=True):
    """One HTTP exchange, body decoded from its content encoding but not from its charset.

    `url` is what was asked for, `final_url` where the redirects ended, `hops` every address between the two,
    `size` the bytes on the wire, `seconds` from the first request to the last byte (waiting in line left out). `via` is
    how it was had: live, or from a file, a web archive …; then `source` is the place there. `more`: the pages on which
    its article goes on.
    """

    url: str
    final_url: str
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    fetched: datetime
    seconds: float = 0.0
    size: int = 0
    hops: tuple[str, ...] = ()
    permanent: bool = False  # every redirect on the way was 301 or 308
    ai_forbidden: tuple[str, ...] = ()  # the AI crawlers that robots.txt keeps from it
    via: str = "live"
    source: str = ""
    more: tuple["Page", ...] = ()

    @property
    def detour(self) -> bool:
        """Whether a redirect on the way was for now only: the address asked for stays in use (RFC 9110, 15.4.3)."""
        return self.final_url != self.url and not self.permanent

    def header(self, name: str) -> str:
        """The first header of that name, whatever its case, or ''."""
        name = name.lower()
        return next((value for key, value in self.headers if key.lower() == name), "")

    def link(self, relation: str) -> str:
        """What the first Link header with that relation points to, as it stands there, or ''."""
        links = ", ".join(value for key, value in self.headers if key.lower() == "link")
        return next((found["to"] for found in _LINK.finditer(links) if relation in found["rel"].split()), "")

    @property
    def validators(self) -> Validators:
        """What to send back next time, the tag as it was before the page was packed.

        WordPress behind nginx ignores one with `W/`, and Apache does not know one with its own `-gzip` again (Jetty
        does know its `--gzip`).
        """
        tag = self.header("etag").removeprefix("W/")
        tag = tag if tag.endswith('--gzip"') else tag.replace('-gzip"', '"')
        return Validators(tag, self.header("last-modified"))


class Metadata(Struct, frozen=True, kw_only=True):
    """What is known about a page, and in `said_by` which reader said it (field -> reader)."""

    title: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    modified: datetime | None = None
    language: str = ""
    site: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    summary: str = ""
    image: str = ""
    image_caption: str = ""
    image_credit: str = ""
    licence: str = ""
    canonical_url: str = ""
    access: str = "unknown"
    said_by: dict[str, str] = {}


class Line(Struct, frozen=True):
    """A line of an article as it is counted over its site: its name, its first characters, and whether it stands apart
    from the running text (at an edge, or in another kind of element).

    `counted`: named whatever the number in it (`text` has a 0 for it).
    """

    mark: int
    text: str
    apart: bool
    counted: bool = False


class Rights(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a page said, when it was fetched, of its use by machines.

    `robots`: directives of the robots meta element and of X-Robots-Tag, in lower case; `tdm_reservation`: whether text
    and data mining is reserved (None: not said), `tdm_policy` its terms; `ai_forbidden`: the AI crawlers that the
    site's robots.txt keeps from the page by name.
    """

    robots: tuple[str, ...] = ()
    tdm_reservation: bool | None = None
    tdm_policy: str = ""
    ai_forbidden: tuple[str, ...] = ()


ARTICLE_KINDS = ("article", "live blog", "gallery", "video")


class Article(Struct, frozen=True, kw_only=True):
    """A cleaned page. `text` has its paragraphs apart by blank lines, cells of a table by tabs; `markup` says the same
    as safe HTML.

    `kind` is one of ARTICLE_KINDS or what the page is instead; `score` is 0 to 1; `fingerprint` is the digest of the
    folded text; `extractor` the version of our rules; `agency` the news agency that the text names; `home` the name
    of the place in the page where the text stands (0: nowhere); `instead`, where the page shows no text or is a
    later one of an article, the address to read in its place: its plain twin (AMP), where it sends the reader, or the
    article's first page; `next_page` the address at which the article goes on.
    """

    url: str
    metadata: Metadata
    text: str
    markup: str
    kind: str = "article"
    words: int = 0
    score: float = 0.0
    fingerprint: str = ""
    extractor: str = ""
    sample: bytes = b""  # of its 5-grams: see storage.likeness
    agency: str = ""
    lines: tuple[Line, ...] = ()
    home: int = 0
    instead: str = ""
    next_page: str = ""
    rights: Rights = Rights()


class SiteRules(Struct, frozen=True):
    """What is known of a site's pages: the marks of lines that are no article text, and where its articles stand.

    `keep` and `drop` are the user's own CSS selectors.
    """

    site: str = ""
    boilerplate: frozenset[int] = frozenset()
    homes: frozenset[int] = frozenset()
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


class Repeated(Struct, frozen=True, kw_only=True):
    """A line that a site repeats: on how many of its articles, how often apart from the running text, and the verdict.

    `ruling` is the user's own: "ban", "protect" or "".
    """

    text: str
    pages: int
    of: int
    apart: int
    boilerplate: bool
    ruling: str = ""
    reason: str = ""


class Stored(Struct, frozen=True, kw_only=True):
    """An article that is to be cleaned again: its page as it was kept, and what the feed said of it."""

    article: int
    page: Page
    entry: FeedEntry


class Rhythm(Struct, frozen=True, kw_only=True):
    """When a feed's items appeared, as it is remembered. Times are Unix seconds, so that they can be reckoned with.

    `hours` counts the items by hour of the week (168, from Monday 00:00 UTC; () for none), `seen` the seconds they were
    watched for, both faded to the moment `counted`. `lately` and `just_now` are (items, items expected) of the last
    days and hours, faded to the moment `polled`. `last` is the last appearance. `levels` are the rates (items an hour)
    of the quiet to the busy hours of a week, as they were `measured` last.
    """

    hours: tuple[float, ...] = ()
    seen: float = 0.0
    counted: float = 0.0
    lately: tuple[float, float] = (0.0, 0.0)
    just_now: tuple[float, float] = (0.0, 0.0)
    polled: float = 0.0
    last: float = 0.0
    levels: tuple[float, ...] = ()
    measured: float = 0.0


class Hints(Struct, frozen=True, kw_only=True):
    """What a server asks of whoever polls a feed: seconds to wait, who says so, hours (0-23) and days (0 is Monday) of
    GMT to leave out."""

    wait: float = 0.0
    said_by: str = ""
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


class FeedState(Struct, frozen=True, kw_only=True):
    """A feed and where its polling stands.

    `every` is the user's own interval in seconds (None: the schedule's). `state` is one of new, ok, empty, failing,
    silent. `items` is the digest of the items last seen, `shown` the marks of their addresses (8 bytes each),
    `poison` the digest of a document that a worker came to grief over; `planned_by` is what `next` follows from
    (interval, rhythm, failure, or server: its Retry-After), `reason` says in words why it is what it is or what went
    wrong, `trouble` is the class of the last failure (see scraper.backoff). `gaps` counts the documents in which no
    item was known, the last at `last_gap`; `missed_since` is the look before it, until what was missed has been looked
    for. `moved_to` is where the feed lives since it was redirected there for good; `redirect` and `redirects` count the
    polls that led elsewhere permanently.
    """

    url: str
    category: str = ""
    every: float | None = None
    title: str = ""
    validators: Validators = Validators()
    items: str = ""
    poison: str = ""
    state: str = "new"
    last_polled: datetime | None = None
    last_new: datetime | None = None
    next: datetime | None = None
    planned_by: str = ""
    failures: int = 0
    reason: str = ""
    trouble: str = ""
    rhythm: Rhythm = Rhythm()
    hints: Hints = Hints()
    shown: bytes = b""
    gaps: int = 0
    last_gap: datetime | None = None
    missed_since: datetime | None = None
    moved_to: str = ""
    redirect: str = ""
    redirects: int = 0


class Pending(Struct, frozen=True, kw_only=True):
    """An address that waits to be fetched: found in a feed and not archived yet, or archived and to be looked at again.

    Of an archived one, `article` is its id, `extractor` the version of the rules that its text was made by, and
    `validators` what a visit that no feed called for sends along, so that the server may say "not modified".
    """

    url: str  # canonical form, the key
    entry: FeedEntry
    tries: int = 0
    next_try: datetime | None = None  # None: given up or settled
    reason: str = ""
    known: bool = False  # an archived article: its feed says that it changed, or it is time to look again
    article: int | None = None
    extractor: str = ""
    validators: Validators | None = None


class BackfillState(Struct, frozen=True, kw_only=True):
    """A backfill and how far it has come.

    `key` names it by all that it was asked for; `via` is its kind of source and `address` where that is; `cursor` what
    the source needs to go on after its last listing; `listings` how many it has brought, `named` how many articles they
    named.
    """

    key: str
    via: str
    address: str
    category: str = ""
    since: str = ""
    until: str = ""
    cursor: bytes = b""
    listings: int = 0
    named: int = 0
    started: datetime | None = None
    finished: datetime | None = None


class Failure(Struct, frozen=True, kw_only=True):
    """Why an address was not archived. `final`: asking again would not help (forbidden, no article, too costly)."""

    reason: str
    at: datetime
    final: bool = False
    status: int | None = None
    next_try: datetime | None = None
    skipped: bool = False  # by decision (robots.txt, not an article), not by accident
    asked: bool = True  # False: it is not its turn yet (Retry-After, no robots.txt), which is no try
    gone: bool = False  # withdrawn, if it was archived before: 404, 410, or the home page in its place
    everywhere: bool = False  # gone not only from this address: an export of another archive says so
    outside: bool = False  # not among what the user asked for; whoever names it next may ask for it again
    page: Page | None = None
    seconds: float = 0.0
    size: int = 0


class Kept(Struct, frozen=True):
    """The archive's verdict on one page."""

    outcome: Outcome
    article: int
    reason: str = ""
    learned: str = ""  # the site of which something new was learned: its earlier articles want cleaning again


class HostState(Struct, frozen=True, kw_only=True):
    """What is remembered about an origin (scheme://host:port) between runs: its robots.txt, and its wish to wait.

    `robots_status` is that of the last answer that decides (None: there was none yet), `robots` its body;
    `robots_until`: when it is asked for again; `unreachable`: since when it answers nothing that decides (RFC 9309,
    2.3.1.4), and `reason` why.
    """

    origin: str
    robots: bytes | None = None
    robots_status: int | None = None
    robots_fetched: datetime | None = None
    robots_until: datetime | None = None
    unreachable: datetime | None = None
    not_before: datetime | None = None  # Retry-After
    reason: str = ""


class BucketState(Struct, frozen=True):
    """How one site is asked just now, by all processes of an archive together; times are seconds since 1970.

    `sent`: when the last request left; `not_before`: Retry-After; `share`: of the full rate, halved at every 429 and
    503, and at `slowed` for the last time; `latency`: seconds until an answer begins, smoothed.
    """

    name: str
    sent: float = 0.0
    not_before: float = 0.0
    share: float = 1.0
    slowed: float = 0.0
    latency: float = 0.0


class FeedReport(Struct, frozen=True, kw_only=True):
    """One poll of one feed, as `{"event": "feed"}` reports it."""

    url: str
    outcome: str  # ok, unchanged, empty, failed, skipped
    status: int | None = None
    entries: int = 0
    new: int = 0
    next: datetime | None = None
    reason: str = ""
    counts: dict[str, int] = field(default_factory=dict)


class ArticleReport(Struct, frozen=True, kw_only=True):
    """What became of one address, told only after the commit."""

    outcome: Outcome
    id: int | None
    url: str
    feed: str
    reason: str = ""


class Revision(Struct, frozen=True, kw_only=True):
    """One text that an article has had; `page` is the digest of the page it was read from."""

    article: int
    number: int
    seen: str
    title: str
    text: str
    published: str | None
    modified: str | None
    minor: bool
    page: str


class ChangeRow(Struct, frozen=True, kw_only=True):
    """One line of the change log. Numbers rise and never come again, in the order in which facts became safe on disk.

    `kind`: new, revised, cleaned (our rules gave it another text), withdrawn, restored, clustered. `hash` chains it to
    the lines before it: see storage.chain.
    """

    number: int
    at: str
    kind: str
    article: int
    revision: int | None
    cluster: int | None
    url: str | None
    hash: str


class Delivery(Struct, frozen=True, kw_only=True):
    """Something to be told to another program or a person: where to, of what kind (search, digest), and the words.

    `next_try` is None for what was told, and for a dead letter, which is tried no more and says why.
    """

    id: int = 0
    target: str
    kind: str
    body: str
    made: datetime
    tries: int = 0
    next_try: datetime | None = None
    reason: str = ""
    dead: bool = False


class Decided(Struct, frozen=True):
    """One thing that happened to an address: when ('': at no certain time), what in a word, and the particulars."""

    at: str
    what: str
    detail: str


class Why(Struct, frozen=True, kw_only=True):
    """All that is known of an address: its article, how things stand, when something happens next, and the past."""

    url: str
    article: int | None
    addresses: tuple[str, ...]
    verdict: str
    next: str | None
    events: tuple[Decided, ...]


class ArticleRow(Struct, frozen=True, kw_only=True):
    """One row of the view `articles`: what `show`, `search` and `export` speak of. Field names are a promise."""

    id: int
    url: str
    title: str
    text: str
    markup: str
    summary: str
    authors: tuple[str, ...]
    published: str | None
    modified: str | None
    first_seen: str
    last_seen: str
    language: str
    site: str
    section: str
    tags: tuple[str, ...]
    categories: tuple[str, ...]
    image: str
    access: str
    words: int
    score: float
    cluster: int | None
    revision: int
    gone: str | None
    kind: str
    image_caption: str
    image_credit: str
    licence: str
    gone_reason: str
    rights: Rights


class SearchHit(Struct, frozen=True, kw_only=True):
    """One find: enough for a result list.

    `snippet` marks the words found with `**`; `pieces` is the same text cut at them: every second piece was found.
    """

    id: int
    url: str
    title: str
    site: str
    published: str | None
    categories: tuple[str, ...]
    snippet: str
    summary: str = ""
    authors: tuple[str, ...] = ()
    first_seen: str = ""
    language: str = ""
    words: int = 0
    revision: int = 1
    cluster: int | None = None
    gone: str | None = None
    pieces: tuple[str, ...] = ()


class Findings(Struct, frozen=True, kw_only=True):
    """A page of finds; `next` goes on behind it ('': nothing does), `count` is how many there are where that is known.

    A page may hold fewer than were asked for and still have a `next`: then so much was looked through in vain.
    """

    hits: tuple[SearchHit, ...] = ()
    next: str = ""
    count: int | None = None


class Query(Struct, frozen=True, kw_only=True):
    """Which articles: every field narrows. `words` is plain text from a person, never FTS5 syntax.

    `since` and `until` are days (YYYY-MM-DD, both inclusive) or full timestamps, and go by `published`
    (by `first_seen` where an article has no date). `author` is a part of a name. `operators`: AND, OR, NOT and
    parentheses in `words` mean what they say. `after` is the `next` of the page before. For all that match, by id:
    `beyond`, only articles with a greater id; `ids`, only these (None: all).
    """

    words: str = ""
    category: str = ""
    site: str = ""
    language: str = ""
    since: str = ""
    until: str = ""
    limit: int | None = None
    ranked: bool = False
    author: str = ""
    cluster: int | None = None
    operators: bool = False
    after: str = ""
    beyond: int = 0
    ids: tuple[int, ...] | None = None


class Counts(Struct, frozen=True, kw_only=True):
    """The archive at a glance, for `status`."""

    articles: int
    revisions: int
    pages: int
    bytes: int
    waiting: int
    days: tuple[tuple[str, int], ...]  # (day, new articles), newest first, the last seven
    failures: tuple[tuple[str, int], ...]  # (reason, addresses), most frequent first
    feeds: dict[str, int]  # state -> feeds


class Fault(Struct, frozen=True, kw_only=True):
    """One thing that is wrong with an archive: where (`id` names the row, '' the whole table), what, and what to do."""

    file: str
    table: str
    id: str
    what: str
    advice: str


class Root(Struct, frozen=True):
    """The last line of the change log and its hash: note both elsewhere to prove later that nothing was rewritten."""

    number: int = 0
    hash: str = ""
