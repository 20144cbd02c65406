"""robots.txt by RFC 9309: which pages may be asked for, and how slowly. Pure but for the clock handed in."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from datetime import datetime, timedelta

import msgspec
from protego import Protego

from scraper.urls import absolute
from storage.records import HostState

LONGEST_USE = timedelta(hours=24)  # RFC 9309, 2.4
SHORTEST_USE = timedelta(hours=1)  # whatever Cache-Control says: else it would be asked for with every page
AGAIN = timedelta(minutes=10)  # an unreachable one is asked for again after this
GIVEN_UP = timedelta(days=30)  # unreachable for longer than this is as if there were none (2.3.1.4)
MOST_BYTES = 500 << 10  # what must be parsed (2.5); the rest is not read
MOST_HOPS = 5  # redirects that must be followed (2.3.1.2)
# Stars times characters of an address, 40 ms of processor time: what asks for more is taken for a no. A thousand rules
# and an address of thousands of characters stay below it.
_MOST_STEPS = 20_000_000
_LONGEST_RATE = 10**9  # seconds: a number of more digits than a float holds may stand there
_AGENT = re.compile(r"^([ \t]*user-?agent[ \t]*:[ \t]*)([^\s#]*)", re.IGNORECASE | re.MULTILINE)
_TOKEN = re.compile(r"(?:mozilla/\S+ \(compatible; *)?([\w-]+)", re.IGNORECASE)
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
# Crawlers that gather for language models, by the names that their makers give them.
# fmt: off
AI_AGENTS = (
    "AI2Bot", "Amazonbot", "anthropic-ai", "Applebot-Extended", "Bytespider", "CCBot", "ChatGPT-User", "Claude-Web",
    "ClaudeBot", "cohere-ai", "Diffbot", "FacebookBot", "Google-Extended", "GPTBot", "ImagesiftBot",
    "Meta-ExternalAgent", "OAI-SearchBot", "Omgilibot", "PerplexityBot", "Timpibot",
)
# fmt: on


def product_token(user_agent: str) -> str:
    """The name under which a robots.txt speaks to us: "dateline" of "Dateline/0.1 (+https://…)"."""
    match = _TOKEN.match(user_agent.strip())
    return match[1].lower() if match else ""


class Robots:
    """What a host's robots.txt says to the crawler of this product token."""

    def __init__(self, state: HostState, token: str) -> None:
        text = decoded(state.robots) if state.robots and 200 <= (state.robots_status or 0) < 300 else ""
        named = {agent.lower() for _, agent in _AGENT.findall(text)}
        self._rules = Protego.parse(text)
        self._stars = text.count("*")
        # Protego takes a group "date" for ours too; RFC 9309 wants the very token, else the group "*", which answers to
        # a name that nobody has.
        self._token = token if token in named else ""
        self._ai = tuple(agent for agent in AI_AGENTS if agent.lower() in named)

    def allows(self, url: str) -> bool:
        """Whether the page may be asked for."""
        return not self._is_costly(url) and bool(self._rules.can_fetch(url, self._token))

    def ai_forbidden(self, url: str) -> tuple[str, ...]:
        """The AI crawlers that have a group of their own which forbids them the page."""
        if self._is_costly(url, len(self._ai)):
            return self._ai
        return tuple(agent for agent in self._ai if not self._rules.can_fetch(url, agent.lower()))

    def _is_costly(self, url: str, times: int = 1) -> bool:
        """Whether it takes too long to find out: each star is looked for in all of the address."""
        return self._stars * len(url) * times > _MOST_STEPS

    @property
    def delay(self) -> float:
        """Seconds between two requests, by Crawl-delay or Request-rate; 0 if there is neither."""
        rate = self._rules.request_rate(self._token)
        between = min(rate.seconds, _LONGEST_RATE) / rate.requests if rate else 0.0
        return max(float(self._rules.crawl_delay(self._token) or 0), between)


def sitemaps(body: bytes, base: str) -> list[str]:
    """The sitemaps that a robots.txt names, each once; `base` is what relative addresses are relative to."""
    named = (absolute(address, base) for address in Protego.parse(decoded(body)).sitemaps)
    return list(dict.fromkeys(filter(None, named)))


def decoded(body: bytes) -> str:
    """The text of a robots.txt, read as the UTF-8 that it should be (but for a UTF-16 mark); versions cut off names."""
    if len(body) >= MOST_BYTES:
        body = body[:MOST_BYTES].rpartition(b"\n")[0]  # half a rule is another rule
    if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        text = body.decode("utf-16", "replace")
    else:
        text = body.removeprefix(BOM_UTF8).decode("utf-8", "replace")
    return _AGENT.sub(lambda match: match[1] + match[2].partition("/")[0], text)


def remembered(state: HostState, status: int, body: bytes, cache_control: str, now: datetime) -> HostState:
    """The state after an answer. A server in trouble (5xx, 429) is taken as unreachable, everything else as decided."""
    if status >= 500 or status == 429:
        return missed(state, f"the server answered {status}", now)
    return msgspec.structs.replace(
        state,
        robots=body if 200 <= status < 300 else b"",
        robots_status=status,
        robots_fetched=now,
        robots_until=now + _lifetime(cache_control),
        unreachable=None,
        reason="",
    )


def missed(state: HostState, reason: str, now: datetime) -> HostState:
    """The state after an attempt that brought no answer, or none that decides; what was known before stays."""
    since = state.unreachable or now
    return msgspec.structs.replace(state, robots_until=now + AGAIN, unreachable=since, reason=reason)


def fresh(state: HostState, now: datetime) -> bool:
    """Whether the remembered robots.txt still holds."""
    return state.robots_until is not None and now < state.robots_until <= now + LONGEST_USE


def usable(state: HostState, now: datetime) -> bool:
    """Whether pages may be asked for at all: an unreachable robots.txt without an older copy forbids everything."""
    if state.unreachable is None or state.robots_status is not None:
        return True
    return now - state.unreachable > GIVEN_UP


def _lifetime(cache_control: str) -> timedelta:
    match = _MAX_AGE.search(cache_control)
    if match is None:
        none = "no-store" in cache_control.lower() or "no-cache" in cache_control.lower()
        return SHORTEST_USE if none else LONGEST_USE
    return min(max(timedelta(seconds=int(match[1])), SHORTEST_USE), LONGEST_USE)
