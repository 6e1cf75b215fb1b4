"""T-cell exhaustion: how fast contact with PD-L1 wears out, and what a blockade of PD-1 gives back."""

import numpy as np
import pytest

from abm.cells.cd8 import ENGAGED, SEARCHING
from abm.cells.macrophage import INTERMEDIATE, M1, M2
from abm.rules.t_cell_exhaustion import wear_out
from abm.tissue.sites import INTERSTITIUM, TISSUE
from tests.worlds import changed, every, lattice, liver, put, run_rule, settle, sinusoids, state_of, without

NO_MACROPHAGES = np.zeros(1, np.uint8)


def pairs(pdl1, exhaustion=0.0, state=ENGAGED):
    """T cells, each beside a tumor cell of its own."""
    sites = lattice(24, 24)
    places = every(24, 24, 4)
    tumor = settle(sites, "tumor", places, layer=TISSUE, state=3, pdl1=pdl1)
    cells = settle(sites, "cd8", places + 1, layer=INTERSTITIUM, state=state, exhaustion=exhaustion)
    cells.used.target = tumor.used.uid
    return sites, tumor, cells


@pytest.mark.parametrize("steps", [1, 7, 288])
@pytest.mark.parametrize(("pdl1", "share"), [(0.0, 0.0), (1.0, 0.5), (3.0, 0.75)])
def test_contact_wears_out_exactly_at_any_step(steps, pdl1, share):
    sites, tumor, cells = pairs(pdl1)
    for _ in range(steps):
        wear_out(cells.used, tumor.rows, NO_MACROPHAGES, sites, 0.2 * 3 / steps, 1.0, 0.0, 0.0, 0.7)
    np.testing.assert_allclose(cells.used.exhaustion, 1 - np.exp(-0.2 * 3 * share), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("steps", [1, 48])
def test_recovery_of_those_that_are_not_fixed(steps):
    for exhaustion, left in ((0.6, np.exp(-0.3 * 2)), (0.8, 1.0)):
        sites, tumor, cells = pairs(0.0, exhaustion, SEARCHING)
        for _ in range(steps):
            wear_out(cells.used, tumor.rows, NO_MACROPHAGES, sites, 0.0, 1.0, 0.0, 0.3 * 2 / steps, 0.7)
        np.testing.assert_allclose(cells.used.exhaustion, exhaustion * left, rtol=1e-5)


def test_only_contact_wears_out():
    sites, tumor, cells = pairs(5.0, state=SEARCHING)
    wear_out(cells.used, tumor.rows, NO_MACROPHAGES, sites, 1.0, 1.0, 0.0, 0.0, 0.7)
    assert not cells.used.exhaustion.any()
    sites, tumor, cells = pairs(5.0)
    cells.used.target = np.uint64(7)  # nobody's
    wear_out(cells.used, tumor.rows, NO_MACROPHAGES, sites, 1.0, 1.0, 0.0, 0.0, 0.7)
    assert not cells.used.exhaustion.any()


@pytest.mark.parametrize(("states", "pdl1"), [([M2], 1.5), ([M2, M2, M1], 2.0), ([M1, INTERMEDIATE], 1.0)])
def test_the_pdl1_of_m2_macrophages_beside_it_adds_to_that_of_the_tumor_cell(states, pdl1):
    sites, tumor, cells = pairs(1.0)
    beside = ((0, 1), (1, 0), (-1, 0))
    places = np.concatenate([every(24, 24, 4) + 1 + np.array(beside[n]) for n in range(len(states))])
    macrophages = settle(sites, "macrophage", places, layer=INTERSTITIUM, state=np.repeat(states, cells.count))
    wear_out(cells.used, tumor.rows, macrophages.rows.state, sites, 0.6, 1.0, 0.5, 0.0, 0.7)
    np.testing.assert_allclose(cells.used.exhaustion, 1 - np.exp(-0.6 * pdl1 / (1 + pdl1)), rtol=1e-4)


@pytest.mark.parametrize(
    ("blocked", "expected"),
    [
        ([], 1 - np.exp(-0.2 / 2)),
        ([{"block": "pd1", "fraction": 1}], 0.0),
        ([{"block": "pdl1", "fraction": 1}], 0.0),
        ([{"block": "pd1", "fraction": 0.5}], None),
    ],
)
def test_blocking_either_side_of_the_checkpoint(blocked, expected):
    model = without(liver("t_cell_exhaustion", mm=0.3, interventions=blocked))
    row, column = map(int, sinusoids(model)[20])
    prey = put(model, "tumor", row, column, layer=TISSUE, pdl1=1.0)
    killer = put(model, "cd8", row, column, layer=INTERSTITIUM, state=ENGAGED, target=model.tumor.rows.uid[prey])
    run_rule(model, "t_cell_exhaustion", 24.0)
    found = float(model.cd8.rows[killer].exhaustion)
    if expected is None:
        assert 0.0 < found < 1 - np.exp(-0.2 / 4)
    else:
        assert found == pytest.approx(expected, rel=1e-4)


def test_nothing_happens_without_t_cells():
    model = without(liver("t_cell_exhaustion", mm=0.3))
    before = state_of(model)
    run_rule(model, "t_cell_exhaustion", 2.0)
    assert changed(model, before) <= {"clock/step_number"}
