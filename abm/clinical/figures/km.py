"""Kaplan-Meier curves of the arms, with the numbers at risk, the hazard ratio and the medians."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from ...comparison.figures.sheet import styles_of
from ...view.style import QUIET, WORDS, fitted, fitted_title, new_figure, plain
from ..survival import hazard_ratio, logrank_p, survival_curve
from ..words import MONTH, in_months, months, p_value, ratio
from .panels import of_arms, time_axis

_WIDE, _HIGH, _LEFT = 6.2, 3.3, 0.80
_LINE = 0.19  # inches of a line of numbers at risk
_COMPARED = 3.9  # inches of the column on the right
_STEP = 0.2  # inches of a line in it


def survival_figure(
    patients: pd.DataFrame,
    arms: Sequence[str],
    hours: str = "pfs_hours",
    event: str = "progressed",
    name: str = "without progression",
    published: Mapping[str, float] | None = None,
    title: str = "",
    scans: Iterable[float] | None = None,
) -> Figure:
    """The share of each arm that is still free of the event; the first of `arms` is the control.

    hours, event : the columns; name : what those are called who are free of it; published : arm -> hours of the median that a trial
    of patients had, drawn as a short line across one half; scans : hours of the scans, which the axis counts, by default those of the
    events and of the last looks
    """
    styles, published = styles_of(arms), published or {}
    low_room = 0.62 + 0.26 + _LINE * len(arms) + 0.12
    told = _told(patients, arms, hours, event, published)
    width = max(_LEFT, 0.45 + 0.08 * max(map(len, arms))) + _WIDE + 0.3 + _COMPARED
    left = width - _WIDE - 0.3 - _COMPARED
    about, more = fitted(
        "line: Kaplan-Meier estimate; band: its 95 % interval; ticks: patients last seen free of it. The same patients are in all arms: "
        "the hazard ratio of pairs compares each with itself"
        + ("; dotted: medians of the published trial" if published else ""),
        width,
    )
    title, of_title = fitted_title(title, width)
    more += of_title
    beside = sum(_STEP * (1 + gap) for *_, gap in told)
    total = 0.95 + more + max(_HIGH + low_room, beside + 0.25)
    figure = new_figure(width, total, title, about)
    axes = figure.add_axes((left / width, 1 - (0.95 + more + _HIGH) / total, _WIDE / width, _HIGH / total))
    plain(axes)
    rows = of_arms(patients, arms)
    ticks = time_axis(
        axes,
        patients[hours].unique() if scans is None else scans,
        "time since baseline",
        max(published.values(), default=0.0),
    )
    curves = {arm: survival_curve(each[hours], each[event], each.weight) for arm, each in rows.items()}
    for arm, curve in curves.items():
        style, x = styles[arm], curve.hours / MONTH
        axes.fill_between(x, 100 * curve.low, 100 * curve.high, step="post", color=style.colour, alpha=0.13, lw=0)
        axes.step(x, 100 * curve.survival, where="post", color=style.colour, ls=style.line, lw=1.9, label=arm, zorder=3)
        shares = [100 * curve.at(moment) for moment in curve.censored]
        axes.plot(curve.censored / MONTH, shares, "|", color=style.colour, ms=7, mew=1.1, zorder=4)
        if arm in published:
            axes.plot([published[arm] / MONTH] * 2, [38, 62], color=style.colour, lw=1.8, ls=(0, (1.2, 1.2)), zorder=5)
    axes.axhline(50, color=QUIET, lw=0.8, ls=(0, (4, 3)), zorder=1)
    axes.set_ylim(0, 104)
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.set_ylabel(f"{name} (%)", fontsize=9, color=QUIET, labelpad=3)
    for k, (arm, curve) in enumerate(curves.items()):
        y = -(0.62 + _LINE * (k + 0.5)) / _HIGH
        below: dict[str, Any] = {
            "transform": axes.get_xaxis_transform(),
            "va": "center",
            "fontsize": 8.4,
            "clip_on": False,
        }
        axes.text(-0.025 * axes.get_xlim()[1], y, arm, ha="right", color=styles[arm].colour, weight="bold", **below)
        for tick, count in zip(ticks, curve.at_risk(ticks), strict=True):
            axes.text(tick / MONTH, y, str(count), ha="center", color=WORDS, **below)
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
    y = total - 0.95 - more
    for words, colour, weight, gap in told:
        y -= _STEP * gap
        figure.text(
            (left + _WIDE + 0.3) / width, y / total, words, fontsize=9.2, color=colour, weight=weight, va="center"
        )
        y -= _STEP
    return figure


class _Line(NamedTuple):
    """A line beside the curves; `gap` is the room above it, of a line's."""

    words: str
    colour: str = WORDS
    weight: str = "normal"
    gap: float = 0.0


def _told(patients, arms, hours, event, published) -> list[_Line]:
    """In words beside the curves: medians, and the hazard of each arm over that of the first."""
    styles, lines = styles_of(arms), []
    ended = "progressed" if event == "progressed" else "had the event"
    for arm, rows in of_arms(patients, arms).items():
        median = survival_curve(rows[hours], rows[event], rows.weight).median
        of_months = replace(median, value=median.value / MONTH, low=median.low / MONTH, high=median.high / MONTH)
        lines.append(_Line(arm, styles[arm].colour, "bold", 0.35))
        lines.append(_Line(f"{median.events:.0f} of {median.n} {ended}; median {months(of_months)}"))
        if arm in published:
            lines.append(_Line(f"published median {in_months(published[arm] / MONTH)} months", QUIET))
    if len(arms) > 1:
        lines.append(_Line("hazard ratio", weight="bold", gap=0.9))
    for arm in arms[1:]:
        if len(arms) > 2:
            lines.append(_Line(arm, styles[arm].colour, "bold", 0.35))
        for word, strata in (("of pairs", ("patient",)), ("of arms", ())):
            lines.append(_Line(f"{word}: {ratio(hazard_ratio(patients, arm, arms[0], hours, event, strata))}"))
        lines.append(_Line(f"log-rank test of arms: {p_value(logrank_p(patients, arm, arms[0], hours, event))}"))
    return lines
