"""From bytes to what the parser is given: charset by header, BOM, meta, then detection."""

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


def decoded(body: bytes, content_type: str) -> bytes | str:
    """The body for the parser: the bytes themselves where they are UTF-8 (it is fastest so), else text."""
    for bom, name in _BOMS:
        if body.startswith(bom):
            rest = body[len(bom) :]
            return rest if name == "utf-8" else rest.decode(name, "replace")
    named = _HEADER.search(content_type)
    declared = _META.search(body[:4096])
    names = [named[1] if named else "", declared[1].decode("ascii") if declared else ""]
    for name in filter(None, (_MEANT.get(name.lower()) for name in names)):
        if name == "utf-8":
            break
        if name == "utf-16" and b"\x00" not in body[:400]:
            continue  # there is no markup in UTF-16 without zero bytes
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    if body.isascii():
        return body
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return _detected(body)
    return body


def _detected(body: bytes) -> str:
    # A few stray bytes in a long UTF-8 page are no other charset.
    text = body.decode("utf-8", "replace")
    if text.count("\ufffd") * 200 < len(text):
        return text
    best = from_bytes(body[:50_000]).best()
    return body.decode(best.encoding if best else "cp1252", "replace")
