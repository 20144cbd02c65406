"""Which article a page belongs to: addresses, canonical claims, guids; and what is written down of a visit."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from storage.archive import Archive
from storage.backends import open_archive, open_library
from storage.packing import digest
from storage.records import Article, ArticleRow, Failure, FeedEntry, FeedState, Metadata, Outcome, Page
from storage.sqlite.feeds import taken_out
from tests.fakes import NOW, page

SITE = "https://www.news.example"
MOBILE = "https://m.news.example"
FEED = FeedState(url=f"{SITE}/feed/", category="World", last_polled=NOW)
HOUR = timedelta(hours=1)


def prose(name: str, words: int = 80) -> str:
    return " ".join(f"{name}{n % 37} of{n} the {name} told{n * 7 % 11}" for n in range(words // 4))


def article(url: str, name: str, *, title: str = "", text: str = "", extractor: str = "1") -> Article:
    text = text or prose(name)
    return Article(
        url=url,
        metadata=Metadata(title=title or f"The {name}"),
        text=text,
        markup=f"<p>{text}</p>",
        words=len(text.split()),
        fingerprint=digest(text.encode()),
        extractor=extractor,
    )


def seen(url: str, *, final: str = "", body: str = "", hours: float = 0) -> Page:
    found = page(url, body or f"{url} {hours}")
    return msgspec.structs.replace(found, final_url=final or url, fetched=NOW + hours * HOUR)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "dateline.db")


def use(path: str, work: Callable[[Archive], Awaitable[None]]) -> None:
    async def run() -> None:
        archive = open_archive(path, durable=False)
        try:
            await work(archive)
        finally:
            await archive.close()

    asyncio.run(run())


def find(path: str, reference: str) -> ArticleRow | None:
    with closing(open_library(path)) as library:
        return library.article(reference)


def ids(path: str, *references: str) -> list[int | None]:
    return [row.id if (row := find(path, reference)) else None for reference in references]


def test_a_mobile_page_is_its_desktop_page_by_its_canonical_link(path: str) -> None:
    async def work(archive: Archive) -> None:
        await archive.add(f"{SITE}/bridge/", seen(f"{SITE}/bridge/"), article(f"{SITE}/bridge/", "bridge"))
        short = article(f"{SITE}/bridge/", "bridge", text=prose("bridge", 60))
        kept = await archive.add(f"{MOBILE}/bridge/", seen(f"{MOBILE}/bridge/"), short)
        assert kept.article == 1

    use(path, work)
    assert ids(path, f"{SITE}/bridge/", f"{MOBILE}/bridge/") == [1, 1]


def test_another_form_of_a_page_is_no_edit_of_it_however_often_they_take_turns(path: str) -> None:
    """The AMP form leaves out paragraphs: the text stays that of the page itself, and an edit of that is one."""
    own, amp, mobile = f"{SITE}/bridge/", f"{SITE}/bridge/amp/", f"{MOBILE}/bridge/"
    texts = {own: prose("bridge", 80), amp: prose("bridge", 60), mobile: prose("bridge", 72)}

    async def work(archive: Archive) -> None:
        for turn in range(6):
            outcomes = [
                (await archive.add(url, seen(url, hours=turn), article(own, "bridge", text=text))).outcome
                for url, text in texts.items()
            ]
            first = Outcome.UNCHANGED if turn else Outcome.NEW
            assert outcomes == [first, Outcome.DUPLICATE, Outcome.DUPLICATE]
        due = await archive.visits(NOW + 6 * HOUR, 9)
        assert [visit.url for visit in due] == [own]  # its text differs from the forms': has it changed?
        edited = article(own, "bridge", text=f"{texts[own]} The mayor opened it at noon.")
        kept = await archive.add(own, seen(own, hours=7), edited)
        assert (kept.outcome, kept.reason) == (Outcome.REVISED, "")

    use(path, work)
    assert ids(path, *texts) == [1, 1, 1]
    row = find(path, own)
    assert row
    assert row.revision == 2
    assert row.text.endswith("at noon.")


def test_two_headlines_that_take_turns_are_three_revisions_and_no_more(path: str) -> None:
    own, outcomes = f"{SITE}/bridge/", []

    async def work(archive: Archive) -> None:
        for turn in range(8):
            shown = article(own, "bridge", title=("A bridge", "Bridge, at last")[turn % 2])
            outcomes.append((await archive.add(own, seen(own, hours=turn), shown)).outcome)
        edited = article(own, "bridge", title="Bridge, at last", text=prose("harbour"))
        assert (await archive.add(own, seen(own, hours=9), edited)).outcome is Outcome.REVISED

    use(path, work)
    assert outcomes == [Outcome.NEW, Outcome.REVISED, Outcome.REVISED, *[Outcome.UNCHANGED] * 5]


def test_the_page_itself_takes_the_place_of_its_amp_form(path: str) -> None:
    own, amp = f"{SITE}/bridge/", "https://amp.news.example/bridge/"

    async def work(archive: Archive) -> None:
        await archive.add(amp, seen(amp), article(own, "bridge", text=prose("bridge", 60)))
        kept = await archive.add(own, seen(own, hours=1), article(own, "bridge", text=prose("bridge", 80)))
        assert (kept.outcome, kept.reason) == (Outcome.REVISED, "minor: its own page in place of another form")
        kept = await archive.add(amp, seen(amp, hours=2), article(own, "bridge", text=prose("bridge", 60)))
        assert kept.outcome is Outcome.DUPLICATE

    use(path, work)
    row = find(path, amp)
    assert row
    assert (row.text, row.revision) == (prose("bridge", 80), 2)


def test_where_the_page_itself_vanished_its_other_form_takes_its_place(path: str) -> None:
    own, mobile = f"{SITE}/bridge/", f"{MOBILE}/bridge/"

    async def work(archive: Archive) -> None:
        await archive.add(own, seen(own), article(own, "bridge"))
        await archive.fail(own, Failure(reason="answered 410", at=NOW + HOUR, final=True, status=410, gone=True))
        kept = await archive.add(mobile, seen(mobile, hours=2), article(own, "bridge"))
        assert (kept.outcome, kept.article) == (Outcome.UNCHANGED, 1)

    use(path, work)
    row = find(path, own)
    assert row
    assert row.gone is None


def test_what_is_gone_at_another_address_is_looked_at_where_it_was_read(path: str) -> None:
    own, old = f"{SITE}/renamed/", f"{SITE}/bridge/"

    async def work(archive: Archive) -> None:
        await archive.add(old, seen(old, final=own), article(own, "bridge"))
        assert await archive.visits(NOW + 0.9 * HOUR, 9) == []
        gone = Failure(reason="answered 404", at=NOW + 0.9 * HOUR, final=True, status=404, gone=True)
        kept = await archive.fail(old, gone)
        assert (kept.outcome, kept.article) == (Outcome.SKIPPED, 1)
        assert kept.reason == "answered 404; the article was read at another address last"
        [due] = await archive.visits(NOW + 0.9 * HOUR, 9)
        assert due.url == own
        row = find(path, old)
        assert row
        assert row.gone is None
        await archive.fail(own, gone)

    use(path, work)
    row = find(path, old)
    assert row
    assert row.gone


def test_an_address_that_many_stories_name_is_nobodys(path: str) -> None:
    names = ("bridge", "harbour", "election", "glacier")

    async def work(archive: Archive) -> None:
        for name in names:
            kept = await archive.add(f"{SITE}/{name}/", seen(f"{SITE}/{name}/"), article(f"{SITE}/latest/", name))
            assert kept.outcome is Outcome.NEW

    use(path, work)
    assert ids(path, *(f"{SITE}/{name}/" for name in names)) == [1, 2, 3, 4]
    assert ids(path, f"{SITE}/latest/") == [None]
    first = find(path, "1")
    assert first
    assert first.url == f"{SITE}/bridge/"


def test_a_story_is_not_lost_to_the_page_that_it_names_as_its_canonical_one(path: str) -> None:
    """The second part of a series names the first one, which is read later and tells its own story."""
    first, second = f"{SITE}/part-1/", f"{SITE}/part-2/"

    async def work(archive: Archive) -> None:
        for hour in range(2):
            await archive.add(second, seen(second, hours=hour), article(first, "harbour"))
            await archive.add(first, seen(first, hours=hour), article(first, "bridge"))

    use(path, work)
    rows = [find(path, url) for url in (first, second)]
    assert [(row.url, row.title, row.revision) for row in rows if row] == [
        (first, "The bridge", 1),
        (second, "The harbour", 1),
    ]


def test_the_same_headline_over_another_text_is_another_story(path: str) -> None:
    async def work(archive: Archive) -> None:
        for name in ("monday", "tuesday"):
            claimed = article(f"{SITE}/weather/", name, title="Weather")
            await archive.add(f"{SITE}/weather/{name}/", seen(f"{SITE}/weather/{name}/"), claimed)

    use(path, work)
    assert ids(path, f"{SITE}/weather/monday/", f"{SITE}/weather/tuesday/") == [1, 2]


def test_a_moved_article_lives_at_its_new_address_and_is_found_by_all(path: str) -> None:
    old, new = f"{SITE}/old-slug/", f"{SITE}/new-slug/"

    async def work(archive: Archive) -> None:
        await archive.add(old, seen(old), article(old, "bridge"))
        kept = await archive.add(old, seen(old, final=new, hours=1), article(new, "bridge"))
        assert (kept.outcome, kept.article) == (Outcome.UNCHANGED, 1)

    use(path, work)
    assert ids(path, old, new) == [1, 1]
    row = find(path, old)
    assert row
    assert row.url == new


def entry(slug: str, guid: str) -> tuple[str, FeedEntry]:
    return f"{SITE}/{slug}/", FeedEntry(url=f"{SITE}/{slug}/", guid=guid)


def test_an_article_whose_address_leads_to_another_one_is_gone_and_keeps_its_text(path: str) -> None:
    old, other = f"{SITE}/bridge/", f"{SITE}/ferry/"

    async def work(archive: Archive) -> None:
        await archive.polled(FEED, [(url, FeedEntry(url=url)) for url in (old, other)], None)
        await archive.add(old, seen(old), article(old, "bridge"))
        await archive.add(other, seen(other), article(other, "ferry"))
        led = msgspec.structs.replace(seen(old, final=other, hours=1), permanent=True)
        kept = await archive.add(old, led, article(other, "ferry"))
        assert (kept.outcome, kept.article) == (Outcome.SKIPPED, 1)
        assert "leads to another article" in kept.reason

    use(path, work)
    bridge, ferry = find(path, old), find(path, other)
    assert bridge
    assert ferry
    assert (bridge.title, bridge.revision, bool(bridge.gone)) == ("The bridge", 1, True)
    assert (ferry.title, ferry.revision, ferry.gone) == ("The ferry", 1, None)
    assert (bridge.categories, ferry.categories) == (("World",), ("World",))


def test_a_guid_tells_of_a_move_only_if_the_old_address_left_the_feed_and_the_story_is_the_same(path: str) -> None:
    guid = f"{SITE}/?p=7"

    async def work(archive: Archive) -> None:
        for slug in ("one", "two"):
            await archive.polled(FEED, [entry("one", guid), entry("two", guid)][: 1 + (slug == "two")], None)
            url = f"{SITE}/{slug}/"
            await archive.add(url, seen(url), article(url, "bridge", text=f"{prose('bridge')} {slug}"))
        await archive.polled(FEED, [entry("three", guid), entry("four", guid)], None)
        moved = article(f"{SITE}/three/", "bridge", text=f"{prose('bridge')} edited")
        assert (await archive.add(f"{SITE}/three/", seen(f"{SITE}/three/"), moved)).outcome is Outcome.REVISED
        other = article(f"{SITE}/four/", "harbour")
        assert (await archive.add(f"{SITE}/four/", seen(f"{SITE}/four/"), other)).outcome is Outcome.NEW

    use(path, work)
    assert ids(path, *(f"{SITE}/{slug}/" for slug in ("one", "two", "three", "four"))) == [1, 2, 1, 3]


@pytest.mark.parametrize(("hours", "outcome"), [(0, Outcome.REVISED), (2, Outcome.NEW)])
def test_a_story_that_moves_under_a_new_headline_is_the_same_by_its_guid_and_time(
    path: str, hours: float, outcome: Outcome
) -> None:
    old, new = f"{SITE}/flood/", f"{SITE}/river-is-back/"
    first, then = prose("river"), f"{prose('river', 40)} {prose('after', 60)}"

    async def work(archive: Archive) -> None:
        await archive.polled(FEED, [(old, FeedEntry(url=old, guid="7", published=NOW))], None)
        await archive.add(old, seen(old), article(old, "flood", text=first))
        later = FeedEntry(url=new, guid="7", published=NOW + hours * HOUR)
        await archive.polled(FEED, [(new, later)], None)
        kept = await archive.add(new, seen(new, hours=1), article(new, "River is back in its bed", text=then))
        assert kept.outcome is outcome

    use(path, work)


@pytest.mark.parametrize(("words", "same"), [(60, False), (120, True)])
def test_a_placeholder_under_two_headlines_is_two_stories(path: str, words: int, same: bool) -> None:
    """ "This story is being updated": short texts tell nothing under other headlines; long ones do."""
    urls = f"{SITE}/fire/", f"{SITE}/crash/"

    async def work(archive: Archive) -> None:
        for url in urls:
            await archive.add(url, seen(url), article(url, url[-6:], text=prose("update", words)))

    use(path, work)
    assert ids(path, *urls) == [1, 1 if same else 2]


@pytest.mark.parametrize("edited", [False, True])
def test_title_and_time_or_the_text_tell_of_a_move_where_guids_do_not(path: str, edited: bool) -> None:
    old, new = f"{SITE}/bridge/", f"{SITE}/renamed/"
    item = FeedEntry(url=old, title="The bridge", published=NOW)
    if not edited:
        item = msgspec.structs.replace(item, published=None)

    async def work(archive: Archive) -> None:
        await archive.polled(FEED, [(old, msgspec.structs.replace(item, guid="1"))], None)
        await archive.add(old, seen(old), article(old, "bridge"))
        await archive.polled(FEED, [(new, msgspec.structs.replace(item, url=new, guid="2"))], None)
        gone = Failure(reason="answered 404", at=NOW + HOUR, final=True, status=404, gone=True)
        kept = await archive.fail(old, gone)
        assert kept.reason.startswith("answered 404; its feed shows it at another address" if edited else "withdrawn")
        text = f"{prose('bridge')} A train is on it." if edited else ""
        kept = await archive.add(new, seen(new, hours=1), article(new, "bridge", text=text))
        assert (kept.outcome, kept.article) == (Outcome.REVISED if edited else Outcome.UNCHANGED, 1)
        assert kept.reason in ("", "the same text")

    use(path, work)
    row = find(path, old)
    assert row
    assert (row.url, row.gone) == (new, None)


def test_the_same_bytes_again_need_no_reading_and_bring_back_what_was_gone(path: str) -> None:
    url = f"{SITE}/bridge/"

    async def work(archive: Archive) -> None:
        await archive.add(url, seen(url, body="one"), article(url, "bridge"))
        await archive.add(url, seen(url, body="two", hours=1), article(url, "harbour"))
        await archive.fail(url, Failure(reason="410", at=NOW + 2 * HOUR, final=True, gone=True))
        older = msgspec.structs.replace(seen(url, body="one"), via="warc")
        assert await archive.holds(1, older)
        assert not await archive.holds(1, msgspec.structs.replace(older, via="live"))
        assert not await archive.holds(1, seen(url, final=f"{SITE}/moved/", body="two"))
        kept = await archive.unchanged(url, older)
        assert kept.reason == "an older capture than the archived one; its page is kept"
        row = find(path, url)
        assert row
        assert row.gone
        again = seen(url, body="two", hours=3)
        assert await archive.holds(1, again)
        assert (await archive.unchanged(url, again)).reason == "the same page"
        assert len(await archive.visits(NOW + 6 * HOUR, 9)) == 1

    use(path, work)
    row = find(path, url)
    assert row
    assert (row.gone, row.revision, row.last_seen) == (None, 2, "2026-11-24T15:00:00Z")


def test_what_a_feed_adds_to_an_address_makes_no_other_form_of_the_page(path: str) -> None:
    url, tagged = f"{SITE}/bridge/", f"{SITE}/bridge/?utm_source="

    async def work(archive: Archive) -> None:
        await archive.add(url, seen(f"{tagged}one"), article(url, "bridge"))
        kept = await archive.add(
            url, seen(f"{tagged}two", hours=1), article(url, "bridge", text=f"{prose('bridge')} It is open.")
        )
        assert (kept.outcome, kept.reason) == (Outcome.REVISED, "")

    use(path, work)


def test_the_guid_of_a_wordpress_finds_the_article(path: str) -> None:
    async def work(archive: Archive) -> None:
        shown = [entry("one", f"{SITE}/?p=7"), entry("two", f"{SITE}/"), entry("three", "tag:news.example,2026:3")]
        await archive.polled(FEED, shown, None)
        for slug in ("one", "two", "three"):
            await archive.add(f"{SITE}/{slug}/", seen(f"{SITE}/{slug}/"), article(f"{SITE}/{slug}/", slug))

    use(path, work)
    assert ids(path, f"{SITE}/?p=7", f"{SITE}/") == [1, None]


@pytest.mark.parametrize(
    ("before", "now", "gone"),
    [
        ("abcde", "zabcd", ""),  # the oldest made room
        ("abcde", "zyabc", ""),
        ("abcde", "acdef", "b"),  # b was taken out, an older one came up
        ("abcde", "abcd", "e"),  # shorter
        ("abcde", "zabde", "c"),
        ("abcde", "vwxyz", ""),  # another document
        ("abcde", "edcba", ""),
        ("", "abc", ""),
    ],
)
def test_what_left_a_feed_out_of_its_turn(before: str, now: str, gone: str) -> None:
    assert taken_out(list(before), [(url, FeedEntry(url=url)) for url in now]) == list(gone)


def test_a_feed_with_its_oldest_entry_first(path: str) -> None:
    shown = [(url, FeedEntry(url=url, published=NOW + place * HOUR)) for place, url in enumerate("bcdef")]
    assert taken_out(list("abcde"), shown) == []


def test_visits_go_down_the_ladder_with_the_pages_validators(path: str) -> None:
    url = f"{SITE}/bridge/"
    tagged = msgspec.structs.replace(seen(url), headers=(("ETag", 'W/"1"'), ("Last-Modified", "then")))

    async def work(archive: Archive) -> None:
        await archive.add(url, tagged, article(url, "bridge"))
        assert await archive.visits(NOW + 0.9 * HOUR, 9) == []
        [due] = await archive.visits(NOW + HOUR, 9)
        assert (due.url, due.article, due.known, due.extractor) == (url, 1, True, "1")
        assert due.validators
        assert (due.validators.etag, due.validators.last_modified) == ('"1"', "then")
        not_modified = msgspec.structs.replace(tagged, status=304, body=b"", fetched=NOW + HOUR)
        assert (await archive.unchanged(url, not_modified)).outcome is Outcome.UNCHANGED
        assert await archive.visits(NOW + 5.9 * HOUR, 9) == []
        failure = Failure(reason="503", at=NOW + 6 * HOUR, next_try=NOW + 6.5 * HOUR)
        await archive.fail(url, failure)
        assert len(await archive.visits(NOW + 6.5 * HOUR, 9)) == 1
        await archive.fail(url, Failure(reason="410", at=NOW + 7 * HOUR, final=True, gone=True))
        assert await archive.visits(NOW + 23.9 * HOUR, 9) == []
        assert len(await archive.visits(NOW + 24 * HOUR, 9)) == 1

    use(path, work)
    row = find(path, url)
    assert row
    assert (row.gone_reason, row.text) == ("410", prose("bridge"))


def test_of_one_site_only_so_many_visits_are_due_at_once(path: str) -> None:
    async def work(archive: Archive) -> None:
        for n in range(6):
            url = f"{SITE}/{n}/"
            await archive.add(url, seen(url), article(url, f"story{n}"))
        other = "https://other.example/a/"
        await archive.add(other, seen(other), article(other, "other"))
        due = await archive.visits(NOW + HOUR, 4)
        assert len(due) == 5
        assert {pending.url for pending in due if "other" in pending.url} == {other}
        assert await archive.visits(NOW + HOUR, 4, ["https://nobody.example/feed/"]) == []

    use(path, work)


@pytest.mark.parametrize("date", ["updated", "published"])
def test_a_feed_that_calls_in_vain_is_heard_ever_less_often(path: str, date: str) -> None:
    url = f"{SITE}/bridge/"
    fetched = 0

    def entry_at(now: datetime) -> FeedEntry:
        return msgspec.structs.replace(FeedEntry(url=url, title="Bridge"), **{date: now})

    async def work(archive: Archive) -> None:
        nonlocal fetched
        await archive.subscribe([FEED])
        for poll in range(48):
            now = NOW + poll * HOUR / 4
            state = msgspec.structs.replace(FEED, last_polled=now)
            await archive.polled(state, [(url, entry_at(now))], None)
            for pending in await archive.due(FEED.url, now):
                fetched += 1
                await archive.add(
                    pending.url, seen(url, body="always the same", hours=poll / 4), article(url, "bridge")
                )

    use(path, work)
    assert 1 < fetched <= 1 + 3 + 5  # of 48 calls within twelve hours
