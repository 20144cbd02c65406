"""WARC files as crawlers leave them: whole, cut, damaged, compressed in every way, with bodies that lie."""

import gzip
import re
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from zipfile import ZIP_DEFLATED, ZipFile

import brotli
import pytest
import zstandard

from scraper.warc.bodies import BodyRefused, dechunked, decoded
from scraper.warc.files import NoSuchFile, warc_files
from scraper.warc.reader import Capture, Place, capture_at, read_warc

BODY = b"<html><body><p>Harbour engineers said the bridge would carry trains again.</p></body></html>"


def record(
    url: str,
    body: bytes = BODY,
    *,
    kind: str = "response",
    status: str = "200 OK",
    content: str = "text/html; charset=utf-8",
    http: Sequence[str] = (),
    warc: Sequence[str] = (),
) -> bytes:
    """One WARC record, uncompressed."""
    lines = [f"HTTP/1.1 {status}", *([f"Content-Type: {content}"] if content else []), *http]
    block = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
    head = [
        "WARC/1.1",
        f"WARC-Type: {kind}",
        "WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000000>",
        "WARC-Date: 2020-05-06T07:08:09Z",
        f"WARC-Target-URI: {url}",
        "Content-Type: application/http; msgtype=response",
        *warc,
        f"Content-Length: {len(block)}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def write(file: Path, records: Sequence[bytes]) -> Path:
    """A WARC file of these records, compressed as its name says; in a WACZ they are in two files."""
    if file.suffix == ".wacz":
        with ZipFile(file, "w") as packed:
            packed.writestr("datapackage.json", "{}")
            for number, some in enumerate((records[:2], records[2:])):
                packed.writestr(f"archive/data-{number}.warc.gz", b"".join(map(gzip.compress, some)))
            packed.writestr("pages/pages.jsonl", "{}", compress_type=ZIP_DEFLATED)
        return file
    pack = {".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}.get(file.suffix, bytes)
    file.write_bytes(b"".join(map(pack, records)))
    return file


def number_of(url: str) -> str:
    """Digits that do not pack well."""
    return sha256(url.encode()).hexdigest()


def pages(captures: Sequence[Capture]) -> list[str]:
    return [capture.url for capture in captures if capture.page]


URLS = [f"https://news.example/{n}" for n in range(6)]
ENDINGS = ["a.warc", "a.warc.gz", "a.warc.zst"]


@pytest.mark.parametrize("name", [*ENDINGS, "a.wacz"])
def test_pages_come_in_order_with_the_moment_and_place_of_their_capture(tmp_path: Path, name: str) -> None:
    file = write(tmp_path / name, [record(url) for url in URLS])
    found = list(read_warc(file))
    assert pages(found) == URLS
    assert [capture.number for capture in found] == list(range(6))
    page = found[0].page
    assert page
    assert (page.body, page.via, page.status) == (BODY, "warc", 200)
    assert page.fetched.isoformat() == "2020-05-06T07:08:09+00:00"
    assert page.header("content-type") == "text/html; charset=utf-8"
    assert page.source == f"{name}#0"


@pytest.mark.parametrize("name", [*ENDINGS, "a.wacz"])
@pytest.mark.parametrize("stop", range(6))
def test_reading_goes_on_behind_any_place(tmp_path: Path, name: str, stop: int) -> None:
    file = write(tmp_path / name, [record(url) for url in URLS])
    last = list(read_warc(file))[stop]
    rest = list(read_warc(file, after=Place(last.offset, last.number)))
    assert pages(rest) == URLS[stop + 1 :]
    assert [capture.number for capture in rest] == list(range(stop + 1, 6))


def test_a_file_whose_frames_share_a_dictionary_is_read_from_any_place(tmp_path: Path) -> None:
    samples: list[bytes | bytearray | memoryview] = [record(f"{URLS[0]}/{n}", BODY * (n % 9)) for n in range(100)]
    dictionary = zstandard.train_dictionary(2048, samples)
    pack = zstandard.ZstdCompressor(dict_data=dictionary).compress
    size = len(dictionary.as_bytes()).to_bytes(4, "little")
    digest = ["WARC-Payload-Digest: sha1:AAAA"]
    records = [record(URLS[0], warc=digest), *map(record, URLS[1:4]), record(URLS[4], b"", kind="revisit", warc=digest)]
    file = tmp_path / "a.warc.zst"
    file.write_bytes(b"\x5d\x2a\x4d\x18" + size + dictionary.as_bytes() + b"".join(map(pack, records)))
    found = list(read_warc(file))
    assert pages(found) == URLS[:5]
    for number, last in enumerate(found):
        place = Place(last.offset, last.number)
        assert pages(list(read_warc(file, after=place))) == URLS[number + 1 : 5]
        alone = capture_at(file, place)
        assert alone
        assert (alone.url, alone.page) == (last.url, last.page)


def test_a_file_in_one_gzip_member_is_gone_on_with_too(tmp_path: Path) -> None:
    file = tmp_path / "whole.warc.gz"
    file.write_bytes(gzip.compress(b"".join(record(url) for url in URLS)))
    last = list(read_warc(file))[2]
    assert pages(list(read_warc(file, after=Place(last.offset, last.number)))) == URLS[3:]


@pytest.mark.parametrize("kind", ["response", "request"])
def test_a_file_in_one_gzip_member_tells_wherever_it_is_cut(tmp_path: Path, kind: str) -> None:
    rest = [record(f"{url}/{number_of(url)}", kind=kind, warc=[f"X-Noise: {number_of(url)}"]) for url in URLS[1:]]
    packed = gzip.compress(b"".join([record(URLS[0]), *rest]))
    for end in range(len(packed) * 2 // 3, len(packed)):
        file = tmp_path / f"{end}.warc.gz"
        file.write_bytes(packed[:end])
        found = list(read_warc(file))
        assert pages(found)[:1] == URLS[:1]
        assert sum(capture.cut for capture in found) == 1, end


@pytest.mark.parametrize("name", ENDINGS)
@pytest.mark.parametrize("missing", [5, 60, 200, 300])
def test_a_file_that_ends_in_the_middle_of_a_record_gives_the_others_and_says_so(
    tmp_path: Path, name: str, missing: int
) -> None:
    file = write(tmp_path / name, [record(url, BODY + bytes(range(256)) * 2) for url in URLS])
    file.write_bytes(file.read_bytes()[:-missing])
    found = list(read_warc(file))
    whole = missing == 5 and name == "a.warc.gz"  # only the member's checksum is gone
    assert pages(found) == (URLS if whole else URLS[:-1])
    assert sum(capture.cut for capture in found) == 1


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\r\n\r\n\n\n", b"\r\n" * 4])
def test_a_plain_file_is_whole_whatever_blank_lines_end_it(tmp_path: Path, end: bytes) -> None:
    file = tmp_path / "a.warc"
    file.write_bytes(b"".join(map(record, URLS)).rstrip() + end)
    assert [capture.cut for capture in read_warc(file)] == [False] * len(URLS)
    file.write_bytes(b"".join(map(record, URLS)) + b"WARC/1.1\r\nWARC-Ty")
    assert [capture.cut for capture in read_warc(file)] == [*[False] * len(URLS), True]


@pytest.mark.parametrize("date", ["2020", "2020-05", "2020-05-06"])
def test_a_date_may_be_a_year_a_month_or_a_day(tmp_path: Path, date: str) -> None:
    file = write(tmp_path / "a.warc", [record(URLS[0]).replace(b"2020-05-06T07:08:09Z", date.encode())])
    [capture] = read_warc(file)
    assert capture.page
    assert capture.page.fetched.isoformat().startswith(date)


def test_a_wacz_that_is_cut_gives_what_is_left_of_it_and_one_that_is_packed_twice_says_so(tmp_path: Path) -> None:
    file = write(tmp_path / "a.wacz", [record(url) for url in URLS])
    whole = file.read_bytes()
    for most, size in ((6, len(whole) - 1), (2, whole.index(b"data-1"))):
        file.write_bytes(whole[:size])
        assert pages(list(read_warc(file))) == URLS[:most]
    with ZipFile(file, "w", ZIP_DEFLATED) as packed:
        packed.writestr("archive/a.warc", record(URLS[0]))
    with pytest.raises(OSError, match=r"archive/a.warc is packed in it"):
        next(read_warc(file))


@pytest.mark.parametrize("name", ENDINGS)
def test_what_stands_behind_a_damaged_record_is_read(tmp_path: Path, name: str) -> None:
    records = [record(url) for url in URLS]
    file = write(tmp_path / name, records)
    place = [capture.offset for capture in read_warc(file)]
    data = bytearray(file.read_bytes())
    for at in range(place[2] + 1, place[2] + 40):
        data[at] ^= 0x5A
    file.write_bytes(bytes(data))
    found = list(read_warc(file))
    assert pages(found) == URLS[:2] + URLS[3:]
    assert sum(capture.cut for capture in found) == 1


def test_only_pages_that_were_answered_are_read_and_the_others_are_told_apart(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.warc.gz",
        [
            record("https://news.example/gone", status="404 Not Found"),
            record("https://news.example/moved", status="301 Moved"),
            record("https://news.example/part", status="206 Partial Content"),
            record("https://news.example/logo.png", content="image/png"),
            record("dns:news.example", kind="response"),
            record("https://news.example/seen", kind="screenshot"),
            record("https://news.example/style.css", kind="resource").replace(b"application/http;", b"text/css;"),
            record("https://news.example/asked", kind="request"),
            record("https://news.example/typeless", content=""),
            record("https://news.example/cut", warc=["WARC-Truncated: length"]),
            record("https://news.example/first-half", warc=["WARC-Segment-Number: 1"]),
            record("https://news.example/good"),
        ],
    )
    found = list(read_warc(file))
    assert pages(found) == ["https://news.example/typeless", "https://news.example/good"]
    assert [capture.reason for capture in found if capture.plain] == [
        "the server answered 404",
        "the server answered 301",
        "the server answered 206",
        "not a page: image/png",
        "not an http(s) address: 'dns:news.example'",
        "a record of another kind: screenshot",
        "not a page: text/css",
    ]
    assert [(one.url, one.cut) for one in found if not (one.page or one.plain)] == [
        ("https://news.example/cut", False), ("https://news.example/first-half", False),
    ]  # fmt: skip


def resource(url: str, body: bytes = BODY) -> bytes:
    """A page as tools write it that have no HTTP answer to keep."""
    made = record(url, body, kind="resource", content="")
    made = made.replace(b"HTTP/1.1 200 OK\r\n\r\n", b"").replace(b"application/http; msgtype=response", b"text/html")
    return re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), made)


def test_a_page_without_an_http_answer_is_a_page_too(tmp_path: Path) -> None:
    file = write(tmp_path / "a.warc", [resource(URLS[0]), resource("urn:pageinfo:x"), record(URLS[1])])
    found = list(read_warc(file))
    assert pages(found) == URLS[:2]
    assert found[0].page
    assert (found[0].page.status, found[0].page.body) == (200, BODY)
    assert found[0].page.header("content-type") == "text/html"


def test_headers_as_servers_and_crawlers_write_them(tmp_path: Path) -> None:
    plain = record(URLS[0])
    head, _, block = plain.partition(b"\r\n\r\n")
    http, _, body = block.partition(b"\r\n\r\n")
    bare = http.replace(b"\r\n", b"\n") + b"\n\n" + body
    length = b"Content-Length: %d"
    shorter = head.replace(length % (len(block) - 4), length % (len(bare) - 4))
    records = [
        shorter + b"\r\n\r\n" + bare,
        record(URLS[1]).replace(b"WARC-Type", b"warc-type").replace(b"Content-Type", b"content-type", 1),
        record(URLS[2], b"\xef\xbb\xbf<!doctype html>" + BODY, content=""),
        record(URLS[3], http=["Content-Encoding: none"]),
        record(URLS[4], http=["Content-Encoding: UTF-8"]),
        record(URLS[5], content="text/html, text/html; charset=utf-8"),
    ]
    found = list(read_warc(write(tmp_path / "a.warc.gz", records)))
    assert pages(found) == URLS
    assert [capture.page.header("content-type")[:9] for capture in found if capture.page][:2] == ["text/html"] * 2
    assert found[0].page
    assert found[0].page.body == BODY


def small(made: bytes) -> bytes:
    """A record with the names of its fields in small letters."""
    head, _, block = made.partition(b"\r\n\r\n")
    return re.sub(rb"(?m)^[\w-]+:", lambda found: found[0].lower(), head) + b"\r\n\r\n" + block


def bare(made: bytes) -> bytes:
    """A record with bare line feeds in its header, and around its block."""
    head, _, block = made.partition(b"\r\n\r\n")
    return head.replace(b"\r\n", b"\n") + b"\n\n" + block[:-4] + b"\n\n"


@pytest.mark.parametrize("spell", [small, bare])
@pytest.mark.parametrize("name", ENDINGS)
def test_headers_in_another_spelling_are_read(tmp_path: Path, name: str, spell: Callable[[bytes], bytes]) -> None:
    asked = record(URLS[0], kind="request")
    file = write(tmp_path / name, [*(spell(one) for one in (asked, *map(record, URLS)))])
    found = list(read_warc(file))
    assert pages(found) == URLS
    assert found[0].page
    assert (found[0].page.body, found[0].page.fetched.year) == (BODY, 2020)
    last = found[3]
    assert pages(list(read_warc(file, after=Place(last.offset, last.number)))) == URLS[4:]
    again = capture_at(file, Place(last.offset, last.number))
    assert again
    assert again.url == URLS[3]
    file.write_bytes(file.read_bytes()[:-60])
    found = list(read_warc(file))
    assert pages(found) == URLS[:-1]
    assert sum(capture.cut for capture in found) == 1


def arc(made: bytes, *, version: int) -> bytes:
    """A record as ARC has it."""
    head, _, block = made.partition(b"\r\n\r\n")
    url = re.search(rb"(?m)^WARC-Target-URI: (.*)\r$", head)
    assert url
    more = b" 200 - - 0 a.arc" if version == 2 else b""
    return b"%s 192.0.2.1 20200203040506 text/html%s %d\n%s\n" % (url[1], more, len(block[:-4]), block[:-4])


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("name", ["a.arc", "a.arc.gz"])
def test_files_that_are_older_than_warc_are_read(tmp_path: Path, name: str, version: int) -> None:
    about = b"1 0 Archive\nURL IP-address Archive-date Content-type Archive-length\n"
    first = b"filedesc://a.arc 0.0.0.0 20200203040506 text/plain%s %d\n%s\n"
    others = [b"dns:news.example 192.0.2.1 20200203040506 text/dns%s 10\n0123456789\n"]
    more = b" 200 - - 0 a.arc" if version == 2 else b""
    made = [first % (more, len(about), about), *(one % more for one in others)]
    odd = f"{URLS[0]}/with a space"
    file = write(tmp_path / name, [*made, *(arc(record(url), version=version) for url in [*URLS, odd])])
    found = list(read_warc(file))
    assert pages(found) == [*URLS, odd]
    assert all(one.page or one.plain for one in found)
    page = next(one.page for one in found if one.page)
    assert (page.body, page.fetched) == (BODY, datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC))
    last = found[4]
    assert pages(list(read_warc(file, after=Place(last.offset, last.number)))) == pages(found)[3:]
    file.write_bytes(file.read_bytes()[:-60])
    *whole, cut = read_warc(file)
    assert (pages(whole), cut.cut) == (URLS, True)
    assert warc_files([str(tmp_path)]) == [file]


@pytest.mark.parametrize("name", ENDINGS)
def test_two_spellings_in_one_file(tmp_path: Path, name: str) -> None:
    file = write(tmp_path / name, [record(URLS[0]), small(record(URLS[1])), record(URLS[2]), bare(record(URLS[3]))])
    assert pages(list(read_warc(file))) == URLS[:4]


def test_what_cannot_be_understood_is_told(tmp_path: Path) -> None:
    records = [
        record(URLS[0]).replace(b"HTTP/1.1 200 OK", b"<html><body> OK"),
        record(URLS[1]).replace(b"https://", b"\xff\xfe\x00//\x01\x02"),
        record(URLS[2]).replace(b"WARC-Type: response", b"WARC-Type: r\xff\xffp\xffnse"),
        record(URLS[3]).replace(b"HTTP/1.1 200", b"\xff\xff\xffP/1.1 200"),
        record(URLS[4]),
    ]
    found = list(read_warc(write(tmp_path / "a.warc.zst", records)))
    assert pages(found) == [URLS[4]]
    assert [capture.cut for capture in found] == [False, True, True, True, False]
    assert not any(capture.plain for capture in found)
    assert found[0].reason == "not an HTTP answer: '<html><body> OK'"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.pdf", b"%PDF-1.4 hello" * 100),
        ("a.warc.gz", gzip.compress(b"hello" * 100)),
    ],
)
def test_another_file_is_no_warc_file(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(OSError, match="neither a WARC nor an ARC file"):
        list(read_warc(tmp_path / name))
    (tmp_path / name).write_bytes(b"")  # as a crawler leaves it that was stopped
    assert list(read_warc(tmp_path / name)) == []


@pytest.mark.parametrize("size", [1, 200_000])  # within what is unpacked at once, and beyond it
def test_a_revisit_in_a_file_of_one_gzip_member_is_told(tmp_path: Path, size: int) -> None:
    digest = ["WARC-Payload-Digest: sha1:AAAA"]
    file = tmp_path / "whole.warc.gz"
    again = record(URLS[2], b"", kind="revisit", warc=digest)
    first, last = (record(url, BODY + Random(url).randbytes(size)) for url in (URLS[0], URLS[3]))
    file.write_bytes(gzip.compress(first + record(URLS[1], warc=digest) + again + last))
    found = list(read_warc(file))
    assert pages(found) == [URLS[0], URLS[1], URLS[3]]
    assert "shares its compressed frame" in found[2].reason


@pytest.mark.parametrize("resumed", [False, True])
def test_a_revisit_has_the_payload_that_it_speaks_of(tmp_path: Path, resumed: bool) -> None:
    digest = ["WARC-Payload-Digest: sha1:AAAA"]
    file = write(
        tmp_path / "a.warc.gz",
        [
            record("https://news.example/one", gzip.compress(BODY), warc=digest),
            record("https://news.example/two"),
            record("https://news.example/again", b"", kind="revisit", warc=[*digest, "WARC-Truncated: length"]),  # wget
            record("https://news.example/lost", b"", kind="revisit", warc=["WARC-Payload-Digest: sha1:BBBB"]),
        ],
    )
    first = list(read_warc(file))
    found = list(read_warc(file, after=Place(first[1].offset, 1))) if resumed else first
    early = write(
        tmp_path / "early.warc.gz", [record(URLS[1], b"", kind="revisit", warc=digest), record(URLS[0], warc=digest)]
    )
    assert pages(list(read_warc(early))) == [URLS[1], URLS[0]]
    again, lost = found[-2:]
    assert again.page
    assert again.page.body == BODY
    assert lost.page is None
    assert "payload is not in this file" in lost.reason


CODED = {
    "gzip": gzip.compress(BODY),
    "deflate": zlib.compress(BODY),
    "br": brotli.compress(BODY),
    "zstd": zstandard.ZstdCompressor().compress(BODY),
}


def test_a_body_in_very_many_gzip_members_is_read_to_its_end() -> None:
    packed = gzip.compress(b"") * 400_000 + gzip.compress(b"end")  # 8 MB, in an hour or in two seconds
    assert decoded(packed, "", "gzip", 1000) == b"end"
    with pytest.raises(BodyRefused, match="cut short"):
        decoded(packed[:-4], "", "gzip", 1000)


@pytest.mark.parametrize("coding", CODED)
def test_bodies_are_decoded_under_a_cap_whatever_the_headers_say(coding: str) -> None:
    assert decoded(CODED[coding], "", coding, 1000) == BODY
    assert decoded(BODY, "", coding, 1000) == BODY  # decoded already, under the old headers
    with pytest.raises(BodyRefused, match="larger than"):
        decoded(CODED[coding], "", coding, 50)
    with pytest.raises(BodyRefused):
        decoded(CODED[coding][:-6], "", coding, 1000)
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(CODED[coding]), CODED[coding])
    assert decoded(chunks, "chunked", coding, 1000) == BODY


def test_gzip_is_known_by_its_first_bytes_and_by_its_members() -> None:
    assert decoded(gzip.compress(BODY), "", "", 1000) == BODY
    assert decoded(gzip.compress(BODY[:20]) + gzip.compress(BODY[20:]), "", "gzip", 1000) == BODY
    assert decoded(gzip.compress(gzip.compress(BODY)), "", "gzip, gzip", 1000) == BODY
    with pytest.raises(BodyRefused, match="on top of each other"):
        decoded(BODY, "", "gzip, gzip, gzip", 1000)
    with pytest.raises(BodyRefused, match="not known"):
        decoded(b"\x1f\x9d\x90" + BODY, "", "compress", 1000)
    assert decoded(BODY, "", "none", 1000) == BODY


def test_bombs_stay_under_the_cap() -> None:
    for coding, pack in (("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress)):
        with pytest.raises(BodyRefused, match="larger than"):
            decoded(pack(bytes(30_000_000)), "", coding, 1_000_000)


def test_chunks_are_put_together() -> None:
    assert dechunked(b"4\r\nHarb\r\n3;name=x\r\nour\r\n0\r\n\r\n") == b"Harbour"
    assert dechunked(BODY) == BODY
    with pytest.raises(BodyRefused):
        dechunked(b"4\r\nHarb\r\n30\r\nour")


def test_files_folders_patterns_and_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / "deep"
    deep.mkdir()
    files = [write(folder / name, [record(URLS[0])]) for folder in (tmp_path, deep) for name in ENDINGS]
    (tmp_path / "list.txt").write_text("\ufeffdeep/a.warc\n# mine\n\na.warc.gz\n")  # as Windows writes it
    (tmp_path / "bad.txt").write_text("nowhere.warc\n")
    monkeypatch.chdir(tmp_path)
    assert set(warc_files(["."])) == set(files)
    others = [write(deep / name, [record(URLS[0])]) for name in ("B.WARC.GZ", "c.wacz")]
    assert set(warc_files(["."])) == {*files, *others}
    assert warc_files(["deep/*.wacz"]) == others[1:]
    assert warc_files(["a.warc", "a.warc"]) == [files[0]]
    assert warc_files(["*.gz"]) == [files[1]]
    assert warc_files([str(tmp_path / "d*" / "*.zst")]) == [files[5]]
    assert warc_files(["@list.txt"]) == warc_files(["list.txt"]) == [files[3], files[1]]
    for name, reason in (("bad.txt", "names nowhere.warc"), ("none.warc", "no such file"), ("*.none", "names no WARC")):
        with pytest.raises(NoSuchFile, match=reason):
            warc_files([name])
