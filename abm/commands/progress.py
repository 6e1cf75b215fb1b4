"""How far a run or a batch is: a bar on a terminal, plain lines elsewhere."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..simulation import Simulation

SECONDS_BETWEEN_LINES = 30.0
SHARE_BETWEEN_LINES = 0.1
_REFRESH_SECONDS = 0.1


def say(line: str, stream=None) -> None:
    """Print on `stream` (standard output by default); nothing more is printed once nobody reads it any more, as in
    `crlm run ... | head -1`."""
    stream = stream or sys.stdout
    try:
        print(line, file=stream, flush=True)
    except BrokenPipeError:
        # what is left in the stream goes nowhere, or Python would complain of it at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@dataclass(frozen=True)
class Standing:
    """How far something is: `done` of `total` of what is counted (`unit`), and what else there is to say."""

    unit: str
    done: int
    total: int
    said: tuple[str, ...] = ()


def of_run(simulation: "Simulation") -> Standing:
    """How far a run is."""
    model, first = simulation.model, simulation.model.first_step
    return Standing("step", model.step_number - first, simulation.end_step - first,
                    (simulated(simulation), f"{model.tumor.count} tumor cells alive"))


class Lines:
    """A plain line per tenth of it, and at least every half minute."""

    def __init__(self, stream=None, look: Callable[[Any], Standing] = of_run):
        self._stream, self._look = stream or sys.stderr, look
        self._last: tuple[float, int] | None = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def tell(self, line: str) -> None:
        say(line, self._stream)

    warn = tell

    def __call__(self, what: Any) -> None:
        now, clock, left = self._look(what), time.monotonic(), ()
        if self._last is not None:
            seconds, done = clock - self._last[0], now.done - self._last[1]
            if done < max(1, SHARE_BETWEEN_LINES * now.total) and seconds < SECONDS_BETWEEN_LINES and now.done < now.total:
                return
            # by the pace since the last line: the first steps of a first run compile the kernels
            left = (f"{seconds / max(1, done) * (now.total - now.done):.0f} s left",)
        self._last = clock, now.done
        self.tell("  ".join((f"{now.unit} {now.done}/{now.total}", *now.said, *left)))


class Bar:
    """A bar that moves, with the time left."""

    def __init__(self, look: Callable[[Any], Standing] = of_run):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._look = look
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[said]}"),
            TimeRemainingColumn(compact=True), console=Console(stderr=True))
        self._task = None
        self._next_time = 0.0

    def __enter__(self):
        self._bar.start()
        return self

    def __exit__(self, *_):
        self._bar.stop()

    def tell(self, line: str) -> None:
        self._bar.console.print(line, markup=False, highlight=False)

    warn = tell

    def __call__(self, what: Any) -> None:
        now, clock = self._look(what), time.monotonic()
        if self._task is None:
            self._task = self._bar.add_task(now.unit, total=now.total, completed=now.done, said="  ".join(now.said))
        elif clock >= self._next_time or now.done >= now.total:
            self._next_time = clock + _REFRESH_SECONDS
            self._bar.update(self._task, completed=now.done, said="  ".join(now.said))


class Silence:
    """Nothing, but what is wrong."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def tell(self, line: str) -> None:
        return None

    def warn(self, line: str) -> None:
        if sys.stderr is not None:
            say(line, sys.stderr)

    def __call__(self, what: Any) -> None:
        return None


def progress(quiet: bool, look: Callable[[Any], Standing] = of_run) -> Lines | Bar | Silence:
    """What fits where the user looks."""
    if quiet or sys.stderr is None:  # None: started with standard error closed
        return Silence()
    return Bar(look) if sys.stderr.isatty() else Lines(look=look)


def simulated(simulation: "Simulation") -> str:
    """'2.3 of 14 d'"""
    return f"{simulation.model.minutes / 1440:.1f} of {simulation.until_hours / 24:g} d"
