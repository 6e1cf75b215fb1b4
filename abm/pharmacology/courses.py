"""Courses: therapies whose cycles are decided on one by one, by what the blood counts say on their first day, or that hang on a condition.

What was decided is all that a course remembers: when its next cycle is due, and with which doses, follows from it.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..units import LONGEST
from .dosing import PlannedDose, Prescription, Regimen, doses_of_cycle
from .patient import Patient

GIVEN, REDUCED, PUT_OFF, STOPPED = range(4)
WORDS = ("given", "reduced", "put off", "stopped")
"""What can be decided on the first day of a cycle; of later cycles with the same smaller doses it is `given`."""

TURN = np.dtype([("cycle", "i4"), ("decision", "u1"), ("hours", "f8"), ("neutrophils", "f8"), ("share", "f8")])


class Turn(NamedTuple):
    """What was decided of a cycle (1 is the first): when (hours), at how many neutrophils (1e9/L), and which share of the doses that were
    prescribed is given."""

    cycle: int
    decision: int
    hours: float
    neutrophils: float
    share: float


class TherapyCourse:
    """One therapy.

    turns : what was decided so far
    lowest : the fewest neutrophils (1e9/L) since the last cycle that was given
    is_called_off : whether it is not given at all
    """

    def __init__(self, prescription: Prescription, regimen: Regimen, patient: Patient):
        self.prescription, self.regimen, self.patient = prescription, regimen, patient
        self.limits = prescription.limits_within(regimen)
        self.turns: list[Turn] = []
        self.lowest = math.inf
        self.is_called_off = False

    @property
    def due(self) -> float:
        """When the next cycle is to be decided on (hours); infinite when there is none."""
        if self.is_called_off:
            return math.inf
        number, stop = self.prescription.number_of(self.regimen), self.prescription.stop
        moment = self.prescription.start
        if self.turns:
            last = self.turns[-1]
            if last.decision == STOPPED or (last.decision != PUT_OFF and last.cycle == number):
                return math.inf
            if last.decision == PUT_OFF and self.limits is not None:
                moment = last.hours + self.limits.delay
            else:
                moment = self.prescription.after(last.hours, last.cycle, self.regimen)
        return math.inf if stop is not None and moment >= stop - 1e-9 else moment

    def decide(self, neutrophils: float) -> None:
        """Decide on the cycle that is due, at so many neutrophils (1e9/L)."""
        last = self.turns[-1] if self.turns else Turn(0, GIVEN, 0.0, math.nan, 1.0)
        cycle, share, decision = last.cycle + (last.decision != PUT_OFF), last.share, GIVEN
        if self.limits is not None:
            times = sum(turn.cycle == cycle for turn in self.turns)
            if neutrophils < self.limits.neutrophils:
                decision = PUT_OFF if times < self.limits.delays else STOPPED
            elif times or self.lowest < self.limits.severe:
                decision, share = REDUCED, share * (1.0 - self.limits.reduce)
        self.turns.append(Turn(cycle, decision, self.due, neutrophils, share))
        if decision in (GIVEN, REDUCED):
            self.lowest = math.inf

    @property
    def doses(self) -> Iterator[PlannedDose]:
        """The doses of all cycles that were decided on so far."""
        for turn in self.turns:
            if turn.decision in (GIVEN, REDUCED):
                lowered = self.prescription._replace(share=self.prescription.share * turn.share)
                yield from doses_of_cycle(lowered, self.regimen, self.patient, turn.cycle == 1, turn.hours, LONGEST)

    def state(self) -> np.ndarray:
        """All that it remembers, but for `lowest` (array of TURN)."""
        return np.array(self.turns, TURN)

    def load(self, turns: np.ndarray, lowest: float) -> None:
        """Restore what `state` was, and `lowest`."""
        self.turns, self.lowest = [Turn(*row) for row in turns.tolist()], lowest
