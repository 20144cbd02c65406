"""Charsets: what their labels mean on the web, and what bytes are that name none or a false one. Pure."""

import re
from collections.abc import Sequence

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
    "xgbk": "gb18030",
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
    "windows949": "cp949",
    "utf16": "utf-16",
    "utf16le": "utf-16-le",
    "utf16be": "utf-16-be",
}
_CODECS.update({f"iso8859{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)})
_CODECS.update({f"windows{page}": f"cp{page}" for page in range(1250, 1259)})
_CODECS.update({f"cp{page}": f"cp{page}" for page in range(1250, 1259)})
# What texts that name none are in, by the language that they declare: what browsers assume, then what else it may be.
_SPOKEN: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("bs", "cs", "hr", "hu", "pl", "ro", "sk", "sl"), ("cp1250",)),
    **dict.fromkeys(
        ("ba", "be", "bg", "kk", "ky", "mk", "ru", "sah", "sr", "tg", "tt", "uk"),
        ("cp1251", "koi8-r", "iso8859-5", "cp866"),
    ),
    **dict.fromkeys(("az", "ku", "tr"), ("cp1254",)),
    **dict.fromkeys(("he", "iw", "yi"), ("cp1255",)),
    **dict.fromkeys(("ar", "fa", "ur"), ("cp1256",)),
    **dict.fromkeys(("et", "lt", "lv"), ("cp1257",)),
    **{"el": ("cp1253",), "th": ("cp874",), "vi": ("cp1258",), "ko": ("cp949",)},
    **{"ja": ("cp932", "euc-jp"), "zh": ("gb18030", "big5")},
}
_NEVER_GUESSED = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "hz", "iso2022_jp")
_DETECTED = tuple(codec for codec in dict.fromkeys(_CODECS.values()) if codec not in _NEVER_GUESSED)
_HIGH = bytes(range(0x80, 0x100))
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_WORD = re.compile(rb"[^\s<>]+")  # none of these ends a word is a part of a character, in any charset
_EVIDENCE = 8  # bytes beyond ASCII; fewer tell no script
_SAMPLE = 50_000


def codec_of(label: str) -> str:
    """The codec that a label means (WHATWG Encoding Standard), or ''."""
    return _CODECS.get(re.sub(r"[^a-z0-9]", "", label.lower()), "")


def damaged(body: bytes) -> str:
    """UTF-8 with some broken bytes as text; '' where whole characters are the exception, by accident."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd") - body.count("\ufffd".encode())
    beyond = len(text) - len(body.translate(None, _HIGH))
    return text if broken * 2 <= beyond else ""


def legacy(body: bytes, language: str = "", declared: Sequence[str] = ()) -> str:
    """The text of bytes in a charset of their language or, where none is known, of their script.

    Detection tells scripts apart, but not the Latin charsets: those agree on too many letters. `language`: ISO 639;
    `declared`: the codecs that were named, and hold all but a few bytes.
    """
    likely = _SPOKEN.get(language, ())
    if not likely:
        likely = (*(declared or ["cp1252"]), *(_DETECTED if _in_own_script(body) else ()))
    codec = _best(_sample(body), likely) if len(likely) > 1 else likely[0]
    return body.decode(codec, "replace")


def _best(sample: bytes, likely: Sequence[str]) -> str:
    # Most processes meet no such text, and its tables are large.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    best = from_bytes(sample, cp_isolation=[*likely]).best()
    return best.encoding if best else likely[0]


def _in_own_script(body: bytes) -> bool:
    """Whether whole words are beyond ASCII; accents stand alone or in pairs."""
    runs = [len(run) for run in _BEYOND_ASCII.findall(body)]
    return sum(runs) >= _EVIDENCE and sum(run for run in runs if run > 2) * 2 > sum(runs)


def _sample(body: bytes) -> bytes:
    """What detection looks at: the words beyond ASCII, whole, however much English or markup is around them."""
    words = b" ".join(word for word in _WORD.findall(body) if not word.isascii())
    return words if len(words) <= _SAMPLE else words[:_SAMPLE].rpartition(b" ")[0]
