"""Finding articles by words and filters: a page of ids, newest first or best first, at a bounded cost.

Newest first, there are two ways. A condition that few articles meet (a rare word, a small site, an author) names them
all, and they are sorted. Where every condition is met by many, the calendar is walked back from the newest article
until the page is full, and each article on the way is asked; after so many in vain the page is handed over as it is,
with the place to go on from. Of the articles that came in last it is known beforehand which of them hold the words: a
page of common words asks of no others, unless they bear the date of a newer one. Best first, bm25 speaks for the newest
matches only, for its cost grows with every match; the others follow newest first.
"""

import json
import math
import re
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from itertools import pairwise
from typing import NamedTuple

from msgspec import structs

from storage.errors import BadQuery
from storage.records import Query
from storage.sqlite.filters import WHEN, Condition, conditions, days
from storage.sqlite.words import BEGINS, GRAM, NOTHING, is_dense, match_expression, quoted

_A_PAGE = 20  # finds, where the query does not say how many
_FEW = 3000  # articles that are sorted at once
_STEP, _LARGEST_STEP = 200, 2000  # articles of the calendar that are asked at once
_LOOKS = 12_000  # articles that are asked for one page, or for the best ones
_WINDOW = 2000  # the newest matches, among which the best are found
_FADING = 45.0  # days in which a find loses half of what its newness adds
_LATEST = 200  # of the newest matches, which are known before anything else is asked,
_REACH = 25_000  # and so many articles back a page of them has to stand, and others before that
_GAP = 1000  # between neighbours: nearer ones are asked for as one range,
RUNS, FEW_RUNS = 100, 1  # and so many ranges at most; one where a word may go on, as its endings are merged each time
_TERMS = 1000  # of the dense index that begin with what is shorter than they
_PLACE = r"(\d{4}-[0-9T:Z.+-]{1,32})~(\d{1,18})"
_CURSOR = re.compile(rf"{_PLACE}|best~(\d{{1,18}})~(?:(\d{{1,6}})|{_PLACE})")
_NOT_DENSE = "AND rowid NOT IN (SELECT id FROM dense_docsize)"

Place = tuple[str, int]  # when an article was published (or first seen), and its id


class Page(NamedTuple):
    """A page of finds: ids in order, where to go on (''; nowhere), and how many there are in all, if that is known.

    `rare`: few of the articles between these hold the words.
    """

    ids: list[int]
    next: str
    total: int | None
    rare: bool = False


class Cursor(NamedTuple):
    """Where a page begins: after a place of the calendar, or after so many of the best ones.

    `top`: the newest article there was at the first page of the best ones; a later one does not move them.
    """

    after: Place | None = None
    top: int = 0
    shown: int = 0


class Words(NamedTuple):
    """What is looked for, as (index, FTS5 expression, more SQL); an article that either finds is found.

    `latest`: the articles that came in last and hold them, if that is known; no other from `low` on does.
    """

    parts: tuple[tuple[str, str, str], ...]
    latest: tuple[int, ...] = ()
    low: int = sys.maxsize

    def sql(self, more: str = "") -> str:
        """The ids of the articles that hold the words; `more` narrows each part."""
        one = "SELECT rowid AS id FROM {index} WHERE {index} MATCH ? {own} {more}"
        return " UNION ".join(one.format(index=index, own=own, more=more) for index, _, own in self.parts)

    @property
    def costly(self) -> bool:
        """Whether a word of them may go on."""
        return any(BEGINS in match for _, match, _ in self.parts)

    def values(self, *more: object) -> tuple[object, ...]:
        """Its values, `more` after each part."""
        return tuple(value for _, match, _ in self.parts for value in (match, *more))


class _Asked(NamedTuple):
    """What is asked of which archive: the query, its filters, and its words, if it has any."""

    db: sqlite3.Connection
    query: Query
    wanted: Sequence[Condition]
    words: Words | None

    @property
    def limit(self) -> int:
        return self.query.limit or _A_PAGE


def find(db: sqlite3.Connection, query: Query) -> Page:
    """One page of what the query asks for. Raises BadQuery."""
    cursor, words = _cursor(query.after), words_of(db, query)
    if query.words.strip() and not words:
        return Page([], "", 0)
    asked = _Asked(db, query, conditions(db, query), words)
    return _best(asked, words, cursor) if query.ranked and words else _newest(asked, cursor.after)


def words_of(db: sqlite3.Connection, query: Query) -> Words | None:
    """What to ask which index for, or None where the query has no words."""
    plain = match_expression(query.words, operators=query.operators)
    if not plain:
        return None
    if not is_dense(query.words):
        return Words((("search", plain, ""),))
    grams = match_expression(query.words, operators=query.operators, render=lambda text, _: _grams(db, text))
    # In `search` a text without spaces is a few long words, so it never holds what NOT takes away.
    own = _NOT_DENSE if query.operators and "NOT" in query.words else ""
    return Words((("dense", grams, ""), ("search", plain, own)))


def _grams(db: sqlite3.Connection, text: str) -> str:
    if len(text) >= GRAM:
        return quoted(text, begins=False)
    low = text.lower()
    rows = db.execute(
        "SELECT term FROM dense_term WHERE term >= ? AND term < ? ORDER BY doc DESC LIMIT ?",
        (low, low + "\U0010ffff", _TERMS),
    )
    return f"({' OR '.join(quoted(term, begins=False) for (term,) in rows) or NOTHING})"


def _cursor(text: str) -> Cursor:
    """What a cursor says. Raises BadQuery."""
    if not text:
        return Cursor()
    found = _CURSOR.fullmatch(text)
    if not found:
        raise BadQuery(f"not a cursor of this archive: {text[:60]!r}")
    when, id_ = found[1] or found[5], found[2] or found[6]
    return Cursor((when, int(id_)) if when else None, int(found[3] or 0), int(found[4] or 0))


def _newest(asked: _Asked, after: Place | None) -> Page:
    """A page of what meets the conditions and holds the words, newest first."""
    limit = asked.limit
    if asked.words:
        asked = asked._replace(words=_knowing(asked.db, asked.words))
        if not asked.wanted and _is_near(asked, after):
            places, stopped = _walk(asked, after)
            if stopped is None:
                count = len(places) if after is None and len(places) <= limit else None
                return _page(places, limit, None, count)._replace(rare=True)
    few, named = _few(asked)
    if few is not None:
        places = _sorted(asked, few)
        rest = [place for place in places if after is None or place < after]
        if named or not asked.words:
            return _page(rest, limit, None, len(places))._replace(rare=named)
        held, whole = _first_holding(asked, asked.words, rest)
        return _page(held, limit, None, len(held) if whole and after is None else None)
    places, stopped = _walk(asked, after)
    return _page(places, limit, stopped, None)


def _knowing(db: sqlite3.Connection, words: Words) -> Words:
    """The words with the articles that came in last and hold them: all of them, if these are few.

    Of costly words many at once: merging their endings takes all the time, and is not to be done again.
    """
    most = _REACH if words.costly else _LATEST
    latest = _latest(db, words, sys.maxsize, most + 1)
    return words._replace(latest=tuple(latest), low=latest[-1] if len(latest) > most else 0)


def _latest(db: sqlite3.Connection, words: Words, top: int, most: int) -> list[int]:
    """So many of the articles up to `top` that hold the words, those first that came in last."""
    sql = f"{words.sql('AND rowid <= ?')} ORDER BY id DESC LIMIT ?"
    return [id_ for (id_,) in db.execute(sql, (*words.values(top), most))]


def _is_near(asked: _Asked, after: Place | None) -> bool:
    """Whether a page of many matches can be told from those that came in last, and counting the others takes long."""
    words = asked.words
    left = [id_ for id_ in words.latest if after is None or id_ < after[1]] if words else []
    if not words or asked.query.until or words.low <= _REACH or len(left) <= asked.limit:
        return False
    return int(asked.db.execute("SELECT max(id) FROM article").fetchone()[0]) - left[asked.limit] < _REACH


def _page(places: Sequence[Place], limit: int, stopped: Place | None, count: int | None) -> Page:
    """The first of these places; the next page begins after the last one shown, or where the walk stopped."""
    shown = places[:limit]
    last = shown[-1] if len(places) > limit else stopped
    return Page([id_ for _, id_ in shown], "{}~{}".format(*last) if last else "", count)


def _few(asked: _Asked) -> tuple[list[int] | None, bool]:
    """(The articles that the words or one of the conditions name, if these are few; whether it was the words.)"""

    def ids(names: str, values: Sequence[object], most: int) -> list[int]:
        rows = asked.db.execute(f"SELECT id FROM ({names}) LIMIT ?", (*values, most))  # noqa: S608
        return [id_ for (id_,) in rows]

    words = asked.words
    if words:
        left = _FEW + 1 - len(words.latest) if words.low else 0
        older = ids(words.sql("AND rowid < ?"), words.values(words.low), max(left, 0))
        if len(words.latest) + len(older) <= _FEW:
            return [*words.latest, *older], True
    for one in asked.wanted:
        named = ids(one.names, one.values, _FEW + 1) if one.names else None
        if named is not None and len(named) <= _FEW:
            return named, False
    return None, False


def _sorted(asked: _Asked, ids: Sequence[int]) -> list[Place]:
    """Those of the articles that meet all conditions, newest first."""
    tests = [one for one in (*asked.wanted, days(asked.query)) if one]
    where = " AND ".join(one.test for one in tests) or "true"
    rows = asked.db.execute(
        f"SELECT {WHEN}, a.id FROM json_each(?) j CROSS JOIN article a INDEXED BY article_when ON a.id = j.value "  # noqa: S608
        f"WHERE {where} ORDER BY 1 DESC, 2 DESC",
        (json.dumps(ids), *(value for one in tests for value in one.values)),
    )
    return rows.fetchall()


def _walk(asked: _Asked, after: Place | None) -> tuple[list[Place], Place | None]:
    """Back through the calendar until the page is full: what was found, and where the walk stopped before its end."""
    words, looks = asked.words, _LOOKS
    found: list[Place] = []
    step = asked.limit + 1 if not asked.wanted and (not words or words.latest) else _STEP
    step = _LARGEST_STEP if words and words.costly else step
    while looks > 0:
        stretch = _stretch(asked, after, step)
        if not stretch:
            return found, None
        found += _holding(asked, _meeting(asked, stretch))
        if len(found) > asked.limit or len(stretch) < step:
            return found, None
        after, looks, step = stretch[-1], looks - len(stretch), min(step * 2, _LARGEST_STEP)
    return found, after


def _stretch(asked: _Asked, after: Place | None, step: int) -> list[Place]:
    """The next articles of the calendar, newest first, but those that are known not to hold the words."""
    words, between = asked.words, days(asked.query)
    limits: list[str] = ["true"]
    values: list[object] = []
    if between:
        limits.append(between.test)
        values += between.values
    if after:
        limits.append(f"{WHEN} <= ? AND ({WHEN} < ? OR a.id < ?)")
        values += [after[0], after[0], after[1]]
    if words and words.latest:
        limits.append("(a.id < ? OR a.id IN (SELECT value FROM json_each(?)))")
        values += [words.low, json.dumps(words.latest)]
    rows = asked.db.execute(
        f"SELECT {WHEN}, a.id FROM article a INDEXED BY article_by_day WHERE {' AND '.join(limits)} "  # noqa: S608
        f"ORDER BY {WHEN} DESC, a.id DESC LIMIT ?",
        (*values, step),
    )
    return rows.fetchall()


def _meeting(asked: _Asked, places: Sequence[Place]) -> Sequence[Place]:
    """Those of the places whose articles meet the conditions."""
    if not asked.wanted:
        return places
    tests = " AND ".join(one.test for one in asked.wanted)
    rows = asked.db.execute(
        f"SELECT a.id FROM (SELECT value AS id FROM json_each(?)) a WHERE {tests}",  # noqa: S608
        (json.dumps([id_ for _, id_ in places]), *(value for one in asked.wanted for value in one.values)),
    )
    met = {id_ for (id_,) in rows}
    return [place for place in places if place[1] in met]


def _holding(asked: _Asked, places: Sequence[Place]) -> list[Place]:
    """Those of the places whose articles hold the words."""
    words = asked.words
    if words is None or not places:
        return list(places)
    held = set(words.latest)
    unknown = [id_ for _, id_ in places if id_ < words.low]
    sql = words.sql("AND rowid BETWEEN ? AND ?")
    for low, high in runs(unknown, FEW_RUNS if words.costly else RUNS) if unknown else ():
        held.update(id_ for (id_,) in asked.db.execute(sql, words.values(low, high)))
    return [place for place in places if place[1] in held]


def _first_holding(asked: _Asked, words: Words, places: Sequence[Place]) -> tuple[list[Place], bool]:
    """(Those of the places that hold the words, more than a page if there are; whether these are all.)

    How many have to be asked for a page, the articles that came in last and hold the words tell.
    """
    likely = 2 * asked.limit * (words.latest[0] - words.latest[-1]) // len(words.latest)
    found: list[Place] = []
    for part in (places[:likely], places[likely:]):
        found += _holding(asked, part)
        if len(found) > asked.limit:
            return found, len(places) <= likely
    return found, True


def runs(ids: Sequence[int], most: int) -> list[tuple[int, int]]:
    """The numbers as not more than so many ranges, cut where nothing lies between for longest."""
    ordered = sorted(ids)
    gaps = sorted(range(1, len(ordered)), key=lambda place: ordered[place - 1] - ordered[place])[: most - 1]
    cuts = [0, *sorted(place for place in gaps if ordered[place] - ordered[place - 1] > _GAP), len(ordered)]
    return [(ordered[low], ordered[high - 1]) for low, high in pairwise(cuts)]


def _best(asked: _Asked, words: Words, cursor: Cursor) -> Page:
    """A page of the best of the newest matches, or of the others, which follow newest first."""
    db, limit = asked.db, asked.limit
    top = cursor.top or db.execute("SELECT coalesce(max(id), 0) FROM article").fetchone()[0]
    known = asked._replace(wanted=[*asked.wanted, Condition("", "a.id <= ?", (top,))])
    points: dict[int, float] = {}
    if cursor.after is None and not asked.wanted and not days(asked.query):  # found and judged by one search
        points = _points(db, words, "AND rowid <= ? ORDER BY rowid DESC LIMIT ?", top, _WINDOW)
        latest = sorted(points, reverse=True)[:_WINDOW]
        window, whole = _sorted(asked, latest), len(latest) < _WINDOW
    else:
        window, whole = _window(known, words, top)
    numbers, ids = [id_ for _, id_ in window], []
    if cursor.after is None:
        shown = cursor.shown + limit
        today = datetime.combine(datetime.now(UTC), time(), UTC)  # the next page is made at another time
        ids = _ordered(window, points or _points_of(db, words, numbers), today)[cursor.shown : shown]
        if whole or len(ids) == limit:
            more = not whole or shown < len(window)
            return Page(
                ids, f"best~{top}~{shown}" if more else "", len(window) if whole else None, rare=not asked.wanted
            )
    others = Condition("", "a.id NOT IN (SELECT value FROM json_each(?))", (json.dumps(numbers),))
    left = known._replace(query=structs.replace(asked.query, limit=limit - len(ids)), wanted=[*known.wanted, others])
    rest = _newest(left, cursor.after)
    return Page(ids + rest.ids, f"best~{top}~{rest.next}" if rest.next else "", None)


def _window(asked: _Asked, words: Words, top: int) -> tuple[list[Place], bool]:
    """(The newest matches up to article `top`, as many as are ranked; whether there are no others.)

    The newest are those that came in last; of some days they are those of the calendar, too.
    """
    few, _ = _few(asked._replace(words=None))
    if few is not None:
        held = _holding(asked, _sorted(asked, few))
        return held[:_WINDOW], len(held) <= _WINDOW
    between = days(asked.query)
    most = _LOOKS if between or any(one.names for one in asked.wanted) else _WINDOW
    ids = _latest(asked.db, words, top, most)
    places = _sorted(asked, ids)
    if len(ids) < most:
        return places[:_WINDOW], len(places) <= _WINDOW
    if between and len(places) < _WINDOW:
        found, _ = _walk(asked._replace(query=structs.replace(asked.query, limit=_WINDOW)), None)
        places = sorted({*places, *found}, reverse=True)
    return places[:_WINDOW], False


def _points_of(db: sqlite3.Connection, words: Words, ids: Sequence[int]) -> dict[int, float]:
    """bm25 (the less the better) of these articles."""
    if not ids:
        return {}
    one = "AND rowid BETWEEN ? AND ? AND +rowid IN (SELECT value FROM json_each(?))"
    return _points(db, words, one, min(ids), max(ids), json.dumps(ids))


def _points(db: sqlite3.Connection, words: Words, more: str, *values: object) -> dict[int, float]:
    """bm25 of the articles that hold the words; `more` narrows each part."""
    points: dict[int, float] = {}
    for index, match, own in words.parts:
        sql = f"SELECT rowid, bm25({index}, 4.0, 1.0) FROM {index} WHERE {index} MATCH ? {own} {more}"  # noqa: S608
        points |= dict(db.execute(sql, (match, *values)).fetchall())
    return points


def _ordered(places: Sequence[Place], points: Mapping[int, float], today: datetime) -> list[int]:
    """The ids of the places, the best first."""
    best_first = sorted(places, key=lambda place: points.get(place[1], 0.0) / _fading(place[0], today))
    return [id_ for _, id_ in best_first]


def _fading(when: str, today: datetime) -> float:
    """1 for what is new, towards 2 for what is old: a find that is old counts half."""
    try:
        age = max((today - datetime.fromisoformat(when)).total_seconds() / 86400, 0.0)
    except (ValueError, TypeError):
        return 2.0
    return 2.0 - math.exp2(-age / _FADING)
