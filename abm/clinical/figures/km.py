"""Kaplan-Meier curves of the arms, with the numbers at risk, the hazard ratio and the medians."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ...comparison.figures.numbers import rounded
from ...comparison.figures.sheet import styles_of
from ...statistics import Estimate
from ...view.style import QUIET, WORDS, fitted, new_figure, plain
from ..survival import hazard_ratio, logrank_p, survival_curve
from .panels import of_arms, time_axis

_WIDE, _HIGH, _LEFT = 6.2, 3.3, 0.80
_LINE = 0.19  # inches of a line of numbers at risk
_COMPARED = 3.5  # inches of the column on the right


def survival_figure(
    patients: pd.DataFrame,
    arms: Sequence[str],
    hours: str = "pfs_hours",
    event: str = "progressed",
    name: str = "without progression",
    published: Mapping[str, float] | None = None,
    title: str = "",
) -> Figure:
    """The share of each arm that is still free of the event; the first of `arms` is the control.

    hours, event : the columns; name : what those are called who are free of it; published : arm -> hours of the median that a trial
    of patients had, drawn as a short line across one half
    """
    styles, published = styles_of(arms), published or {}
    low_room = 0.62 + 0.26 + _LINE * len(arms) + 0.12
    width = max(_LEFT, 0.45 + 0.08 * max(map(len, arms))) + _WIDE + 0.3 + _COMPARED
    left = width - _WIDE - 0.3 - _COMPARED
    about, more = fitted(
        "line: Kaplan-Meier estimate; band: its 95 % interval; ticks: patients last seen free of it. The same patients are in all arms: "
        "the hazard ratio of pairs compares each with itself"
        + ("; dotted: medians of the published trial" if published else ""),
        width,
    )
    figure = new_figure(width, 0.95 + more + _HIGH + low_room, title, about)
    total = figure.get_figheight()
    axes = figure.add_axes((left / width, low_room / total, _WIDE / width, _HIGH / total))
    plain(axes)
    rows = of_arms(patients, arms)
    longest = max(float(patients[hours].max()), *(published.values() or [0.0]))
    unit = time_axis(axes, longest, "time since baseline")
    curves = {arm: survival_curve(each[hours], each[event], each.weight) for arm, each in rows.items()}
    for arm, curve in curves.items():
        style, x = styles[arm], curve.hours / unit.hours
        axes.fill_between(x, 100 * curve.low, 100 * curve.high, step="post", color=style.colour, alpha=0.13, lw=0)
        axes.step(x, 100 * curve.survival, where="post", color=style.colour, ls=style.line, lw=1.9, label=arm, zorder=3)
        shares = [100 * curve.at(moment) for moment in curve.censored]
        axes.plot(curve.censored / unit.hours, shares, "|", color=style.colour, ms=7, mew=1.1, zorder=4)
        if arm in published:
            axes.plot(
                [published[arm] / unit.hours] * 2, [38, 62], color=style.colour, lw=1.8, ls=(0, (1.2, 1.2)), zorder=5
            )
    axes.axhline(50, color=QUIET, lw=0.8, ls=(0, (4, 3)), zorder=1)
    axes.set_ylim(0, 104)
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.set_ylabel(f"{name} (%)", fontsize=9, color=QUIET, labelpad=3)
    ticks = axes.get_xticks()
    for k, (arm, curve) in enumerate(curves.items()):
        y = -(0.62 + _LINE * (k + 0.5)) / _HIGH
        below: dict[str, Any] = {
            "transform": axes.get_xaxis_transform(),
            "va": "center",
            "fontsize": 8.4,
            "clip_on": False,
        }
        axes.text(-0.025 * axes.get_xlim()[1], y, arm, ha="right", color=styles[arm].colour, weight="bold", **below)
        for tick, count in zip(ticks, curve.at_risk(ticks * unit.hours), strict=True):
            axes.text(tick, y, str(count), ha="center", color=WORDS, **below)
    axes.text(
        0.0,
        -0.55 / _HIGH,
        "at risk",
        transform=axes.get_xaxis_transform(),
        fontsize=8.4,
        color=QUIET,
        ha="center",
        va="center",
    )
    _compared(figure, (left + _WIDE + 0.3) / width, patients, arms, hours, event, curves, published, unit)
    return figure


def _compared(figure: Figure, left: float, patients, arms, hours, event, curves, published, unit) -> None:
    """In words beside the curves: medians, and the hazard of each arm over that of the first."""
    styles, total = styles_of(arms), figure.get_figheight()
    y = 1 - 1.06 / total
    step = 0.2 / total

    def write(text: str, colour: str = WORDS, weight: str = "normal", gap: float = 0.0) -> None:
        nonlocal y
        y -= step * gap
        figure.text(left, y, text, fontsize=9.2, color=colour, weight=weight, va="center")
        y -= step

    for arm in arms:
        median = curves[arm].median
        write(arm, styles[arm].colour, "bold", gap=0.35)
        write(f"{median.events:.0f} of {median.n} ended; median {_in_unit(median, unit)}")
        if arm in published:
            write(f"published median {published[arm] / unit.hours:.1f} {unit.word}", QUIET)
    write("hazard ratio", weight="bold", gap=0.9)
    for arm in arms[1:]:
        if len(arms) > 2:
            write(arm, styles[arm].colour, "bold", gap=0.35)
        for word, strata in (("of pairs", ("patient",)), ("of arms", ())):
            ratio = hazard_ratio(patients, arm, arms[0], hours, event, strata)
            write(f"{word} {rounded(ratio.value)}  ({rounded(ratio.low)} to {rounded(ratio.high)})")
        write(f"log-rank test of arms p {_p(logrank_p(patients, arm, arms[0], hours, event))}")


def _in_unit(median: Estimate, unit) -> str:
    value, low, high = (
        f"{end / unit.hours:.1f}" if math.isfinite(end) else "–" for end in (median.value, median.low, median.high)
    )
    if not math.isfinite(median.value):
        return f"not reached (from {low})" if low != "–" else "not reached"
    return f"{value} {unit.word} ({low} to {high})"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.2g}" if value < 0.995 else "= 1"
