"""How much of the text and the metadata is right, and what a page costs: Dateline beside others, over pages with gold.

python -m benchmarks.extraction --data PATH [--peers] [--limit N]

PATH holds *.jsonl.xz with one page a line {id, dataset, site, page_type, url, html or html_b64, text, title, date,
authors, with, without}. The weights that come with Dateline were trained on pages like these: the figures that count
are those of the cross-validation that `python -m training.train` prints, or of pages that were not trained on.
Processor time is that of one process, each page by every extractor in turn, as a multiple of Lexbor's parse.
"""

import argparse
import base64
import json
import lzma
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from scraper.extract import PageRefused, extract
from storage.records import Page

_UNSPACED = "\u0e00-\u0e7f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
Answer = dict[str, Any]
Extractor = Callable[[bytes, str], Answer]


def main() -> None:
    """Print a line for each extractor and data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--datasets", default="andy,fundus,wcxb")
    parser.add_argument("--peers", action="store_true", help="trafilatura beside it (the bench extra)")
    parser.add_argument("--limit", type=int, default=0, help="at most so many pages of each data set")
    options = parser.parse_args()
    extractors: dict[str, Extractor] = {"dateline": _dateline} | (_peers() if options.peers else {})
    print(
        f"{'':22}{'data':8}{'pages':>6}"
        + "".join(f"{name:>7}" for name in ("F1", "<.5", "leak", "found", "title", "date", "names"))
        + f"{'x parse':>10}"
    )
    for dataset in options.datasets.split(","):
        rows = [row for row in _rows(options.data / f"{dataset}.jsonl.xz") if row["page_type"] in ("article", "mixed")]
        _report(dataset, rows[: options.limit or None], extractors)


def _report(dataset: str, rows: list[dict[str, Any]], extractors: dict[str, Extractor]) -> None:
    scores: dict[str, dict[str, list[float]]] = {name: {} for name in extractors}
    seconds = dict.fromkeys(("parse", *extractors), 0.0)
    for row in rows:
        body = body_of(row)
        seconds["parse"] += _timed(lambda body=body: LexborHTMLParser(body))[0]  # type: ignore[misc]
        for name, use in extractors.items():
            spent, answer = _timed(lambda use=use, body=body, row=row: use(body, row["url"] or ""))  # type: ignore[misc]
            seconds[name] += spent
            for key, value in score(row, answer).items():
                scores[name].setdefault(key, []).extend(value)
    for name, found in scores.items():
        cells = [
            fmean(found[key]) if found.get(key) else None
            for key in ("f1", "fail", "leak", "found", "title", "date", "authors")
        ]
        line = "".join("      -" if cell is None else f"{cell:7.3f}" for cell in cells)
        print(f"{name:22}{dataset:8}{len(rows):6}{line}{seconds[name] / seconds['parse']:10.1f}", flush=True)


def body_of(row: dict[str, Any]) -> bytes:
    """The bytes of a page's row."""
    return base64.b64decode(row["html_b64"]) if row.get("html_b64") else str(row["html"]).encode("utf-8", "replace")


def word_scores(text: str, right: str) -> tuple[float, float]:
    """(F1, recall) of a text's words, counted, in lower case, against the right ones."""
    said, gold = Counter(_WORD.findall(text.lower())), Counter(_WORD.findall(right.lower()))
    common = (said & gold).total()
    return (2 * common / (said.total() + gold.total()), common / gold.total()) if common else (0.0, 0.0)


def score(row: dict[str, Any], answer: Answer) -> dict[str, list[float]]:
    """What can be judged of one answer: each a list of values from 0 to 1."""
    found: dict[str, list[float]] = {}
    text = answer.get("text") or ""
    if row["text"]:
        f1, _ = word_scores(text, row["text"])
        found |= {"f1": [f1], "fail": [float(f1 < 0.5)]}
    flat = " ".join(text.lower().split())
    for key, name in (("with", "found"), ("without", "leak")):
        if row.get(key):
            found[name] = [float(" ".join(snippet.lower().split()) in flat) for snippet in row[key]]
    if row["title"]:
        found["title"] = [float(_folded(answer.get("title")) == _folded(row["title"]))]
    if row["date"]:
        found["date"] = [float(str(answer.get("date") or "")[:10] == row["date"][:10])]
    if row["authors"]:
        mine, theirs = ({_folded(one) for one in names} for names in (answer.get("authors") or (), row["authors"]))
        found["authors"] = [2 * len(mine & theirs) / (len(mine) + len(theirs))]
    return found


def _folded(text: str | None) -> str:
    return " ".join(re.findall(r"\w+", (text or "").casefold()))


def _timed(use: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = use()
    return time.process_time() - start, result


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    with lzma.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _dateline(body: bytes, url: str) -> Answer:
    try:
        article = extract(Page(url=url, final_url=url, status=200, body=body, fetched=datetime.now(UTC)))
    except PageRefused:
        return {}
    facts = article.metadata
    date = facts.published.isoformat() if facts.published else None
    return {"text": article.text, "title": facts.title, "date": date, "authors": facts.authors}


def _peers() -> dict[str, Extractor]:
    import trafilatura  # noqa: PLC0415 (an extra)

    def extractor(*, fast: bool) -> Extractor:
        def use(body: bytes, url: str) -> Answer:
            document: Any = trafilatura.bare_extraction(body, url=url or None, fast=fast, with_metadata=True)
            if document is None:
                return {}
            authors = (document.author or "").split("; ")
            return {"text": document.text, "title": document.title, "date": document.date, "authors": authors}

        return use

    return {"trafilatura": extractor(fast=False), "trafilatura fast": extractor(fast=True)}


if __name__ == "__main__":
    main()
