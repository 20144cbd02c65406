"""Challenge, consent, login and subscription pages never become articles; articles about such things do."""

import pytest

from scraper.extract import extract
from storage.records import ARTICLE_KINDS, FeedEntry
from tests.fakes import page
from tests.scraper.walls import WALLS

URL = "https://valley-herald.example/2026/11/bridge-opens-again/"
ENTRY = FeedEntry(url=URL, title="Bridge opens again after nine years", summary="The bridge is open.")


@pytest.mark.parametrize("name", WALLS)
@pytest.mark.parametrize("entry", [None, ENTRY], ids=["alone", "from a feed"])
def test_what_stands_in_the_way_is_no_article(name: str, entry: FeedEntry | None) -> None:
    assert extract(page(URL, f"<!DOCTYPE html><html>{WALLS[name]}</html>"), entry=entry).kind not in ARTICLE_KINDS


ABOUT = {
    "Browser makers to end cookies of third parties": "The makers of two large browsers said on Monday that cookies of third "
    "parties would no longer be taken from next spring on. Publishers in the capital, who live by such advertising, called the "
    "plan a threat to local papers and asked the regulator to look into it before the summer.",
    "Robots pick the apples this autumn": "Eleven robots have picked half of the apples on the farms south of the river this autumn, "
    "the growers' union said. It was the first harvest without seasonal workers from abroad, and the fruit was "
    "bruised less often than in the years before, according to the union.",
    "Access denied: reporters kept out of hearing": "Reporters were kept out of a hearing of the council's committee on roads on "
    "Wednesday evening. The chairman said that the hall was too small for everybody, but the clerk counted thirty empty "
    "seats. The paper will complain to the ministry, its editor said.",
    "Just a moment in time: the clockmaker retires": "After fifty-one years the clockmaker at the northern gate has closed his shop. "
    "He had repaired the clock of the town hall four times, once in the middle of a storm, and kept a diary of "
    "every watch that he ever opened, which now goes to the museum.",
    "Attack on security service brings down half of the web": "An outage at a company that guards web sites from bots brought "
    "down thousands of pages for three hours on Tuesday, among them those of two ministries. Visitors saw nothing but a page that "
    "spoke of a security check. The company said that a file had grown larger than its software allowed.",
}


@pytest.mark.parametrize("title", ABOUT)
@pytest.mark.parametrize("head", ["", "<meta property='article:published_time' content='2026-11-20T10:00:00Z'>"])
def test_articles_about_such_things_stay_articles(title: str, head: str) -> None:
    html = f"<html><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1><p>{ABOUT[title]}</p></article></body></html>"
    article = extract(page(URL, html))
    assert article.kind == "article"
    assert ABOUT[title] in article.text


PROSE = "The council opened the bridge over the river on Monday, nine years after the flood that took the old one. " * 4
FILES = {
    "a PDF": (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\nstream\n" + bytes(range(256)) * 30, "application/pdf"),
    "a PDF that is called a page": (b"%PDF-1.4\n" + PROSE.encode() + b"stream\n" + bytes(range(256)) * 30, "text/html"),
    "a video": (b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 30, "video/mp4"),
    "a picture without a type": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 30, ""),
    "data": (b'{"body": "' + PROSE.encode() + b'"}', "application/json"),
    "a feed": (
        b'<?xml version="1.0"?>\n<rss version="2.0"><channel><item>' + PROSE.encode() + b"</item></channel></rss>",
        "",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_format_is_no_article(name: str) -> None:
    body, kind = FILES[name]
    article = extract(page(URL, body, headers=(("Content-Type", kind),)), entry=ENTRY)
    assert article.kind not in ARTICLE_KINDS
    assert article.text == ""


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream", "text/plain", "application/xhtml+xml", ""])
@pytest.mark.parametrize("before", ["", "\n\x00 ", '<?xml version="1.0"?>\n'])
def test_a_page_is_one_whatever_its_server_calls_it(kind: str, before: str) -> None:
    html = f"{before}<html><body><article><h1>Bridge opens again</h1><p>{PROSE}</p></article></body></html>"
    assert PROSE.strip() in extract(page(URL, html, headers=(("Content-Type", kind),))).text
