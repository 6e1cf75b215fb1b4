"""The folder of a batch: rows are kept once and whole, whenever it is killed."""

import json

import duckdb
import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from abm.batches import store
from abm.folder.lock import FolderLocked, locked
from abm.folder.names import RESULTS, SERIES

from .little import EXPERIMENT, little

SWEPT = (
    EXPERIMENT
    + """
  - {measure: adherent_cells, every: 1 h, name: through time}
sweep: {parameters: {rules.phagocytosis.rate: [0.1 /h, 0.2 /h], rules.emt: [on, off]}}
"""
)


@pytest.fixture
def experiment(tmp_path):
    return little(tmp_path / "files", SWEPT)


@pytest.fixture
def folder(tmp_path, experiment):
    folder = tmp_path / "batch"
    store.begin(folder, experiment)
    return folder


def part_of(run, experiment, value=1.0, **more):
    row = {
        **store.row_of(run, experiment),
        "status": "done",
        "error": "",
        "seconds": 0.5,
        "tumor_cells": value,
        "touching_kupffer(at=1.5 h)": 0.25,
        "touching_kupffer(at=1.5 h) count": 1.0,
        "touching_kupffer(at=1.5 h) of": 4.0,
        "adherent_cells(every=30 min)": 7.0,
        "through time": 8.0,
        **more,
    }
    return row, [("through time", 0.0, value), ("through time", 1.0, value + 1)]


def keep(folder, run, experiment, *args, **more):
    store.write_part(folder, *part_of(run, experiment, *args, **more))


def test_a_batch_begins_with_tables_without_rows(folder, experiment):
    results = store.read_results(folder)
    assert results.num_rows == 0 and store.read_series(folder).num_rows == 0
    assert results.column_names == [
        "run",
        "arm",
        "point",
        "replicate",
        "seed",
        "status",
        "error",
        "seconds",
        "rules.phagocytosis.rate",
        "rules.emt",
        "tumor_cells",
        "touching_kupffer(at=1.5 h)",
        "touching_kupffer(at=1.5 h) count",
        "touching_kupffer(at=1.5 h) of",
        "adherent_cells(every=30 min)",
        "through time",
    ]
    assert store.finished(folder) == set() and store.failures(folder) == 0
    for field in results.schema:
        assert field.metadata[b"unit"] and field.metadata[b"description"]
    assert results.schema.field("rules.phagocytosis.rate").metadata[b"unit"] == b"/h"
    assert results.schema.field("rules.phagocytosis.rate").type == pa.float64()
    assert results.schema.field("rules.emt").type == pa.string()
    assert results.schema.field("touching_kupffer(at=1.5 h)").metadata[b"kind"] == b"share"


def test_rows_are_read_before_and_after_they_are_merged(folder, experiment):
    runs = experiment.runs()
    for run in reversed(runs[:5]):
        keep(folder, run, experiment, value=float(run.seed))
    before = store.read_results(folder), store.read_series(folder)
    store.merge(folder)
    assert not list((folder / store.PARTS).iterdir())
    assert (store.read_results(folder), store.read_series(folder)) == before
    keep(folder, runs[5], experiment)
    store.merge(folder)
    assert store.finished(folder) == {run.id for run in runs[:6]}
    results = store.read_results(folder)
    assert results.select(["arm", "point", "replicate"]).to_pylist() == sorted(
        results.select(["arm", "point", "replicate"]).to_pylist(),
        key=lambda row: (row["arm"], row["point"], row["replicate"]),
    )
    first = results.to_pylist()[0]
    assert (first["rules.phagocytosis.rate"], first["rules.emt"], first["seed"]) == (0.1, "on", 5)
    series = store.read_series(folder).to_pylist()
    assert [row["time_h"] for row in series] == [0.0, 1.0] * 6
    assert series[0] | {"time_h": 0, "value": 0} == {
        "run": runs[0].id,
        "arm": "control",
        "point": 0,
        "replicate": 1,
        "measure": "through time",
        "time_h": 0,
        "value": 0,
    }


def test_killed_while_merging(folder, experiment, monkeypatch):
    runs = experiment.runs()[:3]
    for run in runs:
        keep(folder, run, experiment)
    whole = store.read_results(folder), store.read_series(folder)
    parts = {path: path.read_bytes() for path in (folder / store.PARTS).iterdir()}
    written = []

    def write(table, path):
        if written:
            raise KeyboardInterrupt
        written.append(path)
        pq.write_table(table, path)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(store, "_write", write)
        store.merge(folder)
    # the first table has the rows already, the second not: both are read as if merged
    assert (store.read_results(folder), store.read_series(folder)) == whole
    store.merge(folder)
    for path, content in parts.items():  # killed before the parts were removed
        path.write_bytes(content)
    assert (store.read_results(folder), store.read_series(folder)) == whole
    store.merge(folder)
    assert (store.read_results(folder), store.read_series(folder)) == whole


def test_half_a_part_is_none(folder, experiment, monkeypatch):
    run = experiment.runs()[0]

    def full(path, text):
        path.with_name(path.name + ".partial").write_text(text[:20])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(store, "write_text", full)
        keep(folder, run, experiment)
    assert store.finished(folder) == set()
    keep(folder, run, experiment)
    assert store.finished(folder) == {run.id}


def test_failed_runs_are_rows_without_measures(folder, experiment):
    failed, lost = experiment.runs()[:2]
    store.write_part(
        folder, {**store.row_of(failed, experiment), "status": "failed", "error": "ValueError: x", "seconds": 1.0}
    )
    store.write_part(
        folder, {**store.row_of(lost, experiment), "status": "failed", "error": "WorkerKilled: y", "seconds": 0.0}
    )
    store.merge(folder)
    row = store.read_results(folder).to_pylist()[0]
    assert row["error"] == "ValueError: x" and row["tumor_cells"] is None and row["rules.phagocytosis.rate"] == 0.1
    assert store.failures(folder) == 2
    # what was no fault of the run is tried again, and its row replaced
    assert store.finished(folder) == {failed.id}
    keep(folder, lost, experiment)
    assert store.failures(folder) == 1 and store.read_results(folder).num_rows == 2


def test_values_survive_bit_for_bit(folder, experiment):
    run = experiment.runs()[0]
    keep(folder, run, experiment, value=0.1 + 0.2, **{"through time": float("nan")})
    store.merge(folder)
    row = store.read_results(folder).to_pylist()[0]
    assert row["tumor_cells"] == 0.1 + 0.2 and row["through time"] != row["through time"]


def test_no_series_without_a_series(tmp_path):
    store.begin(tmp_path / "batch", little(tmp_path, "base: base.yaml\nmeasures: [tumor_cells]"))
    assert store.read_series(tmp_path / "batch") is None and not (tmp_path / "batch" / SERIES).exists()


def test_one_line_in_pandas_polars_and_duckdb(folder, experiment):
    for run in experiment.runs():
        keep(folder, run, experiment, value=float(run.seed))
    store.merge(folder)
    path = folder / RESULTS
    by_arm = pandas.read_parquet(path).groupby("arm")["tumor_cells"].mean().to_dict()
    assert by_arm == {"control": 6.0, "no_kupffer": 6.0}
    assert dict(polars.read_parquet(path).group_by("arm").agg(polars.col("tumor_cells").mean()).iter_rows()) == by_arm
    assert dict(duckdb.sql(f"select arm, mean(tumor_cells) from '{path}' group by arm").fetchall()) == by_arm


def test_one_batch_at_a_time(tmp_path):
    with locked(tmp_path), pytest.raises(FolderLocked, match="by another process"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_parts_are_plain_json(folder, experiment):
    run = experiment.runs()[0]
    keep(folder, run, experiment)
    read = json.loads((folder / store.PARTS / f"{run.id}.json").read_text())
    assert read["row"]["run"] == run.id and len(read["series"]) == 2
