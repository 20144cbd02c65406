"""The feeds of the small news web, in four formats."""

import json
from collections.abc import Callable
from email.utils import format_datetime
from xml.sax.saxutils import escape

from dateline.demo.world import Article, Feed, Site, World

_TIME = "%Y-%m-%dT%H:%M:%SZ"


def feed_document(world: World, feed: Feed, articles: list[Article]) -> str:
    """The feed as its format wants it. Every third link carries tracking marks."""
    return _WRITERS[feed.format](world, world.sites[feed.site], feed, articles)


def _link(world: World, article: Article, feed: Feed) -> str:
    marks = f"?utm_source={feed.format}&utm_medium=feed" if article.number % 3 == 0 else ""
    return world.url(article) + marks


def _guid(world: World, article: Article) -> str:
    return f"{world.sites[article.site].base}/?p={article.number}"


def _summary(article: Article) -> str:
    return article.paragraphs[0][:150] + "…"


def _rss(world: World, site: Site, feed: Feed, articles: list[Article]) -> str:
    items = "\n".join(
        f"<item><title>{escape(article.title)}</title><link>{escape(_link(world, article, feed))}</link>"
        f'<guid isPermaLink="false">{_guid(world, article)}</guid><dc:creator>{article.author}</dc:creator>'
        f"<pubDate>{format_datetime(article.published)}</pubDate>"
        f"<atom:updated>{article.updated.strftime(_TIME)}</atom:updated>"
        + "".join(f"<category>{one}</category>" for one in article.categories)
        + f"<description>{escape(_summary(article))}</description></item>"
        for article in articles
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
<title>{feed.category} - {site.name}</title><link>{site.base}{feed.page}</link><description>{feed.category}</description>
{items}
</channel></rss>"""


def _atom(world: World, site: Site, feed: Feed, articles: list[Article]) -> str:
    entries = "\n".join(
        f'<entry><title>{escape(article.title)}</title><link rel="alternate" href="{escape(_link(world, article, feed))}"/>'
        f"<id>{_guid(world, article)}</id><published>{article.published.strftime(_TIME)}</published>"
        f"<updated>{article.updated.strftime(_TIME)}</updated><author><name>{article.author}</name></author>"
        f"<summary>{escape(_summary(article))}</summary></entry>"
        for article in articles
    )
    updated = max((article.updated for article in articles), default=world.start).strftime(_TIME)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>{feed.category} - {site.name}</title><id>{site.base}{feed.path}</id>
<link rel="alternate" href="{site.base}{feed.page}"/><updated>{updated}</updated>
{entries}
</feed>"""


def _rdf(world: World, site: Site, feed: Feed, articles: list[Article]) -> str:
    items = "\n".join(
        f'<item rdf:about="{world.url(article)}"><title>{escape(article.title)}</title>'
        f"<link>{escape(_link(world, article, feed))}</link><dc:creator>{article.author}</dc:creator>"
        f"<dc:date>{article.published.strftime(_TIME)}</dc:date>"
        f"<dcterms:modified>{article.updated.strftime(_TIME)}</dcterms:modified>"
        f"<description>{escape(_summary(article))}</description></item>"
        for article in articles
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">
<channel rdf:about="{site.base}{feed.path}"><title>{feed.category} - {site.name}</title>
<link>{site.base}{feed.page}</link><description>{feed.category}</description></channel>
{items}
</rdf:RDF>"""


def _json(world: World, site: Site, feed: Feed, articles: list[Article]) -> str:
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": f"{feed.category} - {site.name}",
            "home_page_url": site.base + feed.page,
            "feed_url": site.base + feed.path,
            "items": [
                {
                    "id": _guid(world, article),
                    "url": _link(world, article, feed),
                    "title": article.title,
                    "summary": _summary(article),
                    "date_published": article.published.strftime(_TIME),
                    "date_modified": article.updated.strftime(_TIME),
                    "authors": [{"name": article.author}],
                    "tags": list(article.categories),
                }
                for article in articles
            ],
        }
    )


_WRITERS: dict[str, Callable[[World, Site, Feed, list[Article]], str]] = {
    "rss": _rss,
    "atom": _atom,
    "rdf": _rdf,
    "json": _json,
}
