"""A trial: arms, the cohort that is treated in all of them, when it is scanned, and what the real trial found.

`TrialFile` is what a user may write; `ClinicalTrial` is what `loading.load_trial` makes of it.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Gt
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ..batches.expectation import Published, Window, window_of
from ..batches.experiment import Experiment
from ..interventions import Ablate, Irradiate, Resect
from ..lesions.response import NEAR, Criteria
from ..record.decisions import decides
from ..units import Hours, Parameters, written
from .cohort import Cohort, CohortFile

ReadoutName = Literal[
    "response_rate",
    "disease_control",
    "early_shrinkage",
    "progression_rate",
    "pfs_median",
    "hazard_ratio",
    "odds_ratio",
    "rate_difference",
    "neutropenia",
]
COMPARED = ("hazard_ratio", "odds_ratio", "rate_difference")
"""Readouts that compare an arm with another."""
RATIOS = ("hazard_ratio", "odds_ratio")
NUMBERS = (*RATIOS, "pfs_median")
"""Readouts that are neither shares nor a difference of shares."""
NADIR = "neutrophil_nadir"
"""The fewest neutrophils of a patient, 1e9 per litre: a measure of each run, and a column of the patients."""
SEVERE_NEUTROPENIA = 1.0
"""Neutrophils, 1e9 per litre, below which it is of grade 3 (Common Terminology Criteria for Adverse Events)."""
EARLY_SHRINKAGE = 0.2
"""Share of the sum of diameters at baseline by which it is smaller at the early look, at least (Piessevaux 2013, Ann Oncol 24:2570)."""
WORDS = {
    "response_rate": "response rate",
    "disease_control": "disease control",
    "early_shrinkage": "early shrinkage",
    "progression_rate": "progressed by the last scan",
    "pfs_median": "median PFS",
    "hazard_ratio": "PFS hazard ratio",
    "odds_ratio": "odds ratio of response",
    "rate_difference": "difference of response rates",
    "neutropenia": "neutropenia of grade 3 or 4",
}


class Scans(Parameters):
    """When the patients are scanned: at time 0 and then again and again."""

    every: Annotated[Hours, Gt(0)] = Field(default=written("8 wk"), description="time between two scans")
    until: Annotated[Hours, Gt(0)] = Field(
        default=written("52 wk"), description="the last scan, with which the runs end"
    )

    limit: Annotated[float, Gt(1)] = Field(
        default=1.75,
        description="how many times the diameter of time 0 a lesion has when it need not be followed any further; at later scans it "
        "counts with that size",
    )

    @property
    def last(self) -> float:
        """Hours of the last scan."""
        return self.every * int(self.until / self.every + 1e-9)

    @property
    def hours(self) -> list[float]:
        """Hours of all scans, from time 0 on."""
        return [self.every * k for k in range(round(self.last / self.every) + 1)]

    def include(self, hours: float) -> bool:
        """Whether a scan is made then, to within a day."""
        return any(abs(scan - hours) <= NEAR for scan in self.hours[1:])

    @model_validator(mode="after")
    def _makes_sense(self):
        if self.until < self.every:
            raise PydanticCustomError("scans", "until must be as long as every, or there is no scan after the first")
        return self


class ClinicalReadout(Parameters):
    """What should come out: a readout of an arm, or of an arm against another, in all patients or in some."""

    readout: ReadoutName = Field(description="what is read")
    arm: str = Field(description="the arm")
    relative_to: str | None = Field(default=None, description="the arm with which it is compared")
    where: dict[str, bool | str] = Field(default={}, description="gene or key that is drawn: what the patients have")
    published: float | str | None = Field(default=None, description="what the real trial found")
    between: list[float | str | None] = Field(description="[low, high] of what is expected; null for an open side")
    why: str = Field(default="", max_length=1000, description="why this window")

    @model_validator(mode="after")
    def _makes_sense(self):
        if (self.relative_to is not None) != (self.readout in COMPARED):
            raise PydanticCustomError(
                "readout",
                f"{self.readout} compares two arms: give relative_to"
                if self.readout in COMPARED
                else f"{self.readout} is of one arm and takes no relative_to; {', '.join(COMPARED)} compare two",
            )
        if self.relative_to == self.arm:
            raise PydanticCustomError("readout", f"the arm '{self.arm}' is compared with itself")
        _ = self.window
        return self

    @cached_property
    def window(self) -> Window:
        """What is expected, in `unit`."""
        return window_of("between", self.between, self.unit)

    @property
    def unit(self) -> str:
        return "month" if self.readout == "pfs_median" else ""

    @property
    def is_share(self) -> bool:
        """Whether it is a share of the patients, or a difference of shares."""
        return self.readout not in NUMBERS

    @property
    def ratio_to(self) -> str | None:
        """The arm to which it is a ratio."""
        return self.relative_to if self.readout in RATIOS else None

    def __str__(self) -> str:
        arms = f"{self.arm} against {self.relative_to}" if self.relative_to else self.arm
        return f"{WORDS[self.readout]}, {arms}"


class TrialFile(Parameters):
    """A trial as it is written."""

    name: Annotated[str, Field(max_length=200)] = Field(default="", description="title; by default the file's name")
    description: Annotated[str, Field(max_length=5000)] = Field(default="", description="what is asked")
    base: Any = Field(default=None, description="the config that the arms change: a file's name, or a group of keys")
    cohort: CohortFile = Field(description="the patients: a file's name, or a group of keys")
    arms: dict[str, Any] = Field(min_length=1, description="name: what differs from the base")
    control: str | None = Field(default=None, description="the arm that others are compared with; by default the first")
    scans: Scans = Field(default=Scans(), description="when the patients are scanned")
    criteria: Criteria = Field(default=Criteria(), description="what counts as response and as progression")
    strata: list[str] = Field(default=[], description="genes, or drawn keys that are words, told apart in the tables")
    measures: list[Any] = Field(default=[], description="what else is measured in each lesion, see `crlm measures`")
    plugins: list[str] = Field(default=[], description="Python files with measures of your own")
    published: Published | None = Field(default=None, description="the real trial")
    expect: list[ClinicalReadout] = Field(default=[], description="what should come out")
    calibrated: bool = Field(default=False, description="whether the defaults were calibrated on it")


@dataclass(frozen=True)
class ClinicalTrial:
    """A trial that can be run.

    file : what was written, with the cohort in it
    cohort : the patients
    experiment : the runs: point k is lesion k of the cohort, with its own seed in all arms
    plain : what was written as plain data, with the cohort in it
    """

    file: TrialFile
    cohort: Cohort
    experiment: Experiment
    plain: dict[str, Any]

    @property
    def name(self) -> str:
        return self.experiment.name

    @property
    def path(self) -> Path | None:
        return self.experiment.path

    @property
    def arms_with_decisions(self) -> tuple[str, ...]:
        """Those in which treatment is decided on while a run goes on."""
        return tuple(arm for arm in self.experiment.arms if decides(self.experiment.configs[arm, 0]))

    @property
    def local_arms(self) -> tuple[str, ...]:
        """Those in which lesions are taken away by hand: resected, ablated or irradiated."""
        return tuple(
            arm
            for arm in self.experiment.arms
            if any(
                isinstance(entry, Resect | Ablate | Irradiate)
                for entry in self.experiment.configs[arm, 0].interventions
            )
        )
