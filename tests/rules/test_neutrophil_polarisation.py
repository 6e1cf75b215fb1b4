"""Neutrophil polarisation: who turns from N1 to N2, who turns back, and how fast."""

import numpy as np
import pytest

from abm.cells.neutrophil import N1, N2, NETTING
from abm.kernels.random import uniform
from abm.rules.neutrophil_polarisation import turn
from tests.worlds import (
    assert_chance,
    assert_resumes,
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


def filled(step="5 min", state=N1, mm=1.0, interventions=(), **signals):
    """A neutrophil in one state on every free sinusoid site, in these levels of signals."""
    rule = {"n2_time": "24 h", "n1_time": "12 h"}
    model = without(
        liver(
            "neutrophil_polarisation",
            step=step,
            mm=mm,
            parameters={"neutrophil_polarisation": rule},
            interventions=list(interventions),
        )
    )
    model.neutrophil.reserve(3000)
    for row, column in sinusoids(model):
        put(model, "neutrophil", int(row), int(column), state=state)
    for name, level in signals.items():
        model.fields[name].values[:], model.fields[name].at_rest = level, False
    return model


@compiled_only
@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min"])
@pytest.mark.parametrize(("state", "signal", "time"), [(N1, "tgf_beta", 24.0), (N2, "ifn_gamma", 12.0)])
@pytest.mark.parametrize("level", [1.0, 1e6])
def test_each_way_follows_its_signal(state, signal, time, level, step):
    model = filled(step, state, **{signal: level})
    run_rule(model, "neutrophil_polarisation", 6.0)
    states = model.neutrophil.alive_rows().state
    assert_chance(np.count_nonzero(states != state), states.size, 1 - np.exp(-6.0 / time * level / (1 + level)))
    assert set(states) == {N1, N2}


@pytest.mark.parametrize(
    ("state", "signals"),
    [(N1, {"ifn_gamma": 5.0}), (N2, {"tgf_beta": 5.0}), (NETTING, {"tgf_beta": 5.0, "ifn_gamma": 5.0}), (N1, {})],
)
def test_nobody_turns_without_its_signal_or_casting_a_net(state, signals):
    model = filled(state=state, mm=0.4, **signals)
    before = state_of(model)
    run_rule(model, "neutrophil_polarisation", 6.0)
    assert changed(model, before) <= {"clock/step_number"}


@compiled_only
def test_under_both_signals_the_shares_settle_where_the_turns_balance():
    model = filled(tgf_beta=1.0, ifn_gamma=3.0)
    run_rule(model, "neutrophil_polarisation", 150.0)
    states = model.neutrophil.alive_rows().state
    to_n2, to_n1 = 0.5 / 24, 0.75 / 12
    assert_chance(np.count_nonzero(states == N2), states.size, to_n2 / (to_n2 + to_n1))


@compiled_only
def test_a_blockade_of_tgf_beta_keeps_them_n1():
    model = filled(tgf_beta=3.0, interventions=[{"block": "tgf_beta", "fraction": 0.9}])
    run_rule(model, "neutrophil_polarisation", 6.0)
    states = model.neutrophil.alive_rows().state
    assert_chance(np.count_nonzero(states == N2), states.size, 1 - np.exp(-0.25 * 0.3 / 1.3))


def test_who_turns_is_what_plain_python_says():
    rng = np.random.default_rng(13)
    size, key, step = sized(60, 30), np.uint64(78), 5
    sites = lattice(size, size)
    cells = settle(sites, "neutrophil", every(size, size, 2), state=rng.choice([N1, N2, NETTING], size**2 // 4))
    tgf_beta, ifn_gamma = (rng.gamma(0.7, 2.0, (2, size, size)) * (rng.random((2, size, size)) < 0.8)).astype(
        np.float32
    )
    rows = cells.rows.copy()
    expected = rows.state.copy()
    for n, row in enumerate(rows):
        signal, hazard = {N1: (tgf_beta, 0.25), N2: (ifn_gamma, 0.5)}.get(row.state, (tgf_beta, 0.0))
        level = float(signal[row.row, row.column])
        if uniform(key, step, row.uid, 1) < 1 - np.exp(-hazard * level / (1 + level)):
            expected[n] = N2 if row.state == N1 else N1
    turn(cells.table, key, step, 0.25, 0.5, tgf_beta, ifn_gamma)
    np.testing.assert_array_equal(cells.rows.state, expected)
    assert (
        ((expected != rows.state) & (rows.state == N1)).sum()
        > 5
        < ((expected != rows.state) & (rows.state == N2)).sum()
    )


def test_resumes():
    assert_resumes(lambda: filled(mm=0.4, tgf_beta=1.0), 2.0, 2.0)
