"""What kind of page it is: an article, or the reason why it is none. Careful: a short article is an article."""

import re

from selectolax.lexbor import LexborHTMLParser

_CHALLENGE = re.compile(
    r"just a moment|checking your browser|attention required|verify (?:that )?you are (?:a )?human|are you a robot|"
    r"access denied|ddos protection|enable javascript and cookies to continue",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"page (?:not found|cannot be found|does(?: not|n.t) exist)|\b404\b|not found|seite nicht gefunden|"
    r"page introuvable|"
    r"página no encontrada|pagina non trovata|страница не найдена",
    re.IGNORECASE,
)
_CONSENT = re.compile(r"before you continue|cookie consent|consent|we value your privacy|datenschutz", re.IGNORECASE)
_FEW = 25
_SOME = 80


def kind_of(tree: LexborHTMLParser, words: int, title: str) -> str:
    """ "article", or what the page is instead."""
    head = tree.css_first("title")
    heading = f"{head.text() if head else ''} {title}"
    if words < _SOME:
        if _CHALLENGE.search(heading):
            return "a challenge page"
        if tree.css_first("input[type=password]") is not None and words < _FEW * 2:
            return "a login page"
        if _MISSING.search(heading):
            return "a soft 404"
        if _CONSENT.search(heading):
            return "a consent page"
    if words < _FEW and not _says_article(tree, words):
        return "an empty shell" if words < 5 else "no article text"
    return "article"


def _says_article(tree: LexborHTMLParser, words: int) -> bool:
    """Whether a page with few words says itself that it is an article."""
    og = tree.css_first('meta[property="og:type"]')
    said = og is not None and (og.attributes.get("content") or "").lower() == "article"
    return words >= 8 and (said or tree.css_first("article h1, article .entry-title, h1.entry-title") is not None)
