"""Published experiments: what a paper found, written as windows for measures, and whether simulated runs meet them.

An expectation names a measure, an arm, what it is compared with (`relative_to` another arm: a ratio; `difference_from`:
a difference; neither: the arm's own value) and a window for the outcome: `between: [low, high]`, or
`peak_between: [t1, t2]` for the time at which a series has its peak. Either bound may be null.

The verdict, on the outcome's centre and its 95 % interval over the replicates:

* a two-sided window *holds* when the centre is inside it; it is *unresolved* while the interval is wider than the
  window (unless the interval lies wholly outside: then no more replicates would mend it), else it *fails*;
* a one-sided window *holds* when the interval's near end passes the bound; while the interval straddles the bound and
  more replicates may be run it is *unresolved*, else it *fails*;
* a ratio is *unresolved* when either arm has fewer than ten events, whatever its interval says; for a one-sided window, when
  both together have (the end of the interval that counts holds whatever the other arm has, be it none).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from scipy import special

from ..config.errors import Problem
from ..config.layering import Layers
from ..config.nodes import Node
from ..config.shipped import shipped_configs
from ..measures.measure import Measure
from ..measures.request import MeasureRequest, read_request
from ..statistics import Estimate, Sample
from ..units import Moment, Quantity

Word = Literal["holds", "fails", "unresolved"]
HOLDS: Final = "holds"
FAILS: Final = "fails"
UNRESOLVED: Final = "unresolved"

EVENTS_OF_A_RATIO = 10
"""Events that each arm of a ratio needs, below which the ratio says nothing; with one bound, both together."""
RESAMPLES = 2000
BOOTSTRAP_SEED = 20240229


# --- What a file says -------------------------------------------------------------------------------------------------


class Published(BaseModel):
    """Where the finding stands."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(min_length=1, max_length=40)]
    source: Annotated[str, Field(min_length=1, max_length=500)]
    finding: Annotated[str, Field(min_length=1, max_length=1000)]


@dataclass(frozen=True)
class Window:
    """What is expected: from `low` to `high`, either of which may be None, both included."""

    low: float | None
    high: float | None

    def __contains__(self, value: float) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        if self.low is None:
            return f"≤ {self.high:.3g}"
        if self.high is None:
            return f"≥ {self.low:.3g}"
        return f"{self.low:.3g} to {self.high:.3g}"


class Comparison(BaseModel):
    """The keys of an `expect` entry that are not the measure's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    arm: str
    relative_to: str | None = None
    difference_from: str | None = None
    between: list[float | str | None] | None = None
    peak_between: list[Moment | None] | None = None
    why: Annotated[str, Field(max_length=1000)] = ""

    @model_validator(mode="after")
    def _makes_sense(self):
        if self.relative_to is not None and self.difference_from is not None:
            raise PydanticCustomError("expectation", "give either relative_to or difference_from, not both")
        if self.relative_to == self.arm or self.difference_from == self.arm:
            raise PydanticCustomError("expectation", f"the arm '{self.arm}' is compared with itself")
        if (self.between is None) == (self.peak_between is None):
            raise PydanticCustomError("expectation", "give one of between: [low, high] and peak_between: [t1, t2]")
        if self.peak_between is not None and (self.relative_to or self.difference_from):
            raise PydanticCustomError(
                "expectation", "peak_between looks at one arm; it takes no relative_to or difference_from"
            )
        return self


@dataclass(frozen=True)
class Expectation:
    """One entry of `expect`. The window counts in the measure's unit, in times the other arm's value for a ratio, and
    in hours after the start for the time of a peak."""

    request: MeasureRequest
    arm: str
    window: Window
    relative_to: str | None = None
    difference_from: str | None = None
    peak: bool = False
    why: str = ""

    @property
    def other(self) -> str | None:
        """The arm that it is compared with."""
        return self.relative_to or self.difference_from

    @property
    def unit(self) -> str:
        return "h" if self.peak else "" if self.relative_to else self.request.unit

    def __str__(self) -> str:
        if self.peak:
            return f"peak time of {self.request.label}, {self.arm}"
        if self.relative_to:
            return f"{self.request.label}, {self.arm} / {self.relative_to}"
        if self.difference_from:
            return f"{self.request.label}, {self.arm} - {self.difference_from}"
        return f"{self.request.label}, {self.arm}"


def read_expectation(entry: Mapping[str, Any], measures: Mapping[str, Measure] | None = None) -> Expectation:
    """The expectation of one entry of `expect`; `measures` as `read_request` takes them.

    Raises pydantic's ValidationError or PydanticCustomError.
    """
    own = {key: value for key, value in entry.items() if key in Comparison.model_fields}
    compared = Comparison.model_validate(own)
    request = read_request({key: value for key, value in entry.items() if key not in own}, measures)
    if compared.peak_between is not None:
        if not request.is_series:
            raise PydanticCustomError("expectation", "peak_between needs a series; say `every: 30 min`")
        window = window_of("peak_between", compared.peak_between, "h")
    else:
        window = window_of("between", compared.between or (), "" if compared.relative_to else request.unit)
    return Expectation(
        request,
        compared.arm,
        window,
        compared.relative_to,
        compared.difference_from,
        compared.peak_between is not None,
        compared.why,
    )


def window_of(key: str, bounds: Sequence[float | str | None], unit: str) -> Window:
    """The window that two bounds mean; bare numbers count in `unit`, texts ('65 %') are converted to it."""
    if len(bounds) != 2:
        raise PydanticCustomError("expectation", f"{key} takes two values, [low, high], got {len(bounds)}")
    quantity = Quantity(unit, f"a number in {unit}" if unit else "a number", f"5 {unit}".strip(), minimum=-math.inf)
    low, high = (quantity.parse(bound) if isinstance(bound, str) else bound for bound in bounds)
    if low is None and high is None:
        raise PydanticCustomError("expectation", f"{key} needs at least one bound that is not null")
    if not all(bound is None or math.isfinite(bound) for bound in (low, high)):
        raise PydanticCustomError("expectation", f"the bounds of {key} must be finite; write null for an open side")
    if low is not None and high is not None and low >= high:
        raise PydanticCustomError("expectation", f"the low bound of {key} must be below the high one")
    return Window(low, high)


# --- What a file may not say ------------------------------------------------------------------------------------------

SYSTEM = ("name", "description", "labels", "seed", "duration", "step", "begin", "tissue", "interventions", "record")
"""Groups and keys of a config in which published experiments may differ, besides line, host and the inoculum."""
INOCULUM = (
    "enabled",
    "per_liver",
    "per_area",
    "enrichment",
    "founder_enrichment",
    "cluster_share",
    "cluster_cells",
    "doses",
    "liver_mass",
)
"""What of `rules.arrival` says how many cells come, when, and into what liver."""
OF_PRESETS = (*SYSTEM, "cells", "fields", "blood")
"""What presets may say, which describe the cells and the animal, and not what happens."""
LESION = "lesion.yaml"
"""The shipped config that may be the system of a published experiment as it stands: a lesion of a patient, in which trials treat."""
_INSTEAD = (
    "it may differ in line, host, inoculum (rules.arrival: " + ", ".join(INOCULUM[1:]) + "), tissue, duration, "
    "interventions and record"
)


def own_parameters(layers: Layers) -> list[Problem]:
    """A problem for each parameter that an experiment sets although it is no part of its system: published experiments
    are compared under one set of parameters, or those with a patient's lesion under that of LESION."""
    problems = []
    for part in layers.parts:
        source = part.node.place.source
        if source.folder == shipped_configs() and Path(source.label).name == LESION:
            continue
        allowed = SYSTEM if part.kind == "file" else OF_PRESETS
        message = "a published experiment is run with the default parameters and cannot set this"
        if part.kind != "file":
            message = f"a {part.kind} preset of a published experiment cannot set what belongs to no {part.kind}"
        for path, node in _leaves(part.node):
            if (
                path[0] in allowed
                or path == ("rules", "arrival")
                or (path[:2] == ("rules", "arrival") and path[2] in INOCULUM)
            ):
                continue
            problems.append((node.key or node.place).problem(path, message, _INSTEAD if part.kind == "file" else ""))
    return problems


def _leaves(node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
    """The values below a group of keys, with their paths; lists are values."""
    for key, child in node.value.items():
        if isinstance(child.value, dict):
            yield from _leaves(child, (*path, key))
        elif child.value is not None:
            yield (*path, key), child


# --- What the runs gave -----------------------------------------------------------------------------------------------


def sample(results: pa.Table, request: MeasureRequest, arm: str) -> tuple[np.ndarray, Sample]:
    """The replicates of the finished runs of `arm`, int [n], ascending, and what they gave for a measure."""
    chosen = results.filter(pc.and_(pc.equal(results["arm"], arm), pc.equal(results["status"], "done"))).sort_by(
        "replicate"
    )

    def column(name: str) -> np.ndarray:
        return chosen[name].cast(pa.float64()).to_numpy()

    replicates = chosen["replicate"].to_numpy()
    if request.kind == "share":
        return replicates, Sample(column(f"{request.label} count"), "share", column(f"{request.label} of"))
    return replicates, Sample(column(request.label), request.kind)


def _only(replicates: np.ndarray, sample: Sample, keep: np.ndarray) -> Sample:
    rows = np.searchsorted(replicates, keep)
    return Sample(sample.values[rows], sample.kind, None if sample.of is None else sample.of[rows])


def curves(series: pa.Table, label: str, arm: str) -> tuple[np.ndarray, np.ndarray]:
    """Times in hours, float64 [times], and the curves of the runs of `arm`, float64 [runs, times], nan where a run has
    no value."""
    chosen = series.filter(pc.and_(pc.equal(series["arm"], arm), pc.equal(series["measure"], label)))
    hours, column = np.unique(chosen["time_h"].to_numpy(), return_inverse=True)
    replicates, row = np.unique(chosen["replicate"].to_numpy(), return_inverse=True)
    values = np.full((replicates.size, hours.size), np.nan)
    values[row, column] = chosen["value"].to_numpy()
    return hours, values


def peak_estimate(hours: np.ndarray, values: np.ndarray) -> Estimate:
    """When the mean curve over the runs is highest, with a bootstrap interval over the runs.

    hours: [times]; values: [runs, times]. Curves that are flat or empty have no peak: the value is nan.
    """
    values = values[np.isfinite(values).any(axis=1)]
    runs = len(values)
    if runs == 0:
        return Estimate(math.nan, math.nan, math.nan, 0, None)
    draws = np.random.default_rng(BOOTSTRAP_SEED).integers(runs, size=(RESAMPLES, runs))
    weights = np.zeros((RESAMPLES + 1, runs))
    weights[0] = 1
    np.add.at(weights, (np.arange(1, RESAMPLES + 1)[:, None], draws), 1)
    known = np.isfinite(values)
    of = weights @ known
    mean = np.divide(weights @ np.where(known, values, 0.0), of, out=np.full(of.shape, -np.inf), where=of > 0)
    highest = mean.max(axis=1)
    flat = highest <= np.where(of > 0, mean, np.inf).min(axis=1)
    peaks = np.where(flat, np.nan, hours[mean.argmax(axis=1)])
    if math.isnan(peaks[0]):
        return Estimate(math.nan, math.nan, math.nan, runs, None)
    if runs == 1:
        return Estimate(float(peaks[0]), -math.inf, math.inf, 1, None)
    # few replicates make percentiles too narrow: they are moved out as in `statistics`
    tail = special.ndtr(-math.sqrt(runs / (runs - 1)) * special.stdtrit(runs - 1, 0.975))
    low, high = np.nanquantile(peaks[1:], [tail, 1 - tail])
    return Estimate(float(peaks[0]), float(low), float(high), runs, None)


@dataclass(frozen=True)
class Simulated:
    """An outcome: its estimate, and the events behind each arm that has part in it (None: nothing is counted)."""

    estimate: Estimate
    events: Mapping[str, float | None]


def simulate(expectation: Expectation, results: pa.Table, series: pa.Table | None = None) -> Simulated:
    """The outcome of an expectation in a batch's results (`store.read_results`, `store.read_series`)."""
    request, arm, other = expectation.request, expectation.arm, expectation.other
    if expectation.peak:
        hours, values = curves(series, request.label, arm)
        return Simulated(peak_estimate(hours, values), {arm: None})
    replicates, treated = sample(results, request, arm)
    if other is None:
        return Simulated(treated.estimate(), {arm: treated.events})
    replicates_there, control = sample(results, request, other)
    both = np.intersect1d(replicates, replicates_there)
    treated, control = _only(replicates, treated, both), _only(replicates_there, control, both)
    estimate = treated.ratio_to(control) if expectation.relative_to else treated.difference_from(control)
    return Simulated(estimate, {arm: treated.events, other: control.events})


# --- Whether it holds -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    word: Word
    reason: str = ""

    def __str__(self) -> str:
        return self.word


def judge(expectation: Expectation, simulated: Simulated, more: bool) -> Verdict:
    """The verdict; `more` says whether more replicates may be run (now or in a full run)."""
    return judge_by(expectation.window, simulated, more, ratio_to=expectation.relative_to, is_peak=expectation.peak)


def judge_by(
    window: Window, simulated: Simulated, more: bool, ratio_to: str | None = None, is_peak: bool = False
) -> Verdict:
    """The verdict on an outcome by its window; `ratio_to` : the arm to which it is a ratio; `is_peak` : it is the time of a peak.

    With one bound, it holds when the whole interval lies on the right side. With two, when the centre lies between them
    and the interval is not wider than they are apart; a centre outside fails, as soon as the interval is narrow enough.
    """
    estimate = simulated.estimate
    one_sided = window.low is None or window.high is None
    counted: dict[str, float] = {}
    if ratio_to:
        counted = {arm: events for arm, events in simulated.events.items() if events is not None}
        few = {arm: events for arm, events in counted.items() if events < EVENTS_OF_A_RATIO}
        if few and not (one_sided and sum(counted.values()) >= EVENTS_OF_A_RATIO):
            told = " and ".join(f"{events:g} in {arm}" for arm, events in few.items())
            where = "both arms together" if one_sided else "each arm"
            return Verdict(UNRESOLVED, f"only {told} counted; a ratio needs {EVENTS_OF_A_RATIO} in {where}")
    value, low, high = estimate.value, estimate.low, estimate.high
    if not math.isfinite(value) and not (one_sided and counted and math.isfinite(low)):  # many against none
        if is_peak and estimate.n > 0:
            return Verdict(UNRESOLVED if more else FAILS, "the curve is flat, without a peak")
        why = "no run gave a value" if estimate.n == 0 else f"{ratio_to} is zero" if ratio_to else "it has no value"
        return Verdict(UNRESOLVED, why)
    low, high = (-math.inf if math.isnan(low) else low), (math.inf if math.isnan(high) else high)
    too_low = window.low is not None and high < window.low
    too_high = window.high is not None and low > window.high
    if too_low or too_high:
        return Verdict(FAILS, "too low" if too_low else "too high")
    if window.low is None or window.high is None:
        near = low if window.high is None else high
        if near in window:
            return Verdict(HOLDS)
        if not math.isfinite(near):
            return Verdict(UNRESOLVED, "too few runs for an interval")
        return Verdict(UNRESOLVED if more else FAILS, "the interval straddles the bound")
    if _wider((low, high), (window.low, window.high), bool(ratio_to)):
        return Verdict(UNRESOLVED, "the interval is wider than the window")
    if value in window:
        return Verdict(HOLDS)
    return Verdict(FAILS, "the centre is too low" if value < window.low else "the centre is too high")


def _wider(interval: tuple[float, float], window: tuple[float, float], ratio: bool) -> bool:
    """Whether an interval is wider than the window; of ratios, in folds: 0.5 is as far from 1 as 2 is."""
    (low, high), (lowest, highest) = interval, window
    if not ratio:
        return high - low > highest - lowest
    return low <= 0.0 or (lowest > 0.0 and high / low > highest / lowest)


def overall(words: Sequence[str]) -> Word:
    """The verdict on a whole experiment: it holds when all of its expectations do, and fails when one does."""
    if FAILS in words:
        return FAILS
    return UNRESOLVED if UNRESOLVED in words or not words else HOLDS


def more_replicates(now: int, most: int) -> int:
    """How many replicates to go on with when something is unresolved: half as many again."""
    return min(most, max(now + 2, math.ceil(1.5 * now)))
