"""What levers do: ratios as a comparison gives them, ceilings, and what is said and drawn of them."""

import math
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from abm.batches.batch import run_batch
from abm.commands.levers import FIGURE, TABLE, TEXT, write_effects
from abm.comparison.outcome import Outcome
from abm.comparison.rows import compared
from abm.levers.drawing import levers_figure
from abm.levers.effects import Effect, Effects, Stage, ceiling_of, effects_of, in_words, remarks, text_of
from abm.levers.levers import CONTROL, Lever, Readout, experiment_of, levers_of
from abm.statistics import Estimate

from .test_levers import config

PULLED = ("perforin", "phagocytosis", "migration", "extravasation", "vegf")


def lever(name="tnf"):
    return Lever("molecule", name, f"molecule.{name}", {}, "host without it")


def stage(value, of="held", name="adherent"):
    return Stage(Readout(name, {}, of), Estimate(value, value, value, 8))


def effect(ratio, low, high, of="held"):
    return Effect(lever(), stage(0.5, of), Estimate(0.5, 0.4, 0.6, 8), Estimate(ratio, low, high, 8))


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """A little batch of a few levers: its folder, levers, readouts."""
    little = config("rules.arrival.per_area=400 /mm^2")
    levers = [each for each in levers_of(little) if each.name in PULLED]
    experiment, readouts = experiment_of(little, levers, [24.0, 48.0], 2)
    folder = tmp_path_factory.mktemp("levers") / "batch"
    run_batch(experiment, folder)
    return folder, levers, readouts


def test_a_perfect_lever_could_do_no_more_than_let_all_pass():
    assert stage(0.9).ceiling == pytest.approx(1 / 0.9)
    assert stage(0.25).ceiling == 4.0
    assert math.isnan(stage(12.0, of="").ceiling)
    assert (
        math.isnan(stage(0.0).ceiling) and ceiling_of(stage(0.0)) == "unknown"
    )  # of nobody who passed nothing follows
    assert ceiling_of(stage(0.25)) == "4.00 times"


@pytest.mark.parametrize(
    ("ratio", "low", "high", "sure", "moves"),
    [
        (0.5, 0.4, 0.6, True, True),
        (1.3, 1.2, 1.4, True, True),
        (1.3, 0.9, 1.8, False, False),
        (1.02, 1.01, 1.03, True, False),  # surely next to nothing
        (1.0, 1.0, 1.0, False, False),
        (math.nan, -math.inf, math.inf, False, False),
        (0.0, 0.0, 0.2, True, True),
    ],
)
def test_a_lever_moves_what_is_surely_and_noticeably_another(ratio, low, high, sure, moves):
    one = effect(ratio, low, high)
    assert (one.is_sure, one.moves) == (sure, moves)


def test_one_pair_of_runs_tells_nothing():
    one = Effect(lever(), stage(0.5), Estimate(0.5, 0.4, 0.6, 1), Estimate(0.5, 0.4, 0.6, 1))
    assert not one.is_sure and not one.moves


def test_levers_are_told_apart_by_what_they_move():
    rows = {
        "strong": effect(0.7, 0.6, 0.8, of=""),
        "other": effect(0.4, 0.3, 0.5),
        "little": effect(1.0, 0.9, 1.1),
        "unresolved": effect(0.64, 0.13, 3.1),
        "nothing": replace(effect(1.0, 0.8, 1.25), is_same=True),
        "of nothing": effect(math.nan, -math.inf, math.inf),
    }
    effects = Effects("made up", [stage(0.5)], [(lever(name), [each]) for name, each in rows.items()], 8, 40, 40, 0)
    names = [
        [each.name for each in found] for found in (effects.strong, effects.little, effects.same, effects.unresolved)
    ]
    assert names == [["strong"], ["little"], ["nothing"], ["unresolved", "of nothing"]]
    said = remarks(effects)
    assert said == [
        "Nodules or burden moved by a quarter or more: strong.",
        "Moved by 5 % or more in some other way: other.",
        "Surely little: every interval within 20 %: little.",
        "Nothing at all: every run as without: nothing.",
        "Not resolved, more runs would tell: unresolved, of nothing.",
        "4 comparisons could have come out otherwise; 2 of their intervals leave 1 out, and about 0 would by chance alone if no "
        "lever did anything.",
    ]
    some = " ".join(remarks(replace(effects, runs=30, failed=2, replicates=1)))
    assert "Only 30 of 40 runs are finished." in some and "2 of 30 runs failed" in some and "One pair of runs" in some
    nobody = remarks(replace(effects, stages=[stage(math.nan), stage(0.0, of="")]))
    assert nobody == ["Nothing happened in the control: no tumor cell arrived, so nothing can be told of any lever."]


def test_effects_in_words():
    assert in_words(effect(0.523, 0.44, 0.61)) == "0.523 (0.440 to 0.610)"
    assert in_words(effect(math.nan, -math.inf, math.inf)) == "–"
    assert in_words(replace(effect(1.0, 0.8, 1.25), is_same=True)) == "="


def test_the_effects_are_those_of_a_comparison(batch):
    folder, levers, readouts = batch
    outcome = Outcome.read(folder)
    effects = effects_of(outcome, levers, readouts)
    of_comparison = {(row.arm, row.measure.label): row for row in compared(outcome)}
    assert {each.name for each, _ in effects.rows} == set(PULLED)
    for each, of_lever in effects.rows:
        for one in of_lever:
            assert repr(one.ratio) == repr(
                of_comparison[each.arm, one.stage.readout.name].ratio
            )  # also where it is nan
    assert [one.estimate for one in effects.stages] == [
        of_comparison[CONTROL, readout.name].estimate for readout in readouts
    ]


def test_levers_move_the_stage_on_which_they_act(batch):
    folder, levers, readouts = batch
    effects = effects_of(Outcome.read(folder), levers, readouts)
    ratios = {each.name: {one.stage.readout.name: one.ratio.value for one in row} for each, row in effects.rows}
    assert ratios["extravasation"]["extravasated"] == 0.0  # without the rule nobody leaves the vessel
    assert ratios["phagocytosis"]["alive at 24 h"] > 1.2  # nobody is engulfed
    assert ratios["phagocytosis"]["burden at 2 d"] > 1.2
    assert ratios["extravasation"]["held"] == pytest.approx(1.0, abs=0.02)
    same = {each.name: [one.is_same for one in row] for each, row in effects.rows}
    assert all(same["vegf"]) and not any(same["phagocytosis"][1:3])  # nobody is hypoxic yet
    assert [each.name for each in effects.same] == ["vegf"]


def test_what_is_written_and_drawn(batch):
    folder, levers, readouts = batch
    effects = write_effects(folder, levers, readouts)
    table = pq.read_table(folder / TABLE)
    assert table.num_rows == len(PULLED) * len(readouts)
    assert all(field.metadata[b"description"] for field in table.schema)
    by_key = {(row["lever"], row["readout"]): row for row in table.to_pylist()}
    held = by_key["vegf", "held"]
    assert (held["ratio"], held["same"], held["moves"], held["pairs"]) == (1.0, True, False, 2) and held[
        "ceiling"
    ] == pytest.approx(1 / held["control"])
    text = (folder / TEXT).read_text()
    assert text == text_of(effects, FIGURE) and f"({FIGURE})" in text
    assert all(f"| {name} (" in text for name in PULLED) and "| held | " in text
    figure = levers_figure(effects)
    drawn = {each.get_text() for axes in figure.axes for each in axes.texts}
    labels = {each.get_text() for axes in figure.axes for each in axes.get_yticklabels()}
    assert labels == set(PULLED)
    assert {"without", "control has", "raise at most", "held", "of arrived", "nodules\nat 2 d", "="} <= drawn
    assert (folder / FIGURE).stat().st_size > 10_000


def test_nothing_to_compare_with_is_told(batch):
    folder, levers, readouts = batch
    outcome = Outcome.read(folder)
    outcome._arm[outcome._arm == CONTROL] = "another"
    with pytest.raises(ValueError, match="no run of the control is done"):
        effects_of(outcome, levers, readouts)
