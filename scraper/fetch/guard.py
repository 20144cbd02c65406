"""No private, loopback, link-local or otherwise reserved address is ever connected to.

The guard sits in the connection: a name is resolved, every answer is judged by our own list, and the judged address
is the one that is connected to, so neither rebinding nor a redirect gets around it. `ipaddress.is_global` is not
used: it lets multicast, all of NAT64, 6to4 and others through, and it changed between patch releases of Python.
"""

import asyncio
import errno
import ipaddress
import select
import socket
import ssl
from asyncio.staggered import staggered_race
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any, TypeVar

import httpcore

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REFUSED_V4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
            *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
            "168.63.129.16/32",  # public by its number, but a cloud's own door to its virtual machines
        ),
    )
)
# Of IPv6 only global unicast is public, less what is reserved or carries an IPv4 address inside it.
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # how a network without IPv4 reaches it (RFC 6052): as public as that is
_REFUSED_V6 = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))

T = TypeVar("T")

# At once: where no name server answers, hundreds of feeds would take all threads that a service may have.
_LOOK_UPS = 64
_HEAD_START = 0.25  # seconds that an address has before the next one is tried beside it (RFC 8305)


class AddressRefused(Exception):
    """The address that a name leads to is not public."""


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could be meant by this address."""
    if address in _NAT64:
        address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _REFUSED_V6)


class Guard(httpcore.AsyncNetworkBackend):
    """Resolves, judges, connects.

    `allowed`: networks that are exempt, for laboratories and intranets; `proxy`: host and port of the proxy that the
    user named, which may stand anywhere.
    """

    def __init__(self, allowed: Iterable[Network], proxy: tuple[str, int] | None = None) -> None:
        self._allowed = tuple(allowed)
        self._proxy = proxy
        self._plain = httpcore.AnyIOBackend()
        self._look_ups = asyncio.Semaphore(_LOOK_UPS)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to that of the judged addresses that answers first. Raises AddressRefused, httpcore.ConnectError."""
        if (host, port) == self._proxy:
            try:
                return _Prompt(await self._plain.connect_tcp(host, port, timeout, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                raise httpcore.ConnectError(f"the proxy {host}:{port} is not reached ({error})") from error
        connect = partial(
            self._plain.connect_tcp,
            port=port,
            timeout=timeout,
            local_address=local_address,
            socket_options=socket_options,
        )
        addresses = await self._judged(host, port)
        stream, _, errors = await staggered_race([partial(connect, one) for one in addresses], _HEAD_START)
        if stream is None:
            raise next(filter(None, reversed(errors)), httpcore.ConnectError(f"no address for {host}"))
        return _Prompt(stream)

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise AddressRefused("unix sockets are not asked")

    def through(self, host: str, port: int) -> "Guard":
        """A guard for what goes through this proxy, which resolves the names of others by itself."""
        return Guard(self._allowed, (host, port))

    def judge_unresolved(self, host: str) -> None:
        """Refuse what a proxy must not be sent to, as far as the name tells. Raises AddressRefused."""
        host = host.rstrip(".")  # the root's own dot
        try:
            # As the C library reads it: "0x7f.1" and "2130706433" are addresses, too.
            address: Address = ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            try:
                address = ipaddress.ip_address(host.strip("[]"))
            except ValueError:
                if host.rpartition(".")[2] != "localhost":
                    return
                address = ipaddress.IPv4Address("127.0.0.1")
        self._judge(host, address)

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        await asyncio.sleep(seconds)

    async def _judged(self, host: str, port: int) -> list[str]:
        try:
            found = await _apart(partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM), self._look_ups)
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or "not a name"
            raise httpcore.ConnectError(f"the name {host} cannot be resolved ({why})") from error
        addresses = list(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in found))
        for text in addresses:
            self._judge(host, ipaddress.ip_address(text))
        return addresses

    def _judge(self, host: str, address: Address) -> None:
        if not is_public(address) and not any(address in network for network in self._allowed):
            raise AddressRefused(f"{host} leads to {address}, which is not a public address (fetch.allow_networks)")


async def _apart(work: Callable[[], T], room: asyncio.Semaphore) -> T:
    """What `work` returns, done in a thread of its own that nobody waits for when the process ends.

    A name whose servers are down holds it for up to half a minute; asyncio's threads are as few as the processors. Its
    place in `room` is free when the thread ends, however soon whoever wanted it gave up.
    """
    done: Future[T] = Future()
    done.set_running_or_notify_cancel()
    loop = asyncio.get_running_loop()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:
            done.set_exception(error)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(room.release)

    await room.acquire()
    try:
        Thread(target=run, name="resolver", daemon=True).start()
    except RuntimeError as error:
        room.release()
        raise OSError(errno.EAGAIN, "no thread is left for it") from error
    return await asyncio.wrap_future(done)


class _Prompt(httpcore.AsyncNetworkStream):
    """A connection that acknowledges what it has read at once.

    A server that sends head and body apart, with Nagle's algorithm on (as Python's http.server does), holds the body
    back until the head is acknowledged; the kernel would take 40 ms over that.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._socket: socket.socket | None = (
            stream.get_extra_info("socket") if hasattr(socket, "TCP_QUICKACK") else None
        )

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._stream.read(max_bytes, timeout)
        if self._socket:
            with suppress(OSError):  # closed meanwhile
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _Prompt(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self._socket:  # asked twice a request; anyio would gather all it knows for it
            return _is_readable(self._socket)
        return self._stream.get_extra_info(info)


def _is_readable(connection: socket.socket) -> bool:
    """Whether something has come, or the end."""
    number = connection.fileno()
    if number < 0:
        return True
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))
