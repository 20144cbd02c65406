"""Hostile pages: an ordinary article with something beside it that bursts, blinds or outruns parsers. Deterministic.

Every page that a browser would show carries the marker sentence, which must be archived whatever stands beside it.
"""

import random
from collections.abc import Iterator
from typing import NamedTuple

from tests.hostile.faults import MARKER
from tests.hostile.payloads import CODECS, MUTATIONS, STRINGS, mutated

TAGS = (
    "div", "span", "p", "a", "b", "i", "em", "font", "u", "small", "ul><li", "ol><li", "dl><dd", "blockquote", "details", "section",
    "article", "main", "aside", "header", "footer", "nav", "figure", "center", "table", "table><tr><td", "form", "fieldset", "button",
    "select", "optgroup", "option", "object", "svg", "svg><g", "math", "math><mrow", "template", "noscript", "iframe", "video", "label",
    "h1", "h2", "pre", "code", "ruby><rt", "x-y", "svg><foreignObject><div", "math><annotation-xml><div", "marquee", "nobr",
)  # fmt: skip
DEPTHS = (50, 600, 5000, 30_000)


class Case(NamedTuple):
    """One document. `marked`: it carries the marker sentence, and carries it visibly."""

    name: str
    body: bytes
    kind: str = "text/html; charset=utf-8"
    marked: bool = True


def story(before: str = "", inside: str = "", after: str = "", head: str = "", title: str = "Forty-two boats") -> str:
    """An ordinary article page with room for something else in five places."""
    lines = "".join(
        f"<p>Boat number {n} came home after the {n}th bell, its lanterns lit, and the harbour master wrote it down.</p>\n"
        for n in range(1, 7)
    )
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}'
        f'<meta property="og:type" content="article"></head><body>{before}<article><h1>Forty-two boats come home</h1>\n'
        f"<p>{MARKER}</p>\n{inside}{lines}</article>{after}</body></html>"
    )


def pages() -> Iterator[Case]:
    """All of them."""
    for family in (_deep, _many, _unclosed, _strings, _encodings, _references, _data, _odd, _mutants, _quadratic):
        yield from family()


def _case(name: str, text: str, *, marked: bool = True) -> Case:
    return Case(name, text.encode("utf-8", "surrogatepass"), marked=marked)


def _deep() -> Iterator[Case]:
    for tag in TAGS:
        for depth in DEPTHS:
            opened = f"<{tag}>" * depth
            yield _case(f"deep-{tag}-{depth}-after", story(after=opened))
            # What nests this deep in front of the article is closed again where pages are meant to be read.
            closed = "".join(f"</{one}>" for one in reversed(tag.split("><"))) * depth
            yield _case(f"deep-{tag}-{depth}-closed", story(before=f"{opened}x{closed}"))
    for depth in DEPTHS:
        yield _case(f"deep-around-{depth}", story(before="<div>" * depth, after="</div>" * depth))
        mixed = "".join(random.Random(depth).choices([f"<{tag}>" for tag in TAGS[:12]], k=depth))
        yield _case(f"deep-mixed-{depth}", story(after=mixed))
        yield _case(f"deep-misnested-{depth}", story(after="<b><p><i><a>" * depth + "</b></p></i></a>" * depth))
        yield _case(f"deep-formatting-{depth}", story(after="".join(f"<font color={n}><p>" for n in range(depth))))
        yield _case(f"deep-closers-{depth}", story(before="</div></p></b></table>" * depth))


def _many() -> Iterator[Case]:
    pieces = {
        "i": "<i>a</i>", "p": "<p>a", "br": "<br>", "a": '<a href="/x">x</a>', "option": "<option selected>a", "li": "<li>a</li>",
        "td": "<table><tr><td>a", "comment": "<!-- a -->", "h2": "<h2><a href=/x/>A heading that leads somewhere else</a></h2>",
        "script": "<script>var a</script>", "style": "<style>a{}</style>", "img": "<img src=x onerror=alert(1)>", "input": "<input type=hidden>",
        "bang": "<!", "slash": "</", "less": "<", "entity": "&amp;", "nul": "\x00", "percent": "<%", "question": "<?x?>", "time": "<time>1</time>",
        "meta": "<meta name=author content=x>", "words": "word ", "button": "<button>b", "select": "<select><option>o", "hidden": "<div hidden>h</div>",
        "semicolon": "&#x", "span-classed": '<span class="author byline">A</span>', "link": "<link rel=canonical href=/x>", "base": "<base href=//evil/>",
    }  # fmt: skip
    for name, piece in pieces.items():
        for size in (20_000, 500_000, 4_000_000):
            mass = piece * (size // len(piece))
            marked = name not in ("less", "bang", "slash", "percent")
            swallowed = name == "select"  # by the HTML standard, all that follows an open list of options is inside it
            yield _case(f"many-{name}-{size}-after", story(after=mass), marked=marked)
            if size < 1_000_000:
                yield _case(
                    f"many-{name}-{size}-before", story(before=f"<div>{mass}</div>"), marked=marked and not swallowed
                )
    for count in (500, 5000, 60_000):
        attributes = " ".join(f"a{n}=v" for n in range(count))
        yield _case(f"attributes-{count}", story(before=f"<div {attributes}>x</div>"))
        yield _case(f"attributes-same-{count}", story(after="<p " + "a=1 " * count + ">x</p>"))
        yield _case(f"attributes-on-body-{count}", story().replace("<body>", f"<body {attributes}>"))
        yield _case(f"attributes-bare-{count}", story(after="<i " + " ".join(f"b{n}" for n in range(count)) + ">x</i>"))
        yield _case(f"classes-{count}", story(after=f'<p class="{" ".join(f"c{n}" for n in range(count))}">x</p>'))
    for size in (100_000, 3_000_000):
        yield _case(f"long-word-{size}", story(after=f"<p>{'x' * size}</p>"))
        yield _case(f"long-title-{size}", story(title="T" * size))
        yield _case(f"long-tag-{size}", story(after=f"<{'x' * size}>"))
        yield _case(f"long-attribute-{size}", story(after=f'<a href="http://a/{"x" * size}">x</a>'))
        yield _case(f"long-description-{size}", story(head=f'<meta name=description content="{"d " * (size // 2)}">'))
        yield _case(f"long-author-{size}", story(head=f'<meta name=author content="{"A. b@c, " * (size // 8)}">'))
        yield _case(f"long-spaces-{size}", story(after=f"<p>{' ' * size}</p>"))
        yield _case(f"long-newlines-{size}", "\n" * size + story())
        yield _case(f"long-comment-{size}", story(before=f"<!--{'-' * size}-->"))
        yield _case(f"long-date-{size}", story(head=f'<meta name=date content="{"2024-" * (size // 5)}">'))
        yield _case(
            f"long-byline-{size}", story(before=f'<div class="byline">By {"Anna Lee and " * (size // 13)}</div>')
        )
        yield _case(f"long-address-{size}", story(head=f'<link rel=canonical href="/{"../a/" * (size // 5)}">'))


def _unclosed() -> Iterator[Case]:
    swallowing = (
        "<!--",
        "<script>",
        "<style>",
        "<textarea>",
        "<title>",
        "<plaintext>",
        "<xmp>",
        "<iframe>",
        "<noframes>",
        "<svg><style>",
    )
    for start in (
        *swallowing,
        "<![CDATA[",
        "<select>",
        "<template>",
        "<table>",
        "<svg><![CDATA[",
        "<a href='",
        '<p title="',
        "<!DOCTYPE",
        "<?",
    ):
        yield _case(f"unclosed-{start}-after", story(after=start))
        yield _case(f"unclosed-{start}-twice-after", story(after=start * 1000))
    for cut in range(40, 400, 40):
        yield _case(f"cut-{cut}", story()[:-cut], marked=True)


def _strings() -> Iterator[Case]:
    for name, text in STRINGS.items():
        quoted = text.replace('"', "&quot;").replace("<", "&lt;")
        yield _case(f"string-{name}-title", story(title=text.replace("<", "&lt;")))
        yield _case(f"string-{name}-body", story(inside=f"<p>{quoted}</p>"))
        yield _case(f"string-{name}-raw", story(after=text))
        metas = "".join(
            f'<meta name="{field}" property="{field}" content="{quoted}">'
            for field in (
                "author",
                "description",
                "keywords",
                "og:site_name",
                "og:image",
                "article:section",
                "og:locale",
                "license",
                "og:url",
            )
        )
        yield _case(f"string-{name}-metas", story(head=metas))
        yield _case(
            f"string-{name}-canonical",
            story(head=f'<link rel="canonical" href="{quoted}"><link rel="amphtml" href="{quoted}">'),
        )
        yield _case(
            f"string-{name}-link",
            story(inside=f'<p>See <a href="{quoted}">this place</a> for the list of all the boats.</p>'),
        )


def _quadratic() -> Iterator[Case]:
    """What an expression looks through once from each of its characters, if it is not written with care."""
    space, unseen = "\u3000" * 200_000, "\u200b" * 200_000
    yield _case("quadratic-refresh", f"<meta http-equiv=refresh content='0;url=x{' ' * 200_000}\"'>", marked=False)
    yield _case("quadratic-title", story(head=f'<meta property="og:title" content="{"|" * 200_000}">'))
    yield _case("quadratic-byline", story(inside=f'<p class="byline">Harbour{space}!</p>'))
    author = '<meta name="author" content="Anna Berg">'
    yield _case("quadratic-author", story(head=author, inside=f'<p class="author">By Anna Berg{unseen}x</p>'))


def _encodings() -> Iterator[Case]:
    text = story()
    for codec in CODECS:
        declared = text.replace('charset="utf-8"', f'charset="{codec}"')
        yield Case(f"declared-{codec}-in-page", declared.encode(), "text/html")
        yield Case(f"declared-{codec}-in-header", text.encode(), f"text/html; charset={codec}")
    for codec in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig"):
        plain = text.replace('charset="utf-8"', "")
        yield Case(f"really-{codec}-declared", plain.encode(codec), f"text/html; charset={codec.removesuffix('-sig')}")
        yield Case(f"really-{codec}-undeclared", plain.encode(codec), "text/html")
        yield Case(
            f"really-{codec}-declared-utf-8",
            text.encode(codec),
            "text/html; charset=utf-8",
            codec == "utf-8-sig" or "16" in codec,
        )
    yield Case("mixed-encodings", text.encode() + "Grüße".encode("latin-1") + "Ж".encode("cp1251"), "text/html")
    yield Case(
        "mixed-halves", text.encode()[:300] + b"\xff\xfe\x80\x81" * 50 + text.encode()[300:], "text/html", marked=False
    )
    yield Case("many-bad-bytes-after", text.encode() + bytes(range(128, 256)) * 2000)
    yield Case("bom-in-the-middle", story(inside="<p>\ufeff\ufeff\ufeff</p>").encode())
    yield Case(
        "utf-7", story(inside="<p>+ADw-script+AD4-alert(1)+ADw-/script+AD4-</p>").encode(), "text/html; charset=utf-7"
    )


def _references() -> Iterator[Case]:
    for number in (
        "xD800",
        "xDFFF",
        "x110000",
        "99999999999999999999",
        "0",
        "x0",
        "x1B",
        "x7F",
        "x9B",
        "x80",
        "xFFFE",
        "xFFFF",
        "x202E",
        "-1",
        "x",
    ):
        reference = f"&#{number};"
        yield _case(f"reference-{number}", story(inside=f"<p>Before {reference} and after it the tide turned.</p>"))
        yield _case(f"reference-{number}-title", story(title=f"Boats {reference}"))
        yield _case(f"reference-{number}-attribute", story(head=f'<meta name="author" content="A{reference}b">'))
        yield _case(f"reference-{number}-many", story(after=f"<p>{reference * 20_000}</p>"))
    for character in (
        "\x00",
        "\x01",
        "\x08",
        "\x0b",
        "\x0c",
        "\x1b[31m",
        "\x7f",
        "\x85",
        "\x9b31m",
        "\u2028",
        "\u202e",
        "\ud800",
        "\udfff",
        "\ufffe",
    ):
        yield _case(
            f"character-{character!a}",
            story(inside=f"<p>Raw {character} character in the text.</p>", title=f"A {character}"),
        )


def _data() -> Iterator[Case]:
    """JSON-LD and script state."""
    deep = 100_000
    blobs = {
        "deep-lists": "[" * deep + "]" * deep, "deep-objects": '{"a":' * deep + "1" + "}" * deep, "deep-unclosed": "[" * deep, "cut": '{"@type":"Arti',
        "digits": '{"@type":"Article","wordCount":' + "9" * 50_000 + "}", "float": '{"@type":"Article","wordCount":1e99999}',
        "negative": '{"@type":"Article","wordCount":-1e308}', "nan": '{"@type":"Article","wordCount":NaN}', "null": "null", "string": '"x"', "number": "7",
        "types": '{"@type":[null,1,{"a":2}],"headline":{"a":[]},"author":[[[[1]]]],"datePublished":{"b":1}}', "graph-of-itself": '{"@graph":{"@graph":[{"@graph":{}}]}}',
        "surrogate": '{"@type":"Article","headline":"\\ud800","author":"\\udfff\\u0000"}', "many": "[" + '{"@type":"Article","headline":"x"},' * 30_000 + "{}]",
        "dates": '{"@type":"NewsArticle","datePublished":"9999-99-99T99:99:99+99:99","dateModified":"-0001-00-00"}', "year-10000": '{"@type":"Article","datePublished":"10000-01-01"}',
        "date-list": '{"@type":"Article","datePublished":["0001-01-01T00:00:00+14:00",1,null]}', "date-number": '{"@type":"Article","datePublished":1e400}',
        "date-digits": '{"@type":"Article","datePublished":"' + "1" * 5000 + '"}', "duplicate-keys": "{" + '"@type":"Article",' * 20_000 + '"a":1}',
        "access": '{"@type":"Article","isAccessibleForFree":{"a":[]}}', "image": '{"@type":"Article","image":[{"url":{"@id":[]}},null,7]}',
        "body-of-markup": '{"@type":"Article","articleBody":"' + "<div>" * 50_000 + '"}', "escapes": '{"@type":"Article","headline":"' + "\\u003cscript\\u003e" * 50_000 + '"}',
    }  # fmt: skip
    for name, blob in blobs.items():
        yield _case(f"json-ld-{name}", story(head=f'<script type="application/ld+json">{blob}</script>'))
        yield _case(f"state-{name}", story(after=f'<script id="__NEXT_DATA__" type="application/json">{blob}</script>'))
    yield _case("json-ld-500", story(head='<script type="application/ld+json">{"@type":"Article"}</script>' * 500))


def _odd() -> Iterator[Case]:
    page = story()
    yield _case("doctype-entities", '<!DOCTYPE html [<!ENTITY a "b"><!ENTITY x SYSTEM "file:///etc/passwd">]>' + page)
    yield _case("xml-declaration", '<?xml version="1.0" encoding="punycode"?>' + page)
    yield _case(
        "xinclude", story(after='<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>')
    )
    yield _case("refresh", story(head='<meta http-equiv="refresh" content="0;url=http://169.254.169.254/">'))
    yield _case("base", story(head='<base href="file:///etc/">'))
    yield _case("frames", story(after='<iframe src="file:///etc/passwd"></iframe><frameset><frame src=x></frameset>'))
    yield _case("two-bodies", page + page)
    yield _case("upper-case", page.replace("<p", "<P").replace("<article", "<ARTICLE"))
    yield _case("microdata", story(after='<div itemscope itemprop="author"><div itemprop="author">' * 5000))
    yield _case("shadow", story(after='<div><template shadowrootmode="open"><slot></slot></template></div>' * 200))
    yield _case("styles", story(after=f"<div style='{'display:none;' * 50_000}'>x</div>"))
    yield Case("empty", b"", marked=False)
    yield Case("nul", bytes(200_000), marked=False)
    yield Case("png", b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(300_000), "image/png", marked=False)
    yield Case("noise", random.Random(2).randbytes(500_000), marked=False)
    yield Case("pdf", b"%PDF-1.7\n" + b"1 0 obj <</Type /Catalog>> endobj\n" * 5000, "application/pdf", marked=False)
    yield Case("zip", b"PK\x03\x04" + random.Random(3).randbytes(100_000), "application/zip", marked=False)
    yield Case("text", b"words and words " * 200_000, "text/plain", marked=False)
    for date in DATES:
        yield _case(
            f"date-{date[:40]}",
            story(
                head=f'<meta property="article:published_time" content="{date}"><meta name=date content="{date}">',
                before=f'<time datetime="{date}">{date}</time>',
            ),
        )


DATES = (
    "-0001-01-01", "0000-00-00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1111-11-11", "1582-10-10", "1899-12-31", "1969-12-31T23:59:59Z",
    "2024-02-30", "2024-13-01", "2024-01-01T25:61:61Z", "2024-01-01T23:59:60Z", "9999-12-31T23:59:59-14:00", "10000-01-01", "99999999-01-01", "Mon, 32 Foo 2024",
    "31 Dec 9999 23:59:59 -2359", "1e10", "99999999999999999999", "-1", "0", "NaN", "١٢ مايو ٢٠٢٤", "2024-W99-9", "2024-366", "T", "now", "2024-01-01T00:00:00+99:99",
    "2024/01/01 " * 500, "Fri, 10 May 24 11:00:00 EST5EDT4", "\x00", "24:00", "2024-05-10T24:00:00Z", "May 0, 2024", "00000000000000", "2024-05-10T11:00:00." + "9" * 400,
)  # fmt: skip


def _mutants() -> Iterator[Case]:
    page = story(
        before="<nav><a href=/>Home</a></nav>",
        inside="<ul><li>One crate of salt</li></ul>",
        after="<footer>About us</footer>",
        head='<script type="application/ld+json">{"@type":"NewsArticle","headline":"Forty-two boats","datePublished":"2024-05-10"}</script>',
    ).encode()
    for number in range(MUTATIONS):
        body = mutated(page, random.Random(number))
        yield Case(f"mutant-{number}", body, marked=False)
    for cut in range(0, len(page), 37):
        yield Case(f"truncated-{cut}", page[:cut], marked=False)
