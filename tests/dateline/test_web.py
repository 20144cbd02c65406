"""The pages as a browser without script meets them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from dateline.web.app import create_app
from dateline.web.guard import Guard
from dateline.web.settings import WebSettings
from storage.backends import open_reader
from storage.records import Query
from tests.dateline import newsroom

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
    assert "withdrawn" in web.get("/search?site=harbourpost.example&since=2020-01-01").text


def test_only_names_of_this_machine_are_answered(web: Client) -> None:
    for host in ("evil.example", "evil.example:8765", "", "127.0.0.1.evil.example", "[::2]"):
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
        found += [
            int(id_) for id_ in re.findall(r'class="title" dir="auto" lang="\w+"><a href="/articles/(\d+)"', text)
        ]
        more = re.search(r'href="(/search\?[^"]*after=[^"]*)" rel="next"', text)
        address = more[1].replace("&amp;", "&") if more else ""
    assert len(found) == len(wanted)
    assert set(found) == wanted


def test_the_first_day_that_there_is_has_none_before_it(web: Client) -> None:
    answer = web.get("/?day=0001-01-01")
    assert answer.status_code == 200
    assert 'rel="prev"' not in answer.text


def test_a_find_is_marked_with_its_language(web: Client) -> None:
    shown = set(re.findall(r'class="title" dir="auto" lang="([^"]*)"', web.get("/").text))
    assert {"en", "und"} <= shown  # one says that its language is <script>
    assert all(re.fullmatch(r"[A-Za-z-]+", one) for one in shown)


def test_a_static_file_has_one_mark_to_be_asked_for_by(web: Client) -> None:
    first = web.get("/static/dateline.css")
    assert len(first.headers.get_list("etag")) == 1
    assert web.get("/static/dateline.css", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
