"""What the parameters of an address ask for."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from storage.records import Query

NAMES = ("q", "category", "site", "language", "author", "since", "until", "cluster", "operators", "ranked")
_DAY = re.compile(r"(?!0000)\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?")
_TRUE = ("1", "true", "yes", "on")


Saved = Mapping[str, Mapping[str, str]]  # a saved search's name -> its parameters
NOTHING_SAVED: Saved = {}


class BadParameter(ValueError):
    """A parameter that says nothing: one sentence that names it."""


def query_of(given: Mapping[str, str], limit: int) -> Query:
    """The query; what is empty narrows nothing. Raises BadParameter."""
    facts = {name: given.get(name, "").strip() for name in NAMES}
    for name in ("since", "until"):
        if facts[name] and not _DAY.fullmatch(facts[name]):
            raise BadParameter(f"{name}: expected a day such as 2026-11-24, got {facts[name][:40]!r}")
    cluster = facts["cluster"]
    if cluster and not (cluster.isascii() and cluster.isdecimal() and len(cluster) < 19):
        raise BadParameter(f"cluster: expected a number, got {cluster[:40]!r}")
    return Query(
        words=facts["q"],
        category=facts["category"],
        site=facts["site"],
        language=facts["language"],
        author=facts["author"],
        since=facts["since"],
        until=facts["until"],
        cluster=int(cluster) if cluster else None,
        operators=facts["operators"].lower() in _TRUE,
        ranked=facts["ranked"].lower() in _TRUE,
        after=given.get("after", ""),
        limit=limit,
    )


def spelled_out(given: Mapping[str, str], saved: Saved) -> Mapping[str, str]:
    """The parameters, with those of a saved search in the place of its name. Raises BadParameter."""
    name = given.get("saved", "")
    if not name:
        return given
    if name not in saved:
        raise BadParameter(f"saved: no search is called {name[:40]!r} in config.toml")
    return {**saved[name], **{key: value for key, value in given.items() if key != "saved"}}


def asked(given: Mapping[str, str], **changed: str) -> str:
    """The parameters as part of an address again, some of them changed; empty ones are left out."""
    facts = {name: given.get(name, "").strip() for name in NAMES} | changed
    return urlencode({name: value for name, value in facts.items() if value}, errors="replace")
