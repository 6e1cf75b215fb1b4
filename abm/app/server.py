"""The server of the app: its pages and pictures, for who may see them."""

import math
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import Request, Response
from nicegui import app, ui
from nicegui import run as background
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse

from ..folder.files import DamagedFile
from .kept_runs import KeptRuns, KeptView
from .looking import SMALLEST_REGION
from .pages.frame import STATIC, STYLE
from .pages.look_page import LookPage
from .pages.run_page import RunPage
from .sessions import Sessions
from .working_folder import OutsideFolder, WorkingFolder

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
    folder: Path,
    chosen: str = FIRST_CHOICE,
    *,
    host: str = "127.0.0.1",
    port: int = 8765,
    show: bool = True,
    page: str = "/",
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
        language="en-US",
        show=page if show else False,
        reload=False,
        show_welcome_message=False,
        storage_secret=secrets.token_hex(32),
        fastapi_docs=False,
        timeout_graceful_shutdown=1,  # pages wait for pictures when it ends
    )


def add_pages(working: WorkingFolder, sessions: Sessions, chosen: str) -> None:
    """Everything that the server answers."""
    kept = KeptRuns(working)
    app.add_static_file(local_file=STATIC / "app.css", url_path=STYLE)

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

    @app.get("/crlm/kept")
    async def kept_picture(
        run: str, minutes: float, field: str = "", colour_by: str = "", region: str = ""
    ) -> Response:
        """A moment of a run that was kept."""
        try:
            if not math.isfinite(minutes):
                raise ValueError(f"'{minutes}' is no time")
            part = _region(region)
            view = KeptView(run, minutes, field, colour_by, part)
            picture = await background.io_bound(kept.picture, view)
        except (OutsideFolder, FileNotFoundError, DamagedFile, ValueError) as error:
            return PlainTextResponse(str(error), 404)
        headers = {"cache-control": "private, max-age=60"} | ({"x-region": region} if region else {})
        return Response(picture, media_type="image/jpeg", headers=headers)

    @app.get("/crlm/report")
    async def page_of(run: str = "", batch: str = "") -> Response:
        """The page of a run or a batch, which loads nothing else."""
        try:
            return HTMLResponse(await background.io_bound(kept.report, run or batch))
        except (OutsideFolder, FileNotFoundError, DamagedFile, ValueError) as error:
            return PlainTextResponse(str(error), 404)

    @ui.page("/look", response_timeout=30)
    def look_page(run: str = "", beside: str = "", batch: str = "") -> None:
        LookPage(working, kept, run, beside, batch)

    @ui.page("/", response_timeout=30)
    async def run_page(request: Request) -> None:
        owner, client = _owner(request), ui.context.client
        await client.connected()
        if not client.has_socket_connection:  # the page is closed again
            return
        mine = app.storage.tab
        mine["number"] = sessions.number_for(owner, mine.get("number"))
        RunPage(working, sessions, mine["number"], chosen)


def _region(written: str) -> tuple[int, int, int, int] | None:
    """First row, first column, rows and columns; None for everything. Raises ValueError."""
    if not written:
        return None
    numbers = [int(number) for number in written.split(",") if number.isdecimal() and len(number) < 6]
    if len(numbers) != 4 or min(numbers[2:]) < SMALLEST_REGION:
        raise ValueError(
            f"'{written}' is no part of a liver; it is row, column, rows and columns, these at least {SMALLEST_REGION}"
        )
    row, column, rows, columns = numbers
    return row, column, rows, columns


def _owner(request: Request) -> str:
    """The browser that asks, by its cookie."""
    return str(request.session.get("id", ""))
