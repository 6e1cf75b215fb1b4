"""Hepatitis: under which blockade T cells take hepatocytes, how fast, which ones, and when these grow again."""

import numpy as np
import pytest

from abm.cells.cd8 import ENGAGED, PATROLLING, SEARCHING
from abm.kernels.random import happens
from abm.kernels.tables import columns_of
from abm.measures.look import Look
from abm.measures.topics.drugs import hepatitis_share
from abm.rules.hepatitis import Activated, take
from abm.tissue.sites import INTERSTITIUM, LUMEN, PARENCHYMA, SINUSOID, TISSUE
from tests.worlds import (
    KEY,
    around,
    assert_chance,
    assert_resumes,
    assert_sound,
    changed,
    every,
    lattice,
    liver,
    put,
    run_rule,
    settle,
    state_of,
)

BOTH = ({"block": "pd1"}, {"block": "ctla4"})


def beside(
    *interventions,
    state=SEARCHING,
    layer=INTERSTITIUM,
    step="5 min",
    divisions=1,
    kills=0,
    rate="0.1 /h",
    regrowth="1000000 h",
):
    """T cells, each apart from the others, among hepatocytes."""
    parameters = {"hepatitis": {"rate": rate, "regrowth": regrowth}}
    model = liver("hepatitis", mm=1.0, empty=True, step=step, parameters=parameters, interventions=list(interventions))
    for row, column in every(*model.shape, 3).tolist():
        if model.sites.kind[row, column] == SINUSOID:
            put(model, "cd8", row, column, layer=layer, state=state, divisions=divisions, kills=kills)
    return model


def touched(model):
    """How many hepatocytes the T cells touch."""
    near = np.zeros(model.shape, bool)
    for cell in model.cd8.alive_rows():
        for place in around(model.sites, int(cell.row), int(cell.column), own=True):
            near[place] = True
    return int((near & (model.sites.kind == PARENCHYMA)).sum())


def taken(model):
    return int((model.living_hepatocytes() != (model.sites.kind == PARENCHYMA)).sum())


@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min", "60 min"])
@pytest.mark.parametrize(
    ("interventions", "share"),
    [
        (BOTH, 1.0),
        (BOTH[:1], 0.125),
        (BOTH[1:], 0.25),
        (({"block": "pdl1"},), 0.125),
        (({"block": "pd1", "fraction": 0.5}, {"block": "ctla4"}), 0.125 / 2 + 0.25 + 0.625 / 2),
        ((), 0.0),
    ],
)
def test_hepatocytes_are_taken_at_the_rate_that_the_blockade_leaves(interventions, share, step):
    model = beside(*interventions, step=step)
    run_rule(model, "hepatitis", 4.0)
    assert_chance(taken(model), touched(model), 1.0 - np.exp(-0.4 * share))
    assert taken(model) == np.count_nonzero(model.hepatitis)
    assert_sound(model)


@pytest.mark.parametrize(
    ("state", "layer", "divisions", "kills", "some"),
    [
        (ENGAGED, INTERSTITIUM, 0, 1, True),
        (SEARCHING, INTERSTITIUM, 2, 0, True),
        (SEARCHING, INTERSTITIUM, 0, 0, False),
        (PATROLLING, LUMEN, 2, 3, False),
    ],
)
def test_only_t_cells_of_the_tissue_that_have_divided_or_killed_take_any(state, layer, divisions, kills, some):
    model = beside(*BOTH, state=state, layer=layer, divisions=divisions, kills=kills)
    run_rule(model, "hepatitis", 4.0)
    assert (taken(model) > 0) == some


def test_kernel_is_its_naive_twin():
    rng = np.random.default_rng(4)
    sites = lattice(20, 20, rng.choice([SINUSOID, PARENCHYMA], (20, 20)).astype(np.uint8))
    cells = settle(sites, "cd8", every(20, 20, 2), layer=INTERSTITIUM, state=SEARCHING)
    cells.used.divisions, cells.used.kills = rng.integers(0, 2, (2, cells.count))
    hepatocytes, lost = rng.integers(0, 2, (20, 20)).astype(np.uint8), np.zeros((20, 20), np.float32)
    expected = hepatocytes.copy()
    for cell in cells.used:
        for k, place in enumerate(around(sites, int(cell.row), int(cell.column), own=True)):
            if (cell.divisions or cell.kills) and sites.kind[place] == PARENCHYMA and expected[place]:
                expected[place] = not happens(KEY, 6, cell.uid, k + 1, 0.3, 0.5)
    before = hepatocytes.copy()
    take(columns_of(cells.used, Activated), sites, hepatocytes, lost, KEY, 6, 0.5, 0.3)
    np.testing.assert_array_equal(hepatocytes, expected)
    np.testing.assert_array_equal(lost, before != hepatocytes)
    assert 10 < lost.sum() < 150


@pytest.mark.parametrize("step", ["5 min", "60 min"])
def test_they_grow_again(step):
    model = beside(step=step, regrowth="10 h")
    places = model.sites.kind == PARENCHYMA
    model.hepatocytes[places], model.hepatitis[places] = 0, 1.0
    run_rule(model, "hepatitis", 5.0)
    assert_chance(taken(model), int(places.sum()), np.exp(-0.5))
    share = hepatitis_share(Look(model, model.ledger.entries))
    assert (share.count, share.of) == (taken(model), int(places.sum()))


def test_none_grows_where_another_cell_stands_or_the_tissue_is_dead():
    model = beside(regrowth="0.001 h")
    (row, column), (r, c), (free_row, free_column) = np.argwhere(model.sites.kind == PARENCHYMA)[[0, 40, 80]].tolist()
    for place in ((row, column), (r, c), (free_row, free_column)):
        model.hepatocytes[place], model.hepatitis[place] = 0, 1.0
    put(model, "tumor", row, column, layer=TISSUE)
    model.ablated[r, c] = 1
    run_rule(model, "hepatitis", 1.0)
    assert not model.hepatitis.any() and model.hepatocytes[free_row, free_column] == 1
    assert model.hepatocytes[row, column] == model.hepatocytes[r, c] == 0


@pytest.mark.parametrize(("interventions", "rate"), [((), "0.1 /h"), (BOTH, "0 /h")])
def test_nothing_happens_without_a_blockade_or_a_rate(interventions, rate):
    model = beside(*interventions, rate=rate)
    before = state_of(model)
    run_rule(model, "hepatitis", 2.0)
    assert changed(model, before) == {"clock/step_number"}


def test_it_resumes():
    assert_resumes(lambda: beside(*BOTH, regrowth="5 h"), 3.0, 3.0)
