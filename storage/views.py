"""The documented views of an archive, in words: what the reference, the Datasette metadata and a test speak of.

Every view and every column that other programs may rely on stands here; names are a promise, and more may be added.
"""

from typing import NamedTuple


class View(NamedTuple):
    """What a view holds, and what each of its columns means."""

    about: str
    columns: dict[str, str]


VIEWS: dict[str, View] = {
    "articles": View(
        "One row a story: its newest text, and what is known about it.",
        {
            "id": "number of the article; never used again",
            "url": "canonical address",
            "title": "headline, without the site's name",
            "text": "clean text, paragraphs apart by blank lines",
            "markup": "the same as safe HTML",
            "summary": "standfirst or description",
            "authors": "people who wrote it (JSON list)",
            "published": "day and time of publication, UTC",
            "modified": "of the last change, as the page says, UTC",
            "first_seen": "when it was archived, UTC",
            "last_seen": "when it was last seen in a feed or looked at, UTC",
            "language": "BCP 47, e.g. en or pt-BR",
            "site": "host without www.",
            "section": "the site's own section",
            "tags": "keywords (JSON list)",
            "categories": "of all feeds it was seen in (JSON list)",
            "image": "address of its main image",
            "access": "free, metered, paid, teaser or unknown",
            "words": "words of the text; in scripts without spaces, pairs of characters",
            "score": "share of words that is expected to be right, 0 to 1; below .75 look at the page",
            "cluster": "id of its near-duplicates (the first one's), or null",
            "revision": "how many texts it has had",
            "gone": "when it vanished, UTC, or null",
            "kind": "article, live blog, gallery or video",
            "image_caption": "caption of the image, kept out of the text",
            "image_credit": "who made the image",
            "licence": "address or name of the licence, if the page states one",
            "gone_reason": "why it counts as withdrawn",
            "rights": "what the page says of its use by machines: robots, TDM reservation, AI crawlers (JSON)",
        },
    ),
    "sightings": View(
        "Where an article was seen: a row a feed (or backfill) and address.",
        {
            "article": "articles.id",
            "feed": "address of the feed",
            "category": "the shelf it was filed under",
            "guid": "the feed's own name for the item",
            "first_seen": "UTC",
            "last_seen": "UTC",
            "title": "as the feed gave it",
            "summary": "as the feed gave it",
            "url": "the address in the feed, in canonical form",
            "item": "digest of the raw item, kept among the pages",
            "via": "how it was found: feed, sitemap, wordpress, urls, wayback, warc",
        },
    ),
    "revisions": View(
        "Every text that an article has had.",
        {
            "article": "articles.id",
            "number": "1 is the first",
            "seen": "when this text was first read, UTC",
            "title": "headline then",
            "text": "text then",
            "page": "digest of the raw page it was read from",
            "published": "day of publication as stated then",
            "modified": "day of change as stated then",
            "minor": "1 if only punctuation, white space, case or a counter changed",
        },
    ),
    "pairs": View(
        "Near-duplicates, two and two.",
        {
            "article": "articles.id, the later one",
            "other": "articles.id, the earlier one",
            "likeness": "word 5-grams shared, of all (Jaccard), 0 to 1",
            "contained": "of the shorter text's, 0 to 1",
            "kind": "same, reprint or excerpt",
        },
    ),
    "clusters": View(
        "Near-duplicates, as groups.",
        {
            "cluster": "articles.cluster",
            "articles": "how many there are",
            "earliest": "articles.id of the earliest copy",
            "agency": "the news agency that the copies name most often, or empty",
        },
    ),
    "changes": View(
        "What has happened, in order; numbers only rise.",
        {
            "number": "ask for what came after the last one that was dealt with",
            "at": "UTC",
            "kind": "new, revised, cleaned, withdrawn, restored or clustered",
            "article": "articles.id",
            "revision": "the text that it is about",
            "cluster": "the cluster it is in now",
            "url": "canonical address",
            "hash": "of this line and the one before: the chain that `dateline verify` checks",
        },
    ),
    "sites": View(
        "What was learned of each site, and how its articles are.",
        {
            "site": "host without www.",
            "articles": "learned from (halved at 200, so that what is gone fades)",
            "score": "mean score over some fifty articles",
            "score_now": "over the last five",
            "words": "mean length over some fifty articles",
            "words_now": "over the last five",
            "fields": "share of title, day and authors found, over some fifty articles",
            "fields_now": "over the last five",
            "alarm": "what fell off the site's own past, or empty",
            "boilerplate": "lines that it is known to repeat",
        },
    ),
    "feeds": View(
        "The feeds that are polled.",
        {
            "url": "address, as config.toml has it",
            "category": "shelf",
            "state": "new, ok, empty, failing or silent",
            "every": "the user's own interval in seconds, or null",
            "last_polled": "UTC",
            "last_new": "when it last had something new, UTC",
            "next": "when it is polled next, UTC",
            "failures": "polls in a row that failed",
            "reason": "why next is what it is, or what went wrong",
            "title": "the feed's own",
            "gaps": "documents in which no item was known, so that some may have been missed",
            "last_gap": "when the last of them was seen, UTC",
            "moved_to": "where it lives since it was redirected for good, or empty",
        },
    ),
    "fetches": View(
        "Every page that was asked for, and the polls of each feed of the last 90 days.",
        {
            "url": "address asked for",
            "at": "UTC",
            "status": "HTTP status, or null if there was no answer",
            "bytes": "on the wire",
            "seconds": "from the request to the last byte",
            "page": "digest of the page, if it was kept",
            "reason": "what went wrong, or empty",
            "via": "live, wayback, warc or file",
            "source": "where the page was taken from, if not from its own site",
        },
    ),
    "backfills": View(
        "What was asked for of the history before the subscription.",
        {
            "source": "feed, wordpress, sitemap, cdx, warc or urls",
            "address": "as the command had it",
            "category": "shelf",
            "since": "first day asked for",
            "until": "last day asked for",
            "listings": "lists that were read",
            "named": "addresses that they named",
            "started": "UTC",
            "finished": "UTC, or null while it is not",
        },
    ),
}
