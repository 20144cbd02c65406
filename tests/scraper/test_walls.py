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


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://consent.valley-herald.example/v2/collect?id=1", "a consent page"),
        ("https://valley-herald.example/zustimmung?url=%2Fbridge", "a consent page"),
        ("https://login.valley-herald.example/?client_id=x", "a login page"),
        ("https://valley-herald.example/account/signin", "a login page"),
        ("https://valley-herald.example/politics/login-failure-at-bank", "article"),
        ("https://valley-herald.example/politics/consent", "article"),
    ],
)
def test_where_the_reader_was_sent_tells_what_is_asked_there(url: str, kind: str) -> None:
    text = "Welcome back. It takes less than a minute to tell us how you would like to read on, and it costs nothing at all. "
    assert extract(page(url, f"<html><body><h1>Welcome</h1><p>{text}{text}</p></body></html>")).kind == kind


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
    "Council apologises for leak of personal data": "The council has apologised after the personal data of nine hundred residents were "
    "seen by strangers. A partner of the council had lost a device on a train in May, and the privacy commissioner was told only in June.",
    "Bridge closed for maintenance": "The old bridge is closed to cars until Sunday evening while its lamps are replaced. Maintenance of the "
    "railings follows in the spring, the council said, and will take a fortnight.",
    "Server error delays pensions": "A server error at the pension office has delayed the payments of forty thousand people. The office said "
    "on Friday that all of them would have their money by Tuesday.",
    "Vaccine not yet available in our region": "The new vaccine is not available in the region before January, the health board said on "
    "Friday. Practices are asked to keep lists of those who want it, and to begin with the oldest.",
    "Our front page on Monday": "Our website was unavailable for two hours on Monday morning, and some of you wrote to ask why. A line "
    "was cut by a digger at the northern gate. We are sorry, and have asked for a second line.",
    "The 404: a car for weddings": "The old car that carried half of the valley to its weddings is to be built again, if only two hundred "
    "times. The maker showed the first on Friday, in a blue that nobody has seen since the seventies.",
    "404 jobs lost at shipyard": "The shipyard on the eastern bank will let go 404 of its nine hundred workers by the spring, its owner "
    "said on Friday. The union called the decision a betrayal, and the minister has asked for a meeting.",
    "Nothing found in search for missing sailor": "Divers looked for three days in the bay. Nothing was found but an oar and a lifebelt, "
    "the coastguard said on Friday, and the search was called off at dusk.",
    "Nie znaleziono ciała zaginionego rybaka": "Mimo trzech dni pracy nurków nie znaleziono ciała sześćdziesięcioletniego rybaka, który "
    "wypłynął we wtorek rano i nie wrócił do domu. Policja prosi świadków o zgłoszenie się na komisariat.",
    "No se encontraron sobrevivientes del naufragio": "Los equipos de rescate dieron por terminada el viernes la búsqueda. No se encontraron "
    "sobrevivientes del pesquero que se hundió el martes con once hombres a bordo, informó la capitanía del puerto.",
    "Ce village n’existe plus": "Le village n’existe plus que sur les cartes : le barrage le noiera au printemps, et la mairie a déjà déménagé "
    "ses archives à la ville voisine avec l’aide des pompiers et de quelques anciens habitants.",
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


def test_what_a_feed_calls_it_too_is_no_machines_word() -> None:
    title = "Cloudflare shows “Just a moment” to half of the web"
    text = "Thousands of sites showed nothing else for an hour on Tuesday, after a fault at a company that guards them."
    html = f"<html><title>{title} - Valley Herald</title><body><article><h1>{title}</h1><p>{text}</p></article></body></html>"
    assert extract(page(URL, html), entry=FeedEntry(url=URL, title=title)).kind == "article"
    assert extract(page(URL, html), entry=ENTRY).kind == "a challenge page"


@pytest.mark.parametrize(
    ("name", "heading", "kind"),
    [
        ("Page not found - Valley Herald", "Oops!", "a soft 404"),
        ("Valley Herald", "This page does not exist", "a soft 404"),
        (f"{ENTRY.title} - Valley Herald", "Page not found: what became of the old web", "article"),
    ],
)
def test_a_page_that_calls_itself_missing_is_so_however_much_it_offers_instead(
    name: str, heading: str, kind: str
) -> None:
    offered = "".join(f"<h2>{title}</h2><p>{text}</p>" for title, text in ABOUT.items())
    html = f"<html><title>{name}</title><body><h1>{heading}</h1><p>Have a look at our newest stories.</p>{offered}"
    assert extract(page(URL, html), entry=ENTRY).kind == kind


@pytest.mark.parametrize(
    "beside",
    [
        "<form><textarea></textarea><div class='g-recaptcha'></div><button>Post</button></form>",
        "<form><input type=email><div class='h-captcha'></div><button>Send me letters</button></form>",
        "<div class='g-recaptcha' data-size='invisible'></div>",
        "<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>",
    ],
    ids=["comments", "letters", "unseen", "cloudflare"],
)
def test_a_captcha_beside_a_short_article_makes_no_challenge_of_it(beside: str) -> None:
    text = "The fare for a crossing rises from three pounds to three pounds thirty on the first of December."
    html = f"<html><title>Ferry fares to rise</title><body><h1>Ferry fares to rise</h1><p>{text} {text}</p>{beside}</body></html>"
    assert extract(page(URL, html)).kind == "article"


@pytest.mark.parametrize(
    "title", ["404: page not found, and what became of the web", "Seite nicht gefunden: das Netz vergisst"]
)
def test_a_day_below_the_headline_is_the_articles(title: str) -> None:
    text = (
        "A quarter of all pages that were online ten years ago are gone, a study of the technical university finds. "
        * 2
    )
    html = f"<html><body><h1>{title}</h1><p>By Anna Berg, <time>20 November 2026</time></p><p>{text}</p></body></html>"
    assert extract(page(URL, html)).kind == "article"


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


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ('<script type="application/ld+json">{"@type":"Product","name":"Boots"}</script>', "a product page"),
        ("<meta property='og:type' content='product'>", "a product page"),
        ('<script type="application/ld+json">{"@type":"JobPosting","title":"Smith"}</script>', "a job advertisement"),
        ('<script type="application/ld+json">{"@type":"DiscussionForumPosting"}</script>', "a forum thread"),
        ('<script type="application/ld+json">[{"@type":"Product"},{"@type":"NewsArticle"}]</script>', "article"),
        (
            '<script type="application/ld+json">{"@type":"Product"}</script>'
            "<meta property='article:published_time' content='2026-11-20T10:00:00Z'>",
            "article",
        ),
        ("", "article"),
    ],
)
def test_what_a_page_describes_in_place_of_an_article_is_what_it_is(head: str, kind: str) -> None:
    text = "".join(f"<p>{one}</p>" for one in ABOUT.values())
    html = f"<html><head>{head}</head><body><h1>Boots for rough country</h1>{text}</body></html>"
    assert extract(page(URL, html)).kind == kind
    fed = FeedEntry(url=URL, title="Boots for rough country")
    assert extract(page(URL, html), entry=fed).kind == "article"


def test_a_table_alone_is_no_article_and_one_with_a_lead_is() -> None:
    rows = "".join(f"<tr><td>{n}</td><td>Club {n} of the valley</td><td>{40 - n}</td></tr>" for n in range(30))
    lead = "<p>The rowers of the northern gate have won the league on Sunday, two points ahead of the mill.</p>"
    html = f"<html><body><h1>League table</h1>{{}}<table>{rows}</table></body></html>"
    assert extract(page(URL, html.format(""))).kind == "no article text"
    assert extract(page(URL, html.format(lead))).kind == "article"


@pytest.mark.parametrize(
    ("title", "day", "text"),
    [
        ("Erdbeben vor der Küste", "20.11.2025, 07:12 Uhr", "Vor der Küste hat am Morgen die Erde gebebt. Schäden wurden nicht gemeldet."),
        ("北部沿海发生地震", "2025-11-20 07:12:33", "中国地震台网正式测定，20日7时5分，北部沿海发生5.2级地震，目前没有人员伤亡的报告。"),
    ],
)  # fmt: skip
def test_two_sentences_below_a_headline_and_a_day_are_an_article(title: str, day: str, text: str) -> None:
    html = f"<html><title>{title}</title><body><div><h1>{title}</h1><p class=date>{day}</p><p>{text}</p></div></body></html>"
    assert extract(page("https://valley-herald.example/a-991.html", html)).kind == "article"


GONE = {
    "de": ("Talbote", "Der gewünschte Artikel ist leider nicht mehr online. Vielleicht hilft die Suche."),
    "fr": ("Oups !", "Le contenu que vous cherchez a été supprimé. Retournez à la page d’accueil."),
    "es": ("El Valle", "Esta noticia ya no está disponible. Puedes volver a la portada."),
    "it": ("Ops!", "La pagina che cerchi non è più disponibile. Torna alla pagina iniziale del giornale."),
    "ru": ("Долина", "Этот материал был удалён или перемещён. Воспользуйтесь поиском по сайту."),
    "tr": (
        "Aradığınız haber bulunamadı",
        "Haber yayından kaldırılmış veya adresi değiştirilmiş olabilir. Ana sayfaya dönün.",
    ),
    "ar": ("عذرا", "الخبر الذي تبحث عنه غير متوفر أو تم حذفه من الموقع. يمكنك العودة إلى الصفحة الرئيسية."),
    "ja": ("谷新聞", "お探しの記事は掲載期間が終了しました。"),
    "zh": ("谷新闻", "很抱歉，该文章已被发布者删除，请返回首页继续浏览其他内容。"),
}


@pytest.mark.parametrize("language", GONE)
def test_a_story_that_is_gone_is_a_soft_404_though_its_template_says_article(language: str) -> None:
    heading, text = GONE[language]
    html = f"<html lang={language}><head><meta property='og:type' content='article'></head><body><h1>{heading}</h1><p>{text}</p>"
    assert extract(page(URL, html)).kind == "a soft 404"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "Ministerin löscht Beitrag",
            "Dieser Beitrag wurde gelöscht, nachdem die Opposition im Landtag am Freitag eine Entschuldigung verlangt hatte. "
            "Die Ministerin sprach von einem Versehen ihres Büros und kündigte eine Erklärung an.",
        ),
        (
            "Retiran una página del libro escolar",
            "Una página del libro escolar ha sido retirada por un error en el mapa. La editorial enviará otra en enero a los colegios.",
        ),
        ("Artykuł nie istnieje", "Prokurator powołał się na artykuł, który nie istnieje. Sąd w piątek oddalił wniosek i odroczył rozprawę."),
        ("삭제된 기사 논란", "한 언론사가 삭제한 기사를 둘러싸고 논란이 일고 있다. 기자협회는 이십일 성명을 내고 경위를 밝히라고 요구했다."),
        ("Error code 500 halts trains", "An error code 500 on a control screen halted forty trains on Friday, the railway said. It was found within two hours by its engineers."),
    ],
    ids=["a deleted post", "a page", "an article of law", "a deleted article", "an error"],
)  # fmt: skip
def test_a_short_story_stays_one(title: str, text: str) -> None:
    html = f"<html><title>{title}</title><body><article><h1>{title}</h1><p>{text}</p></article></body></html>"
    assert extract(page("https://valley-herald.example/a-7.html", html)).kind == "article"


def test_a_story_in_the_cell_of_a_table_is_one() -> None:
    text = "All of this stood in the cell of a table, as it did in the nineties, and it is one long line of text. " * 3
    html = f"<html><body><h1>Bridge closes</h1><table><tr><td>Home</td><td>{text}</td></tr></table></body></html>"
    assert extract(page("https://valley-herald.example/story.php?id=7", html)).kind == "article"
