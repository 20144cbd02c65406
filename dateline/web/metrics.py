"""Metrics for Prometheus and a word on health, both from what the archive holds: they survive a restart."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from dateline.moments import moment
from dateline.web.room import ReadingRoom
from storage.archive import Reader
from storage.errors import ArchiveError
from storage.reading import Tally

_SPANS = (60, 300, 900, 1800, 3600, 14400, 86400, 604800)  # seconds, as the archive counts them
_SOURCES = 500  # labels of one metric: more sites than these are counted together
_PATIENCE = 900.0  # seconds that a poll may be late


class Family(NamedTuple):
    """One metric: its kind, what it tells, and its samples as (suffix, labels, value)."""

    name: str
    kind: str
    help: str
    samples: Sequence[tuple[str, Mapping[str, str], float]]


@get("/metrics", sync_to_thread=True, include_in_schema=False)
def metrics(room: NamedDependency[ReadingRoom]) -> Response[bytes]:
    """Prometheus text format 0.0.4."""
    with room.reader() as reader:
        families = list(_families(reader))
    return Response(written(families), media_type="text/plain; version=0.0.4")


@get("/health", sync_to_thread=True, include_in_schema=False)
def health(room: NamedDependency[ReadingRoom], daemon: NamedDependency[bool]) -> Response[bytes]:
    """200 where the archive can be read and, if a daemon should be at work, it polls; else 503 and the reason."""
    facts: dict[str, object] = {}
    try:
        with room.reader() as reader:
            pulse = reader.pulse()
    except ArchiveError as error:
        facts["reason"] = str(error)
    else:
        facts |= {"last_polled": pulse.last_polled, "feeds": pulse.feeds, "oldest_waiting": pulse.waiting}
        late = _late(pulse.next) if daemon and pulse.feeds else 0.0
        if late > _PATIENCE:
            facts["reason"] = f"a poll was due at {pulse.next} and has not been made"
    fine = "reason" not in facts
    body = msgspec.json.encode({"status": "ok" if fine else "failing"} | facts)
    return Response(body, status_code=200 if fine else 503, media_type="application/json")


def written(families: Iterable[Family]) -> bytes:
    """Metrics in Prometheus' text format."""
    lines: list[str] = []
    for family in families:
        lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
        for suffix, labels, value in family.samples:
            marks = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            lines.append(f"{family.name}{suffix}{f'{{{marks}}}' if marks else ''} {value:.10g}")
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _families(reader: Reader) -> Iterator[Family]:
    tallies: dict[str, list[Tally]] = defaultdict(list)
    for tally in reader.tallies():
        tallies[tally.name].append(tally)
    pulse = reader.pulse()
    hosts = {number: _host(url) for number, url in reader.feed_addresses().items()}
    yield from _polls(tallies["poll"], hosts)
    yield from _fetches(tallies["fetch"])
    yield _counter("dateline_articles_total", "Articles archived, by site.", _sources(tallies["article"]))
    yield _counter("dateline_revisions_total", "Texts that replaced others.", _labelled(tallies["revision"], "size"))
    yield _counter("dateline_duplicates_total", "Near-duplicates linked.", _labelled(tallies["pair"], "kind"))
    yield _delays(tallies["delay"])
    yield _gauge(
        "dateline_queue_oldest_seconds", "Age of the oldest address that could be fetched now.", _age(pulse.waiting)
    )
    yield _gauge("dateline_queue_addresses", "Addresses that wait to be fetched.", pulse.queue)
    states = [("", {"state": state}, float(count)) for state, count in sorted(pulse.states.items())]
    yield Family("dateline_feeds", "gauge", "Active feeds by state.", states)
    yield _gauge("dateline_extraction_score", "Average score of the latest 200 articles.", reader.recent_score() or 0.0)
    yield _gauge("dateline_layout_alarms", "Sites whose articles are no longer what they were.", len(reader.alarms()))
    yield _gauge("dateline_db_bytes", "Size of the archive's files.", pulse.bytes)
    build = [("", {"version": version("dateline")}, 1.0)]
    yield Family("dateline_build_info", "gauge", "Which Dateline this is.", build)


def _polls(tallies: Sequence[Tally], hosts: Mapping[int, str]) -> Iterator[Family]:
    made: dict[tuple[str, str], int] = defaultdict(int)
    seconds: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for tally in tallies:
        feed, _, result = tally.label.partition(" ")
        source = hosts.get(int(feed), "unknown")
        made[source, result] += tally.count
        seconds[source] = [seconds[source][0] + tally.count, seconds[source][1] + tally.total]
    samples = [("", {"source": one, "result": result}, float(count)) for (one, result), count in sorted(made.items())]
    yield Family("dateline_polls_total", "counter", "Polls of feeds, by the feed's host.", samples)
    parts = [
        (suffix, {"source": one}, value)
        for one, (count, total) in sorted(seconds.items())
        for suffix, value in (("_sum", total), ("_count", count))
    ]
    yield Family("dateline_poll_duration_seconds", "summary", "How long polls took on the wire.", parts)


def _fetches(tallies: Sequence[Tally]) -> Iterator[Family]:
    yield _counter("dateline_fetches_total", "Requests made, by class of status.", _labelled(tallies, "class"))
    received = [("", {"direction": "received"}, sum(tally.total for tally in tallies))]
    yield Family("dateline_fetch_bytes_total", "counter", "Bytes of bodies on the wire.", received)


def _delays(tallies: Sequence[Tally]) -> Family:
    counts = {int(tally.label): tally for tally in tallies}
    samples: list[tuple[str, Mapping[str, str], float]] = []
    total = 0
    for span in _SPANS:
        total += counts[span].count if span in counts else 0
        samples.append(("_bucket", {"le": str(span)}, total))
    samples.append(("_bucket", {"le": "+Inf"}, total))
    samples += [("_sum", {}, sum(tally.total for tally in tallies)), ("_count", {}, total)]
    return Family("dateline_publish_delay_seconds", "histogram", "From publication to the archive.", samples)


def _sources(tallies: Sequence[Tally]) -> list[tuple[str, Mapping[str, str], float]]:
    """By site; those first seen last are counted together where there are too many, so that no count ever falls."""
    made: list[tuple[str, Mapping[str, str], float]] = [
        ("", {"source": tally.label}, float(tally.count)) for tally in tallies[:_SOURCES]
    ]
    rest = sum(tally.count for tally in tallies[_SOURCES:])
    return [*made, ("", {"source": "other"}, float(rest))] if rest else made


def _labelled(tallies: Sequence[Tally], label: str) -> list[tuple[str, Mapping[str, str], float]]:
    return [("", {label: tally.label}, float(tally.count)) for tally in tallies]


def _counter(name: str, told: str, samples: Sequence[tuple[str, Mapping[str, str], float]]) -> Family:
    return Family(name, "counter", told, samples)


def _gauge(name: str, told: str, value: float) -> Family:
    return Family(name, "gauge", told, [("", {}, float(value))])


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "unknown"
    except ValueError:
        return "unknown"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _age(text: str | None) -> float:
    return max(_late(text), 0.0)


def _late(text: Any) -> float:
    """Seconds since a moment; 0 where there is none."""
    made = moment(text) if text else None
    return (datetime.now(UTC) - made).total_seconds() if made else 0.0
