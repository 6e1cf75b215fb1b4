"""Migration: NK cells patrol the sinusoids, neutrophils crawl up the chemokine, tumor cells creep through the tissue.

NK cells and neutrophils crawl inside the sinusoids with some persistence (Geissmann 2005,
10.1371/journal.pbio.0030113; McDonald 2010, 10.1126/science.1195491) and pass over the cells that line the wall; they
look around after every site and stop at a tumor cell. Where nothing calls them, they are equally often on every
stretch of sinusoid, though sinusoids run together towards the central veins. Mesenchymal tumor cells creep along the
space of Disse, epithelial ones and those in a nest stay (Yang 2025, 10.3892/or.2025.8963, ref 7).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..cells import natural_killer, neutrophil
from ..cells.population import NATURAL_KILLER, NEUTROPHIL, TUMOR
from ..cells.tumor import EXTRAVASATED
from ..kernels.jit import jit
from ..kernels.prefetch import prefetch
from ..kernels.random import draw_each, hash64, uniform, unit
from ..kernels.sites import (
    COLUMN_OFFSET,
    LOWEST,
    ROW_OFFSET,
    count_touching,
    lift,
    neighbour,
    place,
    shifted,
    touching,
    ways_along,
)
from ..ledger import cause, event
from ..ledger.ledger import enter
from ..tissue.sites import LUMEN, PARENCHYMA, SINUSOID, TISSUE
from ..units import Fraction, Hours, MicrometersPerMinute, parameter
from .rule import Rule, RuleParameters
from .surroundings import beside_tumor

_MOST_HOPS = 3  # sites occupied by others that one move may pass over
_BACK = 4
_DIAGONAL = 1.4142135623730951
_SIDEWAYS = 1e-3  # how much less likely each eighth of a turn makes a way, where a straighter one is open
_ROUNDS = 300  # of balancing the ways at a fork; what is then left over turns back
_AT_ONCE = 32  # cells whose random numbers are made together
_KEPT_MOVES = 50  # as many as have their random numbers made beforehand: an hour's way of most cells
_AHEAD = 8  # cells whose surroundings are fetched before their turn
_NEXT_HOP = 1 << 24  # from the number of a draw for a way to those for the sites that are passed over on it


@lru_cache(1)
def ways_on() -> np.ndarray:
    """With which chance a crawling cell leaves a site by each of its open directions: float32 [open, heading, way],
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
    equally often at every site. `ways` are those of all sinusoid sites, over which the mean speed is the true one.
    """
    lengths = (np.arange(256)[:, None] >> np.arange(8) & 1) @ np.array([1.0, _DIAGONAL] * 4)
    at_sites = lengths[ways[ways != 0]]
    return (at_sites.mean() if at_sites.size else 1.0) / np.maximum(lengths, 1.0)


class Vessels(NamedTuple):
    """What crawling cells see of the sinusoids, uint8 [row, column].

    ways: bit k is set where the neighbour in direction k is a sinusoid site; beside_tumor: how many settled tumor cells
    are touched from a site, in both layers. By the bits of `ways`: on, the chances of each way (`ways_on`), and pace, how
    long its length takes (`paces`).
    """

    ways: np.ndarray
    beside_tumor: np.ndarray
    on: np.ndarray
    pace: np.ndarray


class Migration(Rule):
    name = "migration"
    reads = ("tumor", "cxcl1", "hepatocytes")
    writes = ("natural_killer", "neutrophil", "tumor")
    events = ("encountered",)

    class Parameters(RuleParameters):
        nk_speed: MicrometersPerMinute = parameter(
            "5 um/min",
            low="3 um/min",
            high="10 um/min",
            mark="checked",
            source="Ichise 2022, 10.7554/eLife.76269 (lung capillaries)",
            description="path speed of a patrolling NK cell",
        )
        nk_persistence: Hours = parameter(
            "0.2 h",
            low="0.1 h",
            high="0.5 h",
            mark="derived",
            source="PMC9250760: 12 min for CD8 T cells in liver",
            description="persistence time of the direction of an NK cell",
        )
        neutrophil_speed: MicrometersPerMinute = parameter(
            "10 um/min",
            low="5 um/min",
            high="15 um/min",
            mark="unverified",
            source="McDonald 2010, 10.1126/science.1195491",
            description="path speed of a crawling neutrophil",
        )
        neutrophil_persistence: Hours = parameter(
            "0.1 h",
            low="0.03 h",
            high="0.3 h",
            mark="assumed",
            source="intravital tracks",
            description="persistence time of the direction of a neutrophil",
        )
        chemotaxis: Fraction = parameter(
            0.8,
            low=0.2,
            high=1,
            mark="assumed",
            source="McDonald 2010, 10.1126/science.1195491: crawling up the gradient",
            description="chance that a neutrophil in saturating CXCL1 follows the gradient at a move",
        )
        tumor_speed: MicrometersPerMinute = parameter(
            "0.2 um/min",
            low="0.05 um/min",
            high="1 um/min",
            mark="unverified",
            source="intravital carcinoma 0.1-1 um/min",
            description="path speed of a fully mesenchymal tumor cell in the tissue; an epithelial one stays",
        )
        cohesion: Fraction = parameter(
            0.9,
            low=0.5,
            high=1,
            mark="assumed",
            source="cell-cell adhesion in a colony; Yang 2025, 10.3892/or.2025.8963, refs 7, 8",
            description="how far contact with another tumor cell holds a fully mesenchymal one back; epithelial ones stay",
        )

    parameters: Parameters

    def prepare(self, liver) -> None:
        """Where the vessels lead."""
        self.ways = ways_along(liver.sites.kind, SINUSOID, liver.periodic)
        self.paces = paces(self.ways.ravel()[liver.sinusoids])

    def apply(self, liver) -> None:
        p = self.parameters
        key, step = liver.key(self.name), liver.step_number
        minutes = liver.dt_minutes
        vessels = Vessels(self.ways, beside_tumor(liver), ways_on(), self.paces)
        cells = liver.natural_killer
        if cells.count:
            patrol(
                cells.rows,
                liver.tumor.rows,
                liver.sites,
                vessels,
                liver.ledger.book(cells.count),
                liver.minutes,
                key,
                step,
                cells.order(key, step),
                p.nk_speed * minutes,
                liver.spacing_um,
                p.nk_speed * p.nk_persistence * 60.0,
            )
        cells = liver.neutrophil
        if cells.count:
            crawl(
                cells.rows,
                liver.sites,
                vessels,
                key,
                step,
                cells.order(key, step),
                p.neutrophil_speed * minutes,
                liver.spacing_um,
                p.neutrophil_speed * p.neutrophil_persistence * 60.0,
                liver.signal("cxcl1"),
                p.chemotaxis,
            )
        cells = liver.tumor
        if cells.count and p.tumor_speed > 0.0:
            path_um = p.tumor_speed * minutes
            moving = getting_on(cells.used, key, step, path_um, liver.spacing_um)
            creep(
                cells.rows,
                liver.sites,
                key,
                step,
                cells.order(key, step, moving),
                path_um,
                liver.spacing_um,
                liver.hepatocytes,
                1.0 - p.cohesion,
            )


@jit(inline=True, counted=False)
def way_on(vessels, row, column, heading, draw):
    """The direction in which a cell that came to a site in `heading` leaves it, by `draw` in [0, 1); -1 if none is open."""
    around = np.int64(vessels.ways[row, column])
    left, way = around & ~(1 << ((heading + _BACK) & 7)), -1
    if left != around and left != 0 and left & (left - 1) == 0:  # as mostly, there is one way on
        return LOWEST[left]
    left = around
    while left != 0:
        way = LOWEST[left]
        left &= left - 1
        if draw < vessels.on[around, heading, way]:
            break
    return way


@jit(inline=True, counted=False)
def next_lumen_site(sites, vessels, row, column, way, key, step, uid, n):
    """The next free sinusoid site from a site that is left in the direction `way`; cells that line the wall are passed
    over, at most three. Returns row, column, direction and the length (in sites) that the move takes. When there is no
    free site, or a tumor cell is in the way, row and column are -1, and the direction is that of one who comes back by
    the same way.

    The chance at the sites that are passed over is that of the draws `n + _NEXT_HOP`, and so on, of the cell `uid`.
    """
    if way < 0:
        return -1, -1, 0, 1.0
    r, c, direction, length = row, column, way, 0.0
    for hops in range(_MOST_HOPS + 1):
        if hops > 0:
            direction = way_on(vessels, r, c, direction, uniform(key, step, uid, n + hops * _NEXT_HOP))
        length += (_DIAGONAL if direction & 1 else 1.0) * vessels.pace[vessels.ways[r, c]]
        r, c = neighbour(sites, r, c, direction)
        if sites.population[LUMEN, r, c] == 0:
            return r, c, direction, length
        if sites.population[LUMEN, r, c] == TUMOR:
            break
    return -1, -1, (way + _BACK) & 7, length


@jit(inline=True, counted=False)
def move(sites, code, layer, cell, slot, row, column):
    """Shift a cell (a table row) to a free site of its layer."""
    lift(sites, layer, cell.row, cell.column)
    cell.row = row
    cell.column = column
    place(sites, code, layer, row, column, slot)


@jit(counted=False)
def met_tumor(sites, tumor, row, column, turn, ignored):
    """Slot of a tumor cell touching a lumen site, in the lumen first, then through the wall; not the cell `ignored`."""
    for layer in (LUMEN, TISSUE):
        slot = touching(sites, TUMOR, layer, row, column, turn)
        if slot >= 0 and tumor[slot].uid == ignored:
            slot = -1
            for k in range(9):
                r, c = neighbour(sites, row, column, (turn + k) % 9)
                if r >= 0 and sites.population[layer, r, c] == TUMOR:
                    if tumor[sites.occupant[layer, r, c]].uid != ignored:
                        slot = sites.occupant[layer, r, c]
                        break
        if slot >= 0:
            return slot
    return -1


@jit(inline=True, counted=False)
def next_heading(draw, direction, length_um, memory_um):
    """The heading after a move of `length_um` in `direction`: the same, or a random one when the cell has forgotten it
    on the way, of which it walks `memory_um` on average before it does; by `draw` in [0, 1)."""
    if draw * memory_um > length_um * 1.000001:  # mostly, and without an exponential
        return direction
    forget = -np.expm1(-length_um / memory_um) if memory_um > 0.0 else 1.0
    return np.int64(draw / forget * 8.0) if draw < forget else direction


@jit(inline=True, counted=False)
def most_moves(path_um, spacing_um):
    """About the most moves that a path takes, as few are shorter than a site; at most `_KEPT_MOVES`."""
    return min(np.int64(np.ceil(path_um / spacing_um)), _KEPT_MOVES)


@jit(inline=True)
def draws_of(cells, key, step, slots, draws):
    """Fill `draws` (uint64 [numbers, _AT_ONCE]) with the first random bits of each of the cells in `slots`, at most so
    many: together they take a third of the time that they take one by one."""
    uids = np.zeros(_AT_ONCE, np.uint64)
    for k in range(slots.size):
        uids[k] = cells[slots[k]].uid
    for n in range(draws.shape[0]):
        for k in range(_AT_ONCE):
            draws[n, k] = hash64(key, uids[k], step, n)


@jit(inline=True, counted=False)
def draw_of(draws, n, k, key, step, uid):
    """The `n`-th random bits of the cell whose first ones stand in column `k` of `draws`."""
    return draws[n, k] if n < draws.shape[0] else hash64(key, uid, step, n)


@jit(inline=True, counted=False)
def fetch_rows(cells, order, first):
    """Fetch the rows of the `_AT_ONCE` cells from number `first` of `order` on."""
    for n in range(first, min(first + _AT_ONCE, order.size)):
        prefetch(cells, order[n])
        prefetch(cells, order[n] + 1)  # a row may lie across two cache lines


@jit(inline=True, counted=False)
def look_ahead(cells, sites, vessels, order, n):
    """Fetch the surroundings of the cell that comes soon after the `n`-th of `order`."""
    if n + _AHEAD < order.size:
        cell = cells[order[n + _AHEAD]]
        columns = sites.kind.shape[1]
        site = cell.row * columns + cell.column
        prefetch(vessels.beside_tumor, site)
        prefetch(vessels.ways, site)
        for near in (site - columns, site, site + columns):
            prefetch(sites.population, near)
            prefetch(sites.occupant, near)


@jit
def patrol(nk, tumor, sites, vessels, book, now, key, step, order, path_um, spacing_um, memory_um):
    """Patrolling NK cells of `order` (slots) walk `path_um` of sinusoid, stopping at the first tumor cell."""
    draws = np.empty((2 * most_moves(path_um, spacing_um), _AT_ONCE), np.uint64)
    for first in range(0, order.size, _AT_ONCE):
        slots = order[first : first + _AT_ONCE]
        draws_of(nk, key, step, slots, draws)
        fetch_rows(nk, order, first + _AT_ONCE)
        for k in range(slots.size):
            look_ahead(nk, sites, vessels, order, first + k)
            if nk[slots[k]].state == natural_killer.PATROLLING:
                patrol_one(
                    nk[slots[k]],
                    slots[k],
                    k,
                    tumor,
                    sites,
                    vessels,
                    book,
                    now,
                    draws,
                    key,
                    step,
                    path_um,
                    spacing_um,
                    memory_um,
                )


@jit(inline=True, counted=False)
def patrol_one(cell, slot, k, tumor, sites, vessels, book, now, draws, key, step, path_um, spacing_um, memory_um):
    """The walk of one NK cell; of each move it draws two numbers: the way it takes, and whether it still gets there and
    keeps its heading then. Column `k` of `draws` holds its first ones."""
    left = path_um
    n = 0
    while True:
        heading = np.int64(cell.heading)
        if vessels.beside_tumor[cell.row, cell.column] != 0:
            prey = met_tumor(sites, tumor, cell.row, cell.column, heading, cell.target)
            if prey >= 0:
                cell.state = natural_killer.IN_CONTACT
                cell.target = tumor[prey].uid
                enter(
                    book,
                    now,
                    event.ENCOUNTERED,
                    cause.NONE,
                    tumor[prey],
                    sites.zone[tumor[prey].row, tumor[prey].column],
                )
                break
        if left <= 0.0:
            break
        way = way_on(vessels, cell.row, cell.column, heading, unit(draw_of(draws, n, k, key, step, cell.uid)))
        row, column, direction, length = next_lumen_site(
            sites, vessels, cell.row, cell.column, way, key, step, cell.uid, n
        )
        length *= spacing_um
        draw = unit(draw_of(draws, n + 1, k, key, step, cell.uid)) * max(length / left, 1.0)
        if draw >= 1.0:
            break
        left -= length
        cell.heading = next_heading(draw, direction, length, memory_um)
        if row >= 0:
            move(sites, NATURAL_KILLER, LUMEN, cell, slot, row, column)
        n += 2


@jit(counted=False)
def uphill(ways, field, row, column, periodic):
    """Direction of the neighbouring sinusoid site with the highest level, if above that of the site; else -1."""
    rows, columns = field.shape
    best = field[row, column]
    direction = -1
    left = np.int64(ways[row, column])
    while left != 0:
        k = LOWEST[left]
        left &= left - 1
        level = field[shifted(row, ROW_OFFSET[k], rows, periodic), shifted(column, COLUMN_OFFSET[k], columns, periodic)]
        if level > best:
            best = level
            direction = k
    return direction


@jit
def crawl(cells, sites, vessels, key, step, order, path_um, spacing_um, memory_um, cxcl1, chemotaxis):
    """Neutrophils of `order` (slots) crawl `path_um` of sinusoid, up the chemokine where there is some, and stay with
    the first tumor cell they touch."""
    draws = np.empty((3 * most_moves(path_um, spacing_um), _AT_ONCE), np.uint64)
    for first in range(0, order.size, _AT_ONCE):
        slots = order[first : first + _AT_ONCE]
        draws_of(cells, key, step, slots, draws)
        fetch_rows(cells, order, first + _AT_ONCE)
        for k in range(slots.size):
            look_ahead(cells, sites, vessels, order, first + k)
            if first + k + _AHEAD < order.size:
                cell = cells[order[first + k + _AHEAD]]
                site = cell.row * cxcl1.shape[1] + cell.column
                for near in (site - cxcl1.shape[1], site, site + cxcl1.shape[1]):
                    prefetch(cxcl1, near)
            if cells[slots[k]].state != neutrophil.NETTING:
                crawl_one(
                    cells[slots[k]],
                    slots[k],
                    k,
                    sites,
                    vessels,
                    draws,
                    key,
                    step,
                    path_um,
                    spacing_um,
                    memory_um,
                    cxcl1,
                    chemotaxis,
                )


@jit(inline=True, counted=False)
def crawl_one(cell, slot, k, sites, vessels, draws, key, step, path_um, spacing_um, memory_um, cxcl1, chemotaxis):
    """The way of one neutrophil; of each move it draws three numbers: the way it takes, whether it still gets there and
    keeps its heading then, and whether it follows the gradient. Column `k` of `draws` holds its first ones."""
    left = path_um
    n = 0
    while True:
        touches = vessels.beside_tumor[cell.row, cell.column] != 0
        if touches or left <= 0.0:
            break
        level = np.float64(cxcl1[cell.row, cell.column])
        way = -1
        if level > 0.0 and unit(draw_of(draws, n + 2, k, key, step, cell.uid)) < chemotaxis * level / (1.0 + level):
            way = uphill(vessels.ways, cxcl1, cell.row, cell.column, sites.periodic)
        if way < 0:
            draw = unit(draw_of(draws, n, k, key, step, cell.uid))
            way = way_on(vessels, cell.row, cell.column, np.int64(cell.heading), draw)
        row, column, direction, length = next_lumen_site(
            sites, vessels, cell.row, cell.column, way, key, step, cell.uid, n
        )
        length *= spacing_um
        draw = unit(draw_of(draws, n + 1, k, key, step, cell.uid)) * max(length / left, 1.0)
        if draw >= 1.0:
            break
        left -= length
        cell.heading = next_heading(draw, direction, length, memory_um)
        if row >= 0:
            move(sites, NEUTROPHIL, LUMEN, cell, slot, row, column)
        n += 3
    cell.bridging = touches


@jit(counted=False)
def can_creep_to(sites, hepatocytes, row, column):
    """Whether a tumor cell in the tissue finds room at a site: in Disse, or in a plate whose hepatocyte is gone."""
    if row < 0 or sites.population[TISSUE, row, column] != 0:
        return False
    kind = sites.kind[row, column]
    return kind == SINUSOID or (kind == PARENCHYMA and hepatocytes[row, column] == 0)


@jit(counted=False)
def way_to_creep(sites, hepatocytes, row, column, draw):
    """Direction of one of the neighbouring sites with room, each equally likely by `draw` in [0, 1); -1 without any."""
    ways = 0
    for k in range(8):
        r, c = neighbour(sites, row, column, k)
        if can_creep_to(sites, hepatocytes, r, c):
            ways += 1
    chosen = np.int64(draw * ways)
    for k in range(8):
        r, c = neighbour(sites, row, column, k)
        if can_creep_to(sites, hepatocytes, r, c):
            if chosen == 0:
                return k
            chosen -= 1
    return -1


@jit
def getting_on(tumor, key, step, path_um, spacing_um):
    """Which rows (bool) are extravasated cells that get as far as the next site in this step, if nothing holds them:
    hardly any of them do, and the others need not look around."""
    draws = draw_each(key, step, tumor.uid, 1)
    moving = np.empty(tumor.size, np.bool_)
    for i in range(tumor.size):
        reach = path_um * np.float64(tumor[i].emt)
        far_enough = reach >= spacing_um or unit(draws[i]) * spacing_um < reach
        moving[i] = far_enough and tumor[i].alive != 0 and tumor[i].state == EXTRAVASATED
    return moving


@jit(counted=False)
def creep(tumor, sites, key, step, order, path_um, spacing_um, hepatocytes, looseness):
    """Extravasated cells of `order` (slots, those that are `getting_on`) creep along the space of Disse and where
    hepatocytes are gone already; a nest holds its cells together, mesenchymal ones less (`looseness` of their free
    reach)."""
    for slot in order:
        cell = tumor[slot]
        left = path_um * np.float64(cell.emt)
        if count_touching(sites, TUMOR, TISSUE, cell.row, cell.column) > 1:
            left *= np.float64(cell.emt) * looseness
        n = 0
        while left > 0.0:
            direction = way_to_creep(sites, hepatocytes, cell.row, cell.column, uniform(key, step, cell.uid, n))
            if direction < 0:
                break
            length = spacing_um * (_DIAGONAL if direction % 2 == 1 else 1.0)
            if left < length and uniform(key, step, cell.uid, n + 1) * length >= left:
                break
            left -= length
            n += 2
            row, column = neighbour(sites, cell.row, cell.column, direction)
            move(sites, TUMOR, TISSUE, cell, slot, row, column)
