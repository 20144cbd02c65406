"""Whether a page's whole text is free to read: by what it says of itself, and by how much of the text is there."""

import re
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
# In lower case, for `match`.
_WALL = re.compile(
    r"\W*(?:subscribe (?:now )?(?:to|for) (?:continue|read|keep|unlock|full)|to (?:continue|keep) reading|continue reading (?:with|by|your)|"
    r"(?:this|the full) (?:article|story|content) is (?:only )?(?:for|available to|reserved)|already a (?:subscriber|member)|want to read more|get full access|"
    r"you.ve reached your|register (?:now )?to (?:continue|read)|unlock this article|weiter ?lesen mit|jetzt weiterlesen|"
    r"(?:dieser|der) artikel ist (?:nur )?(?:für|exklusiv)|lesen sie diesen artikel|mit .{1,20}\+ weiterlesen|"
    r"(?:cet )?article (?:est )?réservé aux abonnés|la suite (?:de .{1,20} )?est réservée|abonnez-vous pour|pour lire la suite|il vous reste .{1,20} de cet article|"
    r"suscr[ií]bete para|(?:este )?(?:contenido|artículo) (?:es )?exclusivo para suscriptores|para seguir leyendo|abbonati per|contenuto riservato|"
    r"assine para|conteúdo exclusivo para assinantes|lees verder met|dit artikel is (?:alleen|exclusief)|"
    r"prenumerera för att|läs vidare|artiklen er for abonnenter|for abonnenter|tämä artikkeli on vain|artykuł (?:dostępny )?tylko dla|"
    r"(?:create (?:a|your) (?:free )?account|(?:log|sign) in|become a (?:member|subscriber)) .{0,40}to (?:continue|keep|read)|cet article est réservé à|"
    r"il vous reste \d+ ?%|(?:hazte|regístrate|inicia sesión) .{0,30}para (?:seguir|continuar|leer)|torne-se assinante|para continuar a ler|per continuare a leggere|"
    r"lees (?:dit artikel )?verder voor|log in om (?:verder|dit)|alleen voor abonnees|wykup dostęp|(?:aby|by|żeby) czytać dalej|okumaya devam etmek|"
    r"(?:a cikk )?folytatás\w* .{0,20}előfizet|előfizetőink(?: számára)?\W|már előfizető|continuarea (?:acestui )?articol\w* .{0,30}abona|ești (?:deja )?abonat|(?:acest articol|acest conținut) este .{0,20}abona|"
    r"članak je dostupan samo|sadržaj (?:je )?(?:dostupan )?samo (?:za )?pretplat|článok je (?:dostupný )?(?:len|iba) pre|(?:tikai|ainult) (?:abonentiem|tellijatele)|tik prenumeratoriams|bu (?:içerik|haber) (?:yalnızca )?abone|khusus pelanggan|"
    r"đăng nhập để (?:đọc|xem)|masuk untuk membaca|jisajili ili kuendelea|pokračujte ve čtení|předplaťte si|bliv? abonnent|abonneer (?:je |u )?om|czytaj dalej (?:dzięki|z) prenumera|bli prenumerant för|tilaa ja (?:jatka|lue))"
)
_WALL_NOT_LATIN = re.compile(
    r"\W*(?:доступно (?:только )?(?:для )?подписчик|чтобы продолжить чтение|この記事は(?:有料|会員)|有料会員(?:登録|になる)|会員限定|残り\d+文字|订阅(?:后|以)|구독|оформите подписку|оформіть передплату|γίνετε συνδρομητ|η συνέχεια .{0,40}συνδρομητ|είστε (?:ήδη )?συνδρομητ|(?:съдържанието|статията) е .{0,20}абонати|само за абонати|اشترك (?:لمواصلة|لقراءة)|برای ادامه .{0,20}مشترک|להמשך קריאה|(?:आगे|पूरा) पढ़ने के लिए|"
    r"পড়া চালিয়ে যেতে|தொடர்ந்து படிக்க|登录后(?:阅读|查看)|登入(?:會員|後)|付费(?:阅读|文章)|訂閱(?:後|以)|続きを読むには|ログインして(?:続き|全文)|"
    r"로그인(?:하고|하면|후) ?(?:계속|기사|전체)|(?:สมัครสมาชิก|เข้าสู่ระบบ)เพื่ออ่าน)"
)
# What Ghost, Substack, Leaky Paywall, MemberPress, Paid Memberships Pro and WooCommerce put in the place of the rest.
_IN_ITS_PLACE = (
    ".gh-post-upgrade-cta, [data-testid=paywall], .leaky_paywall_message, .mepr-unauthorized-message, "
    ".pmpro_content_message, .wc-memberships-restriction-message"
)
_TEASER = 300  # words: below it, a wall on the page means that the rest was not shown
_LONGEST_WALL = 250  # characters


def is_wall(text: str) -> bool:
    """Whether a line, in lower case, says that the rest is for those who pay or register."""
    return bool(_WALL.match(text) or (not text.isascii() and _WALL_NOT_LATIN.match(text)))


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
        walled = any(
            len(block.text) < _LONGEST_WALL and is_wall(block.text.lower()) for block in _below_headline(seen.blocks)
        )
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
