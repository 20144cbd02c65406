"""What the user says of single sites, and which of their secrets may go to which address.

A secret is sent to where its entry says, and nowhere else: not over another scheme, to another host or to another port,
whatever redirects there; nor without encryption because some link says so.
"""

import ipaddress
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from scraper.logins import login, without_login
from scraper.settings import SiteSettings
from scraper.urls import host, origin
from storage.records import SiteRules

NOWHERE = SiteSettings(host="")


class _Where(NamedTuple):
    """What an entry names: `scheme` and `port` are None where it leaves them open."""

    scheme: str | None
    host: str
    port: int | None

    def covers(self, scheme: str, name: str, port: int) -> bool:
        """Whether an address lies there."""
        near = name == self.host or name.endswith(f".{self.host}")
        return near and self.scheme in (None, scheme) and self.port in (None, port)


class Sites:
    """The entries of `[[sites]]`, and the logins of the feeds that stand in config.toml: clean address -> login."""

    def __init__(self, settings: Sequence[SiteSettings] = (), logins: Mapping[str, str] | None = None) -> None:
        self.take_in(settings, logins or {})

    def take_in(self, settings: Sequence[SiteSettings], logins: Mapping[str, str]) -> None:
        """Let these hold from now on."""
        entries = [(_where(site.host), site) for site in settings]
        # The closest one holds: the longest host, then the one that names a port, then a scheme.
        self._entries = sorted(
            entries,
            key=lambda one: (len(one[0].host), one[0].port is not None, one[0].scheme is not None),
            reverse=True,
        )
        self._logins = dict(logins)
        self._origins = {origin(url): text for url, text in reversed(list(logins.items()))}
        self._found: dict[str, tuple[_Where, SiteSettings]] = {}

    def of(self, url: str) -> SiteSettings:
        """The entry that holds for an address; one that says nothing, if there is none."""
        return self._entry(url)[1]

    def rules(self, url: str, learned: SiteRules) -> SiteRules:
        """What was learned of a site together with what the user says of its pages."""
        site = self.of(url)
        if not site.keep and not site.drop:
            return learned
        return msgspec.structs.replace(learned, keep=site.keep, drop=site.drop)

    def secrets(self, url: str, asked: str) -> dict[str, str]:
        """The headers that a request to `url` carries and others must not see. `asked`: where we first wanted to go."""
        headers: dict[str, str] = {}
        where, site = self._entry(url)
        if (site.headers or site.cookies) and self._may_carry(where, site, url, asked):
            headers |= site.headers
            if site.cookies:
                headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in site.cookies.items())
        own = login(asked) if origin(url) == origin(asked) else ""
        if own := own or self._logins.get(without_login(url)) or self._origins.get(origin(url), ""):
            headers["Authorization"] = basic(own)
        return headers

    def _may_carry(self, where: _Where, site: SiteSettings, url: str, asked: str) -> bool:
        """An entry that leaves the port open means that which was asked for, or https; no redirect chooses. One that
        leaves the scheme open, too, means https, and http only within this machine.
        """
        here, first = _place(url), _place(asked)
        if here[0] == "http" and not (where.scheme or where.port or _is_loopback(here[1])):
            return False
        if origin(url) == origin(asked) or (where.scheme and where.port):
            return True
        return (here[0], here[2]) == ("https", 443) or (
            self.of(asked) is site and (here[0], here[2]) == (first[0], first[2])
        )

    def _entry(self, url: str) -> tuple[_Where, SiteSettings]:
        if not self._entries:
            return _EVERYWHERE
        name = origin(url)
        if name not in self._found:
            place = _place(name)
            self._found[name] = next((one for one in self._entries if one[0].covers(*place)), _EVERYWHERE)
        return self._found[name]


_EVERYWHERE = (_Where(None, "", None), NOWHERE)


def also_plain(entries: Sequence[SiteSettings], addresses: Sequence[str]) -> tuple[SiteSettings, ...]:
    """The entries, and again, for http, those of a mere name below which one of the user's own addresses lies."""
    plain = {origin(one) for one in addresses if one.lower().startswith("http://")}
    named = [(_where(site.host), site) for site in entries]
    again = (
        msgspec.structs.replace(site, host=one)
        for one in sorted(plain)
        for where, site in named
        if not (where.scheme or where.port) and where.covers(*_place(one))
    )
    return (*entries, *again)


def basic(text: str) -> str:
    """The Authorization header of a login `user:password` (RFC 7617)."""
    return "Basic " + b64encode(text.encode()).decode("ascii")


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost"


def _where(text: str) -> _Where:
    if "://" in text:
        return _Where(*_place(text))
    url = f"http://{text}"
    return _Where(None, host(url), urlsplit(url).port)


def _place(url: str) -> tuple[str, str, int]:
    parts = urlsplit(origin(url) or url)
    return parts.scheme, host(url), parts.port or (443 if parts.scheme == "https" else 80)
