"""T-cell elimination: which T cells macrophages kill, and how fast."""

import numpy as np
import pytest

from abm.cells.cd8 import ENGAGED, HANDLING, PATROLLING, SEARCHING
from abm.cells.macrophage import INTERMEDIATE, M1, M2, MONOCYTE
from abm.tissue.sites import INTERSTITIUM, LUMEN
from tests.rules.engaged import engaged, kills
from tests.worlds import (
    assert_chance,
    assert_resumes,
    assert_sound,
    changed,
    compiled_only,
    liver,
    put,
    run_rule,
    sinusoids,
    state_of,
    without,
)


def beside(*macrophages, state=ENGAGED, layer=INTERSTITIUM, step="5 min", interventions=(), **parameters):
    """T cells apart from each other, each with macrophages in these states around it."""
    parameters = {"t_cell_elimination": {"rate": "0.1 /h"} | parameters}
    model = without(
        liver("t_cell_elimination", mm=0.8, step=step, parameters=parameters, interventions=list(interventions))
    )
    taken = np.zeros(model.shape, bool)
    for row, column in sinusoids(model):
        if min(row, column) < 4 or max(row, column) > model.shape[0] - 5:
            continue
        room = [
            (r, c)
            for r in (row - 1, row, row + 1)
            for c in (column - 1, column, column + 1)
            if (r, c) != (row, column) and model.sites.kind[r, c] in (1, model.sites.kind[row, column])
        ]
        if taken[row - 3 : row + 4, column - 3 : column + 4].any() or len(room) < len(macrophages):
            continue
        put(model, "cd8", int(row), int(column), layer=layer, state=state)
        for (r, c), kind in zip(room, macrophages, strict=False):
            put(model, "macrophage", int(r), int(c), state=kind)
        taken[row, column] = True
    assert model.cd8.count > 40
    return model


@compiled_only
@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min"])
@pytest.mark.parametrize(
    ("macrophages", "state", "layer", "fold"),
    [
        ([M2], ENGAGED, INTERSTITIUM, 1),
        ([M2, M1], HANDLING, INTERSTITIUM, 2),
        ([INTERMEDIATE], ENGAGED, LUMEN, 1),
        ([MONOCYTE], ENGAGED, INTERSTITIUM, 0),
        ([M2], SEARCHING, INTERSTITIUM, 0),
        ([M2], PATROLLING, LUMEN, 0),
        ([], ENGAGED, INTERSTITIUM, 0),
    ],
)
def test_activated_t_cells_die_by_each_macrophage_outside_of_the_vessels_that_they_touch(
    macrophages, state, layer, fold, step
):
    model = beside(*macrophages, state=state, layer=layer, step=step)
    there = model.cd8.count
    run_rule(model, "t_cell_elimination", 6.0)
    assert_chance(there - model.cd8.count, there, 1 - np.exp(-0.6 * fold))
    assert_sound(model)


@compiled_only
@pytest.mark.parametrize("fraction", [1.0, 0.5])
def test_an_antibody_to_fasl_saves_them(fraction):
    model = beside(M2, interventions=[{"block": "fasl", "fraction": fraction}])
    there = model.cd8.count
    run_rule(model, "t_cell_elimination", 6.0)
    assert_chance(there - model.cd8.count, there, 1 - np.exp(-0.6 * (1 - fraction)))


@compiled_only
@pytest.mark.parametrize("share", [0.0, 0.3])
def test_resident_memory_cells_are_mostly_spared(share):
    model = beside(M2, of_residents=share)
    model.cd8.used.resident = 1
    there = model.cd8.count
    run_rule(model, "t_cell_elimination", 6.0)
    assert_chance(there - model.cd8.count, there, 1 - np.exp(-0.6 * share))


@compiled_only
def test_among_as_many_macrophages_as_in_a_metastasis_it_takes_more_than_a_twentieth_of_the_t_cells():
    model = engaged("t_cell_elimination", name="macrophage", per_mm2=300, state=M1)
    there = model.cd8.count
    kills(model, 48.0)
    assert model.cd8.count < 0.95 * there


@pytest.mark.parametrize("name", ["cd8", "macrophage"])
def test_nothing_happens_without_either(name):
    model = without(beside(M2), name)
    before = state_of(model)
    run_rule(model, "t_cell_elimination", 2.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_resumes():
    assert_resumes(lambda: beside(M2), 2.0, 2.0)
