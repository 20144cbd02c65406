"""robots.txt by RFC 9309: which pages may be asked for, and how slowly. Pure but for the clock handed in."""

from datetime import datetime, timedelta

from protego import Protego

from storage.records import HostState

FRESH = timedelta(hours=24)
AGAIN = timedelta(minutes=10)  # an unreachable robots.txt is asked for again after this
MOST_BYTES = 512 << 10
TOKEN = "dateline"  # noqa: S105 (a product token, no secret)


class Robots:
    """What a host's robots.txt says to us. `reachable` is False where nothing may be asked for now."""

    def __init__(self, state: HostState) -> None:
        status = state.robots_status
        self.reachable = status is not None and status < 500
        body = state.robots if status == 200 and state.robots else b""
        self._rules = Protego.parse(body[:MOST_BYTES].decode("utf-8", "replace"))

    def allows(self, url: str) -> bool:
        """Whether the page may be asked for."""
        return bool(self._rules.can_fetch(url, TOKEN))

    @property
    def delay(self) -> float:
        """Crawl-delay in seconds, 0 if there is none."""
        return float(self._rules.crawl_delay(TOKEN) or 0)


def fresh(state: HostState, now: datetime) -> bool:
    """Whether the remembered robots.txt still holds."""
    if state.robots_fetched is None:
        return False
    reachable = state.robots_status is not None and state.robots_status < 500
    age = now - state.robots_fetched
    return timedelta(0) <= age < (FRESH if reachable else AGAIN)
