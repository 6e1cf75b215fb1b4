"""When something is due: at the first step at or after every multiple of an interval."""

import math
from dataclasses import dataclass
from typing import Protocol

_TOLERANCE = 1e-9
"""Share of a step by which a multiple of the interval may miss a step through rounding alone."""


class Schedule(Protocol):
    """What says at which steps something is due."""

    def steps(self, first: int, last: int, dt_hours: float, start: int = 0) -> list[int]:
        """The steps due from `first` to `last`, both included; `start` is the one with which the run begins."""


@dataclass(frozen=True)
class Every:
    """Due at every multiple of `hours` on the clock (before time 0 too), and when the run starts; every step when that is
    shorter than one."""

    hours: float

    def __post_init__(self):
        if not self.hours > 0:
            raise ValueError(f"an interval must be longer than 0 h, not {self.hours:g} h")

    def due(self, step: int, dt_hours: float, start: int = 0) -> bool:
        """Whether step number `step` is one of the schedule's; `start` is the one with which the run begins."""
        return step == start or self._multiples(step, dt_hours) > self._multiples(step - 1, dt_hours)

    def steps(self, first: int, last: int, dt_hours: float, start: int = 0) -> list[int]:
        """The steps due from `first` to `last`, both included."""
        return [step for step in range(first, last + 1) if self.due(step, dt_hours, start)]

    def count(self, first: int, last: int, dt_hours: float) -> int:
        """How many steps are due from `first`, with which the run starts, to `last`, both included."""
        return 1 + min(last - first, self._multiples(last, dt_hours) - self._multiples(first, dt_hours))

    def _multiples(self, step: int, dt_hours: float) -> int:
        return math.floor((step + _TOLERANCE) * dt_hours / self.hours)


@dataclass(frozen=True)
class EveryAndFirst:
    """Due as `every` says, and at every step of the first `hours` from time 0 on; 0: of none."""

    every: Every
    hours: float

    def steps(self, first: int, last: int, dt_hours: float, start: int = 0) -> list[int]:
        """The steps due from `first` to `last`, both included."""
        close = self._close(first, last, dt_hours)
        return sorted({*self.every.steps(first, last, dt_hours, start), *close})

    def count(self, first: int, last: int, dt_hours: float) -> int:
        """How many steps are due from `first`, with which the run starts, to `last`, both included."""
        close = self._close(first, last, dt_hours)
        return self.every.count(first, last, dt_hours) + sum(
            not self.every.due(step, dt_hours, first) for step in close
        )

    def _close(self, first: int, last: int, dt_hours: float) -> range:
        reached = math.floor(self.hours / dt_hours + _TOLERANCE)
        return range(max(0, first), min(last, reached) + 1) if reached > 0 else range(0)


def steps_until(hours: float, dt_hours: float) -> int:
    """How many steps of `dt_hours` reach `hours`."""
    return max(0, math.ceil(hours / dt_hours - _TOLERANCE))
