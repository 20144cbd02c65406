"""JSON Lines: one article a line, under the names of the view `articles` or those of schema.org."""

from typing import IO, Any

import msgspec

from storage.archive import Library
from storage.records import ArticleRow, Query


def export_jsonl(library: Library, query: Query, file: IO[bytes]) -> int:
    """Write them in flat memory; how many there were."""
    count = 0
    for article in library.articles(query):
        file.write(msgspec.json.encode(article) + b"\n")
        count += 1
    return count


def export_schema_org(library: Library, query: Query, file: IO[bytes]) -> int:
    """The same as schema.org's NewsArticle (https://schema.org/NewsArticle), a JSON-LD object a line."""
    count = 0
    for article in library.articles(query):
        file.write(msgspec.json.encode(news_article(article)) + b"\n")
        count += 1
    return count


def news_article(row: ArticleRow) -> dict[str, Any]:
    """An article as NewsArticle; what is not known is left out."""
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "identifier": row.id,
        "url": row.url,
        "mainEntityOfPage": row.url,
        "headline": row.title,
        "description": row.summary,
        "articleBody": row.text,
        "wordCount": row.words,
        "author": [{"@type": "Person", "name": name} for name in row.authors],
        "publisher": {"@type": "Organization", "name": row.site},
        "datePublished": row.published,
        "dateModified": row.modified,
        "inLanguage": row.language,
        "articleSection": list(dict.fromkeys(filter(None, (row.section, *row.categories)))),
        "keywords": list(row.tags),
        "image": row.image,
        "license": row.licence,
        "isAccessibleForFree": {"free": True, "metered": False, "paid": False, "teaser": False}.get(row.access),
    }
    return {name: value for name, value in facts.items() if value not in (None, "", [])}
