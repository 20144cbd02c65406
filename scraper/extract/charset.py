"""From bytes to what the parser is given: charset by BOM, header, meta, then by what the bytes themselves are."""

import codecs
import re

from charset_normalizer import from_bytes

_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_HEADER = re.compile(r"""charset\s*=\s*["']?([\w.:-]{2,40})""", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# What pages say and what they mean (WHATWG Encoding Standard), and with it the allow-list of what may reach `codecs`.
_MEANT = {
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii", "windows-1252", "cp1252"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "x-gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "windows-949"), "cp949"),
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **{name: name for name in ("euc-jp", "iso-2022-jp", "big5", "koi8-r", "koi8-u", "utf-16")},
    **{f"windows-{number}": f"cp{number}" for number in (874, 1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)},
    **{f"iso-8859-{number}": f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **{"iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874", "big5-hkscs": "big5hkscs"},
}
# What pages that name none are in, by the language that they declare: what browsers assume, then what else it may be.
_SPOKEN: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("bs", "cs", "hr", "hu", "pl", "ro", "sk", "sl"), ("cp1250",)),
    **dict.fromkeys(("ba", "be", "bg", "kk", "ky", "mk", "ru", "sah", "sr", "tg", "tt", "uk"), ("cp1251", "koi8-r")),
    **dict.fromkeys(("az", "ku", "tr"), ("cp1254",)),
    **dict.fromkeys(("he", "iw", "yi"), ("cp1255",)),
    **dict.fromkeys(("ar", "fa", "ur"), ("cp1256",)),
    **dict.fromkeys(("et", "lt", "lv"), ("cp1257",)),
    **{"el": ("cp1253",), "th": ("cp874",), "vi": ("cp1258",), "ko": ("cp949",)},
    **{"ja": ("cp932", "euc-jp"), "zh": ("gb18030", "big5")},
}
_LANGUAGE = re.compile(rb"""<html\b[^>]{0,500}?\blang\s*=\s*["']?([a-z]{2,3})\b""", re.IGNORECASE)
_HIGH = bytes(range(0x80, 0x100))
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_WORD = re.compile(rb"[^\s<>]+")  # none of these ends a word is a part of a character, in any charset
_EVIDENCE = 40  # bytes beyond ASCII; fewer tell no script
_SAMPLE = 50_000


def decoded(body: bytes, content_type: str) -> bytes | str:
    """The body for the parser: the bytes themselves where they are UTF-8 (it is fastest so), else text."""
    for bom, name in _BOMS:
        if body.startswith(bom):
            rest = body[len(bom) :]
            return rest if name == "utf-8" else rest.decode(name, "replace")
    named = _HEADER.search(content_type)
    declared = _META.search(body[:4096])
    names = [named[1] if named else "", declared[1].decode("ascii") if declared else ""]
    known = [codec for name in names if (codec := _MEANT.get(name.lower()))]
    for codec in known:
        if codec == "utf-8":
            break
        if codec == "utf-16" and b"\x00" not in body[:400]:
            continue  # there is no markup in UTF-16 without zero bytes
        try:
            return body.decode(codec)
        except UnicodeDecodeError:
            continue
    if body.isascii():
        return body
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return _damaged(body) or _legacy(body, [codec for codec in known if not codec.startswith("utf")])
    return body


def _damaged(body: bytes) -> str:
    """The text of a UTF-8 page with some broken bytes; '' where whole characters are the exception, by accident."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd") - body.count("\ufffd".encode())
    beyond = len(text) - len(body.translate(None, _HIGH))
    return text if broken * 2 <= beyond else ""


def _legacy(body: bytes, declared: list[str]) -> str:
    """The text of a page in a charset of its language or, where it declares none, of its script.

    Detection tells scripts apart, but not the Latin charsets: those agree on too many letters.
    """
    language = _LANGUAGE.search(body[:4096])
    likely = _SPOKEN.get(language[1].decode().lower() if language else "", ())
    if not likely:
        likely = (*(declared or ["cp1252"]), *(_MEANT.values() if _in_own_script(body) else ()))
    best = from_bytes(_sample(body), cp_isolation=[*likely]).best() if len(likely) > 1 else None
    return body.decode(best.encoding if best else likely[0], "replace")


def _in_own_script(body: bytes) -> bool:
    """Whether whole words are beyond ASCII; accents stand alone or in pairs."""
    runs = [len(run) for run in _BEYOND_ASCII.findall(body)]
    return sum(runs) >= _EVIDENCE and sum(run for run in runs if run > 2) * 2 > sum(runs)


def _sample(body: bytes) -> bytes:
    """What detection looks at: the words beyond ASCII, whole, however much English or markup is around them."""
    words = b" ".join(word for word in _WORD.findall(body) if not word.isascii())
    return words if len(words) <= _SAMPLE else words[:_SAMPLE].rpartition(b" ")[0]
