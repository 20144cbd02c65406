"""The article that a person means by an id or by any address it was ever seen under."""

from scraper.urls import canonical
from storage.archive import Library
from storage.records import ArticleRow


def article_of(library: Library, reference: str) -> ArticleRow | None:
    """The article, or None."""
    spellings = (one for url in spelled(reference) for one in (url, canonical(url)))
    return next(filter(None, map(library.article, spellings)), None)


def spelled(reference: str) -> tuple[str, ...]:
    """The addresses that may be meant: browsers show, and people paste, them without their scheme. Pure."""
    return (reference,) if "://" in reference else (reference, f"https://{reference}", f"http://{reference}")
