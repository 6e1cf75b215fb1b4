"""The drugs in the patient whose liver is looked at: their amounts, and what they leave of what they act on.

The doses follow from the config, and of a therapy within limits from what is decided cycle by cycle; the amounts are state, and so is the
marrow that they suppress. What rules read is the mean over the present step.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np

from ..moments import SAME_MOMENT, moments_of
from . import marrow
from .courses import TherapyCourse
from .dosing import Load, PlannedDose, Prescription, Regimen, in_order, planned_doses
from .drug import Act, Blocks, ByLevel, Drug, Enhances, Harms, Inhibits, Kills, Slows, Spread, Stimulates, Suppresses
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
    harm : adverse event -> how often it has been expected to happen, by what the drugs do to other organs
    reach : kind of drug -> how much of its level in the blood reaches each site (float32 lattice, 1 before the first dose)
    doses : all that is planned until the `end` (hours), in their order
    courses : number among the interventions -> the therapy, for those whose cycles are decided on one by one
    acting : what the drugs do in the present step
    deposits : number among the interventions -> what that lays down in a part of the tissue
    present, arriving : the kinds of drugs that act in it, and those of which nothing was there before it
    """

    def __init__(
        self,
        prescriptions: Sequence[Prescription],
        regimens: Mapping[str, Regimen],
        drugs: Mapping[str, Drug],
        patient: Patient,
        end: float,
        shape: tuple[int, int],
        loads: Sequence[Load] = (),
    ):
        self.patient = patient
        self._plan = partial(planned_doses, regimens=regimens, patient=patient, end=end)
        self.doses = self._plan(prescriptions)
        self.drugs = {
            name: drugs[name] for name in sorted({dose.drug for dose in self.doses} | {load.drug for load in loads})
        }
        self.courses = {
            each.number: TherapyCourse(each, regimens[each.regimen], patient)
            for each in prescriptions
            if each.is_conditional or each.limits_within(regimens[each.regimen]) is not None
        }
        self._certain = self._plan(each for each in prescriptions if each.number not in self.courses)
        self._prescriptions = list(prescriptions)
        self._supplies = [
            _Supply(drug, patient.elimination, [dose for dose in self._certain if dose.drug == name])
            for name, drug in self.drugs.items()
        ]
        for drug, supply in zip(self.drugs.values(), self._supplies, strict=True):
            for act in drug.acts:
                if isinstance(act, Slows) and act.enabled and act.target in self.drugs:
                    self._supplies[list(self.drugs).index(act.target)].slowed_by.append((act, supply))
        self.deposits = {load.number: Deposit(load, drugs[load.drug], patient, shape) for load in loads}
        self.amounts = np.zeros((len(self.drugs), COMPARTMENTS))
        self.marrow = np.ones(marrow.STAGES)
        self.harm = {act.target: 0.0 for drug in self.drugs.values() for act in drug.acts if isinstance(act, Harms)}
        self.reach = {kind: np.ones(shape, np.float32) for kind in sorted({drug.kind for drug in self.drugs.values()})}
        self.acting: tuple[Acting, ...] = ()
        self.present: set[Spread] = set()
        self.arriving: set[Spread] = set()

    def call_off(self, number: int) -> None:
        """Give nothing of the therapy of this number among the interventions, if it is one that hangs on a condition."""
        if number in self.courses and not self.courses[number].is_called_off:
            self.courses[number].is_called_off = True
            self._prescriptions = [each for each in self._prescriptions if each.number != number]
            self.doses = self._plan(self._prescriptions)

    def _follow_courses(self) -> None:
        """Let the doses be those of what was decided so far."""
        doses = in_order([*self._certain, *(dose for course in self.courses.values() for dose in course.doses)])
        for name, supply in zip(self.drugs, self._supplies, strict=True):
            supply.take([dose for dose in doses if dose.drug == name])

    def intensity(self, drug: str, until: float) -> float:
        """What was given of a drug of all that was planned to be given until then (hours): nan where nothing was."""
        planned = sum(dose.milligrams for dose in self.doses if dose.drug == drug and dose.begins < until)
        if planned == 0.0:
            return np.nan
        given = self._supplies[list(self.drugs).index(drug)].doses
        return sum(dose.milligrams for dose in given if dose.begins < until) / planned

    @property
    def inhibited(self) -> set[str]:
        """The rules that any of the drugs slows."""
        return {act.target for drug in self.drugs.values() for act in drug.acts if isinstance(act, Inhibits)}

    @property
    def neutrophils(self) -> float:
        """Neutrophils that the marrow has brought into the blood, relative to normal."""
        return float(self.marrow[marrow.BLOOD])

    @property
    def neutrophil_count(self) -> float:
        """The same, in 1e9 per litre."""
        return self.patient.neutrophils * self.neutrophils

    def in_blood(self, drug: str) -> float:
        """The level (mg/L) of a drug in the blood now; 0 for one that is not given."""
        number = list(self.drugs).index(drug) if drug in self.drugs else -1
        return self._supplies[number].kinetics.in_blood(self.amounts[number]) if number >= 0 else 0.0

    def advance(self, begin: float, hours: float) -> None:
        """One step from `begin` (hours) on; what is due meanwhile is given."""
        if not self.drugs:
            return
        self._decide(begin + hours)
        for deposit in self.deposits.values():
            deposit.advance(begin, begin + hours)
        acting: list[Acting] = []
        there = {drug.kind for drug, amounts in zip(self.drugs.values(), self.amounts, strict=True) if amounts.any()}
        for number, (name, drug) in enumerate(self.drugs.items()):
            levels, weights, self.amounts[number] = self._supplies[number].over(
                self.amounts[number], begin, begin + hours
            )
            if levels.any() or self._laid(name):
                mean = float(weights @ levels)
                acting += [
                    Acting(name, act, mean, float(weights @ act.at(levels)))
                    for act in drug.acts
                    if isinstance(act, ByLevel)
                ]
        self.acting = tuple(acting)
        self.present = {self.drugs[each.drug].kind for each in acting if each.level > 0.0}
        self.arriving = self.present - there
        for each in self.acting_by(Harms):
            self.harm[each.act.target] += each.act.rate * each.effect * hours
        suppressed = 1.0 - _left(self.acting_by(Suppresses))
        if suppressed > 0.0 or (self.marrow != 1.0).any():
            self.marrow = marrow.after(self.marrow, suppressed, hours, self.patient)

    def _decide(self, end: float) -> None:
        """Decide on the cycles that are due before `end` (hours), by the neutrophils as they are now."""
        count = self.neutrophil_count
        for course in self.courses.values():
            course.lowest = min(course.lowest, count)
            while course.due < end - SAME_MOMENT:
                course.decide(count)
                self._follow_courses()

    def _laid(self, drug: str) -> "list[Deposit]":
        """Where some of a drug that was laid down is left."""
        return [each for each in self.deposits.values() if each.load.drug == drug and each.level > 0.0]

    def lay(self, number: int, sites: np.ndarray, hours: float) -> None:
        """Lay the dose of an intervention down at sites (bool lattice), so many hours before the end of the present step."""
        self.deposits[number].lay(sites, hours)

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
                left *= 1.0 - each.act.at(self.level_at(each, row, column))
        return left

    def level_at(self, acting: Acting, row: np.ndarray, column: np.ndarray) -> np.ndarray:
        """The mean level (mg/L) of what acts at sites (two integer arrays): as far as it reaches them, and what was laid down there."""
        level = acting.level * self.reach_at(acting.drug, row, column)
        for deposit in self._laid(acting.drug):
            level = level + deposit.level * deposit.sites[row, column]
        return level

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
        laid = {
            f"drugs/laid/{number}/{name}": array
            for number, deposit in self.deposits.items()
            for name, array in (("amounts", deposit.amounts), ("sites", deposit.sites))
        }
        turns = {f"drugs/turns/{number}": course.state() for number, course in self.courses.items()}
        lowest = {f"drugs/lowest/{number}": np.array(course.lowest) for number, course in self.courses.items()}
        harm = {f"drugs/harm/{event}": np.array(expected) for event, expected in self.harm.items()}
        return amounts | reach | laid | turns | lowest | harm | {"drugs/marrow": self.marrow}

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays of `state_arrays`. Raises KeyError or ValueError when they are of other drugs."""
        if self.drugs:
            for number, name in enumerate(self.drugs):
                self.amounts[number] = state[f"drugs/amounts/{name}"]
            self.marrow = state["drugs/marrow"].copy()
            self.harm = {event: float(state[f"drugs/harm/{event}"]) for event in self.harm}
            for kind, lattice in self.reach.items():
                lattice[:] = state[f"drugs/reach/{kind}"]
            for number, deposit in self.deposits.items():
                deposit.amounts = state[f"drugs/laid/{number}/amounts"].copy()
                deposit.sites[:] = state[f"drugs/laid/{number}/sites"]
            for number, course in self.courses.items():
                course.load(state[f"drugs/turns/{number}"], float(state[f"drugs/lowest/{number}"]))
            self._follow_courses()


class Deposit:
    """A drug that is laid down in a part of the tissue, and acts there alone.

    Its level is what the same dose, given into the blood at once, would bring to where the drug acts, times the `times` of its load, and
    falls as that does.

    sites : where it lies (bool lattice)
    amounts : float64 [4], as of `Kinetics`
    level : its mean level in the present step (mg/L)
    """

    def __init__(self, load: Load, drug: Drug, patient: Patient, shape: tuple[int, int]):
        self.load = load
        self.sites = np.zeros(shape, bool)
        self.amounts = np.zeros(COMPARTMENTS)
        self.level = 0.0
        self._milligrams = load.dose.milligrams(patient)
        self._supply = _Supply(drug, patient.elimination, [])

    def lay(self, sites: np.ndarray, hours: float) -> None:
        """Lay it down, so many hours before the end of the present step."""
        self.sites[:] = sites
        kinetics = self._supply.kinetics
        self.amounts = kinetics.after(kinetics.given(np.zeros(COMPARTMENTS), self._milligrams), hours)

    def advance(self, begin: float, end: float) -> None:
        """Go on from one moment to another (hours)."""
        levels, weights, self.amounts = self._supply.over(self.amounts, begin, end)
        self.level = self.load.times * float(weights @ levels)


class _Supply:
    """The doses of one drug, and how it comes and goes; `slowed_by` : what lowers its clearance, and the doses of that."""

    def __init__(self, drug: Drug, elimination: float, doses: list[PlannedDose]):
        self.kinetics = Kinetics(drug, elimination)
        self.slowed_by: list[tuple[Slows, _Supply]] = []
        self._slowed = cache(partial(Kinetics, drug, elimination))
        self.take(doses)

    def take(self, doses: list[PlannedDose]) -> None:
        """Let its doses be these, in the order of their beginning."""
        self.doses = doses
        self._begins = np.array([dose.begins for dose in doses])
        self._latest_end = np.array(list(accumulate((dose.ends for dose in doses), max)))

    def changes(self, lasting: float) -> np.ndarray:
        """When what lasts so long (hours) from each dose on begins and ends."""
        return np.concatenate([self._begins, self._begins + lasting])

    def is_within(self, lasting: float, moment: float) -> bool:
        """Whether a moment (hours) is within so many hours of a dose."""
        earlier = int(np.searchsorted(self._begins, moment, "right"))
        return earlier > 0 and moment < self._begins[earlier - 1] + lasting

    def _kinetics_at(self, moment: float) -> Kinetics:
        """How it comes and goes at a moment: more slowly after what lowers its clearance."""
        cleared = math.prod(1.0 - act.by for act, other in self.slowed_by if other.is_within(act.lasting, moment))
        return self.kinetics if cleared == 1.0 else self._slowed(cleared)

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
        for act, other in self.slowed_by:
            borders |= {moment for moment in other.changes(act.lasting) if begin < moment < end}
        levels, weights = [], []
        for start, stop in pairwise([begin, *sorted(borders), end]):
            kinetics = self._kinetics_at(0.5 * (start + stop))
            for dose in due:
                if dose.begins == dose.ends and max(dose.begins, begin) == start:
                    amounts = kinetics.given(amounts, dose.milligrams)
            infused = sum(
                dose.milligrams / (dose.ends - dose.begins)
                for dose in due
                if dose.begins < dose.ends
                and dose.begins <= start + 2 * SAME_MOMENT
                and dose.ends >= stop - 2 * SAME_MOMENT
            )
            moments, shares = moments_of(start, stop, (), kinetics.fastest)
            now = start
            for moment in moments:
                amounts = kinetics.after(amounts, moment - now, infused)
                levels.append(kinetics.level(amounts))
                now = moment
            amounts = kinetics.after(amounts, stop - now, infused)
            weights.append(shares * (stop - start) / (end - begin))
        return np.array(levels), np.concatenate(weights), amounts


def _left(acting: Iterable[Acting]) -> float:
    """What several leave together: each takes its share of what the others leave."""
    left = 1.0
    for each in acting:
        left *= 1.0 - each.effect
    return left
