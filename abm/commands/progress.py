"""How far a run is: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..simulation import Simulation

SECONDS_BETWEEN_LINES = 30.0
SHARE_BETWEEN_LINES = 0.1
_REFRESH_SECONDS = 0.1


class Lines:
    """A plain line per tenth of the run, and at least every half minute."""

    def __init__(self, stream=None):
        self._stream = stream or sys.stderr
        self._last: tuple[float, int] | None = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def tell(self, line: str) -> None:
        print(line, file=self._stream, flush=True)

    def __call__(self, simulation: "Simulation") -> None:
        step, end, now = simulation.model.step_number, simulation.end_step, time.monotonic()
        left = ""
        if self._last is not None:
            seconds, steps = now - self._last[0], step - self._last[1]
            if steps < max(1, SHARE_BETWEEN_LINES * end) and seconds < SECONDS_BETWEEN_LINES and step < end:
                return
            # by the pace since the last line: the first steps of a first run compile the kernels
            left = f"  {seconds / max(1, steps) * (end - step):.0f} s left"
        self._last = now, step
        self.tell(f"step {step}/{end}  {simulated(simulation)}  {simulation.model.tumor.count} tumor cells alive{left}")


class Bar:
    """A bar that moves: step, simulated time, tumor cells alive, time left."""

    def __init__(self):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[simulated]}"),
            TextColumn("{task.fields[cells]} tumor cells alive"), TimeRemainingColumn(compact=True),
            console=Console(stderr=True))
        self._task = None
        self._next_time = 0.0

    def __enter__(self):
        self._bar.start()
        return self

    def __exit__(self, *_):
        self._bar.stop()

    def tell(self, line: str) -> None:
        self._bar.console.print(line, markup=False, highlight=False)

    def __call__(self, simulation: "Simulation") -> None:
        step, now = simulation.model.step_number, time.monotonic()
        state = {"simulated": simulated(simulation), "cells": simulation.model.tumor.count}
        if self._task is None:
            self._task = self._bar.add_task("step", total=simulation.end_step, completed=step, **state)
        elif now >= self._next_time or step >= simulation.end_step:
            self._next_time = now + _REFRESH_SECONDS
            self._bar.update(self._task, completed=step, **state)


class Silence:
    """Nothing."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def tell(self, line: str) -> None:
        return None

    def __call__(self, simulation: "Simulation") -> None:
        return None


def progress(quiet: bool) -> Lines | Bar | Silence:
    """What fits where the user looks."""
    if quiet:
        return Silence()
    return Bar() if sys.stderr.isatty() else Lines()


def simulated(simulation: "Simulation") -> str:
    """'2.3 of 14 d'"""
    return f"{simulation.model.minutes / 1440:.1f} of {simulation.until_hours / 24:g} d"
