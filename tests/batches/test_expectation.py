"""Verdicts on synthetic results: what holds, what fails, and what cannot be said yet."""

import math
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from abm.batches import expectation as published
from abm.batches.expectation import (
    FAILS,
    HOLDS,
    UNRESOLVED,
    Expectation,
    Simulated,
    Window,
    judge,
    more_replicates,
    overall,
    peak_estimate,
    read_expectation,
    simulate,
)
from abm.batches.loading import load_experiment
from abm.config import ConfigError
from abm.statistics import Estimate

COUNT = SimpleNamespace(label="nodules", unit="nodules", kind="count", is_series=False)
SHARE = SimpleNamespace(label="touching", unit="", kind="share", is_series=False)
LEVEL = SimpleNamespace(label="tnf", unit="", kind="level", is_series=False)


def results(**arms) -> pa.Table:
    """A batch's results: per arm a list of values of a level or count, or of (count, of) for a share."""
    rows = []
    for arm, values in arms.items():
        for replicate, value in enumerate(values, start=1):
            row = {"arm": arm, "replicate": replicate, "status": "failed" if value is None else "done"}
            if isinstance(value, tuple):
                count, of = value
                row |= {"touching": count / of if of else math.nan, "touching count": count, "touching of": of}
            else:
                row |= {"nodules": value, "tnf": value}
            rows.append(row)
    names = ("arm", "replicate", "status", "nodules", "tnf", "touching", "touching count", "touching of")
    kinds = (pa.string(), pa.int64(), pa.string(), *[pa.float64()] * 5)
    order = np.random.default_rng(1).permutation(len(rows))  # the order of the rows means nothing
    return pa.table(
        {name: pa.array([rows[i].get(name) for i in order], kind) for name, kind in zip(names, kinds, strict=True)}
    )


def verdict(expectation, value, low, high, more=False, events=None, n=20):
    simulated = Simulated(Estimate(value, low, high, n, None), events or {"treated": 100, "control": 100})
    return judge(expectation, simulated, more).word


def ratio(low, high):
    return Expectation(COUNT, "treated", Window(low, high), relative_to="control")


def level(low, high):
    return Expectation(LEVEL, "treated", Window(low, high))


# --- the rules of the verdict


@pytest.mark.parametrize(
    ("value", "low", "high", "word"),
    [
        (1.5, 1.3, 1.7, HOLDS),
        (1.5, 1.1, 1.7, HOLDS),  # the interval may leave the window, if the centre is inside
        (1.1, 0.9, 1.5, FAILS),  # overlap is not enough
        (2.0, 1.8, 2.2, FAILS),
        (1.5, 1.0, 2.0, UNRESOLVED),  # wider than the window, centre inside
        (1.0, 0.5, 1.5, UNRESOLVED),  # wider than the window, centre outside
        (5.0, 3.0, 9.0, FAILS),  # wide, but nowhere near
        (0.3, 0.1, 0.8, FAILS),  # as wide as the window, and below it
        (1.2, 1.2, 1.2, HOLDS),  # bounds are inside
    ],
)
def test_a_two_sided_window(value, low, high, word):
    assert verdict(level(1.2, 1.9), value, low, high) == word


@pytest.mark.parametrize(
    ("value", "low", "high", "word"),
    [
        (1.5, 1.1, 1.7, HOLDS),
        (1.1, 0.9, 1.4, FAILS),
        (1.1, 0.9, 1.5, UNRESOLVED),
        (2.0, 1.8, 2.2, FAILS),
        (1.5, 1.2, 1.91, UNRESOLVED),
        (1.5, 0.0, 1.6, UNRESOLVED),
        (5.0, 3.0, 9.0, FAILS),
        (0.3, 0.1, 0.8, FAILS),
    ],
)
def test_the_width_of_a_ratio_is_in_folds(value, low, high, word):
    """From 1.2 to 1.9 is 1.58-fold, as is from 0.95 to 1.5."""
    assert verdict(ratio(1.2, 1.9), value, low, high) == word


def test_a_ratio_down_to_zero_cannot_be_missed_by_width():
    assert verdict(ratio(0, 0.5), 0.2, 0.1, 0.9) == HOLDS


@pytest.mark.parametrize(
    ("value", "low", "high", "more", "word"),
    [
        (6.0, 5.1, 9.0, False, HOLDS),
        (6.0, 5.0, 900.0, True, HOLDS),  # only the near end counts
        (6.0, 4.9, 9.0, True, UNRESOLVED),
        (6.0, 4.9, 9.0, False, FAILS),
        (3.0, 2.0, 4.9, True, FAILS),  # no more replicates are spent on it
        (6.0, -math.inf, math.inf, False, UNRESOLVED),  # one run has no interval
        (math.nan, math.nan, math.nan, False, UNRESOLVED),
    ],
)
def test_a_one_sided_window(value, low, high, more, word):
    assert verdict(level(5, None), value, low, high, more) == word
    assert verdict(level(None, -5), -value, -high, -low, more) == word


def test_a_ratio_needs_ten_events_in_each_arm_or_with_one_bound_in_both_together():
    few = {"treated": 9, "control": 100}
    assert verdict(ratio(0.05, 0.30), 0.1, 0.08, 0.12, events=few) == UNRESOLVED
    assert verdict(ratio(0.05, 0.30), 0.1, 0.08, 0.12, events={"treated": 10, "control": 100}) == HOLDS
    assert verdict(ratio(5, None), 9.0, 8.0, 10.0, events={"treated": 100, "control": 9}) == HOLDS
    assert verdict(ratio(5, None), 9.0, 8.0, 10.0, events={"treated": 9, "control": 0}) == UNRESOLVED
    assert verdict(ratio(None, 0.5), 0.0, 0.0, 0.2, events={"treated": 0, "control": 40}) == HOLDS
    assert (
        verdict(ratio(5, None), 9.0, 8.0, 10.0, events={"treated": None, "control": None}) == HOLDS
    )  # levels count nothing
    assert verdict(level(0, 1), 0.1, 0.08, 0.12, events={"treated": 0}) == HOLDS  # not a ratio


def test_the_reason_says_what_is_missing():
    simulated = Simulated(Estimate(0.1, 0.0, 0.2, 20, 3), {"treated": 3, "control": 40})
    assert "only 3 in treated" in judge(ratio(0.05, 0.30), simulated, True).reason


def test_an_experiment_holds_when_all_its_expectations_do():
    assert overall([HOLDS, HOLDS]) == HOLDS
    assert overall([HOLDS, UNRESOLVED]) == UNRESOLVED
    assert overall([UNRESOLVED, FAILS, HOLDS]) == FAILS
    assert overall([]) == UNRESOLVED


def test_replicates_grow_to_their_limit():
    steps = [4]
    while steps[-1] < 20:
        steps.append(more_replicates(steps[-1], 20))
    assert steps == [4, 6, 9, 14, 20]
    assert more_replicates(1, 20) == 3
    assert more_replicates(5, 5) == 5


# --- from the rows of a batch to an outcome


def test_a_ratio_is_paired_by_replicate_and_counts_the_events_of_both_arms():
    rng = np.random.default_rng(2)
    treated = list(rng.poisson(10, 20).astype(float))
    control = [5 * value for value in treated]
    found = simulate(ratio(0.05, 0.3), results(treated=treated, control=control))
    assert found.estimate.value == pytest.approx(0.2)
    # paired: the replicates differ, their ratio does not
    assert found.estimate.high - found.estimate.low < 0.01
    assert found.events == {"treated": sum(treated), "control": sum(control)}


def test_failed_runs_leave_their_pair_out():
    found = simulate(ratio(0, 1), results(treated=[10.0, None, 30.0], control=[20.0, 1000.0, 60.0]))
    assert found.estimate.value == pytest.approx(0.5)
    assert found.estimate.n == 2


def test_many_against_none():
    found = simulate(ratio(5, None), results(treated=[30.0, 40.0, 20.0], control=[0.0, 0.0, 0.0]))
    assert found.estimate.value == math.inf
    assert 5 < found.estimate.low < 90
    assert judge(ratio(5, None), found, more=False).word == HOLDS
    assert judge(ratio(found.estimate.low * 1.01, None), found, more=True).word == UNRESOLVED
    assert judge(ratio(5, 200), found, more=False).word == UNRESOLVED  # whether it is below 200 is not known
    few = simulate(ratio(5, None), results(treated=[3.0, 4.0, 2.0], control=[0.0, 0.0, 0.0]))
    assert judge(ratio(5, None), few, more=False).word == UNRESOLVED
    difference = Expectation(COUNT, "treated", Window(5, None), difference_from="control")
    values = [30.0, 34.0, 28.0, 31.0, 29.0]
    assert judge(difference, simulate(difference, results(treated=values, control=[0.0] * 5)), more=False).word == HOLDS


def test_a_level_that_is_zero_in_the_other_arm_gives_no_ratio():
    expectation = Expectation(LEVEL, "treated", Window(2, None), relative_to="control")
    found = simulate(expectation, results(treated=[1.0, 2.0, 3.0], control=[0.0, 0.0, 0.0]))
    said = judge(expectation, found, more=False)
    assert said.word == UNRESOLVED
    assert "control" in said.reason


def test_shares_are_pooled_over_replicates():
    expectation = Expectation(SHARE, "control", Window(0.6, 0.85))
    found = simulate(expectation, results(control=[(75, 100), (0, 0), *[(37, 50)] * 8]))
    assert found.estimate.value == pytest.approx(371 / 500)
    assert found.events == {"control": 371}
    assert judge(expectation, found, more=False).word == HOLDS


def test_the_ratio_of_shares_is_that_of_the_pooled_shares():
    expectation = Expectation(SHARE, "treated", Window(0.4, 0.6), relative_to="control")
    # run by run the small ones would weigh as much as the large ones
    found = simulate(
        expectation, results(treated=[(40, 100), (1, 10), (44, 100)], control=[(80, 100), (8, 10), (88, 100)])
    )
    assert found.estimate.value == pytest.approx(85 / 176)
    assert found.events == {"treated": 85, "control": 176}


def test_without_runs_there_is_no_verdict():
    expectation = level(0, 1)
    found = simulate(expectation, results(treated=[None, None]))
    assert judge(expectation, found, more=False).word == UNRESOLVED


# --- peaks


def curve(peak, hours, rng=None, noise=0.0):
    values = np.exp(-(((hours - peak) / 4) ** 2))
    return values if rng is None else values + noise * rng.random(hours.size)


def test_the_peak_of_the_mean_curve():
    hours, rng = np.arange(0, 24.5, 0.5), np.random.default_rng(3)
    found = peak_estimate(hours, np.array([curve(peak, hours, rng, 0.02) for peak in rng.normal(7, 0.6, 12)]))
    assert found.value == pytest.approx(7, abs=0.5)
    assert 6 <= found.low <= found.value <= found.high <= 8
    assert found.n == 12


def test_a_peak_is_that_of_the_mean_not_the_mean_of_the_peaks():
    hours = np.arange(5.0)
    values = np.array([[0, 9, 0, 0, 0], [0, 8, 0, 0, 0], [0, 0, 0, 0, 1.0]])
    assert peak_estimate(hours, values).value == 1


def test_a_flat_curve_has_no_peak():
    hours = np.arange(5.0)
    found = peak_estimate(hours, np.zeros((4, 5)))
    assert math.isnan(found.value)
    expectation = Expectation(LEVEL, "treated", Window(6, 8), peak=True)
    assert judge(expectation, Simulated(found, {"treated": None}), more=False).word == FAILS
    assert judge(expectation, Simulated(found, {"treated": None}), more=True).word == UNRESOLVED


def test_peaks_read_the_series_of_their_arm():
    hours = np.arange(0, 24.5, 0.5)
    rows = [
        {"arm": arm, "replicate": replicate, "measure": "tnf", "time_h": hour, "value": value}
        for arm, peak in (("treated", 7), ("control", 15))
        for replicate in (1, 2, 3)
        for hour, value in zip(hours, curve(peak + 0.25 * (replicate - 2), hours), strict=True)
    ]
    series = pa.Table.from_pylist(rows[::-1])
    expectation = Expectation(LEVEL, "treated", Window(6, 8), peak=True)
    found = simulate(expectation, results(treated=[1.0]), series)
    assert found.estimate.value == 7
    assert judge(expectation, found, more=False).word == HOLDS


# --- reading


@pytest.fixture
def known_measures(monkeypatch):
    def read_request(entry, measures=None):
        if entry.get("measure") not in ("nodules", "tnf"):
            raise PydanticCustomError("measure", "there is no such measure")
        return SimpleNamespace(
            label=entry["measure"],
            unit="h" if entry["measure"] == "tnf" else "nodules",
            kind="count",
            is_series="every" in entry,
        )

    monkeypatch.setattr(published, "read_request", read_request)


@pytest.mark.usefixtures("known_measures")
def test_reading_an_expectation():
    read = read_expectation({"measure": "nodules", "arm": "a", "relative_to": "b", "between": ["5 %", 0.3], "why": "x"})
    assert (read.arm, read.relative_to, read.window, read.why, read.unit) == ("a", "b", Window(0.05, 0.3), "x", "")
    assert str(read) == "nodules, a / b"
    assert read_expectation({"measure": "nodules", "arm": "a", "between": [5, None]}).window == Window(5, None)
    assert read_expectation({"measure": "tnf", "arm": "a", "between": [None, "2 d"]}).window == Window(None, 48)
    peak = read_expectation({"measure": "tnf", "every": "30 min", "arm": "a", "peak_between": ["6 h", "8 h"]})
    assert peak.peak and peak.window == Window(6, 8)


@pytest.mark.usefixtures("known_measures")
@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, "one of between"),
        ({"between": [1, 2], "peak_between": ["1 h", "2 h"]}, "one of between"),
        ({"between": [2, 1]}, "below the high"),
        ({"between": [None, None]}, "at least one bound"),
        ({"between": [1]}, "two values"),
        ({"between": ["1 um", 2]}, "dimension"),
        ({"between": [1, 2], "relative_to": "a"}, "compared with itself"),
        ({"between": [1, 2], "relative_to": "b", "difference_from": "c"}, "not both"),
        ({"peak_between": ["6 h", "8 h"]}, "series"),
        ({"peak_between": [6, 8]}, "unit is missing"),
        ({"peak_between": ["6 h", "8 h"], "relative_to": "b", "every": "1 h"}, "one arm"),
        ({"measure": "modules", "between": [1, 2]}, "no such measure"),
    ],
)
def test_what_makes_no_sense_is_refused(entry, said):
    with pytest.raises((ValidationError, PydanticCustomError), match=said):
        read_expectation({"measure": "tnf" if "1 um" in str(entry) else "nodules", "arm": "a", **entry})


# --- what a file may not say

FILE = """\
base:
  extends: quickstart.yaml
  line: mc38
arms:
  control: {}
  treated:
    interventions: [{deplete: kupffer, fraction: 0.95, start: -2 d}]
published: {id: V00, source: Nobody 2000, finding: nothing}
expect:
  - {measure: tumor_cells, arm: treated, relative_to: control, between: [1.2, null]}
"""


def load(tmp_path, text, **others):
    for name, other in others.items():
        (tmp_path / f"{name}.yaml").write_text(other)
    path = tmp_path / "published.yaml"
    path.write_text(text)
    return load_experiment(path, published=True)


def test_the_system_may_differ(tmp_path):
    text = FILE.replace(
        "line: mc38",
        """\
host: rat
  line: cx1
  duration: 2 d
  tissue: {width: 1 mm, portal_central_distance: 400 um}
  record: {timeseries: 2 h}
  rules: {arrival: {per_area: null, per_liver: 1e6, enrichment: 3, doses: [{start: 1 h}]}}""",
    )
    text = text.replace("control: {}", "control: {line: ht29, host: nude, rules: {arrival: off}}")
    assert load(tmp_path, text).arms == ("control", "treated")


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ("line: mc38", "rules: {phagocytosis: {rate: 0.2 /h}}", 3, "base.rules.phagocytosis.rate"),
        ("line: mc38", "rules: {phagocytosis: off}", 3, "base.rules.phagocytosis"),
        ("line: mc38", "rules: {platelet_cloak: {half_life: 4 h}}", 3, "base.rules.platelet_cloak.half_life"),
        ("line: mc38", "cells: {kupffer: {density: 200 /mm^2}}", 3, "base.cells.kupffer.density"),
        ("line: mc38", "fields: {oxygen: {capacity: 3}}", 3, "base.fields.oxygen.capacity"),
        (
            "control: {}",
            "control: {rules: {phagocytosis: {rate: 0.1 /h}}}",
            5,
            "arms.control.rules.phagocytosis.rate",
        ),  # even the default
    ],
)
def test_parameters_of_its_own_are_refused(tmp_path, old, new, line, key):
    assert old in FILE
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, FILE.replace(old, new))
    problem = next(problem for problem in caught.value.problems if problem.path == key)
    assert problem.line == line
    assert "default parameters" in problem.message and "line, host" in problem.hint


def test_the_shipped_lesion_is_a_system_as_it_stands(tmp_path):
    lesion = FILE.replace("quickstart.yaml", "lesion.yaml").replace("line: mc38", "duration: 7 d")
    assert load(tmp_path, lesion).arms == ("control", "treated")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, lesion.replace("duration: 7 d", "rules: {growth: {push_depth: 7}}"))
    assert [problem.path for problem in caught.value.problems] == ["base.rules.growth.push_depth"]


def test_a_base_from_elsewhere_is_looked_into(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load(
            tmp_path,
            FILE.replace("quickstart.yaml", "mine.yaml"),
            mine="extends: quickstart.yaml\nrules:\n  growth: off\n",
        )
    (problem,) = caught.value.problems
    assert problem.file.endswith("mine.yaml") and problem.line == 3 and problem.path == "rules.growth"


def test_presets_of_ones_own_describe_cells_and_animal_only(tmp_path):
    text = FILE.replace("line: mc38", "line: mine.yaml")
    assert load(tmp_path, text, mine="cells: {tumor: {emt: 0.2}}").arms
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, mine="cells: {tumor: {emt: 0.2}}\nrules: {growth: off}")
    assert [problem.path for problem in caught.value.problems] == ["rules.growth"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("published:", "the block `published` is missing"),
        ("expect:", "not said what is expected"),
    ],
)
def test_what_must_be_said(tmp_path, line, said):
    lines = [
        text
        for text in FILE.splitlines()
        if not text.startswith(line) and not (line == "expect:" and text.startswith("  - "))
    ]
    with pytest.raises(ConfigError, match=said):
        load(tmp_path, "\n".join(lines))


def test_a_published_experiment_with_a_sweep_is_one_cohort(tmp_path):
    with pytest.raises(ConfigError, match="with a sweep is one cohort, and has no arms"):
        load(tmp_path, FILE + "sweep: {parameters: {duration: [1 d, 2 d]}}\n")


def test_other_defaults_count_where_nothing_else_is_written(tmp_path):
    path = tmp_path / "published.yaml"
    path.write_text(FILE.replace("line: mc38", "line: mine.yaml"))
    (tmp_path / "mine.yaml").write_text("cells: {tumor: {emt: 0.2}}")
    other = {"cells.tumor.emt": 0.9, "cells.tumor.cd47": 2.5, "rules.phagocytosis.rate": "0.3 /h"}
    experiment = load_experiment(path, published=True, defaults=other)
    for config in experiment.configs.values():
        assert config.cells.tumor.emt == 0.2  # the preset's
        assert config.cells.tumor.cd47 == 2.5
        assert config.rules.phagocytosis.rate == 0.3
