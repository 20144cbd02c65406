"""From bytes to what the parser is given: charset by BOM, header, meta, then by what the bytes themselves are."""

import codecs
import re

from scraper.charsets import codec_of, damaged, legacy

_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_HEADER = re.compile(r"""charset\s*=\s*["']?([\w.:-]{2,40})""", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LANGUAGE = re.compile(rb"""<html\b[^>]{0,500}?\blang\s*=\s*["']?([a-z]{2,3})\b""", re.IGNORECASE)


def decoded(body: bytes, content_type: str) -> bytes | str:
    """The body for the parser: the bytes themselves where they are UTF-8 (it is fastest so), else text."""
    for bom, name in _BOMS:
        if body.startswith(bom):
            rest = body[len(bom) :]
            return rest if name == "utf-8" else rest.decode(name, "replace")
    named = _HEADER.search(content_type)
    declared = _META.search(body[:4096])
    names = [named[1] if named else "", declared[1].decode("ascii") if declared else ""]
    known = list(filter(None, map(codec_of, names)))
    in_utf8 = _is_utf8(body)
    for codec in known:
        if codec == "utf-8":
            break
        if codec == "cp1252" and in_utf8:
            continue  # what servers say of files that they know nothing of
        if codec.startswith("utf-16") and b"\x00" not in body[:400]:
            continue  # there is no markup in UTF-16 without zero bytes
        try:
            return body.decode(codec)
        except UnicodeDecodeError:
            continue
    if in_utf8:
        return body
    spoken = _LANGUAGE.search(body[:4096])
    language = spoken[1].decode().lower() if spoken else ""
    return damaged(body) or legacy(body, language, [codec for codec in known if not codec.startswith("utf")])


def _is_utf8(body: bytes) -> bool:
    try:
        return body.isascii() or bool(body.decode("utf-8"))
    except UnicodeDecodeError:
        return False
