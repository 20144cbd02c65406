"""What the rigs of crash safety share: a small site whose every story is known, and the judge of what is archived."""

import json
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from email.message import Message
from functools import partial
from pathlib import Path

from storage.backends import open_archive, open_verifier
from storage.errors import ArchiveError
from storage.sqlite.connect import pages_path
from tests.dateline.site import Answer, Site, configure, serve

WORDS = re.findall(
    r"\w+",
    "council harbour bridge election harvest railway winter ferry minister budget school river market engine "
    "weather library festival mountain valley committee report agreement fishing timber copper museum hospital",
)
FAULTS = ("corrupt", "lost", "double", "foreign", "wrong text", "announced but missing", "failed restarts")


class World:
    """Stories in two feeds, every third in both. `on_request` is told the number of each request as it comes in.

    `shown`: so many of them are published.
    """

    def __init__(self, site: Site, stories: int, seed: int = 1) -> None:
        self.site = site
        self.shown = stories
        self.requests = 0
        self.on_request: Callable[[int], None] = lambda _: None
        chance = random.Random(seed)
        self.texts = {f"{site.base}/{name}/": _prose(chance, name) for name in range(stories)}
        self._serve("/robots.txt", lambda: Answer("User-agent: *\nDisallow:\n", kind="text/plain"))
        self._serve("/a/feed/", lambda: self._feed(1))
        self._serve("/b/feed/", lambda: self._feed(2))
        for number, (url, paragraphs) in enumerate(self.texts.items()):
            self._serve(f"/{number}/", partial(_page, url, number, paragraphs))

    def configure(self, folder: Path, more: str = "") -> None:
        """Write the config.toml of an archive of this site."""
        configure(folder, (f"{self.site.base}/a/feed/", "A"), (f"{self.site.base}/b/feed/", "B"), more=more)

    def _feed(self, left_out: int) -> Answer:
        return _feed([url for n, url in enumerate(self.texts) if n < self.shown and n % 3 != left_out])

    def _serve(self, path: str, made: Callable[[], Answer]) -> None:
        def asked(headers: Message) -> Answer:
            self.requests += 1
            self.on_request(self.requests)
            answer = made()
            tag = dict(answer.headers).get("ETag")
            known = tag is not None and headers.get("If-None-Match") == tag
            return Answer("", 304, answer.kind, answer.headers) if known else answer

        self.site.paths[path] = asked


@contextmanager
def world(stories: int, seed: int = 1) -> Iterator[World]:
    """The site while it is up, on the loopback address."""
    with serve({}) as site:
        yield World(site, stories, seed)


def judge(folder: Path, world: World, announced: list[dict[str, object]], *, complete: bool) -> Counter[str]:
    """What is wrong with the archive in a folder; `complete`: every story must be there.

    Checked are all that `dateline verify` checks, each article against the story as it was published, and each article
    that was announced as new against the archive and its page.
    """
    found: Counter[str] = Counter()
    path = folder / "dateline.db"
    rows: list[tuple[int, str, str]] = []
    if path.is_file():
        found["corrupt"] += len(faults_of(path))
        with closing(sqlite3.connect(path)) as db:
            rows = db.execute("SELECT id, url, text FROM articles").fetchall()
    kept = [url for _, url, _ in rows]
    found["double"] += len(kept) - len(set(kept))
    found["foreign"] += len(set(kept) - world.texts.keys())
    found["wrong text"] += sum("\n\n".join(world.texts.get(url, ())) != text for _, url, text in rows)
    if complete:
        found["lost"] += len(world.texts.keys() - set(kept))
    there = {id_ for id_, _, _ in rows}
    found["announced but missing"] += sum(one["id"] not in there for one in announced if one["outcome"] == "new")
    return found


def faults_of(path: Path) -> list[str]:
    """What `dateline verify` would say of an archive, after the writer had opened it once."""
    try:
        if not Path(pages_path(str(path))).is_file():  # killed between the making of the two files
            open_archive_once(path)
        with closing(open_verifier(str(path), lambda *_: None)) as verifier:
            return [f"{fault.file} {fault.table} {fault.id} {fault.what}" for fault in verifier.faults()]
    except ArchiveError as error:
        if "`dateline poll`" in str(error):  # stopped while the archive was made
            open_archive_once(path)
            return faults_of(path)
        return [str(error)]


def open_archive_once(path: Path) -> None:
    """Bring an archive to the newest schema."""
    import asyncio  # noqa: PLC0415

    async def once() -> None:
        await open_archive(str(path)).close()

    asyncio.run(once())


def articles_in(lines: str) -> list[dict[str, object]]:
    """The events of articles among what a command wrote with --json; a line cut short was not announced."""
    whole = [json.loads(line) for line in lines.splitlines(keepends=True) if line.endswith("\n")]
    return [event for event in whole if event.get("event") == "article"]


def _prose(chance: random.Random, name: int) -> tuple[str, ...]:
    words = [" ".join(chance.choices(WORDS, k=18)) for _ in range(24)]
    sentences = [f"The {chance.choice(WORDS)} of {line} was told {chance.randrange(9000)} times." for line in words]
    paragraphs = [" ".join(sentences[n : n + 4]) for n in range(0, 24, 4)]
    return (f"Story number {name} begins here, as its readers may remember. {paragraphs[0]}", *paragraphs[1:])


def _page(url: str, name: int, paragraphs: tuple[str, ...]) -> Answer:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return Answer(
        f'<html lang="en"><head><title>Story number {name}</title><link rel="canonical" href="{url}"></head>'
        f"<body><article><h1>Story number {name}</h1>{text}</article>{'<!-- padding -->' * 400}</body></html>"
    )


def _feed(urls: list[str]) -> Answer:
    items = "".join(f"<item><title>Story {n}</title><link>{url}</link></item>" for n, url in enumerate(urls))
    head = '<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>'
    return Answer(f"{head}{items}</channel></rss>", 200, "application/rss+xml", (("ETag", f'"{len(urls)}"'),))
