"""Everything that is counted in a run, through time."""

import itertools
import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ...cells.species import Shown
from ...config.plugins import declared_in_plugins
from ...config.schema import SHIPPED
from ...fields.field import Field
from ...fields.layers import Layer
from ..palette import FATES, SHOWN, STATE_WORDS, as_hex, look_of
from ..recording import Recording
from ..strip import ROUND, shown_from
from ..style import LINE, QUIET, WORDS, new_figure, plain, save_figure
from .run_folder import settings, timeseries

_ACROSS = 3  # diagrams side by side
_FIRST_DAY = 0.25  # of the time axis of long runs
_TITLE, _LINE = 0.62, 3.0  # inches: of the title, and of a line of diagrams


class Told(NamedTuple):
    """What a run says of what it counts: the populations, and the units of fields and layers by name."""

    cast: Sequence[Shown] = SHOWN
    units: dict[str, str] = SHIPPED.units()


def told_by(run_dir: Path) -> Told:
    """What the folder of a run says of what it counts; without snapshots, what is known of this version."""
    try:
        recording = Recording(run_dir)
    except FileNotFoundError:
        return Told()
    return Told(recording.charted, {name: recording.own_unit(name) for name in recording.fields})


_TUMOR = {"held": "#e3c700"} | {
    state: as_hex(look_of("tumor", state).colour) for state in ("adherent", "extravasated", "dormant")
}
_STYLES = ("-", ":", "--", "-.")
_INKS = ("#1f77b4", "#8c564b", "#17becf", "#bcbd22", "#e377c2", "#2ca02c")
"""Colours on white of fields and layers that have none of their own."""


def write_timecourses(run_dir: Path | str) -> Path:
    """timecourses.png. Raises FileNotFoundError when the run kept no timeseries."""
    run_dir = Path(run_dir)
    figure = timecourses_figure(timeseries(run_dir), settings(run_dir)[2], told_by(run_dir))
    return save_figure(figure, run_dir / "timecourses.png")


def timecourses_figure(courses: dict[str, np.ndarray], title: str = "", told: Told = Told()) -> Figure:  # noqa: B008 (a tuple)
    """Everything that is counted, through time; `courses` are the columns of timeseries.parquet. Each population that has any
    cells has a diagram of its own."""
    panels: list[Callable] = [draw_tumor, draw_fates, draw_burden]
    panels += [
        partial(_draw_population, shown) for shown in told.cast if any(name in courses for name, _ in shown.courses)
    ]
    panels += [_draw_signals, *(partial(_draw_metabolite, name) for name in _metabolites(told)), _draw_layers]
    lines = math.ceil(len(panels) / _ACROSS)
    high = _TITLE + lines * _LINE
    figure = new_figure(14.0, high)
    figure.text(0.02, 1 - 0.24 / high, title, fontsize=15, weight="bold", color=WORDS, va="center")
    for k, draw in enumerate(panels):
        i, j = divmod(k, _ACROSS)
        bottom = 1 - (_TITLE + (i + 1) * _LINE - 0.57) / high
        draw(figure.add_axes((0.045 + 0.325 * j, bottom, 0.255, 1.97 / high)), courses, told)
    return figure


def draw_tumor(axes, courses, told: Told) -> None:
    """Tumor cells by state."""
    x = _axis(axes, courses, "tumor cells by state")
    states = [state for state in _TUMOR if f"tumor_{state}" in courses]
    axes.stackplot(
        x,
        [courses[f"tumor_{state}"] for state in states],
        colors=[_TUMOR[state] for state in states],
        labels=[STATE_WORDS.get(state, state) for state in states],
        lw=0,
    )
    _finish(axes, counts=True)


def draw_fates(axes, courses, told: Told) -> None:
    """How tumor cells were lost so far."""
    x = _axis(axes, courses, "tumor cells lost so far")
    for fate, label in (
        ("passed", "left by the vein"),
        ("phagocytosed", "engulfed"),
        ("killed", "killed"),
        ("died", "died"),
    ):
        if f"events_{fate}" in courses:
            axes.plot(x, courses[f"events_{fate}"], color=as_hex(FATES[fate]), lw=1.8, label=label)
    _finish(axes, counts=True)


def draw_host(axes, courses, told: Told) -> None:
    """The most telling course of each of the liver's own populations."""
    x = _axis(axes, courses, "cells of the liver")
    for shown in told.cast:
        for name, label in shown.courses[:1] if shown.looks else ():
            if name in courses:
                axes.plot(x, courses[name], color=shown.ink, lw=1.8, label=label)
    _finish(axes, counts=True)


def _draw_population(shown: Shown, axes, courses, told: Told) -> None:
    x = _axis(axes, courses, shown.words)
    for (name, label), style in zip(shown.courses, _STYLES, strict=False):
        if name in courses:
            axes.plot(x, courses[name], style, color=shown.ink, lw=1.6, label=label)
    _finish(axes, counts=True)


def draw_burden(axes, courses, told: Told) -> None:
    """Nodules, and the area that tumor cells cover."""
    x = _axis(axes, courses, "nodules, and area of tumor")
    if "nodules" in courses:
        axes.plot(x, courses["nodules"], color=WORDS, lw=1.8, drawstyle="steps-post", label="nodules")
    if "tumor_area_um2" in courses:
        other = axes.twinx()
        other.fill_between(x, courses["tumor_area_um2"] / 1e6, color=as_hex(FATES["alive"]), alpha=0.25, lw=0)
        other.set_ylim(bottom=0)
        other.tick_params(labelsize=8, colors=as_hex(FATES["alive"]), length=2)
        for spine in other.spines.values():
            spine.set_visible(False)
        axes.fill_between([], [], color=as_hex(FATES["alive"]), alpha=0.25, lw=0, label="area (mm², right)")
    _finish(axes, counts=True)


def _draw_signals(axes, courses, told: Told) -> None:
    those = [name for name, unit in told.units.items() if unit == "K"]
    _draw_levels(axes, courses, "highest signal (half-maximal effect = 1)", those, "max")


def _metabolites(told: Told) -> list[str]:
    return [name for name, unit in told.units.items() if unit not in ("K", "", "1")]


def _draw_metabolite(name: str, axes, courses, told: Told) -> None:
    _draw_levels(axes, courses, f"{name} ({told.units[name]}), mean", [name], "mean")


def _draw_layers(axes, courses, told: Told) -> None:
    those = [name for name, unit in told.units.items() if unit in ("", "1")]
    _draw_levels(axes, courses, "in the tissue, summed over the sites", those, "total")


def _draw_levels(axes, courses, title: str, names: Sequence[str], what: str) -> None:
    x = _axis(axes, courses, title)
    declared: list[type[Field] | type[Layer]] = [
        *SHIPPED.fields,
        *SHIPPED.layers,
        *declared_in_plugins(Field),
        *declared_in_plugins(Layer),
    ]
    known = {each.name: each for each in declared}
    for name, spare in zip(names, itertools.cycle(_INKS), strict=False):
        if np.any(courses.get(f"{name}_{what}", 0)):
            level = known.get(name)
            colour, words = (level.ink or spare, level.words) if level is not None else (spare, name)
            axes.plot(x, courses[f"{name}_{what}"], color=colour, lw=1.6, label=words)
    _finish(axes)


def _axis(axes, courses, title: str) -> np.ndarray:
    """Prepare the axes; returns the times in the unit of their x axis. In long runs the first day has a quarter of it."""
    hours = np.asarray(courses["time_min"], float) / 60.0
    days = hours[-1] - shown_from(hours) > 72
    x = hours / 24.0 if days else hours
    axes.set_title(title, fontsize=10.5, weight="bold", color=WORDS, loc="left", pad=18)
    axes.set_xlabel(f"time ({'d' if days else 'h'})", fontsize=8.5, color=QUIET, labelpad=1)
    first, last = shown_from(x), x[-1] if x[-1] > x[0] else x[0] + 1.0
    if days:
        _widen_first_day(axes, first, last)
    axes.set_xlim(first, last)
    return x


def _widen_first_day(axes, first: float, last: float) -> None:
    """Stretch the time axis (d) between time 0 and day 1, and mark the hours there."""
    slope = _FIRST_DAY / (1 - _FIRST_DAY) * (last - 1.0 - min(first, 0.0))
    if slope <= 1.5:
        return
    axes.set_xscale(
        "function",
        functions=(
            lambda t: np.where(t < 0, t, np.where(t < 1, slope * t, t - 1 + slope)),
            lambda u: np.where(u < 0, u, np.where(u < slope, u / slope, u + 1 - slope)),
        ),
    )
    later = [float(day) for day in MaxNLocator(6, integer=True).tick_values(1, last) if 1 < day <= last]
    before = [float(day) for day in MaxNLocator(3, integer=True).tick_values(first, 0) if first <= day < 0]
    words = [f"{day:g}" for day in (*before, 0.0)], [f"{day:g}" for day in (1.0, *later)]
    axes.set_xticks([*before, 0.0, 0.5, 1.0, *later], labels=[*words[0], "12 h", *words[1]])
    axes.axvspan(0, 1, color=LINE, alpha=0.35, lw=0, zorder=0)


def _finish(axes, counts: bool = False) -> None:
    top = axes.get_ylim()[1]
    axes.set_ylim(0, max(top, 1) if counts else top if top > 0 else 1)
    if counts:
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=ROUND))
    plain(axes)
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.legend(
            handles,
            labels,
            fontsize=7.6,
            frameon=False,
            ncols=len(handles),
            loc="lower left",
            bbox_to_anchor=(-0.02, 0.985),
            handlelength=1.1,
            handletextpad=0.35,
            columnspacing=0.8,
            borderpad=0,
            labelcolor=WORDS,
        )
