"""Search: any words from anybody, every filter, every order, and never an error."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from storage.archive import Reader
from storage.backends import open_archive, open_reader, open_verifier
from storage.errors import ArchiveUnusable, BadQuery
from storage.packing import digest
from storage.records import Article, Metadata, Query
from storage.sqlite import search
from storage.sqlite.connect import teach
from storage.sqlite.identity import site_named
from storage.sqlite.migrations import APPLICATION_ID, STEPS, migrate
from storage.sqlite.words import match_expression
from tests.dateline import newsroom
from tests.fakes import NOW, page

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


def add(path: Path, texts: Sequence[str], start: int = 0) -> None:
    """Archive an article of each text, an hour apart; the language tells every tenth."""

    async def run() -> None:
        archive = open_archive(str(path), durable=False)
        for number, text in enumerate(texts, start):
            url = f"https://news.example/{number}/"
            when, language = NOW + timedelta(hours=number), "en" if number % 10 else "de"
            article = Article(
                url=url,
                metadata=Metadata(title=f"Number {number}", published=when, language=language),
                text=text,
                markup="",
                words=len(text.split()),
                fingerprint=digest(text.encode()),
            )
            await archive.add(url, page(url, text), article)
        await archive.close()

    asyncio.run(run())


def pages(reader: Reader, query: Query) -> Iterator[list[int]]:
    """The ids of one page after the other, to the last."""
    while True:
        found = reader.find(query)
        yield [hit.id for hit in found.hits]
        if not found.next:
            return
        query = structs.replace(query, after=found.next)


SPELLINGS = (
    *("東京都庁は新しい計画を発表した。２０２７年に始まる。tokio station", "大阪の電車は明日から。東京とも結ばれる。"),
    *("ガソリン価格が上昇した。人々は驚いた。", "𠮷田氏が述べた。", "tokio station in English"),
    *("Ελλάδα και ΑΘΗΝΑ", "ёлка стоит", "Новая елка", "Die Strasse ist lang", "Die Straße ist lang", "lodz", "Łódź"),
    *("ﬁnance", "finance of the city", "שלום", "כתב", "smart quotes in a row", "\ue000\ue000\ue000 zebra"),
)


@pytest.fixture(scope="module")
def spelled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    path = tmp_path_factory.mktemp("spelled") / "dateline.db"
    add(path, SPELLINGS)
    made = open_reader(str(path))
    yield made
    made.close()


def texts(reader: Reader, words: str, *, operators: bool = False) -> set[str]:
    """How the texts begin that are found."""
    query = Query(words=words, operators=operators, limit=50)
    rows = reader.rows([hit.id for hit in reader.find(query).hits])
    return {row.text[:2] for row in rows}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ελλαδα", {"Ελ"}),
        ("ΕΛΛΆΔΑ", {"Ελ"}),
        ("Αθήνα", {"Ελ"}),
        ("елка", {"ёл", "Но"}),
        ("ёлка", {"ёл", "Но"}),
        ("ёлк*", {"ёл"}),
        ("STRASSE", {"Di"}),
        ("Łódź", {"Łó", "lo"}),
        ("lodz", {"lo"}),
        ("ﬁnance", {"ﬁn", "fi"}),
        ("שָׁלוֹם", {"של"}),
        ("2027年", {"東京"}),
        ("ｶﾞｿﾘﾝ", {"ガソ"}),
        ("々", {"ガソ"}),
        ("𠮷", {"𠮷田"}),
        ("“smart quotes”", {"sm"}),
        ("„quotes smart“", set()),
        ("«quotes smart»", set()),
    ],
)
def test_a_word_is_found_in_its_other_spellings(spelled: Reader, words: str, found: set[str]) -> None:
    assert texts(spelled, words) == found


def test_what_is_found_in_another_spelling_is_shown_so(spelled: Reader) -> None:
    assert spelled.find(Query(words="ｶﾞｿﾘﾝ", limit=1)).hits[0].pieces[1] == "ガソリン"
    assert spelled.find(Query(words="елка", limit=1)).hits[0].pieces[1].lower() in ("елка", "ёлка")


def test_no_text_holds_what_stands_for_nothing(spelled: Reader) -> None:
    assert texts(spelled, "zebra") == {"\ue000\ue000"}
    assert texts(spelled, "zebra apple banana") == set()
    assert texts(spelled, "zebra 東 銀") == set()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("tokio NOT 東京", {"to"}),
        ("東京 NOT 大阪", {"東京"}),
        ("東京 AND NOT 大阪", {"東京"}),
        ("東京 OR ガソリン", {"東京", "大阪", "ガソ"}),
        ("lodz AND NOT zebra", {"lo"}),
        ("NOT English tokio", {"東京"}),
        ("NOT (NOT lodz)", {"lo"}),
        ("tokio (NOT English)", {"東京"}),
        ("(tokio OR NOT station) AND 東京", {"東京", "大阪"}),
        ("tokio NOT English NOT 東京", set()),
        ("NOT lodz", set()),
        ("lodz OR NOT tokio", set()),
        ("lodz NOT", {"lo"}),
    ],
)
def test_not_leaves_out_what_it_says(spelled: Reader, words: str, found: set[str]) -> None:
    assert texts(spelled, words, operators=True) == found


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
    monkeypatch.setattr(search, "_LATEST", 7)
    monkeypatch.setattr(search, "_REACH", 15)
    assert ids(reader, words="the", limit=5) == by_sorting[:5]
    monkeypatch.setattr(search, "_FEW", 3)
    assert ids(reader, words="the") == by_sorting
    assert ids(reader, words="the", category="World") == [
        one for one in by_sorting if one in ids(reader, category="World")
    ]


@pytest.mark.parametrize("words", ["the", "t*"])
@pytest.mark.parametrize("few", [3, 3000])
@pytest.mark.parametrize("latest", [7, 200])
@pytest.mark.parametrize("looks", [7, 12_000])
def test_paging_tells_everything_once(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, words: str, few: int, latest: int, looks: int
) -> None:
    wanted = ids(reader, words=words)
    monkeypatch.setattr(search, "_FEW", few)
    monkeypatch.setattr(search, "_LATEST", latest)
    monkeypatch.setattr(search, "_REACH", 15)
    monkeypatch.setattr(search, "_STEP", 4)
    monkeypatch.setattr(search, "_LOOKS", looks)
    found, after = [], ""
    for _ in range(200):
        page = reader.find(Query(words=words, limit=4, after=after))
        found += [hit.id for hit in page.hits]
        after = page.next
        if not after:
            break
    assert found == wanted


def test_what_came_in_first_may_be_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dateline.db"
    add(path, ["river of later", "bridge of later"], 100)
    add(path, ["river and bridge", "bridge alone"] * 15)
    monkeypatch.setattr(search, "_LATEST", 6)
    monkeypatch.setattr(search, "_REACH", 15)
    with closing(open_reader(str(path))) as reader:
        page = reader.find(Query(words="river", limit=3))
        assert ([hit.id for hit in page.hits], page.count) == ([1, 31, 29], None)
        assert list(pages(reader, Query(words="river", limit=6)))[:2] == [
            [1, 31, 29, 27, 25, 23],
            [21, 19, 17, 15, 13, 11],
        ]


def test_a_small_site_is_asked_for_common_words_until_the_page_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "dateline.db"
    add(path, ["river and bridge", "bridge alone"] * 15)
    monkeypatch.setattr(search, "_LATEST", 6)
    monkeypatch.setattr(search, "_FEW", 12)
    with closing(open_reader(str(path))) as reader:
        german = [11, 21, 1]  # every tenth, of which each holds both words
        assert [one for page in pages(reader, Query(words="river", language="de", limit=1)) for one in page] == sorted(
            german, reverse=True
        )
        assert reader.find(Query(words="river", language="de", limit=5)).count == 3


def test_the_endings_of_a_word_are_merged_once_for_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dateline.db"
    add(path, ["river and bridge", "bridge alone"] * 15)
    monkeypatch.setattr(search, "_FEW", 3)
    with closing(sqlite3.connect(path)) as db:
        asked: list[str] = []
        db.set_trace_callback(asked.append)
        assert search.find(db, Query(words="br*", limit=10)).ids == list(range(30, 20, -1))
    assert len([sql for sql in asked if "MATCH" in sql and "LIMIT 0" not in sql]) == 1


def test_best_first_pages_too_and_prefers_the_title(reader: Reader) -> None:
    assert reader.find(Query(words="bridge", ranked=True, limit=1)).hits[0].title == "The bridge opens on Friday"
    page = reader.find(Query(words="the", ranked=True, limit=5))
    then = reader.find(Query(words="the", ranked=True, limit=5, after=page.next))
    assert len({hit.id for hit in page.hits + then.hits}) == 10


@pytest.mark.parametrize("window", [10, 2000])
@pytest.mark.parametrize("few", [3, 3000])
@pytest.mark.parametrize("narrow", [{}, {"language": "de"}, {"until": "2026-11-25"}])
def test_best_first_pages_tell_everything_once_while_more_comes_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: int, few: int, narrow: dict[str, str]
) -> None:
    path = tmp_path / "dateline.db"
    add(path, [f"river {'bridge ' * (number % 7)}{'word ' * (number % 5)}" for number in range(60)])
    monkeypatch.setattr(search, "_WINDOW", window)
    monkeypatch.setattr(search.find, "__defaults__", (20,))
    monkeypatch.setattr(search, "_FEW", few)
    with closing(open_reader(str(path))) as reader:
        wanted = ids(reader, words="river", **narrow)
        assert len(wanted) > 5
        found: list[int] = []
        for place, shown in enumerate(pages(reader, Query(words="river", ranked=True, limit=7, **narrow))):  # type: ignore[arg-type]
            found += shown
            add(path, [f"river of later {number}" for number in range(2)], 60 + 2 * place)
    assert sorted(found) == sorted(wanted)


def test_best_first_ranks_what_meets_the_filters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dateline.db"
    add(path, ["river bridge bridge", *["river bridge and some other words"] * 19])
    monkeypatch.setattr(search, "_WINDOW", 4)
    with closing(open_reader(str(path))) as reader:
        assert ids(reader, words="bridge", ranked=True, language="de") == [1, 11]
        assert 1 not in ids(reader, words="bridge", ranked=True, limit=4)


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ({"since": "2026-11-24T14:00:00Z"}, {3, 4}),
        ({"since": "2026-11-24T16:00:00+02:00"}, {3, 4}),
        ({"until": "2026-11-24T13:00:00"}, {1, 2}),
        ({"until": "2026-11-24T08:00:00-05:00"}, {1, 2}),
        ({"since": "2026-11-24", "until": "2026-11-24"}, {1, 2, 3, 4}),
        ({"until": "2026-11-23"}, set()),
    ],
)
def test_times_are_compared_as_times(tmp_path: Path, limits: dict[str, str], found: set[int]) -> None:
    add(tmp_path / "dateline.db", ["one", "two", "three", "four"])
    with closing(open_reader(str(tmp_path / "dateline.db"))) as reader:
        assert set(ids(reader, **limits)) == found


def test_what_is_no_day_is_refused(reader: Reader) -> None:
    for text in (
        "2026-02-30",
        "2026-11-24T25:61:00",
        "2026-11",
        "yesterday",
        "0001-01-01T00:00:00+10:00",
    ):
        for limits in ({"since": text}, {"until": text}):
            with pytest.raises(BadQuery, match="expected a day"):
                reader.find(Query(**limits))  # type: ignore[arg-type]


def test_a_site_is_named_in_any_case_or_by_an_address_of_it(reader: Reader) -> None:
    there = ids(reader, site=newsroom.SITES[0])
    assert there
    for spelling in ("WWW." + newsroom.SITES[0].upper(), f"https://www.{newsroom.SITES[0]}/world/?page=2"):
        assert ids(reader, site=spelling) == there
    for none in ("[", "a:x", "a:99999999", "bü cher.example"):
        assert ids(reader, site=none) == []


def test_a_site_is_named_as_browsers_show_it() -> None:
    assert site_named("Bücher.example") == site_named("https://xn--bcher-kva.example/a/") == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("jurgen gross", {1}),
        ("JÜRGEN GROSS", {1}),
        ("o'brien", {2}),
        ("O’Brien", {2}),
        ("yilmaz", {3}),
        ("YILMAZ", {3}),
        ("Ayşe Yılmaz", {3}),
        ("γιωργος", {4}),
        ("J_rgen", set()),
        ("Smith", {5}),
        ("Smíth", {5}),
    ],
)
def test_an_author_is_found_without_accents_and_by_either_apostrophe(
    tmp_path: Path, name: str, found: set[int]
) -> None:
    names = ("Jürgen Groß", "Ann O’Brien", "Ayşe Yılmaz", "Γιώργος Παπαδόπουλος", "John Smith")

    async def run() -> None:
        archive = open_archive(str(tmp_path / "dateline.db"), durable=False)
        for number, author in enumerate(names):
            url, text = f"https://news.example/{number}/", f"Text {number}"
            facts = Metadata(title=text, authors=(author,))
            article = Article(url=url, metadata=facts, text=text, markup="", fingerprint=digest(text.encode()))
            await archive.add(url, page(url, text), article)
        await archive.close()

    asyncio.run(run())
    with closing(open_reader(str(tmp_path / "dateline.db"))) as reader:
        assert set(ids(reader, author=name)) == found


def test_long_questions_are_answered_soon(reader: Reader) -> None:
    for words in ("the " * 500, "t* " * 64, " ".join(f"{one}*" for one in "abcdefghijklmnopqrstuvwxyz"), "京 " * 900):
        for operators in (False, True):
            begun = time.process_time()
            reader.find(Query(words=words, operators=operators, limit=20))
            assert time.process_time() - begun < 0.2


def test_a_cursor_of_somebody_else_is_refused(reader: Reader) -> None:
    for cursor in ("x", "1", "1~1", "2026-01-01~", "2026-01-01~" + "9" * 30, "best~-1", "best~3", "best~3~2026-01-01"):
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


@given(st.lists(st.sampled_from(("a", "b*", "ёж", "(", "(", ")", "AND", "OR", "NOT", "NOT", '"c d"')), max_size=140))
def test_no_sentence_is_an_error(wanted: list[str]) -> None:
    deep = "(a OR b NOT c NOT " * 40
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE t USING fts5(x)")
        for words in (" ".join(wanted), deep, deep + " ".join(wanted)):
            expression = match_expression(words, operators=True)
            if expression:
                db.execute("SELECT x FROM t WHERE t MATCH ?", (expression,)).fetchall()


def test_parentheses_without_end_are_read_quickly() -> None:
    assert match_expression("(" * 3000 + "a", operators=True).count("(") < 30


def test_both_indexes_and_the_counts_follow_every_change(path: Path, reader: Reader) -> None:
    faults = open_verifier(str(path), lambda *_: None).faults()
    assert [one for one in faults if "its markup" not in one.what] == []  # which is a trap for the pages
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
