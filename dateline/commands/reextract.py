"""Clean stored pages again with today's rules: no network, and no revision.

An article whose page cannot be read today stays as it is, and the reason is told. --diff only shows what would change.
--where narrows by the columns of the view `articles`, e.g. --where "score < 0.75 and words > 100".
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from functools import partial

import click

from dateline.bars import Bar
from dateline.context import Context, emit, pass_context
from dateline.diffs import changed, word_diff
from dateline.options import LIMIT, NUMBER, article_filters, engine_options, query
from dateline.painting import painted
from dateline.quantities import counted
from dateline.reports import too_many
from dateline.signals import on_stop
from scraper.engines import EngineLost, EngineMissing, open_engine
from scraper.reextract import Again, Recleaned, reextract
from scraper.sites import Sites
from storage.backends import open_archive, open_library


@click.command("reextract", help=__doc__)
@click.option("--where", "condition", default="", metavar="SQL", help="Only articles for which this holds.")
@article_filters
@click.option("-n", "--limit", type=LIMIT, help="At most so many.")
@click.option("--diff", "differences", is_flag=True, help="Show what would change, word by word; write nothing.")
@click.option("--after", type=NUMBER, default=0, metavar="ID", help="Go on behind this article.")
@engine_options
@pass_context
def command(
    context: Context, /, condition: str, limit: int | None, differences: bool, after: int, **options: str
) -> int:
    telling = _Telling(context, differences=differences)
    path = context.archive
    engine, scheduler = options.pop("engine"), options.pop("scheduler")
    with closing(open_library(path)) as library:
        ids = library.chosen(query("", limit=limit, ranked=False, **options), condition, after)
        try:
            with open_engine(engine, scheduler=scheduler) as (executor, at_once):
                again = partial(
                    Again,
                    library=library,
                    executor=executor,
                    at_once=at_once,
                    settings=context.config.extract,
                    sites=Sites(context.config.sites),
                    write=not differences,
                )
                last = asyncio.run(_run(path, again, ids, telling))
        except EngineMissing as error:
            raise click.UsageError(str(error)) from error
        except EngineLost as error:
            context.say(f"{error}; {telling.summary()}", failed=True)
            return 1
    failed = too_many(telling.counts["failed"], len(ids))
    context.say(telling.summary(), failed=failed)
    if telling.stopping:
        context.say(f"interrupted; go on with --after {last or after}")
        return 130
    return int(failed)


async def _run(path: str, again: "partial[Again]", ids: Sequence[int], telling: "_Telling") -> int | None:
    on_stop(telling.stop)
    archive = open_archive(path)
    try:
        with Bar(telling.context, "articles", len(ids)) as telling.bar:
            return await reextract(again(archive=archive, heard=telling.hear, stopping=lambda: telling.stopping), ids)
    finally:
        await archive.close()


class _Telling:
    """What became of each article: JSON lines, or the words that change, or only what went wrong; then the sums."""

    def __init__(self, context: Context, *, differences: bool) -> None:
        self.context = context
        self.counts: Counter[str] = Counter()
        self.bar: Bar | None = None
        self.stopping = False
        self._differences = differences

    def stop(self) -> None:
        """Begin no further articles."""
        self.stopping = True

    def hear(self, done: Recleaned) -> None:
        """Count an article and tell of it."""
        outcome = "failed" if done.reason else "changed" if done.changed else "unchanged"
        self.counts[outcome] += 1
        assert self.bar
        if self.context.as_json:
            event = {"event": "article", "outcome": outcome, "id": done.id, "url": done.before.url}
            emit(event | {"reason": done.reason} | (self._pieces(done) if self._differences else {}), texts=True)
        elif done.reason:
            self.bar.line(f"article {done.id} stays as it is: {done.before.url}: {done.reason}")
        elif done.changed and self._differences:
            self._show(done)
        self.bar.advance()

    def _pieces(self, done: Recleaned) -> dict[str, object]:
        if done.article is None or not done.changed:
            return {}
        title, text = done.article.metadata.title, done.article.text
        return {"title": word_diff(done.before.title, title), "text": changed(word_diff(done.before.text, text))}

    def _show(self, done: Recleaned) -> None:
        assert done.article
        click.echo(click.style(f"article {done.id}  {done.before.url}", bold=True))
        title = word_diff(done.before.title, done.article.metadata.title)
        for paragraph in (*changed(title), *changed(word_diff(done.before.text, done.article.text))):
            click.echo(painted(paragraph) + "\n")

    def summary(self) -> str:
        """The run in one line."""
        sums = ", ".join(
            f"{self.counts[name]} {name}" for name in ("changed", "unchanged", "failed") if self.counts[name]
        )
        return f"{counted(sum(self.counts.values()), 'articles')} cleaned again: {sums or 'none match'}"
