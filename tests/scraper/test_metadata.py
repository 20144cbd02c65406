"""Titles by agreement, people out of bylines, days as people write them."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.extract import extract
from scraper.metadata.dates import when, without_dates, written
from scraper.metadata.fields import bare_title, title_of
from scraper.metadata.people import byline_names, is_person, people
from storage.records import FeedEntry, Metadata
from tests.fakes import page

TEXT = "<p>The bridge over the river was opened again on Monday, after a long repair that cost nine million.</p>" * 6


def read(html: str, url: str = "https://valley-herald.example/story/") -> Metadata:
    return extract(page(url, html)).metadata


@pytest.mark.parametrize(
    ("headings", "said", "title"),
    [
        (["Bridge opens again"], ["Bridge opens again | The Valley Herald"], "Bridge opens again"),
        (["The Valley Herald", "Bridge opens again"], ["Bridge opens again - The Valley Herald"], "Bridge opens again"),
        (["Sports", "Old bridge opens"], ["Old bridge opens", "Old bridge opens"], "Old bridge opens"),
        (["Our newsletter"], ["Bridge opens again after years"], "Bridge opens again after years"),
        (
            [],
            ["The Valley Herald: Bridge opens", "Bridge opens – The Valley Herald"],
            "Bridge opens",
        ),
        ([], ["Bridge opens » The Valley Herald"], "Bridge opens"),
        ([], ["Bridge opens: Valley Herald"], "Bridge opens"),
        ([], ["Bridge opens / The Valley Herald"], "Bridge opens"),
        ([], ["Bridge opens >> The Valley Herald"], "Bridge opens"),
        ([], ["Bridge opens ~ The Valley Herald"], "Bridge opens"),
        ([], ["Bridge opens - The Valley Herald - News you can use"], "Bridge opens"),
        ([], ["The old bridge opens again | News"], "The old bridge opens again"),
        ([], ["The old bridge opens again | Local News | Valley Herald"], "The old bridge opens again"),
        ([], ["The old bridge: a second opening"], "The old bridge: a second opening"),
        (
            ["Opinion What the bridge is for"],
            ["What the bridge is for", "What the bridge is for"],
            "What the bridge is for",
        ),
        (["老桥重新通车"], ["老桥重新通车_新闻", "老桥重新通车"], "老桥重新通车"),
        ([], [], ""),
    ],
)
def test_the_title_is_what_the_sources_agree_on(headings: list[str], said: list[str], title: str) -> None:
    assert title_of(headings, said, "story", ["thevalleyherald", "valleyherald"]) == title


def test_a_separator_inside_a_title_stays() -> None:
    assert bare_title("Bridge - the second opening", [], ["valleyherald"]) == "Bridge - the second opening"


def test_a_lesser_heading_says_where_the_title_ends_and_the_motto_begins() -> None:
    said = ["Bridge opens again | News from the river | Since 1905"]
    assert title_of([], said, "story", [], ["Most read", "Bridge opens again"]) == "Bridge opens again"
    assert title_of([], said, "story", [], ["Most read"]) == said[0]


@pytest.mark.parametrize(
    ("called", "line", "title"),
    [
        (
            "Bridge opens again after years :: Since 1905",
            "Bridge opens again after years",
            "Bridge opens again after years",
        ),
        (
            "The Paper - Bridge opens again after years",
            "Bridge opens again after years<br>By Anna Berg",
            "Bridge opens again after years",
        ),
        ("老桥重新通车首日车流平稳_江城日报", "老桥重新通车首日车流平稳", "老桥重新通车首日车流平稳"),
        ("Bridge opens again after years :: Since 1905", "Since 1905", "Bridge opens again after years :: Since 1905"),
    ],
)
def test_where_there_are_no_headings_a_line_says_where_the_title_ends(called: str, line: str, title: str) -> None:
    assert read(f"<html><title>{called}</title><body><div>{line}</div><div>{TEXT}</div>").title == title


@pytest.mark.parametrize(
    ("heading", "called", "title"),
    [
        ("Police: Bridge opens again", "Police: Bridge opens again", "Police: Bridge opens again"),
        ("Traffic Bridge opens again", "Bridge opens again", "Bridge opens again"),
    ],
)
def test_words_that_were_put_before_the_title_that_the_feed_gave_belong_to_it(
    heading: str, called: str, title: str
) -> None:
    html = f"<html><title>{called} - The Paper</title><h1>{heading}</h1><article>{TEXT}</article>"
    url = "https://valley-herald.example/story/"
    entry = FeedEntry(url=url, title="Bridge opens again")
    assert extract(page(url, html), entry=entry).metadata.title == title


def test_marks_that_nobody_sees_are_no_part_of_a_title() -> None:
    title = read(f"<html><h1>Mes\u00adsen\u00adger\u200bdienste sind zu</h1><article>{TEXT}</article>").title
    assert title == "Messengerdienste sind zu"


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["By Anna Berg and Juan de la Cruz"], ("Anna Berg", "Juan de la Cruz")),
        (["Von Anna Berg, dpa"], ("Anna Berg",)),
        (["Reuters", "Associated Press", "AFP"], ()),
        (["admin"], ()),
        (["Anna Berg, Chief Editor"], ("Anna Berg",)),
        (["https://www.facebook.com/anna.berg"], ()),
        (["Berg, Anna", "Cruz, Juan"], ("Anna Berg", "Juan Cruz")),
        (["Par Élise Dupont et Marc Leroy"], ("Élise Dupont", "Marc Leroy")),
        (["記者 田中花子"], ("田中花子",)),
        (["Anna Berg", "ANNA BERG"], ("Anna Berg",)),
        (["View all posts by Anna Berg"], ()),
        (["By Dan Brown"], ("Dan Brown",)),
        (["Text: Anna Berg"], ("Anna Berg",)),
        (["Foto: Anna Berg"], ()),
        (["Bild © Anna Berg"], ()),
        (["Vorheriges Weiter"], ()),
        (["Anna Berg The Associated Press"], ("Anna Berg",)),
        (["Ayşe Nur Efe"], ("Ayşe Nur Efe",)),
        (["This post was written by Anna Berg"], ("Anna Berg",)),
        (["Anna Berg anna@valley.example"], ("Anna Berg",)),
        (["José Ortega y Gasset"], ("José Ortega y Gasset",)),
        (["Lucía Herrero y EFE"], ("Lucía Herrero",)),
        (["Lucía Herrero y Agencias"], ("Lucía Herrero",)),
        (["Lucía Herrero y Carlos Ruiz"], ("Lucía Herrero", "Carlos Ruiz")),
        (["김지은 기자"], ("김지은",)),
        (["老桥重新通车 王芳摄"], ()),
        (["Autorinnen Anna Berg und Eva Dahl"], ("Anna Berg", "Eva Dahl")),
    ],
)
def test_people(names: list[str], found: tuple[str, ...]) -> None:
    assert people(names) == found


def test_a_byline_is_read_up_to_its_date() -> None:
    assert byline_names("By Anna Berg March 5, 2024", marked=True) == ("Anna Berg",)
    assert byline_names("Posted on July 1, 2024 by Anna Berg | 3 comments", marked=True) == ("Anna Berg",)
    assert byline_names("By Anna Berg. Medically reviewed by Carl Dahl", marked=True) == ("Anna Berg",)
    assert byline_names("Words by Anna Berg. Photos by Carl Dahl.", marked=True) == ("Anna Berg",)
    assert byline_names("Submitted by Anna Berg on Tue, 03/12/2024 - 09:15", marked=True) == ("Anna Berg",)
    assert byline_names("By Anna Berg Thursday, March 7, 2024", marked=True) == ("Anna Berg",)
    assert byline_names("Par Anna Berg jeudi 7 mars 2024", marked=True) == ("Anna Berg",)
    assert byline_names("The bridge is open again", marked=False) == ()


def test_a_site_is_no_person() -> None:
    assert not is_person("Valley Herald", ["valleyherald"])
    assert not is_person("Daily News")
    assert is_person("Ludwig van Beethoven")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("March 5, 2024", "2024-03-05"),
        ("Tuesday 5th of March 2024, 10:30", "2024-03-05"),
        ("5. März 2024", "2024-03-05"),
        ("05.03.2024 | 10:30 Uhr", "2024-03-05"),
        ("5 mars 2024 à 10h30", "2024-03-05"),
        ("5 de marzo de 2024", "2024-03-05"),
        ("5 марта 2024", "2024-03-05"),
        ("5 Μαρτίου 2024", "2024-03-05"),
        ("5 marca 2024", "2024-03-05"),
        ("2024年3月5日", "2024-03-05"),
        ("2024년 3월 5일", "2024-03-05"),
        ("5 मार्च 2024", "2024-03-05"),
        ("5 มีนาคม 2567", "2024-03-05"),
        ("ngày 5 tháng 3 năm 2024", "2024-03-05"),
        ("٥ مارس ٢٠٢٤", "2024-03-05"),
        ("5 آذار/مارس 2024", "2024-03-05"),
        ("۵ مارس ۲۰۲۴", "2024-03-05"),
        ("५ मार्च २०२४", "2024-03-05"),
        ("৫ মার্চ ২০২৪", "2024-03-05"),
        ("令和6年3月5日", "2024-03-05"),
        ("2024. március 5.", "2024-03-05"),
        ("2024 m. kovo 5 d.", "2024-03-05"),
        ("2024. gada 5. marts", "2024-03-05"),
        ("2024ko martxoaren 5a", "2024-03-05"),
        ("5. ožujka 2024.", "2024-03-05"),
        ("5 במרץ 2024", "2024-03-05"),
        ("5 Machi 2024", "2024-03-05"),
        ("5 மார்ச் 2024", "2024-03-05"),
        ("5 మార్చి 2024", "2024-03-05"),
        ("5 مارچ 2024", "2024-03-05"),
        ("5 сакавіка 2024", "2024-03-05"),
        ("5 наурыз 2024", "2024-03-05"),
        ("5 Mar '24", "2024-03-05"),
        ("5. maaliskuuta 2024 klo 9", "2024-03-05"),
        ("5. heinäkuuta 2024", "2024-07-05"),
        ("5 iunie 2024, 08:50", "2024-06-05"),
        ("5 ноември 2024", "2024-11-05"),
        ("5. detsember 2024", "2024-12-05"),
        ("5 shtator 2024", "2024-09-05"),
        ("5 iyul 2024", "2024-07-05"),
        ("29 სექტემბერი, 2024", "2024-09-29"),
        ("22 Ապրիլ, 2024", "2024-04-22"),
        ("១៩ កុម្ភៈ ២០២៤", "2024-02-19"),
        ("५ सप्टेंबर २०२४", "2024-09-05"),
        ("5 ಫೆಬ್ರವರಿ 2024", "2024-02-05"),
        ("2024. 3. 5. 09:42", "2024-03-05"),
        ("7 listopada 2024", "2024-11-07"),
        ("7. listopada 2024.", "2024-10-07"),
        ("7. srpnja 2024.", "2024-07-07"),
        ("7. srpna 2024", "2024-08-07"),
        ("Published: 2024-03-05T23:30:00-05:00", "2024-03-05"),
        ("Dec 18, 2023Updated Jan 2, 2024", "2023-12-18"),
        ("سه‌شنبه ۱۵ اسفند ۱۴۰۲، ۱۰:۱۲", "2024-03-05"),
        ("1403/12/30 - 08:15", "2025-03-20"),
        ("۱ فروردین ماه ۱۴۰۳", "2024-03-20"),
        ("Kamis, 8 Agustus 2024", "2024-08-08"),
        ("10 Meitheamh 2024", "2024-06-10"),
        ("28 ta' Settembru 2024", "2024-09-28"),
        ("5 فيفري 2024", "2024-02-05"),
        ("5 غشت 2024", "2024-08-05"),
        ("၁၈ မတ် ၂၀၂၄", "2024-03-18"),
        ("2024 පෙබරවාරි 03", "2024-02-03"),
        ("10 ເມສາ 2024", "2024-04-10"),
        ("الجمعة 20 تشرين الثاني 2020", "2020-11-20"),
        ("5 كانون الثاني 2024", "2024-01-05"),
        ("7 كانون الأول/ديسمبر 2023", "2023-12-07"),
        ("วันศุกร์ที่ 20 พฤศจิกายน พ.ศ. 2563", "2020-11-20"),
        ("民國113年3月5日", "2024-03-05"),
    ],
)
def test_days_as_people_write_them(text: str, day: str) -> None:
    found = written(text)
    assert found is not None
    assert found.date().isoformat() == day


def test_a_moment_in_seconds_or_milliseconds_since_1970() -> None:
    assert when("1709632800") == when("1709632800000") == datetime(2024, 3, 5, 10, tzinfo=UTC)


def test_the_order_of_day_and_month_is_the_countrys() -> None:
    assert written("03/05/2024") == datetime(2024, 5, 3, tzinfo=UTC)
    assert written("03/05/2024", month_first=True) == datetime(2024, 3, 5, tzinfo=UTC)
    assert written("25/03/2024", month_first=True) == datetime(2024, 3, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "soon", "2024-13-45", "1850-01-01", "2999-01-01", "99/99/2024", "31 February 2024"]
)
def test_what_is_no_day_is_none(text: str) -> None:
    assert when(text) is None


@given(st.text(max_size=200))
def test_no_text_breaks_the_readers(text: str) -> None:
    assert (found := written(text)) is None or found.tzinfo is not None
    assert when(text) is None or when(text)
    without_dates(text)
    people([text])
    title_of([text], [text, text], text, [text])


def test_a_comments_date_and_author_are_not_the_articles() -> None:
    facts = read(
        f"<html lang=en><body><h1>Bridge opens</h1><article>{TEXT}</article><div class='comments'><p class='author'>By Carl Dahl</p>"
        "<time datetime='2024-03-07T10:00:00Z'>March 7, 2024</time></div></body></html>"
    )
    assert facts.published is None
    assert facts.authors == ()


def test_a_visible_byline_and_day_count_where_nothing_else_says_them() -> None:
    facts = read(
        f"<html lang=en-US><body><h1>Bridge opens</h1><div class='meta'><span>By Anna Berg</span><span>03/05/2024</span></div>"
        f"<article>{TEXT}</article></body></html>"
    )
    assert facts.authors == ("Anna Berg",)
    assert facts.published == datetime(2024, 3, 5, tzinfo=UTC)
    assert facts.said_by["published"] == "visible"


@pytest.mark.parametrize(
    ("byline", "authors"),
    [
        (
            "<div class=meta>03/05/2024 by Anna Berg, member of the committee for the bridges of the valley</div>",
            ["Anna Berg"],
        ),
        ("<h3>Written by</h3><div>Anna Berg</div>", ["Anna Berg"]),
        (
            "<p><span class='entry-author'>Anna Berg</span> <i>in Bridges of the valley, and what they are for</i></p>",
            ["Anna Berg"],
        ),
        (
            "<div class=byline><span>Anna Berg</span><span>Juan Cruz</span><span>Li Wei</span></div>",
            ["Anna Berg", "Juan Cruz", "Li Wei"],
        ),
        (
            "<p>By <a href='/author/berg'>Anna Berg</a> – March 5, 2024 | Fact-checked by <a href='/author/dahl'>Carl Dahl</a></p>",
            ["Anna Berg"],
        ),
        ("<div>Reading Time: 5 minutes</div><p>March 5, 2024</p>", []),
        ("<div>5 March 2024 &middot; By Anna Berg and Carl Dahl</div>", ["Anna Berg", "Carl Dahl"]),
    ],
)
def test_bylines_as_sites_mark_them_up(byline: str, authors: list[str]) -> None:
    assert (
        list(read(f"<html lang=en><body><h1>Bridge opens</h1>{byline}<article>{TEXT}</article></body></html>").authors)
        == authors
    )


@pytest.mark.parametrize(
    "line",
    [
        "By Tuesday, Mayor Greene and Governor Hall had agreed on the terms.",
        "By his side stood Peter Aldrich.",
        "Von Angela Merkel, Olaf Scholz und Friedrich Merz war nichts zu hören.",
        "Por Madrid, Pedro Sánchez y Alberto Núñez asistieron.",
        "De Gaulle, Georges Pompidou et lui se connaissaient.",
        "About time! My kids have been late for weeks. Thank you, Councilwoman Delgado.",
    ],
)
def test_a_sentence_that_begins_like_a_byline_is_none(line: str) -> None:
    data = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "author": {"name": "Associated Press"}}</script>'
    )
    for head, authors in (("", ()), (data, ("Associated Press",))):
        html = (
            f"<html><head>{head}</head><body><h1>Bridge opens</h1><article>{TEXT}<p>{line}</p></article></body></html>"
        )
        assert read(html).authors == authors


@pytest.mark.parametrize(
    ("by", "author", "label", "day"),
    [
        ("Autor:", "Agnieszka Wrona", "Opublikowano", "12 marca 2024"),
        ("Autor:", "Tereza Nováková", "Aktualizováno", "12. března 2024"),
        ("Yazan:", "Elif Yıldız", "Yayınlanma:", "12 Mart 2024"),
        ("Της", "Ελένη Παπαδάκη", "Δημοσιεύθηκε:", "12 Μαρτίου 2024"),
        ("بقلم", "سلمى الخطيب", "نشر في", "12 مارس 2024"),
        ("โดย", "สุดา วงศ์ใหญ่", "เผยแพร่", "12 มีนาคม 2567"),
        ("文／", "林怡君", "發布時間", "2024年3月12日"),
        ("文", "佐藤 美咲", "公開", "2024年3月12日"),
        ("글", "김지은", "입력", "2024.03.12"),
        ("By", "Anna Berg", "Pervulgita", "2024-03-12"),
    ],
)
def test_what_stands_before_the_day_is_no_part_of_the_name(by: str, author: str, label: str, day: str) -> None:
    lines = [
        f"<div><span>{by} {author}</span> <span>{label} {day}</span></div>",
        f"<div class=meta><span class=author>{author}</span> <span>{label} {day}</span></div>",
    ]
    for line in [*lines, f"<p class=byline>{by} {author} - {label} {day}</p>"] if label != "Pervulgita" else lines:
        assert read(f"<html><body><h1>Bridge opens</h1>{line}<article>{TEXT}</article></body></html>").authors == (
            author,
        )


def by(*names: str) -> str:
    """JSON-LD that names these authors."""
    authors = ", ".join(f'{{"@type": "Person", "name": "{name}"}}' for name in names)
    return f'<script type="application/ld+json">{{"@type": "NewsArticle", "author": [{authors}]}}</script>'


@pytest.mark.parametrize(
    ("data", "byline", "authors"),
    [
        (by("Reuters"), "", ["Reuters"]),
        (by("Anna Berg", "Reuters"), "", ["Anna Berg"]),
        (by("Anna Berg", "Carl Dahl", "Eva Falk"), "<p>By Anna Berg</p><p>Photography by Carl Dahl</p>", ["Anna Berg"]),
        (by("Anna Berg"), "<p>By Dr Anna Berg, Carl Dahl</p>", ["Dr Anna Berg", "Carl Dahl"]),
        (by("Uwe Loader"), "<p>By Anna Berg</p>", ["Anna Berg"]),
        (by("Carl Dahl"), "<p>By Anna Berg</p><p>A report that Carl Dahl has edited.</p>", ["Carl Dahl"]),
        (by("田中花子"), "<p>By Hanako Tanaka</p>", ["田中花子"]),
        (by("Valley Media (www.valley.example)"), "<p>Autor: Anna Berg</p>", ["Anna Berg"]),
        (by("Valley Herald"), "<p>By the Bridges Team</p>", ["the Bridges Team"]),
        (by("Valley Herald"), "<p>About this site</p>", ["Valley Herald"]),
        ("", "<p>by bridgewatcher</p>", ["bridgewatcher"]),
        ("", "<p>By News Desk</p>", []),
        ("", "<div>Anna Berg</div>", []),
    ],
)
def test_whom_the_data_and_the_byline_name(data: str, byline: str, authors: list[str]) -> None:
    html = (
        f"<html lang=en><head>{data}</head><body><h1>Bridge opens</h1>{byline}<article>{TEXT}</article></body></html>"
    )
    assert list(read(html).authors) == authors


def test_an_author_given_in_two_names_and_the_category_of_a_block_theme() -> None:
    data = '{"@type": "NewsArticle", "author": {"@type": "Person", "givenName": "Anna", "familyName": "Berg"}}'
    terms = "".join(
        f"<div class='taxonomy-{kind}'><a href='/{kind}/' rel=tag>{name}</a></div>"
        for kind, name in (("category", "Traffic"), ("post_tag", "Bridges"))
    )
    facts = read(
        f'<html><script type="application/ld+json">{data}</script><h1>Bridge</h1>{terms}<article>{TEXT}</article>'
    )
    assert (facts.authors, facts.section, facts.tags) == (("Anna Berg",), "Traffic", ("Bridges",))


def test_a_name_alone_is_the_authors_if_it_is_introduced_below() -> None:
    html = (
        f"<html lang=en><body><h1>Bridge opens</h1><div>Anna Berg</div><article>{TEXT}</article>"
        "<p>Anna Berg is a reporter who has written of bridges for twenty years and more.</p></body></html>"
    )
    assert read(html).authors == ("Anna Berg",)


def test_the_headline_is_what_the_page_is_called_and_not_another_h1() -> None:
    html = (
        '<html lang=en><head><meta property="og:title" content="The bridge opens again | Valley Herald"></head><body>'
        f"<h3>The bridge opens again</h3><p>By Anna Berg</p><article>{TEXT * 2}</article><h1>A message from our founder</h1>"
        "<p>By Carl Dahl</p></body></html>"
    )
    assert read(html).authors == ("Anna Berg",)


def test_the_day_beside_the_headline_stands_above_what_a_moved_system_says() -> None:
    head = '<html lang=en><head><meta property="article:published_time" content="2024-08-07T09:00:00Z"></head><body><h1>Bridge opens</h1>'
    assert str(read(f"{head}<p>Dec 30, 2013</p><article>{TEXT}</article></body></html>").published)[:10] == "2013-12-30"
    for other in (
        "<p>Updated Dec 30, 2023</p>",
        "<figure><figcaption>The bridge on Dec 30, 2013</figcaption></figure>",
        "<p>12/10/2023</p>",
    ):
        assert str(read(f"{head}{other}<article>{TEXT}</article></body></html>").published)[:10] == "2024-08-07"


@pytest.mark.parametrize(
    "html",
    [
        f'<div class="teaser-meta">2.1.2022</div><h1>Bridge opens again</h1><article>{TEXT}</article>',
        f"<p>Skip</p>{'<p>Menu</p>' * 60}<h2><span>Traffic</span> The old bridge opens again</h2><p>2.1.2022 | 14:07</p>{TEXT}",
        f"<h1>Bridge opens again</h1>{TEXT}{'<p>More</p>' * 60}<ul><li>Datum: 2. Januar 2022</li></ul>",
    ],
    ids=["above the headline", "below a headline with a kicker", "with a label, anywhere"],
)
def test_where_the_day_stands(html: str) -> None:
    head = '<meta property="og:title" content="The old bridge opens again">' if "old" in html else ""
    published = read(f'<html lang="de">{head}<body>{html}</body></html>').published
    assert published
    assert published.date().isoformat() == "2022-01-02"


def test_a_day_that_only_meta_says_gives_way_to_the_one_that_the_page_shows() -> None:
    html = f"<html><head><meta name=date content=%s></head><h1>Bridge opens</h1><p>2.1.2022 | News</p>{TEXT}"
    days = [read(html % said).published for said in ("2022-01-09", "2022-01-09T08:15:00+01:00")]
    assert [day and day.date().isoformat() for day in days] == ["2022-01-02", "2022-01-09"]


def test_a_day_beside_the_headline_does_not_stand_against_data_and_address() -> None:
    head = '<meta property="article:published_time" content="2019-10-01T08:00:00Z">'
    html = f"<html><head>{head}</head><h1>A new shoe</h1><p>18 January 2019</p><article>{TEXT}</article>"
    days = [read(html, f"https://shoes.example/{path}/").published for path in ("2019/10/shoe", "shoe")]
    assert [day and day.date().isoformat() for day in days] == ["2019-10-01", "2019-01-18"]


def test_the_days_of_publication_and_of_change_in_one_line() -> None:
    facts = read(
        f"<html lang=en><body><h1>Bridge opens</h1><p>April 26, 2024 Updated on: May 3, 2024</p><article>{TEXT}</article></body></html>"
    )
    assert facts.published == datetime(2024, 4, 26, tzinfo=UTC)
    assert facts.modified == datetime(2024, 5, 3, tzinfo=UTC)
    line = "Publié le 26 avril 2024 à 10h30, mis à jour le 3 mai 2024"
    facts = read(f"<html lang=fr><body><h1>Le pont rouvre</h1><p>{line}</p><article>{TEXT}</article></body></html>")
    assert facts.published == datetime(2024, 4, 26, tzinfo=UTC)
    assert facts.modified == datetime(2024, 5, 3, tzinfo=UTC)


def test_the_article_of_the_pages_own_address_goes_before_teasers_in_its_data() -> None:
    nodes = [
        {"@type": "NewsArticle", "url": f"http://valley-herald.example/{path}/", "author": who, "datePublished": day}
        for path, who, day in (("fares", "Tom Hill", "2024-03-01"), ("story", "Anna Berg", "2024-03-05"))
    ]
    data = f'<script type="application/ld+json">{json.dumps(nodes)}</script>'
    facts = read(f"<html><head>{data}</head><body><h1>Bridge opens again</h1><article>{TEXT}</article></body></html>")
    assert facts.authors == ("Anna Berg",)
    assert facts.published == datetime(2024, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize("nested", [True, False], ids=["in the item", "beside it"])
def test_the_way_to_the_page_tells_its_section(nested: bool) -> None:
    way = [("Home", "/"), ("News", "/news"), ("Transport", "/news/transport"), ("Bridge opens again", "/story")]
    home = "https://valley-herald.example"
    steps: list[dict[str, object]] = [
        {"item": {"@id": home + path, "name": name}} if nested else {"name": name, "item": home + path}
        for name, path in way
    ]
    data = json.dumps({"@type": "BreadcrumbList", "itemListElement": steps})
    html = f'<script type="application/ld+json">{data}</script><h1>Bridge opens again</h1><article>{TEXT}</article>'
    assert read(html).section == "Transport"
    assert read(f"<meta property='article:section' content='Local'>{html}").section == "Local"


def test_breadcrumbs_of_any_shape_are_no_error() -> None:
    for steps in ("null", '"Home"', '[null, "Home", {"item": null}, {"name": ["Home"]}, {"name": "News", "item": 7}]'):
        data = f'{{"@type": "BreadcrumbList", "itemListElement": {steps}}}'
        html = f'<script type="application/ld+json">{data}</script><h1>Bridge opens</h1><article>{TEXT}</article>'
        assert read(html).section == ""


@pytest.mark.parametrize(
    ("said", "tags"),
    [
        ("bridges; traffic; council", ("bridges", "traffic", "council")),
        ("جسر، شاحنات", ("جسر", "شاحنات")),
        ("#bridges, # traffic", ("bridges", "traffic")),
        ("fish &amp;amp; chips", ("fish & chips",)),
    ],
)
def test_tags_however_they_are_set_apart(said: str, tags: tuple[str, ...]) -> None:
    assert read(f'<meta name="news_keywords" content="{said}"><h1>Bridge</h1>{TEXT}').tags == tags


def test_a_title_in_capitals_is_told_as_others_write_it() -> None:
    head = "<title>Bridge opens again | Valley Herald</title>"
    assert (
        read(f"<head>{head}</head><h1>BRIDGE OPENS AGAIN</h1><article>{TEXT}</article>").title == "Bridge opens again"
    )


def test_a_page_that_is_english_by_default_is_in_the_language_of_its_text() -> None:
    text = (
        "<p>Die Brücke über den Fluss wurde am Montag nach langer Reparatur geöffnet. Sie kostete neun Millionen.</p>"
    )
    assert read(f"<html lang=en-US><h1>Brücke wieder offen</h1><article>{text}</article></html>").language == "de"
    assert read(f"<html lang=en-US><h1>Bridge opens again</h1><article>{TEXT}</article></html>").language == "en-US"
    assert read(f"<html lang=iw><h1>Bridge opens again</h1><article>{TEXT}</article></html>").language == "he"


def test_a_film_is_published_when_it_was_put_up() -> None:
    data = '{"@type": "VideoObject", "name": "Bridge opens again", "uploadDate": "2024-03-05T10:00:00Z"}'
    html = f'<script type="application/ld+json">{data}</script><h1>Bridge opens again</h1>{TEXT}'
    assert read(html).published == datetime(2024, 3, 5, 10, tzinfo=UTC)


def test_a_moment_in_utc_falls_on_the_day_that_the_page_shows() -> None:
    facts = read(
        '<html><head><meta property="article:published_time" content="2024-03-06T04:30:00Z"></head><body><h1>Bridge opens</h1>'
        f"<p class=date>March 5, 2024</p><article>{TEXT}</article></body></html>"
    )
    assert facts.published == datetime(2024, 3, 6, 4, 30, tzinfo=UTC)
    assert facts.published is not None
    assert facts.published.date().isoformat() == "2024-03-05"


def test_a_moment_stays_as_it_is_said_where_the_page_shows_its_day() -> None:
    facts = read(
        '<html><head><meta property="article:published_time" content="2024-03-06T16:30:00Z"></head><body><h1>Bridge opens</h1>'
        f"<p class=date>March 6, 2024</p><article>{TEXT}</article></body></html>",
        "https://valley-herald.example/story-20240307-x/",
    )
    assert facts.published == datetime(2024, 3, 6, 16, 30, tzinfo=UTC)
    assert facts.published is not None
    assert facts.published.date().isoformat() == "2024-03-06"


def test_caption_and_credit_stand_apart_and_not_in_the_text() -> None:
    article = extract(
        page(
            "https://valley-herald.example/story/",
            f"<html><body><h1>Bridge opens</h1><article><figure><img src=a.jpg><figcaption>The bridge at dawn. Photo: Anna Berg"
            f"</figcaption></figure>{TEXT}</article><footer><a rel=license href='https://creativecommons.org/licenses/by/4.0/'>CC"
            "</a></footer></body></html>",
        )
    )
    facts = article.metadata
    assert (facts.image_caption, facts.image_credit) == ("The bridge at dawn.", "Anna Berg")
    assert facts.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert "dawn" not in article.text


@pytest.mark.parametrize(
    ("shown", "caption", "credit"),
    [
        ("The bridge at dawn. (Anna Berg/The Herald)", "The bridge at dawn.", "Anna Berg/The Herald"),
        ("The bridge at dawn. [Anna Berg]", "The bridge at dawn.", "Anna Berg"),
        ("The bridge (AP Photo/Jim Walsh)", "The bridge", "AP Photo/Jim Walsh"),
        ("El puente, el martes. (Foto Carlos Ruiz (EFE))", "El puente, el martes.", "Carlos Ruiz (EFE)"),
        ("El puente, el martes. Foto Carlos Ruiz (EFE)", "El puente, el martes.", "Carlos Ruiz (EFE)"),
        ("A ponte, terça-feira Foto Divulgação/Prefeitura", "A ponte, terça-feira", "Divulgação/Prefeitura"),
        ("港の橋を渡る歩行者 – 写真：共同", "港の橋を渡る歩行者", "共同"),
        ("Η γέφυρα / Φωτογραφία: <a href=/x>ΑΠΕ-ΜΠΕ</a>", "Η γέφυρα", "ΑΠΕ-ΜΠΕ"),
        ("항구 다리를 건너는 보행자들 /연합뉴스", "항구 다리를 건너는 보행자들", "연합뉴스"),
        (
            "<span>El puente, mañana.</span><span class=x1>Carlos Ruiz (EFE)</span>",
            "El puente, mañana.",
            "Carlos Ruiz (EFE)",
        ),
        (
            "<span>行人走過港口大橋</span><span><span>Credit...</span><span>中央社</span></span>",
            "行人走過港口大橋",
            "中央社",
        ),
        ("<p>Der Hafen</p><ul><li class=credit>Jens Albrecht</li></ul>", "Der Hafen", "Jens Albrecht"),
        ("<p>Der Hafen am Morgen</p><span>Foto: Jens Albrecht/dpa</span>", "Der Hafen am Morgen", "Jens Albrecht/dpa"),
        (
            "<p class=caption-credit>Der Hafen am Morgen.</p><p class=caption-credit>Es war kalt.</p>",
            "Der Hafen am Morgen. Es war kalt.",
            "",
        ),
        ("<p>Der Hafen</p><p>Am Morgen</p>", "Der Hafen Am Morgen", ""),
        ("<span>El puente por la mañana</span><span>Carlos Ruiz</span>", "El puente por la mañana", "Carlos Ruiz"),
        ("<span>Carlos Ruiz</span> <span>Anna Berg</span>", "Carlos Ruiz Anna Berg", ""),
        ("<span>Most o świcie</span><span>fot. Anna Czyż</span>", "Most o świcie", "Anna Czyż"),
        ("ସେତୁ وێنە: هێمن جاف", "ସେତୁ", "هێمن جاف"),
        ("A credit to the team: the new photo of the week", "A credit to the team: the new photo of the week", ""),
        ("In this photo: the bridge at dawn", "In this photo: the bridge at dawn", ""),
        ("The mayor (left) and Anna Berg (right)", "The mayor (left) and Anna Berg (right)", ""),
        ("Harold Berg (1931–2024)", "Harold Berg (1931–2024)", ""),
        ("The <a href=/x>mayor</a> spoke to the <em>AP</em>", "The mayor spoke to the AP", ""),
    ],
)
def test_where_a_caption_ends_and_its_credit_begins(shown: str, caption: str, credit: str) -> None:
    html = f"<html><body><h1>Bridge opens</h1><article><figure><figcaption class=caption>{shown}</figcaption></figure>{TEXT}</article></body></html>"
    facts = extract(page("https://valley-herald.example/story/", html)).metadata
    assert (facts.image_caption, facts.image_credit) == (caption, credit)


@pytest.mark.parametrize(
    ("shown", "caption"),
    [
        (
            "<div class=wp-caption><img src=a.jpg><p class=wp-caption-text>The bridge at dawn</p></div>",
            "The bridge at dawn",
        ),
        ("<table><tr><td><img src=a.jpg><tr><td class=tr-caption>The bridge at dawn</table>", "The bridge at dawn"),
        ("<div class=ad-caption>Advertisement</div>", ""),
    ],
)
def test_what_is_called_a_caption_is_one(shown: str, caption: str) -> None:
    assert read(f"<title>Bridge opens</title><h1>Bridge opens</h1>{shown}{TEXT}").image_caption == caption


@pytest.mark.parametrize(
    "attributes", ["src='/b.jpg'", "src='data:image/gif;base64,R0' data-src='/b.jpg'", "src='/b.jpg' data-src=''"]
)
def test_the_captioned_picture_is_the_articles_where_nothing_else_names_one(attributes: str) -> None:
    figure = f"<figure><img {attributes}><figcaption>The bridge at dawn.</figcaption></figure>"
    html = f"<h1>Bridge opens again</h1>{figure}<article>{TEXT}</article>"
    assert read(html).image == "https://valley-herald.example/b.jpg"
    assert (
        read(f"<meta property='og:image' content='/lead.jpg'>{html}").image == "https://valley-herald.example/lead.jpg"
    )


def test_a_licence_by_its_address() -> None:
    head = "<meta name=DC.rights content='The Herald'><meta name=DC.rights content='https://creativecommons.org/licenses/by/4.0/'>"
    assert read(f"{head}<h1>Bridge opens</h1>{TEXT}").licence == "https://creativecommons.org/licenses/by/4.0/"


def test_broken_json_ld_is_saved_as_far_as_it_goes() -> None:
    facts = read(
        '<html><head><script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge opens","datePublished":'
        '"2024-03-05T10:00:00Z","author":{"@type":"Person","name":"Anna Berg"},"description":"said "so" he"}</script></head>'
        f"<body><h1>Bridge opens</h1>{TEXT}</body></html>"
    )
    assert facts.authors == ("Anna Berg",)
    assert facts.published == datetime(2024, 3, 5, 10, tzinfo=UTC)


def test_the_day_in_the_pages_header_is_today_and_not_the_articles() -> None:
    said = '<meta property="article:published_time" content="2024-03-26T08:00:00+00:00">'
    header = "<header><div>Wednesday, November 27, 2024</div></header>"
    found = read(f"<title>Bridge opens again</title>{said}{header}<main><h1>Bridge opens again</h1>{TEXT}</main>")
    assert found.published
    assert found.published.date().isoformat() == "2024-03-26"
    without_data = read(f"<title>Bridge opens again</title>{header}<main><h1>Bridge opens again</h1>{TEXT}</main>")
    assert without_data.published is None


def test_a_heading_that_leads_to_the_sites_start_is_no_headline() -> None:
    for name in (
        '<h1><a href="/">Valley Voices</a></h1>',
        '<a href="https://valley-herald.example"><h1>Valley Voices</h1></a>',
    ):
        found = read(
            f"<title>The bridge opens again | Valley Voices</title>{name}<h2>The bridge opens again</h2>{TEXT}"
        )
        assert found.title == "The bridge opens again"


def test_what_stands_around_the_headline_is_the_articles_whatever_it_is_called() -> None:
    found = read(
        "<title>The bridge opens again - Valley Herald</title><h1>Valley Herald</h1>"
        f'<div class="content-sidebar-wrap"><main><h1>The bridge opens again</h1>{TEXT}</main></div>'
    )
    assert found.title == "The bridge opens again"


@pytest.mark.parametrize(
    ("between", "authors"),
    [
        ("<p>Ann Bell</p><p>March 26, 2024</p>", ("Ann Bell",)),
        ('<p><a href="/author/ann">Ann Bell</a></p><p>March 26, 2024</p>', ("Ann Bell",)),
        ('<p><a href="/public-safety">Public Safety</a></p><p>March 26, 2024</p>', ()),
        ('<p>Public Safety</p><p>March 26, 2024</p><p>Filed <a href="/c/1">Public Safety</a></p>', ()),
        ("<p>社会</p><p>2024年3月26日</p>", ()),
        ("<p>김서연 기자</p><p>2024.03.26</p>", ("김서연",)),
        ("<p>승인 2024.03.26 11:30</p>", ()),
    ],
)
def test_a_name_alone_beside_a_date_is_a_byline_and_a_rubric_is_none(between: str, authors: tuple[str, ...]) -> None:
    assert (
        read(f"<title>The bridge opens again</title><h1>The bridge opens again</h1>{between}{TEXT}").authors == authors
    )


def test_a_name_alone_gives_way_to_whoever_is_named() -> None:
    data = '<meta name="author" content="The Herald Staff">'
    found = read(
        f"<title>The bridge opens</title>{data}<h1>The bridge opens</h1><p>Tweet This</p><p>May 2, 2024</p>{TEXT}"
    )
    assert found.authors == ("The Herald Staff",)


def test_whom_a_page_tells_about_did_not_write_it() -> None:
    assert (
        read(f"<title>The bridge opens</title><h1>The bridge opens</h1>{TEXT}<p>About Valley Bridges</p>").authors == ()
    )


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("本报记者 周伟", ("周伟",)),
        ("Piše: Maja Kovač", ("Maja Kovač",)),
        ("ავტორი: ნინო ბერიძე", ("ნინო ბერიძე",)),
        ("海岸報", ()),
        ("（记者 周伟）", ("周伟",)),
        ("〔記者吳佩珊／宜蘭報導〕", ("吳佩珊",)),
        ("نویسنده: نگار شریفی", ("نگار شریفی",)),
        ("ข่าว โดย สมชาย ใจดี", ("สมชาย ใจดี",)),
        ("Szerző: Kovács Anna", ("Kovács Anna",)),
        ("Autors: Ilze Kalniņa", ("Ilze Kalniņa",)),
        ("文・佐藤里奈", ("佐藤里奈",)),
        ("編集委員・佐藤里奈", ("佐藤里奈",)),
        ("本报记者 周伟 陈晓明", ("周伟", "陈晓明")),
        ("Teksti: Helena Marttila", ("Helena Marttila",)),
        ("Oprac. Jan Kowalski", ("Jan Kowalski",)),
        ("Por Redação do Vale", ()),
        ("Por Helena Marques — São Paulo", ("Helena Marques",)),
        ("By Anna Berg, New York", ("Anna Berg",)),
        ("기자명 박서연 기자", ("박서연",)),
        ("ዘጋቢ፦ ሰላም ተስፋዬ", ("ሰላም ተስፋዬ",)),
        ("Author, سلمى الخطيب", ("سلمى الخطيب",)),
        ("Muallif: Dilnoza Qodirova", ("Dilnoza Qodirova",)),
        ("Nga Arta Gjonaj", ("Arta Gjonaj",)),
        ("Nga Pham", ("Nga Pham",)),
        ("Бичсэн: Б.Оюунчимэг", ("Б.Оюунчимэг",)),
        ("Пише: Милица Ђокић", ("Милица Ђокић",)),
        ("ಲೇಖಕರು: ಸುಮಾ ಹೆಗಡೆ", ("ಸುಮಾ ಹೆಗಡೆ",)),
        ("نووسەر: شنۆ عەبدوڵا", ("شنۆ عەبدوڵا",)),
        ("كتبت: سناء بن عمر", ("سناء بن عمر",)),
        ("Авторы: Анна Петрова, Иван Соколов", ("Анна Петрова", "Иван Соколов")),
        ("شارك المقال", ()),
        ("分享至", ()),
        ("요약보기 음성으로 듣기 번역 설정", ()),
    ],
)
def test_bylines_beyond_latin_script(line: str, names: tuple[str, ...]) -> None:
    assert byline_names(line, marked=False) == names


@pytest.mark.parametrize(
    ("said", "shown", "day"),
    [
        ("1923-05-01T00:00:00Z", "", "1923-05-01"),
        ("1851-09-18", "", "1851-09-18"),
        (
            "1969-07-21T02:56:00+00:00",
            "<time datetime='2019-07-20' class='published'>20 July 2019</time>",
            "2019-07-20",
        ),
        ("1970-01-01T00:00:00Z", "", None),
        ("1969-12-31T19:00:00-05:00", "", None),
        ("1899-12-30", "", None),
        ("0001-01-01T00:00:00Z", "", None),
        ("1066-10-14", "", None),
    ],
)
def test_an_old_day_is_believed_where_the_page_states_it_and_no_other(said: str, shown: str, day: str | None) -> None:
    for head in (
        f'<meta property="article:published_time" content="{said}">',
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "datePublished": "{said}"}}</script>',
    ):
        html = f"<html lang=en><head>{head}</head><body><h1>Bridge opens again</h1>{shown}<article>{TEXT}</article></body></html>"
        published = read(html).published
        assert (published.date().isoformat() if published else None) == day


@pytest.mark.parametrize(
    ("shown", "names"),
    [
        ("<p class=byline>gan Elin Wyn Owen</p>", ("Elin Wyn Owen",)),
        ("<div class=byline><span>Torunn Vik</span><span>Fylkestingsrepresentant (SV)</span></div>", ("Torunn Vik",)),
        ("<p>Texto e fotografia de Rita Vasconcelos · 21 de Junho de 2025</p>", ("Rita Vasconcelos",)),
        ("<div><span>김도현</span><span>입력 <i>2025. 5. 9. 09:12</i></span></div>", ("김도현",)),
    ],
    ids=["behind a word nobody knows", "before a role", "with pictures", "before a label of the day"],
)
def test_a_byline_names_the_person_alone(shown: str, names: tuple[str, ...]) -> None:
    assert read(f"<title>The bridge opens</title><h1>The bridge opens</h1>{shown}{TEXT}").authors == names


@pytest.mark.parametrize(
    ("end", "names"),
    [
        ("<p>（森下健太）</p>", ("森下健太",)),
        ("<p>夏には出荷も始めるという。【森下健太】</p>", ("森下健太",)),
        ("<p>（江城晚报 记者 陈思远）</p>", ("陈思远",)),
        ("<p>（敬称略）</p>", ()),
        ("<p>（経済部長）</p>", ()),
    ],
)
def test_a_name_in_brackets_ends_a_text_in_japanese_or_chinese(end: str, names: tuple[str, ...]) -> None:
    text = "<p>閉校した小学校が醸造所に生まれ変わり、島の人たちが最初の一杯を味わった。校舎に明かりがともった。</p>" * 4
    assert read(f"<title>島の醸造所</title><h1>閉校した小学校が島の醸造所に</h1>{text}{end}").authors == names


@pytest.mark.parametrize(
    "changed",
    [
        "Diweddarwyd: 22 Chwefror 2025",
        "Dernière mise à jour le 22 février 2025",
        "Ultimo aggiornamento: 22 febbraio 2025",
        "Atnaujinta 2025 m. vasario 22 d.",
        "განახლდა: 22 თებერვალი, 2025",
    ],
)
def test_the_day_of_a_change_is_not_that_of_publication(changed: str) -> None:
    html = f"<title>The bridge opens</title><h1>The bridge opens</h1><p>{changed}</p><p>2025-02-21</p>{TEXT}"
    facts = read(html)
    days = [moment.date().isoformat() if moment else None for moment in (facts.published, facts.modified)]
    assert days == ["2025-02-21", "2025-02-22"]
