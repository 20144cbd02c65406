"""What the documents say is what the code does."""

import asyncio
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from dateline.__main__ import cli
from storage.backends import open_archive
from storage.views import VIEWS

ROOT = Path(__file__).resolve().parent.parent
_INNER = ("dense_text", "delay_fact", "fetch_fact")  # views for our own triggers and indexes


def test_the_reference_is_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_view_and_column_is_documented(tmp_path: Path) -> None:
    async def make() -> None:
        await open_archive(str(tmp_path / "new.db"), durable=False).close()

    asyncio.run(make())
    with closing(sqlite3.connect(tmp_path / "new.db")) as db:
        views = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'view'")]
        columns = {
            view: [row[1] for row in db.execute(f"PRAGMA table_info({view})")] for view in views if view not in _INNER
        }
    assert columns == {name: list(view.columns) for name, view in VIEWS.items()}


def test_every_command_that_the_documents_name_is_one() -> None:
    known = set(cli.list_commands(None))  # type: ignore[arg-type]
    files = [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("docs/how-to/*.md")]
    named = {
        word
        for file in files
        for word in re.findall(r"^ {4}dateline (?:-\S+ \S*config.toml )?(?:--json )?([a-z]+)", file.read_text(), re.M)
    }
    assert named <= known, named - known
    assert len(named) > 10
