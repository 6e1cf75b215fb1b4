"""Walking: cells wander along the vessels, or between the cells of the tissue, each with some persistence, up a signal
if they follow one, and stop at whom they seek.

One walk for all populations: it sees the columns of a table, not its rows, and so is compiled once. What is clever here is
for speed alone: in random order cells stand all over lattices that no cache holds, so their surroundings are fetched
before their turn, and the random numbers of several are made together. Who walks, how fast, and what a meeting leads to is
said in `rules/migration.py`.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .contact import NOBODY, touched
from .jit import jit
from .prefetch import prefetch
from .random import hash64, uniform, unit
from .sites import COLUMN_OFFSET, DIAGONAL, LOWEST, ROW_OFFSET, length_of, neighbour, shifted

_MOST_HOPS = 3  # sites occupied by others that one move may pass over
_BACK = 4
_ALL_AROUND = 9.0  # cells that touch a site when one stands at it and at each of the eight around
_SIDEWAYS = 1e-3  # how much less likely each eighth of a turn makes a way, where a straighter one is open
_ROUNDS = 300  # of balancing the ways at a fork; what is then left over turns back
_AT_ONCE = 32  # cells whose random numbers are made together
_KEPT_MOVES = 50  # as many as have their random numbers made beforehand: an hour's way of most cells
_AHEAD = 8  # cells whose surroundings are fetched before their turn
_NEXT_HOP = 1 << 24  # from the number of a draw for a way to those for the sites that are passed over on it
_TURNS_BACK = (_MOST_HOPS + 1) * _NEXT_HOP  # to that for whether a crowded site is entered
_GETS_IN = (_MOST_HOPS + 2) * _NEXT_HOP  # to that for whether one gets into a site that hinders

STAYS = -2
"""Whom one meets who does not walk."""


class Walkers(NamedTuple):
    """The columns of cells that walk [slot]: state (uint8), row and column (int64), uid (uint64), heading (uint8, a
    direction)."""

    state: np.ndarray
    row: np.ndarray
    column: np.ndarray
    uid: np.ndarray
    heading: np.ndarray


class Hindrance(NamedTuple):
    """What hinders: matrix, and cells that stand in the tissue, by the share that each takes of the chance to get into a site.

    matrix : float32 [row, column], full at 1; empty where nothing hinders
    standing : uint8 [row, column], the population of whoever stands there; `code`: of those that are in the way
    """

    matrix: np.ndarray
    standing: np.ndarray
    code: int
    by_matrix: float
    by_cells: float


NO_HINDRANCE = Hindrance(np.zeros((0, 0), np.float32), np.zeros((0, 0), np.uint8), 0, 0.0, 0.0)
"""Where nothing hinders."""


class Ground(NamedTuple):
    """The ways that there are: along the ground, or between the cells of the tissue.

    ways : uint8 [row, column], bit k is set where the neighbour in direction k can be walked on
    turns : float32 [ways, heading, way], the chances of each way on (`turns_at`)
    pace : float64 [ways], how long its length takes (`paces`)
    plug : code of the population that fills a vessel: nobody passes over its cells
    hindrance : one who tries gets into a site with the chance that this leaves, and else turns back. So those inside are slower by it,
        and as much fewer than outside: what only slowed them there would gather them
    """

    ways: np.ndarray
    turns: np.ndarray
    pace: np.ndarray
    plug: int
    hindrance: Hindrance = NO_HINDRANCE


class Pace(NamedTuple):
    """Who walks, and how far: a bit for each state in which cells walk; the path in a step, the way on average until a heading
    is forgotten, and the distance of two sites (um)."""

    states: int
    path_um: float
    memory_um: float
    spacing_um: float


class Lure(NamedTuple):
    """What cells follow: level (float32 [row, column], half-maximal at 1; empty for none) and the chance (0 .. 1) with
    which one in a saturating signal goes up it at a move."""

    level: np.ndarray
    strength: float


NO_LURE = Lure(np.zeros((0, 0), np.float32), 0.0)


@lru_cache(1)
def turns_at() -> np.ndarray:
    """With which chance a walking cell leaves a site by each of its open directions: float32 [open, heading, way],
    summed up over the ways. `open` has a bit set for every open direction, `heading` is the one in which it came.

    As straight on as can be, and so that each open direction is taken as often as it is come from: then a walk that
    nothing calls goes equally often through every stretch of vessel. (A walk that always takes the straightest way
    gathers where vessels run together.) Only where there is one way, that is back. From a direction that is not open,
    one is taken by chance.
    """
    ways = np.arange(8)
    is_open = (np.arange(256)[:, None] >> ways & 1).astype(float)
    pairs = is_open[:, :, None] * is_open[:, None, :]
    apart = np.minimum((ways[:, None] - ways) % 8, (ways - ways[:, None]) % 8)
    ends = is_open.sum(axis=1)
    leave = np.where((apart == 0) & (ends[:, None, None] > 1), 0.0, _SIDEWAYS ** (_BACK - apart) * pairs)
    scale = is_open.copy()
    for _ in range(_ROUNDS):  # towards a symmetric matrix whose rows sum to 1 (Sinkhorn and Knopp 1967)
        met = np.einsum("oab,ob->oa", leave, scale)
        scale = np.sqrt(scale / np.where(met > 0.0, met, 1.0))
    leave *= scale[:, :, None] * scale[:, None, :]
    leave /= np.maximum(leave.sum(axis=2).max(axis=1), 1.0)[:, None, None]
    rest = is_open - leave.sum(axis=2)
    leave += rest[:, :, None] * rest[:, None, :] / np.maximum(rest.sum(axis=1), 1e-300)[:, None, None]
    by_chance = is_open / np.maximum(ends, 1.0)[:, None]
    came_from = (ways + _BACK) % 8
    chances = np.where(is_open[:, came_from, None] > 0.0, leave[:, came_from, :], by_chance[:, None, :])
    return np.cumsum(chances, axis=2).astype(np.float32)


def paces(ways: np.ndarray) -> np.ndarray:
    """By how much longer than its length a step takes from a site with the open directions `open`: float64 [open].

    Cells pass sites where many vessels meet more often than others; as they pass them the quicker, they are found
    equally often at every site. `ways` are those of all sites of ground, over which the mean speed is the true one.
    """
    lengths = (np.arange(256)[:, None] >> np.arange(8) & 1) @ np.array([1.0, DIAGONAL] * 4)
    at_sites = lengths[ways[ways != 0]]
    return (at_sites.mean() if at_sites.size else 1.0) / np.maximum(lengths, 1.0)


@jit(inline=True, counted=False)
def permeable(hindrance, row, column):
    """The chance (float32) with which one who tries gets into a site."""
    left, matrix = 1.0, np.float64(hindrance.matrix[row, column])
    if matrix > 0.0:
        left -= hindrance.by_matrix * min(matrix, 1.0)
    if hindrance.standing[row, column] == hindrance.code:
        left *= 1.0 - hindrance.by_cells
    return np.float32(max(left, 1e-3))


@jit(inline=True, counted=False)
def way_on(ground, row, column, heading, draw):
    """The direction in which a cell that came to a site in `heading` leaves it, by `draw` in [0, 1); -1 if none is open.

    The first whose chances, summed up, are above the draw: as many as are not come before it, closed ones too, which add nothing.
    """
    around = np.int64(ground.ways[row, column])
    left, way = around & ~(1 << ((heading + _BACK) & 7)), -1
    if left != around and left != 0 and left & (left - 1) == 0:  # as mostly, there is one way on
        return LOWEST[left]
    way = 0
    for k in range(8):
        way += draw >= np.float64(ground.turns[around, heading, k])
    return way if around != 0 else -1


@jit(inline=True, counted=False)
def next_site(sites, standing, ground, row, column, way, key, step, uid, n):
    """The next free site from one that is left in the direction `way`; cells that line the wall are passed over, at most
    three. Returns row, column, direction and the length (in sites) that the move takes. When there is no free site, or a
    cell that plugs the vessel is in the way, row and column are -1, and the direction is that of one who comes back by
    the same way.

    `standing` is the layer of `sites.population` in which they walk. The chance at the sites that are passed over is that
    of the draws `n + _NEXT_HOP`, and so on, of the cell `uid`.
    """
    if way < 0:
        return -1, -1, 0, 1.0
    r, c, direction, length = row, column, way, 0.0
    for hops in range(_MOST_HOPS + 1):
        if hops > 0:
            direction = way_on(ground, r, c, direction, uniform(key, step, uid, n + hops * _NEXT_HOP))
        length += length_of(direction) * ground.pace[ground.ways[r, c]]
        r, c = neighbour(sites, r, c, direction)
        there = standing[r, c]
        if there == 0:
            return r, c, direction, length
        if there == ground.plug:
            break
    return -1, -1, (way + _BACK) & 7, length


@jit(inline=True, counted=False)
def next_heading(draw, direction, length_um, memory_um):
    """The heading after a move of `length_um` in `direction`: the same, or a random one when the cell has forgotten it
    on the way, of which it walks `memory_um` on average before it does; by `draw` in [0, 1)."""
    if draw * memory_um > length_um * 1.000001:  # mostly, and without an exponential
        return direction
    forget = -np.expm1(-length_um / memory_um) if memory_um > 0.0 else 1.0
    return np.int64(draw / forget * 8.0) if draw < forget else direction


@jit(inline=True, counted=False)
def uphill(ways, level, row, column, periodic):
    """Direction of the neighbouring site of a vessel with the highest level, if above that of the site; else -1."""
    rows, columns = level.shape
    at_edge = not (0 < row < rows - 1 and 0 < column < columns - 1)
    best, direction = level[row, column], -1
    for k in range(8):  # without a branch: which of them is the highest cannot be guessed
        r, c = row + ROW_OFFSET[k], column + COLUMN_OFFSET[k]
        if at_edge:
            r, c = shifted(row, ROW_OFFSET[k], rows, periodic), shifted(column, COLUMN_OFFSET[k], columns, periodic)
        there = level[r, c]
        higher = ((ways[row, column] >> k) & 1 != 0) & (there > best)
        best = there if higher else best
        direction = k if higher else direction
    return direction


@jit(inline=True, counted=False)
def most_moves(pace):
    """About the most moves that a path takes, as few are shorter than a site; at most `_KEPT_MOVES`."""
    return min(np.int64(np.ceil(pace.path_um / pace.spacing_um)), _KEPT_MOVES)


@jit(inline=True)
def draws_of(cells, key, step, slots, draws):
    """Fill `draws` (uint64 [numbers, _AT_ONCE]) with the first random bits of each of the cells in `slots`, at most so
    many: together they take a third of the time that they take one by one."""
    uids = np.zeros(_AT_ONCE, np.uint64)
    for k in range(slots.size):
        uids[k] = cells.uid[slots[k]]
    for n in range(draws.shape[0]):
        for k in range(_AT_ONCE):
            draws[n, k] = hash64(key, uids[k], step, n)


@jit(inline=True, counted=False)
def draw_of(draws, n, k, key, step, uid):
    """The `n`-th random number of the cell whose first ones stand in column `k` of `draws`, in [0, 1)."""
    return unit(draws[n, k] if n < draws.shape[0] else hash64(key, uid, step, n))


@jit(inline=True, counted=False)
def fetch_row(cells, slot):
    """Fetch the row of a cell."""
    prefetch(cells.row, slot)
    prefetch(cells.heading, slot)  # it may lie across two cache lines


@jit(inline=True, counted=False)
def fetch_around(cells, standing, occupant, ground, lure, sought, slot):
    """Fetch the surroundings of a cell."""
    columns = standing.shape[1]
    site = cells.row[slot] * columns + cells.column[slot]
    prefetch(ground.ways, site)
    prefetch(sought.near, site)
    for near in (site - columns, site, site + columns):
        prefetch(standing, near)
        prefetch(occupant, near)
        if ground.hindrance.matrix.size != 0:
            prefetch(ground.hindrance.matrix, near)
        if lure.level.size != 0:
            prefetch(lure.level, near)


@jit
def walk(cells, code, sites, layer, ground, pace, lure, sought, key, step, order):
    """The cells of `order` (slots) of the population `code` walk over the ground of `layer`, each until its path is walked
    or it touches one of those sought. Returns whom each of `order` then touches (int64): the slot, or 0 if that does not
    matter; NOBODY, or STAYS for one that does not walk.

    Of each move a cell draws two numbers: the way it takes, and whether it still gets there and keeps its heading then; with
    a lure a third one: whether it follows that.
    """
    met = np.full(order.size, STAYS)
    numbers = 3 if lure.level.size != 0 else 2
    draws = np.empty((numbers * most_moves(pace), _AT_ONCE), np.uint64)
    standing, occupant = sites.population[layer], sites.occupant[layer]
    slots, who = np.empty(_AT_ONCE, np.int64), np.empty(_AT_ONCE, np.int64)
    following = 0
    while following < order.size:
        count = 0
        while count < _AT_ONCE and following < order.size:
            slot = order[following]
            if following + _AT_ONCE < order.size:
                fetch_row(cells, order[following + _AT_ONCE])
            if (pace.states >> np.int64(cells.state[slot])) & 1 != 0:
                if not sought.named and sought.near[cells.row[slot], cells.column[slot]] != 0:
                    met[following] = 0  # it stands where it wants to be, and needs no numbers
                else:
                    slots[count], who[count] = slot, following
                    count += 1
            following += 1
        draws_of(cells, key, step, slots[:count], draws)
        for k in range(count):
            ahead = following + k + _AHEAD - count
            if k + _AHEAD < count:
                fetch_around(cells, standing, occupant, ground, lure, sought, slots[k + _AHEAD])
            elif ahead < order.size:
                fetch_around(cells, standing, occupant, ground, lure, sought, order[ahead])
            met[who[k]] = walk_one(
                cells,
                slots[k],
                k,
                code,
                sites,
                standing,
                occupant,
                ground,
                pace,
                lure,
                sought,
                draws,
                numbers,
                key,
                step,
            )
    return met


@jit(inline=True, counted=False)
def walk_one(cells, slot, k, code, sites, standing, occupant, ground, pace, lure, sought, draws, numbers, key, step):
    """The walk of one cell, whose first random bits are column `k` of `draws`; returns whom it has met."""
    uid = cells.uid[slot]
    row, column, heading = cells.row[slot], cells.column[slot], np.int64(cells.heading[slot])
    left, n, met = pace.path_um, 0, NOBODY
    while True:
        if sought.near[row, column] != 0:
            met = touched(sites, sought, row, column, heading, sought.ignored[slot]) if sought.named else 0
        if met >= 0 or left <= 0.0:
            break
        draw = draw_of(draws, n + 1, k, key, step, uid)
        around = ground.ways[row, column]
        if around != 0 and draw * max(ground.pace[around] * pace.spacing_um / left, 1.0) >= 1.0:
            break  # whichever way it took, it would not get there
        way = -1
        if numbers == 3:
            level = np.float64(lure.level[row, column])
            if level > 0.0 and draw_of(draws, n + 2, k, key, step, uid) < lure.strength * level / (1.0 + level):
                way = uphill(ground.ways, lure.level, row, column, sites.periodic)
        if way < 0:
            way = way_on(ground, row, column, heading, draw_of(draws, n, k, key, step, uid))
        to_row, to_column, direction, length = next_site(sites, standing, ground, row, column, way, key, step, uid, n)
        length *= pace.spacing_um
        draw *= max(length / left, 1.0)
        if draw >= 1.0:
            break
        left -= length
        if to_row >= 0 and sought.exclusion > 0.0 and sought.near[to_row, to_column] != 0:
            crowd = min(2.0 * np.float64(sought.near[to_row, to_column]) / _ALL_AROUND - 1.0, 1.0)
            if uniform(key, step, uid, n + _TURNS_BACK) < sought.exclusion * crowd:
                to_row, direction = -1, (way + _BACK) & 7
        if to_row >= 0 and ground.hindrance.matrix.size != 0:
            chance = permeable(ground.hindrance, to_row, to_column)
            if chance < np.float32(1.0) and uniform(key, step, uid, n + _GETS_IN) >= np.float64(chance):
                to_row, direction = -1, (way + _BACK) & 7
        heading = next_heading(draw, direction, length, pace.memory_um)
        if to_row >= 0:
            standing[row, column], occupant[row, column] = 0, -1
            row, column = to_row, to_column
            standing[row, column], occupant[row, column] = code, slot
        n += numbers
    cells.row[slot], cells.column[slot], cells.heading[slot] = row, column, heading
    return met
