"""Show one article, by its id or by any address ever seen."""

from contextlib import closing

import click

from dateline.context import Context, emit, pass_context
from dateline.find import article_of
from dateline.logs import harmless
from storage.backends import open_library
from storage.records import ArticleRow, Rights


@click.command("show", help=__doc__)
@click.argument("article")
@click.option("--markup", is_flag=True, help="The clean HTML instead of the plain text.")
@pass_context
def command(context: Context, article: str, markup: bool) -> int:
    with closing(open_library(context.archive)) as library:
        row = article_of(library, article)
    if row is None:
        context.say(f"no article {article!r} in {context.archive}", failed=True)
        return 1
    if context.as_json:
        emit(row, texts=True)
        return 0
    click.echo(click.style(harmless(row.title), bold=True))
    for name, value in _facts(row):
        click.echo(f"{click.style(f'{name:>10}', dim=True)}  {harmless(value)}")
    shown = row.markup if markup else row.text
    rows = ("\t".join(map(harmless, line.split("\t"))) for line in shown.split("\n"))
    click.echo("\n" + "\n".join(rows))
    return 0


def _facts(row: ArticleRow) -> list[tuple[str, str]]:
    facts = [
        ("id", str(row.id)),
        ("address", row.url),
        ("authors", ", ".join(row.authors)),
        ("published", row.published or ""),
        ("modified", row.modified or ""),
        ("categories", ", ".join(row.categories)),
        ("section", row.section),
        ("tags", ", ".join(row.tags)),
        ("language", row.language),
        ("words", str(row.words)),
        ("seen", f"{row.first_seen} to {row.last_seen}"),
        ("revisions", str(row.revision) if row.revision > 1 else ""),
        ("licence", row.licence),
        ("rights", _rights(row.rights)),
        ("withdrawn", f"{row.gone}: {row.gone_reason}" if row.gone else ""),
    ]
    return [(name, value) for name, value in facts if value]


def _rights(rights: Rights) -> str:
    """What the page said of its use by machines, in one line."""
    mining = {None: "", True: "text and data mining reserved", False: "text and data mining allowed"}
    said = [
        ", ".join(rights.robots),
        mining[rights.tdm_reservation] + (f" ({rights.tdm_policy})" if rights.tdm_policy else ""),
        f"robots.txt forbids it to {', '.join(rights.ai_forbidden)}" if rights.ai_forbidden else "",
    ]
    return "; ".join(filter(None, said))
