"""Who says what about a page: each reader turns one kind of statement into raw fields (name -> strings)."""

import re
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.metadata.fields import people
from scraper.metadata.jsonld import articles, strings
from storage.records import FeedEntry

Fields = dict[str, list[str]]

_JSONLD = {
    "title": ("headline", "name"),
    "authors": ("author", "creator"),
    "published": ("datePublished", "dateCreated"),
    "modified": ("dateModified",),
    "language": ("inLanguage",),
    "site": ("publisher",),
    "section": ("articleSection",),
    "tags": ("keywords",),
    "summary": ("description",),
    "image": ("image", "thumbnailUrl"),
    "canonical_url": ("url",),
}
_OPENGRAPH = {
    "title": ("og:title", "twitter:title"),
    "authors": ("article:author",),
    "published": ("article:published_time", "og:article:published_time"),
    "modified": ("article:modified_time", "og:updated_time"),
    "language": ("og:locale",),
    "site": ("og:site_name",),
    "section": ("article:section",),
    "tags": ("article:tag",),
    "summary": ("og:description", "twitter:description"),
    "image": ("og:image", "og:image:url", "twitter:image"),
    "canonical_url": ("og:url",),
}
_META = {
    "title": ("dc.title", "dcterms.title", "citation_title", "parsely-title", "sailthru.title"),
    "authors": ("author", "dc.creator", "dcterms.creator", "citation_author", "parsely-author", "sailthru.author"),
    "published": (
        *("dc.date", "dcterms.created", "dc.date.issued", "dcterms.issued", "citation_publication_date"),
        *("parsely-pub-date", "sailthru.date", "date", "pubdate", "publish-date", "publishdate"),
    ),
    "modified": ("dcterms.modified", "last-modified", "lastmod"),
    "language": ("dc.language", "dcterms.language", "content-language", "language"),
    "section": ("parsely-section", "section"),
    "tags": ("parsely-tags", "news_keywords", "keywords", "dc.subject"),
    "summary": ("description", "dc.description"),
}
_ITEMPROPS = {
    "headline": "title",
    "author": "authors",
    "datepublished": "published",
    "datemodified": "modified",
    "articlesection": "section",
    "keywords": "tags",
}
_COMMENTS = re.compile(r"comment|respond|sidebar|widget|related", re.IGNORECASE)
_BYLINES = '[rel~="author"], .byline .author, .entry-meta .author, .author-name, .byline, .article-author, .post-author'
_DATED_PATH = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?:/|-|\b)")


def jsonld(tree: LexborHTMLParser, url: str, entry: FeedEntry | None) -> Fields:  # noqa: ARG001 (a reader's signature)
    """schema.org in JSON-LD; the first article node that knows a field says it."""
    fields: Fields = {}
    for node in articles(tree):
        for name, keys in _JSONLD.items():
            values = next((found for key in keys if (found := _json(name, node.get(key)))), [])
            if values:
                fields.setdefault(name, values)
        free = node.get("isAccessibleForFree")
        if free is not None:
            fields.setdefault("access", ["free" if str(free).lower() in ("true", "1") else "paid"])
    return fields


def _json(name: str, value: Any) -> list[str]:
    if name == "image" and isinstance(value, dict):
        return strings(value.get("url") or value.get("contentUrl"))
    if name == "image" and isinstance(value, list):
        return [text for one in value for text in _json(name, one)]
    return strings(value)


def opengraph(tree: LexborHTMLParser, url: str, entry: FeedEntry | None) -> Fields:  # noqa: ARG001
    """Open Graph and Twitter cards."""
    return _from_meta(tree, _OPENGRAPH)


def meta(tree: LexborHTMLParser, url: str, entry: FeedEntry | None) -> Fields:  # noqa: ARG001
    """Dublin Core and plain <meta>; the canonical link and the language of the page stand beside them."""
    fields = _from_meta(tree, _META)
    link = tree.css_first('link[rel~="canonical"]')
    if link is not None and link.attributes.get("href"):
        fields["canonical_url"] = [link.attributes["href"] or ""]
    if tree.root is not None and tree.root.attributes.get("lang"):
        fields["language"] = [tree.root.attributes["lang"] or ""]
    return fields


def _from_meta(tree: LexborHTMLParser, table: dict[str, tuple[str, ...]]) -> Fields:
    said: Fields = {}
    for node in tree.css("meta[content]"):
        attributes = node.attributes
        key = attributes.get("property") or attributes.get("name") or attributes.get("http-equiv") or ""
        said.setdefault(key.lower(), []).append(attributes.get("content") or "")
    found = {name: next((said[key] for key in keys if key in said), []) for name, keys in table.items()}
    return {name: values for name, values in found.items() if any(values)}


def microdata(tree: LexborHTMLParser, url: str, entry: FeedEntry | None) -> Fields:  # noqa: ARG001
    """schema.org in itemprop attributes, comments left out."""
    fields: Fields = {}
    for node in tree.css("[itemprop]"):
        name = _ITEMPROPS.get((node.attributes.get("itemprop") or "").lower())
        if name and not _in_comments(node):
            attributes = node.attributes
            value = attributes.get("content") or attributes.get("datetime") or node.text()
            fields.setdefault(name, []).append(value)
    return fields


def visible(tree: LexborHTMLParser, url: str, entry: FeedEntry | None) -> Fields:  # noqa: ARG001
    """What a reader sees: the headline, the byline, the post's own date and category links; never a comment's."""
    fields: Fields = {}
    headings = [node for node in tree.css("h1") if not _in_comments(node)]
    entry_title = next((node for node in headings if "title" in (node.attributes.get("class") or "")), None)
    if headings:
        fields["title"] = [(entry_title or headings[-1 if len(headings) == 1 else 0]).text()]
    bylines = [node for node in tree.css(_BYLINES) if not _in_comments(node)]
    # The first that names a person: "View all posts" links to the author's page too.
    named = next((node.text() for node in bylines if people([node.text()])), "")
    if named:
        fields["authors"] = [named]
    times = [node for node in tree.css("time[datetime]") if not _in_comments(node)]
    if times:
        fields["published"] = [times[0].attributes.get("datetime") or ""]
        updated = [node for node in times if "updated" in (node.attributes.get("class") or "")]
        if updated and "published" not in (updated[0].attributes.get("class") or ""):
            fields["modified"] = [updated[0].attributes.get("datetime") or ""]
    categories = [node.text() for node in tree.css('[rel~="category"]') if not _in_comments(node)]
    if categories:
        fields["section"] = categories
    tags = [node.text() for node in tree.css('[rel="tag"]') if not _in_comments(node)]
    if tags:
        fields["tags"] = tags
    return fields


def _in_comments(node: LexborNode) -> bool:
    parent: LexborNode | None = node
    while parent is not None and parent.tag not in ("body", "html"):
        attributes = parent.attributes
        if _COMMENTS.search(f"{attributes.get('class') or ''} {attributes.get('id') or ''}"):
            return True
        parent = parent.parent
    return False


def feed(tree: LexborHTMLParser, url: str, entry: FeedEntry | None) -> Fields:  # noqa: ARG001
    """What the feed said."""
    if entry is None:
        return {}
    moments = {"published": entry.published, "modified": entry.updated}
    fields = {name: [moment.isoformat()] for name, moment in moments.items() if moment}
    return fields | {
        "title": [entry.title],
        "authors": list(entry.authors),
        "tags": list(entry.tags),
        "summary": [entry.summary],
    }


def page(tree: LexborHTMLParser, url: str, entry: FeedEntry | None) -> Fields:  # noqa: ARG001
    """What is left: the window's title and a date in the address."""
    title = tree.css_first("title")
    fields: Fields = {"title": [title.text()]} if title is not None else {}
    dated = _DATED_PATH.search(urlsplit(url).path)
    if dated:
        fields["published"] = ["-".join(dated.groups())]
    return fields


# In order of trust: the first that knows a field says it.
READERS = {
    "json-ld": jsonld,
    "opengraph": opengraph,
    "meta": meta,
    "microdata": microdata,
    "visible": visible,
    "feed": feed,
    "page": page,
}
