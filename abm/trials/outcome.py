"""What a trial gave: the scans of its runs, what became of the patients, and whether that is what the real trial found."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..batches.expectation import UNRESOLVED, Simulated, Verdict, Word, judge_by, overall
from ..batches.store import DONE, failures, read_results
from ..clinical.rates import CONTROLLED, RESPONDED, odds_ratio, rate_difference, rate_of
from ..clinical.survival import hazard_ratio, survival_curve
from ..clinical.words import MONTH
from ..folder.names import RUNS
from ..lesions.response import mark_seen, patients_of, scans_of
from ..record.tables import read_table
from ..statistics import Estimate
from .cohort import Lesion
from .trial import EARLY_SHRINKAGE, NADIR, SEVERE_NEUTROPENIA, ClinicalReadout, ClinicalTrial, Scans

UNKNOWN = Estimate(math.nan, -math.inf, math.inf, 0)
"""What is known of no patient."""
_OF_A_PATCH = 100_000
"""Between the numbers of lesions of two patches of a patient."""


class NoPatients(ValueError):
    """No patient of a trial can be judged; the text says what to do."""


@dataclass(frozen=True)
class ReadoutJudgement:
    """A readout, what was simulated, and whether that is as expected."""

    readout: ClinicalReadout
    simulated: Simulated
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class TrialOutcome:
    """What came of a trial.

    scans : a row per arm, patient, lesion and scan, as `lesions.response` has them
    patients : a row per arm and patient, with what was drawn of it
    judgements : in the order of the file
    runs, failed : how many runs there were, and how many of them failed
    left_out : patients of whom in some arm a run failed, or had no lesion at the first scan
    decided : a row per arm, patient and `decision` (in the words of decisions.parquet) that was made of the patient's treatment
    """

    trial: ClinicalTrial
    scans: pd.DataFrame
    patients: pd.DataFrame
    judgements: tuple[ReadoutJudgement, ...]
    runs: int
    failed: int
    left_out: tuple[int, ...]
    decided: pd.DataFrame

    @property
    def word(self) -> Word:
        """The verdict over all that was expected."""
        return overall([judgement.verdict.word for judgement in self.judgements])


def outcome_of(trial: ClinicalTrial, folder: Path) -> TrialOutcome:
    """The outcome of a trial whose batch in `folder` is complete. Raises NoPatients."""
    scans, arms = scans_of_trial(trial, folder), trial.experiment.arms
    first = scans[(scans.hours < trial.file.scans.every) & (scans.cells > 0)]
    had = set(zip(first.arm, first.patient, first.lesion // _OF_A_PATCH, strict=True))
    left_out = {
        one.patient for one in trial.cohort.lesions for arm in arms if (arm, one.patient, one.number) not in had
    }
    if len(left_out) == len(trial.cohort.patients):
        raise NoPatients(
            "no patient has a lesion at the first scan and sound runs in all arms: let lesions be there before time 0, such as "
            "interventions: [{implant: 1, cells: 300, start: -1 d}]"
        )
    scans = scans[~scans.patient.isin(left_out)].reset_index(drop=True)
    patients = patients_of(scans, trial.file.criteria, trial.cohort.about())
    patients = patients.merge(nadirs(trial, folder), on=["arm", "patient"])
    return TrialOutcome(
        trial,
        scans,
        patients,
        tuple(judged(readout, patients) for readout in trial.file.expect),
        read_results(folder).num_rows,
        failures(folder),
        tuple(sorted(left_out)),
        decisions(trial, folder),
    )


def scans_of_trial(trial: ClinicalTrial, folder: Path) -> pd.DataFrame:
    """The scans of all sound runs in `folder`, from time 0 on, as `lesions.response` has them; `followed` until the run ended. Lesions
    of one patch have numbers of one hundred thousand: 100002 is the second of the first patch. Raises NoPatients when all runs failed."""
    parts = []
    for run, arm, lesion in _sound_runs(trial, folder):
        found = read_table(run, "lesions").to_pandas()
        scans = scans_of(until_last(found, trial.file.scans), arm, lesion.patient, trial.file.criteria)
        scans["followed"] = scans.hours <= found.time_min.max() / 60
        for name in ("lesion", "parent", "merged_into"):
            scans[name] = scans[name].where(scans[name] == 0, scans[name] + _OF_A_PATCH * lesion.number)
        parts.append(scans)
    if not parts:
        raise NoPatients("all runs failed")
    return mark_seen(pd.concat(parts, ignore_index=True), trial.file.criteria)


def _sound_runs(trial: ClinicalTrial, folder: Path) -> Iterator[tuple[Path, str, Lesion]]:
    """The folder, the arm and the lesion of each run that did not fail."""
    for run in read_results(folder).select(["run", "arm", "point", "status"]).to_pylist():
        if run["status"] == DONE:
            yield folder / RUNS / run["run"], run["arm"], trial.cohort.lesions[run["point"]]


def decisions(trial: ClinicalTrial, folder: Path) -> pd.DataFrame:
    """What was decided of the treatment of each patient, in the run of any lesion: `arm`, `patient`, `decision`, each once."""
    rows = [
        (arm, lesion.patient, decision)
        for run, arm, lesion in _sound_runs(trial, folder)
        if arm in trial.arms_with_decisions
        for decision in read_table(run, "decisions")["decision"].to_pylist()
    ]
    return pd.DataFrame(rows, columns=["arm", "patient", "decision"]).drop_duplicates(ignore_index=True)


def nadirs(trial: ClinicalTrial, folder: Path) -> pd.DataFrame:
    """The fewest neutrophils (1e9 per litre) of each patient in each arm, of the runs of all lesions."""
    runs = read_results(folder).select(["arm", "point", "status", NADIR]).to_pandas()
    runs = runs[runs.status == DONE]
    patients = [trial.cohort.lesions[point].patient for point in runs.point]
    return runs.assign(patient=patients).groupby(["arm", "patient"], as_index=False)[NADIR].min()


def until_last(lesions: pd.DataFrame, scans: Scans) -> pd.DataFrame:
    """The surveys of a run, with the last one again at each later scan: the run ended when its lesions were so large that progression
    was beyond doubt. None where none was ever there."""
    if lesions.empty:
        return lesions
    last = lesions[lesions.time_min == lesions.time_min.max()]
    missed = np.arange(lesions.time_min.max() + 60 * scans.every, 60 * scans.last + 1e-6, 60 * scans.every)
    return pd.concat([lesions, *(last.assign(time_min=minutes) for minutes in missed)], ignore_index=True)


# --- readouts ---------------------------------------------------------------------------------------------------------


def judged(readout: ClinicalReadout, patients: pd.DataFrame) -> ReadoutJudgement:
    """A readout of the patients, and the verdict; what is unresolved more patients may resolve."""
    simulated = simulate(readout, patients)
    if simulated.estimate is UNKNOWN:
        verdict = Verdict(UNRESOLVED, "no such patient")
    else:
        verdict = judge_by(readout.window, simulated, more=True, ratio_to=readout.ratio_to)
    return ReadoutJudgement(readout, simulated, verdict)


def simulate(readout: ClinicalReadout, patients: pd.DataFrame) -> Simulated:
    """What the patients of a readout gave, in its unit, and the events behind each arm: progressions, or responses."""
    chosen = having(patients, readout.where)
    arms = [arm for arm in (readout.arm, readout.relative_to) if arm is not None]
    rows = {arm: chosen[chosen.arm == arm] for arm in arms}
    if any(group.empty for group in rows.values()):
        return Simulated(UNKNOWN, dict.fromkeys(arms, 0.0))
    events: dict[str, float | None] = {arm: float(_counted(readout, group).sum()) for arm, group in rows.items()}
    return Simulated(_estimate(readout, chosen, rows[readout.arm]), events)


_HAPPENED: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "response_rate": lambda patients: patients.best_response.isin(RESPONDED),
    "disease_control": lambda patients: patients.best_response.isin(CONTROLLED),
    "early_shrinkage": lambda patients: patients.early_change <= -EARLY_SHRINKAGE,
    "progression_rate": lambda patients: patients.progressed,
    "neutropenia": lambda patients: patients[NADIR] < SEVERE_NEUTROPENIA,
}
"""Readouts that are shares: whether it has happened to each of the patients."""


def _counted(readout: ClinicalReadout, patients: pd.DataFrame) -> pd.Series:
    """Whether what a readout counts has happened to each of the patients."""
    of = "progression_rate" if readout.readout == "hazard_ratio" else "response_rate"
    return _HAPPENED[readout.readout if readout.readout in _HAPPENED else of](patients)


def _estimate(readout: ClinicalReadout, patients: pd.DataFrame, of_arm: pd.DataFrame) -> Estimate:
    name, arm, other = readout.readout, readout.arm, readout.relative_to or ""
    if name in _HAPPENED:
        return share_of(of_arm, name)
    if name == "pfs_median":
        return median_months(of_arm)
    if name == "hazard_ratio":  # as real trials tell it, of other patients in each arm
        return hazard_ratio(patients, arm, other, strata=())
    return odds_ratio(patients, arm, other) if name == "odds_ratio" else rate_difference(patients, arm, other)


def share_of(patients: pd.DataFrame, readout: str) -> Estimate:
    """A readout that is a share, of the patients of an arm, with Wilson's interval."""
    return rate_of(patients, _HAPPENED[readout](patients))


def median_months(patients: pd.DataFrame) -> Estimate:
    """Median progression-free survival of the patients of an arm, in months."""
    median = survival_curve(patients.pfs_hours, patients.progressed, patients.weight).median
    return replace(median, value=median.value / MONTH, low=median.low / MONTH, high=median.high / MONTH)


def having(patients: pd.DataFrame, where: Mapping[str, Any]) -> pd.DataFrame:
    """The patients who have all that."""
    for name, wanted in where.items():
        patients = patients[patients[name] == wanted]
    return patients
