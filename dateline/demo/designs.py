"""The pages of the small news web: three designs, each with the furniture that real sites wrap their articles in."""

import json
from collections.abc import Callable
from functools import lru_cache
from html import escape

from dateline.demo.prose import generator
from dateline.demo.world import Article, Feed, Site, World, newsletter_line, related_line, share_line

FEED_TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
    "json": "application/feed+json",
}
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def article_page(world: World, article: Article) -> str:
    """The whole page of an article, padded to about `page_bytes`."""
    site = world.sites[article.site]
    head, body = _DESIGNS[site.design](world, site, article)
    head = f'<link rel="canonical" href="{world.url(article)}">\n{head}'
    page = _document(world, site, f"{article.title} - {site.name}", head, body)
    missing = world.page_bytes - len(page)
    return page.replace("</head>", _padding(world.seed, site.index, missing) + "</head>", 1) if missing > 0 else page


def list_page(world: World, site: Site, feed: Feed | None, articles: list[Article]) -> str:
    """The home page, or a category's page when a feed is given: headlines and links, and where the feeds are."""
    feeds = [feed] if feed else list(site.feeds)
    teasers = "\n".join(
        f'<div class="teaser"><h2><a href="{site.base}{article.path}">{escape(article.title)}</a></h2>'
        f"<p>{escape(article.paragraphs[0][:120])}…</p></div>"
        for article in articles
    )
    title = f"{feed.category} - {site.name}" if feed else site.name
    head = "\n".join(
        f'<link rel="alternate" type="{FEED_TYPES[one.format]}" title="{one.category}" href="{one.path}">'
        for one in feeds
    )
    return _document(world, site, title, head, f"<main><h1>{escape(title)}</h1>\n{teasers}\n</main>")


def plain_page(world: World, site: Site, title: str, text: str) -> str:
    """A page with one line, as errors are."""
    head = '<meta name="robots" content="noindex">'
    return _document(world, site, title, head, f"<main><h1>{title}</h1><p>{text}</p></main>")


def _document(world: World, site: Site, title: str, head: str, body: str) -> str:
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
<nav class="main-navigation"><ul><li><a href="/">Home</a></li>{menu}</ul></nav></header>
{body}
<footer class="site-footer"><p>About us | Contact | Careers | Cookie settings</p>
<p>© {world.start.year} {escape(site.name)}. All rights reserved.</p></footer>
</body>
</html>
"""


def _related(site: Site, article: Article) -> str:
    words, _, address = related_line(site, article).rpartition(" ")
    return f'{escape(words)} <a href="{address}">{address}</a>'


def _comments(article: Article) -> str:
    shown = "\n".join(
        f'<li class="comment"><p>{escape(comment)}</p><time datetime="2031-01-01T00:00:00Z">later</time></li>'
        for comment in article.comments
    )
    return f"""<div id="comments" class="comments-area"><ol class="comment-list">{shown}</ol>
<div id="respond" class="comment-respond"><h3>Leave a reply</h3><form method="post"><textarea name="comment"></textarea>
<button>Post comment</button></form></div></div>"""


def _wordpress(world: World, site: Site, article: Article) -> tuple[str, str]:
    paragraphs = "\n".join(f"<p>{escape(text)}</p>" for text in article.paragraphs)
    shelves = ", ".join(f'<a href="/category/{one}/" rel="category tag">{one}</a>' for one in article.categories)
    body = f"""<main><article id="post-{article.number}" class="post type-post">
<figure class="wp-caption"><img src="/i/{article.number}.jpg" alt=""><figcaption class="wp-caption-text">
{escape(article.caption)}</figcaption></figure>
<header class="entry-header"><h1 class="entry-title">{escape(article.title)}</h1><div class="entry-meta">
<time class="entry-date published" datetime="{article.published.strftime(_TIME)}">{article.published:%d %B %Y}</time>
<span class="byline">by <span class="author vcard"><a rel="author" href="/author/">{article.author}</a></span></span>
<span class="cat-links">{shelves}</span></div></header>
<div class="entry-content">
{paragraphs}
<p>{_related(site, article)}</p>
<div class="sharedaddy share-box"><p>{escape(share_line(site))}</p></div>
<div class="newsletter-box"><p>{escape(newsletter_line(site))}</p></div>
</div></article>
{_comments(article)}</main>
{_sidebar(world, article)}"""
    return f'<meta property="og:site_name" content="{site.name}">', body


def _plain(world: World, site: Site, article: Article) -> tuple[str, str]:
    facts = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "author": [{"@type": "Person", "name": article.author}],
        "datePublished": article.published.strftime(_TIME),
        "dateModified": article.updated.strftime(_TIME),
        "articleSection": article.categories[0],
        "publisher": {"@type": "Organization", "name": site.name},
    }
    text = "<br><br>\n".join(map(escape, article.paragraphs))
    body = f"""<div class="wrap"><h1>{escape(article.title)}</h1><div class="photo"><img src="/i/{article.number}.jpg" alt="">
<div class="caption">{escape(article.caption)}</div></div>
<div class="story-text">{text}
<br><br>{_related(site, article)}</div>
<div class="share">{escape(share_line(site))}</div>
<div class="newsletter">{escape(newsletter_line(site))}</div>
{_comments(article)}</div>
{_sidebar(world, article)}"""
    return f'<script type="application/ld+json">{json.dumps(facts)}</script>', body


def _semantic(world: World, site: Site, article: Article) -> tuple[str, str]:
    paragraphs = "\n".join(f"<p>{escape(text)}</p>" for text in article.paragraphs)
    head = f"""<meta property="og:type" content="article"><meta property="og:title" content="{escape(article.title)}">
<meta property="og:site_name" content="{site.name}"><meta name="author" content="{article.author}">
<meta property="article:published_time" content="{article.published.strftime(_TIME)}">
<meta property="article:modified_time" content="{article.updated.strftime(_TIME)}">
<meta property="article:section" content="{article.categories[0]}">"""
    body = f"""<main><article><header><h1>{escape(article.title)}</h1><p class="byline">By {article.author}</p>
<time datetime="{article.published.strftime(_TIME)}">{article.published:%d %B %Y}</time></header>
<figure><img src="/i/{article.number}.jpg" alt=""><figcaption>{escape(article.caption)}</figcaption></figure>
{paragraphs}
<p>{_related(site, article)}</p>
<aside><p>{escape(newsletter_line(site))}</p></aside>
<footer><p>{escape(share_line(site))}</p></footer></article>
<section class="comments">{_comments(article)}</section></main>
{_sidebar(world, article)}"""
    return head, body


def _sidebar(world: World, article: Article) -> str:
    site = world.sites[article.site]
    links = "".join(f'<li><a href="{feed.page}">More from {feed.category}</a></li>' for feed in site.feeds)
    return f'<aside class="sidebar widget-area"><h2>Sections</h2><ul>{links}</ul></aside>'


@lru_cache(maxsize=256)
def _padding(seed: int, site: int, length: int) -> str:
    """Scripts as pages carry them, about so long; the same on every page of a site but for the end."""
    rng = generator(seed, "padding", site)
    rows: list[str] = []
    size = 0
    while size < length:
        row = f'{{"id":{rng.randrange(10**9)},"slot":"{rng.choice("abcdef")}-{rng.randrange(999)}","load":"lazy"}}'
        rows.append(row)
        size += len(row) + 2
    return "<script>window.settings = [" + ",\n".join(rows) + "];</script>\n" if rows else ""


_Design = Callable[[World, Site, Article], tuple[str, str]]
_DESIGNS: dict[str, _Design] = {"wordpress": _wordpress, "plain": _plain, "semantic": _semantic}
