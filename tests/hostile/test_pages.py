"""Hostile pages in a worker: each is decided, none brings a worker to grief, and the article beside it is kept."""

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.settings import ExtractSettings
from scraper.taming import DEEPEST, MOST_ATTRIBUTES, MOST_TAGS, tamed
from scraper.workers import Refused, Workers
from storage.records import ARTICLE_KINDS, SiteRules
from tests.fakes import page
from tests.hostile.corpus import Case, pages, story
from tests.hostile.faults import MARKER

SAMPLE = [
    case
    for number, case in enumerate(pages())
    if case.name.startswith("quadratic-") or (number % 11 == 0 and len(case.body) < 1_000_000)
]


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """What became of each page: its kind and text, or why it was refused."""

    async def ask(workers: Workers, case: Case) -> str:
        asked = page("https://harbour.example/boats/", case.body, headers=(("Content-Type", case.kind),))
        try:
            article = await workers.extract(asked, SiteRules(), None)
        except Refused as error:
            return f"{'KILLED ' if error.killed else ''}{error.reason}"
        return f"{article.kind}\n{article.text}"

    async def run() -> dict[str, str]:
        workers = Workers(ExtractSettings())
        try:
            found = await asyncio.gather(*(ask(workers, case) for case in SAMPLE))
        finally:
            await workers.close()
        return {case.name: answer for case, answer in zip(SAMPLE, found, strict=True)}

    return asyncio.run(run())


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: ascii(case.name))
def test_a_hostile_page_is_decided_and_the_article_beside_it_is_kept(answers: dict[str, str], case: Case) -> None:
    answer = answers[case.name]
    assert not answer.startswith("KILLED")
    assert "fault of Dateline" not in answer
    if case.marked:
        assert answer.split("\n")[0] in ARTICLE_KINDS
        assert MARKER in answer


def test_a_page_within_the_measure_is_not_touched() -> None:
    body = story(
        after="<div>" * (DEEPEST - 20) + "<p>" * 50 + "<td><tr>" * 9, head="<script>if (a<b) c()</script>"
    ).encode()
    assert tamed(body) == body


@given(st.text(alphabet="<>/ab =\"'-!\n", max_size=300), st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_taming_takes_any_bytes_and_leaves_text_and_measure(noise: str, seed: int) -> None:
    chance = random.Random(seed)  # hypothesis' own takes ten times as long for so many choices
    tags = "".join(chance.choices(["<div>", "</div>", "<b>", "</p>", "<li>", "<td>", "<svg>", noise], k=3 * DEEPEST))
    found = tamed(f"<p>one</p>{tags}".encode())
    assert found.startswith(b"<p>one")
    assert found.count(b"<div>") <= tags.count("<div>")


def test_too_many_tags_attributes_and_options_are_left_out() -> None:
    assert tamed(b"<i>a</i>" * MOST_TAGS) == b"a" * MOST_TAGS
    assert tamed(b"<p>a" * MOST_TAGS * 2).count(b"<") == MOST_TAGS
    crowded = b"<p " + b" ".join(b"a%d=1" % n for n in range(5 * MOST_ATTRIBUTES)) + b">text</p>"
    assert tamed(crowded).count(b"=") < MOST_ATTRIBUTES
    assert b"<option" not in tamed(b"<select>" + b"<option selected>a" * 2000 + b"</select>")


def test_markup_in_attributes_scripts_and_comments_is_no_markup() -> None:
    words = b"M 1 2 " * 2000
    for harmless in (
        b'<script data-state="{<b>' + words + b'}">1</script>',
        b"<img src='data:image/svg+xml,<svg><path d=%22" + words + b"%22/></svg>' alt=x>",
        b"<script>" + b"'<div><p>' + " * 1000 + b"</script>",
        b"<!--" + b"<div>" * 1000 + b"-->",
    ):
        body = b"<body><p>one</p>" + harmless + b"<p>two</p></body>"
        assert tamed(body) == body


def test_attributes_too_many_are_left_out_behind_any_other() -> None:
    many = b" ".join(b"a%d=1" % n for n in range(5 * MOST_ATTRIBUTES))
    for first in (b"", b'b=">" ', b"b='>' ", b'b="\'" '):
        for tag in (b"p", b"script"):
            found = tamed(b"<p>one</p><%b %b%b>text</%b><p>two</p>" % (tag, first, many, tag))
            assert found.count(b"=") <= MOST_ATTRIBUTES
            assert found.endswith(b">text</%b><p>two</p>" % tag)
