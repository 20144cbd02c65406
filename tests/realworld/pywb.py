"""Against a real pywb: it replays what `dateline export warc` writes, and `dateline backfill cdx` reads what it holds.

    python3 -m venv pywb-venv && pywb-venv/bin/pip install pywb
    python tests/realworld/pywb.py check --pywb pywb-venv/bin

`check` polls the made-up news web of `dateline demo` for its articles, exports them, lets pywb index and serve the file
on the loopback address, looks at every article's replay, and backfills an empty archive from pywb's CDX server: the
same articles must come out.
"""

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
CONFIG = '[fetch]\nallow_networks = ["127.0.0.0/8"]\n[manners]\ndelay = "0s"\n'
PORT = 18765


def dateline(folder: Path, *words: str, also: tuple[int, ...] = ()) -> str:
    """Run Dateline in a folder."""
    command = [sys.executable, "-m", "dateline", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, *also), done.stderr
    return done.stdout + done.stderr


@contextmanager
def serving(command: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A server while it is up."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def rows(folder: Path) -> dict[str, tuple[str, str, str]]:
    """Address → title, text, day of publication."""
    with closing(sqlite3.connect(folder / "dateline.db")) as db:
        found = db.execute("SELECT url, title, text, published FROM articles").fetchall()
    return {url: (title, text, published) for url, title, text, published in found}


def wait(address: str) -> None:
    """Until a server answers."""
    for _ in range(100):
        try:
            urllib.request.urlopen(address, timeout=5)
        except OSError as error:
            if "refused" not in str(error):
                return
            time.sleep(0.3)
        else:
            return
    raise SystemExit(f"{address} does not answer")


def poll_demo(folder: Path) -> None:
    """Fill an archive from the made-up news web."""
    web = (sys.executable, "-m", "dateline.demo.server", "--json", "--interval", "0")
    command = [*web, "--sites", "3", "--articles", "60"]
    with serving(command, folder) as web:
        assert web.stdout
        feeds = json.loads(web.stdout.readline())["feeds"]
        listed = "".join(f'[[feeds]]\nurl = "{url}"\ncategory = "{category}"\n' for url, category in feeds)
        (folder / "config.toml").write_text(CONFIG + listed)
        dateline(folder, "poll", also=(1,))


def check(pywb: Path, folder: Path) -> None:
    """Export, replay, backfill."""
    first, again = folder / "first", folder / "again"
    first.mkdir()
    again.mkdir()
    poll_demo(first)
    dateline(first, "export", "warc", "-o", "all.warc.gz")
    (again / "config.toml").write_text(CONFIG)
    for words in (("init", "news"), ("add", "news", str(first / "all.warc.gz"))):
        subprocess.run([str(pywb / "wb-manager"), *words], cwd=folder, check=True, capture_output=True)
    expected = rows(first)
    with serving([str(pywb / "wayback"), "--port", str(PORT), "--bind", "127.0.0.1"], folder):
        base = f"http://127.0.0.1:{PORT}/news"
        wait(f"http://127.0.0.1:{PORT}/")
        good = 0
        for url, (title, *_) in expected.items():
            with urllib.request.urlopen(f"{base}/2id_/{url}", timeout=20) as answer:
                good += "html" in answer.headers["Content-Type"] and title.split()[0].encode() in answer.read()
        print(f"pywb replays {good} of {len(expected)} articles")
        hosts = sorted({url.split("/")[2] for url in expected})
        for host in hosts:
            told = dateline(again, "backfill", "cdx", f"{base}/cdx?url={host}&matchType=host", also=(1,))
            print(told.strip().splitlines()[-1])
    found = rows(again)
    same = sum(found.get(url) == row for url, row in expected.items())
    print(
        f"backfilled from pywb: {len(found)} articles, {same} of {len(expected)} equal in address, title, text and date"
    )
    for url in expected:
        if found.get(url) != expected[url]:
            parts = zip(("title", "text", "published"), expected[url], found.get(url, ("", "", "")), strict=True)
            print(
                "  differs:", url, [name for name, one, other in parts if one != other] if url in found else "missing"
            )
    assert good == len(expected)


def main() -> None:
    """Carry it out in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["check"])
    parser.add_argument("--pywb", type=Path, required=True, help="the folder of pywb's programs")
    options = parser.parse_args()
    sys.path.insert(0, str(HERE))
    with tempfile.TemporaryDirectory() as folder:
        check(options.pywb.resolve(), Path(folder))


if __name__ == "__main__":
    main()
