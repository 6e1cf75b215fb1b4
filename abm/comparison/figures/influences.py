"""Sensitivity: which parameters a measure hangs on."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ...view.style import LINE, WORDS, plain
from .numbers import Interval
from .sheet import broken, key, panel_title, sheet

_SOBOL = (("alone (first order)", "#0072b2", "o"), ("with its interactions (total)", "#d55e00", "s"))
_MORRIS = (
    ("mean effect over the range, µ*", "#0072b2", "o"),
    ("its spread, σ (interactions, bends)", "#d55e00", "D"),
)


class Influence(NamedTuple):
    """What one parameter does to a measure: for Sobol the first-order and the total index, for Morris the mean absolute
    effect and its spread over the design (`total` is then sigma, without an interval)."""

    parameter: str
    first: Interval
    total: Interval


class InfluencePanel(NamedTuple):
    """One diagram: the measure, its unit, the arm ("" when there is but one), and the influences."""

    title: str
    unit: str
    arm: str
    influences: Sequence[Influence]


def influences_figure(panels: Sequence[InfluencePanel], method: str, title: str = "") -> Figure:
    """Sensitivity indices, the most influential parameter first; `method` is "sobol" or "morris"."""
    names = _SOBOL if method == "sobol" else _MORRIS
    about = (
        "share of the variance of the measure over the design; lines: 95 % intervals"
        if method == "sobol"
        else "change of the measure when the parameter goes through its range, others anywhere; lines: 95 % intervals"
    )
    rows = max(len(panel.influences) for panel in panels)
    figure, places = sheet(len(panels), title, about, high=max(1.0, 0.36 * rows), left=1.95, columns=2)
    for panel, axes in zip(panels, places, strict=True):
        order = sorted(
            panel.influences, key=lambda one: -np.nan_to_num(one.total.value if method == "sobol" else one.first.value)
        )
        axes.axvline(0.0, color=LINE, lw=1.0)
        for place, one in enumerate(order):
            for (_, colour, marker), influence, shift in zip(names, (one.first, one.total), (-0.15, 0.15), strict=True):
                if math.isfinite(influence.low + influence.high):
                    axes.plot(
                        [influence.low, influence.high],
                        [place + shift] * 2,
                        color=colour,
                        lw=1.8,
                        solid_capstyle="butt",
                    )
                axes.plot([influence.value], [place + shift], marker, color=colour, ms=5.6, mec="white", mew=0.7)
        axes.set_yticks(range(len(order)), [broken(one.parameter, 30) for one in order])
        axes.set_ylim(len(order) - 0.5, -0.5)
        panel_title(axes, panel.title, "" if method == "sobol" else panel.unit, panel.arm)
        plain(axes, "x")
        axes.tick_params(axis="y", labelcolor=WORDS, length=0)
        if method == "sobol":
            left, right = axes.get_xlim()  # intervals of small designs may go far beyond 0 and 1
            dots = [influence.value for one in order for influence in (one.first, one.total)]
            axes.set_xlim(min(-0.05, max(-0.3, left), *dots), max(1.0, min(1.3, right), *dots))
        else:
            axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    marks = [
        Line2D([], [], color=colour, marker=marker, ms=5.6, mec="white", lw=1.8, label=name)
        for name, colour, marker in names
    ]
    key(figure, marks, 0.20 / figure.get_figheight())
    return figure
