"""The article that a person means by an id or by any address it was ever seen under."""

from scraper.urls import canonical
from storage.archive import Library
from storage.records import ArticleRow


def article_of(library: Library, reference: str) -> ArticleRow | None:
    """The article, or None."""
    return library.article(reference) or library.article(canonical(reference))
