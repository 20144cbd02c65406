"""The daemon: poll on the clock (SIGTERM stops it, SIGHUP reloads config.toml)."""

import click

from dateline import daemon
from dateline.config import Config
from dateline.context import Context, pass_context
from dateline.logs import set_up


@click.command("run", help=__doc__)
@pass_context
def command(context: Context) -> None:
    file, config = context.require_file(), context.config
    if config.log.format == "json":
        set_up("json", 20)

    def reload() -> Config:
        context.require_file()  # a daemon whose file is gone has not been told to poll nothing
        return context.reload()

    if not config.feeds:
        context.say(f"{file}: no feeds yet; add some and send SIGHUP")
    daemon.run(config, reload, as_json=context.as_json)
