"""What machines say in place of an article: who are you, the page is gone, log in, may we have your data.

Careful: there are news about all of it.
"""

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser

from scraper.blocks import Block
from scraper.metadata import Seen
from storage.folding import fold

GONE = "a soft 404"
FEW = 25  # words that are hardly an article
SOME = 80  # that may be a short one
_LONGEST_NAME = 1000  # characters of what a page is called that are looked at
_CHALLENGE = re.compile(
    r"just a moment|checking your browser|attention required|verify(?:ing)? (?:that )?you are (?:a )?human|are you a (?:robot|human)|"
    r"access (?:to this page has been )?denied|ddos protection|enable javascript and cookies|pardon our interruption|"
    r"unusual traffic|security check|robot or human|please enable cookies|request unsuccessful|nur einen moment|"
    r"un instant|un momento|подождите|проверка браузера|请稍候|しばらくお待ち|unavailable (?:due to|for) legal reasons|human verification|"
    r"bot manager|making sure you.{1,6}re not a bot|your browser is (?:not|no longer) supported|(?m:^(?:unsupported|outdated) browser\W*$)|(?:kein|ein) roboter|pas un robot|un robot \?|(?:eres|no soy) un robot|не робот|ロボットではない|安全验证|人机验证|访问验证|로봇이 아님",
    re.IGNORECASE,
)
# What machines speak of when they hold a visitor up; and what they ask for.
_MACHINES = re.compile(
    r"java ?script|\bjs\b|cookies?\b|куки|クッキー|browser|navigat(?:eur|or)|navegador|браузер|ブラウザ|浏览器|브라우저|robots?\b|roboter|робот|ロボット|"
    r"\bbots?\b|captcha|\bhumano?\b|\bhumain|\bmensch\b|ad ?blocker|security (?:service|of your connection|solution)|ray id|incident id|reference (?:id|#)|"
    r"your network|site owner|\byour ip\b|セキュリティ|ネットワーク|验证|\bgdpr\b|from a country|your (?:country|region)|this server",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\benabl|turn on|turned on|make sure|reload|disable|confirm|verif|please|prove|activ(?:er|ez|ar|e )|veuillez|vérifi|aktivier|bestätig|por favor|"
    r"attiva|включите|пожалуйста|подтвердите|有効に|確認して|请|필요|blocked|regain access|not a robot",
    re.IGNORECASE,
)
_CHALLENGE_MARKS = (
    "#challenge-form, #challenge-stage, #cf-wrapper, #challenge-error-text, #px-captcha, "
    'script[src*="challenge-platform"]:not([src*="/jsd/"]), script[src*="captcha-delivery"], iframe[src*="_Incapsula_"], '
    # Forms for comments and letters have one, too.
    ':is(.g-recaptcha, .h-captcha, .cf-turnstile, iframe[src*="captcha"])'
    ":not([data-size=invisible], form:has(textarea, input[type=email], input[type=text]) *)"
)
# What stands on no other page, however much it explains.
_CERTAIN_MARKS = 'script#anubis_challenge, [src*="/.within.website/x/cmd/anubis/"]'
# Of the page, not of a sailor for whom divers looked.
_MISSING = re.compile(
    r"page (?:was |is |could )?(?:not |cannot |can.t )(?:be )?(?:found|exist)|page (?:does(?: not|n.t)|no longer) exist|"
    r"(?:page|article|story|content|post) (?:[\w’']+ ){0,4}(?:could not|couldn.t|cannot|can.t) be found\W*(?:$|\.)|error 404\b|\b404(?=\W*(?:$|[-–—|)]|error|not |page|file))|^not found|^nothing (?:was )?found\W*(?:$|[-–—|])|nothing was found at this|"
    r"(?:page|story|article|content|post|resource)s? (?:[\w’']+ ){0,6}no longer available|(?:page|story|article|post) has been (?:removed|deleted)\W*$|"
    r"(?:seite|inhalt|artikel) (?:wurde |konnte )?(?:leider )?nicht gefunden|page (?:introuvable|non trouvée)|"
    # What the reader looked for, and what is said of a single story.
    r"(?:page|story|article|content) (?:that )?you (?:are |were |have )?(?:looking for|requested|tried to)|"
    r"(?:gesuchte|gewünschte|angeforderte)[nrs]? (?:seite|artikel|inhalt|beitrag)|dieser (?:artikel|beitrag|inhalt) (?:\w+ ){0,3}(?:nicht mehr (?:verfügbar|online)|gelöscht)(?:[.!]|\W*$)|"
    r"(?:page|article|contenu) (?:que vous (?:cherchez|recherchez|avez demandé)|demandée? )|(?:cet article|cette page|ce contenu) (?:n.est plus (?:en ligne|disponible)|a été (?:supprimé|retiré))|"
    r"(?:página|noticia|artículo|contenido) (?:que (?:está )?busca|solicitad[oa])|est[ae] (?:noticia|página|contenido|artículo) (?:ya no está disponible|ha caducado)|"
    r"(?:pagina|articolo|contenuto) che (?:stai )?cerc|(?:página|conteúdo|matéria|notícia|artigo) que (?:você )?(?:está )?procura|"
    r"(?:pagina|artikel) (?:die|dat) (?:je|u) zoekt|(?:strona|artykuł|treść),? któr\w+ szukasz|(?:hledan|požadovan)\w+ (?:stránk|člán)|keresett (?:oldal|cikk)|"
    r"pagin[aă] pe care o căuta|(?:sidan|artikeln|siden|artiklen|artikkelen) (?:som )?du (?:letar|söker|leter|leder)|etsimääsi (?:sivu|artikkeli)|"
    r"(?:запрашиваем|запрошенн|искаем)\w+ (?:вами )?(?:страниц|материал|стать|новост)|(?:страниц\w|стать\w|новост\w|материал),? котор\w+ вы (?:ищ|искал)|этот материал (?:был )?(?:удал|перемещ)|^материал удал[её]н\W*$|"
    r"сторінк\w,? як\w+ ви шука|(?:stranic\w koju|страниц\w коју) (?:ste |сте )?(?:traž|траж)|търсената (?:от вас )?страница|(?:σελίδα|άρθρο) που (?:ζητ|ψάχν|αναζητ)|"
    r"aradığınız (?:haber|sayfa|içerik)|(?:الخبر|الصفحة|المقال|المحتوى) (?:الذي|التي) (?:تبحث|طلب)|صفحه.{0,3} که به دنبال|(?:הדף|העמוד|הכתבה) ש(?:חיפשת|ביקשת)|"
    r"您(?:要|所)?(?:访问|查找|查看|寻找|浏览|请求|訪問|查詢|尋找|瀏覽|找)的(?:页面|文章|内容|新闻|网页|頁面|內容|新聞|網頁)|(?:该|此|該)(?:文章|内容|新闻|页面|內容|新聞|頁面)(?:不存在|已被?(?:发布者|作者)?(?:删除|下架|刪除))|"
    r"お探しの(?:記事|ページ)|指定された(?:記事|ページ)|(?:掲載|公開)期間が終了しました|(?:요청하신|찾으시는|찾고 계신) (?:기사|페이지|게시물)|삭제되었거나 존재하지 않는|"
    r"(?:trang|bài viết) (?:mà )?bạn (?:đang )?tìm|(?:halaman|artikel|berita) yang anda cari|หน้าที่(?:คุณ|ท่าน)(?:กำลัง)?ค้นหา|आप जो पृष्ठ|"
    r"(?:page|article|contenu) (?:[\w’']+ ){0,6}n.existe (?:pas|plus)|página no (?:encontrada|existe)|no se (?:ha )?encontr(?:ó|ado) (?:la|esta) página|"
    r"(?:página|artículo) que (?:\w+ ){1,3}no existe|pagina non (?:trovata|esiste)|página não encontrada|"
    r"pagina niet gevonden|sidan (?:kunde inte hittas|hittades inte|finns inte)|siden (?:blev ikke fundet|finnes ikke)|sivua ei löy|"
    r"nie znaleziono (?:\w+ )?stron|stránka nenalezena|oldal nem található|pagina nu (?:a fost găsită|există)|"
    r"страница не найдена|сторінку не знайдено|η σελίδα δεν|sayfa bulunamadı|الصفحة غير موجودة|"
    r"הדף לא נמצא|पृष्ठ नहीं मिला|页面不存在|找不到(?:该|此)?页|ページが見つかりません|페이지를 찾을 수 없|ไม่พบหน้า",
    re.IGNORECASE | re.MULTILINE,
)
_CONSENT = re.compile(
    r"cookies?\b|consent|our (?:\d+ )?partners|privacy|personali[sz]ed ads|datenschutz|einwilligung|zustimm\w+|werbepartner|"
    r"confidentialité|consentement|partenaires|privacidad|consentimiento|socios|privacy ?policy|toestemming|samtycke|"
    r"конфиденциальност|согласи|隐私|同意|プライバシー|쿠키|개인정보|"
    r"personenbezogen\w+|tracking|drittanbieter|pur-?abo|données personnelles|datos personales|dati personali|dados pessoais|persoonsgegevens",
    re.IGNORECASE,
)
# In few words: who asks, and for what.
_WE = re.compile(
    r"\b(?:we|our|wir|unsere|nous|nos|nosotros|nuestros|noi|wij|onze|vi|våra|nós|nossos|my|nasi|naši|vores|me ja|biz|uns|mi és|мы|наши|ми|наші|ние|нашите|εμείς|μας|this (?:web)?site|diese (?:web)?seite|diese website)\b|"
    r"当社|弊社|当サイト|당사|저희|我们|本网站|我們|本網站|نحن|שלנו|אנחנו|אנו",
    re.IGNORECASE,
)
_TERMS = re.compile(
    r"cookie|partner|socios|parceiros|partenaires|tracking|privacy|privatsphäre|vie privée|privacidad|prywatnoś|integritet|datenschutz|"
    r"einwilligung|zustimmung|consent|consenso|toestemming|samtyc?k|personal (?:data|information)|personenbezogen|personnelles|datos personales|"
    r"dati personali|dados pessoais|persoonsgegevens|osobow|personuppgifter|personoplysninger|privatliv|soukromí|osobní|"
    r"werbefrei|pur-?abo|süti|adatvédel|személyes adat|eszköz|parteneri|caracter personal|confidențialit|dispozitiv|consimț|"
    r"συνεργάτ|απόρρητ|συσκευ|προσωπικ\w+ δεδομέν|συγκατάθεσ|партн[её]р|устройств|персональн|конфиденциальн|согласи|пристро|конфіденційн|"
    r"бисквитк|лични данни|поверителност|съгласи|クッキー|パートナー|端末|個人(?:データ|情報)|プライバシー|同意|쿠키|파트너|기기|개인정보|"
    r"合作伙伴|设备|个人(?:数据|信息)|隐私|合作夥伴|個人(?:資料|資訊)|隱私|تعريف الارتباط|شركا|الخصوصية|البيانات الشخصية|עוגיות|שותפ|פרטיות|מידע אישי|"
    r"eväste|kumppani|henkilötie|çerez|gizlili|kişisel veri|device|gerät|terminal|dispositiv|apparaat|urządzeni|\benhe[td]|zařízení|laitte|cihaz",
    re.IGNORECASE,
)
# Where readers are sent for it.
_GATES = {
    "a consent page": re.compile(
        r"//(?:consent|cmp)\.|//[^/]+/(?:consent|zustimmung|consentement|toestemming)(?:[/?]|$)"
    ),
    "a login page": re.compile(
        r"//(?:log-?in|sign-?in|auth|sso|(?:my)?accounts?)\.|/(?:log-?in|sign-?in|anmelden|connexion)(?:[/?]|$)"
    ),
}
# What servers say while there is no site, and sites while they are not there, at least for us.
_BROKEN = re.compile(
    r"^(?:welcome to nginx|default web ?site page|apache\d? (?:\w+ )?default page|(?:runtime|database|(?:internal )?server) error\W*(?:$|in )|error establishing a database|"
    r"(?:error )?5\d\d\W+(?:internal|bad gateway|service|gateway|backend|web server)|(?:this )?account (?:has been )?suspended|"
    r"(?:site |website )?(?:under |en )?maintenance(?: mode)?\W*$|wartungs(?:arbeiten|modus)\W*$|(?:sitio )?en mantenimiento\W*$|"
    r"(?:sito )?in manutenzione\W*$|(?:site )?em manutenção\W*$|технические работы\W*$)|"
    r"\berror code 5\d\d\W*$|\| 5\d\d: \w|^your access to this (?:site|service) has been|"
    r"(?:domain|website) (?:is|may be) for sale|на сайте ведутся технические работы|(?:サイト|システム)メンテナンス|系统维护|점검 ?중|"
    r"\b(?:our|this|unsere|diese|notre|ce|nuestro|este|(?:il )?nostro|nosso) (?:web ?)?(?:site|seite|sitio|sito) (?:is|wird|ist|est|está|è) (?:\w+ ){0,3}"
    r"(?:unavailable|maintenance|manten|manuten|gewartet)|we.re performing (?:\w+ )?maintenance|"
    r"(?:site|content|page|article) is (?:\w+ )?(?:un|not )available (?:in|from) your (?:region|country|location)|"
    r"in ihrem land (?:\w+ )?nicht verfügbar|pas disponible dans votre (?:pays|région)|no está disponible en (?:su|tu) (?:país|región)",
    re.IGNORECASE | re.MULTILINE,
)
_LOGIN = re.compile(
    r"log ?in|sign ?in|anmeld|einlogg|connexion|se connecter|iniciar sesión|accedi|inloggen|logga in|войти|вход|登录|ログイン|로그인",
    re.IGNORECASE,
)


def machine(seen: Seen, kept: Sequence[Block], words: int, title: str) -> str:
    """What a machine says in place of the article, or ''."""
    tree, heading = seen.tree, _heading(seen, title)
    few = words < SOME
    if _is_challenge(tree, heading, " ".join(block.text for block in kept), words):
        return "a challenge page"
    if is_missing(seen, kept, words, title):
        return GONE
    begun = kept[0].text if few and kept else ""
    if tree.css_first("body#error-page") is not None or _BROKEN.search(f"{heading}\n{begun}"):
        return "an error page"
    if few and tree.css_first("input[type=password]") is not None and (words < FEW or _LOGIN.search(heading)):
        return "a login page"
    return ""


def gate(url: str) -> str:
    """What kind of page readers were sent to, by its address, or ''."""
    return next((kind for kind, address in _GATES.items() if address.search(url)), "")


def _heading(seen: Seen, title: str) -> str:
    """All that the page is called, a line each; but what its feed calls it, too, is the article's."""
    fed = fold(seen.entry.title) if seen.entry else ""
    lines = (_window(seen), title, *seen.headings)
    named = (line for line in lines if not (fed and fed in fold(line) and 2 * len(fed) > len(fold(line))))
    return "\n".join(line[:_LONGEST_NAME] for line in named)


def _window(seen: Seen) -> str:
    head = seen.tree.css_first("title")
    return head.text().strip() if head else ""


def is_missing(seen: Seen, kept: Sequence[Block], words: int, title: str) -> bool:
    """Whether it says that the page is not there, whatever it offers instead."""
    begun = " ".join(block.text for block in kept[:3])[:300] if words < SOME else ""
    return bool(
        seen.tree.css_first("body.error404, .error-404")  # WordPress
        or _MISSING.search(_heading(seen, title))
        or _MISSING.search(begun)
    )


def calls_itself_missing(seen: Seen) -> bool:
    """Whether it is called so, and nowhere what its feed calls it: then it is missing, however much it offers instead."""
    fed = fold(seen.entry.title) if seen.entry else ""
    if not fed:
        return False
    names = [name[:_LONGEST_NAME] for name in (_window(seen), *seen.headings)]
    return not any(fed in fold(name) for name in names) and _MISSING.search("\n".join(names)) is not None


def _is_challenge(tree: LexborHTMLParser, heading: str, text: str, words: int) -> bool:
    """Whether a machine wants to know who is there, or what the browser can do. Careful: there are news about that."""
    few, named = words < SOME, _CHALLENGE.search(heading) is not None
    if tree.css_first(_CERTAIN_MARKS) is not None:
        return True
    if few and (tree.css_first(_CHALLENGE_MARKS) is not None or (named and words < FEW)):
        return True
    spoken = {found.lower() for found in _MACHINES.findall(text)}
    if named:
        return bool(spoken) if few else len(spoken) > 1 and _ASKS.search(text) is not None
    return few and len(spoken) > 1 and len(_MACHINES.findall(text)) * 16 > words and _ASKS.search(text) is not None


def is_consent(seen: Seen, kept: Sequence[Block], words: int) -> bool:
    """Whether what would be the article speaks of little but cookies and partners."""
    text = " ".join(block.text for block in kept)
    found = len(_CONSENT.findall(text))
    if found >= 4 and found * 30 > words:
        return True
    if words > SOME or not _WE.search(text) or seen.tree.css_first("button, input[type=submit]") is None:
        return False
    terms = _TERMS.findall("\n".join((*seen.headings, text)).lower())
    return len(set(terms)) >= 3 and len(terms) * 14 > words
