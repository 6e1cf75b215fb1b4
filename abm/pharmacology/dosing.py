"""Regimens: which drugs are given on which days of a cycle, and the doses of a patient that follow from them.

A regimen is a file, `configs/regimens/folfox4.yaml`. The doses of a therapy are known when it begins, cycle by cycle; a
patient's are in milligrams.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from ..units import (
    Fraction,
    Hours,
    Mark,
    Number,
    Parameters,
    Positive,
    in_time,
    misfit,
    number_and_unit,
    parameter,
    unit_factor,
    written,
)
from .drug import DoseUnit, Drug, Enhances, Slows
from .patient import Patient

_MOST = 1e6


class PrescribedAmount(NamedTuple):
    """How much is given."""

    amount: float
    unit: DoseUnit

    def milligrams(self, patient: Patient) -> float:
        """How much that is for a patient (mg)."""
        per = {"mg": 1.0, "mg/kg": patient.weight, "mg/m^2": patient.body_surface}
        return self.amount * per[self.unit]

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}"


def _dose(value: Any) -> PrescribedAmount:
    """The dose that a text means. Raises PydanticCustomError."""
    if isinstance(value, PrescribedAmount):
        return value
    expected = PydanticCustomError("dose", "expected a dose such as '85 mg/m^2', '5 mg/kg' or '200 mg'")
    if not isinstance(value, str):
        raise expected
    try:
        amount, unit = number_and_unit(value)
    except ValueError:
        raise expected from None
    if not unit:
        raise expected
    for known in get_args(DoseUnit):
        try:
            factor = unit_factor(unit, known)
        except ValueError:
            raise PydanticCustomError(
                "dose", "'{unit}' is not a unit; write a dose such as '85 mg/m^2'", {"unit": unit[:40]}
            ) from None
        if factor is not None and (known != "mg/kg" or "/" in unit):  # else `5 %` is a dose per kilogram
            if not 0.0 < amount * factor <= _MOST:
                raise PydanticCustomError("dose", "a dose must be more than 0 and less than a kilogram")
            return PrescribedAmount(amount * factor, known)
    raise PydanticCustomError("dose", "'{value}' is no dose: expected mg, mg/kg or mg/m^2", {"value": value[:40]})


DoseOf = Annotated[
    PrescribedAmount,
    BeforeValidator(_dose),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ["85 mg/m^2"], "description": "a dose, in mg, mg/kg or mg/m^2"}),
]


class Given(Parameters):
    """One drug on one day of the cycle."""

    drug: str = Field(min_length=1, description="the drug")
    dose: DoseOf = Field(description="how much, in the unit in which the drug is dosed")
    at: Hours = Field(default=0.0, description="when, from the beginning of the cycle")
    over: Hours = Field(default=0.0, description="how long the infusion lasts; 0: at once")
    every: Annotated[Hours, Positive] | None = Field(
        default=None, description="time between doses within the cycle; null: once"
    )
    times: Annotated[int, Field(ge=1, le=1000)] = Field(default=1, description="how many doses within the cycle")
    cycles: Literal["all", "first", "later"] = Field(default="all", description="in which cycles")

    @model_validator(mode="after")
    def _repeated(self):
        if (self.times > 1) != (self.every is not None):
            raise misfit(
                self, "doses within a cycle need both their number (times) and the time between them (every)", "times"
            )
        if self.every is not None and self.over > self.every:
            raise misfit(self, "the infusion lasts longer than the time between two of them", "over")
        return self

    @property
    def ends(self) -> float:
        """Hours after the beginning of the cycle at which the last dose has run in."""
        return self.at + (self.times - 1) * (self.every or 0.0) + self.over


class Limits(Parameters):
    """What is done when neutrophils are few: their number in the blood is looked at on the first day of each cycle.

    Below the limit the cycle is put off, and looked at again then; after so many times the therapy is stopped. A cycle that was put off
    is given with smaller doses, and so is one that follows a severe nadir; they stay as small as that.
    """

    neutrophils: Number = parameter(
        1.5,
        low=1,
        high=2,
        mark="unverified",
        source="protocols of FOLFOX and FOLFIRI, quoted from memory: 1.5e9 /L on day 1, in some 1.0e9 /L",
        description="neutrophils in the blood, 1e9 per litre, below which a cycle is put off",
    )
    delay: Annotated[Hours, Positive] = parameter(
        "7 d",
        low="7 d",
        high="14 d",
        mark="unverified",
        source="protocols of FOLFOX and FOLFIRI, quoted from memory: by a week",
        description="by how long it is put off",
    )
    delays: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=3, description="how often one cycle is put off at most; then the therapy is stopped"
    )
    reduce: Fraction = parameter(
        0.2,
        low=0.1,
        high=0.5,
        mark="unverified",
        source="protocols of FOLFOX and FOLFIRI, quoted from memory: by a fifth, in some by a quarter",
        description="share of every dose that is left out from then on",
    )
    severe: Number = parameter(
        0.5,
        low=0.5,
        high=1,
        mark="unverified",
        source="grade 4 of the Common Terminology Criteria, quoted from memory: below 0.5e9 /L; grade 3: below 1.0e9 /L",
        description="fewest neutrophils since the last cycle, 1e9 per litre, below which the next doses are smaller",
    )


class Regimen(Parameters):
    """Which drugs are given when."""

    words: str = Field(default="", max_length=200, description="what it is, in a sentence")
    cycle: Annotated[Hours, Field(ge=1)] = Field(description="length of a cycle")
    cycles: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="how many; null: until it is stopped"
    )
    doses: tuple[Given, ...] = Field(min_length=1, description="what is given in a cycle")
    limits: Limits | None = Field(
        default=None, description="what is done when neutrophils are few; null: doses and days are as planned"
    )
    mark: Mark = Field(description="how far the doses can be trusted")
    source: str = Field(min_length=1, description="where they were read")

    @model_validator(mode="after")
    def _fits_its_cycle(self):
        for number, given in enumerate(self.doses):
            if given.ends > self.cycle:
                raise misfit(
                    self,
                    f"the dose of {given.drug} ends {given.ends:g} h after the beginning of a cycle that lasts {self.cycle:g} h: "
                    "it would overlap with the next",
                    "doses",
                    number,
                    "at",
                )
        return self


class Pause(Parameters):
    """A holiday from the drugs."""

    after: Annotated[int, Field(ge=1, le=1000)] = Field(description="cycles before it, and between two of them")
    lasting: Annotated[Hours, Positive] = Field(default=written("56 d"), description="how long")


class Prescription(NamedTuple):
    """The regimen of one therapy: when it begins, how many cycles (None: on and on), until when (hours), with which pause, with
    which share of each dose, and within which limits (None: those of the regimen); whether it hangs on a condition, and its number
    among the interventions."""

    regimen: str
    start: float
    cycles: int | None
    stop: float | None
    pause: Pause | None
    share: float
    limits: Limits | None = None
    is_conditional: bool = False
    number: int = 0

    def end(self, regimen: Regimen) -> float:
        """When its last cycle is over (hours) at the latest; infinite when it goes on and on."""
        if self.stop is None and (self.cycles or regimen.cycles) is None:
            return math.inf
        last, limits = math.inf if self.stop is None else self.stop, self.limits_within(regimen)
        begins = self.cycles_until(last, regimen)
        put_off = len(begins) * limits.delays * limits.delay if limits is not None else 0.0
        return min(begins[-1] + regimen.cycle + put_off, last)

    def limits_within(self, regimen: Regimen) -> Limits | None:
        """What is done when neutrophils are few: as it says itself, or as its regimen does."""
        return self.limits if self.limits is not None else regimen.limits

    def number_of(self, regimen: Regimen) -> int | None:
        """How many cycles; None: on and on."""
        return self.cycles if self.cycles is not None else regimen.cycles

    def after(self, begin: float, cycle: int, regimen: Regimen) -> float:
        """The planned beginning (hours) of the next cycle, after one that began then and was the `cycle`-th."""
        planned = begin + regimen.cycle
        return planned + self.pause.lasting if self.pause is not None and cycle % self.pause.after == 0 else planned

    def cycles_until(self, end: float, regimen: Regimen) -> list[float]:
        """The beginnings (hours) of the cycles before `end`."""
        number = self.number_of(regimen)
        last = end if self.stop is None else min(self.stop, end)
        begins: list[float] = []
        moment = self.start
        while moment < last - 1e-9 and (number is None or len(begins) < number):
            begins.append(moment)
            moment = self.after(moment, len(begins), regimen)
        return begins


class Load(NamedTuple):
    """What is laid down in a part of the tissue by an intervention of that number: a drug, how much of it, and how many times the level
    that the same dose would bring from the blood it makes there."""

    number: int
    drug: str
    dose: PrescribedAmount
    times: float


class PlannedDose(NamedTuple):
    """One dose of a patient: `milligrams` of a drug between two moments (hours), at once where they are the same."""

    drug: str
    begins: float
    ends: float
    milligrams: float


def planned_doses(
    prescriptions: Iterable[Prescription], regimens: Mapping[str, Regimen], patient: Patient, end: float
) -> list[PlannedDose]:
    """All doses that begin before `end` (hours), in the order of their beginning."""
    doses = [
        dose
        for prescription in prescriptions
        for cycle, begin in enumerate(prescription.cycles_until(end, regimens[prescription.regimen]))
        for dose in doses_of_cycle(prescription, regimens[prescription.regimen], patient, cycle == 0, begin, end)
    ]
    return in_order(doses)


def doses_of_cycle(
    prescription: Prescription, regimen: Regimen, patient: Patient, is_first: bool, begin: float, end: float
) -> Iterator[PlannedDose]:
    """The doses of a cycle that begins at `begin`, as far as they begin before `end` (hours) and before the therapy is stopped."""
    stop = end if prescription.stop is None else min(prescription.stop, end)
    for given in regimen.doses:
        if given.cycles == ("later" if is_first else "first"):
            continue
        milligrams = given.dose.milligrams(patient) * prescription.share
        for time in range(given.times):
            moment = begin + given.at + time * (given.every or 0.0)
            if moment < stop - 1e-9:
                yield PlannedDose(given.drug, moment, moment + given.over, milligrams)


def in_order(doses: Iterable[PlannedDose]) -> list[PlannedDose]:
    """Doses in the order of their beginning, and by drug where they begin together."""
    return sorted(doses, key=lambda dose: (dose.begins, dose.drug))


def unfit(
    prescriptions: Sequence[Prescription],
    loads: Sequence[Load],
    regimens: Mapping[str, Regimen],
    drugs: Mapping[str, Drug],
) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """What is wrong with therapies, with what is laid down in tissue, and with the regimens and drugs that they name: what, and the path of
    the key in the config that is to blame."""
    for name, regimen in regimens.items():
        for number, given in enumerate(regimen.doses):
            if given.drug not in drugs:
                yield f"there is no drug {given.drug!r}; see `crlm drugs`", ("regimens", name, "doses", number, "drug")
            elif given.over > 0.0 and drugs[given.drug].absorption is not None:
                message = f"{given.drug} is swallowed, and not infused; leave over out"
                yield message, ("regimens", name, "doses", number, "over")
            elif given.dose.unit != drugs[given.drug].dosed:
                yield (
                    f"{given.drug} is dosed in {drugs[given.drug].dosed}, and this is in {given.dose.unit}",
                    ("regimens", name, "doses", number, "dose"),
                )
    for load in loads:
        if load.drug not in drugs:
            yield f"there is no drug {load.drug!r}; see `crlm drugs`", ("interventions", load.number, "drug")
        elif drugs[load.drug].absorption is not None:
            yield f"{load.drug} is swallowed, and nothing can be loaded with it", ("interventions", load.number, "drug")
    for name, drug in drugs.items():
        for number, act in enumerate(drug.acts):
            if isinstance(act, Enhances | Slows) and act.target == name:
                yield f"a drug cannot {act.kind} itself", ("drugs", name, "acts", number, act.kind)
    for prescription in prescriptions:
        if prescription.regimen not in regimens:
            yield (
                f"there is no regimen {prescription.regimen!r}; see `crlm regimens`",
                ("interventions", prescription.number, "therapy"),
            )
    for index, prescription in enumerate(prescriptions):
        for other in prescriptions[index + 1 :]:
            if prescription.regimen == other.regimen and prescription.regimen in regimens:
                regimen = regimens[prescription.regimen]
                if other.start < prescription.end(regimen) and prescription.start < other.end(regimen):
                    over = prescription.end(regimen)
                    when = (
                        f"begin when the first is over, at {in_time(over)}"
                        if over < math.inf
                        else "give cycles to the first"
                    )
                    message = f"{prescription.regimen} is given twice at the same time; {when}, or leave one out"
                    yield message, ("interventions", other.number, "start")
