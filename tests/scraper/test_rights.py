"""What a page says of its use by machines is recorded when it is fetched, and outlives a new cleaning."""

import json
from pathlib import Path

import pytest

from scraper.extract import extract
from storage.records import Rights
from tests.dateline.site import Answer, configure, dateline, serve
from tests.fakes import page
from tests.scraper.test_pipeline import article

URL = "https://news.example/a"


@pytest.mark.parametrize(
    ("head", "headers", "rights"),
    [
        ("", (), Rights()),
        ('<meta name="robots" content="NoIndex, max-snippet:20">', (), Rights(robots=("noindex", "max-snippet:20"))),
        ('<meta name="ROBOTS" content="noai,  noimageai,">', (), Rights(robots=("noai", "noimageai"))),
        ('<meta name="GPTBot" content="noindex">', (), Rights(robots=("gptbot: noindex",))),
        ("", (("X-Robots-Tag", "noindex"), ("x-robots-tag", "ccbot: noai, nofollow")),
         Rights(robots=("noindex", "ccbot: noai", "ccbot: nofollow"))),
        ("", (("X-Robots-Tag", "unavailable_after: 25 Jun 2027 15:00:00 PST"),),
         Rights(robots=("unavailable_after: 25 jun 2027 15:00:00 pst",))),
        ('<meta name="robots" content="noai">', (("X-Robots-Tag", "noai"),), Rights(robots=("noai",))),
        ('<meta name="tdm-reservation" content="1"><meta name="tdm-policy" content="/tdm.json">', (),
         Rights(tdm_reservation=True, tdm_policy="https://news.example/tdm.json")),
        ('<meta name="tdm-reservation" content="1">', (("TDM-Reservation", "0"),), Rights(tdm_reservation=False)),
        ("", (("tdm-reservation", "perhaps"), ("tdm-policy", "javascript:alert(1)")), Rights()),
        (f'<meta name="robots" content="{"a," * 500}{"b" * 500}">', (), Rights(robots=("a", "b" * 100))),
    ],
)  # fmt: skip
def test_the_signals_of_a_page(head: str, headers: tuple[tuple[str, str], ...], rights: Rights) -> None:
    body = article("Bridge").replace("<head>", f"<head>{head}")
    assert extract(page(URL, body, headers=headers)).rights == rights


def test_they_are_kept_exported_and_shown(tmp_path: Path) -> None:
    robots = "User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: *\nAllow: /\n"
    with serve({"/robots.txt": Answer(robots)}) as site:
        rss = f"<rss><channel><title>N</title><item><link>{site.base}/a/</link></item></channel></rss>"
        site.paths["/feed/"] = Answer(rss, kind="application/rss+xml")
        body = article("Bridge").replace("<head>", '<head><meta name="robots" content="noarchive">')
        site.paths["/a/"] = Answer(body, headers=(("TDM-Reservation", "1"),))
        configure(tmp_path, (f"{site.base}/feed/", "News"))
        dateline(tmp_path, "poll")
    expected = {"robots": ["noarchive"], "tdm_reservation": True, "ai_forbidden": ["CCBot", "GPTBot"]}
    dateline(tmp_path, "reextract")
    assert json.loads(dateline(tmp_path, "export", "jsonl").stdout)["rights"] == expected
    shown = dateline(tmp_path, "show", "1").stdout
    assert "noarchive; text and data mining reserved; robots.txt forbids it to CCBot, GPTBot" in shown
