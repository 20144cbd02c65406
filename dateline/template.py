"""The configuration that `dateline init` writes: every key with its default, commented."""

TEMPLATE = """\
# Dateline's whole configuration. Every key has a default (shown); unknown keys are errors.
# Durations: "30s", "15m", "1h30m". Sizes: "10MiB". `dateline config check` reads it without running anything.
# A variable such as DATELINE_MANNERS__DELAY=2s stands above the file; options of the command line above both.

[archive]
path = "dateline.db"          # beside this file; the raw pages lie in dateline.pages.db

[fetch]
user_agent = "Dateline/0.1"
contact = ""                  # an address or page where a site's owner can reach you; sent with every request
timeout = "30s"               # one exchange in all, redirects included
max_bytes = "10MiB"           # larger pages and feeds are refused
proxy = ""                    # through which all is asked, e.g. "http://proxy.example:3128"; or proxy_file
allow_networks = []           # private networks that may be asked all the same, e.g. ["127.0.0.0/8"]

[manners]
delay = "1s"                  # between two requests to one site, all its hosts together; a longer Crawl-delay wins
connections = 2               # at once to one host
obey_robots = true
shared_hosts = []             # domains whose hosts belong to different people, e.g. ["rsshub.app"]

[schedule]
every = "15m"
fastest = "2m"                # the shortest wait between two polls of a feed
slowest = "24h"               # the longest
adaptive = true               # as many requests in all, made when each feed's own rhythm expects news
revisit = true

[extract]
workers = 0                   # processes that read pages; 0: one a core
page_seconds = "5s"           # processor time for one page
worker_memory = "1GiB"

[web]
listen = "127.0.0.1:8765"     # "": no web pages; an address that others can reach needs a token
token_file = ""               # beside this file: 16 characters or more that a reader must know
names = []                    # host names that the pages are asked for under, e.g. ["news.example"]
address = ""                  # where a proxy shows the pages: "https://news.example" or "https://example.org/dateline"

[log]
format = "text"               # or "json"

[alerts]                      # where a digest of what is in trouble goes: feeds, gaps, layouts, messages not delivered
webhook = ""                  # JSON by POST
secret = ""                   # signs it (Standard Webhooks); or secret_file
mail_to = ""                  # or to this address,
mail_from = ""
smtp = ""                     # through this server: "smtp://user:password@mail.example:587" or smtps://; or smtp_file
every = "24h"                 # at most one digest in so long

# One entry a saved search: a feed of the web pages (/feed.xml?saved=NAME) and, if asked, a webhook for every find.
#
# [[searches]]
# name = "harbour"
# query = "harbour council"   # and category, site, language, author; operators = true: AND, OR, NOT and ( )
# webhook = "https://receiver.example/finds"
# secret_file = "webhook.secret"

# One entry for a site that needs something of its own (all optional but `host`, which covers the hosts below it).
# Any key may stand in a file: `headers_file = "secret.txt"` (a line "Name: value" each), `cookies_file`, `proxy_file`.
#
# [[sites]]
# host = "news.example"                     # or "news.example:8080", or "http://news.example": under a mere name the
#                                           # headers and cookies below go over https alone, unless a feed there is http
# headers = { Authorization = "Bearer …" }  # headers and cookies go to this site alone, whatever redirects elsewhere
# cookies = { session = "…" }
# user_agent = "…"
# proxy = "http://user:password@proxy.example:3128"
# keep = ["article.story"]                  # CSS: text is looked for in these elements alone …
# drop = [".newsletter", "#related"]        # … and never in these
# obey_robots = false                       # logged
# delay = "5s"

# One entry a feed. `category` names the shelf; `every` (optional) turns adaptive polling off for it.
#
# [[feeds]]
# url = "https://www.diplomacy24.com/category/north-america/feed/"
# category = "North America"
# every = "10m"
"""
