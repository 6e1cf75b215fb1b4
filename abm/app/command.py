"""`crlm app`: what its argument is, and that the app can be started."""

import importlib.util
import socket
from pathlib import Path
from urllib.parse import quote

from ..commands import UserError
from ..commands.files import the_config
from ..config.shipped import shipped
from ..extras import how_to_install
from .working_folder import OutsideFolder, WorkingFolder, kind_of


def start_app(what: Path | None, *, host: str, port: int, browser: bool) -> None:
    """Serve the app for the present folder until it is interrupted. Raises UserError."""
    if importlib.util.find_spec("nicegui") is None:
        raise UserError(f"the app needs what is installed only when it is asked for: {how_to_install('app')}")
    folder = WorkingFolder(Path.cwd())
    chosen, page = _first_page(folder, what)
    _refuse_taken(host, port)
    from .server import FIRST_CHOICE, serve

    address = f"http://{f'[{host}]' if ':' in host else host}:{port}{page}"
    print(f"The app is at {address} (Ctrl-C ends it). It reads and writes in {folder.root} only.", flush=True)
    serve(folder.root, chosen or FIRST_CHOICE, host=host, port=port, show=browser, page=page)


def _first_page(folder: WorkingFolder, what: Path | None) -> tuple[str, str]:
    """The config that is chosen ("": the usual one), and the page that is opened first."""
    if what is None:
        return "", "/"
    try:
        kind = kind_of(what) if what.is_dir() else None
        if kind is not None:
            return "", f"/look?{kind}={quote(folder.name_of(what))}"
        if what.is_dir():
            raise UserError(
                f"{what} is the folder of neither a run nor a batch; without it, crlm app lists those of this folder"
            )
        file = the_config(what, quiet=True)
        if any(file == one.path for one in shipped()):
            return file.stem, "/"
        if file.resolve().parent != folder.root:
            raise OutsideFolder(f"{what} is not in this folder")
        return file.name, "/"
    except (OutsideFolder, ValueError) as error:
        raise UserError(
            f"the app shows what is in the folder in which it is started, and {what} is not: go there"
        ) from error


def _refuse_taken(host: str, port: int) -> None:
    """Raise UserError where nothing can listen."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(found[0], found[1]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[4])
    except OSError as error:
        raise UserError(
            f"nothing can listen at {host}, port {port} ({error.strerror or error}); try another one with --port"
        ) from error
