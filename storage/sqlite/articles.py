"""Articles: what is new, revised, unchanged or a duplicate is judged here, inside the writer's transaction."""

import json
import sqlite3
from urllib.parse import urlsplit

from storage.likeness import contained, sample, unpacked
from storage.records import Article, Failure, Kept, Outcome, Page
from storage.sqlite import sites, twins
from storage.sqlite.feeds import find
from storage.sqlite.text import clean, stamp

_ALIKE = 0.3  # scale.md, section 1: containment of word 5-grams that keeps every kind of true copy
_ENOUGH_WORDS = 30  # equal texts shorter than this say nothing about identity


def add(db: sqlite3.Connection, url: str, page: Page, article: Article, digest: str) -> Kept:
    """Archive a cleaned page under `url`; every address on the way becomes an alias."""
    now = stamp(page.fetched) or ""
    own = (url, page.url, *page.hops, page.final_url)
    id_ = next((found for address in own if (found := find(db, address)) is not None), None)
    address = article.url if _believable(article.url, page.final_url) else page.final_url
    trusted = True
    if id_ is None and (other := find(db, address)) is not None:
        trusted = _same_story(db, other, article)
        id_ = other if trusted else None
        address = address if trusted else url
    twin = _twin(db, article, site_of(address)) if id_ is None else None
    if id_ is not None:
        kept = _meet_again(db, id_, article, digest, now)
    elif twin is not None:
        kept = Kept(Outcome.DUPLICATE, twin, "the same text at another address of the site")
    else:
        kept = _arrive(db, address, article, digest, now)
    _link(db, kept.article, {*own, address} if trusted else set(own))
    settle(db, url)
    return kept


def _arrive(db: sqlite3.Connection, url: str, article: Article, digest: str, now: str) -> Kept:
    id_ = _insert(db, url, article, digest, now)
    # A new state of a story under a new address repeats the story, not the site.
    again = (
        "SELECT 1 FROM pair p JOIN article a ON a.id = p.other WHERE p.article = ? AND p.kind = 'same' AND a.site = ?"
    )
    if db.execute(again, (id_, site_of(url))).fetchone():
        return Kept(Outcome.NEW, id_)
    learned = sites.learn(db, site_of(url), id_, article)
    return Kept(Outcome.NEW, id_, learned=site_of(url) if learned else "")


def replace(db: sqlite3.Connection, id_: int, article: Article) -> None:
    """Give an article the text that our rules find now in the page that it was made from. That is no revision."""
    (digest,) = db.execute("SELECT page FROM article WHERE id = ?", (id_,)).fetchone()
    _set(db, id_, _columns(article, digest))
    _mark(db, id_, article)


def settle(db: sqlite3.Connection, url: str) -> None:
    """Nothing more to do for this address, until its feed says that it changed."""
    done = "settled = 1, known = 1, next_try = NULL, reason = '', tries = 0, entry = '{}'"
    db.execute(f"UPDATE pending SET {done} WHERE url = ?", (url,))  # noqa: S608 (our words)


def fail(db: sqlite3.Connection, url: str, failure: Failure) -> Kept:
    """Write down why an address was not archived, and when it is tried again."""
    id_ = find(db, url)
    db.execute(
        "UPDATE pending SET tries = tries + 1, reason = ?, next_try = ?, settled = ?, skipped = ? WHERE url = ?",
        (clean(failure.reason), stamp(failure.next_try), failure.final, failure.skipped, url),
    )
    if failure.gone and id_ is not None:
        db.execute("UPDATE article SET gone = coalesce(gone, ?) WHERE id = ?", (stamp(failure.at), id_))
    outcome = Outcome.SKIPPED if failure.skipped else Outcome.FAILED
    return Kept(outcome, id_ or 0, failure.reason)


def _believable(canonical: str, own: str) -> bool:
    """Whether a page's canonical address may be its own: same site, and not the bare home page."""
    there, here = urlsplit(canonical), urlsplit(own)
    if (there.path or "/") == "/" and not there.query and (here.path or "/") != "/":
        return False
    return site_of(canonical) == site_of(own)


def site_named(host: str) -> str:
    """The site that a person means by a host or an address of it."""
    return site_of(host if "://" in host else f"http://{host}")


def site_of(url: str) -> str:
    """The name of an address's site: its host without what only tells the form of its pages."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    for mark in ("www.", "m.", "amp.", "mobile."):
        host = host.removeprefix(mark)
    # Two servers on one address (a laboratory) are two sites.
    return f"{host}:{parts.port}" if parts.port else host


def _same_story(db: sqlite3.Connection, other: int, article: Article) -> bool:
    title, text = db.execute("SELECT title, text FROM article WHERE id = ?", (other,)).fetchone()
    return title == clean(article.metadata.title) or contained(text, article.text) >= _ALIKE


def _twin(db: sqlite3.Connection, article: Article, site: str) -> int | None:
    if article.words < _ENOUGH_WORDS:
        return None
    row = db.execute(
        "SELECT id FROM article WHERE fingerprint = ? AND site = ?", (article.fingerprint, site)
    ).fetchone()
    return int(row[0]) if row else None


def _columns(article: Article, digest: str) -> dict[str, object]:
    facts = article.metadata
    return {
        "title": clean(facts.title),
        "text": clean(article.text),
        "markup": clean(article.markup),
        "summary": clean(facts.summary),
        "authors": _list(facts.authors),
        "published": stamp(facts.published),
        "modified": stamp(facts.modified),
        "language": clean(facts.language),
        "section": clean(facts.section),
        "tags": _list(facts.tags),
        "image": clean(facts.image),
        "image_caption": clean(facts.image_caption),
        "image_credit": clean(facts.image_credit),
        "licence": clean(facts.licence),
        "kind": article.kind,
        "access": facts.access,
        "words": article.words,
        "score": article.score,
        "page": digest,
        "fingerprint": article.fingerprint,
        "extractor": article.extractor,
        "said_by": json.dumps(facts.said_by),
    }


def _list(values: tuple[str, ...]) -> str:
    return json.dumps([clean(value) for value in values], ensure_ascii=False)


def _insert(db: sqlite3.Connection, url: str, article: Article, digest: str, now: str) -> int:
    columns = _columns(article, digest) | {
        "url": url,
        "site": site_of(url),
        "first_seen": now,
        "last_seen": now,
        "revision": 1,
    }
    names, marks = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    id_ = db.execute(f"INSERT INTO article ({names}) VALUES ({marks})", columns).lastrowid  # noqa: S608 (our names)
    assert id_
    _revision(db, id_, 1, digest, now)
    _mark(db, id_, article)
    return id_


def _meet_again(db: sqlite3.Connection, id_: int, article: Article, digest: str, now: str) -> Kept:
    row = db.execute("SELECT title, text, page, revision FROM article WHERE id = ?", (id_,)).fetchone()
    title, text, page, revision = row
    columns = _columns(article, digest)
    db.execute("UPDATE article SET last_seen = max(last_seen, ?), gone = NULL WHERE id = ?", (now, id_))
    if page == digest:
        return Kept(Outcome.UNCHANGED, id_, "the same page")
    changed = (title, text) != (columns["title"], columns["text"])
    columns["revision"] = revision + changed
    if changed:
        old = "UPDATE revision SET title = ?, text = ? WHERE article = ? AND number = ?"
        db.execute(old, (title, text, id_, revision))
        _revision(db, id_, revision + 1, digest, now)
        _mark(db, id_, article)
    _set(db, id_, columns)
    return Kept(Outcome.REVISED, id_) if changed else Kept(Outcome.UNCHANGED, id_, "the same text")


def _set(db: sqlite3.Connection, id_: int, columns: dict[str, object]) -> None:
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    db.execute(f"UPDATE article SET {sets} WHERE id = :id", columns | {"id": id_})  # noqa: S608 (our names)


def _mark(db: sqlite3.Connection, id_: int, article: Article) -> None:
    """Link it to its near-duplicates; whoever did not take the sample beforehand has it taken here."""
    twins.mark(db, id_, article.text, unpacked(article.sample) or sample(article.text), article.agency)


def _revision(db: sqlite3.Connection, id_: int, number: int, digest: str, now: str) -> None:
    """The newest revision; its words stand in the article until a newer one comes."""
    db.execute("INSERT INTO revision VALUES (?, ?, ?, NULL, NULL, ?)", (id_, number, now, digest))


def _link(db: sqlite3.Connection, id_: int, urls: set[str]) -> None:
    for url in urls:
        db.execute("INSERT INTO alias VALUES (?, ?) ON CONFLICT DO NOTHING", (clean(url), id_))
        db.execute("UPDATE sighting SET article = ? WHERE url = ?", (id_, url))
