"""Extraction over pages of our own making: every design in every script, forms of articles, fallbacks, hostile pages."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta

import nh3
import pytest
from selectolax.lexbor import LexborHTMLParser

from scraper.blocks import cut, derived, lineage
from scraper.extract import extract
from scraper.settings import Duration, ExtractSettings, Size
from scraper.taming import tamed
from scraper.workers import Workers
from storage.records import Article, FeedEntry, SiteRules
from tests.fakes import page
from tests.scraper.corpus import DESIGNS, SITE, STORIES, URL, Story

_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|\w+")
LONG = STORIES["en"]


def read(html: str | bytes, url: str = URL, entry: FeedEntry | None = None) -> Article:
    return extract(page(url, html), entry=entry)


def f1(found: str, gold: str) -> float:
    a, b = _WORD.findall(found.lower()), _WORD.findall(gold.lower())
    common = sum(min(a.count(word), b.count(word)) for word in set(a))
    return 2 * common / (len(a) + len(b)) if a or b else 1.0


def test_lineage_names_each_element_once_and_the_outer_ones_first() -> None:
    body = LexborHTMLParser("<div><ul><li>one</li><li>two</li></ul></div><p>three</p>").body
    assert body is not None
    lines = lineage([block.element for block in cut(body)])
    assert [element.tag for element in lines] == ["div", "ul", "li", "li", "p"]
    assert derived(lines, "", lambda above, one: f"{above}/{one.tag}")[lines[3].number] == "/div/ul/li"
    assert lines[3].within >= {"div", "ul", "li"}


@pytest.mark.parametrize(
    ("page", "tame"),
    [
        (b"<DIV>" * 2001, True),
        (b"<div></a>" * 2001, True),
        (b"<div></div>" * 9000, False),
        (b"<b>" * 9000, True),
        (b"<b>b</b>" * 9000, False),
        (b"<p " + b"a=1 " * 1100 + b">", True),
        (b"<script>" + b"if (a < b) c = d; " * 3000 + b"</script>", False),
        (b"<", False),
        (b"", False),
    ],
)
def test_what_the_parser_would_take_too_long_for_is_tamed_before(page: bytes, tame: bool) -> None:
    assert (tamed(page) != page) is tame


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("language", STORIES)
def test_every_design_in_every_script(design: str, language: str) -> None:
    story = STORIES[language]
    article = read(DESIGNS[design](story))
    assert f1(article.text, "\n".join(story.paragraphs)) >= 0.95
    assert article.metadata.title == story.title
    assert article.metadata.language == story.language
    assert article.kind == "article"
    for never in (story.caption, story.comment, SITE, "Advertisement", "newsletter", "Share this", "Storm warning"):
        assert never not in article.text


@pytest.mark.parametrize("language", STORIES)
@pytest.mark.parametrize("design", ["classic", "divs"])
def test_the_day_is_the_one_where_the_article_was_written(design: str, language: str) -> None:
    published = read(DESIGNS[design](STORIES[language])).metadata.published
    assert published is not None
    assert published.isoformat() == "2024-03-05T23:30:00-05:00"
    assert published.utcoffset() == timedelta(hours=-5)


@pytest.mark.parametrize("design", ["classic", "divs"])
@pytest.mark.parametrize("language", ["en", "de", "ru", "el", "zh", "ar", "hi"])
def test_the_author(design: str, language: str) -> None:
    assert read(DESIGNS[design](STORIES[language])).metadata.authors == (STORIES[language].author,)


def paragraphs(story: Story = LONG) -> str:
    return "".join(f"<p>{text}</p>" for text in story.paragraphs)


def document(body: str, head: str = "") -> str:
    return (
        f"<html lang=en><head><title>{LONG.title}</title>{head}</head><body><h1>{LONG.title}</h1>{body}</body></html>"
    )


def test_lists_tables_headings_quotes_and_details_belong_to_the_text() -> None:
    body = (
        f"<article>{paragraphs()}<h2>What changes for drivers</h2><ul><li>Lorries above forty tons still have to take the southern road.</li>"
        "<li>Cyclists have a lane of their own on both sides of the bridge.</li></ul>"
        "<details><summary>How the money was spent</summary><p>Four million went into the foundations, the rest into stone and labour.</p></details>"
        "<table><tr><th>Year</th><th>Cost in millions</th></tr><tr><td>2015</td><td>5.5</td></tr></table></article>"
    )
    text = read(document(body)).text
    for wanted in ("What changes for drivers", "Cyclists have a lane", "Four million went"):
        assert wanted in text


def test_how_a_word_is_spoken_is_not_said_twice() -> None:
    word = "<ruby>法律<rp>(</rp><rt>ほうりつ</rt><rp>)</rp></ruby>"
    lines = f"<p>日本の{word}は今年変わりました。新しい規則が始まるのは四月です。橋は月曜日に再開しました。</p>" * 5
    article = extract(page(URL, f"<html lang=ja><article><h1>新しい{word}の話</h1>{lines}</article>"))
    assert article.metadata.title == "新しい法律の話"
    assert article.text.startswith("日本の法律は今年変わりました。")


def test_a_live_blog_is_archived_as_one() -> None:
    data = json.dumps({"@type": "LiveBlogPosting", "headline": LONG.title, "datePublished": "2024-03-05T08:00:00Z"})
    posts = "".join(f"<div class=post><h3>1{n}:05</h3><p>{text}</p></div>" for n, text in enumerate(LONG.paragraphs))
    article = read(document(f"<main>{posts}</main>", f'<script type="application/ld+json">{data}</script>'))
    assert article.kind == "live blog"
    assert f1(article.text, "\n".join(LONG.paragraphs)) > 0.9


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        (
            "<title>Just a moment...</title><body><h1>Verifying you are human</h1><div id=challenge-stage></div>",
            "a challenge page",
        ),
        ("<title>Seite nicht gefunden</title><body><h1>Ups!</h1><p>Diese Adresse gibt es nicht.</p>", "a soft 404"),
        ("<title>ページが見つかりません</title><body><p>お探しのページは移動しました。</p>", "a soft 404"),
        ("<title>Log in</title><body><form><p>Log in to read on</p><input type=password></form>", "a login page"),
        ("<title>App</title><body><div id=root></div><script>start()</script>", "an empty shell"),
        (
            "<title>Before you go on</title><body><main><h1>We value your privacy</h1><p>We and our 842 partners use cookies to store "
            "and access personal data. With your consent we and our partners may use precise data for personalised ads.</p>"
            "<p>You may accept or refuse cookies; our privacy policy says more about our partners and your consent.</p>"
            "<button>Accept all</button></main>",
            "a consent page",
        ),
        (
            "<title>Talbote</title><body><main><h1>Mit Werbung weiterlesen</h1><p>Lesen Sie wie gewohnt mit Werbung und Tracking. Ihre "
            "Zustimmung ist jederzeit widerrufbar.</p><h2>Oder das Pur-Abo</h2><p>Wir und bis zu 246 Drittanbieter verarbeiten "
            "personenbezogene Daten mithilfe von Cookies.</p></main>",
            "a consent page",
        ),
        (
            "<title>World news</title><body><main><h1>World</h1>"
            + "".join(
                f"<h2><a href='/{n}/'>The council of town {n} votes on a new school</a></h2><p>{n} hours ago</p>"
                for n in range(14)
            )
            + "</main>",
            "a list of articles",
        ),
    ],
)
def test_what_is_no_article_is_called_by_its_name(html: str, kind: str) -> None:
    assert read(f"<html>{html}</html>", "https://valley-herald.example/x").kind == kind


TOWNS = range(9)
TEASERS = tuple(f"<h2><a href='/{n}/'>The council of town {n} votes on a new school</a></h2>" for n in TOWNS)
MARCH = "<time datetime='2024-03-05'>March 5, 2024</time>"
ABSTRACTS = tuple(f"<p>It was a long day at the town hall of town {n}, and it is not over yet.</p>" for n in TOWNS)


@pytest.mark.parametrize(
    "items",
    [
        [f"<article>{title}{MARCH}{text}</article>" for title, text in zip(TEASERS, ABSTRACTS, strict=True)],
        [f"<div>{TEASERS[n]}<p>Posted on March 5, 2024 by Anna Berg</p>{ABSTRACTS[n]}</div>" for n in TOWNS],
        [f"<a href='/{n}/'><h3>The council of town {n} votes</h3>{ABSTRACTS[n]}</a>" for n in TOWNS],
        [title + MARCH for title in TEASERS],
        [f"{title}<p>{LONG.paragraphs[0]}</p>" for title in TEASERS],
    ],
)
def test_the_days_of_teasers_make_no_article_of_a_list(items: list[str]) -> None:
    html = f"<html lang=en><body><main><h1>Local</h1>{''.join(items)}</main></body></html>"
    assert read(html, "https://valley-herald.example/category/local/").kind == "a list of articles"


CARDS = "".join(
    f"<a href='/2024/story-{n}.html'><div>The council of town {n} votes on a new school</div></a>" for n in TOWNS
)
COLLECTION = '<script type="application/ld+json">{"@type": "CollectionPage", "name": "Local"}</script>'


@pytest.mark.parametrize(
    ("url", "body", "between"),
    [
        ("https://valley-herald.example/local", "<body>", CARDS),
        ("https://valley-herald.example/local", f"<body>{COLLECTION}", ""),
        ("https://valley-herald.example/local", "<body class='archive category category-7'>", ""),
        ("https://valley-herald.example/?s=school", "<body class='search search-results'>", ""),
        ("https://valley-herald.example/tag/schools/", "<body>", ""),
        ("https://valley-herald.example/news/2026/11/", "<body>", ""),
        ("https://valley-herald.example/search?q=school", "<body>", ""),
        ("https://valley-herald.example/en/", "<body>", ""),
    ],
    ids=("links", "json-ld", "archive", "search", "tag", "month", "address", "front page"),
)
def test_a_list_with_much_text_is_known_by_its_links_or_by_what_names_it(url: str, body: str, between: str) -> None:
    text = "".join(f"<p>{one}</p>" for one in LONG.paragraphs)
    html = (
        f"<html lang=en>{body}<main><h1>Local news</h1><p>{LONG.paragraphs[0]}</p>{between}{text}</main>{CARDS}</html>"
    )
    assert read(html, url).kind == "a list of articles"
    entry = FeedEntry(url=url, title="All that the council decided")
    assert read(html, url, entry).kind == "article", "a feed that gives it a title means an article"


def test_a_rubric_to_which_an_articles_address_redirects_is_a_list_whatever_the_feed_says() -> None:
    entry = FeedEntry(url="https://valley-herald.example/2024/bridge.html", title=LONG.title)
    text = "".join(f"<p>{one}</p>" for one in LONG.paragraphs)
    html = f"<html lang=en><body><h1>Schools</h1>{text}{CARDS}</body></html>"
    assert read(html, "https://valley-herald.example/tag/schools/", entry).kind == "a list of articles"
    assert read(html, "https://valley-herald.example/2024/bridge-2.html", entry).kind == "article"


PLACES = ("北の町", "南の町", "東の町", "西の町", "川の町", "山の町", "海の町", "森の町", "谷の町")


@pytest.mark.parametrize(
    "between",
    [
        "".join(f"<li>{n + 1}.11.2026, 10:15 <a href='/{n}'>The council of town {n} votes</a></li>" for n in TOWNS),
        "".join(f"<li><a href='/{n}'>The council of town {n} votes</a> – Anna Berg</li>" for n in TOWNS),
        "".join(f"<div><a href='/{n}'>{place}の議会が新しい学校を決める</a></div>" for n, place in enumerate(PLACES)),
    ],
    ids=("days", "authors", "ja"),
)
def test_titles_with_a_day_or_a_name_beside_them_and_short_ones_in_japanese_make_a_list(between: str) -> None:
    html = (
        f"<html><body><main><h1>Local</h1><p>{LONG.paragraphs[0]}</p>{between}<p>{LONG.paragraphs[1]}</p></main></html>"
    )
    assert read(html, "https://valley-herald.example/local").kind == "a list of articles"


def test_teasers_with_days_below_json_ld_of_a_collection_are_a_list_whatever_a_feed_calls_it() -> None:
    items = "".join(f"<article>{title}{MARCH}{text}</article>" for title, text in zip(TEASERS, ABSTRACTS, strict=True))
    entry = FeedEntry(url=URL, title="All that the council decided")
    html = f"<html>{COLLECTION}<body><main><h1>Local</h1>{items}</main></body></html>"
    assert read(html, URL, entry).kind == "a list of articles"


@pytest.mark.parametrize(
    ("data", "kind"), [("ImageGallery", "gallery"), ("WebPage", "article")], ids=("gallery", "any page")
)
def test_a_gallery_of_pictures_says_what_its_captions_say(data: str, kind: str) -> None:
    captions = [f"{one} Photo: Anna Berg" for one in LONG.paragraphs[:4]]
    pictures = "".join(f"<figure><img src='/1.jpg'><figcaption>{one}</figcaption></figure>" for one in captions)
    said = f'<script type="application/ld+json">{{"@type": "{data}", "name": "The storm in pictures"}}</script>'
    article = read(document(pictures, said))
    assert (article.kind, article.text.split("\n\n")) == (kind, captions)
    led = read(document(f"<p>The storm in the valley, seen by our readers from their own windows.</p>{pictures}", said))
    assert led.text.split("\n\n")[1:] == captions
    assert read(document(f"{paragraphs()}{pictures}", said)).text.split("\n\n") == list(LONG.paragraphs)


def test_a_tag_of_two_articles_is_a_list_if_its_software_and_its_address_say_so() -> None:
    html = f"<html><body class='archive tag'><main><h1>Schools</h1>{TEASERS[0]}{ABSTRACTS[0]}{TEASERS[1]}{ABSTRACTS[1] * 3}</main></html>"
    assert read(html, "https://valley-herald.example/tag/schools/").kind == "a list of articles"
    assert read(html, "https://valley-herald.example/schools/").kind == "article"


def test_links_among_the_paragraphs_of_what_says_that_it_is_an_article_make_no_list_of_it() -> None:
    said = "<meta property='article:published_time' content='2024-03-05T10:00:00Z'>"
    html = f"<html><head>{said}</head><body><h1>Local</h1><p>{LONG.paragraphs[0]}</p>{CARDS}<p>{LONG.paragraphs[1]}</p></html>"
    assert read(html, "https://valley-herald.example/local").kind == "article"


def test_a_roundup_of_other_sites_is_an_article() -> None:
    items = [
        f"<h2><a href='https://town-{n}.example/'>What town {n} says of it</a></h2><p>{LONG.paragraphs[0]}</p>"
        for n in TOWNS
    ]
    assert read(document(f"<article>{''.join(items)}</article>")).kind == "article"


def test_a_short_article_beside_a_list_of_others_stays_one() -> None:
    more = "".join(f"<li>{title}{MARCH}</li>" for title in TEASERS)
    assert (
        read(document(f"<article>{MARCH}<p>{' '.join(LONG.paragraphs[:2])}</p></article><ul>{more}</ul>")).kind
        == "article"
    )


def test_a_brief_above_teasers_with_days_of_their_own_stays_an_article() -> None:
    more = "".join(f"<article>{MARCH}{title}{text}</article>" for title, text in zip(TEASERS, ABSTRACTS, strict=True))
    top = f"<h1>{LONG.title}</h1><p>By Anna Berg</p>{MARCH}"
    brief = f"<body><main>{{}}<p>{LONG.paragraphs[0]}</p><section>{more}</section></main></body>"
    assert read(brief.format(top)).kind == "article"
    assert read(brief.format(f"<h1>{LONG.title}</h1>")).kind == "a list of articles"


def test_the_feeds_full_text_stands_in_for_a_page_without_text() -> None:
    entry = FeedEntry(url=URL, title=LONG.title, markup=paragraphs())
    article = read("<html><body><div id=app></div></body></html>", entry=entry)
    assert article.text.split("\n\n") == list(LONG.paragraphs)
    assert article.kind == "article"


def test_the_json_ld_body_stands_in_for_a_teaser() -> None:
    data = json.dumps({"@type": "NewsArticle", "headline": LONG.title, "articleBody": "\n".join(LONG.paragraphs)})
    html = document(f"<p>{LONG.paragraphs[0]}</p>", f'<script type="application/ld+json">{data}</script>')
    assert f1(read(html).text, "\n".join(LONG.paragraphs)) > 0.98


def test_a_template_stands_in_for_the_place_that_a_script_fills() -> None:
    body = f'<div itemprop="articleBody"><script type="text/template">{paragraphs()}</script></div>'
    article = read(f"<html><body><h1>{LONG.title}</h1><p>News from the blog.</p>{body}</body></html>")
    assert article.kind == "article"
    assert all(one in article.text for one in LONG.paragraphs)
    assert "<p>" not in article.text


def test_what_stands_in_a_declarative_shadow_root_is_shown() -> None:
    inner = f"<template>{{title}}</template><article><h1>{LONG.title}</h1>{paragraphs()}</article>"
    parts = "<news-icon><template shadowrootmode=open><svg></svg></template></news-icon>" * 5_000
    html = f"<news-article><template shadowrootmode=open>{inner}{parts}</template></news-article>"
    assert read(f"<html><body>{html}</body></html>").text.split("\n\n") == list(LONG.paragraphs)


def test_a_day_in_its_address_makes_no_article_of_what_a_machine_says() -> None:
    html = (
        "<html><title>Pardon Our Interruption</title><body><h1>Pardon Our Interruption...</h1><p>As you were browsing "
        "something about your browser made us think you were a bot.</p><p>To regain access, please make sure that cookies "
        "and JavaScript are enabled before reloading the page.</p></body></html>"
    )
    assert read(html, "https://valley-herald.example/2024/03/05/bridge-opens").kind == "a challenge page"


def test_embedded_state_stands_in_for_a_page_built_by_script() -> None:
    state = json.dumps({"props": {"article": {"content": [{"type": "p", "text": text} for text in LONG.paragraphs]}}})
    html = f'<html><body><div id=__next></div><script id="__NEXT_DATA__" type="application/json">{state}</script></body></html>'
    assert f1(read(html).text, "\n".join(LONG.paragraphs)) > 0.98


@pytest.mark.parametrize(
    ("head", "body", "access"),
    [
        ('{"@type":"NewsArticle","isAccessibleForFree":true}', paragraphs(), "free"),
        ('{"@type":"NewsArticle","isAccessibleForFree":"http://schema.org/True"}', paragraphs(), "free"),
        ('{"@type":"NewsArticle","isAccessibleForFree":false}', paragraphs(), "paid"),
        (
            "{}",
            f"<p>{LONG.paragraphs[0]}</p><aside class='gh-post-upgrade-cta'><h2>For subscribers</h2></aside>",
            "teaser",
        ),
        (
            "{}",
            f"<p>{LONG.paragraphs[0]}</p><div class='leaky_paywall_message'><p>That was your last one.</p></div>",
            "teaser",
        ),
        ('{"@type":"NewsArticle","wordCount":900}', f"<p>{LONG.paragraphs[0]}</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><div><p>Subscribe to continue reading this story</p></div>", "teaser"),
        ("{}", paragraphs(), "unknown"),
        ('{"@type":"NewsArticle","hasPart":{"isAccessibleForFree":"False"}}', paragraphs(), "paid"),
        ('{"@type":"NewsArticle","hasPart":[{"isAccessibleForFree":true}]}', paragraphs(), "unknown"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>Weiter lesen mit Herald+</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>La suite est réservée aux abonnés</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>Este contenido es exclusivo para suscriptores</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>Abonneer om verder te lezen</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>Czytaj dalej dzięki prenumeracie</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>Bli prenumerant för att läsa vidare</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>Tilaa ja jatka lukemista</p>", "teaser"),
        (
            '{"@type":"NewsArticle","isAccessibleForFree":false}',
            f"<p>{LONG.paragraphs[0]}</p><p>Want to read more? Get full access</p>",
            "teaser",
        ),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>Create a free account or log in to keep reading</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>Hazte socio para seguir leyendo</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>登入會員閱讀全文</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>A cikk folytatása előfizetőink számára érhető el.</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>Det här är en låst artikel för prenumeranter</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>Dieser Beitrag ist nur für Mitglieder</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>Kostenlos registrieren und weiterlesen</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>이 기사는 유료 구독자 전용입니다.</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>本文为付费内容</p>", "teaser"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>هذا المحتوى للمشتركين فقط</p>", "teaser"),
        ("{}", f"<meta itemprop=isAccessibleForFree content=False>{paragraphs()}", "paid"),
        ("{}", f"<p>{LONG.paragraphs[0]}</p><p>Acest articol este disponibil doar abonaților.</p>", "teaser"),
    ],
)
def test_access(head: str, body: str, access: str) -> None:
    html = document(f"<article>{body}</article>", f'<script type="application/ld+json">{head}</script>')
    assert read(html).metadata.access == access


@pytest.mark.parametrize(
    "box",
    [
        "<p>Suscríbete para recibir nuestro boletín diario</p>",
        "<p>Abonnez-vous pour recevoir notre lettre du matin</p>",
        "<p>Assine para receber a nossa newsletter</p>",
        "<p>구독하기</p>",
        "<ul><li>For abonnenter: A</li><li>For abonnenter: B</li><li>For abonnenter: C</li></ul>",
    ],
)
def test_a_newsletter_and_labels_of_other_articles_are_no_wall(box: str) -> None:
    html = document(f"<article><p>{LONG.paragraphs[0]}</p></article>{box}")
    assert read(html).metadata.access == "unknown"


def test_a_wall_that_is_quoted_stands_in_the_text_and_before_no_article() -> None:
    quoted = "“This article is for subscribers only”: ten years ago that was the end of the open web, and now it pays for half of it."
    article = read(document(f"<article><p>{quoted}</p><p>{LONG.paragraphs[0]}</p></article>"))
    assert quoted in article.text
    assert article.metadata.access == "unknown"


def test_what_stands_above_the_headline_says_nothing_of_access() -> None:
    bar = "<div>Already a subscriber? <a href='/login'>Log in</a></div>"
    html = document(f"<article>{paragraphs()}</article>")
    assert read(html.replace("<body>", f"<body>{bar}")).metadata.access == "unknown"
    assert read(html.replace("</article>", f"{bar}</article>")).metadata.access in ("teaser", "metered")


def test_the_markup_is_safe_and_says_the_same_as_the_text() -> None:
    body = (
        paragraphs()
        + "<p>See <a href='javascript:alert(1)'>this</a> and <a href='/that' onclick='x()'>that page about it</a>, <b>now</b>.</p>"
    )
    article = read(document(f"<article>{body}</article>"))
    tags = {"p", "h2", "h3", "h4", "ul", "li", "a", "b", "strong", "em", "blockquote"}
    assert nh3.clean(article.markup, tags=tags, attributes={"a": {"href"}}, link_rel=None) == article.markup
    assert "javascript" not in article.markup
    plain = re.sub(r"</?(?:a|b|strong)\b[^>]*>", "", article.markup)
    plain = re.sub(r"<[^>]+>", " ", plain)
    assert plain.split() == article.text.split()


MARKER = "The marker sentence of this page has to come out of it whole and unharmed, whatever stands around."


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 1900 + f"<p>{MARKER}</p>" + "</div>" * 1900,
        "<b><i>" * 400 + f"<p>{MARKER}</p>",
        f"<p>{MARKER}</p>" + "<p>" * 20_000,
        f"<p>{MARKER}</p>" + "<table><tr><td>" * 300,
        f"<p {' '.join(f'a{n}=1' for n in range(900))}>{MARKER}</p>",
        f"<p>{MARKER}</p>" + "<!--" * 20_000,
        f"<p>{MARKER}</p>" + "<a href=/x>x</a>" * 20_000,
        f"<p>{MARKER}</p><script type='application/ld+json'>{'[' * 50_000}</script>",
        f"<p>{MARKER}</p>" + "&#0;&#xd800;&#1114112;" * 5_000,
        f"<p>{MARKER}</p><p>" + "a" * 2_000_000,
        f"<p>{MARKER}</p>" + "<p>By by by by, and and and 1 1 1 2024 2024</p>" * 5_000,
        f"<p>{MARKER}</p><title>" + " | a" * 20_000 + "</title><h1>" + " - b" * 20_000 + "</h1>",
    ],
    ids=lambda html: html[:12] + html[-12:],
)
def test_hostile_pages_keep_their_sentence_within_the_limits_of_a_worker(html: str) -> None:
    async def run() -> Article:
        workers = Workers(ExtractSettings(workers=1, page_seconds=Duration(5), worker_memory=Size(512 << 20)))
        try:
            return await workers.extract(
                page(URL, f"<html><body><h1>Marker</h1>{html}</body></html>"), SiteRules(), None
            )
        finally:
            await workers.close()

    assert MARKER in asyncio.run(run()).text


def test_a_day_that_a_feed_names_makes_no_article_of_a_list() -> None:
    teasers = "".join(
        f"<div><h2><a href=/n{n}>Number {n} of the news about the council</a></h2>Short.</div>" for n in range(15)
    )
    entry = FeedEntry(url=URL, title="Bridge", published=datetime(2026, 9, 1, 10, tzinfo=UTC))
    assert read(f"<title>News</title><body><h1>News</h1>{teasers}</body>", entry=entry).kind == "a list of articles"


def test_the_headline_day_and_byline_in_the_cell_of_an_old_table_are_no_text() -> None:
    title, text = "Old bridge opens again after nine years", "The bridge was opened to traffic again on Tuesday. " * 2
    story = "<br><br>".join(f"{text} Part {n} of the story, which was long." for n in range(6))
    html = (
        f"<html><head><title>{title} - Valley Herald</title></head><body><table><tr><td><a href=/a>News</a></td></tr><tr>"
        f"<td><span>{title}</span><br><span>5 March 2024 - 10:22</span> <span>by Jane Miller</span><br><br>{story}</td>"
        "</tr></table></body></html>"
    )
    article = extract(page("https://valley-herald.example/bridge.htm", html))
    assert article.text.startswith("The bridge was opened")
    assert article.metadata.title == title
    assert article.metadata.authors == ("Jane Miller",)
    assert article.metadata.published
    assert article.metadata.published.date().isoformat() == "2024-03-05"
