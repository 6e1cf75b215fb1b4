"""Kupffer crawling: Kupffer cells creep along the sinusoid to tumor cells that were stopped near them.

They move along the wall at some micrometers per minute (MacPhee 1992, Am J Physiol 263:G17), most of them rarely, and
reach tumor cells held by other means: in six hours three of four arrested cells are found on Kupffer cells, while
without Kupffer cells no fewer are arrested (Matsumura 2014, 10.3892/ijo.2014.2662). A cell that touches its prey stays.
"""

from typing import Annotated

import numpy as np
from pydantic import Field

from ..cells import kupffer
from ..cells.kupffer import KUPFFER
from ..cells.tumor import TUMOR
from ..kernels.jit import jit
from ..kernels.random import hash64, uniform
from ..kernels.sites import length_of, move, neighbour
from ..liver import Liver
from ..tissue.sites import LUMEN, SINUSOID
from ..units import Micrometers, MicrometersPerMinute, parameter
from .rule import Rule, RuleParameters
from .surroundings import marked

TOUCHING = 1
"""Moves from a tumor cell at which it is touched."""


class KupfferCrawling(Rule):
    name = "kupffer_crawling"
    reads = ("tumor",)
    writes = ("kupffer",)

    class Parameters(RuleParameters):
        speed: MicrometersPerMinute = parameter(
            "2.3 um/min",
            low="0 um/min",
            high="4.6 um/min",
            mark="unverified",
            source="MacPhee 1992, Am J Physiol 263:G17 (4.6 um/min); most Kupffer cells are sessile",
            description="speed at which a Kupffer cell creeps to an arrested tumor cell",
        )
        reach: Annotated[Micrometers, Field(le=1000)] = parameter(
            "80 um",
            low="20 um",
            high="120 um",
            mark="assumed",
            source="about the distance between two Kupffer cells",
            description="way along the sinusoid from which a Kupffer cell goes to an arrested tumor cell, in straight moves",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        if liver.kupffer.count == 0 or liver.tumor.count == 0:
            return
        prey = np.sort(arrested(liver.tumor.used, liver.sites))
        if prey.size == 0:
            return
        moves = moves_to_prey(prey, liver.sites, round(p.reach / liver.spacing_um))
        drawn = marked(liver.kupffer, moves > TOUCHING) & ~liver.kupffer.in_state(kupffer.REPROGRAMMED)
        key, step = liver.key(self.name), liver.step_number
        creep_to_prey(
            liver.kupffer.rows,
            liver.sites,
            moves,
            key,
            step,
            liver.kupffer.order(key, step, drawn),
            p.speed * liver.dt_minutes / liver.spacing_um,
        )


@jit
def arrested(tumor, sites):
    """Where tumor cells stand in the lumen: row * columns + column (int64)."""
    places = np.empty(tumor.size, np.int64)
    count = 0
    for slot in range(tumor.size):
        cell = tumor[slot]
        if cell.alive != 0 and cell.layer == LUMEN and sites.population[LUMEN, cell.row, cell.column] == TUMOR:
            if sites.occupant[LUMEN, cell.row, cell.column] == slot:  # and not one that the blood carries past it
                places[count] = cell.row * sites.kind.shape[1] + cell.column
                count += 1
    return places[:count]


@jit
def moves_to_prey(prey, sites, reach):
    """How many moves along sinusoids it is from each site to the nearest of `prey` (sites, as row * columns + column):
    int16 [row, column], 0 at the prey itself, -1 where it is more than `reach`. Others that line the wall are passed
    over."""
    rows, columns = sites.kind.shape
    moves = np.full((rows, columns), np.int16(-1))
    queue = np.empty(rows * columns, np.int64)
    tail = prey.size
    for n in range(tail):
        queue[n] = prey[n]
        moves[prey[n] // columns, prey[n] % columns] = 0
    head = 0
    while head < tail:
        row, column = queue[head] // columns, queue[head] % columns
        head += 1
        if moves[row, column] >= reach:
            break
        for k in range(8):
            r, c = neighbour(sites, row, column, k)
            if r >= 0 and moves[r, c] < 0 and sites.kind[r, c] == SINUSOID:
                moves[r, c] = moves[row, column] + 1
                queue[tail] = r * columns + c
                tail += 1
    return moves


@jit
def way_to_prey(sites, moves, row, column, turn):
    """The direction, looked for from `turn` on, of a neighbour that is nearer to the prey by `moves`; -1 without any."""
    for k in range(8):
        r, c = neighbour(sites, row, column, (turn + k) % 8)
        if r >= 0 and 0 <= moves[r, c] < moves[row, column]:
            return (turn + k) % 8
    return -1


@jit
def creep_to_prey(cells, sites, moves, key, step, order, path):
    """Each Kupffer cell of `order` (slots) makes `path` moves (a fraction of one by chance) along the way to the nearest
    prey (`moves_to_prey`), until it touches it; over cells that are in its way, and only to a free site."""
    for slot in order:
        cell = cells[slot]
        left = path
        draw = 0
        row, column = cell.row, cell.column
        while left > 0.0 and moves[row, column] > TOUCHING:
            turn = np.int64(hash64(key, cell.uid, step, 100 + draw) % np.uint64(8))
            direction = way_to_prey(sites, moves, row, column, turn)
            way = length_of(direction)
            if left < way and uniform(key, step, cell.uid, draw) >= left / way:
                break
            left -= way
            draw += 1
            row, column = neighbour(sites, row, column, direction)
            if sites.population[LUMEN, row, column] == 0:
                move(sites, KUPFFER, LUMEN, cell, slot, row, column)
