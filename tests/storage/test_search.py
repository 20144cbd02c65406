"""Search: any words from anybody, every filter, every order, and never an error."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.archive import Reader
from storage.backends import open_reader, open_verifier
from storage.errors import ArchiveUnusable, BadQuery
from storage.records import Query
from storage.sqlite import search
from storage.sqlite.connect import teach
from storage.sqlite.migrations import APPLICATION_ID, STEPS, migrate
from storage.sqlite.words import match_expression
from tests.dateline import newsroom

WORDS = ("a", "an", "the", "river", "bridge", "brücke", "2026", "engineers", "x", "zoo", "of")
HOSTILE = (
    *('"', '""', "'", "\\", "%", "_", "*", "**", "a*b*", '"*', "^a", "a^", "-a", "+a", "a+b", "col:a", "title:x"),
    *("text : y", "AND", "OR", "NOT", "NEAR", "NEAR(a b)", "NEAR(", "a NEAR/2 b", "a AND", "OR b", "NOT NOT", "("),
    *(")", "((", "a)", "(a", "{a b}:c", "- {a} : b", "a AND NOT", "rank:1", "rowid:1", "; DROP TABLE article"),
    *("' OR 1=1 --", '" OR "a"="a', "\x00", "a\x00b", "\ud800", "a\udfff", "\ufffe", "\u202e", "\u200b", "\ufeff"),
    *("😀", "e\u0301", "ß", "İ", "ﬁ", "{", "}", "[", "]", "<script>", "&amp;", "%00", "../..", "a" * 5000, "a " * 3000),
    *('"a ' * 500, "(" * 500, "中" * 3000, "\t\n\r", "", " ", "AND OR NOT", "a AND (b OR", "NOT (a)", "a:b:c", "$1"),
    *("?", "?1", ":a", "@a", "`", "~", "|", "a|b", "a,b", "a;b", "a.b", "中", "中文", "ก", "กข", "ความ", "서울", "は"),
    *("1", "0", "-1", "1e999", "NULL", "null", "\x02\x03"),
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("search") / "dateline.db"
    newsroom.fill(made, 40)
    return made


@pytest.fixture(scope="module")
def reader(path: Path) -> Iterator[Reader]:
    made = open_reader(str(path))
    yield made
    made.close()


def ids(reader: Reader, **query: object) -> list[int]:
    found = reader.find(Query(**({"limit": 200} | query)))  # type: ignore[arg-type]
    return [hit.id for hit in found.hits]


@pytest.mark.parametrize("operators", [False, True])
def test_no_string_is_an_error(reader: Reader, operators: bool) -> None:
    for words in HOSTILE:
        for ranked in (False, True):
            reader.find(Query(words=words, operators=operators, ranked=ranked, limit=3))
        reader.find(Query(words="the", category=words, site=words, author=words, language=words, limit=3))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.text(), st.booleans())
def test_no_text_is_an_error(reader: Reader, words: str, operators: bool) -> None:
    reader.find(Query(words=words, operators=operators, limit=3))


def test_operators_mean_something_only_on_request(reader: Reader) -> None:
    council, agency = set(ids(reader, words="council")), set(ids(reader, words="agency"))
    assert council - agency
    assert set(ids(reader, words="council NOT agency", operators=True)) == council - agency
    assert set(ids(reader, words="council OR agency", operators=True)) == council | agency
    assert set(ids(reader, words="(council OR agency) AND council", operators=True)) == council
    assert set(ids(reader, words="council NOT agency")) != council - agency


def test_phrases_and_beginnings_of_words(reader: Reader) -> None:
    assert len(ids(reader, words='"bridge opens"')) == 1
    assert ids(reader, words='"opens bridge"') == []
    assert set(ids(reader, words="bridg*")) >= set(ids(reader, words="bridge"))
    assert ids(reader, words="bridg") == []


def test_scripts_without_spaces_are_searched_by_any_characters(reader: Reader) -> None:
    there = ids(reader, language="zh")
    for words in ("北京大学", "北京", "京", "海底电缆", "电缆将于", "研究人员 海底"):
        assert ids(reader, words=words) == there, words
    assert ids(reader, words="京北") == []
    assert reader.find(Query(words="海底", limit=1)).hits[0].pieces[1] == "海底"


def test_every_filter_narrows_and_filters_narrow_together(reader: Reader) -> None:
    rows = list(reader.articles(Query()))
    for name, of in (
        ("category", lambda row: row.categories),
        ("site", lambda row: (row.site,)),
        ("author", lambda row: row.authors),
        ("language", lambda row: (row.language,)),
    ):
        value = of(rows[0])[0]
        assert set(ids(reader, **{name: value})) == {row.id for row in rows if value in of(row)}, name
    first = rows[0]
    both = ids(reader, words="the", category=first.categories[0], site=first.site)
    wanted = {row.id for row in rows if first.categories[0] in row.categories and row.site == first.site}
    assert set(both) == wanted & set(ids(reader, words="the"))
    assert {row.id for row in reader.articles(Query(author=first.authors[0].split()[1].lower()))} >= {first.id}
    cluster = next(row.cluster for row in rows if row.cluster is not None)
    assert set(ids(reader, cluster=cluster)) == {row.id for row in rows if row.cluster == cluster}


def test_newest_first_is_the_same_order_by_either_way(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    by_sorting = ids(reader, words="the")
    monkeypatch.setattr(search, "_FEW", 3)
    assert ids(reader, words="the") == by_sorting
    assert ids(reader, words="the", category="World") == [
        one for one in by_sorting if one in ids(reader, category="World")
    ]


@pytest.mark.parametrize("few", [3, 3000])
@pytest.mark.parametrize("looks", [7, 12_000])
def test_paging_tells_everything_once(reader: Reader, monkeypatch: pytest.MonkeyPatch, few: int, looks: int) -> None:
    wanted = ids(reader, words="the")
    monkeypatch.setattr(search, "_FEW", few)
    monkeypatch.setattr(search, "_STEP", 4)
    monkeypatch.setattr(search.find, "__defaults__", (looks,))
    found, after = [], ""
    for _ in range(200):
        page = reader.find(Query(words="the", limit=4, after=after))
        found += [hit.id for hit in page.hits]
        after = page.next
        if not after:
            break
    assert found == wanted


def test_best_first_pages_too_and_prefers_the_title(reader: Reader) -> None:
    assert reader.find(Query(words="bridge", ranked=True, limit=1)).hits[0].title == "The bridge opens on Friday"
    page = reader.find(Query(words="the", ranked=True, limit=5))
    then = reader.find(Query(words="the", ranked=True, limit=5, after=page.next))
    assert len({hit.id for hit in page.hits + then.hits}) == 10


def test_a_cursor_of_somebody_else_is_refused(reader: Reader) -> None:
    for cursor in ("x", "1~1", "2026-01-01~", "2026-01-01~" + "9" * 30, "best~-1"):
        with pytest.raises(BadQuery):
            reader.find(Query(after=cursor))


@given(
    st.lists(st.sets(st.sampled_from(WORDS)), max_size=12),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=40),
)
def test_found_is_what_holds_every_word(texts: list[set[str]], wanted: list[str]) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE t USING fts5(x)")
        db.executemany("INSERT INTO t VALUES (?)", [(" ".join(sorted(text)),) for text in texts])
        rows = db.execute("SELECT x FROM t WHERE t MATCH ?", (match_expression(" ".join(wanted)),)).fetchall()
    assert sorted(text for (text,) in rows) == sorted(" ".join(sorted(text)) for text in texts if text >= set(wanted))


def test_parentheses_without_end_are_read_quickly() -> None:
    assert match_expression("(" * 3000 + "a", operators=True).count("(") < 30


def test_both_indexes_and_the_counts_follow_every_change(path: Path, reader: Reader) -> None:
    assert list(open_verifier(str(path), lambda *_: None).faults()) == []
    counts = {(one.name, one.label): one.count for one in reader.tallies()}
    rows = list(reader.articles(Query()))
    assert sum(count for (name, _), count in counts.items() if name == "article") == len(rows)
    assert counts["revision", "major"] == 1
    assert counts["fetch", "2xx"] > 0


def test_an_archive_of_an_older_dateline_is_named_as_such(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    db = sqlite3.connect(file, isolation_level=None)
    teach(db)
    migrate(db, STEPS[:-2], APPLICATION_ID)
    db.close()
    with pytest.raises(ArchiveUnusable, match="older Dateline"):
        open_reader(str(file))
