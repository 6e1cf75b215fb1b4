"""What the figures of a comparison share: the style of an arm, a sheet of diagrams, their titles, axes and keys.

Everything comes as plain tables and numbers. An arm looks the same in all figures: a colour, a marker and a line of
its own.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ...view.palette import ARMS, as_hex
from ...view.style import QUIET, WORDS, fitted, new_figure

_MARKERS = "osD^vPX"
_LINES = ("-", (0, (5, 1.5)), (0, (3, 1.2, 1, 1.2)), (0, (1.2, 1.2)), (0, (7, 2)), (0, (2, 2)), (0, (5, 1, 1, 1, 1, 1)))


class ArmStyle(NamedTuple):
    """How an arm is drawn."""

    colour: str
    marker: str
    line: object


def styles_of(arms: Sequence[str]) -> dict[str, ArmStyle]:
    """A style for each arm; the first, the control, is dark grey."""
    return {
        arm: ArmStyle(
            as_hex(ARMS[k % len(ARMS)]),
            _MARKERS[(k + k // len(ARMS)) % len(_MARKERS)],
            _LINES[(k + k // len(ARMS)) % len(_LINES)],
        )
        for k, arm in enumerate(arms)
    }


def sheet(
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


def panel_title(axes, title: str, unit: str, arm: str = "") -> None:
    """The name of a measure; below it in grey the arm, the measure's parameters and its unit."""
    name, rest = name_and_rest(title)
    words = [word for word in (arm, rest, unit if unit not in ("1", name) else "") if word]
    axes.set_title(
        broken(name, 44), fontsize=10, weight="bold", color=WORDS, loc="left", pad=17 if words else 6, linespacing=1.1
    )
    if words:
        axes.annotate(
            broken("; ".join(words), 60).split("\n")[0],
            (0, 1),
            (0, 5),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=8.2,
            color=QUIET,
            va="bottom",
        )


def name_and_rest(measure: str) -> tuple[str, str]:
    """A measure's name, and the parameters that stand behind it in brackets."""
    name, bracket, rest = measure.partition("(")
    return (name, rest.removesuffix(")")) if bracket and rest.endswith(")") else (measure, "")


def broken(text: str, longest: int) -> str:
    """`text` in lines of about `longest` letters, broken at spaces or after dots and underscores."""
    if len(text) <= longest:
        return text
    cuts = [k + 1 for k, letter in enumerate(text[:longest]) if letter in " ._,("]
    cut = cuts[-1] if cuts and cuts[-1] > longest // 3 else longest
    return text[:cut].rstrip() + "\n" + broken(text[cut:].lstrip(), longest)


def from_zero(axes, values: Sequence[np.ndarray], lows: Sequence[np.ndarray]) -> None:
    """The y axis begins at 0 unless there are values below it, or all are far above it; then it holds the lower ends
    of their intervals too."""
    known, lower_ends = _finite(values), _finite(lows)
    top = float(known.max(initial=0.0))
    bottom = float(known.min(initial=top))
    if bottom >= 0 and (top == 0 or bottom < 0.6 * top):
        axes.set_ylim(0, 1.06 * top if top > 0 else 1.0)
        return
    bottom = float(lower_ends.min(initial=bottom))
    if top > bottom:
        axes.set_ylim(bottom - 0.05 * (top - bottom), top + 0.05 * (top - bottom))


def _finite(parts: Sequence[np.ndarray]) -> np.ndarray:
    together = np.concatenate([np.zeros(0), *(np.ravel(part) for part in parts)])
    return together[np.isfinite(together)]


def dodged(count: int, width: float) -> np.ndarray:
    """Offsets of things side by side, `width` in all."""
    return (np.arange(count) - (count - 1) / 2) * (width / max(1, count - 1))


def standing_alone(values: np.ndarray) -> np.ndarray:
    """Where a value is known but those before and after it are not, so that no line goes through it: bool."""
    known = np.isfinite(values)
    padded = np.concatenate(([False], known, [False]))
    return known & ~padded[:-2] & ~padded[2:]


def arm_key(
    figure: Figure, arms: Sequence[str], styles: Mapping[str, ArmStyle], height: float, lines: bool = True
) -> None:
    marks = [
        Line2D(
            [],
            [],
            color=styles[arm].colour,
            ls=styles[arm].line if lines else "-",
            marker=styles[arm].marker,
            ms=5.6,
            mec="white",
            lw=1.8,
            label=arm,
        )
        for arm in arms
    ]
    key(figure, marks, height)


def key(figure: Figure, marks: Sequence[Line2D], height: float) -> None:
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
