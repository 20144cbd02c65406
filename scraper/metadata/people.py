"""Persons out of bylines: without "By", roles, agencies, dates and addresses. Pure."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from unicodedata import category

from scraper.metadata.dates import PUBLISHED, UPDATED, without_dates
from scraper.metadata.fields import line
from storage.folding import fold

# A byline begins with one of these; some languages put it behind the name, which does no harm.
BY = re.compile(
    r"^\W{0,3}(?:(?:ein[e]? )?(?:kommentar|analyse|gastbeitrag|interview|essay|bericht|reportage|analysis|opinion|commentary|article|(?:blog ?)?post) (?:by|von)|by|von|par|por|de|di|da|door|av|af|od|przez|от|авторы?|автори|autore[ns]?|autor(?:in(?:nen)?)?(?:/autor)?|auteur|auteure|(?:text|texte|texto|testo|teksti?|texten|szöveg|текст|κείμενο|metin|words|story)(?:\s(?:and|und|et|e|y|i|og|och|en|&)\s(?:photo|foto|bild)\w*)?(?:\sde|(?=\s?[:：]|\s(?:by|von|par|por|av|af|da|di)\b))|"
    r"(?:this|the) (?:post|article|story|blog|guide) (?:was|is) written|"
    r"reporter|journalist|submitted|author(?:s|\(s\))?,?|contributors?|written|reported|posted|published|écrit|escrito|"
    r"geschrieben|scritto|yazan|yazar|penulis|oleh|piše|píše|haber|tác giả|本[报報网網刊社][记記]者|作者|责编|責編|文|記者|记者|撰文|(?:編集|論説)委員|oprac(?:\.|ował[ai]?|owanie)|기자명?|글|بقلم|نوشته|نویسنده|خبرنگار|به قلم|โดย|লেখক|ავტორი|szerző|autors|autorius|avtor(?:ica)?|հեղինակ|ዘጋቢ|ដោយ|كتبت?|כתב|مאת|מאת|लेखक|Συντάκτης|του|της|"
    r"deur|nga(?=\s?:|\s\S+\s\S)|egilea|muallif|müəllif|пише|пишува|аўтар|бичсэн|waxaa? qoray|láti ọwọ́|ਲੇਖਕ|લેખક|రచయిత|ലേഖ(?:കൻ|ിക)|ಲೇಖಕರು|ලියුවේ|ရေးသားသူ|ໂດຍ|لیکوال|نووسەر|لکندڙ|פֿון)"
    r"(?:\s(?:by|von|par|por|av|af|da|di))?(?=[\s:：|/／・՝፦-]|[\u4e00-\u9fff]{2,4}[/／])\s*[:：|/／・՝፦-]?\s*",
    re.IGNORECASE,
)
_BY_ITSELF = re.compile(r"\b(?:by|von|par|por|av|af|door|przez|oleh|от|作者|بقلم|מאת)\W*$", re.IGNORECASE)
_LATER_BY = re.compile(r"(?:\b(?:by|von|par|por)|(?<!\S)โดย)\s+(?=[^\W\d_])", re.IGNORECASE)
_OTHERS = re.compile(
    r"(?<!\W)\W*+\b(?:(?:medically |clinically |expert |legally )?(?:reviewed|edited|checked|illustrat\w+|photograph\w*|translated|updated|produced)"
    r" by|(?:photos?|pictures?|images?|graphics?|fotos?|bilder)\s(?:by|von|par|por|de|di|av)|fact[- ]?check\w*|(?:reviewers?|editors?)(?=\s?[:：]))\b.*",
    re.IGNORECASE | re.DOTALL,
)
_SPLIT = re.compile(
    r"\s*(?:[,;|•·、，/／]|\s[–—-]\s|&|\+|\b(?:and|und|with|(?-i:et|og|och|ja|ve|mit|avec|con|dan))\b|(?-i:\s(?:en|e|y|i|и|та|και|و)\s(?!\w+$)))\s*",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"\s*(?:[(\[<]|\s\S*@|\s기자\b|\b(?:last|on|in|for|at|min read|minutes?|contributors?|photograph(?:y|er))\b|"
    rf"\b(?:{PUBLISHED}|{UPDATED})|\d).*",
    re.IGNORECASE | re.DOTALL,
)
_ROLE = re.compile(
    r"\b(?:admin|administrator|editors?|reporter|correspondent|writer|contributor|contributing|staff|redakteur\w*|redaktion\w*|"
    r"redaction|rédaction|redacción|redazione|redakcja|redactie|redaç[ãõ]o|redacção|redacția|redacció|redakce|redakcia|redakcija|redaksi|redaktsioon|"
    r"toimitus|szerkesztőség|редакція|редакцията|редакција|haber merkezi|ban biên tập|journalist\w*|author|autorin|columnist|producer|manager|"
    r"director|expert|ceo|cto|founder|co-founder|specialist|analyst|officer|president|professor|fellow|intern|team|desk|"
    r"newsroom|bureau|guest|senior|chief|head of|experte|mitarbeiter\w*|korrespondent\w*|periodista|journaliste|редакция|редактор|"
    r"корреспондент|編集部|特派員|编辑|責任編集|责编)\b",
    re.IGNORECASE,
)
# A group with a name of its own ("The Citizen Staff") is named where no person is.
_GROUP = re.compile(
    r"(?:[Tt]he )?(?!(?:our|web|digital|news|editorial|guest|senior|staff|content|admin|site|contributing)\b)[A-Z][\w.'’-]*(?: [A-Z&][\w.'’-]*){0,2}"
    r" (?:Editorial )?(?:Staff|Team)|[^\W\d]{2,12}-Redaktion"
)
AGENCIES = (
    r"(?:the )?(?:reuters|ap|afp|dpa(?:-\w+)?|associated press|agence france[- ]presse|tass|тасс|xinhua|ansa|efe|pti|ians|upi|"
    r"ani|apa|sda|keystone-sda|sid|kna|epd|rtr|ntb|ritzau|tt|belga|anp|lusa|interfax|интерфакс|риа новости|bloomberg|"
    r"press association|pa media|canadian press|kyodo|共同|共同通信|時事|时事|新华社|yonhap|연합뉴스|pr newswire|globe newswire|"
    r"wire reports?|news agency|agencies|agencias|agenturen|nachrichtenagentur(?:en)?)"
)
_AGENCY = re.compile(rf"{AGENCIES}$", re.IGNORECASE)
_WITH_AGENCY = re.compile(rf"(?P<name>\S+ \S.*?)(?: (?:y|e|i|и|en))? (?P<agency>{AGENCIES})$", re.IGNORECASE)
_ORGANISATION = re.compile(
    r"\b(?:news|times|media|press|magazine|nachrichten|online|tv|radio|inc|llc|ltd|gmbh|universi\w+|uniwersytet|institute|association|"
    r"network|group|company|foundation|council|department|agency|today|daily|journal|post|blog|studio|the|our|your)\b|"
    r"\.(?:com|org|net|de|fr|co|io)\b",
    re.IGNORECASE,
)
# How sentences end in most scripts, and behind them closing marks.
SENTENCE_END = re.compile(r"[.!?…。！？؟।]\W*$")
_CREDENTIAL = re.compile(r"^(?:[A-Z]{2,6}|[A-Z][a-z]?\.?[A-Z][a-zA-Z]?\.?|Ph\.?D\.?|M\.?D\.?|Jr\.?|Sr\.?|RN|Esq\.?)$")
_NOBODY = re.compile(
    r"https?:|www\.|@|[{}<>=_:：©®]|\b(?:view|see|read|browse|all|more|share|follow|click|posts?|articles?|stories|profile|bio|"
    r"subscribe|comments?|email|twitter|facebook|home|about|contact|none|null|undefined|unknown|anonymous|image|photo|"
    r"reading time|filed under|text size|policy|terms|table of|categor(?:y|ies)|tags|related|print|updated|sign up|log ?in|menu|search|"
    r"sponsored|advertisement|next|previous|gesponsert\w*|anzeige|werbung|vorherige[rns]?|nächste[rns]?|précédent|suivant|anterior|siguiente|"
    r"lesezeit|temps de lecture|tiempo de lectura|tempo di lettura|leestijd)\b|"
    r"[摄攝]$|撮影$|^(?:分享|转发|轉發|收藏|举报|评论|شارك\b)|^(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?$",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    "de del della di da dos das do van von der den ten ter zu zum zur vom la le el al bin ibn ben y e af av du d' o' st. und".split()  # noqa: SIM905
)
# Cities of two words, which stand behind a name or a role.
_PLACE = re.compile(
    r"(?:new (?:york|delhi)|los [aá]ngeles|buenos aires|san francisco|hong kong|s[aã]o paulo|rio de janeiro|belo horizonte|porto alegre|"
    r"tel aviv|kuala lumpur|addis ab[ae]ba|abu dhabi|cape town|den haag|las vegas|mexico city|washington,? d\.?c\.?)$",
    re.IGNORECASE,
)
_SPACELESS_NAME = re.compile(
    r"[\u4e00-\u9fff]{2,5}|[\uac00-\ud7a3]{2,4}|[\u4e00-\u9fff]{2,4}[\u30a0-\u30ff]{0,4}|[А-ЯӨҮ][а-яөү]?\.[А-ЯӨҮ][а-яөү]{2,}"
)
_SPACELESS_PAPER = re.compile(r"(?:[報报社網网台]|[報报][導导道]|新聞|新闻|通信|일보|신문|뉴스)$")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")  # Korean names are one word; those of foreigners two
_LATIN = re.compile(r"[A-Za-z]")
_TITLE = re.compile(r"^(?:(?:dr|prof|mag|ing|dipl)\.?[ -]+)+", re.IGNORECASE)
_HAN_NAMES = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff]{2,3}(?:\s|$))")  # 记者 张三 李四
_MOST = 60
_LONGEST = 400
_ACRONYM = 5
_FEW = 4
_MOST_BESIDE = 1 / 3  # share of the words of a byline that are no names
_SHORTEST_SENTENCE = 20  # letters, where no capitals tell names from other words
_AROUND = " .,:;|-–—*\"'“”•·）〕】"


def people(names: Iterable[str]) -> tuple[str, ...]:
    """Persons (or whoever else is named as author) in the order named, each once."""
    values = [line(name) for name in names]
    if len(values) > 1 and all(
        re.fullmatch(r"[^\W\d]+(?:[- ][^\W\d]+)?, [^\W\d]+(?: \w\.?)?", value) for value in values
    ):
        values = [" ".join(reversed(value.split(", "))) for value in values]  # "Family, Given" of library records
    found: dict[str, str] = {}
    for value in values:
        for name in _names_in(value) if len(value) <= _LONGEST else ():
            found.setdefault(fold(name), name)
    return tuple(found.values())


@lru_cache(10_000)  # a page names its authors in several places, and a site the same ones
def _names_in(value: str) -> tuple[str, ...]:
    if "://" in value:
        return ()
    parts = (_ENDS.sub("", _bare(part or "")).strip(_AROUND) for part in _SPLIT.split(_bare(value)))
    names = map(_without_agency, parts)
    return tuple(name for name in names if 1 < len(name) <= _MOST and not _is_nobody(name))


def _without_agency(name: str) -> str:
    """ "Anna Berg Associated Press" -> "Anna Berg"; an agency of a few letters must be in capitals ("Ali Efe" is not)."""
    found = _WITH_AGENCY.match(name)
    certain = found and (len(found["agency"]) > _ACRONYM or found["agency"].isupper() > found["name"].isupper())
    return found["name"] if found and certain else name


def bare_name(name: str) -> str:
    """A name for comparing: folded, without an academic title before it."""
    return fold(_TITLE.sub("", name))


def same_script(one: str, other: str) -> bool:
    """Whether both names are in Latin letters, or neither: the same person may be written in two scripts."""
    return (_LATIN.search(one) is None) == (_LATIN.search(other) is None)


def agencies(names: Iterable[str]) -> tuple[str, ...]:
    """The news agencies among those named as authors, each once."""
    parts = [part.strip(_AROUND) for name in names for part in _SPLIT.split(_bare(line(name)))]
    return tuple(dict.fromkeys(part for part in parts if _AGENCY.match(part)))


def _bare(text: str) -> str:
    """Without the "By" before it; `by Wire` may stand twice."""
    return BY.sub("", text.strip(), count=1)


def _is_nobody(name: str) -> bool:
    return bool(
        _NOBODY.search(name)
        or _AGENCY.match(name)
        or _PLACE.match(name)
        or (_ROLE.search(name) and not _GROUP.fullmatch(name))
        or _CREDENTIAL.match(name)
        or not fold(name)
    )


def byline_names(text: str, *, marked: bool) -> tuple[str, ...]:
    """The persons in a line of a page. `marked`: the page says that it is a byline, so that one word is a name too."""
    text = without_others(without_dates(text))
    by = BY.match(text.strip()) or _LATER_BY.search(text)
    told = text[by.end() :] if by else text
    if by and "记者" in by[0]:
        told = _HAN_NAMES.sub("、", told)
    names = people([told])
    return tuple(one for one in names if is_person(one) or (marked and _is_one_word(one)))


def signers(signature: str) -> tuple[str, ...]:
    """Whoever a line names behind its "By", person or not: a user's name, a team; nobody if it says much more."""
    text = without_others(signature).strip()
    by = BY.match(text)
    names = people([text[by.end() :]]) if by and _BY_ITSELF.search(by[0]) else ()
    return names if len(names) == 1 and len(names[0].split()) <= _FEW and not BY.match(f"{names[0]}:") else ()


def is_sentence(text: str) -> bool:
    """Whether a line that begins like a byline ("By Tuesday, Mayor Greene had agreed.") says more than names and roles."""
    if not SENTENCE_END.search(text):
        return False
    words = [word for word in re.findall(r"[^\W\d_]+", without_dates(BY.sub("", text, count=1))) if len(word) > 1]
    if not any(word[0].isupper() for word in words):
        return sum(map(len, words)) > _SHORTEST_SENTENCE
    plain = [word[0].islower() and not _ROLE.fullmatch(word) for word in words]
    return plain[-1] or sum(plain) > _MOST_BESIDE * len(words)


def without_others(text: str) -> str:
    """A byline without those who edited, checked or illustrated what others wrote."""
    return _OTHERS.sub("", text)


def _is_one_word(name: str) -> bool:
    letters = all(char.isalpha() or category(char)[0] == "M" for char in name)
    return letters and 2 < len(name) < 20 and name[0] == name[0].title() and not _ORGANISATION.search(name)


def is_person(name: str, sites: Sequence[str] = ()) -> bool:
    """Whether a name looks like a person's: some capitalised words (or any in a script without capitals), no site."""
    own = fold(name)
    if _ORGANISATION.search(name) or any(own == site or (len(own) > 4 and own in site) for site in sites):
        return False
    words = name.split()
    if not 1 < len(words) <= (2 if _HANGUL.match(name) else 5):
        return _SPACELESS_NAME.fullmatch(name) is not None and not _SPACELESS_PAPER.search(name)
    return (
        name[0].isalpha()
        and name[-1] not in "»›>:"
        and all(word.lower() in _PARTICLES or not word[0].isalpha() or word[0] == word[0].title() for word in words)
    )
