"""Write a commented config.toml."""

from pathlib import Path

import click

from dateline.config import ConfigError
from dateline.context import Context, pass_context
from dateline.template import TEMPLATE


@click.command("init", help=__doc__)
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@pass_context
def command(context: Context, folder: Path) -> None:
    file = folder / "config.toml"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(TEMPLATE)
    except FileExistsError as error:
        raise ConfigError(f"{file}: is there already; it was left as it is") from error
    context.say(f"wrote {file}; next: `dateline feeds add URL --category NAME`, then `dateline poll`")
