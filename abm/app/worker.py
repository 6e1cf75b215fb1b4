"""The process in which the liver of a page runs: it obeys orders between steps, and says what it did.

A run is a `Simulation` in a folder from its first step on, so that saving it is moving that folder, and what is saved is
what `crlm run` would have written.
"""

import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

from ..commands import UserError
from ..commands.ahead import compile_for_runs
from ..commands.run import build, draw_all, refuse_crowd, refuse_memory
from ..config import Config, ConfigError
from ..folder.files import bring
from ..progress import Phases, StatusLine, of_run
from ..simulation import RunInterrupted, Simulation
from . import looking
from .form import Form
from .messages import Doing, Moment, News, Order, View

_SECONDS_BETWEEN_MOMENTS = 0.25
"""How often at most a page is told where the run is, when it does not look at pictures."""
_HOURS_BETWEEN_MOMENTS = 1.0
"""Of simulated time, after which it is told in any case, so that charts have no gaps."""


class _Stopped(Exception):
    """The page wants no more of this run."""


class _PageGone(Exception):
    """The page and its server are gone."""


class _Told(Phases):
    """Phases that the page is told of."""

    def __init__(self, tell):
        super().__init__()
        self._tell, self._next = tell, 0.0

    def phase(self, title, look=of_run) -> None:
        super().phase(title, look)
        self._tell(News("phase", (title, 0, 0)))

    def tell(self, line: str) -> None:
        self._tell(News("said", (line,)))

    def __call__(self, what) -> None:
        if time.monotonic() >= self._next and self._look is not of_run:
            now: StatusLine = self._look(what)
            self._next = time.monotonic() + _SECONDS_BETWEEN_MOMENTS
            self._tell(News("phase", (self._title, now.done, now.total)))


class Worker:
    """Obeys the orders that come through `connection`, until it is closed."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self._shown = _Told(self._tell)
        self._simulation: Simulation | None = None
        self._doing: Doing = "stopped"
        self._view, self._wanted = View(), False
        self._drawn: tuple[int, View] | None = None
        self._hours_per_second: float | None = None
        self._steps_left: int | None = None
        self._folder, self._saved, self._save_to = Path(), False, ""
        self._due = self._told_at = self._told_hours = 0.0
        self._waiting: Order | None = None

    def serve(self) -> None:
        """Obey until nobody is there any more."""
        try:
            while True:
                order, self._waiting = self._waiting or self._next_order(), None
                if order.what == "begin":
                    self._run(*order.about)
        except _PageGone:
            return

    def _next_order(self) -> Order:
        try:
            return self._connection.recv()
        except (EOFError, OSError):
            raise _PageGone from None

    def _tell(self, news: News) -> None:
        try:
            self._connection.send(news)
        except (BrokenPipeError, OSError):
            raise _PageGone from None

    # --- one run ----------------------------------------------------------------------------------------------------

    def _run(self, form: Form, folder: Path, view: View) -> None:
        """A run from its beginning until it is complete and nothing more is asked about it."""
        self._doing, self._view, self._folder, self._saved, self._save_to = "preparing", view, folder, False, ""
        self._steps_left = self._drawn = None
        try:
            self._prepare(form)
            while self._simulation is not None:
                try:
                    self._simulation.run()
                except RunInterrupted:
                    if not self._save_to:  # Ctrl-C in the terminal of the app
                        raise _PageGone from None
                    self._move_and_go_on()
                else:
                    self._be_complete()
        except _Stopped:
            pass
        except ConfigError as error:
            self._fail(str(error), form.placed(error.problems))
        except UserError as error:
            self._fail(str(error), {})
        except _PageGone:
            raise
        except Exception as error:  # of rules, of the disk: whatever it is, the user must hear of it
            traceback.print_exc()
            self._fail(f"{type(error).__name__}: {error}", {})
        self._simulation = None

    def _prepare(self, form: Form) -> None:
        config = form.config()
        refuse_memory(config)
        refuse_crowd(config)
        off = [name for name, rule in config.rules if not rule.enabled]
        # the liver is seen before all is compiled
        compile_for_runs(self._shown, off, first=lambda: self._show_first(config))
        self._do("running")

    def _show_first(self, config: Config) -> None:
        """Build the liver, and show it as it is before the first step."""
        model = build(config)
        self._simulation = Simulation(model, folder=self._folder, progress=self._between_steps, tell=self._shown.tell)
        self._told_hours = config.begins
        self._tell(News("liver", (looking.about(self._simulation),)))
        self._wanted = True
        self._show_if_wanted()

    def _fail(self, words: str, places: dict[str, str]) -> None:
        self._doing = "failed"
        self._tell(News("failed", (words, places)))

    def _do(self, doing: Doing) -> None:
        self._doing, self._due = doing, time.monotonic()
        self._tell_moment()

    def _between_steps(self, simulation: Simulation) -> None:
        """Called by the run before its first step and after each: obey, keep the pace, show."""
        self._simulation = simulation
        if self._steps_left is not None:
            self._steps_left -= 1
            if self._steps_left <= 0:
                self._steps_left = None
                self._do("paused")
        self._show_if_wanted()
        while self._connection.poll():
            self._obey(self._next_order())
        while self._doing == "paused" and not self._save_to:
            self._obey(self._next_order())
        if self._hours_per_second is not None and self._steps_left is None:
            self._due = max(self._due, time.monotonic() - 1.0) + simulation.model.dt_hours / self._hours_per_second
            while (left := self._due - time.monotonic()) > 0 and self._doing == "running" and not self._save_to:
                if self._connection.poll(left):
                    self._obey(self._next_order())
        waited = time.monotonic() - self._told_at
        passed = simulation.model.hours - self._told_hours
        if waited >= _SECONDS_BETWEEN_MOMENTS or passed >= _HOURS_BETWEEN_MOMENTS:
            self._tell_moment()

    def _be_complete(self) -> None:
        """Answer questions about the last moment of a run."""
        self._do("complete")
        if self._saved:
            self._draw()
        while True:
            if self._save_to:
                self._take_along(self._save_to)
                self._draw()
                self._tell_saved()
            self._show_if_wanted()
            self._obey(self._next_order())

    def _move_and_go_on(self) -> None:
        """The run has stopped to be saved: move what it wrote, and go on there."""
        assert self._simulation is not None
        self._take_along(self._save_to)
        model = self._simulation.model
        self._simulation = Simulation(
            model, folder=self._folder, resume=True, progress=self._between_steps, tell=lambda line: None
        )
        self._tell_saved()

    def _take_along(self, folder: str) -> None:
        destination = Path(folder)
        # the recorders of a complete run go on reading where it was written
        bring(self._folder, destination, copied=self._saved or self._doing == "complete")
        self._folder, self._saved, self._save_to = destination, True, ""

    def _tell_saved(self) -> None:
        self._tell(News("saved", (str(self._folder),)))

    def _draw(self) -> None:
        """The figures and the movie of a complete run that is saved."""
        assert self._simulation is not None
        draw_all(self._folder, self._simulation.model.config, self._shown)
        self._do("complete")

    # --- orders -----------------------------------------------------------------------------------------------------

    def _obey(self, order: Order) -> None:
        simulation = self._simulation
        assert simulation is not None
        match order.what, order.about:
            case "begin", _:
                self._waiting = order
                raise _Stopped
            case "stop", _:
                self._do("stopped")
                raise _Stopped
            case "play", _ if self._doing == "paused":
                self._do("running")
            case "pause", _ if self._doing == "running":
                self._steps_left = None
                self._do("paused")
            case "step", (steps,) if self._doing in ("paused", "running"):
                self._steps_left = int(steps)
                self._do("running")
            case "pace", (hours_per_second,):
                self._hours_per_second, self._due = hours_per_second, time.monotonic()
            case "look", (view,):
                self._view, self._wanted = view or self._view, True
                if self._doing != "running":
                    self._show_if_wanted()
            case "pick", (row, column):
                rows, columns = simulation.model.shape
                site = looking.site(simulation.model, min(max(row, 0), rows - 1), min(max(column, 0), columns - 1))
                self._tell(News("picked", (site,)))
            case "cascade", _:
                self._tell(News("cascade", (looking.cascade(simulation),)))
            case "save", (folder,):
                self._save_to = folder
                if self._doing != "complete":
                    simulation.interrupt()
            case _:  # an order that comes too late, as to pause what is complete
                return

    # --- news -------------------------------------------------------------------------------------------------------

    def _moment(self) -> Moment:
        assert self._simulation is not None
        return looking.moment(self._simulation.model, self._doing)

    def _tell_moment(self) -> None:
        now = self._moment()
        self._told_at, self._told_hours = time.monotonic(), now.hours
        self._tell(News("moment", (now,)))

    def _show_if_wanted(self) -> None:
        assert self._simulation is not None
        seen = self._simulation.model.step_number, self._view
        if not self._wanted or self._drawn == seen:  # nothing has changed: whoever wants a picture waits
            return
        self._wanted, self._drawn = False, seen
        try:
            image = looking.picture(self._simulation.model, self._view)
        except ValueError as error:  # a field or a column of another config than this
            self._tell(News("said", (str(error),)))
            self._view = View(pixels=self._view.pixels)
            image = looking.picture(self._simulation.model, self._view)
        self._told_at, self._told_hours = time.monotonic(), self._simulation.model.hours
        self._tell(News("picture", (image, self._view.region, self._moment())))


def work(connection: Connection) -> None:
    """What the process of a page does."""
    Worker(connection).serve()
