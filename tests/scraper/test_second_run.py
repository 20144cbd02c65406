"""The second run of anything: no article's page is fetched, and none is read."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dateline.site import Answer, configure, dateline, events, serve
from tests.fakes import page
from tests.scraper.past import SITE, Past, article, story
from tests.scraper.test_cdx import ASKED, CDX, NAMES, replayed, row
from tests.scraper.test_warc import write
from tests.scraper.test_warc_source import capture
from tests.scraper.test_wordpress_source import blog

PATHS = ("/bridge", "/harbour", "/railway")

Source = tuple[Past, str, str]  # an archive and its network, the kind of source, its address


def _sitemap(folder: Path) -> Source:
    rows = "".join(f"<url><loc>{SITE}{path}</loc></url>" for path in PATHS)
    answers = dict(map(story, PATHS)) | {f"{SITE}/sitemap.xml": page(f"{SITE}/sitemap.xml", f"<urlset>{rows}</urlset>")}
    return Past(folder, answers), "sitemap", f"{SITE}/sitemap.xml"


def _feed(folder: Path) -> Source:
    items = "".join(f"<item><link>{SITE}{path}</link></item>" for path in PATHS)
    feed = page(f"{SITE}/feed/", f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>")
    return Past(folder, dict(map(story, PATHS)) | {feed.url: feed}), "feed", feed.url


def _wordpress(folder: Path) -> Source:
    return blog(folder, len(PATHS))[0], "wordpress", f"{SITE}/"


def _cdx(folder: Path) -> Source:
    index = page(CDX, json.dumps([NAMES, *map(row, PATHS)]))
    return Past(folder, {ASKED: index} | dict(map(replayed, PATHS))), "cdx", CDX


def _warc(folder: Path) -> Source:
    return Past(folder, {}), "warc", str(write(folder / "a.warc.gz", [capture(path) for path in PATHS]))


def _urls(folder: Path) -> Source:
    listed = folder / "urls.txt"
    listed.write_text("".join(f"{SITE}{path}\n" for path in PATHS))
    return Past(folder, dict(map(story, PATHS))), "urls", str(listed)


@pytest.mark.parametrize("make", [_sitemap, _feed, _wordpress, _cdx, _warc, _urls])
def test_a_backfill_that_asks_its_source_anew_fetches_and_reads_no_page(
    tmp_path: Path, make: Callable[[Path], Source]
) -> None:
    past, source, address = make(tmp_path)
    first = past.backfill(source, address)
    assert (first.finished, first.counts) == (True, {"new": len(PATHS)})
    listings = {url for url in past.asked if not any(url.endswith(path) for path in PATHS) and "/post-" not in url}
    read = past.rows("SELECT count(*) FROM fetches WHERE page IS NOT NULL")
    for again in (False, True):
        done = past.backfill(source, address, again=again)
        assert (done.finished, done.idle) == (True, not again)
        assert set(past.asked) <= (listings if again else set())
        assert {one.reason for one in past.ear.articles} <= {"the same page"}
    assert past.rows("SELECT count(*) FROM fetches WHERE page IS NOT NULL") == read


@pytest.mark.parametrize("knows_etags", [True, False])
def test_a_second_poll_fetches_feeds_alone(tmp_path: Path, knows_etags: bool) -> None:
    headers = (("ETag", '"1"'),) if knows_etags else ()
    with serve({path: Answer(article(path.strip("/").title())) for path in PATHS}) as site:
        items = "".join(f"<item><link>{site.base}{path}</link></item>" for path in PATHS)
        feed = f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>"
        site.paths["/feed/"] = lambda sent: (
            Answer(status=304, headers=headers)
            if knows_etags and sent.get("If-None-Match") == '"1"'
            else Answer(feed, kind="application/rss+xml", headers=headers)
        )
        configure(tmp_path, (f"{site.base}/feed/", "World"))
        assert len(events(dateline(tmp_path, "--json", "poll"), "article")) == len(PATHS)
        site.log.clear()
        done = dateline(tmp_path, "--json", "poll")
    assert site.asked() == ["/feed/"]
    assert events(done, "article") == []
    [told] = events(done, "feed")
    assert (told["status"], told["outcome"]) == ((304 if knows_etags else 200), "unchanged")
