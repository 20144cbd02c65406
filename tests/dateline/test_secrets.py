"""Secrets of the configuration: they reach their own site, and no log, output, export or database."""

import socket
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import closing
from email.message import Message
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from storage.sqlite.migrations import STEPS
from tests.dateline.site import Answer, configure, dateline, serve

LOGIN, HEADER, COOKIE, PROXY = "pa55-of-the-feed", "key-in-a-header", "c00kie-value", "pr0xy-password"
IN_A_LINK = "pa55-that-a-feed-gave-away"
LOGINS = next(number for number, step in enumerate(STEPS) if "'@'" in step)  # the step that takes them out
SECRETS = (LOGIN, HEADER, COOKIE, PROXY, IN_A_LINK)


def story(name: str) -> str:
    text = "".join(
        f"<p>The {name} council met for hour {n} on Tuesday and agreed that work on the {name} would go on through the "
        f"winter, said its chair, who has led part {n} of the work since spring.</p>"
        for n in range(1, 6)
    )
    return f"<html lang=en><head><title>The {name} story</title></head><body><h1>The {name}</h1>{text}</body></html>"


def test_no_secret_leaves_its_site(tmp_path: Path) -> None:
    heard: list[str] = []
    (tmp_path / "headers.txt").write_text(f"# of the subscription\nX-Key: {HEADER}\n")

    def closed(name: str) -> Callable[[Message], Answer]:
        def answer(headers: Message) -> Answer:
            said = " ".join(str(value) for value in headers.values())
            return (
                Answer(story(name))
                if HEADER in said and COOKIE in said and headers["Authorization"]
                else Answer("", 401)
            )

        return answer

    def stranger(headers: Message) -> Answer:
        heard.extend(str(value) for value in headers.values())
        return Answer(story("harbour"))

    with serve({"/harbour/": stranger}) as other, serve({}) as site:
        links = ("/bridge/", "/gone/", f"{other.base.replace('//', f'//reader:{IN_A_LINK}@')}/harbour/")
        items = "".join(f"<item><title>An item</title><link>{link}</link><guid>{link}</guid></item>" for link in links)
        feed = Answer(f'<rss version="2.0"><channel><title>News</title>{items}</channel></rss>', kind="text/xml")
        site.paths |= {
            "/feed/": lambda headers: feed if headers["Authorization"] else Answer("", 401),
            "/bridge/": closed("bridge"),
            "/gone/": Answer("", 302, headers=(("Location", f"{other.base}/harbour/"),)),
        }
        host = site.base.removeprefix("http://")
        more = (
            f'[[sites]]\nhost = "{host}"\nheaders_file = "headers.txt"\ncookies = {{ session = "{COOKIE}" }}\n'
            f'[[sites]]\nhost = "elsewhere.example"\nproxy = "http://me:{PROXY}@proxy.example:3128"\n'
        )
        file = configure(tmp_path, (f"http://reader:{LOGIN}@{host}/feed/", "News"), more=more)
        done = [
            dateline(tmp_path, *words.split(), code=None)
            for words in (
                "-v --json poll|-v poll News|config show|--json config show|feeds list|--json feeds list|feeds export|"
                f"status|export jsonl|show 1|why http://{host}/bridge/|poll nonsense"
            ).split("|")
        ]
        assert "200" in {str(status) for _, path, status in site.log if path == "/bridge/"}

    shown = "".join(one.stdout + one.stderr for one in done)
    assert f"http://{host}/bridge/" in shown
    assert "***" in shown
    assert not [secret for secret in SECRETS if secret in shown]
    assert not [secret for secret in SECRETS if any(secret in value for value in heard)]
    assert heard
    kept = {file.name: file.read_bytes() for file in tmp_path.glob("dateline.*db*")}
    found = [(secret, name) for secret in SECRETS for name, data in kept.items() if secret.encode() in data]
    # The feed's raw items stay as they came, with what it gave away itself.
    assert not [one for one in found if one[0] != IN_A_LINK or ".pages." not in one[1]]
    assert not [name for name, data in kept.items() if b"reader:" in data and ".pages." not in name]
    assert LOGIN in file.read_text()


CANARIES = {
    place: f"canary-{number}-of-the-{place}"
    for number, place in enumerate(
        (
            *("login", "deadlogin", "backfill", "header", "cookie", "proxy", "token", "hook", "path", "signature"),
            *("setcookie", "link", "location", "session"),
        )
    )
}
READ = (
    "status|--json status|config show|--json config show|config check|feeds list|--json feeds list|feeds export|alerts|"
    "export jsonl|export csv|export feed|export opml|export warc -o out.warc.gz|show 1|--json show 1|diff 1|"
    "changes --since 0|search council|--json search council|verify|backup copy.db|why {site}/bridge/|"
    "--json why {site}/far/|reextract --diff|poll nonsense|feeds discover {site}/bridge/|version|--json export nonsense"
)
PAGES = (
    "/|/search?q=council|/articles/1|/feeds|/feeds/1|/feeds/2|/feeds/3|/sites|/status|/feed.xml|/feed.atom|/feed.json|"
    "/api/v1/articles|/api/v1/articles/1|/api/v1/feeds|/api/v1/status|/openapi.json|/metrics|/health|/nothing-here"
)


def test_canaries_in_every_place_for_secrets_are_seen_nowhere(tmp_path: Path) -> None:
    heard: list[str] = []

    def stranger(headers: Message) -> Answer:
        heard.extend(f"{name}: {value}" for name, value in headers.items())
        return Answer(story("harbour"))

    with serve({"/harbour/": stranger}) as other, serve({}) as site, socket.create_server(("127.0.0.1", 0)) as closed:
        host, dead = site.base.removeprefix("http://"), f"127.0.0.1:{closed.getsockname()[1]}"
        closed.close()
        links = (
            *("/bridge/", "/far/", "/lost/", f"{other.base}/harbour/"),
            f"http://me:{CANARIES['link']}@{host}/named/",
            f"http://proxied.example:{dead.partition(':')[2]}/story/",
        )
        items = "".join(f"<item><title>Story</title><link>{link}</link></item>" for link in links)
        feed = Answer(f'<rss version="2.0"><channel><title>News</title>{items}</channel></rss>', kind="text/xml")
        set_cookie = ("Set-Cookie", f"session={CANARIES['setcookie']}; Path=/")
        away = f"http://you:{CANARIES['location']}@{other.base.removeprefix('http://')}/harbour/"
        site.paths |= {
            "/feed/": lambda headers: feed if headers["Authorization"] else Answer("", 401),
            "/bridge/": Answer(story("bridge"), headers=(set_cookie,)),
            "/named/": Answer(story("named")),
            "/far/": Answer("", 302, headers=(("Location", away), set_cookie)),
            "/lost/": Answer("", 500),
        }
        for name, secret in (("token", "token"), ("signing", "signature")):
            (tmp_path / name).write_text(CANARIES[secret])
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        more = (
            f'[[sites]]\nhost = "{host}"\nheaders = {{ X-Key = "{CANARIES["header"]}" }}\n'
            f'cookies = {{ session = "{CANARIES["cookie"]}" }}\n'
            f'[[sites]]\nhost = "proxied.example"\nproxy = "http://me:{CANARIES["proxy"]}@{dead}"\n'
            f'[schedule]\nevery = "1s"\nfastest = "1s"\n[web]\nlisten = "127.0.0.1:{port}"\ntoken_file = "token"\n'
            f'[[searches]]\nname = "councils"\nquery = "council"\n'
            f'webhook = "http://me:{CANARIES["hook"]}@{dead}/{CANARIES["path"]}"\n'
            'secret_file = "signing"\n'
        )
        feeds = (
            (f"reader:{CANARIES['login']}@{host}/feed/", "News"),
            (f"u:{CANARIES['deadlogin']}@{dead}/feed/", "Dead"),
        )
        file = configure(tmp_path, *((f"http://{address}", shelf) for address, shelf in feeds), more=more)
        login = f"http://reader:{CANARIES['backfill']}@{host}/feed/"
        words = ("-vv poll", "--json poll", f"-vv backfill feed {login} --dry-run", f"-vv --json backfill feed {login}")
        told = [dateline(tmp_path, *one.split(), code=None) for one in words]
        told += [dateline(tmp_path, *one.format(site=site.base).split(), code=None) for one in READ.split("|")]
        log = tmp_path / "daemon.log"
        run = (sys.executable, "-m", "dateline", "-vv", "run")
        with log.open("w") as output:
            daemon = subprocess.Popen(run, cwd=tmp_path, stdout=output, stderr=output)
        try:
            end = time.monotonic() + 30
            while not all(f"{name}/feed/" in log.read_text() for name in (host, dead)) and time.monotonic() < end:
                time.sleep(0.1)
            key = {"Authorization": f"Bearer {CANARIES['token']}"}
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=key, trust_env=False) as web:
                shown = [web.get(path) for path in PAGES.split("|")]
        finally:
            daemon.terminate()
            daemon.wait(60)

    seen = "".join(one.stdout + one.stderr for one in told) + log.read_text()
    seen += "".join(f"{answer.headers}{answer.text}" for answer in shown)
    assert [answer.status_code for answer in shown].count(200) > len(shown) / 2
    kept = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file() and ".db" in str(one))
    kept += zlib.decompressobj(31).decompress((tmp_path / "out.warc.gz").read_bytes())
    for place, canary in CANARIES.items():
        assert canary not in seen, place
        # What a feed publishes in its links is an address like another: archived, but not shown.
        assert canary.encode() not in kept or place == "link", place
        assert not [value for value in heard if canary in value], place
    assert heard
    assert CANARIES["login"] in file.read_text()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('host = "a.example"\nheader = {}', "unknown key `sites[0].header`"),
        ('headers = {"X-A" = "b"}', "sites[0]: the key `host` is missing"),
        ('host = "a b"', "sites[0].host: expected a host"),
        ('host = "a.example/path"', "sites[0].host: expected a host"),
        ('host = "a.example"\nheaders = {"X-A" = "topsecret\\r\\nX-B: c"}', "sites[0].headers: the value of 'X-A'"),
        ('host = "a.example"\nheaders = {"Host" = "topsecret"}', "sites[0].headers: 'Host' cannot be set"),
        ('host = "a.example"\ncookies = {a = "topsecret;b=c"}', "sites[0].cookies: the name or value of 'a'"),
        ('host = "a.example"\nproxy = "socks5://u:topsecret@b:1"', "sites[0].proxy: expected http://host:port"),
        ('host = "a.example"\nkeep = ["div >"]', "sites[0].keep: 'div >' is no CSS selector"),
        ('host = "a.example"\nproxy_file = "none.txt"', "sites[0].proxy_file: none.txt cannot be read"),
        ('host = "a.example"\nproxy = "http://b:1"\nproxy_file = "x"', "sites[0].proxy_file: proxy stands there, too"),
        (
            'host = "a.example"\nheaders_file = "bad.txt"',
            "sites[0].headers_file: line 2 of the file is not of the form",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_key_without_the_secret(tmp_path: Path, more: str, says: str) -> None:
    (tmp_path / "bad.txt").write_text("X-A: b\ntopsecret\n")
    configure(tmp_path, more=f"[[sites]]\n{more}")
    done = dateline(tmp_path, "config", "check", code=2)
    assert says in done.stderr
    assert "topsecret" not in done.stderr


def test_a_feed_that_stands_there_with_and_without_its_login_stands_there_twice(tmp_path: Path) -> None:
    configure(tmp_path, (f"https://u:{LOGIN}@a.example/feed/", ""), ("https://a.example/feed/", ""))
    done = dateline(tmp_path, "config", "check", code=2)
    assert "twice" in done.stderr
    assert LOGIN not in done.stderr


def test_a_feed_address_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "feed.txt").write_text(f"https://u:{LOGIN}@a.example/feed/\n")
    configure(tmp_path, more='[[feeds]]\nurl_file = "feed.txt"')
    assert "https://***@a.example/feed/" in dateline(tmp_path, "feeds", "list").stdout


def test_logins_that_an_archive_kept_before_are_taken_out() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE feed (url TEXT UNIQUE)")
        db.execute("CREATE TABLE fetch (url TEXT)")
        urls = (
            "https://u:p@a.example/f",
            "https://u:p@b.example",
            "https://c.example/@f",
            "https://d.example/f?x=//@y",
        )
        for table in ("feed", "fetch"):
            db.executemany(f"INSERT INTO {table} VALUES (?)", [(url,) for url in urls])
        db.executescript(STEPS[LOGINS])
        for table in ("feed", "fetch"):
            assert [url for (url,) in db.execute(f"SELECT url FROM {table} ORDER BY url")] == [
                *("https://a.example/f", "https://b.example", *urls[2:]),
            ]


def test_the_proxy_for_all_is_read_from_a_file_and_its_login_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[fetch]\nproxy_file = "proxy.txt"\n')
    (tmp_path / "proxy.txt").write_text("http://me:topsecret@proxy.example:3128\n")
    shown = dateline(tmp_path, "config", "show").stdout
    assert "@proxy.example:3128" in shown
    assert "topsecret" not in shown
    file.write_text('[fetch]\nproxy = "socks5://me:topsecret@proxy.example"\n')
    refused = dateline(tmp_path, "config", "check", code=2).stderr
    assert "fetch.proxy: expected http://host:port" in refused
    assert "topsecret" not in refused


def test_a_check_tells_which_files_with_secrets_anybody_may_read() -> None:
    with TemporaryDirectory() as name:  # a test's own folder is closed to others already
        folder = Path(name)
        configure(folder, ("http://127.0.0.1:9/feed/", "News"))
        (folder / "headers").write_text(f"X-Key: {HEADER}\n")
        for file in folder.iterdir():
            file.chmod(0o644)

        def told() -> list[str]:
            lines = dateline(folder, "config", "check").stderr.splitlines()
            return [line.partition(":")[0] for line in lines if "may read it" in line]

        folder.chmod(0o755)
        assert not told()
        config = folder / "config.toml"
        with config.open("a") as out:
            out.write('[[sites]]\nhost = "news.example"\nheaders_file = "headers"\ncookies = { a = "1" }\n')
        assert told() == ["config.toml", "headers"]
        config.chmod(0o640)
        assert told() == ["headers"]
        folder.chmod(0o700)
        assert not told()
