"""What the figures of a trial share: a panel for each arm, the colours of responses, and time as the clinic counts it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ...lesions.response import CR, NE, PD, PR, SD
from ...view.palette import NAMES, as_hex
from ...view.style import QUIET, WORDS, fitted, fitted_title, inches, new_figure, plain
from ..words import MONTH
from ..words import counted as in_words

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
_KEY = 0.36
"""Inches of the key at the lower edge, of what stands below the last row."""
_BETWEEN = 0.42
"""Inches between a row of panels and the next, beside what stands below each."""
_NAME, _COUNT = 11, 0.95
"""Points of the name of an arm, and the inches that are left beside it for how many patients there are."""
_MOST_IN_A_ROW = 3
_BROAD_OF_THREE = 3.6
"""Inches of a panel, at most, of three beside each other: letters must be read at the width of a page."""
_MOST_TICKS = 9
_CLOSEST = 1 / 14
"""Of an axis: numbers that are closer would touch."""
NUMBERED = 40
"""Patients of an arm up to which their numbers are written."""


def scan_ticks(moments: Iterable[float]) -> np.ndarray:
    """The scans (hours) that have a number on the axis: all of them where they are few, else every second, third ...; the first and the
    last always."""
    scans = np.unique([0.0, *moments])
    stride = -(-(scans.size - 1) // (_MOST_TICKS - 1)) or 1
    ticks = scans[::stride]
    if ticks[-1] == scans[-1]:
        return ticks
    is_close = scans[-1] - ticks[-1] < _CLOSEST * scans[-1]
    return np.append(ticks[:-1] if is_close else ticks, scans[-1])


def time_axis(axes, moments: Iterable[float], name: str, longest: float = 0.0) -> np.ndarray:
    """A time axis from 0 on in months, with a number at scans (`moments`, hours), that reaches `longest` (hours) if they do not; the
    hours that have a number."""
    ticks = scan_ticks(moments)
    decimals = 1 if np.diff(ticks).min(initial=MONTH) >= 0.5 * MONTH else 2
    axes.set_xlim(0, 1.04 * max(ticks[-1], longest) / MONTH)
    axes.set_xticks(ticks / MONTH, [f"{tick / MONTH:.{decimals}f}" if tick else "0" for tick in ticks])
    axes.set_xlabel(f"{name} (months)", fontsize=9, color=QUIET, labelpad=3)
    return ticks


def arm_panels(
    arms: Sequence[str], high: float, title: str, about: str, below: float = _BELOW, broad: float = _BROAD
) -> tuple[Figure, dict]:
    """A figure with a panel for each arm, at most three beside each other, `broad` and `high` inches, and so many `below` them; the name of
    the arm stands above its panel."""
    lines = math.ceil(len(arms) / _MOST_IN_A_ROW)
    columns = math.ceil(len(arms) / lines)
    broad = min(broad, _BROAD_OF_THREE) if columns == _MOST_IN_A_ROW else broad
    width = _LEFT + columns * broad + (columns - 1) * (_SPACE + _LEFT) + _RIGHT
    title, of_title = fitted_title(title, width)
    about, of_about = fitted(about, width)
    step = high + _BETWEEN + below - _KEY
    figure = new_figure(width, _ABOVE + of_title + of_about + (lines - 1) * step + high + below, title, about)
    total, panels = figure.get_figheight(), {}
    for k, arm in enumerate(arms):
        left = _LEFT + (k % columns) * (broad + _SPACE + _LEFT)
        bottom = below + (lines - 1 - k // columns) * step
        axes = figure.add_axes((left / width, bottom / total, broad / width, high / total))
        size = _NAME * min(1.0, (broad - _COUNT) / inches(arm, FontProperties(size=_NAME, weight="bold")))
        axes.set_title(arm, fontsize=size, weight="bold", color=WORDS, loc="left", pad=7)
        plain(axes)
        panels[arm] = axes
    return figure, panels


def first_of_rows(panels: Mapping[str, Any]) -> list:
    """The panels on the left."""
    left = min(axes.get_position().x0 for axes in panels.values())
    return [axes for axes in panels.values() if axes.get_position().x0 == left]


def counted(axes, patients: pd.DataFrame) -> None:
    """How many patients a panel shows, on the right above it."""
    axes.set_title(in_words(len(patients), "patient"), fontsize=9, color=QUIET, loc="right", pad=7)


def stratum_colours(patients: pd.DataFrame, strata: str) -> dict:
    """A colour for each value of a column, in the order of the values."""
    values = sorted(patients[strata].unique(), key=str)
    return {value: as_hex(NAMES[(k + 4) % len(NAMES)]) for k, value in enumerate(values)}


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
