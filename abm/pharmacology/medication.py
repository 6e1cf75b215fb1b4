"""The drugs in the patient whose liver is looked at: their amounts, and what they leave of what they act on.

The doses follow from the config; the amounts are state, and so is the marrow that they suppress. What rules read is the mean
over the present step.
"""

from collections.abc import Iterable, Mapping
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np

from ..moments import SAME_MOMENT, moments_of
from . import marrow
from .dosing import PlannedDose, Prescription, Regimen, planned_doses
from .drug import Act, Blocks, Drug, Enhances, Inhibits, Kills, Spread, Stimulates, Suppresses
from .kinetics import COMPARTMENTS, Kinetics
from .patient import Patient


class Acting(NamedTuple):
    """What a drug does in the present step: its mean level (mg/L), and the mean share of the effect that the act has on its target."""

    drug: str
    act: Any
    level: float
    effect: float


class Medication:
    """The drugs of one patient.

    amounts : float64 [drug, 4], in the compartments of `Kinetics`
    marrow : float64 [5], the stages of the marrow relative to normal
    reach : kind of drug -> how much of its level in the blood reaches each site (float32 lattice, 1 before the first dose)
    doses : all that will be given until the `end` (hours), in their order
    acting : what the drugs do in the present step
    present, arriving : the kinds of drugs that act in it, and those of which nothing was there before it
    """

    def __init__(
        self,
        prescriptions: Iterable[Prescription],
        regimens: Mapping[str, Regimen],
        drugs: Mapping[str, Drug],
        patient: Patient,
        end: float,
        shape: tuple[int, int],
    ):
        self.patient = patient
        self.doses = planned_doses(prescriptions, regimens, patient, end)
        self.drugs = {name: drugs[name] for name in sorted({dose.drug for dose in self.doses})}
        self._supplies = [
            _Supply(Kinetics(drug, patient.elimination), self._doses_of(name)) for name, drug in self.drugs.items()
        ]
        self.amounts = np.zeros((len(self.drugs), COMPARTMENTS))
        self.marrow = np.ones(marrow.STAGES)
        self.reach = {kind: np.ones(shape, np.float32) for kind in sorted({drug.kind for drug in self.drugs.values()})}
        self.acting: tuple[Acting, ...] = ()
        self.present: set[Spread] = set()
        self.arriving: set[Spread] = set()

    def _doses_of(self, drug: str) -> list[PlannedDose]:
        return [dose for dose in self.doses if dose.drug == drug]

    @property
    def inhibited(self) -> set[str]:
        """The rules that any of the drugs slows."""
        return {act.target for drug in self.drugs.values() for act in drug.acts if isinstance(act, Inhibits)}

    @property
    def neutrophils(self) -> float:
        """Neutrophils that the marrow has brought into the blood, relative to normal."""
        return float(self.marrow[marrow.BLOOD])

    def in_blood(self, drug: str) -> float:
        """The level (mg/L) of a drug in the blood now; 0 for one that is not given."""
        number = list(self.drugs).index(drug) if drug in self.drugs else -1
        return self._supplies[number].kinetics.in_blood(self.amounts[number]) if number >= 0 else 0.0

    def advance(self, begin: float, hours: float) -> None:
        """One step from `begin` (hours) on; what is due meanwhile is given."""
        if not self.drugs:
            return
        acting: list[Acting] = []
        there = {drug.kind for drug, amounts in zip(self.drugs.values(), self.amounts, strict=True) if amounts.any()}
        for number, (name, drug) in enumerate(self.drugs.items()):
            levels, weights, self.amounts[number] = self._supplies[number].over(
                self.amounts[number], begin, begin + hours
            )
            if levels.any():
                mean = float(weights @ levels)
                acting += [Acting(name, act, mean, float(weights @ act.at(levels))) for act in drug.acts]
        self.acting = tuple(acting)
        self.present = {self.drugs[each.drug].kind for each in acting}
        self.arriving = self.present - there
        suppressed = 1.0 - _left(self.acting_by(Suppresses))
        if suppressed > 0.0 or (self.marrow != 1.0).any():
            self.marrow = marrow.after(self.marrow, suppressed, hours, self.patient)

    def acting_by(self, *kinds: type[Act]) -> list[Acting]:
        """What acts in the present step by any of these kinds."""
        return [each for each in self.acting if isinstance(each.act, kinds)]

    def left(self, name: str) -> float:
        """The share that the drugs in the blood leave of the effect of a molecule, or of the rates of a rule."""
        return _left(each for each in self.acting_by(Blocks, Inhibits) if each.act.target == name)

    def left_at(self, name: str, row: np.ndarray, column: np.ndarray) -> np.ndarray:
        """As `left`, of a molecule at sites (two integer arrays), as far as the drugs reach them (float64 array)."""
        left = np.ones(row.size)
        for each in self.acting_by(Blocks):
            if each.act.target == name:
                left *= 1.0 - each.act.at(each.level * self.reach_at(each.drug, row, column))
        return left

    def reach_at(self, drug: str, row: np.ndarray, column: np.ndarray) -> np.ndarray:
        """How much of a drug's level in the blood reaches sites (two integer arrays)."""
        return self.reach[self.drugs[drug].kind][row, column]

    def given(self, level: str) -> float:
        """What the drugs add to a level in the blood, in units of its half-maximal effect."""
        return sum(each.level / each.act.half for each in self.acting_by(Stimulates) if each.act.target == level)

    def killing(self) -> list[tuple[Acting, float]]:
        """What kills cells that cycle, and how many times as much by what enhances it."""
        return [(each, self._raised(each.drug)) for each in self.acting_by(Kills)]

    def _raised(self, drug: str) -> float:
        times = 1.0
        for each in self.acting_by(Enhances):
            if each.act.target == drug:
                times *= 1.0 + (each.act.times - 1.0) * each.effect
        return times

    def state_arrays(self) -> dict[str, np.ndarray]:
        """The arrays of a checkpoint, by name; none where no drug is given."""
        if not self.drugs:
            return {}
        amounts = {f"drugs/amounts/{name}": self.amounts[number] for number, name in enumerate(self.drugs)}
        reach = {f"drugs/reach/{kind}": lattice for kind, lattice in self.reach.items()}
        return amounts | reach | {"drugs/marrow": self.marrow}

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays of `state_arrays`. Raises KeyError or ValueError when they are of other drugs."""
        if self.drugs:
            for number, name in enumerate(self.drugs):
                self.amounts[number] = state[f"drugs/amounts/{name}"]
            self.marrow = state["drugs/marrow"].copy()
            for kind, lattice in self.reach.items():
                lattice[:] = state[f"drugs/reach/{kind}"]


class _Supply:
    """The doses of one drug, and how it comes and goes."""

    def __init__(self, kinetics: Kinetics, doses: list[PlannedDose]):
        self.kinetics, self.doses = kinetics, doses
        self._begins = np.array([dose.begins for dose in doses])
        self._latest_end = np.array(list(accumulate((dose.ends for dose in doses), max)))

    def over(self, amounts: np.ndarray, begin: float, end: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The levels that act at some moments between two others (hours), the weights of these moments, and the amounts at the end.

        A dose belongs to the time in which it begins, so that none is given twice or left out at the border of two steps.
        """
        begin, end = begin - SAME_MOMENT, end - SAME_MOMENT
        first = int(np.searchsorted(self._latest_end, begin, "left"))
        due = [
            dose for dose in self.doses[first : int(np.searchsorted(self._begins, end, "left"))] if dose.ends >= begin
        ]
        if not due and not amounts.any():
            return np.zeros(1), np.ones(1), amounts
        borders = {moment for dose in due for moment in (dose.begins, dose.ends) if begin < moment < end}
        levels, weights = [], []
        for start, stop in pairwise([begin, *sorted(borders), end]):
            for dose in due:
                if dose.begins == dose.ends and max(dose.begins, begin) == start:
                    amounts = self.kinetics.given(amounts, dose.milligrams)
            infused = sum(
                dose.milligrams / (dose.ends - dose.begins)
                for dose in due
                if dose.begins < dose.ends
                and dose.begins <= start + 2 * SAME_MOMENT
                and dose.ends >= stop - 2 * SAME_MOMENT
            )
            moments, shares = moments_of(start, stop, (), self.kinetics.fastest)
            now = start
            for moment in moments:
                amounts = self.kinetics.after(amounts, moment - now, infused)
                levels.append(self.kinetics.level(amounts))
                now = moment
            amounts = self.kinetics.after(amounts, stop - now, infused)
            weights.append(shares * (stop - start) / (end - begin))
        return np.array(levels), np.concatenate(weights), amounts


def _left(acting: Iterable[Acting]) -> float:
    """What several leave together: each takes its share of what the others leave."""
    left = 1.0
    for each in acting:
        left *= 1.0 - each.effect
    return left
