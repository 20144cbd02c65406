"""Hostile feeds, sitemaps, lists of posts and lists of feeds. Deterministic. None may bring a worker to grief."""

import json
import random
from collections.abc import Iterator
from html import escape

from tests.hostile.corpus import DATES, DEPTHS, TAGS, Case
from tests.hostile.payloads import CODECS, MUTATIONS, STRINGS, mutated

LINK = "https://harbour.example/boats/{}/"
XML, JSON = "application/xml; charset=utf-8", "application/json; charset=utf-8"

RSS_FIELDS = (
    "title",
    "link",
    "guid",
    "description",
    "author",
    "category",
    "pubDate",
    "comments",
    "dc:creator",
    "dc:date",
    "content:encoded",
    "media:title",
    "enclosure",
)
ATOM_FIELDS = ("title", "id", "summary", "content", "updated", "published", "name", "email", "uri", "rights")
CHANNEL_FIELDS = (
    "title",
    "link",
    "description",
    "language",
    "ttl",
    "copyright",
    "generator",
    "lastBuildDate",
    "webMaster",
    "skipHours",
)
JSON_FIELDS = (
    "title",
    "url",
    "id",
    "content_html",
    "content_text",
    "summary",
    "image",
    "date_published",
    "date_modified",
    "language",
    "external_url",
    "tags",
    "authors",
    "attachments",
)
POST_FIELDS = ("link", "title", "guid", "date_gmt", "modified_gmt", "excerpt", "content", "slug", "id")


def rss(
    items: str = "", head: str = "<title>Harbour</title><link>https://harbour.example/</link>", before: str = ""
) -> str:
    spaces = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/"'
    return f'<?xml version="1.0" encoding="utf-8"?>{before}<rss version="2.0" {spaces}><channel>{head}{items}</channel></rss>'


def item(extra: str = "", number: int = 1, title: str = "<title>Forty-two boats</title>") -> str:
    link = LINK.format(number)
    return f"<item>{title}<link>{link}</link><guid>{link}</guid>{extra}</item>"


def atom(entries: str, head: str = "<title>Harbour</title>") -> str:
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>'


def entry(extra: str = "") -> str:
    return f'<entry><title>Boats</title><link href="{LINK.format(1)}"/><id>{LINK.format(1)}</id>{extra}</entry>'


def rdf(items: str) -> str:
    spaces = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return f'<?xml version="1.0"?><rdf:RDF {spaces}><channel rdf:about="https://harbour.example/"><title>H</title></channel>{items}</rdf:RDF>'


def feeds() -> Iterator[Case]:
    """All of them."""
    families = (_strings, _encodings, _references, _dates, _entities, _deep, _many, _links)
    for family in (*families, _json, _lists, _mutants, _quadratic):
        yield from family()


def _case(name: str, text: str, kind: str = XML) -> Case:
    return Case(name, text.encode("utf-8", "surrogatepass"), kind, marked=False)


def _strings() -> Iterator[Case]:
    for name, text in STRINGS.items():
        for field in RSS_FIELDS:
            close = field.partition(" ")[0]
            yield _case(f"rss-{name}-{field}", rss(item(f"<{field}>{escape(text)}</{close}>", title="")))
            yield _case(f"rss-{name}-{field}-cdata", rss(item(f"<{field}><![CDATA[{text}]]></{close}>", title="")))
        for field in ATOM_FIELDS:
            inner = (
                f"<author><{field}>{escape(text)}</{field}></author>"
                if field in ("name", "email", "uri")
                else f"<{field} type='html'>{escape(text)}</{field}>"
            )
            yield _case(f"atom-{name}-{field}", atom(entry(inner)))
        for field in CHANNEL_FIELDS:
            yield _case(f"channel-{name}-{field}", rss(item(), head=f"<{field}>{escape(text)}</{field}>"))
        quoted = escape(text, quote=True)
        yield _case(f"atom-{name}-link", atom(f'<entry><title>x</title><link href="{quoted}"/><id>1</id></entry>'))
        yield _case(
            f"atom-{name}-base", atom(entry(), head=f"<title xml:base='{quoted}' xml:lang='{quoted}'>x</title>")
        )
        yield _case(
            f"rdf-{name}",
            rdf(
                f'<item rdf:about="{quoted}"><title>{escape(text)}</title><link>{escape(text)}</link><dc:creator>{escape(text)}</dc:creator></item>'
            ),
        )
        yield _case(f"raw-{name}", rss(f"{text}{item()}"))
        yield _case(
            f"sitemap-{name}",
            f"<urlset><url><loc>{LINK.format(1)}{quoted}</loc><lastmod>{quoted}</lastmod><news:title>{quoted}</news:title></url></urlset>",
        )
        whole = dict.fromkeys(JSON_FIELDS, text)
        yield _case(
            f"json-{name}",
            json.dumps(
                {
                    "version": "https://jsonfeed.org/version/1.1",
                    "title": text,
                    "items": [whole, {**whole, "url": LINK.format(1)}],
                }
            ),
            JSON,
        )
        posts = [{**dict.fromkeys(POST_FIELDS, text), "link": link} for link in (LINK.format(1), text)]
        yield _case(
            f"wordpress-{name}", json.dumps([*posts, {"link": LINK.format(2), "title": {"rendered": text}}]), JSON
        )


def _encodings() -> Iterator[Case]:
    text = rss(item("<description>Grüße aus Łódź, Ж</description>"))
    for codec in CODECS:
        yield _case(f"declared-{codec}", text.replace('encoding="utf-8"', f'encoding="{codec}"'), "text/xml")
        yield _case(f"header-{codec}", text, f"text/xml; charset={codec}")
    for codec in (
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "utf-32-le",
        "utf-32-be",
        "utf-8-sig",
        "utf-7",
        "gb18030",
        "koi8-r",
        "cp1251",
        "cp037",
    ):
        body = text.encode(codec, "replace")
        for declared in (codec, "utf-8", ""):
            yield Case(
                f"really-{codec}-declared-{declared}",
                body.replace(b'encoding="utf-8"', f'encoding="{declared}"'.encode()),
                "text/xml",
                marked=False,
            )
    yield Case("two-encodings", text.encode() + text.encode("utf-16"), XML, marked=False)
    yield Case(
        "bad-bytes",
        rss(item("<description>@@@</description>"))
        .encode()
        .replace(b"@@@", bytes(range(1, 256)).replace(b"<", b"").replace(b"&", b"") * 40),
        XML,
        marked=False,
    )


def _references() -> Iterator[Case]:
    for number in (
        "xD800",
        "xDFFF",
        "x110000",
        "99999999999999",
        "9" * 5000,
        "0",
        "x0",
        "x1B",
        "x9B",
        "xFFFE",
        "x202E",
        "-1",
        "x",
        "",
    ):
        for field in ("title", "link", "description", "author", "pubDate", "category"):
            yield _case(f"reference-{number[:20]}-{field}", rss(item(f"<{field}>a&#{number};b</{field}>", title="")))
        yield _case(f"reference-{number[:20]}-attribute", rss(item(f'<enclosure url="http://a/&#{number};"/>')))
        yield _case(f"reference-{number[:20]}-many", rss(item(f"<description>{f'&#{number};' * 2000}</description>")))
        yield _case(
            f"reference-{number[:20]}-cdata", rss(item(f"<description><![CDATA[<p>&#{number};</p>]]></description>"))
        )
    for character in (
        "\x00",
        "\x01",
        "\x0b",
        "\x0c",
        "\x1b",
        "\x7f",
        "\x85",
        "\x9b",
        "\u2028",
        "\ud800",
        "\ufffe",
        "\uffff",
    ):
        yield _case(f"character-{character!a}", rss(item(f"<description>a{character}b</description>")))
        yield _case(f"character-{character!a}-in-tag", rss(item(f"<desc{character}ription>x</description>")))


def _dates() -> Iterator[Case]:
    for date in DATES:
        for field in ("pubDate", "dc:date", "lastBuildDate", "updated", "published"):
            yield _case(f"date-{date[:30]}-{field}", rss(item(f"<{field}>{date}</{field}>")))
        yield _case(f"date-{date[:30]}-atom", atom(entry(f"<updated>{date}</updated><published>{date}</published>")))
        yield _case(
            f"date-{date[:30]}-json",
            json.dumps({"items": [{"url": LINK.format(1), "date_published": date, "date_modified": date}]}),
            JSON,
        )
        yield _case(
            f"date-{date[:30]}-sitemap",
            f"<urlset><url><loc>{LINK.format(1)}</loc><lastmod>{date}</lastmod></url></urlset>",
        )


def _entities() -> Iterator[Case]:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    doctypes = {
        "laughs": f'<!DOCTYPE rss [<!ENTITY l0 "lol">{laughs}]>', "one-large": f'<!DOCTYPE rss [<!ENTITY l11 "{"a" * 50_000}">]>',
        "recursive": '<!DOCTYPE rss [<!ENTITY l11 "&b;"><!ENTITY b "&l11;">]>', "file": '<!DOCTYPE rss [<!ENTITY l11 SYSTEM "file:///etc/passwd">]>',
        "http": '<!DOCTYPE rss [<!ENTITY l11 SYSTEM "http://127.0.0.1:9/x">]>', "public": '<!DOCTYPE rss PUBLIC "-//N//DTD RSS//EN" "http://127.0.0.1:9/rss.dtd">',
        "parameter": '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd"> %p;]>', "default": '<!DOCTYPE rss [<!ATTLIST item x CDATA "&l11;">]>',
        "notation": '<!DOCTYPE rss [<!NOTATION n SYSTEM "file:///bin/sh">]>', "utf-7": "+ADwAIQ-DOCTYPE rss+AFs +ADwAIQ-ENTITY a SYSTEM 'file:///etc/passwd'+AD4AXQ+AD4",
        "nested": "<!DOCTYPE rss [" + "<![INCLUDE[" * 1000 + "]>", "long": "<!DOCTYPE rss [" + "<!ELEMENT a ANY>" * 50_000 + "]>", "open": "<!DOCTYPE rss [",
        "many": "<!DOCTYPE rss>" * 10_000, "quoted": "<!DOCTYPE rss [<!ENTITY l11 ']>'><!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
        "in-comment": "<!-- <!DOCTYPE rss [<!ENTITY l11 'x'>]> -->", "lower": "<!doctype rss [<!entity l11 SYSTEM 'file:///etc/passwd'>]>",
    }  # fmt: skip
    for name, doctype in doctypes.items():
        yield _case(f"entities-{name}", rss(item("<description>&l11;</description>"), before=doctype))
        yield _case(
            f"entities-{name}-5000-times", rss(item(f"<description>{'&l11;' * 5000}</description>"), before=doctype)
        )
        yield Case(
            f"entities-{name}-utf-16",
            rss(item("<description>&l11;</description>"), before=doctype).encode("utf-16"),
            XML,
            marked=False,
        )
        yield _case(
            f"entities-{name}-opml",
            f'{doctype}<opml><body><outline xmlUrl="{LINK.format(1)}" text="&l11;"/></body></opml>',
        )
        yield _case(
            f"entities-{name}-sitemap", f"{doctype}<urlset><url><loc>{LINK.format(1)}&l11;</loc></url></urlset>"
        )
        yield _case(f"entities-{name}-in-item", rss(item(f"{doctype}<description>&l11;</description>")))
    yield _case(
        "xinclude",
        rss(
            item(
                '<description><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/></description>'
            )
        ),
    )
    yield _case("stylesheet", '<?xml version="1.0"?><?xml-stylesheet href="file:///etc/passwd"?>' + rss(item())[38:])


def _deep() -> Iterator[Case]:
    for depth in (*DEPTHS, 200_000):
        for tag in (
            "a",
            "item",
            "channel",
            "rss",
            "x:y",
            "div",
            "description",
            "image",
            "textinput",
            "author",
            "media:group",
            "entry",
            "title",
        ):
            yield _case(f"deep-{tag}-{depth}", rss(item(f"<{tag}>" * depth)))
            yield _case(f"deep-{tag}-{depth}-closed", rss(item(f"<{tag}>" * depth + f"</{tag}>" * depth)))
        yield _case(
            f"deep-opml-{depth}",
            "<opml><body>" + "<outline text='a'>" * depth + "</outline>" * depth + "</body></opml>",
        )
        yield _case(
            f"deep-xhtml-{depth}", atom(entry(f"<content type='xhtml'>{'<div>' * depth}x{'</div>' * depth}</content>"))
        )
        yield _case(
            f"deep-sitemap-{depth}",
            "<urlset>" + "<url>" * depth + f"<loc>{LINK.format(1)}</loc>" + "</url>" * depth + "</urlset>",
        )
    for tag in TAGS[::3]:
        yield _case(f"deep-markup-{tag}", rss(item(f"<description>{escape(f'<{tag}>' * 20_000)}</description>")))
        yield _case(
            f"deep-markup-{tag}-encoded",
            rss(item(f"<content:encoded><![CDATA[{f'<{tag}>' * 20_000}]]></content:encoded>")),
        )


def _many() -> Iterator[Case]:
    for size in (2_000, 50_000, 1_000_000):
        yield _case(f"newlines-{size}", "\n" * size + rss(item()))
        yield _case(f"spaces-in-prolog-{size}", rss(item(), before=" \n" * (size // 2)))
        yield _case(f"comments-{size}", rss(item(), before="<!-- a -->" * (size // 10)))
        yield _case(f"comment-{size}", rss(item(), before=f"<!--{'-' * size}-->"))
        yield _case(f"instructions-{size}", rss(item(), before="<?a b?>" * (size // 7)))
        yield _case(
            f"bangs-in-description-{size}", rss(item(f"<description>{escape('<!--' * (size // 4))}</description>"))
        )
        yield _case(f"less-in-description-{size}", rss(item(f"<description>{escape('<' * (size // 4))}</description>")))
        yield _case(f"cdata-{size}", rss(item(f"<description>{'<![CDATA[' * (size // 9)}</description>")))
        yield _case(f"cdata-pieces-{size}", rss(item(f"<description>{'<![CDATA[a]]>' * (size // 13)}</description>")))
        yield _case(f"ampersands-{size}", rss(item(f"<description>{'&' * size}</description>")))
        yield _case(f"references-{size}", rss(item(f"<description>{'&#38;' * (size // 5)}</description>")))
        yield _case(f"tags-{size}", rss(item(f"<description>{escape('<b>a</b>' * (size // 8))}</description>")))
        yield _case(f"author-{size}", rss(item(f"<author>{'a' * size}@</author>")))
        yield _case(f"author-parentheses-{size}", rss(item(f"<author>{'a@b (' * (size // 5)}</author>")))
        yield _case(f"author-dots-{size}", rss(item(f"<author>{'a.' * (size // 2)}@b</author>")))
        yield _case(f"author-cdata-{size}", rss(item(f"<author><![CDATA[{'a@' * (size // 2)}]]></author>")))
        yield _case(f"author-in-tags-{size}", rss(item(f"<author>{'<x>a@b</x>' * (size // 10)}</author>")))
        yield _case(f"author-comments-{size}", rss(item(f"<author>{'a<!---->' * (size // 8)}@b</author>")))
        yield _case(f"attributes-{size}", rss(item("<x " + " ".join(f"a{n}='1'" for n in range(size // 10)) + "/>")))
        yield _case(
            f"attributes-on-item-{size}",
            rss(item()).replace("<item>", "<item " + " ".join(f"a{n}='1'" for n in range(size // 10)) + ">"),
        )
        yield _case(
            f"namespaces-{size}", rss(item("<x " + " ".join(f"xmlns:a{n}='b{n}'" for n in range(size // 17)) + "/>"))
        )
        yield _case(f"categories-{size}", rss(item("".join(f"<category>c{n}</category>" for n in range(size // 24)))))
        yield _case(
            f"links-{size}", atom(entry("".join(f"<link href='http://a.example/{n}'/>" for n in range(size // 36))))
        )
        yield _case(
            f"authors-{size}", atom(entry("".join(f"<author><name>a{n}</name></author>" for n in range(size // 34))))
        )
        yield _case(f"contents-{size}", atom(entry("<content>a</content>" * (size // 20))))
        yield _case(f"enclosures-{size}", rss(item("<enclosure url='http://a/' type='b' length='1'/>" * (size // 48))))
        yield _case(
            f"media-{size}",
            rss(item("<media:content url='http://a/'><media:credit>a</media:credit></media:content>" * (size // 78))),
        )
        yield _case(f"items-{size}", rss("".join(item(number=n) for n in range(size // 130))))
        yield _case(f"items-empty-{size}", rss("<item/>" * (size // 7)))
        yield _case(f"items-same-{size}", rss(item() * (size // 130)))
        yield _case(f"channels-{size}", rss("<channel>" * (size // 9) + item()))
        yield _case(f"elements-{size}", rss(item("".join(f"<e{n}>x</e{n}>" for n in range(size // 15)))))
        yield _case(f"title-{size}", rss(item(title=f"<title>{'T' * size}</title>")))
        yield _case(f"title-words-{size}", rss(item(title=f"<title>{'word ' * (size // 5)}</title>")))
        yield _case(f"guid-{size}", rss(item(f"<guid>{'g' * size}</guid>")))
        yield _case(f"link-{size}", rss(f"<item><title>x</title><link>http://a.example/{'x' * size}</link></item>"))
        yield _case(
            f"link-dots-{size}",
            rss(f"<item><title>x</title><link>http://a.example{'/../a' * (size // 5)}</link></item>"),
        )
        yield _case(f"date-{size}", rss(item(f"<pubDate>{'1' * size}</pubDate>")))
        yield _case(f"date-colons-{size}", rss(item(f"<pubDate>{'1:' * (size // 2)}</pubDate>")))
        yield _case(f"date-letters-{size}", rss(item(f"<pubDate>{'Mon, ' * (size // 5)}</pubDate>")))
        yield _case(f"scripts-{size}", rss(item(f"<description>{escape('<script>' * (size // 8))}</description>")))
        yield _case(f"long-name-{size}", rss(item(f"<{'n' * size}>x</{'n' * size}>")))
        yield _case(f"long-prefix-{size}", rss(item(f"<{'a:' * (size // 2)}b/>")))
        yield _case(
            f"summary-links-{size}",
            rss(item(f"<description>{escape('<a href=x>Continue reading' * (size // 26))}</description>")),
        )
        yield _case(
            f"summary-posts-{size}", rss(item(f"<description>{escape('<p>The post <a' * (size // 14))}</description>"))
        )
        yield _case(f"sitemap-open-{size}", "<urlset>" + "<url><loc>http://a.example/" * (size // 27))
        yield _case(
            f"sitemap-many-{size}",
            "<urlset>"
            + "".join(f"<url><loc>http://a.example/{n}</loc></url>" for n in range(size // 44))
            + "</urlset>",
        )
        yield _case(
            f"sitemap-fields-{size}", f"<urlset><url><loc>{LINK.format(1)}</loc>{'<a>' * (size // 3)}</url></urlset>"
        )
        yield _case(
            f"sitemap-cdata-{size}",
            f"<urlset><url><loc>{LINK.format(1)}</loc>{'<a><![CDATA[' * (size // 12)}</url></urlset>",
        )
        yield _case(f"html-{size}", "<html>" + "<input " * (size // 7))
        yield _case(f"doctype-words-{size}", "<!DOCTYPE " + "a " * (size // 2))


def _links() -> Iterator[Case]:
    schemes = (
        "javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://a/",
        "mailto:a@b.example",
        "tel:1",
        "about:blank",
        "blob:x",
        "view-source:http://a/",
    )
    odd = (
        "",
        " ",
        "#",
        "?",
        "/",
        "//",
        "///",
        "http:",
        "http://",
        "http:///x",
        "https://[",
        "http://[::1",
        "http://a b/",
        "http://\x00/",
        "http://a:b/",
        "http://a:99999/",
        "http://@/",
        "http://x@10.0.0.1/",
        "\thttp://a.example/\n",
        "hTTp://A.EXAMPLE/",
        "http://127.0.0.1/",
        "http://0x7f.1/",
        "http://．example/",
        "http://xn--a/",
        "http://" + "a" * 300,
        "http://a.example/" + "%" * 500,
        "http://a.example/%00%0a%1b",
        "http://é.example/ß",
        "http://a.example\\@b.example/",
    )
    for number, link in enumerate((*schemes, *odd)):
        quoted = escape(link, quote=True)
        yield _case(f"link-{number}", rss(f"<item><title>x</title><link>{quoted}</link></item>"))
        yield _case(f"link-{number}-guid", rss(f"<item><title>x</title><guid>{quoted}</guid></item>"))
        yield _case(f"link-{number}-atom", atom(f'<entry><title>x</title><link href="{quoted}"/></entry>'))
        yield _case(
            f"link-{number}-content",
            rss(item(f"<description>{escape(f'<a href={chr(34)}{link}{chr(34)}>x</a>')}</description>")),
        )
        yield _case(f"link-{number}-channel", rss(item(), head=f"<link>{quoted}</link><title>x</title>"))
        yield _case(
            f"link-{number}-json",
            json.dumps({"items": [{"url": link}, {"id": link}], "home_page_url": link, "next_url": link}),
            JSON,
        )
        yield _case(f"link-{number}-opml", f'<opml><body><outline text="a" xmlUrl="{quoted}"/></body></opml>')


def _quadratic() -> Iterator[Case]:
    """Comments that never end, in a text of which an expression would look for the end of each."""
    begun = "<!-- " * 40_000
    yield _case("quadratic-comments", json.dumps({"items": [{"url": LINK.format(1), "title": begun}]}), JSON)
    yield _case("quadratic-posts", json.dumps([{"link": LINK.format(1), "title": {"rendered": begun}}]), JSON)


def _json() -> Iterator[Case]:
    one = f'{{"url":"{LINK.format(1)}"'
    for depth in (500, 5000, 1_000_000):
        yield _case(f"json-deep-list-{depth}", "[" * depth, JSON)
        yield _case(f"json-deep-items-{depth}", '{"items":' + "[" * depth + "]" * depth + "}", JSON)
        yield _case(f"json-deep-object-{depth}", '{"items":[' + '{"a":' * depth + "1" + "}" * depth + "]}", JSON)
        yield _case(f"json-deep-field-{depth}", f'{{"items":[{one},"tags":{"[" * depth}{"]" * depth}}}]}}', JSON)
    for name, value in {
        "digits": "9" * 100_000,
        "exponent": "1e999999",
        "nan": "NaN",
        "infinity": "-Infinity",
        "negative": "-0",
        "true": "true",
        "null": "null",
        "list": "[]",
        "object": "{}",
    }.items():
        for field in JSON_FIELDS:
            yield _case(f"json-{name}-{field}", f'{{"items":[{one},"{field}":{value}}}]}}', JSON)
        yield _case(
            f"json-{name}-everywhere",
            f'{{"version":{value},"title":{value},"items":[{value},{one},"authors":[{value}]}}],"language":{value},"next_url":{value}}}',
            JSON,
        )
        yield _case(
            f"json-{name}-posts",
            f'[{{"link":"{LINK.format(1)}","title":{value},"guid":{value},"date_gmt":{value},"content":{{"rendered":{value}}}}},{value}]',
            JSON,
        )
    for size in (1000, 100_000, 2_000_000):
        yield _case(f"json-empty-items-{size}", '{"items":[' + "{}," * (size // 3) + "{}]}", JSON)
        yield _case(f"json-empty-lists-{size}", "[" + "[]," * (size // 3) + "[]]", JSON)
        yield _case(f"json-keys-{size}", '{"items":[{' + ",".join(f'"k{n}":1' for n in range(size // 10)) + "}]}", JSON)
        yield _case(
            f"json-tags-{size}",
            f'{{"items":[{one},"tags":[{",".join(f"{chr(34)}t{n}{chr(34)}" for n in range(size // 10))}]}}]}}',
            JSON,
        )
        escapes = r"\ud800\u0000" * (size // 12)
        yield _case(f"json-escapes-{size}", f'{{"items":[{one},"title":"{escapes}"}}]}}', JSON)
        yield _case(f"json-cut-{size}", f'{{"items":[{one},"title":"{"a" * size}', JSON)


def _lists() -> Iterator[Case]:
    for name, text in STRINGS.items():
        quoted = escape(text, quote=True)
        yield _case(
            f"opml-{name}",
            f'<opml version="2.0"><head><title>{escape(text)}</title></head><body><outline text="{quoted}" title="{quoted}" category="{quoted}"><outline text="{quoted}" xmlUrl="{LINK.format(1)}"/></outline></body></opml>',
        )


def _mutants() -> Iterator[Case]:
    bases = {
        "rss": rss(item("<description><![CDATA[<p>Boats &amp; <b>nets</b></p>]]></description><pubDate>Fri, 10 May 2024 10:00:00 GMT</pubDate><author>a@b.example (Ann)</author>") * 3),
        "atom": atom(entry("<updated>2024-05-10T10:00:00Z</updated><author><name>Ann</name></author><content type='html'>&lt;p&gt;x</content>") * 3),
        "rdf": rdf(f'<item rdf:about="{LINK.format(1)}"><title>Eins</title><link>{LINK.format(1)}</link><dc:date>2024-05-09</dc:date></item>'),
        "json": json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "url": LINK.format(1), "title": "x", "date_published": "2024-05-10T10:00:00Z"}]}),
        "wordpress": json.dumps([{"link": LINK.format(1), "title": {"rendered": "x"}, "date_gmt": "2024-05-10T10:00:00"}]),
        "sitemap": f"<urlset><url><loc>{LINK.format(1)}</loc><lastmod>2024-05-10</lastmod><news:title>x</news:title></url></urlset>",
        "opml": f'<opml version="2.0"><body><outline text="x"><outline text="y" xmlUrl="{LINK.format(1)}"/></outline></body></opml>',
    }  # fmt: skip
    for name, base in bases.items():
        body = base.encode()
        for number in range(MUTATIONS):
            yield Case(
                f"mutant-{name}-{number}",
                mutated(body, random.Random(f"{name}-{number}")),
                JSON if base[0] in "{[" else XML,
                marked=False,
            )
        for cut in range(0, len(body), max(len(body) // 40, 1)):
            yield Case(f"truncated-{name}-{cut}", body[:cut], JSON if base[0] in "{[" else XML, marked=False)
