"""T-cell residence: who becomes resident, and how fast; resident cells live long and stay."""

import numpy as np
import pytest

from abm.cells.cd8 import ENGAGED, HANDLING, PATROLLING, SEARCHING
from abm.cells.tumor import EXTRAVASATED
from abm.tissue.sites import INTERSTITIUM, LUMEN, TISSUE
from tests.worlds import (
    assert_chance,
    assert_resumes,
    assert_sound,
    changed,
    compiled_only,
    every,
    later,
    liver,
    put,
    run_rule,
    sinusoids,
    state_of,
)


def full(*on, state=ENGAGED, layer=INTERSTITIUM, step="5 min", rate="1 /d", columns=None, **config):
    """T cells at every sinusoid of a liver in which these rules run."""
    parameters = {
        "t_cell_residence": {"rate": rate},
        "leukocyte_crossing": {"stay": "1 h"},
        "t_cell_division": {"time": "1 h"},
    }
    model = liver("t_cell_residence", *on, mm=0.6, empty=True, step=step, parameters=parameters, **config)
    for row, column in sinusoids(model, layer)[::2]:
        put(model, "cd8", int(row), int(column), layer=layer, state=state, specific=1, **(columns or {}))
    return model


def residents(model):
    return int(model.cd8.alive_rows().resident.sum())


@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min", "60 min"])
def test_those_that_are_engaged_in_the_tissue_become_resident_at_the_rate(step):
    model = full(step=step)
    run_rule(model, "t_cell_residence", 12.0)
    assert_chance(residents(model), model.cd8.count, 1.0 - np.exp(-0.5))


@pytest.mark.parametrize(
    ("state", "layer"),
    [(ENGAGED, LUMEN), (PATROLLING, LUMEN), (SEARCHING, INTERSTITIUM), (HANDLING, INTERSTITIUM)],
)
def test_no_others_do(state, layer):
    model = full(state=state, layer=layer, rate="1000 /d")
    run_rule(model, "t_cell_residence", 1.0)
    assert model.cd8.count and not residents(model)


def test_at_a_rate_of_none_nothing_changes():
    model = full(rate="0 /d")
    before = state_of(model)
    run_rule(model, "t_cell_residence", 2.0)
    assert changed(model, before) == {"clock/step_number"}


@compiled_only
@pytest.mark.parametrize("step", ["5 min", "60 min"])
@pytest.mark.parametrize(("resident", "left"), [(0, np.exp(-2.0)), (1, np.exp(-0.2))])
def test_resident_cells_die_of_age_at_a_life_of_their_own(resident, left, step):
    cells = {"cd8": {"life": "5 h", "resident_life": "50 h"}}
    model = full("leukocyte_entry", state=SEARCHING, columns={"resident": resident}, cells=cells, step=step)
    there = model.cd8.count
    run_rule(model, "leukocyte_entry", 10.0)
    assert_chance(model.cd8.count, there, left)
    assert_sound(model)


@pytest.mark.parametrize(("resident", "back"), [(0, True), (1, False)])
def test_resident_cells_do_not_return_to_the_blood(resident, back):
    model = full("leukocyte_crossing", state=SEARCHING, columns={"resident": resident})
    run_rule(model, "leukocyte_crossing", 5.0)
    assert (model.cd8.alive_rows().layer == LUMEN).any() == back
    assert_sound(model)


def test_daughters_of_resident_cells_are_resident():
    model = full("t_cell_division", columns={"resident": 1})
    there = model.cd8.count
    run_rule(model, "t_cell_division", 1.0)
    assert residents(model) == model.cd8.count > 1.2 * there


@compiled_only
def test_lever_resident_cells_find_what_is_left_of_a_tumor():
    """A few tumor cells that lie apart, and T cells that have been engaged, of which none comes from the blood any more: after two weeks
    those that live 4 d are gone."""

    def left(resident):
        model = liver(
            "migration",
            "t_cell_killing",
            "leukocyte_entry",
            mm=0.8,
            empty=True,
            step="60 min",
            interventions=[{"block": "pd1"}],
            cells={"tumor": {"antigen": 1, "mhc1": 0.7}},
        )
        for row, column in every(*model.shape, 10).tolist():
            put(model, "tumor", row, column, layer=TISSUE, state=EXTRAVASATED)
        for row, column in sinusoids(model, INTERSTITIUM)[::1000]:
            place = int(row), int(column)
            put(model, "cd8", *place, layer=INTERSTITIUM, state=SEARCHING, specific=1, resident=resident)
        return later(model, 24.0 * 14).tumor.count

    assert left(1) < 0.7 * left(0)


def test_it_resumes():
    assert_resumes(full, 3.0, 3.0)
