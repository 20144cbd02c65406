"""Clean one page (a file, an address or standard input) and print it as JSON."""

import asyncio
import base64
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from dateline.config import Config
from dateline.context import Context, emit, pass_context
from dateline.logs import escaped, harmless
from scraper.extract import PageRefused, explain, extract
from scraper.fetch import FetchError, ForgetfulHosts
from scraper.fetch.client import HttpFetcher
from scraper.logins import redacted
from scraper.sites import Sites
from storage.records import Article, Page, SiteRules


@click.command("extract", help=__doc__)
@click.argument("source", metavar="[FILE or URL or -]", default="-")
@click.option("--url", default="", help="The address of a page that is read from a file.")
@click.option("--explain", "explained", is_flag=True, help="Say for every block why it was kept or dropped.")
@click.option("--jsonl", is_flag=True, help="Read JSON lines {id, url, html or html_b64}, write {id, text, …}.")
@pass_context
def command(context: Context, source: str, url: str, explained: bool, jsonl: bool) -> int:
    if jsonl:
        return _stream(source)
    try:
        page = _page(context.config, source, url)
        rules = Sites(context.config.sites).rules(page.final_url, SiteRules())
        if explained:
            return _explain(context, page, rules)
        emit(public(extract(page, rules)), texts=True)
    except FetchError as error:
        context.say(f"{redacted(source)}: {error.reason}", failed=True)
        return 1
    except PageRefused as error:
        context.say(f"{source}: {error}", failed=True)
        return 1
    return 0


def public(article: Article) -> dict[str, Any]:
    """An article under the field names of the view `articles`."""
    data: dict[str, Any] = msgspec.to_builtins(article.metadata)
    data.pop("canonical_url")
    said_by = data.pop("said_by")
    own = {"url": article.url, "text": article.text, "markup": article.markup, "words": article.words}
    date = (data.get("published") or "")[:10] or None
    return own | data | {"date": date, "score": article.score, "kind": article.kind, "said_by": said_by}


def _page(config: Config, source: str, url: str) -> Page:
    if source.startswith(("http://", "https://")):
        return asyncio.run(_fetch(config, source))
    body = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    return _made_page(body, url)


def _made_page(body: bytes, url: str) -> Page:
    return Page(url=url, final_url=url, status=200, body=body, fetched=datetime.now(UTC), via="file")


async def _fetch(config: Config, url: str) -> Page:
    fetcher = HttpFetcher(
        config.fetch, config.manners, ForgetfulHosts(), sites=Sites(config.site_entries(), config.logins())
    )
    try:
        return await fetcher.get(url)
    finally:
        await fetcher.close()


def _explain(context: Context, page: Page, rules: SiteRules) -> int:
    for block in explain(page, rules):
        if context.as_json:
            emit(block, texts=True)
            continue
        colour = "green" if block.kept else "red"
        head = click.style(f"{'keep' if block.kept else 'drop'} {block.score:5.2f}  <{block.tag}>", fg=colour)
        click.echo(f"{head} {harmless(block.text[:100])}\n{'':14}{', '.join(block.reasons)}")
    return 0


def _stream(source: str) -> int:
    """JSON lines in, JSON lines out, in order, on all cores. What became of a page stands in its line."""
    with click.open_file(source, "rb") as lines, ProcessPoolExecutor() as pool:
        for answer in pool.map(clean_line, _whole(lines), chunksize=8):
            click.echo(escaped(answer.decode()))
    return 0


def _whole(lines: Any) -> Iterator[bytes]:
    return (line for line in lines if line.strip())


class _Job(msgspec.Struct, frozen=True):
    """A line of JSON: one page."""

    url: str | None = None
    html: str | None = None
    html_b64: str | None = None


def clean_line(line: bytes) -> bytes:
    """One JSON line {id, url, html or html_b64} to one JSON line {id, text, title, …} or {id, error}."""
    identity: object = None
    try:
        job = msgspec.json.decode(line, type=dict[str, Any])
        identity = job.get("id")
        given = msgspec.convert(job, _Job)
        body = base64.b64decode(given.html_b64) if given.html_b64 else (given.html or "").encode("utf-8", "replace")
        article = extract(_made_page(body, given.url or ""))
    except (msgspec.DecodeError, ValueError, PageRefused, RecursionError) as error:
        return msgspec.json.encode({"id": identity, "error": str(error) or type(error).__name__, "text": ""})
    return msgspec.json.encode({"id": identity} | public(article))
