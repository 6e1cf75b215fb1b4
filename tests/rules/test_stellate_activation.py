"""Stellate activation: the hazards of waking up and of reverting, and the matrix in between."""

import numpy as np
import pytest

from abm.cells.stellate import ACTIVATED, QUIESCENT
from abm.cells.tumor import TUMOR
from abm.kernels.random import uniform
from abm.kernels.relax import decay
from abm.rules.stellate_activation import activate
from abm.tissue.sites import CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID, TISSUE
from tests.worlds import (
    KEY,
    around,
    assert_chance,
    changed,
    every,
    lattice,
    liver,
    put,
    settle,
    sinusoids,
    sized,
    state_of,
    without,
)

ON, OFF = 1 / 48, np.log(2) / 336


def run(cells, sites, ecm, tgf_beta, *, step=0, hours=1 / 12, contact=0.5, on=ON, off=OFF, deposit=0.01):
    activate(
        cells.used,
        sites,
        ecm,
        KEY,
        step,
        hours,
        np.float32(step * hours),
        on,
        contact,
        off,
        np.float32(deposit),
        tgf_beta,
    )


def naive_activate(cells, sites, ecm, tgf_beta, step, hours, contact, on, off, deposit):
    """New states by slot, and the new matrix (float64)."""
    states, ecm = {}, ecm.astype(float)
    for slot, cell in enumerate(cells):
        if not cell.alive:
            continue
        here = (int(cell.row), int(cell.column))
        signal = float(tgf_beta[here]) / (1 + float(tgf_beta[here]))
        if any(sites.population[TISSUE][place] == TUMOR for place in around(sites, *here, own=True)):
            signal = max(signal, contact)
        states[slot] = cell.state
        if cell.state == QUIESCENT:
            if uniform(KEY, step, cell.uid, 0) < 1 - np.exp(-on * signal * hours):
                states[slot] = ACTIVATED
        elif uniform(KEY, step, cell.uid, 1) < 1 - np.exp(-off * (1 - signal) * hours):
            states[slot] = QUIESCENT
        else:
            laid = deposit * (1 - float(cell.inflammatory))
            ecm[here] += laid * (1 - ecm[here])
            for place in around(sites, *here):
                if sites.kind[place] in (SINUSOID, PARENCHYMA):
                    ecm[place] += laid / 2 * (1 - ecm[place])
    return states, ecm


@pytest.mark.parametrize("periodic", [True, False])
def test_kernel_is_its_naive_twin(periodic):
    rng = np.random.default_rng(4)
    sites = lattice(20, 20, rng.choice(4, (20, 20), p=[0.1, 0.4, 0.4, 0.1]), periodic=periodic)
    disse = rng.permutation(np.argwhere(sites.kind == SINUSOID))
    settle(sites, "tumor", disse[:20], layer=TISSUE)
    cells = settle(sites, "stellate", disse[20:120], state=rng.integers(0, 2, 100), alive=rng.random(100) < 0.9)
    cells.used.inflammatory = rng.random(100)
    tgf_beta = rng.gamma(0.5, 1.0, (20, 20)).astype(np.float32)
    ecm = rng.random((20, 20)).astype(np.float32)
    before = cells.rows.copy()
    states, matrix = naive_activate(before, sites, ecm, tgf_beta, 3, 30.0, 0.5, ON, OFF, 0.1)
    run(cells, sites, ecm, tgf_beta, step=3, hours=30.0, deposit=0.1)
    assert {slot: cells.rows[slot].state for slot in states} == states
    np.testing.assert_allclose(ecm, matrix, atol=1e-6)
    woken = (before.state == QUIESCENT) & (cells.rows.state == ACTIVATED)
    assert woken.sum() > 5
    assert (cells.rows.activated_h == np.where(woken, np.float32(90.0), before.activated_h)).all()
    assert ((before.state == ACTIVATED) & (cells.rows.state == QUIESCENT)).any()


@pytest.mark.parametrize(
    ("level", "touched", "contact", "signal"),
    [
        (1e6, False, 0.5, 1.0),
        (1.0, False, 0.5, 0.5),
        (0.25, False, 0.5, 0.2),
        (0.25, True, 0.5, 0.5),
        (3.0, True, 0.5, 0.75),
        (0.0, True, 0.5, 0.5),
        (0.0, False, 0.5, 0.0),
        (0.0, True, 0.0, 0.0),
    ],
)
@pytest.mark.parametrize("minutes", [5, 10])
def test_hazard_of_activation(level, touched, contact, signal, minutes):
    size = sized(60, 12)
    sites = lattice(size, size)
    places = every(size, size)
    middle = (places % 3 == 1).all(axis=1)  # every other site touches one of these
    if touched:
        settle(sites, "tumor", places[middle], layer=TISSUE)
    cells = settle(sites, "stellate", places[~middle])
    tgf_beta, ecm = np.full((size, size), level, np.float32), np.zeros((size, size), np.float32)
    for step in range(240 // minutes):
        run(cells, sites, ecm, tgf_beta, step=step, hours=minutes / 60, contact=contact, off=0.0, deposit=0.0)
    assert_chance((cells.rows.state == ACTIVATED).sum(), cells.count, 1 - np.exp(-4 * ON * signal))


@pytest.mark.parametrize(("level", "signal"), [(0.0, 0.0), (1.0, 0.5), (1e9, 1.0)])
@pytest.mark.parametrize("minutes", [30, 60])
def test_hazard_of_reversion(level, signal, minutes):
    size = sized(50, 8)
    sites = lattice(size, size)
    cells = settle(sites, "stellate", every(size, size), state=ACTIVATED)
    tgf_beta, ecm = np.full((size, size), level, np.float32), np.zeros((size, size), np.float32)
    for step in range(3000 // minutes):
        run(cells, sites, ecm, tgf_beta, step=step, hours=minutes / 60, on=0.0, deposit=0.0)
    assert_chance((cells.rows.state == QUIESCENT).sum(), cells.count, 1 - 0.5 ** ((1 - signal) * 50 / 336))


def lone_myofibroblast(**settings):
    """A liver with one activated stellate cell that stays so."""
    parameters = {"reversion_half_life": "100000 d"} | settings.pop("rule", {})
    model = without(
        liver("stellate_activation", mm=0.3, parameters={"stellate_activation": parameters}, **settings), "stellate"
    )
    row, column = sinusoids(model, TISSUE)[40]
    put(model, "stellate", row, column, state=ACTIVATED)
    return model, (row, column)


@pytest.mark.parametrize(
    ("step", "rate"), [("30 s", 0.03), ("5 min", 0.03), ("1 h", 0.03), ("30 s", 0.005), ("5 min", 0.005)]
)
def test_matrix_builds_up_and_fades_by_its_equation(step, rate):
    """d ecm/dt = rate*(1 - ecm) - decay*ecm at its own site, with half the rate beside it."""
    model, here = lone_myofibroblast(step=step, rule={"matrix_rate": f"{rate} /h"})
    hours = 12.0
    for _ in range(round(hours / model.dt_hours)):
        model.rules["stellate_activation"].apply(model)
    decay = np.log(2) / 240

    def solution(r):
        return r / (r + decay) * (1 - np.exp(-(r + decay) * hours))

    assert model.ecm[here] == pytest.approx(solution(rate), rel=0.02)
    beside = [place for place in around(model.sites, *here) if model.sites.kind[place] in (SINUSOID, PARENCHYMA)]
    assert model.ecm[beside[0]] == pytest.approx(solution(rate / 2), rel=0.03)
    assert np.count_nonzero(model.ecm) == 1 + len(beside)


def test_matrix_fills_up_to_one_and_vanishes_in_the_end():
    model, here = lone_myofibroblast(step="1 h", rule={"matrix_rate": "0.1 /h"})
    for _ in range(300):
        model.rules["stellate_activation"].apply(model)
    assert 0.95 < model.ecm.max() <= 1.0
    full = float(model.ecm[here])
    without(model, "stellate")
    for _ in range(240):
        model.rules["stellate_activation"].apply(model)
    assert model.ecm[here] == pytest.approx(full / 2, rel=1e-3)
    decay(model.ecm, np.float32(1e-7), np.float32(1e-6))
    assert not model.ecm.any()


def test_no_matrix_in_the_great_vessels():
    sites = lattice(3, 3, periodic=False)
    sites.kind[0], sites.kind[2] = PORTAL_TRACT, CENTRAL_VEIN
    ecm = np.zeros((3, 3), np.float32)
    run(settle(sites, "stellate", [(1, 1)], state=ACTIVATED), sites, ecm, ecm.copy(), deposit=0.5)
    assert ecm.tolist() == [[0, 0, 0], [0.25, 0.5, 0.25], [0, 0, 0]]


def test_off_or_unsignalled_nothing_changes():
    model = liver("stellate_activation", mm=0.3)
    before = state_of(model)
    for _ in range(3):
        model.rules["stellate_activation"].apply(model)
    assert changed(model, before) == set()
    off = liver(mm=0.3)
    off.stellate.used.state[:3] = ACTIVATED
    off.ecm[:] = 0.5
    off.step()
    assert off.stellate.state_counts()[ACTIVATED] == 3
    assert (off.ecm == 0.5).all()
