"""Waterfall: the best change of every patient, the worst on the left, an arm per panel."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ...lesions.response import CR, PR, Criteria
from ...view.style import BAR, QUIET, WORDS
from ..rates import response_rate
from ..words import of_stratum, percent
from .panels import (
    NUMBERED,
    OF_RESPONSE,
    arm_panels,
    counted,
    first_of_rows,
    key_below,
    of_arms,
    response_key,
    stratum_colours,
)

_TOP = 100.0  # percent; what grew more is cut off and written
_HIGH = 2.9
_BELOW, _BELOW_NUMBERED = 0.5, 0.72
_OF_A_PATIENT, _NARROWEST, _BROADEST = 0.14, 3.3, 5.6
"""Inches of a patient, and of a panel."""
_UPRIGHT = 0.16
"""Inches of a patient under which numbers are turned."""
_FEWEST = 5
"""Patients for whom there is room, at least, so that few bars are no walls."""


def waterfall_figure(
    patients: pd.DataFrame,
    arms: Sequence[str],
    criteria: Criteria | None = None,
    strata: Sequence[str] = (),
    title: str = "",
) -> Figure:
    """The best change of the sum of diameters of each patient in each arm, in percent of that at baseline.

    strata : the columns that are told apart; bars are coloured by the first, and the figure says which others there are; by default they
    are coloured by best response
    """
    criteria = criteria or Criteria()
    by = strata[0] if strata else "best_response"
    colours = stratum_colours(patients, by) if strata else OF_RESPONSE
    most = max(int((patients.arm == arm).sum()) for arm in arms)
    are_numbered = most <= NUMBERED
    others = f"; colour: {by} ({' and '.join(strata[1:])} told apart in the tables alone)" if len(strata) > 1 else ""
    figure, panels = arm_panels(
        arms,
        _HIGH,
        title,
        "bar: a patient's largest shrinkage until progression, or least growth, of the sum of diameters at baseline; dashed: "
        f"partial response (−{100 * criteria.response:.0f} %) and growth of {100 * criteria.progression:.0f} %; "
        "dot: the response was confirmed" + ("; below: the number of the patient" if are_numbered else "") + others,
        below=_BELOW_NUMBERED if are_numbered else _BELOW,
        broad=min(_BROADEST, max(_NARROWEST, _OF_A_PATIENT * most)),
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
        axes.set_xlim(-0.8, max(most, _FEWEST) - 0.2)
        axes.set_ylim(-108, highest + 18)
        ticks = [tick for tick in (-100, -50, 0, 50, 100) if tick <= highest]
        axes.set_yticks(ticks, [f"{tick:+d}".replace("-", "−") if tick else "0" for tick in ticks])
        axes.set_xticks(place if are_numbered else [], rows.patient.astype(str) if are_numbered else [])
        room = axes.get_position().width * figure.get_figwidth() / max(most, _FEWEST)
        axes.tick_params(
            axis="x", length=0, pad=2, labelsize=min(8.0, 60 * room), labelrotation=90 if room < _UPRIGHT else 0
        )
        axes.spines["bottom"].set_visible(False)
        counted(axes, rows)
        rate = response_rate(patients[patients.arm == arm])
        axes.text(
            0.99,
            0.97,
            f"response rate {percent(rate)}",
            transform=axes.transAxes,
            ha="right",
            va="top",
            fontsize=9,
            color=WORDS,
        )
    for axes in first_of_rows(panels):
        axes.set_ylabel("best change (%)", fontsize=9, color=QUIET, labelpad=2)
    key_below(
        figure,
        [Patch(facecolor=colour, lw=0, label=of_stratum(by, value)) for value, colour in colours.items()]
        if strata
        else response_key(patients),
    )
    return figure
