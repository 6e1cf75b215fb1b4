"""Figures that compare the arms of an experiment: ratios, time courses, cascades, dose-response, sensitivity.

Everything comes as plain tables and numbers. An arm looks the same in all figures: a colour, a marker and a line of
its own.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from ..view.palette import ARMS, FATES, as_hex
from ..view.strip import shown_from
from ..view.style import LINE, QUIET, WORDS, fitted, new_figure, plain

_MARKERS = "osD^vPX"
_LINES = ("-", (0, (5, 1.5)), (0, (3, 1.2, 1, 1.2)), (0, (1.2, 1.2)), (0, (7, 2)), (0, (2, 2)), (0, (5, 1, 1, 1, 1, 1)))
_SHARE_FLOOR = 0.5  # how far below the smallest share seen the ladder of a cascade goes
_SHARE_REACH = 0.25  # the lower end of an interval is shown as far as this part of its share
_DODGE = 0.022  # of the width of a diagram: arms beside each other at the same dose
_SAME_RATIO = 1e-6  # ratios that are not further from 1 are given as 1
_WIDEST_RATIO = 100.0  # ratios further than this from 1 are drawn as arrows at the edge


class Interval(NamedTuple):
    """A value between its limits; nan where nothing is known."""

    value: float
    low: float
    high: float


class Look(NamedTuple):
    """How an arm is drawn."""

    colour: str
    marker: str
    line: object


def looks_of(arms: Sequence[str]) -> dict[str, Look]:
    """A look for each arm; the first, the control, is dark grey."""
    return {
        arm: Look(
            as_hex(ARMS[k % len(ARMS)]),
            _MARKERS[(k + k // len(ARMS)) % len(_MARKERS)],
            _LINES[(k + k // len(ARMS)) % len(_LINES)],
        )
        for k, arm in enumerate(arms)
    }


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


# --- ratios -----------------------------------------------------------------------------------------------------------


class Ratio(NamedTuple):
    """One line of the dot-and-interval plot: what is compared, in which arm, and in words what came out."""

    measure: str
    arm: str
    ratio: Interval
    words: str


def ratios_figure(ratios: Sequence[Ratio], arms: Sequence[str], title: str = "") -> Figure:
    """Each measure's ratio to the control (the first of `arms`) in the other arms, on a logarithmic axis."""
    measures = list(dict.fromkeys(row.measure for row in ratios))
    looks, step, gap = looks_of(arms), 0.25, 0.22
    inches = len(ratios) * step + len(measures) * gap
    names = {measure: _name_and_rest(measure) for measure in measures}
    left = 0.35 + min(4.2, max(0.09 * len(_longest(name, 36)) + 0.1 for name in [*names.values(), ("control", "")]))
    width = left + 4.9 + max(2.0, 0.3 + 0.072 * max(len(row.words) for row in ratios))
    about, more = fitted(
        f"dot: mean over the mean of {arms[0]}; line: 95 % interval, paired by seed; filled: the interval leaves 1 out",
        width,
    )
    figure = new_figure(width, inches + 1.72 + more, title, about)
    total = figure.get_figheight()
    axes = figure.add_axes((left / width, 0.85 / total, 4.9 / width, inches / total))
    plain(axes, "x")
    axes.spines["left"].set_visible(False)
    axes.set_xscale("log")
    low, high = _ratio_limits([row.ratio for row in ratios])
    axes.set_xlim(low, high)
    axes.axvline(1.0, color=QUIET, lw=1.0, ls=(0, (4, 3)), zorder=1)
    top = 0.0
    for k, measure in enumerate(measures):
        rows = [row for row in ratios if row.measure == measure]
        bottom = top + len(rows) * step + gap
        if k % 2 == 0:
            axes.axhspan(-bottom, -top, color="#f5f6f8", lw=0, zorder=0)
        _label(axes, -(top + bottom) / 2, *names[measure])
        for j, row in enumerate(rows):
            place = -(top + gap / 2 + (j + 0.5) * step)
            _interval(axes, row.ratio, place, looks[row.arm], (low, high))
            axes.text(
                1.02,
                place,
                row.words,
                transform=axes.get_yaxis_transform(),
                fontsize=8.4,
                va="center_baseline",
                color=WORDS if _apart(row.ratio) else QUIET,
                clip_on=False,
            )
        top = bottom
    axes.set_ylim(-top, 0)
    axes.set_yticks([])
    _ratio_ticks(axes.xaxis, low, high)
    axes.set_xlabel(f"times {arms[0]}", fontsize=9, color=QUIET, labelpad=3)
    shown = [arm for arm in arms if any(row.arm == arm for row in ratios)]
    _arm_key(figure, shown, looks, 0.20 / total, lines=False)
    return figure


def _name_and_rest(measure: str) -> tuple[str, str]:
    """A measure's name, and the parameters that stand behind it in brackets."""
    name, bracket, rest = measure.partition("(")
    return (name, rest.removesuffix(")")) if bracket and rest.endswith(")") else (measure, "")


def _longest(parts: Sequence[str], at_most: int) -> str:
    return max((line for part in parts for line in _broken(part, at_most).split("\n")), key=len)


def _label(axes, middle: float, name: str, rest: str) -> None:
    """The name of a measure beside its lines, with its parameters below it in grey."""
    name, rest = _broken(name, 36), _broken(rest, 40) if rest else ""
    lines = name.count("\n") + 1, (rest.count("\n") + 1) if rest else 0
    start = middle + 0.165 * sum(lines) / 2 - 0.12  # the base line of the first
    where = {
        "transform": axes.get_yaxis_transform(),
        "ha": "right",
        "va": "baseline",
        "linespacing": 1.2,
        "clip_on": False,
    }
    axes.text(-0.025, start, name, fontsize=9.4, weight="bold", color=WORDS, **where)
    if rest:
        axes.text(-0.025, start - 0.165 * lines[0], rest, fontsize=8.4, color=QUIET, **where)


def _interval(axes, found: Interval, place: float, look: Look, limits: tuple[float, float]) -> None:
    """A dot with its interval; what lies beyond the limits ends in an arrow, and an unknown value has no dot."""
    low, high = max(found.low, limits[0]), min(found.high, limits[1])
    clear = _apart(found)
    if not math.isnan(low + high):
        axes.plot(
            [low, high],
            [place, place],
            color=look.colour,
            lw=2.0 if clear else 1.4,
            alpha=1.0 if clear else 0.75,
            solid_capstyle="butt",
            zorder=2,
        )
        for end, beyond, mark in ((low, found.low < limits[0], "<"), (high, found.high > limits[1], ">")):
            if beyond:
                axes.plot([end], [place], mark, color=look.colour, ms=4.5, clip_on=False, zorder=3)
    if limits[0] <= found.value <= limits[1]:
        axes.plot(
            [found.value],
            [place],
            look.marker,
            color=look.colour,
            ms=6.2,
            mec="white" if clear else look.colour,
            mew=0.8,
            mfc=look.colour if clear else "white",
            zorder=4,
        )


def _apart(ratio: Interval) -> bool:
    """Whether the interval leaves 1 out."""
    return ratio.low > 1 or ratio.high < 1


def _ratio_limits(ratios: Sequence[Interval]) -> tuple[float, float]:
    ends = [end for ratio in ratios for end in ratio if math.isfinite(end) and end > 0]
    reach = max([1.6, *(max(end, 1 / end) for end in ends if 1 / _WIDEST_RATIO <= end <= _WIDEST_RATIO)])
    low = min([1 / 1.6, *(max(end, 1 / _WIDEST_RATIO) for end in ends)])
    high = max([1.6, *(min(end, _WIDEST_RATIO) for end in ends)])
    if any(ratio.low <= 0 for ratio in ratios):
        low = min(low, 1 / reach)
    if any(ratio.high > _WIDEST_RATIO for ratio in ratios):
        high = max(high, reach)
    return low / 1.12, high * 1.12


def _ratio_ticks(axis, low: float, high: float) -> None:
    """Round ratios, 1 among them, that are not too close to each other."""
    span = math.log(high / low)
    fine = (0.7, 0.8, 0.9, 0.95, 1.05, 1.1, 1.2, 1.4, 1.7, 2.5, 3.0, 4.0)
    shown = [1.0]
    for mark in (*(m * 10.0**e for m in (1, 5, 2) for e in range(-4, 5)), *fine):
        if low <= mark <= high and all(abs(math.log(mark / other)) > span / 9 for other in shown):
            shown.append(mark)
    axis.set_major_locator(FixedLocator(sorted(shown)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


# --- time courses -----------------------------------------------------------------------------------------------------


class Course(NamedTuple):
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
    courses: Sequence[Course]


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


def courses_figure(panels: Sequence[CoursePanel], arms: Sequence[str], title: str = "", about: str = "") -> Figure:
    """Time courses with bands, one diagram per quantity; time 0 is marked where something happens before it."""
    looks = looks_of(arms)
    figure, places = _sheet(len(panels), title, about or _about_courses(panels))
    for panel, axes in zip(panels, places, strict=True):
        hours = np.concatenate([course.hours for course in panel.courses])
        begin, end = shown_from(hours), hours.max()
        unit, scale = ("d", 24.0) if end - begin > 72 else ("h", 1.0)
        seen, lows = [], []
        order = sorted(panel.courses, key=lambda course: -list(arms).index(course.arm))
        aside = _dodged(len(order), 0.3)[::-1]
        for course, shift in zip(order, aside, strict=True):
            look, x = looks[course.arm], course.hours / scale
            if begin == end:  # a single look: the arms stand beside each other
                x = x + shift / scale
            if course.runs is None:
                axes.fill_between(x, course.low, course.high, color=look.colour, alpha=0.16, lw=0)
                spread = [course.high]
                lows.append(course.low[course.hours >= begin])
            else:
                axes.plot(x, course.runs.T, color=look.colour, lw=0.6, alpha=0.55, zorder=1.5)
                spread = list(course.runs)
            axes.plot(x, course.mean, color=look.colour, ls=look.line, lw=1.7)
            for k in np.flatnonzero(_alone(course.mean)):
                if course.runs is None:
                    axes.vlines(x[k], course.low[k], course.high[k], color=look.colour, lw=1.5)
                else:
                    axes.plot(np.full(len(course.runs), x[k]), course.runs[:, k], "_", color=look.colour, ms=7)
                axes.plot(x[k], course.mean[k], look.marker, color=look.colour, ms=5.6, mec="white", mew=0.7)
            seen += [part[course.hours >= begin] for part in (course.mean, *spread)]
        if hours.min() < 0:
            axes.axvline(0.0, color=QUIET, lw=0.8, ls=(0, (2, 2)), zorder=1)
        if begin == end:
            axes.set_xlim((begin - 1) / scale, (begin + 1) / scale)
            axes.set_xticks([begin / scale], [short(begin / scale)])
        else:
            axes.set_xlim(begin / scale, end / scale)
        _from_zero(axes, seen, lows)
        _panel_title(axes, panel.title, panel.unit)
        axes.set_xlabel(f"time ({unit})", fontsize=8.5, color=QUIET, labelpad=1)
        plain(axes)
    _arm_key(figure, arms, looks, 0.20 / figure.get_figheight())
    return figure


def _alone(values: np.ndarray) -> np.ndarray:
    """Where a value is known but those before and after it are not, so that no line goes through it: bool."""
    known = np.isfinite(values)
    padded = np.concatenate(([False], known, [False]))
    return known & ~padded[:-2] & ~padded[2:]


def _dodged(count: int, width: float) -> np.ndarray:
    """Offsets of things side by side, `width` in all."""
    return (np.arange(count) - (count - 1) / 2) * (width / max(1, count - 1))


# --- the cascade side by side -----------------------------------------------------------------------------------------


class ArmCascade(NamedTuple):
    """How far the founders of all replicates of an arm came.

    stages : names, the same in all arms; reached : founders at each (nested); shares : of all that arrived, with
    intervals;
    ends : for each stage, what became of those that came no further: way ("alive", "phagocytosed" ...) -> founders
    """

    arm: str
    stages: Sequence[str]
    reached: Sequence[int]
    shares: Sequence[Interval]
    ends: Sequence[Mapping[str, int]]


_GOES_ON = "#f4c9cc"
_STAGE_WORDS = {
    "alive_24h": "alive at 24 h",
    "micrometastasis": "micro-\nmetastasis",
    "macrometastasis": "macro-\nmetastasis",
}
_WAYS = {
    "alive": "alive, no further",
    "passed": "left by the vein",
    "phagocytosed": "engulfed",
    "killed": "killed by NK",
    "died": "died",
}


def cascades_figure(cascades: Sequence[ArmCascade], title: str = "") -> Figure:
    """Above, what share of the founders reached each stage, arm beside arm; below, of those that reached a stage, how
    many went on and what became of the rest."""
    arms = [cascade.arm for cascade in cascades]
    looks, stages = looks_of(arms), cascades[0].stages
    figure = new_figure(
        11.5,
        7.9,
        title,
        "stages are nested: who reached one reached all before it; all replicates of an arm together; "
        "lines: 95 % intervals; none: below the upper end of the interval",
    )
    inches, width = figure.get_figheight(), figure.get_figwidth()
    ladder = figure.add_axes((0.70 / width, 4.05 / inches, 10.6 / width, 2.70 / inches))
    _ladder(ladder, cascades, looks)
    steps = figure.add_axes((0.70 / width, 1.02 / inches, 10.6 / width, 2.15 / inches))
    _steps(steps, cascades, looks)
    for axes in (ladder, steps):
        axes.set_xlim(-0.5, len(stages) - 0.5)
        axes.set_xticks(range(len(stages)), [""] * len(stages))
        axes.tick_params(axis="x", length=0)
    for k, stage in enumerate(stages):
        ladder.text(
            k,
            -0.055,
            _STAGE_WORDS.get(stage, stage),
            transform=ladder.get_xaxis_transform(),
            ha="center",
            va="top",
            fontsize=9.2,
            weight="bold",
            color=WORDS,
            linespacing=1.1,
        )
    _arm_key(figure, arms, looks, 0.22 / inches)
    ways = [way for way in _WAYS if any(_grouped(end).get(way) for cascade in cascades for end in cascade.ends)]
    patches = [
        Patch(label=label, lw=0, **_fill(way)) for way, label in (("", "went on"), *((way, _WAYS[way]) for way in ways))
    ]
    figure.legend(
        handles=patches,
        loc="lower right",
        bbox_to_anchor=(1 - 0.2 / width, 0.12 / inches),
        ncols=len(patches),
        fontsize=8.4,
        frameon=False,
        handlelength=1.0,
        handleheight=0.9,
        columnspacing=1.2,
        labelcolor=WORDS,
    )
    return figure


def _fill(way: str) -> dict:
    """How a part of a bar is filled; hatching tells those apart whose colours are alike to some readers."""
    if not way:
        return {"facecolor": _GOES_ON}
    return {"facecolor": as_hex(FATES[way]), "edgecolor": "white", "hatch": "////" if way == "died" else None}


def _grouped(ends: Mapping[str, int]) -> dict[str, int]:
    """Ways out without their causes."""
    grouped: dict[str, int] = {}
    for way, count in ends.items():
        name = way.partition("_by_")[0]
        grouped[name] = grouped.get(name, 0) + count
    return grouped


def _beside(count: int, apart: float) -> np.ndarray:
    """Places of `count` arms around a stage, at most so far `apart`."""
    return (np.arange(count) - (count - 1) / 2) * min(apart, 0.8 / max(1, count))


def _ladder(axes, cascades: Sequence[ArmCascade], looks: Mapping[str, Look]) -> None:
    shares = [share for cascade in cascades for share in cascade.shares if share.value > 0]
    floor = _SHARE_FLOOR * min([0.5, *(max(share.low, _SHARE_REACH * share.value) for share in shares)])
    axes.set_yscale("log")
    axes.set_ylim(floor, 1.45)
    none = floor * (1.45 / floor) ** 0.03  # the arrow stands above the axis
    for cascade, offset in zip(cascades, _beside(len(cascades), 0.1), strict=True):
        look = looks[cascade.arm]
        x = np.arange(len(cascade.stages)) + offset
        values = np.array([share.value for share in cascade.shares])
        there = values > 0
        axes.plot(x[there], values[there], color=look.colour, ls=look.line, lw=1.2, alpha=0.55, zorder=2)
        for place, share, count in zip(x, cascade.shares, cascade.reached, strict=True):
            if share.high > none:
                axes.plot(
                    [place, place],
                    [max(share.low, floor if share.value > 0 else none), share.high],
                    color=look.colour,
                    lw=1.9,
                    solid_capstyle="butt",
                    zorder=3,
                )
            if share.value > 0:
                axes.plot(
                    [place], [share.value], look.marker, color=look.colour, ms=6.5, mec="white", mew=0.8, zorder=4
                )
            else:
                axes.plot([place], [none], "v", color=look.colour, ms=5, zorder=4)
                axes.annotate(
                    f"none; < {short(100 * share.high, 2)} %" if math.isfinite(share.high) else "none",
                    (place, max(none, share.high if math.isfinite(share.high) else none)),
                    (0, 7),
                    textcoords="offset points",
                    ha="center",
                    va="bottom",
                    rotation=90,
                    fontsize=6.8,
                    color=QUIET,
                )
            if len(cascades) == 1 and share.value > 0:
                axes.annotate(
                    f"{count:,}",
                    (place, max(share.high, floor)),
                    (0, 4),
                    textcoords="offset points",
                    ha="center",
                    fontsize=7.5,
                    color=look.colour,
                )
    plain(axes)
    axes.tick_params(axis="y", which="minor", length=0)
    digits = (1, 2, 5) if floor > 0.005 else (1,)
    marks = [m * 10.0**e for e in range(-12, 1) for m in digits]
    axes.yaxis.set_major_locator(FixedLocator([mark for mark in marks if floor <= mark <= 1]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_title(
        "founders that reached the stage, % of all that arrived",
        fontsize=10.5,
        weight="bold",
        color=WORDS,
        loc="left",
        pad=7,
    )


def _steps(axes, cascades: Sequence[ArmCascade], looks: Mapping[str, Look]) -> None:
    count = len(cascades)
    broad = 0.84 * min(0.22, 0.8 / count)
    for cascade, offset in zip(cascades, _beside(count, 0.22), strict=True):
        look = looks[cascade.arm]
        for k, reached in enumerate(cascade.reached):
            place, bottom = k + offset, 0.0
            axes.plot(
                [place - broad / 2, place + broad / 2],
                [-4.5, -4.5],
                color=look.colour,
                lw=3.2,
                solid_capstyle="butt",
                clip_on=False,
            )
            if not reached:
                axes.text(place, 2, "none", ha="center", va="bottom", fontsize=6.8, rotation=90, color=QUIET)
                continue
            ends = _grouped(cascade.ends[k])
            onward = cascade.reached[k + 1] if k + 1 < len(cascade.reached) else 0
            for way, part in (("", onward), *((way, ends.get(way, 0)) for way in _WAYS)):
                if part:
                    share = 100 * part / reached
                    axes.bar([place], [share], broad, bottom, lw=0.0, **_fill(way))
                    axes.plot(
                        [place - broad / 2, place + broad / 2],
                        [bottom] * 2,
                        color="white",
                        lw=0.8,
                        solid_capstyle="butt",
                    )
                    bottom += share
    plain(axes)
    axes.set_ylim(0, 100)
    axes.set_title("of those that reached the stage, %", fontsize=10.5, weight="bold", color=WORDS, loc="left", pad=7)


# --- dose and response ------------------------------------------------------------------------------------------------


class Dose(NamedTuple):
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
    doses: Sequence[Dose]
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
    """Dose-response curves of the arms that are `shown`, each with the look that it has among all `arms`."""
    looks = looks_of(arms)
    figure, places = _sheet(len(panels), title, about or _about_doses(panels, arms[0]), columns=columns)
    for panel, axes in zip(panels, places, strict=True):
        if panel.log:
            axes.set_xscale("log")
        doses = sorted(panel.doses, key=lambda dose: -list(arms).index(dose.arm))
        limits = _dose_limits(panel)
        shifts = _dodged(len(doses), min(_DODGE * (len(doses) - 1), _DODGE * 4))[::-1]
        for dose, shift in zip(doses, shifts, strict=True):
            look = looks[dose.arm]
            if dose.points is None:  # beside each other, so that no interval hides another
                dose = dose._replace(x=_moved(dose.x, shift, limits, panel.log))
            if dose.points is not None:
                axes.plot(
                    dose.points[:, 0],
                    dose.points[:, 1],
                    look.marker,
                    color=look.colour,
                    ms=2.6,
                    mew=0,
                    alpha=0.28,
                    zorder=1,
                )
                axes.fill_between(dose.x, dose.low, dose.high, color=look.colour, alpha=0.16, lw=0)
                alone = _alone(dose.high - dose.low)
                axes.vlines(dose.x[alone], dose.low[alone], dose.high[alone], color=look.colour, lw=1.5, alpha=0.5)
            else:
                known = np.isfinite(dose.mean)
                axes.vlines(dose.x[known], dose.low[known], dose.high[known], color=look.colour, lw=1.5)
            axes.plot(
                dose.x,
                dose.mean,
                color=look.colour,
                ls=look.line,
                lw=1.5,
                marker=look.marker,
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
            _from_zero(axes, [*seen, *points], [dose.low for dose in doses])
        _panel_title(axes, panel.title, panel.unit)
        plain(axes)
    _arm_key(figure, shown, looks, 0.20 / figure.get_figheight())
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
    low, high = _ratio_limits(ratios)
    axes.set_ylim(low, high)
    axes.axhline(1.0, color=QUIET, lw=1.0, ls=(0, (4, 3)), zorder=1)
    _ratio_ticks(axes.yaxis, low, high)


def _dose_axis(axes, panel: DosePanel) -> None:
    name = panel.parameter + (f" ({panel.parameter_unit})" if panel.parameter_unit not in ("", "1") else "")
    axes.set_xlabel(name, fontsize=8.5, color=QUIET, labelpad=2)
    x = np.unique(np.concatenate([dose.x for dose in panel.doses]))
    if panel.words:
        axes.set_xticks(range(len(panel.words)), [_broken(word, 14) for word in panel.words])
    elif len(x) <= 7 and all(dose.points is None for dose in panel.doses):
        axes.xaxis.set_major_locator(FixedLocator(x))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        axes.xaxis.set_minor_locator(NullLocator())
    elif panel.log:
        low, high = _dose_limits(panel)
        decades = 10.0 ** np.arange(-9, 10)
        marks = [m * decade for decade in decades for m in (1, 2, 5) if low <= m * decade <= high]
        axes.xaxis.set_major_locator(FixedLocator(marks if len(marks) <= 8 else decades))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        axes.xaxis.set_minor_locator(NullLocator())


# --- sensitivity ------------------------------------------------------------------------------------------------------


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


_SOBOL = (("alone (first order)", "#0072b2", "o"), ("with its interactions (total)", "#d55e00", "s"))
_MORRIS = (
    ("mean effect over the range, µ*", "#0072b2", "o"),
    ("its spread, σ (interactions, bends)", "#d55e00", "D"),
)


def influences_figure(panels: Sequence[InfluencePanel], method: str, title: str = "") -> Figure:
    """Sensitivity indices, the most influential parameter first; `method` is "sobol" or "morris"."""
    names = _SOBOL if method == "sobol" else _MORRIS
    about = (
        "share of the variance of the measure over the design; lines: 95 % intervals"
        if method == "sobol"
        else "change of the measure when the parameter goes through its range, others anywhere; lines: 95 % intervals"
    )
    rows = max(len(panel.influences) for panel in panels)
    figure, places = _sheet(len(panels), title, about, high=max(1.0, 0.36 * rows), left=1.95, columns=2)
    for panel, axes in zip(panels, places, strict=True):
        order = sorted(
            panel.influences, key=lambda one: -np.nan_to_num(one.total.value if method == "sobol" else one.first.value)
        )
        axes.axvline(0.0, color=LINE, lw=1.0)
        for place, one in enumerate(order):
            for (_, colour, marker), found, shift in zip(names, (one.first, one.total), (-0.15, 0.15), strict=True):
                if math.isfinite(found.low + found.high):
                    axes.plot([found.low, found.high], [place + shift] * 2, color=colour, lw=1.8, solid_capstyle="butt")
                axes.plot([found.value], [place + shift], marker, color=colour, ms=5.6, mec="white", mew=0.7)
        axes.set_yticks(range(len(order)), [_broken(one.parameter, 30) for one in order])
        axes.set_ylim(len(order) - 0.5, -0.5)
        _panel_title(axes, panel.title, "" if method == "sobol" else panel.unit, panel.arm)
        plain(axes, "x")
        axes.tick_params(axis="y", labelcolor=WORDS, length=0)
        if method == "sobol":
            left, right = axes.get_xlim()  # intervals of small designs may go far beyond 0 and 1
            dots = [found.value for one in order for found in (one.first, one.total)]
            axes.set_xlim(min(-0.05, max(-0.3, left), *dots), max(1.0, min(1.3, right), *dots))
        else:
            axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    marks = [
        Line2D([], [], color=colour, marker=marker, ms=5.6, mec="white", lw=1.8, label=name)
        for name, colour, marker in names
    ]
    _key(figure, marks, 0.20 / figure.get_figheight())
    return figure


# --- what they share --------------------------------------------------------------------------------------------------


def _sheet(
    count: int, title: str, about: str, high: float = 1.95, left: float = 0.75, columns: int = 3
) -> tuple[Figure, list]:
    """A figure with `count` equal diagrams in lines of `columns`; `high` and `left` are inches of a diagram and
    beside it."""
    columns = min(columns, max(1, count))
    lines = math.ceil(count / columns)
    wide = 6.4 - left if left > 1 else 3.35 if columns < 4 else 2.75
    room = high + 0.88
    width = max(7.0, 0.25 + columns * (wide + left + 0.22))
    about, more = fitted(about, width)
    figure = new_figure(width, 0.72 + more + lines * room + 0.44, title, about)
    total, places = figure.get_figheight(), []
    for k in range(count):
        i, j = divmod(k, columns)
        x, y = 0.05 + left + j * (wide + left + 0.22), total - 0.72 - more - (i + 1) * room + 0.44
        places.append(figure.add_axes((x / width, y / total, wide / width, high / total)))
    return figure, places


def _panel_title(axes, title: str, unit: str, arm: str = "") -> None:
    """The name of a measure; below it in grey the arm, the measure's parameters and its unit."""
    name, rest = _name_and_rest(title)
    words = [word for word in (arm, rest, unit if unit not in ("1", name) else "") if word]
    axes.set_title(
        _broken(name, 44), fontsize=10, weight="bold", color=WORDS, loc="left", pad=17 if words else 6, linespacing=1.1
    )
    if words:
        axes.annotate(
            _broken("; ".join(words), 60).split("\n")[0],
            (0, 1),
            (0, 5),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=8.2,
            color=QUIET,
            va="bottom",
        )


def _from_zero(axes, values: Sequence[np.ndarray], lows: Sequence[np.ndarray]) -> None:
    """The y axis begins at 0 unless there are values below it, or all are far above it; then it holds the lower ends
    of their intervals too."""
    known, lows = _finite(values), _finite(lows)
    top = float(known.max(initial=0.0))
    bottom = float(known.min(initial=top))
    if bottom >= 0 and (top == 0 or bottom < 0.6 * top):
        axes.set_ylim(0, 1.06 * top if top > 0 else 1.0)
        return
    bottom = float(lows.min(initial=bottom))
    if top > bottom:
        axes.set_ylim(bottom - 0.05 * (top - bottom), top + 0.05 * (top - bottom))


def _finite(parts: Sequence[np.ndarray]) -> np.ndarray:
    together = np.concatenate([np.zeros(0), *(np.ravel(part) for part in parts)])
    return together[np.isfinite(together)]


def _arm_key(figure: Figure, arms: Sequence[str], looks: Mapping[str, Look], height: float, lines: bool = True) -> None:
    marks = [
        Line2D(
            [],
            [],
            color=looks[arm].colour,
            ls=looks[arm].line if lines else "-",
            marker=looks[arm].marker,
            ms=5.6,
            mec="white",
            lw=1.8,
            label=arm,
        )
        for arm in arms
    ]
    _key(figure, marks, height)


def _key(figure: Figure, marks: Sequence[Line2D], height: float) -> None:
    figure.legend(
        handles=marks,
        loc="lower left",
        bbox_to_anchor=(0.12 / figure.get_figwidth(), height - 0.10 / figure.get_figheight()),
        ncols=min(6, len(marks)),
        fontsize=8.8,
        frameon=False,
        handlelength=2.4,
        columnspacing=1.6,
        labelcolor=WORDS,
    )


def _broken(text: str, longest: int) -> str:
    """`text` in lines of about `longest` letters, broken at spaces or after dots and underscores."""
    if len(text) <= longest:
        return text
    cuts = [k + 1 for k, letter in enumerate(text[:longest]) if letter in " ._,("]
    cut = cuts[-1] if cuts and cuts[-1] > longest // 3 else longest
    return text[:cut].rstrip() + "\n" + _broken(text[cut:].lstrip(), longest)
