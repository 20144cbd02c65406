"""An archive with real-looking content for the pages: shelves, reprints, an edit, a withdrawal, tricks."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dateline.demo.prose import Story
from storage.archive import Archive
from storage.backends import open_archive
from storage.packing import digest
from storage.records import Article, Failure, FeedEntry, FeedState, Line, Metadata, Page

SITES = ("valleyherald.example", "harbourpost.example", "northernstar.example", "citycourier.example")
SHELVES = ("World", "Business", "Science", "Culture", "Politics")
HOSTILE = '<script>alert("x")</script>"\'><img src=x onerror=alert(1)>'
CHINESE = "北京大学的研究人员周二表示,新的海底电缆将于明年春天投入使用。" * 8
EDITED = "https://valleyherald.example/edited/"
GONE = "https://harbourpost.example/gone/"
_NAMES = ("Anna Berg", "Juan Cruz", "Li Wei", "Maya Rao", "Omar Said", "Ines Prado", "Tom Hale", "Eva Novak")


def fill(path: Path, count: int = 60, *, days: float = 12.0) -> None:
    """Write the archive."""
    asyncio.run(_fill(path, count, days))


async def _fill(path: Path, count: int, days: float) -> None:
    archive = open_archive(str(path), durable=False)
    try:
        await _write(archive, random.Random(7), count, days)
    finally:
        await archive.close()


def feed_of(site: str, shelf: str) -> str:
    """The address of a site's feed of a shelf."""
    return f"https://reader:secret@{site}/{shelf.lower()}/feed/"


async def _write(archive: Archive, rng: random.Random, count: int, days: float) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    feeds = [FeedState(url=feed_of(site, shelf), category=shelf) for site in SITES for shelf in SHELVES]
    await archive.subscribe(feeds)
    for number in range(count):
        age = timedelta(days=days) * ((count - 1 - number) / count) ** 1.6
        shelf, site = SHELVES[number % 5], rng.choice(SITES)
        story = Story(rng, shelf)
        paragraphs = story.paragraphs()
        url = f"https://{site}/{number}/"
        await _arrive(archive, (site, shelf), url, now - age, (story.line("title"), paragraphs))
        if number % 7 == 3:
            other = rng.choice([one for one in SITES if one != site])
            again = (story.line("title"), ("(Meridian News) – " + paragraphs[0], *paragraphs[1:]))
            await _arrive(archive, (other, shelf), f"https://{other}/r{number}/", now - age * 0.97, again)
    await _special(archive, rng, now)
    await archive.polled(_state(feeds[1].url, "Business", now, "failing", "503 Service Unavailable", 4), [], None)
    for place, reason in enumerate(
        ("404 Not Found", "404 Not Found", "robots.txt forbids it", "no article: a login page")
    ):
        entry = FeedEntry(url=f"https://{SITES[0]}/lost/{place}/", feed=feeds[0].url)
        await archive.polled(_state(feeds[0].url, "World", now), [(entry.url, entry)], None)
        await archive.fail(entry.url, Failure(reason=reason, at=now, final=True))


async def _special(archive: Archive, rng: random.Random, now: datetime) -> None:
    story = Story(rng, "World")
    text, other = story.paragraphs(), Story(rng, "Politics").paragraphs()
    where = (SITES[0], "World")
    await _arrive(archive, where, EDITED, now - timedelta(hours=5), ("The bridge opens on Tuesday", text))
    edited = (text[0], "A line that was not there before, on the cost of the bridge.", *text[2:])
    await _arrive(archive, where, EDITED, now - timedelta(hours=1), ("The bridge opens on Friday", edited))
    await _arrive(archive, (SITES[1], "World"), GONE, now - timedelta(hours=9), ("A claim that was withdrawn", other))
    await archive.fail(GONE, Failure(reason="410 Gone", at=now, final=True, gone=True, status=410))
    await _arrive(archive, (SITES[2], "World"), "https://northernstar.example/zh/", now, ("海底电缆", (CHINESE,)), "zh")
    trick = (HOSTILE, (HOSTILE, "A text about javascript:alert(1) and nothing else, in some words of its own."))
    await _arrive(archive, (SITES[3], "Culture"), "https://citycourier.example/trick/", now, trick, HOSTILE)


async def _arrive(
    archive: Archive,
    where: tuple[str, str],
    url: str,
    when: datetime,
    words: tuple[str, tuple[str, ...]],
    language: str = "en",
) -> None:
    (site, shelf), (title, paragraphs) = where, words
    entry = FeedEntry(url=url, feed=feed_of(site, shelf), guid=url, title=title, published=when, summary=paragraphs[0])
    await archive.polled(_state(entry.feed, shelf, when), [(url, entry)], _exchange(entry.feed, when, b"<rss/>"))
    text = "\n\n".join(paragraphs)
    body = f"<!doctype html><title>{title}</title><script>bad()</script>{text}".encode()
    said = {"title": "jsonld", "published": "jsonld", "authors": "meta", "language": "html"}
    article = Article(
        url=url,
        metadata=Metadata(
            title=title,
            authors=(_NAMES[len(text) % len(_NAMES)],),
            published=when - timedelta(minutes=len(text) % 50),
            language=language,
            section=shelf,
            tags=(shelf.lower(), "made up"),
            summary=paragraphs[0],
            image="https://images.example/one.jpg",
            image_caption="The bridge at dawn",
            access="free",
            said_by=said,
        ),
        text=text,
        markup="".join(f"<p>{one}</p>" for one in paragraphs) + '<p><a href="javascript:alert(1)">here</a></p>',
        words=len(text.split()),
        score=0.9 + len(text) % 9 / 100,
        fingerprint=digest(text.encode()),
        extractor="2",
        agency="Meridian News" if "Meridian" in text else "",
        lines=(Line(site.__hash__() & 2**40, f"Sign up for the {site} letter", True), Line(len(text), title, False)),
        home=1,
    )
    await archive.add(url, _exchange(url, when, body), article)


def _exchange(url: str, when: datetime, body: bytes) -> Page:
    headers = (("content-type", "text/html"),)
    return Page(
        url=url, final_url=url, status=200, headers=headers, body=body, fetched=when, size=len(body), seconds=0.2
    )


def _state(
    url: str, shelf: str, when: datetime, state: str = "ok", reason: str = "every 15 min", failures: int = 0
) -> FeedState:
    return FeedState(
        url=url,
        category=shelf,
        state=state,
        last_polled=when,
        last_new=when if state == "ok" else None,
        next=when + timedelta(minutes=15),
        failures=failures,
        reason=reason,
    )
