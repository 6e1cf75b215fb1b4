"""The server of the app: its pages and pictures, for who may see them."""

import secrets
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import Request, Response
from nicegui import app, ui
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse

from .pages.frame import STATIC
from .pages.run_page import RunPage
from .sessions import Sessions
from .working_folder import WorkingFolder

_LONGEST_WAIT = 10.0
"""Seconds for which a page waits for a picture before it asks again."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
FIRST_CHOICE = "quickstart"


class SamePlaceOnly(BaseHTTPMiddleware):
    """Refuses requests that another site makes in the user's browser: a foreign origin, or a name that is not this machine's."""

    def __init__(self, application, hosts: frozenset[str]):
        super().__init__(application)
        self._hosts = hosts

    async def dispatch(self, request: Request, call_next):
        host = urlsplit(f"//{request.headers.get('host', '')}")
        origin = request.headers.get("origin")
        if self._hosts and host.hostname not in self._hosts:
            return PlainTextResponse("This app is not known by that name.", 403)
        if origin and urlsplit(origin).netloc != host.netloc:
            return PlainTextResponse("This app is for its own pages only.", 403)
        return await call_next(request)


def serve(
    folder: Path, chosen: str = FIRST_CHOICE, *, host: str = "127.0.0.1", port: int = 8765, show: bool = True, page: str = "/"
) -> None:
    """Serve the app until it is interrupted.

    folder : all that it reads and writes; chosen : the config that its first page begins with
    host, port : where it listens; show : whether a browser is opened, on the page `page`
    """
    working, sessions = WorkingFolder(folder), Sessions()
    add_pages(working, sessions, chosen)
    hosts = frozenset((*LOOPBACK,)) if host in LOOPBACK else frozenset()
    app.add_middleware(SamePlaceOnly, hosts=hosts)
    app.on_shutdown(sessions.close)
    ui.run(
        host=host,
        port=port,
        title="crlm",
        show=page if show else False,
        reload=False,
        show_welcome_message=False,
        storage_secret=secrets.token_hex(32),
        fastapi_docs=False,
    )


def add_pages(working: WorkingFolder, sessions: Sessions, chosen: str) -> None:
    """Everything that the server answers."""
    app.add_static_files("/crlm/static", STATIC)
    app.add_static_file(local_file=STATIC / "app.css", url_path="/crlm/app.css")

    @app.get("/crlm/pictures/{number}")
    async def next_picture(number: int, request: Request, after: int = 0) -> Response:
        """The next picture of a session, after the one of that number; 204 when there is none for a while."""
        session = sessions.of(_owner(request), number)
        if session is None:
            return Response(status_code=404)
        session.order("look", None)
        if not await session.has_picture_after(after, _LONGEST_WAIT):
            return Response(status_code=204)
        headers = {"x-number": str(session.number), "cache-control": "no-store"}
        if session.region is not None:
            headers["x-region"] = ",".join(map(str, session.region))
        return Response(session.picture, media_type="image/jpeg", headers=headers)

    @ui.page("/", response_timeout=30)
    async def run_page(request: Request) -> None:
        owner = _owner(request)
        await ui.context.client.connected()
        mine = app.storage.tab
        mine["number"] = sessions.number_for(owner, mine.get("number"))
        RunPage(working, sessions, mine["number"], chosen)


def _owner(request: Request) -> str:
    """The browser that asks, by its cookie."""
    return str(request.session.get("id", ""))
