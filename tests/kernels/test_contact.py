"""Whom a cell touches, against the obvious way to look."""

import numpy as np
import pytest

from abm.kernels.contact import NOBODY, Sought, nobody_of, still_touched, touched
from abm.kernels.sites import Sites, neighbour

SHAPE = (6, 7)


@pytest.fixture(params=[True, False], ids=["periodic", "closed"])
def crowd(request):
    """Cells of two populations in two layers, and the identities of one of them."""
    rng = np.random.default_rng(4)
    population = rng.choice(3, (2, *SHAPE), p=[0.7, 0.2, 0.1]).astype(np.uint8)
    occupant = np.full((2, *SHAPE), -1, np.int32)
    for code in (1, 2):
        occupant[population == code] = np.arange(np.count_nonzero(population == code))
    kind = np.ones(SHAPE, np.uint8)
    sites = Sites(kind, kind, kind, occupant, population, np.full(SHAPE, -1, np.int32), request.param)
    return sites, rng.permutation(np.arange(1, 60)).astype(np.uint64)


def around(sites, row, column, turn):
    """The slots of all of population 1 that are touched, lumen first, in the order of directions from `turn` on."""
    places = [neighbour(sites, row, column, (turn + k) % 9) for k in range(9)]
    return [
        int(sites.occupant[layer, r, c])
        for layer in (0, 1)
        for r, c in places
        if r >= 0 and sites.population[layer, r, c] == 1
    ]


def test_the_first_that_is_not_ignored_is_touched(crowd):
    sites, uid = crowd
    sought, lonely = Sought(1, np.ones(SHAPE, np.uint8), uid, nobody_of(5), True), 0
    for row, column in np.ndindex(SHAPE):
        for turn in range(8):
            found = around(sites, row, column, turn)
            for ignored in (np.uint64(0), *uid[found[:2]]):
                left = [slot for slot in found if uid[slot] != ignored]
                assert touched(sites, sought, row, column, turn, ignored) == (left[0] if left else NOBODY)
                lonely += not left
    assert lonely > 50


def test_a_cell_is_known_again_as_long_as_it_touches(crowd):
    sites, uid = crowd
    for row, column in np.ndindex(SHAPE):
        found = around(sites, row, column, 0)
        for slot in range(np.count_nonzero(sites.population == 1)):
            assert still_touched(sites, 1, uid, row, column, uid[slot]) == (slot if slot in found else NOBODY)


def test_nobody_is_ignored_by_as_many_as_there_are():
    ignored = nobody_of(7)
    assert ignored.shape == (7,) and ignored.dtype == np.uint64 and not ignored.any()
    assert not ignored.flags.c_contiguous, "as a column of a table is, so that kernels are compiled once"
