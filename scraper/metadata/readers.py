"""Who says what about a page: each reader turns one kind of statement into raw fields (name -> strings)."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.blocks import Block, ancestors, is_note
from scraper.metadata import visible
from scraper.metadata.captions import shown_apart
from scraper.metadata.dates import when
from scraper.metadata.fields import ALIKE, likeness, line
from scraper.metadata.jsonld import articles, breadcrumbs, nodes_of, objects, strings
from scraper.metadata.people import byline_names
from scraper.urls import absolute, canonical, is_home
from storage.folding import fold
from storage.records import FeedEntry

Fields = dict[str, list[str]]


@dataclass(frozen=True)
class Seen:
    """All that is known of a page before it is read: its tree, its blocks, its address and its feed entry."""

    tree: LexborHTMLParser
    url: str
    entry: FeedEntry | None = None
    blocks: Sequence[Block] = field(default_factory=tuple)

    @cached_property
    def marked(self) -> dict[str, list[LexborNode]]:
        """The elements that speak of the page, in document order: by tag, by `rel=` relation, `itemprop`; `*` all.

        Asked for at once: every question to the tree walks through all of it.
        """
        found: dict[str, list[LexborNode]] = defaultdict(list)
        for node in self.tree.css(_MARKED):
            attributes = node.attributes
            found["*"].append(node)
            found[node.tag or ""].append(node)
            if "itemprop" in attributes:
                found["itemprop"].append(node)
            for relation in (attributes.get("rel") or "").lower().split():
                found[f"rel={relation}"].append(node)
        return found

    @cached_property
    def meta(self) -> Fields:
        """What the `meta` elements say, by their lower-case names."""
        said: Fields = {}
        for node in self.marked["meta"]:
            attributes = node.attributes
            key = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
            key = key or attributes.get("http-equiv") or ""
            if "content" in attributes:
                said.setdefault(key.lower(), []).append(attributes["content"] or "")
        return said

    @cached_property
    def all_nodes(self) -> list[dict[str, Any]]:
        """The JSON-LD nodes of the page, whatever they describe."""
        return nodes_of(self.marked["script"])

    @cached_property
    def nodes(self) -> list[dict[str, Any]]:
        """The JSON-LD nodes that describe the article."""
        return articles(self.all_nodes, self.is_own)

    @cached_property
    def _own(self) -> str:
        return _bare(self.url)

    def is_own(self, link: str) -> bool:
        """Whether a link leads to the page itself, by http or https."""
        end = self._own.rpartition("/")[2]
        if end not in link and "%" not in end:  # most links are spared the rest
            return False
        return _bare(absolute(link, self.url)) == self._own

    @cached_property
    def headings(self) -> list[str]:
        """The texts of all h1 elements; those of comments and those that lead to the site's start are left out."""
        return [
            _text(node) for node in self.marked["h1"] if not self.in_comments(node) and not _leads_home(node, self.url)
        ]

    @cached_property
    def _around_headline(self) -> set[int]:
        """The elements around the h1 elements that say what the page is called."""
        called = [fold(title) for title in (*self.meta.get("og:title", ()), *map(_text, self.marked["title"][:1]))]
        around: set[int] = set()
        for node in self.marked["h1"]:
            own = fold(_text(node))
            if len(own) > _LEAST_HEADLINE and any(own in title for title in called):
                around.update(one.mem_id for one in ancestors(node))
        return around

    @cached_property
    def _commented(self) -> dict[int, bool]:
        """Of elements that were asked about whether they are a comment's."""
        return {}

    def in_comments(self, node: LexborNode) -> bool:
        """Whether an element stands among comments, or in another part of the page that is not the article's.

        What stands around the headline is the article's, whatever it is called ("content-sidebar-wrap").
        """
        asked: list[int] = []
        parent: LexborNode | None = node
        inside = False
        while parent is not None and parent.tag not in ("body", "html"):
            known = self._commented.get(parent.mem_id)
            if known is not None:
                inside = known
                break
            asked.append(parent.mem_id)
            attributes = parent.attributes
            marks = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
            if _COMMENTS.search(marks) and parent.mem_id not in self._around_headline:
                inside = True
                break
            parent = parent.parent
        self._commented.update(dict.fromkeys(asked, inside))
        return inside


def _bare(url: str) -> str:
    return canonical(url).partition("//")[2].rstrip("/")


_MARKED = (
    'script[type="application/ld+json"], meta[content], title, h1, nav, figcaption, time[datetime], [itemprop], link[rel~="canonical"], link[rel~="amphtml"], '
    '[rel~="license"], [rel~="author"], [rel~="category"], [rel~="tag"], '
    'span[class*="author"], span[class*="byline"], a[class*="author"]'
)
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
    "licence": ("license",),
}
_OPENGRAPH = {
    "title": ("og:title", "twitter:title"),
    "authors": ("article:author",),
    "published": ("article:published_time", "og:article:published_time", "og:published_time", "article:published"),
    "modified": ("article:modified_time", "og:article:modified_time", "og:updated_time", "article:modified"),
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
    "authors": (
        "author",
        "dc.creator",
        "dcterms.creator",
        "citation_author",
        "parsely-author",
        "sailthru.author",
        "byl",
        "byline",
        "article.author",
        "twitter:data1",
        "creator",
        "article:author_name",
        "cxenseparse:author",
        "dcsext.author",
        "articleauthor",
    ),
    "published": (
        *("dc.date", "dcterms.created", "dc.date.issued", "dcterms.issued", "citation_publication_date"),
        *("citation_date", "citation_online_date", "parsely-pub-date", "sailthru.date", "date", "pubdate", "pub_date"),
        *(
            "published-date",
            "publish-date",
            "publishdate",
            "publish_date",
            "published_date",
            "publication_date",
            "publication-date",
        ),
        *("article.published", "article_date_original", "originalpublicationdate", "date.created", "created"),
        *("datecreated", "datepublished", "cxenseparse:recs:publishtime", "ptime"),
        *(
            "cxenseparse:publishtime",
            "displaydate",
            "dc.date.created",
            "last-modified-date",
            "release_date",
            "rnews:datepublished",
        ),
    ),
    "modified": ("dcterms.modified", "last-modified", "lastmod", "datemodified", "revised", "dc.date.modified"),
    "language": ("dc.language", "dcterms.language", "content-language", "language"),
    "section": ("parsely-section", "section"),
    "tags": ("parsely-tags", "news_keywords", "keywords", "dc.subject"),
    "summary": ("description", "dc.description"),
    "licence": ("dcterms.license", "dc.rights.license", "license"),
}
_ITEMPROPS = {
    "headline": "title",
    "author": "authors",
    "datepublished": "published",
    "datemodified": "modified",
    "articlesection": "section",
    "keywords": "tags",
    "isaccessibleforfree": "access",
}
# Names of `meta` elements that tell the day of publication, beside those in the table.
_PUBLISHED = re.compile(r"publi(?:sh|cation)|pub_?date|issued|created|posted|release_?date")
_NOT_PUBLISHED = re.compile(r"publisher|modif|updat|expir|un_?publish|state|status|by\b|site|channel|type|author|id$")
_COMMENTS = re.compile(r"comment|respond|sidebar|widget(?:-area|s|_)|related", re.IGNORECASE)
_DATED_PATH = re.compile(
    r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?:/|-|\b)|[/-]((?:19|20)\d\d)(\d\d)(\d\d)(?:/|-|\b)"
)
_GLUED = frozenset(("span", "div", "br", "p", "small"))
_DAY_FIRST = re.compile(r"en-(?:gb|au|nz|ie|in|za|sg|my|pk|ng|ke|gh)|(?!en)", re.IGNORECASE)
_STATE_DATE = re.compile(
    r'"(?:datePublished|publishedAt|published_at|publishedDate|publishDate|publish_date|firstPublished(?:At)?|first_published_at|'
    r'publicationDate|published_time|pubDate|display_date)\\?"\s*:\s*\\?"(\d{4}-\d\d-\d\d[^"\\]{0,20})'
)
_MOST_SCRIPTS = 60
_MOST_FIGURES = 20
# What stands in the picture's place until a script puts it there.
_STANDS_IN = re.compile(r"^data:|(?:placeholder|loading|spacer|blank)[\w-]*\.(?:gif|svg|png)$")
_CAPTIONS = '[class*="caption" i]'
_LONGEST_NAME = 80
_LEAST_HEADLINE = 8  # folded characters


def jsonld(seen: Seen) -> Fields:
    """schema.org in JSON-LD; the first article node that knows a field says it."""
    fields: Fields = {}
    for node in seen.nodes:
        for name, keys in _JSONLD.items():
            values = next((found for key in keys if (found := _json(name, node.get(key)))), [])
            if values:
                fields.setdefault(name, values)
        free = node.get("isAccessibleForFree")
        if free is None:  # of its parts the one that is behind the wall is named
            parts = [part.get("isAccessibleForFree") for part in objects(node.get("hasPart"))]
            free = next((part for part in parts if part is not None and not _is_true(part)), None)
        if free is not None:
            fields.setdefault("access", ["free" if _is_true(free) else "paid"])
        for image in objects(node.get("image")):
            for name, keys in (("image_caption", ("caption",)), ("image_credit", ("creditText", "creator", "author"))):
                values = next((found for key in keys if (found := strings(image.get(key)))), [])
                if values:
                    fields.setdefault(name, values)
    return fields


def _is_true(value: Any) -> bool:
    return str(value).lower().removeprefix("http://schema.org/").removeprefix("https://schema.org/") in ("true", "1")


def _json(name: str, value: Any) -> list[str]:
    if name == "image" and isinstance(value, dict):
        return strings(value.get("url") or value.get("contentUrl"))
    if name == "image" and isinstance(value, list):
        return [text for one in value for text in _json(name, one)]
    return strings(value)


def opengraph(seen: Seen) -> Fields:
    """Open Graph and Twitter cards."""
    return _picked(seen.meta, _OPENGRAPH)


def meta(seen: Seen) -> Fields:
    """Dublin Core and plain <meta>; the canonical link, the licence and the language of the page stand beside them."""
    fields = _picked(seen.meta, _META)
    if "published" not in fields:
        keys = (key for key in seen.meta if _PUBLISHED.search(key) and not _NOT_PUBLISHED.search(key))
        dated = [value for key in keys for value in seen.meta[key] if when(value)]
        if dated:
            fields["published"] = dated
    rights = [value for key in ("dc.rights", "dcterms.rights") for value in seen.meta.get(key, ()) if "://" in value]
    if rights and "licence" not in fields:  # others tell in words whose the text is
        fields["licence"] = rights
    for name, relation in (("canonical_url", "rel=canonical"), ("licence", "rel=license")):
        targets = [target for node in seen.marked[relation] if (target := node.attributes.get("href"))]
        if targets:
            fields[name] = targets[:1]
    if seen.tree.root is not None and seen.tree.root.attributes.get("lang"):
        fields["language"] = [seen.tree.root.attributes["lang"] or ""]
    return fields


def _picked(said: Fields, table: dict[str, tuple[str, ...]]) -> Fields:
    found = {name: next((said[key] for key in keys if any(said.get(key, ()))), []) for name, keys in table.items()}
    return {name: values for name, values in found.items() if values}


def microdata(seen: Seen) -> Fields:
    """schema.org in itemprop attributes, comments left out."""
    fields: Fields = {}
    for node in seen.marked["itemprop"]:
        attributes = node.attributes
        name = _ITEMPROPS.get((attributes.get("itemprop") or "").lower())
        if name and not seen.in_comments(node):
            inner = node.css_first('[itemprop="name"]') if name == "authors" else None
            value = attributes.get("content") or attributes.get("datetime") or _text(inner or node)
            if name == "access":
                value = "free" if _is_true(value) else "paid"
            if len(value) < 500 and len(fields.get(name, ())) < 6:
                fields.setdefault(name, []).append(value)
    return fields


def shown(seen: Seen) -> Fields:
    """What a reader sees: the headline, the byline, the post's own date and category links; never a comment's."""
    fields: Fields = {}
    if seen.headings:
        fields["title"] = seen.headings[:1]
    place = visible.headline_place(seen.blocks, _titles(seen))
    fields["authors"] = (
        visible.byline(seen.blocks, place)
        or _signed(seen)
        or visible.introduced(seen.blocks, place)
        or visible.in_brackets(seen.blocks, place)
    )
    fields["alone"] = [] if any(fields["authors"]) else visible.name_alone(seen.blocks, place)
    fields["signature"] = [visible.signature(seen.blocks, place)]
    times = _times(seen)
    if times:
        fields["published"] = [times[0].attributes.get("datetime") or ""]
        updated = [node for node in times if "updated" in (node.attributes.get("class") or "")]
        if updated and "published" not in (updated[0].attributes.get("class") or ""):
            fields["modified"] = [updated[0].attributes.get("datetime") or ""]
    days = visible.day(seen.blocks, place, month_first=_month_first(seen))
    fields["shown"] = days.get("published", [])
    fields["beside"] = [visible.day_beside(seen.blocks, place)]
    fields = days | fields
    tagged = [node for node in seen.marked["rel=tag"] if node.attributes["rel"] == "tag"]
    # Block themes relate both kinds of terms as tags, and class what stands around them.
    rubrics = [
        node for node in tagged if node.parent and "taxonomy-category" in (node.parent.attributes.get("class") or "")
    ]
    tags = [node for node in tagged if node not in rubrics]
    for name, nodes in (("section", seen.marked["rel=category"] or rubrics), ("tags", tags)):
        fields[name] = [_text(node) for node in nodes if not seen.in_comments(node)]
    captions = seen.marked["figcaption"][:_MOST_FIGURES] or _called_captions(seen, place)
    told = ((node, *shown_apart(node)) for node in captions)
    node, caption, credit = next((one for one in told if any(one[1:])), (None, "", ""))
    fields["image_caption"], fields["image_credit"] = [caption], [credit]
    fields["image"] = _pictured(node.parent) if node is not None and node.tag == "figcaption" else []
    return {name: values for name, values in fields.items() if any(values)}


def _pictured(figure: LexborNode | None) -> list[str]:
    """The address of a figure's picture; what scripts load later stands in other attributes until then."""
    picture = figure.css_first("img") if figure is not None else None
    said = picture.attributes if picture is not None else {}
    links = (said.get(name) or "" for name in ("data-src", "data-original", "data-lazy-src", "src"))
    return [link for link in links if link and not _STANDS_IN.search(link)][:1]


def _called_captions(seen: Seen, place: int) -> list[LexborNode]:
    """The elements that are only called a caption, near the headline: that of the first picture."""
    if not (block := visible.captioned(seen.blocks, place)):
        return []
    called = (node for node in seen.tree.css(_CAPTIONS) if line(_text(node)) == block.text)
    return list(islice(called, 1))


def _leads_home(node: LexborNode, url: str) -> bool:
    """Whether a heading is a link to the site's start, and nothing else."""
    links = [*node.css("a[href]"), *([node.parent] if node.parent is not None and node.parent.tag == "a" else [])]
    paths = [urlsplit(absolute(link.attributes.get("href") or "", url)) for link in links]
    return bool(paths) and all(path.path in ("", "/") and not path.query for path in paths)


def _titles(seen: Seen) -> list[str]:
    """What the headline may say: the headings that resemble what the page is called, or all; and what it is called.

    Where nothing else says it, the window's title does.
    """
    called = seen.meta.get("og:title", [])
    alike = [heading for heading in seen.headings if likeness(heading, called) >= ALIKE]
    said = [*(alike or ([] if called else seen.headings)), *called]
    return said or [_text(node) for node in seen.marked["title"][:1]]


def _signed(seen: Seen) -> list[str]:
    """The names in the elements that are related or classed as the author's, outside comments."""
    related = [_text(node) for node in seen.marked["rel=author"] if not seen.in_comments(node)]
    if related:
        return related
    for node in seen.marked["span"] + seen.marked["a"]:
        if visible.is_author(node.attributes.get("class") or "") and not seen.in_comments(node):
            text = _text(node)
            if len(text) < _LONGEST_NAME and (names := byline_names(text, marked=True)):
                return list(names)
    return []


def _times(seen: Seen) -> list[LexborNode]:
    """The `time` elements that may be the post's own: those behind the first heading, else all."""
    behind: list[LexborNode] = []
    before: list[LexborNode] = []
    headline = False
    for node in seen.marked["*"]:
        headline = headline or (node.tag == "h1" and not seen.in_comments(node))
        if node.tag == "time" and "datetime" in node.attributes and not seen.in_comments(node):
            (behind if headline else before).append(node)
    return behind or before


def _month_first(seen: Seen) -> bool:
    said = [*seen.meta.get("og:locale", ()), *([seen.tree.root.attributes.get("lang") or ""] if seen.tree.root else ())]
    tags = [tag.replace("_", "-") for tag in said if tag]
    host = urlsplit(seen.url).hostname or ""
    if host.endswith((".uk", ".au", ".nz", ".ie", ".in", ".za")):
        return False
    return not any(_DAY_FIRST.match(tag) for tag in tags)


def _text(node: LexborNode) -> str:
    for note in node.css("ruby > *"):
        if is_note(note):
            note.decompose()
    inner = {child.tag for child in node.iter()}
    return node.text(separator=" " if inner & _GLUED else "")


def feed(seen: Seen) -> Fields:
    """What the feed said."""
    entry = seen.entry
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


def page(seen: Seen) -> Fields:
    """What is left: the window's title, a date in the address, the way to the page, when its film was put up."""
    fields: Fields = {"title": [node.text() for node in seen.marked["title"][:1]], "section": _rubric(seen)}
    dated = _DATED_PATH.search(urlsplit(seen.url).path)
    if dated:
        fields["published"] = ["-".join(part for part in dated.groups() if part)]
    elif seen.nodes:
        fields["published"] = strings(seen.nodes[0].get("uploadDate"))
    return fields


def _rubric(seen: Seen) -> list[str]:
    """The last step on the way to the page that is neither the front page nor the page itself."""
    way = breadcrumbs(seen.all_nodes)
    called = {fold(title) for title in (*seen.headings, *seen.meta.get("og:title", ()))} if way else set()
    for name, link in reversed(way):
        to = absolute(link, seen.url)
        if to and not is_home(to) and not seen.is_own(to) and fold(name) not in called:
            return [name]
    return []


def state(seen: Seen) -> Fields:
    """The day in the page's scripts; for pages that say it nowhere else."""
    for script in seen.tree.css("script")[:_MOST_SCRIPTS]:
        found = _STATE_DATE.search(script.text() or "")
        if found:
            return {"published": [found[1]]}
    return {}


# In order of trust: the first that knows a field says it.
READERS = {
    "json-ld": jsonld,
    "opengraph": opengraph,
    "meta": meta,
    "microdata": microdata,
    "visible": shown,
    "feed": feed,
    "page": page,
}
