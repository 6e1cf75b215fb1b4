"""Glutamine: what tumor cells leave of it, by its closed form, and that it costs nothing where nobody takes any up."""

import numpy as np
import pytest

from abm.cells.stellate import ACTIVATED, QUIESCENT
from abm.cells.tumor import TUMOR
from abm.tissue.sites import PARENCHYMA, SINUSOID, TISSUE
from tests.worlds import assert_resumes, assert_sound, later, liver, put, without

WASHOUT, REST = 0.02, np.float32(0.6)  # /s and mM


def tumor_everywhere(uptake, step="5 min", exchange=1.0, interventions=(), hours=3.0, **parameters):
    """A liver in which a tumor cell takes up glutamine at every site, and blood comes to every site as well as `exchange` says."""
    glutamine = {"tumor": f"{uptake} mM/h", "half_uptake": "0.1 mM"} | parameters
    model = without(liver(mm=0.2, step=step, fields={"glutamine": glutamine}, interventions=list(interventions)))
    model.sites.population[TISSUE] = TUMOR
    field = model.fields["glutamine"]
    field.set_perfusion(np.full(model.shape, exchange, np.float32))
    steps = round(hours / model.dt_hours)
    for model.step_number in range(steps):
        if field.is_due(model.step_number):
            field.advance(model)
    return model, field


def left_by(uptake, exchange=1.0, half=0.1, rest=0.6):
    """The level at which the blood brings what is taken up: exchange * washout * (rest - c) = uptake * c / (half + c)."""
    brought = exchange * WASHOUT
    b = brought * (half - rest) + uptake / 3600
    return (-b + np.sqrt(b * b + 4 * brought * brought * rest * half)) / (2 * brought)


@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min"])
@pytest.mark.parametrize(("uptake", "exchange"), [(5, 1.0), (20, 1.0), (20, 0.25), (100, 0.1)])
def test_what_is_left_is_what_the_blood_brings(uptake, exchange, step):
    _, field = tumor_everywhere(uptake, step, exchange)
    assert 0 < left_by(uptake, exchange) < 0.6
    np.testing.assert_allclose(field.values, left_by(uptake, exchange), atol=0.003)


@pytest.mark.parametrize("exchange", [0.0, 0.001])
def test_it_never_falls_below_nothing(exchange):
    _, field = tumor_everywhere(1000, exchange=exchange)
    assert (field.values >= 0).all() and field.values.max() < 0.01
    assert (field.excess <= REST).all()


@pytest.mark.parametrize(("blocked", "left"), [(1.0, 0.6), (0.5, left_by(10)), (0.0, left_by(20))])
def test_an_inhibitor_of_the_uptake_leaves_it(blocked, left):
    _, field = tumor_everywhere(20, interventions=[{"block": "glutamine_uptake", "fraction": blocked}])
    np.testing.assert_allclose(field.values, left, atol=0.003)


def around_a_stellate_cell(state, interventions=(), gain=1.0, reach="20 um"):
    """The demand of tumor cells all around one stellate cell, relative to that of one alone, and how far in sites each is."""
    parameters = {"glutamine": {"tumor": "20 mM/h", "pwar6_gain": gain, "pwar6_reach": reach}}
    model = without(liver(mm=0.2, fields=parameters, interventions=list(interventions)))
    place = tuple(map(int, np.argwhere(model.sites.kind == SINUSOID)[30]))
    put(model, "stellate", *place, state=state)
    model.sites.population[TISSUE] = TUMOR
    away = np.abs(np.indices(model.shape) - np.reshape(place, (2, 1, 1)))
    away = np.minimum(away, np.reshape(model.shape, (2, 1, 1)) - away)
    return model.fields["glutamine"].demand(model, 20.0) / np.float32(20 / 3600), np.hypot(*away)


@pytest.mark.parametrize(
    ("state", "blocked", "gain", "fold"),
    [
        (ACTIVATED, 0.0, 1.0, 2.0),
        (ACTIVATED, 0.5, 3.0, 2.5),
        (ACTIVATED, 1.0, 3.0, 1.0),
        (ACTIVATED, 0.0, 0.0, 1.0),
        (QUIESCENT, 0.0, 1.0, 1.0),
    ],
)
@pytest.mark.parametrize("reach", [20, 50, 500])
def test_activated_stellate_cells_raise_the_uptake_of_those_near_them(state, blocked, gain, fold, reach):
    demand, away = around_a_stellate_cell(state, [{"block": "pwar6", "fraction": blocked}], gain, f"{reach} um")
    np.testing.assert_allclose(demand, np.where(away <= reach / 10, fold, 1.0))


@pytest.mark.parametrize(("inflammatory", "fold"), [(0.0, 2.0), (0.75, 1.25), (1.0, 1.0)])
def test_inflammatory_fibroblasts_raise_it_less_than_myofibroblasts(inflammatory, fold):
    model = without(liver(mm=0.2, fields={"glutamine": {"tumor": "20 mM/h", "pwar6_gain": 1.0}}))
    place = tuple(map(int, np.argwhere(model.sites.kind == SINUSOID)[30]))
    put(model, "stellate", *place, state=ACTIVATED, inflammatory=inflammatory)
    model.sites.population[TISSUE] = TUMOR
    demand = model.fields["glutamine"].demand(model, 20.0) / np.float32(20 / 3600)
    assert demand.max() == pytest.approx(fold)


def test_only_tumor_cells_take_it_up_and_new_vessels_bring_it():
    model = without(liver(mm=0.3, fields={"glutamine": {"tumor": "20 mM/h"}}))
    place = np.argwhere(model.sites.kind == PARENCHYMA)[400]
    put(model, "tumor", *map(int, place), layer=TISSUE)
    field = model.fields["glutamine"]
    for _ in range(8):
        field.advance(model)
    assert tuple(place) == np.unravel_index(field.values.argmin(), model.shape) and field.values.max() <= REST
    alone = float(field.values.min())
    model.vessels[tuple(place)] = 1.0
    model.update_exchange()
    for _ in range(8):
        field.advance(model)
    assert alone < field.values.min() < 0.6


def test_by_default_nobody_takes_any_up_and_it_is_never_solved():
    model = liver("growth", mm=0.3)
    put(model, "tumor", *map(int, np.argwhere(model.sites.kind == PARENCHYMA)[400]), layer=TISSUE)
    for _ in range(24):
        model.step()
    field = model.fields["glutamine"]
    assert not hasattr(field, "cycles") and field.at_rest
    assert (field.values == REST).all() and not field.excess.any()


def test_it_comes_back_when_the_tumor_is_gone():
    model, field = tumor_everywhere(20)
    assert not field.at_rest
    model.sites.population[TISSUE] = 0
    for _ in range(12):
        field.advance(model)
    assert field.at_rest and (field.values == REST).all()


def growing(mm=0.3, cells=40):
    """A colony that takes up glutamine."""
    return liver(
        "growth",
        "immune_suppression",
        mm=mm,
        parameters={"arrival": {"per_area": "0 /mm^2"}},
        fields={"glutamine": {"tumor": "50 mM/h"}},
        interventions=[{"implant": 1, "cells": cells, "start": "0 h"}],
    )


def test_resumes():
    assert_resumes(growing, 1.25, 1.25)


def test_beside_a_colony_glutamine_is_missing_and_killing_with_it():
    model = later(growing(0.6, 400), 3.0)
    values, colony = model.fields["glutamine"].values, model.tumor_sites()
    assert values[colony].mean() < 0.8 * values.max() < 0.5
    assert model.suppression[colony].mean() > 1.5 * model.suppression[~colony].mean() > 0
    assert_sound(model)
