"""What narrows a search but its words: category, site, language, author, cluster and days, as SQL over `article a`."""

import json
import re
import sqlite3
from datetime import UTC, datetime
from typing import NamedTuple

from storage.errors import BadQuery
from storage.records import Query
from storage.sqlite.identity import site_named
from storage.sqlite.text import clean
from storage.sqlite.words import bare

WHEN = "coalesce(a.published, a.first_seen)"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Condition(NamedTuple):
    """What narrows a search: the articles it names, and a test of one article `a`; both as SQL with these values.

    One that names none ('') is met by most articles.
    """

    names: str
    test: str
    values: tuple[object, ...]


def conditions(db: sqlite3.Connection, query: Query) -> list[Condition]:
    """The filters of a query but its days and words."""
    made: list[Condition] = []
    if query.category:
        feeds = "(SELECT id FROM feed WHERE category = ? COLLATE NOCASE)"
        names = f"SELECT DISTINCT article AS id FROM sighting WHERE feed IN {feeds} AND article > 0"  # noqa: S608
        test = f"EXISTS (SELECT 1 FROM sighting s WHERE s.article = a.id AND s.feed IN {feeds})"  # noqa: S608 (our words)
        made.append(Condition(names, test, (clean(query.category),)))
    if query.site:
        # The index knows the id too: the row itself, with its long text, is left alone.
        names = "SELECT id FROM article INDEXED BY article_by_site WHERE site = ?"
        made.append(Condition(names, f"EXISTS ({names} AND id = a.id)", (site_named(clean(query.site)),)))
    if query.language:
        spoken = [tongue for tongue in languages(db) if f"{tongue}-".lower().startswith(f"{query.language}-".lower())]
        names = (
            "SELECT id FROM article INDEXED BY article_by_language WHERE language IN (SELECT value FROM json_each(?))"
        )
        made.append(Condition(names, f"EXISTS ({names} AND id = a.id)", (json.dumps(spoken),)))
    if query.author:
        known = "author IN (SELECT value FROM json_each(?))"
        names = f"SELECT DISTINCT article AS id FROM byline WHERE {known}"  # noqa: S608 (our words)
        test = f"EXISTS (SELECT 1 FROM byline INDEXED BY byline_by_article WHERE article = a.id AND {known})"  # noqa: S608
        made.append(Condition(names, test, (json.dumps(_authors(db, query.author)),)))
    if query.cluster is not None:
        names = "SELECT article AS id FROM sketch WHERE cluster = ?"
        made.append(Condition(names, f"EXISTS ({names} AND article = a.id)", (query.cluster,)))
    return made


def days(query: Query) -> Condition | None:
    """The days of a query. Raises BadQuery."""
    limits = [(f"{WHEN} >= ?", _moment("since", query.since)), (f"{WHEN} <= ?", _moment("until", query.until))]
    given = [(test, value) for test, value in limits if value]
    return Condition("", " AND ".join(test for test, _ in given), tuple(value for _, value in given)) if given else None


def languages(db: sqlite3.Connection) -> list[str]:
    """The languages of the archive, each read off the index once."""
    rows = db.execute(
        "WITH RECURSIVE spoken (one) AS (SELECT min(language) FROM article UNION ALL SELECT (SELECT min(language) "
        "FROM article WHERE language > one) FROM spoken WHERE one IS NOT NULL) SELECT one FROM spoken WHERE one <> ''"
    )
    return [language for (language,) in rows]


def _moment(name: str, text: str) -> str:
    """A day or time as moments are stored; a day means all of it, a time without an offset is UTC."""
    if not text:
        return ""
    try:
        given = datetime.fromisoformat(text)
        if _DAY.fullmatch(text) and name == "until":
            given = given.replace(hour=23, minute=59, second=59)
        given = (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadQuery(
            f"{name}: expected a day such as 2026-11-24, or a time such as 2026-11-24T09:30:00Z: {text[:40]!r}"
        ) from error
    return given.strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)


def _authors(db: sqlite3.Connection, name: str) -> list[int]:
    """The authors with this in their name, whatever its case, accents and apostrophes."""
    pattern = "%{}%".format(re.sub(r"([\\%_])", r"\\\1", bare(clean(name))))
    db.create_function("bare", 1, bare, deterministic=True)  # asked only of names that hold more than ASCII
    rows = db.execute(
        "SELECT id FROM author WHERE name LIKE :it ESCAPE '\\' OR "
        "(length(CAST(name AS BLOB)) > length(name) AND bare(name) LIKE :it ESCAPE '\\') LIMIT 500",
        {"it": pattern},
    )
    return [id_ for (id_,) in rows]
