"""The arms of a batch compared, as numbers.

For each measure, arm and point of the sweep: the mean with its interval, the ratio to the control arm at the same
point, paired by replicate (see `statistics`), the effect size, and how many replicates would be needed where the
ratio is still known badly.
"""

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from ..statistics import Estimate, Sample, effect_size, replicates_needed
from .outcome import MeasureColumn, Outcome, ParameterColumn

WIDE = 0.2
"""Relative half width of a ratio above which its interval counts as wide."""


@dataclass(frozen=True)
class Row:
    """One measure in one arm at one point. Without a control to compare with (its own row), `ratio` is None.

    of : of a share, what it was counted among; needed : replicates for a ratio known to WIDE, None where it is, or
    where nothing can be said about it
    """

    measure: MeasureColumn
    arm: str
    point: int
    estimate: Estimate
    of: float | None
    ratio: Estimate | None
    effect: float
    needed: int | None

    @property
    def wide(self) -> bool:
        """Whether the ratio to control is known badly."""
        return self.ratio is not None and not self.ratio.relative_half_width <= WIDE

    @property
    def differs(self) -> bool:
        """Whether the interval of the ratio leaves 1 out."""
        return self.ratio is not None and (self.ratio.low > 1 or self.ratio.high < 1)


def compared(outcome: Outcome) -> list[Row]:
    """All rows, by measure, point and arm."""
    rows = []
    for measure in outcome.measures:
        samples = outcome.samples(measure, outcome.arms, outcome.points)
        for point in outcome.points:
            for arm in outcome.arms:
                control = samples[outcome.control, point] if arm != outcome.control else None
                rows.append(_row(measure, arm, point, samples[arm, point], control))
    return rows


def _row(measure: MeasureColumn, arm: str, point: int, sample: Sample, control: Sample | None) -> Row:
    of = None if sample.of is None else float(np.nansum(sample.of))
    if control is None:
        return Row(measure, arm, point, sample.estimate(), of, None, math.nan, None)
    ratio = sample.ratio_to(control)
    row = Row(measure, arm, point, sample.estimate(), of, ratio, effect_size(sample, control), None)
    if not row.wide:
        return row
    needed = replicates_needed(sample, control, WIDE)
    return replace(row, needed=None if needed is None else max(needed, ratio.n + 1))


def table_of(outcome: Outcome, rows: list[Row]) -> pa.Table:
    """comparison.parquet: a row per measure, arm and point; units and meanings in the metadata of the fields."""

    def column(name, kind, values, description, unit="1"):
        return pa.field(name, kind, metadata={"unit": unit, "description": description}), pa.array(values, kind)

    def of_ratio(name):
        return [None if row.ratio is None else float(getattr(row.ratio, name)) for row in rows]

    columns = [
        column("measure", pa.string(), [row.measure.label for row in rows], "label of the measure"),
        column("unit", pa.string(), [row.measure.unit for row in rows], "unit of mean, mean_low and mean_high"),
        column("kind", pa.string(), [row.measure.kind for row in rows], "count, share or level"),
        column("arm", pa.string(), [row.arm for row in rows], "arm of the experiment"),
        column("control", pa.string(), [outcome.control] * len(rows), "the arm it is compared with"),
        column("point", pa.int64(), [row.point for row in rows], "point of the sweep"),
    ]
    for one in outcome.parameters:
        values = [outcome.settings[row.point][one.path] for row in rows]
        columns.append(
            column(
                one.path,
                pa.float64() if one.is_number else pa.string(),
                values if one.is_number else list(map(str, values)),
                one.description,
                one.unit or "1",
            )
        )
    columns += [
        column("replicates", pa.int64(), [row.estimate.n for row in rows], "replicates that gave a value"),
        column(
            "mean",
            pa.float64(),
            [row.estimate.value for row in rows],
            "mean over replicates; of a share, that of all together",
            "see unit",
        ),
        column(
            "mean_low", pa.float64(), [row.estimate.low for row in rows], "lower end of its 95 % interval", "see unit"
        ),
        column(
            "mean_high", pa.float64(), [row.estimate.high for row in rows], "upper end of its 95 % interval", "see unit"
        ),
        column("events", pa.float64(), [row.estimate.events for row in rows], "counted events in all replicates"),
        column("of", pa.float64(), [row.of for row in rows], "of a share: among how many"),
        column("ratio", pa.float64(), of_ratio("value"), "mean over the control's mean, same point"),
        column("ratio_low", pa.float64(), of_ratio("low"), "lower end of its 95 % interval (paired bootstrap)"),
        column("ratio_high", pa.float64(), of_ratio("high"), "upper end of its 95 % interval (paired bootstrap)"),
        column(
            "pairs",
            pa.int64(),
            [None if row.ratio is None else row.ratio.n for row in rows],
            "replicates with a value in both arms",
        ),
        column(
            "effect_size",
            pa.float64(),
            [None if row.ratio is None else row.effect for row in rows],
            "paired Cohen's d: mean difference over the standard deviation of the differences",
        ),
        column(
            "replicates_needed",
            pa.int64(),
            [row.needed for row in rows],
            f"replicates for a ratio known to within {100 * WIDE:.0f} %, where it is not",
        ),
    ]
    return pa.Table.from_arrays([values for _, values in columns], schema=pa.schema([field for field, _ in columns]))


def along(
    outcome: Outcome, measure: MeasureColumn, arm: str, parameter: ParameterColumn
) -> list[tuple[object, Sample]]:
    """How the measure runs along one parameter of a grid: for each of its values, in order, a sample in which each
    replicate is the mean over the values of all other parameters (of a share: all together)."""
    samples = outcome.samples(measure, [arm], outcome.points)
    values = [outcome.settings[point][parameter.path] for point in outcome.points]
    distinct = sorted(set(values)) if parameter.is_number else list(dict.fromkeys(values))
    steps = []
    for value in distinct:
        parts = [samples[arm, point] for point, setting in zip(outcome.points, values, strict=True) if setting == value]
        if measure.kind == "share":
            of = _summed(part.of for part in parts if part.of is not None)
            steps.append((value, Sample(_summed(part.values for part in parts), "share", of)))
        else:
            steps.append((value, Sample(_summed(part.values for part in parts) / len(parts), measure.kind)))
    return steps


def _summed(arrays: Iterable[np.ndarray]) -> np.ndarray:
    return functools.reduce(np.add, arrays)
