"""Who may read the pages, under which name, and what a browser is told."""

import json
import re
import socket
from pathlib import Path

import pytest
from litestar.testing import TestClient

from dateline.web.app import create_app
from dateline.web.guard import _below, ticket
from dateline.web.settings import WebSettings
from tests.dateline import newsroom
from tests.dateline.site import configure, dateline
from tests.dateline.test_web import HERE, Client

TOKEN = "correct horse battery staple"
HEADERS = {"origin": HERE}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = tmp_path_factory.mktemp("guard") / "dateline.db"
    newsroom.fill(made, 6)
    return str(made)


def client(path: str, settings: WebSettings, *, daemon: bool = False) -> Client:
    return TestClient(create_app(path, settings, daemon=daemon), base_url=HERE)


def test_with_a_token_nothing_is_told_without_it(path: str) -> None:
    with client(path, WebSettings(listen="0.0.0.0:8765", token=TOKEN)) as web:
        for page in ("/", "/search?q=a", "/articles/1", "/articles/1/page", "/feeds", "/status", "/nope"):
            answer = web.get(page, follow_redirects=False)
            assert (answer.status_code, answer.headers["location"]) == (303, "/login"), page
        for page in ("/api/v1/articles", "/metrics", "/feed.xml", "/feed.json", "/openapi.json"):
            assert web.get(page).status_code == 401, page
            assert web.get(page, headers={"authorization": "Bearer wrong"}).status_code == 401, page
            assert web.get(page, headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200, page
        assert web.get("/login").status_code == web.get("/health").status_code == 200
        for path_ in ("/login/../status", "//status", "/static/../status", "/LOGIN"):
            assert "Articles a day" not in web.get(path_).text
        assert web.get("/static/keys.js%00.css").status_code == 404  # and no traceback in the log


def test_signing_in_and_out(path: str) -> None:
    with client(path, WebSettings(token=TOKEN)) as web:
        wrong = web.post("/login", data={"token": "wrong"}, headers=HEADERS, follow_redirects=False)
        assert wrong.status_code == 403
        assert "set-cookie" not in wrong.headers
        right = web.post("/login?next=//evil.example", data={"token": TOKEN}, headers=HEADERS, follow_redirects=False)
        assert (right.status_code, right.headers["location"]) == (303, "/")
        cookie = right.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert TOKEN not in cookie
        assert web.get("/status").status_code == 200
        web.post("/logout", headers=HEADERS, follow_redirects=False)
        assert web.get("/status", follow_redirects=False).status_code == 303


def test_forms_of_other_sites_are_refused(path: str) -> None:
    with client(path, WebSettings(token=TOKEN)) as web:
        for origin in ("https://evil.example", "null", "", f"{HERE}.evil.example", "http://127.0.0.1"):
            for form in ("/login", "/logout"):
                sent = {"origin": origin, "authorization": f"Bearer {TOKEN}"}
                answer = web.post(form, data={"token": TOKEN}, headers=sent, follow_redirects=False)
                assert answer.status_code == 403, origin
        assert web.post("/login", data={"token": TOKEN}, follow_redirects=False).status_code == 403


def test_a_ticket_ends_and_cannot_be_made(path: str) -> None:
    with client(path, WebSettings(token=TOKEN)) as web:
        good = ticket(TOKEN)
        another = ticket("another token of ours")
        for bad in (ticket(TOKEN, 1000), ticket(TOKEN, 4e9), another, good[:-1], "x", ".", "²3.é"):
            sent = [(b"cookie", f"dateline={bad}".encode())]
            assert web.get("/", headers=sent, follow_redirects=False).status_code == 303, bad
        assert web.get("/", headers={"cookie": f"a=b; dateline={good}"}).status_code == 200


def test_nothing_can_be_changed(path: str) -> None:
    with client(path, WebSettings()) as web:
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            for page in ("/", "/articles/1", "/feeds", "/api/v1/articles", "/api/v1/feeds/1"):
                answer = web.request(method, page, headers=HEADERS)
                assert answer.status_code in (204, 405), (method, page)
                assert "access-control-allow-origin" not in answer.headers


def test_an_unchanged_answer_is_not_sent_twice(path: str) -> None:
    with client(path, WebSettings()) as web:
        for page in ("/api/v1/articles", "/feed.xml", "/feed.atom", "/feed.json", "/static/dateline.css", "/sites"):
            first = web.get(page)
            again = web.get(page, headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
            assert (again.status_code, again.content) == (304, b""), page
            assert web.get(page, headers={"if-none-match": '"other"'}).status_code == 200
            head = web.head(page)
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-length"] == str(len(first.content))


def test_settings_that_cannot_work_are_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "short").write_text("abc\n")
    for line, said in (
        ('listen = "0.0.0.0:80"', "token"),
        ('listen = "8765"', "an address and a port"),
        ('listen = "127.0.0.1:99999"', "an address and a port"),
        ('token_file = "missing"', "cannot be read"),
        ('token_file = "short"', "16"),
        ('address = "news.example"', "https://"),
        ("port = 1", "unknown key"),
    ):
        configure(tmp_path, more=f"[web]\n{line}")
        done = dateline(tmp_path, "config", "check", code=2)
        assert "web" in done.stderr, line
        assert said in done.stderr, line
    (tmp_path / "good").write_text(f"{TOKEN}\n")
    configure(tmp_path, more='[web]\nlisten = "[::]:8765"\ntoken_file = "good"')
    dateline(tmp_path, "config", "check")
    shown = dateline(tmp_path, "config", "show").stdout
    assert TOKEN not in shown


def test_a_taken_port_is_told_by_serve(path: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        done = dateline(Path(path).parent, "--db", path, "serve", "--listen", place, code=1)
    assert "in use" in done.stderr


def test_health_tells_what_is_wrong(path: str, tmp_path: Path) -> None:
    with client(path, WebSettings()) as web:
        assert web.get("/health").json()["status"] == "ok"
    with client(path, WebSettings(), daemon=True) as web:  # the last poll of a feed was due days ago
        answer = web.get("/health")
        assert answer.status_code == 503
        assert "due" in answer.json()["reason"]
    with client(str(tmp_path / "none.db"), WebSettings()) as web:
        answer = web.get("/health")
        assert (answer.status_code, answer.json()["status"]) == (503, "failing")
        assert "no archive yet" in web.get("/").text
        assert web.get("/api/v1/articles").headers["content-type"] == "application/problem+json"


def test_metrics_are_well_formed_and_their_labels_bounded(path: str) -> None:
    with client(path, WebSettings()) as web:
        text = web.get("/metrics").text
    named = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    assert named >= {
        *("dateline_polls_total", "dateline_poll_duration_seconds", "dateline_fetches_total"),
        *("dateline_fetch_bytes_total", "dateline_articles_total", "dateline_revisions_total"),
        *("dateline_publish_delay_seconds", "dateline_queue_oldest_seconds", "dateline_feeds"),
        *("dateline_extraction_score", "dateline_duplicates_total", "dateline_db_bytes", "dateline_build_info"),
    }
    for line in text.splitlines():
        assert line.startswith("# ") or re.fullmatch(r'\w+(\{(\w+="[^"\n]*",?)+\})? [-+0-9.e]+', line), line
        assert "://" not in line.split("{")[-1].rpartition("}")[0]
    buckets = [float(one) for one in re.findall(r"delay_seconds_bucket\{.*\} (\S+)", text)]
    assert buckets == sorted(buckets)
    assert json.dumps(buckets[-1]) == json.dumps(float(re.findall(r"delay_seconds_count (\S+)", text)[0]))


@pytest.mark.parametrize("asked_for", ["", "/press/dateline"], ids=["taken off", "left on"])
def test_below_a_path_of_a_proxy_every_link_leads_below_it(path: str, asked_for: str) -> None:
    root = "/press/dateline"
    settings = WebSettings(token=TOKEN, address=f"https://news.example{root}")
    with client(path, settings) as web:
        web.headers["host"] = "news.example"
        refused = web.get(f"{asked_for}/status", follow_redirects=False)
        assert refused.headers["location"] == f"{root}/login"
        origin = {"origin": "https://news.example"}
        signed_in = web.post(f"{asked_for}/login", data={"token": TOKEN}, headers=origin, follow_redirects=False)
        assert signed_in.headers["location"] == f"{root}/"
        assert f"; Path={root}/;" in signed_in.headers["set-cookie"]
        bearer = {"authorization": f"Bearer {TOKEN}"}
        for page in ("/", "/search?q=a", "/articles/1", "/feeds", "/sites", "/status", "/nope"):
            answer = web.get(f"{asked_for}{page}", headers=bearer)
            led = re.findall(r'(?:href|src|action)="(/[^"]*)', answer.text)
            assert led, page
            assert all(link.startswith(f"{root}/") for link in led), page
        style = web.get(f"{asked_for}/static/dateline.css")
        assert style.status_code == 200
        feed = web.get(f"{asked_for}/feed.xml", headers=bearer).text
        assert f"https://news.example{root}/feed.xml" in feed


def test_below_a_path_of_a_proxy_no_text_is_changed() -> None:
    text = b'<p>Write <code>href="/feeds"</code> or src="/x", he said.</p><a href="//else.example/">There</a>'
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"1")]
    _, body = _below(b"/press", headers, b'<a class="b" href="/feeds">Feeds</a>' + text)
    assert body == b'<a class="b" href="/press/feeds">Feeds</a>' + text
