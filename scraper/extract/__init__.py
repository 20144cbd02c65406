"""From a page to an article: one parsed tree, blocks, a verdict for each, text and markup from those kept."""

import re
from hashlib import sha256

import msgspec
from py3langid.langid import classify
from selectolax.lexbor import LexborHTMLParser

from scraper.extract.blocks import Block, costly, cut
from scraper.extract.charset import decoded
from scraper.extract.kinds import kind_of
from scraper.extract.rules import Verdict, fold, judge
from scraper.extract.text import render_markup, render_text
from scraper.metadata import article_body, read_metadata
from scraper.urls import canonical
from storage.records import Article, FeedEntry, Metadata, Page, SiteRules

EXTRACTOR = "rules-1"
_FEW_WORDS = 25
_WORD = re.compile(r"\w+")
_NO_SPACES = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


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
    tree = _parse(page)
    metadata = read_metadata(tree, page.final_url, entry)
    kept = [verdict for verdict in _verdicts(tree, metadata, rules, entry) if verdict.kept]
    texts, blocks = [verdict.text for verdict in kept], [verdict.block for verdict in kept]
    if _words(" ".join(texts)) < _FEW_WORDS:
        texts, blocks = _elsewhere(tree, entry) or (texts, blocks)
    text = render_text(texts)
    words = _words(text)
    if not metadata.language:
        metadata = _with_language(metadata, text)
    return Article(
        url=canonical(metadata.canonical_url or page.final_url),
        metadata=metadata,
        text=text,
        markup=render_markup(blocks, page.final_url),
        kind=kind_of(tree, words, metadata.title),
        words=words,
        score=round(min(words / 150, 1.0) * (0.5 + 0.5 * _evenness(kept)), 3),
        fingerprint=sha256(fold(text).encode("utf-8", "replace")).hexdigest(),
        extractor=EXTRACTOR,
    )


def explain(page: Page, rules: SiteRules | None = None, entry: FeedEntry | None = None) -> list[BlockReport]:
    """Every block of a page with its verdict. Raises PageRefused."""
    tree = _parse(page)
    metadata = read_metadata(tree, page.final_url, entry)
    return [
        BlockReport(verdict.text, verdict.block.tag, verdict.kept, round(verdict.score, 3), (verdict.reason,))
        for verdict in _verdicts(tree, metadata, rules, entry)
    ]


def _parse(page: Page) -> LexborHTMLParser:
    if costly(page.body):
        raise PageRefused("refused: nested too deep, or too many attributes, to be read safely")
    return LexborHTMLParser(decoded(page.body, page.header("content-type")))


def _verdicts(
    tree: LexborHTMLParser, metadata: Metadata, rules: SiteRules | None, entry: FeedEntry | None
) -> list[Verdict]:
    if tree.body is None:
        return []
    headings = [node.text() for node in tree.css("h1")]
    titles = [metadata.title, entry.title if entry else "", *(headings if len(headings) == 1 else ())]
    return judge(cut(tree.body), titles, rules.boilerplate if rules else frozenset())


def _elsewhere(tree: LexborHTMLParser, entry: FeedEntry | None) -> tuple[list[str], list[Block]] | None:
    """The text from the page's JSON-LD or the feed's own full text, where the page shows nearly none."""
    for source in (article_body(tree), entry.markup if entry else ""):
        if _words(source) < _FEW_WORDS:
            continue
        html = source if "<" in source else "".join(f"<p>{part}</p>" for part in source.splitlines() if part.strip())
        body = LexborHTMLParser(html).body
        verdicts = [one for one in judge(cut(body), [], frozenset()) if one.kept] if body else []
        if verdicts:
            return [one.text for one in verdicts], [one.block for one in verdicts]
    return None


def _words(text: str) -> int:
    """Words; in scripts without spaces two characters count as one."""
    spaceless = len(_NO_SPACES.findall(text))
    return spaceless // 2 + len(_WORD.findall(_NO_SPACES.sub(" ", text) if spaceless else text))


def _evenness(kept: list[Verdict]) -> float:
    """The mean score of the kept blocks, weighted by their length."""
    total = sum(len(verdict.text) for verdict in kept)
    return sum(verdict.score * len(verdict.text) for verdict in kept) / total if total else 0.0


def _with_language(metadata: Metadata, text: str) -> Metadata:
    if len(text) < 40:
        return metadata
    language = str(classify(text[:2000])[0])
    return msgspec.structs.replace(metadata, language=language, said_by=metadata.said_by | {"language": "text"})
