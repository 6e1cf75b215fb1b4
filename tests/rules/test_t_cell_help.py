"""T-cell help: where Th1 cells and N1 neutrophils are near, and how much they help."""

import numpy as np
import pytest

from abm.cells.cd4 import PATROLLING, SEARCHING, TH1, TH17
from abm.cells.neutrophil import N1, N2
from tests.worlds import assert_resumes, changed, liver, put, run_rule, sinusoids, state_of, without


def helped(places, state=TH1, **parameters):
    """A liver with CD4 T cells in one state at these places, in which the rule runs."""
    model = without(liver("t_cell_help", mm=0.3, parameters={"t_cell_help": parameters}))
    for row, column in places:
        put(model, "cd4", row, column, state=state)
    return model


def near(model, places, radius):
    """Which sites lie within `radius` (in sites) of one of the places."""
    within = np.zeros(model.shape, bool)
    for place in places:
        away = np.abs(np.indices(model.shape) - np.reshape(place, (2, 1, 1)))
        away = np.minimum(away, np.reshape(model.shape, (2, 1, 1)) - away)
        within |= (away**2).sum(axis=0) <= radius**2
    return within


@pytest.mark.parametrize(("radius", "gain"), [(30, 1.0), (30, 0.4), (14, 3.0)])
def test_several_help_no_more_than_one(radius, gain):
    places = [(1, 2), (15, 15), (15, 17)]
    model = helped(places, radius=f"{radius} um", gain=gain)
    run_rule(model, "t_cell_help", 0.5)
    np.testing.assert_allclose(model.help, gain * near(model, places, radius / 10))


@pytest.mark.parametrize("state", [SEARCHING, TH17])
def test_only_th1_cells_help(state):
    model = helped([(15, 15)], state)
    before = state_of(model)
    run_rule(model, "t_cell_help", 0.5)
    assert changed(model, before) <= {"clock/step_number"}


def test_those_in_the_blood_do_not_help():
    model = without(liver("t_cell_help", mm=0.3, cells={"cd4": {"density": "100 /mm^2"}}), "cd8")
    assert model.cd4.count and (model.cd4.alive_rows().state == PATROLLING).all()
    run_rule(model, "t_cell_help", 0.5)
    assert not model.help.any()


@pytest.mark.parametrize(("state", "gain"), [(N1, 0.5), (N2, 0.0)])
def test_an_n1_neutrophil_adds_its_help_to_that_of_a_th1_cell(state, gain):
    model = helped([(10, 10)], gain=1.0, n1_gain=0.5)
    row, column = next((int(r), int(c)) for r, c in sinusoids(model) if abs(r - 10) + abs(c - 10) in (2, 3))
    put(model, "neutrophil", row, column, state=state)
    run_rule(model, "t_cell_help", 0.5)
    expected = near(model, [(10, 10)], 3) + gain * near(model, [(row, column)], 3)
    np.testing.assert_allclose(model.help, expected)
    assert model.help.max() == 1 + gain


def test_by_default_neutrophils_do_not_help():
    model = without(liver("t_cell_help", mm=0.3))
    put(model, "neutrophil", *map(int, sinusoids(model)[5]))
    run_rule(model, "t_cell_help", 0.5)
    assert not model.help.any()


def test_help_ends_with_the_helper():
    model = helped([(15, 15)])
    run_rule(model, "t_cell_help", 0.5)
    assert model.help.any()
    without(model, "cd4")
    run_rule(model, "t_cell_help", 1.0)
    assert not model.help.any()


def test_resumes():
    assert_resumes(lambda: helped([(15, 15)]), 0.5, 0.5)
