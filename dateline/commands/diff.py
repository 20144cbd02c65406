"""Show word by word what changed between two revisions of an article.

ARTICLE is an id or any address the article was ever seen under. Without --from and --to: what the last revision
changed. On a terminal what is gone is red and struck through, what is new is green; elsewhere they stand as
[-gone-] and {+new+}.
"""

from collections.abc import Sequence
from contextlib import closing

import click

from dateline.context import Context, emit, pass_context
from dateline.diffs import Piece, changed, word_diff
from dateline.find import article_of
from dateline.logs import one_line
from dateline.painting import painted
from storage.backends import open_library
from storage.records import Revision


@click.command("diff", help=__doc__)
@click.argument("article")
@click.option("--from", "first", type=click.IntRange(1), metavar="N", help="The older revision; the one before --to.")
@click.option("--to", "last", type=click.IntRange(1), metavar="N", help="The newer revision; the last one.")
@click.option("--full", is_flag=True, help="Also the paragraphs that are the same.")
@click.option("--list", "listing", is_flag=True, help="The revisions, a line each.")
@pass_context
def command(context: Context, article: str, first: int | None, last: int | None, full: bool, listing: bool) -> int:
    with closing(open_library(context.archive)) as library:
        row = article_of(library, article)
        revisions = library.revisions(row.id) if row else []
    if row is None:
        context.say(f"no article {article!r} in {context.archive}", failed=True)
        return 1
    if listing:
        _list(context, revisions)
        return 0
    if len(revisions) == 1 and first is None and last is None:
        context.say(f"article {row.id} has one revision, of {revisions[0].seen}: nothing changed since")
        return 0
    for number, option in ((first, "--from"), (last, "--to")):
        if number:  # the one that was given is named, not the one beside it
            _chosen(revisions, number, option)
    newer = _chosen(revisions, last or (first + 1 if first else len(revisions)), "--to")
    older = _chosen(revisions, first or newer.number - 1, "--from")
    _tell(context, older, newer, full=full)
    return 0


def _chosen(revisions: Sequence[Revision], number: int, option: str) -> Revision:
    found = next((revision for revision in revisions if revision.number == number), None)
    if found is None:
        raise click.BadParameter(f"there are revisions 1 to {len(revisions)}, no {number}", param_hint=option)
    return found


def _list(context: Context, revisions: Sequence[Revision]) -> None:
    for revision in revisions:
        if context.as_json:
            emit(revision, texts=True)
        else:
            size = "minor" if revision.minor else f"{len(revision.text.split())} words"
            click.echo(f"{revision.number:>4}  {revision.seen}  {size:<12} {one_line(revision.title)}")


def _tell(context: Context, older: Revision, newer: Revision, *, full: bool) -> None:
    title, paragraphs = word_diff(older.title, newer.title), word_diff(older.text, newer.text)
    shown = paragraphs if full else changed(paragraphs)
    if context.as_json:
        numbers = {"article": newer.article, "from": older.number, "to": newer.number, "minor": newer.minor}
        emit(numbers | {"title": title, "text": shown}, texts=True)
        return
    minor = " (minor)" if newer.minor else ""
    head = f"revision {older.number} of {older.seen} → {newer.number} of {newer.seen}{minor}"
    click.echo(click.style(head, dim=True))
    for line in title:
        click.echo(painted(line, bold=True))
    for name in ("published", "modified"):
        was, now = getattr(older, name) or "", getattr(newer, name) or ""
        if was != now:
            dates = [Piece(fate, date) for fate, date in (("gone", was), ("new", now)) if date]
            click.echo(f"{name}: {painted(dates)}")
    for paragraph in shown:
        click.echo("\n" + painted(paragraph))
