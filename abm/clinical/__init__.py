"""What trials report of patients: response by RECIST, survival, rates, and their figures."""

from ..lesions.response import (
    Criteria,
    Response,
    best_response,
    burden_death,
    mark_seen,
    patients_of,
    scans_of,
    sum_of_diameters,
)
from .rates import odds_ratio, rate_difference, rate_of, response_rate
from .survival import SurvivalCurve, SurvivalNeedsLifelines, hazard_ratio, logrank_p, survival_curve

__all__ = [
    "Criteria",
    "Response",
    "SurvivalCurve",
    "SurvivalNeedsLifelines",
    "best_response",
    "burden_death",
    "hazard_ratio",
    "logrank_p",
    "mark_seen",
    "odds_ratio",
    "patients_of",
    "rate_difference",
    "rate_of",
    "response_rate",
    "scans_of",
    "sum_of_diameters",
    "survival_curve",
]
