"""Which WARC (or ARC, or WACZ) files a person means: files, folders, patterns, and lists of files."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from scraper.warc.wacz import WACZ, WARCS

ENDINGS = (*WARCS, WACZ)
_LISTS = (".txt", ".paths", ".lst", ".list")
_WILD = "*?["


class NoSuchFile(Exception):
    """A file, folder or pattern that names nothing, in one sentence."""


def warc_files(names: Sequence[str]) -> list[Path]:
    """The files in the order in which they are named, each once.

    A folder stands for the WARC files in it and below, a pattern (`crawl-*.warc.gz`) for what it matches, `@FILE` or a
    text file for the files named in its lines. Raises NoSuchFile.
    """
    found: dict[Path, None] = {}
    for name in names:
        before = len(found)
        for file in _named(name):
            found.setdefault(file.resolve())
        if len(found) == before and not _again(name, found):
            raise NoSuchFile(f"{name}: names no WARC file ({', '.join(ENDINGS)})")
    return list(found)


def mark_of(file: Path) -> str:
    """What tells a file from another one under its name: size and time of its last change."""
    facts = file.stat()
    return f"{facts.st_size}-{facts.st_mtime_ns}"


def _again(name: str, found: dict[Path, None]) -> bool:
    return any(file.resolve() in found for file in _named(name))


def _named(name: str) -> Iterator[Path]:
    path = Path(name.removeprefix("@"))
    if not name.startswith("@") and not path.exists() and any(mark in name for mark in _WILD):
        yield from _matching(path)
    elif not path.exists():
        raise NoSuchFile(f"{path}: there is no such file")
    elif path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.name.lower().endswith(ENDINGS) and file.is_file())
    elif name.startswith("@") or path.suffix in _LISTS:
        yield from _listed(path)
    else:
        yield path


def _matching(pattern: Path) -> list[Path]:
    root = Path(pattern.anchor or ".")
    return sorted(file for file in root.glob(str(pattern.relative_to(pattern.anchor))) if file.is_file())


def _listed(file: Path) -> Iterator[Path]:
    """The files that a list names, a line each; relative ones stand beside the list or where the user stands."""
    for line in file.read_text(encoding="utf-8-sig", errors="replace").splitlines():
        name = line.strip()
        if not name or name.startswith("#"):
            continue
        beside = file.parent / name
        path = beside if beside.exists() else Path(name)
        if not path.is_file():
            raise NoSuchFile(f"{file}: names {name}, which is not there")
        yield path
