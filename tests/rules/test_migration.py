"""Migration: how fast, how straight, how far up the chemokine; who stops where; and that no side is favoured."""

import numba
import numpy as np
import pytest

from abm.cells.cd8 import ENGAGED, SEARCHING
from abm.cells.cd8 import PATROLLING as PATROLLING_T
from abm.cells.kupffer import KUPFFER
from abm.cells.natural_killer import HANDLING, IN_CONTACT, PATROLLING
from abm.cells.neutrophil import N1, NETTING, NEUTROPHIL
from abm.cells.tumor import ADHERENT, DORMANT, EXTRAVASATED, HELD, TUMOR
from abm.config.schema import SHIPPED
from abm.kernels.contact import EVERYBODY, NOBODY, Sought, nobody_of
from abm.kernels.random import uniform
from abm.kernels.sites import COLUMN_OFFSET, ROW_OFFSET, neighbour, ways_along
from abm.kernels.tables import columns_of
from abm.kernels.walk import (
    _NEXT_HOP,
    NO_LURE,
    STAYS,
    Ground,
    Lure,
    Pace,
    Walkers,
    next_heading,
    next_site,
    paces,
    turns_at,
    way_on,
)
from abm.kernels.walk import walk as walk_along
from abm.ledger import cause, event
from abm.ledger.ledger import Ledger
from abm.rules.migration import chances_to_recognise, creep, getting_on, meet, recognises, touch
from abm.rules.surroundings import count_beside
from abm.tissue.sites import CENTRAL_VEIN, INTERSTITIUM, LUMEN, PARENCHYMA, PORTAL_TRACT, SINUSOID, TISSUE
from abm.units import value_at
from tests.worlds import (
    KEY,
    around,
    assert_chance,
    assert_in_place,
    assert_mean,
    assert_sound,
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
    without,
)

FAR = 1e9  # um of memory: a heading that is never forgotten
UP, RIGHT, DOWN, LEFT = 0, 2, 4, 6


WALKING = [species for species in SHIPPED.species if species.walks]


def seen(sites) -> Ground:
    """The vessels of the tissue as it is now."""
    ways = ways_along(sites.kind, SINUSOID, sites.periodic)
    return Ground(ways, turns_at(), paces(ways[sites.kind == SINUSOID]), TUMOR)


def let_walk(name, cells, sites, tumor, lure, *, step, path, memory, exclusion=0.0):
    """As the rule does; whom each cell has met, and the ledger's entries."""
    walks = cells.species.walks[0]
    beside, rows, ledger = np.zeros(sites.kind.shape, np.uint8), cells.rows, Ledger()
    count_beside(beside, tumor.used, sites.periodic)
    meets = walks.contact is not None
    sought = Sought(TUMOR, beside, tumor.rows.uid, rows.target if meets else nobody_of(rows.size), meets, exclusion)
    order = cells.order(KEY, step)
    walking = map(cells.number_of, walks.states or cells.states)
    pace = Pace(sum(1 << state for state in walking), path, memory, 10.0)
    met = walk_along(
        columns_of(rows, Walkers), cells.code, sites, LUMEN, seen(sites), pace, lure, sought, KEY, step, order
    )
    if meets:
        book = ledger.book(order.size)
        meet(
            rows.uid,
            rows.state,
            rows.target,
            cells.number_of(walks.contact),
            tumor.rows,
            sites.zone,
            book,
            60.0 * step,
            order,
            met,
            cause.NONE,
            KEY,
            np.ones(rows.size),
        )
    else:
        touch(rows[walks.touching], order, met)
    return ledger.entries


def walk(cells, sites, tumor, *, step=0, path=25.0, memory=60.0, exclusion=0.0):
    return let_walk(
        "natural_killer", cells, sites, tumor, NO_LURE, step=step, path=path, memory=memory, exclusion=exclusion
    )


def nobody(sites):
    return settle(sites, "tumor", [])


def vessel(length: int = 60, *, periodic: bool = True):
    """A straight sinusoid, one site wide, along the middle row."""
    sites = lattice(5, length, PARENCHYMA, periodic=periodic)
    sites.kind[2] = SINUSOID
    return sites


@compiled_only
@pytest.mark.parametrize("exclusion", [0.0, 0.8])
def test_nk_cells_turn_back_where_tumor_cells_surround_a_sinusoid(exclusion):
    sites = vessel(60)
    tumor = settle(sites, "tumor", [(r, c) for r in (1, 2, 3) for c in range(20, 40)], layer=TISSUE, state=EXTRAVASATED)
    cells = settle(sites, "natural_killer", [(2, c) for c in range(0, 60, 10)], target=EVERYBODY)
    visits, steps = np.zeros(60), 4000
    for step in range(steps):
        walk(cells, sites, tumor, step=step, exclusion=exclusion)
        visits += sites.population[LUMEN, 2] != 0
    inside, outside = visits[21:39].mean(), np.delete(visits, slice(18, 42)).mean()
    assert inside / outside == pytest.approx(1.0 - exclusion, abs=0.12)
    assert (cells.rows.state[:6] == PATROLLING).all()  # nobody is looked at


# --- where the vessels lead ---------------------------------------------------------------------------------------


def leaving(*open_directions: int) -> np.ndarray:
    """The chances [came from, leaves by] at a site with these open directions, each way by the direction it lies in."""
    bits = sum(1 << k for k in open_directions)
    came_from = (np.array(open_directions) + 4) % 8
    return np.diff(turns_at()[bits], axis=1, prepend=0.0)[np.ix_(came_from, open_directions)]


def test_every_way_is_taken_as_often_as_it_is_come_from():
    for bits in range(1, 256):
        ways = [k for k in range(8) if bits >> k & 1]
        chances = leaving(*ways)
        np.testing.assert_allclose(chances, chances.T, atol=2e-7)
        np.testing.assert_allclose(chances.sum(axis=0), 1.0, rtol=1e-6)
        assert (chances > -1e-7).all()
        if len(ways) > 1:
            assert np.diag(chances).max() < 0.02, "hardly anybody turns back where there is another way"
        for heading in range(8):
            summed = turns_at()[bits, heading]
            assert summed[ways[-1]] == pytest.approx(1.0)
            if (heading + 4) % 8 not in ways:
                np.testing.assert_allclose(np.diff(summed, prepend=0.0)[ways], 1 / len(ways), rtol=1e-5)


def test_the_ways_are_as_straight_as_can_be():
    bend, crossing, everywhere = leaving(UP, 3), leaving(UP, RIGHT, DOWN, LEFT), leaving(*range(8))
    np.testing.assert_allclose(bend, [[0, 1], [1, 0]])
    np.testing.assert_allclose(crossing, np.roll(np.eye(4), 2, axis=1), atol=1e-5)
    np.testing.assert_allclose(everywhere, np.roll(np.eye(8), 4, axis=1), atol=3e-3)
    # of three vessels that meet each is entered as often as left: whoever comes goes half this way, half that
    np.testing.assert_allclose(leaving(UP, 3, 5), [[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]], atol=5e-3)


def test_chances_summed_up_never_fall_and_closed_ways_add_nothing():
    """So the way is the number of sums that a draw has passed (`way_on`)."""
    for bits in range(1, 256):
        added = np.diff(turns_at()[bits], axis=1, prepend=np.float32(0.0))
        assert (added >= 0.0).all()
        assert (added[:, [k for k in range(8) if not bits >> k & 1]] == 0.0).all()
        assert (turns_at()[bits, :, 7] == 1.0).all()


def naive_way(sites, site, heading, draw):
    """As `way_on`: ways in the order of their directions share the draw."""
    ways = [k for k in range(8) if (p := neighbour(sites, *site, k))[0] >= 0 and sites.kind[p] == SINUSOID]
    bits = sum(1 << k for k in ways)
    return next((k for k in ways if draw < turns_at()[bits, heading, k]), ways[-1] if ways else -1)


def naive_next(sites, site, way, uid, step, n):
    """As `next_site`, as a list of the places passed on the way."""
    if way < 0:
        return -1, -1, 0, 1.0
    vessels, direction, passed, length = seen(sites), way, [site], 0.0
    while len(passed) <= 4:
        if len(passed) > 1:
            direction = naive_way(
                sites, passed[-1], direction, uniform(KEY, step, uid, n + _NEXT_HOP * (len(passed) - 1))
            )
        length += (np.sqrt(2) if direction % 2 else 1) * vessels.pace[vessels.ways[passed[-1]]]
        passed.append(tuple(int(x) for x in neighbour(sites, *passed[-1], direction)))
        if not sites.population[LUMEN][passed[-1]]:
            return (*passed[-1], direction, length)
        if sites.population[LUMEN][passed[-1]] == TUMOR:
            break
    return -1, -1, (way + 4) % 8, length


def naive_move(left, length, draw):
    """What is left of the path after a move of this length, and the draw that is left for the heading; None, and the draw,
    when the cell does not get there any more: a part of the length is walked by as much chance."""
    draw = draw if left >= length else draw * length / left
    return (left - length if draw < 1 else None), draw


@pytest.mark.parametrize("periodic", [True, False])
def test_next_site_is_its_naive_twin(periodic):
    rng = np.random.default_rng(9)
    sites = lattice(16, 16, rng.choice(4, (16, 16), p=[0.05, 0.6, 0.3, 0.05]), periodic=periodic)
    places = rng.permutation(np.argwhere(sites.kind == SINUSOID))
    settle(sites, "kupffer", places[:80])
    settle(sites, "tumor", places[80:90])
    outcomes, vessels = set(), seen(sites)
    for row, column in places:
        for heading in range(8):
            draw, uid = rng.random(), np.uint64(rng.integers(1 << 60))
            way = way_on(vessels, row, column, heading, draw)
            assert way == naive_way(sites, (row, column), heading, draw)
            found = next_site(sites, sites.population[LUMEN], vessels, row, column, way, KEY, 7, uid, 2)
            assert found == pytest.approx(naive_next(sites, (int(row), int(column)), way, uid, 7, 2))
            outcomes.add(round(found[3], 3))
    assert len(outcomes) > 4


def straight_on(sites, row, column, way):
    return next_site(sites, sites.population[LUMEN], seen(sites), row, column, way, KEY, 0, np.uint64(1), 0)


@pytest.mark.parametrize(("leukocytes", "to", "length"), [(0, 11, 1), (1, 12, 2), (3, 14, 4), (4, -1, 4)])
def test_at_most_three_cells_are_passed_over(leukocytes, to, length):
    sites = vessel()
    sites.population[LUMEN, 2, 11 : 11 + leukocytes] = KUPFFER
    row, column, direction, walked = straight_on(sites, 2, 10, RIGHT)
    assert (column, walked) == (to, length)
    assert (row, direction) == ((2, RIGHT) if to > 0 else (-1, LEFT))


def test_tumor_cells_are_not_passed_over_and_closed_ends_turn_a_cell_back():
    sites = vessel(periodic=False)
    sites.population[LUMEN, 2, 11] = TUMOR
    assert straight_on(sites, 2, 10, RIGHT) == (-1, -1, LEFT, pytest.approx(1.0, rel=0.02))
    assert way_on(seen(sites), 2, 59, RIGHT, 0.5) == LEFT
    assert way_on(seen(sites), 2, 10, LEFT, 0.5) == LEFT
    alone = lattice(3, 3, PARENCHYMA)
    alone.kind[1, 1] = SINUSOID
    assert way_on(seen(alone), 1, 1, UP, 0.5) == -1
    assert straight_on(alone, 1, 1, -1)[:2] == (-1, -1)


def test_where_the_vessel_forks_both_sides_are_taken_alike():
    sites = lattice(9, 9, PARENCHYMA, periodic=False)
    sites.kind[4, :5] = SINUSOID
    sites.kind[3, 5] = sites.kind[5, 5] = SINUSOID
    trials, vessels = sized(4000, 400), seen(sites)
    up = sum(way_on(vessels, 4, 4, RIGHT, uniform(KEY, 0, n, 0)) == 1 for n in range(trials))
    assert_chance(up, trials, 0.5)


def test_sites_where_vessels_meet_are_passed_the_quicker():
    sites = lattice(9, 9, PARENCHYMA, periodic=False)
    sites.kind[4], sites.kind[:, 4] = SINUSOID, SINUSOID
    ways = ways_along(sites.kind, SINUSOID, False)
    pace = paces(ways[sites.kind == SINUSOID])
    lengths = [
        sum(np.sqrt(2) if k % 2 else 1 for k in range(8) if bits >> k & 1) for bits in ways[sites.kind == SINUSOID]
    ]
    np.testing.assert_allclose(pace[ways[sites.kind == SINUSOID]] * lengths, np.mean(lengths))
    assert pace[ways[4, 4]] < pace[ways[4, 1]] < pace[ways[4, 0]]


@pytest.mark.skipif(not sized(1, 0), reason="days of many cells")
@pytest.mark.parametrize("minutes", [2.5, 5, 10])
@pytest.mark.parametrize("edges", ["periodic", "closed"])
@pytest.mark.parametrize("population", ["natural_killer", "neutrophil"])
def test_a_walk_that_nothing_calls_stays_even(population, edges, minutes):
    """Cells that begin on even chance stay so for two days: in each zone, at the edges, at ends and at forks."""
    model = liver(
        "migration",
        mm=1.0,
        step=f"{minutes} min",
        tissue={"edges": edges},
        cells={
            "natural_killer": {"density": "0 /mm^2"},
            "neutrophil": {"density": "0 /mm^2"},
            population: {"density": "200 /mm^2"},
        },
    )
    ways = model.ground(LUMEN).ways
    tissue = model.anatomy
    way = tissue.portal_distance_um / (tissue.portal_distance_um + tissue.central_distance_um)
    edge = np.ones(model.shape, bool)
    edge[3:-3, 3:-3] = False
    places = {
        **{f"zone {zone}": model.sites.zone == zone for zone in (1, 2, 3)},
        "at the edge": edge,
        "away from it": ~edge,
        "first sixth of the way": way < 1 / 6,
        "last sixth of the way": way > 5 / 6,
        "ends": np.isin(ways, [1 << k for k in range(8)]),
        "forks": np.unpackbits(ways[..., None], axis=2).sum(axis=2) > 2,
    }
    # sites that others hold are no place to be, and are passed over
    places = {
        name: where & (model.sites.kind == SINUSOID) & (model.sites.population[LUMEN] != KUPFFER)
        for name, where in places.items()
    }
    everywhere = (model.sites.kind == SINUSOID) & (model.sites.population[LUMEN] != KUPFFER)
    seen_in, looks = dict.fromkeys(places, 0), 0
    for model.step_number in range(round(48 * 60 / minutes)):
        model.rules["migration"].apply(model)
        if model.hours > 6 and model.step_number % round(60 / minutes) == 0:
            cells, looks = model.populations[population].alive_rows(), looks + 1
            for name, where in places.items():
                seen_in[name] += np.count_nonzero(where[cells.row, cells.column])
    cells = model.populations[population].count
    for name, where in places.items():
        density = seen_in[name] / looks / cells / (where.sum() / everywhere.sum())
        few = 4.0 / np.sqrt(seen_in[name] / 4.0)  # an NK cell is seen some hours in the same corner
        assert abs(density - 1.0) < 0.1 + few, f"{name}: {density:.3f} of the mean"


# --- speed and persistence ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [5, 10])
@pytest.mark.parametrize(("heading", "speed"), [(RIGHT, 5.0), (3, 5.0), (LEFT, 0.3), (1, 0.3)])
def test_path_speed_is_the_configured_one_at_any_step(heading, speed, minutes):
    """In many vessels beside each other, straight or aslant."""
    size, hours = sized(60, 12), 1 if speed > 1 else 10
    row, column = np.indices((size, size))
    across = row if heading % 2 == 0 else row - column if heading == 3 else row + column
    sites = lattice(size, size, np.where(across % 3 == 0, SINUSOID, PARENCHYMA))
    places = [(r, c) for r, c in np.argwhere(sites.kind == SINUSOID) if c % 4 == 0]
    cells = settle(sites, "natural_killer", places, heading=heading)
    moved = np.zeros(cells.count)
    for step in range(hours * 60 // minutes):
        before = cells.rows.copy()
        walk(cells, sites, nobody(sites), step=step, path=speed * minutes, memory=FAR)
        sites_moved = np.maximum(abs(cells.rows.row - before.row), abs(cells.rows.column - before.column))
        sites_moved = np.minimum(sites_moved, size - sites_moved)
        moved += sites_moved * 10 * (np.sqrt(2) if heading % 2 else 1)
    assert_mean(moved / (hours * 60), speed)


def test_a_heading_is_forgotten_along_the_path():
    trials = sized(20_000, 2000)
    for length in (10.0, 14.142, 40.0):
        headings = np.array([next_heading(uniform(KEY, 0, n, 0), RIGHT, length, 60.0) for n in range(trials)])
        forgotten = 1 - np.exp(-length / 60)
        assert_chance((headings != RIGHT).sum(), trials, forgotten * 7 / 8)
        for other in range(8):
            if other != RIGHT:
                assert_chance((headings == other).sum(), trials, forgotten / 8)
    assert next_heading(0.5, RIGHT, 10.0, FAR) == RIGHT
    assert {next_heading(uniform(KEY, 0, n, 0), RIGHT, 10.0, 0.0) for n in range(200)} == set(range(8))


@pytest.mark.skipif(not sized(1, 0), reason="thousands of long walks")
@pytest.mark.parametrize("minutes", [5, 10])
def test_wandering_is_a_persistent_random_walk(minutes):
    """Mean square displacement 2 v^2 tau (t - tau (1 - exp(-t/tau))) in the open; no drift, no preferred axis."""
    size, speed, tau, time = 400, 5.0, 12.0, 60
    sites = lattice(size, size)
    places = every(size, size, 6)
    cells = settle(sites, "natural_killer", places, heading=np.arange(len(places)) % 8)
    away = np.zeros((cells.count, 2))
    for step in range(time // minutes):
        before = np.column_stack([cells.rows.row, cells.rows.column])
        walk(cells, sites, nobody(sites), step=step, path=speed * minutes, memory=speed * tau)
        moved = np.column_stack([cells.rows.row, cells.rows.column]) - before
        away += 10 * ((moved + size // 2) % size - size // 2)
    assert_mean((away**2).sum(axis=1), 2 * speed**2 * tau * (time - tau * (1 - np.exp(-time / tau))))
    for along in (away[:, 0], away[:, 1], away.sum(axis=1), away[:, 0] * away[:, 1], away[:, 0] ** 2 - away[:, 1] ** 2):
        assert_mean(along, 0.0)


# --- NK cells meet tumor cells ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [60.0, 1200.0])  # the longer one takes more moves than have their draws beforehand
def test_patrol_is_its_naive_twin(path):
    rng = np.random.default_rng(10)
    sites = lattice(20, 20, rng.choice([SINUSOID, PARENCHYMA], (20, 20), p=[0.6, 0.4]))
    places = rng.permutation(np.argwhere(sites.kind == SINUSOID))
    tumor = settle(sites, "tumor", places[:5], state=HELD)
    settle(sites, "kupffer", places[5:30])
    cells = settle(
        sites,
        "natural_killer",
        places[30:80],
        heading=rng.integers(0, 8, 50),
        state=rng.choice([PATROLLING, HANDLING], 50, p=[0.8, 0.2]),
        target=np.where(rng.random(50) < 0.3, tumor.rows.uid[0], np.uint64(0)),
    )
    twin = lattice(20, 20, sites.kind)
    twin.population[:], twin.occupant[:] = sites.population, sites.occupant
    expected = cells.rows.copy()
    for slot in cells.order(KEY, 2):
        cell, left, n = expected[slot], path, 0
        while cell.state == PATROLLING:
            met = [p for p in around(twin, cell.row, cell.column, own=True) if twin.population[LUMEN][p] == TUMOR]
            met = [uid for uid in (tumor.rows.uid[twin.occupant[LUMEN][p]] for p in met) if uid != cell.target]
            if met:
                cell.state = IN_CONTACT
                cell.target = met[0] if len(met) == 1 else 0  # of several, any
                break
            if left <= 0:
                break
            site = int(cell.row), int(cell.column)
            way = naive_way(twin, site, int(cell.heading), uniform(KEY, 2, cell.uid, n))
            row, column, direction, length = naive_next(twin, site, way, cell.uid, 2, n)
            left, draw = naive_move(left, 10 * length, uniform(KEY, 2, cell.uid, n + 1))
            if left is None:
                break
            n += 2
            cell.heading = next_heading(draw, direction, 10 * length, 60.0)
            if row >= 0:
                twin.population[LUMEN, cell.row, cell.column], twin.occupant[LUMEN, cell.row, cell.column] = 0, -1
                cell.row, cell.column = row, column
                twin.population[LUMEN, row, column], twin.occupant[LUMEN, row, column] = 3, slot
    walk(cells, sites, tumor, step=2, path=path)
    for name in ("row", "column", "heading", "state"):
        assert (cells.rows[name] == expected[name]).all(), name
    assert ((cells.rows.target == expected.target) | (expected.target == 0)).all()
    assert (sites.population == twin.population).all()
    assert (sites.occupant == twin.occupant).all()
    assert (cells.rows.state == IN_CONTACT).sum() > 3


@pytest.mark.parametrize("layer", [LUMEN, TISSUE])
def test_an_nk_cell_stops_at_the_first_tumor_cell(layer):
    sites = vessel()
    tumor = settle(sites, "tumor", [(2, 30)], layer=layer, state=HELD)
    cells = settle(sites, "natural_killer", [(2, 10)], heading=RIGHT)
    met = walk(cells, sites, tumor, path=190.0, memory=FAR)  # ends beside it: contact begins with the arrival
    assert (cells.rows.column[0], cells.rows.state[0], cells.rows.target[0]) == (29, IN_CONTACT, tumor.rows.uid[0])
    assert (met.event.tolist(), met.uid.tolist(), met.column.tolist()) == (
        [event.ENCOUNTERED],
        [tumor.rows.uid[0]],
        [30],
    )
    assert walk(cells, sites, tumor, step=1, path=190.0, memory=FAR).size == 0, "they are together already"
    assert cells.rows.column[0] == 29


def test_an_nk_cell_does_not_go_back_to_the_target_it_left():
    sites = vessel()
    tumor = settle(sites, "tumor", [(2, 30), (2, 40)], layer=TISSUE, state=EXTRAVASATED)
    cells = settle(sites, "natural_killer", [(2, 29)], heading=RIGHT, target=tumor.rows.uid[0])
    walk(cells, sites, tumor, path=500.0, memory=FAR)
    assert (cells.rows.column[0], cells.rows.state[0], cells.rows.target[0]) == (39, IN_CONTACT, tumor.rows.uid[1])


def test_busy_cells_and_speed_zero_stay():
    sites = vessel()
    busy = settle(sites, "natural_killer", [(2, 5), (2, 15)], heading=RIGHT, state=[HANDLING, IN_CONTACT])
    idle = settle(sites, "natural_killer", [(2, 25)], heading=RIGHT)
    tumor = settle(sites, "tumor", [(2, 50)])
    walk(busy, sites, tumor, path=100.0)
    walk(idle, sites, tumor, path=0.0, memory=0.0)
    assert busy.rows.column.tolist() == [5, 15]
    assert (idle.rows.column[0], idle.rows.state[0]) == (25, PATROLLING)


# --- neutrophils --------------------------------------------------------------------------------------------------


def climb(cells, sites, cxcl1, *, tumor=None, step=0, path=50.0, memory=60.0, chemotaxis=0.8):
    tumor, lure = nobody(sites) if tumor is None else tumor, Lure(cxcl1, chemotaxis)
    let_walk("neutrophil", cells, sites, tumor, lure, step=step, path=path, memory=memory)


@pytest.mark.parametrize("path", [10.0, 55.0, 700.0])  # the longest takes more moves than have their draws beforehand
@pytest.mark.parametrize("periodic", [True, False])
def test_crawl_is_its_naive_twin(periodic, path):
    rng = np.random.default_rng(11)
    sites = lattice(20, 20, rng.choice([SINUSOID, PARENCHYMA], (20, 20), p=[0.6, 0.4]), periodic=periodic)
    places = rng.permutation(np.argwhere(sites.kind == SINUSOID))
    tumor = settle(sites, "tumor", places[:3], state=HELD)
    cells = settle(
        sites,
        "neutrophil",
        places[3:75],
        heading=rng.integers(0, 8, 72),
        bridging=1,
        state=rng.choice([N1, NETTING], 72, p=[0.8, 0.2]),
    )
    cxcl1 = (rng.gamma(0.5, 2.0, (20, 20)) * (rng.random((20, 20)) < 0.7)).astype(np.float32)
    twin = lattice(20, 20, sites.kind, periodic=periodic)
    twin.population[:], twin.occupant[:] = sites.population, sites.occupant
    expected, moves = cells.rows.copy(), 0
    for slot in cells.order(KEY, 2):
        cell, left, n = expected[slot], path, 0
        while cell.state != NETTING:
            touches = any(twin.population[LUMEN][p] == TUMOR for p in around(twin, cell.row, cell.column, own=True))
            cell.bridging = touches
            if touches or left <= 0:
                break
            level, way = float(cxcl1[cell.row, cell.column]), -1
            if level > 0 and uniform(KEY, 2, cell.uid, n + 2) < 0.8 * level / (1 + level):
                levels = {}
                for k in range(8):
                    there = neighbour(twin, cell.row, cell.column, k)
                    if there[0] >= 0 and twin.kind[there] == SINUSOID:
                        levels[k] = cxcl1[there]
                if levels and max(levels.values()) > cxcl1[cell.row, cell.column]:
                    way = max(levels, key=levels.get)
            site = int(cell.row), int(cell.column)
            if way < 0:
                way = naive_way(twin, site, int(cell.heading), uniform(KEY, 2, cell.uid, n))
            row, column, direction, length = naive_next(twin, site, way, cell.uid, 2, n)
            left, draw = naive_move(left, 10 * length, uniform(KEY, 2, cell.uid, n + 1))
            if left is None:
                break
            n, moves = n + 3, moves + 1
            cell.heading = next_heading(draw, direction, 10 * length, 60.0)
            if row >= 0:
                twin.population[LUMEN, cell.row, cell.column], twin.occupant[LUMEN, cell.row, cell.column] = 0, -1
                cell.row, cell.column = row, column
                twin.population[LUMEN, row, column], twin.occupant[LUMEN, row, column] = NEUTROPHIL, slot
    climb(cells, sites, cxcl1, tumor=tumor, step=2, path=path)
    for name in ("row", "column", "heading", "state", "bridging"):
        assert (cells.rows[name] == expected[name]).all(), name
    assert (sites.population == twin.population).all()
    assert (sites.occupant == twin.occupant).all()
    assert moves > 20 and 0 < expected.bridging.sum() < 72


@pytest.mark.parametrize(
    ("level", "chemotaxis", "share"), [(1.0, 0.8, 0.4), (1e9, 0.8, 0.8), (1e9, 1.0, 1.0), (1.0, 0.0, 0.0)]
)
def test_the_chance_to_follow_the_gradient(level, chemotaxis, share):
    size = sized(150, 24)
    sites = lattice(size, size)
    cells = settle(sites, "neutrophil", every(size, size, 3), heading=UP)
    cxcl1 = np.full((size, size), level, np.float32)
    cxcl1[::3, 1::3] *= 1.1  # to the right of every cell
    climb(cells, sites, cxcl1, path=10.0, memory=FAR, chemotaxis=chemotaxis)
    assert_chance((cells.rows.column % 3 == 1).sum(), cells.count, share)


def test_a_neutrophil_climbs_to_the_source_and_a_flat_field_does_not_guide():
    sites = vessel(periodic=False)
    cells = settle(sites, "neutrophil", [(2, 5)], heading=LEFT)
    slope = np.tile(np.linspace(0, 50, 60, dtype=np.float32), (5, 1))
    for step in range(40):
        climb(cells, sites, slope, step=step, chemotaxis=1.0)
    assert cells.rows.column[0] >= 56
    cells.rows.heading[0] = LEFT
    climb(cells, sites, np.full((5, 60), 50, np.float32), memory=FAR, chemotaxis=1.0)
    assert cells.rows.column[0] <= 55


@pytest.mark.parametrize("layer", [LUMEN, TISSUE])
def test_a_neutrophil_bridges_as_long_as_it_touches(layer):
    sites = vessel()
    tumor = settle(sites, "tumor", [(2, 30)], layer=layer, state=ADHERENT)
    cells = settle(sites, "neutrophil", [(2, 10)], heading=RIGHT)
    flat = np.zeros((5, 60), np.float32)
    climb(cells, sites, flat, tumor=tumor, path=190.0, memory=FAR)
    assert (cells.rows.column[0], cells.rows.bridging[0]) == (29, 1)
    climb(cells, sites, flat, tumor=tumor, step=1)
    assert (cells.rows.column[0], cells.rows.bridging[0]) == (29, 1)
    sites.population[layer, 2, 30] = 0
    climb(cells, sites, flat, step=2)
    assert cells.rows.column[0] != 29
    assert cells.rows.bridging[0] == 0
    assert tumor.count == 1


def test_a_netting_neutrophil_stays():
    sites = vessel()
    cells = settle(sites, "neutrophil", [(2, 10), (2, 20)], heading=RIGHT, state=[NETTING, N1])
    climb(cells, sites, np.zeros((5, 60), np.float32), memory=FAR)
    assert cells.rows.column.tolist() == [10, 25]


# --- NK cells follow IFN-gamma ------------------------------------------------------------------------------------


def patrolling_nk(parameters, mm, interventions):
    """A liver in which nobody but NK cells walks in the sinusoids."""
    model = without(liver("migration", mm=mm, parameters={"migration": parameters}, interventions=interventions))
    for row, column in sinusoids(model)[::6]:
        put(model, "natural_killer", int(row), int(column), target=EVERYBODY)
    return model


def uphill_of(chemotaxis, blocked):
    """How far NK cells are from a ridge of IFN-gamma after two hours, relative to before."""
    model = patrolling_nk(
        {"nk_chemotaxis": chemotaxis}, mm=1.0, interventions=[{"block": "cxcr3", "fraction": blocked}]
    )
    columns = model.shape[1]
    model.fields["ifn_gamma"].values[:] = 50 - abs(np.arange(columns) - columns // 2)
    before = np.abs(model.natural_killer.used.column - columns // 2).mean()
    run_rule(model, "migration", 2.0)
    assert_sound(model)
    return np.abs(model.natural_killer.used.column - columns // 2).mean() / before


@compiled_only
@pytest.mark.parametrize(
    ("chemotaxis", "blocked", "least", "most"),
    [(0.6, 0.0, 0.0, 0.75), (0.6, 1.0, 0.9, 1.1), (0.0, 0.0, 0.9, 1.1), (0.6, 0.5, 0.0, 0.9)],
)
def test_nk_cells_follow_ifn_gamma_by_cxcr3_where_that_is_switched_on(chemotaxis, blocked, least, most):
    assert least < uphill_of(chemotaxis, blocked) < most


# --- T cells search the tissue --------------------------------------------------------------------------------------


def searching(matrix=0.0, crowd=False, hours=1.0, **parameters):
    """Mean path (um/min) of T cells that search open tissue, in `matrix` or among tumor cells that they do not know."""
    parameters = {"migration": {"t_cell_persistence": "1000 h"} | parameters}
    model = without(liver("migration", mm=1.2, step="1 min", parameters=parameters))  # a site or none in a step
    model.sites.kind[:] = PARENCHYMA
    model.rules["migration"].prepare(model)
    model.ecm[:] = matrix
    if crowd:
        model.sites.population[TISSUE] = TUMOR
    for row, column in every(*model.shape, 6):
        put(model, "cd8", int(row), int(column), state=SEARCHING, heading=RIGHT)
    moved = np.zeros(model.cd8.count)
    for _ in range(round(hours / model.dt_hours)):
        before = model.cd8.used.copy()
        run_rule(model, "migration", model.dt_hours)
        step = np.column_stack([model.cd8.used.row - before.row, model.cd8.used.column - before.column])
        step = (step + model.shape[0] // 2) % model.shape[0] - model.shape[0] // 2
        moved += 10 * np.where((step != 0).all(axis=1), np.sqrt(2), 1.0) * np.abs(step).max(axis=1)
    return moved / (60 * hours)


@compiled_only
@pytest.mark.parametrize(
    ("surroundings", "left"),
    [
        ({}, 1.0),
        ({"matrix": 1.0}, 0.2),
        ({"matrix": 0.5}, 0.6),
        ({"crowd": True}, 0.5),
        ({"matrix": 0.5, "crowd": True}, 0.3),
    ],
)
def test_matrix_and_tumor_cells_slow_a_t_cell_in_the_tissue(surroundings, left):
    assert_mean(searching(hours=2.0, **surroundings), 5.0 * left)


@compiled_only
@pytest.mark.parametrize("step", ["5 min", "10 min"])
def test_where_they_are_slow_t_cells_are_as_much_fewer(step):
    """A walk that only took longer there would gather them there."""
    shares = {"t_cell_persistence": "0.1 h", "t_cell_chemotaxis": 0, "t_cell_crowding": 0.6, "t_cell_hindrance": 0.5}
    model = without(liver("migration", mm=0.5, step=step, parameters={"migration": shares}))
    model.sites.kind[:] = PARENCHYMA
    model.rules["migration"].prepare(model)
    parts = np.arange(model.shape[1]) * 3 // model.shape[1]  # open, full of tumor cells, full of matrix
    model.sites.population[TISSUE][:, parts == 1] = TUMOR
    model.ecm[:, parts == 2] = 1.0
    for row, column in every(*model.shape, 4):
        put(model, "cd8", int(row), int(column), state=SEARCHING)
    counts = np.zeros(3)
    for n in range(120):
        run_rule(model, "migration", 2.0)
        if n >= 20:
            counts += np.bincount(parts[model.cd8.used.column], minlength=3)
    counts /= np.bincount(parts)
    np.testing.assert_allclose(counts[1:] / counts[0], [0.4, 0.5], atol=0.04)


def among_t_cells(*, specific, layer, state, cell_layer=TISSUE, antigen=1):
    """A T cell beside a tumor cell, a step of migration later."""
    model = without(liver("migration", mm=0.3, cells={"tumor": {"antigen": antigen}}))
    row, column = map(int, sinusoids(model)[20])
    prey = put(model, "tumor", row, column, layer=cell_layer)
    slot = put(model, "cd8", row, column, layer=layer, state=state, specific=specific)
    run_rule(model, "migration", model.dt_hours)
    assert_sound(model)
    return model, model.cd8.rows[slot], model.tumor.rows[prey]


@pytest.mark.parametrize(("layer", "state"), [(INTERSTITIUM, SEARCHING), (LUMEN, PATROLLING_T)])
def test_a_t_cell_that_knows_the_tumor_stops_at_it_from_the_tissue_and_through_the_wall(layer, state):
    model, cell, prey = among_t_cells(specific=1, layer=layer, state=state)
    assert (cell.state, cell.target) == (ENGAGED, prey.uid)
    assert model.ledger.total("encountered", "cd8") == 1 == model.ledger.total("encountered")


@pytest.mark.parametrize(("layer", "state"), [(INTERSTITIUM, SEARCHING), (LUMEN, PATROLLING_T)])
def test_other_t_cells_pass_by(layer, state):
    model, cell, _ = among_t_cells(specific=0, layer=layer, state=state)
    assert cell.state == state and model.ledger.total("encountered") == 0


@pytest.mark.parametrize(("layer", "state"), [(INTERSTITIUM, SEARCHING), (LUMEN, PATROLLING_T)])
def test_a_t_cell_passes_by_what_shows_no_antigen_and_does_not_look_at_it_again(layer, state):
    model, cell, prey = among_t_cells(specific=1, layer=layer, state=state, antigen=0)
    assert (cell.state, cell.target) == (state, prey.uid) and model.ledger.total("encountered") == 0


@pytest.mark.parametrize("blocked", [0.0, 1.0])
def test_a_t_cell_in_the_tissue_follows_ifn_gamma_by_cxcr3(blocked):
    block = [{"block": "cxcr3", "fraction": blocked}]
    parameters = {"migration": {"t_cell_chemotaxis": 1}}
    model = without(liver("migration", mm=1.0, parameters=parameters, interventions=block))
    rows, columns = model.shape
    model.fields["ifn_gamma"].values[:] = 50 - abs(np.arange(columns) - columns // 2)
    for row, column in every(rows, columns, 8):
        if model.sites.kind[row, column] != CENTRAL_VEIN:
            put(model, "cd8", int(row), int(column), state=SEARCHING)
    before = np.abs(model.cd8.used.column - columns // 2).mean()
    run_rule(model, "migration", 1.0)
    left = np.abs(model.cd8.used.column - columns // 2).mean() / before
    assert left == pytest.approx(1.0, abs=0.1) if blocked else left < 0.5
    assert_sound(model)


# --- whoever else walks -------------------------------------------------------------------------------------------


def test_any_population_walks_up_any_signal_and_stops_at_anybody():
    """Nothing in the walk knows who walks: here tumor cells climb to a neutrophil, and know whom they met."""
    sites = vessel(periodic=False)
    ends = settle(sites, "neutrophil", [(2, 50), (2, 3)])
    cells = settle(sites, "tumor", [(2, 20), (2, 30)], state=[HELD, ADHERENT])
    slope = np.tile(np.linspace(1, 50, 60, dtype=np.float32), (5, 1))
    near = np.zeros((5, 60), np.uint8)
    near[1:4, 49:52] = near[1:4, 2:5] = 1
    heading = np.zeros((cells.rows.size, 2), np.uint8)[:, 0]  # tumor cells have none of their own
    rows = cells.rows
    columns = Walkers(rows.state, rows.row, rows.column, rows.uid, heading)
    sought = Sought(NEUTROPHIL, near, ends.rows.uid, nobody_of(rows.size), True)
    pace, lure = Pace(1 << ADHERENT, 2000.0, FAR, 10.0), Lure(slope, 1e9)
    met = walk_along(columns, TUMOR, sites, LUMEN, seen(sites), pace, lure, sought, KEY, 0, np.array([0, 1]))
    assert met.tolist() == [STAYS, 0] and rows.column.tolist() == [20, 49]
    assert_in_place(sites, ends, cells)
    met = walk_along(columns, TUMOR, sites, LUMEN, seen(sites), pace, NO_LURE, sought, KEY, 0, np.array([1, 0]))
    assert met.tolist() == [0, STAYS] and rows.column.tolist() == [20, 49], "it is there already"
    ignoring = sought._replace(ignored=np.where([False, True], ends.rows.uid[0], np.uint64(0)))
    met = walk_along(columns, TUMOR, sites, LUMEN, seen(sites), pace, lure, ignoring, KEY, 0, np.array([1]))
    assert met.tolist() == [NOBODY] and rows.column[1] > 49


@pytest.mark.parametrize(
    ("species", "walks"),
    [(species, walks) for species in WALKING for walks in species.walks],
    ids=lambda each: getattr(each, "name", ""),
)
def test_who_walks_has_what_walking_takes(species, walks):
    model = liver("migration", mm=0.3)
    cells = model.populations[species.name]
    assert set(Walkers._fields) <= set(cells.rows.dtype.names)
    speed, persistence = (value_at(model.config, path) for path in (walks.speed, walks.persistence))
    pace = model.rules["migration"].paces[species.name, walks]
    assert (pace.path_um, pace.memory_um) == (speed * model.dt_minutes, speed * persistence * 60.0) and speed > 0
    assert not walks.up or (walks.up in model.fields and 0 <= value_at(model.config, walks.chemotaxis) <= 1)
    first = model.populations[WALKING[0].name].rows
    assert numba.typeof(columns_of(cells.rows, Walkers)) == numba.typeof(columns_of(first, Walkers)), "compiled once"


# --- tumor cells --------------------------------------------------------------------------------------------------


def inch(cells, sites, *, step=0, path=1.0, hepatocytes=None, looseness=1.0):
    gone = np.ones(sites.kind.shape, np.uint8) if hepatocytes is None else hepatocytes
    moving = getting_on(cells.used, KEY, step, path, 10.0)
    creep(cells.rows, sites, KEY, step, cells.order(KEY, step, moving), path, 10.0, gone, looseness)


@pytest.mark.parametrize("where", ["vessel", "open"])
@pytest.mark.parametrize(
    ("emt", "nest", "looseness", "factor"),
    [
        (1.0, False, 0.1, 1.0),
        (0.3, False, 0.1, 0.3),
        (0.3, True, 1.0, 0.09),
        (1.0, True, 0.1, 0.1),
        (0.0, False, 1.0, 0.0),
    ],
)
@pytest.mark.parametrize("path", [1.0, 2.0])
def test_creeping_speed(where, emt, nest, looseness, factor, path):
    """The path per step is the configured one times EMT; held back in a nest; in a vessel as in the open."""
    size = sized(120, 24)
    sites = lattice(size, size, PARENCHYMA if where == "vessel" else SINUSOID)
    sites.kind[::4] = SINUSOID
    places = every(size, size, 4)
    cells = settle(sites, "tumor", places, layer=TISSUE, state=EXTRAVASATED, emt=emt)
    nest_mates = places + np.array([1, 0])
    if nest:
        settle(sites, "tumor", nest_mates, layer=TISSUE, state=DORMANT)
    lengths = []
    for step in range(sized(20, 8)):
        before = cells.rows.copy()
        inch(cells, sites, step=step, path=path, looseness=looseness)
        shift = [
            np.minimum(d, size - d) for d in (abs(cells.rows.row - before.row), abs(cells.rows.column - before.column))
        ]
        lengths.append(10 * np.hypot(*shift))
        cells.rows.row, cells.rows.column = places.T  # back to the start, where it has room or a nest
        sites.population[TISSUE], sites.occupant[TISSUE] = 0, -1
        sites.population[TISSUE][tuple(places.T)], sites.occupant[TISSUE][tuple(places.T)] = (
            TUMOR,
            np.arange(len(places)),
        )
        if nest:
            sites.population[TISSUE][tuple(nest_mates.T)] = TUMOR
    if factor == 0:
        assert not np.any(lengths)
    else:
        assert_mean(np.concatenate(lengths), path * factor)


def test_creeping_favours_no_direction():
    size = sized(240, 24)
    sites = lattice(size, size)
    cells = settle(sites, "tumor", every(size, size, 4), layer=TISSUE, state=EXTRAVASATED, emt=1.0)
    start = cells.rows.copy()
    inch(cells, sites, path=10.0)
    shift = np.array([cells.rows.row - start.row, cells.rows.column - start.column])
    shift = (shift + 1) % size - 1  # over the periodic edge
    trials = cells.count
    for k in range(8):
        # a diagonal move is as likely as a straight one but longer than the path: made in 1/sqrt(2) of the tries
        hits = ((shift[0] == ROW_OFFSET[k]) & (shift[1] == COLUMN_OFFSET[k])).sum()
        assert_chance(hits, trials, 1 / 8 / (np.sqrt(2) if k % 2 else 1))


def test_tumor_cells_creep_where_there_is_room_only():
    sites = lattice(12, 12, PARENCHYMA, periodic=False)
    sites.kind[5] = SINUSOID
    sites.kind[5, 11] = PORTAL_TRACT
    hepatocytes = np.ones((12, 12), np.uint8)
    hepatocytes[4, 3] = 0
    settle(sites, "stellate", [(5, 0)])
    cells = settle(sites, "tumor", [(5, 6), (9, 9)], layer=TISSUE, state=EXTRAVASATED, emt=1.0)
    stays = settle(sites, "tumor", [(5, 9)], layer=TISSUE, state=DORMANT, emt=1.0)
    seen = set()
    for step in range(400):
        inch(cells, sites, step=step, path=25.0, hepatocytes=hepatocytes)
        seen.add((int(cells.rows.row[0]), int(cells.rows.column[0])))
    assert seen == {(5, c) for c in range(1, 9)} | {(4, 3)}
    assert (cells.rows.row[1], cells.rows.column[1]) == (9, 9), "a plate of hepatocytes is no way"
    inch(stays, sites, path=100.0)
    assert stays.rows.column[0] == 9


# --- the rule -----------------------------------------------------------------------------------------------------


def test_the_rule_moves_everybody_and_everybody_has_a_place():
    model = liver("migration", mm=sized(5, 3) / 10, cells={"neutrophil": {"density": "100 /mm^2"}})
    for place in sinusoids(model, TISSUE)[::30]:
        put(model, "tumor", *place, layer=TISSUE, emt=1.0)
    model.fields["cxcl1"].values[:] = np.linspace(0, 3, model.shape[1], dtype=np.float32)
    before = {name: p.used.copy() for name, p in model.populations.items()}
    for model.step_number in range(sized(60, 10)):
        model.rules["migration"].apply(model)
    assert_in_place(model.sites, *(p for p in model.populations.values() if p.name != "endothelium"))
    for name, rows in before.items():
        now = model.populations[name].used
        moves = name in ("natural_killer", "neutrophil", "tumor")
        assert ((now.row != rows.row) | (now.column != rows.column)).any() == moves, name
        assert (model.sites.kind[now.row, now.column] == SINUSOID).all() or name == "tumor"
    assert model.tumor.count == model.ledger.balance


def test_closed_edges_hold_everybody_in():
    model = liver("migration", mm=0.3, tissue={"edges": "closed"}, parameters={"migration": {"nk_speed": "10 um/min"}})
    for model.step_number in range(sized(100, 5)):
        model.rules["migration"].apply(model)
    assert_in_place(model.sites, *(p for p in model.populations.values() if p.name != "endothelium"))


def test_off_or_without_motile_cells_nothing_changes():
    model = without(liver("migration", mm=0.3), "natural_killer", "neutrophil")
    put(model, "tumor", *sinusoids(model)[0])
    before = state_of(model)
    model.rules["migration"].apply(model)
    assert changed(model, before) == set()
    off = liver(mm=0.3)
    before = off.natural_killer.used.copy()
    off.step()
    assert (off.natural_killer.used == before).all()


def test_each_t_cell_recognises_by_the_best_of_its_ways():
    model = liver(empty=True, cells={"tumor": {"antigen": 0.4, "mhc1": 0.5, "cea": 0.7}})
    for column, knows in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
        row, column = sinusoids(model)[column]
        put(model, "cd8", int(row), int(column), specific=knows[0], car=knows[1])
    for walks in model.cd8.species.walks:
        chances = chances_to_recognise(walks, model.cd8.rows, model.config)[: model.cd8.count]
        np.testing.assert_allclose(chances, [0.0, 0.2, 0.7, 0.7])
    killers = model.natural_killer.species.walks[0]
    assert (chances_to_recognise(killers, model.cd8.rows, model.config) == 1.0).all(), "others know every tumor cell"


@compiled_only
@pytest.mark.parametrize("recognised", [0.0, 0.25, 1.0])
def test_a_pair_recognises_each_other_or_never_does(recognised):
    pairs = [(np.uint64(a), np.uint64(b)) for a in range(1, 60) for b in range(1000, 1060)]
    first = [recognises(KEY, killer, prey, recognised) for killer, prey in pairs]
    assert first == [recognises(KEY, killer, prey, recognised) for killer, prey in pairs]
    assert_chance(sum(first), len(first), recognised)
