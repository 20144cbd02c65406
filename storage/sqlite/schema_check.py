"""Whether a file has the tables, indexes, views and triggers that Dateline gives it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from storage.records import Fault
from storage.sqlite.advice import BACKUP
from storage.sqlite.connect import teach
from storage.sqlite.migrations import migrate

_OBJECTS = "SELECT type, name, sql FROM main.sqlite_schema WHERE substr(name, 1, 7) <> 'sqlite_'"
_SHADOWS = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'"


def schema_faults(address: str, file: str, steps: tuple[str, ...]) -> Iterator[Fault]:
    """What is missing of the schema that these steps make, or not as they make it; and triggers of others.

    What else another program added (an index, a view of a researcher's) changes no row, and is no fault.
    """
    with closing(sqlite3.connect(address, uri=True)) as db:
        found = _objects(db)
    ours = _made(steps)
    for (kind, name), sql in ours.items():
        if (kind, name) not in found:
            yield _fault(file, name, f"the {kind} is missing")
        elif found[kind, name] != sql:
            yield _fault(file, name, f"the {kind} is not as Dateline makes it")
    for kind, name in found.keys() - ours.keys():
        if kind == "trigger":
            yield _fault(file, name, "the trigger is none of Dateline's, and may change what is stored")


def _made(steps: tuple[str, ...]) -> dict[tuple[str, str], str]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        teach(db)
        migrate(db, steps, 0)
        return _objects(db)


def _objects(db: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """(Kind, name) → SQL; of the tables of a full-text index, which SQLite made as it saw fit, the name alone."""
    shadows = {name for (name,) in db.execute(_SHADOWS)}
    return {(kind, name): "" if name in shadows else " ".join(sql.split()) for kind, name, sql in db.execute(_OBJECTS)}


def _fault(file: str, name: str, what: str) -> Fault:
    return Fault(file=file, table=name, id="", what=what, advice=BACKUP)
