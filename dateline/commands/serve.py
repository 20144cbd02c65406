"""The web pages and the API alone, read-only."""

import signal
import threading

import click
from msgspec import structs

from dateline.config import ConfigError
from dateline.context import Context, pass_context
from dateline.web.server import Server


@click.command("serve", help=__doc__)
@click.option("--listen", metavar="ADDRESS:PORT", help="Where, instead of web.listen in the configuration.")
@pass_context
def command(context: Context, listen: str | None) -> int:
    settings = context.config.web
    if listen is not None:
        settings = structs.replace(settings, listen=listen)
    if not settings.listen:
        raise ConfigError("web.listen is empty, which turns the pages off; say where with --listen 127.0.0.1:8765")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        server = Server(context.archive, settings, daemon=False, saved=context.config.saved())
    except ValueError as error:
        raise ConfigError(f"web.{error}") from error
    except OSError as error:
        context.say(
            f"dateline: {settings.listen}: {error.strerror}; another address: --listen 127.0.0.1:8766", failed=True
        )
        return 1
    with server:
        context.say(f"{server.address}  (archive: {context.archive}; Ctrl-C ends it)")
        stop.wait()
    return 0
