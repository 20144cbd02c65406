"""Whether the rows about an article agree with each other and with the change log."""

import re
import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from html import unescape
from unicodedata import normalize

from storage.folding import fold
from storage.records import Fault
from storage.sqlite.advice import BACKUP, ROW

_FOREIGN = "another program wrote it, or the log was cut: compare with a backup"
_TAG = re.compile(r"<[^>]*>")
# Text goes to our functions as bytes: what is damaged in it would keep them from being called.
_WRONG_WORDS = """
SELECT r.article, r.number FROM main.revisions r WHERE r.article BETWEEN ? AND ?
AND digest_of_bytes(CAST(r.title AS BLOB), CAST(r.text AS BLOB)) <> (
    SELECT c.content FROM main.change c WHERE c.article = r.article AND c.revision = r.number AND c.content <> ''
    ORDER BY c.number DESC LIMIT 1)
"""
_LINES = "FROM main.change c WHERE c.article = a.id"
_LAST = "ORDER BY c.number DESC LIMIT 1"
_NAMES = "json_each(iif(json_valid(a.authors), a.authors, '[]')) j"
_OF_AN_ARTICLE = (  # what is so of an article `a` at fault, what is wrong then, what to do
    ("NOT says(CAST(a.markup AS BLOB), CAST(a.text AS BLOB))", "its markup does not say the words of its text", ROW),
    (f"NOT EXISTS (SELECT 1 {_LINES} AND c.kind = 'new')", "the change log does not know it", _FOREIGN),
    (
        "(SELECT count(*) FROM main.revision r WHERE r.article = a.id) <> a.revision",
        "has not as many rows in `revision` as it says",
        BACKUP,
    ),
    (
        "(a.gone IS NOT NULL) <> coalesce((SELECT c.kind = 'withdrawn' "
        f"{_LINES} AND c.kind IN ('withdrawn', 'restored') {_LAST}), false)",
        "is withdrawn where the change log says that it is not, or the other way about",
        ROW,
    ),
    (
        "(SELECT k.cluster FROM main.sketch k WHERE k.article = a.id) IS NOT "  # noqa: S608 (our words)
        f"(SELECT c.cluster {_LINES} AND c.kind = 'clustered' {_LAST})",
        "is not in the cluster of near-duplicates that the change log names",
        ROW,
    ),
    (
        "EXISTS (SELECT 1 FROM main.sketch k WHERE k.article = a.id AND k.cluster IS NOT NULL) "
        "AND NOT EXISTS (SELECT 1 FROM main.pair p WHERE p.article = a.id) "
        "AND NOT EXISTS (SELECT 1 FROM main.pair p WHERE p.other = a.id)",
        "is in a cluster of near-duplicates, and in no row of `pair`",
        BACKUP,
    ),
    (
        f"(SELECT count(DISTINCT j.value) FROM {_NAMES}) <> "  # noqa: S608 (our words)
        "(SELECT count(*) FROM main.byline b WHERE b.article = a.id) "
        f"OR EXISTS (SELECT 1 FROM {_NAMES} WHERE NOT EXISTS (SELECT 1 FROM main.byline b "
        "JOIN main.author w ON w.id = b.author WHERE b.article = a.id AND w.name = j.value))",
        "`byline` does not name its authors",
        ROW,
    ),
    *(
        (f"NOT EXISTS (SELECT 1 FROM main.{table} t WHERE t.article = a.id)", f"has no row in `{table}`", BACKUP)  # noqa: S608
        for table in ("alias", "sketch", "visit")
    ),
)
_OF_ALL = (
    (
        "article",
        "SELECT c.article FROM main.change c WHERE c.kind = 'new' "
        "AND NOT EXISTS (SELECT 1 FROM main.article a WHERE a.id = c.article)",
        "is not there, but the change log knows it",
        BACKUP,
    ),
    (
        "pair",
        "SELECT p.article || ' ' || p.other FROM main.pair p JOIN main.sketch k ON k.article = p.article "
        "JOIN main.sketch o ON o.article = p.other WHERE k.cluster IS NULL OR k.cluster IS NOT o.cluster",
        "its articles are not in one cluster",
        ROW,
    ),
    (
        "unindexed",
        "SELECT id FROM main.unindexed",
        "is noted for the search index, which holds it already or does not know it",
        BACKUP,
    ),
    (
        "tally",
        "SELECT name FROM (SELECT 'article' AS name, (SELECT count(*) FROM main.article) AS there UNION ALL "
        "SELECT 'revision', (SELECT count(*) FROM main.revision WHERE number > 1) UNION ALL "
        "SELECT 'page', (SELECT count(DISTINCT page) FROM main.revision)) n "
        "WHERE there <> (SELECT coalesce(sum(t.count), 0) FROM main.tally t WHERE t.name = n.name)",
        "does not count as many as there are",
        ROW,
    ),
)


def prepare(db: sqlite3.Connection) -> None:
    """Give a connection the functions that these checks call."""
    db.create_function("digest_of_bytes", 2, lambda title, text: sha256(title + b"\0" + text).hexdigest())
    db.create_function("says", 2, says)


def article_faults(db: sqlite3.Connection, file: str, first: int, last: int) -> Iterator[Fault]:
    """What is wrong with the articles of these ids."""
    some = (first, last)
    for article, number in db.execute(_WRONG_WORDS, some):
        what = f"the words of its text {number} are not those that the change log vouches for"
        yield Fault(file=file, table="article", id=str(article), what=what, advice=ROW)
    for condition, what, advice in _OF_AN_ARTICLE:
        faulty = f"SELECT a.id FROM main.article a WHERE a.id BETWEEN ? AND ? AND ({condition})"  # noqa: S608 (our words)
        for (article,) in db.execute(faulty, some):
            yield Fault(file=file, table="article", id=str(article), what=what, advice=advice)


def other_faults(db: sqlite3.Connection, file: str) -> Iterator[Fault]:
    """What is wrong with what stands about them all."""
    for table, query, what, advice in _OF_ALL:
        for (id_,) in db.execute(query):
            yield Fault(file=file, table=table, id=str(id_), what=what, advice=advice)


def says(markup: bytes, text: bytes) -> bool:
    """Whether a markup shows the words of a text, and no others: both are made of the same blocks. Pure."""
    shown = unescape(_TAG.sub("", markup.decode(errors="replace")))
    return fold(normalize("NFC", shown)) == fold(normalize("NFC", text.decode(errors="replace")))
