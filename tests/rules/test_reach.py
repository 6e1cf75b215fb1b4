"""Reaches wider than the tissue: every kernel that takes one stays within the lattices, and meets each site once.

The lattices lie in memory whose every site looks like what the kernel is after, so that an access beyond an edge would be
seen in the result or in that memory. Each is compared with its naive twin, compiled and as plain Python.
"""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from abm.cells import neutrophil
from abm.cells.tumor import EXTRAVASATED, TUMOR
from abm.interventions.implant import colony_sites
from abm.kernels.sites import Sites, reach_within, shifted
from abm.rules.growth import path_to_room
from abm.rules.kupffer_crawling import moves_to_prey
from abm.rules.kupffer_reprogramming import is_near_nodule, reprogram
from abm.rules.netosis import cast_nets
from abm.rules.surroundings import count_around, tumor_around
from abm.tissue.measure import plate_widths
from abm.tissue.sites import PARENCHYMA, SINUSOID, TISSUE
from tests.worlds import COMPILED, KEY, every, lattice, settle

_GUARD = 5000
SHAPES = [(3, 3), (4, 5), (8, 8), (5, 21)]
REACHES = [0.5, 1.0, 1.5, 2.0, 2.5, 4.0, 7.3, 12.0, 100.0]
EDGES = pytest.mark.parametrize("periodic", [True, False], ids=["periodic", "closed"])
HOW = pytest.mark.parametrize(
    "plain", [False, True] if COMPILED else [False], ids=["compiled", "plain"][: 1 + COMPILED]
)


def kernel(function, plain: bool):
    return function.py_func if plain else function


def guarded(values: np.ndarray, outside) -> tuple[np.ndarray, np.ndarray]:
    """The values within a stretch of memory that is full of `outside`, and that memory."""
    memory = np.full(2 * _GUARD + values.size, outside, values.dtype)
    inside = memory[_GUARD : _GUARD + values.size].reshape(values.shape)
    inside[:] = values
    return inside, memory


def guarded_lattice(shape, periodic) -> tuple[Sites, dict[str, np.ndarray]]:
    """Sinusoids only, within memory that looks like sinusoids full of tumor cells."""
    sites, memory = lattice(*shape, periodic=periodic), {}
    for name, outside in {"kind": SINUSOID, "population": TUMOR, "occupant": 0}.items():
        inside, memory[name] = guarded(getattr(sites, name), outside)
        sites = sites._replace(**{name: inside})
    return sites, memory


def untouched(memory: np.ndarray, outside) -> bool:
    return (memory[:_GUARD] == outside).all() and (memory[-_GUARD:] == outside).all()


def distance(shape, periodic, place) -> np.ndarray:
    """How far every site is from `place`, float64 [row, column], the shorter way round."""
    away = np.abs(np.indices(shape) - np.reshape(place, (2, 1, 1)))
    if periodic:
        away = np.minimum(away, np.reshape(shape, (2, 1, 1)) - away)
    return np.sqrt((away.astype(float) ** 2).sum(axis=0))


@EDGES
def test_a_reach_meets_every_site_within_it_once_and_stays_on_the_lattice(periodic):
    for size in range(1, 12):
        for reach in range(30):
            first, last = reach_within(reach, size, periodic)
            for index in range(size):
                met = [int(shifted(index, offset, size, periodic)) for offset in range(first, last + 1)]
                met = [place for place in met if place >= 0]
                away = np.abs(np.arange(size) - index)
                near = np.minimum(away, size - away) if periodic else away
                assert sorted(met) == np.flatnonzero(near <= reach).tolist()


@EDGES
@HOW
@pytest.mark.parametrize("shape", SHAPES)
def test_a_net_covers_what_lies_within_its_footprint(shape, periodic, plain):
    for radius in REACHES:
        sites, _ = guarded_lattice(shape, periodic)
        nets, memory = guarded(np.zeros(shape, np.float32), 0)
        place = (shape[0] - 1, 1)
        cells = settle(sites, "neutrophil", [place], state=neutrophil.NETTING)
        still = np.zeros(shape, np.float32)
        kernel(cast_nets, plain)(
            cells.table,
            sites,
            nets,
            KEY,
            0,
            0.1,
            1.0,
            0.0,
            3.0,
            1.0,
            np.zeros(1),
            np.ones(1),
            still,
            still,
            math.ceil(radius),
            radius,
        )
        assert ((nets > 0) == (distance(shape, periodic, place) <= radius)).all()
        assert untouched(memory, 0) and cells.count == 0


@EDGES
@HOW
@pytest.mark.parametrize("shape", SHAPES)
def test_the_tumor_cells_of_a_nodule_are_counted_once(shape, periodic, plain):
    sites, _ = guarded_lattice(shape, periodic)
    places = every(*shape, 2)
    settle(sites, "tumor", places, layer=TISSUE, state=EXTRAVASATED)
    near_nodule, place = kernel(is_near_nodule, plain), (0, shape[1] - 1)
    for radius in REACHES:
        within = np.count_nonzero(distance(shape, periodic, place)[tuple(places.T)] <= radius)
        assert within == 0 or near_nodule(sites, *place, radius, within)
        assert not near_nodule(sites, *place, radius, within + 1)


@EDGES
@HOW
@pytest.mark.parametrize("shape", SHAPES)
def test_blocks_count_each_tumor_cell_once(shape, periodic, plain):
    sites, _ = guarded_lattice(shape, periodic)
    places = every(*shape)
    tumor = settle(sites, "tumor", places, layer=TISSUE, state=EXTRAVASATED)
    for wide in (1, 2, 3, 4, 30):
        blocks, memory = guarded(np.zeros([max(size // wide, 1) for size in shape], np.int64), 0)
        kernel(count_around, plain)(blocks, tumor.used, sites, TISSUE)
        block = places * np.array(blocks.shape) // np.array(shape)
        for place in np.ndindex(*blocks.shape):
            near = distance_in_blocks(blocks.shape, periodic, place)
            assert blocks[place] == np.count_nonzero(near[tuple(block.T)])
        assert untouched(memory, 0)


def distance_in_blocks(shape, periodic, place):
    """Which blocks touch one, itself among them (bool)."""
    away = np.abs(np.indices(shape) - np.reshape(place, (2, 1, 1)))
    if periodic:
        away = np.minimum(away, np.reshape(shape, (2, 1, 1)) - away)
    return (away <= 1).all(axis=0)


@EDGES
def test_a_kupffer_cell_turns_with_the_right_number_of_cells_around(periodic):
    shape = (8, 8)
    for radius in REACHES:
        sites, _ = guarded_lattice(shape, periodic)
        places = every(*shape, 2)
        tumor = settle(sites, "tumor", places, layer=TISSUE, state=EXTRAVASATED)
        cells = settle(sites, "kupffer", [(7, 7)])
        liver = SimpleNamespace(shape=shape, sites=sites, tumor=tumor)
        within = np.count_nonzero(distance(shape, periodic, (7, 7))[tuple(places.T)] <= radius)
        signal, none = np.full(shape, 5, np.float32), np.zeros(shape, np.float32)
        for needed, turns in ((within + 1, False), (within, within > 0)):
            if needed:
                reprogram(
                    cells.used,
                    sites,
                    tumor_around(liver, TISSUE, radius),
                    1.0,
                    1.0,
                    radius,
                    needed,
                    10.0,
                    np.float32(0.5),
                    signal,
                    none,
                    none,
                )
                assert (cells.rows.reprogramming[0] > 0) == turns


@EDGES
@HOW
@pytest.mark.parametrize("depth", [1, 2, 5, 30])
def test_a_push_as_deep_as_the_tissue_is_wide_finds_the_nearest_room(periodic, plain, depth):
    shape, middle = (7, 9), (0, 0)
    for room in every(*shape):
        if tuple(room) == middle:
            continue
        sites, _ = guarded_lattice(shape, periodic)
        settle(
            sites,
            "tumor",
            [place for place in every(*shape) if tuple(place) != tuple(room)],
            layer=TISSUE,
            state=EXTRAVASATED,
        )
        queue, memory = guarded(np.zeros(((2 * depth + 3) ** 2 + 1, 3), np.int32), 7)
        came_from, marks = guarded(np.zeros((2 * depth + 3, 2 * depth + 3), np.int32), 7)
        found = kernel(path_to_room, plain)(sites, TISSUE, *middle, depth, 0, queue, came_from)
        if distance(shape, periodic, middle)[tuple(room)] <= depth:
            assert queue[found, :2].tolist() == room.tolist()
        else:
            assert found < 0
        assert untouched(memory, 7) and untouched(marks, 7)


@EDGES
@HOW
@pytest.mark.parametrize("shape", SHAPES)
def test_the_way_to_prey_is_the_shortest_one(shape, periodic, plain):
    for reach in (1, 3, 100):
        sites, _ = guarded_lattice(shape, periodic)
        away = np.abs(np.indices(shape) - np.reshape((0, shape[1] - 1), (2, 1, 1)))
        if periodic:
            away = np.minimum(away, np.reshape(shape, (2, 1, 1)) - away)
        moves = kernel(moves_to_prey, plain)(np.array([shape[1] - 1]), sites, reach)
        assert (moves == np.where(away.max(axis=0) <= reach, away.max(axis=0), -1)).all()


@HOW
@pytest.mark.parametrize("size", [3, 4, 8, 30])
def test_no_plate_is_measured_round_a_periodic_lattice(size, plain):
    kind, _ = guarded(np.full((size, size), PARENCHYMA, np.uint8), PARENCHYMA)
    widths = kernel(plate_widths, plain)(kind, True)
    assert (widths == 1 + 2 * min(12, (size - 1) // 2)).all()


@EDGES
@pytest.mark.parametrize("shape", SHAPES)
def test_a_colony_as_large_as_the_tissue_takes_every_site_once(shape, periodic):
    sites, _ = guarded_lattice(shape, periodic)
    liver = SimpleNamespace(sites=sites, shape=shape, periodic=periodic)
    places = colony_sites(liver, 0, shape[0] * shape[1], KEY)
    assert np.unique(places, axis=0).tolist() == every(*shape).tolist()
    away = distance(shape, periodic, (0, 0))[tuple(places.T)]
    assert (np.diff(away) >= 0).all()


def test_the_smallest_tissue_has_room_for_every_neighbourhood():
    """Eight neighbours are eight sites from three rows and columns on; livers have eight or more."""
    from abm.config import ConfigError
    from abm.model import LiverModel

    vessels = {"portal_tract_diameter": "1 um", "central_vein_diameter": "1 um", "portal_central_distance": "100 um"}
    with pytest.raises(ConfigError, match=r"at least ([89]\d|\d{3}) um"):
        LiverModel(tissue={"width": "70 um", "height": "70 um", **vessels})
