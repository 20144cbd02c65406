"""The scorer and the decoder: what is chosen, and what is never kept."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from scraper.blocks import Block, cut
from scraper.extract.decode import decide
from scraper.extract.features import Hints, describe
from scraper.extract.scorer import chosen, expected, scorer

WORDS = "The bridge over the river was opened again on Monday, after a long repair that cost nine million."


def blocks_of(html: str) -> list[Block]:
    body = LexborHTMLParser(html).body
    assert body is not None
    return cut(body)


def kept(html: str, hints: Hints | None = None) -> list[str]:
    return [block.text for block in decide(blocks_of(html), hints or Hints(), scorer()).kept]


@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.integers(1, 200)), min_size=1, max_size=9))
def test_no_other_choice_is_expected_to_be_better(blocks: list[tuple[float, int]]) -> None:
    scores = np.array([score for score, _ in blocks], np.float32)
    sizes = np.array([size for _, size in blocks], np.float32)
    best = 0.0
    for choice in range(1, 2 ** len(blocks)):
        mask = np.array([bool(choice >> place & 1) for place in range(len(blocks))])
        right = float((scores * sizes)[mask].sum())
        best = max(best, 2 * right / (float(sizes[mask].sum()) + float((scores * sizes).sum())))
    assert abs(expected(scores, sizes) - best) < 1e-4
    assert chosen(scores, sizes).any()


def test_a_hidden_article_is_read_and_hidden_extras_are_not() -> None:
    article = "".join(f"<p>{WORDS} Part {n} of the story.</p>" for n in range(8))
    assert len(kept(f"<main><h1>Bridge</h1><div style='display:none'>{article}</div></main>")) == 8
    extra = "<div hidden><p>Please log in to go on.</p></div>"
    shown = kept(f"<main><h1>Bridge</h1>{article}{extra}</main>", Hints(titles=("Bridge",)))
    assert len(shown) == 8


def test_comments_captions_prompts_and_related_lines_are_never_kept() -> None:
    article = "".join(f"<p>{WORDS} Part {n} of the story.</p>" for n in range(8))
    extras = (
        f"<figure><figcaption>{WORDS}</figcaption></figure><p>Leave a reply</p>"
        f"<div class='comment-list'><p>I was there: {WORDS}</p></div>"
        "<p>Read more related articles about Europe: <a href='/x'>https://news.example/europe/</a></p>"
    )
    found = kept(f"<article><h1>Bridge</h1>{article}{extras}</article>", Hints(titles=("Bridge",)))
    assert len(found) == 8
    assert all("Part" in text for text in found)


def test_a_page_that_is_called_comment_as_a_whole_is_still_read() -> None:
    article = "".join(f"<p>{WORDS} Part {n} of the story.</p>" for n in range(8))
    assert len(kept(f"<div class='comment'><h1>Bridge</h1>{article}</div>", Hints(titles=("Bridge",)))) == 8


@given(st.lists(st.text(max_size=40), max_size=12))
def test_any_text_becomes_finite_numbers(texts: list[str]) -> None:
    blocks = blocks_of("".join(f"<p>{text}</p>" for text in texts) or "<p>x</p>")
    if blocks:
        page = describe(blocks, Hints(titles=tuple(texts[:1]), summaries=tuple(texts[1:2]), body=" ".join(texts)))
        assert np.isfinite(page.dense).all()
        assert ((scorer().scores(page) >= 0) & (scorer().scores(page) <= 1)).all()
