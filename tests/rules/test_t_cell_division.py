"""T-cell division: how often engaged CD8 T cells divide, how long, where daughters go, and what they inherit."""

import numpy as np
import pytest

from abm.cells.cd8 import CD8, ENGAGED, HANDLING, PATROLLING, SEARCHING
from abm.kernels.random import happens, hash64, stream_key
from abm.rules.leukocyte_crossing import room_behind
from abm.rules.t_cell_division import dividing, multiply
from abm.tissue.sites import INTERSTITIUM, LUMEN
from tests.worlds import (
    KEY,
    assert_chance,
    assert_in_place,
    assert_resumes,
    assert_sound,
    changed,
    compiled_only,
    every,
    lattice,
    liver,
    put,
    run_rule,
    settle,
    sinusoids,
    sized,
    state_of,
    without,
)

DAUGHTERS = stream_key(0, "cd8/daughter")


def mothers(size=160, smallest=24, spacing=4, **columns):
    """T cells that are engaged, each with room around."""
    size = sized(size, smallest)
    sites = lattice(size, size)
    cells = settle(sites, "cd8", every(size, size, spacing), layer=INTERSTITIUM, state=ENGAGED, **columns)
    cells.reserve(cells.count)
    return sites, cells


@compiled_only
@pytest.mark.parametrize("minutes", [2.5, 5, 10])
@pytest.mark.parametrize("exhaustion", [0.0, 0.6])
def test_they_divide_at_their_rate_at_any_step_and_less_when_they_are_exhausted(minutes, exhaustion):
    sites, cells = mothers(exhaustion=exhaustion)
    there = cells.count
    for step in range(round(6 * 60 / minutes)):
        order = cells.order(KEY, step, dividing(cells, 1))
        cells.reserve(order.size)
        multiply(cells.table, sites, KEY, step, order, minutes / 60, 1 / 12, DAUGHTERS)
    assert_chance(cells.count - there, there, 1 - np.exp(-(1 - exhaustion) * 6 / 12))
    assert_in_place(sites, cells)


def test_kernel_is_its_naive_twin():
    sites, cells = mothers(spacing=2)
    rng = np.random.default_rng(5)
    cells.used.exhaustion = rng.random(cells.count)
    cells.used.divisions = rng.integers(0, 4, cells.count)
    order = cells.order(KEY, 9, dividing(cells, 3))
    before, expected = cells.used.copy(), {}
    taken = sites.population[INTERSTITIUM].copy()
    for slot in order:
        mother = before[slot]
        assert mother.divisions < 3
        if not happens(KEY, 9, mother.uid, 0, 2.0 * (1 - float(mother.exhaustion)), 0.5):
            continue
        turn = int(hash64(KEY, mother.uid, 9, 1) % np.uint64(8))
        twin = sites._replace(population=np.stack([taken, taken, taken]))
        row, column = room_behind(twin, mother.row, mother.column, turn)
        if row >= 0:
            taken[row, column] = CD8
            expected[int(row), int(column)] = (int(mother.uid), int(mother.divisions) + 1, float(mother.exhaustion))
    multiply(cells.table, sites, KEY, 9, order, 0.5, 2.0, DAUGHTERS)
    born = [cell for cell in cells.used if (int(cell.row), int(cell.column)) in expected]
    assert len(expected) > 5 and cells.count == before.size + len(expected) == before.size + len(born)
    for cell in born:
        mother, divisions, exhaustion = expected[int(cell.row), int(cell.column)]
        assert cell.uid == hash64(DAUGHTERS, np.uint64(mother), divisions, 0)
        assert (cell.divisions, float(cell.exhaustion)) == (divisions, exhaustion)
        assert (cell.state, cell.kills) == (SEARCHING, 0)


def test_a_lineage_ends_and_nobody_divides_without_room():
    sites, cells = mothers(spacing=1)
    order = cells.order(KEY, 0, dividing(cells, 5))
    multiply(cells.table, sites, KEY, 0, order, 10.0, 100.0, DAUGHTERS)
    assert order.size and not cells.used.divisions.any(), "there is no room"
    _, cells = mothers(divisions=5)
    assert not dividing(cells, 5).any(), "they have divided five times"


def alone(state, layer, **parameters):
    """A liver with one CD8 T cell, in which the rule runs."""
    model = without(liver("t_cell_division", mm=0.3, parameters={"t_cell_division": {"time": "1e-3 h"} | parameters}))
    put(model, "cd8", *map(int, sinusoids(model)[20]), layer=layer, state=state, specific=1, kills=2)
    return model


@pytest.mark.parametrize(
    ("state", "layer", "there"),
    [
        (ENGAGED, INTERSTITIUM, 2),
        (HANDLING, INTERSTITIUM, 2),
        (ENGAGED, LUMEN, 2),
        (SEARCHING, INTERSTITIUM, 1),
        (PATROLLING, LUMEN, 1),
    ],
)
def test_those_at_a_target_divide_into_the_tissue(state, layer, there):
    model = alone(state, layer)
    run_rule(model, "t_cell_division", 1 / 12)
    assert model.cd8.count == there
    daughters = [cell for cell in model.cd8.alive_rows() if cell.state == SEARCHING and state != SEARCHING]
    assert all(cell.layer == INTERSTITIUM and cell.kills == 0 and cell.specific for cell in daughters)
    assert_sound(model)


def test_nothing_happens_without_t_cells_or_divisions():
    for model in (without(liver("t_cell_division", mm=0.3)), alone(ENGAGED, INTERSTITIUM, most=0)):
        before = state_of(model)
        run_rule(model, "t_cell_division", 2.0)
        assert changed(model, before) <= {"clock/step_number"}


def test_resumes_in_the_middle():
    assert_resumes(lambda: alone(ENGAGED, INTERSTITIUM, time="1 h"), 0.5, 2.0)
