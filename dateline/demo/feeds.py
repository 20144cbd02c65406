"""The feeds of the small news web, in the four formats that there are."""

import json
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from typing import NamedTuple

from dateline.demo.world import FORBIDDEN, Article, Feed, World


class _Entry(NamedTuple):
    guid: str
    link: str
    title: str
    author: str
    published: datetime
    updated: datetime
    summary: str
    categories: tuple[str, ...]


def feed_document(world: World, feed: Feed, now: datetime) -> str:
    """The feed as it stands at that moment."""
    entries = [_entry(world, feed, article) for article in world.feed_articles(feed, now)]
    site = world.sites[feed.site]
    if feed is site.feeds[0] and site.index == 0:
        # The editors' slip: robots.txt forbids what the feed announces.
        moment = world.start - timedelta(days=1)
        link = site.base + FORBIDDEN
        entries.append(_Entry(link, link, "A private briefing", "The editors", moment, moment, "Not for robots.", ()))
    writer = {"rss": _rss, "atom": _atom, "rdf": _rdf, "json": _json}[feed.format]
    return writer(f"{feed.category} - {site.name}", site.base + feed.page, entries)


def _entry(world: World, feed: Feed, article: Article) -> _Entry:
    base, url = world.sites[article.site].base, world.url(article)
    tracked = feed.format in ("rss", "json") and article.number % 2 == 0
    return _Entry(
        guid=f"{base}/?p={article.number}",
        link=f"{url}?utm_source={feed.format}&utm_medium=feed&utm_campaign={feed.slug}" if tracked else url,
        title=article.title,
        author=article.author,
        published=article.published,
        updated=article.updated,
        summary=f"{article.paragraphs[0][:150]}… Continue reading",
        categories=article.categories,
    )


def _rss(title: str, page: str, entries: list[_Entry]) -> str:
    items = "\n".join(
        f"<item><title>{escape(entry.title)}</title><link>{escape(entry.link)}</link>"
        f'<guid isPermaLink="false">{escape(entry.guid)}</guid><dc:creator>{escape(entry.author)}</dc:creator>'
        f"<pubDate>{format_datetime(entry.published)}</pubDate><atom:updated>{entry.updated.isoformat()}</atom:updated>"
        f"<description>{escape(entry.summary)}</description>{_tags(entry)}</item>"
        for entry in entries
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>{escape(title)}</title><link>{page}</link><description>{escape(title)}</description>
{items}
</channel></rss>
"""


def _tags(entry: _Entry) -> str:
    return "".join(f"<category>{escape(name)}</category>" for name in entry.categories)


def _atom(title: str, page: str, entries: list[_Entry]) -> str:
    items = "\n".join(
        f'<entry><title>{escape(entry.title)}</title><link rel="alternate" href="{escape(entry.link)}"/>'
        f"<id>{escape(entry.guid)}</id><author><name>{escape(entry.author)}</name></author>"
        f"<published>{entry.published.isoformat()}</published><updated>{entry.updated.isoformat()}</updated>"
        f"<summary>{escape(entry.summary)}</summary>"
        + "".join(f'<category term="{escape(name)}"/>' for name in entry.categories)
        + "</entry>"
        for entry in entries
    )
    latest = max((entry.updated for entry in entries), default=None)
    updated = f"<updated>{latest.isoformat()}</updated>" if latest else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>{escape(title)}</title><id>{page}</id><link href="{page}"/>{updated}
{items}
</feed>
"""


def _rdf(title: str, page: str, entries: list[_Entry]) -> str:
    listed = "".join(f'<rdf:li rdf:resource="{escape(entry.guid)}"/>' for entry in entries)
    items = "\n".join(
        f'<item rdf:about="{escape(entry.guid)}"><title>{escape(entry.title)}</title><link>{escape(entry.link)}</link>'
        f"<dc:creator>{escape(entry.author)}</dc:creator><dcterms:issued>{entry.published.isoformat()}</dcterms:issued>"
        f"<dcterms:modified>{entry.updated.isoformat()}</dcterms:modified>"
        f"<description>{escape(entry.summary)}</description></item>"
        for entry in entries
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">
<channel rdf:about="{page}"><title>{escape(title)}</title><link>{page}</link><description>{escape(title)}</description>
<items><rdf:Seq>{listed}</rdf:Seq></items></channel>
{items}
</rdf:RDF>
"""


def _json(title: str, page: str, entries: list[_Entry]) -> str:
    items = [
        {
            "id": entry.guid,
            "url": entry.link,
            "title": entry.title,
            "summary": entry.summary,
            "content_text": entry.summary,
            "authors": [{"name": entry.author}],
            "date_published": entry.published.isoformat(),
            "date_modified": entry.updated.isoformat(),
            "tags": list(entry.categories),
        }
        for entry in entries
    ]
    return json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": title, "home_page_url": page, "items": items}
    )
