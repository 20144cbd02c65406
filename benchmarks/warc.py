"""Articles of a WARC file a second: Dateline beside warcio + trafilatura, one process each, on the same file.

    python -m benchmarks.warc [--articles 1000] [--page-bytes 120000] [--rounds 3] [--data PATH]
    python -m benchmarks.warc --memory 1000        # only Dateline, over a file of so many MB of gzip: its peak memory

The file is made of the pages of the made-up news web, or (--data) of the pages of a collection as benchmarks.extraction
reads it. Both read the file, decode, clean, and write text and metadata of each article as JSON lines to nowhere.
Figures are processor time of one process, medians over the rounds, in turns. The bench extra holds the peers.
"""

import argparse
import base64
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.extraction import _rows
from dateline.demo.designs import article_page
from dateline.demo.world import World
from scraper.extract import PageRefused, extract
from scraper.warc.reader import read_warc

_MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


def record(url: str, body: bytes, *, coding: bool) -> bytes:
    """A response record as crawlers write it, the body in gzip and chunks as servers send it."""
    packed = gzip.compress(body, 6) if coding else body
    sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed) if coding else packed
    more = "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n" if coding else ""
    block = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{more}\r\n".encode() + sent
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:0d4f1b9e-8d7e-4f7e-9b5e-3f6f3d9c8b7a>\r\n"
        f"WARC-Date: 2026-11-01T00:00:00Z\r\nWARC-Target-URI: {url}\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n", 6)


def made_up(articles: int, page_bytes: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """Pages of the made-up news web."""
    world = World(_MOMENT, seed, sites=12, initial=articles, interval=0, page_bytes=page_bytes)
    for number in range(articles):
        article = world.article(number, _MOMENT)
        assert article
        yield world.url(article), article_page(world, article).encode()


def collected(folder: Path, most: int) -> Iterator[tuple[str, bytes]]:
    """Pages of the collections that benchmarks.extraction reads."""
    for name in ("andy", "fundus"):
        for number, row in enumerate(_rows(folder / f"{name}.jsonl.xz")):
            if number >= most // 2:
                break
            packed = row.get("html_b64")
            body = base64.b64decode(packed) if packed else row["html"].encode("utf-8", "replace")
            yield row["url"] or f"https://{name}.example/{number}", body


def ours(file: str) -> int:
    """Dateline."""
    count = 0
    for capture in read_warc(Path(file)):
        if capture.page is None:
            continue
        try:
            msgspec.json.encode(extract(capture.page, None, capture.entry))
        except PageRefused:
            continue
        count += 1
    return count


def peers(file: str) -> int:
    """warcio and trafilatura, with metadata, as its own command does."""
    import trafilatura  # noqa: PLC0415 (an extra)
    from warcio.archiveiterator import ArchiveIterator  # noqa: PLC0415

    count = 0
    with Path(file).open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type != "response":
                continue
            body, url = record.content_stream().read(), record.rec_headers.get_header("WARC-Target-URI")
            found = trafilatura.extract(body, url=url, with_metadata=True, output_format="json")
            count += found is not None
    return count


CONTENDERS: dict[str, Callable[[str], int]] = {"dateline": ours, "warcio+trafilatura": peers}


def measured(name: str, file: str) -> tuple[int, float, float]:
    """One contender in a process of its own: articles, processor seconds (loading left out), peak MiB."""
    command = (sys.executable, "-m", "benchmarks.warc", "--one", name, "--file", file)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    articles, seconds, peak = json.loads(done.stdout.splitlines()[-1])
    return articles, seconds, peak


def one(name: str, file: str) -> None:
    """What `measured` starts."""
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "warm.warc.gz"
        small.write_bytes(b"".join(record(url, body, coding=True) for url, body in made_up(12, 0)))
        CONTENDERS[name](str(small))
    start = time.process_time()
    articles = CONTENDERS[name](file)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([articles, seconds, peak]))


def compare(file: str, rounds: int) -> None:
    """Print the table."""
    rows: dict[str, list[tuple[int, float, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(rounds):
        for name, figures in rows.items():
            figures.append(measured(name, file))
    for name, figures in rows.items():
        rate = median(articles / seconds for articles, seconds, _ in figures)
        print(
            f"{name:20}{figures[0][0]:8} articles{rate:9.1f} articles/s{max(row[2] for row in figures):8.0f} MiB peak"
        )
    pairs = zip(*rows.values(), strict=True)
    ratio = median((first[0] / first[1]) / (second[0] / second[1]) for first, second in pairs)
    print(f"{' / '.join(CONTENDERS)}: {ratio:.2f}")


def memory(megabytes: int) -> None:
    """Print the peak over a tenth of a large file, and over all of it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.warc.gz"
        block = b"".join(
            record(url, body + os.urandom(40_000).hex().encode(), coding=False) for url, body in made_up(400, 0)
        )
        for part in (megabytes // 10, megabytes):
            with file.open("wb") as out:
                while out.tell() < part << 20:
                    out.write(block)
            articles, seconds, peak = measured("dateline", str(file))
            size = file.stat().st_size / 2**20
            print(f"{size:6.0f} MiB of gzip: {articles} articles, {articles / seconds:.0f}/s, peak {peak:.0f} MiB")


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--page-bytes", type=int, default=120_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--memory", type=int, metavar="MB")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one, options.file)
    elif options.memory:
        memory(options.memory)
    else:
        pages = (
            collected(options.data, options.articles) if options.data else made_up(options.articles, options.page_bytes)
        )
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "pages.warc.gz"
            file.write_bytes(b"".join(record(url, body, coding=True) for url, body in pages))
            compare(str(file), options.rounds)


if __name__ == "__main__":
    main()
