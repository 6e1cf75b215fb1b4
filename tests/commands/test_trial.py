"""`crlm trial`: what it prints, what it refuses, and its exit status."""

import sys

import pytest

from abm import cli
from abm.batches import batch
from abm.commands.files import purpose_of
from abm.trials.loading import load_trial

from ..batches.little import TROUBLE, Here
from ..trials.little import TRIAL, write


@pytest.fixture
def crlm(tmp_path, monkeypatch, capsys):
    """Runs `crlm` in a folder with the little trial; returns its status, what it printed, and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(cli.DEBUG, raising=False)
    monkeypatch.setattr(batch, "_executor", lambda *_: Here())
    write(tmp_path)

    def crlm(*arguments):
        status = cli.status_of(list(arguments))
        return status, *capsys.readouterr()

    return crlm


def test_a_trial_is_told_beforehand(crlm, tmp_path):
    status, printed, _ = crlm("trial", "trial.yaml", "--dry-run")
    assert status == 0 and not (tmp_path / "trials").exists()
    lines = printed.splitlines()
    assert lines[0].startswith("4 patients with ") and lines[1].startswith("  ras: mutated in ")
    assert "little trial: 2 arms x 7 points x 1 replicate = 14 runs" in lines
    assert any(line.startswith("  rules.growth.cycle_time: ") and line.endswith(") h") for line in lines)
    assert any(line.startswith("time: about ") for line in lines)


def test_a_trial_says_what_came_out_and_where_it_is(crlm, tmp_path):
    arguments = ("trial", "trial.yaml", "--set", "cohort.patients=2", "--set", "scans.until=12 h")
    status, printed, said = crlm(*arguments)
    assert status == 0 and "little trial: 2 arms x 3 points x 1 replicate = 6 runs." in said
    lines = printed.splitlines()
    assert lines[0] == "little trial: 2 patients in each arm."
    assert lines[1].startswith("  response rate, treated: ") and "; expected 30 to 150 %; " in lines[1]
    assert "Wrote trials/trial/trial.md" in lines and "Wrote trials/trial/km.png" in lines
    assert (tmp_path / "trials" / "trial" / "patients.parquet").exists()
    status, _, said = crlm(*arguments)
    assert status == 2 and "holds a trial already: go on with it (--resume)" in said
    assert crlm(*arguments, "--resume", "--quiet") == (0, "", "")
    status, _, said = crlm("trial", "trial.yaml", "--retry-failed")
    assert status == 2 and "--retry-failed goes with --resume" in said


def test_a_run_that_fails_leaves_its_patient_out_and_is_told(crlm, tmp_path):
    (tmp_path / "trouble.py").write_text(TROUBLE)
    seed = load_trial(tmp_path / "trial.yaml").cohort.lesions[0].seed
    measure = f"{{measure: trouble, at: 1 h, seed: {seed}, how: raise}}"
    (tmp_path / "trial.yaml").write_text(f"{TRIAL}measures: [{measure}]\nplugins: [trouble.py]\n")
    few = ("--set", "cohort.patients=2", "--set", "scans.until=12 h")
    status, printed, said = crlm("trial", "trial.yaml", *few)
    assert status == 1 and "2 of 6 runs failed; the others are good." in said and "one and one are three" in said
    assert "1 patient is left out" in printed and "Wrote trials/trial/trial.md" in printed
    status, _, said = crlm("trial", "trial.yaml", "--set", "cohort.patients=1", *few[2:], "-o", "one")
    assert status == 1 and "runs failed" in said and not (tmp_path / "one" / "trial.md").exists()


def test_files_of_others_are_not_overwritten(crlm, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "patients.parquet").write_text("mine")
    status, _, said = crlm("trial", "trial.yaml", "-o", "mine")
    assert status == 2 and "patients.parquet" in said and (tmp_path / "mine" / "patients.parquet").read_text() == "mine"


def test_without_lifelines_it_is_said_how_to_install_it_before_anything_runs(crlm, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "lifelines", None)
    status, _, said = crlm("trial", "trial.yaml")
    assert status == 2 and "a trial needs lifelines: pip install '.[trials]'" in said
    assert not (tmp_path / "trials").exists()


def test_a_trial_is_told_from_other_files(crlm, tmp_path):
    assert purpose_of(tmp_path / "trial.yaml") == "trial"
    status, _, said = crlm("run", "trial.yaml")
    assert status == 2 and "trial.yaml is a trial, of a cohort of patients: crlm trial trial.yaml" in said
    status, _, said = crlm("trial", "base.yaml")
    assert status == 2 and "a trial has `base: base.yaml`, cohort, arms and scans" in said
    (tmp_path / "wrong.yaml").write_text(TRIAL.replace("strata: [ras]", "strata: [rus]"))
    status, _, said = crlm("trial", "wrong.yaml", "--dry-run")
    assert status == 2 and "wrong.yaml:12:10  strata[0]" in said and "did you mean 'ras'?" in said
