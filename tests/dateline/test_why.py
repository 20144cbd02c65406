"""`dateline why`: every decision about an address, found by any spelling of it."""

import json
from pathlib import Path

from tests.dateline.site import Answer, configure, dateline, serve
from tests.dateline.test_toy_site import STORIES, feed, story


def test_every_decision_about_an_address_is_told(tmp_path: Path) -> None:
    with serve({}) as site:
        site.paths["/robots.txt"] = Answer("User-agent: *\nDisallow: /private/\n", kind="text/plain")
        site.paths["/feed/"] = Answer(feed(site.base), kind="application/rss+xml")
        site.paths |= {f"/{name}/": story(name, site.base) for name in STORIES[1:]}
        site.paths["/bridge/"] = Answer("<html><form><input type=password></form></html>")
        configure(tmp_path, (f"{site.base}/feed/", "News"))
        dateline(tmp_path, "poll", code=None)
        base = site.base
    archived = dateline(tmp_path, "why", f"{base}/harbour/?utm_source=letter").stdout
    assert "archived as article" in archived
    assert "(News) names" in archived
    assert "fetched" in archived
    assert "next: 20" in archived
    refused = json.loads(dateline(tmp_path, "--json", "why", f"{base}/bridge/").stdout)
    assert refused["article"] is None
    assert "after 1 try: not an article: a login" in refused["verdict"]
    assert [event["what"] for event in refused["events"]] == ["seen", "fetched"]
    assert refused["next"]
    forbidden = dateline(tmp_path, "why", f"{base}/private/secret/").stdout
    assert "robots.txt forbids it" in forbidden
    unknown = dateline(tmp_path, "why", f"{base}/other/", code=1)
    assert "never seen" in unknown.stderr


def test_what_was_given_up_is_tried_again_when_asked_for(tmp_path: Path) -> None:
    with serve({}) as site:
        site.paths["/feed/"] = Answer(feed(site.base), kind="application/rss+xml")
        site.paths |= {f"/{name}/": story(name, site.base) for name in STORIES}
        site.paths["/bridge/?utm_source=rss&utm_medium=feed"] = site.paths["/bridge/"] = Answer("gone", 404)
        configure(tmp_path, (f"{site.base}/feed/", "News"))
        for _ in range(5):
            dateline(tmp_path, "poll", code=None)
        assert "nothing of the kind" in dateline(tmp_path, "retry", "--reason", "503").stderr
        dateline(tmp_path, "retry", code=2)
        site.paths["/bridge/?utm_source=rss&utm_medium=feed"] = site.paths["/bridge/"] = story("bridge", site.base)
        dateline(tmp_path, "poll", code=None)
        assert "given up" in dateline(tmp_path, "why", f"{site.base}/bridge/").stdout
        assert dateline(tmp_path, "retry", f"{site.base[7:]}/bridge/").stdout == f"{site.base}/bridge/\n"
        dateline(tmp_path, "poll", code=None)
        assert "archived as article" in dateline(tmp_path, "why", f"{site.base}/bridge/").stdout
