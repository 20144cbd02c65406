"""Whether a page lists articles instead of being one: front pages, categories, tags, search results. Pure.

An article has lists beside it, too (related, most read), so what counts is what stands between its paragraphs; and who
says what the page is: its software, its data, its address. Careful: a short article is one.
"""

from collections.abc import Sequence
from itertools import dropwhile

from scraper.blocks import Block
from scraper.extract.features import spaceless
from scraper.extract.phrases import DATE
from scraper.metadata import Seen
from scraper.urls import absolute, host, is_listing

COLLECTIONS = frozenset(("CollectionPage", "SearchResultsPage", "ProfilePage"))
# WordPress puts on `body` what it shows.
_ARCHIVES = ({"archive"}, {"home", "blog"}, {"blog", "paged"}, {"blog", "hfeed"}, {"search", "search-results"})
_SINGLE = frozenset(("single", "singular", "single-post"))
_MANY_TEASERS = 8
_SOME_LEADS = 5
_LEAST_TITLE = 20  # characters of a teaser's title, which are more than those of a rubric
_LEAST_LEAD = 25  # of one that is no heading
_LEAST_PROSE = 40  # characters
_LONGEST_ITEM = 150
_EXCERPT = 60  # words beside a teaser
_GLANCE = 20  # beside one without a heading
_HEADINGS = frozenset(("h2", "h3", "h4"))
_NO_PROSE = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "td", "th", "caption"))
_FEW_SENTENCES = 120  # words of running text, which a list of articles stays below


def has_prose(kept: Sequence[Block]) -> bool:
    """Whether a line of what is kept is more than a heading, or an item or a cell of ordinary length."""
    return any(
        len(block.text) + spaceless(block.text) > (_LONGEST_ITEM if block.tag in _NO_PROSE else _LEAST_PROSE)
        for block in kept
    )


def is_list(seen: Seen, kept: Sequence[Block], types: Sequence[str]) -> bool:
    """Whether a page that nobody calls an article lists them; `types`: what its JSON-LD describes, no article."""
    if "article:published_time" in seen.meta or is_dated(seen, kept):
        return False
    body = seen.tree.body
    classes = set(((body.attributes.get("class") if body else "") or "").lower().split())
    if classes & _SINGLE:
        return False
    around = len(_leads(seen.blocks, seen.url))
    archive = any(one <= classes for one in _ARCHIVES)
    said = (archive, is_listing(seen.url), not COLLECTIONS.isdisjoint(types))
    if any(said) and (around >= _SOME_LEADS or sum(said) > 1):
        return True
    between = len(_leads(_spanned(seen.blocks, kept), seen.url)) if around >= _MANY_TEASERS else 0
    return between >= _MANY_TEASERS and _running(kept) < _GLANCE * between


def has_teasers(seen: Seen, kept: Sequence[Block], *, apart: bool) -> bool:
    """Whether the page has many headings that lead to other pages, and little text of its own.

    `apart`: they must also keep that text apart, since others may stand beside a short article.
    """
    if len(_teasers(seen.blocks)) < _MANY_TEASERS:
        return False
    own = _running(kept)
    if own > _FEW_SENTENCES:  # the beginnings of many articles are much text, too
        between = _teasers(_spanned(seen.blocks, kept), seen.url)
        return len(between) >= _MANY_TEASERS and own < _EXCERPT * len(between)
    return not apart or 2 * len(_teasers(_spanned(seen.blocks, kept))) >= _MANY_TEASERS


def is_dated(seen: Seen, kept: Sequence[Block]) -> bool:
    """Whether a day stands below the headline and above text; below the days of teasers stand their titles."""
    if is_listing(seen.url):
        return False
    ours = set(map(id, kept))
    below = dropwhile(lambda block: block.tag != "h1" or block.links > 0, seen.blocks)
    next(below, None)
    day = False
    for block in below:
        if block.links > _LEAST_TITLE:
            return False
        if id(block) not in ours:
            day = day or block.timed or DATE.search(block.text) is not None
        elif day and len(block.text) > _LEAST_PROSE:
            return True
    return False


def _running(kept: Sequence[Block]) -> int:
    """Words of running text."""
    return sum(block.text.count(" ") for block in kept if len(block.text) > 150 and not block.links)


def _teasers(blocks: Sequence[Block], url: str = "") -> set[str]:
    """Where the headings among these blocks lead to; `url`: only those that stay on its host."""
    found = {_target(block) for block in blocks if block.tag in _HEADINGS and _title(block) > _LEAST_TITLE}
    return {link for link in found if host(absolute(link, url)) == host(url)} if url else found


def _leads(blocks: Sequence[Block], url: str) -> set[str]:
    """The pages of its host that these blocks lead to, headings or not, each by a title."""
    found = {_target(block) for block in blocks if 2 * block.links > len(block.text) and _title(block) > _LEAST_LEAD}
    return {link for link in found if host(absolute(link, url)) == host(url)}


def _title(block: Block) -> int:
    """How long its links are; a character of a script without spaces counts twice."""
    return block.links + (0 if not block.links or block.text.isascii() else spaceless(block.text))


def _target(block: Block) -> str:
    return next(link for _, link, _ in block.parts if link)


def _spanned(blocks: Sequence[Block], kept: Sequence[Block]) -> Sequence[Block]:
    """The blocks from the first that was kept to the last; days alone, which may be those of teasers, do not count."""
    prose = [block for block in kept if len(block.text) > _LEAST_PROSE]
    most = 2 * sum(len(block.text) for block in prose) > sum(len(block.text) for block in kept)
    ours = set(map(id, prose if most else kept))
    places = [place for place, block in enumerate(blocks) if id(block) in ours]
    return blocks[places[0] : places[-1] + 1] if places else ()
