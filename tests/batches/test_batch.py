"""Batches: what is in their folder, how they are resumed, what they refuse."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pytest

from abm.batches import batch, store
from abm.batches.batch import BatchStopped, forecast, missing_runs, resolved, run_batch
from abm.batches.loading import load_experiment
from abm.folder import manifest
from abm.folder.lock import LOCK
from abm.folder.manifest import ResumeRefused
from abm.folder.names import RESULTS, RUNS
from abm.simulation import FolderInUse, RunInterrupted

from .little import EXPERIMENT, TROUBLE, Dying, Here, little, rows, with_trouble, without_trouble


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Runs are computed in this process."""
    monkeypatch.setattr(batch, "_executor", lambda *_: Here())


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """The little batch, never interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "_executor", lambda *_: Here())
        return run_batch(little(folder), folder / "batch")


def stop_after(count):
    """A progress that interrupts the batch after some runs."""

    def watch(progress):
        if progress.finished - progress.before == count:
            raise KeyboardInterrupt

    return watch


# --- The folder -------------------------------------------------------------------------------------------------------


def test_the_folder_of_a_batch(whole):
    assert (whole.runs, whole.computed, whole.failed) == (6, 6, 0)
    assert {path.name for path in whole.folder.iterdir()} - {LOCK} == {
        "batch.json",
        "experiment.yaml",
        "results.parquet",
        "series.parquet",
    }
    noted = json.loads((whole.folder / "batch.json").read_text())
    assert noted["status"] == "complete" and noted["sessions"] == 1 and noted["control"] == "control"
    assert whole.results.num_rows == 6 and store.read_series(whole.folder).num_rows == 6 * 5


def test_replicates_differ_and_arms_are_paired(whole):
    table = whole.results.to_pandas()
    assert (table.groupby("replicate")["seed"].nunique() == 1).all() and set(table["seed"]) == {5, 6, 7}
    control = table[table["arm"] == "control"]
    assert (
        len(control[["tumor_cells", "touching_kupffer(at=1.5 h)", "adherent_cells(every=30 min)"]].drop_duplicates())
        == 3
    )


def test_arms_are_identical_until_they_differ(tmp_path):
    experiment = little(
        tmp_path,
        """
        base: base.yaml
        replicates: 2
        arms:
          control: {}
          late: {interventions: [{deplete: kupffer, fraction: 1, start: 1 h}]}
        measures:
          - {measure: touching_kupffer, every: 10 min, name: touching}
          - {measure: tumor_cells, every: 10 min, name: cells}
        """,
    )
    run_batch(experiment, tmp_path / "batch")
    table = (
        store.read_series(tmp_path / "batch")
        .to_pandas()
        .pivot_table(index=["measure", "time_h", "replicate"], columns="arm", values="value")
        .reset_index()
    )
    before, after = table[table["time_h"] <= 1.0], table[table["time_h"] > 1.0]
    assert len(before) > 10 and (before["control"] == before["late"]).all()
    assert (after["control"] != after["late"]).any()
    first, second = (before[before["replicate"] == k]["control"].to_numpy() for k in (1, 2))
    assert (first != second).any()


def test_the_resolved_experiment_gives_the_same_rows(whole, tmp_path):
    again = load_experiment(whole.folder / "experiment.yaml")
    assert again.configs == little(tmp_path).configs
    assert rows(run_batch(again, tmp_path / "again").results) == rows(whole.results)


def test_tables_that_are_asked_for_are_kept_in_any_case(whole, tmp_path):
    experiment = little(tmp_path, EXPERIMENT + "tables: [nodules, lesions]\n", "replicates=1", "record.lesions=30 min")
    result = run_batch(experiment, tmp_path / "batch")
    [first, _] = sorted((tmp_path / "batch" / RUNS).iterdir())
    assert {path.name for path in first.glob("*.parquet")} == {"nodules.parquet", "lesions.parquet"}
    assert load_experiment(tmp_path / "batch" / "experiment.yaml").tables == ("nodules", "lesions")
    assert rows(result.results) == rows(whole.results.filter(pc.equal(whole.results["replicate"], 1)))
    with pytest.raises(ResumeRefused, match="tables was"):
        run_batch(
            little(tmp_path, EXPERIMENT, "replicates=1", "record.lesions=30 min"), tmp_path / "batch", resume=True
        )


def test_what_arms_share_stands_once(tmp_path):
    experiment = little(
        tmp_path,
        """
        base: {extends: base.yaml, line: mc38, host: nude}
        arms: {control: {}, other: {line: null, host: human, interventions: [{deplete: kupffer, fraction: 1, start: 1 h}]}}
        control: other
        sweep: {parameters: {rules.emt: [on, off]}}
        """,
    )
    document = resolved(experiment)
    assert document["base"]["tissue"]["width"] == "400 um" and document["control"] == "other"
    assert document["arms"]["control"]["labels"] == {"host": "nude", "line": "mc38"}
    assert document["arms"]["other"]["labels"] == {"host": "human"}
    path = tmp_path / "again.yaml"
    path.write_text(batch.as_yaml(document))
    again = load_experiment(path)
    assert again.configs == experiment.configs and again.points == experiment.points and resolved(again) == document


# --- Going on ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 4])
def test_interrupted_and_resumed(whole, tmp_path, count):
    experiment, folder = little(tmp_path), tmp_path / "batch"
    with pytest.raises(RunInterrupted, match=f"{count} of 6 runs are kept"):
        run_batch(experiment, folder, progress=stop_after(count))
    assert store.read_results(folder).num_rows == count == 6 - len(missing_runs(experiment, folder))
    assert not list((folder / store.PARTS).iterdir())
    seen = []
    result = run_batch(experiment, folder, resume=True, progress=seen.append)
    assert result.computed == 6 - count and (seen[0].finished, seen[0].before, seen[-1].finished) == (count, count, 6)
    assert rows(result.results) == rows(whole.results)
    assert store.read_series(folder) == store.read_series(whole.folder)
    assert json.loads((folder / "batch.json").read_text())["sessions"] == 2


def test_a_complete_batch_has_nothing_to_compute(whole, tmp_path):
    before = (whole.folder / RESULTS).read_bytes()
    result = run_batch(little(tmp_path), whole.folder, resume=True)
    assert (result.computed, result.runs, result.failed) == (0, 6, 0)
    assert (whole.folder / RESULTS).read_bytes() == before


def test_killed_before_it_was_marked_complete(whole, tmp_path):
    experiment, folder = little(tmp_path), tmp_path / "batch"
    run_batch(experiment, folder)
    noted = json.loads((folder / "batch.json").read_text())
    (folder / "batch.json").write_text(json.dumps(noted | {"status": "running"}))
    assert run_batch(experiment, folder, resume=True).computed == 0
    assert json.loads((folder / "batch.json").read_text())["status"] == "complete"


@pytest.mark.parametrize("last", ["begin", "_describe"])
def test_killed_before_it_was_described(whole, tmp_path, monkeypatch, last):
    experiment, folder = little(tmp_path), tmp_path / "batch"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(store if last == "begin" else batch, last, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        run_batch(little(tmp_path / "other", "base: base.yaml\nmeasures: [tumor_cells]"), folder)
    with pytest.raises(FolderInUse, match="go on with it"):
        run_batch(experiment, folder)
    assert rows(run_batch(experiment, folder, resume=True).results) == rows(whole.results)


def test_more_replicates_are_added(whole, tmp_path):
    experiment, folder = little(tmp_path), tmp_path / "batch"
    run_batch(replace(experiment, replicates=1), folder)
    result = run_batch(experiment, folder, resume=True)
    assert result.computed == 4 and rows(result.results) == rows(whole.results)
    # fewer are there already
    assert run_batch(replace(experiment, replicates=2), folder, resume=True).computed == 0
    assert json.loads((folder / "batch.json").read_text())["replicates"] == 3


def test_more_replicates_than_the_file_allows(tmp_path):
    """The experiment that is written into the folder can be read again."""
    experiment = little(tmp_path, EXPERIMENT + "most_replicates: 3\n", "replicates=4", "duration=90 min")
    with pytest.raises(RunInterrupted):
        run_batch(experiment, tmp_path / "batch", progress=stop_after(0))
    again = load_experiment(tmp_path / "batch" / "experiment.yaml")
    assert (again.replicates, again.most_replicates) == (4, 4)


def test_one_failing_run_does_not_stop_the_others(whole, tmp_path):
    experiment = little(tmp_path, with_trouble(seed=6, how="raise"))
    result = run_batch(experiment, tmp_path / "batch")
    assert (result.runs, result.computed, result.failed) == (6, 6, 2)
    good = result.results.filter(pc.equal(result.results["status"], "done"))
    assert without_trouble(good) == rows(whole.results).filter(pc.not_equal(whole.results["seed"], 6))
    # it fails again and again: nothing is missing
    assert run_batch(experiment, tmp_path / "batch", resume=True).computed == 0


MENDED = (
    TROUBLE.replace('kind="level"', 'kind="count"')
    .replace('unit=""', 'unit="cells"')
    .replace('how == "raise"', "not how")
)


def test_failed_runs_are_computed_again_when_that_is_asked_for(whole, tmp_path):
    """The failed run keeps its error until it is there again, also when that is interrupted."""
    marker = tmp_path / "marker"
    experiment, folder = little(tmp_path, with_trouble(seed=6, how="raise", marker=marker)), tmp_path / "batch"
    assert run_batch(experiment, folder).failed == 1  # the second time there is a marker
    marker.unlink()
    seen = []
    with pytest.raises(RunInterrupted):
        run_batch(
            experiment,
            folder,
            resume=True,
            retry_failed=True,
            progress=lambda now: seen.append(now) or stop_after(0)(now),
        )
    assert (seen[0].before, seen[0].failed, seen[0].total) == (5, 0, 6)
    kept = store.read_results(folder)
    assert (
        store.failures(folder) == 1 and kept.num_rows == 6 and "ArithmeticError" in "".join(kept["error"].to_pylist())
    )
    marker.write_text("")
    result = run_batch(experiment, folder, resume=True, retry_failed=True)
    assert (result.computed, result.failed) == (1, 0) and without_trouble(result.results) == rows(whole.results)
    assert run_batch(experiment, folder, resume=True, retry_failed=True).computed == 0


@pytest.mark.parametrize("keep", ["measures", "all"])
def test_a_mended_plugin_when_all_runs_failed(whole, tmp_path, monkeypatch, keep):
    text = with_trouble(seed=5, how="raise").replace("replicates: 3", "replicates: 1")
    experiment, folder = little(tmp_path, text), tmp_path / "batch"
    assert run_batch(experiment, folder, keep=keep).failed == 2
    (tmp_path / "trouble.py").write_text(MENDED)
    mended = load_experiment(tmp_path / "my.yaml")
    more = replace(mended, replicates=2)
    with pytest.raises(ResumeRefused, match="with --retry-failed all are computed with what is there now"):
        run_batch(more, folder, resume=True, keep=keep)
    # killed before any run is there again: the errors are
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(batch, "_describe", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        run_batch(mended, folder, resume=True, retry_failed=True, keep=keep)
    assert store.failures(folder) == 2 and store.read_results(folder)["error"].null_count == 0
    result = run_batch(mended, folder, resume=True, retry_failed=True, keep=keep)
    assert (result.computed, result.failed) == (2, 0) and result.results["trouble"].to_pylist() == [1.0, 1.0]
    assert result.results.schema.field("trouble").metadata[b"unit"] == b"cells"
    assert store.read_series(folder).num_rows == 2 * 5
    assert (folder / "plugins" / "trouble.py").read_text() == MENDED
    # from now on rows follow from it
    (tmp_path / "trouble.py").write_text(MENDED + "# again\n")
    with pytest.raises(ResumeRefused, match="named under plugins, has changed") as caught:
        run_batch(
            replace(load_experiment(tmp_path / "my.yaml"), replicates=2),
            folder,
            resume=True,
            retry_failed=True,
            keep=keep,
        )
    assert "--retry-failed" not in str(caught.value)


def test_runs_that_were_killed_are_tried_again(whole, tmp_path, monkeypatch):
    experiment, folder = little(tmp_path), tmp_path / "batch"
    with monkeypatch.context() as patch:
        patch.setattr(batch, "_executor", lambda *_: Dying())
        result = run_batch(experiment, folder)
    assert result.failed == 6 and json.loads((folder / "batch.json").read_text())["status"] == "running"
    assert "WorkerKilled" in result.results["error"][0].as_py()
    result = run_batch(experiment, folder, resume=True)
    assert (result.computed, result.failed) == (6, 0) and rows(result.results) == rows(whole.results)


def test_a_full_disk_stops_the_batch(whole, tmp_path, monkeypatch):
    experiment, folder = little(tmp_path), tmp_path / "batch"

    class Filling(Here):
        def compute(self, tasks):
            for number, report in enumerate(super().compute(tasks)):
                yield (
                    report
                    if number < 2
                    else replace(report, status="stopped", error="OSError: No space left on device")
                )

    with monkeypatch.context() as patch, pytest.raises(BatchStopped, match="No space left"):
        patch.setattr(batch, "_executor", lambda *_: Filling())
        run_batch(experiment, folder)
    assert rows(run_batch(experiment, folder, resume=True).results) == rows(whole.results)


def test_a_table_that_cannot_be_written_loses_nothing(whole, tmp_path, monkeypatch):
    experiment, folder = little(tmp_path), tmp_path / "batch"
    write = store._write

    def full(table, path):
        if table.num_rows:
            raise OSError(28, "No space left on device")
        write(table, path)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(store, "_write", full)
        run_batch(experiment, folder)
    assert len(list((folder / store.PARTS).iterdir())) == 6 and rows(store.read_results(folder)) == rows(whole.results)
    assert run_batch(experiment, folder, resume=True).computed == 0
    assert rows(store.read_results(folder)) == rows(whole.results)


# --- Refusing ---------------------------------------------------------------------------------------------------------


def test_a_folder_in_use_is_refused(whole, tmp_path):
    experiment = little(tmp_path)
    with pytest.raises(FolderInUse, match="holds a batch already: go on with it"):
        run_batch(experiment, whole.folder)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / manifest.NAME).write_text("{}")
    with pytest.raises(FolderInUse, match="holds a run, not a batch"):
        run_batch(experiment, tmp_path / "run", resume=True)
    with pytest.raises(FolderInUse, match="is a file"):
        run_batch(experiment, tmp_path / "my.yaml")


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("seed=6", "seed was 5, is now 6"),
        ("rules.phagocytosis.rate=0.3 /h", "arms.control.rules.phagocytosis.rate was"),
        ("arms.no_kupffer.duration=3 h", "arms.no_kupffer.duration was"),
        ("measures=[tumor_cells]", "measures was"),
        ("sweep={parameters: {rules.emt: [on, off]}}", "points was"),
    ],
)
def test_another_experiment_is_refused(whole, tmp_path, override, words):
    with pytest.raises(ResumeRefused, match=re.escape(words)) as caught:
        run_batch(little(tmp_path, EXPERIMENT, override), whole.folder, resume=True)
    assert "was begun with something else and cannot be continued" in str(caught.value)


def test_what_does_not_change_rows_is_not_refused(whole, tmp_path):
    experiment = little(
        tmp_path,
        EXPERIMENT,
        "name=other",
        "control=no_kupffer",
        "expect=[{measure: tumor_cells, arm: control, between: [1, 2]}]",
    )
    assert run_batch(experiment, whole.folder, resume=True).computed == 0


def test_another_keep_is_refused(whole, tmp_path):
    with pytest.raises(ResumeRefused, match='keep was "measures", is now "all"'):
        run_batch(little(tmp_path), whole.folder, resume=True, keep="all")


def test_other_code_is_refused_as_long_as_runs_are_missing(whole, tmp_path, monkeypatch):
    experiment, folder = little(tmp_path), tmp_path / "batch"
    with pytest.raises(RunInterrupted):
        run_batch(experiment, folder, progress=stop_after(1))
    with monkeypatch.context() as patch, pytest.raises(ResumeRefused, match="the source code of crlm"):
        patch.setattr(batch, "code_digest", lambda *_: "other")
        run_batch(experiment, folder, resume=True)
    with monkeypatch.context() as patch:
        patch.setattr(batch, "code_digest", lambda *_: "other")
        assert run_batch(experiment, whole.folder, resume=True).computed == 0


def test_a_damaged_manifest_is_refused(whole, tmp_path):
    (tmp_path / "batch").mkdir()
    (tmp_path / "batch" / "batch.json").write_text("{}")
    with pytest.raises(ResumeRefused, match="not the manifest of a batch"):
        run_batch(little(tmp_path), tmp_path / "batch", resume=True)


# --- What it will take ------------------------------------------------------------------------------------------------


def test_the_forecast_counts_what_is_missing(tmp_path):
    experiment = little(tmp_path)
    runs = experiment.runs()
    one, all_of_them = forecast(experiment, runs[:1], "measures"), forecast(experiment, runs, "measures")
    assert (one.runs, all_of_them.runs) == (1, 6)
    assert all_of_them.seconds == pytest.approx(6 * one.seconds) and all_of_them.memory_bytes == one.memory_bytes
    assert one.disk_bytes < forecast(experiment, runs[:1], "tables").disk_bytes
    assert forecast(experiment, runs[:1], "measures").seconds < forecast(experiment, runs[:1], "all").seconds


@pytest.mark.parametrize("keep", ["measures", "tables"])
def test_the_forecast_of_the_disk_is_about_right(tmp_path, keep):
    experiment = replace(little(tmp_path), replicates=1)
    result = run_batch(experiment, tmp_path / "batch", keep=keep)
    runs = Path(result.folder / RUNS)
    taken = (
        sum(path.stat().st_size for path in runs.rglob("*") if path.is_file())
        if keep == "tables"
        else (result.folder / RESULTS).stat().st_size
    )
    assert 0.2 < taken / forecast(experiment, experiment.runs(), keep).disk_bytes < 5
