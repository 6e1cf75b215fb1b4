"""The outcome of a batch: its tables, seen by measure, arm, point of the sweep and replicate."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from ..batches.store import DONE, read_results, read_series
from ..folder.names import BATCH, EXPERIMENT, RUNS, SUMMARY
from ..statistics import Sample


@dataclass(frozen=True)
class MeasureColumn:
    """A measure in the results: `label` is its column, `kind` "count", "share" or "level"; `unit` is "" for none."""

    label: str
    unit: str
    kind: str
    description: str


@dataclass(frozen=True)
class ParameterColumn:
    """A swept parameter: `path` is its column, the dotted key in the config."""

    path: str
    unit: str
    description: str
    is_number: bool

    @property
    def name(self) -> str:
        """The path without what all rules have in common."""
        return self.path.removeprefix("rules.")


class Outcome:
    """The tables of a batch folder; only runs that were done count.

    name, arms, control : as in the batch's manifest, the control first among the arms
    measures, parameters : the columns
    lines : label -> the line of the experiment that asked for the measure, where that is known
    points : numbers of the sweep's points; settings : point -> {path: value}; sweep : its method, "" without one;
    runs, failed, planned : how many runs there are, how many of them gave nothing, and how many there shall be
    """

    def __init__(
        self,
        results: pa.Table,
        series: pa.Table | None = None,
        manifest: Mapping | None = None,
        sweep: Mapping | None = None,
        control: str | None = None,
        folder: Path | None = None,
        lines: Sequence[Mapping] = (),
    ):
        """Raises ValueError when the control is none of the arms."""
        manifest, sweep = manifest or {}, sweep or {}
        self.folder, self.series = folder, series
        self.runs = results.num_rows
        self.measures = [_measure(field) for field in results.schema if _says(field, "role") == "measure"]
        self.parameters = [_parameter(field) for field in results.schema if _says(field, "role") == "parameter"]
        known = len(lines) == len(self.measures)  # lines and columns have the same order
        self.lines = {one.label: line for one, line in zip(self.measures, lines, strict=True)} if known else {}
        done = np.array([status == DONE for status in results["status"].to_pylist()], bool)
        self.failed = int((~done).sum())
        arms = list(dict.fromkeys([*manifest.get("decides", {}).get("arms", ()), *results["arm"].to_pylist()]))
        self.control = control or manifest.get("control") or (arms[0] if arms else "")
        if self.control not in arms:
            raise ValueError(f"there is no arm '{self.control}'; there are: {', '.join(arms)}")
        self.arms = sorted(arms, key=lambda arm: arm != self.control)
        self.name = str(manifest.get("name") or (folder.resolve().name if folder else "experiment"))
        self.sweep = str(sweep.get("method", "grid")) if self.parameters else ""
        self.levels = int(sweep.get("levels") or 4)
        keys = list(zip(*(results[name].to_pylist() for name in ("arm", "point", "replicate")), strict=True))
        self._runs = dict(zip(keys, zip(results["run"].to_pylist(), done.tolist(), strict=True), strict=True))
        everywhere = results["point"].to_numpy().astype(int)
        self.points = np.unique(everywhere).tolist()
        columns = {one.path: results[one.path].to_pylist() for one in self.parameters}
        first = {point: int(np.argmax(everywhere == point)) for point in self.points}
        self.settings = {
            point: {path: column[first[point]] for path, column in columns.items()} for point in self.points
        }
        self.replicates = int(manifest.get("replicates") or max((replicate for _, _, replicate in keys), default=0))
        self.planned = len(self.arms) * len(manifest.get("decides", {}).get("points", self.points)) * self.replicates
        self._done = results.filter(pa.array(done))
        self._arm = np.array(self._done["arm"].to_pylist(), object)
        self._point = self._done["point"].to_numpy().astype(int)
        self._replicate = self._done["replicate"].to_numpy().astype(int)

    @classmethod
    def read(cls, folder: Path | str, control: str | None = None) -> "Outcome":
        """The outcome in a batch folder, so far as there is one. Raises FileNotFoundError when it holds no batch,
        ValueError for an unknown arm."""
        folder = Path(folder)
        manifest, experiment = folder / BATCH, folder / EXPERIMENT
        noted = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
        written = yaml.safe_load(experiment.read_text(encoding="utf-8")) if experiment.exists() else {}
        return cls(
            read_results(folder),
            read_series(folder),
            noted,
            written.get("sweep"),
            control,
            folder,
            written.get("measures") or (),
        )

    @cached_property
    def _columns(self) -> dict[str, np.ndarray]:
        """Columns of the measures as float64 [runs done], nan where there is nothing."""
        named = [name for one in self.measures for name in (one.label, f"{one.label} count", f"{one.label} of")]
        return {
            name: np.array([np.nan if value is None else value for value in self._done[name].to_pylist()], float)
            for name in named
            if name in self._done.column_names
        }

    def samples(
        self, measure: MeasureColumn, arms: Sequence[str], points: Sequence[int]
    ) -> dict[tuple[str, int], Sample]:
        """One sample per arm and point, with the same replicates in the same places; nan where a run gave nothing."""
        replicates = np.unique(self._replicate)
        columns = [measure.label]
        if measure.kind == "share":
            columns = [f"{measure.label} count", f"{measure.label} of"]
        samples = {}
        for arm in arms:
            of_arm = self._arm == arm
            for point in points:
                rows = np.flatnonzero(of_arm & (self._point == point))
                values = np.full((len(columns), replicates.size), np.nan)
                values[:, np.searchsorted(replicates, self._replicate[rows])] = [
                    self._columns[name][rows] for name in columns
                ]
                samples[arm, point] = Sample(values[0], measure.kind, values[1] if measure.kind == "share" else None)
        return samples

    def status_of(self, arm: str, point: int, replicate: int) -> tuple[str, bool] | None:
        """The run's name, and whether it was done; None when there is no such run."""
        return self._runs.get((arm, point, replicate))

    def folders(self, name: str) -> dict[tuple[str, int], list[Path]]:
        """For each arm and point the folders of the runs that were done and kept the file `name`, by replicate."""
        folders: dict[tuple[str, int], list[Path]] = {}
        if self.folder is not None:
            rows = sorted(
                zip(
                    self._arm,
                    self._point.tolist(),
                    self._replicate.tolist(),
                    self._done["run"].to_pylist(),
                    strict=True,
                )
            )
            for arm, point, _, run in rows:
                if (self.folder / RUNS / run / name).exists():
                    folders.setdefault((arm, point), []).append(self.folder / RUNS / run)
        return folders


def _says(field: pa.Field, key: str) -> str:
    return (field.metadata or {}).get(key.encode(), b"").decode()


def _measure(field: pa.Field) -> MeasureColumn:
    return MeasureColumn(field.name, _unit(field), _says(field, "kind"), _says(field, "description"))


def _parameter(field: pa.Field) -> ParameterColumn:
    number = pa.types.is_floating(field.type) or pa.types.is_integer(field.type)
    return ParameterColumn(field.name, _unit(field), _says(field, "description"), number)


def _unit(field: pa.Field) -> str:
    unit = _says(field, "unit")
    return "" if unit == "1" else unit


def cascade_of(run: Path) -> dict | None:
    """The cascade in a run's summary.json: stage -> {"count", "of", "ends"}; None when there is none."""
    path = run / SUMMARY
    return json.loads(path.read_text(encoding="utf-8")).get("cascade") if path.exists() else None
