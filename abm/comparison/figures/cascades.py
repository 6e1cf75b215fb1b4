"""The metastatic cascade of the arms side by side: how far founders came, and what stopped them."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from ...view.palette import FATES, as_hex
from ...view.style import QUIET, WORDS, new_figure, plain
from .numbers import Interval, short
from .sheet import ArmStyle, arm_key, styles_of

_SHARE_FLOOR = 0.5  # how far below the smallest share seen the ladder of a cascade goes
_SHARE_REACH = 0.25  # the lower end of an interval is shown as far as this part of its share
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
    "killed": "killed",
    "died": "died",
}


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


def cascades_figure(cascades: Sequence[ArmCascade], title: str = "") -> Figure:
    """Above, what share of the founders reached each stage, arm beside arm; below, of those that reached a stage, how
    many went on and what became of the rest."""
    arms = [cascade.arm for cascade in cascades]
    styles, stages = styles_of(arms), cascades[0].stages
    figure = new_figure(
        11.5,
        7.9,
        title,
        "stages are nested: who reached one reached all before it; all replicates of an arm together; "
        "lines: 95 % intervals; none: below the upper end of the interval",
    )
    inches, width = figure.get_figheight(), figure.get_figwidth()
    ladder = figure.add_axes((0.70 / width, 4.05 / inches, 10.6 / width, 2.70 / inches))
    _ladder(ladder, cascades, styles)
    steps = figure.add_axes((0.70 / width, 1.02 / inches, 10.6 / width, 2.15 / inches))
    _steps(steps, cascades, styles)
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
    arm_key(figure, arms, styles, 0.22 / inches)
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


def _ladder(axes, cascades: Sequence[ArmCascade], styles: Mapping[str, ArmStyle]) -> None:
    shares = [share for cascade in cascades for share in cascade.shares if share.value > 0]
    floor = _SHARE_FLOOR * min([0.5, *(max(share.low, _SHARE_REACH * share.value) for share in shares)])
    axes.set_yscale("log")
    axes.set_ylim(floor, 1.45)
    none = floor * (1.45 / floor) ** 0.03  # the arrow stands above the axis
    for cascade, offset in zip(cascades, _beside(len(cascades), 0.1), strict=True):
        style = styles[cascade.arm]
        x = np.arange(len(cascade.stages)) + offset
        values = np.array([share.value for share in cascade.shares])
        there = values > 0
        axes.plot(x[there], values[there], color=style.colour, ls=style.line, lw=1.2, alpha=0.55, zorder=2)
        for place, share, count in zip(x, cascade.shares, cascade.reached, strict=True):
            if share.high > none:
                axes.plot(
                    [place, place],
                    [max(share.low, floor if share.value > 0 else none), share.high],
                    color=style.colour,
                    lw=1.9,
                    solid_capstyle="butt",
                    zorder=3,
                )
            if share.value > 0:
                axes.plot(
                    [place], [share.value], style.marker, color=style.colour, ms=6.5, mec="white", mew=0.8, zorder=4
                )
            else:
                axes.plot([place], [none], "v", color=style.colour, ms=5, zorder=4)
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
                    color=style.colour,
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


def _steps(axes, cascades: Sequence[ArmCascade], styles: Mapping[str, ArmStyle]) -> None:
    count = len(cascades)
    broad = 0.84 * min(0.22, 0.8 / count)
    for cascade, offset in zip(cascades, _beside(count, 0.22), strict=True):
        style = styles[cascade.arm]
        for k, reached in enumerate(cascade.reached):
            place, bottom = k + offset, 0.0
            axes.plot(
                [place - broad / 2, place + broad / 2],
                [-4.5, -4.5],
                color=style.colour,
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
