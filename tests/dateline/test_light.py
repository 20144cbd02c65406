"""What a process does not need it does not load: the daemon parses nothing, a worker fetches nothing."""

import subprocess
import sys

import pytest

HEAVY = {
    "dateline.loading": ("scraper.urls", "publicsuffixlist", "hmac"),
    "dateline.commands.poll": ("numpy", "selectolax", "feedparser", "fasttext"),
    "dateline.commands.run": ("numpy", "selectolax", "feedparser", "fasttext"),
    "dateline.commands.search": ("numpy", "selectolax", "feedparser", "httpx", "asyncio"),
    "scraper.worker": ("asyncio", "httpx", "requests", "sqlite3", "rich"),
}


@pytest.mark.parametrize("module", HEAVY)
def test_a_process_loads_only_what_it_uses(module: str) -> None:
    program = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not set(HEAVY[module]) & set(loaded)
