"""What is left of the lines that a site repeats, and what learning them costs in right words.

    python -m benchmarks.site_learning [--sites 60] [--pages 12] [--seed 1] [--data PATH]

Makes sites of many designs (wrappers, paragraphs in p, div or br, classes that mean something or nothing), each with
lines of its own that stand on every page or on half of them, in any place and any element, also in a paragraph between
paragraphs, some with another number on each page; and what a newsroom repeats on purpose: background paragraphs on a
third of the pages, on some sites a line with a number of its own in the midst of most. Every page is archived as in a
first fill. Printed with learning and, for comparison, as the pages are extracted alone.

With --data, the same for real pages: of PATH/andy.jsonl.xz (JSON lines {site, html or html_b64, text}) all those of
sites with more than one page; word F1 and recall against the gold text.
"""

import argparse
import asyncio
import json
import lzma
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

from benchmarks.extraction import body_of, word_scores
from benchmarks.reprints import stories
from scraper.extract import extract
from scraper.fetch import FetchError
from scraper.pipeline import Walk, archive_feeds
from scraper.settings import ExtractSettings, ScheduleSettings
from scraper.urls import absolute
from scraper.workers import Workers
from storage.backends import open_archive, open_library
from storage.folding import fold, numberless
from storage.records import FeedState, Page, Validators
from tests.fakes import Ear

_CLASSES = (
    *("content", "body", "story", "main", "text", "entry", "inner", "wrap", "col", "page", "block", "area", "zone"),
    *("q7", "xk", "b-12", "css-1f3", "sc-a9", "jss42"),
)
_LINES = (
    "Sign up for our morning letter and never miss a story from the valley.",
    "Our journalists are on the ground every day, and they need your help to go on.",
    "This report was produced with the support of the Foundation for Independent Reporting.",
    "Follow our coverage of the region on every platform that you use.",
    "Have you seen something that we should know? Write to the desk in confidence.",
    "All opinions are those of their authors and not of this newspaper.",
    "Prices are correct at the time of publication and may change without notice.",
    "The newspaper corrects its errors openly; a list of corrections stands on page two.",
    "Unterstützen Sie unabhängigen Journalismus mit einem Abonnement ab neun Euro im Monat.",
    "Suscríbase a nuestro boletín y reciba cada mañana las noticias de la región.",
    "Lisez aussi nos enquêtes de la semaine dans le supplément du samedi.",
    "Подпишитесь на наш канал, чтобы не пропустить главные новости дня.",
    "Photo desk and graphics by the staff of the newspaper unless marked otherwise.",
    "The writer has reported from the region for twelve years and lives in the capital.",
    "Listen to this article, read by our own voices, in the app.",
    "First published in the print edition under another headline.",
    "{} people are reading this story right now.",
    "Join the {} readers who have told us what they think.",
    "Bereits {} Leserinnen und Leser haben diesen Beitrag geteilt.",
    "Weather in the capital at this hour: {} degrees, light wind from the west.",
)
_OWN = ("Attendance at the ground: {} spectators.", "The index closed {} points higher than on the day before.", "")
_FRAMES = ("p", "p", "div", "div class=note", "aside", "p class=fine", "section class=x1", "em")


@dataclass(frozen=True)
class Design:
    """How a site builds its pages: opening and closing tags, how paragraphs are made, and what it repeats where."""

    open: str
    close: str
    paragraph: str
    lines: tuple[tuple[str, str, float, float], ...]  # text, element, place (0 top to 1 end), share of pages
    own: str  # what its writers say on most pages, with a number, or ''


@dataclass(frozen=True)
class Made:
    """One page: its address and HTML, the paragraphs of its article and the repeated lines that stand on it."""

    url: str
    html: str
    right: tuple[str, ...]
    repeated: tuple[str, ...]


def sites(count: int, pages: int, seed: int = 1) -> list[list[Made]]:
    """The pages of so many sites."""
    texts = iter(stories(count * (pages + 1), seed=seed))
    return [_site(number, random.Random(f"{seed}/{number}"), pages, texts) for number in range(count)]


def _site(number: int, rng: random.Random, pages: int, texts: Iterator[tuple[str, ...]]) -> list[Made]:
    design = _design(rng)
    background = next(texts)[0]
    return [_page(number, page, design, next(texts), background) for page in range(pages)]


def _design(rng: random.Random) -> Design:
    tags = ["article" if rng.random() < 0.3 else "div" for _ in range(rng.randint(1, 4))]
    opening = "".join(f"<{tag} class='{' '.join(rng.sample(_CLASSES, 2))}'>" for tag in tags)
    closing = "".join(f"</{tag}>" for tag in reversed(tags))
    lines = tuple(
        (text, rng.choice(_FRAMES), rng.choice((0.0, 0.3, 0.5, 0.8, 1.0, 1.0)), rng.choice((1.0, 1.0, 0.75, 0.55)))
        for text in rng.sample(_LINES, rng.randint(2, 6))
    )
    return Design(opening, closing, rng.choice(("p", "p", "p", "div", "br")), lines, rng.choice(_OWN))


def _page(number: int, page: int, design: Design, text: tuple[str, ...], background: str) -> Made:
    right = [*text[:4], background, *text[4:]] if page % 3 == 1 else list(text)
    if design.own and page % 5 < 3:
        right.insert(3, design.own.format(f"{page * 7919 % 60_000:,}"))
    parts = [_framed(line, design.paragraph) for line in right]
    repeated = []
    for template, frame, place, share in design.lines:
        if (page * 37 + len(template)) % 100 < share * 100:
            line = template.format(page * page * 31 + 12)
            repeated.append(line)
            ended = "<br><br>" if frame == "em" else ""  # else it would be no line, but a part of the next one
            parts.insert(round(place * len(parts)), f"<{frame}>{line}</{frame.split()[0]}>{ended}")
    html = (
        f"<!DOCTYPE html><html><head><meta charset=utf-8><title>{text[0][:50]}</title></head><body>"
        f"<nav><a href=/>Home</a> <a href=/world/>World</a></nav>{design.open}<h1>{text[0][:50]}</h1>"
        f"{''.join(parts)}{design.close}<footer>© 2026 Paper {number}</footer></body></html>"
    )
    return Made(f"https://paper{number}.example/{page}/", html, tuple(right), tuple(repeated))


def _framed(line: str, way: str) -> str:
    return f"{line}<br><br>" if way == "br" else f"<{way}>{line}</{way}>"


class _Web:
    """Answers with the pages of one web, a list of (address, body) a site; a feed a site."""

    def __init__(self, sites: list[list[tuple[str, bytes]]]) -> None:
        self.pages = {url: body for site in sites for url, body in site}
        self.feeds = {absolute("/feed/", site[0][0]): _feed(site) for site in sites}

    async def get(self, url: str, validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:  # noqa: ARG002
        body = self.pages.get(url) or self.feeds.get(url)
        if body is None:
            raise FetchError("404", status=404, final=True)
        return _served(url, body)

    async def close(self) -> None:
        pass


def _served(url: str, body: bytes) -> Page:
    return Page(url=url, final_url=url, status=200, body=body, fetched=datetime.now(UTC))


def _feed(site: list[tuple[str, bytes]]) -> bytes:
    items = "".join(f"<item><title>Story {n}</title><link>{url}</link></item>" for n, (url, _) in enumerate(site))
    return f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>".encode()


def archived(web: _Web) -> dict[str, str]:
    """The text of every page of a web, by address, as it stands in an archive that has seen them all."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "dateline.db")
        asyncio.run(_archive(path, web))
        with closing(open_library(path)) as library:
            rows = {url: library.article(url) for url in web.pages}
            return {url: row.text for url, row in rows.items() if row}


def alone(web: _Web) -> dict[str, str]:
    """The text of every page, each read as if it were the only one."""
    return {url: extract(_served(url, body)).text for url, body in web.pages.items()}


async def _archive(path: str, web: _Web) -> None:
    archive, workers = open_archive(path, durable=False), Workers(ExtractSettings())
    walk = Walk(archive=archive, fetcher=web, workers=workers, schedule=ScheduleSettings(), listener=Ear())
    try:
        await archive_feeds(walk, await archive.subscribe([FeedState(url=url) for url in web.feeds]))
    finally:
        await workers.close()
        await archive.close()


def measure(made: list[list[Made]], texts: dict[str, str]) -> tuple[int, int, int, int]:
    """(repeated lines left, all of them, right words lost, all of them), over the lines on at least half of a site."""
    left = lines = lost = words = 0
    for site in made:
        counts = Counter(numberless(line) for page in site for line in page.repeated)
        for page in site:
            text = fold(texts.get(page.url, ""))
            often = [line for line in page.repeated if 2 * counts[numberless(line)] >= len(site)]
            lines += len(often)
            left += sum(fold(line) in text for line in often)
            words += sum(len(line.split()) for line in page.right)
            lost += sum(len(line.split()) for line in page.right if fold(line) not in text)
    return left, lines, lost, words


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=60)
    parser.add_argument("--pages", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    _made_up(sites(options.sites, options.pages, options.seed))
    if options.data:
        _real(options.data / "andy.jsonl.xz")


def _made_up(made: list[list[Made]]) -> None:
    web = _Web([[(page.url, page.html.encode()) for page in site] for site in made])
    learned = archived(web)
    print(f"{len(learned)} of {len(web.pages)} pages archived, {len(made)} sites")
    print("                 repeated lines left     right words lost")
    for name, texts in (("page by page", alone(web)), ("with learning", learned)):
        left, lines, lost, words = measure(made, texts)
        print(f"{name:15} {left:8} of {lines:6} {lost:12} of {words} ({lost / words * 10_000:.1f} in 10,000)")


def _real(file: Path) -> None:
    gold: dict[str, list[dict[str, str]]] = defaultdict(list)
    with lzma.open(file, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            gold[row["site"]].append(row)
    pairs = {site: rows for site, rows in gold.items() if len(rows) > 1}
    address = "https://{}/page-{}/".format
    web = _Web([[(address(site, n), body_of(row)) for n, row in enumerate(rows)] for site, rows in pairs.items()])
    by_itself = alone(web)
    print(f"{len(pairs)} real sites with more than one page\n                word F1     recall")
    for name, texts in (("page by page", by_itself), ("with learning", by_itself | archived(web))):
        scores = [
            word_scores(texts[address(site, n)], row["text"])
            for site, rows in pairs.items()
            for n, row in enumerate(rows)
        ]
        print(f"{name:15} {fmean(f1 for f1, _ in scores):.5f}    {fmean(recall for _, recall in scores):.5f}")


if __name__ == "__main__":
    main()
