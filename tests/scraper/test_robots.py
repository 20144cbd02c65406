"""robots.txt by RFC 9309, its error cases against a real server."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest

from scraper.fetch import FetchError, ForgetfulHosts
from scraper.fetch.client import HttpFetcher
from scraper.fetch.robots import AI_AGENTS, MOST_BYTES, Robots, fresh, missed, product_token, remembered, usable
from scraper.settings import Duration, FetchSettings, MannersSettings
from storage.records import HostState
from tests.dateline.site import Answer, serve

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
RULES = "User-agent: *\nDisallow: /private/\n"


def rules(text: str | bytes, token: str = "dateline") -> Robots:
    body = text.encode() if isinstance(text, str) else text
    return Robots(HostState(origin="https://news.example", robots=body, robots_status=200), token)


def get(url: str, memory: ForgetfulHosts | None = None) -> FetchError | None:
    """Fetch one address with a fetcher of its own; the error, if there is one."""

    async def run() -> FetchError | None:
        manners = MannersSettings(delay=Duration(0))
        fetcher = HttpFetcher(FetchSettings(allow_networks=("127.0.0.0/8",)), manners, memory or ForgetfulHosts())
        try:
            await fetcher.get(url)
        except FetchError as error:
            return error
        finally:
            await fetcher.close()
        return None

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [
        (Answer(RULES), False),
        (Answer(RULES, kind="application/octet-stream"), False),
        (Answer("", 401), True),
        (Answer("", 403), True),
        (Answer("", 404), True),
        (Answer("", 410), True),
        (Answer("<!doctype html><html><body><p>User-agent: *<br>Disallow: /</body></html>"), True),
        (Answer(b"\xef\xbb\xbf" + RULES.encode()), False),
        (Answer(RULES.encode("utf-16"), kind="text/plain; charset=utf-16"), False),
        (Answer("# Größe\n".encode("latin-1") + RULES.encode(), kind="text/plain; charset=latin-1"), False),
        (Answer(RULES + "#" + "x" * (3 * MOST_BYTES)), False),
        (Answer("#" + "x" * MOST_BYTES + "\n" + RULES), True),
        (Answer("\0\xff\n" + RULES), False),
        (Answer("", 200), True),
        (Answer("", 204), True),
    ],
)
def test_what_a_robots_txt_means(answer: Answer, allowed: bool) -> None:
    with serve({"/robots.txt": answer, "/private/a": Answer("a")}) as site:
        error = get(f"{site.base}/private/a")
    assert (error is None) is allowed
    assert error is None or (error.skipped, error.final, error.asked) == (True, True, True)


@pytest.mark.parametrize("answer", [Answer("", 500), Answer("", 503), Answer("", 429)])
def test_an_unreachable_one_holds_pages_back_and_is_no_try(answer: Answer) -> None:
    with serve({"/robots.txt": answer, "/a": Answer("a")}) as site:
        error = get(f"{site.base}/a")
        assert site.asked() == ["/robots.txt"]
    assert error
    assert (error.final, error.asked) == (False, False)
    assert str(answer.status) in error.reason
    assert error.retry_at


def test_a_copy_from_better_days_holds_while_the_server_is_in_trouble() -> None:
    memory = ForgetfulHosts()
    with serve({"/robots.txt": Answer(RULES), "/a": Answer("a"), "/private/a": Answer("a")}) as site:
        assert get(f"{site.base}/a", memory) is None
        site.paths["/robots.txt"] = Answer("", 500)
        state = asyncio.run(memory.host(site.base))
        assert state.robots_until
        old = remembered(state, 200, state.robots or b"", "", state.robots_until - timedelta(days=40))
        asyncio.run(memory.save_host(old))
        assert get(f"{site.base}/a", memory) is None
        error = get(f"{site.base}/private/a", memory)
        assert error
        assert "forbids" in error.reason
        assert site.asked().count("/robots.txt") == 2


@pytest.mark.parametrize(("hops", "allowed"), [(5, False), (6, True)])
def test_five_redirects_are_followed_and_what_is_found_holds_for_the_first_host(hops: int, allowed: bool) -> None:
    with serve({"/last": Answer(RULES)}) as other, serve({"/private/a": Answer("a")}) as site:
        chain = ["/robots.txt", *(f"/hop/{n}" for n in range(1, hops))]
        for here, there in zip(chain, [*(site.base + path for path in chain[1:]), f"{other.base}/last"], strict=True):
            site.paths[here] = Answer("", 302, headers=(("Location", there),))
        assert (get(f"{site.base}/private/a") is None) is allowed


def test_the_target_of_a_redirect_is_asked_against_its_own_rules() -> None:
    with serve({"/robots.txt": Answer(RULES), "/private/a": Answer("a")}) as other:
        moved = Answer("", 301, headers=(("Location", f"{other.base}/private/a"),))
        with serve({"/a": moved}) as site:
            error = get(f"{site.base}/a")
        assert error
        assert "robots.txt" in error.reason
        assert other.asked() == ["/robots.txt"]


def test_how_long_it_is_remembered() -> None:
    state = HostState(origin="https://news.example")
    for cache, hours in [
        ("", 24),
        ("max-age=7200", 2),
        ("public, max-age=999999", 24),
        ("no-cache", 1),
        ("max-age=0", 1),
    ]:
        known = remembered(state, 200, b"", cache, NOW)
        assert known.robots_until == NOW + timedelta(hours=hours)
        assert fresh(known, NOW)
        assert not fresh(known, NOW + timedelta(hours=hours))
    assert not fresh(known, NOW - timedelta(days=2))  # a clock that jumped back does not make it immortal


def test_after_thirty_days_of_trouble_there_is_none() -> None:
    state = missed(HostState(origin="https://news.example"), "the server answered 500", NOW)
    later = missed(state, "no connection", NOW + timedelta(days=29))
    assert not usable(later, NOW + timedelta(days=29))
    assert usable(later, NOW + timedelta(days=31))
    assert usable(missed(remembered(state, 404, b"", "", NOW), "gone", NOW), NOW)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("User-agent: dateline\nDisallow: /a", False),
        ("User-agent: Dateline/0.1 # us\nDisallow: /a", False),
        ("User-agent: date\nDisallow: /a", True),  # another's token
        ("User-agent: datelinebot\nDisallow: /a", True),
        ("User-agent: *\nDisallow: /a\nUser-agent: dateline\nAllow: /", True),  # our own group alone holds
        ("User-agent: x\nUser-agent: dateline\nDisallow: /a\n\nUser-agent: dateline\nDisallow: /b", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", True),  # the most specific match
        ("User-agent: *\nAllow: /a/b\nDisallow: /a/*/c", True),
        ("User-agent: *\nDisallow: /a/b$\nAllow: /a", True),
        ("User-agent: *\nDisallow: /*.pdf$", True),
        ("User-agent: *\nDisallow:", True),
    ],
)
def test_whose_rules_hold_and_which(text: str, allowed: bool) -> None:
    assert rules(text).allows("https://news.example/a/b/x") is allowed


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("User-agent: *\nCrawl-delay: 7", 7.0),
        ("User-agent: *\nRequest-rate: 1/10", 10.0),
        ("User-agent: *\nRequest-rate: 30/1m\nCrawl-delay: 3", 3.0),
        ("User-agent: other\nCrawl-delay: 7", 0.0),
        ("User-agent: *\nCrawl-delay: soon", 0.0),
        (f"User-agent: *\nRequest-rate: 1/{'9' * 400}", 1e9),
        (f"User-agent: *\nRequest-rate: {'9' * 400}/1", 0.0),
    ],
)
def test_how_slowly(text: str, delay: float) -> None:
    assert rules(text).delay == delay


def test_rules_and_addresses_that_would_take_minutes_to_compare_are_taken_for_a_no() -> None:
    groups = "".join(f"User-agent: {agent}\n" for agent in ("*", *AI_AGENTS))
    endless = rules(groups + "".join(f"Allow: *aaaaaaaab{number}\n" for number in range(20_000)))
    assert endless.allows("https://news.example/a")
    assert not endless.allows("https://news.example/" + "a" * 16_000)
    assert endless.ai_forbidden("https://news.example/" + "a" * 16_000) == AI_AGENTS
    many = rules("User-agent: *\n" + "".join(f"Disallow: /*?x{number}=*\n" for number in range(1_000)))
    assert many.allows("https://news.example/" + "a" * 8_000)


def test_a_delay_beyond_all_measure_is_bounded_and_said(caplog: pytest.LogCaptureFixture) -> None:
    slow = Answer("User-agent: *\nCrawl-delay: 5000\nDisallow: /a")
    with caplog.at_level(logging.WARNING, "dateline"), serve({"/robots.txt": slow}) as site:
        get(f"{site.base}/a")
    assert "wants 5000 s between requests; it is asked every 120 s" in caplog.text


def test_the_crawlers_of_language_models_that_are_kept_out() -> None:
    text = "User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\nUser-agent: Google-Extended\nDisallow: /sport/"
    assert rules(text).ai_forbidden("https://news.example/world/a") == ("CCBot", "GPTBot")
    assert rules(text).ai_forbidden("https://news.example/sport/a") == ("CCBot", "Google-Extended", "GPTBot")
    assert rules("User-agent: *\nDisallow: /x").ai_forbidden("https://news.example/x") == ()


@pytest.mark.parametrize(
    ("agent", "token"),
    [
        ("Dateline/0.1", "dateline"),
        ("news-archive", "news-archive"),
        ("Mozilla/5.0 (compatible; NewsBot/2.1; +https://x)", "newsbot"),
        ("", ""),
    ],
)
def test_the_product_token_is_the_name_in_the_user_agent(agent: str, token: str) -> None:
    assert product_token(agent) == token
