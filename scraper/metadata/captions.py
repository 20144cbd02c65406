"""A picture's caption and its credit, apart. Pure."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice, takewhile

from selectolax.lexbor import LexborNode

from scraper.blocks import ancestors
from scraper.metadata.fields import line
from scraper.metadata.people import AGENCIES, SENTENCE_END, is_person

_PICTURE = (
    r"(?:photo(?:graph|graphie|graphy)?s?|images?|pictures?|foto(?:grafía|grafia|ğraf)?s?|bild(?:er)?|kuva|valokuva|zdjęcie|fot\.|snímek|"
    r"imagen|immagine|φωτογραφία|фото(?:графия)?|світлина|תצלום|צילום|عکس|صورة|फोटो|छायाचित्र|ছবি|ภาพ|ảnh|写真|圖片|图片|图|圖|사진|"
    r"mynd|argazkia|grianghraf|llun|ritratt|larawan|hoto|sawir|isithombe|фота|ਫੋਟੋ|તસવીર|ఫోటో|ഫോട്ടോ|ಚಿತ್ರ|انځور|وێنە|تصوير|תמונה|פֿאָטאָ)"
)
_LABEL = (
    rf"(?:(?:{_PICTURE} )?(?:credits?|crédits?(?: photo)?|quelle|fuente|fonte|źródło|источник|джерело|kaynak|"
    rf"copyright)|{_PICTURE})"
)
_BY = r"(?:(?:credit |courtesy )?(?:by|of|von|par|por|di|de|da|av|af|door|przez)\b|courtesy\b|credit\b)"
_NAMED = rf"(?:{_LABEL}\s*(?:[:：]|\.\.\.|…)|©|\(c\)|fot\.|nuotr\.)(?:\s*[:：©])*\s*"
# A label within a sentence is none: "A credit to the team", "in this photo: the bridge".
_BREAK = r"(?:^|(?<=[.!?…。！？؟।”\"»)）])\s*|\s*[|–—]\s*|\s+[/-]\s*)"
_LABELLED = re.compile(
    rf"(?:{_BREAK}(?:{_NAMED}|{_LABEL}\s+{_BY}\s*)|\s(?=[^\W\d_])(?-i:(?![a-z])){_NAMED})(?P<who>\S.{{1,79}})$",
    re.IGNORECASE,
)
_BARELY_LABELLED = re.compile(rf"(?:{_BREAK}|\s(?=(?-i:(?![a-z]))\S)){_LABEL}\s+(?P<who>\S.{{1,79}})$", re.IGNORECASE)
_LABEL_FIRST = re.compile(rf"(?:{_NAMED}|{_LABEL}\s+(?:{_BY}\s*)?)(?=\S)", re.IGNORECASE)
_LABEL_ALONE = re.compile(rf"{_LABEL}\s*(?:[:：]|\.\.\.|…)?", re.IGNORECASE)
_BRACKETED = re.compile(r"(?P<open>[(\[（【])(?P<who>(?:[^()\[\]（）【】]|\([^()]*\)){2,80})[)\]）】]+\W{0,2}$")
_AGENCY = re.compile(
    rf"(?:^|[\s/(,|])(?:{AGENCIES}|रॉयटर्स|पीटीआई|পিটিআই|رويترز|ایسنا|ایرنا|укрінформ|απε-μπε|中央社|ttxvn|čtk|pap|"
    r"getty(?: images)?|shutterstock|unsplash|alamy|imago|"
    r"picture[ -]alliance|epa(?:-efe)?)\)?$",
    re.IGNORECASE,
)
# A slash that leans on the name behind it ("/연합뉴스") parts it from the caption, one between spaces parts two names.
_TAIL = re.compile(
    r"(?:^|(?<=[.!?…。！？؟।])\s*|\s+/(?=\S))(?P<who>[^.!?…。！？؟।\s](?:(?!\s/\S)[^.!?…。！？؟।]){1,59})$"
)
_GLUED = re.compile(r"(?<=[.!?…])\0(?=[^\W\d_])")
_CREDIT_MARKS = re.compile(
    r"credit|copyright|photographer|fotograf|byline|bildquelle|(?:^|[\s_-])(?:source|quelle|autor|author)",
    re.IGNORECASE,
)
_UNSEEN = re.compile(r"sr-only|screen-?reader|visually-?hidden", re.IGNORECASE)
_WITHOUT_TEXT = frozenset(("script", "style", "button", "svg", "noscript", "template"))
_STYLES = frozenset(("a", "b", "em", "i", "strong", "sub", "sup", "u", "cite"))
_LONGEST = 80
_MOST_WORDS = 5
_MOST_RUNS = 60
_MOST_NODES = 1000


def apart(text: str) -> tuple[str, str]:
    """The caption and the credit in a line of text; either may be ''."""
    text = line(text)[:1000]
    for pattern, fits in ((_LABELLED, _is_name), (_BARELY_LABELLED, _is_signature)):
        labelled = pattern.search(text, max(0, len(text) - 2 * _LONGEST))
        if labelled and fits(labelled["who"]) and not _is_open(text[: labelled.start()]):
            return text[: labelled.start()].strip(), labelled["who"].strip()
    bracketed = _BRACKETED.search(text)
    if bracketed and _is_credit(bracketed, text[: bracketed.start()]):
        return text[: bracketed.start()].strip(), _without_label(bracketed["who"])
    tail = _TAIL.search(text)
    if tail and _AGENCY.search(tail["who"]) and _is_signature(tail["who"]):
        return text[: tail.start()].strip(), tail["who"].strip()
    return text, ""


def shown_apart(figcaption: LexborNode) -> tuple[str, str]:
    """The caption and the credit in the element that shows them: by their places in it, else by their words."""
    runs = list(_runs(figcaption))
    texts = [text for text, _, _ in runs]
    marked = [is_credit for _, is_credit, _ in runs]
    labels = (place for place, text in enumerate(texts[:-1]) if place and _LABEL_ALONE.fullmatch(text.strip()))
    if label := next(labels, 0):
        return _joined(texts[:label]), _joined(texts[label + 1 :])
    if any(marked) and not all(marked):
        caption = _joined(text for text, is_credit, _ in runs if not is_credit)
        return apart(caption)[0], _without_label(_joined(text for text, is_credit, _ in runs if is_credit))
    rest, last = _joined(texts[:-1]), _joined(texts[-1:])
    if runs and runs[-1][2] and rest and (_stands_alone(last) or (is_person(last) and _says_more(rest))):
        return rest, _without_label(last)
    caption, credit = apart(_joined(texts))
    is_credit = any(marked) and not credit and "caption" not in (figcaption.attributes.get("class") or "")
    return ("", caption) if is_credit else (caption, credit)


def _joined(texts: Iterable[str]) -> str:
    """Texts as they stand side by side, but apart where one ends with its sentence."""
    return line(_GLUED.sub(" ", "\0".join(texts)).replace("\0", ""))


def _says_more(rest: str) -> bool:
    """Whether what stands before a person's name is the caption of who made the picture: neither a name nor a label."""
    return not is_person(rest) and rest[-1] not in ":："


def _stands_alone(last: str) -> bool:
    """Whether what the last element says is a credit: it names an agency, or is labelled."""
    return len(last) <= _LONGEST and (_is_signature(last) or apart(last)[0] == "")


def _is_name(text: str) -> bool:
    """Whether what stands behind a label may be who made the picture, and is no sentence."""
    if text[0].islower() and not _AGENCY.search(text):
        return False
    return text.count(" ") < _MOST_WORDS or not SENTENCE_END.search(text)


def _is_signature(text: str) -> bool:
    """Whether it is the name of an agency, or two names and a slash: "Carlos Ruiz (EFE)", "Reuters", "Berg/Herald"."""
    found = _AGENCY.search(text)
    names = (text[: found.start()] if found else text.replace("/", " ")).split()
    return (
        (found is not None or "/" in text) and len(names) < _MOST_WORDS and not any(one[0].islower() for one in names)
    )


def _is_open(text: str) -> bool:
    return text.count("(") > text.count(")") or text.count("[") > text.count("]")


def _is_credit(bracketed: re.Match[str], before: str) -> bool:
    who = bracketed["who"].strip()
    if who[:1].islower() or any(one.isdigit() for one in who) or not any(one.isalpha() for one in who):
        return False
    told = "/" in who or _AGENCY.search(who) is not None or _without_label(who) != who
    return (
        told or bracketed["open"] in "[【" or (SENTENCE_END.search(before) is not None and not SENTENCE_END.search(who))
    )


def _without_label(credit: str) -> str:
    label = _LABEL_FIRST.match(credit)
    rest = credit[label.end() :] if label else ""
    return credit.strip() if not rest or rest[0].islower() else rest.strip()


def _runs(figcaption: LexborNode) -> Iterator[tuple[str, bool, bool]]:
    """The texts in it, in order: whether one is marked as a credit, and whether it is an element of its own."""
    count, gap = 0, ""
    for node in islice(figcaption.traverse(include_text=True), _MOST_NODES):
        if node.tag != "-text" or not (text := node.text_content or "").strip():
            gap = " " if node.tag == "-text" else gap
            continue
        text, gap = gap + text, ""
        count += 1
        if count > _MOST_RUNS:
            return
        around = [*takewhile(lambda one: one.mem_id != figcaption.mem_id, ancestors(node)), figcaption]
        marks = " ".join(one.attributes.get("class") or "" for one in around)
        if any(one.tag in _WITHOUT_TEXT for one in around) or _UNSEEN.search(marks):
            continue
        inner = [one for one in around if one.tag not in _STYLES]
        if inner[0].tag not in ("span", "figcaption"):
            text = f" {text} "
        yield text, _CREDIT_MARKS.search(marks) is not None, len(inner) > 1
