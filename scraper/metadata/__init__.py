"""What is known about a page, and who said it: readers in order of trust; titles and authors by agreement."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta, timezone
from typing import Any
from urllib.parse import unquote, urlsplit

from scraper.metadata.captions import apart
from scraper.metadata.dates import of_old, when
from scraper.metadata.fields import LONGEST_TITLE, language, line, title_of
from scraper.metadata.jsonld import strings
from scraper.metadata.people import agencies, bare_name, byline_names, is_person, people, same_script, signers
from scraper.metadata.readers import READERS, Fields, state
from scraper.metadata.readers import Seen as Seen
from scraper.urls import absolute, may_stand_for
from storage.folding import fold
from storage.records import Metadata

_HOST = re.compile(r"\bwww\.|\(\w[\w.-]*\.[a-z]{2,3}\)")
_COMMA = re.compile(r"[,;،，、；]")
_MOST_AUTHORS = 6  # more in one byline are a list of the site's authors


def read_metadata(seen: Seen) -> Metadata:
    """All fields of a page. Pure; never raises for what a page says."""
    url = seen.url
    said = {name: reader(seen) for name, reader in READERS.items()}
    sites = _names_of_site(said, url)
    usable: dict[str, Callable[[list[str]], Any]] = {
        "modified": lambda values: when(values[0]),
        "language": lambda values: language(values[0]),
        "site": lambda values: line(values[0]),
        "section": lambda values: line(values[0]),
        "tags": _tags,
        "summary": lambda values: line(values[0]),
        "image": lambda values: absolute(values[0], url),
        "canonical_url": lambda values: _own(absolute(values[0], url), url),
        "licence": lambda values: line(values[0])[:300],
        "access": lambda values: values[0],
    }
    answers = {field: _first(said, field, use) for field, use in usable.items()}
    answers["title"] = _title(seen, said, sites)
    answers["authors"] = _authors(seen, said, sites)
    answers["published"] = _published(seen, said, answers["modified"])
    answers["image_caption"], answers["image_credit"] = _caption(said)
    facts: dict[str, Any] = {field: value for field, (value, _) in answers.items() if value}
    return Metadata(**facts, said_by={field: reader for field, (value, reader) in answers.items() if value})


def article_body(seen: Seen) -> str:
    """The whole text that the page's JSON-LD carries, or ''."""
    bodies = [text for node in seen.nodes for text in strings(node.get("articleBody"))]
    return max(bodies, key=len, default="")


Answer = tuple[Any, str]


def _first(said: dict[str, Fields], field: str, use: Callable[[list[str]], Any]) -> Answer:
    """The first usable answer and its reader. The page's own canonical link stands above what others say."""
    order = ("meta", *said) if field in ("canonical_url", "language") else tuple(said)
    for reader in order:
        values = [value for value in said[reader].get(field, []) if value and value.strip()]
        if values and (answer := use(values)):
            return answer, reader
    return "", ""


def _names_of_site(said: dict[str, Fields], url: str) -> list[str]:
    """What the site is called, folded: as it says itself, and the labels of its host."""
    names = [fold(line(value)) for fields in said.values() for value in fields.get("site", [])]
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    labels = [fold(host), *(fold(label) for label in host.split(".")[:-1] if len(label) > 3)]
    return [name for name in dict.fromkeys([*names, *labels]) if name]


def _title(seen: Seen, said: dict[str, Fields], sites: Sequence[str]) -> Answer:
    values = {name: fields["title"][0] for name, fields in said.items() if fields.get("title")}
    if _is_put_in_front(seen.headings, values):
        del values["feed"]
    others = [value for name, value in values.items() if name != "visible" and value.strip()]
    slug = re.sub(r"[-_./+]+", " ", unquote(urlsplit(seen.url).path))
    lesser = [block.text for block in seen.blocks if block.tag in ("h2", "h3")] or _lines(seen, others)
    title = title_of(seen.headings, others, slug, sites, lesser)
    own = fold(title)
    return title, next((name for name, value in values.items() if own in fold(value)), "visible") if title else ""


def _is_put_in_front(headings: Sequence[str], values: dict[str, str]) -> bool:
    """Whether the page's heading and its data have words before the feed's title, which is older ("UPDATE: …")."""
    feed = fold(values.get("feed", ""))
    longer = [own for own in map(fold, headings) if feed and own != feed and own.endswith(feed)]
    page = [fold(value) for name, value in values.items() if name not in ("feed", "visible")]
    return any(value.startswith(own) for own in longer for value in page)


def _lines(seen: Seen, said: Sequence[str]) -> list[str]:
    """Of a page without headings what begins a block and is most of what others call the page."""
    if seen.headings or not said:
        return []
    least = max(map(len, said)) // 2
    begun = (block.parts[0][0].strip() for block in seen.blocks if block.parts and not block.links)
    return [text for text in begun if least < len(text) <= LONGEST_TITLE]


def _authors(seen: Seen, said: dict[str, Fields], sites: Sequence[str]) -> Answer:
    """Persons, by the first reader that names one, unless the byline knows better; else whoever is named."""
    named = {name: people(fields["authors"]) for name, fields in said.items() if fields.get("authors")}
    persons = {
        name: tuple(one for one in names if is_person(one, sites) and not _as_host(one, said[name]["authors"]))
        for name, names in named.items()
    }
    first = next(((found, name) for name, found in persons.items() if found), None)
    signature = next(iter(said["visible"].get("signature", ())), "")
    if first:
        better = _byline(seen, first[0], persons.get("visible", ()), signature)
        return (better, "visible") if better else first
    signed = signers(signature)
    wires = {name: agencies(fields.get("authors", ())) for name, fields in said.items()}
    alone = tuple(said["visible"].get("alone", ()))
    whoever = [("visible", signed), *named.items(), *wires.items(), ("visible", alone)]
    return next(((names, name) for name, names in whoever if names), ((), ""))


def _as_host(name: str, values: Sequence[str]) -> bool:
    """Whether a name is given with the address of a site beside it: "Deutsche Welle (www.dw.com)"."""
    return any(_HOST.search(value) for value in values if name in value)


def _byline(seen: Seen, first: Sequence[str], shown: Sequence[str], signature: str) -> tuple[str, ...]:
    """The names in the byline where they are to be preferred to those that the first reader has found, else none.

    A byline that names more than the page's data does; one that names only the first of them (the others did
    something else); one that names somebody else, if the page does not show whom its data name: who put it up.
    """
    known, signed = {fold(one) for one in first}, byline_names(signature, marked=False)
    more = {bare_name(one) for one in shown}
    if len(more) <= _MOST_AUTHORS and more > {bare_name(one) for one in first}:
        return tuple(shown)
    told = {fold(one) for one in signed}
    if told < known and fold(first[0]) in told:
        return signed
    unseen = not any(one in block.text for block in seen.blocks for one in first)
    return signed if told and not told & known and unseen and same_script(signed[0], first[0]) else ()


def _published(seen: Seen, said: dict[str, Fields], modified: Answer) -> Answer:
    """The moment of publication; of a page that tells only when it was changed, that."""
    moment: Callable[[list[str]], datetime | None] = lambda values: when(values[0])  # noqa: E731
    order = ("json-ld", "opengraph", "microdata", "meta", "feed", "visible", "page")
    found = _first({name: said[name] for name in order}, "published", moment)
    if found[1] == "meta" and found[0].time() == time():
        # A day alone there may be that on which the page was made; what it tells its readers is the article's.
        shown = [one.date() for one in map(when, said["visible"].get("shown", ())) if one]
        if shown and found[0].date() not in shown:
            found = _first({"visible": said["visible"]}, "published", moment)
    if found[0]:
        found = _as_shown(found[0], [*said["visible"].get("shown", ()), *said["page"].get("published", ())]), found[1]
        # Systems that were moved or edited say the day of that; what the page tells its readers is the article's.
        beside = _first({"visible": said["visible"]}, "beside", moment)
        others = {one.date() for one in (found[0], modified[0]) if one}
        if beside[0] and beside[0].date() not in others and _dated(seen, found[0]) <= _dated(seen, beside[0]):
            found = beside
    if not found[0]:
        found = _first({"state": state(seen)}, "published", moment)
    if not found[0]:  # what a newspaper's own archive holds
        stated = {name: said[name] for name in ("json-ld", "opengraph")}
        found = _first(stated, "published", lambda values: of_old(values[0]))
    return found if found[0] else (modified[0], f"modified, {modified[1]}" if modified[0] else "")


def _dated(seen: Seen, moment: datetime) -> bool:
    """Whether the page's address says this month: /2024/03/."""
    return f"/{moment:%Y/%m}/" in urlsplit(seen.url).path


def _as_shown(moment: datetime, days: Sequence[str]) -> datetime:
    """The same moment, with the offset in which it falls on the day that the page shows, where it is said in UTC."""
    if moment.utcoffset():
        return moment
    told = [shown for shown in map(when, days) if shown]
    for shown in told if all(shown.date() != moment.date() for shown in told) else ():
        away = (shown.date() - moment.date()).days
        if abs(away) == 1 and (moment.hour or moment.minute):
            hours = -(moment.hour + 1) if away < 0 else 24 - moment.hour
            return moment.astimezone(timezone(timedelta(hours=hours))) if -12 <= hours <= 14 else moment
    return moment


def _caption(said: dict[str, Fields]) -> tuple[Answer, Answer]:
    """The caption and the credit of the image, apart."""
    text, who = _first(said, "image_caption", lambda values: line(values[0]))
    caption, told = apart(text)
    credit, by = _first(said, "image_credit", lambda values: line(values[0])[:200])
    return (caption, who), (credit or told, by or who)


def _tags(values: list[str]) -> tuple[str, ...]:
    parts = [part.strip(" #") for value in values for part in _COMMA.split(line(value))]
    return tuple(dict.fromkeys(part for part in parts if part))[:50]


def _own(canonical: str, url: str) -> str:
    return canonical if canonical and (not url or may_stand_for(canonical, url)) else ""
