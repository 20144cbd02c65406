"""Logins in addresses (`https://user:password@host/`): taken out, read, and never shown. Any string will do."""

import re
from typing import Any
from urllib.parse import unquote

_LOGIN = re.compile(r"(?<=//)[^/?#\s]*@")
_AUTHORITY = re.compile(r"([a-z][a-z0-9+.-]*://)([^/?#]*)@", re.IGNORECASE)


def without_login(url: str) -> str:
    """The address without its login; anything else as it is."""
    match = _AUTHORITY.match(url)
    return match[1] + url[match.end() :] if match else url


def login(url: str) -> str:
    """The `user:password` of an address, its escapes undone, or ''."""
    match = _AUTHORITY.match(url)
    return unquote(match[2]) if match else ""


def redacted(text: str) -> str:
    """The text with the login of every address in it replaced, fit for logs."""
    return _LOGIN.sub("***@", text)


def redacted_all(data: Any) -> Any:
    """Builtins with every text in them redacted."""
    if isinstance(data, dict):
        return {key: redacted_all(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [redacted_all(value) for value in data]
    return redacted(data) if isinstance(data, str) else data
