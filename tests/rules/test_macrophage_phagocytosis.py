"""Macrophage phagocytosis: whom macrophages in the tissue engulf, how fast, and how long they digest."""

import numpy as np
import pytest

from abm.cells.macrophage import INTERMEDIATE, M2, MONOCYTE
from abm.ledger import event
from abm.rules.macrophage_phagocytosis import digest_meals
from abm.tissue.sites import INTERSTITIUM, LUMEN, TISSUE
from tests.worlds import (
    assert_chance,
    assert_resumes,
    assert_sound,
    changed,
    compiled_only,
    ending,
    every,
    lattice,
    liver,
    put,
    run_rule,
    settle,
    sinusoids,
    state_of,
    without,
)

PLAIN = {"rate": "0.2 /h", "handling_time": "1000 h", "capacity": 1}
BALANCE = {"cd47_weight": 4, "cd24_weight": 0, "pdl1_weight": 0}


def meals(polarisation=-1.0, state=INTERMEDIATE, layer=INTERSTITIUM, step="5 min", interventions=(), prey=None, **rule):
    """A liver with macrophages that touch one tumor cell each."""
    model = without(
        liver(
            "macrophage_phagocytosis",
            mm=0.6,
            step=step,
            parameters={"macrophage_phagocytosis": PLAIN | rule, "phagocytosis": BALANCE},
            interventions=list(interventions),
        )
    )
    taken = np.zeros(model.shape, bool)
    for row, column in sinusoids(model):
        if not taken[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3].any() and min(row, column) > 2:
            put(model, "tumor", int(row), int(column), layer=TISSUE, **(prey or {}))
            put(model, "macrophage", int(row), int(column), layer=layer, state=state, polarisation=polarisation)
            taken[row, column] = True
    assert model.macrophage.count > 80
    return model


@compiled_only
@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min"])
@pytest.mark.parametrize(("polarisation", "left"), [(-1.0, 1.0), (0.0, 0.5), (0.8, 0.1), (1.0, 0.0)])
def test_the_hazard_falls_with_polarisation_and_not_with_the_step(polarisation, left, step):
    model = meals(polarisation, step=step)
    there = model.tumor.count
    run_rule(model, "macrophage_phagocytosis", 4.0)
    assert_chance(ending(model, event.PHAGOCYTOSED, "macrophage"), there, 1 - np.exp(-0.8 * left))
    assert_sound(model)


@compiled_only
@pytest.mark.parametrize(
    ("interventions", "prey", "fold"),
    [
        ([{"block": "cd47"}], {}, 5.0),
        ([], {"calreticulin": 3.0}, 3 / 7 * 5),
        ([], {"calreticulin": 0.0}, 0.0),
        ([{"stimulate": "opsonin", "level": 1, "half_life": None}], {}, 6.0),
    ],
)
def test_eat_me_and_dont_eat_me_signals_are_weighed_as_by_kupffer_cells(interventions, prey, fold):
    model = meals(interventions=interventions, prey=prey)
    there = model.tumor.count
    run_rule(model, "macrophage_phagocytosis", 1.0)
    assert_chance(there - model.tumor.count, there, 1 - np.exp(-0.2 * fold))


def test_monocytes_in_the_blood_and_those_that_are_full_eat_nobody():
    for model in (meals(state=MONOCYTE, layer=LUMEN, rate="100 /h"), meals(capacity=0, rate="100 /h")):
        there = model.tumor.count
        run_rule(model, "macrophage_phagocytosis", 1.0)
        assert model.tumor.count == there


def test_one_meal_after_the_other_is_digested():
    sites = lattice(10, 10)
    cells = settle(sites, "macrophage", every(10, 10, 5), layer=INTERSTITIUM, state=M2, load=2, digested_h=4.0)
    for now, load in ((3.9, 2), (4.0, 1), (7.9, 1), (8.0, 0), (20.0, 0)):
        digest_meals(cells.used, np.float32(now), np.float32(4.0))
        assert (cells.used.load == load).all()


def test_a_full_one_eats_again_when_it_has_digested():
    model = meals(rate="1000 /h", handling_time="2 h", capacity=1)
    run_rule(model, "macrophage_phagocytosis", 0.5)
    assert model.tumor.count == 0 and (model.macrophage.alive_rows().load == 1).all()
    run_rule(model, "macrophage_phagocytosis", 2.0)
    assert not model.macrophage.alive_rows().load.any()


def test_nothing_happens_without_macrophages():
    model = without(liver("macrophage_phagocytosis", mm=0.3))
    put(model, "tumor", *map(int, sinusoids(model)[20]), layer=TISSUE)
    before = state_of(model)
    run_rule(model, "macrophage_phagocytosis", 2.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_resumes():
    assert_resumes(lambda: meals(0.0), 1.0, 1.0)
