"""When something is due: at the first step at or after every multiple of an interval."""

import math
from dataclasses import dataclass

_TOLERANCE = 1e-9
"""Share of a step by which a multiple of the interval may miss a step through rounding alone."""


@dataclass(frozen=True)
class Every:
    """Due every `hours` of simulated time, the start included; every step when that is shorter than one."""

    hours: float

    def __post_init__(self):
        if not self.hours > 0:
            raise ValueError(f"an interval must be longer than 0 h, not {self.hours:g} h")

    def due(self, step: int, dt_hours: float) -> bool:
        """Whether step number `step` (0 is the start) is one of the schedule's."""
        return step == 0 or self._multiples(step, dt_hours) > self._multiples(step - 1, dt_hours)

    def steps(self, first: int, last: int, dt_hours: float) -> list[int]:
        """The steps due from `first` to `last`, both included."""
        return [step for step in range(first, last + 1) if self.due(step, dt_hours)]

    def _multiples(self, step: int, dt_hours: float) -> int:
        return math.floor((step + _TOLERANCE) * dt_hours / self.hours)


def steps_until(hours: float, dt_hours: float) -> int:
    """How many steps of `dt_hours` reach `hours`."""
    return max(0, math.ceil(hours / dt_hours - _TOLERANCE))
