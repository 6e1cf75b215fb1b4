"""Fibroblast growth: how often stellate cells divide, where daughters go, how cells creep, and that a capsule comes of it."""

import numpy as np
import pytest

from abm.cells.stellate import ACTIVATED, QUIESCENT, STELLATE
from abm.cells.tumor import EXTRAVASATED, TUMOR
from abm.kernels.flows import BORN
from abm.kernels.random import happens, hash64, stream_key
from abm.kernels.sites import COLUMN_OFFSET, ROW_OFFSET
from abm.rules.fibroblast_growth import spread, to_tumor, way_in
from abm.tissue.sites import CENTRAL_VEIN, LUMEN, PARENCHYMA, SINUSOID, TISSUE
from tests.worlds import (
    KEY,
    around,
    assert_chance,
    assert_in_place,
    assert_resumes,
    assert_sound,
    changed,
    compiled_only,
    every,
    later,
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

DAUGHTERS = stream_key(0, "stellate/daughter")
ANYWHERE = np.ones((1, 1), np.int64)


def step_of(cells, sites, *, hepatocytes=None, step=0, hours=1 / 12, rate=0.0, most=3, speed=0.0, reach=6.0):
    """One step of all activated cells; speed in sites per hour."""
    order = cells.order(KEY, step, cells.in_state(ACTIVATED))
    cells.reserve(order.size)
    hepatocytes = np.zeros(sites.kind.shape, np.uint8) if hepatocytes is None else hepatocytes
    spread(
        cells.table,
        sites,
        hepatocytes,
        ANYWHERE,
        KEY,
        step,
        order,
        hours,
        rate,
        np.uint8(most),
        speed,
        reach,
        DAUGHTERS,
    )
    return order


def naive_distance(sites, row, column, reach):
    """The square of the distance to the nearest tumor cell in the tissue, infinite beyond the reach."""
    places = np.argwhere(sites.population[TISSUE] == TUMOR)
    if not len(places):
        return np.inf
    off = np.abs(places - (row, column))
    if sites.periodic:
        off = np.minimum(off, np.array(sites.kind.shape) - off)
    nearest = float((off**2).sum(axis=1).min())
    return nearest if nearest <= reach**2 else np.inf


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("reach", [0.0, 1.5, 6.0, 30.0])
def test_distance_to_the_tumor_is_its_naive_twin(periodic, reach):
    sites = lattice(17, 23, periodic=periodic)
    rng = np.random.default_rng(2)
    settle(sites, "tumor", rng.permutation(every(17, 23))[:6], layer=TISSUE)
    for row, column in every(17, 23):
        assert to_tumor(sites, row, column, reach) == naive_distance(sites, row, column, reach)
    assert to_tumor(lattice(9, 9), 4, 4, reach) == np.inf


def naive_way_in(sites, hepatocytes, row, column, reach, turn):
    """The direction of the nearest free neighbour in the rim."""
    found, nearest = -1, np.inf
    for k in range(8):
        direction = (turn + k) % 8
        place = (int(row + ROW_OFFSET[direction]), int(column + COLUMN_OFFSET[direction]))
        if place not in around(sites, row, column) or sites.population[TISSUE][place]:
            continue
        if sites.kind[place] == SINUSOID or (sites.kind[place] == PARENCHYMA and not hepatocytes[place]):
            square = naive_distance(sites, *place, reach)
            if square < nearest:
                found, nearest = direction, square
    return found, nearest


def test_the_way_in_is_its_naive_twin():
    rng = np.random.default_rng(3)
    sites = lattice(
        20, 20, rng.choice([SINUSOID, PARENCHYMA, CENTRAL_VEIN], (20, 20), p=[0.5, 0.4, 0.1]), periodic=False
    )
    room = rng.permutation(np.argwhere(sites.kind != CENTRAL_VEIN))
    settle(sites, "tumor", room[:8], layer=TISSUE)
    settle(sites, "stellate", room[8:60], state=ACTIVATED)
    hepatocytes = rng.integers(0, 2, (20, 20)).astype(np.uint8)
    found = set()
    for number, (row, column) in enumerate(every(20, 20)):
        way = way_in(sites, hepatocytes, row, column, 4.0, number % 8)
        assert way == naive_way_in(sites, hepatocytes, row, column, 4.0, number % 8)
        found.add(way[0])
    assert found == set(range(-1, 8))


def rim(size=160, smallest=24, **columns):
    """Activated stellate cells with room around them, each three sites from a tumor cell."""
    size = sized(size, smallest)
    sites = lattice(size, size)
    tumor = settle(sites, "tumor", every(size, size, 8), layer=TISSUE, state=EXTRAVASATED)
    return sites, tumor, settle(sites, "stellate", every(size, size, 8) + np.array([3, 0]), state=ACTIVATED, **columns)


@compiled_only
@pytest.mark.parametrize("minutes", [2.5, 5, 10])
def test_they_divide_at_their_rate_at_any_step(minutes):
    sites, tumor, cells = rim(400)
    there = cells.count
    for step in range(round(24 * 60 / minutes)):
        step_of(cells, sites, step=step, hours=minutes / 60, rate=0.02, most=1)
    assert_chance(cells.count - there, there, 1 - np.exp(-0.02 * 24))
    assert cells.flows[BORN] == cells.count - there
    assert_in_place(sites, cells, tumor)


def test_daughters_inherit_stand_nearer_to_the_tumor_and_lineages_end():
    sites, _, cells = rim()
    mothers = cells.used.copy()
    order = step_of(cells, sites, rate=0.3, hours=1.0)
    dividing = {int(mothers[slot].uid) for slot in order if happens(KEY, 0, mothers[slot].uid, 0, 0.3, 1.0)}
    daughters = cells.used[mothers.size :]
    assert 0 < daughters.size == len(dividing) < mothers.size
    assert {int(uid) for uid in daughters.uid} == {int(hash64(DAUGHTERS, np.uint64(uid), 1, 0)) for uid in dividing}
    assert (daughters.state == ACTIVATED).all() and (daughters.divisions == 1).all()
    for cell in daughters:
        assert naive_distance(sites, int(cell.row), int(cell.column), 6.0) == 4
    for step in range(1, 12):
        step_of(cells, sites, rate=100.0, hours=1.0, step=step)
    assert cells.used.divisions.max() == 3 and cells.count <= 8 * mothers.size


@pytest.mark.parametrize(
    ("kind", "hepatocyte", "reach", "state", "born"),
    [
        (SINUSOID, 0, 6.0, ACTIVATED, True),
        (PARENCHYMA, 0, 6.0, ACTIVATED, True),
        (PARENCHYMA, 1, 6.0, ACTIVATED, False),
        (CENTRAL_VEIN, 0, 6.0, ACTIVATED, False),
        (SINUSOID, 0, 1.9, ACTIVATED, False),
        (SINUSOID, 0, 6.0, QUIESCENT, False),
    ],
)
def test_daughters_go_where_there_is_room_in_the_rim(kind, hepatocyte, reach, state, born):
    sites = lattice(15, 15, kind, periodic=False)
    sites.kind[7, 7] = sites.kind[4, 7] = SINUSOID
    settle(sites, "tumor", [(4, 7)], layer=TISSUE)
    cells = settle(sites, "stellate", [(7, 7)], state=state)
    hepatocytes = np.full((15, 15), hepatocyte, np.uint8)
    step_of(cells, sites, hepatocytes=hepatocytes, rate=1e3, hours=1.0, reach=reach)
    assert cells.count == 1 + born
    if born:
        assert sites.population[TISSUE, 6, 7] == STELLATE


@compiled_only
@pytest.mark.parametrize("minutes", [2.5, 5, 10])
def test_they_creep_at_their_speed_until_they_touch_the_tumor(minutes):
    sites, _, cells = rim(400)
    start = cells.used.row.copy()
    steps, chance = round(60 / minutes), -np.expm1(-0.5 * minutes / 60)
    for step in range(steps):
        step_of(cells, sites, step=step, hours=minutes / 60, speed=0.5)
    moved = start - cells.used.row
    assert_chance((moved == 0).sum(), moved.size, np.exp(-0.5))
    assert_chance((moved == 1).sum(), moved.size, steps * chance * (1 - chance) ** (steps - 1))
    for step in range(100, 140):
        step_of(cells, sites, step=step, hours=1.0, speed=10.0)
    assert (start - cells.used.row == 2).all() and (sites.population[TISSUE] == STELLATE).sum() == cells.count


def nodule(seed=1, mm=0.5, days=4.0, cells=80, treated=(), **growth):
    """A liver with a nodule that does not grow, some days later."""
    model = liver(
        "stellate_activation",
        "fibroblast_growth",
        mm=mm,
        seed=seed,
        step="30 min",
        parameters={"stellate_activation": {"contact_signal": 1}, "fibroblast_growth": growth},
        interventions=[{"implant": 1, "cells": cells}, *treated],
    )
    return later(model, 24 * days)


def matrix_of_the_rim(model):
    """Mean matrix within 60 um of the tumor, outside of it."""
    free = np.argwhere(model.sites.population[TISSUE] != TUMOR)
    near = [place for place in map(tuple, free) if naive_distance(model.sites, *place, 6.0) < np.inf]
    return float(np.mean([model.ecm[place] for place in near]))


@compiled_only
def test_a_capsule_forms_between_the_nodule_and_the_liver():
    fixed = np.mean([matrix_of_the_rim(nodule(seed)) for seed in (1, 2)])
    growing = np.mean([matrix_of_the_rim(nodule(seed, rate="0.02 /h")) for seed in (1, 2)])
    creeping = np.mean([matrix_of_the_rim(nodule(seed, rate="0.02 /h", speed="0.1 um/min")) for seed in (1, 2)])
    assert growing > 1.3 * fixed and creeping > 1.3 * fixed


def test_an_inhibitor_stops_it():
    stopped = nodule(days=2, rate="0.05 /h", speed="0.2 um/min", treated=[{"inhibit": "fibroblast_growth"}])
    assert stopped.stellate.flows[BORN] == 0 < nodule(days=2, rate="0.05 /h").stellate.flows[BORN]
    assert_sound(stopped)


@pytest.mark.parametrize("tumor_there", [True, False])
def test_by_default_and_without_tumor_nothing_happens(tumor_there):
    growth = {} if tumor_there else {"rate": "100 /h", "speed": "0.5 um/min"}
    model = without(liver("fibroblast_growth", mm=0.3, parameters={"fibroblast_growth": growth}))
    for row, column in sinusoids(model, TISSUE)[::5]:
        put(model, "stellate", int(row), int(column), state=ACTIVATED)
    if tumor_there:
        put(model, "tumor", *map(int, sinusoids(model, TISSUE)[30]), layer=TISSUE)
    else:
        put(model, "tumor", *map(int, sinusoids(model, LUMEN)[30]))
    before = state_of(model)
    run_rule(model, "fibroblast_growth", 2.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_resumes_in_the_middle():
    assert_resumes(lambda: nodule(days=1, rate="0.05 /h", speed="0.2 um/min"), 3.0, 3.0)
