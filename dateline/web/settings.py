"""What may be set about the web pages, and what follows from it."""

import ipaddress
from pathlib import Path
from urllib.parse import quote, urlsplit

from msgspec import Struct

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_LEAST_TOKEN = 16  # characters: what guesses cannot find


class WebSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[web]`: where the pages listen ('' turns them off), and who may read them.

    `names`: host names that the pages are asked for under, besides those of the machine itself; `address`: where a
    proxy shows the pages, which is what links in feeds begin with and, below its path if it has one, all others;
    `token` or `token_file`: what a reader must know.
    """

    listen: str = "127.0.0.1:8765"
    token: str = ""
    token_file: str = ""
    names: tuple[str, ...] = ()
    address: str = ""

    def place(self) -> tuple[str, int]:
        """The address and port to listen on. Raises ValueError."""
        host, _, port = self.listen.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65535:
            raise ValueError(f'expected an address and a port such as "127.0.0.1:8765", got {self.listen!r}')
        return host.strip("[]"), int(port)

    def loopback(self) -> bool:
        """Whether only this machine can reach the pages. Raises ValueError."""
        host, _ = self.place()
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host.lower() == "localhost"

    def secret(self) -> str:
        """The token, or '' where none is wanted. Raises ValueError for a file that cannot be read or a weak token."""
        text = self.token
        if self.token_file:
            try:
                text = Path(self.token_file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ValueError(f"token_file: {self.token_file} cannot be read: {error}") from error
        if (text or self.token_file) and len(text) < _LEAST_TOKEN:
            raise ValueError(f"token: has {len(text)} characters; it must have {_LEAST_TOKEN} or more")
        return text

    def hosts(self) -> frozenset[str] | None:
        """The names that a request may be for; None: any, as nobody can say what a machine is called from outside."""
        if not self.loopback() and not self.names:
            return None
        outside = urlsplit(self.address).hostname
        return _LOOPBACK_NAMES | {name.lower() for name in self.names} | ({outside} if outside else set())

    def root(self) -> str:
        """The path below which a proxy shows the pages, without its last slash; '' where it is none."""
        return quote(urlsplit(self.address).path.rstrip("/"), safe="/%~")

    def check(self) -> None:
        """Raises ValueError, one sentence that begins with the key, for what cannot work."""
        if not self.listen:
            return
        try:
            loopback = self.loopback()
        except ValueError as error:
            raise ValueError(f"listen: {error}") from error
        if self.address and urlsplit(self.address).scheme not in ("http", "https"):
            raise ValueError(f'address: expected something like "https://news.example", got {self.address!r}')
        if not loopback and not self.secret():
            raise ValueError(
                f"listen: {self.listen} can be reached from other machines, so a token is needed: put 16 or more "
                "characters into a file and name it in web.token_file, or set DATELINE_WEB__TOKEN"
            )
        self.secret()
