"""The index of 5-grams answers as one table would, wherever its rows have moved."""

import random
import sqlite3
from collections import defaultdict
from pathlib import Path

from storage.sqlite import grams
from storage.sqlite.connect import open_for_writing
from storage.sqlite.migrations import APPLICATION_ID, STEPS, migrate


def rows(db: sqlite3.Connection, table: str) -> int:
    number: int = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return number


def test_rows_move_on_and_are_found_wherever_they_are(tmp_path: Path) -> None:
    rng = random.Random(3)
    db = open_for_writing(str(tmp_path / "index.db"), lambda _: None, durable=False)
    migrate(db, STEPS, APPLICATION_ID)
    db.execute("BEGIN")
    known: dict[int, list[int]] = defaultdict(list)
    samples: dict[int, list[int]] = {}
    often = [rng.randrange(-(2**31), 2**31) for _ in range(50)]
    for article in range(1, 2001):
        sample = samples[article] = sorted({*rng.sample(often, 2), *(rng.randrange(-(2**31), 2**31) for _ in range(8))})
        grams.add(db, article, sample)
        for one in sample:
            known[one].append(article)
        if article % 7 == 0:  # an edit of an earlier one
            edited = rng.randrange(1, article)
            gone = {one for one in samples[edited] if rng.random() < 0.3}
            samples[edited] = [one for one in samples[edited] if one not in gone]
            grams.remove(db, edited, gone)
            for one in gone:
                known[one].remove(edited)
    for article, sample in samples.items():
        found = grams.standing(db, sample)
        assert {one: sorted(articles) for one, articles in found.items()} == {one: known[one] for one in sample}
        others = grams.standing(db, sample, but=article)
        assert all(article not in articles for articles in others.values())
    new, recent, whole = (rows(db, table) for table in ("shingle_new", "shingle_recent", "shingle"))
    assert new < 500 * 10
    assert new + recent + whole == sum(map(len, known.values()))
    assert whole > 0
    db.close()


def test_the_first_and_the_last_hash_are_in_a_slice(tmp_path: Path) -> None:
    db = open_for_writing(str(tmp_path / "index.db"), lambda _: None, durable=False)
    migrate(db, STEPS, APPLICATION_ID)
    db.execute("BEGIN")
    ends = (-(2**31), 2**31 - 1)
    grams.add(db, 1, ends)
    for article in range(2, 502):
        grams.add(db, article, ())
    assert rows(db, "shingle_new") == 0
    assert grams.standing(db, ends) == {ends[0]: [1], ends[1]: [1]}
    db.close()
