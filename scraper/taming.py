"""Pages that would burst the parser, made harmless before it sees them; what they say stays.

Lexbor is quadratic in how deep most elements nest, in the attributes of one tag, in a list of selected options and in
formatting elements that are left open, and needs 40 bytes of memory for one of a page. So tags beyond any honest
page's measure are left out and the text between them is kept: the article beside such a thing is still read. Every
step is linear, and a page within the measure comes back as it is.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

MOST_TAGS = 150_000
DEEPEST = 400
MOST_ATTRIBUTES = 300
MOST_OPTIONS = 1_000

_HEAD = 0.75  # of an endless page so much is kept from its beginning, the rest from its end
_LONG = 4_000  # bytes: a shorter tag has few enough attributes
_FORMATTING = frozenset(
    b"a abbr acronym b big bdi bdo cite code del dfn em font i ins kbd label mark nobr q s samp small span strike "
    b"strong sub sup time tt u var".split()
)
_FORMATTING_TAG = re.compile(rb"</?(?:%s)(?:[\s/][^<>]*)?>" % b"|".join(sorted(_FORMATTING)), re.IGNORECASE)
_OPTION_TAG = re.compile(rb"</?opt(?:ion|group)\b[^<>]*>", re.IGNORECASE)
_TAG_OR_COMMENT = re.compile(rb"<(?:(/?)([a-z][^\s/<>]{0,30})|!--)")
_SCRIPT_OR_COMMENT = re.compile(rb"<(?:(script|style)(?=[\s/>])|!--)")
_ATTRIBUTE = re.compile(rb"""[\s/]*[^\s/>][^\s/>=]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]*))?""")
# Elements that have no end, the common ones first.
_VOID = dict.fromkeys(b"img br meta link input source hr wbr area base col embed frame keygen param track".split())
_NAME_ENDS = np.frombuffer(b"\t\n\f\r />", np.uint8)
# What stands in them is no markup until their own end.
_RAW = frozenset(b"script style textarea title xmp iframe noembed noframes".split())
# What needs no end of its own, and what in front of it ends with it.
_ENDS = {
    **{name: frozenset((name, b"p")) for name in (b"p", b"li", b"option", b"rt", b"rp")},
    **{name: frozenset((b"dt", b"dd", b"p")) for name in (b"dt", b"dd")},
    **{name: frozenset((b"td", b"th", b"p")) for name in (b"td", b"th")},
    b"tr": frozenset((b"td", b"th", b"p", b"tr")),
    **{name: frozenset((b"td", b"th", b"p", b"tr", b"tbody", b"thead")) for name in (b"tbody", b"thead")},
    **{name: frozenset((b"p",)) for name in b"div ul ol table section article h1 h2 h3 h4 blockquote pre form".split()},
}
_COSTLY = (b"div", b"span", b"blockquote", b"details", b"section", b"ul", b"ol", b"dl", b"li")
_LONGEST = max(map(len, (*_COSTLY, *_VOID)))
# What articles are made of may stand a little deeper than what only stands around them.
_OWN = frozenset(b"article p h1 h2 h3 h4 li pre blockquote".split())
_ALLOWANCE = 40


def tamed(body: bytes) -> bytes:
    """The page itself, or one that says the same within the measure of honest pages."""
    page = _Places(body)
    if len(page.places) > MOST_TAGS:
        body = _shortened(_FORMATTING_TAG.sub(b"", body))
        page = _Places(body)
    if page.begin[ord("o")] + page.begin[ord("O")] > MOST_OPTIONS and page.count(b"option") > MOST_OPTIONS:
        body = _OPTION_TAG.sub(b" ", body)
        page = _Places(body)
    if not page.is_suspect():  # most pages, without a look at names
        return body
    lower = body.lower()
    if not _Places(_without_scripts(lower)).is_suspect():  # most others: the markup in their scripts does not count
        return body
    flat = _flattened(body, lower)
    return _with_few_attributes(flat, flat.lower())


class _Places:
    """Where the tags of a page may stand, in arrays: what can be asked about all at once.

    `places`: of each `<`; `follows`: what stands behind it; `begin`: how many tags begin with each letter.
    """

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._bytes = np.frombuffer(body, np.uint8)
        # What begins in the last few bytes does no harm, and may be looked behind.
        self.places = np.flatnonzero(self._bytes[: -_LONGEST - 2] == ord("<"))
        self.follows = self._bytes[self.places + 1]
        self.begin = np.bincount(self.follows, minlength=256)

    def is_suspect(self) -> bool:
        """Whether elements may stand too deep or open, or tags may have too many attributes."""
        return self._rise() > DEEPEST or self._is_left_open() or self._has_surplus()

    def _rise(self) -> int:
        """The most elements that may stand open at once, those that leave out their end counted too."""
        if len(self.follows) <= DEEPEST:
            return 0
        steps = ((self.follows | 0x20) >= ord("a")).astype(np.int32) - (self.follows == ord("/"))
        rise = _rise(steps)
        for name in _VOID:
            if rise <= DEEPEST:
                break
            steps[self._named(name)] = 0
            rise = _rise(steps)
        return rise

    def _named(self, name: bytes) -> NDArray[np.intp]:
        """Which of the tags begin an element of this name."""
        tags = np.flatnonzero((self.follows | 0x20) == name[0])
        for distance, letter in enumerate(name[1:], 2):
            tags = tags[(self._bytes[self.places[tags] + distance] | 0x20) == letter]
        behind = self._bytes[self.places[tags] + len(name) + 1]
        return tags[np.isin(behind, _NAME_ENDS)]

    def _is_left_open(self) -> bool:
        """Whether many elements of one of the costly kinds have no end, whatever other ends there are."""
        ends = self.places[self.follows == ord("/")] + 1
        return any(
            self.begin[name[0]] > DEEPEST and self._count(self.places, name) - self._count(ends, name) > DEEPEST
            for name in _COSTLY
        )

    def count(self, name: bytes) -> int:
        """How many tags begin with this name, in small letters or capitals."""
        return self._count(self.places, name) + self._count(self.places, name.upper())

    def _count(self, places: NDArray[np.intp], name: bytes) -> int:
        """Behind how many of these places the name stands."""
        for distance, letter in enumerate(name, 1):
            places = places[self._bytes[places + distance] == letter]
        return len(places)

    def _has_surplus(self) -> bool:
        """Whether a long tag may have too many attributes. (A gap may also be text, or a script that compares.)"""
        ends = np.append(self.places[1:], len(self._body))
        for place in self.places[ends - self.places > _LONG].tolist():
            if self._body[place + 1] not in b"/!?" and _surplus(self._body, place):
                return True
        return False


def _rise(steps: NDArray[np.int32]) -> int:
    """How far the sum of these steps rises above where it was lowest before."""
    depth = np.cumsum(steps)
    return int((depth - np.minimum.accumulate(depth)).max())


def _shortened(body: bytes) -> bytes:
    """The beginning and the end of a page with too many tags."""
    places = [found.start() for found in re.finditer(b"<", body)]
    if len(places) <= MOST_TAGS:
        return body
    head = int(MOST_TAGS * _HEAD)
    return body[: places[head]] + body[places[head - MOST_TAGS] :]


def _without_scripts(page: bytes) -> bytes:
    """A page in lower case without what is in its scripts and comments, up to the first that does not end."""
    kept, start = [], 0
    while found := _SCRIPT_OR_COMMENT.search(page, start):
        begin, close = found.end(), b"</" + found[1] if found[1] else b"-->"
        if found[1]:
            begin = max((one.end() for one in _attributes(page, begin)), default=begin)
        end = page.find(close, begin)
        if end < 0:
            break
        kept.append(page[start:begin])
        start = end
    kept.append(page[start:])
    return b"".join(kept)


def _flattened(body: bytes, page: bytes) -> bytes:
    """The page without the tags that open elements too deep, and without their ends."""
    stack, kept, start = _Stack(), [], 0
    for begin, end, closing, name in _tags(page):
        if not (stack.close(name) if closing else stack.open(name)):
            kept.append(body[start:begin])
            start = end
    kept.append(body[start:])
    return b"".join(kept)


class _Stack:
    """The elements that stand open, about as the parser would have them."""

    def __init__(self) -> None:
        self._open: list[bytes] = []
        self._count = Counter[bytes]()
        self._left_out = Counter[bytes]()

    def open(self, name: bytes) -> bool:
        """Open an element, unless it is too deep; whether its tag stays."""
        if name in _VOID or name in _RAW:
            return True
        ends = _ENDS.get(name, frozenset())
        while self._open and self._open[-1] in ends:
            self._count[self._open.pop()] -= 1
        if len(self._open) >= DEEPEST + _ALLOWANCE * (name in _OWN):
            self._left_out[name] += 1
            return False
        self._open.append(name)
        self._count[name] += 1
        return True

    def close(self, name: bytes) -> bool:
        """Close an element with what stands open in it; whether the tag stays."""
        if self._left_out[name]:
            self._left_out[name] -= 1
            return False
        if self._count[name]:
            place = len(self._open) - 1 - self._open[::-1].index(name)
            # The end of formatting ends nothing else.
            last = place + 1 if name in _FORMATTING else len(self._open)
            self._count.subtract(self._open[place:last])
            del self._open[place:last]
        return True


def _with_few_attributes(body: bytes, page: bytes) -> bytes:
    kept, start, end = [], 0, 0
    for begin, _, closing, _ in _tags(page):
        if closing or begin < end:  # what looks like a tag may stand in an attribute
            continue
        surplus = 0
        for number, found in enumerate(_attributes(body, begin + 1)):
            end = found.end()
            if number == MOST_ATTRIBUTES:
                surplus = found.start()
        if surplus:
            kept.append(body[start:surplus])
            start = end
    kept.append(body[start:])
    return b"".join(kept)


def _surplus(body: bytes, tag: int) -> bool:
    """Whether the tag at this place has too many attributes."""
    return next(islice(_attributes(body, tag + 1), MOST_ATTRIBUTES, None), None) is not None


def _attributes(body: bytes, place: int) -> Iterator[re.Match[bytes]]:
    """What stands one after the other in a tag from a place in it on: its name, its attributes."""
    while found := _ATTRIBUTE.match(body, place):
        yield found
        place = found.end()


def _tags(page: bytes) -> Iterator[tuple[int, int, bool, bytes]]:
    """Where each tag of a page in lower case begins and ends, whether it closes, its name; without those in scripts."""
    place = 0
    while found := _TAG_OR_COMMENT.search(page, place):
        name = found[2]
        if name is None:
            place = page.find(b"-->", found.start() + 2) + 3
        else:
            end = page.find(b">", found.end()) + 1 or len(page)
            yield found.start(), end, bool(found[1]), name
            place = page.find(b"</" + name, end) if name in _RAW and not found[1] else end
        if place < found.end():  # it has no end
            return
