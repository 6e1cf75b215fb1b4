"""Conditions: an intervention that happens only if the lesions of the run stand so at a scan, relative to time 0.

What a scan shows is told by the rules of trials (`abm.lesions.response`), of the sizes that `lesions.parquet` has. What was seen at time 0,
and what was found of each condition, is kept in the `looks` of the liver.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from ..lesions.response import CR, PD, PR, SD, Criteria, best_response, scans_of, sum_of_diameters
from ..lesions.survey import Known, survey
from ..units import Hours, Parameters, Positive, in_time

Standing = Literal["complete", "partial", "stable", "progressive"]
_CATEGORIES: dict[str, str] = {"complete": CR, "partial": PR, "stable": SD, "progressive": PD}
VERDICT = np.dtype([("hours", "f8"), ("change", "f8"), ("holds", "u1")])
"""What was found of a condition: when (nan: nothing yet), the change of the sum of diameters since time 0, and whether it holds."""


class Condition(Parameters):
    """How the lesions must stand at a scan."""

    response: Standing | Annotated[tuple[Standing, ...], Field(min_length=1)] = Field(
        description="how they must stand, relative to time 0: one of these, or a list"
    )
    at: Annotated[Hours, Positive] = Field(description="when the scan is made")

    @property
    def responses(self) -> tuple[Standing, ...]:
        """All of those that it asks for."""
        return self.response if isinstance(self.response, tuple) else (self.response,)

    def in_words(self) -> str:
        """What it asks for, in a sentence's end."""
        criteria = Criteria()
        meaning = {
            "complete": "no lesion is seen",
            "partial": f"the sum of diameters is smaller by {criteria.response:.0%} or more",
            "stable": "neither is the case",
            "progressive": f"it is larger by {criteria.progression:.0%} or more, or a new lesion is seen",
        }
        told = "; or ".join(f"{standing} ({meaning[standing]})" for standing in self.responses)
        return f"if a scan at {in_time(self.at)} shows, relative to time 0: {told}"

    def verdict(self, liver) -> tuple[float, float, bool]:
        """What a scan shows now: a row of VERDICT. Without a lesion at time 0 nothing can be told, and it does not hold."""
        looks = liver.looks
        known = Known(looks["outline"], looks["known"], int(looks["given"]))
        seen = {0.0: looks["lesions"], liver.minutes: _survey(liver, known)[0]}
        rows = pd.concat(pd.DataFrame(lesions).assign(time_min=minutes) for minutes, lesions in seen.items())
        course = sum_of_diameters(scans_of(rows, "", 0, Criteria()), Criteria())
        if course.empty:
            return liver.hours, np.nan, False
        found = best_response(course.hours, course.sum_um, course.new_lesion, Criteria(), course.others_seen)
        holds = found.categories[-1] in [_CATEGORIES[standing] for standing in self.responses]
        return liver.hours, float(course.change.iloc[-1]), holds


def conditions(interventions: Iterable[Any]) -> list[tuple[int, Condition]]:
    """The number of each intervention that hangs on a condition, and that."""
    return [(number, entry.condition) for number, entry in enumerate(interventions) if entry.condition is not None]


def ask(liver) -> None:
    """Called before each step: look at the lesions where a condition asks for it, and call off what does not hold."""
    asked = conditions(liver.interventions.values())
    if asked and liver.is_due(0.0):
        lesions, (outline, known, given) = _survey(liver, Known.nothing(liver.shape))
        verdicts = np.array([(np.nan, np.nan, 0)] * len(liver.interventions), VERDICT)
        liver.looks = {
            "lesions": lesions,
            "outline": outline,
            "known": known,
            "given": np.array(given),
            "verdicts": verdicts,
        }
    for number, condition in asked:
        if liver.is_due(condition.at):
            liver.looks["verdicts"][number] = condition.verdict(liver)
            liver.follow_verdicts()


def unfit(
    interventions: Sequence[Any], duration: float, has_lesion: bool
) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """What is wrong with conditions, and the path of the key in the config that is to blame. `has_lesion` : whether there can be one at
    time 0."""
    for number, condition in conditions(interventions):
        path, entry = ("interventions", number, "when"), interventions[number]
        if not has_lesion:
            yield "there is no lesion at time 0 to which one could compare; implant one before it (start: -14 d)", path
        if condition.at >= duration:
            yield f"the run ends at {in_time(duration)}, before this scan; scan earlier, or run longer", (*path, "at")
        if entry.begins is not None and entry.begins < condition.at:
            message = f"it would begin before the scan that decides on it; start at {in_time(condition.at)} or later, or leave this out"
            yield message, (*path[:2], "start")


def _survey(liver, known: Known) -> tuple[np.ndarray, Known]:
    record = liver.config.record
    return survey(liver, known, record.micrometastasis_cells, record.lesion_gap)
