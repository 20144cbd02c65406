"""Near-duplicates: reprints are found and linked, look-alikes are not."""

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.reprints import Document, briefs, documents, foreign, stories
from storage.backends import open_archive
from storage.likeness import MOST, agency, compare, packed, sample, unpacked
from storage.records import Article, Kept, Metadata, Outcome
from storage.sqlite.grams import ROWS_OF_ALL
from tests.fakes import page

# fmt: off
CHINESE = (
    "市政府周一宣布，横跨河流的老桥在经过九个月的维修之后重新通车，数千名居民沿着河岸观看了开通仪式。"
    "工程师表示，桥上的每一根钢缆都已经更换，并且通过了三次独立的安全检测，预计可以再使用五十年。"
    "市长在讲话中感谢了所有工人，并说维修费用比原先的预算少了两千万元，余下的资金将用于修建自行车道。"
    "附近的商店老板说，封闭期间生意下降了一半，希望游客在春节之前能够回来，也希望公交线路尽快恢复。"
)
# fmt: on


def keep(path: Path, texts: Sequence[Document]) -> list[Kept]:
    """Archive all of them at once."""

    async def run() -> list[Kept]:
        archive = open_archive(str(path))
        try:
            return await asyncio.gather(
                *(archive.add(_url(place, one), *_page(place, one)) for place, one in enumerate(texts))
            )
        finally:
            await archive.close()

    return asyncio.run(run())


def _url(place: int, document: Document) -> str:
    return f"https://{document.site}/{place}/"


def _page(place: int, document: Document) -> tuple:  # type: ignore[type-arg]
    text = document.text
    url = _url(place, document)
    return page(url, text), Article(
        url=url,
        metadata=Metadata(title=document.title),
        text=text,
        markup="",
        words=len(text.split()),
        fingerprint=f"{place}",
        sample=packed(sample(text)),
        agency=agency(text),
    )


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[Document], sqlite3.Connection, list[Kept]]]:
    """Sixty families of nine, a hundred strangers and four hundred look-alikes, archived at once."""
    path = tmp_path_factory.mktemp("likeness") / "dateline.db"
    texts = documents(stories(160), 60)
    kept = keep(path, texts)
    with closing(sqlite3.connect(path)) as archive:
        yield texts, archive, kept


def test_reprints_are_linked_and_look_alikes_are_not(
    judged: tuple[list[Document], sqlite3.Connection, list[Kept]],
) -> None:
    texts, archive, kept = judged
    place = {one.article: where for where, one in enumerate(kept)}
    found = {tuple(sorted((place[a], place[b]))) for a, b in archive.execute("SELECT article, other FROM pairs")}
    families: dict[int, list[int]] = defaultdict(list)
    for where, text in enumerate(texts):
        families[text.family].append(where)
    families.pop(-1)
    wanted = {(a, b) for members in families.values() for a in members for b in members if a < b}
    right = len(found & wanted)
    assert right >= 0.985 * len(found)
    assert right >= 0.97 * len(wanted)
    assert all(one.outcome is Outcome.NEW for one in kept)


def test_a_cluster_names_its_earliest_article_and_holds_one_family(
    judged: tuple[list[Document], sqlite3.Connection, list[Kept]],
) -> None:
    texts, archive, kept = judged
    place = {one.article: where for where, one in enumerate(kept)}
    clusters: dict[int, set[int]] = defaultdict(set)
    for id_, cluster in archive.execute("SELECT id, cluster FROM articles WHERE cluster IS NOT NULL"):
        clusters[cluster].add(id_)
    assert len([c for c, ids in clusters.items() if len({texts[place[id_]].family for id_ in ids}) > 1]) <= 2
    for cluster, articles, earliest, _ in archive.execute("SELECT cluster, articles, earliest, agency FROM clusters"):
        assert articles == len(clusters[cluster])
        assert earliest in clusters[cluster]


def test_four_hundred_reprints_at_once_are_all_found(tmp_path: Path) -> None:
    story = "\n\n".join(stories(1, seed=7)[0])
    texts = [
        Document(
            0, "reprint", f"paper{number}.example", f"Paper {number}", (f"Edition {number} of the paper. (AFP)", story)
        )
        for number in range(400)
    ]
    path = tmp_path / "dateline.db"
    kept = keep(path, texts)
    with closing(sqlite3.connect(path)) as archive:
        assert archive.execute("SELECT count(*), count(DISTINCT cluster) FROM articles").fetchone() == (400, 1)
        assert archive.execute("SELECT articles, earliest FROM clusters").fetchone() == (
            400,
            min(k.article for k in kept),
        )


def test_the_likely_agency_of_a_cluster(tmp_path: Path) -> None:
    story = stories(1, seed=8)[0]
    texts = [
        Document(0, "a", "one.example", "A", (f"BERLIN (dpa) — {story[0]}", *story[1:])),
        Document(0, "b", "two.example", "B", story),
    ]
    path = tmp_path / "dateline.db"
    keep(path, texts)
    with closing(sqlite3.connect(path)) as archive:
        assert archive.execute("SELECT articles, agency FROM clusters").fetchone() == (2, "dpa")


def test_a_short_excerpt_of_a_long_story_is_one(tmp_path: Path) -> None:
    story = stories(1, seed=9)[0]
    texts = [
        Document(0, "a", "one.example", "A", story),
        Document(0, "b", "two.example", "B", story[: len(story) // 3]),
    ]
    path = tmp_path / "dateline.db"
    keep(path, texts)
    with closing(sqlite3.connect(path)) as archive:
        [(contained, kind)] = archive.execute("SELECT contained, kind FROM pairs").fetchall()
    assert (contained, kind) == (1.0, "excerpt")


@pytest.mark.parametrize("texts", [stories(160, seed=2), foreign(160)], ids=["ours", "made up"])
def test_briefs_are_found_as_well(tmp_path: Path, texts: list[tuple[str, ...]]) -> None:
    made = documents(briefs(texts), 60)
    path = tmp_path / "dateline.db"
    kept = keep(path, made)
    family = {one.article: text.family for one, text in zip(kept, made, strict=True)}
    with closing(sqlite3.connect(path)) as archive:
        pairs = [(family[a], family[b]) for a, b in archive.execute("SELECT article, other FROM pairs")]
    right = sum(a == b != -1 for a, b in pairs)
    assert right >= 0.985 * len(pairs)
    assert (
        right >= 0.93 * 60 * 36
    )  # some pairs have hardly a word in common: what one has cut is all that the other kept


def test_the_same_sentences_with_other_figures_are_no_copies(tmp_path: Path) -> None:
    tables = [
        Document(
            -1,
            "market",
            f"paper{day}.example",
            f"Day {day}",
            (
                f"The index closed at {day * 7919 % 9000} points, {day}.{day * 3 % 10} percent above the day before.",
                f"Of its {day * 37 % 90} shares {day * 11 % 50} rose, and the bank gained {day * 5 % 9} percent.",
                f"The bond yielded {day * 13 % 7}.{day} percent, and a barrel cost {day * 17 % 60 + 40} dollars.",
                "Trading goes on tomorrow at nine in the morning, when the bank tells its figures for the quarter.",
            ),
        )
        for day in range(1, 6)
    ]
    path = tmp_path / "dateline.db"
    keep(path, tables)
    with closing(sqlite3.connect(path)) as archive:
        assert archive.execute("SELECT count(*) FROM pairs").fetchone() == (0,)


def test_a_brief_of_a_long_story_is_an_excerpt(tmp_path: Path) -> None:
    found = 0
    for number, story in enumerate(stories(20, seed=12)):
        [brief] = briefs([story])
        path = tmp_path / f"{number}.db"
        keep(path, [Document(0, "a", "one.example", "A", story), Document(0, "b", "two.example", "B", brief)])
        with closing(sqlite3.connect(path)) as archive:
            found += archive.execute("SELECT kind FROM pairs").fetchall() == [("excerpt",)]
    assert found >= 19


def test_texts_without_spaces_are_compared_too() -> None:
    edited = compare(sample("本报讯 " + CHINESE.replace("周一", "昨天")), sample(CHINESE))
    assert edited is not None
    assert edited.contained > 0.8


@given(st.text(max_size=500))
def test_any_text_has_a_sample(text: str) -> None:
    hashes = sample(text)
    assert list(hashes) == sorted(set(hashes))
    assert len(hashes) <= MOST
    assert unpacked(packed(hashes)) == hashes


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("LONDON, May 5 (Reuters) - The bridge", "Reuters"),
        ("The bridge is open. © AFP", "AFP"),
        ("The bridge is open. (dpa)", "dpa"),
        ("The bridge, said (the mayor), is open again.", ""),
    ],
)
def test_agencies(text: str, name: str) -> None:
    assert agency(text) == name


def test_the_log_tells_once_who_joins_and_who_leaves_a_cluster(tmp_path: Path) -> None:
    one, other = stories(2, seed=9)
    path = tmp_path / "dateline.db"
    texts = [Document(0, "x", f"{name}.example", name, one) for name in ("one", "two", "three")]

    def log() -> list[tuple[str, int, int | None]]:
        with closing(sqlite3.connect(path)) as archive:
            rows = archive.execute("SELECT kind, article, cluster FROM changes ORDER BY number")
            return [row for row in rows if row[0] != "new"]

    keep(path, texts[:1])
    keep(path, [texts[0], texts[1]])
    keep(path, [texts[0], texts[1], texts[2]])
    joined = [("clustered", 1, 1), ("clustered", 2, 1), ("clustered", 3, 1)]
    assert sorted(log()) == joined
    texts[0] = Document(0, "x", "one.example", "one", other)  # its page tells another story now
    keep(path, texts)
    assert log()[3:] == [("revised", 1, None), ("clustered", 1, None), ("clustered", 2, 2), ("clustered", 3, 2)]


def test_an_edit_leaves_in_the_index_what_its_text_holds(tmp_path: Path) -> None:
    [story] = stories(1, seed=4)
    path = tmp_path / "dateline.db"
    for parts in (story, (*story[:1], "A sentence that was added later, in the evening.", *story[2:])):
        document = Document(0, "x", "one.example", "one", parts)
        keep(path, [document])
        with closing(sqlite3.connect(path)) as archive:
            indexed = archive.execute(f"SELECT hash FROM {ROWS_OF_ALL} WHERE article = 1 ORDER BY hash").fetchall()
        assert tuple(one for (one,) in indexed) == sample(document.text)
