"""config.toml: what is wrong is said in one sentence with the file and the key."""

from pathlib import Path

import pytest

from dateline.config import ConfigError, duration, load, size
from dateline.template import TEMPLATE


def write(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text)
    return file


def test_the_template_says_the_defaults(tmp_path: Path) -> None:
    written = load(write(tmp_path, TEMPLATE), {})
    bare = load(write(tmp_path, ""), {})
    assert written == bare


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[fetch]\ntimeuot = "3s"', "unknown key `fetch.timeuot`"),
        ("[nonsense]", "unknown key `nonsense`"),
        ('[fetch]\ntimeout = "30x"', 'fetch.timeout: expected a duration such as "30s"'),
        ('[fetch]\nmax_bytes = "many"', "fetch.max_bytes: expected a size"),
        ('[manners]\nconnections = "a"', "manners.connections: expected `int`, got `str`"),
        ('[[feeds]]\nurl = "https://a.example/"\nevery = 1\n[[feeds]]\nurl = "https://a.example/"', "twice"),
        ("[[feeds]]\ncategory = 'x'", "feeds[0]: the key `url` is missing"),
        ("[[feeds]]\nurl = 'file:///etc/passwd'", "feeds[0].url: expected an http(s) address"),
        ("a =", "is not valid TOML"),
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


def test_durations_and_sizes() -> None:
    assert [duration(text) for text in ("500ms", "30s", "15m", "1h30m", 7)] == [0.5, 30, 900, 5400, 7]
    assert [size(text) for text in ("10MiB", "5 KB", "12", 12)] == [10 << 20, 5000, 12, 12]
    for wrong in ("", "m", "15", "1h banana", -3, True):
        with pytest.raises(ValueError, match="expected a duration"):
            duration(wrong)
