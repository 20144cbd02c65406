"""A server that does wrong whatever a server can do wrong, over raw sockets on the loopback address.

`python -m tests.hostile.server` serves every fault under its name (`/drip-body`) and prints the port.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.hostile.faults import FAULTS, MISSING


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    """The server while it is up; its address."""

    answering: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        answering.add(task)
        try:
            await answer_one(reader, writer)
        except asyncio.CancelledError:
            pass  # the server is closing
        finally:
            answering.discard(task)
            writer.close()

    async def answer_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            asked = await reader.readuntil(b"\r\n\r\n")
            name = asked.split(b" ", 2)[1].decode().strip("/")
            await FAULTS.get(name, MISSING).serve(writer)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in answering:
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)


async def _main() -> None:
    async with serving() as address:
        print(address.rpartition(":")[2], flush=True)
        await asyncio.sleep(86400)


if __name__ == "__main__":
    asyncio.run(_main())
