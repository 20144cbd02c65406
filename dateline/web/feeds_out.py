"""The addresses of the feeds out: any search or category."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from dateline.web.queries import Saved, asked, query_of, spelled_out
from dateline.web.room import ReadingRoom
from dateline.web.settings import WebSettings
from dateline.web.syndication import Channel, as_atom, as_json, as_rss, title_of

_ITEMS, _MOST = 40, 100

Room = NamedDependency[ReadingRoom]
Settings = NamedDependency[WebSettings]
Searches = NamedDependency[Saved]


@get("/feed.xml", sync_to_thread=True, include_in_schema=False)
def rss(request: Request[Any, Any, Any], room: Room, settings: Settings, saved: Searches) -> Response[bytes]:
    """RSS 2.0."""
    return _answer(request, (room, settings, saved), as_rss, "application/rss+xml; charset=utf-8")


@get("/feed.atom", sync_to_thread=True, include_in_schema=False)
def atom(request: Request[Any, Any, Any], room: Room, settings: Settings, saved: Searches) -> Response[bytes]:
    """Atom (RFC 4287)."""
    return _answer(request, (room, settings, saved), as_atom, "application/atom+xml; charset=utf-8")


@get("/feed.json", sync_to_thread=True, include_in_schema=False)
def json(request: Request[Any, Any, Any], room: Room, settings: Settings, saved: Searches) -> Response[bytes]:
    """JSON Feed 1.1."""
    return _answer(request, (room, settings, saved), as_json, "application/feed+json; charset=utf-8")


def _answer(
    request: Request[Any, Any, Any],
    served: tuple[ReadingRoom, WebSettings, Saved],
    write: Callable[[Channel], bytes],
    kind: str,
) -> Response[bytes]:
    room, settings, saved = served
    given = spelled_out(request.query_params, saved)
    limit = given.get("limit", "")
    query = query_of(given, min(max(int(limit), 1), _MOST) if limit.isdecimal() and len(limit) < 6 else _ITEMS)
    with room.reader() as reader:
        rows = reader.rows([hit.id for hit in reader.find(query).hits])
    base = settings.address.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"
    params = asked(given)
    channel = Channel(
        title=title_of(query),
        home=f"{base}/search?{params}" if params else f"{base}/",
        own=f"{base}{request.url.path}{'?' if params else ''}{params}",
        base=base,
        rows=rows,
    )
    return Response(write(channel), media_type=kind)
