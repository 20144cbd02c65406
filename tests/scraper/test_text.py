"""What an article's text and markup look like: lists, tables, quotes and line breaks as the page has them."""

import re

import nh3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from scraper.blocks import Block, cut
from scraper.extract.decode import decide
from scraper.extract.features import Description, Hints
from scraper.extract.scorer import Floats
from scraper.extract.text import render
from tests.scraper.corpus import STORIES, URL

LONG = "".join(f"<p>{text}</p>" for text in STORIES["en"].paragraphs)


def blocks(html: str) -> list[Block]:
    body = LexborHTMLParser(html).body
    assert body is not None
    return cut(body)


def written(html: str) -> tuple[str, str]:
    """The text and the markup of what stands behind long paragraphs, the markup without line ends between tags."""
    text, markup = render(blocks(LONG + html), URL)
    text, markup = text.split("budget in autumn.\n\n")[1], markup.split("budget in autumn.</p>\n")[1]
    return text, re.sub(r"\n(?=<)|(?<=>)\n", "", markup)


@pytest.mark.parametrize(
    ("html", "text", "markup"),
    [
        (
            "<p>Roses are red,<br>violets are blue.<br> <br>Sugar<br></p>",
            "Roses are red,\nviolets are blue.\n\nSugar",
            "<p>Roses are red,<br>violets are blue.</p><p>Sugar</p>",
        ),
        ("<p>A <b>line</b>\n<br>goes on</p>", "A line\ngoes on", "<p>A <strong>line</strong> <br>goes on</p>"),
        ("<pre>one\n  two\n\n\nthree</pre>", "one\ntwo\n\nthree", "<pre>one\n  two\n\n\nthree</pre>"),
        (
            "<ol><li>One<ul><li>Half</li></ul></li><li><p>Two</p><p>Three</p></li></ol>",
            "One\n\nHalf\n\nTwo\n\nThree",
            "<ol><li>One<ul><li>Half</li></ul></li><li><p>Two</p><p>Three</p></li></ol>",
        ),
        ("<div><li>Stray</div>", "Stray", "<ul><li>Stray</li></ul>"),
        ("<dl><dt>Who</dt><dd>She</dd></dl>", "Who\n\nShe", "<dl><dt>Who</dt><dd>She</dd></dl>"),
        (
            "<table><tr><th>Team</th><th>Points</th></tr><tr><td>North</td><td><p>12</p></td></tr></table>",
            "Team\tPoints\nNorth\t12",
            "<table><tr><th>Team</th><th>Points</th></tr><tr><td>North</td><td>12</td></tr></table>",
        ),
        ("<table><tr><td>Laid</td></tr><tr><td>out</td></tr></table>", "Laid\n\nout", "<p>Laid</p><p>out</p>"),
        ("<blockquote>Short</blockquote>", "Short", "<blockquote>Short</blockquote>"),
        (
            "<blockquote><p>One</p><h3>Two</h3></blockquote><h1>Three</h1>",
            "One\n\nTwo\n\nThree",
            "<blockquote><p>One</p><h3>Two</h3></blockquote><h2>Three</h2>",
        ),
    ],
)
def test_text_and_markup_have_the_shape_of_the_page(html: str, text: str, markup: str) -> None:
    assert written(html) == (text, markup)


def test_what_holds_the_whole_article_is_no_part_of_it() -> None:
    table = f"<table><tr><td>{LONG}<td>Ad</table>"
    for html in (f"<ul><li>{LONG}</li></ul>", f"<blockquote>{LONG}</blockquote>", table):
        assert render(blocks(html), URL)[1].startswith("<p>The stone bridge")


TAGS = ("div", "p", "ul", "ol", "li", "dl", "dd", "table", "tr", "td", "blockquote", "pre", "h3", "b", "a href=/x")
PIECES = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS]),
    st.sampled_from([f"</{tag}>" for tag in TAGS]),
    st.sampled_from(["one", " two & <br>", "\n", "\u2028", "<br>"]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_whatever_the_page_the_markup_is_sound_and_says_the_words_of_the_text(html: str) -> None:
    text, markup = render(blocks(html), URL)
    shown = re.sub(r"<[^>]*>", " ", re.sub(r"</?(?:a|strong)\b[^>]*>", "", markup))
    assert shown.replace("&amp;", "&").split() == text.split()
    tags = {"p", "pre", "h3", "ul", "ol", "li", "dl", "dd", "table", "tr", "td", "blockquote", "a", "strong", "br"}
    again = nh3.clean(markup, tags=tags, attributes={"a": {"href"}}, link_rel=None)
    assert re.sub(r"</?tbody>|\s", "", again) == re.sub(r"\s", "", markup)


class Judged:
    """A scorer that keeps all but what says "no"."""

    def scores(self, page: Description) -> Floats:
        return np.array([0.01 if block.text.startswith("no") else 0.99 for block in page.blocks], np.float32)

    def calibrated(self, expectation: float) -> float:
        return expectation


def test_a_table_of_which_much_is_kept_is_kept_whole() -> None:
    rows = "".join(f"<tr><td><a href=/{n}>River {n}</a></td><td>{n} km in the north</td></tr>" for n in range(9))
    html = LONG + f"<table>{rows}<tr><td>no 10</td><td>10 km</td></tr></table><p>no more of it</p>"
    kept = [block.text for block in decide(blocks(html), Hints(), Judged()).kept]  # type: ignore[arg-type]
    assert kept[-4:] == ["River 8", "8 km in the north", "no 10", "10 km"]
    assert "River 0" in kept


def test_a_table_of_which_little_is_kept_stays_as_it_is() -> None:
    rows = "".join(
        f"<tr><td><a href=/{n}>A headline of the day, number {n}</a></td><td>{n}</td></tr>" for n in range(9)
    )
    kept = [block.text for block in decide(blocks(LONG + f"<table>{rows}</table>"), Hints(), Judged()).kept]  # type: ignore[arg-type]
    assert not any("headline" in text for text in kept)
