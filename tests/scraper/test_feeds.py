"""Feeds: each format with all it says, and what is broken, wild or hostile."""

import gzip
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.feeds import FeedError, items_digest, parse_feed
from scraper.parsed import ParsedFeed

NOW = datetime(2024, 5, 10, 12, tzinfo=UTC)
URL = "https://example.com/feed/"

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:atom="http://www.w3.org/2005/Atom" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel>
<title>Example &amp;amp; Sons</title><link>https://example.com</link><language>en-GB</language><ttl>30</ttl>
<atom:link rel="self" href="https://example.com/feed/"/><atom:link rel="next" href="/feed/?paged=2"/>
<lastBuildDate>Fri, 10 May 2024 10:00:00 +0000</lastBuildDate>
<item><title>A &lt;em&gt;first&lt;/em&gt; story &amp;#8211; told</title><link>https://example.com/2024/first/</link>
<feedburner:origLink>https://example.com/2024/original/</feedburner:origLink>
<dc:creator><![CDATA[Ann Lee]]></dc:creator><dc:creator>Bo Ek</dc:creator>
<category>World</category><category><![CDATA[Rail & road]]></category>
<pubDate>Fri, 10 May 2024 11:00:00 +0200</pubDate><guid isPermaLink="false">https://example.com/?p=1</guid>
<description><![CDATA[<p>The short &#8220;text&#8221; &hellip; <a href="https://example.com/2024/first/" class="more-link">Continue
reading<span> "A first story"</span></a></p>]]></description>
<content:encoded><![CDATA[<p>The <b>full</b> text.</p>]]></content:encoded></item>
</channel></rss>"""

ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de" xml:base="https://example.com/blog/">
<title>Beispiel</title><link rel="alternate" href="./"/><link rel="next" href="https://example.com/feed/2"/><updated>2024-05-10T09:00:00Z</updated>
<entry><id>urn:1</id><title type="html">Erste &amp;amp; letzte</title><link rel="enclosure" href="https://example.com/a.mp3"/>
<link rel="alternate" type="text/html" href="posts/1"/><published>2024-05-09T08:00:00+02:00</published>
<updated>2024-05-10T08:30:00Z</updated><author><name>Ida Kron</name><email>ida@example.com</email></author><category term="politik"/>
<summary>Kurz.</summary><content type="html">&lt;p&gt;Lang.&lt;/p&gt;</content></entry></feed>"""

RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://example.com/"><title>Alt</title><link>https://example.com/</link>
<items><rdf:Seq><rdf:li resource="https://example.com/1"/></rdf:Seq></items></channel>
<item rdf:about="https://example.com/1"><title>Eins</title><link>https://example.com/1</link><dc:date>2024-05-09T08:00:00Z</dc:date>
<dc:creator>Ida Kron</dc:creator><dc:subject>Kultur</dc:subject><description>Kurz</description></item></rdf:RDF>"""


def read(text: str | bytes, content_type: str = "", url: str = URL) -> ParsedFeed:
    return parse_feed(text.encode() if isinstance(text, str) else text, url, content_type, now=NOW)


def rss(items: str, head: str = "") -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{head}{items}</channel></rss>'


def item(link: str = "https://example.com/1", extra: str = "", title: str = "One") -> str:
    return f"<item><title>{title}</title><link>{link}</link>{extra}</item>"


def reason(body: bytes | str) -> str:
    with pytest.raises(FeedError) as caught:
        read(body)
    assert str(caught.value) == caught.value.reason
    return caught.value.reason


def test_rss_with_everything() -> None:
    feed = read(RSS)
    assert (feed.format, feed.title) == ("rss20", "Example & Sons")
    assert (feed.ttl, feed.next_page, feed.dropped) == (30, "https://example.com/feed/?paged=2", 0)
    (entry,) = feed.entries
    assert entry.url == "https://example.com/2024/original/"
    assert entry.feed == URL
    assert entry.guid == "https://example.com/?p=1"
    assert entry.title == "A first story – told"
    assert entry.published == datetime(2024, 5, 10, 9, tzinfo=UTC)
    assert entry.authors == ("Ann Lee", "Bo Ek")
    assert entry.tags == ("World", "Rail & road")
    assert entry.summary == "The short “text” …"
    assert entry.markup == "<p>The <b>full</b> text.</p>"
    assert json.loads(entry.item)["link"] == "https://example.com/2024/first/"


def test_atom_with_everything() -> None:
    feed = read(ATOM)
    assert (feed.format, feed.title, feed.next_page) == ("atom10", "Beispiel", "https://example.com/feed/2")
    (entry,) = feed.entries
    assert (entry.url, entry.guid, entry.title) == ("https://example.com/blog/posts/1", "urn:1", "Erste & letzte")
    assert entry.published == datetime(2024, 5, 9, 6, tzinfo=UTC)
    assert entry.updated == datetime(2024, 5, 10, 8, 30, tzinfo=UTC)
    assert (entry.authors, entry.tags) == (("Ida Kron",), ("politik",))
    assert (entry.summary, entry.markup) == ("Kurz.", "<p>Lang.</p>")


def test_rdf_with_everything() -> None:
    feed = read(RDF)
    (entry,) = feed.entries
    assert (feed.format, feed.title) == ("rss10", "Alt")
    assert (entry.url, entry.title, entry.summary) == ("https://example.com/1", "Eins", "Kurz")
    assert entry.published == datetime(2024, 5, 9, 8, tzinfo=UTC)
    assert (entry.authors, entry.tags) == (("Ida Kron",), ("Kultur",))


def test_json_feed_with_everything() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Jay",
        "home_page_url": "https://example.com/",
        "next_url": "/feed.json?page=2",
        "language": "en",
        "authors": [{"name": "House"}],
        "items": [
            {
                "id": 7,
                "url": "/seven",
                "external_url": "https://other.example/",
                "title": "Seven &amp; one",
                "content_html": "<p>Full.</p>",
                "summary": "Short.",
                "date_published": "2024-05-09T08:00:00+02:00",
                "date_modified": "2024-05-10T08:00:00Z",
                "authors": [{"name": "Ann"}, {"name": "Bo"}],
                "tags": ["a", "b", "a", None],
            },
            {"id": "https://example.com/eight", "content_text": "Plain.", "date_published": "soon"},
            {"id": "x", "url": "javascript:alert(1)"},
            "nonsense",
        ],
    }
    parsed = read("\ufeff \n" + json.dumps(feed))
    seven, eight = parsed.entries
    assert (parsed.format, parsed.title) == ("json11", "Jay")
    assert (parsed.next_page, parsed.dropped) == ("https://example.com/feed.json?page=2", 2)
    assert (seven.url, seven.guid, seven.title) == ("https://example.com/seven", "7", "Seven & one")
    assert (seven.markup, seven.summary, seven.tags) == ("<p>Full.</p>", "Short.", ("a", "b"))
    assert seven.published == datetime(2024, 5, 9, 6, tzinfo=UTC)
    assert seven.updated == datetime(2024, 5, 10, 8, tzinfo=UTC)
    assert seven.authors == ("Ann", "Bo")
    assert json.loads(seven.item)["id"] == 7
    assert (eight.url, eight.authors, eight.summary) == ("https://example.com/eight", ("House",), "Plain.")
    assert eight.published is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "an empty body"),
        (b" \n\t ", "an empty body"),
        (b"<!doctype html><html><body>Hello", "an HTML page, not a feed"),
        (b'<html><form><input name=p type="password"></form>', "an HTML page, not a feed (a login page?)"),
        (b"Just text", "neither XML nor JSON"),
        (b"\x1f\x8b\x08\x00abc", "an empty body"),
        (b"\x1f\x8b\x00\x00abc", "broken gzip (Error -3 while decompressing data: unknown compression method)"),
        (b'<?xml version="1.0"?><sitemapindex/>', "an index of sitemaps, not a feed; name one of its sitemaps"),
        (b"<opml><body><outline/></body></opml>", "OPML, a list of feeds: `dateline feeds import` takes it as a file"),
        (b'<?xml version="1.0"?><cards/>', "XML, but not a feed (it begins with <cards>)"),
        (b'{"a": 1}', "JSON, but not a JSON Feed: it has no list of items"),
        (b'{"items": [}', "broken JSON (line 1: Expecting value)"),
        (b'{"items": ' + b"[" * 200_000, "JSON too deep or with numbers too long to be a feed"),
        (b'{"items": [' + b"9" * 5000 + b"]}", "JSON too deep or with numbers too long to be a feed"),
    ],
)
def test_what_is_no_feed(body: bytes, words: str) -> None:
    assert reason(body) == words


def test_no_items_is_no_error() -> None:
    assert read(rss("")).entries == ()
    assert read('{"version": "https://jsonfeed.org/version/1", "items": []}').entries == ()


def test_broken_beyond_items() -> None:
    assert reason('<?xml version="1.0"?>\n<rss><channel>\n<title>x</ti').startswith(
        "broken XML: no items could be read (line "
    )


@pytest.mark.parametrize(
    "damage",
    [
        rss(item(title="caf&eacute; A & B")),
        rss(item(title="café A & B"))[:-20],
        rss(item(title="caf\x08é A &amp; B\ud800".replace("\ud800", "&#xD800;"))),
        rss(item(title="café A & B", extra="<b>")),
        rss(item(title="café A &amp; B", extra="&#x110000; &#99999999999999;")),
        "\n" * 100_000 + rss(item(title="café A &amp; B")),
        "Warning: undefined index in x.php\n" + rss(item(title="café A &amp; B")),
        rss(item(title="café A &amp; B")).replace(
            "?>", '?><!DOCTYPE rss PUBLIC "-//N//DTD RSS 0.91//EN" "http://x/y.dtd">'
        ),
        rss(item(title="café A &amp; B")).replace("?>", ' encoding="zlib"?>'),
        rss(item(title="café A &amp; B")).replace("?>", ' encoding="undefined"?>'),
    ],
)
def test_damage_costs_no_item(damage: str) -> None:
    (entry,) = read(damage).entries
    assert (entry.url, entry.title) == ("https://example.com/1", "café A & B")


def test_bare_ampersand_in_a_link() -> None:
    assert read(rss(item("https://example.com/?a=1&b=2"))).entries[0].url == "https://example.com/?a=1&b=2"


@pytest.mark.parametrize(
    ("codec", "label", "title"),
    [
        ("cp1252", "windows-1252", "café – “quoted”"),
        ("cp1252", "iso-8859-1", "café – “quoted”"),
        ("utf-16", "utf-16", "café – 東京"),
        ("utf-16-le", "utf-16", "café – 東京"),
        ("shift_jis", "Shift_JIS", "東京の天気"),
        ("euc_jp", "EUC-JP", "東京の天気"),
        ("iso2022_jp", "ISO-2022-JP", "東京の天気"),
        ("koi8-r", "koi8-r", "Погода"),
        ("gb18030", "gb2312", "北京天气"),
        ("utf-8", "iso-8859-1", "a false name – 東京"),
    ],
)
def test_charsets(codec: str, label: str, title: str) -> None:
    text = rss(item(title=title))
    declared = text.replace('"1.0"?', f'"1.0" encoding="{label}"?').encode(codec)
    assert read(declared).entries[0].title == title
    assert read(text.encode(codec), f"text/xml; charset={label}").entries[0].title == title


@pytest.mark.parametrize(
    ("codec", "title"),
    [
        ("cp1251", "Новости дня"),
        ("cp1253", "Νέα της ημέρας"),
        ("gb18030", "新闻联播今天北京天气晴朗"),
        ("cp1252", "Füße à la carte"),
    ],
)
def test_a_charset_that_is_declared_falsely_is_found(codec: str, title: str) -> None:
    text = rss(item(title=title)).replace('"1.0"?', '"1.0" encoding="utf-8"?')
    assert read(text.encode(codec), "text/xml; charset=utf-8").entries[0].title == title


@pytest.mark.parametrize("label", ["iso-8859-1", "us-ascii"])
def test_what_the_feed_says_of_its_charset_stands_above_a_servers_default(label: str) -> None:
    text = rss(item(title="Погода")).replace('"1.0"?', '"1.0" encoding="koi8-r"?')
    assert read(text.encode("koi8-r"), f"text/xml; charset={label}").entries[0].title == "Погода"


def test_a_few_damaged_bytes_do_not_change_the_charset() -> None:
    assert read(rss(item(title="Füße – süß")).encode() + b"\xff").entries[0].title == "Füße – süß"
    assert read(rss(item(title="Füße")).encode("cp1252")).entries[0].title == "Füße"
    japanese = rss(item(title="東京の天気")).replace('"1.0"?', '"1.0" encoding="shift_jis"?').encode("shift_jis")
    assert read(japanese + b"\xff").entries[0].title == "東京の天気"


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE rss [<!ENTITY a "b">]>',
        '<!-- <x --><!DOCTYPE rss [<!ENTITY a "b">]>',
        '<!DOCTYPE rss [<!-- ]> --> <!ENTITY a "b">]>',
        '<!DOCTYPE rss><!DOCTYPE rss [<!ENTITY % a SYSTEM "file:///etc/passwd">]>',
        'junk <!DOCTYPE rss [<!ENTITY a "b">]>',
    ],
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_entities_are_refused(prolog: str, codec: str) -> None:
    text = rss(item(title="&a;")).replace("?>", "?>" + prolog)
    assert reason(text.encode(codec)) == "a DOCTYPE with entities is refused"


def test_an_article_may_speak_of_entities() -> None:
    assert read(rss(item(extra="<description><![CDATA[<!ENTITY a>]]></description>"))).entries


def test_hostile_sizes() -> None:
    assert read(rss(item(extra="<a>" * 20_000))).entries
    assert read(rss(item(extra=f"<author>{'a@' * 32_000}</author>"))).entries
    assert read(rss(item(extra=f"<author><![CDATA[{'a.' * 32_000}]]></author>"))).entries
    assert "attributes" in reason(rss(item(extra="<a " + " ".join(f'a{n}=""' for n in range(50_000)) + "/>")))
    assert "items" in reason(rss("<item/>" * 20_001))
    assert "in one another" in reason(rss(item(extra="<image>" * 60_000)))
    assert read(rss(item(extra="<b/>" * 50_001))).entries


def test_only_web_links_count() -> None:
    links = ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "", "https://example.com/1"]
    feed = read(rss("".join(item(link) for link in links)))
    assert [entry.url for entry in feed.entries] == ["https://example.com/1"]
    assert feed.dropped == 4


def test_relative_links() -> None:
    assert read(rss(item("/a"))).entries[0].url == "https://example.com/a"
    home = "<link>https://news.example.org/section/</link>"
    burner = read(rss(item("a"), home), url="https://feeds.burner.example/x").entries[0]
    assert burner.url == "https://news.example.org/section/a"
    atom = ATOM.replace(' xml:base="https://example.com/blog/"', ' xml:base="/weblog/"')
    assert read(atom).entries[0].url == "https://example.com/weblog/posts/1"


@pytest.mark.parametrize("said", ["", " isPermaLink='true'", " isPermaLink='false'"])
@pytest.mark.parametrize("link", ["", "<link/>", "<link>javascript:void(0)</link>"])
def test_an_item_without_a_link_stands_at_its_guid_if_that_is_an_address(said: str, link: str) -> None:
    feed = read(rss(f"<item><title>One</title>{link}<guid{said}>https://example.com/g</guid></item>"))
    assert ([entry.url for entry in feed.entries], feed.dropped) == (["https://example.com/g"], 0)


def test_an_item_of_rss_1_without_a_link_stands_where_it_is_about() -> None:
    entries = read(RDF.replace("<title>Eins</title><link>https://example.com/1</link>", "<title>Eins</title>")).entries
    assert [entry.url for entry in entries] == ["https://example.com/1"]


def test_an_entry_of_atom_without_a_link_stands_where_its_content_does() -> None:
    content = '<content type="text/html" src="three.html"/>'
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>E</title><id>e3</id>{content}</entry></feed>'
    assert [entry.url for entry in read(feed).entries] == ["https://example.com/feed/three.html"]


@pytest.mark.parametrize(
    ("link", "guid", "url"),
    [
        ("https://example.com/", "https://example.com/story", "https://example.com/story"),
        ("https://example.com/", "17", "https://example.com/"),
        ("https://example.com/", "https://example.com/", "https://example.com/"),
        ("https://example.com/?p=7", "https://example.com/story", "https://example.com/?p=7"),
    ],
)
def test_an_item_that_links_to_the_front_page_stands_at_its_guid_if_that_is_an_address(
    link: str, guid: str, url: str
) -> None:
    [entry] = read(rss(f"<item><title>One</title><link>{link}</link><guid>{guid}</guid></item>")).entries
    assert entry.url == url


@pytest.mark.parametrize("guid", ["<guid>12345</guid>", "<guid isPermaLink='true'>/7</guid>", "<guid>post-77</guid>"])
def test_a_guid_that_is_no_whole_address_is_no_link(guid: str) -> None:
    feed = read(rss(f"<item><title>One</title>{guid}</item>"))
    assert (feed.entries, feed.dropped) == ((), 1)


def test_the_long_name_of_a_relation_is_its_short_one() -> None:
    link = '<link rel="http://www.iana.org/assignments/relation/alternate" href="three.html"/>'
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>E</title><id>e3</id>{link}</entry></feed>'
    assert [entry.url for entry in read(feed).entries] == ["https://example.com/feed/three.html"]


@pytest.mark.parametrize("more", ["", "<description>a&nbsp;b <![CDATA[C&D]]></description>"])
@pytest.mark.parametrize("link", ["https://example.com/?a=1&copy=2", "<![CDATA[https://example.com/?a=1&copy=2]]>"])
def test_an_ampersand_that_nobody_escaped_is_one(link: str, more: str) -> None:
    entry = read(rss(item(link, title="AT&T sues R&D", extra=more))).entries[0]
    assert (entry.url, entry.title) == ("https://example.com/?a=1&copy=2", "AT&T sues R&D")
    assert entry.summary == ("a b C&D" if more else "")


def test_a_feed_that_is_a_packed_file_is_read() -> None:
    assert read(gzip.compress(rss(item()).encode())).entries[0].url == "https://example.com/1"


def test_the_same_item_twice_is_one() -> None:
    feed = read(rss(item() + item(title="Two") + item(extra="<guid isPermaLink='false'>g</guid>")))
    assert [(entry.title, entry.guid) for entry in feed.entries] == [("One", ""), ("One", "g")]
    assert feed.dropped == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fri, 10 May 2024 09:00:00 GMT", datetime(2024, 5, 10, 9, tzinfo=UTC)),
        ("2024-05-10 09:00:00", datetime(2024, 5, 10, 9, tzinfo=UTC)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Sat, 11 May 2024 20:00:00 GMT", datetime(2024, 5, 11, 20, tzinfo=UTC)),
        ("Mon, 13 May 2024 09:00:00 GMT", None),
        ("9999-12-31T23:59:59Z", None),
        ("10000-01-01T00:00:00Z", None),
        ("2024/05/10 09:00:00", datetime(2024, 5, 10, 9, tzinfo=UTC)),
        ("2024年5月10日", datetime(2024, 5, 10, tzinfo=UTC)),
        ("May 10, 2024", datetime(2024, 5, 10, tzinfo=UTC)),
        ("Freitag, 10. Mai 2024", datetime(2024, 5, 10, tzinfo=UTC)),
        ("1715331600", datetime(2024, 5, 10, 9, tzinfo=UTC)),
        ("Sun, 03/31/2024 - 09:00", datetime(2024, 3, 31, tzinfo=UTC)),
        ("Sun, 05/03/2024 - 09:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("-0001-00-00T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_wild_dates(text: str, expected: datetime | None) -> None:
    assert read(rss(item(extra=f"<pubDate>{text}</pubDate>"))).entries[0].published == expected


def test_appeared_first_on_is_no_summary() -> None:
    tail = (
        '<p>The post <a href="https://example.com/1">One</a> appeared first on <a href="https://example.com">E</a>.</p>'
    )
    summary = f"<p>Words and <a href='#'>a link</a></p>{tail}"
    entry = read(rss(item(extra=f"<description><![CDATA[{summary}]]></description>"))).entries[0]
    assert entry.summary == "Words and a link"


def test_scripts_are_no_text() -> None:
    text = "<script>bad()</script>i < 5 <!-- no --><style>p{}</style>and<br>on <script>"
    entry = read(rss(item(extra=f"<description><![CDATA[{text}]]></description>"))).entries[0]
    assert entry.summary == "i < 5 and on"


def test_digest_looks_at_the_items_only() -> None:
    later = RSS.replace("10:00:00 +0000", "10:05:00 +0000")
    assert items_digest(RSS.encode()) == items_digest(later.encode())
    assert items_digest(RSS.encode()) != items_digest(RSS.replace("Ann Lee", "Ann Li").encode())
    assert items_digest(ATOM.encode()) == items_digest(ATOM.replace("10T09:00", "10T09:30").encode())
    assert items_digest(RDF.encode()) == items_digest(RDF.replace(">Alt<", ">Neu<").encode())
    assert items_digest(b'{"a": 1, "items": []}') == items_digest(b'{"a": 2, "items": []}')
    assert items_digest(b"nothing") != items_digest(b"something")


@given(st.binary() | st.text().map(lambda text: rss(text).encode("utf-8", "surrogatepass")))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    items_digest(body)
    try:
        parse_feed(body, URL, now=NOW)
    except FeedError as error:
        assert error.reason


@given(st.integers(0, len(RSS)), st.sampled_from("<>&\"'\x00]é"))
@settings(max_examples=150, deadline=None)
def test_any_damage_is_read_or_refused(position: int, char: str) -> None:
    for body in (RSS[:position], RSS[:position] + char + RSS[position + 1 :]):
        try:
            feed = parse_feed(body.encode(), URL, now=NOW)
        except FeedError:
            continue
        assert all(entry.url.startswith("http") for entry in feed.entries)


def test_a_news_sitemap_is_read_as_a_feed() -> None:
    document = b"""<?xml version="1.0" encoding="UTF-8"?>
    <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
      <url><loc>https://news.example/a?x=1&amp;y=2</loc><lastmod>2026-11-20T10:00:00+01:00</lastmod>
        <news:news><news:publication><news:name>News</news:name></news:publication>
        <news:publication_date>2026-11-19</news:publication_date><news:title><![CDATA[A < B]]></news:title>
        <news:keywords>Bridge, Harbour</news:keywords></news:news></url>
      <url><loc> /b/ </loc></url>
      <url><loc>javascript:alert(1)</loc></url>
    </urlset>"""
    feed = parse_feed(document, "https://news.example/sitemap-news.xml", now=datetime(2026, 11, 24, tzinfo=UTC))
    first, second = feed.entries
    assert (first.url, first.title, first.tags) == ("https://news.example/a?x=1&y=2", "A < B", ("Bridge", "Harbour"))
    assert (first.published, first.updated) == (
        datetime(2026, 11, 19, tzinfo=UTC),
        datetime(2026, 11, 20, 9, tzinfo=UTC),
    )
    assert (second.url, second.updated) == ("https://news.example/b/", None)
    assert (feed.format, feed.dropped) == ("sitemap", 1)


def test_wordpress_posts_are_read_as_a_feed() -> None:
    posts = [
        {
            "link": "https://news.example/a/",
            "guid": {"rendered": "https://news.example/?p=1"},
            "title": {"rendered": "A &amp; B"},
            "date_gmt": "2026-11-19T10:00:00",
            "modified_gmt": "2026-11-20T10:00:00",
        },
        {"link": "data:text/html,x"},
        7,
    ]
    feed = parse_feed(json.dumps(posts).encode(), "https://news.example/wp-json/wp/v2/posts")
    [entry] = feed.entries
    assert (entry.url, entry.guid, entry.title) == ("https://news.example/a/", "https://news.example/?p=1", "A & B")
    assert entry.updated == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert parse_feed(b"[]", "https://news.example/").entries == ()
    for nonsense in (b'[{"id": 1}]', b"[1", b"[" * 100_000):
        with pytest.raises(FeedError, match="JSON"):
            parse_feed(nonsense, "https://news.example/")


def test_authors_beyond_five_hundred_of_an_item_are_left_out_and_the_next_item_keeps_its_own() -> None:
    many = "".join(f"<author><name>Ann {number}</name></author>" for number in range(3000))
    items = f"<entry><id>1</id>{many}<link href='https://h/1'/></entry><entry><id>2</id><author><name>Bo</name></author><link href='https://h/2'/></entry>"
    feed = parse_feed(f"<feed xmlns='http://www.w3.org/2005/Atom'>{items}</feed>".encode(), "https://h/feed")
    assert [entry.authors[0] for entry in feed.entries] == ["Ann 0", "Bo"]
    assert len(feed.entries[0].authors) == 500
