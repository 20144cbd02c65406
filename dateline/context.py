"""What the options before the command say, and the configuration they lead to."""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

import click
import msgspec

from dateline.config import Config, ConfigError
from dateline.loading import find_file, load
from dateline.logs import escaped, harmless
from scraper.logins import redacted_all
from storage.backends import bring_up_to_date


class Context:
    """The global options of one call; the configuration is read when a command first asks for it."""

    def __init__(self, *, file: str | None, db: str | None, as_json: bool, quiet: bool) -> None:
        self.given_file = file
        self.db = db
        self.as_json = as_json
        self.quiet = quiet

    @property
    def file(self) -> Path | None:
        """The configuration file that holds, or None."""
        return find_file(self.given_file, os.environ)

    def require_file(self) -> Path:
        """The configuration file, for a command that can do nothing without feeds. Raises ConfigError."""
        if self.file is None:
            raise ConfigError("config.toml: there is none here; `dateline init` writes one")
        return self.file

    @cached_property
    def config(self) -> Config:
        """The whole configuration. Raises ConfigError."""
        return self.reload()

    @cached_property
    def archive(self) -> str:
        """The archive's address, for a command that reads it: one of an older Dateline is brought up to date first."""
        address = self.config.archive.path
        bring_up_to_date(address)
        return address

    def reload(self) -> Config:
        """Read the configuration anew."""
        return load(self.file, os.environ, self.db)

    def say(self, message: str, *, failed: bool = False) -> None:
        """A message for people, on standard error; of a failure also with --quiet."""
        if failed or not self.quiet:
            click.echo(harmless(message), err=True)


def emit(record: Any, *, texts: bool = False) -> None:
    """One JSON line on standard output, flushed at once: a reader at the other end acts on it.

    No login of an address is ever shown, except that `texts` of articles are told to the letter.
    """
    plain = record if texts else redacted_all(msgspec.to_builtins(record))
    line = escaped(msgspec.json.encode(plain).decode())
    click.echo(line.encode())  # bytes: UTF-8 whatever the terminal speaks


pass_context = click.make_pass_decorator(Context)
