"""Bulk extraction on a Dask cluster of this machine: 1, 2 and 4 workers, and with one killed in the middle.

    python -m benchmarks.bulk [--files 16] [--articles 150] [--workers 1 2 4]

WARC files of the made-up news web are made into Parquet parts, by a cluster of worker processes on the loopback address
and by this process alone. Printed are wall seconds (the cluster's start left out) and what is in the parts; in the last
run a worker is killed with SIGKILL once a quarter of the parts are there.
"""

import argparse
import os
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path

from distributed import Client, LocalCluster

from benchmarks.warc import made_up, record
from scraper.bulk import Job, Made, make_parts
from scraper.copies import write_pairs
from scraper.engines import open_engine
from scraper.parts import parts_of, read_part
from scraper.settings import ExtractSettings


def crawl(folder: Path, files: int, articles: int) -> list[Path]:
    """The input."""
    pages = list(made_up(files * articles, 60_000))
    made = []
    for number in range(files):
        file = folder / f"crawl-{number:03}.warc.gz"
        some = pages[number * articles : (number + 1) * articles]
        file.write_bytes(b"".join(record(url, body, coding=True) for url, body in some))
        made.append(file)
    return made


def run(files: list[Path], folder: Path, engine: str, *, scheduler: str = "", workers: int = 0) -> tuple[float, int]:
    """Seconds, and how many of the parts this run made."""
    made: list[Made] = []
    start = time.perf_counter()
    with open_engine(engine, workers=workers, scheduler=scheduler) as (executor, at_once):
        jobs = [Job(str(file), str(folder), ExtractSettings()) for file in files]
        make_parts(executor, at_once, jobs, made.append)
    reasons = [one.reason for one in made if one.reason]
    assert not reasons, reasons
    return time.perf_counter() - start, len(made)


def told(folder: Path) -> str:
    """What is in the parts."""
    urls = [row["url"] for part in parts_of(folder) for _, rows in read_part(part, most=500) for row in rows]
    rest = [file.name for file in folder.iterdir() if file.suffix != ".parquet"]
    return f"{len(parts_of(folder))} parts, {len(urls)} rows, {len(set(urls))} addresses, {len(rest)} unfinished files"


def kill_one(address: str, folder: Path, after: int) -> None:
    """Kill a worker once so many parts are there."""
    with Client(address) as client:  # type: ignore[no-untyped-call]
        pids = list(client.run(os.getpid).values())
    while len(parts_of(folder)) < after:
        time.sleep(0.02)
    os.kill(pids[0], signal.SIGKILL)
    print(f"    killed worker {pids[0]} with {len(parts_of(folder))} parts there", flush=True)


def on_cluster(files: list[Path], folder: Path, workers: int, *, kill: bool) -> None:
    """One run on a cluster of so many worker processes."""
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        killer = threading.Thread(target=kill_one, args=(address, folder, len(files) // 4))
        if kill:
            killer.start()
        seconds, _ = run(files, folder, "dask", scheduler=address)
        if kill:
            killer.join()
    print(f"dask, {workers} workers{', one killed' if kill else ''}: {seconds:.1f} s; {told(folder)}", flush=True)


def main() -> None:
    """Print a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=16)
    parser.add_argument("--articles", type=int, default=150)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = crawl(folder, options.files, options.articles)
        size = sum(file.stat().st_size for file in files) / 2**20
        print(
            f"{len(files)} files, {size:.0f} MiB, {options.files * options.articles} pages, {os.cpu_count()} processors"
        )
        parts = folder / "parts"
        for engine, workers, kill in [
            *(("processes", count, False) for count in options.workers),
            *(("dask", count, False) for count in options.workers),
            ("dask", 2, True),
        ]:
            shutil.rmtree(parts, ignore_errors=True)
            parts.mkdir()
            if engine == "dask":
                on_cluster(files, parts, workers, kill=kill)
            else:
                seconds, _ = run(files, parts, engine, workers=workers)
                print(f"processes, {workers} workers: {seconds:.1f} s; {told(parts)}", flush=True)
        start = time.perf_counter()
        pairs = write_pairs(parts)
        print(f"near-duplicates across the parts: {pairs} pairs, {time.perf_counter() - start:.1f} s")
        seconds, _ = run(files, parts, "processes")
        print(f"again, with all parts there: {seconds:.2f} s")


if __name__ == "__main__":
    main()
