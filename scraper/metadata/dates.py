"""Dates as people write them: in figures or with the names of months, in the languages of most news. Pure."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

# The names of each month, January first, as far as they tell it from the others; they may be inflected; _ is a space.
_MONTHS = (
    "jan jän gen ene янв січ ιαν sty led ocak oca يناير كانون_الثاني ינואר जनवरी มกราคม ม.ค január janv "
    "জানুয়ারি siječ saus urtarril ஜனவரி జనవరి جنوری ژانویه студз қаңтар "
    "ian tammi jaan јан yanv იან հունվ មករា जानेवारी જાન્યુઆરી ಜನವರಿ ജനുവരി ਜਨਵਰੀ xan яну "
    "ionawr eanáir جنوري جانفي יאַנואַר ජනවාරි ဇန်နဝါရီ ມັງກອນ",
    "feb fév fev фев лют φεβ lut úno şub فبراير שבاط שבט פברואר फरवरी กุมภาพันธ์ ก.พ febr "
    "ফেব্রুয়ারি velj vas otsail பிப்ரவரி ఫిబ్రవరి فروری فوریه ақпан شباط "
    "helmi veeb феб shkurt pebr თებ փետր កុម្ភៈ फेब्रुवारी फेब्रुअरी ફેબ્રુઆરી ಫೆಬ್ರವರಿ ഫെബ്രുവരി ਫਰਵਰੀ "
    "chwef feabh frar fabrairu فبروري فيبروري فيفري شوبات פֿעברואַר පෙබරවාරි ဖေဖော်ဝါရီ ກຸມພາ",
    "mar mär mrz maa маp мар бер μαρ μάρ bře mart مارس מרץ मार्च มีนาคม มี.ค márc mars maart "
    "মার্চ ožuj kov martxo மார்ச் మార్చి مارچ сакав наурыз آذار mac "
    "mach მარ մար មីនា માર્ચ ಮಾರ್ಚ್ മാർച്ച് ਮਾਰਚ "
    "mawrth márta mäerz mashi ئازار מאַרץ මාර්තු မတ် ມີນາ",
    "apr avr abr апр кві απρ kwi dub nis أبريل אפריל अप्रैल เมษายน เม.ย ápr "
    "এপ্রিল trav bal apir ஏப்ரல் ఏప్రిల్ اپریل آوریل крас сәуір نيسان "
    "huhti prill აპრ ապր មេសា एप्रिल अप्रिल એપ્રિલ ಏಪ್ರಿಲ್ ഏപ്രിൽ ਅਪ੍ਰੈਲ "
    "ebrill aibreán afrilu ephreli اپريل أفريل نیسان אַפּריל අප්‍රේල් ဧပြီ ເມສາ",
    "may mai mag maj mei май мая тра μαΐ μάι μαι kvě mayıs مايو מאי मई พฤษภาคม พ.ค máj "
    "মে svib geg maiatz மே మే مئی мамыр أيار "
    "touko maí мај მაის մայ ឧសភា मे મે ಮೇ മേയ് ਮਈ "
    "bealtaine mejju maajo meyi مې ماي ئایار מײַ මැයි မေ ພຶດສະພາ",
    "jun juin giu июн чер ιουν ιούν cze červn czerw haziran haz يونيو יוני जून มิถุนายน มิ.ย jún "
    "জুন birž ekain ஜூன் జూన్ جون ژوئن чэрв маусым حزيران "
    "kesäk iun juuni iyun huny qershor јун ივნ հունիս មិថុនា जुन જૂન ಜೂನ್ ജൂൺ ਜੂਨ lipnj lipanj jūn xuñ юни "
    "mehefin meith ġunju juun yuni جوان حوزەیران ජූනි ဇွန် ມິຖຸນາ",
    "jul juil lug июл лип ιουλ ιούλ lip července temmuz tem يوليو יולי जुलाई กรกฎาคม ก.ค júl "
    "জুলাই liep uztail ஜூலை జూలై جولائی ژوئیه ліп шілде تموز "
    "heinäk iul juuli iyul huly korrik јул ივლ հուլ កក្កដា जुलै જુલાઈ ಜುಲೈ ജൂലൈ ਜੁਲਾਈ srpnj srpanj jūl xul юли జులై "
    "gorff iúil lulju luulyo yuli جولای جولاءِ جويلية تەممووز ජූලි ဇူလိုင် ກໍລະກົດ",
    "aug aoû ago авг сер αυγ αύγ sie srp ağu أغسطس אוגוסט अगस्त สิงหาคม ส.ค august "
    "আগস্ট kolovoz rugp abuzt ஆகஸ்ட் ఆగస్టు اگست жні тамыз آب ogos "
    "elok gusht avgus avq ágú აგვ օգոս សីហា ऑगस्ट अगस्ट ઑગસ્ટ ಆಗಸ್ಟ್ ഓഗസ്റ്റ് ਅਗਸਤ "
    "awst lúnasa aww agus agasti اګست آگسٽ غشت أوت ئاب אויגוסט අගෝස්තු ဩဂုတ် ສິງຫາ",
    "sep set сен вер σεπ wrz zář eyl سبتمبر ספטמבר सितंबर กันยายน ก.ย szept "
    "সেপ্টেম্বর ruj rugs irail செப்டம்பர் సెప్టెంబర్ ستمبر سپتامبر қыркүйек أيلول "
    "syysk shtator sent სექ սեպ កញ្ញា सप्टेंबर सेप्टेम्बर સપ્ટેમ્બર ಸೆಪ್ಟೆಂಬರ್ സെപ്റ്റംബർ ਸਤੰਬਰ сеп "
    "medi satumba sebt سپټمبر سيپٽمبر شتنبر ئەیلوول סעפּטעמבער සැප්තැම්බර් စက်တင်ဘာ ກັນຍາ",
    "تشرين_الأول تشرين_الاول oct okt ott out окт жов οκτ paź říj eki أكتوبر אוקטובר अक्टूबर ตุลาคม ต.ค অক্টোবর spal urri அக்டோபர் అక్టోబర్ اکتوبر қазан "
    "lokak tetor ოქტ հոկ តុលា ऑक्टो अक्टो ઑક્ટો ಅಕ್ಟೋಬರ್ ഒക്ടോബർ ਅਕਤੂਬਰ каст "
    "hydref آڪٽوبر אָקטאָבער ඔක්තෝබර් အောက်တိုဘာ ຕຸລາ",
    "تشرين_الثاني nov ноя лис νοε νοέ listopad kas نوفمبر נובמבר नवंबर พฤศจิกายน พ.ย "
    "নভেম্বর stud lapkr azaro நவம்பர் నవంబర్ نومبر نوامبر ліст қараша "
    "marrask nëntor noy noi nóv nob ნოე նոյ វិច្ឆិកា नोव्हेंबर नोभेम्बर નવેમ્બર ನವೆಂಬರ್ നവംബർ ਨਵੰਬਰ ное новем "
    "tachwedd samhain nuwamba nof نونبر נאָוועמבער නොවැම්බර් နိုဝင်ဘာ ພະຈິກ",
    "كانون_الأول كانون_الاول dec dez dic déc des дек гру δεκ gru pro ara ديسمبر דצמבר दिसंबर ธันวาคม ธ.ค "
    "ডিসেম্বর prosin gruod abendu டிசம்பர் డిసెంబర్ دسمبر دسامبر снеж желтоқсан "
    "jouluk dets dek dhjetor დეკ դեկ ធ្នូ डिसेंबर डिसेम्बर ડિસેમ્બર ಡಿಸೆಂಬರ್ ഡിസംബർ ਦਸੰਬਰ disy dise дец "
    "rhag nollaig diċ disamba ډسمبر ڊسمبر دجنبر דעצעמבער දෙසැම්බර් ဒီဇင်ဘာ ທັນວາ",
)
# What stands before the day of publication, and before that of a change: beginnings of words.
PUBLISHED = (
    r"publish|posted|oluşturul|eklenme|giriş|utworzeni|dodano|létrehoz|adăugat|ανάρτηση|καταχώρηση|veröffentlicht|erstellt|publié|publicado|pubblicato|gepubliceerd|publicerad|publisert|udgivet|julkaistu|publicat|"
    r"opublikowan|publikov|zveřejn|zverejn|megjelent|objavljeno|опубликован|опубліков|публикуван|δημοσι|yayın|diterbitkan|dipublikasikan|"
    r"xuất bản|公開|掲載|发布|發布|發佈|入力|登録|등록|입력|승인|송고|نشر|نُشر|انتشار|منتشر|פורסם|प्रकाशित|প্রকাশ|เผยแพร่|"
    r"avaldatud|publicēt|paskelbt|publikuo|објав|publikuar|dərc|gepubliseer|cyhoedd|argitarat|imechapishwa|გამოქვეყნ|հրապարակ|жариялан|"
    r"شائع|வெளியிட|ప్రచురి|പ്രസിദ്ധീ|нийтэл"
)
UPDATED = (
    r"updat|modif|revised|aktualisier|mise? à jour|actualiza|atualiza|aggiorna|bijgewerkt|uppdaterad|oppdatert|opdateret|päivitetty|"
    r"aktualiz|frissítve|ažurirano|обновл|оновлен|обновен|ενημ[εέ]ρ[ωώ]|επικαιροπ|güncel|diperbarui|cập nhật|更新|수정|업데이트|تحديث|"
    r"به.?روز|עודכן|अपडेट|আপডেট|হালনাগাদ|อัปเดต|อัพเดต|"
    r"actualitza|uppfært|uuendatud|atjauno|atjaunin|atnaujint|ажурирано|përditësuar|yenilən|opgedateer|diweddar|eguneratu|imesasishwa|"
    r"განახლ|թարմաց|шинэчил|жаңарт|اپ ڈیٹ|புதுப்பி|నవీకరి|അപ്‌?ഡേറ്റ്|የተሻሻለ"
)
_LIST = sorted(
    ((name.replace("_", " "), month) for month, names in enumerate(_MONTHS, 1) for name in set(names.split(" "))),
    key=lambda one: -len(one[0]),
)
_YEAR = r"(?P<year>(?:19|20|25)\d\d)"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th|er|º|\.|ی)?"
_TIME = r"(?:[T\s,]{1,3}(?P<hour>[0-2]?\d):(?P<minute>\d\d)(?::\d\d(?:\.\d+)?)?\s?(?P<zone>Z|[+-]\d\d:?\d\d)?)?"


def _one_of(names: Iterable[str]) -> str:
    """A pattern for any of these names, the first that fits; by their first letters, which is faster."""
    rests: dict[str, list[str]] = {}
    for name in names:
        rests.setdefault(name[0], []).append(re.escape(name[1:]))
    return "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in rests.items())


def _patterns(names: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    """How a day is written, with these beginnings of months' names."""
    month = rf"(?P<name>(?:{_one_of(names)})[^\W\d_]{{0,8}})\.?"
    return tuple(
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            rf"(?<!\d){_YEAR}(?:[-/]|\.\s?)(?P<month>[01]?\d)(?:[-/]|\.\s?)(?P<day>[0-3]?\d)(?!\d){_TIME}",
            rf"{_YEAR}\s?[年년]\s?(?P<month>[01]?\d)\s?[月월]\s?(?P<day>[0-3]?\d)\s?[日일]",
            rf"(?<![^\W\d_]){month}\s+{_DAY},?\s+(?:de |of )?{_YEAR}",
            rf"(?<!\d){_DAY}[\s\-]+(?:de |of |d'|ta['’] |ב)?{month}(?:/[^\W\d_]+)?,?[\s\-]+(?:de |del |of |พ\.ศ\.\s?)?(?:{_YEAR}|['’](?P<short>\d\d)\b)",
            # The year first: 2024. március 12., 2024 m. kovo 12 d., 2024. gada 12. marts
            rf"{_YEAR}(?:\.|ko)?\s(?:m\.\s)?{month}\s(?P<day>[0-3]?\d)(?!\d)",
            rf"{_YEAR}\.\sgada\s(?P<day>[0-3]?\d)\.\s{month}",
            r"(?:令和(?P<reiwa>\d\d?|元)|民國\s?(?P<minguo>\d\d\d?))\s?年\s?(?P<month>[01]?\d)\s?月\s?(?P<day>[0-3]?\d)\s?日",
            rf"(?<!\d)(?P<day>[0-3]?\d)\.\s?(?P<month>[01]?\d)\.\s?{_YEAR}",
            rf"(?<!\d)(?P<first>[0-3]?\d)[/\-](?P<second>[0-3]?\d)[/\-]{_YEAR}",
            r"(?<!\d)(?P<first>[0-3]?\d)[/.](?P<second>[0-3]?\d)[/.](?P<short>\d\d)(?!\d)",
            rf"ngày (?P<day>\d\d?) tháng (?P<month>\d\d?)(?: năm|,)? {_YEAR}",
        )
    )


_WRITTEN = _patterns(name for name, _ in _LIST)
_IN_ASCII = _patterns(name for name, _ in _LIST if name.isascii())
# What each of them holds.
_YEARLY = re.compile(r"(?:19|20|25)\d\d|['’]\d\d|令和|民國|\d[/.]\d\d?[/.]\d\d")
_CROATIA = re.compile(r"\d\d?\.\s?listopada", re.IGNORECASE)  # their October is Poland's November
# Before a date that became a bar; those of other languages are hardly ever taken for a name, or are people's names, too.
_WEEKDAY = re.compile(
    r"(?:^|\s)(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Senin|Selasa|Rabu|Kamis|Jum.?at|Sabtu|Minggu|"
    r"(?:lun|mar|mercre|jeu|vendre|same)di|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo|"
    r"(?:maan|dins|woens|donder|vrij|zater|zon)dag),?\s*(?=\|)"
)
_FIRST_YEAR, _FIRST_NEWSPAPER = 1990, 1605
_DIGIT = re.compile(r"\d")
_EPOCH = re.compile(r"(1\d{9})(?:\d{3})?")  # seconds, or milliseconds
# The days of Iran's calendar, whose year 1403 began in March 2024.
_SOLAR_MONTHS = "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند".split()  # noqa: SIM905
_SOLAR = re.compile(
    rf"(?<!\d)(?:(?P<day>\d\d?)\s+(?P<name>{'|'.join(_SOLAR_MONTHS)})(?:\s?ماه)?,?\s+(?P<year>1[34]\d\d)"
    r"|(?P<first>1[34]\d\d)[/-](?P<second>\d\d?)[/-](?P<third>\d\d?))(?!\d)"
)
# Digits of Arabic, Persian, Hindi, Bengali, Gurmukhi, Gujarati, Thai, Burmese and Khmer.
_DIGITS = {
    first + digit: str(digit)
    for first in (0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xE50, 0x1040, 0x17E0)
    for digit in range(10)
}


def when(text: str) -> datetime | None:
    """A moment as a machine writes it, in the offset it is said in; UTC where none is said.

    None outside the plausible window (1990 to two days from now).
    """
    text = text.strip()
    if epoch := _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(epoch[1]), UTC)
    for read in (datetime.fromisoformat, parsedate_to_datetime, _tidied):
        try:
            found = read(text)
            found = found.replace(tzinfo=found.tzinfo or UTC)
            found.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        return found if _plausible(found) else None
    return written(text)


def of_old(text: str) -> datetime | None:
    """A moment before 1990, as a machine writes it; None at the turn of a year, where programs begin to count."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    found = found.replace(tzinfo=found.tzinfo or UTC)
    begins = (found.month, found.day) in ((1, 1), (12, 30), (12, 31))
    return found if _FIRST_NEWSPAPER <= found.year < _FIRST_YEAR and not begins else None


@lru_cache(1_000)  # a page's readers ask about the same few lines
def written(text: str, *, month_first: bool = False) -> datetime | None:
    """The first date that a text holds as people write it, or None. `month_first`: how 03/04/2024 is meant."""
    places, text = [], _in_figures(text[:400])
    for pattern in _ways(text):
        for match in pattern.finditer(text):
            found = _made(match, month_first=month_first)
            if found is not None and _plausible(found):
                places.append((match.start(), -len(match[0]), found))
                break
    return min(places)[2] if places else None


@lru_cache(1_000)
def without_dates(text: str) -> str:
    """The text with a bar in place of every date and the day of the week before it."""
    if _DIGIT.search(text):
        text = told = _in_figures(text)
        for pattern in _ways(text):
            text = pattern.sub(" | ", text)
        if text != told:
            text = _WEEKDAY.sub(" ", text)
    return text


def _ways(text: str) -> tuple[re.Pattern[str], ...]:
    """The patterns that may find a day in a text."""
    if not _YEARLY.search(text):
        return ()
    return _IN_ASCII if text.isascii() else _WRITTEN


def _in_figures(text: str) -> str:
    """The text with the digits of other scripts as 0 to 9, and the days of Iran's calendar in that of the others."""
    text = text if text.isascii() else text.translate(_DIGITS)
    return _SOLAR.sub(_gregorian, text) if "13" in text or "14" in text else text


def _gregorian(match: re.Match[str]) -> str:
    """A day of Iran's calendar as YYYY-MM-DD; its leap years fall eight times in 33 years. What is none stays."""
    if match["name"]:
        year, month, day = int(match["year"]), _SOLAR_MONTHS.index(match["name"]) + 1, int(match["day"])
    else:
        year, month, day = (int(match[part]) for part in ("first", "second", "third"))
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return match[0]
    years = year - 979  # which began on 21 March 1600
    days = 365 * years + years // 33 * 8 + (years % 33 + 3) // 4 + 31 * (month - 1) - max(month - 7, 0) + day - 1
    return (date(1600, 3, 20) + timedelta(days)).isoformat()


def _made(match: re.Match[str], *, month_first: bool) -> datetime | None:
    parts = match.groupdict()
    year = _year(parts)
    if parts.get("first"):
        day, month = int(parts["first"]), int(parts["second"])
        if month > 12 or (month_first and day <= 12):
            day, month = month, day
    else:
        day = int(parts["day"])
        month = int(parts["month"]) if parts.get("month") else _month(parts["name"])
        month = 10 if _CROATIA.match(match[0]) else month
    zone = (parts.get("zone") or "Z").replace("z", "Z")
    clock = f"T{int(parts['hour']):02}:{parts['minute']}{zone}" if parts.get("hour") else "T00:00Z"
    try:
        return datetime.fromisoformat(f"{year:04}-{month:02}-{day:02}{clock}")
    except ValueError:
        return None


def _year(parts: dict[str, str | None]) -> int:
    if reiwa := parts.get("reiwa"):
        return 2018 + int(reiwa.replace("元", "1"))  # Japan counts from its emperor's first year
    if minguo := parts.get("minguo"):
        return 1911 + int(minguo)  # Taiwan from its republic's
    year = int(parts.get("year") or 0) or 2000 + int(parts.get("short") or 0)
    return year - 543 if year > 2500 else year  # Thailand from the Buddha's death


@lru_cache(1_000)
def _month(name: str) -> int:
    name = name.lower()
    return next(month for known, month in _LIST if name.startswith(known))


def _tidied(text: str) -> datetime:
    """ISO 8601 as it is often miswritten: `2024-01-23 10:00:00 +0100`, `…T10:00:00.1234567Z`, `…T10:00:00+1`."""
    match = re.match(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?\s*(Z|[+-]\d\d:?\d\d)?", text)
    if match is None:
        raise ValueError(text)
    return datetime.fromisoformat(f"{match[1]}T{match[2]}{match[3] or ''}")


def _plausible(moment: datetime) -> bool:
    return moment.year >= _FIRST_YEAR and moment < datetime.now(UTC) + timedelta(days=2)
