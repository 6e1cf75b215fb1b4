"""Leukocyte crossing: who leaves the sinusoid, where to, how fast, and who comes back."""

import numpy as np
import pytest

from abm.cells import treg
from abm.cells.cd8 import CD8, ENGAGED, PATROLLING, SEARCHING
from abm.kernels.random import hash64, uniform
from abm.kernels.tables import columns_of
from abm.rules.leukocyte_crossing import Crossers, call_of, cross_wall
from abm.tissue.sites import CENTRAL_VEIN, INTERSTITIUM, LUMEN, PARENCHYMA, PORTAL_TRACT, SINUSOID
from tests.worlds import (
    KEY,
    around,
    assert_chance,
    assert_in_place,
    assert_resumes,
    assert_sound,
    changed,
    every,
    lattice,
    liver,
    put,
    run_rule,
    settle,
    sinusoids,
    sized,
    state_of,
    wall,
    without,
)


def cross(sites, cells, segments, signal, beside, *, step=0, hazard=0.1, basal=0.2, back=0.0, left=(1.0, 1.0)):
    columns = columns_of(cells.rows, Crossers)
    cross_wall(
        columns,
        cells.book,
        CD8,
        sites,
        segments,
        signal,
        beside,
        KEY,
        step,
        np.uint8(PATROLLING),
        np.uint8(SEARCHING),
        np.uint8(SEARCHING),
        columns.alive,
        cells.rows.resident,
        hazard,
        basal,
        *left,
        back,
        0.0,
    )


def patrol(size=None, spacing=3, **columns):
    """T cells in a tissue of sinusoids, and what the rule looks at."""
    size = size or sized(120, 24)
    sites = lattice(size, size)
    cells = settle(sites, "cd8", every(size, size, spacing), state=PATROLLING, **columns)
    return sites, cells, wall(sites), np.zeros(sites.kind.shape, np.float32), np.zeros(sites.kind.shape, np.uint8)


@pytest.mark.parametrize("steps", [1, 12])
@pytest.mark.parametrize(
    ("vcam1", "icam1", "left", "signal", "beside", "gain"),
    [
        (0, 0, (1, 1), 0, 1, 0.2),
        (0, 0, (1, 1), 1, 0, 0.1),
        (1, 0.5, (1, 1), 0, 3, 1.7),
        (1, 0.5, (0, 1), 0, 3, 0.7),
        (1, 0.5, (1, 0), 0, 3, 1.2),
        (1, 1, (1, 1), 3, 1, 2.2 * 1.75),
    ],
)
def test_hazard_at_any_step(steps, vcam1, icam1, left, signal, beside, gain):
    sites, cells, segments, level, touched = patrol()
    segments.vcam1, segments.icam1 = vcam1, icam1
    level[:], touched[:] = signal, beside
    for step in range(steps):
        cross(sites, cells, segments, level, touched, step=step, hazard=0.3 / steps, left=left)
    out = int((cells.used.state == SEARCHING).sum())
    assert_chance(out, cells.count, 1 - np.exp(-0.3 * gain))
    assert ((cells.used.layer == INTERSTITIUM) == (cells.used.state == SEARCHING)).all()
    assert_in_place(sites, cells)


def test_nobody_crosses_uncalled():
    sites, cells, segments, signal, beside = patrol(24)
    segments.vcam1 = segments.icam1 = 1
    cross(sites, cells, segments, signal, beside, hazard=1e9)
    assert (cells.used.state == PATROLLING).all()


def test_an_engaged_cell_stays_where_it_is():
    sites, cells, segments, signal, beside = patrol(24)
    cells.used.state = ENGAGED
    beside[:] = 1
    cross(sites, cells, segments, signal, beside, hazard=1e9, back=1e9)
    assert (cells.used.layer == LUMEN).all()


def test_kernel_is_its_naive_twin():
    rng = np.random.default_rng(11)
    kind = rng.choice([SINUSOID, PARENCHYMA, PORTAL_TRACT, CENTRAL_VEIN], (40, 40), p=[0.5, 0.3, 0.1, 0.1])
    sites = lattice(40, 40, kind.astype(np.uint8))
    sites.perfused[:] = rng.random((40, 40)) < 0.8
    segments = wall(sites)
    segments.vcam1, segments.icam1 = rng.random(len(segments)), rng.random(len(segments))
    inside = np.argwhere((kind == SINUSOID) & (rng.random((40, 40)) < 0.4))
    outside = np.argwhere((kind != CENTRAL_VEIN) & (rng.random((40, 40)) < 0.4))
    places = np.concatenate([inside, outside])
    layer = np.repeat([LUMEN, INTERSTITIUM], [len(inside), len(outside)])
    cells = settle(sites, "cd8", places, layer=layer, state=np.where(layer == LUMEN, PATROLLING, SEARCHING))
    signal = rng.random((40, 40)).astype(np.float32) * (rng.random((40, 40)) < 0.5)
    beside = (rng.random((40, 40)) < 0.3).astype(np.uint8)
    taken = [{tuple(map(int, place)) for place in each} for each in (inside, [], outside)]
    expected = []
    for cell in cells.used.copy():
        row, column = int(cell.row), int(cell.column)
        if cell.state == PATROLLING:
            level = float(signal[row, column])
            call = level / (1 + level) + (beside[row, column] != 0)
            segment = segments[sites.endothelium[row, column]]
            hazard = 0.8 * (0.2 + 0.5 * float(segment.vcam1) + 0.9 * float(segment.icam1)) * call
            to = INTERSTITIUM
        else:
            hazard, to = 0.4, LUMEN
        found = None
        if uniform(KEY, 3, cell.uid, 0) < 1 - np.exp(-hazard):
            turn = int(hash64(KEY, cell.uid, 3, 1) % np.uint64(8))
            near = around(sites, row, column)
            for r, c in [(row, column), *near[turn:], *near[:turn]]:
                fits = (
                    kind[r, c] != CENTRAL_VEIN
                    if to == INTERSTITIUM
                    else kind[r, c] == SINUSOID and sites.perfused[r, c]
                )
                if (fits or (to == INTERSTITIUM and (r, c) == (row, column))) and (r, c) not in taken[to]:
                    found = (r, c)
                    break
        if found:
            taken[cell.layer].remove((row, column))
            taken[to].add(found)
        expected.append((to if found else int(cell.layer), *(found or (row, column))))
    cross(sites, cells, segments, signal, beside, step=3, hazard=0.8, back=0.4, left=(0.5, 0.9))
    assert [(int(c.layer), int(c.row), int(c.column)) for c in cells.used] == expected
    moved = np.count_nonzero(cells.used.layer != layer)
    assert 30 < moved < len(places) / 2
    assert_in_place(sites, cells)


def test_a_full_interstitium_lets_nobody_in():
    sites, cells, segments, signal, beside = patrol(12)
    others = settle(sites, "cd8", every(12, 12), layer=INTERSTITIUM, state=SEARCHING)
    beside[:] = 1
    cross(sites, cells, segments, signal, beside, hazard=1e9)
    assert (cells.used.layer == LUMEN).all() and others.count == 144


@pytest.mark.parametrize("hours", [2.0, 24.0])
def test_searching_in_vain_ends_in_a_sinusoid(hours):
    model = without(liver("leukocyte_crossing", mm=0.5, parameters={"leukocyte_crossing": {"stay": "24 h"}}))
    for row, column in sinusoids(model)[::3]:
        put(model, "cd8", int(row), int(column), state=SEARCHING)
    run_rule(model, "leukocyte_crossing", hours)
    back = int((model.cd8.alive_rows().state == PATROLLING).sum())
    assert_chance(back, model.cd8.count, 1 - np.exp(-hours / 24))
    assert_sound(model)


def test_its_antibody_keeps_them_in_the_vessel():
    model = without(liver("leukocyte_crossing", mm=0.3))
    row, column = map(int, sinusoids(model)[20])
    put(model, "tumor", row, column, layer=1)
    for place in sinusoids(model)[15:25]:
        put(model, "cd8", *map(int, place))
    model.rules["leukocyte_crossing"].slow_down(0.0)
    before = state_of(model)
    run_rule(model, "leukocyte_crossing", 12.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_resumes():
    def make():
        model = without(liver("leukocyte_crossing", "migration", mm=0.3))
        for row, column in sinusoids(model, 1)[::9]:
            put(model, "tumor", int(row), int(column), layer=1)
        for row, column in sinusoids(model)[::5]:
            put(model, "cd8", int(row), int(column))
        return model

    assert_resumes(make, 2.0, 2.0)


def test_macrophages_do_not_come_back():
    model = without(
        liver("leukocyte_crossing", mm=0.4, parameters={"leukocyte_crossing": {"rate": "50 /h", "stay": "0.01 h"}})
    )
    model.fields["ccl2"].values[:] = 50.0
    for row, column in sinusoids(model)[::3]:
        put(model, "macrophage", int(row), int(column))
    run_rule(model, "leukocyte_crossing", 2.0)
    rows = model.macrophage.alive_rows()
    assert (rows.layer == INTERSTITIUM).all() and (rows.state == model.macrophage.number_of("intermediate")).all()
    assert_sound(model)


def test_regulatory_t_cells_are_in_the_tissue_what_they_are_and_come_back():
    rule = {"rate": "50 /h", "stay": "0.01 h"}
    model = without(liver("leukocyte_crossing", mm=0.4, parameters={"leukocyte_crossing": rule}))
    model.fields["il10"].values[:], model.fields["il10"].at_rest = 50.0, False
    for number, (row, column) in enumerate(sinusoids(model)[::3]):
        put(model, "treg", int(row), int(column), foxp3_high=number % 2)
    model.step()
    rows = model.treg.alive_rows()
    out = rows[rows.layer == INTERSTITIUM]
    assert 0.4 < len(out) / len(rows) < 0.7, "five minutes at 50/h times a fifth: 0.57"
    assert set(out.state[out.foxp3_high == 1]) == {treg.SUPPRESSIVE}
    assert set(out.state[out.foxp3_high == 0]) == {treg.INFLAMMATORY}
    model.fields["il10"].at_rest = True
    model.fields["il10"].values[:] = 0.0
    run_rule(model, "leukocyte_crossing", 2.0)
    rows = model.treg.alive_rows()
    assert (rows.layer == LUMEN).all() and (rows.state == treg.PATROLLING).all()
    assert_sound(model)


@pytest.mark.parametrize("signals", [("tgf_beta",), ("il10",), ("ccl2",), ("tgf_beta", "il10", "ccl2")])
def test_each_of_several_signals_calls_and_all_together_more(signals):
    model = without(liver("leukocyte_crossing", mm=0.3))
    for name in ("tgf_beta", "il10", "ccl2"):
        model.fields[name].at_rest = name not in signals
        model.fields[name].values[:] = 0.5 * (name in signals)
    np.testing.assert_allclose(call_of(model, model.treg.species.crosses), 0.5 * len(signals))
