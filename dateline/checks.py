"""Whether a configuration can work: what is wrong with it in one sentence that begins with the key."""

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from msgspec import structs

from dateline.config import Config
from dateline.quantities import duration, size
from dateline.secrets import SecretError, check_proxy, check_site, fits_a_header, is_place
from scraper.logins import redacted, without_login
from scraper.settings import Duration, FetchSettings, Settings, Size

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


def check(config: Config) -> None:
    """Raise ValueError for the first thing that cannot work."""
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
