"""Phagocytosis: the hazard of a touching cell, the appetite of the eater, and its digestion."""

import numpy as np
import pytest

from abm.cells import KupfferCell
from abm.cells.kupffer import ENGULFING, REPROGRAMMED, RESTING, TNF_SECRETING
from abm.kernels.random import hash64, uniform
from abm.kernels.tables import as_rows
from abm.ledger import event
from abm.rules.phagocytosis import digest, palatability
from abm.tissue.sites import LUMEN, TISSUE
from tests.worlds import (
    again,
    assert_chance,
    assert_sound,
    changed,
    compiled_only,
    ending,
    liver,
    put,
    run_rule,
    sinusoids,
    state_of,
    without,
)

RATE = {
    "rate": "0.1 /h",
    "handling_time": "4 h",
    "capacity": 2,
    "through_wall": 0.5,
    "cd47_weight": 4,
    "cd24_weight": 0.5,
    "pdl1_weight": 0.5,
}


def eaters(step="5 min", parameters=None, cells=None, prey_layer=LUMEN, interventions=(), **columns):
    """A liver with well separated pairs of a Kupffer cell (activity 1) and a tumor cell that it touches."""
    model = without(
        liver(
            "phagocytosis",
            step=step,
            parameters={"phagocytosis": RATE | (parameters or {})},
            cells=cells or {},
            interventions=list(interventions),
        )
    )
    taken = np.zeros(model.shape, bool)
    for row, column in sinusoids(model):
        if not (2 < row < model.shape[0] - 3 and 2 < column < model.shape[1] - 3):
            continue
        if taken[row - 2 : row + 3, column - 2 : column + 3].any():
            continue
        beside = [
            (r, c)
            for r in (row - 1, row, row + 1)
            for c in (column - 1, column, column + 1)
            if (r, c) != (row, column) and model.sites.kind[r, c] == model.sites.kind[row, column]
        ]
        prey = (row, column) if prey_layer == TISSUE else beside[0] if beside else None
        if prey is None:
            continue
        put(
            model,
            "kupffer",
            int(row),
            int(column),
            activity=columns.get("activity", 1.0),
            reprogramming=columns.get("reprogramming", 0.0),
            state=columns.get("state", RESTING),
            load=columns.get("load", 0),
        )
        put(model, "tumor", int(prey[0]), int(prey[1]), layer=prey_layer)
        taken[row - 1 : row + 2, column - 1 : column + 2] = True
    assert model.kupffer.count > 50
    return model


def eaten(model, hours, rounds):
    """Engulfed and all tumor cells, over rounds of `hours` with different chances."""
    start, happened, trials = state_of(model), 0, 0
    for n in range(rounds):
        run_rule(again(model, start, 5000 * n), "phagocytosis", hours)
        happened += ending(model, event.PHAGOCYTOSED, "kupffer")
        trials += model.ledger.total("arrived")
    assert_sound(model)
    return happened, trials


@compiled_only
@pytest.mark.parametrize("step", ["5 min", "10 min"])
def test_a_touching_cell_is_engulfed_at_the_rate(step):
    happened, trials = eaten(eaters(step), hours=6.0, rounds=30)
    assert trials > 2000
    assert_chance(happened, trials, 1 - np.exp(-0.1 * 6))
    # a third of the arrested cells within 6 h, of which 74 % sit on Kupffer cells (Matsumura 2014)
    assert 0.74 * happened / trials == pytest.approx(0.33, abs=0.04)


@compiled_only
@pytest.mark.parametrize(
    ("eater", "line", "fold"),
    [
        ({"activity": 1.8}, {}, 1.8),
        ({"reprogramming": 0.75}, {}, 0.25),
        ({"prey_layer": TISSUE}, {}, 1.0),
        ({}, {"cd47": 0}, 3.0),
        ({}, {"cd47": 2, "calreticulin": 2}, 2 / 11 * 6),
        ({}, {"pdl1": 3}, 6 / 7),
    ],
)
def test_the_rate_follows_the_eater_and_the_signals(eater, line, fold):
    happened, trials = eaten(eaters(cells={"tumor": line}, **eater), hours=4.0, rounds=15)
    assert_chance(happened, trials, 1 - np.exp(-0.1 * fold * 4))


@compiled_only
@pytest.mark.parametrize(
    ("line", "taken", "fold"),
    [
        ({}, [], 1 + 10 * 0.75),
        ({"calreticulin": 0}, [], 10 * 0.75),
        ({}, [{"block": "fc_receptor", "fraction": 0.5}], 1 + 10 * 0.375),
        ({}, [{"knock_out": "fc_receptor"}], 1),
    ],
)
def test_an_antibody_adds_to_the_rate_as_far_as_it_covers_and_is_felt(line, taken, fold):
    antibody = {"stimulate": "opsonin", "level": 3, "half_life": None}
    model = eaters(
        parameters={"rate": "0.02 /h", "opsonin": 10}, cells={"tumor": line}, interventions=[antibody, *taken]
    )
    happened, trials = eaten(model, hours=4.0, rounds=15)
    assert_chance(happened, trials, 1 - np.exp(-0.02 * fold * 4))


@compiled_only
@pytest.mark.parametrize(("where", "layer"), [("tumor", LUMEN), ("kupffer", TISSUE)])
def test_a_net_around_the_prey_or_the_eater_shields(where, layer):
    model = eaters(parameters={"net_shield": 0.8}, prey_layer=layer)
    cells = model.populations[where].used
    model.nets[cells.row, cells.column] = 0.5
    happened, trials = eaten(model, hours=4.0, rounds=15)
    assert_chance(happened, trials, 1 - np.exp(-0.1 * 0.6 * 4))


def test_palatability_is_relative_to_the_reference_line():
    model = liver()
    rows = model.tumor.rows
    for signals, expected in [
        ((1, 1, 1, 1), 1.0),
        ((1, 0, 1, 1), 3.0),
        ((0, 1, 1, 1), 0.0),
        ((1, 0, 0, 0), 6.0),
        ((0, 0, 0, 0), 0.0),
    ]:
        rows.calreticulin[0], rows.cd47[0], rows.cd24[0], rows.pdl1[0] = signals
        assert palatability(rows[0], 6.0, 4.0, 0.5, 0.5) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        ({"activity": 0.0}, {}),
        ({"reprogramming": 1.0, "state": REPROGRAMMED}, {}),
        ({}, {"calreticulin": 0}),
    ],
)
def test_those_who_cannot_eat_never_do(columns, line):
    model = eaters("1 h", {"rate": "0.5 /h"}, cells={"tumor": line}, **columns)
    before = state_of(model)
    run_rule(model, "phagocytosis", 24.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_rate_zero_and_nobody_there_change_nothing():
    for model in (
        eaters(parameters={"rate": "0 /h"}),
        liver("phagocytosis"),
        without(liver("phagocytosis")),
    ):
        before = state_of(model)
        run_rule(model, "phagocytosis", 2.0)
        assert changed(model, before) <= {"clock/step_number"}


def test_only_what_is_touched_is_eaten_in_the_lumen_or_behind_the_wall():
    model = without(liver("phagocytosis", step="1 h", parameters={"phagocytosis": RATE | {"rate": "10 /h"}}))
    sites = sinusoids(model)
    row, column = (int(i) for i in sites[len(sites) // 2])
    put(model, "kupffer", row, column, activity=1.0)
    distance = np.abs(sites - (row, column)).max(axis=1)
    too_far = sites[distance == 2][:2]
    for layer, place in zip((LUMEN, TISSUE), too_far, strict=True):
        put(model, "tumor", *map(int, place), layer=layer)
    put(model, "tumor", *map(int, sites[distance == 1][0]), layer=TISSUE)
    run_rule(model, "phagocytosis", 10.0)
    assert model.tumor.count == 2
    left = model.tumor.alive_rows()
    assert set(zip(left.row, left.column, strict=True)) == set(map(tuple, too_far))
    assert model.ledger.total("phagocytosed", "kupffer") == 1
    assert_sound(model)


def test_touch_goes_round_the_periodic_edge_but_not_over_a_closed_one():
    for edges, left in ("periodic", 0), ("closed", 1):
        model = without(
            liver(
                "phagocytosis",
                step="1 h",
                parameters={"phagocytosis": RATE | {"rate": "10 /h"}},
                tissue={"edges": edges},
            )
        )
        put(model, "kupffer", 0, 7, activity=1.0)
        put(model, "tumor", model.shape[0] - 1, 7)
        run_rule(model, "phagocytosis", 2.0)
        assert model.tumor.count == left


def test_a_full_cell_eats_one_meal_per_handling_time():
    model = without(liver("phagocytosis", step="0.5 h", parameters={"phagocytosis": RATE | {"rate": "1000 /h"}}))
    row, column = 20, 20
    slot = put(model, "kupffer", row, column, activity=1.0)
    for r in (row - 1, row, row + 1):
        for c in (column - 1, column, column + 1):
            if (r, c) != (row, column):
                put(model, "tumor", r, c)
    loads, left = [], []
    for _ in range(40):
        run_rule(model, "phagocytosis", 0.5)
        loads.append(int(model.kupffer.rows.load[slot]))
        left.append(model.tumor.count)
    meals = [0.5 * k for k in range(40) if left[k] < ([8, *left][k])]
    assert meals == [0.0, 0.5, 4.0, 8.0, 12.0, 16.0][: len(meals)]
    assert len(meals) == 6 and max(loads) == 2 == loads[-1]
    assert model.kupffer.rows.state[slot] == ENGULFING
    model.kupffer.rows.activity[slot] = 0.0
    run_rule(model, "phagocytosis", 9.0)
    assert (model.kupffer.rows.load[slot], model.kupffer.rows.state[slot]) == (0, RESTING)
    assert model.tumor.count == model.ledger.balance


def test_the_reprogrammed_stay_so_and_the_secreting_turn_to_their_meal():
    model = eaters("1 h", {"rate": "50 /h"}, state=TNF_SECRETING)
    model.kupffer.used.state[::2] = REPROGRAMMED
    run_rule(model, "phagocytosis", 1.0)
    assert model.tumor.count == 0
    assert set(model.kupffer.used.state[::2]) == {REPROGRAMMED} and set(model.kupffer.used.state[1::2]) == {ENGULFING}
    run_rule(model, "phagocytosis", 6.0)
    assert not model.kupffer.used.load.any()
    assert set(model.kupffer.used.state[::2]) == {REPROGRAMMED} and set(model.kupffer.used.state[1::2]) == {RESTING}


def test_digestion_is_its_naive_twin():
    """Of dead and living, empty and full cells in every state, at a time that is nobody's hour, or just is."""
    rng = np.random.default_rng(1)
    cells = as_rows(np.zeros(300, KupfferCell.dtype))
    cells.alive, cells.load, cells.state = rng.random(300) < 0.8, rng.integers(0, 4, 300), rng.integers(0, 4, 300)
    cells.digested_h = rng.integers(0, 60, 300) / 4
    before = cells.copy()
    digest(cells, np.float32(10.0), np.float32(3.0))
    for cell, old in zip(cells, before, strict=True):
        hours = [float(old.digested_h) + 3 * n for n in range(old.load)] if old.alive else []
        left = [hour for hour in hours if hour > 10]
        if not hours:
            assert cell == old
            continue
        assert cell.load == len(left)
        assert cell.digested_h == (left or hours[-1:])[0]
        assert cell.state == (RESTING if old.state == ENGULFING and not left else old.state)


def test_what_stands_in_the_lumen_is_eaten_before_what_lies_behind_the_wall():
    model = without(liver("phagocytosis", step="1 h", parameters={"phagocytosis": RATE | {"rate": "1000 /h"}}))
    row, column = (int(i) for i in sinusoids(model)[100])
    put(model, "kupffer", row, column, activity=1.0)
    first = put(model, "tumor", row, column - 1)
    behind = put(model, "tumor", row, column, layer=TISSUE)
    assert first == 0
    run_rule(model, "phagocytosis", 1.0)
    assert [model.tumor.rows.alive[first], model.tumor.rows.alive[behind]] == [0, 1]


def naive_meals(model):
    """uid of each tumor cell eaten in this step, by going through the Kupffer cells in their order."""
    key, step, gone = model.key("phagocytosis"), model.step_number, []
    around = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (0, 0)]
    standing = {(int(c.layer), int(c.row), int(c.column)): c for c in model.tumor.alive_rows()}
    weight_of = {"cd47": 4.0, "cd24": 0.5, "pdl1": 0.5}
    for slot in model.kupffer.order(key, step):
        eater = model.kupffer.rows[slot]
        if eater.activity == 0 or eater.load >= 2:
            continue
        turn = int(hash64(key, eater.uid, step, 1)) % 9
        near = [
            (layer, (int(eater.row) + dr) % model.shape[0], (int(eater.column) + dc) % model.shape[1])
            for layer in (LUMEN, TISSUE)
            for dr, dc in around[turn:] + around[:turn]
        ]
        here = (TISSUE, int(eater.row), int(eater.column))
        near.insert(9, here)
        prey = next((place for place in near if place in standing), None)
        if not prey:
            continue
        cell = standing[prey]
        spare = sum(weight * model.left(name) * float(cell[name]) for name, weight in weight_of.items())
        share = float(cell.calreticulin) / (float(cell.calreticulin) + spare) * 6
        hazard = (
            6.0
            * (0.5 if prey[0] == TISSUE and prey != here else 1.0)
            * float(eater.activity)
            * (1 - float(eater.reprogramming))
            * share
        )
        if uniform(key, step, eater.uid, 2) < 1 - np.exp(-hazard * model.dt_hours):
            gone.append(int(standing.pop(prey).uid))
    return gone


@pytest.mark.parametrize("left", [{}, {"cd47": 0.3, "cd24": 0.2, "pdl1": 0.6}])
def test_eats_what_plain_python_eats(left, monkeypatch):
    model = liver("phagocytosis", parameters={"phagocytosis": RATE | {"rate": "6 /h"}})
    monkeypatch.setattr(model, "left", lambda name: left.get(name, 1.0))
    for row, column in sinusoids(model):
        put(model, "tumor", int(row), int(column))
    for row, column in sinusoids(model, TISSUE)[::3]:
        put(model, "tumor", int(row), int(column), layer=TISSUE)
    rng, rows = np.random.default_rng(2), model.tumor.used
    for name in ("calreticulin", "cd47", "cd24", "pdl1"):
        rows[name] = rng.uniform(0.2, 3, rows.size)
    model.kupffer.used.reprogramming = rng.uniform(0, 0.9, model.kupffer.used.size)
    total = 0
    for _ in range(6):
        expected = naive_meals(model)
        before = len(model.ledger.entries)
        run_rule(model, "phagocytosis", model.dt_hours)
        assert list(model.ledger.entries.uid[before:]) == expected
        total += len(expected)
    assert total > 20
    assert_sound(model)
