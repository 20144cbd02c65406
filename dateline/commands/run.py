"""The daemon: poll on the clock (SIGTERM stops it, SIGHUP reloads config.toml)."""

import click

from dateline import daemon
from dateline.context import Context, pass_context
from dateline.logs import set_up


@click.command("run", help=__doc__)
@pass_context
def command(context: Context) -> None:
    config = context.config
    if config.log.format == "json":
        set_up("json", 20)
    if not config.feeds:
        context.say(f"{context.file or 'config.toml'}: no feeds yet; add some and send SIGHUP")
    daemon.run(config, context.reload, as_json=context.as_json)
