"""What the daemon tells the service manager, over a real socket."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dateline.supervisor import Supervisor
from storage.backends import open_archive
from storage.errors import ArchiveFull
from tests.dateline.site import Answer, configure, serve


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(20)
        yield channel


def told(manager: socket.socket, start: str) -> str:
    while not (line := manager.recv(4096).decode()).startswith(start):
        pass
    return line


def test_a_daemon_tells_that_it_is_ready_alive_reloading_and_stopping(tmp_path: Path, manager: socket.socket) -> None:
    configure(tmp_path)
    environ = os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
    environ.pop("WATCHDOG_PID", None)
    with subprocess.Popen(
        [sys.executable, "-m", "dateline", "run"], cwd=tmp_path, env=environ, stderr=subprocess.DEVNULL
    ) as daemon:
        try:
            told(manager, "READY=1")
            told(manager, "WATCHDOG=1")
            told(manager, "WATCHDOG=1")
            daemon.send_signal(signal.SIGHUP)
            assert "MONOTONIC_USEC=" in told(manager, "RELOADING=1")
            told(manager, "READY=1")
            daemon.send_signal(signal.SIGTERM)
            told(manager, "STOPPING=1")
        finally:
            daemon.terminate()
    assert daemon.returncode == 0


def test_a_daemon_whose_archive_is_replaced_ends_and_says_so(tmp_path: Path, manager: socket.socket) -> None:
    configure(tmp_path)
    environ = os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
    environ.pop("WATCHDOG_PID", None)
    with subprocess.Popen(
        [sys.executable, "-m", "dateline", "run"], cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True
    ) as daemon:
        told(manager, "WATCHDOG=1")
        (tmp_path / "dateline.db").rename(tmp_path / "aside.db")
        _, errors = daemon.communicate(timeout=30)
    assert daemon.returncode == 1
    assert errors.splitlines()[-1].startswith("dateline: dateline.db: was removed or replaced")


def test_a_daemon_whose_archive_turns_out_to_be_damaged_ends_and_says_so(
    tmp_path: Path, manager: socket.socket
) -> None:
    item = "<item><title>t</title><link>http://127.0.0.1:9/a</link></item>"
    with serve({"/feed": Answer(f"<rss><channel>{item}</channel></rss>", kind="application/xml")}) as site:
        configure(tmp_path, (f"{site.base}/feed", "News"))
        asyncio.run(open_archive(str(tmp_path / "dateline.db")).close())
        with closing(sqlite3.connect(tmp_path / "dateline.db")) as db:
            (place,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'pending'").fetchone()
            (size,) = db.execute("PRAGMA page_size").fetchone()
        with (tmp_path / "dateline.db").open("r+b") as file:
            file.seek((place - 1) * size)
            file.write(bytes(size))
        environ = os.environ | {"WATCHDOG_USEC": "300000"}
        environ.pop("WATCHDOG_PID", None)
        command = [sys.executable, "-m", "dateline", "run"]
        done = subprocess.run(
            command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=30, check=False
        )
    assert done.returncode == 1
    assert "is damaged (database disk image is malformed)" in done.stderr.splitlines()[-1]


def test_without_proof_of_life_nothing_is_said(tmp_path: Path, manager: socket.socket) -> None:
    supervisor = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000"})

    async def watch() -> None:
        hanging = asyncio.create_task(supervisor.watch(asyncio.Event().wait))
        await asyncio.sleep(0.1)
        hanging.cancel()

    asyncio.run(watch())
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(100)


def test_a_full_disk_is_no_reason_to_be_started_again(tmp_path: Path, manager: socket.socket) -> None:
    supervisor = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000"})

    async def full() -> None:
        raise ArchiveFull("no room")

    async def watch() -> None:
        watching = asyncio.create_task(supervisor.watch(full))
        await asyncio.to_thread(told, manager, "WATCHDOG=1")
        watching.cancel()

    asyncio.run(watch())


def test_nobody_is_told_where_nobody_listens() -> None:
    supervisor = Supervisor({})
    supervisor.ready("running")
    assert supervisor.period == 0
