"""`dateline`: finds the command and loads its module only when it is asked for.

The folder `dateline/commands` is the list of commands; the first line of each module is its short help.
"""

import io
import logging
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from dateline.config import ConfigError
from dateline.context import Context
from dateline.logs import set_up
from storage.errors import ArchiveError, ArchiveLocked, first_of

_COMMANDS = Path(__file__).parent / "commands"
DONE, FAILED, USAGE, NOTHING, LOCKED, INTERRUPTED = 0, 1, 2, 3, 4, 130


class _Folder(click.Group):
    """A group whose commands are the modules of a folder, loaded one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return sorted(file.stem for file in _COMMANDS.glob("*.py") if not file.stem.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = import_module(f"dateline.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, _first_line(_COMMANDS / f"{name}.py")) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _first_line(module: Path) -> str:
    """The first line of a module's docstring, read without loading the module."""
    with module.open(encoding="utf-8") as file:
        return file.readline().strip().strip('"')


@click.group(cls=_Folder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("-c", "--config", "file", metavar="FILE", help="Configuration (default: ./config.toml, then the user's).")
@click.option("--db", metavar="ADDRESS", help="Archive to use instead of the configured one.")
@click.option("-v", "--verbose", count=True, help="Say more; twice for everything.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines on standard output.")
@click.version_option(package_name="dateline", prog_name="dateline")
@click.pass_context
def cli(ctx: click.Context, file: str | None, db: str | None, verbose: int, quiet: bool, as_json: bool) -> None:
    """Archive the news: poll category feeds, clean the article pages, keep text and metadata in SQLite."""
    ctx.obj = Context(file=file, db=db, as_json=as_json, quiet=quiet)
    set_up("json" if as_json else "text", logging.ERROR if quiet else max(logging.INFO - 10 * verbose, logging.DEBUG))


def main() -> None:
    """Run a command and leave with its exit code; every expected error is one sentence on standard error."""
    _open_what_is_closed()
    _never_fail_to_spell()
    try:
        code = _run()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.exceptions.Abort:
        code = INTERRUPTED
    except KeyboardInterrupt:
        code = INTERRUPTED
    except SystemExit:  # click's own answer to the next error, and to nothing else
        code = DONE
    except BrokenPipeError:
        # The reader has gone (`| head`): nothing is wrong, but Python must not try to flush again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = DONE
    except ConfigError as error:
        code = _say(error, USAGE)
    except ArchiveLocked as error:
        code = _say(error, LOCKED)
    except ArchiveError as error:
        code = _say(error, FAILED)
    except OSError as error:
        code = _say(f"{error.filename or 'output'}: {error.strerror}", FAILED)
    sys.exit(code if isinstance(code, int) else DONE)


def _open_what_is_closed() -> None:
    """Have all three standard streams (`>&-`): else one of our own files takes such a place, and what is printed."""
    while (file := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(file, True)
    os.close(file)
    sys.stdin = sys.stdin or os.fdopen(0)
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")


def _never_fail_to_spell() -> None:
    """What a terminal's character set lacks is a question mark there; JSON and exports are UTF-8 whatever it is."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _run() -> object:
    """Run the command. Of several errors at once, as tasks side by side may have them, the first is raised."""
    try:
        return cli.main(standalone_mode=False, prog_name="dateline")
    except BaseExceptionGroup as group:
        raise first_of(group) from group


def _say(error: object, code: int) -> int:
    click.echo(f"dateline: {error}", err=True)
    return code


if __name__ == "__main__":
    main()
