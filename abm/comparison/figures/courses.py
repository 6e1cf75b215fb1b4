"""Time courses of the arms, with bands."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ...view.strip import shown_from
from ...view.style import QUIET, plain
from .numbers import short
from .sheet import arm_key, dodged, from_zero, panel_title, sheet, standing_alone, styles_of


class Curve(NamedTuple):
    """The mean of one arm through time with its 95 % band; arrays of equal length, nan where unknown. Where there are
    too few `runs` for a band, they are drawn instead: float [runs, times]."""

    arm: str
    hours: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    runs: np.ndarray | None = None


class CoursePanel(NamedTuple):
    """One diagram: what it shows, its unit, and a course per arm."""

    title: str
    unit: str
    courses: Sequence[Curve]


def courses_figure(panels: Sequence[CoursePanel], arms: Sequence[str], title: str = "", about: str = "") -> Figure:
    """Time courses with bands, one diagram per quantity; time 0 is marked where something happens before it."""
    styles = styles_of(arms)
    figure, places = sheet(len(panels), title, about or _about_courses(panels))
    for panel, axes in zip(panels, places, strict=True):
        hours = np.concatenate([course.hours for course in panel.courses])
        begin, end = shown_from(hours), hours.max()
        unit, scale = ("d", 24.0) if end - begin > 72 else ("h", 1.0)
        seen, lows = [], []
        order = sorted(panel.courses, key=lambda course: -list(arms).index(course.arm))
        aside = dodged(len(order), 0.3)[::-1]
        for course, shift in zip(order, aside, strict=True):
            style, x = styles[course.arm], course.hours / scale
            if begin == end:  # a single look: the arms stand beside each other
                x = x + shift / scale
            if course.runs is None:
                axes.fill_between(x, course.low, course.high, color=style.colour, alpha=0.16, lw=0)
                spread = [course.high]
                lows.append(course.low[course.hours >= begin])
            else:
                axes.plot(x, course.runs.T, color=style.colour, lw=0.6, alpha=0.55, zorder=1.5)
                spread = list(course.runs)
            axes.plot(x, course.mean, color=style.colour, ls=style.line, lw=1.7)
            for k in np.flatnonzero(standing_alone(course.mean)):
                if course.runs is None:
                    axes.vlines(x[k], course.low[k], course.high[k], color=style.colour, lw=1.5)
                else:
                    axes.plot(np.full(len(course.runs), x[k]), course.runs[:, k], "_", color=style.colour, ms=7)
                axes.plot(x[k], course.mean[k], style.marker, color=style.colour, ms=5.6, mec="white", mew=0.7)
            seen += [part[course.hours >= begin] for part in (course.mean, *spread)]
        if hours.min() < 0:
            axes.axvline(0.0, color=QUIET, lw=0.8, ls=(0, (2, 2)), zorder=1)
        if begin == end:
            axes.set_xlim((begin - 1) / scale, (begin + 1) / scale)
            axes.set_xticks([begin / scale], [short(begin / scale)])
        else:
            axes.set_xlim(begin / scale, end / scale)
        from_zero(axes, seen, lows)
        panel_title(axes, panel.title, panel.unit)
        axes.set_xlabel(f"time ({unit})", fontsize=8.5, color=QUIET, labelpad=1)
        plain(axes)
    arm_key(figure, arms, styles, 0.20 / figure.get_figheight())
    return figure


def _about_courses(panels: Sequence[CoursePanel]) -> str:
    """What is drawn, and how to read it."""
    courses = [course for panel in panels for course in panel.courses]
    parts = ["line: mean of the replicates"]
    if any(course.runs is None for course in courses):
        parts.append("band: its 95 % interval")
    if any(course.runs is not None for course in courses):
        parts.append("thin: the single runs, where they are too few for a band")
    about = "; ".join(parts) + ". Arms share their seeds: ratios are known better than "
    about += "bands that overlap suggest." if len(parts) == 2 and "band" in parts[1][:4] else "this suggests."
    if any(shown_from(course.hours) > course.hours.min() for course in courses):
        about += " Time 0 is dotted; what happened long before is not shown."
    return about
