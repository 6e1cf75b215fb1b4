"""Waterfall: the best change of every patient, the worst on the left, an arm per panel."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ...lesions.response import CR, PR, Criteria
from ...view.style import BAR, QUIET, WORDS
from ..rates import response_rate
from .panels import OF_RESPONSE, arm_panels, counted, key_below, of_arms, response_key, stratum_colours, stratum_words

_TOP = 100.0  # percent; what grew more is cut off and written
_HIGH = 2.9


def waterfall_figure(
    patients: pd.DataFrame,
    arms: Sequence[str],
    criteria: Criteria | None = None,
    strata: str | None = None,
    title: str = "",
) -> Figure:
    """The best change of the sum of diameters of each patient in each arm, in percent of that at baseline.

    strata : the column by whose values bars are coloured; by default they are by best response
    """
    criteria = criteria or Criteria()
    by = "best_response" if strata is None else strata
    colours = OF_RESPONSE if strata is None else stratum_colours(patients, strata)
    figure, panels = arm_panels(
        arms,
        _HIGH,
        title,
        "bar: a patient's largest shrinkage until progression, or least growth, of the sum of diameters at baseline; dashed: "
        f"partial response (−{100 * criteria.response:.0f} %) and growth of {100 * criteria.progression:.0f} %; "
        "dot: the response was confirmed",
        below=0.5,
    )
    highest = min(_TOP, max(50.0, 100 * float(patients.best_change.max())))
    for arm, rows in of_arms(patients, arms).items():
        axes = panels[arm]
        rows = rows[rows.best_change.notna()].sort_values(["best_change", "patient"], ascending=[False, True])
        change = 100 * rows.best_change.to_numpy(float)
        place, shown = np.arange(len(rows)), np.minimum(change, _TOP)
        # a change of nothing is still a patient
        height = np.where(np.abs(shown) < 0.8, np.where(shown < 0, -0.8, 0.8), shown)
        axes.bar(place, height, 0.82, color=[colours[value] for value in rows[by]], lw=0, zorder=2)
        for x, whole in zip(place, change, strict=True):
            if whole > _TOP:
                axes.text(
                    x, _TOP + 1, f"{whole:+.0f}", fontsize=6.2, rotation=90, ha="center", va="bottom", color=QUIET
                )
        confirmed = rows.best_response.isin((CR, PR)).to_numpy()
        axes.plot(place[confirmed], height[confirmed] - 4.5, "o", ms=2.6, color=WORDS, clip_on=False, zorder=3)
        for level in (-100 * criteria.response, 100 * criteria.progression):
            axes.axhline(level, color=QUIET, lw=0.9, ls=(0, (4, 3)), zorder=1)
        axes.axhline(0, color=BAR, lw=0.9, zorder=3)
        axes.set_xlim(-0.8, max(len(rows), 8) - 0.2)
        axes.set_ylim(-108, highest + 18)
        ticks = [tick for tick in (-100, -50, 0, 50, 100) if tick <= highest]
        axes.set_yticks(ticks, [f"{tick:+d}".replace("-", "−") if tick else "0" for tick in ticks])
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        counted(axes, rows)
        rate = response_rate(patients[patients.arm == arm])
        axes.text(
            0.99,
            0.97,
            f"response rate {100 * rate.value:.0f} %  ({100 * rate.low:.0f} to {100 * rate.high:.0f})",
            transform=axes.transAxes,
            ha="right",
            va="top",
            fontsize=9,
            color=WORDS,
        )
    next(iter(panels.values())).set_ylabel("best change (%)", fontsize=9, color=QUIET, labelpad=2)
    key_below(
        figure,
        response_key(patients)
        if strata is None
        else [Patch(facecolor=colour, lw=0, label=stratum_words(strata, value)) for value, colour in colours.items()],
    )
    return figure
