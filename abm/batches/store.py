"""What a batch leaves: one row per run, kept so that nothing is lost, doubled or half-written.

    BATCH/batch.json         what is run, with what; marked complete last
    BATCH/experiment.yaml    the experiment with everything filled in; running it again gives the same rows
    BATCH/results.parquet    a row per run
    BATCH/series.parquet     a row per run, measure and moment, when a series was asked for
    BATCH/parts/             the rows of finished runs that are not in the tables yet, one file per run
    BATCH/runs/              the runs' own folders, as far as they are kept

Each worker writes the part of a run once, whole (temporary name, then rename). `merge` puts the parts into the tables
and then removes them; a run that is in both counts once, so it may be killed in between.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..folder import parquet
from ..folder.files import TEMPORARY, remove_files, remove_folder, write_text
from .experiment import Experiment, Run

RESULTS, SERIES, PARTS, RUNS = "results.parquet", "series.parquet", "parts", "runs"
DONE, FAILED = "done", "failed"
TRY_AGAIN = ("WorkerKilled", "MemoryError")
"""Errors of runs that failed through no fault of their own: a resumed batch computes them again."""

_PART = re.compile(rf"[^/]+-[0-9]{{4,}}-[0-9]{{4,}}\.json({re.escape(TEMPORARY)})?")
_FILES = re.compile(rf"({RESULTS}|{SERIES})({re.escape(TEMPORARY)})?|{PARTS}/({_PART.pattern})?")
"""The names of parts, and of everything that is kept here; others are not ours."""
_ARMS = b"arms"
"""Metadata of the tables: the arms in their order."""


# --- Columns ----------------------------------------------------------------------------------------------------------


def _field(name: str, type_: pa.DataType, unit: str, description: str, **more: str) -> pa.Field:
    return pa.field(name, type_, metadata={"unit": unit or "1", "description": description, **more})


_RUN = [
    _field("run", pa.string(), "", "name of the run, of its folder in runs/ too"),
    _field("arm", pa.string(), "", "arm of the experiment"),
    _field("point", pa.int64(), "", "number of the point of the sweep, from 0"),
    _field("replicate", pa.int64(), "", "number of the replicate, from 1; the same number means the same seed"),
]
_WHICH = [
    *_RUN,
    _field("seed", pa.int64(), "", "seed of all chance"),
    _field("status", pa.string(), "", "done or failed"),
    _field("error", pa.string(), "", "why it failed"),
    _field("seconds", pa.float64(), "s", "CPU time of the run"),
]
RESERVED = frozenset(field.name for field in _WHICH)
"""Columns that every results.parquet has."""


def columns_of(label: str, kind: str) -> tuple[str, ...]:
    """The columns that a measure of this label and kind has in results.parquet."""
    return (label, f"{label} count", f"{label} of") if kind == "share" else (label,)


def results_schema(experiment: Experiment) -> pa.Schema:
    """The columns of results.parquet, each with its unit and meaning."""
    fields = list(_WHICH)
    for swept in experiment.sweep.parameters if experiment.sweep else ():
        type_ = pa.string() if swept.text else pa.float64()
        fields.append(
            _field(swept.path, type_, swept.unit, swept.description or f"the key {swept.path}", role="parameter")
        )
    for request in experiment.measures:
        fields.append(
            _field(request.label, pa.float64(), request.unit, request.description, role="measure", kind=request.kind)
        )
        if request.kind == "share":
            _, count, of = columns_of(request.label, request.kind)
            fields.append(_field(count, pa.float64(), "", f"{request.description}: how many", role="count"))
            fields.append(_field(of, pa.float64(), "", f"{request.description}: of how many", role="of"))
    return pa.schema(fields, metadata={_ARMS: "\n".join(experiment.arms)})


def series_schema(experiment: Experiment) -> pa.Schema:
    """The columns of series.parquet."""
    units = {
        request.label: request.measure.unit_of(request.parameters)
        for request in experiment.measures
        if request.is_series
    }
    return pa.schema(
        [
            *_RUN,
            _field("measure", pa.string(), "", "label of the measure"),
            _field("time_h", pa.float64(), "h", "simulated time"),
            _field(
                "value", pa.float64(), "", "what the measure said then", units=json.dumps(units, ensure_ascii=False)
            ),
        ],
        metadata={_ARMS: "\n".join(experiment.arms)},
    )


def row_of(run: Run, experiment: Experiment) -> dict[str, Any]:
    """What is known of a run's row before it is computed."""
    swept = experiment.sweep.parameters if experiment.sweep else ()
    return {
        "run": run.id,
        "arm": run.arm,
        "point": run.point,
        "replicate": run.replicate,
        "seed": run.seed,
        **{parameter.path: parameter.held(run.parameters[parameter.path]) for parameter in swept},
    }


# --- Parts ------------------------------------------------------------------------------------------------------------


def write_part(folder: Path, row: Mapping[str, Any], series: Iterable[tuple[str, float, float]] = ()) -> None:
    """Keep the row of a finished run. Raises OSError."""
    text = json.dumps({"row": row, "series": list(series)}, ensure_ascii=False)
    write_text(folder / PARTS / f"{row['run']}.json", text)


def read_part(folder: Path, run: str) -> dict[str, Any] | None:
    """The row of a run that is in no table yet, None when there is none."""
    path = folder / PARTS / f"{run}.json"
    return json.loads(path.read_text(encoding="utf-8"))["row"] if path.exists() else None


def _parts(folder: Path) -> Iterator[dict]:
    for path in sorted((folder / PARTS).glob("*.json")):
        if _PART.fullmatch(path.name):
            yield json.loads(path.read_text(encoding="utf-8"))


def finished(folder: Path) -> set[str]:
    """The names of the runs that need not be computed (again)."""
    return set(_without_lost(read_results(folder))["run"].to_pylist())


def failed(folder: Path) -> set[str]:
    """The names of the finished runs that failed; they are computed again only when that is asked for."""
    table = _without_lost(read_results(folder))
    return set(table.filter(pc.equal(table["status"], FAILED))["run"].to_pylist())


def _without_lost(table: pa.Table) -> pa.Table:
    kinds = pc.list_element(pc.split_pattern(pc.fill_null(table["error"], ""), ":", max_splits=1), 0)
    return table.filter(pc.invert(pc.is_in(kinds, pa.array(TRY_AGAIN))))


def failures(folder: Path) -> int:
    """How many runs failed."""
    return pc.sum(pc.equal(read_results(folder)["status"], FAILED)).as_py() or 0


def good(folder: Path) -> int:
    """How many runs are done; none where there is no batch."""
    if not (folder / RESULTS).exists():
        return 0
    return pc.sum(pc.equal(read_results(folder)["status"], DONE)).as_py() or 0


# --- Tables -----------------------------------------------------------------------------------------------------------


def begin(folder: Path, experiment: Experiment) -> None:
    """Make the folder of the parts, and the tables without rows."""
    (folder / PARTS).mkdir(parents=True, exist_ok=True)
    if any(request.is_series for request in experiment.measures):
        _write(series_schema(experiment).empty_table(), folder / SERIES)
    _write(results_schema(experiment).empty_table(), folder / RESULTS)


def begin_columns_again(folder: Path, experiment: Experiment) -> None:
    """Give the tables of a batch, none of whose runs is done, the columns that the experiment has now; the rows of the
    failed runs stay. Raises OSError."""
    merge(folder)
    old, schema = read_results(folder), results_schema(experiment)
    columns = {
        name: old[name].to_pylist() if name in old.column_names else [None] * old.num_rows for name in schema.names
    }
    _write(pa.table(columns, schema=schema), folder / RESULTS)
    if (folder / SERIES).exists():
        _write(series_schema(experiment).empty_table(), folder / SERIES)


def merge(folder: Path) -> None:
    """Put what is in the parts into the tables. Raises OSError; then nothing is lost, and it may be tried again."""
    parts = list(_parts(folder))
    if not parts:
        return
    _write(_results(folder, parts), folder / RESULTS)
    if (folder / SERIES).exists():
        _write(_series(folder, parts), folder / SERIES)
    remove_files(folder / PARTS, {f"{part['row']['run']}.json" for part in parts}.__contains__)


def tidy(folder: Path) -> None:
    """Remove the folder of the parts, once all are merged, unless it holds others; a worker of a cluster that was given up
    may have kept a row again."""
    remove_folder(folder / PARTS, lambda name: name.endswith(TEMPORARY) and _PART.fullmatch(name))


def is_ours(name: str) -> bool:
    """Whether a name below the folder of a batch is that of a table or of a part, or of their folder."""
    return _FILES.fullmatch(name) is not None


def read_results(folder: str | Path) -> pa.Table:
    """A row per finished run; of a batch that is being computed, those so far.

    Raises FileNotFoundError when the folder holds no batch.
    """
    return _results(Path(folder), list(_parts(Path(folder))))


def read_series(folder: str | Path) -> pa.Table | None:
    """A row per finished run, measure and moment; None when no series was asked for."""
    folder = Path(folder)
    return _series(folder, list(_parts(folder))) if (folder / SERIES).exists() else None


def _results(folder: Path, parts: Sequence[Mapping]) -> pa.Table:
    table = parquet.read(folder / RESULTS)
    rows = [part["row"] for part in parts]
    columns = {name: [row.get(name) for row in rows] for name in table.column_names}
    return _with(table, columns, [row["run"] for row in rows])


def _series(folder: Path, parts: Sequence[Mapping]) -> pa.Table:
    table = parquet.read(folder / SERIES)
    columns: dict[str, list] = {name: [] for name in table.column_names}
    for part in parts:
        which = [part["row"][field.name] for field in _RUN]
        for look in part["series"]:
            for name, value in zip(table.column_names, [*which, *look], strict=True):
                columns[name].append(value)
    return _with(table, columns, [part["row"]["run"] for part in parts])


def _with(table: pa.Table, columns: Mapping[str, list], runs: Collection[str]) -> pa.Table:
    """The table with new rows, which replace those of the same runs; sorted by arm, point and replicate."""
    schema = table.schema
    arms = schema.metadata[_ARMS].decode().split("\n")
    if runs:
        table = table.filter(pc.invert(pc.is_in(table["run"], pa.array(list(runs), pa.string()))))
        table = pa.concat_tables([table, pa.table(columns, schema=schema)])
    # sorting by several keys is stable in Arrow, so a series stays in the order of time
    ordered = table.append_column("arm order", pc.index_in(table["arm"], pa.array(arms)))
    order = pc.sort_indices(ordered, [("arm order", "ascending"), ("point", "ascending"), ("replicate", "ascending")])
    return table.take(order).combine_chunks().replace_schema_metadata(schema.metadata)


def _write(table: pa.Table, path: Path) -> None:
    parquet.write(table, path)
