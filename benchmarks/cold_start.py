"""Cold start of commands beside the interpreter's own with two modules, in turns.

python -m benchmarks.cold_start [--rounds 25]
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from storage.backends import open_archive

_BASE = "python3 -c 'import json, sqlite3'"
_DATELINE = [sys.executable, "-m", "dateline"]
COMMANDS = {
    _BASE: [sys.executable, "-c", "import json, sqlite3"],
    "dateline --help": [*_DATELINE, "--help"],
    "dateline search word": [*_DATELINE, "--db", "dateline.db", "search", "word"],
}


def main() -> None:
    """Print medians in ms and as multiples of the first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        _empty_archive(Path(folder) / "dateline.db")
        seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for _ in range(rounds):
            for name, command in COMMANDS.items():
                start = time.perf_counter()
                subprocess.run(command, cwd=folder, check=True, capture_output=True)
                seconds[name].append(time.perf_counter() - start)
    for name, values in seconds.items():
        print(f"{name:36} {median(values) * 1000:6.0f} ms {median(values) / median(seconds[_BASE]):6.2f} x")


def _empty_archive(path: Path) -> None:
    async def make() -> None:
        await open_archive(str(path)).close()

    asyncio.run(make())


if __name__ == "__main__":
    main()
