"""The pages of the small news web: three designs, each with the furniture that real sites wrap their articles in."""

import json
from datetime import timedelta
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


def article_page(world: World, article: Article) -> str:
    """The whole page of an article, padded to about `page_bytes`."""
    site = world.sites[article.site]
    design = {"wordpress": _wordpress, "plain": _plain, "semantic": _semantic}[site.design]
    page = design(world, site, article)
    missing = world.page_bytes - len(page)
    if missing <= 0:
        return page
    scripts, menu = _padding(world.seed, site.index, missing // 1000 * 1000)
    return page.replace("</head>", scripts + "</head>", 1).replace("<!--menu-->", menu, 1)


def list_page(world: World, site: Site, feed: Feed | None, articles: list[Article]) -> str:
    """The home page, or a category's page when a feed is given: headlines and links, and where the feeds are."""
    teasers = "\n".join(
        f'<div class="teaser"><h2><a href="{site.base}{article.path}">{escape(article.title)}</a></h2>'
        f"<p>{escape(article.paragraphs[0][:120])}…</p></div>"
        for article in articles
    )
    title = f"{feed.category} - {site.name}" if feed else site.name
    head = "".join(
        f'<link rel="alternate" type="{FEED_TYPES[each.format]}" title="{each.category}" href="{site.base}{each.path}">'
        for each in ([feed] if feed else site.feeds)
    )
    return _document(world, site, title, head, f"<main><h1>{escape(title)}</h1>\n{teasers}\n</main>")


def plain_page(world: World, site: Site, title: str, text: str) -> str:
    """A page with one line, as errors are."""
    return _document(world, site, title, "", f"<main><h1>{title}</h1><p>{text}</p></main>")


def _document(world: World, site: Site, title: str, head: str, body: str) -> str:
    menu = "".join(f'<li><a href="{feed.page}">{escape(feed.category)}</a></li>' for feed in site.feeds)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{escape(title)}</title>
{head}
<style>body{{font:1rem/1.5 Georgia,serif;max-width:72rem;margin:auto}} nav li{{display:inline}}</style>
</head>
<body>
<header class="site-header"><a class="logo" href="/">{escape(site.name)}</a>
<nav class="main-navigation"><ul><li><a href="/">Home</a></li>{menu}</ul></nav><!--menu--></header>
{body}
<footer class="site-footer"><p>About us | Contact | Careers | Cookie settings</p>
<p>© {world.start.year} {escape(site.name)}. All rights reserved.</p></footer>
</body>
</html>
"""


def _wordpress(world: World, site: Site, article: Article) -> str:
    texts = [f"<p>{text}</p>" for text in _linked(article)]
    texts.insert(3, f"<p><strong>{_related(site, article)}</strong></p>")
    post = 100 + article.number
    edited = f'<time class="updated" datetime="{_iso(article)}">updated</time>' if article.edited else ""
    body = f"""<main class="site-main"><article id="post-{post}" class="post-{post} post type-post status-publish hentry">
<header class="entry-header"><h1 class="entry-title">{escape(article.title)}</h1><div class="entry-meta">
<time class="entry-date published" datetime="{article.published.isoformat()}">{article.published:%B %d, %Y}</time>{edited}
<span class="author vcard"><a class="url fn n" rel="author" href="/author/">{escape(article.author)}</a></span></div></header>
<div class="entry-content"><div class="wp-caption alignnone"><img src="/uploads/{post}.jpg" alt="">
<p class="wp-caption-text">{escape(article.caption)}</p></div>
{chr(10).join(texts)}
<div class="sharedaddy sd-sharing-enabled"><p>{escape(share_line(site), quote=False)}</p></div></div></article>
{_newsletter(site)}{_comments(article)}</main>
{_sidebar(world, article)}"""
    return _document(world, site, f"{article.title} - {site.name}", _canonical(world, article), body)


def _plain(world: World, site: Site, article: Article) -> str:
    texts = _linked(article)
    texts.insert(3, _related(site, article))
    about = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "author": [{"@type": "Person", "name": article.author}],
        "datePublished": article.published.isoformat(),
        "dateModified": article.updated.isoformat(),
        "articleSection": article.categories[0],
        "publisher": {"@type": "Organization", "name": site.name},
    }
    script = f'<script type="application/ld+json">{json.dumps(about)}</script>'
    body = f"""<div id="wrap"><div class="col-main"><h1>{escape(article.title)}</h1>
<div class="byline">By {escape(article.author)}, {article.published:%d %B %Y}</div>
<div class="photo"><img src="/img/{article.number}.jpg" alt=""><div class="caption">{escape(article.caption)}</div></div>
<div class="story-text">{"<br><br>".join(texts)}</div>
<div class="share-tools"><p>{escape(share_line(site), quote=False)}</p></div>
{_newsletter(site)}{_comments(article)}</div>
{_sidebar(world, article)}</div>"""
    return _document(world, site, f"{article.title} | {site.name}", _canonical(world, article) + script, body)


def _semantic(world: World, site: Site, article: Article) -> str:
    texts = [f"<p>{text}</p>" for text in _linked(article)]
    texts.insert(3, f'<aside class="related"><p>{_related(site, article)}</p></aside>')
    head = f"""{_canonical(world, article)}<meta property="og:type" content="article">
<meta property="og:title" content="{escape(article.title)}"><meta property="og:url" content="{world.url(article)}">
<meta property="og:site_name" content="{escape(site.name)}"><meta name="author" content="{escape(article.author)}">
<meta property="article:published_time" content="{article.published.isoformat()}">
<meta property="article:modified_time" content="{_iso(article)}">"""
    body = f"""<main><article><header><h1>{escape(article.title)}</h1><p class="byline">By
<a rel="author" href="/author/">{escape(article.author)}</a></p>
<time datetime="{article.published.isoformat()}">{article.published:%d %B %Y}</time></header>
<figure><img src="/media/{article.number}.webp" alt=""><figcaption>{escape(article.caption)}</figcaption></figure>
{chr(10).join(texts)}
<footer class="share"><p>{escape(share_line(site), quote=False)}</p></footer></article>
{_newsletter(site)}{_comments(article)}</main>
{_sidebar(world, article)}"""
    return _document(world, site, f"{article.title} - {site.name}", head, body)


def _iso(article: Article) -> str:
    return article.updated.isoformat()


def _canonical(world: World, article: Article) -> str:
    return f'<link rel="canonical" href="{world.url(article)}">\n'


def _linked(article: Article) -> list[str]:
    # Links and emphasis inside the text must not tear it apart.
    texts = [escape(text, quote=False) for text in article.paragraphs]
    for place, opening, closing in ((1, f'<a href="/topic/{article.number}">', "</a>"), (4, "<em>", "</em>")):
        first, _, rest = texts[place].partition(" ")
        texts[place] = f"{opening}{first}{closing} {rest}"
    return texts


def _related(site: Site, article: Article) -> str:
    text, _, url = related_line(site, article).rpartition(" ")
    return f'{escape(text)} <a href="{url}">{url}</a>'


def _newsletter(site: Site) -> str:
    return f"""<div class="newsletter-signup"><p>{escape(newsletter_line(site), quote=False)}</p>
<form action="/newsletter"><input name="email" placeholder="Your e-mail"><button>Sign up</button></form></div>
"""


def _comments(article: Article) -> str:
    # Comments carry dates of their own, which are not the article's.
    items = "".join(
        f'<li class="comment"><cite>Reader {place}</cite> '
        f'<time datetime="{(article.published + timedelta(hours=place)).isoformat()}">later</time><p>{escape(text)}</p></li>'
        for place, text in enumerate(article.comments, 1)
    )
    return f"""<section id="comments" class="comments-area"><h2>2 comments</h2><ol class="comment-list">{items}</ol>
<div id="respond" class="comment-respond"><h3 id="reply-title" class="comment-reply-title">Leave a reply</h3>
<form id="commentform"><p>Your email address will not be published.</p><textarea name="comment"></textarea></form></div></section>
"""


def _sidebar(world: World, article: Article) -> str:
    # Only what was there before the article: its page stays the same as the world goes on.
    older = (article.number - len(world.sites) * step for step in (1, 2, 3, 4))
    found = (world.article(number, world.start) for number in older if number >= 0)
    items = "".join(f'<li><a href="{each.path}">{escape(each.title)}</a></li>' for each in found if each)
    return f'<aside id="secondary" class="sidebar widget-area"><h2>Most popular</h2><ul>{items}</ul></aside>'


@lru_cache(maxsize=512)
def _padding(seed: int, site: int, size: int) -> tuple[str, str]:
    """Scripts and a mega menu, in the shares and with the repetition that real pages have."""
    rng = generator(seed, "padding", site)
    scripts, menu = [], []
    for place in range(size * 7 // 10 // 100 + 1):
        scripts.append(
            f'{{"id":"{rng.getrandbits(64):016x}","module":"teaser-{place}","src":"/assets/chunk-{rng.getrandbits(32):08x}.js",'
            f'"weight":{rng.randint(0, 999)}}}'
        )
    for place in range(size * 3 // 10 // 90 + 1):
        menu.append(
            f'<li class="menu-item menu-item-{place}"><a href="/tag/{rng.getrandbits(40):010x}/">Tag {place}</a></li>'
        )
    state = ",".join(scripts)
    return f"<script>window.__STATE__=[{state}];</script>\n", f'<nav class="mega-menu"><ul>{"".join(menu)}</ul></nav>'
