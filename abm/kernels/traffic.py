"""Coming and going: cells that take free places, and cells that leave. Over columns, so compiled once for all populations."""

from typing import NamedTuple

import numpy as np

from .flows import LEFT
from .jit import jit
from .random import does_happen, draw_each, hash64
from .sites import lift, place
from .tables import HIGH, claim, release


class Residents(NamedTuple):
    """The columns of cells that may leave [slot]."""

    alive: np.ndarray
    state: np.ndarray
    row: np.ndarray
    column: np.ndarray
    uid: np.ndarray


@jit
def leave(cells, book, sites, layer, key, step, state, hazard):
    """Each living cell in the state leaves the layer with the blood, with the probability 1 - exp(-hazard), by its number 0."""
    leaving = draw_each(key, step, cells.uid[: book[HIGH]], 0)
    for slot in range(leaving.size):
        if cells.alive[slot] != 0 and cells.state[slot] == state and does_happen(leaving[slot], hazard):
            lift(sites, layer, cells.row[slot], cells.column[slot])
            release(cells.alive, book, slot, LEFT)


class Standing(NamedTuple):
    """The columns of cells that say where they stand [slot]."""

    alive: np.ndarray
    layer: np.ndarray
    row: np.ndarray
    column: np.ndarray


@jit(counted=False)
def remove(cells, book, sites, slots, flow):
    """Take the cells in `slots` out of the tissue and, by `flow`, out of their table."""
    for slot in slots:
        lift(sites, cells.layer[slot], cells.row[slot], cells.column[slot])
        release(cells.alive, book, slot, flow)


class Newcomers(NamedTuple):
    """The columns of a newcomer that say that it lives, where, and who it is [slot]."""

    alive: np.ndarray
    row: np.ndarray
    column: np.ndarray
    uid: np.ndarray


@jit
def enter(cells, rows, book, like, sites, code, layer, places, step, numbers, identity, flow):
    """New cells of the population `code`, come by `flow`, at those of `places` (int64 [n, 2]) where nobody stands; returns
    their slots (int64 [n], -1 where somebody stands).

    rows, like : uint8 [row, byte] (`tables.bytes_of`), the table, and what each of the new cells, or all, begins with
    numbers : int64 [n]; a cell's uid is the hash of its place, the step and its number by the key `identity`

    Raises IndexError when too few rows were reserved.
    """
    slots = np.full(places.shape[0], -1)
    columns = np.uint64(sites.kind.shape[1])
    for n in range(slots.size):
        row, column = places[n, 0], places[n, 1]
        if sites.population[layer, row, column] != 0:
            continue
        slot = claim(cells.alive, book, flow)
        for byte in range(rows.shape[1]):
            rows[slot, byte] = like[n % like.shape[0], byte]
        cells.alive[slot] = 1
        cells.row[slot], cells.column[slot] = row, column
        cells.uid[slot] = hash64(identity, np.uint64(row) * columns + np.uint64(column), step, numbers[n])
        place(sites, code, layer, row, column, slot)
        slots[n] = slot
    return slots
