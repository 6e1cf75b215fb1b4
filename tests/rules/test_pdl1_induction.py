"""PD-L1 induction: what IFN-gamma makes of the PD-L1 of a tumor cell, and how it falls again."""

import numpy as np
import pytest

from abm.rules.pdl1_induction import induce
from abm.tissue.sites import TISSUE
from tests.worlds import changed, every, lattice, liver, put, run_rule, settle, sinusoids, state_of, without

OFF = np.log(2.0) / 24.0


@pytest.mark.parametrize("steps", [1, 9, 144])
@pytest.mark.parametrize("level", [0.0, 1.0, 9.0])
def test_it_relaxes_exactly_at_any_step(steps, level):
    sites = lattice(20, 20)
    tumor = settle(sites, "tumor", every(20, 20, 4), layer=TISSUE, state=3, pdl1=2.0)
    signal = np.full(sites.kind.shape, level, np.float32)
    for _ in range(steps):
        induce(tumor.used, signal, 0.12, OFF, 1.0, 5.0, 12.0 / steps)
    rise = 0.12 * level / (1 + level)
    settled = (rise * 5.0 + OFF) / (rise + OFF)
    expected = settled + (2.0 - settled) * np.exp(-(rise + OFF) * 12.0)
    np.testing.assert_allclose(tumor.used.pdl1, expected, rtol=1e-5)


def exposed(hours, *interventions, left=1.0):
    """PD-L1 of a tumor cell of the reference line after some hours in IFN-gamma, and after two days without."""
    model = without(liver("pdl1_induction", mm=0.3, interventions=list(interventions)))
    slot = put(model, "tumor", *map(int, sinusoids(model)[20]), layer=TISSUE)
    model.rules["pdl1_induction"].slow_down(left)
    model.fields["ifn_gamma"].values[:] = 4.0
    model.fields["ifn_gamma"].at_rest = False
    run_rule(model, "pdl1_induction", hours)
    induced = float(model.tumor.rows[slot].pdl1)
    model.fields["ifn_gamma"].values[:] = 0.0
    model.fields["ifn_gamma"].at_rest = True
    run_rule(model, "pdl1_induction", 48.0)
    return induced, float(model.tumor.rows[slot].pdl1)


def test_a_day_of_ifn_gamma_raises_it_and_two_days_later_a_quarter_is_left():
    induced, later = exposed(24.0)
    assert 3.5 < induced < 5.0
    assert later - 1.0 == pytest.approx((induced - 1.0) / 4, rel=1e-3)


def test_without_its_kinase_or_the_cytokine_it_stays():
    assert exposed(24.0, left=0.0)[0] == pytest.approx(1.0)
    assert exposed(24.0, {"block": "ifn_gamma", "fraction": 1})[0] == pytest.approx(1.0)


def test_at_rest_nothing_changes():
    model = without(liver("pdl1_induction", mm=0.3))
    put(model, "tumor", *map(int, sinusoids(model)[20]), layer=TISSUE)
    before = state_of(model)
    run_rule(model, "pdl1_induction", 2.0)
    assert changed(model, before) <= {"clock/step_number"}
