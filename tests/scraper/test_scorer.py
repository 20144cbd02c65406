"""The scorer and the decoder: what is chosen, and what is never kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from selectolax.lexbor import LexborHTMLParser

from scraper.blocks import Block, cut
from scraper.extract.decode import decide
from scraper.extract.features import Description, Hints, describe
from scraper.extract.scorer import Scorer, chosen, expected, scorer

WORDS = "The bridge over the river was opened again on Monday, after a long repair that cost nine million."


def blocks_of(html: str) -> list[Block]:
    body = LexborHTMLParser(html).body
    assert body is not None
    return cut(body)


def kept(html: str, hints: Hints | None = None) -> list[str]:
    return [block.text for block in decide(blocks_of(html), hints or Hints(), scorer()).kept]


@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.integers(1, 200)), min_size=1, max_size=9))
def test_no_other_choice_is_expected_to_be_better(blocks: list[tuple[float, int]]) -> None:
    scores = np.array([score for score, _ in blocks], np.float32)
    sizes = np.array([size for _, size in blocks], np.float32)
    best = 0.0
    for choice in range(1, 2 ** len(blocks)):
        mask = np.array([bool(choice >> place & 1) for place in range(len(blocks))])
        right = float((scores * sizes)[mask].sum())
        best = max(best, 2 * right / (float(sizes[mask].sum()) + float((scores * sizes).sum())))
    assert abs(expected(scores, sizes) - best) < 1e-4
    assert chosen(scores, sizes).any()


def test_a_hidden_article_is_read_and_hidden_extras_are_not() -> None:
    article = "".join(f"<p>{WORDS} Part {n} of the story.</p>" for n in range(8))
    assert len(kept(f"<main><h1>Bridge</h1><div style='display:none'>{article}</div></main>")) == 8
    extra = "<div hidden><p>Please log in to go on.</p></div>"
    shown = kept(f"<main><h1>Bridge</h1>{article}{extra}</main>", Hints(titles=("Bridge",)))
    assert len(shown) == 8


def test_comments_captions_prompts_and_related_lines_are_never_kept() -> None:
    article = "".join(f"<p>{WORDS} Part {n} of the story.</p>" for n in range(8))
    extras = (
        f"<figure><figcaption>{WORDS}</figcaption></figure><p>Leave a reply</p>"
        f"<div class='comment-list'><p>I was there: {WORDS}</p></div>"
        "<p>Read more related articles about Europe: <a href='/x'>https://news.example/europe/</a></p>"
    )
    found = kept(f"<article><h1>Bridge</h1>{article}{extras}</article>", Hints(titles=("Bridge",)))
    assert len(found) == 8
    assert all("Part" in text for text in found)


def test_a_page_that_is_called_comment_as_a_whole_is_still_read() -> None:
    article = "".join(f"<p>{WORDS} Part {n} of the story.</p>" for n in range(8))
    assert len(kept(f"<div class='comment'><h1>Bridge</h1>{article}</div>", Hints(titles=("Bridge",)))) == 8


@given(st.lists(st.text(max_size=40), max_size=12))
def test_any_text_becomes_finite_numbers(texts: list[str]) -> None:
    blocks = blocks_of("".join(f"<p>{text}</p>" for text in texts) or "<p>x</p>")
    if blocks:
        page = describe(blocks, Hints(titles=tuple(texts[:1]), summaries=tuple(texts[1:2]), body=" ".join(texts)))
        assert np.isfinite(page.dense).all()
        assert ((scorer().scores(page) >= 0) & (scorer().scores(page) <= 1)).all()


def article_with(extra: str, around: str = "<article>{}</article>") -> list[str]:
    """What is kept of eight paragraphs with something in their midst, but for the eight."""
    parts = [f"<p>{WORDS} Part {n} of the story.</p>" for n in range(8)]
    html = around.format(f"<h1>Bridge</h1>{''.join(parts[:4])}{extra}{''.join(parts[4:])}")
    found = kept(html, Hints(titles=("Bridge",)))
    assert len([text for text in found if " of the story." in text]) == 8
    return [text for text in found if " of the story." not in text]


@pytest.mark.parametrize(
    "sentence",
    [
        "Anzeige erstattete die Stadt am Dienstag gegen den Betreiber der Brücke, der sich nicht äußern wollte.",
        "Copyright law protects the drawings of the bridge, the judge said in her ruling on Monday evening.",
        "Advertisement spending fell by a third after the bridge was closed, shops along the road reported.",
        "Share this with your neighbours, the mayor told those who had come to see the bridge opened again.",
        "Publicité mensongère : le tribunal a condamné le constructeur du pont à une amende de deux millions.",
        "Auf dem Nachttisch stand neben der Lampe und einem Glas Wasser noch ein Foto von ihrer Mutter.",
        "The museum by the river paid four million at auction for a photo by Ansel Adams.",
        "Follow the river on Google Maps and the old bridge is still there, three years after it fell.",
        "Contact with the reporter was lost on Monday, her paper said, when she crossed the bridge.",
        "Instead of flowers the family asks for donations to the school of journalism by the river.",
        "Related to the mayor by marriage, the builder had been given all three contracts, the report says.",
        "Les commerçants ont vu une baisse de leurs ventes et ils en parlent : le pont leur manque à tous.",
        "12,400 views were heard at the hearing on the bridge, which lasted until the early morning hours.",
        "Folgt man dem Fluss nach Norden, so steht nach einer Stunde die alte Brücke vor einem.",
        "Join the queue at the bridge before seven, drivers were told, and bring something to read on WhatsApp.",
        "De burgemeester kreeg voor de brug de steun van alle partijen, hoewel die lang hadden geaarzeld.",
        "Log in to the register of bridges and you will find that a third of them were built before 1930.",
        "Saken fortsetter i tingretten tirsdag, og broen er stengt så lenge, sier kommunens advokat.",
        "La suite de l'enquête après la chute du pont a été confiée à un autre juge d'instruction, à Brest.",
        "Die Stadt unterstützt unsere Arbeit an der Brücke seit Jahren, sagte die Leiterin des Museums.",
        "Entre no barco e siga pelo canal até a ponte, ensina o pescador, que conhece cada pedra do rio.",
        "Dalsza część trasy prowadzi wzdłuż rzeki aż do mostu, który zamknięto dziewięć lat temu.",
        "With inputs from farmers along the river the council drew up a second plan for the bridge.",
        "Opinions on the bridge differ: those who live on the northern bank would rather have a ferry.",
        "The views expressed at the meeting were as far apart as the banks of the river in spring.",
        "Transcripts of the meeting were handed to the court, which will hear the builder on Monday.",
        "Summary proceedings against the builder of the bridge were dropped in Rome, his lawyer said.",
        "Tipsa om den nya bron ville ingen av grannarna göra, säger ordföranden i föreningen om ån.",
        "Die Zusammenfassung der Gutachten zur Brücke liegt dem Rat vor, der am Dienstag entscheidet.",
        "Este artículo de la ley impide que la ciudad venda el puente, según los abogados del alcalde.",
    ],
)
def test_a_sentence_is_no_prompt_and_no_caption(sentence: str) -> None:
    assert article_with(f"<p>{sentence}</p>") == [sentence]


@pytest.mark.parametrize(
    "line",
    [
        "Pubblicità",
        "إعلان",
        "広告",
        "Advertisement - scroll to continue",
        "The post Bridge appeared first on The Valley Herald.",
        "This entry was posted on Tuesday, March 5th, 2024 at 9:15 am and is filed under News.",
        "This article was originally published on The Conversation.",
        "(Reporting by Jane Miller in Aller; Editing by Tom Brown)",
        "Found a mistake in the text? Select it and press Ctrl+Enter.",
        "The bridge on Monday morning. Photo by Jane Miller",
        "Follow all our coverage on WhatsApp",
        "Do you have a story for us? Write to the desk.",
        "A version of this article appears in print on March 5, Section A, Page 4.",
        "Subscribe to continue reading this story and others from the valley.",
        "（责任编辑：王芳）",
        "（记者 王芳）",
        "老桥重新通车 王芳摄",
        "Hai trovato un errore? Selezionalo e premi Ctrl + Enter.",
        "Get the news of the valley delivered to your inbox every morning.",
        "Local journalism takes time and money. Please consider a donation today.",
        "Hat Ihnen dieser Artikel gefallen? Unterstützen Sie uns mit einer Spende.",
        "1284 просмотра",
        "Geef een reactie",
        "Vélemény, hozzászólás?",
        "Залишити відповідь",
        "Διαβάστε επίσης:",
        "Läs också: Ny rektor på gymnasiet",
        "Bài viết liên quan",
        "Chia sẻ:",
        "Republish this article",
        "© RIPRODUZIONE RISERVATA",
        "記事・写真の無断転載を禁じます。",
        "Pročitajte još: <a href='/x'>Most se gradi već tri godine, a kraja nema</a>",
        "இதையும் படியுங்கள்: <a href='/x'>பாலம் மீண்டும் திறப்பு</a>",
        "Zobacz: <a href='/x'>Most budują już trzy lata</a>",
        "לכתבות נוספות:",
        "相關新聞",
        "Puedes seguir a EL HERALDO en Facebook y X.",
        "Volg ons op Google Nieuws",
        "Читайте нас у Telegram",
        "Was this newsletter forwarded to you? Sign up here.",
        "Wij bestaan dankzij onze lezers. Word vriend van de krant.",
        "Držíte nás nad vodou vy, čtenáři. Přispějte.",
        "Create a free account or log in to keep reading",
        "Cet article est réservé à nos abonnés.",
        "İlgili haber: <a href='/x'>Köprü üç yıldır yapılıyor</a>",
        "Vezi și: <a href='/x'>Podul se construiește de trei ani</a>",
        "قد يهمك: <a href='/x'>الجسر يفتح من جديد</a>",
        "ተጨማሪ ያንብቡ፦",
        "Meer over dit onderwerp",
        "Zinazosomwa zaidi",
        "پربازدیدترین‌ها",
        "გაზიარება",
        "Publicitate",
        "REKLAMA - CZYTAJ DALEJ POD REKLAMĄ",
        "Story continues below advertisement",
        "A cikk a hirdetés után folytatódik",
        "Articolul continuă după reclamă",
        "La suite de votre article après cette publicité",
        "HABERİN DEVAMI REKLAMDAN SONRA",
        "Seko mums Google News",
        "WhatsApp kanalımıza katılın, gelişmelerden anında haberdar olun",
        "הצטרפו לערוץ הוואטסאפ שלנו",
        "انضم إلى قناتنا على واتساب",
        "به کانال تلگرام ما بپیوندید",
        "ہمارا واٹس ایپ چینل جوائن کریں",
        "扫码关注，获取更多资讯",
        "Our reporting is free because readers pay for it. Chip in from $5 a month.",
        "Podpořte nezávislou žurnalistiku.",
        "The Associated Press receives support from several foundations for its coverage of bridges.",
        "(With inputs from agencies)",
        "Most a folyón (Fotó: Kelemen Zoltán)",
        "Η συνέχεια του άρθρου είναι διαθέσιμη μόνο για συνδρομητές.",
        "À lire aussi :",
        "Recommended for you",
        "Pročitajte i: <a href='/x'>Most se gradi već tri godine, a kraja nema</a>",
        "Сондай-ақ оқыңыз: <a href='/x'>Көпір қайта ашылды</a>",
        "ဆက်စပ်ဖတ်ရှုရန်: <a href='/x'>တံတားသစ် ဖွင့်လှစ်</a>",
        "Annonce",
        "ಜಾಹೀರಾತು",
        "Artikkelen fortsetter under annonsen",
        "Článok pokračuje pod reklamou",
        "Aktuelle Nachrichten auch auf unserem WhatsApp-Kanal",
        "By signing up for the letter of the valley you agree to our terms.",
        "Få det viktigaste direkt i mejlen varje morgon.",
        "Item 1 of 3 People cross the bridge on Monday. VALLEY NEWS/Jane Miller",
        "Este texto fue traducido con ayuda de una máquina.",
        "Podprite neodvisno novinarstvo.",
        "İLGİLİ HABER",
        "Kaynak: AA",
        "来源：江城晚报",
        "ps/lab/spi",
        "(rzm/hns)",
        "Sammanfattningen är gjord med stöd av AI och granskad av en redaktör",
        "Dette er et leserinnlegg. Innholdet står for skribentens egen regning.",
        "The views expressed in this article are the author's own.",
        "Мнение редакции может не совпадать с мнением автора.",
        "Članak je prvotno objavljen na engleskom jeziku u časopisu Bridges.",
        "Este artículo fue publicado originalmente en inglés.",
        "An dieser Stelle finden Sie einen externen Inhalt von Opinary, der den Artikel ergänzt.",
        "Ce contenu est bloqué, car vous n'avez pas accepté les cookies.",
        "Heb je een tip of opmerking?",
        "Fejl i artiklen? Skriv til redaktionen.",
        "Tilmeld dig nyhedsbrevet og få dagens historier.",
        "Elke ochtend het nieuws direct in je mailbox",
        "Join thousands of readers in our Viber community",
        "Εγγραφείτε στο newsletter και μάθετε πρώτοι τις ειδήσεις",
        "Tilaa lukuoikeus ja jatka lukemista",
        "Мост утром в день открытия. Сурет: Жандос Әбдірахман",
    ],
)
def test_what_a_site_says_around_its_articles_is_not_kept(line: str) -> None:
    assert article_with(f"<p>{line}</p>") == []


def test_a_box_that_asks_for_an_address_is_not_kept() -> None:
    box = (
        "<div class='c-7fa2'><h3>The week in your hand</h3><p>On Fridays we send you what happened, and why.</p>"
        "<form><label><input name=q1 type=email placeholder='you@example.org'></label><button>Go</button></form></div>"
    )
    assert article_with(box) == []


def test_a_small_box_that_is_called_a_newsletters_is_not_kept_and_an_article_about_them_is() -> None:
    box = (
        "<div class='nl-box'><h3>The week in your hand</h3><p>On Fridays we send you what happened, and why.</p></div>"
    )
    assert article_with(box) == []
    assert article_with("", "<article class='newsletter-article'>{}</article>") == []


CAPTION = "The bridge over the river on its first morning, seen from the mill."


@pytest.mark.parametrize(
    "box",
    [
        f"<div class=mt-8><img src=/b.jpg><p class='text-sm'>{CAPTION}</p></div>",
        f"<div class=css-1><div class=css-2><img src=/b.jpg></div><div class=css-3>{CAPTION}</div></div>",
        f"<p><img src=/b.jpg><br>{CAPTION}</p>",
    ],
)
def test_the_caption_of_the_picture_above_the_text_is_not_kept(box: str) -> None:
    story = "".join(f"<p>{WORDS} Part {n} of the story.</p>" for n in range(8))
    assert len(kept(f"<article><h1>Bridge</h1>{box}{story}</article>", Hints(titles=("Bridge",)))) == 8


def test_what_leads_in_beside_the_headline_and_a_picture_is_kept_and_so_is_a_line_amid_the_text() -> None:
    lead = f"<p>{WORDS}</p>"
    story = "".join(f"<p>{WORDS} Part {n} of the story.</p>" for n in range(8))
    top = f"<div class=top><img src=/b.jpg><h1>Bridge</h1>{lead}</div>"
    assert len(kept(f"<article>{top}<div>{story}</div></article>", Hints(titles=("Bridge",)))) == 9
    assert article_with(f"<div><img src=/b.jpg>{lead}</div>") == [WORDS]


def test_what_an_amp_page_does_not_display_is_not_read() -> None:
    consent = f"<amp-consent layout=nodisplay><div><p>{WORDS}</p></div></amp-consent>"
    assert [block.text for block in blocks_of(f"<p>Bridge</p>{consent}")] == ["Bridge"]


def test_a_heading_over_a_paragraph_of_the_article_stays() -> None:
    scores = np.array([0.99, 0.2, 0.99, 0.2, 0.05], np.float32)

    class Fixed(Scorer):
        def scores(self, page: Description) -> NDArray[np.float32]:
            return scores

    html = f"<article><p>{WORDS} One.</p><h3>Why</h3><p>{WORDS} Two.</p><h3>More</h3><p>Elsewhere.</p></article>"
    decision = decide(blocks_of(html), Hints(), Fixed({}, (), ()))
    assert [block.text for block in decision.kept] == [f"{WORDS} One.", "Why", f"{WORDS} Two."]


def test_an_article_that_is_filed_under_comment_is_read_beside_many_comments() -> None:
    comments = "".join(f"<li class=comment><p>I was there, too: {WORDS} Number {n}.</p></li>" for n in range(20))
    around = f"<article class='post category-comment'>{{}}</article><ol class=comment-list>{comments}</ol>"
    assert article_with("", around) == []


def test_excerpts_of_other_posts_in_a_block_theme_are_not_kept() -> None:
    excerpts = "".join(
        f"<li class=wp-block-post><div class=wp-block-post-excerpt><p>{WORDS} Excerpt {n}.</p></div></li>"
        for n in range(4)
    )
    around = f"<main>{{}}</main><div class=wp-block-query><ul class=wp-block-post-template>{excerpts}</ul></div>"
    assert article_with("", around) == []


def test_a_heading_that_is_a_button_is_read() -> None:
    assert article_with(f"<h3><button>What did it cost?</button></h3><p>{WORDS}</p>") == ["What did it cost?", WORDS]


class Timid(Scorer):
    """Sure of a few blocks, and of hardly anything else."""

    def __init__(self) -> None:
        super().__init__({}, (), ())

    def scores(self, page: Description) -> NDArray[np.float32]:
        return np.where(np.arange(len(page.blocks)) < 6, 0.6, 0.15).astype(np.float32)


def test_more_is_kept_of_a_page_unlike_all_others() -> None:
    article = "".join(f"<p>{WORDS} Part {n} of the story.</p>" for n in range(30))
    decision = decide(blocks_of(f"<article>{article}</article>"), Hints(), Timid())
    assert decision.expected < 0.8
    assert len(decision.kept) == 30


def test_a_short_article_around_a_box_that_asks_for_an_address_is_kept() -> None:
    box = "<aside class=c-7fa2><h3>Letters in your inbox</h3><p>Every Friday.</p><input type=email></aside>"
    found = kept(f"<main><h1>Bridge</h1><div class=b><p>{WORDS}</p>{box}<p>{WORDS} So it was said.</p></div></main>")
    assert found == [WORDS, f"{WORDS} So it was said."]


def test_a_day_alone_above_the_text_is_not_kept() -> None:
    article = "".join(f"<p>{WORDS} Part {n} of the story.</p>" for n in range(8))
    html = f"<article><h1>Bridge</h1><p>June 2, 2024, 07:15</p>{article}</article>"
    assert len(kept(html, Hints(titles=("Bridge",)))) == 8


def test_what_is_said_of_the_author_behind_the_article_is_not_kept() -> None:
    article = "".join(f"<p>{WORDS} Part {n} of the story.</p>" for n in range(8))
    asked = f"<p>Jane Miller: And what did the bridge cost?</p><p>Tom Brown: {WORDS}</p>"
    hints = Hints(titles=("Bridge",), authors=("Jane Miller",))
    bio = "<p><em>Jane Miller writes about roads and rivers for the paper.</em></p>"
    assert len(kept(f"<article><h1>Bridge</h1>{article}{bio}</article>", hints)) == 8
    assert len(kept(f"<article><h1>Bridge</h1>{article}{asked}</article>", hints)) == 10
    assert len(kept(f"<article><h1>Bridge</h1><p>Jane Miller {WORDS}</p>{article}</article>", hints)) == 9


def test_a_standfirst_beside_the_picture_is_no_caption_where_the_summary_says_it_too() -> None:
    lead = "The bridge over the river was opened again on Monday, nine years after the flood, its mayor said."
    story = "".join(f"<p>{WORDS} Part {n} of the story.</p>" for n in range(8))
    html = f"<article><h1>Bridge</h1><div><figure><img src=/b.jpg></figure><p>{lead}</p></div>{story}</article>"
    assert len(kept(html, Hints(titles=("Bridge",)))) == 8
    assert len(kept(html, Hints(titles=("Bridge",), summaries=(f"{lead[:60]}…",)))) == 9


def test_the_author_is_known_behind_the_article_with_a_word_before_the_name() -> None:
    article = "".join(f"<p>{WORDS} Part {n} of the story.</p>" for n in range(8))
    bio = "<p>* Ο Νίκος Παππάς είναι συγκοινωνιολόγος και γράφει για τα ποτάμια</p>"
    html = f"<article><h1>Bridge</h1>{article}{bio}</article>"
    assert len(kept(html, Hints(titles=("Bridge",), authors=("Νίκος Παππάς",)))) == 8


@pytest.mark.parametrize(
    "line",
    [
        "<p>Jane Miller March 5, 2024 <a href=/news>News from the valley</a> <a href=#r>No comments so far</a></p>",
        "<p>Jane Miller jane.miller@valley-herald.example</p>",
        "<p>Written by: Jane Miller, Edited by: The Desk of the Valley</p>",
    ],
)
def test_a_byline_with_its_rubric_or_its_address_is_not_kept(line: str) -> None:
    article = "".join(f"<p>{WORDS} Part {n} of the story.</p>" for n in range(8))
    html = f"<article><h1>Bridge</h1>{line}{article}</article>"
    assert len(kept(html, Hints(titles=("Bridge",), authors=("Jane Miller",)))) == 8


@pytest.mark.parametrize(
    "box",
    [
        "<table class=tr-caption-container><tr><td class=tr-caption>The bridge on its first morning</td></tr></table>",
        "<p id=breadcrumbs><span>Home</span> » <span>News</span> » <span>Bridge</span></p>",
        "<div class='post-views content-post'>1,284</div>",
        f"<div class=td_module_flex><h3><a href=/x>A storm</a></h3><div class=td-excerpt>{WORDS}</div></div>",
        "<div class=article__sns><ul><li>シェア</li><li>ツイート</li></ul></div>",
        "<div class=author-bio><p>She writes about roads and rivers for the paper.</p></div>",
    ],
)
def test_what_systems_mark_as_something_else_is_not_kept(box: str) -> None:
    assert article_with(box) == []
