"""How the cost of an archive grows: the same work on 10,000, 100,000 and 1,000,000 articles.

    python -m benchmarks.growth build --folder FOLDER      # an hour and 20 GB
    python -m benchmarks.growth measure --folder FOLDER    # a table, growth.json, a plot with --plot FILE

`build` archives made-up articles through the door of a backfill (`Archive.listed`, `due`, `add`), 64 at a time as many
sites at once bring them, and keeps a copy of the archive at each size. They are shaped as real ones: words by Zipf's
law from a vocabulary of 300,000, lengths around 450 words, 1,000 sites of which few write most, a feed each, lines that
a site repeats, one article in twelve a reprint of an earlier one, cut and reordered. Their raw pages are left out: they
lie in a file of their own and are looked up by digest.

`measure` does the same work on each of the copies in turns, several rounds, and takes medians: articles a second of
processor time and of the clock, with a durable commit; bytes an article in the main file; look-ups by address; searches
newest first and ranked; judging an article's near-duplicates; what waits in a feed; the memory of a daemon at work.
"""

import argparse
import asyncio
import json
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.first_fill import family, proportional
from benchmarks.plots import Series, log_plot
from benchmarks.search import vocabulary
from storage.archive import Archive
from storage.backends import open_archive, open_library
from storage.folding import HEAD, fold, mark_of
from storage.likeness import packed, sample, unpacked
from storage.packing import digest
from storage.records import Article, BackfillState, FeedEntry, Line, Metadata, Page, Query
from storage.sqlite import twins
from storage.sqlite.connect import open_for_writing

SIZES = (10_000, 100_000, 1_000_000)
_SITES, _AT_ONCE = 1_000, 2_000
_ADDED, _LOOKED_UP, _SEARCHED, _JUDGED = 1_000, 2_000, 150, 400  # of each in a round
_START = datetime(2025, 11, 1, tzinfo=UTC)
_EVERY = timedelta(seconds=30)  # between two articles
_SETTLING = 20.0  # seconds of a daemon before its memory is read

Made = tuple[str, Page, Article]  # the address of its feed, its page, what is read there


class World:
    """Makes articles, the same ones for the same seed."""

    def __init__(self, seed: int, first: int = 0) -> None:
        self._rng, numbers = random.Random(seed), np.random.default_rng(seed)
        self._numbers = numbers
        self._words = np.array(vocabulary(random.Random(1)), dtype=object)
        weights = 1.0 / (np.arange(len(self._words)) + 2.7)
        self._odds = np.cumsum(weights / weights.sum())
        self._next = first
        self._earlier: list[tuple[str, list[str]]] = []  # of which reprints are made

    def articles(self) -> Iterator[Made]:
        """Without end."""
        while True:
            yield self._one()

    def word(self, common: int, rare: int) -> str:
        """One of the words of these ranks."""
        return str(self._words[self._rng.randrange(common, rare)])

    def _one(self) -> Made:
        rng, number = self._rng, self._next
        self._next += 1
        site = min(int(rng.paretovariate(0.6)), _SITES) if rng.random() < 0.8 else rng.randint(1, _SITES)
        if self._earlier and rng.random() < 1 / 12:
            title, body = rng.choice(self._earlier)
            body = rng.sample(body, max(len(body) * rng.randint(5, 10) // 10, 1))
        else:
            body = self._paragraphs(max(int(rng.lognormvariate(6.1, 0.6)), 60))
            title = " ".join(body[0].split()[:9])[:120]
        if rng.random() < 0.1:
            self._earlier = [*self._earlier[-999:], (title, body)]
        end = f"Follow Paper {site} for more news of the region every day."
        text, seen = "\n\n".join([*body, end]), _START + _EVERY * number
        url = f"https://paper{site}.example/news/{seen:%Y/%m}/{title.replace(' ', '-')[:60].lower()}-{number}/"
        page = Page(
            url=url,
            final_url=url,
            status=200,
            headers=(("content-type", "text/html; charset=utf-8"), ("etag", f'"{number:x}"')),
            body=url.encode(),
            fetched=seen,
            seconds=0.3,
            size=31_000,
        )
        return _feed(site), page, self._read(url, title, [*body, end], text, seen)

    def _read(self, url: str, title: str, body: Sequence[str], text: str, seen: datetime) -> Article:
        author = f"{self.word(1000, 6000)} {self.word(9000, 9900)}".title()
        facts = Metadata(
            title=title,
            authors=(author,),
            published=seen - timedelta(minutes=self._rng.randint(1, 90)),
            language="en",
            section=self._rng.choice(("World", "Business", "Science", "Sport")),
            summary=body[0][:200],
            image=f"{url}lead.jpg",
            canonical_url=url,
            access="free",
            said_by=dict.fromkeys(("title", "authors", "published", "language", "section", "image"), "jsonld"),
        )
        edges = {0, 1, *range(len(body) - 3, len(body))}
        return Article(
            url=url,
            metadata=facts,
            text=text,
            markup="".join(f"<p>{one}</p>" for one in body),
            words=text.count(" "),
            score=0.98,
            fingerprint=digest(fold(text).encode()),
            extractor="growth",
            sample=packed(sample(text)),
            lines=tuple(
                Line(mark_of(fold(one[:HEAD])), one[:HEAD], place in edges)
                for place, one in enumerate(dict.fromkeys(body))
            ),
            home=1,
        )

    def _paragraphs(self, count: int) -> list[str]:
        drawn = self._words[np.searchsorted(self._odds, self._numbers.random(count))].tolist()
        parts, at = [], 0
        while at < count:
            size = self._rng.randint(25, 70)
            parts.append(" ".join(drawn[at : at + size]).capitalize() + ".")
            at += size
        return parts


def _feed(site: int) -> str:
    return f"https://paper{site}.example/feed/"


async def take_in(archive: Archive, made: Sequence[Made]) -> None:
    """What a backfill does with articles: list those of each site, have them claimed, add them."""
    sites: dict[str, list[Made]] = {}
    for one in made:
        sites.setdefault(one[0], []).append(one)

    async def of_site(feed: str, found: Sequence[Made]) -> None:
        state = await archive.backfill(BackfillState(key=feed, via="sitemap", address=feed))
        pages = {page.url: (page, article) for _, page, article in found}
        entries = [
            (url, FeedEntry(url=url, guid=url, title=article.metadata.title)) for url, (_, article) in pages.items()
        ]
        await archive.listed(state, entries, None)
        due = await archive.due(feed, datetime.now(UTC))
        await asyncio.gather(*(archive.add(pending.url, *pages[pending.url]) for pending in due))

    async with asyncio.TaskGroup() as group:
        for feed, found in sites.items():
            group.create_task(of_site(feed, found))


def build(folder: Path, sizes: Sequence[int]) -> None:
    """Fill an archive and keep a copy of it at each size."""
    folder.mkdir(parents=True, exist_ok=True)
    world, file = World(1), folder / "growing.db"
    articles, done = world.articles(), 0
    for size in sizes:
        done = asyncio.run(_grow(file, articles, done, size))
        for kind in ("", ".pages"):
            made, kept = folder / f"growing{kind}.db", folder / f"{size}{kind}.db"
            if size == sizes[-1]:
                made.rename(kept)
            else:
                shutil.copyfile(made, kept)
    for left in folder.glob("growing*"):
        left.unlink()


async def _grow(file: Path, articles: Iterator[Made], done: int, size: int) -> int:
    archive = open_archive(str(file))
    start = time.perf_counter()
    try:
        while done < size:
            made = list(islice(articles, min(_AT_ONCE, size - done)))
            await take_in(archive, made)
            done += len(made)
            print(f"{done:,} articles, {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    finally:
        await archive.close()
    return done


def measure(folder: Path, rounds: int) -> list[dict[str, float]]:
    """A row of figures for each size that was built."""
    sizes = sorted(int(file.stem) for file in folder.glob("*.db") if file.stem.isdecimal())
    results: dict[int, list[dict[str, float]]] = {size: [] for size in sizes}
    for number in range(rounds):
        for size in sizes:
            results[size].append(_once(folder / f"{size}.db", number))
            print(f"round {number + 1}, {size:,} articles: {results[size][-1]}", file=sys.stderr, flush=True)
    rows = []
    for size in sizes:
        row = {name: statistics.median(one[name] for one in results[size]) for name in results[size][0]}
        row |= {"daemon MiB": _daemon(folder / f"{size}.db")}
        rows.append({"articles": float(size)} | row)
    return rows


def _once(file: Path, number: int) -> dict[str, float]:
    rng = random.Random(number)
    with closing(open_library(str(file))) as library:
        count = library.counts().articles
        world = World(count, 10_000_000 + count)  # nothing that is there
        some = [library.article(str(id_)) for id_ in rng.sample(range(1, count), _LOOKED_UP)]
        figures = {
            "bytes an article": file.stat().st_size / count,
            "look-ups/s": _paced(library.article, [row.url for row in some if row]),
        }
        for name, ranked in (("newest first", False), ("ranked", True)):
            asked = [Query(words=_words(world, rng), limit=20, ranked=ranked) for _ in range(_SEARCHED)]
            figures |= {f"{name}, {quantile}": ms for quantile, ms in _times(library.find, asked).items()}
    figures["judged/s"] = _judging(file, rng.sample(range(1, count), _JUDGED))
    return figures | asyncio.run(_adding(file, list(islice(world.articles(), _ADDED))))


def _words(world: World, rng: random.Random) -> str:
    """One to three words, common ones, usual ones and rare ones."""
    ranks = ((0, 30), (100, 3_000), (20_000, 200_000))
    return " ".join(world.word(*rng.choice(ranks)) for _ in range(rng.randint(1, 3)))


async def _adding(file: Path, made: Sequence[Made]) -> dict[str, float]:
    archive = open_archive(str(file))
    wall, busy = time.perf_counter(), time.process_time()
    await take_in(archive, made)
    busy, wall = time.process_time() - busy, time.perf_counter() - wall
    named = sorted({feed for feed, _, _ in made})
    planning = time.process_time()
    for feed in named:
        await archive.due(feed, datetime.now(UTC))
    planned = len(named) / (time.process_time() - planning)
    await archive.close()
    return {
        "added a processor second": len(made) / busy,
        "added a second": len(made) / wall,
        "polls planned/s": planned,
    }


def _judging(file: Path, ids: Sequence[int]) -> float:
    """Articles whose near-duplicates are found and judged again, a second; nothing of it is kept."""
    with closing(open_for_writing(str(file), lambda _: None, durable=True)) as db:
        marks = ",".join(map(str, ids))
        rows = db.execute(
            "SELECT a.id, a.text, s.hashes, s.agency FROM article a JOIN sketch s ON s.article = a.id "
            f"WHERE a.id IN ({marks})"
        ).fetchall()
        db.execute("BEGIN IMMEDIATE")
        rate = _paced(lambda row: twins.mark(db, row[0], row[1], unpacked(row[2]), row[3]), rows)
        db.execute("ROLLBACK")
    return rate


def _daemon(file: Path) -> float:
    """MiB that a daemon on this archive and its web pages hold after a while."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config.toml")
        config.write_text(f'[archive]\npath = "{file.resolve()}"\n[[feeds]]\nurl = "http://127.0.0.1:9/feed"\n')
        command = [sys.executable, "-m", "dateline", "-q", "--config", str(config), "run"]
        daemon = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(_SETTLING)
        held = sum(proportional(one) for one in family(daemon.pid))
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
    return held


def _paced(work: Callable[[Any], object], things: Sequence[Any]) -> float:
    """How many a second of processor time."""
    start = time.process_time()
    for thing in things:
        work(thing)
    return len(things) / (time.process_time() - start)


def _times(work: Callable[[Any], object], things: Sequence[Any]) -> dict[str, float]:
    """Milliseconds of the clock."""
    times = []
    for thing in things:
        start = time.perf_counter()
        work(thing)
        times.append((time.perf_counter() - start) * 1000)
    return {"p50 ms": statistics.median(times), "p99 ms": statistics.quantiles(times, n=100)[98]}


def report(rows: Sequence[dict[str, float]]) -> str:
    """The rows as a Markdown table, a column a size."""
    names = [name for name in rows[0] if name != "articles"]
    lines = ["| | " + " | ".join(f"{int(row['articles']):,}" for row in rows) + " |", "|---" * (len(rows) + 1) + "|"]
    for name in names:
        lines.append(
            f"| {name} | "
            + " | ".join(f"{row[name]:,.3g}" if row[name] < 100 else f"{row[name]:,.0f}" for row in rows)
            + " |"
        )
    return "\n".join(lines)


def main() -> None:
    """Build or measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("build", "measure"))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--plot", type=Path, help="where to write the plot (SVG)")
    given = parser.parse_args()
    if given.what == "build":
        build(given.folder, given.sizes)
        return
    rows = measure(given.folder, given.rounds)
    print(report(rows))
    (given.folder / "growth.json").write_text(json.dumps(rows, indent=1))
    if given.plot:
        sizes = [row["articles"] for row in rows]
        shown = ("added a processor second", "look-ups/s", "judged/s", "newest first, p99 ms", "ranked, p99 ms")
        given.plot.write_text(
            log_plot("articles", sizes, [Series(name, [row[name] for row in rows]) for name in shown])
        )


if __name__ == "__main__":
    main()
