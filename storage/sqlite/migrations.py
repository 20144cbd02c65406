"""The schema, as numbered steps; each step is one transaction, and a newer file than we know is refused."""

import logging
import sqlite3

from storage.errors import ArchiveUnusable

log = logging.getLogger("dateline")

APPLICATION_ID = 0x44544C4E  # "DTLN"
PAGES_APPLICATION_ID = 0x44545047  # "DTPG"

_FIRST = """
CREATE TABLE feed (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    category TEXT NOT NULL,
    every REAL,
    active INTEGER NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    etag TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    items TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'new',
    last_polled TEXT,
    last_new TEXT,
    next TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE article (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    markup TEXT NOT NULL,
    summary TEXT NOT NULL,
    authors TEXT NOT NULL,
    published TEXT,
    modified TEXT,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    language TEXT NOT NULL,
    site TEXT NOT NULL,
    section TEXT NOT NULL,
    tags TEXT NOT NULL,
    image TEXT NOT NULL,
    access TEXT NOT NULL,
    words INTEGER NOT NULL,
    score REAL NOT NULL,
    cluster INTEGER,
    revision INTEGER NOT NULL,
    gone TEXT,
    page TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    extractor TEXT NOT NULL,
    said_by TEXT NOT NULL
) STRICT;
CREATE INDEX article_by_fingerprint ON article (fingerprint, site);
CREATE INDEX article_by_day ON article (coalesce(published, first_seen));
CREATE INDEX article_by_first_seen ON article (first_seen);

CREATE TABLE alias (url TEXT PRIMARY KEY, article INTEGER NOT NULL REFERENCES article (id)) STRICT, WITHOUT ROWID;
CREATE INDEX alias_by_article ON alias (article);

CREATE TABLE revision (
    article INTEGER NOT NULL REFERENCES article (id),
    number INTEGER NOT NULL,
    seen TEXT NOT NULL,
    title TEXT,  -- NULL in the last one: it is the article's
    text TEXT,
    page TEXT NOT NULL,
    PRIMARY KEY (article, number)
) STRICT;

CREATE TABLE sighting (
    feed INTEGER NOT NULL REFERENCES feed (id),
    url TEXT NOT NULL,
    article INTEGER REFERENCES article (id),
    guid TEXT NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    published TEXT,
    updated TEXT,
    item TEXT,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    PRIMARY KEY (feed, url)
) STRICT, WITHOUT ROWID;
CREATE INDEX sighting_by_article ON sighting (article);
CREATE INDEX sighting_by_url ON sighting (url);

CREATE TABLE pending (
    url TEXT PRIMARY KEY,
    entry TEXT NOT NULL,
    known INTEGER NOT NULL,
    settled INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    next_try TEXT,
    reason TEXT NOT NULL DEFAULT '',
    found TEXT NOT NULL
) STRICT;

CREATE TABLE fetch (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    at TEXT NOT NULL,
    status INTEGER,
    bytes INTEGER NOT NULL,
    seconds REAL NOT NULL,
    page TEXT,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX fetch_by_url ON fetch (url);

CREATE TABLE host (
    origin TEXT PRIMARY KEY,
    robots BLOB,
    robots_status INTEGER,
    robots_fetched TEXT,
    last_request TEXT,
    not_before TEXT,
    reason TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE pair (
    article INTEGER NOT NULL REFERENCES article (id),
    other INTEGER NOT NULL REFERENCES article (id),
    likeness REAL NOT NULL,
    contained REAL NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (article, other)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE search USING fts5 (
    title, text, content='article', content_rowid='id', tokenize="unicode61 remove_diacritics 2"
);
CREATE TRIGGER article_inserted AFTER INSERT ON article BEGIN
    INSERT INTO search (rowid, title, text) VALUES (new.id, new.title, new.text);
END;
CREATE TRIGGER article_updated AFTER UPDATE OF title, text ON article
WHEN old.title IS NOT new.title OR old.text IS NOT new.text BEGIN
    INSERT INTO search (search, rowid, title, text) VALUES ('delete', old.id, old.title, old.text);
    INSERT INTO search (rowid, title, text) VALUES (new.id, new.title, new.text);
END;

CREATE VIEW articles AS SELECT
    a.id, a.url, a.title, a.text, a.markup, a.summary, a.authors, a.published, a.modified, a.first_seen, a.last_seen,
    a.language, a.site, a.section, a.tags,
    (SELECT json_group_array(category) FROM (
        SELECT DISTINCT f.category FROM sighting s JOIN feed f ON f.id = s.feed
        WHERE s.article = a.id AND f.category <> '' ORDER BY f.category)) AS categories,
    a.image, a.access, a.words, a.score, a.cluster, a.revision, a.gone
FROM article a;
CREATE VIEW sightings AS SELECT
    s.article, f.url AS feed, f.category, s.guid, s.first_seen, s.last_seen, s.title, s.summary, s.url, s.item
FROM sighting s JOIN feed f ON f.id = s.feed WHERE s.article IS NOT NULL;
CREATE VIEW revisions AS SELECT
    r.article, r.number, r.seen, coalesce(r.title, a.title) AS title, coalesce(r.text, a.text) AS text, r.page
FROM revision r JOIN article a ON a.id = r.article;
CREATE VIEW pairs AS SELECT article, other, likeness, contained, kind FROM pair;
CREATE VIEW feeds AS SELECT
    url, category, state, every, last_polled, last_new, next, failures, reason, title FROM feed WHERE active;
CREATE VIEW fetches AS SELECT url, at, status, bytes, seconds, page, reason FROM fetch;
"""

# The digest of a feed's document that a worker came to grief over.
_POISON = """
ALTER TABLE feed ADD COLUMN poison TEXT NOT NULL DEFAULT '';
"""

# What form an article has, and of its image what was left out of the text.
_FORMS = """
ALTER TABLE article ADD COLUMN kind TEXT NOT NULL DEFAULT 'article';
ALTER TABLE article ADD COLUMN image_caption TEXT NOT NULL DEFAULT '';
ALTER TABLE article ADD COLUMN image_credit TEXT NOT NULL DEFAULT '';
ALTER TABLE article ADD COLUMN licence TEXT NOT NULL DEFAULT '';
DROP VIEW articles;
CREATE VIEW articles AS SELECT
    a.id, a.url, a.title, a.text, a.markup, a.summary, a.authors, a.published, a.modified, a.first_seen, a.last_seen,
    a.language, a.site, a.section, a.tags,
    (SELECT json_group_array(category) FROM (
        SELECT DISTINCT f.category FROM sighting s JOIN feed f ON f.id = s.feed
        WHERE s.article = a.id AND f.category <> '' ORDER BY f.category)) AS categories,
    a.image, a.access, a.words, a.score, a.cluster, a.revision, a.gone,
    a.kind, a.image_caption, a.image_credit, a.licence
FROM article a;
"""

# Near-duplicates: an index of sampled 5-grams, and of each article its sample, its cluster and its story.
_LIKENESS = """
CREATE TABLE shingle (
    hash INTEGER NOT NULL,
    article INTEGER NOT NULL,
    PRIMARY KEY (hash, article)
) STRICT, WITHOUT ROWID;
CREATE TABLE sketch (
    article INTEGER PRIMARY KEY REFERENCES article (id),
    cluster INTEGER,
    story INTEGER,
    agency TEXT NOT NULL,
    hashes BLOB NOT NULL
) STRICT;
CREATE INDEX sketch_by_cluster ON sketch (cluster) WHERE cluster IS NOT NULL;
CREATE INDEX sketch_by_story ON sketch (story) WHERE story IS NOT NULL;
CREATE INDEX pair_by_other ON pair (other);
DROP VIEW articles;
CREATE VIEW articles AS SELECT
    a.id, a.url, a.title, a.text, a.markup, a.summary, a.authors, a.published, a.modified, a.first_seen, a.last_seen,
    a.language, a.site, a.section, a.tags,
    (SELECT json_group_array(category) FROM (
        SELECT DISTINCT f.category FROM sighting s JOIN feed f ON f.id = s.feed
        WHERE s.article = a.id AND f.category <> '' ORDER BY f.category)) AS categories,
    a.image, a.access, a.words, a.score,
    (SELECT cluster FROM sketch WHERE article = a.id) AS cluster, a.revision, a.gone,
    a.kind, a.image_caption, a.image_credit, a.licence
FROM article a;
ALTER TABLE article DROP COLUMN cluster;
CREATE VIEW clusters AS SELECT
    k.cluster, count(*) AS articles,
    (SELECT b.id FROM sketch s JOIN article b ON b.id = s.article WHERE s.cluster = k.cluster
        ORDER BY coalesce(b.published, b.first_seen), b.id LIMIT 1) AS earliest,
    coalesce((SELECT s.agency FROM sketch s WHERE s.cluster = k.cluster AND s.agency <> ''
        GROUP BY s.agency ORDER BY count(*) DESC, s.agency LIMIT 1), '') AS agency
FROM sketch k WHERE k.cluster IS NOT NULL GROUP BY k.cluster;
"""

# What each site repeats, and how its articles usually are.
_SITES = """
CREATE TABLE site (
    site TEXT PRIMARY KEY,
    articles INTEGER NOT NULL DEFAULT 0,
    score REAL NOT NULL DEFAULT 0,
    score_now REAL NOT NULL DEFAULT 0,
    words REAL NOT NULL DEFAULT 0,
    words_now REAL NOT NULL DEFAULT 0,
    fields REAL NOT NULL DEFAULT 0,
    fields_now REAL NOT NULL DEFAULT 0,
    alarm TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE TABLE line (
    site TEXT NOT NULL REFERENCES site (site),
    mark INTEGER NOT NULL,
    text TEXT NOT NULL,  -- from its second article on
    pages INTEGER NOT NULL,
    apart INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    first INTEGER NOT NULL,
    boilerplate INTEGER NOT NULL DEFAULT 0,
    applied INTEGER NOT NULL DEFAULT 1,  -- 0: articles that hold it are still to be cleaned again; 2: they are in hand
    ruling TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (site, mark)
) STRICT, WITHOUT ROWID;
CREATE INDEX line_to_apply ON line (site) WHERE applied <> 1;
CREATE INDEX line_of_boilerplate ON line (site) WHERE boilerplate;
CREATE INDEX article_by_site ON article (site);
CREATE VIEW sites AS SELECT
    site, articles, score, score_now, words, words_now, fields, fields_now, alarm,
    (SELECT count(*) FROM line l WHERE l.site = s.site AND l.boilerplate) AS boilerplate
FROM site s;
"""

# What happened, as a log; when each article is looked at again; what a feed showed in its last document, and where.
_HISTORY = """
ALTER TABLE revision ADD COLUMN published TEXT;  -- like title and text: of the last one, the article's
ALTER TABLE revision ADD COLUMN modified TEXT;
ALTER TABLE revision ADD COLUMN minor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE article ADD COLUMN gone_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE feed ADD COLUMN round INTEGER NOT NULL DEFAULT 0;  -- documents read
ALTER TABLE site ADD COLUMN api TEXT NOT NULL DEFAULT '';  -- of its WordPress
ALTER TABLE sighting ADD COLUMN round INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sighting ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sighting ADD COLUMN said TEXT NOT NULL DEFAULT '';
CREATE INDEX sighting_by_round ON sighting (feed, round);
CREATE INDEX sighting_by_guid ON sighting (feed, guid) WHERE guid <> '';
CREATE TABLE home (
    site TEXT NOT NULL REFERENCES site (site),
    mark INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    PRIMARY KEY (site, mark)
) STRICT, WITHOUT ROWID;
CREATE TABLE shared (url TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;  -- named canonical by several articles: nobody's
CREATE TABLE visit (
    article INTEGER PRIMARY KEY REFERENCES article (id),
    url TEXT NOT NULL,
    last TEXT NOT NULL,
    next TEXT,
    tries INTEGER NOT NULL DEFAULT 0,
    idle INTEGER NOT NULL DEFAULT 0,  -- visits in a row that a feed called for and that found nothing changed
    etag TEXT NOT NULL,
    last_modified TEXT NOT NULL
) STRICT;
CREATE INDEX visit_due ON visit (next) WHERE next IS NOT NULL;
CREATE TABLE change (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    kind TEXT NOT NULL,
    article INTEGER NOT NULL,
    revision INTEGER,
    cluster INTEGER
) STRICT;
INSERT INTO change (at, kind, article, revision)
    SELECT seen, CASE number WHEN 1 THEN 'new' ELSE 'revised' END, article, number FROM revision ORDER BY seen, article;
INSERT INTO change (at, kind, article, revision)
    SELECT gone, 'withdrawn', id, revision FROM article WHERE gone IS NOT NULL;
INSERT INTO change (kind, article, cluster) SELECT 'clustered', article, cluster FROM sketch WHERE cluster IS NOT NULL;
CREATE TRIGGER change_new AFTER INSERT ON article BEGIN
    INSERT INTO change (kind, article, revision) VALUES ('new', new.id, new.revision);
END;
CREATE TRIGGER change_revised AFTER UPDATE OF revision ON article WHEN new.revision > old.revision BEGIN
    INSERT INTO change (kind, article, revision) VALUES ('revised', new.id, new.revision);
END;
CREATE TRIGGER change_cleaned AFTER UPDATE OF title, text ON article
WHEN new.revision = old.revision AND (old.title IS NOT new.title OR old.text IS NOT new.text) BEGIN
    INSERT INTO change (kind, article, revision) VALUES ('cleaned', new.id, new.revision);
END;
CREATE TRIGGER change_gone AFTER UPDATE OF gone ON article WHEN (old.gone IS NULL) <> (new.gone IS NULL) BEGIN
    INSERT INTO change (kind, article, revision)
        VALUES (CASE WHEN new.gone IS NULL THEN 'restored' ELSE 'withdrawn' END, new.id, new.revision);
END;
CREATE VIEW changes AS SELECT c.number, c.at, c.kind, c.article, c.revision, c.cluster, a.url
FROM change c LEFT JOIN article a ON a.id = c.article;
DROP VIEW revisions;
CREATE VIEW revisions AS SELECT
    r.article, r.number, r.seen, coalesce(r.title, a.title) AS title, coalesce(r.text, a.text) AS text, r.page,
    CASE WHEN r.title IS NULL THEN a.published ELSE r.published END AS published,
    CASE WHEN r.title IS NULL THEN a.modified ELSE r.modified END AS modified, r.minor
FROM revision r JOIN article a ON a.id = r.article;
DROP VIEW articles;
CREATE VIEW articles AS SELECT
    a.id, a.url, a.title, a.text, a.markup, a.summary, a.authors, a.published, a.modified, a.first_seen, a.last_seen,
    a.language, a.site, a.section, a.tags,
    (SELECT json_group_array(category) FROM (
        SELECT DISTINCT f.category FROM sighting s JOIN feed f ON f.id = s.feed
        WHERE s.article = a.id AND f.category <> '' ORDER BY f.category)) AS categories,
    a.image, a.access, a.words, a.score,
    (SELECT cluster FROM sketch WHERE article = a.id) AS cluster, a.revision, a.gone,
    a.kind, a.image_caption, a.image_credit, a.licence, a.gone_reason
FROM article a;
"""

# The change log as a hash chain (storage/chain.py): `content` is the digest of the article's words as they became, ''
# where that is not known any more. `digest_of` and `chained` are functions of our connections alone, so that a foreign
# program that would add a line fails. The lines that are there go out and come in again, in order.
_CHAIN = """
CREATE TABLE unchained AS SELECT number, at, kind, article, revision, cluster FROM change;
CREATE INDEX unchained_by_article ON unchained (article, revision, number);
DELETE FROM change;
ALTER TABLE change ADD COLUMN content TEXT;
ALTER TABLE change ADD COLUMN hash TEXT NOT NULL DEFAULT '';
CREATE INDEX change_by_article ON change (article, revision);
CREATE TRIGGER change_chained AFTER INSERT ON change BEGIN
    UPDATE change SET content = coalesce(new.content, CASE WHEN new.kind IN ('new', 'revised', 'cleaned') THEN
        (SELECT digest_of(a.title, a.text) FROM article a WHERE a.id = new.article) END, '') WHERE number = new.number;
    UPDATE change SET hash = chained(
        coalesce((SELECT hash FROM change WHERE number < new.number ORDER BY number DESC LIMIT 1), ''),
        number, at, kind, article, revision, cluster, content) WHERE number = new.number;
END;
INSERT INTO change (number, at, kind, article, revision, cluster, content)
    SELECT u.number, u.at, u.kind, u.article, u.revision, u.cluster, coalesce((
        SELECT digest_of(r.title, r.text) FROM revisions r WHERE r.article = u.article AND r.number = u.revision
        AND u.number = (SELECT max(l.number) FROM unchained l WHERE l.article = u.article AND l.revision = u.revision
            AND l.kind IN ('new', 'revised', 'cleaned'))), '')
    FROM unchained u ORDER BY u.number;
DROP TABLE unchained;
DROP VIEW changes;
CREATE VIEW changes AS SELECT c.number, c.at, c.kind, c.article, c.revision, c.cluster, a.url, c.hash
FROM change c LEFT JOIN article a ON a.id = c.article;
"""

# How far each backfill has come, and of every page how it was had. What a backfill names is seen in a feed that rests.
_BACKFILLS = """
ALTER TABLE feed ADD COLUMN via TEXT NOT NULL DEFAULT 'feed';
ALTER TABLE feed ADD COLUMN address TEXT NOT NULL DEFAULT '';  -- of a backfill, whose url is its key
ALTER TABLE pending ADD COLUMN outside INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fetch ADD COLUMN via TEXT NOT NULL DEFAULT 'live';
ALTER TABLE fetch ADD COLUMN source TEXT NOT NULL DEFAULT '';
CREATE TABLE backfill (
    feed INTEGER PRIMARY KEY REFERENCES feed (id),
    since TEXT NOT NULL,
    until TEXT NOT NULL,
    cursor BLOB NOT NULL DEFAULT x'',
    listings INTEGER NOT NULL DEFAULT 0,
    named INTEGER NOT NULL DEFAULT 0,
    started TEXT NOT NULL,
    finished TEXT
) STRICT;
DROP VIEW sightings;
CREATE VIEW sightings AS SELECT
    s.article, CASE f.address WHEN '' THEN f.url ELSE f.address END AS feed, f.category, s.guid, s.first_seen,
    s.last_seen, s.title, s.summary, s.url, s.item, f.via
FROM sighting s JOIN feed f ON f.id = s.feed WHERE s.article IS NOT NULL;
DROP VIEW fetches;
CREATE VIEW fetches AS SELECT url, at, status, bytes, seconds, page, reason, via, source FROM fetch;
CREATE VIEW backfills AS SELECT
    f.via AS source, f.address, f.category, b.since, b.until, b.listings, b.named, b.started, b.finished
FROM backfill b JOIN feed f ON f.id = b.feed;
"""

# When a robots.txt is asked for again, and since when it cannot be had. What was unreachable before decides nothing.
_MANNERS = """
ALTER TABLE host ADD COLUMN robots_until TEXT;
ALTER TABLE host ADD COLUMN unreachable TEXT;
ALTER TABLE host DROP COLUMN last_request;
UPDATE host SET robots = NULL, robots_status = NULL WHERE robots_status >= 500;
"""
# What the reading side needs: names and texts found fast, and counts that the metrics read.
# Texts in scripts that set no spaces (and in Korean, whose words carry their particles) are also found by any three
# characters in a row. Only they are: such an index costs five times as much.
_IN_DENSE_SCRIPT = """
length(CAST({row}.text AS BLOB)) * 20 > length({row}.text) * 21 AND substr({row}.title || ' ' || {row}.text, 1, 500)
    GLOB '*[\u0e01-\u0eff\u0f40-\u0fbc\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff'
        || '\uac00-\ud7a3\uf900-\ufaff]*'
"""
# How long after its publication an article was found: the smallest of these spans (seconds) that holds it.
_DELAY = """
CASE WHEN seconds <= 60 THEN 60 WHEN seconds <= 300 THEN 300 WHEN seconds <= 900 THEN 900 WHEN seconds <= 1800 THEN 1800
     WHEN seconds <= 3600 THEN 3600 WHEN seconds <= 14400 THEN 14400 WHEN seconds <= 86400 THEN 86400 ELSE 604800 END
"""
_READING = f"""
CREATE VIEW dense_text AS SELECT id, title || ' ·' AS title, text || ' ·' AS text FROM article
    WHERE {_IN_DENSE_SCRIPT.format(row="article")};
CREATE VIRTUAL TABLE dense USING fts5 (
    title, text, content='dense_text', content_rowid='id', tokenize='trigram'
);
CREATE VIRTUAL TABLE dense_term USING fts5vocab ('dense', 'row');
CREATE TRIGGER dense_inserted AFTER INSERT ON article BEGIN
    INSERT INTO dense (rowid, title, text) SELECT id, title, text FROM dense_text WHERE id = new.id;
END;
CREATE TRIGGER dense_updated AFTER UPDATE OF title, text ON article
WHEN old.title IS NOT new.title OR old.text IS NOT new.text BEGIN
    INSERT INTO dense (dense, rowid, title, text) SELECT 'delete', old.id, old.title || ' ·', old.text || ' ·'
        WHERE {_IN_DENSE_SCRIPT.format(row="old")};
    INSERT INTO dense (rowid, title, text) SELECT id, title, text FROM dense_text WHERE id = new.id;
END;
INSERT INTO dense (dense) VALUES ('rebuild');

CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE byline (
    author INTEGER NOT NULL REFERENCES author (id),
    article INTEGER NOT NULL,
    PRIMARY KEY (author, article)
) STRICT, WITHOUT ROWID;
CREATE INDEX byline_by_article ON byline (article);
CREATE TRIGGER byline_inserted AFTER INSERT ON article WHEN new.authors <> '[]' BEGIN
    INSERT INTO author (name) SELECT value FROM json_each(new.authors) WHERE true ON CONFLICT DO NOTHING;
    INSERT INTO byline SELECT w.id, new.id FROM json_each(new.authors) j JOIN author w ON w.name = j.value
        WHERE true ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER byline_updated AFTER UPDATE OF authors ON article WHEN old.authors <> new.authors BEGIN
    DELETE FROM byline WHERE article = new.id;
    INSERT INTO author (name) SELECT value FROM json_each(new.authors) WHERE true ON CONFLICT DO NOTHING;
    INSERT INTO byline SELECT w.id, new.id FROM json_each(new.authors) j JOIN author w ON w.name = j.value
        WHERE true ON CONFLICT DO NOTHING;
END;
INSERT INTO author (name) SELECT DISTINCT j.value FROM article a, json_each(a.authors) j;
INSERT INTO byline SELECT DISTINCT w.id, a.id FROM article a, json_each(a.authors) j JOIN author w ON w.name = j.value;

CREATE INDEX article_when ON article (id, published, first_seen);
CREATE INDEX article_by_language ON article (language);
CREATE INDEX sighting_by_feed ON sighting (feed, article);
CREATE INDEX pending_by_reason ON pending (reason) WHERE reason <> '';
CREATE INDEX pending_waiting ON pending (found) WHERE NOT settled;

CREATE TABLE tally (
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    count INTEGER NOT NULL,
    total REAL NOT NULL,
    PRIMARY KEY (name, label)
) STRICT, WITHOUT ROWID;
CREATE VIEW fetch_fact AS SELECT id, url, bytes, seconds,
    CASE WHEN status IS NULL THEN 'none' ELSE status / 100 || 'xx' END AS class,
    CASE WHEN status = 304 THEN 'unchanged' WHEN status BETWEEN 200 AND 299 AND reason = '' THEN 'ok' ELSE 'failed' END
        AS result
FROM fetch;
CREATE VIEW delay_fact AS SELECT id, unixepoch(first_seen) - unixepoch(published) AS seconds FROM article;
CREATE TRIGGER fetch_counted AFTER INSERT ON fetch BEGIN
    INSERT INTO tally SELECT 'fetch', class, 1, bytes FROM fetch_fact WHERE id = new.id
        ON CONFLICT DO UPDATE SET count = count + 1, total = total + excluded.total;
    INSERT INTO tally SELECT 'poll', f.id || ' ' || c.result, 1, c.seconds
        FROM fetch_fact c JOIN feed f ON f.url = c.url WHERE c.id = new.id
        ON CONFLICT DO UPDATE SET count = count + 1, total = total + excluded.total;
END;
CREATE TRIGGER article_counted AFTER INSERT ON article BEGIN
    INSERT INTO tally VALUES ('article', new.site, 1, 0) ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO tally SELECT 'delay', {_DELAY}, 1, seconds
        FROM delay_fact WHERE id = new.id AND seconds BETWEEN 0 AND 604800
        ON CONFLICT DO UPDATE SET count = count + 1, total = total + excluded.total;
END;
CREATE TRIGGER revision_counted AFTER INSERT ON revision WHEN new.number > 1 BEGIN
    INSERT INTO tally VALUES ('revision', CASE WHEN new.minor THEN 'minor' ELSE 'major' END, 1, 0)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER pair_counted AFTER INSERT ON pair BEGIN
    INSERT INTO tally VALUES ('pair', new.kind, 1, 0) ON CONFLICT DO UPDATE SET count = count + 1;
END;
INSERT INTO tally SELECT 'fetch', class, count(*), sum(bytes) FROM fetch_fact GROUP BY 2;
INSERT INTO tally SELECT 'poll', f.id || ' ' || c.result, count(*), sum(c.seconds)
    FROM fetch_fact c JOIN feed f ON f.url = c.url GROUP BY 2;
INSERT INTO tally SELECT 'article', site, count(*), 0 FROM article GROUP BY 2;
INSERT INTO tally SELECT 'delay', {_DELAY}, count(*), sum(seconds)
    FROM delay_fact WHERE seconds BETWEEN 0 AND 604800 GROUP BY 2;
INSERT INTO tally SELECT 'revision', iif(minor, 'minor', 'major'), count(*), 0
    FROM revision WHERE number > 1 GROUP BY 2;
INSERT INTO tally SELECT 'pair', kind, count(*), 0 FROM pair GROUP BY 2;
"""  # noqa: S608 (our words)

# Logins that were kept in addresses of feeds: they stand in config.toml alone.
_LOGINS = """
UPDATE OR IGNORE feed SET url = substr(url, 1, instr(url, '://') + 2) || substr(url, instr(url, '@') + 1)
WHERE instr(url, '@') BETWEEN 1 AND instr(url, '://') + 2 + instr(substr(url, instr(url, '://') + 3) || '/', '/');
UPDATE fetch SET url = substr(url, 1, instr(url, '://') + 2) || substr(url, instr(url, '@') + 1)
WHERE instr(url, '@') BETWEEN 1 AND instr(url, '://') + 2 + instr(substr(url, instr(url, '://') + 3) || '/', '/');
"""

# Which process has an address in hand.
_CLAIMS = """
CREATE TABLE claim (url TEXT PRIMARY KEY, holder TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX claim_by_holder ON claim (holder);
"""

# When a feed's items appeared, what its server asks for, what it showed last, where it lives now.
_RHYTHM = """
ALTER TABLE feed ADD COLUMN trouble TEXT NOT NULL DEFAULT '';
ALTER TABLE feed ADD COLUMN rhythm TEXT NOT NULL DEFAULT '{}';
ALTER TABLE feed ADD COLUMN hints TEXT NOT NULL DEFAULT '{}';
ALTER TABLE feed ADD COLUMN shown BLOB NOT NULL DEFAULT x'';
ALTER TABLE feed ADD COLUMN gaps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN last_gap TEXT;
ALTER TABLE feed ADD COLUMN moved_to TEXT NOT NULL DEFAULT '';
ALTER TABLE feed ADD COLUMN redirect TEXT NOT NULL DEFAULT '';
ALTER TABLE feed ADD COLUMN redirects INTEGER NOT NULL DEFAULT 0;
DROP VIEW feeds;
CREATE VIEW feeds AS SELECT
    url, category, state, every, last_polled, last_new, next, failures, reason, title, gaps, last_gap, moved_to
FROM feed WHERE active;
"""

# The classes of status by their usual names; pages are counted off an index.
_CLASSES = """
DROP VIEW fetch_fact;
CREATE VIEW fetch_fact AS SELECT id, url, bytes, seconds,
    CASE WHEN status IS NULL THEN 'none' ELSE (status / 100) || 'xx' END AS class,
    CASE WHEN status = 304 THEN 'unchanged' WHEN status BETWEEN 200 AND 299 AND reason = '' THEN 'ok' ELSE 'failed' END
        AS result
FROM fetch;
UPDATE tally SET label = label || 'xx' WHERE name = 'fetch' AND length(label) = 1;
CREATE INDEX revision_by_page ON revision (page);
"""

# Since when items of a feed may have been missed.
_MISSED = """
ALTER TABLE feed ADD COLUMN missed_since TEXT;
"""

# What pages say of their use by machines (storage.records.Rights, as JSON).
_RIGHTS = """
ALTER TABLE article ADD COLUMN rights TEXT NOT NULL DEFAULT '{}';
DROP VIEW articles;
CREATE VIEW articles AS SELECT
    a.id, a.url, a.title, a.text, a.markup, a.summary, a.authors, a.published, a.modified, a.first_seen, a.last_seen,
    a.language, a.site, a.section, a.tags,
    (SELECT json_group_array(category) FROM (
        SELECT DISTINCT f.category FROM sighting s JOIN feed f ON f.id = s.feed
        WHERE s.article = a.id AND f.category <> '' ORDER BY f.category)) AS categories,
    a.image, a.access, a.words, a.score,
    (SELECT cluster FROM sketch WHERE article = a.id) AS cluster, a.revision, a.gone,
    a.kind, a.image_caption, a.image_credit, a.licence, a.gone_reason, a.rights
FROM article a;
"""

_PAGES = """
CREATE TABLE page (
    digest TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    headers TEXT NOT NULL,
    reference TEXT,
    packed BLOB NOT NULL
) STRICT;
CREATE TABLE reference (host TEXT PRIMARY KEY, digest TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""

# What is to be told to other programs, and how far each saved search has been answered.
_DELIVERIES = """
CREATE TABLE answered (name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    made TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_try TEXT,
    told TEXT,
    dead INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX delivery_due ON delivery (next_try) WHERE next_try IS NOT NULL;
"""

# A visit that failed had what was settled wait again, without the entry that would say for what.
_SETTLED = """
UPDATE pending SET settled = 1, next_try = NULL, reason = '', tries = 0 WHERE entry = '{}' AND NOT settled;
"""

# Samples are taken in another way now: those of before could not be compared with them. Pairs and clusters stay.
_DENSER_SAMPLES = """
DELETE FROM shingle;
UPDATE sketch SET hashes = x'';
"""

# What waits is found without reading all that a feed ever showed.
_WAITING = """
ALTER TABLE sighting ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;
UPDATE sighting SET waiting = 1 WHERE url IN (SELECT url FROM pending WHERE NOT settled);
CREATE INDEX sighting_waiting ON sighting (feed) WHERE waiting;
CREATE TRIGGER pending_listed AFTER INSERT ON pending BEGIN
    UPDATE sighting SET waiting = NOT new.settled WHERE url = new.url;
END;
CREATE TRIGGER pending_settled AFTER UPDATE OF settled ON pending WHEN old.settled <> new.settled BEGIN
    UPDATE sighting SET waiting = NOT new.settled WHERE url = new.url;
END;
CREATE TRIGGER sighting_waits AFTER INSERT ON sighting
WHEN EXISTS (SELECT 1 FROM pending WHERE url = new.url AND NOT settled) BEGIN
    UPDATE sighting SET waiting = 1 WHERE feed = new.feed AND url = new.url;
END;
"""

# The index of 5-grams in three tables, the newest rows in the smallest (storage/sqlite/grams.py).
_GRAMS = """
CREATE TABLE shingle_new (
    hash INTEGER NOT NULL,
    article INTEGER NOT NULL,
    PRIMARY KEY (hash, article)
) STRICT, WITHOUT ROWID;
CREATE TABLE shingle_recent (
    hash INTEGER NOT NULL,
    article INTEGER NOT NULL,
    PRIMARY KEY (hash, article)
) STRICT, WITHOUT ROWID;
"""

# The search indexes are written once a transaction (storage/sqlite/indexing.py): what is to be indexed is noted.
_NOTED = f"""
CREATE TABLE unindexed (
    id INTEGER PRIMARY KEY
) STRICT;
DROP TRIGGER article_inserted;
DROP TRIGGER article_updated;
DROP TRIGGER dense_inserted;
DROP TRIGGER dense_updated;
CREATE TRIGGER article_inserted AFTER INSERT ON article BEGIN
    INSERT INTO unindexed VALUES (new.id);
END;
CREATE TRIGGER article_updated AFTER UPDATE OF title, text ON article
WHEN old.title IS NOT new.title OR old.text IS NOT new.text BEGIN
    INSERT INTO search (search, rowid, title, text) SELECT 'delete', old.id, old.title, old.text
        WHERE old.id NOT IN (SELECT id FROM unindexed);
    INSERT INTO dense (dense, rowid, title, text) SELECT 'delete', old.id, old.title || ' ·', old.text || ' ·'
        WHERE old.id NOT IN (SELECT id FROM unindexed) AND {_IN_DENSE_SCRIPT.format(row="old")};
    INSERT OR IGNORE INTO unindexed VALUES (new.id);
END;
"""  # noqa: S608 (our words)

# What a feed's next poll follows from stood in the words of its reason alone.
_PLANNED = """
ALTER TABLE feed ADD COLUMN planned_by TEXT NOT NULL DEFAULT '';
UPDATE feed SET planned_by = CASE
    WHEN instr(reason, 'the server asked to wait (Retry-After)') THEN 'server'
    WHEN failures THEN 'failure'
    WHEN reason LIKE '%its interval' THEN 'interval'
    ELSE 'rhythm' END
WHERE next IS NOT NULL;
"""

# The pages are counted as they come, for /status read the whole index of them.
_PAGES_COUNTED = """
CREATE TRIGGER page_counted AFTER INSERT ON revision
WHEN NOT EXISTS (SELECT 1 FROM revision WHERE page = new.page AND rowid <> new.rowid) BEGIN
    INSERT INTO tally VALUES ('page', '', 1, 0) ON CONFLICT DO UPDATE SET count = count + 1;
END;
INSERT INTO tally SELECT 'page', '', count(DISTINCT page), 0 FROM revision;
"""

# Of one address each source has its own copy of the page: a file, an archive's replay. NULL: as its pending entry says.
_COPIES = """
ALTER TABLE sighting ADD COLUMN copy TEXT;
"""

# Articles of before there were visits were never looked at again: they are once, at the time of the last rung. And what
# earlier steps had elsewise, or not at all, on their first day.
_ALL_VISITED = """
INSERT INTO visit (article, url, last, next, etag, last_modified)
    SELECT id, url, last_seen, strftime('%Y-%m-%dT%H:%M:%SZ', first_seen, '+30 days'), '', '' FROM article
    WHERE id NOT IN (SELECT article FROM visit);
CREATE TABLE IF NOT EXISTS home (
    site TEXT NOT NULL REFERENCES site (site),
    mark INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    PRIMARY KEY (site, mark)
) STRICT, WITHOUT ROWID;
DROP TRIGGER IF EXISTS change_clustered;
DROP INDEX IF EXISTS change_of_cluster;
CREATE INDEX IF NOT EXISTS revision_by_page ON revision (page);
"""

# The pages on which articles go on, behind the one that each was read from.
_SEVERAL_PAGES = """
CREATE TABLE IF NOT EXISTS next_page (
    article INTEGER NOT NULL REFERENCES article (id),
    first TEXT NOT NULL, -- digest of the first page, behind which it goes on here
    number INTEGER NOT NULL,
    url TEXT NOT NULL,
    page TEXT NOT NULL,
    PRIMARY KEY (article, first, number)
) STRICT, WITHOUT ROWID;
"""

STEPS = (
    _FIRST,
    _FORMS,
    _LIKENESS,
    _SITES,
    _HISTORY,
    _CHAIN,
    _BACKFILLS,
    _MANNERS,
    _READING,
    _LOGINS,
    _CLAIMS,
    _RHYTHM,
    _CLASSES,
    _MISSED,
    _DELIVERIES,
    _POISON,
    _RIGHTS,
    _SETTLED,
    _DENSER_SAMPLES,
    _WAITING,
    _GRAMS,
    _NOTED,
    _PLANNED,
    _PAGES_COUNTED,
    _COPIES,
    _ALL_VISITED,
    _SEVERAL_PAGES,
)
PAGES_STEPS = (_PAGES,)


def migrate(connection: sqlite3.Connection, steps: tuple[str, ...], application_id: int) -> None:
    """Bring a file to the newest schema, a transaction a step."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if 0 < version < len(steps):
        log.info("bringing the archive of an older Dateline up to date: schema %d to %d", version, len(steps))
    for number, step in enumerate(steps[version:], start=version + 1):
        # Another process may have taken this step while we waited for the lock: look again inside it.
        connection.execute("BEGIN IMMEDIATE")
        (now,) = connection.execute("PRAGMA user_version").fetchone()
        if now >= number:
            connection.execute("ROLLBACK")
            continue
        try:
            _run(connection, step)
            connection.execute(f"PRAGMA application_id = {application_id}")
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:  # a full disk has rolled it back already
                connection.execute("ROLLBACK")
            raise


def check(connection: sqlite3.Connection, steps: tuple[str, ...], application_id: int, path: str) -> None:
    """Refuse a file that another program or a newer Dateline made."""
    (found,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and found != application_id:
        raise ArchiveUnusable(f"{path}: is a database of another program; give Dateline a file of its own")
    if version > len(steps):
        raise ArchiveUnusable(
            f"{path}: was made by a newer Dateline (schema {version}, we know {len(steps)}); update it"
        )


def check_for_reading(connection: sqlite3.Connection, path: str) -> None:
    """Refuse also what is not at our schema yet: a reader cannot bring it there."""
    check(connection, STEPS, APPLICATION_ID, path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        raise ArchiveUnusable(
            f"{path}: is empty, and no archive; if one stood here, put back both files from a backup, else "
            "`dateline poll` makes one"
        )
    if version < len(STEPS):
        raise ArchiveUnusable(
            f"{path}: was made by an older Dateline (schema {version}, we read {len(STEPS)}) and cannot be brought "
            "up to date: an older daemon runs on it (restart it), or it may not be written"
        )


def _run(connection: sqlite3.Connection, script: str) -> None:
    """Run the statements of a script inside the open transaction (executescript would commit it)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""
