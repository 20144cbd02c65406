"""A list of addresses is archived once, whatever form it has; a folder of saved pages needs no network."""

import gzip
import quopri
from datetime import date
from pathlib import Path

import pytest

from scraper.fetch import FetchError
from scraper.sources import SourceError
from scraper.sources.saved import named
from scraper.sources.url_list import content, read_list
from tests.fakes import NOW, page
from tests.scraper.past import SITE, Past, article, story

ONE, TWO = f"{SITE}/one", f"{SITE}/two"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", f"# mine\n{ONE}\n\n  {TWO}   read later\nno address\n{ONE}\n"),
        ("a.csv", f"title,url\nOne,{ONE}\nTwo,{TWO}\n"),
        ("headless.csv", f"One,{ONE}\nTwo,{TWO}\n"),
        ("semicolons.csv", f"title;url;date\nOne;{ONE};2024-05-01\nTwo;{TWO};2024-05-02\n"),
        ("headless-semicolons.csv", f"One;{ONE};2024-05-01\nTwo;{TWO};2024-05-02\n"),
        ("pipes.txt", f"title|link\nOne|{ONE}\nTwo|{TWO}\n"),
        ("macintosh.csv", f"title,url\rOne,{ONE}\rTwo,{TWO}\r"),
        ("texts.csv", f"url,text\n{ONE},{'x' * 200_000}\n{TWO},y\n"),
        ("quotes.txt", f"“{ONE}”, «{ONE}» 参见{TWO}。\n"),
        ("pictures.csv", f"image,article_url\n{SITE}/1.jpg,{ONE}\n{SITE}/2.jpg,{TWO}\n"),
        ("unknown.csv", f"thumbnail,Adresse\n{SITE}/1.jpg,{ONE}\n,{TWO}\n"),
        ("french.csv", f"vignette;lien\n{SITE}/1.jpg?w=9;{ONE}\n;{TWO}\n"),
        ("guardian.json", f'{{"response": {{"results": [{{"webUrl": "{ONE}"}}, {{"webUrl": "{TWO}"}}]}}}}'),
        ("marks.txt", f"<{ONE}>\n\"{ONE}\".\n[one]({ONE})\n(see {ONE}.)\n- {ONE}; {TWO}\n{ONE},{TWO}\n"),
        ("pocket.jsonl", f'{{"id": 1, "resolved_url": "{ONE}"}}\n{{"id": 2, "resolved_url": "{TWO}"}}'),
        ("schemeless.txt", f"{ONE[8:]}\n{TWO[6:]}\n"),
        ("a.tsv", f"Link\ttitle\n{ONE}\tOne\n{TWO}\tTwo\n"),
        ("a.jsonl", f'{{"url": "{ONE}", "title": "One"}}\n\n{{"URL": "{TWO}"}}\n'),
        ("a.json", f'["{ONE}", {{"link": "{TWO}"}}]'),
        ("object.json", f'{{"urls": ["{ONE}", "{TWO}"], "tags": ["world"]}}'),
        ("pretty.json", f'{{\n "items": [\n{{"canonical_url": "{ONE}"}},\n{{"article": {{"url": "{TWO}"}}}}]\n}}'),
        ("a.opml", f'<opml><body><outline text="x"><outline type="link" url="{ONE}"/></outline>'
         f'<outline text="feed" xmlUrl="{SITE}/feed" htmlUrl="{SITE}/"/><outline url="{TWO}"/></body></opml>'),
        ("bookmarks.html", f'<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><DT><A HREF="{ONE}">One</A><DT><A HREF="{TWO}">'),
        ("unquoted.html", f"<DL><DT><A ADD_DATE=1 HREF={ONE}>One</A><DT><A HREF='{TWO}'>Two</A>"),
    ],
)  # fmt: skip
def test_every_form_of_a_list_names_the_same_articles(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    assert [entry.url for entry in read_list(str(file), NOW)[0]] == [ONE, TWO]


def test_addresses_in_running_text_keep_what_is_theirs(tmp_path: Path) -> None:
    own = [f"{SITE}/a_(b)", f"{SITE}/one,2.html?x=a;b", f"https://web.archive.org/web/2024/{ONE}"]
    (tmp_path / "a.txt").write_text("\n".join(own))
    assert [entry.url for entry in read_list(str(tmp_path / "a.txt"), NOW)[0]] == own
    assert read_list(f"{SITE}/inc.", NOW)[0][0].url == f"{SITE}/inc."


def test_an_address_alone_on_its_line_keeps_its_end(tmp_path: Path) -> None:
    addresses = [f"{SITE}/what!", f"{SITE}/foo*", f"{SITE}/Foo]", f"{SITE}/x'"]
    file = tmp_path / "a.txt"
    file.write_text("\n".join(addresses))
    assert [entry.url for entry in read_list(str(file), NOW)[0]] == addresses


@pytest.mark.parametrize(
    ("name", "text", "nameless"),
    [
        ("a.txt", f"# mine\n\n{ONE}\nno address\n", ["no address"]),
        ("a.csv", f"title,url\nOne,{ONE}\n\nTwo,\nThree\n", ["Two", "Three"]),
        ("feeds.csv", f"title,feed,page\nOne,{SITE}/feed,{ONE}\nTwo,{SITE}/feed,\n", [f"Two {SITE}/feed"]),
        (
            "a.jsonl",
            f'{{"url": "{ONE}"}}\n{{"url": "{TWO}\n{{"title": "Three", "image": {{"url": "{SITE}/3.jpg"}}, "n": 0}}\n',
            ["line 2, which is no JSON", f"Three {{'url': '{SITE}/3.jpg'}}"],
        ),
        ("a.html", f'<A HREF="{ONE}">One</A><A HREF="place:x">Two</A>', ["place:x"]),
    ],
)
def test_what_names_no_address_is_told_and_the_rest_is_read(
    tmp_path: Path, name: str, text: str, nameless: list[str]
) -> None:
    file = tmp_path / name
    file.write_text(text)
    entries, told = read_list(str(file), NOW)
    assert [entry.url for entry in entries] == [ONE]
    assert told == nameless
    past = Past(tmp_path, {ONE: page(ONE, article("One"))})
    assert past.backfill("urls", str(file)).counts == {"new": 1}
    assert past.notes == [f"{len(nameless)} lines or rows name no address, e.g. {nameless[0]}"]


@pytest.mark.parametrize(
    "text",
    [
        f"<?xml version='1.0'?><!-- a --><urlset><url><loc>{ONE}</loc></url><url><loc>{TWO}</loc></url></urlset>",
        f"<rss><channel><item><link>{ONE}</link></item><item><link>{TWO}</link></item></channel></rss>",
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_a_feed_or_sitemap_that_was_saved_is_a_list(tmp_path: Path, text: str, packed: bool) -> None:
    file = tmp_path / "saved"
    file.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    past = Past(tmp_path, dict([story("/one"), story("/two")]))
    assert past.backfill("urls", str(file)).counts == {"new": 2}
    assert past.asked == [ONE, TWO]


def test_an_index_of_sitemaps_is_no_list_and_says_what_is_meant(tmp_path: Path) -> None:
    file = tmp_path / "index.xml"
    file.write_text(f"<sitemapindex><sitemap><loc>{SITE}/a.xml</loc></sitemap></sitemapindex>")
    done = Past(tmp_path, {}).backfill("urls", str(file))
    assert done.reason == "names no articles; of an index of sitemaps use `backfill sitemap`"


def test_half_a_json_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(f'["{ONE}",\n"{TWO}')
    with pytest.raises(SourceError, match=r"no JSON.*line 2"):
        read_list(str(tmp_path / "a.json"), NOW)


def test_a_list_that_names_nothing_says_what_it_should_hold(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("nothing\n")
    with pytest.raises(SourceError, match="names no http"):
        read_list(str(tmp_path / "a.txt"), NOW)
    with pytest.raises(SourceError, match="cannot be read"):
        read_list(str(tmp_path / "none.txt"), NOW)


def test_a_list_is_archived_in_its_order_under_its_category_and_a_second_run_does_nothing(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text(f"{ONE}\n{TWO}\n{SITE}/gone\n")
    past = Past(tmp_path, dict([story("/one"), story("/two")]))
    done = past.backfill("urls", str(file), category="Old")
    assert (done.finished, done.named, done.counts) == (True, 3, {"new": 2, "failed": 1})
    assert past.urls() == [ONE, TWO]
    assert past.rows("SELECT DISTINCT categories FROM articles") == [('["Old"]',)]
    assert past.rows("SELECT DISTINCT feed, category, via FROM sightings") == [(str(file), "Old", "urls")]
    assert past.asked == [ONE, TWO, f"{SITE}/gone"]
    assert past.backfill("urls", str(file), category="Old").idle
    assert past.asked == []
    assert past.backfill("urls", str(file), category="Old", again=True).counts == {}
    assert past.asked == []


def test_articles_outside_the_days_are_recorded_and_another_backfill_may_want_them(tmp_path: Path) -> None:
    past = Past(tmp_path, dict([story("/one", "2024-05-01"), story("/two", "2024-05-02"), story("/undated", "")]))
    content.cache_clear()
    file = tmp_path / "list.txt"
    file.write_text(f"{ONE}\n{TWO}\n{SITE}/undated\n")
    done = past.backfill("urls", str(file), until=date(2024, 5, 1))
    assert done.counts == {"new": 1, "skipped": 2}
    assert past.urls() == [ONE]
    assert past.rows("SELECT reason FROM fetches WHERE url LIKE '%/two'") == [
        ("published on 2024-05-02, outside --from and --to",)
    ]
    assert past.asked
    past.backfill("urls", str(file), until=date(2024, 5, 1), again=True)
    assert past.asked == []
    past.backfill("urls", str(file), since=date(2024, 5, 2), until=date(2024, 5, 2))
    assert past.urls() == [ONE, TWO]
    assert past.asked == [TWO, f"{SITE}/undated"]


def test_a_site_that_wants_us_to_stay_away_uses_up_no_requests(tmp_path: Path) -> None:
    away = f"{SITE}/away"
    past = Past(tmp_path, dict([story("/one")]) | {away: FetchError("the host asked to wait", asked=False)})
    file = tmp_path / "list.txt"
    file.write_text(f"{away}\n{ONE}\n")
    done = past.backfill("urls", str(file), requests=1)
    assert (done.finished, done.counts) == (True, {"failed": 1, "new": 1})


def test_limits_hold_exactly_and_the_next_call_goes_on(tmp_path: Path) -> None:
    stories = dict(story(f"/story-{n}") for n in range(9))
    past = Past(tmp_path, stories)
    file = tmp_path / "list.txt"
    file.write_text("\n".join(stories))
    assert past.backfill("urls", str(file), limit=2).reason == "stopped at --limit 2"
    assert len(past.asked) == 2
    assert past.backfill("urls", str(file), requests=3).reason == "stopped at --max-requests 3"
    assert len(past.asked) == 3
    assert past.backfill("urls", str(file)).finished
    assert len(past.asked) == 4
    assert sorted(past.urls()) == sorted(stories)


def test_a_folder_of_saved_pages_is_archived_without_the_network(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    (folder / "news.example" / "world").mkdir(parents=True)
    own = f"<link rel=canonical href='{ONE}'>"
    (folder / "1.html").write_text(article("First", more=own))
    (folder / "2.html").write_text(f"<!-- saved from url=(0024){TWO} -->\n" + article("Second"))
    (folder / "https%3A%2F%2Fnews.example%2Fthree.html").write_text(article("Third"))
    (folder / "news.example" / "world" / "index.html").write_text(article("Fourth"))
    (folder / "nameless.html").write_text(article("Fifth"))
    past = Past(tmp_path, {})
    done = past.backfill("urls", str(folder))
    assert done.counts == {"new": 4}
    assert sorted(past.urls()) == sorted([ONE, TWO, f"{SITE}/three", f"{SITE}/world/"])
    assert past.asked == []
    assert "1 files name no address" in past.notes[0]
    assert past.rows(f"SELECT via, source FROM fetches WHERE url = '{ONE}'") == [("file", str(folder / "1.html"))]


def test_a_saved_page_is_known_by_its_bytes_whatever_its_name_and_the_rest_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    (folder / "news.example").mkdir(parents=True)
    (folder / "news.example" / "one").write_text("<?xml version='1.0'?>\n<!-- ours -->\n" + article("First"))
    (folder / "news.example" / "index.php?p=3").write_text("<!DOCTYPE html>" + article("Second"))
    (folder / "news.example" / "three.html.gz").write_bytes(gzip.compress(article("Third").encode()))
    (folder / "packed").write_bytes(
        gzip.compress(article("Fourth", more=f"<link rel=canonical href='{TWO}'>").encode())
    )
    (folder / "wide.htm").write_bytes(article("Fifth", more=f"<link rel=canonical href='{SITE}/5'>").encode("utf-16"))
    (folder / "a.mhtml").write_text("MIME-Version: 1.0\n\n<!DOCTYPE html><html>")
    (folder / "b.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "c.html.gz").write_bytes(b"\x1f\x8b\x08broken")
    past = Past(tmp_path, {})
    assert past.backfill("urls", str(folder)).counts == {"new": 5}
    own = ["/one", "/index.php?p=3", "/three.html", "/two", "/5"]
    assert sorted(past.urls()) == sorted(SITE + path for path in own)
    assert past.rows(f"SELECT title FROM articles WHERE url = '{SITE}/5'") == [("Fifth",)]
    assert past.notes == [
        f"2 files are no web pages and left out, e.g. {folder / 'a.mhtml'}; "
        f"1 files name no address of their own, e.g. {folder / 'c.html.gz'}"
    ]


def test_pages_that_were_saved_with_all_that_belongs_to_them_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    boundary = "----MultipartBoundary--a"
    body = quopri.encodestring(article("Fünfte Brücke").encode()).decode().replace("\n", "\r\n")
    lines = [
        "From: <Saved by Blink>",
        f"Snapshot-Content-Location: {ONE}",
        "Subject: =?utf-8?Q?F=C3=BCnfte?=",
        "Date: Sun, 5 May 2024 12:00:00 +0200",
        "MIME-Version: 1.0",
        "Content-Type: multipart/related;",
        '\ttype="text/html";',
        f'\tboundary="{boundary}"',
        "",
        "",
        f"--{boundary}",
        "Content-Type: text/html",
        "Content-Transfer-Encoding: quoted-printable",
        f"Content-Location: {ONE}",
        "",
        body,
        f"--{boundary}",
        "Content-Type: image/png",
        "Content-Transfer-Encoding: base64",
        f"Content-Location: {SITE}/1.png",
        "",
        "iVBORw0KGgo=",
        f"--{boundary}--",
        "",
    ]
    (folder / "Fünfte.mhtml").write_text("\r\n".join(lines))
    (folder / "old.mht").write_text(
        f"MIME-Version: 1.0\nContent-Type: text/html\nContent-Location: {TWO}\n\n" + article("Two")
    )
    (folder / "broken.mhtml").write_text(
        "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\n\nhello"
    )
    past = Past(tmp_path, {})
    assert past.backfill("urls", str(folder)).counts == {"new": 2}
    assert past.rows("SELECT url, title FROM articles ORDER BY url") == [(ONE, "Fünfte Brücke"), (TWO, "Two")]
    assert past.rows(f"SELECT at FROM fetches WHERE url = '{ONE}'") == [("2024-05-05T10:00:00Z",)]
    assert past.notes == [f"1 files name no address of their own, e.g. {folder / 'broken.mhtml'}"]
    alone = past.backfill("urls", str(folder / "old.mht"))
    assert alone.reason == "a saved page and no list; name the folder that it is in"


def test_the_marks_of_those_who_save_pages_are_read_and_a_front_page_is_no_address(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    (folder / "news.example").mkdir(parents=True)
    home = f"<link rel=canonical href='{SITE}/'>"
    single = f"<!DOCTYPE html> <html lang=en><!--\n Page saved with SingleFile \n url: {ONE} \n saved date: Sun -->"
    (folder / "Story (5_5_2024).html").write_text(single + article("First", more=home))
    mirrored = (
        f"<!DOCTYPE html>\n<html>\n<!-- Mirrored from {TWO[8:]} by HTTrack Website Copier/3.x, Sun, 05 May 2024 -->\n"
    )
    (folder / "news.example" / "two4a5b.html").write_text(mirrored + article("Second"))
    (folder / "news.example" / "three").write_text(article("Third", more=home))
    (folder / "news.example" / "index.html?p=4.html").write_text(article("Fourth"))
    past = Past(tmp_path, {})
    assert past.backfill("urls", str(folder)).counts == {"new": 4}
    assert sorted(past.urls()) == sorted([ONE, TWO, f"{SITE}/three", f"{SITE}/?p=4"])


def test_a_folder_without_a_page_says_so(tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    done = Past(tmp_path, {}).backfill("urls", str(tmp_path / "saved"))
    assert (done.failed, done.reason) == (True, "no file in it is a web page")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("index.html", "/"),
        ("2024/05/slug/index.html", "/2024/05/slug/"),
        ("2024/05/slug/index.html?page=2", "/2024/05/slug/?page=2"),
        ("2024/05/slug/index.html?page=2.html", "/2024/05/slug/?page=2"),
        ("2024/05/slug/index.html@page=2", "/2024/05/slug/?page=2"),
        ("2024/05/slug/index.html@page=2.html", "/2024/05/slug/?page=2"),
        ("index.html@p=4&x=1.html", "/?p=4&x=1"),
        ("story.php@id=7", "/story.php?id=7"),
        ("q?mail=a@b=c", "/q?mail=a@b=c"),
        ("a#b", "/a%23b"),
        ("über/ä", "/über/ä"),
        ("who@home.html", "/who@home.html"),
    ],
)
def test_names_that_wget_gives_to_pages_tell_their_addresses(tmp_path: Path, name: str, path: str) -> None:
    assert named(tmp_path / "news.example" / name, tmp_path) == SITE + path
    for host in ("news.example:8080", "news.example+8080"):
        assert named(tmp_path / host / name, tmp_path) == f"{SITE}:8080{path}"


def test_names_of_saved_pages_that_are_no_addresses(tmp_path: Path) -> None:
    assert named(tmp_path / "page.html", tmp_path) == ""
    assert named(tmp_path / "archive" / "page.html", tmp_path) == ""


def test_an_address_is_a_list_of_one(tmp_path: Path) -> None:
    past = Past(tmp_path, {ONE: page(ONE, article("One"))})
    assert past.backfill("urls", ONE).counts == {"new": 1}
