"""The figure of the levers: a coloured field per lever and stage, with the ratio in it."""

import math

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure

from ..comparison.figures import rounded, times
from ..view.style import LINE, QUIET, WORDS, fitted, new_figure
from .effects import Effect, Effects

_FEWER, _MORE = "#2f6fb3", "#c2512f"
"""Blue and vermilion stay apart for all kinds of colour vision."""
_FULL = math.log(4.0)
"""A ratio of four, or a quarter, has the full colour."""
_ROW, _COLUMN, _HEAD = 0.25, 0.92, 1.02  # inches
_SHADES = LinearSegmentedColormap.from_list("ratios", [_FEWER, "#ffffff", _MORE])


def levers_figure(effects: Effects) -> Figure:
    """A row per lever, a column per stage: its ratio to the control, in colour where it moves the stage; above, what the
    control has, and the ceiling."""
    names = [lever.name for lever, _ in effects.rows]
    left = 0.35 + 0.078 * max(20, *map(len, names))
    width = left + _COLUMN * len(effects.stages) + 0.3
    about, more = fitted(
        f"times the control, means of {effects.replicates} runs each, paired by seed; coloured: the 95 % interval leaves 1 out, by 5 % "
        "or more (blue: less, red: more); grey: not told from chance; =: every run gave what its control gave; raise at most: what a "
        "perfect lever could, as the others pass anyway",
        width,
    )
    height = 0.60 + more + _HEAD + _ROW * len(effects.rows) + 0.25
    figure = new_figure(width, height, effects.name, about)
    rows, columns = len(effects.rows), len(effects.stages)
    axes = figure.add_axes((left / width, 0.2 / height, _COLUMN * columns / width, _ROW * rows / height))
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    colours = np.array([[_colour(effect) for effect in of_lever] for _, of_lever in effects.rows])
    axes.imshow(colours, aspect="auto", extent=(-0.5, columns - 0.5, rows - 0.5, -0.5), interpolation="nearest")
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xticks([])
    axes.set_yticks(range(rows), names, fontsize=8.6, color=WORDS)
    axes.tick_params(axis="y", length=0, pad=5)
    for line in range(rows + 1):
        axes.axhline(line - 0.5, color=LINE, lw=0.6)
    for i, (_, of_lever) in enumerate(effects.rows):
        for j, effect in enumerate(of_lever):
            dark = effect.moves and _depth(effect) > 0.6
            axes.text(
                j,
                i,
                "=" if effect.is_same else rounded(effect.ratio.value),
                ha="center",
                va="center_baseline",
                fontsize=8.6,
                weight="bold" if effect.moves else "normal",
                color="white" if dark else WORDS if effect.moves else QUIET,
            )
    _heads(axes, effects)
    return figure


def _heads(axes, effects: Effects) -> None:
    """Above each column its stage, what the control has of it, and the ceiling."""
    where = {"transform": axes.transData, "ha": "center", "va": "bottom", "clip_on": False}
    step = 0.20 / _ROW
    for j, stage in enumerate(effects.stages):
        name = stage.readout.name.replace(" at ", "\nat ").replace("metastasis", "-\nmetastasis")
        axes.text(j, -0.6 - 3 * step, name, fontsize=9, weight="bold", color=WORDS, linespacing=1.1, **where)
        axes.text(j, -0.6 - step, rounded(stage.estimate.value), fontsize=8.6, color=WORDS, **where)
        ceiling = "" if math.isnan(stage.ceiling) else f"× {times(stage.ceiling)}"
        if stage.readout.of:
            axes.text(j, -0.6 - 2 * step, f"of {stage.readout.of_briefly}", fontsize=8.2, color=QUIET, **where)
        axes.text(j, -0.6, ceiling, fontsize=8.6, color=QUIET, **where)
    beside = where | {"ha": "right"}
    axes.text(-0.58, -0.6 - 3 * step, "without", fontsize=9, weight="bold", color=WORDS, **beside)
    axes.text(-0.58, -0.6 - step, "control has", fontsize=8.6, color=WORDS, **beside)
    axes.text(-0.58, -0.6, "raise at most", fontsize=8.6, color=QUIET, **beside)


def _depth(effect: Effect) -> float:
    """How deep its colour is, from 0 to 1."""
    return min(effect.strength / _FULL, 1.0)


def _colour(effect: Effect) -> tuple[float, float, float]:
    if not effect.moves:
        return to_rgb("white")
    shade = 0.5 + 0.5 * math.copysign(_depth(effect), effect.ratio.value - 1)
    return to_rgb(_SHADES(shade))
