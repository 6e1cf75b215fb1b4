"""One run of a batch: its row, whatever happens in it."""

import errno
import json
import shutil

import pytest

from abm.batches import batch, one_run, store
from abm.batches.batch import run_batch, tasks_of
from abm.batches.executors import given_up
from abm.batches.loading import load_experiment
from abm.batches.one_run import STOPPED, code_digest, compute
from abm.folder.manifest import plain
from abm.folder.names import RUNS
from abm.model import LiverModel
from abm.simulation import RunInterrupted, Simulation

from .little import EXPERIMENT, Here, little, with_trouble, write

RULE = '''
from abm import Rule, RuleParameters, rule

@rule
class Sparing(Rule):
    """Nothing happens."""
    name, writes = "sparing", ()

    def apply(self, liver):
        if liver.hours >= 1:
            raise ArithmeticError("one and one are three")
'''


@pytest.fixture
def begun(tmp_path):
    """Begins a batch and gives its tasks."""

    def begun(text=EXPERIMENT, *overrides, keep="measures"):
        experiment = little(tmp_path / "files", text, *overrides)
        folder = tmp_path / "batch"
        store.begin(folder, experiment)
        return experiment, folder, list(tasks_of(experiment, experiment.runs(), folder, keep))

    return begun


def test_the_row_of_a_run_is_what_the_run_gives(begun):
    experiment, folder, tasks = begun()
    run, task = experiment.runs()[1], tasks[1]
    report = compute(task)
    assert (report.id, report.status, report.error) == (run.id, "done", "")
    row = store.read_results(folder).to_pylist()[0]
    model = LiverModel(run.config)
    Simulation(model, recorders=[]).run()
    assert row["tumor_cells"] == model.tumor.count > 0
    assert row["touching_kupffer(at=1.5 h) of"] >= row["touching_kupffer(at=1.5 h) count"] == 0.0
    assert (row["run"], row["arm"], row["seed"], row["status"]) == (run.id, "no_kupffer", 5, "done")
    assert row["seconds"] == report.seconds > 0
    series = store.read_series(folder).to_pylist()
    assert [one["time_h"] for one in series] == [0, 0.5, 1, 1.5, 2]
    assert {one["measure"] for one in series} == {"adherent_cells(every=30 min)"}
    assert row["adherent_cells(every=30 min)"] == max(one["value"] for one in series)


def test_the_config_travels_unchanged(begun):
    experiment, _, tasks = begun(
        EXPERIMENT + "sweep: {method: latin_hypercube, points: 2, "
        "parameters: {rules.phagocytosis.rate: {low: 0.1 /h, high: 0.3 /h}}}\n"
    )
    for run, task in zip(experiment.runs(), tasks, strict=True):
        assert one_run._config(task.config, task.code) == experiment.configs[run.arm, run.point]


def test_an_error_becomes_part_of_the_row(begun):
    _, folder, tasks = begun(with_trouble(seed=6, how="raise"))
    reports = [compute(task) for task in tasks]
    assert [report.status for report in reports] == ["done", "done", "failed", "failed", "done", "done"]
    failed = [row for row in store.read_results(folder).to_pylist() if row["status"] == "failed"]
    assert {row["seed"] for row in failed} == {6} and store.failures(folder) == 2
    assert failed[0]["error"].startswith("ArithmeticError: one and one are three, in the measure 'trouble'")
    assert failed[0]["tumor_cells"] is None
    assert len(store.finished(folder)) == 6


def test_a_rule_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "_executor", lambda *_: Here())
    write(
        tmp_path,
        "base: base.yaml\narms: {control: {}, own: {plugins: [my_rule.py]}}\nmeasures: [tumor_cells]",
        **{"my_rule.py": RULE},
    )
    result = run_batch(load_experiment(tmp_path / "my.yaml"), tmp_path / "batch")
    rows = {row["arm"]: row for row in result.results.to_pylist()}
    assert rows["control"]["status"] == "done" and "in the rule 'sparing'" in rows["own"]["error"]
    # the folder is whole without the files that it came from
    (tmp_path / "my_rule.py").unlink()
    again = load_experiment(tmp_path / "batch" / "experiment.yaml")
    assert "sparing" in {rule.name for rule in type(again.configs["own", 0]).registry.rules}


@pytest.mark.parametrize("where", ["part", "run"])
def test_a_full_disk_is_no_failure_of_the_run(begun, monkeypatch, where):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    _, folder, tasks = begun(keep="tables")
    with monkeypatch.context() as patch:
        patch.setattr(one_run, "write_part" if where == "part" else "_write_tables", full)
        report = compute(tasks[0])
    assert report.status == STOPPED and "No space left" in report.error
    assert store.finished(folder) == set()
    assert compute(tasks[0]).status == "done"


def test_a_run_that_lacks_its_own_file_failed(begun, monkeypatch):
    def missing(*_):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "densities.csv")

    _, _, tasks = begun()
    monkeypatch.setattr(one_run, "_observed", missing)
    assert compute(tasks[0]).status == "failed"


def test_other_code_and_other_folders_stop_the_batch(begun, tmp_path):
    from dataclasses import replace

    _, _, tasks = begun()
    assert compute(replace(tasks[0], code="other")).status == STOPPED
    report = compute(replace(tasks[0], folder=str(tmp_path / "elsewhere")))
    assert report.status == STOPPED and "must share a file system" in report.error


def test_the_code_of_measures_counts(begun, tmp_path):
    experiment, _, _ = begun(with_trouble(seed=6, how="raise"))
    before = code_digest(tuple(map(str, experiment.plugins)))
    assert before != code_digest()
    experiment.plugins[0].write_text(experiment.plugins[0].read_text() + "\n# changed\n")
    assert before != code_digest(tuple(map(str, experiment.plugins)))


def test_what_is_kept_is_not_computed_again(begun, monkeypatch):
    _, _, tasks = begun()
    report = compute(tasks[0])
    monkeypatch.setattr(one_run, "_observed", None)
    assert compute(tasks[0]) == given_up(tasks[0]) == report


def test_an_interrupted_run_is_no_failure(begun, monkeypatch):
    def interrupted(*_):
        raise RunInterrupted("stopped at 1 h")

    _, folder, tasks = begun()
    monkeypatch.setattr(one_run, "_observed", interrupted)
    assert compute(tasks[0]).status == STOPPED and store.finished(folder) == set()


def test_tables_are_kept(begun):
    _, folder, tasks = begun(keep="tables")
    (folder / RUNS / (tasks[0].id + ".partial")).mkdir(parents=True)  # left by a killed worker
    assert compute(tasks[0]).status == "done"
    own = folder / RUNS / tasks[0].id
    assert {path.name for path in own.iterdir()} == {
        "timeseries.parquet",
        "flows.parquet",
        "events.parquet",
        "nodules.parquet",
        "summary.json",
        "config.yaml",
    }
    assert not own.with_name(own.name + ".partial").exists()
    assert json.loads((own / "summary.json").read_text())["seed"] == 5


def test_a_whole_run_is_kept_and_has_the_same_row(begun, tmp_path):
    experiment, folder, tasks = begun(keep="all")
    assert compute(tasks[0]).status == "done"
    own = folder / RUNS / tasks[0].id
    assert json.loads((own / "manifest.json").read_text())["status"] == "complete"
    Simulation(LiverModel(experiment.runs()[0].config), folder=tmp_path / "alone").run()
    assert plain((own / "config.yaml").read_text()) == plain((tmp_path / "alone" / "config.yaml").read_text())
    assert (own / "summary.json").read_bytes() == (tmp_path / "alone" / "summary.json").read_bytes()
    row = store.read_results(folder).drop_columns("seconds").to_pylist()[0]
    # killed after the run was complete, before its row was kept: the row is read from the run's folder
    (folder / store.PARTS / f"{tasks[0].id}.json").unlink()
    assert compute(tasks[0]).status == "done"
    assert store.read_results(folder).drop_columns("seconds").to_pylist()[0] == row


def test_a_kept_run_goes_on_from_its_checkpoint(begun, tmp_path, monkeypatch):
    _, folder, tasks = begun(with_trouble(seed=5, how="raise", marker=tmp_path / "marker"), keep="all")
    assert compute(tasks[0]).status == "failed"  # at one hour, right after a checkpoint
    part = folder / store.PARTS / f"{tasks[0].id}.json"
    part.unlink()
    own = folder / RUNS / tasks[0].id
    assert json.loads((own / "manifest.json").read_text())["status"] == "running"
    steps = []
    step = LiverModel.step
    monkeypatch.setattr(LiverModel, "step", lambda model: (steps.append(model.step_number), step(model)))
    assert compute(tasks[0]).status == "done"
    assert steps == list(range(12, 24))
    resumed = store.read_results(folder).drop_columns("seconds")
    shutil.rmtree(own)
    part.unlink()
    assert compute(tasks[0]).status == "done"
    assert store.read_results(folder).drop_columns("seconds") == resumed
