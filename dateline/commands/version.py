"""Print the version."""

from importlib.metadata import version

import click

from dateline.context import Context, emit, pass_context


@click.command("version", help=__doc__)
@pass_context
def command(context: Context) -> None:
    number = version("dateline")
    if context.as_json:
        emit({"version": number})
    else:
        click.echo(number)
