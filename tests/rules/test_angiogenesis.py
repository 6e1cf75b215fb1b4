"""Angiogenesis: who calls vessels, where they sprout and how often, what they carry, and when they go."""

import math

import numpy as np
import pytest

from abm.cells import neutrophil
from abm.cells.neutrophil import NEUTROPHIL
from abm.cells.tumor import EXTRAVASATED, TUMOR
from abm.kernels.random import uniform
from abm.rules.angiogenesis import Call, sprout, tend
from abm.tissue.sites import LUMEN, PARENCHYMA, SINUSOID, TISSUE
from tests.worlds import (
    KEY,
    around,
    assert_chance,
    assert_resumes,
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

LEAKY = 0.4


def world(size: int, *, periodic: bool, seed: int = 4):
    """Tissue half full of tumor cells, with neutrophils, half of them N2, a few vessels, and VEGF here and there."""
    rng = np.random.default_rng(seed)
    sites = lattice(size, size, rng.choice(4, (size, size), p=[0.05, 0.4, 0.5, 0.05]), periodic=periodic)
    sites.perfused[:] = rng.random((size, size)) < 0.4
    places = every(size, size)
    tumor = settle(sites, "tumor", places[rng.random(len(places)) < 0.5], layer=TISSUE, state=EXTRAVASATED)
    chosen = places[rng.random(len(places)) < 0.1]
    cells = settle(sites, "neutrophil", chosen, state=rng.integers(0, 2, len(chosen)))
    vessels = np.where(rng.random((size, size)) < 0.002, 0.7, 0.0).astype(np.float32)
    return sites, tumor, vessels, Call(rng.gamma(0.5, 1.0, (size, size)).astype(np.float32), cells.rows.state, 1.5)


def strength(sites, call, place) -> float:
    touching = [
        call.neutrophils[sites.occupant[LUMEN][there]] == neutrophil.N2
        for there in around(sites, *place, own=True)
        if sites.population[LUMEN][there] == NEUTROPHIL
    ]
    signal = float(call.vegf[place]) + call.of_each * sum(touching)
    return signal / (1 + signal)


def distance(shape, periodic, place) -> np.ndarray:
    away = np.abs(np.indices(shape) - np.reshape(place, (2, 1, 1)))
    if periodic:
        away = np.minimum(away, np.reshape(shape, (2, 1, 1)) - away)
    return np.sqrt((away.astype(float) ** 2).sum(axis=0))


def naive_sprout(sites, tumor, vessels, call, step, hours, rate, spacing):
    vessels, shape = vessels.copy(), vessels.shape
    for cell in tumor.used:
        place = int(cell.row), int(cell.column)
        strong = strength(sites, call, place)
        if uniform(KEY, step, cell.uid, 0) >= 1 - math.exp(-rate * strong * hours):
            continue
        away = distance(shape, sites.periodic, place)[vessels > 0]
        beside = any(
            sites.kind[there] == SINUSOID and sites.perfused[there] for there in around(sites, *place, own=True)
        )
        if not (away < spacing).any() and (beside or (away <= 2 * spacing).any()):
            vessels[place] = 1 - (1 - LEAKY) * strong
    return vessels


def naive_tend(sites, vessels, call, step, hours, regress):
    vessels = vessels.copy()
    for place in map(tuple, np.argwhere(vessels > 0)):
        tumor = any(sites.population[TISSUE][there] == TUMOR for there in around(sites, *place, own=True))
        strong = strength(sites, call, place) if tumor else 0.0
        number = np.uint64(place[0] * vessels.shape[1] + place[1])
        gone = uniform(KEY, step, number, 1) < 1 - math.exp(-regress * (1 - strong) * hours)
        vessels[place] = 0 if gone else 1 - (1 - LEAKY) * strong
    return vessels


@pytest.mark.parametrize("spacing", [1.0, 3.5, 6.0, 100.0])
@pytest.mark.parametrize("periodic", [True, False])
def test_sprouting_is_its_naive_twin(periodic, spacing):
    sites, tumor, vessels, call = world(sized(40, 16), periodic=periodic)
    expected = naive_sprout(sites, tumor, vessels, call, 3, 1.0, 0.3, spacing)
    before = np.count_nonzero(vessels)
    born = sprout(tumor.used, sites, vessels, call, KEY, 3, 1.0, 0.3, spacing, int(2 * spacing), LEAKY)
    np.testing.assert_allclose(vessels, expected, rtol=1e-6)
    assert born == np.count_nonzero(vessels) - before
    assert spacing > 10 or born > 0


@pytest.mark.parametrize("periodic", [True, False])
def test_regression_is_its_naive_twin(periodic):
    size = sized(40, 16)
    sites, _, vessels, call = world(size, periodic=periodic)
    vessels[np.random.default_rng(5).random((size, size)) < 0.3] = 0.5
    expected = naive_tend(sites, vessels, call, 3, 1.0, 1.0)
    tend(np.flatnonzero(vessels), sites, vessels, call, KEY, 3, 1.0, 1.0, LEAKY)
    np.testing.assert_allclose(vessels, expected, rtol=1e-6)
    assert 0 < np.count_nonzero(vessels) < 0.3 * size * size


@pytest.mark.parametrize("vegf", [0.25, 1.0, 9.0])
def test_the_hazard_is_half_at_the_half_maximal_signal(vegf):
    """Tumor cells far from each other, each in a periodic plate beside a sinusoid."""
    size = sized(120, 40)
    sites = lattice(size, size)
    tumor = settle(sites, "tumor", every(size, size), layer=TISSUE, state=EXTRAVASATED)
    call = Call(np.full(sites.kind.shape, vegf, np.float32), np.zeros(1, np.uint8), 0.0)
    vessels = np.zeros(sites.kind.shape, np.float32)
    sprout(tumor.used, sites, vessels, call, KEY, 0, 2.0, 0.1, 1.0, 0, LEAKY)
    hazard = 0.1 * vegf / (1 + vegf) * 2.0
    assert_chance(np.count_nonzero(vessels), size * size, -math.expm1(-hazard))
    assert vessels.max() == pytest.approx(1 - 0.6 * vegf / (1 + vegf))


def test_nothing_sprouts_without_a_signal_nor_without_blood_or_a_vessel_near():
    size = 20
    sites, vessels = lattice(size, size, PARENCHYMA), np.zeros((size, size), np.float32)
    tumor = settle(sites, "tumor", every(size, size), layer=TISSUE, state=EXTRAVASATED)
    loud, silent = (Call(np.full((size, size), level, np.float32), np.zeros(1, np.uint8), 1.0) for level in (50.0, 0.0))
    sprout(tumor.used, sites, vessels, loud, KEY, 0, 1.0, 10.0, 3.0, 6, LEAKY)
    assert not vessels.any()  # no sinusoid
    vessels[10, 10] = 1.0
    sprout(tumor.used, sites, vessels, silent, KEY, 0, 1.0, 10.0, 3.0, 6, LEAKY)
    assert np.count_nonzero(vessels) == 1
    sprout(tumor.used, sites, vessels, loud, KEY, 0, 1.0, 10.0, 3.0, 6, LEAKY)
    grown = np.argwhere(vessels)
    assert len(grown) > 5
    for place in grown:
        away = np.sort(distance(vessels.shape, True, place)[tuple(grown.T)])
        assert 3.0 <= away[1] <= 6.0  # from one to the next


def test_neutrophils_call_when_vegf_is_blocked_and_when_they_are_n2():
    model = liver(
        "angiogenesis", mm=0.3, empty=True, parameters={"angiogenesis": {"sprout": "100 /h", "neutrophil_call": 1}}
    )
    row, column = sinusoids(model)[20]
    put(model, "tumor", row, column, layer=TISSUE)
    slot = put(model, "neutrophil", row, column, state=neutrophil.N1)
    run_rule(model, "angiogenesis", 24.0)
    assert not model.vessels.any()
    model.neutrophil.rows.state[slot] = neutrophil.N2
    run_rule(model, "angiogenesis", 24.0)
    assert np.argwhere(model.vessels).tolist() == [[row, column]]
    assert model.vessels[row, column] == pytest.approx(0.8)  # half the signal


@pytest.mark.parametrize("block, some", [("vegf", False), ("fgf2", True)])
def test_what_is_blocked_does_not_call(block, some):
    model = liver(
        "angiogenesis",
        mm=0.3,
        empty=True,
        parameters={"angiogenesis": {"sprout": "100 /h"}},
        interventions=[{"block": block}],
    )
    model.fields["vegf"].values[:] = 5.0
    row, column = sinusoids(model)[20]
    put(model, "tumor", row, column, layer=TISSUE)
    run_rule(model, "angiogenesis", 24.0)
    assert model.vessels.any() == some


def colony(radius: int = 12, **config):
    """A colony in the middle of a liver in which only angiogenesis runs."""
    model = without(liver("angiogenesis", mm=0.5, **config))
    rows, columns = np.indices(model.shape)
    inside = (rows - 25) ** 2 + (columns - 25) ** 2 <= radius**2
    for row, column in np.argwhere(inside & ((model.sites.kind == SINUSOID) | (model.sites.kind == PARENCHYMA))):
        put(model, "tumor", row, column, layer=TISSUE)
        model.hepatocytes[row, column] = 0
    return model, inside


def test_a_step_of_any_length_gives_the_same_vessels_on_average():
    counts = []
    for interval in ("1 h", "4 h"):
        seen = []
        for seed in range(sized(30, 5)):
            parameters = {"sprout": "0.03 /h", "interval": interval}
            model, _ = colony(seed=seed, parameters={"angiogenesis": parameters})
            model.fields["vegf"].values[:] = 1.0
            run_rule(model, "angiogenesis", 24.0)
            seen.append(np.count_nonzero(model.vessels))
        counts.append(np.array(seen))
    mean, error = [c.mean() for c in counts], math.sqrt(sum(c.var() / c.size for c in counts))
    assert min(mean) > 1
    assert abs(mean[0] - mean[1]) < 4 * error


def test_a_vessel_brings_arterial_oxygen_as_well_as_it_carries():
    levels = {}
    for quality in (0.0, 0.4, 1.0):
        model, inside = colony()
        model.sites.perfused[inside & (model.sites.kind == SINUSOID)] = 0
        model.update_flow()
        model.vessels[25, 25] = quality
        oxygen = model.fields["oxygen"]
        for _ in range(40):
            oxygen.advance(model)
        levels[quality] = oxygen.values.copy()
        p = model.config.fields.oxygen
        delivered = quality * p.vessel_exchange / 100.0 * (p.arterial - float(oxygen.values[25, 25]))
        uptake = oxygen.demand(model.sites, model.hepatocytes, model.tumor_sites()) * (
            oxygen.values / (oxygen.values + p.half_uptake)
        )
        open_sites = (model.sites.kind == SINUSOID) & (model.sites.perfused != 0) | (model.sites.kind == 0)
        brought = (open_sites * p.exchange * (oxygen.blood - oxygen.values)).sum(dtype=float)
        assert uptake.sum(dtype=float) == pytest.approx(brought + delivered, rel=2e-3)
    assert levels[0.0][25, 25] < 12 < 40 < levels[0.4][25, 25] < levels[1.0][25, 25] < 70
    assert (levels[1.0] >= levels[0.0] - 0.1).all()
    assert levels[1.0][25, 30] > levels[0.0][25, 30] + 5  # 50 um off


def test_a_vessel_washes_fields_out_as_well_as_it_carries():
    left = {}
    for quality in (0.0, 0.5, 1.0):
        model, inside = colony()
        model.sites.perfused[inside & (model.sites.kind == SINUSOID)] = 0
        model.update_flow()
        model.vessels[25, 25] = quality
        model.update_exchange()
        field = model.fields["vegf"]
        field.source[inside] = 1e-3
        field.secreted = True
        for _ in range(20):
            field.advance(model)
        left[quality] = float(field.values[25, 25])
    assert left[0.0] > left[0.5] > left[1.0] > 0.0


def test_nothing_is_touched_without_tumor_cells_or_between_intervals():
    model = liver("angiogenesis", mm=0.3)
    model.fields["vegf"].values[:] = 5.0
    before = state_of(model)
    run_rule(model, "angiogenesis", 10.0)
    after = state_of(model)
    assert all(after[name].tobytes() == before[name].tobytes() for name in before if name != "clock/step_number")


def test_a_run_that_was_interrupted_has_the_same_vessels():
    def make():
        return liver(
            "angiogenesis",
            "growth",
            "perfusion",
            mm=0.5,
            parameters={"angiogenesis": {"sprout": "1 /h"}},
            secretion={"hypoxia_below": "60 mmHg", "tumor_vegf": 3},
            interventions=[{"implant": 1, "cells": 400}],
        )

    model = make()
    for _ in range(round(6 / model.dt_hours)):
        model.step()
    assert np.count_nonzero(model.vessels) > 1
    assert_resumes(make, 6.25, 3.0)
