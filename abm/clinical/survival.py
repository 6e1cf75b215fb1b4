"""Times until an event: Kaplan-Meier curves, log-rank test, hazard ratios by Cox's model, all computed by lifelines (Davidson-Pilon 2019,
10.21105/joss.01317), which is an extra.

Times are hours. A weight says for how many patients of the population one of the cohort stands; curves and tests count as many patients
as would say as much with equal weights, and the interval of a weighted hazard ratio is the robust one of patients (Lin & Wei 1989).
"""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from ..extras import how_to_install
from ..statistics import LEVEL, Estimate
from .rates import scaled


class SurvivalNeedsLifelines(ImportError):
    """lifelines is not installed."""


@dataclass(frozen=True, eq=False)
class SurvivalCurve:
    """A Kaplan-Meier curve: from each of `hours` on, `survival` are free of the event, with its interval (all float [times], from 0 h);
    `censored` are the hours at which patients were last seen without it; `median` is that of the hours until the event, inf where more
    than half are free of it to the end. `ends` are the hours of all patients, for those still at risk."""

    hours: np.ndarray
    survival: np.ndarray
    low: np.ndarray
    high: np.ndarray
    censored: np.ndarray
    median: Estimate
    ends: np.ndarray

    def at_risk(self, hours: np.ndarray) -> np.ndarray:
        """How many patients are still followed, without event, at each of `hours`."""
        return (self.ends[None, :] >= np.asarray(hours, float)[:, None]).sum(axis=1)

    def at(self, hours: float) -> float:
        """The share free of the event at a time."""
        return float(self.survival[int(np.searchsorted(self.hours, hours, side="right")) - 1])


def survival_curve(hours, events, weights=None) -> SurvivalCurve:
    """The Kaplan-Meier curve with its log-log interval, and the median with that of Brookmeyer and Crowley.

    hours : until the event, or the last look; events : whether it came; weights : of the patients, 1 without (all [patients])
    """
    durations, came = np.asarray(hours, float), np.asarray(events, bool)
    count = np.ones(durations.size) if weights is None else scaled(np.asarray(weights, float))
    with _lifelines() as lifelines:
        fitted = lifelines.KaplanMeierFitter(alpha=1 - LEVEL).fit(durations, came, weights=count)
        limits = fitted.confidence_interval_
        low, high = (limits.iloc[:, k].to_numpy(float) for k in (0, 1))
    survival = fitted.survival_function_.iloc[:, 0].to_numpy(float)
    # lifelines has no interval where nobody is left
    low, high = (
        np.where(np.isnan(low), 0.0, low),
        np.where(np.isnan(high), np.fmax.accumulate(np.nan_to_num(high)), high),
    )
    moments = fitted.survival_function_.index.to_numpy(float)
    median, earliest, latest = (_first_below_half(moments, curve) for curve in (survival, low, high))
    estimate = Estimate(median, earliest, latest, durations.size, float(came.sum()))
    return SurvivalCurve(moments, survival, low, high, np.sort(durations[~came]), estimate, durations)


def _first_below_half(hours: np.ndarray, curve: np.ndarray) -> float:
    reached = np.flatnonzero(curve <= 0.5)
    return float(hours[reached[0]]) if reached.size else math.inf


def logrank_p(patients: pd.DataFrame, treated: str, control: str, hours: str, event: str) -> float:
    """The p-value of the log-rank test between two arms, as if they had other patients; `hours` and `event` name the columns. Nan where
    neither has an event."""
    arms = [patients[patients.arm == arm] for arm in (treated, control)]
    if not any(rows[event].any() for rows in arms):
        return math.nan
    weights = [scaled(rows.weight.to_numpy(float)) for rows in arms]
    with _lifelines() as lifelines:
        test = lifelines.statistics.logrank_test(
            *(rows[hours].to_numpy(float) for rows in arms),
            *(rows[event].to_numpy(bool) for rows in arms),
            weights_A=weights[0],
            weights_B=weights[1],
        )
    return float(test.p_value)


def hazard_ratio(
    patients: pd.DataFrame,
    treated: str,
    control: str,
    hours: str = "pfs_hours",
    event: str = "progressed",
    strata: tuple[str, ...] = ("patient",),
) -> Estimate:
    """Hazard of the event in `treated` over that in `control`, by Cox's model with Efron's ties.

    strata : the columns within whose values patients are compared: by default each patient with itself in the other arm; () compares
    the arms as a trial of other patients would. `n` are the patients of both arms, `events` those of the arm with fewer.

    Progression is found at scans, so that a patient often progresses at the same one in both arms; such pairs draw the ratio towards 1.
    Where every comparison favours one arm the ratio is 0 or inf with an open interval; nan where nothing can be compared.
    """
    rows = patients[patients.arm.isin((treated, control))]
    table = pd.DataFrame(
        {
            "treated": (rows.arm == treated).to_numpy(float),
            "hours": rows[hours].to_numpy(float),
            "event": rows[event].to_numpy(bool),
            "patient": rows.groupby("patient").ngroup().to_numpy(),
            "weight": scaled(rows.weight.to_numpy(float)),
            "stratum": rows.groupby(list(strata)).ngroup().to_numpy() if strata else np.zeros(len(rows), int),
        }
    )
    n, events = len(rows), float(min(table[table.treated == arm].event.sum() for arm in (0.0, 1.0)))
    earlier = [_favours(table, arm) for arm in (1.0, 0.0)]
    if not any(earlier):
        return Estimate(math.nan, 0.0, math.inf, n, events)
    if not all(earlier):
        return Estimate(math.inf if earlier[0] else 0.0, 0.0, math.inf, n, events)
    is_weighted = not np.allclose(table.weight, 1.0)
    with _lifelines() as lifelines:
        fitted = lifelines.CoxPHFitter(alpha=1 - LEVEL).fit(
            table,
            "hours",
            "event",
            strata=["stratum"],
            weights_col="weight",
            formula="treated",
            robust=is_weighted,
            cluster_col="patient" if is_weighted else None,
        )
    log, error = float(fitted.params_["treated"]), float(fitted.standard_errors_["treated"])
    half = float(special.ndtri((1 + LEVEL) / 2)) * error
    return Estimate(math.exp(log), math.exp(log - half), math.exp(log + half), n, events)


def _favours(table: pd.DataFrame, arm: float) -> bool:
    """Whether a patient of the arm had the event while one of the other arm was still at risk in the same stratum. Without such a case
    in either direction the likelihood has no highest point."""
    last = table[table.treated != arm].groupby("stratum").hours.max()
    of_arm = table[(table.treated == arm) & table.event]
    return bool((of_arm.hours <= of_arm.stratum.map(last)).any())


@contextmanager
def _lifelines() -> Iterator:
    """lifelines, without its warnings about weights that are no whole numbers: their intervals are made for them here. Raises
    SurvivalNeedsLifelines."""
    try:
        import lifelines
        import lifelines.statistics
    except ImportError as error:
        raise SurvivalNeedsLifelines(f"survival needs lifelines: {how_to_install('trials')}") from error
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=lifelines.exceptions.StatisticalWarning)
        yield lifelines
