"""Near-duplicates: found through an index of sampled 5-grams, judged on the texts, linked and never merged.

A 5-gram says nothing about copying once it stands in many stories that are no copies of each other (boilerplate,
templates, frames of press releases). Copies of one wire story, however many, are one story: what is counted are
clusters. When a 5-gram becomes common, the pairs that were judged before it was known to be so are judged again.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import chain

import msgspec

from storage.likeness import Likeness, compare, looked_at, packed, unpacked
from storage.sqlite import grams

_COMMON = 8  # stories, and more than half of the articles looked at
_CLOSE = 0.9  # likeness: copies so close that they are one story when stories are counted
_AMONG = "IN (SELECT value FROM json_each(?1))"  # a statement for any number of articles is prepared once


def mark(db: sqlite3.Connection, id_: int, text: str, hashes: Sequence[int], agency: str) -> int | None:
    """Index an article's sample, link it to its near-duplicates; its cluster (the id of its first article) or None."""
    clusters = _Clusters(db)
    known = _forget(db, id_, hashes, clusters)
    standing = grams.standing(db, hashes, but=id_)
    db.execute(
        "INSERT INTO sketch (article, hashes, agency) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
        "hashes = excluded.hashes, agency = excluded.agency",
        (id_, packed(hashes), agency),
    )
    grams.add(db, id_, [one for one in hashes if one not in known and len(standing.get(one, ())) < grams.ROWS])
    common, fresh = _common(db, standing)
    shared = Counter(chain.from_iterable(articles for one, articles in standing.items() if one not in common))
    found = {other for other, count in shared.items() if count > 1}
    for other, sketch in _sketches(db, found).items():
        verdict = _judged(db, (text, hashes), (other, sketch), common)
        if verdict:
            _link(db, id_, other, verdict, clusters)
    if fresh:
        _judge_again(db, fresh, common, clusters)
    clusters.log()
    return cluster_of(db, id_)


def _judged(
    db: sqlite3.Connection,
    mine: tuple[str, Sequence[int]],
    theirs: tuple[int, Sequence[int]],
    common: Collection[int],
) -> Likeness | None:
    """What the samples say; where they leave a doubt, what the texts say. None: no copies."""
    verdict = compare(mine[1], theirs[1], common)
    if verdict is None or verdict.sure:
        return verdict
    (text,) = db.execute("SELECT text FROM article WHERE id = ?", (theirs[0],)).fetchone()
    return looked_at(verdict, mine[0], text, common)


def _forget(db: sqlite3.Connection, id_: int, hashes: Collection[int], clusters: "_Clusters") -> set[int]:
    """Take an article out of its pairs and its cluster, and what its text has lost out of the index.

    Returns the hashes that it had: most edits change a sentence, and each row of the index lies in another page.
    """
    row = db.execute("SELECT hashes, cluster FROM sketch WHERE article = ?", (id_,)).fetchone()
    if row is None:
        return set()
    known = set(unpacked(row[0]))
    grams.remove(db, id_, known.difference(hashes))
    db.execute("DELETE FROM pair WHERE article = ? OR other = ?", (id_, id_))
    if row[1] is not None:
        clusters.again(row[1])
    return known


def cluster_of(db: sqlite3.Connection, id_: int) -> int | None:
    """The cluster of an article, or None."""
    row = db.execute("SELECT cluster FROM sketch WHERE article = ?", (id_,)).fetchone()
    return row[0] if row else None


def _common(db: sqlite3.Connection, standing: dict[int, list[int]]) -> tuple[set[int], set[int]]:
    """Which hashes are common, and which of these have become so by this article."""
    many = {one: articles for one, articles in standing.items() if len(articles) >= _COMMON}
    if not many:
        return set(), set()
    story = _stories(db, {article for articles in many.values() for article in articles})
    common, fresh = set(), set()
    for one, articles in many.items():
        count = len({story[article] for article in articles})
        if count >= _COMMON and count * 2 > len(articles):
            common.add(one)
            if count == _COMMON:
                fresh.add(one)
    return common, fresh


def _stories(db: sqlite3.Connection, articles: Collection[int]) -> dict[int, int]:
    """Of each article which story it tells: itself, or the first of its close copies."""
    rows = db.execute(f"SELECT article, coalesce(story, article) FROM sketch WHERE article {_AMONG}", _list(articles))  # noqa: S608
    return dict(rows)


def _sketches(db: sqlite3.Connection, articles: Collection[int]) -> dict[int, tuple[int, ...]]:
    if not articles:  # as of most
        return {}
    rows = db.execute(f"SELECT article, hashes FROM sketch WHERE article {_AMONG}", _list(articles))  # noqa: S608
    return {article: unpacked(hashes) for article, hashes in rows}


def _list(numbers: Iterable[int]) -> tuple[str]:
    """The value for `_AMONG`."""
    return (msgspec.json.encode(list(numbers)).decode(),)


def _link(db: sqlite3.Connection, id_: int, other: int, verdict: Likeness, clusters: "_Clusters") -> None:
    first, last = sorted((id_, other))
    db.execute(
        "INSERT OR REPLACE INTO pair VALUES (?, ?, ?, ?, ?)",
        (last, first, verdict.likeness, verdict.contained, verdict.kind),
    )
    clusters.join(id_, other, verdict.likeness)


def _judge_again(
    db: sqlite3.Connection, fresh: Collection[int], common: Collection[int], clusters: "_Clusters"
) -> None:
    """Undo the pairs that rest on what has turned out to be common."""
    articles = {article for articles in grams.standing(db, sorted(fresh)).values() for article in articles}
    both = f"SELECT article, other FROM pair WHERE article {_AMONG} AND other {_AMONG}"  # noqa: S608
    pairs = db.execute(both, _list(articles)).fetchall()
    sketches = _sketches(db, articles)
    undone = []
    for article, other in pairs:
        (text,) = db.execute("SELECT text FROM article WHERE id = ?", (article,)).fetchone()
        if not _judged(db, (text, sketches[article]), (other, sketches[other]), common):
            undone.append((article, other))
    db.executemany("DELETE FROM pair WHERE article = ? AND other = ?", undone)
    for cluster in {cluster_of(db, article) for article, _ in undone}:
        if cluster is not None:
            clusters.again(cluster)


class _Clusters:
    """The clusters that one article's coming changes, logged once when all is settled."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._before: dict[int, int | None] = {}

    def join(self, one: int, other: int, likeness: float) -> None:
        """Two articles are near-duplicates: make their clusters one, and their stories if they are close copies."""
        self._merge("cluster", one, other)
        if likeness >= _CLOSE:
            self._merge("story", one, other)

    def again(self, cluster: int) -> None:
        """Make the clusters of these articles again from the pairs that are left."""
        rows = self._db.execute("SELECT article, cluster FROM sketch WHERE cluster = ?", (cluster,)).fetchall()
        self._remember(rows)
        members = _list(article for article, _ in rows)
        self._db.execute(f"UPDATE sketch SET cluster = NULL, story = NULL WHERE article {_AMONG}", members)  # noqa: S608
        pairs = self._db.execute(f"SELECT article, other, likeness FROM pair WHERE article {_AMONG}", members)  # noqa: S608
        for article, other, likeness in pairs.fetchall():
            self.join(article, other, likeness)

    def log(self) -> None:
        """Write down whose cluster is another one now."""
        if not self._before:
            return
        rows = self._db.execute(f"SELECT article, cluster FROM sketch WHERE article {_AMONG}", _list(self._before))  # noqa: S608
        changed = [(article, cluster) for article, cluster in rows if cluster != self._before[article]]
        self._db.executemany("INSERT INTO change (kind, article, cluster) VALUES ('clustered', ?, ?)", changed)

    def _merge(self, name: str, one: int, other: int) -> None:
        """Give the clusters (or stories) of two articles one name: that of their first article."""
        rows = self._db.execute(
            f"SELECT article, {name} FROM sketch WHERE article IN (?, ?)",  # noqa: S608 (our names)
            (one, other),
        ).fetchall()
        names = {article if known is None else known for article, known in rows}
        first = min(names)
        for old in names - {first}:
            moving = f"{name} = :old"
            self._rename(name, first, moving, {"old": old})
        self._rename(name, first, f"article IN (:one, :other) AND {name} IS NULL", {"one": one, "other": other})
        self._rename(name, first, f"article = :first AND {name} IS NULL", {})

    def _rename(self, name: str, first: int, which: str, values: dict[str, int]) -> None:
        values = values | {"first": first}
        if name == "cluster":
            self._remember(self._db.execute(f"SELECT article, cluster FROM sketch WHERE {which}", values).fetchall())  # noqa: S608
        self._db.execute(f"UPDATE sketch SET {name} = :first WHERE {which}", values)  # noqa: S608 (our words)

    def _remember(self, rows: Iterable[tuple[int, int | None]]) -> None:
        for article, cluster in rows:
            self._before.setdefault(article, cluster)
