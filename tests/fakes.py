"""Stand-ins for the world: a scripted network and a listener that remembers."""

from collections.abc import Callable
from datetime import UTC, datetime

from scraper.fetch import FetchError
from scraper.settings import Duration
from storage.records import ArticleReport, FeedReport, Page, Validators

Answer = Page | FetchError | Callable[[Validators | None], Page]

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
# A page, and a limit of processor time for one page that it passes threefold on a fast machine and ordinary ones keep.
ENDLESS = "<html><body>" + "<p>One of very many lines of a page that has no end.</p>" * 280_000
SHORT_OF_ENDLESS = Duration(0.15)
# A page as any; it says its language, for loading the model that would tell it takes about as long.
_LINE = "<p>The bridge opened again on Monday, after years of work.</p>"
GOOD = "<html lang='en'><body><article><h1>A bridge</h1>" + _LINE * 9


def page(url: str, body: bytes | str, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Page:
    """A page as the network would bring it."""
    data = body.encode() if isinstance(body, str) else body
    return Page(url=url, final_url=url, status=status, headers=headers, body=data, fetched=NOW, size=len(data))


class ScriptedFetcher:
    """A Fetcher that answers from a dict and remembers what it was asked for."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def get(self, url: str, validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:
        self.asked.append(url)
        answer = self.answers.get(url, FetchError("404 Not Found", status=404))
        if isinstance(answer, FetchError):
            raise answer
        return answer(validators) if callable(answer) else answer

    async def close(self) -> None:
        pass


class Ear:
    """A Listener that remembers."""

    def __init__(self) -> None:
        self.expected = 0
        self.articles: list[ArticleReport] = []
        self.feeds: list[FeedReport] = []

    def expect(self, articles: int) -> None:
        self.expected += articles

    def article(self, report: ArticleReport) -> None:
        self.articles.append(report)

    def feed(self, report: FeedReport) -> None:
        self.feeds.append(report)
