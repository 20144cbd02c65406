"""`backfill cdx`: three dialects of an index, its paging, and pages replayed as they were captured."""

import gzip
import json
import sqlite3
from contextlib import closing
from datetime import date
from itertools import permutations
from pathlib import Path

import msgspec
import pytest

from scraper.feeds.cdx import page_count, read_cdx
from scraper.feeds.text import FeedError
from scraper.fetch import FetchError
from scraper.parsed import IndexedCapture
from scraper.sources import Plan, SourceError
from scraper.sources.cdx import chosen_of, moment_of, query_of, template_of
from storage.backends import open_library
from storage.records import Page, Query
from tests.fakes import page
from tests.scraper.past import SITE, Past, article, story
from tests.scraper.test_warc import record, write

CDX = "http://archive.example/web/cdx?url=news.example&matchType=host"
ASKED = f"{CDX}&output=json&limit=3000&showResumeKey=true"
NAMES = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]


def row(path: str, timestamp: str = "20200102030405", digest: str = "", status: str = "200") -> list[str]:
    return ["example,news)" + path, timestamp, SITE + path, "text/html", status, digest or path, "99"]


def replayed(path: str, timestamp: str = "20200102030405", at: str = "", body: bytes = b"") -> tuple[str, Page]:
    asked = f"http://archive.example/web/{timestamp}id_/{SITE}{path}"
    made = page(asked, body or article(path.strip("/").title(), "2019-12-31"))
    final = f"http://archive.example/web/{at}id_/{SITE}{path}" if at else asked
    return asked, msgspec.structs.replace(made, final_url=final, headers=(("Content-Type", "text/html"),))


def test_three_dialects_say_the_same() -> None:
    rows = [row("/a"), row("/b", "20210101")]
    table = json.dumps([NAMES, *rows])
    names = {"original": "url", "mimetype": "mime", "statuscode": "status"}
    objects = [{names.get(key, key): cell for key, cell in zip(NAMES, one, strict=True)} for one in rows]
    lines = "\n".join(map(json.dumps, objects))
    plain = "\n".join(" ".join(one) for one in rows)
    said = [{"url": one[2], "mime": one[3], "status": one[4], "digest": one[5]} for one in rows]
    cdxj = "\n".join(f"{one[0]} {one[1]} {json.dumps(facts)}" for one, facts in zip(rows, said, strict=True))
    found = [read_cdx(text.encode()).captures for text in (table, lines, plain, cdxj)]
    assert found[0] == found[1] == found[2] == found[3]
    assert [(one.url, one.timestamp, one.status) for one in found[0]] == [
        (SITE + "/a", "20200102030405", "200"),
        (SITE + "/b", "20210101", "200"),
    ]
    assert (
        read_cdx(json.dumps([NAMES, rows[0], [], ["example,news)/b 2021"]]).encode()).resume == "example,news)/b 2021"
    )
    assert read_cdx((plain + "\n\nkey+1\n").encode()).resume == "key+1"
    assert read_cdx(b"").captures == read_cdx(b"[]").captures == ()
    with pytest.raises(FeedError):
        read_cdx(b"<html>Sorry, a long line of words that is no index</html>")


def test_the_newest_good_capture_stands_for_an_article() -> None:
    def one(path: str, timestamp: str, digest: str, status: str = "200", kind: str = "text/html") -> IndexedCapture:
        return IndexedCapture(url=SITE + path, timestamp=timestamp, kind=kind, status=status, digest=digest)

    chosen = chosen_of(
        [
            one("/", "2020", "H"),
            one("/a", "2019", "A"),
            one("/a?utm_source=x", "2021", "B"),
            one("/a", "2022", "C", status="404"),
            one("/a", "2023", "-", status="-", kind="warc/revisit"),
            one("/story/long-name", "2020", "S"),
            one("/story", "2020", "S"),
            one("/logo.png", "2020", "L", kind="image/png"),
        ]
    )
    assert [(one.url, one.timestamp) for one in chosen] == [
        (SITE + "/a?utm_source=x", "2021"),
        (SITE + "/story", "2020"),
    ]


def test_what_the_index_does_not_say_drops_no_capture() -> None:
    facts = "urlkey", "20200102030405", "text/html", "200"
    lines = "\n".join(f"{facts[0]} {facts[1]} {SITE}/{n} {facts[2]} {facts[3]} - 99" for n in range(5))
    assert len(chosen_of(read_cdx(lines.encode()).captures)) == 5  # no digest is not the same digest
    short = [["timestamp", "original"], ["2021", SITE + "/a"], ["2020", SITE + "/b"]]
    assert [one.url for one in chosen_of(read_cdx(json.dumps(short).encode()).captures)] == [SITE + "/a", SITE + "/b"]
    kinds = ["TEXT/HTML", "text/html; charset=utf-8", "", "image/png"]
    told = [IndexedCapture(url=f"{SITE}/{n}", timestamp="2020", kind=kind) for n, kind in enumerate(kinds)]
    assert [one.url[-1] for one in chosen_of(told)] == ["0", "1", "2"]
    known = IndexedCapture(url=SITE + "/a", timestamp="2020", kind="text/html", status="200")
    unknown = IndexedCapture(url=SITE + "/a", timestamp="2021")
    assert chosen_of([known, unknown]) == [known]
    assert chosen_of([unknown]) == [unknown]


@pytest.mark.parametrize(
    "body",
    [
        b"\x89PNG\r\n\x1a\n a b c d e f g\n\nIHDR",
        b'[{"error": "try later"}]',
        b'{"message": "no"}\n{"message": "no"}\n\nend',
    ],
)
def test_what_is_no_index_is_not_taken_for_an_empty_one(body: bytes) -> None:
    with pytest.raises(FeedError, match="lists no captures"):
        read_cdx(body)


def test_an_index_may_hold_nothing_of_the_web() -> None:
    assert read_cdx(b'dns:news.example 20200102030405 {"url": "dns:news.example", "mime": "text/dns"}').captures == ()


def test_a_table_without_its_names_is_read_as_lines_are() -> None:
    named, bare = (json.dumps([*head, row("/a"), row("/b"), [], ["key"]]) for head in ([NAMES], []))
    assert read_cdx(bare.encode()) == read_cdx(named.encode())
    assert len(read_cdx(bare.encode()).captures) == 2
    with pytest.raises(FeedError, match="no timestamp"):
        read_cdx(json.dumps([["original"], [SITE + "/a"]]).encode())


def test_what_a_query_means() -> None:
    def query(address: str, since: date | None = None, until: date | None = None) -> str:
        return query_of(Plan(source="cdx", address=address, since=since, until=until))

    assert query(CDX) == f"{CDX}&output=json"
    days = query(CDX + "&output=json", since=date(2020, 1, 2), until=date(2020, 2, 3))
    assert days == f"{CDX}&output=json&from=20200101&to=20210204"
    assert "url=news.example/world/&matchType=prefix" in query("wayback:news.example/world/*")
    assert "url=news.example&matchType=host" in query("wayback:news.example")
    assert "url=news.example&matchType=domain" in query("wayback:*.news.example")
    assert "matchType" not in query("wayback:https://news.example/story")
    assert template_of(CDX) == "http://archive.example/web/{timestamp}id_/{url}"
    assert template_of(query("wayback:x.example")) == "https://web.archive.org/web/{timestamp}id_/{url}"
    with pytest.raises(SourceError, match="query address"):
        query("http://archive.example/web/cdx")
    assert str(moment_of("2020")) == "2020-01-01 00:00:00+00:00"
    assert moment_of("20209999") is None


def test_captures_of_long_after_the_days_wanted_are_had_where_there_are_no_others(tmp_path: Path) -> None:
    since, until = date(2019, 12, 1), date(2019, 12, 31)
    early = f"{CDX}&output=json&from=20191130&to=20210101&limit=3000&showResumeKey=true"
    any_time = f"{CDX}&output=json&from=20191130&limit=3000&showResumeKey=true"
    late = replayed("/bridge", "20260102030405")
    listed = json.dumps([NAMES, *(row(path, "20260102030405") for path in ("/bridge", "/2018/05/06/harbour"))])
    empty = {early: page(CDX, "[]"), any_time: page(CDX, listed)}
    missing = empty | {early: FetchError("the server answered 404", status=404)}
    for name, answers in (("empty", empty), ("missing", missing)):
        (tmp_path / name).mkdir()
        past = Past(tmp_path / name, {**answers, **dict([late])})
        assert past.backfill("cdx", CDX, since=since, until=until).counts == {"new": 1}
    past = Past(tmp_path, {early: page(CDX, json.dumps([NAMES, row("/bridge")])), **dict([replayed("/bridge")])})
    assert past.backfill("cdx", CDX, since=since, until=until).counts == {"new": 1}
    assert "captures of more than a year after 2019-12-31 were not asked for" in past.notes[0]
    (tmp_path / "none").mkdir()
    past = Past(tmp_path / "none", {early: page(CDX, "[]"), any_time: page(CDX, "[]")})
    past.backfill("cdx", CDX, since=since, until=until)
    assert past.asked == [early, any_time]
    assert "the index lists no capture" in past.notes[0]


def test_a_key_that_leads_to_itself_ends_the_walk_and_is_told(tmp_path: Path) -> None:
    again = json.dumps([NAMES, row("/bridge"), [], ["same"]])
    answers = {ASKED: page(CDX, again), ASKED + "&resumeKey=same": page(CDX, again)}
    past = Past(tmp_path, answers | dict([replayed("/bridge")]))
    assert past.backfill("cdx", CDX).counts == {"new": 1}
    assert past.notes == ["the index may be cut: its server answers a key with the same key"]


def test_captures_are_archived_under_their_own_addresses_and_moments(tmp_path: Path) -> None:
    past = Past(
        tmp_path,
        {
            ASKED: page(CDX, json.dumps([NAMES, row("/bridge"), row("/harbour"), [], ["next one"]])),
            ASKED + "&resumeKey=next%20one": page(CDX, json.dumps([NAMES, row("/railway")])),
            **dict(
                [
                    replayed("/bridge"),
                    replayed("/harbour", at="20200203040506"),
                    replayed("/railway", body=gzip.compress(article("Railway", "2019-12-31").encode())),
                ]
            ),
        },
    )
    done = past.backfill("cdx", CDX)
    assert (done.finished, done.counts, done.listings) == (True, {"new": 3}, 2)
    with closing(open_library(past.path)) as library:
        found = {one.url: one.first_seen for one in library.articles(Query())}
    assert found == {
        SITE + "/bridge": "2020-01-02T03:04:05Z",
        SITE + "/harbour": "2020-02-03T04:05:06Z",
        SITE + "/railway": "2020-01-02T03:04:05Z",
    }
    with closing(sqlite3.connect(past.path)) as db:
        kept = dict(db.execute("SELECT url, source FROM fetches WHERE via = 'wayback'").fetchall())
    assert kept[SITE + "/harbour"] == f"http://archive.example/web/20200203040506id_/{SITE}/harbour"
    assert len(past.asked) == 5
    assert past.backfill("cdx", CDX).idle
    assert past.asked == []


def test_a_server_without_keys_is_asked_for_the_whole(tmp_path: Path) -> None:
    many = "\n".join(" ".join(row(f"/image-{n}", status="404")) for n in range(3000))
    whole = many + "\n" + " ".join(row("/bridge"))
    past = Past(
        tmp_path, {ASKED: page(CDX, many), f"{CDX}&output=json": page(CDX, whole), **dict([replayed("/bridge")])}
    )
    assert past.backfill("cdx", CDX).counts == {"new": 1}


def test_a_server_that_refuses_keys_is_asked_without_and_one_that_finds_nothing_is_told_of(tmp_path: Path) -> None:
    refused = FetchError("the server answered 400 Bad Request", status=400, final=True)
    whole = page(CDX, " ".join(row("/bridge")))
    past = Past(tmp_path, {ASKED: refused, f"{CDX}&output=json": whole, **dict([replayed("/bridge")])})
    assert past.backfill("cdx", CDX).counts == {"new": 1}
    reason = Past(tmp_path, {}).backfill("cdx", CDX, since=date(2024, 1, 1)).reason
    assert reason == "404 Not Found: it holds no such captures, or no CDX server is there"


@pytest.mark.parametrize("said", ["2\n", '{"pages": 2, "pageSize": 5, "blocks": 9}', '[["numpages"], ["2"]]'])
def test_a_server_that_numbers_its_pages_is_asked_for_each_of_them(tmp_path: Path, said: str) -> None:
    many = "\n".join(" ".join(row(f"/image-{n}", status="404")) for n in range(3000))
    whole = f"{CDX}&output=json"
    past = Past(
        tmp_path,
        {
            ASKED: page(CDX, many),
            f"{whole}&showNumPages=true": page(CDX, said),
            f"{whole}&page=0": page(CDX, many + "\n" + " ".join(row("/bridge"))),
            f"{whole}&page=1": page(CDX, " ".join(row("/harbour"))),
            **dict([replayed("/bridge"), replayed("/harbour")]),
        },
    )
    done = past.backfill("cdx", CDX)
    assert (done.finished, done.counts, done.listings) == (True, {"new": 2}, 2)
    assert whole not in past.asked


@pytest.mark.parametrize("pages", [True, False])
def test_an_answer_that_may_be_cut_is_asked_for_by_pages_or_told(tmp_path: Path, pages: bool) -> None:
    some = json.dumps([NAMES, *(row(f"/image-{n}", status="404") for n in range(999)), row("/bridge")])
    whole = f"{CDX}&output=json"
    paged = {
        f"{whole}&showNumPages=true": page(CDX, "2"),
        f"{whole}&page=0": page(CDX, some),
        f"{whole}&page=1": page(CDX, json.dumps([NAMES, row("/harbour")])),
    }
    answers = {ASKED: page(CDX, some), whole: page(CDX, some), **dict([replayed("/bridge"), replayed("/harbour")])}
    past = Past(tmp_path, answers | (paged if pages else {f"{whole}&showNumPages=true": page(CDX, some)}))
    done = past.backfill("cdx", CDX)
    assert (done.finished, done.counts) == (True, {"new": 2 if pages else 1})
    cut = "the index may be cut: its server answered with 1000 captures and knows no pages"
    assert past.notes == ([] if pages else [cut])


def test_what_is_no_number_of_pages() -> None:
    for said in (b"", b"[]", b"{}", b"null", b"true?", b"<html>2</html>", b'[["urlkey"], ["com,example)/"]]'):
        assert page_count(said) == 0


def test_another_template_and_an_answer_that_is_no_replay(tmp_path: Path) -> None:
    other = f"http://archive.example/raw/20200102030405/{SITE}/bridge"
    made = page(other, article("Bridge"))
    moved = msgspec.structs.replace(made, final_url="http://archive.example/sorry")
    past = Past(tmp_path, {ASKED: page(CDX, json.dumps([NAMES, row("/bridge")])), other: moved})
    done = past.backfill("cdx", CDX, replay="http://archive.example/raw/{timestamp}/{url}")
    assert done.counts == {"failed": 1}


def test_the_site_itself_is_not_asked_for_what_a_capture_leads_to(tmp_path: Path) -> None:
    address, shown = replayed("/bridge")
    shell = f"<html><head><link rel=amphtml href='{SITE}/bridge/amp'></head><body></body></html>".encode()
    past = Past(
        tmp_path,
        {ASKED: page(CDX, json.dumps([NAMES, row("/bridge")])), address: msgspec.structs.replace(shown, body=shell)},
    )
    assert past.backfill("cdx", CDX).counts == {"skipped": 1}
    assert past.asked == [ASKED, address]


def past_of_three_sources(tmp_path: Path) -> tuple[Past, dict[str, tuple[str, str]]]:
    """An archive, and the same two stories on their site, in a web archive and in a WARC file."""
    names = ("/bridge", "/harbour")
    index = json.dumps([NAMES, row("/bridge", digest="A"), row("/harbour", digest="B")])
    answers = {ASKED: page(CDX, index), **dict(map(story, names)), **dict(map(replayed, names))}
    (tmp_path / "list.txt").write_text("".join(f"{SITE}{name}\n" for name in names))
    write(tmp_path / "a.warc", [record(SITE + name, article(name[1:].title()).encode()) for name in names])
    ways = {"cdx": CDX, "urls": str(tmp_path / "list.txt"), "warc": str(tmp_path / "a.warc")}
    return Past(tmp_path, answers), {name: (name, address) for name, address in ways.items()}


@pytest.mark.parametrize(("first", "second"), list(permutations(("cdx", "urls", "warc"), 2)))
def test_what_waits_from_one_source_is_had_from_another_where_that_has_it(
    tmp_path: Path, first: str, second: str
) -> None:
    past, ways = past_of_three_sources(tmp_path)
    assert past.backfill(*ways[first], limit=1).new == 2
    done = past.backfill(*ways[second])
    assert (done.counts.get("new"), done.counts.get("failed"), done.left) == (1, None, 0)
    [(via,)] = past.rows("SELECT via FROM fetches WHERE url = (SELECT url FROM articles WHERE id = 2)")
    assert via == {"cdx": "wayback", "urls": "live", "warc": "warc"}[second]


def test_what_is_gone_from_its_site_is_had_from_a_web_archive_once(tmp_path: Path) -> None:
    past, ways = past_of_three_sources(tmp_path)
    gone = FetchError("the server answered 404", status=404, final=True)
    past.fetcher.answers |= {f"{SITE}/bridge": gone, f"{SITE}/harbour": gone}
    assert past.backfill(*ways["urls"]).counts == {"failed": 2}
    past.fetcher.answers[replayed("/harbour")[0]] = gone
    assert past.backfill(*ways["cdx"]).counts == {"new": 1, "failed": 1}
    past.fetcher.asked = []
    assert past.backfill(*ways["cdx"], again=True).counts == {}
    past.fetcher.answers[ASKED.replace("&output", "&x=1&output")] = past.fetcher.answers[ASKED]
    assert past.backfill("cdx", f"{CDX}&x=1").counts == {}  # the same copies by another query
    assert past.backfill(*ways["urls"], again=True).counts == {}
    assert [url for url in past.asked if "/cdx" not in url] == []
