"""The article that a person means by an id or by any address it was ever seen under."""

from urllib.parse import urlsplit

from scraper.urls import canonical
from storage.archive import Library
from storage.records import ArticleRow


def article_of(library: Library, reference: str) -> ArticleRow | None:
    """The article, or None."""
    spellings = (one for url in spelled(reference) for one in (url, canonical(url)))
    return next(filter(None, map(library.article, spellings)), None)


def spelled(reference: str) -> tuple[str, ...]:
    """The addresses that may be meant, the likeliest first. Pure.

    Browsers show, and people type, them without their scheme, without `www.` and without the slash at their end.
    """
    given = (reference,) if "://" in reference else (reference, f"https://{reference}", f"http://{reference}")
    return (*given, *(twin for url in given[-2:] for twin in _twins(url)))


def _twins(url: str) -> list[str]:
    """The address with and without `www.` and a slash at its end."""
    try:
        parts = urlsplit(canonical(url))
    except ValueError:
        return []
    hosts, paths = (parts.netloc.removeprefix("www."), f"www.{parts.netloc}"), (parts.path, parts.path.rstrip("/"))
    return [parts._replace(netloc=host, path=path).geturl() for host in hosts for path in (*paths, f"{paths[1]}/")]
