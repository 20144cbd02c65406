"""What a page says of what others may do with it: to index it, to mine it, to train on it.

Read are the robots meta element and its HTTP header X-Robots-Tag, the TDM Reservation Protocol (W3C community report of
2024: `tdm-reservation`, `tdm-policy`, as header or meta element), and, handed in, for which AI crawlers robots.txt
forbids the page. They are recorded, not obeyed: none of them forbids to keep a page.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from scraper.urls import absolute
from storage.records import Page, Rights

# The names under which a robots meta element speaks to everybody, or to one crawler that many sites single out.
_SINGLED_OUT = ("googlebot", "googlebot-news", "bingbot", "gptbot", "ccbot", "google-extended", "claudebot")
_VALUED = ("max-snippet", "max-image-preview", "max-video-preview", "unavailable_after")
_AGENT = re.compile(r"\s*([\w*-]{1,40})\s*:(.*)", re.DOTALL)
_MOST, _LONGEST = 40, 100


def rights_of(meta: Mapping[str, Sequence[str]], page: Page) -> Rights:
    """The signals of a page, from its meta elements (by lower-case name) and its headers. Pure; never raises."""
    said = [*_directives("", meta.get("robots", ()))]
    for agent in _SINGLED_OUT:
        said += _directives(agent, meta.get(agent, ()))
    said += _directives("", [value for name, value in page.headers if name.lower() == "x-robots-tag"])
    reserved = [page.header("tdm-reservation"), *meta.get("tdm-reservation", ())]
    policies = [page.header("tdm-policy"), *meta.get("tdm-policy", ())]
    return Rights(
        robots=tuple(dict.fromkeys(said))[:_MOST],
        tdm_reservation=next((value.strip() == "1" for value in reserved if value.strip() in ("0", "1")), None),
        tdm_policy=next((url for value in policies if (url := absolute(value, page.final_url))), "")[:1000],
        ai_forbidden=page.ai_forbidden,
    )


def _directives(agent: str, values: Iterable[str]) -> Iterator[str]:
    """Directives in lower case, those for one crawler with its name in front: "noindex", "gptbot: noai"."""
    for value in values:
        whom, rest = agent, value.lower()
        match = _AGENT.fullmatch(rest)
        if match and match[1] not in _VALUED:
            whom, rest = match[1].replace("*", ""), match[2]
        for directive in rest.split(","):
            if word := " ".join(directive.split())[:_LONGEST]:
                yield f"{whom}: {word}" if whom else word
