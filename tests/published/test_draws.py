"""Draws of the assumed numbers, on functions instead of runs: what is drawn, that it can be repeated and added to, and what is said."""

import math

import numpy as np
import pytest
from scipy import stats

from abm import cli
from abm.batches.loading import load_experiment
from abm.config import load_config
from abm.folder.files import FolderInUse
from abm.published.calibrate import TRIALS, OtherCalibration, Trial, digest_of, refuse_folder
from abm.published.draws import (
    FAILS,
    HANGS,
    HOLDS,
    REPORT,
    TOO_FEW,
    Robustness,
    as_markdown,
    assumed,
    counting,
    drawn,
    hangs_on,
    possible,
    run,
    shown,
    to_draw,
)

from .test_calibrate import ONE


@pytest.fixture
def one(tmp_path):
    """What is drawn for one little experiment."""
    (tmp_path / "one.yaml").write_text(ONE)
    return to_draw([load_experiment(tmp_path / "one.yaml", published=True)], replicates=3)


def evaluate(moved_by, seen=None):
    """A stand-in for runs: `cells` is 1000 times the share at which a number lies in its range, `burden` is always inside."""

    def all_of(fresh):
        for number, _ in fresh:
            if seen is not None:
                seen.append(number)
        return [
            ({"V00: burden, control": 32.0, "V00: cells, control - none": moved_by(values)}, 2.0) for _, values in fresh
        ]

    return all_of


def test_all_that_is_assumed_is_drawn_and_nothing_else():
    parameters = assumed()
    assert len(parameters) > 100 and all(one.about.mark == "assumed" for one in parameters)
    assert all(one.low <= one.default <= one.high for one in parameters)
    paths = {one.path for one in parameters}
    assert not any(path.startswith("record.") or path.endswith("interval") for path in paths)
    assert "tissue.width" not in paths and "fields.tnf.washout" in paths
    by_path = {one.path: one for one in parameters}
    assert by_path["fields.tnf.washout"].log and not by_path["rules.growth.cycle_spread"].log


def test_a_draw_follows_from_its_number_alone_and_fills_the_ranges():
    parameters = assumed()
    sets = [drawn(parameters, 1, number) for number in range(1, 201)]
    assert sets[4] == drawn(parameters, 1, 5) != drawn(parameters, 2, 5)
    assert drawn(parameters, 1, 5, attempt=1) != sets[4]
    assert drawn(parameters, 1, 0) == {one.path: one.default for one in parameters}
    for one in parameters:
        values = np.array([values[one.path] for values in sets])
        assert one.low <= values.min() and values.max() <= one.high
        shares = (
            np.log(values / one.low) / np.log(one.high / one.low)
            if one.log
            else (values - one.low) / (one.high - one.low)
        )
        assert stats.kstest(shares, "uniform").pvalue > 1e-5  # of some 110 tests, one in a thousand times


def test_the_values_of_a_draw_arrive_in_the_configs(one):
    values = possible(one, 3)
    [experiment] = one.with_values(values)
    config = experiment.configs["control", 0]
    assert experiment.replicates == 3 and one.runs_per_trial == 6
    assert config.fields.tnf.washout == pytest.approx(values["fields.tnf.washout"])
    assert config.fields.tnf.washout != load_config("quickstart").fields.tnf.washout


def test_what_a_line_or_a_host_writes_is_not_drawn(one):
    numbers = counting(one)["V00"]
    paths = {each.path for each in numbers}
    assert numbers == one.parameters and "cells.tumor.emt" not in paths  # quickstart's line says it
    assert "cells.tumor.emt" in {each.path for each in assumed()} and "fields.tnf.washout" in paths


def test_what_makes_no_liver_is_drawn_again(one, monkeypatch):
    from abm.config import ConfigError
    from abm.published.calibrate import Calibration

    first, whole = drawn(one.parameters, 1, 2), Calibration.with_values
    monkeypatch.setattr(
        Calibration,
        "with_values",
        lambda self, values: _refused(ConfigError) if values == first else whole(self, values),
    )
    assert possible(one, 2) == drawn(one.parameters, 1, 2, attempt=1)
    monkeypatch.setattr(Calibration, "with_values", lambda self, values: _refused(ConfigError))
    with pytest.raises(ConfigError):
        possible(one, 0)  # the defaults are not drawn


def _refused(error):
    raise error([], "made up")


def test_draws_are_recorded_and_added_to(one, tmp_path):
    seen, folder = [], tmp_path / "draws"
    digest = digest_of(one)

    def moved(values):
        return 1000 * values["rules.growth.cycle_spread"]

    few = run(one, folder, evaluate(moved, seen), 5, digest)
    assert [trial.number for trial in few] == list(range(6)) == seen and (folder / TRIALS).exists()
    more = run(one, folder, evaluate(moved, seen), 9, digest)
    assert seen == list(range(10)) and [trial.values for trial in more[:6]] == [trial.values for trial in few]
    assert run(one, folder, evaluate(moved, seen), 9, digest) == more and len(seen) == 10
    whole = run(one, tmp_path / "whole", evaluate(moved), 9, digest)
    assert whole == more
    with pytest.raises(OtherCalibration):
        run(one, folder, evaluate(moved), 9, "another")


def test_what_is_expected_twice_is_refused(tmp_path):
    (tmp_path / "one.yaml").write_text(
        ONE.replace("name: cells, arm: control, difference_from: none", "name: burden, arm: control")
    )
    with pytest.raises(ValueError, match="expected twice"):
        to_draw([load_experiment(tmp_path / "one.yaml", published=True)])


def test_the_folder_of_others_is_left_alone(tmp_path):
    refuse_folder(tmp_path, False, "draws", [REPORT])
    (tmp_path / REPORT).write_text("mine")
    with pytest.raises(FolderInUse, match=REPORT):
        refuse_folder(tmp_path, False, "draws", [REPORT])
    (tmp_path / TRIALS).write_text("")
    with pytest.raises(FolderInUse, match="holds draws already: go on"):
        refuse_folder(tmp_path, False, "draws", [REPORT])
    refuse_folder(tmp_path, True, "draws", [REPORT])


@pytest.mark.parametrize(
    ("holds", "of", "word"),
    [
        (50, 50, HOLDS),
        (45, 50, HOLDS),
        (44, 50, HANGS),
        (6, 50, HANGS),
        (5, 50, FAILS),
        (0, 0, TOO_FEW),
        (19, 19, TOO_FEW),
    ],
)
def test_a_verdict_is_the_same_whatever_the_guesses_from_nine_in_ten_on(holds, of, word):
    assert Robustness(None, None, math.nan, True, 0.0, 0.0, 0.0, holds, of).word == word


def test_what_moves_a_centre_is_named(one, tmp_path):
    def moved(values):
        return 1000 * values["rules.growth.cycle_spread"]  # 50 to 300: inside from 100 on, which is 0.8 of the draws

    trials = run(one, tmp_path, evaluate(moved), 60, digest_of(one))
    whole, burden, cells = shown(one, trials)
    assert burden.holds == burden.of == 60 and burden.hangs_on == ()
    (path, rho), *chance = cells.hangs_on  # one time in twenty another number follows it by chance
    assert len(chance) <= 1
    assert path == "rules.growth.cycle_spread" and rho == pytest.approx(1.0)
    assert whole.expectation is None and whole.holds == cells.holds and 38 <= whole.holds <= 57
    assert cells.holds_by_default and cells.default == pytest.approx(150.0)
    assert cells.low < cells.middle < cells.high
    text = as_markdown(one, trials)
    assert "more with rules.growth.cycle_spread (+1.00)" in text
    assert (
        f"| V00 | all of it ({len(one.parameters)} numbers drawn) | inside |  | {whole.holds} of 60" in text
        and "3 runs of each arm" in text
    )
    assert all(not each.hangs_on for each in shown(one, trials[:15]))  # too few draws to name anything


def test_what_follows_chance_is_not_named(one):
    rng = np.random.default_rng(11)
    named = 0
    trials = [Trial(number, drawn(one.parameters, 1, number), {}, {}, 0.0, 0.0) for number in range(1, 51)]
    for _ in range(40):
        named += bool(hangs_on(one.parameters, trials, rng.random(50)))
    assert named <= 7  # 2 are expected, 8 or more in one of 1,800


def test_from_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    (tmp_path / "one.yaml").write_text(ONE)
    asked = ["reproduce", "one.yaml", "--draws", "1", "--replicates", "1", "--workers", "1"]
    assert cli.status_of(asked) == 0
    folder = tmp_path / "batches" / "published-draws"
    said = capsys.readouterr().out
    assert said.startswith((folder / REPORT).read_text()[:40]) and "1 run of each arm" in said
    assert cli.status_of(asked) == 2 and "--resume" in capsys.readouterr().err
    monkeypatch.setenv("COLUMNS", "100")
    assert cli.status_of([*asked, "--resume"]) == 0
    said = capsys.readouterr().out
    assert "V00  holds in" in said and "of the draws" in said and "with the defaults" in said
    assert not any((folder / "running").rglob("*.parquet")) if (folder / "running").exists() else True
    assert cli.status_of([*asked[:-2], "--quick"]) == 2 and "--quick is not for --draws" in capsys.readouterr().err
    assert cli.status_of(["reproduce", "one.yaml", "--replicates", "3"]) == 2
    assert "--replicates goes with --draws" in capsys.readouterr().err
