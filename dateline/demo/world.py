"""What the small news web publishes and when: all of it follows from a seed and the moment asked for."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from dateline.demo.prose import TOPICS, Story, generator

CATEGORIES = tuple(TOPICS)
FORMATS = ("rss", "atom", "rdf", "json")
DESIGNS = ("wordpress", "plain", "semantic")
ENDINGS = {"rss": "feed/", "atom": "atom.xml", "rdf": "index.rdf", "json": "feed.json"}
NAMES = ("Harbour Courier", "Northern Ledger", "Meridian Post", "Valley Observer", "Granite Herald", "Lantern Weekly")
FORBIDDEN = "/private/briefing/"

_PAST_SPACING = timedelta(minutes=20)
# What happens to the articles that appear while the world is watched comes round again after so many of them.
_ROUND = 12
_REPRINT, _EDITED, _WITHDRAWN = 2, 3, 6


@dataclass(frozen=True, slots=True)
class Feed:
    """One category of one site and the format that its feed is written in."""

    site: int
    category: str
    slug: str
    format: str

    @property
    def page(self) -> str:
        """The path of the category's web page."""
        return f"/category/{self.slug}/"

    @property
    def path(self) -> str:
        """The path of the feed itself."""
        return self.page + ENDINGS[self.format]


@dataclass(frozen=True, slots=True)
class Site:
    """One newspaper: its furniture is its design's, its address is known once it is served."""

    index: int
    name: str
    design: str
    base: str
    feeds: tuple[Feed, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it stands at a moment."""

    number: int
    site: int
    path: str
    title: str
    author: str
    published: datetime
    categories: tuple[str, ...]
    paragraphs: tuple[str, ...]
    caption: str
    comments: tuple[str, ...]
    edited: datetime | None = None
    withdrawn: datetime | None = None
    reprint_of: int | None = None

    @property
    def updated(self) -> datetime:
        """When its text last changed."""
        return self.edited or self.published


@dataclass(frozen=True, slots=True)
class Truth:
    """What an archive should hold of one article, and the lines of its page that it must not hold."""

    url: str
    title: str
    paragraphs: tuple[str, ...]
    author: str
    published: datetime
    updated: datetime
    categories: tuple[str, ...]
    site: str
    noise: tuple[str, ...]
    gone: bool
    reprint_of: str | None

    @property
    def date(self) -> str:
        """The moment of publication, ISO 8601 in UTC."""
        return self.published.strftime("%Y-%m-%dT%H:%M:%SZ")


class World:
    """Sites, their category feeds and the articles that appear in them as time goes by."""

    def __init__(  # noqa: PLR0913 - these are the knobs of the play
        self,
        start: datetime,
        seed: int = 1,
        *,
        sites: int = 3,
        feeds_per_site: int = 4,
        initial: int = 24,
        interval: float = 10.0,
        page_bytes: int = 0,
        feed_window: int = 20,
    ):
        if not 1 <= feeds_per_site <= len(CATEGORIES):
            raise ValueError(f"feeds_per_site must be from 1 to {len(CATEGORIES)}, not {feeds_per_site}")
        self.start = start.astimezone(UTC).replace(microsecond=0)
        self.seed = seed
        self.initial = initial
        self.interval = interval
        self.page_bytes = page_bytes
        self.feed_window = feed_window
        self.sites = tuple(_site(index, feeds_per_site) for index in range(sites))
        self._articles: list[Article] = []
        self._by_site: dict[int, list[int]] = {index: [] for index in range(sites)}
        self._changing: list[int] = []
        self._make(initial)

    def settle(self, bases: list[str]) -> None:
        """Tells the sites their addresses, e.g. `http://127.0.0.1:40001`."""
        self.sites = tuple(replace(site, base=base) for site, base in zip(self.sites, bases, strict=True))

    def published_by(self, now: datetime) -> int:
        """How many articles have ever appeared by that moment."""
        if not self.interval or now < self.start:
            return self.initial
        count = self.initial + int((now - self.start).total_seconds() / self.interval)
        self._make(count)
        return count

    def stamp(self, now: datetime) -> int:
        """A number that moves whenever anything is published, edited or withdrawn."""
        count = self.published_by(now)
        changes = [self._articles[number] for number in self._changing if number < count]
        moments = [moment for article in changes for moment in (article.edited, article.withdrawn) if moment]
        return count + sum(moment <= now for moment in moments)

    def article(self, number: int, now: datetime) -> Article | None:
        """That article as it stands; `withdrawn` is set once it is, None before it appears."""
        if not 0 <= number < self.published_by(now):
            return None
        return _as_of(self._articles[number], now, self.seed)

    def articles_at(self, now: datetime) -> list[Article]:
        """Everything that can be read at that moment, oldest first."""
        found = (self.article(number, now) for number in range(self.published_by(now)))
        return [article for article in found if article and not article.withdrawn]

    def site_articles(self, site: int, now: datetime) -> list[Article]:
        """What can be read on one site, newest first."""
        self.published_by(now)
        found = (self.article(number, now) for number in reversed(self._by_site[site]))
        return [article for article in found if article and not article.withdrawn]

    def feed_articles(self, feed: Feed, now: datetime) -> list[Article]:
        """What stands in a feed, newest first; a `feed_window` of 0 leaves nothing out."""
        found = [article for article in self.site_articles(feed.site, now) if feed.category in article.categories]
        return found[: self.feed_window or None]

    def url(self, article: Article) -> str:
        """The canonical address of an article."""
        return self.sites[article.site].base + article.path

    def noise(self, article: Article) -> tuple[str, ...]:
        """The lines of its page that are no part of the article, as a reader sees them."""
        site = self.sites[article.site]
        return (
            article.caption,
            related_line(site, article),
            newsletter_line(site),
            share_line(site),
            "Leave a reply",
            *article.comments,
            f"© {self.start.year} {site.name}. All rights reserved.",
        )

    def truth(self, now: datetime | None = None) -> list[Truth]:
        """What an archive that missed nothing should know by that moment, withdrawn articles included."""
        moment = now or self.start
        found = (self.article(number, moment) for number in range(self.published_by(moment)))
        return [self._truth(article) for article in found if article]

    def _truth(self, article: Article) -> Truth:
        original = None if article.reprint_of is None else self.url(self._articles[article.reprint_of])
        return Truth(
            url=self.url(article),
            title=article.title,
            paragraphs=article.paragraphs,
            author=article.author,
            published=article.published,
            updated=article.updated,
            categories=article.categories,
            site=self.sites[article.site].name,
            noise=self.noise(article),
            gone=article.withdrawn is not None,
            reprint_of=original,
        )

    def _make(self, count: int) -> None:
        while len(self._articles) < count:
            article = self._article(len(self._articles))
            self._articles.append(article)
            self._by_site[article.site].append(article.number)
            if article.edited or article.withdrawn:
                self._changing.append(article.number)

    def _article(self, number: int) -> Article:
        rng = generator(self.seed, "article", number)
        site = self.sites[number % len(self.sites)]
        names = [feed.category for feed in site.feeds]
        # In turn, so that every feed has articles however few there are; some stand in a second feed of the site.
        category = names[number // len(self.sites) % len(names)]
        others = [name for name in names if name != category]
        second = (rng.choice(others),) if others and rng.random() < 0.35 else ()
        story = Story(rng, category)
        title = story.line("title")
        edited, withdrawn = self._fate(number)
        article = Article(
            number=number,
            site=site.index,
            path=_path(site.design, title, number),
            title=title,
            author=story.byline(),
            published=self._published(number),
            categories=(category, *second),
            paragraphs=story.paragraphs(),
            caption=story.line("caption"),
            comments=(story.line("comment"), story.line("comment")),
            edited=edited,
            withdrawn=withdrawn,
        )
        if number - self.initial >= 0 and (number - self.initial) % _ROUND == _REPRINT and len(self.sites) > 1:
            return self._reprint(article, self._articles[number - 1])
        return article

    @staticmethod
    def _reprint(article: Article, original: Article) -> Article:
        return replace(
            article,
            title=original.title,
            author=original.author,
            paragraphs=original.paragraphs,
            reprint_of=original.number,
        )

    def _published(self, number: int) -> datetime:
        if number < self.initial:
            return self.start - _PAST_SPACING * (self.initial - number)
        return self.start + timedelta(seconds=self.interval * (number - self.initial + 1))

    def _fate(self, number: int) -> tuple[datetime | None, datetime | None]:
        """When the article is edited and when it is withdrawn; most never are."""
        if not self.interval:
            return None, None
        step = timedelta(seconds=self.interval)
        if number == self.initial - 1:
            return self.start + 1.5 * step, None
        if number == self.initial - 2:
            return None, self.start + 2.5 * step
        turn = (number - self.initial) % _ROUND if number >= self.initial else None
        edited = self._published(number) + 3.5 * step if turn == _EDITED else None
        return edited, self._published(number) + 4.5 * step if turn == _WITHDRAWN else None


def related_line(site: Site, article: Article) -> str:
    """The line that points from inside the text to the category."""
    feed = next(feed for feed in site.feeds if feed.category == article.categories[0])
    return f"Read more related articles about {feed.category}: {site.base}{feed.page}"


def newsletter_line(site: Site) -> str:
    """The prompt of the newsletter box."""
    return f"Sign up to The {site.name} Briefing and get the day's stories in your inbox every morning."


def share_line(site: Site) -> str:
    """The prompt above the share buttons."""
    return f"Did you like this story? Share it with your friends and follow {site.name} on Facebook."


def slug(text: str) -> str:
    """The text as it stands in an address."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text.lower())
    return "-".join(part for part in kept.split("-") if part)


def _site(index: int, feeds: int) -> Site:
    turn = index // len(NAMES)
    name = f"{NAMES[index % len(NAMES)]} {turn + 1}" if turn else NAMES[index % len(NAMES)]
    chosen = [CATEGORIES[(index * 3 + place) % len(CATEGORIES)] for place in range(feeds)]
    return Site(
        index=index,
        name=name,
        design=DESIGNS[index % len(DESIGNS)],
        base=f"http://{slug(name)}.example",
        feeds=tuple(
            Feed(index, category, slug(category), FORMATS[(index + place) % len(FORMATS)])
            for place, category in enumerate(chosen)
        ),
    )


def _path(design: str, title: str, number: int) -> str:
    # The number ends every address: the server finds the article by it, and equal titles keep apart.
    if design == "wordpress":
        return f"/{slug(title)}-{number}/"
    return f"/stories/{slug(title)}-{number}" + (".html" if design == "plain" else "")


def _as_of(article: Article, now: datetime, seed: int) -> Article:
    edited = article.edited if article.edited and article.edited <= now else None
    withdrawn = article.withdrawn if article.withdrawn and article.withdrawn <= now else None
    if edited:
        return replace(
            article, edited=edited, withdrawn=withdrawn, paragraphs=_rewritten(article.paragraphs, seed, article)
        )
    return replace(article, edited=None, withdrawn=withdrawn) if article.edited or article.withdrawn else article


def _rewritten(paragraphs: tuple[str, ...], seed: int, article: Article) -> tuple[str, ...]:
    return (*paragraphs[:2], _second_thoughts(seed, article.number, article.categories[0]), *paragraphs[3:])


@cache
def _second_thoughts(seed: int, number: int, category: str) -> str:
    return Story(generator(seed, "edit", number), category).paragraph()
