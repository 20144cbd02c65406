"""The web application: its routes, its errors, and the guard before them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
from litestar import Litestar, Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.static_files import create_static_files_router

from dateline.web import api, feeds_out, metrics, pages
from dateline.web.guard import COOKIE, MACHINES, STAY, Guard, same_origin, same_text, ticket
from dateline.web.queries import NOTHING_SAVED, BadParameter, Saved
from dateline.web.room import ReadingRoom
from dateline.web.settings import WebSettings
from storage.errors import ArchiveError, BadQuery

log = logging.getLogger("dateline.web")

_STATIC = Path(__file__).parent / "static"
_PROGRAMS = (*MACHINES, "/health")
_A_GUESS = 0.5  # seconds that a wrong token costs
_LONGEST_FORM = 4096
_REASONS = {400: "This cannot be understood", 404: "Not found", 405: "Not possible", 503: "No archive to read"}


def create_app(archive: str, settings: WebSettings, *, daemon: bool = False, saved: Saved = NOTHING_SAVED) -> Guard:
    """The pages of an archive. `daemon`: one is expected to be at work, and /health says so if it is not.

    `saved`: the searches that have a name, each as the parameters of its address.

    Raises ValueError for settings that cannot work.
    """
    settings.check()
    room, token = ReadingRoom(archive), settings.secret()

    @asynccontextmanager
    async def open_room(_: Litestar) -> AsyncIterator[None]:
        yield
        room.close()

    facts: dict[str, object] = {"room": room, "settings": settings, "daemon": daemon, "token": token, "saved": saved}
    app = Litestar(
        route_handlers=[
            *(pages.front, pages.search, pages.article, pages.diff, pages.stored),
            *(pages.feeds, pages.feed, pages.sites, pages.site, pages.status),
            *(sign_in, signing_in, signing_out, openapi, favicon),
            *(feeds_out.rss, feeds_out.atom, feeds_out.json, metrics.metrics, metrics.health),
            Router("/api/v1", route_handlers=list(api.HANDLERS), tags=["archive"]),
            create_static_files_router(path="/static", directories=[_STATIC], include_in_schema=False),
        ],
        dependencies={name: _given(fact) for name, fact in facts.items()},
        exception_handlers={Exception: _error},
        lifespan=[open_room],
        openapi_config=OpenAPIConfig(
            title="Dateline",
            version="1",
            description=api.__doc__ or "",
            path="/api",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        ),
        logging_config=None,
        request_max_body_size=_LONGEST_FORM,
    )
    return Guard(app, hosts=settings.hosts(), token=token, root=settings.root())


def _given(fact: Any) -> Provide:
    """A dependency that is always the same."""

    def give() -> Any:
        return fact

    return Provide(give, sync_to_thread=False)


@get("/openapi.json", include_in_schema=False, sync_to_thread=False)
def openapi(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """The description of the API."""
    return Response(request.app.openapi_schema.to_schema(), media_type="application/json")


@get("/favicon.ico", include_in_schema=False, sync_to_thread=False)
def favicon() -> Response[bytes]:
    """What browsers ask for unasked."""
    return Response((_STATIC / "icon.svg").read_bytes(), media_type="image/svg+xml")


@get("/login", include_in_schema=False, sync_to_thread=False)
def sign_in(token: NamedDependency[str]) -> Response[bytes]:
    """Where the token is asked for."""
    return _login_page(needed=bool(token))


@post("/login", include_in_schema=False, status_code=303)
async def signing_in(
    request: Request[Any, Any, Any], token: NamedDependency[str], settings: NamedDependency[WebSettings]
) -> Response[bytes]:
    """The token is taken for a cookie; where one goes from here is not for an address to say."""
    if not same_origin(request.scope, settings.address):
        return _login_page(needed=True, wrong="The form came from another site; try again here.", status=403)
    form = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=5)
    given = form.get("token", [""])[0].strip()
    if not token or not same_text(given, token):
        await asyncio.sleep(_A_GUESS)
        return _login_page(needed=True, wrong="This is not the token.", status=403)
    return _home(f"{COOKIE}={ticket(token)}; Max-Age={STAY}", _secure(request, settings))


@post("/logout", include_in_schema=False, status_code=303, sync_to_thread=False)
def signing_out(request: Request[Any, Any, Any], settings: NamedDependency[WebSettings]) -> Response[bytes]:
    """The cookie is taken back."""
    if not same_origin(request.scope, settings.address):
        return _login_page(needed=True, wrong="The form came from another site; try again here.", status=403)
    return _home(f"{COOKIE}=; Max-Age=0", _secure(request, settings))


def _secure(request: Request[Any, Any, Any], settings: WebSettings) -> bool:
    """Whether the pages are read over TLS, so that the cookie may ask for it."""
    return request.url.scheme == "https" or settings.address.startswith("https:")


def _home(cookie: str, secure: bool) -> Response[bytes]:
    cookie += "; Path=/; HttpOnly; SameSite=Strict" + "; Secure" * secure
    return Response(b"", status_code=303, headers={"location": "/", "set-cookie": cookie}, media_type="text/plain")


def _login_page(*, needed: bool, wrong: str = "", status: int = 200) -> Response[bytes]:
    page = pages.html("login.html", status=status, active="", needed=needed, wrong=wrong)
    page.headers["referrer-policy"] = "same-origin"  # else the form would be sent with the origin "null"
    return page


def _error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """An error as a page for people or as a problem (RFC 9457) for programs."""
    status, detail = _told(error)
    if request.url.path.startswith(_PROGRAMS):
        problem = {"type": "about:blank", "title": _REASONS.get(status, "Error"), "status": status, "detail": detail}
        return Response(msgspec.json.encode(problem), status_code=status, media_type="application/problem+json")
    return pages.html("error.html", status=status, active="", title=_REASONS.get(status, "Error"), detail=detail)


def _told(error: Exception) -> tuple[int, str]:
    if isinstance(error, HTTPException):
        extra = error.extra if isinstance(error.extra, list) else []
        told = [f"{one.get('key', '')}: {one.get('message', '')}" for one in extra if isinstance(one, dict)]
        return error.status_code, "; ".join(told) or error.detail
    if isinstance(error, BadParameter | BadQuery):
        return 400, str(error)
    if isinstance(error, ArchiveError):
        return 503, str(error)
    log.error("a page failed", exc_info=error)
    return 500, "this is a mistake of Dateline's; its log tells more"
