"""WordPress's API is asked for a category with all that lies beneath it; `auto` finds the cheapest way into a site."""

import asyncio
import json
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from scraper.fetch import FetchError
from scraper.settings import ExtractSettings
from scraper.sources import Plan, Tools
from scraper.sources.auto import explore, usable
from scraper.sources.wordpress_api import endpoint
from scraper.workers import Workers
from storage.records import Page, Validators
from tests.fakes import ScriptedFetcher, page
from tests.scraper.past import SITE, Past, article

API = f"{SITE}/wp-json/"
CATEGORIES = [(1, "World", "world", 0), (2, "North America", "north-america", 1), (3, "Canada", "canada", 2),
              (4, "Sport", "sport", 0)]  # fmt: skip


class Blog(ScriptedFetcher):
    """A WordPress on paper: posts are (id, category, moment, protected); `size` is what it gives at most.

    `refuses`: from how many posts a page on it answers with that status instead; `prints`: what stands around its JSON;
    `numbered`: it is an object, as PHP writes a list with holes; `refuses_days`: it answers 400 to those; `counts`:
    whether it says how many posts there are; `says`: how many pages, if not the truth; `edited`: when a post was last
    changed, if not at its publication. Posts of one second are sorted anew at each request, as MySQL may do it.
    """

    def __init__(
        self,
        count: int,
        *,
        size: int = 100,
        honours: tuple[str, ...] = ("page", "before", "after"),
        refuses: tuple[int, int | None] = (101, None),
        prints: tuple[str, str] = ("", ""),
        numbered: bool = False,
        refuses_days: bool = False,
        counts: bool = True,
        says: int = 0,
    ) -> None:
        super().__init__({})
        start = datetime(2024, 5, 1, 10, tzinfo=UTC)
        self.posts = [(n, 2 + n % 2, start + timedelta(days=n), False) for n in range(1, count + 1)]
        self.size = size
        self.honours = honours
        self.refuses = refuses
        self.prints = prints
        self.numbered = numbered
        self.refuses_days = refuses_days
        self.counts = counts
        self.says = says
        self.edited: dict[int, datetime] = {}
        self.chance = random.Random(count)

    async def get(self, url: str, validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        routes: dict[str, Callable[[str, dict[str, str]], Page]] = {
            "/wp-json/wp/v2/posts": self._posts,
            "/wp-json/wp/v2/categories": self._categories,
        }
        if parts.path in routes and url not in self.answers:
            self.asked.append(url)
            least, status = self.refuses
            if int(query["per_page"]) >= least:
                raise FetchError(f"the server answered {status}", status=status, final=status == 400)
            answer = routes[parts.path](url, query)
            before, behind = (printed.encode() for printed in self.prints)
            body = _numbered(answer.body) if self.numbered and "/posts" in url else answer.body
            return msgspec.structs.replace(answer, body=before + body + behind)
        if parts.path.startswith("/post-"):
            self.asked.append(url)
            number = int(parts.path.strip("/").removeprefix("post-"))
            moment = next(moment for id_, _, moment, _ in self.posts if id_ == number)
            return page(url, article(f"Post number {number}", moment.date().isoformat()))
        if parts.path in ("/", "/category/north-america/"):
            self.asked.append(url)
            link = f'<{API}>; rel="https://api.w.org/"'
            if parts.path != "/":
                link += f', <{API}wp/v2/categories/2>; rel="alternate"; type="application/json"'
            return page(url, "<html><body>News</body></html>", headers=(("Link", link),))
        return await super().get(url, validators, robots=robots)

    def _posts(self, url: str, query: dict[str, str]) -> Page:
        wanted = {int(number) for number in query.get("categories", "").split(",") if number}
        posts = [post for post in self.posts if not wanted or post[1] in wanted]
        if self.refuses_days and query.keys() & {"after", "before"}:
            raise FetchError("the server answered 400 Bad Request", status=400, final=True)
        for name, keeps in (("after", datetime.__gt__), ("before", datetime.__lt__)):
            if name in query and name in self.honours:
                limit = datetime.fromisoformat(query[name])
                posts = [post for post in posts if keeps(post[2], limit)]
        if "modified_after" in query and "modified_after" in self.honours:
            limit = datetime.fromisoformat(query["modified_after"])
            posts = [post for post in posts if self.edited.get(post[0], post[2]) > limit]
        self.chance.shuffle(posts)
        posts.sort(key=lambda post: post[0] if query.get("orderby") == "id" else post[2], reverse=True)
        size, number = min(int(query["per_page"]), self.size), int(query.get("page", 1))
        pages = -(-len(posts) // size)
        if number > max(pages, 1):
            raise FetchError("the server answered 400 Bad Request", status=400, final=True)
        start = (number - 1) * size if "page" in self.honours else 0
        rows = [_post(post) for post in posts[start : start + size]]
        headers = (("X-WP-Total", str(len(posts))), ("X-WP-TotalPages", str(self.says or pages))) if self.counts else ()
        return page(url, json.dumps(rows), headers=headers if "page" in self.honours else ())

    def _categories(self, url: str, query: dict[str, str]) -> Page:
        rows = [dict(zip(("id", "name", "slug", "parent"), row, strict=True)) for row in CATEGORIES]
        return page(url, json.dumps(rows), headers=(("X-WP-TotalPages", "1"),))


def _numbered(rows: bytes) -> bytes:
    return json.dumps({str(place * 2): row for place, row in enumerate(json.loads(rows))}).encode()


def _post(post: tuple[int, int, datetime, bool]) -> dict[str, Any]:
    id_, _, moment, protected = post
    return {
        "id": id_,
        "link": f"{SITE}/post-{id_}/",
        "guid": {"rendered": f"{SITE}/?p={id_}"},
        "title": {"rendered": f"Post number {id_}"},
        "date_gmt": moment.strftime("%Y-%m-%dT%H:%M:%S"),
        "modified_gmt": moment.strftime("%Y-%m-%dT%H:%M:%S"),
        "content": {"rendered": "" if protected else "<p>Text</p>", "protected": protected},
        "_embedded": {"author": [{"name": "Ann"} if id_ % 2 else {"code": "rest_user_cannot_view", "message": "no"}]},
    }


def blog(tmp_path: Path, count: int, **how: Any) -> tuple[Past, Blog]:
    past = Past(tmp_path, {})
    past.fetcher = Blog(count, **how)
    return past, past.fetcher


def lists(past: Past) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(url).query) for url in past.asked if "/posts" in url]


@pytest.mark.parametrize("name", ["North America", "north-america", "NORTH america"])
def test_a_category_by_name_or_slug_with_its_sub_categories(tmp_path: Path, name: str) -> None:
    past, _ = blog(tmp_path, 7, size=3)
    done = past.backfill("wordpress", f"{SITE}/", category=name)
    assert (done.finished, done.counts) == (True, {"new": 7})
    assert past.urls() == [f"{SITE}/post-{n}/" for n in range(7, 0, -1)]
    assert "category North America with 1 sub-categories" in past.notes[0]
    asked = lists(past)
    assert [one["page"] for one in asked] == [["1"], ["2"], ["3"]]
    assert {one["categories"][0] for one in asked} == {"2,3"}
    assert past.rows("SELECT DISTINCT categories FROM articles") == [(json.dumps([name]),)]
    assert past.rows("SELECT authors FROM articles WHERE url LIKE '%/post-7/'")
    assert past.backfill("wordpress", f"{SITE}/", category=name).idle
    assert past.asked == []


def test_categories_are_read_to_the_end_where_a_proxy_takes_their_number_away(tmp_path: Path) -> None:
    past, site = blog(tmp_path, 4)
    rows = [{"id": n, "name": f"C{n}", "slug": f"c{n}", "parent": 1 if n == 140 else 0} for n in range(1, 151)]
    for number in (1, 2, 3):
        some = json.dumps(rows[(number - 1) * 100 : number * 100])
        address = endpoint(API, "categories", {"per_page": 100, "page": number, "_fields": "id,name,slug,parent"})
        site.answers[address] = page(address, some)
    past.backfill("wordpress", f"{SITE}/", category="C1")
    assert lists(past)[0]["categories"] == ["1,140"]


@pytest.mark.parametrize(
    "address",
    ["category/north-america/", "wp-json/wp/v2/categories/2", "wp-json/wp/v2/posts?per_page=5&categories=2"],
)
def test_the_address_of_a_category_is_a_choice_too(tmp_path: Path, address: str) -> None:
    past, _ = blog(tmp_path, 4)
    past.backfill("wordpress", f"{SITE}/{address}")
    assert lists(past)[0]["categories"] == ["2,3"]


@pytest.mark.parametrize(("entry", "asked"), [("tags/18", ("tags", "18")), ("users/3", ("author", "3"))])
def test_the_page_of_a_tag_or_an_author_is_a_choice_too(tmp_path: Path, entry: str, asked: tuple[str, str]) -> None:
    past, site = blog(tmp_path, 4)
    where = f"{SITE}/some/page/"
    api, own = f'<{API}>; rel="https://api.w.org/"', f'<{API}wp/v2/{entry}>; rel="alternate"; type="application/json"'
    site.answers[where] = page(where, "<html>News</html>", headers=(("Link", api), ("Link", own)))
    past.backfill("wordpress", where)
    assert lists(past)[0][asked[0]] == [asked[1]]


def test_the_markup_of_a_category_page_names_it_where_its_headers_are_taken_away(tmp_path: Path) -> None:
    past, site = blog(tmp_path, 4)
    where = f"{SITE}/topics/north-america/"
    head = f'<link rel="https://api.w.org/" href="{API}"><link rel="alternate" type="application/json" href="{API}'
    site.answers[where] = page(where, f'<html><head>{head}wp/v2/categories/2"></head><body>News</body></html>')
    past.backfill("wordpress", where)
    assert lists(past)[0]["categories"] == ["2,3"]


@pytest.mark.parametrize("name", ["Übersee", "U\u0308bersee", "k%C3%B6ln", "KÖLN"])
def test_a_category_has_its_name_in_any_spelling(tmp_path: Path, name: str) -> None:
    past, site = blog(tmp_path, 4)
    address = endpoint(API, "categories", {"per_page": 100, "page": 1, "_fields": "id,name,slug,parent"})
    rows = [{"id": 2, "name": "Übersee", "slug": "k%c3%b6ln", "parent": 0}]
    site.answers[address] = page(address, json.dumps(rows), headers=(("X-WP-TotalPages", "1"),))
    past.backfill("wordpress", f"{SITE}/", category=name)
    assert lists(past)[0]["categories"] == ["2"]


@pytest.mark.parametrize(
    ("root", "address"),
    [
        ("wp-json/", "wp-json/wp/v2/posts?page=1"),
        ("wp-json/?lang=de", "wp-json/wp/v2/posts?lang=de&page=1"),
        ("?rest_route=/", "?rest_route=/wp/v2/posts&page=1"),
        ("index.php?rest_route=/&lang=de", "index.php?rest_route=/wp/v2/posts&lang=de&page=1"),
    ],
)
def test_the_root_of_an_api_may_be_or_have_a_parameter(root: str, address: str) -> None:
    assert endpoint(f"{SITE}/{root}", "posts", {"page": 1}) == f"{SITE}/{address}"


def test_a_category_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    past, _ = blog(tmp_path, 4)
    done = past.backfill("wordpress", f"{SITE}/", category="Asia")
    assert done.failed
    assert done.reason.endswith("no category is called 'Asia'; there are: Canada, North America, Sport, World")


def test_days_are_asked_for_with_their_zone(tmp_path: Path) -> None:
    past, _ = blog(tmp_path, 9)
    past.backfill("wordpress", f"{SITE}/", since=date(2024, 5, 4), until=date(2024, 5, 6))
    assert sorted(past.urls()) == [f"{SITE}/post-{n}/" for n in (3, 4, 5)]
    [asked] = lists(past)
    assert (asked["after"], asked["before"]) == (["2024-05-03T23:59:59Z"], ["2024-05-07T00:00:00Z"])


def test_protected_posts_are_recorded_and_not_asked_for(tmp_path: Path) -> None:
    past, site = blog(tmp_path, 3)
    site.posts[1] = (*site.posts[1][:3], True)
    assert past.backfill("wordpress", f"{SITE}/").counts == {"new": 2, "skipped": 1}
    assert f"{SITE}/post-2/" not in past.asked
    assert [report.reason for report in past.ear.articles if report.outcome == "skipped"] == ["behind a password"]


@pytest.mark.parametrize("honours", [("page", "before"), ("page",), ()])
def test_posts_published_meanwhile_shift_nothing_and_odd_servers_end(tmp_path: Path, honours: tuple[str, ...]) -> None:
    past, site = blog(tmp_path, 8, size=3, honours=honours)
    past.backfill("wordpress", f"{SITE}/", limit=3)
    site.posts.append((99, 2, datetime(2024, 6, 1, tzinfo=UTC), False))
    assert past.backfill("wordpress", f"{SITE}/").finished
    asked = [url for url in past.asked if "/post-" in url]
    assert len(asked) == len(set(asked))
    assert len(asked) >= (8 if honours else 3)


def test_posts_taken_away_meanwhile_make_no_hole(tmp_path: Path) -> None:
    past, site = blog(tmp_path, 9, size=3)
    past.backfill("wordpress", f"{SITE}/", limit=3)
    del site.posts[-2:]  # two that stood on the first page
    past.backfill("wordpress", f"{SITE}/")
    assert len(past.urls()) == 9


def test_many_posts_taken_away_meanwhile_make_no_hole(tmp_path: Path) -> None:
    past, site = blog(tmp_path, 12, size=3)
    past.backfill("wordpress", f"{SITE}/", limit=6)
    del site.posts[-5:]
    past.backfill("wordpress", f"{SITE}/")
    assert len(past.urls()) == 6 + 6


@pytest.mark.parametrize("honours", [("page", "before"), ("page",)])
@pytest.mark.parametrize("size", [20, 7])
def test_posts_of_one_second_at_the_edge_of_a_page_are_all_found(
    tmp_path: Path, honours: tuple[str, ...], size: int
) -> None:
    past, site = blog(tmp_path, 60, size=size, honours=honours)
    second = site.posts[30][2]
    site.posts[5:50] = [(id_, category, second, locked) for id_, category, _, locked in site.posts[5:50]]
    past.backfill("wordpress", f"{SITE}/", limit=15)
    done = past.backfill("wordpress", f"{SITE}/")
    assert (done.finished, done.counts) == (True, {"new": 45})
    pages = [url for url in past.asked if "/post-" in url]
    assert len(pages) == len(set(pages)) == 60
    assert [note for note in past.notes if "read again, by number" in note] == past.notes[-1:]


def test_posts_of_one_second_that_stay_in_their_order_are_listed_once(tmp_path: Path) -> None:
    past, site = blog(tmp_path, 12, size=3)
    second = site.posts[6][2]
    site.posts[3:9] = [(id_, category, second, locked) for id_, category, _, locked in site.posts[3:9]]
    site.chance.shuffle = lambda posts: None  # type: ignore[method-assign,assignment]
    assert past.backfill("wordpress", f"{SITE}/").counts == {"new": 12}
    assert len(lists(past)) == 4


@pytest.mark.parametrize("how", [{"refuses_days": True}, {"honours": ("page",)}])
def test_a_server_that_heeds_no_days_is_looked_through_as_far_as_needed_and_told_of_once(
    tmp_path: Path, how: dict[str, Any]
) -> None:
    past, _ = blog(tmp_path, 30, size=5, **how)
    days: dict[str, Any] = {"since": date(2024, 5, 16), "until": date(2024, 5, 20)}
    assert past.backfill("wordpress", f"{SITE}/", limit=2, **days).counts == {"new": 2}
    assert past.backfill("wordpress", f"{SITE}/", **days).finished
    assert sorted(past.urls()) == [f"{SITE}/post-{n}/" for n in range(15, 20)]
    told = f"{API}: it heeds no days, and all its posts are looked through"
    assert [note for note in past.notes if "days" in note] == [told]
    accepted = [one for one in lists(past) if "before" not in one]
    assert len(accepted) <= 5


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("size", [100, 5])
def test_a_server_that_rejects_days_from_its_second_page_on_hides_no_post(
    tmp_path: Path, size: int, counts: bool
) -> None:
    past, _ = blog(tmp_path, 130, size=size, refuses_days=True, counts=counts)
    done = past.backfill("wordpress", f"{SITE}/")
    assert (done.finished, done.counts) == (True, {"new": 130})
    assert len([note for note in past.notes if "heeds no days" in note]) == 1


@pytest.mark.parametrize(("least", "sizes"), [(100, [100, 50]), (21, [100, 50, 10])])
def test_a_host_that_refuses_large_pages_is_asked_for_smaller_ones(
    tmp_path: Path, least: int, sizes: list[int]
) -> None:
    past, _ = blog(tmp_path, 23, refuses=(least, 400))
    done = past.backfill("wordpress", f"{SITE}/", category="North America")
    assert (done.finished, done.counts) == (True, {"new": 23})
    asked = past.asked
    assert len(asked) == len(set(asked))
    posts = [parse_qs(urlsplit(url).query) for url in asked if "/posts" in url]
    assert [int(one["per_page"][0]) for one in posts][: len(sizes)] == sizes
    assert "content" in posts[-1]["_fields"][0].split(",")


@pytest.mark.parametrize("status", [500, 503, None])
def test_a_host_that_comes_to_harm_by_large_pages_gives_smaller_ones_from_the_same_place_on(
    tmp_path: Path, status: int | None
) -> None:
    past, site = blog(tmp_path, 230)
    past.backfill("wordpress", f"{SITE}/", limit=100)
    site.refuses = (20, status)
    assert past.backfill("wordpress", f"{SITE}/").finished
    assert sorted(past.urls()) == sorted(f"{SITE}/post-{n}/" for n in range(1, 231))
    asked = [one["page"][0] for one in lists(past) if one["per_page"] == ["10"]]
    assert asked == [str(number) for number in range(11, 24)]


def test_a_page_that_is_refused_before_the_last_one_is_not_taken_for_the_end(tmp_path: Path) -> None:
    past, site = blog(tmp_path, 230)
    past.backfill("wordpress", f"{SITE}/", limit=100)
    site.refuses = (100, 400)
    assert past.backfill("wordpress", f"{SITE}/").finished
    assert len(past.urls()) == 230


def test_a_site_that_is_down_is_not_asked_without_end(tmp_path: Path) -> None:
    past, _ = blog(tmp_path, 3, refuses=(1, 500))
    done = past.backfill("wordpress", f"{SITE}/")
    assert (done.failed, done.reason) == (True, f"{API}wp/v2/posts, page 1: the server answered 500")
    asked = lists(past)
    assert len(asked) == 4 * 3
    assert "_embed" not in asked[-1]


@pytest.mark.parametrize(
    "prints",
    [
        ("\ufeff", ""),
        ("<br />\n<b>Notice</b>:  Undefined index: x in <b>/srv/a.php</b> on line <b>12</b><br />\n", ""),
        ("\nWarning: foo() [function.foo]: failed in /srv/a.php on line 3\n", "\n<!-- served from a cache -->"),
        ("<!-- a plug-in [1] -->\n", ""),
    ],
)
def test_what_a_plug_in_prints_around_the_json_costs_nothing(tmp_path: Path, prints: tuple[str, str]) -> None:
    past, _ = blog(tmp_path, 7, prints=prints)
    done = past.backfill("wordpress", f"{SITE}/", category="North America")
    assert (done.finished, done.counts) == (True, {"new": 7})
    assert len(lists(past)) == 1


def test_a_list_that_a_plug_in_has_taken_something_out_of_is_read(tmp_path: Path) -> None:
    past, _ = blog(tmp_path, 7, size=3, numbered=True)
    assert past.backfill("wordpress", f"{SITE}/").counts == {"new": 7}


def test_a_site_that_stops_before_its_last_post_is_told_of(tmp_path: Path) -> None:
    past, site = blog(tmp_path, 130)
    first = past.backfill("wordpress", f"{SITE}/", limit=100)
    assert first.new == 100
    site.refuses = (1, 400)
    assert past.backfill("wordpress", f"{SITE}/").finished
    assert past.notes[-1] == f"{API}: of its 130 posts it shows 100 and no more"


def test_an_api_that_no_page_names_is_known_behind_what_a_plug_in_prints(tmp_path: Path) -> None:
    home = f"{SITE}/blog/"
    types = endpoint(f"{home}wp-json/", "types", {"_fields": "slug"})
    answers = {
        home: page(home, "<html>News</html>"),
        types: page(types, '\ufeff\nNotice: x in /a.php on line 1\n{"a":{}}'),
    }
    past = Past(tmp_path, answers)
    past.backfill("wordpress", home)
    assert past.notes == [f"WordPress at {home}wp-json/: all posts"]


def test_changes_since_the_last_time_alone_are_asked_for_again(tmp_path: Path) -> None:
    past, _ = blog(tmp_path, 3)
    past.backfill("wordpress", f"{SITE}/")
    past.backfill("wordpress", f"{SITE}/", again=True, changed=datetime(2024, 6, 1, tzinfo=UTC))
    assert "2024-06-01T00:00:00Z" in [one["modified_after"][0] for one in lists(past) if "modified_after" in one]


def test_a_post_that_waited_for_its_hour_is_found_though_it_was_changed_last_before(tmp_path: Path) -> None:
    past, site = blog(tmp_path, 250, honours=("page", "before", "after", "modified_after"))
    past.backfill("wordpress", f"{SITE}/")
    began = datetime(2025, 2, 1, tzinfo=UTC)
    site.posts += [(999, 2, began + timedelta(days=2), False), (998, 2, began + timedelta(days=1), False)]
    site.edited |= {999: began - timedelta(days=9)} | dict.fromkeys(range(1, 121), began + timedelta(days=1))
    past.asked  # noqa: B018
    assert past.backfill("wordpress", f"{SITE}/", again=True, changed=began, limit=1).new == 1
    assert past.backfill("wordpress", f"{SITE}/").counts == {"new": 1}
    assert [(*one.get("modified_after", ()), *one["page"]) for one in lists(past)] == [
        ("2025-02-01T00:00:00Z", "1"), ("2025-02-01T00:00:00Z", "2"), ("1",),
    ]  # fmt: skip


def test_of_two_numbers_that_contradict_each_other_the_greater_is_believed(tmp_path: Path) -> None:
    past, _ = blog(tmp_path, 250, says=1)
    done = past.backfill("wordpress", f"{SITE}/")
    assert (done.finished, len(past.urls()), len(lists(past))) == (True, 250, 3)


def test_a_site_without_the_api_says_what_else_there_is(tmp_path: Path) -> None:
    past = Past(tmp_path, {f"{SITE}/": page(f"{SITE}/", "<html>News</html>")})
    assert "try `backfill sitemap` or `backfill feed`" in past.backfill("wordpress", f"{SITE}/").reason


def test_a_blog_in_a_folder_that_does_not_name_its_api(tmp_path: Path) -> None:
    home = f"{SITE}/blog/"
    types = endpoint(f"{home}wp-json/", "types", {"_fields": "slug"})
    past = Past(tmp_path, {home: page(home, "<html>News</html>"), types: page(types, "{}")})
    past.backfill("wordpress", home)
    assert past.notes == [f"WordPress at {home}wp-json/: all posts"]


def rss(site: Blog) -> str:
    items = "".join(
        f"<item><title>{id_}</title><link>{SITE}/post-{id_}/</link><pubDate>{format_datetime(moment)}</pubDate></item>"
        for id_, _, moment, _ in site.posts[:-11:-1]
    )
    return f'<rss version="2.0"><channel><title>x</title><generator>https://wordpress.org</generator>{items}</channel></rss>'


def explored(fetcher: ScriptedFetcher, address: str = f"{SITE}/", **wanted: Any) -> list[tuple[str, bool, int | None]]:
    """(source, whether it covers, listings) of what may be used, in order."""

    async def go() -> list[tuple[str, bool, int | None]]:
        workers = Workers(ExtractSettings(workers=1))
        try:
            offers = await explore(
                Plan(source="auto", address=address, **wanted), Tools(fetcher=fetcher, workers=workers)
            )
        finally:
            await workers.close()
        assert len(offers) == 3
        assert all(offer.words for offer in offers)
        return [(offer.source, offer.covers, offer.listings) for offer in usable(offers)]

    return asyncio.run(go())


def test_auto_takes_the_cheapest_that_covers_the_days() -> None:
    site = Blog(250)
    feed = f"{SITE}/category/north-america/feed/"
    site.answers[feed] = page(feed, rss(site))
    ways = explored(site, category="North America")
    assert ways == [("wordpress", True, 3), ("feed", True, 26)]
    newest = site.posts[-3][2].date()
    assert explored(site, category="North America", since=newest)[0] in [("wordpress", True, 1), ("feed", True, 1)]


def test_auto_takes_no_feed_of_the_whole_site_for_that_of_a_category() -> None:
    guess = f"{SITE}/category/north-america/feed/"
    front = f'<html><link rel=alternate type="application/rss+xml" href="{SITE}/feed/">News</html>'
    whole = page(f"{SITE}/feed/", rss(Blog(20)))
    closed = ScriptedFetcher({guess: page(guess, front), f"{SITE}/": page(f"{SITE}/", front), f"{SITE}/feed/": whole})
    assert explored(closed, category="North America") == []
    in_folder = f"{SITE}/blog/category/travel-food/feed/"
    found = explored(
        ScriptedFetcher({in_folder: page(in_folder, rss(Blog(20)))}), f"{SITE}/blog/", category="Travel & Food"
    )
    assert found == [("feed", True, None)]


def test_auto_asks_the_feed_of_a_part_before_the_posts_of_the_whole() -> None:
    site = Blog(250)
    where, part = f"{SITE}/news/", f"{SITE}/news/feed/"
    link = f'<link rel="https://api.w.org/" href="{API}">'
    site.answers |= {where: page(where, f"<html>{link}News</html>"), part: page(part, rss(Blog(20)))}
    assert [name for name, *_ in explored(site, where)] == ["feed", "wordpress"]
    assert [name for name, *_ in explored(site, f"{SITE}/")] == ["wordpress"]


def test_auto_asks_the_feed_of_a_part_before_the_sitemap_of_the_whole() -> None:
    part, where = f"{SITE}/category/world/feed/", f"{SITE}/sitemap.xml"
    listed = f"<urlset><url><loc>{SITE}/post-1/</loc></url></urlset>"
    site = ScriptedFetcher({part: page(part, rss(Blog(20))), where: page(where, listed)})
    assert explored(site, part) == [("feed", True, None), ("sitemap", True, 1)]


def test_auto_falls_back_on_sitemaps_and_on_what_a_feed_shows() -> None:
    where = f"{SITE}/sitemap.xml"
    listed = f"<urlset><url><loc>{SITE}/post-1/</loc></url></urlset>"
    plain = ScriptedFetcher({where: page(where, listed), f"{SITE}/": page(f"{SITE}/", "<html>News</html>")})
    assert explored(plain) == [("sitemap", True, 1)]
    ghost = f"{SITE}/feed/"
    body = rss(Blog(20)).replace("https://wordpress.org", "Ghost 5")
    assert explored(ScriptedFetcher({f"{SITE}/": page(f"{SITE}/", "<html></html>"), ghost: page(ghost, body)})) == [
        ("feed", False, None)
    ]
    assert explored(ScriptedFetcher({})) == []
