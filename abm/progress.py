"""How far a command or a run is: phase by phase, bars on a terminal and in notebooks, plain lines elsewhere."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

SECONDS_BETWEEN_LINES = 30.0
SHARE_BETWEEN_LINES = 0.1
LONGEST_SILENCE = 300.0
"""Without a terminal a line is said after a tenth of a phase, but not more often than each half minute, and at least every
five minutes."""
_REFRESH_SECONDS = 0.1
_BAR_WIDTH = 16


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
class StatusLine:
    """How far a phase is: `done` of `total`, and what there is to say about it; of what is counted in `unit` both are told.
    Where the pace is not `even`, nothing follows from it about the rest."""

    done: int
    total: int
    unit: str = ""
    said: tuple[str, ...] = ()
    even: bool = True

    @property
    def words(self) -> str:
        counted = (f"{self.unit} {self.done:,} of {self.total:,}",) if self.unit else ()
        return ", ".join((*counted, *self.said))

    @property
    def last_words(self) -> str:
        """What is said when the phase has ended."""
        counted = (f"{self.done:,} {self.unit}{'s' * (self.done != 1)}",) if self.unit else ()
        return ", ".join((*counted, *self.said))


def of_run(simulation: Any) -> StatusLine:
    """How far a run (an `abm.Simulation`) is."""
    model, first = simulation.model, simulation.model.first_step
    count = model.tumor.count
    return StatusLine(
        model.step_number - first,
        simulation.end_step - first,
        said=(simulated(simulation), f"{count:,} tumor cell{'s' * (count != 1)}"),
    )


def counted(unit: str, even: bool = True) -> Callable[[tuple[int, int]], StatusLine]:
    """How far something is that says (done, total)."""
    return lambda now: StatusLine(*now, unit, even=even)


class Phases:
    """What a command is doing. `phase` ends the phase before; calling it with what the phase's `look` understands says how
    far the phase is. After a phase nothing is wrong with, `took` holds its title and its seconds."""

    def __init__(self):
        self.took: list[tuple[str, float]] = []
        self._title, self._began = "", 0.0
        self._look: Callable[[Any], StatusLine] = of_run

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self._end(whole=kind is None)

    def phase(self, title: str, look: Callable[[Any], StatusLine] = of_run) -> None:
        """Begin a phase ("building the liver"), of which `look` says how far it is."""
        self._end(whole=True)
        self._title, self._look, self._began = title, look, time.monotonic()

    def _end(self, whole: bool) -> None:
        if self._title and whole:
            self.took.append((self._title, time.monotonic() - self._began))
        self._title = ""

    def tell(self, line: str) -> None:
        """Say something noteworthy."""

    def warn(self, line: str) -> None:
        """Say what is wrong."""
        self.tell(line)

    def __call__(self, what: Any) -> None:
        """Say how far the phase is."""


class Lines(Phases):
    """A line per phase, more of a long one, and at the end how long each took."""

    def __init__(self, stream=None):
        super().__init__()
        self._stream = stream or sys.stderr
        self._last = (0.0, 0)

    def tell(self, line: str) -> None:
        say(line, self._stream)

    def phase(self, title: str, look: Callable[[Any], StatusLine] = of_run) -> None:
        super().phase(title, look)
        self._last = (self._began, -1)
        self.tell(f"{title[:1].upper()}{title[1:]}.")

    def __exit__(self, kind, *_):
        super().__exit__(kind)
        if self.took and kind is None:
            each = ", ".join(f"{title} {in_seconds(seconds)}" for title, seconds in self.took)
            whole = f"Took {in_seconds(sum(seconds for _, seconds in self.took))}"
            self.tell(f"{whole}: {each}." if len(self.took) > 1 else f"{whole}.")

    def __call__(self, what: Any) -> None:
        clock = time.monotonic()
        seconds = clock - self._last[0]
        if seconds < SECONDS_BETWEEN_LINES and self._last[1] >= 0:
            return
        now = self._look(what)
        if self._last[1] < 0:  # from where it begins: a resumed run, or one that compiles in its first step
            self._last = clock, now.done
            return
        done = now.done - self._last[1]
        if done < SHARE_BETWEEN_LINES * now.total and seconds < LONGEST_SILENCE:
            return
        left = f", {in_seconds(seconds / done * (now.total - now.done))} left" if done and now.even else ""
        self._last = clock, now.done
        self.tell(f"  {now.words}{left}")


class Bars(Phases):
    """A bar per phase that moves, with the time left, and then the time it took."""

    def __init__(self):
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TextColumn
        from rich.text import Text

        class Moving(BarColumn):
            def render(self, task):
                return Text("") if task.finished else super().render(task)

        class Clock(ProgressColumn):
            def render(self, task):
                took = task.finished_time if task.finished else task.elapsed
                left = None if task.finished or not task.fields["even"] else task.time_remaining
                return Text(
                    in_seconds(took or 0.0) if left is None else f"{in_seconds(left)} left", style="progress.remaining"
                )

        console = Console(stderr=True)
        ascii_only = console.options.ascii_only
        self._bars = Progress(
            SpinnerColumn("line" if ascii_only else "dots", finished_text="*" if ascii_only else "[green]✓"),
            TextColumn("{task.description}"),
            Moving(bar_width=_BAR_WIDTH),
            TextColumn("{task.fields[said]}"),
            Clock(),
            console=console,
        )
        self._task, self._next_time, self._last = None, 0.0, None

    def __enter__(self):
        self._bars.start()
        return self

    def __exit__(self, kind, *_):
        super().__exit__(kind)
        self._bars.stop()

    def phase(self, title: str, look: Callable[[Any], StatusLine] = of_run) -> None:
        super().phase(title, look)
        self._next_time, self._last = 0.0, None
        self._task = self._bars.add_task(title, total=None, said="", even=True)

    def _end(self, whole: bool) -> None:
        if self._title and self._task is not None:
            if whole:
                self._bars.update(
                    self._task, total=1, completed=1, **({"said": self._last.last_words} if self._last else {})
                )
            else:
                self._bars.stop_task(self._task)
        super()._end(whole)

    def tell(self, line: str) -> None:
        self._bars.console.print(line, markup=False, highlight=False)

    def __call__(self, what: Any) -> None:
        clock, now = time.monotonic(), self._look(what)
        self._last = now
        if self._task is not None and (clock >= self._next_time or now.done >= now.total):
            self._next_time = clock + _REFRESH_SECONDS
            # a bar is full when the phase ends, not when the last thing is counted: something may be left to be written
            self._bars.update(
                self._task, total=max(now.total, now.done + 1), completed=now.done, said=now.words, even=now.even
            )


class Silence(Phases):
    """Nothing, but what is wrong."""

    def warn(self, line: str) -> None:
        if sys.stderr is not None:
            say(line, sys.stderr)


def progress(quiet: bool) -> Phases:
    """What fits where the user looks."""
    if quiet or sys.stderr is None:  # None: started with standard error closed
        return Silence()
    if _in_notebook():
        return Bars() if find_spec("ipywidgets") is not None else Lines(sys.stdout)  # rich draws nothing without it
    return Bars() if sys.stderr.isatty() else Lines()


def _in_notebook() -> bool:
    """Whether Jupyter, or something like it, shows what is printed."""
    if "IPython" not in sys.modules:
        return False
    from rich.console import Console

    return Console().is_jupyter


def in_seconds(seconds: float) -> str:
    """Wall time as people say it while they wait: '0.3 s', '45 s', '3 min 20 s', '2 h 5 min'."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 119.5:
        return f"{seconds:.0f} s"
    large, small, size = ("min", "s", 1) if seconds < 7170 else ("h", "min", 60)
    count, rest = divmod(round(seconds / size), 60)
    return f"{count:,} {large}" + (f" {rest} {small}" if rest else "")


def simulated(simulation: Any) -> str:
    """'2.3 of 14 d', in the unit in which the whole is a small number"""
    end = simulation.until_hours
    unit, hours = next(
        ((unit, hours) for unit, hours in (("d", 24.0), ("h", 1.0)) if end >= 2 * hours), ("min", 1 / 60)
    )
    return f"{simulation.model.minutes / 60 / hours:.1f} of {end / hours:.4g} {unit}"
