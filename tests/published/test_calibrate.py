"""Calibration on functions instead of runs: what may be moved, the loss, and a search that can be repeated and resumed."""

import math
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from abm.batches.expectation import Expectation, Window
from abm.config import ConfigError, load_config
from abm.published.calibrate import (
    FARTHEST,
    GENERATION,
    TRIALS,
    OtherCalibration,
    best,
    digest_of,
    distance,
    load_calibration,
    pull,
    search,
    write_report,
)

LEVEL = SimpleNamespace(label="tnf", unit="", kind="level", is_series=False)
ONE = """\
base:
  extends: quickstart.yaml
  duration: 1 h
  tissue: {width: 300 um, height: 300 um}
  rules: {arrival: {per_area: 200 /mm^2}}
arms: {control: {}, none: {rules: {arrival: {per_area: 0 /mm^2}}}}
published: {id: V00, source: Nobody 2000, finding: cells}
calibrated: true
expect:
  - {measure: tumor_cells, name: burden, arm: control, between: [30, 35]}
  - {measure: tumor_cells, name: cells, arm: control, difference_from: none, between: [100, 300]}
"""
FILE = """\
experiments: [one.yaml]
parameters:
  rules.phagocytosis.rate: {low: 0.05 /h, high: 0.5 /h, scale: log}
  cells.kupffer.density: {low: 160 /mm^2}
"""


@pytest.fixture
def written(tmp_path):
    def write(text=FILE):
        (tmp_path / "one.yaml").write_text(ONE)
        path = tmp_path / "calibration.yaml"
        path.write_text(text)
        return path

    return write


def test_bounds_are_read_and_default_to_the_plausible_range(written):
    rate, density = load_calibration(written()).parameters
    assert (rate.low, rate.high, rate.log) == (0.05, 0.5, True)
    assert density.low == 160 and density.high == density.declared_range[1] and not density.log
    assert rate.about.mark and rate.about.source
    assert rate.moved(rate.default) == 0 and rate.moved(rate.high) > 0 > rate.moved(rate.low)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("high: 0.5 /h", "high: 50 /h", 3, "outside the plausible range"),
        ("low: 0.05 /h", "low: 0.05 um", 3, "wrong dimension"),
        ("low: 0.05 /h", "low: 0.05", 3, "unit is missing"),
        ("low: 0.05 /h, high: 0.5 /h", "low: 0.5 /h, high: 0.1 /h", 3, "below the high"),
        ("low: 0.05 /h, high: 0.5 /h", "low: 0.4 /h, high: 0.5 /h", 3, "default"),
        ("phagocytosis.rate", "phagocytosis.rat", 3, "did you mean 'rules.phagocytosis.rate'"),
        ("rules.phagocytosis.rate", "rules.phagocytosis", 3, "no declared parameter"),
        ("rules.phagocytosis.rate", "rules.arrival.per_liver", 3, "no declared parameter"),
        ("scale: log", "scale: logarithmic", 3, "linear"),
        ("one.yaml", "two.yaml", 1, "no file 'two.yaml'"),
        ("[one.yaml]", "[]", 1, "at least 1"),
        ("parameters:", "plugins: [a.py]\nparameters:", 2, "unknown key"),
    ],
)
def test_what_cannot_be_moved_is_refused_at_its_line(written, old, new, line, said):
    assert old in FILE
    with pytest.raises(ConfigError) as caught:
        load_calibration(written(FILE.replace(old, new)))
    problem = caught.value.problems[0]
    assert problem.line == line
    assert said in f"{problem.message}; {problem.hint}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("calibrated: true", "calibrated: false", "calibrated: true"),
        ("name: cells, arm: control, difference_from: none", "name: burden, arm: control", "twice"),
        ("duration: 1 h", "rules: {growth: off}", "default parameters"),
    ],
)
def test_what_cannot_be_calibrated_on_is_refused(written, old, new, said):
    path = written()
    one = path.with_name("one.yaml")
    assert old in ONE
    one.write_text(ONE.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        load_calibration(path)
    assert said in str(caught.value)


def test_a_parameter_that_the_presets_say_is_not_moved(written):
    with pytest.raises(ConfigError, match="counts in none"):
        load_calibration(written(FILE + "  cells.tumor.emt: {}\n"))  # quickstart's line says it


@pytest.mark.parametrize(
    ("low", "high", "value", "expected"),
    [
        (1.0, 3.0, 2.0, 0),
        (1.0, 3.0, 1.0, 0),
        (1.0, 3.0, 4.0, 1),
        (1.0, 3.0, -1.0, 2),
        (1.0, 3.0, 99.0, FARTHEST),
        (4.0, None, 2.0, 0.5),
        (None, 4.0, 6.0, 0.5),
        (None, 0.0, 2.0, 2),
        (1.0, 3.0, math.nan, FARTHEST),
    ],
)
def test_the_distance_of_a_level_counts_in_half_widths(low, high, value, expected):
    assert distance(Expectation(LEVEL, "a", Window(low, high)), value) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("low", "high", "value", "expected"),
    [
        (0.5, 2.0, 1.0, 0),
        (0.5, 2.0, 4.0, 1),
        (0.5, 2.0, 0.25, 1),
        (4.0, None, 2.0, 1),
        (None, 1.0, 4.0, 2),
        (0.0, 0.5, 1.0, 1),
        (0.5, 2.0, 0.0, FARTHEST),
        (0.5, 2.0, math.inf, FARTHEST),
    ],
)
def test_the_distance_of_a_ratio_is_logarithmic(low, high, value, expected):
    assert distance(Expectation(LEVEL, "a", Window(low, high), relative_to="b"), value) == pytest.approx(expected)


BURDEN, CELLS = (
    "V00: burden, control",
    "V00: cells, control - none",
)  # expected: 30 to 35 (the default rate gives less), 100 to 300


def line(values):
    """What stands for a simulation: two centres that follow from the parameters."""
    return {BURDEN: 100 * values["rules.phagocytosis.rate"], CELLS: values["cells.kupffer.density"]}


class Runs:
    """Evaluates by `line`, and notes which trials it was asked for; dies at the trial `dies_at`."""

    def __init__(self, dies_at=None):
        self.asked, self.dies_at = [], dies_at

    def __call__(self, fresh):
        self.asked += [number for number, _ in fresh]
        if self.dies_at in self.asked:
            raise KeyboardInterrupt
        return [(line(values), 1.0) for _, values in fresh]


@pytest.fixture
def calibration(written):
    return load_calibration(written())


def tried(trials):
    return [(trial.number, dict(trial.values), trial.loss) for trial in trials]


def test_the_search_begins_with_the_defaults_and_finds_the_window(calibration, tmp_path):
    trials = search(calibration, tmp_path, Runs(), 60, "x")
    first, found = trials[0], best(trials)
    assert len(trials) == 60
    assert first.values == {parameter.path: parameter.default for parameter in calibration.parameters}
    assert first.pulled == 0 and first.distances[BURDEN] > 1 and first.distances[CELLS] == 0
    assert found.distances == {BURDEN: 0, CELLS: 0}
    # the pull keeps what is not needed near its default
    assert 0.30 <= found.values["rules.phagocytosis.rate"] <= 0.35
    assert found.pulled == pytest.approx(calibration.file.pull * pull(calibration.parameters, found.values))


def test_the_same_seed_tries_the_same(calibration, tmp_path):
    one = search(calibration, tmp_path / "one", Runs(), 30, "x")
    other = search(calibration, tmp_path / "other", Runs(), 30, "x")
    assert tried(one) == tried(other)


def test_an_interrupted_search_goes_on_as_if_nothing_had_happened(calibration, tmp_path):
    whole = search(calibration, tmp_path / "whole", Runs(), 32, "x")
    with pytest.raises(KeyboardInterrupt):
        search(calibration, tmp_path / "killed", Runs(dies_at=21), 32, "x")
    again = Runs()
    assert tried(search(calibration, tmp_path / "killed", again, 32, "x")) == tried(whole)
    assert again.asked == list(range(20, 32))  # whole generations
    tables = [pq.read_table(tmp_path / folder / TRIALS) for folder in ("whole", "killed")]
    assert tables[0].equals(tables[1])


def test_a_longer_search_begins_with_the_shorter_one(calibration, tmp_path):
    whole = search(calibration, tmp_path / "whole", Runs(), 27, "x")
    search(calibration, tmp_path / "longer", Runs(), GENERATION * 4 + 2, "x")
    again = Runs()
    assert tried(search(calibration, tmp_path / "longer", again, 27, "x")) == tried(whole)
    assert again.asked == list(range(GENERATION * 4 + 2, 27))
    nothing = Runs()
    assert tried(search(calibration, tmp_path / "longer", nothing, 5, "x")) == tried(whole)
    assert nothing.asked == []


def test_the_record_of_another_calibration_is_not_continued(calibration, written, tmp_path):
    search(calibration, tmp_path, Runs(), 4, digest_of(calibration))
    other = load_calibration(written(FILE.replace("high: 0.5", "high: 0.4")))
    with pytest.raises(OtherCalibration, match="other experiments, replicates, parameters or code"):
        search(other, tmp_path, Runs(), 4, digest_of(other))


def test_trials_say_what_each_column_is(calibration, tmp_path):
    search(calibration, tmp_path, Runs(), 4, "x")
    table = pq.read_table(tmp_path / TRIALS)
    assert table.num_rows == 4
    assert table.schema.field("rules.phagocytosis.rate").metadata[b"unit"] == b"/h"
    assert {"trial", "loss", "pull", "seconds", BURDEN, f"{BURDEN} distance"} <= set(table.column_names)


def test_an_expectation_without_a_value_is_far_away_and_kept_as_such(calibration, tmp_path):
    def nothing(fresh):
        return [({BURDEN: math.nan, CELLS: 1.0}, 1.0) for _ in fresh]

    trials = search(calibration, tmp_path, nothing, 4, "x")
    assert trials[0].distances[BURDEN] == FARTHEST
    again = search(calibration, tmp_path, nothing, 4, "x")
    assert math.isnan(again[0].centres[BURDEN])


def test_the_report_sets_the_best_against_the_defaults(calibration, tmp_path):
    trials = search(calibration, tmp_path, Runs(), 40, "x")
    write_report(tmp_path, calibration, trials)
    found = best(trials)
    text = (tmp_path / "calibration.md").read_text()
    rate = next(line for line in text.splitlines() if line.startswith("| rules.phagocytosis.rate"))
    parameter, value = calibration.parameters[0], found.values["rules.phagocytosis.rate"]
    about = parameter.about
    for part in (
        f"{parameter.default:.4g} /h",
        f"{value:.4g} /h",
        f"{about.low} to {about.high}",
        about.mark,
        about.source,
    ):
        assert part in rate
    assert f"trial {found.number}" in text and f"| {BURDEN} | 30 to 35 cells |" in text
    # what is written as a config gives the same numbers
    config = load_config(tmp_path / "best.yaml")
    assert config.rules.phagocytosis.rate == found.values["rules.phagocytosis.rate"]
    assert config.cells.kupffer.density == found.values["cells.kupffer.density"]
