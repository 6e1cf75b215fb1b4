"""Kupffer crawling: to whom, how fast, along which way."""

from collections import deque

import numpy as np
import pytest

from abm.cells.kupffer import REPROGRAMMED
from abm.cells.tumor import CIRCULATING, HELD, TUMOR
from abm.kernels.sites import COLUMN_OFFSET, ROW_OFFSET
from abm.rules.kupffer_crawling import arrested, creep_to_prey, moves_to_prey, way_to_prey
from abm.tissue.sites import LUMEN, PARENCHYMA, SINUSOID, TISSUE
from tests.worlds import KEY, around, assert_in_place, every, lattice, liver, put, settle, sinusoids, sized, without

REACH = 6


def moves_in(sites, reach=REACH):
    return moves_to_prey(np.flatnonzero(sites.population[LUMEN] == 1), sites, reach)


def creep(cells, sites, *, moves=1.0, step=0, reach=REACH):
    slots = np.flatnonzero(cells.rows.state != REPROGRAMMED)
    creep_to_prey(cells.rows, sites, moves_in(sites, reach), KEY, step, slots, moves)


def test_prey_are_the_tumor_cells_in_the_lumen():
    model = without(liver(mm=0.43))
    open_sites = sinusoids(model)
    slots = [put(model, "tumor", *place, state=HELD) for place in open_sites[::3][:30][::-1]]
    for place in open_sites[1::3][:10]:
        put(model, "tumor", *place, layer=TISSUE)
    model.remove_cell(model.tumor, slots[4])
    flowing = model.tumor.rows[slots[9]]  # the blood carries one past another that is held
    model.sites.population[LUMEN, flowing.row, flowing.column] = 0
    flowing.state, flowing.row, flowing.column = CIRCULATING, *model.tumor.rows[slots[12]][["row", "column"]].item()
    prey = arrested(model.tumor.used, model.sites)
    assert sorted(prey) == np.flatnonzero(model.sites.population[LUMEN] == TUMOR).tolist()
    assert len(prey) == 28


def naive_length(sites, row, column, reach):
    """Moves on the shortest way along sinusoids to a site with a tumor cell, None beyond `reach`."""
    seen, queue = {(row, column): 0}, deque([(row, column)])
    while queue:
        place = queue.popleft()
        if seen[place] >= reach:
            continue
        for site in around(sites, *place):
            if site in seen:
                continue
            if sites.population[LUMEN][site] == 1:
                return seen[place] + 1
            if sites.kind[site] == SINUSOID:
                seen[site] = seen[place] + 1
                queue.append(site)
    return None


@pytest.mark.parametrize("periodic", [True, False])
def test_the_way_is_the_shortest_one(periodic):
    rng = np.random.default_rng(3)
    size = sized(60, 24)
    kinds = np.where(rng.random((size, size)) < 0.45, SINUSOID, PARENCHYMA)
    sites = lattice(size, size, kinds, periodic=periodic)
    open_sites = rng.permutation(np.argwhere(kinds == SINUSOID))
    settle(sites, "tumor", open_sites[: size // 2], state=2)
    found = 0
    moves = moves_in(sites)
    for row, column in open_sites[size // 2 : 8 * size]:
        expected = naive_length(sites, row, column, REACH)
        assert moves[row, column] == (-1 if expected is None else expected)
        direction = way_to_prey(sites, moves, row, column, int(rng.integers(8)))
        if expected is not None and expected > 1:
            found += 1
            r, c = row + ROW_OFFSET[direction], column + COLUMN_OFFSET[direction]
            assert naive_length(sites, r % size, c % size, REACH) == expected - 1
    assert found > size


def test_a_cell_goes_at_its_speed_and_stays_at_its_prey():
    """0.5 moves per step on a straight vessel: the way of many cells after 8 steps is 4 sites on average."""
    n = sized(400, 40)
    sites = lattice(2 * n, 40, np.where(np.arange(2 * n)[:, None] % 2 == 0, SINUSOID, PARENCHYMA), periodic=False)
    cells = settle(sites, "kupffer", [(2 * i, 5) for i in range(n)])
    tumor = settle(sites, "tumor", [(2 * i, 20) for i in range(n)], state=2)
    for step in range(8):
        creep(cells, sites, moves=0.5, step=step, reach=16)
    gone = cells.rows.column - 5
    assert gone.mean() == pytest.approx(4.0, abs=3.3 * np.sqrt(8 * 0.25 / n))
    for step in range(8, 80):
        creep(cells, sites, moves=0.5, step=step, reach=16)
    assert (cells.rows.column == 19).all()
    assert_in_place(sites, cells, tumor)


def test_nobody_moves_without_prey_in_reach_or_behind_a_plate():
    sites = lattice(30, 30)
    sites.kind[:, 10] = PARENCHYMA
    cells = settle(sites, "kupffer", [(5, 5), (20, 8), (15, 15)], state=[0, 0, REPROGRAMMED])
    settle(sites, "tumor", [(5, 5 + REACH + 1), (20, 12), (15, 18)], state=2)
    before = cells.rows.copy()
    for step in range(20):
        creep(cells, sites, step=step)
    assert (cells.rows == before).all()


def test_it_passes_over_others_and_never_onto_them():
    sites = lattice(1, 20, periodic=False)
    cells = settle(sites, "kupffer", [(0, 3)])
    others = settle(sites, "neutrophil", [(0, 4), (0, 5)])
    tumor = settle(sites, "tumor", [(0, 8)], state=2)
    creep(cells, sites, moves=1.0)
    assert cells.rows.column[0] == 3, "one move ends on a neutrophil"
    creep(cells, sites, moves=3.0)
    assert cells.rows.column[0] == 6
    assert_in_place(sites, cells, others, tumor)


def test_no_direction_is_favoured():
    """From the middle between prey in all eight directions, each is chosen as often."""
    size, n = 9, sized(4000, 400)
    counts = np.zeros(8, int)
    for step in range(n):
        sites = lattice(size, size, periodic=False)
        cells = settle(sites, "kupffer", [(4, 4)])
        settle(
            sites,
            "tumor",
            [
                (r, c)
                for r, c in every(size, size)
                if max(abs(r - 4), abs(c - 4)) == 3 and (r == 4 or c == 4 or abs(r - 4) == abs(c - 4))
            ],
            state=2,
        )
        creep(cells, sites, moves=2.0, step=step)
        moved = (np.sign(cells.rows.row[0] - 4), np.sign(cells.rows.column[0] - 4))
        counts[next(i for i in range(8) if (ROW_OFFSET[i], COLUMN_OFFSET[i]) == moved)] += 1
    straight, diagonal = counts[::2], counts[1::2]
    for four in (straight, diagonal):
        assert abs(four - four.mean()).max() < 4 * np.sqrt(four.mean())


def test_in_the_liver_kupffer_cells_gather_at_arrested_cells():
    model = without(liver("kupffer_crawling"))
    places = sinusoids(model)
    prey = places[len(places) // 2]
    put(model, "tumor", *prey)
    away = np.abs(places - prey).max(axis=1)
    for row, column in places[(away >= 3) & (away <= 6)][::7]:
        put(model, "kupffer", row, column)
    rule = model.rules["kupffer_crawling"]
    before = np.hypot(*(np.stack([model.kupffer.used.row, model.kupffer.used.column]) - prey[:, None])).mean()
    for _ in range(72):
        rule.apply(model)
        model.step_number += 1
    after = np.hypot(*(np.stack([model.kupffer.used.row, model.kupffer.used.column]) - prey[:, None])).mean()
    assert after < before - 1.0
