"""config.toml and DATELINE_<GROUP>__<KEY> variables, read once into one checked Config."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import structs

from dateline.checks import check
from dateline.config import ArchiveGroup, Config, ConfigError
from dateline.quantities import duration, size
from dateline.secrets import read_secrets
from scraper.settings import Duration, ScheduleSettings

PREFIX = "DATELINE_"


def find_file(given: str | None, environ: Mapping[str, str]) -> Path | None:
    """The configuration file: as given, DATELINE_CONFIG, ./config.toml, the user's, the system's, or None."""
    named = given or environ.get("DATELINE_CONFIG")
    if named:
        return Path(named)
    # A user who stands in no list of users, as in containers, may have no home.
    home = environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "/"), ".config")
    places = [Path("config.toml"), Path(home, "dateline", "config.toml"), Path("/etc/dateline/config.toml")]
    return next((place for place in places if place.is_file()), None)


def load(file: Path | None, environ: Mapping[str, str] = os.environ, db: str | None = None) -> Config:
    """Read, merge and check the configuration. A relative archive path stands beside the file. Raises ConfigError."""
    data = read(file) if file else {}
    if file:
        _beside(data, file)
    variables = _merge_environment(data, environ)
    if db:
        _group(data, "archive")["path"] = db
    try:
        return _checked(data, file.parent if file else Path())
    except ValueError as error:
        named = (variables[key] for key in re.findall(r"[\w.]+", str(error)) if key in variables)
        raise ConfigError(f"{next(named, file or 'configuration')}: {error}") from error


def _checked(data: dict[str, Any], folder: Path) -> Config:
    """The configuration. Raises ValueError, one sentence that begins with the key."""
    read_secrets(data, folder)
    try:
        config = msgspec.convert(data, Config, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise ValueError(_plain(str(error))) from error
    schedule = _reconciled(config.schedule, data.get("schedule", {}))
    config = structs.replace(config, schedule=schedule)
    check(config)
    return config


def _decode(kind: type, value: object) -> object:
    return duration(value) if kind is Duration else size(value)


def read(file: Path) -> dict[str, Any]:
    """What stands in a configuration file, unchecked. Raises ConfigError."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))  # Windows puts a mark before its texts
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: no such file; `dateline init` writes one") from error
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: is not UTF-8 text (byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: is not valid TOML: {error}") from error


def _beside(data: dict[str, Any], file: Path) -> None:
    archive = _group(data, "archive")
    path = archive.get("path", ArchiveGroup().path)
    if isinstance(path, str) and "://" not in path:
        archive["path"] = str(file.parent / path)
    web = _group(data, "web")
    if isinstance(web.get("token_file"), str) and web["token_file"]:
        web["token_file"] = str(file.parent / web["token_file"])


def _group(data: dict[str, Any], name: str) -> dict[str, Any]:
    group = data.setdefault(name, {})
    return group if isinstance(group, dict) else {}


def _merge_environment(data: dict[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Put the variables into the data; which key each of them sets."""
    groups = [field.name for field in structs.fields(Config) if isinstance(field.default, msgspec.Struct)]
    variables = {}
    for name, text in environ.items():
        group, mark, key = name.removeprefix(PREFIX).lower().partition("__")
        if not name.startswith(PREFIX) or not mark:
            continue
        if group not in groups:
            raise ConfigError(f"{name}: expected {PREFIX}<GROUP>__<KEY> with a group of {', '.join(groups)}")
        _group(data, group)[key] = _value(text)
        variables[f"{group}.{key}"] = name
    return variables


def _value(text: str) -> object:
    """A variable's text as TOML where it is TOML ("3", "true", '["a"]'), else as the string that it is."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _plain(message: str) -> str:
    """msgspec's message with the key first: "[fetch] timeout: expected …"."""
    text, _, path = message.partition(" - at ")
    unknown = re.search(r"unknown field `(.*?)`", text)
    keys = path.strip("`").removeprefix("$").strip(".")
    if unknown:
        return f"unknown key `{'.'.join(filter(None, [keys, unknown[1]]))}`"
    missing = re.search(r"missing required field `(.*?)`", text)
    if missing:
        return f"{keys}: the key `{missing[1]}` is missing"
    if choice := re.search(r"Invalid enum value (.*)", text):
        return f"{keys}: expected {_choices(keys)}, got {choice[1]}"
    return f"{keys}: {text[:1].lower()}{text[1:]}"


def _choices(keys: str) -> str:
    kind: Any = Config
    for key in keys.split("."):
        kind = get_type_hints(kind)[key]
    return " or ".join(f'"{value}"' for value in get_args(kind))


def _reconciled(schedule: ScheduleSettings, said: Mapping[str, object]) -> ScheduleSettings:
    """The bounds of the schedule; a built-in one gives way to what was said."""
    if schedule.fastest <= schedule.slowest:
        return schedule
    if "slowest" not in said:
        return structs.replace(schedule, slowest=schedule.fastest)
    if "fastest" not in said:
        return structs.replace(schedule, fastest=schedule.slowest)
    longest = f"the longest wait between two polls, schedule.slowest, is {schedule.slowest:g} s"
    raise ValueError(f"schedule.fastest: {schedule.fastest:g} s, but {longest}; lower the one or raise the other")
