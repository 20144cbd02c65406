"""Fifty polls of feeds whose items change, move, vanish and come back: the archive holds exactly what was published."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import repeat
from pathlib import Path

import msgspec
import pytest

from scraper.fetch import FetchError
from scraper.pipeline import Walk, archive_feeds
from scraper.revisits import revisit
from scraper.settings import ExtractSettings, ScheduleSettings
from scraper.workers import Workers
from storage.backends import open_archive, open_library
from storage.records import ArticleRow, ChangeRow, FeedState, Page, Query, Revision, Validators
from tests.fakes import NOW, Ear

BASE = "https://news.example"
SUBJECTS = [
    "bridge",
    "harbour",
    "election",
    "glacier",
    "orchestra",
    "vaccine",
    "railway",
    "drought",
    "stadium",
    "archive",
]


@dataclass
class Post:
    """One story as its publisher has it: its texts so far, where it lives, whether it can be read."""

    number: int
    slug: str
    published: datetime
    text: list[str]
    guid: str = ""
    old_slugs: list[str] = field(default_factory=list)
    redirects: bool = True
    state: str = "there"
    listed: bool = True
    updated: datetime | None = None

    @property
    def url(self) -> str:
        return f"{BASE}/{self.slug}/"

    @property
    def shown(self) -> str:
        return "<p>This article has been withdrawn.</p>" if self.state == "notice" else self.text[-1]

    @property
    def title(self) -> str:
        return f"{SUBJECTS[self.number % 10].title()} story number {self.number}"


def prose(number: int, version: int = 0) -> str:
    """Six paragraphs that no other story shares; an edit rewrites the second."""
    subject = SUBJECTS[number % 10]
    lines = [
        f"Officials {number} of the {subject} case {number} told reporters {number} that plan {number * 7 + part} "
        f"would move {subject} group {number * 13 + part} ahead before week {number + part} of their season {number}."
        for part in range(6)
    ]
    if version:
        lines[1] = f"In version {version} of story {number} the {subject} board named a new date for its vote."
    return "".join(f"<p>{line}</p>" for line in lines)


class Publisher:
    """A site with one feed; answers as a Fetcher does."""

    def __init__(self, *, form: str = "rss", window: int = 20) -> None:
        self.now = NOW - timedelta(days=60)
        self.form = form
        self.window = window
        self.api = f"{BASE}/wp-json/"
        self.posts: list[Post] = []
        self.asked: list[str] = []
        self.guid: Callable[[Post], str] = lambda post: f"{BASE}/?p={post.number}"

    def publish(self, count: int = 1) -> None:
        for _ in range(count):
            number = len(self.posts)
            self.posts.append(Post(number, f"story-{number}", self.now, [prose(number)]))

    def edit(self, number: int, *, told: bool = True) -> None:
        post = self.posts[number]
        post.text.append(prose(number, len(post.text)))
        post.updated = self.now if told else post.updated

    def move(self, number: int, *, redirects: bool = True) -> None:
        post = self.posts[number]
        post.redirects = redirects
        post.old_slugs.append(post.slug)
        post.slug = f"{post.slug}-renamed"

    def withdraw(self, number: int, state: str = "410") -> None:
        self.posts[number].state = state
        self.posts[number].listed = state == "notice"
        self.posts[number].updated = self.now

    def restore(self, number: int) -> None:
        self.posts[number].state = "there"
        self.posts[number].listed = True

    async def get(self, url: str, validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:
        self.asked.append(url)
        if url == f"{BASE}/feed/":
            return self._page(url, self.feed(), "application/xml")
        if "/wp/v2/posts" in url:
            return self._page(url, self.changes(url), "application/json")
        for post in self.posts:
            former = [f"{BASE}/{slug}/" for slug in post.old_slugs]
            if url in (post.url, f"{BASE}/?p={post.number}", *(former if post.redirects else ())):
                return self._answer(post, url)
        raise FetchError("the server answered 404 Not Found", status=404, final=True)

    async def close(self) -> None:
        pass

    def _answer(self, post: Post, url: str) -> Page:
        if post.state == "410":
            raise FetchError("the server answered 410 Gone", status=410, final=True)
        if post.state == "503":
            raise FetchError("the server answered 503", status=503)
        if post.state == "home":
            return self._page(url, "<h1>News</h1>", final=f"{BASE}/")
        html = (
            f"<html lang=en><head><title>{post.title} - News</title><link rel=canonical href='{post.url}'>"
            f"<meta property='og:type' content='article'></head><body><article>"
            f"<h1>{post.title}</h1>{post.shown}</article></body></html>"
        )
        return self._page(url, html, final=post.url)

    def _page(self, url: str, body: str, kind: str = "text/html", *, final: str = "") -> Page:
        headers = (("content-type", kind), ("link", f'<{self.api}>; rel="https://api.w.org/"'))
        return Page(
            url=url, final_url=final or url, status=200, headers=headers, body=body.encode(), fetched=self.now, size=9
        )

    def feed(self) -> str:
        listed = [post for post in reversed(self.posts) if post.listed][: self.window]
        entries = ""
        for post in listed:
            guid = self.guid(post)
            if self.form == "rss":
                entries += (
                    f"<item><title>{post.title}</title><link>{post.url}</link><guid isPermaLink='false'>{guid}</guid>"
                    f"<pubDate>{post.published:%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
                    f"<description><![CDATA[{post.shown if post.updated else post.text[0]}]]></description></item>"
                )
            else:
                entries += (
                    f"<entry><title>{post.title}</title><link href='{post.url}'/><id>{guid}</id>"
                    f"<published>{post.published.isoformat()}</published>"
                    f"<updated>{(post.updated or post.published).isoformat()}</updated></entry>"
                )
        if self.form == "rss":
            return f"<rss version='2.0'><channel><title>News</title>{entries}</channel></rss>"
        return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>News</title>{entries}</feed>"

    def changes(self, url: str) -> str:
        raise FetchError("the server answered 401 Unauthorized", status=401, final=True)


class Archive:
    """An archive that polls a publisher, and what can be read in it afterwards."""

    def __init__(self, folder: Path, publisher: Publisher) -> None:
        self.path = str(folder / "dateline.db")
        self.publisher = publisher
        self.ear = Ear()

    def run(self, polls: Iterator[timedelta]) -> None:
        """Poll once for each step of time."""
        asyncio.run(self._run(polls))

    async def _run(self, polls: Iterator[timedelta]) -> None:
        archive = open_archive(self.path, durable=False)
        workers = Workers(ExtractSettings(workers=1))
        publisher = self.publisher
        walk = Walk(
            archive=archive,
            fetcher=publisher,
            workers=workers,
            schedule=ScheduleSettings(),
            listener=self.ear,
            clock=lambda: publisher.now,
        )
        feeds = [FeedState(url=f"{BASE}/feed/", category="World")]
        try:
            for step in polls:
                publisher.now += step
                await archive_feeds(walk, await archive.subscribe(feeds))
                await revisit(walk)
        finally:
            await workers.close()
            await archive.close()

    def articles(self) -> list[ArticleRow]:
        with closing(open_library(self.path)) as library:
            return list(library.articles(Query()))

    def revisions(self, id_: int) -> list[Revision]:
        with closing(open_library(self.path)) as library:
            return library.revisions(id_)

    def changes(self) -> list[ChangeRow]:
        with closing(open_library(self.path)) as library:
            return library.changes(0)

    def find(self, reference: str) -> ArticleRow | None:
        with closing(open_library(self.path)) as library:
            return library.article(reference)


STEP = timedelta(minutes=5)


# What happens before which poll; a story is published before every fifth.
SCRIPT: dict[int, list[tuple[str, int] | tuple[str, int, str]]] = {
    3: [("edit", 12)],
    7: [("edit", 21), ("move", 15)],
    8: [("edit", 21)],
    9: [("edit", 12)],
    10: [("withdraw", 16, "410")],
    12: [("edit", 15)],
    14: [("withdraw", 17, "home")],
    17: [("edit", 12)],
    20: [("withdraw", 18, "notice")],
    25: [("withdraw", 19, "503")],
    28: [("restore", 16)],
    30: [("edit", 12)],
    31: [("edit", 12)],
    32: [("edit", 12)],
    36: [("withdraw", 16, "410")],
    45: [("restore", 16)],
}


def events(publisher: Publisher) -> Iterator[timedelta]:
    publisher.publish(20)
    for poll in range(50):
        publisher.publish(int(poll % 5 == 1))
        for name, *what in SCRIPT.get(poll, ()):
            getattr(publisher, name)(*what)
        yield STEP


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_articles_revisions_and_tombstones_are_as_published(tmp_path: Path, form: str) -> None:
    publisher = Publisher(form=form)
    archive = Archive(tmp_path, publisher)
    archive.run(events(publisher))
    rows = {row.url: row for row in archive.articles()}
    assert len(rows) == len(publisher.posts) == 30
    for post in publisher.posts:
        row = rows[post.url]
        texts = archive.revisions(row.id)
        assert row.revision == len(texts) == len(post.text), post
        assert not any(text.minor for text in texts)
        assert bool(row.gone) == (post.state in ("410", "home", "notice")), post
        assert f"{post.number * 7 + 3} would move" in row.text  # the last good text stays
        for alias in (*(f"{BASE}/{slug}/" for slug in post.old_slugs), f"{BASE}/?p={post.number}"):
            found = archive.find(alias)
            assert found
            assert found.id == row.id
    kinds = Counter(change.kind for change in archive.changes())
    edits = sum(len(post.text) - 1 for post in publisher.posts)
    assert kinds == {"new": 30, "revised": edits, "withdrawn": 4, "restored": 2}
    numbers = [change.number for change in archive.changes()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_guids_are_evidence_and_no_identity(tmp_path: Path) -> None:
    publisher = Publisher()
    publisher.publish(20)
    publisher.guid = lambda post: f"{post.number}-{publisher.now}" if post.number % 2 else "the same for ten"
    archive = Archive(tmp_path, publisher)
    archive.run(repeat(STEP, 50))
    assert [row.revision for row in archive.articles()] == [1] * 20
    pages = [url for url in publisher.asked if not url.endswith("/feed/") and "/wp/v2/posts" not in url]
    assert len(pages) <= 20 * 2  # each once, and one visit within the four hours


def test_an_edit_of_which_no_feed_speaks_is_found_by_a_visit(tmp_path: Path) -> None:
    publisher = Publisher()
    archive = Archive(tmp_path, publisher)

    def events() -> Iterator[timedelta]:
        publisher.publish(3)
        yield STEP
        publisher.edit(1, told=False)
        yield STEP
        assert [row.revision for row in archive.articles()] == [1, 1, 1]
        yield timedelta(hours=1)
        assert [row.revision for row in archive.articles()] == [1, 2, 1]
        for hours in (5, 20, 6 * 24, 24 * 24):
            yield timedelta(hours=hours)
        publisher.asked.clear()
        yield timedelta(days=1)

    archive.run(events())
    assert publisher.asked == [f"{BASE}/feed/"]  # the visits have come to their end


@pytest.mark.parametrize("guids", ["kept", "changing", "the same"])
def test_what_moves_and_leaves_nothing_behind_is_not_withdrawn(tmp_path: Path, guids: str) -> None:
    publisher = Publisher()
    kinds: dict[str, Callable[[Post], str]] = {
        "changing": lambda post: f"{post.number}-{publisher.now}",
        "the same": lambda _: "one for all",
    }
    publisher.guid = kinds.get(guids, publisher.guid)
    archive = Archive(tmp_path, publisher)

    def events() -> Iterator[timedelta]:
        publisher.publish(20)
        yield STEP
        publisher.move(12, redirects=False)
        for hours in (0, 1, 6, 24, 7 * 24):
            yield timedelta(hours=hours)
        publisher.withdraw(12)
        yield STEP

    archive.run(events())
    row = archive.find(f"{BASE}/story-12/")
    assert row
    assert row.url == f"{BASE}/story-12-renamed/"
    assert row.gone  # when it was, not when it moved
    assert Counter(change.kind for change in archive.changes()) == {"new": 20, "withdrawn": 1}


def test_a_page_that_comes_an_hour_after_its_feed_named_it_is_archived(tmp_path: Path) -> None:
    publisher = Publisher()
    archive = Archive(tmp_path, publisher)
    answer, there = publisher.get, publisher.now + timedelta(hours=1)

    async def get(url: str, validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:
        found = await answer(url, validators, robots=robots, most=most)
        if "story" in url and publisher.now < there:
            raise FetchError("the server answered 404 Not Found", status=404)
        return found

    publisher.get = get  # type: ignore[method-assign]
    publisher.publish(2)
    archive.run(repeat(timedelta(minutes=20), 6))
    assert len(archive.articles()) == 2


def test_a_server_that_says_not_modified_for_ever_is_doubted_now_and_then(tmp_path: Path) -> None:
    publisher = Publisher()
    archive = Archive(tmp_path, publisher)
    answer, asked, stuck = publisher.get, [], False

    async def get(url: str, validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:
        found = await answer(url, validators, robots=robots, most=most)
        if url != f"{BASE}/feed/":
            return found
        asked.append(validators or Validators())
        if stuck and asked[-1].etag:
            return msgspec.structs.replace(found, status=304, body=b"")
        return msgspec.structs.replace(found, headers=(*found.headers, ("etag", '"one for all"')))

    publisher.get = get  # type: ignore[method-assign]

    def events() -> Iterator[timedelta]:
        nonlocal stuck
        for hour in range(36):
            publisher.publish()
            stuck = hour >= 20
            yield timedelta(hours=1)
        asked.clear()
        yield from repeat(timedelta(hours=1), 24)

    archive.run(events())
    assert len(archive.articles()) == len(publisher.posts) == 36
    assert sum(not one.etag for one in asked) < 8  # ever less often


@pytest.mark.parametrize("root", ["wp-json/", "?rest_route=/", "wp-json/?lang=de"])
def test_a_site_that_lists_its_changes_is_asked_first(tmp_path: Path, root: str) -> None:
    publisher = Publisher(window=2)
    publisher.api = f"{BASE}/{root}"
    archive = Archive(tmp_path, publisher)
    asked: list[str] = []

    def changes(url: str) -> str:
        asked.append(url)
        listed = [
            {"link": post.url, "modified_gmt": f"{post.updated:%Y-%m-%dT%H:%M:%S}"}
            for post in publisher.posts
            if post.updated
        ]
        return json.dumps(listed)

    publisher.changes = changes  # type: ignore[method-assign]

    def events() -> Iterator[timedelta]:
        publisher.publish(2)
        yield STEP
        yield timedelta(days=40)
        publisher.publish(2)
        yield STEP
        publisher.edit(0)  # it left the feed, and its visits are over
        yield timedelta(hours=1)

    archive.run(events())
    assert {row.url[-2]: row.revision for row in archive.articles()} == {"0": 2, "1": 1, "2": 1, "3": 1}
    assert "modified_after=" in asked[0]
    assert "Z&" in asked[0]
