"""Looking again at what is archived: a visit a rung (see storage.revisions), after one question a site.

A site that lists its changes (WordPress's REST API, or a news sitemap that robots.txt names) is asked for them first:
that finds edits of articles whose time has not come, or is long over, and lets those go first that did change.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from scraper.fetch import FetchError
from scraper.fetch.robots import sitemaps
from scraper.pipeline import Walk, archive_all, side_by_side
from scraper.sources.wordpress_api import endpoint
from scraper.urls import canonical, origin, same_site
from scraper.workers import Refused
from storage.records import Pending

log = logging.getLogger("dateline")

MOST = 100  # visits of one site in one pass, so that a poll comes to its end
_ASK_AGAIN = timedelta(hours=1)
_FIRST_LOOK_BACK = timedelta(days=30)
_OVERLAP = timedelta(hours=1)  # clocks differ


async def revisit(walk: Walk, feeds: Sequence[str] = ()) -> dict[str, int]:
    """Make the visits that are due (of articles in these feeds); what became of them. Raises only ArchiveError."""
    await walk.archive.ready(walk.clock())
    due: dict[str, list[Pending]] = defaultdict(list)
    for pending in await walk.archive.visits(walk.clock(), MOST, feeds):
        due[origin(pending.url)].append(pending)
    counts: dict[str, int] = {}

    async def one(site: str, waiting: list[Pending]) -> None:
        changed = await _changed(walk, site)
        named = {pending.article for pending in changed}
        await archive_all(walk, [*changed, *(one for one in waiting if one.article not in named)], "", counts)

    await side_by_side(one(site, waiting) for site, waiting in due.items())
    return counts


async def _changed(walk: Walk, site: str) -> list[Pending]:
    """The archived articles of a site that changed since they were looked at, as the site itself lists them."""
    now, before = walk.clock(), walk.asked.get(site)
    if before and timedelta() <= now - before < _ASK_AGAIN:  # a clock may have been set back
        return []
    walk.asked[site] = now
    state = await walk.archive.host(site)
    lists = [] if state.robots_status != 200 else _news_sitemaps(state.robots or b"", site)
    api = await walk.archive.api(site)
    if api and same_site(api, site):
        lists.insert(0, _modified_posts(api, (before or now - _FIRST_LOOK_BACK) - _OVERLAP))
    for address in lists:
        try:
            page = await walk.fetcher.get(address)
            parsed = await walk.workers.read_feed(page)
        except (FetchError, Refused) as error:
            log.info("%s does not list its changes: %s", address, error.reason)
            continue
        said = [(canonical(entry.url), entry.updated) for entry in parsed.entries if entry.updated]
        return await walk.archive.called(said)
    return []


def _modified_posts(api: str, since: datetime) -> str:
    """The address that lists what a WordPress changed; without the Z it would take the time for its local one."""
    moment = since.strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = {"modified_after": moment, "orderby": "modified", "per_page": 100, "_fields": "link,guid,modified_gmt"}
    return endpoint(api, "posts", asked)


def _news_sitemaps(robots: bytes, site: str) -> list[str]:
    """The first sitemap of news that a robots.txt names, if it names any."""
    news = [one for one in sitemaps(robots, site) if one.endswith(".xml") and "news" in one.rpartition("/")[2].lower()]
    return news[:1]
