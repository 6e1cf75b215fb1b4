"""Extravasation: who crosses the wall, how fast, and where it comes out."""

import numpy as np
import pytest

from abm.cells.endothelium import RETRACTED
from abm.cells.population import Population
from abm.cells.tumor import ADHERENT, EXTRAVASATED, HELD, TUMOR
from abm.kernels.random import hash64, uniform
from abm.ledger import event
from abm.ledger.ledger import Ledger
from abm.rules.extravasation import cross, free_tissue_site
from abm.tissue.sites import LUMEN, PARENCHYMA, PORTAL_TRACT, SINUSOID, TISSUE
from tests.worlds import (
    KEY,
    around,
    assert_chance,
    assert_in_place,
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
    wall,
    without,
)

RATE = np.log(2.0) / 1.0
DEFAULTS = (0.5, 0.5, 0.5, 0.2)  # gains by Kupffer cells and by neutrophils, matrix hindrance, epithelial speed


def run(
    cells,
    segments,
    sites,
    ecm,
    hepatocytes,
    *,
    step=0,
    hours=1 / 12,
    rate=RATE,
    dials=DEFAULTS,
    nets=None,
    net_gain=0.0,
) -> Ledger:
    ledger = Ledger()
    order = cells.order(KEY, step)
    cross(
        cells.table,
        segments,
        sites,
        ledger.book(order.size),
        5.0 * step,
        KEY,
        step,
        order,
        hours,
        rate,
        *dials,
        ecm,
        hepatocytes,
        np.zeros_like(ecm) if nets is None else nets,
        net_gain,
    )
    return ledger


def naive_cross(cells, sites, ecm, step, hours, helpers, nets, net_gain):
    """uid -> where each cell comes out, in the order in which they cross."""
    taken = {tuple(place) for place in np.argwhere(sites.population[TISSUE] != 0)}
    crossed = {}
    for slot in cells.order(KEY, step):
        cell = cells.rows[slot]
        if cell.state != ADHERENT:
            continue
        here = (int(cell.row), int(cell.column))
        hazard = RATE * (0.2 + 0.8 * float(cell.emt)) * (1 - 0.5 * float(ecm[here]))
        if any(place in helpers for place in around(sites, *here, own=True)):
            hazard *= 1.5
        hazard *= 1 + net_gain * max(float(nets[place]) for place in around(sites, *here, own=True))
        if uniform(KEY, step, cell.uid, 0) >= 1 - np.exp(-hazard * hours):
            continue
        turn = int(hash64(KEY, cell.uid, step, 1) % np.uint64(8))
        ring = around(sites, *here)
        ways = [here, *(p for p in ring[turn:] + ring[:turn] if sites.kind[p] == PARENCHYMA)]
        free = [place for place in ways if place not in taken]
        if free:
            taken.add(free[0])
            crossed[int(cell.uid)] = free[0]
    return crossed


def test_kernel_is_its_naive_twin():
    rng = np.random.default_rng(3)
    sites = lattice(24, 24, rng.choice([SINUSOID, PARENCHYMA, PORTAL_TRACT], (24, 24), p=[0.5, 0.4, 0.1]))
    segments = wall(sites)
    vessels = rng.permutation(np.argwhere(sites.kind == SINUSOID))
    settle(sites, "kupffer", vessels[:20])
    settle(sites, "neutrophil", vessels[20:30])
    settle(sites, "stellate", rng.permutation(np.argwhere(sites.kind != PORTAL_TRACT))[:250])
    lumen = vessels[30:230]
    cells = settle(
        sites,
        "tumor",
        lumen,
        state=rng.choice([HELD, ADHERENT], len(lumen), p=[0.2, 0.8]),
        emt=rng.random(len(lumen)),
        net=0.5,
    )
    ecm = rng.random((24, 24)).astype(np.float32)
    nets = (rng.random((24, 24)) * (rng.random((24, 24)) < 0.05)).astype(np.float32)
    hepatocytes = np.ones((24, 24), np.uint8)
    helpers = {tuple(place) for place in vessels[:30]}
    expected = naive_cross(cells, sites, ecm, 7, 1.0, helpers, nets, 3.0)
    ledger = run(cells, segments, sites, ecm, hepatocytes, step=7, hours=1.0, nets=nets, net_gain=3.0)
    entries = ledger.entries
    assert len(expected) > 25
    assert [(int(e.uid), (e.row, e.column)) for e in entries] == list(expected.items())
    assert (entries.event == event.EXTRAVASATED).all()
    out = cells.rows[cells.rows.state == EXTRAVASATED]
    assert {int(cell.uid): (int(cell.row), int(cell.column)) for cell in out} == expected
    assert (out.layer == TISSUE).all()
    assert not out.net.any()
    plates = {place for place in expected.values() if sites.kind[place] == PARENCHYMA}
    assert {tuple(place) for place in np.argwhere(hepatocytes == 0)} == plates
    opened = {tuple(lumen[slot]) for slot in np.flatnonzero(cells.rows.state == EXTRAVASATED)}
    assert {(s.row, s.column) for s in segments if s.state == RETRACTED and s.retraction == 1.0} == opened
    tissue = [tuple(place) for place in np.argwhere(sites.population[TISSUE] == TUMOR)]
    assert sorted(tissue) == sorted(expected.values())
    assert all(sites.population[LUMEN][place] == 0 for place in opened)


@pytest.mark.parametrize(
    ("emt", "matrix", "helped", "factor"),
    [
        (1.0, 0.0, None, 1.0),
        (0.0, 0.0, None, 0.2),
        (0.3, 0.0, None, 0.44),
        (1.0, 1.0, None, 0.5),
        (1.0, 0.0, "kupffer", 1.3),
        (1.0, 0.0, "neutrophil", 1.8),
        (0.5, 0.4, "neutrophil", 1.8 * 0.8 * 0.6),
    ],
)
@pytest.mark.parametrize("minutes", [5, 10])
def test_hazard_is_the_configured_one_at_any_step(emt, matrix, helped, factor, minutes):
    size = sized(60, 15)
    sites = lattice(size, size)
    places = every(size, size)
    if helped is not None:  # one such cell in the middle of each three by three sites
        middle = (places % 3 == 1).all(axis=1)
        settle(sites, helped, places[middle])
        places = places[~middle]
    cells = settle(sites, "tumor", places, state=ADHERENT, emt=emt)
    segments, ecm = wall(sites), np.full((size, size), matrix, np.float32)
    hepatocytes, dials = np.ones((size, size), np.uint8), (0.3, 0.8, 0.5, 0.2)
    for step in range(60 // minutes):
        run(cells, segments, sites, ecm, hepatocytes, step=step, hours=minutes / 60, dials=dials)
    assert_chance((cells.rows.state == EXTRAVASATED).sum(), len(places), 1 - np.exp(-RATE * factor * 1.0))


def test_without_room_behind_the_wall_nobody_crosses():
    sites = lattice(6, 6, periodic=False)
    sites.kind[:, 0] = PARENCHYMA
    settle(sites, "stellate", every(6, 6))
    cells = settle(sites, "tumor", [(r, c) for r in range(6) for c in range(1, 6)], state=ADHERENT, emt=1.0)
    segments = wall(sites)
    before = cells.rows.copy()
    ledger = run(cells, segments, sites, np.zeros((6, 6), np.float32), np.ones((6, 6), np.uint8), rate=1e6)
    assert (cells.rows == before).all()
    assert ledger.entries.size == 0
    assert not segments.state.any()


@pytest.mark.parametrize(
    ("rate", "matrix", "dials"),
    [(0.0, 0.0, DEFAULTS), (1e6, 1.0, (0.5, 0.5, 1.0, 0.2)), (1e6, 0.0, (0.5, 0.5, 0.5, 0.0))],
)
def test_no_hazard_no_crossing(rate, matrix, dials):
    sites = lattice(6, 6)
    cells = settle(sites, "tumor", every(6, 6), state=ADHERENT, emt=0.0)
    run(
        cells,
        wall(sites),
        sites,
        np.full((6, 6), matrix, np.float32),
        np.ones((6, 6), np.uint8),
        rate=rate,
        dials=dials,
    )
    assert (cells.rows.state == ADHERENT).all()


def test_a_way_out_favours_no_side():
    sites = lattice(3, 3, PARENCHYMA, periodic=False)
    sites.kind[1, 1] = SINUSOID
    assert free_tissue_site(sites, 1, 1, 0) == (1, 1)
    sites.population[TISSUE, 1, 1] = TUMOR
    assert {free_tissue_site(sites, 1, 1, turn) for turn in range(8)} == set(around(sites, 1, 1))
    sites.population[TISSUE] = TUMOR
    assert free_tissue_site(sites, 1, 1, 3) == (-1, -1)
    corner = lattice(2, 2, periodic=False)  # beyond closed edges there is nothing, and other sinusoids are no way
    corner.population[TISSUE, 0, 0] = TUMOR
    assert free_tissue_site(corner, 0, 0, 0) == (-1, -1)


def crowd(model) -> Population:
    without(model)
    for row, column in sinusoids(model):
        put(model, "tumor", row, column)
    return model.tumor


def test_a_rapid_line_is_mostly_out_within_hours():
    """Haier 2003: HT-29 and CC531 migrate into the parenchyma within hours."""
    model = liver("extravasation", mm=sized(5, 2) / 10)
    cells = crowd(model)
    exposed = cells.count
    for model.step_number in range(sized(72, 12)):
        model.rules["extravasation"].apply(model)
    model.ledger.count()
    out = model.ledger.total("extravasated")
    hours = model.step_number / 12 + 1 / 12
    assert_chance(out, exposed, 1 - np.exp(-RATE * (0.2 + 0.8 * 0.3) * hours))
    assert hours < 6 or out > exposed / 2
    assert_in_place(model.sites, model.tumor)
    assert model.tumor.count == model.ledger.balance == exposed


@pytest.mark.parametrize("minutes", [2.5, 5, 10])
@pytest.mark.parametrize(("capillarisation", "left"), [(0.5, 0.6), (1.0, 0.2)])
def test_lever_a_capillarised_wall_is_harder_to_cross(capillarisation, left, minutes):
    model = liver(
        "extravasation",
        mm=sized(5, 2) / 10,
        step=f"{minutes} min",
        cells={"tumor": {"emt": 1}, "endothelium": {"capillarisation": capillarisation}},
    )
    cells = crowd(model)
    run_rule(model, "extravasation", 2.0)
    assert_chance((cells.used.state == EXTRAVASATED).sum(), cells.count, 1 - np.exp(-RATE * left * 2.0))


def test_an_intravascular_line_stays_for_days():
    """Mook 2003: CC531s grows inside the vessels for four days."""
    model = liver(
        "extravasation", mm=sized(5, 2) / 10, step="1 h", cells={"tumor": {"extravasation": "intravascular", "emt": 1}}
    )
    cells = crowd(model)
    exposed = cells.count
    for model.step_number in range(sized(96, 24)):
        model.rules["extravasation"].apply(model)
    assert_chance((cells.used.state == EXTRAVASATED).sum(), exposed, 1 - 0.5 ** ((model.step_number + 1) / 96))


@compiled_only
@pytest.mark.parametrize(("helper", "protease"), [("kupffer", "mmp"), ("neutrophil", "elastase")])
def test_proteases_are_a_lever_on_crossing_where_those_stand_who_secrete_them(helper, protease):
    out = {}
    for blocked in (None, "mmp", "elastase"):
        treated = [] if blocked is None else [{"block": blocked}]
        model = without(liver("extravasation", mm=0.8, interventions=treated))
        for number, (row, column) in enumerate(sinusoids(model)):
            put(model, "tumor" if number % 3 else helper, int(row), int(column))
        run_rule(model, "extravasation", 1.0)
        out[blocked] = int(model.tumor.in_state(EXTRAVASATED).sum())
    assert out[None] - out[protease] > 3 * np.sqrt(out[None]) and out[protease] < 0.9 * out[None]
    assert {name for name, count in out.items() if count == out[None]} == {None, "mmp", "elastase"} - {protease}


def test_a_half_time_of_zero_is_at_once():
    model = liver("extravasation", mm=0.3, parameters={"extravasation": {"rapid_half_time": 0}})
    cells = crowd(model)
    model.rules["extravasation"].apply(model)
    assert (cells.used.state == EXTRAVASATED).all()


def test_off_or_without_adherent_cells_nothing_changes():
    model = liver("extravasation", mm=0.3)
    put(model, "tumor", *sinusoids(model)[0], state=HELD)
    before = state_of(model)
    model.rules["extravasation"].apply(model)
    assert changed(model, before) == set()
    off = liver(mm=0.3)
    slot = put(off, "tumor", *sinusoids(off)[0])
    for _ in range(3):
        off.step()
    assert off.tumor.rows[slot].state == ADHERENT
