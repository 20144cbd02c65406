"""Why an address was not archived, and whether and when it is tried again. Pure: what came about in, a Failure out."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from scraper.backoff import GIVE_UP_AFTER, next_try, trouble_of
from scraper.fetch import FetchError
from scraper.workers import Refused
from storage.records import Failure, Page, Pending

HOME = "the home page"
_NO_SUCH_PAGE = (404, 410)
_TURNED_AWAY_TRIES = 4  # in two days: a firewall's mood may take that long to pass, and is not bettered by asking
# What says nothing about the article, and may be gone tomorrow.
_TURNED_AWAY = ("a challenge page", "a consent page", "an error page")
_POISON_TRIES = 2  # a page that twice brought a worker to grief is left alone until its feed says that it changed
_INSTEAD = ("a soft 404", HOME)  # what stands where an article was withdrawn,
_INSTEAD_ELSEWHERE = ("a list of articles",)  # and what it then leads to


class Attempt(NamedTuple):
    """A try of an address that came to nothing.

    `chances`: tries of a page that is missing or no article before it is settled.
    """

    pending: Pending
    chances: int
    now: datetime

    def not_fetched(self, error: FetchError) -> Failure:
        """No page came."""
        if not error.asked:
            due = error.retry_at or next_try(1, self.now)
            return Failure(reason=error.reason, at=self.now, asked=False, next_try=due)
        missing = error.status in _NO_SUCH_PAGE
        gone = missing and self.pending.known
        turned_away = trouble_of(error.status) == "client error"
        settled = self._is_settled(self.chances if missing else GIVE_UP_AFTER, turned_away=turned_away)
        final = error.final or gone or settled
        return Failure(
            reason=error.reason,
            at=self.now,
            final=final,
            status=error.status,
            skipped=error.skipped,
            gone=gone,
            next_try=self._next_try(error.retry_at, final=final, turned_away=turned_away),
        )

    def unread(self, error: Refused, page: Page | None) -> Failure:
        """The page could not be read."""
        final = error.final or self._tries >= (min(_POISON_TRIES, self.chances) if error.killed else self.chances)
        return Failure(
            reason=error.reason,
            at=self.now,
            final=final,
            status=page.status if page else None,
            page=page,
            next_try=self._next_try(final=final),
        )

    def no_article(self, kind: str, page: Page, notice: str = "") -> Failure:
        """Something else stands there; `notice`: what it says of an article that was taken away."""
        moved = page.final_url != page.url
        # Where an article stood, a login or a consent page says nothing about it.
        instead = bool(notice) or kind in _INSTEAD or (moved and kind in _INSTEAD_ELSEWHERE)
        gone = self.pending.known and instead
        turned_away = kind in _TURNED_AWAY and not notice
        final = gone or self._is_settled(self.chances, turned_away=turned_away)
        return Failure(
            reason=(notice or f"{kind} stands in its place") if gone else f"not an article: {kind}",
            at=self.now,
            final=final,
            status=page.status,
            skipped=True,
            gone=gone,
            page=page,
            next_try=self._next_try(final=final, turned_away=turned_away),
        )

    def led_elsewhere(self, page: Page) -> Failure:
        """For now, it is as if the site were down: RFC 9110, 15.4.3, has the address itself asked again.

        For good, the article is gone, as most often it is: its address leads to a section or to another story.
        """
        if page.permanent:
            reason = f"its address leads elsewhere: {page.final_url[:200]} tells another story"
            return Failure(
                reason=reason, at=self.now, final=True, status=page.status, skipped=True, gone=True, page=page
            )
        error = FetchError(f"led elsewhere for now: {page.final_url[:200]} tells another story", status=page.status)
        return msgspec.structs.replace(self.not_fetched(error), page=page)

    def declined(self, why: str, page: Page) -> Failure:
        """The article is not among those that are wanted."""
        return Failure(reason=why, at=self.now, final=True, status=page.status, skipped=True, outside=True, page=page)

    @property
    def _tries(self) -> int:
        return self.pending.tries + 1

    def _is_settled(self, chances: int, *, turned_away: bool) -> bool:
        """Whether it is not tried again. Who is turned away from what is known comes by again anyway."""
        if turned_away:
            return self.pending.known or self._tries >= _TURNED_AWAY_TRIES
        return self._tries >= chances

    def _next_try(self, retry_at: datetime | None = None, *, final: bool, turned_away: bool = False) -> datetime | None:
        tries = self._tries + (GIVE_UP_AFTER - _TURNED_AWAY_TRIES if turned_away else 0)
        return None if final else next_try(tries, self.now, retry_at)


def may_stray(pending: Pending, page: Page) -> bool:
    """Whether a redirect may have led to another story.

    Of what is not archived yet, only one for now; and what leads there for three days is what there is.
    """
    led = page.final_url != page.url and page.via == "live"
    return led and (pending.article is not None or (page.detour and pending.tries + 1 < GIVE_UP_AFTER))
