"""From bytes to clean text: decoding, tags off, characters no database wants out, dates within reason."""

import codecs
import html
import re
from datetime import UTC, datetime, timedelta

import msgspec


class FeedError(Exception):
    """The bytes could not be read as a feed. `reason` says why in one sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What a format reads: the decoded feed, where it came from, and the time by which its dates are judged."""

    text: str
    url: str
    now: datetime


OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=2)

# Charset labels as the web uses them -> Python codec. Nothing else reaches `codecs`: names such as zlib, rot13,
# punycode or undefined are codecs too. The Latin and Asian ones map to the supersets that browsers use.
_CODECS = {
    "utf8": "utf-8",
    "unicode11utf8": "utf-8",
    "ascii": "cp1252",
    "usascii": "cp1252",
    "iso88591": "cp1252",
    "latin1": "cp1252",
    "xcp1252": "cp1252",
    "iso88599": "cp1254",
    "iso885911": "cp874",
    "tis620": "cp874",
    "windows874": "cp874",
    "koi8": "koi8-r",
    "koi8r": "koi8-r",
    "koi8u": "koi8-u",
    "ibm866": "cp866",
    "cp866": "cp866",
    "macintosh": "mac-roman",
    "macroman": "mac-roman",
    "xmaccyrillic": "mac-cyrillic",
    "big5": "big5hkscs",
    "big5hkscs": "big5hkscs",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "gb18030": "gb18030",
    "hzgb2312": "hz",
    "eucjp": "euc_jp",
    "shiftjis": "cp932",
    "sjis": "cp932",
    "xsjis": "cp932",
    "windows31j": "cp932",
    "iso2022jp": "iso2022_jp",
    "euckr": "cp949",
    "ksc56011987": "cp949",
    "cp949": "cp949",
    "utf16": "utf-16",
    "utf16le": "utf-16-le",
    "utf16be": "utf-16-be",
}
_CODECS.update({f"iso8859{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)})
_CODECS.update({f"windows{page}": f"cp{page}" for page in range(1250, 1259)})
_CODECS.update({f"cp{page}": f"cp{page}" for page in range(1250, 1259)})

_MARKS = (  # the longer one first: the UTF-32 mark begins with the UTF-16 one
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_DECLARED = re.compile(rb"^\s{0,100}<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']", re.IGNORECASE)

_FOREIGN_WORD = re.compile(rb"[\x80-\xff]{3}")
_FOREIGN = re.compile(rb"[\x80-\xff][^<>]*")
_SAMPLE = 50_000  # bytes by which a charset is guessed

# C0 except tab and newline, DEL and C1, lone surrogates, and the two code points that XML forbids.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")
_HIDDEN = re.compile(r"<(/?)(?:script|style)\b[^<>]*>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--(?:[^-]|-(?!->))*-->")
_BLOCK = re.compile(
    r"</?(?:p|div|br|hr|li|ul|ol|td|tr|table|h[1-6]|blockquote|section|article|figure|figcaption|pre|dd|dt)\b[^<>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<![A-Za-z\[][^<>]*>")


def decode(body: bytes, content_type: str = "") -> str:
    """The text of a feed, by byte order mark, charset of the header and XML declaration; never fails.

    Bytes beyond ASCII that are valid UTF-8 are UTF-8 whatever is declared: text in another charset is so only by a
    miracle, and wrong declarations are common.
    """
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace")
    if b"\x00" in body[:4]:
        wide = "utf-16-be" if body[:1] == b"\x00" else "utf-16-le"
        return body.decode(wide, "replace")
    declared = _declared(body, content_type)
    for codec in declared if body.isascii() else ["utf-8", *declared]:
        try:
            return body.decode(codec)
        except UnicodeError:
            continue
    foreign = [codec for codec in declared if codec != "utf-8"]
    return body.decode(foreign[0], "replace") if foreign else _utf8_or_other(body)


def clean(text: object) -> str:
    """Text without the characters that neither XML nor the database takes; '' for what is no text."""
    if isinstance(text, str):
        return _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return str(text) if isinstance(text, int | float) and not isinstance(text, bool) else ""


def plain(markup: object) -> str:
    """Markup as one line of plain text: scripts, comments and tags out, character references resolved."""
    text = clean(markup)
    if "<" in text:
        text = _COMMENT.sub("", _visible(text))
        text = _TAG.sub("", _BLOCK.sub(" ", text))
    return clean(_SPACES.sub(" ", html.unescape(text)))


def plausible(moment: datetime | None, now: datetime) -> datetime | None:
    """The moment if news can be of it (1990 to the day after tomorrow), else None."""
    return moment if moment is not None and OLDEST <= moment <= now + AHEAD else None


def iso_moment(value: object, now: datetime) -> datetime | None:
    """The moment of an ISO 8601 text, UTC where it names no offset; None if news cannot be of it."""
    try:
        moment = datetime.fromisoformat(clean(value))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return plausible(moment, now)


def _declared(body: bytes, content_type: str) -> list[str]:
    labels = _HEADER_CHARSET.findall(content_type)[:1]
    labels += [found.decode("ascii", "ignore") for found in _DECLARED.findall(body[:400])]
    known = (_CODECS.get(re.sub(r"[^a-z0-9]", "", label.lower())) for label in labels)
    # UTF-16 without a mark and without zero bytes at its start is none.
    usable = [codec for codec in known if codec is not None and not codec.startswith("utf-16")]
    # Latin-1 is what servers say of files that they know nothing of: what the feed itself says goes before it.
    return sorted(usable, key=lambda codec: codec == "cp1252")


def _utf8_or_other(body: bytes) -> str:
    """UTF-8 with a few damaged bytes, or another charset under a false name: the majority decides."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(1 for char in text if not char.isascii()) - broken
    return text if broken <= whole else body.decode(_guessed(body), "replace")


def _guessed(body: bytes) -> str:
    """Windows-1252, where accented letters stand between plain ones; else what statistics find."""
    word = _FOREIGN_WORD.search(body)
    if word is None:
        return "cp1252"
    # Without the markup, which outweighs a few short titles.
    words = b" ".join(_FOREIGN.findall(body[word.start() :][:_SAMPLE]))
    # Only workers come here: no other process need load its tables.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    best = from_bytes(words).best()
    return best.encoding if best else "cp1252"


def _visible(text: str) -> str:
    """Without what stands between `<script>` or `<style>` and its end; one pass, however badly they nest."""
    kept, start, hidden = [], 0, False
    for tag in _HIDDEN.finditer(text):
        if not hidden:
            kept.append(text[start : tag.start()])
        hidden, start = not tag.group(1), tag.end()
    if not hidden:
        kept.append(text[start:])
    return " ".join(kept)
