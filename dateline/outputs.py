"""Writing an export to a file that appears when it is whole, and that an interrupted export goes on with."""

import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO

import click
import msgspec

from dateline.bars import Bar
from dateline.context import Context
from storage.archive import Library
from storage.backends import files_of
from storage.export import Exporter
from storage.records import Query

_SLICE = 1000  # articles between two notes of how far it is


class _Note(msgspec.Struct, frozen=True):
    """How far an export is: which one, behind which article, at which byte, after how many."""

    export: str
    beyond: int
    offset: int
    count: int


def refuse_ours(context: Context, output: Path | None) -> None:
    """Raises click.UsageError where writing to `output` would overwrite the archive or the configuration."""
    if output is None:
        return
    ours = [*files_of(context.config.archive.path), *filter(None, [context.file])]
    for written in (output, *_beside(output.resolve())):
        if any(_same(written, one) for one in ours):
            raise click.UsageError(f"{written}: is the archive or the configuration; name another one")


def _same(one: Path, other: Path) -> bool:
    """Whether both are one file, by whatever names or links, or would be."""
    try:
        return one.samefile(other)
    except OSError:
        return one.resolve() == other.resolve()


def _beside(file: Path) -> tuple[Path, Path]:
    """What an export is written to until it is whole, and the note of how far it is."""
    return Path(f"{file}.part"), Path(f"{file}.part.note")


def to_stdout(library: Library, query: Query, export: Exporter) -> int:
    """Export to standard output; how many articles."""
    return export(library, query, sys.stdout.buffer)


def to_file(context: Context, library: Library, query: Query, export: Exporter, file: Path) -> int:
    """Export to a file by way of FILE.part; how many articles. An interruption leaves what is whole there."""
    if file.exists() and not file.is_file():  # a device or a pipe: nothing may take its place
        with file.open("wb") as out:
            return export(library, query, out)
    file = file.resolve()  # a link stays one
    part, noted = _beside(file)
    name = sha256(f"{export.__name__} {query}".encode()).hexdigest()
    note = _begin(part, noted, name)
    if note.count:
        context.say(f"{part}: going on after {note.count} articles of an interrupted export")
    with part.open("r+b") as out, Bar(context, "export", None) as progress:
        out.seek(note.offset)
        out.truncate()
        progress.advance(note.count)
        for done in _slices(library, query, export, out, note):
            noted.write_bytes(msgspec.json.encode(done))
            progress.advance(done.count - note.count)
            note = done
    part.replace(file)
    noted.unlink(missing_ok=True)
    return note.count


def _begin(part: Path, noted: Path, name: str) -> _Note:
    """Where to begin: where an interrupted export of the same articles ended, else at the start of an empty file."""
    try:
        note = msgspec.json.decode(noted.read_bytes(), type=_Note)
        if note.export == name and part.stat().st_size >= note.offset:
            return note
    except (OSError, msgspec.DecodeError):
        pass
    part.write_bytes(b"")
    return _Note(name, 0, 0, 0)


def _slices(library: Library, query: Query, export: Exporter, out: IO[bytes], note: _Note) -> Iterator[_Note]:
    """Write a slice at a time. The first writes what stands at the head of a file, even if there is no article."""
    while True:
        left = _SLICE if query.limit is None else min(query.limit - note.count, _SLICE)
        ids = library.chosen(msgspec.structs.replace(query, limit=max(left, 0)), after=note.beyond)
        if not ids and note.offset:
            return
        one = msgspec.structs.replace(query, limit=len(ids), beyond=note.beyond)
        count = export(library, one, out)
        out.flush()
        note = _Note(note.export, ids[-1] if ids else note.beyond, out.tell(), note.count + count)
        yield note
        if not ids:
            return
