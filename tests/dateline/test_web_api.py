"""The API and the feeds out, as programs meet them."""

import io
import json
import sqlite3
import xml.dom.minidom
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import feedparser
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from litestar.testing import TestClient
from schemathesis import Case, GenerationMode

from dateline.web.app import create_app
from dateline.web.settings import WebSettings
from tests.dateline import newsroom
from tests.dateline.test_web import HERE, Client


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("api") / "dateline.db"
    newsroom.fill(made, 30)
    return made


@pytest.fixture(scope="module")
def web(path: Path) -> Iterator[Client]:
    with TestClient(create_app(str(path), WebSettings()), base_url=HERE) as client:
        yield client


def test_articles_have_the_fields_of_the_view(web: Client, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        columns = {name for _, name, *_ in db.execute("PRAGMA table_info(articles)")}
    answer = web.get("/api/v1/articles?limit=1").json()
    assert columns <= answer["articles"][0].keys()
    one = web.get(f"/api/v1/articles/{answer['articles'][0]['id']}").json()
    assert columns <= one.keys()
    assert one["said_by"]["title"] == "jsonld"


def test_every_article_is_listed_once_newest_first(web: Client) -> None:
    found, after = [], ""
    while True:
        page = web.get(f"/api/v1/articles?limit=7&after={after}").json()
        found += page["articles"]
        after = page["next"]
        if after is None:
            break
    assert len({row["id"] for row in found}) == len(found) == web.get("/api/v1/status").json()["counts"]["articles"]
    dates = [row["published"] for row in found]
    assert dates == sorted(dates, reverse=True)


def test_filters_and_addresses(web: Client) -> None:
    rows = web.get("/api/v1/articles?q=bridge&category=World&limit=5").json()["articles"]
    assert {row["title"] for row in rows} == {"The bridge opens on Friday"}
    assert "**bridge**" in rows[0]["snippet"]
    assert web.get(f"/api/v1/articles?url={newsroom.EDITED}").json()["articles"][0]["id"] == rows[0]["id"]
    assert web.get("/api/v1/articles?url=https://nowhere.example/").json()["count"] == 0
    revisions = web.get(f"/api/v1/articles/{rows[0]['id']}/revisions").json()["revisions"]
    assert [one["title"][-6:] for one in revisions] == ["uesday", "Friday"]
    clustered = web.get("/api/v1/articles?q=meridian&limit=1").json()["articles"][0]
    told = web.get(f"/api/v1/articles/{clustered['id']}/pairs").json()
    assert told["cluster"]["agency"] == "Meridian News"
    assert told["pairs"][0]["kind"] in ("same", "reprint", "excerpt")


def test_changes_are_followed_to_the_end(web: Client) -> None:
    numbers, since = [], 0
    while True:
        page = web.get(f"/api/v1/changes?since={since}&limit=9").json()
        if not page["changes"]:
            break
        numbers += [one["number"] for one in page["changes"]]
        since = page["last"]
    assert numbers == sorted(set(numbers))
    assert len(numbers) > 30


def test_what_is_wrong_is_told_as_a_problem(web: Client) -> None:
    for address, status in (
        *(("/api/v1/articles/999999", 404), ("/api/v1/articles?limit=101", 400), ("/api/v1/articles?limit=0", 400)),
        *(("/api/v1/articles?after=x", 400), ("/api/v1/articles?since=soon", 400), ("/api/v1/feeds/77", 404)),
        *(("/api/v1/articles/x", 404), ("/api/v1/changes?since=-1", 400), ("/api/v1/nothing", 404)),
    ):
        answer = web.get(address)
        assert answer.status_code == status, address
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert answer.json()["detail"]


@pytest.mark.parametrize("name", ["feed.xml", "feed.atom"])
def test_feeds_out_are_read_without_complaint(web: Client, name: str) -> None:
    for params in ("", "?category=World", "?q=the&limit=100", "?q=javascript", "?q=nothingofthekind"):
        answer = web.get(f"/{name}{params}")
        xml.dom.minidom.parseString(answer.content)
        feed = feedparser.parse(io.BytesIO(answer.content), sanitize_html=False)
        assert not feed.bozo, (name, params)
        ids = [entry.id for entry in feed.entries]
        assert len(set(ids)) == len(ids)
        assert bool(ids) == ("nothing" not in params)
        for entry in feed.entries:
            assert entry.link.startswith("https://")
            assert entry.id.startswith(f"{HERE}/articles/")
            assert entry.published_parsed
            assert "<p>" in entry.content[0].value
            assert "javascript:" not in entry.content[0].value.replace("about javascript:", "")


def test_json_feed_has_what_version_1_1_asks_for(web: Client) -> None:
    feed = json.loads(web.get("/feed.json?category=World").content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{HERE}/feed.json?category=World"
    for item in feed["items"]:
        assert item["id"].startswith("http")
        assert item["content_html"]
        assert item["date_published"].endswith("Z")


def test_links_of_feeds_begin_with_the_configured_address(path: Path) -> None:
    settings_ = WebSettings(address="https://news.example/")
    with TestClient(create_app(str(path), settings_), base_url=HERE) as web:
        assert '"https://news.example/feed.xml' in web.get("/feed.xml").text
        assert web.get("/", headers={"host": "news.example"}).status_code == 200


def test_no_request_that_the_description_allows_breaks_a_handler(path: Path) -> None:
    app = create_app(str(path), WebSettings())
    with TestClient(app, base_url=HERE) as web:
        document = web.get("/openapi.json").json()
        for found in schemathesis.openapi.from_dict(document).get_all_operations():
            operation: Any = found.ok()  # type: ignore[union-attr]
            asks = any(True for _ in operation.iter_parameters())
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE) if asks else (GenerationMode.POSITIVE,):
                with suppress(Unsatisfiable):  # whatever is sent for a name in a path is one
                    _try(web, operation.as_strategy(generation_mode=mode))


def _try(web: Client, cases: st.SearchStrategy[Case[Any]]) -> None:
    @settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(cases)
    def check(case: Case[Any]) -> None:
        sent = case.as_transport_kwargs(base_url=HERE)
        answer = web.request(sent["method"], sent["url"], params=sent.get("params"))
        assert answer.status_code < 500, answer.text

    check()
