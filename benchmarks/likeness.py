"""How well near-duplicates are told from look-alikes, what that costs, and how the cost grows.

    python -m benchmarks.likeness [--data PATH] [--articles 1000000] [--rounds 3]

Quality: families of a story and eight kinds of reprint, hard look-alikes and strangers (benchmarks/reprints.py),
made from stories of our own or, with --data, from the gold texts of {andy,fundus,wcxb}.jsonl.xz in PATH.
Cost, on the same texts: processor time of taking the sample, looking it up, judging and writing, for articles of up to
3,500 characters, 15 in a hundred of them reprints, that come into an index of 100,000 and of --articles others; and
its bytes.
"""

import argparse
import json
import lzma
import random
import sqlite3
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from benchmarks.reprints import Document, briefs, documents, foreign, stories
from storage.likeness import packed, sample
from storage.sqlite import twins
from storage.sqlite.connect import open_for_writing
from storage.sqlite.migrations import APPLICATION_ID, STEPS, migrate

_ROWS = 31  # hashes of a mean article of 3,500 characters


def main() -> None:
    """Print quality, then cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    real = _gold(options.data) if options.data else []
    print("texts                     documents  precision  recall")
    _quality("our own stories", documents(stories(1200), 400))
    _quality("our own briefs", documents(briefs(stories(1200, seed=2)), 400))
    _quality("made-up languages", documents(briefs(foreign(1200)), 400))
    if real:
        _quality("real articles", documents(real, 400))
        _quality("the first 60 to 120 words", documents(briefs(real), 400))
    print(f"{'articles':>10} {'us an article (median, by round)':>40} {'bytes of index an article':>28}")
    with tempfile.TemporaryDirectory() as folder:
        base = _cost(Path(folder), 100_000, options.rounds, real)
        if options.articles > 100_000:
            grown = _cost(Path(folder), options.articles, options.rounds, real)
            print(f"growth {grown / base:.2f} x")


def _quality(name: str, texts: list[Document]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = _open(Path(folder) / "quality.db")
        db.execute("BEGIN")
        for place, text in enumerate(texts):
            _add(db, place, text.text)
        found = {(min(pair), max(pair)) for pair in db.execute("SELECT article, other FROM pair")}
        db.close()
    families: dict[int, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        families[text.family].append(place)
    families.pop(-1, None)
    wanted = {(a, b) for members in families.values() for a in members for b in members if a < b}
    right = len(found & wanted)
    print(f"{name:25} {len(texts):9}  {right / max(len(found), 1):9.4f}  {right / len(wanted):6.4f}")


def _add(db: sqlite3.Connection, id_: int, text: str) -> None:
    db.execute("INSERT INTO article (id, text) VALUES (?, ?)", (id_, text))
    twins.mark(db, id_, text, sample(text), "")


def _gold(folder: Path) -> list[tuple[str, ...]]:
    texts = []
    for name in ("andy", "fundus", "wcxb"):
        with lzma.open(folder / f"{name}.jsonl.xz", "rt") as lines:
            for line in lines:
                row = json.loads(line)
                text = row.get("text") or ""
                if len(text.split()) > 150 and row.get("page_type", "article") == "article":
                    texts.append(tuple(part for part in text.split("\n") if part.strip()))
    random.Random(1).shuffle(texts)
    return texts


def _open(path: Path) -> sqlite3.Connection:
    db = open_for_writing(str(path), lambda _: None, durable=True)
    migrate(db, STEPS, APPLICATION_ID)
    db.execute("PRAGMA foreign_keys = OFF")  # the index is measured without all that an article has
    db.executescript(
        "DROP VIEW articles; DROP VIEW revisions; DROP VIEW clusters; DROP VIEW changes; DROP TABLE article; "
        "DROP TRIGGER change_chained; DROP TRIGGER pair_counted;"
    )
    db.execute("CREATE TABLE article (id INTEGER PRIMARY KEY, text TEXT)")
    return db


def _cost(folder: Path, size: int, rounds: int, real: list[tuple[str, ...]]) -> float:
    """Fill an index with strangers, then measure articles that come in; microseconds an article."""
    db = _open(folder / f"{size}.db")
    empty = _bytes(db)
    rng = random.Random(2)
    db.execute("PRAGMA cache_size = -262144")
    db.execute("BEGIN")
    for id_ in range(1, size + 1):
        hashes = {rng.randint(-(2**31), 2**31 - 1) for _ in range(_ROWS)}
        db.execute("INSERT INTO sketch (article, hashes, agency) VALUES (?, ?, '')", (id_, packed(sorted(hashes))))
        db.executemany("INSERT INTO shingle VALUES (?, ?)", [(one, id_) for one in hashes])
    db.execute("COMMIT")
    index = (_bytes(db) - empty) / size
    db.execute("PRAGMA cache_size = -8192")  # as in service
    took = []
    for round_ in range(rounds):
        some = real[round_ * 420 : (round_ + 1) * 420] or stories(420, seed=round_ + 10)
        made = documents(some, 8, seed=round_)
        texts = [one.text[:3500] for one in made if one.family >= 0 or one.variant == "stranger"]
        start = time.process_time()
        for place, text in enumerate(texts):
            if place % 50 == 0:  # committed in groups, as the writer does
                db.execute("COMMIT") if db.in_transaction else None
                db.execute("BEGIN")
            _add(db, size + 1 + round_ * 1000 + place, text)
        db.execute("COMMIT")
        took.append((time.process_time() - start) / len(texts) * 1e6)
    db.close()
    print(
        f"{size:10} {statistics.median(took):12.0f}  ({', '.join(f'{one:.0f}' for one in took)}) {index:22.0f}",
        flush=True,
    )
    return statistics.median(took)


def _bytes(db: sqlite3.Connection) -> int:
    pages, size = db.execute("SELECT page_count, page_size FROM pragma_page_count(), pragma_page_size()").fetchone()
    return int(pages * size)


if __name__ == "__main__":
    main()
