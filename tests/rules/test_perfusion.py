"""Perfusion: what blocks a sinusoid, what squeezes it shut, what keeps it open, and when the flow follows."""

import numpy as np
import pytest

from abm.cells.tumor import EXTRAVASATED, HELD, TUMOR
from abm.kernels.random import uniform
from abm.rules.compression import NOT_SQUEEZED
from abm.rules.perfusion import obstruct, stirring
from abm.rules.surroundings import count_beside
from abm.tissue.sites import LUMEN, PARENCHYMA, PORTAL_TRACT, SINUSOID, TISSUE
from tests.worlds import (
    KEY,
    around,
    assert_chance,
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
    without,
)

RATE, DENSE = 0.02, np.float32(0.7)


def run(
    sites, collapsed, nets, vegf, *, shut=None, squeezed=NOT_SQUEEZED, step=0, hours=1 / 12, rate=RATE, surrounded=6
):
    """Looking everywhere; `shut` is where a drug has shut the sinusoid."""
    sinusoids, everywhere = np.flatnonzero(sites.kind == SINUSOID), np.full(sites.kind.shape, 18, np.uint8)
    shut = np.zeros_like(nets) if shut is None else shut
    lattices = (everywhere, squeezed, sites, collapsed, nets, shut, vegf)
    obstruct(sinusoids, *lattices, KEY, step, hours, rate, surrounded, DENSE)


def run_where_it_stirs(sites, tumor, collapsed, nets, shut, vegf, *, step, hours, surrounded):
    near = np.zeros(sites.kind.shape, np.uint8)
    for population in tumor:
        count_beside(near, population.used, sites.periodic)
    sinusoids = np.flatnonzero(sites.kind == SINUSOID).astype(np.uint32)
    places = stirring(sinusoids, near.ravel(), sites.perfused.ravel(), nets.ravel(), shut.ravel(), DENSE)
    lattices = (near, NOT_SQUEEZED, sites, collapsed, nets, shut, vegf)
    obstruct(places, *lattices, KEY, step, hours, RATE, surrounded, DENSE)
    return places


def naive_obstruct(sites, collapsed, nets, shut, vegf, step, hours, rate=RATE, key=KEY, surrounded=6):
    """The new lattices `collapsed` and `perfused`."""
    collapsed, perfused = collapsed.copy(), sites.perfused.copy()
    tumor = (sites.population == TUMOR).any(axis=0)
    for here in map(tuple, np.argwhere(sites.kind == SINUSOID)):
        if sum(tumor[place] for place in around(sites, *here)) < surrounded:
            collapsed[here] = 0
        elif not collapsed[here]:
            number = np.uint64(here[0] * sites.kind.shape[1] + here[1])
            collapsed[here] = uniform(key, step, number, 0) < 1 - np.exp(-rate / (1 + float(vegf[here])) * hours)
        blocked = sites.population[LUMEN][here] == TUMOR or nets[here] >= DENSE or shut[here] == 1
        perfused[here] = not (blocked or collapsed[here])
    return collapsed, perfused


@pytest.mark.parametrize("periodic", [True, False])
def test_kernel_is_its_naive_twin(periodic):
    rng = np.random.default_rng(8)
    size = sized(40, 20)
    sites = lattice(size, size, rng.choice(4, (size, size), p=[0.05, 0.5, 0.4, 0.05]), periodic=periodic)
    settle(sites, "tumor", every(size, size)[rng.random(size * size) < 0.65], layer=TISSUE)
    settle(sites, "tumor", every(size, size)[rng.random(size * size) < 0.1])
    nets = (rng.random((size, size)) * (rng.random((size, size)) < 0.3)).astype(np.float32)
    vegf = rng.gamma(0.5, 2.0, (size, size)).astype(np.float32)
    collapsed = ((rng.random((size, size)) < 0.3) & (sites.kind == SINUSOID)).astype(np.uint8)
    shut = ((rng.random((size, size)) < 0.1) & (sites.kind == SINUSOID)).astype(np.float32)
    expected, perfused = naive_obstruct(sites, collapsed, nets, shut, vegf, 5, 20.0)
    before = collapsed.copy()
    run(sites, collapsed, nets, vegf, shut=shut, step=5, hours=20.0)
    assert (collapsed == expected).all()
    assert (sites.perfused == perfused).all()
    assert (collapsed > before).any()
    assert (collapsed < before).any()


@pytest.mark.parametrize("surrounded", [5, 6, 8])
@pytest.mark.parametrize("periodic", [True, False])
def test_where_nothing_stirs_nothing_would_change(periodic, surrounded):
    rng = np.random.default_rng(18)
    size = sized(50, 20)
    sites = lattice(size, size, rng.choice(4, (size, size), p=[0.05, 0.5, 0.4, 0.05]), periodic=periodic)
    places = every(size, size)
    clump = np.hypot(*(places - size / 4).T) < size / 5
    tumor = [
        settle(sites, "tumor", places[clump & (rng.random(size * size) < 0.8)], layer=TISSUE, state=EXTRAVASATED),
        settle(sites, "tumor", places[rng.random(size * size) < 0.02], state=HELD),
    ]
    nets = (rng.random((size, size)) * (rng.random((size, size)) < 0.05)).astype(np.float32)
    vegf = rng.gamma(0.5, 2.0, (size, size)).astype(np.float32)
    collapsed = ((rng.random((size, size)) < 0.05) & (sites.kind == SINUSOID)).astype(np.uint8)
    sites.perfused[collapsed == 1] = 0
    shut = ((rng.random((size, size)) < 0.05) & (sites.kind == SINUSOID)).astype(np.float32)
    expected, perfused = naive_obstruct(sites, collapsed, nets, shut, vegf, 5, 20.0, surrounded=surrounded)
    stirred = run_where_it_stirs(sites, tumor, collapsed, nets, shut, vegf, step=5, hours=20.0, surrounded=surrounded)
    assert (collapsed == expected).all()
    assert (sites.perfused == perfused).all()
    assert 0 < len(stirred) < 0.8 * np.count_nonzero(sites.kind == SINUSOID)


def test_more_neighbours_than_there_are_means_all():
    sites, middles = nests(sized(60, 24), 8, False)
    nets = np.zeros(sites.kind.shape, np.float32)
    reference = None
    for surrounded in (8, 9):
        collapsed = np.zeros_like(sites.kind)
        obstruct(
            np.flatnonzero(sites.kind == SINUSOID),
            np.full(sites.kind.shape, 8, np.uint8),
            NOT_SQUEEZED,
            sites,
            collapsed,
            nets,
            nets,
            nets,
            KEY,
            0,
            1.0,
            1.0,
            surrounded,
            DENSE,
        )
        reference = collapsed if reference is None else reference
        assert 0 < collapsed.sum() < len(middles)
    assert (collapsed == reference).all()


def count_of(model):
    """How many tumor cells stand at and around each site."""
    near = np.zeros(model.shape, np.uint8)
    count_beside(near, model.tumor.used, model.periodic)
    return near


def nests(size: int, of: int, also_inside: bool):
    """Sinusoid sites three apart in a plate, each with `of` of its neighbours full of tumor."""
    sites = lattice(size, size, PARENCHYMA)
    middles = every(size, size, 3)
    sites.kind[tuple(middles.T)] = SINUSOID
    full = [place for r, c in middles for place in around(sites, r, c)[:of]]
    settle(sites, "tumor", [*full, *map(tuple, middles)] if also_inside else full, layer=TISSUE)
    return sites, middles


@pytest.mark.parametrize(
    ("of", "vegf", "factor"), [(8, 0.0, 1.0), (6, 0.0, 1.0), (5, 0.0, 0.0), (7, 1.0, 0.5), (7, 9.0, 0.1)]
)
@pytest.mark.parametrize("also_inside", [True, False])
@pytest.mark.parametrize("minutes", [5, 10])
def test_hazard_of_collapse(of, vegf, factor, also_inside, minutes):
    sites, middles = nests(sized(150, 24), of, also_inside)
    collapsed, nets = np.zeros_like(sites.kind), np.zeros(sites.kind.shape, np.float32)
    for step in range(60 // minutes):
        run(sites, collapsed, nets, np.full_like(nets, vegf), step=step, hours=minutes / 60, rate=0.5)
    assert_chance(collapsed.sum(), len(middles), 1 - np.exp(-0.5 * factor))
    assert (sites.perfused[tuple(middles.T)] == 1 - collapsed[tuple(middles.T)]).all()


@pytest.mark.parametrize("vegf", [0.0, 20.0])
@pytest.mark.parametrize("of", [8, 3, 0])
@pytest.mark.parametrize("minutes", [2.5, 5, 10])
def test_hazard_of_being_squeezed_shut(of, vegf, minutes):
    """Whatever VEGF says, and however many neighbours are tumor; without pressure it opens again."""
    sites, middles = nests(sized(150, 24), of, False)
    collapsed, nets = np.zeros_like(sites.kind), np.zeros(sites.kind.shape, np.float32)
    squeezed, signal = np.where(sites.kind == SINUSOID, np.float32(0.5), 0), np.full_like(nets, vegf)
    for step in range(int(60 / minutes)):
        run(sites, collapsed, nets, signal, squeezed=squeezed, step=step, hours=minutes / 60)
    assert_chance(collapsed.sum(), len(middles), 1 - np.exp(-0.5))
    run(sites, collapsed, nets, signal, rate=0.0)
    assert (collapsed.sum() > 0) == (of == 8)


@pytest.mark.parametrize(
    ("co_option", "replacement", "factor"), [(0, 1, 1.0), (1, 1, 0.0), (1, 0.25, 0.75), (0.5, 0.5, 0.75)]
)
def test_a_line_that_replaces_hepatocytes_can_keep_the_sinusoids(co_option, replacement, factor):
    model = liver(
        "perfusion",
        mm=sized(10, 6) / 10,
        empty=True,
        cells={"tumor": {"replacement": replacement}},
        parameters={"perfusion": {"co_option": co_option, "collapse_rate": "0.1 /h"}},
    )
    for row, column in np.argwhere(np.isin(model.sites.kind, (SINUSOID, PARENCHYMA))):
        put(model, "tumor", row, column, layer=TISSUE)
    run_rule(model, "perfusion", 8.0)
    near = count_of(model)
    inside = (model.sites.kind == SINUSOID) & (near == 9)
    assert_chance(model.collapsed[inside].sum(), inside.sum(), 1 - np.exp(-0.8 * factor))


def test_it_opens_again_when_the_nodule_recedes():
    sites, middles = nests(9, 8, True)
    collapsed, nothing = np.zeros_like(sites.kind), np.zeros(sites.kind.shape, np.float32)
    run(sites, collapsed, nothing, nothing, rate=1e6)
    assert collapsed.sum() == len(middles)
    run(sites, collapsed, nothing, nothing, rate=0.0)
    assert collapsed.sum() == len(middles), "without growth nothing changes"
    row, column = middles[4]
    for place in around(sites, row, column)[:3]:
        sites.population[TISSUE][place] = 0
    run(sites, collapsed, nothing, nothing, rate=1e6)
    assert collapsed.sum() == len(middles) - 1
    assert sites.perfused[row, column] == 1


def test_held_cells_and_dense_nets_block_and_the_flow_follows_within_the_hour():
    model = without(liver("perfusion", mm=0.3, parameters={"perfusion": {"dense_net": 0.7}}))
    (row, column), net, thin = sinusoids(model)[[5, 50, 100]]
    pressure = model.flow.pressure.copy()
    slot = put(model, "tumor", row, column, state=HELD)
    model.nets[tuple(net)], model.nets[tuple(thin)] = 0.75, 0.65
    for model.step_number in range(11):
        model.rules["perfusion"].apply(model)
        assert np.argwhere((model.sites.perfused == 0) & (model.sites.kind == SINUSOID)).tolist() == sorted(
            [[row, column], net.tolist()]
        )
        assert (model.flow.pressure == pressure).all()
    model.step_number = 11
    model.rules["perfusion"].apply(model)
    assert (model.flow.pressure != pressure).any()
    assert [row, column] not in model.perfused_sites.tolist()
    model.remove_cell(model.tumor, slot)
    model.nets[:] = 0.0
    model.step_number = 23
    model.rules["perfusion"].apply(model)
    assert (model.flow.pressure == pressure).all()
    assert model.sites.perfused.all()
    assert model.tumor.count == model.ledger.balance == 0


def test_a_stellate_cell_inside_a_nodule_does_not_keep_its_sinusoid_open():
    model = liver("perfusion", mm=0.3, parameters={"perfusion": {"collapse_rate": "1000000 /h"}})
    slot = next(
        s for s, cell in enumerate(model.stellate.used) if (model.sites.kind != PORTAL_TRACT)[cell.row, cell.column]
    )
    here = model.stellate.used[slot].row, model.stellate.used[slot].column
    for place in around(model.sites, *here):
        if model.sites.population[TISSUE][place] == 0:
            put(model, "tumor", *place, layer=TISSUE)
    model.rules["perfusion"].apply(model)
    assert model.sites.population[TISSUE][here] != TUMOR
    assert model.collapsed[here] == 1


def test_nothing_happens_where_it_does_not_look():
    """In a liver with nodules, nets and collapsed sinusoids, looking everywhere finds nothing more."""
    model = liver("perfusion", mm=0.4, parameters={"perfusion": {"collapse_rate": "20 /h"}})
    rng = np.random.default_rng(2)
    middles = rng.integers(3, 37, (12, 2))
    changes = 0
    for model.step_number in range(30):
        middle = middles[model.step_number % 12]
        if model.step_number < 12:
            for place in map(tuple, middle + np.indices((5, 5)).reshape(2, -1).T - 2):
                if model.sites.population[TISSUE][place] == 0:
                    put(model, "tumor", *place, layer=TISSUE)
            model.nets[tuple(middle + 3)] = 1.0
        else:
            for cell in [
                cell
                for cell in model.tumor.agents(model)
                if abs(cell.row - middle[0]) + abs(cell.column - middle[1]) < 2
            ]:
                cell.remove()
            model.nets[tuple(middle + 3)] = 0.5
        before = model.sites.perfused.copy()
        collapsed, perfused = naive_obstruct(
            model.sites,
            model.collapsed,
            model.nets,
            model.obstruction,
            model.fields["vegf"].values,
            model.step_number,
            model.dt_hours,
            rate=20.0,
            key=model.key("perfusion"),
        )
        model.rules["perfusion"].apply(model)
        assert (model.collapsed == collapsed).all()
        assert (model.sites.perfused == perfused).all()
        changes += np.count_nonzero(perfused != before)
    assert changes > 50


def test_off_or_without_tumor_nothing_changes():
    model = liver("perfusion", mm=0.3)
    before = state_of(model)
    for model.step_number in range(13):
        model.rules["perfusion"].apply(model)
    model.step_number = 0
    assert changed(model, before) == set()
    off = liver(mm=0.3)
    off.nets[:] = 1.0
    for place in sinusoids(off):
        put(off, "tumor", *place)
    for _ in range(12):
        off.step()
    assert off.sites.perfused.all()
    assert not off.collapsed.any()
