"""What a list of finds shows of each: a few facts, and the words found in their surroundings."""

import json
import re
import sqlite3
from collections.abc import Sequence

from storage.records import Query, SearchHit
from storage.sqlite.search import FEW_RUNS, RUNS, runs
from storage.sqlite.text import parsed
from storage.sqlite.words import BEGINS, is_dense, match_expression, spellings, terms

# The texts hold no control characters, so these cut where words were found and nowhere else.
_OPEN, _CLOSE = "\x02", "\x03"
_BEFORE, _AFTER = 30, 90  # characters around what is found in a text without spaces
_LEAD = 240  # characters that speak for an article when nothing was looked for
_FACTS = (
    "id, url, title, site, published, categories, substr(summary, 1, 400), authors, first_seen, language, words, "
    "revision, cluster, gone"
)


def of(db: sqlite3.Connection, ids: Sequence[int], query: Query, *, rare: bool = False) -> list[SearchHit]:
    """The finds of these ids, in their order; `rare`: few articles hold the words of the query."""
    snippets = _snippets(db, ids, query, FEW_RUNS if rare else RUNS)
    rows = db.execute(f"SELECT {_FACTS} FROM articles WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),))  # noqa: S608
    made = {row[0]: _hit(row, snippets.get(row[0])) for row in rows}
    return [made[id_] for id_ in ids if id_ in made]


def _hit(row: tuple[object, ...], pieces: tuple[str, ...] | None) -> SearchHit:
    id_, url, title, site, published, categories, summary, authors, first_seen, language, *rest = row
    words, revision, cluster, gone = rest
    pieces = pieces if pieces is not None else (str(summary),)
    return SearchHit(
        id=id_,  # type: ignore[arg-type]
        url=str(url),
        title=str(title),
        site=str(site),
        published=published,  # type: ignore[arg-type]
        categories=parsed(str(categories), tuple[str, ...], ()),
        snippet="**".join(pieces),
        summary=str(summary),
        authors=parsed(str(authors), tuple[str, ...], ()),
        first_seen=str(first_seen),
        language=str(language),
        words=words,  # type: ignore[arg-type]
        revision=revision,  # type: ignore[arg-type]
        cluster=cluster,  # type: ignore[arg-type]
        gone=gone,  # type: ignore[arg-type]
        pieces=pieces,
    )


def _snippets(db: sqlite3.Connection, ids: Sequence[int], query: Query, most: int) -> dict[int, tuple[str, ...]]:
    """Of each article the surroundings of the words, asked for in `most` ranges of ids: each is a search of its own."""
    match = match_expression(query.words, operators=query.operators)
    if not match:
        return {}
    if is_dense(query.words) or BEGINS in match:  # in Python: there it does not cost a search of its own
        found = terms(query.words)
        rows = db.execute(
            "SELECT id, text FROM article WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
        )
        return {id_: cut(text, found) for id_, text in rows}
    one = (  # the marks above; `+` keeps each id from being a search of its own
        "SELECT rowid, snippet(search, 1, char(2), char(3), '…', 28) FROM search "
        "WHERE search MATCH ? AND rowid BETWEEN ? AND ? AND +rowid IN (SELECT value FROM json_each(?))"
    )
    made = {}
    for low, high in runs(ids, most) if ids else ():
        rows = db.execute(one, (match, low, high, json.dumps(ids)))
        made.update({id_: _pieces(marked) for id_, marked in rows})
    return made


def _pieces(marked: str) -> tuple[str, ...]:
    """A snippet of FTS5 cut at its marks."""
    return tuple(re.split(f"[{_OPEN}{_CLOSE}]", " ".join(marked.split())))


def cut(text: str, words: Sequence[tuple[str, bool]]) -> tuple[str, ...]:
    """The surroundings of the first of these words (each with whether it may go on), cut at every one of them."""
    longest_first = sorted(words, key=lambda word: len(word[0]), reverse=True)
    wanted = "|".join(_pattern(one, begins) for word, begins in longest_first for one in spellings(word, begins))
    text = " ".join(text.split())
    first = re.search(wanted, text, re.IGNORECASE) if wanted else None
    if first is None:
        return (text[:_LEAD],)
    start, end = max(first.start() - _BEFORE, 0), first.end() + _AFTER
    pieces = re.split(f"({wanted})", text[start:end], flags=re.IGNORECASE)
    return ("…" * (start > 0) + pieces[0], *pieces[1:-1], pieces[-1] + "…" * (end < len(text)))


def _pattern(word: str, begins: bool) -> str:
    """What finds a word in a text: anywhere in scripts without spaces, else where a word begins."""
    if is_dense(word):
        return re.escape(word)
    return rf"\b{re.escape(word)}" + (r"\w*" if begins else r"\b")
