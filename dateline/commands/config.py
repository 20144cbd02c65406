"""Check or show the configuration."""

import click
import msgspec
import tomlkit

from dateline.context import Context, emit, pass_context
from dateline.loading import read
from dateline.quantities import counted
from dateline.secrets import exposed, masked


@click.group("config", help=__doc__)
def command() -> None:
    pass


@command.command("check")
@pass_context
def check(context: Context) -> None:
    """Read the configuration and say what is wrong with it (exit code 2).

    Files with secrets that every user of the machine may read are told, too.
    """
    config = context.config
    for file in exposed(read(context.file), context.file) if context.file else ():
        context.say(f"{file}: holds secrets, and every user of this machine may read it: chmod o-r", failed=True)
    context.say(f"{context.file or 'no config.toml found: the defaults'}: fine, {counted(len(config.feeds), 'feeds')}")


@command.command("show")
@pass_context
def show(context: Context) -> None:
    """Print the configuration that holds: file, environment and options together. Secrets are ***."""
    data = masked(msgspec.to_builtins(context.config, enc_hook=_plain_number if context.as_json else _written))
    if context.as_json:
        emit(data)
    else:
        click.echo(tomlkit.dumps(data).rstrip())


def _written(value: object) -> str | float:
    """A Duration or a Size as config.toml may have it."""
    return f"{value:.12g}s" if isinstance(value, float) else _plain_number(value)


def _plain_number(value: object) -> float | int:
    """A Duration as seconds, a Size as bytes."""
    if isinstance(value, float):
        return float(value)
    assert isinstance(value, int)
    return int(value)
