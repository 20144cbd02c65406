"""config.toml: what is wrong is said in one sentence with the file and the key."""

from pathlib import Path

import pytest

from dateline.config import ConfigError
from dateline.loading import find_file, load
from dateline.quantities import duration, size
from dateline.subscriptions import add, remove
from dateline.template import TEMPLATE
from tests.dateline.site import dateline


def write(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_template_says_the_defaults(tmp_path: Path) -> None:
    written = load(write(tmp_path, TEMPLATE), {})
    bare = load(write(tmp_path, ""), {})
    assert written == bare


_HOOK = "[[searches]]\nname = 'one'\nwebhook = 'http://b.example/h'\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[fetch]\ntimeuot = "3s"', "unknown key `fetch.timeuot`"),
        ("[nonsense]", "unknown key `nonsense`"),
        ('[fetch]\ntimeout = "30x"', 'fetch.timeout: expected a duration such as "30s"'),
        ('[fetch]\nmax_bytes = "many"', "fetch.max_bytes: expected a size"),
        ('[manners]\nconnections = "a"', "manners.connections: expected `int`, got `str`"),
        ('[[feeds]]\nurl = "https://a.example/"\nevery = "1s"\n[[feeds]]\nurl = "https://a.example/"', "twice"),
        ("[[feeds]]\nurl = 'http://a.example/f'\n[[feeds]]\nurl = 'HTTP://A.example:80/f#x'", "twice"),
        ("[[feeds]]\nurl = 'http://a.example:99999/'", "feeds[0].url: expected an http(s) address"),
        ("[[feeds]]\ncategory = 'x'", "feeds[0]: the key `url` is missing"),
        ("[[feeds]]\nurl = 'file:///etc/passwd'", "feeds[0].url: expected an http(s) address"),
        ("a =", "is not valid TOML"),
        ('[log]\nformat = "xml"', 'log.format: expected "text" or "json", got \'xml\''),
        ("[extract]\nworkers = -1", "extract.workers: expected 0 to 1024, got -1"),
        ('[extract]\nworker_memory = "1MiB"', "extract.worker_memory: expected 128MiB to 1TiB, got 1048576 bytes"),
        ("[manners]\nconnections = 0", "manners.connections: expected 1 to 10000, got 0"),
        ('[fetch]\nmax_bytes = "0"', "fetch.max_bytes: expected 1 to 1TiB, got 0 bytes"),
        (f'[fetch]\nmax_bytes = "{"9" * 400}"', "fetch.max_bytes: expected a size"),
        ('[fetch]\ntimeout = "0s"', "fetch.timeout: expected 10ms to 1d, got 0.0 s"),
        ('[[sites]]\nhost = "a.example"\ndelay = "900d"', "sites[0].delay: expected 0s to 365d"),
        ('[schedule]\nevery = "99999999h"', "schedule.every: expected 100ms to 3650d"),
        ('[fetch]\nallow_networks = ["10.0.0.0/8", "localhost"]', "fetch.allow_networks[1]: expected a network"),
        ('[fetch]\nallow_networks = ["127.0.0.0/33"]', "fetch.allow_networks[0]: expected a network"),
        ('[fetch]\ncontact = "J\u00f6rg"', "fetch.contact: holds what no header may"),
        ('[fetch]\nuser_agent = "a\\nb: c"', "fetch.user_agent: is empty, or holds what no header may"),
        ('[fetch]\nuser_agent = ""', "fetch.user_agent: is empty, or holds what no header may"),
        ('[[feeds]]\nurl = "http://a.example/f"\nevery = -10', "feeds[0].every: expected a duration such as"),
        ('[[feeds]]\nurl = "http://exa mple/f"', "feeds[0].url: expected an http(s) address"),
        ('[[feeds]]\nurl = "http://a.example:99999/f"', "feeds[0].url: expected an http(s) address"),
        ('[[feeds]]\nurl = "http://a..b/f"', "feeds[0].url: expected an http(s) address"),
        ('[[feeds]]\nurl = " http://a.example/f "', "feeds[0].url: expected an http(s) address, got ' http"),
        ('[schedule]\nfastest = "2h"\nslowest = "1h"', "schedule.fastest: 7200 s, but"),
        ('[schedule]\nfastest = "2m"\nslowest = "1m"', "schedule.slowest, is 60 s; lower the one or raise the other"),
        (f"{_HOOK}secret = 'a'\n{_HOOK.replace('one', 'two')}", "searches[1].secret: searches[0] has another login or"),
        (f"{_HOOK}[alerts]\nwebhook = 'http://b.example/h'\nsecret = 's'", "alerts.secret: searches[0] has another"),
        ("[likeness]\nfew = 3", "unknown key `likeness.few`"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, says: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    assert says in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_order_file_environment_flags(tmp_path: Path) -> None:
    file = write(tmp_path, '[archive]\npath = "a.db"\n[manners]\ndelay = "5s"')
    config = load(file, {"DATELINE_MANNERS__DELAY": "2s", "DATELINE_SCHEDULE__ADAPTIVE": "false"}, db="b.db")
    assert (config.manners.delay, config.schedule.adaptive, config.archive.path) == (2.0, False, "b.db")
    assert load(file, {}).archive.path == str(tmp_path / "a.db")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATELINE_FETCH__TIMEOUT", "30x", ": fetch.timeout: expected a duration"),
        ("DATELINE_FETCH__TIMEUOT", "30s", ": unknown key `fetch.timeuot`"),
        ("DATELINE_MANNERS__CONNECTIONS", "0", ": manners.connections: expected 1 to 10000, got 0"),
        ("DATELINE_FETCH__ALLOW_NETWORKS", '["home"]', ": fetch.allow_networks[0]: expected a network"),
        ("DATELINE_SCHEDULE__SLOWEST", "1m", ": schedule.fastest: 7200 s, but"),
        ("DATELINE_WEB__LISTEN", "localhost", ": web.listen: expected an address and a port"),
        ("DATELINE_ALERTS__SECRET_FILE", "none", ": alerts.secret_file: "),
        (
            "DATELINE_FEEDS__URL",
            "http://a.example/f",
            ": expected DATELINE_<GROUP>__<KEY> with a group of archive, fetch",
        ),
    ],
)
def test_a_mistake_in_a_variable_names_the_variable(tmp_path: Path, name: str, value: str, says: str) -> None:
    file = write(tmp_path, "[schedule]\nfastest = '2h'\n[[feeds]]\nurl = 'http://a.example/f'")
    with pytest.raises(ConfigError) as caught:
        load(file, {"DATELINE_LOG__FORMAT": "json", name: value})
    assert str(caught.value).startswith(name + says)
    with pytest.raises(ConfigError, match=r"config\.toml: manners\.delay"):
        load(write(tmp_path, "[manners]\ndelay = 'x'"), {"DATELINE_FETCH__TIMEOUT": "30s"})


def test_durations_and_sizes() -> None:
    assert [duration(text) for text in ("500ms", "30s", "15m", "1h30m", 7)] == [0.5, 30, 900, 5400, 7]
    assert [size(text) for text in ("10MiB", "5 KB", "12", 12)] == [10 << 20, 5000, 12, 12]
    for wrong in ("", "m", "15", "1h banana", "-5m", -3, True):
        with pytest.raises(ValueError, match="expected a duration"):
            duration(wrong)


def test_a_file_from_windows_is_read_and_stays_one(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    before = b'\xef\xbb\xbf# ours\r\n[[feeds]]\r\nurl = "http://a.example/f"\r\n'
    file.write_bytes(before)
    assert [feed.url for feed in load(file, {}).feeds] == ["http://a.example/f"]
    assert add(file, [("http://b.example/f", "B", "")]) == ["http://b.example/f"]
    after = file.read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == after.count(b"\r\n")
    remove(file, ["B"])
    assert file.read_bytes() == before


def test_an_edit_that_would_break_the_file_names_it_and_leaves_nothing(tmp_path: Path) -> None:
    file = write(tmp_path, "")
    with pytest.raises(ConfigError, match=r"config\.toml: feeds\[0\]\.every: expected 0s to"):
        add(file, [("http://a.example/f", "", "9999d")])
    assert [one.name for one in tmp_path.iterdir()] == ["config.toml"]
    assert not file.read_text()


def test_one_feed_is_no_feeds(tmp_path: Path) -> None:
    one, two = '[[feeds]]\nurl = "http://a.example/f"\n', '[[feeds]]\nurl = "http://b.example/f"\n'
    write(tmp_path, one)
    assert dateline(tmp_path, "config", "check").stderr.endswith("fine, 1 feed\n")
    write(tmp_path, one + two)
    assert dateline(tmp_path, "config", "check").stderr.endswith("fine, 2 feeds\n")


def test_what_is_shown_can_be_read_again(tmp_path: Path) -> None:
    file = write(tmp_path, '[schedule]\nevery = "365d"\nslowest = "365d"\n[fetch]\ntimeout = "1500ms"')
    shown = dateline(tmp_path, "config", "show").stdout
    assert load(write(tmp_path, shown), {}).schedule.every == duration("365d")
    assert load(file, {}).fetch.timeout == 1.5


@pytest.mark.parametrize(
    "text",
    [
        '[schedule]\nfastest = "1m"\nslowest = "1m"',
        f"{_HOOK}secret = 'a'\n{_HOOK.replace('one', 'two')}secret = 'a'",
        '[schedule]\nfastest = "0s"\nevery = "1s"',
        '[schedule]\nslowest = "1m"',
        '[alerts]\nevery = "1s"',
        '[fetch]\nmax_bytes = "2GiB"',
        '[[feeds]]\nurl = "http://a.example/f"\nevery = "0s"',
    ],
)
def test_what_can_work_is_taken(tmp_path: Path, text: str) -> None:
    load(write(tmp_path, text), {})


def test_a_user_without_a_home_has_a_configuration_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_: int) -> None:
        raise KeyError

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").touch()
    assert find_file(None, {}) == Path("config.toml")
