"""NETosis: the hazard of committing, the burst three hours later, the stretch it covers, and its decay."""

import numpy as np
import pytest

from abm.cells.neutrophil import N1, N2, NETTING
from abm.kernels.random import uniform
from abm.tissue.sites import SINUSOID
from tests.worlds import (
    assert_chance,
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

RULE = {
    "rate": "0.1 /h",
    "duration": "3 h",
    "half_life": "12 h",
    "footprint": "15 um",
    "chemokine_weight": 0.5,
    "lps_weight": 1,
}


def host(step="5 min", mm=0.5, parameters=None, **overrides):
    return without(liver("netosis", step=step, mm=mm, parameters={"netosis": RULE | (parameters or {})}, **overrides))


def endotoxin(level, **course):
    """LPS in the blood, at a constant level."""
    return [{"stimulate": "lps", "level": level, "half_life": None, **course}] if level else []


def filled(step="5 min", interventions=(), **parameters):
    """A neutrophil on every sinusoid site of 1 mm2."""
    model = host(step, mm=1.0, parameters=parameters, interventions=list(interventions))
    model.neutrophil.reserve(3000)
    for k, (row, column) in enumerate(sinusoids(model)):
        put(model, "neutrophil", int(row), int(column), state=(N1, N2)[k % 2])
    return model


@compiled_only
@pytest.mark.parametrize("step", ["5 min", "10 min"])
@pytest.mark.parametrize(
    ("cxcl1", "tnf", "lps"), [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 0.0, 3.0), (0.5, 0.5, 1.0)]
)
def test_neutrophils_commit_at_the_rate_of_their_stimulus(step, cxcl1, tnf, lps):
    model = filled(step, endotoxin(lps))
    model.fields["cxcl1"].values[:], model.fields["tnf"].values[:] = cxcl1, tnf
    run_rule(model, "netosis", 2.5)
    committed = np.count_nonzero(model.neutrophil.alive_rows().state == NETTING)
    stimulus = 0.5 * (cxcl1 + tnf) + lps
    if stimulus == 0.0:
        assert committed == 0
    else:
        assert_chance(committed, model.neutrophil.count, 1 - np.exp(-0.1 * stimulus / (1 + stimulus) * 2.5))
    assert not model.nets.any()


@compiled_only
@pytest.mark.parametrize("step", ["1 min", "5 min", "10 min", "30 min"])
def test_a_pulse_of_endotoxin_counts_for_as_long_as_it_lasts(step):
    """A minute of much LPS saturates for a minute, whatever the step."""
    model = filled(step, endotoxin(100, start="12 min", stop="13 min"), rate="2 /h")
    model.fields["cxcl1"].values[:] = 0.02
    run_rule(model, "netosis", 0.5)
    committed = np.count_nonzero(model.neutrophil.alive_rows().state == NETTING)
    rate = 2.0 * (100.01 / 101.01 / 60 + 0.01 / 1.01 * 29 / 60)
    assert_chance(committed, model.neutrophil.count, 1 - np.exp(-rate))


def test_who_commits_is_what_plain_python_says():
    model = host(parameters={"rate": "2 /h"})
    for row, column in sinusoids(model)[::3]:
        put(model, "neutrophil", int(row), int(column))
    model.fields["cxcl1"].values[:] = np.random.default_rng(5).random(model.shape)
    model.step_number = 11
    expected = set()
    for cell in model.neutrophil.alive_rows():
        stimulus = 0.5 * float(model.fields["cxcl1"].values[cell.row, cell.column])
        if uniform(model.key("netosis"), 11, cell.uid, 0) < 1 - np.exp(-2.0 * stimulus / (1 + stimulus) / 12):
            expected.add(int(cell.uid))
    model.rules["netosis"].apply(model)
    rows = model.neutrophil.alive_rows()
    assert {int(uid) for uid in rows.uid[rows.state == NETTING]} == expected
    assert 5 < len(expected) < rows.size


@pytest.mark.parametrize("step_number", [0, 11, 14, 931, 36_007])
def test_the_net_comes_exactly_three_hours_after_the_commitment(step_number):
    model = host(parameters={"rate": "1e6 /h"}, interventions=endotoxin(1))
    row, column = (int(i) for i in sinusoids(model)[100])
    put(model, "neutrophil", row, column)
    model.step_number = step_number
    run_rule(model, "netosis", 3.0)
    assert list(model.neutrophil.alive_rows().state) == [NETTING] and not model.nets.any()
    run_rule(model, "netosis", model.dt_hours)
    assert model.neutrophil.count == 0
    assert model.nets[row, column] == 1.0
    assert_sound(model)


def burst(model, row, column):
    put(model, "neutrophil", row, column, state=NETTING)
    run_rule(model, "netosis", model.dt_hours)
    return {(int(r), int(c)) for r, c in np.argwhere(model.nets)}


@pytest.mark.parametrize("edges", ["periodic", "closed"])
@pytest.mark.parametrize("footprint", ["0 um", "10 um", "15 um", "32 um"])
def test_the_net_covers_the_sinusoids_within_its_footprint(edges, footprint):
    model = host(parameters={"footprint": footprint}, tissue={"edges": edges})
    sites = sinusoids(model)
    radius = float(footprint.split()[0]) / model.spacing_um
    for row, column in (sites[sites[:, 0] == 0][0], sites[len(sites) // 2]):
        apart = np.abs(np.argwhere(model.sites.kind == SINUSOID) - (row, column))
        if edges == "periodic":
            apart = np.minimum(apart, np.array(model.shape) - apart)
        covered = np.argwhere(model.sites.kind == SINUSOID)[(apart**2).sum(axis=1) <= radius**2 + 1e-9]
        model.nets[:] = 0.0
        assert burst(model, int(row), int(column)) == {(int(r), int(c)) for r, c in covered}
        assert model.nets.max() == 1.0


def test_a_second_net_on_the_remains_of_the_first_fills_up_to_one():
    model = host()
    row, column = (int(i) for i in sinusoids(model)[50])
    burst(model, row, column)
    run_rule(model, "netosis", 12.0)
    assert model.nets[row, column] == pytest.approx(0.5, rel=1e-4)
    burst(model, row, column)
    assert model.nets.max() == 1.0


@pytest.mark.parametrize("step", ["5 min", "10 min", "1 h"])
def test_nets_decay_with_their_half_life_to_nothing(step):
    model = host(step)
    model.nets[3:6] = 0.8
    run_rule(model, "netosis", 24.0)
    np.testing.assert_allclose(model.nets[3:6], 0.2, rtol=1e-4)
    run_rule(model, "netosis", 100.0)
    assert not model.nets.any()


def test_nothing_happens_without_stimulus_rate_or_neutrophils():
    unstimulated = host()
    slow, empty = host(parameters={"rate": "0 /h"}, interventions=endotoxin(5)), host(interventions=endotoxin(5))
    for model in (unstimulated, slow):
        put(model, "neutrophil", *map(int, sinusoids(model)[0]))
    for model in (unstimulated, slow, empty):
        before = state_of(model)
        run_rule(model, "netosis", 6.0)
        assert changed(model, before) <= {"clock/step_number"}
