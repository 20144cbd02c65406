"""Strings, names of charsets and mutations that hostile feeds and pages are made of."""

import random

MUTATIONS = 150  # of each document

STRINGS = {
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "svg": "<svg/onload=alert(1)>",
    "style": "</title></style></textarea><script>alert(1)</script>",
    "javascript": "javascript:alert(document.cookie)",
    "javascript-tab": "java\tscript:alert(1)",
    "javascript-upper": "JaVaScRiPt://%0aalert(1)",
    "data": "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "vbscript": "vbscript:msgbox(1)",
    "file": "file:///etc/passwd",
    "ftp": "ftp://127.0.0.1/x",
    "blob": "blob:https://harbour.example/1",
    "about": "about:blank",
    "protocol-relative": "//evil.example/x",
    "backslashes": "\\\\evil.example\\x",
    "userinfo": "https://user:secret@harbour.example/",
    "template": "{{7*7}}${7*7}#{7*7}<%= 7*7 %>{% raw %}",
    "format": "%s%n%x{0}{__class__}%(a)s",
    "jinja": "{{ self.__init__.__globals__ }}",
    "colour": "\x1b[31mred\x1b[0m",
    "title-of-terminal": "\x1b]0;owned\x07",
    "clear": "\x1b[2J\x1b[1;1H\x1bc",
    "hyperlink": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "c1": "\x9b31mred\x90q\x9c\x85next",
    "backspace": "safe\x08\x08\x08\x08evil",
    "return": "first\rsecond\r\n2026-11-25T00:00:00Z error fake log line",
    "line-separators": "a\u2028b\u2029c\x0bd\x0ce",
    "nul": "before\x00after",
    "bidi": "\u202egpj.exe\u202c\u2066x\u2069",
    "zero-width": "a\u200bb\u200cc\u200dd\ufeffe",
    "surrogates": "a\ud800b\udfffc",
    "noncharacters": "a\ufffeb\uffffc\U0010ffffd",
    "zalgo": "z\u0335\u0336\u0337" * 200,
    "formula": '=HYPERLINK("http://evil.example","x")',
    "formula-cmd": "=cmd|'/c calc'!A1",
    "formula-plus": "+1+1",
    "formula-minus": "-2+3",
    "formula-at": "@SUM(1+1)",
    "formula-tab": "\t=1+1",
    "path": "../../../../etc/passwd",
    "path-windows": "..\\..\\CON",
    "path-absolute": "/etc/passwd\x00.html",
    "sql": "'; DROP TABLE article; --",
    "fts": '" OR title:* NEAR(a b) AND NOT "',
    "shell": "$(reboot)`reboot`;reboot|reboot",
    "markdown": "[click](javascript:alert(1)) ![x](file:///etc/passwd) **",
    "rich": "[bold red]x[/bold red][link=http://evil.example]y[/link][/]",
    "xml": "]]><![CDATA[<!ENTITY x SYSTEM 'file:///etc/passwd'>&x;",
    "entities": "&lt;script&gt;&amp;lt;script&amp;gt;&nbsp;&bogus;&#0;",
    "header": "x\r\nSet-Cookie: a=b\r\n\r\n<html>",
    "json": '"}],"injected":[{"a":"',
    "long": "word " * 20_000,
    "unbroken": "x" * 100_000,
    "emoji": "👩‍👩‍👧‍👦" * 500,
    "empty": "",
    "spaces": " \t\n \u00a0\u3000 ",
    "author-regex": "a@b." * 5000 + " (" * 2000,
    "digits": "9" * 5000,
    "log": '2026-11-25T10:00:00Z error "root" logged in url=https://x\n2026-11-25 ok',
}

CODECS = (
    "utf-8", "utf8", "UTF-16", "utf-16le", "utf-32", "utf-7", "latin-1", "iso-8859-1", "windows-1252", "us-ascii", "punycode", "idna", "undefined", "zlib", "zlib_codec",
    "bz2", "hex", "base64", "rot13", "uu", "quopri", "unicode_escape", "raw_unicode_escape", "string-escape", "mbcs", "oem", "charmap", "x-user-defined",
    "cp037", "utf-8-sig", "none", "null", "", " ", "utf-8;q=1", "é", "../x", "shift_jis", "big5", "gb2312", "euc-kr", "koi8-r", "iso-2022-jp", "hz", "x" * 300,
)  # fmt: skip

_SPECIAL = (
    b"<", b">", b"&", b'"', b"'", b"\x00", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"&#xD800;", b"<!DOCTYPE x [", b"<?xml?>",
    b"{", b"}", b"[", b"]", b"\\u0000", b"1e999", b"-", b"<item>", b"</item>", b"<div>", b"</p>", b"<script>", b"\r", b"\n" * 50, b"=", b"/", b"\xef\xbb\xbf", b"\xfe\xff",
)  # fmt: skip


def mutated(body: bytes, chance: random.Random) -> bytes:
    """The document after a few accidents: bytes lost, doubled, moved, changed, or something special put in."""
    data = bytearray(body)
    for _ in range(chance.choice((1, 2, 5, 20))):
        start = chance.randrange(len(data) + 1)
        end = min(start + chance.choice((1, 3, 20, 200)), len(data))
        match chance.randrange(5):
            case 0:
                del data[start:end]
            case 1:
                data[start:start] = data[start:end] * chance.choice((1, 2, 50))
            case 2:
                data[start:start] = chance.choice(_SPECIAL)
            case 3 if start < len(data):
                data[start] = chance.randrange(256)
            case _:
                piece = data[start:end]
                del data[start:end]
                place = chance.randrange(len(data) + 1)
                data[place:place] = piece
    return bytes(data)
