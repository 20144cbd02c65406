"""From bytes to clean text: decoding, tags off, characters no database wants out, dates within reason."""

import codecs
import html
import re
import zlib
from datetime import UTC, datetime, timedelta

import msgspec

from scraper.charsets import codec_of, damaged, legacy


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


LARGEST_SITEMAP = 50 << 20  # bytes, by the standard
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=2)

_MARKS = (  # the longer one first: the UTF-32 mark begins with the UTF-16 one
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_GZIP = b"\x1f\x8b"
_MOST_MEMBERS = 1000  # each costs a copy of what is left
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_DECLARED = re.compile(rb"^\s{0,100}<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']", re.IGNORECASE)

# C0 except tab and newline, DEL and C1, lone surrogates, and the two code points that XML forbids.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")
_HIDDEN = re.compile(r"<(/?)(?:script|style)\b[^<>]*>", re.IGNORECASE)
_BLOCK = re.compile(
    r"</?(?:p|div|br|hr|li|ul|ol|td|tr|table|h[1-6]|blockquote|section|article|figure|figcaption|pre|dd|dt)\b[^<>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<![A-Za-z\[][^<>]*>")


def unpacked(body: bytes) -> tuple[bytes, bool]:
    """Out of gzip, if it is in it, all its members; and whether the last one is whole."""
    if not body.startswith(_GZIP):
        return body, True
    text = bytearray()
    for _ in range(_MOST_MEMBERS):
        unpacker = zlib.decompressobj(31)
        try:
            text += unpacker.decompress(body, LARGEST_SITEMAP - len(text) + 1)
        except zlib.error as error:
            raise FeedError(f"broken gzip ({error})") from None
        if len(text) > LARGEST_SITEMAP:
            raise FeedError(f"larger than {LARGEST_SITEMAP >> 20} MiB when unpacked")
        body = unpacker.unused_data
        if not body.startswith(_GZIP):
            return bytes(text), unpacker.eof
    return bytes(text), False


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
    return body.decode(foreign[0], "replace") if foreign else damaged(body) or legacy(body)


def clean(text: object) -> str:
    """Text without the characters that neither XML nor the database takes; '' for what is no text."""
    if isinstance(text, str):
        return _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return str(text) if isinstance(text, int | float) and not isinstance(text, bool) else ""


def plain(markup: object) -> str:
    """Markup as one line of plain text: scripts, comments and tags out, character references resolved."""
    text = clean(markup)
    if "<" in text:
        text = _without_comments(_visible(text))
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
    # UTF-16 without a mark and without zero bytes at its start is none.
    usable = [codec for codec in map(codec_of, labels) if codec and not codec.startswith("utf-16")]
    # Latin-1 is what servers say of files that they know nothing of: what the feed itself says goes before it.
    return sorted(usable, key=lambda codec: codec == "cp1252")


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


def _without_comments(text: str) -> str:
    """Without its comments; one that has no end is none. An expression would look for that end from each beginning."""
    kept, start = [], 0
    while (begin := text.find("<!--", start)) >= 0 and (end := text.find("-->", begin + 4)) >= 0:
        kept.append(text[start:begin])
        start = end + 3
    return "".join((*kept, text[start:]))
