"""Where feeds usually stand, for a site that does not say it."""

from scraper.urls import absolute, origin


def guesses(url: str) -> list[str]:
    """Common addresses of a feed for this page, likeliest first; none of them is known to exist."""
    page = absolute(url, "").partition("#")[0].partition("?")[0]
    if not page:
        return []
    here, root = page.rstrip("/"), origin(page)
    places = [here] if here == root else [here, root]
    paths = ("/feed/", "/rss/", "/index.xml", "/feed.xml", "/rss.xml", "/atom.xml", "/feed.json")
    tried = [place + path for place in places for path in paths]
    return list(dict.fromkeys([*tried, f"{root}/feeds/all.atom.xml", f"{root}/?feed=rss2"]))
