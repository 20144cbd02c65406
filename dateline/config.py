"""What may be configured: a frozen struct a group of config.toml, each key with its default."""

from typing import Literal

from dateline.web.settings import WebSettings
from scraper.logins import login, without_login
from scraper.settings import (
    Duration,
    ExtractSettings,
    FetchSettings,
    MannersSettings,
    ScheduleSettings,
    Settings,
    SiteSettings,
)
from storage.records import FeedState, Query


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

    def site_entries(self) -> tuple[SiteSettings, ...]:
        """The entries of `[[sites]]`, those of a mere name also for its http addresses that feeds name."""
        from scraper.sites import also_plain  # noqa: PLC0415 (the rules of addresses, which most commands do without)

        return also_plain(self.sites, [feed.url for feed in self.feeds])

    def logins(self) -> dict[str, str]:
        """The logins that stand in feeds' addresses: clean address -> `user:password`."""
        return {without_login(feed.url): said for feed in self.feeds if (said := login(feed.url))}
