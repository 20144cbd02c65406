"""The index of sampled 5-grams: which articles hold a hash. What lies all over is written a page for many rows at once.

Hashes have no order, so each of an article's forty would dirty a page of its own. New rows go to a small table, and
with every article one slice of it moves on into a larger one, and a slice of that into the whole index: so many rows
of one place come together that a page is written for several of them (O'Neil and others, "The log-structured
merge-tree", 1996). Which slice it is follows from the article's number; nothing needs to be remembered or waited for.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

import msgspec

ROWS = 48  # articles that are remembered for a hash
# (from, to, in how many articles all of it has moved). The smaller two are to stay in the writer's cache.
_MOVES = (("shingle_recent", "shingle", 16_000), ("shingle_new", "shingle_recent", 500))
_TABLES = ("shingle", *(table for table, *_ in _MOVES))
# One statement for any number of hashes: sqlite3 keeps it prepared.
_STANDING = " UNION ALL ".join(
    f"SELECT s.hash, s.article FROM json_each(?1) asked CROSS JOIN {table} s ON s.hash = asked.value"  # noqa: S608
    for table in _TABLES
)
ROWS_OF_ALL = f"({' UNION ALL '.join(f'SELECT hash, article FROM main.{table}' for table in _TABLES)})"  # noqa: S608
_LEAST, _SPAN = -(2**31), 2**32  # hashes are signed 32-bit numbers


def standing(db: sqlite3.Connection, hashes: Sequence[int], but: int | None = None) -> dict[int, list[int]]:
    """For each hash that is known, the articles it stands in; `but`: not this one."""
    found: dict[int, list[int]] = defaultdict(list)
    for one, article in db.execute(_STANDING, (msgspec.json.encode(hashes).decode(),)):
        if article != but:
            found[one].append(article)
    return found


def add(db: sqlite3.Connection, article: int, hashes: Iterable[int]) -> None:
    """Index an article's hashes, none of which it had, and move the slices on whose turn it is."""
    db.executemany("INSERT INTO shingle_new VALUES (?, ?)", [(one, article) for one in hashes])
    for table, next_table, articles in _MOVES:
        turn = article % articles
        slice_ = (_LEAST + turn * _SPAN // articles, _LEAST + (turn + 1) * _SPAN // articles)
        # A row that damage has left in two tables must not keep every later article out.
        which = f"FROM {table} WHERE hash >= ? AND hash < ?"
        db.execute(f"INSERT OR IGNORE INTO {next_table} SELECT hash, article {which}", slice_)
        db.execute(f"DELETE {which}", slice_)


def remove(db: sqlite3.Connection, article: int, hashes: Collection[int]) -> None:
    """Take hashes of an article out of the index."""
    for table in _TABLES:
        db.executemany(f"DELETE FROM {table} WHERE hash = ? AND article = ?", [(one, article) for one in hashes])  # noqa: S608
