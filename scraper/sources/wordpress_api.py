"""Where the REST API of a WordPress is: as its pages say, else where it usually stands."""

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from scraper.feeds.wordpress import is_object
from scraper.fetch import FetchError
from scraper.sources import SourceError, Tools
from scraper.urls import absolute, origin
from scraper.workers import Refused
from storage.records import Page

_API = "https://api.w.org/"  # the relation by which a WordPress names its API
_ROOT = re.compile(r"^(https?://.*?/wp-json/|https?://.*?[?&]rest_route=/)", re.IGNORECASE)
# What a page or an address is of the API: a category, a tag or an author, or the posts of one.
_PART = re.compile(r"/wp/v2/(?:(categories|tags|users)/|posts/?[?&](?:[^#]*&)?(categories|tags|author)=)(\d+)")
_ROUTE = "rest_route"


async def find_api(address: str, tools: Tools) -> tuple[str, dict[str, int]]:
    """(root of the API, which posts the address is about): by the page's word, else where it usually is.

    Those of the whole site are no choice; one is a parameter of the list of posts and its value, e.g. `tags` and 5.

    Raises FetchError and SourceError.
    """
    named = _ROOT.match(address)
    if named:
        return named[1], _choice(address)
    page = await tools.get(address)
    api = absolute(page.link(_API), page.final_url)
    entry = " ".join(value for name, value in page.headers if name.lower() == "link")
    if not api:
        api, entry = await _linked(page, tools)
    if api:
        return api, _choice(entry)
    homes = dict.fromkeys((urljoin(page.final_url, "./"), f"{origin(page.final_url)}/"))  # it may live in a folder
    for root in (home + usual for home in homes for usual in ("wp-json/", "?rest_route=/")):
        try:
            answer = await tools.get(endpoint(root, "types", {"_fields": "slug"}), robots=True)
        except FetchError:
            continue
        if is_object(answer.body):
            return root, {}
    raise SourceError(f"{address}: no WordPress API is named or found there; try `backfill sitemap` or `backfill feed`")


def endpoint(api: str, name: str, query: dict[str, object]) -> str:
    """The address of a list of the API, whose root may be a parameter (`?rest_route=/`) or have one (`?lang=de`)."""
    parts, route = urlsplit(api), f"wp/v2/{name}"
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    if _ROUTE in given:
        given[_ROUTE] += route
    else:
        parts = parts._replace(path=parts.path + route)
    return parts._replace(query=urlencode(given | query, safe=",:/")).geturl()


def _choice(entry: str) -> dict[str, int]:
    found = _PART.search(entry)
    return {(found[1] or found[2]).replace("users", "author"): int(found[3])} if found else {}


async def _linked(page: Page, tools: Tools) -> tuple[str, str]:
    """(root of the API, what the page is there), as its markup says."""
    try:
        links = await tools.workers.read_links(page.body, page.final_url)
    except Refused:
        return "", ""
    return links.api, links.api_entry
