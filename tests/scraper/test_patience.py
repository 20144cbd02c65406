"""A site that wants to be left alone is waited for a moment; for longer, the rest of its articles waits in silence."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from scraper.fetch import Away, FetchError
from scraper.patience import Patient
from storage.records import Page, Validators
from tests.fakes import NOW, ScriptedFetcher, page
from tests.scraper.past import SITE, Past, story

OTHER = "https://other.example/story"


class Busy(ScriptedFetcher):
    """A network one of whose sites wants to be left alone for so many seconds; `asked`: and says so itself."""

    def __init__(self, seconds: float, *, asked: bool = False) -> None:
        super().__init__({OTHER: story("/story")[1]})
        self.until = NOW + timedelta(seconds=seconds)
        self.now = NOW
        self.says = asked

    async def get(self, url: str, validators: Validators | None = None, *, robots: bool = True, most: int = 0) -> Page:
        if not url.startswith(SITE) or self.now >= self.until:
            return await super().get(url, validators, robots=robots)
        self.asked.append(url)
        raise FetchError("the host asked to wait", asked=self.says, retry_at=self.until)

    async def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.mark.parametrize("asked", [False, True])
def test_a_short_wait_is_waited_for(asked: bool) -> None:
    busy = Busy(90, asked=asked)
    busy.answers = {f"{SITE}/one": page(f"{SITE}/one", "One")}
    patient = Patient(busy, clock=lambda: busy.now, pause=busy.pause)
    assert asyncio.run(patient.get(f"{SITE}/one")).body == b"One"


def test_a_long_one_is_not_and_the_host_is_asked_again_when_it_is_over() -> None:
    busy = Busy(3600)
    busy.answers = {f"{SITE}/one": page(f"{SITE}/one", "One")}
    patient = Patient(busy, clock=lambda: busy.now, pause=busy.pause)
    for error in (FetchError, Away, Away):
        with pytest.raises(error):
            asyncio.run(patient.get(f"{SITE}/one"))
    assert busy.asked == [f"{SITE}/one"]
    asyncio.run(busy.pause(3600))
    assert asyncio.run(patient.get(f"{SITE}/one")).body == b"One"


def test_a_backfill_tells_it_once_goes_on_with_other_sites_and_leaves_the_rest_for_the_next_call(
    tmp_path: Path,
) -> None:
    paths = [f"/story-{n}" for n in range(250)]
    (tmp_path / "list.txt").write_text("\n".join([*(SITE + path for path in paths), OTHER]))
    past = Past(tmp_path, {})
    past.fetcher = Busy(7200)
    for new in (1, 0):
        done = past.backfill("urls", str(tmp_path / "list.txt"))
        assert (done.finished, done.left) == (True, 250)
        assert done.counts == ({"failed": 1, "new": new} if new else {"failed": 1})
        assert {one.reason for one in past.ear.articles if one.outcome == "failed"} == {"the host asked to wait"}
    past.fetcher = ScriptedFetcher(dict(map(story, paths[:3])))
    done = past.backfill("urls", str(tmp_path / "list.txt"))
    assert (done.finished, done.left, done.counts["new"]) == (True, 0, 3)


def test_a_site_that_wants_to_be_left_alone_is_not_asked_for_each_of_its_sitemaps(tmp_path: Path) -> None:
    maps = [f"{SITE}/sitemap-{n}.xml" for n in range(5)]
    index = "".join(f"<sitemap><loc>{one}</loc></sitemap>" for one in maps)
    away = FetchError("the host asked to wait", asked=False, retry_at=NOW + timedelta(hours=1))
    listed = {f"{SITE}/sitemap.xml": page(f"{SITE}/sitemap.xml", f"<sitemapindex>{index}</sitemapindex>")}
    past = Past(tmp_path, listed | dict.fromkeys(maps, away))
    done = past.backfill("sitemap", f"{SITE}/sitemap.xml")
    assert (done.failed, done.reason, past.notes) == (True, f"{maps[-1]}: the host asked to wait", [])
    past.fetcher = ScriptedFetcher({one: page(one, f"<urlset><url><loc>{SITE}/a</loc></url></urlset>") for one in maps})
    assert past.backfill("sitemap", f"{SITE}/sitemap.xml").finished
    assert past.asked.count(f"{SITE}/a") == 1
    assert len(past.notes) == 0
