"""Surroundings: exactly where a tumor cell is touched, and at least where some are near."""

import numpy as np
import pytest

from abm.cells.tumor import ADHERENT, CIRCULATING, TUMOR
from abm.kernels.tables import FLOWS
from abm.rules.surroundings import beside_tumor, block_of, marked, tumor_around, within
from abm.tissue.sites import LUMEN, TISSUE
from tests.worlds import KEY, around, every, lattice, liver, put, settle, sinusoids, without


@pytest.fixture(params=["periodic", "closed"])
def scattered(request):
    """A liver with tumor cells here and there in both layers, one of them in the blood."""
    model = without(liver(mm=0.43, tissue={"edges": request.param}))
    rng = np.random.default_rng(4)
    for place in rng.permutation(sinusoids(model))[:25]:
        put(model, "tumor", *place)
    for place in {tuple(place) for place in rng.integers(0, model.shape[0], (60, 2))}:
        put(model, "tumor", *place, layer=TISSUE)
    flowing = model.tumor.rows[0]
    model.sites.population[LUMEN, flowing.row, flowing.column] = 0
    flowing.state = CIRCULATING
    model.remove_cell(model.tumor, 3)
    return model


def test_beside_a_tumor_cell_is_every_site_that_touches_a_settled_one(scattered):
    expected = np.zeros(scattered.shape, np.int64)
    for layer in scattered.sites.population:
        for place in map(tuple, np.argwhere(layer == TUMOR)):
            for site in around(scattered.sites, *place, own=True):
                expected[site] += 1
    assert (beside_tumor(scattered) == expected).all()
    assert 0 < (expected > 0).mean() < 1 and expected.max() > 2


def test_beside_tumor_counts_both_layers_of_nine_sites():
    model = without(liver(mm=0.43))
    for layer in (LUMEN, TISSUE):
        for row, column in every(3, 3) + 10:
            put(model, "tumor", row, column, layer=layer)
    assert (beside_tumor(model)[11, 11], beside_tumor(model)[10, 10], beside_tumor(model)[13, 13]) == (18, 8, 2)


def test_who_stands_on_a_marked_site(scattered):
    marks = np.zeros(scattered.shape, np.uint8)
    free = sinusoids(scattered)[::9][:12]
    slots = [put(scattered, "kupffer", *place) for place in free]
    marks[tuple(free[::2].T)] = 1
    scattered.remove_cell(scattered.kupffer, slots[2])
    assert np.flatnonzero(marked(scattered.kupffer, marks)).tolist() == [slots[k] for k in range(0, 12, 2) if k != 2]


@pytest.mark.parametrize("reach", [0.0, 10.0, 35.0, 120.0, 600.0])
def test_which_sites_lie_within_reach_of_some_cells(scattered, reach):
    cells, spacing = scattered.tumor, scattered.spacing_um
    among = (cells.used.alive != 0) & (np.arange(cells.used.size) % 9 == 0)
    expected = np.zeros(scattered.shape, bool)
    for cell in cells.used[among]:
        off = [np.abs(np.arange(size) - at) for size, at in zip(scattered.shape, (cell.row, cell.column), strict=True)]
        if scattered.periodic:
            off = [np.minimum(a, size - a) for a, size in zip(off, scattered.shape, strict=True)]
        expected |= spacing * np.hypot(off[0][:, None], off[1][None, :]) <= reach
    assert (within(scattered, cells, among, reach) == expected).all() and expected.any()


@pytest.mark.parametrize("reach", [0.5, 3.0, 5.7, 11.0, 60.0])
def test_where_blocks_say_that_there_are_too_few_there_are(scattered, reach):
    size, sites = np.array(scattered.shape), scattered.sites
    tumor = np.argwhere(sites.population[TISSUE] == TUMOR)
    blocks = tumor_around(scattered, TISSUE, reach)
    spared = 0
    for place in every(*size, 3):
        away = np.abs(tumor - place)
        if scattered.periodic:
            away = np.minimum(away, size - away)
        near = np.count_nonzero((away**2).sum(axis=1) <= reach**2)
        said = blocks[block_of(blocks, sites, *place)]
        assert said >= near
        spared += said == 0
    assert spared or reach > 5


def test_those_picked_act_in_the_same_order_as_among_all():
    cells = settle(lattice(30, 30), "kupffer", every(30, 30), state=ADHERENT)
    cells.rows.alive[[4, 77]] = 0
    cells.book[:FLOWS] = (900, 4, 898)
    among = (np.arange(900) % 7 == 0) & (cells.rows.alive != 0)
    everybody, picked = cells.order(KEY, 3), cells.order(KEY, 3, among)
    assert picked.tolist() == [slot for slot in everybody if among[slot]]
    assert cells.order(KEY, 3, among & False).size == 0
