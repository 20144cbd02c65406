"""The daemon against a small news web that Dateline plays itself, on the loopback address."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import click

from dateline import daemon
from dateline.config import Config, ConfigError
from dateline.context import Context, pass_context
from dateline.demo.server import DemoWeb
from dateline.demo.world import World
from dateline.loading import load
from storage.backends import lock_daemon


@click.command("demo", help=__doc__)
@click.option(
    "--folder", default="dateline-demo", show_default=True, type=click.Path(path_type=Path), help="Its archive."
)
@click.option("--interval", default=10.0, show_default=True, help="Seconds between new articles.")
@pass_context
def command(context: Context, folder: Path, interval: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with lock_daemon(str(folder / "dateline.db")):
        asyncio.run(_play(context, folder, interval))


async def _play(context: Context, folder: Path, interval: float) -> None:
    start, interval, ports = _remembered(folder, interval)
    web = DemoWeb(World(start, interval=interval), ports=ports)
    try:
        await web.__aenter__()
    except OSError as error:
        raise ConfigError(f"{folder}: its ports {ports} are taken; remove the folder for a new demo") from error
    try:
        config = _config(folder, web)
        _remember(folder, start, interval, web.ports)
        context.say(
            f"3 newspapers, {len(web.feeds)} feeds, an article every {interval:g} s; archive: {config.archive.path}"
        )
        await daemon.serve(config, lambda: config, as_json=context.as_json)
    finally:
        await web.__aexit__(None, None, None)


def _remembered(folder: Path, interval: float) -> tuple[datetime, float, list[int]]:
    """The world that this folder's archive has seen, so that a demo goes on where it was; else a new one."""
    try:
        facts = json.loads((folder / "world.json").read_text())
        return datetime.fromisoformat(facts["start"]), float(facts["interval"]), list(facts["ports"])
    except (OSError, ValueError, KeyError):
        return datetime.now(UTC), interval, []


def _remember(folder: Path, start: datetime, interval: float, ports: list[int]) -> None:
    part = folder / "world.json.part"
    part.write_text(json.dumps({"start": start.isoformat(), "interval": interval, "ports": ports}))
    part.replace(folder / "world.json")


def _config(folder: Path, web: DemoWeb) -> Config:
    entries = "".join(f'\n[[feeds]]\nurl = "{url}"\ncategory = "{category}"\n' for url, category in web.feeds)
    file = folder / "config.toml"
    file.write_text(
        '[fetch]\nallow_networks = ["127.0.0.0/8"]\n\n[manners]\ndelay = "100ms"\n\n'
        f'[schedule]\nevery = "5s"\nadaptive = false\n{entries}'
    )
    return load(file)
