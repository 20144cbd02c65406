"""A real WordPress (Debian's) on loopback, filled with known stories, and Dateline's archive held against them.

python tests/realworld/wordpress.py serve | check | backfill [--theme NAME] [--json FILE] [--keep DIR]
"""

import argparse
import contextlib
import gzip
import http.client
import json
import os
import random
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
SOURCE = Path("/usr/share/wordpress")
THEMES = ("twentytwentyone", "twentytwentythree")  # one classic, one of blocks
PACKAGES = (
    "wordpress", "wordpress-theme-twentytwentyone", "wordpress-theme-twentytwentythree",
    "mariadb-server", "php-fpm", "php-cli", "php-mysql", "php-xml", "nginx",
)  # fmt: skip
CATEGORIES = (
    ("World", ""), ("Business", ""), ("Science", ""), ("Culture", ""),
    ("Politics", ""), ("Health", ""), ("Sport", ""), ("Travel & Food", ""),
    ("Europe", "World"), ("Asia", "World"), ("Markets", "Business"), ("Space", "Science"),
)  # fmt: skip
AUTHORS = ("Maria Okonkwo", "Jean-Luc Ferrand", "Siobhan O'Hara", "Tomasz Zielinski")
PAST = ("North America", "Canada", "Mexico")  # the second and third lie beneath the first
POSTS, PAST_POSTS = 108, 231
FIRST = datetime(2024, 3, 1, 6, 5, tzinfo=UTC)

NGINX = """\
user www-data;
worker_processes 2;
daemon off;
pid {root}/nginx.pid;
error_log {root}/nginx.error.log;
events {{}}
http {{
    include /etc/nginx/mime.types;
    log_format short '$status\\t$request_method\\t$request_uri\\t$http_if_none_match\\t$sent_http_etag';
    access_log {root}/access.log short;
    client_body_temp_path {root}/nginx-body;
    fastcgi_temp_path {root}/nginx-fastcgi;
    proxy_temp_path {root}/nginx-proxy;
    uwsgi_temp_path {root}/nginx-uwsgi;
    scgi_temp_path {root}/nginx-scgi;
    gzip on;
    gzip_types text/xml application/rss+xml application/atom+xml text/plain;
    server {{
        listen 127.0.0.1:{port};
        root {root}/site;
        index index.php;
        location / {{ try_files $uri $uri/ /index.php?$args; }}
        location ~ \\.php$ {{
            include /etc/nginx/fastcgi_params;
            fastcgi_param HTTP_HOST $http_host;
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_pass unix:{root}/php.sock;
        }}
    }}
    server {{
        listen 127.0.0.1:{static_port};
        root {root}/static;
        location / {{ try_files $uri $uri.html $uri/index.html =404; }}
    }}
}}
"""

FPM = """\
[global]
pid = {root}/php.pid
error_log = {root}/php.error.log
[www]
user = www-data
group = www-data
listen = {root}/php.sock
listen.owner = www-data
pm = static
pm.max_children = 4
"""

CONFIG = """\
<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'wordpress');
define('DB_PASSWORD', 'wordpress');
define('DB_HOST', 'localhost:{root}/db.sock');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
define('AUTH_KEY', '{key}');
define('SECURE_AUTH_KEY', '{key}');
define('LOGGED_IN_KEY', '{key}');
define('NONCE_KEY', '{key}');
define('AUTH_SALT', '{key}');
define('SECURE_AUTH_SALT', '{key}');
define('LOGGED_IN_SALT', '{key}');
define('NONCE_SALT', '{key}');
define('WP_HOME', '{base}');
define('WP_SITEURL', '{base}');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {{
    define('ABSPATH', __DIR__ . '/');
}}
require_once ABSPATH . 'wp-settings.php';
"""


# ---------------------------------------------------------------------------------------------------- the stories


@dataclass
class Story:
    """One post: what its author typed, and what an archive should hold of it."""

    title: str
    slug: str
    author: str
    date: str
    categories: list[str]
    paragraphs: list[str]
    content: str
    captions: list[str] = field(default_factory=list)
    related_line: str = ""
    comments: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    featured: bool = False
    password: str = ""
    kind: str = "plain"
    url: str = ""
    guid: str = ""


SUBJECTS = """the ministry|a group of engineers|the city council|the national bank|a small museum|the harbour authority
the school board|an independent laboratory|the farmers' union|the railway company|a team of doctors|the old theatre
the water board|a court in the capital|the football club|a family of bakers|the island's governor|the observatory
the trade delegation|a retired pilot|the publishing house|a committee of senators|the mountain rescue service"""
VERBS = """announced|questioned|described|postponed|defended|published|rejected|welcomed|examined|financed|rebuilt
measured|inspected|approved|criticised|redesigned|translated|withdrew|presented|investigated"""
OBJECTS = """a plan for cheaper ferries|the results of a long survey|new rules for night trains|an ambitious budget
a collection of early maps|the contract for a wind farm|the list of candidates|a vaccine for cattle|two bridges
a report on clean drinking water|the archive of a composer|an agreement about fishing|a telescope of its own
the price of winter wheat|a course for young cooks|its view of the election|the repair of the cathedral roof
an orchard of rare apples|the design of a safer helmet|a loan to its neighbours|the route of the marathon"""
TAILS = """after months of patient talks|although nobody had asked for it|before the first snow fell in the valley
while crowds were waiting outside|because the older arrangement had expired|in spite of several warnings
with help from volunteers abroad|at a meeting that lasted until midnight|for the third time in a decade
as the season drew to a close|without naming the sum involved|under the eyes of foreign observers"""
QUOTES = """"We didn't expect it to take this long," said {name}, "but it's finished."
"Nobody here was surprised -- it's what we'd hoped for," {name} said on {day}.
{name} called the outcome 'a fair compromise' and promised details by {day}...
The cost rose from 10-12 to nearly 30 million, {name} told reporters on {day}.
Research & development will continue, according to {name}, who spoke on {day}.""".splitlines()
NAMES = ("Anna Weiss", "Bakari Mensah", "Carla Dominguez", "Dmitri Volkov", "Elif Yildiz", "Farah Siddiqui")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def _pick(chance: random.Random, words: str) -> str:
    return chance.choice(words.replace("\n", "|").split("|"))


def _sentence(chance: random.Random) -> str:
    text = " ".join(_pick(chance, words) for words in (SUBJECTS, VERBS, OBJECTS, TAILS)) + "."
    return text[0].upper() + text[1:]


def _paragraph(chance: random.Random) -> str:
    parts = [_sentence(chance) for _ in range(chance.randint(2, 4))]
    if chance.random() < 0.6:
        parts.append(chance.choice(QUOTES).format(name=chance.choice(NAMES), day=chance.choice(DAYS)))
    return " ".join(parts)


def _typed(chance: random.Random, paragraph: str) -> str:
    """The paragraph as typed into the editor: ampersands as entities, here and there a link or a stressed word."""
    html = paragraph.replace("&", "&amp;")
    words = html.split(" ")
    place = chance.randrange(1, len(words) - 2)
    if re.fullmatch(r"[a-z]+", words[place]):
        tag = chance.choice(("em", "strong", 'a href="https://example.org/source"', ""))
        if tag:
            words[place] = f"<{tag}>{words[place]}</{tag.split()[0]}>"
    return " ".join(words)


def _content(story: Story, base: str, typed: list[str], blocks: bool) -> str:
    """The post's body for the block editor or the classic one: picture after the first paragraph, related line last."""
    lines = [f"<!-- wp:paragraph -->\n<p>{line}</p>\n<!-- /wp:paragraph -->" if blocks else line for line in typed]
    for caption in story.captions:
        image = f'<img src="{base}/wp-content/uploads/photo.png" alt="" width="600" height="400" />'
        figure = (
            f'<!-- wp:image -->\n<figure class="wp-block-image">{image}'
            f"<figcaption>{caption}</figcaption></figure>\n<!-- /wp:image -->"
        )
        short = f'[caption id="" align="aligncenter" width="600"]{image} {caption}[/caption]'
        lines.insert(1, figure if blocks else short)
    if story.kind == "pages":
        lines.insert(len(lines) // 2 + 1, "<!-- wp:nextpage -->\n<!--nextpage-->\n<!-- /wp:nextpage -->")
    if story.related_line:
        shelf, title = story.related_line.removeprefix("Read more related articles about ").split(": ", 1)
        line = f'Read more related articles about {shelf.replace("&", "&amp;")}: <a href="{base}/">{title}</a>'
        lines.append(f"<!-- wp:paragraph -->\n<p>{line}</p>\n<!-- /wp:paragraph -->" if blocks else line)
    return "\n\n".join(lines)


def _story(number: int, base: str, kind: str = "plain") -> Story:
    chance = random.Random(f"dateline {number}")  # its own stream: one story never changes another
    own = CATEGORIES[number % len(CATEGORIES)][0]
    second = CATEGORIES[(number * 5 + 3) % len(CATEGORIES)][0]
    subject, verb, thing = (_pick(chance, words) for words in (SUBJECTS, VERBS, OBJECTS))
    title = f"{subject[0].upper()}{subject[1:]} {verb} {thing}, {number}"
    paragraphs = [_paragraph(chance) for _ in range(chance.randint(4, 8))]
    caption = f"{chance.choice(NAMES)} at work in the harbour district. Photo: Agency {number}"
    comments = [f"Comment {number}-{n}: {_sentence(chance)}" for n in range(2 + number % 2)]
    story = Story(
        title="" if kind == "untitled" else title,
        slug="" if kind == "untitled" else f"story-{number:03}-" + re.sub(r"[^a-z]+", "-", thing.lower()).strip("-"),
        author=AUTHORS[number % len(AUTHORS)],
        date=(FIRST + timedelta(hours=7 * number, minutes=11 * (number % 5))).strftime("%Y-%m-%d %H:%M:%S"),
        categories=[own, second] if number % 4 == 0 and second != own else [own],
        paragraphs=paragraphs,
        content="",
        captions=[caption] if number % 2 else [],
        related_line=f"Read more related articles about {own}: {_sentence(chance)[:-1]}",
        comments=comments if number % 3 == 0 else [],
        tags=[chance.choice(("harbour", "budget", "winter")), "courier"] if number % 5 == 0 else [],
        featured=number % 6 == 0,
        password="hush" if kind == "password" else "",
        kind=kind,
    )
    typed = [_typed(chance, paragraph) for paragraph in paragraphs]
    story.content = _content(story, base, typed, blocks=number % 4 in {1, 2} or kind == "pages")
    return story


def stories(base: str, past: int = 0) -> list[Story]:
    """Every post, oldest first: the plain ones, then the odd three, then those of a category with a long past."""
    plain = [_story(number, base) for number in range(POSTS)]
    odd = [_story(POSTS + n, base, kind) for n, kind in enumerate(("password", "pages", "untitled"))]
    return plain + odd + [_of_the_past(number, base) for number in range(past)]


def _of_the_past(number: int, base: str) -> Story:
    """A post of the category that is backfilled; two thirds stand only in its sub-categories, every 29th is locked."""
    story = _story(1000 + number, base, "password" if number % 29 == 7 else "plain")
    shelves = [PAST[number % 3], *(["World"] if number % 11 == 0 else [])]
    return replace(story, slug=f"past-{number:03}", categories=shelves)


# ------------------------------------------------------------------------------------------------------ the server


def _run(*command: str, timeout: float = 120) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed ({done.returncode}):\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def install_packages() -> None:
    """Install what is missing from Debian, with no service started."""
    lookup = ["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n", *PACKAGES]
    known = subprocess.run(lookup, capture_output=True, text=True, timeout=60, check=False).stdout.splitlines()
    missing = [name for name in PACKAGES if f"{name} installed" not in known]
    if not missing:
        return
    policy = Path("/usr/sbin/policy-rc.d")
    own = not policy.exists()
    if own:
        policy.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
        policy.chmod(0o755)
    try:
        apt = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y")
        _run(*apt, "update", timeout=300)
        _run(*apt, "install", "--no-install-recommends", *missing, timeout=900)
    finally:
        if own:
            policy.unlink()


def _photo() -> bytes:
    """A grey PNG of 600 by 400."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 600, 400, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x99" * 600) * 400)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _wait(what: str, ready: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise SystemExit(f"{what} did not come up in {seconds:g} s")
        time.sleep(0.2)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Site:
    """The running WordPress in its folder."""

    def __init__(self, root: Path, past: int = 0) -> None:
        self.root = root
        self.past = past
        with socket.socket() as probe, socket.socket() as other:
            probe.bind(("127.0.0.1", 0))
            other.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
            self.static_port: int = other.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.version = ""
        self.feeds: list[list[str]] = []
        self.stories: list[Story] = []
        self._children: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        self.root.chmod(0o755)
        self._lay_out()
        self._start_database()
        fpm = sorted(Path("/usr/sbin").glob("php-fpm*"))[-1]
        self._spawn(str(fpm), "-F", "-y", str(self.root / "php.conf"))
        self._spawn("/usr/sbin/nginx", "-c", str(self.root / "nginx.conf"), "-e", str(self.root / "nginx.error.log"))
        _wait("php-fpm", (self.root / "php.sock").exists)
        _wait("nginx", lambda: _answers(self.port))
        self.php("install", "-")
        self._fill()

    def stop(self) -> None:
        for child in reversed(self._children):
            child.terminate()
        for child in reversed(self._children):
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(5)

    def php(self, action: str, argument: str) -> str:
        script = str(HERE / "wordpress.php")
        return _run("php", "-d", "sendmail_path=/bin/true", script, str(self.root / "site"), action, argument)

    def log(self) -> list[list[str]]:
        """The access log: status, method, path, If-None-Match, ETag sent."""
        text = (self.root / "access.log").read_text(encoding="utf-8")
        return [line.split("\t") for line in text.splitlines()]

    def logged(self) -> int:
        """How many lines the log has once it is quiet: nginx writes one after it has answered."""
        before, now = -1, len(self.log())
        while before != now:
            time.sleep(0.2)
            before, now = now, len(self.log())
        return now

    def truth(self) -> dict[str, Any]:
        posts = [asdict(story) for story in self.stories]
        for post in posts:
            del post["content"]
        return {"base": self.base, "version": self.version, "feeds": self.feeds, "posts": posts}

    def _spawn(self, *command: str) -> None:
        log = (self.root / f"{Path(command[0]).name}.out").open("wb")
        with log:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        self._children.append(child)

    def _lay_out(self) -> None:
        root, site = self.root, self.root / "site"
        shutil.copytree(SOURCE, site, symlinks=False, ignore_dangling_symlinks=True)
        uploads = site / "wp-content" / "uploads"
        uploads.mkdir(parents=True, exist_ok=True)
        (uploads / "photo.png").write_bytes(_photo())
        shutil.chown(uploads, "www-data", "www-data")
        values = {"root": root, "port": self.port, "base": self.base, "key": secrets.token_hex(32)}
        values["static_port"] = self.static_port
        (site / "wp-config.php").write_text(CONFIG.format_map(values), encoding="utf-8")
        (root / "nginx.conf").write_text(NGINX.format_map(values), encoding="utf-8")
        (root / "php.conf").write_text(FPM.format_map(values), encoding="utf-8")

    def _start_database(self) -> None:
        data, sock = self.root / "db", str(self.root / "db.sock")
        data.mkdir()
        shutil.chown(data, "mysql", "mysql")
        run = self.root / "db-run"
        run.mkdir()
        shutil.chown(run, "mysql", "mysql")
        _run(
            "mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}", "--skip-test-db",
            "--auth-root-authentication-method=socket",
        )  # fmt: skip
        self._spawn(
            "/usr/sbin/mariadbd", "--no-defaults", "--user=mysql", f"--datadir={data}", f"--socket={run}/db.sock",
            "--skip-networking", f"--pid-file={run}/db.pid", "--innodb-buffer-pool-size=64M",
            "--innodb-flush-log-at-trx-commit=0", "--character-set-server=utf8mb4",
        )  # fmt: skip
        Path(sock).symlink_to(run / "db.sock")
        client = ("mariadb", "--no-defaults", "-u", "root", f"--socket={sock}")
        ping = [*client, "-e", "SELECT 1"]
        _wait("mariadbd", lambda: not subprocess.run(ping, capture_output=True, timeout=20, check=False).returncode)
        account = (
            "CREATE USER wordpress@localhost IDENTIFIED BY 'wordpress'; GRANT ALL ON wordpress.* TO wordpress@localhost"
        )
        _run(*client, "-e", f"CREATE DATABASE wordpress CHARACTER SET utf8mb4; {account}")

    def _fill(self) -> None:
        self.stories = stories(self.base, self.past)
        options = {"posts_per_rss": 20, "timezone_string": "America/New_York", "comment_moderation": 0}
        data = {
            "options": options,
            "categories": [*CATEGORIES, *((name, PAST[0] if name != PAST[0] else "") for name in PAST if self.past)],
            "authors": AUTHORS,
            "posts": [asdict(story) for story in self.stories],
        }
        file = self.root / "stories.json"
        file.write_text(json.dumps(data), encoding="utf-8")
        answer = json.loads(self.php("fill", str(file)).rpartition("\n")[2])
        self.version, self.feeds = answer["version"], answer["feeds"]
        for story, (url, guid) in zip(self.stories, answer["posts"], strict=True):
            story.url, story.guid = url, guid


@contextlib.contextmanager
def serving(past: int = 0) -> Iterator[Site]:
    """A filled site; it is stopped and its folder removed whatever happens."""
    if os.geteuid():
        raise SystemExit("run me as root: the servers change to their own users")
    install_packages()
    with tempfile.TemporaryDirectory(prefix="dateline-wordpress.", ignore_cleanup_errors=True) as folder:
        site = Site(Path(folder), past)
        try:
            site.start()
            yield site
        finally:
            site.stop()


# ------------------------------------------------------------------------------------------------------- the check

FOLDS = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "′": "'", "″": '"', "–": "-", "—": "-", "…": "...",
                       "\xa0": " "})  # fmt: skip


def fold(text: str) -> str:
    """Undo what WordPress's texturiser does to quotes, dashes and dots; one space between words."""
    return " ".join(re.sub(r"-+", "-", text.translate(FOLDS)).split())


def listed(site: Site) -> dict[str, set[str]]:
    """Article address to the categories of the feeds that list it, as the feeds say now."""
    found: dict[str, set[str]] = {}
    for url, category in site.feeds:
        with urllib.request.urlopen(url, timeout=60) as answer:
            tree = ElementTree.fromstring(answer.read())
        for link in tree.iterfind("channel/item/link"):
            found.setdefault((link.text or "").strip(), set()).add(category)
    return found


def headers(site: Site) -> dict[str, str]:
    """What the first feed's answer says of caching when asked with gzip, and what its own ETag brings back."""
    path = site.feeds[0][0].removeprefix(site.base)

    def ask(**more: str) -> http.client.HTTPResponse:
        link = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
        link.request("GET", path, headers={"Accept-Encoding": "gzip", **more})
        answer = link.getresponse()
        answer.read()
        return answer

    first = ask()
    kept = {name: first.headers.get(name, "") for name in ("Server", "Content-Encoding", "ETag", "Last-Modified")}
    weak, since = kept["ETag"], kept["Last-Modified"]
    kept["asked with that ETag"] = str(ask(**{"If-None-Match": weak}).status)
    kept["with ETag and date"] = str(ask(**{"If-None-Match": weak, "If-Modified-Since": since}).status)
    kept["with date only"] = str(ask(**{"If-Modified-Since": since}).status)
    strong = weak.removeprefix("W/")
    kept["with the ETag made strong"] = str(ask(**{"If-None-Match": strong, "If-Modified-Since": since}).status)
    return kept


def poll(config: Path) -> str:
    command = [sys.executable, "-m", "dateline", "-c", str(config), "--json", "poll"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise SystemExit(f"poll ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def write_config(site: Site, folder: Path) -> Path:
    lines = [
        "[archive]", f'path = "{folder / "archive.db"}"',
        "[fetch]", 'allow_networks = ["127.0.0.0/8"]',
        "[manners]", 'delay = "0s"', "connections = 4",
    ]  # fmt: skip
    for url, category in site.feeds:
        lines += ["[[feeds]]", f"url = {json.dumps(url)}", f"category = {json.dumps(category)}"]
    file = folder / "config.toml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _text_faults(story: Story, text: str) -> Iterator[str]:
    got = [fold(line) for line in re.split(r"\n+", text) if line.strip()]
    wanted = [fold(paragraph) for paragraph in story.paragraphs]
    if story.kind == "password":
        if any(paragraph in got for paragraph in wanted):
            yield "a protected paragraph"
        return
    if got != wanted:
        extra = [line for line in got if line not in wanted]
        lost = [line for line in wanted if line not in got]
        yield f"text: {len(extra)} more {extra[:1]}, {len(lost)} lost {lost[:1]}"
    flat = fold(text)
    texts = {"caption": story.captions, "related line": [story.related_line], "comment": story.comments}
    for name, parts in texts.items():
        if any(fold(part) in flat for part in parts):
            yield f"{name} in the text"
    if "Leave a" in flat or "Read more related" in flat:
        yield "page furniture in the text"


def faults(story: Story, row: sqlite3.Row, categories: set[str]) -> list[str]:
    """Everything in which the archived row differs from the story."""
    found = list(_text_faults(story, row["text"]))
    title = fold(row["title"]).removeprefix("Protected: ")
    if story.title and title != fold(story.title):
        found.append(f"title: {row['title']!r}")
    if [fold(name) for name in json.loads(row["authors"])] != [fold(story.author)]:
        found.append(f"authors: {row['authors']}")
    if set(json.loads(row["categories"])) != categories:
        found.append(f"categories: {row['categories']}, not {sorted(categories)}")
    when = datetime.fromisoformat(row["published"]) if row["published"] else None
    if when is None or when.replace(tzinfo=when.tzinfo or UTC) != datetime.fromisoformat(story.date + "+00:00"):
        found.append(f"published: {row['published']}, not {story.date} UTC")
    return found


def compare(site: Site, archive: Path, shelves: dict[str, set[str]]) -> tuple[list[str], Counter[str]]:
    """The archive against the stories: faults in words, and counts."""
    with contextlib.closing(sqlite3.connect(archive)) as database:
        database.row_factory = sqlite3.Row
        rows = database.execute("SELECT url, title, text, authors, published, categories FROM articles").fetchall()
        statuses = Counter(row["status"] for row in database.execute("SELECT status FROM fetches"))
    by_url: dict[str, list[sqlite3.Row]] = {}
    for row in rows:
        by_url.setdefault(row["url"], []).append(row)
    problems, counts = [], Counter({"articles archived": len(rows), "posts listed": len(shelves)})
    for status, number in sorted(statuses.items(), key=str):
        counts[f"fetches with {status}"] = number
    known = {story.url: story for story in site.stories}
    problems += [f"not a story: {url}" for url in by_url if url not in known]
    for url, categories in shelves.items():
        story, found = known[url], by_url.get(url, [])
        if len(found) != 1 and story.kind != "password":  # whether a locked post is kept is Dateline's affair
            problems.append(f"{url}: {len(found)} times in the archive")
        wrong = [fault for row in found for fault in faults(story, row, categories)]
        problems += [f"{url} ({story.kind}): {fault}" for fault in wrong]
        counts["right in everything"] += len(found) == 1 and not wrong
        if story.kind != "plain":
            state = f"{len(found)} archived, {'; '.join(wrong) or 'no fault'}"
            print(
                f"  {story.kind} post: {state}; text {found[0]['text'][:60]!r}" if found else f"  {story.kind}: {state}"
            )
    return problems, counts


def check_theme(site: Site, theme: str, keep: Path | None) -> bool:
    """Two polls of the site in this theme; prints the table, says whether all was right."""
    site.php("theme", theme)
    shelves = listed(site)
    print(f"== WordPress {site.version}, theme {theme}")
    for name, value in headers(site).items():
        print(f"  {name}: {value}")
    with tempfile.TemporaryDirectory(prefix="dateline-check.") as name:
        folder = Path(name)
        config = write_config(site, folder)
        marks, seconds = [site.logged()], []
        for _ in range(2):
            began = time.monotonic()
            poll(config)
            seconds.append(time.monotonic() - began)
            marks.append(site.logged())
        problems, counts = compare(site, folder / "archive.db", shelves)
        if keep:
            shutil.copytree(folder, keep / theme, dirs_exist_ok=True)
    first, second = site.log()[marks[0] : marks[1]], site.log()[marks[1] : marks[2]]
    problems += [f"second poll: {' '.join(line)}" for line in second if line[0] != "304"]
    if len(second) != len(site.feeds):
        problems.append(f"second poll: {len(second)} requests for {len(site.feeds)} feeds")
    twice = [path for path, number in Counter(line[2] for line in first).items() if number > 1]
    problems += [f"first poll asked more than once for {path}" for path in twice]
    counts["requests, first poll"], counts["requests, second poll"] = len(first), len(second)
    counts["304s in the second poll"] = sum(line[0] == "304" for line in second)
    for name, number in counts.items():
        print(f"  {name:<28}{number:>6}")
    print(f"  {'seconds':<28}{seconds[0]:>6.1f} {seconds[1]:.1f}")
    print(f"  {'problems':<28}{len(problems):>6}")
    for problem in problems[:25]:
        print(f"    {problem[:400]}")
    return not problems


# ---------------------------------------------------------------------------------------------------- the backfill


def backfill(config: Path, *words: str) -> str:
    command = [sys.executable, "-m", "dateline", "-c", str(config), "backfill", *words, "--category", PAST[0]]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise SystemExit(f"{words} ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stderr.strip()


def archived(folder: Path) -> dict[str, sqlite3.Row]:
    """What the archive of a folder holds under the category, by address."""
    with contextlib.closing(sqlite3.connect(folder / "archive.db")) as database:
        database.row_factory = sqlite3.Row
        query = "SELECT url, title, text, authors, published, categories FROM articles"
        rows = database.execute(query).fetchall()
    if len({row["url"] for row in rows}) < len(rows):
        raise SystemExit("an address stands twice in the archive")
    return {row["url"]: row for row in rows if PAST[0] in json.loads(row["categories"])}


def check_source(site: Site, folder: Path, source: str) -> list[str]:
    """Backfill the category from one source; what is wrong with the archive then."""
    config = write_config(site, folder)
    address = next(url for url, name in site.feeds if name == PAST[0]) if source == "feed" else site.base + "/"
    before = len(site.log())
    said = backfill(config, source, address)
    asked = [line[2] for line in site.log()[before:] if line[2] != "/robots.txt"]
    rows = archived(folder)
    past = [story for story in site.stories if set(story.categories) & set(PAST)]
    wanted = {story.url for story in past if story.kind != "password"}
    problems = [f"{source}: missing {url}" for url in wanted - rows.keys()]
    if source != "sitemap":  # a sitemap knows no categories: it brings the other posts too
        problems += [f"{source}: not of the category: {url}" for url in rows.keys() - wanted]
    for story in past:
        if story.url in rows:
            problems += [f"{source}: {story.url}: {fault}" for fault in faults(story, rows[story.url], {PAST[0]})]
    lists = [path for path in asked if "feed" in path or "wp-json" in path or "sitemap" in path or path == "/"]
    found, twice = len(wanted & rows.keys()), len(asked) - len(set(asked))
    print(f"  {source:<10}{found:>4} of {len(wanted)} posts, {len(lists)} listings, {len(asked)} requests", end="")
    print(f", {twice} of them repeated; {len(problems)} problems")
    print("    " + said.replace("\n", "\n    "))
    again = len(site.log())
    backfill(config, source, address)
    return problems + ([f"{source}: the second run asked again"] if len(site.log()) > again else [])


def check_backfill(site: Site) -> bool:
    """The category from each source alone, from all of them into one archive, and a static site from its sitemaps."""
    print(f"== WordPress {site.version}: {PAST[0]} with {', '.join(PAST[1:])}, {site.past} posts")
    problems: list[str] = []
    with tempfile.TemporaryDirectory(prefix="dateline-backfill.") as name:
        for source in ("feed", "wordpress", "sitemap", "auto"):
            folder = Path(name, source)
            folder.mkdir()
            problems += check_source(site, folder, source)
        print("  all three, one after the other, into one archive:")
        folder = Path(name, "all")
        folder.mkdir()
        before = len(site.log())
        for source in ("feed", "wordpress", "sitemap"):
            problems += check_source(site, folder, source)
        pages = Counter(line[2] for line in site.log()[before:] if "/past-" in line[2])
        problems += [f"all three: asked {count} times for {path}" for path, count in pages.items() if count > 1]
        problems += check_static(site, Path(name, "static"))
    for problem in problems[:25]:
        print(f"    {problem[:400]}")
    return not problems


def check_static(site: Site, folder: Path) -> list[str]:
    """A static site behind the same nginx: robots.txt, an index, a packed sitemap, one of the news."""
    folder.mkdir()
    base, root = f"http://127.0.0.1:{site.static_port}", site.root / "static"
    root.mkdir()
    told = [_story(2000 + number, base) for number in range(90)]
    for story in told:
        text = "".join(f"<p>{paragraph}</p>" for paragraph in story.paragraphs)
        date = f'<meta property="article:published_time" content="{story.date.replace(" ", "T")}Z">'
        page = (
            f"<html lang=en><head><title>{story.title}</title>{date}</head><body><article><h1>{story.title}</h1>{text}"
        )
        (root / f"{story.slug}.html").write_text(page, encoding="utf-8")
    parts = {"sitemap-old.xml.gz": told[:50], "sitemap-new.xml": told[50:], "news-sitemap.xml": told[-5:]}
    for name, some in parts.items():
        rows = "".join(f"<url><loc>{base}/{one.slug}</loc><lastmod>{one.date[:10]}</lastmod></url>" for one in some)
        body = f'<?xml version="1.0"?><urlset>{rows}</urlset>'.encode()
        (root / name).write_bytes(gzip.compress(body) if name.endswith("gz") else body)
    rows = "".join(f"<sitemap><loc>{base}/{name}</loc></sitemap>" for name in list(parts)[:2])
    (root / "sitemap.xml").write_text(f"<sitemapindex>{rows}</sitemapindex>", encoding="ascii")
    lines = f"User-agent: *\nDisallow:\nSitemap: {base}/sitemap.xml\nSitemap: {base}/news-sitemap.xml\n"
    (root / "robots.txt").write_text(lines, encoding="ascii")
    before = len(site.log())
    said = backfill(write_config(site, folder), "sitemap", base)
    asked = [line[2] for line in site.log()[before:] if line[2] != "/robots.txt"]
    found = archived(folder)
    print(f"  static site: {len(found)} of {len(told)} pages, {len(asked)} requests\n    {said}")
    missing = [f"static: missing {one.slug}" for one in told if f"{base}/{one.slug}" not in found]
    return missing + ([f"static: {len(asked)} requests"] if len(asked) != len(told) + 4 else [])


def _stop(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=("serve", "check", "backfill"))
    parser.add_argument("--theme", action="append", choices=THEMES, help="only this theme (check: default both)")
    parser.add_argument("--json", type=Path, help="write the truth here too")
    parser.add_argument("--keep", type=Path, help="check: copy the archives into this folder")
    parser.add_argument("--seconds", type=float, default=3600, help="stop after so long whatever happens")
    options = parser.parse_args()
    for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(name, _stop)
    signal.alarm(max(1, int(options.seconds)))
    past = PAST_POSTS if options.command == "backfill" else 0
    with contextlib.suppress(KeyboardInterrupt), serving(past) as site:
        truth = json.dumps(site.truth(), indent=1, ensure_ascii=False)
        if options.json:
            options.json.write_text(truth, encoding="utf-8")
        if options.command == "backfill":
            return 0 if check_backfill(site) else 1
        if options.command == "check":
            results = [check_theme(site, theme, options.keep) for theme in options.theme or THEMES]
            return 0 if all(results) else 1
        site.php("theme", (options.theme or THEMES)[-1])
        print(truth, flush=True)
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
