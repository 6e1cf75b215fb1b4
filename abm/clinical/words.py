"""Estimates in words, alike in the tables and in the figures of a trial: shares in per cent, times in months, ratios."""

import math

from ..comparison.figures.numbers import rounded
from ..statistics import Estimate
from ..units import in_time

MONTH = 24 * 365.25 / 12
"""Hours."""
NO_VALUE = "no value"


def percent(estimate: Estimate) -> str:
    """A share, or a difference of shares: '33 % (14 to 61)'."""
    value, low, high = (f"{100 * part:.0f}" for part in (estimate.value, estimate.low, estimate.high))
    return NO_VALUE if math.isnan(estimate.value) else f"{_whole(value)} % ({_whole(low)} to {_whole(high)})"


def months(estimate: Estimate) -> str:
    """A time in months: '9.2 months (5.5 to ?)'; the median of patients of whom more than half are free of the event to the end is not
    reached."""
    if math.isnan(estimate.value):
        return NO_VALUE
    low, high = (in_months(end) if math.isfinite(end) else "?" for end in (estimate.low, estimate.high))
    if math.isinf(estimate.value):
        return "not reached" + (f" (from {low})" if low != "?" else "")
    return f"{in_months(estimate.value)} months ({low} to {high})"


def in_months(value: float) -> str:
    """A number of months: '9.2', '0.46'."""
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}" if value else "0"


def ratio(estimate: Estimate) -> str:
    """A ratio: '0.423 (0.0680 to 2.63)'."""
    if math.isnan(estimate.value):
        return NO_VALUE
    return f"{rounded(estimate.value)} ({rounded(estimate.low)} to {rounded(estimate.high)})"


def p_value(value: float) -> str:
    """A p-value: 'p = 0.03'."""
    if math.isnan(value):
        return NO_VALUE
    return "p < 0.001" if value < 0.001 else f"p = {value:.2g}" if value < 0.995 else "p = 1"


def of_stratum(name: str, value) -> str:
    """What the patients of a stratum have: 'ras not mutated', of a word 'host nafld'."""
    return f"{name} {'' if value else 'not '}mutated" if str(value) in ("True", "False") else f"{name} {value}"


def in_weeks(hours: float) -> str:
    """Hours as the clinic says them: '8 weeks', '10 d'."""
    return counted(round(hours / 168), "week") if hours and hours % 168 == 0 else in_time(hours)


def counted(count: int, what: str) -> str:
    """'1 patient', '2 patients'."""
    return f"{count} {what}{'s' * (count != 1)}"


def _whole(digits: str) -> str:
    return "0" if digits == "-0" else digits.replace("-", "−")
