"""The pages of the small news web: three designs, each with the furniture that real sites wrap their articles in."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from html import escape

from dateline.demo.prose import generator
from dateline.demo.world import Article, Feed, Site, World, newsletter_line, related_line, share_line, slug

FEED_TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
    "json": "application/feed+json",
}


def article_page(world: World, article: Article) -> str:
    """The whole page of an article, padded to about `page_bytes`."""
    site = world.sites[article.site]
    page = _DESIGNS[site.design](world, site, article)
    missing = world.page_bytes - len(page)
    if missing <= 0:
        return page
    scripts, menu = _padding(world.seed, site.index, missing)
    page = page.replace("</head>", scripts + "</head>", 1)
    return page.replace("<!--menu-->", menu, 1)


def list_page(site: Site, feed: Feed | None, articles: list[Article]) -> str:
    """The home page, or a category's page when a feed is given: headlines and links, and where the feeds are."""
    feeds = [feed] if feed else list(site.feeds)
    teasers = "\n".join(
        f'<div class="teaser"><h2><a href="{site.base}{article.path}">{escape(article.title)}</a></h2>'
        f"<p>{escape(article.paragraphs[0][:120])}…</p></div>"
        for article in articles
    )
    title = f"{feed.category} - {site.name}" if feed else site.name
    return _document(
        site, title, "".join(map(_discovery, feeds)), f"<main><h1>{escape(title)}</h1>\n{teasers}\n</main>"
    )


def plain_page(site: Site, title: str, text: str) -> str:
    """A page with one line, as errors are."""
    return _document(
        site, title, '<meta name="robots" content="noindex">', f"<main><h1>{title}</h1><p>{text}</p></main>"
    )


def _document(site: Site, title: str, head: str, body: str) -> str:
    menu = "".join(f'<li><a href="{feed.page}">{escape(feed.category)}</a></li>' for feed in site.feeds)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
{head}
<style>body{{font:1rem/1.5 Georgia,serif;max-width:72rem;margin:auto}} nav li{{display:inline;margin-right:1em}}</style>
</head>
<body>
<header class="site-header"><a class="logo" href="/">{escape(site.name)}</a>
<nav class="main-navigation"><ul><li><a href="/">Home</a></li>{menu}</ul></nav><!--menu--></header>
{body}
<footer class="site-footer"><p>About us | Contact | Careers | Cookie settings</p>
<p>© {_year(title)}{escape(site.name)}. All rights reserved.</p></footer>
</body>
</html>
"""
