"""Persons out of bylines: without "By", roles, agencies, dates and addresses. Pure."""

import re
from collections.abc import Iterable, Sequence

from scraper.metadata.fields import folded, line

# A byline begins with one of these; some languages put it behind the name, which does no harm.
BY = re.compile(
    r"^\W{0,3}(?:by|von|par|por|de|di|da|door|av|af|od|przez|от|автор|автори|autore?|autorin|auteur|auteure|text|texte|texto|testo|"
    r"tekst|words|story|reporter|journalist|author|authors|written|reported|posted|published|reviewed|écrit|escrito|"
    r"geschrieben|scritto|yazan|yazar|penulis|oleh|tác giả|作者|文|記者|记者|撰文|기자|بقلم|كتب|כתב|مאת|מאת|लेखक|Συντάκτης|του|της)"
    r"(?:\s(?:by|von|par|por|av|af|da|di))?(?=[\s:：|/-])\s*[:：|/-]?\s*",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"\s*(?:[,;|•·、，/]|\s[–—-]\s|&|\+|\b(?:and|und|et|og|och|ja|ve|with|mit|avec|con|dan|och)\b|\s(?:en|e|y|i|и|та|και|و)\s)\s*",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"\s*(?:[(\[<]|\b(?:published|updated|posted|last|on|in|for|at|min read|minutes?|contributors?|photograph(?:y|er)|"
    r"veröffentlicht|aktualisiert|publié|mis à jour|publicado|actualizado|pubblicato|aggiornato|gepubliceerd|"
    r"publisert|oppdatert|опубликовано|обновлено)\b|\d).*",
    re.IGNORECASE | re.DOTALL,
)
_ROLE = re.compile(
    r"\b(?:admin|administrator|editors?|reporter|correspondent|writer|contributor|contributing|staff|redakteur\w*|redaktion\w*|"
    r"redaction|rédaction|redacción|redazione|redakcja|redactie|journalist\w*|author|autorin|columnist|producer|manager|"
    r"director|expert|ceo|cto|founder|co-founder|specialist|analyst|officer|president|professor|fellow|intern|team|desk|"
    r"newsroom|bureau|guest|senior|chief|head of|experte|mitarbeiter\w*|korrespondent\w*|periodista|journaliste|редакция|редактор|"
    r"корреспондент|編集部|特派員|编辑|責任編集|责编)\b",
    re.IGNORECASE,
)
_AGENCY = re.compile(
    r"^(?:the )?(?:reuters|ap|afp|dpa(?:-\w+)?|associated press|agence france[- ]presse|tass|тасс|xinhua|ansa|efe|pti|ians|upi|"
    r"ani|apa|sda|keystone-sda|sid|kna|epd|rtr|ntb|ritzau|tt|belga|anp|lusa|interfax|интерфакс|риа новости|bloomberg|"
    r"press association|pa media|canadian press|kyodo|共同|共同通信|時事|时事|新华社|yonhap|연합뉴스|pr newswire|globe newswire|"
    r"wire reports?|news agency|agencies|agencias|agenturen)$",
    re.IGNORECASE,
)
_ORGANISATION = re.compile(
    r"\b(?:news|times|media|press|magazine|nachrichten|online|tv|radio|inc|llc|ltd|gmbh|university|institute|association|"
    r"network|group|company|foundation|council|department|agency|today|daily|journal|post|blog|studio|the|our|your)\b|"
    r"\.(?:com|org|net|de|fr|co|io)\b",
    re.IGNORECASE,
)
_CREDENTIAL = re.compile(r"^(?:[A-Z]{2,6}|[A-Z][a-z]?\.?[A-Z][a-zA-Z]?\.?|Ph\.?D\.?|M\.?D\.?|Jr\.?|Sr\.?|RN|Esq\.?)$")
_NOBODY = re.compile(
    r"https?:|www\.|@|[{}<>=_]|\b(?:view|see|read|browse|all|more|share|follow|click|posts?|articles?|stories|profile|bio|"
    r"subscribe|comments?|email|twitter|facebook|home|about|contact|none|null|undefined|unknown|anonymous|image|photo)\b",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    "de del della di da dos das do van von der den ten ter zu zum zur vom la le el al bin ibn ben y e af av du d' o' st. und".split()  # noqa: SIM905
)
_MOST = 60


def people(names: Iterable[str]) -> tuple[str, ...]:
    """Persons (or whoever else is named as author) in the order named, each once."""
    values = [line(name) for name in names]
    if len(values) > 1 and all(re.fullmatch(r"[^\W\d]+(?:[- ][^\W\d]+)?, [^\W\d]+(?: \w\.?)?", value) for value in values):
        values = [" ".join(reversed(value.split(", "))) for value in values]  # "Family, Given" of library records
    found: dict[str, str] = {}
    for value in values:
        if len(value) > 400:
            continue
        for part in _SPLIT.split(_bare(value)):
            name = _ENDS.sub("", _bare(part or "")).strip(" .,:;|-–—*\"'“”•·")
            if 1 < len(name) <= _MOST and not _is_nobody(name):
                found.setdefault(folded(name), name)
    return tuple(found.values())


def _bare(text: str) -> str:
    """Without the "By" before it; `by Wire` may stand twice."""
    return BY.sub("", text.strip(), count=1)


def _is_nobody(name: str) -> bool:
    return bool(
        _NOBODY.search(name) or _AGENCY.match(name) or _ROLE.search(name) or _CREDENTIAL.match(name) or not folded(name)
    )


def is_person(name: str, sites: Sequence[str] = ()) -> bool:
    """Whether a name looks like a person's: some capitalised words (or any in a script without capitals), no site."""
    own = folded(name)
    if _ORGANISATION.search(name) or any(own == site or (len(own) > 4 and own in site) for site in sites):
        return False
    words = name.split()
    if not 1 < len(words) <= 5:
        return len(words) == 1 and not name.isascii() and 2 <= len(name) <= 12
    return all(word.lower() in _PARTICLES or not word[0].isalpha() or word[0] == word[0].upper() for word in words)
