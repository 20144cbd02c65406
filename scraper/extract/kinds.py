"""What kind of page it is: an article of some form, or the reason why it is none. Careful: a short article is one."""

import re
from collections.abc import Sequence

from scraper.blocks import Block
from scraper.extract.access import is_wall
from scraper.extract.lists import COLLECTIONS, has_prose, has_teasers, is_dated, is_list
from scraper.extract.machines import FEW, GONE, SOME, calls_itself_missing, gate, is_consent, is_missing, machine
from scraper.metadata import Seen
from scraper.metadata.jsonld import strings
from scraper.urls import is_listing
from storage.records import Metadata

LIST = "a list of articles"
WITHOUT_TEXT = ("an empty shell", "no article text")
_SHOWN = frozenset(("visible", "microdata"))
_ARTICLE = re.compile(r"Article|Posting$|Report$|Review$|NewsStory|LiveBlog|Recipe|HowTo|Gallery|PodcastEpisode")
# What shops, boards and exchanges call their pages in JSON-LD and Open Graph.
_THINGS = {
    "Product": "a product page",
    "ProductGroup": "a product page",
    "JobPosting": "a job advertisement",
    "DiscussionForumPosting": "a forum thread",
}


def kind_of(seen: Seen, kept: Sequence[Block], words: int, metadata: Metadata) -> str:
    """One of storage.records.ARTICLE_KINDS, or what the page is instead."""
    types = [kind for node in seen.nodes for kind in strings(node.get("@type"))]
    instead = _no_article(seen, kept, words, metadata, types)
    if instead:
        return instead
    if any("LiveBlog" in kind for kind in types):
        return "live blog"
    form = _og_type(seen)
    says_article = any(kind.endswith(("Article", "BlogPosting")) for kind in types) or form == "article"
    if not says_article and any("Gallery" in kind for kind in types):
        return "gallery"
    if not says_article and ("VideoObject" in types or form.startswith("video")):
        return "video"
    return "article"


def _no_article(seen: Seen, kept: Sequence[Block], words: int, metadata: Metadata, types: Sequence[str]) -> str:
    dated_by = metadata.said_by.get("published", "")
    described = not COLLECTIONS.issuperset(types)
    claims = described or dated_by not in ("", "feed")  # the page itself says that it is an article
    told = claims and (described or dated_by != "page")  # not only its address, which a machine has, too
    if words < FEW or (words < 2 * SOME and not told):
        found = machine(seen, kept, words, metadata.title) or ("" if told else gate(seen.url))
        if found:
            return found
        if not told and _is_wall(seen, metadata.title):
            return "a subscription page"
    if not told and words < 5 * SOME and is_consent(seen, kept, words):
        return "a consent page"
    silent = words < FEW and not _says_article(seen, kept, words, types)
    if not described and dated_by in ("", "feed", *_SHOWN) and calls_itself_missing(seen):
        return GONE
    # A day that the page shows somewhere may be a teaser's.
    shown = not described and dated_by in _SHOWN and not is_dated(seen, kept)
    if shown and words < 2 * SOME and is_missing(seen, kept, words, metadata.title):
        return GONE
    if (shown or not claims) and has_teasers(seen, kept, apart=claims and not silent):
        return LIST
    other = _other(seen, kept, types, dated_by)
    if not other and (silent or not (dated_by or _is_named(seen) or has_prose(kept))):
        return WITHOUT_TEXT[0] if words < 5 else WITHOUT_TEXT[1]
    return other


def _other(seen: Seen, kept: Sequence[Block], types: Sequence[str], dated_by: str) -> str:
    """What else a page is that nobody calls an article, or ''."""
    if _is_named(seen) or any(map(_ARTICLE.search, types)):
        return ""
    thing = _thing(seen) if dated_by not in ("opengraph", "meta", "microdata") else ""
    return thing or (LIST if is_list(seen, kept, types) else "")


def _thing(seen: Seen) -> str:
    """What the page describes in place of an article, or ''."""
    said = [kind for node in seen.all_nodes for kind in strings(node.get("@type"))]
    named = next((_THINGS[kind] for kind in said if kind in _THINGS), "")
    return named or ("a product page" if _og_type(seen).startswith("product") else "")


def _is_named(seen: Seen) -> bool:
    """Whether who led here gave the page a title and so means an article; a rubric to which that redirects is none."""
    entry = seen.entry
    return entry is not None and bool(entry.title) and (is_listing(entry.url) or not is_listing(seen.url))


def _is_wall(seen: Seen, title: str) -> bool:
    """Whether the page's headline itself asks for a subscription."""
    return any(is_wall(heading.strip().lower()) for heading in (title, *seen.headings))


def _says_article(seen: Seen, kept: Sequence[Block], words: int, types: Sequence[str]) -> bool:
    """Whether a page with few words says itself that it is an article."""
    if words < 8:
        return False
    heading = "article h1, article .entry-title, h1.entry-title"
    if types or _og_type(seen) == "article" or seen.tree.css_first(heading) is not None:
        return True
    return is_dated(seen, kept)


def _og_type(seen: Seen) -> str:
    return next(iter(seen.meta.get("og:type", ())), "").strip().lower()
