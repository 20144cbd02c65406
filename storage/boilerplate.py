"""When a line that a site repeats is no part of its articles, and when a site is no longer what it was; pure."""

from collections.abc import Sequence

LEAST_PAGES = 4
YOUNG = 10  # articles: until then what stood on the first two of them was a guess
USUAL = 0.6  # of a site's articles: a place in which so many stand is where its articles stand,
SURE = 0.85  # as far as the extraction was sure of them
_MOST_OF = 0.5  # of the site's articles: nothing that a newsroom writes stands on half of them
_APART = 0.8  # of its appearances
_FEW_PAGES = 2
_PAST = 20  # articles before a site has a past


def is_boilerplate(pages: int, of: int, apart: int, *, counted: bool = False) -> bool:
    """Whether a line on `pages` of a site's last `of` articles, `apart` from their text on some, is none of theirs.

    `counted`: it holds a number, which may be another one on each page. Newsrooms write such lines, too ("Attendance:
    54,012"), so it must stand on half of the articles and keep standing apart.

    What stands on half of the articles always is. What stands on fewer is if it keeps standing apart; what recurs in
    the midst of the running text (the background of a long story, told again) is content.
    """
    if counted:
        return pages >= LEAST_PAGES and pages >= _MOST_OF * of and apart >= _APART * pages
    if pages >= LEAST_PAGES and pages >= _MOST_OF * of:
        return True
    if pages >= LEAST_PAGES:
        return apart >= _APART * pages
    return pages >= _FEW_PAGES and pages == of and apart == pages


def reason(pages: int, of: int, apart: int, ruling: str, *, boilerplate: bool) -> str:
    """The verdict on a line in words."""
    if ruling:
        return {"ban": "you banned it", "protect": "you protected it"}[ruling]
    share = f"on {pages} of {of} articles, apart from the running text on {apart}"
    return f"boilerplate: {share}" if boilerplate else f"content: {share}"


def layout_alarm(articles: int, usual: Sequence[float], now: Sequence[float]) -> str:
    """What has fallen off a site's own past, in words, or ''.

    `usual`, `now`: score, length in words, and share of title, day and authors found; over long and of late.
    """
    if articles < _PAST:
        return ""
    lows = (usual[0] - 0.15, usual[1] * 0.4, usual[2] - 0.3)
    names = ("score", "length in words", "share of fields found")
    return "; ".join(
        f"{name} fell from {before:.3g} to {after:.3g}"
        for name, before, after, low in zip(names, usual, now, lows, strict=True)
        if after < low
    )
