"""Macrophage matrix: how fast M2 macrophages fill their sites, and where they do not."""

import numpy as np
import pytest

from abm.cells.macrophage import INTERMEDIATE, M1, M2
from abm.rules.macrophage_matrix import lay
from abm.tissue.sites import CENTRAL_VEIN, INTERSTITIUM, PARENCHYMA, PORTAL_TRACT, SINUSOID
from tests.worlds import (
    around,
    assert_resumes,
    changed,
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


@pytest.mark.parametrize("steps", [1, 24, 288])
@pytest.mark.parametrize("kind", [SINUSOID, PARENCHYMA, PORTAL_TRACT, CENTRAL_VEIN])
def test_m2_ones_fill_their_sites_exactly_at_any_step(kind, steps):
    sites, places = lattice(12, 12, kind), every(12, 12, 3)
    states = np.resize([M1, INTERMEDIATE, M2], len(places))
    turned = np.linspace(-1, 1, len(places))
    cells = settle(sites, "macrophage", places, layer=INTERSTITIUM, state=states, polarisation=turned)
    ecm = np.full((12, 12), 0.2, np.float32)
    for _ in range(steps):
        lay(cells.used, sites, ecm, 0.01 * 24 / steps)
    missing = np.full((12, 12), 0.8)
    for (row, column), state, m in zip(places, states, turned, strict=True):
        if state == M2 and kind in (SINUSOID, PARENCHYMA):
            for r, c in around(sites, row, column):
                missing[r, c] *= np.exp(-0.12 * m)
            missing[row, column] *= np.exp(-0.24 * m)
    np.testing.assert_allclose(ecm, 1 - missing, atol=1e-5)


def alone(state=M2):
    model = without(liver("macrophage_matrix", mm=0.3, parameters={"macrophage_matrix": {"rate": "0.01 /h"}}))
    put(model, "macrophage", *map(int, sinusoids(model)[20]), state=state, polarisation=0.8)
    return model


def test_the_rule_does_so():
    model = alone()
    run_rule(model, "macrophage_matrix", 24.0)
    assert model.ecm.max() == pytest.approx(1 - np.exp(-0.24 * 0.8), rel=1e-4) and 4 <= np.count_nonzero(model.ecm) <= 9


def test_nothing_happens_without_m2_macrophages():
    model = alone(M1)
    before = state_of(model)
    run_rule(model, "macrophage_matrix", 2.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_resumes():
    assert_resumes(alone, 2.0, 2.0)
