"""Writes what can be said by the code itself: docs/reference/*.md and deploy/datasette.json.

python docs/generate.py            # after a change of commands, settings or views
python docs/generate.py --check    # exit code 1 if they are not what the code says (a test calls this)
"""

import asyncio
import inspect
import json
import re
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
import msgspec

from dateline.__main__ import cli
from dateline.checks import BOUNDS
from dateline.config import Config
from dateline.template import TEMPLATE
from storage.backends import open_archive
from storage.views import VIEWS

_TYPES = {"str": "text", "int": "number", "float": "number", "bool": "true or false"}
ROOT = Path(__file__).resolve().parent.parent


def commands() -> str:
    """Every command with its help."""
    parts = ["# Commands\n\nWritten by `docs/generate.py` from the commands themselves.\n"]
    for words, command in _commands(cli, ["dateline"]):
        context = click.Context(command, info_name=" ".join(words), terminal_width=100, **cli.context_settings)
        parts.append(f"## {' '.join(words)}\n\n```text\n{command.get_help(context).rstrip()}\n```\n")
    return "\n".join(parts)


def _commands(command: click.Command, words: list[str]) -> Iterator[tuple[list[str], click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below
            yield from _commands(below, [*words, name])


def configuration() -> str:
    """Every key of config.toml with its type and bounds, default and comment."""
    notes = _comments()
    parts = [
        "# config.toml\n\nWritten by `docs/generate.py` from the settings themselves. "
        "Durations: `30s`, `15m`; sizes: `10MiB`.\n"
    ]
    for group in msgspec.structs.fields(Config):
        kind = _struct(group.type)
        rows = [
            f"| {' | '.join((f'`{field.name}`', _bounded(group.name, field), *_value(group.name, field, notes)))} |"
            for field in msgspec.structs.fields(kind)
        ]
        about = inspect.cleandoc(kind.__doc__ or "").split(": ", 1)[-1]
        listed = group.type is not kind
        name = f"[[{group.name}]]" if listed else f"[{group.name}]"
        table = "\n".join(["| key | type | default | |", "|---|---|---|---|", *rows]) if rows else "Nothing to set yet."
        parts.append(f"## {name}\n\n{about[:1].upper()}{about[1:]}\n\n{table}\n")
    return "\n".join(parts)


def _struct(kind: Any) -> Any:
    return next((one for one in getattr(kind, "__args__", ()) if one is not Ellipsis), kind)


def _bounded(group: str, field: msgspec.structs.FieldInfo) -> str:
    bounds = BOUNDS.get(f"{group}.{field.name}")
    return _type(field.type) + ("" if bounds is None else f", {bounds[0]} to {bounds[1]}")


def _type(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(json.dumps(one) for one in get_args(kind))
    parts = [_type(one) for one in get_args(kind) if one not in (Ellipsis, type(None))]
    if get_origin(kind) is tuple:
        return f"list of {parts[0]}"
    return parts[0] if parts else _TYPES.get(kind.__name__, kind.__name__.lower())


def _value(
    group: str, field: msgspec.structs.FieldInfo, notes: dict[tuple[str, str], tuple[str, str]]
) -> tuple[str, str]:
    """The default of a key and the comment on it: as the template has them, or as the code does."""
    if known := notes.get((group, field.name)):
        return known
    if field.required:
        return "required", ""
    return ("" if field.default in (None, msgspec.NODEFAULT) else f"`{json.dumps(field.default, default=str)}`"), ""


def _comments() -> dict[tuple[str, str], tuple[str, str]]:
    """What the template says of each key: its value, and the comment beside it."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    group = ""
    for line in TEMPLATE.splitlines():
        if head := re.match(r"#?\s*\[+(\w+)\]+", line):
            group = head[1]
        elif key := re.match(r"(\w+) = ([^#]*?)\s*(?:#\s*(.*))?$", line):
            found[group, key[1]] = f"`{key[2]}`", (key[3] or "").replace("|", "\\|")
    return found


def archive() -> str:
    """Every documented view and column."""
    parts = [
        "# The archive\n\nWritten by `docs/generate.py`. One SQLite file; these views are a promise, the tables behind "
        "them are not. Times are ISO 8601 in UTC.\n"
    ]
    for name, view in VIEWS.items():
        rows = "\n".join(f"| `{column}` | {about} |" for column, about in view.columns.items())
        parts.append(f"## {name}\n\n{view.about}\n\n| column | |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


def datasette() -> str:
    """Metadata with which Datasette shows an archive as a reader wants it."""
    facets = {
        "articles": ["site", "language", "kind", "access", {"array": "categories"}, {"array": "authors"}],
        "sightings": ["category", "feed"],
        "changes": ["kind"],
        "feeds": ["state", "category"],
        "fetches": ["status"],
        "pairs": ["kind"],
    }
    order = {"articles": "published", "revisions": "seen", "fetches": "at", "changes": "number", "clusters": "articles"}
    tables: dict[str, dict[str, object]] = {
        name: {"description": view.about, "columns": view.columns}
        | ({"facets": facets[name]} if name in facets else {})
        | ({"sort_desc": order[name]} if name in order else {})
        for name, view in VIEWS.items()
    }
    tables["articles"] |= {"fts_table": "search", "fts_pk": "id", "label_column": "title"}
    for internal in _tables():
        tables[internal] = {"hidden": True}
    data = {"title": "Dateline", "description": "A news archive", "databases": {"dateline": {"tables": tables}}}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _tables() -> list[str]:
    """The tables behind the views, of a new archive."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "new.db")
        asyncio.run(_make(path))
        with closing(sqlite3.connect(path)) as db:
            rows = db.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
            )
            return [name for (name,) in rows]


async def _make(path: str) -> None:
    await open_archive(path, durable=False).close()


FILES = {
    "docs/reference/commands.md": commands,
    "docs/reference/configuration.md": configuration,
    "docs/reference/archive.md": archive,
    "deploy/datasette.json": datasette,
}


def main() -> int:
    """Write the files, or compare them."""
    check = "--check" in sys.argv
    stale = []
    for name, make in FILES.items():
        file, text = ROOT / name, make()
        if check and (not file.exists() or file.read_text(encoding="utf-8") != text):
            stale.append(name)
        elif not check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    if stale:
        print(f"not what the code says: {', '.join(stale)}; run `python docs/generate.py`", file=sys.stderr)
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
