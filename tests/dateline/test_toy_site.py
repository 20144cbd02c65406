"""The toy site of the field notes: one feed of seven items, and a client that must be polite and thrifty."""

import sqlite3
from email.message import Message
from itertools import pairwise
from pathlib import Path

from tests.dateline.site import Answer, configure, dateline, events, serve

DELAY = 0.5
STORIES = ("bridge", "harbour", "election", "harvest", "railway")


def story(name: str, base: str) -> Answer:
    paragraphs = "".join(
        f"<p>The {name} council met for hour {n} on Tuesday and agreed that work on the {name} would go on "
        f"through the winter, said its chair, who has led part {n} of the work since spring.</p>"
        for n in range(1, 6)
    )
    return Answer(
        f'<html lang="en"><head><title>The {name} story</title><link rel="canonical" href="{base}/{name}/"></head>'
        f'<body><h1>The {name} story</h1><div class="entry-content">{paragraphs}'
        f'<p>Read more related articles about News: <a href="{base}/news/">{base}/news/</a></p></div>'
        '<div id="respond"><h3>Leave a reply</h3><form><textarea></textarea></form></div></body></html>'
    )


def feed(base: str) -> str:
    links = [f"{base}/{name}/" for name in STORIES]
    links += [f"{base}/bridge/?utm_source=rss&amp;utm_medium=feed", f"{base}/private/secret/"]
    items = "".join(f"<item><title>Story {n}</title><link>{link}</link></item>" for n, link in enumerate(links))
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{items}</channel></rss>'


def test_seven_requests_then_one(tmp_path: Path) -> None:
    with serve(
        {"/robots.txt": Answer(f"User-agent: *\nDisallow: /private/\nCrawl-delay: {DELAY}\n", kind="text/plain")}
    ) as site:

        def conditional(headers: Message) -> Answer:
            known = headers.get("If-None-Match") == '"one"'
            return Answer(
                "" if known else feed(site.base), 304 if known else 200, "application/rss+xml", (("ETag", '"one"'),)
            )

        site.paths["/feed/"] = conditional
        site.paths |= {f"/{name}/": story(name, site.base) for name in STORIES}
        site.paths["/bridge/?utm_source=rss&utm_medium=feed"] = story("bridge", site.base)
        site.paths["/private/secret/"] = story("secret", site.base)
        configure(tmp_path, (f"{site.base}/feed/", "News"), manners="")

        first = dateline(tmp_path, "--json", "poll")
        assert len(site.log) == 7
        assert not [path for path in site.asked() if path.startswith("/private/")]
        outcomes = [event["outcome"] for event in events(first, "article")]
        assert (outcomes.count("new"), outcomes.count("skipped")) == (5, 1)

        second = dateline(tmp_path, "--json", "poll")
        assert site.log[7:] == [site.log[7]]
        assert site.log[7][1:] == ("/feed/", 304)
        assert [event["status"] for event in events(second, "feed")] == [304]
        # A request is stamped when it arrives; the start that we keep apart lies a moment before.
        assert min(b - a for (a, *_), (b, *_) in pairwise(site.log)) > DELAY * 0.95

    with sqlite3.connect(tmp_path / "dateline.db") as archive:
        texts = [text for (text,) in archive.execute("SELECT text FROM articles")]
    archive.close()
    assert len(texts) == 5
    assert not [text for text in texts if "Read more" in text or "Leave a reply" in text]
