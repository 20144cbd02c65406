"""A page that a browser saved with all that belongs to it in one file (MHTML, RFC 2557): the page alone. Pure."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from typing import NamedTuple

from scraper.fetch.exchange import http_date
from scraper.urls import absolute
from scraper.warc.bodies import BodyRefused

_HEAD = 4096
_HEADER = rb"[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*"
_SNAPSHOT = re.compile(rb"\s*(?:%b)*?content-type:\s*(?:multipart/related|text/html)\b" % _HEADER, re.IGNORECASE)


class Snapshot(NamedTuple):
    """A page, where and when it was saved (or '', None), and its media type as it stands there."""

    body: bytes
    url: str
    saved: datetime | None
    kind: str


def is_snapshot(raw: bytes) -> bool:
    """Whether a file with these bytes (or that begins with them) is one."""
    return _SNAPSHOT.match(raw, 0, _HEAD) is not None


def snapshot(raw: bytes) -> Snapshot:
    """The first page of a file; others are its frames. Raises BodyRefused."""
    try:
        message = message_from_bytes(raw)
    except RecursionError:
        raise BodyRefused("parts in parts without end") from None
    page = next((part for part in message.walk() if part.get_content_type() == "text/html"), None)
    body = page.get_payload(decode=True) if page else None
    if page is None or not isinstance(body, bytes):
        raise BodyRefused("no part of it is a page")
    named = message["Snapshot-Content-Location"] or page["Content-Location"] or message["Content-Location"] or ""
    return Snapshot(body, absolute(str(named), ""), _date(message), str(page["Content-Type"] or ""))


def _date(message: Message) -> datetime | None:
    try:
        return http_date(str(message["Date"])).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
