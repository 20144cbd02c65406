"""Feeds out: articles as RSS 2.0, Atom (RFC 4287) or JSON Feed 1.1, with the full text."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree as ET

import msgspec
from msgspec import Struct

from dateline.moments import iso, moment
from dateline.web import show
from storage.records import ArticleRow, Query

_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
_ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ET.register_namespace("atom", _ATOM)
ET.register_namespace("content", _CONTENT)
ET.register_namespace("dc", _DC)


class Channel(Struct, frozen=True, kw_only=True):
    """A feed to be written: what it is called, where it stands, and its articles."""

    title: str
    home: str
    own: str
    base: str
    rows: Sequence[ArticleRow]

    @property
    def updated(self) -> datetime:
        """When one of its articles came in last."""
        moments = [made for row in self.rows if (made := moment(_changed(row)))]
        return max(moments, default=datetime(1970, 1, 1, tzinfo=UTC)).astimezone(UTC)


def as_rss(channel: Channel) -> bytes:
    """RSS 2.0 with the full text in content:encoded."""
    root = ET.Element("rss", {"version": "2.0"})
    top = ET.SubElement(root, "channel")
    for name, text in (("title", channel.title), ("link", channel.home), ("description", channel.title)):
        _add(top, name, text)
    ET.SubElement(top, f"{{{_ATOM}}}link", {"rel": "self", "type": "application/rss+xml", "href": channel.own})
    _add(top, "lastBuildDate", format_datetime(channel.updated, usegmt=True))
    _add(top, "generator", "Dateline")
    for row in channel.rows:
        item = ET.SubElement(top, "item")
        _add(item, "title", row.title or row.url)
        _add(item, "link", _link(row, channel))
        ET.SubElement(item, "guid", {"isPermaLink": "false"}).text = _name(row, channel)
        date = moment(row.published or row.first_seen)
        if date:
            _add(item, "pubDate", format_datetime(date.astimezone(UTC), usegmt=True))
        for author in row.authors:
            _add(item, f"{{{_DC}}}creator", author)
        for category in dict.fromkeys((*row.categories, *row.tags)):
            _add(item, "category", category)
        _add(item, "description", row.summary or row.text[:300])
        _add(item, f"{{{_CONTENT}}}encoded", show.safe_markup(row.markup))
    return _xml(root)


def as_atom(channel: Channel) -> bytes:
    """Atom with the full text as html content."""
    root = ET.Element(f"{{{_ATOM}}}feed")
    _atom(root, "title", channel.title)
    _atom(root, "id", channel.own)
    _atom(root, "updated", iso(channel.updated))
    _atom(root, "generator", "Dateline")
    ET.SubElement(root, f"{{{_ATOM}}}link", {"rel": "self", "type": "application/atom+xml", "href": channel.own})
    ET.SubElement(root, f"{{{_ATOM}}}link", {"rel": "alternate", "type": "text/html", "href": channel.home})
    for row in channel.rows:
        entry = ET.SubElement(root, f"{{{_ATOM}}}entry")
        _atom(entry, "title", row.title or row.url)
        _atom(entry, "id", _name(row, channel))
        _atom(entry, "updated", iso(_changed(row)))
        if row.published:
            _atom(entry, "published", iso(row.published))
        ET.SubElement(entry, f"{{{_ATOM}}}link", {"rel": "alternate", "type": "text/html", "href": _link(row, channel)})
        for author in row.authors or (row.site,):
            _atom(ET.SubElement(entry, f"{{{_ATOM}}}author"), "name", author)
        for category in dict.fromkeys((*row.categories, *row.tags)):
            ET.SubElement(entry, f"{{{_ATOM}}}category", {"term": _legal(category)})
        if row.summary:
            _atom(entry, "summary", row.summary)
        content = ET.SubElement(entry, f"{{{_ATOM}}}content", {"type": "html"})
        content.text = _legal(show.safe_markup(row.markup))
    return _xml(root)


def as_json(channel: Channel) -> bytes:
    """JSON Feed 1.1."""
    items = [
        {
            "id": _name(row, channel),
            "url": _link(row, channel),
            "title": row.title,
            "content_html": show.safe_markup(row.markup),
            "content_text": row.text,
            "summary": row.summary,
            "date_published": iso(row.published or row.first_seen),
            "date_modified": iso(_changed(row)),
            "authors": [{"name": author} for author in row.authors],
            "tags": list(dict.fromkeys((*row.categories, *row.tags))),
            "language": row.language,
        }
        for row in channel.rows
    ]
    head = {"version": "https://jsonfeed.org/version/1.1", "title": channel.title}
    head |= {"home_page_url": channel.home, "feed_url": channel.own}
    filled = [{name: value for name, value in item.items() if value not in ("", [])} for item in items]
    return msgspec.json.encode(head | {"items": filled})


FORMS: dict[str, Callable[[Channel], bytes]] = {"rss": as_rss, "atom": as_atom, "json": as_json}


def title_of(query: Query) -> str:
    """What a feed of these articles is called."""
    parts = [query.words, query.category, query.site, query.language, query.author]
    parts += [f"cluster {query.cluster}"] if query.cluster is not None else []
    return ": ".join(("Dateline", " · ".join(filter(None, parts)))) if any(parts) else "Dateline"


def _link(row: ArticleRow, channel: Channel) -> str:
    """Where the article stands in the world; in the archive, if its address is none that may be linked to."""
    return show.href(row.url) or f"{channel.base}/articles/{row.id}"


def _name(row: ArticleRow, channel: Channel) -> str:
    """A name for ever (RFC 4151 would want a domain of ours; an address of the archive is one, too)."""
    return f"{channel.base}/articles/{row.id}"


def _changed(row: ArticleRow) -> str:
    """When the article changed last, as far as it is known."""
    moments = [text for text in (row.published or row.first_seen, row.modified) if text]
    return max(moments)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _legal(text)


def _atom(parent: ET.Element, name: str, text: str) -> None:
    _add(parent, f"{{{_ATOM}}}{name}", text)


def _legal(text: str) -> str:
    """The text without what XML 1.0 cannot hold."""
    return _ILLEGAL.sub("", text)


def _xml(root: ET.Element) -> bytes:
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made
