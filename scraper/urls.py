"""Addresses: what makes two of them the same, and which of them are fit to be asked for.

Every function takes any string at all and raises on none. What cannot be read as an http(s) address comes back
cleaned but otherwise as it was (`canonical`) or as '' (`absolute`, `host`, `origin`, `site`).
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

import idna
from publicsuffixlist import PublicSuffixList

from scraper.logins import without_login

# Longer ones are attacks or mistakes; servers refuse them from 8 kB on.
MAX_LENGTH = 16_384

# Parameters that say how the reader came, never what is to be read. Names in lower case.
# fmt: off
TRACKING = frozenset((
    # Google, Microsoft, Meta, X, TikTok, LinkedIn, Yandex, Yahoo: click marks
    "_ga", "_gl", "gclid", "gclsrc", "dclid", "wbraid", "gbraid", "gad_source", "msclkid", "ocid", "fbclid",
    "fb_action_ids", "fb_action_types", "fb_ref", "fb_source", "igshid", "igsh", "twclid",
    "__twitter_impression", "ref_src", "ref_url", "ttclid", "li_fat_id", "yclid", "ysclid", "soc_src",
    "soc_trk", "srsltid", "mibextid", "amp_js_v", "amp_gsa", "usqp", "guccounter", "guce_referrer", "guce_referrer_sig",
    # mailings: Mailchimp, HubSpot, Marketo, Olytics, Vero
    "mc_cid", "mc_eid", "_hsenc", "_hsmi", "hsctatracking", "mkt_tok", "oly_enc_id", "oly_anon_id", "vero_id",
    # publishers' own: AT Internet, Guardian, BBC, New York Times, CBS, Daily Mail, Webtrekk, Alibaba
    "xtor", "cmp", "cmpid", "ns_mchannel", "ns_source", "ns_campaign", "ns_linkname", "ns_fee", "ncid",
    "smid", "smtyp", "s_cid", "icid", "ftag", "ito", "wt_mc", "wt.mc_id", "spm", "sr_share", "__source",
))
# fmt: on
# at_: AT Internet; mtm_, pk_, matomo_, piwik_: Matomo; hsa_: HubSpot ads
TRACKING_PREFIXES = ("utm_", "at_", "mtm_", "pk_", "matomo_", "piwik_", "hsa_")
SESSIONS = frozenset(("phpsessid", "jsessionid", "aspsessionid", "cfid", "cftoken"))
AMP_QUERIES = frozenset(("amp", "amp=", "amp=1", "amp=true", "outputtype=amp", "output=amp"))

# Hosts that show the pages of others.
_CACHES = ("cdn.ampproject.org", "bing-amp.com", "translate.goog")
# https://news-example.cdn.ampproject.org/c/s/news.example/story, https://www.google.com/amp/s/news.example/story
_AMP_CACHE = re.compile(
    r"https?://(?:(?:[\w-]+\.)?cdn\.ampproject\.org/(?:c|v|wp)|www\.google\.[a-z.]{2,6}/amp|[\w.-]*\bbing-amp\.com/c)"
    r"/(s/)?(?=[\w-]+(?:\.[\w-]+)+(?:/|$))",
    re.IGNORECASE,
)
_LISTING = re.compile(
    r"/(?:tags?|category|categories|authors?)/[^/]+/?$|/page/\d+/?$|/index[-_]?\d+\.\w{3,5}$|^(?:/[^/]{1,12})?/(?:19|20)\d\d/[01]?\d(?:/[0-3]?\d)?/?$|"
    r"/(?:search|suche|recherche|buscar|busca|cerca|zoeken|szukaj)/?$",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|avif|ico|pdf|mp[34]|m4[av]|webm|zip|xml|gz|css|js|json|txt)$",
    re.IGNORECASE,
)
_HOME = re.compile(r"/*(?:[a-z]{2}(?:[-_][a-z]{2})?/?)?(?:(?:index|default|home)(?:\.\w{3,5})?/?)?", re.IGNORECASE)

_DEFAULT_PORTS = {"http": 80, "https": 443}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# One pass over escapes, stray percent signs and everything that RFC 3986 does not allow in a path or query.
_ESCAPES = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]")
_PATH_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
_AMP_END = re.compile(r"(?<=[^/])(?:/amp(?=/?$)|\.amp(?=\.html?$))", re.IGNORECASE)
_LONGEST_END = len("/.amp.html")
# `sid` is an article's number as often as a session: only what looks like a random token goes.
_SESSION_TOKEN = re.compile(r"(?=[^=]*\d)[0-9A-Za-z,-]{20,}")
_BAD_HOST = re.compile(r"[\s\\<>\"'^`{|}%@,;=()!$&*+]")
# An address that needs no more looking into: most links of most pages.
_PLAIN = re.compile(
    r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:/[\w./%+,~-]*(?:\?[\w./%&=+,~-]+)?(?:#[\w-]+)?)?\Z", re.ASCII
)
# A link to a place on its own host that needs none, either.
_PLAIN_PATH = re.compile(
    r"/(?![./])(?:[\w.%+,~-]+/(?![./]))*(?:[\w.%+,~-]+)?(?:\?[\w./%&=+,~-]+)?(?:#[\w-]+)?\Z", re.ASCII
)


class _Parts(NamedTuple):
    scheme: str
    host: str  # ASCII, lower case, IPv6 in brackets
    port: int | None  # None: the scheme's own
    path: str
    query: str

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}" + ("" if self.port is None else f":{self.port}")


def canonical(url: str) -> str:
    """The one spelling under which an address is known; `canonical(canonical(x)) == canonical(x)`.

    Scheme and host in lower case, host in punycode without a final dot, default port and fragment dropped, escapes
    normalised, dot segments resolved, logins, tracking and session parameters dropped, AMP forms of a path or query
    undone, and the address taken out of that of an AMP cache. Kept, because a server may tell them apart: http and
    https, `www.`, `//` and the final `/` in a path, the order of the other parameters, `?p=ID`. Hosts like
    `m.example.com` and `amp.example.com` stay: which host they stand for is told by the page's own canonical link.
    """
    url = _cleaned(url)
    parts = _parts(url)
    if parts is None:
        return url
    query = _query(_escaped(parts.query))
    whole = parts.origin + _path(_escaped(parts.path)) + (f"?{query}" if query else "")
    own = whole
    while cached := _AMP_CACHE.match(own[:300]):  # a cache's address of a cache's address, as deep as a site likes
        own = ("https://" if cached[1] else "http://") + own[cached.end() :]
    return whole if own is whole else canonical(own)


def absolute(url: str, base: str) -> str:
    """The address that `url` means on the page `base`, or '' unless it is http(s) with a proper host.

    A login in it is dropped: what a page names is known, kept and shown by an address that is fit for all. With no
    base it is the user's own word, and stays.
    """
    if len(url) <= MAX_LENGTH and _PLAIN.match(url):
        return url
    if url.startswith("/") and len(url) <= MAX_LENGTH // 2 and _PLAIN_PATH.match(url) and (root := _root(base)):
        return root + url
    return _joined(url, base)


@lru_cache(1000)
def _root(base: str) -> str:
    """Scheme and host of a page as its links to `/` mean them, or '' if that is not short and plain."""
    root = _joined("/", base)
    return root[:-1] if len(root) <= MAX_LENGTH // 2 else ""


def _joined(url: str, base: str) -> str:
    url, base = _cleaned(url), _cleaned(base)
    if not url:
        return ""
    try:
        joined = _cleaned(urljoin(base, url))
    except ValueError:
        return ""
    parts = _parts(joined)
    if parts is None or _BAD_HOST.search(parts.host):
        return ""
    return (without_login(joined) if base else joined).replace(" ", "%20")


def host(url: str) -> str:
    """The host of an http(s) address, lower case and in punycode, or ''."""
    parts = _parts(_cleaned(url))
    return parts.host if parts else ""


def origin(url: str) -> str:
    """`scheme://host[:port]` without a default port, or ''."""
    parts = _parts(_cleaned(url))
    return parts.origin if parts else ""


def site(url: str) -> str:
    """The registrable domain (`bbc.co.uk`, `someone.github.io`); the host itself if it has none (an IP address)."""
    return _registrable(host(url))


def same_site(first: str, second: str) -> bool:
    """Whether both addresses belong to the same registrable domain."""
    return bool(site(first)) and site(first) == site(second)


def is_home(url: str) -> bool:
    """Whether an address is a site's front page, or that of one of its languages (`/`, `/en/`, `/index.html`)."""
    parts = _parts(_cleaned(url))
    return parts is not None and not parts.query and _HOME.fullmatch(parts.path) is not None


def is_listing(url: str) -> bool:
    """Whether an address is that of a list, as far as it tells: a front page, a tag's, a day's, a further page."""
    return is_home(url) or _LISTING.search(urlsplit(url).path) is not None


def is_file(url: str) -> bool:
    """Whether an address is that of a picture, a film, a script …, as far as it tells."""
    return _FILE.search(urlsplit(url).path) is not None


def may_stand_for(claimed: str, own: str) -> bool:
    """Whether a page at `own` may name `claimed` as its canonical address: the same site's, and none of its lists.

    A cache of others' pages (AMP, translations) names their own addresses, and is believed.
    """
    if is_listing(claimed) and not is_listing(own):
        return False
    here, there = _parts(_cleaned(own)), _parts(_cleaned(claimed))
    if here is None or there is None:
        return False
    if here.host.endswith(_CACHES):
        return True
    # Two servers on one bare address (a laboratory) are two sites.
    return same_site(claimed, own) and (
        here.host != there.host or not _is_address(here.host) or here.port == there.port
    )


def _cleaned(url: str) -> str:
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", url)).strip()


def _parts(url: str) -> _Parts | None:
    if len(url) > MAX_LENGTH:
        return None
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        return None
    if split.scheme not in _DEFAULT_PORTS:
        return None
    name = _host(split)
    if not name:
        return None
    if port == _DEFAULT_PORTS[split.scheme]:
        port = None
    return _Parts(split.scheme, name, port, split.path, split.query)


def _host(split: SplitResult) -> str:
    name = (split.hostname or "").lower()
    if ":" in name:
        return f"[{name}]"
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (UnicodeError, IndexError):  # IDNAError is a UnicodeError
            return ""
    return name.rstrip(".")


def _escaped(text: str) -> str:
    return _ESCAPES.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    found = match.group()
    if len(found) == 3:
        char = chr(int(found[1:], 16))
        return char if char in _UNRESERVED else found.upper()
    return "".join(f"%{byte:02X}" for byte in found.encode("utf-8"))


def _path(path: str) -> str:
    path = _without_dots(_PATH_SESSION.sub("", path))
    while found := _AMP_END.search(path, max(len(path) - _LONGEST_END, 0)):  # thousands may follow one another
        path = path[: found.start()] + path[found.end() :]
    return path


def _without_dots(path: str) -> str:
    """RFC 3986, 5.2.4."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _query(query: str) -> str:
    return "&".join(piece for piece in query.split("&") if piece and not _is_noise(piece))


def _is_noise(piece: str) -> bool:
    name, _, value = piece.partition("=")
    name = name.lower()
    if name in TRACKING or name in SESSIONS or name.startswith(TRACKING_PREFIXES):
        return True
    if name == "sid":
        return _SESSION_TOKEN.fullmatch(value) is not None
    return piece.lower() in AMP_QUERIES


def _is_address(name: str) -> bool:
    return name.startswith("[") or name.rpartition(".")[2].isdigit()


@lru_cache(maxsize=4096)
def _registrable(name: str) -> str:
    return name if _is_address(name) else _suffixes().privatesuffix(name) or name


@cache
def _suffixes() -> PublicSuffixList:
    # Only the list that comes with the package: no network. Private suffixes count, because the blogs of github.io or
    # blogspot.com belong to different people. Read when first asked for: most commands never do.
    return PublicSuffixList()
