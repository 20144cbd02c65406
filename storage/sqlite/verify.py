"""Looking whether an archive is whole: every check yields its faults, one record a fault.

All of it reads, in short transactions, beside a writer at work. Pages are committed before what points to them, and one
statement takes its view of the main file before that of the pages' file, so that a page cannot seem to be missing.
"""

import sqlite3
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import zstandard

from storage.chain import START, link
from storage.errors import ArchiveUnusable
from storage.likeness import unpacked
from storage.packing import digest, unpack
from storage.records import Fault, Root
from storage.sqlite.advice import BACKUP
from storage.sqlite.connect import address_for_reading, as_text, in_our_words
from storage.sqlite.grams import ROWS_OF_ALL
from storage.sqlite.migrations import PAGES_APPLICATION_ID, PAGES_STEPS, STEPS, check, check_for_reading
from storage.sqlite.row_check import article_faults, other_faults, prepare
from storage.sqlite.schema_check import schema_faults
from storage.sqlite.search_check import search_faults
from storage.sqlite.tables import Table, tables
from storage.sqlite.text_check import text_faults

Tell = Callable[[str, int, int], None]  # what is looked at, how much of it is done, how much there is

_PAGES_AT_ONCE, _ROWS_AT_ONCE = 64, 2000
_REFERENCES = 64  # pages kept unpacked because others of their host are packed with them
_NOT_THE_FILE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_NOMEM)
_MOST = 100  # faults that SQLite itself names of one file
_REWRITTEN = "the log was rewritten from here on: compare with a backup"
_AGAIN = "dateline poll on an empty archive fetches it again; or take the row from a backup"
# Columns that hold a digest.
_POINTERS = {"article": "page", "revision": "page", "fetch": "page", "sighting": "item", "next_page": "page"}
_PAGES_POINTERS = {"page": "reference", "reference": "digest"}


class Verifier:
    """The checks of one archive. Used up by one walk through `faults`; then `seen` and `root` hold what was found.

    `still`: the two files belong to nobody else, and nothing must be written beside them.
    """

    def __init__(self, main: str, pages: str, *, tell: Tell = lambda *_: None, still: bool = False) -> None:
        self.seen: Counter[str] = Counter()
        self.root = Root()
        self._main, self._pages, self._tell = main, pages, tell
        self._addresses = {path: address_for_reading(path, still=still) for path in (main, pages)}
        self._references: OrderedDict[str, bytes] = OrderedDict()
        self._attached = False
        self._db = self._open()

    def faults(self, *, quick: bool = False, root: str = "", since: int | None = None) -> Iterator[Fault]:
        """What is wrong. `quick` leaves the pages' bytes out; `root` must stand in the chain (at line `since`)."""
        yield from self._guarded("", self._attach(), pages=True)
        if self._attached:
            yield from self._guarded("page", self._structure("pages"), pages=True)
            yield from self._guarded("page", self._form(self._pages, PAGES_STEPS), pages=True)
            yield from self._guarded("page", self._pointers(), pages=True)
            if not quick:
                yield from self._guarded("page", self._packed_pages(), pages=True)
        yield from self._guarded("", self._structure("main"))
        yield from self._guarded("", self._form(self._main, STEPS))
        yield from self._guarded("", self._keys())
        yield from self._guarded("change", self._chain(root, since))
        yield from self._guarded("article", self._articles())
        yield from self._guarded("shingle", self._likeness())
        self._tell("search", 0, 1)
        yield from self._guarded("search", search_faults(self._addresses[self._main], Path(self._main).name))

    def close(self) -> None:
        """Let go of the files."""
        self._db.close()

    def _open(self) -> sqlite3.Connection:
        if not Path(self._main).is_file():
            raise ArchiveUnusable(f"{self._main}: there is no archive yet; `dateline poll` makes one")
        try:
            db = sqlite3.connect(self._addresses[self._main], uri=True, isolation_level=None)
            db.text_factory = as_text
            prepare(db)
            check_for_reading(db, self._main)
        except sqlite3.Error as error:
            raise in_our_words(error, self._main) from error
        return db

    def _fault(self, table: str, id_: object, what: str, advice: str, *, pages: bool = False) -> Fault:
        file = Path(self._pages if pages else self._main).name
        return Fault(file=file, table=table, id=str(id_), what=what, advice=advice)

    def _guarded(self, table: str, faults: Iterable[Fault], *, pages: bool = False) -> Iterator[Fault]:
        """The faults of a check; where the file stops it, that is a fault itself, and the other checks go on."""
        try:
            yield from faults
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_THE_FILE:
                raise in_our_words(error, self._main) from error
            yield self._fault(table, "", f"cannot be read: {error}", BACKUP, pages=pages)

    def _attach(self) -> Iterator[Fault]:
        """Open the pages' file beside the main one."""
        if not Path(self._pages).is_file():
            yield self._fault("", "", "the file is missing", "put it back from the same backup", pages=True)
            return
        with closing(sqlite3.connect(self._addresses[self._pages], uri=True)) as db:
            check(db, PAGES_STEPS, PAGES_APPLICATION_ID, self._pages)
            (version,) = db.execute("PRAGMA user_version").fetchone()
        if version < len(PAGES_STEPS):
            if not self._db.execute("SELECT EXISTS (SELECT 1 FROM main.article)").fetchone()[0]:
                # The program was stopped while it made the file.
                raise ArchiveUnusable(f"{self._pages}: is not made yet; `dateline poll` makes it")
            yield self._fault("", "", "the pages are lost: the file is empty", BACKUP, pages=True)
            return
        self._db.execute("ATTACH ? AS pages", (self._addresses[self._pages],))
        self._attached = True

    def _form(self, path: str, steps: tuple[str, ...]) -> Iterator[Fault]:
        """The schema of a file, and whether its text is text."""
        file = Path(path).name
        self._tell(f"text of {file}", 0, 1)
        yield from schema_faults(self._addresses[path], file, steps)
        yield from text_faults(self._addresses[path], file)

    def _structure(self, name: str) -> Iterator[Fault]:
        self._tell(f"structure of {name}", 0, 1)
        for (said,) in self._db.execute(f"PRAGMA {name}.integrity_check({_MOST})"):
            if said != "ok":
                line = " ".join(said.split())
                yield self._fault("", "", f"SQLite finds: {line}", BACKUP, pages=name == "pages")

    def _keys(self) -> Iterator[Fault]:
        self._tell("keys", 0, 1)
        for table in tables(self._db):
            for _, _, parent, column, theirs, *_ in self._db.execute(f"PRAGMA main.foreign_key_list({table.name})"):
                lost = _pointing_nowhere("main", table, column, f"main.{parent}", theirs)
                for id_, _ in self._db.execute(lost):
                    yield self._fault(table.name, id_, f"points to a row of {parent} that is not there", BACKUP)

    def _pointers(self) -> Iterator[Fault]:
        """Whatever names a page by its digest, in both files."""
        self._tell("pointers to pages", 0, 1)
        for table in tables(self._db):
            if column := _POINTERS.get(table.name):
                lost = _pointing_nowhere("main", table, column, "pages.page", "digest")
                for id_, page in self._db.execute(lost):
                    yield self._fault(table.name, id_, f"its page {page} is not in {Path(self._pages).name}", BACKUP)
        for table in tables(self._db, "pages"):
            if column := _PAGES_POINTERS.get(table.name):
                lost = _pointing_nowhere("pages", table, column, "pages.page", "digest")
                for id_, page in self._db.execute(lost):
                    yield self._fault(table.name, id_, f"needs page {page}, which is not there", BACKUP, pages=True)

    def _packed_pages(self) -> Iterator[Fault]:
        """Every stored page, unpacked and hashed again."""
        (whole,) = self._db.execute("SELECT count(*) FROM pages.page").fetchone()
        last = -1
        while rows := self._db.execute(
            "SELECT rowid, digest, reference, packed FROM pages.page WHERE rowid > ? ORDER BY rowid LIMIT ?",
            (last, _PAGES_AT_ONCE),
        ).fetchall():
            for row, name, reference, packed in rows:
                last = row
                self.seen["pages"] += 1
                wrong = self._wrong(name, reference, packed)
                if wrong:
                    yield self._fault("page", name, wrong, _AGAIN, pages=True)
            self._tell("pages", self.seen["pages"], whole)

    def _wrong(self, name: str, reference: str | None, packed: bytes) -> str:
        try:
            body = unpack(packed, self._reference(reference) if reference else b"")
        except (zstandard.ZstdError, MemoryError, KeyError):
            return "cannot be unpacked"
        return "" if digest(body) == name else "its bytes are not those that it is named by"

    def _reference(self, name: str) -> bytes:
        """A page that others are packed with; the last few stay unpacked. Raises KeyError."""
        if name in self._references:
            self._references.move_to_end(name)
            return self._references[name]
        row = self._db.execute("SELECT packed, reference FROM pages.page WHERE digest = ?", (name,)).fetchone()
        if row is None:
            raise KeyError(name)
        body = unpack(row[0], self._reference(row[1]) if row[1] else b"")
        self._references[name] = body
        if len(self._references) > _REFERENCES:
            self._references.popitem(last=False)
        return body

    def _chain(self, root: str, since: int | None) -> Iterator[Fault]:
        """The change log: each line's hash, that no line is missing at its end, and the root that was noted."""
        before, last, found = START, 0, False
        whole, given = self._db.execute(
            "SELECT (SELECT count(*) FROM main.change), (SELECT seq FROM main.sqlite_sequence WHERE name = 'change')"
        ).fetchone()
        names = "number, at, kind, article, revision, cluster, content, hash"
        some = f"SELECT {names} FROM main.change WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608 (our names)
        while rows := self._db.execute(some, (last, _ROWS_AT_ONCE)).fetchall():
            for *line, hash_ in rows:
                last = line[0]
                self.seen["changes"] += 1
                if hash_ != link(before, tuple(line)):
                    yield self._fault("change", last, "its hash does not follow from the line before it", _REWRITTEN)
                found = found or (hash_ == root and since in (None, last))
                before = hash_
            self._tell("changes", self.seen["changes"], whole)
        self.root = Root(last, before)
        if last < (given or 0):
            yield self._fault("change", given, "the log once went up to this line, which is gone", _REWRITTEN)
        if root and not found:
            where = f" at line {since}" if since is not None else ""
            yield self._fault("change", "", f"the root {root} is not in the chain{where}", _REWRITTEN)

    def _articles(self) -> Iterator[Fault]:
        """Each article against the log and the rows about it; then what stands about them all."""
        file = Path(self._main).name
        (most,) = self._db.execute("SELECT coalesce(max(id), 0) FROM main.article").fetchone()
        for first in range(1, most + 1, _ROWS_AT_ONCE):
            some = (first, first + _ROWS_AT_ONCE - 1)
            (count,) = self._db.execute("SELECT count(*) FROM main.article WHERE id BETWEEN ? AND ?", some).fetchone()
            self.seen["articles"] += count
            yield from article_faults(self._db, file, *some)
            self._tell("articles", min(some[1], most), most)
        yield from other_faults(self._db, file)

    def _likeness(self) -> Iterator[Fault]:
        """The index of 5-grams against the samples that it was made of, in one view of the file."""
        remedy = "near-duplicates of it may be missed or made up: take the file from a backup"
        self._db.execute("BEGIN")
        try:
            indexed, whole = self._db.execute(
                f"SELECT (SELECT count(*) FROM {ROWS_OF_ALL}), (SELECT count(*) FROM main.sketch)"  # noqa: S608 (our tables)
            ).fetchone()
            for article, hashes in self._db.execute("SELECT article, hashes FROM main.sketch"):
                sample = sorted(set(unpacked(hashes)))
                stands, known = self._indexed(article, sample)
                indexed -= stands
                self.seen["samples"] += 1
                if stands + known < len(sample):
                    yield self._fault("sketch", article, "its sample is not in the likeness index", remedy)
                if self.seen["samples"] % _ROWS_AT_ONCE == 0:
                    self._tell("likeness", self.seen["samples"], whole)
            if indexed:
                yield self._fault("shingle", "", f"{indexed} entries belong to no article's sample", remedy)
        finally:
            self._db.execute("COMMIT")

    def _indexed(self, article: int, sample: list[int]) -> tuple[int, int]:
        """How many hashes of a sample stand in the index under its article, and how many only under others.

        What stands in very many articles is remembered for the first of them alone.
        """
        marks = ",".join("?" * len(sample))
        one = f"SELECT hash FROM {ROWS_OF_ALL} WHERE article = ? AND hash IN ({marks})"  # noqa: S608
        mine = {hash_ for (hash_,) in self._db.execute(one, (article, *sample))}
        others = [hash_ for hash_ in sample if hash_ not in mine]
        some = f"SELECT 1 FROM {ROWS_OF_ALL} WHERE hash = ? LIMIT 1"  # noqa: S608
        return len(mine), sum(self._db.execute(some, (hash_,)).fetchone() is not None for hash_ in others)


def _pointing_nowhere(schema: str, table: Table, column: str, parent: str, theirs: str) -> str:
    """The query for the rows (what names them, what they point to) whose target is not there."""
    there = f"SELECT 1 FROM {parent} p WHERE p.{theirs} = t.{column}"  # noqa: S608 (names of the schema)
    return (
        f"SELECT {table.key}, {column} FROM {schema}.{table.name} t WHERE {column} IS NOT NULL AND NOT EXISTS ({there})"  # noqa: S608
    )
