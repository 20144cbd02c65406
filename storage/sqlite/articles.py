"""Articles: what is new, revised, unchanged, withdrawn or a copy is judged here, inside the writer's transaction."""

import json
import sqlite3
from datetime import datetime

import msgspec

from storage.likeness import contained, sample, unpacked
from storage.records import Article, Failure, Kept, Outcome, Page
from storage.revisions import Change, judge
from storage.sites import site_of
from storage.sqlite import captures, pending, sites, twins, visits
from storage.sqlite.identity import Identity, awaits_successor, find, identify, link
from storage.sqlite.text import clean, stamp

_NOT_MODIFIED = 304
_TEASER = "teaser"  # what a page's access is called that shows the beginning only
_A_PART = 0.5  # of its word 5-grams that must stand in the article; the rest asks for a subscription
_NOTICE = 300  # characters of a retraction notice that are kept as the reason; the page is kept whole


def add(db: sqlite3.Connection, url: str, page: Page, article: Article, digest: str) -> Kept:
    """Archive a cleaned page under `url`; every address on the way becomes an alias."""
    if part := _part(db, url, page):
        return part
    whose, called, aside = identify(db, url, page, article), pending.is_called(db, url), False
    if find(db, url) not in (None, whose.article):
        return fail(db, url, _leads_to_another(page))
    if whose.article is None:
        kept = _arrive(db, whose.url, article, digest, stamp(page.fetched) or "")
    elif whose.copy:
        kept = Kept(Outcome.DUPLICATE, whose.article, "the same text at another address of the site")
    elif aside := _is_older(db, whose.article, page):
        kept = _look_back(db, whose.article, stamp(page.fetched) or "", differs=_differs(db, whose.article, article))
    elif aside := visits.is_form(db, whose.article, url, page, article.url):
        kept = _in_another_form(db, whose.article, page, article, called=called)
    else:
        kept = _meet_again(db, whose, page, article, digest)
    link(db, kept.article, whose.aliases)
    if not whose.copy and not aside:
        changed = kept.outcome is Outcome.REVISED and not kept.reason
        visits.made(db, kept.article, page, changed=changed, called=called)
        sites.has_api(db, site_of(whose.url), page)
    pending.settle(db, url)
    return kept


def _part(db: sqlite3.Connection, url: str, page: Page) -> Kept | None:
    """What becomes of a page on which an archived article goes on, and which was named by itself."""
    whole = captures.continued_at(db, page.final_url)
    if whole is None:
        return None
    link(db, whole, frozenset((url, page.url, *page.hops)))
    pending.settle(db, url)
    return Kept(Outcome.DUPLICATE, whole, "a later page of an archived article")


def _leads_to_another(page: Page) -> Failure:
    """Where an article stood, a redirect leads to another one that is archived: that one is looked at by itself."""
    reason = f"its address leads to another article: {page.final_url[:200]}"
    return Failure(reason=reason, at=page.fetched, final=True, status=page.status, skipped=True, gone=True, page=page)


def holds(db: sqlite3.Connection, id_: int, page: Page, digest: str) -> bool:
    """See storage.archive.Archive."""
    last = "SELECT 1 FROM article a JOIN visit v ON v.article = a.id WHERE a.id = ? AND a.page = ? AND v.url = ?"
    if db.execute(last, (id_, digest, clean(page.final_url))).fetchone():
        return True
    read = "SELECT 1 FROM fetch WHERE url = ? AND page = ? AND reason = ''"
    return page.via != "live" and db.execute(read, (clean(page.url), digest)).fetchone() is not None


def unchanged(db: sqlite3.Connection, url: str, page: Page) -> Kept:
    """The server says that an archived page is what it was, or sends it once more."""
    id_ = find(db, url)
    if id_ is None:
        return Kept(Outcome.FAILED, 0, "not modified, says the server, but it is not archived")
    if part := _part(db, url, page):
        return part
    called = pending.is_called(db, url)
    pending.settle(db, url)
    if _is_older(db, id_, page):
        return _look_back(db, id_, stamp(page.fetched) or "")
    _stands(db, id_, page)
    visits.made(db, id_, page, changed=False, called=called)
    return Kept(Outcome.UNCHANGED, id_, "not modified" if page.status == _NOT_MODIFIED else "the same page")


def _is_older(db: sqlite3.Connection, id_: int, page: Page | None) -> bool:
    """Whether a page is a capture from before the article was last looked at: it says nothing of what is so now."""
    return page is not None and page.via != "live" and _was_read_after(db, id_, page.fetched)


def _was_read_after(db: sqlite3.Connection, id_: int, when: datetime) -> bool:
    row = db.execute("SELECT last FROM visit WHERE article = ?", (id_,)).fetchone()
    return row is not None and (stamp(when) or "") < row[0]


def _look_back(db: sqlite3.Connection, id_: int, seen: str, *, differs: bool = False) -> Kept:
    """An older capture of an article: it was there by then. The page is kept, the text stays the newer one."""
    db.execute("UPDATE article SET first_seen = min(first_seen, ?) WHERE id = ?", (seen, id_))
    if differs:
        return Kept(Outcome.SKIPPED, id_, "an older text than the archived one; its page is kept")
    return Kept(Outcome.UNCHANGED, id_, "an older capture than the archived one; its page is kept")


def _in_another_form(db: sqlite3.Connection, id_: int, page: Page, article: Article, *, called: bool) -> Kept:
    """The mobile, AMP or print form of an article. The text stays its own page's; if they differ, that is asked."""
    db.execute("UPDATE article SET last_seen = max(last_seen, ?) WHERE id = ?", (stamp(page.fetched), id_))
    visits.elsewhere(db, id_, page, differs=_differs(db, id_, article), called=called)
    return Kept(Outcome.DUPLICATE, id_, "another form of an archived page")


def _differs(db: sqlite3.Connection, id_: int, article: Article) -> bool:
    """Whether a page tells another story than the archived text."""
    was = db.execute("SELECT title, text FROM article WHERE id = ?", (id_,)).fetchone()
    return judge(was, (clean(article.metadata.title), clean(article.text))) is not Change.NONE


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
    columns = _columns(article, digest)
    del columns["rights"]  # those were said when the page was fetched
    _set(db, id_, columns)
    _mark(db, id_, article)


def fail(db: sqlite3.Connection, url: str, failure: Failure) -> Kept:
    """Write down why an address was not archived, and when it is tried again."""
    id_ = find(db, url)
    pending.failed(db, url, failure)
    outcome = Outcome.SKIPPED if failure.skipped else Outcome.FAILED
    if id_ is None:
        return Kept(outcome, 0, failure.reason)
    if _is_older(db, id_, failure.page) or (failure.gone and _was_read_after(db, id_, failure.at)):
        return Kept(Outcome.SKIPPED, id_, failure.reason)
    if failure.gone and not failure.everywhere and visits.outlived(db, id_, url, failure.at):
        return Kept(Outcome.SKIPPED, id_, f"{failure.reason}; the article was read at another address last")
    visits.failed(db, id_, failure)
    if not failure.gone:
        return Kept(outcome, id_, failure.reason)
    if awaits_successor(db, url):
        return Kept(Outcome.SKIPPED, id_, f"{failure.reason}; its feed shows it at another address")
    return _withdraw(db, id_, stamp(failure.at) or "", failure.reason)


def _withdraw(db: sqlite3.Connection, id_: int, now: str, reason: str) -> Kept:
    """A tombstone: the article keeps its last good text."""
    (gone,) = db.execute("SELECT gone FROM article WHERE id = ?", (id_,)).fetchone()
    if gone:
        return Kept(Outcome.UNCHANGED, id_, "still withdrawn")
    db.execute("UPDATE article SET gone = ?, gone_reason = ? WHERE id = ?", (now, clean(reason), id_))
    return Kept(Outcome.SKIPPED, id_, f"withdrawn: {reason}")


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
        "rights": clean(msgspec.json.encode(article.rights).decode()),
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


def _meet_again(db: sqlite3.Connection, whose: Identity, page: Page, article: Article, digest: str) -> Kept:
    id_, columns, now = whose.article, _columns(article, digest), stamp(page.fetched) or ""
    assert id_
    title, text, before, revision = db.execute(
        "SELECT title, text, page, revision FROM article WHERE id = ?", (id_,)
    ).fetchone()
    reads = (clean(article.metadata.title), clean(article.text))
    change = Change.NONE if before == digest else judge((title, text), reads)
    if change is Change.RETRACTED:
        return _withdraw(db, id_, now, " ".join(": ".join(reads)[:_NOTICE].split()))
    _stands(db, id_, page)
    if article.metadata.access == _TEASER and change is Change.MAJOR and _is_less(db, id_, article):
        return Kept(Outcome.SKIPPED, id_, "only a teaser is shown now; the whole text is kept")
    if whose.moved:
        db.execute("UPDATE OR IGNORE article SET url = ?, site = ? WHERE id = ?", (whose.url, site_of(whose.url), id_))
    if before == digest:
        return Kept(Outcome.UNCHANGED, id_, "the same page")
    if change is Change.NONE:
        if reads == (title, text):
            _set(db, id_, columns)
        return Kept(Outcome.UNCHANGED, id_, "the same text" if reads == (title, text) else "the same but for its time")
    if _takes_turns(db, id_, revision, (title, text), reads):
        return Kept(Outcome.UNCHANGED, id_, "it shows two texts by turns, and both are kept")
    db.execute(
        "UPDATE revision SET (title, text, published, modified) = (SELECT title, text, published, modified "
        "FROM article WHERE id = :id) WHERE article = :id AND number = :number",
        {"id": id_, "number": revision},
    )
    minor = _minor(db, whose, page, change)
    _revision(db, id_, revision + 1, digest, now, minor=bool(minor))
    _set(db, id_, columns | {"revision": revision + 1})
    if change is Change.MAJOR:
        _mark(db, id_, article)
    return Kept(Outcome.REVISED, id_, minor)


def _minor(db: sqlite3.Connection, whose: Identity, page: Page, change: Change) -> str:
    """Why another text is no edit to speak of, or ''."""
    if change is Change.MINOR:
        return "minor: punctuation, white space or a counter"
    # Its own page after its AMP form tells the same in other words.
    other_form = whose.article is not None and not whose.moved and visits.was_form(db, whose.article, page)
    return "minor: its own page in place of another form" if other_form else ""


def _takes_turns(db: sqlite3.Connection, id_: int, revision: int, was: tuple[str, str], reads: tuple[str, str]) -> bool:
    """Whether a page went from one text to this one before, and back: two headlines on trial, two servers."""
    query = "SELECT title, text FROM revision WHERE article = ? AND number BETWEEN ? AND ? ORDER BY number"
    return db.execute(query, (id_, revision - 2, revision - 1)).fetchall() == [was, reads]


def _is_less(db: sqlite3.Connection, id_: int, article: Article) -> bool:
    """Whether a page shows no more than a part of what it showed before it put up a wall."""
    text, words, access = db.execute("SELECT text, words, access FROM article WHERE id = ?", (id_,)).fetchone()
    return access != _TEASER and article.words < words and contained(text, article.text) >= _A_PART


def _stands(db: sqlite3.Connection, id_: int, page: Page) -> None:
    """It was there when this page was fetched."""
    there = "UPDATE article SET last_seen = max(last_seen, ?), gone = NULL, gone_reason = '' WHERE id = ?"
    db.execute(there, (stamp(page.fetched), id_))


def _set(db: sqlite3.Connection, id_: int, columns: dict[str, object]) -> None:
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    db.execute(f"UPDATE article SET {sets} WHERE id = :id", columns | {"id": id_})  # noqa: S608 (our names)


def _mark(db: sqlite3.Connection, id_: int, article: Article) -> None:
    """Link it to its near-duplicates; whoever did not take the sample beforehand has it taken here."""
    twins.mark(db, id_, article.text, unpacked(article.sample) or sample(article.text), article.agency)


def _revision(db: sqlite3.Connection, id_: int, number: int, digest: str, now: str, *, minor: bool = False) -> None:
    """The newest revision; its words stand in the article until a newer one comes."""
    db.execute(
        "INSERT INTO revision (article, number, seen, page, minor) VALUES (?, ?, ?, ?, ?)",
        (id_, number, now, digest, minor),
    )
