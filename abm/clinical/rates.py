"""Rates of response: their intervals, and arms compared, with a weight for each patient where strata were enriched.

A weight says for how many patients of the population one of the cohort stands. The rate is the weighted share (Hajek 1971); intervals count
as many patients as would say as much with equal weights, `effective_number` (Kish 1965, Survey Sampling).
"""

import math

import numpy as np
import pandas as pd
from scipy import special

from ..lesions.response import CR, PR, SD
from ..statistics import LEVEL, Estimate, Sample, difference_estimate, wilson_interval

RESPONDED = (CR, PR)
CONTROLLED = (CR, PR, SD)


def effective_number(weights: np.ndarray) -> float:
    """How many patients of equal weight say as much as these (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum()) if weights.size else 0.0


def scaled(weights: np.ndarray) -> np.ndarray:
    """Weights that add up to the effective number of patients; equal ones are 1."""
    return weights * effective_number(weights) / weights.sum() if weights.size else weights


def response_rate(patients: pd.DataFrame) -> Estimate:
    """Share of the patients (of one arm) whose best response is complete or partial: the objective response rate, with Wilson's
    interval."""
    return rate_of(patients, patients.best_response.isin(RESPONDED))


def rate_of(patients: pd.DataFrame, is_so: pd.Series) -> Estimate:
    """Share of the patients (of one arm) of whom something `is_so`, with Wilson's interval; nan of none."""
    weights = scaled(patients.weight.to_numpy(float))
    events, of = float(weights @ is_so.to_numpy(float)), float(weights.sum())
    return Estimate(events / of if of else math.nan, *wilson_interval(events, of), len(patients), events)


def rate_difference(
    patients: pd.DataFrame, treated: str, control: str, answers: tuple[str, ...] = RESPONDED, paired: bool = True
) -> Estimate:
    """By how much the share of patients whose best response is one of `answers` is larger in `treated` than in `control`. `paired`: a
    patient is the same one in both arms, and those who are not in both are left out."""
    samples = []
    both = set.intersection(*(set(patients[patients.arm == arm].patient) for arm in (treated, control)))
    for arm in (treated, control):
        rows = patients[patients.arm == arm].sort_values("patient")
        rows = rows[rows.patient.isin(both)] if paired else rows
        weights = scaled(rows.weight.to_numpy(float))
        samples.append(Sample(weights * rows.best_response.isin(answers).to_numpy(float), "share", weights))
    return difference_estimate(samples[0], samples[1], paired)


def odds_ratio(patients: pd.DataFrame, treated: str, control: str, answers: tuple[str, ...] = RESPONDED) -> Estimate:
    """Odds of a best response among `answers` in `treated` over those in `control`, as trials report them: arms as if they had other
    patients, Woolf's interval; half a patient is added to each cell where one is empty (Haldane 1956)."""
    cells = []
    for arm in (treated, control):
        rows = patients[patients.arm == arm]
        weights = scaled(rows.weight.to_numpy(float))
        is_so = rows.best_response.isin(answers).to_numpy(bool)
        cells += [float(weights[is_so].sum()), float(weights[~is_so].sum())]
    n, events = len(patients[patients.arm.isin((treated, control))]), min(cells[0], cells[2])
    if cells[0] + cells[1] == 0 or cells[2] + cells[3] == 0:
        return Estimate(math.nan, 0.0, math.inf, n, events)
    table = np.array(cells) + (0.5 if min(cells) == 0 else 0.0)
    log = math.log(table[0] * table[3] / (table[1] * table[2]))
    half = float(special.ndtri((1 + LEVEL) / 2)) * math.sqrt((1 / table).sum())
    return Estimate(math.exp(log), math.exp(log - half), math.exp(log + half), n, events)
