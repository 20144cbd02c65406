"""Files of other formats that come where a page was asked for; a parser would make words of any bytes. Pure."""

import re

_HEAD = 1 << 16
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\x00-\x20]*<")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # WHATWG, MIME Sniffing, 3: "binary data bytes"
_TEXT = ("", "text/html", "text/plain", "application/xhtml+xml", "application/octet-stream")
# Up to its first element, which may stand in UTF-16.
_LIST = re.compile(rb"[^<]*(?:<[?!][^>]*>[^<]*)*<(?:rss|feed|rdf:rdf|urlset|sitemapindex|opml)[\s>]", re.IGNORECASE)


def other_format(body: bytes, content_type: str) -> str:
    """What a body is in place of a page, in words, or ''. What begins as markup is a page, whatever it is called."""
    head = body[:_HEAD]
    if _MARKUP.match(head):
        return "a feed or sitemap" if _LIST.match(head[:2000].replace(b"\x00", b"")) else ""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _TEXT:
        return f"a file of another format ({kind[:60]})"
    return "a file of another format" if _BINARY.search(head) else ""
