"""Secrets of the configuration: read from files of their own, checked without being quoted, and never shown."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scraper.logins import redacted
from scraper.settings import SiteSettings

MASK = "***"
_SUFFIX = "_file"
_SECRETS = ("token", "secret")
_HOLDING = ("fetch", "sites", "feeds", "searches", "alerts")  # tables with keys that may stand in files
_PAIRS = {"headers": re.compile(r"([^:\s]+)\s*:\s*(.*)"), "cookies": re.compile(r"([^=\s]+)\s*=\s*(.*)")}
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?")
_COOKIE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e \"]*")  # RFC 6265, 4.1.1; spaces are common
_OURS = frozenset(("host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te", "upgrade"))


class SecretError(ValueError):
    """What is wrong, without the secret."""


def read_secrets(data: dict[str, Any], folder: Path) -> None:
    """Put in place of every `<key>_file` the key with what the file holds, which is named from `folder` on.

    A file of `headers` has a line "Name: value" each, one of `cookies` a line "name=value". Raises SecretError.
    """
    for where, table in _tables({name: data.get(name) for name in _HOLDING}, ""):
        for key in [key for key in table if key.endswith(_SUFFIX)]:
            name = key.removesuffix(_SUFFIX)
            if name in table:
                raise SecretError(f"{where}{key}: {name} stands there, too; one of them must go")
            text = _text(folder / str(table.pop(key)), where + key)
            table[name] = _pairs(text, name, where + key) if name in _PAIRS else text


def _tables(value: object, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield where, value
        for key, inner in list(value.items()):
            yield from _tables(inner, f"{where}{key}.")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _tables(inner, f"{where.removesuffix('.')}[{number}].")


def _text(file: Path, where: str) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SecretError(f"{where}: {file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SecretError(f"{where}: {file} is not UTF-8 text") from error


def _pairs(text: str, name: str, where: str) -> dict[str, str]:
    found = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _PAIRS[name].fullmatch(line.strip())
        if match is None:
            form = "Name: value" if name == "headers" else "name=value"
            raise SecretError(f"{where}: line {number} of the file is not of the form {form!r}")
        found[match[1]] = match[2].strip()
    return found


def check_site(site: SiteSettings) -> None:
    """Raise SecretError, which begins with the key, for an entry that cannot be used."""
    if not is_place(site.host if "://" in site.host else f"http://{site.host}", path=False):
        raise SecretError(f"host: expected a host, host:port or origin, got {redacted(site.host)!r}")
    for name, value in site.headers.items():
        if not _NAME.fullmatch(name) or name.lower() in _OURS:
            raise SecretError(f"headers: {name!r} cannot be set")
        if not fits_a_header(value):
            raise SecretError(f"headers: the value of {name!r} is empty, or holds what no header may")
    for name, value in site.cookies.items():
        if not _NAME.fullmatch(name) or not _COOKIE.fullmatch(value):
            raise SecretError(f"cookies: the name or value of {name!r} holds what no cookie may")
    if site.user_agent and not fits_a_header(site.user_agent):
        raise SecretError("user_agent: holds what no header may")
    check_proxy(site.proxy)
    _check_selectors(site)


def check_proxy(url: str) -> None:
    """Raise SecretError for a proxy that cannot be asked; '' is none."""
    if url and not is_place(url):
        raise SecretError(f"proxy: expected http://host:port or https://host:port, got {redacted(url)!r}")


def fits_a_header(value: str) -> bool:
    """Whether it can be the value of a header."""
    return _VALUE.fullmatch(value) is not None


def is_place(url: str, *, path: bool = True) -> bool:
    """Whether it is an http(s) address that can be asked; `path`: one with a path and a query may be."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")  # no label is empty or too long
    except ValueError:
        return False
    bare = not (parts.path.strip("/") or parts.query or "@" in parts.netloc)
    return sound and not re.search(r"\s", url) and (path or bare)


def _check_selectors(site: SiteSettings) -> None:
    if not site.keep and not site.drop:
        return
    from scraper.selectors import SelectorError, check  # noqa: PLC0415 (who has none need not load the parser)

    for key, selectors in (("keep", site.keep), ("drop", site.drop)):
        for selector in selectors:
            try:
                check(selector)
            except SelectorError as error:
                raise SecretError(f"{key}: {error}") from error


def exposed(data: dict[str, Any], file: Path) -> list[Path]:
    """Of a configuration's file, and of the files that it names secrets in, those that every user may read."""
    named = [table[key] for _, table in _tables(data, "") for key in table if key.endswith(_SUFFIX)]
    holding = [file] * (masked(data) != data) + [file.parent / name for name in named if isinstance(name, str) and name]
    return [one for one in dict.fromkeys(holding) if _is_open(one.resolve())]


def _is_open(file: Path) -> bool:
    try:
        ways = all(parent.stat().st_mode & stat.S_IXOTH for parent in file.parents)
        return ways and bool(file.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def masked(data: Any) -> Any:
    """The configuration as builtins, without what is not set, fit to be shown: no header, cookie, login or webhook."""
    if isinstance(data, dict):
        return {key: _masked(key, value) for key, value in data.items() if value is not None}
    if isinstance(data, list | tuple):
        return [masked(value) for value in data]
    return redacted(data) if isinstance(data, str) else data


def _masked(key: str, value: Any) -> Any:
    if key in _PAIRS:
        return dict.fromkeys(value, MASK)
    if key in _SECRETS and value:
        return MASK
    if key == "webhook" and value:
        from dateline.webhooks import shown  # noqa: PLC0415 (every command reads the configuration, hardly any shows it)

        return shown(value)
    return masked(value)
