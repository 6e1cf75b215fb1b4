"""Antigen presentation: what is taken up, who matures, who turns tolerogenic, and what reaches the node."""

import numpy as np
import pytest

from abm.cells.dendritic import IMMATURE, MATURE, PRECURSOR, TOLEROGENIC
from abm.rules.antigen_presentation import Sampler, Signals, eat, sample
from abm.tissue.sites import INTERSTITIUM, TISSUE
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

STILL = Sampler(0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.2, 0.0)


def samplers(state=IMMATURE, **columns):
    """Dendritic cells in the interstitium, far from each other."""
    size = sized(160, 24)
    sites = lattice(size, size)
    cells = settle(sites, "dendritic", every(size, size, 4), layer=INTERSTITIUM, state=state, **columns)
    return sites, cells


def felt(sites, **levels):
    """Signals of so much everywhere."""
    return Signals(*(np.full(sites.kind.shape, levels.get(name, 0.0), np.float32) for name in Signals._fields))


def live(sites, cells, sampler, *, minutes=5.0, hours=1.0, debris=None, **levels):
    """As the rule does, for some hours; how much antigen was carried away."""
    debris = np.zeros(sites.kind.shape, np.float32) if debris is None else debris
    signals = felt(sites, **levels)
    return sum(
        sample(cells.table, sites, debris, KEY, step, minutes / 60, signals, sampler)
        for step in range(round(60 * hours / minutes))
    )


def test_debris_is_taken_up_around_a_cell_and_nothing_is_lost():
    sites, cells = samplers()
    debris = np.random.default_rng(2).random(sites.kind.shape).astype(np.float32)
    before = debris.copy()
    live(sites, cells, STILL._replace(uptake=0.25), minutes=60, debris=debris)
    touched = np.zeros(sites.kind.shape, bool)
    for row, column in zip(cells.used.row, cells.used.column, strict=True):
        around = [np.arange(at - 1, at + 2) for at in (int(row), int(column))]
        around = [
            at % size if sites.periodic else at[(at >= 0) & (at < size)]
            for at, size in zip(around, touched.shape, strict=True)
        ]
        touched[np.ix_(*around)] = True
    np.testing.assert_allclose(debris[touched], 0.75 * before[touched], rtol=1e-6)
    assert (debris[~touched] == before[~touched]).all()
    assert cells.used.antigen.sum() == pytest.approx(float(before.sum() - debris.sum()), rel=1e-4)


def test_eating_is_its_naive_twin_at_the_edge():
    sites = lattice(12, 12)
    debris = np.random.default_rng(3).random((12, 12)).astype(np.float32)
    before = debris.copy()
    eaten = eat(debris, sites, 0, 5, 0.5)
    rows = [r % 12 if sites.periodic else r for r in (-1, 0, 1) if sites.periodic or r >= 0]
    expected = before[np.ix_(rows, [4, 5, 6])].sum() / 2
    assert eaten == pytest.approx(float(expected), rel=1e-5)


def test_living_tumor_cells_that_are_touched_give_antigen():
    sites, cells = samplers()
    few = np.stack([cells.used.row, cells.used.column], axis=1)[::2]
    settle(sites, "tumor", few, layer=TISSUE, state=3)
    live(sites, cells, STILL._replace(nibbled=0.1), minutes=30, hours=2)
    assert cells.used.antigen[::2] == pytest.approx(0.4) and not cells.used.antigen[1::2].any()


@compiled_only
@pytest.mark.parametrize("minutes", [2.5, 5, 10])
@pytest.mark.parametrize(
    ("levels", "changes", "danger", "free"),
    [
        ({}, {}, 0.2, 1.0),
        ({"tnf": 1.0}, {}, 0.6, 1.0),
        ({"tnf": 0.5, "ifn_gamma": 0.5}, {}, 0.6, 1.0),
        ({}, {"alarm": 0.9}, 0.9, 1.0),
        ({"tnf": 3.0, "tgf_beta": 1.0}, {}, 0.8, 0.5),
        ({"tnf": 3.0, "il10": 3.0}, {}, 0.8, 0.25),
    ],
)
def test_those_with_antigen_mature_by_danger_unless_they_are_held_back(minutes, levels, changes, danger, free):
    sites, cells = samplers(antigen=1.0)  # half a full load
    sampler = STILL._replace(maturation=0.4, tolerance=0.3, **changes)
    live(sites, cells, sampler, minutes=minutes, hours=2, **levels)
    ripe, tolerant = 0.5 * 0.4 * danger * free, 0.5 * 0.3 * (1 - free)
    turned = 1 - np.exp(-2 * (ripe + tolerant))
    states = cells.used.state
    assert_chance(int((states == MATURE).sum()), states.size, turned * ripe / (ripe + tolerant))
    if tolerant:
        assert_chance(int((states == TOLEROGENIC).sum()), states.size, turned * tolerant / (ripe + tolerant))


def test_without_antigen_nobody_matures():
    sites, cells = samplers()
    live(sites, cells, STILL._replace(maturation=1000.0, tolerance=1000.0), tnf=10.0, tgf_beta=10.0)
    assert (cells.used.state == IMMATURE).all()


@compiled_only
@pytest.mark.parametrize("minutes", [2.5, 10])
def test_mature_ones_leave_and_carry_what_they_have(minutes):
    sites, cells = samplers(MATURE, antigen=3.0)
    there = cells.count
    carried = live(sites, cells, STILL._replace(leaving=1 / 12), minutes=minutes, hours=6)
    gone = there - cells.count
    assert_chance(gone, there, 1 - np.exp(-0.5))
    assert carried == pytest.approx(0.75 * gone)
    assert_in_place(sites, cells)


@pytest.mark.parametrize("state", [PRECURSOR, TOLEROGENIC])
def test_others_neither_eat_nor_leave(state):
    sites, cells = samplers(state, antigen=1.0)
    before = cells.used.copy()
    debris = np.ones(sites.kind.shape, np.float32)
    sampler = STILL._replace(uptake=1.0, nibbled=1.0, maturation=1e3, tolerance=1e3, leaving=1e3)
    assert live(sites, cells, sampler, debris=debris, tnf=5.0) == 0
    assert cells.used.tobytes() == before.tobytes() and (debris == 1).all()


def host(state=MATURE, antigen=1.0, count=5, **overrides):
    """A liver with dendritic cells in the tissue, in which the rule runs."""
    model = without(liver("antigen_presentation", mm=0.3, cells={"tumor": {"antigen": antigen}}, **overrides))
    for row, column in sinusoids(model)[:count]:
        put(model, "dendritic", int(row), int(column), state=state, layer=INTERSTITIUM, antigen=1.0)
    return model


@pytest.mark.parametrize(("antigen", "mhc1"), [(1.0, 1.0), (0.1, 1.0), (1.0, 0.0)])
def test_the_node_is_primed_by_what_t_cells_can_know(antigen, mhc1):
    model = host(antigen=antigen, parameters={"antigen_presentation": {"stay": "0 h"}})
    model.config.cells.tumor.__dict__["mhc1"] = mhc1
    for _ in range(3):
        run_rule(model, "antigen_presentation", 1.0)
    assert model.dendritic.count == 0
    full = 5 * 0.5 / model.standard_area_mm2 / model.config.blood.priming_half
    assert model.blood.priming == pytest.approx(full * antigen * mhc1)
    assert_sound(model)


def test_nothing_happens_without_dendritic_cells():
    model = host(count=0)
    model.debris[3, 3] = 1.0
    before = state_of(model)
    run_rule(model, "antigen_presentation", 2.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_resumes():
    assert_resumes(lambda: host(), 1.0, 6.0)
