"""Whether a page's whole text is free to read: by what it says of itself, and by how much of the text is there."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, dropwhile

from scraper.blocks import Block
from scraper.metadata import Seen

_TIERS = {
    "free": "free",
    "metered": "metered",
    "locked": "paid",
    "paid": "paid",
    "premium": "paid",
    "registered": "metered",
}
# In lower case, for `match`; what begins with a quotation mark is quoted by an article about walls.
_WALL = re.compile(
    r"[^\w\"“„«‘]*(?:subscribe (?:now )?(?:to|for) (?:continue|read|keep|unlock|full)|to (?:continue|keep) reading|continue reading (?:with|by|your)|"
    r"(?:this|the full) (?:article|story|content|post) is (?:only )?(?:for|available to|reserved)|subscribe or (?:log|sign) in to|already a (?:subscriber|member)|want to read more|get full access|"
    r"you.ve reached your|register (?:now )?to (?:continue|read)|unlock this article|weiter ?lesen mit|jetzt weiterlesen|"
    r"(?:dieser|der) artikel ist (?:nur )?(?:für|exklusiv)|dieser (?:beitrag|text|inhalt) ist (?:nur|exklusiv) für|(?:kostenlos|jetzt) [\w -]{4,30} und weiterlesen|sie möchten weiterlesen\?|lesen sie diesen artikel|mit .{1,20}\+ weiterlesen|"
    r"(?:cet )?article (?:est )?réservé aux abonnés|la suite (?:de .{1,20} )?est réservée|abonnez-vous pour (?:lire|continuer|poursuivre|accéder|débloquer|découvrir)|pour lire la suite|il vous reste .{1,20} de cet article|"
    r"suscr[ií]bete para (?:seguir|continuar|leer|acceder|ver)|(?:este )?(?:contenido|artículo) (?:es )?exclusivo para suscriptores|para seguir leyendo|abbonati per (?:leggere|continuare|accedere|proseguire|sbloccare)|contenuto riservato|"
    r"assine para (?:ler|continuar|acessar|ter|desbloquear)|conteúdo exclusivo para assinantes|lees verder met|dit artikel is (?:alleen|exclusief)|"
    r"prenumerera för att (?:läsa|fortsätta|få)|läs vidare|det här är en låst artikel|(?:artikeln|innehållet) är (?:bara |endast |låst )?för prenumeranter|(?:artiklen|denne (?:artikel|artikkelen|saken)) er (?:kun )?for(?:beholdt)? (?:våre |vores )?abonnenter|for abonnenter|"
    r"tämä (?:artikkeli|sisältö) on (?:vain|tilaajille)|(?:artykuł|treść|materiał) (?:jest )?(?:dostępn[ya] )?tylko dla|"
    r"(?:create (?:an?|your) (?:free )?account|(?:log|sign) in|become a (?:member|subscriber)) .{0,40}to (?:continue|keep|read)|cet article est réservé à|"
    r"il vous reste \d+ ?%|(?:hazte|regístrate|inicia sesión) .{0,30}para (?:seguir|continuar|leer)|torne-se assinante|para continuar a ler|per continuare a leggere|"
    r"lees (?:dit artikel )?verder voor|log in om (?:verder|dit)|alleen voor abonnees|wykup dostęp|(?:aby|by|żeby) czytać dalej|okumaya devam etmek|"
    r"(?:ez )?a (?:cikk|tartalom) (?:csak|kizárólag) .{0,15}előfizető|(?:a cikk )?folytatás\w* .{0,20}előfizet|előfizetőink(?: számára)?\W|már előfizető|continuarea (?:acestui )?articol\w* .{0,30}abona|ești (?:deja )?abonat|(?:acest articol|acest conținut) este .{0,40}abona|abonează-te pentru a (?:citi|continua)|"
    r"članak je dostupan samo|sadržaj (?:je )?(?:dostupan )?samo (?:za )?pretplat|článok je (?:dostupný )?(?:len|iba) pre|(?:tikai|ainult) (?:abonentiem|tellijatele)|tik prenumeratoriams|bu (?:içerik|haber) (?:yalnızca |sadece )?abone|khusus pelanggan|(?:konten|artikel|berita) ini (?:khusus|hanya) (?:untuk )?(?:pelanggan|anggota|member)|"
    r"(?:bài viết|nội dung)(?: này)? (?:chỉ )?dành (?:riêng )?cho (?:hội viên|thuê bao|người đăng ký)|tento článek je (?:jen |pouze )?(?:určen )?(?:pro|předplatitel)|"
    r"đăng nhập để (?:đọc|xem)|masuk untuk membaca|jisajili ili kuendelea|pokračujte ve čtení|předplaťte si|bliv? abonnent|abonneer (?:je |u )?om|czytaj dalej (?:dzięki|z) prenumera|bli prenumerant för|tilaa .{0,25}(?:jatka|lue\b)|(?:k.b|bliv|f.) .{0,20}abonne.{0,30}l.s videre|for . lese videre)"
)
_WALL_NOT_LATIN = re.compile(
    r"[^\w\"“„«「『״]*(?:доступно (?:только )?(?:для )?подписчик|(?:материал|текст|статья|контент) доступ\w+ (?:только )?(?:для )?.{0,12}подписчик|(?:матеріал|текст|стаття|контент) доступн\w+ (?:лише |тільки )?(?:для )?.{0,12}передплатник|"
    r"(?:чланак|садржај|текст) је доступан само|αποκλειστικά (?:για|σε) συνδρομητ|чтобы продолжить чтение|この記事は(?:有料|会員)|(?:続き|ここから先|この先)は(?:有料|会員|ログイン)|有料会員(?:登録|になる)|会員限定|残り\d+文字|订阅(?:后|以)|(?:本|此|该)(?:文|内容).{0,6}(?:付费|会员|订阅|订户)|(?:本|此|該)(?:文|內容).{0,6}(?:付費|會員|訂閱|訂戶)|구독(?:하고|하면|하시면|자 전용)|이 (?:기사|콘텐츠|글)는 .{0,10}(?:유료|구독자|회원)|оформите подписку|оформіть передплату|γίνετε συνδρομητ|η συνέχεια .{0,40}συνδρομητ|είστε (?:ήδη )?συνδρομητ|(?:съдържанието|статията) е .{0,20}абонати|само за абонати|اشترك (?:لمواصلة|لمتابعة|لقراءة)|هذا (?:المحتوى|المقال|الموضوع) .{0,10}للمشتركين|برای ادامه .{0,20}مشترک|این (?:مطلب|محتوا|مقاله) .{0,20}(?:مشترکان|مشترکین)|להמשך קריאה|(?:הכתבה|התוכן)(?: המלאה?| הזו?)? .{0,12}למנויים|(?:आगे|पूरा) पढ़ने के लिए|"
    r"পড়া চালিয়ে যেতে|தொடர்ந்து படிக்க|登录后(?:阅读|查看)|登入(?:會員|後)|付费(?:阅读|文章)|訂閱(?:後|以)|続きを読むには|ログインして(?:続き|全文)|"
    r"로그인(?:하고|하면|후) ?(?:계속|기사|전체)|(?:สมัครสมาชิก|เข้าสู่ระบบ)เพื่ออ่าน|(?:เนื้อหา|บทความ|ข่าว)นี้(?:สำหรับ|เฉพาะ)สมาชิก|यह (?:लेख|ख़?बर|सामग्री) (?:केवल|सिर्फ़?) .{0,20}(?:सदस्यों|सब्सक्राइबर|ग्राहकों))"
)
# What Ghost, Substack, Leaky Paywall, MemberPress, Paid Memberships Pro and WooCommerce put in the place of the rest.
_IN_ITS_PLACE = (
    ".gh-post-upgrade-cta, [data-testid=paywall], .leaky_paywall_message, #leaky_paywall_message, .mepr-unauthorized-message, "
    ".pmpro_content_message, .wc-memberships-restriction-message"
)
_TEASER = 300  # words: below it, a wall on the page means that the rest was not shown
_LONGEST_WALL = 250  # characters
_LABELS = 3  # so many that begin alike mark other articles: "For subscribers"


def is_wall(text: str) -> bool:
    """Whether a line, in lower case, says that the rest is for those who pay or register."""
    return bool(_wall(text))


def _wall(text: str) -> str:
    """The words that say so, or ''."""
    found = _WALL.match(text) or (None if text.isascii() else _WALL_NOT_LATIN.match(text))
    return found[0] if found else ""


def access_of(seen: Seen, said: str, words: int) -> str:
    """free, metered, paid (yet all of it is here), teaser (the rest is not), or unknown.

    `said`: what schema.org's isAccessibleForFree says, as free, paid or unknown; `words`: of the text that was found.
    """
    if words < _TEASER and seen.tree.css_first(_IN_ITS_PLACE) is not None:
        return "teaser"
    tiers = seen.meta.get("article:content_tier", ())
    if tiers:
        said = _TIERS.get(tiers[0].strip().lower(), said)
    if said != "free":
        announced = max((_count(node.get("wordCount")) for node in seen.nodes), default=0)
        if announced > 2 * words and words < _TEASER:
            return "teaser"
        below = (block.text.lower() for block in _below_headline(seen.blocks) if len(block.text) < _LONGEST_WALL)
        walled = any(times < _LABELS for times in Counter(filter(None, map(_wall, below))).values())
        if walled and words < _TEASER:
            return "teaser"
        if walled and said == "unknown":
            return "metered"
    return said


def _below_headline(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks from the first h1 on, or all: what stands above it is said on every page of the site."""
    below = dropwhile(lambda block: block.tag != "h1", blocks)
    first = next(below, None)
    return chain((first,), below) if first else iter(blocks)


def _count(value: object) -> int:
    return int(value) if isinstance(value, int | float) or (isinstance(value, str) and value.isdecimal()) else 0
