"""OPML: the list of feeds that every reader imports and exports."""

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

import msgspec

from scraper.feeds.text import FeedError, clean, decode
from scraper.urls import absolute

_XML_HEADER = re.compile(r"^\s*<\?xml[^>]*\?>")
_ENTITIES = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_HARMLESS_DOCTYPE = re.compile(r"^\s*<!DOCTYPE[^\[>]*>", re.IGNORECASE)


class OpmlFeed(msgspec.Struct, frozen=True):
    """One subscription. `category` is the text of the nearest outline around it."""

    url: str
    title: str = ""
    category: str = ""


def read_opml(body: bytes) -> list[OpmlFeed]:
    """The subscriptions in document order, each address once; raises `FeedError` if the file cannot be read."""
    root = _root(body)
    found: dict[str, OpmlFeed] = {}
    # A stack instead of recursion: outlines may nest deeper than Python does.
    waiting = [(node, "") for node in reversed(root.findall("./body/*"))]
    while waiting:
        node, category = waiting.pop()
        if node.tag.lower() != "outline":
            continue
        attributes = _attributes(node)
        name = attributes.get("text") or attributes.get("title", "")
        url = absolute(attributes.get("xmlurl", ""), "")
        if url:
            own = attributes.get("category", "").partition(",")[0].strip("/ ")
            found.setdefault(url, OpmlFeed(url, attributes.get("title") or name, category or own))
        inside = category if "xmlurl" in attributes else name or category
        waiting.extend((child, inside) for child in reversed(node))
    return list(found.values())


def outlines(body: bytes) -> list[dict[str, str]]:
    """The attributes (names in lower case) of every outline in document order; raises `FeedError` as `read_opml`."""
    return [_attributes(node) for node in _root(body).iter() if node.tag.lower() == "outline"]


def write_opml(feeds: Iterable[OpmlFeed], title: str) -> bytes:
    """The subscriptions as OPML 2.0, one outline a category; `read_opml` reads them back."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = clean(title)
    body = ET.SubElement(root, "body")
    groups: dict[str, ET.Element] = {"": body}
    for feed in feeds:
        category, name = clean(feed.category), clean(feed.title) or clean(feed.url)  # readers show it
        if category not in groups:
            groups[category] = ET.SubElement(body, "outline", text=category, title=category)
        ET.SubElement(groups[category], "outline", type="rss", text=name, title=name, xmlUrl=clean(feed.url))
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _attributes(node: ET.Element) -> dict[str, str]:
    return {name.lower(): clean(value) for name, value in node.attrib.items()}


def _root(body: bytes) -> ET.Element:
    if not body.strip():
        raise FeedError("an empty body")
    text = clean(decode(body).lstrip("\ufeff"))
    text = _HARMLESS_DOCTYPE.sub("", _XML_HEADER.sub("", text))
    # Attribute values cannot hold a bare "<", so outside comments this is never text.
    if _ENTITIES.search(text):
        raise FeedError("a DOCTYPE with entities is refused")
    try:
        root = ET.fromstring(text)  # noqa: S314 - no DOCTYPE is left in it, so nothing expands
    except ET.ParseError as error:
        raise FeedError(f"broken XML: no OPML could be read ({error})") from None
    if root.tag.lower() != "opml":
        raise FeedError(f"XML, but not OPML (it begins with <{root.tag[:40]}>)")
    return root
