"""`crlm calibrate` from the file to the report, on runs of a moment."""

import math

import pyarrow.parquet as pq
import pytest

from abm import cli
from abm.config.schema import compose
from abm.published.calibrate import Simulations, digest_of, load_calibration

EXPERIMENT = """\
base:
  extends: quickstart.yaml
  duration: 1 h
  tissue: {width: 400 um, height: 400 um}
  rules: {arrival: {per_area: 250 /mm^2, doses: [{start: 0 h, over: 0 h}]}}
replicates: 5
arms: {control: {}, few: {rules: {arrival: {per_area: 125 /mm^2}}}}
calibrated: true
published: {id: V00, source: Nobody 2000, finding: many are held}
expect:
  - {measure: events, event: arrived, arm: few, relative_to: control, between: [0.4, 0.6]}
  - {measure: tumor_cells, every: 15 min, arm: control, peak_between: [0 min, 30 min]}
"""
FILE = """\
experiments: [one.yaml]
replicates: 1
trials: 2
parameters:
  rules.arrest.mechanical: {}
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(cli.DEBUG, raising=False)
    (tmp_path / "one.yaml").write_text(EXPERIMENT)
    path = tmp_path / "calibration.yaml"
    path.write_text(FILE)
    return path


def test_the_command(file, capsys):
    arguments = ["calibrate", str(file), "-o", "out", "--workers", "1"]
    assert cli.status_of(arguments) == 0
    assert "2 trials of 2 runs" in capsys.readouterr().err
    table = pq.read_table("out/trials.parquet")
    first, second = table.to_pylist()
    default = compose()().rules.arrest.mechanical
    assert first["rules.arrest.mechanical"] == default != second["rules.arrest.mechanical"]  # the defaults come first
    assert first["V00: events(event=arrived), few / control"] == pytest.approx(0.5, abs=0.05)
    assert f"| rules.arrest.mechanical | {default:.4g} |" in (file.parent / "out" / "calibration.md").read_text()
    assert not (file.parent / "out" / "running").exists()

    assert cli.status_of(arguments) == 2
    assert "--resume" in capsys.readouterr().err
    assert cli.status_of([*arguments, "--resume", "--trials", "1", "--quiet"]) == 0  # nothing is lost, nothing is run
    assert pq.read_table("out/trials.parquet").equals(table)
    file.write_text(FILE + "pull: 0.3\n")
    assert cli.status_of([*arguments, "--resume"]) == 2
    assert "other experiments, replicates, parameters or code" in capsys.readouterr().err


def test_what_was_simulated_before_an_interruption_is_not_simulated_again(file, tmp_path):
    calibration = load_calibration(file)
    fresh = [(0, {"rules.arrest.mechanical": 0.3}), (1, {"rules.arrest.mechanical": 0.6})]
    digest, finished = digest_of(calibration), []

    def interrupted(runs):
        finished.append(runs)
        if runs == 3:
            raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        Simulations(calibration, tmp_path / "out", digest, 1, interrupted) as simulations,
    ):
        simulations(fresh)
    assert finished == [0, 1, 2, 3]
    with Simulations(calibration, tmp_path / "out", digest, 1, finished.append) as simulations:
        again = simulations(fresh)
    assert finished[4] >= 3 and finished[-1] == 4
    assert [set(centres) for centres, _ in again] == [set(calibration.expectations)] * 2
    assert all(math.isfinite(centre) for centres, _ in again for centre in centres.values())
