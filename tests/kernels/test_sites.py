"""Neighbourhoods and occupancy against the obvious way to write them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abm.kernels.sites import (
    COLUMN_OFFSET,
    ROW_OFFSET,
    Sites,
    add_around,
    count_touching,
    is_touched,
    lift,
    neighbour,
    offset_between,
    place,
    shifted,
    touching,
    ways_along,
)
from tests.worlds import lattice

SHAPE = (5, 7)
EDGES = pytest.mark.parametrize("periodic", [True, False], ids=["periodic", "closed"])


def empty_sites(periodic: bool) -> Sites:
    return lattice(*SHAPE, periodic=periodic)


def naive_neighbour(row, column, direction, periodic):
    r, c = row + int(ROW_OFFSET[direction]), column + int(COLUMN_OFFSET[direction])
    if periodic:
        return r % SHAPE[0], c % SHAPE[1]
    return (r, c) if 0 <= r < SHAPE[0] and 0 <= c < SHAPE[1] else (-1, -1)


def naive_touching(sites, code, layer, row, column):
    around = (naive_neighbour(row, column, direction, sites.periodic) for direction in range(9))
    return [int(sites.occupant[layer, r, c]) for r, c in around if r >= 0 and sites.population[layer, r, c] == code]


def test_directions_are_the_eight_neighbours_clockwise_and_the_site_itself():
    offsets = list(zip(ROW_OFFSET.tolist(), COLUMN_OFFSET.tolist(), strict=True))
    assert len(set(offsets)) == 9 and offsets[8] == (0, 0)
    angles = np.unwrap([np.arctan2(c, -r) for r, c in offsets[:8]])
    assert np.allclose(np.diff(angles), np.pi / 4)
    opposite = [(-r, -c) for r, c in offsets[:8]]
    assert offsets[4:8] + offsets[:4] == opposite, "direction + 4 is the way back"


@EDGES
def test_neighbours_are_those_of_the_naive_twin(periodic):
    sites = empty_sites(periodic)
    for row in range(SHAPE[0]):
        for column in range(SHAPE[1]):
            for direction in range(9):
                found = neighbour(sites, row, column, direction)
                assert tuple(map(int, found)) == naive_neighbour(row, column, direction, periodic)


@EDGES
def test_shifted_wraps_or_ends(periodic):
    for index in range(5):
        for offset in range(-5, 6):
            moved = index + offset
            wanted = moved % 5 if periodic else (moved if 0 <= moved < 5 else -1)
            assert shifted(index, offset, 5, periodic) == wanted


@EDGES
def test_offset_between_is_the_shorter_way(periodic):
    for size in (6, 7):
        for start in range(size):
            for end in range(size):
                offset = int(offset_between(start, end, size, periodic))
                if periodic:
                    assert (start + offset) % size == end
                    assert abs(offset) == min((end - start) % size, (start - end) % size)
                else:
                    assert offset == end - start


@EDGES
@pytest.mark.parametrize("seed", range(3))
def test_touching_finds_what_the_naive_twin_finds(periodic, seed):
    random = np.random.default_rng(seed)
    sites = empty_sites(periodic)
    sites.population[:] = random.choice([0, 1, 2], p=[0.8, 0.1, 0.1], size=sites.population.shape)
    sites.occupant[:] = np.where(sites.population, np.arange(sites.population.size).reshape(sites.population.shape), -1)
    for layer, row, column in np.ndindex(2, *SHAPE):
        for code in (1, 2):
            there = naive_touching(sites, code, layer, row, column)
            assert count_touching(sites, code, layer, row, column) == len(there)
            found = {int(touching(sites, code, layer, row, column, turn)) for turn in range(9)}
            assert found == (set(there) or {-1}), "some turn must find each of them"


@EDGES
def test_touching_starts_where_it_is_told_to(periodic):
    sites = empty_sites(periodic)
    for direction in range(9):
        r, c = neighbour(sites, 2, 3, direction)
        place(sites, 2, 0, r, c, direction)
    assert [int(touching(sites, 2, 0, 2, 3, turn)) for turn in range(18)] == [*range(9), *range(9)]


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 1), st.integers(0, 4), st.integers(0, 6), st.integers(1, 6))))
def test_a_site_of_a_layer_holds_one_cell_or_none(moves):
    sites = empty_sites(True)
    standing = {}
    for slot, (arrive, layer, row, column, code) in enumerate(moves):
        where = (layer, row, column)
        if arrive:
            assert bool(place(sites, code, *where, slot)) == (where not in standing)
            standing.setdefault(where, (code, slot))
        else:
            lift(sites, *where)
            standing.pop(where, None)
    for where in np.ndindex(2, *SHAPE):
        assert (int(sites.population[where]), int(sites.occupant[where])) == standing.get(where, (0, -1))


@EDGES
def test_marks_and_ways_are_those_of_the_naive_twin(periodic):
    sites = empty_sites(periodic)
    kind = (np.arange(sites.kind.size) * 7 % 3 == 0).reshape(SHAPE).astype(np.uint8)
    ways = ways_along(kind, 1, periodic)
    for row in range(SHAPE[0]):
        for column in range(SHAPE[1]):
            around = [naive_neighbour(row, column, direction, periodic) for direction in range(9)]
            marks = np.zeros(SHAPE, np.uint8)
            add_around(marks, row, column, periodic)
            assert {tuple(site) for site in np.argwhere(marks == 1).tolist()} == {
                site for site in around if site[0] >= 0
            }
            open_ways = [
                direction for direction in range(8) if around[direction][0] >= 0 and kind[around[direction]] == 1
            ]
            assert [direction for direction in range(8) if ways[row, column] >> direction & 1] == open_ways


@EDGES
def test_a_site_is_touched_when_somebody_stands_there_or_around(periodic):
    sites = empty_sites(periodic)
    place(sites, 3, 1, 0, 2, 4)
    for row in range(SHAPE[0]):
        for column in range(SHAPE[1]):
            assert is_touched(sites, 3, 1, row, column) == bool(naive_touching(sites, 3, 1, row, column))
            assert not is_touched(sites, 3, 0, row, column) and not is_touched(sites, 2, 1, row, column)
