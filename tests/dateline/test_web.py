"""The pages as a browser without script meets them."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from dateline.web.app import create_app
from dateline.web.guard import Guard
from dateline.web.settings import WebSettings
from dateline.web.show import way
from storage.backends import open_archive, open_reader
from storage.packing import digest
from storage.records import Article, Metadata, Query
from tests.dateline import newsroom
from tests.fakes import NOW, page

HERE = "http://127.0.0.1:8765"
Client = TestClient[Guard]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("web") / "dateline.db"
    newsroom.fill(path)
    return path


@pytest.fixture(scope="module")
def web(archive: Path) -> Iterator[Client]:
    with TestClient(create_app(str(archive), WebSettings()), base_url=HERE) as client:
        yield client


def id_of(archive: Path, url: str) -> int:
    reader = open_reader(str(archive))
    row = reader.article(url)
    reader.close()
    assert row
    return row.id


def test_every_page_answers(web: Client, archive: Path) -> None:
    edited = id_of(archive, newsroom.EDITED)
    for path in (
        *(
            "/",
            "/?day=2026-01-01",
            "/search",
            "/search?q=the",
            "/search?q=the&ranked=1&category=World",
            "/feeds",
            "/feeds/1",
        ),
        *(
            "/sites",
            f"/sites/{newsroom.SITES[0]}",
            "/status",
            f"/articles/{edited}",
            f"/articles/{edited}/diff",
            "/login",
        ),
        *("/static/dateline.css", "/static/keys.js", "/static/icon.svg", "/favicon.ico"),
    ):
        answer = web.get(path)
        assert answer.status_code == 200, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == ("same-origin" if path == "/login" else "no-referrer")
        assert not re.search(r"<[^>]+ (style|on\w+)=|<script(?! src=\"/static/)|<style", answer.text), path


def test_what_is_not_there_is_said_in_words(web: Client) -> None:
    for path, status in (
        *(("/articles/999999", 404), ("/articles/nine", 404), ("/feeds/999", 404), ("/sites/nowhere.example", 404)),
        *(("/nope", 404), ("/articles/1/diff?to=9", 404), ("/?day=soon", 400), ("/search?since=soon&q=x", 400)),
        *(("/search?cluster=x", 400), ("/search?q=x&after=x", 400), (f"/articles/{'9' * 30}", 404)),
    ):
        answer = web.get(path)
        assert answer.status_code == status, path
        assert "<main" in answer.text


def test_a_strangers_markup_stays_text(web: Client, archive: Path) -> None:
    id_ = id_of(archive, "https://citycourier.example/trick/")
    for path in (f"/articles/{id_}", "/", "/search?q=javascript", f"/articles/{id_}/diff", "/feed.xml?q=javascript"):
        text = web.get(path).text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert 'href="javascript' not in text
    shown = web.get(f"/articles/{id_}").text
    assert "&lt;script&gt;alert" in shown
    for link in re.findall(r'<a [^>]*href="http[^>]*>', shown):
        assert "noreferrer" in link
        assert "noopener" in link


def test_the_stored_page_is_a_file_and_never_a_page(web: Client, archive: Path) -> None:
    answer = web.get(f"/articles/{id_of(archive, newsroom.EDITED)}/page?revision=1")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"].startswith("application/octet-stream")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "opens on Tuesday" in answer.text


def test_credentials_of_feeds_are_shown_nowhere(web: Client, archive: Path) -> None:
    edited = id_of(archive, newsroom.EDITED)
    for path in (
        "/feeds",
        "/feeds/1",
        f"/articles/{edited}",
        "/status",
        "/metrics",
        "/api/v1/feeds",
        "/api/v1/feeds/1",
    ):
        assert "secret" not in web.get(path).text, path
    assert "secret" not in web.get(f"/api/v1/articles/{edited}/sightings").text


def test_search_marks_what_it_found_and_filters(web: Client) -> None:
    assert "<mark>bridge</mark>" in web.get("/search?q=bridge&category=World").text
    assert "<mark>北京大学</mark>" in web.get("/search?q=北京大学").text
    assert "海底电缆" in web.get("/search?q=北京").text
    assert "Nothing found" in web.get("/search?q=bridge&language=de").text
    shown = web.get("/search?category=world&since=2020-01-01T09:00:00Z").text
    assert "<option selected>World</option>" in shown
    assert 'name="since" value="2020-01-01"' in shown
    assert "withdrawn" in web.get("/search?site=harbourpost.example&since=2020-01-01").text


def test_the_day_of_archiving_is_not_told_as_that_of_publication(tmp_path: Path) -> None:
    async def run() -> None:
        archive = open_archive(str(tmp_path / "dateline.db"), durable=False)
        for number, day in enumerate((None, NOW)):
            url, text = f"https://news.example/{number}/", f"A text of its own about the bridge: {number}."
            facts = Metadata(title=f"Number {number}", published=day)
            article = Article(url=url, metadata=facts, text=text, markup=text, fingerprint=digest(text.encode()))
            await archive.add(url, page(url, text), article)
        await archive.close()

    asyncio.run(run())
    with TestClient(create_app(str(tmp_path / "dateline.db"), WebSettings()), base_url=HERE) as client:
        assert "archived <time" in client.get("/articles/1").text
        assert "archived <time" not in client.get("/articles/2").text
        for many in ("/", "/search?q=bridge"):
            assert client.get(many).text.count("archived <time") == 1


def test_an_address_in_the_search_field_leads_to_its_article(web: Client, archive: Path) -> None:
    edited = newsroom.EDITED.removeprefix("https://")
    for typed in (newsroom.EDITED, f"www.{edited}", edited.rstrip("/"), f"http://{edited}?utm_source=letter#top"):
        text = web.get("/search", params={"q": typed}).text
        assert f'At this address: <a href="/articles/{id_of(archive, newsroom.EDITED)}"' in text, typed
    for none in ("and/or", "https://", "/", "//", "http://[", "%/\x00", "https://nowhere.example/a/", "17/"):
        assert "At this address" not in web.get("/search", params={"q": none}).text, none


def test_what_is_chosen_beside_a_find_narrows_the_search_that_was_asked_for(web: Client) -> None:
    text = web.get("/search?q=bridge+OR+zebra&operators=1&language=en&since=2020-01-01").text
    links = re.findall(r'<a (?:class="site" )?href="(/search\?[^"]*(?:site|category)=[^"]*)"', text)
    assert links
    for link in links:
        assert {"q=bridge+OR+zebra", "operators=1", "language=en", "since=2020-01-01"} <= {*re.split(r"[?&;]", link)}
        assert '<li class="hit' in web.get(link.replace("&amp;", "&")).text
    assert "Counted over" not in web.get("/search?q=bridge&category=World&site=valleyherald.example").text


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("BBC: الانتخابات في القاهرة", "rtl"),
        ("القاهرة is what Cairo is called in Arabic", "ltr"),
        ("iPhone 17 מגיע לישראל השבוע", "rtl"),
        ("1,000 – 2.000", "ltr"),
        ("北京", "ltr"),
        ("", "ltr"),
    ],
)
def test_a_text_runs_as_most_of_its_letters_do(text: str, runs: str) -> None:
    assert way(text) == runs


def test_only_names_of_this_machine_are_answered(web: Client) -> None:
    strange = ("127.0.0.1:8765, evil.example", "127.0.0.1:x", "[::1]x")
    for host in ("evil.example", "evil.example:8765", "", "127.0.0.1.evil.example", "[::2]", *strange):
        assert web.get("/", headers={"host": host}).status_code == 421, host
    for host in ("localhost:8765", "127.0.0.1", "[::1]:8765", "LOCALHOST"):
        assert web.get("/", headers={"host": host}).status_code == 200, host


def test_every_find_of_the_pages_is_reached_by_paging(web: Client, archive: Path) -> None:
    reader = open_reader(str(archive))
    wanted = {hit.id for hit in reader.search(Query(words="the"))}
    reader.close()
    found: list[int] = []
    address = "/search?q=the"
    while address:
        text = web.get(address).text
        found += [int(id_) for id_ in re.findall(r'class="title" dir="ltr" lang="\w+"><a href="/articles/(\d+)"', text)]
        more = re.search(r'href="(/search\?[^"]*after=[^"]*)" rel="next"', text)
        address = more[1].replace("&amp;", "&") if more else ""
    assert len(found) == len(wanted)
    assert set(found) == wanted


def test_the_first_day_that_there_is_has_none_before_it(web: Client) -> None:
    answer = web.get("/?day=0001-01-01")
    assert answer.status_code == 200
    assert 'rel="prev"' not in answer.text


def test_a_find_is_marked_with_its_language(web: Client) -> None:
    shown = set(re.findall(r'class="title" dir="ltr" lang="([^"]*)"', web.get("/").text))
    assert {"en", "und"} <= shown  # one says that its language is <script>
    assert all(re.fullmatch(r"[A-Za-z-]+", one) for one in shown)


def test_a_static_file_has_one_mark_to_be_asked_for_by(web: Client) -> None:
    first = web.get("/static/dateline.css")
    assert len(first.headers.get_list("etag")) == 1
    assert web.get("/static/dateline.css", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
