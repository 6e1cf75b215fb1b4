"""What the figures of a trial share: a panel for each arm, the colours of responses, and time as the clinic counts it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ...lesions.response import CR, NE, PD, PR, SD
from ...view.palette import NAMES, as_hex
from ...view.style import QUIET, WORDS, fitted, new_figure, plain

OF_RESPONSE = {CR: "#00527f", PR: "#56b4e9", SD: "#b4bac2", PD: "#d55e00", NE: "#eceef1"}
"""Colours of best responses, after Okabe and Ito's."""
RESPONSE_WORDS = {
    CR: "complete response",
    PR: "partial response",
    SD: "stable disease",
    PD: "progressive disease",
    NE: "not evaluable",
}
_BROAD, _SPACE, _LEFT, _RIGHT = 4.7, 0.35, 0.72, 0.25
_ABOVE, _BELOW = 1.05, 0.92


class TimeUnit(NamedTuple):
    """How time is counted on an axis."""

    word: str
    hours: float
    step: float  # between the numbers of the axis, at least


def time_unit(longest_hours: float) -> TimeUnit:
    """Months for a trial of more than half a year, else weeks."""
    return TimeUnit("months", 30.4375 * 24, 3) if longest_hours > 26 * 168 else TimeUnit("weeks", 168.0, 4)


def time_axis(axes, longest_hours: float, name: str) -> TimeUnit:
    """A time axis from 0 on, in the clinic's unit, with a number at every few of them."""
    unit = time_unit(longest_hours)
    longest = max(longest_hours / unit.hours, 1.0)
    step = unit.step
    while longest / step > 9:
        step *= 2
    axes.set_xlim(0, longest * 1.04)
    axes.set_xticks([step * k for k in range(int(longest / step) + 1)])
    axes.set_xlabel(f"{name} ({unit.word})", fontsize=9, color=QUIET, labelpad=3)
    return unit


def arm_panels(arms: Sequence[str], high: float, title: str, about: str, below: float = _BELOW) -> tuple[Figure, dict]:
    """A figure with a panel for each arm beside each other, `high` inches, and so many `below` them; the name of the arm stands above
    its panel."""
    width = _LEFT + len(arms) * _BROAD + (len(arms) - 1) * (_SPACE + _LEFT) + _RIGHT
    about, more = fitted(about, width)
    figure = new_figure(width, _ABOVE + more + high + below, title, about)
    total, panels = figure.get_figheight(), {}
    for k, arm in enumerate(arms):
        left = _LEFT + k * (_BROAD + _SPACE + _LEFT)
        axes = figure.add_axes((left / width, below / total, _BROAD / width, high / total))
        axes.set_title(arm, fontsize=11, weight="bold", color=WORDS, loc="left", pad=7)
        plain(axes)
        panels[arm] = axes
    return figure, panels


def counted(axes, patients: pd.DataFrame) -> None:
    """How many patients a panel shows, on the right above it."""
    count = f"{len(patients)} patient{'s' * (len(patients) != 1)}"
    axes.set_title(count, fontsize=9, color=QUIET, loc="right", pad=7)


def stratum_colours(patients: pd.DataFrame, strata: str) -> dict:
    """A colour for each value of a column, in the order of the values."""
    values = sorted(patients[strata].unique(), key=str)
    return {value: as_hex(NAMES[(k + 4) % len(NAMES)]) for k, value in enumerate(values)}


def stratum_words(strata: str, value) -> str:
    """A value of a stratum for readers: 'ras: yes'."""
    said = (
        {True: "yes", False: "no"}.get(value, value)
        if isinstance(value, bool) or str(value) in ("True", "False")
        else value
    )
    return f"{strata}: {said}"


def response_key(patients: pd.DataFrame) -> list[Patch]:
    """Patches for the best responses that there are, the best first."""
    return [
        Patch(facecolor=colour, edgecolor=QUIET, lw=0.5, label=RESPONSE_WORDS[response])
        for response, colour in OF_RESPONSE.items()
        if (patients.best_response == response).any()
    ]


def key_below(figure: Figure, marks: Sequence[Patch | Line2D]) -> None:
    """The key, in a line at the lower edge."""
    figure.legend(
        handles=list(marks),
        loc="lower left",
        bbox_to_anchor=(0.10 / figure.get_figwidth(), 0.06 / figure.get_figheight()),
        ncols=max(1, len(marks)),
        fontsize=8.4,
        frameon=False,
        handlelength=1.3,
        handleheight=0.9,
        columnspacing=1.3,
        labelcolor=WORDS,
    )


def of_arms(patients: pd.DataFrame, arms: Sequence[str]) -> Mapping[str, pd.DataFrame]:
    """The patients of each arm."""
    return {arm: patients[patients.arm == arm] for arm in arms}
