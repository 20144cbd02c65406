"""The commands as a person or a script meets them: real processes, a real server, a real archive."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import datetime
from email.message import Message
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from tests.dateline.site import Answer, Site, configure, dateline, events, serve
from tests.dateline.test_toy_site import STORIES, feed, story

LIMITED = (
    "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))"
)


def fill(site: Site) -> None:
    site.paths["/feed/"] = Answer(feed(site.base), kind="application/rss+xml")
    site.paths |= {f"/{name}/": story(name, site.base) for name in STORIES}
    site.paths["/bridge/?utm_source=rss&utm_medium=feed"] = story("bridge", site.base)
    site.paths["/private/secret/"] = story("secret", site.base)


def test_from_an_empty_folder_to_a_searchable_archive(tmp_path: Path) -> None:
    with serve({}) as site:
        fill(site)
        dateline(tmp_path, "init")
        dateline(tmp_path, "init", code=2)
        dateline(tmp_path, "feeds", "add", f"{site.base}/feed/", "--category", "News")
        (tmp_path / "config.toml").write_text(
            (tmp_path / "config.toml").read_text().replace("allow_networks = []", 'allow_networks = ["127.0.0.0/8"]')
        )
        dateline(tmp_path, "config", "check")
        env_free = dateline(tmp_path, "config", "show").stdout
        assert 'category = "News"' in env_free
        os.environ["DATELINE_MANNERS__DELAY"] = "0s"
        try:
            summary = dateline(tmp_path, "poll").stderr
        finally:
            del os.environ["DATELINE_MANNERS__DELAY"]
        assert "6 new" in summary
    found = dateline(tmp_path, "--json", "search", "harbour", "council").stdout.splitlines()
    assert [json.loads(line)["title"] for line in found] == ["The harbour story"]
    shown = json.loads(dateline(tmp_path, "--json", "show", f"{site.base}/bridge/?utm_source=rss").stdout)
    assert shown["title"] == "The bridge story"
    assert shown["categories"] == ["News"]
    assert "News" in dateline(tmp_path, "status").stdout
    with closing(sqlite3.connect(tmp_path / "dateline.db")) as db, db:
        db.execute("UPDATE feed SET next = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-20 minutes')")
    assert "overdue by 20 min" in dateline(tmp_path, "status").stdout
    dateline(tmp_path, "export", "jsonl", "-o", "all.jsonl")
    assert len((tmp_path / "all.jsonl").read_text().splitlines()) == 6
    dateline(tmp_path, "search", "nonexistentword", "--fail-empty", code=3)
    dateline(tmp_path, "show", "999", code=1)


def test_an_edit_is_shown_word_by_word_and_told_to_other_programs(tmp_path: Path) -> None:
    with serve({}) as site:
        fill(site)
        configure(tmp_path, (f"{site.base}/feed/", "News"))
        dateline(tmp_path, "poll")
        last = json.loads(dateline(tmp_path, "--json", "changes").stdout.splitlines()[-1])["number"]
        said = dateline(tmp_path, "diff", f"{site.base}/bridge/")
        assert "one revision" in said.stderr
        edited = str(story("bridge", site.base).body).replace("hour 3 on Tuesday", "hour 3 on Friday")
        site.paths["/bridge/"] = site.paths["/bridge/?utm_source=rss&utm_medium=feed"] = Answer(edited)
        site.paths["/harbour/"] = Answer("gone", 410)
        fresh = feed(site.base).replace("Story 0", "Story 0, updated").replace("Story 1", "Story 1, updated")
        site.paths["/feed/"] = Answer(fresh, kind="application/rss+xml")
        told = events(dateline(tmp_path, "--json", "poll"), "article")
    assert sorted((one["outcome"], one["url"][-8:]) for one in told) == [
        ("revised", "/bridge/"),
        ("skipped", "harbour/"),
    ]
    shown = dateline(tmp_path, "diff", f"{site.base}/bridge/").stdout
    assert "hour 3 on [-Tuesday-]{+Friday+} and" in shown
    assert "hour 4" not in shown
    assert "hour 4" in dateline(tmp_path, "diff", "--full", f"{site.base}/bridge/").stdout
    pieces = json.loads(dateline(tmp_path, "--json", "diff", f"{site.base}/bridge/").stdout)["text"][0]
    assert {"fate": "gone", "text": "Tuesday"} in pieces
    assert len(dateline(tmp_path, "diff", "--list", f"{site.base}/bridge/").stdout.splitlines()) == 2
    for option in ("--from", "--to"):
        wrong = dateline(tmp_path, "diff", option, "7", f"{site.base}/bridge/", code=2).stderr
        assert f"{option}: there are revisions 1 to 2, no 7" in wrong
    dateline(tmp_path, "diff", "999", code=1)
    lines = dateline(tmp_path, "--json", "changes", "--since", str(last)).stdout.splitlines()
    changes = [(change["kind"], change["url"][-8:]) for line in lines if (change := json.loads(line))]
    assert sorted(changes) == [("revised", "/bridge/"), ("withdrawn", "harbour/")]
    assert "withdrawn" in dateline(tmp_path, "show", f"{site.base}/harbour/").stdout
    pasted = site.base.removeprefix("http://")
    assert "withdrawn" in dateline(tmp_path, "show", f"{pasted}/harbour/").stdout
    assert "hour 3 on [-Tuesday-]" in dateline(tmp_path, "diff", f"{pasted}/bridge/?utm_source=letter").stdout
    assert "archived as article" in dateline(tmp_path, "why", f"{pasted}/harbour/").stdout
    assert "has named it" in dateline(tmp_path, "why", f"{pasted}/other/", code=1).stderr
    assert len(dateline(tmp_path, "changes", "--since", str(last)).stdout.splitlines()) == 2


def test_feeds_are_discovered_on_a_page_or_at_their_own_address(tmp_path: Path) -> None:
    configure(tmp_path)
    link = Answer('<link rel=alternate type="application/rss+xml" title=News href="/feed/">')
    with serve(
        {"/": link, "/feed/": Answer(feed("http://a.example"), kind="text/xml"), "/about/": Answer("<p>About")}
    ) as site:
        for path in ("/", "/feed/"):
            assert dateline(tmp_path, "feeds", "discover", site.base + path).stdout == f"{site.base}/feed/\tNews\n"
        assert "names no feeds" in dateline(tmp_path, "feeds", "discover", f"{site.base}/about/", code=1).stderr


def test_feeds_are_edited_in_config_toml_with_its_comments_kept(tmp_path: Path) -> None:
    configure(tmp_path, ("http://127.0.0.1:9/a/", "A"))
    file = tmp_path / "config.toml"
    file.write_text("# mine\n" + file.read_text())
    dateline(tmp_path, "feeds", "add", "https://b.example/feed/", "--category", "B", "--every", "10m")
    opml = dateline(tmp_path, "feeds", "export").stdout
    assert 'text="https://b.example/feed/"' in opml  # its name, once a poll has read it
    (tmp_path / "list.opml").write_text(opml)
    dateline(tmp_path, "feeds", "remove", "A")
    assert "https://b.example/feed/" in dateline(tmp_path, "feeds", "list").stdout
    assert "127.0.0.1:9/a/" not in file.read_text()
    dateline(tmp_path, "feeds", "import", "list.opml")
    assert "127.0.0.1:9/a/" in file.read_text()
    assert file.read_text().startswith("# mine\n")
    dateline(tmp_path, "feeds", "add", "ftp://b.example/", code=2)


def test_a_linked_config_toml_stays_a_link_and_as_secret_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    kept = configure(tmp_path / "kept", ("http://127.0.0.1:9/a/", "A"), more='[web]\ntoken_file = "token"')
    kept.chmod(0o600)
    (tmp_path / "token").write_text("sixteen characters and more")  # beside the link, as all that it names
    (tmp_path / "config.toml").symlink_to(kept)
    dateline(tmp_path, "feeds", "add", "https://b.example/feed/")
    assert (tmp_path / "config.toml").is_symlink()
    assert "https://b.example/feed/" in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.rglob("*.part"))


def test_one_sick_feed_is_one_line_and_the_rest_is_archived(tmp_path: Path) -> None:
    with serve({"/500/": Answer("oops", 500), "/empty/": Answer("<rss version='2.0'><channel/></rss>")}) as site:
        fill(site)
        site.paths["/login/"] = Answer("<html><form><input type='password'></form></html>")
        site.paths["/broken/"] = Answer("<rss><channel><item><title>cut", kind="text/xml")
        site.paths["/huge/"] = Answer(b"<rss>" + b" " * (50 << 20), kind="text/xml")
        names = ["feed", "404", "500", "empty", "login", "broken", "huge"]
        configure(tmp_path, *((f"{site.base}/{name}/", name.title()) for name in names))
        done = dateline(tmp_path, "poll", code=1)
    for name in names[1:]:
        assert len([line for line in done.stderr.splitlines() if f"/{name}/" in line]) == 1, done.stderr
    assert "6 new" in done.stderr


def test_a_feed_and_a_page_in_another_charset_are_read(tmp_path: Path) -> None:
    title, words = "Мост открыт", "Мост через реку открыт после долгого ремонта. " * 8
    with serve({}) as site:
        item = f"<item><title>{title}</title><link>{site.base}/most/</link></item>"
        head = "<?xml version='1.0' encoding='windows-1251'?>"
        feed = f"{head}<rss version='2.0'><channel><title>Новости</title>{item}</channel></rss>"
        html = f"<title>{title}</title><article><h1>{title}</h1><p>{words}</p></article>"
        site.paths["/feed/"] = Answer(feed.encode("cp1251"), kind="text/xml")
        site.paths["/most/"] = Answer(html.encode("koi8-r"), kind="text/html; charset=koi8-r")
        configure(tmp_path, (f"{site.base}/feed/", "Города"))
        dateline(tmp_path, "poll")
    found = json.loads(dateline(tmp_path, "--json", "show", "1").stdout)
    assert (found["title"], found["text"], found["categories"]) == (title, words.strip(), ["Города"])


def test_a_full_disk_is_one_sentence_and_the_next_poll_completes_the_work(tmp_path: Path) -> None:
    with serve({}) as site:
        fill(site)
        configure(tmp_path, (f"{site.base}/feed/", "World"))
        # A limit of the file size is what a full disk looks like to SQLite.
        full = [sys.executable, "-c", f"{LIMITED}; from dateline.__main__ import main; main()", "poll"]
        done = subprocess.run(full, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
        assert [line for line in done.stderr.splitlines() if "no room left" in line]
        dateline(tmp_path, "poll")
    with closing(sqlite3.connect(tmp_path / "dateline.db")) as archive:
        assert archive.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert archive.execute("SELECT count(*) FROM articles").fetchone() == (6,)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--db", "missing/a.db", "poll"], 1, "missing"),
        (["-c", "nowhere.toml", "poll"], 2, "nowhere.toml"),
        (["search", "x"], 1, "no archive"),
        (["show"], 2, "ARTICLE"),
        (["poll", "nonsense"], 2, "nonsense"),
        (["export", "nonsense"], 2, "nonsense"),
        (["search", "x", "--since", "yesterday"], 2, "YYYY-MM-DD"),
        (["-c", ".", "poll"], 2, "cannot be read"),
        (["-c", "latin.toml", "poll"], 2, "latin.toml"),
        (["--db", ".", "poll"], 1, "folder"),
        (["--db", "latin.toml", "poll"], 1, "latin.toml"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, words: list[str], code: int, says: str) -> None:
    configure(tmp_path, ("http://127.0.0.1:9/a/", "A"))
    (tmp_path / "latin.toml").write_bytes("# über".encode("latin-1") * 200)
    assert says in dateline(tmp_path, *words, code=code).stderr


def test_extract_cleans_a_file_and_json_lines(tmp_path: Path) -> None:
    html = story("bridge", "https://news.example").body
    assert isinstance(html, str)
    (tmp_path / "page.html").write_text(html)
    article = json.loads(dateline(tmp_path, "extract", "page.html", "--url", "https://news.example/bridge/").stdout)
    assert article["title"] == "The bridge story"
    assert article["text"].count("\n\n") == 4
    assert "keep" in dateline(tmp_path, "extract", "page.html", "--explain").stdout
    lines = [json.dumps({"id": n, "url": "https://news.example/bridge/", "html": html}) for n in range(3)]
    wrong = ('{"id": 7, "url": 7, "html": "x"}', '{"id": 8, "html_b64": 5}', '{"id": 9, "html_b64": "a"}')
    (tmp_path / "pages.jsonl").write_text("\n".join([*lines, "broken", "[1]", *wrong]))
    done = dateline(tmp_path, "extract", "--jsonl", "pages.jsonl")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [0, 1, 2, None, None, 7, 8, 9]
    assert answers[0]["text"] == article["text"]
    assert all(answer["error"] for answer in answers[3:])


def daemon(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dateline", "--json", "run"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(process: subprocess.Popen[str], event: str, url: str = "") -> None:
    assert process.stdout
    for line in process.stdout:
        fact = json.loads(line)
        if fact["event"] == event and url in fact["url"]:
            return
    raise AssertionError(process.stderr.read() if process.stderr else "")


def test_the_daemon_polls_reloads_refuses_a_second_and_leaves_with_0(tmp_path: Path) -> None:
    with serve({}) as site:
        fill(site)
        configure(tmp_path, (f"{site.base}/feed/", "News"))
        process = daemon(tmp_path)
        try:
            wait_for(process, "feed", "/feed/")
            assert "another" in dateline(tmp_path, "run", code=4).stderr
            site.paths["/more/"] = Answer(feed(site.base), kind="application/rss+xml")
            configure(tmp_path, (f"{site.base}/feed/", "News"), (f"{site.base}/more/", "More"))
            process.send_signal(signal.SIGHUP)
            wait_for(process, "feed", "/more/")
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors
        assert errors.count("there is no archive yet: a new one is begun") == 1
        assert site.asked().count("/feed/") == 1
    article = json.loads(dateline(tmp_path, "--json", "show", f"{site.base}/bridge/").stdout)
    assert sorted(article["categories"]) == ["More", "News"]


@pytest.mark.parametrize("full", [False, True])
def test_a_daemon_whose_events_nobody_takes_goes_on_and_tells_its_log(tmp_path: Path, full: bool) -> None:
    with serve({}) as site, Path("/dev/full").open("w") as device:
        fill(site)
        configure(tmp_path, (f"{site.base}/feed/", "News"), more='[web]\nlisten = ""')
        command = [sys.executable, "-m", "dateline", "--json", "run"]
        output = device if full else subprocess.PIPE
        process = subprocess.Popen(command, cwd=tmp_path, stdout=output, stderr=subprocess.PIPE, text=True)
        if process.stdout:
            process.stdout.close()
        assert process.stderr
        told = next(line for line in process.stderr if '"feed' in line and "/feed/" in line and "200" in line)
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert (process.wait(30), "Traceback" in rest) == (0, False), rest
        process.stderr.close()
    assert '"level": "info"' in told
    assert len(dateline(tmp_path, "--json", "search", "story").stdout.splitlines()) >= 1


def test_a_reload_takes_in_what_it_can_and_names_what_it_cannot(tmp_path: Path) -> None:
    with serve({}) as site:
        fill(site)
        site.paths["/feed/"] = Answer("<rss version='2.0'><channel><title>n</title></channel></rss>", kind="text/xml")
        site.paths["/robots.txt"] = Answer("User-agent: *\nDisallow: /bridge/")
        feeds = [(f"{site.base}/feed/", "News")]
        configure(tmp_path, *feeds, manners='delay = "0s"\nobey_robots = false', more='[web]\nlisten = ""')
        process = daemon(tmp_path)
        try:
            wait_for(process, "feed", "/feed/")
            site.paths["/more/"] = Answer(feed(site.base), kind="application/rss+xml")
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            more = f'[archive]\npath = "other.db"\n[extract]\nworkers = 3\n[web]\nlisten = "127.0.0.1:{port}"'
            more += '\n[[searches]]\nname = "councils"\nquery = "council"\n'
            configure(tmp_path, *feeds, (f"{site.base}/more/", "More"), manners='delay = "200ms"', more=more)
            process.send_signal(signal.SIGHUP)
            wait_for(process, "feed", "/more/")
            found = httpx.get(f"http://127.0.0.1:{port}/feed.xml?saved=councils", trust_env=False)
            assert "The harbour story" in found.text
            (tmp_path / "config.toml").unlink()
            process.send_signal(signal.SIGHUP)
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors
    assert "changed, but needs a restart: archive, extract" in errors
    assert not (tmp_path / "other.db").exists()
    asked = [(moment, path) for moment, path, _ in site.log]
    start = next(place for place, (_, path) in enumerate(asked) if path == "/more/")
    assert "/robots.txt" in [path for _, path in asked]
    assert not [path for _, path in asked if path.startswith("/bridge/")]
    times = [moment for moment, _ in asked[start:]]
    assert min(later - before for before, later in pairwise(times)) > 0.15


@pytest.mark.parametrize(("before", "after", "minutes"), [("24h", "10m", 10), ("2m", "1h", 60)])
def test_a_changed_interval_holds_at_once(tmp_path: Path, before: str, after: str, minutes: int) -> None:
    def interval(every: str) -> None:
        file = configure(tmp_path, (f"{site.base}/feed/", "News"))
        file.write_text(file.read_text() + f'every = "{every}"\n')

    def planned() -> tuple[float, float]:
        [state] = json.loads(dateline(tmp_path, "--json", "status").stdout)["feeds"]
        last, due = (datetime.fromisoformat(state[name]) for name in ("last_polled", "next"))
        return state["every"], (due - last).total_seconds()

    with serve({}) as site:
        site.paths["/feed/"] = Answer("<rss version='2.0'><channel><title>n</title></channel></rss>", kind="text/xml")
        interval(before)
        dateline(tmp_path, "poll")
        interval(after)
        dateline(tmp_path, "poll", "--due")
        assert site.asked().count("/feed/") == 1
    assert planned() == (minutes * 60, minutes * 60)


def test_the_daemon_polls_at_the_interval_of_now(tmp_path: Path) -> None:
    with serve({}) as site:
        site.paths["/feed/"] = Answer("<rss version='2.0'><channel><title>n</title></channel></rss>", kind="text/xml")
        file = configure(tmp_path, (f"{site.base}/feed/", "News"), more='[web]\nlisten = ""')
        text = file.read_text()
        file.write_text(f'{text}every = "24h"\n')
        process = daemon(tmp_path)
        try:
            wait_for(process, "feed", "/feed/")
            file.write_text(f'{text}every = "500ms"\n')
            process.send_signal(signal.SIGHUP)
            wait_for(process, "feed", "/feed/")
            wait_for(process, "feed", "/feed/")
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors


def test_a_poll_that_takes_longer_than_its_interval_is_followed_by_the_next(tmp_path: Path) -> None:
    def slow(_: Message) -> Answer:
        time.sleep(0.5)
        return Answer("no article")

    with serve({"/bridge/": slow}) as site:
        site.paths["/feed/"] = Answer(feed(site.base), kind="text/xml")
        file = configure(tmp_path, (f"{site.base}/feed/", "News"), more='[web]\nlisten = ""')
        file.write_text(f'{file.read_text()}every = "100ms"\n')
        process = daemon(tmp_path)
        try:
            for _ in range(3):
                wait_for(process, "feed", "/feed/")
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors


def test_without_a_configuration_nothing_is_begun(tmp_path: Path) -> None:
    for command in ("poll", "run"):
        assert "config.toml: there is none here; `dateline init`" in dateline(tmp_path, command, code=2).stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("path", "says"),
    [("folder", "is a folder"), ("missing/x.db", "missing does not exist"), ("/proc/x.db", "cannot be opened")],
)
def test_a_place_where_no_archive_can_be_is_called_by_its_name(tmp_path: Path, path: str, says: str) -> None:
    (tmp_path / "folder").mkdir()
    configure(tmp_path, ("http://127.0.0.1:9/feed/", "News"), more=f'[archive]\npath = "{path}"')
    for command in ("poll", "run"):
        assert says in dateline(tmp_path, command, code=1).stderr
    if path != "/proc/x.db":
        assert says in dateline(tmp_path, "status", code=1).stderr


def test_a_kill_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with serve({}) as site:
        fill(site)
        configure(tmp_path, (f"{site.base}/feed/", "News"), manners='delay = "50ms"\nconnections = 1')
        told: set[int] = set()
        for lines in (0, 1, 1, 2):
            process = subprocess.Popen(
                [sys.executable, "-m", "dateline", "--json", "poll"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
            )
            assert process.stdout
            read = [process.stdout.readline() for _ in range(lines)]
            process.kill()
            out, _ = process.communicate()
            facts = [json.loads(line) for line in "".join([*read, out]).splitlines() if line.endswith("}")]
            told |= {fact["id"] for fact in facts if fact.get("outcome") == "new"}
        last = dateline(tmp_path, "--json", "poll")
        told |= {event["id"] for event in events(last, "article") if event["outcome"] == "new"}
    rows = [json.loads(line) for line in dateline(tmp_path, "export", "jsonl").stdout.splitlines()]
    assert len(rows) == len({row["url"] for row in rows}) == 6
    assert told <= {row["id"] for row in rows}


def test_an_archive_is_verified_and_copied(tmp_path: Path) -> None:
    with serve({}) as site:
        fill(site)
        configure(tmp_path, (f"{site.base}/feed/", "News"))
        dateline(tmp_path, "poll")
    done = dateline(tmp_path, "backup", "copy.db")
    root = done.stdout.split()[1]
    assert dateline(tmp_path, "--db", "copy.db", "verify", "--root", root).stdout == done.stdout
    dateline(tmp_path, "backup", "copy.db", code=2)
    (tmp_path / "copy.db").rename(tmp_path / "aside.db")
    assert "copy.pages.db: is there already" in dateline(tmp_path, "backup", "copy.db", code=2).stderr
    dateline(tmp_path, "backup", "--force", "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.pages.db")) as pages, pages:
        pages.execute("UPDATE page SET packed = zeroblob(9)")
    damaged = dateline(tmp_path, "--db", "copy.db", "verify", code=1)
    assert all(line.startswith(("copy.pages.db: page ", "root ")) for line in damaged.stdout.splitlines())
    said = dateline(tmp_path, "--json", "--db", "copy.db", "verify", code=1).stdout.splitlines()
    assert [json.loads(line)["event"] for line in said[-2:]] == ["fault", "verified"]
    full = [
        sys.executable,
        "-c",
        f"{LIMITED.replace('300_000', '100_000')}; from dateline.__main__ import main; main()",
    ]
    done = subprocess.run([*full, "backup", "small.db"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "no room left" in done.stderr, len(done.stderr.splitlines())) == (1, True, 1)
    assert list(tmp_path.glob("small*")) == []


def test_a_closed_standard_stream_is_no_failure(tmp_path: Path) -> None:
    with serve({}) as site:
        fill(site)
        configure(tmp_path, (f"{site.base}/feed/", "News"))
        for words in ("poll", "status", "export jsonl", "verify"):
            line = f"exec {sys.executable} -m dateline {words} <&- >&- 2>&-"
            done = subprocess.run(["/bin/sh", "-c", line], cwd=tmp_path, check=False)
            assert done.returncode == 0, words
    assert "6 articles" in dateline(tmp_path, "status").stdout


def test_a_folder_may_be_called_by_any_bytes(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"n\xe9ws %3f#?")
    folder.mkdir()
    with serve({}) as site:
        fill(site)
        configure(folder, (f"{site.base}/feed/", "News"))
        dateline(folder, "poll")
    for words in (["verify"], ["backup", "copy.db"], ["--db", "copy.db", "verify"]):
        dateline(folder, *words)


def test_what_is_made_beside_a_private_archive_is_private_and_so_is_its_copy(tmp_path: Path) -> None:
    with serve({}) as site:
        fill(site)
        configure(tmp_path, (f"{site.base}/feed/", "News"))
        dateline(tmp_path, "poll")
        for name in ("dateline.db", "dateline.pages.db"):
            (tmp_path / name).chmod(0o600)
        for name in ("dateline.db.turn", "dateline.manners.db"):
            (tmp_path / name).unlink()
        dateline(tmp_path, "poll")
    (tmp_path / "copies").mkdir()
    dateline(tmp_path, "backup", "copies/copy.db")
    private = [*tmp_path.glob("dateline.*"), *tmp_path.glob("copies/*")]
    assert {file.stat().st_mode & 0o777 for file in private} == {0o600}
    assert {"dateline.db.turn", "dateline.manners.db", "copy.pages.db"} < {file.name for file in private}


def test_feeds_list_and_status_tell_how_each_feed_fares(tmp_path: Path) -> None:
    dated = "<pubDate>Tue, 24 Nov 2026 12:00:00 GMT</pubDate>"
    feed = f"<rss><channel><title>W</title><item><link>http://127.0.0.1:9/a</link>{dated}</item></channel></rss>"
    with serve(
        {"/feed": Answer(feed, kind="application/xml"), "/none": Answer("<rss><channel></channel></rss>")}
    ) as site:
        configure(tmp_path, (f"{site.base}/feed", "World"), (f"{site.base}/none", "None"), (f"{site.base}/x", "Gone"))
        said = dateline(tmp_path, "--quiet", "poll", code=1).stderr.splitlines()
    assert [line[:11] for line in said] == ["feed failed", "3 feeds (1 "]
    assert "no article '99'" in dateline(tmp_path, "--quiet", "show", "99", code=1).stderr
    listed = dateline(tmp_path, "--json", "feeds", "list").stdout.splitlines()
    states = {one["category"]: one for one in map(json.loads, listed)}
    assert {name: one["state"] for name, one in states.items()} == {"World": "ok", "None": "empty", "Gone": "failing"}
    assert states["World"]["reason"].startswith("every ")
    assert "404" in states["Gone"]["reason"]
    assert "asked again in" in states["Gone"]["reason"]
    assert states["Gone"]["next"]
    assert "failing" in dateline(tmp_path, "feeds", "list").stdout
    [line] = [line for line in dateline(tmp_path, "status").stdout.splitlines() if "failing" in line and "/x" in line]
    assert states["Gone"]["reason"] in line
    assert f'text="W" title="W" xmlUrl="{site.base}/feed"' in dateline(tmp_path, "feeds", "export").stdout
    assert dateline(tmp_path, "status", "--check", code=1)


def test_status_tells_that_nobody_polls_any_more(tmp_path: Path) -> None:
    dated = "<pubDate>Tue, 24 Nov 2026 12:00:00 GMT</pubDate>"
    feed = f"<rss><channel><title>W</title><item><link>http://127.0.0.1:9/a</link>{dated}</item></channel></rss>"
    with serve({"/feed": Answer(feed, kind="application/xml")}) as site:
        configure(tmp_path, (f"{site.base}/feed", "World"))
        dateline(tmp_path, "poll", code=1)
    dateline(tmp_path, "status", "--check")
    with closing(sqlite3.connect(tmp_path / "dateline.db", isolation_level=None)) as db:
        db.execute("UPDATE feed SET last_polled = '2026-11-20T12:00:00Z', next = '2026-11-20T12:15:00Z'")
    told = dateline(tmp_path, "status", "--check", code=1).stdout
    assert "nobody polls  no feed has been polled since 2026-11-20 12:00 UTC" in told
