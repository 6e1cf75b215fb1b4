"""Net guidance: who binds to the DNA of nets, how fast, who creeps where, and that nothing of it is without CCDC25."""

import numpy as np
import pytest

from abm.cells.tumor import ADHERENT, CIRCULATING, DORMANT, EXTRAVASATED, HELD
from abm.kernels.random import hash64, uniform
from abm.kernels.sites import COLUMN_OFFSET, ROW_OFFSET, length_of
from abm.ledger import cause, event
from abm.ledger.ledger import Ledger
from abm.rules.net_guidance import (
    _CREEPS,
    _PLACES,
    _TURNS,
    bind,
    creep_to_nets,
    crossing_gain,
    getting_there,
    nearest_net,
)
from abm.tissue.sites import LUMEN, PARENCHYMA, SINUSOID, TISSUE
from tests.worlds import (
    KEY,
    around,
    assert_chance,
    assert_in_place,
    assert_mean,
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
)

FAINT = np.float32(0.1)


def creep(cells, sites, nets, hepatocytes=None, *, step=0, path=10.0, radius=5.0):
    hepatocytes = np.ones(sites.kind.shape, np.uint8) if hepatocytes is None else hepatocytes
    order = cells.order(KEY, step, getting_there(cells.used, KEY, step, path, 10.0))
    creep_to_nets(cells.rows, sites, KEY, step, order, path, 10.0, hepatocytes, nets, FAINT, radius)
    return order


# --- binding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("minutes", [5, 20])
def test_held_cells_bind_at_the_rate_of_the_fullest_net_beside_them(amount, minutes):
    size = sized(120, 30)
    sites, nets = lattice(size, size), np.zeros((size, size), np.float32)
    nets[1::3, 1::3], nets[1::3, ::3] = amount, amount / 2  # beside every cell
    state = np.resize([HELD, HELD, HELD, ADHERENT, CIRCULATING], (size // 3) ** 2)
    cells, ledger = settle(sites, "tumor", every(size, size, 3), state=state), Ledger()
    for step in range(60 // minutes):
        bind(cells.used, sites, ledger.book(cells.count), 0.0, KEY, step, minutes / 60, nets, 0.8)
    held = np.count_nonzero(state == HELD)
    assert_chance(ledger.entries.size, held, 1 - np.exp(-0.8 * amount)) if amount else None
    assert ledger.entries.size == held - np.count_nonzero(cells.used.state == HELD)
    assert set(zip(ledger.entries.event, ledger.entries.cause, strict=True)) <= {(event.ADHERENT, cause.NET)}
    assert (cells.used.state[state == CIRCULATING] == CIRCULATING).all()
    assert amount or not ledger.entries.size


# --- creeping -------------------------------------------------------------------------------------------------------


def naive_nearest(sites, nets, step, uid, here, radius):
    """Offset to the nearest net, by looking at all sites in every way round."""
    rows, columns = nets.shape
    best, offset = None, (0, 0)
    for r, c in np.argwhere(nets > FAINT):
        for wrap_r in (-rows, 0, rows) if sites.periodic else (0,):
            for wrap_c in (-columns, 0, columns) if sites.periodic else (0,):
                dr, dc = int(r + wrap_r - here[0]), int(c + wrap_c - here[1])
                if dr * dr + dc * dc > radius * radius:
                    continue
                lot = int(hash64(KEY, uid, step, _PLACES + int(r) * columns + int(c)))
                if best is None or (dr * dr + dc * dc, -lot) < best:
                    best, offset = (dr * dr + dc * dc, -lot), (dr, dc)
    return offset


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("radius", [2.0, 5.0, 5.5])
def test_the_nearest_net_is_found(periodic, radius):
    rng = np.random.default_rng(4)
    sites = lattice(15, 13, periodic=periodic)
    nets = (rng.random((15, 13)) * (rng.random((15, 13)) < 0.06)).astype(np.float32)
    found = set()
    for n, (row, column) in enumerate(every(15, 13)):
        offset = nearest_net(sites, nets, KEY, 3, np.uint64(n), row, column, radius, FAINT)
        assert tuple(offset) == naive_nearest(sites, nets, 3, np.uint64(n), (row, column), radius)
        found.add(tuple(offset))
    assert len(found) > 10 and (0, 0) in found


def naive_creep(cells, sites, nets, hepatocytes, order, step, path, radius):
    """uid -> where each cell of `order` ends."""
    taken = {(layer, int(r), int(c)) for layer, r, c in np.argwhere(sites.population != 0)}
    ends = {}
    for slot in order:
        cell = cells.rows[slot]
        layer, here, left, n = int(cell.layer), (int(cell.row), int(cell.column)), path, _CREEPS
        while left > 0 and sum((layer, *p) in taken for p in around(sites, *here, own=True)) <= 1:
            offset = naive_nearest(sites, nets, step, cell.uid, here, radius)
            if max(map(abs, offset)) <= 1:
                break
            turn, ways = int(hash64(KEY, cell.uid, step, _TURNS + n) % np.uint64(8)), []
            for m in range(8):
                k = (turn + m) % 8
                row, column = here[0] + int(ROW_OFFSET[k]), here[1] + int(COLUMN_OFFSET[k])
                there = (row % nets.shape[0], column % nets.shape[1])
                open_ = sites.kind[there] == SINUSOID or (layer == TISSUE and not hepatocytes[there])
                away = (offset[0] - ROW_OFFSET[k]) ** 2 + (offset[1] - COLUMN_OFFSET[k]) ** 2
                if open_ and (layer, *there) not in taken and away < offset[0] ** 2 + offset[1] ** 2:
                    ways.append((away, m, k, there))
            if not ways:
                break
            *_, k, there = min(ways)
            length = 10.0 * length_of(k)
            if left < length and uniform(KEY, step, cell.uid, n) * length >= left:
                break
            left, n = left - length, n + 1
            taken.remove((layer, *here))
            taken.add((layer, *there))
            here = there
        ends[int(cell.uid)] = here
    return ends


def test_kernel_is_its_naive_twin():
    rng = np.random.default_rng(8)
    kinds = rng.choice([SINUSOID, PARENCHYMA], (24, 24), p=[0.7, 0.3])
    sites = lattice(24, 24, kinds)
    vessels = rng.permutation(np.argwhere(sites.kind == SINUSOID))
    layer = rng.choice([LUMEN, TISSUE], 60)
    state = np.where(layer == LUMEN, ADHERENT, EXTRAVASATED)
    state[::9] = np.where(layer[::9] == LUMEN, HELD, DORMANT)
    cells = settle(sites, "tumor", vessels[:60], layer=layer, state=state)
    nets = (rng.random((24, 24)) * (rng.random((24, 24)) < 0.05)).astype(np.float32)
    hepatocytes = (rng.random((24, 24)) < 0.5).astype(np.uint8)
    before = cells.rows.copy()
    order = cells.order(KEY, 2, getting_there(cells.used, KEY, 2, 22.0, 10.0))
    expected = naive_creep(cells, sites, nets, hepatocytes, order, 2, 22.0, 5.0)
    assert order.tolist() == creep(cells, sites, nets, hepatocytes, step=2, path=22.0).tolist()
    here = {int(cell.uid): (int(cell.row), int(cell.column)) for cell in cells.rows}
    moved = [slot for slot in range(60) if here[int(before.uid[slot])] != (before.row[slot], before.column[slot])]
    assert len(moved) > 15 and not np.isin(state[moved], [HELD, DORMANT]).any()
    assert expected == {uid: here[uid] for uid in expected}
    assert set(before.uid[moved].tolist()) <= set(expected)
    assert_in_place(sites, cells)


@pytest.mark.parametrize("layer", [LUMEN, TISSUE])
@pytest.mark.parametrize("path", [1.5, 10.0])
def test_the_way_to_a_net_has_the_length_of_the_path(layer, path):
    size = sized(120, 36)
    sites, nets = lattice(size, size), np.zeros((size, size), np.float32)
    places = every(size, size, 12)
    nets[4::12, ::12] = 1.0  # four sites below each cell
    cells = settle(sites, "tumor", places, layer=layer, state=ADHERENT if layer == LUMEN else EXTRAVASATED)
    shifts = []
    for step in range(sized(40, 20)):
        creep(cells, sites, nets, step=step, path=path)
        assert (cells.rows.column == places[:, 1]).all()
        shifts.append(10.0 * (cells.rows.row - places[:, 0]))
        cells.rows.row = places[:, 0]
        sites.population[layer], sites.occupant[layer] = 0, -1
        sites.population[layer][tuple(places.T)] = cells.code
        sites.occupant[layer][tuple(places.T)] = np.arange(len(places))
    shifts = np.concatenate(shifts)
    if path < 10.0:
        assert_mean(shifts, path)
    else:
        assert (shifts == path).all()


def test_cells_stop_beside_the_net_and_do_not_leave_a_nest():
    sites, nets = lattice(20, 20), np.zeros((20, 20), np.float32)
    nets[10, 10] = 1.0
    lone = settle(sites, "tumor", [(10, 5), (10, 17)], layer=TISSUE, state=EXTRAVASATED)
    for step in range(30):
        creep(lone, sites, nets, step=step, radius=5.0)
    assert (lone.rows.row[0], lone.rows.column[0]) == (10, 9)
    assert (lone.rows.row[1], lone.rows.column[1]) == (10, 17), "out of reach"
    sites = lattice(20, 20)
    nest = settle(sites, "tumor", [(10, 5), (9, 5)], layer=TISSUE, state=EXTRAVASATED)
    before = nest.rows.copy()
    creep(nest, sites, nets, path=100.0)
    assert (nest.rows == before).all()


def test_between_two_nets_no_side_is_favoured():
    size = sized(240, 48)
    sites, nets = lattice(size, size), np.zeros((size, size), np.float32)
    nets[::12, 4::12] = nets[::12, 8::12] = 1.0  # as far to the right as to the left
    places = every(size, size, 12)
    cells = settle(sites, "tumor", places, layer=TISSUE, state=EXTRAVASATED)
    creep(cells, sites, nets)
    shift = (cells.rows.column - places[:, 1] + 1) % size - 1
    assert set(shift.tolist()) == {-1, 1}
    assert_chance((shift == 1).sum(), len(places), 0.5)


# --- the rule -------------------------------------------------------------------------------------------------------


def world(ccdc25=1.0, interventions=(), **parameters):
    model = liver(
        "net_guidance",
        mm=0.4,
        empty=True,
        parameters={"net_guidance": {"bond": "0.5 /h"} | parameters},
        cells={"tumor": {"ccdc25": ccdc25}},
        interventions=list(interventions),
    )
    for n, (row, column) in enumerate(sinusoids(model)[::3]):
        put(model, "tumor", row, column, state=(HELD, ADHERENT)[n % 2])
    model.nets[::6, ::6] = 0.6
    return model


@pytest.mark.parametrize(
    "given",
    [
        {"ccdc25": 0},
        {"interventions": [{"knock_out": "ccdc25"}]},
        {"interventions": [{"block": "ccdc25", "fraction": 1}]},
    ],
)
def test_without_ccdc25_nothing_happens(given):
    model = world(**given)
    before = state_of(model)
    model.rules["net_guidance"].apply(model)
    assert changed(model, before) == set()
    assert crossing_gain(model) == 0.0


def test_without_nets_nothing_happens():
    model = world()
    model.nets[:] = 0.0
    model.net_residue[:] = 1.0  # what DNase leaves draws nobody
    before = state_of(model)
    model.rules["net_guidance"].apply(model)
    assert changed(model, before) == set()


@pytest.mark.parametrize(("ccdc25", "blocked"), [(1.0, 0.0), (2.0, 0.0), (1.0, 0.5)])
def test_rates_are_by_ccdc25(ccdc25, blocked):
    block = [{"block": "ccdc25", "fraction": blocked}] if blocked else []
    model = world(ccdc25, block, speed="0 um/min", crossing_gain=3)
    model.nets[:] = 1.0
    held = np.count_nonzero(model.tumor.used.state == HELD)
    run_rule(model, "net_guidance", 2.0)
    assert_chance(model.ledger.total("adherent", "net"), held, 1 - np.exp(-0.5 * ccdc25 * (1 - blocked) * 2.0))
    assert crossing_gain(model) == pytest.approx(3 * ccdc25 * (1 - blocked))
    assert crossing_gain(liver()) == 0.0, "the rule is off"


def test_cells_creep_to_nets_in_a_liver():
    model = world(bond="0 /h", speed="1 um/min")
    before = state_of(model)
    run_rule(model, "net_guidance", 1.0)
    assert changed(model, before) - {"clock/step_number"} == {"cells/tumor", "sites/occupant", "sites/population"}
    assert (model.tumor.used.state == HELD).sum() > 0
