"""EMT: the score follows its equation exactly, whatever the step."""

import numpy as np
import pytest

from abm.cells.stellate import ACTIVATED, QUIESCENT
from abm.cells.tumor import ADHERENT, CIRCULATING
from abm.rules.emt import transform
from abm.rules.fibroblast_state import NOWHERE, beside_inflammatory
from abm.tissue.sites import LUMEN, TISSUE
from tests.worlds import around, changed, every, lattice, liver, put, settle, sinusoids, state_of, without


def naive_emt(start, level, beside, hours, rate, stellate_rate, reversal):
    """d emt/dt = (rate*H + stellate_rate*beside)*(1 - emt) - reversal*emt in ten thousand midpoint steps."""
    emt, forward, dt = start, rate * level / (1 + level) + stellate_rate * beside, hours / 10_000

    def slope(value):
        return forward * (1 - value) - reversal * value

    for _ in range(10_000):
        emt += dt * slope(emt + 0.5 * dt * slope(emt))
    return emt


def test_kernel_is_its_naive_twin():
    rng = np.random.default_rng(2)
    field = rng.gamma(0.5, 2.0, (8, 8)).astype(np.float32)
    cells = settle(
        lattice(8, 8),
        "tumor",
        every(8, 8),
        on_site=False,
        emt=rng.random(64),
        state=rng.integers(0, 5, 64),
        alive=rng.random(64) < 0.8,
    )
    beside = rng.random((8, 8)).astype(np.float32)
    before = cells.rows.copy()
    transform(cells.used, field, beside, 7.0, 0.03, 0.02, 0.01)
    moved = (before.alive == 1) & (before.state != CIRCULATING)
    assert 20 < moved.sum() < 60
    assert (cells.rows.emt[~moved] == before.emt[~moved]).all()
    for slot in np.flatnonzero(moved)[:12]:
        level = float(field[before[slot].row, before[slot].column])
        touched = float(beside[before[slot].row, before[slot].column])
        expected = naive_emt(float(before[slot].emt), level, touched, 7.0, 0.03, 0.02, 0.01)
        assert cells.rows[slot].emt == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("steps", [6, 12, 60])
def test_kinetics_do_not_depend_on_the_step(steps):
    cells = settle(lattice(1, 1), "tumor", [(0, 0)], on_site=False, emt=0.3, state=ADHERENT)
    for _ in range(steps):
        transform(cells.used, np.ones((1, 1), np.float32), NOWHERE, 24.0 / steps, 0.03, 0.03, 0.01)
    target = 0.015 / 0.025
    assert cells.rows.emt[0] == pytest.approx(target + (0.3 - target) * np.exp(-0.025 * 24), abs=1e-5)


def test_limits():
    cells = settle(lattice(1, 1), "tumor", [(0, 0)], on_site=False, emt=0.8, state=ADHERENT)
    nothing, much = np.zeros((1, 1), np.float32), np.full((1, 1), 1e6, np.float32)
    transform(cells.used, nothing, NOWHERE, 100.0, 0.03, 0.03, 0.0)
    assert cells.rows.emt[0] == np.float32(0.8), "no signal and no reversal: nothing moves"
    transform(cells.used, nothing, NOWHERE, 100.0, 0.03, 0.03, 0.01)
    assert cells.rows.emt[0] == pytest.approx(0.8 * np.exp(-1.0), rel=1e-5)
    transform(cells.used, much, NOWHERE, 1e5, 0.03, 0.03, 0.01)
    assert cells.rows.emt[0] == pytest.approx(0.75, rel=1e-5)
    transform(cells.used, much, NOWHERE, 1e5, 0.03, 0.03, 0.0)
    assert cells.rows.emt[0] <= 1.0


def test_rule_makes_cells_mesenchymal_within_days_and_brings_them_back():
    model = liver("emt", mm=0.3, step="1 h")
    signalled, quiet = (put(model, "tumor", *place) for place in sinusoids(model)[:2])
    tgf_beta = model.fields["tgf_beta"].values
    tgf_beta[model.tumor.rows[signalled].row, model.tumor.rows[signalled].column] = 20.0
    for _ in range(72):
        model.rules["emt"].apply(model)
    assert model.tumor.rows[signalled].emt > 0.6
    assert model.tumor.rows[quiet].emt == pytest.approx(0.3 * np.exp(-0.72), rel=1e-4)
    tgf_beta[:] = 0.0
    for _ in range(240):
        model.rules["emt"].apply(model)
    assert model.tumor.rows[signalled].emt < 0.1


@pytest.mark.parametrize("edges", ["periodic", "closed"])
def test_where_inflammatory_stellate_cells_are_touched(edges):
    model = without(liver("emt", mm=0.3, edges=edges))
    assert beside_inflammatory(model) is NOWHERE
    expected = np.zeros(model.shape, np.float32)
    for number, (row, column) in enumerate(sinusoids(model, TISSUE)[::5]):
        inflammatory, state = np.float32(number % 7 / 7), (QUIESCENT, ACTIVATED, ACTIVATED)[number % 3]
        put(model, "stellate", int(row), int(column), state=state, inflammatory=inflammatory)
        if state == ACTIVATED:
            for place in around(model.sites, row, column, own=True):
                expected[place] = max(expected[place], inflammatory)
    assert (beside_inflammatory(model) == expected).all() and 0 < (expected > 0).mean() < 1


@pytest.mark.parametrize(("blocked", "left"), [((), 1.0), (("il6",), 0.0)])
@pytest.mark.parametrize("inflammatory", [0.0, 0.5, 1.0])
def test_il6_of_inflammatory_stellate_cells_makes_cells_mesenchymal(inflammatory, blocked, left):
    model = without(liver("emt", mm=0.3, step="1 h", interventions=[{"block": molecule} for molecule in blocked]))
    place, far = (tuple(map(int, place)) for place in (sinusoids(model)[0], sinusoids(model)[-1]))
    put(model, "stellate", *place, state=ACTIVATED, inflammatory=inflammatory)
    cells = [model.tumor.rows[put(model, "tumor", *at, layer=LUMEN, emt=0.3)] for at in (place, far)]
    for _ in range(48):
        model.rules["emt"].apply(model)
    forward = 0.03 * inflammatory * left
    aim = forward / (forward + 0.01)
    assert cells[0].emt == pytest.approx(aim + (0.3 - aim) * np.exp(-48 * (forward + 0.01)), rel=1e-4)
    assert cells[1].emt == pytest.approx(0.3 * np.exp(-0.48), rel=1e-4)


def test_off_and_empty_leave_the_state_alone():
    model = liver("emt", mm=0.3)
    before = state_of(model)
    model.rules["emt"].apply(model)
    assert changed(model, before) == set()
    off = liver(mm=0.3)
    slot = put(off, "tumor", *sinusoids(off)[0])
    off.fields["tgf_beta"].values[:] = 5.0
    off.step()
    assert off.tumor.rows[slot].emt == np.float32(off.config.cells.tumor.emt)
