"""The name of the site that an address belongs to, as views, exports and parts have it. Pure."""

from functools import lru_cache
from urllib.parse import urlsplit


@lru_cache(maxsize=1024)  # asked eight times an article
def site_of(url: str) -> str:
    """The name of an address's site: its host without what only tells the form of its pages."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    for mark in ("www.", "m.", "amp.", "mobile."):
        host = host.removeprefix(mark)
    # Two servers on one address (a laboratory) are two sites.
    return f"{host}:{parts.port}" if parts.port else host
