"""What a person or a service manager ends us by: SIGINT and SIGTERM."""

import asyncio
import signal
from collections.abc import Callable


def on_stop(stop: Callable[[], object]) -> None:
    """Have both of them call `stop`, for as long as the running event loop does."""
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
