"""Finding feeds on pages, and lists of feeds."""

import pytest

from scraper.feeds import FeedError
from scraper.feeds.discover import discover
from scraper.feeds.guesses import guesses
from scraper.feeds.opml import OpmlFeed, read_opml, write_opml
from scraper.parsed import FoundFeed

PAGE = """<html><head><base href="https://example.com/news/">
<link rel="alternate" type="application/rss+xml" title="All &amp; sundry" href="/feed/">
<link rel="ALTERNATE" type="application/atom+xml; charset=utf-8" href="atom.xml">
<link rel="alternate" type="application/feed+json" href="/feed.json">
<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">
<link rel="alternate" hreflang="de" href="/de/"><link rel="stylesheet" type="text/css" href="/rss.css">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)"></head>
<body><a href="/feed/#top">again</a><a href="/category/world/feed/">World</a><a href="/about">About</a>
<a href="feed:https://example.com/rss">Subscribe</a><a href="https://elsewhere.example/rss">Theirs</a></body></html>"""


def test_discover() -> None:
    assert discover(PAGE.encode(), "https://example.com/x") == [
        FoundFeed("https://example.com/feed/", "All & sundry", "rss"),
        FoundFeed("https://example.com/news/atom.xml", "", "atom"),
        FoundFeed("https://example.com/feed.json", "", "json"),
        FoundFeed("https://example.com/category/world/feed/", "World", ""),
        FoundFeed("https://example.com/rss", "Subscribe", ""),
    ]
    assert discover(PAGE.encode("utf-16"), "https://example.com/x") == discover(PAGE.encode(), "https://example.com/x")
    assert discover(b"", "https://example.com/") == []
    assert discover(b"\xff\xfe\x00<link", "nonsense") == []


def test_guesses() -> None:
    found = guesses("https://example.com/category/world/?x=1#y")
    assert found[0] == "https://example.com/category/world/feed/"
    assert found.index("https://example.com/category/world/rss/") < found.index("https://example.com/feed/")
    for path in ("/feed/", "/rss/", "/index.xml", "/feed.json", "/atom.xml"):
        assert f"https://example.com{path}" in found
    assert len(found) == len(set(found))
    assert guesses("https://example.com")[0] == "https://example.com/feed/"
    assert guesses("nonsense") == []


def test_opml_round_trip() -> None:
    feeds = [
        OpmlFeed("https://example.com/feed/?a=1&b=2", 'Quotes " < & ünd', "Wörld & all"),
        OpmlFeed("https://example.org/rss", "", "Wörld & all"),
        OpmlFeed("https://example.net/rss", "Alone", ""),
    ]
    body = write_opml(feeds, "My\x00 feeds & more")
    assert b'version="2.0"' in body
    assert read_opml(body) == [feeds[0], OpmlFeed(feeds[1].url, feeds[1].url, feeds[1].category), feeds[2]]


def test_opml_nested() -> None:
    body = b"""\xef\xbb\xbf<?xml version="1.0"?><!DOCTYPE opml><opml version="1.0"><body><outline text="News">
    <outline title="World"><outline text="A" xmlUrl="https://a.example/"/></outline>
    <outline text="B" xmlurl="https://b.example/" category="/ignored"/><outline text="A2" xmlUrl="https://a.example/"/></outline>
    <outline text="C" xmlUrl="https://c.example/" category="/tech,other"/>
    <outline text="bad" xmlUrl="javascript:alert(1)"/></body></opml>"""
    assert read_opml(body) == [
        OpmlFeed("https://a.example/", "A", "World"),
        OpmlFeed("https://b.example/", "B", "News"),
        OpmlFeed("https://c.example/", "C", "tech"),
    ]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "an empty body"),
        (b"<opml><body>", "broken XML: no OPML could be read"),
        (b"<rss/>", "XML, but not OPML (it begins with <rss>)"),
        (b'<!DOCTYPE opml [<!ENTITY a "b">]><opml/>', "a DOCTYPE with entities is refused"),
        ('<!DOCTYPE opml [<!ENTITY a "b">]><opml/>'.encode("utf-16"), "a DOCTYPE with entities is refused"),
        (b'<!DOCTYPE a><!DOCTYPE opml SYSTEM "x"><opml/>', "a DOCTYPE with entities is refused"),
    ],
)
def test_opml_refused(body: bytes, words: str) -> None:
    with pytest.raises(FeedError, match="^" + words.replace("(", r"\(").replace(")", r"\)")):
        read_opml(body)


def test_opml_may_nest_deeply() -> None:
    deep = b"<opml><body>" + b"<outline text='x'>" * 3000 + b"<outline xmlUrl='https://a.example/'/>"
    assert read_opml(deep + b"</outline>" * 3000 + b"</body></opml>") == [OpmlFeed("https://a.example/", "", "x")]
