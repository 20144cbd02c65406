"""What an article's page shows now beside what was kept: the same, a touch, a new text, a notice; and when to look again.

Pure. An edit is minor if nothing but punctuation, white space, case or a counter changed, and none if only a line that
tells when the page was made or updated did. A retraction notice is no revision: the last good text stays.
"""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from storage.folding import NUMBER, fold

# After it was first seen: most edits come within the hour, nearly all within a day.
LADDER = tuple(timedelta(hours=hours) for hours in (1, 6, 24, 7 * 24, 30 * 24))
_WAITS = tuple(after - before for before, after in pairwise((timedelta(0), *LADDER)))
_SOONEST = LADDER[0]
_AGE_SHARE = 10  # what was just edited is looked at again after a tenth of its age, an hour at least
_STEP = 1.5  # a rung that is nearer than half of the age from now was as good as taken

_COUNTER_WORDS = 6  # a line of so few words in which only digits changed is a counter ("3 comments", "5 min read")
# Figures that are the news: scores, rates, prices.
_FIGURES = re.compile(
    r"\d\s?[-–:]\s?\d|[%٪‰]|[$€£¥₹₽₺₩฿]|\b(?:EUR|USD|GBP|CHF|JPY|CNY|INR)\b|[+−]\d|\d[.,]\d{1,2}\b(?![.,\d])"
)
_AGO = (
    r"\d+\s?[^\W\d_]+\.?\s+(?:ago|geleden|fa|temu|sedan|siden|sitten|önce|назад|тому|atrás|atras|पहले|ที่แล้ว|trước|yang lalu|lalu)\b|"
    r"\b(?:vor|il y a|hace|há|acum|πριν|منذ|לפני)\s+\d+\s?[^\W\d_]+|"
    r"\d+\s?(?:秒|分|分钟|分鐘|小时|小時|時間|天|日|초|분|시간|일)\s?(?:前|전)"
)
_NOTHING_BUT_AGO = re.compile(rf"\W*(?:{_AGO})\W*", re.IGNORECASE)
# A moment, as a page tells when it was made: with the word before it, which may be the day of the week.
_MOMENT = re.compile(
    r"(?:[^\W\d_]+[.,]{0,2}\s+)?(?:"
    r"(?<!\d)\d{4}\s?[-/.年년]\s?\d\d?\s?[-/.月월]\s?\d\d?(?!\d)\s?[日일]?|"
    r"(?<!\d)\d\d?(?:\.|st|nd|rd|th|er|º)?\s+(?:de\s+|of\s+)?[^\W\d_]{3,12}\.?,?\s+(?:de\s+|of\s+)?\d{4}|"
    r"(?<![^\W\d_])[^\W\d_]{3,12}\.?\s+\d\d?(?:st|nd|rd|th)?,\s+\d{4}|"
    r"(?<![\d./])\d\d?[./]\s?\d\d?[./]\s?\d{2,4}(?!\d)|"
    r"(?<![\d:])[0-2]?\d(?:[:h][0-5]\d(?::[0-5]\d)?|\.[0-5]\d(?=\s?(?:uhr|h\b)))(?![\d:])(?:\s?[ap]\.?m\b\.?)?(?:\s?(?:uhr|h|gmt|utc|[a-z]{1,3}t)\b)?|"
    rf"{_AGO})",
    re.IGNORECASE,
)
_STAMP = re.compile(
    r"updat|modif|revis|refresh|generat|render|publish|posted|retrieved|last (?:checked|changed)|\bstand\b|aktualis|geändert|"
    r"veröffentl|erstellt|abgerufen|mise? à jour|publié|actualiz|publicad|aggiorn|pubblicat|bijgewerkt|gewijzigd|gepubliceerd|"
    r"uppdater|publicer|oppdater|publiser|opdater|päivit|julkaist|обновл|измен[её]н|опубликов|оновлен|aktualiz|zmienion|frissít|"
    r"güncel|yayın|ενημέρ|更新|发布|發布|公開|配信|수정|업데이트|등록|입력|تحديث|עודכן|अपडेट|प्रकाशित|อัปเดต|cập nhật|diperbarui",
    re.IGNORECASE,
)
_LONGEST_STAMP = 120  # characters
_ANY_DIGIT = re.compile(r"\d")
_STAMP_WORDS = 5  # beside the moments in a line that tells them
_SENTENCE_END = re.compile(r"[.!?。！？।؟…][\"'”’»)]*\s*$")
_NOTICE_WORDS = 120  # a notice is short, and
_A_WORD = 12  # characters, at most, on average
_LONGEST_NOTICE = (_NOTICE_WORDS + 1) * _A_WORD
_NOTICE_SHARE = 0.5  # shorter than half of the article

_LABEL = re.compile(
    r"^\W*(?:retracted|retraction|withdrawn|kill(?:ed)? notice|mandatory kill)\b\s*[:–—\-\]]", re.IGNORECASE
)
_NOTICE = re.compile(
    r"\b(?:article|story|report|post|page|piece|item|column|content|headline\w*)\b.{0,160}?\b(?:(?:has|have|had) been|was|were|is|are)\s+"
    r"(?:\w+ )?(?:retracted|withdrawn|removed|deleted|taken down|unpublished|no longer available)|"
    r"\b(?:retracted|withdrawn|removed|taken down|unpublished)\b.{0,60}\b(?:this|the|our) (?:article|story|report|post|piece|column)\b|"
    r"\bno longer available\b|\bmandatory kill\b|\bkill notice\b|\bretraction notice\b|"
    r"(?:artikel|beitrag|text|bericht|meldung)\b.{0,120}?(?:zurückgezogen|gelöscht|entfernt|depubliziert|nicht mehr verfügbar)|"
    r"(?:article|dépêche|texte|contenu)\b.{0,120}?(?:a été|est) (?:retiré|supprimé|dépublié)|n.est plus disponible|"
    r"(?:artículo|noticia|nota|contenido|texto)\b.{0,120}?(?:ha sido|fue) (?:retirad|eliminad|borrad)|ya no está disponible|"
    r"(?:articolo|contenuto|notizia)\b.{0,120}?(?:è stat\w|sono stat\w) (?:rimoss|ritirat|cancellat)|non è più disponibile|"
    r"(?:artigo|notícia|conteúdo|texto|matéria)\b.{0,120}?foi (?:retirad|removid|apagad|excluíd)|já não está disponível|"
    r"(?:artikel|bericht|stuk)\b.{0,120}?(?:verwijderd|ingetrokken|teruggetrokken)|"
    r"(?:artikeln|texten|inlägget|artiklen|artikkelen)\b.{0,120}?(?:avpublicerad|borttagen|tagits bort|trukket|fjernet|afpubliceret)|"
    r"artyku\w+.{0,120}?(?:usunięt|wycofan)|(?:стать[яию]|материал|публикаци\w+|новость).{0,120}?(?:удал[её]н|снят|отозван)|"
    r"(?:статт[яю]|матеріал|публікаці\w+).{0,120}?(?:видален|знят|відкликан)|(?:haber|makale|içerik|yazı)\b.{0,120}?(?:kaldırıl|silin|yayından)|"
    r"(?:文章|报道|報道|新闻|新聞|稿件|记事|記事|内容).{0,40}?(?:撤回|撤稿|删除|刪除|下架|削除|取り下げ|取り消)|기사.{0,40}?(?:삭제|철회)|"
    r"(?:المقال|الخبر|التقرير).{0,80}?(?:حذف|سحب|إزالة)|(?:حذف|سحب|إزالة).{0,40}?(?:المقال|الخبر|التقرير)|(?:הכתבה|המאמר|הידיעה).{0,80}?(?:הוסר|נמחק)|"
    r"(?:लेख|खबर|ख़बर).{0,80}?(?:हटा|वापस ले)|(?:άρθρο|είδηση).{0,80}?(?:αποσύρ|διαγράφ|αφαιρέ)",
    re.IGNORECASE | re.DOTALL,
)


class Change(StrEnum):
    """How an article differs from what was kept of it."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    RETRACTED = "retracted"


def judge(old: tuple[str, str], new: tuple[str, str]) -> Change:
    """How the second (title, text) differs from the first."""
    if old == new or (old[0] == new[0] and _timeless(old[1]) == _timeless(new[1])):
        return Change.NONE
    if is_retraction(*new, was=old):
        return Change.RETRACTED
    return Change.MINOR if _touched(*old) == _touched(*new) else Change.MAJOR


def is_retraction(title: str, text: str, was: tuple[str, str]) -> bool:
    """Whether a page says that its article, which was (title, text), is withdrawn."""
    if _LABEL.match(title) and not _LABEL.match(was[0]):
        return True
    return _length(text) <= _length(was[1]) * _NOTICE_SHARE and is_notice(title, text)


def is_notice(title: str, text: str) -> bool:
    """Whether a text is short and says that an article was taken away."""
    short = len(text) <= _LONGEST_NOTICE and _length(text) <= _NOTICE_WORDS
    return short and _NOTICE.search(f"{title}\n{text}") is not None


def next_visit(
    first_seen: datetime, now: datetime, *, changed: bool, waited: timedelta | None = None
) -> datetime | None:
    """When an article that was just looked at is looked at again; None: no more.

    `waited`: how long this visit was put off when it was planned, if it was. By that the rungs are taken where the age
    is far beyond them all: a clock that was behind may have seen the article first.
    """
    age = max(now - first_seen, timedelta(0))  # a clock that was ahead may have seen it first
    planned = next((now - age + rung for rung in LADDER if rung >= max(age * _STEP, _SOONEST)), None)
    if age > LADDER[-1] * _STEP and waited is not None:
        planned = next((now + wait for wait in _WAITS if wait >= waited * _STEP), None)
    if not changed:
        return planned
    soon = now + max(age / _AGE_SHARE, _SOONEST)
    return min(planned, soon) if planned else soon


def _touched(title: str, text: str) -> tuple[str, str]:
    """What is left of a text without what a minor edit touches."""
    lines = (fold(NUMBER.sub("", line) if _is_counter(line) else line) for line in _timeless(text).splitlines())
    return fold(title), "".join(lines)


def _timeless(text: str) -> str:
    """The text without the moments in lines that tell when the page was made or updated."""
    return "\n".join(map(_without_stamp, text.splitlines()))


def _without_stamp(line: str) -> str:
    if len(line) > _LONGEST_STAMP or not _ANY_DIGIT.search(line):
        return line
    if _NOTHING_BUT_AGO.fullmatch(line):
        return ""
    rest = _MOMENT.sub("", line)
    told = rest != line and not _ANY_DIGIT.search(rest) and len(rest.split()) <= _STAMP_WORDS and _STAMP.search(line)
    return fold(rest) if told else line  # else it may be news: "Kick-off 20:30", "2 May 2026" in a list of fixtures


def _is_counter(line: str) -> bool:
    return len(line.split()) <= _COUNTER_WORDS and not _SENTENCE_END.search(line) and not _FIGURES.search(line)


def _length(text: str) -> int:
    """Words; in scripts without spaces, a third of the characters that follow each other."""
    return max(len(text.split()), len(text) // _A_WORD)
