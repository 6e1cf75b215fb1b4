"""Ratios to the control: a dot and its interval per measure and arm, on a logarithmic axis."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from ...view.style import QUIET, WORDS, fitted, new_figure, plain
from .numbers import Interval
from .sheet import ArmStyle, arm_key, broken, name_and_rest, styles_of

_WIDEST_RATIO = 100.0  # ratios further than this from 1 are drawn as arrows at the edge


class Ratio(NamedTuple):
    """One line of the dot-and-interval plot: what is compared, in which arm, and in words what came out."""

    measure: str
    arm: str
    ratio: Interval
    words: str


def ratios_figure(ratios: Sequence[Ratio], arms: Sequence[str], title: str = "") -> Figure:
    """Each measure's ratio to the control (the first of `arms`) in the other arms, on a logarithmic axis."""
    measures = list(dict.fromkeys(row.measure for row in ratios))
    styles, step, gap = styles_of(arms), 0.25, 0.22
    inches = len(ratios) * step + len(measures) * gap
    names = {measure: name_and_rest(measure) for measure in measures}
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
    low, high = ratio_limits([row.ratio for row in ratios])
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
            _interval(axes, row.ratio, place, styles[row.arm], (low, high))
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
    ratio_ticks(axes.xaxis, low, high)
    axes.set_xlabel(f"times {arms[0]}", fontsize=9, color=QUIET, labelpad=3)
    shown = [arm for arm in arms if any(row.arm == arm for row in ratios)]
    arm_key(figure, shown, styles, 0.20 / total, lines=False)
    return figure


def _longest(parts: Sequence[str], at_most: int) -> str:
    return max((line for part in parts for line in broken(part, at_most).split("\n")), key=len)


def _label(axes, middle: float, name: str, rest: str) -> None:
    """The name of a measure beside its lines, with its parameters below it in grey."""
    name, rest = broken(name, 36), broken(rest, 40) if rest else ""
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


def _interval(axes, interval: Interval, place: float, style: ArmStyle, limits: tuple[float, float]) -> None:
    """A dot with its interval; what lies beyond the limits ends in an arrow, and an unknown value has no dot."""
    low, high = max(interval.low, limits[0]), min(interval.high, limits[1])
    clear = _apart(interval)
    if not math.isnan(low + high):
        axes.plot(
            [low, high],
            [place, place],
            color=style.colour,
            lw=2.0 if clear else 1.4,
            alpha=1.0 if clear else 0.75,
            solid_capstyle="butt",
            zorder=2,
        )
        for end, beyond, mark in ((low, interval.low < limits[0], "<"), (high, interval.high > limits[1], ">")):
            if beyond:
                axes.plot([end], [place], mark, color=style.colour, ms=4.5, clip_on=False, zorder=3)
    if limits[0] <= interval.value <= limits[1]:
        axes.plot(
            [interval.value],
            [place],
            style.marker,
            color=style.colour,
            ms=6.2,
            mec="white" if clear else style.colour,
            mew=0.8,
            mfc=style.colour if clear else "white",
            zorder=4,
        )


def _apart(ratio: Interval) -> bool:
    """Whether the interval leaves 1 out."""
    return ratio.low > 1 or ratio.high < 1


def ratio_limits(ratios: Sequence[Interval]) -> tuple[float, float]:
    ends = [end for ratio in ratios for end in ratio if math.isfinite(end) and end > 0]
    reach = max([1.6, *(max(end, 1 / end) for end in ends if 1 / _WIDEST_RATIO <= end <= _WIDEST_RATIO)])
    low = min([1 / 1.6, *(max(end, 1 / _WIDEST_RATIO) for end in ends)])
    high = max([1.6, *(min(end, _WIDEST_RATIO) for end in ends)])
    if any(ratio.low <= 0 for ratio in ratios):
        low = min(low, 1 / reach)
    if any(ratio.high > _WIDEST_RATIO for ratio in ratios):
        high = max(high, reach)
    return low / 1.12, high * 1.12


def ratio_ticks(axis, low: float, high: float) -> None:
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
