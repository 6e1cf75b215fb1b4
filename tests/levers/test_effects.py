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
from abm.levers.effects import Effect, Effects, Stage, effects_of, remarks, text_of
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
    assert stage(0.0).ceiling == math.inf
    assert math.isnan(stage(12.0, of="").ceiling)


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


def test_levers_are_called_strong_or_dead_by_what_they_move():
    nothing, share = effect(1.0, 0.9, 1.1), effect(0.4, 0.3, 0.5)
    little, much = effect(0.9, 0.85, 0.95, of=""), effect(0.7, 0.6, 0.8, of="")
    rows = [(lever(name), [each]) for name, each in zip("abcd", (nothing, share, little, much), strict=True)]
    effects = Effects("made up", [stage(0.5)], rows, 8, 40, 40, 0)
    assert [each.name for each in effects.dead] == ["a"]
    assert [each.name for each in effects.strong] == ["d"]
    assert effects.by_chance == pytest.approx(0.2)
    said = " ".join(remarks(effects))
    assert "1 of 4 levers move nodules or burden by a quarter or more: d." in said and "beyond chance: a." in said
    some = " ".join(remarks(replace(effects, runs=30, failed=2)))
    assert "Only 30 of 40 runs are finished." in some and "2 of 30 runs failed" in some


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
    assert ratios["vegf"]["held"] == 1.0  # the same to the byte, as nobody is hypoxic yet


def test_what_is_written_and_drawn(batch):
    folder, levers, readouts = batch
    effects = write_effects(folder, levers, readouts)
    table = pq.read_table(folder / TABLE)
    assert table.num_rows == len(PULLED) * len(readouts)
    assert all(field.metadata[b"description"] for field in table.schema)
    by_key = {(row["lever"], row["readout"]): row for row in table.to_pylist()}
    held = by_key["vegf", "held"]
    assert (held["ratio"], held["moves"]) == (1.0, False) and held["ceiling"] == pytest.approx(1 / held["control"])
    text = (folder / TEXT).read_text()
    assert text == text_of(effects, FIGURE) and f"({FIGURE})" in text
    assert all(f"| {name} (" in text for name in PULLED) and "| held | " in text
    figure = levers_figure(effects)
    drawn = {each.get_text() for axes in figure.axes for each in axes.texts}
    labels = {each.get_text() for axes in figure.axes for each in axes.get_yticklabels()}
    assert labels == set(PULLED)
    assert {"without", "control has", "ceiling", "held", "nodules\nat 2 d"} <= drawn
    assert (folder / FIGURE).stat().st_size > 10_000


def test_nothing_to_compare_with_is_told(batch):
    folder, levers, readouts = batch
    outcome = Outcome.read(folder)
    outcome._arm[outcome._arm == CONTROL] = "another"
    with pytest.raises(ValueError, match="no run of the control is done"):
        effects_of(outcome, levers, readouts)
