"""The made-up news web with the pages of a collection in the places of its own articles: the same feeds, real pages.

    python -m benchmarks.collected_web PATH [--sites 50] [--articles 1000]

Prints its feeds as a line of JSON and serves until SIGTERM. PATH is a folder as benchmarks.extraction reads it.
"""

import argparse
import asyncio
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from benchmarks.extraction import _rows, body_of
from dateline.demo.server import DemoWeb, play
from dateline.demo.world import World

_KINDS = ("article", "mixed")


async def serve(folder: Path, sites: int, most: int) -> None:
    """Until SIGTERM."""
    rows = (row for name in ("andy", "fundus", "wcxb") for row in _rows(folder / f"{name}.jsonl.xz"))
    pages = list(islice((body_of(row).decode("utf-8", "replace") for row in rows if row["page_type"] in _KINDS), most))
    world = World(datetime.now(UTC), 1, sites=sites, initial=len(pages), interval=0)
    await play(DemoWeb(world, render=lambda _, article: pages[article.number % len(pages)]), as_json=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--articles", type=int, default=1000)
    options = parser.parse_args()
    asyncio.run(serve(options.folder, options.sites, options.articles))


if __name__ == "__main__":
    main()
