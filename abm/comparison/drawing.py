"""What the figures of a comparison show, gathered from the tables and the kept runs, and handed to `figures`."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..extras import how_to_install
from ..folder.names import SUMMARY, table_file
from ..record.tables import read_table
from ..statistics import Estimate, mean_band, mean_estimate, share_estimate
from ..view.palette import SHOWN
from ..view.style import save_figure
from .figures import (
    ArmCascade,
    CoursePanel,
    Curve,
    DosePanel,
    DoseResponse,
    Influence,
    InfluencePanel,
    Interval,
    Ratio,
    cascades_figure,
    courses_figure,
    doses_figure,
    influences_figure,
    ratios_figure,
    short,
    times,
)
from .outcome import MeasureColumn, Outcome, ParameterColumn, cascade_of
from .rows import Row, along
from .sensitivity import Sensitivity, sensitivity

MOST_POINTS = 6
"""Points of a sweep up to which each gets its own time courses and cascade."""
MOST_PANELS = 15
"""Diagrams in one figure."""
FEWEST_FOR_A_BAND = 4
"""Replicates below which the single runs are drawn instead of the band of their mean, which would swallow the figure."""
_BINS = 8
_FEWEST_IN_A_BIN = 4
_COURSES = (
    ("tumor", "tumor cells", "", 1.0),
    ("nodules", "nodules", "", 1.0),
    ("tumor_area_um2", "area of tumor", "mm²", 1e-6),
    ("events_passed", "tumor cells that left by the vein", "", 1.0),
    ("events_phagocytosed", "tumor cells engulfed", "", 1.0),
    ("events_killed", "tumor cells killed by lymphocytes", "", 1.0),
    *((column, words, "", 1.0) for shown in SHOWN for column, words in shown.courses[:1]),
    ("oxygen_mean", "oxygen, mean", "mmHg", 1.0),
)
"""What is drawn of the runs' timeseries: column, words, unit, and the factor to that unit."""
_POPULATIONS = {column for shown in SHOWN for column, _ in shown.courses[:1]} - {"tumor"}
_ALL_TUMOR_CELLS = ("tumor_cells",)
"""The series that the runs' timeseries have too, mostly finer: see `_asked`."""
_WHEN = ("measure", "name", "at", "every", "from", "until", "take")
"""Keys of a measure's line that do not say what is measured."""


@dataclass
class DrawnFigures:
    """The figures that were written (file -> what it shows), sensitivities by measure and arm, and what could not be
    drawn."""

    figures: dict[Path, str] = field(default_factory=dict)
    sensitivities: dict[tuple[str, str], Sensitivity] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def draw_all(outcome: Outcome, rows: list[Row], output: Path) -> DrawnFigures:
    """Draw what there is to be drawn into `output`."""
    drawn = DrawnFigures()
    if outcome.parameters:
        _draw_doses(outcome, drawn, output)
        if outcome.sweep in ("sobol", "morris"):
            _draw_sensitivities(outcome, drawn, output)
    else:
        _draw_ratios(outcome, rows, drawn, output)
    if len(outcome.points) <= MOST_POINTS:
        for point in outcome.points:
            _draw_courses(outcome, point, drawn, output)
            _draw_cascades(outcome, point, drawn, output)
    else:
        drawn.notes.append(
            f"Time courses and cascades are drawn for at most {MOST_POINTS} points; "
            f"this sweep has {len(outcome.points)}."
        )
    return drawn


def slug(text: str) -> str:
    """`text` as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()


def _interval(estimate: Estimate) -> Interval:
    return Interval(estimate.value, estimate.low, estimate.high)


def _at(outcome: Outcome, point: int) -> str:
    """The settings of a point in words; "" without a sweep."""
    return ", ".join(f"{one.name} = {setting(one, outcome.settings[point][one.path])}" for one in outcome.parameters)


def setting(parameter: ParameterColumn, value) -> str:
    """A parameter's value with its unit."""
    return f"{short(value)} {parameter.unit}".strip() if parameter.is_number else str(value)


# --- ratios -----------------------------------------------------------------------------------------------------------


def _draw_ratios(outcome: Outcome, rows: list[Row], drawn: DrawnFigures, output: Path) -> None:
    lines = [
        Ratio(row.measure.label, row.arm, _interval(row.ratio), ratio_words(row.ratio, outcome.replicates))
        for row in rows
        if row.ratio is not None
    ]
    if lines:
        figure = ratios_figure(lines, outcome.arms, f"{outcome.name}: ratios to {outcome.control}")
        drawn.figures[save_figure(figure, output / "ratios.png")] = f"ratios to {outcome.control}"


def ratio_words(ratio: Estimate, pairs: int = 0) -> str:
    """0.14 (0.08 to 0.23); and on how many pairs of runs it rests, when not on as many as there should be `pairs`."""
    if ratio.n == 0:
        return "no value"
    if math.isnan(ratio.value):
        return "nothing in either arm"
    known = f"{times(ratio.low)} to {times(ratio.high)}" if ratio.bounded else "no interval"
    few = f", {ratio.n} of {pairs} pairs" if ratio.n < pairs else ""
    return f"{times(ratio.value)}  ({known}{few})"


# --- time courses -----------------------------------------------------------------------------------------------------


def _draw_courses(outcome: Outcome, point: int, drawn: DrawnFigures, output: Path) -> None:
    of_runs = _run_panels(outcome, point)
    panels = [*_series_panels(outcome, point, of_runs), *of_runs]
    name = "timecourses" + (f"_point_{point:04d}" if outcome.parameters else "")
    sheets = math.ceil(len(panels) / MOST_PANELS)
    for k in range(sheets):
        figure = courses_figure(
            panels[k * MOST_PANELS : (k + 1) * MOST_PANELS],
            outcome.arms,
            outcome.name + (f": {_at(outcome, point)}" if outcome.parameters else ""),
        )
        path = output / (f"{name}.png" if sheets == 1 else f"{name}_{k + 1}.png")
        drawn.figures[save_figure(figure, path)] = " ".join(("time courses", _at(outcome, point))).strip()


def _series_panels(outcome: Outcome, point: int, of_runs: Sequence[CoursePanel]) -> list[CoursePanel]:
    """The series that the experiment asked for, each once: of those that differ only in the moments or in what was
    made of them that with the most looks, and none that the diagrams `of_runs` show for all its arms."""
    if outcome.series is None:
        return []
    units = json.loads((outcome.series.schema.field("value").metadata or {}).get(b"units", b"{}"))
    looks = outcome.series.to_pandas()
    looks = looks[looks["point"] == point]
    panels: dict[object, CoursePanel] = {}
    for measure in outcome.measures:
        courses, asked = [], _asked(outcome, measure)
        for arm in outcome.arms:
            own = looks[(looks["measure"] == measure.label) & (looks["arm"] == arm)]
            if len(own):
                curves = [(one["time_h"].to_numpy(), one["value"].to_numpy()) for _, one in own.groupby("replicate")]
                courses.append(_course(arm, curves, measure.kind))
        if not courses or (
            asked == _ALL_TUMOR_CELLS
            and any(panel.title == "tumor cells" and len(panel.courses) >= len(courses) for panel in of_runs)
        ):
            continue
        before = panels.get(asked)
        if before is None or _looks(before.courses) < _looks(courses):
            panels[asked] = CoursePanel(
                _series_title(outcome, measure), units.get(measure.label, measure.unit), courses
            )
    return list(panels.values())


def _looks(courses: Sequence[Curve]) -> int:
    return max(course.hours.size for course in courses)


def _asked(outcome: Outcome, measure: MeasureColumn) -> tuple:
    """What is measured, without when and under which name: the same for series that show the same."""
    line = outcome.lines.get(measure.label)
    if line is None:
        return ("", measure.label)
    return (line["measure"], *sorted((key, str(value)) for key, value in line.items() if key not in _WHEN))


def _series_title(outcome: Outcome, measure: MeasureColumn) -> str:
    """The measure that runs through time; the name of its column may be that of the one number made of it."""
    line = outcome.lines.get(measure.label)
    if line is None:
        return measure.label
    parameters = ", ".join(f"{key}={value}" for key, value in line.items() if key not in ("measure", "name", "take"))
    return f"{line['measure']}({parameters})" if parameters else line["measure"]


def _run_panels(outcome: Outcome, point: int) -> list[CoursePanel]:
    """The time courses of the runs that kept their tables."""
    folders = outcome.folders(table_file("timeseries"))
    tables = {
        arm: [read_table(folder, "timeseries") for folder in folders.get((arm, point), ())] for arm in outcome.arms
    }
    panels = []
    for column, words, unit, factor in _COURSES:
        courses = []
        for arm, of_arm in tables.items():
            there = [table for table in of_arm if column in table.column_names]
            if there:
                courses.append(
                    _course(
                        arm,
                        [(table["time_min"].to_numpy() / 60, factor * table[column].to_numpy()) for table in there],
                        "count",
                    )
                )
        # a population that none of the arms has tells nothing; its other columns, of events, are told even at zero
        if courses and (column not in _POPULATIONS or any(curve.mean.any() for curve in courses)):
            panels.append(CoursePanel(words, unit, courses))
    return panels


def _course(arm: str, replicates: Sequence[tuple[np.ndarray, np.ndarray]], kind: str) -> Curve:
    """The mean through time of curves (hours, values), each nan at hours that it does not have."""
    hours = np.unique(np.concatenate([when for when, _ in replicates]))
    values = np.full((len(replicates), hours.size), np.nan)
    for row, (when, curve) in zip(values, replicates, strict=True):
        row[np.searchsorted(hours, when)] = curve
    mean, low, high = mean_band(values)
    return Curve(
        arm,
        hours,
        mean,
        low if kind == "level" else np.maximum(low, 0.0),
        np.minimum(high, 1.0) if kind == "share" else high,
        values if len(values) < FEWEST_FOR_A_BAND else None,
    )


# --- cascades ---------------------------------------------------------------------------------------------------------


def _draw_cascades(outcome: Outcome, point: int, drawn: DrawnFigures, output: Path) -> None:
    folders = outcome.folders(SUMMARY)
    cascades = [
        _pooled(arm, [cascade for folder in folders[arm, point] if (cascade := cascade_of(folder)) is not None])
        for arm in outcome.arms
        if (arm, point) in folders
    ]
    if cascades:
        name = "cascades" + (f"_point_{point:04d}" if outcome.parameters else "")
        figure = cascades_figure(
            cascades,
            f"The metastatic cascade: {outcome.name}" + (f", {_at(outcome, point)}" if outcome.parameters else ""),
        )
        drawn.figures[save_figure(figure, output / f"{name}.png")] = " ".join(
            ("the cascade of each arm", _at(outcome, point))
        ).strip()
    elif point == outcome.points[0]:
        drawn.notes.append(
            "The cascades side by side need the runs' summaries: run the batch with --keep tables or --keep all."
        )


def _pooled(arm: str, cascades: Sequence[dict]) -> ArmCascade:
    """The cascades of all replicates together."""
    stages = list(cascades[0])
    reached = np.array([[cascade[stage]["count"] for stage in stages] for cascade in cascades], float)
    ends: list[dict[str, int]] = [{} for _ in stages]
    for cascade in cascades:
        for total, stage in zip(ends, stages, strict=True):
            for way, count in cascade[stage]["ends"].items():
                total[way] = total.get(way, 0) + count
    shares = [_interval(share_estimate(reached[:, k], reached[:, 0])) for k in range(len(stages))]
    return ArmCascade(arm, stages, reached.sum(axis=0).astype(int).tolist(), shares, ends)


# --- dose and response ------------------------------------------------------------------------------------------------


def _draw_doses(outcome: Outcome, drawn: DrawnFigures, output: Path) -> None:
    gather = _grid_doses if outcome.sweep == "grid" else _scattered_doses
    panels = {
        measure: [panel for one in outcome.parameters if (panel := gather(outcome, measure, one)) is not None]
        for measure in outcome.measures
    }
    _write_doses(outcome, panels, "dose_response", outcome.arms, "", drawn, output)
    if outcome.sweep == "grid" and len(outcome.arms) > 1:
        ratios = {
            measure: [panel for one in outcome.parameters if (panel := _ratio_doses(outcome, measure, one)) is not None]
            for measure in outcome.measures
        }
        _write_doses(outcome, ratios, "dose_ratio", outcome.arms[1:], f": ratios to {outcome.control}", drawn, output)


def _write_doses(outcome, panels, name: str, arms, suffix: str, drawn: DrawnFigures, output: Path) -> None:
    together = [panel for of_measure in panels.values() for panel in of_measure]
    about = (
        ""
        if outcome.sweep == "grid"
        else "small: each point of the design; line: mean of points near by, with its 95 % band, where they differ"
    )
    if not together:
        return
    if len(together) <= MOST_PANELS:
        figures = {f"{name}.png": together}
    else:
        figures = {}
        for measure, of_measure in panels.items():
            file = f"{name}_{slug(measure.label)}"
            if f"{file}.png" in figures:  # of a measure whose name differs only in signs that no file's name has
                file += f"_{len(figures) + 1}"
            if of_measure:
                figures[f"{file}.png"] = of_measure
    for file, shown in figures.items():
        columns = len(outcome.parameters) if 2 <= len(outcome.parameters) <= 4 else 3
        figure = doses_figure(shown, arms, outcome.arms, outcome.name + suffix, about, columns)
        drawn.figures[save_figure(figure, output / file)] = f"dose and response{suffix}".replace(":", ",")


def _grid_doses(
    outcome: Outcome, measure: MeasureColumn, parameter: ParameterColumn, ratio: bool = False
) -> DosePanel | None:
    """One diagram of a grid: means along one parameter, over all values of the others."""
    doses, values = [], []
    control = [sample for _, sample in along(outcome, measure, outcome.control, parameter)]
    for arm in outcome.arms[1:] if ratio else outcome.arms:
        steps = along(outcome, measure, arm, parameter)
        values = [value for value, _ in steps]
        estimates = [
            sample.ratio_to(base) if ratio else sample.estimate()
            for (_, sample), base in zip(steps, control, strict=True)
        ]
        x = np.array(values if parameter.is_number else range(len(values)), float)
        doses.append(DoseResponse(arm, x, *np.array([(one.value, one.low, one.high) for one in estimates]).T))
    if len(values) < 2:
        return None
    return DosePanel(
        measure.label,
        f"times {outcome.control}" if ratio else measure.unit,
        parameter.name,
        parameter.unit,
        doses,
        () if parameter.is_number else list(map(str, values)),
        parameter.is_number and _even_on_log(values),
        ratio,
    )


def _ratio_doses(outcome: Outcome, measure: MeasureColumn, parameter: ParameterColumn) -> DosePanel | None:
    return _grid_doses(outcome, measure, parameter, True)


def _scattered_doses(outcome: Outcome, measure: MeasureColumn, parameter: ParameterColumn) -> DosePanel | None:
    """One diagram of a design that is no grid: its points, and means of those near each other along the parameter."""
    if not parameter.is_number:
        return None
    samples, doses = outcome.samples(measure, outcome.arms, outcome.points), []
    x = np.array([outcome.settings[point][parameter.path] for point in outcome.points], float)
    for arm in outcome.arms:
        y = np.array([samples[arm, point].estimate().value for point in outcome.points])
        known = np.isfinite(x) & np.isfinite(y)
        if known.any():
            doses.append(DoseResponse(arm, *_binned(x[known], y[known]), np.stack([x[known], y[known]], axis=1)))
    return (
        DosePanel(measure.label, measure.unit, parameter.name, parameter.unit, doses, (), _even_on_log(x))
        if doses
        else None
    )


def _binned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Means of y in groups of equal size along x (whole levels where x has few), with t intervals: nan for those of
    one run, or of runs that all say the same, for then nothing is known of how they vary."""
    levels = np.unique(x)
    if levels.size <= _BINS:
        groups = [np.flatnonzero(x == level) for level in levels]
    else:
        groups = np.array_split(np.argsort(x, kind="stable"), max(1, min(_BINS, x.size // _FEWEST_IN_A_BIN)))
    means = [mean_estimate(y[group]) for group in groups]
    middle = np.array([np.median(x[group]) for group in groups])
    ends = np.array([(one.value, one.low, one.high) for one in means])
    ends[ends[:, 1] >= ends[:, 2], 1:] = np.nan
    return middle, *np.where(np.isfinite(ends), ends, np.nan).T


def _even_on_log(values) -> bool:
    """Whether values lie more evenly on a logarithmic axis than on a linear one."""
    values = np.unique(np.asarray(values, float))
    if values.size < 3 or values[0] <= 0 or values[-1] / values[0] < 3:
        return False
    return abs(_middle(np.log(values))) < abs(_middle(values))


def _middle(values: np.ndarray) -> float:
    """How far the median is off the middle of the range, of the range."""
    return (np.median(values) - (values[0] + values[-1]) / 2) / (values[-1] - values[0])


# --- sensitivity ------------------------------------------------------------------------------------------------------


def _draw_sensitivities(outcome: Outcome, drawn: DrawnFigures, output: Path) -> None:
    panels = []
    try:
        for measure in outcome.measures:
            for arm in outcome.arms:
                result = _sensitivity(outcome, measure, arm)
                if result is None:
                    drawn.notes.append(
                        f"{measure.label} in {arm}: no sensitivity, for it did not vary or too many runs failed."
                    )
                    continue
                drawn.sensitivities[measure.label, arm] = result
                panels.append(
                    InfluencePanel(
                        measure.label,
                        measure.unit,
                        arm if len(outcome.arms) > 1 else "",
                        [
                            Influence(index.parameter, Interval(*index.first), Interval(*index.total))
                            for index in result.indices
                        ],
                    )
                )
    except ImportError:
        drawn.notes.append(f"Sensitivity indices need SALib: {how_to_install('sensitivity')}.")
    except ValueError as error:
        drawn.notes.append(f"No sensitivity indices: {error}.")
    sheets = math.ceil(len(panels) / MOST_PANELS)
    for k in range(sheets):
        figure = influences_figure(panels[k * MOST_PANELS : (k + 1) * MOST_PANELS], outcome.sweep, outcome.name)
        path = output / ("sensitivity.png" if sheets == 1 else f"sensitivity_{k + 1}.png")
        drawn.figures[save_figure(figure, path)] = "sensitivity indices"


def _sensitivity(outcome: Outcome, measure: MeasureColumn, arm: str) -> Sensitivity | None:
    samples = outcome.samples(measure, [arm], outcome.points)
    names = [one.name for one in outcome.parameters]
    points = np.array(
        [[outcome.settings[point][one.path] for one in outcome.parameters] for point in outcome.points], float
    )
    values = np.array([samples[arm, point].per_replicate for point in outcome.points])
    return sensitivity(outcome.sweep, names, points, values, outcome.levels)
