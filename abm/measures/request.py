"""A line of an experiment file that asks for a measure, read: what to measure, when, and what to call it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from ..config.errors import did_you_mean, keys_of, quantity_of, quoted
from ..units import in_time
from .known import load_measures
from .look import Look, Share
from .measure import TAKES, Kind, Line, Measure, Take
from .topics import MEASURES

TOLERANCE = 1e-9
"""Share of a step by which a moment may miss a step through rounding alone."""


@dataclass(frozen=True)
class MeasureRequest:
    """One line of `measures`, read: what to measure, when, and what to call it.

    parameters : the measure's, all of them, in the units that their types name
    label : the name of its column
    at : hours, None for the end of the run; every, first, until : hours of a series
    take : which number is made of a series
    written : the line as it was given
    """

    measure: Measure
    parameters: Mapping[str, Any]
    label: str
    at: float | None
    every: float | None
    first: float
    until: float | None
    take: Take
    written: Mapping[str, Any]

    @property
    def is_series(self) -> bool:
        return self.every is not None

    @property
    def kind(self) -> Kind:
        """How its values over runs are combined: what is made of a series may no longer be a count."""
        return self.measure.kind if not self.is_series or self.take in ("last", "peak", "lowest") else "level"

    @property
    def unit(self) -> str:
        if self.is_series and self.take == "peak_time":
            return "h"
        return "" if self.is_series and self.take == "last_of_peak" else self.measure.unit_of(self.parameters)

    @property
    def description(self) -> str:
        taken = f"; {TAKES[self.take]}" if self.is_series else ""
        return self.measure.summary.rstrip(".") + taken

    def moments(self, duration_h: float, begin_h: float = 0.0) -> list[float]:
        """The hours at which to look in a run of that duration.

        Raises ValueError when that is before its beginning or after its end, so that there would be no look.
        """
        if self.every is None:
            moment = duration_h if self.at is None else self.at
            if not begin_h - TOLERANCE <= moment <= duration_h + TOLERANCE:
                raise ValueError(
                    f"{self.label} looks at {in_time(moment)}, but the run is from {in_time(begin_h)} to "
                    f"{in_time(duration_h)}"
                )
            return [moment]
        end = duration_h if self.until is None else min(self.until, duration_h)
        first = math.ceil((begin_h - self.first) / self.every - TOLERANCE) if self.first < begin_h else 0
        last = math.floor((end - self.first) / self.every + TOLERANCE)
        if last < first:
            raise ValueError(f"{self.label} never looks in a run from {in_time(begin_h)} to {in_time(duration_h)}")
        return [self.first + k * self.every for k in range(first, last + 1)]

    def __call__(self, look: Look) -> tuple[float, float, float]:
        """Value, count and of; of a count the count is the value, and what does not apply is nan."""
        answer: Any = self.measure.function(look, **self.parameters)
        if self.measure.kind == "share":
            count, of = map(float, answer)
            return Share(count, of).fraction, count, of
        value = float(answer)
        return value, value if self.measure.kind == "count" else math.nan, math.nan

    def taken(
        self, hours: np.ndarray, values: np.ndarray, counts: np.ndarray, ofs: np.ndarray
    ) -> tuple[float, float, float]:
        """Value, count and of that stand in the table, from all looks in their order; nan without a look."""
        known = np.flatnonzero(np.isfinite(values))
        if not self.is_series or self.take == "last":
            return (values[-1], counts[-1], ofs[-1]) if values.size else (math.nan, math.nan, math.nan)
        if not known.size:
            return math.nan, math.nan, math.nan
        highest = known[np.argmax(values[known])]
        if self.take == "peak":
            return values[highest], counts[highest], ofs[highest]
        if self.take == "lowest":
            lowest = known[np.argmin(values[known])]
            return values[lowest], counts[lowest], ofs[lowest]
        if self.take == "mean":
            return values[known].mean(), math.nan, math.nan
        if self.take == "peak_time":  # what never changes has no peak
            flat = values[known].min() == values[highest]
            return math.nan if flat else hours[highest], math.nan, math.nan
        return values[-1] / values[highest] if values[highest] > 0 else math.nan, math.nan, math.nan

    def __reduce__(self):
        return _read_again, (dict(self.written), self.measure.plugin)

    def __str__(self) -> str:
        return self.label


def read_request(line: Mapping[str, Any] | str, measures: Mapping[str, Measure] | None = None) -> MeasureRequest:
    """The request of one line of `measures`: a mapping, or just a measure's name. `measures` are those that are known
    (the shipped ones; `load_measures` gives them with a user's own).

    Raises pydantic's ValidationError; the locations of its errors are keys of the line.
    """
    measures = MEASURES if measures is None else measures
    written = {"measure": line} if isinstance(line, str) else line
    if not isinstance(written, Mapping) or not isinstance(written.get("measure"), str):
        known = Line.model_validate(written)  # raises: the name is missing or not a text
        raise TypeError(f"not a line of measures: {known}")
    name = written["measure"]
    if name not in measures:
        message = f"there is no measure named {quoted(name)}; {did_you_mean(name, measures, 'see `crlm measures`')}"
        raise ValidationError.from_exception_data(
            "measure",
            [
                InitErrorDetails(
                    type=PydanticCustomError("measure", "{message}", {"message": message}), loc=("measure",), input=name
                )
            ],
        )
    measure = measures[name]
    read = measure.line.model_validate(dict(written))
    return MeasureRequest(
        measure=measure,
        parameters=measure.values_of(read),
        label=read.name or _label(measure, read),
        at=read.at,
        every=read.every,
        first=read.from_,
        until=read.until,
        take=read.take,
        written=dict(written),
    )


def _read_again(written: dict[str, Any], plugin: Path | None) -> MeasureRequest:
    return read_request(written, load_measures([plugin]) if plugin else None)


def _label(measure: Measure, line: Line) -> str:
    """The measure's name and what was written, in one spelling: 'nodules(min_cells=10, at=14 d)'."""
    annotations = keys_of(type(line))
    words = []
    for name in (*measure.parameter_names, "at", "every", "from_", "until", "take"):
        if name in line.model_fields_set and getattr(line, name) is not None:
            key = type(line).model_fields[name].alias or name
            words.append(f"{key}={_said(getattr(line, name), quantity_of(annotations[key]))}")
    return measure.name + (f"({', '.join(words)})" if words else "")


def _said(value: Any, quantity) -> str:
    if isinstance(value, tuple | list):
        return "+".join(_said(item, None) for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    if quantity is not None and quantity.unit == "h":
        return in_time(value)
    if isinstance(value, float):
        return f"{value:.10g}" + (f" {quantity.unit}" if quantity is not None and quantity.unit else "")
    return str(value)
