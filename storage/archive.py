"""The two faces of the archive: `Archive` writes, `Library` reads. Both are free of SQL words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from storage.reading import (
    Cluster,
    Copy,
    Day,
    Exchange,
    FeedRow,
    Provenance,
    Pulse,
    Sighting,
    SiteRow,
    StoredPage,
    Tally,
)
from storage.records import (
    Article,
    ArticleRow,
    BackfillState,
    ChangeRow,
    Counts,
    Delivery,
    Failure,
    FeedEntry,
    FeedState,
    Findings,
    HostState,
    Kept,
    Line,
    Page,
    Pending,
    Query,
    Repeated,
    Revision,
    SearchHit,
    SiteRules,
    Stored,
    Why,
)


class Archive(Protocol):
    """The writing face. Every awaited answer comes after the commit: what it says is safe on disk."""

    async def ready(self, now: datetime) -> None:
        """Return when the archive can take something in: asked before the network is, so that a full disk stops both.

        Times that lie after `now`, as a wrong clock wrote them, are believed no more.
        """

    async def subscribe(
        self, feeds: Sequence[FeedState], plan: Callable[[FeedState], FeedState] = lambda state: state
    ) -> list[FeedState]:
        """Make exactly these feeds the active ones, keep what is known of each, and return their states in order.

        Only url, category and every are taken from the argument; a feed that is no longer named rests with its state.
        `plan` may move the next poll of each.
        """

    async def polled(
        self,
        state: FeedState,
        entries: Sequence[tuple[str, FeedEntry]],
        page: Page | None,
        status: int | None = None,
    ) -> int:
        """Save a poll in one transaction: the feed's state, the exchange, a sighting for every (canonical url, entry).

        `status` is what the server answered where it brought no page.
        Unknown addresses become pending; known ones become pending again (`known`) if their entry carries a later
        `updated` or another text than last time, or if it left the feed out of its turn, as what is withdrawn does.
        Returns how many addresses were never seen before.
        """

    async def recognised(self, feed: str, entries: Sequence[tuple[str, FeedEntry]]) -> list[tuple[str, FeedEntry]]:
        """The entries, those that this feed has shown at the same address but for its parameters under that address.

        Some feeds put a session into every link. The guid or, where there is none, the day tells, with the title.
        """

    async def recovered(
        self, state: FeedState, entries: Sequence[tuple[str, FeedEntry]], page: Page | None
    ) -> tuple[int, int]:
        """Save what a feed showed unseen between two polls, as `listed` does for a backfill, and the feed's state.

        Returns how many addresses were never seen, and how many the feed had shown before its last gap.
        """

    async def backfill(self, asked: BackfillState, *, again: bool = False) -> BackfillState:
        """Begin this backfill, or find how far it came. `again`: from its start, though what it named is remembered."""

    async def listed(self, state: BackfillState, entries: Sequence[tuple[str, FeedEntry]], page: Page | None) -> int:
        """Save what a listing of a backfill brought in one transaction: where to go on, the exchange, the entries.

        As `polled`, but what a listing does not show says nothing. Returns how many addresses are to be asked for that
        were not before. They wait under the backfill's key: see `due`.
        """

    async def due(self, feed: str, now: datetime, *, hurry: bool = False) -> list[Pending]:
        """What waits for this feed, is due, and is not in hand of another process; oldest find first.

        `hurry`: what could not be fetched is due at once; what was fetched and was no article still waits its turn.
        """

    async def left(self, feed: str, now: datetime) -> int:
        """How many that wait for this feed could not be fetched yet, and are not in hand of another process.

        Unlike `due`, it takes none of them in hand.
        """

    async def visits(self, now: datetime, most: int, feeds: Sequence[str] = ()) -> list[Pending]:
        """Like `due`: the articles (of these feeds) that are to be looked at again, the longest overdue first.

        Of one site not more than `most`.
        """

    async def called(self, said: Sequence[tuple[str, datetime]]) -> list[Pending]:
        """The articles at these addresses that changed, as their site says, after they were looked at last."""

    async def add(self, url: str, page: Page, article: Article) -> Kept:
        """Archive a cleaned page under the pending address `url`, and settle it.

        Judges new, revised, unchanged, duplicate; a retraction notice is a tombstone, and the last good text stays.
        """

    async def strays(self, url: str, page: Page, article: Article) -> bool:
        """Whether a page to which `url` led for now is another story's, or none: a wall, a site under maintenance.

        `article` is what the page shows by itself, without what a feed says of it.
        """

    async def holds(self, article: int, page: Page) -> bool:
        """Whether a page is, to the byte, the one that an article was last read from, at the same address.

        For a copy from a web archive: or any that was read for its address. There is nothing to read in it again.
        """

    async def unchanged(self, url: str, page: Page) -> Kept:
        """The server said that an archived page is not modified, or sent the same one again."""

    async def fail(self, url: str, failure: Failure) -> Kept:
        """Record why `url` was not archived. Marks a known article as gone when the failure says so."""

    async def site(self, url: str) -> SiteRules:
        """What the archive has learned about the site of an address."""

    async def api(self, url: str) -> str:
        """The root of the WordPress API of an address's site, as its pages name it, or ''."""

    async def stale(self, site: str) -> tuple[int, ...]:
        """The articles of a site that hold lines of which it was learned since that they are boilerplate."""

    async def stored(self, article: int) -> Stored:
        """The page that an article was made from, and what the feed said of it."""

    async def replace(self, id_: int, article: Article) -> None:
        """Give an article the text that our rules find now in its stored page. A change of our rules is no revision."""

    async def cleaned(self, site: str) -> None:
        """The articles that `stale` named last are cleaned."""

    async def rule(self, host: str, line: Line, ruling: str) -> str:
        """Write down the user's own verdict on a line of a site, "ban" or "protect"; the site's name."""

    async def host(self, origin: str) -> HostState:
        """What is remembered about an origin; an empty state if nothing is."""

    async def save_host(self, state: HostState) -> None:
        """Remember it."""

    async def answered(self, name: str) -> int:
        """The line of the change log up to which a saved search was answered; at its first question, the last one."""

    async def tell(self, name: str, number: int, told: Sequence[Delivery]) -> None:
        """Queue what a search found and move its mark to that line, in one transaction."""

    async def deliveries(self, now: datetime, most: int) -> list[Delivery]:
        """What waits to be told now, in order."""

    async def told(self, id_: int, now: datetime, reason: str = "", again: datetime | None = None) -> None:
        """How telling went: told (no reason), to be tried again, or (a reason and no time) a dead letter."""

    async def last_told(self, kind: str) -> datetime | None:
        """When something of this kind was queued last."""

    async def revive(self, now: datetime) -> int:
        """Have the dead letters tried again; how many there are."""

    async def retry(self, addresses: Sequence[str], reason: str) -> list[str]:
        """Have what was given up tried again; the addresses of pages and feeds.

        `addresses`: of pages, or of the feeds that named them (none: all); `reason`: words of the reason.
        """

    async def close(self) -> None:
        """Finish what is queued, then let go of the files."""


class Library(Protocol):
    """The reading face; cannot write by construction."""

    def article(self, reference: str) -> ArticleRow | None:
        """The article of an id (digits) or of any address ever seen."""

    def known(self, copies: Mapping[str, str]) -> set[str]:
        """Of these canonical addresses those that nobody need fetch: archived, or settled for another reason.

        Each with the place of the copy that a source has of it, or ''.
        """

    def backfilled(self, key: str) -> BackfillState | None:
        """How far the backfill of that key has come, or None if there was none."""

    def waiting(self, key: str, now: datetime) -> list[Pending]:
        """What the backfill of that key has named and not fetched yet."""

    def search(self, query: Query) -> list[SearchHit]:
        """Newest first, or by rank if the query asks for it: as many as there are, or the query's limit."""

    def find(self, query: Query) -> Findings:
        """One page of the same, at a bounded cost; without words, of all articles. Raises BadQuery for a bad cursor."""

    def articles(self, query: Query) -> Iterator[ArticleRow]:
        """All that match, by id, in flat memory."""

    def chosen(self, query: Query, condition: str = "", after: int = 0) -> list[int]:
        """The ids of all that match, ascending, behind `after`.

        `condition` is one on the columns of the view `articles`, in the words of the archive's database. Raises
        ArchiveError for a condition that cannot be understood.
        """

    def revisions(self, article: int) -> list[Revision]:
        """The texts that an article has had, oldest first."""

    def changes(self, since: int, limit: int | None = None) -> list[ChangeRow]:
        """The log of changes after the line of that number, in order."""

    def why(self, urls: Sequence[str]) -> Why:
        """Everything that was decided about an address, given in one or more spellings."""

    def pages(self, article: int) -> Iterator[Page]:
        """Every page that was kept of an article, in the order in which they were fetched."""

    def entry(self, article: int) -> FeedEntry:
        """What a feed said of an article when it first showed it; an entry with nothing but its address if none did."""

    def feeds(self) -> list[FeedState]:
        """The active feeds, by category and address."""

    def boilerplate(self, site: str) -> list[Repeated]:
        """What a site repeats, the verdict on each line and why; the most frequent first."""

    def dead_letters(self) -> list[Delivery]:
        """What could not be told, oldest first."""

    def alarms(self) -> list[tuple[str, str]]:
        """The sites whose articles are no longer what they were, and in what."""

    def counts(self) -> Counts:
        """The archive at a glance."""

    def close(self) -> None:
        """Let go of the file."""


class Reader(Library, Protocol):
    """The reading face with what the pages show besides articles. One thread at a time may use it, any thread.

    `still`: it takes the archive for one that never changes, and sees nothing of what does.
    """

    still: bool

    def rows(self, ids: Sequence[int]) -> list[ArticleRow]:
        """The articles of these ids, in their order; unknown ones are left out."""

    def provenance(self, article: int) -> Provenance | None:
        """How an article came to be what it is."""

    def sightings(self, article: int) -> list[Sighting]:
        """The feeds that showed an article, in that order."""

    def copies(self, article: int) -> list[Copy]:
        """The near-duplicates of an article, the earliest first."""

    def cluster(self, number: int) -> Cluster | None:
        """A cluster of near-duplicates."""

    def page(self, digest: str) -> StoredPage | None:
        """A raw page."""

    def feed_rows(self, number: int | None = None) -> list[FeedRow]:
        """The active feeds by category and address, or the one of a number."""

    def feed_addresses(self) -> dict[int, str]:
        """The addresses of all feeds that ever were, by number."""

    def exchanges(self, url: str, limit: int = 40) -> list[Exchange]:
        """The last fetches of an address, the newest first."""

    def hours(self, feed: int) -> list[int]:
        """How many of a feed's articles came out in each of the 168 hours of a week, Monday 0:00 UTC first."""

    def sites(self, site: str | None = None) -> list[SiteRow]:
        """What was learned of the sites, or of one; those with a layout alarm first."""

    def site_days(self, site: str) -> list[Day]:
        """The latest articles of a site by day and how sure the extraction was of them, oldest first."""

    def days(self, most: int) -> list[Day]:
        """How many articles came in on each of the last days, oldest first, none left out."""

    def categories(self) -> list[str]:
        """The categories of the active feeds, by name."""

    def languages(self) -> list[str]:
        """The languages of the archive."""

    def tallies(self) -> list[Tally]:
        """What is counted as facts come in (see storage/sqlite/migrations.py). Polls bear their feed's number."""

    def recent_score(self) -> float | None:
        """How sure the extraction was of the latest 200 articles, on average."""

    def pulse(self) -> Pulse:
        """What tells whether a daemon is at work."""
