"""Which article a page belongs to. Every address ever seen finds it; a claim is believed only with evidence.

In this order: an address that it was asked for or redirected through (where that was for now only, the page has to tell
the story, see `strays`); the canonical address that it names, if that is
no address which several stories name; its feed's guid, or title and time, if the address that had them before is gone
from the feed; the same text at another address of the site. Claims (the second and the third) need the same story to
be told.
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from storage.likeness import contained, is_told
from storage.records import Article, Page
from storage.sites import site_of
from storage.sqlite.text import clean

# What a feed shows under the same guid at another address; the index is named, for SQLite would read the whole feed.
_SAME_GUID = (
    "sighting {0} INDEXED BY sighting_by_guid WHERE {0}.feed = s.feed AND {0}.guid = s.guid AND {0}.guid <> '' "
    "AND {0}.url <> s.url"
)
# Another address (o) at which a feed showed the item that it shows at s now: its guid tells, or its title and time.
_FORMER = (
    f"sighting s, {_SAME_GUID.format('o')} AND o.round < s.round",
    "sighting s, sighting o WHERE o.feed = s.feed AND o.round BETWEEN s.round - 3 AND s.round - 1 "
    "AND o.url <> s.url AND o.title = s.title AND o.title <> '' AND o.published = s.published",
)
# Containment of word 5-grams (scale.md, section 1): .3 keeps every kind of true copy; templates of one site share more.
_ALIKE, _SURELY = 0.3, 0.8
_ENOUGH_WORDS = 30  # equal texts shorter than this say nothing about identity
_MORE_THAN_A_NOTE = 100  # and shorter than this nothing under other headlines ("This story is being updated. Please …")


class Identity(NamedTuple):
    """`article`: whose it is (None: a new one); `url`: the address to know it by; `aliases`: what else finds it.

    `copy`: the text stands at two addresses, and only the text says so; `moved`: it lives at `url` now.
    """

    article: int | None
    url: str
    aliases: frozenset[str]
    copy: bool = False
    moved: bool = False


def find(db: sqlite3.Connection, url: str) -> int | None:
    """The article of any address ever seen."""
    row = db.execute("SELECT article FROM alias WHERE url = ?", (url,)).fetchone()
    return int(row[0]) if row else None


def identify(db: sqlite3.Connection, url: str, page: Page, article: Article) -> Identity:
    """Whose page this is, asked for under `url`. Writes down addresses that turn out to be shared."""
    path = (page.final_url, url, page.url, *page.hops)  # where two articles stand, the page is that of its end
    own = frozenset(path)
    claimed = article.url
    id_ = _at(db, path)
    if id_ is not None and (named := _only_named(db, id_, own)) and _disputed(db, named, article):
        id_ = _at(db, path)  # the dispute took the address from whom it was known by
    if id_ is not None:
        return Identity(id_, claimed, own, moved=page.url != page.final_url and _lives_at(db, id_, own - {claimed}))
    if claimed not in own and _disputed(db, claimed, article):
        claimed = page.final_url
    other = find(db, claimed)
    if other is not None:
        return Identity(other, claimed, own)
    former = _former(db, url, article)
    if former is not None:
        return Identity(former, claimed, own | {claimed}, moved=True)
    twin = _twin(db, article, site_of(claimed))
    moved = twin is not None and _left(db, twin, url)
    return Identity(twin, claimed, own | {claimed}, copy=twin is not None and not moved, moved=moved)


def _at(db: sqlite3.Connection, path: Iterable[str]) -> int | None:
    return next((found for address in path if (found := find(db, address)) is not None), None)


def strays(db: sqlite3.Connection, url: str, page: Page, article: Article) -> bool:
    """See storage.archive.Archive. Of what was asked for, its feeds' words are known or, if it is archived, its own."""
    known = "SELECT a.url, a.title, a.text FROM alias l JOIN article a ON a.id = l.article WHERE l.url = ?"
    named = "SELECT url, title, summary FROM sighting WHERE url = ?"
    told = [*db.execute(known, (url,)), *db.execute(named, (url,))]
    own = (url, page.url, *page.hops, *(one for one, _, _ in told))
    if article.url in own or _place(page.final_url) == _place(url):
        return False
    shown = clean(f"{article.metadata.title}\n{article.text}")
    words = [(title, text) for _, title, text in told if title or text]
    # What leads there for good is most often a section, in which half of the words of any headline may stand.
    called = clean(article.metadata.title) if page.permanent else shown
    return bool(words) and not any(is_told(title, "", called) or is_told("", text, shown) for title, text in words)


def _place(url: str) -> tuple[str, str, str]:
    """Where a page is, whatever its scheme, final slash and the form of its host."""
    parts = urlsplit(url)
    return site_of(url), parts.path.rstrip("/"), parts.query


def link(db: sqlite3.Connection, id_: int, urls: frozenset[str]) -> None:
    """Have these addresses find the article, and the address that its guid is (WordPress: `?p=ID`)."""
    for url in map(clean, urls):
        db.execute("INSERT INTO alias VALUES (?, ?) ON CONFLICT DO NOTHING", (url, id_))
        db.execute("UPDATE sighting SET article = (SELECT article FROM alias WHERE url = ?) WHERE url = ?", (url, url))
    guids = db.execute(
        "SELECT s.guid FROM sighting s WHERE s.article = ? AND s.guid LIKE 'http%' "  # noqa: S608 (our words)
        f"AND NOT EXISTS (SELECT 1 FROM {_SAME_GUID.format('o')})",
        (id_,),
    ).fetchall()
    for (guid,) in guids:
        if any(_names_a_page(guid, site_of(url)) for url in urls):
            db.execute("INSERT INTO alias VALUES (?, ?) ON CONFLICT DO NOTHING", (guid, id_))


def site_named(host: str) -> str:
    """The site that a person means by a host or an address of it, also as browsers show it (bücher.example).

    What cannot be part of an address is the name of none.
    """
    try:
        site = site_of(host if "://" in host else f"http://{host}")
        if site.isascii():
            return site
        import idna  # noqa: PLC0415 (its tables are loaded for such a name only)

        return idna.encode(site, uts46=True).decode("ascii")
    except ValueError:
        return host


def _lives_at(db: sqlite3.Connection, id_: int, addresses: frozenset[str]) -> bool:
    (url,) = db.execute("SELECT url FROM article WHERE id = ?", (id_,)).fetchone()
    return url in addresses


def _only_named(db: sqlite3.Connection, id_: int, addresses: frozenset[str]) -> str:
    """Which of these an article is known by though it was never read there, but said so elsewhere; or ''."""
    query = "SELECT a.url, v.url FROM article a JOIN visit v ON v.article = a.id WHERE a.id = ?"
    known, read = db.execute(query, (id_,)).fetchone() or ("", "")
    return known if known in addresses and read not in addresses else ""


def _disputed(db: sqlite3.Connection, claimed: str, article: Article) -> bool:
    """Whether a canonical address that a page names is named by other stories too, and so is nobody's."""
    if db.execute("SELECT 1 FROM shared WHERE url = ?", (claimed,)).fetchone():
        return True
    other = find(db, claimed)
    if other is None or _same_story(db, other, article):
        return False
    row = db.execute("SELECT url FROM visit WHERE article = ?", (other,)).fetchone()
    if row and row[0] != claimed:  # the other one only named it too
        db.execute("INSERT INTO shared VALUES (?) ON CONFLICT DO NOTHING", (claimed,))
        db.execute("DELETE FROM alias WHERE url = ?", (claimed,))
        db.execute("UPDATE OR IGNORE article SET url = ? WHERE id = ? AND url = ?", (row[0], other, claimed))
    return True


def awaits_successor(db: sqlite3.Connection, url: str) -> bool:
    """Whether a feed shows the item of an address under another now, which is not archived yet.

    Then the old address may be gone because the article moved; what stands at the new one decides that. A guid that
    several items have says nothing.
    """
    others = f"SELECT 1 FROM {_SAME_GUID.format('x')} AND x.round = s.round"  # noqa: S608 (our words)
    waits = (
        "AND o.url = ? AND s.article IS NULL AND s.round = (SELECT round FROM feed WHERE id = s.feed) "  # noqa: S608 (our words)
        "AND EXISTS (SELECT 1 FROM pending WHERE url = s.url AND NOT settled) "
        f"AND (o.title = s.title OR NOT EXISTS ({others}))"
    )
    queries = (f"SELECT 1 FROM {former} {waits}" for former in _FORMER)  # noqa: S608 (our words)
    return any(db.execute(query, (url,)).fetchone() for query in queries)


def _former(db: sqlite3.Connection, url: str, article: Article) -> int | None:
    """The article that a feed showed as the same item at an address that is gone from the feed since."""
    asked = "AND s.url = ? AND o.article IS NOT NULL LIMIT 5"
    # Whose guid and time have stayed may have a new headline over half of a new text.
    told = "o.guid = s.guid AND s.guid <> '' AND o.published IS NOT NULL AND o.published = s.published"
    queries = (f"SELECT DISTINCT o.article, {told} FROM {former} {asked}" for former in _FORMER)  # noqa: S608 (our words)
    found = (row for query in queries for row in db.execute(query, (url,)).fetchall())
    return next((other for other, sure in found if _same_story(db, other, article, sure=bool(sure))), None)


def _left(db: sqlite3.Connection, other: int, url: str) -> bool:
    """Whether a feed that shows an address has dropped all those of this article."""
    query = (
        "SELECT max(o.round) < s.round FROM sighting s JOIN sighting o ON o.feed = s.feed AND o.article = ? "
        "WHERE s.url = ? AND o.url <> s.url GROUP BY s.feed"
    )
    return any(left for (left,) in db.execute(query, (other, url)))


def _same_story(db: sqlite3.Connection, other: int, article: Article, *, sure: bool = False) -> bool:
    title, text = db.execute("SELECT title, text FROM article WHERE id = ?", (other,)).fetchone()
    least = _ALIKE if sure or title == clean(article.metadata.title) else _SURELY
    return contained(text, article.text) >= least


def _twin(db: sqlite3.Connection, article: Article, site: str) -> int | None:
    if article.words < _ENOUGH_WORDS:
        return None
    row = db.execute(
        "SELECT id FROM article WHERE fingerprint = ? AND site = ? AND (? OR title = ?)",
        (article.fingerprint, site, article.words >= _MORE_THAN_A_NOTE, clean(article.metadata.title)),
    ).fetchone()
    return int(row[0]) if row else None


def _names_a_page(guid: str, site: str) -> bool:
    parts = urlsplit(guid)
    return site_of(guid) == site and (len(parts.path) > 1 or parts.query.startswith(("p=", "page_id=")))
