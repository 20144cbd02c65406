"""What one look at a feed tells of its rhythm: which items are new in it, when they appeared, whether any were missed.

Pure. A feed is remembered by the marks of the items that it showed last, not by what the archive knows: a story that
another feed brought first is an item of this feed's rhythm all the same.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from scraper.intensity import DAY, first_look, learn
from storage.records import FeedEntry, FeedState

Entries = Sequence[tuple[str, FeedEntry]]

_MARK = 8  # bytes
_LATE = DAY  # an item older than the last look by more than this was put in afterwards: no evidence


def with_document(state: FeedState, entries: Entries, now: datetime) -> FeedState:
    """The feed's state with what a new document teaches; its `last_gap` is now if no item in it was known."""
    marks = [_mark(url) for url, _ in entries]
    shown = {state.shown[place : place + _MARK] for place in range(0, len(state.shown), _MARK)}
    new = [entry for mark, (_, entry) in zip(marks, entries, strict=True) if mark not in shown]
    moment = now.timestamp()
    # Of a feed that shows one item only, the next one says nothing.
    missed = bool(shown) and 0 < len(new) == len(entries) and max(len(shown), len(new)) > 1
    if not state.rhythm.polled:
        rhythm = first_look([when for _, entry in entries if (when := _said(entry))], moment)
    else:
        appeared = _appeared(new, state.rhythm.polled, moment)
        # What was missed is no evidence of a quiet time: only what the document still shows was watched.
        rhythm = learn(state.rhythm, appeared, moment, since=min(appeared, default=0.0) if missed else 0.0)
    return msgspec.structs.replace(
        state,
        rhythm=rhythm,
        shown=b"".join(dict.fromkeys(marks)) or state.shown,
        gaps=state.gaps + missed,
        last_gap=now if missed else state.last_gap,
        missed_since=state.missed_since or (datetime.fromtimestamp(state.rhythm.polled, UTC) if missed else None),
    )


def seen_again(state: FeedState, before: FeedState, entries: Entries, now: datetime) -> FeedState:
    """The state after a document whose items are other ones than they seemed; `before` is the one before it came."""
    learned = ("rhythm", "shown", "gaps", "last_gap", "missed_since")
    return with_document(
        msgspec.structs.replace(state, **{name: getattr(before, name) for name in learned}), entries, now
    )


def with_nothing_new(state: FeedState, now: datetime) -> FeedState:
    """The feed's state after a look that found the same items."""
    return msgspec.structs.replace(state, rhythm=learn(state.rhythm, (), now.timestamp()))


def _appeared(new: Sequence[FeedEntry], last: float, now: float) -> list[float]:
    """When new items came: by their own dates between the last look and this one; without dates, evenly in between."""
    last = min(last, now)
    moments = []
    for place, entry in enumerate(new):
        said = _said(entry)
        if said is None:
            moments.append(now - (now - last) * (place + 0.5) / len(new))
        elif said >= last - _LATE:
            moments.append(min(max(said, last), now))
    return moments


def _said(entry: FeedEntry) -> float | None:
    moment = entry.published or entry.updated
    return moment.timestamp() if moment else None


def _mark(url: str) -> bytes:
    return hashlib.blake2b(url.encode("utf-8", "replace"), digest_size=_MARK).digest()
