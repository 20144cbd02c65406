"""What a site repeats, and how its articles usually are: learned from every article that comes in."""

import sqlite3

import msgspec

from storage.boilerplate import LEAST_PAGES, SURE, USUAL, YOUNG, is_boilerplate, layout_alarm, reason
from storage.folding import numberless
from storage.records import Article, Line, Page, Repeated, SiteRules
from storage.sqlite.text import clean

_FORGET = 50  # articles after which a line that never came back is forgotten
_EVERY = 25
_WINDOW = 200  # articles: the counts are halved when a site has more, so that what is gone fades
_MOST_RULES = 2000
_FIGURES = ("score", "words", "fields")
_SLOW, _QUICK = 50, 5  # articles that a figure remembers


def rules(db: sqlite3.Connection, site: str) -> SiteRules:
    """What is known about a site."""
    rows = db.execute("SELECT mark FROM line WHERE site = ? AND boilerplate LIMIT ?", (site, _MOST_RULES))
    homes = db.execute(
        "SELECT h.mark FROM home h JOIN site s USING (site) WHERE site = ? AND pages >= ? AND pages >= ? * s.articles",
        (site, LEAST_PAGES, USUAL),
    )
    return SiteRules(site, frozenset(mark for (mark,) in rows), frozenset(mark for (mark,) in homes))


def learn(db: sqlite3.Connection, site: str, id_: int, article: Article) -> bool:
    """Count an article's lines and figures; whether earlier articles of the site want cleaning again."""
    db.execute("INSERT INTO site (site) VALUES (?) ON CONFLICT DO NOTHING", (site,))
    of = _measure(db, site, article)
    db.executemany(
        "INSERT INTO line (site, mark, text, pages, apart, seen, first) VALUES (?, ?, '', 1, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET pages = pages + 1, apart = apart + excluded.apart, seen = excluded.seen, text = ?",
        [(site, line.mark, line.apart, of, id_, clean(line.text)) for line in article.lines],
    )
    if article.home and article.score >= SURE:
        seen = "INSERT INTO home VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET pages = pages + 1"
        db.execute(seen, (site, article.home))
    _judge(db, site, of, article)
    if of == YOUNG:
        db.execute(
            "UPDATE line SET boilerplate = 0, applied = 0 WHERE site = ? AND boilerplate AND ruling = '' AND pages < ?",
            (site, LEAST_PAGES),
        )
    if of % _EVERY == 0:
        forgotten = "DELETE FROM line WHERE site = ? AND pages = 1 AND seen < ? AND ruling = ''"
        db.execute(forgotten, (site, of - _FORGET))
        db.execute("DELETE FROM home WHERE site = ? AND pages = 1", (site,))
    if of >= _WINDOW:
        _halve(db, site)
    return db.execute("SELECT 1 FROM line WHERE site = ? AND applied <> 1", (site,)).fetchone() is not None


def _judge(db: sqlite3.Connection, site: str, of: int, article: Article) -> None:
    """Once a line is boilerplate it stays so: it is dropped from every page from then on.

    If such a line stands in the article's text, that was cleaned before the line was known.
    """
    lines = {line.mark: line for line in article.lines}
    met = db.execute(
        "SELECT mark, pages, apart, boilerplate, ruling FROM json_each(?) m JOIN line ON site = ? AND mark = m.value "
        "WHERE pages > 1 OR boilerplate",  # most lines were never seen before
        (msgspec.json.encode(list(lines)).decode(), site),
    ).fetchall()
    text = _unbroken(article.text) if any(known for _, _, _, known, _ in met) else ""
    numbered = any(known and lines[mark].counted for mark, _, _, known, _ in met)
    without_numbers = numberless(text) if numbered else ""
    for mark, pages, apart, known, ruling in met:
        line = lines[mark]
        found = not known and not ruling and is_boilerplate(pages, of, apart, counted=line.counted)
        if found or (known and clean(line.text) in (without_numbers if line.counted else text)):
            db.execute("UPDATE line SET boilerplate = 1, applied = 0 WHERE site = ? AND mark = ?", (site, mark))


def _unbroken(text: str) -> str:
    """A text as its lines are counted: without line breaks in them."""
    return " ".join(text.split())


def _measure(db: sqlite3.Connection, site: str, article: Article) -> int:
    """Move the site's figures: slowly what is usual, quickly what is so now. Returns how many articles it has."""
    facts = article.metadata
    now = (article.score, float(article.words), (bool(facts.published) + bool(facts.authors) + bool(facts.title)) / 3)
    names = ", ".join(f"{name}, {name}_now" for name in _FIGURES)
    of, *before = db.execute(f"SELECT articles, {names} FROM site WHERE site = ?", (site,)).fetchone()  # noqa: S608
    after: list[float] = []
    for place, value in enumerate(now):
        for old, memory in zip(before[2 * place : 2 * place + 2], (_SLOW, _QUICK), strict=True):
            after.append(old + (value - old) / min(of + 1, memory))
    sets = ", ".join(f"{name} = ?, {name}_now = ?" for name in _FIGURES)
    alarm = layout_alarm(of + 1, after[::2], after[1::2])
    db.execute(
        f"UPDATE site SET articles = articles + 1, {sets}, alarm = ? WHERE site = ?",  # noqa: S608
        (*after, alarm, site),
    )
    return int(of) + 1


def _halve(db: sqlite3.Connection, site: str) -> None:
    db.execute("UPDATE site SET articles = articles / 2 WHERE site = ?", (site,))
    db.execute("UPDATE home SET pages = (pages + 1) / 2 WHERE site = ?", (site,))
    db.execute(
        "UPDATE line SET pages = (pages + 1) / 2, apart = (apart + 1) / 2, seen = seen - ? WHERE site = ?",
        (_WINDOW - _WINDOW // 2, site),
    )


def has_api(db: sqlite3.Connection, site: str, page: Page) -> None:
    """Remember the root of a site's WordPress API, which its pages name in a header."""
    api = clean(page.link("https://api.w.org/"))
    if api:
        db.execute("UPDATE site SET api = ? WHERE site = ? AND api <> ?", (api, site, api))


def api(db: sqlite3.Connection, site: str) -> str:
    """The root of a site's WordPress API as its pages name it, or ''."""
    row = db.execute("SELECT api FROM site WHERE site = ?", (site,)).fetchone()
    return str(row[0]) if row else ""


def repeated(db: sqlite3.Connection, site: str) -> list[Repeated]:
    """The lines that stand on more than one article of a site, the most frequent first."""
    row = db.execute("SELECT articles FROM site WHERE site = ?", (site,)).fetchone()
    of = row[0] if row else 0
    rows = db.execute(
        "SELECT text, pages, apart, boilerplate, ruling FROM line WHERE site = ? AND (pages > 1 OR ruling <> '') "
        "ORDER BY boilerplate DESC, pages DESC, text",
        (site,),
    )
    return [
        Repeated(
            text=text,
            pages=pages,
            of=of,
            apart=apart,
            boilerplate=bool(boilerplate),
            ruling=ruling,
            reason=reason(pages, of, apart, ruling, boilerplate=bool(boilerplate)),
        )
        for text, pages, apart, boilerplate, ruling in rows
    ]


def rule(db: sqlite3.Connection, site: str, line: Line, ruling: str) -> str:
    """Write down the user's own verdict on a line, "ban" or "protect"; the site."""
    db.execute("INSERT INTO site (site) VALUES (?) ON CONFLICT DO NOTHING", (site,))
    db.execute(
        "INSERT INTO line (site, mark, text, pages, apart, seen, first, ruling, boilerplate, applied) "
        "VALUES (?, ?, ?, 0, 0, 0, 0, ?, ?, 0) ON CONFLICT DO UPDATE SET ruling = excluded.ruling, applied = 0, "
        "boilerplate = excluded.boilerplate, text = CASE text WHEN '' THEN excluded.text ELSE text END",
        (site, line.mark, clean(line.text), ruling, ruling == "ban"),
    )
    return site


def stale(db: sqlite3.Connection, site: str) -> tuple[int, ...]:
    """The articles of a site that hold a line of which it was learned since that it is boilerplate.

    Of a line that is protected now nobody knows where it was dropped: then all articles since it was first seen.
    """
    db.execute("UPDATE line SET applied = 2 WHERE site = ? AND applied = 0", (site,))
    rows = db.execute("SELECT text, first, boilerplate FROM line WHERE site = ? AND applied = 2", (site,)).fetchall()
    if not rows:
        return ()
    heads = [numberless(text) for text, _, boilerplate in rows if boilerplate and text]
    every = any(not boilerplate for *_, boilerplate in rows)
    articles = db.execute(
        "SELECT id, text FROM article WHERE site = ? AND id >= ? ORDER BY id", (site, min(row[1] for row in rows))
    )
    texts = ((id_, numberless(_unbroken(text))) for id_, text in articles)
    return tuple(id_ for id_, text in texts if every or any(head in text for head in heads))


def cleaned(db: sqlite3.Connection, site: str) -> None:
    """What `stale` told last is cleaned; lines that were learned meanwhile still wait."""
    db.execute("UPDATE line SET applied = 1 WHERE site = ? AND applied = 2", (site,))


def alarms(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """The sites whose articles are no longer what they were, and what fell."""
    return db.execute("SELECT site, alarm FROM site WHERE alarm <> '' ORDER BY site").fetchall()
