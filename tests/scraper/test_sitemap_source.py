"""A site's sitemaps are walked from robots.txt down; what is outside the days wanted is not even asked for."""

import gzip
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from scraper.feeds import FeedError
from scraper.feeds.sitemap import MAX_PAGES, read_sitemap
from scraper.fetch import FetchError
from scraper.sources import Plan
from scraper.sources.days import of_article, of_sitemap, outside
from tests.fakes import Answer, page
from tests.scraper.past import SITE, Past, story

ROBOTS, INDEX, NEWS = f"{SITE}/robots.txt", f"{SITE}/sitemap_index.xml", f"{SITE}/news-sitemap.xml"


def urlset(*urls: tuple[str, str], broken: bool = False) -> str:
    rows = "".join(
        f'<url><loc>{url if "://" in url else SITE + url}</loc><xhtml:link rel="alternate" hreflang="de" '
        f'href="{SITE}/de{url}"/><image:image><image:loc>{SITE}/a.jpg</image:loc></image:image>'
        f"<lastmod>{day}</lastmod></url>"
        for url, day in urls
    )
    return f'<?xml version="1.0"?><urlset xmlns="x">{rows}' + ("<url><loc>cut" if broken else "</urlset>")


def index(*maps: tuple[str, str]) -> str:
    rows = "".join(f"<sitemap><loc>{url}</loc><lastmod>{day}</lastmod></sitemap>" for url, day in maps)
    return f'<?xml version="1.0"?><sitemapindex xmlns="x">{rows}</sitemapindex>'


def site() -> dict[str, Answer]:
    """Two years in numbered sitemaps, one of them packed, beside lists of other things."""
    old, new, tags = f"{SITE}/post-sitemap1.xml", f"{SITE}/post-sitemap2.xml.gz", f"{SITE}/post_tag-sitemap.xml"
    packed = gzip.compress(urlset(("/story-3", "2024-05-03"), ("/story-4", "2024-05-04"), ("/tag/x/", "")).encode())
    return {
        ROBOTS: page(ROBOTS, f"User-agent: *\nDisallow:\nSitemap: {INDEX}\nsitemap: {NEWS}\n"),
        INDEX: page(INDEX, index((old, "2023-06-01"), (tags, "2024-06-01"), (new, "2024-05-05"))),
        NEWS: page(NEWS, urlset(("/story-4", "2024-05-04"))),
        old: page(old, urlset(("/story-1", "2023-05-01"), ("/story-2", "2023-05-02"), broken=True)),
        new: page(new, packed),
        tags: page(tags, urlset(("/tag/x/", "2024-06-01"))),
        **dict(story(f"/story-{n}", f"{2023 if n < 3 else 2024}-05-0{n}") for n in range(1, 5)),
    }


def test_from_robots_through_the_index_the_newest_first(tmp_path: Path) -> None:
    past = Past(tmp_path, site())
    done = past.backfill("sitemap", f"{SITE}/", category="World")
    assert (done.finished, done.counts) == (True, {"new": 4})
    assert past.urls() == [f"{SITE}/story-{n}" for n in (4, 3, 2, 1)]
    assert [url for url in past.asked if "story" not in url] == [
        ROBOTS, NEWS, INDEX, f"{SITE}/post-sitemap2.xml.gz", f"{SITE}/post-sitemap1.xml",
    ]  # fmt: skip
    assert past.backfill("sitemap", f"{SITE}/", category="World").idle
    assert past.asked == []


def test_last_changes_spare_sitemaps_and_pages(tmp_path: Path) -> None:
    past = Past(tmp_path, site())
    done = past.backfill("sitemap", INDEX, since=date(2024, 5, 4))
    assert (done.named, done.outside) == (1, 1)
    assert past.urls() == [f"{SITE}/story-4"]
    assert past.asked == [INDEX, f"{SITE}/post-sitemap2.xml.gz", f"{SITE}/story-4"]


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        (["sitemap-2022", "sitemap-2023", "sitemap-2024"], ["sitemap-2024", "sitemap-2023"]),
        (["sitemap-1999", "sitemap-2000", "sitemap-2024-05"], ["sitemap-2024-05", "sitemap-2000", "sitemap-1999"]),
    ],
)  # fmt: skip
def test_a_number_is_a_year_only_among_years(tmp_path: Path, names: list[str], asked: list[str]) -> None:
    past = Past(tmp_path, {INDEX: page(INDEX, index(*((f"{SITE}/{name}.xml", "") for name in names)))})
    past.backfill("sitemap", INDEX, since=date(2023, 12, 31))
    assert past.asked == [INDEX, *(f"{SITE}/{name}.xml" for name in asked)]


def test_days_in_addresses_spare_requests(tmp_path: Path) -> None:
    maps = [f"{SITE}/sitemap-{month}.xml" for month in ("2024-03", "2024-04", "2024-05")]
    inside, late = "/2024/04/07/inside/", "/2024/05/02/late/"
    answers: dict[str, Answer] = {INDEX: page(INDEX, index(*((url, "") for url in maps)))}
    answers[maps[1]] = page(maps[1], urlset((inside, ""), ("/2024/03/29/early/", ""), (late, "")))
    past = Past(tmp_path, answers | dict([story(inside, "2024-04-07")]))
    done = past.backfill("sitemap", INDEX, since=date(2024, 4, 3), until=date(2024, 4, 28))
    assert (done.counts, done.outside) == ({"new": 1}, 2)
    assert past.asked == [INDEX, maps[1], SITE + inside]


def test_pages_of_other_sites_pictures_and_front_pages_are_not_asked_for(tmp_path: Path) -> None:
    where = f"{SITE}/sitemap.xml"
    listed = urlset(("/", ""), ("/photo.jpg", ""), ("https://other.example/story", ""), ("/story-1", ""))
    past = Past(tmp_path, {where: page(where, listed), **dict([story("/story-1")])})
    past.backfill("sitemap", where)
    assert past.asked == [where, f"{SITE}/story-1"]
    [note] = past.notes
    assert "1 addresses of other sites are left out; for those name https://other.example instead" in note


def test_a_sitemap_that_is_called_otherwise_is_one_if_it_reads_as_one(tmp_path: Path) -> None:
    where, section = f"{SITE}/maps.php?type=news", f"{SITE}/world/"
    answers: dict[str, Answer] = {where: page(where, urlset(("/story-1", ""))), **dict([story("/story-1")])}
    past = Past(tmp_path, answers)
    assert past.backfill("sitemap", where).counts == {"new": 1}
    past.fetcher.answers |= {section: page(section, "<html>World</html>"), ROBOTS: page(ROBOTS, f"Sitemap: {where}")}
    assert past.backfill("sitemap", section).finished
    assert past.asked[-3:] == [section, ROBOTS, where]


@pytest.mark.parametrize(
    "lines",
    [
        "Sitemap: /x.xml",
        "Disallow:/y\nSite-map : /x.xml",
        f"\ufeffSitemap: {SITE}/x.xml # all",
        f"User-agent: *\rDisallow:\rsitemap:{SITE}/x.xml\r",
    ],
)
def test_sitemaps_of_robots_however_its_lines_are_written(tmp_path: Path, lines: str) -> None:
    where = f"{SITE}/x.xml"
    past = Past(tmp_path, {ROBOTS: page(ROBOTS, lines), where: page(where, urlset(("/story-1", "")))})
    past.backfill("sitemap", SITE)
    assert past.asked == [ROBOTS, where, f"{SITE}/story-1"]


def test_where_all_that_robots_names_is_gone_the_usual_places_are_tried(tmp_path: Path) -> None:
    where, gone = f"{SITE}/sitemap.xml", f"{SITE}/gone.xml"
    answers = {ROBOTS: page(ROBOTS, f"Sitemap: {gone}"), where: page(where, urlset(("/story-1", "")))}
    past = Past(tmp_path, {**answers, **dict([story("/story-1")])})
    assert past.backfill("sitemap", SITE).counts == {"new": 1}


def test_a_sitemap_whose_server_fails_comes_last_and_again_and_holds_up_no_other(tmp_path: Path) -> None:
    answers = site()
    broken = f"{SITE}/post-sitemap2.xml.gz"
    well, answers[broken] = answers[broken], FetchError("the server answered 500", status=500)
    past = Past(tmp_path, answers)
    done = past.backfill("sitemap", INDEX)
    assert (done.failed, done.reason) == (True, f"{broken}: the server answered 500")
    assert past.urls() == [f"{SITE}/story-2", f"{SITE}/story-1"]
    assert past.backfill("sitemap", INDEX).failed
    past.fetcher.answers[broken] = well
    asked = past.asked
    assert past.backfill("sitemap", INDEX).finished
    assert past.asked == [broken, f"{SITE}/story-4", f"{SITE}/story-3"]
    assert asked.count(INDEX) == 1


def test_a_site_that_fails_is_not_asked_for_every_sitemap(tmp_path: Path) -> None:
    maps = [f"{SITE}/map-{n}.xml" for n in range(9, 0, -1)]
    down = FetchError("the server answered 503", status=503)
    past = Past(tmp_path, {INDEX: page(INDEX, index(*((url, "") for url in maps))), **dict.fromkeys(maps, down)})
    assert past.backfill("sitemap", INDEX).failed
    assert set(past.asked) == {INDEX, *maps[:3]}
    past.fetcher.answers |= {url: page(url, urlset()) for url in maps}
    assert past.backfill("sitemap", INDEX).finished
    assert past.asked == [*maps[2:], *maps[:2]]


def test_an_index_whose_sitemaps_are_all_gone_has_failed_and_is_asked_anew(tmp_path: Path) -> None:
    gone = f"{SITE}/gone.xml"
    past = Past(tmp_path, {INDEX: page(INDEX, index((gone, "")))})
    for _ in range(2):
        assert past.backfill("sitemap", INDEX).failed
        assert past.asked == [INDEX, gone]


def test_indexes_in_indexes_are_followed_and_it_is_told_where_that_ends(tmp_path: Path) -> None:
    deep = [f"{SITE}/deep-{chr(97 + n)}.xml" for n in range(12)]
    answers: dict[str, Answer] = {url: page(url, index((inner, ""))) for url, inner in pairwise(deep)}
    past = Past(tmp_path, answers)
    assert past.backfill("sitemap", deep[0]).failed
    assert past.asked == deep[:9]
    assert past.notes == [f"{deep[8]}: 1 of its sitemaps are left out, too deep or too many"]


def test_sitemaps_may_lie_on_another_host_and_one_that_is_missing_is_passed_over(tmp_path: Path) -> None:
    far, gone = "https://cdn.example/s/sitemap.xml", f"{SITE}/gone.xml"
    robots = page(ROBOTS, f"Sitemap: {far}\nSitemap: {gone}\n")
    past = Past(tmp_path, {ROBOTS: robots, far: page(far, urlset(("/story-1", ""))), **dict([story("/story-1")])})
    assert past.backfill("sitemap", SITE).counts == {"new": 1}
    assert past.notes == [f"{gone}: 404 Not Found"]


def test_without_a_word_in_robots_the_usual_places_are_tried(tmp_path: Path) -> None:
    where = f"{SITE}/wp-sitemap.xml"
    past = Past(tmp_path, {where: page(where, urlset(("/story-1", ""))), **dict([story("/story-1")])})
    assert past.backfill("sitemap", SITE).counts == {"new": 1}
    none = Past(tmp_path / "..", {})
    none.path += ".none"
    done = none.backfill("sitemap", SITE)
    assert (done.failed, done.reason) == (
        True, "robots.txt names no sitemap, and none stands at the usual places",
    )  # fmt: skip


def test_an_article_that_two_sitemaps_name_is_fetched_once_though_only_one_tells_its_title_and_its_last_change(
    tmp_path: Path,
) -> None:
    maps = [f"{SITE}/news-sitemap.xml", f"{SITE}/sitemap.xml"]
    news = f"<url><loc>{SITE}/story-1/</loc><news:news><news:title>Story 1</news:title></news:news></url>"
    plain = "".join(f"<url><loc>{SITE}/story-{n}/</loc><lastmod>2024-05-0{n}</lastmod></url>" for n in (1, 2))
    answers = {url: page(url, f"<urlset>{rows}</urlset>") for url, rows in zip(maps, (news, plain), strict=True)}
    robots = page(f"{SITE}/robots.txt", "".join(f"Sitemap: {url}\n" for url in maps))
    past = Past(tmp_path, {**answers, robots.url: robots, **dict([story("/story-1/"), story("/story-2/")])})
    assert past.backfill("sitemap", f"{SITE}/").counts == {"new": 2}
    assert past.asked.count(f"{SITE}/story-1/") == 1


def test_a_last_change_that_all_pages_of_a_site_share_is_no_day_of_publication(tmp_path: Path) -> None:
    for place, days in enumerate((("2024-06-01", "2024-06-01"), ("2024-06-01", "2024-06-02"))):
        rows = "".join(f"<url><loc>{SITE}/s{n}/</loc><lastmod>{day}</lastmod></url>" for n, day in enumerate(days))
        where = f"{SITE}/sitemap.xml"
        (tmp_path / str(place)).mkdir()
        past = Past(tmp_path / str(place), {where: page(where, f"<urlset>{rows}</urlset>")})
        past.fetcher.answers |= dict(story(f"/s{n}/", day="") for n in (0, 1))
        assert past.backfill("sitemap", where).counts == {"new": 2}
        known = [day and day[:10] for (day,) in past.rows("SELECT published FROM articles ORDER BY url")]
        assert known == ([None, None] if place == 0 else list(days))


def test_a_site_in_a_folder_has_its_sitemap_there(tmp_path: Path) -> None:
    where = f"{SITE}/blog/sitemap.xml"
    listed = f"<urlset><url><loc>{SITE}/blog/a-story/</loc></url></urlset>"
    past = Past(tmp_path, {where: page(where, listed), **dict([story("/blog/a-story/")])})
    assert past.backfill("sitemap", f"{SITE}/blog/").counts == {"new": 1}


def test_a_usual_place_whose_server_fails_is_not_called_empty(tmp_path: Path) -> None:
    where = f"{SITE}/wp-sitemap.xml"
    past = Past(tmp_path, {where: FetchError("the server answered 500", status=500), **dict([story("/story-1")])})
    done = past.backfill("sitemap", SITE)
    assert (done.failed, done.reason) == (True, f"{where}: the server answered 500")
    past.fetcher.answers[where] = page(where, urlset(("/story-1", "")))
    assert past.backfill("sitemap", SITE).counts == {"new": 1}


def test_indexes_that_name_each_other_end(tmp_path: Path) -> None:
    other = f"{SITE}/other.xml"
    past = Past(tmp_path, {INDEX: page(INDEX, index((other, ""))), other: page(other, index((INDEX, ""), (other, "")))})
    assert past.backfill("sitemap", INDEX).finished
    assert past.asked == [INDEX, other]


def test_a_stopped_walk_goes_on_in_the_middle(tmp_path: Path) -> None:
    past = Past(tmp_path, site())
    past.backfill("sitemap", INDEX, requests=3)
    assert len(past.asked) == 3
    assert past.backfill("sitemap", INDEX).finished
    asked = past.asked
    assert INDEX not in asked
    assert len(asked) == len(set(asked)) == 4
    assert len(past.urls()) == 4


def test_other_forms_that_the_standard_allows() -> None:
    lines = read_sitemap(f"{SITE}/one\n\n{SITE}/two\n".encode(), SITE)
    assert [entry.url for entry in lines.entries] == [f"{SITE}/one", f"{SITE}/two"]
    feed = f"<rss version='2.0'><channel><item><link>{SITE}/one</link></item></channel></rss>"
    assert [entry.url for entry in read_sitemap(feed.encode(), SITE).entries] == [f"{SITE}/one"]


def named(body: str | bytes) -> list[str]:
    read = read_sitemap(body.encode() if isinstance(body, str) else body, SITE)
    return [entry.url for entry in read.entries] or [link.url for link in read.sitemaps]


@pytest.mark.parametrize(
    "junk", ["\n\ufeff\n", "<br />\n<b>Notice</b>: x in <b>/srv/a.php</b> on line <b>3</b><br />\n"]
)
def test_what_is_printed_in_front_of_a_sitemap_costs_nothing(junk: str) -> None:
    body = f"{junk}<?xml version='1.0'?>\n{urlset(('/one', ''))}"
    assert [entry.url for entry in read_sitemap(body.encode(), SITE).entries] == [f"{SITE}/one"]
    with pytest.raises(FeedError):
        read_sitemap(f"<html><pre>{urlset(('/one', ''))}</pre></html>".encode(), SITE)


def test_prefixes_and_attributes_hide_nothing() -> None:
    rows = f"<sm:url a='b'><sm:loc>{SITE}/one</sm:loc><image:loc>{SITE}/a.jpg</image:loc></sm:url>"
    assert named(f"<?xml version='1.0'?><sm:urlset xmlns:sm='x'>{rows}</sm:urlset>") == [f"{SITE}/one"]
    row = f"<s:sitemap id='1'><s:loc id='2'>{SITE}/a.xml</s:loc></s:sitemap>"
    assert named(f"<s:sitemapindex xmlns:s='x'>{row}</s:sitemapindex>") == [f"{SITE}/a.xml"]


def test_a_sitemap_may_be_packed_in_several_pieces() -> None:
    whole = urlset(("/one", ""), ("/two", "")).encode()
    packed = gzip.compress(whole[:90]) + gzip.compress(whole[90:])
    assert named(packed) == [f"{SITE}/one", f"{SITE}/two"]
    assert read_sitemap(packed, SITE).lacks == ""


def test_what_a_sitemap_lacks_is_told() -> None:
    packed = gzip.compress(urlset(*((f"/story-{n * 7919 % 9973}", "") for n in range(500))).encode())
    cut = read_sitemap(packed[:-500], SITE)
    assert cut.entries
    assert "cut off" in cut.lacks
    assert "cut off" in read_sitemap(urlset(("/one", ""), broken=True).encode(), SITE).lacks
    endless = f"<url><loc>{SITE}/one</loc></url>" * (MAX_PAGES + 1)
    assert "only its first 100000 entries" in read_sitemap(f"<urlset>{endless}</urlset>".encode(), SITE).lacks
    assert "none of its 1 entries" in read_sitemap(b"<urlset><url><link>x</link></url></urlset>", SITE).lacks
    assert read_sitemap(b"<urlset xmlns='x'/>", SITE).lacks == ""
    assert read_sitemap(urlset(("/one", "")).encode() + b"<!-- made by hand -->", SITE).lacks == ""


@pytest.mark.parametrize("body", [b"<html><body>Not found</body></html>", b"", b"\x1f\x8b\x08broken", b"{}"])
def test_what_is_no_sitemap_is_refused(body: bytes) -> None:
    with pytest.raises(FeedError):
        read_sitemap(body, SITE)


def test_a_packed_sitemap_is_unpacked_no_further_than_the_standard_allows() -> None:
    with pytest.raises(FeedError, match="larger than 50 MiB"):
        read_sitemap(gzip.compress(b" " * (51 << 20)), SITE)


@pytest.mark.parametrize(
    ("url", "first", "last"),
    [
        ("/2024/05/12/bridge/", "2024-05-12", "2024-05-12"),
        ("/world/2024-05-12/bridge", "2024-05-12", "2024-05-12"),
        ("/20240512/bridge", "2024-05-12", "2024-05-12"),
        ("/2024/2/bridge", "2024-02-01", "2024-02-29"),
    ],
)
def test_days_of_articles(url: str, first: str, last: str) -> None:
    assert of_article(SITE + url) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    "url", ["/the-year-2024/", "/2024/99/x/", "/story-2024-05-12", "/2024/02/31/x/", "/20249912/x"]
)
def test_addresses_that_tell_no_day(url: str) -> None:
    assert of_article(SITE + url) is None


@pytest.mark.parametrize(
    ("url", "first", "last"),
    [
        ("/sitemap-2024-05.xml", "2024-05-01", "2024-05-31"),
        ("/sitemap-2024-05-12.xml.gz", "2024-05-12", "2024-05-12"),
        ("/sitemaps/20240512.xml", "2024-05-12", "2024-05-12"),
        ("/sitemap-202405.xml", "2024-05-01", "2024-05-31"),
        ("/sitemap.xml?yyyy=2024&mm=05&dd=12", "2024-05-12", "2024-05-12"),
        ("/sitemap.xml?year=2024", "2024-01-01", "2024-12-31"),
        ("/2023/sitemap.xml", "2023-01-01", "2023-12-31"),
    ],
)
def test_days_of_sitemaps(url: str, first: str, last: str) -> None:
    assert of_sitemap(SITE + url) == (date.fromisoformat(first), date.fromisoformat(last))


def test_a_list_of_endless_names_of_sitemaps_is_soon_read() -> None:
    assert not any(of_sitemap(f"{SITE}/{'y' * 16_000}?{number}") for number in range(200))


def test_a_day_in_an_address_is_taken_with_a_day_of_slack() -> None:
    plan = Plan(source="sitemap", address=SITE, since=date(2024, 5, 12), until=date(2024, 5, 14))
    days = [day for day in range(9, 18) if not outside((date(2024, 5, day), date(2024, 5, day)), plan)]
    assert days == [11, 12, 13, 14, 15]


def test_a_month_wanted_does_not_bring_the_months_beside_it() -> None:
    plan = Plan(source="sitemap", address=SITE, since=date(2024, 5, 1), until=date(2024, 5, 31))
    paths = ("/2024/04/tide/", "/2024/05/tide/", "/2024/06/tide/", "/2024/06/01/tide/")
    assert [path for path in paths if not outside(of_article(SITE + path), plan)] == [
        "/2024/05/tide/",
        "/2024/06/01/tide/",
    ]
    assert outside(of_sitemap(f"{SITE}/sitemap-2024-06.xml"), plan)
