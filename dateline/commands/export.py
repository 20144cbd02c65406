"""Write articles out for other programs, or the feeds as OPML.

csv and jsonl have the columns of the view `articles` (--names schema.org: JSON-LD of NewsArticle); warc holds the pages
as they were fetched; feed is RSS, Atom or JSON Feed of the newest articles; parquet is a folder of files, one a month.
An export to a file appears under its name when it is whole; one that is interrupted goes on when the same command
is given again.
"""

import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import msgspec
from click.core import ParameterSource

from dateline.commands.feeds import export_opml
from dateline.context import Context, pass_context
from dateline.options import LIMIT, article_filters, operators, query
from dateline.outputs import refuse_ours, to_file, to_stdout
from dateline.quantities import counted
from dateline.web.syndication import FORMS, Channel, title_of
from storage.archive import Library
from storage.backends import open_library
from storage.export import EXPORTERS, FOLDERS, SCHEMA_ORG
from storage.records import Query

_ITEMS = 40  # of a feed
_FORMATS = sorted((*EXPORTERS, *FOLDERS, "feed", "opml"))
_OF_FEED = frozenset(("feed_form", "base"))
_OF_OPML = frozenset(("form", "output"))


@click.command("export", help=__doc__)
@click.argument("form", metavar=f"{{{'|'.join(_FORMATS)}}}", type=click.Choice(_FORMATS))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File, for parquet a folder (default: standard output)."
)
@click.option("--query", "words", default="", help="Only articles that hold these words.")
@operators
@article_filters
@click.option("-n", "--limit", type=LIMIT, help="At most so many.")
@click.option("--names", type=click.Choice(["dateline", "schema.org"]), default="dateline", help="Field names (jsonl).")
@click.option("--form", "feed_form", type=click.Choice(sorted(FORMS)), default="rss", help="Of feed.")
@click.option("--base", default="http://127.0.0.1:8765", help="Of feed: address of the web pages, for its ids.")
@click.option("--fail-empty", is_flag=True, help="Exit code 3 when nothing matches.")
@pass_context
def command(
    context: Context, /, form: str, output: Path | None, words: str, limit: int | None, fail_empty: bool, **options: Any
) -> int:
    names, feed_form, base = (options.pop(name) for name in ("names", "feed_form", "base"))
    refuse_ours(context, output)
    _refuse_others(form)
    if output and output.is_dir() and form not in FOLDERS:
        raise click.UsageError(f"{output}: is a folder; name a file")
    if form == "opml":
        click.get_current_context().invoke(export_opml, output=output)
        return 0
    if names == "schema.org" and form not in SCHEMA_ORG:
        raise click.UsageError(f"only {', '.join(SCHEMA_ORG)} knows the names of schema.org")
    wanted = query(words, limit=limit, ranked=False, **options)
    to_screen = output is None or str(output) == "-"
    with closing(open_library(context.archive)) as library:
        if form in FOLDERS:
            count = _folder(library, wanted, form, output)
        elif form == "feed":
            count = _feed(library, wanted, feed_form, base, None if to_screen else output)
        else:
            export = (SCHEMA_ORG if names == "schema.org" else EXPORTERS)[form]
            count = (
                to_stdout(library, wanted, export)
                if to_screen
                else to_file(context, library, wanted, export, output or Path())
            )
    context.say(counted(count, "articles"))
    return 3 if fail_empty and not count else 0


def _refuse_others(form: str) -> None:
    """Nobody is to believe that an option narrows an export which does not know it. Raises click.UsageError."""
    given = click.get_current_context()
    for option in given.command.params:
        name = option.name or ""
        known = name in _OF_OPML if form == "opml" else form == "feed" or name not in _OF_FEED
        if not known and given.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option.opts[0]} says nothing of an export as {form}")


def _folder(library: Library, wanted: Query, form: str, output: Path | None) -> int:
    if output is None or str(output) == "-":
        raise click.UsageError(f"{form} is a folder of files: name it with -o FOLDER")
    if output.exists() and (not output.is_dir() or not _is_export(output)):
        raise click.UsageError(f"{output}: is there already and is no export of ours; name another one")
    return FOLDERS[form](library, wanted, output)


def _is_export(folder: Path) -> bool:
    return all(inside.name.startswith("year=") for inside in folder.iterdir())


def _feed(library: Library, wanted: Query, form: str, base: str, output: Path | None) -> int:
    """The newest articles as a feed."""
    limit = wanted.limit or _ITEMS
    hits = library.find(msgspec.structs.replace(wanted, limit=limit)).hits
    rows = [row for hit in hits if (row := library.article(str(hit.id)))]
    base = base.rstrip("/")
    body = FORMS[form](Channel(title=title_of(wanted), home=f"{base}/", own=f"{base}/feed", base=base, rows=rows))
    if output:
        output.write_bytes(body)
    else:
        sys.stdout.buffer.write(body)
    return len(rows)
