"""Numbers as readers see them, and the interval that comes with one."""

import math
from typing import NamedTuple


class Interval(NamedTuple):
    """A value between its limits; nan where nothing is known."""

    value: float
    low: float
    high: float


def short(value: float, digits: int = 3) -> str:
    """A number for readers: three digits that count, thousands with commas."""
    if not math.isfinite(value):
        return "–" if math.isnan(value) else "∞" if value > 0 else "−∞"
    rounded = float(f"{value:.{digits}g}")
    if rounded == 0:
        return "0"
    if 1e3 <= abs(rounded) < 1e6:
        return f"{rounded:,.0f}"
    if 100 <= abs(rounded) < 1e3:
        return f"{rounded:.0f}".replace("-", "−")
    text = f"{rounded:.{digits}g}" if 1e-3 <= abs(rounded) < 1e6 else f"{rounded:.{digits - 1}e}"
    return text.replace("-", "−") if text.startswith("-") else text


def rounded(value: float) -> str:
    """A measured number for readers: three digits that count, zeros among them, so that an estimate and both ends of
    its interval are given alike."""
    text = short(value)
    if not math.isfinite(value) or text == "0" or "e" in text or abs(value) >= 99.95:
        return text
    return f"{value:#.3g}".replace("-", "−")


def times(ratio: float) -> str:
    """A ratio for readers: as `rounded`, but what is not 1 does not look like it."""
    text, off = rounded(ratio), abs(ratio - 1)
    return f"{ratio:.{math.ceil(-math.log10(off))}f}" if text == "1.00" and off > _SAME_RATIO else text


_SAME_RATIO = 1e-6  # ratios that are not further from 1 are given as 1
