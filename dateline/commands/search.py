"""Find articles by their words, newest first.

All words are wanted; "words in quotes" stand in a row, and word* finds what begins so. In scripts that set no spaces
any characters in a row are found. Without words: the newest articles that the filters leave.
"""

from contextlib import closing
from typing import Any

import click

from dateline.context import Context, emit, pass_context
from dateline.logs import harmless
from dateline.options import LIMIT, article_filters, operators, query
from storage.backends import open_library


@click.command("search", help=__doc__)
@click.argument("words", metavar="[QUERY]", nargs=-1)
@article_filters
@operators
@click.option("--ranked", is_flag=True, help="Best match first instead of newest first.")
@click.option("-n", "--limit", type=LIMIT, default=20, show_default=True, help="At most so many.")
@click.option("--fail-empty", is_flag=True, help="Exit code 3 when nothing matches.")
@pass_context
def command(
    context: Context, /, words: tuple[str, ...], ranked: bool, limit: int, fail_empty: bool, **filters: Any
) -> int:
    wanted = query(" ".join(words), limit=limit, ranked=ranked, **filters)
    with closing(open_library(context.archive)) as library:
        hits = library.search(wanted)
    for hit in hits:
        if context.as_json:
            emit(hit, texts=True)
            continue
        head = click.style(f"{hit.id:>7}  {(hit.published or '')[:10]:10}  ", dim=True)
        shelves = f"{hit.site} · {', '.join(hit.categories)}"
        title = click.style(harmless(hit.title), bold=True)
        click.echo(f"{head}{title}\n{'':21}{harmless(shelves)}\n{'':21}{harmless(hit.snippet)}")
    if not hits:
        context.say("nothing found")
    return 3 if fail_empty and not hits else 0
