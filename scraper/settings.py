"""What of config.toml the scraper needs: one frozen struct a group, each key with its default.

They stand apart from the code that obeys them, so that `dateline search` can check the whole configuration
without loading the network.
"""

import msgspec


class Duration(float):
    """Seconds; in config.toml "15m", "1h30m" or "500ms"."""


class Size(int):
    """Bytes; in config.toml "10MiB" or "500KB"."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of config.toml; an unknown key is an error."""


class FetchSettings(Settings, frozen=True):
    """`[fetch]`: who we say we are, the limits of one exchange, and addresses exempt from the private-address guard.

    `timeout` covers one exchange with all its redirects; `max_bytes` holds for the bytes sent and the bytes decoded.
    `proxy`: through which all is asked, but what has one of its own in `[[sites]]`.
    """

    user_agent: str = "Dateline/0.1"
    contact: str = ""
    timeout: Duration = Duration(30)
    max_bytes: Size = Size(10 << 20)
    allow_networks: tuple[str, ...] = ()
    proxy: str = ""


class MannersSettings(Settings, frozen=True):
    """`[manners]`: how sites are asked.

    `delay` lies between two requests to one site (all hosts of its registrable domain), `connections` at once go to one
    host. Below `shared_hosts` each host is a site of its own.
    """

    delay: Duration = Duration(1)
    connections: int = 2
    obey_robots: bool = True
    shared_hosts: tuple[str, ...] = ()


class SiteSettings(Settings, frozen=True):
    """`[[sites]]`: what holds for one site alone.

    `host`: a host or registrable domain (and all hosts below it), `host:port`, or an origin such as
    `https://news.example`. `headers`, `cookies` and the login of a `proxy` are secrets; where `host` names neither
    scheme nor port, headers and cookies go over https, and over http only to a host that a feed here is asked from so.
    `keep` and `drop` are CSS selectors: what stands outside `keep`, or in `drop`, is never text. `obey_robots` and
    `delay` stand above those of `[manners]`.
    """

    host: str
    headers: dict[str, str] = {}
    cookies: dict[str, str] = {}
    user_agent: str = ""
    proxy: str = ""
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    obey_robots: bool | None = None
    delay: Duration | None = None


class ScheduleSettings(Settings, frozen=True):
    """`[schedule]`: the interval and its bounds. An `every` beyond them widens them.

    `adaptive`: the interval is the budget, spent where and when the feeds' own rhythms expect news.
    """

    every: Duration = Duration(900)
    fastest: Duration = Duration(120)
    slowest: Duration = Duration(86400)
    adaptive: bool = True
    revisit: bool = True


class ExtractSettings(Settings, frozen=True):
    """`[extract]`: how many workers (0: one a core), processor time for one page, memory for one worker."""

    workers: int = 0
    page_seconds: Duration = Duration(5)
    worker_memory: Size = Size(1 << 30)
