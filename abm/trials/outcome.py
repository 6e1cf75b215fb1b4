"""What a trial gave: the scans of its runs, what became of the patients, and whether that is what the real trial found."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ..batches.expectation import Simulated, Verdict, Word, judge_by, overall
from ..batches.store import DONE, read_results, read_series
from ..clinical.rates import RESPONDED, control_rate, odds_ratio, rate_difference, response_rate
from ..clinical.response import mark_seen, patients_of
from ..clinical.survival import hazard_ratio, survival_curve
from ..statistics import Estimate
from .trial import CELLS, DIAMETER, MONTH, ClinicalReadout, ClinicalTrial

UNKNOWN = Estimate(math.nan, -math.inf, math.inf, 0)


@dataclass(frozen=True)
class ReadoutJudgement:
    """A readout, what was simulated, and whether that is as expected."""

    readout: ClinicalReadout
    simulated: Simulated
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class TrialOutcome:
    """What came of a trial.

    scans : a row per arm, patient, lesion and scan, as `clinical.response` has them
    patients : a row per arm and patient, with what was drawn of it
    judgements : in the order of the file
    runs, failed : how many runs there were, and how many of them failed
    left_out : patients with a failed run in some arm, or without a lesion at the first scan
    """

    trial: ClinicalTrial
    scans: pd.DataFrame
    patients: pd.DataFrame
    judgements: tuple[ReadoutJudgement, ...]
    runs: int
    failed: int
    left_out: tuple[int, ...]

    @property
    def word(self) -> Word:
        """The verdict over all that was expected."""
        return overall([judgement.verdict.word for judgement in self.judgements])


def outcome_of(trial: ClinicalTrial, folder: Path) -> TrialOutcome:
    """The outcome of a trial whose batch in `folder` is complete."""
    results = read_results(folder).select(["arm", "point", "status"]).to_pandas()
    failed = results[results.status != DONE]
    scans = scans_of(trial, folder)
    scans = scans[~scans.patient.isin({trial.cohort.lesions[point].patient for point in failed.point})]
    scans = mark_seen(scans, trial.file.criteria).reset_index(drop=True)
    patients = patients_of(scans, trial.file.criteria, trial.cohort.about())
    in_all = patients.groupby("patient").arm.nunique() == len(trial.experiment.arms)
    patients = patients[patients.patient.map(in_all)].reset_index(drop=True)
    kept = set(patients.patient)
    return TrialOutcome(
        trial,
        scans,
        patients,
        tuple(judged(readout, patients) for readout in trial.file.expect),
        len(results),
        len(failed),
        tuple(patient.number for patient in trial.cohort.patients if patient.number not in kept),
    )


def scans_of(trial: ClinicalTrial, folder: Path) -> pd.DataFrame:
    """What each scan found of each lesion: arm, patient, lesion (numbers from 1), hours, diameter_um (0 when it is gone) and cells."""
    series = read_series(folder)
    assert series is not None  # a trial measures at every scan
    looks = series.to_pandas()
    looks = looks[looks.measure.isin((DIAMETER, CELLS))]
    wide = looks.pivot(index=["arm", "point", "time_h"], columns="measure", values="value").reset_index()
    lesions = [trial.cohort.lesions[point] for point in wide.point]
    scans = pd.DataFrame(
        {
            "arm": pd.Categorical(wide.arm, trial.experiment.arms, ordered=True),
            "patient": [lesion.patient for lesion in lesions],
            "lesion": [lesion.number for lesion in lesions],
            "hours": wide.time_h,
            "diameter_um": wide[DIAMETER].fillna(0.0),
            "cells": wide[CELLS].astype(int),
        }
    ).sort_values(["arm", "patient", "lesion", "hours"], ignore_index=True)
    return scans.assign(arm=scans.arm.astype(str))


# --- readouts ---------------------------------------------------------------------------------------------------------


def judged(readout: ClinicalReadout, patients: pd.DataFrame) -> ReadoutJudgement:
    """A readout of the patients, and the verdict; what is unresolved more patients may resolve."""
    simulated = simulate(readout, patients)
    return ReadoutJudgement(
        readout, simulated, judge_by(readout.window, simulated, more=True, ratio_to=readout.ratio_to)
    )


def simulate(readout: ClinicalReadout, patients: pd.DataFrame) -> Simulated:
    """What the patients of a readout gave, in its unit, and the events behind each arm: progressions, or responses."""
    chosen = having(patients, readout.where)
    arms = [arm for arm in (readout.arm, readout.relative_to) if arm is not None]
    rows = {arm: chosen[chosen.arm == arm] for arm in arms}
    if any(group.empty for group in rows.values()):
        return Simulated(UNKNOWN, dict.fromkeys(arms, 0.0))
    is_hazard = readout.readout == "hazard_ratio"
    events: dict[str, float | None] = {
        arm: float((group.progressed if is_hazard else group.best_response.isin(RESPONDED)).sum())
        for arm, group in rows.items()
    }
    return Simulated(_estimate(readout, chosen, rows[readout.arm]), events)


def _estimate(readout: ClinicalReadout, patients: pd.DataFrame, of_arm: pd.DataFrame) -> Estimate:
    name, arm, other = readout.readout, readout.arm, readout.relative_to or ""
    if name == "response_rate":
        return response_rate(of_arm)
    if name == "disease_control":
        return control_rate(of_arm)
    if name == "pfs_median":
        return median_months(of_arm)
    if name == "hazard_ratio":  # as real trials tell it, of other patients in each arm
        return hazard_ratio(patients, arm, other, strata=())
    return odds_ratio(patients, arm, other) if name == "odds_ratio" else rate_difference(patients, arm, other)


def median_months(patients: pd.DataFrame) -> Estimate:
    """Median progression-free survival of the patients of an arm, in months."""
    median = survival_curve(patients.pfs_hours, patients.progressed, patients.weight).median
    return replace(median, value=median.value / MONTH, low=median.low / MONTH, high=median.high / MONTH)


def having(patients: pd.DataFrame, where: Mapping[str, Any]) -> pd.DataFrame:
    """The patients who have all that."""
    for name, wanted in where.items():
        patients = patients[patients[name] == wanted]
    return patients
