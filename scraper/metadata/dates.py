"""Dates as people write them: in figures or with the names of months, in the languages of most news. Pure."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

# The names of each month, January first, as far as they tell it from the others; they may be inflected.
_MONTHS = (
    "jan jän gen ene янв січ ιαν sty led ocak oca يناير كانون\xa0الثاني ינואר जनवरी มกราคม ม.ค január janv",
    "feb fév fev feb фев лют φεβ lut úno şub فبراير שבاط שבט פברואר फरवरी กุมภาพันธ์ ก.พ febr",
    "mar mär mrz maa маp мар бер μαρ μάρ bře mart مارس מרץ मार्च มีนาคม มี.ค márc mars maart",
    "apr avr abr апр кві απρ kwi dub nis أبريل אפריל अप्रैल เมษายน เม.ย ápr",
    "may mai mag maj mei май мая тра μαΐ μάι μαι kvě mayıs مايو מאי मई พฤษภาคม พ.ค máj maj",
    "jun juin giu июн чер ιουν ιούν cze červn czerw haziran haz يونيو יוני जून มิถุนายน มิ.ย jún",
    "jul juil lug июл лип ιουλ ιούλ lip července temmuz tem يوليو יולי जुलाई กรกฎาคม ก.ค júl",
    "aug aoû ago авг сер αυγ αύγ sie srp ağu أغسطس אוגוסט अगस्त สิงหาคม ส.ค august",
    "sep set сен вер σεπ wrz zář eyl سبتمبر ספטמבר सितंबर กันยายน ก.ย szept",
    "oct okt ott out окт жов οκτ paź říj eki أكتوبر אוקטובר अक्टूबर ตุลาคม ต.ค",
    "nov ноя лис νοε νοέ listopadu kas نوفمبر נובמבר नवंबर พฤศจิกายน พ.ย",
    "dec dez dic déc des дек гру δεκ gru pro ara ديسمبر דצמבר दिसंबर ธันวาคม ธ.ค",
)
# What stands before the day of publication, and before that of a change: beginnings of words.
PUBLISHED = (
    r"publish|posted|veröffentlicht|erstellt|publié|publicado|pubblicato|gepubliceerd|publicerad|publisert|udgivet|julkaistu|publicat|"
    r"opublikowan|publikov|zveřejn|zverejn|megjelent|objavljeno|опубликован|опубліков|публикуван|δημοσι|yayın|diterbitkan|dipublikasikan|"
    r"xuất bản|公開|掲載|发布|發布|發佈|入力|登録|등록|입력|نشر|نُشر|انتشار|منتشر|פורסם|प्रकाशित|প্রকাশ|เผยแพร่"
)
UPDATED = (
    r"updat|modif|revised|aktualisiert|mis à jour|actualizado|atualizado|aggiornat|bijgewerkt|uppdaterad|oppdatert|opdateret|päivitetty|"
    r"actualizat|aktualiz|frissítve|ažurirano|обновл|оновлен|обновен|ενημερώθ|επικαιροπ|güncel|diperbarui|cập nhật|更新|수정|تحديث|"
    r"به.?روز|עודכן|अपडेट|আপডেট|হালনাগাদ|อัปเดต|อัพเดต"
)
_LIST = sorted(
    ((name, month) for month, names in enumerate(_MONTHS, 1) for name in set(names.split(" "))),
    key=lambda one: -len(one[0]),
)
_NAMES = "|".join(re.escape(name) for name, _ in _LIST)
_MONTH = rf"(?P<name>(?:{_NAMES})[^\W\d_]{{0,8}})\.?"
_YEAR = r"(?P<year>(?:19|20|25)\d\d)"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th|er|º|\.)?"
_TIME = r"(?:[T\s,]{1,3}(?P<hour>[0-2]?\d):(?P<minute>\d\d)(?::\d\d(?:\.\d+)?)?\s?(?P<zone>Z|[+-]\d\d:?\d\d)?)?"
_WRITTEN = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<!\d){_YEAR}[-/.](?P<month>[01]?\d)[-/.](?P<day>[0-3]?\d)(?!\d){_TIME}",
        rf"{_YEAR}\s?[年년]\s?(?P<month>[01]?\d)\s?[月월]\s?(?P<day>[0-3]?\d)\s?[日일]",
        rf"(?<![^\W\d_]){_MONTH}\s+{_DAY},?\s+(?:de |of )?{_YEAR}",
        rf"(?<!\d){_DAY}[\s\-]+(?:de |of |d')?{_MONTH},?[\s\-]+(?:de |del |of )?{_YEAR}",
        rf"(?<!\d)(?P<day>[0-3]?\d)\.\s?(?P<month>[01]?\d)\.\s?{_YEAR}",
        rf"(?<!\d)(?P<first>[0-3]?\d)[/\-](?P<second>[0-3]?\d)[/\-]{_YEAR}",
        r"(?<!\d)(?P<first>[0-3]?\d)[/.](?P<second>[0-3]?\d)[/.](?P<short>\d\d)(?!\d)",
        rf"ngày (?P<day>\d\d?) tháng (?P<month>\d\d?)(?: năm|,)? {_YEAR}",
    )
)
_FIRST_YEAR = 1990
_DIGIT = re.compile(r"\d")


def when(text: str) -> datetime | None:
    """A moment as a machine writes it, in the offset it is said in; UTC where none is said.

    None outside the plausible window (1990 to two days from now).
    """
    text = text.strip()
    for read in (datetime.fromisoformat, parsedate_to_datetime, _tidied):
        try:
            found = read(text)
            found = found.replace(tzinfo=found.tzinfo or UTC)
            found.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        return found if _plausible(found) else None
    return written(text)


@lru_cache(1_000)  # a page's readers ask about the same few lines
def written(text: str, *, month_first: bool = False) -> datetime | None:
    """The first date that a text holds as people write it, or None. `month_first`: how 03/04/2024 is meant."""
    places = []
    for pattern in _WRITTEN:
        for match in pattern.finditer(text[:400]):
            found = _made(match, month_first=month_first)
            if found is not None and _plausible(found):
                places.append((match.start(), -len(match[0]), found))
                break
    return min(places)[2] if places else None


@lru_cache(1_000)
def without_dates(text: str) -> str:
    """The text with a bar in place of every date."""
    if _DIGIT.search(text):
        for pattern in _WRITTEN:
            text = pattern.sub(" | ", text)
    return text


def _made(match: re.Match[str], *, month_first: bool) -> datetime | None:
    parts = match.groupdict()
    year = int(parts.get("year") or 0) or 2000 + int(parts["short"])
    year -= 543 if year > 2500 else 0  # Thailand counts from the Buddha's death
    if parts.get("first"):
        day, month = int(parts["first"]), int(parts["second"])
        if month > 12 or (month_first and day <= 12):
            day, month = month, day
    else:
        day = int(parts["day"])
        month = int(parts["month"]) if parts.get("month") else _month(parts["name"])
    zone = (parts.get("zone") or "Z").replace("z", "Z")
    clock = f"T{int(parts['hour']):02}:{parts['minute']}{zone}" if parts.get("hour") else "T00:00Z"
    try:
        return datetime.fromisoformat(f"{year:04}-{month:02}-{day:02}{clock}")
    except ValueError:
        return None


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
