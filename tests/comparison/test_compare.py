"""Batches with a known truth, compared: numbers, sentences, figures, and what is said of a folder that cannot be."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from SALib.sample import morris as morris_design
from SALib.sample import sobol as sobol_design

from abm.batches.loading import load_experiment
from abm.cli import status_of
from abm.comparison import drawing
from abm.comparison.compare import compare
from abm.comparison.drawing import _binned as binned
from abm.comparison.drawing import _run_panels as run_panels
from abm.comparison.drawing import _series_panels as series_panels
from abm.comparison.figures import times
from abm.comparison.outcome import Outcome
from abm.comparison.rows import compared
from abm.comparison.text import ratio_sentence
from abm.config.shipped import shipped_configs
from abm.statistics import Estimate, Sample, ratio_estimate
from abm.view.style import new_figure

from ..batches.made_up_batch import ENGULFED, NODULES, OXYGEN, write_batch

RATE, KILLING = "rules.phagocytosis.rate", "rules.nk_killing.rate"


@pytest.fixture(scope="module")
def arms(tmp_path_factory):
    return write_batch(tmp_path_factory.mktemp("arms") / "batch", failed={("no_kupffer", 0, 3)}, tables=True)


@pytest.fixture(scope="module")
def found(arms):
    return compare(arms)


def table_of_text(text):
    """The first table of comparison.md: its heads, and its lines."""
    lines = [line.strip("| ").split(" | ") for line in text.split("\n## ")[2].split("\n") if line.startswith("| ")]
    return lines[0], lines[2:]


def row_of(folder, measure, arm, point=0):
    table = pq.read_table(folder / "comparison.parquet")
    return next(row for row in table.to_pylist() if (row["measure"], row["arm"], row["point"]) == (measure, arm, point))


def test_table_has_the_statistics_of_the_results(arms, found):
    results = pq.read_table(arms / "results.parquet").to_pandas().set_index(["arm", "replicate"])
    treated, control = (results.loc[arm][NODULES].to_numpy() for arm in ("no_kupffer", "control"))
    expected = ratio_estimate(Sample(treated, "count"), Sample(control, "count"))
    row = row_of(arms, NODULES, "no_kupffer")
    assert (row["ratio"], row["ratio_low"], row["ratio_high"]) == (expected.value, expected.low, expected.high)
    assert row["ratio_low"] < 3 < row["ratio_high"]  # as it was made
    assert (row["replicates"], row["pairs"], row["events"]) == (11, 11, np.nansum(treated))
    assert row["mean"] == pytest.approx(np.nanmean(treated))
    share = row_of(arms, ENGULFED, "anti_e_selectin")
    counted = results.loc["anti_e_selectin"]
    assert share["mean"] == counted[f"{ENGULFED} count"].sum() / counted[f"{ENGULFED} of"].sum()
    assert share["of"] == counted[f"{ENGULFED} of"].sum()
    control_row = row_of(arms, OXYGEN, "control")
    assert control_row["ratio"] is None and control_row["events"] is None and control_row["unit"] == "mmHg"
    assert (
        pq.read_schema(arms / "comparison.parquet").field("ratio_low").metadata[b"description"].startswith(b"lower end")
    )


def test_replicates_needed_where_the_ratio_is_wide(arms):
    rows = {(row.measure.label, row.arm): row for row in compared(Outcome.read(arms))}
    wide, narrow = rows[NODULES, "anti_e_selectin"], rows[OXYGEN, "no_kupffer"]
    assert wide.wide and wide.needed > 12
    assert not narrow.wide and narrow.needed is None
    assert narrow.differs and narrow.effect < -1


def test_text_says_it_in_sentences(arms, found):
    text = (arms / "comparison.md").read_text()
    assert text.startswith("# Made-up arms: comparison\n")
    assert "36 runs: 3 arms (control, no_kupffer, anti_e_selectin) × 12 replicates." in text
    assert "**1 failed and is left out**" in text
    remark, first, second = found.headlines[:3]
    apart = sum(row.differs for row in found.rows)
    assert remark.startswith(
        f"6 comparisons; {apart} of their 95 % intervals leave 1 out. If nothing differed, about 0.3"
    )
    assert first.startswith(f"`{NODULES}`, anti_e_selectin: **") and "% less** than control (ratio 0." in first
    assert "times** control" in second and "from 11 of 12 pairs of runs" in second
    assert f"## In short\n\n{remark}\n\n- {first}\n" in text and text.index(first) < text.index(f"## `{NODULES}`")
    table = [line for line in text.split("\n") if line.startswith("| ")]
    assert len({line.count("|") for line in table[:5]}) == 1
    assert all(f"![{about}]({path.name})" in text for path, about in ((arms / "ratios.png", "ratios to control"),))
    for path in found.written:
        assert path.exists() and (path.suffix != ".png" or path.name in text)


def test_figures_of_arms(found):
    names = {path.name for path in found.written}
    assert names == {"comparison.md", "comparison.parquet", "ratios.png", "timecourses.png", "cascades.png"}


def test_the_same_again_and_elsewhere(arms, found, tmp_path):
    before = {path.name: path.stat().st_mtime_ns for path in arms.iterdir()}
    compare(arms, output=tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (arms / path.name).read_bytes(), path.name
    assert before == {path.name: path.stat().st_mtime_ns for path in arms.iterdir()}


def asked_for(folder, *lines):
    """The batch as if its first measures had been asked for like this."""
    written = yaml.safe_load((folder / "experiment.yaml").read_text())
    others = [{"measure": "share"}, {"measure": "oxygen"}]
    (folder / "experiment.yaml").write_text(
        yaml.safe_dump(written | {"measures": [*lines, *others][:3]}, sort_keys=False)
    )
    return Outcome.read(folder)


def test_a_series_is_named_after_what_is_measured(tmp_path):
    folder = write_batch(tmp_path / "batch", replicates=3)
    line = {"measure": "nodules", "min_cells": 10, "every": "12 h", "take": "last", "name": NODULES}
    (panel,) = series_panels(asked_for(folder, line), 0, [])
    assert panel.title == "nodules(min_cells=10, every=12 h)"
    (folder / "experiment.yaml").unlink()
    assert series_panels(Outcome.read(folder), 0, [])[0].title == NODULES


def test_the_same_series_is_drawn_once(tmp_path):
    folder = write_batch(tmp_path / "batch", replicates=3, tables=True)
    of_runs = run_panels(Outcome.read(folder), 0)
    everyone = {"measure": "tumor_cells", "every": "12 h", "take": "last", "name": NODULES}
    assert [len(series_panels(asked_for(folder, everyone), 0, panels)) for panels in ([], of_runs)] == [1, 0]
    some = everyone | {"zone": 1}  # these the runs' tables do not have
    assert len(series_panels(asked_for(folder, some), 0, of_runs)) == 1
    table = pq.read_table(folder / "series.parquet")
    fine = table.to_pandas().assign(measure=ENGULFED)
    coarse = table.to_pandas().query("time_h % 24 == 0")
    both = pa.Table.from_pandas(pd.concat([coarse, fine]), table.schema, preserve_index=False)
    pq.write_table(both.replace_schema_metadata(table.schema.metadata), folder / "series.parquet")
    again = {"measure": "tumor_cells", "zone": 1, "every": "12 h", "take": "peak", "name": ENGULFED}
    (panel,) = series_panels(asked_for(folder, some, again), 0, of_runs)
    assert np.diff(panel.courses[0].hours).max() == 12.0


@pytest.mark.parametrize(("replicates", "alone"), [(3, True), (4, False)])
def test_few_replicates_have_no_band(tmp_path, replicates, alone):
    outcome = Outcome.read(write_batch(tmp_path / "batch", replicates=replicates))
    (panel,) = series_panels(outcome, 0, [])
    assert all((course.runs is not None) == alone for course in panel.courses)
    assert not alone or panel.courses[0].runs.shape == (3, 29)


def test_doses_of_one_run_or_equal_runs_have_no_band():
    x = np.array([1.0, 1.0, 2.0, 2.0, 3.0])
    middle, mean, low, high = binned(x, np.array([4.0, 4.0, 5.0, 6.0, 7.0]))
    assert middle.tolist() == [1.0, 2.0, 3.0] and mean.tolist() == [4.0, 5.5, 7.0]
    assert np.isnan(low[[0, 2]]).all() and np.isnan(high[[0, 2]]).all() and low[1] < 5 < 6 < high[1]


def test_without_kept_runs_the_cascade_is_missed(tmp_path):
    folder = write_batch(tmp_path / "batch", replicates=4)
    names = {path.name for path in compare(folder).written}
    assert "cascades.png" not in names and "timecourses.png" in names
    assert "--keep tables" in (folder / "comparison.md").read_text()


def test_a_ratio_says_on_how_many_pairs_it_rests(tmp_path):
    failed = {("no_kupffer", 0, 1), ("no_kupffer", 0, 2), ("anti_e_selectin", 0, 4)}
    folder = write_batch(tmp_path / "batch", replicates=4, failed={*failed, ("control", 0, 3)})
    compare(folder)
    text = (folder / "comparison.md").read_text()
    row = row_of(folder, NODULES, "no_kupffer")
    assert (row["replicates"], row["pairs"]) == (2, 1)
    assert (
        f"(ratio {times(row['ratio'])}, {times(row['ratio_low'])} to {times(row['ratio_high'])}; from 1 of 4 pairs"
        in text
    )
    heads, (_, line, _) = table_of_text(text)
    assert line[heads.index("pairs")] == "1" and line[heads.index("replicates")] == "2"
    assert "it is not the quotient of the two means" in text


def test_no_pairs_are_mentioned_where_no_run_failed(tmp_path):
    compare(write_batch(tmp_path / "batch", replicates=4))
    text = (tmp_path / "batch" / "comparison.md").read_text()
    assert "| pairs |" not in text and "pairs of runs" not in text and "quotient" not in text


def test_one_run_has_no_interval(tmp_path):
    folder = write_batch(tmp_path / "batch", arms=("control", "no_kupffer"), replicates=1)
    compare(folder)
    text = (folder / "comparison.md").read_text()
    assert text.count("no interval from one run") == 4  # the means of oxygen, and their ratio, twice
    assert "0 or more" not in text and "unknown to" not in text


def test_one_run_alone(tmp_path):
    compare(write_batch(tmp_path / "batch", arms=("control",), replicates=1))
    assert "\n1 run: 1 arm (control) × 1 replicate." in (tmp_path / "batch" / "comparison.md").read_text()


def test_another_control(arms):
    outcome = Outcome.read(arms, control="no_kupffer")
    assert outcome.arms[0] == "no_kupffer"
    ratios = {(row.measure.label, row.arm): row.ratio for row in compared(outcome)}
    assert ratios[NODULES, "control"].value == pytest.approx(1 / 3, rel=0.3)
    assert ratios[NODULES, "no_kupffer"] is None
    with pytest.raises(ValueError, match=r"no arm 'nothing'; there are: control, no_kupffer"):
        Outcome.read(arms, control="nothing")


def test_one_arm_alone(tmp_path):
    folder = write_batch(tmp_path / "batch", arms=("control",), replicates=3)
    found = compare(folder)
    assert not found.headlines and "nothing is compared" in (folder / "comparison.md").read_text()
    assert "ratio to" not in (folder / "comparison.md").read_text()


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (Estimate(0.24, 0.13, 0.37, 12, 20), "**76 % less** than control (ratio 0.240, 0.130 to 0.370)"),
        (Estimate(3.5, 2.9, 4.3, 12, 20), "**3.5 times** control (ratio 3.50, 2.90 to 4.30)"),
        (Estimate(1.35, 1.1, 1.6, 12, 20), "**35 % more** than control (ratio 1.35, 1.10 to 1.60)"),
        (Estimate(1.41, 1.019, 1.93, 12, 20), "**41 % more** than control (ratio 1.41, 1.02 to 1.93)"),
        (Estimate(1.0, 0.93, 1.04, 12, None), "as control, to within 7 % (ratio 1.00, 0.930 to 1.04)"),
        (
            Estimate(0.0, 0.0, math.inf, 1, 0),
            "no difference from control can be told (ratio 0, no interval from one run; "
            "about 90 replicates would tell it to ±20 %)",
        ),
        (
            Estimate(1.2, 0.5, 2.4, 12, 20),
            "no difference from control can be told (ratio 1.20, 0.500 to 2.40; "
            "about 90 replicates would tell it to ±20 %)",
        ),
        (Estimate(0.0, 0.0, 0.3, 12, 0), "**none**, against 8.00 in control (ratio at most 0.300)"),
        (Estimate(math.inf, 1.7, math.inf, 12, 0), "seen here, but never in control (at least 1.70 times)"),
        (Estimate(math.nan, 0.0, math.inf, 12, 0), "none here, and none in control"),
        (Estimate(math.nan, -math.inf, math.inf, 0), "no pair of runs gave a value"),
    ],
)
def test_ratios_in_words(ratio, words):
    assert ratio_sentence("control", ratio, 90, Estimate(8.0, 6.0, 10.0, 12, 96)) == words
    assert [times(one) for one in (0.998, 0.9996, 1.0004, 1.0, 1 + 1e-9)] == [
        "0.998",
        "0.9996",
        "1.0004",
        "1.00",
        "1.00",
    ]
    assert [times(one) for one in (0.0, 0.0123, 0.79, 2.4, 99.96, 123.4, 1234.0)] == [
        "0",
        "0.0123",
        "0.790",
        "2.40",
        "100",
        "123",
        "1,230",
    ]


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (Estimate(0.24, 0.13, 0.37, 4, 20), "**76 % less** than at 0.05 /h (ratio 0.240, 0.130 to 0.370)"),
        (Estimate(3.5, 2.9, 4.3, 4, 20), "**3.5 times** that at 0.05 /h (ratio 3.50, 2.90 to 4.30)"),
        (Estimate(1.0, 0.93, 1.04, 4, None), "as at 0.05 /h, to within 7 % (ratio 1.00, 0.930 to 1.04)"),
        (
            Estimate(1.2, 0.5, 2.4, 2, 20),
            "no difference from that at 0.05 /h can be told (ratio 1.20, 0.500 to 2.40; from 2 of 4 pairs of runs)",
        ),
        (Estimate(0.0, 0.0, 0.3, 4, 0), "**none**, against 8.00 at 0.05 /h (ratio at most 0.300)"),
        (Estimate(math.inf, 1.7, math.inf, 4, 0), "seen here, but never at 0.05 /h (at least 1.70 times)"),
        (Estimate(math.nan, 0.0, math.inf, 4, 0), "none here, and none at 0.05 /h"),
        (Estimate(math.nan, 0.0, math.inf, 4, None), "nothing to compare: that at 0.05 /h is 0"),
    ],
)
def test_values_of_a_parameter_in_words(ratio, words):
    assert ratio_sentence("0.05 /h", ratio, None, Estimate(8.0, 6.0, 10.0, 12, 96), 4, at=True) == words


# --- sweeps -----------------------------------------------------------------------------------------------------------


def test_grid(tmp_path):
    folder = write_batch(
        tmp_path / "batch",
        arms=("control", "no_kupffer"),
        replicates=6,
        sweep={"method": "grid"},
        settings=[{RATE: rate, "line": line} for rate in (0.1, 0.2, 0.4) for line in ("mc38", "cx1")],
        response=lambda setting: 0.1 / setting[RATE],
    )
    found = compare(folder)
    assert {"dose_response.png", "dose_ratio.png"} < {path.name for path in found.written}
    falls = next(line for line in found.headlines if "from 0.1 /h to 0.4 /h, no_kupffer" in line)
    assert falls.startswith(f"`{NODULES}`, phagocytosis.rate") and "% less** than at 0.1 /h" in falls
    assert next(line for line in found.headlines if line.startswith(f"`{NODULES}`, line from mc38 to cx1, control"))
    table = pq.read_table(folder / "comparison.parquet")
    assert (
        table[RATE].to_pylist()[::2][:6] == [0.1, 0.1, 0.2, 0.2, 0.4, 0.4]
        and table.schema.field(RATE).metadata[b"unit"] == b"/h"
    )
    text = (folder / "comparison.md").read_text()
    assert "6 points of a grid over `rules.phagocytosis.rate`, `line`" in text
    assert "| phagocytosis.rate (/h) | line | arm |" in text and "| 0.4 | cx1 | no_kupffer |" in text


def design(points):
    return [dict(zip((RATE, KILLING), map(float, point), strict=True)) for point in points]


PROBLEM = {"num_vars": 2, "names": [RATE, KILLING], "bounds": [[0.05, 0.5]] * 2}


def test_sobol(tmp_path):
    folder = write_batch(
        tmp_path / "batch",
        arms=("control",),
        replicates=2,
        sweep={"method": "sobol"},
        settings=design(sobol_design.sample(PROBLEM, 32, calc_second_order=False, seed=1)),
        response=lambda setting: 4 * setting[RATE] + 0.1,
        failed={("control", 9, 1), ("control", 9, 2)},
    )
    found = compare(folder)
    assert {"dose_response.png", "sensitivity.png"} < {path.name for path in found.written}
    assert "its variance is due to phagocytosis.rate (total" in found.headlines[0]
    text = (folder / "comparison.md").read_text()
    assert "from 31 blocks (1 left out, because a run of theirs failed)" in text
    assert "chance between replicates" in text and "| arm | points | lowest |" in text


def test_morris_in_two_arms(tmp_path):
    folder = write_batch(
        tmp_path / "batch",
        arms=("control", "no_kupffer"),
        replicates=1,
        sweep={"method": "morris", "levels": 4},
        settings=design(morris_design.sample(PROBLEM, 12, num_levels=4, seed=1)),
        response=lambda setting: 4 * setting[RATE] + 0.1,
    )
    found = compare(folder)
    assert found.headlines[0].startswith(f"`{NODULES}`, control: moved most by")
    assert all(
        line.split("moved most by ")[1].startswith("phagocytosis.rate (µ* ")
        for line in found.headlines
        if "oxygen" in line
    )
    assert sum("no_kupffer" in line for line in found.headlines) == 3


def test_morris_without_chance_has_no_interval(tmp_path):
    folder = write_batch(
        tmp_path / "batch",
        arms=("control",),
        replicates=1,
        sweep={"method": "morris", "levels": 4},
        settings=design(morris_design.sample(PROBLEM, 4, num_levels=4, seed=1)),
    )
    table = pq.read_table(folder / "results.parquet")
    exact = pa.array([15.0 * rate for rate in table[RATE].to_pylist()])
    pq.write_table(
        table.set_column(table.schema.names.index(NODULES), table.schema.field(NODULES), exact),
        folder / "results.parquet",
    )
    first = compare(folder).headlines[0]
    assert "phagocytosis.rate (µ* 6.75, interval unknown)" in first
    assert "| phagocytosis.rate | 6.75 | interval unknown |" in (folder / "comparison.md").read_text()


def test_latin_hypercube(tmp_path):
    points = np.random.default_rng(4).uniform(0.05, 0.5, (40, 2))
    folder = write_batch(
        tmp_path / "batch",
        arms=("control",),
        replicates=1,
        sweep={"method": "latin_hypercube"},
        settings=design(points),
        response=lambda setting: 0.1 / setting[RATE],
    )
    found = compare(folder)
    assert found.headlines[0].startswith("6 comparisons; ") and "leave 0 out" in found.headlines[0]
    assert "falls with phagocytosis.rate (rank correlation −0." in found.headlines[1]
    assert [path.suffix for path in found.written if path.name.startswith("dose")] == [".png"]


def test_a_sweep_whose_runs_are_not_all_there(tmp_path):
    folder = write_batch(
        tmp_path / "batch",
        arms=("control",),
        replicates=2,
        sweep={"method": "sobol"},
        settings=design(sobol_design.sample(PROBLEM, 4, calc_second_order=False, seed=1)),
    )
    table = pq.read_table(folder / "results.parquet")
    pq.write_table(table.slice(0, 29), folder / "results.parquet")
    compare(folder)
    text = (folder / "comparison.md").read_text()
    assert "**Only 29 of them are finished**" in text and "No sensitivity indices" in text


# --- the command ------------------------------------------------------------------------------------------------------


def test_command(tmp_path, capsys):
    folder = write_batch(tmp_path / "batch", replicates=4, failed={("no_kupffer", 0, 3)})
    assert status_of(["compare", str(folder), "-o", str(tmp_path / "elsewhere")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("6 comparisons; ") and f"\n{NODULES}, " in said and "*" not in said
    assert "1 of 12 runs failed" in said and f"Wrote {tmp_path / 'elsewhere' / 'comparison.md'}" in said


def test_command_refuses_other_folders(tmp_path, arms, capsys):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text("{}")
    for folder, words in ((tmp_path, "not the folder of a batch"), (tmp_path / "run", "the folder of one run")):
        assert status_of(["compare", str(folder)]) == 2
        assert words in capsys.readouterr().err
    assert status_of(["compare", str(arms), "--control", "nothing"]) == 2
    assert "there is no arm 'nothing'" in capsys.readouterr().err


def test_command_without_finished_runs(tmp_path, capsys):
    folder = write_batch(
        tmp_path / "batch", arms=("control",), replicates=2, failed={("control", 0, 1), ("control", 0, 2)}
    )
    assert status_of(["compare", str(folder)]) == 2
    assert "all 2 runs" in capsys.readouterr().err
    pq.write_table(pq.read_table(folder / "results.parquet").slice(0, 0), folder / "results.parquet")
    assert status_of(["compare", str(folder)]) == 2
    assert "no run of the batch" in capsys.readouterr().err


def test_movie_of_a_batch_needs_kept_runs(arms, capsys):
    for arguments, words in (
        ([], "keep them with: crlm batch EXPERIMENT --keep all"),
        (["--arms", "control,nobody"], "there is no arm 'nobody'"),
        (["--replicate", "99"], "there is no replicate 99 of control"),
        (["--point", "5"], "there is no point 5"),
        (["--replicate", "3", "--arms", "no_kupffer"], "replicate 3 of no_kupffer failed"),
    ):
        assert status_of(["movie", str(arms), *arguments]) == 2
        assert words in capsys.readouterr().err


def test_shipped_experiment_can_be_compared():
    experiment = load_experiment(shipped_configs() / "experiments" / "who_stops_them.yaml")
    assert experiment.arms == ("control", "no_kupffer", "no_nk") and len(experiment.runs()) == 24
    assert {request.kind for request in experiment.measures} == {"count", "share"}


def test_measures_whose_names_differ_only_in_signs_have_a_figure_each(tmp_path, monkeypatch):
    class Column:
        def __init__(self, label):
            self.label = label

    monkeypatch.setattr(drawing, "MOST_PANELS", 0)
    monkeypatch.setattr(drawing, "doses_figure", lambda *_: new_figure(1, 1))
    outcome = SimpleNamespace(sweep="grid", parameters=[], arms=["control"], name="")
    drawn = drawing.DrawnFigures()
    drawing._write_doses(
        outcome, {Column(label): [1] for label in ("a-b", "a b", "c")}, "dose", ["control"], "", drawn, tmp_path
    )
    assert [path.name for path in drawn.figures] == ["dose_a_b.png", "dose_a_b_2.png", "dose_c.png"]
