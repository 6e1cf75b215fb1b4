"""Rates of response: their intervals, and arms compared, with a weight for each patient where strata were enriched.

A weight says for how many patients of the population one of the cohort stands. The rate is the weighted share (Hajek 1971); intervals count
as many patients as would say as much with equal weights, `effective_number` (Kish 1965, Survey Sampling).
"""

import math

import numpy as np
import pandas as pd
from scipy import special

from ..lesions.response import CR, PR, SD
from ..statistics import LEVEL, Estimate, wilson_interval

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
    """By how much the share of patients whose best response is one of `answers` is larger in `treated` than in `control`, with the
    interval that is made of Wilson's of both shares and never leaves -1 .. 1 (Newcombe 1998, Stat Med 17:2635, method 10; of other
    patients in each arm Stat Med 17:873, method 10). `paired`: a patient is the same one in both arms, and those who are not in both
    are left out."""
    arms = [patients[patients.arm == arm].set_index("patient") for arm in (treated, control)]
    if paired:
        both = arms[0].index.intersection(arms[1].index)
        arms = [rows.loc[both] for rows in arms]
    is_so = [rows.best_response.isin(answers) for rows in arms]
    a, b = (rate_of(rows, so) for rows, so in zip(arms, is_so, strict=True))
    together = _phi(is_so[0].to_numpy(), is_so[1].to_numpy(), arms[0].weight.to_numpy(float)) if paired else 0.0
    value = a.value - b.value
    below, above = (
        math.sqrt(max(0.0, one**2 - 2 * together * one * other + other**2))
        for one, other in ((a.value - a.low, b.high - b.value), (a.high - a.value, b.value - b.low))
    )
    return Estimate(value, value - below, value + above, min(a.n, b.n), min(a.events or 0.0, b.events or 0.0))


def _phi(treated: np.ndarray, control: np.ndarray, weights: np.ndarray) -> float:
    """How much two answers of the same patients go together, -1 .. 1 (bool [patients] each); half of the patients less where they do, as
    in Newcombe's method 10; 0 where one of the answers is that of all or of none."""
    weights = scaled(weights)
    both, one, other, none = (
        float(weights[so].sum())
        for so in (treated & control, treated & ~control, ~treated & control, ~(treated | control))
    )
    margins = (both + one) * (other + none) * (both + other) * (one + none)
    more = both * none - one * other
    if more > 0:
        more = max(0.0, more - (both + one + other + none) / 2)
    return more / math.sqrt(margins) if margins > 0 else 0.0


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
