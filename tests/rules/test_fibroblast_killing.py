"""Drugs against FAP kill activated stellate cells, and no others, by what reaches them."""

import numpy as np
import pytest

from abm.cells.stellate import ACTIVATED, QUIESCENT
from abm.kernels.flows import DIED
from tests.worlds import act, assert_chance, assert_resumes, later, treated

REMOVE = act(remove="fibroblasts", rate="0.05 /h")


def under(*acts, on=("fibroblast_killing",), dose="1000000 mg", step="5 min", start="0 h", **config):
    """A liver whose stellate cells are all activated, under a drug that nothing holds up."""
    model = treated(*on, acts=acts, dose=dose, start=start, config={"mm": 1.5, "seed": 3, "step": step} | config)
    model.stellate.used.state[:] = ACTIVATED
    return model


@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min", "60 min"])
def test_activated_cells_die_at_the_rate(step):
    model = under(REMOVE, step=step)
    before = model.stellate.count
    later(model, 20.0)
    assert_chance(before - model.stellate.count, before, 1.0 - np.exp(-0.05 * 20.0))
    assert model.stellate.flows[DIED] == before - model.stellate.count


def test_cells_at_rest_are_spared():
    model = under(REMOVE)
    model.stellate.used.state[::2] = QUIESCENT
    at_rest = int((model.stellate.used.state == QUIESCENT).sum())
    later(model, 100.0)
    living = model.stellate.alive_rows()
    assert (living.state == QUIESCENT).sum() == at_rest and living.size < 1.1 * at_rest


def test_what_does_not_reach_a_cell_does_not_kill_it():
    model = under(REMOVE, dose="1 mg")
    model.drugs.reach["small_molecule"][:] = 0.25
    before = model.stellate.count
    later(model, 20.0)
    assert_chance(before - model.stellate.count, before, 1.0 - np.exp(-0.05 * 20.0 * 0.25 / 1.25))


def test_nothing_dies_without_the_drug():
    model = under(REMOVE, start="9 d")
    before = model.stellate.count
    assert later(model, 20.0).stellate.count == before


def test_it_is_a_lever_on_matrix():
    """Activated cells lay matrix for days; those that are killed do not."""
    laid = [
        float(later(under(REMOVE, on=("fibroblast_killing", "stellate_activation"), start=start), 72.0).ecm.sum())
        for start in ("9 d", "0 h")
    ]
    assert laid[1] < 0.7 * laid[0]


def test_it_resumes():
    assert_resumes(lambda: under(REMOVE), 10.0, 5.0)
