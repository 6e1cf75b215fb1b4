"""Kupffer crawling: Kupffer cells creep along the sinusoid to tumor cells that were stopped near them.

They move along the wall at some micrometers per minute (MacPhee 1992, Am J Physiol 263:G17), most of them rarely, and
reach tumor cells held by other means: in six hours three of four arrested cells are found on Kupffer cells, while
without Kupffer cells no fewer are arrested (Matsumura 2014, 10.3892/ijo.2014.2662). A cell that touches its prey stays.
"""

from typing import Annotated

import numpy as np
from pydantic import Field

from ..cells import kupffer
from ..cells.population import KUPFFER, TUMOR
from ..kernels.jit import jit
from ..kernels.random import hash64, uniform
from ..kernels.sites import COLUMN_OFFSET, ROW_OFFSET, count_touching, lift, neighbour, place, shifted
from ..tissue.sites import LUMEN, SINUSOID
from ..units import Micrometers, MicrometersPerMinute, parameter
from .rule import Rule, RuleParameters

_DIAGONAL = 1.4142135623730951


class KupfferCrawling(Rule):
    name = "kupffer_crawling"
    reads = ("tumor",)
    writes = ("kupffer",)

    class Parameters(RuleParameters):
        speed: MicrometersPerMinute = parameter(
            "1 um/min", low="0 um/min", high="4.6 um/min", mark="unverified",
            source="MacPhee 1992, Am J Physiol 263:G17 (4.6 um/min); most Kupffer cells are sessile",
            description="speed at which a Kupffer cell creeps to an arrested tumor cell")
        reach: Annotated[Micrometers, Field(le=1000)] = parameter(
            "80 um", low="20 um", high="120 um", mark="assumed", source="about the distance between two Kupffer cells",
            description="way along the sinusoid from which a Kupffer cell goes to an arrested tumor cell, in straight moves")

    parameters: Parameters

    def apply(self, liver) -> None:
        p = self.parameters
        if liver.kupffer.count == 0 or not (liver.sites.population[LUMEN] == TUMOR).any():
            return
        creep_to_prey(
            liver.kupffer.rows, liver.sites, liver.key(self.name), liver.step_number,
            liver.kupffer.order(liver.key(self.name), liver.step_number), p.speed * liver.dt_minutes / liver.spacing_um,
            round(p.reach / liver.spacing_um),
        )


@jit
def is_prey_around(sites, row, column, reach):
    """Whether a tumor cell stands in the lumen within `reach` sites in row and column: a quick look before a search."""
    rows, columns = sites.kind.shape
    for dr in range(-reach, reach + 1):
        r = shifted(row, dr, rows, sites.periodic)
        if r < 0:
            continue
        for dc in range(-reach, reach + 1):
            c = shifted(column, dc, columns, sites.periodic)
            if c >= 0 and sites.population[LUMEN, r, c] == TUMOR:
                return True
    return False


@jit
def way_to_prey(sites, row, column, reach, turn, distance, queue):
    """The first direction of the shortest way along sinusoids to a tumor cell in the lumen, and the length of that way in
    moves; (-1, -1, 0) if there is none within `reach` moves.

    The way is looked for outwards from the Kupffer cell, passing over other cells that line the wall; directions are
    tried from `turn` on. distance: int32 [2 reach + 1, 2 reach + 1], queue: int32 [same number of sites, 3], scratch.
    """
    distance[:, :] = -1
    distance[reach, reach] = 0
    queue[0, 0], queue[0, 1], queue[0, 2] = reach, reach, -1  # place in the window, and first direction of the way there
    head, tail = 0, 1
    rows, columns = sites.kind.shape
    while head < tail:
        at_row, at_column, first = queue[head, 0], queue[head, 1], queue[head, 2]
        head += 1
        length = distance[at_row, at_column]
        if length >= reach:
            continue
        r0 = shifted(row, at_row - reach, rows, sites.periodic)
        c0 = shifted(column, at_column - reach, columns, sites.periodic)
        for k in range(8):
            direction = (turn + k) % 8
            r, c = neighbour(sites, r0, c0, direction)
            if r < 0:
                continue
            in_row, in_column = at_row + ROW_OFFSET[direction], at_column + COLUMN_OFFSET[direction]
            if distance[in_row, in_column] >= 0:
                continue
            if sites.population[LUMEN, r, c] == TUMOR:
                return first if first >= 0 else direction, length + 1
            if sites.kind[r, c] != SINUSOID:
                continue
            distance[in_row, in_column] = length + 1
            queue[tail, 0], queue[tail, 1], queue[tail, 2] = in_row, in_column, first if first >= 0 else direction
            tail += 1
    return -1, 0


@jit
def creep_to_prey(cells, sites, key, step, order, moves, reach):
    """Each Kupffer cell of `order` (slots) that touches no tumor cell makes `moves` moves (a fraction of one by chance)
    along the way to the nearest within `reach` moves; over cells that are in its way, and only to a free site."""
    distance = np.empty((2 * reach + 1, 2 * reach + 1), np.int32)
    queue = np.empty((distance.size, 3), np.int32)
    for slot in order:
        cell = cells[slot]
        if cell.state == kupffer.REPROGRAMMED or count_touching(sites, TUMOR, LUMEN, cell.row, cell.column) > 0:
            continue
        if not is_prey_around(sites, cell.row, cell.column, reach):
            continue
        left = moves
        draw = 0
        row, column = cell.row, cell.column
        while left > 0.0:
            turn = np.int64(hash64(key, cell.uid, step, 100 + draw) % np.uint64(8))
            direction, length = way_to_prey(sites, row, column, reach, turn, distance, queue)
            if direction < 0 or length < 2:
                break
            way = _DIAGONAL if direction % 2 == 1 else 1.0
            if left < way and uniform(key, step, cell.uid, draw) >= left / way:
                break
            left -= way
            draw += 1
            row, column = neighbour(sites, row, column, direction)
            if sites.population[LUMEN, row, column] == 0:
                lift(sites, LUMEN, cell.row, cell.column)
                cell.row = row
                cell.column = column
                place(sites, KUPFFER, LUMEN, row, column, slot)
