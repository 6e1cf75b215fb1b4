"""Spider: the sum of diameters of every patient through time, an arm per panel."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ...lesions.response import Criteria
from ...view.style import BAR, QUIET, WORDS
from ..words import MONTH
from .panels import OF_RESPONSE, RESPONSE_WORDS, arm_panels, counted, first_of_rows, key_below, of_arms, time_axis

_TOP = 150.0  # percent; a line that grows more leaves the panel
_HIGH = 3.4


def spider_figure(
    courses: pd.DataFrame,
    patients: pd.DataFrame,
    arms: Sequence[str],
    criteria: Criteria | None = None,
    title: str = "",
) -> Figure:
    """The change of the sum of diameters of each patient at each scan (`courses`, as of `sum_of_diameters`), in percent of that at
    baseline, coloured by the best response (`patients`, as of `patients_of`). A line ends where one of its lesions was not `followed` any
    further."""
    criteria = criteria or Criteria()
    start = courses.groupby(["arm", "patient"]).hours.transform("min")
    courses = courses.assign(hours=courses.hours - start)
    followed, scans = courses[courses.followed], courses.hours.unique()
    about = [
        "line: a patient's sum of diameters at each scan, of that at baseline, coloured by the best response",
        "dot: the last scan",
        *(
            ["square: a lesion had grown so large that it was not followed any further"]
            if not courses.followed.all()
            else []
        ),
        *(["cross: a new lesion"] if followed.new_lesion.any() else []),
        f"dashed: partial response (−{100 * criteria.response:.0f} %), growth of {100 * criteria.progression:.0f} %",
    ]
    figure, panels = arm_panels(arms, _HIGH, title, "; ".join(about))
    best = patients.set_index(["arm", "patient"]).best_response
    thin = 0.9 if len(patients) > 20 * len(arms) else 1.4
    top = min(_TOP, max(60.0, 100 * float(np.nanmax(courses.change, initial=0.0))))
    ended = courses[~courses.followed].set_index(["arm", "patient"]).index
    for arm, rows in of_arms(followed, arms).items():
        axes = panels[arm]
        time_axis(axes, scans, "time since baseline")
        for patient, course in rows.groupby("patient"):
            made = course[course.change.notna()].sort_values("hours")
            x, y = made.hours.to_numpy() / MONTH, 100 * made.change.to_numpy()
            colour, has_left = OF_RESPONSE[best[arm, patient]], (arm, patient) in ended
            axes.plot(x, y, color=colour, lw=thin, alpha=0.9, zorder=2)
            mark, size = ("s", 5.0) if has_left else ("o", 4.0)
            axes.plot(
                x[-1:], y[-1:], mark, ms=size, color=colour, mec=WORDS if has_left else "white", mew=0.6, zorder=3
            )
            new = made.new_lesion.to_numpy(bool)
            if new.any():
                first = int(np.argmax(new))
                axes.plot(x[first], y[first], "x", ms=5, mew=1.3, color=WORDS, zorder=4)
        for level in (-100 * criteria.response, 100 * criteria.progression):
            axes.axhline(level, color=QUIET, lw=0.9, ls=(0, (4, 3)), zorder=1)
        axes.axhline(0, color=BAR, lw=0.8, zorder=1)
        axes.set_ylim(-105, 1.06 * top)
        ticks = [tick for tick in (-100, -50, 0, 50, 100, 150) if tick <= top]
        axes.set_yticks(ticks, [f"{tick:+d}".replace("-", "−") if tick else "0" for tick in ticks])
        counted(axes, patients[patients.arm == arm])
    for axes in first_of_rows(panels):
        axes.set_ylabel("change of the sum (%)", fontsize=9, color=QUIET, labelpad=2)
    marks = [
        Line2D([], [], color=WORDS, ls="", marker="x", ms=5, mew=1.3, label="new lesion"),
        Line2D([], [], color="white", ls="", marker="s", ms=5, mec=WORDS, mew=0.6, label="not followed further"),
    ]
    key_below(
        figure,
        [
            *(
                Line2D([], [], color=colour, lw=2.2, label=RESPONSE_WORDS[response])
                for response, colour in OF_RESPONSE.items()
                if (patients.best_response == response).any()
            ),
            *(mark for mark, is_there in zip(marks, (followed.new_lesion.any(), len(ended)), strict=True) if is_there),
        ],
    )
    return figure
