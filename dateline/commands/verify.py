"""Look whether the archive is whole, while the daemon works; exit code 1 when it is not.

Unpacks every stored page and hashes it again, and checks the structure and the schema of both files, that every text
in them can be read, the keys between them, the search index and the likeness index against the articles, what the rows
about an article say of each other, and the hash chain over the change log. Every fault is one line: file, table, row,
what is wrong, what to do.

The last line names the root of the chain. Noted elsewhere and given later with --root, it proves that no line of the
log before it was changed since, and with the log no title and no word of any text, that of the markup included; nor
when an article came, was edited or withdrawn. Links, authors, dates of publication and summaries it does not vouch for.
"""

from contextlib import closing

import click
from msgspec.structs import asdict

from dateline.bars import bar
from dateline.context import Context, emit, pass_context
from dateline.logs import one_line
from dateline.options import NUMBER
from storage.backends import open_verifier
from storage.records import Fault


@click.command("verify", help=__doc__)
@click.option("--quick", is_flag=True, help="Do not unpack and hash the pages.")
@click.option("--root", default="", metavar="HASH", help="A root that was noted earlier must still be in the chain.")
@click.option("--since", type=NUMBER, metavar="N", help="With --root: it must stand at line N of the log.")
@pass_context
def command(context: Context, quick: bool, root: str, since: int | None) -> int:
    if since is not None and not root:
        raise click.UsageError("--since says where the root stands; give --root HASH too")
    faults = 0
    with bar(silent=context.quiet or context.as_json) as tell:  # noqa: SIM117 (the bar outlives the files)
        with closing(open_verifier(context.archive, tell)) as verifier:
            for fault in verifier.faults(quick=quick, root=root.lower(), since=since):
                faults += 1
                _say(context, fault)
    seen, last = dict(verifier.seen), verifier.root
    if context.as_json:
        emit({"event": "verified", "faults": faults, **seen, "root": last.hash, "line": last.number})
        return int(faults > 0)
    counts = ", ".join(f"{count} {name}" for name, count in seen.items()) or "an empty archive"
    context.say(f"{counts}: {faults or 'no'} fault{'s' if faults > 1 else ''}")
    if last.hash:
        click.echo(f"root {last.hash} at line {last.number} of the change log")
    return int(faults > 0)


def _say(context: Context, fault: Fault) -> None:
    if context.as_json:
        emit({"event": "fault"} | asdict(fault))
        return
    where = " ".join(filter(None, (fault.table, fault.id)))
    click.echo(one_line(f"{fault.file}: {f'{where}: ' if where else ''}{fault.what}; {fault.advice}"))
