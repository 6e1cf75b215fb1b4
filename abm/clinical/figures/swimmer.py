"""Swimmer plot: how long every patient went without progression, an arm per panel."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ...lesions.response import RESPONSES
from ...view.style import LINE, WORDS
from ..words import MONTH
from .panels import NUMBERED, OF_RESPONSE, arm_panels, counted, key_below, of_arms, response_key, time_axis

_LANE, _NUMBERED_LANE = 0.085, 0.12
"""Inches of a patient, where there are many, and where numbers are written; of few a lane is at most as broad as `_BROADEST`."""
_BROADEST, _LOWEST = 0.24, 2.6


def swimmer_figure(
    patients: pd.DataFrame, arms: Sequence[str], title: str = "", scans: Iterable[float] | None = None
) -> Figure:
    """The time until progression of each patient in each arm, the longest above, coloured by the best response.

    scans : hours of the scans, which the axis counts; by default those at which a patient progressed or was last seen
    """
    most = max(1, *(int((patients.arm == arm).sum()) for arm in arms))
    are_numbered = most <= NUMBERED
    lane = min(_BROADEST, max(_NUMBERED_LANE if are_numbered else _LANE, _LOWEST / most))
    high = max(1.2, most * lane)
    scans = patients.pfs_hours.unique() if scans is None else list(scans)
    figure, panels = arm_panels(
        arms,
        high,
        title,
        "bar: a patient until progression (cross) or the last scan without (arrow), coloured by the best response; triangle: the first "
        "scan of a response that was confirmed" + ("; on the left the number of the patient" if are_numbered else ""),
    )
    size = 3.4 if lane < 0.12 else 5.0
    for arm, rows in of_arms(patients, arms).items():
        axes = panels[arm]
        time_axis(axes, scans, "time since baseline")
        better = rows.best_response.map(RESPONSES.index)
        rows = rows.assign(better=better).sort_values(["pfs_hours", "better", "patient"], ascending=[False, True, True])
        place = -np.arange(len(rows), dtype=float)
        end = rows.pfs_hours.to_numpy(float) / MONTH
        axes.barh(place, end, 0.72, color=[OF_RESPONSE[best] for best in rows.best_response], lw=0, zorder=2)
        progressed, begin = rows.progressed.to_numpy(bool), rows.response_from_hours.to_numpy(float) / MONTH
        marks = {"ls": "", "color": WORDS, "clip_on": False, "zorder": 4}
        axes.plot(end[progressed], place[progressed], marker="x", ms=size, mew=1.1, **marks)
        axes.plot(end[~progressed], place[~progressed], marker=">", ms=size, mew=0, **marks)
        axes.plot(begin, place, marker="^", ms=size, mec="white", mew=0.4, **marks)
        axes.set_ylim(0.6 - high / lane, 0.6)
        axes.set_yticks(place if are_numbered else [], rows.patient.astype(str) if are_numbered else [])
        axes.tick_params(axis="y", length=0, labelsize=min(8.0, 58 * lane), pad=2)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", color=LINE, lw=0.6)
        axes.spines["left"].set_visible(False)
        counted(axes, rows)
    words = {
        "^": ("response began", patients.response_from_hours.notna().any()),
        "x": ("progression", patients.progressed.any()),
        ">": ("without progression at the last scan", not patients.progressed.all()),
    }
    key_below(
        figure,
        [
            *response_key(patients),
            *(
                Line2D([], [], ls="", marker=mark, color=WORDS, ms=5, label=word)
                for mark, (word, is_there) in words.items()
                if is_there
            ),
        ],
    )
    return figure
