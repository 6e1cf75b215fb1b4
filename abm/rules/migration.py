"""Migration: NK cells patrol the sinusoids, neutrophils crawl up the chemokine, tumor cells creep through the tissue.

NK cells and neutrophils crawl inside the sinusoids with some persistence (Geissmann 2005,
10.1371/journal.pbio.0030113; McDonald 2010, 10.1126/science.1195491) and pass over the cells that line the wall; they
look around after every site and stop at a tumor cell. Mesenchymal tumor cells creep along the space of Disse,
epithelial ones and those in a nest stay (Yang 2025, 10.3892/or.2025.8963, ref 7).
"""

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
from ..record import cause, event
from ..record.ledger import enter
from ..tissue.sites import LUMEN, PARENCHYMA, SINUSOID, TISSUE
from ..units import Fraction, Hours, MicrometersPerMinute, parameter
from .rule import Rule, RuleParameters
from .surroundings import beside_tumor

_MOST_HOPS = 3  # sites occupied by others that one move may pass over
_TURNS = np.array([0, 1, -1, 2, -2, 3, -3, 4])
_BACK = 4
_DIAGONAL = 1.4142135623730951
_AT_ONCE = 32  # cells whose random numbers are made together
_KEPT_MOVES = 50  # as many as have their random numbers made beforehand: an hour's way of most cells
_AHEAD = 8  # cells whose surroundings are fetched before their turn


def _first_turns() -> np.ndarray:
    """The first turn (0-7, clockwise) of `_TURNS` that is open, or -1: int64 [side 1 or -1, bits of the open turns]."""
    return np.array([
        [next((turn for turn in side * _TURNS % 8 if ways >> turn & 1), -1) for ways in range(256)] for side in (1, -1)])


_FIRST_TURN = _first_turns()


class Vessels(NamedTuple):
    """What crawling cells see of the sinusoids, uint8 [row, column].

    ways: bit k is set where the neighbour in direction k is a sinusoid site; beside_tumor: how many settled tumor cells
    are touched from a site, in both layers.
    """

    ways: np.ndarray
    beside_tumor: np.ndarray


class Migration(Rule):
    name = "migration"
    reads = ("tumor", "cxcl1", "hepatocytes")
    writes = ("natural_killer", "neutrophil", "tumor")
    events = ("encountered",)

    class Parameters(RuleParameters):
        nk_speed: MicrometersPerMinute = parameter(
            "5 um/min", low="3 um/min", high="10 um/min", mark="checked",
            source="Ichise 2022, 10.7554/eLife.76269 (lung capillaries)",
            description="path speed of a patrolling NK cell")
        nk_persistence: Hours = parameter(
            "0.2 h", low="0.1 h", high="0.5 h", mark="derived", source="PMC9250760: 12 min for CD8 T cells in liver",
            description="persistence time of the direction of an NK cell")
        neutrophil_speed: MicrometersPerMinute = parameter(
            "10 um/min", low="5 um/min", high="15 um/min", mark="unverified",
            source="McDonald 2010, 10.1126/science.1195491",
            description="path speed of a crawling neutrophil")
        neutrophil_persistence: Hours = parameter(
            "0.1 h", low="0.03 h", high="0.3 h", mark="assumed", source="intravital tracks",
            description="persistence time of the direction of a neutrophil")
        chemotaxis: Fraction = parameter(
            0.8, low=0.2, high=1, mark="assumed",
            source="McDonald 2010, 10.1126/science.1195491: crawling up the gradient",
            description="chance that a neutrophil in saturating CXCL1 follows the gradient at a move")
        tumor_speed: MicrometersPerMinute = parameter(
            "0.2 um/min", low="0.05 um/min", high="1 um/min", mark="unverified",
            source="intravital carcinoma 0.1-1 um/min",
            description="path speed of a fully mesenchymal tumor cell in the tissue; an epithelial one stays")
        cohesion: Fraction = parameter(
            0.9, low=0.5, high=1, mark="assumed", source="cell-cell adhesion in a colony; Yang 2025, 10.3892/or.2025.8963, refs 7, 8",
            description="how far contact with another tumor cell holds a fully mesenchymal one back; epithelial ones stay")

    parameters: Parameters

    def prepare(self, liver) -> None:
        """Where the vessels lead."""
        self.ways = ways_along(liver.sites.kind, SINUSOID, liver.periodic)

    def apply(self, liver) -> None:
        p = self.parameters
        key, step = liver.key(self.name), liver.step_number
        minutes = liver.dt_minutes
        vessels = Vessels(self.ways, beside_tumor(liver))
        cells = liver.natural_killer
        if cells.count:
            patrol(
                cells.rows, liver.tumor.rows, liver.sites, vessels, liver.ledger.book(cells.count), liver.minutes, key, step,
                cells.order(key, step), p.nk_speed * minutes,
                liver.spacing_um, p.nk_speed * p.nk_persistence * 60.0,
            )
        cells = liver.neutrophil
        if cells.count:
            crawl(
                cells.rows, liver.sites, vessels, key, step, cells.order(key, step), p.neutrophil_speed * minutes,
                liver.spacing_um, p.neutrophil_speed * p.neutrophil_persistence * 60.0, liver.signal("cxcl1"),
                p.chemotaxis,
            )
        cells = liver.tumor
        if cells.count and p.tumor_speed > 0.0:
            path_um = p.tumor_speed * minutes
            moving = getting_on(cells.used, key, step, path_um, liver.spacing_um)
            creep(
                cells.rows, liver.sites, key, step, cells.order(key, step, moving), path_um, liver.spacing_um,
                liver.hepatocytes, 1.0 - p.cohesion,
            )


@jit(inline=True, counted=False)
def next_lumen_site(sites, ways, row, column, heading, side):
    """The next sinusoid site from a site, as straight on as the vessel allows; cells on the way are passed over, at
    most three. `side`, 1 or -1, is the one looked to first where the vessel turns. Returns row, column, direction and
    length (in sites); when there is no free site, row and column are -1, and the direction is the way back."""
    r, c, direction, length = row, column, heading, 0.0
    on_row, on_column, on_direction = row, column, heading
    for hops in range(_MOST_HOPS + 1):
        around = np.int64(ways[r, c])
        turns = (around >> direction | around << (8 - direction)) & 0xFF  # bit k: k eighths clockwise of straight on
        if hops > 0:
            turns &= ~(1 << _BACK)
        turn = _FIRST_TURN[(1 - side) // 2, turns]
        while turn >= 0:
            on_direction = (direction + turn) & 7
            on_row, on_column = neighbour(sites, r, c, on_direction)
            if sites.population[LUMEN, on_row, on_column] != TUMOR:
                break
            turns &= ~(1 << turn)
            turn = _FIRST_TURN[(1 - side) // 2, turns]
        if turn < 0:
            break
        r, c, direction = on_row, on_column, on_direction
        length += _DIAGONAL if direction & 1 else 1.0
        if sites.population[LUMEN, r, c] == 0:
            return r, c, direction, length
    return -1, -1, (heading + _BACK) & 7, 1.0


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
def side_first(bits):
    """1 or -1, by the lowest of 64 random bits."""
    return 1 if bits & np.uint64(1) else -1


@jit(inline=True, counted=False)
def next_heading(bits, direction, length_um, memory_um):
    """The heading after a move of `length_um` in `direction`: the same, or a random one when the cell has forgotten it
    on the way, of which it walks `memory_um` on average before it does. By the upper 53 of 64 random bits."""
    draw = unit(bits)
    if draw * memory_um > length_um * 1.000001:  # mostly, and without an exponential
        return direction
    forget = -np.expm1(-length_um / memory_um) if memory_um > 0.0 else 1.0
    return np.int64(draw / forget * 8.0) if draw < forget else direction


@jit(inline=True, counted=False)
def most_moves(path_um, spacing_um):
    """The most moves that a path can take, as each is a site long or more; at most `_KEPT_MOVES`."""
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
                    nk[slots[k]], slots[k], k, tumor, sites, vessels, book, now, draws, key, step, path_um, spacing_um,
                    memory_um)


@jit(inline=True, counted=False)
def patrol_one(cell, slot, k, tumor, sites, vessels, book, now, draws, key, step, path_um, spacing_um, memory_um):
    """The walk of one NK cell; of each move it draws two numbers, the way it takes and whether it still gets there.
    Column `k` of `draws` holds its first ones."""
    left = path_um
    n = 0
    while True:
        heading = np.int64(cell.heading)
        if vessels.beside_tumor[cell.row, cell.column] != 0:
            prey = met_tumor(sites, tumor, cell.row, cell.column, heading, cell.target)
            if prey >= 0:
                cell.state = natural_killer.IN_CONTACT
                cell.target = tumor[prey].uid
                enter(book, now, event.ENCOUNTERED, cause.NONE, tumor[prey], sites.zone[tumor[prey].row, tumor[prey].column])
                break
        if left <= 0.0:
            break
        way = draw_of(draws, n, k, key, step, cell.uid)
        row, column, direction, length = next_lumen_site(
            sites, vessels.ways, cell.row, cell.column, heading, side_first(way))
        length *= spacing_um
        if left < length and unit(draw_of(draws, n + 1, k, key, step, cell.uid)) * length >= left:
            break
        left -= length
        cell.heading = next_heading(way, direction, length, memory_um)
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
                    cells[slots[k]], slots[k], k, sites, vessels, draws, key, step, path_um, spacing_um, memory_um, cxcl1,
                    chemotaxis)


@jit(inline=True, counted=False)
def crawl_one(cell, slot, k, sites, vessels, draws, key, step, path_um, spacing_um, memory_um, cxcl1, chemotaxis):
    """The way of one neutrophil; of each move it draws three numbers: the way it takes, whether it still gets there,
    and whether it follows the gradient. Column `k` of `draws` holds its first ones."""
    left = path_um
    n = 0
    while True:
        touches = vessels.beside_tumor[cell.row, cell.column] != 0
        if touches or left <= 0.0:
            break
        way = draw_of(draws, n, k, key, step, cell.uid)
        heading = np.int64(cell.heading)
        level = np.float64(cxcl1[cell.row, cell.column])
        if level > 0.0 and unit(draw_of(draws, n + 2, k, key, step, cell.uid)) < chemotaxis * level / (1.0 + level):
            better = uphill(vessels.ways, cxcl1, cell.row, cell.column, sites.periodic)
            heading = better if better >= 0 else heading
        row, column, direction, length = next_lumen_site(
            sites, vessels.ways, cell.row, cell.column, heading, side_first(way))
        length *= spacing_um
        if left < length and unit(draw_of(draws, n + 1, k, key, step, cell.uid)) * length >= left:
            break
        left -= length
        cell.heading = next_heading(way, direction, length, memory_um)
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
def way_on(sites, hepatocytes, row, column, draw):
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
            direction = way_on(sites, hepatocytes, cell.row, cell.column, uniform(key, step, cell.uid, n))
            if direction < 0:
                break
            length = spacing_um * (_DIAGONAL if direction % 2 == 1 else 1.0)
            if left < length and uniform(key, step, cell.uid, n + 1) * length >= left:
                break
            left -= length
            n += 2
            row, column = neighbour(sites, cell.row, cell.column, direction)
            move(sites, TUMOR, TISSUE, cell, slot, row, column)
