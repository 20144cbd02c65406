"""Editing the feeds of config.toml: comments, order and line ends of the file stay as they are."""

import codecs
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT

from dateline.config import ConfigError
from dateline.loading import load
from dateline.template import TEMPLATE


def add(file: Path, feeds: Sequence[tuple[str, str, str]]) -> list[str]:
    """Add (url, category, every) to the file, leaving out those that stand there; the added addresses.

    A missing file is written from the template first.
    """
    document = _read(file)
    entries = document.setdefault("feeds", tomlkit.aot())
    known = {str(entry.get("url")) for entry in entries}
    added = []
    for url, category, every in feeds:
        if url in known:
            continue
        entry = tomlkit.table()
        for key, value in (("url", url), ("category", category), ("every", every)):
            if value:
                entry[key] = value
        entries.append(entry)
        known.add(url)
        added.append(url)
    _write(file, document)
    return added


def remove(file: Path, names: Sequence[str]) -> list[str]:
    """Take the feeds of these addresses or categories out of the file; the removed addresses."""
    document = _read(file)
    entries = document.get("feeds")
    if not isinstance(entries, AoT):
        return []
    gone = [entry for entry in entries if {str(entry.get("url")), str(entry.get("category"))} & set(names)]
    for entry in gone:
        entries.remove(entry)
    if not len(entries):
        document.remove("feeds")
    _write(file, document)
    return [str(entry.get("url")) for entry in gone]


def _read(file: Path) -> tomlkit.TOMLDocument:
    if not file.exists():
        return tomlkit.parse(TEMPLATE)
    load(file, {})
    try:
        return tomlkit.parse(file.read_text(encoding="utf-8-sig"))
    except TOMLKitError as error:
        raise ConfigError(f"{file}: cannot be edited: {error}") from error


def _write(file: Path, document: tomlkit.TOMLDocument) -> None:
    """Write the whole file beside it and rename it: a crash leaves the old one or the new one.

    A link stays one (on one that leads to another file system the rename is a copy), and who may read the file stays
    as it is: there may be secrets in it.
    """
    before = file.read_bytes() if file.exists() else b""
    part = file.with_name(file.name + ".part")
    part.touch()
    if file.exists():
        with suppress(PermissionError):
            shutil.chown(part, file.stat().st_uid, file.stat().st_gid)
        shutil.copymode(file, part)
    part.write_text(
        tomlkit.dumps(document),
        encoding="utf-8-sig" if before.startswith(codecs.BOM_UTF8) else "utf-8",
        newline="\r\n" if b"\r\n" in before else "\n",
    )
    try:
        load(part, {})
    except ConfigError as error:
        part.unlink()
        raise ConfigError(str(error).replace(str(part), str(file), 1)) from error
    shutil.move(part, file.resolve())
