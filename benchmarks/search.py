"""How long the pages, the API and the search take on a large archive.

Builds a made-up archive by direct SQL (kept in --folder for the next run): pseudo-words whose frequencies follow Zipf's
law, articles as long as real ones, one in fifty in Chinese or Thai, 120 sites, 60 feeds, clusters, revisions. Then asks
each kind of question many times, with words of every frequency, and prints medians and 95th percentiles in ms.

    python -m benchmarks.search --articles 200000
"""

import argparse
import json
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from litestar.testing import TestClient

from dateline.web.app import create_app
from dateline.web.guard import Guard
from dateline.web.settings import WebSettings
from storage.backends import open_library
from storage.records import Query
from storage.sqlite.connect import teach
from storage.sqlite.indexing import index
from storage.sqlite.migrations import APPLICATION_ID, PAGES_APPLICATION_ID, PAGES_STEPS, STEPS, migrate

_SYLLABLES = [c + v + e for c in "bcdfghklmnprstvz" for v in "aeiou" for e in ("", "n", "r", "s", "l")]
_COMMON = """the of to and a in for is on that by this with you it not or be are from at as your all have new
    more""".split()  # noqa: SIM905
_CHINESE = [chr(code) for code in range(0x4E00, 0x4E00 + 2500)]
_THAI = [chr(code) for code in range(0x0E01, 0x0E2E)]
_VOCABULARY, _PARAGRAPHS, _BATCH = 300_000, 40_000, 2_000


def vocabulary(rng: random.Random) -> list[str]:
    """Words by falling frequency, the first ones those of English."""
    made: dict[str, None] = dict.fromkeys(_COMMON)
    while len(made) < _VOCABULARY:
        made["".join(rng.choices(_SYLLABLES, k=rng.choice((1, 2, 2, 3, 3, 4))))] = None
    return list(made)


def build(file: Path, count: int) -> None:
    """Write the archive."""
    rng, numbers = random.Random(1), np.random.default_rng(1)
    words = np.array(vocabulary(rng), dtype=object)
    weights = 1.0 / (np.arange(len(words)) + 2.7)
    weights /= weights.sum()
    drawn = numbers.choice(len(words), size=(_PARAGRAPHS, 60), p=weights)
    paragraphs = [" ".join(words[row]).capitalize() + "." for row in drawn]
    pages = sqlite3.connect(file.with_name(f"{file.stem}.pages.db"), isolation_level=None)
    migrate(pages, PAGES_STEPS, PAGES_APPLICATION_ID)
    pages.close()
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -262144")
        teach(db)
        migrate(db, STEPS, APPLICATION_ID)
        _feeds(db)
        for first in range(1, count + 1, _BATCH):
            db.execute("BEGIN")
            rows = [
                _article(rng, id_, count, paragraphs, words) for id_ in range(first, min(first + _BATCH, count + 1))
            ]
            _insert(db, rng, rows)
            db.execute("COMMIT")
            print(f"\r{first + len(rows) - 1:,} articles", end="", flush=True)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    print()


def _feeds(db: sqlite3.Connection) -> None:
    for number in range(1, 61):
        url = f"https://paper{number}.example/feed/"
        db.execute(
            "INSERT INTO feed (id, url, category, active, state, last_polled, next) VALUES (?, ?, ?, 1, 'ok', ?, ?)",
            (number, url, f"Category {number % 20}", _stamp(datetime.now(UTC)), _stamp(datetime.now(UTC))),
        )


def _article(
    rng: random.Random,
    id_: int,
    count: int,
    paragraphs: list[str],
    words: "np.ndarray[tuple[int], np.dtype[np.object_]]",
) -> dict[str, object]:
    kind = rng.random()
    if kind < 0.02:
        script = _CHINESE if kind < 0.015 else _THAI
        body = ["".join(rng.choices(script, k=200)) + "。" for _ in range(5)]
        language = "zh" if kind < 0.015 else "th"
    else:
        body = rng.choices(paragraphs, k=max(int(rng.gauss(9, 4)), 2))
        language = rng.choice(("en", "en", "en", "en-GB", "de", "fr", "es"))
    seen = datetime.now(UTC) - timedelta(days=400) * ((count - id_) / count)
    # one article in ten was backfilled: it came later than its date tells
    published = (
        seen - timedelta(minutes=rng.randint(1, 90)) - timedelta(days=rng.randint(1, 300) * (rng.random() < 0.1))
    )
    site = f"paper{min(int(rng.expovariate(0.05)), 119) + 1}.example"
    text = "\n\n".join(body)
    return {
        "id": id_,
        "url": f"https://{site}/{id_}/",
        "title": " ".join(body[0].split()[:9])[:120],
        "text": text,
        "markup": "".join(f"<p>{one}</p>" for one in body),
        "summary": body[0][:200],
        "authors": json.dumps(
            [f"{words[1000 + int(rng.expovariate(0.001)) % 5000]} {words[9000 + rng.randrange(99)]}"]
        ),
        "published": _stamp(published),
        "first_seen": _stamp(seen),
        "last_seen": _stamp(seen),
        "language": language,
        "site": site,
        "words": len(text.split()),
    }


def _insert(db: sqlite3.Connection, rng: random.Random, rows: list[dict[str, object]]) -> None:
    names = list(rows[0])
    fixed = {"section": "", "tags": "[]", "image": "", "access": "free", "score": 0.95, "revision": 1, "page": ""}
    fixed |= {"fingerprint": "", "extractor": "", "said_by": "{}"}
    columns = ", ".join([*names, *fixed])
    marks = ", ".join("?" * (len(names) + len(fixed)))
    db.executemany(
        f"INSERT INTO article ({columns}) VALUES ({marks})", [(*row.values(), *fixed.values()) for row in rows]
    )
    index(db)
    db.executemany("INSERT INTO alias VALUES (?, ?)", [(row["url"], row["id"]) for row in rows])
    db.executemany(
        "INSERT INTO revision (article, number, seen, page) VALUES (?, 1, ?, '')",
        [(row["id"], row["first_seen"]) for row in rows],
    )
    db.executemany(
        "INSERT INTO sighting (feed, url, article, guid, title, summary, first_seen, last_seen) "
        "VALUES (?, ?, ?, ?, ?, '', ?, ?)",
        [
            (feed, row["url"], row["id"], row["url"], row["title"], row["first_seen"], row["last_seen"])
            for row in rows
            for feed in {min(int(rng.expovariate(0.1)), 59) + 1 for _ in range(rng.choice((1, 1, 2)))}
        ],
    )
    db.executemany(
        "INSERT INTO sketch (article, cluster, agency, hashes) VALUES (?, ?, '', x'')",
        [(row["id"], int(str(row["id"])) // 5 * 5 + 1 if rng.random() < 0.2 else None) for row in rows],
    )
    db.executemany(
        "INSERT INTO fetch (url, at, status, bytes, seconds, page, reason) VALUES (?, ?, 200, 40000, .3, '', '')",
        [(row["url"], row["first_seen"]) for row in rows],
    )


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def questions(rng: random.Random) -> Iterator[tuple[str, Callable[[], Query]]]:
    """Kinds of search, each a maker of queries."""
    words = vocabulary(random.Random(1))
    first = (datetime.now(UTC) - timedelta(days=200)).strftime("%Y-%m-%d")
    last = (datetime.now(UTC) - timedelta(days=190)).strftime("%Y-%m-%d")

    def common() -> str:
        return words[rng.randrange(30)]

    def usual() -> str:
        return words[rng.randrange(100, 3000)]

    def rare() -> str:
        return words[rng.randrange(20_000, 200_000)]

    def any_words() -> str:
        return " ".join(rng.choice((common, usual, rare))() for _ in range(rng.randint(1, 3)))

    yield "common word", lambda: Query(words=common(), limit=20)
    yield "usual word", lambda: Query(words=usual(), limit=20)
    yield "rare word", lambda: Query(words=rare(), limit=20)
    yield "1-3 words of any kind", lambda: Query(words=any_words(), limit=20)
    yield "phrase", lambda: Query(words=f'"{common()} {common()}"', limit=20)
    yield "prefix", lambda: Query(words=f"{usual()[:4]}*", limit=20)
    yield "common, ranked", lambda: Query(words=common(), limit=20, ranked=True)
    yield "1-3 words, ranked", lambda: Query(words=any_words(), limit=20, ranked=True)
    yield "common in a category", lambda: Query(words=common(), category=f"Category {rng.randrange(20)}", limit=20)
    yield "common on a small site", lambda: Query(words=common(), site=f"paper{rng.randint(80, 119)}.example", limit=20)
    yield "usual, one language", lambda: Query(words=usual(), language=rng.choice(("en", "fr", "zh")), limit=20)
    yield "usual, ten days", lambda: Query(words=usual(), since=first, until=last, limit=20)
    yield "common, by an author", lambda: Query(words=common(), author=words[rng.randrange(1000, 3000)], limit=20)
    yield "Chinese, two characters", lambda: Query(words="".join(rng.choices(_CHINESE, k=2)), limit=20)
    yield "Thai, four characters", lambda: Query(words="".join(rng.choices(_THAI, k=4)), limit=20)
    yield "category, no words", lambda: Query(category=f"Category {rng.randrange(20)}", limit=50)
    yield "newest, no words", lambda: Query(limit=50)


def measure(name: str, rounds: int, ask: Callable[[], object]) -> None:
    """Ask, and print how long it took."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        ask()
        times.append((time.perf_counter() - start) * 1000)
    print(f"{name:32} {statistics.median(times):8.1f} {statistics.quantiles(times, n=20)[18]:8.1f} {max(times):8.1f}")


def pages(rng: random.Random, count: int) -> Iterator[tuple[str, Callable[[], str]]]:
    """Kinds of pages and API answers, each a maker of addresses."""
    words = vocabulary(random.Random(1))

    def any_word() -> str:
        return words[int(rng.paretovariate(0.3)) % _VOCABULARY]

    yield "/", lambda: "/"
    yield "/search", lambda: f"/search?q={any_word()}"
    yield "/search, category, author", lambda: f"/search?q={any_word()}&category=Category+{rng.randrange(20)}&author=a"
    yield "/articles/ID", lambda: f"/articles/{rng.randint(1, count)}"
    yield "/articles/ID/diff", lambda: f"/articles/{rng.randint(1, count)}/diff"
    yield "/feeds", lambda: "/feeds"
    yield "/feeds/ID", lambda: f"/feeds/{rng.randint(1, 60)}"
    yield "/sites", lambda: "/sites"
    yield "/status", lambda: "/status"
    yield "/feed.xml?q=", lambda: f"/feed.xml?q={any_word()}"
    yield "/api/v1/articles", lambda: "/api/v1/articles"
    yield "/api/v1/articles?q=", lambda: f"/api/v1/articles?q={any_word()}"
    yield "/api/v1/articles?q=&ranked=1", lambda: f"/api/v1/articles?q={any_word()}&ranked=1"
    yield "/api/v1/articles/ID", lambda: f"/api/v1/articles/{rng.randint(1, count)}"
    yield "/api/v1/changes", lambda: f"/api/v1/changes?since={rng.randint(1, count)}"
    yield "/metrics", lambda: "/metrics"


def main() -> None:
    """Build if need be, then measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, default=Path("bench-search"))
    parser.add_argument("--rounds", type=int, default=60)
    given = parser.parse_args()
    given.folder.mkdir(exist_ok=True)
    file = given.folder / f"{given.articles}.db"
    if not file.exists():
        start = time.perf_counter()
        build(file, given.articles)
        print(f"built in {time.perf_counter() - start:.0f} s, {file.stat().st_size / 2**20:.0f} MiB")
    print(f"{'':32} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8}")
    with closing(open_library(str(file))) as library:
        for name, make in questions(random.Random(2)):
            measure(name, given.rounds, lambda make=make: library.find(make()))  # type: ignore[misc]
    app = create_app(str(file), WebSettings())
    with TestClient(app, base_url="http://127.0.0.1:8765") as web:
        for name, address in pages(random.Random(3), given.articles):
            measure(name, given.rounds, lambda address=address: _ask(web, address()))  # type: ignore[misc]


def _ask(web: "TestClient[Guard]", address: str) -> None:
    answer = web.get(address)
    assert answer.status_code == 200, (address, answer.text)


if __name__ == "__main__":
    main()
