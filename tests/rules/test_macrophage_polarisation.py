"""Macrophage polarisation: how a macrophage turns under the cues at its site, exactly, and what it then counts as."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from abm.cells.macrophage import INTERMEDIATE, M1, M2, MONOCYTE
from abm.rules.macrophage_polarisation import Cues, Surrounding, polarise
from abm.tissue.sites import INTERSTITIUM
from tests.worlds import (
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

CUES = Cues(tgf_beta=1.0, il10=1.0, ccl2=0.5, lactate=0.5, ifn_gamma=1.0, tnf=0.5, lactate_half=10.0, exosomes=0.0)
LEVELS = {"tgf_beta": 1.0, "il10": 0.5, "ccl2": 2.0, "ifn_gamma": 0.4, "tnf": 3.0, "lactate": 5.0}
TOWARDS_M2 = 1 / 2 + 0.5 / 1.5 + 0.5 * 2 / 3 + 0.5 * 5 / 15
TOWARDS_M1 = 0.4 / 1.4 + 0.5 * 3 / 4


def turned(hours, steps=1, start=0.0, state=INTERMEDIATE, **levels):
    """Macrophages after some hours under the same levels everywhere, by default none."""
    sites = lattice(12, 12)
    cells = settle(sites, "macrophage", every(12, 12, 4), layer=INTERSTITIUM, state=state, polarisation=start)
    felt = Surrounding(*(np.full(sites.kind.shape, levels.get(name, 0.0), np.float32) for name in Surrounding._fields))
    for _ in range(steps):
        polarise(cells.used, felt, CUES, hours / steps / 36.0, np.float32(0.3))
    return cells.used


@pytest.mark.parametrize("steps", [1, 12, 288])
@pytest.mark.parametrize("start", [-0.8, 0.0, 0.6])
def test_it_relaxes_exactly_at_any_step(steps, start):
    course = solve_ivp(
        lambda _, m: ((1 - m) / 2 * TOWARDS_M2 - (1 + m) / 2 * TOWARDS_M1) / 36.0, (0, 24.0), [start], rtol=1e-9
    )
    np.testing.assert_allclose(turned(24.0, steps, start, **LEVELS).polarisation, course.y[0, -1], atol=2e-5)


@pytest.mark.parametrize(
    ("cue", "side"), [(name, 1 if name in ("tgf_beta", "il10", "ccl2", "lactate") else -1) for name in LEVELS]
)
def test_each_cue_turns_it_its_way(cue, side):
    cells = turned(20000.0, **{cue: LEVELS[cue]})
    np.testing.assert_allclose(cells.polarisation, side, atol=1e-3)
    assert (cells.state == (M2 if side > 0 else M1)).all()


@pytest.mark.parametrize(("level", "weight"), [(1.0, 0.5), (3.0, 0.75)])
def test_exosomes_in_the_blood_turn_it_to_m2(level, weight):
    given = {"stimulate": "exosomes", "level": level, "half_life": None, "start": "0 h", "stop": "90 d"}
    # against TNF that weighs half
    settled = (0.5 * weight - 0.25) / (0.5 * weight + 0.25)
    assert polarisation(1500.0, given, tnf=1.0) == pytest.approx(settled, abs=1e-3)


def test_without_cues_it_stays_and_what_is_below_rest_is_none():
    cells = turned(100.0, start=0.2, lactate=-3.0)
    np.testing.assert_allclose(cells.polarisation, 0.2, rtol=1e-6)
    assert (cells.state == INTERMEDIATE).all()


def test_monocytes_in_the_blood_do_not_turn():
    cells = turned(100.0, state=MONOCYTE, **LEVELS)
    assert not cells.polarisation.any() and (cells.state == MONOCYTE).all()


def soaked(*interventions, steatosis=0.0, **levels):
    """A liver with one macrophage, full of these signals."""
    tissue = {"steatosis": steatosis}
    model = without(liver("macrophage_polarisation", mm=0.3, interventions=list(interventions), tissue=tissue))
    for name, level in levels.items():
        model.fields[name].values[:] = level
        model.fields[name].at_rest = False
    put(model, "macrophage", *map(int, sinusoids(model)[20]), state=INTERMEDIATE)
    return model


def polarisation(hours=36.0, *interventions, **liver_and_levels):
    model = soaked(*interventions, **liver_and_levels)
    run_rule(model, "macrophage_polarisation", hours)
    return float(model.macrophage.alive_rows().polarisation[0])


def test_what_is_blocked_does_not_turn_it():
    assert polarisation(36.0, tgf_beta=4.0) == pytest.approx(1 - np.exp(-0.4), rel=1e-4)
    assert polarisation(36.0, {"block": "tgf_beta"}, tgf_beta=4.0) == 0.0
    assert polarisation(36.0, {"block": "ccr2"}, ccl2=4.0) == 0.0
    under_both = polarisation(400.0, {"block": "csf1r"}, tgf_beta=4.0, tnf=1.0)
    assert under_both < -0.7 < 0.3 < polarisation(400.0, tgf_beta=4.0, tnf=1.0), "CSF1R carries what turns it to M2"


@pytest.mark.parametrize(
    ("steatosis", "tnf", "settled"), [(0.0, 1.0, -1.0), (0.5, 1.0, -0.25), (1.0, 1.0, 0.09091), (1.0, 0.0, 1.0)]
)
def test_lever_vesicles_of_a_fatty_liver_turn_it_to_m2_by_csf1r(steatosis, tnf, settled):
    """0.3 for M2 at most, against TNF that weighs half, at half its effect: (0.3 - 0.25) / (0.3 + 0.25)."""
    assert polarisation(2000.0, steatosis=steatosis, tnf=tnf) == pytest.approx(settled, abs=1e-3)
    without_csf1r = polarisation(2000.0, {"block": "csf1r"}, steatosis=steatosis, tnf=tnf)
    assert without_csf1r == pytest.approx(-1.0 if tnf else 0.0, abs=1e-2)


def test_nothing_happens_without_macrophages():
    model = without(liver("macrophage_polarisation", mm=0.3))
    before = state_of(model)
    run_rule(model, "macrophage_polarisation", 2.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_resumes():
    assert_resumes(lambda: soaked(tgf_beta=1.0), 2.0, 2.0)
