"""Response by the rules of the clinic: RECIST 1.1 (Eisenhauer 2009, 10.1016/j.ejca.2008.10.026) and iRECIST (Seymour 2017,
10.1016/S1470-2045(17)30074-8), for what a slab of liver shows at each scan.

A slab of a millimetre is no liver: all sizes are told relative to the patient's own at baseline. What the clinic says in millimetres (the
smallest lesion seen, the least growth that counts) is a share of the baseline here.

Tables are pandas DataFrames:

    scans     a row for each arm, patient, scan (`hours`, the first is the baseline) and `lesion`, those that are gone among them, so that
              a scan that saw nothing is told from none: `diameter_um`, `cells`, `seen`; `parent` is the lesion of which this one is
              a piece and `merged_into` the one that it has grown together with (0: none), where there are such columns; `followed` is
              false of sizes that were only carried on from the scan before, where there is such a column
    courses   a row for each arm, patient and scan: `sum_um`, `change`, `new_lesion`, `others_seen`, `followed`
    patients  a row for each arm and patient: `PATIENT_COLUMNS`, and whatever else is known of a patient
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from ..units import Fraction, Hours, Number, Parameters, parameter

CR, PR, SD, PD, NE = "CR", "PR", "SD", "PD", "NE"
"""Complete and partial response, stable and progressive disease; not evaluable."""
RESPONSES = (CR, PR, SD, PD, NE)
"""The best first."""

SCAN_COLUMNS = ("arm", "patient", "lesion", "hours", "diameter_um", "cells", "seen")
PATIENT_COLUMNS = (
    "arm",
    "patient",
    "weight",
    "best_response",
    "best_change",
    "early_change",
    "pfs_hours",
    "progressed",
    "response_from_hours",
    "response_hours",
    "burden_death_hours",
    "burden_death",
)

NEAR = 24.0
"""Hours: so far from the time of the early look its scan may be."""
_ROUNDING = 1e-9
"""Of the baseline: sums that are no further apart are equal, so that 0.7 of it is a partial response."""


class Criteria(Parameters):
    """What counts as a response and what as progression."""

    response: Fraction = parameter(
        0.3,
        low=0.25,
        high=0.5,
        mark="unverified",
        source="Eisenhauer 2009, Eur J Cancer 45:228 (RECIST 1.1): -30 %",
        description="share of the sum of diameters at baseline by which a partial response is smaller",
    )
    progression: Fraction = parameter(
        0.2,
        low=0.2,
        high=0.25,
        mark="unverified",
        source="Eisenhauer 2009, Eur J Cancer 45:228 (RECIST 1.1): +20 % over the nadir",
        description="share of the smallest sum so far by which progression is larger",
    )
    least_growth: Fraction = parameter(
        0.06,
        low=0.03,
        high=0.15,
        mark="assumed",
        source="RECIST 1.1 asks for 5 mm; of a sum of about 80 mm at baseline, of 160 to 33 mm in the range",
        description="share of the sum at baseline by which the sum must have grown over the nadir, too",
    )
    smallest_seen: Fraction = parameter(
        0.1,
        low=0.05,
        high=0.2,
        mark="assumed",
        source="slices of 3 to 5 mm, and lesions of 3 to 5 cm",
        description="diameter of the smallest lesion that a scan shows, of the largest one at baseline",
    )
    targets: Number = parameter(
        2,
        low=1,
        high=5,
        mark="unverified",
        source="Eisenhauer 2009, Eur J Cancer 45:228 (RECIST 1.1): at most two per organ",
        description="lesions at most, the largest at baseline, whose diameters are summed",
    )
    confirmed: bool = parameter(
        True,
        mark="unverified",
        source="Eisenhauer 2009, Eur J Cancer 45:228 (RECIST 1.1): in trials whose main readout is response",
        description="whether a response counts only when the next scan confirms it",
    )
    immune: bool = parameter(
        False,
        mark="unverified",
        source="Seymour 2017, Lancet Oncol 18:e143 (iRECIST)",
        description="whether progression counts only when the next scan confirms it, as under immunotherapy",
    )
    early: Hours = parameter(
        "8 weeks",
        low="6 weeks",
        high="12 weeks",
        mark="unverified",
        source="Piessevaux 2013, Ann Oncol 24:2570: shrinkage at 8 weeks",
        description="time of the early look at the change",
    )
    death_at: Number = parameter(
        4,
        low=2,
        high=10,
        mark="assumed",
        source="no measure is known",
        description="sum of diameters, of that at baseline, at which the burden stands for death: a surrogate of survival",
    )


@dataclass(frozen=True)
class Response:
    """What became of one patient; hours are those of the scans.

    categories : of each scan, in their order; of the baseline NE, as of scans that were missed
    best : the best response until progression; depth : the largest shrinkage until then (-1 .. 0; above 0 where it only grew), nan
    without scan
    early_change : change at the early look, nan where no scan was made within a day of it
    pfs_hours, progressed : until progression, or the last scan where there was none (censored)
    response_from_hours, response_hours : when the response began and how long it lasted (until pfs_hours); nan without one
    """

    categories: tuple[str, ...]
    best: str
    depth: float
    early_change: float
    pfs_hours: float
    progressed: bool
    response_from_hours: float
    response_hours: float


def best_response(
    times_h: Sequence[float],
    sums: Sequence[float],
    new_lesion: Sequence[bool],
    criteria: Criteria,
    others_seen: Sequence[bool] | None = None,
) -> Response:
    """The response of one patient.

    times_h, sums : hours and sum of diameters of the targets at each scan, the baseline first; nan where a scan was missed
    new_lesion : whether a lesion is seen that was not at baseline; others_seen : whether one is seen that is no target, which
    keeps a response from being complete

    The next scan is the next that was not missed. A response that is not confirmed is stable disease. An immune progression that no
    later scan confirms does not count; one that is confirmed counts from its first scan. Raises ValueError for a baseline without
    sum, and for times that do not increase.
    """
    hours, sizes, new = np.asarray(times_h, float), np.asarray(sums, float), np.asarray(new_lesion, bool)
    others = np.zeros(hours.size, bool) if others_seen is None else np.asarray(others_seen, bool)
    if not hours.size or not sizes[0] > 0:
        raise ValueError("a response is told of a patient with a lesion at baseline")
    if (np.diff(hours) <= 0).any():
        raise ValueError("the scans of a patient follow each other in time")
    change = sizes / sizes[0] - 1
    categories = _categories(change, new, others, criteria)
    made = [k for k in range(1, hours.size) if categories[k] != NE]
    ended = _progression(categories, made, criteria)
    until = [k for k in made if ended is None or k <= ended]
    best, began = _best(categories, until, made, ended, criteria)
    end = float(hours[ended if ended is not None else made[-1] if made else 0])
    begin = math.nan if began is None else float(hours[began])
    return Response(
        categories=tuple(categories),
        best=best,
        depth=float(change[until].min()) if until else math.nan,
        early_change=_at(criteria.early, hours[made] - hours[0], change[made]),
        pfs_hours=end - float(hours[0]),
        progressed=ended is not None,
        response_from_hours=begin - float(hours[0]),
        response_hours=end - begin,
    )


def _categories(change: np.ndarray, new: np.ndarray, others: np.ndarray, criteria: Criteria) -> list[str]:
    """What each scan shows for itself, given the smallest sum before."""
    categories, nadir = [NE], 0.0
    for now, is_new, beside in zip(change[1:], new[1:], others[1:], strict=True):
        if math.isnan(now):
            categories.append(NE)
            continue
        size, least = 1 + now, 1 + nadir
        has_grown = size >= (1 + criteria.progression) * least - _ROUNDING
        if is_new or (least == 0 < size) or (has_grown and size - least >= criteria.least_growth - _ROUNDING):
            categories.append(PD)
        elif size == 0 and not beside:
            categories.append(CR)
        else:
            categories.append(PR if now <= -criteria.response + _ROUNDING else SD)
        nadir = min(nadir, now)
    return categories


def _progression(categories: Sequence[str], made: Sequence[int], criteria: Criteria) -> int | None:
    """The scan at which the disease progressed, None where it did not."""
    for place, k in enumerate(made):
        if categories[k] != PD:
            continue
        if not criteria.immune or (place + 1 < len(made) and categories[made[place + 1]] == PD):
            return k
    return None


def _best(
    categories: Sequence[str], until: Sequence[int], made: Sequence[int], ended: int | None, criteria: Criteria
) -> tuple[str, int | None]:
    """The best response until progression, and the scan with which the response began (None without one)."""
    stood = [k for k in until if k != ended]
    if not stood:
        return (PD if ended is not None else NE), None
    following = dict(pairwise(made))

    def holds(k: int, as_good: tuple[str, ...]) -> bool:
        return categories[k] in as_good and (not criteria.confirmed or categories[following.get(k, 0)] in as_good)

    responding = [k for k in stood if holds(k, (CR, PR))]
    if not responding:
        return SD, None
    return (CR if any(holds(k, (CR,)) for k in stood) else PR), responding[0]


def _at(moment: float, hours: np.ndarray, change: np.ndarray) -> float:
    """The change at the scan nearest to a moment, nan where none is within a day of it."""
    if not hours.size:
        return math.nan
    nearest = int(np.argmin(np.abs(hours - moment)))
    return float(change[nearest]) if abs(hours[nearest] - moment) <= NEAR else math.nan


def burden_death(times_h: Sequence[float], sums: Sequence[float], criteria: Criteria) -> tuple[float, bool]:
    """When the sum of diameters first reached `death_at` times that at baseline, in hours from it; the last scan and False where it
    did not. A surrogate: nobody dies in a slab of liver."""
    hours, sizes = np.asarray(times_h, float), np.asarray(sums, float)
    reached = np.flatnonzero(sizes >= criteria.death_at * sizes[0] * (1 - _ROUNDING))
    last = np.flatnonzero(np.isfinite(sizes))[-1]
    return float(hours[reached[0] if reached.size else last] - hours[0]), bool(reached.size)


# --- tables -----------------------------------------------------------------------------------------------------------


def scans_of(
    lesions: pd.DataFrame,
    arm: str,
    patient,
    criteria: Criteria,
    from_hours: float = 0.0,
    axis: Literal["packed_um", "diameter_um", "longest_um"] = "packed_um",
) -> pd.DataFrame:
    """The scans of one patient: every survey in the lesions.parquet of a run is one, and the first at or after `from_hours` is the
    baseline. axis : the diameter of the disc that the living cells fill; of that with the area of the outline; or the longest axis, which
    few cells that are left over of a lesion keep as long as it was."""
    rows = lesions[lesions.time_min >= 60 * from_hours]
    scans = pd.DataFrame(
        {
            "arm": arm,
            "patient": patient,
            "lesion": rows.lesion,
            "hours": rows.time_min / 60,
            "diameter_um": rows[axis],
            "cells": rows.cells,
            "parent": rows.parent,
            "merged_into": rows.merged_into,
        }
    )
    return mark_seen(scans.reset_index(drop=True), criteria)


def mark_seen(scans: pd.DataFrame, criteria: Criteria) -> pd.DataFrame:
    """The scans with the column `seen`: whether a lesion is large enough, of the patient's largest at baseline, to be seen."""
    baseline = scans[scans.hours == scans.groupby(["arm", "patient"]).hours.transform("min")]
    largest = baseline.groupby(["arm", "patient"]).agg(largest_um=("diameter_um", "max"))
    of_patient = scans[["arm", "patient"]].join(largest, on=["arm", "patient"]).largest_um.to_numpy()
    size = scans.diameter_um.to_numpy()
    return scans.assign(seen=(size > 0) & (size >= criteria.smallest_seen * of_patient))


def sum_of_diameters(scans: pd.DataFrame, criteria: Criteria | None = None) -> pd.DataFrame:
    """The sums of diameters of the scans: a row for each arm, patient and scan.

    `sum_um` : of the targets that are seen: the largest lesions seen at baseline, their pieces, and what a target grows together
    with later; `change` of the one at baseline
    `new_lesion` : whether a lesion is seen that is no part of one seen at baseline
    `others_seen` : whether one is seen that is, and is no target
    `followed` : whether all sizes were looked at, and none only carried on

    A patient of whom no lesion is seen at baseline has no row: nothing can be measured. A row without diameter (nan) is a scan that
    was missed, and so is its sum.
    """
    targets = int((criteria or Criteria()).targets)
    rows = scans.reset_index(drop=True)
    groups = rows.groupby(["arm", "patient"], sort=False)
    seen = rows.seen.to_numpy(bool)
    is_target, is_known, is_measured = (np.zeros(len(rows), bool) for _ in range(3))
    for at in groups.indices.values():
        one = rows.iloc[at]
        first = one[(one.hours == one.hours.min()) & seen[at]]
        by_size = first.sort_values(["diameter_um", "lesion"], ascending=[False, True], kind="stable").lesion
        origin = one.lesion.map(_origins(one))
        is_target[at] = origin.isin(_and_what_they_join(set(by_size[:targets]), one, origin))
        is_known[at] = origin.isin(set(first.lesion))
        is_measured[at] = not first.empty
    looked = rows[["arm", "patient", "hours"]].assign(
        group=groups.ngroup(),
        sum_um=np.where(seen & is_target, rows.diameter_um, 0.0),
        missed=rows.diameter_um.isna(),
        new_lesion=seen & ~is_known,
        others_seen=seen & is_known & ~is_target,
        followed=rows.get("followed", True),
    )[is_measured]
    found = looked.groupby(["group", "hours"], as_index=False).agg(
        arm=("arm", "first"),
        patient=("patient", "first"),
        sum_um=("sum_um", "sum"),
        missed=("missed", "any"),
        new_lesion=("new_lesion", "any"),
        others_seen=("others_seen", "any"),
        followed=("followed", "all"),
    )
    found["sum_um"] = found.sum_um.mask(found.missed)
    found["change"] = found.sum_um / found.groupby("group").sum_um.transform("first") - 1
    return found[["arm", "patient", "hours", "sum_um", "change", "new_lesion", "others_seen", "followed"]]


def _origins(rows: pd.DataFrame) -> dict:
    """The lesion from which each one comes, by number: itself, or what it was a piece of."""
    if "parent" not in rows:
        return {lesion: lesion for lesion in rows.lesion}
    parent = dict(zip(rows.lesion, rows.parent, strict=True))

    def origin(lesion):
        while parent.get(lesion, 0):
            lesion = parent[lesion]
        return lesion

    return {lesion: origin(lesion) for lesion in parent}


def _and_what_they_join(chosen: set, rows: pd.DataFrame, origin: pd.Series) -> set:
    """The chosen lesions, and those that go on when a chosen one grows together with them."""
    if "merged_into" not in rows:
        return chosen
    of_lesion = dict(zip(rows.lesion, origin, strict=True))
    joins = [(of_lesion[one], of_lesion[into]) for one, into in zip(rows.lesion, rows.merged_into, strict=True) if into]
    while more := {into for one, into in joins if one in chosen} - chosen:
        chosen = chosen | more
    return chosen


def patients_of(scans: pd.DataFrame, criteria: Criteria, about: pd.DataFrame | None = None) -> pd.DataFrame:
    """What became of each patient in each arm: `PATIENT_COLUMNS`, and the columns of `about`.

    about : a row per `patient` (and `arm`, where it has that column): strata, and the `weight` with which a patient counts (1 without)
    """
    rows = []
    for (arm, patient), course in sum_of_diameters(scans, criteria).groupby(["arm", "patient"], sort=False):
        found = best_response(course.hours, course.sum_um, course.new_lesion, criteria, course.others_seen)
        death_hours, death = burden_death(course.hours, course.sum_um, criteria)
        rows.append(
            {
                "arm": arm,
                "patient": patient,
                "weight": 1.0,
                "best_response": found.best,
                "best_change": found.depth,
                "early_change": found.early_change,
                "pfs_hours": found.pfs_hours,
                "progressed": found.progressed,
                "response_from_hours": found.response_from_hours,
                "response_hours": found.response_hours,
                "burden_death_hours": death_hours,
                "burden_death": death,
            }
        )
    patients = pd.DataFrame(rows, columns=list(PATIENT_COLUMNS))
    if about is None:
        return patients
    keys = [key for key in ("arm", "patient") if key in about]
    found = patients.drop(columns="weight") if "weight" in about else patients
    known = found.merge(about, on=keys, how="left", validate="many_to_one")
    return known[[*PATIENT_COLUMNS, *(name for name in about if name not in PATIENT_COLUMNS)]]
