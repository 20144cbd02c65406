"""The user's own sample of what went wrong: a WordPress page with caption, related line and comment form."""

from datetime import UTC, datetime

import pytest

from scraper.extract import explain, extract
from scraper.extract.charset import decoded
from storage.records import Page
from tests.fakes import NOW, page

CAPTION = "Mike Pompeo speaking at the Values Voter Summit in Washington"
TITLE = "US sees Kazakhstan as key partner in maintaining security in Central Asia"
PARAGRAPHS = (
    "The United States of America considers Kazakhstan a leader in Central Asia and relies on it as a key partner in "
    "maintaining regional security, said US Secretary of State Mike Pompeo.",
    "“Kazakhstan is a leader in Central Asia, on which the United States relies on a reliable partner in the region. "
    "We consider your country a key partner in maintaining regional security,” he said at a meeting in Washington "
    "with Kazakh Foreign Minister Mukhtar Tleuberdi, who is in the United States on an official visit.",
    "The words of the US Secretary of State are given in the message of the press service of the Kazakh Foreign "
    "Ministry, distributed on Friday.",
    "During a meeting with WB Vice President for Europe and Central Asia Cyril Muller, the parties discussed pressing "
    "issues of bilateral cooperation between Kazakhstan and the financial institutions of the bank’s group.",
)
URL = "https://www.diplomacy24.com/us-sees-kazakhstan-as-key-partner/"


def wordpress(body: str) -> Page:
    return page(
        URL,
        f"""<!DOCTYPE html><html lang="en-US"><head><title>{TITLE} - Diplomacy24</title>
<link rel="canonical" href="{URL}"><meta property="og:site_name" content="Diplomacy24"></head>
<body class="post-template-default single single-post has-sidebar"><header class="site-header"><nav>
<ul><li><a href="/">Home</a></li><li><a href="/category/north-america/">North America</a></li></ul></nav></header>
<main><article id="post-7" class="post type-post category-north-america">
<figure class="wp-caption"><img src="/pompeo.jpg"><figcaption class="wp-caption-text">{CAPTION}</figcaption></figure>
<header class="entry-header"><h1 class="entry-title">{TITLE}</h1><div class="entry-meta"><span class="posted-on">
<time class="entry-date published" datetime="2019-12-16T09:30:00+01:00">December 16, 2019</time></span>
<span class="byline">by <span class="author vcard"><a rel="author" href="/author/anna/">Anna Berg</a></span></span>
<span class="cat-links"><a href="/category/north-america/" rel="category tag">North America</a></span></div></header>
<div class="entry-content">{body}
<p>Read more related articles about North America:
<a href="https://www.diplomacy24.com/category/north-america/">https://www.diplomacy24.com/category/north-america/</a></p>
</div></article>
<div id="comments"><ol class="comment-list"><li class="comment"><p>I do not agree with a single word of this, sorry.</p>
<time datetime="2020-01-02T10:00:00Z">January 2, 2020</time></li></ol>
<div id="respond" class="comment-respond"><h3 id="reply-title">Leave a reply</h3><form>
<p>Your email address will not be published.</p><textarea></textarea></form></div></div></main>
<aside class="widget-area"><h2>Recent posts</h2><ul><li><a href="/a/">Another story altogether</a></li></ul></aside>
<footer><p>© 2019 Diplomacy24. All rights reserved.</p></footer></body></html>""",
    )


def test_the_sample_comes_out_clean() -> None:
    article = extract(wordpress("".join(f"<p>{paragraph}</p>\n" for paragraph in PARAGRAPHS)))
    assert article.text.split("\n\n") == list(PARAGRAPHS)
    assert article.kind == "article"
    assert article.url == URL
    facts = article.metadata
    assert facts.title == TITLE
    assert facts.authors == ("Anna Berg",)
    assert facts.published == datetime(2019, 12, 16, 8, 30, tzinfo=UTC)
    assert facts.section == "North America"
    assert facts.site == "Diplomacy24"
    assert facts.language == "en-US"


def test_paragraphs_by_double_breaks_and_plain_divs_are_the_same_text() -> None:
    expected = "\n\n".join(PARAGRAPHS)
    assert extract(wordpress("<br><br>".join(PARAGRAPHS))).text == expected
    assert extract(wordpress("".join(f"<div>{paragraph}</div>" for paragraph in PARAGRAPHS))).text == expected


def test_every_dropped_block_has_its_reason() -> None:
    reports = explain(wordpress("".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)))
    dropped = {report.text: report.reasons for report in reports if not report.kept}
    assert CAPTION in dropped
    assert "Leave a reply" in dropped
    assert all(reasons[0] for reasons in dropped.values())
    assert sum(report.kept for report in reports) == len(PARAGRAPHS)


def test_markup_holds_nothing_that_could_run() -> None:
    hostile = (
        '<p onclick="x()">Text with <a href="javascript:alert(1)">a trap</a> and <a href="/b">a link</a> '
        "and &lt;script&gt;alert(1)&lt;/script&gt;, as long as a paragraph of the news usually is.</p>"
    )
    markup = extract(wordpress(hostile + "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS))).markup
    assert "<script" not in markup
    assert "javascript:" not in markup
    assert "onclick" not in markup
    assert 'href="https://www.diplomacy24.com/b"' in markup


def test_scripts_without_spaces_and_from_right_to_left() -> None:
    chinese = "".join(
        f"<p>第{n}段：市政府周二表示，新桥将在今年冬天结束之前重新开放，列车和行人都可以通过。</p>" for n in range(6)
    )
    arabic = "".join(
        f"<p>قال مسؤولون يوم الثلاثاء إن الجسر رقم {n} سيفتح من جديد أمام القطارات والمشاة.</p>" for n in range(6)
    )
    assert extract(wordpress(chinese)).text.count("\n\n") == 5
    assert extract(wordpress(arabic)).text.count("\n\n") == 5


def test_a_page_in_another_charset_is_read() -> None:
    text = "<p>Die Brücke über die Weser wurde am Dienstag für Züge geöffnet, sagte der Bürgermeister.</p>" * 3
    body = f"<html><head><meta charset=iso-8859-1><title>Brücke</title></head><body>{text}</body></html>".encode(
        "latin-1"
    )
    made = Page(url=URL, final_url=URL, status=200, body=body, fetched=NOW)
    assert extract(made).text.startswith("Die Brücke über die Weser")


@pytest.mark.parametrize(
    ("codec", "languages", "said"),
    [
        ("cp1252", "en|", "The café owner said on Tuesday that the bridge would open again to trains and to walkers."),
        ("cp1252", "en|", "The owner’s friend said “on Tuesday” that the bridge – the old one – would open again."),
        ("cp1252", "fr|en|", "Le ministère a déclaré mardi que le pont serait rouvert aux trains et aux piétons."),
        ("cp1252", "es|", "El ministro señaló el martes que la situación económica del país mejorará el próximo año."),
        ("cp1250", "cs-CZ", "Ministr v úterý řekl, že most bude příští týden znovu otevřen pro vlaky a pro chodce."),
        (
            "cp1250",
            "pl",
            "Minister powiedział we wtorek, że most zostanie ponownie otwarty dla pociągów i pieszych.",
        ),
        (
            "cp1254",
            "tr",
            "Bakan salı günü yaptığı açıklamada köprünün yeniden trenlere ve yayalara açılacağını söyledi.",
        ),
        ("cp1251", "ru|en|", "Министр сказал во вторник, что мост снова откроют для поездов и пешеходов."),
        ("koi8-r", "ru|en|", "Министр сказал во вторник, что мост снова откроют для поездов и пешеходов."),
        ("cp1253", "el|en|", "Ο υπουργός δήλωσε την Τρίτη ότι η γέφυρα θα ανοίξει ξανά για τρένα και πεζούς."),
        ("cp1255", "he", "השר אמר ביום שלישי כי הגשר ייפתח מחדש לרכבות ולהולכי רגל."),
        ("euc-jp", "ja|en|", "大臣は火曜日、橋は再び列車と歩行者に開放されると述べた。"),
        ("big5", "zh-TW|en|", "部長星期二表示,大橋將重新向火車和行人開放,這是今年的第三次。"),
    ],
)
def test_a_page_that_names_no_charset_is_in_that_of_its_language_or_script(
    codec: str, languages: str, said: str
) -> None:
    for language in languages.split("|"):
        text = f"<html lang='{language}'><head><title>News</title></head><body><p>{said}</p></body></html>"
        for whole in (text, text.replace("</p>", "</p><p>Nothing else was said.</p>" * 500)):
            assert decoded(whole.encode(codec), "text/html") == whole


def test_a_page_in_utf_8_stays_so_with_a_broken_byte() -> None:
    whole = "<html lang=fr><body><p>Le café de l’Élysée était fermé mardi.</p>".encode()
    for broken in (
        whole + "’".encode()[:2],
        whole.replace(b"</p>", b"\xe9</p>"),
        whole + "\ufffd\ufffd".encode() + b"\xe9",
    ):
        assert decoded(broken, "text/html; charset=utf-8") == broken.decode("utf-8", "replace")


@pytest.mark.parametrize("meta", ["", "<meta charset=utf-8>", "<meta charset=iso-8859-1>"])
def test_a_servers_latin_1_takes_nothing_from_utf_8(meta: str) -> None:
    whole = f"<html lang=fr>{meta}<body><p>Le café de l’Élysée était fermé mardi.</p>".encode()
    assert decoded(whole, "text/html; charset=ISO-8859-1") == whole


def test_a_broken_byte_takes_no_declared_charset_away() -> None:
    whole = "<html><meta charset=windows-1250><body><p>Příští týden řekl, že most bude otevřen.</p>".encode("cp1250")
    assert decoded(whole + b"\x81", "text/html") == whole.decode("cp1250") + "\ufffd"
