"""`crlm batch`: what it prints, and its exit status."""

import sys

import pytest

from abm import cli
from abm.commands import UserError
from abm.commands import batch as command
from abm.experiments import batch
from abm.experiments.experiment import Experiment
from abm.experiments.loading import load_experiment

from ..experiments.little import EXPERIMENT, Here, with_trouble, write


@pytest.fixture
def crlm(tmp_path, monkeypatch, capsys):
    """Runs `crlm batch` in an empty folder; returns its status, what it printed, and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(cli.DEBUG, raising=False)
    monkeypatch.setattr(batch, "_executor", lambda *_: Here())

    def crlm(text, *arguments):
        write(tmp_path, text)
        status = cli.status_of(["batch", "my.yaml", *arguments])
        return status, *capsys.readouterr()
    return crlm


def test_a_batch_says_how_far_it_is_and_where_the_results_are(crlm, tmp_path):
    status, printed, said = crlm(EXPERIMENT)
    assert status == 0 and "Done: batches/my" in printed and "results.parquet" in printed and "crlm compare batches/my" in printed
    assert said.splitlines()[0] == "little: 2 arms x 3 replicates = 6 runs."
    assert "run 0/6" in said and "run 6/6  0 s left" in said
    assert (tmp_path / "batches" / "my" / "results.parquet").exists()
    status, _, said = crlm(EXPERIMENT)
    assert status == 2 and "holds a batch already: go on with it (--resume)" in said
    status, printed, _ = crlm(EXPERIMENT, "--resume")
    assert status == 0 and "was complete already" in printed
    status, _, said = crlm(EXPERIMENT, "--resume", "--set", "seed=9")
    assert status == 2 and "seed was 5, is now 9" in said
    assert crlm(EXPERIMENT, "--quiet", "-o", "other") == (0, "", "")


def test_failed_runs_are_told(crlm):
    status, printed, said = crlm(with_trouble(seed=6, how="raise"))
    assert status == 1 and "Done: batches/my" in printed and "2 failed" in said
    assert "2 of 6 runs failed; the others are good.\n  control-0000-0002: ArithmeticError: one and one are three" in said


def test_dry_run(crlm, tmp_path):
    text = EXPERIMENT + "sweep: {parameters: {rules.phagocytosis.rate: [0.1 /h, 0.2 /h]}}\n"
    status, printed, _ = crlm(text, "--dry-run", "--workers", "1")
    assert status == 0 and not (tmp_path / "batches").exists()
    for words in ("little: 2 arms x 2 points x 3 replicates = 12 runs", "control-0000-0001 to control-0001-0003",
                  "point 1: rules.phagocytosis.rate = 0.2 /h", "measures: tumor_cells, touching_kupffer(at=1.5 h)", "time: about ",
                  "with 1 worker", "memory: about ", "disk: about ", "(--keep measures)"):
        assert words in printed
    crlm(text.replace("replicates: 3", "replicates: 1"))
    assert "holds 4 of the runs; 8 are missing" in crlm(text, "--dry-run")[1]


def test_a_wrong_experiment(crlm):
    status, _, said = crlm("base: bas.yaml")
    assert status == 2 and "did you mean 'base.yaml'?" in said and said.endswith("1 problem in my.yaml\n")


def test_interrupted(crlm, monkeypatch):
    class Interrupted(Here):
        def compute(self, tasks):
            yield next(super().compute(tasks))
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["crlm", "batch", "my.yaml", "--set", "name=a b"])
    monkeypatch.setattr(batch, "_executor", lambda *_: Interrupted())
    status, _, said = crlm(EXPERIMENT)
    assert status == 130 and "1 of 6 runs are kept in batches/my" in said
    assert said.endswith("To go on: crlm batch my.yaml --set 'name=a b' --resume\n")


def test_a_full_disk_is_told(crlm, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("abm.experiments.one_run.write_part", full)
        status, _, said = crlm(EXPERIMENT)
    assert status == 1 and "The batch stopped: OSError: [Errno 28] No space left on device." in said and "--resume" in said


def experiment(tmp_path) -> Experiment:
    return load_experiment(write(tmp_path, EXPERIMENT))


def test_how_many_workers(tmp_path, monkeypatch):
    little = experiment(tmp_path)
    runs = little.runs()
    monkeypatch.setattr(command, "available_processors", lambda: 4)
    assert command.workers_for(little, runs, None, None, "measures") == 4
    assert command.workers_for(little, runs[:2], None, None, "measures") == 2
    assert command.workers_for(little, runs, 3, None, "measures") == 3
    assert command.workers_for(little, runs, 30, "tcp://somewhere:8786", "measures") == 30
    with pytest.raises(UserError, match="--workers 5 is more than the 4 processors"):
        command.workers_for(little, runs, 5, None, "measures")
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": 1e9}))
    assert command.workers_for(little, runs, None, None, "measures") == 2
    with pytest.raises(UserError, match=r"3 workers would need .* Use --workers 2"):
        command.workers_for(little, runs, 3, None, "measures")
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": 1e8}))
    with pytest.raises(UserError, match="Make tissue"):
        command.workers_for(little, runs, None, None, "measures")
