"""Dose and response: a measure against a swept parameter."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from ...view.style import QUIET, plain
from .numbers import Interval, short
from .ratios import ratio_limits, ratio_ticks
from .sheet import arm_key, broken, dodged, from_zero, panel_title, sheet, standing_alone, styles_of

_DODGE = 0.022  # of the width of a diagram: arms beside each other at the same dose


class DoseResponse(NamedTuple):
    """One arm's response: x (float, or the place of a category), mean and interval at each; `points` (x, y) are single
    points of a design, float [points, 2], where means are of groups of them."""

    arm: str
    x: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    points: np.ndarray | None = None


class DosePanel(NamedTuple):
    """One diagram: the measure and its unit against a parameter and its unit; `words` name the categories of one that
    is no number; `log` for a logarithmic axis of the parameter; a `ratio` has its own, with 1 marked."""

    title: str
    unit: str
    parameter: str
    parameter_unit: str
    doses: Sequence[DoseResponse]
    words: Sequence[str] = ()
    log: bool = False
    ratio: bool = False


def doses_figure(
    panels: Sequence[DosePanel],
    shown: Sequence[str],
    arms: Sequence[str],
    title: str = "",
    about: str = "",
    columns: int = 3,
) -> Figure:
    """Dose-response curves of the arms that are `shown`, each with the style that it has among all `arms`."""
    styles = styles_of(arms)
    figure, places = sheet(len(panels), title, about or _about_doses(panels, arms[0]), columns=columns)
    for panel, axes in zip(panels, places, strict=True):
        if panel.log:
            axes.set_xscale("log")
        doses = sorted(panel.doses, key=lambda dose: -list(arms).index(dose.arm))
        limits = _dose_limits(panel)
        shifts = dodged(len(doses), min(_DODGE * (len(doses) - 1), _DODGE * 4))[::-1]
        for dose, shift in zip(doses, shifts, strict=True):
            style = styles[dose.arm]
            if dose.points is None:  # beside each other, so that no interval hides another
                dose = dose._replace(x=_moved(dose.x, shift, limits, panel.log))
            if dose.points is not None:
                axes.plot(
                    dose.points[:, 0],
                    dose.points[:, 1],
                    style.marker,
                    color=style.colour,
                    ms=2.6,
                    mew=0,
                    alpha=0.28,
                    zorder=1,
                )
                axes.fill_between(dose.x, dose.low, dose.high, color=style.colour, alpha=0.16, lw=0)
                alone = standing_alone(dose.high - dose.low)
                axes.vlines(dose.x[alone], dose.low[alone], dose.high[alone], color=style.colour, lw=1.5, alpha=0.5)
            else:
                known = np.isfinite(dose.mean)
                axes.vlines(dose.x[known], dose.low[known], dose.high[known], color=style.colour, lw=1.5)
            axes.plot(
                dose.x,
                dose.mean,
                color=style.colour,
                ls=style.line,
                lw=1.5,
                marker=style.marker,
                ms=5,
                mec="white",
                mew=0.7,
            )
        _dose_axis(axes, panel)
        axes.set_xlim(limits)
        if not any(np.isfinite(dose.mean).any() for dose in doses):
            axes.text(0.5, 0.5, "no values", transform=axes.transAxes, ha="center", fontsize=9, color=QUIET)
            axes.set_yticks([])
        elif panel.ratio:
            _ratio_axis(
                axes, [Interval(*ends) for dose in doses for ends in zip(dose.mean, dose.low, dose.high, strict=True)]
            )
        else:
            seen = [part for dose in doses for part in (dose.mean, dose.high)]
            points = [dose.points[:, 1] for dose in doses if dose.points is not None]
            from_zero(axes, [*seen, *points], [dose.low for dose in doses])
        panel_title(axes, panel.title, panel.unit)
        plain(axes)
    arm_key(figure, shown, styles, 0.20 / figure.get_figheight())
    return figure


def _about_doses(panels: Sequence[DosePanel], control: str) -> str:
    doses = [dose for panel in panels for dose in panel.doses]
    bare = any((np.isfinite(dose.mean) & ~np.isfinite(dose.high)).any() for dose in doses)
    about = (
        f"dot: mean over the mean of {control}; line: 95 % interval, paired by seed"
        if all(panel.ratio for panel in panels)
        else "dot: mean of the replicates; line: its 95 % interval"
    )
    return about + ("; no line: one run gives no interval" if bare else "")


def _dose_limits(panel: DosePanel) -> tuple[float, float]:
    """The parameter's axis, from its lowest to its highest value with a margin, whether the measure is known there or
    not."""
    if panel.words:
        return -0.5, len(panel.words) - 0.5
    x = np.concatenate(
        [part for dose in panel.doses for part in (dose.x, *([] if dose.points is None else [dose.points[:, 0]]))]
    )
    low, high = (math.log(x.min()), math.log(x.max())) if panel.log else (float(x.min()), float(x.max()))
    margin = 0.08 * (high - low) or 0.5
    low, high = low - margin, high + margin
    return (math.exp(low), math.exp(high)) if panel.log else (low, high)


def _moved(x: np.ndarray, shift: float, limits: tuple[float, float], log: bool) -> np.ndarray:
    """Places `shift` of the axis to the right."""
    low, high = limits
    return x * (high / low) ** shift if log else x + shift * (high - low)


def _ratio_axis(axes, ratios: Sequence[Interval]) -> None:
    axes.set_yscale("log")
    low, high = ratio_limits(ratios)
    axes.set_ylim(low, high)
    axes.axhline(1.0, color=QUIET, lw=1.0, ls=(0, (4, 3)), zorder=1)
    ratio_ticks(axes.yaxis, low, high)


def _dose_axis(axes, panel: DosePanel) -> None:
    name = panel.parameter + (f" ({panel.parameter_unit})" if panel.parameter_unit not in ("", "1") else "")
    axes.set_xlabel(name, fontsize=8.5, color=QUIET, labelpad=2)
    x = np.unique(np.concatenate([dose.x for dose in panel.doses]))
    if panel.words:
        axes.set_xticks(range(len(panel.words)), [broken(word, 14) for word in panel.words])
    elif len(x) <= 7 and all(dose.points is None for dose in panel.doses):
        axes.xaxis.set_major_locator(FixedLocator(x.tolist()))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        axes.xaxis.set_minor_locator(NullLocator())
    elif panel.log:
        low, high = _dose_limits(panel)
        decades = (10.0 ** np.arange(-9, 10)).tolist()
        marks = [m * decade for decade in decades for m in (1, 2, 5) if low <= m * decade <= high]
        axes.xaxis.set_major_locator(FixedLocator(marks if len(marks) <= 8 else decades))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        axes.xaxis.set_minor_locator(NullLocator())
