"""A page's hold on its liver: a process of its own, what it said last, and a way to wait for what it says next."""

import asyncio
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..folder.files import scratch_folder
from .form import Form
from .messages import AboutLiver, Moment, News, Order, Site, View
from .worker import work

_MOST_POINTS = 2000
"""Moments that a chart shows at most; when there are more, every other one is forgotten."""


class Session:
    """One page with its liver.

    liver, moment, site, phase, cascade, saved, failed : what was said last, None as long as nothing was
    chosen, saving : the name of the config that runs, and whether its run is just being saved
    history : moments so far, for charts
    picture, region, number : the last picture (JPEG), what it shows (as in `View`), and how many there were
    """

    def __init__(self) -> None:
        self._at_the_end = ExitStack()
        self._scratch = self._at_the_end.enter_context(scratch_folder(Path(tempfile.gettempdir()), "crlm-app-"))
        self._runs = 0
        self._process: Any = None
        self._connection: Any = None
        self._loop = asyncio.get_running_loop()
        self._heard = asyncio.Event()
        self._sending = threading.Lock()
        self.used = time.monotonic()
        self.number, self.picture, self.region = 0, b"", None
        self._forget()

    def _forget(self) -> None:
        self.liver: AboutLiver | None = None
        self.moment: Moment | None = None
        self.history: list[Moment] = []
        self.site: Site | None = None
        self.phase: tuple[str, int, int] | None = None
        self.cascade: bytes = b""
        self.chosen = self.saved = ""
        self.saving = False
        self.failed: tuple[str, dict[str, str]] | None = None
        self.said = ""
        self.picture, self.region = b"", None

    @property
    def is_running(self) -> bool:
        """Whether its process computes."""
        return self.moment is not None and self.moment.doing == "running"

    def used_now(self) -> None:
        """A page looks at it."""
        self.used = time.monotonic()

    # --- orders -----------------------------------------------------------------------------------------------------

    def begin(self, chosen: str, form: Form, view: View) -> None:
        """Begin a new run of the config that is called `chosen`; the one before is forgotten."""
        self._forget()
        self.chosen = chosen
        self.phase = ("starting", 0, 0)
        if self._process is None or not self._process.is_alive():
            self._start_process()
        self._runs += 1
        self.order("begin", form, self._scratch / str(self._runs), view)

    def order(self, what: Any, *about: Any) -> None:
        """Send an order; what its process no longer hears is lost."""
        self.used_now()
        if self._connection is None:
            return
        try:
            with self._sending:
                self._connection.send(Order(what, about))
        except (BrokenPipeError, OSError):
            self._end("The process of this run has ended; start it again.")

    def close(self) -> None:
        """End the process, and forget what was not saved."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.join(2.0)
            if self._process.is_alive():
                self._process.terminate()
        self._at_the_end.close()

    def _start_process(self) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would share the server's threads and sockets
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs,), daemon=True, name="crlm-liver")
        self._process.start()
        theirs.close()
        threading.Thread(target=self._listen, args=(self._connection,), daemon=True, name="crlm-news").start()

    # --- news -------------------------------------------------------------------------------------------------------

    def _listen(self, connection: Any) -> None:
        while True:
            try:
                news = connection.recv()
            except (EOFError, OSError, TypeError):  # TypeError: closed while it waits
                self._call(self._end, "The process of this run has ended unexpectedly; start it again.")
                return
            self._call(self._hear, news)

    def _call(self, what: Callable, *about: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(what, *about)
        except RuntimeError:  # the server has ended
            return

    def _end(self, words: str) -> None:
        self._connection = self._process = None
        if self.failed is None:
            self.failed = (words, {})
        self._wake()

    def _hear(self, news: News) -> None:
        match news.what, news.about:
            case "phase", (title, done, total):
                self.phase = (title, done, total)
            case "liver", (liver,):
                # what was said of the run before, after it was forgotten, is forgotten too
                self.liver, self.moment, self.history = liver, None, []
            case "moment", (moment,):
                self._come_to(moment)
            case "picture", (picture, region, moment):
                self.picture, self.region, self.number = picture, region, self.number + 1
                self._come_to(moment)
            case "picked", (site,):
                self.site = site
            case "cascade", (figure,):
                self.cascade = figure
            case "saved", (folder,):
                self.saved, self.phase, self.saving = folder, None, False
            case "failed", (words, places):
                self.failed, self.phase, self.saving = (words, places), None, False
            case "said", (line,):
                self.said = line
        self._wake()

    def _come_to(self, moment: Moment) -> None:
        if moment.doing != "preparing":
            self.phase = None
        if self.moment is None or moment.hours > self.moment.hours:
            self.history.append(moment)
            if len(self.history) > _MOST_POINTS:
                del self.history[1::2]
        self.moment = moment

    def _wake(self) -> None:
        self._heard.set()
        self._heard = asyncio.Event()

    async def has_picture_after(self, number: int, seconds: float) -> bool:
        """Wait for a picture after the one of that number; False when none comes in time."""
        end = time.monotonic() + seconds
        while self.number <= number or not self.picture:
            try:
                await asyncio.wait_for(self._heard.wait(), max(0.0, end - time.monotonic()))
            except TimeoutError:
                return False
        return True
