"""Addresses: one spelling each, never an exception."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scraper.logins import redacted
from scraper.urls import absolute, canonical, host, may_stand_for, origin, same_site, site

SAME = "https://example.com/story"

TABLE = [
    # scheme, host, port, fragment
    ("HTTPS://Example.COM/story", SAME),
    ("https://example.com:443/story", SAME),
    ("http://example.com:80/story", "http://example.com/story"),
    ("https://example.com:8443/story", "https://example.com:8443/story"),
    ("https://example.com./story", SAME),
    ("https://example.com/story#comments", SAME),
    ("  https://exam\nple.com/story\t ", SAME),
    ("https://example.com", "https://example.com/"),
    ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
    ("https://ПРИМЕР.рф/", "https://xn--e1afmkfd.xn--p1ai/"),
    ("https://faß.de/", "https://xn--fa-hia.de/"),
    ("http://[2001:DB8::1]:80/a", "http://[2001:db8::1]/a"),
    ("https://user:Pass@example.com/story", "https://example.com/story"),
    # path and escapes
    ("https://example.com/a/./b/../story", "https://example.com/a/story"),
    ("https://example.com/a/b/..", "https://example.com/a/"),
    ("https://example.com/../story", SAME),
    ("https://example.com/%73tory", SAME),
    ("https://example.com/a%2fb", "https://example.com/a%2Fb"),
    ("https://example.com/a b%zz", "https://example.com/a%20b%25zz"),
    ("https://example.com/%d8%b9", "https://example.com/%D8%B9"),
    ("https://example.com/ع", "https://example.com/%D8%B9"),
    ("https://example.com//a//b/", "https://example.com//a//b/"),
    ("https://example.com/story/", "https://example.com/story/"),
    # parameters
    ("https://example.com/story?utm_source=rss&utm_medium=feed", SAME),
    ("https://example.com/story?utm%5Fsource=rss", SAME),
    ("https://example.com/story?fbclid=x&b=2&gclid=y&a=1&igshid=z", "https://example.com/story?b=2&a=1"),
    ("https://example.com/story?at_medium=RSS&CMP=share_btn&xtor=RSS-1&ns_mchannel=rss", SAME),
    ("https://example.com/story?mc_cid=1&mc_eid=2&msclkid=3&yclid=4&_ga=5&ncid=6&smid=7&spm=8", SAME),
    ("https://example.com/story?", SAME),
    ("https://example.com/story?&&a=1&", "https://example.com/story?a=1"),
    ("https://example.com/?p=123", "https://example.com/?p=123"),
    ("https://example.com/?q=a+b&q=c", "https://example.com/?q=a+b&q=c"),
    # sessions
    ("https://example.com/story;jsessionid=AB12?x=1", "https://example.com/story?x=1"),
    ("https://example.com/story?PHPSESSID=abc", SAME),
    ("https://example.com/article.pl?sid=04/05/123", "https://example.com/article.pl?sid=04/05/123"),
    ("https://example.com/story?sid=5f4dcc3b5aa765d61d8327deb882cf99", SAME),
    # AMP
    ("https://example.com/story/amp/", "https://example.com/story/"),
    ("https://example.com/story/amp", SAME),
    ("https://example.com/story?amp=1", SAME),
    ("https://example.com/story?amp", SAME),
    ("https://example.com/story?outputType=amp", SAME),
    ("https://example.com/story.amp.html", "https://example.com/story.html"),
    ("https://example.com/amp/", "https://example.com/amp/"),
    ("https://amp.example.com/story", "https://amp.example.com/story"),
    ("https://example.com/story?amp=12", "https://example.com/story?amp=12"),
    ("https://news-example.cdn.ampproject.org/c/s/example.com/story/amp", SAME),
    ("https://cdn.ampproject.org/v/s/example.com/story?amp_js_v=0.1&usqp=abc", SAME),
    ("https://www.google.com/amp/s/example.com/story?utm_source=x", SAME),
    ("https://www.google.co.uk/amp/example.com/story", "http://example.com/story"),
    ("https://www.google.com/%61mp/s/example.com/story", SAME),
    ("https://www.google.com/amp/", "https://www.google.com/amp/"),
    # what may be another page stays another address
    ("https://m.example.com/story", "https://m.example.com/story"),
    ("https://www.example.com/story", "https://www.example.com/story"),
    # no address of ours
    ("mailto:a@example.com", "mailto:a@example.com"),
    ("https://exa[mple.com/", "https://exa[mple.com/"),
    ("", ""),
]


@pytest.mark.parametrize(("given_url", "expected"), TABLE)
def test_canonical(given_url: str, expected: str) -> None:
    assert canonical(given_url) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    ("link", "base", "expected"),
    [
        ("/a?b=1#c", "https://example.com/x/", "https://example.com/a?b=1#c"),
        ("a b", "https://example.com/x/", "https://example.com/x/a%20b"),
        ("//other.example/a", "https://example.com/", "https://other.example/a"),
        (" \thttps://example.com/\na ", "", "https://example.com/a"),
        ("javascript:alert(1)", "https://example.com/", ""),
        ("java\nscript:alert(1)", "https://example.com/", ""),
        ("data:text/html,x", "https://example.com/", ""),
        ("file:///etc/passwd", "https://example.com/", ""),
        ("ftp://example.com/a", "https://example.com/", ""),
        ("http:///nohost", "", ""),
        ("https://exa mple.com/", "", ""),
        ("https://good.example\\@evil.example/", "", "https://good.example\\@evil.example/"),
        ("http://evil.example\\.good.example/", "", ""),
        ("http://[::1/", "", ""),
        ("http://example.com:99999/", "", ""),
        ("", "https://example.com/", ""),
        ("relative", "", ""),
    ],
)
def test_absolute(link: str, base: str, expected: str) -> None:
    assert absolute(link, base) == expected


def test_host_and_origin() -> None:
    assert host("HTTPS://News.Bücher.example:444/x") == "news.xn--bcher-kva.example"
    assert origin("HTTPS://Example.com:443/x") == "https://example.com"
    assert origin("http://Example.com:8080/x") == "http://example.com:8080"
    assert (host("nonsense"), origin("mailto:a@b.c")) == ("", "")


def test_site() -> None:
    assert site("https://feeds.news.bbc.co.uk/x") == "bbc.co.uk"
    assert site("https://someone.github.io/") == "someone.github.io"
    assert site("http://127.0.0.1:8000/") == "127.0.0.1"
    assert site("http://localhost/") == "localhost"
    assert site("nonsense") == ""
    assert same_site("https://a.example.com/", "http://b.example.com/")
    assert not same_site("https://a.github.io/", "https://b.github.io/")
    assert not same_site("nonsense", "nonsense")


@pytest.mark.parametrize(
    ("claimed", "own", "may"),
    [
        ("https://www.example.com/story", "https://m.example.com/story", True),
        ("https://example.com/story", "https://example.com/story?page=2", True),
        ("https://example.com/", "https://example.com/story", False),
        ("https://example.com/en/", "https://example.com/en/story", False),
        ("https://example.com/index.html", "https://example.com/story", False),
        ("https://example.com/category/news/", "https://example.com/story", False),
        ("https://example.com/?p=7", "https://example.com/story", True),
        ("https://example.com/", "https://example.com/", True),
        ("https://other.example/story", "https://example.com/story", False),
        ("https://b.github.io/story", "https://a.github.io/story", False),
        ("https://example.com/story", "https://example-com.cdn.ampproject.org/c/s/example.com/story", True),
        ("http://127.0.0.1:81/story", "http://127.0.0.1:80/story", False),
        ("nonsense", "https://example.com/story", False),
    ],
)
def test_a_canonical_address_is_believed_only_where_it_is_plausible(claimed: str, own: str, may: bool) -> None:
    assert may_stand_for(claimed, own) is may


def test_redacted() -> None:
    assert redacted("https://user:secret@example.com/a@b") == "https://***@example.com/a@b"
    assert redacted("cannot read http://u:p@h/ and http://v@i/") == "cannot read http://***@h/ and http://***@i/"
    assert redacted("https://medium.com/@someone") == "https://medium.com/@someone"


PIECES = st.sampled_from(
    "http:// https:// HTTP: // / . .. %2e %2E %25 %zz % amp /amp/ .amp.html ? & = # ; ;jsessionid=a utm_source=x sid= a é ß"
    " xn-- @ : :80 [ ] [::1] example.com \\ \ud800 \x00 \u3002 ℀ ¾ 127.0.0.1".split(" ")
)
URLS = st.one_of(
    st.text(),
    st.lists(PIECES).map("".join),
    st.lists(PIECES).map(lambda pieces: "https://example.com/" + "".join(pieces)),
    st.text().map("http://".__add__),
)


@given(URLS, URLS)
@settings(max_examples=400, deadline=None)
@example("http://a/..;jsessionid=x/", "")
@example("http://a/%%341", "")
@example("http://a/b/amp/amp.amp.html?amp%3D1&amp;amp", "")
@example("http://\u0130.com/", "http://a@[::1]:80")
def test_any_string_is_survived(url: str, base: str) -> None:
    once = canonical(url)
    assert canonical(once) == once
    result = absolute(url, base)
    assert result == "" or (host(result) and result.startswith(("http://", "https://")))
    assert absolute(result, "") == result
    assert redacted(redacted(url)) == redacted(url)
    assert origin(once) == origin(url)
    assert same_site(url, url) == bool(host(url))


def test_endless_addresses_are_left_alone() -> None:
    url = "https://example.com/" + "a/amp/" * 100_000
    assert canonical(url) == url
    assert absolute(url, "") == ""


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("https://news.example/story" + "/amp" * 4_000, "https://news.example/story"),
        ("https://news.example/story" + ".amp" * 4_000 + ".html", "https://news.example/story.html"),
        ("https://bing-amp.com/c/s/" + "bing-amp.com/c/s/" * 900 + "news.example/story", "https://news.example/story"),
    ],
    ids=["paths", "files", "caches"],
)
def test_marks_of_amp_that_follow_one_another_without_end_are_undone(url: str, known: str) -> None:
    assert canonical(url) == known
