"""`crlm batch`: what it prints, and its exit status."""

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from abm import cli
from abm.batches import batch
from abm.batches.experiment import Experiment
from abm.batches.loading import load_experiment
from abm.commands import UserError
from abm.commands import batch as command

from ..batches.little import EXPERIMENT, TROUBLE, Here, with_trouble, write


@pytest.fixture
def crlm(tmp_path, monkeypatch, capsys):
    """Runs `crlm batch` in an empty folder; returns its status, what it printed, and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(cli.DEBUG, raising=False)
    monkeypatch.setattr(batch, "_executor", lambda *_: Here())

    def crlm(text, *arguments, trouble=TROUBLE):
        if Path("my.yaml").exists():
            Path("my.yaml").write_text(dedent(text), encoding="utf-8")
            Path("trouble.py").write_text(dedent(trouble), encoding="utf-8")
        else:
            write(tmp_path, text, **{"trouble.py": trouble})
        status = cli.status_of(["batch", "my.yaml", *arguments])
        return status, *capsys.readouterr()

    return crlm


def test_a_batch_says_how_far_it_is_and_where_the_results_are(crlm, tmp_path):
    status, printed, said = crlm(EXPERIMENT)
    assert (
        status == 0
        and "Done: batches/my" in printed
        and "results.parquet" in printed
        and "crlm compare batches/my" in printed
    )
    assert said.splitlines()[0] == "little: 2 arms x 3 replicates = 6 runs."
    assert said.splitlines()[1] == "Computing the runs." and said.splitlines()[2].startswith("Took ")
    assert (tmp_path / "batches" / "my" / "results.parquet").exists()
    status, _, said = crlm(EXPERIMENT)
    assert status == 2 and "holds a batch already: go on with it (--resume)" in said
    status, printed, _ = crlm(EXPERIMENT, "--resume")
    assert status == 0 and "was complete already" in printed
    status, _, said = crlm(EXPERIMENT, "--resume", "--set", "seed=9")
    assert status == 2 and "seed was 5, is now 9" in said
    assert crlm(EXPERIMENT, "--quiet", "-o", "an other") == (0, "", "")
    assert "Next: crlm compare 'an other'" in crlm(EXPERIMENT, "--resume", "-o", "an other")[1]
    assert "another holds nothing to resume; the batch begins." in crlm(EXPERIMENT, "--resume", "-o", "another")[2]


def test_failed_runs_are_told(crlm):
    status, printed, said = crlm(with_trouble(seed=6, how="raise"))
    assert status == 1 and "Done: batches/my" in printed
    assert (
        "2 of 6 runs failed; the others are good.\n  control-0000-0002: ArithmeticError: one and one are three" in said
    )
    assert said.endswith("--resume --retry-failed\n")


def test_failed_runs_are_computed_again(crlm, tmp_path):
    one = with_trouble(seed=5, how="raise").replace("replicates: 3", "replicates: 1")
    status, printed, said = crlm(one)
    assert status == 1 and "All 2 runs failed.\n" in said and "crlm compare" not in printed
    mended = TROUBLE.replace('if how == "raise":', 'if how == "raised":')
    status, _, said = crlm(one, "--resume", trouble=mended)
    assert status == 1 and "All 2 runs failed.\n" in said
    assert "--retry-failed goes with --resume" in crlm(one, "--retry-failed", trouble=mended)[2]
    status, printed, said = crlm(one, "--resume", "--retry-failed", trouble=mended)
    assert status == 0 and "Done: batches/my" in printed and "failed" not in said


def test_where_a_measure_of_ones_own_failed(crlm):
    line = next(
        number for number, text in enumerate(dedent(TROUBLE).splitlines(), start=1) if "raise ArithmeticError" in text
    )
    said = crlm(with_trouble(seed=5, how="raise").replace("replicates: 3", "replicates: 1"))[2]
    assert f"one and one are three, in the measure 'trouble', at 1 h, trouble.py, line {line}\n" in said


def test_a_dry_run_refuses_what_the_run_would(crlm):
    crlm(EXPERIMENT.replace("replicates: 3", "replicates: 1"))
    for arguments, words in (
        (("--set", "measures=[nodules]"), "measures was"),
        (("--keep", "all"), "keep was"),
        (("--set", "measures=[]"), "nothing is measured"),
    ):
        run, dry = crlm(EXPERIMENT, "--resume", *arguments), crlm(EXPERIMENT, "--resume", "--dry-run", *arguments)
        assert run == dry and run[0] == 2 and words in run[2]


def test_where_nothing_is_measured_nothing_is_run(crlm, tmp_path):
    status, _, said = crlm("base: base.yaml")
    assert status == 2 and "nothing is measured" in said and not (tmp_path / "batches").exists()
    assert crlm("base: base.yaml", "--keep", "tables", "--set", "duration=1 h")[0] == 0


def test_a_batch_that_cannot_begin(crlm, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["crlm", "batch", "my.yaml"])
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "distributed", None)
        status, _, said = crlm(EXPERIMENT, "--cluster", "local")
    assert (
        status == 1
        and "The batch could not begin: Dask is not installed: pip install '.[cluster]' in the checkout of crlm."
        in said
    )
    assert "\nNothing was computed." in said
    assert said.endswith("When this is mended: crlm batch my.yaml\n") and not (tmp_path / "batches").exists()
    monkeypatch.setattr(Path, "mkdir", _refused)
    status, _, said = crlm(EXPERIMENT, "-o", "closed/x")
    assert status == 1 and "The batch could not begin: closed/x: Permission denied.\nNothing was computed." in said


def _refused(path, *_, **__):
    raise PermissionError(13, "Permission denied", str(path))


def test_dry_run(crlm, tmp_path):
    text = EXPERIMENT + "sweep: {parameters: {rules.phagocytosis.rate: [0.1 /h, 0.2 /h]}}\n"
    status, printed, _ = crlm(text, "--dry-run", "--workers", "1")
    assert status == 0 and not (tmp_path / "batches").exists()
    for words in (
        "little: 2 arms x 2 points x 3 replicates = 12 runs",
        "control-0000-0001 to control-0001-0003",
        "point 1: rules.phagocytosis.rate = 0.2 /h",
        "measures: tumor_cells, touching_kupffer(at=1.5 h)",
        "time: about ",
        "with 1 worker",
        "memory: about ",
        "disk: about ",
        "(--keep measures)",
    ):
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


def test_a_full_disk_is_told(crlm, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("abm.batches.one_run.write_part", full)
        status, _, said = crlm(EXPERIMENT)
    assert (
        status == 1
        and f"The batch stopped: OSError: [Errno 28] No space left on device, in {tmp_path / 'batches' / 'my'}." in said
    )
    assert "Nothing was computed yet" in said and said.endswith("--resume\n")


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
