"""Pages of our own making, in many designs and scripts, with what must and must not come out of them."""

from collections.abc import Callable
from dataclasses import dataclass

SITE = "The Valley Herald"
URL = "https://valley-herald.example/2024/03/05/bridge-opens/"


@dataclass(frozen=True)
class Story:
    """A story in one language: what a page says around it too, in that language."""

    language: str
    title: str
    paragraphs: tuple[str, ...]
    author: str
    related: str
    comment: str
    caption: str


STORIES = {
    "en": Story(
        "en",
        "Old bridge opens again after nine years",
        (
            "The stone bridge over the river Aller was opened to traffic again on Tuesday, nine years after a flood had torn away its middle arch.",
            "“We had almost stopped believing in it,” said the mayor, who cut the ribbon together with the oldest inhabitant of the town.",
            "The repair cost eleven million, twice what had been planned, because the piers had to be set on new foundations.",
            "Until now drivers had to take a detour of forty minutes; the bakery at the northern end lost half of its customers in that time.",
            "A second bridge, for trains only, is to follow in two years if the parliament agrees to the budget in autumn.",
        ),
        "Maria Lindqvist",
        "Read more: ",
        "Leave a comment",
        "The bridge on the morning of its opening, seen from the mill",
    ),
    "de": Story(
        "de",
        "Alte Brücke nach neun Jahren wieder offen",
        (
            "Die steinerne Brücke über die Aller ist seit Dienstag wieder für den Verkehr frei, neun Jahre nachdem ein Hochwasser den mittleren Bogen fortgerissen hatte.",
            "„Wir hatten fast nicht mehr daran geglaubt“, sagte die Bürgermeisterin, die das Band gemeinsam mit dem ältesten Einwohner durchschnitt.",
            "Die Reparatur kostete elf Millionen, doppelt so viel wie geplant, weil die Pfeiler auf neue Fundamente gestellt werden mussten.",
            "Bisher mussten Autofahrer einen Umweg von vierzig Minuten nehmen; die Bäckerei am nördlichen Ende verlor die Hälfte ihrer Kunden.",
        ),
        "Jürgen Weiß",
        "Lesen Sie auch: ",
        "Schreiben Sie einen Kommentar",
        "Die Brücke am Morgen der Eröffnung, von der Mühle aus gesehen",
    ),
    "ru": Story(
        "ru",
        "Старый мост снова открыт спустя девять лет",
        (
            "Каменный мост через реку снова открыли для движения во вторник, спустя девять лет после того, как паводок снёс его среднюю арку.",
            "«Мы уже почти перестали в это верить», — сказала мэр города, разрезая ленту вместе с самым старым жителем.",
            "Ремонт обошёлся в одиннадцать миллионов, вдвое дороже, чем планировали, потому что опоры пришлось ставить на новый фундамент.",
            "До сих пор водителям приходилось объезжать сорок минут, и пекарня на северном берегу потеряла половину покупателей.",
        ),
        "Анна Петрова",
        "Читайте также: ",
        "Оставить комментарий",
        "Мост утром в день открытия, вид от мельницы",
    ),
    "el": Story(
        "el",
        "Η παλιά γέφυρα άνοιξε ξανά μετά από εννέα χρόνια",
        (
            "Η πέτρινη γέφυρα πάνω από τον ποταμό άνοιξε ξανά στην κυκλοφορία την Τρίτη, εννέα χρόνια αφότου μια πλημμύρα παρέσυρε το μεσαίο τόξο της.",
            "«Είχαμε σχεδόν πάψει να το πιστεύουμε», είπε η δήμαρχος, που έκοψε την κορδέλα μαζί με τον γηραιότερο κάτοικο της πόλης.",
            "Η επισκευή κόστισε έντεκα εκατομμύρια, τα διπλάσια από όσα είχαν προβλεφθεί, γιατί τα βάθρα χρειάστηκαν νέα θεμέλια.",
        ),
        "Ελένη Παππά",
        "Διαβάστε επίσης: ",
        "Αφήστε ένα σχόλιο",
        "Η γέφυρα το πρωί των εγκαινίων, όπως φαίνεται από τον μύλο",
    ),
    "zh": Story(
        "zh",
        "老桥九年后重新通车",
        (
            "横跨河流的石桥于周二重新通车，九年前的一场洪水冲毁了它的中间桥拱，此后两岸居民一直依靠绕行的公路来往。",
            "市长与镇上最年长的居民一起剪彩时说：“我们几乎已经不抱希望了，今天能够走过这座桥，大家都非常激动。”",
            "修复工程耗资一千一百万元，是原计划的两倍，因为桥墩必须重新打下地基，施工队还遇到了两次大水。",
            "此前司机们不得不绕行四十分钟，桥北端的面包店在这段时间里失去了一半的顾客，店主说现在终于可以松一口气。",
        ),
        "李晓明",
        "相关阅读：",
        "发表评论",
        "通车当天早晨从磨坊看到的石桥",
    ),
    "ja": Story(
        "ja",
        "古い橋が九年ぶりに再開通",
        (
            "川にかかる石橋が火曜日、九年ぶりに再び開通した。橋は洪水で中央のアーチが流され、それ以来通行できなくなっていた。",
            "「もう諦めかけていました」と町長は話し、町で最も高齢の住民とともにテープを切った。多くの人が橋の上を歩いて渡った。",
            "修復には当初の計画の二倍にあたる十一億円がかかった。橋脚を新しい基礎の上に据え直す必要があったためだ。",
            "これまで運転手は四十分の回り道をしなければならず、北側のパン屋はその間に客の半分を失ったという。",
        ),
        "田中花子",
        "関連記事：",
        "コメントを残す",
        "開通の朝、水車小屋から見た橋",
    ),
    "th": Story(
        "th",
        "สะพานเก่าเปิดใช้อีกครั้งหลังเก้าปี",
        (
            "สะพานหินข้ามแม่น้ำเปิดให้รถสัญจรอีกครั้งเมื่อวันอังคาร เก้าปีหลังจากน้ำท่วมพัดซุ้มกลางของสะพานพังลง ชาวบ้านต้องใช้ทางอ้อมตลอดเวลาที่ผ่านมา",
            "นายกเทศมนตรีกล่าวขณะตัดริบบิ้นพร้อมกับผู้อาวุโสที่สุดของเมืองว่า เราแทบจะเลิกหวังไปแล้ว แต่วันนี้ทุกคนได้เดินข้ามสะพานด้วยกัน",
            "การซ่อมแซมใช้เงินสิบเอ็ดล้าน มากกว่าที่วางแผนไว้สองเท่า เพราะต้องสร้างฐานรากของตอม่อขึ้นใหม่ทั้งหมด และเจอน้ำหลากถึงสองครั้ง",
        ),
        "สมชาย ใจดี",
        "อ่านเพิ่มเติม: ",
        "แสดงความคิดเห็น",
        "สะพานในเช้าวันเปิด มองจากโรงสี",
    ),
    "ar": Story(
        "ar",
        "إعادة فتح الجسر القديم بعد تسع سنوات",
        (
            "أعيد فتح الجسر الحجري فوق النهر أمام حركة المرور يوم الثلاثاء، بعد تسع سنوات من فيضان جرف قوسه الأوسط وعزل ضفتي المدينة.",
            "وقالت رئيسة البلدية وهي تقص الشريط مع أكبر سكان المدينة سنا: كنا قد فقدنا الأمل تقريبا، واليوم عبرنا جميعا سيرا على الأقدام.",
            "وبلغت تكلفة الإصلاح أحد عشر مليونا، أي ضعف ما كان مقررا، لأن الدعامات احتاجت إلى أساسات جديدة بعد أن ضربها الماء مرتين.",
        ),
        "ليلى حداد",
        "اقرأ أيضا: ",
        "اترك تعليقا",
        "الجسر صباح يوم افتتاحه كما يبدو من الطاحونة",
    ),
    "he": Story(
        "he",
        "הגשר הישן נפתח מחדש אחרי תשע שנים",
        (
            "גשר האבן שמעל הנהר נפתח מחדש לתנועה ביום שלישי, תשע שנים אחרי ששיטפון סחף את הקשת האמצעית שלו והשאיר את העיר חצויה.",
            "כמעט הפסקנו להאמין שזה יקרה, אמרה ראש העירייה כשגזרה את הסרט יחד עם זקן תושבי העיר, ואחריה עברו כולם את הגשר ברגל.",
            "התיקון עלה אחד עשר מיליון, כפול ממה שתוכנן, משום שהיה צורך להעמיד את העמודים על יסודות חדשים לאחר שתי הצפות.",
        ),
        "נועה לוי",
        "קראו עוד: ",
        "השאירו תגובה",
        "הגשר בבוקר הפתיחה, מבט מהטחנה",
    ),
    "hi": Story(
        "hi",
        "नौ साल बाद फिर खुला पुराना पुल",
        (
            "नदी पर बना पत्थर का पुल मंगलवार को फिर से यातायात के लिए खोल दिया गया, नौ साल पहले आई बाढ़ में इसका बीच का मेहराब बह गया था।",
            "महापौर ने शहर के सबसे बुजुर्ग निवासी के साथ फीता काटते हुए कहा कि हम लगभग उम्मीद छोड़ चुके थे, पर आज सब लोग पुल पार कर सके।",
            "मरम्मत पर एक करोड़ दस लाख खर्च हुए, जो योजना से दोगुना है, क्योंकि खंभों के लिए नई नींव डालनी पड़ी और दो बार पानी भर गया।",
        ),
        "सुनीता शर्मा",
        "यह भी पढ़ें: ",
        "टिप्पणी करें",
        "उद्घाटन की सुबह चक्की से दिखता पुल",
    ),
}


def _head(story: Story, extra: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="{story.language}"><head><meta charset="utf-8"><title>{story.title} | {SITE}</title>'
        f'<meta property="og:title" content="{story.title} - {SITE}"><meta property="og:site_name" content="{SITE}">{extra}</head>'
    )


def _menu() -> str:
    links = "".join(
        f'<li><a href="/{name.lower()}/">{name}</a></li>' for name in ("Home", "World", "Sports", "Culture")
    )
    return f'<div class="topbar"><ul class="menu">{links}</ul></div>'


def _sidebar() -> str:
    titles = ("Council votes on new school", "Storm warning for the coast", "Ten recipes for the cold season")
    return "".join(f'<div class="teaser"><h3><a href="/{n}/">{title}</a></h3></div>' for n, title in enumerate(titles))


def classic(story: Story) -> str:
    """A weblog's theme: caption on top, related line, share prompt, comments."""
    body = "".join(f"<p>{text}</p>" for text in story.paragraphs)
    return (
        f'{_head(story)}<body>{_menu()}<div id="content"><div class="post"><div class="wp-caption"><img src="a.jpg">'
        f'<p class="wp-caption-text">{story.caption}</p></div><h1 class="entry-title">{story.title}</h1>'
        f'<p class="entry-meta"><time datetime="2024-03-05T23:30:00-05:00">5.3.2024</time> <a rel="author" href="/author/x/">'
        f"{story.author}</a></p>"
        f'<div class="entry-content">{body}<p>{story.related}<a href="/category/bridges/">https://valley-herald.example/bridges/</a></p>'
        f'<div class="sharedaddy"><h3>Share this:</h3><ul><li><a href="#">Mail</a></li></ul></div></div></div>'
        f'<div id="comments" class="comments-area"><div class="comment-body"><p>{story.paragraphs[0][:60]} ?!</p></div>'
        f'<div id="respond"><h3>{story.comment}</h3></div></div></div><div class="sidebar">{_sidebar()}</div>'
        f'<div id="footer"><p>© 2024 {SITE}. All rights reserved.</p></div></body></html>'
    )


def breaks(story: Story) -> str:
    """Paragraphs made by line breaks in one plain `div`, in tables as long ago."""
    body = "<br><br>\n".join(story.paragraphs)
    return (
        f"{_head(story)}<body><table><tr><td>{_menu()}</td></tr><tr><td><h1>{story.title}</h1>"
        f'<div>{story.author} — 2024-03-05</div><div class="text">{body}</div></td><td>{_sidebar()}</td></tr></table></body></html>'
    )


def divs(story: Story) -> str:
    """Nothing but `div`s with meaningless classes, the text in two containers, said in JSON-LD too."""
    half = len(story.paragraphs) // 2 + 1
    first, second = (
        "".join(f'<div class="css-1x9">{text}</div>' for text in part)
        for part in (story.paragraphs[:half], story.paragraphs[half:])
    )
    data = (
        f'<script type="application/ld+json">{{"@context":"https://schema.org","@type":"NewsArticle","headline":"{story.title}",'
        f'"datePublished":"2024-03-05T23:30:00-05:00","author":{{"@type":"Person","name":"{story.author}"}},'
        f'"publisher":{{"@type":"Organization","name":"{SITE}"}}}}</script>'
    )
    return (
        f'{_head(story, data)}<body><div class="css-0">{_menu()}</div><div class="css-2"><h1 class="css-h">{story.title}</h1>'
        f'<div class="css-3">{first}</div><aside class="css-ad"><div>Advertisement</div></aside><div class="css-3">{second}</div>'
        f'<div class="css-4"><h3>Most read</h3>{_sidebar()}</div></div></body></html>'
    )


def semantic(story: Story) -> str:
    """`main`, `article`, `header`, figures, a quotation, and the same text once more, hidden for printing."""
    quote = f"<blockquote><p>{story.paragraphs[1]}</p></blockquote>"
    rest = "".join(f"<p>{text}</p>" for text in story.paragraphs[2:])
    return (
        f'{_head(story)}<body><nav>{_menu()}</nav><main><article><header><h1>{story.title}</h1><p class="lead">'
        f'{story.paragraphs[0]}</p></header><figure><img src="b.jpg"><figcaption>{story.caption}</figcaption></figure>'
        f'{quote}{rest}<p class="more">{story.related}<a href="/other/">{story.title[::-1]}</a></p></article>'
        f'<div class="print" style="display:none"><p>{story.paragraphs[2]}</p>{rest}</div>'
        f"<section><h2>Newsletter</h2><form><p>Sign up for our newsletter</p><input type=email></form></section></main>"
        f"<aside>{_sidebar()}</aside><footer><p>© {SITE}</p></footer></body></html>"
    )


DESIGNS: dict[str, Callable[[Story], str]] = {"classic": classic, "breaks": breaks, "divs": divs, "semantic": semantic}
