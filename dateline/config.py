"""config.toml and DATELINE_<GROUP>__<KEY> variables, read once into one frozen, checked struct."""

import ipaddress
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import structs

from dateline.quantities import duration, size
from dateline.secrets import SecretError, check_proxy, check_site, fits_a_header, is_place, read_secrets
from dateline.web.settings import WebSettings
from scraper.logins import login, redacted, without_login
from scraper.settings import (
    Duration,
    ExtractSettings,
    FetchSettings,
    MannersSettings,
    ScheduleSettings,
    Settings,
    SiteSettings,
    Size,
)
from storage.records import FeedState, Query

PREFIX = "DATELINE_"
_PORTS = {"http": 80, "https": 443}
# Of each number the least and the most that can work.
BOUNDS: dict[str, tuple[str | int, str | int]] = {
    "fetch.timeout": ("10ms", "1d"),
    "fetch.max_bytes": (1, "1TiB"),
    "manners.delay": ("0s", "365d"),
    "manners.connections": (1, 10_000),
    "schedule.every": ("100ms", "3650d"),
    "schedule.fastest": ("0s", "3650d"),
    "schedule.slowest": ("100ms", "3650d"),
    "extract.workers": (0, 1024),
    "extract.page_seconds": ("10ms", "1h"),
    "extract.worker_memory": ("128MiB", "1TiB"),
    "alerts.every": ("0s", "365d"),
    "feeds.every": ("0s", "3650d"),  # none: by its rhythm
    "sites.delay": ("0s", "365d"),
}


class ConfigError(Exception):
    """A configuration that cannot be used: one sentence that names file, key and what was expected (exit code 2)."""


class ArchiveGroup(Settings, frozen=True):
    """`[archive]`: where the archive lies."""

    path: str = "dateline.db"


class LogGroup(Settings, frozen=True):
    """`[log]`: lines for people or JSON for machines."""

    format: Literal["text", "json"] = "text"


class LikenessGroup(Settings, frozen=True):
    """`[likeness]`: how near-duplicates are found."""


class BackfillGroup(Settings, frozen=True):
    """`[backfill]`: how the past is fetched."""


class FeedGroup(Settings, frozen=True):
    """`[[feeds]]`: one feed; `every` turns adaptive polling off for it."""

    url: str
    category: str = ""
    every: Duration | None = None


class SearchGroup(Settings, frozen=True):
    """`[[searches]]`: a saved search: a feed of the web pages; `webhook` is told every find.

    `operators`: AND, OR, NOT and parentheses in `query` mean what they say. `secret` signs what is sent (Standard
    Webhooks).
    """

    name: str
    query: str = ""
    category: str = ""
    site: str = ""
    language: str = ""
    author: str = ""
    operators: bool = False
    webhook: str = ""
    secret: str = ""

    def parameters(self) -> dict[str, str]:
        """The search as parameters of an address of the web pages."""
        facts = {"q": self.query, "category": self.category, "site": self.site}
        return facts | {"language": self.language, "author": self.author, "operators": "1" if self.operators else ""}

    def wanted(self) -> Query:
        """The search as the archive's reading side takes it."""
        facts = {name: getattr(self, name) for name in ("category", "site", "language", "author", "operators")}
        return Query(words=self.query, **facts)


class AlertsGroup(Settings, frozen=True):
    """`[alerts]`: where one digest of all that is in trouble goes: feeds, gaps, layouts, messages not delivered.

    `smtp`: smtp://user:password@host:587 or smtps://…; `every`: at most one digest in so long.
    """

    webhook: str = ""
    secret: str = ""
    mail_to: str = ""
    mail_from: str = ""
    smtp: str = ""
    every: Duration = Duration(86400)


class Config(Settings, frozen=True):
    """The whole configuration. `file` is where it was read from, or '' for the defaults alone."""

    archive: ArchiveGroup = ArchiveGroup()
    fetch: FetchSettings = FetchSettings()
    manners: MannersSettings = MannersSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    extract: ExtractSettings = ExtractSettings()
    likeness: LikenessGroup = LikenessGroup()
    web: WebSettings = WebSettings()
    log: LogGroup = LogGroup()
    backfill: BackfillGroup = BackfillGroup()
    sites: tuple[SiteSettings, ...] = ()
    searches: tuple[SearchGroup, ...] = ()
    alerts: AlertsGroup = AlertsGroup()
    feeds: tuple[FeedGroup, ...] = ()

    def saved(self) -> dict[str, dict[str, str]]:
        """The saved searches by name, as parameters of the web pages."""
        return {search.name: search.parameters() for search in self.searches}

    def subscriptions(self) -> list[FeedState]:
        """The feeds as the archive wants to hear of them: a login in an address is none of its business."""
        return [FeedState(url=without_login(feed.url), category=feed.category, every=feed.every) for feed in self.feeds]

    def logins(self) -> dict[str, str]:
        """The logins that stand in feeds' addresses: clean address -> `user:password`."""
        return {without_login(feed.url): said for feed in self.feeds if (said := login(feed.url))}


def find_file(given: str | None, environ: Mapping[str, str]) -> Path | None:
    """The configuration file: as given, DATELINE_CONFIG, ./config.toml, the user's, the system's, or None."""
    named = given or environ.get("DATELINE_CONFIG")
    if named:
        return Path(named)
    home = environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    places = [Path("config.toml"), Path(home, "dateline", "config.toml"), Path("/etc/dateline/config.toml")]
    return next((place for place in places if place.is_file()), None)


def load(file: Path | None, environ: Mapping[str, str] = os.environ, db: str | None = None) -> Config:
    """Read, merge and check the configuration. A relative archive path stands beside the file. Raises ConfigError."""
    data = _read(file) if file else {}
    if file:
        _beside(data, file)
    variables = _merge_environment(data, environ)
    if db:
        _group(data, "archive")["path"] = db
    try:
        return _checked(data, file.parent if file else Path())
    except ValueError as error:
        named = (variables[key] for key in re.findall(r"[\w.]+", str(error)) if key in variables)
        raise ConfigError(f"{next(named, file or 'configuration')}: {error}") from error


def _checked(data: dict[str, Any], folder: Path) -> Config:
    """The configuration. Raises ValueError, one sentence that begins with the key."""
    read_secrets(data, folder)
    try:
        config = msgspec.convert(data, Config, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise ValueError(_plain(str(error))) from error
    schedule = _reconciled(config.schedule, data.get("schedule", {}))
    config = structs.replace(config, schedule=schedule)
    _check(config)
    return config


def _decode(kind: type, value: object) -> object:
    return duration(value) if kind is Duration else size(value)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))  # Windows puts a mark before its texts
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: no such file; `dateline init` writes one") from error
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: is not UTF-8 text (byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: is not valid TOML: {error}") from error


def _beside(data: dict[str, Any], file: Path) -> None:
    archive = _group(data, "archive")
    path = archive.get("path", ArchiveGroup().path)
    if isinstance(path, str) and "://" not in path:
        archive["path"] = str(file.parent / path)
    web = _group(data, "web")
    if isinstance(web.get("token_file"), str) and web["token_file"]:
        web["token_file"] = str(file.parent / web["token_file"])


def _group(data: dict[str, Any], name: str) -> dict[str, Any]:
    group = data.setdefault(name, {})
    return group if isinstance(group, dict) else {}


def _merge_environment(data: dict[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Put the variables into the data; which key each of them sets."""
    groups = [field.name for field in structs.fields(Config) if isinstance(field.default, msgspec.Struct)]
    variables = {}
    for name, text in environ.items():
        group, mark, key = name.removeprefix(PREFIX).lower().partition("__")
        if not name.startswith(PREFIX) or not mark:
            continue
        if group not in groups:
            raise ConfigError(f"{name}: expected {PREFIX}<GROUP>__<KEY> with a group of {', '.join(groups)}")
        _group(data, group)[key] = _value(text)
        variables[f"{group}.{key}"] = name
    return variables


def _value(text: str) -> object:
    """A variable's text as TOML where it is TOML ("3", "true", '["a"]'), else as the string that it is."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _plain(message: str) -> str:
    """msgspec's message with the key first: "[fetch] timeout: expected …"."""
    text, _, path = message.partition(" - at ")
    unknown = re.search(r"unknown field `(.*?)`", text)
    keys = path.strip("`").removeprefix("$").strip(".")
    if unknown:
        return f"unknown key `{'.'.join(filter(None, [keys, unknown[1]]))}`"
    missing = re.search(r"missing required field `(.*?)`", text)
    if missing:
        return f"{keys}: the key `{missing[1]}` is missing"
    if choice := re.search(r"Invalid enum value (.*)", text):
        return f"{keys}: expected {_choices(keys)}, got {choice[1]}"
    return f"{keys}: {text[:1].lower()}{text[1:]}"


def _choices(keys: str) -> str:
    kind: Any = Config
    for key in keys.split("."):
        kind = get_type_hints(kind)[key]
    return " or ".join(f'"{value}"' for value in get_args(kind))


def _check(config: Config) -> None:
    for key, value in _numbers(config):
        _check_number(key, value, *BOUNDS[re.sub(r"\[\d+\]", "", key)])
    _check_fetch(config.fetch)
    try:
        config.web.check()
    except ValueError as error:
        raise ValueError(f"web.{error}") from error
    seen: set[str] = set()
    for number, feed in enumerate(config.feeds):
        url, shown = without_login(feed.url), redacted(feed.url)
        if not is_place(url):
            raise ValueError(f"feeds[{number}].url: expected an http(s) address, got {shown!r}")
        spelling = _spelling(url)
        if spelling in seen:
            raise ValueError(f"feeds[{number}].url: the same feed stands there twice: {shown}")
        seen.add(spelling)
    for number, site in enumerate(config.sites):
        try:
            check_site(site)
        except SecretError as error:
            raise ValueError(f"sites[{number}].{error}") from error
    _check_alerts(config)


def _numbers(config: Config) -> Iterator[tuple[str, float]]:
    """Every number of the configuration that is set, with its key."""
    tables: list[tuple[str, Settings]] = [
        *((name, getattr(config, name)) for name in ("fetch", "manners", "schedule", "extract", "alerts")),
        *((f"sites[{number}]", site) for number, site in enumerate(config.sites)),
        *((f"feeds[{number}]", feed) for number, feed in enumerate(config.feeds)),
    ]
    for name, table in tables:
        for key, value in structs.asdict(table).items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield f"{name}.{key}", value


def _check_number(where: str, value: float, least: str | int, most: str | int) -> None:
    read = duration if isinstance(value, Duration) else size
    if not read(least) <= value <= read(most):
        unit = " s" if isinstance(value, Duration) else " bytes" if isinstance(value, Size) else ""
        raise ValueError(f"{where}: expected {least} to {most}, got {value}{unit}")


def _reconciled(schedule: ScheduleSettings, said: Mapping[str, object]) -> ScheduleSettings:
    """The bounds of the schedule; a built-in one gives way to what was said."""
    if schedule.fastest <= schedule.slowest:
        return schedule
    if "slowest" not in said:
        return structs.replace(schedule, slowest=schedule.fastest)
    if "fastest" not in said:
        return structs.replace(schedule, fastest=schedule.slowest)
    longest = f"the longest wait between two polls, schedule.slowest, is {schedule.slowest:g} s"
    raise ValueError(f"schedule.fastest: {schedule.fastest:g} s, but {longest}; lower the one or raise the other")


def _check_fetch(fetch: FetchSettings) -> None:
    if not fits_a_header(fetch.user_agent):
        raise ValueError("fetch.user_agent: is empty, or holds what no header may")
    if fetch.contact and not fits_a_header(fetch.contact):
        raise ValueError("fetch.contact: holds what no header may, such as letters beyond ASCII")
    try:
        check_proxy(fetch.proxy)
    except SecretError as error:
        raise ValueError(f"fetch.{error}") from error
    for number, network in enumerate(fetch.allow_networks):
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            where = f"fetch.allow_networks[{number}]"
            raise ValueError(f'{where}: expected a network such as "127.0.0.0/8", got {network!r}') from error


def _check_alerts(config: Config) -> None:
    hooks = [(f"searches[{number}]", one.webhook, one.secret) for number, one in enumerate(config.searches)]
    seen: dict[str, tuple[str, str, str]] = {}
    for key, url, secret in [*hooks, ("alerts", config.alerts.webhook, config.alerts.secret)]:
        receiver = without_login(url)
        if url and not is_place(receiver):
            raise ValueError(f"{key}.webhook: expected an http(s) address, got {redacted(url)!r}")
        first, *its = seen.setdefault(receiver, (key, url, secret))
        if url and its != [url, secret]:
            raise ValueError(f"{key}.secret: {first} has another login or secret for the same webhook; make them one")
    names = [search.name for search in config.searches]
    for number, name in enumerate(names):
        if not name or name in names[:number]:
            raise ValueError(f"searches[{number}].name: expected a name of its own, got {name!r}")
    if config.alerts.smtp and not config.alerts.smtp.startswith(("smtp://", "smtps://")):
        shown = redacted(config.alerts.smtp)
        raise ValueError(f"alerts.smtp: expected smtp://host:587 or smtps://host, got {shown!r}")
    if config.alerts.mail_to and not config.alerts.smtp:
        raise ValueError("alerts.smtp: is missing; it says through which server mail_to is reached")


def _spelling(url: str) -> str:
    """One spelling for what is the same address to every server (scraper.urls would cost each command its loading)."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = parts.port or _PORTS[parts.scheme]
    return parts._replace(netloc=f"{host}:{port}", path=parts.path or "/", fragment="").geturl()
